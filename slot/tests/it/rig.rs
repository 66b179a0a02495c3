//! The slot, its mechanics, the journal, central and the disk, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use circulation::id::{Isil, ItemId, TagKey};
use slot::io::{Antenna, Checkin, Content, Input, Known, Output, Power, Sign};
use slot::journal::{Piece, PieceId, Step};
use slot::slot::{Rest, Setup, Slot};
use slot::sort::{Facts, Rule, Table};
use slot::timing::Timing;

use crate::street::Chance;
use slot::mechanics::{Mechanics, Place, STEP};

/// What central says of an item.
#[derive(Clone, Debug)]
pub(crate) enum Library {
    Knows(Facts),
    Foreign,
}

/// Everything around the machine.
pub(crate) struct Rig {
    pub(crate) iron: Mechanics,
    slot: Option<Slot>,
    pub(crate) now: Instant,
    start: Instant,
    /// the journal as it is on the disk: every step of every piece
    pub(crate) journal: BTreeMap<PieceId, (Piece, Vec<Step>)>,
    unwritten: VecDeque<(Instant, Piece)>,
    answers: Vec<(Instant, Input)>,
    pub(crate) library: BTreeMap<ItemId, Library>,
    pub(crate) is_online: bool,
    pub(crate) has_disk: bool,
    /// the clock stands before the last row
    pub(crate) is_clock_wrong: bool,
    pub(crate) is_blind: bool,
    pub(crate) power: Power,
    /// items that central refuses to check in
    pub(crate) refuses: BTreeSet<ItemId>,
    pub(crate) fails_to_secure: bool,
    pub(crate) read_rate: f64,
    pub(crate) chance: Chance,
    pub(crate) signs: Vec<Sign>,
    pub(crate) story: Vec<String>,
    pub(crate) faults: Vec<String>,
    busy_since: Instant,
}

impl Rig {
    pub(crate) fn new(seed: u64) -> Self {
        // The only clock that is read; all times are offsets from it.
        #[expect(clippy::disallowed_methods, reason = "an origin for virtual time")]
        let now = Instant::now();
        let mut rig = Self {
            iron: Mechanics::new(3),
            slot: None,
            now,
            start: now,
            journal: BTreeMap::new(),
            unwritten: VecDeque::new(),
            answers: Vec::new(),
            library: BTreeMap::new(),
            is_online: true,
            has_disk: true,
            is_clock_wrong: false,
            is_blind: false,
            power: Power::Mains,
            refuses: BTreeSet::new(),
            fails_to_secure: false,
            read_rate: 0.9,
            chance: Chance::new(seed),
            signs: Vec::new(),
            story: Vec::new(),
            faults: Vec::new(),
            busy_since: now,
        };
        rig.plug_in();
        rig
    }

    pub(crate) fn rest(&self) -> Rest {
        self.slot.as_ref().map_or(Rest::Busy, Slot::rest)
    }

    pub(crate) fn state(&self) -> &'static str {
        self.slot.as_ref().map_or("dark", Slot::state_name)
    }

    pub(crate) fn is_dark(&self) -> bool {
        self.slot.is_none()
    }

    /// A start from the journal.
    pub(crate) fn plug_in(&mut self) {
        let open = self
            .journal
            .values()
            .map(|(piece, _)| piece)
            .filter(|piece| piece.step.is_open())
            .cloned()
            .collect();
        let next = self.journal.keys().next_back().map_or(PieceId(1), |id| PieceId(id.0 + 1));
        self.slot = Some(Slot::new(setup(), open, next));
        self.busy_since = self.now;
        self.tell("plugged in");
        self.give(Input::Power(self.power));
    }

    /// The plug is pulled: what was on its way to the disk is there up to some row, or not.
    pub(crate) fn pull_plug(&mut self) {
        let n = self.chance.below(self.unwritten.len() as u64 + 1);
        for _ in 0..n {
            if let Some((_, piece)) = self.unwritten.pop_front() {
                self.keep(piece);
            }
        }
        self.unwritten.clear();
        self.answers.clear();
        self.slot = None;
        self.iron.cut();
        self.tell("PLUG PULLED");
    }

    pub(crate) fn give(&mut self, input: Input) {
        let Some(slot) = self.slot.as_mut() else { return };
        let mut out = Vec::new();
        let before = slot.state_name();
        slot.handle(self.now, input, &mut out);
        let after = slot.state_name();
        if before != after {
            self.tell(&format!("{before} -> {after}"));
        }
        if self.rest() != Rest::Busy {
            self.busy_since = self.now;
        }
        for output in out {
            self.perform(output);
        }
    }

    /// One step of time: the iron moves, the contacts are polled, tags answer, what is due arrives.
    pub(crate) fn step(&mut self) {
        self.now += STEP;
        self.iron.step();
        if self.iron.pinched > STEP * 2 {
            self.fault("the shutter closed on a broken curtain");
        }
        self.write_rows();
        let due: Vec<Input> =
            self.answers.extract_if(.., |(at, _)| *at <= self.now).map(|(_, input)| input).collect();
        for input in due {
            self.give(input);
        }
        if self.now.duration_since(self.start).as_millis() % 100 < STEP.as_millis() {
            self.hear();
        }
        if self.is_blind {
            self.give(Input::Blind);
        } else {
            let sensors = self.iron.sensors();
            self.give(Input::Sensors(sensors));
        }
        if self.slot.is_some() && self.now.duration_since(self.busy_since) > LONGEST {
            self.fault(&format!("no rest for {LONGEST:?}, state {}", self.state()));
            self.busy_since = self.now;
        }
    }

    /// Goes on until something holds; a fault if it does not within `limit`.
    pub(crate) fn until(&mut self, limit: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + limit;
        while self.now < end {
            if holds(self) {
                return true;
            }
            self.step();
        }
        holds(self)
    }

    pub(crate) fn fault(&mut self, text: &str) {
        self.faults.push(text.to_owned());
        self.tell(&format!("FAULT: {text}"));
    }

    pub(crate) fn tell(&mut self, text: &str) {
        let at = self.now.duration_since(self.start).as_secs_f64();
        self.story.push(format!("{at:8.2} {text}"));
    }

    fn hear(&mut self) {
        for (key, content, at) in self.iron.tags() {
            if self.chance.holds(self.read_rate) {
                for thing in
                    self.iron.things.iter_mut().filter(|thing| thing.tags.iter().any(|(one, _)| *one == key))
                {
                    thing.is_heard |= at == Antenna::Tunnel;
                }
                self.give(Input::Tag { key, content, at, when: self.now });
            }
        }
    }

    fn write_rows(&mut self) {
        while self.has_disk && self.unwritten.front().is_some_and(|(at, _)| *at <= self.now) {
            if let Some((_, piece)) = self.unwritten.pop_front() {
                let (id, step) = (piece.id, piece.step);
                self.keep(piece);
                self.give(Input::Durable { piece: id, step });
            }
        }
    }

    fn keep(&mut self, piece: Piece) {
        self.tell(&format!("row {} {:?}", piece.id.0, piece.step));
        match self.journal.get_mut(&piece.id) {
            None => {
                self.journal.insert(piece.id, (piece.clone(), vec![piece.step]));
            }
            Some((before, steps)) => {
                let leads = before.step == piece.step || before.step.may_lead_to(piece.step);
                let text = format!("row {} leads from {:?} to {:?}", piece.id.0, before.step, piece.step);
                steps.push(piece.step);
                *before = piece;
                if !leads {
                    self.fault(&text);
                }
            }
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Move(motion) => self.iron.order(motion),
            Output::Journal { piece } => {
                let after = self.unwritten.back().map_or(self.now, |(at, _)| *at).max(self.now);
                let delay = Duration::from_millis(2 + self.chance.below(30));
                self.unwritten.push_back((after + delay, piece));
            }
            Output::Look(item) => self.look(item),
            Output::Checkin { piece, item } => self.check_in(piece, item),
            Output::Secure { piece, .. } => {
                let input = Input::Secured { piece, is_closed: !self.fails_to_secure };
                self.answers.push((self.now + Duration::from_millis(100), input));
            }
            Output::Say(sign) => {
                self.tell(&format!("says {sign:?}"));
                self.signs.push(sign);
            }
            Output::Alarm(alarm) => self.tell(&format!("alarm {alarm:?}")),
            Output::Calm(alarm) => self.tell(&format!("calm {alarm:?}")),
            Output::MayPowerOff => self.tell("may power off"),
        }
    }

    fn look(&mut self, item: ItemId) {
        if !self.is_online {
            let at = self.now + Duration::from_secs(1);
            let answer = if self.is_clock_wrong { Known::Undated } else { Known::Silent };
            return self.answers.push((at, Input::Looked { item, answer }));
        }
        let answer = match self.library.get(&item) {
            Some(Library::Knows(facts)) => Known::Item(facts.clone()),
            Some(Library::Foreign) | None => Known::NotOurs,
        };
        self.answers.push((self.now + Duration::from_millis(50), Input::Looked { item, answer }));
    }

    /// S2, watched from outside: who checks a thing in has it behind the flap.
    fn check_in(&mut self, piece: PieceId, item: ItemId) {
        let is_of = |content: &Content| matches!(content, Content::Item(tag) if tag.item == item);
        let outside = self
            .iron
            .things
            .iter()
            .find(|thing| thing.tags.iter().any(|(_, content)| is_of(content)) && !thing.is_inside());
        if let Some((name, place)) = outside.map(|thing| (thing.name.clone(), thing.place)) {
            self.fault(&format!("{name} is checked in and not behind the flap: {place:?}"));
        }
        self.tell(&format!("checks in {}", item.as_str()));
        let answer = match (self.is_online, self.refuses.contains(&item), self.library.get(&item)) {
            (false, ..) => Checkin::Queued,
            (true, false, Some(Library::Knows(facts))) => Checkin::Granted(facts.clone()),
            (true, ..) => Checkin::Refused,
        };
        self.answers.push((self.now + Duration::from_millis(50), Input::CheckedIn { piece, answer }));
    }

    /// Staff open the door, take out whatever lies on a belt, and say that it is mended.
    pub(crate) fn mend(&mut self) {
        self.tell("staff mend it");
        for thing in &mut self.iron.things {
            thing.is_stuck = false;
            if matches!(thing.place, Place::Lying(front) if front > 40.0) {
                thing.place = Place::Staff;
            } else if matches!(thing.place, Place::Lying(_)) {
                thing.place = Place::Street;
            }
        }
        self.give(Input::Mended);
    }

    pub(crate) fn hear_once(&mut self, key: TagKey, content: Content) {
        self.give(Input::Tag { key, content, at: Antenna::Tunnel, when: self.now });
    }
}

/// Three bins: ours, held, exception.
fn setup() -> Setup {
    let held = Rule { is_held: Some(true), bin: 1, ..Rule::default() };
    let rest = Rule { owners: vec!["LW".to_owned()], bin: 0, ..Rule::default() };
    Setup {
        timing: Timing::default(),
        table: Table { rules: vec![held, rest], overflow: vec![None, None, None], exception: 2 },
        ours: vec![Isil::parse("LW").unwrap()],
        keeps_unknown: false,
    }
}

/// No visit and no trouble keeps the slot from resting so long, unless people go on and on.
const LONGEST: Duration = Duration::from_secs(400);
