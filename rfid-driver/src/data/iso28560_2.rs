//! ISO 28560-2 on ISO/IEC 15962: a chain of data sets from byte 0, without a directory, ended by a zero precursor.
//!
//! ```text
//! precursor [OID-15] [pads] length data... 00 x pads
//!
//! precursor  7       6..4        3..0
//!            offset  compaction  relative OID, 15 = the next byte plus 15
//! ```
//! With the offset bit a byte follows that counts the zeros behind the data, so that an element that is locked fills
//! whole blocks. {#iso28560-2.dataset}
//!
//! A length of 128 bytes or more takes two bytes, the first with its top bit set, seven bits of the length in each. This
//! form is from memory: no published dump has it, and no tag of 112 bytes needs it. {#iso28560-2.long}

use super::compaction::{self, Compaction};
use super::draft::{is_identifier, set_info};
use super::oid::{ALTERNATIVE_OWNER, BORROWER, CONTENT, MEDIA, OWNER, PII, SET, SUPPLY_CHAIN, USAGE};
use super::{Element, LibraryTag, Problem, TagData, Usage, Value, isil};

pub use super::draft::{Draft, EncodeError};
pub use write::{content_parameter, encode, encode_aligned, encode_elements, rewrite};

mod write;

/// Decodes a memory from byte 0, without knowledge of locked blocks.
///
/// The answer is `Library` with an identifier and a sound chain, `Blank` without any data set, else `Damaged`.
pub fn decode(memory: &[u8]) -> TagData {
    decode_locked(memory, 4, &[])
}

/// Decodes a memory from byte 0; `locked` tells of each block of `block_size` bytes whether it is locked.
pub fn decode_locked(memory: &[u8], block_size: usize, locked: &[bool]) -> TagData {
    let elements = Vec::with_capacity(chain(memory).count());
    let mut tag = LibraryTag { elements, ..LibraryTag::default() };
    let mut fatal = Vec::new();
    let mut at = 0;
    loop {
        match data_set(memory, at) {
            DataSet::End => break,
            DataSet::Broken { problem, .. } => {
                fatal.push(problem);
                break;
            }
            DataSet::Whole(found) => {
                let blocks = at / block_size.max(1)..found.end.div_ceil(block_size.max(1));
                let is_locked =
                    !blocks.is_empty() && locked.get(blocks).is_some_and(|l| l.iter().all(|l| *l));
                at = found.end;
                take(&mut tag, &found, is_locked);
            }
        }
    }
    if at == 0 && fatal.is_empty() {
        return TagData::Blank;
    }
    let (about_id, others) = tag.problems.drain(..).partition::<Vec<_>, _>(is_about_id);
    tag.problems = others;
    fatal.extend(about_id);
    if tag.primary_item_id.is_empty() && !fatal.contains(&Problem::Value { oid: PII }) {
        fatal.push(Problem::NoPrimaryItemId);
    }
    if fatal.is_empty() { TagData::Library(tag) } else { TagData::Damaged { partial: tag, problems: fatal } }
}

/// How many bytes from byte 0 are needed at least to go on decoding; `None` if these suffice.
pub fn needs(memory: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match data_set(memory, at) {
            DataSet::Whole(found) => at = found.end,
            DataSet::End if at < memory.len() => return None,
            DataSet::End => return Some(at + 1),
            DataSet::Broken { needed, .. } => return needed,
        }
    }
}

struct Found<'a> {
    oid: u8,
    scheme: Compaction,
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

enum DataSet<'a> {
    End,
    Whole(Found<'a>),
    Broken { problem: Problem, needed: Option<usize> },
}

/// The data sets from byte 0 as far as the chain is sound.
fn chain(memory: &[u8]) -> impl Iterator<Item = Found<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || match data_set(memory, at) {
        DataSet::Whole(found) => {
            at = found.end;
            Some(found)
        }
        DataSet::End | DataSet::Broken { .. } => None,
    })
}

fn data_set(memory: &[u8], at: usize) -> DataSet<'_> {
    let truncated = |needed| DataSet::Broken { problem: Problem::Truncated { at }, needed: Some(needed) };
    let precursor = match memory.get(at) {
        None | Some(0) => return DataSet::End,
        Some(precursor) => *precursor,
    };
    let mut cursor = at + 1;
    let mut next = || {
        let byte = memory.get(cursor).copied();
        cursor += 1;
        byte
    };
    let oid = match precursor & 0xF {
        15 => next().map(|extra| extra.saturating_add(15)),
        oid => Some(oid),
    };
    let pads = if precursor & 0x80 == 0 { Some(0) } else { next() };
    let (Some(oid), Some(pads), Some(length)) = (oid, pads, next()) else { return truncated(cursor) };
    // From 128 on the length takes two bytes of 7 bits each; only a memory that holds so much is believed.
    let low = if length > 127 { next() } else { None };
    let long = low.filter(|low| *low <= 127);
    let data_length = match long {
        Some(low) => usize::from(length & 0x7F) << 7 | usize::from(low),
        None => usize::from(length),
    };
    let data_end = cursor + data_length;
    let end = data_end + usize::from(pads);
    match memory.get(cursor..data_end) {
        Some(bytes) if end <= memory.len() && (length <= 127 || (long.is_some() && data_length > 127)) => {
            DataSet::Whole(Found {
                oid,
                scheme: Compaction::from_code(precursor >> 4),
                bytes,
                start: at,
                end,
            })
        }
        _ if length > 127 => {
            // A pad goes on reading for it, but not for what no tag can hold.
            let needed = if low.is_none() { cursor } else { end };
            let is_possible = low.is_none() || long.is_some() && (128..=MAX_BELIEVED).contains(&data_length);
            DataSet::Broken { problem: Problem::Length { at, length }, needed: is_possible.then_some(needed) }
        }
        _ => truncated(end),
    }
}

fn take(tag: &mut LibraryTag, found: &Found<'_>, locked: bool) {
    let Found { oid, bytes, .. } = found;
    let text = text(found);
    if tag.elements.iter().any(|element| element.oid == *oid) {
        tag.problems.push(Problem::Twice { oid: *oid });
    } else if !interpret(tag, *oid, bytes, text.as_deref()) {
        tag.problems.push(Problem::Value { oid: *oid });
    }
    tag.elements.push(Element { oid: *oid, value: value(bytes, text), locked });
}

fn text(found: &Found<'_>) -> Option<String> {
    match (found.oid, found.scheme) {
        // Bytes by nature, whatever their scheme.
        (CONTENT | USAGE | MEDIA | SUPPLY_CHAIN, _) => None,
        (OWNER | BORROWER, Compaction::Application) => isil::decode(found.bytes),
        _ => compaction::expand(found.scheme, found.bytes),
    }
}

fn value(bytes: &[u8], text: Option<String>) -> Value {
    match text {
        Some(text) => Value::Text(text),
        None => Value::Bytes(bytes.to_vec()),
    }
}

/// Fills the field that an element is; false if its value makes no sense.
fn interpret(tag: &mut LibraryTag, oid: u8, bytes: &[u8], text: Option<&str>) -> bool {
    match oid {
        PII => match text.filter(|text| is_identifier(text)) {
            Some(text) => tag.primary_item_id = text.to_owned(),
            None => return false,
        },
        OWNER => match text.filter(|text| is_identifier(text)) {
            Some(text) => tag.owner = Some(text.to_owned()),
            None => return false,
        },
        ALTERNATIVE_OWNER => match text.filter(|text| is_identifier(text)) {
            Some(text) => tag.owner = tag.owner.take().or_else(|| Some(text.to_owned())),
            None => return false,
        },
        SET => match text.and_then(set_info) {
            Some(set) => tag.set = Some(set),
            None => return false,
        },
        USAGE => match bytes {
            [usage] => tag.usage = Some(Usage(*usage)),
            _ => return false,
        },
        CONTENT | MEDIA | SUPPLY_CHAIN => {}
        _ => return text.is_some() || bytes.is_empty(),
    }
    true
}

fn is_about_id(problem: &Problem) -> bool {
    matches!(problem, Problem::Value { oid: PII } | Problem::Twice { oid: PII })
}

/// The longest value for whose end a pad goes on reading.
const MAX_BELIEVED: usize = 1024;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod write_tests;
