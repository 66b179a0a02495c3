//! The store's own tests: each on SQLite and, where it is installed, on PostgreSQL.

use std::sync::Arc;

use super::*;
use crate::app::{App, Settings};
use crate::seed;
use circulation::id::Isil;
use jiff::SignedDuration;
use jiff::civil::datetime;

mod batch;
mod circulate;
mod fleet;
mod ill;
mod institutions;
mod people;
mod report;
mod rules;
mod search;
mod seen;
mod setting;
mod stock;

#[path = "../../tests/it/postgres.rs"]
mod postgres;

/// A clock that stands still: 23 November 2026, a Monday, half past nine.
pub(crate) fn settings() -> Settings {
    let now = datetime(2026, 11, 23, 9, 30, 0, 0);
    Settings { clock: Arc::new(move || now), token_life: SignedDuration::from_hours(2) }
}

/// Runs a test on a sown central of each engine.
pub(crate) fn both(test: impl Fn(App)) {
    let folder = tempfile::TempDir::new().unwrap();
    test(sown(folder.path().join("central.db").to_str().unwrap()));
    if let Some(address) = postgres::database() {
        test(sown(&address));
    }
}

/// A database of each engine: its address. The first is SQLite's.
pub(crate) fn each(test: impl Fn(&str)) {
    let folder = tempfile::TempDir::new().unwrap();
    test(folder.path().join("central.db").to_str().unwrap());
    if let Some(address) = postgres::database() {
        test(&address);
    }
}

pub(crate) fn open(address: &str) -> App {
    App::open_at(&Address::parse(address, None).unwrap(), settings()).unwrap()
}

pub(crate) fn sown(address: &str) -> App {
    let app = open(address);
    app.seed_demo().unwrap();
    app
}

impl Store {
    /// Puts a statement past every rule of ours.
    pub(crate) fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.0.execute(sql)
    }

    /// Whether several write at once.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.execute("SELECT pg_backend_pid()").is_ok()
    }

    /// What a question of a test's gives, columns with a space between them.
    pub(crate) fn lines(&self, sql: &'static str) -> Vec<String> {
        let statement: &'static statement::Statement =
            Box::leak(Box::new(statement::Statement::both(sql, sql)));
        let rows = self.look(|db| db.rows(statement, &[])).unwrap();
        rows.into_iter().map(|row| row.shown()).collect()
    }
}

pub(crate) fn of() -> Isil {
    Isil::parse(seed::INSTITUTION).unwrap()
}

pub(crate) fn desk() -> Desk {
    Desk { opuser: "kiosk-1".into(), now: datetime(2026, 11, 23, 9, 30, 0, 0) }
}

pub(crate) fn patron(id: &str) -> PatronId {
    PatronId::parse(id).unwrap()
}

pub(crate) fn item(id: &str) -> ItemId {
    ItemId::parse(id).unwrap()
}
