//! Reading a tag in full and writing it anew.

use proptest::prelude::*;

use super::pair::{Family, Pair};
use super::twins::ByUii;
use super::{SECOND, up};
use crate::data::epc::{Bank, WordWrite};
use crate::data::{Banks, Draft, Hints, Layout, SetInfo, TagData, Usage, WordPlan, word_plan};
use crate::pad::{Dump, Place, ProgramOutcome, ReaderEvent};
use crate::tag::{Security, TagId};
use crate::uhf::m100::M100;

fn draft(item: &str) -> Draft {
    Draft {
        primary_item_id: item.to_owned(),
        set: Some(SetInfo { part: 1, of: 2 }),
        usage: Some(Usage::CIRCULATION),
        ..Draft::default()
    }
}

fn planned(dump: &Dump, item: &str, layout: &Layout, to: Security) -> WordPlan {
    let banks = Banks::new(&dump.memory, &dump.other_banks.as_ref().unwrap().user);
    word_plan(&draft(item), layout, to, &banks, &Hints::none()).unwrap()
}

fn dump<P: Family>(pair: &mut Pair<P>, name: &str) -> Option<Dump> {
    pair.dump(name);
    pair.until(SECOND * 9, "a dump", |pair| pair.n_open() == 0);
    pair.events.iter().rev().find_map(|event| {
        if let ReaderEvent::Dumped { dump, .. } = event { Some(dump.clone()) } else { None }
    })?
}

fn programmed<P: Family>(pair: &Pair<P>) -> ProgramOutcome {
    let outcomes = pair.events.iter().rev().find_map(|event| {
        if let ReaderEvent::Programmed { outcome, .. } = event { Some(*outcome) } else { None }
    });
    outcomes.expect("an outcome")
}

fn banks<P: Family>(pair: &Pair<P>, name: &str) -> Banks {
    Banks { epc: pair.tag(name).epc.clone(), user: pair.tag(name).user.clone() }
}

fn item_id<P: Family>(pair: &Pair<P>, name: &str) -> Option<String> {
    banks(pair, name).decode(&Hints::none())?.item_id().map(str::to_owned)
}

fn arrived<P: Family>(pair: &Pair<P>) -> Option<String> {
    let last = pair
        .events
        .iter()
        .rev()
        .find_map(|event| if let ReaderEvent::Arrived(arrival) = event { Some(arrival) } else { None })?;
    if let TagData::Library(tag) = &last.data { Some(tag.primary_item_id.clone()) } else { None }
}

/// A pad with one tag of an item, or a fresh one.
fn alone<P: Family>(line: &str) -> Pair<P> {
    let mut pair = up::<P>(P::fast());
    pair.line(line);
    pair.line("put X");
    pair.until(SECOND * 3, "the tag", |pair| pair.complete() == Some(1));
    pair
}

/// covers: uhf-pad.program
pub(super) fn a_fresh_tag_is_written_and_arrives_anew<P: Family>() {
    for layout in [Layout::Iso28560Part4, Layout::Gaoxiao] {
        let mut pair = alone::<P>("blank X");
        let id = pair.pad.seen()[0].tag;
        let before = dump(&mut pair, "X").unwrap();
        assert_eq!(before.memory[2..], pair.tag("X").epc);
        assert_eq!(before.other_banks.as_ref().unwrap().user, pair.tag("X").user);
        let plan = planned(&before, "NEW1234", &layout, Security::Unsecured);
        pair.program(id, &plan, Security::Unsecured);
        pair.until(SECOND * 20, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!(programmed(&pair), ProgramOutcome::Verified, "{layout}");
        assert_eq!(banks(&pair, "X"), plan.after);
        pair.until(SECOND * 5, "the item anew", |pair| pair.complete() == Some(1));
        assert_eq!(arrived(&pair).as_deref(), Some("NEW1234"));
        // Once more: nothing is left to write.
        let writes = pair.emulator.counters().writes;
        pair.program(id, &plan, Security::Unsecured);
        pair.until(SECOND * 9, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!((programmed(&pair), pair.emulator.counters().writes), (ProgramOutcome::Verified, writes));
    }
}

#[test]
fn missed_exchanges_are_repeated() {
    for _ in 0..4 {
        let mut pair = alone::<M100>("book X owner=CN-110108-1-NLC");
        pair.line("miss 20");
        let before = dump(&mut pair, "X").unwrap();
        let plan = planned(&before, "NEW1234", &Layout::Iso28560Part4, Security::Secured);
        pair.program(pair.id("X"), &plan, Security::Secured);
        pair.until(SECOND * 60, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!(programmed(&pair), ProgramOutcome::Verified);
    }
}

#[test]
fn what_fails_is_named() {
    let pc = Place::Word { bank: Bank::Epc, word: 1 };
    let cases: [(&[&str], ProgramOutcome); 6] = [
        (&["take X"], ProgramOutcome::Gone),
        (&["fail X write 3"], ProgramOutcome::Verified),
        (&["fail X write 99"], ProgramOutcome::Refused { at: pc, is_locked: false }),
        (&["lock X epc"], ProgramOutcome::Refused { at: pc, is_locked: true }),
        (
            &["lock X user"],
            ProgramOutcome::Refused { at: Place::Word { bank: Bank::User, word: 1 }, is_locked: true },
        ),
        (&["on write X take"], ProgramOutcome::Uncertain { at: pc }),
    ];
    for (lines, outcome) in cases {
        let mut pair = alone::<M100>("book X owner=CN-110108-1-NLC");
        let before = dump(&mut pair, "X").unwrap();
        let plan = planned(&before, "NEW1234", &Layout::Iso28560Part4, Security::Secured);
        lines.iter().for_each(|line| {
            pair.line(line);
        });
        let writes = pair.emulator.counters().writes;
        pair.program(pair.id("X"), &plan, Security::Secured);
        pair.until(SECOND * 9, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!(programmed(&pair), outcome);
        assert!(outcome != ProgramOutcome::Gone || pair.emulator.counters().writes == writes);
        let n = usize::from(pair.tag("X").is_on_pad);
        pair.until(SECOND * 9, "the pad", |pair| pair.complete() == Some(n));
    }
}

#[test]
fn a_tag_that_has_changed_is_left_as_it_is() {
    let mut pair = alone::<M100>("book X owner=CN-110108-1-NLC");
    let before = dump(&mut pair, "X").unwrap();
    let plan = planned(&before, "NEW1234", &Layout::Iso28560Part4, Security::Secured);
    pair.program(pair.id("X"), &plan, Security::Unsecured);
    pair.until(SECOND, "an outcome", |pair| pair.n_open() == 0);
    assert_eq!(programmed(&pair), ProgramOutcome::Unfit, "it says another state");
    pair.emulator.gen2_mut("X").unwrap().secure(Security::Unsecured);
    let writes = pair.emulator.counters().writes;
    pair.program(pair.id("X"), &plan, Security::Secured);
    pair.until(SECOND * 9, "an outcome", |pair| pair.n_open() == 0);
    assert!(matches!(programmed(&pair), ProgramOutcome::Stale | ProgramOutcome::Gone));
    assert_eq!(pair.emulator.counters().writes, writes);
}

/// By its UII no tag is written while another lies there; by its TID it is, and the other stays as it is.
#[test]
fn another_tag_is_never_written_instead() {
    fn two<P: Family>() -> (Pair<P>, ProgramOutcome) {
        let mut pair = alone::<P>("blank X");
        pair.line("blank Y");
        pair.line("put Y");
        pair.until(SECOND * 9, "both", |pair| pair.complete() == Some(2));
        let before = dump(&mut pair, "X");
        let banks = before.map_or_else(
            || banks(&pair, "X"),
            |dump| Banks::new(&dump.memory, &dump.other_banks.unwrap().user),
        );
        let plan = word_plan(&draft("NEW1234"), &Layout::Gaoxiao, Security::Secured, &banks, &Hints::none())
            .unwrap();
        let (y, writes) = (self::banks(&pair, "Y"), pair.emulator.counters().writes);
        pair.program(pair.id("X"), &plan, Security::Secured);
        pair.until(SECOND * 20, "an outcome", |pair| pair.n_open() == 0);
        let outcome = programmed(&pair);
        assert_eq!(self::banks(&pair, "Y"), y);
        assert!(outcome == ProgramOutcome::Verified || pair.emulator.counters().writes == writes);
        (pair, outcome)
    }
    let (pair, outcome) = two::<M100>();
    assert_eq!((outcome, item_id(&pair, "X").as_deref()), (ProgramOutcome::Verified, Some("NEW1234")));
    assert_eq!(two::<ByUii>().1, ProgramOutcome::NotAlone);
}

#[derive(Clone, Copy, Debug)]
enum Cut {
    Before,
    After,
    Within(u16),
}

/// Cut before, after or within any write: the old number, the new one or none. Then it is laid on again and dumped, and
/// a new plan for what it then holds makes it right; if the cut was between two words, so does the old plan.
fn is_never_a_third<P: Family>(
    from: &Layout,
    to: &Layout,
    at: u64,
    cut: Cut,
    is_known: bool,
) -> Result<(), TestCaseError> {
    let mut pair = alone::<P>("blank X");
    let first = planned(&dump(&mut pair, "X").unwrap(), "OLD9876", from, Security::Unsecured);
    let id: TagId = pair.pad.seen()[0].tag;
    pair.program(id, &first, Security::Unsecured);
    pair.until(SECOND * 9, "an outcome", |pair| pair.n_open() == 0);
    pair.until(SECOND * 9, "the old number", |pair| pair.complete() == Some(1));
    let plan = planned(&dump(&mut pair, "X").unwrap(), "NEW1234", to, Security::Secured);
    let due = pair.emulator.counters().writes + at;
    pair.program(id, &plan, Security::Secured);
    while pair.n_open() > 0 && pair.emulator.counters().writes < due && pair.step() {}
    let write = plan.writes.get(usize::try_from(at).unwrap()).copied();
    let faults = &mut pair.emulator.gen2_mut("X").unwrap().faults;
    match cut {
        Cut::Before => faults.take_on_write = true,
        Cut::After => faults.take_after_write = true,
        Cut::Within(mask) => {
            let state = plan.states().nth(usize::try_from(at).unwrap());
            let old = |state: Banks, write: WordWrite| state.word(write.bank, write.word).unwrap();
            let was = state.zip(write).map(|(state, write)| old(state, write) & mask | write.value & !mask);
            faults.tear = was;
        }
    }
    pair.until(SECOND * 60, "an outcome", |pair| pair.n_open() == 0);
    let id_now = item_id(&pair, "X");
    prop_assert!(id_now.as_deref().is_none_or(|id| id == "OLD9876" || id == "NEW1234"), "{id_now:?}");
    let was_cut = !pair.tag("X").is_on_pad;
    prop_assert_eq!(programmed(&pair) == ProgramOutcome::Verified, !was_cut, "{:?}", programmed(&pair));
    pair.emulator.gen2_mut("X").unwrap().faults = Default::default();
    pair.line("put X");
    pair.until(SECOND * 9, "the tag again", |pair| pair.complete() == Some(1));
    let is_between = !matches!(cut, Cut::Within(_));
    let plan = match is_known && is_between {
        true => plan,
        false => planned(&dump(&mut pair, "X").unwrap(), "NEW1234", to, Security::Secured),
    };
    let id = pair.pad.seen()[0].tag;
    pair.program(id, &plan, Security::Secured);
    pair.until(SECOND * 9, "an outcome", |pair| pair.n_open() == 0);
    prop_assert_eq!(programmed(&pair), ProgramOutcome::Verified);
    let id_now = item_id(&pair, "X");
    prop_assert_eq!(id_now.as_deref(), Some("NEW1234"));
    Ok(())
}

fn cuts() -> impl Strategy<Value = Cut> {
    prop_oneof![Just(Cut::Before), Just(Cut::After), any::<u16>().prop_map(Cut::Within)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..crate::testing::config() })]

    /// covers: plan.words
    #[test]
    fn a_cut_never_leaves_a_third_number(
        from_iso in any::<bool>(), to_iso in any::<bool>(), at in 0_u64..24, cut in cuts(), is_known in any::<bool>(),
    ) {
        let layout = |is_iso| if is_iso { Layout::Iso28560Part4 } else { Layout::Gaoxiao };
        is_never_a_third::<M100>(&layout(from_iso), &layout(to_iso), at, cut, is_known)?;
        if !matches!(cut, Cut::Within(_)) {
            is_never_a_third::<ByUii>(&layout(from_iso), &layout(to_iso), at, cut, is_known)?;
        }
    }
}
