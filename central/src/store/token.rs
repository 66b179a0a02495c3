//! Tokens as every copy of central knows them: only their hashes are kept.

use circulation::id::Isil;
use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::engine::{Row, Value};
use super::statement::enter;
use super::{Store, StoreError};
use crate::clock;
use crate::token::Caller;

impl Store {
    /// Keeps the hash of a token until it ends, and forgets tokens that ended an hour ago (until then they are told apart
    /// from those never given out), and those that end first if the institution has more than `max`.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn keep_token(
        &self,
        (of, appid): (&Isil, &str),
        hash: &[u8],
        (now, ends_at): (DateTime, DateTime),
        max: u32,
    ) -> Result<(), StoreError> {
        let forgotten = clock::stamp(now.saturating_sub(KNOWN_AFTER));
        let ends_at = clock::stamp(ends_at);
        self.change(|db| {
            db.write(&enter::KEEP_TOKEN, &[of.into(), Value::Bytes(hash), (&ends_at).into(), appid.into()])?;
            db.write(&enter::FORGET_TOKENS, &[of.into(), (&forgotten).into(), max.into()])
        })
    }

    /// For whom a token speaks, and when it ends.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn token(&self, hash: &[u8]) -> Result<Option<(Caller, DateTime)>, StoreError> {
        self.look(|db| {
            let row = db.rows(&enter::TOKEN, &[Value::Bytes(hash)])?.into_iter().next();
            let read = |mut row: Row| {
                let institution = row.institution("token.institution")?;
                let ends_at = row.time("token.ends_at")?;
                Ok((Caller { institution, kiosk: row.text_or_null("app.kiosk")? }, ends_at))
            };
            row.map(read).transpose()
        })
    }
}

const KNOWN_AFTER: SignedDuration = SignedDuration::from_hours(1);
