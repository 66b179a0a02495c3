//! What central last said of patrons, items and rules: a SQLite file of its own, for the time when central is silent.
//!
//! ```text
//!   snapshot ─▶ Loader ─▶ generation 1 (being filled)  ╲ finish: one commit
//!   lookups  ◀──────────── generation 0 (looked at)     ╳ 1 is looked at, 0 is dropped
//!   changes  ─▶ Loader ─▶ generation that is looked at
//! ```
//! **Rules**: a lookup sees one generation, whole, as of one commit, and never waits for a refresh (WAL, a read-only
//! connection of its own, writes in chunks). The file holds nothing that central cannot send again: when it is damaged,
//! of another version or not ours, that is said, it is deleted, and the next refresh fetches it anew. The ledger is
//! another file and is never touched from here.
//!
//! It holds no name, no citizen number and not who has what; a password only as a slow salted hash that central made
//! for this purpose. `Debug` prints none of it.

mod file;
mod load;
mod lookup;
mod packed;
mod pin;
mod search;
mod title;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use circulation::id::Isil;
use circulation::policy::{Calendar, ItemFacts, PatronFacts};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};

use crate::kiosk_api::Cursor;
pub use load::{Loader, Progress};
pub use lookup::Item;
pub use pin::PinCheck;
pub use search::{Finder, Size};

/// The mirror. Clones are the same file.
#[derive(Debug, Clone)]
pub struct Mirror(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// nothing while the file is being replaced, or after it was found damaged
    reader: Mutex<Option<Connection>>,
    writer: Mutex<Option<Connection>>,
    damage: Mutex<Option<String>>,
    loading: AtomicBool,
}

/// What was found where the mirror should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// a good file; it may still be empty, see [`Mirror::freshness`]
    Good,
    /// none; a new one was made
    Nothing,
    /// something unusable; it was deleted and a new one was made
    Replaced {
        /// what was wrong with it
        why: String,
    },
}

/// How fresh the mirror is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// whose data it holds
    pub institution: Isil,
    /// where the next changes begin
    pub cursor: Cursor,
    /// when it was last brought up to date, by the kiosk's clock
    pub mirrored: Timestamp,
}

/// All that the rules want to know for one checkout, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// the patron, if known
    pub patron: Option<PatronFacts>,
    /// the item, if known, with the period for this patron
    pub item: Option<ItemFacts>,
    /// closing days
    pub calendar: Calendar,
}

/// Why the mirror does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// the file is damaged; [`Mirror::mend`] replaces it
    #[error("the mirror is damaged ({detail}); it will be fetched again")]
    Damaged {
        /// what was found
        detail: String,
    },
    /// the disk is full
    #[error("the disk of the mirror is full; free some space")]
    DiskFull,
    /// another refresh is under way
    #[error("the mirror is being refreshed already")]
    Busy,
    /// a line where it must not be: a head, an end, a rule set in the wrong place
    #[error("central's lines are out of order")]
    OutOfOrder,
    /// the file cannot be made or read
    #[error("the mirror {} cannot be used ({detail}); give its folder to the kiosk's account", .path.display())]
    System {
        /// the file
        path: PathBuf,
        /// SQLite's or the system's words
        detail: String,
    },
}

impl Mirror {
    /// Opens the mirror, replacing what is unusable. Blocks for a check of the file.
    ///
    /// # Errors
    /// [`MirrorError::System`] or [`MirrorError::DiskFull`] if no file can be made there.
    pub fn open(path: &Path) -> Result<(Self, Found), MirrorError> {
        let (connections, found) = file::open(path)?;
        let shared = Shared {
            path: path.to_owned(),
            reader: Mutex::new(Some(connections.reader)),
            writer: Mutex::new(Some(connections.writer)),
            damage: Mutex::default(),
            loading: AtomicBool::new(false),
        };
        Ok((Self(Arc::new(shared)), found))
    }

    /// Replaces the file by an empty one if a lookup or a refresh found it damaged; says what was wrong.
    ///
    /// # Errors
    /// As [`Mirror::open`]; the mirror stays damaged then.
    pub fn mend(&self) -> Result<Option<String>, MirrorError> {
        let Some(why) = held(&self.0.damage).clone() else { return Ok(None) };
        let mut reader = held(&self.0.reader);
        let mut writer = held(&self.0.writer);
        *reader = None;
        *writer = None;
        file::delete(&self.0.path)?;
        let (connections, _) = file::open(&self.0.path)?;
        *reader = Some(connections.reader);
        *writer = Some(connections.writer);
        *held(&self.0.damage) = None;
        Ok(Some(why))
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Reads as of one commit.
    fn read<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, MirrorError> {
        let reader = held(&self.0.reader);
        let connection = reader.as_ref().ok_or_else(|| self.known_damage())?;
        let answer = connection.unchecked_transaction().and_then(|transaction| question(&transaction));
        answer.map_err(|cause| self.noted(&cause))
    }

    /// Writes all or nothing.
    fn write<T>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, MirrorError> {
        let writer = held(&self.0.writer);
        let connection = writer.as_ref().ok_or_else(|| self.known_damage())?;
        let done = connection.unchecked_transaction().and_then(|transaction| {
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        done.map_err(|cause| self.noted(&cause))
    }

    fn noted(&self, cause: &rusqlite::Error) -> MirrorError {
        let fault = fault(&self.0.path, cause);
        if let MirrorError::Damaged { detail } = &fault {
            *held(&self.0.damage) = Some(detail.clone());
        }
        fault
    }

    fn known_damage(&self) -> MirrorError {
        let detail = held(&self.0.damage).clone().unwrap_or_default();
        MirrorError::Damaged { detail }
    }

    fn start_loading(&self) -> Result<(), MirrorError> {
        if self.0.loading.swap(true, Ordering::AcqRel) { Err(MirrorError::Busy) } else { Ok(()) }
    }

    fn stop_loading(&self) {
        self.0.loading.store(false, Ordering::Release);
    }
}

/// When the mirror in a file was last brought up to date; nothing if it never was, or if there is no file. The file is only
/// looked at, while a kiosk has it too.
///
/// # Errors
/// [`MirrorError::Damaged`] or [`MirrorError::System`] if it cannot be read.
pub fn mirrored_at(path: &Path) -> Result<Option<Timestamp>, MirrorError> {
    if !path.exists() {
        return Ok(None);
    }
    let reader = file::reader(path)?;
    let millis: Option<i64> = reader
        .query_row("SELECT mirrored_ms FROM meta WHERE only_row = 0", (), |row| row.get(0))
        .map_err(|cause| fault(path, &cause))?;
    Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
}

/// A thread that panicked left no half change behind: its transaction was rolled back.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fault(path: &Path, cause: &rusqlite::Error) -> MirrorError {
    let detail = cause.to_string();
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => MirrorError::DiskFull,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => MirrorError::Damaged { detail },
        // A table or column that is not there, a value of a wrong type: the file is not what we wrote.
        Some(ErrorCode::Unknown) | None => MirrorError::Damaged { detail },
        Some(_) => MirrorError::System { path: path.to_owned(), detail },
    }
}

#[cfg(test)]
mod tests;
