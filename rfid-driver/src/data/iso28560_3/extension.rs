//! Extension blocks behind the basic block.
//!
//! ```text
//! length  block ID, LSB first  XOR   data...      length counts itself; 0 = end, 1 = filler byte
//! length  xx FF  yy zz         XOR   data...      ID of 24 bits
//! ```
//! The XOR over the whole frame is 0. The XOR byte stands directly behind the ID; older writers put it at the end: a tag
//! is read that way if it makes no sense the other way. {#iso28560-3.extension}

use super::{Element, LibraryTag, Problem, Value, View, element, is_identifier, text};
use crate::data::oid::{
    ALTERNATIVE_BORROWER, ALTERNATIVE_ITEM_ID, ALTERNATIVE_OWNER, BORROWER, GS1, ILL_TRANSACTION, INVOICE,
    MARC_MEDIA, MEDIA, NONE, ONIX_MEDIA, ORDER, OWNER, PRODUCT, SHELF, SUBSIDIARY, SUPPLIER, SUPPLY_CHAIN,
    TITLE,
};

/// Where a frame has its XOR byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Xor {
    BehindId,
    AtEnd,
}

/// A whole frame at an offset of the model.
#[derive(Clone, Copy)]
struct Frame<'a> {
    view: View<'a>,
    at: usize,
    length: usize,
}

enum Step<'a> {
    Frame(Frame<'a>),
    Filler,
    End,
    Broken { needed: Option<usize> },
}

/// Reads the extension blocks into the tag; `is_long_id` tells that block 1 has the identifier.
pub(super) fn take(view: View<'_>, tag: &mut LibraryTag, fatal: &mut Vec<Problem>, is_long_id: bool) {
    if view.memory.len() <= super::BASIC {
        return;
    }
    let xor = xor_position(view);
    let mut at = super::BASIC;
    loop {
        match step(view, at) {
            Step::End => return,
            Step::Filler => at += 1,
            Step::Frame(frame) => {
                frame.take(xor, tag, fatal, is_long_id);
                at += frame.length;
            }
            Step::Broken { .. } => {
                tag.problems.push(Problem::Extension { at });
                return;
            }
        }
    }
}

/// How many bytes are needed to go on; `None` if these suffice.
pub(super) fn needs(view: View<'_>) -> Option<usize> {
    let mut at = super::BASIC;
    loop {
        match step(view, at) {
            Step::End if at < view.memory.len() => return None,
            Step::End => return Some((at + 1).next_multiple_of(4)),
            Step::Filler => at += 1,
            Step::Frame(frame) => at += frame.length,
            Step::Broken { needed } => return needed.map(|needed| needed.next_multiple_of(4)),
        }
    }
}

/// The elements of a structured block in their order. Block 1 has an identifier and an owner besides.
pub(super) fn fields(id: u32) -> Option<&'static [u8]> {
    match id {
        1 => Some(&[MEDIA, ALTERNATIVE_ITEM_ID, ALTERNATIVE_OWNER]),
        2 => Some(&[SUPPLIER, PRODUCT, ORDER, INVOICE, GS1, SUPPLY_CHAIN]),
        3 => Some(&[SHELF, MARC_MEDIA, ONIX_MEDIA, SUBSIDIARY]),
        4 => Some(&[TITLE]),
        5 => Some(&[BORROWER, ILL_TRANSACTION, ALTERNATIVE_BORROWER]),
        _ => None,
    }
}

/// A frame with its XOR byte behind the ID.
pub(super) fn frame(id: u32, data: &[u8]) -> Option<Vec<u8>> {
    let [low, high, ..] = id.to_le_bytes();
    let length = u8::try_from(data.len() + 4).ok()?;
    let xor = data.iter().fold(length ^ low ^ high, |xor, byte| xor ^ byte);
    Some([&[length, low, high, xor], data].concat())
}

fn step(view: View<'_>, at: usize) -> Step<'_> {
    if at >= view.memory.len() {
        return Step::End;
    }
    let length = usize::from(view.byte(at));
    match length {
        0 => Step::End,
        1 => Step::Filler,
        _ if at + length > view.memory.len() => Step::Broken { needed: (length >= 4).then_some(at + length) },
        _ => {
            let frame = Frame { view, at, length };
            let xor = (0..length).fold(0, |xor, offset| xor ^ view.byte(at + offset));
            if length > frame.id_width() + 1 && xor == 0 {
                Step::Frame(frame)
            } else {
                Step::Broken { needed: None }
            }
        }
    }
}

fn frames(view: View<'_>) -> impl Iterator<Item = Frame<'_>> {
    let mut at = super::BASIC;
    std::iter::from_fn(move || {
        loop {
            match step(view, at) {
                Step::Filler => at += 1,
                Step::Frame(frame) => {
                    at += frame.length;
                    return Some(frame);
                }
                Step::End | Step::Broken { .. } => return None,
            }
        }
    })
}

fn xor_position(view: View<'_>) -> Xor {
    if frames(view).all(|frame| frame.is_plausible(Xor::BehindId))
        || !frames(view).all(|f| f.is_plausible(Xor::AtEnd))
    {
        Xor::BehindId
    } else {
        Xor::AtEnd
    }
}

impl Frame<'_> {
    fn byte(&self, offset: usize) -> u8 {
        self.view.byte(self.at + offset)
    }

    fn id_width(&self) -> usize {
        if self.byte(2) == 0xFF { 4 } else { 2 }
    }

    fn id(&self) -> u32 {
        if self.byte(2) == 0xFF {
            u32::from_le_bytes([self.byte(1), self.byte(3), self.byte(4), 0])
        } else {
            u32::from(u16::from_le_bytes([self.byte(1), self.byte(2)]))
        }
    }

    fn data(&self, xor: Xor) -> Vec<u8> {
        let start = 1 + self.id_width();
        let range = match xor {
            Xor::BehindId => start + 1..self.length,
            Xor::AtEnd => start..self.length - 1,
        };
        range.map(|offset| self.byte(offset)).collect()
    }

    /// Whether the fields are text and the codes are codes.
    fn is_plausible(&self, xor: Xor) -> bool {
        let data = self.data(xor);
        match (fields(self.id()), data.split_first()) {
            (None, _) | (_, None) => true,
            (Some([MEDIA, ..]), Some((media, rest))) => *media <= LAST_MEDIA && is_text(rest),
            (Some(fields), Some(_)) => {
                is_text(&data) && data.split(|byte| *byte == 0).count() <= fields.len() + 1
            }
        }
    }

    fn take(&self, xor: Xor, tag: &mut LibraryTag, fatal: &mut Vec<Problem>, is_long_id: bool) {
        let data = self.data(xor);
        let Some(fields) = fields(self.id()) else {
            let [a, b, c, _] = self.id().to_le_bytes();
            let payload = [&[a, b, c], data.as_slice()].concat();
            tag.elements.push(element(NONE, Value::Bytes(payload)));
            return;
        };
        let (media, texts) = match (fields, data.split_first()) {
            ([MEDIA, ..], Some((media, rest))) => (Some(*media), rest),
            _ => (None, data.as_slice()),
        };
        if let Some(media) = media {
            push(tag, element(MEDIA, Value::Bytes(vec![media])));
        }
        for (oid, field) in
            fields.iter().skip(usize::from(media.is_some())).zip(texts.split(|byte| *byte == 0))
        {
            if !field.is_empty() {
                self.take_field(*oid, field, tag, fatal, is_long_id);
            }
        }
    }

    fn take_field(
        &self,
        oid: u8,
        field: &[u8],
        tag: &mut LibraryTag,
        fatal: &mut Vec<Problem>,
        is_long_id: bool,
    ) {
        match oid {
            SUPPLY_CHAIN => push(tag, element(SUPPLY_CHAIN, Value::Bytes(field.to_vec()))),
            ALTERNATIVE_ITEM_ID if is_long_id && tag.primary_item_id.is_empty() => {
                self.view.take_id(tag, field, fatal);
            }
            ALTERNATIVE_OWNER if tag.owner.is_none() => {
                let owner = text(field);
                if is_identifier(&owner) {
                    tag.owner = Some(owner.clone());
                }
                push(tag, element(OWNER, Value::Text(owner)));
            }
            _ => push(tag, element(oid, Value::Text(text(field)))),
        }
    }
}

fn push(tag: &mut LibraryTag, element: Element) {
    if tag.elements.iter().any(|before| before.oid == element.oid) {
        tag.problems.push(Problem::Twice { oid: element.oid });
    }
    tag.elements.push(element);
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0 || *byte >= 0x20)
}

/// The highest code of a media format: very small.
const LAST_MEDIA: u8 = 6;
