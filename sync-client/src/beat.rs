//! When the next heart-beat is sent: a machine fed with what happens, and with time. Forms: [`crate::kiosk_api::heartbeat`].
//!
//! ```text
//!   Due(at) ──Tick at or after `at`──▶ Send, Out ──Answered──▶ Due(now + what central wants, 5 to 600 s)
//!      │ Changed: now, but not sooner than `gap` after the last    └──Failed──▶ Due(now + 15 s, 30 .. 600 s, by jitter)
//!      └ Reached: the same, and the pauses begin again
//! ```
//! Invariants: one heart-beat is under way at most; two begin at least [`Options::gap`] apart; what changed while one was
//! under way is told by another. A central that does not answer is not asked more often because something changed.

use std::time::{Duration, Instant};

use crate::jitter::Jitter;

/// The pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// between two heart-beats at least, however much changes
    pub gap: Duration,
    /// after the first failure; each is twice the one before
    pub retry: Duration,
    /// the longest after failures
    pub retry_max: Duration,
    /// makes the pauses after failures another kiosk's
    pub jitter: Jitter,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What would be told is different now.
    Changed,
    /// The way to central is open again.
    Reached,
    /// Central answered; the next is wanted after so many seconds.
    Answered {
        /// seconds; kept to 5 to 600
        every_s: u32,
    },
    /// No usable answer came.
    Failed,
    /// The deadline may have come.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Send a heart-beat, and say how that ended.
    Send,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Beat {
    options: Options,
    state: State,
    /// when the last one began
    began: Option<Instant>,
    /// failures without an answer between them
    n_failed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Due(Instant),
    Out { is_stale: bool },
}

impl Default for Options {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(1),
            retry: Duration::from_secs(15),
            retry_max: Duration::from_secs(600),
            jitter: Jitter::NONE,
        }
    }
}

impl Beat {
    /// The first is due at once.
    #[must_use]
    pub const fn new(now: Instant, options: Options) -> Self {
        Self { options, state: State::Due(now), began: None, n_failed: 0 }
    }

    /// When [`Input::Tick`] is due; nothing while a heart-beat is under way.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Due(at) => Some(at),
            State::Out { .. } => None,
        }
    }

    /// Takes one input; appends what follows.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Changed => self.changed(now),
            Input::Reached => {
                self.n_failed = 0;
                self.changed(now);
            }
            Input::Answered { every_s } => {
                self.n_failed = 0;
                let every = Duration::from_secs(u64::from(every_s.clamp(SHORTEST_S, LONGEST_S)));
                self.ended(now, every);
            }
            Input::Failed => {
                let pause = self.options.retry.saturating_mul(1 << self.n_failed.min(16));
                self.n_failed = self.n_failed.saturating_add(1);
                let pause = self.options.jitter.shorten(pause.min(self.options.retry_max));
                self.ended(now, pause);
            }
            Input::Tick => {
                if let State::Due(at) = self.state
                    && at <= now
                {
                    self.state = State::Out { is_stale: false };
                    self.began = Some(now);
                    out.push(Output::Send);
                }
            }
        }
    }

    fn changed(&mut self, now: Instant) {
        match &mut self.state {
            State::Out { is_stale } => *is_stale = true,
            State::Due(_) if self.n_failed > 0 => {}
            State::Due(at) => *at = (*at).min(soonest(self.began, now, self.options.gap)),
        }
    }

    fn ended(&mut self, now: Instant, pause: Duration) {
        let State::Out { is_stale } = self.state else { return };
        self.state = State::Due(now + pause);
        if is_stale {
            self.changed(now);
        }
    }
}

fn soonest(began: Option<Instant>, now: Instant, gap: Duration) -> Instant {
    began.map_or(now, |began| now.max(began + gap))
}

/// Seconds between two heart-beats that central may want.
const SHORTEST_S: u32 = 5;
const LONGEST_S: u32 = 600;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct World {
        start: Instant,
        at: Duration,
        beat: Beat,
    }

    impl World {
        #[expect(clippy::disallowed_methods, reason = "a virtual clock needs one real origin")]
        fn new() -> Self {
            let start = Instant::now();
            Self { start, at: Duration::ZERO, beat: Beat::new(start, Options::default()) }
        }

        fn feed(&mut self, input: Input) -> bool {
            let mut out = Vec::new();
            self.beat.handle(self.start + self.at, input, &mut out);
            !out.is_empty()
        }

        /// Goes to the deadline and sends; says after how many seconds.
        fn send(&mut self) -> u64 {
            let deadline = self.beat.deadline().unwrap() - self.start;
            let waited = deadline.saturating_sub(self.at).as_secs();
            self.at = self.at.max(deadline);
            assert!(self.feed(Input::Tick));
            waited
        }
    }

    #[test]
    fn every_minute_and_at_once_when_something_changed() {
        let mut w = World::new();
        assert_eq!(w.send(), 0);
        w.feed(Input::Answered { every_s: 60 });
        assert_eq!(w.send(), 60);
        w.feed(Input::Answered { every_s: 60 });
        w.at += Duration::from_secs(20);
        w.feed(Input::Changed);
        assert_eq!(w.send(), 0);
        w.feed(Input::Answered { every_s: 60 });
        w.feed(Input::Changed);
        assert_eq!(w.send(), 1, "not sooner than the gap");
        w.feed(Input::Changed);
        w.feed(Input::Answered { every_s: 60 });
        assert_eq!(w.send(), 1, "what changed meanwhile is told");
    }

    #[test]
    fn central_cannot_ask_for_a_flood_nor_for_silence() {
        let mut w = World::new();
        w.send();
        for (wanted, kept) in [(0, 5), (5, 5), (61, 61), (u32::MAX, 600)] {
            w.feed(Input::Answered { every_s: wanted });
            assert_eq!(w.send(), kept);
        }
    }

    #[test]
    fn failures_make_the_pauses_longer_until_central_is_reached_again() {
        let mut w = World::new();
        w.send();
        for kept in [15, 30, 60, 120, 240, 480, 600, 600] {
            w.feed(Input::Changed);
            w.feed(Input::Failed);
            w.feed(Input::Changed);
            assert_eq!(w.send(), kept, "a change hurries nobody while central is silent");
        }
        w.feed(Input::Failed);
        w.at += Duration::from_secs(9);
        w.feed(Input::Reached);
        assert_eq!(w.send(), 0);
        w.feed(Input::Failed);
        assert_eq!(w.send(), 15);
    }

    proptest! {
        #[test]
        fn one_is_under_way_at_most_and_two_never_begin_within_the_gap(
            inputs in proptest::collection::vec((0_u8..6, 0_u64..900), 0..200),
        ) {
            let mut w = World::new();
            let (mut is_out, mut last) = (false, None::<Duration>);
            for (input, passed) in inputs {
                w.at += Duration::from_millis(passed);
                let sent = w.feed(match input {
                    0 => Input::Changed,
                    1 => Input::Reached,
                    2 => Input::Answered { every_s: 5 },
                    3 => Input::Failed,
                    _ => Input::Tick,
                });
                is_out &= !matches!(input, 2 | 3);
                if sent {
                    prop_assert!(!is_out);
                    prop_assert!(last.is_none_or(|last| w.at - last >= Options::default().gap));
                    (is_out, last) = (true, Some(w.at));
                }
                prop_assert_eq!(w.beat.deadline().is_none(), is_out);
            }
        }
    }
}
