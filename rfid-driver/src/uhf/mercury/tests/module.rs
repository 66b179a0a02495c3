//! Host and emulated module together.

use super::*;
use crate::emulator::{self, Gen2Tag, Model};
use crate::uhf::behaviour::{self, found, lay, name, open};
use crate::uhf::rig::Rig;

fn rig() -> Rig<Mercury> {
    Rig::new(Mercury::new(), Model::Mercury)
}

/// What the module says to bytes, at once.
fn say(rig: &mut Rig<Mercury>, frame: &str) -> String {
    let mut out = Vec::new();
    rig.emulator.handle(rig.now, emulator::Input::Bytes(&hex(frame)), &mut out);
    out.concat().iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_pad_can_rely_on_it() {
    behaviour::holds::<Mercury>(Model::Mercury);
}

/// The captured session of the vendor's client, from the module's side.
#[test]
fn captured_session() {
    let mut rig = rig();
    let epc = hex("3000 01045300185304406C0E0000");
    rig.emulator.define_gen2("book", Gen2Tag { epc, rssi: -60, ..behaviour::tag(0, 2) });
    for (request, answer) in [
        ("FF 00 03 1D0C", "FF 14 03 0000 12120013 18000001 20190830 01090040 00000010 E1AC"),
        ("FF 00 67 1D68", "FF 01 67 0000 06 B487"),
        ("FF 02 93 0005 517D", "FF 00 93 0000 371A"),
        ("FF 01 61 05 BDB8", "FF 03 61 0000 05 0101 61DE"),
        ("FF 03 91 02 0101 42C5", "FF 00 91 0000 1758"),
        ("FF 08 22 88 10 0013 01F4 2FFF 85A8", "FF 04 22 0000 88 10 00 01 FBA9"),
    ] {
        assert_eq!(say(&mut rig, request), answer.replace(' ', ""), "{request}");
    }
    let told = hex(&say(&mut rig, "FF 03 29 2FFF 00 DEAF"));
    let tags = answer::buffer(&Answer::parse(&told).unwrap().data).unwrap();
    assert_eq!(told.len(), 49, "as long as the captured one");
    assert_eq!(tags[0].epc.uii(), hex("01045300185304406C0E0000"));
    assert_eq!(tags[0].rssi, Some(-60));
    let empty = Answer { opcode: 0x29, status: Status::BUFFER_EMPTY, data: vec![] }.to_bytes();
    assert_eq!(hex(&say(&mut rig, "FF 03 29 2FFF 00 DEAF")), empty);
    assert_eq!(say(&mut rig, "FF 00 2A 1D25").len(), 14);
    let written = say(&mut rig, "FF 11 23 03E8 88 00 00 0123456789ABCDEF01234567 8B80");
    assert_eq!(written, "FF0023000090C1");
    let written = say(&mut rig, "FF 1A 23 03E8 01 00000000 60 0123456789ABCDEF01234567 ABABABABABAB 2E5E");
    assert_eq!(written, "FF0023000090C1");
    assert_eq!(rig.emulator.gen2("book").unwrap().reported().uii(), hex("ABABABABABAB"));
    assert_eq!(say(&mut rig, "FF 0A 24 03E8 00 00000000 03 00EE 589D").len(), 14);
    assert_eq!(rig.emulator.gen2("book").unwrap().user[..2], hex("00EE"));
    assert_eq!(say(&mut rig, "FF 00 03 1D0D"), "", "a wrong check");
    let unknown = Answer { opcode: 0x65, status: Status::OPCODE, data: vec![] }.to_bytes();
    assert_eq!(hex(&say(&mut rig, "FF 00 65 1D6A")), unknown);
}

fn start(rig: &mut Rig<Mercury>) {
    let command = Command::Start { flags: 0x1B, timeout_ms: 1000, metadata: 0x1FF };
    let mut out = Vec::new();
    rig.emulator.handle(rig.now, emulator::Input::Bytes(&command.to_bytes()), &mut out);
    assert_eq!(out.len(), 1);
    for _ in 0..10 {
        rig.now = rig.emulator.deadline().expect("it goes on");
        out.clear();
        rig.emulator.handle(rig.now, emulator::Input::Tick, &mut out);
        assert!(!out.is_empty());
    }
}

#[test]
fn a_module_left_streaming_is_stopped() {
    for n in [0, 5] {
        let mut rig = rig();
        lay(&mut rig, n);
        start(&mut rig);
        open(&mut rig);
        assert_eq!(rig.emulator.deadline(), None, "it has stopped");
        assert_eq!(found(&mut rig).len(), usize::from(n));
    }
}

/// The frame of SparkFun's session, from the module's side.
#[test]
fn streamed_records() {
    let mut rig = rig();
    let epc = hex("3000 000000000000000000001545");
    rig.emulator.define_gen2("nano", Gen2Tag { epc, rssi: -60, ..behaviour::tag(0, 2) });
    start(&mut rig);
    rig.now = rig.emulator.deadline().expect("it goes on");
    let mut out = Vec::new();
    rig.emulator.handle(rig.now, emulator::Input::Tick, &mut out);
    let published = hex("FF 28 22 0000 10 001B 01FF 01 01 C4 11 0E1640 00000127 0000 05 0000 0F 0080 3000 \
         000000000000000000001545 E94A 561D");
    // Time stamp and pins are the module's own.
    for same in [0..17, 21..26, 27..45] {
        assert_eq!(out[0][same.clone()], published[same]);
    }
    assert_eq!(out[0].len(), published.len());
}

/// Several antennas: each tag is told with its own.
#[test]
fn antennas() {
    let mut rig = rig();
    lay(&mut rig, 3);
    rig.emulator.gen2_mut("T01").unwrap().antenna = 3;
    open(&mut rig);
    let Some(Reply::Found(tags)) = rig.ask(Ask::Inventory) else { panic!("{:#?}", rig.transcript) };
    let mut told: Vec<_> = tags.iter().map(|tag| (tag.epc.uii()[0], tag.antenna)).collect();
    told.sort_unstable();
    assert_eq!(told, [(0, Some(1)), (1, Some(3)), (2, Some(1))]);
}

/// Two tags that say the same are told apart by their TIDs.
#[test]
fn twins() {
    let mut rig = rig();
    open(&mut rig);
    let twin = |at| Gen2Tag { tid: behaviour::tag(at, 6).tid, ..behaviour::tag(9, 6) };
    [1, 2].into_iter().for_each(|at| rig.emulator.define_gen2(&name(at), twin(at)));
    for at in [2, 1] {
        let tid = Tid::new(&behaviour::tag(at, 6).tid).unwrap();
        let words = vec![u16::from(at)];
        let write = Ask::Write { of: Filter::Tid(tid), bank: MemoryBank::User, word: 0, words };
        assert_eq!(rig.ask(write), Some(Reply::Done));
    }
    for at in [1, 2] {
        assert_eq!(rig.emulator.gen2(&name(at)).unwrap().user[..2], [0, at]);
    }
}

/// A blank tag counts no words: it is not every tag.
#[test]
fn a_tag_without_uii() {
    let mut rig = rig();
    open(&mut rig);
    lay(&mut rig, 3);
    rig.emulator.define_gen2("blank", behaviour::tag(7, 0));
    let ask = Ask::Read { of: Filter::Uii([].into()), bank: MemoryBank::Tid, word: 0, n: 6 };
    assert_eq!(rig.ask(ask), Some(Reply::Words(behaviour::tag(7, 0).tid)));
}
