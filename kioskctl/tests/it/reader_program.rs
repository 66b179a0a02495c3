//! `kioskctl reader program` and `reader bench` against the emulator as a program.

use serde_json::json;

use crate::emulated::Emulator;
use crate::program::{Run, run};

fn program(emulator: &Emulator, family: &str, arguments: &[&str]) -> Run {
    let port = emulator.port();
    run(&[&["reader", "program", "--port", &port, "--protocol", family], arguments].concat())
}

#[test]
fn a_fresh_tag_is_written_told_and_written_again() {
    for (family, layout, shown) in
        [("feig-obid", "iso28560-2", "uid="), ("m100", "iso28560-4", "tid="), ("r2000", "iso28560-4", "tid=")]
    {
        let mut emulator = Emulator::start(&["--protocol", family]);
        let uid = emulator.say("blank X").split(shown).nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let nothing = program(&emulator, family, &["--item", "N1", "--yes"]);
        assert_eq!((nothing.code, nothing.out.as_str()), (Some(1), ""), "{}", nothing.err);
        assert!(nothing.err.contains("no tag on the pad"), "{}", nothing.err);
        emulator.say("put X");
        let words = ["--item", "N1", "--isil", "CN-110108-1-NLC", "--set", "1/2", "--usage", "10"];
        let dry = program(&emulator, family, &[&words[..], &["--dry-run"]].concat());
        assert_eq!(dry.code, Some(0), "{}", dry.err);
        assert!(
            dry.out.ends_with("nothing was written\n") && dry.out.contains("blank  library"),
            "{}",
            dry.out
        );
        let unasked = program(&emulator, family, &words);
        assert_eq!(unasked.code, Some(2), "{}", unasked.out);
        let written = program(&emulator, family, &[&words[..], &["--yes", "--json"]].concat());
        let told = written.json();
        assert_eq!((written.code, &told["outcome"]), (Some(0), &json!("verified")), "{told}");
        assert_eq!((&told["tag"], &told["after"]["layout"]), (&json!(uid), &json!(layout)));
        // What it says besides stays.
        let again = program(&emulator, family, &["--item", "N1", "--unsecured", "--yes", "--json"]).json();
        assert_eq!(again["before"]["security"], "secured");
        assert_eq!(
            (&again["after"]["owner"], &again["after"]["set"], &again["outcome"]),
            (&json!("CN-110108-1-NLC"), &json!({ "part": 1, "of": 2 }), &json!("verified"))
        );
        let other = program(&emulator, family, &["--item", "N2", "--yes"]);
        assert_eq!(other.code, Some(1));
        assert!(other.err.contains("--overwrite N1"), "{}", other.err);
        let wrong = program(&emulator, family, &["--item", "N2", "--yes", "--overwrite", "N3"]);
        assert_eq!(wrong.code, Some(1));
        let moved = program(&emulator, family, &["--item", "N2", "--yes", "--overwrite", "N1"]);
        assert_eq!(moved.code, Some(0), "{}", moved.err);
        assert!(
            moved.out.contains("done: the whole tag was read back; it is item N2, unsecured"),
            "{}",
            moved.out
        );
    }
}

#[test]
fn the_tag_that_is_meant_must_be_plain() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("book I1");
    emulator.say("book I2 uid=E004010012345699");
    emulator.say("put I1 I2");
    let two = program(&emulator, "feig-obid", &["--item", "N1", "--yes"]);
    assert_eq!(two.code, Some(1));
    assert!(two.err.contains("there are 2 tags") && two.err.contains("(I1)"), "{}", two.err);
    let absent = program(&emulator, "feig-obid", &["--item", "N1", "--yes", "--tag", "E0"]);
    assert!(absent.err.contains("is not on the pad"), "{}", absent.err);
    let named = ["--item", "I2", "--shelf", "A1", "--yes", "--tag", "e004010012345699"];
    assert_eq!(program(&emulator, "feig-obid", &named).code, Some(0));
    let wrong = program(&emulator, "feig-obid", &[&named[..], &["--layout", "gaoxiao"]].concat());
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("not for HF tags"), "{}", wrong.err);
}

#[test]
fn what_fails_is_told_with_what_to_do() {
    let mut emulator = Emulator::start(&["--protocol", "m100"]);
    emulator.say("blank X");
    emulator.say("put X");
    emulator.say("lock X user");
    let words = ["--item", "N1", "--usage", "10", "--yes"];
    let locked = program(&emulator, "m100", &words);
    assert_eq!(locked.code, Some(1));
    assert!(locked.out.contains("of the user memory is locked"), "{}", locked.out);
    emulator.say("blank Y");
    emulator.say("take X");
    emulator.say("put Y");
    emulator.say("after write Y take");
    let cut = program(&emulator, "m100", &words);
    assert_eq!(cut.code, Some(1));
    assert!(cut.out.contains("old item id, the new one or none"), "{}", cut.out);
    emulator.say("put Y");
    assert_eq!(program(&emulator, "m100", &words).code, Some(0));
}

#[test]
fn a_reader_is_measured_and_only_the_named_tag_is_written() {
    let mut emulator = Emulator::start(&["--protocol", "m100"]);
    emulator.say("book I1");
    emulator.say("book I2");
    let tid = emulator.say("put I1 I2");
    assert!(tid.contains("2 on pad"));
    let tag = emulator.say("show I1").split("tid=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let port = emulator.port();
    let bench = |more: &[&str]| {
        run(&[&["reader", "bench", "--port", &port, "--protocol", "m100", "--seconds", "2"], more].concat())
    };
    let plain = bench(&["--json"]).json();
    assert_eq!((&plain["tags"], &plain["write_ms"]), (&json!(2), &json!(null)));
    assert!(plain["rounds_per_second"].as_f64().unwrap() > 1.0, "{plain}");
    assert!(plain["tags_per_second"].as_f64() >= plain["rounds_per_second"].as_f64(), "{plain}");
    assert!(plain["one_tag_ms"]["p50"].as_f64() <= plain["stack_ms"]["p95"].as_f64(), "{plain}");
    assert!(emulator.say("counters").contains("writes=0"));
    let written = bench(&["--write", &tag]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    assert!(written.out.contains("(10 times)"), "{}", written.out);
    assert!(emulator.say("show I1").contains("security=secured"));
    assert!(emulator.say("counters").contains("writes=10"));
}
