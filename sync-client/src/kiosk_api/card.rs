//! A patron's card as a code on a phone: signed by central, good for two minutes, checked by the kiosk without asking.
//!
//! ```text
//!   YT1:LW20260004:1795397460:9F86D081..      what, card number, end (seconds since 1970, UTC), Ed25519 signature
//! ```
//! What is signed is all before the last colon. Capitals, digits and colons alone: a QR code of the alphanumeric mode,
//! and nothing that a scanner that plays a keyboard could garble. A photograph of the code is worth nothing after two
//! minutes; a kiosk that is stolen holds the public key only, with which no code can be made.

use circulation::id::PatronId;
use jiff::{SignedDuration, Timestamp};

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// it is something else: the bare number of a printed card, perhaps
    #[error("this is not a card's code")]
    NotOne,
    /// it was not signed by this library's central
    #[error("the code was not made by this library")]
    Forged,
    /// its two minutes are over
    #[error("the code is too old; the page shows a new one every minute")]
    Expired,
    /// it is from the future: one of the clocks is wrong
    #[error("the code is from the future; the kiosk's clock is wrong")]
    Early,
}

/// A code that was read, and not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCode {
    /// whose card it says it is
    pub patron: PatronId,
    /// until when
    pub ends_at: Timestamp,
    signed: Box<str>,
    signature: [u8; 64],
}

/// What is to be signed for a code.
#[must_use]
pub fn unsigned(patron: &PatronId, now: Timestamp) -> String {
    let ends_at = now.saturating_add(LIFE).map_or(i64::MAX, Timestamp::as_second);
    format!("{MARK}:{}:{ends_at}", patron.as_str())
}

/// The code, with its signature.
#[must_use]
pub fn signed(unsigned: &str, signature: &[u8]) -> String {
    let digits: String = signature.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("{unsigned}:{digits}")
}

impl CardCode {
    /// Reads what a scanner gave. Nothing: it is no such code, but perhaps a card's number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.trim().rsplit_once(':')?;
        let (number, ends_at) = signed.strip_prefix(MARK)?.strip_prefix(':')?.rsplit_once(':')?;
        Some(Self {
            patron: PatronId::parse(number).ok()?,
            ends_at: Timestamp::from_second(ends_at.parse().ok()?).ok()?,
            signed: signed.into(),
            signature: bytes(signature)?,
        })
    }

    /// Whether its time is right, by the kiosk's clock.
    ///
    /// # Errors
    /// [`CodeError::Expired`], [`CodeError::Early`]
    pub fn is_timely(&self, now: Timestamp) -> Result<(), CodeError> {
        let left = self.ends_at.duration_since(now);
        if left < -SKEW {
            return Err(CodeError::Expired);
        }
        if left > LIFE + SKEW {
            return Err(CodeError::Early);
        }
        Ok(())
    }

    /// The patron, if central signed this with the other half of `key`, and its time is right.
    ///
    /// # Errors
    /// [`CodeError`]
    #[cfg(feature = "card")]
    pub fn check(&self, key: &CardKey, now: Timestamp) -> Result<PatronId, CodeError> {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key.0);
        key.verify(self.signed.as_bytes(), &self.signature).map_err(|_| CodeError::Forged)?;
        self.is_timely(now)?;
        Ok(self.patron.clone())
    }
}

impl core::fmt::Debug for CardCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CardCode").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

/// The public key of a library's codes (Ed25519).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardKey([u8; 32]);

impl CardKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the hexadecimal digits of a heart-beat's answer.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        bytes(digits).map(Self)
    }
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits: Vec<u8> = digits.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high * 16 + low).collect();
    if rest.is_empty() { bytes.try_into().ok() } else { None }
}

const MARK: &str = "YT1";

/// How long a code is good.
pub const LIFE: SignedDuration = SignedDuration::from_secs(120);

/// How far the clocks of central and kiosk may be apart.
pub const SKEW: SignedDuration = SignedDuration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_code_is_read_and_its_time_is_looked_at() {
        let patron = PatronId::parse("LW:1").unwrap();
        let text = signed(&unsigned(&patron, at(1000)), &[0xA5; 64]);
        assert_eq!(text, format!("YT1:LW:1:1120:{}", "A5".repeat(64)));
        let code = CardCode::parse(&format!("{text}\r\n")).unwrap();
        assert_eq!((&code.patron, code.ends_at), (&patron, at(1120)));
        for (now, expected) in [
            (1000, Ok(())),
            (940, Ok(())),
            (939, Err(CodeError::Early)),
            (1180, Ok(())),
            (1181, Err(CodeError::Expired)),
        ] {
            assert_eq!(code.is_timely(at(now)), expected, "{now}");
        }
        assert!(!format!("{code:?}").contains("LW"), "a log says nothing of whose it is");
    }

    #[test]
    fn a_bare_number_is_no_code() {
        let short = format!("YT1:P:1:{}", "0".repeat(127));
        let other = format!("YT2:P:1:{}", "0".repeat(128));
        let late = format!("YT1:P:99999999999999999999:{}", "0".repeat(128));
        for text in ["", "LW20260004", "YT1:P:1", &short, &other, &late, "YT1::1:00"] {
            assert!(CardCode::parse(text).is_none(), "{text}");
        }
    }

    #[cfg(feature = "card")]
    #[test]
    fn only_central_can_make_a_code() {
        use ring::signature::{Ed25519KeyPair, KeyPair as _};
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = CardKey::new(pair.public_key().as_ref().try_into().unwrap());
        let patron = PatronId::parse("LW20260004").unwrap();
        let text = unsigned(&patron, at(1000));
        let code = signed(&text, pair.sign(text.as_bytes()).as_ref());
        let check = |code: &str, now| CardCode::parse(code).unwrap().check(&key, at(now));
        assert_eq!(check(&code, 1000), Ok(patron));
        assert_eq!(check(&code, 2000), Err(CodeError::Expired));
        assert_eq!(check(&code.replacen("0004", "0005", 1), 1000), Err(CodeError::Forged));
        assert_eq!(
            check(&code.replacen("1120", "9120", 1), 9000),
            Err(CodeError::Forged),
            "its end is signed too"
        );
        assert_eq!(
            CardCode::parse(&code).unwrap().check(&CardKey::new([1; 32]), at(1000)),
            Err(CodeError::Forged)
        );
    }
}
