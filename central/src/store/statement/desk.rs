//! The desk: readers found, issued and changed; fees and payments; notices.

use super::Statement;

/// What is told of a reader: [`super::look::PATRON`]'s columns, then the rest.
macro_rules! reader {
    ($which:literal) => {
        concat!(
            "SELECT p.patron, p.name, p.patron_type, p.state, p.starts_on, p.ends_on, p.deposit_fen, p.debt_fen, \
                 t.loan_limit, (SELECT count(*) FROM loan AS l WHERE l.institution = $1 AND l.patron = p.patron), \
                 p.sex, p.branch, b.name, p.prepaid_fen \
             FROM patron AS p JOIN patron_type AS t ON t.institution = $1 AND t.patron_type = p.patron_type \
             LEFT JOIN branch AS b ON b.institution = $1 AND b.branch = p.branch \
             WHERE p.institution = $1 AND ",
            $which,
            " ORDER BY p.patron LIMIT 100"
        )
    };
}

/// `$2` card number, of the patron's own card or of one that stands for it.
pub(in crate::store) const READER_BY_NUMBER: Statement = Statement::both(
    "reader by number",
    reader!(
        "(p.patron = $2 OR p.patron IN (SELECT a.patron FROM attached_card AS a \
             WHERE a.institution = $1 AND a.card = $2))"
    ),
);

/// `$2` hash.
pub(in crate::store) const READER_BY_CERTIFICATE: Statement =
    Statement::both("reader by certificate", reader!("p.certificate_hash = $2"));

/// `$2` hash.
pub(in crate::store) const READER_BY_LOGIN: Statement =
    Statement::both("reader by login", reader!("p.login_hash = $2"));

/// `$2` name.
pub(in crate::store) const READERS_BY_NAME: Statement =
    Statement::both("readers by name", reader!("p.name = $2"));

/// `$2` type, `$3` branch or nothing, `$4` card number, `$5` certificate, `$6` log-in, `$7` attached card, `$8` number of
/// the payment: what a new card needs, and what must not be there yet.
pub(in crate::store) const ISSUE_FACTS: Statement = Statement::both(
    "issue facts",
    "SELECT (SELECT t.validity_days FROM patron_type AS t WHERE t.institution = $1 AND t.patron_type = $2), \
         (SELECT count(*) FROM branch AS b WHERE b.institution = $1 AND b.branch = CAST($3 AS TEXT)), \
         (SELECT count(*) FROM patron AS p WHERE p.institution = $1 AND p.patron = CAST($4 AS TEXT)) \
             + (SELECT count(*) FROM machine_card AS d WHERE d.institution = $1 AND d.card = CAST($4 AS TEXT) \
                AND d.state = 'reserved'), \
         (SELECT count(*) FROM patron AS c WHERE c.institution = $1 AND c.certificate_hash = $5), \
         (SELECT count(*) FROM patron AS g WHERE g.institution = $1 AND g.login_hash = $6), \
         (SELECT count(*) FROM attached_card AS a WHERE a.institution = $1 AND a.card = CAST($7 AS TEXT)), \
         (SELECT count(*) FROM payment AS m WHERE m.institution = $1 AND m.serial = CAST($8 AS TEXT)) \
     FROM institution AS n WHERE n.institution = $1",
);

/// `$2` kind, `$3` prefix, `$4` digits.
pub(in crate::store) const NEXT_NUMBER: Statement = Statement::both(
    "next number",
    "INSERT INTO numbering (institution, kind, prefix, n_digits, last) VALUES ($1, $2, $3, $4, 1) \
     ON CONFLICT (institution, kind) DO UPDATE SET last = numbering.last + 1 RETURNING prefix, n_digits, last",
);

/// `$2` to `$18`, see the columns.
pub(in crate::store) const ISSUE: Statement = Statement::both(
    "issue card",
    "INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, \
         deposit_fen, debt_fen, kiosk_pin_hash, sex, birth_year, issued_on, branch, certificate_hash, login_hash) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16)",
);

/// `$2` card, `$3` patron.
pub(in crate::store) const ATTACH_CARD: Statement = Statement::both(
    "attach card",
    "INSERT INTO attached_card (institution, card, patron) VALUES ($1, $2, $3)",
);

/// `$2` patron, `$3` last day.
pub(in crate::store) const SET_END: Statement =
    Statement::both("set end", "UPDATE patron SET ends_on = $3 WHERE institution = $1 AND patron = $2");

/// `$2` patron, `$3` type.
pub(in crate::store) const SET_TYPE: Statement =
    Statement::both("set type", "UPDATE patron SET patron_type = $3 WHERE institution = $1 AND patron = $2");

/// `$2` type.
pub(in crate::store) const PATRON_TYPE_FACTS: Statement = Statement::both(
    "patron type facts",
    "SELECT loan_limit, validity_days FROM patron_type WHERE institution = $1 AND patron_type = $2",
);

/// `$2` old number, `$3` new one: a copy of the row without what must be unique.
pub(in crate::store) const COPY_PATRON: Statement = Statement::both(
    "copy patron",
    "INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, \
         deposit_fen, debt_fen, kiosk_pin_hash, sex, birth_year, issued_on, branch, prepaid_fen) \
     SELECT $1, CAST($3 AS TEXT), p.name, p.password_hash, p.patron_type, p.state, p.starts_on, p.ends_on, \
         p.deposit_fen, p.debt_fen, p.kiosk_pin_hash, p.sex, p.birth_year, p.issued_on, p.branch, p.prepaid_fen \
     FROM patron AS p WHERE p.institution = $1 AND p.patron = $2",
);

/// `$2` patron.
pub(in crate::store) const UNIQUE_OF_PATRON: Statement = Statement::both(
    "unique of patron",
    "SELECT certificate_hash, login_hash FROM patron WHERE institution = $1 AND patron = $2",
);

/// `$2` patron, `$3` and `$4` hashes.
pub(in crate::store) const SET_UNIQUE: Statement = Statement::both(
    "set unique",
    "UPDATE patron SET certificate_hash = $3, login_hash = $4 WHERE institution = $1 AND patron = $2",
);

/// `$2` old number, `$3` new one.
pub(in crate::store) const MOVE_LOANS: Statement =
    Statement::both("move loans", "UPDATE loan SET patron = $3 WHERE institution = $1 AND patron = $2");

/// `$2` old number, `$3` new one.
pub(in crate::store) const MOVE_HOLDS: Statement =
    Statement::both("move holds", "UPDATE hold SET patron = $3 WHERE institution = $1 AND patron = $2");

/// `$2` old number, `$3` new one.
pub(in crate::store) const MOVE_BLOCKS: Statement = Statement::both(
    "move blocks",
    "UPDATE patron_block SET patron = $3 WHERE institution = $1 AND patron = $2",
);

/// `$2` old number, `$3` new one.
pub(in crate::store) const MOVE_CARDS: Statement = Statement::both(
    "move cards",
    "UPDATE attached_card SET patron = $3 WHERE institution = $1 AND patron = $2",
);

/// `$2` patron.
pub(in crate::store) const REMOVE_PATRON: Statement =
    Statement::both("remove patron", "DELETE FROM patron WHERE institution = $1 AND patron = $2");

/// As [`super::circulate::LOG_CARD`], and `$8` the number that follows.
pub(in crate::store) const LOG_SUCCESSION: Statement = Statement::each(
    "log succession",
    "INSERT INTO card_log (institution, seq, at, patron, event, state_before, state_after, opuser, successor) \
     SELECT $1, coalesce(max(c.seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8 \
     FROM card_log AS c WHERE c.institution = $1",
    "INSERT INTO card_log (institution, at, patron, event, state_before, state_after, opuser, successor) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

/// `$2` patron: the last change of the card.
pub(in crate::store) const LAST_CARD_EVENT: Statement = Statement::both(
    "last card event",
    "SELECT c.event, c.state_before, c.opuser FROM card_log AS c WHERE c.institution = $1 AND c.patron = $2 \
     ORDER BY c.seq DESC LIMIT 1",
);

/// `$2` patron: every charge with what is left of it, the oldest first.
pub(in crate::store) const CHARGES: Statement = Statement::both(
    "charges",
    "SELECT f.seq, f.at, f.kind, f.item, i.title, f.amount_fen + coalesce(CAST(( \
         SELECT sum(s.amount_fen) FROM fee_log AS s WHERE s.institution = $1 AND s.settles = f.seq) AS BIGINT), 0) \
     FROM fee_log AS f LEFT JOIN item AS i ON i.institution = $1 AND i.item = f.item \
     WHERE f.institution = $1 AND f.amount_fen > 0 AND (f.patron = $2 OR f.patron IN ( \
         SELECT c.patron FROM card_log AS c WHERE c.institution = $1 AND c.successor = $2)) ORDER BY f.seq",
);

/// `$2` when, `$3` patron, `$4` item or '', `$5` fen, `$6` account, `$7` kind, `$8` the charge settled, `$9` payment.
pub(in crate::store) const LOG_SETTLED: Statement = Statement::each(
    "log settled",
    "INSERT INTO fee_log (institution, seq, at, patron, item, amount_fen, opuser, kind, settles, serial) \
     SELECT $1, coalesce(max(f.seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9 \
     FROM fee_log AS f WHERE f.institution = $1",
    "INSERT INTO fee_log (institution, at, patron, item, amount_fen, opuser, kind, settles, serial) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

/// `$2` serial.
pub(in crate::store) const PAYMENT: Statement = Statement::both(
    "payment",
    "SELECT patron, purpose, amount_fen, fee FROM payment WHERE institution = $1 AND serial = $2",
);

/// `$2` serial, `$3` when, `$4` patron, `$5` purpose, `$6` fen, `$7` how, `$8` charge, `$9` account.
pub(in crate::store) const KEEP_PAYMENT: Statement = Statement::both(
    "keep payment",
    "INSERT INTO payment (institution, serial, at, patron, purpose, amount_fen, payment_type, fee, opuser) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

/// `$2` patron, `$3` fen more.
pub(in crate::store) const PREPAY: Statement = Statement::both(
    "prepay",
    "UPDATE patron SET prepaid_fen = prepaid_fen + $3 WHERE institution = $1 AND patron = $2",
);

/// `$2` patron, `$3` fen.
pub(in crate::store) const SET_DEPOSIT: Statement = Statement::both(
    "set deposit",
    "UPDATE patron SET deposit_fen = $3 WHERE institution = $1 AND patron = $2",
);

/// `$2` when, `$3` patron, `$4` kind, `$5` item, `$6` branch, `$7` last day.
pub(in crate::store) const NOTIFY: Statement = Statement::each(
    "notify",
    "INSERT INTO notice (institution, seq, at, patron, kind, item, branch, until) \
     SELECT $1, coalesce(max(n.seq), 0) + 1, $2, $3, $4, $5, $6, $7 FROM notice AS n WHERE n.institution = $1",
    "INSERT INTO notice (institution, at, patron, kind, item, branch, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

/// `$2` number, `$3` at most.
pub(in crate::store) const NOTICES: Statement = Statement::both(
    "notices",
    "SELECT n.seq, n.at, n.patron, n.kind, n.item, n.branch, n.until FROM notice AS n \
     WHERE n.institution = $1 AND n.seq > $2 ORDER BY n.seq LIMIT $3",
);

/// `$2` operator account.
pub(in crate::store) const OPERATOR: Statement = Statement::both(
    "operator",
    "SELECT o.name, o.password_hash, s.branch FROM operator AS o \
     LEFT JOIN service_point AS s ON s.institution = $1 AND s.opuser = o.opuser \
     WHERE o.institution = $1 AND o.opuser = $2",
);

/// `$2` operator account, `$3` name, `$4` hash.
pub(in crate::store) const SET_OPERATOR: Statement = Statement::both(
    "set operator",
    "INSERT INTO operator (institution, opuser, name, password_hash) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (institution, opuser) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash",
);

/// `$2` operator account, `$3` branch.
pub(in crate::store) const SET_SERVICE_POINT: Statement = Statement::both(
    "set service point",
    "INSERT INTO service_point (institution, opuser, branch) VALUES ($1, $2, $3) \
     ON CONFLICT (institution, opuser) DO UPDATE SET branch = excluded.branch",
);

/// `$2` operator account.
pub(in crate::store) const NO_SERVICE_POINT: Statement =
    Statement::both("no service point", "DELETE FROM service_point WHERE institution = $1 AND opuser = $2");

pub(super) const ALL: &[&Statement] = &[
    &READER_BY_NUMBER,
    &READER_BY_CERTIFICATE,
    &READER_BY_LOGIN,
    &READERS_BY_NAME,
    &ISSUE_FACTS,
    &NEXT_NUMBER,
    &ISSUE,
    &ATTACH_CARD,
    &SET_END,
    &SET_TYPE,
    &PATRON_TYPE_FACTS,
    &COPY_PATRON,
    &UNIQUE_OF_PATRON,
    &SET_UNIQUE,
    &MOVE_LOANS,
    &MOVE_HOLDS,
    &MOVE_BLOCKS,
    &MOVE_CARDS,
    &REMOVE_PATRON,
    &LOG_SUCCESSION,
    &LAST_CARD_EVENT,
    &CHARGES,
    &LOG_SETTLED,
    &PAYMENT,
    &KEEP_PAYMENT,
    &PREPAY,
    &SET_DEPOSIT,
    &NOTIFY,
    &NOTICES,
    &OPERATOR,
    &SET_OPERATOR,
    &SET_SERVICE_POINT,
    &NO_SERVICE_POINT,
];
