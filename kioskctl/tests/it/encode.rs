//! `kioskctl tag encode`: plans, and the way there and back.

use expect_test::expect;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};

use crate::decode::{H10, M2, check, decoded};
use crate::program::run;

#[test]
fn write_plans() {
    check(
        &["tag", "encode", "--item", "B123456", "--isil", "CN-110108-1-NLC", "--set", "1/2", "--usage", "10"],
        expect![[r#"
            layout   iso28560-2
            item id  B123456
            dsfid    06
            memory   28 blocks of 4 bytes, 30 bytes used

            block  bytes
                0  41060B1C
                1  B3D35DA0
                2  0201E003
                3  0A1B81E1
                4  10108A1A
                5  C7307F24
                6  02020165
                7  01100000
             8-27  00000000

            write in this order, each write read back before the next
            step  what     bytes
               1  DSFID    06
               2  block 1  B3D35DA0
               3  block 2  0201E003
               4  block 3  0A1B81E1
               5  block 4  10108A1A
               6  block 5  C7307F24
               7  block 6  02020165
               8  block 7  01100000
               9  block 0  41060B1C  last: now the tag has its number
            [exit 0]
        "#]],
    );
    check(
        &["tag", "encode", "--item", "11223344", "--layout", "iso28560-3", "--over", M2, "--dsfid", "00"],
        expect![[r#"
            layout   iso28560-3
            item id  11223344
            dsfid    00
            memory   8 blocks of 4 bytes, 21 bytes used

            block  bytes
                0  11010131
                1  31323233
                2  33343400
                3  00000000
                4  00000062
                5  4A000000
              6-7  00000000

            write in this order, each write read back before the next
            step  what     bytes
               1  block 0  00000000  erased: the old number is gone
               2  block 1  31323233
               3  block 2  33343400
               4  block 3  00000000
               5  block 4  00000062
               6  block 5  4A000000
               7  block 0  11010131  last: now the tag has its number
            [exit 0]
        "#]],
    );
    check(
        &[
            "tag",
            "encode",
            "--item",
            "12345678",
            "--layout",
            "iso28560-4",
            "--isil",
            "CH-000134-1",
            "--set",
            "1/3",
        ],
        expect![[r#"
            layout     iso28560-4
            item id    12345678
            PC word    4107
            UII        141CC04FC70BADB5C6E2DA1DED4DD319
            EPC bank   6CE24107141CC04FC70BADB5C6E2DA1DED4DD319  (the tag makes the first word itself)
            user bank  nothing to write

            write in this order, each word read back before the next; find the tag by its TID meanwhile
            step  what        value
               1  epc word 1  0000   erased: the old number is gone
               2  epc word 2  141C
               3  epc word 3  C04F
               4  epc word 4  C70B
               5  epc word 5  ADB5
               6  epc word 6  C6E2
               7  epc word 7  DA1D
               8  epc word 8  ED4D
               9  epc word 9  D319
              10  epc word 1  4107   last: now the tag has its number
            [exit 0]
        "#]],
    );
    check(
        &["tag", "encode", "--item", "123456789012", "--over", "9100051CBE991A14"],
        expect![[r#"
        layout   iso28560-2
        item id  123456789012
        dsfid    06 is right; give --dsfid with what the tag has, so that the plan knows
        memory   2 blocks of 4 bytes, 7 bytes used

        block  bytes
            0  11051CBE
            1  991A1400

        write in this order, each write read back before the next
        step  what     bytes
           1  block 0  00000000  erased: the old number is gone
           2  block 1  991A1400
           3  block 0  11051CBE  last: now the tag has its number
        [exit 0]
    "#]],
    );
}

/// Writes what `encode --json` says over what was there, step by step.
fn written(encoded: &Value, over: &str) -> String {
    let mut memory: Vec<String> =
        over.as_bytes().chunks(8).map(|b| String::from_utf8(b.to_vec()).unwrap()).collect();
    for step in encoded["plan"].as_array().unwrap() {
        if let Some(block) = step["block"].as_u64() {
            let old = memory.get_mut(usize::try_from(block).unwrap()).unwrap();
            *old = step["bytes"].as_str().unwrap().to_owned();
        }
    }
    memory.concat()
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(28_560), cases: 24, ..Config::default() })]

    /// What is encoded, and written over something else by its plan, decodes to the same.
    #[test]
    fn there_and_back(
        item in "[A-Z0-9]{1,12}", part in 1_u16..4, of in 4_u16..10, is_over in any::<bool>(),
        layout in proptest::sample::select(vec!["iso28560-2", "iso28560-3", "iso28560-3-reversed", "rfid501"]),
    ) {
        let set = format!("{part}/{of}");
        let over = if is_over { H10.replace(' ', "") + "0000000000" } else { "00".repeat(40) };
        let over = format!("{over:0<80}");
        let arguments = ["tag", "encode", "--json", "--item", &item, "--set", &set, "--layout", layout,
            "--dsfid", if is_over { "06" } else { "00" }, "--over", &over];
        let encoded = run(&arguments);
        prop_assert_eq!(encoded.code, Some(0), "{}", encoded.err);
        let encoded = encoded.json();
        let memory = written(&encoded, &over);
        prop_assert_eq!(encoded["memory"].as_str(), Some(memory.as_str()));
        let (object, _) = decoded(&["--dsfid", encoded["dsfid"].as_str().unwrap(), &memory]);
        prop_assert_eq!(
            (&object["item_id"], &object["layout"], &object["set"], &object["problems"]),
            (&json!(item), &json!(layout), &json!({ "part": part, "of": of }), &json!([]))
        );
    }

    #[test]
    fn there_and_back_uhf(
        item in "[A-Z][A-Z0-9]{3,10}", layout in proptest::sample::select(vec!["iso28560-4", "gaoxiao"]),
        afi in proptest::sample::select(vec!["07", "C2"]),
    ) {
        let isil = if layout == "gaoxiao" { "10248" } else { "CN-110108-1-NLC" };
        let encoded =
            run(&["tag", "encode", "--json", "--item", &item, "--isil", isil, "--layout", layout, "--afi", afi]).json();
        let field = |name: &str| encoded[name].as_str().unwrap().to_owned();
        let (epc, user) = (field("epc"), field("user"));
        let mut arguments = vec!["--epc", &epc];
        arguments.extend((!user.is_empty()).then_some(["--user", &user]).into_iter().flatten());
        let (object, _) = decoded(&arguments);
        let security = if afi == "07" { "secured" } else { "unsecured" };
        prop_assert_eq!(
            (&object["item_id"], &object["layout"], &object["owner"], &object["security"]),
            (&json!(item), &json!(layout), &json!(isil), &json!(security))
        );
    }
}
