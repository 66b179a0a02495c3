//! What an HF pad can be asked and what it replies, whatever its family.
//!
//! [`crate::pad`] speaks only these words; a family ([`obid`], [`m810`]) translates them to its frames and back.

use crate::dialogue::Protocol;
use crate::tag::{Afi, Dsfid, Uid};

pub mod m810;
pub mod obid;

/// One thing to ask a reader. Every ask can be repeated without harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Is there a reader at this baud rate and parity? Answered by [`Reply::Done`].
    Probe,
    /// Set what the family needs after each opening. Asked only of a family whose [`Capabilities`] say so; whatever the
    /// reply, the opening goes on.
    Prepare,
    /// Which reader is it? Answered by [`Reply::Reader`].
    Identify,
    /// Field off and on, so that every tag is ready again. Answered by [`Reply::Done`].
    ResetField,
    /// Which tags are there? Answered by [`Reply::Found`].
    Inventory {
        /// Go on where the last answer ended.
        more: bool,
    },
    /// Which tags are there whose AFI is this one, never one that stands for several? Answered by [`Reply::Found`]. Only
    /// of families whose [`Capabilities`] say so.
    InventoryOf {
        /// The AFI.
        afi: Afi,
    },
    /// Keep a tag out of the next inventories. Answered by [`Reply::Done`].
    Quiet {
        /// The tag.
        uid: Uid,
    },
    /// AFI, DSFID and size of a tag. Answered by [`Reply::System`].
    System {
        /// The tag.
        uid: Uid,
    },
    /// Blocks of a tag. Answered by [`Reply::Blocks`].
    Read {
        /// The tag.
        uid: Uid,
        /// First block.
        first: u8,
        /// How many blocks.
        n: u8,
        /// Whether it is wanted which of them are locked. Not every tag tells; such a one refuses.
        lock_bits: bool,
    },
    /// Write whole blocks of a tag. Answered by [`Reply::Done`]; a refusal may name the block, and those before it are
    /// written.
    Write {
        /// The tag.
        uid: Uid,
        /// First block.
        first: u8,
        /// Bytes in a block.
        block_size: u8,
        /// The bytes in the order of the memory.
        bytes: Vec<u8>,
    },
    /// Write the DSFID of a tag. Answered by [`Reply::Done`].
    WriteDsfid {
        /// The tag.
        uid: Uid,
        /// Its new DSFID.
        dsfid: Dsfid,
    },
    /// Write the AFI of a tag. Answered by [`Reply::Done`].
    WriteAfi {
        /// The tag.
        uid: Uid,
        /// Its new AFI.
        afi: Afi,
    },
    /// Set or reset the EAS bit of a tag. Answered by [`Reply::Done`].
    WriteEas {
        /// The tag.
        uid: Uid,
        /// Whether the gate shall alarm.
        on: bool,
    },
}

/// What a reader replies. [`Reply::Missing`] and [`Reply::Refused`] can follow every ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done, and for a tag: the tag itself has said so.
    Done,
    /// Which reader it is.
    Reader(Identity),
    /// Tags of an inventory.
    Found {
        /// The tags, perhaps none.
        tags: Vec<Sighting>,
        /// What the reader says about others.
        rest: Rest,
    },
    /// System information of a tag.
    System(SystemInformation),
    /// Blocks of a tag.
    Blocks {
        /// Bytes in a block.
        block_size: u8,
        /// The bytes in the order of the memory.
        bytes: Vec<u8>,
        /// Of each block whether it is locked; empty if that was not wanted.
        locked: Vec<bool>,
    },
    /// The reader heard nothing from the tag. After a write this does NOT tell that nothing was written.
    Missing,
    /// The reader or the tag said no.
    Refused(Refusal),
}

/// What an inventory leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// These are all that were heard.
    Nothing,
    /// The reader holds more: ask with `more`.
    More,
    /// There may be more tags than the reader can tell at once: silence these and ask again.
    Hidden,
}

/// A tag in an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its identifier.
    pub uid: Uid,
    /// Its DSFID, if the inventory tells it.
    pub dsfid: Option<Dsfid>,
}

/// System information of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemInformation {
    /// Its identifier.
    pub uid: Uid,
    /// Its DSFID, if it is told.
    pub dsfid: Option<Dsfid>,
    /// Its AFI.
    pub afi: Afi,
    /// Bytes in a block: a hint, firmware differs in counting from 0 or 1.
    pub block_size: u8,
    /// Number of blocks, if it is told: a hint, as above.
    pub n_blocks: Option<u8>,
}

/// Who a reader says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The model, as its maker names it.
    pub model: String,
    /// The firmware's revision.
    pub firmware: String,
}

/// A reader's or a tag's no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused with status {status:02X}{}", .tag.map(|tag| format!(", tag error {tag:02X}")).unwrap_or_default())]
pub struct Refusal {
    /// The reader's status byte.
    pub status: u8,
    /// The ISO 15693 error of the tag, if the tag answered.
    pub tag: Option<u8>,
    /// The block of a write where it ended, if the reader tells.
    pub block: Option<u8>,
    /// Whether what was to be written is locked.
    pub is_locked: bool,
}

/// A family of HF readers.
pub trait HfProtocol: Protocol<Ask = Ask, Reply = Reply> {
    /// In what this family differs from others, as far as a pad must know.
    fn capabilities(&self) -> Capabilities;
}

/// What a family can and needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether [`Ask::Prepare`] follows the probe.
    pub is_prepared: bool,
    /// Whether a round begins with [`Ask::ResetField`]; if not, each inventory wakes every tag by itself.
    pub is_field_reset: bool,
    /// Whether an inventory can be of one AFI: [`Ask::InventoryOf`].
    pub is_afi_asked: bool,
}

/// Which tag a command is for: the modes of ISO 15693.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Mode 0: whichever tag hears it. Never with more than one on the pad.
    Any,
    /// Mode 1: the tag with this UID.
    Addressed(Uid),
    /// Mode 2: the tag that was selected.
    Selected,
}
