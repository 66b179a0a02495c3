//! The machine of the whole slot.
//!
//! ```text
//!  Recover ─▶ Idle ─approach─▶ WaitItem ─eye─▶ Intake ─wholly in─▶ Hold ─asked, SEEN─▶ Commit ─TAKEN, flap─▶ Checkin
//!     ▲         ▲                 ▲  │timeout                        │                                          │
//!     │         └──────Closing◀───│──┘            refused, too many ─┴▶ Reject ─taken back─▶ WaitItem           ▼
//!  OutOfService ◀─── shutter, jam, full, blind, power, service, disk    └─ nobody ─▶ Keep ─FOUND, flap─▶ Sort ─▶ WaitItem
//! ```
//! Every state has a deadline; the machine is told the contacts as whole images and compares them itself. A state is
//! left only through `enter`, which stops what the next one does not want moving.

mod commit;
mod intake;
mod outage;
mod receive;
mod recover;
mod reject;
mod sort;
mod state;
mod tags;
mod view;

use std::collections::BTreeSet;
use std::time::Instant;

use circulation::id::Isil;

use crate::io::{Alarm, Input, Known, Outage, Output, Power, Sign};
use crate::journal::{Piece, PieceId, Step};
use crate::sensors::{Belt, Motion, Sensors};
use crate::shutter::{Goal, Shutter, Stand};
use crate::sort::Table;
use crate::timing::Timing;
use state::{Current, Extra, Keep, Recover, State};
use tags::Tags;
use view::Look;
pub use view::{View, Whereabouts};

/// What a slot is set up with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// times
    pub timing: Timing,
    /// which bin
    pub table: Table,
    /// institutions whose items are taken while central is silent
    pub ours: Vec<Isil>,
    /// a thing without a tag is kept for staff; else it is handed back
    pub keeps_unknown: bool,
}

/// Whether the slot rests, as others may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Closed and ready.
    Idle,
    /// Somebody or something is being served.
    Busy,
    /// It takes nothing.
    OutOfService(Outage),
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Slot {
    setup: Setup,
    shutter: Shutter,
    sensors: Option<Sensors>,
    state: State,
    tags: Tags,
    /// the piece in hand
    current: Option<Current>,
    /// pieces that something is still to be done for, the oldest first
    open: Vec<Piece>,
    next: PieceId,
    power: Power,
    mains_since: Option<Instant>,
    /// staff took it out of service
    is_withdrawn: bool,
    alarms: BTreeSet<Alarm>,
    /// what came in with the piece in hand, unseen
    extra: Extra,
    /// after a start: nobody stands there, and the shutter stays closed
    is_recovering: bool,
    may_power_off: bool,
    /// the shutter is wanted open for the next one while the last is sorted
    is_receiving: bool,
    /// the sorting belt goes on until then, behind a piece that fell
    flushes_until: Option<Instant>,
    /// when the diverter missed, within a day
    misses: Vec<Instant>,
    /// what was ordered to move, and what fell into each bin
    look: Look,
}

impl Slot {
    /// A slot after a start. `open` are the pieces of the journal whose last step [`Step::is_open`], the oldest first;
    /// `next` is the number of the next piece. Nothing moves before the first image of the contacts.
    pub fn new(setup: Setup, open: Vec<Piece>, next: PieceId) -> Self {
        Self {
            setup,
            shutter: Shutter::new(),
            sensors: None,
            state: State::Blank,
            tags: Tags::default(),
            current: None,
            open,
            next,
            power: Power::Mains,
            mains_since: None,
            is_withdrawn: false,
            alarms: BTreeSet::new(),
            extra: Extra::None,
            is_recovering: true,
            may_power_off: false,
            is_receiving: false,
            flushes_until: None,
            misses: Vec::new(),
            look: Look::default(),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        let n_before = out.len();
        match input {
            Input::Sensors(sensors) => self.see(now, sensors, out),
            Input::Blind => self.go_blind(now, out),
            Input::Tag { key, content, at, when } => {
                self.tags.hear(when.min(now), key, content, at, self.setup.timing.ghost);
            }
            Input::Approach => self.state.approached(),
            Input::Looked { item, answer } => self.looked(&item, answer),
            Input::Durable { piece, step } => self.written(piece, step),
            Input::CheckedIn { piece, answer } => {
                if let Some(current) = self.current.as_mut().filter(|current| current.piece.id == piece) {
                    current.checkin = Some(answer);
                }
            }
            Input::Secured { piece, is_closed } => {
                if let Some(current) = self.current.as_mut().filter(|current| current.piece.id == piece) {
                    current.is_secured = Some(is_closed);
                }
            }
            Input::Power(power) => self.powered(now, power),
            Input::Mended => self.mended(now, out),
            Input::Service { is_out } => self.is_withdrawn = is_out,
            Input::Table(table) => self.setup.table = table,
            Input::Tick => {}
        }
        self.go_on(now, out);
        self.look.order(out.get(n_before..).unwrap_or_default());
    }

    /// When it wants an [`Input::Tick`], if nothing comes before.
    pub fn deadline(&self) -> Option<Instant> {
        let of_current = self.current.as_ref().and_then(Current::deadline);
        [self.state.deadline(&self.setup.timing), self.shutter.deadline(), of_current, self.flushes_until]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether it rests.
    pub const fn rest(&self) -> Rest {
        match self.state {
            State::Idle { .. } => Rest::Idle,
            State::Out { outage, .. } => Rest::OutOfService(outage),
            State::Blank
            | State::Recover(_)
            | State::WaitItem { .. }
            | State::Intake(_)
            | State::Hold { .. }
            | State::Commit(_)
            | State::Checkin { .. }
            | State::Sort(_)
            | State::Reject(_)
            | State::Keep(_)
            | State::Closing { .. } => Rest::Busy,
        }
    }

    /// The name of the state, for logs and tests.
    pub const fn state_name(&self) -> &'static str {
        self.state.name()
    }

    /// The alarms that are raised.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.iter()
    }

    fn see(&mut self, now: Instant, sensors: Sensors, out: &mut Vec<Output>) {
        for (at, bin) in sensors.bins.iter().enumerate() {
            self.alarm(Alarm::Bin(at), !bin.is_present || bin.is_full, out);
        }
        self.look.fall(&sensors);
        // A cart was taken away: what lies in the new one was not here before.
        let was_there = |at: usize| {
            self.sensors.as_ref().and_then(|old| old.bins.get(at)).is_some_and(|old| old.is_present)
        };
        if sensors.bins.iter().enumerate().any(|(at, bin)| !bin.is_present && was_there(at)) {
            self.tags.forget_taken();
        }
        let is_awaited = matches!(self.state, State::Sort(state::Sort::Running { .. }));
        if let (false, Some(bin)) = (is_awaited, sensors.dropped()) {
            self.fell_unseen(now, bin, out);
        }
        let (is_first, door) = (self.sensors.is_none(), sensors.service_door_is_open);
        self.sensors = Some(sensors);
        let has_smoke = self.sensors.as_ref().is_some_and(|sensors| sensors.has_smoke);
        if door {
            self.fall_out(now, Outage::Service, out);
        } else if has_smoke {
            self.fall_out(now, Outage::Smoke, out);
        } else if is_first && matches!(self.state, State::Blank) {
            self.recover(now, out);
        }
        if let (Some(sensors), false) = (&self.sensors, door) {
            self.shutter.sense(now, sensors, &self.setup.timing, out);
        }
    }

    fn go_blind(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.sensors = None;
        self.fall_out(now, Outage::Blind, out);
    }

    /// Lets states follow one another as long as one has something to do now.
    fn go_on(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(sensors) = self.sensors.clone() else { return };
        self.end_flush(now, out);
        if let Some(step) = self.current.as_ref().and_then(|current| current.overdue(now)) {
            self.disk_failed(now, step, out);
        }
        for _ in 0..MOST_STATES {
            if self.shutter.stand(&sensors) == Stand::Failed && !matches!(self.state, State::Out { .. }) {
                self.fall_out(now, Outage::Shutter, out);
            }
            let Some(next) = self.next_state(now, &sensors, out) else { return };
            self.enter(now, next, &sensors, out);
        }
    }

    fn next_state(&mut self, now: Instant, sensors: &Sensors, out: &mut Vec<Output>) -> Option<State> {
        match self.state.clone() {
            State::Blank => None,
            State::Recover(recover) => self.recovering(now, recover, sensors, out),
            State::Idle { is_wanted } => self.idle(now, is_wanted, sensors),
            State::WaitItem { until } => self.wait_item(now, until, sensors, out),
            State::Intake(intake) => self.intake(now, intake, sensors, out),
            State::Hold { since } => self.hold(now, since, sensors, out),
            State::Commit(commit) => self.commit(now, commit, sensors, out),
            State::Checkin { until } => self.checkin(now, until, sensors, out),
            State::Sort(sort) => self.sort(now, sort, sensors, out),
            State::Reject(reject) => self.reject(now, reject, sensors, out),
            State::Keep(keep) => self.keep(now, keep, sensors, out),
            State::Closing { then } => self.closing(now, then, sensors, out),
            State::Out { outage, since } => self.outage(now, outage, since, sensors, out),
        }
    }

    /// Enters a state: what it moves is set, all else stands.
    fn enter(&mut self, now: Instant, next: State, sensors: &Sensors, out: &mut Vec<Output>) {
        if std::mem::discriminant(&self.state) != std::mem::discriminant(&next) {
            self.inlet(Belt::Stop, out);
        }
        let timing = &self.setup.timing;
        match &next {
            State::WaitItem { .. } => {
                self.tags.forget_heard();
                self.shutter.want(now, Goal::Open, sensors, timing, out);
            }
            State::Closing { .. } | State::Out { .. } => {
                if !sensors.service_door_is_open {
                    self.shutter.want(now, Goal::Closed, sensors, timing, out);
                }
            }
            State::Idle { .. } => out.push(Output::Say(Sign::Ready)),
            State::Hold { .. } => out.push(Output::Say(Sign::Wait)),
            // The inlet belt goes on behind a piece that is taken: it brings what may lie there unseen.
            State::Checkin { .. } | State::Sort(_) => {
                if !self.is_receiving {
                    self.inlet(Belt::Inwards, out);
                }
            }
            State::Intake(_)
            | State::Commit(state::Commit::Carrying(_))
            | State::Keep(Keep::PullIn { .. } | Keep::Carrying(_))
            | State::Recover(Recover::PullIn { .. }) => self.inlet(Belt::Inwards, out),
            State::Blank | State::Recover(_) | State::Commit(_) | State::Reject(_) | State::Keep(_) => {}
        }
        self.is_receiving &= matches!(next, State::Checkin { .. } | State::Sort(_));
        self.state = next;
    }

    fn looked(&mut self, item: &circulation::id::ItemId, answer: Known) {
        if let Some(current) =
            self.current.as_mut().filter(|current| current.piece.item.as_ref() == Some(item))
        {
            current.known = Some(answer);
        }
    }

    /// A step is on the disk: of the piece in hand, or of one that was let go when something failed.
    fn written(&mut self, id: PieceId, step: Step) {
        if let Some(current) = self.current.as_mut().filter(|current| current.piece.id == id) {
            current.written(step);
        } else if let Some(piece) = self.open.iter_mut().find(|piece| piece.id == id) {
            piece.step = step;
        }
        self.open.retain(|piece| piece.step.is_open());
    }

    /// Writes a step of the piece in hand, and waits for it.
    fn write(&mut self, now: Instant, step: Step, out: &mut Vec<Output>) {
        let until = now + self.setup.timing.disk;
        if let Some(current) = self.current.as_mut() {
            (current.waits, current.sent) = (Some((step, until)), Some(step));
            let piece = Piece { step, ..current.piece.clone() };
            out.push(Output::Journal { piece });
        }
    }

    fn alarm(&mut self, alarm: Alarm, is_raised: bool, out: &mut Vec<Output>) {
        if is_raised && self.alarms.insert(alarm.clone()) {
            out.push(Output::Alarm(alarm));
        } else if !is_raised && self.alarms.remove(&alarm) {
            out.push(Output::Calm(alarm));
        }
    }

    fn inlet(&self, belt: Belt, out: &mut Vec<Output>) {
        out.push(Output::Move(Motion::Inlet(belt)));
    }

    fn sorter(&self, runs: bool, out: &mut Vec<Output>) {
        out.push(Output::Move(Motion::Sorter { runs }));
    }
}

/// Whether a bin is there and has room.
fn has_room(sensors: &Sensors, bin: usize) -> bool {
    sensors.bins.get(bin).is_some_and(|bin| bin.is_present && !bin.is_full)
}

/// Whether any bin is there and has room.
fn has_any_room(sensors: &Sensors) -> bool {
    sensors.bins.iter().any(|bin| bin.is_present && !bin.is_full)
}

/// States that may follow one another on one input: a bound, so that a fault of ours cannot spin.
const MOST_STATES: usize = 12;
