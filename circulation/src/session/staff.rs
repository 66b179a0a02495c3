//! The staff's corner: four corners touched in order, a password, then the state of every part.
//!
//! Invariant: no act is performed without the password, and none that stops the machine without a second touch.

use std::time::{Duration, Instant};

use crate::patron::Pin;
use crate::screen::{Panel, Part, Staff, StaffAct, Touch};

use super::{Output, Settings};

/// The four corners in order, in this time.
const GESTURE: Duration = Duration::from_secs(6);
/// The corners of a screen.
const CORNERS: u8 = 4;
/// Wrong passwords before the corner is locked.
const MAX_WRONG: u8 = 5;
/// How long it is locked.
const LOCKED: Duration = Duration::from_secs(300);
/// How often the parts are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// What is kept of staff while nobody is in the corner.
#[derive(Debug, Default)]
pub(super) struct Corner {
    /// the corner that comes next, and when the first was touched
    next: Option<(u8, Instant)>,
    n_wrong: u8,
    locked: Option<Instant>,
}

impl Corner {
    /// Takes a touch of a corner: `true` once all four came in order.
    pub(super) fn touched(&mut self, now: Instant, corner: u8) -> bool {
        let (due, since) = match self.next {
            Some((due, since)) if since + GESTURE > now => (due, since),
            Some(_) | None => (0, now),
        };
        self.next = if corner == due {
            Some((due.saturating_add(1), since))
        } else if corner == 0 {
            Some((1, now))
        } else {
            None
        };
        let done = self.next.is_some_and(|(next, _)| next == CORNERS);
        if done {
            self.next = None;
        }
        done
    }

    fn wrong(&mut self, now: Instant) {
        self.n_wrong = self.n_wrong.saturating_add(1);
        if self.n_wrong >= MAX_WRONG {
            self.n_wrong = 0;
            self.locked = Some(now + LOCKED);
        }
    }

    fn locked(&self, now: Instant) -> Option<Duration> {
        self.locked.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

/// Somebody is in the corner.
#[derive(Debug)]
pub(super) struct Staffing {
    stage: Stage,
    last_sign: Instant,
}

#[derive(Debug)]
enum Stage {
    Pin {
        pin: Pin,
        wrong: bool,
    },
    /// The password is being checked.
    Checking {
        query: u64,
        len: usize,
    },
    Panel {
        confirm: Option<StaffAct>,
        /// when the parts are looked at again
        look: Instant,
    },
    Picture(u8),
}

/// What the parts are like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// every part of this machine
    pub parts: Vec<Part>,
    /// transactions that central has yet to hear of
    pub n_waiting: u32,
    /// transactions that wait for staff
    pub n_parked: u32,
}

/// What follows from a touch.
pub(super) enum Next {
    Stay,
    Leave,
    Check(Pin),
    Act(StaffAct),
}

impl Staffing {
    pub(super) fn new(now: Instant) -> Self {
        Self { stage: Stage::Pin { pin: Pin::default(), wrong: false }, last_sign: now }
    }

    pub(super) fn touched(&mut self, now: Instant, touch: Touch, corner: &Corner) -> Next {
        self.last_sign = now;
        match (&mut self.stage, touch) {
            (Stage::Picture(number), Touch::Staff(StaffAct::Picture) | Touch::Enter) => {
                *number = number.saturating_add(1);
                if *number >= Staff::N_PICTURES {
                    self.stage = panel(now);
                }
            }
            (Stage::Picture(_), Touch::Back | Touch::Cancel | Touch::Finish) => self.stage = panel(now),
            // "No" to a question, and the corner stays open.
            (Stage::Panel { confirm: confirm @ Some(_), .. }, Touch::Back) => *confirm = None,
            (_, Touch::Cancel | Touch::Back | Touch::Finish) => return Next::Leave,
            (Stage::Pin { pin, wrong }, Touch::Key(key)) if corner.locked(now).is_none() => {
                *wrong = false;
                pin.push(key);
            }
            (Stage::Pin { pin, .. }, Touch::Erase) => pin.erase(),
            (Stage::Pin { pin, .. }, Touch::Enter) if !pin.is_empty() => {
                return Next::Check(core::mem::take(pin));
            }
            (Stage::Panel { .. }, Touch::Staff(StaffAct::Picture)) => self.stage = Stage::Picture(0),
            (Stage::Panel { confirm, .. }, Touch::Staff(act)) if asks_twice(act) && *confirm != Some(act) => {
                *confirm = Some(act);
            }
            (Stage::Panel { confirm, .. }, Touch::Staff(act)) => {
                *confirm = None;
                return Next::Act(act);
            }
            (Stage::Pin { .. } | Stage::Checking { .. } | Stage::Panel { .. } | Stage::Picture(_), _) => {}
        }
        Next::Stay
    }

    pub(super) fn checking(&mut self, query: u64, len: usize) {
        self.stage = Stage::Checking { query, len };
    }

    pub(super) fn checked(&mut self, now: Instant, query: u64, right: bool, corner: &mut Corner) {
        if !matches!(self.stage, Stage::Checking { query: asked, .. } if asked == query) {
            return;
        }
        self.last_sign = now;
        if right {
            corner.n_wrong = 0;
            self.stage = panel(now);
        } else {
            corner.wrong(now);
            self.stage = Stage::Pin { pin: Pin::default(), wrong: true };
        }
    }

    /// Looks at the parts when it is time to.
    pub(super) fn look(&mut self, now: Instant, out: &mut Vec<Output>) {
        if let Stage::Panel { look, .. } = &mut self.stage
            && *look <= now
        {
            *look = now + LOOK;
            out.push(Output::Inspect);
        }
    }

    pub(super) fn is_over(&self, now: Instant, settings: &Settings) -> bool {
        self.last_sign + settings.idle <= now
    }

    pub(super) fn next_tick(&self, now: Instant, settings: &Settings, corner: &Corner) -> Option<Instant> {
        let own = match self.stage {
            Stage::Panel { look, .. } => Some(look),
            // The seconds until the next try are shown.
            Stage::Pin { .. } => corner.locked(now).map(|_| now + Duration::from_secs(1)),
            Stage::Checking { .. } | Stage::Picture(_) => None,
        };
        [own, Some(self.last_sign + settings.idle)].into_iter().flatten().min()
    }

    pub(super) fn page(
        &self,
        now: Instant,
        corner: &Corner,
        seen: &Inspection,
        out_of_service: bool,
    ) -> Staff {
        match &self.stage {
            Stage::Pin { pin, wrong } => Staff::Pin {
                len: pin.len(),
                wrong: *wrong,
                locked: corner
                    .locked(now)
                    .and_then(|left| u16::try_from(left.as_millis().div_ceil(1000)).ok()),
            },
            Stage::Checking { len, .. } => Staff::Pin { len: *len, wrong: false, locked: None },
            Stage::Panel { confirm, .. } => Staff::Panel(Panel {
                parts: seen.parts.clone(),
                n_waiting: seen.n_waiting,
                n_parked: seen.n_parked,
                out_of_service,
                confirm: *confirm,
            }),
            Stage::Picture(number) => Staff::Picture { number: *number },
        }
    }
}

const fn panel(now: Instant) -> Stage {
    Stage::Panel { confirm: None, look: now }
}

/// What stops the machine is touched twice.
const fn asks_twice(act: StaffAct) -> bool {
    match act {
        StaffAct::Quit | StaffAct::ShutDown => true,
        StaffAct::OutOfService(_) | StaffAct::Restart(_) | StaffAct::Picture => false,
    }
}
