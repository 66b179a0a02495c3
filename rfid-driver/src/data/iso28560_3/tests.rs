use super::*;
use crate::data::draft::{Draft, EncodeError};
use crate::tag::parse_hex;
use proptest::prelude::*;

const D1: &str = "11010131313232333334340000000000000000513E4445373035000000000000";
const D4: &str = "1103023131323233333434000000000000000003294445373035000000000000";

fn library(memory: &[u8]) -> (BlockOrder, LibraryTag) {
    let decoded = decode(memory);
    let Some((order, TagData::Library(tag))) = decoded else { panic!("{memory:02X?} is {decoded:?}") };
    (order, tag)
}

fn draft(set: Option<SetInfo>) -> Draft {
    Draft {
        primary_item_id: "11223344".into(),
        owner: Some("DE-705".into()),
        set,
        usage: Some(Usage::CIRCULATION),
        ..Draft::default()
    }
}

/// covers: iso28560-3.basic (vectors D1 and D4, both ways, both orders)
#[test]
fn vectors_in_both_orders() {
    assert_eq!(crc(b"RFID tag data model"), 0x1AEE);
    for (hex, set) in [(D1, SetInfo { part: 1, of: 1 }), (D4, SetInfo { part: 2, of: 3 })] {
        let mut memory = parse_hex(hex).unwrap();
        for order in [BlockOrder::Straight, BlockOrder::Reversed] {
            let (found, tag) = library(&memory);
            assert_eq!((found, tag.primary_item_id.as_str()), (order, "11223344"));
            assert_eq!(
                (tag.owner.as_deref(), tag.set, tag.usage),
                (Some("DE-705"), Some(set), Some(Usage(0x10)))
            );
            assert_eq!(encode(&draft(Some(set)), 32, order).as_ref(), Ok(&memory));
            assert!(has_basic_block(&memory));
            memory[5] ^= 1;
            assert!(!has_basic_block(&memory));
            memory[5] ^= 1;
            memory.chunks_mut(4).for_each(<[u8]>::reverse);
        }
    }
}

#[test]
fn a_bad_checksum_is_damage() {
    let mut memory = parse_hex(D1).unwrap();
    memory[4] ^= 1;
    let Some((BlockOrder::Straight, TagData::Damaged { partial, problems })) = decode(&memory) else {
        panic!()
    };
    assert_eq!(partial.primary_item_id, "10223344");
    assert!(matches!(problems[..], [Problem::Crc { stored: 0x3E51, .. }]));
}

#[test]
fn other_memories_are_not_taken_for_it() {
    assert!(!has_basic_block(&[0; 32]));
    assert!(!has_basic_block(&[0x11; 8]));
    assert_eq!(decode(&[0x11; 8]), None);
    assert_eq!(decode(&[0; 64]), None);
}

fn with_block_1(payload: &str, xor_at_end: bool) -> Vec<u8> {
    let mut memory = parse_hex(D1).unwrap();
    memory.extend([0, 0]);
    let payload = parse_hex(payload).unwrap();
    let mut frame = extension::frame(1, &payload).unwrap();
    if xor_at_end {
        let xor = frame.remove(3);
        frame.push(xor);
    }
    memory.extend(frame);
    memory.resize(64, 0);
    memory
}

/// covers: iso28560-3.extension (Wildau's payloads of block 1)
#[test]
fn library_extension() {
    for (payload, id, owner) in [
        ("01", None, None),
        ("01 616263 00 44452D313233", Some("abc"), Some("DE-123")),
        ("01 00 44452D313233", None, Some("DE-123")),
        ("01 616263 00 00", Some("abc"), None),
        ("01 00 00", None, None),
    ] {
        for xor_at_end in [false, true] {
            let (_, tag) = library(&with_block_1(payload, xor_at_end));
            assert_eq!(tag.text(22), id, "{payload} {xor_at_end}");
            assert_eq!(tag.text(23), owner, "{payload} {xor_at_end}");
            assert_eq!(tag.problems, []);
        }
    }
}

#[test]
fn a_broken_extension_is_a_problem_and_not_a_loss() {
    let mut memory = with_block_1("01 616263", false);
    memory[38] ^= 4;
    let (_, tag) = library(&memory);
    assert_eq!(
        (tag.primary_item_id.as_str(), tag.problems),
        ("11223344", vec![Problem::Extension { at: 34 }])
    );
}

/// covers: iso28560-3.long
#[test]
fn long_identifiers_and_owners_are_in_block_1() {
    let long = Draft {
        primary_item_id: "1234567890123456789".into(),
        owner: Some("OCLC-ABCDEFG".into()),
        ..Draft::default()
    };
    let memory = encode(&long, 112, BlockOrder::Straight).unwrap();
    assert_eq!(memory[3..5], [1, 0]);
    let (_, tag) = library(&memory);
    assert_eq!((tag.primary_item_id, tag.owner), (long.primary_item_id.clone(), long.owner.clone()));
    assert!(matches!(encode(&long, 32, BlockOrder::Straight), Err(EncodeError::Room { .. })));
    let mut cut = memory;
    cut[34] = 0;
    assert!(
        matches!(decode(&cut), Some((_, TagData::Damaged { problems, .. })) if problems == [Problem::NoPrimaryItemId])
    );
}

#[test]
fn a_short_chip_holds_no_long_institution() {
    let long = Draft { owner: Some("DE-1234567890".into()), ..draft(None) };
    assert!(matches!(encode(&long, 32, BlockOrder::Straight), Err(EncodeError::Room { .. })));
    let (_, tag) = library(&encode(&long, 36, BlockOrder::Reversed).unwrap());
    assert_eq!(tag.owner, long.owner);
}

#[test]
fn unstructured_blocks_are_written_again() {
    let mut memory = parse_hex(D1).unwrap();
    memory.extend([0, 0, 1]);
    memory.extend(extension::frame(100, b"local").unwrap());
    let wide = [9, 0x34, 0xFF, 0x12, 0x02, 0, 7, 8, 9_u8];
    let xor = wide.iter().fold(0, |xor, byte| xor ^ byte);
    memory.extend(wide);
    memory[32 + 2 + 1 + 9 + 5] = xor;
    memory.resize(64, 0);
    let (order, tag) = library(&memory);
    assert_eq!(tag.problems, []);
    let again = encode(&Draft::from(&tag), 64, order).unwrap();
    let (_, same) = library(&again);
    assert_eq!(same.elements, tag.elements);
    assert_eq!(tag.elements.iter().filter(|element| element.oid == 0).count(), 2);
}

prop_compose! {
    fn drafts()(
        id in "[A-Za-z0-9.-]{1,24}",
        owner in proptest::option::of(prop_oneof!["[A-Z]{2}-[A-Za-z0-9/-]{1,11}", "(O|ZDB|OCLC)-[A-Z0-9]{1,9}"]),
        set in (1_u16..256).prop_flat_map(|of| (0..=of).prop_map(move |part| SetInfo { part, of })),
        usage in 0_u8..10,
        shelf in proptest::option::of("[A-Z0-9/.]{1,12}"),
        title in proptest::option::of("[一-龥]{1,12}"),
        media in proptest::option::of(0_u8..7),
        supplier in proptest::option::of("[a-z]{1,8}"),
        borrower in proptest::option::of("[A-Z]{2}-[0-9]{1,8}"),
    ) -> Draft {
        let texts = [(9, supplier), (11, borrower)];
        let mut others: Vec<_> =
            texts.into_iter().filter_map(|(oid, text)| Some(element(oid, Value::Text(text?)))).collect();
        others.extend(media.map(|media| element(19, Value::Bytes(vec![media]))));
        Draft {
            primary_item_id: id, owner, set: Some(set), usage: Some(Usage(usage << 4)), shelf_location: shelf, title, others,
            ..Draft::default()
        }
    }
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decode_undoes_encode(draft in drafts(), reversed in any::<bool>(), capacity in 8_usize..50) {
        let order = if reversed { BlockOrder::Reversed } else { BlockOrder::Straight };
        let Ok(memory) = encode(&draft, capacity * 4, order) else { return Ok(()) };
        let Some((found, TagData::Library(tag))) = decode(&memory) else {
            panic!("{draft:?} {memory:02X?} is {:?}", decode(&memory))
        };
        prop_assert_eq!(found, order);
        prop_assert_eq!(&tag.problems, &vec![]);
        let mut again = Draft::from(&tag);
        again.others.sort_by_key(|element| element.oid);
        if again.primary_item_id.len() > 16 || again.owner.as_ref().is_some_and(|owner| owner.len() > 13) {
            again.others.retain(|element| element.oid != 19 || draft.others.contains(element));
        }
        let mut draft = draft;
        draft.others.sort_by_key(|element| element.oid);
        again.others.retain(|element| element.oid != 19 || draft.others.contains(element));
        prop_assert_eq!(again, draft);
    }

    #[test]
    fn total(head in any::<bool>(), mut memory in proptest::collection::vec(any::<u8>(), 0..200)) {
        if head && memory.len() > 34 {
            let mut basic = parse_hex(D1).unwrap();
            basic.extend([0, 0]);
            memory[..34].copy_from_slice(&basic);
        }
        let _ = decode(&memory);
        if let Some(needed) = needs(&memory) {
            prop_assert!(needed > memory.len());
        }
    }
}
