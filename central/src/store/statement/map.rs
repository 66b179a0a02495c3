//! The maps of branches.

use super::Statement;

/// `$2` branch: no map any more.
pub(in crate::store) const CLEAR: Statement =
    Statement::both("map clear", "DELETE FROM shelf_place WHERE institution = $1 AND branch = $2");

/// `$2` branch, `$3` its place in the list, `$4` label, `$5` to `$8` left, upper edge, width, height, `$9` from, `$10` to.
pub(in crate::store) const PUT: Statement = Statement::both(
    "map put",
    "INSERT INTO shelf_place (institution, branch, place, label, x, y, width, height, call_from, call_to) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);

/// `$2` branch: its shelves in the order in which they were given.
pub(in crate::store) const READ: Statement = Statement::both(
    "map read",
    "SELECT label, x, y, width, height, call_from, call_to FROM shelf_place \
     WHERE institution = $1 AND branch = $2 ORDER BY place",
);

pub(super) const ALL: &[&Statement] = &[&CLEAR, &PUT, &READ];
