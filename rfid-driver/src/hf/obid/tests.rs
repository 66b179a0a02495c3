use super::request::{ISO, RF_RESET};
use super::*;
use crate::dialogue::Protocol;
use crate::hf::{Ask, Refusal, Reply, Rest, Sighting, SystemInformation};
use crate::tag::{Afi, Dsfid, Uid, parse_hex};
use crate::testing::framing;
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text).unwrap()
}

fn uid() -> Uid {
    "E004010012345678".parse().unwrap()
}

fn any(command: Command) -> Request {
    Request { address: 255, form: Form::Standard, command }
}

/// covers: obid.frame, obid.command (every computed request, both ways)
#[test]
fn requests() {
    let target = Target::Addressed(uid());
    for (frame, command) in [
        ("06 FF 52 00 0F 6E", Command::BaudDetection),
        ("05 FF 65 E5 CB", Command::SoftwareVersion),
        ("05 FF 69 89 01", Command::RfReset),
        ("06 FF 6A 00 6D 16", Command::RfOnOff { antenna: 0 }),
        ("06 FF 6A 01 E4 07", Command::RfOnOff { antenna: 1 }),
        ("07 FF B0 01 00 1C 56", Command::Inventory { more: false }),
        ("07 FF B0 01 80 14 D2", Command::Inventory { more: true }),
        ("0F FF B0 25 01 E004010012345678 EA 22", Command::Select { uid: uid() }),
        ("0F FF B0 02 01 E004010012345678 AA 4A", Command::StayQuiet { uid: uid() }),
        ("0F FF B0 2B 01 E004010012345678 11 A3", Command::SystemInformation { target }),
        (
            "11 FF B0 23 01 E004010012345678 00 08 07 D6",
            Command::ReadBlocks { target, first: 0, n: 8, security: false },
        ),
        (
            "1A FF B0 24 01 E004010012345678 00 02 04 1C050091 141A99BE 8A DC",
            Command::WriteBlocks { target, first: 0, block_size: 4, bytes: hex("9100051C BE991A14") },
        ),
        ("10 FF B0 27 01 E004010012345678 C2 79 4F", Command::WriteAfi { target, afi: Afi::ON_LOAN }),
        ("10 FF B0 27 01 E004010012345678 07 D8 DE", Command::WriteAfi { target, afi: Afi::IN_STOCK }),
    ] {
        let bytes = hex(frame);
        assert_eq!(any(command.clone()).to_bytes(), bytes, "{command:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()));
        assert_eq!(Command::parse(&Frame::parse(&bytes).unwrap()), Ok(command));
    }
}

/// covers: obid.block-order (F-1 and F-2, the manual's own example)
#[test]
fn blocks_travel_reversed() {
    let target = Target::Addressed("E00700000147677E".parse().unwrap());
    let bytes = hex("01020304 11121314 21222324");
    let write = any(Command::WriteBlocks { target, first: 3, block_size: 4, bytes: bytes.clone() });
    let frame = hex("1E FF B0 24 01 E00700000147677E 03 03 04 04030201 14131211 24232221");
    assert_eq!(write.to_bytes()[..28], frame[..]);
    // As printed in the manual, with block 0.
    let f1 = hex("1E FF B0 24 01 E00700000147677E 00 03 04 04030201 14131211 24232221 7C 34");
    let f1_command = Command::WriteBlocks { target, first: 0, block_size: 4, bytes: bytes.clone() };
    assert_eq!(any(f1_command.clone()).to_bytes(), f1);
    assert_eq!(Command::parse(&Frame::parse(&f1).unwrap()), Ok(f1_command));
    let f2 = hex("17 00 B0 00 03 04 00 04030201 00 14131211 00 24232221 B4 5B");
    let ask = |lock_bits| Ask::Read { uid: uid(), first: 0, n: 3, lock_bits };
    let blocks = |locked| Some(Reply::Blocks { block_size: 4, bytes: bytes.clone(), locked });
    assert_eq!(Obid::new(255).accepted(&ask(false), &f2), blocks(vec![]));
    assert_eq!(Obid::new(255).accepted(&ask(true), &f2), blocks(vec![false; 3]));
}

/// covers: obid.status (every computed answer)
#[test]
fn answers() {
    let found = |rest| Reply::Found { tags: vec![Sighting { uid: uid(), dsfid: Some(Dsfid(6)) }], rest };
    let inventory = Ask::Inventory { more: false };
    let write = Ask::WriteAfi { uid: uid(), afi: Afi(7) };
    let blocks = || Ask::Write { uid: uid(), first: 4, block_size: 4, bytes: vec![0; 8] };
    let refused = |status, tag, block| {
        let is_locked = tag == Some(0x12);
        Reply::Refused(Refusal { status, tag, block, is_locked })
    };
    let system = SystemInformation {
        uid: uid(),
        dsfid: Some(Dsfid(6)),
        afi: Afi(7),
        block_size: 4,
        n_blocks: Some(28),
    };
    let h1 = hex("9100051C BE991A14 0201D014 0204B346 07441CB6 E2E335D6 830207AC C09EBAA0");
    for (frame, ask, reply) in [
        ("06 00 52 00 FC A8", Ask::Probe, Reply::Done),
        ("06 00 69 00 F6 FA", Ask::ResetField, Reply::Done),
        ("11 00 B0 00 01 03 06 E004010012345678 C7 91", inventory.clone(), found(Rest::Nothing)),
        ("11 00 B0 94 01 03 06 E004010012345678 A9 2F", inventory.clone(), found(Rest::More)),
        ("06 00 B0 01 5C 63", inventory, Reply::Found { tags: vec![], rest: Rest::Nothing }),
        ("06 00 B0 01 5C 63", write.clone(), Reply::Missing),
        ("06 00 B0 00 D5 72", write.clone(), Reply::Done),
        ("07 00 B0 95 12 60 DE", write.clone(), refused(0x95, Some(0x12), None)),
        ("07 00 B0 03 05 D3 F7", write, refused(0x03, None, None)),
        ("06 00 B0 00 D5 72", blocks(), Reply::Done),
        ("06 00 B0 00 D5 72", Ask::WriteDsfid { uid: uid(), dsfid: Dsfid(6) }, Reply::Done),
        ("07 00 B0 03 05 D3 F7", blocks(), refused(0x03, None, Some(5))),
        ("07 00 B0 95 12 60 DE", blocks(), refused(0x95, Some(0x12), None)),
        (
            "13 00 B0 00 06 E004010012345678 07 04 1C 01 4C 85",
            Ask::System { uid: uid() },
            Reply::System(system),
        ),
        (
            "30 00 B0 00 08 04 00 1C050091 00 141A99BE 00 14D00102 00 46B30402 00 B61C4407 00 D635E3E2 00 AC070283 \
             00 A0BA9EC0 BA CF",
            Ask::Read { uid: uid(), first: 0, n: 8, lock_bits: false },
            Reply::Blocks { block_size: 4, bytes: h1, locked: vec![] },
        ),
    ] {
        let bytes = hex(frame);
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Answer::parse(&bytes).unwrap().to_bytes(), bytes, "{frame}");
        assert_eq!(Obid::new(255).accepted(&ask, &bytes), Some(reply), "{frame}");
    }
}

/// covers: obid.command, obid.failing-block (what a pad asks when it writes, and the block that is told to be locked)
#[test]
fn writes_of_blocks_and_dsfid() {
    let bytes = hex("9100051C BE991A14");
    let write = Ask::Write { uid: uid(), first: 0, block_size: 4, bytes };
    let mut obid = Obid::new(255);
    assert_eq!(obid.encode(&write), hex("1A FF B0 24 01 E004010012345678 00 02 04 1C050091 141A99BE 8A DC"));
    let dsfid = Ask::WriteDsfid { uid: uid(), dsfid: Dsfid(6) };
    assert_eq!(obid.encode(&dsfid), hex("10 FF B0 29 01 E004010012345678 06 8C 86"));
    let answer = |status, data: &str| {
        Answer { form: Form::Standard, address: 0, command: ISO, status: Status(status), data: hex(data) }
            .to_bytes()
    };
    let refused = |block, is_locked, tag| {
        Some(Reply::Refused(Refusal { status: 0x95, tag: Some(tag), block: Some(block), is_locked }))
    };
    assert_eq!(obid.accepted(&write, &answer(0x95, "12 01")), refused(1, true, 0x12));
    assert_eq!(obid.accepted(&write, &answer(0x95, "10 01")), refused(1, false, 0x10));
    assert_eq!(obid.accepted(&write, &answer(0x00, "01")), None, "another shape");
    let read = Ask::Read { uid: uid(), first: 0, n: 2, lock_bits: true };
    assert_eq!(obid.encode(&read)[4], 0x09, "addressed, with lock bits");
    let locked = answer(0x00, "02 04 01 04030201 00 14131211");
    assert_eq!(
        obid.accepted(&read, &locked),
        Some(Reply::Blocks { block_size: 4, bytes: hex("01020304 11121314"), locked: vec![true, false] })
    );
}

/// covers: obid.cpr-limit
#[test]
fn four_tags_of_a_small_reader_may_hide_others() {
    let mut obid = Obid::new(0);
    let version = hex("0D 00 65 00 0205 00 00 50 0008 90 08");
    let Some(Reply::Reader(identity)) = obid.accepted(&Ask::Identify, &version) else {
        panic!("no identity")
    };
    assert_eq!((identity.model.as_str(), identity.firmware.as_str()), ("FEIG ID CPR.M02", "02.05"));
    let tags = |n: u8| {
        let data =
            [n].into_iter().chain((0..n).flat_map(|tag| [3, 6, 0xE0, 4, 1, 0, 0, 0, 0, tag])).collect();
        Answer { form: Form::Standard, address: 0, command: ISO, status: Status::OK, data }.to_bytes()
    };
    let rest = |obid: &mut Obid, n| match obid.accepted(&Ask::Inventory { more: false }, &tags(n)) {
        Some(Reply::Found { tags, rest }) => (tags.len(), rest),
        other => panic!("{other:?}"),
    };
    assert_eq!(rest(&mut obid, 3), (3, Rest::Nothing));
    assert_eq!(rest(&mut obid, 4), (4, Rest::Hidden));
    assert_eq!(rest(&mut Obid::new(0), 4), (4, Rest::Nothing));
}

#[test]
fn answers_to_others_are_not_taken() {
    let ok = hex("06 00 B0 00 D5 72");
    let write = Ask::WriteAfi { uid: uid(), afi: Afi(7) };
    assert_eq!(Obid::new(1).accepted(&write, &ok), None, "another address");
    assert_eq!(Obid::new(255).accepted(&Ask::ResetField, &ok), None, "another command");
    let system = hex("13 00 B0 00 06 E004010012345678 07 04 1C 01 4C 85");
    assert_eq!(Obid::new(255).accepted(&Ask::System { uid: Uid([0; 8]) }, &system), None, "another tag");
    assert_eq!(Obid::new(255).accepted(&write, &system), None, "another shape");
}

#[test]
fn sizes_that_count_from_0_are_understood() {
    let data = hex("06 E004010012345678 07 03 1B 01");
    let answer = Answer { form: Form::Standard, address: 0, command: ISO, status: Status::OK, data };
    let Some(Reply::System(system)) = Obid::new(0).accepted(&Ask::System { uid: uid() }, &answer.to_bytes())
    else {
        panic!("no system information")
    };
    assert_eq!((system.block_size, system.n_blocks), (4, Some(28)));
}

#[test]
fn a_long_answer_goes_in_the_advanced_form() {
    let answer =
        Answer { form: Form::Standard, address: 0, command: ISO, status: Status::OK, data: vec![7; 400] };
    let bytes = answer.to_bytes();
    assert_eq!((bytes[0], bytes.len()), (2, 408));
    assert_eq!(Answers::look(&bytes), Look::Whole(408));
    assert_eq!(Answer::parse(&bytes).unwrap(), Answer { form: Form::Advanced, ..answer });
    let advanced = Request { form: Form::Advanced, ..any(Command::RfReset) }.to_bytes();
    assert_eq!(
        Frame::parse(&advanced).unwrap(),
        Frame { form: Form::Advanced, address: 255, command: RF_RESET, body: &[] }
    );
}

#[test]
fn unfit_requests_have_their_fault() {
    let parse =
        |command, body: &[u8]| Command::parse(&Frame { form: Form::Standard, address: 0, command, body });
    assert_eq!(parse(0x99, &[]), Err(Fault::Unknown));
    assert_eq!(parse(ISO, &[0x77, 0]), Err(Fault::Unknown));
    assert_eq!(parse(ISO, &[0x27, 1, 0xE0]), Err(Fault::Length));
    assert_eq!(parse(ISO, &[0x27, 5, 0xE0]), Err(Fault::Parameter));
    assert_eq!(parse(RF_RESET, &[1]), Err(Fault::Length));
}

fn answer_frames() -> impl Strategy<Value = Vec<u8>> {
    let command = proptest::sample::select(COMMANDS.to_vec());
    (command, any_u8(), any_u8(), proptest::collection::vec(any_u8(), 0..300), proptest::bool::ANY).prop_map(
        |(command, address, status, data, advanced)| {
            let form = if advanced { Form::Advanced } else { Form::Standard };
            Answer { form, address, command, status: Status(status), data }.to_bytes()
        },
    )
}

fn any_u8() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}

#[test]
fn framing() {
    framing::any_chunking_gives_the_same_frames::<Answers>(answer_frames());
    framing::garbage_around_good_frames_loses_none::<Answers>(answer_frames());
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decoders_are_total(bytes in proptest::collection::vec(any_u8(), 0..80), first in any_u8()) {
        let body = Frame { form: Form::Standard, address: 0, command: ISO, body: &bytes };
        drop(Command::parse(&body));
        let answer = Answer { form: Form::Standard, address: 0, command: ISO, status: Status(first & 0x95), data: bytes };
        for ask in [Ask::Inventory { more: true }, Ask::System { uid: uid() }, Ask::Read { uid: uid(), first, n: 3, lock_bits: true }] {
            drop(Obid::new(255).accepted(&ask, &answer.to_bytes()));
        }
    }
}
