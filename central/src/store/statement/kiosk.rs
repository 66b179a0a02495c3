//! A kiosk's transactions, and what staff must look at.

use super::{Rank, Statement};

/// `$2` id. Many are looked up one after another by their key (`LATERAL`, and nothing that could be turned inside out): as a
/// join, planned while the table was small, every batch would go through all that any kiosk ever told.
pub(in crate::store) const KEPT: Statement = Statement::both(
    "kept",
    "SELECT act, item, patron, outcome FROM kiosk_transaction WHERE institution = $1 AND id = $2",
)
.many(
    Rank::Notes,
    "SELECT q.n, f.* FROM unnest(CAST($2 AS BYTEA[])) WITH ORDINALITY AS q (id, n) CROSS JOIN LATERAL ( \
         SELECT k.act, k.item, k.patron, k.outcome FROM kiosk_transaction AS k \
         WHERE k.institution = $1 AND k.id = q.id OFFSET 0) AS f",
);

/// `$2` id, `$3` act, `$4` item, `$5` patron, `$6` account, `$7` happened, `$8` applied, `$9` outcome. Two copies of
/// central that were told the same at once cannot both keep it: the second starts again and finds the answer.
pub(in crate::store) const KEEP: Statement = Statement::both(
    "keep",
    "INSERT INTO kiosk_transaction \
         (institution, id, act, item, patron, opuser, happened_at, applied_at, outcome) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
)
.many(
    Rank::Notes,
    "INSERT INTO kiosk_transaction \
         (institution, id, act, item, patron, opuser, happened_at, applied_at, outcome) \
     SELECT $1, q.* FROM unnest(CAST($2 AS BYTEA[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
         CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[])) AS q",
);

/// `$2` id, `$3` outcome.
pub(in crate::store) const KEEP_ANEW: Statement = Statement::both(
    "keep anew",
    "UPDATE kiosk_transaction SET outcome = $3 WHERE institution = $1 AND id = $2",
);

/// `$2` item, `$3` transaction.
pub(in crate::store) const CLAIM_LOAN: Statement =
    Statement::both("claim loan", "UPDATE loan SET transaction_id = $3 WHERE institution = $1 AND item = $2");

/// `$2` item, `$3` transaction.
pub(in crate::store) const LOAN_OF: Statement = Statement::both(
    "loan of",
    "SELECT hold_placed_at, hold_pickup_branch FROM loan \
     WHERE institution = $1 AND item = $2 AND transaction_id = $3",
);

/// `$2` transaction, `$3` code, `$4` act, `$5` item, `$6` patron, `$7` account, `$8` happened.
pub(in crate::store) const EXCEPT: Statement = Statement::each(
    "except",
    "INSERT INTO staff_exception \
         (institution, seq, transaction_id, code, act, item, patron, opuser, happened_at) \
     SELECT $1, coalesce(max(s.seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8 \
     FROM staff_exception AS s WHERE s.institution = $1",
    "INSERT INTO staff_exception \
         (institution, transaction_id, code, act, item, patron, opuser, happened_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

pub(in crate::store) const EXCEPTIONS: Statement = Statement::both(
    "exceptions",
    "SELECT seq, code, act, item, happened_at, opuser FROM staff_exception \
     WHERE institution = $1 AND settled_at IS NULL ORDER BY seq",
);

pub(super) const ALL: &[&Statement] =
    &[&KEPT, &KEEP, &KEEP_ANEW, &CLAIM_LOAN, &LOAN_OF, &EXCEPT, &EXCEPTIONS];
