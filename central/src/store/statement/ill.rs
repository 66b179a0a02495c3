//! Loans between libraries. Each statement touches one library's rows; what one tells the other is carried by two
//! transactions (docs/decisions/0012).

use super::Statement;

/// The columns of [`ONE`] and [`LATEST`].
macro_rules! ill {
    ($which:literal) => {
        concat!(
            "SELECT l.id, l.side, l.partner, p.name, l.title, l.author, l.isbn, l.call_number, l.patron, l.branch, l.item, \
                 l.local_item, l.state, l.asked_at, l.changed_at, l.n_said, l.n_heard \
             FROM ill AS l LEFT JOIN ill_partner AS p ON p.institution = $1 AND p.partner = l.partner \
             WHERE l.institution = $1 ",
            $which
        )
    };
}

/// `$2` id.
pub(in crate::store) const ONE: Statement = Statement::both("ill", ill!("AND l.id = $2"));

/// `$2` at most: what changed last first.
pub(in crate::store) const LATEST: Statement =
    Statement::both("ills", ill!("ORDER BY l.changed_at DESC, l.id LIMIT $2"));

/// PostgreSQL: `$2` id; keeps others from it.
pub(in crate::store) const LOCK: Statement = Statement::each(
    "lock ill",
    "SELECT 1 WHERE $1 IS NULL AND $2 IS NULL",
    "SELECT 1 FROM ill AS l WHERE l.institution = $1 AND l.id = $2 FOR UPDATE OF l",
);

/// `$2` id, `$3` side, `$4` partner, `$5` title, `$6` author, `$7` ISBN, `$8` call number, `$9` patron, `$10` branch,
/// `$11` state, `$12` when, `$13` said, `$14` heard.
pub(in crate::store) const BEGIN: Statement = Statement::both(
    "begin ill",
    "INSERT INTO ill (institution, id, side, partner, title, author, isbn, call_number, patron, branch, state, asked_at, \
         changed_at, n_said, n_heard) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CAST($12 AS TEXT), $13, $14)",
);

/// `$2` id, `$3` state, `$4` item or nothing, `$5` its barcode here or nothing, `$6` patron, `$7` when, `$8` said, `$9` heard.
pub(in crate::store) const SET: Statement = Statement::both(
    "set ill",
    "UPDATE ill SET state = $3, item = $4, local_item = $5, patron = $6, changed_at = $7, n_said = $8, n_heard = $9 \
     WHERE institution = $1 AND id = $2",
);

/// `$2` id, `$3` number, `$4` partner, `$5` deed, `$6` body.
pub(in crate::store) const SAY: Statement = Statement::both(
    "say ill",
    "INSERT INTO ill_message (institution, id, n, partner, deed, body) VALUES ($1, $2, $3, $4, $5, $6)",
);

/// `$2` at most: what is still to be told, in order.
pub(in crate::store) const UNTOLD: Statement = Statement::both(
    "untold ill",
    "SELECT m.id, m.n, m.partner, m.deed, m.body FROM ill_message AS m WHERE m.institution = $1 \
     ORDER BY m.id, m.n LIMIT $2",
);

/// `$2` id, `$3` number.
pub(in crate::store) const TOLD: Statement =
    Statement::both("told ill", "DELETE FROM ill_message WHERE institution = $1 AND id = $2 AND n = $3");

pub(in crate::store) const PARTNERS: Statement = Statement::both(
    "ill partners",
    "SELECT p.partner, p.name FROM ill_partner AS p WHERE p.institution = $1 ORDER BY p.partner",
);

/// `$2` code, `$3` name.
pub(in crate::store) const SET_PARTNER: Statement = Statement::both(
    "set ill partner",
    "INSERT INTO ill_partner (institution, partner, name) VALUES ($1, $2, $3) \
     ON CONFLICT (institution, partner) DO UPDATE SET name = excluded.name",
);

/// `$2` code.
pub(in crate::store) const DROP_PARTNER: Statement =
    Statement::both("drop ill partner", "DELETE FROM ill_partner WHERE institution = $1 AND partner = $2");

/// The library is in this database: its name.
pub(in crate::store) const LIBRARY: Statement =
    Statement::both("library", "SELECT i.name FROM institution AS i WHERE i.institution = $1");

/// `$2` item, `$3` state.
pub(in crate::store) const SET_ITEM_STATE: Statement =
    Statement::both("set item state", "UPDATE item SET state = $3 WHERE institution = $1 AND item = $2");

/// `$2` item, `$3` record, `$4` title, `$5` author, `$6` ISBN, `$7` call number, `$8` type, `$9` branch: an item that came before
/// and comes again.
pub(in crate::store) const RENEW_ITEM: Statement = Statement::both(
    "renew item",
    "UPDATE item SET title = $4, author = $5, isbn = $6, call_number = $7, item_type = $8, branch = $9, at_branch = NULL, \
         state = '2' WHERE institution = $1 AND item = $2 AND record = $3",
);

/// `$2` barcode here, `$3` partner: it was lent to us by this library before, and is not here now.
pub(in crate::store) const CAME_BEFORE: Statement = Statement::both(
    "came before",
    "SELECT i.record FROM ill AS l JOIN item AS i ON i.institution = $1 AND i.item = l.local_item \
     WHERE l.institution = $1 AND l.local_item = $2 AND l.partner = $3 AND i.state = '5' LIMIT 1",
);

pub(super) const ALL: &[&Statement] = &[
    &ONE,
    &LATEST,
    &LOCK,
    &BEGIN,
    &SET,
    &SAY,
    &UNTOLD,
    &TOLD,
    &PARTNERS,
    &SET_PARTNER,
    &DROP_PARTNER,
    &LIBRARY,
    &SET_ITEM_STATE,
    &RENEW_ITEM,
    &CAME_BEFORE,
];
