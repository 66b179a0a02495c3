//! One kiosk with its world, and what a test can see of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use circulation::id::{ItemId, PatronId};
use circulation::screen::{Line, Page, Screen, Touch};
use kiosk::demo::world::{CARD, Timing, World};
use kiosk::effect::Show;
use kiosk::{Failure, LEDGER_FILE, Running};
use sync_client::http::Openlib;
use sync_client::{link, task};
use tokio::sync::mpsc;

/// A screen, a row or an answer that does not come within this time does not come.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A kiosk with its world.
#[derive(Debug)]
pub struct Scene {
    /// central and the reader
    pub world: World,
    running: Option<Running>,
    screens: mpsc::UnboundedReceiver<Screen>,
    screens_in: mpsc::UnboundedSender<Screen>,
    /// every screen so far
    pub history: Vec<Screen>,
}

/// A tag as the gate sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// application family identifier
    pub afi: String,
    /// the EAS bit
    pub eas: bool,
}

impl Gate {
    /// In the library: the gate alarms.
    #[must_use]
    pub fn secured() -> Self {
        Self { afi: "07".into(), eas: true }
    }

    /// On loan: the gate is silent.
    #[must_use]
    pub fn unsecured() -> Self {
        Self { afi: "C2".into(), eas: false }
    }
}

/// A row of the ledger as it stands on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// item id
    pub item: String,
    /// checkout or checkin
    pub act: String,
    /// state
    pub state: String,
    /// whether the patron's number is still there
    pub has_patron: bool,
    /// whether whoever had to know knows
    pub told: bool,
}

impl Scene {
    /// Central and a fast reader, and a kiosk that shows its welcome page.
    pub async fn open() -> Self {
        let mut scene = Self::closed().await;
        scene.start_kiosk().await.expect("the kiosk starts");
        scene.until("the welcome page", |screen| matches!(screen.page, Page::Welcome(_))).await;
        scene
    }

    /// Central and a fast reader; the kiosk is not started yet.
    pub async fn closed() -> Self {
        let mut world = World::start(Timing::Fast).await.expect("the world starts");
        let config = world.config_mut();
        // The shortest times that the configuration would allow a library, so that tests end soon.
        config.visit.linger = Duration::from_millis(300);
        config.visit.done = Duration::from_millis(500);
        config.visit.put_back = Duration::from_secs(2);
        config.reader.poll = Duration::from_millis(20);
        config.central.total_timeout = Duration::from_secs(2);
        let (screens_in, screens) = mpsc::unbounded_channel();
        Self { world, running: None, screens, screens_in, history: Vec::new() }
    }

    /// Starts the kiosk in this process.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn start_kiosk(&mut self) -> Result<(), Failure> {
        let screens = self.screens_in.clone();
        let show: Show = Box::new(move |screen| {
            let _nobody_looks_any_more = screens.send(screen.clone()).is_err();
        });
        self.running = Some(kiosk::start(self.world.config(), hasty(), show).await?);
        Ok(())
    }

    /// Stops the kiosk.
    pub async fn stop_kiosk(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.expect("the kiosk stops cleanly");
        }
    }

    /// A word to the emulated reader.
    pub async fn reader(&mut self, word: &str) -> String {
        self.world.emulator().say(word).await.expect("the emulator understands")
    }

    /// A touch on the screen.
    pub async fn touch(&mut self, touch: Touch) {
        let running = self.running.as_ref().expect("the kiosk runs");
        running.touches.send(touch).await.expect("the kiosk takes touches");
    }

    /// Waits for a screen; the one that is there already counts.
    pub async fn until(&mut self, what: &str, seen: impl Fn(&Screen) -> bool) -> Screen {
        if let Some(last) = self.history.last().filter(|last| seen(last) && self.screens.is_empty()) {
            return last.clone();
        }
        let end = deadline();
        loop {
            let next = tokio::time::timeout_at(end, self.screens.recv()).await;
            let Ok(Some(screen)) = next else {
                let last: Vec<String> = self.history.iter().rev().take(5).map(ToString::to_string).collect();
                panic!("{what} did not come; the last screens, newest first:\n{}", last.join("\n"));
            };
            self.history.push(screen.clone());
            if seen(&screen) {
                return screen;
            }
        }
    }

    /// Waits until the visit shows exactly so many lines done and not done, and none in work.
    pub async fn until_lines(&mut self, n_done: usize, n_not: usize) -> Vec<Line> {
        let what = format!("{n_done} done and {n_not} not");
        let screen =
            self.until(&what, |screen| lines(screen).is_some_and(|lines| are(lines, n_done, n_not))).await;
        lines(&screen).map(<[Line]>::to_vec).unwrap_or_default()
    }

    /// Waits for the welcome page.
    pub async fn until_welcome(&mut self) {
        self.until("the welcome page", |screen| matches!(screen.page, Page::Welcome(_))).await;
    }

    /// Waits for a fact outside the screen, looked at again and again.
    pub async fn until_fact<T, F>(&mut self, what: &str, mut look: impl FnMut() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        let end = deadline();
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        loop {
            if let Some(fact) = look().await {
                return fact;
            }
            assert!(tokio::time::Instant::now() < end, "{what} did not come");
            beat.tick().await;
        }
    }

    /// A tag's gate bits, asked of the tag itself.
    pub async fn gate(&mut self, name: &str) -> Gate {
        let text = self.reader(&format!("show {name}")).await;
        let field = |key: &str| {
            text.split_whitespace().find_map(|word| word.strip_prefix(key)).unwrap_or_default().to_uppercase()
        };
        Gate { afi: field("afi="), eas: field("eas=") == "1" }
    }

    /// The loans of the demo's patron, as central has them, without those of the demo data.
    pub async fn loans(&self) -> Vec<String> {
        loans_at(self.world.config()).await
    }

    /// The ledger's rows, in the order in which they were made, read from the file.
    #[must_use]
    pub fn rows(&self) -> Vec<LedgerRow> {
        rows_of(&self.ledger_path())
    }

    /// The ledger's file.
    #[must_use]
    pub fn ledger_path(&self) -> PathBuf {
        self.world.config().kiosk.data_dir.join(LEDGER_FILE)
    }

    /// Waits until every row of the ledger is in one of these states, and gives the rows.
    pub async fn until_rows(&mut self, states: &[&str]) -> Vec<LedgerRow> {
        let path = self.ledger_path();
        self.until_fact("the rows of the ledger", || {
            let rows = rows_of(&path);
            let good = !rows.is_empty() && rows.iter().all(|row| states.contains(&row.state.as_str()));
            core::future::ready(good.then_some(rows))
        })
        .await
    }
}

/// What is settled in the background, as fast as a test wants it.
#[must_use]
pub fn hasty() -> task::Options {
    let link = link::Options {
        fast: Duration::from_millis(50),
        slow: Duration::from_millis(500),
        ..link::Options::default()
    };
    task::Options {
        link,
        retry: Duration::from_millis(100),
        retry_max: Duration::from_millis(400),
        in_flight: Duration::from_secs(4),
        park_after: 200,
        ..task::Options::default()
    }
}

/// The patron's loans at central whose items are those of the demo's stack.
pub async fn loans_at(config: &config::Config) -> Vec<String> {
    let client = Openlib::new(kiosk::settings::openlib(config)).expect("the address is good");
    let patron = PatronId::parse(CARD).expect("the card is good");
    let loans = client.loans(&patron).await.expect("central answers").expect("the patron is known");
    let mut items: Vec<String> = loans.iter().map(|loan| loan.item.as_str().to_owned()).collect();
    items.retain(|item| kiosk::demo::world::BOOKS.contains(&item.as_str()));
    items.sort();
    items
}

fn copy_of(path: &Path) -> (tempfile::TempDir, rusqlite::Connection) {
    let copy = tempfile::tempdir().expect("a folder");
    let here = copy.path().join("ledger.db");
    for end in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{end}", path.display()));
        if from.is_file() {
            std::fs::copy(&from, format!("{}{end}", here.display())).expect("the ledger is copied");
        }
    }
    let file = rusqlite::Connection::open(&here).expect("the copy opens");
    (copy, file)
}

/// How many cards are being issued or taken back, by a copy of the ledger's file.
#[must_use]
pub fn open_cards(path: &Path) -> i64 {
    let (_copy, file) = copy_of(path);
    let open = "SELECT count(*) FROM cards WHERE row NOT IN ('done', 'undone', 'voucher')";
    file.query_row(open, (), |row| row.get(0)).expect("the ledger has a table of cards")
}

/// The rows of a ledger's file. The kiosk keeps the file to itself, so a copy of it and of its log is read: what a
/// power cut at this moment would leave. No file, no rows.
#[must_use]
pub fn rows_of(path: &Path) -> Vec<LedgerRow> {
    let (_copy, file) = copy_of(path);
    // Before its first commit the file has no table yet.
    let Ok(mut query) =
        file.prepare("SELECT item, act, state, patron IS NOT NULL, told FROM transactions ORDER BY seq")
    else {
        return Vec::new();
    };
    let rows = query
        .query_map([], |row| {
            Ok(LedgerRow {
                item: row.get(0)?,
                act: row.get(1)?,
                state: row.get(2)?,
                has_patron: row.get(3)?,
                told: row.get(4)?,
            })
        })
        .expect("the ledger can be read");
    // A copy made in the middle of a commit may be torn: it is as if it had been made a moment before.
    rows.map_while(Result::ok).collect()
}

/// The lines of a visit's page.
#[must_use]
pub fn lines(screen: &Screen) -> Option<&[Line]> {
    match &screen.page {
        Page::Visit(visit) => Some(&visit.lines),
        Page::Welcome(_)
        | Page::Identify(_)
        | Page::Account(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_)
        | Page::Card(_) => None,
    }
}

/// An item id of the demo.
#[must_use]
pub fn item(text: &str) -> ItemId {
    ItemId::parse(text).expect("the id is good")
}

fn are(lines: &[Line], n_done: usize, n_not: usize) -> bool {
    lines.iter().all(|line| line.progress.is_final())
        && lines.iter().filter(|line| line.is_done()).count() == n_done
        && lines.len() == n_done + n_not
}

#[expect(
    clippy::disallowed_methods,
    reason = "the harness is a shell; the limit is reached only by a failure"
)]
fn deadline() -> tokio::time::Instant {
    tokio::time::Instant::from_std(Instant::now() + PATIENCE)
}
