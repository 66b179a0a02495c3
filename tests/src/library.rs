//! Central in the test's process: the product's server on a real socket and a real database, copied from one that was
//! sown once. Or somebody else's SIP2 server, which a test has started.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use central::clock::Clock;
use central::sip2::Sip2Settings;
use central::{App, OpenError, Settings};
use circulation::id::{Isil, ItemId, PatronId};
use jiff::SignedDuration;
use kiosk::demo::world::CARD;
use sync_client::http::{Openlib, OpenlibConfig};
use sync_client::sip2::ask::{self as sip2, Station};
use sync_client::sip2::client::{Sip2, Sip2Config};
use sync_client::sip2::dialect::{Checksum, Dialect, EmptyDate};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The library's system, running.
pub struct Library {
    system: System,
    address: SocketAddr,
    sip2_address: SocketAddr,
    account: Account,
}

enum System {
    Central {
        database: PathBuf,
        clock: Option<Clock>,
        app: Option<App>,
        serving: tokio::task::JoinHandle<()>,
    },
    Elsewhere(Box<Sip2>),
}

/// How a kiosk logs in to it over SIP2.
#[derive(Debug, Clone)]
pub struct Account {
    /// user
    pub user: String,
    /// password
    pub password: String,
    /// AO
    pub institution: String,
    /// whether it wants a date where none applies
    pub wants_dates: bool,
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
        let listeners = [listen().await, listen().await];
        let [address, sip2_address] = listeners.each_ref().map(|one| one.local_addr().expect("an address"));
        let (app, serving) = serve(&database, listeners, None).await;
        let defaults = config::Config::default().central;
        let account = Account {
            user: defaults.appid,
            password: defaults.secret.expose().to_owned(),
            institution: central::seed::INSTITUTION.to_owned(),
            wants_dates: false,
        };
        Self {
            system: System::Central { database, clock: None, app: Some(app), serving },
            address,
            sip2_address,
            account,
        }
    }

    /// A SIP2 server of others, which a test has started and ends.
    ///
    /// # Panics
    /// If its address and account are none.
    #[must_use]
    pub fn elsewhere(sip2_address: SocketAddr, account: Account) -> Self {
        let login = sip2::Account { user: account.user.clone(), password: account.password.clone() };
        let station =
            Station { institution: account.institution.clone(), login: Some(login), ..Station::default() };
        let mut config = Sip2Config::new(&sip2_address.ip().to_string(), sip2_address.port(), station);
        config.dialect = Dialect { checksum: Checksum::Strict, ..Dialect::standard() };
        if account.wants_dates {
            config.dialect.empty_date = EmptyDate::Now;
        }
        let staff = Sip2::start(config).expect("a client");
        Self { system: System::Elsewhere(Box::new(staff)), address: sip2_address, sip2_address, account }
    }

    /// From now on central's clock is ahead of the true one by so many minutes.
    pub async fn set_clock_ahead(&mut self, minutes: i64) {
        let right = Settings::default().clock;
        let wrong: Clock = Arc::new(move || right().saturating_add(SignedDuration::from_mins(minutes)));
        if let System::Central { clock, .. } = &mut self.system {
            *clock = Some(wrong);
        }
        self.restart().await;
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it speaks SIP2.
    #[must_use]
    pub const fn sip2_address(&self) -> SocketAddr {
        self.sip2_address
    }

    /// How a kiosk logs in there.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Central ends without a word, and starts again on the same database.
    ///
    /// # Panics
    /// If it is not ours.
    pub async fn restart(&mut self) {
        let System::Central { database, clock, app, serving } = &mut self.system else {
            panic!("only central is restarted");
        };
        serving.abort();
        drop(app.take());
        // Aborted is what it is to be.
        drop((&mut *serving).await);
        let again = async |address| TcpListener::bind(address).await.expect("its port is free again");
        let listeners = [again(self.address).await, again(self.sip2_address).await];
        let (fresh, again) = serve(database, listeners, clock.clone()).await;
        (*app, *serving) = (Some(fresh), again);
    }

    /// A card as a code on a phone, as central's page shows it now.
    ///
    /// # Panics
    /// If it is not our central.
    #[must_use]
    pub fn code(&self, patron: &str) -> String {
        let System::Central { app: Some(app), .. } = &self.system else { panic!("only central makes codes") };
        let (of, patron) = (Isil::parse(central::seed::INSTITUTION), PatronId::parse(patron));
        let (of, patron) = (of.expect("an institution"), patron.expect("a card"));
        central::card::code(app.store(), &of, &patron, jiff::Timestamp::now()).expect("central makes it")
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
        let loans = match &self.system {
            System::Central { .. } => self.staff().loans(&patron).await.expect("central answers"),
            System::Elsewhere(staff) => staff.loans(&patron).await.expect("it answers"),
        };
        let loans = loans.expect("it knows the card");
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
        let done = match (&self.system, is_lent) {
            (System::Central { .. }, true) => {
                staff.checkout(&patron, &item).await.map_err(|why| why.to_string())
            }
            (System::Central { .. }, false) => staff.checkin(&item).await.map_err(|why| why.to_string()),
            (System::Elsewhere(staff), true) => {
                staff.checkout(&patron, &item).await.map_err(|why| why.to_string())
            }
            (System::Elsewhere(staff), false) => staff.checkin(&item).await.map_err(|why| why.to_string()),
        };
        drop(done.expect("it answers"));
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind((crate::address::own(), 0)).await.expect("a port")
}

/// HTTP by the first listener, SIP2 by the second.
async fn serve(
    database: &Path,
    [http, sip2]: [TcpListener; 2],
    clock: Option<Clock>,
) -> (App, tokio::task::JoinHandle<()>) {
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
    let serving = app.clone();
    let task = tokio::spawn(async move {
        // It is never told to stop: it ends with this task.
        let (_never, stop) = watch::channel(false);
        let devices =
            central::sip2::serve(sip2, serving.clone(), Sip2Settings::new(Dialect::standard()), stop);
        let ((), ()) = tokio::join!(central::serve(http, serving), devices);
    });
    (app, task)
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
