//! The entrance: programs and their tokens. Here alone an institution is looked for instead of named: these two tables
//! are small, and a distributed database keeps them whole on every machine.

use super::Statement;

/// `$1` appid.
pub(in crate::store) const APP: Statement =
    Statement::entrance("app", "SELECT a.institution, a.secret_hash FROM app AS a WHERE a.appid = $1");

/// `$1` hash of the token. The kiosk is nothing where the token is a program's that speaks for any.
pub(in crate::store) const TOKEN: Statement = Statement::entrance(
    "token",
    "SELECT t.institution, t.ends_at, a.kiosk FROM token AS t \
     LEFT JOIN app AS a ON a.institution = t.institution AND a.appid = t.appid WHERE t.token_hash = $1",
);

/// `$2` hash, `$3` end, `$4` appid.
pub(in crate::store) const KEEP_TOKEN: Statement = Statement::both(
    "keep token",
    "INSERT INTO token (institution, token_hash, ends_at, appid) VALUES ($1, $2, $3, $4)",
);

/// `$2`: what ended until then is forgotten. `$3`: so many stay, those that end last.
pub(in crate::store) const FORGET_TOKENS: Statement = Statement::both(
    "forget tokens",
    "DELETE FROM token WHERE institution = $1 AND (ends_at <= $2 OR token_hash IN ( \
         SELECT t.token_hash FROM token AS t WHERE t.institution = $1 \
         ORDER BY t.ends_at DESC, t.token_hash LIMIT 1000000 OFFSET $3))",
);

pub(super) const ALL: &[&Statement] = &[&APP, &TOKEN, &KEEP_TOKEN, &FORGET_TOKENS];
