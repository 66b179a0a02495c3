//! What kiosks mirror.
//!
//! A cursor must never pass a row that is committed late. A number taken while changing would be committed out of order on
//! PostgreSQL (and a counter that keeps the order would let one loan at a time through); on SQLite, with one writer at a time,
//! it would only cost more than the loan. So a change only leaves a note in `change_pending`; whoever wants to read locks the
//! counter, numbers the notes that are committed, and takes them away. A note that is committed later is numbered later,
//! behind every cursor given out before.

use super::Statement;

/// PostgreSQL: locks the list of an institution for whoever numbers it.
pub(in crate::store) const LOCK_LIST: Statement = Statement::each(
    "lock list",
    "SELECT 1 FROM change_counter AS c WHERE c.institution = $1",
    "SELECT 1 FROM change_counter AS c WHERE c.institution = $1 FOR UPDATE OF c",
);

/// Whether there are notes.
pub(in crate::store) const HAS_PENDING: Statement =
    Statement::both("has pending", "SELECT 1 FROM change_pending AS e WHERE e.institution = $1 LIMIT 1");

/// Numbers the notes. To be run while the list is locked. On SQLite a trigger does it.
pub(in crate::store) const NUMBER: Statement = Statement::each(
    "number",
    "INSERT INTO change_numbering (institution) VALUES ($1)",
    "WITH taken AS (DELETE FROM change_pending WHERE institution = $1 RETURNING kind, id), \
         things AS (SELECT kind, id, row_number() OVER (ORDER BY kind, id) AS n \
             FROM (SELECT DISTINCT kind, id FROM taken) AS d), \
         numbered AS (INSERT INTO change (institution, kind, id, seq) \
             SELECT $1, t.kind, t.id, c.last_seq + t.n \
             FROM things AS t, change_counter AS c WHERE c.institution = $1 \
             ON CONFLICT (institution, kind, id) DO UPDATE SET seq = excluded.seq) \
     UPDATE change_counter SET last_seq = last_seq + (SELECT count(*) FROM things), \
         floor = CASE WHEN EXISTS (SELECT 1 FROM things AS a WHERE a.kind = 'all') \
             THEN last_seq + (SELECT count(*) FROM things) ELSE floor END \
     WHERE institution = $1",
);

pub(in crate::store) const COUNTER: Statement =
    Statement::both("counter", "SELECT epoch, last_seq, floor FROM change_counter WHERE institution = $1");

/// `$2` number, `$3` at most.
pub(in crate::store) const CHANGES: Statement = Statement::both(
    "changes",
    "SELECT seq, kind, id FROM change WHERE institution = $1 AND seq > $2 ORDER BY seq LIMIT $3",
);

macro_rules! patron_entry {
    () => {
        "SELECT p.patron, p.patron_type, p.state, p.starts_on, p.ends_on, \
             (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.patron = p.patron), \
             p.kiosk_pin_hash, CASE WHEN p.debt_fen > n.debt_limit_fen THEN 1 ELSE 0 END, \
             (SELECT count(*) FROM patron_block AS k WHERE k.institution = $1 AND k.patron = p.patron) \
         FROM patron AS p JOIN institution AS n ON n.institution = $1 WHERE p.institution = $1 "
    };
}

macro_rules! item_entry {
    () => {
        "SELECT i.item, i.item_type, i.branch, i.title, i.call_number, i.state, \
             (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = i.item), \
             (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.item = i.item), i.institution, \
             i.author, i.isbn, i.language, i.shelf \
         FROM item AS i WHERE i.institution = $1 "
    };
}

/// `$2` patron.
pub(in crate::store) const PATRON_ENTRY: Statement =
    Statement::both("patron entry", concat!(patron_entry!(), "AND p.patron = $2"));

/// `$2` behind it, `$3` at most.
pub(in crate::store) const PATRON_ENTRIES: Statement = Statement::both(
    "patron entries",
    concat!(patron_entry!(), "AND p.patron > $2 ORDER BY p.patron LIMIT $3"),
);

/// `$2` item.
pub(in crate::store) const ITEM_ENTRY: Statement =
    Statement::both("item entry", concat!(item_entry!(), "AND i.item = $2"));

/// `$2` behind it, `$3` at most.
pub(in crate::store) const ITEM_ENTRIES: Statement =
    Statement::both("item entries", concat!(item_entry!(), "AND i.item > $2 ORDER BY i.item LIMIT $3"));

/// `$2` branch, `$3` how the shelf begins or nothing, `$4` behind it, `$5` at most: items that should stand there, by barcode.
pub(in crate::store) const SHELVES: Statement = Statement::both(
    "shelves",
    "SELECT i.item, i.call_number, i.shelf, i.state, \
         (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = i.item) \
             + (SELECT count(*) FROM transit AS v WHERE v.institution = $1 AND v.item = i.item), \
         (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.item = i.item) \
     FROM item AS i WHERE i.institution = $1 AND i.item > $4 AND coalesce(i.at_branch, i.branch) = $2 \
         AND i.state NOT IN ('4', '5', '6', '7') \
         AND (CAST($3 AS TEXT) IS NULL OR substr(i.shelf, 1, length($3)) = $3) ORDER BY i.item LIMIT $5",
);

pub(in crate::store) const PATRON_TYPES: Statement = Statement::both(
    "patron types",
    "SELECT patron_type, loan_limit FROM patron_type WHERE institution = $1 ORDER BY patron_type",
);

pub(in crate::store) const TERMS: Statement = Statement::both(
    "terms",
    "SELECT patron_type, item_type, period_days FROM loan_rule WHERE institution = $1 \
     ORDER BY patron_type, item_type",
);

/// `$2` today.
pub(in crate::store) const CLOSING: Statement = Statement::both(
    "closing",
    "SELECT n.closed_weekdays, \
         (SELECT string_agg(c.day, ' ') FROM closing_day AS c WHERE c.institution = $1 AND c.day >= $2) \
     FROM institution AS n WHERE n.institution = $1",
);

/// `$2` patron, `$3` hash of the password that was checked, `$4` hash for kiosks.
pub(in crate::store) const KEEP_KIOSK_PIN: Statement = Statement::both(
    "keep kiosk pin",
    "UPDATE patron SET kiosk_pin_hash = $4 WHERE institution = $1 AND patron = $2 AND password_hash = $3",
);

/// `$2` patron.
pub(in crate::store) const HAS_KIOSK_PIN: Statement = Statement::both(
    "has kiosk pin",
    "SELECT 1 FROM patron WHERE institution = $1 AND patron = $2 AND kiosk_pin_hash IS NOT NULL",
);

pub(super) const ALL: &[&Statement] = &[
    &LOCK_LIST,
    &HAS_PENDING,
    &NUMBER,
    &COUNTER,
    &CHANGES,
    &PATRON_ENTRY,
    &PATRON_ENTRIES,
    &ITEM_ENTRY,
    &ITEM_ENTRIES,
    &SHELVES,
    &PATRON_TYPES,
    &TERMS,
    &CLOSING,
    &KEEP_KIOSK_PIN,
    &HAS_KIOSK_PIN,
];
