//! What is touched, and what follows from it.

use std::time::Instant;

use crate::screen::{Printer, Receipt, StaffAct, Style, Touch, Wish};

use super::find::Finding;
use super::identify::Identifying;
use super::staff::{Next, Staffing};
use super::{Output, Paper, Session, State, Topic};

impl Session {
    pub(super) fn touched(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        if self.touched_look(touch) {
            self.sign(now);
            // A sign of life there, and nothing more.
            self.touched_desk(now, touch, out);
            return;
        }
        if let Touch::Corner(corner) = touch {
            return self.touched_corner(now, corner);
        }
        let (offers, serves) = (self.settings.place.offers, self.serves());
        let makes_cards = self.makes_cards();
        match (&mut self.state, touch) {
            (
                State::Idle,
                Touch::Borrow | Touch::Return | Touch::Account | Touch::Find | Touch::About | Touch::NewCard,
            ) if !serves => {}
            (
                State::Done(_),
                Touch::Borrow | Touch::Return | Touch::Account | Touch::Find | Touch::About | Touch::NewCard,
            ) if self.on_battery => {}
            (State::Idle | State::Done(_) | State::Reads { .. }, Touch::Borrow) => {
                self.state = State::Identify(Identifying::new(now, Wish::Borrow));
            }
            (State::Idle | State::Done(_) | State::Reads { .. }, Touch::Return) => {
                self.start_visit(now, None, out);
            }
            (State::Idle | State::Done(_) | State::Reads { .. }, Touch::Account) if offers.account => {
                self.state = State::Identify(Identifying::new(now, Wish::Account));
            }
            (State::Idle | State::Done(_) | State::Reads { .. }, Touch::Find) if offers.find => {
                self.state = State::Find(Finding::new(now));
            }
            (State::Idle | State::Done(_), Touch::About) => self.read(now, Topic::Machine),
            (State::Idle | State::Done(_) | State::Reads { .. }, Touch::NewCard) if makes_cards => {
                self.open_desk(now, out);
            }
            (State::Idle | State::Done(_) | State::Reads { .. }, Touch::NewCard) if offers.card => {
                self.read(now, Topic::NewCard);
            }
            (State::Reads { .. }, Touch::Back | Touch::Cancel | Touch::Finish) => self.forget(),
            (State::Reads { last_sign, .. }, _) => *last_sign = now,
            (State::Done(_), Touch::Code | Touch::Print) => self.touched_receipt(now, touch, out),
            (State::Done(_), Touch::Finish | Touch::Cancel) => self.forget(),
            (State::Identify(identify), Touch::Cancel | Touch::Finish | Touch::Back) => {
                // Whoever does not want to reserve after all goes back to what was found.
                match identify.take_found() {
                    Some(found) => self.find_again(now, found),
                    None => self.forget(),
                }
            }
            (State::Find(_), touch) => self.touched_find(now, touch, out),
            (State::Identify(identify), touch) => {
                if let Some((patron, pin)) = identify.touched(now, touch) {
                    self.identify(now, patron, Some(pin), out);
                }
            }
            (State::Visit(_), touch) => self.touched_visit(now, touch, out),
            (State::Staff(_), touch) => self.touched_staff(now, touch, out),
            (State::Card, touch) => self.touched_desk(now, touch, out),
            (State::Starting | State::ClearPad { .. } | State::Idle | State::Done(_), _) => {}
        }
    }

    /// Language and look go with every page.
    fn touched_look(&mut self, touch: Touch) -> bool {
        match touch {
            Touch::Language(language) => self.language = language,
            Touch::Style(style) => {
                self.look.style = style;
                // Whoever needs large letters may like to hear them too.
                self.look.voice = self.settings.place.offers.voice && style == Style::Large;
                self.set_times();
            }
            Touch::HighContrast(on) => self.look.high_contrast = on,
            Touch::Low(on) => self.look.low = on,
            Touch::Voice(on) => self.look.voice = on && self.settings.place.offers.voice,
            Touch::Borrow
            | Touch::Return
            | Touch::Account
            | Touch::Find
            | Touch::About
            | Touch::NewCard
            | Touch::Back
            | Touch::TypeNumber
            | Touch::Key(_)
            | Touch::Erase
            | Touch::Enter
            | Touch::Layout(_)
            | Touch::Candidate(_)
            | Touch::Candidates { .. }
            | Touch::Open(_)
            | Touch::Turn { .. }
            | Touch::OnlyHere(_)
            | Touch::Only(_)
            | Touch::Reserve
            | Touch::Renew(_)
            | Touch::RenewAll
            | Touch::CancelHold(_)
            | Touch::KeepHold
            | Touch::Code
            | Touch::Print
            | Touch::More
            | Touch::Finish
            | Touch::Cancel
            | Touch::Corner(_)
            | Touch::Stocktake(_)
            | Touch::Card(_)
            | Touch::Staff(_) => return false,
        }
        true
    }

    /// Somebody is there.
    fn sign(&mut self, now: Instant) {
        match &mut self.state {
            State::Find(finding) => finding.touched_at(now),
            State::Identify(identify) => identify.touched_at(now),
            State::Visit(visit) => visit.touched_at(now),
            State::Reads { last_sign, .. } => *last_sign = now,
            State::Done(ended) => ended.until = ended.until.max(now + self.settings.done),
            State::Idle => self.chosen = Some(now),
            State::Starting | State::ClearPad { .. } | State::Card | State::Staff(_) => {}
        }
    }

    fn touched_visit(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        let offers = self.settings.place.offers;
        let query = self.query.wrapping_add(1);
        let State::Visit(visit) = &mut self.state else { return };
        visit.touched_at(now);
        if visit.finding().is_some() {
            return self.touched_find_in_visit(now, touch, query, out);
        }
        match touch {
            Touch::Find if offers.find => visit.open_find(now),
            Touch::Finish | Touch::Cancel => visit.finish(now),
            Touch::Account if offers.account => {
                if visit.open_account(query, out) {
                    self.query = query;
                } else if visit.is_quiet() {
                    // The returns are done; who wants to see an account has to say whose.
                    self.state = State::Identify(Identifying::new(now, Wish::Account));
                }
            }
            Touch::Back => visit.close_account(),
            Touch::Renew(at) => visit.renew(at, out),
            Touch::RenewAll => visit.renew_all(out),
            Touch::CancelHold(at) => visit.cancel_hold(at, out),
            Touch::KeepHold => visit.keep_holds(),
            // Nothing else on the pages of a visit can be touched; a sign of life it is all the same.
            Touch::Language(_)
            | Touch::Style(_)
            | Touch::HighContrast(_)
            | Touch::Low(_)
            | Touch::Voice(_)
            | Touch::Borrow
            | Touch::Return
            | Touch::Account
            | Touch::Find
            | Touch::About
            | Touch::NewCard
            | Touch::TypeNumber
            | Touch::Key(_)
            | Touch::Erase
            | Touch::Enter
            | Touch::Layout(_)
            | Touch::Candidate(_)
            | Touch::Candidates { .. }
            | Touch::Open(_)
            | Touch::Turn { .. }
            | Touch::OnlyHere(_)
            | Touch::Only(_)
            | Touch::Reserve
            | Touch::Code
            | Touch::Print
            | Touch::More
            | Touch::Corner(_)
            | Touch::Stocktake(_)
            | Touch::Card(_)
            | Touch::Staff(_) => {}
        }
    }

    fn touched_find_in_visit(&mut self, now: Instant, touch: Touch, query: u64, out: &mut Vec<Output>) {
        let State::Visit(visit) = &mut self.state else { return };
        let is_open = visit.finding().is_some_and(|finding| finding.is_open());
        let may_reserve = visit.finding().is_some_and(|finding| finding.may_reserve());
        self.query = query;
        if matches!(touch, Touch::Finish | Touch::Cancel) {
            visit.close_find();
            visit.finish(now);
        } else if matches!(touch, Touch::Back) && !is_open {
            visit.close_find();
        } else if matches!(touch, Touch::Reserve) && may_reserve {
            // The returns are done; a hold has to be somebody's.
            if !visit.reserve(now, query, out)
                && visit.is_quiet()
                && let Some(found) = visit.close_find()
            {
                self.state = State::Identify(Identifying::for_title(now, found));
            }
        } else if let Some(finding) = visit.finding() {
            finding.touched(now, touch, query, &self.settings, out);
        }
    }

    fn read(&mut self, now: Instant, what: Topic) {
        self.state = State::Reads { what, last_sign: now };
    }

    fn find_again(&mut self, now: Instant, mut found: Finding) {
        found.touched_at(now);
        self.state = State::Find(found);
    }

    fn touched_find(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        let query = self.next_query();
        let State::Find(finding) = &mut self.state else { return };
        let leaves = matches!(touch, Touch::Cancel | Touch::Finish)
            || matches!(touch, Touch::Back) && !finding.is_open();
        if leaves {
            self.forget();
        } else if matches!(touch, Touch::Reserve) && finding.may_reserve() {
            let found = core::mem::replace(finding, Finding::new(now));
            self.state = State::Identify(Identifying::for_title(now, found));
        } else {
            finding.touched(now, touch, query, &self.settings, out);
        }
    }

    fn touched_receipt(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        let State::Done(ended) = &mut self.state else { return };
        ended.until = now + self.settings.idle;
        match (touch, ended.receipt) {
            (Touch::Code, Receipt::Offered { .. } | Receipt::NotPrinted | Receipt::NoPaper) => {
                ended.receipt = Receipt::Code;
            }
            (Touch::Print, Receipt::Offered { printer: Printer::Ready }) => {
                ended.receipt = Receipt::Printing;
                let (lines, card) = (ended.lines.clone(), ended.card.clone());
                out.push(Output::Print(Paper { lines, card, number: ended.number, language: self.language }));
            }
            (
                _,
                Receipt::Nothing
                | Receipt::Offered { .. }
                | Receipt::Code
                | Receipt::Printing
                | Receipt::Printed
                | Receipt::NotPrinted
                | Receipt::NoPaper,
            ) => {}
        }
    }

    fn touched_corner(&mut self, now: Instant, corner: u8) {
        let nobody_is_served = match &self.state {
            State::Idle | State::Starting | State::ClearPad { .. } | State::Reads { .. } => true,
            State::Find(_)
            | State::Card
            | State::Identify(_)
            | State::Visit(_)
            | State::Done(_)
            | State::Staff(_) => false,
        };
        if self.settings.has_staff_pin && nobody_is_served && self.corner.touched(now, corner) {
            self.pad.leave_lying();
            self.state = State::Staff(Staffing::new(now));
        }
    }

    fn touched_staff(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        let query = self.query.wrapping_add(1);
        let State::Staff(staff) = &mut self.state else { return };
        match staff.touched(now, touch, &self.corner) {
            Next::Stay => {}
            Next::Leave => self.forget(),
            Next::Check(pin) => {
                self.query = query;
                staff.checking(query, pin.len());
                out.push(Output::CheckStaffPin { query, pin });
            }
            Next::Act(act) => {
                if let StaffAct::OutOfService(is_out) = act {
                    self.out_of_service = is_out;
                }
                out.push(Output::Staff(act));
            }
        }
    }
}
