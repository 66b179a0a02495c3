//! What a pad may rely on, of every family alike: host and emulated reader together.

use super::rig::Rig;
use super::{Ask, Epc, Filter, MemoryBank, Reply, UhfProtocol};
use crate::data::epc::Pc;
use crate::emulator::{Emulator, EmulatorConfig, Gen2Tag, Model};
use crate::tag::{Afi, Tid};

/// Everything below, one after the other.
pub(crate) fn holds<P: UhfProtocol + Default>(model: Model) {
    let rig = || Rig::new(P::default(), model);
    opening(rig());
    [0, 1, 5, 20].into_iter().for_each(|n| inventory(rig(), n));
    inventory(unhurried(rig()), 20);
    memory(unhurried(rig()));
    memory(rig());
    writes(rig());
    failures(rig());
    noise(rig());
    misses(rig());
}

/// Tag number `at` with so many words of UII.
pub(crate) fn tag(at: u8, n_words: usize) -> Gen2Tag {
    let uii: Vec<u8> = [at].into_iter().chain(0x10..).take(n_words * 2).collect();
    let user: Vec<u8> = (0..64).map(|byte: u8| byte ^ at).collect();
    let tid = Gen2Tag::tid_of(&at.to_string());
    Gen2Tag { is_on_pad: true, ..Gen2Tag::new(tid, Pc::new(n_words, true, Some(Afi(7))), &uii, &user) }
}

/// A pad with tags of 4 to 62 bytes.
pub(crate) fn lay<P: UhfProtocol>(rig: &mut Rig<P>, n: u8) {
    for at in 0..n {
        rig.emulator.define_gen2(&name(at), tag(at, 2 + usize::from(at) * 3 % 30));
    }
}

/// The pad is opened as the pad's machine opens it.
pub(crate) fn open<P: UhfProtocol>(rig: &mut Rig<P>) {
    assert_eq!(rig.ask(Ask::Probe), Some(Reply::Done));
    for step in 0..rig.dialogue.protocol().capabilities().n_prepare {
        assert_eq!(rig.ask(Ask::Prepare { step }), Some(Reply::Done), "step {step}");
    }
}

pub(crate) fn name(at: u8) -> String {
    format!("T{at:02}")
}

/// A reader that takes the time of line and air.
fn unhurried<P: UhfProtocol>(mut rig: Rig<P>) -> Rig<P> {
    let model = rig.emulator.model();
    let timing = model.timing(model.baud());
    rig.emulator = Emulator::new(EmulatorConfig { model, timing, ..EmulatorConfig::default() });
    rig
}

fn opening<P: UhfProtocol>(mut rig: Rig<P>) {
    open(&mut rig);
    let Some(Reply::Reader(identity)) = rig.ask(Ask::Identify) else { panic!("{:#?}", rig.transcript) };
    assert_ne!(identity.model, "");
    assert_eq!(rig.ask(Ask::SetPower { centi_dbm: 2000 }), Some(Reply::Done), "{:#?}", rig.transcript);
    rig.line("mute on");
    for ask in [Ask::Probe, Ask::Identify, Ask::Inventory] {
        assert_eq!(rig.ask(ask.clone()), None, "{ask:?}");
    }
    rig.line("mute off");
    open(&mut rig);
}

fn inventory<P: UhfProtocol>(mut rig: Rig<P>, n: u8) {
    open(&mut rig);
    lay(&mut rig, n);
    let there: Vec<Epc> = (0..n).map(|at| rig.emulator.gen2(&name(at)).unwrap().reported()).collect();
    for round in 0..3 {
        assert_eq!(found(&mut rig), there, "round {round}: {:#?}", rig.transcript);
    }
}

/// What an inventory tells, each once, in order.
pub(crate) fn found<P: UhfProtocol>(rig: &mut Rig<P>) -> Vec<Epc> {
    let Some(Reply::Found(sightings)) = rig.ask(Ask::Inventory) else { panic!("{:#?}", rig.transcript) };
    let mut epcs: Vec<Epc> = sightings.into_iter().map(|sighting| sighting.epc).collect();
    epcs.sort_by_key(|epc| epc.uii().to_vec());
    epcs.dedup();
    epcs
}

fn filters<P: UhfProtocol>(rig: &Rig<P>, tag: &Gen2Tag) -> Vec<Filter> {
    let tid = rig.dialogue.protocol().capabilities().by_tid.then(|| Filter::Tid(Tid::new(&tag.tid).unwrap()));
    [tag.reported().filter()].into_iter().chain(tid).collect()
}

fn memory<P: UhfProtocol>(mut rig: Rig<P>) {
    open(&mut rig);
    lay(&mut rig, 12);
    for at in 0..12 {
        let tag = rig.emulator.gen2(&name(at)).unwrap().clone();
        for of in filters(&rig, &tag) {
            let mut read = |bank, word, n| {
                let reply = rig.ask(Ask::Read { of: of.clone(), bank, word, n });
                let Some(Reply::Words(words)) = reply else { panic!("{reply:?} {:#?}", rig.transcript) };
                words
            };
            assert_eq!(read(MemoryBank::Tid, 0, 6), tag.tid);
            assert_eq!(read(MemoryBank::Epc, 0, 4), tag.epc_bank()[..8]);
            assert_eq!(read(MemoryBank::Epc, 1, 1), tag.epc[..2]);
            assert_eq!(read(MemoryBank::User, 0, 16), tag.user[..32]);
            assert_eq!(read(MemoryBank::User, 31, 1), tag.user[62..]);
            let beyond = rig.ask(Ask::Read { of, bank: MemoryBank::User, word: 32, n: 1 });
            assert!(matches!(beyond, Some(Reply::Refused(_))), "{beyond:?}");
        }
    }
}

fn write(of: &Filter, bank: MemoryBank, word: u16, words: &[u16]) -> Ask {
    Ask::Write { of: of.clone(), bank, word, words: words.to_vec() }
}

fn writes<P: UhfProtocol>(mut rig: Rig<P>) {
    open(&mut rig);
    lay(&mut rig, 5);
    for at in 0..5 {
        let n_ways = filters(&rig, rig.emulator.gen2(&name(at)).unwrap()).len();
        for way in 0..n_ways {
            let of = |rig: &Rig<P>| {
                let tag = rig.emulator.gen2(&name(at)).unwrap();
                filters(rig, tag)[way].clone()
            };
            let before = rig.emulator.gen2(&name(at)).unwrap().clone();
            let pc = before.reported().pc().with_afi(Afi([0xC2, 0xDA][way])).0;
            for (bank, word, words) in [
                (MemoryBank::Epc, 1, &[pc][..]),
                (MemoryBank::Epc, 2, &[u16::from(at) << 8 | 0x81]),
                (MemoryBank::User, 3, &[0x1234, 0x5678]),
            ] {
                let of = of(&rig);
                let reply = rig.ask(write(&of, bank, word, words));
                assert_eq!(reply, Some(Reply::Done), "{:#?}", rig.transcript);
            }
            let after = rig.emulator.gen2(&name(at)).unwrap();
            assert_eq!(after.reported().pc().0, pc);
            assert_eq!(after.epc[2..4], [at, 0x81]);
            assert_eq!(after.user[6..10], [0x12, 0x34, 0x56, 0x78]);
            assert_eq!((&after.user[10..], &after.epc[4..]), (&before.user[10..], &before.epc[4..]));
        }
    }
    assert_eq!(rig.emulator.gen2("T00").unwrap().tid, tag(0, 2).tid);
}

fn failures<P: UhfProtocol>(mut rig: Rig<P>) {
    open(&mut rig);
    lay(&mut rig, 3);
    for at in 0..filters(&rig, &tag(0, 2)).len() {
        let of = filters(&rig, rig.emulator.gen2("T01").unwrap()).remove(at);
        let one = write(&of, MemoryBank::Epc, 2, &[0x01FF]);
        let before = rig.emulator.gen2("T01").unwrap().clone();
        let fault = |rig: &mut Rig<P>, set: &dyn Fn(&mut Gen2Tag)| {
            let tag = rig.emulator.gen2_mut("T01").unwrap();
            *tag = before.clone();
            set(tag);
        };
        fault(&mut rig, &|tag| tag.locked = [1].into());
        assert!(matches!(rig.ask(one.clone()), Some(Reply::Refused(_))), "locked: {:#?}", rig.transcript);
        fault(&mut rig, &|tag| tag.faults.fail_write = 1);
        let reply = rig.ask(one.clone());
        assert!(matches!(reply, Some(Reply::Refused(_) | Reply::Missing)), "no power: {reply:?}");
        assert_eq!(rig.emulator.gen2("T01").unwrap(), &before, "nothing was written");
        assert_eq!(rig.ask(one.clone()), Some(Reply::Done), "the next one is");
        for set in [
            &(|tag: &mut Gen2Tag| tag.faults.take_on_write = true) as &dyn Fn(&mut Gen2Tag),
            &|tag| tag.faults.take_after_write = true,
            &|tag| tag.faults.tear = Some(0xAAAA),
            &|tag| tag.is_on_pad = false,
        ] {
            fault(&mut rig, set);
            assert_eq!(rig.ask(one.clone()), Some(Reply::Missing), "{:#?}", rig.transcript);
            let read = Ask::Read { of: of.clone(), bank: MemoryBank::Tid, word: 0, n: 6 };
            assert_eq!(rig.ask(read), Some(Reply::Missing), "gone");
        }
        fault(&mut rig, &|_| {});
    }
    let nobody = Filter::Uii([9; 12].into());
    let read = Ask::Read { of: nobody.clone(), bank: MemoryBank::User, word: 0, n: 1 };
    assert_eq!(rig.ask(read), Some(Reply::Missing));
    assert_eq!(rig.ask(write(&nobody, MemoryBank::User, 0, &[1])), Some(Reply::Missing));
}

/// Answers in pieces of one byte, and noise before each.
fn noise<P: UhfProtocol>(mut rig: Rig<P>) {
    rig.piece = 1;
    rig.line("noise every 1 5");
    open(&mut rig);
    lay(&mut rig, 5);
    let there: Vec<Epc> = (0..5).map(|at| rig.emulator.gen2(&name(at)).unwrap().reported()).collect();
    for _ in 0..20 {
        assert_eq!(found(&mut rig), there, "{:#?}", rig.transcript);
        let of = there[2].filter();
        let reply = rig.ask(Ask::Read { of, bank: MemoryBank::User, word: 0, n: 1 });
        assert_eq!(reply, Some(Reply::Words(vec![2, 3])), "{:#?}", rig.transcript);
    }
}

/// What is told of a tag that answers now and then is true or nothing.
fn misses<P: UhfProtocol>(mut rig: Rig<P>) {
    open(&mut rig);
    lay(&mut rig, 5);
    rig.line("miss 30");
    let (mut n_words, mut n_missing) = (0, 0);
    for round in 0..40_u8 {
        assert!(found(&mut rig).len() <= 5);
        let at = round % 5;
        let tag = rig.emulator.gen2(&name(at)).unwrap().clone();
        let of = tag.reported().filter();
        match rig.ask(Ask::Read { of, bank: MemoryBank::Tid, word: 0, n: 6 }) {
            Some(Reply::Words(words)) => {
                assert_eq!(words, tag.tid);
                n_words += 1;
            }
            Some(Reply::Missing) => n_missing += 1,
            reply => panic!("{reply:?} {:#?}", rig.transcript),
        }
    }
    assert!(n_words > 10 && n_missing > 3, "{n_words} {n_missing}");
}
