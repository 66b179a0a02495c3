use super::host::Mercury;
use super::*;
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::tag::{Tid, parse_hex};
use crate::testing::framing;
use crate::uhf::{Ask, Epc, Filter, MemoryBank, Reply, Sighting};
use proptest::prelude::*;

mod module;

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text).unwrap()
}

fn epc(pc_and_uii: &str) -> Epc {
    Epc::reported(&hex(pc_and_uii)).unwrap()
}

fn whole(mask: &str) -> Selection {
    let mask = hex(mask);
    Selection { bank: MemoryBank::Epc, bit: None, n_bits: u16::try_from(mask.len() * 8).unwrap(), mask }
}

/// covers: mercury.frame, mercury.command, mercury.select (captured and published commands, both ways)
#[test]
fn commands() {
    let write_epc = |of, epc: &str| Command::WriteEpc { timeout_ms: 1000, of, epc: hex(epc) };
    for (frame, command) in [
        ("FF 00 03 1D0C", Command::Version),
        ("FF 00 67 1D68", Command::Region),
        ("FF 01 62 00 BEBD", Command::Power),
        ("FF 02 93 0005 517D", Command::SetProtocol(5)),
        ("FF 01 61 05 BDB8", Command::Antennas),
        ("FF 03 91 02 0101 42C5", Command::SetSearchList(vec![(1, 1)])),
        (
            "FF 08 22 88 10 0013 01F4 2FFF 85A8",
            Command::Search { is_multi_select: true, flags: 0x13, timeout_ms: 500, metadata: Some(0x2FFF) },
        ),
        ("FF 03 29 2FFF 00 DEAF", Command::Buffer { metadata: 0x2FFF }),
        ("FF 00 2A 1D25", Command::ClearBuffer),
        ("FF 11 23 03E8 88 00 00 0123456789ABCDEF01234567 8B80", write_epc(None, "0123456789ABCDEF01234567")),
        (
            "FF 1A 23 03E8 01 00000000 60 0123456789ABCDEF01234567 ABABABABABAB 2E5E",
            write_epc(Some(whole("0123456789ABCDEF01234567")), "ABABABABABAB"),
        ),
        (
            "FF 0A 24 03E8 00 00000000 03 00EE 589D",
            Command::WriteData {
                timeout_ms: 1000,
                of: None,
                bank: MemoryBank::User,
                word: 0,
                words: vec![0xEE],
            },
        ),
        ("FF 04 06 0001C200 A460", Command::SetBaud(115_200)),
        ("FF 02 6B 0500 3A6F", Command::Session),
        ("FF 01 97 01 4BBC", Command::SetRegion(1)),
        ("FF 01 97 06 4BBB", Command::SetRegion(6)),
        ("FF 00 04 1D0B", Command::Boot),
        ("FF 03 91 00 0101 6287", Command::SetAccessPair(1, 1)),
    ] {
        let bytes = hex(frame);
        assert_eq!(command.to_bytes(), bytes, "{command:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Command::parse(&Frame::parse(&bytes).unwrap()), Ok(command));
    }
    // Published, and of no use to a pad.
    let unknown = hex("FF 00 65 1D6A");
    assert_eq!(Requests::look(&unknown), Look::Whole(5));
    assert_eq!(Command::parse(&Frame::parse(&unknown).unwrap()), Err(Fault::Opcode));
}

/// covers: mercury.command, mercury.select (what is published without its frame: the bytes between opcode and CRC)
#[test]
fn data_of_commands() {
    let of = |bank, bit, mask: &str| {
        let mask = hex(mask);
        Some(Selection { bank, bit, n_bits: u16::try_from(mask.len() * 8).unwrap(), mask })
    };
    let read = |of, has_metadata| Command::ReadData {
        timeout_ms: 100,
        of,
        has_metadata,
        bank: MemoryBank::Tid,
        word: 2,
        n: 6,
    };
    let write =
        |of| Command::WriteData { timeout_ms: 100, of, bank: MemoryBank::Epc, word: 1, words: vec![0x3507] };
    let uii = "01045300";
    for (data, command) in [
        (
            "0000 01 22 0000 05 07 22 10 001B 03E8 01FF",
            Command::Start { flags: 0x1B, timeout_ms: 1000, metadata: 0x1FF },
        ),
        ("0000 02", Command::Stop),
        (
            "00 0000 03E8",
            Command::Search { is_multi_select: false, flags: 0, timeout_ms: 1000, metadata: None },
        ),
        ("0064 00 02 00000002 06", read(None, false)),
        ("0064 10 0000 02 00000002 06", read(None, true)),
        ("0064 01 02 00000002 06 00000000 20 01045300", read(Some(whole(uii)), false)),
        ("0064 11 0000 02 00000002 06 00000000 20 01045300", read(Some(whole(uii)), true)),
        (
            "0064 02 02 00000002 06 00000000 00000000 20 01045300",
            read(of(MemoryBank::Tid, Some(0), uii), false),
        ),
        (
            "0064 04 00000001 01 00000000 00000020 20 01045300 3507",
            write(of(MemoryBank::Epc, Some(0x20), uii)),
        ),
        (
            "0064 03 00000001 01 00000000 00000020 20 01045300 3507",
            write(of(MemoryBank::User, Some(0x20), uii)),
        ),
        ("0064 01 00000001 01 00000000 20 01045300 3507", write(Some(whole(uii)))),
        ("05 00 00", Command::SetSession(0)),
        ("07D0", Command::SetReadPower(2000)),
    ] {
        let data = hex(data);
        let frame = Frame { opcode: command.opcode(), data: &data };
        assert_eq!(command.to_bytes(), frame.to_bytes(), "{command:?}");
        assert_eq!(Command::parse(&frame), Ok(command));
    }
    let long = Some(Selection { n_bits: 496, ..whole(&"A5".repeat(62)) });
    let command = write(long);
    let frame = command.to_bytes();
    assert_eq!(frame[3..16], hex("0064 21 00000001 01 00000000 01")[..]);
    assert_eq!(Command::parse(&Frame::parse(&frame).unwrap()), Ok(command));
    for (opcode, data) in
        [(0x28, "0064 01 02 00000002 06 00000000 20 0104"), (0x24, "0064 00 00000001 01"), (0x22, "01")]
    {
        assert_eq!(
            Command::parse(&Frame { opcode, data: &hex(data) }),
            Err(Fault::Parameter),
            "{opcode:02X}"
        );
    }
}

/// covers: mercury.status (captured and published answers, both ways)
#[test]
fn answers() {
    for (frame, opcode, status, data) in [
        (
            "FF 14 03 0000 12120013 18000001 20190830 01090040 00000010 E1AC",
            0x03,
            0,
            "12120013 18000001 20190830 01090040 00000010",
        ),
        ("FF 01 67 0000 06 B487", 0x67, 0, "06"),
        ("FF 00 93 0000 371A", 0x93, 0, ""),
        ("FF 03 61 0000 05 0101 61DE", 0x61, 0, "050101"),
        ("FF 04 22 0000 88 10 00 01 FBA9", 0x22, 0, "88100001"),
        ("FF 00 23 0000 90C1", 0x23, 0, ""),
        ("FF 01 0C 0000 12 6343", 0x0C, 0, "12"),
    ] {
        let bytes = hex(frame);
        let answer = Answer { opcode, status: Status(status), data: hex(data) };
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Answer::parse(&bytes), Some(answer.clone()), "{frame}");
        assert_eq!(answer.to_bytes(), bytes, "{frame}");
    }
    for frame in ["FF 01 67 0000 06 B488", "FF 00 93 0800 371A", "FE 00 93 0000 371A"] {
        assert_eq!(Answers::look(&hex(frame)), Look::Bad, "{frame}");
    }
}

/// covers: mercury.record, mercury.buffer
#[test]
fn records() {
    let library = "FF 2A 29 0000 2FFF 00 01 03 C4 11 0E1640 00000027 002A 05 0000 00 04 00 00 00 0080 3000 \
                   01045300185304406C0E0000 1234 5EFC";
    let answer = Answer::parse(&hex(library)).unwrap();
    let sighting = |tag: &str| Sighting { epc: epc(tag), rssi: Some(-60), antenna: Some(1) };
    let tag = sighting("3000 01045300185304406C0E0000");
    assert_eq!(answer::buffer(&answer.data), Some(vec![tag.clone()]));
    let streamed = "FF 28 22 0000 10 001B 01FF 01 01 C4 11 0E1640 00000127 0000 05 0000 0F 0080 3000 \
                    000000000000000000001545 E94A 561D";
    let answer = Answer::parse(&hex(streamed)).unwrap();
    let (Record(found), rest) = Record::parse(0x1FF, &answer.data[6..]).unwrap();
    assert_eq!((found.clone(), rest), (sighting("3000 000000000000000000001545"), &[][..]));
    assert_eq!(found.epc.bank().crc(), 0xE94A);
    for flags in [0, 6, 0x1FF, 0x2FFF, 0x3FFF] {
        let bytes = [Record(tag.clone()).to_bytes(flags), hex("0102")].concat();
        let (Record(found), rest) = Record::parse(flags, &bytes).unwrap();
        assert_eq!((&found.epc, rest), (&tag.epc, &[1, 2][..]), "{flags:04X}");
        assert!((0..bytes.len() - 2).all(|n| Record::parse(flags, &bytes[..n]).is_none()), "{flags:04X}");
    }
    let with_data = hex("0020 11223344 0080 3000 01045300185304406C0E0000 1234");
    assert_eq!(Record::parse(0x80, &with_data).unwrap().0.0.epc, tag.epc);
    let failed = hex("8000 0423 0080 3000 01045300185304406C0E0000 1234");
    assert_eq!(Record::parse(0x80, &failed).unwrap().0.0.epc, tag.epc);
    let typed = hex("81 82 03 0080 3000 01045300185304406C0E0000 1234");
    assert_eq!(Record::parse(0x2000, &typed).unwrap().0.0.epc, tag.epc);
    assert_eq!(answer::buffer(&hex("0006 00 01")), None);
    assert_eq!(answer::buffer(&hex("0006 00 00 00")), None);
    assert_eq!(answer::buffer(&hex("0006 00 00")), Some(vec![]));
}

fn read(of: &Filter) -> Ask {
    Ask::Read { of: of.clone(), bank: MemoryBank::User, word: 0, n: 2 }
}

fn write(of: &Filter, n: usize) -> Ask {
    Ask::Write { of: of.clone(), bank: MemoryBank::Epc, word: 1, words: vec![0x1234; n] }
}

fn told(opcode: u8, status: u16, data: &str) -> Vec<u8> {
    Answer { opcode, status: Status(status), data: hex(data) }.to_bytes()
}

fn asked(ask: &Ask) -> Mercury {
    let mut module = Mercury::new();
    module.encode(ask);
    module
}

fn refused(status: u8, tag: Option<u8>) -> Accepted<Reply> {
    let is_locked = tag == Some(4);
    Accepted::Reply(Reply::Refused(Refusal { status, tag, block: None, is_locked }))
}

/// covers: mercury.status
#[test]
fn every_error_is_a_no_or_may_be_a_lost_answer() {
    let of = epc("3000 01045300185304406C0E0000").filter();
    for (status, no) in [
        (0x0100, refused(0x10, None)),
        (0x0101, refused(0x11, None)),
        (0x0105, refused(0x15, None)),
        (0x0409, refused(0x09, None)),
        (0x040B, refused(0x0B, None)),
        (0x0420, refused(0x20, Some(0))),
        (0x0423, refused(0x23, Some(3))),
        (0x0424, refused(0x24, Some(4))),
        (0x042B, refused(0x2B, Some(11))),
        (0x042F, refused(0x2F, Some(15))),
        (0x0500, refused(0x50, None)),
        (0x0503, refused(0x53, None)),
    ] {
        assert_eq!(asked(&write(&of, 1)).accept(&write(&of, 1), &told(0x24, status, "")), no, "{status:04X}");
        assert_eq!(asked(&read(&of)).accept(&read(&of), &told(0x28, status, "")), no, "{status:04X}");
    }
    for status in [0x0400, 0x0404, 0x0406, 0x040A, 0x0430, 0x0504, 0x0505, 0x7F00] {
        let missing = asked(&write(&of, 1)).accept(&write(&of, 1), &told(0x24, status, ""));
        assert_eq!(missing, Accepted::Reply(Reply::Missing), "{status:04X}");
    }
    let two = write(&of, 2);
    assert_eq!(asked(&two).accept(&two, &told(0x24, 0x0423, "")), Accepted::Reply(Reply::Missing));
    assert_eq!(asked(&two).accept(&two, &told(0x24, 0x0424, "")), refused(0x24, Some(4)));
}

/// covers: mercury.read
#[test]
fn answers_to_others_are_not_taken() {
    let of = epc("3000 01045300185304406C0E0000").filter();
    let ask = read(&of);
    let mut module = asked(&ask);
    let streamed =
        "10 001B 01FF 01 01 C4 11 0E1640 00000127 0000 05 0000 0F 0080 3000 000000000000000000001545 E94A";
    for frame in [told(0x22, 0, streamed), told(0x22, 0x0400, ""), told(0x24, 0, ""), told(0x28, 0, "1234")] {
        assert_eq!(module.accept(&ask, &frame), Accepted::No, "{frame:02X?}");
    }
    assert_eq!(
        module.accept(&ask, &told(0x28, 0, "12345678")),
        Accepted::Reply(Reply::Words(hex("12345678")))
    );
    assert_eq!(module.accept(&ask, &told(0x28, 0, "12345678")), Accepted::No, "once");
}

/// covers: mercury.inventory
#[test]
fn an_inventory_fetches_until_all_were_told() {
    let ask = Ask::Inventory;
    let mut module = Mercury::new();
    let record = |at: u8| format!("C4 11 0040 1000 0{at}000000 0000");
    let expect_go = |accepted: Accepted<Reply>, opcode: u8| {
        let Accepted::Go(bytes) = accepted else { panic!("{accepted:?}") };
        assert_eq!(bytes[2], opcode);
    };
    assert_eq!(module.encode(&ask), hex("FF 00 2A 1D25"));
    expect_go(module.accept(&ask, &told(0x2A, 0, "")), 0x22);
    assert_eq!(module.accept(&ask, &told(0x2A, 0, "")), Accepted::No, "a second one");
    expect_go(module.accept(&ask, &told(0x22, 0, "00 0013 00000003")), 0x29);
    expect_go(module.accept(&ask, &told(0x29, 0, &format!("0006 00 02 {} {}", record(1), record(2)))), 0x29);
    let Accepted::Reply(Reply::Found(tags)) =
        module.accept(&ask, &told(0x29, 0, &format!("0006 00 01 {}", record(3))))
    else {
        panic!("not found")
    };
    let told_tags: Vec<_> = tags.iter().map(|tag| (tag.epc.uii()[0], tag.rssi, tag.antenna)).collect();
    assert_eq!(told_tags, [(1, Some(-60), Some(1)), (2, Some(-60), Some(1)), (3, Some(-60), Some(1))]);
    for (after, end, n) in [
        (&[(0x2A, "")][..], told(0x22, 0x0400, ""), 0),
        (&[(0x2A, ""), (0x22, "00 0013 02")], told(0x29, 0x0600, ""), 0),
        (&[(0x2A, ""), (0x22, "00 0013 02")], told(0x29, 0, "0006 00 00"), 0),
    ] {
        let mut module = asked(&ask);
        for (opcode, data) in after {
            assert!(matches!(module.accept(&ask, &told(*opcode, 0, data)), Accepted::Go(_)));
        }
        let Accepted::Reply(Reply::Found(tags)) = module.accept(&ask, &end) else { panic!("{end:02X?}") };
        assert_eq!(tags.len(), n);
    }
    let mut module = asked(&ask);
    module.accept(&ask, &told(0x2A, 0, ""));
    assert_eq!(module.accept(&ask, &told(0x22, 0x0503, "")), refused(0x53, None), "no antenna");
}

/// covers: mercury.version
#[test]
fn a_module_is_named() {
    let name = |hardware: &str| {
        let data = format!("12120013 {hardware} 20190830 01090040 00000010");
        let accepted = asked(&Ask::Identify).accept(&Ask::Identify, &told(0x03, 0, &data));
        let Accepted::Reply(Reply::Reader(Identity { model, firmware })) = accepted else {
            panic!("{accepted:?}")
        };
        (model, firmware)
    };
    assert_eq!(name("18000001"), ("ThingMagic M6e".into(), "01.09.00.40".into()));
    assert_eq!(name("30000001").0, "ThingMagic M6e Nano");
    assert_eq!(name("7700000F").0, "Mercury module 77");
    assert_eq!(asked(&Ask::Identify).accept(&Ask::Identify, &told(0x03, 0, "1212")), Accepted::No);
}

#[test]
fn probes_stop_first_and_leave_the_boot_loader() {
    let ask = Ask::Probe;
    let mut module = Mercury::new();
    let stop = module.encode(&ask);
    assert_eq!(stop, Command::Stop.to_bytes());
    assert_eq!(module.encode(&ask), Command::Version.to_bytes(), "one that cannot stop");
    for (first, status) in [(0x2F, 0), (0x2F, 0x0101), (0x2F, 0x0105), (0x03, 0)] {
        let mut module = Mercury::new();
        while module.encode(&ask)[2] != first {}
        assert_eq!(module.accept(&ask, &told(first, status, "")), Accepted::Go(Command::Program.to_bytes()));
        assert_eq!(module.accept(&ask, &told(0x0C, 0, "12")), Accepted::Reply(Reply::Done));
    }
    let mut module = asked(&ask);
    module.accept(&ask, &told(0x2F, 0, ""));
    assert_eq!(module.accept(&ask, &told(0x0C, 0, "11")), Accepted::Go(Command::Boot.to_bytes()));
    assert_eq!(module.accept(&ask, &told(0x04, 0, "")), Accepted::Reply(Reply::Done));
}

/// A region is set in a module without one, if it is known which; never changed.
#[test]
fn preparation() {
    let ask = |step| Ask::Prepare { step };
    let region = |mut module: Mercury, told_region: &str| {
        module.encode(&ask(0));
        module.accept(&ask(0), &told(0x67, 0, told_region))
    };
    assert_eq!(region(Mercury::new(), "06"), Accepted::Reply(Reply::Done));
    assert_eq!(region(Mercury::new().with_region(2), "06"), Accepted::Reply(Reply::Done));
    assert_eq!(region(Mercury::new().with_region(2), "00"), Accepted::Go(Command::SetRegion(2).to_bytes()));
    assert!(matches!(region(Mercury::new(), "00"), Accepted::Reply(Reply::Refused(_))));
    assert_eq!(asked(&ask(1)).accept(&ask(1), &told(0x93, 0, "")), Accepted::Reply(Reply::Done));
    assert_eq!(asked(&ask(2)).accept(&ask(2), &told(0x9B, 0, "")), Accepted::Reply(Reply::Done));
    for (ports, list) in [
        ("05 0101", vec![(1, 1)]),
        ("05 0101 0200 0301", vec![(1, 1), (3, 3)]),
        ("05 0100", vec![(1, 1)]),
        ("05", vec![(1, 1)]),
    ] {
        let mut module = asked(&ask(3));
        let set = Command::SetSearchList(list).to_bytes();
        assert_eq!(module.accept(&ask(3), &told(0x61, 0, ports)), Accepted::Go(set), "{ports}");
        assert_eq!(module.accept(&ask(3), &told(0x91, 0, "")), Accepted::Reply(Reply::Done));
    }
}

/// covers: mercury.select
#[test]
fn masks() {
    let mask = |filter: Filter| Mercury::new().encode(&read(&filter))[5..].to_vec();
    let tid = Tid::new(&hex("E2801160 0123456789ABCDEF")).unwrap();
    assert!(mask(Filter::Uii([].into())).starts_with(&hex("04 03 00000000 02 00000000 00000010 05 00")));
    assert!(mask(Filter::Uii([7; 4].into())).starts_with(&hex("01 03 00000000 02 00000000 20 07070707")));
    assert!(mask(Filter::Uii([7; 62].into())).starts_with(&hex("21 03 00000000 02 00000000 01F0 07")));
    assert!(mask(Filter::Tid(tid)).starts_with(&hex("02 03 00000000 02 00000000 00000000 60 E2801160")));
}

fn any_u8() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}

fn any_data() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any_u8(), 0..=255)
}

fn answer_frames() -> impl Strategy<Value = Vec<u8>> {
    let status = proptest::sample::select(&[0, 0x0101, 0x0400, 0x0424, 0x7F00][..]);
    (any_u8(), status, any_data())
        .prop_map(|(opcode, status, data)| Answer { opcode, status: Status(status), data }.to_bytes())
}

fn request_frames() -> impl Strategy<Value = Vec<u8>> {
    (any_u8(), any_data()).prop_map(|(opcode, data)| Frame { opcode, data: &data }.to_bytes())
}

#[test]
fn framing() {
    framing::any_chunking_gives_the_same_frames::<Answers>(answer_frames());
    framing::any_chunking_gives_the_same_frames::<Requests>(request_frames());
    framing::garbage_around_good_frames_loses_none::<Answers>(answer_frames());
    framing::garbage_around_good_frames_loses_none::<Requests>(request_frames());
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decoders_are_total(
        opcode in prop_oneof![any_u8(), proptest::sample::select(&[0x03, 0x22, 0x23, 0x24, 0x28, 0x29, 0x2F, 0x91][..])],
        data in any_data(), flags in proptest::num::u16::ANY, uii in proptest::collection::vec(any_u8(), 0..62),
    ) {
        if let Ok(command) = Command::parse(&Frame { opcode, data: &data }) {
            prop_assert!(command.to_bytes().len() <= MAX_FRAME_LEN);
        }
        drop(Record::parse(flags, &data));
        drop(answer::buffer(&data));
        let of = Filter::Uii(uii.into());
        for ask in [
            Ask::Probe, Ask::Prepare { step: 0 }, Ask::Prepare { step: 3 }, Ask::Identify, Ask::Inventory,
            read(&of), write(&of, 16), Ask::SetPower { centi_dbm: 2600 },
        ] {
            let mut module = Mercury::new();
            let first = module.encode(&ask);
            prop_assert!(first.len() <= MAX_FRAME_LEN);
            for opcode in [opcode, first[2], 0x22, 0x29] {
                let answer = Answer { opcode, status: Status::OK, data: data.clone() };
                drop(module.accept(&ask, &answer.to_bytes()));
            }
        }
    }
}
