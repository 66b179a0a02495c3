//! The printer's task, and receipts on their way to it.

use circulation::screen::{Language, Place};
use circulation::session::card::CardPaper;
use circulation::session::{Paper, Printout};
use config::Config;
use jiff::civil::DateTime;
use peripherals::escpos::{
    self, Command, Cut, Event, Job, Outcome, PaperState, Patience, Slip, State, Style, Trouble,
};
use peripherals::port::{self, PortConfig};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use ui::PrintedLine;

use crate::settings;
use crate::supervise::{self, Reporter};

/// The way to the printer's task.
#[derive(Debug)]
pub struct Printer {
    port: PortConfig,
    reporter: Reporter,
    paper: escpos::Paper,
    cut: Cut,
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
    n_jobs: u64,
    /// the job that somebody waits for
    awaited: Option<u64>,
}

impl Printer {
    /// Starts the task, if there is a printer. Its events come out of the receiver, which is at its end without one.
    #[must_use]
    pub fn start(config: &Config, reporter: Reporter) -> (Option<Self>, mpsc::Receiver<Event>) {
        let (events_in, events) = mpsc::channel(CHANNEL);
        if !config.printer.enabled {
            return (None, events);
        }
        let port = settings::printer_port(config);
        let (commands, requests) = mpsc::channel(CHANNEL);
        let running = port::run(port.clone(), machine(), requests, events_in);
        let task = tokio::spawn(reporter.life().watch(NAME, supervise::limit(), running));
        let paper = match config.printer.paper {
            config::PaperWidth::Mm80 => escpos::Paper::Mm80,
            config::PaperWidth::Mm58 => escpos::Paper::Mm58,
        };
        let cut = match config.printer.cut {
            config::Cut::Partial => Cut::Partial,
            config::Cut::Full => Cut::Full,
            config::Cut::None => Cut::Tear,
        };
        (Some(Self { port, reporter, paper, cut, commands, task, n_jobs: 0, awaited: None }), events)
    }

    /// Ends the task and starts another, once the port is free.
    #[must_use]
    pub fn restart(&mut self) -> mpsc::Receiver<Event> {
        let (events_in, events) = mpsc::channel(CHANNEL);
        let (commands, requests) = mpsc::channel(CHANNEL);
        // The old task ends when nobody can command it any more.
        self.commands = commands;
        let fresh = port::run(self.port.clone(), machine(), requests, events_in);
        let life = self.reporter.life();
        let old = core::mem::replace(&mut self.task, tokio::spawn(core::future::ready(())));
        self.task = tokio::spawn(async move {
            // However it ended: it holds the port no longer.
            drop(old.await);
            life.watch(NAME, supervise::limit(), fresh).await;
        });
        events
    }

    /// Ends the task in the middle of whatever it does, as a fault would.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Waits for no job any more; `false` if none was waited for.
    pub fn forget(&mut self) -> bool {
        self.awaited.take().is_some()
    }

    /// Prints the receipt of a visit; what becomes of it is told by [`Printer::printed`]. `false`: it cannot even be
    /// asked for.
    pub fn print(&mut self, paper: &Paper, place: &Place, at: DateTime) -> bool {
        let is_sent = self.send(&ui::printed(paper, place, at));
        self.awaited = is_sent.then_some(self.n_jobs);
        is_sent
    }

    /// Prints the receipt of a card, or a voucher; as [`Printer::print`].
    pub fn print_card(
        &mut self,
        (paper, language): (&CardPaper, Language),
        place: &Place,
        at: DateTime,
    ) -> bool {
        let is_sent = self.send(&ui::printed_card(paper, language, place, at));
        self.awaited = is_sent.then_some(self.n_jobs);
        is_sent
    }

    /// Prints a page by which staff sees whether all is right.
    pub fn print_test_page(&mut self, language: Language, place: &Place, at: DateTime) -> bool {
        self.send(&ui::test_page(language, place, at))
    }

    /// Feeds some paper, and cuts nothing off.
    pub fn feed(&mut self) -> bool {
        let mut slip = Slip::new(self.paper);
        slip.feed(FEED);
        self.send_job(slip.finish(Cut::Tear))
    }

    /// What became of a job, if it is the one that somebody still waits for.
    pub fn printed(&mut self, number: u64, outcome: Outcome) -> Option<Printout> {
        self.awaited.take_if(|awaited| *awaited == number)?;
        Some(match outcome {
            Outcome::Printed => Printout::Whole,
            Outcome::NotBegun(Trouble::PaperOut) | Outcome::CutShort(Trouble::PaperOut) => Printout::NoPaper,
            Outcome::NotBegun(
                Trouble::CoverOpen | Trouble::Cutter | Trouble::Error | Trouble::NoPrinter | Trouble::TooMany,
            )
            | Outcome::CutShort(
                Trouble::CoverOpen | Trouble::Cutter | Trouble::Error | Trouble::NoPrinter | Trouble::TooMany,
            ) => Printout::Failed,
        })
    }

    fn send(&mut self, lines: &[PrintedLine]) -> bool {
        self.send_job(job(lines, self.paper, self.cut))
    }

    fn send_job(&mut self, job: Job) -> bool {
        self.n_jobs = self.n_jobs.wrapping_add(1);
        let number = self.n_jobs;
        self.commands.try_send(Command::Print { number, job }).is_ok()
    }
}

/// How the printer is, in words for staff; an error if it prints nothing.
///
/// # Errors
/// Why it prints nothing.
pub fn condition(state: State) -> Result<String, String> {
    let mut faults = Vec::new();
    match state.paper {
        PaperState::Enough => {}
        PaperState::NearEnd => faults.push("paper nearly used up"),
        PaperState::Out => faults.push("no paper"),
    }
    for (is, word) in [
        (state.is_cover_open, "cover open"),
        (state.is_cutter_stuck, "cutter stuck"),
        (state.has_error, "error"),
        (state.is_offline && faults.is_empty() && !state.is_cover_open, "offline"),
    ] {
        if is {
            faults.push(word);
        }
    }
    let words = faults.join(", ");
    if state.is_ready() { Ok(words) } else { Err(words) }
}

/// What is said of it to a patron.
pub const fn offer(state: State) -> circulation::screen::Printer {
    match state.paper {
        _ if state.is_ready() => circulation::screen::Printer::Ready,
        PaperState::Out => circulation::screen::Printer::NoPaper,
        PaperState::Enough | PaperState::NearEnd => circulation::screen::Printer::Down,
    }
}

fn machine() -> escpos::Printer {
    escpos::Printer::new(Patience::default())
}

/// A receipt as the printer takes it.
fn job(lines: &[PrintedLine], paper: escpos::Paper, cut: Cut) -> Job {
    let mut slip = Slip::new(paper);
    for line in lines {
        match line {
            PrintedLine::Title(text) => slip.text(text, Style::centred().large().bold()),
            PrintedLine::Centre(text) => slip.text(text, Style::centred()),
            PrintedLine::Pair(left, right) => slip.row(left, right),
            PrintedLine::Heading(text) => slip.text(text, Style::default().bold()),
            PrintedLine::Entry(left, right) => slip.entry(left, right),
            PrintedLine::Rule => slip.rule(),
            PrintedLine::Space => slip.feed(1),
            PrintedLine::Code(text) => slip.code(text, MODULE),
        }
    }
    slip.finish(cut)
}

/// Dots of a module of the code: 33 modules are 25 mm.
const MODULE: u8 = 6;
const NAME: &str = "printer";
/// Lines that are fed for a test.
const FEED: u8 = 4;
/// Room of each channel.
const CHANNEL: usize = 64;

#[cfg(test)]
mod tests {
    use supervision::metrics::Metrics;

    use super::*;

    #[test]
    fn staff_is_told_each_fault() {
        let ready = State::default();
        for (state, expected) in [
            (ready, Ok("")),
            (State { paper: PaperState::NearEnd, ..ready }, Ok("paper nearly used up")),
            (State { paper: PaperState::Out, is_offline: true, ..ready }, Err("no paper")),
            (
                State { is_cover_open: true, is_cutter_stuck: true, is_offline: true, ..ready },
                Err("cover open, cutter stuck"),
            ),
            (State { is_offline: true, ..ready }, Err("offline")),
        ] {
            assert_eq!(condition(state), expected.map(str::to_owned).map_err(str::to_owned), "{state:?}");
        }
    }

    #[tokio::test]
    async fn only_the_job_that_is_waited_for_is_told() {
        let mut config = Config::default();
        let (reporter, _told) = Reporter::new(Metrics::new(""));
        assert!(Printer::start(&config, reporter.clone()).0.is_none());
        config.printer.enabled = true;
        let (printer, _events) = Printer::start(&config, reporter);
        let mut printer = printer.unwrap();
        let paper = Paper { lines: Vec::new(), card: None, number: None, language: Language::Chinese };
        let at = jiff::civil::date(2026, 11, 29).at(9, 0, 0, 0);
        assert!(printer.print(&paper, &Place::default(), at));
        assert!(printer.print_test_page(Language::Chinese, &Place::default(), at));
        assert!(printer.print(&paper, &Place::default(), at));
        assert_eq!(printer.printed(1, Outcome::Printed), None, "that visit is over");
        assert_eq!(printer.printed(2, Outcome::Printed), None, "a test page is nobody's receipt");
        let no_paper = Outcome::CutShort(Trouble::PaperOut);
        assert_eq!(printer.printed(3, no_paper), Some(Printout::NoPaper));
        assert_eq!(printer.printed(3, no_paper), None);
        assert!(printer.print(&paper, &Place::default(), at));
        assert!(printer.feed());
        assert!(printer.forget() && !printer.forget());
        assert_eq!(printer.printed(4, Outcome::Printed), None, "its task ended, and that was said");
    }
}
