//! The statements: rows in and out. Called on the ledger's thread only. What runs for every row is prepared once and kept.

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Transaction};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::{Counts, LedgerError, Mark};
use crate::row::{Kind, Row, Standing, State, Step};

/// Runs a statement that takes and gives nothing.
pub(super) fn run(connection: &Connection, sql: &str) -> Result<(), LedgerError> {
    let done = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    done.map(|_| ()).map_err(|cause| error(&cause))
}

pub(super) fn append(
    connection: &Connection,
    transaction: &Transaction,
    now: &str,
) -> Result<State, LedgerError> {
    let (act, patron) = match &transaction.act {
        Act::Checkout { patron, .. } => (CHECKOUT, Some(patron.as_str())),
        Act::Checkin { .. } => (CHECKIN, None),
    };
    let id = transaction.id.as_bytes();
    connection
        .prepare_cached(
            "INSERT INTO transactions (id, act, item, patron, state, asked_at, changed_at) \
             VALUES (?1, ?2, ?3, ?4, 'asked', ?5, ?5)",
        )
        .and_then(|mut insert| insert.execute(params![id, act, transaction.act.item().as_str(), patron, now]))
        .map_err(|cause| match cause.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => LedgerError::Exists,
            Some(_) | None => error(&cause),
        })?;
    note_step(connection, transaction.id, State::Asked.as_str(), now, None)?;
    Ok(State::Asked)
}

pub(super) fn record(
    connection: &Connection,
    id: TransactionId,
    step: &Step,
    now: &str,
) -> Result<State, LedgerError> {
    let (seq, from) = standing(connection, id)?.ok_or(LedgerError::Unknown)?;
    let to = from.after(step).ok_or(LedgerError::Illegal { from: from.state, step: step.as_str() })?;
    let (title, due) = match step {
        Step::Granted { grant } => (grant.description.title.clone(), grant.due.map(|due| due.to_string())),
        Step::Assumed { due } => (None, due.map(|due| due.to_string())),
        Step::Declined { .. }
        | Step::Settled
        | Step::Doubt { .. }
        | Step::Reversing { .. }
        | Step::Reversed
        | Step::Parked { .. }
        | Step::Told { .. }
        | Step::Retried => (None, None),
    };
    connection
        .prepare_cached(
            "UPDATE transactions SET state = ?2, assumed = ?3, told = ?4, title = coalesce(?5, title), \
             due = coalesce(?6, due), changed_at = ?7, note = coalesce(?8, note), \
             patron = CASE WHEN ?9 THEN NULL ELSE patron END, tag_open = max(tag_open, ?10) WHERE seq = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![
                seq,
                to.state.as_str(),
                to.assumed,
                to.told,
                title,
                due,
                now,
                step.detail(),
                to.is_closed(),
                matches!(step, Step::Reversing { tag_open: true, .. })
            ])
        })
        .map_err(|cause| error(&cause))?;
    note_step(connection, id, step.as_str(), now, step.detail())?;
    Ok(to.state)
}

pub(super) fn attempted(connection: &Connection, id: TransactionId, note: &str) -> Result<u32, LedgerError> {
    connection
        .prepare_cached(
            "UPDATE transactions SET attempts = attempts + 1, note = ?2 WHERE id = ?1 RETURNING attempts",
        )
        .and_then(|mut update| update.query_row(params![id.as_bytes(), note], |row| row.get(0)).optional())
        .map_err(|cause| error(&cause))?
        .ok_or(LedgerError::Unknown)
}

/// Writes down what was seen of the item of a transaction, beside its steps; what the row is stays as it is.
pub(super) fn seen(
    connection: &Connection,
    id: TransactionId,
    note: &str,
    now: &str,
) -> Result<(), LedgerError> {
    // Not into the row's own note: that says why it waits, and a later transaction of the item releases it by that.
    row(connection, id)?.ok_or(LedgerError::Unknown)?;
    note_step(connection, id, SEEN, now, Some(note))
}

/// The last transaction of an item, among the last [`OF_ITEM`]: there is no index, and nobody waits for older ones.
pub(super) fn last_of(connection: &Connection, item: &ItemId) -> Result<Option<Row>, LedgerError> {
    let which = "WHERE seq > (SELECT coalesce(max(seq), 0) FROM transactions) - ?2 AND item = ?1 \
                 ORDER BY seq DESC LIMIT 1";
    Ok(rows(connection, which, params![item.as_str(), OF_ITEM])?.into_iter().next())
}

pub(super) fn row(connection: &Connection, id: TransactionId) -> Result<Option<Row>, LedgerError> {
    Ok(rows(connection, "WHERE id = ?1", params![id.as_bytes()])?.into_iter().next())
}

pub(super) fn open_rows(connection: &Connection) -> Result<Vec<Row>, LedgerError> {
    rows(connection, &format!("WHERE {OPEN} ORDER BY seq"), [])
}

pub(super) fn recent(connection: &Connection, n: u32) -> Result<Vec<Row>, LedgerError> {
    rows(connection, "ORDER BY seq DESC LIMIT ?1", params![n])
}

pub(super) fn after(connection: &Connection, seq: i64, n: u32) -> Result<Vec<Row>, LedgerError> {
    rows(connection, "WHERE seq > ?1 ORDER BY seq LIMIT ?2", params![seq, n])
}

/// Enough rows to tell that there is more than one.
pub(super) fn ending(connection: &Connection, digits: &str) -> Result<Vec<Row>, LedgerError> {
    rows(connection, "WHERE lower(hex(id)) LIKE '%' || ?1 ORDER BY seq DESC LIMIT 9", params![digits])
}

pub(super) fn steps(connection: &Connection, id: TransactionId) -> Result<Vec<Mark>, LedgerError> {
    let mut statement = connection
        .prepare("SELECT state, at, detail FROM steps WHERE transaction_id = ?1 ORDER BY seq")
        .map_err(|cause| error(&cause))?;
    let marks = statement
        .query_map(params![id.as_bytes()], |record| {
            Ok(Mark { step: record.get(0)?, at: record.get(1)?, detail: record.get(2)? })
        })
        .map_err(|cause| error(&cause))?;
    marks.collect::<Result<_, _>>().map_err(|cause| error(&cause))
}

/// Writes the file's first page as it is: a commit that needs the disk and changes nothing.
pub(super) fn probe(connection: &Connection) -> Result<(), LedgerError> {
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|cause| error(&cause))?;
    connection.pragma_update(None, "user_version", version).map_err(|cause| error(&cause))
}

pub(super) fn counts(connection: &Connection) -> Result<Counts, LedgerError> {
    let count = |condition: &str| {
        let sql = format!("SELECT count(*) FROM transactions WHERE {condition}");
        let n: i64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(|cause| error(&cause))?;
        Ok(u64::try_from(n).unwrap_or_default())
    };
    Ok(Counts {
        total: count("1")?,
        open: count(OPEN)?,
        to_tell: count(&format!("({OPEN}) AND state = 'settled'"))?,
        doubt: count(&format!("({OPEN}) AND state = 'doubt'"))?,
        parked: count(&format!("({OPEN}) AND state = 'parked'"))?,
        oldest: oldest(connection)?,
    })
}

fn oldest(connection: &Connection) -> Result<Option<Timestamp>, LedgerError> {
    let sql = format!("SELECT asked_at FROM transactions WHERE {OPEN} ORDER BY seq LIMIT 1");
    let text: Option<String> =
        connection.query_row(&sql, [], |row| row.get(0)).optional().map_err(|cause| error(&cause))?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// What SQLite reports, as the caller must tell it apart.
pub(super) fn error(cause: &rusqlite::Error) -> LedgerError {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => LedgerError::DiskFull,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            LedgerError::ReadOnly
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            LedgerError::Damaged { detail: cause.to_string() }
        }
        Some(_) | None => LedgerError::System { detail: cause.to_string() },
    }
}

fn note_step(
    connection: &Connection,
    id: TransactionId,
    word: &str,
    now: &str,
    detail: Option<&str>,
) -> Result<(), LedgerError> {
    connection
        .prepare_cached("INSERT INTO steps (transaction_id, state, at, detail) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut insert| insert.execute(params![id.as_bytes(), word, now, detail]))
        .map(|_| ())
        .map_err(|cause| error(&cause))
}

/// The place of a row and where it stands, without the rest.
fn standing(connection: &Connection, id: TransactionId) -> Result<Option<(i64, Standing)>, LedgerError> {
    let found = connection
        .prepare_cached("SELECT seq, state, assumed, told FROM transactions WHERE id = ?1")
        .and_then(|mut select| {
            let read = |row: &rusqlite::Row<'_>| {
                let state = State::parse(row.get_ref(1)?.as_str()?);
                Ok((row.get(0)?, state, row.get(2)?, row.get(3)?))
            };
            select.query_row(params![id.as_bytes()], read).optional()
        })
        .map_err(|cause| error(&cause))?;
    let Some((seq, state, assumed, told)) = found else { return Ok(None) };
    let state = state.ok_or_else(|| damaged("state"))?;
    Ok(Some((seq, Standing { state, assumed, told })))
}

fn rows(
    connection: &Connection,
    which: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Row>, LedgerError> {
    let sql = format!(
        "SELECT seq, id, act, item, patron, state, assumed, told, title, due, asked_at, changed_at, attempts, note, \
         tag_open FROM transactions {which}"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(|cause| error(&cause))?;
    let mut found = statement.query(parameters).map_err(|cause| error(&cause))?;
    let mut rows = Vec::new();
    while let Some(record) = found.next().map_err(|cause| error(&cause))? {
        rows.push(read(record)?);
    }
    Ok(rows)
}

/// Text columns are ours; one that does not parse back is damage.
fn read(record: &rusqlite::Row<'_>) -> Result<Row, LedgerError> {
    let text = |at: usize| record.get::<_, Option<String>>(at).map_err(|cause| error(&cause));
    let whole = |at: usize, name: &'static str| text(at)?.ok_or_else(|| damaged(name));
    let kind = match whole(2, "act")?.as_str() {
        CHECKOUT => Kind::Checkout,
        CHECKIN => Kind::Checkin,
        _ => return Err(damaged("act")),
    };
    let stamp = |at: usize, name: &'static str| whole(at, name)?.parse().map_err(|_| damaged(name));
    let standing = Standing {
        state: State::parse(&whole(5, "state")?).ok_or_else(|| damaged("state"))?,
        assumed: record.get(6).map_err(|cause| error(&cause))?,
        told: record.get(7).map_err(|cause| error(&cause))?,
    };
    Ok(Row {
        seq: record.get(0).map_err(|cause| error(&cause))?,
        id: TransactionId::from_bytes(record.get(1).map_err(|cause| error(&cause))?),
        kind,
        item: ItemId::parse(&whole(3, "item")?).map_err(|_| damaged("item"))?,
        patron: match text(4)? {
            Some(number) => Some(PatronId::parse(&number).map_err(|_| damaged("patron"))?),
            None => None,
        },
        state: standing.state,
        assumed: standing.assumed,
        told: standing.told,
        title: text(8)?,
        due: text(9)?.and_then(|due| due.parse().ok()),
        asked_at: stamp(10, "asked_at")?,
        changed_at: stamp(11, "changed_at")?,
        attempts: record.get(12).map_err(|cause| error(&cause))?,
        note: text(13)?,
        tag_open: record.get(14).map_err(|cause| error(&cause))?,
    })
}

fn damaged(column: &'static str) -> LedgerError {
    LedgerError::Damaged { detail: format!("column {column}") }
}

/// [`Standing::is_closed`] in SQL, negated; a test compares the two.
const OPEN: &str = "state IN ('asked', 'granted', 'assumed', 'doubt', 'reversing') \
    OR (state = 'settled' AND assumed = 1 AND told = 0) OR (state = 'parked' AND told = 0)";
/// The word of [`seen`] in the list of steps.
const SEEN: &str = "seen";
/// More than a busy day has.
const OF_ITEM: i64 = 10_000;
const CHECKOUT: &str = "checkout";
const CHECKIN: &str = "checkin";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_means_the_same_in_sql_and_in_the_table() {
        let connection = Connection::open_in_memory().unwrap();
        for state in State::ALL {
            for (assumed, told) in [(false, false), (true, false), (false, true), (true, true)] {
                let sql = format!(
                    "SELECT {OPEN} FROM (SELECT '{}' AS state, {assumed} AS assumed, {told} AS told)",
                    state.as_str()
                );
                let open: bool = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
                assert_eq!(
                    open,
                    !Standing { state, assumed, told }.is_closed(),
                    "{state:?} {assumed} {told}"
                );
            }
        }
    }

    #[test]
    fn errors_are_told_apart() {
        let of = |code: i32| error(&rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        assert_eq!(of(rusqlite::ffi::SQLITE_FULL), LedgerError::DiskFull);
        assert_eq!(of(rusqlite::ffi::SQLITE_READONLY), LedgerError::ReadOnly);
        assert!(matches!(of(rusqlite::ffi::SQLITE_CORRUPT), LedgerError::Damaged { .. }));
        assert!(matches!(of(rusqlite::ffi::SQLITE_IOERR), LedgerError::System { .. }));
    }
}
