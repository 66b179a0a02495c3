//! `[[layout]]` and the pairs of AFI values: what is accepted, and what a technician reads when it is not.

use config::{BUILT_IN, Config, Layout, LayoutForm, Letters, Mark, Packing};
use expect_test::{Expect, expect};

#[track_caller]
fn check(text: &str, expected: Expect) {
    let told = match Config::parse(text, "kiosk.toml") {
        Ok(_) => "accepted\n".to_owned(),
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&told);
}

fn layouts(text: &str) -> Vec<Layout> {
    Config::parse(text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}")).layouts
}

#[test]
fn each_form_and_packing() {
    let found = layouts(
        r#"
        [[layout]]
        name = "interlib"
        form = "self-describing"
        [[layout]]
        name = "interlib-6"
        form = "self-describing"
        packing = "6-bit"
        [log]
        level = "warn"
        [[layout]]
        name = "branch_1998"
        offset = 4
        length = 6
        packing = "number"
        digits = 14
        marks = [
            { at = 0, value = "4C" },
            { at = 28, mask = "F0", value = "A0" },
        ]
        [[layout]]
        name = "b.c"
        form = "field"
        length = 8
        length_byte = true
        packing = "bcd"
        "#,
    );
    let names: Vec<&str> = found.iter().map(|layout| layout.name.as_str()).collect();
    assert_eq!(names, ["interlib", "interlib-6", "branch_1998", "b.c"], "in the order of the file");
    assert_eq!(found[0].form, LayoutForm::SelfDescribing { letters: Letters::Ascii });
    assert_eq!(found[1].form, LayoutForm::SelfDescribing { letters: Letters::SixBit });
    let packing = Packing::Number { digits: 14 };
    let form = LayoutForm::Field { offset: 4, length: 6, has_length_byte: false, packing };
    let marks = vec![Mark { at: 0, mask: 0xFF, value: 0x4C }, Mark { at: 28, mask: 0xF0, value: 0xA0 }];
    assert_eq!((found[2].form, &found[2].marks), (form, &marks));
    let form = LayoutForm::Field { offset: 0, length: 8, has_length_byte: true, packing: Packing::Bcd };
    assert_eq!((found[3].form, found[3].marks.len()), (form, 0));
    let inline = layouts(r#"layout = [{ name = "a", length = 1, packing = "ascii" }]"#);
    assert_eq!(inline.len(), 1);
}

#[test]
fn every_fault_has_its_line() {
    check(
        r#"[[layout]]
form = "field"

[[layout]]
name = "two words"
form = "fixed"
[[layout]]
name = "iso28560-2"
offset = -1
length = 0
packing = "hex"
[[layout]]
name = "a"
form = "self-describing"
packing = "bcd"
offset = 4
lenght = 4
[[layout]]
name = "a"
length = 4
packing = "ascii"
digits = 3
marks = [{ at = 3 }]
[[layout]]
name = "c"
length = 4
packing = "ascii"
marks = [{ at = 3, mask = "F0", value = "0A" }]
[[layout]]
name = "d"
form = "self-describing"
marks = [{ at = 3, value = "0A", bit = 1 }]
"#,
        expect![[r#"
            kiosk.toml:1: [[layout]] name: missing; write a name of 1 to 40 ASCII letters, digits, hyphens, underscores and full stops in quotes
            kiosk.toml:1: [[layout]] length: missing; write a whole number from 1 to 128 (bytes)
            kiosk.toml:1: [[layout]] packing: missing; write "number", "bcd", "ascii" or "6-bit"
            kiosk.toml:5: [[layout]] name: got the text "two words"; write a name of 1 to 40 ASCII letters, digits, hyphens, underscores and full stops in quotes
            kiosk.toml:6: [[layout]] form: got the text "fixed"; write "field" or "self-describing"
            kiosk.toml:8: [[layout]] name: a layout of that name is built in; choose another name
            kiosk.toml:9: [[layout]] offset: got the number -1; write a whole number from 0 to 8191
            kiosk.toml:10: [[layout]] length: got the number 0; write a whole number from 1 to 128 (bytes)
            kiosk.toml:11: [[layout]] packing: got the text "hex"; write "number", "bcd", "ascii" or "6-bit"
            kiosk.toml:15: [[layout]] packing: got the text "bcd"; write "ascii" or "6-bit" (of its letters)
            kiosk.toml:16: [[layout]] offset: a self-describing tag tells this itself; leave it out, or set form to "field"
            kiosk.toml:17: [[layout]] lenght: unknown key; did you mean `length`?
            kiosk.toml:19: [[layout]] name: a layout above has the same name; give each its own
            kiosk.toml:22: [[layout]] digits: only a number has leading zeros to be told; leave it out, or set packing to "number"
            kiosk.toml:23: [[layout]] marks: got something else as number 1; write a list of at most 8 marks, as [{ at = 28, mask = "F0", value = "A0" }]
            kiosk.toml:28: [[layout]] marks: a mask that leaves bits of its value out fits no tag, and one without bits every tag; set in the mask all bits that count
            kiosk.toml:32: [[layout]] marks: got something else as number 1; write a list of at most 8 marks, as [{ at = 28, mask = "F0", value = "A0" }]
        "#]],
    );
}

#[test]
fn other_shapes() {
    check(
        "layout = 5",
        expect![[r#"
        kiosk.toml:1: layout: got the number 5; write a heading [[layout]] with its keys below, once for each
    "#]],
    );
    check(
        "layout = []",
        expect![[r#"
        kiosk.toml:1: layout: got a list; write a heading [[layout]] with its keys below, once for each
    "#]],
    );
    check(
        "layout = [1]",
        expect![[r#"
        kiosk.toml:1: layout: got a list; write a heading [[layout]] with its keys below, once for each
    "#]],
    );
    check(
        "[layout]\nname = \"a\"",
        expect![[r#"
        kiosk.toml:1: layout: got one section; write a heading [[layout]] with its keys below, once for each
    "#]],
    );
    check(
        "[[layuot]]\nname = \"a\"",
        expect![[r#"
            kiosk.toml:1: [[layuot]]: unknown section; did you mean `layout`?
        "#]],
    );
    check(
        "[log]\npacking = \"ascii\"",
        expect![[r#"
            kiosk.toml:2: [log] packing: unknown key; `packing` belongs under [[layout]]
        "#]],
    );
    let many: String =
        (0..17).map(|n| format!("[[layout]]\nname = \"n{n}\"\nform = \"self-describing\"\n")).collect();
    check(
        &many,
        expect![[r#"
        kiosk.toml:49: [[layout]]: got 17 of them; write at most 16
    "#]],
    );
}

#[test]
fn built_in_names_are_taken() {
    for name in BUILT_IN {
        let text = format!("[[layout]]\nname = {name:?}\nform = \"self-describing\"\n");
        let error = Config::parse(&text, "kiosk.toml").unwrap_err().to_string();
        assert!(error.starts_with("kiosk.toml:2: [[layout]] name: "), "{error}");
    }
}

#[test]
fn pairs_of_afi_values() {
    let values = |text: &str| {
        let security = Config::parse(text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}")).security;
        (security.secured_afi, security.unsecured_afi)
    };
    assert_eq!(values(""), (0x07, 0xC2));
    assert_eq!(values("[security]\nafi_pair = \"standard\""), (0x07, 0xC2));
    assert_eq!(values("[security]\nafi_pair = \"3m\""), (0xD7, 0xDA));
    assert_eq!(values("[security]\nafi_pair = \"german\""), (0x07, 0x21));
    assert_eq!(values("[security]\nafi_pair = \"3m\"\nunsecured_afi = \"C2\""), (0xD7, 0xC2));
    assert_eq!(values("[security]\nsecured_afi = \"9E\""), (0x9E, 0xC2));
    check(
        "[security]\nafi_pair = \"danish\"",
        expect![[r#"
        kiosk.toml:2: [security] afi_pair: got the text "danish"; write "standard", "3m" or "german"
    "#]],
    );
    check(
        "[security]\nafi_pair = \"german\"\nunsecured_afi = \"07\"",
        expect![[r#"
        kiosk.toml:3: [security] unsecured_afi: the two values are the same, so a gate could not tell a lent item from a stolen one; make them differ, as "07" and "C2"
    "#]],
    );
}
