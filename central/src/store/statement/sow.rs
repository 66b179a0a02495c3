//! The demo library.

use super::Statement;

/// `$2` seed.
pub(in crate::store) const IS_SOWN: Statement =
    Statement::both("is sown", "SELECT 1 FROM seed WHERE institution = $1 AND seed = $2");

pub(in crate::store) const SEED: Statement =
    Statement::both("seed", "INSERT INTO seed (institution, seed, sown_at) VALUES ($1, $2, $3)");

pub(in crate::store) const INSTITUTION: Statement = Statement::both(
    "institution",
    "INSERT INTO institution (institution, name, debt_limit_fen) VALUES ($1, $2, $3)",
);

pub(in crate::store) const BRANCH: Statement =
    Statement::both("branch", "INSERT INTO branch (institution, branch, name) VALUES ($1, $2, $3)");

pub(in crate::store) const NEW_APP: Statement =
    Statement::both("new app", "INSERT INTO app (institution, appid, secret_hash) VALUES ($1, $2, $3)");

pub(in crate::store) const PATRON_TYPE: Statement = Statement::both(
    "patron type",
    "INSERT INTO patron_type (institution, patron_type, loan_limit) VALUES ($1, $2, $3)",
);

pub(in crate::store) const ITEM_TYPE: Statement =
    Statement::both("item type", "INSERT INTO item_type (institution, item_type) VALUES ($1, $2)");

pub(in crate::store) const LOAN_RULE: Statement = Statement::both(
    "loan rule",
    "INSERT INTO loan_rule (institution, patron_type, item_type, period_days, n_renewals) \
     VALUES ($1, $2, $3, $4, $5)",
);

pub(in crate::store) const NEW_PATRON: Statement = Statement::both(
    "new patron",
    "INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, \
     deposit_fen, debt_fen, kiosk_pin_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);

pub(in crate::store) const NEW_ITEM: Statement = Statement::both(
    "new item",
    "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);

pub(super) const ALL: &[&Statement] = &[
    &IS_SOWN,
    &SEED,
    &INSTITUTION,
    &BRANCH,
    &NEW_APP,
    &PATRON_TYPE,
    &ITEM_TYPE,
    &LOAN_RULE,
    &NEW_PATRON,
    &NEW_ITEM,
];
