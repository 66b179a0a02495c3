//! Drafts to a basic block and extension blocks.

use super::{BASIC, BlockOrder, LONG_ID, SHORT, Value, View, extension};
use crate::data::SetInfo;
use crate::data::draft::{Draft, EncodeError, no_set};
use crate::data::oid::{
    ALTERNATIVE_ITEM_ID, ALTERNATIVE_OWNER, MEDIA, NONE, OWNER, SET, SUPPLY_CHAIN, USAGE,
};

/// Encodes a draft into a memory of `capacity` bytes; the answer is as long as the memory.
///
/// Extension blocks without fields are given as elements of OID 0, as the decoder gives them.
///
/// # Errors
/// [`EncodeError::PrimaryItemId`]; [`EncodeError::Owner`] for an owner that is longer than 16 bytes;
/// [`EncodeError::Set`] for a number above 255; [`EncodeError::Element`] for an element without a place in the model;
/// [`EncodeError::Room`].
pub fn encode(draft: &Draft, capacity: usize, order: BlockOrder) -> Result<Vec<u8>, EncodeError> {
    let id = draft.id()?.as_bytes();
    let mut basic = [0_u8; BASIC];
    let usage = draft.usage.map_or(1, |usage| usage.0 >> 4);
    if usage > 9 || draft.usage.is_some_and(|usage| usage.0 & 0xF != 0) {
        return Err(EncodeError::Element { oid: USAGE });
    }
    let place = draft.set.unwrap_or(SetInfo { part: 1, of: 1 });
    let in_byte = |number: u16| u8::try_from(number).map_err(|_| no_set(place, MAX_PARTS));
    put(&mut basic, 0, &[0x10 | usage, in_byte(place.of)?, in_byte(place.part)?]);
    if place.part > place.of || place.of == 0 {
        return Err(no_set(place, MAX_PARTS));
    }
    let is_long = id.len() > LONG_ID.len();
    put(&mut basic, 3, if is_long { &LONG_ID } else { id });
    let room = if capacity < BASIC { SHORT - 23 } else { BASIC - 23 };
    let owner = draft.owner.as_deref().unwrap_or_default();
    let short_owner = owner.split_once('-').filter(|(country, rest)| {
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=room).contains(&rest.len())
    });
    if let Some((country, rest)) = short_owner {
        put(&mut basic, 21, country.as_bytes());
        put(&mut basic, 23, rest.as_bytes());
    }
    if owner.len() > 16 || owner.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(EncodeError::Owner { owner: owner.to_owned() });
    }
    let crc = View { memory: &basic, order: BlockOrder::Straight }.crc();
    put(&mut basic, 19, &crc.to_le_bytes());
    let long_owner = if short_owner.is_none() { owner } else { "" };
    let blocks = blocks(draft, if is_long { &draft.primary_item_id } else { "" }, long_owner)?;
    let mut image = basic.to_vec();
    image.extend(blocks);
    if capacity < SHORT || image.len() > capacity && !(image.len() == BASIC && capacity < BASIC) {
        return Err(EncodeError::Room { needed: image.len(), room: capacity });
    }
    image.resize(capacity, 0);
    Ok(match order {
        BlockOrder::Straight => image,
        BlockOrder::Reversed => {
            let view = View { memory: &image, order };
            (0..capacity).map(|at| view.byte(at)).collect()
        }
    })
}

/// The extension blocks, each only if one of its fields is there.
fn blocks(draft: &Draft, id: &str, owner: &str) -> Result<Vec<u8>, EncodeError> {
    let mut elements = draft.elements()?;
    elements.retain(|(oid, _)| !matches!(*oid, OWNER | SET | USAGE));
    let mut taken = Vec::new();
    let mut image = Vec::new();
    for block in 1..=5 {
        let mut data = Vec::new();
        let mut last = 0;
        for oid in extension::fields(block).unwrap_or_default() {
            let value = elements.iter().find(|(have, _)| have == oid).map(|(_, value)| value);
            let field = match (*oid, value) {
                (ALTERNATIVE_ITEM_ID, None) => id.as_bytes(),
                (ALTERNATIVE_OWNER, None) => owner.as_bytes(),
                (ALTERNATIVE_ITEM_ID, Some(_)) if !id.is_empty() => {
                    return Err(EncodeError::Element { oid: *oid });
                }
                (ALTERNATIVE_OWNER, Some(_)) if draft.owner.is_none() || !owner.is_empty() => {
                    return Err(EncodeError::Element { oid: *oid });
                }
                (MEDIA | SUPPLY_CHAIN, Some(Value::Bytes(bytes))) => bytes,
                (_, Some(Value::Text(text))) => text.as_bytes(),
                (MEDIA, None) => &[0],
                (_, None) => &[],
                (oid, Some(Value::Bytes(_))) => return Err(EncodeError::Element { oid }),
            };
            let is_ok = if *oid == MEDIA {
                matches!(field, [kind] if *kind <= 6)
            } else {
                !field.iter().any(|b| *b < 0x20)
            };
            if !is_ok {
                return Err(EncodeError::Element { oid: *oid });
            }
            data.extend_from_slice(field);
            if value.is_some() || (*oid != MEDIA && !field.is_empty()) {
                last = data.len();
                taken.push(*oid);
            }
            if *oid != MEDIA {
                data.push(0);
            }
        }
        data.truncate(last);
        if last > 0 {
            let length = data.len();
            let frame = extension::frame(block, &data);
            image.extend(frame.ok_or(EncodeError::Room { needed: length, room: 251 })?);
        }
    }
    if let Some((oid, _)) = elements.iter().find(|(oid, _)| !taken.contains(oid)) {
        return Err(EncodeError::Element { oid: *oid });
    }
    for element in draft.others.iter().filter(|element| element.oid == NONE) {
        image.extend(unstructured(&element.value).ok_or(EncodeError::Element { oid: NONE })?);
    }
    Ok(image)
}

fn unstructured(value: &Value) -> Option<Vec<u8>> {
    let Value::Bytes(bytes) = value else { return None };
    let ([low, middle, high], data) = bytes.split_first_chunk::<3>()?;
    let id = u32::from_le_bytes([*low, *middle, *high, 0]);
    if *high == 0 && *middle != 0xFF {
        return extension::frame(id, data);
    }
    let length = u8::try_from(data.len() + 6).ok()?;
    let head = [length, *low, 0xFF, *middle, *high];
    let xor = head.iter().chain(data).fold(0, |xor, byte| xor ^ byte);
    Some([&head, [xor].as_slice(), data].concat())
}

fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(room) = block.get_mut(at..at + bytes.len()) {
        room.copy_from_slice(bytes);
    }
}

/// What a byte holds.
const MAX_PARTS: u16 = 255;
