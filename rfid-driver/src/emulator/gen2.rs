//! UHF tags that exist only here, and what happens between them and the reader: a family translates its commands to this.
//!
//! The tag is the real thing's as far as a pad can tell: it reports as many words as its PC word counts, makes its
//! StoredCRC itself, keeps its TID, and a power cut within a write may leave a word that is neither old nor new.

use std::collections::BTreeSet;

use super::Emulator;
use crate::data::draft::{Draft, EncodeError};
use crate::data::epc::{self, EpcBank, Pc};
use crate::data::{SetInfo, Usage, gaoxiao, iso28560_4};
use crate::tag::{Security, SecurityPolicy, Tid};
use crate::uhf::{Epc, Filter, MemoryBank};

/// A UHF tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gen2Tag {
    /// Its TID bank.
    pub tid: Vec<u8>,
    /// The words of its EPC bank behind the StoredCRC: PC word, then the memory for the UII.
    pub epc: Vec<u8>,
    /// Its user memory.
    pub user: Vec<u8>,
    /// Banks (by number) that can no longer be written.
    pub locked: BTreeSet<u8>,
    /// Strength of its signal in dBm.
    pub rssi: i8,
    /// The antenna that hears it, from 1.
    pub antenna: u8,
    /// Whether it is on the pad.
    pub is_on_pad: bool,
    /// What goes wrong with it.
    pub faults: Gen2Faults,
}

/// What goes wrong with a UHF tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gen2Faults {
    /// So many writes fail for want of power.
    pub fail_write: u32,
    /// The tag is taken off the pad just before its next write is carried out.
    pub take_on_write: bool,
    /// The tag is taken off the pad just after its next write was carried out: the answer is lost.
    pub take_after_write: bool,
    /// The next write leaves this word instead, and its answer is lost: power was cut within the word.
    pub tear: Option<u16>,
}

/// Which layout a new tag is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gen2Layout {
    /// ISO 28560-4.
    #[default]
    Iso28560Part4,
    /// The Chinese universities'.
    Gaoxiao,
}

/// Why a command to a tag was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gen2No {
    /// No tag has heard it.
    Absent,
    /// The tag has no such word.
    Overrun,
    /// The bank is locked.
    Locked,
    /// The tag has too little power to write.
    Power,
}

impl Gen2Tag {
    /// A tag with these banks; the EPC bank's memory holds at least eight words of UII.
    pub fn new(tid: Vec<u8>, pc: Pc, uii: &[u8], user: &[u8]) -> Self {
        let mut bank = [&pc.0.to_be_bytes(), uii].concat();
        bank.resize(bank.len().max(2 + UII_BYTES), 0);
        let mut user = user.to_vec();
        user.resize(user.len().max(USER_BYTES), 0);
        Self {
            tid,
            epc: bank,
            user,
            locked: BTreeSet::new(),
            rssi: -55,
            antenna: 1,
            is_on_pad: false,
            faults: Gen2Faults::default(),
        }
    }

    /// An item's tag as a library writes it.
    ///
    /// # Errors
    /// [`EncodeError`] if a value has no place on a tag.
    pub fn item(
        tid: Vec<u8>,
        item: &str,
        owner: Option<String>,
        set: Option<SetInfo>,
        security: Security,
        layout: Gen2Layout,
    ) -> Result<Self, EncodeError> {
        let draft = Draft { primary_item_id: item.to_owned(), owner, set, ..Draft::default() };
        Self::written(tid, &Draft { usage: Some(Usage::CIRCULATION), ..draft }, security, layout)
    }

    /// A patron's card.
    ///
    /// # Errors
    /// [`EncodeError`] if the number has no place on a tag.
    pub fn card(tid: Vec<u8>, patron: &str) -> Result<Self, EncodeError> {
        let usage = Some(Usage::PATRON_CARD);
        let draft = Draft { primary_item_id: patron.to_owned(), usage, ..Draft::default() };
        Self::written(tid, &draft, Security::Unsecured, Gen2Layout::Iso28560Part4)
    }

    fn written(
        tid: Vec<u8>,
        draft: &Draft,
        security: Security,
        layout: Gen2Layout,
    ) -> Result<Self, EncodeError> {
        let (pc, uii, user) = match layout {
            Gen2Layout::Iso28560Part4 => iso28560_4::encode(draft, SecurityPolicy::default().afi(security))?,
            Gen2Layout::Gaoxiao => gaoxiao::encode(draft, gaoxiao::Head { security, ..Default::default() })?,
        };
        Ok(Self::new(tid, pc, &uii, &user))
    }

    /// The TID of a tag to which none was given: always the same for the same name.
    pub fn tid_of(name: &str) -> Vec<u8> {
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        [&[0xE2, 0x80, 0x11, 0x60], hash.to_be_bytes().as_slice()].concat()
    }

    /// What it reports in an inventory.
    pub fn reported(&self) -> Epc {
        Epc::reported(&self.epc).unwrap_or_else(|| Epc::new(Pc(0), &[]))
    }

    /// The CRC that it reports with it.
    pub fn crc(&self) -> u16 {
        self.reported().bank().crc()
    }

    /// Its EPC bank from word 0.
    pub fn epc_bank(&self) -> Vec<u8> {
        [&self.crc().to_be_bytes(), self.epc.as_slice()].concat()
    }

    /// Its security state, as its banks tell it.
    pub fn security(&self) -> Option<Security> {
        let bank = self.epc_bank();
        let bank = EpcBank::parse(&bank)?;
        crate::data::decode_uhf(&bank, None, &crate::data::Hints::none()).security
    }

    /// The words of a bank that a security state of `to` needs, written by hand as staff does.
    pub fn secure(&mut self, to: Security) {
        let bank = self.epc_bank();
        let write = EpcBank::parse(&bank)
            .and_then(|bank| crate::data::uhf::security_write(&bank, to, &crate::data::Hints::none()));
        if let Some(epc::WordWrite { word, value, .. }) = write {
            // A tag with such a word has it; nothing else is written.
            self.put_word(MemoryBank::Epc, word, value).unwrap_or_default();
        }
    }

    fn memory(&self, bank: MemoryBank) -> Vec<u8> {
        match bank {
            MemoryBank::Reserved => vec![0; 8],
            MemoryBank::Epc => self.epc_bank(),
            MemoryBank::Tid => self.tid.clone(),
            MemoryBank::User => self.user.clone(),
        }
    }

    fn read(&self, bank: MemoryBank, word: usize, n: usize) -> Result<Vec<u8>, Gen2No> {
        self.memory(bank).get(word * 2..(word + n) * 2).map(<[u8]>::to_vec).ok_or(Gen2No::Overrun)
    }

    fn put_word(&mut self, bank: MemoryBank, word: usize, value: u16) -> Result<(), Gen2No> {
        let place = match bank {
            MemoryBank::Reserved | MemoryBank::Tid => return Err(Gen2No::Locked),
            // Word 0 is the StoredCRC: the tag makes it itself.
            MemoryBank::Epc => word.checked_sub(1).and_then(|word| self.epc.get_mut(word * 2..word * 2 + 2)),
            MemoryBank::User => self.user.get_mut(word * 2..word * 2 + 2),
        };
        place.map(|place| place.copy_from_slice(&value.to_be_bytes())).ok_or(Gen2No::Overrun)
    }

    /// Whether its memory has these bits: what a Select of the air protocol compares.
    pub(super) fn holds(&self, bank: MemoryBank, first_bit: usize, n_bits: usize, mask: &[u8]) -> bool {
        let memory = self.memory(bank);
        let bit = |bytes: &[u8], at: usize| bytes.get(at / 8).map(|byte| byte >> (7 - at % 8) & 1);
        (0..n_bits).all(|at| bit(mask, at).is_some_and(|wanted| bit(&memory, first_bit + at) == Some(wanted)))
    }

    /// The filter that means this tag: its TID if it has a serial number.
    pub(super) fn filter(&self) -> Filter {
        Tid::new(&self.tid).map_or_else(|| self.reported().filter(), Filter::Tid)
    }

    fn is_meant(&self, filter: &Filter) -> bool {
        match filter {
            Filter::Uii(uii) => {
                self.reported().uii() == uii.as_ref()
                    // A mask of n bits matches every tag whose memory begins so.
                    || self.epc.get(2..).is_some_and(|memory| !uii.is_empty() && memory.starts_with(uii))
            }
            // A mask: what follows it may be anything.
            Filter::Tid(tid) => self.tid.starts_with(tid.bytes()),
        }
    }
}

impl Emulator {
    /// Carries out one inventory: copies of the tags that were heard.
    pub(super) fn gen2_inventory(&mut self) -> Vec<Gen2Tag> {
        self.counters.inventories += 1;
        self.walk_on();
        let shift = self.power_shift();
        // A passive tag answers with what reaches it: the echo changes as the power does.
        let there = self
            .gen2
            .values()
            .filter(|tag| tag.is_on_pad)
            .map(|tag| Gen2Tag { rssi: tag.rssi.saturating_add(shift), ..tag.clone() });
        let there: Vec<Gen2Tag> = there.filter(|tag| tag.rssi >= SENSITIVITY).collect();
        let heard: Vec<Gen2Tag> = there.into_iter().filter(|_| !self.is_missed()).collect();
        let heard = self.through_the_room(heard);
        let again: Vec<Gen2Tag> = heard.iter().filter(|_| self.is_doubled()).cloned().collect();
        heard.into_iter().chain(again).collect()
    }

    /// Reads words of a tag that the filter means: the tag itself, and the words.
    pub(super) fn gen2_read(
        &mut self,
        filter: &Filter,
        bank: MemoryBank,
        word: usize,
        n: usize,
    ) -> Result<(Gen2Tag, Vec<u8>), Gen2No> {
        self.counters.reads += 1;
        let is_missed = self.is_missed();
        let tag = self.gen2_find(filter).filter(|_| !is_missed).ok_or(Gen2No::Absent)?;
        let words = tag.read(bank, word, n)?;
        Ok((tag.clone(), words))
    }

    /// Writes words of a tag that the filter means: the tag as it was before, which is what readers report.
    ///
    /// The words are written one after the other: what fails in the middle leaves those before written.
    pub(super) fn gen2_write(
        &mut self,
        filter: &Filter,
        bank: MemoryBank,
        word: usize,
        words: &[u16],
    ) -> Result<Gen2Tag, Gen2No> {
        self.counters.writes += 1;
        let is_missed = self.is_missed();
        let tag = self.gen2_find(filter).filter(|_| !is_missed).ok_or(Gen2No::Absent)?;
        let before = tag.clone();
        if std::mem::take(&mut tag.faults.take_on_write) {
            tag.is_on_pad = false;
            return Err(Gen2No::Absent);
        }
        if let Some(left) = tag.faults.fail_write.checked_sub(1) {
            tag.faults.fail_write = left;
            return Err(Gen2No::Power);
        }
        if tag.locked.contains(&bank.number()) {
            return Err(Gen2No::Locked);
        }
        for (at, value) in words.iter().enumerate() {
            let torn = tag.faults.tear.take();
            tag.put_word(bank, word + at, torn.unwrap_or(*value))?;
            if torn.is_some() {
                tag.is_on_pad = false;
                return Err(Gen2No::Absent);
            }
        }
        if std::mem::take(&mut tag.faults.take_after_write) {
            tag.is_on_pad = false;
            return Err(Gen2No::Absent);
        }
        Ok(before)
    }

    /// A tag on the pad of which this is true: of several, whichever answers.
    pub(super) fn gen2_chosen(&mut self, is_it: impl Fn(&Gen2Tag) -> bool) -> Option<Gen2Tag> {
        let tags: Vec<Gen2Tag> =
            self.gen2.values().filter(|tag| tag.is_on_pad && is_it(tag)).cloned().collect();
        let chosen = if tags.len() > 1 { self.random.below(tags.len() as u64) } else { 0 };
        tags.into_iter().nth(usize::try_from(chosen).unwrap_or(0))
    }

    fn gen2_find(&mut self, filter: &Filter) -> Option<&mut Gen2Tag> {
        let shift = self.power_shift();
        let is_meant = |tag: &Gen2Tag| {
            tag.is_on_pad && tag.rssi.saturating_add(shift) >= SENSITIVITY && tag.is_meant(filter)
        };
        let n = self.gen2.values().filter(|tag| is_meant(tag)).count();
        let chosen = if n > 1 { usize::try_from(self.random.below(n as u64)).unwrap_or(0) } else { 0 };
        self.gen2.values_mut().filter(|tag| is_meant(tag)).nth(chosen)
    }

    /// The UHF tag of a name.
    pub fn gen2(&self, name: &str) -> Option<&Gen2Tag> {
        self.gen2.get(name)
    }

    /// The UHF tag of a name, to change it.
    pub fn gen2_mut(&mut self, name: &str) -> Option<&mut Gen2Tag> {
        self.gen2.get_mut(name)
    }

    /// All UHF tags with their names.
    pub fn gen2_tags(&self) -> impl Iterator<Item = (&str, &Gen2Tag)> {
        self.gen2.iter().map(|(name, tag)| (name.as_str(), tag))
    }

    /// Adds a UHF tag, or replaces the one of the same name.
    pub fn define_gen2(&mut self, name: &str, tag: Gen2Tag) {
        self.gen2.insert(name.to_owned(), tag);
    }
}

/// Bytes for the UII in a typical library tag.
const UII_BYTES: usize = 16;
/// Bytes of user memory in a typical library tag.
const USER_BYTES: usize = 64;

/// What is weaker, the reader does not hear, in dBm.
const SENSITIVITY: i8 = -84;
