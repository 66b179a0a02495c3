//! Loans, returns, renewals, holds: the path that has to be quick.

use super::{Rank, Statement};

/// PostgreSQL alone locks rows; SQLite has one writer at a time. In the order of the barcodes: whoever locks several
/// does it in the same order as everybody else. Each is looked up by its key, one after another (`LATERAL`, and nothing that
/// could be turned inside out): plans are made once, and one for a table that was small then goes through all of it.
pub(in crate::store) const LOCK_ITEMS: Statement = Statement::each(
    "lock items",
    "SELECT 1 WHERE $1 IS NULL AND $2 IS NULL",
    "SELECT 1 FROM (SELECT DISTINCT u.item COLLATE \"C\" AS item FROM unnest(CAST($2 AS TEXT[])) AS u (item) ORDER BY 1) \
         AS q CROSS JOIN LATERAL (SELECT i.item FROM item AS i WHERE i.institution = $1 AND i.item = q.item \
             FOR NO KEY UPDATE OF i) AS locked",
);

/// The patrons named, and those who have the items, which nobody else moves any more. As [`LOCK_ITEMS`].
pub(in crate::store) const LOCK_PATRONS: Statement = Statement::each(
    "lock patrons",
    "SELECT 1 WHERE $1 IS NULL AND $2 IS NULL AND $3 IS NULL",
    "SELECT 1 FROM (SELECT u.patron COLLATE \"C\" AS patron FROM unnest(CAST($3 AS TEXT[])) AS u (patron) \
         UNION SELECT has.patron FROM unnest(CAST($2 AS TEXT[])) AS q (item) CROSS JOIN LATERAL ( \
             SELECT l.patron FROM loan AS l WHERE l.institution = $1 AND l.item = q.item OFFSET 0) AS has \
         ORDER BY 1) AS who CROSS JOIN LATERAL (SELECT p.patron FROM patron AS p \
             WHERE p.institution = $1 AND p.patron = who.patron FOR NO KEY UPDATE OF p) AS locked",
);

/// The days from this one on at which the library is closed, with a space between each two.
macro_rules! closed {
    ($today:literal) => {
        concat!(
            "(SELECT string_agg(c.day, ' ') FROM closing_day AS c WHERE c.institution = $1 AND c.day >= ",
            $today,
            ")"
        )
    };
}

/// The branch where an operator account stands.
macro_rules! here {
    ($account:literal) => {
        concat!(
            "(SELECT s.branch FROM service_point AS s WHERE s.institution = $1 AND s.opuser = ",
            $account,
            ")"
        )
    };
}

/// The name of that branch.
macro_rules! here_name {
    ($account:literal) => {
        concat!(
            "(SELECT hb.name FROM service_point AS hs JOIN branch AS hb ON hb.institution = $1 AND hb.branch = hs.branch \
                 WHERE hs.institution = $1 AND hs.opuser = ",
            $account,
            ")"
        )
    };
}

/// The text of [`FACTS`]: what it is about comes as a value, or as a column of something around it.
macro_rules! facts {
    ($before:expr, $item:literal, $patron:literal, $today:literal, $closed:expr, $here:expr, $here_name:expr, $after:literal) => {
        concat!(
            $before,
            "SELECT n.debt_limit_fen, n.closed_weekdays, n.hold_shelf_days, ",
            $closed,
            ", ",
            $here,
            ", ",
            $here_name,
            ", p.patron, p.name, p.patron_type, p.state, p.starts_on, p.ends_on, p.deposit_fen, p.debt_fen, \
         t.loan_limit, \
         (SELECT count(*) FROM loan AS lp WHERE lp.institution = $1 AND lp.patron = p.patron), \
         t.overdue_limit, \
         CASE WHEN t.overdue_limit IS NULL THEN 0 ELSE (SELECT count(*) FROM loan AS lo \
             WHERE lo.institution = $1 AND lo.patron = p.patron AND lo.due_on < ",
            $today,
            ") END, \
         (SELECT count(*) FROM patron_block AS pb WHERE pb.institution = $1 AND pb.patron = p.patron), \
         i.item, i.record, i.title, i.author, i.isbn, i.call_number, i.item_type, i.branch, b.name, i.state, \
         i.at_branch, \
         (SELECT v.to_branch FROM transit AS v WHERE v.institution = $1 AND v.item = i.item), \
         l.patron, l.loaned_at, l.due_on, l.n_renewals, \
         CASE WHEN EXISTS (SELECT 1 FROM hold AS he WHERE he.institution = $1 AND he.item = i.item) THEN \
             (SELECT h.patron FROM hold AS h WHERE h.institution = $1 AND h.item = i.item \
             AND (h.expires_on IS NULL OR h.expires_on >= ",
            $today,
            ") AND (h.wanted_until IS NULL OR h.wanted_until >= ",
            $today,
            ") \
             ORDER BY CASE WHEN h.ready_at IS NULL THEN 1 ELSE 0 END, h.placed_at, h.patron LIMIT 1) END, \
         (SELECT count(*) FROM hold AS ho WHERE ho.institution = $1 AND ho.item = i.item AND ho.patron = ",
            $patron,
            "), \
         i.attachment, l.with_attachment, r.period_days, r.n_renewals, r.renewal_days, r.loan_limit, \
         CASE WHEN r.loan_limit IS NULL THEN 0 ELSE (SELECT count(*) FROM loan AS lt \
             WHERE lt.institution = $1 AND lt.patron = p.patron AND (SELECT it.item_type FROM item AS it \
                 WHERE it.institution = $1 AND it.item = lt.item) = i.item_type) END, \
         r.fine_fen_per_day, r.grace_days, r.fine_limit_fen \
     FROM institution AS n \
     LEFT JOIN item AS i ON i.institution = $1 AND i.item = ",
            $item,
            " \
     LEFT JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(i.at_branch, i.branch) \
     LEFT JOIN loan AS l ON l.institution = $1 AND l.item = i.item \
     LEFT JOIN patron AS p ON p.institution = $1 AND p.patron = coalesce(CAST(",
            $patron,
            " AS TEXT), l.patron) \
     LEFT JOIN patron_type AS t ON t.institution = $1 AND t.patron_type = p.patron_type \
     LEFT JOIN loan_rule AS r ON r.institution = $1 AND r.patron_type = p.patron_type \
         AND r.item_type = i.item_type \
     WHERE n.institution = $1",
            $after
        )
    };
}

/// All that the ledger judges by, in one row. Most items are held by nobody: only then is a place made to sort holds in. `$2` item, `$3` patron or nothing (then whoever has the item), `$4` today,
/// `$5` the operator account. Subselects name `$1` themselves: each must be answerable within the institution. Of which type
/// the patron's loans are is a subselect for each of them: as a join, PostgreSQL would go through the library's items. Of many,
/// what depends on the day and the account alone is looked up once for each of these.
pub(in crate::store) const FACTS: Statement =
    Statement::both("facts", facts!("", "$2", "$3", "$4", closed!("$4"), here!("$5"), here_name!("$5"), "")).many(
        Rank::Notes,
        facts!(
            concat!(
                "SELECT q.n, f.* FROM (SELECT u.today, u.account, ",
                closed!("u.today"),
                " AS closed, ",
                here!("u.account"),
                " AS here, ",
                here_name!("u.account"),
                " AS here_name FROM (SELECT DISTINCT t.today, t.account \
                     FROM unnest(CAST($4 AS TEXT[]), CAST($5 AS TEXT[])) AS t (today, account)) AS u OFFSET 0) AS d \
                 JOIN unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[])) \
                     WITH ORDINALITY AS q (item, patron, today, account, n) \
                     ON q.today = d.today AND q.account = d.account CROSS JOIN LATERAL ("
            ),
            "q.item",
            "q.patron",
            "q.today",
            "d.closed",
            "d.here",
            "d.here_name",
            ") AS f"
        ),
    );

/// The text of [`MOVED_AT`], as [`facts`].
macro_rules! moved_at {
    ($before:literal, $index:literal, $item:literal, $after:literal) => {
        concat!(
            $before,
            "SELECT max(m.at) FROM ( \
         SELECT g.at FROM (SELECT c.at FROM circulation_log AS c",
            $index,
            " WHERE c.institution = $1 AND c.item = ",
            $item,
            " \
             AND c.act <> 'renew' ORDER BY c.seq DESC LIMIT 1) AS g \
         UNION ALL SELECT l.loaned_at FROM loan AS l WHERE l.institution = $1 AND l.item = ",
            $item,
            " UNION ALL SELECT b.at FROM item_back AS b WHERE b.institution = $1 AND b.item = ",
            $item,
            ") AS m",
            $after
        )
    };
}

/// When an item was last lent or taken back: what the log says, for loans older than the log the loan itself, or when it
/// came back although nobody had it. SQLite
/// is told which index: by itself it looks through the log from its end, for an item that was never lent through all of it.
pub(in crate::store) const MOVED_AT: Statement = Statement::each(
    "moved at",
    moved_at!("", " INDEXED BY circulation_log_by_item", "$2", ""),
    moved_at!("", "", "$2", ""),
)
.many(
    Rank::Notes,
    moved_at!(
        "SELECT q.n, f.* FROM unnest(CAST($2 AS TEXT[])) WITH ORDINALITY AS q (item, n) CROSS JOIN LATERAL (",
        "",
        "q.item",
        ") AS f"
    ),
);

/// `$2` item, `$3` when: it came back although nobody had it. The latest time stays.
pub(in crate::store) const CAME_BACK: Statement = Statement::both(
    "came back",
    "INSERT INTO item_back (institution, item, at) VALUES ($1, $2, $3) \
     ON CONFLICT (institution, item) DO UPDATE SET at = excluded.at WHERE item_back.at < excluded.at",
);

/// `$2` item, `$3` patron.
pub(in crate::store) const END_HOLD: Statement = Statement::both(
    "end hold",
    "DELETE FROM hold WHERE institution = $1 AND item = $2 AND patron = $3 RETURNING placed_at, pickup_branch",
);

/// `$2` item, `$3` patron, `$4` when, `$5` due, `$6` account, `$7` transaction, `$8` and `$9` the hold fulfilled.
pub(in crate::store) const LEND: Statement = Statement::both(
    "lend",
    "INSERT INTO loan (institution, item, patron, loaned_at, due_on, n_renewals, opuser, transaction_id, \
         hold_placed_at, hold_pickup_branch) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)",
)
.many(
    Rank::Makes,
    "INSERT INTO loan (institution, item, patron, loaned_at, due_on, opuser, transaction_id, hold_placed_at, \
         hold_pickup_branch) \
     SELECT $1, q.* FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
         CAST($6 AS TEXT[]), CAST($7 AS BYTEA[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[])) AS q",
);

pub(in crate::store) const END_LOAN: Statement =
    Statement::both("end loan", "DELETE FROM loan WHERE institution = $1 AND item = $2")
        .many(Rank::Ends, "DELETE FROM loan WHERE institution = $1 AND item = ANY (CAST($2 AS TEXT[]))");

/// `$2` item, `$3` due.
pub(in crate::store) const RENEW: Statement = Statement::both(
    "renew",
    "UPDATE loan SET due_on = $3, n_renewals = n_renewals + 1 WHERE institution = $1 AND item = $2",
);

/// The log's next number on SQLite. `INSERT .. SELECT` from the table that is inserted into would go through a table of its own.
macro_rules! next {
    () => {
        "(SELECT coalesce(max(c.seq), 0) + 1 FROM circulation_log AS c WHERE c.institution = $1)"
    };
}

/// `$2` when, `$3` act, `$4` item, `$5` patron, `$6` due, `$7` account. PostgreSQL numbers by itself: a number that
/// depends on the last row would let one loan at a time through.
pub(in crate::store) const LOG: Statement = Statement::each(
    "log",
    concat!(
        "INSERT INTO circulation_log (institution, seq, at, act, item, patron, due_on, opuser) VALUES ($1, ",
        next!(),
        ", $2, $3, $4, $5, $6, $7)"
    ),
    "INSERT INTO circulation_log (institution, at, act, item, patron, due_on, opuser) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
)
.many(
    Rank::Notes,
    "INSERT INTO circulation_log (institution, at, act, item, patron, due_on, opuser) \
     SELECT $1, q.at, q.act, q.item, q.patron, q.due_on, q.opuser \
     FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
         CAST($6 AS TEXT[]), CAST($7 AS TEXT[])) WITH ORDINALITY AS q (at, act, item, patron, due_on, opuser, n) \
     ORDER BY q.n",
);

/// `$2` when, `$3` item, `$4` patron, `$5` due, `$6` account: a loan ends that was never taken along.
pub(in crate::store) const LOG_UNDONE: Statement = Statement::each(
    "log undone",
    concat!(
        "INSERT INTO circulation_log (institution, seq, at, act, item, patron, due_on, opuser, undoes) VALUES ($1, ",
        next!(),
        ", $2, 'checkin', $3, $4, $5, $6, 1)"
    ),
    "INSERT INTO circulation_log (institution, at, act, item, patron, due_on, opuser, undoes) \
     VALUES ($1, $2, 'checkin', $3, $4, $5, $6, 1)",
);

/// `$2` patron, `$3` fen more.
pub(in crate::store) const OWE: Statement = Statement::both(
    "owe",
    "UPDATE patron SET debt_fen = debt_fen + $3 WHERE institution = $1 AND patron = $2",
);

/// `$2` when, `$3` patron, `$4` item, `$5` fen, `$6` account.
pub(in crate::store) const LOG_FEE: Statement = Statement::each(
    "log fee",
    "INSERT INTO fee_log (institution, seq, at, patron, item, amount_fen, opuser) \
     SELECT $1, coalesce(max(f.seq), 0) + 1, $2, $3, $4, $5, $6 FROM fee_log AS f WHERE f.institution = $1",
    "INSERT INTO fee_log (institution, at, patron, item, amount_fen, opuser) VALUES ($1, $2, $3, $4, $5, $6)",
);

/// `$2` item, `$3` branch, or nothing: where it belongs.
pub(in crate::store) const STANDS_AT: Statement =
    Statement::both("stands at", "UPDATE item SET at_branch = $3 WHERE institution = $1 AND item = $2").many(
        Rank::Notes,
        "UPDATE item AS i SET at_branch = q.branch \
         FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[])) AS q (item, branch) \
         WHERE i.institution = $1 AND i.item = q.item",
    );

/// `$2` item.
pub(in crate::store) const END_TRANSIT: Statement =
    Statement::both("end transit", "DELETE FROM transit WHERE institution = $1 AND item = $2")
        .many(Rank::Ends, "DELETE FROM transit WHERE institution = $1 AND item = ANY (CAST($2 AS TEXT[]))");

/// What becomes of a way that an item is on already.
macro_rules! sent {
    () => {
        " ON CONFLICT (institution, item) DO UPDATE \
         SET from_branch = excluded.from_branch, to_branch = excluded.to_branch, sent_at = excluded.sent_at, \
             cause = excluded.cause"
    };
}

/// `$2` item, `$3` from, `$4` to, `$5` when, `$6` why.
pub(in crate::store) const SEND: Statement = Statement::both(
    "send",
    concat!(
        "INSERT INTO transit (institution, item, from_branch, to_branch, sent_at, cause) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        sent!()
    ),
)
.many(
    Rank::Makes,
    concat!(
        "INSERT INTO transit (institution, item, from_branch, to_branch, sent_at, cause) \
         SELECT $1, q.* FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
             CAST($6 AS TEXT[])) AS q",
        sent!()
    ),
);

/// `$2` item, `$3` patron, `$4` when, `$5` last day on the shelf.
pub(in crate::store) const SHELVE: Statement = Statement::both(
    "shelve",
    "UPDATE hold SET ready_at = $4, expires_on = $5 WHERE institution = $1 AND item = $2 AND patron = $3",
);

/// `$2` item, `$3` patron, `$4` when, `$5` pick-up branch.
pub(in crate::store) const PLACE_HOLD: Statement = Statement::both(
    "place hold",
    "INSERT INTO hold (institution, item, patron, placed_at, pickup_branch) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (institution, item, patron) DO NOTHING",
);

/// `$2` item, `$3` patron: the hold that counts, where it is to be picked up, and how many holds the patron has.
pub(in crate::store) const HOLD: Statement = Statement::both(
    "hold",
    "SELECT h.pickup_branch, h.ready_at, h.expires_on FROM hold AS h \
     WHERE h.institution = $1 AND h.item = $2 AND h.patron = $3",
);

/// `$2` patron.
pub(in crate::store) const HOLD_LIMIT: Statement = Statement::both(
    "hold limit",
    "SELECT t.hold_limit, (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.patron = $2) \
     FROM patron AS p JOIN patron_type AS t ON t.institution = $1 AND t.patron_type = p.patron_type \
     WHERE p.institution = $1 AND p.patron = $2",
);

/// `$2` branch.
pub(in crate::store) const IS_BRANCH: Statement =
    Statement::both("is branch", "SELECT 1 FROM branch WHERE institution = $1 AND branch = $2");

/// `$2` patron, `$3` state.
pub(in crate::store) const SET_CARD: Statement =
    Statement::both("set card", "UPDATE patron SET state = $3 WHERE institution = $1 AND patron = $2");

/// `$2` when, `$3` patron, `$4` event, `$5` state before, `$6` state after, `$7` account.
pub(in crate::store) const LOG_CARD: Statement = Statement::each(
    "log card",
    "INSERT INTO card_log (institution, seq, at, patron, event, state_before, state_after, opuser) \
     SELECT $1, coalesce(max(c.seq), 0) + 1, $2, $3, $4, $5, $6, $7 FROM card_log AS c WHERE c.institution = $1",
    "INSERT INTO card_log (institution, at, patron, event, state_before, state_after, opuser) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

pub(super) const ALL: &[&Statement] = &[
    &LOCK_ITEMS,
    &LOCK_PATRONS,
    &FACTS,
    &MOVED_AT,
    &END_HOLD,
    &CAME_BACK,
    &LEND,
    &END_LOAN,
    &RENEW,
    &LOG,
    &LOG_UNDONE,
    &OWE,
    &LOG_FEE,
    &STANDS_AT,
    &END_TRANSIT,
    &SEND,
    &SHELVE,
    &PLACE_HOLD,
    &HOLD,
    &HOLD_LIMIT,
    &IS_BRANCH,
    &SET_CARD,
    &LOG_CARD,
];
