//! What the machine is told and orders, and how the slot is shown.

use jiff::Timestamp;
use slot::io::{Input, Output};
use slot::slot::Rest;
use slot::wiring::Lamp;
use supervision::part::{Part, State};
use tracing::{info, warn};

use super::{COLD, Shell, now};
use crate::return_slot::{picture, words};
use crate::supervise::Told;

impl Shell {
    /// Tells the machine, and does what it orders.
    pub(super) fn handle(&mut self, input: Input) {
        if let Input::Secured { piece, is_closed } = &input {
            self.books.secured(*piece, *is_closed);
        }
        let mut out = core::mem::take(&mut self.out);
        self.machine.handle(now(), input, &mut out);
        let mut more = Vec::new();
        for output in out.drain(..) {
            more.extend(self.perform(output));
        }
        self.out = out;
        self.tell();
        self.modules.flush();
        more.into_iter().for_each(|input| self.handle(input));
        if self.machine.rest() == Rest::Idle && core::mem::take(&mut self.around.is_wanted) {
            self.handle(Input::Approach);
        }
    }

    /// Performs one output; what it gives at once.
    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Move(motion) => self.modules.order(motion),
            Output::Journal { .. } => return self.books.perform(Timestamp::now(), &output),
            Output::Checkin { .. } => {
                self.around.asked = Some(now());
                return self.books.perform(Timestamp::now(), &output);
            }
            Output::Look(item) => {
                let owner = self.tags.owner(&item);
                self.around.asked = Some(now());
                self.library.look(item, owner);
            }
            Output::Secure { piece, tags } => return self.tags.close(piece, tags, self.inner.as_ref()),
            Output::Say(sign) => info!(?sign, "the slot says"),
            Output::Alarm(alarm) => warn!(alarm = words::alarm(&alarm, &self.names), "alarm"),
            Output::Calm(alarm) => info!(alarm = words::alarm(&alarm, &self.names), "the alarm is over"),
            Output::MayPowerOff => {
                info!("all is at rest and on the disk: the power may go");
                self.farewell.begin();
            }
        }
        None
    }

    /// Tells the supervisor how the slot is, and lights its lamps.
    fn tell(&mut self) {
        let (rest, state) = (self.machine.rest(), self.machine.state_name());
        if core::mem::replace(&mut self.around.state, state) != state {
            info!(state, "the slot");
            // It is open: whoever pressed the button is served.
            self.around.is_wanted &= state != "wait-item";
            self.reporter.tell(Told::Page { word: state, is_serving: rest == Rest::Busy });
        }
        let lamp = match rest {
            Rest::Idle => Lamp::Ready,
            Rest::Busy => Lamp::Dark,
            Rest::OutOfService(_) => Lamp::Out,
        };
        self.modules.light(lamp);
        let alarms: Vec<String> =
            self.machine.alarms().map(|alarm| words::alarm(alarm, &self.names)).collect();
        let how = match (rest, alarms.is_empty()) {
            (Rest::OutOfService(_), _) => (State::Down, alarms.join("; ")),
            (Rest::Idle | Rest::Busy, false) => (State::Degraded, alarms.join("; ")),
            (Rest::Idle | Rest::Busy, true) => (State::Up, String::new()),
        };
        if self.around.how.as_ref() != Some(&how) {
            self.reporter.is(Part::Slot, how.0, how.1.clone());
            self.around.how = Some(how);
        }
        let view = self.machine.view();
        self.picture.send_if_modified(|shown| {
            let fresh = picture::drawn(&view, &self.names);
            let is_new = *shown != fresh;
            *shown = fresh;
            is_new
        });
    }

    /// While somebody may put something in, the way to central is kept open.
    pub(super) fn keep_warm(&mut self) {
        let is_cold = self.around.asked.is_none_or(|asked| now() >= asked + COLD);
        if self.machine.state_name() == "wait-item" && is_cold {
            self.around.asked = Some(now());
            self.library.warm();
        }
    }
}
