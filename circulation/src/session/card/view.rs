//! The desk as a page: total, and the only place that makes one. Names and numbers are masked here.

use std::time::Instant;

use crate::identity::Secret;
use crate::issue::{Medium, Row};
use crate::keyboard::{self, Keyboard};
use crate::screen::{Card, CardChoice, CardStep, HolderState, Keys, Layout, PayCode, Work};

use super::visit::{Step, Visit};
use super::{Desk, Rules};

impl Desk {
    /// The page as it is to be shown now; none while nobody stands here.
    #[must_use]
    pub fn page(&self, now: Instant) -> Option<Card> {
        let visit = self.visit.as_ref()?;
        let step = match &visit.step {
            Step::Menu => CardStep::Menu { cards: self.parts.cards },
            Step::Issuing { codes, .. } => self.issuing(codes),
            Step::Consent
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
            | Step::Done(_) => page(visit, &self.rules),
        };
        Some(Card { service: visit.service, step, seconds_left: visit.seconds_left(now, &self.rules) })
    }

    /// What a card that is being issued looks like.
    fn issuing(&self, codes: &[PayCode]) -> CardStep {
        let Some(job) = self.visit_job() else { return CardStep::Working(Work::Reserving) };
        match (job.row(), job.medium) {
            // Nothing may be paid before its row is on the disk.
            (Row::Paying, _) if job.is_kept() => CardStep::Pay { amount: job.fee, codes: codes.to_vec() },
            (Row::Presenting, Medium::Card) if job.is_kept() => CardStep::Take,
            (Row::Presenting, Medium::Phone) if job.is_kept() => {
                let ticket = job.reserved.as_ref().and_then(|it| it.ticket.clone());
                CardStep::ForPhone { code: ticket.unwrap_or_default() }
            }
            (Row::Reserving | Row::Paying, _) | (Row::Presenting, Medium::Phone) => {
                CardStep::Working(Work::Reserving)
            }
            (Row::Feeding, _) => CardStep::Working(Work::Feeding),
            (Row::Writing | Row::Presenting | Row::Confirming | Row::Done, _) => {
                CardStep::Working(Work::Writing)
            }
            (Row::Undoing(_) | Row::Undone { .. }, _) => CardStep::Working(Work::Undoing),
        }
    }
}

fn page(visit: &Visit, rules: &Rules) -> CardStep {
    match &visit.step {
        Step::Consent => CardStep::Consent { version: rules.consent },
        Step::Identity { whose, problem } => CardStep::Identity { whose: *whose, problem: *problem },
        Step::Name { keyboard, name } => CardStep::Name { masked: typed(name, 1), keys: keys(keyboard) },
        Step::Number { typed: number, wrong, .. } => {
            CardStep::Number { masked: typed(number, 4), wrong: *wrong }
        }
        Step::Asking { .. } => CardStep::Asking,
        Step::HasCard => {
            let holder = visit.said.standing.holder.as_ref();
            CardStep::HasCard {
                card: holder.map(|it| it.card.masked()).unwrap_or_default(),
                state: holder.map_or(HolderState::Valid, |it| it.state),
            }
        }
        Step::Types => types(visit),
        Step::Phone { wrong } => CardStep::Phone { masked: typed(&visit.said.phone, 4), wrong: *wrong },
        Step::Pin { typed, problem } => CardStep::Pin { len: typed.len(), again: false, problem: *problem },
        Step::PinAgain { typed, .. } => CardStep::Pin { len: typed.len(), again: true, problem: None },
        Step::OnPhone { why } => CardStep::OnPhone { why: why.clone() },
        Step::Confirm => {
            let holder = visit.said.standing.holder.as_ref();
            CardStep::Confirm {
                card: holder.map(|it| it.card.masked()).unwrap_or_default(),
                valid_until: holder.and_then(|it| it.valid_until),
            }
        }
        Step::Refused { why, money, ways, number, receipt, .. } => CardStep::Refused {
            why: why.clone(),
            money: *money,
            ways: *ways,
            number: *number,
            receipt: *receipt,
        },
        Step::Done(ended) => CardStep::Done {
            card: ended.card.clone(),
            valid_until: ended.valid_until,
            paid: ended.paid,
            on_phone: ended.on_phone,
            number: ended.number,
            receipt: ended.receipt,
        },
        Step::Menu | Step::Opening { .. } | Step::Issuing { .. } => CardStep::Working(Work::Reserving),
    }
}

fn types(visit: &Visit) -> CardStep {
    let (name, number) = visit.said.identity.as_ref().map(|it| it.masked()).unwrap_or_default();
    let choice = |kind: &crate::card_type::CardType| CardChoice {
        name: kind.name.clone(),
        fee: kind.fee,
        security: kind.security,
        lends: kind.lends,
    };
    CardStep::Types { name, number, choices: visit.said.choices.iter().map(choice).collect() }
}

/// While it is typed, the last characters have to be seen.
fn typed(text: &Secret, shown: usize) -> String {
    let hidden = text.len().saturating_sub(shown);
    let mut masked = "*".repeat(hidden);
    masked.extend(text.expose().chars().skip(hidden));
    masked
}

fn keys(keyboard: &Keyboard) -> Keys {
    let view = keyboard.view();
    Keys {
        layout: match view.layout {
            keyboard::Layout::Pinyin => Layout::Pinyin,
            keyboard::Layout::Letters => Layout::Letters,
            keyboard::Layout::Digits => Layout::Digits,
        },
        composition: view.composition,
        candidates: view.candidates,
        before: view.has_previous,
        after: view.has_next,
    }
}
