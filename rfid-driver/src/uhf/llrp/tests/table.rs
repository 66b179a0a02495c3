//! Host and emulator on one table, in virtual time.

use std::time::Duration;

use super::hex;
use crate::data::epc::Pc;
use crate::dialogue::{Accepted, Protocol};
use crate::emulator::{Emulator, Gen2Tag, Input, Model, Timing};
use crate::frame::{Format, Look};
use crate::hf::Refusal;
use crate::tag::Tid;
use crate::uhf::llrp::request::{Request, SpecAct};
use crate::uhf::llrp::spec::{Antenna, ReportSpec, RoSpec};
use crate::uhf::llrp::{Answers, Llrp, Message, answer};
use crate::uhf::rig::Rig;
use crate::uhf::{Ask, Filter, MemoryBank, Reply};

fn tid(n: u8) -> Vec<u8> {
    vec![0xE2, 0x80, 0x11, 0x60, 0x20, 0, 0, 0, 0, 0, 0, n]
}

fn uii(n: u8) -> Vec<u8> {
    let length = [12, 4, 16, 62, 2][usize::from(n) % 5];
    (0..length).map(|at| n.wrapping_mul(7) ^ at).collect()
}

fn of(n: u8) -> Filter {
    Filter::Uii(uii(n).into())
}

pub(super) fn read(n: u8) -> Ask {
    Ask::Read { of: of(0), bank: MemoryBank::Tid, word: 0, n }
}

pub(super) fn write(words: &[u16]) -> Ask {
    Ask::Write { of: of(0), bank: MemoryBank::Epc, word: 1, words: words.to_vec() }
}

fn tag(n: u8) -> Gen2Tag {
    let uii = uii(n);
    let mut tag =
        Gen2Tag::new(tid(n), Pc::new(uii.len() / 2, true, Some(crate::tag::Afi(0x07))), &uii, &[n; 8]);
    (tag.is_on_pad, tag.rssi, tag.antenna) = (true, -40 - n.cast_signed(), 1 + n % 4);
    tag
}

fn rig(n_tags: u8) -> Rig<Llrp> {
    let mut rig = Rig::new(Llrp::new(), Model::Llrp);
    for n in 0..n_tags {
        rig.emulator.define_gen2(&n.to_string(), tag(n));
    }
    rig.emulator.connected(rig.now);
    rig
}

/// As a pad opens it.
fn open(rig: &mut Rig<Llrp>) {
    assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done));
    for step in 0..2 {
        assert_eq!(rig.ask(Ask::Prepare { step }), Some(Reply::Done));
    }
}

fn found(rig: &mut Rig<Llrp>) -> Vec<(Vec<u8>, u16)> {
    let Some(Reply::Found(mut found)) = rig.ask(Ask::Inventory) else { panic!("{:#?}", rig.transcript) };
    found.sort_by_key(|sighting| sighting.epc.clone());
    found.into_iter().map(|sighting| (sighting.epc.uii().to_vec(), sighting.epc.pc().0)).collect()
}

/// covers: llrp.host
#[test]
fn a_pad_of_tags() {
    for n in [0, 1, 5, 20] {
        for piece in [4096, 1] {
            let mut rig = rig(n);
            rig.piece = piece;
            open(&mut rig);
            let Some(Reply::Reader(identity)) = rig.ask(Ask::Identify) else { panic!("who is it?") };
            assert_eq!(identity.model, "LLRP maker 0 model 1");
            let mut expected: Vec<_> = (0..n).map(|n| (uii(n), tag(n).reported().pc().0)).collect();
            expected.sort_by_key(|(uii, pc)| (*pc, uii.clone()));
            for _ in 0..3 {
                assert_eq!(found(&mut rig), expected);
            }
        }
    }
    let mut rig = rig(3);
    open(&mut rig);
    let Some(Reply::Found(found)) = rig.ask(Ask::Inventory) else { panic!("no tags") };
    let third = found.iter().find(|sighting| sighting.epc.uii() == uii(2)).unwrap();
    assert_eq!((third.rssi, third.antenna), (Some(-42), Some(3)));
}

#[test]
fn banks_are_read_and_words_written() {
    let mut rig = rig(5);
    open(&mut rig);
    for n in 0..5_u8 {
        for filter in [of(n), Filter::Tid(Tid::new(&tid(n)).unwrap())] {
            let read = |bank, word, n| Ask::Read { of: filter.clone(), bank, word, n };
            assert_eq!(rig.ask(read(MemoryBank::Tid, 0, 6)), Some(Reply::Words(tid(n))));
            assert_eq!(rig.ask(read(MemoryBank::User, 0, 4)), Some(Reply::Words(vec![n; 8])));
            let bank = rig.emulator.gen2(&n.to_string()).unwrap().epc_bank();
            assert_eq!(rig.ask(read(MemoryBank::Epc, 0, 2)), Some(Reply::Words(bank[..4].to_vec())));
            assert!(
                matches!(rig.ask(read(MemoryBank::User, 30, 4)), Some(Reply::Refused(_))),
                "beyond the end"
            );
        }
        // The PC word with another AFI, then word 2, by the TID: the UII is no longer what it was.
        let by_tid = Filter::Tid(Tid::new(&tid(n)).unwrap());
        let write = |of: &Filter, word, value| Ask::Write {
            of: of.clone(),
            bank: MemoryBank::Epc,
            word,
            words: vec![value],
        };
        let pc = tag(n).reported().pc().with_afi(crate::tag::Afi(0xC2)).0;
        assert_eq!(rig.ask(write(&of(n), 1, pc)), Some(Reply::Done));
        assert_eq!(rig.ask(write(&by_tid, 2, 0xABCD)), Some(Reply::Done));
        let bank = rig.emulator.gen2(&n.to_string()).unwrap().epc_bank();
        assert_eq!(bank[2..6], [pc.to_be_bytes(), [0xAB, 0xCD]].concat());
    }
    let words: Vec<u16> = (0..16).collect();
    let many =
        Ask::Write { of: Filter::Tid(Tid::new(&tid(1)).unwrap()), bank: MemoryBank::User, word: 4, words };
    assert_eq!(rig.ask(many), Some(Reply::Done));
}

/// covers: llrp.result
#[test]
fn a_no_and_a_lost_answer_are_told_apart() {
    let mut rig = rig(1);
    open(&mut rig);
    let refused = |status, tag, is_locked| {
        Some(Reply::Refused(Refusal { status, tag: Some(tag), block: None, is_locked }))
    };
    let pc = tag(0).reported().pc().0;
    let bank = |rig: &Rig<Llrp>| rig.emulator.gen2("0").unwrap().epc_bank();
    let before = bank(&rig);
    rig.emulator.gen2_mut("0").unwrap().faults.fail_write = 1;
    assert_eq!(rig.ask(write(&[pc ^ 1])), refused(3, 0x0B, false));
    rig.emulator.gen2_mut("0").unwrap().locked.insert(1);
    assert_eq!(rig.ask(write(&[pc ^ 1])), refused(2, 0x04, true));
    assert_eq!(bank(&rig), before);
    rig.emulator.gen2_mut("0").unwrap().locked.clear();
    rig.emulator.gen2_mut("0").unwrap().faults.take_after_write = true;
    assert_eq!(rig.ask(write(&[pc ^ 1])), Some(Reply::Missing));
    assert_ne!(bank(&rig), before, "the answer was lost, not the write");
    assert_eq!(rig.ask(read(6)), Some(Reply::Missing), "gone");
    assert_eq!(found(&mut rig), []);
}

#[test]
fn a_tag_without_a_uii_is_not_every_tag() {
    let mut rig = rig(2);
    let mut empty = Gen2Tag::new(tid(9), Pc::new(0, false, None), &[], &[]);
    empty.is_on_pad = true;
    rig.emulator.define_gen2("9", empty);
    open(&mut rig);
    let ask = Ask::Read { of: Filter::Uii([].into()), bank: MemoryBank::Tid, word: 0, n: 6 };
    assert_eq!(rig.ask(ask.clone()), Some(Reply::Words(tid(9))));
    rig.emulator.gen2_mut("9").unwrap().is_on_pad = false;
    assert_eq!(rig.ask(ask), Some(Reply::Missing));
}

/// With all the times of a real reader: the ROSpec of an access is stopped as soon as the result is there.
#[test]
fn times_are_those_of_the_run() {
    let mut rig = rig(20);
    rig.emulator = Emulator::new(crate::emulator::EmulatorConfig {
        model: Model::Llrp,
        timing: Timing::real_8n1(1_000_000_000),
        ..Default::default()
    });
    (0..20).for_each(|n| rig.emulator.define_gen2(&n.to_string(), tag(n)));
    open(&mut rig);
    // A short run first; of many tags a longer one.
    for span in [50..70, 100..120] {
        let start = rig.now;
        assert_eq!(found(&mut rig).len(), 20);
        let round = rig.now - start;
        assert!(span.contains(&round.as_millis()), "{round:?}");
    }
    let start = rig.now;
    assert_eq!(rig.ask(read(6)), Some(Reply::Words(tid(0))));
    assert!(rig.now - start < Duration::from_millis(20), "{:?}", rig.now - start);
    let start = rig.now;
    assert!(matches!(rig.ask(write(&[0x3407])), Some(Reply::Done)));
    assert!(rig.now - start < Duration::from_millis(60), "{:?}", rig.now - start);
    for _ in 0..3 {
        assert_eq!(found(&mut rig).len(), 20, "an access before leaves nothing behind");
    }
    assert_eq!(rig.ask(Ask::Read { of: of(99), bank: MemoryBank::Tid, word: 0, n: 6 }), Some(Reply::Missing));
}

#[test]
fn noise_spoils_what_follows_it_and_nothing_is_made_up() {
    let mut rig = rig(3);
    open(&mut rig);
    for _ in 0..50 {
        rig.line("noise 20");
        match rig.ask(Ask::Inventory) {
            Some(Reply::Found(found)) => {
                assert!(found.iter().all(|sighting| (0..3).any(|n| sighting.epc.uii() == uii(n))))
            }
            None => {}
            reply => panic!("{reply:?}"),
        }
    }
    rig.line("noise 0");
    rig.ask(Ask::Inventory);
    assert_eq!(found(&mut rig).len(), 3);
    rig.line("mute on");
    assert_eq!(rig.ask(Ask::Inventory), None);
    assert_eq!(rig.ask(read(6)), None);
    rig.line("mute off");
    assert_eq!(found(&mut rig).len(), 3, "what was left behind is cleared away");
    assert_eq!(rig.ask(read(6)), Some(Reply::Words(tid(0))));
}

/// A host that crashed has left a ROSpec that never ends and reports each tag, and an AccessSpec.
#[test]
fn what_a_crashed_host_left_is_stopped() {
    let mut rig = rig(3);
    let left = RoSpec {
        id: 7,
        is_immediate: true,
        duration: None,
        antennas: vec![0],
        settings: vec![Antenna { id: 0, transmitter: None, session: Some(0), population: 4 }],
        report: Some(ReportSpec { trigger: 2, n: 1, content: 0xFFC0, memory: 0xC0 }),
    };
    let mut told = Vec::new();
    let requests =
        [Request::AddRoSpec(left).to_bytes(1), Request::RoSpec { act: SpecAct::Enable, id: 7 }.to_bytes(2)];
    rig.emulator.handle(rig.now, Input::Bytes(&requests.concat()), &mut told);
    assert!(told.len() > 5, "it streams");
    rig.emulator.connected(rig.now);
    open(&mut rig);
    assert_eq!(found(&mut rig).len(), 3);
    rig.transcript.clear();
    for _ in 0..20 {
        assert_eq!(found(&mut rig).len(), 3);
    }
    let streamed = rig.transcript.iter().filter(|line| line.starts_with("< 043D")).count();
    assert_eq!(streamed, 20, "one report a round");
}

#[test]
fn a_keepalive_is_answered_with_its_id() {
    let mut rig = rig(1);
    open(&mut rig);
    rig.transcript.clear();
    let start = rig.now;
    while rig.now < start + Duration::from_secs(11) {
        rig.now += Duration::from_millis(100);
        assert_eq!(found(&mut rig).len(), 1);
    }
    let ids = |head: &str| -> Vec<String> {
        let lines = rig.transcript.iter().filter_map(|line| line.strip_prefix(head));
        lines.map(str::to_owned).collect()
    };
    let told = ids("< 043E0000000A");
    assert_eq!(told.len(), 2, "one in five seconds");
    assert_eq!(ids("> 04480000000A"), told);
}

/// covers: llrp.greeting
#[test]
fn a_reader_that_serves_another_host_says_so() {
    let mut host = Llrp::new();
    host.encode(&Ask::Probe);
    let emulator =
        Emulator::new(crate::emulator::EmulatorConfig { model: Model::Llrp, ..Default::default() });
    let told = emulator.turned_away();
    assert_eq!(Answers::look(&told), Look::Whole(told.len()));
    let Accepted::Reply(Reply::Refused(refusal)) = host.accept(&Ask::Probe, &told) else {
        panic!("not refused")
    };
    assert_eq!(refusal.status, 0xFE);
    let welcome = hex("043F 00000020 3AFB30A7 00F6 0016 0080 000C 00058880119F8EAD 0100 0006 0000");
    assert_eq!(host.accept(&Ask::Probe, &welcome), Accepted::No);
    let mut another = welcome;
    another[31] = 4;
    assert_eq!(host.accept(&Ask::Probe, &another), Accepted::No, "somebody else was turned away");
}

/// Answers what makes and starts the ROSpec of an inventory.
fn start(host: &mut Llrp) {
    for id in 1..=4 {
        let done = answer::response(32, id, &answer::Status::of(0, ""), &[]);
        let is_last = host.accept(&Ask::Inventory, &done) == Accepted::Part;
        assert_eq!(is_last, id == 4);
    }
}

/// A result of an access before, or of another tag, or of another command is not taken.
#[test]
fn results_of_others_are_not_taken() {
    let report = |uii: &[u8], access, op, rospec| {
        let result = answer::OpResult { op, result: 0, done: answer::OpDone::Read(vec![1, 2]) };
        let tag = answer::TagReport {
            uii: uii.to_vec(),
            access: Some(access),
            rospec: Some(rospec),
            results: vec![result],
            ..Default::default()
        };
        answer::report(9, &[tag])
    };
    let mut host = Llrp::new();
    host.encode(&read(1));
    for other in [
        report(&uii(1), 1, 1, 4),
        report(&uii(0), 2, 1, 4),
        report(&uii(0), 1, 2, 4),
        report(&uii(0), 1, 1, 1),
    ] {
        assert_eq!(host.accept(&read(1), &other), Accepted::No);
    }
    assert!(matches!(host.accept(&read(1), &report(&uii(0), 1, 1, 4)), Accepted::Go(_)));
    // In a round, tags of another ROSpec are not heard.
    let mut host = Llrp::new();
    host.encode(&Ask::Inventory);
    assert_eq!(host.accept(&Ask::Inventory, &report(&uii(0), 0, 1, 2)), Accepted::Part);
    start(&mut host);
    let end = answer::Event { rospec: Some((1, 1)), connection: None }.to_bytes(0, 0);
    assert!(matches!(host.accept(&Ask::Inventory, &end), Accepted::Go(_)));
    let fence = answer::response(12, 5, &answer::Status::of(0, ""), &[]);
    assert_eq!(host.accept(&Ask::Inventory, &fence), Accepted::Reply(Reply::Found(vec![])));
}

#[test]
fn a_reader_that_keeps_the_pc_word_to_itself_is_refused() {
    let mut host = Llrp::new();
    host.encode(&Ask::Inventory);
    let tag = answer::TagReport { uii: uii(0), rospec: Some(1), ..Default::default() };
    host.accept(&Ask::Inventory, &answer::report(1, &[tag]));
    start(&mut host);
    let end = answer::Event { rospec: Some((1, 1)), connection: None }.to_bytes(0, 0);
    host.accept(&Ask::Inventory, &end);
    let fence = answer::response(12, 5, &answer::Status::of(0, ""), &[]);
    assert!(matches!(host.accept(&Ask::Inventory, &fence), Accepted::Reply(Reply::Refused(_))));
}

/// The power goes into the ROSpecs, which no reader keeps; its configuration stays as it is.
#[test]
fn power_is_set_for_as_long_as_a_rospec_lives() {
    let mut rig = rig(1);
    open(&mut rig);
    assert_eq!(rig.ask(Ask::SetPower { centi_dbm: 2010 }), Some(Reply::Done));
    rig.transcript.clear();
    assert_eq!(found(&mut rig).len(), 1);
    let added = rig.transcript.iter().find(|line| line.starts_with("> 0414")).unwrap();
    // Row 41 = 20.00 dBm, for each of the four antennas.
    assert_eq!(added.matches("00E0000A000100010029").count(), 4, "{added}");
    assert!(matches!(rig.ask(Ask::SetPower { centi_dbm: 500 }), Some(Reply::Refused(_))), "none is so low");
}

/// One message of the reader's is answered in one piece whatever the host sends at once.
#[test]
fn what_is_not_known_is_refused_by_name() {
    let mut rig = rig(0);
    let mut told = Vec::new();
    rig.emulator.handle(rig.now, Input::Tick, &mut told);
    assert_eq!(told.len(), 1, "the greeting");
    let ask = |rig: &mut Rig<Llrp>, text: &str| {
        let mut told = Vec::new();
        rig.emulator.handle(rig.now, Input::Bytes(&hex(text)), &mut told);
        let message = Message::parse(&told[0]).unwrap();
        (message.kind, message.id, answer::Status::parse(&message).unwrap().code)
    };
    assert_eq!(ask(&mut rig, "07FF 0000000F 00000005 0000651A 15"), (100, 5, 109));
    assert_eq!(ask(&mut rig, "0815 0000000E 00000006 00000001"), (31, 6, 110));
    assert_eq!(ask(&mut rig, "0415 0000000E 00000007 00000009"), (31, 7, 101));
    assert_eq!(ask(&mut rig, "0414 0000000E 00000008 00B1 0004"), (30, 8, 100));
    assert_eq!(ask(&mut rig, "040E 0000000A 00000009"), (4, 9, 0));
    assert!(rig.emulator.hangs_up());
    assert!(!rig.emulator.hangs_up(), "once");
}
