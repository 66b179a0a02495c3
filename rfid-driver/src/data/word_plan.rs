//! What to write on a UHF tag, word by word, so that a power cut never leaves the number of another item.
//!
//! ```text
//! PC word 0800 (one word, T = 0: no layout reads that) ─▶ user memory, UII, zeros behind both ─▶ the right PC word
//! ```
//! While the guard stands the tag has no identifier, and still says one word of UII, so that a reader which filters by
//! that finds it. Words behind the new UII are cleared, for readable ones make a tag damaged. A plan keeps the rule of
//! [`mod@super::plan`]: the state after any number of its writes decodes to the old number, the new one or none; so does
//! each state with the next word torn, whatever bits it holds of those that change. {#plan.words}

use super::decoded::{Hints, Layout};
use super::draft::{Draft, EncodeError};
use super::epc::{Bank, EpcBank, Pc, WordWrite};
use super::uhf::decode_uhf_memory;
use super::{Decoded, TagData, gaoxiao, iso28560_4};
use crate::tag::Security;

/// What is written of a UHF tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Banks {
    /// The EPC bank from the PC word to its end: without the StoredCRC, which the tag makes itself.
    pub epc: Vec<u8>,
    /// The user memory to its end; empty if there is none.
    pub user: Vec<u8>,
}

/// Writes in their order, each read back before the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordPlan {
    /// What the plan was made for.
    pub before: Banks,
    /// The writes; none if the tag already is as it should be.
    pub writes: Vec<WordWrite>,
    /// What there is afterwards.
    pub after: Banks,
}

impl Banks {
    /// The banks of a dump: an EPC bank from word 0, and the user memory.
    pub fn new(epc_bank: &[u8], user: &[u8]) -> Self {
        Self { epc: epc_bank.get(2..).unwrap_or_default().to_vec(), user: user.to_vec() }
    }

    /// What they say; `None` without a PC word.
    pub fn decode(&self, hints: &Hints<'_>) -> Option<Decoded> {
        decode_uhf_memory(&self.memory()?, Some(&self.user), hints)
    }

    /// With one word of the rest changed; nothing changes if there is no such word.
    pub(crate) fn write(&mut self, write: WordWrite) {
        let (memory, at) = match write.bank {
            Bank::Epc => (&mut self.epc, write.word.checked_sub(1).map(|word| word * 2)),
            Bank::User => (&mut self.user, Some(write.word * 2)),
        };
        if let Some(place) = at.and_then(|at| memory.get_mut(at..at + 2)) {
            place.copy_from_slice(&write.value.to_be_bytes());
        }
    }

    /// The EPC bank from word 0, with the CRC that the tag makes.
    fn memory(&self) -> Option<Vec<u8>> {
        let crc = EpcBank::reported(&self.epc)?.crc();
        Some([&crc.to_be_bytes(), self.epc.as_slice()].concat())
    }

    pub(crate) fn word(&self, bank: Bank, word: usize) -> Option<u16> {
        let (memory, at) = match bank {
            Bank::Epc => (&self.epc, word.checked_sub(1)? * 2),
            Bank::User => (&self.user, word * 2),
        };
        memory.get(at..)?.first_chunk().map(|word| u16::from_be_bytes(*word))
    }

    fn item_id(&self, with_user: bool, hints: &Hints<'_>) -> Option<String> {
        let user = with_user.then_some(self.user.as_slice());
        decode_uhf_memory(&self.memory()?, user, hints)?.item_id().map(str::to_owned)
    }
}

impl WordPlan {
    /// The states before the first write and after each one.
    pub fn states(&self) -> impl Iterator<Item = Banks> {
        let mut state = self.before.clone();
        let mut writes = self.writes.iter();
        std::iter::successors(Some(state.clone()), move |_| {
            state.write(*writes.next()?);
            Some(state.clone())
        })
    }

    /// Whether no state reads as a third number beside the old ones and these, with and without the user memory.
    fn is_safe(&self, items: &[String], hints: &Hints<'_>) -> bool {
        let old = [true, false].map(|with_user| self.before.item_id(with_user, hints));
        let is_allowed = |id: Option<String>| {
            id.is_none_or(|id| items.contains(&id) || old.iter().flatten().any(|old| *old == id))
        };
        self.states().all(|state| {
            [true, false].into_iter().all(|with_user| is_allowed(state.item_id(with_user, hints)))
        })
    }
}

/// Plans how a draft is written in a layout on a UHF tag whose banks are known to their ends, its security included.
///
/// # Errors
/// Those of the layout's encoder; [`EncodeError::Layout`] for an HF layout; [`EncodeError::Room`] for a bank that is too
/// small; [`EncodeError::NoSafeOrder`] if the tag would read otherwise than it was meant.
pub fn word_plan(
    draft: &Draft,
    layout: &Layout,
    security: Security,
    before: &Banks,
    hints: &Hints<'_>,
) -> Result<WordPlan, EncodeError> {
    let (pc, uii, user) = match layout {
        Layout::Iso28560Part4 => iso28560_4::encode(draft, hints.policy.afi(security))?,
        Layout::Gaoxiao => gaoxiao::encode(draft, head(before, security, hints))?,
        Layout::Iso28560Part2 | Layout::Iso28560Part3(_) | Layout::Rfid501 | Layout::Local(_) => {
            return Err(EncodeError::Layout { name: layout.to_string() });
        }
    };
    let after = Banks {
        epc: filled([&pc.0.to_be_bytes(), uii.as_slice()].concat(), before.epc.len())?,
        user: filled(user, before.user.len())?,
    };
    let plan = WordPlan { before: before.clone(), writes: writes(before, &after, pc), after };
    let end = plan.after.decode(hints);
    let is_meant = end.is_some_and(|end| {
        end.layout.as_ref() == Some(layout)
            && end.security == Some(security)
            && matches!(&end.data, TagData::Library(tag) if tag.primary_item_id == draft.primary_item_id)
    });
    let is_safe = plan.is_safe(std::slice::from_ref(&draft.primary_item_id), hints);
    if is_meant && is_safe { Ok(plan) } else { Err(EncodeError::NoSafeOrder) }
}

/// Plans how a UHF tag becomes again what it was, number or none.
///
/// # Errors
/// [`EncodeError::Room`] for banks of another size; [`EncodeError::NoSafeOrder`] if a third number could be read on the way.
pub fn restore_words(was: &Banks, before: &Banks, hints: &Hints<'_>) -> Result<WordPlan, EncodeError> {
    let sizes = |banks: &Banks| (banks.epc.len(), banks.user.len());
    let Some(pc) = was.word(Bank::Epc, 1).filter(|_| sizes(was) == sizes(before)) else {
        let size = |banks: &Banks| banks.epc.len() + banks.user.len();
        return Err(EncodeError::Room { needed: size(was), room: size(before) });
    };
    let plan = WordPlan { before: before.clone(), writes: writes(before, was, Pc(pc)), after: was.clone() };
    let items: Vec<String> =
        [true, false].into_iter().filter_map(|with_user| was.item_id(with_user, hints)).collect();
    if plan.is_safe(&items, hints) { Ok(plan) } else { Err(EncodeError::NoSafeOrder) }
}

/// Sorting and version stay as they are on a tag of this layout.
fn head(before: &Banks, security: Security, hints: &Hints<'_>) -> gaoxiao::Head {
    let is_own = before.decode(hints).is_some_and(|decoded| decoded.layout == Some(Layout::Gaoxiao));
    let old = EpcBank::reported(&before.epc).and_then(|bank| gaoxiao::head(bank.uii));
    gaoxiao::Head { security, ..old.filter(|_| is_own).unwrap_or_default() }
}

fn filled(mut bytes: Vec<u8>, size: usize) -> Result<Vec<u8>, EncodeError> {
    if bytes.len() > size {
        return Err(EncodeError::Room { needed: bytes.len(), room: size });
    }
    bytes.resize(size, 0);
    Ok(bytes)
}

/// The words that change: the guard, what it guards, the right PC word.
fn writes(before: &Banks, after: &Banks, pc: Pc) -> Vec<WordWrite> {
    let changes = |bank, words: std::ops::Range<usize>| {
        let changed = words.filter_map(move |word| {
            let value = after.word(bank, word)?;
            (before.word(bank, word) != Some(value)).then_some(WordWrite { bank, word, value })
        });
        changed.collect::<Vec<_>>()
    };
    let guarded =
        [changes(Bank::User, 0..after.user.len() / 2), changes(Bank::Epc, 2..after.epc.len() / 2 + 1)];
    let pc_word = |value| WordWrite { bank: Bank::Epc, word: 1, value };
    let now = before.word(Bank::Epc, 1);
    if guarded.iter().all(Vec::is_empty) {
        return if now == Some(pc.0) { Vec::new() } else { vec![pc_word(pc.0)] };
    }
    let guard = (now != Some(GUARD)).then_some(pc_word(GUARD));
    guard.into_iter().chain(guarded.into_iter().flatten()).chain([pc_word(pc.0)]).collect()
}

/// One word of UII, T = 0: too short for the universities' layout, and none of ISO's.
const GUARD: u16 = 0x0800;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::SetInfo;
    use proptest::prelude::*;

    fn fresh() -> Banks {
        Banks { epc: [[0x30, 0].as_slice(), &[0; 32]].concat(), user: vec![0; 64] }
    }

    fn draft(id: &str, is_set: bool) -> Draft {
        let set = is_set.then_some(SetInfo { part: 1, of: 2 });
        Draft { primary_item_id: id.to_owned(), set, ..Draft::default() }
    }

    fn layout(is_iso: bool) -> Layout {
        if is_iso { Layout::Iso28560Part4 } else { Layout::Gaoxiao }
    }

    #[test]
    fn a_state_of_security_alone_is_one_word() {
        let hints = Hints::none();
        for is_iso in [true, false] {
            let draft = draft("I1", false);
            let plan = |before: &Banks, to| word_plan(&draft, &layout(is_iso), to, before, &hints).unwrap();
            let first = plan(&fresh(), Security::Secured);
            assert_eq!(first.states().last().unwrap(), first.after);
            assert_eq!(plan(&first.after, Security::Secured).writes, []);
            let n = plan(&first.after, Security::Unsecured).writes.len();
            assert_eq!(n, if is_iso { 1 } else { 3 });
        }
    }

    #[test]
    fn what_has_no_room_or_no_form_is_refused() {
        let hints = Hints::none();
        let small = Banks { epc: vec![0; 6], user: vec![] };
        let long = draft("ABCDEFGHIJ", false);
        let plan = |draft, layout, before| word_plan(draft, &layout, Security::Secured, before, &hints);
        assert_eq!(
            plan(&long, Layout::Iso28560Part4, &small),
            Err(EncodeError::Room { needed: 10, room: 6 })
        );
        assert!(matches!(plan(&long, Layout::Rfid501, &fresh()), Err(EncodeError::Layout { .. })));
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        /// covers: plan.words (every prefix, and every word torn between its two values)
        #[test]
        fn a_cut_leaves_the_old_number_the_new_one_or_none(
            old in "[A-Z0-9]{1,14}", new in "[A-Z0-9]{1,14}", from_iso in any::<bool>(), to_iso in any::<bool>(),
            is_set in any::<bool>(), masks in proptest::collection::vec(any::<u16>(), 8),
        ) {
            let hints = Hints::none();
            let first = word_plan(&draft(&old, is_set), &layout(from_iso), Security::Secured, &fresh(), &hints).unwrap();
            let made = word_plan(&draft(&new, is_set), &layout(to_iso), Security::Unsecured, &first.after, &hints);
            // Identifiers that read as another layout's are refused, whole.
            prop_assume!(made.is_ok());
            let plan = made.unwrap();
            for (state, write) in plan.states().zip(&plan.writes) {
                let was = state.word(write.bank, write.word).unwrap();
                for mask in &masks {
                    let mut torn = state.clone();
                    torn.write(WordWrite { value: was & mask | write.value & !mask, ..*write });
                    for with_user in [true, false] {
                        let id = torn.item_id(with_user, &hints);
                        prop_assert!(id.as_ref().is_none_or(|id| *id == old || *id == new), "{write:?} {mask:04X}: {id:?}");
                    }
                }
            }
            prop_assert_eq!(plan.states().last().unwrap(), plan.after.clone());
            prop_assert_eq!(plan.after.item_id(true, &hints), Some(new.clone()));
            // And back again, to the old number and to none.
            for was in [&first.after, &fresh()] {
                let back = restore_words(was, &plan.after, &hints).unwrap();
                prop_assert_eq!(&back.states().last().unwrap(), was);
                for state in back.states() {
                    let id = state.item_id(true, &hints);
                    prop_assert!(id.as_ref().is_none_or(|id| *id == old || *id == new), "{id:?}");
                }
            }
        }
    }
}
