//! The machine of the room: door, questions, count, alarms.
//!
//! ```text
//!           card, code                word: enter                  unlock is over
//!  Locked ─────────────▶ (asking) ──────────────▶ Unlocked{until} ───────────────▶ Locked
//!     ▲ │                    └─ refused, silent: a sign                │
//!     │ └──exit button──▶ Unlocked{until}                              │
//!     └── fire is over ── Fire ◀──────────── fire alarm ───────────────┘
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Rules;
use super::io::{Alarm, Contacts, Input, Output, Refusal, Sign, Word};
use super::passage::{Passage, Passed};

/// The machine.
#[derive(Clone, Debug)]
pub struct Room {
    rules: Rules,
    /// nothing: they are not known
    contacts: Option<Contacts>,
    lock: Lock,
    told_unlocked: bool,
    asking: Option<(u64, Instant)>,
    query: u64,
    is_open: bool,
    has_mains: bool,
    passage: Passage,
    inside: u32,
    /// so many may come in still
    allowed: u32,
    /// until when, if the door is not open
    allowed_until: Option<Instant>,
    /// the button was pressed then last, and since when
    exit: Option<(Instant, Instant)>,
    /// since when the door stands open
    open_since: Option<Instant>,
    /// with those that last for a while whatever happens: until when
    alarms: BTreeMap<Alarm, Option<Instant>>,
    sign: Sign,
    sign_until: Option<Instant>,
}

/// The door's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Locked,
    Unlocked { until: Instant },
    Fire,
}

impl Room {
    /// A locked room in which nobody is; its contacts are not known yet.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self {
            rules,
            contacts: None,
            lock: Lock::Locked,
            told_unlocked: false,
            asking: None,
            query: 0,
            is_open: true,
            has_mains: true,
            passage: Passage::NOBODY,
            inside: 0,
            allowed: 0,
            allowed_until: None,
            exit: None,
            open_since: None,
            alarms: BTreeMap::new(),
            sign: Sign::OutOfOrder,
            sign_until: None,
        }
    }

    /// Takes one input; appends what is to be done.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Contacts(contacts) => self.see(now, contacts, out),
            Input::Blind => self.blind(now, out),
            Input::Shown => self.shown(now, out),
            Input::Word { query, word } => {
                if self.asking.take_if(|(asked, _)| *asked == query).is_some() {
                    self.word(now, word, out);
                }
            }
            Input::Hours { is_open } => self.is_open = is_open,
            Input::Mains { holds } => self.has_mains = holds,
            Input::Reset => self.count(0, out),
            Input::Tick => {}
        }
        self.expire(now, out);
        self.tell(out);
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let lock = match self.lock {
            Lock::Unlocked { until } => Some(until),
            Lock::Locked | Lock::Fire => None,
        };
        let held = self.open_since.filter(|_| !self.alarms.contains_key(&Alarm::HeldOpen));
        let stuck = self.exit.filter(|_| self.is_pressed() && !self.alarms.contains_key(&Alarm::ExitStuck));
        let alarms = self.alarms.values().flatten().copied();
        let times = [
            lock,
            self.asking.map(|(_, until)| until),
            self.sign_until,
            self.allowed_until,
            held.map(|since| since + self.rules.held),
            stuck.map(|(since, _)| since + STUCK),
        ];
        times.into_iter().flatten().chain(alarms).min()
    }

    /// Whether the contacts are known.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.contacts.is_some()
    }

    /// So many are inside.
    #[must_use]
    pub const fn inside(&self) -> u32 {
        self.inside
    }

    /// Whether the door is unlocked.
    #[must_use]
    pub const fn is_unlocked(&self) -> bool {
        !matches!(self.lock, Lock::Locked)
    }

    /// The alarms that stand, the worst first.
    pub fn alarms(&self) -> impl Iterator<Item = Alarm> {
        self.alarms.keys().copied()
    }

    fn see(&mut self, now: Instant, contacts: Contacts, out: &mut Vec<Output>) {
        let before = self.contacts.replace(contacts);
        self.calm(Alarm::Blind, out);
        self.fire(now, contacts.fire, out);
        self.exit_button(now, contacts.exit, out);
        self.door(now, before, contacts.door_is_open, out);
        let has_begun = before.is_some_and(|before| contacts.gate && !before.gate);
        if has_begun {
            out.push(Output::Gate);
            self.raise(Alarm::Gate, Some(now + LASTS), out);
        }
        let pulses = before
            .map(|before| (contacts.count_in && !before.count_in, contacts.count_out && !before.count_out));
        if before.is_none() {
            // What happened between the eyes meanwhile is not known.
            self.passage = Passage::NOBODY;
        }
        match self.passage.see(contacts.outer, contacts.inner) {
            Some(Passed::In) => self.came_in(now, out),
            Some(Passed::Out) => self.count(self.inside.saturating_sub(1), out),
            None => {}
        }
        if pulses.is_some_and(|(came, _)| came) {
            self.came_in(now, out);
        }
        if pulses.is_some_and(|(_, went)| went) {
            self.count(self.inside.saturating_sub(1), out);
        }
    }

    fn blind(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.contacts = None;
        self.lock = Lock::Locked;
        self.exit = None;
        self.open_since = None;
        self.allowed = 0;
        self.allowed_until = None;
        self.sign_until = None;
        self.calm(Alarm::HeldOpen, out);
        self.calm(Alarm::ExitStuck, out);
        self.calm(Alarm::Fire, out);
        self.raise(Alarm::Blind, None, out);
        if self.asking.take().is_some() {
            self.say(now, Sign::Refused(Refusal::OutOfOrder), out);
        }
    }

    fn fire(&mut self, now: Instant, holds: bool, out: &mut Vec<Output>) {
        if holds {
            self.lock = Lock::Fire;
            self.raise(Alarm::Fire, None, out);
        } else if self.lock == Lock::Fire {
            // Whoever is at the door still gets through.
            self.unlock(now);
            self.calm(Alarm::Fire, out);
        }
    }

    fn exit_button(&mut self, now: Instant, is_pressed: bool, out: &mut Vec<Output>) {
        if !is_pressed {
            self.calm(Alarm::ExitStuck, out);
            return;
        }
        let since = self.exit.filter(|(_, last)| *last + MOMENT >= now).map_or(now, |(since, _)| since);
        self.exit = Some((since, now));
        self.unlock(now);
    }

    fn unlock(&mut self, now: Instant) {
        if self.lock != Lock::Fire || self.contacts.is_some_and(|contacts| !contacts.fire) {
            self.lock = Lock::Unlocked { until: now + self.rules.unlock };
        }
    }

    fn door(&mut self, now: Instant, before: Option<Contacts>, is_open: bool, out: &mut Vec<Output>) {
        let was_open = before.is_some_and(|before| before.door_is_open);
        match (was_open, is_open) {
            (false, true) => {
                self.open_since = Some(now);
                self.allowed_until = None;
                let has_left = self.exit.is_some_and(|(_, last)| now <= last + self.rules.unlock + TRAIL);
                // What stands open when it is first seen was opened by nobody knows whom.
                if before.is_some() && !self.is_unlocked() && !has_left {
                    self.raise(Alarm::Forced, Some(now + LASTS), out);
                }
            }
            (true, false) => {
                self.open_since = None;
                self.allowed_until = (self.allowed > 0).then(|| now + TRAIL);
                self.calm(Alarm::HeldOpen, out);
            }
            (false, false) | (true, true) => {}
        }
    }

    fn came_in(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.count(self.inside.saturating_add(1).min(MOST), out);
        match self.allowed.checked_sub(1) {
            Some(left) => self.allowed = left,
            None if self.lock == Lock::Fire => {}
            None => self.raise(Alarm::Tailgated, Some(now + LASTS), out),
        }
    }

    fn count(&mut self, inside: u32, out: &mut Vec<Output>) {
        if core::mem::replace(&mut self.inside, inside) != inside {
            out.push(Output::Inside(inside));
        }
    }

    fn shown(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.asking.is_some() || self.lock == Lock::Fire {
            return;
        }
        let refusal = if self.contacts.is_none() || !self.has_mains {
            Some(Refusal::OutOfOrder)
        } else if !self.is_open {
            Some(Refusal::Closed)
        } else if self.rules.most.is_some_and(|most| self.inside >= most) {
            Some(Refusal::Full)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.say(now, Sign::Refused(refusal), out);
        }
        self.query = self.query.wrapping_add(1);
        self.asking = Some((self.query, now + self.rules.patience));
        out.push(Output::Ask { query: self.query });
        self.say(now, Sign::Wait, out);
        self.sign_until = None;
    }

    fn word(&mut self, now: Instant, word: Word, out: &mut Vec<Output>) {
        match word {
            Word::Enter => {
                self.unlock(now);
                self.allowed = self.rules.party;
                self.allowed_until = self.open_since.is_none().then(|| now + self.rules.unlock + TRAIL);
                self.say(now, Sign::Welcome, out);
            }
            Word::Refused(refusal) => self.say(now, Sign::Refused(refusal), out),
            Word::Silent => self.say(now, Sign::Refused(Refusal::Silent), out),
        }
    }

    fn is_pressed(&self) -> bool {
        self.contacts.is_some_and(|contacts| contacts.exit)
    }

    fn expire(&mut self, now: Instant, out: &mut Vec<Output>) {
        // A pressed button goes on being pressed between two images.
        if self.is_pressed()
            && let Some((since, last)) = &mut self.exit
        {
            *last = now;
            let is_stuck = *since + STUCK <= now;
            self.unlock(now);
            if is_stuck {
                self.raise(Alarm::ExitStuck, None, out);
            }
        }
        if matches!(self.lock, Lock::Unlocked { until } if until <= now) {
            self.lock = Lock::Locked;
        }
        if self.asking.take_if(|(_, until)| *until <= now).is_some() {
            self.say(now, Sign::Refused(Refusal::Silent), out);
        }
        if self.allowed_until.take_if(|until| *until <= now).is_some() {
            self.allowed = 0;
        }
        if self.open_since.is_some_and(|since| since + self.rules.held <= now) && self.lock != Lock::Fire {
            self.raise(Alarm::HeldOpen, None, out);
        }
        let is_shut = self.open_since.is_none();
        let over: Vec<Alarm> = self
            .alarms
            .iter()
            .filter(|(_, until)| until.is_some_and(|until| until <= now))
            .map(|(alarm, _)| *alarm)
            .collect();
        for alarm in over {
            if is_shut {
                self.calm(alarm, out);
            } else {
                self.alarms.insert(alarm, Some(now + MOMENT));
            }
        }
        if self.sign_until.is_some_and(|until| until <= now) {
            self.sign_until = None;
        }
    }

    /// What is said while nothing else is.
    fn resting(&self) -> Sign {
        if self.lock == Lock::Fire {
            Sign::Leave
        } else if self.alarms.contains_key(&Alarm::HeldOpen) {
            Sign::ShutTheDoor
        } else if self.asking.is_some() {
            Sign::Wait
        } else if self.contacts.is_none() || !self.has_mains {
            Sign::OutOfOrder
        } else if !self.is_open {
            Sign::Closed
        } else {
            Sign::Ready
        }
    }

    fn say(&mut self, now: Instant, sign: Sign, out: &mut Vec<Output>) {
        self.sign = sign;
        self.sign_until = Some(now + SAID);
        out.push(Output::Say(sign));
    }

    fn tell(&mut self, out: &mut Vec<Output>) {
        let is_unlocked = self.is_unlocked();
        if core::mem::replace(&mut self.told_unlocked, is_unlocked) != is_unlocked {
            out.push(Output::Door { is_unlocked });
        }
        let resting = self.resting();
        let gives_way = self.sign_until.is_none() || resting == Sign::Leave;
        if gives_way && self.sign != resting {
            self.sign = resting;
            self.sign_until = None;
            out.push(Output::Say(resting));
        }
    }

    fn raise(&mut self, alarm: Alarm, until: Option<Instant>, out: &mut Vec<Output>) {
        if self.alarms.insert(alarm, until).is_none() {
            out.push(Output::Alarm(alarm));
        }
    }

    fn calm(&mut self, alarm: Alarm, out: &mut Vec<Output>) {
        if self.alarms.remove(&alarm).is_some() {
            out.push(Output::Calm(alarm));
        }
    }
}

/// Whoever was let in, or let themselves out, is through the door so long after it was locked or shut.
const TRAIL: Duration = Duration::from_secs(10);
/// An alarm that is a moment lasts so long, so that somebody sees it.
const LASTS: Duration = Duration::from_secs(60);
/// A button that is pressed for so long is stuck.
const STUCK: Duration = Duration::from_secs(60);
/// How long a sign is shown.
const SAID: Duration = Duration::from_secs(3);
/// Two looks are never further apart while something goes on.
const MOMENT: Duration = Duration::from_secs(1);
/// More than any room holds.
const MOST: u32 = 9_999;
