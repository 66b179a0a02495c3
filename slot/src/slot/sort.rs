//! From behind the flap into a bin.

use std::time::{Duration, Instant};

use super::Slot;
use super::state::{Current, Extra, Keep, Sort, State};
use crate::io::{Alarm, Checkin, Outage, Output, Sign};
use crate::journal::{Piece, PieceId, Step};
use crate::sensors::{Motion, Sensors};
use crate::sort::Facts;

impl Slot {
    /// Chooses a bin and writes it down; without facts it is one for staff.
    pub(super) fn start_sort(
        &mut self,
        now: Instant,
        facts: Option<&Facts>,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> State {
        let bin = self.bin_for(facts, sensors);
        self.write(now, Step::Sorted { bin }, out);
        State::Sort(Sort::Writing { bin })
    }

    pub(super) fn sort(
        &mut self,
        now: Instant,
        sort: Sort,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        self.watch_behind(sensors);
        self.receive(now, sensors, out);
        match sort {
            Sort::Writing { bin } => {
                if self.current.as_ref().is_some_and(|current| current.is_at(Step::Sorted { bin })) {
                    self.state = State::Sort(self.run_to(now, bin, false, out));
                }
                None
            }
            Sort::Running { bin, until, is_resumed } => {
                if let Some(fallen) = sensors.dropped() {
                    self.aim(now, fallen != bin, out);
                    self.end_sort(now, Step::Dropped { bin: fallen }, out);
                    return None;
                }
                if now < until {
                    return None;
                }
                // After a start nothing may fall: it had fallen just before the plug was pulled, or it sticks where no
                // eye sees it. Nobody saw it fall, so no row says that it did.
                if is_resumed && !sensors.eye_out {
                    if let Some(id) = self.current.as_ref().map(|current| current.piece.id) {
                        self.alarm(Alarm::InTransit(id), true, out);
                    }
                    self.end_sort(now, Step::InTransit, out);
                    return None;
                }
                self.stuck(now, out)
            }
            Sort::Ending { step } => {
                let is_written = self.current.as_ref().is_some_and(|one| one.is_at(step));
                is_written.then(|| self.after_sort(now, sensors, out))
            }
        }
    }

    /// The last step of a piece; the belt goes on behind it.
    fn end_sort(&mut self, now: Instant, step: Step, out: &mut Vec<Output>) {
        self.flush(now, out);
        self.write(now, step, out);
        self.state = State::Sort(Sort::Ending { step });
    }

    /// The diverter has missed, or has not: now and then is told in the row alone, more often is an alarm.
    fn aim(&mut self, now: Instant, has_missed: bool, out: &mut Vec<Output>) {
        self.misses.retain(|at| now < *at + DAY);
        if has_missed && self.misses.len() <= self.setup.timing.misses {
            self.misses.push(now);
        }
        self.alarm(Alarm::Misses, self.misses.len() > self.setup.timing.misses, out);
    }

    /// The diverter is set and the belt runs.
    pub(super) fn run_to(
        &mut self,
        now: Instant,
        bin: usize,
        is_resumed: bool,
        out: &mut Vec<Output>,
    ) -> Sort {
        self.flushes_until = None;
        out.push(Output::Move(Motion::Divert { bin }));
        self.sorter(true, out);
        Sort::Running { bin, until: now + self.setup.timing.transport, is_resumed }
    }

    /// The sorting belt goes on for a while: what lay upon the piece, seen by no eye, falls now and not with the next.
    pub(super) fn flush(&mut self, now: Instant, out: &mut Vec<Output>) {
        out.push(Output::Move(Motion::Divert { bin: self.setup.table.exception }));
        self.flushes_until = Some(now + FLUSH);
    }

    /// Ends the flush in its time.
    pub(super) fn end_flush(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.flushes_until.is_some_and(|until| now >= until) {
            self.flushes_until = None;
            self.sorter(false, out);
        }
    }

    /// Something falls that nobody sent: it is told as found, where it fell. Several may fall at once, which the eye of a
    /// bin cannot tell apart: all tags that were heard as they were pulled in, and are silent now, stand in the row.
    pub(super) fn fell_unseen(&mut self, now: Instant, bin: usize, out: &mut Vec<Output>) {
        let tags = self.tags.fallen(now);
        let id = self.next;
        self.next = PieceId(id.0.saturating_add(1));
        for step in [Step::Found, Step::Dropped { bin }] {
            out.push(Output::Journal { piece: Piece { id, item: None, tags: tags.clone(), step } });
        }
        self.alarm(Alarm::Found(id), true, out);
    }

    /// A piece is done. What came in with it unseen is next, as found.
    fn after_sort(&mut self, now: Instant, sensors: &Sensors, out: &mut Vec<Output>) -> State {
        if let Some(current) = self.current.take() {
            let sign = match current.checkin {
                Some(Checkin::Granted(_)) => Sign::Returned,
                Some(Checkin::Queued) => Sign::Received,
                Some(Checkin::Refused) | None => Sign::Kept,
            };
            out.push(Output::Say(sign));
        }
        if self.extra != Extra::None {
            self.write_found(now, out);
            return State::Keep(Keep::Writing);
        }
        self.next_item(now, sensors)
    }

    /// The piece in hand, or a new one without an item, is kept for staff.
    pub(super) fn write_found(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.current.is_none() {
            let piece = Piece { id: self.next, item: None, tags: self.tags.keys(), step: Step::Found };
            self.next = PieceId(self.next.0.saturating_add(1));
            self.current = Some(Current::new(piece, false));
        } else if let Some(current) = self.current.as_mut() {
            // Everything that was heard with it, for staff.
            current.piece.tags = self.tags.keys_and(&current.piece.tags);
        }
        if let Some(id) = self.current.as_ref().map(|current| current.piece.id) {
            self.alarm(Alarm::Found(id), true, out);
        }
        self.write(now, Step::Found, out);
    }

    /// It does not go on: everything stands, its row says that it is in there somewhere.
    pub(super) fn stuck(&mut self, now: Instant, out: &mut Vec<Output>) -> Option<State> {
        if let Some(id) = self.current.as_ref().map(|current| current.piece.id) {
            self.write(now, Step::InTransit, out);
            self.alarm(Alarm::InTransit(id), true, out);
        }
        self.fall_out(now, Outage::Jam, out);
        None
    }
}

/// The sorting belt runs its whole length in this.
const FLUSH: Duration = Duration::from_millis(2500);
const DAY: Duration = Duration::from_secs(24 * 3600);
