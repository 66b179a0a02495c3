//! One visit to the desk: how far it is, and what was said so far.

use std::time::{Duration, Instant};

use jiff::civil::Date;

use crate::card_type::CardType;
use crate::id::TransactionId;
use crate::identity::{Identity, Secret};
use crate::issue::Medium;
use crate::keyboard::Keyboard;
use crate::money::Amount;
use crate::patron::Pin;
use crate::screen::{
    CardService, HolderState, IdentityProblem, Money, PayCode, PinProblem, Printer, Receipt, Refusal, Ways,
    Whose,
};
use crate::session::Printout;

use super::io::{Application, Rules, Standing};
use super::job::Job;

/// A visit. All that is known of who stands here is in this value, and dropped with it.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) service: CardService,
    pub(super) step: Step,
    pub(super) said: Said,
    pub(super) last_sign: Instant,
}

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// who gets the card
    pub(super) identity: Option<Identity>,
    /// a child's guardian
    pub(super) guardian: Option<Identity>,
    /// what central knows
    pub(super) standing: Standing,
    /// the kinds that can be had, in the order of the page
    pub(super) choices: Vec<CardType>,
    pub(super) chosen: Option<CardType>,
    pub(super) phone: Secret,
    pub(super) pin: Pin,
}

#[derive(Debug)]
pub(super) enum Step {
    Menu,
    Consent,
    Identity {
        whose: Whose,
        problem: Option<IdentityProblem>,
    },
    Name {
        keyboard: Keyboard,
        name: Secret,
    },
    Number {
        name: Secret,
        typed: Secret,
        wrong: bool,
    },
    Asking {
        query: u64,
        what: Asked,
        until: Instant,
    },
    HasCard,
    Types,
    Phone {
        wrong: bool,
    },
    Pin {
        typed: Pin,
        problem: Option<PinProblem>,
    },
    PinAgain {
        first: Pin,
        typed: Pin,
    },
    OnPhone {
        why: Refusal,
    },
    Confirm,
    /// An id is being made.
    Opening {
        medium: Medium,
        until: Instant,
    },
    Issuing {
        id: TransactionId,
        medium: Medium,
        /// by which it is paid
        codes: Vec<PayCode>,
        /// why it failed
        why: Option<Refusal>,
    },
    Refused {
        why: Refusal,
        money: Money,
        ways: Ways,
        number: Option<TransactionId>,
        /// what is owed, if anything is
        amount: Amount,
        receipt: Receipt,
    },
    Done(Ended),
}

/// What central is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Check,
    Renew,
    Loss,
    Pin,
}

/// The last page: of the reader, the masked card alone.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) card: String,
    pub(super) valid_until: Option<Date>,
    pub(super) paid: Amount,
    pub(super) on_phone: bool,
    pub(super) number: Option<TransactionId>,
    pub(super) receipt: Receipt,
}

impl Visit {
    pub(super) fn new(now: Instant) -> Self {
        Self { service: CardService::New, step: Step::Menu, said: Said::default(), last_sign: now }
    }

    /// The card that is being issued.
    pub(super) const fn issuing(&self) -> Option<TransactionId> {
        match &self.step {
            Step::Issuing { id, .. } => Some(*id),
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
            | Step::Refused { .. }
            | Step::Done(_) => None,
        }
    }

    /// What the card costs.
    pub(super) fn fee(&self) -> Amount {
        match self.service {
            CardService::Replace => self.said.standing.replacement,
            CardService::New => self.said.chosen.as_ref().map_or_else(Amount::default, CardType::due),
            CardService::Renew | CardService::Pin => Amount::default(),
        }
    }

    /// What central gets with the wish, while it is this one's card.
    pub(super) fn application(&self, id: TransactionId, rules: &Rules) -> Option<Application> {
        let Step::Issuing { id: shown, medium, .. } = &self.step else { return None };
        let identity = self.said.identity.clone().filter(|_| *shown == id)?;
        let holder = self.said.standing.holder.as_ref();
        let replaces = holder.filter(|_| self.service == CardService::Replace).map(|it| it.card.clone());
        Some(Application {
            identity,
            guardian: self.said.guardian.clone(),
            replaces,
            kind: self.said.chosen.as_ref().map(|kind| kind.code.clone()),
            phone: self.said.phone.clone(),
            pin: self.said.pin.clone(),
            consent: rules.consent,
            medium: *medium,
        })
    }

    /// It is not done.
    pub(super) fn refuse(&mut self, now: Instant, why: Refusal, money: Money, job: Option<&Job>) {
        self.last_sign = now;
        // What is still being taken back at central would be taken for a card that is there already.
        let is_free = job.is_none_or(|job| job.is_over() && !job.is_lost);
        let ways = Ways { phone: is_free && is_mechanical(&why), guardian: why == Refusal::ChildAlone };
        let (number, amount) = job.map_or_else(|| (None, Amount::default()), |job| (Some(job.id), job.fee));
        self.step = Step::Refused { why, money, ways, number, amount, receipt: Receipt::Nothing };
    }

    /// Offers the voucher on paper.
    pub(super) fn offer(&mut self, is_voucher: bool, printer: Printer) {
        if let Step::Refused { receipt, .. } = &mut self.step
            && is_voucher
        {
            *receipt = Receipt::Offered { printer };
        }
    }

    /// The card was taken.
    pub(super) fn done(&mut self, now: Instant, job: &Job, printer: Printer) {
        self.last_sign = now;
        let reserved = job.reserved.as_ref();
        self.step = Step::Done(Ended {
            card: reserved.map(|it| it.card.masked()).unwrap_or_default(),
            valid_until: reserved.and_then(|it| it.valid_until),
            paid: job.fee,
            on_phone: job.medium == Medium::Phone,
            number: Some(job.id),
            receipt: Receipt::Offered { printer },
        });
        self.said = Said::default();
    }

    pub(super) fn printed(&mut self, now: Instant, printout: Printout) {
        let (Step::Done(Ended { receipt, .. }) | Step::Refused { receipt, .. }) = &mut self.step else {
            return;
        };
        if *receipt == Receipt::Printing {
            self.last_sign = now;
            *receipt = match printout {
                Printout::Whole => Receipt::Printed,
                Printout::NoPaper => Receipt::NoPaper,
                Printout::Failed => Receipt::NotPrinted,
            };
        }
    }

    /// Ends what central or the shell have left unanswered.
    pub(super) fn expire(&mut self, now: Instant, rules: &Rules) {
        match self.step {
            Step::Asking { until, .. } if until <= now => {
                self.refuse(now, Refusal::CentralSilent, Money::None, None);
            }
            Step::Opening { until, .. } if until <= now => {
                self.refuse(now, Refusal::LedgerDown, Money::None, None);
            }
            // The card that was being issued is followed by its own deadlines.
            Step::Issuing { .. } => self.last_sign = now,
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
            | Step::Refused { .. }
            | Step::Done(_) => {}
        }
        debug_assert!(rules.warn <= rules.idle, "a countdown is no longer than what it counts down");
    }

    /// Whether somebody is waited for, rather than central or a part.
    const fn waits_for_somebody(&self) -> bool {
        !matches!(self.step, Step::Asking { .. } | Step::Opening { .. } | Step::Issuing { .. })
    }

    pub(super) fn is_over(&self, now: Instant, rules: &Rules) -> bool {
        self.waits_for_somebody() && self.last_sign + rules.idle <= now
    }

    pub(super) fn next_tick(&self, now: Instant, rules: &Rules) -> Option<Instant> {
        if let Step::Asking { until, .. } | Step::Opening { until, .. } = self.step {
            return Some(until);
        }
        if !self.waits_for_somebody() {
            return None;
        }
        let left = (self.last_sign + rules.idle).saturating_duration_since(now);
        if left > rules.warn {
            return Some(now + (left - rules.warn));
        }
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
        Some(now + if part.is_zero() { Duration::from_secs(1) } else { part })
    }

    /// Seconds until the page closes by itself, once it is soon.
    pub(super) fn seconds_left(&self, now: Instant, rules: &Rules) -> Option<u16> {
        let left = (self.last_sign + rules.idle).saturating_duration_since(now);
        let is_soon = self.waits_for_somebody() && left <= rules.warn;
        is_soon.then(|| u16::try_from(left.as_millis().div_ceil(1000)).ok()).flatten()
    }

    /// Whether the card that there is already is in a state.
    pub(super) fn holds(&self, state: HolderState) -> bool {
        self.said.standing.holder.as_ref().is_some_and(|holder| holder.state == state)
    }
}

/// Whether a card for the phone would come out all the same.
const fn is_mechanical(why: &Refusal) -> bool {
    match why {
        Refusal::Jam | Refusal::Empty | Refusal::NoDispenser | Refusal::NotWritten => true,
        Refusal::CentralSilent
        | Refusal::NoIdReader
        | Refusal::ChildAlone
        | Refusal::HasCard
        | Refusal::NoCard
        | Refusal::Locked
        | Refusal::NoType
        | Refusal::PhoneTaken
        | Refusal::NotRenewed
        | Refusal::Closed
        | Refusal::NotTaken
        | Refusal::NotPaid
        | Refusal::LedgerDown
        | Refusal::Declined(_) => false,
    }
}
