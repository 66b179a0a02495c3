//! Somebody comes: what is put on the pad, and who it is.

use std::time::Instant;

use crate::id::{PatronId, TagKey, TransactionId};
use crate::item::{ItemTag, Security};
use crate::patron::{Patron, Pin};
use crate::screen::Wish;
use crate::transaction::Reason;

use super::find::Finding;
use super::identify::Identifying;
use super::visit::Visiting;
use super::{Output, PadObject, PinPolicy, Session, State};

impl Session {
    pub(super) fn arrived(
        &mut self,
        now: Instant,
        tag: TagKey,
        object: PadObject,
        fresh: TransactionId,
        out: &mut Vec<Output>,
    ) {
        self.pad.arrive(tag.clone(), object.clone(), fresh);
        let serves = self.serves();
        match &mut self.state {
            // Nothing is lent at the desk: it has to be put there again.
            State::Starting | State::ClearPad { .. } | State::Card | State::Staff(_) => {
                self.pad.leave_lying()
            }
            // Nobody is served; what is put there has to be put there again.
            State::Idle | State::Reads { .. } | State::Find(_) if !serves => self.pad.leave_lying(),
            // Only what was begun is finished.
            State::Done(_) if self.on_battery => self.pad.leave_lying(),
            State::Visit(visit) if self.on_battery && !visit.waits_for(&tag) => self.pad.leave_lying(),
            State::Idle | State::Done(_) | State::Reads { .. } | State::Find(_) => {
                self.begin(now, object, out);
            }
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
                self.state = State::Identify(Identifying::new(now, Wish::Borrow));
                self.card(now, patron, out);
            }
            PadObject::Item(ItemTag { security: Security::Unsecured, .. }) => {
                self.start_visit(now, None, out);
            }
            PadObject::Item(_) | PadObject::Foreign | PadObject::Damaged => {
                self.state = State::Identify(Identifying::new(now, Wish::Borrow));
            }
        }
    }

    pub(super) fn departed(&mut self, now: Instant, tag: &TagKey) {
        self.pad.depart(tag);
        match &mut self.state {
            State::ClearPad { .. } if self.pad.is_empty() => self.state = State::Idle,
            State::Visit(visit) => visit.departed(now, tag),
            State::Done(ended) if self.pad.is_empty() => {
                ended.until = ended.until.min(now + self.settings.done);
            }
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Find(_)
            | State::Card
            | State::Identify(_)
            | State::Done(_)
            | State::Staff(_) => {}
        }
    }

    /// The code of a card was scanned. A code can be copied, so it is worth what a typed number is: the password follows.
    pub(super) fn scanned(&mut self, now: Instant, patron: PatronId) {
        if self.on_battery {
            return;
        }
        let serves = self.serves();
        match &mut self.state {
            State::Identify(identify) if !identify.is_busy() => identify.ask_pin(now, patron),
            State::Idle | State::Reads { .. } | State::Done(_) if serves => self.ask_pin_of(now, patron),
            State::Visit(visit) if visit.wants_patron() && visit.is_quiet() => self.ask_pin_of(now, patron),
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

    fn ask_pin_of(&mut self, now: Instant, patron: PatronId) {
        let mut identify = Identifying::new(now, Wish::Borrow);
        identify.ask_pin(now, patron);
        self.state = State::Identify(identify);
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
                self.ask_pin_of(now, patron);
                return;
            }
            (
                State::Starting
                | State::ClearPad { .. }
                | State::Idle
                | State::Reads { .. }
                | State::Find(_)
                | State::Card
                | State::Identify(_)
                | State::Visit(_)
                | State::Done(_)
                | State::Staff(_),
                _,
            ) => return,
        }
        out.push(Output::Identify { query: self.query, patron, pin: None });
    }

    pub(super) fn identify(
        &mut self,
        now: Instant,
        patron: PatronId,
        pin: Option<Pin>,
        out: &mut Vec<Output>,
    ) {
        if let State::Identify(identify) = &mut self.state {
            self.query = self.query.wrapping_add(1);
            identify.asking(now, self.query, patron.clone());
            out.push(Output::Identify { query: self.query, patron, pin });
        }
    }

    pub(super) fn identified(
        &mut self,
        now: Instant,
        query: u64,
        answer: Result<Patron, Reason>,
        out: &mut Vec<Output>,
    ) {
        match (&mut self.state, answer) {
            (State::Identify(identify), answer) if identify.is_asking(query) => match answer {
                Ok(patron) => match identify.take_found() {
                    Some(finding) => self.reserve(now, finding, &patron, out),
                    None => {
                        let wish = identify.wish();
                        self.start_visit(now, Some(patron), out);
                        self.wished(wish, out);
                    }
                },
                Err(reason) => identify.failed(now, reason),
            },
            (State::Visit(visit), Ok(patron)) if visit.is_asking(query) && !self.on_battery => {
                visit.welcome(now, patron, &self.pad, &self.settings, out);
            }
            // An answer to a question that nobody asks any more.
            (
                State::Starting
                | State::ClearPad { .. }
                | State::Idle
                | State::Reads { .. }
                | State::Find(_)
                | State::Card
                | State::Identify(_)
                | State::Visit(_)
                | State::Done(_)
                | State::Staff(_),
                _,
            ) => {}
        }
    }

    pub(super) fn start_visit(&mut self, now: Instant, patron: Option<Patron>, out: &mut Vec<Output>) {
        let mut visit = Visiting::new(now, patron);
        visit.begin(now, &self.pad, &self.settings, out);
        self.state = State::Visit(visit);
    }

    /// Puts the hold, and shows the title again: for that the patron is needed no longer.
    fn reserve(&mut self, now: Instant, mut finding: Finding, patron: &Patron, out: &mut Vec<Output>) {
        finding.reserve(now, self.next_query(), &patron.id, out);
        self.state = State::Find(finding);
    }

    /// What the patron came for, now that it is known who it is.
    fn wished(&mut self, wish: Wish, out: &mut Vec<Output>) {
        let query = self.next_query();
        let State::Visit(visit) = &mut self.state else { return };
        match wish {
            Wish::Borrow | Wish::Reserve => {}
            Wish::Account => {
                visit.open_account(query, out);
            }
        }
    }
}
