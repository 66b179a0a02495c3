//! Layouts that one vendor or one library made up, from configuration: only an identifier, at a place, in a packing.
//!
//! A field says nothing about itself: unless marks (fixed bits elsewhere) tell the layout, any memory has some number
//! there. While a field of several blocks is written, its first block is all ones, and such a field is never read:
//! else the half of an old number and the half of a new one would be a third. {#local-layout}

use super::draft::{EncodeError, is_identifier};
use super::oid::PII;
use super::{Element, LibraryTag, Problem, TagData, Value, compaction};

/// A layout that is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalLayout {
    /// The name that it is called by.
    pub name: String,
    /// Where the identifier is and how it is packed.
    pub form: LocalForm,
    /// What must be on a tag besides, so that it is one of this layout. Without marks the layout fits any tag.
    pub marks: Vec<Mark>,
}

/// Where an identifier is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalForm {
    /// In a field at a fixed place.
    Field {
        /// The first byte of the field.
        offset: usize,
        /// How long it is.
        length: FieldLength,
        /// How it is packed.
        packing: Packing,
    },
    /// The first nibble tells the packing (1 a number, 2 BCD, 4 letters and digits), byte 1 the length in bytes, and
    /// the identifier follows. {#local-layout.self}
    SelfDescribing {
        /// How letters and digits are packed: [`Packing::Ascii`] or [`Packing::SixBit`].
        letters: Packing,
    },
}

/// How long a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldLength {
    /// Always so many bytes.
    Fixed(usize),
    /// As many as its first byte tells, that byte not counted; at most so many.
    Prefixed(usize),
}

/// How an identifier becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// A big-endian number of up to 16 bytes, printed in decimal with at least so many digits.
    Number {
        /// Digits, with zeros in front; 0 if the number has none in front.
        digits: usize,
    },
    /// Two digits a byte, filled with F at the end (or at the beginning).
    Bcd,
    /// One character a byte, filled with 00 or spaces.
    Ascii,
    /// Six bits a character, as in ISO/IEC 15962.
    SixBit,
}

/// Bits that are always the same on the tags of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The byte.
    pub at: usize,
    /// The bits that count.
    pub mask: u8,
    /// What they are.
    pub value: u8,
}

impl LocalLayout {
    /// The layout of the vendor that many Chinese collections were tagged by.
    pub fn self_describing(name: &str) -> Self {
        Self {
            name: name.into(),
            form: LocalForm::SelfDescribing { letters: Packing::Ascii },
            marks: Vec::new(),
        }
    }

    /// Whether the layout can tell its own tags from others.
    pub fn is_telling(&self) -> bool {
        !self.marks.is_empty() || matches!(self.form, LocalForm::SelfDescribing { .. })
    }

    /// Decodes a memory in this layout; `None` if it cannot be a tag of it.
    pub fn decode(&self, memory: &[u8], block_size: usize) -> Option<TagData> {
        if !self
            .marks
            .iter()
            .all(|mark| memory.get(mark.at).is_some_and(|byte| byte & mark.mask == mark.value))
        {
            return None;
        }
        let (start, bytes, packing) = match self.form {
            LocalForm::Field { offset, length, packing } => (offset, field(memory, offset, length)?, packing),
            LocalForm::SelfDescribing { letters } => {
                let packing = match memory.first()? >> 4 {
                    1 => Packing::Number { digits: 0 },
                    2 => Packing::Bcd,
                    4 => letters,
                    _ => return None,
                };
                (0, field(memory, 1, FieldLength::Prefixed(usize::MAX))?, packing)
            }
        };
        let guard = start - start % block_size.max(1);
        if memory.get(guard..guard + block_size)?.iter().all(|byte| *byte == 0xFF) {
            return Some(damaged(Problem::HalfWritten));
        }
        if bytes.is_empty() || bytes.iter().all(|byte| *byte == 0) {
            return None;
        }
        let id = packing.unpack(bytes).filter(|id| is_identifier(id))?;
        let element = Element { oid: PII, value: Value::Text(id.clone()), locked: false };
        Some(TagData::Library(LibraryTag {
            primary_item_id: id,
            elements: vec![element],
            ..LibraryTag::default()
        }))
    }

    /// Puts an identifier into a memory; all but the field and the marks stays as it is.
    ///
    /// # Errors
    /// [`EncodeError::PrimaryItemId`] if the packing has no form for it, [`EncodeError::Room`] if it does not fit.
    pub fn encode(&self, id: &str, memory: &[u8]) -> Result<Vec<u8>, EncodeError> {
        let mut image = memory.to_vec();
        let (offset, bytes) = match self.form {
            LocalForm::Field { offset, length, packing } => (offset, in_field(id, length, packing)?),
            LocalForm::SelfDescribing { letters } => {
                let forms = [(1, Packing::Number { digits: 0 }), (2, Packing::Bcd), (4, letters)];
                let packed = forms.into_iter().find_map(|(code, packing)| Some((code, packing.pack(id)?)));
                let (code, bytes) = packed.ok_or(EncodeError::PrimaryItemId)?;
                let head =
                    code << 4 | memory.first().copied().filter(|old| old >> 4 == code).unwrap_or(0) & 0xF;
                (0, [&[head, length_byte(bytes.len())?], bytes.as_slice()].concat())
            }
        };
        let room = memory.len();
        let needed = offset + bytes.len();
        image.get_mut(offset..needed).ok_or(EncodeError::Room { needed, room })?.copy_from_slice(&bytes);
        for mark in &self.marks {
            let byte = image.get_mut(mark.at).ok_or(EncodeError::Room { needed: mark.at + 1, room })?;
            *byte = *byte & !mark.mask | mark.value & mark.mask;
        }
        Ok(image)
    }

    /// The ends of the parts of the memory that must be read.
    pub(super) fn reach(&self) -> impl Iterator<Item = usize> {
        let end = match self.form {
            LocalForm::Field { offset, length: FieldLength::Fixed(length), .. } => offset + length,
            LocalForm::Field { offset, length: FieldLength::Prefixed(most), .. } => {
                offset + 1 + most.min(255)
            }
            LocalForm::SelfDescribing { .. } => 20,
        };
        self.marks.iter().map(|mark| mark.at + 1).chain([end])
    }

    /// Bytes whose loss makes a tag unreadable in this layout: where the field begins, and the marks.
    pub(super) fn guards(&self) -> impl Iterator<Item = usize> {
        let start = match self.form {
            LocalForm::Field { offset, .. } => offset,
            LocalForm::SelfDescribing { .. } => 0,
        };
        self.marks.iter().map(|mark| mark.at).chain([start])
    }
}

impl Packing {
    fn unpack(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Number { digits } => {
                let significant = bytes.iter().skip_while(|byte| **byte == 0);
                if significant.clone().count() > 16 {
                    return None;
                }
                let number = significant.fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
                Some(format!("{number:0digits$}"))
            }
            Self::Bcd => {
                let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
                let text: String = nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect();
                let digits = text.trim_end_matches('f');
                let digits = if digits.len() == text.len() { text.trim_start_matches('f') } else { digits };
                digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
            }
            Self::Ascii => {
                let text = std::str::from_utf8(bytes).ok()?.trim_end_matches(['\0', ' ']);
                text.bytes().all(|byte| (0x20..0x7F).contains(&byte)).then(|| text.to_owned())
            }
            Self::SixBit => {
                let text = compaction::expand_six(bytes);
                Some(text.trim_end_matches(['@', ' ']).to_owned())
            }
        }
    }

    /// The shortest bytes that unpack to exactly this; zeros alone are no number.
    fn pack(self, id: &str) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Number { .. } => {
                let number = id.parse::<u128>().ok()?;
                number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
            }
            Self::Bcd => compaction::compact_numeric(id)?,
            Self::Ascii => id.as_bytes().to_vec(),
            Self::SixBit => compaction::compact_six(id)?,
        };
        let is_written = bytes.iter().any(|byte| *byte != 0);
        (is_written && self.unpack(&bytes).as_deref() == Some(id)).then_some(bytes)
    }

    /// Fills a field of a fixed length.
    fn fill(self, mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
        let missing = length.saturating_sub(bytes.len());
        match self {
            Self::Number { .. } => [vec![0; missing], bytes].concat(),
            Self::Bcd => {
                bytes.resize(length, 0xFF);
                bytes
            }
            Self::Ascii | Self::SixBit => {
                bytes.resize(length, 0);
                bytes
            }
        }
    }
}

fn field(memory: &[u8], offset: usize, length: FieldLength) -> Option<&[u8]> {
    let rest = memory.get(offset..)?;
    match length {
        FieldLength::Fixed(length) => rest.get(..length),
        FieldLength::Prefixed(most) => {
            let (length, rest) = rest.split_first()?;
            rest.get(..usize::from(*length).min(most)).filter(|_| usize::from(*length) <= most)
        }
    }
}

fn in_field(id: &str, length: FieldLength, packing: Packing) -> Result<Vec<u8>, EncodeError> {
    let bytes = packing.pack(id).ok_or(EncodeError::PrimaryItemId)?;
    let (FieldLength::Fixed(room) | FieldLength::Prefixed(room)) = length;
    if bytes.len() > room {
        return Err(EncodeError::Room { needed: bytes.len(), room });
    }
    match length {
        FieldLength::Prefixed(_) => Ok([&[length_byte(bytes.len())?], bytes.as_slice()].concat()),
        FieldLength::Fixed(length) => {
            let bytes = packing.fill(bytes, length);
            packing.unpack(&bytes).filter(|same| same == id).map(|_| bytes).ok_or(EncodeError::PrimaryItemId)
        }
    }
}

fn length_byte(length: usize) -> Result<u8, EncodeError> {
    u8::try_from(length).map_err(|_| EncodeError::Room { needed: length, room: 255 })
}

fn damaged(problem: Problem) -> TagData {
    TagData::Damaged { partial: LibraryTag::default(), problems: vec![problem] }
}

#[cfg(test)]
mod tests;
