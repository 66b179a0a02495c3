//! What the session's desk for cards wants.

use circulation::screen::Printer as PrinterView;
use circulation::session::card::{self, CardPaper, Output};
use circulation::session::{Input, Printout};
use jiff::civil::Date;

use super::Effects;
use crate::desk::Desk;

impl Effects {
    pub(super) fn at_desk(&mut self, output: Output) {
        if let Output::Print(paper) = output {
            return self.print_card(&paper);
        }
        let answer = self.desk.as_mut().and_then(|desk| desk.perform(output));
        self.answers.extend(answer.map(Input::Desk));
    }

    /// Whether cards are made here.
    pub const fn has_desk(&self) -> bool {
        self.desk.is_some()
    }

    /// The desk.
    pub const fn desk(&mut self) -> Option<&mut Desk> {
        self.desk.as_mut()
    }

    /// How the desk's parts are, if that is not known yet.
    pub fn desk_parts(&mut self, printer: PrinterView, today: Date) -> Option<Input> {
        self.desk.as_mut()?.parts(printer, today)
    }

    fn print_card(&mut self, paper: &CardPaper) {
        let (at, language) = ((self.local)(), self.language);
        let place = &self.place;
        let is_asked =
            self.printer.as_mut().is_some_and(|printer| printer.print_card((paper, language), place, at));
        if !is_asked {
            self.answers.push_back(Input::Desk(card::Input::Printed(Printout::Failed)));
        }
    }
}
