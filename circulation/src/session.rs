//! The machine of one kiosk: who is here, what lies on the pad, and what becomes of it.
//!
//! ```text
//!             books from before          card / number typed          identified
//!  Starting ──────────────▶ ClearPad        ┌──────────▶ Identify ─────────────────┐
//!     │ pad empty              │ cleared    │ "borrow", card, secured book         ▼
//!     └───────────▶ Idle ◀─────┘────────────┤                                    Visit ──▶ Done ──▶ Idle
//!                     ▲                     └──────────────────────────────────────▲
//!                     │        "return", unsecured book                            │
//!                     └── reader or ledger down covers every page with Attention ──┘
//! ```
//! One item in a visit (`line`):
//!
//! ```text
//!  checkout: Asking ─granted─▶ Securing ─verified─▶ Settling ─▶ Done       silent: Unclear (central is looked at later)
//!                                 │ gone ⇄ PutBack ─time over─▶ Reversing ─▶ Undone
//!                                 └ not written ─▶ Restoring ─▶ Reversing
//!  checkin:  Asking ─granted or assumed─▶ Securing ─verified─▶ Settling ─▶ Done    gone ⇄ PutBack ─▶ Unsecured
//! ```
//! Invariants: every `Secure { to: Unsecured }` follows an `Answered { Granted }` of the same id, which the shell
//! sends only after the row is on the disk; a line is `Done` only after `Settled`; a finished visit leaves nothing of
//! the patron in this value; every state that waits for the world has a deadline; settings change only between visits.

mod account;
pub mod card;
mod come;
mod counter;
mod find;
mod identify;
mod io;
mod line;
mod mains;
mod pad;
mod parts;
mod staff;
mod touch;
mod view;
mod visit;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::id::TransactionId;
use crate::screen::{Language, Line, Look, Notice, Receipt, Screen, Style};

pub use io::{
    Input, Offline, Output, PadObject, Paper, PinPolicy, Printout, Settings, Surroundings, Written,
};
pub use staff::Inspection;

use find::Finding;
use identify::Identifying;
use pad::Pad;
use staff::{Corner, Staffing};
use visit::Visiting;

/// The kiosk session. One value for the life of the daemon.
#[derive(Debug)]
pub struct Session {
    /// as they hold now: some looks have longer times
    settings: Settings,
    /// times of the standard look
    times: Times,
    /// settings that wait for the end of a visit
    fresh: Option<Box<Settings>>,
    language: Language,
    look: Look,
    /// when somebody chose another look or language on the first page
    chosen: Option<Instant>,
    surroundings: Surroundings,
    online: bool,
    notice: Option<Arc<Notice>>,
    ledger_works: bool,
    out_of_service: bool,
    /// nothing new is begun: the mains are gone
    on_battery: bool,
    /// since when the reader does not answer
    reader_down: Option<Instant>,
    pad: Pad,
    state: State,
    corner: Corner,
    inspection: Inspection,
    /// where cards are made, once its parts have told how they are
    desk: Option<card::Desk>,
    /// number of the last question about a patron
    query: u64,
    shown: Option<Screen>,
    tick: Option<Instant>,
}

/// Times that are longer for whoever needs longer.
#[derive(Debug, Clone, Copy)]
struct Times {
    idle: Duration,
    done: Duration,
    put_back: Duration,
}

impl Times {
    const fn of(settings: &Settings) -> Self {
        Self { idle: settings.idle, done: settings.done, put_back: settings.put_back }
    }
}

#[derive(Debug)]
enum State {
    /// The first look at the pad after the start.
    Starting,
    /// Books lie on the pad that nobody may use: from before the start, or for staff.
    ClearPad {
        for_staff: bool,
    },
    Idle,
    /// Somebody reads about the machine, or about cards.
    Reads {
        what: Topic,
        last_sign: Instant,
    },
    /// Somebody looks for a book.
    Find(Finding),
    /// Somebody wants something about a card: [`card`].
    Card,
    Identify(Identifying),
    Visit(Visiting),
    Done(Ended),
    Staff(Staffing),
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Machine,
    NewCard,
}

/// The last page of a visit. Holds what screen and receipt show: of the patron, the masked card alone.
#[derive(Debug)]
struct Ended {
    lines: Vec<Line>,
    card: Option<String>,
    number: Option<TransactionId>,
    receipt: Receipt,
    until: Instant,
}

/// Whoever reads large letters gets this many times the time.
const LARGE_TIMES: u32 = 2;

impl Session {
    /// A session that waits for the reader.
    #[must_use]
    pub fn new(now: Instant, settings: Settings) -> Self {
        let mut session = Self {
            language: settings.language,
            look: settings.look,
            chosen: None,
            times: Times::of(&settings),
            fresh: None,
            surroundings: Surroundings::default(),
            tick: Some(now + settings.reader_grace),
            out_of_service: settings.out_of_service,
            settings,
            online: true,
            notice: None,
            ledger_works: true,
            on_battery: false,
            reader_down: Some(now),
            pad: Pad::default(),
            state: State::Starting,
            corner: Corner::default(),
            inspection: Inspection::default(),
            desk: None,
            query: 0,
            shown: None,
        };
        session.set_times();
        session
    }

    /// Takes one input; appends what is to be done. A screen is appended only when it differs from the last one.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::ReaderUp => self.reader_down = None,
            Input::ReaderDown => self.reader_down = self.reader_down.or(Some(now)),
            Input::PadComplete => self.pad_complete(),
            Input::Arrived { tag, object, fresh } => self.arrived(now, tag, object, fresh, out),
            Input::Departed { tag } => self.departed(now, &tag),
            Input::Scanned(patron) => self.scanned(now, patron),
            Input::Touch(touch) => self.touched(now, touch, out),
            Input::Identified { query, answer } => self.identified(now, query, answer, out),
            Input::Ledger { works } => self.ledger_works = works,
            Input::Mains { holds } => self.mains(holds),
            Input::Link { online } => self.online = online,
            Input::Notice(notice) => self.notice = notice,
            Input::Surroundings(surroundings) => self.around(surroundings),
            Input::Settings(settings) => self.fresh = Some(settings),
            Input::Service { out: is_out } => {
                self.out_of_service = is_out;
                out.push(Output::Staff(crate::screen::StaffAct::OutOfService(is_out)));
            }
            Input::Inspected(inspection) => self.inspection = inspection,
            Input::StaffPin { query, right } => {
                if let State::Staff(staff) = &mut self.state {
                    staff.checked(now, query, right, &mut self.corner);
                }
            }
            Input::Printed(printout) => self.printed(now, printout),
            Input::Desk(input) => self.at_desk(now, input, out),
            Input::Tick => self.at_desk(now, card::Input::Tick, out),
            Input::Described { item, description } => {
                if let State::Visit(visit) = &mut self.state {
                    visit.described(&item, &description);
                }
            }
            Input::Account { query, answer } => {
                if let State::Visit(visit) = &mut self.state {
                    visit.knows_loans(query, &answer);
                }
            }
            Input::Found { query, results } => {
                if let Some(finding) = self.finding() {
                    finding.found(query, results);
                }
            }
            Input::Stands { query, holdings } => {
                if let Some(finding) = self.finding() {
                    finding.stands(query, holdings, out);
                }
            }
            Input::Sighted { query, seen } => {
                if let Some(finding) = self.finding() {
                    finding.sighted(query, seen);
                }
            }
            Input::Reserved { query, answer } => {
                if let Some(finding) = self.finding() {
                    finding.reserved(query, answer);
                }
            }
            Input::HoldCancelled { item, answer } => {
                if let State::Visit(visit) = &mut self.state {
                    visit.hold_cancelled(&item, &answer);
                }
            }
            Input::Renewed { item, answer } => {
                if let State::Visit(visit) = &mut self.state {
                    visit.renewed(&item, &answer);
                }
            }
            Input::Answered { .. }
            | Input::Silent { .. }
            | Input::Assumed { .. }
            | Input::Wrote { .. }
            | Input::Settled { .. }
            | Input::Reversed { .. }
            | Input::NotKept { .. } => self.progressed(now, input, out),
        }
        self.hurry();
        self.expire(now, out);
        self.take_over(out);
        self.show(now, out);
        self.tick = self.next_tick(now);
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.tick
    }

    /// Puts settings in force that wait, if nobody would see it.
    fn take_over(&mut self, out: &mut Vec<Output>) {
        let is_free = match self.state {
            State::Starting | State::ClearPad { .. } => true,
            // Whoever has chosen a look has begun.
            State::Idle => self.chosen.is_none(),
            State::Reads { .. }
            | State::Find(_)
            | State::Card
            | State::Identify(_)
            | State::Visit(_)
            | State::Done(_)
            | State::Staff(_) => false,
        };
        if is_free && let Some(fresh) = self.fresh.take() {
            // Whether it is out of service is staff's word, which came since.
            self.settings = *fresh;
            self.times = Times::of(&self.settings);
            self.language = self.settings.language;
            self.look = self.settings.look;
            self.set_times();
            out.push(Output::Configured);
        }
    }

    fn next_tick(&self, now: Instant) -> Option<Instant> {
        let state = match &self.state {
            State::Starting | State::ClearPad { .. } | State::Card => None,
            State::Idle => self.chosen.map(|since| since + self.settings.idle),
            State::Reads { last_sign, .. } => visit::next_countdown(now, *last_sign, &self.settings),
            State::Find(finding) => finding.next_tick(now, &self.settings),
            State::Identify(identify) => identify.next_tick(now, &self.settings),
            State::Visit(visit) => visit.next_tick(now, &self.settings, &self.pad),
            State::Done(ended) => Some(ended.until),
            State::Staff(staff) => staff.next_tick(now, &self.settings, &self.corner),
        };
        let grace = self.reader_down.map(|since| since + self.settings.reader_grace);
        // A fault that is shown already needs no tick.
        let desk = self.desk.as_ref().and_then(|desk| desk.deadline(now));
        [state, grace.filter(|at| *at > now), desk].into_iter().flatten().min()
    }

    fn pad_complete(&mut self) {
        self.pad.complete();
        if matches!(self.state, State::Starting) {
            self.state = if self.pad.is_empty() { State::Idle } else { State::ClearPad { for_staff: false } };
        }
    }

    /// The search that is shown, within a visit or without one.
    fn finding(&mut self) -> Option<&mut Finding> {
        match &mut self.state {
            State::Find(finding) => Some(finding),
            State::Visit(visit) => visit.finding(),
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Card
            | State::Identify(_)
            | State::Done(_)
            | State::Staff(_) => None,
        }
    }

    /// Whether somebody may begin.
    const fn serves(&self) -> bool {
        self.ledger_works && !self.out_of_service && !self.on_battery && !self.surroundings.is_closed()
    }

    const fn next_query(&mut self) -> u64 {
        self.query = self.query.wrapping_add(1);
        self.query
    }

    fn progressed(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        // Every line is final before a visit ends, so nothing can be pending elsewhere.
        if let State::Visit(visit) = &mut self.state {
            visit.progressed(now, input, &self.settings, out);
            if self.settings.place.offers.account && visit.wants_loans() {
                self.query = self.query.wrapping_add(1);
                visit.ask_loans(self.query, out);
            }
        }
    }

    fn expire(&mut self, now: Instant, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Idle if self.chosen.is_some_and(|since| since + self.settings.idle <= now) => {
                self.forget()
            }
            State::Find(finding) if finding.is_over(now, &self.settings) => self.forget(),
            State::Identify(identify) if identify.is_over(now, &self.settings) => self.forget(),
            State::Visit(visit) => {
                visit.expire(now, &self.settings, &self.pad, out);
                if visit.is_over(now, &self.settings, &self.pad) {
                    let (lines, card, number) = (visit.lines(), visit.card(), visit.number());
                    // With nothing to show, the welcome page is the better goodbye.
                    if lines.is_empty() {
                        self.forget();
                    } else {
                        self.end(now, lines, card, number);
                    }
                }
            }
            State::Done(ended) if ended.until <= now => self.forget(),
            State::Reads { last_sign, .. } if *last_sign + self.settings.idle <= now => self.forget(),
            State::Staff(staff) if staff.is_over(now, &self.settings) => self.forget(),
            State::Staff(staff) => staff.look(now, out),
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Find(_)
            | State::Card
            | State::Identify(_)
            | State::Done(_) => {}
        }
    }

    /// The visit is over: a last look at its lines.
    fn end(&mut self, now: Instant, lines: Vec<Line>, card: Option<String>, number: Option<TransactionId>) {
        let wait = if self.pad.is_empty() { self.settings.done } else { self.settings.idle };
        self.pad.leave_lying();
        let receipt = if lines.iter().any(Line::is_done) {
            Receipt::Offered { printer: self.surroundings.printer }
        } else {
            Receipt::Nothing
        };
        self.state = State::Done(Ended { lines, card, number, receipt, until: now + wait });
    }

    /// What is around changed: a printer that is offered already may have run out of paper meanwhile.
    const fn around(&mut self, surroundings: Surroundings) {
        self.surroundings = surroundings;
        if let State::Done(Ended { receipt: Receipt::Offered { printer }, .. }) = &mut self.state {
            *printer = surroundings.printer;
        }
    }

    /// The receipt came out of the printer, or did not.
    fn printed(&mut self, now: Instant, printout: Printout) {
        if let State::Done(ended) = &mut self.state
            && ended.receipt == Receipt::Printing
        {
            ended.receipt = match printout {
                Printout::Whole => Receipt::Printed,
                Printout::NoPaper => Receipt::NoPaper,
                Printout::Failed => Receipt::NotPrinted,
            };
            let is_whole = printout == Printout::Whole;
            ended.until = now + if is_whole { self.settings.done } else { self.settings.idle };
        }
    }

    /// The end of a visit: what lies on the pad is left alone, and the patron is forgotten.
    fn forget(&mut self) {
        self.pad.leave_lying();
        self.chosen = None;
        self.language = self.settings.language;
        self.look = self.settings.look;
        self.set_times();
        let for_staff = match &self.state {
            // A book that its patron could not settle is not left to the next one.
            State::Done(ended) => ended.lines.iter().any(|line| line.progress.needs_staff()),
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Find(_)
            | State::Card
            | State::Identify(_)
            | State::Visit(_)
            | State::Staff(_) => false,
        };
        self.state =
            if for_staff && self.pad.has_books() { State::ClearPad { for_staff } } else { State::Idle };
    }

    /// The times that go with the look.
    fn set_times(&mut self) {
        let factor = match self.look.style {
            Style::Standard | Style::Child => 1,
            Style::Large => LARGE_TIMES,
        };
        self.settings.idle = self.times.idle.saturating_mul(factor);
        self.settings.done = self.times.done.saturating_mul(factor);
        self.settings.put_back = self.times.put_back.saturating_mul(factor);
    }

    fn show(&mut self, now: Instant, out: &mut Vec<Output>) {
        let screen = self.screen(now);
        if self.shown.as_ref() != Some(&screen) {
            self.shown = Some(screen.clone());
            out.push(Output::Show(screen));
        }
    }
}
