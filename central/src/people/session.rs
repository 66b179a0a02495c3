//! Sessions of browsers: a random number in a cookie, its hash in the store.
//!
//! | who | without a word | at most |
//! |---|---|---|
//! | staff | 30 minutes | 12 hours |
//! | a patron | 15 minutes | 2 hours |
//!
//! A cookie's value is `ISIL~NUMBER`, or `~NUMBER` before anybody has logged in; logging in gives a new number, so that
//! one that was foisted on a browser is worth nothing. The token that every form carries against forgery is derived from
//! the number: whoever cannot read the cookie cannot make it.

use circulation::id::{Isil, PatronId};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::Role;
use crate::password::hex;

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// staff
    Account {
        /// the account's name
        account: String,
        /// what it is
        role: Role,
    },
    /// a patron
    Patron(PatronId),
}

/// A session as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// whose it is
    pub who: Who,
    /// when it was last used, to the minute
    pub seen_at: DateTime,
    /// when it ends whatever happens
    pub ends_at: DateTime,
}

impl Who {
    /// The word of its kind in the store.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Account { .. } => ACCOUNT,
            Self::Patron(_) => PATRON,
        }
    }

    /// The name of the account, or the number of the card.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::Account { account, .. } => account,
            Self::Patron(patron) => patron.as_str(),
        }
    }

    /// What it is.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Account { role, .. } => *role,
            Self::Patron(_) => Role::Reader,
        }
    }

    /// How long it may last without a word, and at most.
    #[must_use]
    pub const fn lives(&self) -> (SignedDuration, SignedDuration) {
        match self {
            Self::Account { .. } => (SignedDuration::from_mins(30), SignedDuration::from_hours(12)),
            Self::Patron(_) => (SignedDuration::from_mins(15), SignedDuration::from_hours(2)),
        }
    }
}

impl Session {
    /// Whether it still holds. A clock that was set back revives nothing beyond a session's whole life.
    #[must_use]
    pub fn is_alive(&self, now: DateTime) -> bool {
        let (idle, whole) = self.who.lives();
        now < self.ends_at
            && now.duration_since(self.seen_at) < idle
            && self.ends_at.duration_since(now) <= whole
    }

    /// Whether it is worth noting that it was used: not for each picture of a page.
    #[must_use]
    pub fn is_worth_noting(&self, now: DateTime) -> bool {
        now.duration_since(self.seen_at) >= NOTED
    }
}

/// What stands in a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// where somebody is logged in; nothing before that
    pub institution: Option<Isil>,
    number: String,
}

impl Ticket {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn fresh(institution: Option<Isil>) -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self { institution, number: hex(&bytes) })
    }

    /// Reads a cookie's value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (institution, number) = text.split_once('~')?;
        let is_number = number.len() == 32 && number.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let institution = match institution {
            "" => None,
            some => Some(Isil::parse(some).ok().filter(|isil| isil.as_str() == some)?),
        };
        is_number.then(|| Self { institution, number: number.to_owned() })
    }

    /// The cookie's value.
    #[must_use]
    pub fn value(&self) -> String {
        format!("{}~{}", self.institution.as_ref().map_or("", Isil::as_str), self.number)
    }

    /// What the store keeps.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(format!("session {}", self.number).as_bytes()).into()
    }

    /// The token of its forms.
    #[must_use]
    pub fn form_token(&self) -> String {
        let digest: [u8; 32] = Sha256::digest(format!("form {}", self.number).as_bytes()).into();
        hex(digest.get(..16).unwrap_or_default())
    }

    /// Whether a form brought this token.
    #[must_use]
    pub fn is_form_token(&self, text: &str) -> bool {
        self.form_token().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

/// The word for staff's sessions in the store.
pub const ACCOUNT: &str = "account";
/// The word for patrons' sessions.
pub const PATRON: &str = "patron";

const NOTED: SignedDuration = SignedDuration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_in_any_case() {
        let opened = datetime(2026, 11, 23, 9, 0, 0, 0);
        let at = |minutes| opened.saturating_add(SignedDuration::from_mins(minutes));
        let staff = Who::Account { account: "wang".into(), role: Role::Librarian };
        let patron = Who::Patron(PatronId::parse("P1").unwrap());
        for (who, idle, whole) in [(staff, 30, 720), (patron, 15, 120)] {
            let seen = |minutes| Session { who: who.clone(), seen_at: at(minutes), ends_at: at(whole) };
            assert!(seen(0).is_alive(at(idle - 1)));
            assert!(!seen(0).is_alive(at(idle)));
            assert!(seen(whole - 2).is_alive(at(whole - 1)));
            assert!(!seen(whole - 2).is_alive(at(whole)));
            assert!(!seen(0).is_alive(at(-1)), "the clock was set back");
        }
    }

    #[test]
    fn a_ticket_is_read_as_it_was_written_and_nothing_else_is() {
        let isil = Isil::parse("CN-371116-0-DEMO").unwrap();
        for institution in [None, Some(isil)] {
            let ticket = Ticket::fresh(institution).unwrap();
            assert!(Ticket::parse(&ticket.value()) == Some(ticket.clone()));
            assert!(ticket.is_form_token(&ticket.form_token()) && !ticket.is_form_token(""));
            assert!(
                !hex(&ticket.hash()).starts_with(&ticket.form_token()),
                "they tell nothing of each other"
            );
        }
        let number = "0".repeat(32);
        for bad in [
            "",
            "~",
            &number,
            &format!("~{number}0"),
            &format!("~{}G", "0".repeat(31)),
            &format!(" X~{number}"),
        ] {
            assert!(Ticket::parse(bad).is_none(), "{bad}");
        }
    }
}
