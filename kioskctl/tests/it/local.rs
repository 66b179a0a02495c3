//! Layouts of a library's own, from its configuration.

use expect_test::expect;
use serde_json::Value;

use crate::decode::check;
use crate::program::run;

const CONFIG: &str = r#"
[[layout]]
name = "interlib"
form = "self-describing"

[[layout]]
name = "branch-1998"
offset = 4
length = 6
packing = "number"
digits = 14
marks = [{ at = 0, value = "4C" }]

[security]
afi_pair = "3m"
"#;
const NUMBER: &str = "1005 1CBE991A14 0000000000 00000000 00000000 00000000 00000000 00000000";

/// The program with a configuration of its own.
fn with_config(arguments: &[&str]) -> crate::program::Run {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), CONFIG).expect("it is written");
    run(&[arguments, &["--config", &file.path().to_string_lossy()]].concat())
}

fn object(arguments: &[&str]) -> Value {
    with_config(&[arguments, &["--json"]].concat()).json()
}

/// Without a name the layout is recognised; with one it is taken; the AFI means what the configured pair says.
#[test]
fn a_tag_in_a_configured_layout_is_decoded() {
    for (arguments, layout, item_id, security) in [
        (&["--afi", "D7", NUMBER][..], "interlib", "123456789012", "secured"),
        (
            &["--afi", "DA", "--layout", "interlib", "2004 0123456F 00000000"],
            "interlib",
            "0123456",
            "unsecured",
        ),
        (&["--afi", "DA", "4008 4C30303132333435 0000"], "interlib", "L0012345", "unsecured"),
        (&["--afi", "D7", "4C000000 001CBE99 1A140000"], "branch-1998", "00123456789012", "secured"),
    ] {
        let found = object(&[&["tag", "decode"], arguments].concat());
        assert_eq!(found["layout"], layout, "{found}");
        assert_eq!((&found["item_id"], &found["security"]), (&item_id.into(), &security.into()), "{found}");
    }
    // The standard's layouts come before.
    let found = object(&["tag", "decode", crate::decode::H10]);
    assert_eq!((&found["layout"], &found["sureness"]), (&"iso28560-2".into(), &"certain".into()));
    assert_eq!(run(&["tag", "decode", NUMBER]).code, Some(1), "without the configuration it is foreign");
}

/// What is written is read back, and a power cut on the way leaves no other number.
#[test]
fn a_tag_is_written_in_a_configured_layout() {
    let encoded = with_config(&[
        "tag",
        "encode",
        "--item",
        "00000000000258",
        "--layout",
        "branch-1998",
        "--blocks",
        "4",
    ]);
    expect![[r#"
        layout   branch-1998
        item id  00000000000258
        dsfid    00
        memory   4 blocks of 4 bytes, 10 bytes used

        block  bytes
            0  4C000000
            1  00000000
            2  01020000
            3  00000000

        write in this order, each write read back before the next
        step  what     bytes
           1  block 2  01020000
           2  block 0  4C000000  last: now the tag has its number
        [exit 0]
    "#]]
    .assert_eq(&encoded.all());
    let over = "4C000000 001CBE99 1A140000 00000000";
    let found =
        object(&["tag", "encode", "--item", "00000000000258", "--layout", "branch-1998", "--over", over]);
    expect![[r#"[{"block":0,"bytes":"00000000"},{"block":1,"bytes":"00000000"},{"block":2,"bytes":"01020000"},{"block":0,"bytes":"4C000000"}]"#]].assert_eq(&found["plan"].to_string());
    let memory = found["memory"].as_str().expect("it has one");
    assert_eq!(object(&["tag", "decode", memory])["item_id"], "00000000000258");
}

#[test]
fn names_that_are_not_there() {
    let told = with_config(&["tag", "decode", "--layout", "interlab", "41"]);
    assert_eq!(told.code, Some(2));
    expect![[r#"
        kioskctl: --layout: there is no layout "interlab"; there are iso28560-2, iso28560-3, iso28560-3-reversed and rfid501, and for UHF tags iso28560-4 and gaoxiao; the configuration has interlib, branch-1998
    "#]].assert_eq(&told.err);
    let told = with_config(&["tag", "encode", "--layout", "branch-1998", "--item", "A1"]);
    assert_eq!(told.code, Some(2));
    expect![[r#"
        kioskctl: --item: branch-1998 takes what its packing can hold: for a number, all its digits with the zeros in front that `digits` tells; for bcd, two digits or more
    "#]].assert_eq(&told.err);
    let told = with_config(&["tag", "encode", "--layout", "branch-1998", "--item", "12", "--shelf", "A"]);
    assert_eq!(told.code, Some(2));
    expect![[r#"
        kioskctl: --shelf: branch-1998 has no place for this: leave it out, or choose another --layout
    "#]]
    .assert_eq(&told.err);
    check(
        &["tag", "decode", "--layout", "interlib", "41"],
        expect![[r#"
        kioskctl: --layout: there is no layout "interlib"; there are iso28560-2, iso28560-3, iso28560-3-reversed and rfid501, and for UHF tags iso28560-4 and gaoxiao; for one of your own name the configuration that has it with --config
        [exit 2]
    "#]],
    );
}
