//! Accounts, sessions, failed log-ins, the audit log.

use super::Statement;

/// `$2` account, `$3` role, `$4` hash, `$5` now. Nothing where the name was ever taken.
pub(in crate::store) const NEW_ACCOUNT: Statement = Statement::both(
    "new account",
    "INSERT INTO account (institution, account, role, password_hash, made_at) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (institution, account) DO NOTHING RETURNING account",
);

/// `$2` account.
pub(in crate::store) const ACCOUNT: Statement = Statement::both(
    "account",
    "SELECT account, role, password_hash, made_at, disabled_at FROM account \
     WHERE institution = $1 AND account = $2",
);

pub(in crate::store) const ACCOUNTS: Statement = Statement::both(
    "accounts",
    "SELECT account, role, password_hash, made_at, disabled_at FROM account \
     WHERE institution = $1 ORDER BY account",
);

/// `$2` account, `$3` hash.
pub(in crate::store) const SET_PASSWORD: Statement = Statement::both(
    "set password",
    "UPDATE account SET password_hash = $3 WHERE institution = $1 AND account = $2 RETURNING account",
);

/// `$2` account, `$3` since when, or nothing.
pub(in crate::store) const SET_DISABLED: Statement = Statement::both(
    "set disabled",
    "UPDATE account SET disabled_at = $3 WHERE institution = $1 AND account = $2 RETURNING account",
);

/// PostgreSQL alone locks rows: of two who disable each other at once, the second sees what the first did.
pub(in crate::store) const LOCK_ADMINISTRATORS: Statement = Statement::each(
    "lock administrators",
    "SELECT account FROM account WHERE institution = $1 AND role = 'administrator' AND disabled_at IS NULL",
    "SELECT account FROM account WHERE institution = $1 AND role = 'administrator' AND disabled_at IS NULL \
     ORDER BY account FOR UPDATE",
);

/// `$2` hash, `$3` kind, `$4` subject, `$5` now, `$6` end.
pub(in crate::store) const OPEN_SESSION: Statement = Statement::both(
    "open session",
    "INSERT INTO session (institution, session_hash, kind, subject, seen_at, ends_at) \
     VALUES ($1, $2, $3, $4, $5, $6)",
);

/// `$2` now, `$3` the time before which one seen last is forgotten.
pub(in crate::store) const FORGET_SESSIONS: Statement = Statement::both(
    "forget sessions",
    "DELETE FROM session WHERE institution = $1 AND (ends_at <= $2 OR seen_at <= $3)",
);

/// `$2` hash. The role is nothing where the account is disabled.
pub(in crate::store) const SESSION: Statement = Statement::both(
    "session",
    "SELECT s.kind, s.subject, s.seen_at, s.ends_at, a.role FROM session AS s \
     LEFT JOIN account AS a ON a.institution = $1 AND s.kind = 'account' AND a.account = s.subject \
         AND a.disabled_at IS NULL \
     WHERE s.institution = $1 AND s.session_hash = $2",
);

/// `$2` hash, `$3` now.
pub(in crate::store) const SEE_SESSION: Statement = Statement::both(
    "see session",
    "UPDATE session SET seen_at = $3 WHERE institution = $1 AND session_hash = $2",
);

/// `$2` hash.
pub(in crate::store) const END_SESSION: Statement =
    Statement::both("end session", "DELETE FROM session WHERE institution = $1 AND session_hash = $2");

/// `$2` kind, `$3` subject, `$4` the hash of one that stays.
pub(in crate::store) const END_SESSIONS: Statement = Statement::both(
    "end sessions",
    "DELETE FROM session WHERE institution = $1 AND kind = $2 AND subject = $3 AND session_hash <> $4",
);

/// `$2` subject.
pub(in crate::store) const GUARD: Statement = Statement::both(
    "guard",
    "SELECT n_failures, first_at, locked_until FROM login_guard WHERE institution = $1 AND subject = $2",
);

/// `$2` subject, `$3` now: the row is there afterwards, and nobody else counts on it meanwhile.
pub(in crate::store) const LOCK_GUARD: Statement = Statement::both(
    "lock guard",
    "INSERT INTO login_guard (institution, subject, n_failures, first_at) VALUES ($1, $2, 0, $3) \
     ON CONFLICT (institution, subject) DO UPDATE SET n_failures = login_guard.n_failures \
     RETURNING n_failures, first_at, locked_until",
);

/// `$2` subject, `$3` failures, `$4` the first of them, `$5` locked until.
pub(in crate::store) const SET_GUARD: Statement = Statement::both(
    "set guard",
    "UPDATE login_guard SET n_failures = $3, first_at = $4, locked_until = $5 \
     WHERE institution = $1 AND subject = $2",
);

/// `$2` subject.
pub(in crate::store) const CLEAR_GUARD: Statement =
    Statement::both("clear guard", "DELETE FROM login_guard WHERE institution = $1 AND subject = $2");

/// `$2`: what began before that is forgotten, unless it is locked beyond `$3`.
pub(in crate::store) const FORGET_GUARDS: Statement = Statement::both(
    "forget guards",
    "DELETE FROM login_guard WHERE institution = $1 AND first_at <= $2 \
     AND (locked_until IS NULL OR locked_until <= $3)",
);

/// `$2` at, `$3` actor, `$4` act, `$5` object.
pub(in crate::store) const AUDIT: Statement = Statement::each(
    "audit",
    "INSERT INTO audit_log (institution, seq, at, actor, act, object) \
     SELECT $1, coalesce(max(l.seq), 0) + 1, $2, $3, $4, $5 FROM audit_log AS l WHERE l.institution = $1",
    "INSERT INTO audit_log (institution, at, actor, act, object) VALUES ($1, $2, $3, $4, $5)",
);

/// `$2`: those before this number, the newest first. `$3` at most so many.
pub(in crate::store) const AUDITED: Statement = Statement::both(
    "audited",
    "SELECT seq, at, actor, act, object FROM audit_log WHERE institution = $1 AND seq < $2 \
     ORDER BY seq DESC LIMIT $3",
);

/// `$2` key: the first stays.
pub(in crate::store) const KEEP_CARD_KEY: Statement = Statement::both(
    "keep card key",
    "INSERT INTO card_key (institution, pkcs8) VALUES ($1, $2) ON CONFLICT (institution) DO NOTHING",
);

pub(in crate::store) const CARD_KEY: Statement =
    Statement::both("card key", "SELECT pkcs8 FROM card_key WHERE institution = $1");

pub(super) const ALL: &[&Statement] = &[
    &NEW_ACCOUNT,
    &ACCOUNT,
    &ACCOUNTS,
    &SET_PASSWORD,
    &SET_DISABLED,
    &LOCK_ADMINISTRATORS,
    &OPEN_SESSION,
    &FORGET_SESSIONS,
    &SESSION,
    &SEE_SESSION,
    &END_SESSION,
    &END_SESSIONS,
    &GUARD,
    &LOCK_GUARD,
    &SET_GUARD,
    &CLEAR_GUARD,
    &FORGET_GUARDS,
    &AUDIT,
    &AUDITED,
    &KEEP_CARD_KEY,
    &CARD_KEY,
];
