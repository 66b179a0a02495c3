//! The EPC bank (MB01) of a UHF tag: StoredCRC, PC word, and what the PC word says that follows.
//!
//! ```text
//! word 0      word 1                                        word 2..
//! StoredCRC   length(5) UMI XPC T | AFI (T=1) or bits (T=0)   UII or EPC, `length` words
//! ```
//! CRC: polynomial 1021, start FFFF, inverted at the end, over the PC word and the words that it counts. {#gen2.epc}

use crate::crc::CRC_1021;
use crate::tag::Afi;

/// The protocol control word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pc(pub u16);

/// The content of an EPC bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpcBank<'a> {
    /// The CRC as stored, if the bank was read; a reader that only reports has checked it.
    pub stored_crc: Option<u16>,
    /// The PC word.
    pub pc: Pc,
    /// As many bytes as the PC word counts, or fewer if fewer were read.
    pub uii: &'a [u8],
}

/// One word to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordWrite {
    /// Where.
    pub bank: Bank,
    /// The word's number.
    pub word: usize,
    /// Its value.
    pub value: u16,
}

/// A bank of a UHF tag that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bank {
    /// MB01.
    Epc,
    /// MB11.
    User,
}

impl Pc {
    /// A PC word; `n_words` above 31 cannot be told and become 31.
    pub fn new(n_words: usize, has_user: bool, afi: Option<Afi>) -> Self {
        let length = u16::try_from(n_words.min(31)).unwrap_or(31) << 11;
        let low = afi.map_or(0, |afi| T | u16::from(afi.0));
        Self(length | if has_user { UMI } else { 0 } | low)
    }

    /// Words behind the PC word.
    pub fn n_words(self) -> usize {
        usize::from(self.0 >> 11)
    }

    /// Whether the user memory is in use (UMI).
    pub fn has_user(self) -> bool {
        self.0 & UMI != 0
    }

    /// The AFI of a tag of an ISO application (T = 1).
    pub fn afi(self) -> Option<Afi> {
        let [_, low] = self.0.to_be_bytes();
        (self.0 & T != 0).then_some(Afi(low))
    }

    /// The same word with another AFI, length and UMI kept. {#iso28560-4.security}
    pub fn with_afi(self, afi: Afi) -> Self {
        Self(self.0 & 0xFE00 | T | u16::from(afi.0))
    }
}

impl<'a> EpcBank<'a> {
    /// A bank that was read from word 0; `None` if the PC word is not there.
    pub fn parse(bank: &'a [u8]) -> Option<Self> {
        let (stored, rest) = bank.split_first_chunk()?;
        let mut parsed = Self::reported(rest)?;
        parsed.stored_crc = Some(u16::from_be_bytes(*stored));
        Some(parsed)
    }

    /// A PC word with what follows it, as readers report it.
    pub fn reported(pc_and_uii: &'a [u8]) -> Option<Self> {
        let (pc, rest) = pc_and_uii.split_first_chunk()?;
        let pc = Pc(u16::from_be_bytes(*pc));
        Some(Self { stored_crc: None, pc, uii: rest.get(..pc.n_words() * 2).unwrap_or(rest) })
    }

    /// The CRC that the tag makes of its PC word and UII.
    pub fn crc(&self) -> u16 {
        !CRC_1021.update(CRC_1021.update(0xFFFF, &self.pc.0.to_be_bytes()), self.uii)
    }

    /// Whether all was read, and nothing else than the tag holds.
    pub fn is_whole(&self) -> bool {
        self.uii.len() == self.pc.n_words() * 2 && self.stored_crc.is_none_or(|stored| stored == self.crc())
    }
}

/// A bank's bytes from word 0: StoredCRC (which the tag makes itself), PC word and UII.
pub fn bank(pc: Pc, uii: &[u8]) -> Vec<u8> {
    let crc = EpcBank { stored_crc: None, pc, uii }.crc();
    [&crc.to_be_bytes(), &pc.0.to_be_bytes(), uii].concat()
}

/// Writes that make the banks so, in an order that keeps the rule of plans: first a PC word that counts nothing, last
/// the right one. Between the two the tag has no identifier. {#plan.uhf}
///
/// The tag is told apart by its TID meanwhile: its EPC changes with each write.
pub fn plan(pc: Pc, uii: &[u8], user: &[u8]) -> Vec<WordWrite> {
    let words = |bank, first: usize, bytes: &[u8]| -> Vec<WordWrite> {
        let pairs = bytes.chunks(2).map(|pair| {
            let [high, low] = [pair.first(), pair.get(1)].map(|byte| byte.copied().unwrap_or(0));
            u16::from_be_bytes([high, low])
        });
        pairs.enumerate().map(|(at, value)| WordWrite { bank, word: first + at, value }).collect()
    };
    let pc_word = |value| WordWrite { bank: Bank::Epc, word: 1, value };
    let mut writes = vec![pc_word(0)];
    writes.extend(words(Bank::User, 0, user));
    writes.extend(words(Bank::Epc, 2, uii));
    writes.push(pc_word(pc.0));
    writes
}

const UMI: u16 = 0x0400;
const T: u16 = 0x0100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::parse_hex;

    /// covers: gen2.epc (U5, table F.2 of the Gen2 specification)
    #[test]
    fn stored_crc() {
        for (hex, crc) in [
            ("0000", 0xE2F0),
            ("0800 1111", 0xCCAE),
            ("1000 11112222", 0x968F),
            ("1800 111122223333", 0x78F6),
        ] {
            let bytes = parse_hex(hex).unwrap();
            let bank = EpcBank::reported(&bytes).unwrap();
            assert_eq!(bank.crc(), crc, "{hex}");
            assert!(bank.is_whole());
        }
    }

    #[test]
    fn a_cut_bank_is_not_whole() {
        assert_eq!(EpcBank::parse(&[0, 0, 0x30]), None);
        assert!(!EpcBank::reported(&[0x10, 0, 1, 2]).unwrap().is_whole());
        assert!(!EpcBank::parse(&[0, 0, 0x08, 0, 1, 2]).unwrap().is_whole());
    }

    /// covers: iso28560-4.security
    #[test]
    fn security_changes_one_byte_of_the_pc_word() {
        assert_eq!(Pc(0x45C2).with_afi(Afi::IN_STOCK), Pc(0x4507));
        assert_eq!(
            (Pc(0x45C2).n_words(), Pc(0x45C2).has_user(), Pc(0x45C2).afi()),
            (8, true, Some(Afi::ON_LOAN))
        );
        assert_eq!(Pc::new(8, true, Some(Afi::ON_LOAN)), Pc(0x45C2));
        assert_eq!(Pc::new(6, true, None), Pc(0x3400));
    }
}
