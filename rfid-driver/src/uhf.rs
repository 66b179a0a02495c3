//! What a UHF reader can be asked and what it replies, whatever its family.
//!
//! [`crate::uhf_pad`] speaks only these words; a family translates them to its frames and back. A family whose reader
//! needs several frames for one ask (select, then read) goes on by [`crate::dialogue::Accepted::Go`]; one that answers
//! with a frame a tag gathers them by [`crate::dialogue::Accepted::Part`].

use std::fmt;

use crate::data::epc::{EpcBank, Pc};
use crate::dialogue::Protocol;
use crate::hf::{Identity, Refusal};
use crate::tag::Tid;

#[cfg(test)]
mod behaviour;
pub mod llrp;
pub mod m100;
pub mod mercury;
pub mod r2000;
pub mod reader18;
#[cfg(test)]
mod rig;

/// What a tag says of itself in an inventory: PC word and UII, without the CRC that the reader has checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epc {
    pc: u16,
    uii: Box<[u8]>,
}

/// Which tag an ask is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The tag with this UII, whatever its PC word: several, if they say the same.
    Uii(Box<[u8]>),
    /// The tag with this TID. Only of families whose [`Capabilities`] say so.
    Tid(Tid),
}

/// A bank of a Gen2 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryBank {
    /// MB00: passwords.
    Reserved,
    /// MB01: StoredCRC, PC word, UII.
    Epc,
    /// MB10: who made the tag, and its serial number.
    Tid,
    /// MB11.
    User,
}

/// One thing to ask a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Stop whatever the reader does by itself; is there a reader at this baud rate? Answered by [`Reply::Done`].
    Probe,
    /// Set what the family needs after each opening: step `step` of [`Capabilities::n_prepare`]. Whatever the reply,
    /// the opening goes on.
    Prepare {
        /// Counted from 0.
        step: u8,
    },
    /// Which reader is it? Answered by [`Reply::Reader`].
    Identify,
    /// Which tags are there? One inventory, in session 0, so that each is told again the next time. Answered by
    /// [`Reply::Found`].
    Inventory,
    /// Words of a bank. Answered by [`Reply::Words`].
    Read {
        /// The tag.
        of: Filter,
        /// The bank.
        bank: MemoryBank,
        /// First word.
        word: u16,
        /// How many words, 1..=16.
        n: u8,
    },
    /// Write words of a bank. Answered by [`Reply::Done`].
    Write {
        /// The tag.
        of: Filter,
        /// The bank.
        bank: MemoryBank,
        /// First word.
        word: u16,
        /// The words, 1..=16.
        words: Vec<u16>,
    },
    /// Set the transmit power. Answered by [`Reply::Done`].
    SetPower {
        /// In hundredths of a dBm.
        centi_dbm: u16,
    },
}

/// What a reader replies. [`Reply::Missing`] and [`Reply::Refused`] can follow every ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done, and for a tag: the tag itself has said so.
    Done,
    /// Which reader it is.
    Reader(Identity),
    /// Tags of an inventory, perhaps none; perhaps one of them several times.
    Found(Vec<Sighting>),
    /// Words of a bank, as bytes in the order of the memory.
    Words(Vec<u8>),
    /// The reader heard nothing from the tag, or too little. After a write this does NOT tell that nothing was written.
    Missing,
    /// The reader or the tag said no: nothing was written.
    Refused(Refusal),
}

/// A tag in an inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What it says.
    pub epc: Epc,
    /// Strength of its signal in dBm, if the reader tells it.
    pub rssi: Option<i8>,
    /// Which antenna heard it, counted from 1, if the reader tells it.
    pub antenna: Option<u8>,
}

/// A family of UHF readers.
pub trait UhfProtocol: Protocol<Ask = Ask, Reply = Reply> {
    /// In what this family differs from others, as far as a pad must know.
    fn capabilities(&self) -> Capabilities;
}

/// What a family can and needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many [`Ask::Prepare`] steps follow the probe.
    pub n_prepare: u8,
    /// Whether a tag can be addressed by its TID.
    pub by_tid: bool,
    /// Whether a call for a tag that is not there takes as long as an inventory: then inventories say that a tag has left,
    /// and only the last look for it is a call.
    pub is_call_slow: bool,
}

impl Epc {
    /// A PC word and a UII; no more of the UII is kept than the PC word counts.
    pub fn new(pc: Pc, uii: &[u8]) -> Self {
        let uii = uii.get(..pc.n_words() * 2).unwrap_or(uii);
        Self { pc: pc.0, uii: uii.into() }
    }

    /// PC word and UII as readers report them; `None` without a PC word.
    pub fn reported(pc_and_uii: &[u8]) -> Option<Self> {
        let bank = EpcBank::reported(pc_and_uii)?;
        Some(Self::new(bank.pc, bank.uii))
    }

    /// The PC word.
    pub fn pc(&self) -> Pc {
        Pc(self.pc)
    }

    /// The UII.
    pub fn uii(&self) -> &[u8] {
        &self.uii
    }

    /// The bank for a decoder.
    pub fn bank(&self) -> EpcBank<'_> {
        EpcBank { stored_crc: None, pc: self.pc(), uii: &self.uii }
    }

    /// The filter that finds the tag by what it says.
    pub fn filter(&self) -> Filter {
        Filter::Uii(self.uii.clone())
    }
}

impl MemoryBank {
    /// The bank's number on air and in every family's frames.
    pub fn number(self) -> u8 {
        match self {
            Self::Reserved => 0,
            Self::Epc => 1,
            Self::Tid => 2,
            Self::User => 3,
        }
    }

    /// The bank of a number.
    pub fn of_number(number: u8) -> Option<Self> {
        [Self::Reserved, Self::Epc, Self::Tid, Self::User].into_iter().find(|bank| bank.number() == number)
    }
}

impl fmt::Debug for Epc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epc({:04X}", self.pc)?;
        self.uii.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
        write!(f, ")")
    }
}
