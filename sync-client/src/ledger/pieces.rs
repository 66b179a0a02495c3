//! Pieces in a return slot: in and out. Called on the ledger's thread only.
//!
//! Which step may follow which is the slot's to know; here a piece that has come to its end takes no other any more.

use circulation::id::{ItemId, TagKey, TransactionId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::LedgerError;
use super::store::error;

/// A piece that went into a slot, with the step that it is about to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceRow {
    /// its number, from 1 on
    pub id: u64,
    /// the transaction of its return, made with the piece
    pub transaction: TransactionId,
    /// the item; missing of a found thing, and where several lay there
    pub item: Option<ItemId>,
    /// the tags that were heard with it
    pub tags: Vec<TagKey>,
    /// the step
    pub step: PieceStep,
    /// when it was taken: the date of its return
    pub taken_at: Option<Timestamp>,
}

/// A step of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceStep {
    /// it lies on the inlet belt and could go back
    Seen,
    /// it goes through the flap, and does not come out again
    Taken,
    /// the ledger has its return
    CheckedIn,
    /// it is kept without a return
    Found,
    /// it goes into the bin of this name
    Sorted(String),
    /// it fell into the bin of this name
    Dropped(String),
    /// it went back to the street
    Withdrawn,
    /// it is in there somewhere
    InTransit,
}

/// What a slot begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    /// those that have not come to their end, the oldest first
    pub open: Vec<PieceRow>,
    /// the highest number that was given; 0 if there was none
    pub last: u64,
}

impl PieceStep {
    fn words(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Seen => ("seen", None),
            Self::Taken => ("taken", None),
            Self::CheckedIn => ("checked-in", None),
            Self::Found => ("found", None),
            Self::Sorted(bin) => ("sorted", Some(bin)),
            Self::Dropped(bin) => ("dropped", Some(bin)),
            Self::Withdrawn => ("withdrawn", None),
            Self::InTransit => ("in-transit", None),
        }
    }

    fn parse(word: &str, bin: Option<String>) -> Option<Self> {
        Some(match (word, bin) {
            ("seen", None) => Self::Seen,
            ("taken", None) => Self::Taken,
            ("checked-in", None) => Self::CheckedIn,
            ("found", None) => Self::Found,
            ("sorted", Some(bin)) => Self::Sorted(bin),
            ("dropped", Some(bin)) => Self::Dropped(bin),
            ("withdrawn", None) => Self::Withdrawn,
            ("in-transit", None) => Self::InTransit,
            _ => return None,
        })
    }
}

/// Puts a step on the disk. The same step again is as good as once.
pub(super) fn keep(connection: &Connection, piece: &PieceRow, now: &str) -> Result<(), LedgerError> {
    let (word, bin) = piece.step.words();
    let id = i64::try_from(piece.id).unwrap_or(i64::MAX);
    let tags: Vec<&str> = piece.tags.iter().map(TagKey::as_str).collect();
    let taken_at = piece.taken_at.map(|at| at.to_string());
    let n_changed = connection
        .prepare_cached(
            "INSERT INTO pieces (id, transaction_id, item, tags, step, bin, taken_at, began_at, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) \
             ON CONFLICT (id) DO UPDATE SET item = excluded.item, tags = excluded.tags, step = excluded.step, \
             bin = excluded.bin, taken_at = coalesce(pieces.taken_at, excluded.taken_at), \
             changed_at = excluded.changed_at \
             WHERE pieces.transaction_id = excluded.transaction_id AND (pieces.step = excluded.step \
             OR pieces.step IN ('seen', 'taken', 'checked-in', 'found', 'sorted'))",
        )
        .and_then(|mut upsert| {
            let item = piece.item.as_ref().map(ItemId::as_str);
            let transaction = piece.transaction.as_bytes();
            upsert.execute(params![id, transaction, item, tags.join(" "), word, bin, taken_at, now])
        })
        .map_err(|cause| error(&cause))?;
    if n_changed == 0 {
        return Err(LedgerError::Exists);
    }
    connection
        .prepare_cached("INSERT INTO piece_steps (piece_id, step, bin, at) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut insert| insert.execute(params![id, word, bin, now]))
        .map(drop)
        .map_err(|cause| error(&cause))
}

/// What a slot begins with.
pub(super) fn read(connection: &Connection) -> Result<Pieces, LedgerError> {
    let last: Option<i64> = connection
        .query_row("SELECT max(id) FROM pieces", [], |row| row.get(0))
        .optional()
        .map_err(|cause| error(&cause))?
        .flatten();
    let open =
        select(connection, "WHERE step IN ('seen', 'taken', 'checked-in', 'found', 'sorted') ORDER BY id")?;
    Ok(Pieces { open, last: last.and_then(|last| u64::try_from(last).ok()).unwrap_or_default() })
}

/// The last pieces, the newest first.
pub(super) fn recent(connection: &Connection, n: u32) -> Result<Vec<PieceRow>, LedgerError> {
    select(connection, &format!("ORDER BY id DESC LIMIT {n}"))
}

fn select(connection: &Connection, which: &str) -> Result<Vec<PieceRow>, LedgerError> {
    let text = format!("SELECT id, transaction_id, item, tags, step, bin, taken_at FROM pieces {which}");
    let mut statement = connection.prepare(&text).map_err(|cause| error(&cause))?;
    let rows = statement.query_map([], |row| {
        let id: i64 = row.get(0)?;
        let transaction: [u8; 16] = row.get(1)?;
        let item: Option<String> = row.get(2)?;
        let (tags, step): (String, String) = (row.get(3)?, row.get(4)?);
        let (bin, taken_at): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
        Ok((id, transaction, item, tags, step, bin, taken_at))
    });
    let rows = rows.map_err(|cause| error(&cause))?;
    rows.map(|row| {
        let (id, transaction, item, tags, step, bin, taken_at) = row.map_err(|cause| error(&cause))?;
        let damaged = |what: &str| LedgerError::Damaged { detail: format!("pieces.{what} of {id}") };
        Ok(PieceRow {
            id: u64::try_from(id).unwrap_or_default(),
            transaction: TransactionId::from_bytes(transaction),
            item: item.map(|item| ItemId::parse(&item)).transpose().map_err(|_| damaged("item"))?,
            tags: tags.split_whitespace().filter_map(|tag| TagKey::parse(tag).ok()).collect(),
            step: PieceStep::parse(&step, bin).ok_or_else(|| damaged("step"))?,
            taken_at: taken_at.map(|at| at.parse()).transpose().map_err(|_| damaged("taken_at"))?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Limits, schema};

    fn piece(id: u64, step: PieceStep) -> PieceRow {
        let mut bytes = [0; 16];
        bytes[15] = u8::try_from(id).unwrap();
        PieceRow {
            id,
            transaction: TransactionId::from_bytes(bytes),
            item: Some(ItemId::parse("LW1").unwrap()),
            tags: vec![TagKey::parse("E00401AB").unwrap(), TagKey::parse("E00401AC").unwrap()],
            step,
            taken_at: None,
        }
    }

    #[test]
    fn a_piece_is_read_as_it_was_written_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open(&folder.path().join("ledger.db"), Limits::default()).unwrap();
        assert_eq!(read(&connection).unwrap(), Pieces::default());
        let now = "2026-11-30T03:00:00Z";
        for step in
            [PieceStep::Seen, PieceStep::Taken, PieceStep::Found, PieceStep::Sorted("工作人员".to_owned())]
        {
            let row = PieceRow {
                taken_at: (step == PieceStep::Taken).then(|| now.parse().unwrap()),
                ..piece(7, step)
            };
            keep(&connection, &row, now).unwrap();
            let found = read(&connection).unwrap();
            assert_eq!((found.last, found.open.len()), (7, 1));
            assert_eq!((&found.open[0].step, &found.open[0].tags), (&row.step, &row.tags));
        }
        assert_eq!(read(&connection).unwrap().open[0].taken_at, Some(now.parse().unwrap()), "it stays");
        let end = piece(7, PieceStep::Dropped("工作人员".to_owned()));
        keep(&connection, &end, now).unwrap();
        keep(&connection, &end, now).unwrap();
        assert_eq!(keep(&connection, &piece(7, PieceStep::Taken), now), Err(LedgerError::Exists));
        let other = PieceRow { transaction: TransactionId::from_bytes([9; 16]), ..piece(7, PieceStep::Seen) };
        assert!(keep(&connection, &other, now).is_err(), "a number is given once");
        assert_eq!(read(&connection).unwrap(), Pieces { open: Vec::new(), last: 7 });
        assert_eq!(recent(&connection, 5).unwrap().len(), 1);
        for step in [PieceStep::CheckedIn, PieceStep::Withdrawn, PieceStep::InTransit] {
            let (word, bin) = step.words();
            assert_eq!(PieceStep::parse(word, bin.map(str::to_owned)), Some(step));
        }
        assert_eq!(PieceStep::parse("sorted", None), None);
    }
}
