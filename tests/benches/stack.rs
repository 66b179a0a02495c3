//! Ten books at once, lent and brought back, with a central that is 50 ms away: the network must hide behind the tags.
//!
//! `cargo bench -p tests --bench stack` prints it, and fails when a book is not lent or not taken back. Never on time.
//!
//! Real in it: the daemon, its ledger on the disk, the serial line of the emulated reader (a pseudo-terminal), the reader
//! with the timing of a real one (38,400 baud, ISO 15693 on air, 5 ms of programming), central over a socket. Between
//! kiosk and central everything is 25 ms under way, each way, the opening of a connection too. By turns in each round:
//!
//! - `tags alone`: this reader, and central next to it;
//! - `network alone`: a reader that answers at once, and central 50 ms away;
//! - `both`.
//!
//! A visit's time is from the stack on the pad to the screen that says done of all ten. The card lies among the books.
//! Aim: both at most 1.2 times the larger of the two alone, by the median of the rounds' ratios, for each way to central.
//!
//! Seen on two virtual cores, the test profile (`--profile dev`), one run, milliseconds of tags alone, network alone, both:
//! ```text
//! openlib            lent 1716, 590, 1721: 1.00      brought back 1621, 387, 1592: 0.99
//! central's own      lent 1722, 583, 1735: 1.01      brought back 1624, 395, 1601: 0.99
//! SIP2               lent 1724, 1210, 1858: 1.07     brought back 1626, 1139, 1750: 1.07
//! ```
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use circulation::screen::{Page, Screen};
use config::{Config, Interface};
use kiosk::demo::world::{Timing, World};
use kiosk::{Running, settings};
use tests::far::Far;
use tests::library::Library;
use tests::scene::{PATIENCE, lines};
use tokio::sync::mpsc;

const AWAY: Duration = Duration::from_millis(50);
const N_ROUNDS: usize = 7;
const AIM: f64 = 1.2;
const CARD: &str = "LW20260022";
const BOOKS: [&str; 10] = [
    "LW0000001",
    "LW0000002",
    "LW0000003",
    "LW0000004",
    "LW0000006",
    "LW0000007",
    "LW0000008",
    "LW0000009",
    "LW0000012",
    "LW0000013",
];

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    println!("ten books, central {AWAY:?} away, {N_ROUNDS} rounds; medians");
    let is_met = runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let library = Library::start(folder.path()).await;
        let mut is_met = true;
        for way in [Interface::Openlib, Interface::Kiosk, Interface::Sip2] {
            is_met &= contest(way, &library).await;
        }
        is_met
    });
    println!("aim {AIM}: {}", if is_met { "met" } else { "MISSED" });
    ExitCode::SUCCESS
}

/// A kiosk with its reader and its line.
struct Stand {
    world: World,
    far: Far,
    running: Running,
    screens: mpsc::UnboundedReceiver<Screen>,
}

/// What a visit took: the loan of all ten, and their return.
type Times = [Duration; 2];

async fn contest(way: Interface, library: &Library) -> bool {
    let mut real = Stand::start(way, Timing::Real, library).await;
    let mut fast = Stand::start(way, Timing::Fast, library).await;
    let mut rounds = Vec::new();
    for round in 0..=N_ROUNDS {
        let tags = real.visit(Duration::ZERO).await;
        let network = fast.visit(AWAY).await;
        let both = real.visit(AWAY).await;
        // The first one opens connections and files.
        if round > 0 {
            rounds.push([tags, network, both]);
        }
    }
    real.running.stop().await.expect("the kiosk stops");
    fast.running.stop().await.expect("the kiosk stops");
    let mut is_met = true;
    for (at, act) in ["lent", "brought back"].into_iter().enumerate() {
        let of = |which: usize| {
            let times = rounds.iter().filter_map(|round: &[Times; 3]| round.get(which)?.get(at).copied());
            times.collect::<Vec<Duration>>()
        };
        let (tags, network, both) = (of(0), of(1), of(2));
        let larger = tags.iter().zip(&network).map(|(tags, network)| *tags.max(network));
        let ratio =
            median(both.iter().zip(larger).map(|(both, larger)| both.as_secs_f64() / larger.as_secs_f64()));
        is_met &= ratio <= AIM;
        let ms = |times: Vec<Duration>| 1000.0 * median(times.iter().map(Duration::as_secs_f64));
        println!(
            "  {way:?}, {act}: tags alone {:.0} ms, network alone {:.0} ms, both {:.0} ms: {ratio:.2} of the larger",
            ms(tags),
            ms(network),
            ms(both)
        );
    }
    is_met
}

impl Stand {
    async fn start(way: Interface, timing: Timing, library: &Library) -> Self {
        let mut world = World::start(timing).await.expect("the world starts");
        world.emulator().say(&format!("card {CARD}")).await.expect("a card");
        for book in &BOOKS {
            // Some are there already.
            drop(world.emulator().say(&format!("book {book} owner=CN-371202-LW")).await);
        }
        let central = if way == Interface::Sip2 { library.sip2_address() } else { library.address() };
        let far = Far::start(central).await;
        configure(world.config_mut(), way, &far);
        let config = world.config().clone();
        let (screens_in, screens) = mpsc::unbounded_channel();
        let show = Box::new(move |screen: &Screen| {
            let _nobody_looks_any_more = screens_in.send(screen.clone()).is_err();
        });
        let running = kiosk::start(&config, settings::sync(&config), show).await.expect("the kiosk starts");
        let mut stand = Self { world, far, running, screens };
        stand.until("the welcome page", |screen| matches!(screen.page, Page::Welcome(_))).await;
        stand
    }

    /// Everything is lent, and brought back.
    async fn visit(&mut self, away: Duration) -> Times {
        self.far.set(away);
        let lent = self.stack(&format!("{CARD} {}", BOOKS.join(" "))).await;
        let back = self.stack(&BOOKS.join(" ")).await;
        [lent, back]
    }

    /// Things lie on the pad until all books are done.
    async fn stack(&mut self, things: &str) -> Duration {
        let begun = now();
        self.world.emulator().say(&format!("put {things}")).await.expect("they are put");
        let all = |screen: &Screen| {
            lines(screen).is_some_and(|lines| {
                lines.len() == BOOKS.len() && lines.iter().all(|line| line.progress.is_final())
            })
        };
        let screen = self.until("all of them", all).await;
        let took = begun.elapsed();
        let n_done = lines(&screen).into_iter().flatten().filter(|line| line.is_done()).count();
        assert_eq!(n_done, BOOKS.len(), "{screen}");
        self.world.emulator().say("take all").await.expect("they are taken");
        self.until("the welcome page", |screen| matches!(screen.page, Page::Welcome(_))).await;
        took
    }

    async fn until(&mut self, what: &str, is: impl Fn(&Screen) -> bool) -> Screen {
        let mut last = None;
        let wait = async {
            loop {
                let screen = self.screens.recv().await.expect("the kiosk runs");
                if is(&screen) {
                    return screen;
                }
                last = Some(screen);
            }
        };
        let seen = tokio::time::timeout(PATIENCE, wait).await;
        seen.unwrap_or_else(|_| {
            panic!("{what} did not come; last: {}", last.map_or_else(String::new, |last| last.to_string()))
        })
    }
}

fn configure(config: &mut Config, way: Interface, far: &Far) {
    config.visit.linger = Duration::from_millis(50);
    config.visit.done = Duration::from_millis(50);
    config.central.interface = way;
    config.central.base_url = format!("http://{}", far.address());
    config.sip2.host = far.address().ip().to_string();
    config.sip2.port = far.address().port();
    config.sip2.user = Some(config.central.appid.clone());
    config.sip2.password = Some(config.central.secret.clone());
    central::seed::INSTITUTION.clone_into(&mut config.sip2.institution);
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}
