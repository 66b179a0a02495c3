//! Host and emulator on one table.

use super::*;
use crate::data::epc::Pc;
use crate::emulator::{self, Emulator, EmulatorConfig, Gen2Tag, Model};
use crate::uhf::Sighting;
use crate::uhf::rig::Rig;

const MODELS: [Model; 2] = [Model::Reader18, Model::Reader288];

fn put(rig: &mut Rig<Reader18>, name: &str, pc: u16, uii: &[u8]) -> Filter {
    let mut tag = Gen2Tag::new(Gen2Tag::tid_of(name), Pc(pc), uii, &hex("0C02D99410040001"));
    tag.is_on_pad = true;
    rig.emulator.define_gen2(name, tag);
    Filter::Uii(uii.into())
}

fn rig(model: Model, n: u8) -> Rig<Reader18> {
    let mut rig = Rig::new(Reader18::new(), model);
    for at in 0..n {
        put(&mut rig, &format!("T{at:02}"), 0x3107, &[&[1, 4, 0x53], [at; 9].as_slice()].concat());
    }
    assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done));
    rig
}

fn found(rig: &mut Rig<Reader18>) -> Vec<Sighting> {
    match rig.ask(Ask::Inventory) {
        Some(Reply::Found(found)) => found,
        other => panic!("{other:?}: {:#?}", rig.transcript),
    }
}

#[test]
fn what_a_pad_relies_on() {
    MODELS.into_iter().for_each(crate::uhf::behaviour::holds::<Reader18>);
}

/// The emulator answers as published, byte for byte.
#[test]
fn published_answers() {
    let say = |rig: &mut Rig<Reader18>, request: &str| {
        let mut out = Vec::new();
        rig.emulator.handle(rig.now, emulator::Input::Bytes(&hex(request)), &mut out);
        out.concat().iter().map(|byte| format!("{byte:02X}")).collect::<String>()
    };
    let read = "18 00 02 06 01045300185304406C0E0000 03 00 04 00000000 DA 7B";
    let write = "1A 00 03 01 06 01045300185304406C0E0000 01 02 8104 00000000 EE F0";
    for model in MODELS {
        let mut rig = rig(model, 0);
        assert_eq!(say(&mut rig, read), "050002FB9A17");
        put(&mut rig, "B", 0x3000, &hex(UII));
        assert_eq!(say(&mut rig, read), "0D0002000C02D994100400018583");
        rig.emulator.gen2_mut("B").unwrap().locked = [1].into();
        assert_eq!(say(&mut rig, write), "060003FC04F877");
        rig.emulator.gen2_mut("B").unwrap().locked.clear();
        assert_eq!(say(&mut rig, write), "050003001E47");
        assert_eq!(say(&mut rig, "05 00 2F 1A 56 73"), "", "a wrong CRC");
    }
    let mut reader = rig(Model::Reader288, 0);
    assert_eq!(say(&mut reader, "04 FF 21 19 95"), INFORMATION_288.replace(' ', ""));
    assert_eq!(say(&mut reader, "0D FF 01 0F 00 01 000000 00 80 14 C0 3A"), "0700010101001E4B");
}

#[test]
fn twenty_tags_come_in_several_frames() {
    for model in MODELS {
        for piece in [4096, 1, 7] {
            let mut rig = rig(model, 20);
            rig.piece = piece;
            rig.line("noise 20");
            let sightings = found(&mut rig);
            assert_eq!(sightings.len(), 20, "{:#?}", rig.transcript);
            let antenna = (model == Model::Reader288).then_some(1);
            assert!(sightings.iter().all(|tag| (tag.antenna, tag.rssi) == (antenna, None)));
            assert!(sightings.iter().all(|tag| tag.epc.pc() == Pc(0x3107)));
            let n = rig.transcript.len();
            assert_eq!(found(&mut rig).len(), 20);
            assert_eq!(rig.transcript.len(), n + 5, "two frames, and one PC word is asked again");
        }
    }
}

#[test]
fn a_security_change_is_seen() {
    for model in MODELS {
        let mut rig = rig(model, 2);
        let of = put(&mut rig, "B", 0x3000, &hex(UII));
        assert_eq!(found(&mut rig).len(), 3);
        let write = Ask::Write { of, bank: MemoryBank::Epc, word: 1, words: vec![0x31C2] };
        assert_eq!(rig.ask(write), Some(Reply::Done));
        assert!(found(&mut rig).iter().any(|tag| tag.epc == Epc::new(Pc(0x31C2), &hex(UII))));
    }
}

/// covers: reader18.long-epc
#[test]
fn epcs_of_every_length() {
    for model in MODELS {
        for n_words in 2..=31_u8 {
            let mut rig = rig(model, 0);
            let uii: Vec<u8> = (0..n_words * 2).map(|at| at | 0x40).collect();
            let of = put(&mut rig, "long", u16::from(n_words) << 11, &uii);
            assert_eq!(found(&mut rig)[0].epc, Epc::new(Pc(u16::from(n_words) << 11), &uii));
            let read = Ask::Read { of: of.clone(), bank: MemoryBank::User, word: 0, n: 16 };
            assert!(matches!(rig.ask(read), Some(Reply::Words(words)) if words.len() == 32));
            let write = Ask::Write { of, bank: MemoryBank::User, word: 3, words: vec![7; 16] };
            assert_eq!(rig.ask(write), Some(Reply::Done));
        }
    }
}

/// covers: reader18.reports
#[test]
fn a_reader_that_tells_by_itself_is_found_and_refuses() {
    for (model, request) in [(Model::Reader18, "35 01 02 04 00 01 00"), (Model::Reader288, "76 01")] {
        let mut rig = rig(model, 3);
        let request = hex(request);
        let left = Frame { address: BROADCAST, command: request[0], data: &request[1..] }.to_bytes();
        rig.emulator.handle(rig.now, emulator::Input::Bytes(&left), &mut Vec::new());
        assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done), "{:#?}", rig.transcript);
        assert!(matches!(rig.ask(Ask::Identify), Some(Reply::Reader(_))));
        let refused = rig.ask(Ask::Inventory);
        assert!(matches!(refused, Some(Reply::Refused(Refusal { status: 0xEE, .. }))), "{refused:?}");
        let told = rig.transcript.iter().filter(|line| line.contains("00EE00")).count();
        assert!(told > 3, "{told}");
    }
}

#[test]
fn frames_for_a_host_that_has_crashed_do_no_harm() {
    for model in MODELS {
        let timing = model.timing(57_600);
        let mut reader = Emulator::new(EmulatorConfig { model, timing, ..EmulatorConfig::default() });
        for (name, tag) in rig(model, 20).emulator.gen2_tags() {
            reader.define_gen2(name, tag.clone());
        }
        let mut rig = Rig::new(Reader18::new(), model);
        rig.emulator = reader;
        let rounds = Rounds { q: 4, session: 0, mask: None, course: None };
        let rounds = (model == Model::Reader288).then_some(rounds);
        let left = Request { address: BROADCAST, command: Command::Inventory { rounds } }.to_bytes();
        for _ in 0..4 {
            rig.emulator.handle(rig.now, emulator::Input::Bytes(&left), &mut Vec::new());
        }
        assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done));
        assert!(matches!(rig.ask(Ask::Identify), Some(Reply::Reader(_))));
        assert_eq!(found(&mut rig).len(), 20, "{:#?}", rig.transcript);
    }
}
