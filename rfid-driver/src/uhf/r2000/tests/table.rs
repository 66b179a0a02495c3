//! Host and emulator on one table.

use super::*;
use crate::emulator::{self, Emulator, EmulatorConfig, Gen2Tag, Model};
use crate::uhf::rig::Rig;

fn rig(n: u8) -> Rig<R2000> {
    let mut rig = Rig::new(R2000::new(), Model::R2000);
    for at in 0..n {
        put(&mut rig, &format!("T{at:02}"), 0x3000, &[&[1, 4, 0x53], [at; 9].as_slice()].concat());
    }
    rig
}

fn put(rig: &mut Rig<R2000>, name: &str, pc: u16, uii: &[u8]) -> Filter {
    let mut tag = Gen2Tag::new(Gen2Tag::tid_of(name), Pc(pc), uii, &hex("0C02D99410040001"));
    tag.is_on_pad = true;
    rig.emulator.define_gen2(name, tag);
    Filter::Uii(uii.into())
}

fn found(rig: &mut Rig<R2000>) -> Vec<Sighting> {
    match rig.ask(Ask::Inventory) {
        Some(Reply::Found(found)) => found,
        other => panic!("{other:?}: {:#?}", rig.transcript),
    }
}

fn read(of: &Filter, bank: MemoryBank, word: u16, n: u8) -> Ask {
    Ask::Read { of: of.clone(), bank, word, n }
}

fn write(of: &Filter, bank: MemoryBank, word: u16, words: &[u16]) -> Ask {
    Ask::Write { of: of.clone(), bank, word, words: words.to_vec() }
}

#[test]
fn what_a_pad_relies_on() {
    crate::uhf::behaviour::holds::<R2000>(Model::R2000);
}

/// The emulator answers as published, byte for byte; the published CRC is one of another PC word.
#[test]
fn published_answers() {
    let say = |rig: &mut Rig<R2000>, request: &str| {
        let mut out = Vec::new();
        rig.emulator.handle(rig.now, emulator::Input::Bytes(&hex(request)), &mut out);
        out.iter()
            .map(|answer| answer.iter().map(|byte| format!("{byte:02X}")).collect())
            .collect::<Vec<String>>()
    };
    let mut rig = rig(0);
    let of = put(&mut rig, "B", 0x3000, &hex(UII));
    let crc = format!("{:04X}", rig.emulator.gen2("B").unwrap().crc());
    assert_eq!(say(&mut rig, "A0 04 01 74 00 E7"), ["A004017410D7"]);
    let told = ["A013018904300001045300185304406C0E00004AC4", "A00A01890000640000000167"];
    assert_eq!(say(&mut rig, "A0 04 01 89 01 D1"), told);
    assert_eq!(say(&mut rig, "A0 11 01 85 00 0C 01045300185304406C0E0000 3C"), ["A004018510C6"]);
    let words = &say(&mut rig, "A0 0A 01 81 03 00 04 00000000 CD")[0];
    let published =
        format!("A021018100011830 0001045300185304406C0E0000{crc}0C02D99410040001080001").replace(' ', "");
    assert!(words.starts_with(&published), "{words}");
    let written = &say(&mut rig, "A0 0C 01 82 00000000 01 02 01 8104 48")[0];
    let published = format!("A01901820001103000 01045300185304406C0E0000{crc}100001").replace(' ', "");
    assert!(written.starts_with(&published), "{written}");
    assert_eq!(rig.emulator.gen2("B").unwrap().epc[2..4], [0x81, 0x04]);
    assert_eq!(say(&mut rig, "A0 04 01 85 01 D5"), ["A004018510C6"]);
    assert_eq!(say(&mut rig, "A0 04 02 85 01 D4"), [""; 0], "another reader");
    assert_eq!(say(&mut rig, "A0 04 01 85 01 D4"), [""; 0], "a wrong check");
    assert_eq!(rig.ask(read(&of, MemoryBank::User, 0, 1)), Some(Reply::Missing), "it is another one now");

    let antennas = "A0 0D 01 8A 00 01 01 01 02 01 03 01 00 01 BD";
    for at in 1..=3 {
        let name = format!("A{at}");
        put(&mut rig, &name, 0x3000, &[at; 12]);
        rig.emulator.gen2_mut(&name).unwrap().antenna = at;
    }
    rig.emulator.gen2_mut("B").unwrap().is_on_pad = false;
    let said = say(&mut rig, antennas);
    assert_eq!((said.len(), said[3].as_str()), (4, "A00A018A0000030000009632"));
}

#[test]
fn opening() {
    let mut rig = rig(0);
    assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done));
    assert_eq!(rig.ask(Ask::Prepare { step: 0 }), Some(Reply::Done));
    let Some(Reply::Reader(identity)) = rig.ask(Ask::Identify) else { panic!("no reader") };
    assert_eq!(identity.firmware, "8.2");
    assert_eq!(rig.ask(Ask::SetPower { centi_dbm: 2_600 }), Some(Reply::Done));
    assert!(matches!(rig.ask(Ask::SetPower { centi_dbm: 100 }), Some(Reply::Refused(_))));
    rig.line("mute on");
    assert_eq!(rig.ask(Ask::Probe), None);
}

#[test]
fn inventories() {
    for n in [0, 1, 5, 20] {
        for (piece, noise) in [(4096, 0), (1, 0), (7, 30)] {
            let mut rig = rig(n);
            rig.piece = piece;
            rig.line(&format!("noise {noise}"));
            let found = found(&mut rig);
            assert_eq!(found.len(), usize::from(n), "{:#?}", rig.transcript);
            assert!(found.iter().all(|tag| tag.rssi == Some(-55) && tag.antenna == Some(1)));
        }
    }
    let mut rig = rig(1);
    rig.emulator.gen2_mut("T00").unwrap().antenna = 2;
    assert_eq!(found(&mut rig), [], "the neighbour's");
}

#[test]
fn epcs_of_every_length() {
    for n_words in 2..=31_u8 {
        let mut rig = rig(0);
        let uii: Vec<u8> = (0..n_words * 2).map(|at| at | 0x40).collect();
        let of = put(&mut rig, "long", u16::from(n_words) << 11, &uii);
        assert_eq!(found(&mut rig)[0].epc.uii(), uii);
        let words = rig.ask(read(&of, MemoryBank::User, 0, 16));
        assert!(matches!(&words, Some(Reply::Words(words)) if words.len() == 32), "{words:?}");
        assert_eq!(rig.ask(write(&of, MemoryBank::User, 3, &[7; 16])), Some(Reply::Done));
    }
}

#[test]
fn reads_and_writes() {
    for (piece, noise) in [(4096, 0), (1, 0), (3, 40)] {
        let mut rig = rig(3);
        let uii = hex(UII);
        let of = put(&mut rig, "B", 0x3000, &uii);
        rig.piece = piece;
        let mut ask = |ask| {
            rig.line(&format!("noise {noise}"));
            rig.ask(ask)
        };
        let words = |text: &str| Some(Reply::Words(hex(text)));
        assert_eq!(ask(read(&of, MemoryBank::User, 0, 4)), words("0C02D99410040001"));
        assert_eq!(ask(read(&of, MemoryBank::Epc, 1, 7)), words("3000 01045300185304406C0E0000"));
        let Some(Reply::Words(tid)) = ask(read(&of, MemoryBank::Tid, 0, 6)) else { panic!("no TID") };
        assert_eq!(tid, Gen2Tag::tid_of("B"));
        // The PC word, then word 2: the tag is another one by its EPC thereafter.
        assert_eq!(ask(write(&of, MemoryBank::Epc, 1, &[0x3107])), Some(Reply::Done));
        assert_eq!(ask(write(&of, MemoryBank::Epc, 2, &[0x8104])), Some(Reply::Done));
        assert_eq!(ask(read(&of, MemoryBank::Epc, 1, 1)), Some(Reply::Missing));
        let now = Filter::Uii(hex("81045300185304406C0E0000").into());
        assert_eq!(ask(read(&now, MemoryBank::Epc, 1, 2)), words("3107 8104"));
    }
}

/// covers: r2000.read-error
#[test]
fn writes_that_fail() {
    let mut rig = rig(2);
    let of = put(&mut rig, "B", 0x3000, &hex(UII));
    let pc = write(&of, MemoryBank::Epc, 1, &[0x3107]);
    rig.emulator.gen2_mut("B").unwrap().faults.fail_write = 1;
    assert_eq!(rig.ask(pc.clone()), Some(Reply::Missing), "no power");
    rig.emulator.gen2_mut("B").unwrap().locked.insert(1);
    let refused = rig.ask(pc.clone());
    assert!(
        matches!(refused, Some(Reply::Refused(Refusal { status: 0x40, is_locked: true, .. }))),
        "{refused:?}"
    );
    rig.emulator.gen2_mut("B").unwrap().locked.clear();
    assert_eq!(rig.ask(write(&of, MemoryBank::User, 60, &[1])), Some(Reply::Missing), "no such word");
    let beyond = rig.ask(read(&of, MemoryBank::User, 60, 1));
    assert!(matches!(beyond, Some(Reply::Refused(Refusal { status: 0x32, .. }))), "no such word: {beyond:?}");

    rig.emulator.gen2_mut("B").unwrap().faults.take_after_write = true;
    assert_eq!(rig.ask(pc.clone()), Some(Reply::Missing), "written, but the answer is lost");
    assert_eq!(rig.emulator.gen2("B").unwrap().epc[..2], [0x31, 0x07]);
    assert_eq!(rig.ask(pc), Some(Reply::Missing), "gone");
    assert_eq!(found(&mut rig).len(), 2);
}

/// covers: r2000.streaming
#[test]
fn an_inventory_that_a_crashed_host_left_is_ended() {
    let timing = Model::R2000.timing(115_200);
    let mut rig = rig(3);
    let mut reader =
        Emulator::new(EmulatorConfig { model: Model::R2000, timing, ..EmulatorConfig::default() });
    for (name, tag) in rig.emulator.gen2_tags() {
        reader.define_gen2(name, tag.clone());
    }
    rig.emulator = reader;
    let command = Command::Inventory { repeat: 254 };
    let left = Request { address: PUBLIC, command }.to_bytes();
    rig.emulator.handle(rig.now, emulator::Input::Bytes(&left), &mut Vec::new());
    assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done));
    assert!(rig.transcript.contains(&"> A003FF70EE".to_owned()), "{:#?}", rig.transcript);
    assert!(matches!(rig.ask(Ask::Identify), Some(Reply::Reader(_))));
    assert_eq!(found(&mut rig).len(), 3);
}

#[test]
fn an_inventory_whose_end_is_lost_tells_what_it_has() {
    let mut reader = R2000::new();
    reader.encode(&Ask::Inventory);
    assert_eq!(reader.silence(&Ask::Inventory), None);
    let tag = hex("A0 13 01 8B 04 3000 01045300185304406C0E0000 4A C2");
    assert_eq!(reader.accept(&Ask::Inventory, &tag), Accepted::Part);
    assert!(matches!(reader.silence(&Ask::Inventory), Some(Reply::Found(found)) if found.len() == 1));
}
