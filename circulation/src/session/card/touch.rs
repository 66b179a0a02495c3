//! What is touched at the desk, and what follows from it.

use std::time::Instant;

use crate::identity::{Identity, Secret};
use crate::issue::{Answer, Input as Issue, Medium, Row};
use crate::keyboard::{self, Edit, Key, Keyboard};
use crate::patron::Pin;
use crate::screen::{
    CardService, CardTouch, HolderState, IdentityProblem, Layout, Money, PinProblem, Printer, Receipt,
    Refusal, Touch, Whose,
};

use super::Desk;
use super::io::{CardPaper, Output};
use super::visit::{Asked, Ended, Step, Visit};

impl Desk {
    pub(super) fn touched(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        let Some(visit) = &mut self.visit else { return };
        visit.last_sign = now;
        match touch {
            Touch::Cancel | Touch::Finish => self.leave(now, out),
            Touch::Back => self.back(now, out),
            Touch::Card(touch) => self.chosen(now, touch, out),
            Touch::Open(at) => {
                if matches!(visit.step, Step::Types)
                    && let Some(kind) = visit.said.choices.get(at)
                {
                    visit.said.chosen = Some(kind.clone());
                    visit.step = Step::Phone { wrong: false };
                }
            }
            Touch::Print => visit.print(out),
            Touch::Enter => self.entered(now, out),
            Touch::Key(key) => visit.key(key),
            Touch::Erase => visit.erase(),
            Touch::Candidate(at) => visit.press(Key::Choose(at)),
            Touch::Candidates { next: true } => visit.press(Key::NextPage),
            Touch::Candidates { next: false } => visit.press(Key::PreviousPage),
            Touch::Layout(layout) => visit.press(Key::Switch(of_screen(layout))),
            // A sign of life it is all the same.
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
            | Touch::Turn { .. }
            | Touch::OnlyHere(_)
            | Touch::Only(_)
            | Touch::Reserve
            | Touch::Renew(_)
            | Touch::RenewAll
            | Touch::CancelHold(_)
            | Touch::KeepHold
            | Touch::Code
            | Touch::More
            | Touch::Corner(_)
            | Touch::Stocktake(_)
            | Touch::Staff(_) => {}
        }
    }

    /// Whoever leaves in the middle of what moves is not heard; whoever leaves before paying, or does not want the code,
    /// is.
    fn leave(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(visit) = &self.visit else { return };
        match &visit.step {
            Step::Issuing { id, medium, .. } => {
                let (id, medium) = (*id, *medium);
                match (self.job(id).map(|job| job.row()), medium) {
                    (Some(Row::Paying), _) => {
                        self.acted(now, id, Issue::Paid(Answer::Refused), Some(Refusal::NotPaid), out);
                    }
                    (Some(Row::Presenting), Medium::Phone) => {
                        self.acted(now, id, Issue::NotTaken, Some(Refusal::NotTaken), out);
                    }
                    (_, Medium::Card | Medium::Phone) => {}
                }
            }
            // A lost card is being locked: what comes of it is shown.
            Step::Asking { what: Asked::Renew | Asked::Loss | Asked::Pin, .. } | Step::Opening { .. } => {}
            Step::Menu
            | Step::Consent
            | Step::Identity { .. }
            | Step::Name { .. }
            | Step::Number { .. }
            | Step::Asking { .. }
            | Step::HasCard
            | Step::Types
            | Step::Phone { .. }
            | Step::Pin { .. }
            | Step::PinAgain { .. }
            | Step::OnPhone { .. }
            | Step::Confirm
            | Step::Refused { .. }
            | Step::Done(_) => self.visit = None,
        }
    }

    fn back(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(visit) = &mut self.visit else { return };
        let is_new = visit.service == CardService::New;
        visit.step = match &visit.step {
            Step::Consent => Step::Menu,
            Step::Name { .. } | Step::Number { .. } => Step::Identity { whose: Whose::Child, problem: None },
            Step::Phone { .. } => Step::Types,
            Step::Pin { .. } if is_new => Step::Phone { wrong: false },
            Step::PinAgain { .. } => Step::Pin { typed: Pin::default(), problem: None },
            Step::Menu
            | Step::Identity { .. }
            | Step::Asking { .. }
            | Step::HasCard
            | Step::Types
            | Step::Pin { .. }
            | Step::OnPhone { .. }
            | Step::Confirm
            | Step::Opening { .. }
            | Step::Issuing { .. }
            | Step::Refused { .. }
            | Step::Done(_) => return self.leave(now, out),
        };
    }

    fn chosen(&mut self, now: Instant, touch: CardTouch, out: &mut Vec<Output>) {
        let has_reader = self.parts.identity;
        let online = self.parts.online;
        let Some(visit) = &mut self.visit else { return };
        let is_lost = visit.holds(HolderState::Lost);
        match (&mut visit.step, touch) {
            (Step::Menu, CardTouch::Service(_)) if !online => {
                visit.refuse(now, Refusal::CentralSilent, Money::None, None);
            }
            (Step::Menu, CardTouch::Service(_)) if !has_reader => {
                visit.refuse(now, Refusal::NoIdReader, Money::None, None);
            }
            (Step::Menu, CardTouch::Service(service)) => {
                visit.service = service;
                visit.step = Step::Consent;
            }
            (Step::Consent, CardTouch::Agree) => {
                visit.step = Step::Identity { whose: Whose::Own, problem: None };
            }
            (Step::Identity { whose: whose @ Whose::Own, problem }, CardTouch::ForChild)
                if visit.service == CardService::New =>
            {
                (*whose, *problem) = (Whose::Guardian, None);
            }
            (Step::Identity { whose: Whose::Child, .. }, CardTouch::TypeChild) => {
                let keyboard = Keyboard::new(keyboard::Layout::Pinyin, CANDIDATES);
                visit.step = Step::Name { keyboard, name: Secret::default() };
            }
            (Step::Refused { why: Refusal::ChildAlone, .. }, CardTouch::Guardian) => {
                visit.step = Step::Identity { whose: Whose::Guardian, problem: None };
            }
            (
                Step::HasCard,
                CardTouch::Service(service @ (CardService::Renew | CardService::Replace | CardService::Pin)),
            ) => {
                visit.service = service;
                self.stands(now);
            }
            (Step::Confirm, CardTouch::Confirm) => match visit.service {
                CardService::Renew => self.serve(now, Asked::Renew, out),
                CardService::Replace if is_lost => self.open(now, out),
                CardService::Replace => self.serve(now, Asked::Loss, out),
                CardService::New | CardService::Pin => {}
            },
            (Step::OnPhone { .. }, CardTouch::OnPhone) => self.open_on(now, Medium::Phone, out),
            (Step::Refused { ways, .. }, CardTouch::OnPhone) if ways.phone => {
                self.open_on(now, Medium::Phone, out);
            }
            (Step::Issuing { id, medium: Medium::Phone, .. }, CardTouch::HaveIt) => {
                let id = *id;
                self.acted(now, id, Issue::Taken, None, out);
            }
            (
                Step::Menu
                | Step::Consent
                | Step::Identity { .. }
                | Step::Name { .. }
                | Step::Number { .. }
                | Step::Asking { .. }
                | Step::HasCard
                | Step::Types
                | Step::Phone { .. }
                | Step::Pin { .. }
                | Step::PinAgain { .. }
                | Step::OnPhone { .. }
                | Step::Confirm
                | Step::Opening { .. }
                | Step::Issuing { .. }
                | Step::Refused { .. }
                | Step::Done(_),
                _,
            ) => {}
        }
    }

    /// "Enter": the end of what is typed.
    fn entered(&mut self, now: Instant, out: &mut Vec<Output>) {
        let (child_below, today) = (self.rules.child_below, self.parts.today);
        let Some(visit) = &mut self.visit else { return };
        match &mut visit.step {
            Step::Name { keyboard, name } => {
                if !keyboard.view().composition.is_empty() {
                    visit.press(Key::Confirm);
                } else if !name.is_empty() {
                    let name = core::mem::take(name);
                    visit.step = Step::Number { name, typed: Secret::default(), wrong: false };
                }
            }
            Step::Number { name, typed, wrong } => match Identity::typed(name, typed) {
                None => *wrong = true,
                Some(child) if child.age_on(today) >= child_below => {
                    let problem = Some(IdentityProblem::NoChild);
                    visit.step = Step::Identity { whose: Whose::Child, problem };
                }
                Some(child) => {
                    visit.said.identity = Some(child);
                    self.check(now, out);
                }
            },
            Step::Phone { wrong } => {
                if is_phone(visit.said.phone.expose()) {
                    visit.step = Step::Pin { typed: Pin::default(), problem: None };
                } else {
                    *wrong = true;
                }
            }
            Step::Pin { typed, problem } => match weakness(typed) {
                Some(why) => *problem = Some(why),
                None => {
                    let first = core::mem::take(typed);
                    visit.step = Step::PinAgain { first, typed: Pin::default() };
                }
            },
            Step::PinAgain { first, typed } if first == typed => {
                visit.said.pin = core::mem::take(typed);
                match visit.service {
                    CardService::Pin => self.serve(now, Asked::Pin, out),
                    CardService::New | CardService::Renew | CardService::Replace => self.open(now, out),
                }
            }
            Step::PinAgain { .. } => {
                visit.step = Step::Pin { typed: Pin::default(), problem: Some(PinProblem::Differs) };
            }
            Step::Menu
            | Step::Consent
            | Step::Identity { .. }
            | Step::Asking { .. }
            | Step::HasCard
            | Step::Types
            | Step::OnPhone { .. }
            | Step::Confirm
            | Step::Opening { .. }
            | Step::Issuing { .. }
            | Step::Refused { .. }
            | Step::Done(_) => {}
        }
    }
}

impl Visit {
    fn key(&mut self, key: char) {
        match &mut self.step {
            Step::Name { .. } => self.press(Key::Character(key)),
            Step::Number { typed, wrong, .. } => {
                let key = key.to_ascii_uppercase();
                if (key.is_ascii_digit() || key == 'X') && typed.len() < NUMBER {
                    *wrong = false;
                    typed.push(key);
                }
            }
            Step::Phone { wrong } => {
                if key.is_ascii_digit() && self.said.phone.len() < PHONE {
                    *wrong = false;
                    self.said.phone.push(key);
                }
            }
            Step::Pin { typed, problem } => {
                if key.is_ascii_digit() && typed.len() < PIN_MAX {
                    *problem = None;
                    typed.push(key);
                }
            }
            Step::PinAgain { typed, .. } => {
                if key.is_ascii_digit() && typed.len() < PIN_MAX {
                    typed.push(key);
                }
            }
            Step::Menu
            | Step::Consent
            | Step::Identity { .. }
            | Step::Asking { .. }
            | Step::HasCard
            | Step::Types
            | Step::OnPhone { .. }
            | Step::Confirm
            | Step::Opening { .. }
            | Step::Issuing { .. }
            | Step::Refused { .. }
            | Step::Done(_) => {}
        }
    }

    fn erase(&mut self) {
        match &mut self.step {
            Step::Name { .. } => self.press(Key::Delete),
            Step::Number { typed, .. } => typed.erase(),
            Step::Phone { .. } => self.said.phone.erase(),
            Step::Pin { typed, .. } | Step::PinAgain { typed, .. } => typed.erase(),
            Step::Menu
            | Step::Consent
            | Step::Identity { .. }
            | Step::Asking { .. }
            | Step::HasCard
            | Step::Types
            | Step::OnPhone { .. }
            | Step::Confirm
            | Step::Opening { .. }
            | Step::Issuing { .. }
            | Step::Refused { .. }
            | Step::Done(_) => {}
        }
    }

    /// A key of the keyboard that writes the child's name.
    fn press(&mut self, key: Key) {
        let Step::Name { keyboard, name } = &mut self.step else { return };
        match keyboard.press(key) {
            Some(Edit::Insert(text)) => {
                let room = NAME.saturating_sub(name.len());
                text.chars().take(room).for_each(|character| name.push(character));
            }
            Some(Edit::DeleteLast) => name.erase(),
            Some(Edit::Clear) => *name = Secret::default(),
            None => {}
        }
    }

    fn print(&mut self, out: &mut Vec<Output>) {
        let paper = match &self.step {
            Step::Done(Ended { card, valid_until, paid, number, .. }) => CardPaper {
                service: self.service,
                card: Some(card.clone()),
                valid_until: *valid_until,
                amount: *paid,
                number: *number,
                is_voucher: false,
            },
            Step::Refused { amount, number, .. } => CardPaper {
                service: self.service,
                card: None,
                valid_until: None,
                amount: *amount,
                number: *number,
                is_voucher: true,
            },
            Step::Menu
            | Step::Consent
            | Step::Identity { .. }
            | Step::Name { .. }
            | Step::Number { .. }
            | Step::Asking { .. }
            | Step::HasCard
            | Step::Types
            | Step::Phone { .. }
            | Step::Pin { .. }
            | Step::PinAgain { .. }
            | Step::OnPhone { .. }
            | Step::Confirm
            | Step::Opening { .. }
            | Step::Issuing { .. } => return,
        };
        if let Step::Done(Ended { receipt, .. }) | Step::Refused { receipt, .. } = &mut self.step
            && *receipt == (Receipt::Offered { printer: Printer::Ready })
        {
            *receipt = Receipt::Printing;
            out.push(Output::Print(paper));
        }
    }
}

/// A mobile telephone number of mainland China: eleven digits.
fn is_phone(text: &str) -> bool {
    let starts =
        text.starts_with('1') && text.chars().nth(1).is_some_and(|second| ('3'..='9').contains(&second));
    starts && text.len() == PHONE
}

/// Why a password is not taken.
fn weakness(pin: &Pin) -> Option<PinProblem> {
    let digits = pin.as_str().as_bytes();
    if digits.len() < PIN_MIN {
        return Some(PinProblem::Short);
    }
    let step =
        |by: i16| digits.windows(2).all(|pair| matches!(pair, [a, b] if i16::from(*b) - i16::from(*a) == by));
    (step(0) || step(1) || step(-1)).then_some(PinProblem::Weak)
}

const fn of_screen(layout: Layout) -> keyboard::Layout {
    match layout {
        Layout::Pinyin => keyboard::Layout::Pinyin,
        Layout::Letters => keyboard::Layout::Letters,
        Layout::Digits => keyboard::Layout::Digits,
    }
}

/// Candidates of the keyboard on one page.
const CANDIDATES: usize = 8;
/// The longest name, in characters.
const NAME: usize = 30;
/// Length of a number of an identity card.
const NUMBER: usize = 18;
/// Length of a telephone number.
const PHONE: usize = 11;
/// Shortest and longest password: openlib wants six characters.
const PIN_MIN: usize = 6;
const PIN_MAX: usize = 12;
