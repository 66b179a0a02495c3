//! The whole slot as one machine in time: mechanics, modules, readers, people.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use config::{Config, Wire};
use peripherals::emulator::Emulated as _;
use peripherals::emulator::modbus::ModbusEmulator;
use rfid_driver::emulator::{EmulatedTag, Emulator, EmulatorConfig, Input};
use slot::mechanics::{Mechanics, Place, STEP, Thing};

use crate::people::People;
use crate::plant::{Around, Drives, Plant};
use crate::words::Script;

/// The world.
#[derive(Debug)]
pub struct World {
    /// the mechanics, with everything that may be put in
    pub iron: Mechanics,
    /// what is not mechanics
    pub around: Around,
    /// the wiring
    pub plant: Plant,
    /// the modules, in the order of the configuration
    pub modules: Vec<ModbusEmulator>,
    /// what is known of each thing beside the mechanics, in their order
    pub bodies: Vec<Body>,
    /// who is there
    pub people: People,
    /// the readers: over the inlet belt, and behind the flap
    readers: [Emulator; 2],
    pub(crate) script: Script,
    pub(crate) bins: Vec<String>,
    /// the names of what the relays did, one for each change
    moments: Vec<String>,
    moved_at: Option<Instant>,
    stop_at: Option<usize>,
    is_frozen: bool,
    stepped: Option<Instant>,
    notes: VecDeque<String>,
}

/// A thing, beside its mechanics.
#[derive(Clone, Debug)]
pub struct Body {
    /// in millimetres
    pub thick: f64,
    /// how fast it is pushed, in millimetres a second
    pub speed: f64,
    /// the names of its tags at the readers
    pub tags: Vec<String>,
    /// the reader that hears them, or heard them last
    field: usize,
    is_heard: bool,
}

/// A reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// over the inlet belt
    Tunnel,
    /// behind the flap
    Inner,
}

impl World {
    /// An empty slot with its shutter closed, wired as the configuration says.
    #[must_use]
    pub fn new(config: &Config, seed: u64) -> Self {
        let plant = Plant::new(config);
        let modules = config.modules.iter().enumerate().map(|(at, module)| {
            let (n_inputs, n_coils) = plant.size(at);
            let new = if module.wire == Wire::Tcp { ModbusEmulator::tcp } else { ModbusEmulator::rtu };
            let mut emulator = new(module.unit, n_inputs, n_coils);
            emulator.watchdog = Some(WATCHDOG);
            emulator
        });
        let reader = |seed| Emulator::new(EmulatorConfig { seed, ..EmulatorConfig::default() });
        let mut world = Self {
            iron: Mechanics::new(config.bins.len().max(1)),
            around: Around { has_mains: true, is_approached: false },
            modules: modules.collect(),
            plant,
            bodies: Vec::new(),
            people: People::new(seed),
            readers: [reader(seed), reader(seed.wrapping_add(1))],
            script: Script::default(),
            bins: config.bins.iter().map(|bin| bin.name.clone()).collect(),
            moments: Vec::new(),
            moved_at: None,
            stop_at: None,
            is_frozen: false,
            stepped: None,
            notes: VecDeque::new(),
        };
        // A relay that is on when its coil is off stands so from the start.
        let drives = world.drives();
        world.plant.drive(drives, &mut world.iron);
        world
    }

    /// Lets time pass, in whole steps of the mechanics.
    pub fn pass(&mut self, now: Instant) {
        let is_first = self.stepped.is_none();
        let stepped = *self.stepped.get_or_insert(now);
        if is_first {
            self.show(now);
        }
        if self.is_frozen {
            self.stepped = Some(now);
            return;
        }
        // A machine that was busy does not catch up for hours.
        let mut at = stepped.max(now.checked_sub(MOST).unwrap_or(stepped));
        while at + STEP <= now {
            at += STEP;
            self.step(at);
        }
        self.stepped = Some(at);
    }

    fn step(&mut self, now: Instant) {
        for at in 0..self.modules.len() {
            self.module_hears(now, at, &[], &mut Vec::new());
        }
        self.play(now);
        let mut people = core::mem::take(&mut self.people);
        people.step(now, self);
        self.people = people;
        let drives = self.drives();
        self.plant.drive(drives, &mut self.iron);
        self.iron.step();
        self.show(now);
        self.lay_tags();
    }

    /// The contacts are as the mechanics are.
    fn show(&mut self, now: Instant) {
        for (at, module) in self.modules.iter_mut().enumerate() {
            self.plant.show(now, &self.around, &self.iron, at, &mut module.inputs);
        }
    }

    /// Each tag is where its thing is.
    fn lay_tags(&mut self) {
        for (thing, body) in self.iron.things.iter_mut().zip(&mut self.bodies) {
            let field = if thing.covers(40.0, 420.0) {
                Some(Reader::Tunnel as usize)
            } else if matches!(thing.place, Place::Lying(front) if front > 430.0) {
                Some(Reader::Inner as usize)
            } else {
                None
            };
            thing.is_heard |= field == Some(Reader::Tunnel as usize);
            if body.is_heard == field.is_some() && field.is_none_or(|field| field == body.field) {
                continue;
            }
            for name in &body.tags {
                body.hand_over(&mut self.readers, name, field);
            }
            body.is_heard = field.is_some();
            body.field = field.unwrap_or(body.field);
        }
    }

    fn drives(&self) -> Drives {
        let coils: Vec<&[bool]> = self.modules.iter().map(|module| module.coils.as_slice()).collect();
        self.plant.drives(&coils)
    }

    /// Bytes for a module, none if only time has passed; `out` gets its answers.
    pub fn module(&mut self, now: Instant, at: usize, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        if self.is_frozen {
            return;
        }
        self.pass(now);
        self.module_hears(now, at, bytes, out);
        if self.is_frozen {
            out.clear();
        }
    }

    fn module_hears(&mut self, now: Instant, at: usize, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        let before = self.drives();
        let Some(module) = self.modules.get_mut(at) else { return };
        module.handle(now, bytes, out);
        let after = self.drives();
        if after == before {
            return;
        }
        self.plant.drive(after, &mut self.iron);
        self.moments.push(change(before, after));
        self.moved_at = Some(now);
        self.is_frozen |= self.stop_at == Some(self.moments.len());
    }

    /// When a module has something to say by itself.
    #[must_use]
    pub fn module_deadline(&self, at: usize) -> Option<Instant> {
        self.modules.get(at).and_then(ModbusEmulator::deadline).filter(|_| !self.is_frozen)
    }

    /// Bytes for a reader, none if only time has passed; `out` gets its answers.
    pub fn reader(&mut self, now: Instant, which: Reader, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        if self.is_frozen {
            return;
        }
        self.pass(now);
        let input = if bytes.is_empty() { Input::Tick } else { Input::Bytes(bytes) };
        self.emulator(which).handle(now, input, out);
    }

    /// When a reader has something to say.
    #[must_use]
    pub fn reader_deadline(&self, which: Reader) -> Option<Instant> {
        let [tunnel, inner] = &self.readers;
        let reader = match which {
            Reader::Tunnel => tunnel,
            Reader::Inner => inner,
        };
        reader.deadline().filter(|_| !self.is_frozen)
    }

    /// A reader, to be played with.
    pub fn emulator(&mut self, which: Reader) -> &mut Emulator {
        let [tunnel, inner] = &mut self.readers;
        match which {
            Reader::Tunnel => tunnel,
            Reader::Inner => inner,
        }
    }

    /// Brings a thing, in somebody's hands in the street.
    ///
    /// # Errors
    /// There is one of that name, in words.
    pub fn bring(
        &mut self,
        name: &str,
        len: f64,
        (thick, speed): (f64, f64),
        tag: Option<EmulatedTag>,
    ) -> Result<(), String> {
        if self.find(name).is_some() {
            return Err(format!("there is already a thing {name:?}"));
        }
        let tags = tag.is_some().then(|| name.to_owned()).into_iter().collect();
        if let Some(tag) = tag {
            self.emulator(Reader::Tunnel).define(name, tag);
        }
        self.iron.things.push(Thing::new(name.to_owned(), len, Vec::new()));
        let field = Reader::Tunnel as usize;
        self.bodies.push(Body { thick, speed, tags, field, is_heard: false });
        Ok(())
    }

    /// The place of a thing among the things.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.iron.things.iter().position(|thing| thing.name == name)
    }

    /// Where a thing is.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Place> {
        self.find(name).and_then(|at| self.iron.things.get(at)).map(|thing| thing.place)
    }

    /// A thing's tag, as it is now.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&EmulatedTag> {
        let body = self.bodies.get(self.find(name)?)?;
        self.readers.get(body.field)?.tag(body.tags.first()?)
    }

    /// The same, to change it.
    pub fn tag_mut(&mut self, name: &str) -> Option<&mut EmulatedTag> {
        let body = self.bodies.get(self.find(name)?)?;
        self.readers.get_mut(body.field)?.tag_mut(body.tags.first()?)
    }

    /// What the relays did so far, a line for each change.
    #[must_use]
    pub fn moments(&self) -> &[String] {
        &self.moments
    }

    /// When the relays last did something.
    #[must_use]
    pub const fn moved_at(&self) -> Option<Instant> {
        self.moved_at
    }

    /// From the change of that number on, counted from 1, everything stands still, and its order has no answer.
    pub const fn stop_at(&mut self, moment: Option<usize>) {
        self.stop_at = moment;
    }

    /// Whether everything stands still.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    /// Goes on after everything stood still: whoever drove it is gone, and the modules' watchdogs have cut the relays.
    pub fn go_on(&mut self, now: Instant) {
        (self.is_frozen, self.stop_at, self.stepped) = (false, None, Some(now));
        for module in &mut self.modules {
            module.coils.fill(false);
            module.unplug();
        }
        let drives = self.drives();
        self.plant.drive(drives, &mut self.iron);
        self.readers.iter_mut().for_each(Emulator::unplug);
    }

    /// A plug is pulled, and what was on the line is gone.
    pub fn unplug_module(&mut self, at: usize) {
        if let Some(module) = self.modules.get_mut(at) {
            module.unplug();
        }
    }

    /// What is to be told to whoever looks on.
    pub fn note(&mut self, text: String) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push_back(text);
        }
    }

    /// What was to be told since this was last asked.
    pub fn take_notes(&mut self) -> Vec<String> {
        self.notes.drain(..).collect()
    }
}

impl Body {
    /// A tag leaves the field it was in, and comes into another; it takes along what was written to it.
    fn hand_over(&self, readers: &mut [Emulator; 2], name: &str, to: Option<usize>) {
        let Some(tag) = readers.get_mut(self.field).and_then(|reader| reader.tag_mut(name)) else { return };
        tag.take();
        let Some(to) = to else { return };
        let mut tag = tag.clone();
        tag.put();
        if let Some(reader) = readers.get_mut(to) {
            reader.define(name, tag);
        }
    }
}

/// What changed, in a word or two.
fn change(before: Drives, after: Drives) -> String {
    let mut words = Vec::new();
    if before.shutter != after.shutter {
        words.push(format!("shutter {:?}", after.shutter));
    }
    if before.inlet != after.inlet {
        words.push(format!("inlet {:?}", after.inlet));
    }
    if before.sorter != after.sorter {
        words.push(format!("sorter {}", if after.sorter { "runs" } else { "stops" }));
    }
    if before.bin != after.bin {
        words.push(format!("divert {}", after.bin));
    }
    words.join(", ").to_lowercase()
}

/// The modules' own watchdog.
const WATCHDOG: Duration = Duration::from_secs(1);
/// So much time is caught up with at most.
const MOST: Duration = Duration::from_secs(2);
const MOST_NOTES: usize = 256;
