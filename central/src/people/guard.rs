//! Lock-outs after failed log-ins: how many may fail before nobody may try for a while. Pure; time comes in.
//!
//! | what | failures | within | locked for |
//! |---|---|---|---|
//! | an account or a card | 5 | 15 minutes | 15 minutes |
//! | a network address | 50 | 15 minutes | 15 minutes |
//! | a program, from one address | 20 | 15 minutes | 15 minutes |
//!
//! A guess costs a slow hash besides. Whoever is locked out is told so and until when, whether the account exists or not;
//! a right password does not open a lock.

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// What the failures were for or from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// an account or a card
    Person,
    /// a network address: a whole library may sit behind one
    Address,
    /// a program that shows its secret: a kiosk with a wrong one tries every minute, and must not stop its neighbours
    Program,
}

/// What is kept of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// failures so far
    pub n_failures: u32,
    /// when the first of them was
    pub first_at: DateTime,
    /// nobody may try before this
    pub locked_until: Option<DateTime>,
}

impl Watched {
    const fn allowed(self) -> u32 {
        match self {
            Self::Person => 5,
            Self::Address => 50,
            Self::Program => 20,
        }
    }
}

impl Guard {
    /// Until when nobody may try, if that is so.
    #[must_use]
    pub fn locked(&self, now: DateTime) -> Option<DateTime> {
        // A clock that was set back locks nobody out for longer than a lock lasts.
        self.locked_until.filter(|until| now < *until && now >= until.saturating_sub(LOCK))
    }

    /// After one more failure.
    #[must_use]
    pub fn after_failure(self, watched: Watched, now: DateTime) -> Self {
        let age = now.duration_since(self.first_at);
        let is_old = self.n_failures == 0 || age >= WINDOW || age < SignedDuration::ZERO;
        let n_failures = if is_old { 1 } else { self.n_failures.saturating_add(1) };
        let is_locked = n_failures >= watched.allowed();
        Self {
            n_failures,
            first_at: if is_old { now } else { self.first_at },
            locked_until: is_locked.then(|| now.saturating_add(LOCK)),
        }
    }
}

/// Failures older than this count no more.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// How long nobody may try.
pub const LOCK: SignedDuration = SignedDuration::from_mins(15);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    fn at(minutes: i64) -> DateTime {
        datetime(2026, 11, 23, 9, 0, 0, 0).saturating_add(SignedDuration::from_mins(minutes))
    }

    const NEW: Guard = Guard { n_failures: 0, first_at: DateTime::MIN, locked_until: None };

    #[test]
    fn five_failures_lock_a_person_for_a_quarter_of_an_hour() {
        let mut guard = NEW;
        for n in 0..4 {
            guard = guard.after_failure(Watched::Person, at(n));
            assert_eq!(guard.locked(at(n)), None, "{n}");
        }
        guard = guard.after_failure(Watched::Person, at(4));
        assert_eq!(guard.locked(at(4)), Some(at(19)));
        assert_eq!(guard.locked(at(18)), Some(at(19)));
        assert_eq!(guard.locked(at(19)), None);
        assert_eq!(guard.locked(at(-60)), None, "the clock was set back");
        assert_eq!(guard.after_failure(Watched::Person, at(19)).n_failures, 1, "and anew");
    }

    #[test]
    fn old_failures_count_no_more() {
        let mut guard = NEW;
        for n in 0..20 {
            guard = guard.after_failure(Watched::Person, at(n * 5));
            assert_eq!(guard.locked(at(n * 5)), None);
        }
        assert!(guard.n_failures <= 3);
    }

    #[test]
    fn an_address_has_more_patience() {
        let guard = (0..49).fold(NEW, |guard, _| guard.after_failure(Watched::Address, at(0)));
        assert_eq!(guard.locked(at(0)), None);
        assert_eq!(guard.after_failure(Watched::Address, at(1)).locked(at(1)), Some(at(16)));
    }
}
