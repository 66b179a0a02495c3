//! Who is begun anew, and when: a machine fed with what the parts say, and with time.
//!
//! ```text
//!  Starting ──Up──▶ Up ◀──▶ Degraded         a part says how it is; Down mends itself
//!                   │  ▲ ◀──▶ Down
//!              Ended│  │Up
//!                   ▼  │
//!               Restarting ──due──▶ Restart   1 s, 2, 4 .. 60 s; from the start again after a minute of work
//! ```
//! Invariants: a part has at most one restart under way; the pause between two restarts of a part is never less than
//! [`Options::first`]; a part that is absent is never restarted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::part::{Condition, Moment, Part, State};

/// The pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// before the first restart
    pub first: Duration,
    /// the longest; each is twice the one before
    pub longest: Duration,
    /// a part that has worked for so long is taken to be well again
    pub steady: Duration,
}

/// What the supervisor hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A part says how it is.
    Is {
        /// the part
        part: Part,
        /// up, degraded, down or absent
        state: State,
        /// why, or what it says of itself; never of a patron or an item
        why: String,
    },
    /// A part has ended, and does nothing until it is begun anew.
    Ended {
        /// the part
        part: Part,
        /// why
        why: String,
    },
    /// The deadline may have come.
    Tick,
}

/// What the supervisor wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Begin the part anew.
    Restart(Part),
    /// The part's state, or what is said of it, is different now.
    Changed(Part),
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Supervisor {
    options: Options,
    parts: BTreeMap<Part, Watched>,
}

#[derive(Debug, Clone)]
struct Watched {
    condition: Condition,
    /// restarts without a steady time between them
    n_tries: u32,
    /// when it began to work
    works_since: Option<Instant>,
    /// when it is begun anew
    due: Option<Instant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            steady: Duration::from_secs(60),
        }
    }
}

impl Supervisor {
    /// A supervisor of parts that have not spoken yet.
    #[must_use]
    pub fn new(at: Moment, options: Options) -> Self {
        let watched = |part| {
            let condition = Condition::new(part, at.wall);
            (part, Watched { condition, n_tries: 0, works_since: None, due: None })
        };
        Self { options, parts: Part::ALL.into_iter().map(watched).collect() }
    }

    /// Takes one input; appends what follows.
    pub fn handle(&mut self, at: Moment, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Is { part, state, why } => {
                let Some(watched) = self.parts.get_mut(&part) else { return };
                watched.is(at, state);
                if watched.condition.become_(at.wall, state, why) {
                    out.push(Output::Changed(part));
                }
            }
            Input::Ended { part, why } => {
                let options = self.options;
                let Some(watched) = self.parts.get_mut(&part) else { return };
                if watched.condition.state == State::Absent {
                    return;
                }
                watched.ended(at.now, options);
                if watched.condition.become_(at.wall, State::Restarting, why) {
                    out.push(Output::Changed(part));
                }
            }
            Input::Tick => {
                for (part, watched) in &mut self.parts {
                    if watched.due.is_some_and(|due| due <= at.now) {
                        watched.due = None;
                        watched.condition.n_restarts += 1;
                        out.push(Output::Restart(*part));
                    }
                }
            }
        }
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.parts.values().filter_map(|watched| watched.due).min()
    }

    /// How every part is, in the order of [`Part::ALL`].
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.parts.values().map(|watched| &watched.condition)
    }
}

impl Watched {
    fn is(&mut self, at: Moment, state: State) {
        if state.works() {
            self.works_since = self.works_since.or(Some(at.now));
            self.due = None;
        } else {
            self.works_since = None;
        }
        if state == State::Absent {
            self.due = None;
        }
    }

    fn ended(&mut self, now: Instant, options: Options) {
        if self.due.is_some() {
            return; // it is begun anew anyway
        }
        if self.works_since.take().is_some_and(|since| since + options.steady <= now) {
            self.n_tries = 0;
        }
        let pause = options.first.saturating_mul(1_u32.checked_shl(self.n_tries).unwrap_or(u32::MAX));
        self.n_tries = self.n_tries.saturating_add(1).min(MAX_TRIES);
        self.due = Some(now + pause.min(options.longest));
    }
}

/// More doublings than any pause needs.
const MAX_TRIES: u32 = 20;

#[cfg(test)]
mod tests;
