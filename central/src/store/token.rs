//! Tokens as every copy of central knows them: only their hashes are kept.

use circulation::id::Isil;
use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::engine::Value;
use super::statement::enter;
use super::{Store, StoreError};
use crate::clock;

impl Store {
    /// Keeps the hash of a token until it ends, and forgets tokens that ended an hour ago (until then they are told apart
    /// from those never given out), and those that end first if the institution has more than `max`.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn keep_token(
        &self,
        of: &Isil,
        hash: &[u8],
        (now, ends_at): (DateTime, DateTime),
        max: u32,
    ) -> Result<(), StoreError> {
        let forgotten = clock::stamp(now.saturating_sub(KNOWN_AFTER));
        let ends_at = clock::stamp(ends_at);
        self.change(|db| {
            db.write(&enter::KEEP_TOKEN, &[of.into(), Value::Bytes(hash), (&ends_at).into()])?;
            db.write(&enter::FORGET_TOKENS, &[of.into(), (&forgotten).into(), max.into()])
        })
    }

    /// The institution for which a token speaks, and when it ends.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn token(&self, hash: &[u8]) -> Result<Option<(Isil, DateTime)>, StoreError> {
        self.look(|db| {
            let row = db.rows(&enter::TOKEN, &[Value::Bytes(hash)])?.into_iter().next();
            row.map(|mut row| Ok((row.institution("token.institution")?, row.time("token.ends_at")?)))
                .transpose()
        })
    }
}

const KNOWN_AFTER: SignedDuration = SignedDuration::from_hours(1);
