//! What readers ask at their phones.

use super::Statement;

/// `$2` patron.
pub(in crate::store) const HOLDS_OF: Statement = Statement::both(
    "holds of",
    "SELECT h.item, i.title, i.call_number, b.name, h.ready_at, h.expires_on FROM hold AS h \
     JOIN item AS i ON i.institution = $1 AND i.item = h.item \
     JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(h.pickup_branch, i.at_branch, i.branch) \
     WHERE h.institution = $1 AND h.patron = $2 ORDER BY h.placed_at, h.item",
);

pub(super) const ALL: &[&Statement] = &[&HOLDS_OF];
