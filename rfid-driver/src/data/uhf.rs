//! UHF tags as a whole: which layout their banks are in, and how their security state is changed.
//!
//! Security is part of the EPC bank: the AFI in the PC word of an ISO tag, a bit of word 2 in the universities' layout.
//! A change is one word, so it happens or does not; but the tag's EPC is another one afterwards. Whoever waits for the
//! tag to come back keys it by TID or identifier.
//!
//! A word whose writing was cut may hold anything. It never makes another identifier of a tag {#uhf.torn}, for
//! ```text
//! a length cut short        the words behind it read on: damaged, if the whole memory was read
//! a length too long         a text ends at its last triple that is not full, and zeros add nothing
//! T = 0 on an ISO tag       the attribute bits must be 0 and the length must be that of the packing; and then, unless
//!                           the content index proves the universities' layout, the memory must not read as a UII
//! word 2 of the others      the length tells the packing, the rest of the word is no part of the identifier
//! ```

use super::decoded::{Decoded, Hints, Layout, Sureness};
use super::epc::{Bank, EpcBank, WordWrite};
use super::urn40::{self, Stop};
use super::{LibraryTag, Problem, TagData, gaoxiao, iso28560_2, iso28560_4};
use crate::tag::{Afi, Dsfid, Security, SecurityPolicy};

/// Decodes the banks of a UHF tag. Total: all banks have an answer.
pub fn decode_uhf(bank: &EpcBank<'_>, user: Option<&[u8]>, hints: &Hints<'_>) -> Decoded {
    decode(bank, &[], user, hints)
}

/// Decodes a tag whose EPC bank was read from word 0 to the end of its memory, also behind what its PC word counts;
/// `None` without a PC word.
pub fn decode_uhf_memory(memory: &[u8], user: Option<&[u8]>, hints: &Hints<'_>) -> Option<Decoded> {
    let bank = EpcBank::parse(memory)?;
    let behind = memory.get(4 + bank.uii.len()..).unwrap_or_default();
    Some(decode(&bank, behind, user, hints))
}

/// How many bytes of the user memory are needed at least to go on decoding; `None` if these suffice.
pub fn needs_user(bank: &EpcBank<'_>, user: &[u8]) -> Option<usize> {
    if bank.pc.afi().is_none() {
        return gaoxiao::decode(bank, None).and_then(|_| gaoxiao::needs_user(bank.uii, user));
    }
    match user.split_first() {
        _ if !bank.pc.has_user() => None,
        None => Some(2),
        Some((dsfid, chain)) if *dsfid == Dsfid::ISO_28560_2.0 => {
            iso28560_2::needs(chain).map(|needed| needed + 1)
        }
        Some(_) => None,
    }
}

fn decode(bank: &EpcBank<'_>, behind: &[u8], user: Option<&[u8]>, hints: &Hints<'_>) -> Decoded {
    if bank.uii.iter().all(|byte| *byte == 0) && behind.iter().all(|byte| *byte == 0) {
        return Decoded { layout: None, sureness: Sureness::Certain, data: TagData::Blank, security: None };
    }
    match bank.pc.afi() {
        Some(afi) => iso(bank, behind, user, afi, hints),
        None => universities(bank, behind, user),
    }
}

fn iso(bank: &EpcBank<'_>, behind: &[u8], user: Option<&[u8]>, afi: Afi, hints: &Hints<'_>) -> Decoded {
    let security = hints.policy.security(afi);
    let sureness = match afi {
        _ if security.is_some() => Some(Sureness::Certain),
        Afi::IN_STOCK | Afi::ON_LOAN => Some(Sureness::Certain),
        _ if is_between(afi, hints.policy) => Some(Sureness::Likely),
        _ => None,
    };
    let mut data = iso28560_4::decode(bank, user);
    let has_owner = matches!(&data, TagData::Library(tag) if tag.owner.is_some());
    if matches!(data, TagData::Library(_) | TagData::Blank) && goes_on(bank.uii, behind) {
        let partial = if let TagData::Library(tag) = data { tag } else { LibraryTag::default() };
        data = TagData::Damaged { partial, problems: vec![Problem::Behind] };
    }
    let Some(sureness) = sureness.or_else(|| has_owner.then_some(Sureness::Likely)) else {
        return other(bank);
    };
    Decoded { layout: Some(Layout::Iso28560Part4), sureness, data, security }
}

fn universities(bank: &EpcBank<'_>, behind: &[u8], user: Option<&[u8]>) -> Decoded {
    let Some(mut data) = gaoxiao::decode(bank, user) else {
        return match as_iso(bank.uii, behind).filter(|tag| tag.owner.is_some()) {
            Some(partial) => damaged(Layout::Iso28560Part4, partial, Problem::Torn { word: 1 }),
            None => other(bank),
        };
    };
    let is_proven = matches!(&data, TagData::Library(tag) if gaoxiao::is_index_right(bank, tag));
    if let TagData::Library(tag) = &mut data
        && let Some(other) = as_iso(bank.uii, behind).filter(|_| !is_proven)
    {
        let problem = Problem::Ambiguous { other: other.primary_item_id };
        return damaged(Layout::Gaoxiao, std::mem::take(tag), problem);
    }
    let security = gaoxiao::head(bank.uii).map(|head| head.security);
    let sureness = if is_proven { Sureness::Certain } else { Sureness::Likely };
    Decoded { layout: Some(Layout::Gaoxiao), sureness, data, security }
}

/// Whether a word that was cut between the two values could be this: it is so in the bits in which they agree.
fn is_between(afi: Afi, policy: SecurityPolicy) -> bool {
    (afi.0 ^ policy.secured.0) & !(policy.secured.0 ^ policy.unsecured.0) == 0
}

/// Whether what is behind a UII can be a part of it.
fn goes_on(uii: &[u8], behind: &[u8]) -> bool {
    if behind.iter().all(|byte| *byte == 0) {
        return false;
    }
    let text = urn40::read(uii);
    let mut memory = uii.to_vec();
    let mut last = Err(Stop::Wrong);
    for word in behind.chunks(2) {
        memory.extend_from_slice(word);
        last = urn40::read(&memory);
        if last.is_ok() && last != text {
            return true;
        }
    }
    last == Err(Stop::Short)
}

/// What the whole memory says as a UII, if one was written there: fillers only at the end, each triple full.
fn as_iso(uii: &[u8], behind: &[u8]) -> Option<LibraryTag> {
    let mut memory = [uii, behind].concat();
    let n = memory.chunks(2).rposition(|word| word != [0, 0])? + 1;
    memory.truncate(n * 2);
    let text = urn40::read(&memory).ok()?;
    if urn40::encode(&text)? != memory {
        return None;
    }
    let reported =
        EpcBank { stored_crc: None, pc: super::epc::Pc::new(n, false, Some(Afi::IN_STOCK)), uii: &memory };
    match iso28560_4::decode(&reported, None) {
        TagData::Library(tag) => Some(tag),
        TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
    }
}

fn damaged(layout: Layout, partial: LibraryTag, problem: Problem) -> Decoded {
    let data = TagData::Damaged { partial, problems: vec![problem] };
    Decoded { layout: Some(layout), sureness: Sureness::Guess, data, security: None }
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

/// A tag of somebody else, or a fresh one.
fn other(bank: &EpcBank<'_>) -> Decoded {
    let is_blank = bank.uii.iter().all(|byte| *byte == 0);
    if is_blank {
        return Decoded { layout: None, sureness: Sureness::Likely, data: TagData::Blank, security: None };
    }
    Decoded { layout: None, sureness: Sureness::Likely, data: TagData::Foreign, security: None }
}

/// Bit 7 of the first byte of the universities' EPC, in its word.
const LENT: u16 = 0x8000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::draft::Draft;
    use crate::data::{SetInfo, epc};
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

        /// covers: uhf.torn
        #[test]
        fn a_torn_word_never_makes_another_identifier(
            id in prop_oneof!["[A-Z0-9]{1,14}", "[0-9]{1,14}", "[0]{3,9}[0-9]{1,5}", "[A-Za-z0-9/-]{1,9}"],
            owner in proptest::option::of("[A-Z]{2}-[0-9]{3,6}"),
            set in proptest::option::of((1_u16..10).prop_flat_map(|of| (1..=of).prop_map(move |part| SetInfo { part, of }))),
            is_iso in any::<bool>(), n_words in 8_usize..32, others in proptest::collection::vec(any::<u16>(), 60),
        ) {
            let draft = Draft { primary_item_id: id.clone(), owner: owner.filter(|_| is_iso), set, ..Draft::default() };
            let coded = if is_iso { iso28560_4::encode(&draft, Afi::IN_STOCK) } else { gaoxiao::encode(&draft, gaoxiao::Head::default()) };
            prop_assume!(coded.is_ok());
            let (pc, uii, user) = coded.unwrap();
            let mut bank = epc::bank(pc, &uii);
            bank.resize(bank.len().max(4 + n_words * 2), 0);
            let whole = decode_uhf_memory(&bank, Some(&user), &Hints::none()).unwrap();
            prop_assert_eq!(whole.item_id(), Some(id.as_str()));
            let word = if is_iso { 1 } else { 2 };
            let lows = [0x00_u16, 0x07, 0xC2, 0xFF, 0x02];
            let each = (0_u16..0x100).flat_map(|high| lows.map(|low| high << 8 | low));
            for (value, at) in each.chain(others).zip(0_usize..) {
                apply(&mut bank, WordWrite { bank: Bank::Epc, word, value });
                let user = [None, Some(user.as_slice()), Some(&[0; 8])][at % 3];
                let decoded = decode_uhf_memory(&bank, user, &Hints::none()).unwrap();
                prop_assert!(decoded.item_id().is_none_or(|told| told == id), "{value:04X} {:02X?}: {:?}", bank, decoded);
            }
        }

        #[test]
        fn total(bank in proptest::collection::vec(any::<u8>(), 4..64), user in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode_uhf_memory(&bank, Some(&user), &Hints::none());
            let bank = EpcBank::parse(&bank).unwrap();
            let _ = decode_uhf(&bank, Some(&user), &Hints::none());
            let _ = security_write(&bank, Security::Secured, &Hints::none());
            let _ = needs_user(&bank, &user);
        }
    }
}
