//! Who stands here: identity cards, and what central says to them.

use std::time::Instant;

use jiff::civil::Date;

use crate::identity::{Identity, IdentityFault};
use crate::issue::Medium;
use crate::money::Amount;
use crate::screen::{CardService, Cards, HolderState, IdentityProblem, Money, Receipt, Refusal, Whose};

use super::io::{Output, Service, Standing};
use super::job::Job;
use super::visit::{Asked, Ended, Step};
use super::{Desk, Parts, Rules};

impl Desk {
    /// An identity card was read while one is wanted.
    pub(super) fn identified(
        &mut self,
        now: Instant,
        answer: Result<Identity, IdentityFault>,
        out: &mut Vec<Output>,
    ) {
        let (rules, parts) = (self.rules, self.parts);
        let Some(visit) = &mut self.visit else { return };
        let Step::Identity { whose, problem } = &mut visit.step else { return };
        visit.last_sign = now;
        let guardian = visit.said.guardian.as_ref();
        let person = match answer.map_err(problem_of).and_then(|person| {
            match unfit(&person, *whose, guardian, &rules, &parts) {
                Some(problem) => Err(problem),
                None => Ok(person),
            }
        }) {
            Ok(person) => person,
            Err(why) => {
                *problem = Some(why);
                return;
            }
        };
        match *whose {
            Whose::Guardian => {
                visit.said.guardian = Some(person);
                // A child that came alone is known already.
                if visit.said.identity.is_some() {
                    self.check(now, out);
                } else {
                    visit.step = Step::Identity { whose: Whose::Child, problem: None };
                }
            }
            Whose::Child => {
                visit.said.identity = Some(person);
                self.check(now, out);
            }
            Whose::Own => {
                let is_child = person.age_on(parts.today) < rules.child_below;
                visit.said.identity = Some(person);
                if is_child && visit.service == CardService::New {
                    visit.refuse(now, Refusal::ChildAlone, Money::None, None);
                } else {
                    self.check(now, out);
                }
            }
        }
    }

    /// Asks central what it knows of who gets the card.
    pub(super) fn check(&mut self, now: Instant, out: &mut Vec<Output>) {
        let query = self.next_query();
        let (online, until) = (self.parts.online, now + self.rules.answer);
        let Some(visit) = &mut self.visit else { return };
        let Some(identity) = &visit.said.identity else { return };
        if !online {
            return visit.refuse(now, Refusal::CentralSilent, Money::None, None);
        }
        out.push(Output::Check { query, number: identity.number.clone() });
        visit.step = Step::Asking { query, what: Asked::Check, until };
    }

    pub(super) fn checked(&mut self, now: Instant, query: u64, answer: Result<Standing, Refusal>) {
        let today = self.parts.today;
        let Some(visit) = &mut self.visit else { return };
        if !matches!(visit.step, Step::Asking { query: asked, what: Asked::Check, .. } if asked == query) {
            return;
        }
        visit.last_sign = now;
        match answer {
            Err(why) => visit.refuse(now, why, Money::None, None),
            Ok(standing) => {
                let age = visit.said.identity.as_ref().map_or(0, |person| person.age_on(today));
                visit.said.choices = standing.types.iter().filter(|kind| kind.is_for(age)).cloned().collect();
                visit.said.standing = standing;
                self.stands(now);
            }
        }
    }

    /// It is known what central knows: goes on with what the reader came for.
    pub(super) fn stands(&mut self, now: Instant) {
        let Some(visit) = &mut self.visit else { return };
        visit.last_sign = now;
        let (has_card, is_locked) = (visit.said.standing.holder.is_some(), visit.holds(HolderState::Locked));
        visit.step = match visit.service {
            CardService::New if has_card => Step::HasCard,
            CardService::New if visit.said.choices.is_empty() => {
                return visit.refuse(now, Refusal::NoType, Money::None, None);
            }
            CardService::New => Step::Types,
            CardService::Renew | CardService::Replace | CardService::Pin if !has_card => {
                return visit.refuse(now, Refusal::NoCard, Money::None, None);
            }
            CardService::Renew | CardService::Replace | CardService::Pin if is_locked => {
                return visit.refuse(now, Refusal::Locked, Money::None, None);
            }
            // A lost card gets neither a longer term nor another password: it is replaced.
            CardService::Renew | CardService::Pin if visit.holds(HolderState::Lost) => Step::HasCard,
            CardService::Renew | CardService::Replace => Step::Confirm,
            CardService::Pin => Step::Pin { typed: crate::patron::Pin::default(), problem: None },
        };
    }

    /// Asks central for something about the card that there is.
    pub(super) fn serve(&mut self, now: Instant, what: Asked, out: &mut Vec<Output>) {
        let query = self.next_query();
        let until = now + self.rules.answer;
        let Some(visit) = &mut self.visit else { return };
        let (Some(holder), Some(identity)) = (&visit.said.standing.holder, &visit.said.identity) else {
            return;
        };
        let (card, number) = (holder.card.clone(), identity.number.clone());
        let act = match what {
            Asked::Renew => Service::Renew(card),
            Asked::Loss => Service::ReportLoss(card),
            Asked::Pin => Service::ChangePin(card, core::mem::take(&mut visit.said.pin)),
            Asked::Check => return,
        };
        out.push(Output::Serve { query, number, what: act });
        visit.step = Step::Asking { query, what, until };
    }

    pub(super) fn served(
        &mut self,
        now: Instant,
        query: u64,
        answer: Result<Option<Date>, Refusal>,
        out: &mut Vec<Output>,
    ) {
        let printer = self.parts.printer;
        let Some(visit) = &mut self.visit else { return };
        let Step::Asking { query: asked, what, .. } = visit.step else { return };
        if asked != query || what == Asked::Check {
            return;
        }
        visit.last_sign = now;
        match answer {
            Err(why) => visit.refuse(now, why, Money::None, None),
            // The lost card is locked; the next one may be made.
            Ok(_) if what == Asked::Loss => {
                if let Some(holder) = &mut visit.said.standing.holder {
                    holder.state = HolderState::Lost;
                }
                self.open(now, out);
            }
            Ok(until) => {
                let holder = visit.said.standing.holder.take();
                visit.step = Step::Done(Ended {
                    card: holder.as_ref().map(|it| it.card.masked()).unwrap_or_default(),
                    valid_until: until.or_else(|| holder.and_then(|it| it.valid_until)),
                    paid: Amount::default(),
                    on_phone: false,
                    number: None,
                    receipt: Receipt::Offered { printer },
                });
                visit.said = super::visit::Said::default();
            }
        }
    }

    /// All is said: a card is to be issued, if one comes out; else one for the phone is offered.
    pub(super) fn open(&mut self, now: Instant, out: &mut Vec<Output>) {
        match self.no_cards() {
            None => self.open_on(now, Medium::Card, out),
            Some(why) => {
                if let Some(visit) = &mut self.visit {
                    visit.last_sign = now;
                    visit.step = Step::OnPhone { why };
                }
            }
        }
    }

    /// Has an id made for the card.
    pub(super) fn open_on(&mut self, now: Instant, medium: Medium, out: &mut Vec<Output>) {
        let (online, until) = (self.parts.online, now + self.rules.answer);
        if let Some(visit) = &mut self.visit {
            if !online {
                return visit.refuse(now, Refusal::CentralSilent, Money::None, None);
            }
            visit.step = Step::Opening { medium, until };
            out.push(Output::NewId);
        }
    }

    /// Why no card comes out.
    fn no_cards(&self) -> Option<Refusal> {
        // The card of who came before is still in the way.
        if self.jobs.iter().any(Job::has_card) {
            return Some(Refusal::NoDispenser);
        }
        match self.parts.cards {
            Cards::Ready => None,
            Cards::Empty => Some(Refusal::Empty),
            Cards::Down => Some(Refusal::NoDispenser),
        }
    }
}

const fn problem_of(fault: IdentityFault) -> IdentityProblem {
    match fault {
        IdentityFault::Moved => IdentityProblem::Moved,
        IdentityFault::WrongKind => IdentityProblem::WrongKind,
        IdentityFault::Forged => IdentityProblem::Forged,
        IdentityFault::Unreadable => IdentityProblem::Unreadable,
        IdentityFault::Foreign => IdentityProblem::Foreign,
    }
}

/// Why an identity card that was read is not the one that is wanted.
fn unfit(
    person: &Identity,
    whose: Whose,
    guardian: Option<&Identity>,
    rules: &Rules,
    parts: &Parts,
) -> Option<IdentityProblem> {
    let age = person.age_on(parts.today);
    match whose {
        _ if !person.is_valid_on(parts.today) => Some(IdentityProblem::Expired),
        Whose::Guardian if age < rules.adult_from => Some(IdentityProblem::GuardianYoung),
        Whose::Child if guardian.is_some_and(|it| it.number == person.number) => {
            Some(IdentityProblem::SamePerson)
        }
        Whose::Child if age >= rules.child_below => Some(IdentityProblem::NoChild),
        Whose::Own | Whose::Guardian | Whose::Child => None,
    }
}
