//! The embedded store: one SQLite file.
//!
//! Two connections: one writes, one reads and sees the last commit (WAL). Every change is one `BEGIN IMMEDIATE`
//! transaction with `synchronous = FULL`: what was answered survives a power cut, and of two kiosks that want the same
//! item the second sees the loan of the first. A lock file beside the database keeps a second central away.
//!
//! All functions block; call them off the async threads.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::{OpenError, StoreError};

mod apply;
mod facts;
mod feed;
mod kiosk;
mod read;
mod row;
pub mod sow;

/// The store. Dropping it closes the database.
pub struct Store {
    // Closed in this order: the writer is last, for only it can fold the log back into the file.
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    /// held, not read: the lock ends with it
    _lock: File,
}

impl Store {
    /// Opens the database, making or migrating it as needed.
    ///
    /// # Errors
    /// [`OpenError`]: each variant says what to do.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate(path, &mut writer)?;
        make_durable(path, &writer)?;
        let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader), _lock: lock })
    }

    /// Runs one change: all of it or nothing. It is undone when `change` fails, and also when it unwinds.
    fn change<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = held(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        held(&self.reader)
    }
}

/// A thread that panicked left no half change behind: its transaction was rolled back.
fn held(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(path: &Path) -> Result<File, OpenError> {
    if path.is_dir() {
        let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(OpenError::Path { path: path.to_owned(), source });
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(PathBuf::from(name))
        .map_err(|source| OpenError::Path { path: path.to_owned(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Path { path: path.to_owned(), source }),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let failed = |source| failure(path, source);
    let connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    Ok(connection)
}

/// Brings the schema up to date. A file that is not ours is left as it is.
fn migrate(path: &Path, writer: &mut Connection) -> Result<(), OpenError> {
    let failed = |source| failure(path, source);
    let number = |writer: &Connection, pragma: &str| -> Result<i64, rusqlite::Error> {
        writer.pragma_query_value(None, pragma, |row| row.get(0))
    };
    let application = number(writer, "application_id").map_err(failed)?;
    let found = number(writer, "user_version").map_err(failed)?;
    let n_tables: i64 =
        writer.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION_ID && n_tables > 0 {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    for sql in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(sql).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Sets what durability rests on, and reads it back: SQLite ignores in silence what it cannot do.
fn make_durable(path: &Path, writer: &Connection) -> Result<(), OpenError> {
    let failed = |source| failure(path, source);
    let refused = |setting| OpenError::Setting { path: path.to_owned(), setting };
    let mode: String =
        writer.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(refused("journal_mode = WAL"));
    }
    for (pragma, value, setting) in
        [("synchronous", 2_i64, "synchronous = FULL"), ("foreign_keys", 1, "foreign_keys = ON")]
    {
        writer.pragma_update(None, pragma, value).map_err(failed)?;
        let got: i64 = writer.pragma_query_value(None, pragma, |row| row.get(0)).map_err(failed)?;
        if got != value {
            return Err(refused(setting));
        }
    }
    Ok(())
}

fn failure(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse { path },
        Some(_) | None => OpenError::Sqlite { path, source },
    }
}

const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/0001_circulation.sql"), include_str!("../../migrations/0002_kiosk.sql")];

/// "YTCE" in ASCII: marks the file as central's.
const APPLICATION_ID: i64 = 0x5954_4345;

/// Nobody else should write; a backup tool may hold the file for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

const STATEMENTS: usize = 64;

#[cfg(test)]
mod tests;
