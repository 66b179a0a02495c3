//! 3M's legacy model (RFID 501): eight blocks of four bytes.
//!
//! ```text
//! 0   1              2   3     4..20              20..24                     24..28          28..32
//! 04  part | parts   00  type  barcode, 0-filled  branch (12) | library (20)  custom (s32)   00000000
//! ```
//! Numbers are big-endian. A blank tag is 55555555 six times and then zeros. {#rfid501}
//!
//! What has no element in ISO 28560 is given as the nearest one: the item type as media format (19), library and branch
//! as alternative owner institution (23) `library/branch`, the custom number as local data A (15).

use super::draft::{Draft, EncodeError, is_identifier, no_set};
use super::oid::{ALTERNATIVE_OWNER, LOCAL_A, MEDIA, PII};
use super::{Element, LibraryTag, Problem, SetInfo, TagData, Value};

/// Whether the memory is that of a blank tag.
pub fn is_blank(memory: &[u8]) -> bool {
    memory.len() >= 28
        && memory.iter().take(24).all(|b| *b == 0x55)
        && memory.iter().skip(24).all(|b| *b == 0)
}

/// Decodes a memory; `None` if it is not in this layout.
pub fn decode(memory: &[u8]) -> Option<TagData> {
    let block = memory.first_chunk::<SIZE>()?;
    let [MARK, set, 0, kind, rest @ ..] = block else { return None };
    let (barcode, rest) = rest.split_first_chunk::<16>()?;
    let (owner, rest) = rest.split_first_chunk::<4>()?;
    let (custom, zeros) = rest.split_first_chunk::<4>()?;
    let n_chars = barcode.iter().position(|byte| *byte == 0).unwrap_or(barcode.len());
    let (id, fill) = barcode.split_at_checked(n_chars)?;
    let is_sound = id.iter().all(|byte| (0x20..0x7F).contains(byte)) && fill.iter().all(|byte| *byte == 0);
    if !is_sound || *zeros != [0; 4] {
        return None;
    }
    let id = String::from_utf8_lossy(id).into_owned();
    let mut tag = LibraryTag::default();
    let set = SetInfo { part: (set >> 4).into(), of: (set & 0xF).into() };
    tag.set = (set.of > 0 && set.part <= set.of).then_some(set);
    let (owner, custom) = (u32::from_be_bytes(*owner), i32::from_be_bytes(*custom));
    let mut push = |oid, value| tag.elements.push(Element { oid, value, locked: false });
    push(MEDIA, Value::Bytes(vec![*kind]));
    if owner != 0 {
        push(ALTERNATIVE_OWNER, Value::Text(format!("{}/{}", owner & 0xF_FFFF, owner >> 20)));
    }
    if custom != 0 {
        push(LOCAL_A, Value::Text(custom.to_string()));
    }
    if !is_identifier(&id) {
        return Some(TagData::Damaged { partial: tag, problems: vec![Problem::NoPrimaryItemId] });
    }
    push(PII, Value::Text(id.clone()));
    tag.owner = tag.text(ALTERNATIVE_OWNER).map(str::to_owned);
    tag.primary_item_id = id;
    Some(TagData::Library(tag))
}

/// Encodes a draft into a memory of `capacity` bytes.
///
/// # Errors
/// [`EncodeError::PrimaryItemId`] for a number that is not 1 to 16 ASCII characters, [`EncodeError::Set`] for a number
/// above 15, [`EncodeError::Element`] for an element that the layout does not have, [`EncodeError::Room`].
pub fn encode(draft: &Draft, capacity: usize) -> Result<Vec<u8>, EncodeError> {
    let id = draft.id()?;
    if id.len() > 16 || !id.is_ascii() {
        return Err(EncodeError::PrimaryItemId);
    }
    let place = draft.set.unwrap_or(SetInfo { part: 0, of: 0 });
    let SetInfo { part, of } = place;
    if part > of || of > MAX_PARTS || draft.set.is_some() && of == 0 {
        return Err(no_set(place, MAX_PARTS));
    }
    let nibbles = u8::try_from(part << 4 | of).map_err(|_| no_set(place, MAX_PARTS))?;
    let (mut kind, mut owner, mut custom) = (1, 0, 0);
    let plain = Draft { set: None, ..draft.clone() };
    for (oid, value) in plain.elements()? {
        let refused = EncodeError::Element { oid };
        match (oid, &value) {
            (MEDIA, Value::Bytes(bytes)) => {
                kind = *bytes.first().filter(|_| bytes.len() == 1).ok_or(refused)?
            }
            (ALTERNATIVE_OWNER, Value::Text(text)) => owner = parse_owner(text).ok_or(refused)?,
            (LOCAL_A, Value::Text(text)) => custom = text.parse::<i32>().map_err(|_| refused)?,
            _ => return Err(refused),
        }
    }
    if capacity < SIZE {
        return Err(EncodeError::Room { needed: SIZE, room: capacity });
    }
    let mut memory = vec![MARK, nibbles, 0, kind];
    memory.extend_from_slice(id.as_bytes());
    memory.resize(20, 0);
    memory.extend(owner.to_be_bytes());
    memory.extend(custom.to_be_bytes());
    memory.resize(capacity, 0);
    Ok(memory)
}

fn parse_owner(text: &str) -> Option<u32> {
    let (library, branch) = text.split_once('/')?;
    let (library, branch) = (library.parse::<u32>().ok()?, branch.parse::<u32>().ok()?);
    (library < 1 << 20 && branch < 1 << 12).then_some(branch << 20 | library)
}

const MARK: u8 = 0x04;
const SIZE: usize = 32;
/// What a nibble holds.
const MAX_PARTS: u16 = 15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::parse_hex;
    use proptest::prelude::*;

    fn library(memory: &[u8]) -> LibraryTag {
        let Some(TagData::Library(tag)) = decode(memory) else {
            panic!("{memory:02X?} is {:?}", decode(memory))
        };
        tag
    }

    /// covers: rfid501 (vectors of Biblio-RFID, both ways)
    #[test]
    fn vectors() {
        let tag = library(
            &parse_hex("04110000 3230303930313031 30313233 00000000 FFFFFFFF 7FFFFFFF 00000000").unwrap(),
        );
        assert_eq!(tag.primary_item_id, "200901010123");
        assert_eq!(tag.set, Some(SetInfo { part: 1, of: 1 }));
        assert_eq!(tag.text(23), Some("1048575/4095"));
        assert_eq!(tag.text(15), Some("2147483647"));
        let hex = "04110001 31333032 30303337 36370000 00000000 00000000 00000000 00000000";
        let memory = parse_hex(hex).unwrap();
        let tag = library(&memory);
        assert_eq!((tag.primary_item_id.as_str(), tag.owner.as_deref()), ("1302003767", None));
        assert_eq!(encode(&Draft::from(&tag), 32), Ok(memory));
    }

    #[test]
    fn blank_and_other_tags() {
        let mut memory = vec![0x55; 24];
        memory.extend([0; 8]);
        assert!(is_blank(&memory));
        assert_eq!(decode(&memory), None);
        assert!(!is_blank(&[0x55; 32]));
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn round_trip(
            id in "[ -~]{0,15}[!-~]",
            set in proptest::option::of((1_u16..16).prop_flat_map(|of| (0..=of).prop_map(move |part| SetInfo { part, of }))),
            owner in proptest::option::of((0_u32..4096, 1_u32..1 << 20)),
            custom in any::<i32>(),
            kind in any::<u8>(),
        ) {
            let mut others = vec![Element { oid: 19, value: Value::Bytes(vec![kind]), locked: false }];
            let mut push = |oid, text| others.push(Element { oid, value: Value::Text(text), locked: false });
            if let Some((branch, library)) = owner {
                push(23, format!("{library}/{branch}"));
            }
            if custom != 0 {
                push(15, custom.to_string());
            }
            let draft = Draft { primary_item_id: id, set, others, ..Draft::default() };
            prop_assert_eq!(Draft::from(&library(&encode(&draft, 32).unwrap())), draft);
        }

        #[test]
        fn total(memory in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = (decode(&memory), is_blank(&memory));
        }
    }
}
