use super::*;
use crate::data::SetInfo;
use crate::tag::parse_hex;
use proptest::prelude::*;

fn library(hex: &str) -> LibraryTag {
    let data = decode(&parse_hex(hex).unwrap());
    let TagData::Library(tag) = data else { panic!("{hex} is {data:?}") };
    tag
}

/// covers: iso28560-2.dataset (H1, the worked example at the end of the standard)
#[test]
fn worked_example() {
    let memory =
        parse_hex("9100051C BE991A14 0201D014 0204B346 07441CB6 E2E335D6 830207AC C09EBAA0 6F6B0000")
            .unwrap();
    let locked: Vec<bool> = "ll....lll".chars().map(|c| c == 'l').collect();
    let TagData::Library(tag) = decode_locked(&memory, 4, &locked) else { panic!("not a library tag") };
    assert_eq!(tag.primary_item_id, "123456789012");
    assert_eq!(tag.owner.as_deref(), Some("US-InU-Mu"));
    assert_eq!(tag.set, Some(SetInfo { part: 3, of: 12 }));
    assert_eq!(tag.text(6), Some("QA268.L55"));
    assert_eq!(
        tag.elements.iter().map(|e| (e.oid, e.locked)).collect::<Vec<_>>(),
        [(1, true), (2, false), (4, false), (6, false), (3, true)]
    );
    assert_eq!(tag.problems, []);
    assert_eq!(needs(&memory), Some(37), "the chain may go on behind byte 36");
}

/// covers: iso28560-2.dataset (H3)
#[test]
fn identifier_alone() {
    let tag = library("9100051C BE991A14");
    assert_eq!((tag.primary_item_id.as_str(), tag.elements.len()), ("123456789012", 1));
    assert_eq!(tag.elements[0].name(), "primary item identifier");
}

/// covers: iso28560-1.set (H10, the typical Chinese item tag, both ways)
#[test]
fn typical_item() {
    let hex = "41060B1CB3D35DA0 0201E0 030A1B81E110108A1AC7307F 24020101 650110";
    let tag = library(hex);
    assert_eq!(tag.primary_item_id, "B123456");
    assert_eq!(tag.owner.as_deref(), Some("CN-110108-1-NLC"));
    assert_eq!(tag.set, Some(SetInfo { part: 1, of: 1 }));
    assert_eq!(tag.usage, Some(Usage::CIRCULATION));
    let draft = Draft {
        primary_item_id: "B123456".into(),
        owner: Some("CN-110108-1-NLC".into()),
        set: Some(SetInfo { part: 1, of: 1 }),
        usage: Some(Usage::CIRCULATION),
        ..Draft::default()
    };
    assert_eq!(encode(&draft), Ok(parse_hex(hex).unwrap()));
}

#[test]
fn patron_card() {
    let draft =
        Draft { primary_item_id: "P10001".into(), usage: Some(Usage::PATRON_CARD), ..Draft::default() };
    let TagData::Library(tag) = decode(&encode(&draft).unwrap()) else { panic!("not a library tag") };
    assert_eq!(tag.primary_item_id, "P10001");
    assert!(tag.usage.unwrap().is_patron_card());
    assert!(!Usage::CIRCULATION.is_patron_card());
}

#[test]
fn extended_identifiers_come_before_the_pad_byte() {
    // OID 17 with two pads, then OID 23
    let tag = library("71 02 4131 FF 02 02 03 E59BBE 0000 7F 08 01 58 00");
    assert_eq!(tag.text(17), Some("图"));
    assert_eq!(tag.owner.as_deref(), Some("X"));
}

#[test]
fn unknown_elements_are_kept() {
    let tag = library("71 02 4131 7F 50 01 7A");
    assert_eq!(tag.elements[1], Element { oid: 95, value: Value::Text("z".into()), locked: false });
    assert_eq!(tag.elements[1].name(), "unknown");
}

#[test]
fn a_bad_value_is_a_problem_and_not_a_loss() {
    let tag = library("71 02 4131 24 02 0203 65 02 1010");
    assert_eq!(tag.primary_item_id, "A1");
    assert_eq!((tag.set, tag.usage), (None, None));
    assert_eq!(tag.problems, [Problem::Value { oid: 4 }, Problem::Value { oid: 5 }]);
}

#[test]
fn damage_is_data() {
    for (hex, problem) in [
        ("71 02 4131 23 0A 1B81", Problem::Truncated { at: 4 }),
        ("71 02 4131 73 FF 00", Problem::Length { at: 4, length: 255 }),
        ("71 02 4131 71 02 4132", Problem::Twice { oid: 1 }),
        ("71 02 0731", Problem::Value { oid: 1 }),
        ("11 01 05", Problem::Value { oid: 1 }),
        ("65 01 10", Problem::NoPrimaryItemId),
        ("71 00", Problem::Value { oid: 1 }),
    ] {
        let data = decode(&parse_hex(hex).unwrap());
        let TagData::Damaged { problems, .. } = data else { panic!("{hex} is {data:?}") };
        assert_eq!(problems, [problem], "{hex}");
    }
    assert_eq!(decode(&[]), TagData::Blank);
}

#[test]
fn needs_grows_to_the_terminator() {
    let memory = parse_hex("41060B1CB3D35DA0 0201E0 030A1B81E110108A1AC7307F 24020101 650110 0000").unwrap();
    let mut have = 1;
    while let Some(needed) = needs(&memory[..have]) {
        assert!(needed > have);
        have = needed;
    }
    assert_eq!(have, 31);
}

#[test]
fn drafts_that_no_tag_holds_are_refused() {
    let draft = |id: &str| Draft { primary_item_id: id.into(), ..Draft::default() };
    assert_eq!(encode(&draft(" ")), Err(EncodeError::PrimaryItemId));
    assert!(matches!(
        encode(&draft(&"册".repeat(5_462))),
        Err(EncodeError::Length { oid: 1, length: 16_386 })
    ));
    let owner = Draft { owner: Some("国图".into()), ..draft("A1") };
    assert!(matches!(encode(&owner), Err(EncodeError::Owner { .. })));
    let set = Draft { set: Some(SetInfo { part: 1, of: 1000 }), ..draft("A1") };
    assert!(matches!(encode(&set), Err(EncodeError::Set { part: 1, of: 1000, most: 999 })));
}

prop_compose! {
    fn drafts()(
        primary_item_id in prop_oneof!["[0-9]{1,14}", "[A-Z0-9./=]{1,14}", "[a-zA-Z0-9-]{1,14}", "[一-龥]{1,5}"],
        owner in proptest::option::of("[A-Z]{2}-[A-Za-z0-9:/-]{1,11}"),
        set in proptest::option::of((1_u16..1000).prop_flat_map(|of| (0..=of).prop_map(move |part| SetInfo { part, of }))),
        usage in proptest::option::of(any::<u8>().prop_map(Usage)),
        shelf_location in proptest::option::of("[A-Z0-9/.]{1,12}"),
        title in proptest::option::of("[一-龥]{1,12}"),
    ) -> Draft {
        Draft { primary_item_id, owner, set, usage, shelf_location, title, ..Draft::default() }
    }
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decode_undoes_encode(draft in drafts(), tail in 0_usize..8) {
        let mut memory = encode(&draft).unwrap();
        memory.extend(vec![0; tail]);
        let TagData::Library(tag) = decode(&memory) else { panic!("not a library tag") };
        prop_assert_eq!(&tag.primary_item_id, &draft.primary_item_id);
        prop_assert_eq!(&tag.owner, &draft.owner);
        prop_assert_eq!(tag.set, draft.set);
        prop_assert_eq!(tag.usage, draft.usage);
        prop_assert_eq!(tag.text(6), draft.shelf_location.as_deref());
        prop_assert_eq!(tag.text(17), draft.title.as_deref());
        prop_assert_eq!(tag.problems, vec![]);
    }

    #[test]
    fn total_and_bounded(memory in proptest::collection::vec(any::<u8>(), 0..256)) {
        let (TagData::Library(tag) | TagData::Damaged { partial: tag, .. }) = decode(&memory) else { return Ok(()) };
        prop_assert!(tag.elements.len() <= memory.len() / 2 + 1);
        if let Some(needed) = needs(&memory) {
            prop_assert!(needed > memory.len() && needed <= memory.len() + MAX_BELIEVED + 260);
        }
    }
}
