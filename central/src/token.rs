//! The tokens handed out to programs: 128 random bits, each for one institution and two hours.
//!
//! The store keeps their hashes, so that every copy of central knows them, also after a restart. At most [`MAX_LIVE`] of
//! an institution are alive: the one that ends first makes room. A token that was found good is not looked for again for
//! [`REMEMBERED`]: so long may one be used that was taken back meanwhile.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use circulation::id::Isil;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Unit};
use sha2::{Digest as _, Sha256};

use crate::password::hex;
use crate::store::{Store, StoreError};

/// The most tokens of one institution alive at once.
pub const MAX_LIVE: u32 = 1024;

/// How long a good token is taken for good without asking the store.
pub const REMEMBERED: SignedDuration = SignedDuration::from_secs(5);

/// The tokens that were found good a moment ago.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<Hash, Known>>);

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// never given out, or forgotten
    Unknown,
    /// its time is over
    Expired,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// the operating system gives no random bytes
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// the store fails
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For whom a token speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// the institution
    pub institution: Isil,
    /// the only kiosk for which it speaks; nothing: a program's that speaks for any
    pub kiosk: Option<String>,
}

type Hash = [u8; 32];

struct Known {
    caller: Caller,
    ends_at: DateTime,
    checked_at: DateTime,
}

impl Tokens {
    /// Makes a token for the program `appid`; gives it and the second at which it ends. Blocks.
    ///
    /// # Errors
    /// [`IssueError`]
    pub fn issue(
        &self,
        store: &Store,
        (institution, appid): (&Isil, &str),
        now: DateTime,
        life: SignedDuration,
    ) -> Result<(String, DateTime), IssueError> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(IssueError::Random)?;
        let text = hex(&bytes);
        let ends_at = now.saturating_add(life).round(Unit::Second).unwrap_or(now);
        store.keep_token((institution, appid), &hash(&text), (now, ends_at), MAX_LIVE)?;
        Ok((text, ends_at))
    }

    /// For whom a token speaks. Blocks.
    ///
    /// What is compared are hashes: how long that takes tells nothing about the token.
    ///
    /// # Errors
    /// Outside, what the store says; inside, [`Refused`].
    pub fn check(
        &self,
        store: &Store,
        text: &str,
        now: DateTime,
    ) -> Result<Result<Caller, Refused>, StoreError> {
        let hash = hash(text);
        if let Some(caller) = self.remembered(&hash, now) {
            return Ok(Ok(caller));
        }
        let Some((caller, ends_at)) = store.token(&hash)? else { return Ok(Err(Refused::Unknown)) };
        if now >= ends_at {
            return Ok(Err(Refused::Expired));
        }
        self.remember(hash, Known { caller: caller.clone(), ends_at, checked_at: now });
        Ok(Ok(caller))
    }

    fn remembered(&self, hash: &Hash, now: DateTime) -> Option<Caller> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|known| known.is_fresh(now)).map(|known| known.caller.clone())
    }

    fn remember(&self, hash: Hash, token: Known) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = token.checked_at;
        if known.len() >= MAX_KNOWN {
            known.retain(|_, token| token.is_fresh(now));
        }
        if known.len() < MAX_KNOWN {
            known.insert(hash, token);
        }
    }
}

impl Known {
    /// A clock that was set back makes nothing good again.
    fn is_fresh(&self, now: DateTime) -> bool {
        let age = now.duration_since(self.checked_at);
        now < self.ends_at && age >= SignedDuration::ZERO && age < REMEMBERED
    }
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// Tokens remembered at once, of all institutions.
const MAX_KNOWN: usize = 4096;

#[cfg(test)]
mod tests;
