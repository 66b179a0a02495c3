//! The slot as it can be drawn: what it knows, and what it has ordered.

use super::state::{Commit, Keep, State};
use super::{Rest, Slot};
use crate::io::{Output, Power};
use crate::journal::{Piece, Step};
use crate::sensors::{Belt, Motion, Sensors, ShutterDrive};

/// The slot at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// the name of the state
    pub state: &'static str,
    /// whether it rests
    pub rest: Rest,
    /// its contacts; nothing: they are not known
    pub sensors: Option<Sensors>,
    /// the state of the mains
    pub power: Power,
    /// the shutter, as ordered
    pub shutter: ShutterDrive,
    /// the inlet belt, as ordered
    pub inlet: Belt,
    /// the sorting belt, as ordered
    pub sorter_runs: bool,
    /// the bin that the diverter is set to
    pub divert: Option<usize>,
    /// the piece in hand and those that wait, and where each lies
    pub pieces: Vec<(Piece, Whereabouts)>,
    /// what fell into each bin, since this machine began or another cart was put there
    pub n_dropped: Vec<u32>,
}

/// Where a piece lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// On the inlet belt.
    Inlet,
    /// On its way through the flap.
    Flap,
    /// On the sorting belt.
    Sorter,
}

/// What was ordered, and what fell.
#[derive(Clone, Debug)]
pub(super) struct Look {
    shutter: ShutterDrive,
    inlet: Belt,
    sorter_runs: bool,
    divert: Option<usize>,
    n_dropped: Vec<u32>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            shutter: ShutterDrive::Stop,
            inlet: Belt::Stop,
            sorter_runs: false,
            divert: None,
            n_dropped: Vec::new(),
        }
    }
}

impl Look {
    /// Takes what was told just now.
    pub(super) fn order(&mut self, told: &[Output]) {
        for output in told {
            let Output::Move(motion) = output else { continue };
            match *motion {
                Motion::Shutter(drive) => self.shutter = drive,
                Motion::Inlet(belt) => self.inlet = belt,
                Motion::Sorter { runs } => self.sorter_runs = runs,
                Motion::Divert { bin } => self.divert = Some(bin),
            }
        }
    }

    /// Counts what fell; a cart that is taken away takes its count along.
    pub(super) fn fall(&mut self, sensors: &Sensors) {
        self.n_dropped.resize(sensors.bins.len(), 0);
        for (n, bin) in self.n_dropped.iter_mut().zip(&sensors.bins) {
            *n = if bin.is_present { n.saturating_add(u32::from(bin.has_dropped)) } else { 0 };
        }
    }
}

impl Slot {
    /// The slot as it is now.
    pub fn view(&self) -> View {
        let in_hand = self.current.iter().map(|current| (current.piece.clone(), self.whereabouts()));
        let waiting = self.open.iter().map(|piece| (piece.clone(), lies(piece.step)));
        View {
            state: self.state_name(),
            rest: self.rest(),
            sensors: self.sensors.clone(),
            power: self.power,
            shutter: self.look.shutter,
            inlet: self.look.inlet,
            sorter_runs: self.look.sorter_runs,
            divert: self.look.divert,
            pieces: in_hand.chain(waiting).collect(),
            n_dropped: self.look.n_dropped.clone(),
        }
    }

    const fn whereabouts(&self) -> Whereabouts {
        match &self.state {
            State::Checkin { .. } | State::Sort(_) => Whereabouts::Sorter,
            State::Commit(Commit::Carrying(_)) | State::Keep(Keep::Carrying(_)) => Whereabouts::Flap,
            State::Blank
            | State::Recover(_)
            | State::Idle { .. }
            | State::WaitItem { .. }
            | State::Intake(_)
            | State::Hold { .. }
            | State::Commit(_)
            | State::Reject(_)
            | State::Keep(_)
            | State::Closing { .. }
            | State::Out { .. } => Whereabouts::Inlet,
        }
    }
}

/// Where a piece lies that is not in hand, as far as its row tells.
const fn lies(step: Step) -> Whereabouts {
    match step {
        Step::Seen | Step::Withdrawn => Whereabouts::Inlet,
        Step::Taken => Whereabouts::Flap,
        Step::CheckedIn | Step::Found | Step::Sorted { .. } | Step::Dropped { .. } | Step::InTransit => {
            Whereabouts::Sorter
        }
    }
}
