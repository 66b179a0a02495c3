//! A model of a door with people, in steps of [`STEP`]: what the tests of the machine play with, and what the emulated room is
//! made of. Nothing of it is in a room that runs.
//!
//! The wire is in it: exit button and fire alarm open the door whatever the relay does.

use std::collections::VecDeque;
use std::time::Duration;

use super::io::Contacts;

/// One image of the contacts is taken so often.
pub const STEP: Duration = Duration::from_millis(50);

/// What somebody does at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// comes in once the door can be opened, so many of them, and leaves it open for so many steps more
    Enter {
        /// people
        n: u32,
        /// steps
        holds: u32,
    },
    /// presses the exit button and goes out
    Exit,
    /// stands between the eyes, and turns back; the door has to be open
    TurnBack,
    /// breaks the door open, and lets it fall shut
    Force,
    /// nobody does anything for so many steps
    Wait(u32),
}

/// The door and its people.
#[derive(Clone, Debug, Default)]
pub struct Doorway {
    /// what stands there, and the fire alarm
    pub contacts: Contacts,
    /// the relay
    pub is_unlocked: bool,
    /// who really is inside
    pub inside: u32,
    /// what is going on, as images to come; `None`: until the door can be opened
    plan: VecDeque<Step>,
    /// steps for which somebody waits at a locked door
    waits: u32,
    /// so many were let in or broke in, and so many went out
    pub passed: (u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// waits until the door can be opened, and opens it; gives up after [`PATIENCE`] steps
    Open,
    /// the door is broken open
    Break,
    /// the button is pressed, or let go
    Press(bool),
    /// the eyes are covered so
    Eyes(bool, bool),
    /// one came in, or went out
    In,
    Out,
    /// nothing
    Stand,
    /// the door falls shut
    Shut,
}

impl Doorway {
    /// Begins an act after those that go on.
    pub fn act(&mut self, act: Act) {
        match act {
            Act::Enter { n, holds } => {
                self.plan.push_back(Step::Open);
                (0..n).for_each(|_| self.through(true));
                (0..holds).for_each(|_| self.plan.push_back(Step::Stand));
                self.plan.push_back(Step::Shut);
            }
            Act::Exit => {
                self.plan.extend([Step::Press(true), Step::Stand, Step::Stand, Step::Open]);
                self.plan.push_back(Step::Press(false));
                self.through(false);
                self.plan.push_back(Step::Shut);
            }
            Act::TurnBack => {
                self.plan.push_back(Step::Open);
                for (outer, inner) in [(true, false), (true, true), (true, false), (false, false)] {
                    self.plan.extend([Step::Eyes(outer, inner), Step::Stand]);
                }
                self.plan.push_back(Step::Shut);
            }
            Act::Force => self.plan.extend([Step::Break, Step::Stand, Step::Stand, Step::Shut]),
            Act::Wait(steps) => (0..steps).for_each(|_| self.plan.push_back(Step::Stand)),
        }
    }

    fn through(&mut self, is_in: bool) {
        let eyes = [(true, false), (true, true), (false, true)];
        let ordered: Vec<(bool, bool)> =
            if is_in { eyes.to_vec() } else { eyes.iter().rev().copied().collect() };
        for (outer, inner) in ordered {
            self.plan.extend([Step::Eyes(outer, inner), Step::Stand]);
        }
        self.plan.push_back(if is_in { Step::In } else { Step::Out });
        self.plan.push_back(Step::Stand);
    }

    /// Whether nobody does anything any more.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.plan.is_empty()
    }

    /// Whether the lock gives way: by the relay, or by wire.
    #[must_use]
    pub const fn can_be_opened(&self) -> bool {
        self.is_unlocked || self.contacts.exit || self.contacts.fire || self.contacts.door_is_open
    }

    /// Lets one step pass.
    pub fn step(&mut self) {
        let Some(step) = self.plan.front().copied() else { return };
        if step == Step::Open && !self.can_be_opened() {
            self.waits += 1;
            if self.waits > PATIENCE {
                self.give_up();
            }
            return;
        }
        self.waits = 0;
        self.plan.pop_front();
        match step {
            Step::Open | Step::Break => self.contacts.door_is_open = true,
            Step::Press(is_pressed) => self.contacts.exit = is_pressed,
            Step::Eyes(outer, inner) => (self.contacts.outer, self.contacts.inner) = (outer, inner),
            Step::In => {
                (self.contacts.outer, self.contacts.inner) = (false, false);
                self.inside += 1;
                self.passed.0 += 1;
            }
            Step::Out => {
                (self.contacts.outer, self.contacts.inner) = (false, false);
                self.inside = self.inside.saturating_sub(1);
                self.passed.1 += 1;
            }
            Step::Stand => {}
            Step::Shut => self.contacts.door_is_open = false,
        }
    }

    /// Whoever stands at a locked door goes away.
    fn give_up(&mut self) {
        self.waits = 0;
        while let Some(step) = self.plan.pop_front() {
            if step == Step::Shut {
                return;
            }
        }
    }
}

/// Steps for which somebody waits at a locked door.
const PATIENCE: u32 = 20;
