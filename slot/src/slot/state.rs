//! The states, and the piece in hand.

use std::time::{Duration, Instant};

use crate::io::{Checkin, Known, Outage, Refusal};
use crate::journal::{Piece, Step};
use crate::timing::Timing;

/// The states of the slot. Each says until when it lasts at most.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Nothing is known yet.
    Blank,
    Recover(Recover),
    Idle {
        /// somebody came
        is_wanted: bool,
    },
    /// The shutter opens or is open; `until` counts from when it is open.
    WaitItem {
        until: Option<Instant>,
    },
    Intake(Intake),
    /// Something lies wholly on the belt.
    Hold {
        since: Instant,
    },
    Commit(Commit),
    /// It is behind the flap.
    Checkin {
        until: Instant,
    },
    Sort(Sort),
    Reject(Reject),
    Keep(Keep),
    Closing {
        then: Option<Outage>,
    },
    Out {
        outage: Outage,
        since: Instant,
    },
}

/// After a start.
#[derive(Clone, Copy, Debug)]
pub(super) enum Recover {
    /// What stands in the mouth is pulled in.
    PullIn { until: Instant },
    /// The shutter closes.
    Home {
        /// something covered the outer eye when this was last looked at
        was_covered: bool,
    },
    /// The belt carries what is there to the middle eye; tags are listened to.
    Inspect { until: Instant },
}

/// Something goes in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intake {
    pub(super) until: Instant,
    /// since when the outer eye is covered
    pub(super) covered_since: Option<Instant>,
    /// how often it was covered anew
    pub(super) n_edges: u8,
}

/// From the decision to behind the flap.
#[derive(Clone, Copy, Debug)]
pub(super) enum Commit {
    /// The shutter closes.
    Closing,
    /// It is closed: is the item still the one that was asked for?
    Rereading {
        since: Instant,
    },
    /// `TAKEN` is on its way to the disk.
    Writing,
    Carrying(Carry),
}

/// Through the flap, for a return and for a found thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carry {
    pub(super) until: Instant,
    /// it has covered the eye behind the flap
    pub(super) was_out: bool,
    /// and has left it
    pub(super) behind_since: Option<Instant>,
    /// the belt runs the other way until then
    pub(super) unjamming: Option<Instant>,
    pub(super) tries: u8,
}

/// From behind the flap into a bin.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sort {
    /// `SORTED` is on its way to the disk.
    Writing { bin: usize },
    /// The belt runs.
    Running { bin: usize, until: Instant, is_resumed: bool },
    /// Its last step, `DROPPED` or `IN TRANSIT`, is on its way to the disk.
    Ending { step: Step },
}

/// Back to the street.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reject {
    pub(super) why: Refusal,
    pub(super) then: Option<Outage>,
    pub(super) tries: u8,
    pub(super) phase: Handing,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Handing {
    /// The shutter opens.
    Opening,
    /// The belt runs outwards; the outer eye has been covered since `covered`, and the belt stops `for_` later.
    Outwards { until: Instant, covered: Option<Instant>, for_: Duration },
    /// It stands in the mouth.
    Offered { until: Instant },
    /// It was taken; the belt brings what may lie behind it.
    Sweeping { until: Instant },
    /// It is pulled in a little, to be offered again.
    Nudging { until: Instant },
    /// `WITHDRAWN` is on its way to the disk.
    Ending,
}

/// Kept for staff.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keep {
    PullIn { until: Instant },
    Closing,
    Writing,
    Carrying(Carry),
}

impl Keep {
    /// The belt pulls it in first, as it may stand out.
    pub(super) const fn start(until: Instant) -> Self {
        Self::PullIn { until }
    }
}

/// What came in with a piece and was not seen before the piece was behind the flap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    None,
    /// On the inlet belt.
    Coming,
    /// Under the eye behind the flap.
    Out,
    /// Behind it.
    Behind,
}

/// The piece in hand.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) piece: Piece,
    /// the step being written, and until when
    pub(super) waits: Option<(Step, Instant)>,
    /// the step that was ordered to be written last, on the disk or not yet
    pub(super) sent: Option<Step>,
    /// something of it is on the disk
    pub(super) is_written: bool,
    pub(super) known: Option<Known>,
    /// when central was asked
    pub(super) asked: Option<Instant>,
    pub(super) checkin: Option<Checkin>,
    pub(super) is_secured: Option<bool>,
    /// when the gate bits were to be closed
    pub(super) securing: Option<Instant>,
    /// every part of it was heard, as far as its tags count them
    pub(super) is_whole: bool,
}

impl Current {
    pub(super) const fn new(piece: Piece, is_written: bool) -> Self {
        Self {
            piece,
            waits: None,
            sent: None,
            is_written,
            known: None,
            asked: None,
            checkin: None,
            is_secured: None,
            securing: None,
            is_whole: true,
        }
    }

    pub(super) fn written(&mut self, step: Step) {
        self.piece.step = step;
        self.is_written = true;
        if self.waits.is_some_and(|(waited, _)| waited == step) {
            self.waits = None;
        }
    }

    /// Whether this step is on the disk.
    pub(super) fn is_at(&self, step: Step) -> bool {
        self.is_written && self.piece.step == step && self.waits.is_none()
    }

    /// The step that the disk has not taken in time.
    pub(super) fn overdue(&self, now: Instant) -> Option<Step> {
        self.waits.filter(|(_, until)| now >= *until).map(|(step, _)| step)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waits.map(|(_, until)| until)
    }
}

impl State {
    pub(super) const fn approached(&mut self) {
        if let Self::Idle { is_wanted } = self {
            *is_wanted = true;
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Recover(_) => "recover",
            Self::Idle { .. } => "idle",
            Self::WaitItem { .. } => "wait-item",
            Self::Intake(_) => "intake",
            Self::Hold { .. } => "hold",
            Self::Commit(_) => "commit",
            Self::Checkin { .. } => "checkin",
            Self::Sort(_) => "sort",
            Self::Reject(_) => "reject",
            Self::Keep(_) => "keep",
            Self::Closing { .. } => "closing",
            Self::Out { .. } => "out-of-service",
        }
    }

    pub(super) fn deadline(&self, timing: &Timing) -> Option<Instant> {
        match self {
            Self::Blank | Self::Idle { .. } | Self::Closing { .. } => None,
            Self::WaitItem { until } => *until,
            Self::Recover(Recover::PullIn { until } | Recover::Inspect { until })
            | Self::Checkin { until }
            | Self::Sort(Sort::Running { until, .. })
            | Self::Keep(Keep::PullIn { until }) => Some(*until),
            Self::Recover(Recover::Home { .. })
            | Self::Keep(Keep::Closing | Keep::Writing)
            | Self::Sort(Sort::Writing { .. } | Sort::Ending { .. })
            | Self::Commit(Commit::Closing | Commit::Writing) => None,
            Self::Intake(intake) => Some(intake.until),
            Self::Hold { since } | Self::Commit(Commit::Rereading { since }) => Some(*since + timing.tag),
            Self::Commit(Commit::Carrying(carry)) | Self::Keep(Keep::Carrying(carry)) => {
                Some(carry.unjamming.unwrap_or(carry.until))
            }
            Self::Reject(reject) => match reject.phase {
                Handing::Opening | Handing::Ending => None,
                Handing::Outwards { until, .. }
                | Handing::Offered { until }
                | Handing::Sweeping { until }
                | Handing::Nudging { until } => Some(until),
            },
            Self::Out { since, .. } => Some(*since + timing.self_test),
        }
    }
}
