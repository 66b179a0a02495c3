//! The slot's modules as one image of its contacts.

use config::{Config, Site};
use slot::sensors::Motion;
use slot::wiring::{Image, Lamp, Wiring};
use supervision::part::{Part, State};

use crate::modules::{Heard, Lines};
use crate::supervise::Reporter;

pub(super) use crate::modules::Told;

/// All modules.
#[derive(Debug)]
pub(super) struct Modules {
    wiring: Wiring,
    lines: Lines,
    reporter: Reporter,
}

/// What the contacts say now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// all of them are known
    Image(Image),
    /// they are not
    Blind,
    /// nothing that matters is new
    Nothing,
    /// a task has ended
    Ended,
}

impl Modules {
    /// Starts a task for each module.
    pub(super) fn start(config: &Config, reporter: Reporter) -> Self {
        let own = config.of_site(Site::Slot);
        let wiring = Wiring::new(&own);
        let lines = Lines::start(Part::Io, own.modules, wiring.modules().to_vec(), reporter.clone());
        Self { wiring, lines, reporter }
    }

    /// Waits for what a module tells. Cancel-safe.
    pub(super) async fn told(&mut self) -> Option<Told> {
        self.lines.told().await
    }

    /// Begins anew every task that has ended.
    pub(super) fn restart(&mut self) {
        self.lines.restart();
    }

    /// Ends every task, as a fault would.
    pub(super) fn abort(&self) {
        self.lines.abort();
    }

    /// Takes what a module told.
    pub(super) fn hear(&mut self, told: Told) -> Seen {
        match self.lines.hear(told) {
            Heard::Image { was_known } => self.see(was_known),
            Heard::Nothing => Seen::Nothing,
            Heard::Blind => {
                self.forget();
                Seen::Blind
            }
            Heard::Ended => {
                self.forget();
                Seen::Ended
            }
        }
    }

    fn see(&mut self, were_known: bool) -> Seen {
        let Some(image) = self.wiring.see(&self.lines.images()) else { return Seen::Nothing };
        if !were_known {
            self.reporter.is(Part::Io, State::Up, "");
        }
        Seen::Image(image)
    }

    /// Every order is taken back.
    fn forget(&mut self) {
        self.wiring.forget();
        self.flush();
    }

    /// Takes an order; [`Modules::flush`] sends it.
    pub(super) fn order(&mut self, motion: Motion) {
        self.wiring.order(motion);
    }

    /// Sets the lamps; [`Modules::flush`] sends it.
    pub(super) fn light(&mut self, lamp: Lamp) {
        self.wiring.light(lamp);
    }

    /// Sends what is to be otherwise than it was ordered last.
    pub(super) fn flush(&mut self) {
        let wiring = &self.wiring;
        self.lines.flush(|at| wiring.outputs(at));
    }

    /// Has every output written as it is safe, and waits until it is read back so.
    pub(super) async fn end(self) {
        self.lines.end().await;
    }
}
