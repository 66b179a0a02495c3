//! UHF tags as a whole: which layout their banks are in, and how their security state is changed.
//!
//! Security is part of the EPC bank: the AFI in the PC word of an ISO tag, a bit of word 2 in the universities' layout.
//! A change is one word, so it happens or does not; but the tag's EPC is another one afterwards. Whoever waits for the
//! tag to come back keys it by TID or identifier.

use super::decoded::{Decoded, Hints, Layout, Sureness};
use super::epc::{Bank, EpcBank, WordWrite};
use super::{TagData, gaoxiao, iso28560_4};
use crate::tag::{Afi, Security};

/// Decodes the banks of a UHF tag. Total: all banks have an answer.
pub fn decode_uhf(bank: &EpcBank<'_>, user: Option<&[u8]>, hints: &Hints<'_>) -> Decoded {
    if bank.uii.iter().all(|byte| *byte == 0) {
        return Decoded { layout: None, sureness: Sureness::Certain, data: TagData::Blank, security: None };
    }
    if let Some(afi) = bank.pc.afi() {
        let security = hints.policy.security(afi);
        let is_library = security.is_some() || matches!(afi, Afi::IN_STOCK | Afi::ON_LOAN);
        let data = iso28560_4::decode(bank, user);
        return match (&data, is_library) {
            (_, true) => {
                Decoded { layout: Some(Layout::Iso28560Part4), sureness: Sureness::Certain, data, security }
            }
            (TagData::Library(tag), false) if tag.owner.is_some() => {
                Decoded { layout: Some(Layout::Iso28560Part4), sureness: Sureness::Likely, data, security }
            }
            (TagData::Library(_) | TagData::Blank | TagData::Foreign | TagData::Damaged { .. }, false) => {
                foreign()
            }
        };
    }
    let Some(data) = gaoxiao::decode(bank, user) else { return foreign() };
    let security = gaoxiao::head(bank.uii).map(|head| head.security);
    let is_proven = matches!(&data, TagData::Library(tag) if gaoxiao::is_index_right(bank, tag));
    let sureness = if is_proven { Sureness::Certain } else { Sureness::Likely };
    Decoded { layout: Some(Layout::Gaoxiao), sureness, data, security }
}

/// The one write that changes the security state; `None` if the tag has it already, or is no library's.
pub fn security_write(bank: &EpcBank<'_>, to: Security, hints: &Hints<'_>) -> Option<WordWrite> {
    let decoded = decode_uhf(bank, None, hints);
    decoded.item_id()?;
    let write = match decoded.layout? {
        Layout::Iso28560Part4 => {
            let pc = bank.pc.with_afi(hints.policy.afi(to));
            (pc != bank.pc).then_some((1, pc.0))
        }
        Layout::Gaoxiao => {
            let (word, _) = bank.uii.split_first_chunk()?;
            let old = u16::from_be_bytes(*word);
            let new = match to {
                Security::Secured => old & !LENT,
                Security::Unsecured => old | LENT,
            };
            (new != old).then_some((2, new))
        }
        Layout::Iso28560Part2 | Layout::Iso28560Part3(_) | Layout::Rfid501 | Layout::Local(_) => None,
    };
    write.map(|(word, value)| WordWrite { bank: Bank::Epc, word, value })
}

fn foreign() -> Decoded {
    Decoded { layout: None, sureness: Sureness::Likely, data: TagData::Foreign, security: None }
}

/// Bit 7 of the first byte of the universities' EPC, in its word.
const LENT: u16 = 0x8000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::draft::Draft;
    use crate::data::epc;
    use crate::tag::parse_hex;
    use proptest::prelude::*;

    const G1: &str = "C157 3400 1703 0003 98130803F4040000";

    fn apply(bank: &mut [u8], write: WordWrite) {
        bank[write.word * 2..write.word * 2 + 2].copy_from_slice(&write.value.to_be_bytes());
        let crc = EpcBank::parse(bank).unwrap().crc();
        bank[..2].copy_from_slice(&crc.to_be_bytes());
    }

    /// covers: iso28560-4.security, gaoxiao
    #[test]
    fn security_is_one_word_there_and_back() {
        let uii = parse_hex("141C C04F C70B ADB5 C6E2 DA1D ED4D D319").unwrap();
        let hints = Hints::none();
        for mut bank in [epc::bank(epc::Pc(0x4507), &uii), parse_hex(G1).unwrap()] {
            let before = bank.clone();
            let decoded = decode_uhf(&EpcBank::parse(&bank).unwrap(), None, &hints);
            assert_eq!(decoded.security, Some(Security::Secured));
            let write = security_write(&EpcBank::parse(&bank).unwrap(), Security::Unsecured, &hints).unwrap();
            apply(&mut bank, write);
            let lent = decode_uhf(&EpcBank::parse(&bank).unwrap(), None, &hints);
            assert_eq!((lent.security, lent.item_id()), (Some(Security::Unsecured), decoded.item_id()));
            assert_ne!(bank, before);
            let back = security_write(&EpcBank::parse(&bank).unwrap(), Security::Secured, &hints).unwrap();
            apply(&mut bank, back);
            assert_eq!(bank, before);
            assert_eq!(security_write(&EpcBank::parse(&bank).unwrap(), Security::Secured, &hints), None);
        }
    }

    #[test]
    fn foreign_and_blank_tags_are_left_alone() {
        let shop = epc::bank(epc::Pc(0x3000), &parse_hex("3034257BF7194E4000001A85").unwrap());
        let bank = EpcBank::parse(&shop).unwrap();
        assert_eq!(decode_uhf(&bank, None, &Hints::none()).data, TagData::Foreign);
        assert_eq!(security_write(&bank, Security::Unsecured, &Hints::none()), None);
        let blank = epc::bank(epc::Pc(0x3000), &[0; 12]);
        assert_eq!(decode_uhf(&EpcBank::parse(&blank).unwrap(), None, &Hints::none()).data, TagData::Blank);
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        /// covers: plan.uhf (every prefix)
        #[test]
        fn every_prefix_of_a_plan_is_old_new_or_none(
            old in "[A-Z0-9]{1,14}", new in "[A-Z0-9]{1,14}", from_iso in any::<bool>(), to_iso in any::<bool>(),
        ) {
            let banks = |id: &str, is_iso| {
                let draft = Draft { primary_item_id: id.into(), ..Draft::default() };
                let head = gaoxiao::Head::default();
                if is_iso { iso28560_4::encode(&draft, Afi::IN_STOCK) } else { gaoxiao::encode(&draft, head) }.unwrap()
            };
            let (pc, uii, _) = banks(&old, from_iso);
            let mut bank = epc::bank(pc, &uii);
            bank.resize(66, 0);
            let (pc, uii, user) = banks(&new, to_iso);
            for write in epc::plan(pc, &uii, &user).into_iter().filter(|write| write.bank == Bank::Epc) {
                apply(&mut bank, write);
                let decoded = decode_uhf(&EpcBank::parse(&bank).unwrap(), None, &Hints::none());
                prop_assert!(decoded.item_id().is_none_or(|id| id == old || id == new), "{:?}", decoded);
            }
            let decoded = decode_uhf(&EpcBank::parse(&bank).unwrap(), None, &Hints::none());
            prop_assert_eq!(decoded.item_id(), Some(new.as_str()));
        }

        #[test]
        fn total(bank in proptest::collection::vec(any::<u8>(), 4..64), user in proptest::collection::vec(any::<u8>(), 0..64)) {
            let bank = EpcBank::parse(&bank).unwrap();
            let _ = decode_uhf(&bank, Some(&user), &Hints::none());
            let _ = security_write(&bank, Security::Secured, &Hints::none());
        }
    }
}
