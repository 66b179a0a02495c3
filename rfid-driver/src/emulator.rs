//! A reader with tags, as a machine: the other side of the wire, for tests and demonstrations.
//!
//! It speaks the frames of [`crate::hf::obid`] or [`crate::hf::m810`] to the byte, gives no answer to a frame whose check
//! is wrong, and has the faults of the field as controls: tags that are missed, that leave within a write, noise, silence.
//! Randomness is its own and seeded, time comes in: the same input gives the same output.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::frame::{Item, Items};
use crate::tag::Uid;

mod field;
mod gen2;
mod llrp;
mod m100;
mod m810;
mod mercury;
mod obid;
mod r2000;
mod reader18;
pub mod room;
pub mod script;
#[cfg(feature = "emulator")]
pub mod shell;
mod tag;
mod timing;
mod wire;

pub use gen2::{Gen2Faults, Gen2Layout, Gen2Tag};
use room::Walk;
pub use tag::{EmulatedTag, Faults};
pub use timing::Timing;
use wire::Wire;

/// Which reader it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// FEIG ID ISC.MR101: tells all tags, in portions with status 94; knows the EAS commands.
    Mr101,
    /// FEIG ID CPR.02: tells at most four tags at once, says nothing of others; knows no EAS commands.
    Cpr02,
    /// 3M 810: tells all tags in one answer, some of them twice.
    M810,
    /// M100 and R200 modules: UHF.
    M100,
    /// R2000 readers: UHF.
    R2000,
    /// UHFReader18: UHF, one antenna, no signal strength.
    Reader18,
    /// UHFReader288: UHF, four antennas.
    Reader288,
    /// ThingMagic Mercury modules: UHF.
    Mercury,
    /// An LLRP reader: UHF, over TCP.
    Llrp,
}

/// How the reader is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmulatorConfig {
    /// Which reader it is.
    pub model: Model,
    /// Its bus address; only FEIG readers have one.
    pub address: u8,
    /// Whether it takes its time.
    pub timing: Timing,
    /// How many tags one answer tells; only FEIG readers tell in portions.
    pub max_per_inventory: usize,
    /// Start of its randomness.
    pub seed: u64,
}

/// What it has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Good frames received.
    pub frames_in: u64,
    /// Answers sent.
    pub frames_out: u64,
    /// Bytes received that belong to no frame: wrong CRC, noise.
    pub garbage_in: u64,
    /// Frames that came before the reader's pause was over.
    pub early: u64,
    /// Inventories carried out.
    pub inventories: u64,
    /// Reads of blocks carried out.
    pub reads: u64,
    /// Writes of AFI, EAS, DSFID or blocks carried out.
    pub writes: u64,
}

/// What it is told.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Bytes from the host.
    Bytes(&'a [u8]),
    /// The deadline may have come.
    Tick,
}

/// What goes wrong with the reader and the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFaults {
    /// So many noise bytes before the next answer.
    pub noise_next: usize,
    /// Noise before every so-manieth answer (0 = never)...
    pub noise_every: u64,
    /// ...of so many bytes.
    pub noise_bytes: usize,
    /// So many percent of the exchanges with a tag fail.
    pub miss_percent: u8,
    /// So many percent of the tags in an inventory are told twice, as a 3M reader does.
    pub double_percent: u8,
    /// Whether it gives no answers at all.
    pub is_mute: bool,
    /// Whether an inventory tells all tags, whatever AFI it is of; 3M readers.
    pub ignores_afi: bool,
    /// Of more tags than so many only the first are told apart, and the rest never (0 = any number); FEIG readers.
    pub crowd: usize,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Emulator {
    config: EmulatorConfig,
    tags: BTreeMap<String, EmulatedTag>,
    gen2: BTreeMap<String, Gen2Tag>,
    states: States,
    /// What goes wrong.
    pub faults: LineFaults,
    counters: Counters,
    random: Random,
    wire: Wire,
    /// Tags of the last inventory that were not told yet.
    untold: VecDeque<Uid>,
    is_field_on: bool,
    answers: VecDeque<(Instant, Vec<u8>)>,
    free_at: Option<Instant>,
    /// The room through which the antenna is pushed, if it is no pad.
    walk: Option<Walk>,
    /// When the last input came.
    now: Option<Instant>,
}

/// What the reader remembers between two requests, by family.
#[derive(Clone, Debug, Default)]
struct States {
    m100: m100::State,
    r2000: r2000::State,
    reader18: reader18::State,
    mercury: mercury::State,
    llrp: llrp::State,
}

impl Default for EmulatorConfig {
    fn default() -> Self {
        Self { model: Model::Mr101, address: 0, timing: Timing::Fast, max_per_inventory: 16, seed: 1 }
    }
}

impl Model {
    /// The speed of the line as its maker delivers it, in baud.
    pub fn baud(self) -> u32 {
        match self {
            Self::Mr101 | Self::Cpr02 => 38_400,
            Self::M810 => 19_200,
            Self::Reader18 | Self::Reader288 => 57_600,
            Self::M100 | Self::R2000 | Self::Mercury | Self::Llrp => 115_200,
        }
    }

    /// The time that it takes on a line of so many baud, with its maker's parity and pause.
    pub fn timing(self, baud: u32) -> Timing {
        match self {
            Self::Mr101 | Self::Cpr02 => Timing::real(baud),
            Self::M810 | Self::M100 | Self::R2000 | Self::Reader18 | Self::Reader288 | Self::Mercury => {
                Timing::real_8n1(baud)
            }
            // Bytes on a network cost next to nothing.
            Self::Llrp => Timing::real_8n1(1_000_000_000),
        }
    }
}

impl Model {
    /// Whether its tags are UHF ones.
    pub fn is_uhf(self) -> bool {
        !matches!(self, Self::Mr101 | Self::Cpr02 | Self::M810)
    }
}

impl Emulator {
    /// A reader without tags.
    pub fn new(config: EmulatorConfig) -> Self {
        Self {
            config,
            tags: BTreeMap::new(),
            gen2: BTreeMap::new(),
            states: States::default(),
            faults: LineFaults::default(),
            counters: Counters::default(),
            random: Random(config.seed | 1),
            wire: Wire::new(config.model),
            untold: VecDeque::new(),
            is_field_on: true,
            answers: VecDeque::new(),
            free_at: None,
            walk: None,
            now: None,
        }
    }

    /// Takes one input at `now`; `out` gets the bytes for the host.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Vec<u8>>) {
        let mut items = Items::new();
        self.now = Some(now);
        let n_inventories = self.counters.inventories;
        match input {
            Input::Bytes(bytes) => self.wire.push(now, bytes, &mut items),
            Input::Tick => self.wire.tick(now, &mut items),
        }
        for item in items.iter() {
            match item {
                Item::Frame(frame) => self.request(now, frame),
                Item::Garbage { n } => self.counters.garbage_in += n as u64,
            }
        }
        self.llrp_tick(now);
        while let Some((_, answer)) = self.answers.pop_front_if(|(due, _)| *due <= now) {
            out.push(answer);
        }
        self.go_on(now);
        if self.counters.inventories != n_inventories
            && let Some(walk) = &mut self.walk
        {
            walk.done(self.free_at);
        }
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let answer = self.answers.front().map(|(due, _)| *due);
        answer.into_iter().chain(self.wire.deadline()).chain(self.llrp_deadline()).min()
    }

    /// The transmit power in hundredths of a dBm; `None` of HF readers. The antennas of an R2000 have one each: the first.
    pub fn power(&self) -> Option<u16> {
        match self.config.model {
            Model::Mr101 | Model::Cpr02 | Model::M810 => None,
            Model::M100 => Some(self.states.m100.power),
            Model::R2000 => self.states.r2000.power.first().map(|dbm| u16::from(*dbm) * 100),
            Model::Reader18 | Model::Reader288 => Some(u16::from(self.states.reader18.power) * 100),
            Model::Mercury => Some(self.states.mercury.power),
            Model::Llrp => Some(self.llrp_power()),
        }
    }

    /// How much more power it has than its maker gave it, in dB.
    fn power_shift(&self) -> i8 {
        let delivered: i32 = match self.config.model {
            Model::Mr101 | Model::Cpr02 | Model::M810 => return 0,
            Model::M100 => 2_600,
            Model::R2000 | Model::Reader18 | Model::Reader288 => 3_000,
            Model::Mercury => 2_700,
            Model::Llrp => 3_250,
        };
        let now = self.power().map_or(delivered, i32::from);
        i8::try_from((now - delivered) / 100).unwrap_or(0)
    }

    /// Forgets what is on the line, as after it was unplugged. Tags and faults stay.
    pub fn unplug(&mut self) {
        self.wire.clear();
        self.answers.clear();
        self.untold.clear();
        self.free_at = None;
        self.tags.values_mut().for_each(EmulatedTag::power_up);
    }

    /// Which reader it is.
    pub fn model(&self) -> Model {
        self.config.model
    }

    /// The tag of a name.
    pub fn tag(&self, name: &str) -> Option<&EmulatedTag> {
        self.tags.get(name)
    }

    /// The tag of a name, to change it.
    pub fn tag_mut(&mut self, name: &str) -> Option<&mut EmulatedTag> {
        self.tags.get_mut(name)
    }

    /// All tags with their names.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &EmulatedTag)> {
        self.tags.iter().map(|(name, tag)| (name.as_str(), tag))
    }

    /// Adds a tag, or replaces the one of the same name.
    pub fn define(&mut self, name: &str, tag: EmulatedTag) {
        self.tags.insert(name.to_owned(), tag);
    }

    /// What it has counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn request(&mut self, now: Instant, bytes: &[u8]) {
        let answers = match self.config.model {
            Model::Mr101 | Model::Cpr02 => self.obid(bytes).into_iter().collect(),
            Model::M810 => self.m810(bytes).into_iter().collect(),
            Model::M100 => self.m100(bytes),
            Model::R2000 => self.r2000(bytes),
            Model::Reader18 | Model::Reader288 => self.reader18(bytes),
            Model::Mercury => self.mercury(bytes),
            Model::Llrp => self.llrp(now, bytes),
        };
        let mut n_request = bytes.len();
        for (answer, air) in answers {
            self.send(now, std::mem::take(&mut n_request), air, answer);
        }
    }

    /// What a reader tells without being asked each time: the next round of one that was told to go on.
    fn go_on(&mut self, now: Instant) {
        if !self.answers.is_empty() || self.faults.is_mute {
            return;
        }
        let round = match self.config.model {
            Model::M100 => self.m100_round(),
            Model::Mercury => self.mercury_round(),
            Model::Reader18 | Model::Reader288 => self.reader18_round(),
            Model::Mr101 | Model::Cpr02 | Model::M810 | Model::R2000 | Model::Llrp => Vec::new(),
        };
        let start = self.free_at.map_or(now, |free_at| free_at.max(now)) + ROUND_PAUSE;
        for (answer, air) in round {
            self.send_from(self.free_at.map_or(start, |free_at| free_at.max(start)), 0, air, answer);
        }
    }

    fn send(&mut self, now: Instant, n_request: usize, air: timing::Air, answer: Vec<u8>) {
        if self.faults.is_mute {
            return;
        }
        let start = self.free_at.map_or(now, |free_at| free_at.max(now));
        self.counters.early += u64::from(start > now);
        self.send_from(start, n_request, air, answer);
    }

    fn send_from(&mut self, start: Instant, n_request: usize, air: timing::Air, answer: Vec<u8>) {
        let due = start + self.config.timing.duration(n_request, air, answer.len());
        self.free_at = Some(due + self.config.timing.pause());
        self.counters.frames_out += 1;
        let mut noise = self.noise();
        noise.extend(answer);
        self.answers.push_back((due, noise));
    }

    fn noise(&mut self) -> Vec<u8> {
        let every = self.faults.noise_every;
        let regular = every > 0 && self.counters.frames_out.is_multiple_of(every);
        let n =
            std::mem::take(&mut self.faults.noise_next) + if regular { self.faults.noise_bytes } else { 0 };
        (0..n).map(|_| self.random.byte()).collect()
    }

    /// Whether an exchange with a tag fails.
    fn is_missed(&mut self) -> bool {
        self.happens(self.faults.miss_percent)
    }

    /// Whether a tag is told twice.
    fn is_doubled(&mut self) -> bool {
        self.happens(self.faults.double_percent)
    }

    fn happens(&mut self, percent: u8) -> bool {
        percent > 0 && self.random.below(100) < u64::from(percent)
    }
}

/// xorshift64*: small, seeded, the same everywhere.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 33) % end
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// Between two rounds of a reader that goes on by itself.
const ROUND_PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
