use super::host::M100;
use super::*;
use crate::dialogue::{Accepted, Protocol};
use crate::frame::{Item, Items};
use crate::hf::Refusal;
use crate::tag::{Tid, parse_hex};
use crate::testing::framing;
use crate::uhf::{Ask, Epc, Filter, MemoryBank, Reply, Sighting};
use proptest::prelude::*;

mod reader;

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text).unwrap()
}

fn epc(pc_and_uii: &str) -> Epc {
    Epc::reported(&hex(pc_and_uii)).unwrap()
}

fn select(uii: &str) -> Command {
    let bytes = hex(uii);
    let n_bits = u8::try_from(bytes.len() * 8).unwrap();
    Command::Select(Mask { action: 0, bank: MemoryBank::Epc, bit: 0x20, n_bits, bytes })
}

/// covers: m100.frame, m100.command, m100.select (every published or computed command, both ways)
#[test]
fn commands() {
    let user = |password, words: &[u16]| Command::Write {
        password,
        bank: MemoryBank::User,
        word: 0,
        words: words.to_vec(),
    };
    let (mode, epc) = (Command::SetSelectMode(SelectMode::Never), MemoryBank::Epc);
    for (frame, command) in [
        ("BB 00 03 0001 00 04 7E", Command::Information(Info::Hardware)),
        ("BB 00 22 0000 22 7E", Command::Inventory),
        ("BB 00 27 0003 22 2710 83 7E", Command::Inventories(10_000)),
        ("BB 00 27 0003 22 FFFF 4A 7E", Command::Inventories(0xFFFF)),
        ("BB 00 28 0000 28 7E", Command::Stop),
        (
            "BB 00 0C 0013 01 00000020 60 00 30751FEB705C5904E3D50D70 AD 7E",
            select("30751FEB705C5904E3D50D70"),
        ),
        (
            "BB 00 0C 0013 01 00000020 60 00 01045300185304406C0E0000 21 7E",
            select("01045300185304406C0E0000"),
        ),
        ("BB 00 12 0001 01 14 7E", mode),
        (
            "BB 00 39 0009 0000FFFF 03 0000 0002 45 7E",
            Command::Read { password: 0xFFFF, bank: MemoryBank::User, word: 0, n: 2 },
        ),
        ("BB 00 49 000D 0000FFFF 03 0000 0002 12345678 6D 7E", user(0xFFFF, &[0x1234, 0x5678])),
        (
            "BB 00 49 0011 00000000 03 0000 0004 0102030405060708 85 7E",
            user(0, &[0x0102, 0x0304, 0x0506, 0x0708]),
        ),
        (
            "BB 00 49 000B 00000000 01 0002 0001 8104 DD 7E",
            Command::Write { password: 0, bank: epc, word: 2, words: vec![0x8104] },
        ),
        ("BB 00 B6 0002 07D0 8F 7E", Command::SetPower(2000)),
        ("BB 00 07 0001 01 09 7E", Command::SetRegion(1)),
        ("BB 00 0D 0000 0D 7E", Command::Query),
        ("BB 00 0E 0002 1020 40 7E", Command::SetQuery(0x1020)),
        ("BB 00 08 0000 08 7E", Command::Region),
        ("BB 00 0B 0000 0B 7E", Command::Selection),
        ("BB 00 B7 0000 B7 7E", Command::Power),
    ] {
        let bytes = hex(frame);
        assert_eq!(command.to_bytes(), bytes, "{command:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Answers::look(&bytes), Look::Bad, "our own echo: {frame}");
        assert_eq!(Command::parse(&Frame::parse(&bytes).unwrap()), Ok(command));
    }
    for (command, parameters) in
        [(0x82, "00000000 020080"), (0x03, "03"), (0x0C, "01 00000020 60 00 30"), (0x39, "00"), (0x49, "")]
    {
        let parameters = hex(parameters);
        let frame = Frame { kind: Kind::Command, command, parameters: &parameters };
        assert_eq!(Command::parse(&frame), Err(Fault), "{command:02X}");
    }
    let long = Command::Write { password: 0, bank: epc, word: 0, words: vec![0; 33] }.to_bytes();
    assert_eq!(Command::parse(&Frame::parse(&long).unwrap()), Err(Fault), "at most 32 words");
}

/// covers: m100.error, m100.notice, m100.access (every published or computed answer, both ways)
#[test]
fn answers() {
    let told = |command, parameters: &str| Answer::Told(Told { command, parameters: hex(parameters) });
    let error = |code, tag: Option<&str>| Answer::Error { code: Code(code), tag: tag.map(epc) };
    let doc = "3400 30751FEB705C5904E3D50D70";
    let real = "3400 E200001655110206 0390EAAF";
    for (frame, answer) in [
        (
            "BB 01 03 0010 00 4D3130302032 36 64426D2056312E30 92 7E",
            told(3, "00 4D313030203236 64426D2056312E30"),
        ),
        ("BB 01 FF 0001 15 16 7E", error(0x15, None)),
        ("BB 01 28 0001 00 2A 7E", told(0x28, "00")),
        ("BB 01 0C 0001 00 0E 7E", told(0x0C, "00")),
        (
            "BB 01 39 0013 0E 3400 30751FEB705C5904E3D50D70 12345678 B0 7E",
            told(0x39, "0E 3400 30751FEB705C5904E3D50D70 12345678"),
        ),
        ("BB 01 FF 0001 09 0A 7E", error(0x09, None)),
        ("BB 01 FF 0010 16 0E 3400 30751FEB705C5904E3D50D70 75 7E", error(0x16, Some(doc))),
        ("BB 01 FF 0010 A3 0E 3400 30751FEB705C5904E3D50D70 02 7E", error(0xA3, Some(doc))),
        (
            "BB 01 49 0010 0E 3400 30751FEB705C5904E3D50D70 00 A9 7E",
            told(0x49, "0E 3400 30751FEB705C5904E3D50D70 00"),
        ),
        (
            "BB 01 49 0010 0E 3400 E2000016551102060390EAAF 00 2E 7E",
            told(0x49, "0E 3400 E2000016551102060390EAAF 00"),
        ),
        ("BB 01 FF 0010 10 0E 3400 E2000016551102060390EAAF F4 7E", error(0x10, Some(real))),
        ("BB 01 B6 0001 00 B8 7E", told(0xB6, "00")),
        ("BB 01 07 0001 00 09 7E", told(0x07, "00")),
        ("BB 01 FF 0001 10 11 7E", error(0x10, None)),
        (
            "BB 01 49 0010 0E 3000 01045300185304406C0E0000 00 19 7E",
            told(0x49, "0E 3000 01045300185304406C0E0000 00"),
        ),
    ] {
        let bytes = hex(frame);
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Answer::parse(&bytes), Some(answer.clone()), "{frame}");
        assert_eq!(answer.to_bytes(), bytes, "{frame}");
    }
    for (frame, rssi, tag) in [
        ("BB 02 22 0011 C9 3400 30751FEB705C5904E3D50D70 3A76 EF 7E", -55, doc),
        ("BB 02 22 0011 D5 3000 E20010710000529B0940B402 EB98 0C 7E", -43, "3000 E20010710000529B0940B402"),
    ] {
        let bytes = hex(frame);
        let notice = Answer::Notice(Sighting { epc: epc(tag), rssi: Some(rssi), antenna: None });
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Answer::parse(&bytes), Some(notice.clone()));
        assert_eq!(notice.to_bytes(), bytes, "the CRC is that of PC word and EPC");
    }
}

/// Frames that the document misprints are no frames.
#[test]
fn misprints() {
    for frame in [
        "BB 01 03 0010 00 4D313030203236 64426D2056312E30 22 7E",
        "BB 01 39 0013 0E 3400 30751FEB705C5904E3D50D70 12345678 52 7E",
        "BB 01 FF 0001 10 0A 7E",
    ] {
        assert_eq!(Answers::look(&hex(frame)), Look::Bad, "{frame}");
    }
    assert_eq!(Requests::look(&hex("BB 00 0D 00 0D 7E")), Look::Short, "thirteen parameters are to come");
    assert_eq!(Requests::look(&hex("BB 01 1A 0001 00 1C 7E")), Look::Bad, "not from a host");
}

fn read(of: &Filter) -> Ask {
    Ask::Read { of: of.clone(), bank: MemoryBank::User, word: 0, n: 2 }
}

fn write(of: &Filter, bank: MemoryBank, word: u16, n: usize) -> Ask {
    Ask::Write { of: of.clone(), bank, word, words: vec![0x1234; n] }
}

/// A reader that has answered the selection.
fn selected(ask: &Ask) -> M100 {
    let mut reader = M100::new();
    reader.encode(ask);
    let went_on = reader.accept(ask, &hex("BB 01 0C 0001 00 0E 7E"));
    assert!(matches!(went_on, Accepted::Go(_)), "{went_on:?}");
    reader
}

fn error(code: u8) -> Vec<u8> {
    Answer::Error { code: Code(code), tag: None }.to_bytes()
}

/// covers: m100.error
#[test]
fn every_error_is_a_no_or_may_be_a_lost_answer() {
    let of = epc("3000 01045300185304406C0E0000").filter();
    let refused = |status, tag| {
        let is_locked = tag == Some(4);
        Accepted::Reply(Reply::Refused(Refusal { status, tag, block: None, is_locked }))
    };
    let missing = Accepted::Reply(Reply::Missing);
    let one = write(&of, MemoryBank::User, 0, 1);
    let two = write(&of, MemoryBank::User, 0, 2);
    for (ask, code, reply) in [
        (&read(&of), 0x09, missing.clone()),
        (&read(&of), 0x16, refused(0x16, None)),
        (&read(&of), 0x17, refused(0x17, None)),
        (&read(&of), 0x20, missing.clone()),
        (&read(&of), 0xA3, refused(0xA3, Some(3))),
        (&read(&of), 0xA4, refused(0xA4, Some(4))),
        (&read(&of), 0xB3, Accepted::No),
        (&read(&of), 0x10, Accepted::No),
        (&read(&of), 0x15, Accepted::No),
        (&one, 0x10, missing.clone()),
        (&one, 0xB0, refused(0xB0, Some(0))),
        (&one, 0xB3, refused(0xB3, Some(3))),
        (&one, 0xB4, refused(0xB4, Some(4))),
        (&one, 0xBB, refused(0xBB, Some(11))),
        (&one, 0xBF, refused(0xBF, Some(15))),
        (&one, 0xA3, Accepted::No),
        (&one, 0x09, Accepted::No),
        (&one, 0x13, Accepted::No),
        (&two, 0xB4, refused(0xB4, Some(4))),
        (&two, 0xB3, missing.clone()),
        (&two, 0xBB, missing),
    ] {
        assert_eq!(selected(ask).accept(ask, &error(code)), reply, "{ask:?} {code:02X}");
    }
}

/// covers: m100.order
#[test]
fn answers_to_others_are_not_taken() {
    let ours = epc("3000 01045300185304406C0E0000");
    let other = "3400 30751FEB705C5904E3D50D70";
    let ask = read(&ours.filter());
    let words = |tag: &str| hex_told(0x39, &format!("0E {tag} 12345678"));
    let whose = |tag: &str| selected(&ask).accept(&ask, &words(tag));
    assert_eq!(whose("3000 01045300185304406C0E0000"), Accepted::Reply(Reply::Words(hex("12345678"))));
    assert_eq!(whose("3400 01045300185304406C0E0000"), Accepted::Reply(Reply::Words(hex("12345678"))));
    assert_eq!(whose(other), Accepted::No, "another tag");
    let mut reader = selected(&ask);
    assert_eq!(reader.accept(&ask, &hex_told(0x49, &format!("0E {other} 00"))), Accepted::No);
    assert_eq!(reader.accept(&ask, &hex_told(0x39, "0E 3000 01045300185304406C0E0000 1234")), Accepted::No);
    let named = Answer::Error { code: Code(0xA3), tag: Some(epc(other)) }.to_bytes();
    assert_eq!(reader.accept(&ask, &named), Accepted::No, "another tag's error");
    reader.encode(&ask);
    assert_eq!(reader.accept(&ask, &words("3000 01045300185304406C0E0000")), Accepted::No, "an earlier one");
    assert_eq!(reader.accept(&ask, &error(0x09)), Accepted::No, "an earlier error");
    let tid = Tid::new(&hex("E2801160 0123456789ABCDEF")).unwrap();
    let ask = read(&Filter::Tid(tid));
    assert_eq!(
        M100::new().encode(&ask),
        hex("BB 00 0C 0013 02 00000000 60 00 E28011600123456789ABCDEF 14 7E"),
    );
    assert!(matches!(selected(&ask).accept(&ask, &words(other)), Accepted::Reply(Reply::Words(_))));
}

fn hex_told(command: u8, parameters: &str) -> Vec<u8> {
    Answer::Told(Told { command, parameters: hex(parameters) }).to_bytes()
}

/// covers: m100.select (no tag is meant by a mask of no bits)
#[test]
fn masks() {
    let head = |filter: Filter| M100::new().encode(&read(&filter))[5..12].to_vec();
    assert_eq!(head(Filter::Uii([].into())), hex("01 00000010 05 00"));
    assert_eq!(head(Filter::Uii([7; 31].into())), hex("01 00000020 F8 00"));
    assert_eq!(head(Filter::Uii([7; 62].into())), hex("01 00000020 F8 00"));
}

#[test]
fn a_write_of_the_epc_may_be_answered_with_either() {
    let of = epc("1000 01020304").filter();
    let done = |word, n, tag: &str| {
        let ask = write(&of, MemoryBank::Epc, word, n);
        let tag = hex(tag);
        let access = Access { tag: Epc::reported(&tag).unwrap(), data: vec![0] }.to_bytes();
        let told = Answer::Told(Told { command: 0x49, parameters: access }).to_bytes();
        selected(&ask).accept(&ask, &told) == Accepted::Reply(Reply::Done)
    };
    assert!(done(2, 1, "1000 01020304") && done(2, 1, "1000 12340304") && done(3, 1, "1000 01021234"));
    assert!(!done(2, 1, "1000 99990304") && !done(2, 1, "0800 1234") && !done(3, 1, "1000 12340304"));
    assert!(done(1, 1, "0800 0102") && done(1, 1, "1800 010203040506") && !done(1, 1, "0800 0202"));
    assert!(done(1, 2, "0800 1234") && done(1, 3, "1800 123412340506"));
}

/// covers: m100.query
#[test]
fn preparation_sets_session_and_target_and_keeps_the_rest() {
    let ask = Ask::Prepare { step: 0 };
    for (query, set) in [("1020", None), ("1FA8", Some("1028")), ("9520", Some("9020"))] {
        let mut reader = M100::new();
        assert_eq!(reader.encode(&ask), Command::Query.to_bytes());
        match (reader.accept(&ask, &hex_told(0x0D, query)), set) {
            (Accepted::Reply(Reply::Done), None) => {}
            (Accepted::Go(bytes), Some(set)) => {
                assert_eq!(bytes[5..7], hex(set));
                assert_eq!(reader.accept(&ask, &hex_told(0x0E, "00")), Accepted::Reply(Reply::Done));
            }
            other => panic!("{other:?}"),
        }
    }
    let ask = Ask::Prepare { step: 1 };
    for command in [0x0C, 0x12] {
        let mut reader = M100::new();
        assert_eq!(reader.encode(&ask), hex("BB 00 12 0001 02 15 7E"));
        assert_eq!(reader.accept(&ask, &hex_told(command, "00")), Accepted::Reply(Reply::Done));
    }
}

#[test]
fn a_reader_that_cannot_stop_is_found_all_the_same() {
    let mut reader = M100::new();
    let probes: Vec<Vec<u8>> = (0..3).map(|_| reader.encode(&Ask::Probe)).collect();
    let (stop, who) = (Command::Stop.to_bytes(), Command::Information(Info::Hardware).to_bytes());
    assert_eq!(probes, [stop.clone(), who, stop]);
    for (frame, accepted) in [
        (hex_told(0x28, "00"), Accepted::Reply(Reply::Done)),
        (hex_told(0x03, "00 4D"), Accepted::Reply(Reply::Done)),
        (error(0x17), Accepted::Reply(Reply::Done)),
        (error(0x15), Accepted::No),
        (hex("BB 02 22 0011 C9 3400 30751FEB705C5904E3D50D70 3A76 EF 7E"), Accepted::No),
    ] {
        assert_eq!(reader.accept(&Ask::Probe, &frame), accepted, "{frame:02X?}");
    }
}

fn any_u8() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}

fn frames(kinds: &'static [Kind]) -> impl Strategy<Value = Vec<u8>> {
    let parameters = proptest::collection::vec(any_u8(), 0..=MAX_FRAME_LEN - OVERHEAD);
    (proptest::sample::select(kinds), any_u8(), parameters)
        .prop_map(|(kind, command, parameters)| Frame { kind, command, parameters: &parameters }.to_bytes())
}

#[test]
fn framing() {
    const TOLD: &[Kind] = &[Kind::Answer, Kind::Notice];
    framing::any_chunking_gives_the_same_frames::<Answers>(frames(TOLD));
    framing::any_chunking_gives_the_same_frames::<Requests>(frames(&[Kind::Command]));
    framing::garbage_around_good_frames_loses_none::<Answers>(frames(TOLD));
    framing::garbage_around_good_frames_loses_none::<Requests>(frames(&[Kind::Command]));
}

#[test]
fn an_end_byte_within_a_frame_does_not_end_it() {
    let frame = Frame { kind: Kind::Answer, command: 0x39, parameters: &hex("7E BB 01 7E BB") }.to_bytes();
    let mut resync = crate::frame::Resync::<Answers>::new(std::time::Duration::from_millis(12));
    let mut items = Items::new();
    resync.push(crate::testing::start(), &[&[0xBB, 0x7E], frame.as_slice(), &frame].concat(), &mut items);
    let found: Vec<Item<'_>> = items.iter().collect();
    assert_eq!(found, [Item::Garbage { n: 2 }, Item::Frame(&frame), Item::Frame(&frame)]);
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decoders_are_total(
        kind in proptest::sample::select(&[Kind::Command, Kind::Answer, Kind::Notice][..]),
        command in prop_oneof![any_u8(), proptest::sample::select(&[0x03, 0x0C, 0x0D, 0x22, 0x39, 0x49, 0xFF][..])],
        parameters in proptest::collection::vec(any_u8(), 0..80),
        uii in proptest::collection::vec(any_u8(), 0..62),
    ) {
        let frame = Frame { kind, command, parameters: &parameters };
        drop(Command::parse(&frame));
        let of = Filter::Uii(uii.into());
        for ask in [
            Ask::Probe, Ask::Prepare { step: 0 }, Ask::Prepare { step: 1 }, Ask::Identify, Ask::Inventory,
            read(&of), write(&of, MemoryBank::Epc, 1, 16), Ask::SetPower { centi_dbm: 2600 },
        ] {
            let mut reader = M100::new();
            prop_assert!(reader.encode(&ask).len() <= MAX_FRAME_LEN);
            drop(reader.accept(&ask, &frame.to_bytes()));
            if matches!(ask, Ask::Read { .. } | Ask::Write { .. }) {
                drop(selected(&ask).accept(&ask, &frame.to_bytes()));
            }
        }
    }
}
