//! Where items were last seen.

use super::{Rank, Statement};

/// What is kept of an item of which something is known already: the later of the two, of two at once the one told last.
macro_rules! later {
    () => {
        " ON CONFLICT (institution, item) DO UPDATE SET at = excluded.at, how = excluded.how, branch = excluded.branch, \
             place = excluded.place WHERE item_seen.at <= excluded.at"
    };
}

/// `$2` item, `$3` when, `$4` how, `$5` branch or nothing, `$6` place.
pub(in crate::store) const SEEN: Statement = Statement::both(
    "seen",
    concat!(
        "INSERT INTO item_seen (institution, item, at, how, branch, place) VALUES ($1, $2, $3, $4, $5, $6)",
        later!()
    ),
)
.many(
    Rank::Notes,
    concat!(
        "INSERT INTO item_seen (institution, item, at, how, branch, place) \
         SELECT $1, s.* FROM (SELECT DISTINCT ON (q.item COLLATE \"C\") q.item, q.at, q.how, q.branch, q.place \
             FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
                 CAST($6 AS TEXT[])) WITH ORDINALITY AS q (item, at, how, branch, place, n) \
             ORDER BY q.item COLLATE \"C\", q.at COLLATE \"C\" DESC, q.n DESC) AS s",
        later!()
    ),
);

/// `$2` barcodes as JSON, `$3` when, `$4` how, `$5` branch, `$6` place: those of them that are items.
pub(in crate::store) const SEEN_ALL: Statement = Statement::each(
    "seen all",
    concat!(
        "INSERT INTO item_seen (institution, item, at, how, branch, place) \
         SELECT $1, i.item, $3, $4, $5, $6 FROM json_each($2) AS j \
         CROSS JOIN item AS i ON i.institution = $1 AND i.item = j.value WHERE true",
        later!()
    ),
    concat!(
        "INSERT INTO item_seen (institution, item, at, how, branch, place) \
         SELECT $1, i.item, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT) \
         FROM (SELECT DISTINCT u.value COLLATE \"C\" AS value \
             FROM jsonb_array_elements_text(CAST(CAST($2 AS TEXT) AS JSONB)) AS u (value) ORDER BY 1) AS j \
         CROSS JOIN LATERAL (SELECT k.item FROM item AS k WHERE k.institution = $1 AND k.item = j.value LIMIT 1) AS i",
        later!()
    ),
);

/// The text of [`COPIES`] and [`COPY`].
macro_rules! copies {
    ($which:literal) => {
        concat!(
            "SELECT i.item, i.record, i.title, i.author, i.isbn, i.call_number, i.item_type, i.branch, b.name, \
                 CASE WHEN l.item IS NULL THEN i.state ELSE '3' END, l.due_on, coalesce(i.at_branch, i.branch), i.shelf, \
                 (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.item = i.item), v.to_branch, \
                 s.at, s.how, s.branch, w.name, s.place \
             FROM item AS i JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(i.at_branch, i.branch) \
             LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
             LEFT JOIN transit AS v ON v.institution = $1 AND v.item = i.item \
             LEFT JOIN item_seen AS s ON s.institution = $1 AND s.item = i.item \
             LEFT JOIN branch AS w ON w.institution = $1 AND w.branch = s.branch \
             WHERE i.institution = $1 AND ",
            $which,
            " ORDER BY i.item"
        )
    };
}

/// `$2` record: item, last day of its loan, branch where it stands, shelf, patrons who hold it, where it is being sent, and its
/// last sighting.
pub(in crate::store) const COPIES: Statement = Statement::both("copies", copies!("i.record = $2"));

/// `$2` item: as [`COPIES`].
pub(in crate::store) const COPY: Statement = Statement::both("copy", copies!("i.item = $2"));

/// `$2` account: the branch where it stands.
pub(in crate::store) const STANDS: Statement = Statement::both(
    "account stands",
    "SELECT s.branch FROM service_point AS s WHERE s.institution = $1 AND s.opuser = $2",
);

pub(super) const ALL: &[&Statement] = &[&SEEN, &SEEN_ALL, &COPIES, &COPY, &STANDS];
