use super::*;
use crate::tag::parse_hex;
use proptest::prelude::*;

const H1: &str = "9100051C BE991A14 0201D014 0204B346 07441CB6 E2E335D6 830207AC C09EBAA0 6F6B0000";
const H3: &str = "9100051C BE991A14";
const H10: &str = "41060B1CB3D35DA0 0201E0 030A1B81E110108A1AC7307F 24020101 650110 00";
const D1: &str = "11010131 31323233 33343400 00000000 00000051 3E444537 30350000 00000000";
const D1_REVERSED: &str = "31010111 33323231 00343433 00000000 51000000 3745443E 00003530 00000000";
const M1: &str = "04110001 31333032 30303337 36370000 00000000 00000000 00000000 00000000";
const OWN: &str = "4008 4C30303132333435 0000";

fn look(hex: &str, hints: &Hints<'_>) -> (String, Sureness, Option<String>) {
    let decoded = decode(&parse_hex(hex).unwrap(), hints);
    let layout = decoded.layout.as_ref().map_or_else(|| "none".to_owned(), Layout::to_string);
    (layout, decoded.sureness, decoded.item_id().map(str::to_owned))
}

/// covers: layout.order
#[test]
fn each_layout_is_recognised() {
    let local = [LocalLayout::self_describing("interlib")];
    let none = Hints { local: &local, ..Hints::none() };
    let iso = Hints { dsfid: Some(Dsfid::ISO_28560_2), ..none };
    let legacy = Hints { afi: Some(Afi(0xDA)), ..none };
    for (hex, hints, layout, sureness, id) in [
        (H1, none, "iso28560-2", Sureness::Certain, Some("123456789012")),
        (H3, none, "iso28560-2", Sureness::Likely, Some("123456789012")),
        (H3, iso, "iso28560-2", Sureness::Certain, Some("123456789012")),
        (H10, none, "iso28560-2", Sureness::Certain, Some("B123456")),
        (D1, none, "iso28560-3", Sureness::Certain, Some("11223344")),
        (D1_REVERSED, none, "iso28560-3-reversed", Sureness::Certain, Some("11223344")),
        (M1, none, "rfid501", Sureness::Likely, Some("1302003767")),
        (M1, legacy, "rfid501", Sureness::Certain, Some("1302003767")),
        (OWN, none, "interlib", Sureness::Likely, Some("L0012345")),
        (OWN, iso, "iso28560-2", Sureness::Certain, None),
        ("00000000 00000000", none, "none", Sureness::Certain, None),
        ("FFFFFFFF FFFFFFFF", none, "none", Sureness::Certain, None),
        ("68656C6C 6F20776F 726C6421", none, "none", Sureness::Likely, None),
    ] {
        let found = look(hex, &hints);
        assert_eq!((found.0.as_str(), found.1, found.2.as_deref()), (layout, sureness, id), "{hex}");
    }
}

#[test]
fn a_number_that_two_layouts_read_otherwise_is_told() {
    // 28560-2: six bits a character; the vendor's: ASCII
    let local = [LocalLayout::self_describing("interlib")];
    let hints = Hints { local: &local, ..Hints::none() };
    let decoded = decode(&parse_hex("4106 414243444546 0000").unwrap(), &hints);
    assert_eq!((decoded.item_id(), decoded.sureness), (Some("ABCDEF"), Sureness::Guess));
    assert!(matches!(decoded.problems().collect::<Vec<_>>()[..], [Problem::Ambiguous { .. }]));
}

/// The vendor's layout would read the number 1, and a chain without an end the number 143665.
#[test]
fn a_damaged_danish_tag_is_nothing_else() {
    let local = [LocalLayout::self_describing("interlib")];
    for hex in [D1, "11030231 31323233 33343400 00000000 00000003 29444537 30350000 00000000"] {
        let mut memory = parse_hex(hex).unwrap();
        memory[9] ^= 1;
        for length in [32, 112] {
            memory.resize(length, 0);
            for local in [&local[..], &[]] {
                let decoded = decode(&memory, &Hints { local, ..Hints::none() });
                assert_eq!(decoded.layout, Some(Layout::Iso28560Part3(BlockOrder::Straight)));
                assert!(matches!(decoded.data, TagData::Damaged { .. }));
            }
        }
    }
}

#[test]
fn security_comes_from_the_policy() {
    for (afi, security) in [(0x07, Some(Security::Secured)), (0xC2, Some(Security::Unsecured)), (0, None)] {
        let hints = Hints { afi: Some(Afi(afi)), ..Hints::none() };
        assert_eq!(decode(&parse_hex(H10).unwrap(), &hints).security, security);
    }
}

#[test]
fn names_are_read_as_they_are_printed() {
    for name in
        ["iso28560-2", "iso28560-3", "iso28560-3-reversed", "iso28560-4", "gaoxiao", "rfid501", "interlib"]
    {
        assert_eq!(name.parse::<Layout>().unwrap().to_string(), name);
    }
}

/// What was read when nothing more is needed decodes to what the whole memory does.
#[test]
fn needs_leads_to_the_same_answer() {
    let local = [LocalLayout::self_describing("interlib")];
    let hints = Hints { local: &local, ..Hints::none() };
    for hex in [H1, H3, H10, D1, D1_REVERSED, M1, OWN] {
        let mut memory = parse_hex(hex).unwrap();
        memory.resize(112, 0);
        let mut have = 4;
        while let Some(needed) = needs(&memory[..have], &hints) {
            assert!(needed > have, "{hex}");
            have = needed.next_multiple_of(4).min(memory.len());
        }
        assert!(have <= 40, "{hex} takes {have}");
        assert_eq!(decode(&memory[..have], &hints), decode(&memory, &hints), "{hex}");
    }
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn total(
        memory in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            proptest::collection::vec(prop_oneof![Just(0_u8), Just(0x11), Just(0x04), Just(0x31), Just(0xFF)], 0..64),
        ],
        dsfid in proptest::option::of(prop_oneof![Just(Dsfid(0)), Just(Dsfid(6))]),
        block_size in 0_usize..9,
        locked in proptest::collection::vec(any::<bool>(), 0..10),
    ) {
        let local = [LocalLayout::self_describing("interlib")];
        let hints = Hints { dsfid, block_size, locked: &locked, local: &local, ..Hints::none() };
        let decoded = decode(&memory, &hints);
        prop_assert!(decoded.item_id().is_none_or(|id| !id.trim().is_empty()));
        if let Some(needed) = needs(&memory, &hints) {
            prop_assert!(needed > memory.len());
        }
        for layout in ["iso28560-2", "iso28560-3", "rfid501", "interlib", "other", "gaoxiao"] {
            let _ = decode_as(&memory, &layout.parse().unwrap(), &hints);
        }
    }
}
