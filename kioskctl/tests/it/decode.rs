//! `kioskctl tag decode`: the published dumps.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};

use crate::program::run;

pub(crate) fn check(arguments: &[&str], expected: Expect) {
    expected.assert_eq(&run(arguments).all());
}

/// The object without its elements, and the elements as `oid name value locked`.
pub(crate) fn decoded(arguments: &[&str]) -> (Value, Vec<String>) {
    let all = [&["tag", "decode", "--json"], arguments].concat();
    let run = run(&all);
    let mut object = run.json();
    let fields: Vec<&String> = object.as_object().unwrap().keys().collect();
    for field in
        ["layout", "sureness", "item_id", "owner", "set", "usage", "security", "elements", "problems"]
    {
        assert!(fields.contains(&&field.to_owned()), "{field} is not in {object}");
    }
    assert_eq!(run.code, Some(i32::from(object.get("item_id").is_none_or(Value::is_null))), "{object}");
    let elements = object.as_object_mut().unwrap().remove("elements").unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line =
        |element: &Value| ["oid", "name", "value", "locked"].map(|field| text(&element[field])).join(" | ");
    (object, elements.as_array().unwrap().iter().map(line).collect())
}

const H1: &str = "9100051C BE991A14 0201D014 0204B346 07441CB6 E2E335D6 830207AC C09EBAA0 6F6B0000";
pub(crate) const H10: &str = "41060B1CB3D35DA0 0201E0 030A1B81E110108A1AC7307F 24020101 650110";
const D1: &str = "11 01 01 3131323233333434 0000000000000000 513E 4445 373035000000000000";
const D4: &str = "1103023131323233333434 0000000000000000 0329 4445 373035 000000000000";
pub(crate) const M2: &str = "04110001 31333032 30303337 36370000 00000000 00000000 00000000 00000000";
pub(crate) const U1: &str = "141C C04F C70B ADB5 C6E2 DA1D ED4D D319";
const G1: [&str; 4] =
    ["--epc", "C157 3400 1703 0003 98130803F4040000", "--user", "0C022808 1004 00010001 0000"];

/// The worked example at the end of ISO 28560-2.
#[test]
fn iso28560_2_worked_example() {
    let (object, elements) = decoded(&["--dsfid", "06", "--afi", "07", "--locked", "ll....lll", H1]);
    assert_eq!(
        object,
        json!({
            "state": "library", "layout": "iso28560-2", "sureness": "certain", "item_id": "123456789012",
            "owner": "US-InU-Mu", "set": { "part": 3, "of": 12 }, "usage": null, "security": "secured", "problems": [],
        })
    );
    assert_eq!(
        elements,
        [
            "1 | primary item identifier | 123456789012 | true",
            "2 | content parameter | D0 | false",
            "4 | set information | 1203 | false",
            "6 | shelf location | QA268.L55 | false",
            "3 | owner institution | US-InU-Mu | true",
        ]
    );
}

#[test]
fn iso28560_2_typical_item_and_identifier_alone() {
    let (object, elements) = decoded(&["--afi", "C2", H10]);
    assert_eq!(
        object,
        json!({
            "state": "library", "layout": "iso28560-2", "sureness": "certain", "item_id": "B123456",
            "owner": "CN-110108-1-NLC", "set": { "part": 1, "of": 1 }, "usage": "10", "security": "unsecured",
            "problems": [],
        })
    );
    assert_eq!(elements.len(), 5);
    let (object, elements) = decoded(&["--locked", "ww", "9100051CBE991A14"]);
    assert_eq!((&object["item_id"], &object["sureness"]), (&json!("123456789012"), &json!("likely")));
    assert_eq!(elements, ["1 | primary item identifier | 123456789012 | false"]);
}

#[test]
fn iso28560_3_straight_and_reversed() {
    for (hex, part, of) in [(D1, 1, 1), (D4, 2, 3)] {
        let (object, _) = decoded(&[hex]);
        let expected = json!({
            "state": "library", "layout": "iso28560-3", "sureness": "certain", "item_id": "11223344",
            "owner": "DE-705", "set": { "part": part, "of": of }, "usage": "10", "security": null, "problems": [],
        });
        assert_eq!(object, expected);
        let digits: String = hex.split(' ').collect();
        let reversed: Vec<String> = digits
            .as_bytes()
            .chunks(8)
            .map(|block| {
                block.rchunks(2).map(|byte| std::str::from_utf8(byte).unwrap()).collect::<Vec<_>>().join(":")
            })
            .collect();
        // Several arguments are one memory.
        let arguments: Vec<&str> = reversed.iter().map(String::as_str).collect();
        let (object, _) = decoded(&arguments);
        assert_eq!(
            (&object["layout"], &object["item_id"]),
            (&json!("iso28560-3-reversed"), &json!("11223344"))
        );
    }
}

#[test]
fn rfid501() {
    let m1 = "04110000 3230303930313031 30313233 00000000 FFFFFFFF 7FFFFFFF 00000000";
    let (object, _) = decoded(&[m1, "--afi", "D7"]);
    assert_eq!((&object["layout"], &object["item_id"]), (&json!("rfid501"), &json!("200901010123")));
    assert_eq!((&object["sureness"], &object["owner"]), (&json!("certain"), &json!("1048575/4095")));
    let (object, elements) = decoded(&[M2]);
    assert_eq!((&object["item_id"], &object["sureness"]), (&json!("1302003767"), &json!("likely")));
    assert_eq!(elements[0], "19 | media format (other) | 01 | false");
    let (object, _) = decoded(&["555555555555555555555555555555555555555555555555 0000000000000000"]);
    assert_eq!((&object["state"], &object["layout"]), (&json!("blank"), &Value::Null));
}

/// U1 of the standard as a bare UII, as a reader reports it, and as a dump.
#[test]
fn iso28560_4_in_three_forms() {
    let expected = |sureness: &str, security: Value| {
        json!({
            "state": "library", "layout": "iso28560-4", "sureness": sureness, "item_id": "12345678",
            "owner": "CH-000134-1", "set": { "part": 1, "of": 3 }, "usage": null, "security": security, "problems": [],
        })
    };
    assert_eq!(decoded(&["--epc", U1]).0, expected("likely", Value::Null));
    assert_eq!(decoded(&["--epc", U1, "--afi", "C2"]).0, expected("certain", json!("unsecured")));
    let reported = format!("4107 {U1}");
    assert_eq!(decoded(&["--epc", &reported]).0, expected("certain", json!("secured")));
    let cut = format!("0000 4107 {U1}");
    let (object, _) = decoded(&["--epc", &cut]);
    assert_eq!((&object["state"], &object["item_id"]), (&json!("damaged"), &Value::Null));
}

#[test]
fn gaoxiao_of_a_real_tag() {
    let (object, elements) = decoded(&[&G1[..], &["--tid", "E280 1160"]].concat());
    assert_eq!(
        object,
        json!({
            "state": "library", "layout": "gaoxiao", "sureness": "certain", "item_id": "32103179", "owner": "10248",
            "set": { "part": 1, "of": 1 }, "usage": null, "security": "secured", "problems": [], "tid": "E2801160",
        })
    );
    assert_eq!(elements.len(), 3);
    let (object, _) = decoded(&["--epc", "3034257BF7194E4000001A85"]);
    assert_eq!(object["state"], "foreign");
}

#[test]
fn a_known_layout_is_taken_at_its_word() {
    let (object, _) = decoded(&["--layout", "iso28560-2", D1]);
    assert_eq!((&object["item_id"], &object["layout"]), (&Value::Null, &json!("iso28560-2")));
    for (layout, epc, item) in [("gaoxiao", G1[1], json!("32103179")), ("iso28560-4", G1[1], Value::Null)] {
        let (object, _) = decoded(&["--layout", layout, "--epc", epc]);
        assert_eq!((&object["item_id"], &object["layout"]), (&item, &json!(layout)));
    }
}

#[test]
fn the_configuration_tells_what_the_afi_means() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("kiosk.toml");
    std::fs::write(&file, "[security]\nsecured_afi = \"D7\"\nunsecured_afi = \"DA\"\n").unwrap();
    let file = file.to_str().unwrap();
    let (object, _) = decoded(&["--config", file, "--afi", "DA", M2]);
    assert_eq!(object["security"], "unsecured");
    assert_eq!(run(&["tag", "decode", "--config", "/nowhere.toml", "41"]).code, Some(2));
}

#[test]
fn tables() {
    check(
        &["tag", "decode", "--afi", "07", "--locked", "ll....lll", H1],
        expect![[r#"
        tag       library
        layout    iso28560-2  (certain)
        item id   123456789012
        owner     US-InU-Mu
        set       part 3 of 12
        usage     -
        security  secured

        oid  element                  locked  value
          1  primary item identifier  yes     123456789012
          2  content parameter        no      D0  (elements 3, 4, 6)
          4  set information          no      1203
          6  shelf location           no      QA268.L55
          3  owner institution        yes     US-InU-Mu
        [exit 0]
    "#]],
    );
    check(
        &["tag", "decode", "--afi", "DA", &D1.replace("513E", "513F")],
        expect![[r#"
        tag       damaged
        layout    iso28560-3  (likely)
        item id   -  (reads "11223344", but the tag is damaged)
        owner     DE-705
        set       part 1 of 1
        usage     10  circulation
        security  -  (the AFI DA is neither of the two that are configured)

        oid  element                  value
          5  type of usage            10  (circulation)
          1  primary item identifier  11223344
          3  owner institution        DE-705

        problems
          the checksum is 3E51, the tag says 3F51
        [exit 1]
    "#]],
    );
    check(
        &["tag", "decode", "00000000"],
        expect![[r#"
        tag  blank

        problems
          the tag is blank: nothing is written on it
        [exit 1]
    "#]],
    );
    check(
        &["tag", "decode", "DEADBEEF"],
        expect![[r#"
        tag  foreign

        problems
          the tag is foreign: it is in no layout that is known
        [exit 1]
    "#]],
    );
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(28_560), cases: 24, ..Config::default() })]

    /// Any text is an answer or a fault, never a panic.
    #[test]
    fn any_text_is_answered(text in "[^-\\PC]\\PC{0,30}", bytes in proptest::collection::vec(any::<u8>(), 1..70)) {
        let run_text = run(&["tag", "decode", &text]);
        prop_assert!(matches!(run_text.code, Some(0..=2)));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        decoded(&[&hex]);
        decoded(&["--epc", &hex]);
    }
}
