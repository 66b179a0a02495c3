//! The elements of the user memory.

use super::{
    BORROWER, Draft, Element, EncodeError, LibraryTag, OWNER, Problem, SET, SetInfo, USAGE, Usage, Value,
    number,
};
use crate::data::draft::no_set;

/// The content index: a bit for each element that is there.
pub fn index_of(oids: impl Iterator<Item = u8>) -> u16 {
    oids.filter_map(|oid| INDEX.iter().position(|known| *known == oid)).fold(0, |index, bit| index | 1 << bit)
}

pub(super) fn take(tag: &mut LibraryTag, user: &[u8], index: u16) {
    let mut at = 0;
    while let Some(head) = user.get(at).filter(|head| **head != 0) {
        let oid = head >> 2;
        let length = user.get(at + 1).map(|low| usize::from(head & 3) << 8 | usize::from(*low));
        let Some(data) = length.and_then(|length| user.get(at + 2..at + 2 + length)) else {
            tag.problems.push(Problem::Truncated { at });
            return;
        };
        at += 2 + data.len();
        match element(tag, oid, data) {
            Some(value) => tag.elements.push(Element { oid, value, locked: false }),
            None => {
                tag.problems.push(Problem::Value { oid });
                tag.elements.push(Element { oid, value: Value::Bytes(data.to_vec()), locked: false });
            }
        }
    }
    let missing = INDEX.iter().enumerate().filter(|(bit, _)| index >> bit & 1 == 1).map(|(_, oid)| *oid);
    let missing: Vec<u8> =
        missing.filter(|oid| tag.elements.iter().all(|element| element.oid != *oid)).collect();
    tag.problems.extend(missing.into_iter().map(|oid| Problem::Missing { oid }));
}

/// How many bytes are needed at least to go on; `None` if the elements end within these.
pub(super) fn needs(user: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match (user.get(at), user.get(at + 1)) {
            (Some(0), _) => return None,
            (Some(head), Some(low)) => at += 2 + (usize::from(head & 3) << 8 | usize::from(*low)),
            (Some(_), None) | (None, _) => return Some(at + 2),
        }
    }
}

/// The value of an element; the ones with a field of their own fill it.
fn element(tag: &mut LibraryTag, oid: u8, data: &[u8]) -> Option<Value> {
    match (oid, data) {
        (OWNER | BORROWER, data) => {
            let code = u16::from_be_bytes(data.try_into().ok()?);
            let code = if code >= 60_000 { u32::from(code) + 30_000 } else { u32::from(code) };
            let text = format!("{code:05}");
            if oid == OWNER {
                tag.owner = Some(text.clone());
            }
            Some(Value::Text(text))
        }
        (SET, [a, b, c, d]) => {
            let set = SetInfo { of: u16::from_be_bytes([*a, *b]), part: u16::from_be_bytes([*c, *d]) };
            tag.set = Some(set).filter(|set| set.of > 0 && set.part <= set.of);
            tag.set.map(|set| Value::Text(format!("{}/{}", set.part, set.of)))
        }
        (USAGE, [main, sub]) => {
            tag.usage =
                USAGES.iter().find(|(pair, _)| pair == &(*main, *sub)).map(|(_, usage)| Usage(*usage));
            tag.usage = tag.usage.or_else(|| Some(Usage(*MAIN_USAGES.get(usize::from(*main))?)));
            Some(Value::Bytes(data.to_vec()))
        }
        (SET | USAGE, _) => None,
        _ => std::str::from_utf8(data).ok().map(|text| Value::Text(text.to_owned())),
    }
}

/// The user memory and the content index.
pub(super) fn encode(draft: &Draft) -> Result<(Vec<u8>, u16), EncodeError> {
    let elements = Draft { set: None, ..draft.clone() }.elements()?;
    let mut coded: Vec<(u8, Vec<u8>)> = Vec::new();
    if let Some(set) = draft.set {
        let is_set = set.of > 0 && set.part <= set.of;
        let data = is_set.then(|| [set.of.to_be_bytes(), set.part.to_be_bytes()].concat());
        coded.push((SET, data.ok_or_else(|| no_set(set, u16::MAX))?));
    }
    for (oid, value) in elements {
        let data = match (oid, &value) {
            (OWNER | BORROWER, value) => number(value).map(|code| code.to_be_bytes().to_vec()),
            (USAGE, Value::Bytes(usage)) => {
                let pair = USAGES.iter().find(|(_, have)| usage == &[*have]).map(|(pair, _)| *pair);
                pair.map(|(main, sub)| vec![main, sub])
            }
            (oid, Value::Text(text)) if INDEX.contains(&oid) => Some(text.as_bytes().to_vec()),
            (_, Value::Text(_) | Value::Bytes(_)) => None,
        };
        coded.push((oid, data.filter(|data| data.len() < 1024).ok_or(EncodeError::Element { oid })?));
    }
    coded.sort_by_key(|(oid, _)| *oid);
    let mut user = Vec::new();
    for (oid, data) in &coded {
        let [high, low] = u16::try_from(data.len()).unwrap_or(0).to_be_bytes();
        user.extend([oid << 2 | high, low]);
        user.extend_from_slice(data);
    }
    user.resize(user.len().next_multiple_of(2), 0);
    Ok((user, index_of(coded.iter().map(|(oid, _)| *oid))))
}

/// The elements that the content index tells, by bit.
const INDEX: [u8; 16] = [3, 4, 5, 6, 11, 12, 14, 15, 16, 24, 26, 27, 28, 29, 30, 31];
/// Main and sub class, and the type of usage of ISO 28560 that is nearest.
const USAGES: [((u8, u8), u8); 6] =
    [((0, 0), 0x10), ((0, 1), 0x20), ((0, 2), 0x70), ((0, 3), 0x00), ((3, 0), 0x80), ((4, 0), 0x90)];
/// The same by main class alone: document, disc, shelf label (no information), card, equipment.
const MAIN_USAGES: [u8; 5] = [0x10, 0x10, 0x60, 0x80, 0x90];
