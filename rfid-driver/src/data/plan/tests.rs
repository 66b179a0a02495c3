use super::*;
use crate::data::iso28560_3::BlockOrder;
use crate::data::local::{FieldLength, LocalForm, LocalLayout, Mark, Packing};
use crate::data::{Element, SetInfo, Usage, Value};
use proptest::prelude::*;

/// Layouts of one's own that can tell their tags.
fn local() -> Vec<LocalLayout> {
    let field = |name: &str, offset, length, packing, at| LocalLayout {
        name: name.into(),
        form: LocalForm::Field { offset, length, packing },
        marks: vec![Mark { at, mask: 0xFF, value: 0x5A }],
    };
    vec![
        LocalLayout::self_describing("interlib"),
        field("number", 8, FieldLength::Fixed(8), Packing::Number { digits: 0 }, 4),
        field("bcd", 6, FieldLength::Prefixed(9), Packing::Bcd, 1),
        field("ascii", 4, FieldLength::Fixed(12), Packing::Ascii, 31),
    ]
}

fn layouts() -> impl Strategy<Value = Layout> {
    prop_oneof![
        Just(Layout::Iso28560Part2),
        Just(Layout::Iso28560Part3(BlockOrder::Straight)),
        Just(Layout::Iso28560Part3(BlockOrder::Reversed)),
        Just(Layout::Rfid501),
        Just(Layout::Local("interlib".into())),
        Just(Layout::Local("number".into())),
        Just(Layout::Local("bcd".into())),
        Just(Layout::Local("ascii".into())),
    ]
}

prop_compose! {
    fn drafts()(
        primary_item_id in prop_oneof!["[1-9][0-9]{1,13}", "[A-Z][A-Z0-9]{3,11}", "1234567890123[0-9]{1,6}"],
        owner in proptest::option::of("[A-Z]{2}-[A-Z0-9]{1,9}"),
        set in proptest::option::of(Just(SetInfo { part: 1, of: 2 })),
        usage in proptest::option::of(Just(Usage::CIRCULATION)),
        shelf_location in proptest::option::of("[A-Z0-9/.]{1,12}"),
        title in proptest::option::of("[a-z]{1,12}"),
        local_data in proptest::option::of("[0-9]{1,9}"),
    ) -> Draft {
        let others = local_data.map(|text| Element { oid: 15, value: Value::Text(text), locked: false });
        Draft { primary_item_id, owner, set, usage, shelf_location, title, others: others.into_iter().collect(), ..Draft::default() }
    }
}

/// As much of a draft as a layout has room for.
fn fitting(draft: &Draft, layout: &Layout) -> Draft {
    let alone = Draft { primary_item_id: draft.primary_item_id.clone(), ..Draft::default() };
    match layout {
        Layout::Iso28560Part2 => draft.clone(),
        Layout::Iso28560Part3(_) => Draft { others: Vec::new(), ..draft.clone() },
        Layout::Rfid501 => Draft { set: draft.set, others: draft.others.clone(), ..alone },
        Layout::Local(_) | Layout::Iso28560Part4 | Layout::Gaoxiao => alone,
    }
}

fn n_states(plan: &WritePlan) -> usize {
    plan.steps.len()
}

/// covers: plan
#[test]
fn the_block_of_the_precursor_is_erased_first_and_written_last() {
    let hints = Hints { dsfid: Some(Dsfid(0)), ..Hints::none() };
    let draft =
        |id: &str| Draft { primary_item_id: id.into(), usage: Some(Usage::CIRCULATION), ..Draft::default() };
    let first = plan(&draft("ABCDEF123456"), &Layout::Iso28560Part2, &[0; 32], &hints).unwrap();
    assert_eq!(first.steps.first(), Some(&Step::Dsfid(Dsfid::ISO_28560_2)));
    assert!(matches!(first.steps.last(), Some(Step::Block { block: 0, .. })));
    let hints = Hints { dsfid: first.dsfid, ..hints };
    let next = plan(&draft("ABCDEF654321"), &Layout::Iso28560Part2, &first.memory, &hints).unwrap();
    assert_eq!(next.steps.first(), Some(&Step::Block { block: 0, bytes: vec![0; 4] }));
    assert!(matches!(next.steps.last(), Some(Step::Block { block: 0, .. })));
    let none = plan(&draft("ABCDEF654321"), &Layout::Iso28560Part2, &next.memory, &hints).unwrap();
    assert_eq!(n_states(&none), 0, "nothing to do");
}

#[test]
fn one_block_is_written_at_once() {
    let hints = Hints { dsfid: Some(Dsfid::ISO_28560_2), ..Hints::none() };
    let draft = |id: &str| Draft { primary_item_id: id.into(), ..Draft::default() };
    let first = plan(&draft("ABCDEF12"), &Layout::Iso28560Part2, &[0; 32], &hints).unwrap();
    let next = plan(&draft("ABCDEF13"), &Layout::Iso28560Part2, &first.memory, &hints).unwrap();
    assert_eq!(n_states(&next), 1);
}

#[test]
fn a_layout_that_sees_a_number_in_anything_has_no_safe_order() {
    let mut local = local();
    local.iter_mut().for_each(|layout| layout.marks.clear());
    let hints = Hints { local: &local, ..Hints::none() };
    let draft = Draft { primary_item_id: "ABCDEFGHIJKLMNO".into(), ..Draft::default() };
    assert_eq!(plan(&draft, &Layout::Iso28560Part2, &[0; 32], &hints), Err(EncodeError::NoSafeOrder));
    let known = Hints { dsfid: Some(Dsfid(0)), ..hints };
    assert_eq!(plan(&draft, &Layout::Iso28560Part2, &[0; 32], &known), Err(EncodeError::NoSafeOrder));
}

/// covers: plan (every prefix of every plan, from any layout to any other)
fn check_prefixes(
    old: (&Draft, &Layout),
    new: (&Draft, &Layout),
    locked: &[bool],
    n_blocks: usize,
    dsfid: Option<Dsfid>,
) -> Result<bool, TestCaseError> {
    let local = local();
    let hints = Hints { dsfid, local: &local, ..Hints::none() };
    let blank = vec![0; n_blocks * 4];
    let (old_draft, new_draft) = (fitting(old.0, old.1), fitting(new.0, new.1));
    let Ok(before) = plan(&old_draft, old.1, &blank, &hints) else { return Ok(false) };
    let hints = Hints { dsfid: before.dsfid, locked, ..hints };
    let Ok(plan) = plan(&new_draft, new.1, &before.memory, &hints) else { return Ok(false) };
    for (at, (memory, dsfid)) in states(&plan.steps, &before.memory, before.dsfid, 4).enumerate() {
        for dsfid in [dsfid, None] {
            let decoded = decode(&memory, &Hints { dsfid, ..hints });
            let is_right = decoded
                .item_id()
                .is_none_or(|id| id == old_draft.primary_item_id || id == new_draft.primary_item_id);
            prop_assert!(is_right, "after {at} of {:02X?}: {decoded:?}", plan.steps);
        }
        for (block, _) in locked.iter().enumerate().filter(|(_, locked)| **locked) {
            prop_assert_eq!(block_of(&memory, block, 4), block_of(&before.memory, block, 4));
        }
    }
    let decoded = decode(&plan.memory, &Hints { dsfid: plan.dsfid, ..hints });
    prop_assert_eq!(decoded.item_id(), Some(new_draft.primary_item_id.as_str()));
    check_restored(&before, &plan, &hints, [&old_draft, &new_draft])?;
    Ok(true)
}

/// covers: plan (the way back)
fn check_restored(
    before: &WritePlan,
    plan: &WritePlan,
    hints: &Hints<'_>,
    drafts: [&Draft; 2],
) -> Result<(), TestCaseError> {
    let hints = Hints { dsfid: plan.dsfid, ..*hints };
    // With layouts of one's own there may be no safe order back.
    let Ok(back) = restore(&before.memory, before.dsfid, &plan.memory, &hints) else { return Ok(()) };
    for (memory, dsfid) in states(&back.steps, &plan.memory, plan.dsfid, 4) {
        let decoded = decode(&memory, &Hints { dsfid, ..hints });
        let is_known = |id| drafts.iter().any(|draft| draft.primary_item_id == id);
        prop_assert!(decoded.item_id().is_none_or(is_known), "{:02X?}: {decoded:?}", back.steps);
    }
    let end = states(&back.steps, &plan.memory, plan.dsfid, 4).last();
    prop_assert_eq!(end, Some((before.memory.clone(), before.dsfid)));
    Ok(())
}

#[test]
fn a_tag_becomes_blank_again_and_another_size_is_refused() {
    let hints = Hints { dsfid: Some(Dsfid(0)), ..Hints::none() };
    let draft = Draft { primary_item_id: "ABCDEF12".into(), ..Draft::default() };
    let made = plan(&draft, &Layout::Iso28560Part2, &[0; 32], &hints).unwrap();
    let hints = Hints { dsfid: made.dsfid, ..hints };
    let back = restore(&[0; 32], Some(Dsfid(0)), &made.memory, &hints).unwrap();
    assert_eq!(states(&back.steps, &made.memory, made.dsfid, 4).last(), Some((vec![0; 32], Some(Dsfid(0)))));
    assert_eq!(
        restore(&[0; 28], None, &made.memory, &hints),
        Err(EncodeError::Room { needed: 28, room: 32 })
    );
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn every_prefix_of_every_plan_is_old_new_or_none(
        old in (drafts(), layouts()), new in (drafts(), layouts()), n_blocks in 8_usize..29, knows_dsfid in any::<bool>(),
    ) {
        let dsfid = knows_dsfid.then_some(Dsfid(0));
        check_prefixes((&old.0, &old.1), (&new.0, &new.1), &[], n_blocks, dsfid)?;
    }

    #[test]
    fn the_same_layout_again(old in drafts(), new in drafts(), layout in layouts(), n_blocks in 8_usize..29) {
        check_prefixes((&old, &layout), (&new, &layout), &[], n_blocks, Some(Dsfid(0)))?;
    }

    #[test]
    fn with_locked_blocks(
        old in drafts(), new in drafts(), keep in any::<bool>(), locked in proptest::collection::vec(any::<bool>(), 0..6),
    ) {
        let new = if keep { Draft { primary_item_id: old.primary_item_id.clone(), ..new } } else { new };
        let layout = Layout::Iso28560Part2;
        check_prefixes((&old, &layout), (&new, &layout), &locked, 28, Some(Dsfid(0)))?;
    }
}

/// The property above is worth something only if most pairs have a plan.
#[test]
fn most_pairs_have_a_plan() {
    let draft = |id: &str| Draft { primary_item_id: id.into(), ..Draft::default() };
    let names =
        ["iso28560-2", "iso28560-3", "iso28560-3-reversed", "rfid501", "interlib", "number", "bcd", "ascii"];
    let mut without = Vec::new();
    for old in names {
        for new in names {
            let layouts = [old, new].map(|name| name.parse::<Layout>().unwrap());
            let (from, to) = (draft("12345678901"), draft("98765432109"));
            let pair = ((&from, &layouts[0]), (&to, &layouts[1]));
            if !check_prefixes(pair.0, pair.1, &[], 28, Some(Dsfid(0))).unwrap() {
                without.push((old, new));
            }
        }
    }
    assert_eq!(without, []);
}
