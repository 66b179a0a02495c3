//! What a tag is called and what its security state is, whatever the air interface and the reader.
//!
//! AFI values live only here. Their meaning in libraries is that of the Danish agency's list and of the Chinese
//! practice: `07` in stock (the gate alarms), `C2` on loan (the gate is silent) {#library-afi}.

use std::fmt;
use std::str::FromStr;

/// The 64-bit unique identifier of an ISO 15693 tag, most significant byte first (`E0`, manufacturer, serial).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub [u8; 8]);

/// The tag identification of a UHF tag (its TID bank): `E2`, the maker, the model, and a serial number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tid {
    bytes: [u8; Self::MAX],
    n: u8,
}

/// By what a tag is told from all others, as long as it lies there and when it comes back.
///
/// Never the EPC of a UHF tag: a change of its security changes that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagId {
    /// An ISO 15693 tag.
    Uid(Uid),
    /// A UHF tag with a serial number in its TID.
    Tid(Tid),
    /// A UHF tag without one: by a hash of what is written on it and does not change with its security.
    Content(u64),
}

/// The application family identifier: one byte that a gate can read without knowing the tag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Afi(pub u8);

/// The data storage format identifier: one byte that says how the memory is organised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dsfid(pub u8);

/// Whether the gate alarms for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// In the library: the gate alarms.
    Secured,
    /// On loan: the gate is silent.
    Unsecured,
}

/// How one library marks security on its tags.
///
/// AFI and EAS are independent bits in the tag: a library that uses both has both written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityPolicy {
    /// The AFI of an item that the gate alarms for.
    pub secured: Afi,
    /// The AFI of an item that may leave.
    pub unsecured: Afi,
    /// Whether the AFI is written and checked.
    pub use_afi: bool,
    /// Whether the EAS bit is written. Readers without the NXP custom commands (FEIG CPR) cannot.
    pub use_eas: bool,
}

/// A text that is not sixteen hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a UID: sixteen hexadecimal digits are expected")]
pub struct NotAUid {
    /// The text as given.
    pub text: String,
}

impl Afi {
    /// In stock. {#library-afi}
    pub const IN_STOCK: Self = Self(0x07);
    /// On loan; also patron cards and libraries that do not use AFI for security. {#library-afi}
    pub const ON_LOAN: Self = Self(0xC2);
}

impl Dsfid {
    /// ISO 28560-2: access method 0 (no directory), data format 6 (libraries).
    pub const ISO_28560_2: Self = Self(0x06);
}

impl SecurityPolicy {
    /// The AFI that stands for a state.
    pub fn afi(&self, security: Security) -> Afi {
        match security {
            Security::Secured => self.secured,
            Security::Unsecured => self.unsecured,
        }
    }

    /// The state that an AFI stands for; `None` if it is neither of the two.
    pub fn security(&self, afi: Afi) -> Option<Security> {
        if afi == self.secured {
            Some(Security::Secured)
        } else if afi == self.unsecured {
            Some(Security::Unsecured)
        } else {
            None
        }
    }
}

impl Default for SecurityPolicy {
    fn default() -> Self {
        Self { secured: Afi::IN_STOCK, unsecured: Afi::ON_LOAN, use_afi: true, use_eas: true }
    }
}

impl Uid {
    /// The bytes in the order in which the UID is printed.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({self})")
    }
}

impl FromStr for Uid {
    type Err = NotAUid;

    fn from_str(text: &str) -> Result<Self, NotAUid> {
        parse_hex(text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| NotAUid { text: text.into() })
    }
}

impl Tid {
    /// The longest TID that is kept: eight words.
    pub const MAX: usize = 16;

    /// A TID that tells this tag from all others; `None` if it has no serial number, or is longer than any.
    ///
    /// Gen2: class `E2`; with bit 8 of word 0 (XTID) or at least five words, a serial number follows the model.
    pub fn new(bank: &[u8]) -> Option<Self> {
        let has_serial = matches!(bank, [0xE2, ..]) && bank.len() >= Self::SERIALISED;
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..bank.len())?.copy_from_slice(bank);
        has_serial.then_some(())?;
        Some(Self { bytes, n: u8::try_from(bank.len()).ok()? })
    }

    /// The bytes in the order of the bank.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.n)).unwrap_or(&self.bytes)
    }

    /// Maker, model and nothing else take four bytes; a serial number at least four more.
    const SERIALISED: usize = 8;
}

impl TagId {
    /// The id of a tag that has only its content: FNV-1a of it.
    pub fn of_content(content: &[u8]) -> Self {
        Self::Content(content.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
        }))
    }
}

impl From<Uid> for TagId {
    fn from(uid: Uid) -> Self {
        Self::Uid(uid)
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tid({self})")
    }
}

impl fmt::Display for TagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => uid.fmt(f),
            Self::Tid(tid) => tid.fmt(f),
            Self::Content(hash) => write!(f, "content-{hash:016X}"),
        }
    }
}

impl fmt::Debug for TagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TagId({self})")
    }
}

impl fmt::Display for Afi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

impl fmt::Debug for Afi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Afi({self})")
    }
}

impl fmt::Display for Dsfid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

impl fmt::Debug for Dsfid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsfid({self})")
    }
}

/// Bytes from hexadecimal digits; blanks between them are allowed. `None` for anything else.
pub fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<Vec<u8>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uid_prints_as_it_parses() {
        let uid = "e004010012345678".parse::<Uid>().unwrap();
        assert_eq!(uid, Uid([0xE0, 0x04, 0x01, 0x00, 0x12, 0x34, 0x56, 0x78]));
        assert_eq!(uid.to_string(), "E004010012345678");
    }

    #[test]
    fn uid_of_another_length_is_refused() {
        for text in ["", "E0", "E00401001234567", "E00401001234567890", "E00401001234567G", "册"] {
            assert!(text.parse::<Uid>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_tid_without_serial_number_is_no_identity() {
        for bank in [&[][..], &[0xE2, 0, 0x11, 0x05], &[0; 12], &[0xE2; 17]] {
            assert_eq!(Tid::new(bank), None, "{bank:02X?}");
        }
        let bank = parse_hex("E2003412 0123456789AB CDEF").unwrap();
        let tid = Tid::new(&bank).unwrap();
        assert_eq!((tid.bytes(), tid.to_string()), (bank.as_slice(), "E20034120123456789ABCDEF".to_owned()));
        assert_ne!(TagId::of_content(b"A"), TagId::of_content(b"B"));
    }

    /// covers: library-afi
    #[test]
    fn policy_reads_what_it_writes_and_nothing_else() {
        let policy = SecurityPolicy::default();
        assert_eq!((policy.secured, policy.unsecured), (Afi(0x07), Afi(0xC2)));
        for security in [Security::Secured, Security::Unsecured] {
            assert_eq!(policy.security(policy.afi(security)), Some(security));
        }
        assert_eq!(policy.security(Afi(0x00)), None);
    }
}
