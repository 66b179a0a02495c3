//! Parts that end, are begun anew, and are tried: the reader, the printer, the sync task.

use std::collections::BTreeSet;

use circulation::id::TransactionId;
use circulation::screen::Language;
use circulation::session::{Input, Paper, Printout, Written};
use circulation::transaction::Reason;
use peripherals::escpos::{Event as PrinterEvent, Outcome};
use peripherals::idcard::Event as IdentityEvent;
use supervision::part::Part;
use sync_client::task::{Request, SyncEvent};
use tokio::sync::mpsc;

use super::{Effects, now};
use crate::desk::Desk;
use crate::printer::Printer;
use crate::supervise::{Reporter, Test};

impl Effects {
    /// Begins a part anew; `false` if that is not for the loop to do.
    pub fn restart(&mut self, part: Part) -> bool {
        match part {
            Part::Reader => self.restart_reader(),
            Part::Central => self.restart_sync(),
            Part::Catalogue => self.helpers.restart_catalogue(),
            Part::Speech => self.audible.restart(),
            Part::Printer => self.restart_printer(),
            Part::Identity => self.fresh_identity = self.desk.as_mut().map(Desk::restart_reader),
            Part::Cards => self.desk.iter_mut().for_each(Desk::restart_stack),
            // No kiosk has a slot; what has one is `return_slot`.
            Part::Screen
            | Part::Control
            | Part::Console
            | Part::Mqtt
            | Part::Slot
            | Part::Io
            | Part::Inner
            | Part::Ups
            | Part::Room
            | Part::Gate => {}
            Part::Ledger => return false,
        }
        true
    }

    /// Ends a part as a fault would.
    pub fn end(&mut self, part: Part) {
        match part {
            Part::Reader => self.reader.abort(),
            Part::Central => self.sync.abort(),
            Part::Catalogue => self.helpers.end_catalogue(),
            Part::Speech => self.audible.end(),
            Part::Printer => self.end_printer(),
            Part::Identity => self.desk.iter().for_each(Desk::end_reader),
            Part::Cards => self.desk.iter().for_each(Desk::end_stack),
            // The supervisor has them, and ends the old one when it begins the new.
            Part::Control | Part::Console | Part::Mqtt | Part::Ups | Part::Room | Part::Gate => {
                self.reporter.ended(part, BY_HAND)
            }
            Part::Screen | Part::Ledger | Part::Slot | Part::Io | Part::Inner => {}
        }
    }

    /// What lay on the pad is read anew.
    pub(super) fn restart_reader(&mut self) {
        self.fresh_reader = Some(self.reader.restart());
        self.reader_ended();
    }

    /// The reader's task is gone, and with it what it knew.
    pub fn reader_ended(&mut self) {
        self.answers.push_back(Input::ReaderDown);
        self.cards.send_replace(BTreeSet::new());
        let tags = core::mem::take(&mut self.uids).into_keys();
        self.answers.extend(tags.map(|tag| Input::Departed { tag }));
        let lost = core::mem::take(&mut self.writes).into_values();
        self.answers.extend(lost.map(|id| Input::Wrote { id, outcome: Written::Uncertain }));
    }

    pub(super) fn restart_printer(&mut self) {
        let Some(printer) = &mut self.printer else { return };
        self.fresh_printer = Some(printer.restart());
        self.printer_ended();
    }

    /// The printer's task is gone: a receipt that is waited for may have come out in part.
    pub fn printer_ended(&mut self) {
        self.helpers.health.printer = Some(Err("begins anew".to_owned()));
        if self.printer.as_mut().is_some_and(Printer::forget) {
            self.answers.push_back(Input::Printed(Printout::Failed));
        }
    }

    pub(super) fn end_printer(&self) {
        if let Some(printer) = &self.printer {
            printer.abort();
        }
    }

    /// Whether there is a printer.
    pub const fn has_printer(&self) -> bool {
        self.printer.is_some()
    }

    /// Prints; without a printer that takes it, the patron hears so at once.
    pub(super) fn print(&mut self, paper: &Paper) {
        let at = (self.local)();
        let is_asked = self.printer.as_mut().is_some_and(|printer| printer.print(paper, &self.place, at));
        if !is_asked {
            self.answers.push_back(Input::Printed(Printout::Failed));
        }
    }

    /// Prints a page by which staff sees whether all is right, or feeds paper.
    pub(super) fn try_printer(&mut self, feed: bool) -> Result<(), String> {
        let at = (self.local)();
        let Some(printer) = &mut self.printer else { return Err("this kiosk has no printer".to_owned()) };
        if let Some(Err(why)) = &self.helpers.health.printer {
            return Err(format!("the printer cannot print: {why}"));
        }
        let is_taken =
            if feed { printer.feed() } else { printer.print_test_page(Language::Chinese, &self.place, at) };
        if is_taken { Ok(()) } else { Err("the printer is busy; try again in a moment".to_owned()) }
    }

    /// What became of a job of the printer, if a patron still waits for it.
    pub fn printed(&mut self, number: u64, outcome: Outcome) -> Option<Printout> {
        self.printer.as_mut()?.printed(number, outcome)
    }

    /// The events of a printer that began anew.
    pub const fn fresh_printer(&mut self) -> Option<mpsc::Receiver<PrinterEvent>> {
        self.fresh_printer.take()
    }

    /// The events of a reader of identity cards that began anew.
    pub const fn fresh_identity(&mut self) -> Option<mpsc::Receiver<IdentityEvent>> {
        self.fresh_identity.take()
    }

    /// Another sync task takes over what the one before had taken over; it finds the rest in the ledger.
    pub(super) fn restart_sync(&mut self) {
        self.fresh_sync = Some(self.sync.restart());
        let (requests, handed) = (self.sync.requests(), self.handed.clone());
        tokio::spawn(async move {
            for (id, undo) in handed {
                let request = if undo { Request::Reverse { id } } else { Request::Resolve { id } };
                if requests.send(request).await.is_err() {
                    return;
                }
            }
        });
    }

    /// The sync task is gone: whatever was asked may have been done, and nothing is until there is another.
    pub fn sync_ended(&mut self) {
        self.answers.push_back(Input::Link { online: false });
        let silent = |id| Input::Silent { id, in_doubt: true, assume: Err(Reason::CentralSilent) };
        self.answers.extend(core::mem::take(&mut self.asked).into_iter().map(silent));
        self.answers.extend(core::mem::take(&mut self.questions));
    }

    /// A question of the screen has its answer.
    pub fn looked_up(&mut self, answer: &Input) {
        self.questions.retain(|open| !answers(answer, open));
    }

    /// Central has spoken about an ask, or will not.
    pub fn answered(&mut self, id: TransactionId) {
        self.asked.remove(&id);
        self.tally.answered(now(), id);
    }

    /// The sync task needs a row no more.
    pub fn released(&mut self, id: TransactionId) {
        self.handed.remove(&id);
    }

    /// The events of a sync task that began anew.
    pub fn fresh_sync(&mut self) -> Option<mpsc::Receiver<SyncEvent>> {
        self.fresh_sync.take()
    }

    /// Staff wants a row to be tried again.
    pub fn resolve(&mut self, id: TransactionId) {
        self.request(Request::Resolve { id });
    }

    /// Tries something that staff wants to see or hear.
    ///
    /// # Errors
    /// Why it cannot be tried.
    pub fn test(&mut self, test: Test) -> Result<(), String> {
        match test {
            Test::Speak => self.audible.try_speech(),
            Test::Sound => self.audible.try_sound(),
            Test::Reader => {
                self.restart_reader();
                Ok(())
            }
            Test::Print => self.try_printer(false),
            Test::Feed => self.try_printer(true),
        }
    }

    /// Whoever watches over the parts.
    pub const fn reporter(&self) -> &Reporter {
        &self.reporter
    }
}

/// Whether two inputs answer the same question of the screen.
fn answers(one: &Input, other: &Input) -> bool {
    match (one, other) {
        (Input::Identified { query, .. }, Input::Identified { query: other, .. })
        | (Input::Account { query, .. }, Input::Account { query: other, .. })
        | (Input::Sighted { query, .. }, Input::Sighted { query: other, .. })
        | (Input::Reserved { query, .. }, Input::Reserved { query: other, .. }) => query == other,
        (Input::Renewed { item, .. }, Input::Renewed { item: other, .. })
        | (Input::HoldCancelled { item, .. }, Input::HoldCancelled { item: other, .. }) => item == other,
        _ => false,
    }
}

const BY_HAND: &str = "ended by hand";
