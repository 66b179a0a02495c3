//! Passwords while central is silent.

use argon2::{Algorithm, Argon2, Params, Version};
use circulation::id::PatronId;
use circulation::patron::Pin;

use super::{Mirror, MirrorError};
use crate::kiosk_api::PinHash;

/// Whether a password is a patron's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinCheck {
    /// it is
    Right,
    /// it is not
    Wrong,
    /// central sent no hash for this patron: nobody can say
    NotKept,
    /// there is no such patron here
    PatronUnknown,
}

impl Mirror {
    /// Checks a password. Slow on purpose (tens of milliseconds): call it off the event loop.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn check_pin(&self, id: &PatronId, pin: &Pin) -> Result<PinCheck, MirrorError> {
        Ok(match self.pin(id)? {
            None => PinCheck::PatronUnknown,
            Some(None) => PinCheck::NotKept,
            Some(Some(hash)) if matches(&hash, pin) => PinCheck::Right,
            Some(Some(_)) => PinCheck::Wrong,
        })
    }
}

fn matches(hash: &PinHash, pin: &Pin) -> bool {
    let Ok(params) = Params::new(hash.kib, hash.passes, 1, Some(hash.hash.len())) else { return false };
    let mut got = [0_u8; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = argon2.hash_password_into(pin.as_str().as_bytes(), &hash.salt, &mut got);
    // All bytes are compared, whatever the first ones say.
    let differs = got.iter().zip(&hash.hash).fold(0, |differs, (a, b)| differs | (a ^ b));
    done.is_ok() && differs == 0
}
