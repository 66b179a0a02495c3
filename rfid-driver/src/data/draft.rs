//! What to write on a tag, whatever its layout, and why a layout may have no room for it.

use super::{Element, LibraryTag, SetInfo, Usage, Value, oid};

/// What to write on a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The number of the item or of the patron card.
    pub primary_item_id: String,
    /// The ISIL of the owner.
    pub owner: Option<String>,
    /// The place in a set.
    pub set: Option<SetInfo>,
    /// What the tag is on.
    pub usage: Option<Usage>,
    /// The shelf location.
    pub shelf_location: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// Further elements. The ones that have a field above count only there.
    pub others: Vec<Element>,
    /// How ISO 28560-2 writes text that no compaction scheme holds.
    pub charset: Charset,
}

/// How text goes on a tag of ISO 28560-2 byte by byte. Writers differ, and decoders must know both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Always UTF-8 (compaction code 7), as Chinese writers do.
    #[default]
    Utf8,
    /// ISO 8859-1 (code 6, octet string) where the text fits it, as the standard has it, else UTF-8.
    Latin1,
}

/// Why a draft cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// An identifier is needed.
    #[error("a tag needs a primary item identifier of printable characters")]
    PrimaryItemId,
    /// Not an ISIL, or not one that the layout can hold.
    #[error("the owner {owner:?} is not an ISIL: letters, digits, hyphen, colon and slash are allowed")]
    Owner {
        /// The owner as given.
        owner: String,
    },
    /// No place in a set, or one whose numbers have no room in the layout.
    #[error(
        "part {part} of {of} cannot be written: a set has one part or more, and in this layout {most} at most"
    )]
    Set {
        /// Which part the draft claims to be.
        part: u16,
        /// How many parts the draft claims.
        of: u16,
        /// How many parts the layout can tell.
        most: u16,
    },
    /// A value longer than an element can be.
    #[error("the value of element {oid} takes {length} bytes: {MAX_ELEMENT} are allowed")]
    Length {
        /// The element.
        oid: u8,
        /// Its compacted length in bytes.
        length: usize,
    },
    /// The layout has no place for an element, or none for this value of it.
    #[error("the layout has no place for element {oid} with this value")]
    Element {
        /// The element.
        oid: u8,
    },
    /// The tag is too small.
    #[error("{needed} bytes are needed, the tag has room for {room}")]
    Room {
        /// Bytes that the draft takes.
        needed: usize,
        /// Bytes that can be written.
        room: usize,
    },
    /// What is locked says something else.
    #[error("block {block} is locked and would have to change")]
    Locked {
        /// The first such block.
        block: usize,
    },
    /// The layout is not configured, or its tags are not written block by block.
    #[error("there is no layout {name:?} to write blocks in")]
    Layout {
        /// The layout as given.
        name: String,
    },
    /// Whatever the order of the writes, a power cut could leave another item's number.
    #[error("no order of writes is safe: a power cut could leave the number of another item")]
    NoSafeOrder,
}

impl Draft {
    /// Every element but the identifier and the content parameter, in ascending order, each one once.
    ///
    /// # Errors
    /// [`EncodeError::Set`] if the place in a set is not one.
    pub fn elements(&self) -> Result<Vec<(u8, Value)>, EncodeError> {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty()).map(Value::Text);
        let set = self.set.map(set_text).transpose()?.map(Value::Text);
        let fields = [
            (oid::OWNER, self.owner.clone().map(Value::Text)),
            (oid::SET, set),
            (oid::USAGE, self.usage.map(|usage| Value::Bytes(vec![usage.0]))),
            (oid::SHELF, text(&self.shelf_location)),
            (oid::TITLE, text(&self.title)),
        ];
        let mut elements: Vec<_> =
            fields.into_iter().filter_map(|(oid, value)| value.map(|value| (oid, value))).collect();
        let others = self
            .others
            .iter()
            .filter(|element| element.oid != oid::NONE && !HAS_FIELD.contains(&element.oid));
        for element in others {
            elements.push((element.oid, element.value.clone()));
        }
        elements.sort_by_key(|(oid, _)| *oid);
        elements.dedup_by_key(|(oid, _)| *oid);
        Ok(elements)
    }

    /// The identifier, if it is one.
    pub(super) fn id(&self) -> Result<&str, EncodeError> {
        is_identifier(&self.primary_item_id)
            .then_some(self.primary_item_id.as_str())
            .ok_or(EncodeError::PrimaryItemId)
    }
}

impl From<&LibraryTag> for Draft {
    /// The draft that writes what a tag holds.
    fn from(tag: &LibraryTag) -> Self {
        let text = |oid| tag.text(oid).map(str::to_owned);
        Self {
            primary_item_id: tag.primary_item_id.clone(),
            owner: text(oid::OWNER),
            set: tag.set,
            usage: tag.usage,
            shelf_location: text(oid::SHELF),
            title: text(oid::TITLE),
            others: tag
                .elements
                .iter()
                .filter(|element| !HAS_FIELD.contains(&element.oid))
                .cloned()
                .collect(),
            charset: Charset::default(),
        }
    }
}

/// Something printable: control characters in a number would poison screens, receipts and messages.
pub(super) fn is_identifier(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Total and ordinal in equal halves: "1203" is part 3 of 12. An integer has lost its leading zero. {#iso28560-1.set}
pub(super) fn set_info(text: &str) -> Option<SetInfo> {
    let missing = text.len() % 2;
    if !(2..=6).contains(&(text.len() + missing)) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (of, part) = text.split_at_checked(text.len().div_ceil(2) - missing)?;
    let set = SetInfo { part: part.parse().ok()?, of: of.parse().ok()? };
    (set.of > 0 && set.part <= set.of).then_some(set)
}

/// The text of a place in a set.
pub(super) fn set_text(set: SetInfo) -> Result<String, EncodeError> {
    if set.of == 0 || set.of > MAX_PARTS || set.part > set.of {
        return Err(no_set(set, MAX_PARTS));
    }
    Ok(if set.of > 99 {
        format!("{:03}{:03}", set.of, set.part)
    } else {
        format!("{:02}{:02}", set.of, set.part)
    })
}

/// The refusal of a place in a set by a layout that can tell so many parts.
pub(super) fn no_set(SetInfo { part, of }: SetInfo, most: u16) -> EncodeError {
    EncodeError::Set { part, of, most }
}

/// Six digits, three for each number.
const MAX_PARTS: u16 = 999;
/// What two length bytes of seven bits hold.
pub(super) const MAX_ELEMENT: usize = 0x3FFF;
/// Elements that the draft tells apart from the others, and the two that come by themselves.
const HAS_FIELD: [u8; 7] = [oid::PII, oid::CONTENT, oid::OWNER, oid::SET, oid::USAGE, oid::SHELF, oid::TITLE];
