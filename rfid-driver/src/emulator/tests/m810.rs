//! The emulated 3M 810, frame by frame.

use super::*;
use crate::hf::m810::{Answer, Start, Status};

fn reader(tags: &[&str]) -> Emulator {
    let mut emulator = Emulator::new(EmulatorConfig { model: Model::M810, ..EmulatorConfig::default() });
    for (at, uid) in tags.iter().enumerate() {
        assert!(
            say(&mut emulator, &format!("raw T{at} uid={uid} afi=DA data=0011223300112233"))
                .starts_with("ok")
        );
        say(&mut emulator, &format!("put T{at}"));
    }
    emulator
}

/// Asks by command and fields, gets error byte and fields.
fn exchange(emulator: &mut Emulator, command: u8, fields: &str) -> (u8, String) {
    let body = parse_hex(fields).unwrap();
    let frame = crate::hf::m810::Frame { start: Start::Usual, command, body: &body }.to_bytes();
    let mut out = Vec::new();
    emulator.handle(crate::testing::start(), Input::Bytes(&frame), &mut out);
    let answer = Answer::parse(&out.concat()).unwrap();
    let Answer { start: Start::Usual, command: told, status: Status(status), data } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(told, command);
    (status, data.iter().map(|byte| format!("{byte:02X}")).collect())
}

/// Every captured or computed answer, from the reader's side.
#[test]
fn frames() {
    for (tags, request, answer) in [
        (&[][..], "D500050400118C66", "D500090400110A0500027250"),
        (&[], "D60003116420", "D6000811000A0302063517"),
        (&[], "D60005FE0005FA40", "D60007FE00000500C97B"),
        (
            &["0000000000AD6302", "E0070000006000AE"],
            "D60005FE0005FA40",
            "D60017FE000005020000000000AD6302E0070000006000AE9BA5",
        ),
        (
            &["E004010012345678"],
            "D6000D02E00401001234567800020133",
            "D600190200E00401001234567802000000112233010000112233A723",
        ),
        (&["E004010012345678"], "D6000C09E00401001234567807E6E2", "D6000C0900E004010012345678EDB2"),
        (&[], "D6000C09E00401001234567807E6E2", "D6000C0906E004010012345678B73A"),
        (&["E007000001234567"], "D6000B0AE00700000123456711CB", "D6000D0A00E007000001234567DA485C"),
    ] {
        assert_eq!(ask(&mut reader(tags), request), answer, "{request}");
    }
    let mut emulator = reader(&["0000000001234567"]);
    let write = "D600160400000000012345670002001234ABCD556677885E79";
    assert!(ask(&mut emulator, write).starts_with("D6000D0400000000000123456702"));
    assert_eq!(emulator.tag("T0").unwrap().memory[..8], parse_hex("1234ABCD55667788").unwrap()[..]);
    assert_eq!(exchange(&mut emulator, 0x77, ""), (0x02, String::new()));
    assert_eq!(exchange(&mut emulator, 0x13, "040100020003000400"), (0, "0201010302020300".into()));
    assert_eq!(ask(&mut emulator, "D60003116421"), "", "a wrong check");
}

#[test]
fn commands() {
    let mut emulator = reader(&["E004010000000001"]);
    let uid = "E004010000000001";
    for (command, fields, status, told) in [
        (0x0D, "0F", 0, "0F00DA031B01"),
        (0x03, "", 6, ""),
        (0x0C, "01", 0, ""),
        (0x03, "", 0, "01"),
        (0x0B, "06", 0, ""),
        (0x0F, "", 0, "06"),
        (0x0E, "", 0, ""),
        (0x0B, "00", 0x12, ""),
        (0x06, "", 0, ""),
        (0x09, "07", 0x12, ""),
        (0x0A, "", 0, "DA"),
        (0x05, "03 01020304", 0, ""),
        (0x07, "04 05060708", 0, ""),
        (0x08, "03", 0, ""),
        (0x04, "02 03 00 01010101 02020202 03030303", 0x12, "03"),
        (0x02, "02 03", 0, "03 0200 01010101 0301 01020304 0401 05060708"),
        (0x02, "1B 02", 0, "02 1B00 00000000 1C11 00000000"),
        (0x02, "1C 01", 0x11, ""),
        (0x08, "1C", 0x11, ""),
        (0x04, "1B 02 00 00000000 00000000", 0x11, "1C"),
        (0x01, "", 0, ""),
    ] {
        let (got, data) = exchange(&mut emulator, command, &format!("{uid} {fields}"));
        let rest = data.strip_prefix(uid).unwrap();
        assert_eq!(got, status, "{command:02X} {fields}");
        assert_eq!(rest, told.replace(' ', ""), "{command:02X} {fields}");
    }
    assert_eq!(exchange(&mut emulator, 0xFE, "00 07").1, "00070106E004010000000001", "awake again");
    assert_eq!(exchange(&mut emulator, 0xFE, "07 05").1, "070500", "no tag of this AFI");
    assert_eq!(exchange(&mut emulator, 0xFE, "00 00").0, 0x31);
    say(&mut emulator, "double 100");
    assert_eq!(exchange(&mut emulator, 0xFE, "00 05").1, "000502E004010000000001E004010000000001");
    assert_eq!(exchange(&mut emulator, 0xFE, "00 25").1, "002501E004010000000001", "no second poll");
}
