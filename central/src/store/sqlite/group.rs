//! The connection that writes: several changes share one commit, for a sync costs the same for one loan as for a hundred.
//!
//! ```text
//!   caller A   BEGIN  work ── waits ──────────────────────────────────────────────────╮
//!   caller B                                 SAVEPOINT work RELEASE ── waits ─────────┤ answered
//!   caller C                                                        SAVEPOINT .. COMMIT
//! ```
//! **Rule**: nobody is answered before the commit is on the disk. Whoever finds nobody waiting behind itself commits for
//! all before it; one that fails undoes its own savepoint (the first, which needs none: the transaction) and nothing else. Nobody waits for company: a caller who is
//! alone commits at once.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Error, ffi};

use crate::store::StoreError;

/// The only one who writes.
pub(super) struct Writer {
    turn: Mutex<Turn>,
    /// callers who wait for their turn: each of them will have it, and end the group or leave it to the next
    n_behind: AtomicUsize,
}

/// What whoever has the turn may use.
struct Turn {
    connection: Connection,
    /// the changes that wait for the next commit
    group: Option<Arc<Group>>,
    n_in_group: usize,
    /// rows that the connection had changed when the group began
    n_rows_before: u64,
}

/// Changes that end together.
#[derive(Default)]
struct Group {
    end: Mutex<Option<Result<(), Lost>>>,
    ended: Condvar,
}

/// Why a group was not committed, for each of its callers.
#[derive(Debug, Clone)]
struct Lost {
    code: ffi::Error,
    text: String,
}

impl Writer {
    pub(super) const fn new(connection: Connection) -> Self {
        let turn = Turn { connection, group: None, n_in_group: 0, n_rows_before: 0 };
        Self { turn: Mutex::new(turn), n_behind: AtomicUsize::new(0) }
    }

    /// Runs one change: all of it or nothing, and what it did is on the disk. It is undone when `work` fails, and also
    /// when it unwinds.
    pub(super) fn change(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.n_behind.fetch_add(1, Ordering::SeqCst);
        let mut turn = held(&self.turn);
        self.n_behind.fetch_sub(1, Ordering::SeqCst);
        let group = turn.join()?;
        let done = turn.apply(work);
        if self.n_behind.load(Ordering::SeqCst) == 0 || turn.is_full() {
            turn.commit();
        }
        drop(turn);
        match done {
            // What failed did nothing, whatever becomes of the others.
            Ok(Err(fault)) => Err(fault),
            Ok(Ok(())) => group.wait(),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl Turn {
    /// The group that is open, or a new one.
    fn join(&mut self) -> Result<Arc<Group>, StoreError> {
        let group = match &self.group {
            Some(group) => Arc::clone(group),
            None => {
                run(&self.connection, "BEGIN IMMEDIATE")?;
                self.n_in_group = 0;
                self.n_rows_before = self.connection.total_changes();
                Arc::clone(self.group.insert(Arc::default()))
            }
        };
        self.n_in_group += 1;
        Ok(group)
    }

    /// Whether the next one is to begin a group of its own.
    fn is_full(&self) -> bool {
        let n_rows = self.connection.total_changes().saturating_sub(self.n_rows_before);
        self.n_in_group >= MAX_GROUP || n_rows >= MANY_ROWS
    }

    fn apply(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> std::thread::Result<Result<(), StoreError>> {
        let connection = &self.connection;
        // The first has nobody's work before it to keep, and may do without: a savepoint copies every page that a batch
        // changes, soon to a file.
        let has_savepoint = self.n_in_group > 1;
        let change = || {
            if has_savepoint {
                run(connection, "SAVEPOINT change")?;
            }
            work(connection)?;
            if has_savepoint {
                run(connection, "RELEASE change")?;
            }
            Ok(())
        };
        let done = catch_unwind(AssertUnwindSafe(change));
        if !matches!(done, Ok(Ok(()))) && !connection.is_autocommit() {
            let undone = if has_savepoint {
                run(connection, "ROLLBACK TO change").and_then(|()| run(connection, "RELEASE change"))
            } else {
                run(connection, "ROLLBACK")
            };
            if let Err(fault) = undone {
                self.lose(&fault);
            }
        }
        // Undone is the group: its only change, or, on a full or broken disk, all of them, not only what failed.
        if self.connection.is_autocommit() {
            self.end(Err(Lost {
                code: ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK),
                text: UNDONE.to_owned(),
            }));
        }
        done
    }

    fn commit(&mut self) {
        if self.group.is_none() {
            return;
        }
        match run(&self.connection, "COMMIT") {
            Ok(()) => self.end(Ok(())),
            Err(fault) => self.lose(&fault),
        }
    }

    /// Undoes all of the group.
    fn lose(&mut self, fault: &Error) {
        let code = fault.sqlite_error().copied().unwrap_or_else(|| ffi::Error::new(ffi::SQLITE_ABORT));
        if !self.connection.is_autocommit()
            && let Err(fault) = run(&self.connection, "ROLLBACK")
        {
            tracing::error!(%fault, "a group of changes is not undone; the next one will fail too");
        }
        self.end(Err(Lost { code, text: fault.to_string() }));
    }

    fn end(&mut self, how: Result<(), Lost>) {
        if let Some(group) = self.group.take() {
            *held(&group.end) = Some(how);
            group.ended.notify_all();
        }
    }
}

impl Group {
    fn wait(&self) -> Result<(), StoreError> {
        let open = held(&self.end);
        let ended = self.ended.wait_while(open, |end| end.is_none()).unwrap_or_else(PoisonError::into_inner);
        match &*ended {
            Some(Ok(())) => Ok(()),
            Some(Err(lost)) => Err(Error::SqliteFailure(lost.code, Some(lost.text.clone())).into()),
            None => Err(StoreError::Missing("the end of a group")),
        }
    }
}

fn run(connection: &Connection, words: &str) -> Result<(), Error> {
    connection.prepare_cached(words)?.execute(()).map(drop)
}

/// A thread that panicked left no half change behind: see [`Turn::apply`].
fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Changes in one commit: the first of them waits for the last.
const MAX_GROUP: usize = 256;

/// Rows changed by a group that nobody joins any more: two hundred loans have some two thousand, a kiosk's batch of a night
/// eight thousand.
const MANY_ROWS: u64 = 4000;

const UNDONE: &str = "the database undid every change since its last commit";

#[cfg(test)]
mod tests;
