//! The file: made, checked, deleted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Found, MirrorError, fault};

/// The two ends of the file.
pub(super) struct Connections {
    pub(super) reader: Connection,
    pub(super) writer: Connection,
}

pub(super) fn open(path: &Path) -> Result<(Connections, Found), MirrorError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|cause| system(path, &cause))?;
    }
    let is_new = !path.exists();
    match connect(path) {
        Ok(connections) => Ok((connections, if is_new { Found::Nothing } else { Found::Good })),
        Err(MirrorError::Damaged { detail }) if !is_new => {
            delete(path)?;
            Ok((connect(path)?, Found::Replaced { why: detail }))
        }
        Err(other) => Err(other),
    }
}

/// Deletes the file and what SQLite keeps beside it. What is not there is deleted already.
pub(super) fn delete(path: &Path) -> Result<(), MirrorError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Ok(()) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(system(path, &cause)),
        }
    }
    Ok(())
}

fn connect(path: &Path) -> Result<Connections, MirrorError> {
    let named = |cause: rusqlite::Error| fault(path, &cause);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let writer = Connection::open_with_flags(path, flags).map_err(named)?;
    writer.busy_timeout(BUSY_TIMEOUT).map_err(named)?;
    writer.set_prepared_statement_cache_capacity(STATEMENTS);
    check(path, &writer)?;
    // What a power cut takes away is fetched again: no fsync for each chunk, and in WAL mode no damage either.
    writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(named)?;
    for (pragma, value) in [("synchronous", 1_i64), ("journal_size_limit", LOG_LIMIT), ("trusted_schema", 0)]
    {
        writer.pragma_update(None, pragma, value).map_err(named)?;
    }
    make(&writer).map_err(named)?;
    Ok(Connections { reader: reader(path)?, writer })
}

/// A connection that only looks.
pub(super) fn reader(path: &Path) -> Result<Connection, MirrorError> {
    let named = |cause: rusqlite::Error| fault(path, &cause);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags).map_err(named)?;
    reader.busy_timeout(BUSY_TIMEOUT).map_err(named)?;
    reader.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(reader)
}

/// Whether the file is empty or ours, of this version and sound.
fn check(path: &Path, writer: &Connection) -> Result<(), MirrorError> {
    let named = |cause: rusqlite::Error| fault(path, &cause);
    let number = |pragma: &str| -> Result<i64, MirrorError> {
        writer.pragma_query_value(None, pragma, |row| row.get(0)).map_err(named)
    };
    let n_tables: i64 =
        writer.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(named)?;
    let (application, version) = (number("application_id")?, number("user_version")?);
    let is_ours = application == APPLICATION_ID && version == VERSION;
    if n_tables > 0 && !is_ours {
        let detail = format!("not a mirror of version {VERSION}");
        return Err(MirrorError::Damaged { detail });
    }
    let found: String = writer.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(named)?;
    if found == "ok" { Ok(()) } else { Err(MirrorError::Damaged { detail: found }) }
}

fn make(writer: &Connection) -> Result<(), rusqlite::Error> {
    let n_tables: i64 = writer.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if n_tables > 0 {
        return Ok(());
    }
    let transaction = writer.unchecked_transaction()?;
    transaction.execute_batch(META)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn system(path: &Path, cause: &std::io::Error) -> MirrorError {
    MirrorError::System { path: path.to_owned(), detail: cause.to_string() }
}

const META: &str = include_str!("../../migrations/mirror.sql");
/// "YTMI" in ASCII.
const APPLICATION_ID: i64 = 0x5954_4d49;
const VERSION: i64 = 2;
/// Only a technician's program could hold the file for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// The log is cut back to this after a refresh.
const LOG_LIMIT: i64 = 8 << 20;
const STATEMENTS: usize = 48;
