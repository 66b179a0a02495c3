use super::request::{INFO_AFI, INFO_DSFID, INFO_MEMORY, WITH_DSFID, WITH_UID};
use super::*;
use crate::dialogue::Protocol;
use crate::hf::{Ask, Identity, Refusal, Reply, Rest, Sighting, SystemInformation};
use crate::tag::{Afi, Dsfid, Uid, parse_hex};
use crate::testing::framing;
use proptest::prelude::*;

const INVENTORY: Ask = Ask::Inventory { more: false };

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text).unwrap()
}

fn uid_of(text: &str) -> Uid {
    text.parse().unwrap()
}

fn uid() -> Uid {
    uid_of("E004010012345678")
}

fn answer(command: u8, status: u8, data: &str) -> Vec<u8> {
    Answer { start: Start::Usual, command, status: Status(status), data: hex(data) }.to_bytes()
}

/// covers: m810.frame, m810.command (the captured probe and every computed request, both ways)
#[test]
fn requests() {
    let tag = |uid: &str, act| Command::Tag { uid: uid_of(uid), act };
    let bytes = hex("1234ABCD 55667788");
    for (frame, command) in [
        ("D5 0005 04 0011 8C66", Command::Probe),
        ("D6 0003 11 6420", Command::Version),
        ("D6 0005 FE 00 05 FA40", Command::Inventory { afi: Afi(0), options: WITH_UID }),
        (
            "D6 000D 02 E004010012345678 00 02 0133",
            tag("E004010012345678", Act::ReadBlocks { first: 0, n: 2 }),
        ),
        (
            "D6 0016 04 0000000001234567 00 02 00 1234ABCD 55667788 5E79",
            tag("0000000001234567", Act::WriteBlocks { first: 0, bytes }),
        ),
        (
            "D6 000C 09 E004010012345678 07 E6E2",
            tag("E004010012345678", Act::WriteAfi { afi: Afi::IN_STOCK }),
        ),
        ("D6 000B 0A E007000001234567 11CB", tag("E007000001234567", Act::ReadAfi)),
        ("D6 000C 0C E004000001234567 01 5549", tag("E004000001234567", Act::WriteEas { on: true })),
    ] {
        let bytes = hex(frame);
        assert_eq!(command.to_bytes(), bytes, "{command:?}");
        assert_eq!(Requests::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Command::parse(&Frame::parse(&bytes).unwrap()), Ok(command));
    }
    // As captured, without its frame.
    let prepare = Command::Prepare.to_bytes();
    assert_eq!(prepare[3..13], hex("13 04 01 00 02 00 03 00 04 00"));
    assert_eq!(Command::parse(&Frame::parse(&prepare).unwrap()), Ok(Command::Prepare));
}

/// covers: m810.command (every command for a tag has its own byte and is understood as it was sent)
#[test]
fn commands_for_a_tag() {
    let bytes = [1, 2, 3, 4];
    for (command, act) in [
        (0x01, Act::Quiet),
        (0x02, Act::ReadBlocks { first: 3, n: 5 }),
        (0x03, Act::CheckEas),
        (0x04, Act::WriteBlocks { first: 3, bytes: vec![7; 12] }),
        (0x05, Act::WriteBlock { block: 2, bytes }),
        (0x06, Act::LockAfi),
        (0x07, Act::WriteAndLockBlock { block: 2, bytes }),
        (0x08, Act::LockBlock { block: 2 }),
        (0x09, Act::WriteAfi { afi: Afi(7) }),
        (0x0A, Act::ReadAfi),
        (0x0B, Act::WriteDsfid { dsfid: Dsfid(6) }),
        (0x0C, Act::WriteEas { on: false }),
        (0x0D, Act::Information { wanted: 0x0F }),
        (0x0E, Act::LockDsfid),
        (0x0F, Act::ReadDsfid),
    ] {
        let sent = Command::Tag { uid: uid(), act };
        let frame = sent.to_bytes();
        assert_eq!(frame[3], command, "{sent:?}");
        assert_eq!(Command::parse(&Frame::parse(&frame).unwrap()), Ok(sent));
    }
    let parse = |command, body: &[u8]| Command::parse(&Frame { start: Start::Usual, command, body });
    assert_eq!(parse(0x77, &[]), Err(Fault::Unknown));
    assert_eq!(parse(0x14, &[0; 20]), Err(Fault::Unknown));
    assert_eq!(parse(0x09, &[0xE0]), Err(Fault::Parameter));
    assert_eq!(parse(0x09, &[0; 8]), Err(Fault::Parameter));
    assert_eq!(parse(0x0C, &[2; 9]), Err(Fault::Parameter));
    assert_eq!(parse(0x02, &[0; 11]), Err(Fault::Option), "an option of the answer");
    assert_eq!(parse(0xFE, &[0, 0x45]), Err(Fault::Option));
    assert_eq!(parse(0xFE, &[0]), Err(Fault::Parameter));
}

/// covers: m810.error, m810.block-order (every captured or computed answer, both ways)
#[test]
fn answers() {
    let found = |uids: &[&str]| Reply::Found {
        tags: uids.iter().map(|uid| Sighting { uid: uid_of(uid), dsfid: None }).collect(),
        rest: Rest::Nothing,
    };
    let afi = Ask::WriteAfi { uid: uid(), afi: Afi::IN_STOCK };
    let plain = SystemInformation {
        uid: uid_of("E007000001234567"),
        dsfid: None,
        afi: Afi(0xDA),
        block_size: 4,
        n_blocks: None,
    };
    let version = Identity { model: "3M 210 or 810".into(), firmware: "3.2.6".into() };
    for (frame, ask, reply) in [
        ("D5 0009 04 0011 0A050002 7250", Ask::Probe, Some(Reply::Done)),
        ("D6 0008 11 00 0A030206 3517", Ask::Identify, Some(Reply::Reader(version))),
        ("D6 0008 11 00 0A030206 3517", Ask::Probe, Some(Reply::Done)),
        ("D6 0007 FE 00 00 05 00 C97B", INVENTORY, Some(found(&[]))),
        (
            "D6 0017 FE 00 00 05 02 0000000000AD6302 E0070000006000AE 9BA5",
            INVENTORY,
            Some(found(&["0000000000AD6302", "E0070000006000AE"])),
        ),
        (
            "D6 0019 02 00 E004010012345678 02 0000 00112233 0100 00112233 A723",
            Ask::Read { uid: uid(), first: 0, n: 2, lock_bits: true },
            Some(Reply::Blocks { block_size: 4, bytes: hex("00112233 00112233"), locked: vec![false; 2] }),
        ),
        ("D6 000C 09 00 E004010012345678 EDB2", afi.clone(), Some(Reply::Done)),
        ("D6 000C 09 06 E004010012345678 B73A", afi.clone(), Some(Reply::Missing)),
        (
            "D6 000D 0A 00 E007000001234567 DA 485C",
            Ask::System { uid: plain.uid },
            Some(Reply::System(plain)),
        ),
        ("D6 0004 77 02 1673", afi, None),
    ] {
        let bytes = hex(frame);
        assert_eq!(Answers::look(&bytes), Look::Whole(bytes.len()), "{frame}");
        assert_eq!(Answer::parse(&bytes).unwrap().to_bytes(), bytes, "{frame}");
        assert_eq!(M810::new().accepted(&ask, &bytes), reply, "{frame}");
    }
    assert_eq!(
        M810::new().accepted(&Ask::Prepare, &answer(0x13, 0, "02 01 01 03 02 02 03 00")),
        Some(Reply::Done)
    );
}

#[test]
fn every_error_is_a_no_or_may_be_a_lost_answer() {
    let write = Ask::WriteEas { uid: uid(), on: true };
    for (status, tag) in [
        (0x02, None),
        (0x11, None),
        (0x12, None),
        (0x21, Some(1)),
        (0x22, Some(2)),
        (0x23, Some(3)),
        (0x30, None),
        (0x31, None),
        (0x32, None),
    ] {
        let is_locked = status == 0x12;
        let refused = Some(Reply::Refused(Refusal { status, tag, block: None, is_locked }));
        assert_eq!(M810::new().accepted(&write, &answer(0x0C, status, "E004010012345678")), refused);
        assert_eq!(M810::new().accepted(&write, &answer(0x0C, status, "")), refused, "without the UID");
    }
    for status in [0x06, 0x0F, 0x15, 0x16, 0xFD, 0xFE, 0x99] {
        let missing = M810::new().accepted(&write, &answer(0x0C, status, "E004010012345678"));
        assert_eq!(missing, Some(Reply::Missing), "{status:02X}");
    }
    assert_eq!(
        M810::new().accepted(&INVENTORY, &answer(0xFE, 0x06, "")),
        Some(Reply::Found { tags: vec![], rest: Rest::Nothing })
    );
    assert_eq!(M810::new().accepted(&INVENTORY, &answer(0xFE, 0xFE, "")), Some(Reply::Missing));
}

/// covers: m810.twice
#[test]
fn a_tag_that_is_told_twice_is_one() {
    let twice = "00 05 03 E004010012345678 E004010000000001 E004010012345678";
    let Some(Reply::Found { tags, .. }) = M810::new().accepted(&INVENTORY, &answer(0xFE, 0, twice)) else {
        panic!("no tags")
    };
    assert_eq!(tags.iter().map(|tag| tag.uid).collect::<Vec<_>>(), [uid(), uid_of("E004010000000001")]);
    let with_dsfid = answer(0xFE, 0, "00 07 01 06 E004010012345678");
    let sighting = Sighting { uid: uid(), dsfid: Some(Dsfid(6)) };
    assert_eq!(
        M810::new().accepted(&INVENTORY, &with_dsfid),
        Some(Reply::Found { tags: vec![sighting], rest: Rest::Nothing })
    );
    let tags = [(Dsfid(6), uid())];
    assert_eq!(
        answer::from_sightings(Afi(0), WITH_UID | WITH_DSFID, &tags),
        hex("00 07 01 06 E004010012345678")
    );
    assert_eq!(M810::new().accepted(&INVENTORY, &answer(0xFE, 0, "00 05 02 E004010012345678")), None, "cut");
}

#[test]
fn answers_to_others_are_not_taken() {
    let afi = Ask::WriteAfi { uid: uid(), afi: Afi(7) };
    let mut reader = M810::new();
    assert_eq!(reader.accepted(&afi, &answer(0x09, 0, "E004010000000001")), None, "another tag");
    assert_eq!(reader.accepted(&afi, &answer(0x09, 6, "E004010000000001")), None, "another tag that is gone");
    assert_eq!(reader.accepted(&afi, &answer(0x0C, 0, "E004010012345678")), None, "another command");
    assert_eq!(reader.accepted(&afi, &answer(0x09, 0, "")), None, "no tag");
    let read = Ask::Read { uid: uid(), first: 8, n: 1, lock_bits: true };
    let other = answer(0x02, 0, "E004010012345678 01 0000 00112233");
    assert_eq!(reader.accepted(&read, &other), None, "another block");
    let eas = Ask::WriteEas { uid: uid(), on: true };
    for (data, reply) in [("", Some(Reply::Done)), ("01", Some(Reply::Done)), ("00", Some(Reply::Missing))] {
        let frame = answer(0x0C, 0, &format!("E004010012345678 {data}"));
        assert_eq!(reader.accepted(&eas, &frame), reply, "{data}");
    }
}

/// An inventory of one AFI is answered by that alone: a late answer to another is not taken for it.
#[test]
fn an_inventory_of_one_afi_is_answered_with_it() {
    let of = |afi| Ask::InventoryOf { afi: Afi(afi) };
    let frame = answer(0xFE, 0, "C2 07 01 06 E004010012345678");
    let tags = vec![Sighting { uid: uid(), dsfid: Some(Dsfid(6)) }];
    let found = Some(Reply::Found { tags, rest: Rest::Nothing });
    assert_eq!(M810::new().encode(&of(0xC2)), hex("D60005FEC207AA34"));
    assert_eq!(M810::new().accepted(&of(0xC2), &frame), found);
    assert_eq!(M810::new().accepted(&of(0x07), &frame), None);
}

/// covers: m810.block-order
#[test]
fn blocks_go_up_to_the_first_that_cannot_be_read() {
    let read = |first, n, fields: &str| {
        let frame = answer(0x02, 0, &format!("E004010012345678 {fields}"));
        M810::new().accepted(&Ask::Read { uid: uid(), first, n, lock_bits: true }, &frame)
    };
    let blocks = |bytes: &str, locked: &[bool]| {
        Some(Reply::Blocks { block_size: 4, bytes: hex(bytes), locked: locked.to_vec() })
    };
    let beyond = Some(Reply::Refused(Refusal { status: 0x11, tag: None, block: None, is_locked: false }));
    assert_eq!(
        read(6, 2, "02 0600 01020304 0703 05060708"),
        blocks("01020304 05060708", &[false, true]),
        "3 = locked"
    );
    assert_eq!(
        read(7, 2, "02 0700 01020304 0811 00000000"),
        blocks("01020304", &[false]),
        "four bytes behind an error"
    );
    assert_eq!(read(7, 3, "03 0700 01020304 0811 0911"), blocks("01020304", &[false]), "none");
    assert_eq!(read(8, 1, "01 0811 00000000"), beyond);
    assert_eq!(read(8, 1, "01 0811"), beyond);
    assert_eq!(read(8, 1, "01 0815 00000000"), Some(Reply::Missing));
    for wrong in ["", "00", "01", "01 08", "01 0800 010203", "01 0800 0102030405", "02 0800 01020304"] {
        assert_eq!(read(8, 1, wrong), None, "{wrong}");
    }
    assert_eq!(read(255, 2, "02 FF00 01020304 0000 01020304"), None, "no block after the last");
}

#[test]
fn a_tag_tells_of_itself_what_it_has() {
    let system = |fields: &str| {
        let frame = answer(0x0D, 0, &format!("E004010012345678 {fields}"));
        M810::new().accepted(&Ask::System { uid: uid() }, &frame)
    };
    let all = SystemInformation {
        uid: uid(),
        dsfid: Some(Dsfid(6)),
        afi: Afi(0xC2),
        block_size: 4,
        n_blocks: Some(28),
    };
    assert_eq!(system("0F 06 C2 03 1B 01"), Some(Reply::System(all)));
    assert_eq!(system("07 06 C2 03 1B"), Some(Reply::System(all)));
    let afi = SystemInformation { dsfid: None, n_blocks: None, ..all };
    assert_eq!(system("02 C2"), Some(Reply::System(afi)));
    for wrong in ["", "07 06 C2 03", "02", "02 C2 00"] {
        assert_eq!(system(wrong), None, "{wrong}");
    }
    let told =
        Information { dsfid: Some(Dsfid(6)), afi: Some(Afi(0xC2)), memory: Some((4, 28)), ic: Some(1) };
    let wanted = INFO_DSFID | INFO_AFI | INFO_MEMORY;
    assert_eq!(answer::from_information(wanted, &told), hex("07 06 C2 03 1B"));
    assert_eq!(answer::from_information(0x0F, &told), hex("0F 06 C2 03 1B 01"));
}

/// covers: m810.command, m810.error (what a pad asks when it writes, and what comes of it)
#[test]
fn writes_of_blocks_and_dsfid() {
    let of = uid_of("0000000001234567");
    let write = Ask::Write { uid: of, first: 0, block_size: 4, bytes: hex("1234ABCD 55667788") };
    let mut reader = M810::new();
    assert_eq!(reader.encode(&write), hex("D6 0016 04 0000000001234567 00 02 00 1234ABCD 55667788 5E79"));
    let dsfid = Ask::WriteDsfid { uid: of, dsfid: Dsfid(6) };
    assert_eq!(reader.encode(&dsfid)[3..13], hex("0B 0000000001234567 06"));
    assert_eq!(reader.accepted(&dsfid, &answer(0x0B, 0, "0000000001234567")), Some(Reply::Done));
    let refused = |block| Some(Reply::Refused(Refusal { status: 0x12, tag: None, block, is_locked: true }));
    for (status, end, reply) in [
        (0x00, "02", Some(Reply::Done)),
        (0x00, "", Some(Reply::Done)),
        (0x00, "01", Some(Reply::Missing)),
        (0x12, "01", refused(Some(1))),
        (0x12, "", refused(None)),
        (0x16, "01", Some(Reply::Missing)),
    ] {
        let frame = answer(0x04, status, &format!("0000000001234567 {end}"));
        assert_eq!(reader.accepted(&write, &frame), reply, "{status:02X} {end}");
    }
}

/// covers: m810.afi-alone
#[test]
fn without_tag_information_the_afi_is_asked_alone() {
    let ask = Ask::System { uid: uid() };
    let other = Ask::System { uid: uid_of("E004010000000001") };
    for (status, data, is_for_all) in
        [(0x02, "", true), (0x30, "E004010012345678", false), (0x21, "E004010012345678", false)]
    {
        let mut reader = M810::new();
        assert_eq!(reader.encode(&ask)[3], 0x0D);
        assert_eq!(reader.accepted(&ask, &answer(0x0D, status, data)), Some(Reply::Missing), "ask again");
        assert_eq!(reader.encode(&ask)[3], 0x0A);
        assert_eq!(reader.encode(&other)[3], if is_for_all { 0x0A } else { 0x0D });
        let Some(Reply::System(system)) = reader.accepted(&ask, &answer(0x0A, 0, "E004010012345678 07"))
        else {
            panic!("no AFI")
        };
        assert_eq!((system.afi, system.dsfid), (Afi(7), None));
        let refused =
            Some(Reply::Refused(Refusal { status: 0x30, tag: None, block: None, is_locked: false }));
        assert_eq!(reader.accepted(&ask, &answer(0x0A, 0x30, "E004010012345678")), refused, "not for ever");
    }
    let mut reader = M810::new();
    let no_afi = answer(0x0D, 0, "E004010012345678 05 06 03 1B");
    assert_eq!(reader.accepted(&ask, &no_afi), Some(Reply::Missing));
    assert_eq!(reader.encode(&ask)[3], 0x0A);
    assert_eq!(reader.accepted(&ask, &answer(0x0D, 6, "E004010012345678")), Some(Reply::Missing));
}

#[test]
fn both_readers_are_probed_and_named() {
    let mut reader = M810::new();
    let probes: Vec<Vec<u8>> = (0..3).map(|_| reader.encode(&Ask::Probe)).collect();
    assert_eq!(probes, [hex("D5 0005 04 0011 8C66"), hex("D6 0003 11 6420"), hex("D5 0005 04 0011 8C66")]);
    assert_eq!(reader.accepted(&Ask::Probe, &hex("D5 0009 04 0011 0A050002 7250")), Some(Reply::Done));
    let identity = |model: &str, firmware: &str| {
        Some(Reply::Reader(Identity { model: model.into(), firmware: firmware.into() }))
    };
    assert_eq!(reader.accepted(&Ask::Identify, &answer(0x11, 0, "0A030206")), identity("3M 810", "3.2.6"));
    let unknown = answer(0x11, 2, "");
    assert_eq!(reader.accepted(&Ask::Identify, &unknown), identity("3M 810", "5.0.2"), "as the probe told");
    assert!(matches!(M810::new().accepted(&Ask::Identify, &unknown), Some(Reply::Refused(_))));
}

fn any_u8() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}

fn answer_frames() -> impl Strategy<Value = Vec<u8>> {
    (any_u8(), any_u8(), proptest::collection::vec(any_u8(), 0..300), any::<bool>()).prop_map(
        |(command, status, data, is_probe)| {
            let start = if is_probe { Start::Probe } else { Start::Usual };
            Answer { start, command, status: Status(status), data }.to_bytes()
        },
    )
}

#[test]
fn framing() {
    framing::any_chunking_gives_the_same_frames::<Answers>(answer_frames());
    framing::garbage_around_good_frames_loses_none::<Answers>(answer_frames());
    framing::any_chunking_gives_the_same_frames::<Requests>(answer_frames());
    framing::garbage_around_good_frames_loses_none::<Requests>(answer_frames());
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn decoders_are_total(
        command in any_u8(), status in 0_u8..3, is_ours in any::<bool>(),
        bytes in proptest::collection::vec(any_u8(), 0..80), first in any_u8(),
    ) {
        for start in [Start::Usual, Start::Probe] {
            drop(Command::parse(&Frame { start, command, body: &bytes }));
        }
        let data = if is_ours { [uid().bytes().to_vec(), bytes].concat() } else { bytes };
        for ask in [
            Ask::Probe, Ask::Prepare, Ask::Identify, INVENTORY, Ask::Quiet { uid: uid() }, Ask::System { uid: uid() },
            Ask::Read { uid: uid(), first, n: 3, lock_bits: true }, Ask::WriteEas { uid: uid(), on: true },
        ] {
            let mut reader = M810::new();
            for command in [command, reader.encode(&ask)[3]] {
                let answer = Answer { start: Start::Usual, command, status: Status(status), data: data.clone() };
                drop(reader.accepted(&ask, &answer.to_bytes()));
            }
        }
    }
}
