//! A password that a program or device asks about for somebody: the lock first, then the password. The pages' own log-in is
//! in `web::login`; both count under the same name, so that nobody has five tries at each of them.

use circulation::id::Isil;
use jiff::civil::DateTime;
use sha2::{Digest as _, Sha256};

use crate::password::{self, hex};
use crate::store::{Store, StoreError};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Right,
    Wrong,
    /// nobody may try before this
    Locked(DateTime),
}

/// Looks at a password, unless too many were wrong. The address is not counted: a program speaks for all kiosks of a
/// library, and what one of them is asked must not lock the others out.
///
/// # Errors
/// [`StoreError`]; then the try is counted or not.
pub(crate) fn check(
    store: &Store,
    of: &Isil,
    person: &str,
    (password, hash): (&str, &str),
    now: DateTime,
) -> Result<Attempt, StoreError> {
    if let Some(until) = store.try_log_in(of, (person, None), now)? {
        return Ok(Attempt::Locked(until));
    }
    if password.chars().count() <= MAX_PASSWORD && password::verify(password, hash) {
        store.forget_failures(of, person)?;
        return Ok(Attempt::Right);
    }
    Ok(store.log_in_failed(of, (person, None), None, now)?.map_or(Attempt::Wrong, Attempt::Locked))
}

/// What failures are counted under: a hash, so that the table names nobody. `kind` is `card`, `account`, `operator`,
/// `program` or `address`.
pub(crate) fn subject(kind: &str, name: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(format!("{kind} {}", name.to_lowercase()).as_bytes()).into();
    hex(digest.get(..16).unwrap_or_default())
}

/// Characters of a password that is looked at.
pub(crate) const MAX_PASSWORD: usize = 128;

/// A hash of nothing that anybody knows.
pub(crate) const NOBODY: &str = "argon2id$19456$2$00000000000000000000000000000000$\
     0000000000000000000000000000000000000000000000000000000000000000";
