//! Scanners of both kinds.

use proptest::prelude::*;

use super::keys::{Keyboard, typing};
use super::*;
use crate::testing::{config, start};

fn feed<M: Machine<Event = Event>>(machine: &mut M, now: Instant, bytes: &[u8]) -> Vec<Event> {
    let mut out = Vec::new();
    machine.handle(now, Input::Bytes(bytes), &mut out);
    out.into_iter()
        .filter_map(|output| match output {
            Output::Event(event) => Some(event),
            Output::Send(_) => None,
        })
        .collect()
}

fn code(text: &str) -> Event {
    Event::Scanned(Scan::Code(Code(text.to_owned())))
}

#[test]
fn what_is_scanned_is_told_by_what_it_is() {
    for (bytes, expected) in [
        (&b"LW20260001\r\n"[..], vec![code("LW20260001")]),
        (b" LW20260001 \r", vec![code("LW20260001")]),
        ("读者42\n".as_bytes(), vec![code("读者42")]),
        (b"\r\n\r\n", vec![]),
        (b"134567890123456789\r", vec![Event::Scanned(Scan::Payment)]),
        (b"281234567890123456\r", vec![Event::Scanned(Scan::Payment)]),
        (b"16456789012345678\r", vec![code("16456789012345678")]),
        (b"9787544253994\t", vec![code("9787544253994")]),
        (b"a\x1b[2Jb\r", vec![Event::Scanned(Scan::Unusable)]),
        (b"\xff\xfe\r", vec![Event::Scanned(Scan::Unusable)]),
        // Of Newland's manual: an answer to a query, accepted, unknown.
        (b"\x02\x010000#SCNTRG1\x06;\x03A1\r", vec![code("A1")]),
        (b"\x02\x010000#NOTHNG1\x15;\x03", vec![Event::Refused]),
    ] {
        let mut scanner = Scanner::new(Setup::default());
        assert_eq!(feed(&mut scanner, start(), bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
    }
    let mut scanner = Scanner::new(Setup::default());
    let endless = [b'7'; 5000];
    assert_eq!(feed(&mut scanner, start(), &endless), []);
    assert_eq!(feed(&mut scanner, start(), b"\rLW1\r"), [Event::Scanned(Scan::Unusable), code("LW1")]);
    assert_eq!(format!("{:?}", code("LW1")), "Scanned(Code(Code(…)))");
}

#[test]
fn silence_ends_a_code_or_shows_that_it_was_cut() {
    let (t0, gap) = (start(), Setup::default().gap);
    let mut with = Scanner::new(Setup::default());
    assert_eq!(feed(&mut with, t0, b"\x7fnoise"), []);
    assert_eq!(with.deadline(), Some(t0 + gap));
    assert_eq!(feed(&mut with, t0 + gap, b"LW1\r"), [code("LW1")], "the noise is not part of it");
    let mut without = Scanner::new(Setup { has_terminator: false, ..Setup::default() });
    assert_eq!(feed(&mut without, t0, b"LW1"), []);
    let mut out = Vec::new();
    without.handle(t0 + gap, Input::Tick, &mut out);
    assert_eq!(out, [Output::Event(code("LW1"))]);
    assert_eq!(without.deadline(), None);
}

#[test]
fn a_code_that_stays_there_is_told_once() {
    let (t0, mut scanner) = (start(), Scanner::new(Setup::default()));
    assert_eq!(feed(&mut scanner, t0, b"LW1\r"), [code("LW1")]);
    for n in 1..10 {
        assert_eq!(feed(&mut scanner, t0 + Duration::from_secs(n), b"LW1\r"), []);
    }
    assert_eq!(feed(&mut scanner, t0 + Duration::from_secs(10), b"LW2\r"), [code("LW2")]);
    assert_eq!(feed(&mut scanner, t0 + Duration::from_secs(13), b"LW2\r"), [code("LW2")]);
}

#[test]
fn the_light_is_switched_as_the_manuals_say() {
    let sent = |trigger, on| {
        let mut out = Vec::new();
        let setup = Setup { trigger, ..Setup::default() };
        Scanner::new(setup).handle(start(), Input::Command(Command::Trigger(on)), &mut out);
        out
    };
    let newland = [0x7E, 1, 0x30, 0x30, 0x30, 0x30, 0x23, 0x53, 0x43, 0x4E, 0x54, 0x52, 0x47, 0x31, 0x3B, 3];
    assert_eq!(sent(Trigger::Newland, true), [Output::Send(newland.to_vec())]);
    assert_eq!(sent(Trigger::Honeywell, true), [Output::Send(vec![0x16, 0x54, 0x0D])]);
    assert_eq!(sent(Trigger::Honeywell, false), [Output::Send(vec![0x16, 0x55, 0x0D])]);
    assert_eq!(sent(Trigger::None, true), []);
}

#[test]
fn a_keyboard_types_what_stands_on_its_keys() {
    let mut keyboard = Keyboard::new(Setup::default());
    for text in ["LW20260001", "https://example.org/c?id=7&x=_~", "aB-9 [1]{2}\\|;:'\"<,>."] {
        assert_eq!(feed(&mut keyboard, start(), &typing(text).unwrap()), [code(text)]);
    }
    assert_eq!(typing("读"), None);
    // Recorded of a wedge scanner: the 24 bytes of "a key is held", which types nothing.
    let mut held = typing("7").unwrap();
    held[20] = 2;
    assert_eq!(feed(&mut keyboard, start(), &held), []);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_pieces_give_the_same_codes(
        texts in proptest::collection::vec("[A-Za-z0-9:/?&=_-]{1,40}", 1..5),
        sizes in proptest::collection::vec(1_usize..30, 1..20),
        noise in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let stream: Vec<u8> = texts.iter().flat_map(|text| format!("{text}\r\n").into_bytes()).collect();
        let typed: Vec<u8> = texts.iter().flat_map(|text| typing(text).unwrap()).collect();
        let whole = feed(&mut Scanner::new(Setup::default()), start(), &stream);
        prop_assert_eq!(&feed(&mut Keyboard::new(Setup::default()), start(), &typed), &whole);
        let (mut serial, mut keyboard) = (Scanner::new(Setup::default()), Keyboard::new(Setup::default()));
        // Noise before, and a silence after it, cost nothing.
        feed(&mut serial, start(), &noise);
        let after = start() + Duration::from_secs(5);
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let (mut stream, mut typed) = (&*stream, &*typed);
        for size in sizes.iter().cycle() {
            let (chunk, rest) = stream.split_at((*size).min(stream.len()));
            one.extend(feed(&mut serial, after, chunk));
            stream = rest;
            let (chunk, rest) = typed.split_at((*size).min(typed.len()));
            other.extend(feed(&mut keyboard, after, chunk));
            typed = rest;
            if stream.is_empty() && typed.is_empty() {
                break;
            }
        }
        prop_assert_eq!(&one, &whole);
        prop_assert_eq!(&other, &whole);
        feed(&mut keyboard, after, &noise);
    }
}
