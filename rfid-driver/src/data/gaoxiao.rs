//! The UHF layout of the Chinese universities (Gaoxiao): a packed identifier in the EPC bank, elements in the user memory.
//!
//! ```text
//! MB01  PC word with T = 0, then
//!       0                                1                                  2..4           4..
//!       lent(1) reserve(2) bin(5)        packing(2) version-1 (6)           content index  identifier
//! MB11  (OID << 2 | length >> 8) (length) data...   00 ends
//! ```
//! Packing 0 has 8 bytes for the identifier, 1 has 12, 2 is plain text. Short identifiers are length and ASCII; longer
//! ones are numbers of 32 bits, least significant byte first ({#gaoxiao.packed}):
//! ```text
//! 8 bytes   d4 low(2) c1(6) c2(6) c3(6) last(8) length(4) | digits 5..n-1 (30) d4 high(2)        length 8..14
//! 12 bytes  c11..n-1 (18) last(8) length(4) | c6..c10 (30) | c1..c5 (30)                          length 12..14
//! ```
//! Plain text has 14 bytes or more: so the length tells the packing, and a torn word 2 is not read in another one.
//! c is a character less 30 hexadecimal. Security is bit 7 of byte 0: 0 in the library, 1 lent. {#gaoxiao}

use super::draft::{Draft, EncodeError, is_identifier};
use super::epc::{EpcBank, Pc};
use super::oid::{BORROWER, OWNER, PII, SET, USAGE};
use super::{Element, LibraryTag, Problem, SetInfo, TagData, Usage, Value};
use crate::tag::Security;

pub use user::index_of;

mod packed;
mod user;

/// The head of the EPC: what is kept when a tag is written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The state of the security bit.
    pub security: Security,
    /// The two reserved bits and the sorting bin.
    pub sorting: u8,
    /// The version of the data model, from 1.
    pub version: u8,
}

impl Default for Head {
    fn default() -> Self {
        Self { security: Security::Secured, sorting: 0, version: 1 }
    }
}

/// The head of an EPC; `None` if there is not even a head.
pub fn head(uii: &[u8]) -> Option<Head> {
    let [first, second, _, _, ..] = uii else { return None };
    let security = if first & LENT == 0 { Security::Secured } else { Security::Unsecured };
    Some(Head { security, sorting: first & !LENT, version: (second & 0x3F) + 1 })
}

/// Decodes the banks; `None` if the EPC is none of this layout.
pub fn decode(bank: &EpcBank<'_>, user: Option<&[u8]>) -> Option<TagData> {
    let [_, second, high, low, packed @ ..] = bank.uii else { return None };
    // The attribute bits of a tag of this layout are 0; those of a torn word of another one may be anything.
    if bank.pc.0 & ATTRIBUTES != 0 {
        return None;
    }
    let id = match second >> 6 {
        0 if packed.len() == 8 => packed::unpack_96(packed)?,
        1 if packed.len() == 12 => packed::unpack_128(packed)?,
        2 if packed.len() >= 14 => std::str::from_utf8(packed).ok()?.trim_end_matches('\0').to_owned(),
        _ => return None,
    };
    if !is_identifier(&id) {
        return None;
    }
    let mut tag = LibraryTag::default();
    tag.elements.push(Element { oid: PII, value: Value::Text(id.clone()), locked: false });
    tag.primary_item_id = id;
    if let Some(user) = user {
        user::take(&mut tag, user, u16::from_be_bytes([*high, *low]));
    }
    if bank.is_whole() {
        return Some(TagData::Library(tag));
    }
    let problem = Problem::Crc { stored: bank.stored_crc.unwrap_or(0), computed: bank.crc() };
    Some(TagData::Damaged { partial: tag, problems: vec![problem] })
}

/// Whether the content index names exactly the elements of the user memory: then nothing else would fit so well.
pub fn is_index_right(bank: &EpcBank<'_>, tag: &LibraryTag) -> bool {
    let [_, _, high, low, ..] = bank.uii else { return false };
    let index = u16::from_be_bytes([*high, *low]);
    index != 0 && index == index_of(tag.elements.iter().map(|element| element.oid))
}

/// How many bytes of the user memory are needed at least to have all elements; `None` if these suffice.
pub fn needs_user(uii: &[u8], user: &[u8]) -> Option<usize> {
    let [_, _, high, low, ..] = uii else { return None };
    if user.is_empty() { ([*high, *low] != [0, 0]).then_some(2) } else { user::needs(user) }
}

/// Encodes a draft into the smallest EPC that holds its identifier: the PC word, the EPC and the user memory.
///
/// # Errors
/// [`EncodeError::PrimaryItemId`] for an identifier that is not 1 to 14 ASCII characters, [`EncodeError::Owner`] for an
/// owner that is not a university's code of five digits, [`EncodeError::Element`] for an element without a place.
pub fn encode(draft: &Draft, head: Head) -> Result<(Pc, Vec<u8>, Vec<u8>), EncodeError> {
    let id = draft.id()?;
    if !id.is_ascii() || id.len() > 14 {
        return Err(EncodeError::PrimaryItemId);
    }
    let plain = || {
        let mut bytes = id.as_bytes().to_vec();
        bytes.resize(14, 0);
        (2, bytes)
    };
    let (packing, packed) = packed::pack_96(id)
        .map(|bytes| (0, bytes))
        .or_else(|| packed::pack_128(id).map(|bytes| (1, bytes)))
        .unwrap_or_else(plain);
    let (user, index) = user::encode(draft)?;
    let lent = match head.security {
        Security::Secured => 0,
        Security::Unsecured => LENT,
    };
    let second = packing << 6 | head.version.saturating_sub(1) & 0x3F;
    let mut uii = vec![lent | head.sorting & !LENT, second];
    uii.extend(index.to_be_bytes());
    uii.extend(packed);
    Ok((Pc::new(uii.len() / 2, !user.is_empty(), None), uii, user))
}

fn number(value: &Value) -> Option<u16> {
    let Value::Text(text) = value else { return None };
    let digits =
        Some(text).filter(|text| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    match digits.split_at_checked(1)? {
        ("6" | "7" | "8", _) => None,
        ("9", rest) => rest.parse::<u16>().ok().and_then(|rest| rest.checked_add(60_000)),
        _ => digits.parse().ok(),
    }
}

const LENT: u8 = 0x80;
/// T and what is behind it in the PC word.
const ATTRIBUTES: u16 = 0x01FF;

#[cfg(test)]
mod tests;
