//! Transfer sheets and periodicals. What concerns a whole sheet is one statement, however long the sheet is; a list of
//! barcodes that is to be put on it comes as JSON, which both engines take apart. What is done with a box is said of each of
//! its items by its key: it costs what the box has, however long the sheet is.
//!
//! Both engines guess that such a list has some dozen barcodes, and know nothing of a sheet that is being filled: left to
//! themselves they compare each barcode of thirty thousand with each other. Therefore each statement says its way:
//! `CROSS JOIN` makes SQLite begin with the list. On PostgreSQL `LATERAL (.. LIMIT 1)` and `(SELECT count(*) ..) = 0` ask
//! for one key for each barcode: neither can be turned into a join that begins elsewhere.

use super::Statement;

/// The columns of [`SHEET`] and [`SHEETS`]. What is on a sheet stands counted in its row.
macro_rules! sheet {
    ($which:literal) => {
        concat!(
            "SELECT t.from_branch, t.to_branch, t.keeps_home, t.state, t.made_at, t.shipped_at, t.ended_at, t.n_items, \
                 t.n_arrived, t.n_extra, t.n_boxes, t.sheet FROM transfer AS t WHERE t.institution = $1 ",
            $which
        )
    };
}

/// `$2` sheet.
pub(in crate::store) const SHEET: Statement = Statement::both("sheet", sheet!("AND t.sheet = $2"));

/// `$2` at most: the newest first.
pub(in crate::store) const SHEETS: Statement =
    Statement::both("sheets", sheet!("ORDER BY t.made_at DESC, t.sheet LIMIT $2"));

/// `$2` sheet, `$3` items more, `$4` arrived more, `$5` extra more, `$6` boxes more.
pub(in crate::store) const COUNT_SHEET: Statement = Statement::both(
    "count sheet",
    "UPDATE transfer SET n_items = n_items + $3, n_arrived = n_arrived + $4, n_extra = n_extra + $5, \
         n_boxes = n_boxes + $6 WHERE institution = $1 AND sheet = $2",
);

/// PostgreSQL: locks the sheet.
pub(in crate::store) const LOCK_SHEET: Statement = Statement::each(
    "lock sheet",
    "SELECT 1 WHERE $1 IS NULL AND $2 IS NULL",
    "SELECT 1 FROM transfer AS t WHERE t.institution = $1 AND t.sheet = $2 FOR UPDATE OF t",
);

/// `$2` sheet, `$3` from, `$4` to, `$5` keeps home, `$6` when, `$7` account.
pub(in crate::store) const MAKE_SHEET: Statement = Statement::both(
    "make sheet",
    "INSERT INTO transfer (institution, sheet, from_branch, to_branch, keeps_home, state, made_at, opuser) \
     VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7)",
);

/// `$2` sheet, `$3` state, `$4` shipped, `$5` ended; nothing: as it was.
pub(in crate::store) const SET_SHEET: Statement = Statement::both(
    "set sheet",
    "UPDATE transfer SET state = $3, shipped_at = coalesce(CAST($4 AS TEXT), shipped_at), \
         ended_at = coalesce(CAST($5 AS TEXT), ended_at) WHERE institution = $1 AND sheet = $2",
);

/// `$2` sheet, `$3` barcodes: those that may go on the sheet are put on it; a row for each.
pub(in crate::store) const FILL_SHEET: Statement = Statement::each(
    "fill sheet",
    "INSERT INTO transfer_item (institution, sheet, item, state) \
     SELECT $1, t.sheet, i.item, 'listed' FROM json_each($3) AS j \
     CROSS JOIN transfer AS t ON t.institution = $1 AND t.sheet = $2 \
     CROSS JOIN item AS i ON i.institution = $1 AND i.item = j.value \
     WHERE coalesce(i.at_branch, i.branch) = t.from_branch AND i.state = '2' \
         AND NOT EXISTS (SELECT 1 FROM loan AS l WHERE l.institution = $1 AND l.item = i.item) \
         AND NOT EXISTS (SELECT 1 FROM transit AS v WHERE v.institution = $1 AND v.item = i.item) \
         AND NOT EXISTS (SELECT 1 FROM hold AS h WHERE h.institution = $1 AND h.item = i.item) \
     ON CONFLICT (institution, sheet, item) DO NOTHING RETURNING 1",
    "INSERT INTO transfer_item (institution, sheet, item, state) \
     SELECT $1, t.sheet, i.item, 'listed' FROM jsonb_array_elements_text(CAST(CAST($3 AS TEXT) AS JSONB)) AS j (value) \
     CROSS JOIN LATERAL (SELECT k.item, coalesce(k.at_branch, k.branch) AS at FROM item AS k \
         WHERE k.institution = $1 AND k.item = j.value AND k.state = '2' LIMIT 1) AS i \
     JOIN transfer AS t ON t.institution = $1 AND t.sheet = $2 AND t.from_branch = i.at \
     WHERE (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = i.item) = 0 \
         AND (SELECT count(*) FROM transit AS v WHERE v.institution = $1 AND v.item = i.item) = 0 \
         AND (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.item = i.item) = 0 \
     ON CONFLICT (institution, sheet, item) DO NOTHING RETURNING 1",
);

/// `$2` sheet, `$3` barcodes: those that are not on the sheet, with what is known of each: nothing, or where it stands, its
/// state, and whether it is on loan, on its way, on hold.
pub(in crate::store) const NOT_ON_SHEET: Statement = Statement::each(
    "not on sheet",
    "SELECT j.value, coalesce(i.at_branch, i.branch), i.state, \
         (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = i.item), \
         (SELECT count(*) FROM transit AS v WHERE v.institution = $1 AND v.item = i.item) \
     FROM json_each($3) AS j LEFT JOIN item AS i ON i.institution = $1 AND i.item = j.value \
     WHERE NOT EXISTS (SELECT 1 FROM transfer_item AS t WHERE t.institution = $1 AND t.sheet = $2 \
         AND t.item = j.value) ORDER BY j.value LIMIT 1000",
    "SELECT j.value, i.at, i.state, \
         (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = i.item), \
         (SELECT count(*) FROM transit AS v WHERE v.institution = $1 AND v.item = i.item) \
     FROM jsonb_array_elements_text(CAST(CAST($3 AS TEXT) AS JSONB)) AS j (value) \
     LEFT JOIN LATERAL (SELECT k.item, coalesce(k.at_branch, k.branch) AS at, k.state FROM item AS k \
         WHERE k.institution = $1 AND k.item = j.value LIMIT 1) AS i ON true \
     WHERE (SELECT count(*) FROM transfer_item AS t WHERE t.institution = $1 AND t.sheet = $2 \
         AND t.item = j.value) = 0 ORDER BY j.value LIMIT 1000",
);

/// `$2` sheet, `$3` barcode: a row if it was on it.
pub(in crate::store) const TAKE_OFF_SHEET: Statement = Statement::both(
    "take off sheet",
    "DELETE FROM transfer_item WHERE institution = $1 AND sheet = $2 AND item = $3 RETURNING 1",
);

/// PostgreSQL: locks the items of a sheet, in the order of their barcodes.
pub(in crate::store) const LOCK_SHEET_ITEMS: Statement = Statement::each(
    "lock sheet items",
    "SELECT 1 WHERE $1 IS NULL AND $2 IS NULL",
    "SELECT count(*) FROM (SELECT 1 FROM item AS i WHERE i.institution = $1 AND i.item IN ( \
         SELECT t.item FROM transfer_item AS t WHERE t.institution = $1 AND t.sheet = $2) \
     ORDER BY i.item FOR NO KEY UPDATE OF i) AS k",
);

/// `$2` sheet: what was lent or sent elsewhere since it was put on the sheet comes off it; a row for each.
pub(in crate::store) const DROP_GONE: Statement = Statement::both(
    "drop gone",
    "DELETE FROM transfer_item WHERE institution = $1 AND sheet = $2 AND ( \
         item IN (SELECT l.item FROM loan AS l WHERE l.institution = $1) \
         OR item IN (SELECT v.item FROM transit AS v WHERE v.institution = $1) \
         OR item IN (SELECT h.item FROM hold AS h WHERE h.institution = $1)) RETURNING 1",
);

/// `$2` sheet, `$3` when.
pub(in crate::store) const SEND_SHEET: Statement = Statement::both(
    "send sheet",
    "INSERT INTO transit (institution, item, from_branch, to_branch, sent_at, cause) \
     SELECT $1, n.item, t.from_branch, t.to_branch, CAST($3 AS TEXT), 'transfer' FROM transfer_item AS n \
     JOIN transfer AS t ON t.institution = $1 AND t.sheet = n.sheet WHERE n.institution = $1 AND n.sheet = $2",
);

/// `$2` sheet, `$3` state before, `$4` state after.
pub(in crate::store) const SET_SHEET_ITEMS: Statement = Statement::both(
    "set sheet items",
    "UPDATE transfer_item SET state = $4 WHERE institution = $1 AND sheet = $2 AND state = $3",
);

/// `$2` sheet, `$3` barcode: it has arrived; a row if it was on the sheet and had not yet.
pub(in crate::store) const ARRIVE_LISTED: Statement = Statement::both(
    "arrive listed",
    "UPDATE transfer_item SET state = 'received' WHERE institution = $1 AND sheet = $2 AND item = $3 \
         AND state IN ('sent', 'missing') RETURNING 1",
);

/// `$2` sheet, `$3` barcodes: items that are known and not on the sheet arrived with it; a row for each.
pub(in crate::store) const ARRIVE_EXTRA: Statement = Statement::each(
    "arrive extra",
    "INSERT INTO transfer_item (institution, sheet, item, state) \
     SELECT $1, CAST($2 AS TEXT), i.item, 'extra' FROM json_each($3) AS j \
     CROSS JOIN item AS i ON i.institution = $1 AND i.item = j.value WHERE true \
     ON CONFLICT (institution, sheet, item) DO NOTHING RETURNING 1",
    "INSERT INTO transfer_item (institution, sheet, item, state) \
     SELECT $1, CAST($2 AS TEXT), i.item, 'extra' \
     FROM jsonb_array_elements_text(CAST(CAST($3 AS TEXT) AS JSONB)) AS j (value) \
     CROSS JOIN LATERAL (SELECT k.item FROM item AS k WHERE k.institution = $1 AND k.item = j.value LIMIT 1) AS i \
     ON CONFLICT (institution, sheet, item) DO NOTHING RETURNING 1",
);

/// Whether `$3` is on the sheet `$2` in this state.
macro_rules! is_on_sheet {
    ($state:literal) => {
        concat!(
            "(SELECT count(*) FROM transfer_item AS t WHERE t.institution = $1 AND t.sheet = $2 AND t.item = $3 \
                 AND t.state = '",
            $state,
            "') > 0"
        )
    };
}

/// `$2` sheet, `$3` barcode, `$4` branch, `$5` keeps home: if it is received it stands in the branch, and belongs there
/// unless its home stays. Nothing is touched that was lent meanwhile.
pub(in crate::store) const STAND_RECEIVED: Statement = Statement::both(
    "stand received",
    concat!(
        "UPDATE item SET branch = CASE WHEN $5 = 1 THEN branch ELSE $4 END, \
         at_branch = CASE WHEN $5 = 1 AND branch <> $4 THEN $4 ELSE NULL END WHERE institution = $1 AND item = $3 AND ",
        is_on_sheet!("received"),
        " AND (SELECT count(*) FROM transit AS v WHERE v.institution = $1 AND v.item = $3 AND v.cause = 'transfer') > 0"
    ),
);

/// `$2` sheet, `$3` barcode: if it is received it is not on its way any more.
pub(in crate::store) const END_RECEIVED: Statement = Statement::both(
    "end received",
    concat!(
        "DELETE FROM transit WHERE institution = $1 AND item = $3 AND cause = 'transfer' AND ",
        is_on_sheet!("received")
    ),
);

/// `$2` sheet, `$3` barcode, `$4` branch: if it came without being on the sheet it stands there now, unless it was lent.
pub(in crate::store) const STAND_EXTRA: Statement = Statement::both(
    "stand extra",
    concat!(
        "UPDATE item SET at_branch = CASE WHEN branch = $4 THEN NULL ELSE $4 END WHERE institution = $1 AND item = $3 AND ",
        is_on_sheet!("extra"),
        " AND (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = $3) = 0"
    ),
);

/// `$2` sheet: nothing of it is on its way any more.
pub(in crate::store) const END_SHEET_WAY: Statement = Statement::both(
    "end sheet way",
    "DELETE FROM transit WHERE institution = $1 AND cause = 'transfer' AND ( \
         SELECT count(*) FROM transfer_item AS t WHERE t.institution = $1 AND t.sheet = $2 AND t.item = transit.item) > 0",
);

/// The columns of an item on a sheet.
macro_rules! on_sheet {
    ($which:literal) => {
        concat!(
            "SELECT t.item, t.state, i.title, i.call_number, \
                 (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.item = t.item) AS lent \
             FROM transfer_item AS t JOIN item AS i ON i.institution = $1 AND i.item = t.item \
             WHERE t.institution = $1 AND t.sheet = $2 ",
            $which
        )
    };
}

/// `$2` sheet, `$3` state or nothing, `$4` behind it, `$5` at most.
pub(in crate::store) const SHEET_ITEMS: Statement = Statement::both(
    "sheet items",
    on_sheet!("AND (CAST($3 AS TEXT) IS NULL OR t.state = $3) AND t.item > $4 ORDER BY t.item LIMIT $5"),
);

/// `$2` sheet, `$3` passed over, `$4` at most: in the order in which one goes along the shelves.
pub(in crate::store) const SHEET_PAGE: Statement =
    Statement::both("sheet page", on_sheet!("ORDER BY i.call_number, t.item LIMIT $4 OFFSET $3"));

/// `$2` sheet, `$3` passed over, `$4` at most: as [`SHEET_PAGE`], of what is missing, came without being on it, or was lent
/// meanwhile.
pub(in crate::store) const SHEET_ODD: Statement = Statement::both(
    "sheet odd",
    on_sheet!(
        "AND (t.state IN ('missing', 'extra') \
             OR (SELECT count(*) FROM loan AS o WHERE o.institution = $1 AND o.item = t.item) > 0) \
         ORDER BY i.call_number, t.item LIMIT $4 OFFSET $3"
    ),
);

/// `$2` sheet: how many [`SHEET_ODD`] gives in all.
pub(in crate::store) const N_ODD: Statement = Statement::both(
    "n odd",
    "SELECT count(*) FROM transfer_item AS t WHERE t.institution = $1 AND t.sheet = $2 AND ( \
         t.state IN ('missing', 'extra') \
         OR (SELECT count(*) FROM loan AS o WHERE o.institution = $1 AND o.item = t.item) > 0)",
);

/// `$2` id: what came of an act.
pub(in crate::store) const ACT: Statement = Statement::both(
    "act",
    "SELECT a.sheet, a.what, a.not_taken FROM transfer_act AS a WHERE a.institution = $1 AND a.id = $2",
);

/// `$2` id, `$3` sheet, `$4` what, `$5` label or nothing, `$6` declared, `$7` put, `$8` when, `$9` account, `$10` not taken.
pub(in crate::store) const KEEP_ACT: Statement = Statement::both(
    "keep act",
    "INSERT INTO transfer_act (institution, id, sheet, what, label, declared, n_put, at, opuser, not_taken) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);

/// `$2` sheet, `$3` at most: its boxes, the last first.
pub(in crate::store) const BOXES: Statement = Statement::both(
    "boxes",
    "SELECT a.label, a.declared, a.n_put, a.at FROM transfer_act AS a \
     WHERE a.institution = $1 AND a.sheet = $2 AND a.label IS NOT NULL ORDER BY a.at DESC, a.id DESC LIMIT $3",
);

/// `$2` id: the box of an act.
pub(in crate::store) const BOX: Statement = Statement::both(
    "box",
    "SELECT a.label, a.declared, a.n_put, a.at FROM transfer_act AS a \
     WHERE a.institution = $1 AND a.id = $2 AND a.label IS NOT NULL",
);

/// `$2` record, `$3` branch, `$4` title, `$5` every, `$6` first day, `$7` last day, `$8` type of what is new, `$9` of what
/// is not.
pub(in crate::store) const SUBSCRIBE: Statement = Statement::both(
    "subscribe",
    "INSERT INTO subscription (institution, record, branch, title, every, starts_on, ends_on, current_type, back_type) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

/// `$2` record, `$3` branch.
pub(in crate::store) const SUBSCRIPTION: Statement = Statement::both(
    "subscription",
    "SELECT title, current_type, back_type FROM subscription WHERE institution = $1 AND record = $2 AND branch = $3",
);

/// `$2` branch, `$3` and `$4` types: how many of the three there are.
pub(in crate::store) const SUBSCRIBE_FACTS: Statement = Statement::both(
    "subscribe facts",
    "SELECT (SELECT count(*) FROM branch AS b WHERE b.institution = $1 AND b.branch = $2), \
         (SELECT count(*) FROM item_type AS c WHERE c.institution = $1 AND c.item_type = $3), \
         (SELECT count(*) FROM item_type AS o WHERE o.institution = $1 AND o.item_type = $4) \
     FROM institution AS n WHERE n.institution = $1",
);

/// `$2` record, `$3` branch, `$4` number, `$5` day.
pub(in crate::store) const EXPECT_ISSUE: Statement = Statement::both(
    "expect issue",
    "INSERT INTO issue (institution, record, branch, number, due_on) VALUES ($1, $2, $3, $4, $5)",
);

/// `$2` record, `$3` branch.
pub(in crate::store) const ISSUES: Statement = Statement::both(
    "issues",
    "SELECT record, branch, number, due_on, received_at, item, claimed_at FROM issue \
     WHERE institution = $1 AND record = $2 AND branch = $3 ORDER BY number",
);

/// `$2` today, `$3` at most: what should have come, the longest first.
pub(in crate::store) const LATE_ISSUES: Statement = Statement::both(
    "late issues",
    "SELECT record, branch, number, due_on, received_at, item, claimed_at FROM issue \
     WHERE institution = $1 AND received_at IS NULL AND due_on < $2 ORDER BY due_on, record, branch LIMIT $3",
);

/// `$2` record, `$3` branch, `$4` number, `$5` when, `$6` item.
pub(in crate::store) const RECEIVE_ISSUE: Statement = Statement::both(
    "receive issue",
    "UPDATE issue SET received_at = $5, item = $6 \
     WHERE institution = $1 AND record = $2 AND branch = $3 AND number = $4 AND received_at IS NULL RETURNING number",
);

/// `$2` record, `$3` branch, `$4` number, `$5` when.
pub(in crate::store) const CLAIM_ISSUE: Statement = Statement::both(
    "claim issue",
    "UPDATE issue SET claimed_at = $5 \
     WHERE institution = $1 AND record = $2 AND branch = $3 AND number = $4 AND received_at IS NULL RETURNING number",
);

/// `$2` record, `$3` branch, `$4` type of what is not new, `$5` number: issues before it are back issues now.
pub(in crate::store) const AGE_ISSUES: Statement = Statement::both(
    "age issues",
    "UPDATE item SET item_type = $4 WHERE institution = $1 AND item_type <> $4 AND item IN ( \
         SELECT s.item FROM issue AS s WHERE s.institution = $1 AND s.record = $2 AND s.branch = $3 \
             AND s.number < $5 AND s.item IS NOT NULL)",
);

/// `$2` record, `$3` branch: the newest issue that has come.
pub(in crate::store) const NEWEST_ISSUE: Statement = Statement::both(
    "newest issue",
    "SELECT max(s.number) FROM issue AS s WHERE s.institution = $1 AND s.record = $2 AND s.branch = $3 \
     AND s.item IS NOT NULL",
);

pub(super) const ALL: &[&Statement] = &[
    &SHEET,
    &SHEETS,
    &COUNT_SHEET,
    &LOCK_SHEET,
    &MAKE_SHEET,
    &SET_SHEET,
    &FILL_SHEET,
    &NOT_ON_SHEET,
    &TAKE_OFF_SHEET,
    &LOCK_SHEET_ITEMS,
    &DROP_GONE,
    &SEND_SHEET,
    &SET_SHEET_ITEMS,
    &ARRIVE_LISTED,
    &ARRIVE_EXTRA,
    &STAND_RECEIVED,
    &END_RECEIVED,
    &STAND_EXTRA,
    &END_SHEET_WAY,
    &SHEET_ITEMS,
    &SHEET_PAGE,
    &SHEET_ODD,
    &N_ODD,
    &ACT,
    &KEEP_ACT,
    &BOXES,
    &BOX,
    &SUBSCRIBE,
    &SUBSCRIPTION,
    &SUBSCRIBE_FACTS,
    &EXPECT_ISSUE,
    &ISSUES,
    &LATE_ISSUES,
    &RECEIVE_ISSUE,
    &CLAIM_ISSUE,
    &AGE_ISSUES,
    &NEWEST_ISSUE,
];
