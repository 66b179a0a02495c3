//! Central in the test's process: the product's server on a real socket and a real database, copied from one that was
//! sown once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use central::clock::Clock;
use central::{App, OpenError, Settings};
use circulation::id::{ItemId, PatronId};
use jiff::SignedDuration;
use kiosk::demo::world::CARD;
use sync_client::http::{Openlib, OpenlibConfig};
use tokio::net::TcpListener;

/// Central, running.
pub struct Library {
    database: PathBuf,
    address: SocketAddr,
    clock: Option<Clock>,
    serving: tokio::task::JoinHandle<()>,
}

impl core::fmt::Debug for Library {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Library").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Library {
    /// A central with the demo library, in a folder.
    pub async fn start(folder: &Path) -> Self {
        let database = folder.join("central.db");
        std::fs::copy(sown(), &database).expect("the database is copied");
        let listener = TcpListener::bind((crate::address::own(), 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = serve(&database, listener, None).await;
        Self { database, address, clock: None, serving }
    }

    /// From now on central's clock is ahead of the true one by so many minutes.
    pub async fn set_clock_ahead(&mut self, minutes: i64) {
        let right = Settings::default().clock;
        self.clock = Some(Arc::new(move || right().saturating_add(SignedDuration::from_mins(minutes))));
        self.restart().await;
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Central ends without a word, and starts again on the same database.
    pub async fn restart(&mut self) {
        self.serving.abort();
        // Aborted is what it is to be.
        drop((&mut self.serving).await);
        let listener = TcpListener::bind(self.address).await.expect("its port is free again");
        self.serving = serve(&self.database, listener, self.clock.clone()).await;
    }

    /// Staff's own way to central.
    #[must_use]
    pub fn staff(&self) -> Openlib {
        let defaults = config::Config::default();
        let ours = kiosk::settings::openlib(&defaults);
        Openlib::new(OpenlibConfig { base: format!("http://{}", self.address), ..ours }).expect("good")
    }

    /// The items of the demo's card that are among `items`, sorted.
    pub async fn loans(&self, items: &[String]) -> Vec<String> {
        let patron = PatronId::parse(CARD).expect("the card is good");
        let loans = self.staff().loans(&patron).await.expect("central answers").expect("it knows the card");
        let mut found: Vec<String> = loans.iter().map(|loan| loan.item.as_str().to_owned()).collect();
        found.retain(|item| items.contains(item));
        found.sort();
        found
    }

    /// Lends an item to the demo's card, or takes it back, at the desk.
    pub async fn at_desk(&self, item: &str, is_lent: bool) {
        let item = ItemId::parse(item).expect("the id is good");
        let patron = PatronId::parse(CARD).expect("the card is good");
        let staff = self.staff();
        let done = if is_lent { staff.checkout(&patron, &item).await } else { staff.checkin(&item).await };
        drop(done.expect("central answers"));
    }
}

async fn serve(database: &Path, listener: TcpListener, clock: Option<Clock>) -> tokio::task::JoinHandle<()> {
    let app = loop {
        let defaults = Settings::default();
        let clock = clock.clone().unwrap_or_else(|| Arc::clone(&defaults.clock));
        match App::open(database, Settings { clock, ..defaults }) {
            Ok(app) => break app,
            // The last answers of its predecessor are still under way.
            Err(OpenError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(cause) => panic!("{cause}"),
        }
    };
    tokio::spawn(central::serve(listener, app))
}

/// A database with the demo library, made once in this process.
fn sown() -> &'static Path {
    static SOWN: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SOWN.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("central.db");
        let app = App::open(&path, Settings::default()).expect("a new database opens");
        app.seed_demo().expect("the demo library is sown");
        drop(app);
        (folder, path)
    });
    path
}
