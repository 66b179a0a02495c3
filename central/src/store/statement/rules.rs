//! The library's rules, as whoever sets them sees them.

use super::Statement;

pub(in crate::store) const CARDS: Statement = Statement::both(
    "card rules",
    "SELECT patron_type, loan_limit, overdue_limit, hold_limit FROM patron_type WHERE institution = $1 \
     ORDER BY patron_type",
);

pub(in crate::store) const ITEM_TYPES: Statement = Statement::both(
    "all item types",
    "SELECT item_type FROM item_type WHERE institution = $1 ORDER BY item_type",
);

pub(in crate::store) const LOANS: Statement = Statement::both(
    "loan rules",
    "SELECT patron_type, item_type, period_days, n_renewals, fine_fen_per_day, grace_days FROM loan_rule \
     WHERE institution = $1 ORDER BY patron_type, item_type",
);

/// `$2` today: what holds for everybody, and the closing days to come.
pub(in crate::store) const HOUSE: Statement = Statement::both(
    "house rules",
    "SELECT n.debt_limit_fen, n.hold_shelf_days, n.closed_weekdays, \
         (SELECT string_agg(c.day, ' ') FROM closing_day AS c WHERE c.institution = $1 AND c.day >= $2) \
     FROM institution AS n WHERE n.institution = $1",
);

/// `$2` type, `$3` loans, `$4` overdue or nothing, `$5` holds.
pub(in crate::store) const SET_CARD: Statement = Statement::both(
    "set card rule",
    "INSERT INTO patron_type (institution, patron_type, loan_limit, overdue_limit, hold_limit) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (institution, patron_type) DO UPDATE SET \
         loan_limit = excluded.loan_limit, overdue_limit = excluded.overdue_limit, hold_limit = excluded.hold_limit",
);

/// `$2` type of card, `$3` of item: whether each is there.
pub(in crate::store) const ARE_TYPES: Statement = Statement::both(
    "are types",
    "SELECT 1 FROM patron_type AS p JOIN item_type AS i ON i.institution = $1 AND i.item_type = $3 \
     WHERE p.institution = $1 AND p.patron_type = $2",
);

/// `$2` type of card, `$3` of item, `$4` days, `$5` renewals, `$6` fen a day, `$7` days of grace.
pub(in crate::store) const SET_LOAN: Statement = Statement::both(
    "set loan rule",
    "INSERT INTO loan_rule (institution, patron_type, item_type, period_days, n_renewals, fine_fen_per_day, grace_days) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (institution, patron_type, item_type) DO UPDATE SET \
         period_days = excluded.period_days, n_renewals = excluded.n_renewals, \
         fine_fen_per_day = excluded.fine_fen_per_day, grace_days = excluded.grace_days",
);

/// `$2` type of card, `$3` of item.
pub(in crate::store) const END_LOAN_RULE: Statement = Statement::both(
    "end loan rule",
    "DELETE FROM loan_rule WHERE institution = $1 AND patron_type = $2 AND item_type = $3 RETURNING item_type",
);

/// `$2` days, `$3` weekdays.
pub(in crate::store) const SET_HOUSE: Statement = Statement::both(
    "set house rules",
    "UPDATE institution SET hold_shelf_days = $2, closed_weekdays = $3 WHERE institution = $1",
);

/// `$2` fen. Only another limit is a change: every kiosk takes a new snapshot then.
pub(in crate::store) const SET_DEBT_LIMIT: Statement = Statement::both(
    "set debt limit",
    "UPDATE institution SET debt_limit_fen = $2 WHERE institution = $1 AND debt_limit_fen <> $2",
);

/// `$2` day.
pub(in crate::store) const CLOSE_DAY: Statement = Statement::both(
    "close day",
    "INSERT INTO closing_day (institution, day) VALUES ($1, $2) ON CONFLICT (institution, day) DO NOTHING",
);

/// `$2` day.
pub(in crate::store) const OPEN_DAY: Statement =
    Statement::both("open day", "DELETE FROM closing_day WHERE institution = $1 AND day = $2");

pub(super) const ALL: &[&Statement] = &[
    &CARDS,
    &ITEM_TYPES,
    &LOANS,
    &HOUSE,
    &SET_CARD,
    &ARE_TYPES,
    &SET_LOAN,
    &END_LOAN_RULE,
    &SET_HOUSE,
    &SET_DEBT_LIMIT,
    &CLOSE_DAY,
    &OPEN_DAY,
];
