//! One value out of a tag's memory, whatever the layout: which one it is, how sure that is, and what it says.
//!
//! In this order, the first that holds {#layout.order}:
//! ```text
//! nothing written                                             blank
//! DSFID 06 and a sound chain                                  ISO 28560-2, certain
//! a basic block whose CRC is right                            ISO 28560-3, certain
//! eight blocks that follow 3M's model                         RFID 501, certain with 3M's AFI
//! a sound chain whose content parameter fits its elements     ISO 28560-2, certain
//! what looks like a basic block, unless DSFID is 06           ISO 28560-3, damaged
//! a configured layout, unless DSFID is 06                     likely if it can tell its tags, else a guess
//! a sound chain                                               ISO 28560-2, likely
//! byte 0 is zero                                              blank
//! parts of one of them                                        damaged
//! ```

use std::fmt;
use std::str::FromStr;

use super::iso28560_3::BlockOrder;
use super::local::LocalLayout;
use super::oid::CONTENT;
use super::{Element, LibraryTag, Problem, TagData, Value, iso28560_2, iso28560_3, rfid501};
use crate::tag::{Afi, Dsfid, Security, SecurityPolicy};

/// How a tag's memory is organised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// Data sets of ISO/IEC 15962, also GB/T 35660.2 and WH/T 44.
    Iso28560Part2,
    /// The Danish model.
    Iso28560Part3(BlockOrder),
    /// UHF: identifier in the EPC bank, data sets in the user memory.
    Iso28560Part4,
    /// The Chinese universities' UHF layout.
    Gaoxiao,
    /// 3M's legacy model.
    Rfid501,
    /// A configured layout, by name.
    Local(String),
}

/// How sure it is that a tag has the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sureness {
    /// It fits, but so would other contents.
    Guess,
    /// It fits, and little else would.
    Likely,
    /// A checksum, the DSFID or a redundancy in the data proves it.
    Certain,
}

/// What was read of a tag besides its memory, and what is configured.
#[derive(Clone, Copy, Debug)]
pub struct Hints<'a> {
    /// The DSFID, if it was read.
    pub dsfid: Option<Dsfid>,
    /// The AFI, if it was read.
    pub afi: Option<Afi>,
    /// Bytes in a block.
    pub block_size: usize,
    /// Of each block, whether it is locked, as far as lock bits were read.
    pub locked: &'a [bool],
    /// The configured layouts, the most frequent first.
    pub local: &'a [LocalLayout],
    /// What the AFI values mean.
    pub policy: SecurityPolicy,
}

/// What a tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The layout; `None` for blank and foreign tags.
    pub layout: Option<Layout>,
    /// How sure the layout is.
    pub sureness: Sureness,
    /// What was read.
    pub data: TagData,
    /// Whether the gate alarms, as far as AFI or memory tell.
    pub security: Option<Security>,
}

/// Decodes a memory of an HF tag that was read from byte 0. Total: every memory has an answer.
pub fn decode(memory: &[u8], hints: &Hints<'_>) -> Decoded {
    let security = hints.afi.and_then(|afi| hints.policy.security(afi));
    let (layout, sureness, data) = layout_of(memory, hints);
    Decoded { layout, sureness, data, security }
}

/// Decodes a memory in a layout that is known; `Foreign` if it cannot be in that layout.
pub fn decode_as(memory: &[u8], layout: &Layout, hints: &Hints<'_>) -> Decoded {
    let security = hints.afi.and_then(|afi| hints.policy.security(afi));
    let (layout, data) = match layout {
        Layout::Iso28560Part2 => {
            (layout.clone(), Some(iso28560_2::decode_locked(memory, hints.block_size, hints.locked)))
        }
        Layout::Iso28560Part3(_) => match iso28560_3::decode(memory) {
            Some((order, data)) => (Layout::Iso28560Part3(order), Some(data)),
            None => (layout.clone(), None),
        },
        Layout::Rfid501 => (layout.clone(), rfid501::decode(memory)),
        Layout::Local(name) => {
            let local = hints.local.iter().find(|local| local.name == *name);
            (layout.clone(), local.and_then(|local| local.decode(memory, hints.block_size)))
        }
        Layout::Iso28560Part4 | Layout::Gaoxiao => (layout.clone(), None),
    };
    Decoded {
        layout: Some(layout),
        sureness: Sureness::Likely,
        data: data.unwrap_or(TagData::Foreign),
        security,
    }
}

/// How many bytes from byte 0 are needed at least to go on decoding; `None` if these suffice, whatever the layout.
///
/// The answer may be beyond the end of the memory: what is there is enough then.
pub fn needs(memory: &[u8], hints: &Hints<'_>) -> Option<usize> {
    let is_iso = hints.dsfid == Some(Dsfid::ISO_28560_2);
    let local = hints.local.iter().flat_map(LocalLayout::reach).max().filter(|_| !is_iso).unwrap_or(0);
    let others = match memory.first() {
        Some(first) if !is_iso && (first >> 4 == 1 || memory.get(3).is_some_and(|byte| byte >> 4 == 1)) => {
            if iso28560_3::has_basic_block(memory) {
                return iso28560_3::needs(memory);
            }
            FIXED
        }
        Some(0x04) if !is_iso => FIXED,
        Some(_) | None => 0,
    };
    let fixed = local.max(others);
    if memory.len() < fixed { Some(fixed) } else { iso28560_2::needs(memory) }
}

impl Hints<'static> {
    /// Nothing is known but the usual: blocks of four bytes, no layouts of one's own, AFI 07 and C2.
    pub fn none() -> Self {
        Self {
            dsfid: None,
            afi: None,
            block_size: 4,
            locked: &[],
            local: &[],
            policy: SecurityPolicy::default(),
        }
    }
}

impl Decoded {
    /// What can be read: all of a sound tag, perhaps little of a damaged one.
    pub fn tag(&self) -> Option<&LibraryTag> {
        match &self.data {
            TagData::Library(tag) | TagData::Damaged { partial: tag, .. } => Some(tag),
            TagData::Blank | TagData::Foreign => None,
        }
    }

    /// The identifier of a sound tag.
    pub fn item_id(&self) -> Option<&str> {
        match &self.data {
            TagData::Library(tag) => Some(&tag.primary_item_id),
            TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
        }
    }

    /// Everything that is wrong, the fatal first.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let fatal = match &self.data {
            TagData::Damaged { problems, .. } => problems.as_slice(),
            TagData::Library(_) | TagData::Blank | TagData::Foreign => &[],
        };
        fatal.iter().chain(self.tag().into_iter().flat_map(|tag| &tag.problems))
    }
}

type Found = (Option<Layout>, Sureness, TagData);

fn layout_of(memory: &[u8], hints: &Hints<'_>) -> Found {
    let is_iso = hints.dsfid == Some(Dsfid::ISO_28560_2);
    if memory.iter().all(|byte| *byte == 0) || memory.iter().all(|byte| *byte == 0xFF) {
        return (None, Sureness::Certain, TagData::Blank);
    }
    if rfid501::is_blank(memory) {
        return (None, Sureness::Likely, TagData::Blank);
    }
    let mut part_3 = iso28560_3::decode(memory);
    let mut proven = part_3.take_if(|_| iso28560_3::has_basic_block(memory));
    if let Some((order, data)) = proven.take_if(|_| !is_iso) {
        return (Some(Layout::Iso28560Part3(order)), Sureness::Certain, data);
    }
    let part_2 = iso28560_2::decode_locked(memory, hints.block_size, hints.locked);
    if let (true, TagData::Library(_)) = (is_iso, &part_2) {
        return (Some(Layout::Iso28560Part2), Sureness::Certain, part_2);
    }
    if let Some((order, data)) = proven {
        return (Some(Layout::Iso28560Part3(order)), Sureness::Certain, data);
    }
    if let Some(data) = rfid501::decode(memory) {
        let is_3m = matches!(hints.afi, Some(Afi(0xD7 | 0xDA)));
        return (Some(Layout::Rfid501), if is_3m { Sureness::Certain } else { Sureness::Likely }, data);
    }
    if matches!(&part_2, TagData::Library(tag) if has_content_parameter(tag)) {
        return (Some(Layout::Iso28560Part2), Sureness::Certain, part_2);
    }
    if let Some((order, data)) = part_3.filter(|_| !is_iso) {
        return (Some(Layout::Iso28560Part3(order)), Sureness::Likely, data);
    }
    let mut half_written = None;
    for local in hints.local.iter().filter(|_| !is_iso) {
        match local.decode(memory, hints.block_size) {
            Some(TagData::Library(tag)) => return locally(local, tag, &part_2),
            Some(data) if local.is_telling() => {
                let name = || local.name.clone();
                half_written =
                    half_written.or_else(|| Some((Some(Layout::Local(name())), Sureness::Guess, data)));
            }
            Some(_) | None => {}
        }
    }
    match part_2 {
        TagData::Library(_) => (Some(Layout::Iso28560Part2), Sureness::Likely, part_2),
        TagData::Blank if half_written.is_none() => (None, Sureness::Likely, TagData::Blank),
        TagData::Damaged { .. } if is_iso => (Some(Layout::Iso28560Part2), Sureness::Certain, part_2),
        TagData::Damaged { .. } if has_id(&part_2) => (Some(Layout::Iso28560Part2), Sureness::Guess, part_2),
        TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => {
            half_written.unwrap_or((None, Sureness::Likely, TagData::Foreign))
        }
    }
}

fn locally(local: &LocalLayout, mut tag: LibraryTag, part_2: &TagData) -> Found {
    let mut sureness = if local.is_telling() { Sureness::Likely } else { Sureness::Guess };
    if let TagData::Library(other) = part_2
        && other.primary_item_id != tag.primary_item_id
    {
        tag.problems.push(Problem::Ambiguous { other: other.primary_item_id.clone() });
        sureness = Sureness::Guess;
    }
    (Some(Layout::Local(local.name.clone())), sureness, TagData::Library(tag))
}

fn has_id(data: &TagData) -> bool {
    matches!(data, TagData::Damaged { partial, .. } if !partial.primary_item_id.is_empty())
}

/// Whether the content parameter names exactly the elements that are there.
fn has_content_parameter(tag: &LibraryTag) -> bool {
    let map = tag.elements.iter().find(|element| element.oid == CONTENT);
    let Some(Element { value: Value::Bytes(map), .. }) = map else { return false };
    let has =
        |oid: u8| map.get(usize::from((oid - 3) / 8)).is_some_and(|byte| byte & 0x80 >> ((oid - 3) % 8) != 0);
    let mut others = tag.elements.iter().filter(|element| element.oid > CONTENT).peekable();
    let n_named: u32 = map.iter().map(|byte| byte.count_ones()).sum();
    let n_others = others.clone().count();
    others.peek().is_some() && others.all(|element| has(element.oid)) && n_named as usize == n_others
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iso28560Part2 => "iso28560-2",
            Self::Iso28560Part3(BlockOrder::Straight) => "iso28560-3",
            Self::Iso28560Part3(BlockOrder::Reversed) => "iso28560-3-reversed",
            Self::Iso28560Part4 => "iso28560-4",
            Self::Gaoxiao => "gaoxiao",
            Self::Rfid501 => "rfid501",
            Self::Local(name) => name,
        })
    }
}

impl FromStr for Layout {
    type Err = std::convert::Infallible;

    /// The layout of a name; a name that is not one of ours is a configured layout's.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "iso28560-2" => Self::Iso28560Part2,
            "iso28560-3" => Self::Iso28560Part3(BlockOrder::Straight),
            "iso28560-3-reversed" => Self::Iso28560Part3(BlockOrder::Reversed),
            "iso28560-4" => Self::Iso28560Part4,
            "gaoxiao" => Self::Gaoxiao,
            "rfid501" => Self::Rfid501,
            name => Self::Local(name.to_owned()),
        })
    }
}

/// Bytes that hold what the fixed models need: nine blocks of four bytes.
const FIXED: usize = 36;

#[cfg(test)]
mod tests;
