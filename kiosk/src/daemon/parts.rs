//! The parts beside the pad, as the loop hears of them: the printer, and the desk for library cards.

use circulation::screen::Printer;
use circulation::session::card;
use circulation::session::{Input, Printout};
use peripherals::escpos::Event as PrinterEvent;
use peripherals::idcard::Event;
use supervision::part::{Part, State};
use tracing::{info, warn};

use super::Daemon;
use crate::printer;

impl Daemon {
    pub(super) fn printer(&mut self, event: PrinterEvent) {
        let (condition, printer) = match event {
            PrinterEvent::State(state) => (printer::condition(state), printer::offer(state)),
            PrinterEvent::Down(cause) => (Err(cause.to_string()), Printer::Down),
            PrinterEvent::Printed { number, outcome } => {
                info!(number, ?outcome, "a receipt was to be printed");
                if let Some(printout) = self.effects.printed(number, outcome) {
                    self.handle(Input::Printed(printout));
                    self.card_printed(printout);
                }
                return;
            }
        };
        match &condition {
            Ok(condition) => info!(condition, "the printer can print"),
            Err(cause) => warn!(cause, "the printer cannot print"),
        }
        let (state, why) = match &condition {
            Ok(condition) if condition.is_empty() => (State::Up, condition),
            Ok(condition) => (State::Degraded, condition),
            Err(cause) => (State::Down, cause),
        };
        self.effects.reporter().is(Part::Printer, state, why);
        self.around.printer = printer;
        self.effects.helpers().health.printer = Some(condition);
        self.look_around();
    }

    /// Tells the desk how its parts are, if that is new.
    pub(super) fn tell_desk(&mut self) {
        let (printer, today) = (self.around.printer, (self.around.local)().date());
        if let Some(input) = self.effects.desk_parts(printer, today) {
            self.handle(input);
        }
    }

    /// What the reader of identity cards says.
    pub(super) fn identity(&mut self, event: Event) {
        if let Some(input) = self.effects.desk().and_then(|desk| desk.identity(event)) {
            self.handle(input);
        }
    }

    /// The task of that reader is gone.
    pub(super) fn no_identity(&mut self) {
        if let Some(desk) = self.effects.desk() {
            desk.reader_ended();
        }
    }

    /// Central answers, or does not.
    pub(super) fn card_link(&mut self, online: bool) {
        if let Some(desk) = self.effects.desk() {
            desk.link(online);
        }
    }

    /// A receipt came out, or did not: whether it was a card's, the session knows. Only one of them waits.
    fn card_printed(&mut self, printout: Printout) {
        self.handle(Input::Desk(card::Input::Printed(printout)));
    }
}
