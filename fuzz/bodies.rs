//! What each fuzz target does with its bytes. No I/O and no unsafe code: a test runs the same over the corpus.
//!
//! A new family of readers is one line in each of the three tables `FRAMES`, `DIALOGUES` and `READERS`, and one `[[bin]]`
//! for each of its targets in Cargo.toml.

use std::time::{Duration, Instant};

use rfid_driver::data::compaction::{Compaction, compact, expand};
use rfid_driver::data::iso28560_3::BlockOrder;
use rfid_driver::data::local::{FieldLength, LocalForm, LocalLayout, Mark, Packing};
use rfid_driver::data::{
    Draft, EpcBank, Hints, Layout, Step, TagData, decode, decode_as, decode_uhf, decoded, isil, plan, urn40,
};
use rfid_driver::dialogue::{self, Dialogue, Patience, Protocol};
use rfid_driver::emulator::{self, Emulator, EmulatorConfig, Model, script};
use rfid_driver::frame::{Format, Item, Items, Resync};
use rfid_driver::hf::{self, m810, obid};
use rfid_driver::tag::{Afi, Dsfid, Uid};
use rfid_driver::uhf::{self, llrp, m100, mercury, r2000, reader18};

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub fn targets() -> impl Iterator<Item = Target> {
    [DATA, FRAMES, DIALOGUES, READERS].into_iter().flatten().copied()
}

const DATA: &[Target] = &[
    ("decode", any_layout),
    ("decode_as", each_layout),
    ("decode_local", local_layouts),
    ("decode_uhf", uhf_banks),
    ("plan", plans),
    ("urn40", round_trip_urn40),
    ("isil", round_trip_isil),
    ("compaction", compactions),
    ("script", emulator_script),
];

const FRAMES: &[Target] = &[
    ("frames_obid", |data| frames::<obid::Answers, obid::Requests>(data)),
    ("frames_m810", |data| frames::<m810::Answers, m810::Requests>(data)),
    ("frames_m100", |data| frames::<m100::Answers, m100::Requests>(data)),
    ("frames_r2000", |data| frames::<r2000::Answers, r2000::Requests>(data)),
    ("frames_reader18", |data| frames::<reader18::Answers, reader18::Requests>(data)),
    ("frames_mercury", |data| frames::<mercury::Answers, mercury::Requests>(data)),
    ("frames_llrp", |data| frames::<llrp::Answers, llrp::Requests>(data)),
];

const DIALOGUES: &[Target] = &[
    ("dialogue_obid", |data| converse(obid::Obid::new(255), &hf_asks(), Model::Mr101, data)),
    ("dialogue_m810", |data| converse(m810::M810::new(), &hf_asks(), Model::M810, data)),
    ("dialogue_m100", |data| converse(m100::M100::new(), &uhf_asks(), Model::M100, data)),
    ("dialogue_r2000", |data| converse(r2000::R2000::new(), &uhf_asks(), Model::R2000, data)),
    ("dialogue_reader18", |data| converse(reader18::Reader18::new(), &uhf_asks(), Model::Reader18, data)),
    ("dialogue_mercury", |data| converse(mercury::Mercury::new(), &uhf_asks(), Model::Mercury, data)),
    ("dialogue_llrp", |data| converse(llrp::Llrp::new(), &uhf_asks(), Model::Llrp, data)),
];

const READERS: &[Target] = &[
    ("reader_obid", |data| emulate(Model::Cpr02, data)),
    ("reader_m810", |data| emulate(Model::M810, data)),
    ("reader_m100", |data| emulate(Model::M100, data)),
    ("reader_r2000", |data| emulate(Model::R2000, data)),
    ("reader_reader18", |data| emulate(Model::Reader288, data)),
    ("reader_mercury", |data| emulate(Model::Mercury, data)),
    ("reader_llrp", |data| emulate(Model::Llrp, data)),
];

/// Head: DSFID or none, AFI, block size. The rest is the memory.
fn any_layout(data: &[u8]) {
    let local = own_layouts();
    let Some((hints, memory)) = hints(data, &local) else { return };
    let decoded = decode(memory, &hints);
    decoded.problems().for_each(|problem| drop(problem.to_string()));
    if let TagData::Library(tag) = &decoded.data {
        assert!(!tag.primary_item_id.trim().is_empty());
    }
    if let Some(needed) = decoded::needs(memory, &hints) {
        assert!(needed > memory.len(), "{needed} of {}", memory.len());
    }
}

/// Each layout on the same memory; a layout that names itself is the one asked for.
fn each_layout(data: &[u8]) {
    let local = own_layouts();
    let Some((hints, memory)) = hints(data, &local) else { return };
    for layout in hf_layouts(&local) {
        let decoded = decode_as(memory, &layout, &hints);
        decoded.problems().for_each(|problem| drop(problem.to_string()));
    }
}

/// Head: offset, length, packing and more of a layout. What it writes it reads.
fn local_layouts(data: &[u8]) {
    let Some((head, rest)) = data.split_first_chunk::<5>() else { return };
    let [offset, length, packing, mark, n_id] = *head;
    let digits = usize::from(packing >> 4);
    let packing = match packing & 3 {
        0 => Packing::Number { digits },
        1 => Packing::Bcd,
        2 => Packing::Ascii,
        _ => Packing::SixBit,
    };
    let length = match length & 0x80 {
        0 => FieldLength::Fixed(length.into()),
        _ => FieldLength::Prefixed((length & 0x7F).into()),
    };
    let form = match offset {
        0xFF => LocalForm::SelfDescribing { letters: packing },
        offset => LocalForm::Field { offset: offset.into(), length, packing },
    };
    let marks = match mark {
        0 => Vec::new(),
        at => vec![Mark { at: at.into(), mask: 0xF0, value: 0xA0 }],
    };
    let layout = LocalLayout { name: "own".into(), form, marks };
    let (id, memory) = rest.split_at(usize::from(n_id % 24).min(rest.len()));
    drop(layout.decode(memory, 4));
    let Ok(id) = std::str::from_utf8(id) else { return };
    if let Ok(image) = layout.encode(id, memory) {
        assert_eq!(image.len(), memory.len());
        // A mark may lie within the field, and what looks half written is not read: but never another number.
        if let (Some(TagData::Library(tag)), []) = (layout.decode(&image, 4), layout.marks.as_slice()) {
            assert_eq!(tag.primary_item_id, id);
        }
    }
}

/// Head: how long the EPC bank is, and whether its CRC is there. The rest is the user memory.
fn uhf_banks(data: &[u8]) {
    let Some(([n_bank, form], rest)) = data.split_first_chunk::<2>() else { return };
    let (bank, user) = rest.split_at(usize::from(*n_bank).min(rest.len()));
    let user = (form & 2 == 0).then_some(user);
    let bank = if form & 1 == 0 { EpcBank::parse(bank) } else { EpcBank::reported(bank) };
    let Some(bank) = bank else { return };
    let decoded = decode_uhf(&bank, user, &Hints::none());
    decoded.problems().for_each(|problem| drop(problem.to_string()));
}

/// Head as for decoding, then layout and identifier. No prefix of a plan has another number than the old and the new one.
fn plans(data: &[u8]) {
    let local = own_layouts();
    let Some((hints, rest)) = hints(data, &local) else { return };
    let Some(([layout, n_id], rest)) = rest.split_first_chunk::<2>() else { return };
    let (id, memory) = rest.split_at(usize::from(n_id % 24).min(rest.len()));
    let size = hints.block_size;
    let memory = memory.get(..(memory.len() / size * size).min(28 * size)).unwrap_or_default();
    let layouts: Vec<Layout> = hf_layouts(&local).collect();
    let Some(layout) = layouts.get(usize::from(*layout) % layouts.len()) else { return };
    let draft = Draft { primary_item_id: String::from_utf8_lossy(id).into_owned(), ..Draft::default() };
    let Ok(plan) = plan(&draft, layout, memory, &hints) else { return };
    let id_of = |memory: &[u8], dsfid| {
        let decoded = decode(memory, &Hints { dsfid, ..hints });
        decoded.item_id().map(str::to_owned)
    };
    let old = id_of(memory, hints.dsfid);
    let (mut now, mut dsfid) = (memory.to_vec(), hints.dsfid);
    for step in &plan.steps {
        match step {
            Step::Block { block, bytes } => {
                now.iter_mut().skip(block * size).zip(bytes).for_each(|(old, new)| *old = *new);
            }
            Step::Dsfid(written) => dsfid = Some(*written),
        }
        let found = id_of(&now, dsfid);
        assert!(
            found.is_none() || found == old || found.as_deref() == Some(&draft.primary_item_id),
            "{found:?}"
        );
    }
    assert_eq!(id_of(&now, dsfid).as_deref(), Some(draft.primary_item_id.as_str()));
}

fn round_trip_urn40(data: &[u8]) {
    drop(urn40::decode(data));
    if let Some(bytes) = std::str::from_utf8(data).ok().and_then(urn40::encode) {
        assert_eq!(urn40::decode(&bytes).map(String::into_bytes).as_deref(), Some(data));
    }
}

fn round_trip_isil(data: &[u8]) {
    drop(isil::decode(data));
    if let Some(bytes) = std::str::from_utf8(data).ok().and_then(isil::encode) {
        assert_eq!(isil::decode(&bytes).map(String::into_bytes).as_deref(), Some(data));
    }
}

fn compactions(data: &[u8]) {
    let Some((code, bytes)) = data.split_first() else { return };
    drop(expand(Compaction::from_code(*code), bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let (scheme, packed) = compact(text);
        assert_eq!(expand(scheme, &packed).as_deref(), Some(text), "{scheme:?}");
    }
}

/// Lines for each kind of reader.
fn emulator_script(data: &[u8]) {
    let Some((model, lines)) = data.split_first() else { return };
    let model = [Model::Mr101, Model::M810, Model::Reader288].into_iter().cycle().nth((model % 3).into());
    let config = EmulatorConfig { model: model.unwrap_or(Model::Mr101), ..EmulatorConfig::default() };
    let mut emulator = Emulator::new(config);
    // So many lines are enough: a reader may be given many large tags.
    for line in String::from_utf8_lossy(lines).lines().take(64) {
        drop(script::run(&mut emulator, line).to_string());
    }
}

/// Both directions of a family.
fn frames<A: Format, R: Format>(data: &[u8]) {
    split::<A>(data);
    split::<R>(data);
}

/// Any chunking gives the same frames, every byte is in a frame or in the garbage, and every frame is one.
fn split<F: Format>(data: &[u8]) {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = items::<F>(stream, usize::MAX);
    assert_eq!(whole, items::<F>(stream, usize::from(*size).max(1)));
    let (frames, garbage) = whole;
    assert_eq!(frames.iter().map(Vec::len).sum::<usize>() + garbage, stream.len());
    for frame in frames {
        assert_eq!(F::look(&frame), rfid_driver::frame::Look::Whole(frame.len()));
    }
}

fn items<F: Format>(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, usize) {
    let (start, gap) = (start(), Duration::from_millis(12));
    let mut resync = Resync::<F>::new(gap);
    let mut items = Items::new();
    for chunk in stream.chunks(size) {
        resync.push(start, chunk, &mut items);
    }
    resync.tick(start + gap, &mut items);
    let (mut frames, mut garbage) = (Vec::new(), 0);
    for item in items.iter() {
        match item {
            Item::Frame(frame) => frames.push(frame.to_vec()),
            Item::Garbage { n } => garbage += n,
        }
    }
    (frames, garbage)
}

/// A dialogue with a reader that says what it should, or whatever the data says. At most one answer an ask.
///
/// Each step is a byte, and for some of them more: `0..64` ask that and hear the emulated reader, the top bit set: hear so
/// many bytes of the data, changed bytes of what the reader has said, or time goes by.
fn converse<P: Protocol<Ask: Clone>>(protocol: P, asks: &[P::Ask], model: Model, data: &[u8]) {
    let mut now = start();
    let mut host = Dialogue::new(protocol, Patience::default());
    let mut reader = reader(model);
    let (mut out, mut heard, mut rest, mut n_open) = (Vec::new(), Vec::new(), data, 0_usize);
    // A script of any length says nothing more after so many steps.
    for _ in 0..256 {
        let Some((step, tail)) = rest.split_first() else { break };
        rest = tail;
        let n = usize::from(step & 0x3F);
        match step >> 6 {
            0 => {
                let Some(ask) = asks.get(n % asks.len().max(1)) else { return };
                n_open = 1;
                host.handle(now, dialogue::Input::Ask { ask: ask.clone(), after: Duration::ZERO }, &mut out);
            }
            1 => {
                let answer: Vec<u8> = std::mem::take(&mut heard);
                host.handle(now, dialogue::Input::Bytes(&answer), &mut out);
            }
            2 => {
                let (bytes, tail) = rest.split_at(n.min(rest.len()));
                rest = tail;
                host.handle(now, dialogue::Input::Bytes(bytes), &mut out);
            }
            _ => {
                now = host.deadline().unwrap_or(now).max(now);
                host.handle(now, dialogue::Input::Tick, &mut out);
            }
        }
        for output in out.drain(..) {
            match output {
                dialogue::Output::Send(request) => {
                    let mut answers = Vec::new();
                    reader.handle(now, emulator::Input::Bytes(&request), &mut answers);
                    heard.extend(answers.concat());
                    heard.truncate(MAX_HEARD);
                }
                dialogue::Output::Reply(_) | dialogue::Output::Silent => {
                    n_open = n_open.checked_sub(1).unwrap_or_else(|| panic!("two answers to one ask"));
                }
                dialogue::Output::Garbage { .. } | dialogue::Output::Stray => {}
            }
        }
    }
}

/// What a reader hears, in portions: no request makes it panic, or say more than an answer can hold.
fn emulate(model: Model, data: &[u8]) {
    let Some((size, requests)) = data.split_first() else { return };
    let mut now = start();
    let mut reader = reader(model);
    for chunk in requests.chunks(usize::from(*size).max(1)).take(512) {
        let mut answers = Vec::new();
        reader.handle(now, emulator::Input::Bytes(chunk), &mut answers);
        now = reader.deadline().unwrap_or(now + Duration::from_millis(1)).max(now);
        reader.handle(now, emulator::Input::Tick, &mut answers);
        assert!(answers.iter().all(|answer| answer.len() <= MAX_HEARD), "{} answers", answers.len());
    }
}

/// An emulated reader with two tags of its kind.
fn reader(model: Model) -> Emulator {
    let mut reader = Emulator::new(EmulatorConfig { model, ..EmulatorConfig::default() });
    for line in ["book B123456 owner=CN-110108-1-NLC set=1/2", "card P10001", "put B123456 P10001"] {
        drop(script::run(&mut reader, line));
    }
    reader
}

fn hf_asks() -> Vec<hf::Ask> {
    use hf::Ask;
    let uid = Uid([0xE0, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01]);
    vec![
        Ask::Probe,
        Ask::Prepare,
        Ask::Identify,
        Ask::ResetField,
        Ask::Inventory { more: false },
        Ask::Inventory { more: true },
        Ask::Quiet { uid },
        Ask::System { uid },
        Ask::WriteAfi { uid, afi: Afi::ON_LOAN },
        Ask::WriteEas { uid, on: true },
    ]
}

fn uhf_asks() -> Vec<uhf::Ask> {
    use uhf::{Ask, Filter, MemoryBank};
    let of = || Filter::Uii([0xC0, 0x4F, 0xC7, 0x0B, 0xAD, 0xB5].into());
    vec![
        Ask::Probe,
        Ask::Prepare { step: 0 },
        Ask::Prepare { step: 1 },
        Ask::Identify,
        Ask::Inventory,
        Ask::Read { of: of(), bank: MemoryBank::Tid, word: 0, n: 6 },
        Ask::Read { of: of(), bank: MemoryBank::User, word: 4, n: 16 },
        Ask::Write { of: of(), bank: MemoryBank::Epc, word: 1, words: vec![0x34C2, 0xC04F] },
        Ask::SetPower { centi_dbm: 2_600 },
    ]
}

fn hints<'a>(data: &'a [u8], local: &'a [LocalLayout]) -> Option<(Hints<'a>, &'a [u8])> {
    let ([dsfid, afi, sizes], memory) = data.split_first_chunk::<3>()?;
    let hints = Hints {
        dsfid: (sizes & 0x80 == 0).then_some(Dsfid(*dsfid)),
        afi: (sizes & 0x40 == 0).then_some(Afi(*afi)),
        block_size: usize::from(sizes & 7) + 1,
        local: if sizes & 0x20 == 0 { local } else { &[] },
        ..Hints::none()
    };
    Some((hints, memory))
}

fn own_layouts() -> Vec<LocalLayout> {
    let form = LocalForm::Field {
        offset: 4,
        length: FieldLength::Fixed(6),
        packing: Packing::Number { digits: 14 },
    };
    let marks = vec![Mark { at: 0, mask: 0xFF, value: 0x4C }];
    vec![LocalLayout::self_describing("interlib"), LocalLayout { name: "branch".into(), form, marks }]
}

fn hf_layouts(local: &[LocalLayout]) -> impl Iterator<Item = Layout> {
    [
        Layout::Iso28560Part2,
        Layout::Iso28560Part3(BlockOrder::Straight),
        Layout::Iso28560Part3(BlockOrder::Reversed),
        Layout::Rfid501,
    ]
    .into_iter()
    .chain(local.iter().map(|local| Layout::Local(local.name.clone())))
}

#[expect(clippy::disallowed_methods, reason = "an Instant has no other origin; the value does not matter")]
fn start() -> Instant {
    Instant::now()
}

/// More than any reader says at once.
const MAX_HEARD: usize = 1 << 16;
