//! Orders at payment providers, for cards that machines make.

use super::Statement;

/// The columns of an order.
macro_rules! order {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.via, o.amount_fen, o.state, o.code, o.trade, o.expires_at, o.changed_at, o.opuser, m.state, \
                 m.card FROM pay_order AS o LEFT JOIN machine_card AS m ON m.institution = $1 AND m.id = o.id \
             WHERE o.institution = $1 AND ",
            $rest
        )
    };
}

/// `$2` id: its orders.
pub(in crate::store) const ORDERS: Statement =
    Statement::both("pay orders", order!("o.id = $2 ORDER BY o.via"));

/// `$2` and `$3` states, `$4` at most: the ones that have been so for the longest time.
pub(in crate::store) const ORDERS_IN: Statement = Statement::both(
    "pay orders in a state",
    order!("o.state IN ($2, $3) ORDER BY o.changed_at, o.id, o.via LIMIT $4"),
);

/// `$2` at most: the last ones.
pub(in crate::store) const LAST_ORDERS: Statement =
    Statement::both("last pay orders", order!("1 = 1 ORDER BY o.changed_at DESC, o.id, o.via LIMIT $2"));

/// `$2` id: what a card costs that is reserved. PostgreSQL: nobody changes it or its orders until the end.
pub(in crate::store) const DUE: Statement = Statement::each(
    "due",
    "SELECT m.fee_fen, m.deposit_fen, m.state FROM machine_card AS m WHERE m.institution = $1 AND m.id = $2",
    "SELECT m.fee_fen, m.deposit_fen, m.state FROM machine_card AS m WHERE m.institution = $1 AND m.id = $2 \
     FOR UPDATE OF m",
);

/// `$2` id, `$3` via, `$4` fen, `$5` until when it can be paid, `$6` when, `$7` account.
pub(in crate::store) const ORDER: Statement = Statement::both(
    "keep pay order",
    "INSERT INTO pay_order (institution, id, via, amount_fen, state, expires_at, changed_at, opuser) \
     VALUES ($1, $2, $3, $4, 'asked', $5, $6, $7) ON CONFLICT (institution, id, via) DO NOTHING",
);

/// `$2` id, `$3` via, `$4` state, `$5` code or nothing, `$6` the provider's number or nothing, `$7` when.
pub(in crate::store) const SET_ORDER: Statement = Statement::both(
    "set pay order",
    "UPDATE pay_order SET state = $4, code = CAST($5 AS TEXT), trade = coalesce(CAST($6 AS TEXT), trade), \
         changed_at = $7 WHERE institution = $1 AND id = $2 AND via = $3",
);

pub(super) const ALL: &[&Statement] = &[&ORDERS, &ORDERS_IN, &LAST_ORDERS, &DUE, &ORDER, &SET_ORDER];
