use super::*;
use crate::data::{Charset, SetInfo};
use crate::tag::parse_hex;
use proptest::prelude::*;

const H1: &str = "9100051C BE991A14 0201D014 0204B346 07441CB6 E2E335D6 830207AC C09EBAA0 6F6B0000";

fn tag(memory: &[u8]) -> LibraryTag {
    let TagData::Library(tag) = decode(memory) else { panic!("{memory:02X?} is {:?}", decode(memory)) };
    tag
}

fn locks(map: &str) -> Vec<bool> {
    map.chars().map(|block| block == 'l').collect()
}

fn worked_example() -> Draft {
    Draft {
        primary_item_id: "123456789012".into(),
        owner: Some("US-InU-Mu".into()),
        set: Some(SetInfo { part: 3, of: 12 }),
        shelf_location: Some("QA268.L55".into()),
        ..Draft::default()
    }
}

/// covers: iso28560-2.dataset (H1 and H3, written)
#[test]
fn the_worked_example_is_written_to_the_bit() {
    let lock = [1, 3];
    assert_eq!(encode_aligned(&worked_example(), 4, &lock), Ok(parse_hex(H1).unwrap()));
    let alone = Draft { primary_item_id: "123456789012".into(), ..Draft::default() };
    assert_eq!(encode_aligned(&alone, 4, &lock), Ok(parse_hex("9100051C BE991A14").unwrap()));
}

/// covers: iso28560-4.user (U2, from the standard, page 52; its owner is in 7 bits)
#[test]
fn user_memory_of_the_standard_decodes() {
    let memory = parse_hex("0201D0 14 0204B3 46 07441CB6E2E335D6 53 08AB4D6C9DD556CDEB 00").unwrap();
    let TagData::Damaged { partial, problems } = decode(&memory) else { panic!("it has no identifier") };
    assert_eq!(problems, [Problem::NoPrimaryItemId]);
    assert_eq!(partial.owner.as_deref(), Some("US-InU-Mu"));
    assert_eq!(partial.set, Some(SetInfo { part: 3, of: 12 }));
    assert_eq!(partial.text(6), Some("QA268.L55"));
}

/// covers: iso28560-2.long
#[test]
fn a_long_value_takes_two_length_bytes() {
    for length in [127, 128, 255, 256, 1_000, 16_383] {
        let title = "x".repeat(length);
        let draft = Draft { primary_item_id: "1".into(), title: Some(title.clone()), ..Draft::default() };
        let mut memory = encode(&draft).unwrap();
        memory.push(0);
        assert_eq!(tag(&memory).text(17), Some(title.as_str()));
        // Whoever has read the beginning goes on to the end, unless it is further than any tag reaches.
        let mut read = 9;
        while let Some(needed) = needs(&memory[..read]) {
            assert!(needed > read && needed <= memory.len(), "{needed} of {}", memory.len());
            read = needed;
        }
        assert_eq!(read == memory.len(), length <= 1_000, "{length}: {read}");
    }
}

/// Code 7 by default; code 6 where it is asked for and the text fits.
#[test]
fn text_of_8859_1_is_written_as_asked() {
    let mut draft = Draft {
        primary_item_id: "Ä1".into(),
        title: Some("Über".into()),
        shelf_location: Some("册".into()),
        ..Draft::default()
    };
    let codes = |draft: &Draft| {
        let memory = encode(draft).unwrap();
        assert_eq!(Draft { charset: draft.charset, ..Draft::from(&tag(&memory)) }, *draft);
        chain(&memory).map(|found| (found.oid, found.scheme.code(), found.bytes.len())).collect::<Vec<_>>()
    };
    assert_eq!(codes(&draft), [(1, 7, 3), (2, 0, 2), (6, 7, 3), (17, 7, 5)]);
    draft.charset = Charset::Latin1;
    assert_eq!(codes(&draft), [(1, 6, 2), (2, 0, 2), (6, 7, 3), (17, 6, 4)]);
}

/// covers: iso28560-2.locked
#[test]
fn locked_elements_stay_and_the_rest_is_laid_out_around_them() {
    let mut memory = parse_hex(H1).unwrap();
    memory.resize(112, 0);
    let locked = locks("ll....lll");
    let long = Draft { shelf_location: Some("X1".repeat(40)), ..worked_example() };
    let image = rewrite(&long, &memory, 4, &locked).unwrap();
    assert_eq!((&image[..8], &image[24..36]), (&memory[..8], &memory[24..36]));
    assert_eq!(tag(&image).text(6), long.shelf_location.as_deref());
    let draft = Draft { shelf_location: Some("X1".into()), ..worked_example() };
    // The content parameter is in an unlocked block, so it may grow.
    let draft = Draft { usage: Some(Usage::CIRCULATION), ..draft };
    let image = rewrite(&draft, &memory, 4, &locked).unwrap();
    assert_eq!((&image[..8], &image[24..36]), (&memory[..8], &memory[24..36]));
    let tag = tag(&image);
    assert_eq!((tag.text(6), tag.usage, tag.set), (Some("X1"), Some(Usage::CIRCULATION), draft.set));
    assert_eq!(tag.owner.as_deref(), Some("US-InU-Mu"));
}

#[test]
fn a_locked_identifier_does_not_change() {
    let memory = parse_hex(H1).unwrap();
    let draft = Draft { primary_item_id: "123456789013".into(), ..worked_example() };
    assert_eq!(rewrite(&draft, &memory, 4, &locks("ll")), Err(EncodeError::Locked { block: 0 }));
    assert_eq!(rewrite(&worked_example(), &memory, 4, &locks("ll....lll")), Ok(memory));
}

#[test]
fn a_memory_that_is_too_small_is_told() {
    assert_eq!(rewrite(&worked_example(), &[0; 28], 4, &[]), Err(EncodeError::Room { needed: 32, room: 28 }));
}

#[test]
fn unknown_elements_keep_their_coding() {
    // OID 95 in code 0, which only its owner understands
    let memory = parse_hex("71 02 4131 0F 50 02 BEEF 00000000").unwrap();
    let old = tag(&memory);
    let draft = Draft { primary_item_id: "A22".into(), ..Draft::from(&old) };
    let image = rewrite(&draft, &memory, 4, &[]);
    assert!(
        matches!(image, Err(EncodeError::Room { .. })),
        "the content parameter for OID 95 takes 12 bytes"
    );
    let mut memory = memory;
    memory.resize(40, 0);
    let image = rewrite(&draft, &memory, 4, &[]).unwrap();
    assert_eq!(tag(&image).primary_item_id, "A22");
    assert!(image.windows(5).any(|window| window == [0x0F, 0x50, 0x02, 0xBE, 0xEF]));
}

#[test]
fn lengths_above_127_take_two_bytes_where_the_memory_holds_them() {
    let mut memory = parse_hex("71 02 4131 6F 00 8148").unwrap();
    memory.extend(vec![b'x'; 200]);
    let tag = tag(&memory);
    assert_eq!(tag.text(15).map(str::len), Some(200));
    memory.pop();
    assert!(matches!(decode(&memory), TagData::Damaged { .. }));
}

proptest! {
    #![proptest_config(crate::testing::config())]

    /// What is locked stays, what is not is as drafted, whatever blocks are locked.
    #[test]
    fn rewriting_around_locks(
        lock in proptest::collection::vec(any::<bool>(), 12),
        id in "[A-Z0-9]{1,9}",
        shelf in "[A-Z0-9]{1,12}",
        usage in any::<u8>(),
    ) {
        let mut memory = parse_hex(H1).unwrap();
        memory.resize(112, 0);
        let draft = Draft {
            primary_item_id: id,
            shelf_location: Some(shelf),
            usage: Some(Usage(usage)),
            ..worked_example()
        };
        if let Ok(image) = rewrite(&draft, &memory, 4, &lock) {
            let tag = tag(&image);
            prop_assert_eq!(&tag.primary_item_id, &draft.primary_item_id);
            prop_assert_eq!(tag.text(6), draft.shelf_location.as_deref());
            prop_assert_eq!(tag.usage, draft.usage);
            prop_assert_eq!(tag.owner, draft.owner);
            for (block, _) in lock.iter().enumerate().filter(|(_, locked)| **locked) {
                prop_assert_eq!(&image[block * 4..block * 4 + 4], &memory[block * 4..block * 4 + 4]);
            }
        }
    }
}
