use super::*;
use crate::dialogue::{Accepted, Protocol};
use crate::hf::Refusal;
use crate::tag::{Tid, parse_hex};
use crate::testing::framing;
use crate::uhf::{Ask, Epc, Filter, MemoryBank, Reply, UhfProtocol};
use proptest::prelude::*;

mod table;

const UII: &str = "01045300185304406C0E0000";
const INFORMATION_288: &str = "11 00 21 00 0016 0C 03 4E 00 1E 0A 01 00 00 00 E6 51";

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

fn answer(command: u8, status: u8, data: &str) -> Vec<u8> {
    Answer { address: 0, command, status: Status(status), data: &hex(data) }.to_bytes()
}

/// A reader that has told that it is a 288.
fn reader_288() -> Reader18 {
    let mut reader = Reader18::new();
    reader.encode(&Ask::Probe);
    assert_eq!(reader.accept(&Ask::Probe, &hex(INFORMATION_288)), Accepted::Reply(Reply::Done));
    reader
}

fn heard(uii: &str, antenna: Option<u8>, strength: Option<u8>) -> Heard {
    Heard { uii: hex(uii).into(), antenna, strength }
}

/// covers: reader18.frame, reader18.command, reader18.rounds (every published request, both ways)
#[test]
fn requests() {
    let (epc, password) = (Aim::Epc(hex(UII)), [0; 4]);
    let place = |bank, word| Place { bank, word };
    let rounds = Rounds { q: 15, session: 0, mask: None, course: Some([0, 0x80, 0x14]) };
    for (published, kind, address, command) in [
        ("04 FF 21 19 95", Kind::Single, BROADCAST, Command::Information),
        ("04 FF 01 1B B4", Kind::Single, BROADCAST, Command::Inventory { rounds: None }),
        (
            "0D FF 01 0F 00 01 000000 00 80 14 C0 3A",
            Kind::Multiple,
            BROADCAST,
            Command::Inventory { rounds: Some(rounds) },
        ),
        (
            "18 00 02 06 01045300185304406C0E0000 03 00 04 00000000 DA 7B",
            Kind::Single,
            0,
            Command::Read { aim: epc.clone(), place: place(MemoryBank::User, 0), n: 4, password },
        ),
        (
            "1A 00 03 01 06 01045300185304406C0E0000 01 02 8104 00000000 EE F0",
            Kind::Single,
            0,
            Command::Write { aim: epc, place: place(MemoryBank::Epc, 2), data: hex("8104"), password },
        ),
        ("05 00 2F 1A 56 72", Kind::Single, 0, Command::SetPower { dbm: 26 }),
    ] {
        let bytes = hex(published);
        let request = Request { address, command };
        assert_eq!(request.to_bytes(), bytes, "{request:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()), "{published}");
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!((frame.address, Command::parse(kind, &frame)), (address, Ok(request.command)));
    }
}

/// covers: reader18.command, reader18.rounds (what is not published as a whole frame)
#[test]
fn commands() {
    let mask = Mask::bytes(MemoryBank::Tid, &[0xE2, 0x80, 0x11]).unwrap();
    let part = Mask { bank: MemoryBank::Epc, first_bit: 0x20, n_bits: 12, bytes: vec![0x12, 0x30] };
    let place = Place { bank: MemoryBank::User, word: 3 };
    let (password, data) = ([1, 2, 3, 4], vec![5; 6]);
    let by_mask = || Aim::Mask(mask.clone());
    let rounds = |mask, course| Some(Rounds { q: 4, session: 1, mask, course });
    for (byte, command) in [
        (0x01, Command::Inventory { rounds: rounds(Some(part.clone()), Some([1, 0x83, 3])) }),
        (0x01, Command::Inventory { rounds: rounds(Some(part), None) }),
        (0x01, Command::Inventory { rounds: rounds(None, None) }),
        (0x02, Command::Read { aim: by_mask(), place, n: 120, password }),
        (0x03, Command::Write { aim: by_mask(), place, data, password }),
        (0x25, Command::SetScanTime { time: 3 }),
        (0x76, Command::SetWorkMode { mode: 1, details: None }),
    ] {
        let bytes = Request { address: 0, command: command.clone() }.to_bytes();
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!((bytes[2], Command::parse(Kind::Multiple, &frame)), (byte, Ok(command)));
    }
    let mode = Command::SetWorkMode { mode: 1, details: Some([2, 4, 0, 1, 0]) };
    let bytes = Request { address: 0, command: mode.clone() }.to_bytes();
    assert_eq!(Command::parse(Kind::Single, &Frame::parse(&bytes).unwrap()), Ok(mode));

    let parse = |kind, command, data: &str| {
        Command::parse(kind, &Frame { address: 0, command, data: &hex(data) }).unwrap_err()
    };
    for (kind, command, data, fault) in [
        (Kind::Single, 0x42, "", Fault::Unknown),
        (Kind::Single, 0x76, "00", Fault::Unknown),
        (Kind::Single, 0x01, "04 00", Fault::Length),
        (Kind::Multiple, 0x01, "", Fault::Length),
        (Kind::Multiple, 0x01, "10 00", Fault::Parameter),
        (Kind::Multiple, 0x01, "04 04", Fault::Parameter),
        (Kind::Multiple, 0x01, "04 00 00 84 03", Fault::Parameter),
        (Kind::Multiple, 0x01, "04 00 02 06", Fault::Length),
        (Kind::Single, 0x02, "01 0102 03 00 00 00000000", Fault::Parameter),
        (Kind::Single, 0x02, "01 0102 04 00 01 00000000", Fault::Parameter),
        (Kind::Single, 0x02, "10 0102 03 00 01 00000000", Fault::Parameter),
        (Kind::Single, 0x02, "FF 03 00 01 00000000 02 0000 08 E2", Fault::Parameter),
        (Kind::Multiple, 0x02, "FF 03 00 01 00000000 02 0000 10 E2", Fault::Length),
        (Kind::Single, 0x02, "02 0102", Fault::Length),
        (Kind::Single, 0x03, "02 01 0102 03 00 0001 000000", Fault::Length),
        (Kind::Single, 0x03, "00 01 0102 03 00 00000000", Fault::Parameter),
        (Kind::Single, 0x25, "02", Fault::Parameter),
        (Kind::Single, 0x2F, "1F", Fault::Parameter),
        (Kind::Single, 0x21, "00", Fault::Length),
    ] {
        assert_eq!(parse(kind, command, data), fault, "{command:02X} {data}");
    }
}

/// covers: reader18.inventory, reader18.status (every captured inventory)
#[test]
fn inventories() {
    let e313 = "000000000000000000000313";
    let e314 = "000000000000000000000314";
    for (captured, kind, tags) in [
        ("13 00 01 03 01 0C 000000000000000000000313 3F 39", Kind::Single, vec![heard(e313, None, None)]),
        (
            "20 00 01 03 02 0C 000000000000000000000313 0C 000000000000000000000314 9A C9",
            Kind::Single,
            vec![heard(e313, None, None), heard(e314, None, None)],
        ),
        (
            "15 00 01 03 01 01 0C 000000000000000000000313 6B B1 A5",
            Kind::Multiple,
            vec![heard(e313, Some(1), Some(0x6B))],
        ),
        (
            "15 00 01 03 04 01 0C 49440000000000000A000334 64 25 C0",
            Kind::Multiple,
            vec![heard("49440000000000000A000334", Some(3), Some(0x64))],
        ),
        (
            "0D 00 01 03 01 01 04 00323038 6D A3 D2",
            Kind::Multiple,
            vec![heard("00323038", Some(1), Some(0x6D))],
        ),
        ("07 00 01 01 01 00 1E 4B", Kind::Multiple, vec![]),
        (
            "23 00 01 03 01 02 0C 000000000000000000000313 6B 0C 000000000000000000000314 6C 70 F2",
            Kind::Multiple,
            vec![heard(e313, Some(1), Some(0x6B)), heard(e314, Some(1), Some(0x6C))],
        ),
    ] {
        let bytes = hex(captured);
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{captured}");
        let parsed = Answer::parse(&bytes).unwrap();
        assert_eq!((parsed.to_bytes(), parsed.command), (bytes.clone(), 0x01));
        assert_eq!(answer::heard(kind, parsed.data), Some(tags.clone()), "{captured}");
        let told: Vec<(Vec<u8>, u8)> =
            tags.iter().map(|tag| (tag.uii.to_vec(), tag.strength.unwrap_or(0))).collect();
        let antenna = tags.first().and_then(|tag| tag.antenna).unwrap_or(1);
        let built = answer::from_heard(kind, antenna, &told);
        assert_eq!(built.first().is_some_and(|data| data == parsed.data), !tags.is_empty(), "{captured}");
    }
    let damaged = hex("15 00 01 03 01 01 0C 000000000000000000000313 6B B1 A6");
    assert_eq!((Answers::look(&damaged), Answer::parse(&damaged)), (Look::Bad, None));
    for (kind, wrong) in [
        (Kind::Single, "01"),
        (Kind::Single, "01 02 01"),
        (Kind::Single, "01 02 0102 03"),
        (Kind::Single, "01 03 010203"),
        (Kind::Single, "02 02 0102"),
        (Kind::Multiple, "01"),
        (Kind::Multiple, "01 01 02 0102"),
    ] {
        assert_eq!(answer::heard(kind, &hex(wrong)), None, "{wrong}");
    }
}

/// covers: reader18.status (every other published answer)
#[test]
fn answers() {
    let refused =
        |tag, is_locked| Reply::Refused(Refusal { status: 0xFC, tag: Some(tag), block: None, is_locked });
    for (published, ask, reply) in [
        ("0D 00 02 00 0C02D99410040001 85 83", read_user(), Reply::Words(hex("0C02D99410040001"))),
        ("05 00 02 FB 9A 17", read_user(), Reply::Missing),
        ("05 00 03 00 1E 47", write_word_2(), Reply::Done),
        ("06 00 03 FC 04 F8 77", write_word_2(), refused(4, true)),
    ] {
        let bytes = hex(published);
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{published}");
        for mut reader in [Reader18::new(), reader_288()] {
            reader.encode(&ask);
            assert_eq!(reader.accept(&ask, &bytes), Accepted::Reply(reply.clone()), "{published}");
        }
    }
}

/// covers: reader18.information
#[test]
fn the_reader_tells_which_it_is() {
    let name = |data: &str| Information::parse(&hex(data)).map(|told| (told.name(), told.kind()));
    let of_288 = hex(INFORMATION_288);
    let told = Information::parse(Answer::parse(&of_288).unwrap().data).unwrap();
    assert_eq!((told.version, told.power, told.scan_time), ((0, 0x16), 30, 10));
    assert_eq!((told.name().as_str(), told.kind()), ("UHFReader288M", Kind::Multiple));
    assert_eq!(name("0224 09 03 31 80 1E 0A"), Some(("UHFReader18".into(), Kind::Single)));
    assert_eq!(name("0224 99 03 31 80 1E 0A 01"), Some(("UHFReader of type 99".into(), Kind::Multiple)));
    assert_eq!(name("0224 99 03 31 80 1E"), Some(("UHFReader of type 99".into(), Kind::Single)));
    assert_eq!(name("0224 99 03 31 80"), None);

    let mut reader = Reader18::new();
    assert_eq!(
        (reader.encode(&Ask::Inventory), reader.capabilities().by_tid),
        (hex("04 FF 01 1B B4"), false)
    );
    reader = reader_288();
    let counting = reader.encode(&Ask::Inventory);
    assert_eq!(counting[..12], hex("0D FF 01 04 00 01 000000 00 80 03"));
    assert!(reader.capabilities().by_tid);
    let Accepted::Reply(Reply::Reader(identity)) = reader.accept(&Ask::Identify, &of_288) else {
        panic!("no reader")
    };
    assert_eq!((identity.model.as_str(), identity.firmware.as_str()), ("UHFReader288M", "0.22"));
}

/// covers: reader18.pc (the PC word is asked for once, and again after it may have changed)
#[test]
fn pc_words_are_asked_for() {
    let mut reader = Reader18::new();
    let told = answer(0x01, 0x01, &format!("01 0C {UII}"));
    let question = "18 FF 02 06 01045300185304406C0E0000 01 01 01 00000000";
    let count = |reader: &mut Reader18| {
        reader.encode(&Ask::Inventory);
        reader.accept(&Ask::Inventory, &told)
    };
    let found = |pc| {
        let epc = Epc::new(crate::data::epc::Pc(pc), &hex(UII));
        Accepted::Reply(Reply::Found(vec![crate::uhf::Sighting { epc, rssi: None, antenna: None }]))
    };
    let nothing = Accepted::Reply(Reply::Found(vec![]));
    let asks = |accepted: &Accepted<Reply>| matches!(accepted, Accepted::Go(bytes) if bytes.starts_with(&hex(question)));
    assert!(asks(&count(&mut reader)));
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x02, 0xFB, "")), nothing, "not heard");
    assert!(asks(&count(&mut reader)));
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x02, 0, "2907")), nothing, "another tag's");
    assert!(asks(&count(&mut reader)));
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x02, 0, "3107")), found(0x3107));
    assert!(asks(&count(&mut reader)), "known, and asked again");
    assert_eq!(
        reader.accept(&Ask::Inventory, &answer(0x02, 0xFB, "")),
        found(0x3107),
        "not heard, but known"
    );
    assert!(asks(&count(&mut reader)));
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x02, 0, "31C2")), found(0x31C2), "written by another");
    reader.encode(&Ask::Write { of: uii(), bank: MemoryBank::Epc, word: 1, words: vec![0x31C2] });
    assert!(asks(&count(&mut reader)), "written");
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x02, 0, "31DA")), found(0x31DA));
    for _ in 0..3 {
        reader.encode(&Ask::Inventory);
        assert_eq!(reader.accept(&Ask::Inventory, &answer(0x01, 0xFB, "")), nothing);
    }
    assert!(asks(&count(&mut reader)), "it was away");
    assert_eq!(reader.silence(&Ask::Inventory), Some(Reply::Found(vec![])), "no answer at all");
    let empty = answer(0x01, 0x01, "01 00");
    reader.encode(&Ask::Inventory);
    assert!(matches!(
        reader.accept(&Ask::Inventory, &empty),
        Accepted::Reply(Reply::Found(found)) if found[0].epc == Epc::new(crate::data::epc::Pc(0), &[])
    ));
}

#[test]
fn no_command_is_for_whichever_tag_hears_it() {
    let refused = Refusal { status: 0xFF, tag: None, block: None, is_locked: false };
    let tid = Filter::Tid(Tid::new(&hex("E2801160 0102030405060708")).unwrap());
    let information = hex(INFORMATION_288);
    for of in [Filter::Uii(Box::new([])), tid.clone()] {
        let ask = Ask::Write { of, bank: MemoryBank::Epc, word: 2, words: vec![1] };
        let mut reader = Reader18::new();
        assert_eq!(reader.encode(&ask), hex("04 FF 21 19 95"), "{ask:?}");
        let reply = Accepted::Reply(Reply::Refused(refused));
        assert_eq!(reader.accept(&ask, &information), reply, "{ask:?}");
    }
    // Enum FF, and the mask behind all else.
    let ask = Ask::Write { of: tid, bank: MemoryBank::Epc, word: 2, words: vec![1] };
    let bytes = reader_288().encode(&ask);
    let expected = "1E FF 03 01 FF 01 02 0001 00000000 02 0000 60 E28011600102030405060708";
    assert_eq!(bytes[..bytes.len() - 2], hex(expected));
}

/// covers: reader18.status
#[test]
fn every_status_is_a_no_or_may_be_a_lost_answer() {
    for status in 1..=0xFF_u8 {
        let is_no = matches!(status, 5 | 0x0A..=0x0E | 0x13 | 0x14 | 0x19 | 0xF8 | 0xFD | 0xFF);
        let refusal = Refusal { status, tag: None, block: None, is_locked: false };
        let reply = if is_no { Reply::Refused(refusal) } else { Reply::Missing };
        let told = Reader18::new().accept(&write_word_2(), &answer(0x03, status, ""));
        assert_eq!(told, Accepted::Reply(reply), "{status:02X}");
    }
    let several = Ask::Write { of: uii(), bank: MemoryBank::User, word: 0, words: vec![1, 2] };
    for (ask, error, is_no) in [
        (write_word_2(), "03", true),
        (several, "03", false),
        (read_user(), "03", true),
        (write_word_2(), "0B", false),
        (write_word_2(), "0F", false),
        (write_word_2(), "00", false),
    ] {
        let command = if matches!(ask, Ask::Read { .. }) { 0x02 } else { 0x03 };
        let told = Reader18::new().accept(&ask, &answer(command, 0xFC, error));
        assert_eq!(matches!(told, Accepted::Reply(Reply::Refused(_))), is_no, "{ask:?} {error}");
        assert_eq!(matches!(told, Accepted::Reply(Reply::Missing)), !is_no, "{ask:?} {error}");
    }
}

#[test]
fn answers_to_others_are_not_taken() {
    let mut reader = Reader18::new();
    assert_eq!(reader.accept(&read_user(), &answer(0x02, 0, "0102")), Accepted::No, "fewer words");
    assert_eq!(reader.accept(&read_user(), &answer(0x03, 0, "")), Accepted::No, "a write's");
    assert_eq!(reader.accept(&read_user(), &answer(0x21, 0, "0224090331801E0A")), Accepted::No);
    assert_eq!(reader.accept(&write_word_2(), &answer(0x03, 0, "00")), Accepted::No);
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x02, 0, "3000")), Accepted::No);
    assert_eq!(reader.accept(&Ask::Inventory, &answer(0x01, 0x26, "01 0064 00000001")), Accepted::No);
    assert_eq!(reader.accept(&Ask::SetPower { centi_dbm: 2600 }, &answer(0x21, 0, "")), Accepted::No);
    assert_eq!(reader.encode(&Ask::SetPower { centi_dbm: 2_650 })[..4], hex("05 FF 2F 1A"));
}

fn any_u8() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}

fn frames(command: impl Strategy<Value = u8>) -> impl Strategy<Value = Vec<u8>> {
    (any_u8(), command, proptest::collection::vec(any_u8(), 1..250))
        .prop_map(|(address, command, data)| Frame { address, command, data: &data }.to_bytes())
}

#[test]
fn framing() {
    let answered = || proptest::sample::select(COMMANDS.as_slice());
    framing::any_chunking_gives_the_same_frames::<Answers>(frames(answered()));
    framing::garbage_around_good_frames_loses_none::<Answers>(frames(answered()));
    framing::any_chunking_gives_the_same_frames::<Requests>(frames(any_u8()));
    framing::garbage_around_good_frames_loses_none::<Requests>(frames(any_u8()));
}

/// An answer to what is never asked here is noise, and what is in it is found.
#[test]
fn answers_to_others_are_garbage() {
    let within = answer(0x01, 0xFB, "");
    let other = Frame { address: 0, command: 0x24, data: &within }.to_bytes();
    assert_eq!(framing::split::<Answers>(&other, &[]), (vec![within.clone()], other.len() - within.len()));
    assert_eq!(framing::split::<Requests>(&other, &[]).0, [other]);
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decoders_are_total(
        command in any_u8(), status in any_u8(), word in any::<u16>(),
        data in proptest::collection::vec(any_u8(), 0..80),
    ) {
        for kind in [Kind::Single, Kind::Multiple] {
            for command in [command, 0x01, 0x02, 0x03] {
                drop(Command::parse(kind, &Frame { address: 0, command, data: &data }));
            }
            drop(answer::heard(kind, &data));
        }
        let _told = Information::parse(&data);
        for ask in [
            Ask::Probe, Ask::Prepare { step: 0 }, Ask::Identify, Ask::Inventory, read_user(),
            Ask::Write { of: uii(), bank: MemoryBank::Epc, word, words: vec![word, word] },
            Ask::SetPower { centi_dbm: word },
        ] {
            for mut reader in [Reader18::new(), reader_288()] {
                let first = reader.encode(&ask)[2];
                for (command, status) in [(command, status), (first, status), (first, 0), (first, 1), (0x02, 0)] {
                    let answer = Answer { address: 0, command, status: Status(status), data: &data };
                    drop(reader.accept(&ask, &answer.to_bytes()));
                }
                drop(reader.silence(&ask));
            }
        }
    }
}
