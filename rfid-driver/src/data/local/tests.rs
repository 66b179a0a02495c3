use super::*;
use crate::tag::parse_hex;
use proptest::prelude::*;

fn id(layout: &LocalLayout, hex: &str) -> Option<String> {
    match layout.decode(&parse_hex(hex).unwrap(), 4)? {
        TagData::Library(tag) => Some(tag.primary_item_id),
        TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
    }
}

fn field_layout(offset: usize, length: FieldLength, packing: Packing) -> LocalLayout {
    LocalLayout {
        name: "local".into(),
        form: LocalForm::Field { offset, length, packing },
        marks: Vec::new(),
    }
}

/// covers: local-layout.self (the layout of openlib's vendor)
#[test]
fn self_describing() {
    let layout = LocalLayout::self_describing("interlib");
    for (hex, text) in [
        ("1005 1CBE991A14 000000", "123456789012"),
        ("2004 0123456F 0000", "0123456"),
        ("4008 4C30303132333435 0000", "L0012345"),
    ] {
        assert_eq!(id(&layout, hex).as_deref(), Some(text));
        let memory = layout.encode(text, &vec![0; parse_hex(hex).unwrap().len()]).unwrap();
        assert_eq!(memory, parse_hex(hex).unwrap(), "{text}");
    }
    for hex in
        ["3004 0123456F", "20FF 0123456F", "2004 01A3456F", "4004 0102030405", "1000 00000000", "00000000 00"]
    {
        assert_eq!(id(&layout, hex), None, "{hex}");
    }
    let six = LocalLayout { form: LocalForm::SelfDescribing { letters: Packing::SixBit }, ..layout };
    assert_eq!(id(&six, "4006 0B1CB3D35DA0").as_deref(), Some("B123456"));
}

/// covers: local-layout
#[test]
fn fields() {
    let number = field_layout(4, FieldLength::Fixed(6), Packing::Number { digits: 14 });
    assert_eq!(id(&number, "FFFF0000 001CBE99 1A140000").as_deref(), Some("00123456789012"));
    assert_eq!(id(&number, "00000000 FFFFFFFF 1A140000"), None, "half written");
    let bcd = field_layout(1, FieldLength::Prefixed(8), Packing::Bcd);
    assert_eq!(id(&bcd, "00 04 0012345F 0000").as_deref(), Some("0012345"));
    assert_eq!(id(&bcd, "00 04 F0012345 0000").as_deref(), Some("0012345"));
    assert_eq!(id(&bcd, "00 09 0012345F 0000000000000000"), None, "longer than configured");
    let ascii = field_layout(0, FieldLength::Fixed(8), Packing::Ascii);
    assert_eq!(id(&ascii, "4131322020202020").as_deref(), Some("A12"));
    assert_eq!(id(&ascii, "4131320000004100"), None);
}

#[test]
fn marks_tell_the_layout() {
    let marks = vec![Mark { at: 11, mask: 0xF0, value: 0xA0 }];
    let layout =
        LocalLayout { marks, ..field_layout(0, FieldLength::Fixed(4), Packing::Number { digits: 0 }) };
    assert_eq!(id(&layout, "00000102 00000000 000000A7").as_deref(), Some("258"));
    assert_eq!(id(&layout, "00000102 00000000 00000007"), None);
    assert_eq!(layout.encode("258", &[0; 12]), Ok(parse_hex("00000102 00000000 000000A0").unwrap()));
}

prop_compose! {
    fn layouts()(
        offset in 0_usize..14,
        fixed in any::<bool>(),
        length in 1_usize..14,
        packing in prop_oneof![
            (0_usize..14).prop_map(|digits| Packing::Number { digits }),
            Just(Packing::Bcd), Just(Packing::Ascii), Just(Packing::SixBit),
        ],
        own in any::<bool>(),
        marks in proptest::option::of((28_usize..32, any::<u8>(), any::<u8>())),
    ) -> LocalLayout {
        let length = if fixed { FieldLength::Fixed(length) } else { FieldLength::Prefixed(length) };
        let form = if own {
            LocalForm::SelfDescribing { letters: Packing::Ascii }
        } else {
            LocalForm::Field { offset, length, packing }
        };
        let marks = marks.map(|(at, mask, value)| Mark { at, mask, value: value & mask }).into_iter().collect();
        LocalLayout { name: "local".into(), form, marks }
    }
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decode_undoes_encode(
        layout in layouts(),
        memory in proptest::collection::vec(any::<u8>(), 32),
        id in prop_oneof!["[0-9]{1,14}", "[A-Z0-9]{1,10}"],
    ) {
        if let Ok(image) = layout.encode(&id, &memory) {
            let read = match layout.decode(&image, 4) {
                Some(TagData::Library(tag)) => Some(tag.primary_item_id),
                Some(TagData::Damaged { problems, .. }) if problems == [Problem::HalfWritten] => return Ok(()),
                Some(TagData::Blank | TagData::Foreign | TagData::Damaged { .. }) | None => None,
            };
            prop_assert_eq!(read, Some(id));
        }
    }

    #[test]
    fn total(layout in layouts(), memory in proptest::collection::vec(any::<u8>(), 0..64), block_size in 0_usize..9) {
        let _ = layout.decode(&memory, block_size);
    }
}
