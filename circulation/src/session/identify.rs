//! Asking who is here: a card on the pad, or a number and password typed.
//!
//! Invariant: what was typed lives only in this value, which is dropped with the page.

use std::time::Instant;

use crate::id::PatronId;
use crate::patron::Pin;
use crate::screen::{Entry, Identify, Touch, Wish};
use crate::transaction::Reason;

use super::Settings;
use super::find::Finding;
use super::visit::{countdown, next_countdown};

#[derive(Debug)]
pub(super) struct Identifying {
    ask: Ask,
    wish: Wish,
    /// what was found, if it is to be reserved
    found: Option<Box<Finding>>,
    last_sign: Instant,
    problem: Option<Reason>,
    /// wrong passwords since the page opened
    n_wrong: u8,
}

#[derive(Debug)]
enum Ask {
    Card,
    Number {
        typed: String,
    },
    Pin {
        patron: PatronId,
        pin: Pin,
    },
    /// Central is being asked.
    Busy {
        query: u64,
        patron: PatronId,
    },
}

/// The longest card number that can be typed, in characters.
const MAX_NUMBER: usize = 20;
/// Wrong passwords after which the card is wanted anew.
const MAX_WRONG: u8 = 3;

impl Identifying {
    pub(super) const fn new(now: Instant, wish: Wish) -> Self {
        Self { ask: Ask::Card, wish, found: None, last_sign: now, problem: None, n_wrong: 0 }
    }

    /// Asks for whom a title is to be reserved.
    pub(super) fn for_title(now: Instant, found: Finding) -> Self {
        Self { found: Some(Box::new(found)), ..Self::new(now, Wish::Reserve) }
    }

    /// What was found, if it is to be reserved; only once.
    pub(super) fn take_found(&mut self) -> Option<Finding> {
        self.found.take().map(|found| *found)
    }

    pub(super) const fn wish(&self) -> Wish {
        self.wish
    }

    pub(super) const fn touched_at(&mut self, now: Instant) {
        self.last_sign = now;
    }

    pub(super) fn ask_pin(&mut self, now: Instant, patron: PatronId) {
        self.last_sign = now;
        self.ask = Ask::Pin { patron, pin: Pin::default() };
    }

    /// Takes a touch. Gives the card and password once both are there.
    pub(super) fn touched(&mut self, now: Instant, touch: Touch) -> Option<(PatronId, Pin)> {
        self.last_sign = now;
        match (&mut self.ask, touch) {
            (Ask::Card, Touch::TypeNumber) => {
                self.problem = None;
                self.ask = Ask::Number { typed: String::new() };
            }
            (Ask::Number { typed }, Touch::Key(key))
                if typed.len() < MAX_NUMBER && key.is_ascii_graphic() =>
            {
                self.problem = None;
                typed.push(key.to_ascii_uppercase());
            }
            (Ask::Number { typed }, Touch::Erase) => {
                typed.pop();
            }
            (Ask::Number { typed }, Touch::Enter) => match PatronId::parse(typed) {
                Ok(patron) => self.ask = Ask::Pin { patron, pin: Pin::default() },
                Err(_) => self.problem = Some(Reason::PatronUnknown),
            },
            (Ask::Pin { pin, .. }, Touch::Key(key)) => pin.push(key),
            (Ask::Pin { pin, .. }, Touch::Erase) => pin.erase(),
            (Ask::Pin { patron, pin }, Touch::Enter) if !pin.is_empty() => {
                return Some((patron.clone(), core::mem::take(pin)));
            }
            (Ask::Card | Ask::Number { .. } | Ask::Pin { .. } | Ask::Busy { .. }, _) => {}
        }
        None
    }

    pub(super) fn asking(&mut self, now: Instant, query: u64, patron: PatronId) {
        self.last_sign = now;
        self.problem = None;
        self.ask = Ask::Busy { query, patron };
    }

    /// Central is being asked.
    pub(super) const fn is_busy(&self) -> bool {
        matches!(self.ask, Ask::Busy { .. })
    }

    pub(super) fn is_asking(&self, query: u64) -> bool {
        matches!(self.ask, Ask::Busy { query: asked, .. } if asked == query)
    }

    pub(super) fn failed(&mut self, now: Instant, reason: Reason) {
        self.last_sign = now;
        self.n_wrong = self.n_wrong.saturating_add(u8::from(reason == Reason::WrongPin));
        let again = reason == Reason::WrongPin && self.n_wrong < MAX_WRONG;
        self.problem = Some(reason);
        self.ask = match core::mem::replace(&mut self.ask, Ask::Card) {
            // Only the password is typed again; after some tries the card is wanted anew.
            Ask::Busy { patron, .. } if again => Ask::Pin { patron, pin: Pin::default() },
            Ask::Busy { .. } | Ask::Card | Ask::Number { .. } | Ask::Pin { .. } => Ask::Card,
        };
    }

    pub(super) fn is_over(&self, now: Instant, settings: &Settings) -> bool {
        self.last_sign + settings.idle <= now
    }

    pub(super) fn next_tick(&self, now: Instant, settings: &Settings) -> Option<Instant> {
        next_countdown(now, self.last_sign, settings)
    }

    pub(super) fn page(&self, now: Instant, n_waiting: usize, settings: &Settings) -> Identify {
        let entry = match &self.ask {
            Ask::Card | Ask::Busy { .. } => Entry::Card,
            Ask::Number { typed } => Entry::Number { masked: mask_typed(typed) },
            Ask::Pin { pin, .. } => Entry::Pin { len: pin.len() },
        };
        Identify {
            entry,
            wish: self.wish,
            n_waiting,
            busy: matches!(self.ask, Ask::Busy { .. }),
            problem: self.problem.clone(),
            seconds_left: countdown(now, self.last_sign, settings),
        }
    }
}

/// While it is typed, the last four characters have to be seen.
fn mask_typed(typed: &str) -> String {
    let n = typed.chars().count();
    let shown: String = typed.chars().skip(n.saturating_sub(4)).collect();
    if n <= 4 { shown } else { format!("{}{shown}", "*".repeat(n.saturating_sub(4))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::mask_number;

    #[test]
    fn typing_shows_the_last_four_characters_only() {
        assert_eq!(mask_typed("LW20"), "LW20");
        assert_eq!(mask_typed("LW20260001"), "******0001");
        assert_eq!(mask_number("LW20260001", 2), "****01");
    }
}
