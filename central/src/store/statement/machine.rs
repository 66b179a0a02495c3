//! What machines do with library cards.

use super::Statement;

/// The kinds that machines make.
pub(in crate::store) const KINDS: Statement = Statement::both(
    "machine kinds",
    "SELECT r.patron_type, r.age_from, r.age_to, r.fee_fen, r.deposit_fen, r.by_credit, t.loan_limit \
     FROM machine_rule AS r JOIN patron_type AS t ON t.institution = $1 AND t.patron_type = r.patron_type \
     WHERE r.institution = $1 ORDER BY r.patron_type",
);

/// What a card costs that replaces a lost one.
pub(in crate::store) const REPLACEMENT: Statement =
    Statement::both("replacement", "SELECT n.replacement_fen FROM institution AS n WHERE n.institution = $1");

/// `$2` type, `$3` and `$4` ages or nothing, `$5` fee, `$6` deposit, `$7` by credit.
pub(in crate::store) const SET_KIND: Statement = Statement::both(
    "set machine kind",
    "INSERT INTO machine_rule (institution, patron_type, age_from, age_to, fee_fen, deposit_fen, by_credit) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (institution, patron_type) DO UPDATE SET \
         age_from = excluded.age_from, age_to = excluded.age_to, fee_fen = excluded.fee_fen, \
         deposit_fen = excluded.deposit_fen, by_credit = excluded.by_credit",
);

/// `$2` type.
pub(in crate::store) const END_KIND: Statement = Statement::both(
    "end machine kind",
    "DELETE FROM machine_rule WHERE institution = $1 AND patron_type = $2 RETURNING patron_type",
);

/// `$2` fen.
pub(in crate::store) const SET_REPLACEMENT: Statement =
    Statement::both("set replacement", "UPDATE institution SET replacement_fen = $2 WHERE institution = $1");

/// `$2` id: what is kept of a card. PostgreSQL: nobody else changes it until the end.
pub(in crate::store) const CARD: Statement = Statement::each(
    "machine card",
    "SELECT m.state, m.card, m.replaces, m.becomes, m.fee_fen, m.deposit_fen FROM machine_card AS m \
     WHERE m.institution = $1 AND m.id = $2",
    "SELECT m.state, m.card, m.replaces, m.becomes, m.fee_fen, m.deposit_fen FROM machine_card AS m \
     WHERE m.institution = $1 AND m.id = $2 FOR UPDATE OF m",
);

/// `$2` id.
pub(in crate::store) const IS_KEPT: Statement = Statement::both(
    "is machine card kept",
    "SELECT 1 FROM machine_card AS m WHERE m.institution = $1 AND m.id = $2",
);

/// `$2` id, then the columns in their order.
pub(in crate::store) const KEEP_CARD: Statement = Statement::both(
    "keep machine card",
    "INSERT INTO machine_card (institution, id, state, card, replaces, becomes, fee_fen, deposit_fen, consent, \
         on_phone, guardian_hash, changed_at, opuser) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);

/// `$2` id, `$3` when.
pub(in crate::store) const CONFIRM_CARD: Statement = Statement::both(
    "confirm machine card",
    "UPDATE machine_card SET state = 'confirmed', changed_at = $3 WHERE institution = $1 AND id = $2",
);

/// `$2` id, `$3` when: nothing but the id stays.
pub(in crate::store) const FORGET_CARD: Statement = Statement::both(
    "forget machine card",
    "UPDATE machine_card SET state = 'deleted', card = NULL, replaces = NULL, becomes = NULL, consent = 0, \
         guardian_hash = NULL, changed_at = $3 WHERE institution = $1 AND id = $2",
);

/// `$2` old number, `$3` new one: a card that staff has given another number meanwhile.
pub(in crate::store) const MOVE_CARD: Statement = Statement::both(
    "move machine card",
    "UPDATE machine_card SET card = $3 WHERE institution = $1 AND card = $2",
);

/// `$2` old number, `$3` new one.
pub(in crate::store) const MOVE_REPLACED: Statement = Statement::both(
    "move replaced card",
    "UPDATE machine_card SET replaces = $3 WHERE institution = $1 AND replaces = $2",
);

/// `$2` number: whether a card is promised to somebody, and nobody's yet.
pub(in crate::store) const IS_PROMISED: Statement = Statement::both(
    "is promised",
    "SELECT 1 FROM machine_card AS m WHERE m.institution = $1 AND m.card = $2 AND m.state = 'reserved'",
);

/// `$2` patron: its state, and whether anything hangs on it.
pub(in crate::store) const HANGS_ON: Statement = Statement::both(
    "hangs on",
    "SELECT p.state, (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.patron = p.patron) \
         + (SELECT count(*) FROM hold AS h WHERE h.institution = $1 AND h.patron = p.patron) \
         + (SELECT count(*) FROM patron_block AS b WHERE b.institution = $1 AND b.patron = p.patron) \
         + (SELECT count(*) FROM attached_card AS a WHERE a.institution = $1 AND a.patron = p.patron) \
     FROM patron AS p WHERE p.institution = $1 AND p.patron = $2",
);

/// `$2` patron, `$3` hash of the password.
pub(in crate::store) const SET_SECRET: Statement = Statement::both(
    "set patron password",
    "UPDATE patron SET password_hash = $3 WHERE institution = $1 AND patron = $2",
);

pub(super) const ALL: &[&Statement] = &[
    &KINDS,
    &REPLACEMENT,
    &SET_KIND,
    &END_KIND,
    &SET_REPLACEMENT,
    &CARD,
    &IS_KEPT,
    &KEEP_CARD,
    &CONFIRM_CARD,
    &FORGET_CARD,
    &MOVE_CARD,
    &MOVE_REPLACED,
    &IS_PROMISED,
    &HANGS_ON,
    &SET_SECRET,
];
