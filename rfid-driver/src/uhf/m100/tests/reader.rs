//! Host and emulated reader together.

use super::*;
use crate::emulator::{self, Model};
use crate::uhf::behaviour::{self, found, lay, name, open};
use crate::uhf::rig::Rig;

fn rig() -> Rig<M100> {
    Rig::new(M100::new(), Model::M100)
}

/// What the reader says to bytes, at once.
fn say(rig: &mut Rig<M100>, frame: &str) -> String {
    let mut out = Vec::new();
    rig.emulator.handle(rig.now, emulator::Input::Bytes(&hex(frame)), &mut out);
    out.concat().iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_pad_can_rely_on_it() {
    behaviour::holds::<M100>(Model::M100);
}

/// Every published exchange, from the reader's side.
#[test]
fn published_exchanges() {
    let mut rig = rig();
    let doc = behaviour::tag(0, 2);
    let bank = hex("3400 30751FEB705C5904E3D50D70 00000000");
    let mut tag = emulator::Gen2Tag { epc: bank, rssi: -55, ..doc };
    tag.user = hex("12345678");
    rig.emulator.define_gen2("doc", tag);
    for (request, answer) in [
        ("BB000300010004 7E", "BB01030010004D31303020323664426D2056312E30927E"),
        ("BB00220000 22 7E", "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E"),
        ("BB00280000 28 7E", "BB01280001002A7E"),
        ("BB000C0013 01 00000020 60 00 30751FEB705C5904E3D50D70 AD 7E", "BB010C0001000E7E"),
        ("BB00120001 01 14 7E", "BB010C0001000E7E"),
        ("BB00390009 0000FFFF 03 0000 0002 45 7E", "BB013900130E340030751FEB705C5904E3D50D7012345678B07E"),
        ("BB0049000D 0000FFFF 03 0000 0002 12345678 6D 7E", "BB014900100E340030751FEB705C5904E3D50D7000A97E"),
        ("BB00390009 0000FFFF 03 0001 0002 46 7E", "BB01FF0010A30E340030751FEB705C5904E3D50D70027E"),
        ("BB00B60002 07D0 8F 7E", "BB01B6000100B87E"),
        ("BB00B70000 B7 7E", "BB01B7000207D0917E"),
        ("BB00070001 01 09 7E", "BB0107000100097E"),
        ("BB000E0002 1020 40 7E", "BB010E000100107E"),
        ("BB000D0000 0D 7E", "BB010D00021020407E"),
        ("BB00820007 00000000 020080 0B 7E", "BB01FF000117187E"),
        ("BB00220000 23 7E", ""),
    ] {
        // The sum of the last one is checked by our own reading, the others are published.
        let answer = answer.replace(' ', "");
        assert_eq!(say(&mut rig, request), answer, "{request}");
    }
    rig.emulator.gen2_mut("doc").unwrap().is_on_pad = false;
    for (request, answer) in [
        ("BB00220000 22 7E", "BB01FF000115167E"),
        ("BB00390009 0000FFFF 03 0000 0002 45 7E", "BB01FF0001090A7E"),
        ("BB0049000D 0000FFFF 03 0000 0002 12345678 6D 7E", "BB01FF000110117E"),
    ] {
        assert_eq!(say(&mut rig, request), answer, "{request}");
    }
}

/// The computed security write of the university layout.
#[test]
fn security_of_one_word() {
    let mut rig = rig();
    let bank = hex("3000 01045300185304406C0E0000");
    let tag = emulator::Gen2Tag { epc: bank, ..behaviour::tag(0, 2) };
    let of = tag.reported().filter();
    rig.emulator.define_gen2("book", tag);
    let write = Ask::Write { of, bank: MemoryBank::Epc, word: 2, words: vec![0x8104] };
    assert_eq!(rig.ask(write), Some(Reply::Done));
    assert_eq!(
        rig.transcript,
        [
            "> BB000C00130100000020600001045300185304406C0E0000217E",
            "< BB010C0001000E7E",
            "> BB0049000B0000000001000200018104DD7E",
            "< BB014900100E300001045300185304406C0E000000197E",
        ]
    );
    assert_eq!(rig.emulator.gen2("book").unwrap().epc[2..4], hex("8104"));
}

#[test]
fn a_reader_left_streaming_is_stopped() {
    let mut rig = rig();
    lay(&mut rig, 5);
    assert_eq!(say(&mut rig, "BB 00 27 0003 22 FFFF 4A 7E"), "");
    for _ in 0..10 {
        rig.now = rig.emulator.deadline().expect("it goes on");
        let mut out = Vec::new();
        rig.emulator.handle(rig.now, emulator::Input::Tick, &mut out);
        assert!(!out.is_empty());
    }
    open(&mut rig);
    assert_eq!(rig.emulator.deadline(), None, "it has stopped");
    assert_eq!(found(&mut rig).len(), 5);
}

#[test]
fn an_inventory_of_a_reader_that_streams_ends() {
    let mut rig = rig();
    lay(&mut rig, 5);
    say(&mut rig, "BB 00 27 0003 22 FFFF 4A 7E");
    assert_eq!(found(&mut rig).len(), 5);
}

/// A crashed host has left a selection that counts for inventories.
#[test]
fn inventories_are_not_restricted() {
    let mut rig = rig();
    lay(&mut rig, 5);
    let of = rig.emulator.gen2("T01").unwrap().reported().filter();
    rig.ask(Ask::Read { of, bank: MemoryBank::Tid, word: 0, n: 6 });
    say(&mut rig, "BB 00 12 0001 00 13 7E");
    assert_eq!(found(&mut rig).len(), 1);
    open(&mut rig);
    assert_eq!(found(&mut rig).len(), 5);
}

/// Two tags that say the same are told apart by their TIDs.
#[test]
fn twins() {
    let mut rig = rig();
    open(&mut rig);
    let twin = |at| emulator::Gen2Tag { tid: behaviour::tag(at, 6).tid, ..behaviour::tag(9, 6) };
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
