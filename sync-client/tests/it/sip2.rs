//! The SIP2 client against real peers: a small library over our own codec's other side, with every fault a line or a
//! server can have, and an independent server.

mod faults;
mod library;
mod peer;
mod pysip2;
mod server;
mod visit;

use std::time::Duration;

use circulation::patron::Pin;
use sync_client::sip2::ask::{Account, Station};
use sync_client::sip2::client::{Sip2, Sip2Config};
use sync_client::sip2::dialect::{Checksum, Dialect};

use crate::world::{NINE, clock};
use server::Acs;

pub(crate) fn pin(text: &str) -> Pin {
    let mut pin = Pin::default();
    text.chars().for_each(|c| pin.push(c));
    pin
}

pub(crate) fn strict() -> Dialect {
    Dialect { checksum: Checksum::Strict, ..Dialect::standard() }
}

pub(crate) fn config(port: u16, dialect: Dialect) -> Sip2Config {
    let account = Account { user: "kiosk1".into(), password: "secret".into() };
    let station = Station {
        institution: "LIB".into(),
        location: "corridor".into(),
        login: Some(account),
        operator: "op7".into(),
        language: 19,
        ..Station::default()
    };
    Sip2Config {
        dialect,
        connect_timeout: Duration::from_millis(500),
        answer_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_millis(1200),
        retries: 2,
        clock: clock(NINE),
        ..Sip2Config::new("127.0.0.1", port, station)
    }
}

pub(crate) fn client(acs: &Acs) -> Sip2 {
    Sip2::start(config(acs.port, acs.dialect.clone())).unwrap()
}
