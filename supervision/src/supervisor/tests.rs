//! Virtual time: seconds since the start.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

struct World {
    start: Instant,
    at: u64,
    supervisor: Supervisor,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "the zero of a virtual clock")]
    fn new() -> Self {
        let start = Instant::now();
        let moment = Moment { now: start, wall: wall(0) };
        Self { start, at: 0, supervisor: Supervisor::new(moment, Options::default()) }
    }

    fn feed(&mut self, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        let now = self.start + Duration::from_secs(self.at);
        self.supervisor.handle(Moment { now, wall: wall(self.at) }, input, &mut out);
        out
    }

    fn is(&mut self, part: Part, state: State) -> Vec<Output> {
        self.feed(Input::Is { part, state, why: String::new() })
    }

    fn ends(&mut self, part: Part) -> Vec<Output> {
        self.feed(Input::Ended { part, why: "it panicked".to_owned() })
    }

    /// Seconds until the next restart, which is then carried out.
    fn restart(&mut self, part: Part) -> u64 {
        let due = self.supervisor.deadline().expect("something is due");
        let pause = (due - self.start).as_secs() - self.at;
        self.at += pause;
        assert_eq!(self.feed(Input::Tick), [Output::Restart(part)]);
        pause
    }

    fn state(&self, part: Part) -> State {
        self.supervisor.conditions().find(|c| c.part == part).unwrap().state
    }
}

fn wall(seconds: u64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + i64::try_from(seconds).unwrap()).unwrap()
}

#[test]
fn a_part_that_keeps_ending_is_begun_anew_after_growing_pauses() {
    let mut w = World::new();
    w.is(Part::Reader, State::Up);
    let pauses: Vec<u64> = (0..9)
        .map(|_| {
            assert_eq!(
                w.ends(Part::Reader).len(),
                usize::from(w.at == 0 || w.state(Part::Reader) == State::Up)
            );
            w.restart(Part::Reader)
        })
        .collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(w.state(Part::Reader), State::Restarting);
    // A short time of work is no reason to hurry again; a long one is.
    w.is(Part::Reader, State::Up);
    w.at += 59;
    w.ends(Part::Reader);
    assert_eq!(w.restart(Part::Reader), 60);
    w.is(Part::Reader, State::Up);
    w.at += 60;
    w.ends(Part::Reader);
    assert_eq!(w.restart(Part::Reader), 1);
}

#[test]
fn what_mends_itself_is_left_alone_and_what_is_absent_too() {
    let mut w = World::new();
    assert_eq!(w.is(Part::Central, State::Down), [Output::Changed(Part::Central)]);
    assert_eq!(w.is(Part::Central, State::Down), []);
    assert_eq!(w.supervisor.deadline(), None);
    w.is(Part::Printer, State::Absent);
    assert_eq!(w.ends(Part::Printer), []);
    assert_eq!((w.state(Part::Printer), w.supervisor.deadline()), (State::Absent, None));
}

#[test]
fn each_part_has_its_own_pauses_and_both_are_begun_when_both_are_due() {
    let mut w = World::new();
    w.ends(Part::Reader);
    w.ends(Part::Console);
    w.at = 1;
    assert_eq!(w.feed(Input::Tick), [Output::Restart(Part::Reader), Output::Restart(Part::Console)]);
    assert_eq!(w.feed(Input::Tick), []);
    // It ended again before it had spoken.
    w.ends(Part::Console);
    assert_eq!(w.restart(Part::Console), 2);
    let console = w.supervisor.conditions().find(|c| c.part == Part::Console).unwrap();
    assert_eq!((console.n_restarts, console.why.as_str()), (2, "it panicked"));
}

#[test]
fn history_tells_what_was_and_is_bounded() {
    let mut w = World::new();
    for at in 0..200 {
        w.at = at;
        w.feed(Input::Is {
            part: Part::Central,
            state: if at % 2 == 0 { State::Up } else { State::Down },
            why: format!("number {at}"),
        });
    }
    let central = w.supervisor.conditions().find(|c| c.part == Part::Central).unwrap();
    assert_eq!((central.state, central.since, central.why.as_str()), (State::Down, wall(199), "number 199"));
    assert_eq!(central.history.len(), Condition::MAX_HISTORY);
    let last = central.history.back().unwrap();
    assert_eq!((last.state, last.at, last.why.as_str()), (State::Up, wall(198), "number 198"));
}

proptest! {
    /// Whatever is said: no part is begun anew twice without having ended between, nor sooner than the first pause.
    #[test]
    fn a_restart_follows_an_end_and_never_at_once(
        said in proptest::collection::vec((0_usize..9, 0_u8..5, 0_u64..90), 0..300),
    ) {
        let mut w = World::new();
        let mut ended: BTreeMap<Part, u64> = BTreeMap::new();
        for (part, what, pause) in said {
            let part = Part::ALL[part];
            w.at += pause;
            let out = match what {
                0 => w.is(part, State::Up),
                1 => w.is(part, State::Down),
                2 => w.is(part, State::Absent),
                3 => {
                    ended.entry(part).or_insert(w.at);
                    w.ends(part)
                }
                _ => w.feed(Input::Tick),
            };
            for output in out {
                if let Output::Restart(part) = output {
                    let at = ended.remove(&part);
                    prop_assert!(at.is_some_and(|at| at < w.at), "{part:?} at {}: {at:?}", w.at);
                    prop_assert_ne!(w.state(part), State::Absent);
                }
            }
            if what < 3 && what != 1 {
                ended.remove(&part);
            }
        }
    }
}
