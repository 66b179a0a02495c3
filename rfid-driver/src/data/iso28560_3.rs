//! ISO 28560-3 (Danish model): a basic block of 34 bytes with a CRC, then perhaps extension blocks.
//!
//! ```text
//! 0      1     2    3..19       19..21         21..23   23..34
//! 1|use  parts part identifier  CRC, LSB first country  institution
//! ```
//! CRC: polynomial 1021, start FFFF, over bytes 0..19 and 21..34, where bytes beyond a short chip count as 0. Some
//! vendors wrote each block of four bytes reversed: the order is found by the CRC and kept. {#iso28560-3.basic}
//!
//! The country and the institution are an ISIL without its first hyphen. An identifier of more than 16 bytes has 01 at
//! byte 3 and stands in extension block 1, as an owner does that does not fit. {#iso28560-3.long}

use super::draft::is_identifier;
use super::oid::{OWNER, PII, SET, USAGE};
use super::{Element, LibraryTag, Problem, SetInfo, TagData, Usage, Value};
use crate::crc::CRC_1021;

pub use write::encode;

mod extension;
mod write;

/// The order of the bytes within the blocks of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockOrder {
    /// Byte 0 of the model is byte 0 of block 0.
    Straight,
    /// Byte 0 of the model is byte 3 of block 0.
    Reversed,
}

/// Whether the memory begins with a basic block whose CRC is right, in either byte order.
pub fn has_basic_block(memory: &[u8]) -> bool {
    order(memory).is_some()
}

/// The byte order in which the CRC of the basic block is right.
pub fn order(memory: &[u8]) -> Option<BlockOrder> {
    [BlockOrder::Straight, BlockOrder::Reversed]
        .into_iter()
        .find(|order| View { memory, order: *order }.is_basic_block())
}

/// Decodes a memory in the order in which the CRC is right, else in the order in which the basic block looks like one:
/// then it is `Damaged`. `None` if it looks like none at all.
pub fn decode(memory: &[u8]) -> Option<(BlockOrder, TagData)> {
    if let Some(order) = order(memory) {
        return Some((order, View { memory, order }.decode(None)));
    }
    let order = [BlockOrder::Straight, BlockOrder::Reversed]
        .into_iter()
        .find(|order| View { memory, order: *order }.is_plausible())?;
    let view = View { memory, order };
    let problem = Problem::Crc { stored: view.stored_crc(), computed: view.crc() };
    Some((order, view.decode(Some(problem))))
}

/// How many bytes from byte 0 are needed at least to go on decoding; `None` if these suffice.
pub fn needs(memory: &[u8]) -> Option<usize> {
    match order(memory) {
        Some(order) => extension::needs(View { memory, order }),
        None => (memory.len() < BASIC + 2).then_some(BASIC + 2),
    }
}

/// The CRC of the Danish model.
pub fn crc(bytes: &[u8]) -> u16 {
    CRC_1021.update(0xFFFF, bytes)
}

/// A memory seen in a byte order.
#[derive(Clone, Copy)]
struct View<'a> {
    memory: &'a [u8],
    order: BlockOrder,
}

impl View<'_> {
    fn byte(&self, at: usize) -> u8 {
        let at = match self.order {
            BlockOrder::Straight => at,
            BlockOrder::Reversed => at ^ 3,
        };
        self.memory.get(at).copied().unwrap_or(0)
    }

    fn bytes<const N: usize>(&self, from: usize) -> [u8; N] {
        std::array::from_fn(|at| self.byte(from + at))
    }

    fn stored_crc(&self) -> u16 {
        u16::from_le_bytes(self.bytes(CRC_AT))
    }

    fn crc(&self) -> u16 {
        let checked: [u8; BASIC - 2] =
            std::array::from_fn(|at| self.byte(if at < CRC_AT { at } else { at + 2 }));
        crc(&checked)
    }

    fn is_basic_block(&self) -> bool {
        self.memory.len() >= SHORT && self.byte(0) >> 4 == 1 && self.stored_crc() == self.crc()
    }

    /// Version 1, a known usage, a place in a set, a printable identifier filled with zeros, and some checksum: a chain
    /// of ISO 28560-2 that holds only an identifier has zeros there.
    fn is_plausible(&self) -> bool {
        let id: [u8; 16] = self.bytes(3);
        let text = fill_less(&id);
        let is_text = !text.is_empty() && text.iter().all(|byte| (0x20..0x7F).contains(byte));
        let is_filled = id.iter().skip(text.len()).all(|byte| *byte == 0);
        self.memory.len() >= SHORT
            && self.byte(0) >> 4 == 1
            && self.byte(0) & 0xF <= 9
            && self.byte(2) <= self.byte(1)
            && self.stored_crc() != 0
            && (is_text && is_filled || id == LONG_ID)
    }

    fn decode(&self, crc_problem: Option<Problem>) -> TagData {
        let mut tag = LibraryTag::default();
        let mut fatal: Vec<Problem> = crc_problem.into_iter().collect();
        let usage = Usage(self.byte(0) << 4);
        tag.usage = Some(usage);
        tag.elements.push(element(USAGE, Value::Bytes(vec![usage.0])));
        let set = SetInfo { part: self.byte(2).into(), of: self.byte(1).into() };
        if set.of > 0 && set.part <= set.of {
            tag.set = Some(set);
        } else if set != (SetInfo { part: 0, of: 0 }) {
            tag.problems.push(Problem::Value { oid: SET });
        }
        let id: [u8; 16] = self.bytes(3);
        if id != LONG_ID {
            self.take_id(&mut tag, fill_less(&id), &mut fatal);
        }
        self.take_owner(&mut tag);
        extension::take(*self, &mut tag, &mut fatal, id == LONG_ID);
        if tag.primary_item_id.is_empty() && !fatal.contains(&Problem::Value { oid: PII }) {
            fatal.push(Problem::NoPrimaryItemId);
        }
        if fatal.is_empty() {
            TagData::Library(tag)
        } else {
            TagData::Damaged { partial: tag, problems: fatal }
        }
    }

    fn take_id(&self, tag: &mut LibraryTag, id: &[u8], fatal: &mut Vec<Problem>) {
        let id = text(id);
        if is_identifier(&id) {
            tag.elements.push(element(PII, Value::Text(id.clone())));
            tag.primary_item_id = id;
        } else if !id.is_empty() {
            fatal.push(Problem::Value { oid: PII });
        }
    }

    fn take_owner(&self, tag: &mut LibraryTag) {
        let country: [u8; 2] = self.bytes(21);
        let rest: [u8; 11] = self.bytes(23);
        let rest = fill_less(&rest);
        if country == [0, 0] && rest.is_empty() {
            return;
        }
        let mut owner = String::with_capacity(country.len() + 1 + rest.len());
        push_text(&mut owner, &country);
        if !rest.is_empty() {
            owner.push('-');
            push_text(&mut owner, rest);
        }
        if country.iter().all(u8::is_ascii_uppercase) && is_identifier(&owner) {
            tag.elements.push(element(OWNER, Value::Text(owner.clone())));
            tag.owner = Some(owner);
        } else {
            tag.problems.push(Problem::Value { oid: OWNER });
        }
    }
}

fn element(oid: u8, value: Value) -> Element {
    Element { oid, value, locked: false }
}

/// Text of a field: UTF-8, else ISO 8859-1.
fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    push_text(&mut text, bytes);
    text
}

fn push_text(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(utf_8) => text.push_str(utf_8),
        Err(_) => text.extend(bytes.iter().copied().map(char::from)),
    }
}

/// The bytes before the first zero.
fn fill_less(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Where the CRC is.
const CRC_AT: usize = 19;
/// Bytes of the basic block.
const BASIC: usize = 34;
/// Bytes of the basic block on a chip that has no more.
const SHORT: usize = 32;
/// The identifier field of a tag whose identifier is in extension block 1.
const LONG_ID: [u8; 16] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

#[cfg(test)]
mod tests;
