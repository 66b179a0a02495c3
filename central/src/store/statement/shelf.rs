//! What a patron waits for and had, what the catalogue holds, and stock that is counted and shelved.

use super::{Rank, Statement};

/// An item with its record, as an item's row gives it.
macro_rules! item_columns {
    () => {
        "i.item, i.record, i.title, i.author, i.isbn, i.call_number, i.item_type, i.branch, b.name, \
         CASE WHEN l.item IS NULL THEN i.state ELSE '3' END"
    };
}

/// `$2` patron, `$3` kind or nothing, `$4` today: holds with their items, how many stand before each.
pub(in crate::store) const HOLDS_OF: Statement = Statement::both(
    "holds with queue",
    concat!(
        "SELECT ",
        item_columns!(),
        ", h.kind, h.placed_at, h.pickup_branch, pb.name, h.ready_at, h.expires_on, h.wanted_until, \
             (SELECT count(*) FROM hold AS o WHERE o.institution = $1 AND o.item = h.item \
                 AND (o.placed_at < h.placed_at OR (o.placed_at = h.placed_at AND o.patron < h.patron)) \
                 AND (o.expires_on IS NULL OR o.expires_on >= $4)), \
             (SELECT count(*) FROM transit AS v WHERE v.institution = $1 AND v.item = h.item AND v.cause = 'hold') \
         FROM hold AS h JOIN item AS i ON i.institution = $1 AND i.item = h.item \
         JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(i.at_branch, i.branch) \
         LEFT JOIN branch AS pb ON pb.institution = $1 AND pb.branch = h.pickup_branch \
         LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
         WHERE h.institution = $1 AND h.patron = $2 AND (CAST($3 AS TEXT) IS NULL OR h.kind = $3) \
         ORDER BY h.placed_at, h.item"
    ),
);

/// `$2` item, `$3` patron, `$4` when, `$5` branch, `$6` kind, `$7` last day wanted.
pub(in crate::store) const PLACE_WANTED: Statement = Statement::both(
    "place wanted",
    "INSERT INTO hold (institution, item, patron, placed_at, pickup_branch, kind, wanted_until) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

/// `$2` item, `$3` patron, `$4` branch: the place in the queue stays; what waits elsewhere waits no longer.
pub(in crate::store) const MOVE_PICKUP: Statement = Statement::both(
    "move pickup",
    "UPDATE hold SET pickup_branch = $4, ready_at = NULL, expires_on = NULL \
     WHERE institution = $1 AND item = $2 AND patron = $3 RETURNING item",
);

/// `$2` item, `$3` patron, `$4` last day wanted: the place in the queue stays.
pub(in crate::store) const PROLONG_HOLD: Statement = Statement::both(
    "prolong hold",
    "UPDATE hold SET wanted_until = $4 WHERE institution = $1 AND item = $2 AND patron = $3 RETURNING item",
);

/// `$2` item, `$3` patron.
pub(in crate::store) const HOLD_KIND: Statement = Statement::both(
    "hold kind",
    "SELECT kind FROM hold WHERE institution = $1 AND item = $2 AND patron = $3",
);

/// `$2` today, `$3` at most: holds that nobody came for, or nobody wants any more.
pub(in crate::store) const STALE_HOLDS: Statement = Statement::both(
    "stale holds",
    "SELECT h.item, h.patron FROM hold AS h WHERE h.institution = $1 AND (h.expires_on < $2 OR h.wanted_until < $2) \
     ORDER BY h.item, h.patron LIMIT $3",
);

/// `$2` item, `$3` patron, `$4` today: whether that hold is still stale, and whether it waited on the shelf.
pub(in crate::store) const STALE_HOLD: Statement = Statement::both(
    "stale hold",
    "SELECT h.ready_at FROM hold AS h WHERE h.institution = $1 AND h.item = $2 AND h.patron = $3 \
     AND (h.expires_on < $4 OR h.wanted_until < $4)",
);

/// `$2` branch or nothing, `$3` today: what waits on the hold shelf.
pub(in crate::store) const HOLD_SHELF: Statement = Statement::both(
    "hold shelf",
    "SELECT h.item, h.patron, h.expires_on, i.title, coalesce(h.pickup_branch, i.at_branch, i.branch) \
     FROM hold AS h JOIN item AS i ON i.institution = $1 AND i.item = h.item \
     WHERE h.institution = $1 AND h.ready_at IS NOT NULL AND h.expires_on >= $3 \
         AND (CAST($2 AS TEXT) IS NULL OR coalesce(h.pickup_branch, i.at_branch, i.branch) = $2) \
     ORDER BY h.expires_on, h.item LIMIT 1000",
);

/// `$2` patron, `$3` first moment, `$4` last moment, `$5` at most, `$6` before it: checkouts, the newest first, with when
/// each came back.
pub(in crate::store) const HISTORY: Statement = Statement::both(
    "history",
    "SELECT c.item, i.title, i.author, i.isbn, i.call_number, c.at, c.due_on, \
         (SELECT min(d.at) FROM circulation_log AS d WHERE d.institution = $1 AND d.item = c.item AND d.seq > c.seq \
             AND d.act = 'checkin'), c.opuser \
     FROM circulation_log AS c LEFT JOIN item AS i ON i.institution = $1 AND i.item = c.item \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $3 AND c.at <= $4 AND (c.patron = $2 \
         OR c.patron IN (SELECT g.patron FROM card_log AS g WHERE g.institution = $1 AND g.successor = $2)) \
     ORDER BY c.seq DESC LIMIT $5 OFFSET $6",
);

/// As [`HISTORY`].
pub(in crate::store) const HISTORY_LENGTH: Statement = Statement::both(
    "history length",
    "SELECT count(*) FROM circulation_log AS c \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $3 AND c.at <= $4 AND (c.patron = $2 \
         OR c.patron IN (SELECT g.patron FROM card_log AS g WHERE g.institution = $1 AND g.successor = $2))",
);

/// What is told of a record; its copies tell title, author and the like.
macro_rules! bib_columns {
    () => {
        "SELECT i.record, min(i.title), min(i.author), min(i.isbn), min(i.call_number), count(*), \
             min(r.class_number), min(r.publisher), min(r.published), min(r.pages), min(r.price), min(r.subject), \
             min(r.book_type)"
    };
}

/// The text of [`BIB`]: the record comes as a value, or as a column of something around it.
macro_rules! bib {
    ($before:literal, $index:literal, $record:literal, $after:literal) => {
        concat!(
            $before,
            bib_columns!(),
            " FROM item AS i",
            $index,
            " LEFT JOIN bib AS r ON r.institution = $1 AND r.record = i.record \
             WHERE i.institution = $1 AND i.record = ",
            $record,
            " GROUP BY i.record",
            $after
        )
    };
}

/// `$2` record.
pub(in crate::store) const BIB: Statement = Statement::each(
    "bib",
    bib!("", " INDEXED BY item_by_record", "$2", ""),
    bib!("", "", "$2", ""),
)
.many(
    Rank::Notes,
    bib!(
        "SELECT q.n, f.* FROM unnest(CAST($2 AS BIGINT[])) WITH ORDINALITY AS q (record, n) CROSS JOIN LATERAL (",
        "",
        "q.record",
        ") AS f"
    ),
);

/// `$2` record, then what it says of all copies: `$3` class, `$4` publisher, `$5` year, `$6` pages, `$7` price, `$8`
/// subject, `$9` type.
pub(in crate::store) const KEEP_BIB: Statement = Statement::both(
    "keep bib",
    "INSERT INTO bib (institution, record, class_number, publisher, published, pages, price, subject, book_type) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (institution, record) DO UPDATE SET \
         class_number = excluded.class_number, publisher = excluded.publisher, published = excluded.published, \
         pages = excluded.pages, price = excluded.price, subject = excluded.subject, book_type = excluded.book_type",
);

/// `$2` from when, `$3` branch or nothing, `$4` beginning of the class, `$5` type or nothing, `$6` at most.
pub(in crate::store) const MOST_BORROWED: Statement = Statement::both(
    "most borrowed since",
    concat!(
        bib_columns!(),
        " FROM circulation_log AS c JOIN item AS i ON i.institution = $1 AND i.item = c.item \
     LEFT JOIN bib AS r ON r.institution = $1 AND r.record = i.record \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $2 \
         AND (CAST($3 AS TEXT) IS NULL OR i.branch = $3) AND i.call_number LIKE $4 ESCAPE '!' \
         AND (CAST($5 AS TEXT) IS NULL OR coalesce(r.book_type, '1') = $5) \
     GROUP BY i.record ORDER BY count(*) DESC, i.record LIMIT $6"
    ),
);

/// `$2` item.
pub(in crate::store) const ITEM_EXTRAS: Statement = Statement::both(
    "item extras",
    "SELECT attachment, properties, shelf FROM item WHERE institution = $1 AND item = $2",
);

/// `$2` item, `$3` text.
pub(in crate::store) const SET_PROPERTIES: Statement =
    Statement::both("set properties", "UPDATE item SET properties = $3 WHERE institution = $1 AND item = $2");

/// `$2` item, `$3` shelf.
pub(in crate::store) const SET_SHELF: Statement =
    Statement::both("set shelf", "UPDATE item SET shelf = $3 WHERE institution = $1 AND item = $2");

/// `$2` item: the loan took the attachment with it.
pub(in crate::store) const WITH_ATTACHMENT: Statement = Statement::both(
    "with attachment",
    "UPDATE loan SET with_attachment = 1 WHERE institution = $1 AND item = $2",
);

/// `$2` batch, `$3` item, `$4` when, `$5` branch or nothing, `$6` account.
pub(in crate::store) const COUNT_ITEM: Statement = Statement::both(
    "count item",
    "INSERT INTO stocktake (institution, batch, item, at, branch, opuser) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (institution, batch, item) DO UPDATE SET at = excluded.at, branch = excluded.branch, \
         opuser = excluded.opuser",
);

pub(in crate::store) const STOCKTAKES: Statement = Statement::both(
    "stocktakes",
    "SELECT s.batch, count(*), min(s.at), max(s.at) FROM stocktake AS s WHERE s.institution = $1 \
     GROUP BY s.batch ORDER BY max(s.at) DESC LIMIT 200",
);

/// `$2` batch, `$3` at most: what was seen and should not be there: on loan, of another branch, not in stock.
pub(in crate::store) const STOCKTAKE_ODD: Statement = Statement::both(
    "stocktake odd",
    "SELECT i.item, i.title, i.branch, s.branch, CASE WHEN l.item IS NULL THEN i.state ELSE '3' END \
     FROM stocktake AS s JOIN item AS i ON i.institution = $1 AND i.item = s.item \
     LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
     WHERE s.institution = $1 AND s.batch = $2 AND (l.item IS NOT NULL OR i.state <> '2' \
         OR (s.branch IS NOT NULL AND s.branch <> coalesce(i.at_branch, i.branch))) ORDER BY i.item LIMIT $3",
);

/// `$2` batch, `$3` branch, `$4` at most: what should stand in the branch and was not seen.
pub(in crate::store) const STOCKTAKE_UNSEEN: Statement = Statement::both(
    "stocktake unseen",
    "SELECT i.item, i.title, i.branch, i.at_branch, i.state FROM item AS i \
     WHERE i.institution = $1 AND coalesce(i.at_branch, i.branch) = $3 AND i.state = '2' \
         AND NOT EXISTS (SELECT 1 FROM loan AS l WHERE l.institution = $1 AND l.item = i.item) \
         AND NOT EXISTS (SELECT 1 FROM transit AS v WHERE v.institution = $1 AND v.item = i.item) \
         AND NOT EXISTS (SELECT 1 FROM stocktake AS s WHERE s.institution = $1 AND s.batch = $2 AND s.item = i.item) \
     ORDER BY i.item LIMIT $4",
);

pub(super) const ALL: &[&Statement] = &[
    &HOLDS_OF,
    &PLACE_WANTED,
    &MOVE_PICKUP,
    &PROLONG_HOLD,
    &HOLD_KIND,
    &STALE_HOLDS,
    &STALE_HOLD,
    &HOLD_SHELF,
    &HISTORY,
    &HISTORY_LENGTH,
    &BIB,
    &KEEP_BIB,
    &MOST_BORROWED,
    &ITEM_EXTRAS,
    &SET_PROPERTIES,
    &SET_SHELF,
    &WITH_ATTACHMENT,
    &COUNT_ITEM,
    &STOCKTAKES,
    &STOCKTAKE_ODD,
    &STOCKTAKE_UNSEEN,
];
