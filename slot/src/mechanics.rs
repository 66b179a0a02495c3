//! A model of the mechanics of a slot: what the tests of the machine play with, and what the emulated slot is made of.
//! Nothing of it is in a slot that runs.
//!
//! One axis, in millimetres inwards from the wall, moved in steps of [`STEP`].
//!
//! ```text
//!   0..20 shutter and curtain   50..60 eye_in   40..420 antenna   250 eye_mid   430 flap   480 eye_out   900+150n bins
//! ```

use std::time::Duration;

use crate::io::{Antenna, Content};
use crate::sensors::{Belt, BinContacts, Motion, Sensors, ShutterDrive};
use circulation::id::TagKey;

/// One image of the contacts is taken so often.
pub const STEP: Duration = Duration::from_millis(20);

/// Where a thing is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// outside, in nobody's way
    Street,
    /// in somebody's hand, its inner end at this
    Held(f64),
    /// let go in the mouth or on a belt
    Lying(f64),
    /// in this bin
    Bin(usize),
    /// staff took it out
    Staff,
}

/// Something that is put in.
#[derive(Clone, Debug)]
pub struct Thing {
    /// what the story calls it
    pub name: String,
    /// from its inner to its outer end
    pub len: f64,
    /// its tags, and what they carry
    pub tags: Vec<(TagKey, Content)>,
    /// where it is
    pub place: Place,
    /// the antenna has heard it on its way
    pub is_heard: bool,
    /// it was put in while another lay on the belt
    pub lay_with_another: bool,
    /// it sticks to the belts
    pub is_stuck: bool,
    /// it has stuck before
    pub was_stuck: bool,
}

impl Thing {
    /// In somebody's hands, in the street.
    pub fn new(name: String, len: f64, tags: Vec<(TagKey, Content)>) -> Self {
        Self {
            name,
            len,
            tags,
            place: Place::Street,
            is_heard: false,
            lay_with_another: false,
            is_stuck: false,
            was_stuck: false,
        }
    }

    /// Its inner end, if it is in the slot.
    pub fn front(&self) -> Option<f64> {
        match self.place {
            Place::Held(front) | Place::Lying(front) => Some(front),
            Place::Street | Place::Bin(_) | Place::Staff => None,
        }
    }

    /// Its tag has told that it is there. A bus card may lie in any book.
    pub fn tells(&self) -> bool {
        self.is_heard && !self.tags.iter().all(|(_, content)| *content == Content::Foreign)
    }

    /// Its outer end, if it is in the slot.
    pub fn tail(&self) -> Option<f64> {
        self.front().map(|front| front - self.len)
    }

    /// Whether it covers anything between two places.
    pub fn covers(&self, from: f64, to: f64) -> bool {
        self.front().is_some_and(|front| front > from && front - self.len < to)
    }

    /// Behind the flap, or where it cannot come out any more.
    pub fn is_inside(&self) -> bool {
        match self.place {
            Place::Bin(_) | Place::Staff => true,
            Place::Street | Place::Held(_) => false,
            Place::Lying(front) => front - self.len >= FLAP,
        }
    }
}

/// The machine's iron.
#[derive(Clone, Debug)]
pub struct Mechanics {
    /// everything that is, was or will be put in
    pub things: Vec<Thing>,
    /// 0 closed, 1 open
    pub shutter: f64,
    drive: ShutterDrive,
    inlet: Belt,
    sorter: bool,
    diverter: usize,
    /// a hand in the plane of the shutter
    pub has_hand: bool,
    /// the service door
    pub is_door_open: bool,
    /// it burns, or it is hot
    pub has_smoke: bool,
    /// the shutter's motor does not turn
    pub is_shutter_dead: bool,
    /// of each bin, whether a cart is there, and whether it is full
    pub bins: Vec<(bool, bool)>,
    dropped: Vec<usize>,
    /// for how long the shutter has been driven down on a broken curtain
    pub pinched: Duration,
    /// the diverter misses the next thing
    pub misses: bool,
}

impl Mechanics {
    /// A slot with empty bins, closed.
    pub fn new(n_bins: usize) -> Self {
        Self {
            things: Vec::new(),
            shutter: 0.0,
            drive: ShutterDrive::Stop,
            inlet: Belt::Stop,
            sorter: false,
            diverter: 0,
            has_hand: false,
            is_door_open: false,
            has_smoke: false,
            is_shutter_dead: false,
            bins: vec![(true, false); n_bins],
            dropped: Vec::new(),
            pinched: Duration::ZERO,
            misses: false,
        }
    }

    /// Something is to move.
    pub fn order(&mut self, motion: Motion) {
        match motion {
            Motion::Shutter(drive) => self.drive = drive,
            Motion::Inlet(belt) => self.inlet = belt,
            Motion::Sorter { runs } => self.sorter = runs,
            Motion::Divert { bin } => self.diverter = bin,
        }
    }

    /// The module's own watchdog, or the plug.
    pub fn cut(&mut self) {
        (self.drive, self.inlet, self.sorter) = (ShutterDrive::Stop, Belt::Stop, false);
    }

    /// Nothing is in the plane of the shutter.
    pub fn is_curtain_clear(&self) -> bool {
        !self.has_hand && !self.things.iter().any(|thing| thing.covers(0.0, 20.0))
    }

    /// Whether anything is driven.
    pub fn is_moving(&self) -> bool {
        self.drive != ShutterDrive::Stop || self.inlet != Belt::Stop || self.sorter
    }

    /// Whether the inlet belt stands.
    pub fn inlet_stands(&self) -> bool {
        self.inlet == Belt::Stop
    }

    /// Somebody pushes a thing in for [`STEP`], as far as the belt grips it; whether it was let go. The shutter holds it up.
    pub fn push(&mut self, thing: usize) -> bool {
        let by = HAND * STEP.as_secs_f64();
        let blocks = self.shutter < 0.9;
        let is_lying = |at: usize, one: &Thing| at != thing && matches!(one.place, Place::Lying(_));
        let has_others = (0..).zip(&self.things).any(|(at, one)| is_lying(at, one));
        if has_others && self.things.get(thing).is_some_and(|one| matches!(one.place, Place::Held(_))) {
            for (at, one) in (0..).zip(&mut self.things) {
                one.lay_with_another |= at == thing || matches!(one.place, Place::Lying(_));
            }
        }
        let Some(thing) = self.things.get_mut(thing) else { return true };
        match thing.place {
            Place::Street => thing.place = Place::Held(-60.0),
            Place::Held(front) if front + by > -5.0 && blocks => {}
            Place::Held(front) if front >= GRIP => {
                thing.place = Place::Lying(front);
                return true;
            }
            Place::Held(front) => thing.place = Place::Held(front + by),
            Place::Lying(_) | Place::Bin(_) | Place::Staff => return true,
        }
        false
    }

    /// Somebody takes a thing back, if it can be grasped: it stands out of the mouth, or lies just behind it with the
    /// shutter open. Whether it is in the street now.
    pub fn grasp(&mut self, thing: usize) -> bool {
        let (is_open, reach) = (self.shutter > 0.5, 100.0);
        let Some(thing) = self.things.get_mut(thing) else { return true };
        let can = thing.tail().is_some_and(|tail| tail < 0.0 || (is_open && tail < reach));
        if can || matches!(thing.place, Place::Held(_)) {
            thing.place = Place::Street;
        }
        thing.place == Place::Street
    }

    /// Lets [`STEP`] pass.
    pub fn step(&mut self) {
        self.dropped.clear();
        if self.is_door_open {
            return;
        }
        self.move_shutter();
        let (inlet, sorter, is_shut) = (self.inlet, self.sorter, self.shutter < 0.2);
        for thing in &mut self.things {
            let Place::Lying(front) = thing.place else { continue };
            if !thing.is_stuck {
                let front = carried(front, thing.len, inlet, sorter, is_shut);
                // Most of it stands out: it falls into the street.
                thing.place = if front < 50.0 { Place::Street } else { Place::Lying(front) };
            }
        }
        self.fall();
    }

    fn move_shutter(&mut self) {
        let is_clear = self.is_curtain_clear();
        let travel = STEP.as_secs_f64() / SHUTTER;
        match self.drive {
            _ if self.is_shutter_dead => {}
            ShutterDrive::Stop => {}
            ShutterDrive::Open => self.shutter = (self.shutter + travel).min(1.0),
            ShutterDrive::Close if !is_clear => {
                self.pinched += STEP;
                if self.shutter > 0.3 {
                    self.shutter -= travel;
                }
            }
            ShutterDrive::Close => self.shutter = (self.shutter - travel).max(0.0),
        }
        if is_clear || self.drive != ShutterDrive::Close {
            self.pinched = Duration::ZERO;
        }
    }

    fn fall(&mut self) {
        let last = self.bins.len() - 1;
        for thing in &mut self.things {
            let Place::Lying(front) = thing.place else { continue };
            let (centre, wanted) = (front - thing.len / 2.0, if self.misses { last } else { self.diverter });
            if centre > bin_at(wanted) {
                thing.place = Place::Bin(wanted);
                self.dropped.push(wanted);
                self.misses = false;
            }
        }
    }

    /// The contacts as they are.
    pub fn sensors(&self) -> Sensors {
        let covers = |from: f64, to: f64| self.things.iter().any(|thing| thing.covers(from, to));
        let is_pushing = self.drive == ShutterDrive::Close && !self.is_curtain_clear() && self.shutter <= 0.3;
        Sensors {
            curtain_is_clear: self.is_curtain_clear(),
            shutter_is_open: self.shutter >= 1.0,
            shutter_is_closed: self.shutter <= 0.0,
            shutter_is_overloaded: is_pushing,
            eye_in: covers(EYE_IN - 10.0, EYE_IN),
            eye_mid: covers(EYE_MID, EYE_MID + 5.0),
            eye_out: covers(EYE_OUT, EYE_OUT + 5.0),
            service_door_is_open: self.is_door_open,
            has_smoke: self.has_smoke,
            bins: (0..)
                .zip(&self.bins)
                .map(|(at, (is_present, is_full))| BinContacts {
                    is_present: *is_present,
                    is_full: *is_full,
                    has_dropped: self.dropped.contains(&at),
                })
                .collect(),
        }
    }

    /// The tags that can be heard, and where.
    pub fn tags(&self) -> Vec<(TagKey, Content, Antenna)> {
        let mut heard = Vec::new();
        for thing in &self.things {
            let at = if thing.covers(40.0, 420.0) {
                Antenna::Tunnel
            } else if thing.front().is_some_and(|front| front > FLAP) {
                Antenna::Inner
            } else {
                continue;
            };
            heard.extend(thing.tags.iter().map(|(key, content)| (key.clone(), content.clone(), at)));
        }
        heard
    }
}

/// The least time from one book to the next, whatever drives the slot: what the iron alone takes when one book at a time is
/// before the flap, and the next is held out as soon as there is room. Both are so long, and fall into this bin.
pub fn least(len: f64, bin: usize) -> Duration {
    let lies = EYE_MID.max(EYE_IN + len);
    let pulled_in = (lies - GRIP) / INLET;
    let through = (FLAP + len - lies) / INLET + (EYE_OUT + 5.0 - FLAP) / SORTER;
    let to_the_bin = (bin_at(bin) + len / 2.0 - (EYE_OUT + 5.0 + len)) / SORTER;
    // The hand is in as soon as most of the mouth is free.
    let next_is_in = SHUTTER * 0.9 + (GRIP + 5.0) / HAND;
    Duration::from_secs_f64(pulled_in + SHUTTER + through + to_the_bin.max(next_is_in))
}

const fn bin_at(bin: usize) -> f64 {
    900.0 + 150.0 * bin as f64
}

/// Where a thing's inner end is a step later.
fn carried(front: f64, len: f64, inlet: Belt, sorter: bool, is_shut: bool) -> f64 {
    let tail = front - len;
    let by = STEP.as_secs_f64();
    if tail >= FLAP {
        return if sorter { front + SORTER * by } else { front };
    }
    if front < 40.0 {
        return front;
    }
    match inlet {
        Belt::Inwards => front + INLET * by,
        Belt::Stop => front,
        // The closed shutter holds it.
        Belt::Outwards if is_shut && tail <= 21.0 => front,
        Belt::Outwards => front - INLET * by,
    }
}

/// The one-way flap.
const FLAP: f64 = 430.0;
/// The belt grips what is pushed in so far.
const GRIP: f64 = 110.0;
/// Where the eyes look, to the inner end of the outermost.
const EYE_IN: f64 = 60.0;
const EYE_MID: f64 = 250.0;
const EYE_OUT: f64 = 480.0;
/// Millimetres a second: the belts, and a hand.
const INLET: f64 = 300.0;
const SORTER: f64 = 400.0;
const HAND: f64 = 200.0;
/// Seconds from open to closed.
const SHUTTER: f64 = 0.8;
