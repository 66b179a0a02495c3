use std::time::Duration;

use super::*;
use crate::hf::obid::{Command, Form};
use crate::tag::parse_hex;

mod m810;

fn ask(emulator: &mut Emulator, frame: &str) -> String {
    let mut out = Vec::new();
    emulator.handle(crate::testing::start(), Input::Bytes(&parse_hex(frame).unwrap()), &mut out);
    out.concat().iter().map(|byte| format!("{byte:02X}")).collect()
}

fn say(emulator: &mut Emulator, line: &str) -> String {
    script::run(emulator, line).to_string()
}

fn with_h1() -> Emulator {
    let mut emulator = Emulator::new(EmulatorConfig::default());
    let h1 = "9100051CBE991A140201D0140204B34607441CB6E2E335D6830207ACC09EBAA06F6B0000";
    let reply = say(&mut emulator, &format!("raw H1 uid=E004010012345678 afi=07 dsfid=06 data={h1}"));
    assert_eq!(reply, "ok H1 uid=E004010012345678 afi=07 eas=0 dsfid=06 on-pad=0\n");
    assert_eq!(say(&mut emulator, "put H1"), "ok 1 on pad\n");
    emulator
}

/// The computed frames of the manual's commands, from the reader's side.
#[test]
fn frames() {
    let mut emulator = with_h1();
    for (request, answer) in [
        ("06FF52000F6E", "06005200FCA8"),
        ("05FF698901", "06006900F6FA"),
        ("07FFB001001C56", "1100B000010306E004010012345678C791"),
        ("0FFFB02B01E00401001234567811A3", "1300B00006E00401001234567807041C014C85"),
        (
            "11FFB02301E004010012345678000807D6",
            "3000B0000804001C05009100141A99BE0014D001020046B3040200B61C440700D635E3E200AC07028300A0BA9EC0BACF",
        ),
        ("10FFB02701E004010012345678C2794F", "0600B000D572"),
        ("1AFFB02401E0040100123456780002041C050091141A99BE8ADC", "0600B000D572"),
        ("0FFFB00201E004010012345678AA4A", "0600B000D572"),
        ("07FFB001001C56", "0600B0015C63"),
        ("05FF698901", "06006900F6FA"),
        ("07FFB001001C56", "1100B000010306E004010012345678C791"),
        ("06FF6A006D16", "06006A00A7FE"),
        ("07FFB001001C56", "0600B0015C63"),
        ("06FF6A01E407", "06006A00A7FE"),
        ("0FFFB02501E004010012345678EA22", "0600B000D572"),
    ] {
        let told = ask(&mut emulator, request);
        if answer.starts_with("06006A") {
            assert_eq!(told.len(), 12)
        } else {
            assert_eq!(told, answer, "{request}")
        }
    }
    assert_eq!(emulator.tag("H1").unwrap().afi.0, 0xC2);
    say(&mut emulator, "lock H1 afi");
    assert_eq!(ask(&mut emulator, "10FFB02701E00401001234567807D8DE"), "0700B0951260DE");
}

#[test]
fn a_damaged_frame_is_not_answered() {
    let mut emulator = with_h1();
    assert_eq!(ask(&mut emulator, "06FF52000F6F"), "");
    let mut out = Vec::new();
    let later = crate::testing::start() + Duration::from_secs(1);
    emulator.handle(later, Input::Tick, &mut out);
    assert_eq!((out.len(), emulator.counters().garbage_in), (0, 6));
    assert_eq!(ask(&mut emulator, "06FF52000F6E"), "06005200FCA8");
}

#[test]
fn another_bus_address_is_not_answered() {
    let frame =
        crate::hf::obid::Request { address: 7, form: Form::Standard, command: Command::RfReset }.to_bytes();
    let hex: String = frame.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(ask(&mut with_h1(), &hex), "");
}

/// Every line of the help is a command, and every mistake is told with what to do.
#[test]
fn lines() {
    let mut emulator = with_h1();
    for (line, reply) in [
        ("book B1 owner=CN-110108-1-NLC set=1/2", "ok B1 uid=E0040107B5AA505C"),
        ("card P1 uid=E004010000000001", "ok P1 uid=E004010000000001 afi=C2 eas=0 dsfid=06 on-pad=0"),
        ("blank X", "ok X uid="),
        ("book B1", "error: there is already a tag \"B1\""),
        ("book B2 uid=E004010000000001", "error: the UID E004010000000001 is that of \"P1\""),
        ("book B2 uid=12", "error: \"12\" is not a UID: sixteen hexadecimal digits are expected"),
        (
            "book B2 on-lone",
            "error: \"on-lone\" is not an option here; known: owner, set, on-loan, uid, blocks",
        ),
        ("book B2 set=2", "error: \"2\" is not PART/OF, as 1/2"),
        ("book B2 owner=馆", "error: the owner"),
        ("book", "error: usage: book ITEM"),
        ("put B1 B9", "error: there is no tag \"B9\""),
        ("pad", "| H1 uid=E004010012345678 afi=07 eas=0 dsfid=06 on-pad=1\nok 1 tags"),
        ("put B1 X", "ok 3 on pad"),
        ("take all", "ok 0 on pad"),
        ("take B1", "ok 0 on pad"),
        ("on afi B1 take", "ok\n"),
        ("on eas B1 take", "ok\n"),
        ("on foo B1 take", "error: usage: on afi|eas NAME take"),
        ("fail B1 afi 2", "ok\n"),
        ("fail B1 eas x", "error: \"x\" is not a number"),
        ("fail B1 write 1", "ok\n"),
        ("noise 5", "ok\n"),
        ("noise every 3 5", "ok\n"),
        ("miss 101", "error: \"101\" is not a number from 0 to 100"),
        ("mute on", "ok\n"),
        ("mute", "error: usage: mute on|off"),
        ("counters", "ok frames-in=0"),
        ("show B9", "error: there is no tag"),
        ("dance", "error: \"dance\" is not a command; try: help"),
        ("", "ok\n"),
        ("# a comment", "ok\n"),
        ("help", "| book ITEM"),
        ("quit", "ok\n"),
    ] {
        let told = say(&mut emulator, line);
        assert!(told.starts_with(reply), "{line}: {told}");
    }
    let tag = emulator.tag("B1").unwrap();
    assert!(tag.faults.take_on_afi && tag.faults.fail_afi == 2 && tag.faults.fail_write == 1);
    assert_eq!(script::run(&mut emulator, "unplug").effect, Some(script::Effect::Unplug));
    assert_eq!(script::run(&mut emulator, "plug").effect, Some(script::Effect::Plug));
}

#[test]
fn the_alarm_is_heard_for_any_tag_with_its_bit_set() {
    let mut emulator = with_h1();
    let alarm = crate::hf::obid::Request { address: 255, form: Form::Standard, command: Command::EasAlarm }
        .to_bytes();
    let hex: String = alarm.iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(ask(&mut emulator, &hex).starts_with("0600B101"));
    say(&mut emulator, "book B1");
    say(&mut emulator, "put B1");
    assert!(ask(&mut emulator, &hex).starts_with("0600B100"));
}

#[test]
fn real_timing_answers_when_line_and_air_allow() {
    let mut emulator =
        Emulator::new(EmulatorConfig { timing: Timing::real(38_400), ..EmulatorConfig::default() });
    let (start, mut out) = (crate::testing::start(), Vec::new());
    emulator.handle(start, Input::Bytes(&parse_hex("05FF698901").unwrap()), &mut out);
    let due = emulator.deadline().unwrap();
    assert_eq!((due - start).as_micros(), 15_000 + 286 * 11 + 5, "11 bytes and 15 ms");
    emulator.handle(due, Input::Tick, &mut out);
    assert_eq!(out.len(), 1);
}
