//! How far a long piece of work is, for whoever watches; and the way to end it.

use std::sync::{Mutex, PoisonError};

use circulation::id::{Isil, ItemId, PatronId};

use super::StoreError;
use super::engine::{Access, Row, Value};
use super::statement::Statement;

/// Counts what is done while somebody watches. Stopped, a change ends with [`StoreError::Cancelled`] at its next row, and
/// nothing of it stays.
#[derive(Debug, Default)]
pub struct Meter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_watched: bool,
    is_stopped: bool,
    reading: Reading,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// what is being done
    pub phase: Phase,
    /// so much of it
    pub done: u64,
    /// of so much; 0: nobody knows
    pub of: u64,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// nothing that can be counted
    #[default]
    Other,
    /// passwords are hashed
    Passwords,
    /// rows are written
    Writing,
    /// rows are read
    Reading,
    /// titles are taken into the index
    Indexing,
}

impl Meter {
    /// From now on it counts.
    pub fn watch(&self) {
        self.with(|state| state.is_watched = true);
    }

    /// What is done next, and how much of it there is.
    pub fn begin(&self, phase: Phase, of: usize) {
        let of = u64::try_from(of).unwrap_or(u64::MAX);
        self.with(|state| state.reading = Reading { phase, done: 0, of });
    }

    /// So many more are done.
    pub fn add(&self, n: usize) {
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        self.with(|state| state.reading.done = state.reading.done.saturating_add(n));
    }

    /// How far it is.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.with(|state| state.reading)
    }

    /// Nothing more is to be done.
    pub fn stop(&self) {
        self.with(|state| state.is_stopped = true);
    }

    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.with(|state| state.is_stopped)
    }

    pub(super) fn is_watched(&self) -> bool {
        self.with(|state| state.is_watched)
    }

    fn with<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A change that is counted.
pub(super) struct Metered<'a> {
    pub(super) db: &'a mut dyn Access,
    pub(super) meter: &'a Meter,
}

impl Access for Metered<'_> {
    fn lock(&mut self, of: &Isil, items: &[&ItemId], patrons: &[&PatronId]) -> Result<(), StoreError> {
        self.db.lock(of, items, patrons)
    }

    fn rows(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.db.rows(statement, values)
    }

    fn all(
        &mut self,
        questions: &[(&'static Statement, Vec<Value<'_>>)],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        self.db.all(questions)
    }

    fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<(), StoreError> {
        if self.meter.is_stopped() {
            return Err(StoreError::Cancelled);
        }
        if self.meter.reading().phase == Phase::Writing {
            self.meter.add(1);
        }
        self.db.write(statement, values)
    }
}
