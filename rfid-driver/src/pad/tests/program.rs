//! Reading a tag in full and writing it anew.

use proptest::prelude::*;

use super::pair::{Family, Pair};
use super::{SECOND, stack};
use crate::data::{Draft, Hints, Layout, SetInfo, TagData, Usage, WritePlan, decode, plan};
use crate::emulator::EmulatedTag;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::{Dump, Place, ProgramOutcome, ReaderEvent};
use crate::tag::{Dsfid, Security};

fn draft(item: &str) -> Draft {
    Draft {
        primary_item_id: item.to_owned(),
        owner: Some("CN-110108-1-NLC".to_owned()),
        set: Some(SetInfo { part: 1, of: 2 }),
        usage: Some(Usage::CIRCULATION),
        title: Some("a title that fills some blocks".to_owned()),
        ..Draft::default()
    }
}

fn planned(dump: &Dump, item: &str, layout: &Layout) -> WritePlan {
    let hints = Hints { dsfid: dump.dsfid, afi: dump.afi, locked: &dump.locked, ..Hints::none() };
    let alone = Draft { primary_item_id: item.to_owned(), ..Draft::default() };
    let draft = if *layout == Layout::Rfid501 { alone } else { draft(item) };
    plan(&draft, layout, &dump.memory, &hints).unwrap()
}

fn dump<P: Family>(pair: &mut Pair<P>, name: &str) -> Option<Dump> {
    pair.dump(name);
    pair.until(SECOND * 5, "a dump", |pair| pair.n_open() == 0);
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

fn item_id(tag: &EmulatedTag) -> Option<String> {
    let hints = Hints { dsfid: Some(tag.dsfid), afi: Some(tag.afi), ..Hints::none() };
    decode(&tag.memory, &hints).item_id().map(str::to_owned)
}

fn arrived<P: Family>(pair: &Pair<P>) -> Option<String> {
    let last = pair
        .events
        .iter()
        .rev()
        .find_map(|event| if let ReaderEvent::Arrived(arrival) = event { Some(arrival) } else { None })?;
    if let TagData::Library(tag) = &last.data { Some(tag.primary_item_id.clone()) } else { None }
}

fn is_written<P: Family>() {
    for miss in [0, 20] {
        let (mut pair, _) = stack::<P>(P::fast(), 3);
        pair.line(&format!("miss {miss}"));
        pair.emulator.tag_mut("I1").unwrap().locked_blocks.insert(27);
        let before = dump(&mut pair, "I1").unwrap();
        assert_eq!((before.memory.len(), before.dsfid, before.block_size), (112, Some(Dsfid(6)), 4));
        assert_eq!(before.locked.iter().filter(|locked| **locked).count(), 1);
        assert!(before.locked[27]);
        let plan = planned(&before, "NEW1234", &Layout::Iso28560Part2);
        pair.program("I1", &before.memory, &plan, Security::Unsecured);
        pair.until(SECOND * 20, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!(programmed(&pair), ProgramOutcome::Verified, "{miss} %");
        let tag = pair.emulator.tag("I1").unwrap().clone();
        assert_eq!((&tag.memory, tag.afi.0, tag.eas), (&plan.memory, 0xC2, false));
        pair.line("miss 0");
        pair.until(SECOND * 5, "the item anew", |pair| pair.complete() == Some(3));
        assert_eq!(arrived(&pair).as_deref(), Some("NEW1234"));
        // Once more: nothing is left to write but what AFI and EAS ask for.
        let writes = pair.emulator.counters().writes;
        pair.program("I1", &before.memory, &plan, Security::Unsecured);
        pair.until(SECOND * 5, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!(
            (programmed(&pair), pair.emulator.counters().writes - writes),
            (ProgramOutcome::Verified, 2)
        );
    }
}

#[test]
fn a_tag_is_written_and_arrives_anew() {
    is_written::<Obid>();
    is_written::<M810>();
}

fn is_told<P: Family>() {
    type Fault = fn(&mut EmulatedTag);
    let block = |n| Place::Block(n);
    let cases: [(Fault, ProgramOutcome); 7] = [
        (|tag| tag.take(), ProgramOutcome::Gone),
        (|tag| tag.memory[5] ^= 0x40, ProgramOutcome::Stale),
        (|tag| tag.faults.fail_write = 3, ProgramOutcome::Verified),
        (|tag| tag.faults.fail_write = 99, ProgramOutcome::Refused { at: block(0), is_locked: false }),
        (|tag| tag.locked_blocks.extend([2]), ProgramOutcome::Refused { at: block(2), is_locked: true }),
        (|tag| tag.is_afi_locked = true, ProgramOutcome::Refused { at: Place::Security, is_locked: false }),
        (|tag| tag.faults.take_on_write = Some(1), ProgramOutcome::Uncertain { at: block(1) }),
    ];
    for (fault, outcome) in cases {
        let (mut pair, _) = stack::<P>(P::fast(), 2);
        let before = dump(&mut pair, "I1").unwrap();
        let plan = planned(&before, "NEW1234", &Layout::Iso28560Part2);
        fault(pair.emulator.tag_mut("I1").unwrap());
        let writes = pair.emulator.counters().writes;
        pair.program("I1", &before.memory, &plan, Security::Unsecured);
        pair.until(SECOND * 5, "an outcome", |pair| pair.n_open() == 0);
        assert_eq!(programmed(&pair), outcome);
        let is_untouched = matches!(outcome, ProgramOutcome::Gone | ProgramOutcome::Stale);
        assert!(!is_untouched || pair.emulator.counters().writes == writes, "{outcome:?}");
        let n = if pair.emulator.tag("I1").unwrap().is_on_pad { 2 } else { 1 };
        pair.until(SECOND * 5, "the stack", |pair| pair.complete() == Some(n));
    }
}

#[test]
fn what_fails_is_named() {
    is_told::<Obid>();
    is_told::<M810>();
}

/// A DSFID that cannot be written is named too, and a tag that nobody knows is gone at once.
#[test]
fn what_is_not_there_is_gone_and_a_locked_dsfid_is_named() {
    let (mut pair, _) = stack::<Obid>(Obid::fast(), 1);
    pair.line("blank X");
    assert_eq!(dump(&mut pair, "X"), None);
    pair.line("put X");
    pair.until(SECOND, "the blank tag", |pair| pair.complete() == Some(2));
    let before = dump(&mut pair, "X").unwrap();
    let plan = planned(&before, "NEW1234", &Layout::Iso28560Part2);
    pair.emulator.tag_mut("X").unwrap().is_dsfid_locked = true;
    pair.program("X", &before.memory, &plan, Security::Secured);
    pair.until(SECOND * 2, "an outcome", |pair| pair.n_open() == 0);
    assert_eq!(programmed(&pair), ProgramOutcome::Refused { at: Place::Dsfid, is_locked: true });
    pair.line("unplug");
    pair.program("X", &before.memory, &plan, Security::Secured);
    assert_eq!((pair.n_open(), programmed(&pair)), (0, ProgramOutcome::Gone));
}

/// Cut before or after any write: the old number, the new one or none. Then it is laid on again, and the same plan goes
/// on from where it was cut.
fn is_never_a_third<P: Family>(
    from: &Layout,
    to: &Layout,
    cut: u32,
    is_after: bool,
    miss: u8,
) -> Result<(), TestCaseError> {
    let (mut pair, _) = stack::<P>(P::fast(), 1);
    pair.line("blank X");
    pair.line("put X");
    pair.until(SECOND, "the blank tag", |pair| pair.complete() == Some(2));
    let blank = dump(&mut pair, "X").unwrap();
    let first = planned(&blank, "OLD9876", from);
    pair.program("X", &blank.memory, &first, Security::Secured);
    pair.until(SECOND * 2, "the old number", |pair| pair.complete() == Some(2));
    let before = dump(&mut pair, "X").unwrap();
    let plan = planned(&before, "NEW1234", to);
    pair.line(&format!("miss {miss}"));
    let tag = pair.emulator.tag_mut("X").unwrap();
    let slot = if is_after { &mut tag.faults.take_after_write } else { &mut tag.faults.take_on_write };
    *slot = Some(cut);
    pair.program("X", &before.memory, &plan, Security::Secured);
    pair.until(SECOND * 60, "an outcome", |pair| pair.n_open() == 0);
    let tag = pair.emulator.tag_mut("X").unwrap();
    let id = item_id(tag);
    prop_assert!(id.as_deref().is_none_or(|id| id == "OLD9876" || id == "NEW1234"), "{id:?}");
    let was_cut = !tag.is_on_pad;
    let is_verified = programmed(&pair) == ProgramOutcome::Verified;
    prop_assert_eq!(is_verified, !was_cut, "{:?}", programmed(&pair));
    let tag = pair.emulator.tag_mut("X").unwrap();
    (tag.faults.take_on_write, tag.faults.take_after_write) = (None, None);
    pair.line("miss 0");
    pair.line("put X");
    pair.until(SECOND * 5, "the tag again", |pair| pair.complete() == Some(2));
    pair.program("X", &before.memory, &plan, Security::Secured);
    pair.until(SECOND * 5, "an outcome", |pair| pair.n_open() == 0);
    prop_assert_eq!(programmed(&pair), ProgramOutcome::Verified);
    let id = item_id(pair.emulator.tag("X").unwrap());
    prop_assert_eq!(id.as_deref(), Some("NEW1234"));
    Ok(())
}

fn layouts() -> impl Strategy<Value = Layout> {
    use crate::data::iso28560_3::BlockOrder;
    prop_oneof![
        Just(Layout::Iso28560Part2),
        Just(Layout::Iso28560Part3(BlockOrder::Straight)),
        Just(Layout::Rfid501),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..crate::testing::config() })]

    #[test]
    fn a_cut_never_leaves_a_third_number(
        from in layouts(), to in layouts(), cut in 0_u32..25, is_after in any::<bool>(), misses in any::<bool>(),
    ) {
        let miss = if misses { 20 } else { 0 };
        is_never_a_third::<Obid>(&from, &to, cut, is_after, miss)?;
        is_never_a_third::<M810>(&from, &to, cut, is_after, miss)?;
    }
}
