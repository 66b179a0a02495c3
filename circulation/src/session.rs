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
//! the patron in this value; every state that waits for the world has a deadline.

mod identify;
mod io;
mod line;
mod pad;
mod view;
mod visit;

#[cfg(test)]
mod tests;

use std::time::Instant;

use crate::id::{PatronId, TagKey, TransactionId};
use crate::item::{ItemTag, Security};
use crate::patron::{Patron, Pin};
use crate::screen::{Language, Look, Screen, Touch};
use crate::transaction::Reason;

pub use io::{Input, Offline, Output, PadObject, PinPolicy, Settings, Surroundings, Written};

use identify::Identifying;
use pad::Pad;
use visit::Visiting;

/// The kiosk session. One value for the life of the daemon.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    language: Language,
    look: Look,
    surroundings: Surroundings,
    online: bool,
    ledger_works: bool,
    /// since when the reader does not answer
    reader_down: Option<Instant>,
    pad: Pad,
    state: State,
    /// number of the last question about a patron
    query: u64,
    shown: Option<Screen>,
    tick: Option<Instant>,
}

#[derive(Debug)]
enum State {
    /// The first look at the pad after the start.
    Starting,
    /// Books lie on the pad from before the start.
    ClearPad,
    Idle,
    Identify(Identifying),
    Visit(Visiting),
    Done(Ended),
}

/// The last page of a visit. Holds lines for the screen only, nothing of the patron.
#[derive(Debug)]
struct Ended {
    lines: Vec<crate::screen::Line>,
    until: Instant,
}

impl Session {
    /// A session that waits for the reader.
    #[must_use]
    pub fn new(now: Instant, settings: Settings) -> Self {
        Self {
            language: settings.language,
            look: settings.look,
            surroundings: Surroundings::default(),
            tick: Some(now + settings.reader_grace),
            settings,
            online: true,
            ledger_works: true,
            reader_down: Some(now),
            pad: Pad::default(),
            state: State::Starting,
            query: 0,
            shown: None,
        }
    }

    /// Takes one input; appends what is to be done. A screen is appended only when it differs from the last one.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::ReaderUp => self.reader_down = None,
            Input::ReaderDown => self.reader_down = self.reader_down.or(Some(now)),
            Input::PadComplete => self.pad_complete(),
            Input::Arrived { tag, object, fresh } => self.arrived(now, tag, object, fresh, out),
            Input::Departed { tag } => self.departed(now, &tag),
            Input::Touch(touch) => self.touched(now, touch, out),
            Input::Identified { query, answer } => self.identified(now, query, answer, out),
            Input::Ledger { works } => self.ledger_works = works,
            Input::Link { online } => self.online = online,
            Input::Tick => {}
            Input::Described { item, description } => {
                if let State::Visit(visit) = &mut self.state {
                    visit.described(&item, &description);
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
        self.expire(now, out);
        self.show(now, out);
        self.tick = self.next_tick(now);
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.tick
    }

    fn next_tick(&self, now: Instant) -> Option<Instant> {
        let state = match &self.state {
            State::Starting | State::ClearPad | State::Idle => None,
            State::Identify(identify) => identify.next_tick(now, &self.settings),
            State::Visit(visit) => visit.next_tick(now, &self.settings, &self.pad),
            State::Done(ended) => Some(ended.until),
        };
        let grace = self.reader_down.map(|since| since + self.settings.reader_grace);
        // A fault that is shown already needs no tick.
        [state, grace.filter(|at| *at > now)].into_iter().flatten().min()
    }

    fn pad_complete(&mut self) {
        self.pad.complete();
        if matches!(self.state, State::Starting) {
            self.state = if self.pad.is_empty() { State::Idle } else { State::ClearPad };
        }
    }

    fn arrived(
        &mut self,
        now: Instant,
        tag: TagKey,
        object: PadObject,
        fresh: TransactionId,
        out: &mut Vec<Output>,
    ) {
        self.pad.arrive(tag.clone(), object.clone(), fresh);
        match &mut self.state {
            State::Starting | State::ClearPad => self.pad.leave_lying(),
            // Without a ledger nobody is served; what is put there has to be put there again.
            State::Idle if !self.ledger_works => self.pad.leave_lying(),
            State::Idle | State::Done(_) => self.begin(now, object, out),
            State::Identify(identify) => {
                identify.touched_at(now);
                if let PadObject::Card(patron) = object {
                    self.card(now, patron, out);
                }
            }
            State::Visit(visit) => {
                visit.touched_at(now);
                if let PadObject::Card(patron) = object {
                    if visit.wants_patron() {
                        self.ask_who(now, patron, out);
                    }
                } else {
                    visit.arrived(now, &tag, &self.pad, &self.settings, out);
                }
            }
        }
    }

    /// Somebody came: what lies on the pad says what they want.
    fn begin(&mut self, now: Instant, object: PadObject, out: &mut Vec<Output>) {
        match object {
            PadObject::Card(patron) => {
                self.state = State::Identify(Identifying::new(now));
                self.card(now, patron, out);
            }
            PadObject::Item(ItemTag { security: Security::Unsecured, .. }) => {
                self.start_visit(now, None, out);
            }
            PadObject::Item(_) | PadObject::Foreign | PadObject::Damaged => {
                self.state = State::Identify(Identifying::new(now));
            }
        }
    }

    fn departed(&mut self, now: Instant, tag: &TagKey) {
        self.pad.depart(tag);
        match &mut self.state {
            State::ClearPad if self.pad.is_empty() => self.state = State::Idle,
            State::Visit(visit) => visit.departed(now, tag),
            State::Done(ended) if self.pad.is_empty() => {
                ended.until = ended.until.min(now + self.settings.done);
            }
            State::Starting | State::ClearPad | State::Idle | State::Identify(_) | State::Done(_) => {}
        }
    }

    fn touched(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        if let Touch::Language(language) = touch {
            self.language = language;
        }
        match (&mut self.state, touch) {
            (State::Idle, Touch::Borrow | Touch::Return) if !self.ledger_works => {}
            (State::Idle | State::Done(_), Touch::Borrow) => {
                self.state = State::Identify(Identifying::new(now));
            }
            (State::Idle | State::Done(_), Touch::Return) => self.start_visit(now, None, out),
            (State::Done(_), Touch::Finish | Touch::Cancel) => self.forget(),
            (State::Identify(_), Touch::Cancel | Touch::Finish) => self.forget(),
            (State::Identify(identify), touch) => {
                if let Some((patron, pin)) = identify.touched(now, touch) {
                    self.identify(now, patron, Some(pin), out);
                }
            }
            (State::Visit(visit), Touch::Finish | Touch::Cancel) => visit.finish(now),
            (State::Visit(visit), _) => visit.touched_at(now),
            (State::Starting | State::ClearPad | State::Idle | State::Done(_), _) => {}
        }
    }

    /// A card came onto the pad while somebody is asked for it.
    fn card(&mut self, now: Instant, patron: PatronId, out: &mut Vec<Output>) {
        match self.settings.pin {
            PinPolicy::CardOnly => self.identify(now, patron, None, out),
            PinPolicy::Required => {
                if let State::Identify(identify) = &mut self.state {
                    identify.ask_pin(now, patron);
                }
            }
        }
    }

    /// A card came onto the pad in the middle of a return.
    fn ask_who(&mut self, now: Instant, patron: PatronId, out: &mut Vec<Output>) {
        self.query = self.query.wrapping_add(1);
        match (&mut self.state, self.settings.pin) {
            (State::Visit(visit), PinPolicy::CardOnly) => visit.asking(self.query),
            (State::Visit(visit), PinPolicy::Required) if visit.is_quiet() => {
                // The returns are done; a new visit begins with the password.
                let mut identify = Identifying::new(now);
                identify.ask_pin(now, patron);
                self.state = State::Identify(identify);
                return;
            }
            (
                State::Starting
                | State::ClearPad
                | State::Idle
                | State::Identify(_)
                | State::Visit(_)
                | State::Done(_),
                _,
            ) => return,
        }
        out.push(Output::Identify { query: self.query, patron, pin: None });
    }

    fn identify(&mut self, now: Instant, patron: PatronId, pin: Option<Pin>, out: &mut Vec<Output>) {
        if let State::Identify(identify) = &mut self.state {
            self.query = self.query.wrapping_add(1);
            identify.asking(now, self.query, patron.clone());
            out.push(Output::Identify { query: self.query, patron, pin });
        }
    }

    fn identified(
        &mut self,
        now: Instant,
        query: u64,
        answer: Result<Patron, Reason>,
        out: &mut Vec<Output>,
    ) {
        match (&mut self.state, answer) {
            (State::Identify(identify), answer) if identify.is_asking(query) => match answer {
                Ok(patron) => self.start_visit(now, Some(patron), out),
                Err(reason) => identify.failed(now, reason),
            },
            (State::Visit(visit), Ok(patron)) if visit.is_asking(query) => {
                visit.welcome(now, patron, &self.pad, &self.settings, out);
            }
            // An answer to a question that nobody asks any more.
            (
                State::Starting
                | State::ClearPad
                | State::Idle
                | State::Identify(_)
                | State::Visit(_)
                | State::Done(_),
                _,
            ) => {}
        }
    }

    fn start_visit(&mut self, now: Instant, patron: Option<Patron>, out: &mut Vec<Output>) {
        let mut visit = Visiting::new(now, patron);
        visit.begin(now, &self.pad, &self.settings, out);
        self.state = State::Visit(visit);
    }

    fn progressed(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Visit(visit) => visit.progressed(now, input, &self.settings, out),
            // Every line is final before a visit ends, so nothing can be pending elsewhere.
            State::Starting | State::ClearPad | State::Idle | State::Identify(_) | State::Done(_) => {}
        }
    }

    fn expire(&mut self, now: Instant, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Identify(identify) if identify.is_over(now, &self.settings) => self.forget(),
            State::Visit(visit) => {
                visit.expire(now, &self.settings, &self.pad, out);
                if visit.is_over(now, &self.settings, &self.pad) {
                    let lines = visit.lines();
                    // With nothing to show, the welcome page is the better goodbye.
                    if lines.is_empty() {
                        self.forget();
                    } else {
                        let wait = if self.pad.is_empty() { self.settings.done } else { self.settings.idle };
                        self.pad.leave_lying();
                        self.state = State::Done(Ended { lines, until: now + wait });
                    }
                }
            }
            State::Done(ended) if ended.until <= now => self.forget(),
            State::Starting | State::ClearPad | State::Idle | State::Identify(_) | State::Done(_) => {}
        }
    }

    /// The end of a visit: what lies on the pad is left alone, and the patron is forgotten.
    fn forget(&mut self) {
        self.pad.leave_lying();
        self.language = self.settings.language;
        self.state = State::Idle;
    }

    fn show(&mut self, now: Instant, out: &mut Vec<Output>) {
        let screen = self.screen(now);
        if self.shown.as_ref() != Some(&screen) {
            self.shown = Some(screen.clone());
            out.push(Output::Show(screen));
        }
    }
}
