//! SIP2 over real sockets: the kiosk's client, another maker's, and lines written by hand.

mod card;
mod line;
mod other;
mod sorter;
mod visit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use central::sip2::Sip2Settings;
use circulation::id::{Isil, ItemId, PatronId};
use sync_client::clock::Clock;
use sync_client::sip2::ask::{Account, Station};
use sync_client::sip2::client::{Sip2, Sip2Config};
use sync_client::sip2::dialect::{Checksum, Dialect};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::world::World;

/// A central with the demo library that serves SIP2.
struct Acs {
    world: World,
    address: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Acs {
    /// Nothing where its engine is not installed.
    async fn start(change: impl FnOnce(&mut Sip2Settings)) -> Option<Self> {
        let world = World::new().await?;
        let mut settings = Sip2Settings::new(Dialect::standard());
        change(&mut settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(central::sip2::serve(listener, world.app.clone(), settings, stopped));
        Some(Self { world, address, stop })
    }

    /// The kiosk's client; its clock is that of this central.
    fn kiosk(&self, change: impl FnOnce(&mut Sip2Config)) -> Sip2 {
        let login = Some(Account { user: "yueting-demo".into(), password: "yueting-demo-secret".into() });
        let station = Station {
            institution: central::seed::INSTITUTION.into(),
            location: "kiosk-1".into(),
            login,
            language: 19,
            ..Station::default()
        };
        let mut config = Sip2Config::new("127.0.0.1", self.address.port(), station);
        config.dialect = Dialect { checksum: Checksum::Strict, ..Dialect::standard() };
        // The machine may be busy with everybody's tests: what is slow is no fault here.
        config.connect_timeout = Duration::from_secs(60);
        config.answer_timeout = Duration::from_secs(60);
        config.total_timeout = Duration::from_secs(120);
        let now = Arc::clone(&self.world.clock());
        config.clock = Clock::new(move || jiff::tz::offset(8).to_timestamp(*now.lock().unwrap()).unwrap());
        change(&mut config);
        Sip2::start(config).unwrap()
    }
}

fn patron(text: &str) -> PatronId {
    PatronId::parse(text).unwrap()
}

fn item(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

fn library() -> Isil {
    Isil::parse(central::seed::INSTITUTION).unwrap()
}
