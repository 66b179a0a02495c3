//! What a technician reads, to the letter.

use config::{Config, ConfigError};
use expect_test::{Expect, expect};
use std::{fs, os::unix::fs::PermissionsExt as _};

#[track_caller]
fn check(text: &str, expected: Expect) {
    let told = match Config::parse(text, "kiosk.toml") {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn unknown_names() {
    check(
        "[reader]\npol_ms = 100",
        expect![[r#"kiosk.toml:2: [reader] pol_ms: unknown key; did you mean `poll_ms`?"#]],
    );
    check(
        "[reader]\npoll = 100",
        expect![[r#"kiosk.toml:2: [reader] poll: unknown key; did you mean `poll_ms`?"#]],
    );
    check(
        "[reader]\nPort = \"/dev/ttyS0\"",
        expect![[r#"kiosk.toml:2: [reader] Port: unknown key; did you mean `port`?"#]],
    );
    check(
        "[reader]\nbaud_rate = 9600",
        expect!["kiosk.toml:2: [reader] baud_rate: unknown key; did you mean `baud`?"],
    );
    check(
        "[visit]\nport = \"/dev/ttyS0\"",
        expect![[r#"kiosk.toml:2: [visit] port: unknown key; `port` belongs under [reader]"#]],
    );
    check(
        "[visit]\ncolour = 1",
        expect![[
            r#"kiosk.toml:2: [visit] colour: unknown key; known here: idle_seconds, warn_seconds, done_seconds, put_back_seconds, linger_seconds"#
        ]],
    );
    check(
        "[raeder]\nport = \"/dev/ttyS0\"",
        expect![[r#"kiosk.toml:1: [raeder]: unknown section; did you mean `reader`?"#]],
    );
    check(
        "[trolley]",
        expect![
            "kiosk.toml:1: [trolley]: unknown section; known here: kiosk, place, shelf, reader, security, layout, central, sip2, patron, visit, offline, account, find, screen, printer, desk, slot, room, module, contact, bin, sort, gate, ups, staff, console, mqtt, log"
        ],
    );
    check(
        "port = \"/dev/ttyS0\"",
        expect![[r#"kiosk.toml:1: port: unknown key; `port` belongs under [reader]"#]],
    );
    check(
        "colour = 1",
        expect![
            "kiosk.toml:1: colour: unknown key; known here: kiosk, place, shelf, reader, security, layout, central, sip2, patron, visit, offline, account, find, screen, printer, desk, slot, room, module, contact, bin, sort, gate, ups, staff, console, mqtt, log"
        ],
    );
    check(
        "[reader.line]\nbaud = 9600",
        expect![[
            r#"kiosk.toml:1: [reader] line: unknown key; known here: port, protocol, baud, parity, bus_address, poll_ms, answer_timeout_ms, gap_ms, retries, depart_rounds, power_dbm"#
        ]],
    );
    check(
        "\"\\u0000\\u0000\\u0000\" = 1",
        expect![
            "kiosk.toml:1: ���: unknown key; known here: kiosk, place, shelf, reader, security, layout, central, sip2, patron, visit, offline, account, find, screen, printer, desk, slot, room, module, contact, bin, sort, gate, ups, staff, console, mqtt, log"
        ],
    );
}

#[test]
fn wrong_types() {
    check(
        "[reader]\npoll_ms = \"100\"",
        expect![[
            r#"kiosk.toml:2: [reader] poll_ms: got the text "100"; write a whole number from 20 to 5000 (milliseconds)"#
        ]],
    );
    check(
        "[reader]\npoll_ms = 100.5",
        expect![[
            r#"kiosk.toml:2: [reader] poll_ms: got the number 100.5; write a whole number from 20 to 5000 (milliseconds)"#
        ]],
    );
    check(
        "[reader]\nport = 7",
        expect![[
            r#"kiosk.toml:2: [reader] port: got the number 7; write an absolute path in quotes, beginning with /, or "tcp://HOST:PORT""#
        ]],
    );
    check(
        "[reader]\nport = [\"/dev/ttyS0\"]",
        expect![[
            r#"kiosk.toml:2: [reader] port: got a list; write an absolute path in quotes, beginning with /, or "tcp://HOST:PORT""#
        ]],
    );
    check(
        "[security]\nuse_afi = \"yes\"",
        expect![[
            r#"kiosk.toml:2: [security] use_afi: got the text "yes"; write true or false, without quotes"#
        ]],
    );
    check(
        "[security]\nsecured_afi = 0x07",
        expect![[
            r#"kiosk.toml:2: [security] secured_afi: got the number 0x07; write two hexadecimal digits in quotes, as "07""#
        ]],
    );
    check(
        "[screen]\nfullscreen = 1",
        expect![[
            r#"kiosk.toml:2: [screen] fullscreen: got the number 1; write true or false, without quotes"#
        ]],
    );
    check(
        "[kiosk]\nname = 2026-01-01",
        expect![[
            r#"kiosk.toml:2: [kiosk] name: got the date 2026-01-01; write a text of 1 to 200 characters in quotes"#
        ]],
    );
    check(
        "reader = 5",
        expect![[
            r#"kiosk.toml:1: reader: got the number 5; write a section heading [reader] with its keys below"#
        ]],
    );
    check(
        "[[reader]]\nport = \"/dev/ttyS0\"",
        expect![[
            r#"kiosk.toml:1: reader: got a list; write a section heading [reader] with its keys below"#
        ]],
    );
    check(
        "reader = { poll_ms = 5 }",
        expect![[
            r#"kiosk.toml:1: [reader] poll_ms: got the number 5; write a whole number from 20 to 5000 (milliseconds)"#
        ]],
    );
}

#[test]
fn values_that_will_not_do() {
    check(
        "[reader]\npoll_ms = 5",
        expect![[
            r#"kiosk.toml:2: [reader] poll_ms: got the number 5; write a whole number from 20 to 5000 (milliseconds)"#
        ]],
    );
    check(
        "[reader]\npoll_ms = -1",
        expect![[
            r#"kiosk.toml:2: [reader] poll_ms: got the number -1; write a whole number from 20 to 5000 (milliseconds)"#
        ]],
    );
    check(
        "[reader]\npoll_ms = 99999999999999999999",
        expect![[
            r#"kiosk.toml:2: [reader] poll_ms: got the number 99999999999999999999; write a whole number from 20 to 5000 (milliseconds)"#
        ]],
    );
    check(
        "[reader]\nprotocol = \"r2000\"\npower_dbm = 37",
        expect![
            "kiosk.toml:3: [reader] power_dbm: got the number 37; write a whole number from 0 to 36 (dBm)"
        ],
    );
    check(
        "[reader]\npower_dbm = 26",
        expect![
            "kiosk.toml:2: [reader] power_dbm: only UHF readers have a power that can be set; remove it, or correct `protocol`"
        ],
    );
    check("[reader]\nprotocol = \"r2000\"\npower_dbm = 26", expect!["accepted"]);
    check(
        "[reader]\nbus_address = 256",
        expect![[
            r#"kiosk.toml:2: [reader] bus_address: got the number 256; write a whole number from 0 to 255"#
        ]],
    );
    check(
        "[reader]\nbaud = 12345",
        expect![[
            r#"kiosk.toml:2: [reader] baud: got the number 12345; write 4800, 9600, 19200, 38400, 57600, 115200, 230400 or 460800"#
        ]],
    );
    check("[reader]\nprotocol = \"llrp\"", expect!["accepted"]);
    check(
        "[reader]\nport = \"ttyS0\"",
        expect![[
            r#"kiosk.toml:2: [reader] port: got the text "ttyS0"; write an absolute path in quotes, beginning with /, or "tcp://HOST:PORT""#
        ]],
    );
    check(
        "[kiosk]\nname = \"  \"",
        expect![[
            r#"kiosk.toml:2: [kiosk] name: got the text "  "; write a text of 1 to 200 characters in quotes"#
        ]],
    );
    check(
        "[kiosk]\nname = \"a\\nb\"",
        expect![[
            r#"kiosk.toml:2: [kiosk] name: got the text "a�b"; write a text of 1 to 200 characters in quotes"#
        ]],
    );
    check(
        "[kiosk]\nlanguage = \"ZH\"",
        expect![[r#"kiosk.toml:2: [kiosk] language: got the text "ZH"; write "zh", "zh-Hant" or "en""#]],
    );
    check(
        "[security]\nsecured_afi = \"7\"",
        expect![[
            r#"kiosk.toml:2: [security] secured_afi: got the text "7"; write two hexadecimal digits in quotes, as "07""#
        ]],
    );
    check(
        "[security]\nsecured_afi = \"+7\"",
        expect![[
            r#"kiosk.toml:2: [security] secured_afi: got the text "+7"; write two hexadecimal digits in quotes, as "07""#
        ]],
    );
    check(
        "[central]\nbase_url = \"192.0.2.10:8700\"",
        expect![[
            r#"kiosk.toml:2: [central] base_url: got the text "192.0.2.10:8700"; write an address that begins with http:// or https://, as "http://192.0.2.10:8700""#
        ]],
    );
    check(
        "[central]\nbase_url = \"http://:8700\"",
        expect![[
            r#"kiosk.toml:2: [central] base_url: got the text "http://:8700"; write an address that begins with http:// or https://, as "http://192.0.2.10:8700""#
        ]],
    );
    check(
        "[central]\nbase_url = \"http://central:87000\"",
        expect![[
            r#"kiosk.toml:2: [central] base_url: got the text "http://central:87000"; write an address that begins with http:// or https://, as "http://192.0.2.10:8700""#
        ]],
    );
    check(
        "[central]\nbase_url = \"http://user:pass@central\"",
        expect![[
            r#"kiosk.toml:2: [central] base_url: got the text "http://user:pass@central"; write an address that begins with http:// or https://, as "http://192.0.2.10:8700""#
        ]],
    );
    check(
        "[offline]\ncheckout = \"assume\"",
        expect![[
            r#"kiosk.toml:2: [offline] checkout: without central nobody knows who may borrow what: set central.interface = "kiosk", which fills the mirror that this needs, or checkout = "refuse""#
        ]],
    );
    check(
        "[offline]\ncheckout = \"maybe\"",
        expect![[r#"kiosk.toml:2: [offline] checkout: got the text "maybe"; write "refuse" or "assume""#]],
    );
}

#[test]
fn what_is_reached_over_tcp_alone_has_no_serial_port() {
    check(
        "[gate]\naddress = \"/dev/ttyS0\"",
        expect![[
            r#"kiosk.toml:2: [gate] address: a gate's adapter is reached over TCP; write "tcp://127.0.0.1:7040""#
        ]],
    );
    check(
        "[ups]\naddress = \"/dev/ttyS0\"",
        expect![[
            r#"kiosk.toml:2: [ups] address: a NUT server is reached over TCP; write "tcp://127.0.0.1:3493""#
        ]],
    );
}

#[test]
fn contradictions() {
    check(
        "[security]\nsecured_afi = \"C2\"",
        expect![[
            r#"kiosk.toml:2: [security] secured_afi: the two values are the same, so a gate could not tell a lent item from a stolen one; make them differ, as "07" and "C2""#
        ]],
    );
    check(
        "[security]\nuse_afi = false\nuse_eas = false",
        expect![[
            r#"kiosk.toml:2: [security] use_afi: both are false, so no tag would ever be secured; set the one that the gates look for to true"#
        ]],
    );
    check(
        "[visit]\nidle_seconds = 15",
        expect![[
            r#"kiosk.toml:2: [visit] idle_seconds: the warning would come before the visit has begun; make warn_seconds less than idle_seconds"#
        ]],
    );
    check(
        "[visit]\nidle_seconds = 5",
        expect![[
            r#"kiosk.toml:2: [visit] idle_seconds: got the number 5; write a whole number from 10 to 600 (seconds)"#
        ]],
    );
    check(
        "[central]\ntotal_timeout_ms = 1000",
        expect![[
            r#"kiosk.toml:2: [central] total_timeout_ms: connecting may take longer than the whole call; make connect_timeout_ms the smaller one"#
        ]],
    );
    check(
        "[screen]\nwidth = 1080",
        expect![[r#"kiosk.toml:2: [screen] width: `height` is missing; give both or neither"#]],
    );
    check(
        "[screen]\nheight = 1920",
        expect![[r#"kiosk.toml:2: [screen] height: `width` is missing; give both or neither"#]],
    );
    check(
        "[central]\nsecret = \"a\"\nsecret_file = \"/nowhere\"",
        expect![[r#"kiosk.toml:3: [central] secret_file: `secret` is also there; keep one of the two"#]],
    );
    check(
        "[central]\nsecret_file = \"/nowhere/secret\"",
        expect![[
            r#"kiosk.toml:2: [central] secret_file: no secret in /nowhere/secret: No such file or directory (os error 2); put the secret on one line of that file, readable by the kiosk's account"#
        ]],
    );
    check(
        "[central]\nsecret_file = \"/dev/zero\"",
        expect![[
            r#"kiosk.toml:2: [central] secret_file: no secret in /dev/zero: it is not a regular file; put the secret on one line of that file, readable by the kiosk's account"#
        ]],
    );
}

#[test]
fn the_library_around_it() {
    check(
        "[place]\nopen = [\"mon-fri 08:30-17:30\", \"sat 9:00-17:00\"]",
        expect![[
            r#"kiosk.toml:2: [place] open: got the text "sat 9:00-17:00" as number 2; write a list of at most 21 texts as "mon-fri 08:30-12:00,13:30-17:30" or "sat,sun 09:00-17:00""#
        ]],
    );
    check(
        "[place]\nclosed_days = [2026-10-01]",
        expect![[
            r#"kiosk.toml:2: [place] closed_days: got the date 2026-10-01 as number 1; write a list of at most 366 days, as ["2026-10-01", "2026-10-02"]"#
        ]],
    );
    check(
        "[place]\nstand = [500, 1001]",
        expect![[
            r#"kiosk.toml:2: [place] stand: got a list; write two whole numbers from 0 to 1000 (tenths of a percent of the room), as [500, 920]"#
        ]],
    );
    check(
        "[[shelf]]\nlabel = \"I\"\nx = 900\ny = 0\nwidth = 200\nheight = 10\nfrom = \"K\"\nto = \"I\"",
        expect![[r#"
            kiosk.toml:5: [[shelf]] width: the shelf reaches beyond the room, which ends at 1000; make it smaller, or move it
            kiosk.toml:8: [[shelf]] to: the last call number comes before the first one, so nothing would stand here; exchange them"#]],
    );
    // Behind the class, the order of call numbers is not that of texts.
    for (from, to) in [("I247.5/801", "I247.5/1650"), ("R711=6", "R711.1"), ("I247.5", "I2")] {
        let sized = "[[shelf]]\nlabel = \"I\"\nx = 1\ny = 1\nwidth = 1\nheight = 1";
        check(&format!("{sized}\nfrom = \"{from}\"\nto = \"{to}\""), expect!["accepted"]);
    }
    check(
        "[find]\nenabled = true",
        expect![[
            r#"kiosk.toml:2: [find] enabled: books are looked for in the mirror of the catalogue, which only central.interface = "kiosk" fills: set that, or enabled = false"#
        ]],
    );
    check(
        "[find]\nreserve = true",
        expect![[
            r#"kiosk.toml:2: [find] reserve: only a title that was found can be reserved; set enabled = true, or reserve = false"#
        ]],
    );
    check(
        "[screen]\nnight_from = \"24:00\"",
        expect![[
            r#"kiosk.toml:2: [screen] night_from: got the text "24:00"; write a time from 00:00 to 23:59 in quotes, as "18:30""#
        ]],
    );
    check(
        "[mqtt]\ntls = \"file\"\ndevice = \"te/#\"\nport = 0",
        expect![[r#"
        kiosk.toml:2: [mqtt] tls: `tls_file` is missing; name the certificates that vouch for the broker
        kiosk.toml:3: [mqtt] device: got the text "te/#"; write 1 to 64 letters, digits, "-", "_", "." and ":" in quotes
        kiosk.toml:4: [mqtt] port: got the number 0; write a whole number from 1 to 65535"#]],
    );
    check(
        "[sip2]\nterminator = \"cr-lf\"\nomit = [\"AC\", \"bp\"]",
        expect![[r#"
            kiosk.toml:2: [sip2] terminator: got the text "cr-lf"; write "cr", "crlf" or "lf"
            kiosk.toml:3: [sip2] omit: got the text "bp" as number 2; write a list of at most 16 codes of two capital letters or digits in quotes"#]],
    );
    check(
        "[staff]\npin = \"271828\"\npower_off = []",
        expect![[r#"
            kiosk.toml:2: [staff] pin: got something else (not shown); write what `kiosk staff-pin` prints, a text in quotes that begins with $argon2id$
            kiosk.toml:3: [staff] power_off: no program is named; name one, or leave the key out for ["systemctl", "poweroff"]"#]],
    );
}

#[test]
fn not_toml() {
    check("[reader\nport = 1", expect![[r#"kiosk.toml:1: not TOML: unclosed table, expected `]`"#]]);
    check("[reader]\nport = ", expect![[r#"kiosk.toml:2: not TOML: the value after `=` is missing"#]]);
    check(
        "[reader]\nport = /dev/ttyS0",
        expect![[r#"kiosk.toml:2: not TOML: string values must be quoted, expected literal string"#]],
    );
    check("[security]\nsecured_afi = 07", expect![[r#"kiosk.toml:2: not TOML: unexpected leading zero"#]]);
    check(
        "[reader]\nport = \"/dev/ttyS0\"\nport = \"/dev/ttyS1\"",
        expect![[r#"kiosk.toml:3: not TOML: duplicate key"#]],
    );
    check("[reader]\n[kiosk]\n[reader]", expect![[r#"kiosk.toml:3: not TOML: duplicate key"#]]);
    check(
        "[kiosk]\nname = “一号机”",
        expect![[
            r#"kiosk.toml:2: not TOML: string values must be quoted, expected literal string; this line has the full-width mark “, type it with the input method off"#
        ]],
    );
    check(
        "# “quoted”\n[kiosk]\nname = ",
        expect![[r#"kiosk.toml:3: not TOML: the value after `=` is missing"#]],
    );
}

#[test]
fn all_problems_at_once_by_line() {
    check(
        "[visit]\nidle = 5\nwarn_seconds = 1\n\n[reader]\nport = 5 # which?\n[kiosk]\nlanguage = \"fr\"\n[wifi]\nname = \"x\"",
        expect![[r#"
            kiosk.toml:2: [visit] idle: unknown key; did you mean `idle_seconds`?
            kiosk.toml:3: [visit] warn_seconds: got the number 1; write a whole number from 3 to 120 (seconds)
            kiosk.toml:6: [reader] port: got the number 5; write an absolute path in quotes, beginning with /, or "tcp://HOST:PORT"
            kiosk.toml:8: [kiosk] language: got the text "fr"; write "zh", "zh-Hant" or "en"
            kiosk.toml:9: [wifi]: unknown section; known here: kiosk, place, shelf, reader, security, layout, central, sip2, patron, visit, offline, account, find, screen, printer, desk, slot, room, module, contact, bin, sort, gate, ups, staff, console, mqtt, log"#]],
    );
}

#[test]
fn a_secret_is_never_shown() {
    check(
        "[central]\nsecret = 271828",
        expect![[
            r#"kiosk.toml:2: [central] secret: got something else (not shown); write a text of 1 to 200 characters in quotes"#
        ]],
    );
    check(
        "[central]\nsecret = \"\"",
        expect![[
            r#"kiosk.toml:2: [central] secret: got something else (not shown); write a text of 1 to 200 characters in quotes"#
        ]],
    );
    let config = Config::parse("[central]\nsecret = \"271828\"", "kiosk.toml").unwrap();
    assert_eq!(config.central.secret.expose(), "271828");
    assert!(!format!("{config:?}").contains("271828"));
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str| {
        let error = Config::load(folder.path().join(name)).unwrap_err();
        error.to_string().replace(folder.path().to_str().unwrap(), "DIR")
    };

    expect![[r#"DIR/absent.toml: no such file; copy kiosk.example.toml there, or name the right file with --config"#]]
    .assert_eq(&told("absent.toml"));
    expect![[r#"DIR/.: cannot be read (Is a directory (os error 21)); let the kiosk's account read it, or name another file with --config"#]].assert_eq(&told("."));

    fs::write(folder.path().join("gbk.toml"), b"[kiosk]\nname = \"\xD2\xBB\xBA\xC5\"\n").unwrap();
    expect![[r#"DIR/gbk.toml:2: not UTF-8 text; save the file as UTF-8 (not GBK, not UTF-16)"#]]
        .assert_eq(&told("gbk.toml"));

    fs::write(folder.path().join("long.toml"), vec![b'#'; 2 << 20]).unwrap();
    expect![[r#"DIR/long.toml: longer than 1048576 bytes, so it is not a configuration; name the right file with --config"#]].assert_eq(&told("long.toml"));

    fs::write(folder.path().join("empty.secret"), "\n").unwrap();
    let text = format!("[central]\nsecret_file = \"{}/empty.secret\"", folder.path().display());
    fs::write(folder.path().join("kiosk.toml"), text).unwrap();
    expect![[r#"DIR/kiosk.toml:2: [central] secret_file: no secret in DIR/empty.secret: its first line is empty; put the secret on one line of that file, readable by the kiosk's account"#]].assert_eq(&told("kiosk.toml"));

    fs::write(folder.path().join("closed.toml"), "").unwrap();
    fs::set_permissions(folder.path().join("closed.toml"), fs::Permissions::from_mode(0o000)).unwrap();
    let path = folder.path().join("closed.toml");
    match Config::load(&path) {
        // The superuser reads everything.
        Ok(config) => assert_eq!(config, Config { file: Some(path), ..Config::default() }),
        Err(error) => assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}"),
    }
}
