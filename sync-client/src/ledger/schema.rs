//! Opening the file: folder, lock, settings, check, migrations.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use super::{LedgerOpenError, Limits};

/// Migration `n` leads from `user_version` n to n + 1. Frozen once shipped.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_ledger.sql"),
    include_str!("../../migrations/0002_tag_open.sql"),
    include_str!("../../migrations/0003_cards.sql"),
    include_str!("../../migrations/0004_pieces.sql"),
];

/// What is set at open, and what must then be read back.
const SETTINGS: &[(&str, &str, &str)] = &[
    // The lock is taken by the first statement after this one and kept.
    ("locking_mode", "EXCLUSIVE", "exclusive"),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", "2"),
    ("secure_delete", "ON", "1"),
    ("foreign_keys", "ON", "1"),
    ("trusted_schema", "OFF", "0"),
];

/// Statements that are kept prepared: more than the ledger has.
const STATEMENTS: usize = 32;

/// How long to wait for a predecessor that is just ending.
const LOCK_WAIT: Duration = Duration::from_secs(1);

pub(super) fn open(path: &Path, limits: Limits) -> Result<Connection, LedgerOpenError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|cause| LedgerOpenError::Folder { path: folder.to_owned(), cause })?;
    }
    let named = |cause: rusqlite::Error| open_error(path, &cause);
    let mut connection = Connection::open(path).map_err(named)?;
    connection.busy_timeout(LOCK_WAIT).map_err(named)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A file that is refused below is evidence: its log must not be worked into it when it is closed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(named)?;
    for (pragma, value, expected) in SETTINGS {
        set(&connection, path, pragma, value, expected)?;
    }
    // In exclusive mode this takes the lock for good.
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(named)?;
    check(&connection, path)?;
    migrate(&mut connection, path)?;
    let set_pages = format!("PRAGMA max_page_count = {}", limits.max_pages);
    connection.query_row(&set_pages, [], |_| Ok(())).map_err(named)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(named)?;
    Ok(connection)
}

/// The place of the newest row, 0 if there is none: what is appended from now on comes after it.
pub(super) fn last_seq(connection: &Connection, path: &Path) -> Result<i64, LedgerOpenError> {
    connection
        .query_row("SELECT coalesce(max(seq), 0) FROM transactions", [], |row| row.get(0))
        .map_err(|cause| open_error(path, &cause))
}

fn set(
    connection: &Connection,
    path: &Path,
    pragma: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<(), LedgerOpenError> {
    let named = |cause: rusqlite::Error| open_error(path, &cause);
    connection.pragma_update(None, pragma, value).map_err(named)?;
    let got: rusqlite::types::Value =
        connection.pragma_query_value(None, pragma, |row| row.get(0)).map_err(named)?;
    let got = match got {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other @ (rusqlite::types::Value::Null
        | rusqlite::types::Value::Real(_)
        | rusqlite::types::Value::Blob(_)) => format!("{other:?}"),
    };
    if got.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(LedgerOpenError::Unsafe { path: path.to_owned(), pragma, expected, got })
    }
}

fn check(connection: &Connection, path: &Path) -> Result<(), LedgerOpenError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|cause| open_error(path, &cause))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(LedgerOpenError::Damaged { path: path.to_owned(), detail: found })
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LedgerOpenError> {
    let named = |cause: rusqlite::Error| open_error(path, &cause);
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(named)?;
    if found > known {
        return Err(LedgerOpenError::NewerSchema { path: path.to_owned(), found, known });
    }
    let done = usize::try_from(found).unwrap_or_default();
    for (version, sql) in (1_i64..).zip(MIGRATIONS).skip(done) {
        let step = connection.transaction().map_err(named)?;
        step.execute_batch(sql).map_err(named)?;
        step.pragma_update(None, "user_version", version).map_err(named)?;
        step.commit().map_err(named)?;
    }
    Ok(())
}

fn open_error(path: &Path, cause: &rusqlite::Error) -> LedgerOpenError {
    let path = path.to_owned();
    let detail = cause.to_string();
    match cause.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            LedgerOpenError::Permission { path }
        }
        Some(ErrorCode::DiskFull) => LedgerOpenError::DiskFull { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerOpenError::Locked { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            LedgerOpenError::Damaged { path, detail }
        }
        Some(_) | None => LedgerOpenError::System { path, detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("a/b/ledger.db"), Limits::default()).unwrap();
        for (pragma, _, expected) in SETTINGS {
            let got: rusqlite::types::Value =
                connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
            assert!(format!("{got:?}").to_lowercase().contains(expected), "{pragma} {got:?}");
        }
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 4);
    }

    #[test]
    fn errors_are_told_apart() {
        let of = |code: i32| {
            let cause = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            format!("{:?}", open_error(Path::new("x"), &cause))
        };
        for (code, word) in [
            (rusqlite::ffi::SQLITE_FULL, "DiskFull"),
            (rusqlite::ffi::SQLITE_READONLY, "Permission"),
            (rusqlite::ffi::SQLITE_CANTOPEN, "Permission"),
            (rusqlite::ffi::SQLITE_BUSY, "Locked"),
            (rusqlite::ffi::SQLITE_NOTADB, "Damaged"),
            (rusqlite::ffi::SQLITE_CORRUPT, "Damaged"),
            (rusqlite::ffi::SQLITE_IOERR, "System"),
        ] {
            assert!(of(code).starts_with(word), "{}", of(code));
        }
    }
}
