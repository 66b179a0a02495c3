//! A row of the ledger: one transaction, its state, and the steps it may take.
//!
//! ```text
//!            granted ──▶ settled                     settled and assumed: still to be told
//!          ╱    │  ╲                                   │ told ▶ closed    │ parked (central declines the fact)
//!   asked ── declined ╲
//!     │ ╲       │      ▶ reversing ──▶ reversed
//!     │  assumed ─────╱      │                         │
//!     ╰─ doubt ──▶ settled | declined | reversing      ╰ every open state but asked ──▶ parked (staff)
//!                                                      parked ──told──▶ closed, ──retried──▶ doubt or settled
//! ```
//!
//! **Rule**: [`Standing::after`] is the only place that knows which step is legal; an illegal step changes nothing.
//! A row is closed when nobody is owed anything for it; from then on it holds no patron number.

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Grant, Reason};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::wire::code;

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Durable, perhaps sent, not answered.
    Asked,
    /// Done at central; the tag is not verified yet.
    Granted,
    /// Not done at central.
    Declined,
    /// Taken as done without central; the tag is not verified yet.
    Assumed,
    /// Done at central (or assumed), and the tag verified.
    Settled,
    /// Sent without a usable answer: done or not done at central.
    Doubt,
    /// A checkout that is to be undone at central.
    Reversing,
    /// A checkout that is undone.
    Reversed,
    /// Nothing a program can do helps: staff must look.
    Parked,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Asked,
        Self::Granted,
        Self::Declined,
        Self::Assumed,
        Self::Settled,
        Self::Doubt,
        Self::Reversing,
        Self::Reversed,
        Self::Parked,
    ];

    /// The word for it in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Declined => "declined",
            Self::Assumed => "assumed",
            Self::Settled => "settled",
            Self::Doubt => "doubt",
            Self::Reversing => "reversing",
            Self::Reversed => "reversed",
            Self::Parked => "parked",
        }
    }

    /// The state behind a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What happened to a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Central did it.
    Granted {
        /// title and due date
        grant: Grant,
    },
    /// Central did not do it.
    Declined {
        /// code or words of the refusal
        why: String,
    },
    /// Central is silent and the library's rules take it as done.
    Assumed {
        /// the due date that a borrower is told
        due: Option<Date>,
    },
    /// The tag was written and read back.
    Settled,
    /// It was sent and not answered.
    Doubt {
        /// what was seen on the line
        why: String,
    },
    /// It is to be undone at central.
    Reversing {
        /// why it is undone
        why: String,
        /// the tag may have been left open: staff must look at the item, even when the loan is undone
        tag_open: bool,
    },
    /// It is undone at central.
    Reversed,
    /// Staff must look.
    Parked {
        /// what staff must know
        why: String,
    },
    /// Whoever had to know knows: central of an assumed transaction, or staff of a parked one.
    Told {
        /// what staff wrote
        note: Option<String>,
    },
    /// Staff wants a parked transaction to be tried again.
    Retried,
}

impl Step {
    /// The step that follows a refusal: its code where it has one, otherwise central's words.
    #[must_use]
    pub fn declined(reason: &Reason) -> Self {
        Self::Declined { why: words(reason) }
    }

    /// The word for it in the list of steps.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "granted",
            Self::Declined { .. } => "declined",
            Self::Assumed { .. } => "assumed",
            Self::Settled => "settled",
            Self::Doubt { .. } => "doubt",
            Self::Reversing { .. } => "reversing",
            Self::Reversed => "reversed",
            Self::Parked { .. } => "parked",
            Self::Told { .. } => "told",
            Self::Retried => "retried",
        }
    }

    /// What the step has to say for itself, if anything.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Declined { why }
            | Self::Doubt { why }
            | Self::Reversing { why, .. }
            | Self::Parked { why } => Some(why),
            Self::Told { note } => note.as_deref(),
            Self::Granted { .. } | Self::Assumed { .. } | Self::Settled | Self::Reversed | Self::Retried => {
                None
            }
        }
    }
}

/// The part of a row that decides which steps it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// where it stands
    pub state: State,
    /// whether it was taken as done without central
    pub assumed: bool,
    /// whether whoever had to know knows, see [`Step::Told`]
    pub told: bool,
}

impl Standing {
    /// Where every transaction begins.
    pub const ASKED: Self = Self { state: State::Asked, assumed: false, told: false };

    /// Where the step leads, or nothing if it is illegal here.
    #[must_use]
    pub const fn after(self, step: &Step) -> Option<Self> {
        use State::{Asked, Assumed, Declined, Doubt, Granted, Parked, Reversed, Reversing, Settled};
        let state = match (self.state, step) {
            (Asked, Step::Granted { .. }) => Granted,
            (Asked | Doubt, Step::Declined { .. }) => Declined,
            (Asked, Step::Assumed { .. }) => {
                return Some(Self { state: Assumed, assumed: true, told: false });
            }
            (Asked, Step::Doubt { .. }) => Doubt,
            (Granted | Assumed | Doubt, Step::Settled) => Settled,
            (Granted | Assumed | Doubt, Step::Reversing { .. }) => Reversing,
            (Reversing, Step::Reversed) => Reversed,
            (Granted | Assumed | Doubt | Reversing, Step::Parked { .. }) => Parked,
            (Settled, Step::Parked { .. }) if self.assumed && !self.told => Parked,
            (Settled, Step::Told { .. }) if self.assumed && !self.told => {
                return Some(Self { told: true, ..self });
            }
            (Parked, Step::Told { .. }) if !self.told => return Some(Self { told: true, ..self }),
            // What was done on the kiosk's word is told again; of anything else it is not known what central did.
            (Parked, Step::Retried) if !self.told => {
                if self.assumed {
                    Settled
                } else {
                    Doubt
                }
            }
            (
                Asked | Granted | Declined | Assumed | Settled | Doubt | Reversing | Reversed | Parked,
                Step::Granted { .. }
                | Step::Declined { .. }
                | Step::Assumed { .. }
                | Step::Settled
                | Step::Doubt { .. }
                | Step::Reversing { .. }
                | Step::Reversed
                | Step::Parked { .. }
                | Step::Told { .. }
                | Step::Retried,
            ) => return None,
        };
        Some(Self { state, ..self })
    }

    /// Whether nobody is owed anything any more.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        match self.state {
            State::Declined | State::Reversed => true,
            State::Settled => !self.assumed || self.told,
            State::Parked => self.told,
            State::Asked | State::Granted | State::Assumed | State::Doubt | State::Reversing => false,
        }
    }
}

/// Checkout or checkin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// an item is lent
    Checkout,
    /// an item comes back
    Checkin,
}

/// One row as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// place in the order of asking, ascending, never used twice
    pub seq: i64,
    /// the transaction
    pub id: TransactionId,
    /// what it does
    pub kind: Kind,
    /// the item
    pub item: ItemId,
    /// the borrower of a checkout; erased when the row closes
    pub patron: Option<PatronId>,
    /// where it stands
    pub state: State,
    /// whether it was taken as done without central
    pub assumed: bool,
    /// whether whoever had to know knows
    pub told: bool,
    /// whether the tag may have been left open
    pub tag_open: bool,
    /// title, once central said it
    pub title: Option<String>,
    /// due date, once central said it
    pub due: Option<Date>,
    /// when it was appended
    pub asked_at: Timestamp,
    /// when it last took a step
    pub changed_at: Timestamp,
    /// how often it was tried in the background without a usable answer
    pub attempts: u32,
    /// what the last step or attempt had to say
    pub note: Option<String>,
}

impl Row {
    /// What the transaction does; nothing for a checkout whose patron is erased.
    #[must_use]
    pub fn act(&self) -> Option<Act> {
        let item = self.item.clone();
        match self.kind {
            Kind::Checkout => self.patron.clone().map(|patron| Act::Checkout { patron, item }),
            Kind::Checkin => Some(Act::Checkin { item }),
        }
    }

    /// What decides the legal steps.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        Standing { state: self.state, assumed: self.assumed, told: self.told }
    }

    /// Whether nobody is owed anything any more.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.standing().is_closed()
    }
}

/// A reason as the ledger keeps it: its code where it has one, otherwise central's words.
pub(crate) fn words(reason: &Reason) -> String {
    match (code::of_reason(reason), reason) {
        (Some(code), _) => code.to_owned(),
        (None, Reason::Other(words)) => words.clone(),
        (None, other) => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<Step> {
        let why = || "x".to_owned();
        vec![
            Step::Granted { grant: Grant::default() },
            Step::Declined { why: why() },
            Step::Assumed { due: None },
            Step::Settled,
            Step::Doubt { why: why() },
            Step::Reversing { why: why(), tag_open: false },
            Step::Reversed,
            Step::Parked { why: why() },
            Step::Told { note: None },
            Step::Retried,
        ]
    }

    /// The whole table: every standing that a row can come to, and all it can become. What is not listed is illegal.
    #[test]
    fn the_table_of_legal_steps() {
        let mut reached = vec![Standing::ASKED];
        let mut found = String::new();
        let mut at = 0;
        while let Some(from) = reached.get(at).copied() {
            at += 1;
            let mut line = String::new();
            for step in steps() {
                let Some(to) = from.after(&step) else { continue };
                assert!(!from.is_closed(), "{from:?}");
                assert!(to.assumed || !from.assumed, "what was assumed stays assumed");
                line.push_str(&format!(" {}{}", step.as_str(), if to.is_closed() { "." } else { "" }));
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
            let basis = if from.assumed { " assumed" } else { "" };
            let told = if from.told { " told" } else { "" };
            found.push_str(&format!("{}{basis}{told}:{line}\n", from.state.as_str()));
        }
        assert!(State::ALL.iter().all(|state| reached.iter().any(|standing| standing.state == *state)));
        expect_test::expect![[r#"
            asked: granted declined. assumed doubt
            granted: settled. reversing parked
            declined:
            assumed assumed: settled reversing parked
            doubt: declined. settled. reversing parked
            settled:
            reversing: reversed. parked
            parked: told. retried
            settled assumed: parked told.
            reversing assumed: reversed. parked
            parked assumed: told. retried
            reversed:
            parked told:
            settled assumed told:
            reversed assumed:
            parked assumed told:
        "#]]
        .assert_eq(&found);
    }

    #[test]
    fn a_closed_row_takes_no_step() {
        for state in State::ALL {
            for (assumed, told) in [(false, false), (true, false), (false, true), (true, true)] {
                let from = Standing { state, assumed, told };
                if from.is_closed() {
                    assert!(steps().iter().all(|step| from.after(step).is_none()), "{from:?}");
                }
            }
        }
    }

    #[test]
    fn every_state_has_its_own_word() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!(State::parse("lent"), None);
    }

    #[test]
    fn a_refusal_is_kept_by_its_code() {
        assert_eq!(Step::declined(&Reason::OnLoan), Step::Declined { why: "R90203".into() });
        assert_eq!(Step::declined(&Reason::Other("不能".into())), Step::Declined { why: "不能".into() });
    }
}
