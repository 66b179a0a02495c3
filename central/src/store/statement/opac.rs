//! What readers ask at their phones.

use super::Statement;

/// `$2` pattern of a title or author, `$3` pattern of an ISBN, `$4` the most, `$5` after so many. Titles, with their copies.
pub(in crate::store) const SEARCH: Statement = Statement::both(
    "opac search",
    "SELECT i.record, min(i.title), min(i.author), min(i.call_number), count(*), \
         sum(CASE WHEN i.state = '2' AND l.item IS NULL THEN 1 ELSE 0 END) \
     FROM item AS i LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
     WHERE i.institution = $1 AND (lower(i.title) LIKE $2 ESCAPE '!' OR lower(i.author) LIKE $2 ESCAPE '!' \
         OR i.isbn LIKE $3 ESCAPE '!') \
     GROUP BY i.record ORDER BY min(i.title), i.record LIMIT $4 OFFSET $5",
);

/// `$2` patron.
pub(in crate::store) const HOLDS_OF: Statement = Statement::both(
    "holds of",
    "SELECT h.item, i.title, i.call_number, b.name, h.ready_at, h.expires_on FROM hold AS h \
     JOIN item AS i ON i.institution = $1 AND i.item = h.item \
     JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(h.pickup_branch, i.at_branch, i.branch) \
     WHERE h.institution = $1 AND h.patron = $2 ORDER BY h.placed_at, h.item",
);

pub(super) const ALL: &[&Statement] = &[&SEARCH, &HOLDS_OF];
