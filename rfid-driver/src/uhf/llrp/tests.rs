use super::answer::{Device, Event, OpDone, OpResult, Status, TagReport};
use super::request::{Config, Fault, Request, SpecAct};
use super::spec::{AccessSpec, Act, Antenna, Op, ReportSpec, RoSpec, Target, Transmitter};
use super::*;
use crate::tag::parse_hex;
use crate::testing::framing;
use crate::uhf::Ask;
use proptest::prelude::*;

mod table;

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text).unwrap()
}

fn one(act: SpecAct, id: u32) -> Request {
    Request::RoSpec { act, id }
}

/// covers: llrp.message (every captured request without a spec, both ways)
#[test]
fn requests() {
    for (frame, id, request) in [
        ("0401 0000000B 00000000 00", 0, Request::GetCapabilities { what: 0 }),
        ("0440 0000000A 00000008", 8, Request::EnableEventsAndReports),
        ("0429 0000000E 00000009 000001AF", 9, Request::AccessSpec { act: SpecAct::Delete, id: 431 }),
        ("0415 0000000E 0000000B 00000001", 11, one(SpecAct::Delete, 1)),
        ("0418 0000000E 00000011 00000001", 17, one(SpecAct::Enable, 1)),
        ("040E 0000000A 00000023", 35, Request::CloseConnection),
    ] {
        let bytes = hex(frame);
        assert_eq!(request.to_bytes(id), bytes, "{request:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        let message = Message::parse(&bytes).unwrap();
        assert_eq!((Request::parse(&message), message.id), (Ok(request), id));
    }
    assert_eq!(Request::CloseConnection.to_bytes(0), FAREWELL);
}

/// As the client pyllrp 3.1.1 packs them.
#[test]
fn requests_are_those_of_an_independent_program() {
    let events = Config { events: vec![(2, true)], keepalive: Some(Some(5000)), ..Config::default() };
    for (frame, request) in [
        (
            "0403 0000001F 00000007 00 00F4 000B 00F5 0007 0002 80 00DC 0009 01 00001388",
            Request::SetConfig(events),
        ),
        ("0402 00000011 00000007 0000 01 0000 0000", Request::GetConfig { antenna: 0, what: 1 }),
        ("043C 0000000A 00000007", Request::GetReport),
        ("0416 0000000E 00000007 00000001", one(SpecAct::Start, 1)),
        ("0417 0000000E 00000007 00000002", one(SpecAct::Stop, 2)),
        ("042A 0000000E 00000007 00000003", Request::AccessSpec { act: SpecAct::Enable, id: 3 }),
    ] {
        assert_eq!(request.to_bytes(7), hex(frame), "{request:?}");
        assert_eq!(Request::parse(&Message::parse(&hex(frame)).unwrap()), Ok(request));
    }
}

/// covers: llrp.spec (captured; its C1G2RFControl is not kept)
#[test]
fn a_captured_rospec() {
    let captured = hex(
        "0414 0000005C 0000000F 00B1 0052 00000001 00 00 00B2 0012 00B3 0005 01 00B6 0009 01 00000BB8
         00B7 0036 0001 0001 00B8 0009 00 00000000 00BA 0025 04D2 01 00DE 001E 0001 014A 0018 00 014F 0008 0000 0000
         0150 000B 40 0001 00000000",
    );
    let spec = RoSpec {
        id: 1,
        is_immediate: true,
        duration: Some(3000),
        antennas: vec![1],
        settings: vec![Antenna { id: 1, transmitter: None, session: Some(1), population: 1 }],
        report: None,
    };
    let message = Message::parse(&captured).unwrap();
    assert_eq!(Request::parse(&message), Ok(Request::AddRoSpec(spec)));
}

/// covers: llrp.spec (captured, both ways)
#[test]
fn captured_access_specs() {
    let spec = |ops| AccessSpec {
        id: 431,
        antenna: 1,
        rospec: 1,
        stop: (0, 1),
        targets: vec![Target::bytes(1, 32, &[0x0B])],
        ops,
        report: Some(0),
    };
    let head = "00CF 00XX 000001AF 0001 01 00 00000001 00D0 0007 00 0001 00D1 00YY 0152 0011 0153 000D 60 0020 0008 FF 0008 0B";
    let read = "0155 000F 006F 00000000 C0 0000 0010 00EF 0005 00";
    let write = "015B 0011 006F 00000000 00 0003 0001 0021 00EF 0005 00";
    for (id, (kind, whole, command), tail, op) in [
        (0x68F, ("0428 0000004A", "40", "24"), read, Op { id: 111, bank: 3, word: 0, act: Act::Read(16) }),
        (
            0x662,
            ("0428 0000004C", "42", "26"),
            write,
            Op { id: 111, bank: 0, word: 3, act: Act::BlockWrite(vec![0x21]) },
        ),
    ] {
        let frame =
            hex(&format!("{kind} {id:08X} {} {tail}", head.replace("XX", whole).replace("YY", command)));
        let request = Request::AddAccessSpec(spec(vec![op]));
        assert_eq!(request.to_bytes(id), frame);
        assert_eq!(Request::parse(&Message::parse(&frame).unwrap()), Ok(request));
    }
}

/// covers: llrp.status (captured, both ways)
#[test]
fn captured_responses() {
    let invalid =
        Status { code: 101, text: "LLRP [409] : //AccessSpecID : invalid".into(), field: Some((1, 300)) };
    for (frame, kind, status) in [
        ("041E 00000012 0000000F 011F 0008 0000 0000", 30, Status::of(0, "")),
        ("0404 00000012 00000023 011F 0008 0000 0000", 4, Status::of(0, "")),
        (
            "0433 0000003F 00000009 011F 0035 0065 0025
             4C4C5250 205B3430 395D203A 202F2F41 63636573 73537065 63494420 3A20696E 76616C69 64
             0120 0008 0001 012C",
            51,
            invalid,
        ),
    ] {
        let bytes = hex(frame);
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()));
        assert_eq!((message.kind, Status::parse(&message)), (kind, Some(status.clone())));
        assert_eq!(answer::response(kind, message.id, &status, &[]), bytes);
    }
}

/// covers: llrp.greeting (captured, and the same that turns a host away)
#[test]
fn greetings() {
    let welcome = hex("043F 00000020 3AFB30A7 00F6 0016 0080 000C 00058880119F8EAD 0100 0006 0000");
    let message = Message::parse(&welcome).unwrap();
    let event = Event { connection: Some(0), rospec: None };
    assert_eq!(Event::parse(&message), Some(event));
    assert_eq!(event.to_bytes(message.id, 1_557_458_516_414_125), welcome);
    assert_eq!(greeting(&welcome), Greeting::Welcome);
    for n in 0..10 {
        assert_eq!(greeting(&welcome[..n]), Greeting::Short { missing: 10 - n });
    }
    assert_eq!(greeting(&welcome[..20]), Greeting::Short { missing: 12 });
    for status in 1..=3 {
        let mut taken = welcome.clone();
        taken[31] = status;
        assert_eq!(greeting(&taken), Greeting::Taken);
    }
    assert_eq!(greeting(b"HTTP/1.1 400 Bad Request"), Greeting::Foreign);
}

/// covers: llrp.report, llrp.tv (captured, both ways)
#[test]
fn captured_reports() {
    let tag = |uii: &str, first_seen, results| TagReport {
        uii: hex(uii),
        antenna: Some(1),
        rssi: Some(-68),
        first_seen: Some(first_seen),
        results,
        ..TagReport::default()
    };
    let words = "9D22038A4B44A2E4D3A6623484AE999C21487158 6D7EC4FCC32A2987FA6B52AB";
    let result = |result, done| vec![OpResult { op: 111, result, done }];
    let (old, new) = ("0B7F 0000000000000051 0238", "0B03 0000000000000051 0238");
    for (frame, report) in [
        (
            "043D 00000029 3AFB30B6 00F0 001F 8D 0B7F00000000000000510238 81 0001 86 BC 82 00058880194BA9D5".to_owned(),
            tag(old, 0x0005_8880_194B_A9D5, vec![]),
        ),
        (
            "043D 00000032 3AFB3705 00F0 0028 8D 0B0300000000000000510238 81 0001 86 BC 82 00058880198392A9
             015D 0009 02 006F 0000"
                .to_owned(),
            tag(new, 0x0005_8880_1983_92A9, result(2, OpDone::Read(vec![]))),
        ),
        (
            format!(
                "043D 00000052 3AFB3706 00F0 0048 8D 0B0300000000000000510238 81 0001 86 BC 82 000588801983AB7E
                 015D 0029 00 006F 0010 {words}"
            ),
            tag(new, 0x0005_8880_1983_AB7E, result(0, OpDone::Read(hex(words)))),
        ),
        (
            "043D 00000032 3AFB36ED 00F0 0028 8D 0B0300000000000000510238 81 0001 86 BC 82 00058880197FBDDD
             0162 0009 00 006F 0001"
                .to_owned(),
            tag(new, 0x0005_8880_197F_BDDD, result(0, OpDone::BlockWrote(1))),
        ),
    ] {
        let bytes = hex(&frame);
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(answer::reports(&message), Some(vec![report.clone()]));
        assert_eq!(answer::report(message.id, &[report]), bytes);
    }
    let empty = hex("043D 0000000A 3AFB30A8");
    assert_eq!(answer::reports(&Message::parse(&empty).unwrap()), Some(vec![]));
    // A vendor's own parameter behind what is known.
    let custom = hex(
        "043D 0000003A 00000000 00F0 0030 00F1 0016 0080 85047000049050503155303400702300 81 0001 86 B7 8C 4400
         03FF 000E 00005E95 00000038 0016",
    );
    let reports = answer::reports(&Message::parse(&custom).unwrap()).unwrap();
    assert_eq!((reports[0].pc, reports[0].rssi, reports[0].uii.len()), (Some(0x4400), Some(-73), 16));
}

/// The beginning of a captured answer: a Speedway with 42 sensitivities, here one.
#[test]
fn a_captured_reader_of_itself() {
    let body = "011F 0008 0000 0000 0089 0023 0004 4000 0000651A 001E886A 0009 352E322E312E323430 008B 0008 0001 0000";
    let body = hex(body);
    let message = Message { version: 1, kind: 11, id: 0, body: &body };
    let device = Device { maker: 25_882, model: 2_001_002, firmware: "5.2.1.240".into() };
    assert_eq!(Device::parse(&message), Some(device));
    let table = hex("008F 0020 0024 0005 0090 0018 0091 0008 0001 03E8 0091 0008 005B 0CB2 0092 0004");
    let message = Message { version: 1, kind: 11, id: 0, body: &table };
    assert_eq!(answer::powers(&message), [(1, 1000), (91, 3250)]);
}

#[test]
fn what_is_no_message_is_bad_at_its_first_byte() {
    for (bytes, look) in [
        ("", Look::Short),
        ("04", Look::Short),
        ("043D 0000", Look::Short),
        ("043D 00000009", Look::Bad),
        ("043D 00010001", Look::Bad),
        ("043D 7FFFFFFF", Look::Bad),
        ("043D 0000000B 00000000", Look::Short),
        ("083D 0000000A 00000000", Look::Whole(10)),
        ("0C3D", Look::Bad),
        ("0005", Look::Bad),
        ("0405", Look::Bad),
        ("24", Look::Bad),
    ] {
        assert_eq!(Answers::look(&hex(bytes)), look, "{bytes}");
    }
    assert_eq!(Requests::look(&hex("0405 0000000A 00000000")), Look::Whole(10), "it is refused by name");
}

#[test]
fn what_is_not_known_is_refused_by_number() {
    let fault = |bytes: &str| Request::parse(&Message::parse(&hex(bytes)).unwrap()).unwrap_err();
    assert_eq!(fault("07FF 0000000F 00000000 0000651A 15"), Fault(109));
    assert_eq!(fault("0815 0000000E 00000000 00000001"), Fault(110));
    assert_eq!(fault("0415 0000000D 00000000 000001"), Fault(100));
    assert_eq!(fault("0414 0000000E 00000000 00B1 0004"), Fault(100));
    assert_eq!(fault("0428 0000000E 00000000 00CF 0004"), Fault(100));
}

fn transmitters() -> impl Strategy<Value = Option<Transmitter>> {
    let transmitter = any::<(u16, u16, u16)>().prop_map(|(hop_table, channel, power)| Transmitter {
        hop_table,
        channel,
        power,
    });
    proptest::option::of(transmitter)
}

fn rospecs() -> impl Strategy<Value = RoSpec> {
    let antenna = (any::<u16>(), transmitters(), 0_u8..4, any::<u16>()).prop_map(
        |(id, transmitter, session, population)| Antenna {
            id,
            transmitter,
            session: Some(session),
            population,
        },
    );
    let report = (0_u8..3, any::<u16>(), any::<u16>(), any::<u8>())
        .prop_map(|(trigger, n, content, memory)| ReportSpec { trigger, n, content, memory });
    let settings = proptest::collection::vec(antenna, 0..3);
    let antennas = proptest::collection::vec(any::<u16>(), 0..4);
    (
        any::<u32>(),
        any::<bool>(),
        proptest::option::of(any::<u32>()),
        antennas,
        settings,
        proptest::option::of(report),
    )
        .prop_map(|(id, is_immediate, duration, antennas, settings, report)| RoSpec {
            id,
            is_immediate,
            duration,
            antennas,
            settings,
            report,
        })
}

fn answer_frames() -> impl Strategy<Value = Vec<u8>> {
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    (proptest::sample::select(answer::KINDS), any::<u32>(), body)
        .prop_map(|(kind, id, body)| Message { version: 1, kind, id, body: &body }.to_bytes())
}

/// What comes in pieces is the same. Nothing is asked of garbage: after it the connection is made anew.
#[test]
fn framing() {
    framing::any_chunking_gives_the_same_frames::<Answers>(answer_frames());
    framing::any_chunking_gives_the_same_frames::<Requests>(answer_frames());
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn rospecs_are_read_as_they_are_written(spec in rospecs(), id in any::<u32>()) {
        let bytes = Request::AddRoSpec(spec.clone()).to_bytes(id);
        prop_assert_eq!(Request::parse(&Message::parse(&bytes).unwrap()), Ok(Request::AddRoSpec(spec)));
    }

    #[test]
    fn decoders_are_total(
        kind in proptest::sample::select(answer::KINDS), wanted in 0_u16..80, id in 0_u32..6,
        body in proptest::collection::vec(any::<u8>(), 0..120), inner in proptest::sample::select(&[240_u16, 246, 287, 177, 207, 137][..]),
    ) {
        let tlv = parameter::Tlv::new(inner).bytes(&body).into_bytes();
        for body in [&body, &tlv] {
            drop(Request::parse(&Message { version: 1, kind: wanted, id, body }));
            let message = Message { version: 1, kind, id, body };
            drop((Status::parse(&message), Event::parse(&message), Device::parse(&message), answer::reports(&message), answer::powers(&message)));
            for ask in [Ask::Probe, Ask::Prepare { step: 1 }, Ask::Identify, Ask::Inventory, table::read(1), table::write(&[1]), Ask::SetPower { centi_dbm: 2000 }] {
                let mut host = Llrp::new();
                crate::dialogue::Protocol::encode(&mut host, &ask);
                drop(crate::dialogue::Protocol::accept(&mut host, &ask, &message.to_bytes()));
            }
        }
    }
}
