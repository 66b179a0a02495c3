//! What a technician reads about a slot that is described wrongly, to the letter.

use config::Config;
use expect_test::{Expect, expect};

#[track_caller]
fn check(text: &str, expected: Expect) {
    let told = match Config::parse(text, "kiosk.toml") {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn a_slot_that_is_not_wired_whole_or_wired_twice() {
    check(
        "[slot]\nenabled = true\n[[module]]\nname = \"io\"\n[[bin]]\nname = \"A\"",
        expect![[
            r#"kiosk.toml:2: [slot] enabled: no [[contact]] tells or does curtain-clear, shutter-open, shutter-closed, eye-in, eye-mid, eye-out, open-shutter, close-shutter, belt-in, belt-out, sorter, bin-dropped of "A"; describe each, or set enabled to false"#
        ]],
    );
    check(
        "[slot]\nexception_bin = \"B\"\n[[bin]]\nname = \"A\"\noverflow = \"C\"\n[[sort]]\nbin = \"D\"",
        expect![[r#"
            kiosk.toml:2: [slot] exception_bin: no [[bin]] has this name; correct it, or describe the bin
            kiosk.toml:5: [[bin]] overflow: no [[bin]] has this name; correct it, or describe the bin
            kiosk.toml:7: [[sort]] bin: no [[bin]] has this name; correct it, or describe the bin"#]],
    );
    let contact = |rest: &str| {
        format!("[[module]]\nname = \"io\"\n[[contact]]\nsignal = \"eye-in\"\naddress = 1\n{rest}")
    };
    check(
        &contact("module = \"two\""),
        expect![
            "kiosk.toml:6: [[contact]] module: no [[module]] has this name; correct it, or describe the module"
        ],
    );
    check(
        &contact("bin = \"A\""),
        expect!["kiosk.toml:6: [[contact]] bin: this signal belongs to no bin; leave `bin` out"],
    );
    check(
        &contact("[[contact]]\nsignal = \"eye-out\"\naddress = 1"),
        expect![
            "kiosk.toml:8: [[contact]] address: a contact above has this address of the module; correct one of the two"
        ],
    );
    check(
        &contact("[[contact]]\nsignal = \"eye-in\"\naddress = 2"),
        expect!["kiosk.toml:7: [[contact]] signal: a contact above is the same; leave one of the two out"],
    );
    check(
        "[[contact]]\nsignal = \"curtain-clear\"\naddress = 0\noff_ms = 30",
        expect![
            "kiosk.toml:4: [[contact]] off_ms: a broken curtain counts at once, or a hand is in the shutter for longer; set off_ms to 0"
        ],
    );
    check(
        "[[contact]]\nsignal = \"belt-in\"\naddress = 0\non_ms = 30",
        expect!["kiosk.toml:4: [[contact]] on_ms: an output does not bounce; leave it out"],
    );
    check(
        "[[contact]]\nsignal = \"bin-full\"\naddress = 0",
        expect!["kiosk.toml:2: [[contact]] signal: it belongs to a bin: name that with `bin`"],
    );
    check(
        "[[contact]]\nsignal = \"curtains\"\naddress = 0",
        expect![[
            r#"kiosk.toml:2: [[contact]] signal: got the text "curtains"; write "curtain-clear", "shutter-open", "shutter-closed", "shutter-overloaded", "eye-in", "eye-mid", "eye-out", "service-door", "smoke", "mains", "approach", "bin-present", "bin-full", "bin-dropped", "door-open", "exit-button", "fire-alarm", "passage-outer", "passage-inner", "count-in", "count-out", "gate-alarm", "open-shutter", "close-shutter", "belt-in", "belt-out", "sorter", "divert", "lamp-ready", "lamp-out", "unlock-door", "lamp-welcome", "lamp-refused" or "beeper""#
        ]],
    );
    check(
        "[[module]]\nname = \"io\"\nprotocol = \"modbus-tcp\"",
        expect![[
            r#"kiosk.toml:3: [[module]] protocol: Modbus TCP has no serial port; write port = "tcp://HOST:502", or protocol = "modbus-rtu""#
        ]],
    );
    check(
        "[[sort]]\nbin = \"A\"\ncall_from = \"I\"",
        expect![
            "kiosk.toml:3: [[sort]] call_from: a range has two ends; give call_from and call_to, or call_numbers"
        ],
    );
}

#[test]
fn a_room_has_a_door_a_way_to_show_a_card_and_modules_of_its_own() {
    check(
        "[room]\nenabled = true",
        expect![
            "kiosk.toml:2: [room] enabled: no [[contact]] tells or does door-open, exit-button, unlock-door; describe each, or set enabled to false"
        ],
    );
    let room = "[room]\nenabled = true\nSHOW[[module]]\nname = \"room\"\n[[contact]]\nsignal = \"door-open\"\naddress = 0\n\
                [[contact]]\nsignal = \"exit-button\"\naddress = 1\n[[contact]]\nsignal = \"unlock-door\"\naddress = 0\n";
    check(
        &room.replace("SHOW", ""),
        expect![
            "kiosk.toml:2: [room] enabled: nobody could show a card: give scanner_port, reader_port or both"
        ],
    );
    let whole = room.replace("SHOW", "scanner_port = \"/dev/door\"\n");
    check(&whole, expect!["accepted"]);
    check(
        &format!("{whole}[[contact]]\nsignal = \"mains\"\naddress = 7\n"),
        expect![
            "kiosk.toml:16: [[contact]] signal: a module is the slot's or the room's, not both: wire the room to a module of its own"
        ],
    );
}

#[test]
fn slot_and_room_have_their_own_modules_and_contacts() {
    let text = "[[module]]\nname = \"slot\"\n[[module]]\nname = \"room\"\n[[module]]\nname = \"spare\"\n\
                [[contact]]\nsignal = \"mains\"\naddress = 0\n\
                [[contact]]\nsignal = \"door-open\"\nmodule = \"room\"\naddress = 0\n";
    let config = Config::parse(text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"));
    let names = |site| {
        let own = config.of_site(site);
        let modules: Vec<String> = own.modules.iter().map(|module| module.name.clone()).collect();
        let contacts: Vec<Option<usize>> = own.contacts.iter().map(|contact| own.module(contact)).collect();
        (modules, contacts)
    };
    assert_eq!(names(config::Site::Slot), (vec!["slot".to_owned(), "spare".to_owned()], vec![Some(0)]));
    assert_eq!(names(config::Site::Room), (vec!["room".to_owned()], vec![Some(0)]));
}
