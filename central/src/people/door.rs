//! The door for programs: who shows wrong secrets of a program too often is not listened to for a while.
//!
//! Counted is by address and program together: whoever guesses shuts out himself, and not the kiosks of the library whose
//! name he guesses with. A name that nobody has counts the same, so that nothing tells which there are. Each copy of central
//! counts for itself and keeps nothing on the disk: a stranger must not be able to fill it.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::civil::DateTime;

use super::attempt;
use super::guard::{Guard, WINDOW, Watched};
use crate::password;

/// Failures by address and program.
#[derive(Default)]
pub(crate) struct Door(Mutex<BTreeMap<Guest, Guard>>);

/// Who stands at the door, and as whom.
type Guest = (IpAddr, String);

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Right,
    Wrong,
    /// not before this
    Locked(DateTime),
}

impl Door {
    /// Looks at the secret of a program, unless too many were wrong. `hash` is what is kept of it; nothing: there is no such
    /// program, which costs as much time.
    pub(crate) fn show(
        &self,
        (from, program): (IpAddr, &str),
        (secret, hash): (&str, Option<&str>),
        now: DateTime,
    ) -> Shown {
        let guest = (from, attempt::subject("program", program));
        if let Some(until) = self.all().get(&guest).and_then(|guard| guard.locked(now)) {
            return Shown::Locked(until);
        }
        // Counted only now: all kiosks of a library may come at once, each with the right one.
        if password::verify(secret, hash.unwrap_or(attempt::NOBODY)) && hash.is_some() {
            self.all().remove(&guest);
            return Shown::Right;
        }
        self.failed(guest, now).map_or(Shown::Wrong, Shown::Locked)
    }

    /// Counts a failure. Until when this guest is not listened to, if that was one too many.
    fn failed(&self, guest: Guest, now: DateTime) -> Option<DateTime> {
        let mut all = self.all();
        if all.len() >= MAX_GUESTS {
            all.retain(|_, guard| guard.locked(now).is_some() || now.duration_since(guard.first_at) < WINDOW);
        }
        if !all.contains_key(&guest) && all.len() >= MAX_GUESTS {
            return None;
        }
        let guard = all.entry(guest).or_insert(Guard { n_failures: 0, first_at: now, locked_until: None });
        *guard = guard.after_failure(Watched::Program, now);
        guard.locked(now)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Guest, Guard>> {
        // What is kept is set whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More than a program of ours has at once; each costs whoever wants to fill the list a slow hash.
const MAX_GUESTS: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{Cost, hash};
    use jiff::civil::datetime;
    use jiff::{SignedDuration, ToSpan as _};

    const NOW: DateTime = datetime(2026, 11, 23, 9, 0, 0, 0);

    #[test]
    fn who_guesses_shuts_out_himself_only() {
        let (door, stored) = (Door::default(), hash("right", Cost::Demo).unwrap());
        let (guesser, library): (IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let show = |from, program, secret, now| door.show((from, program), (secret, Some(&*stored)), now);
        for n in 1..=20 {
            let expected = if n == 20 { Shown::Locked(NOW + 15.minutes()) } else { Shown::Wrong };
            assert_eq!(show(guesser, "kiosks", "wrong", NOW), expected, "{n}");
        }
        let locked = Shown::Locked(NOW + 15.minutes());
        assert_eq!(show(guesser, "kiosks", "right", NOW), locked, "a right one opens no lock");
        assert_eq!(show(guesser, "others", "right", NOW), Shown::Right);
        assert_eq!(show(library, "kiosks", "right", NOW), Shown::Right);
        assert_eq!(show(guesser, "kiosks", "right", NOW + 15.minutes()), Shown::Right);
    }

    #[test]
    fn a_kiosk_that_tries_every_minute_locks_nobody_out() {
        let (door, stored) = (Door::default(), hash("right", Cost::Demo).unwrap());
        let from = "192.0.2.1".parse().unwrap();
        for n in 0..120 {
            let now = NOW.saturating_add(SignedDuration::from_mins(n));
            assert_eq!(door.show((from, "kiosks"), ("wrong", Some(&stored)), now), Shown::Wrong, "{n}");
        }
    }
}
