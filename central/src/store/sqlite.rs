//! The embedded engine: one SQLite file.
//!
//! Two connections: one writes, one reads and sees the last commit (WAL). Changes are made one after another, each in a
//! savepoint of a `BEGIN IMMEDIATE` transaction with `synchronous = FULL` ([`group`]): what was answered survives a power
//! cut, and of two kiosks that want the same item the second sees the loan of the first. A lock file beside the database
//! keeps a second central away.
//!
//! All functions block; call them off the async threads.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use circulation::id::{Isil, ItemId, PatronId};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, TransactionBehavior};

use super::engine::{Access, Cell, Engine, Row, Value, Work};
use super::statement::{self, Statement};
use super::{OpenError, StoreError};
use group::Writer;

mod group;

/// An open database file. Dropping it closes the file.
pub(super) struct Database {
    // Closed in this order: the writer is last, for only it can fold the log back into the file.
    reader: Mutex<Connection>,
    writer: Writer,
    /// held, not read: the lock ends with it
    _lock: File,
}

/// A transaction on either connection.
struct Running<'a> {
    connection: &'a Connection,
    /// what it has used so far: a batch uses each of them a thousand times, and their texts are long
    prepared: Vec<Prepared<'a>>,
}

/// A statement in the hands of a transaction.
struct Prepared<'a> {
    text: &'static str,
    statement: rusqlite::CachedStatement<'a>,
    /// where each value goes, if the text has a use for it
    places: Vec<Option<usize>>,
}

impl Database {
    /// Opens the file, making or migrating it as needed.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate(path, &mut writer)?;
        make_durable(path, &writer)?;
        // A schema that does not fit shows now, and not when the first patron asks.
        for statement in statement::ALL.iter().copied().flatten() {
            writer.prepare(statement.sqlite).map_err(|source| failure(path, source))?;
        }
        let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self { writer: Writer::new(writer), reader: Mutex::new(reader), _lock: lock })
    }
}

impl Engine for Database {
    fn change(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.writer.change(|connection| work(&mut Running::on(connection)))
    }

    /// All that is read is of one moment.
    fn look(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        // A thread that panicked left its transaction undone.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = reader.transaction_with_behavior(TransactionBehavior::Deferred)?;
        work(&mut Running::on(&moment))
    }

    /// It guesses nothing: its statements say their way.
    fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }

    #[cfg(test)]
    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.writer.change(|connection| Ok(connection.execute_batch(sql)?))
    }
}

impl Access for Running<'_> {
    /// `BEGIN IMMEDIATE` has locked everything.
    fn lock(&mut self, _of: &Isil, _items: &[&ItemId], _patrons: &[&PatronId]) -> Result<(), StoreError> {
        Ok(())
    }

    fn rows(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let prepared = self.bound(statement.sqlite, values)?;
        let n_columns = prepared.column_count();
        let mut found = prepared.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let cells = (0..n_columns).map(|column| cell(row.get_ref(column)?));
            rows.push(Row::new(cells.collect::<Result<_, StoreError>>()?));
        }
        Ok(rows)
    }

    fn all(
        &mut self,
        questions: &[(&'static Statement, Vec<Value<'_>>)],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        questions.iter().map(|(statement, values)| self.rows(statement, values)).collect()
    }

    fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<(), StoreError> {
        // A statement may also say what it did; nobody asked.
        let mut said = self.bound(statement.sqlite, values)?.raw_query();
        while said.next()?.is_some() {}
        Ok(())
    }
}

impl<'a> Running<'a> {
    const fn on(connection: &'a Connection) -> Self {
        Self { connection, prepared: Vec::new() }
    }

    /// The statement with its values.
    fn bound(
        &mut self,
        text: &'static str,
        values: &[Value<'_>],
    ) -> Result<&mut rusqlite::CachedStatement<'a>, StoreError> {
        let known = self.prepared.iter().position(|prepared| core::ptr::eq(prepared.text, text));
        let at = match known {
            Some(at) => at,
            None => {
                let statement = self.connection.prepare_cached(text)?;
                self.prepared.push(Prepared { text, statement, places: Vec::new() });
                self.prepared.len() - 1
            }
        };
        let Prepared { statement, places, .. } =
            self.prepared.get_mut(at).ok_or(StoreError::Missing("a statement"))?;
        // `$2` is a name to SQLite, numbered by where it first appears. A text may have no use for a value that the other
        // engine's has.
        for name in NAMES.iter().take(values.len()).skip(places.len()) {
            places.push(statement.parameter_index(name)?);
        }
        statement.clear_bindings();
        for (value, place) in values.iter().zip(places) {
            if let Some(place) = place {
                statement.raw_bind_parameter(*place, value)?;
            }
        }
        Ok(statement)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn cell(value: ValueRef<'_>) -> Result<Cell, StoreError> {
    let corrupt = |expected| StoreError::Corrupt { column: "a column", expected };
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(int) => Cell::Int(int),
        ValueRef::Real(_) => return Err(corrupt("no fraction")),
        ValueRef::Text(text) => Cell::Text(String::from_utf8(text.to_vec()).map_err(|_| corrupt("UTF-8"))?),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    })
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
    connection.pragma_update(None, "cache_size", CACHE).map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT).map_err(failed)?;
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

/// The names of the values.
const NAMES: [&str; 20] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$16",
    "$17", "$18", "$19", "$20",
];

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_circulation.sql"),
    include_str!("../../migrations/0002_kiosk.sql"),
    include_str!("../../migrations/0003_rules.sql"),
    include_str!("../../migrations/0004_desk.sql"),
    include_str!("../../migrations/0005_people.sql"),
    include_str!("../../migrations/0006_reports.sql"),
    include_str!("../../migrations/0007_titles.sql"),
    include_str!("../../migrations/0008_sounds.sql"),
    include_str!("../../migrations/0009_pending.sql"),
    include_str!("../../migrations/0010_back.sql"),
    include_str!("../../migrations/0011_words.sql"),
    include_str!("../../migrations/0012_boxes.sql"),
    include_str!("../../migrations/0013_seen.sql"),
    include_str!("../../migrations/0014_counts.sql"),
    include_str!("../../migrations/0015_map.sql"),
    include_str!("../../migrations/0016_ill.sql"),
    include_str!("../../migrations/0017_machine.sql"),
    include_str!("../../migrations/0018_given.sql"),
    include_str!("../../migrations/0019_undone.sql"),
    include_str!("../../migrations/0020_orders.sql"),
];

/// "YTCE" in ASCII: marks the file as central's.
const APPLICATION_ID: i64 = 0x5954_4345;

/// Nobody else should write; a backup tool may hold the file for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// All of ours and those of the writer's own.
const STATEMENTS: usize = 256;

/// Negative: KiB. A batch's pages stay in memory until it is committed, and so do the upper pages of a district's tables.
const CACHE: i64 = -65_536;

/// Pages in the log before they are folded back into the file (32 MiB): a batch writes a thousand and more.
const CHECKPOINT: i64 = 8192;

#[cfg(test)]
mod tests;
