//! From the last byte of a tag's answer to the screen that shows its title, with a local central; and what of that is
//! the disk's, central's and the drawing's, measured side by side in the same run.
//!
//! `cargo bench -p tests --bench latency` prints it. The aim is under 50 ms at the 99th percentile.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::collections::BTreeMap;
use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};

use circulation::id::ItemId;
use circulation::screen::{Page, Screen};
use kiosk::audible::{Audible, Speech};
use kiosk::daemon::{Around, Daemon, Sources};
use kiosk::demo::world::{BOOKS, CARD, Timing, World};
use kiosk::effect::{Effects, Ways};
use kiosk::helpers::Helpers;
use kiosk::reader::Reader;
use kiosk::settings;
use kiosk::supervise::Reporter;
use kiosk::surroundings::Calendar;
use kiosk::sync::{Sync, Tools};
use rfid_driver::data::TagData;
use rfid_driver::port::ReaderEvent;
use supervision::metrics::Metrics;
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::http::Openlib;
use sync_client::ledger::Ledger;
use sync_client::task;
use tokio::sync::{mpsc, watch};

/// Borrowed and returned this many times, four books each way.
const ROUNDS: usize = 40;
/// The book that is not lent stays away.
const LENT: usize = 4;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (latencies, drawing) = runtime.block_on(visits());
    let (commit, ask) = runtime.block_on(floor());
    println!("last byte of the tag's answer -> title drawn, 1080x1920, local central");
    report("  whole way", &latencies);
    println!("of which, measured alone in the same run:");
    report("  one SQLite commit, synchronous=FULL", &commit);
    report("  one openlib question over loopback", &ask);
    report("  drawing the screen", &drawing);
    // A title needs a question to central and a picture; the row is committed beside them.
    let floor = percentile(&ask, 50) + percentile(&drawing, 50);
    println!(
        "ratio of the whole way to question + drawing, medians: {:.2}",
        ratio(percentile(&latencies, 50), floor)
    );
    let p99 = percentile(&latencies, 99);
    println!(
        "p99 {:.1} ms, aim 50 ms: {}",
        ms(p99),
        if p99 < Duration::from_millis(50) { "met" } else { "MISSED" }
    );
}

/// What the driver and the screen saw, by item: the last byte, the drawn title.
enum Seen {
    Byte(ItemId, Instant),
    Titles(Vec<ItemId>, Instant),
    Welcome,
}

async fn visits() -> (Vec<Duration>, Vec<Duration>) {
    let mut world = World::start(Timing::Fast).await.expect("the world starts");
    let config = world.config_mut();
    config.visit.linger = Duration::from_millis(50);
    config.visit.done = Duration::from_millis(50);
    config.reader.poll = Duration::from_millis(20);
    let config = world.config().clone();
    let (seen_in, mut seen) = mpsc::unbounded_channel();
    let (screens, to_draw) = std_mpsc::channel::<Screen>();
    let artist = std::thread::spawn({
        let seen_in = seen_in.clone();
        move || draw(&to_draw, &seen_in)
    });
    let (reader_in, reader) = mpsc::channel(64);
    let (acks_in, acks) = mpsc::channel(64);
    let (found_in, found) = mpsc::channel(64);
    let (_touches_in, touches) = mpsc::channel(1);
    let (_no_printer, printer) = mpsc::channel(1);
    let (_no_identity, identity) = mpsc::channel(1);
    let (stop, stopped) = mpsc::channel(1);
    let ledger = Ledger::open(&config.kiosk.data_dir.join("bench.db"), Clock::system()).expect("a ledger");
    let client = Central::Openlib(Openlib::new(settings::openlib(&config)).expect("a client"));
    let local = client.clone();
    let (reporter, _told) = Reporter::new(Metrics::new(""));
    let (port, driver) = Reader::start(settings::port(&config), reporter.clone());
    let options = task::Options::default();
    let tools = Tools { client: client.clone(), ledger: ledger.clone(), offline: None, options };
    let (sync_task, sync) = Sync::start(tools, reporter.clone());
    let (_orders_in, orders) = mpsc::channel(1);
    tokio::spawn(tee(driver, reader_in, seen_in));
    let show = Box::new(move |screen: &Screen| screens.send(screen.clone()).expect("the artist draws"));
    let folder = &config.kiosk.data_dir;
    let effects = Effects::new(Ways {
        ledger: ledger.clone(),
        acks: acks_in,
        reader: port,
        printer: None,
        local: Box::new(move || local.local_now()),
        sync: sync_task,
        show,
        audible: Audible::start(Speech::Silent, false, folder, reporter.clone()),
        helpers: Helpers::new(
            &config,
            client.clone(),
            String::new(),
            None,
            ledger,
            found_in,
            reporter.clone(),
        ),
        reporter,
        cards: watch::Sender::default(),
        desk: None,
    });
    let told = settings::session(&config, false);
    let around = Around::new(now(), Calendar::new(&config), Box::new(move || client.local_now()));
    let daemon = Daemon::new(now(), told, effects, watch::channel(None).0, around);
    let serving = tokio::spawn(
        daemon.serve(Sources { reader, sync, acks, found, printer, identity, touches, orders }, stopped),
    );

    let mut latencies = Vec::new();
    until_welcome(&mut seen).await;
    for _ in 0..ROUNDS {
        for card in [Some(CARD), None] {
            let emulator = world.emulator();
            if let Some(card) = card {
                emulator.say(&format!("put {card}")).await.expect("the card is put");
            }
            for book in &BOOKS[..LENT] {
                emulator.say(&format!("put {book}")).await.expect("a book is put");
                latencies.push(latency(&mut seen, book).await);
                // The next book comes when this one is done: each is measured alone.
                let bit = if card.is_some() { "afi=C2" } else { "afi=07" };
                until_bit(emulator, book, bit).await;
            }
            emulator.say("take all").await.expect("all is taken");
            until_welcome(&mut seen).await;
        }
    }
    drop(stop);
    serving.await.expect("the loop ends").expect("the loop served");
    drop(seen);
    (latencies, artist.join().expect("the artist ends"))
}

/// Hands on what the driver says, and notes when the last byte of a book's answer came.
async fn tee(
    mut driver: mpsc::Receiver<ReaderEvent>,
    on: mpsc::Sender<ReaderEvent>,
    seen: mpsc::UnboundedSender<Seen>,
) {
    while let Some(event) = driver.recv().await {
        if let ReaderEvent::Arrived(arrival) = &event
            && let TagData::Library(tag) = &arrival.data
            && let Ok(item) = ItemId::parse(&tag.primary_item_id)
            && seen.send(Seen::Byte(item, arrival.at)).is_err()
        {
            return;
        }
        if on.send(event).await.is_err() {
            return;
        }
    }
}

/// Draws each screen, the latest if there are several, and tells which titles it shows.
fn draw(to_draw: &std_mpsc::Receiver<Screen>, seen: &mpsc::UnboundedSender<Seen>) -> Vec<Duration> {
    let mut offscreen = ui::Offscreen::new(1080, 1920).expect("a picture");
    let mut times = Vec::new();
    while let Ok(first) = to_draw.recv() {
        let screen = to_draw.try_iter().last().unwrap_or(first);
        let begun = now();
        offscreen.draw(&screen).expect("it is drawn");
        times.push(begun.elapsed());
        if matches!(screen.page, Page::Welcome(_)) && seen.send(Seen::Welcome).is_err() {
            break;
        }
        if let Page::Visit(visit) = &screen.page {
            let titles = visit.lines.iter().filter(|line| line.title.is_some());
            let items = titles.filter_map(|line| line.item.clone()).collect();
            if seen.send(Seen::Titles(items, now())).is_err() {
                break;
            }
        }
    }
    times
}

async fn until_welcome(seen: &mut mpsc::UnboundedReceiver<Seen>) {
    let wait = async { while !matches!(seen.recv().await, Some(Seen::Welcome) | None) {} };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the welcome page comes back");
}

async fn latency(seen: &mut mpsc::UnboundedReceiver<Seen>, book: &str) -> Duration {
    let mut bytes: BTreeMap<String, Instant> = BTreeMap::new();
    let wait = async {
        loop {
            match seen.recv().await.expect("something is seen") {
                Seen::Welcome => {}
                Seen::Byte(item, at) => drop(bytes.insert(item.as_str().to_owned(), at)),
                Seen::Titles(items, at) => {
                    if let Some(byte) =
                        bytes.get(book).filter(|_| items.iter().any(|item| item.as_str() == book))
                    {
                        return at.saturating_duration_since(*byte);
                    }
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .unwrap_or_else(|_| panic!("{book} was not seen"))
}

async fn until_bit(emulator: &mut kiosk::demo::world::Emulator, book: &str, bit: &str) {
    let wait = async {
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        while !emulator.say(&format!("show {book}")).await.expect("it is shown").contains(bit) {
            beat.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{book}: no {bit}"));
}

/// The disk alone and central alone.
async fn floor() -> (Vec<Duration>, Vec<Duration>) {
    let world = World::start(Timing::Fast).await.expect("the world starts");
    let file = rusqlite::Connection::open(world.dir().join("floor.db")).expect("a file");
    file.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)",
    )
    .expect("a table");
    let mut commits = Vec::new();
    for n in 0..ROUNDS * 8 {
        let begun = now();
        file.execute("INSERT INTO t(x) VALUES (?1)", [format!("{n:0100}")]).expect("a row");
        commits.push(begun.elapsed());
    }
    let client = Openlib::new(settings::openlib(world.config())).expect("a client");
    let item = ItemId::parse(BOOKS[0]).expect("an item");
    client.holding(&item).await.expect("the token is fetched");
    let mut asks = Vec::new();
    for _ in 0..ROUNDS * 8 {
        let begun = now();
        client.holding(&item).await.expect("central answers");
        asks.push(begun.elapsed());
    }
    (commits, asks)
}

fn report(name: &str, times: &[Duration]) {
    let [p50, p90, p99, max] = [50, 90, 99, 100].map(|p| ms(percentile(times, p)));
    println!("{name:<40} n {:4}  p50 {p50:6.2}  p90 {p90:6.2}  p99 {p99:6.2}  max {max:6.2} ms", times.len());
}

fn percentile(times: &[Duration], p: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * p / 100).min(sorted.len() - 1)]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}
