//! A night without central, and the morning after: two thousand returns, each on the disk with the moment when it happened,
//! told in their order when the line is there again.
//!
//! The slot's machine and its mechanics run in virtual time; the ledger, the books that the daemon keeps, the sync task, the
//! line and central on its database are the real ones.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::time::{Duration, Instant};

use circulation::id::{Isil, ItemId, TagKey};
use circulation::item::{ItemTag, Security};
use config::Config;
use jiff::{SignedDuration, Timestamp};
use kiosk::return_slot::{Answer, Books, Opened};
use kiosk::supervise::Reporter;
use kiosk::sync::Tools;
use slot::io::{Content, Input, Known, Output};
use slot::mechanics::{Mechanics, Place, STEP, Thing};
use slot::slot::{Rest, Slot};
use slot_world::usual;
use supervision::metrics::Metrics;
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::http::KioskApi;
use sync_client::ledger::Ledger;
use sync_client::task;
use tests::library::Library;
use tests::line::{Line, Speech, Weather};
use tests::scene::{PATIENCE, hasty};
use tests::watch::Watch;

const N: usize = 2000;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_returns_of_a_night_without_central_are_told_in_order_with_their_dates() {
    let folder = folder();
    let mut library = Library::start(folder.path()).await;
    let items: Vec<String> = (0..N).map(|n| format!("LN{n:07}")).collect();
    lend_all(&folder.path().join("central.db"), &items);
    library.restart().await;
    let line = Line::start(Speech::Http, library.address(), Watch::default()).await;
    line.set(Weather::Down);

    let mut night = Night::begin(folder.path(), &line).await;
    let mut taken = Vec::new();
    for item in &items {
        taken.push(night.bring_back(item).await);
    }
    assert_eq!(line.n_done_in_all("returnbook"), 0, "nobody has told central");
    let asked: Vec<Timestamp> = night.rows().await.into_iter().map(|(_, at)| at).collect();
    assert_eq!(asked, taken, "each row has the moment of its TAKEN");
    assert!(taken.is_sorted() && taken.last() > taken.first());

    line.set(Weather::Fair);
    night.until_told().await;
    drop(night);
    let rows = rows(&folder.path().join("central.db"));
    let told: Vec<&str> = rows.iter().map(|row| row.item.as_str()).collect();
    let brought: Vec<&str> = items.iter().map(String::as_str).collect();
    assert_eq!(told, brought, "central made them in the order of the night, each once");
    let local =
        |at: &Timestamp| jiff::tz::offset(8).to_datetime(*at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let dates: Vec<String> = taken.iter().map(local).collect();
    let told: Vec<&String> = rows.iter().map(|row| &row.happened_at).collect();
    assert_eq!(told, dates.iter().collect::<Vec<_>>(), "each with its date");
    assert_eq!(n_lent(&folder.path().join("central.db")), 0);
}

/// The slot in its night.
struct Night {
    slot: Slot,
    iron: Mechanics,
    books: Books,
    opened: Opened,
    ledger: Ledger,
    now: Instant,
    wall: Timestamp,
    /// answers of the disk that the machine waits for
    n_awaited: usize,
    taken: Option<Timestamp>,
    n_steps: u64,
}

impl Night {
    async fn begin(folder: &std::path::Path, line: &Line) -> Self {
        let text = format!(
            "[central]\ninterface = \"kiosk\"\nbase_url = \"http://{}\"\ntotal_timeout_ms = 2000\nconnect_timeout_ms = 1000\n\
             [reader]\nport = \"/nowhere/reader\"\n\
             [slot]\nenabled = true\nowners = [\"CN-371202-LW\"]\nexception_bin = \"staff\"\n\
             [[module]]\nname = \"io\"\nport = \"/nowhere/io\"\n{}",
            line.address(),
            usual::tables(&["holds", "novels", "staff"]),
        );
        let config = Config::parse(&text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"));
        let ledger = Ledger::open(&folder.join("ledger.db"), Clock::system()).expect("a ledger");
        let api = KioskApi::new(kiosk::settings::openlib(&config)).expect("the address is good");
        let client = Central::Kiosk(api, Clock::system());
        let (reporter, _told) = Reporter::new(Metrics::new(""));
        let options = task::Options { in_flight: Duration::from_secs(1), ..hasty() };
        let tools = Tools { client, ledger: ledger.clone(), offline: None, options };
        let (books, mut opened) = Books::open(&config, tools, &reporter).await.expect("the books open");
        let setup = slot::setup::setup(&config).expect("the setup is good");
        let slot = Slot::new(setup, std::mem::take(&mut opened.open), opened.next);
        // The night is over when the morning of the test's day begins.
        let wall = Timestamp::now().saturating_sub(SignedDuration::from_hours(12)).expect("a time");
        let (now, iron) = (origin(), Mechanics::new(3));
        Self { slot, iron, books, opened, ledger, now, wall, n_awaited: 0, taken: None, n_steps: 0 }
    }

    /// Somebody brings one back; when it was taken.
    async fn bring_back(&mut self, item: &str) -> Timestamp {
        self.iron.things = vec![thing(item)];
        self.taken = None;
        for _ in 0..MOST_STEPS {
            if self.slot.rest() == Rest::Idle {
                self.tell(Input::Approach);
            }
            if self.iron.shutter >= 1.0 {
                self.iron.push(0);
            }
            self.step().await;
            if let (Some(Place::Bin(bin)), Some(taken)) =
                (self.iron.things.first().map(|thing| thing.place), self.taken)
            {
                assert_eq!(bin, 2, "nobody says where {item} belongs");
                return taken;
            }
        }
        panic!("{item} is not taken: {} {:?}", self.slot.state_name(), self.iron.things);
    }

    async fn step(&mut self) {
        self.now += STEP;
        self.wall = self.wall.saturating_add(SignedDuration::from_millis(20)).expect("a time");
        self.iron.step();
        self.n_steps += 1;
        // The antenna answers ten times a second.
        if self.n_steps.is_multiple_of(5) {
            for (key, content, at) in self.iron.tags() {
                self.tell(Input::Tag { key, content, at, when: self.now });
            }
        }
        let sensors = self.iron.sensors();
        self.tell(Input::Sensors(sensors));
        // Virtual time stands while the disk writes.
        while self.n_awaited > 0 {
            self.hear().await;
        }
    }

    /// One answer of the disk, or one word of the sync task.
    async fn hear(&mut self) {
        let input = tokio::select! {
            Some(answer) = self.opened.answers.recv() => {
                self.n_awaited -= usize::from(matches!(answer, Answer::Written { .. }));
                self.books.answer(answer)
            }
            event = self.opened.sync.recv() => {
                self.books.sync(Some(event.expect("the sync task lives")));
                None
            }
            () = tokio::time::sleep(PATIENCE) => panic!("the disk says nothing: {}", self.slot.state_name()),
        };
        let Some(input) = input else { return };
        self.n_awaited -= usize::from(matches!(input, Input::CheckedIn { .. }));
        self.tell(input);
    }

    fn tell(&mut self, input: Input) {
        let mut out = Vec::new();
        self.slot.handle(self.now, input, &mut out);
        for output in out {
            self.perform(&output);
        }
    }

    fn perform(&mut self, output: &Output) {
        match output {
            Output::Move(motion) => self.iron.order(*motion),
            Output::Journal { piece } => {
                if piece.step == slot::journal::Step::Taken {
                    self.taken = Some(self.wall);
                }
                self.n_awaited += 1;
                assert!(self.books.perform(self.wall, output).is_none(), "the disk answers");
            }
            Output::Checkin { .. } => {
                self.n_awaited += 1;
                assert!(self.books.perform(self.wall, output).is_none(), "it is the first time");
            }
            // The mirror has nothing of it, and central is silent.
            Output::Look(item) => self.tell(Input::Looked { item: item.clone(), answer: Known::Silent }),
            Output::Secure { piece, .. } => {
                self.books.secured(*piece, true);
                self.tell(Input::Secured { piece: *piece, is_closed: true });
            }
            Output::Alarm(alarm) => panic!("{alarm:?}"),
            Output::Say(_) | Output::Calm(_) | Output::MayPowerOff => {}
        }
    }

    /// The item and the moment of every row, in their order.
    async fn rows(&self) -> Vec<(String, Timestamp)> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page = self.ledger.after(after, 500).await.expect("the ledger is read");
            let Some(last) = page.last() else { return all };
            after = last.seq;
            all.extend(page.into_iter().map(|row| (row.item.as_str().to_owned(), row.asked_at)));
        }
    }

    /// Goes on until central knows of everything.
    async fn until_told(&mut self) {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        loop {
            tokio::select! {
                () = self.hear() => {}
                _ = beat.tick() => {
                    let counts = self.ledger.counts().await.expect("the ledger is read");
                    if counts.open == 0 && counts.total == N as u64 {
                        return;
                    }
                    assert!(tokio::time::Instant::now() < end, "not told: {counts:?}");
                }
            }
        }
    }
}

/// In memory where the system has such a place: sixteen thousand commits are about their order, and not about the disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn thing(item: &str) -> Thing {
    let id = ItemId::parse(item).expect("the id is good");
    let number: u64 = item.trim_start_matches("LN").parse().expect("a number");
    let key = TagKey::parse(&format!("E00401{number:010X}")).expect("a tag");
    let owner = Some(Isil::parse("CN-371202-LW").expect("an institution"));
    let tag = ItemTag { item: id, owner, set: None, security: Security::Unsecured };
    Thing::new(item.to_owned(), 210.0, vec![(key, Content::Item(tag))])
}

/// Central's library has so many more items, and all of them are lent to the demo's card.
fn lend_all(database: &std::path::Path, items: &[String]) {
    let mut file = rusqlite::Connection::open(database).expect("central's file opens");
    let sql = file.transaction().expect("a transaction");
    for item in items {
        let copied = "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
             SELECT institution, ?1, record, title, author, isbn, call_number, item_type, branch, state FROM item \
             WHERE item = 'LW0000001'";
        assert_eq!(sql.execute(copied, [item]).expect("an item"), 1);
        let lent = "INSERT INTO loan (institution, item, patron, loaned_at, due_on, opuser) \
             SELECT institution, ?1, ?2, '2026-11-01 10:00:00', '2027-01-01', 'desk' FROM item WHERE item = ?1";
        assert_eq!(sql.execute(lent, [item, kiosk::demo::world::CARD]).expect("a loan"), 1);
    }
    sql.commit().expect("all of it");
}

/// A return as central has it.
struct Told {
    item: String,
    happened_at: String,
}

/// Central's returns, in the order in which it made them.
fn rows(database: &std::path::Path) -> Vec<Told> {
    let file = rusqlite::Connection::open(database).expect("central's file opens");
    let mut query = file
        .prepare(
            "SELECT log.item, kiosk.happened_at FROM circulation_log log JOIN kiosk_transaction kiosk USING (item) \
             WHERE log.act = 'checkin' AND kiosk.act = 'checkin' AND log.item LIKE 'LN%' ORDER BY log.seq",
        )
        .expect("a query");
    let rows = query.query_map([], |row| Ok(Told { item: row.get(0)?, happened_at: row.get(1)? }));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

fn n_lent(database: &std::path::Path) -> i64 {
    let file = rusqlite::Connection::open(database).expect("central's file opens");
    file.query_row("SELECT count(*) FROM loan WHERE item LIKE 'LN%'", [], |row| row.get(0)).expect("a count")
}

#[expect(clippy::disallowed_methods, reason = "an origin for virtual time")]
fn origin() -> Instant {
    Instant::now()
}

/// One return takes fewer steps than this.
const MOST_STEPS: usize = 2_000;
