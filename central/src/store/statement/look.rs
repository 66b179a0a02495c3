//! Questions: a patron, an item, loans, branches.

use super::Statement;

macro_rules! item_columns {
    () => {
        "i.item, i.record, i.title, i.author, i.isbn, i.call_number, i.item_type, i.branch, b.name, \
         CASE WHEN l.item IS NULL THEN i.state ELSE '3' END"
    };
}

macro_rules! item_tables {
    () => {
        "item AS i JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(i.at_branch, i.branch) \
         LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item"
    };
}

/// `$2` patron.
pub(in crate::store) const PATRON: Statement = Statement::both(
    "patron",
    "SELECT p.patron, p.name, p.patron_type, p.state, p.starts_on, p.ends_on, p.deposit_fen, p.debt_fen, \
         t.loan_limit, (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.patron = p.patron) \
     FROM patron AS p JOIN patron_type AS t ON t.institution = $1 AND t.patron_type = p.patron_type \
     WHERE p.institution = $1 AND p.patron = $2",
);

/// `$2` patron.
pub(in crate::store) const PASSWORD_HASH: Statement = Statement::both(
    "password hash",
    "SELECT password_hash FROM patron WHERE institution = $1 AND patron = $2",
);

/// `$2` item.
pub(in crate::store) const ITEM: Statement = Statement::both(
    "item",
    concat!(
        "SELECT ",
        item_columns!(),
        " FROM ",
        item_tables!(),
        " WHERE i.institution = $1 AND i.item = $2"
    ),
);

/// `$2` record.
pub(in crate::store) const ITEMS_OF_RECORD: Statement = Statement::both(
    "items of record",
    concat!(
        "SELECT ",
        item_columns!(),
        " FROM ",
        item_tables!(),
        " WHERE i.institution = $1 AND i.record = $2 ORDER BY i.item"
    ),
);

/// `$2` patron. The one due first in front.
pub(in crate::store) const LOANS: Statement = Statement::both(
    "loans",
    concat!(
        "SELECT ",
        item_columns!(),
        ", l.loaned_at, l.due_on, l.n_renewals FROM ",
        item_tables!(),
        " WHERE i.institution = $1 AND l.patron = $2 ORDER BY l.due_on, i.item"
    ),
);

pub(in crate::store) const BRANCHES: Statement =
    Statement::both("branches", "SELECT branch, name FROM branch WHERE institution = $1 ORDER BY branch");

pub(super) const ALL: &[&Statement] = &[&PATRON, &PASSWORD_HASH, &ITEM, &ITEMS_OF_RECORD, &LOANS, &BRANCHES];
