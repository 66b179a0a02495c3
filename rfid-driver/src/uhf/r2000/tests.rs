use super::*;
use crate::data::epc::Pc;
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::tag::parse_hex;
use crate::testing::framing;
use crate::uhf::{Ask, Epc, Filter, MemoryBank, Reply, Sighting};
use proptest::prelude::*;

mod table;

const UII: &str = "01045300185304406C0E0000";

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text).unwrap()
}

fn uii() -> Filter {
    Filter::Uii(hex(UII).into())
}

fn read_user() -> Ask {
    Ask::Read { of: uii(), bank: MemoryBank::User, word: 0, n: 4 }
}

fn write_word_2() -> Ask {
    Ask::Write { of: uii(), bank: MemoryBank::Epc, word: 2, words: vec![0x8104] }
}

fn frame(command: u8, data: &str) -> Vec<u8> {
    Frame { address: 1, command, data: &hex(data) }.to_bytes()
}

fn place(bank: MemoryBank, word: u8) -> Place {
    Place { bank, word }
}

/// A reader that has matched the tag of the ask.
fn matched(ask: &Ask) -> R2000 {
    let mut reader = R2000::new();
    reader.encode(ask);
    assert!(matches!(reader.accept(ask, &frame(0x85, "10")), Accepted::Go(_)));
    reader
}

/// covers: r2000.frame, r2000.command (every published request, both ways)
#[test]
fn requests() {
    let of = |address, command| Request { address, command };
    let password = [0; 4];
    for (published, request) in [
        ("A0 03 01 70 EC", of(1, Command::Reset)),
        ("A0 03 FF 72 EC", of(PUBLIC, Command::Firmware)),
        ("A0 04 01 74 00 E7", of(1, Command::SetWorkAntenna { antenna: 0 })),
        ("A0 04 01 89 01 D1", of(1, Command::Inventory { repeat: 1 })),
        (
            "A0 0D 01 8A 00 01 01 01 02 01 03 01 00 01 BD",
            of(1, Command::FastSwitch { antennas: [(0, 1), (1, 1), (2, 1), (3, 1)], interval: 0, repeat: 1 }),
        ),
        ("A0 11 01 85 00 0C 01045300185304406C0E0000 3C", of(1, Command::Match { uii: Some(hex(UII)) })),
        ("A0 04 01 85 01 D5", of(1, Command::Match { uii: None })),
        (
            "A0 0A 01 81 03 00 04 00000000 CD",
            of(1, Command::Read { place: place(MemoryBank::User, 0), n: 4, password: Some(password) }),
        ),
        (
            "A0 0C 01 82 00000000 01 02 01 8104 48",
            of(
                1,
                Command::Write {
                    password,
                    place: place(MemoryBank::Epc, 2),
                    data: hex("8104"),
                    by_blocks: false,
                },
            ),
        ),
    ] {
        let bytes = hex(published);
        assert_eq!(request.to_bytes(), bytes, "{request:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()), "{published}");
        let parsed = Frame::parse(&bytes).unwrap();
        assert_eq!((parsed.address, Command::parse(&parsed)), (request.address, Ok(request.command)));
    }
}

/// covers: r2000.command (each command has its own byte and is understood as it was sent)
#[test]
fn commands() {
    for (byte, command) in [
        (0x66, Command::SetTemporaryPower { dbm: 26 }),
        (0x68, Command::Identifier),
        (0x75, Command::WorkAntenna),
        (0x76, Command::SetPower { dbm: vec![20, 21, 22, 23] }),
        (0x77, Command::Power),
        (0x79, Command::Region),
        (0x7A, Command::SetBeeper { mode: 2 }),
        (0x7B, Command::Temperature),
        (0x86, Command::Matched),
        (0x8B, Command::SessionInventory { session: 1, target: 0, repeat: 1 }),
        (0x81, Command::Read { place: place(MemoryBank::Tid, 0), n: 6, password: None }),
        (
            0x94,
            Command::Write {
                password: [1, 2, 3, 4],
                place: place(MemoryBank::User, 9),
                data: vec![7; 8],
                by_blocks: true,
            },
        ),
    ] {
        let bytes = Request { address: PUBLIC, command: command.clone() }.to_bytes();
        assert_eq!((bytes[3], Command::parse(&Frame::parse(&bytes).unwrap())), (byte, Ok(command)));
    }
    let error = |command, data: &str| Command::parse(&Frame { address: 1, command, data: &hex(data) });
    let wrong = |status| Err(Fault::Parameter(Status(status)));
    assert_eq!(error(0x42, ""), Err(Fault::Unknown));
    assert_eq!(error(0x72, "00"), wrong(0x41));
    assert_eq!(error(0x74, "08"), wrong(0x47));
    assert_eq!(error(0x66, "13"), wrong(0x48));
    assert_eq!(error(0x76, "1414"), wrong(0x48));
    assert_eq!(error(0x7A, "03"), wrong(0x4B));
    assert_eq!(error(0x85, "00 02 01"), wrong(0x4D));
    assert_eq!(error(0x85, "00 00"), wrong(0x4D));
    assert_eq!(error(0x85, "02 00"), wrong(0x4E));
    assert_eq!(error(0x81, "04 00 01"), wrong(0x43));
    assert_eq!(error(0x81, "03 00 00"), wrong(0x42));
    assert_eq!(error(0x81, "03 00 01 00"), wrong(0x41));
    assert_eq!(error(0x82, "00000000 03 00 02 0102"), wrong(0x42));
    assert_eq!(error(0x8B, "04 00 01"), wrong(0x41));
}

/// covers: r2000.inventory, r2000.access, r2000.rssi (every published answer)
#[test]
fn answers() {
    let sighting = Sighting { epc: Epc::new(Pc(0x3000), &hex(UII)), rssi: Some(-55), antenna: Some(1) };
    for (published, told) in [
        ("A0 13 01 89 04 3000 01045300185304406C0E0000 4A C4", Some(Told::Tag(sighting.clone()))),
        ("A0 0A 01 89 00 0064 00000001 67", Some(Told::End)),
        ("A0 04 01 89 22 B0", Some(Told::Error(Status::ANTENNA_MISSING))),
        ("A0 0A 01 8A 000003 00000096 32", Some(Told::End)),
    ] {
        let bytes = hex(published);
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{published}");
        let parsed = Frame::parse(&bytes).unwrap();
        assert_eq!(parsed.to_bytes(), bytes);
        assert_eq!(Told::parse(parsed.data), told, "{published}");
    }
    assert_eq!(answer::from_tag(&sighting.epc, 1, 1, -55), hex("04 3000 01045300185304406C0E0000 4A"));
    // Antenna 3 of a fast switch is missing.
    assert_eq!(Told::parse(&[0x02, 0x22]), Some(Told::Error(Status::ANTENNA_MISSING)));

    let set = Ask::Prepare { step: 0 };
    assert_eq!(R2000::new().accept(&set, &hex("A0 04 01 74 10 D7")), Accepted::Reply(Reply::Done));

    let read = hex("A0 21 01 81 0001 18 3000 01045300185304406C0E0000 FE2A 0C02D99410040001 08 00 01 32");
    assert_eq!(Answers::look(&read), Look::Whole(read.len()));
    let words = Reply::Words(hex("0C02D99410040001"));
    assert_eq!(matched(&read_user()).accept(&read_user(), &read), Accepted::Reply(words));

    let written = hex("A0 19 01 82 0001 10 3000 01045300185304406C0E0000 FE2A 10 00 01 C9");
    assert_eq!(Answers::look(&written), Look::Whole(written.len()));
    assert_eq!(matched(&write_word_2()).accept(&write_word_2(), &written), Accepted::Reply(Reply::Done));
}

/// covers: r2000.antenna
#[test]
fn the_highest_bit_of_the_strength_is_the_antennas() {
    let epc = Epc::new(Pc(0x0800), &[1, 2]);
    for antenna in 1..=8 {
        let Some(Told::Tag(sighting)) = Told::parse(&answer::from_tag(&epc, 9, antenna, -31)) else {
            panic!("no tag")
        };
        assert_eq!(sighting, Sighting { epc: epc.clone(), rssi: Some(-31), antenna: Some(antenna) });
    }
    for wrong in ["", "04 3000 0104 4A 4A 4A", "04 30 00 4A 01 02"] {
        assert_eq!(Told::parse(&hex(wrong)), None, "fewer words than the PC word counts: {wrong}");
    }
}

/// covers: r2000.match (a read and a write take two steps, and the first is never left out)
#[test]
fn the_tag_is_matched_before_each_access() {
    for (ask, second) in [
        (read_user(), "A0 0A FF 81 03 00 04 00000000 CF"),
        (write_word_2(), "A0 0C FF 82 00000000 01 02 01 8104 4A"),
    ] {
        let mut reader = R2000::new();
        for _ in 0..2 {
            assert_eq!(reader.encode(&ask), hex("A0 11 FF 85 00 0C 01045300185304406C0E0000 3E"));
            let done = frame(if second.contains("FF 82") { 0x82 } else { 0x81 }, "36");
            assert_eq!(reader.accept(&ask, &done), Accepted::No, "of the ask before");
            assert_eq!(reader.accept(&ask, &frame(0x85, "10")), Accepted::Go(hex(second)));
            assert_eq!(reader.accept(&ask, &frame(0x85, "10")), Accepted::No, "once");
        }
    }
    let refused = |status| {
        let refusal = Refusal { status, tag: None, block: None, is_locked: false };
        Accepted::Reply(Reply::Refused(refusal))
    };
    let mut reader = R2000::new();
    reader.encode(&read_user());
    assert_eq!(reader.accept(&read_user(), &frame(0x85, "4C")), refused(0x4C));
    // A tag without words cannot be matched; nor does one byte tell a word above 255.
    let nobody =
        Ask::Write { of: Filter::Uii(Box::new([])), bank: MemoryBank::User, word: 0, words: vec![1] };
    reader.encode(&nobody);
    assert_eq!(reader.accept(&nobody, &frame(0x85, "10")), refused(0x10), "whatever the reader says");
    let beyond = Ask::Read { of: uii(), bank: MemoryBank::User, word: 256, n: 1 };
    reader.encode(&beyond);
    assert_eq!(reader.accept(&beyond, &frame(0x85, "10")), refused(0x41));
}

#[test]
fn answers_about_others_are_not_taken() {
    let other = "0001 18 3000 0104530018530440AAAA0000 FE2A 0C02D99410040001 08 00 01";
    let read = |data: &str| matched(&read_user()).accept(&read_user(), &frame(0x81, data));
    assert_eq!(read(other), Accepted::No, "another tag");
    assert_eq!(
        read(&other.replace("AAAA", "6C0E").replace("08 00 01", "06 00 01")),
        Accepted::No,
        "fewer words"
    );
    assert_eq!(read(&other.replace("18 3000", "17 3000")), Accepted::No, "lengths that contradict");
    assert_eq!(matched(&read_user()).accept(&read_user(), &frame(0x82, "36")), Accepted::No, "a write's");
    assert_eq!(R2000::new().accept(&Ask::Identify, &frame(0x74, "10")), Accepted::No);

    // A write is told by the EPC before or after it.
    let write = |ask: &Ask, pc: &str, uii: &str| {
        let bytes = hex(&format!("{pc} {uii} FE2A"));
        let data = [&[0, 1, u8::try_from(bytes.len()).unwrap()], bytes.as_slice(), &[0x10, 0, 1]].concat();
        matched(ask).accept(ask, &Frame { address: 1, command: 0x82, data: &data }.to_bytes())
    };
    let done = Accepted::Reply(Reply::Done);
    assert_eq!(write(&write_word_2(), "3000", UII), done);
    assert_eq!(write(&write_word_2(), "3000", "81045300185304406C0E0000"), done);
    assert_eq!(write(&write_word_2(), "3000", "81045300185304406C0E0001"), Accepted::No);
    let pc = |pc| Ask::Write { of: uii(), bank: MemoryBank::Epc, word: 1, words: vec![pc] };
    assert_eq!(write(&pc(0x3107), "3107", UII), done);
    assert_eq!(write(&pc(0x2907), "2907", "01045300185304406C0E"), done, "one word shorter");
    assert_eq!(write(&pc(0x3907), "3907", "01045300185304406C0E00001234"), done, "one word longer");
    assert_eq!(write(&pc(0x3907), "3907", "01045300185304406C0E1111"), Accepted::No);
    let user = Ask::Write { of: uii(), bank: MemoryBank::User, word: 2, words: vec![0x8104] };
    assert_eq!(write(&user, "3000", "81045300185304406C0E0000"), Accepted::No);
}

/// covers: r2000.error
#[test]
fn every_error_is_a_no_or_may_be_a_lost_answer() {
    let inside = |code: u8| format!("0001 10 3000 01045300185304406C0E0000 FE2A {code:02X} 00 01");
    for code in 0x20..=0x57 {
        let is_no = matches!(code, 0x20..=0x25 | 0x40..=0x4F | 0x51 | 0x55 | 0x56);
        let refusal = Refusal { status: code, tag: None, block: None, is_locked: code == 0x40 };
        let reply = if is_no { Reply::Refused(refusal) } else { Reply::Missing };
        for data in [format!("{code:02X}"), inside(code)] {
            let told = matched(&write_word_2()).accept(&write_word_2(), &frame(0x82, &data));
            assert_eq!(told, Accepted::Reply(reply.clone()), "{data}");
        }
    }
    let mut reader = R2000::new();
    reader.encode(&Ask::Inventory);
    assert_eq!(reader.accept(&Ask::Inventory, &frame(0x8B, "36")), Accepted::Reply(Reply::Found(vec![])));
    assert_eq!(reader.accept(&Ask::Inventory, &frame(0x8B, "31")), Accepted::Reply(Reply::Missing));
    assert!(matches!(
        reader.accept(&Ask::Inventory, &frame(0x8B, "22")),
        Accepted::Reply(Reply::Refused(Refusal { status: 0x22, .. }))
    ));
}

/// covers: r2000.read-error (a second failure is a no, whatever was asked or lost between the two)
#[test]
fn a_read_that_fails_twice_is_refused() {
    let (ask, read) = (read_user(), hex("A0 0A FF 81 03 00 04 00000000 CF"));
    let words = "0001 18 3000 01045300185304406C0E0000 FE2A 0C02D99410040001 08 00 01";
    let mut reader = R2000::new();
    let mut told = |data: &str| {
        reader.encode(&Ask::Inventory);
        reader.encode(&ask);
        reader.accept(&ask, &frame(0x85, "10"));
        reader.accept(&ask, &frame(0x81, data))
    };
    assert_eq!(told("32"), Accepted::Go(read.clone()), "once");
    assert_eq!(told("36"), Accepted::Reply(Reply::Missing));
    assert!(matches!(told("32"), Accepted::Reply(Reply::Refused(Refusal { status: 0x32, .. }))));
    assert_eq!(told("32"), Accepted::Go(read.clone()), "anew");
    assert!(matches!(told(words), Accepted::Reply(Reply::Words(_))));
    assert_eq!(told("32"), Accepted::Go(read), "it was read meanwhile");
}

#[test]
fn firmware_without_sessions_is_asked_in_the_other_way() {
    let mut reader = R2000::new();
    assert_eq!(reader.encode(&Ask::Inventory), hex("A0 06 FF 8B 00 00 01 CF"));
    let go = Accepted::Go(hex("A0 04 FF 89 01 D3"));
    assert_eq!(reader.accept(&Ask::Inventory, &frame(0x8B, "11")), go);
    assert_eq!(reader.encode(&Ask::Inventory), hex("A0 04 FF 89 01 D3"));
    assert!(matches!(reader.accept(&Ask::Inventory, &frame(0x89, "11")), Accepted::Reply(Reply::Missing)));
}

#[test]
fn the_reader_tells_its_version() {
    let identity = Identity { model: "R2000 (A0)".into(), firmware: "8.2".into() };
    let told = R2000::new().accept(&Ask::Identify, &frame(0x72, "08 02"));
    assert_eq!(told, Accepted::Reply(Reply::Reader(identity)));
    assert_eq!(R2000::new().accept(&Ask::Identify, &frame(0x72, "08")), {
        let refusal = Refusal { status: 8, tag: None, block: None, is_locked: false };
        Accepted::Reply(Reply::Refused(refusal))
    });
    assert_eq!(R2000::new().encode(&Ask::SetPower { centi_dbm: 2_650 }), hex("A0 04 FF 66 1A DD"));
}

fn any_u8() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    (any_u8(), any_u8(), proptest::collection::vec(any_u8(), 1..90))
        .prop_map(|(address, command, data)| Frame { address, command, data: &data }.to_bytes())
}

#[test]
fn framing() {
    framing::any_chunking_gives_the_same_frames::<Answers>(frames());
    framing::garbage_around_good_frames_loses_none::<Answers>(frames());
    framing::any_chunking_gives_the_same_frames::<Requests>(frames());
    framing::garbage_around_good_frames_loses_none::<Requests>(frames());
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decoders_are_total(command in any_u8(), data in proptest::collection::vec(any_u8(), 0..80), word in any::<u16>()) {
        drop(Command::parse(&Frame { address: 1, command, data: &data }));
        drop(Told::parse(&data));
        if let Some(access) = Access::parse(&data) {
            let _told = (access.words(), access.written());
        }
        for ask in [
            Ask::Probe, Ask::Prepare { step: 0 }, Ask::Identify, Ask::Inventory, read_user(),
            Ask::Write { of: uii(), bank: MemoryBank::Epc, word, words: vec![word, word] },
            Ask::SetPower { centi_dbm: word },
        ] {
            let mut reader = R2000::new();
            let first = reader.encode(&ask)[3];
            drop(reader.accept(&ask, &frame(0x85, "10")));
            for command in [command, first, 0x81, 0x82] {
                drop(reader.accept(&ask, &Frame { address: 1, command, data: &data }.to_bytes()));
            }
        }
    }
}
