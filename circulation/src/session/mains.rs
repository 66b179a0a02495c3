//! The mains: on the battery what is in hand is finished, nothing new is begun, and the patron is let go.

use super::{Session, State};

impl Session {
    /// The mains hold, or do not.
    pub(super) fn mains(&mut self, holds: bool) {
        self.on_battery = !holds;
        match self.state {
            // Nothing was done yet: whoever typed a number has to do it again.
            State::Reads { .. } | State::Find(_) | State::Identify(_) if self.on_battery => self.forget(),
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Find(_)
            | State::Card
            | State::Identify(_)
            | State::Visit(_)
            | State::Done(_)
            | State::Staff(_) => {}
        }
    }

    /// A visit on the battery ends as if its patron had said so; what it has begun is finished first.
    pub(super) const fn hurry(&mut self) {
        if self.on_battery
            && let State::Visit(visit) = &mut self.state
        {
            visit.close();
        }
    }

    /// Nobody is in the middle of anything: the power may go.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        match self.state {
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Find(_)
            | State::Identify(_)
            | State::Done(_)
            | State::Staff(_) => true,
            State::Visit(_) | State::Card => false,
        }
    }
}
