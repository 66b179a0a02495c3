//! A patron's card as a code for a phone, signed with the institution's key. What is in a code, and how a kiosk checks it:
//! [`sync_client::kiosk_api::card`].
//!
//! The key is made when it is first needed, by whichever copy of central comes first, and stays in the store: whoever
//! can read that can make codes, as whoever can write to it can make loans.

use circulation::id::{Isil, PatronId};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sync_client::kiosk_api::card;

use crate::password::hex;
use crate::store::{Store, StoreError};

/// The code of a patron's card, good from now on. Blocks.
///
/// # Errors
/// [`StoreError`]
pub fn code(store: &Store, of: &Isil, patron: &PatronId, now: Timestamp) -> Result<String, StoreError> {
    let pair = pair(store, of)?;
    let text = card::unsigned(patron, now);
    Ok(card::signed(&text, pair.sign(text.as_bytes()).as_ref()))
}

/// The key by which kiosks check codes, in hexadecimal digits. Blocks.
///
/// # Errors
/// [`StoreError`]
pub fn public_key(store: &Store, of: &Isil) -> Result<Option<String>, StoreError> {
    Ok(Some(hex(pair(store, of)?.public_key().as_ref())))
}

fn pair(store: &Store, of: &Isil) -> Result<Ed25519KeyPair, StoreError> {
    let new = || {
        // Without random bytes there is no key; what comes back then cannot be read, and is not kept either.
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| StoreError::Missing("random bytes"))
    };
    let key = store.card_key(of, new)?;
    Ed25519KeyPair::from_pkcs8(&key)
        .map_err(|_| StoreError::Corrupt { column: "card_key.pkcs8", expected: "an Ed25519 key" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{both, of, patron};
    use sync_client::kiosk_api::card::{CardCode, CardKey, CodeError};

    #[test]
    fn a_kiosk_takes_a_code_by_the_public_key_alone() {
        both(|app| {
            let now = Timestamp::from_second(1_795_397_400).unwrap();
            let text = code(app.store(), &of(), &patron("LW20260004"), now).unwrap();
            let key = CardKey::parse(&public_key(app.store(), &of()).unwrap().unwrap()).unwrap();
            let read = CardCode::parse(&text).unwrap();
            assert_eq!(read.check(&key, now), Ok(patron("LW20260004")));
            let late = now + jiff::SignedDuration::from_mins(4);
            assert_eq!(read.check(&key, late), Err(CodeError::Expired));
            assert_eq!(public_key(app.store(), &of()).unwrap(), public_key(app.store(), &of()).unwrap());
        });
    }
}
