//! What the memory of a tag says: bytes to data elements and back, pure.
//!
//! Damage is data: a decoder always returns, and what it could read comes with a list of what it could not.

use std::fmt;

pub mod compaction;
pub mod decoded;
pub mod draft;
pub mod epc;
pub mod gaoxiao;
pub mod isil;
pub mod iso28560_2;
pub mod iso28560_3;
pub mod iso28560_4;
pub mod local;
pub mod plan;
pub mod rfid501;
pub mod uhf;
pub mod urn40;
pub mod word_plan;

pub(crate) mod bits;
mod oid;

pub use decoded::{Decoded, Hints, Layout, Sureness, decode, decode_as};
pub use draft::{Charset, Draft, EncodeError};
pub use epc::EpcBank;
pub use plan::{Step, WritePlan, plan, restore};
pub use uhf::{decode_uhf, decode_uhf_memory};
pub use word_plan::{Banks, WordPlan, restore_words, word_plan};

#[cfg(test)]
use crate::tag::Dsfid;

/// What a tag turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagData {
    /// A library's tag with a primary item identifier.
    Library(LibraryTag),
    /// Nothing is written, or what was written is erased.
    Blank,
    /// Written by somebody else, or in a format that this driver does not read.
    Foreign,
    /// Meant to be a library's tag, but not to be relied on.
    Damaged {
        /// What could be read. Its identifier may be empty or wrong: for staff, never for a transaction.
        partial: LibraryTag,
        /// What is wrong; never empty.
        problems: Vec<Problem>,
    },
}

/// The data elements of an ISO 28560 tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibraryTag {
    /// The item's (or the patron card's) number; not empty in [`TagData::Library`].
    pub primary_item_id: String,
    /// The owner institution: an ISIL, else the alternative owner institution.
    pub owner: Option<String>,
    /// Which part of a set of several this is.
    pub set: Option<SetInfo>,
    /// What the tag is on.
    pub usage: Option<Usage>,
    /// Every element found, in the order of the memory, the ones above included.
    pub elements: Vec<Element>,
    /// Elements whose value makes no sense, although the tag as a whole does.
    pub problems: Vec<Problem>,
}

/// One data element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The relative object identifier, 1..=127.
    pub oid: u8,
    /// What it holds.
    pub value: Value,
    /// Whether all of its blocks are locked, as far as lock bits were read.
    pub locked: bool,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text in the tag's coding.
    Text(String),
    /// Bytes that are not text, or not valid in the coding that the tag claims.
    Bytes(Vec<u8>),
}

/// The place of an item in a set: `part` of `of`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetInfo {
    /// This part's number; 0 if the tag tells only the total.
    pub part: u16,
    /// How many parts the set has.
    pub of: u16,
}

/// Type of usage: the high nibble is the main class, the low nibble a subclass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Usage(pub u8);

/// One thing wrong with the data of a tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The memory ends within an element.
    #[error("the element at byte {at} runs over the end of the memory")]
    Truncated {
        /// Offset of the element's precursor.
        at: usize,
    },
    /// A length byte above 127: a second one does not follow, or the memory has no room for what they tell.
    #[error("the element at byte {at} claims {length} bytes")]
    Length {
        /// Offset of the element's precursor.
        at: usize,
        /// The first length byte.
        length: u8,
    },
    /// A value that does not follow its coding.
    #[error("the value of element {oid} does not follow its coding")]
    Value {
        /// The element.
        oid: u8,
    },
    /// An element that is there twice; the first one counts.
    #[error("element {oid} is there twice")]
    Twice {
        /// The element.
        oid: u8,
    },
    /// The checksum of a basic block is wrong.
    #[error("the checksum is {computed:04X}, the tag says {stored:04X}")]
    Crc {
        /// The checksum on the tag.
        stored: u16,
        /// The checksum of the data.
        computed: u16,
    },
    /// An extension block that does not add up; what follows it is not read.
    #[error("the extension block at byte {at} is damaged")]
    Extension {
        /// Offset of its length byte.
        at: usize,
    },
    /// An element that the content index tells of and that is not there.
    #[error("the tag tells of element {oid}, but does not have it")]
    Missing {
        /// The element.
        oid: u8,
    },
    /// A write was cut short: its first block is still erased.
    #[error("the tag is only half written")]
    HalfWritten,
    /// Two layouts fit, and they tell different numbers.
    #[error("another layout fits as well and reads {other:?}")]
    Ambiguous {
        /// The identifier in the other layout.
        other: String,
    },
    /// The memory behind the identifier reads as a part of it: its length may be torn, or somebody has left it there.
    #[error("the memory goes on behind the length that the PC word tells: the identifier may be cut short")]
    Behind,
    /// Power was cut within a security write, and the word is neither the old nor the new one.
    #[error("a security write was cut within word {word} of the EPC bank: write the tag anew")]
    Torn {
        /// The word.
        word: usize,
    },
    /// There is no primary item identifier.
    #[error("there is no primary item identifier")]
    NoPrimaryItemId,
    /// The tag is on the pad, but its memory could not be read.
    #[error("the memory of the tag could not be read")]
    Unreadable,
}

impl TagData {
    /// A tag that is there but cannot be read.
    pub(crate) fn unreadable() -> Self {
        Self::Damaged { partial: LibraryTag::default(), problems: vec![Problem::Unreadable] }
    }
}

impl LibraryTag {
    /// The text of an element, if the tag has it and it is text.
    pub fn text(&self, oid: u8) -> Option<&str> {
        self.elements.iter().find(|element| element.oid == oid).and_then(|element| match &element.value {
            Value::Text(text) => Some(text.as_str()),
            Value::Bytes(_) => None,
        })
    }
}

impl Element {
    /// The name of the element in ISO 28560-1.
    pub fn name(&self) -> &'static str {
        NAMES.get(usize::from(self.oid)).copied().unwrap_or("unknown")
    }
}

impl Usage {
    /// Circulation, unspecified.
    pub const CIRCULATION: Self = Self(0x10);
    /// Patron card, unspecified.
    pub const PATRON_CARD: Self = Self(0x80);

    /// Whether the tag is a patron's card and not an item.
    pub fn is_patron_card(self) -> bool {
        self.0 >> 4 == 8
    }
}

impl fmt::Debug for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Usage({:02X})", self.0)
    }
}

/// Element names by relative object identifier (ISO 28560-1).
const NAMES: [&str; 32] = [
    "unknown",
    "primary item identifier",
    "content parameter",
    "owner institution",
    "set information",
    "type of usage",
    "shelf location",
    "ONIX media format",
    "MARC media format",
    "supplier identifier",
    "order number",
    "ILL borrowing institution",
    "ILL borrowing transaction number",
    "GS1 product identifier",
    "alternative unique item identifier",
    "local data A",
    "local data B",
    "title",
    "product identifier local",
    "media format (other)",
    "supply chain stage",
    "supplier invoice number",
    "alternative item identifier",
    "alternative owner institution",
    "subsidiary of an owner institution",
    "alternative ILL borrowing institution",
    "local data C",
    "reserved",
    "reserved",
    "reserved",
    "reserved",
    "reserved",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(memory: &[u8], dsfid: Option<Dsfid>) -> TagData {
        decode(memory, &Hints { dsfid, ..Hints::none() }).data
    }

    #[test]
    fn a_fresh_tag_is_blank() {
        assert_eq!(of(&[0; 32], Some(Dsfid(0))), TagData::Blank);
        assert_eq!(of(&[0xFF; 32], None), TagData::Blank);
        assert_eq!(of(&[], None), TagData::Blank);
    }

    #[test]
    fn bytes_without_an_identifier_are_foreign_unless_the_dsfid_claims_a_library() {
        let memory = b"VVVVVVVVVVVVVVVV";
        assert_eq!(of(memory, Some(Dsfid(0))), TagData::Foreign);
        assert!(matches!(of(memory, Some(Dsfid::ISO_28560_2)), TagData::Damaged { .. }));
    }
}
