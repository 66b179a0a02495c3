//! Whether a change may stay: a pure machine that is told, again and again, whether the kiosk serves.
//!
//! ```text
//! Starting ──serves──▶ Serving ──watch is over──▶ Keep
//!    │ silent for `start`   │ silent for `silence`, or begun anew too often
//!    └──────────────────────┴──▶ GoBack
//! ```

use std::time::{Duration, Instant};

/// The times of a trial.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// From the start until the change counts.
    pub(super) watch: Duration,
    /// The most until it serves for the first time.
    pub(super) start: Duration,
    /// Silence after which it counts as down.
    pub(super) silence: Duration,
}

/// What was seen of the kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It answers that it serves.
    Serves,
    /// It does not answer.
    Silent,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on watching.
    Watch,
    /// The change stays.
    Keep,
    /// The old file comes back.
    GoBack {
        /// Why, for people.
        why: String,
    },
}

/// A trial under way.
#[derive(Debug)]
pub(super) struct Trial {
    times: Times,
    began: Instant,
    state: State,
    /// How often it was silent and served again.
    n_returns: u32,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Starting,
    Serving,
    Gone { since: Instant },
}

impl Trial {
    /// Begins.
    pub(super) fn new(now: Instant, times: Times) -> Self {
        Self { times, began: now, state: State::Starting, n_returns: 0 }
    }

    /// Takes what was seen.
    pub(super) fn handle(&mut self, now: Instant, seen: Seen) -> Verdict {
        let passed = now.saturating_duration_since(self.began);
        self.state = match (self.state, seen) {
            (State::Starting | State::Serving, Seen::Serves) => State::Serving,
            (State::Gone { .. }, Seen::Serves) => {
                self.n_returns += 1;
                State::Serving
            }
            (State::Serving, Seen::Silent) => State::Gone { since: now },
            (state @ (State::Starting | State::Gone { .. }), Seen::Silent) => state,
        };
        let go_back = |why: String| Verdict::GoBack { why };
        match self.state {
            State::Starting if passed >= self.times.start => {
                go_back(format!("the kiosk did not serve within {} s", self.times.start.as_secs()))
            }
            State::Gone { since } if now.saturating_duration_since(since) >= self.times.silence => {
                go_back(format!(
                    "the kiosk served, and stopped {} s after the change",
                    since.saturating_duration_since(self.began).as_secs()
                ))
            }
            State::Serving if self.n_returns > MOST_RETURNS => {
                go_back(format!("the kiosk stopped and began anew {} times", self.n_returns))
            }
            State::Serving if passed >= self.times.watch => Verdict::Keep,
            State::Starting | State::Serving | State::Gone { .. } => Verdict::Watch,
        }
    }
}

/// The restart of the change itself may be seen as one.
const MOST_RETURNS: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        watch: Duration::from_secs(120),
        start: Duration::from_secs(60),
        silence: Duration::from_secs(10),
    };

    /// Plays `S` (serves) and `.` (silent), a second each; the second of the verdict, and the verdict.
    #[expect(clippy::disallowed_methods, reason = "the start of a virtual clock")]
    fn play(seen: &str) -> (u64, Verdict) {
        let start = Instant::now();
        let mut trial = Trial::new(start, TIMES);
        for (second, seen) in (0_u64..).zip(seen.chars()) {
            let seen = if seen == 'S' { Seen::Serves } else { Seen::Silent };
            match trial.handle(start + Duration::from_secs(second), seen) {
                Verdict::Watch => {}
                verdict @ (Verdict::Keep | Verdict::GoBack { .. }) => return (second, verdict),
            }
        }
        (u64::MAX, Verdict::Watch)
    }

    #[test]
    fn what_is_kept_and_what_is_not() {
        let rows: &[(String, u64, Option<&str>)] = &[
            ("S".repeat(130), 120, None),
            (".".repeat(20) + &"S".repeat(130), 120, None),
            (".".repeat(130), 60, Some("did not serve within 60 s")),
            (".".repeat(59) + "S" + &".".repeat(30), 70, Some("stopped 60 s after the change")),
            // Served by the old one, stopped, and never again: a configuration that it cannot start with.
            ("SS".to_owned() + &".".repeat(30), 12, Some("stopped 2 s after the change")),
            ("SS".to_owned() + &".".repeat(9) + &"S".repeat(130), 120, None),
            // Not in the moment when it would be kept.
            ("S".repeat(119) + &".".repeat(9) + "S", 128, None),
            ("S".repeat(119) + &".".repeat(12), 129, Some("stopped 119 s")),
            ("SSSS..SSSS..SSSS..SSSS".to_owned(), 18, Some("began anew 3 times")),
        ];
        for (seen, second, why) in rows {
            let (at, verdict) = play(seen);
            match (verdict, why) {
                (Verdict::Keep, None) => {}
                (Verdict::GoBack { why: told }, Some(why)) => assert!(told.contains(why), "{seen}: {told}"),
                (verdict @ (Verdict::Watch | Verdict::Keep | Verdict::GoBack { .. }), _) => {
                    panic!("{seen}: {verdict:?}")
                }
            }
            assert_eq!(at, *second, "{seen}");
        }
    }
}
