//! The room's door against a model of it with people: what must hold by name, and random days.

use std::time::{Duration, Instant};

use slot::room::Rules;
use slot::room::door::Room;
use slot::room::io::{Alarm, Input, Output, Refusal, Sign, Word};
use slot::room::model::{Act, Doorway, STEP};

use crate::street::Chance;

#[expect(clippy::disallowed_methods, reason = "an Instant has no other origin; the value does not matter")]
fn start() -> Instant {
    Instant::now()
}

/// Machine and door, in virtual time.
struct Stage {
    room: Room,
    door: Doorway,
    now: Instant,
    /// no module answers
    is_blind: bool,
    asked: Option<u64>,
    signs: Vec<Sign>,
    alarms: Vec<Alarm>,
    n_gate: u32,
    /// the door may be unlocked until then
    ordered: Instant,
}

impl Stage {
    fn new(rules: Rules) -> Self {
        let now = start();
        let mut stage = Self {
            room: Room::new(rules),
            door: Doorway::default(),
            now,
            is_blind: false,
            asked: None,
            signs: Vec::new(),
            alarms: Vec::new(),
            n_gate: 0,
            ordered: now,
        };
        stage.step();
        stage
    }

    fn tell(&mut self, input: Input) {
        let mut out = Vec::new();
        self.room.handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Door { is_unlocked } => self.door.is_unlocked = is_unlocked && !self.is_blind,
                Output::Ask { query } => self.asked = Some(query),
                Output::Say(sign) => self.signs.push(sign),
                Output::Alarm(alarm) => self.alarms.push(alarm),
                Output::Gate => self.n_gate += 1,
                Output::Calm(_) | Output::Inside(_) => {}
            }
        }
    }

    /// One step of the door, one image, and whatever is due. What must hold is looked at.
    fn step(&mut self) {
        self.now += STEP;
        self.door.step();
        if self.is_blind {
            self.tell(Input::Blind);
            // The module's watchdog has cut the relay.
            self.door.is_unlocked = false;
        } else {
            self.tell(Input::Contacts(self.door.contacts));
        }
        while self.room.deadline().is_some_and(|at| at <= self.now) {
            let before = self.room.deadline();
            self.tell(Input::Tick);
            assert_ne!(self.room.deadline(), before, "it would tick for ever");
        }
        let contacts = self.door.contacts;
        if !self.is_blind && (contacts.exit || contacts.fire) {
            self.ordered = self.now + Rules::default().unlock;
            assert!(self.door.is_unlocked, "exit button and fire alarm open");
        }
        assert!(!self.door.is_unlocked || self.now <= self.ordered, "unlocked for longer than ordered");
    }

    fn steps(&mut self, seconds: f64) {
        let until = self.now + Duration::from_secs_f64(seconds);
        while self.now + STEP <= until {
            self.step();
        }
    }

    fn until_quiet(&mut self) {
        for _ in 0..10_000 {
            if self.door.is_quiet() {
                return;
            }
            self.step();
        }
        panic!("somebody stands at the door for ever");
    }

    fn show(&mut self, word: Word) {
        self.tell(Input::Shown);
        if let Some(query) = self.asked.take() {
            if word == Word::Enter {
                self.ordered = self.now + Rules::default().unlock;
            }
            self.tell(Input::Word { query, word });
        }
    }

    fn enter(&mut self, n: u32, holds: u32) {
        self.show(Word::Enter);
        self.door.act(Act::Enter { n, holds });
        self.until_quiet();
    }

    fn stands(&self) -> Vec<Alarm> {
        self.room.alarms().collect()
    }
}

#[test]
fn a_card_opens_for_five_seconds_and_one_is_inside() {
    let mut stage = Stage::new(Rules::default());
    stage.show(Word::Enter);
    assert!(stage.door.is_unlocked);
    assert_eq!(stage.signs, [Sign::Ready, Sign::Wait, Sign::Welcome]);
    stage.steps(4.9);
    assert!(stage.door.is_unlocked);
    stage.steps(0.2);
    assert!(!stage.door.is_unlocked, "nobody came in, and it is locked again");
    stage.enter(1, 0);
    assert_eq!((stage.room.inside(), stage.door.inside, stage.stands().len()), (1, 1, 0));
    stage.door.act(Act::Exit);
    stage.until_quiet();
    assert_eq!((stage.room.inside(), stage.door.inside, stage.stands().len()), (0, 0, 0));
}

#[test]
fn each_refusal_is_said_and_opens_nothing() {
    for refusal in [
        Refusal::Unknown,
        Refusal::Expired,
        Refusal::Lost,
        Refusal::Suspended,
        Refusal::Unverified,
        Refusal::NotHere,
        Refusal::OldCode,
    ] {
        let mut stage = Stage::new(Rules::default());
        stage.show(Word::Refused(refusal));
        assert_eq!(stage.signs.last(), Some(&Sign::Refused(refusal)));
        stage.door.act(Act::Enter { n: 1, holds: 0 });
        stage.until_quiet();
        assert_eq!((stage.door.inside, stage.door.is_unlocked), (0, false), "{refusal:?}");
        stage.steps(3.1);
        assert_eq!(stage.signs.last(), Some(&Sign::Ready));
    }
}

#[test]
fn without_a_word_in_time_nobody_is_let_in_and_the_next_may_ask() {
    let mut stage = Stage::new(Rules::default());
    stage.tell(Input::Shown);
    let late = stage.asked.take().unwrap();
    stage.tell(Input::Shown);
    assert_eq!(stage.asked, None, "one after the other");
    stage.steps(7.1);
    assert_eq!(stage.signs.last(), Some(&Sign::Refused(Refusal::Silent)));
    stage.tell(Input::Word { query: late, word: Word::Enter });
    assert!(!stage.door.is_unlocked, "who asked may be gone");
    stage.show(Word::Silent);
    assert!(!stage.door.is_unlocked);
    stage.show(Word::Enter);
    assert!(stage.door.is_unlocked);
}

#[test]
fn outside_the_hours_with_a_full_room_and_without_mains_nobody_comes_in_and_everybody_out() {
    let full = Rules { most: Some(1), ..Rules::default() };
    for (rules, input, refusal) in [
        (Rules::default(), Input::Hours { is_open: false }, Refusal::Closed),
        (Rules::default(), Input::Mains { holds: false }, Refusal::OutOfOrder),
        (full, Input::Tick, Refusal::Full),
    ] {
        let mut stage = Stage::new(rules);
        stage.enter(1, 0);
        stage.steps(20.0);
        stage.tell(input);
        stage.show(Word::Enter);
        assert_eq!((stage.signs.last(), stage.door.is_unlocked), (Some(&Sign::Refused(refusal)), false));
        stage.door.act(Act::Exit);
        stage.until_quiet();
        assert_eq!(stage.door.inside, 0, "{refusal:?}");
        assert_eq!(stage.stands(), []);
    }
}

#[test]
fn a_door_that_stands_open_too_long_is_an_alarm_until_it_is_shut() {
    let mut stage = Stage::new(Rules::default());
    stage.show(Word::Enter);
    stage.door.act(Act::Enter { n: 1, holds: 700 });
    stage.steps(29.0);
    assert_eq!(stage.stands(), []);
    stage.steps(3.0);
    assert_eq!(stage.stands(), [Alarm::HeldOpen]);
    assert_eq!(stage.signs.last(), Some(&Sign::ShutTheDoor));
    stage.until_quiet();
    assert_eq!((stage.stands(), stage.signs.last()), (vec![], Some(&Sign::Ready)));
}

#[test]
fn a_door_that_is_forced_is_an_alarm_for_a_minute_at_least() {
    let mut stage = Stage::new(Rules::default());
    stage.door.act(Act::Force);
    stage.until_quiet();
    assert_eq!(stage.stands(), [Alarm::Forced]);
    stage.steps(58.0);
    assert_eq!(stage.stands(), [Alarm::Forced]);
    stage.steps(5.0);
    assert_eq!(stage.stands(), []);
}

#[test]
fn who_follows_on_anothers_card_is_told_and_a_party_is_none() {
    let mut stage = Stage::new(Rules::default());
    stage.enter(2, 0);
    assert_eq!((stage.room.inside(), stage.stands()), (2, vec![Alarm::Tailgated]));
    let mut stage = Stage::new(Rules { party: 2, ..Rules::default() });
    stage.enter(2, 0);
    assert_eq!((stage.room.inside(), stage.stands()), (2, vec![]));
    // Who was let in and did not come is not let in by that a minute later.
    let mut stage = Stage::new(Rules::default());
    stage.show(Word::Enter);
    stage.steps(30.0);
    stage.door.contacts.exit = true;
    stage.door.act(Act::Enter { n: 1, holds: 0 });
    stage.until_quiet();
    stage.door.contacts.exit = false;
    assert_eq!((stage.room.inside(), stage.stands()), (1, vec![Alarm::Tailgated]));
}

#[test]
fn the_fire_alarm_unlocks_for_as_long_as_it_holds_and_nobody_is_asked_for_a_card() {
    let mut stage = Stage::new(Rules::default());
    stage.enter(1, 0);
    stage.door.contacts.fire = true;
    stage.steps(120.0);
    assert!(stage.door.is_unlocked);
    assert_eq!((stage.signs.last(), stage.stands()), (Some(&Sign::Leave), vec![Alarm::Fire]));
    stage.show(Word::Enter);
    assert_eq!(stage.asked, None);
    stage.door.contacts.fire = false;
    stage.steps(5.2);
    assert!(!stage.door.is_unlocked);
    assert_eq!((stage.signs.last(), stage.stands()), (Some(&Sign::Ready), vec![]));
}

#[test]
fn a_button_that_is_stuck_keeps_the_door_unlocked_and_is_told() {
    let mut stage = Stage::new(Rules::default());
    stage.door.contacts.exit = true;
    stage.steps(61.0);
    assert!(stage.door.is_unlocked, "the exit always opens");
    assert_eq!(stage.stands(), [Alarm::ExitStuck]);
    stage.door.contacts.exit = false;
    stage.steps(5.2);
    assert_eq!((stage.door.is_unlocked, stage.stands()), (false, vec![]));
}

#[test]
fn contacts_that_are_not_known_let_nobody_in_and_are_told() {
    let mut stage = Stage::new(Rules::default());
    stage.show(Word::Enter);
    stage.is_blind = true;
    stage.step();
    assert_eq!((stage.room.is_unlocked(), stage.stands()), (false, vec![Alarm::Blind]));
    stage.show(Word::Enter);
    assert_eq!(stage.signs.last(), Some(&Sign::Refused(Refusal::OutOfOrder)));
    stage.door.act(Act::Exit);
    stage.until_quiet();
    stage.is_blind = false;
    stage.steps(4.0);
    assert_eq!((stage.stands(), stage.signs.last()), (vec![], Some(&Sign::Ready)));
    stage.show(Word::Enter);
    assert!(stage.door.is_unlocked);
}

#[test]
fn a_gate_that_alarms_is_told_each_time_and_stands_for_a_minute() {
    let mut stage = Stage::new(Rules::default());
    for _ in 0..2 {
        stage.door.contacts.gate = true;
        stage.steps(2.0);
        stage.door.contacts.gate = false;
        stage.steps(2.0);
    }
    assert_eq!((stage.n_gate, stage.stands()), (2, vec![Alarm::Gate]));
    assert!(!stage.door.is_unlocked, "it locks nobody in and lets nobody out");
    stage.steps(60.0);
    assert_eq!(stage.stands(), []);
}

#[test]
fn the_count_is_never_below_nobody_and_begins_anew_at_its_hour() {
    let mut stage = Stage::new(Rules::default());
    stage.door.act(Act::Exit);
    stage.until_quiet();
    assert_eq!(stage.room.inside(), 0);
    stage.enter(1, 0);
    stage.tell(Input::Reset);
    assert_eq!(stage.room.inside(), 0);
    // A counter's pulses do the same as two eyes.
    let mut stage = Stage::new(Rules::default());
    for (count_in, count_out, inside) in
        [(true, false, 1), (true, false, 1), (false, true, 0), (false, false, 0)]
    {
        (stage.door.contacts.count_in, stage.door.contacts.count_out) = (count_in, count_out);
        stage.step();
        assert_eq!(stage.room.inside(), inside);
    }
}

/// Random days: the door is never unlocked for longer than ordered, button and fire alarm always open ([`Stage::step`]), the
/// count is who is there, each alarm ends, and in the end the next card opens.
#[test]
fn after_every_day_the_count_is_who_is_there_and_the_next_card_opens() {
    let (mut n_in, mut n_alarms, mut n_refused) = (0, 0, 0);
    for seed in 0..100 {
        let mut chance = Chance::new(seed);
        let mut stage = Stage::new(Rules::default());
        for _ in 0..40 {
            day(&mut stage, &mut chance);
            assert_eq!(stage.room.inside(), stage.door.inside, "day {seed}");
        }
        stage.is_blind = false;
        stage.door.contacts.fire = false;
        stage.until_quiet();
        stage.steps(130.0);
        assert_eq!(stage.stands(), [], "day {seed}");
        assert_eq!((stage.signs.last(), stage.door.is_unlocked), (Some(&Sign::Ready), false), "day {seed}");
        stage.enter(1, 0);
        assert_eq!((stage.room.inside(), stage.stands()), (stage.door.inside, vec![]), "day {seed}");
        n_in += stage.door.passed.0;
        n_alarms += stage.alarms.len();
        n_refused += stage.signs.iter().filter(|sign| matches!(sign, Sign::Refused(_))).count();
    }
    println!("{n_in} came in, {n_refused} refused, {n_alarms} alarms");
    // Days on which nothing happens would prove nothing.
    assert!(n_in > 1_000 && n_alarms > 200 && n_refused > 200);
}

/// Something that happens. Where the contacts are not known, nobody walks through: what is not seen is not counted.
fn day(stage: &mut Stage, chance: &mut Chance) {
    match chance.below(12) {
        0..=3 => {
            let n = if chance.holds(0.1) { 2 } else { 1 };
            let holds = if chance.holds(0.1) { 700 } else { 5 };
            stage.enter(n, holds);
        }
        4 | 5 => {
            if stage.door.inside > 0 {
                stage.door.act(Act::Exit);
            }
        }
        6 => stage.show(Word::Refused(Refusal::Expired)),
        7 => {
            stage.tell(Input::Shown);
            stage.asked = None;
        }
        8 => stage.door.act(Act::Force),
        9 => {
            stage.show(Word::Enter);
            stage.door.act(Act::TurnBack);
        }
        10 => {
            stage.door.contacts.fire = true;
            stage.steps(1.0 + chance.below(30) as f64);
            stage.door.contacts.fire = false;
        }
        _ => {
            stage.until_quiet();
            stage.is_blind = true;
            stage.steps(1.0 + chance.below(10) as f64);
            stage.is_blind = false;
        }
    }
    stage.until_quiet();
    stage.door.act(Act::Wait(u32::try_from(chance.below(300)).unwrap()));
    stage.until_quiet();
}
