//! A tag that exists only here, with the faults that a test gives it.

use std::collections::BTreeSet;

use crate::data::iso28560_2::{self, Draft, EncodeError};
use crate::data::{SetInfo, Usage};
use crate::hf::SystemInformation;
use crate::tag::{Afi, Dsfid, Security, SecurityPolicy, Uid};

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmulatedTag {
    /// Its identifier.
    pub uid: Uid,
    /// Its AFI.
    pub afi: Afi,
    /// Its DSFID.
    pub dsfid: Dsfid,
    /// Whether the gate hears it.
    pub eas: bool,
    /// Its memory, whole blocks of four bytes.
    pub memory: Vec<u8>,
    /// Whether its AFI can no longer be written.
    pub is_afi_locked: bool,
    /// Whether its DSFID can no longer be written.
    pub is_dsfid_locked: bool,
    /// Blocks that can no longer be written.
    pub locked_blocks: BTreeSet<usize>,
    /// Whether it is on the pad.
    pub is_on_pad: bool,
    /// What goes wrong with it.
    pub faults: Faults,
    pub(super) is_quiet: bool,
    pub(super) is_selected: bool,
    n_called: u32,
}

/// What goes wrong with a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// So many AFI writes fail.
    pub fail_afi: u32,
    /// So many EAS writes fail.
    pub fail_eas: u32,
    /// So many block writes fail.
    pub fail_write: u32,
    /// The tag is taken off the pad just before its next AFI write is carried out.
    pub take_on_afi: bool,
    /// The tag is taken off the pad just before its next EAS write is carried out.
    pub take_on_eas: bool,
    /// The tag is taken off the pad just before a write of blocks or DSFID is carried out, after so many others.
    pub take_on_write: Option<u32>,
    /// The same, just after it is carried out: its answer is lost.
    pub take_after_write: Option<u32>,
    /// The tag is at the edge of the field and hears every so-manieth command only (0 = every one).
    pub hears_every: u32,
}

impl EmulatedTag {
    /// A tag with this content, zeros behind it, at least `n_blocks` blocks.
    pub fn new(uid: Uid, content: &[u8], n_blocks: usize) -> Self {
        let mut memory = content.to_vec();
        memory.resize(content.len().div_ceil(BLOCK_SIZE).max(n_blocks) * BLOCK_SIZE, 0);
        Self {
            uid,
            afi: Afi(0),
            dsfid: Dsfid(0),
            eas: false,
            memory,
            is_afi_locked: false,
            is_dsfid_locked: false,
            locked_blocks: BTreeSet::new(),
            is_on_pad: false,
            faults: Faults::default(),
            is_quiet: false,
            is_selected: false,
            n_called: 0,
        }
    }

    /// An item's tag as a library writes it.
    ///
    /// # Errors
    /// [`EncodeError`] if a value has no place on a tag.
    pub fn item(
        uid: Uid,
        item: &str,
        owner: Option<String>,
        set: Option<SetInfo>,
        security: Security,
    ) -> Result<Self, EncodeError> {
        let usage = Some(Usage::CIRCULATION);
        let draft = Draft { primary_item_id: item.to_owned(), owner, set, usage, ..Draft::default() };
        let mut tag = Self::new(uid, &iso28560_2::encode(&draft)?, N_BLOCKS);
        tag.dsfid = Dsfid::ISO_28560_2;
        tag.afi = SecurityPolicy::default().afi(security);
        tag.eas = security == Security::Secured;
        Ok(tag)
    }

    /// A patron's card.
    ///
    /// # Errors
    /// [`EncodeError`] if the number has no place on a tag.
    pub fn card(uid: Uid, patron: &str) -> Result<Self, EncodeError> {
        let usage = Some(Usage::PATRON_CARD);
        let draft = Draft { primary_item_id: patron.to_owned(), usage, ..Draft::default() };
        let mut tag = Self::new(uid, &iso28560_2::encode(&draft)?, N_BLOCKS);
        tag.dsfid = Dsfid::ISO_28560_2;
        tag.afi = Afi::ON_LOAN;
        Ok(tag)
    }

    /// The UID of a tag to which none was given: always the same for the same name.
    pub fn uid_of(name: &str) -> Uid {
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        let [.., a, b, c, d, e] = hash.to_be_bytes();
        Uid([0xE0, 0x04, 0x01, a, b, c, d, e])
    }

    /// How many blocks it has.
    pub fn n_blocks(&self) -> usize {
        self.memory.len() / BLOCK_SIZE
    }

    /// Lays it on the pad.
    pub fn put(&mut self) {
        self.is_on_pad = true;
        self.power_up();
    }

    /// Takes it off the pad.
    pub fn take(&mut self) {
        self.is_on_pad = false;
        self.power_up();
    }

    pub(super) fn power_up(&mut self) {
        self.is_quiet = false;
        self.is_selected = false;
    }

    /// Whether it hears a command that is for it.
    pub(super) fn hears(&mut self) -> bool {
        self.n_called = self.n_called.wrapping_add(1);
        self.n_called.is_multiple_of(self.faults.hears_every.max(1))
    }

    pub(super) fn system(&self) -> SystemInformation {
        SystemInformation {
            uid: self.uid,
            dsfid: Some(self.dsfid),
            afi: self.afi,
            block_size: BLOCK_SIZE_BYTE,
            n_blocks: Some(u8::try_from(self.n_blocks()).unwrap_or(u8::MAX)),
        }
    }
}

/// Bytes in a block.
pub(super) const BLOCK_SIZE: usize = 4;
/// Bytes in a block, as it travels.
pub(super) const BLOCK_SIZE_BYTE: u8 = 4;
/// Blocks of an ICODE SLIX.
pub(super) const N_BLOCKS: usize = 28;
