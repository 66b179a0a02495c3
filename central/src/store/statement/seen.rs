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
    ($index:literal, $which:literal) => {
        concat!(
            "SELECT f.item, f.record, f.title, f.author, f.isbn, f.call_number, f.item_type, f.branch, f.branch_name, \
                 f.state, f.due_on, f.stands_at, f.shelf, f.n_holds, f.to_branch, f.seen_at, f.how, f.seen_branch, w.name, f.place \
             FROM (SELECT i.item, i.record, i.title, i.author, i.isbn, i.call_number, i.item_type, i.branch, \
                 b.name AS branch_name, CASE WHEN l.item IS NULL THEN i.state ELSE '3' END AS state, l.due_on, \
                 coalesce(i.at_branch, i.branch) AS stands_at, i.shelf, \
                 (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.item = i.item) AS n_holds, v.to_branch, \
                 CASE WHEN s.at >= g.at THEN s.at ELSE coalesce(g.at, s.at) END AS seen_at, \
                 CASE WHEN g.at IS NULL OR s.at >= g.at THEN s.how WHEN g.act = 'checkout' THEN 'loan' ELSE 'return' END \
                     AS how, \
                 CASE WHEN g.at IS NULL OR s.at >= g.at THEN s.branch ELSE (SELECT a.branch FROM service_point AS a \
                     WHERE a.institution = $1 AND a.opuser = g.opuser) END AS seen_branch, \
                 CASE WHEN g.at IS NULL OR s.at >= g.at THEN s.place ELSE g.opuser END AS place \
             FROM item AS i JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(i.at_branch, i.branch) \
             LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
             LEFT JOIN transit AS v ON v.institution = $1 AND v.item = i.item \
             LEFT JOIN item_seen AS s ON s.institution = $1 AND s.item = i.item \
             LEFT JOIN circulation_log AS g ON g.institution = $1 AND g.seq = (SELECT c.seq FROM circulation_log AS c",
            $index,
            " WHERE c.institution = $1 AND c.item = i.item AND c.act <> 'renew' AND c.undoes = 0 \
                 ORDER BY c.seq DESC LIMIT 1) \
             WHERE i.institution = $1 AND ",
            $which,
            ") AS f LEFT JOIN branch AS w ON w.institution = $1 AND w.branch = f.seen_branch ORDER BY f.item"
        )
    };
}

/// The index of the log by items, for SQLite: see [`super::circulate::MOVED_AT`].
macro_rules! each {
    ($name:literal, $which:literal) => {
        Statement::each($name, copies!(" INDEXED BY circulation_log_by_item", $which), copies!("", $which))
    };
}

/// `$2` record: item, last day of its loan, branch where it stands, shelf, patrons who hold it, where it is being sent, and its
/// last sighting: what is kept of it, or the last loan or return in the log if that is later.
pub(in crate::store) const COPIES: Statement = each!("copies", "i.record = $2");

/// `$2` item: as [`COPIES`].
pub(in crate::store) const COPY: Statement = each!("copy", "i.item = $2");

/// `$2` account: the branch where it stands.
pub(in crate::store) const STANDS: Statement = Statement::both(
    "account stands",
    "SELECT s.branch FROM service_point AS s WHERE s.institution = $1 AND s.opuser = $2",
);

pub(super) const ALL: &[&Statement] = &[&SEEN, &SEEN_ALL, &COPIES, &COPY, &STANDS];
