use super::*;
use crate::data::epc;
use crate::tag::parse_hex;
use proptest::prelude::*;

/// covers: gaoxiao (G1, a tag of Shanghai Jiao Tong University, both ways)
#[test]
fn a_real_tag() {
    let bytes = parse_hex("C157 3400 1703 0003 98130803F4040000").unwrap();
    let user = parse_hex("0C022808 1004 00010001 0000").unwrap();
    let bank = EpcBank::parse(&bytes).unwrap();
    assert!(bank.is_whole(), "the CRC of a real tag");
    let Some(TagData::Library(tag)) = decode(&bank, Some(&user)) else { panic!("not a library tag") };
    assert_eq!((tag.primary_item_id.as_str(), tag.owner.as_deref()), ("32103179", Some("10248")));
    assert_eq!((tag.set, tag.problems.len()), (Some(SetInfo { part: 1, of: 1 }), 0));
    assert!(is_index_right(&bank, &tag));
    let head = head(bank.uii).unwrap();
    assert_eq!(head, Head { security: Security::Secured, sorting: 0x17, version: 4 });
    let (pc, uii, again) = encode(&Draft::from(&tag), head).unwrap();
    assert_eq!((epc::bank(pc, &uii), again.as_slice()), (bytes.clone(), &user[..10]));
}

/// covers: gaoxiao.packed (G5)
#[test]
fn packed_identifiers() {
    for (text, hex) in [
        ("ABC01", "0541424330310000"),
        ("ABC012", "0641424330313200"),
        ("ABC0123*", "A8324911EC010000"),
        ("ABC01234=", "D933491148130000"),
        ("ABC0123456a", "1B36491100890700"),
        ("99999999999999", "9E932449FE276BEE"),
    ] {
        let bytes = parse_hex(hex).unwrap();
        assert_eq!(packed::unpack_96(&bytes).as_deref(), Some(text));
        assert_eq!(packed::pack_96(text), Some(bytes), "{text}");
    }
    assert_eq!(packed::pack_96("ABCD1234"), None);
    assert_eq!(packed::unpack_96(&[0; 8]), None);
}

#[test]
fn the_index_names_oids() {
    assert_eq!(index_of([3, 12, 15].into_iter()), 0x00A1);
}

#[test]
fn military_universities_begin_with_nine() {
    assert_eq!(number(&Value::Text("90000".into())), Some(0xEA60));
    assert_eq!(number(&Value::Text("60000".into())), None);
}

#[test]
fn the_form_is_the_smallest_that_holds_the_identifier() {
    let words = |id: &str| {
        let draft = Draft { primary_item_id: id.into(), ..Draft::default() };
        encode(&draft, Head::default()).map(|(pc, uii, _)| (pc.n_words(), uii.len()))
    };
    assert_eq!(words("32103179"), Ok((6, 12)));
    assert_eq!(words("ABCDEFGHIJKLM1"), Ok((8, 16)));
    assert_eq!(words("abcdefghijklmn"), Ok((9, 18)));
    assert_eq!(words("abcdefghijklmno"), Err(EncodeError::PrimaryItemId));
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decode_undoes_encode(
        id in prop_oneof!["[A-Z0-9]{3}[0-9]{1,10}[!-~]", "[A-Z0-9]{1,13}[!-~]", "[!-~]{1,14}"],
        owner in proptest::option::of("[1-5][0-9]{4}|9[0-4][0-9]{3}"),
        set in proptest::option::of((1_u16..9999).prop_flat_map(|of| (0..=of).prop_map(move |part| SetInfo { part, of }))),
        usage in proptest::option::of(Just(Usage::CIRCULATION)),
        shelf_location in proptest::option::of("[一-龥A-Z]{1,12}"),
        security in any::<bool>().prop_map(|lent| if lent { Security::Unsecured } else { Security::Secured }),
        sorting in 0_u8..0x80,
    ) {
        let draft = Draft { primary_item_id: id, owner, set, usage, shelf_location, ..Draft::default() };
        let head = Head { security, sorting, version: 2 };
        let (pc, uii, user) = encode(&draft, head).unwrap();
        let bytes = epc::bank(pc, &uii);
        let bank = EpcBank::parse(&bytes).unwrap();
        let Some(TagData::Library(tag)) = decode(&bank, Some(&user)) else { panic!("not a library tag") };
        prop_assert_eq!(Draft::from(&tag), draft);
        prop_assert_eq!(super::head(bank.uii), Some(head));
        prop_assert_eq!(&tag.problems, &vec![]);
    }

    #[test]
    fn total(bank in proptest::collection::vec(any::<u8>(), 4..40), user in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&EpcBank::parse(&bank).unwrap(), Some(&user));
    }
}
