//! Whether central can be reached: a machine fed with the outcomes of calls, and with time.
//!
//! ```text
//!   Unknown ──answered──▶ Online ──down_after failures in a row──▶ Offline
//!      ╰────failed──────────────────────────────────────────────────▲  │
//!                           ▲───────up_after answers in a row──────────╯
//! ```
//! One lost answer neither takes the kiosk offline nor one answer on a dying line back online. While it is online and
//! well, an idle line is probed every `slow`; after a failure, and as long as it is offline, from `fast` on with each
//! pause twice the one before, up to `slow`.
//!
//! **Rule**: at most one probe is out; a probe always comes back as [`Input::Probed`].

use std::time::{Duration, Instant};

use crate::jitter::Jitter;

/// How a call ended, as far as the link is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A usable answer came, whatever it said.
    Answered,
    /// No usable answer came.
    Failed,
}

/// What the machine hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A call for somebody ended.
    Called(Outcome),
    /// The probe ended.
    Probed(Outcome),
    /// Somebody waits for central: probe soon.
    Wanted,
    /// The deadline has come.
    Tick,
}

/// What the machine wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Send a probe.
    Probe,
    /// The link has come up.
    Online,
    /// The link has gone down.
    Offline,
}

/// Times and counts of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// the first pause between probes of a bad line
    pub fast: Duration,
    /// the longest pause, and the pause on a good line
    pub slow: Duration,
    /// failures in a row that take the link down
    pub down_after: u32,
    /// answers in a row that bring it up again
    pub up_after: u32,
    /// makes the pauses of a bad line another kiosk's
    pub jitter: Jitter,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fast: Duration::from_secs(1),
            slow: Duration::from_secs(30),
            down_after: 2,
            up_after: 2,
            jitter: Jitter::NONE,
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct Link {
    options: Options,
    state: State,
    pause: Duration,
    probe: Probe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Online { failures: u32 },
    Offline { answers: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    Due(Instant),
    Out,
}

impl Link {
    /// A link of which nothing is known yet; the first probe is due at once.
    #[must_use]
    pub const fn new(now: Instant, options: Options) -> Self {
        Self { options, state: State::Unknown, pause: options.fast, probe: Probe::Due(now) }
    }

    /// Whether a call is known to be hopeless now.
    #[must_use]
    pub const fn is_offline(&self) -> bool {
        matches!(self.state, State::Offline { .. })
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Called(outcome) => self.hear(now, outcome, out),
            Input::Probed(outcome) => {
                self.probe = Probe::Due(now + self.pause);
                self.hear(now, outcome, out);
            }
            Input::Wanted => {
                if let (State::Offline { .. }, Probe::Due(at)) = (self.state, self.probe) {
                    self.pause = self.options.fast;
                    self.probe = Probe::Due(at.min(now + self.pause));
                }
            }
            Input::Tick => {
                if let Probe::Due(at) = self.probe
                    && at <= now
                {
                    self.probe = Probe::Out;
                    out.push(Output::Probe);
                }
            }
        }
    }

    /// When [`Input::Tick`] is due; nothing while a probe is out.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        match self.probe {
            Probe::Due(at) => Some(at),
            Probe::Out => None,
        }
    }

    fn hear(&mut self, now: Instant, outcome: Outcome, out: &mut Vec<Output>) {
        let slow = self.options.slow;
        let fast = self.options.fast;
        let (state, pause) = match (self.state, outcome) {
            (State::Unknown, Outcome::Answered) => {
                out.push(Output::Online);
                (State::Online { failures: 0 }, slow)
            }
            (State::Unknown, Outcome::Failed) => {
                out.push(Output::Offline);
                (State::Offline { answers: 0 }, fast)
            }
            (State::Online { .. }, Outcome::Answered) => (State::Online { failures: 0 }, slow),
            (State::Online { failures }, Outcome::Failed) => {
                let failures = failures.saturating_add(1);
                if failures >= self.options.down_after {
                    out.push(Output::Offline);
                    (State::Offline { answers: 0 }, fast)
                } else {
                    (State::Online { failures }, fast)
                }
            }
            (State::Offline { answers }, Outcome::Answered) => {
                let answers = answers.saturating_add(1);
                if answers >= self.options.up_after {
                    out.push(Output::Online);
                    (State::Online { failures: 0 }, slow)
                } else {
                    (State::Offline { answers }, fast)
                }
            }
            (State::Offline { .. }, Outcome::Failed) => {
                (State::Offline { answers: 0 }, self.pause.saturating_mul(2).min(slow))
            }
        };
        self.state = state;
        self.pause = pause;
        if let Probe::Due(_) = self.probe {
            // Somebody may wait for the first probes of a bad line; only the longer pauses are shared out.
            let wait = if pause > fast { self.options.jitter.shorten(pause) } else { pause };
            self.probe = Probe::Due(now + wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct World {
        start: Instant,
        at: Duration,
        link: Link,
        said: Vec<Output>,
    }

    impl World {
        #[expect(clippy::disallowed_methods, reason = "a virtual clock needs one real origin")]
        fn new() -> Self {
            let start = Instant::now();
            Self { start, at: Duration::ZERO, link: Link::new(start, Options::default()), said: vec![] }
        }

        fn feed(&mut self, input: Input) {
            self.link.handle(self.start + self.at, input, &mut self.said);
        }

        /// Goes to the deadline, sends the probe and gives it the outcome; says after how many seconds.
        fn probe(&mut self, outcome: Outcome) -> u64 {
            let deadline = self.link.deadline().unwrap() - self.start;
            let waited = (deadline - self.at).as_secs();
            self.at = deadline;
            self.feed(Input::Tick);
            assert_eq!(self.said.pop(), Some(Output::Probe));
            self.feed(Input::Probed(outcome));
            waited
        }

        fn said(&mut self) -> Vec<Output> {
            core::mem::take(&mut self.said)
        }
    }

    #[test]
    fn the_first_probe_decides_and_one_failure_does_not_take_it_down() {
        let mut w = World::new();
        assert_eq!(w.probe(Outcome::Answered), 0);
        assert_eq!(w.said(), [Output::Online]);
        w.feed(Input::Called(Outcome::Failed));
        assert_eq!(w.said(), []);
        assert_eq!(w.probe(Outcome::Answered), 1, "a doubt is probed fast");
        w.feed(Input::Called(Outcome::Failed));
        w.feed(Input::Called(Outcome::Failed));
        assert_eq!(w.said(), [Output::Offline]);
    }

    #[test]
    fn offline_probes_back_off_and_two_answers_bring_it_up() {
        let mut w = World::new();
        let pauses: Vec<u64> = (0..8).map(|_| w.probe(Outcome::Failed)).collect();
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(w.said(), [Output::Offline]);
        w.feed(Input::Wanted);
        assert_eq!(w.probe(Outcome::Answered), 1, "somebody waits");
        assert_eq!(w.said(), []);
        assert_eq!(w.probe(Outcome::Answered), 1);
        assert_eq!(w.said(), [Output::Online]);
        assert_eq!(w.probe(Outcome::Answered), 30);
    }

    proptest! {
        #[test]
        fn online_and_offline_alternate_and_a_probe_or_a_deadline_is_always_there(
            inputs in proptest::collection::vec(0_u8..6, 0..200),
        ) {
            let mut w = World::new();
            let mut out = 0;
            let mut last = None;
            for input in inputs {
                match input {
                    0 => w.feed(Input::Called(Outcome::Answered)),
                    1 => w.feed(Input::Called(Outcome::Failed)),
                    2 => w.feed(Input::Wanted),
                    3 if out == 1 => { out = 0; w.feed(Input::Probed(Outcome::Answered)); }
                    4 if out == 1 => { out = 0; w.feed(Input::Probed(Outcome::Failed)); }
                    _ => { w.at += Duration::from_secs(7); w.feed(Input::Tick); }
                }
                for said in w.said() {
                    match said {
                        Output::Probe => out += 1,
                        Output::Online | Output::Offline => {
                            prop_assert_ne!(last, Some(said));
                            last = Some(said);
                        }
                    }
                }
                prop_assert!(out <= 1);
                prop_assert_eq!(out == 1, w.link.deadline().is_none());
            }
        }
    }
}
