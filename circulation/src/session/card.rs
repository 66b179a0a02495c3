//! The desk: somebody wants a card, a longer term, another card for a lost one, or another password.
//!
//! ```text
//!  Menu ─new─▶ Consent ─▶ Identity ─▶ central ─▶ Types ─▶ Phone ─▶ Pin twice ─▶ [Issuing] ─▶ Done
//!    │                     │  ▲          │ has one: renew, replace                  │
//!    │          for a child│  │child     │                          no card comes ──┴─▶ OnPhone ─▶ [Issuing]
//!    │                     ▼  │          ▼
//!    └─ others ──────────▶ guardian   Confirm ─▶ central ─▶ Done; a lost card is locked, then [Issuing]
//! ```
//! Issuing is [`crate::issue`]: a row on the disk before each act. It outlives the visit: what is being taken back goes on
//! when the reader has left, and what was cut goes on at the next start.
//!
//! **Invariants**: no card is asked for, fed or shown without its row; every page and every act has a deadline; a visit
//! that ends leaves nothing of who was there in this value; a screen gets names and numbers masked.

mod io;
mod job;
mod people;
mod touch;
mod view;
mod visit;

#[cfg(test)]
mod tests;

use std::time::Instant;

use crate::id::TransactionId;
use crate::issue::{self, Answer, Row};
use crate::screen::{Money, Refusal};
use crate::session::Printout;

pub use io::{Act, Application, CardPaper, Holder, Input, Output, Parts, Reserved, Rules, Service, Standing};
use job::Job;
use visit::{Step, Visit};

/// The desk. One value for the life of the daemon.
#[derive(Debug)]
pub struct Desk {
    rules: Rules,
    parts: Parts,
    visit: Option<Visit>,
    /// cards that are being issued or taken back; at most one of them belongs to the visit
    jobs: Vec<Job>,
    /// number of the last question
    query: u64,
    /// the identity reader looks for cards
    looks: bool,
}

impl Desk {
    /// A desk at which nobody stands.
    #[must_use]
    pub const fn new(rules: Rules, parts: Parts) -> Self {
        Self { rules, parts, visit: None, jobs: Vec::new(), query: 0, looks: false }
    }

    /// Whether the identity reader answers.
    #[must_use]
    pub const fn can_identify(&self) -> bool {
        self.parts.identity
    }

    /// Whether somebody stands here.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.visit.is_some()
    }

    /// Whether nothing is being issued or taken back.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Takes one input; appends what is to be done.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Open => self.visit = self.visit.take().or_else(|| Some(Visit::new(now))),
            Input::Touch(touch) => self.touched(now, touch, out),
            Input::Identity(answer) => self.identified(now, answer, out),
            Input::Parts(parts) => self.parts = parts,
            Input::Checked { query, answer } => self.checked(now, query, answer),
            Input::Served { query, answer } => self.served(now, query, answer, out),
            Input::NewId(id) => self.issue(now, id, out),
            Input::Kept { id } => self.acted(now, id, issue::Input::Kept, None, out),
            Input::NotKept { id } => self.not_kept(id),
            Input::Reserved { id, answer } => self.reserved(now, id, answer, out),
            Input::PayCodes { id, codes } => {
                if let Some(Step::Issuing { id: shown, codes: slot, .. }) = self.step()
                    && *shown == id
                {
                    *slot = codes;
                }
            }
            Input::Acted { id, what, why } => self.acted(now, id, what, why, out),
            Input::Resume { id, fee, medium, row } => {
                if self.job(id).is_none() {
                    self.jobs.push(Job::resume(now, id, fee, medium, row, &self.rules, out));
                }
            }
            Input::Printed(printout) => self.printed(now, printout),
            Input::Tick => {}
        }
        self.expire(now, out);
        self.follow(now);
        self.jobs.retain(|job| !job.is_over());
        self.look(out);
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let jobs = self.jobs.iter().filter_map(Job::deadline).min();
        let visit = self.visit.as_ref().and_then(|visit| visit.next_tick(now, &self.rules));
        let left = self.visit_job().and_then(|job| job.undoing).map(|since| since + self.rules.undo);
        [jobs, visit, left].into_iter().flatten().min()
    }

    fn step(&mut self) -> Option<&mut Step> {
        self.visit.as_mut().map(|visit| &mut visit.step)
    }

    fn job(&mut self, id: TransactionId) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// The card that is being issued to who stands here.
    fn visit_job(&self) -> Option<&Job> {
        let id = self.visit.as_ref()?.issuing()?;
        self.jobs.iter().find(|job| job.id == id)
    }

    const fn next_query(&mut self) -> u64 {
        self.query = self.query.wrapping_add(1);
        self.query
    }

    /// Begins to issue: the first row.
    fn issue(&mut self, now: Instant, id: TransactionId, out: &mut Vec<Output>) {
        let Some(visit) = &mut self.visit else { return };
        let Step::Opening { medium, .. } = visit.step else { return };
        // A spent id would join two cards in one row.
        if self.jobs.iter().any(|job| job.id == id) {
            return;
        }
        let fee = visit.fee();
        visit.step = Step::Issuing { id, medium, codes: Vec::new(), why: None };
        self.jobs.push(Job::begin(now, id, fee, medium, &self.rules, out));
    }

    fn reserved(
        &mut self,
        now: Instant,
        id: TransactionId,
        answer: Result<Reserved, Refusal>,
        out: &mut Vec<Output>,
    ) {
        let (how, why) = match answer {
            Ok(reserved) => {
                if let Some(job) = self.job(id).filter(|job| job.row() == Row::Reserving) {
                    job.reserved = Some(reserved);
                }
                (Answer::Done, None)
            }
            Err(Refusal::CentralSilent) => (Answer::Silent, Some(Refusal::CentralSilent)),
            Err(why) => (Answer::Refused, Some(why)),
        };
        self.acted(now, id, issue::Input::Reserved(how), why, out);
    }

    fn acted(
        &mut self,
        now: Instant,
        id: TransactionId,
        what: issue::Input,
        why: Option<Refusal>,
        out: &mut Vec<Output>,
    ) {
        let application = self.visit.as_ref().and_then(|visit| visit.application(id, &self.rules));
        if let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) {
            job.handle(now, what, application.as_ref(), &self.rules, out);
        }
        if let Some(Step::Issuing { id: shown, why: first, .. }) = self.step()
            && *shown == id
            && first.is_none()
        {
            *first = why;
        }
    }

    fn not_kept(&mut self, id: TransactionId) {
        if let Some(job) = self.job(id) {
            job.lose();
        }
    }

    /// Ends what has lasted too long.
    fn expire(&mut self, now: Instant, out: &mut Vec<Output>) {
        for at in 0..self.jobs.len() {
            let Some(id) = self.jobs.get(at).map(|job| job.id) else { continue };
            let application = self.visit.as_ref().and_then(|visit| visit.application(id, &self.rules));
            if let Some(job) = self.jobs.get_mut(at) {
                job.expire(now, application.as_ref(), &self.rules, out);
            }
        }
        if let Some(visit) = &mut self.visit {
            visit.expire(now, &self.rules);
            if visit.is_over(now, &self.rules) {
                self.visit = None;
            }
        }
    }

    /// What the card that is being issued means for who stands here.
    fn follow(&mut self, now: Instant) {
        let Some(visit) = &mut self.visit else { return };
        let Step::Issuing { id, why, .. } = &visit.step else { return };
        let Some(job) = self.jobs.iter().find(|job| job.id == *id) else { return };
        let why = why.clone().unwrap_or_else(|| silent(job));
        let money = |then| if job.was_to_pay { then } else { Money::None };
        if job.is_lost {
            // What is on the disk is taken back at the next start.
            return visit.refuse(now, Refusal::LedgerDown, money(Money::Returning), Some(job));
        }
        match job.row() {
            // From this row on central is told until it hears.
            Row::Confirming | Row::Done if job.is_kept() => visit.done(now, job, self.parts.printer),
            Row::Undone { voucher } if job.is_kept() => {
                let then = if voucher { Money::Voucher } else { Money::Back };
                visit.refuse(now, why, money(then), Some(job));
                visit.offer(voucher, self.parts.printer);
            }
            Row::Undoing(_) if job.undoing.is_some_and(|since| since + self.rules.undo <= now) => {
                visit.refuse(now, why, money(Money::Returning), Some(job));
            }
            Row::Reserving
            | Row::Paying
            | Row::Feeding
            | Row::Writing
            | Row::Presenting
            | Row::Confirming
            | Row::Done
            | Row::Undoing(_)
            | Row::Undone { .. } => {}
        }
    }

    fn look(&mut self, out: &mut Vec<Output>) {
        let wants = self.visit.as_ref().is_some_and(|visit| matches!(visit.step, Step::Identity { .. }));
        if wants != self.looks {
            self.looks = wants;
            out.push(Output::Look(wants));
        }
    }

    fn printed(&mut self, now: Instant, printout: Printout) {
        if let Some(visit) = &mut self.visit {
            visit.printed(now, printout);
        }
    }
}

/// Why it failed, where nothing but silence says it.
const fn silent(job: &Job) -> Refusal {
    // What the way back has reached says how far it had come.
    match (job.reserved.is_some(), job.failed_at) {
        (false, _) => Refusal::CentralSilent,
        (true, Some(Row::Paying)) => Refusal::NotPaid,
        (true, Some(Row::Writing)) => Refusal::NotWritten,
        (true, Some(Row::Presenting)) => Refusal::NotTaken,
        (true, _) => Refusal::NoDispenser,
    }
}
