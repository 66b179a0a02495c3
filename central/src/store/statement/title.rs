//! Titles by their words: kept, and searched.

use super::{Rank, Statement};

/// PostgreSQL: one works off notes at a time. Two of them could read a record, one before and one after it was changed, and
/// the former write last. Keys that point here are not kept waiting.
pub(in crate::store) const LOCK_INDEX: Statement = Statement::each(
    "lock index of titles",
    "SELECT 1 WHERE $1 IS NULL",
    "SELECT 1 FROM institution AS n WHERE n.institution = $1 FOR NO KEY UPDATE OF n",
);

/// `$2` at most: the last of the first records whose words are to be worked out.
pub(in crate::store) const LAST_STALE: Statement = Statement::both(
    "last stale title",
    "SELECT max(s.record) FROM (SELECT DISTINCT t.record FROM title_stale AS t WHERE t.institution = $1 \
         ORDER BY t.record LIMIT $2) AS s",
);

/// How many titles are to be taken into the index, for whoever waits for it.
pub(in crate::store) const N_STALE: Statement = Statement::both(
    "count of stale titles",
    "SELECT count(DISTINCT t.record) FROM title_stale AS t WHERE t.institution = $1",
);

/// `$2` last record. What is noted after this is noted for the next time.
pub(in crate::store) const TAKE_STALE: Statement = Statement::both(
    "take stale titles",
    "DELETE FROM title_stale WHERE institution = $1 AND record <= $2 RETURNING record",
);

/// PostgreSQL: what was sorted in at last stands in a list that every search goes through, until it is long or this is said.
pub(in crate::store) const SORT_IN: Statement = Statement::each(
    "sort in",
    "SELECT 1 WHERE $1 IS NULL",
    "SELECT 1 FROM institution AS n WHERE n.institution = $1 AND gin_clean_pending_list('title_by_words') >= 0",
);

/// The text of [`COPIES`]: the record comes as a value, or as a column of something around it. SQLite is told which index:
/// by itself it goes through all items of the institution.
macro_rules! copies {
    ($before:literal, $index:literal, $record:literal, $after:literal) => {
        concat!(
            $before,
            "SELECT DISTINCT i.title, i.author, i.isbn, i.call_number, r.class_number, r.subject, r.publisher \
             FROM item AS i",
            $index,
            " LEFT JOIN bib AS r ON r.institution = $1 AND r.record = i.record \
             WHERE i.institution = $1 AND i.record = ",
            $record,
            $after
        )
    };
}

/// `$2` record: what its copies say, each once.
pub(in crate::store) const COPIES: Statement = Statement::each(
    "copies of title",
    copies!("", " INDEXED BY item_by_record", "$2", ""),
    copies!("", "", "$2", ""),
)
.many(
    Rank::Notes,
    copies!(
        "SELECT q.n, f.* FROM unnest(CAST($2 AS BIGINT[])) WITH ORDINALITY AS q (record, n) CROSS JOIN LATERAL (",
        "",
        "q.record",
        ") AS f"
    ),
);

/// `$2` record, `$3` title, `$4` author, `$5` words with a space between them.
pub(in crate::store) const KEEP: Statement = Statement::each(
    "keep title",
    "INSERT INTO titled (institution, record, title, author, words) VALUES ($1, $2, $3, $4, $5)",
    "INSERT INTO title (institution, record, title, author, words) VALUES ($1, $2, $3, $4, CAST(CAST($5 AS TEXT) AS TSVECTOR)) \
     ON CONFLICT (institution, record) DO UPDATE SET title = excluded.title, author = excluded.author, \
         words = excluded.words",
)
.many(
    Rank::Makes,
    "INSERT INTO title (institution, record, title, author, words) \
     SELECT $1, q.record, q.title, q.author, CAST(q.words AS TSVECTOR) \
     FROM unnest(CAST($2 AS BIGINT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[])) \
         AS q (record, title, author, words) \
     ON CONFLICT (institution, record) DO UPDATE SET title = excluded.title, author = excluded.author, \
         words = excluded.words",
);

/// `$2` record.
pub(in crate::store) const FORGET: Statement =
    Statement::both("forget title", "DELETE FROM title WHERE institution = $1 AND record = $2");

/// `$2` the question as SQLite's index takes it, `$3` as PostgreSQL's does, `$4` branch that has a copy or nothing, `$5` at
/// most. PostgreSQL stops at so many in the order in which they were written, and sorts those alone: a character that thirty
/// thousand titles have would have it read them all. With `EXISTS` it would gather the copies of the branch from all items.
pub(in crate::store) const FIND: Statement = Statement::each(
    "find titles",
    "SELECT t.record, t.title, t.author FROM title_words AS w CROSS JOIN title AS t \
         ON t.institution = $1 AND t.doc = w.rowid \
     WHERE w.title_words MATCH $2 AND ($4 IS NULL OR EXISTS (SELECT 1 FROM item AS i INDEXED BY item_by_record \
         WHERE i.institution = $1 AND i.record = t.record AND (i.branch = $4 OR i.at_branch = $4))) \
     ORDER BY w.rowid LIMIT $5",
    "SELECT f.record, f.title, f.author FROM (SELECT t.record, t.title, t.author FROM title AS t \
         WHERE t.institution = $1 AND t.words @@ CAST(CAST($3 AS TEXT) AS TSQUERY) AND CAST($2 AS TEXT) IS NOT NULL \
             AND (CAST($4 AS TEXT) IS NULL OR (SELECT count(*) FROM item AS i \
                 WHERE i.institution = $1 AND i.record = t.record AND (i.branch = $4 OR i.at_branch = $4)) > 0) \
         LIMIT $5) AS f ORDER BY f.record",
);

/// As [`FIND`], with `$6` behind it; gives the place of each too, in the order of the places. On PostgreSQL all that have the
/// words are read: asked only when the first of them do not tell.
pub(in crate::store) const FIND_ON: Statement = Statement::each(
    "find titles on",
    "SELECT t.record, t.title, t.author, w.rowid FROM title_words AS w CROSS JOIN title AS t \
         ON t.institution = $1 AND t.doc = w.rowid \
     WHERE w.title_words MATCH $2 AND w.rowid > $6 \
         AND ($4 IS NULL OR EXISTS (SELECT 1 FROM item AS i INDEXED BY item_by_record \
             WHERE i.institution = $1 AND i.record = t.record AND (i.branch = $4 OR i.at_branch = $4))) \
     ORDER BY w.rowid LIMIT $5",
    "SELECT f.record, f.title, f.author, f.record FROM (SELECT t.record, t.title, t.author FROM title AS t \
         WHERE t.institution = $1 AND t.words @@ CAST(CAST($3 AS TEXT) AS TSQUERY) AND CAST($2 AS TEXT) IS NOT NULL \
             AND (CAST($4 AS TEXT) IS NULL OR (SELECT count(*) FROM item AS i \
                 WHERE i.institution = $1 AND i.record = t.record AND (i.branch = $4 OR i.at_branch = $4)) > 0) \
         OFFSET 0) AS f WHERE f.record > $6 ORDER BY f.record LIMIT $5",
);

/// The text of [`ON_SHELF`], as [`copies`].
macro_rules! on_shelf {
    ($before:literal, $index:literal, $record:literal, $after:literal) => {
        concat!(
            $before,
            "SELECT min(i.call_number), count(*), \
                 sum(CASE WHEN i.state = '2' AND l.item IS NULL THEN 1 ELSE 0 END) \
             FROM item AS i",
            $index,
            " LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
             WHERE i.institution = $1 AND i.record = ",
            $record,
            " GROUP BY i.record",
            $after
        )
    };
}

/// `$2` record: shelf mark, copies, copies on the shelf.
pub(in crate::store) const ON_SHELF: Statement = Statement::each(
    "on shelf",
    on_shelf!("", " INDEXED BY item_by_record", "$2", ""),
    on_shelf!("", "", "$2", ""),
)
.many(
    Rank::Notes,
    on_shelf!(
        "SELECT q.n, f.* FROM unnest(CAST($2 AS BIGINT[])) WITH ORDINALITY AS q (record, n) CROSS JOIN LATERAL (",
        "",
        "q.record",
        ") AS f"
    ),
);

pub(super) const ALL: &[&Statement] = &[
    &LOCK_INDEX,
    &LAST_STALE,
    &N_STALE,
    &TAKE_STALE,
    &COPIES,
    &KEEP,
    &FORGET,
    &FIND,
    &FIND_ON,
    &SORT_IN,
    &ON_SHELF,
];
