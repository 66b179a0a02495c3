//! Ids. Each is parsed once at the edge; whoever holds one needs no further check.
//!
//! Invariant: `1 <= len <= MAX_LEN`, every character is printable ASCII and none is the SIP2 delimiter `|`.

use core::fmt;

/// The longest id that any of the supported systems and tag layouts carries, in characters.
pub const MAX_LEN: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// the id is empty
    #[error("the id is empty")]
    Empty,
    /// the id is longer than any system carries
    #[error("the id has {len} characters, at most {MAX_LEN} are allowed")]
    TooLong {
        /// characters given
        len: usize,
    },
    /// a character that no system accepts in an id
    #[error("character {at} of the id is not printable ASCII")]
    BadCharacter {
        /// position of the character, counted from 1
        at: usize,
    },
}

/// The primary item identifier: the barcode of one physical item (ISO 28560-1, OID 1; SIP2 field AB).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(Box<str>);

/// A patron's card number (openlib `rdid`; SIP2 field AA). Personal data: `Debug` never prints it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatronId(Box<str>);

/// An International Standard Identifier for Libraries (ISO 15511), such as `CN-110108-1-NLC`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isil(Box<str>);

/// A tag's own unchangeable number in its printed form: the UID of an HF tag, the TID of a UHF tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagKey(Box<str>);

/// What a shelf mark (层架标) says: the number of one shelf, by its tag or typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShelfMark(Box<str>);

/// The id of one transaction, made at the kiosk before anything is sent (UUID version 7, RFC 9562).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId([u8; 16]);

impl ItemId {
    /// Parses an item id; spaces around it are dropped.
    ///
    /// # Errors
    /// [`IdError`] if the rest is empty, too long, or has a character that is not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// The id as it goes on the wire and on the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PatronId {
    /// Parses a card number; spaces around it are dropped.
    ///
    /// # Errors
    /// [`IdError`] if the rest is empty, too long, or has a character that is not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// The whole number: for the wire and the ledger only, never for a log or a screen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as a screen may show it: `****34`, the last two characters of a number longer than four.
    #[must_use]
    pub fn masked(&self) -> String {
        mask_number(&self.0, 2)
    }
}

impl fmt::Debug for PatronId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatronId(…)")
    }
}

impl Isil {
    /// Parses an ISIL; only its general form is checked (ISO 15511: at most 16 characters).
    ///
    /// # Errors
    /// [`IdError`] as for the other ids.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// The code as printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TagKey {
    /// Parses the printed form of a tag's own number.
    ///
    /// # Errors
    /// [`IdError`] as for the other ids.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// The printed form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ShelfMark {
    /// Parses the number of a shelf.
    ///
    /// # Errors
    /// [`IdError`] as for the other ids.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// The number as it is on the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TransactionId {
    /// Wraps the 16 bytes of a UUID.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id after this one, for a second transaction of the same moment. The last 62 bits of a version 7 UUID are
    /// random, so that a neighbour is as unlikely to be taken as any other.
    #[must_use]
    pub const fn successor(self) -> Self {
        Self(u128::from_be_bytes(self.0).wrapping_add(1).to_be_bytes())
    }

    /// Parses the printed form: 32 hexadecimal digits, hyphens allowed anywhere.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 16];
        let mut digits = text.chars().filter(|c| *c != '-');
        for byte in &mut bytes {
            let high = digits.next()?.to_digit(16)?;
            let low = digits.next()?.to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        digits.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Stars for all but the last `keep` characters; a text of four characters or fewer is hidden whole.
#[must_use]
pub fn mask_number(number: &str, keep: usize) -> String {
    let n = number.chars().count();
    if n <= 4 {
        return "****".to_owned();
    }
    let tail: String = number.chars().skip(n.saturating_sub(keep)).collect();
    format!("****{tail}")
}

fn checked(text: &str) -> Result<Box<str>, IdError> {
    let text = text.trim_matches(|c: char| c == ' ' || c == '\0');
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if let Some(at) = text.chars().position(|c| !c.is_ascii_graphic() || c == '|') {
        return Err(IdError::BadCharacter { at: at.saturating_add(1) });
    }
    if text.len() > MAX_LEN {
        return Err(IdError::TooLong { len: text.len() });
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_trimmed_and_kept() {
        assert_eq!(ItemId::parse(" LW0001234 ").unwrap().as_str(), "LW0001234");
    }

    #[test]
    fn what_is_no_id_says_where() {
        assert_eq!(ItemId::parse("   "), Err(IdError::Empty));
        assert_eq!(ItemId::parse("LW|1"), Err(IdError::BadCharacter { at: 3 }));
        assert_eq!(ItemId::parse("馆1"), Err(IdError::BadCharacter { at: 1 }));
        assert_eq!(ItemId::parse(&"9".repeat(65)), Err(IdError::TooLong { len: 65 }));
    }

    #[test]
    fn a_patron_id_never_prints_itself() {
        let id = PatronId::parse("LW20230017").unwrap();
        assert_eq!(format!("{id:?}"), "PatronId(…)");
        assert_eq!(id.masked(), "****17");
        assert_eq!(PatronId::parse("1234").unwrap().masked(), "****");
    }

    #[test]
    fn a_transaction_id_prints_as_a_uuid_and_parses_back() {
        let id = TransactionId::from_bytes([0x01, 0x99, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(id.to_string(), "01990203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(TransactionId::parse(&id.to_string()), Some(id));
        assert_eq!(TransactionId::parse("01990203"), None);
        assert_eq!(TransactionId::parse("01990203-0405-0607-0809-0a0b0c0d0e0f00"), None);
    }
}
