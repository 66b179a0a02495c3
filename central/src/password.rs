//! Passwords and secrets: salted, slow to guess, compared in constant time, never kept in clear.
//!
//! A hash is text: `argon2id$<KiB>$<passes>$<salt, hex>$<hash, hex>` (Argon2id, RFC 9106, one lane). The cost stands
//! in the hash, so that it can be raised without touching the old ones.

use core::fmt::Write as _;

use argon2::{Algorithm, Argon2, Params, Version};
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

/// How much work one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// For real patrons: 19 MiB, two passes.
    Standard,
    /// For secrets that were made of many random bits, which nobody can guess anyway: next to nothing.
    Random,
    /// For demo data, whose password is printed in the manual: next to nothing.
    Demo,
}

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// the operating system gives no random bytes
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// the hash function refuses its input
    #[error("the hash function refuses its input: {0}")]
    Argon2(argon2::Error),
}

/// Hashes a password with a fresh salt.
///
/// # Errors
/// [`HashError`]
pub fn hash(password: &str, cost: Cost) -> Result<String, HashError> {
    let mut salt = [0_u8; SALT_LEN];
    getrandom::fill(&mut salt).map_err(HashError::Random)?;
    let (kib, passes) = match cost {
        Cost::Standard => (19 * 1024, 2),
        Cost::Random | Cost::Demo => (8, 1),
    };
    let digest = digest(password, &salt, kib, passes).map_err(HashError::Argon2)?;
    Ok(format!("argon2id${kib}${passes}${}${}", hex(&salt), hex(&digest)))
}

/// Whether `password` is the one behind `stored`. A stored text that is no hash matches nothing.
#[must_use]
pub fn verify(password: &str, stored: &str) -> bool {
    let Some((kib, passes, salt, expected)) = parse(stored) else { return false };
    digest(password, &salt, kib, passes).is_ok_and(|got| bool::from(got.as_slice().ct_eq(&expected)))
}

/// Whether a text has the form of a hash, so that a password can be behind it.
#[must_use]
pub fn is_hash(stored: &str) -> bool {
    parse(stored).is_some()
}

/// The MD5 of a password in lower-case hexadecimal digits, as openlib's operators send it. It protects nothing: what is
/// kept is a slow hash of it.
#[must_use]
pub fn md5_hex(password: &str) -> String {
    hex(&Md5::digest(password.as_bytes()))
}

/// Bytes in lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn digest(password: &str, salt: &[u8], kib: u32, passes: u32) -> Result<[u8; HASH_LEN], argon2::Error> {
    let params = Params::new(kib, passes, 1, Some(HASH_LEN))?;
    let mut digest = [0_u8; HASH_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        password.as_bytes(),
        salt,
        &mut digest,
    )?;
    Ok(digest)
}

fn parse(stored: &str) -> Option<(u32, u32, Vec<u8>, Vec<u8>)> {
    let mut fields = stored.split('$');
    let algorithm = fields.next()?;
    let kib = fields.next()?.parse().ok().filter(|kib| *kib <= MAX_KIB)?;
    let passes = fields.next()?.parse().ok().filter(|passes| *passes <= MAX_PASSES)?;
    let salt = unhex(fields.next()?)?;
    let hash = unhex(fields.next()?).filter(|hash| hash.len() == HASH_LEN)?;
    (algorithm == "argon2id" && fields.next().is_none()).then_some((kib, passes, salt, hash))
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect();
    if rest.is_empty() { bytes } else { None }
}

const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;
const MAX_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let stored = hash("123456", Cost::Demo).unwrap();
        assert!(verify("123456", &stored));
        assert!(!verify("123457", &stored));
        assert!(!verify("", &stored));
        assert_ne!(stored, hash("123456", Cost::Demo).unwrap(), "the salt is fresh");
        assert!(!stored.contains("123456"));
    }

    #[test]
    fn what_is_no_hash_matches_nothing() {
        for stored in ["", "123456", "argon2id$8$1$00$00", "argon2id$8$1$zz$00", "argon2id$99999999$1$00$00"]
        {
            assert!(!verify("123456", stored), "{stored}");
        }
    }
}
