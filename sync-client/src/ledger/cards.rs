//! Rows of library cards that are being issued: in and out. Called on the ledger's thread only.

use circulation::id::TransactionId;
use circulation::issue::{Debts, Medium, Row};
use circulation::money::Amount;
use rusqlite::{Connection, params};

use super::LedgerError;
use super::store::error;

/// A card that is being issued, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardRow {
    /// made at the kiosk before anything is sent
    pub id: TransactionId,
    /// what is about to be done
    pub row: Row,
    /// what it costs
    pub fee: Amount,
    /// what it is
    pub medium: Medium,
}

/// Puts a row on the disk. A card that has come to its end has no other row any more.
pub(super) fn keep(connection: &Connection, card: &CardRow, now: &str) -> Result<(), LedgerError> {
    let (word, owes) = words(card.row);
    let medium = match card.medium {
        Medium::Card => CARD,
        Medium::Phone => PHONE,
    };
    let id = card.id.as_bytes();
    let n_changed = connection
        .prepare_cached(
            "INSERT INTO cards (id, row, owes, fee_fen, medium, began_at, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) \
             ON CONFLICT (id) DO UPDATE SET row = excluded.row, owes = excluded.owes, changed_at = excluded.changed_at \
             WHERE cards.row NOT IN ('done', 'undone', 'voucher') AND excluded.row <> 'reserving'",
        )
        .and_then(|mut upsert| upsert.execute(params![id, word, owes, card.fee.fen(), medium, now]))
        .map_err(|cause| error(&cause))?;
    if n_changed == 0 {
        return Err(LedgerError::Exists);
    }
    connection
        .prepare_cached("INSERT INTO card_steps (card_id, row, owes, at) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut insert| insert.execute(params![id, word, owes, now]))
        .map(drop)
        .map_err(|cause| error(&cause))
}

/// The cards that have not come to their end, in the order in which they began.
pub(super) fn open(connection: &Connection) -> Result<Vec<CardRow>, LedgerError> {
    let mut statement = connection
        .prepare(
            "SELECT id, row, owes, fee_fen, medium FROM cards \
             WHERE row NOT IN ('done', 'undone', 'voucher') ORDER BY seq",
        )
        .map_err(|cause| error(&cause))?;
    let rows = statement
        .query_map([], |row| {
            let id: [u8; 16] = row.get(0)?;
            let (word, owes, medium): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(4)?);
            Ok((TransactionId::from_bytes(id), word, owes, Amount::from_fen(row.get(3)?), medium))
        })
        .map_err(|cause| error(&cause))?;
    rows.map(|row| {
        let (id, word, owes, fee, medium) = row.map_err(|cause| error(&cause))?;
        let damaged = || LedgerError::Damaged { detail: format!("cards.row is {word} {owes}") };
        let medium = if medium == PHONE { Medium::Phone } else { Medium::Card };
        Ok(CardRow { id, row: parse(&word, &owes).ok_or_else(damaged)?, fee, medium })
    })
    .collect()
}

/// A row as it is kept: its word, and what is owed.
fn words(row: Row) -> (&'static str, String) {
    let word = match row {
        Row::Reserving => "reserving",
        Row::Paying => "paying",
        Row::Feeding => "feeding",
        Row::Writing => "writing",
        Row::Presenting => "presenting",
        Row::Confirming => "confirming",
        Row::Done => "done",
        Row::Undoing(debts) => {
            let owed = [(debts.card, "card"), (debts.reader, "reader"), (debts.money, "money")];
            let owed: Vec<&str> = owed.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            return ("undoing", owed.join(" "));
        }
        Row::Undone { voucher: false } => "undone",
        Row::Undone { voucher: true } => "voucher",
    };
    (word, String::new())
}

fn parse(word: &str, owes: &str) -> Option<Row> {
    Some(match word {
        "reserving" => Row::Reserving,
        "paying" => Row::Paying,
        "feeding" => Row::Feeding,
        "writing" => Row::Writing,
        "presenting" => Row::Presenting,
        "confirming" => Row::Confirming,
        "done" => Row::Done,
        "undone" => Row::Undone { voucher: false },
        "voucher" => Row::Undone { voucher: true },
        "undoing" => {
            let owes = |what: &str| owes.split(' ').any(|word| word == what);
            Row::Undoing(Debts { card: owes("card"), reader: owes("reader"), money: owes("money") })
        }
        _ => return None,
    })
}

const CARD: &str = "card";
const PHONE: &str = "phone";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_as_it_was_written() {
        let debts = (0_u8..8).map(|bits| {
            Row::Undoing(Debts { card: bits & 1 != 0, reader: bits & 2 != 0, money: bits & 4 != 0 })
        });
        let rows = [
            Row::Reserving,
            Row::Paying,
            Row::Feeding,
            Row::Writing,
            Row::Presenting,
            Row::Confirming,
            Row::Done,
            Row::Undone { voucher: false },
            Row::Undone { voucher: true },
        ];
        for row in rows.into_iter().chain(debts) {
            let (word, owes) = words(row);
            assert_eq!(parse(word, &owes), Some(row));
        }
        assert_eq!(parse("lost", ""), None);
    }
}
