//! The machine and the emulated dispensers of every family, with virtual time.

use proptest::prelude::*;

use super::*;
use crate::dispenser::f2::F2;
use crate::dispenser::sf::{Cd720, Form, K720};
use crate::emulator::Emulated;
use crate::emulator::dispenser::{DispenserEmulator, Family};
use crate::testing::{config, start};

struct Pair {
    machine: Box<dyn Machine<Command = Command, Event = Event>>,
    unit: DispenserEmulator,
    now: Instant,
    events: Vec<Event>,
    chunk: usize,
    n: u64,
}

const FAMILIES: [Family; 4] =
    [Family::F2, Family::Sf(Form::K720), Family::Sf(Form::NoLength), Family::Sf(Form::Cd720)];

impl Pair {
    fn new(family: Family) -> Self {
        let patience = Patience::default();
        let machine: Box<dyn Machine<Command = Command, Event = Event>> = match family {
            Family::F2 => Box::new(Dispenser::new(F2::default(), patience)),
            Family::Sf(Form::K720) => Box::new(Dispenser::new(K720::<true>::default(), patience)),
            Family::Sf(Form::NoLength) => Box::new(Dispenser::new(K720::<false>::default(), patience)),
            Family::Sf(Form::Cd720) => Box::new(Dispenser::new(Cd720, patience)),
        };
        let unit = DispenserEmulator::new(family, 100);
        let mut pair = Self { machine, unit, now: start(), events: Vec::new(), chunk: usize::MAX, n: 0 };
        pair.tell(Input::Opened);
        pair.pass(Duration::from_secs(3));
        pair
    }

    fn tell(&mut self, input: Input<'_, Command>) {
        let mut out = Vec::new();
        self.machine.handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(bytes) => self.exchange(&bytes),
            }
        }
    }

    fn exchange(&mut self, bytes: &[u8]) {
        let mut answers = Vec::new();
        self.unit.handle(self.now, bytes, &mut answers);
        for answer in answers {
            for chunk in answer.chunks(self.chunk) {
                self.tell(Input::Bytes(chunk));
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = [self.machine.deadline(), self.unit.deadline()]
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at <= end)
        {
            self.now = self.now.max(next);
            self.exchange(&[]);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    fn moved(&mut self, motion: Motion) -> Result<(), Fault> {
        self.n += 1;
        let number = self.n;
        self.tell(Input::Command(Command::Move { number, motion }));
        self.pass(Duration::from_secs(40));
        let outcomes: Vec<_> = self
            .events
            .drain(..)
            .filter_map(|event| match event {
                Event::Moved { number: of, outcome } => Some((of, outcome)),
                Event::State(_) | Event::Down(_) => None,
            })
            .collect();
        let [(of, outcome)] = outcomes[..] else { panic!("{outcomes:?}") };
        assert_eq!(of, number);
        outcome
    }
}

#[test]
fn a_card_goes_from_the_stack_to_a_hand() {
    for family in FAMILIES {
        let mut pair = Pair::new(family);
        assert_eq!(pair.events, [Event::State(State::default())], "{family:?}");
        assert_eq!(pair.moved(Motion::Feed), Ok(()), "{family:?}");
        assert_eq!((pair.unit.place, pair.unit.stock), (Place::Reading, 99));
        assert_eq!(pair.moved(Motion::Feed), Ok(()), "a card that is there already is not fed twice");
        assert_eq!(pair.unit.stock, 99);
        assert_eq!(pair.moved(Motion::Present), Ok(()));
        assert!(pair.unit.take());
        pair.pass(Duration::from_secs(2));
        assert_eq!(pair.events, [Event::State(State::default())], "that it was taken is told");
        assert_eq!(pair.moved(Motion::Feed), Ok(()));
        assert_eq!(pair.moved(Motion::Capture), Ok(()));
        assert_eq!((pair.unit.place, pair.unit.stock, pair.unit.bin.0), (Place::Nowhere, 98, 1));
        assert_eq!(pair.moved(Motion::Present), Err(Fault::Missed), "there is nothing to present");
    }
}

#[test]
fn what_keeps_a_card_from_moving_has_its_word() {
    for family in FAMILIES {
        let mut pair = Pair::new(family);
        pair.unit.jams_next = true;
        assert_eq!(pair.moved(Motion::Feed), Err(Fault::Jam), "{family:?}");
        pair.unit.is_jammed = false;
        assert_eq!(pair.moved(Motion::Feed), Ok(()));
        pair.unit.bin.0 = pair.unit.bin.1;
        assert_eq!(pair.moved(Motion::Capture), Err(Fault::BinFull));
        assert_eq!(pair.moved(Motion::Present), Ok(()));
        assert_eq!(pair.moved(Motion::Feed), Err(Fault::Busy), "one card at a time");
        pair.unit.take();
        pair.unit.stock = 0;
        assert_eq!(pair.moved(Motion::Feed), Err(Fault::Empty));
        pair.unit.stock = 5;
        pair.pass(Duration::from_secs(3));
        let low = State { stock: Stock::Low, is_bin_full: true, ..State::default() };
        assert_eq!(pair.events.last(), Some(&Event::State(low)), "{family:?}");
        pair.unit.is_mute = true;
        assert_eq!(pair.moved(Motion::Feed), Err(Fault::Silent));
        assert_eq!(pair.moved(Motion::Feed), Err(Fault::Silent));
        pair.tell(Input::Lost(LinkFault::Unplugged));
        assert_eq!(pair.events, [Event::Down(Down::Link(LinkFault::Unplugged))]);
    }
}

/// Whatever word is lost, a card is fed once.
#[test]
fn no_lost_word_moves_two_cards() {
    let lose: [fn(&mut DispenserEmulator); 6] = [
        |unit| unit.n_lost = 1,
        |unit| unit.n_lost_words = 1,
        |unit| unit.n_lost_answers = 1,
        |unit| unit.n_refused = 1,
        |unit| unit.n_lost_words = 2,
        |unit| unit.noise = vec![0xF2, 0x00, 0x00, 0x20, b'P', 0x02, b'0'],
    ];
    for family in FAMILIES {
        for (n, lose) in lose.into_iter().enumerate() {
            // Once for the question before the motion, once for the motion itself.
            for is_moving in [false, true] {
                let mut pair = Pair::new(family);
                pair.chunk = 1 + n;
                if is_moving {
                    pair.tell(Input::Command(Command::Move { number: 0, motion: Motion::Feed }));
                    lose(&mut pair.unit);
                    pair.pass(Duration::from_secs(40));
                    let told = pair.events.iter().filter(|event| matches!(event, Event::Moved { .. }));
                    assert_eq!(told.count(), 1);
                } else {
                    lose(&mut pair.unit);
                    assert_eq!(pair.moved(Motion::Feed), Ok(()), "{family:?} {n}");
                }
                assert_eq!(
                    (pair.unit.stock, pair.unit.place),
                    (99, Place::Reading),
                    "{family:?} {n} {is_moving}"
                );
                assert_eq!(pair.unit.motions, [Motion::Feed], "{family:?} {n} {is_moving}");
            }
        }
    }
}

#[test]
fn two_motions_at_once_are_one_too_many() {
    let mut pair = Pair::new(Family::F2);
    pair.events.clear();
    for number in [1, 2] {
        pair.tell(Input::Command(Command::Move { number, motion: Motion::Feed }));
    }
    pair.pass(Duration::from_secs(20));
    let busy = Event::Moved { number: 2, outcome: Err(Fault::Busy) };
    assert_eq!(pair.events.first(), Some(&busy));
    assert!(pair.events.contains(&Event::Moved { number: 1, outcome: Ok(()) }));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_can_harm_it(
        family in 0_usize..4,
        noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..30), 0..12),
    ) {
        let mut pair = Pair::new(FAMILIES[family]);
        for noise in noise {
            pair.tell(Input::Bytes(&noise));
            pair.pass(Duration::from_millis(330));
        }
        pair.pass(Duration::from_secs(60));
        pair.events.clear();
        prop_assert_eq!(pair.moved(Motion::Feed), Ok(()));
        prop_assert_eq!(pair.unit.stock, 99);
    }
}
