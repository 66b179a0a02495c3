//! Who may see the console: tries of the password, and sessions. Pure: time and random bytes come in.
//!
//! A wrong password costs the address [`TRIES`] tries; then it has to wait, each time twice as long. A session ends when
//! nothing is heard of it for a while, and after a working day anyway. Of a session's token only its digest is kept.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The guard.
#[derive(Debug)]
pub struct Guard {
    idle: Duration,
    sessions: BTreeMap<[u8; 32], Session>,
    tries: BTreeMap<IpAddr, Tries>,
}

#[derive(Debug)]
struct Session {
    begun: Instant,
    last: Instant,
    csrf: String,
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    n_wrong: u32,
    n_locked: u32,
    last: Instant,
    locked: Option<Instant>,
}

/// What a session has: the cookie's value goes to the browser, and is nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// the cookie's value
    pub cookie: String,
}

impl Guard {
    /// Nobody is admitted yet.
    #[must_use]
    pub const fn new(idle: Duration) -> Self {
        Self { idle, sessions: BTreeMap::new(), tries: BTreeMap::new() }
    }

    /// Whether an address may try a password now.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn may_try(&mut self, now: Instant, from: IpAddr) -> Result<(), Duration> {
        self.tries.retain(|_, tries| tries.last + FORGET > now);
        let locked = self.tries.get(&network(from)).and_then(|tries| tries.locked);
        let left = locked.map(|until| until.saturating_duration_since(now)).unwrap_or_default();
        if left.is_zero() { Ok(()) } else { Err(left) }
    }

    /// A password was wrong.
    pub fn wrong(&mut self, now: Instant, from: IpAddr) {
        if self.tries.len() >= MAX_ADDRESSES
            && let Some(oldest) = self.tries.iter().min_by_key(|(_, tries)| tries.last).map(|(from, _)| *from)
        {
            self.tries.remove(&oldest);
        }
        let fresh = Tries { n_wrong: 0, n_locked: 0, last: now, locked: None };
        let tries = self.tries.entry(network(from)).or_insert(fresh);
        tries.last = now;
        tries.n_wrong += 1;
        if tries.n_wrong >= TRIES {
            tries.n_wrong = 0;
            let pause = LOCKED.saturating_mul(1_u32.checked_shl(tries.n_locked).unwrap_or(u32::MAX));
            tries.n_locked += 1;
            tries.locked = Some(now + pause.min(LONGEST));
        }
    }

    /// A password was right: a new session, whatever cookie came along.
    pub fn admit(&mut self, now: Instant, from: IpAddr, random: &[u8; 64]) -> Admitted {
        self.tries.remove(&network(from));
        self.forget(now);
        if self.sessions.len() >= MAX_SESSIONS
            && let Some(oldest) =
                self.sessions.iter().min_by_key(|(_, session)| session.last).map(|(key, _)| *key)
        {
            self.sessions.remove(&oldest);
        }
        let (token, csrf) = random.split_at(32);
        let (cookie, csrf) = (hex(token), hex(csrf));
        self.sessions.insert(digest(&cookie), Session { begun: now, last: now, csrf });
        Admitted { cookie }
    }

    /// The token for the forms of a session; nothing if there is no such session. `is_alive`: somebody did something, and
    /// not only a page that looks again by itself.
    pub fn csrf(&mut self, now: Instant, cookie: &str, is_alive: bool) -> Option<String> {
        self.forget(now);
        let session = self.sessions.get_mut(&digest(cookie))?;
        if is_alive {
            session.last = now;
        }
        Some(session.csrf.clone())
    }

    /// Whether a form comes from a page of this session.
    pub fn is_own(&mut self, now: Instant, cookie: &str, token: &str) -> bool {
        self.csrf(now, cookie, true).is_some_and(|csrf| csrf.as_bytes().ct_eq(token.as_bytes()).into())
    }

    /// The session is over.
    pub fn leave(&mut self, cookie: &str) {
        self.sessions.remove(&digest(cookie));
    }

    fn forget(&mut self, now: Instant) {
        let idle = self.idle;
        self.sessions.retain(|_, session| session.last + idle > now && session.begun + DAY > now);
    }
}

/// Whoever has one address of version 6 has all of its network.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

fn digest(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Wrong passwords before an address has to wait.
pub const TRIES: u32 = 5;
const LOCKED: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3_600);
/// Tries are forgotten after this, and sessions end.
const FORGET: Duration = Duration::from_secs(6 * 3_600);
const DAY: Duration = Duration::from_secs(8 * 3_600);
const MAX_ADDRESSES: usize = 1_000;
const MAX_SESSIONS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
    const IDLE: Duration = Duration::from_secs(900);

    #[expect(clippy::disallowed_methods, reason = "the zero of a virtual clock")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn guessing_is_slowed_more_and_more_and_only_for_whoever_guesses() {
        let (start, mut guard) = (start(), Guard::new(IDLE));
        let mut at = start;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            for _ in 0..TRIES {
                assert_eq!(guard.may_try(at, HERE), Ok(()));
                guard.wrong(at, HERE);
            }
            let pause = guard.may_try(at, HERE).unwrap_err();
            pauses.push(pause.as_secs() / 60);
            assert_eq!(guard.may_try(at, THERE), Ok(()));
            at += pause;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        // 5 tries an hour in the end: a million passwords take twenty years.
        guard.admit(at, HERE, &[7; 64]);
        guard.wrong(at, HERE);
        assert_eq!(guard.may_try(at, HERE), Ok(()));
        // One network of version 6 is one address, and so is a mapped one.
        let six = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        (0..5).for_each(|last| guard.wrong(at, six(last)));
        assert!(guard.may_try(at, six(99)).is_err());
        (0..5).for_each(|_| guard.wrong(at, IpAddr::V6("::ffff:192.0.2.2".parse().unwrap())));
        assert!(guard.may_try(at, THERE).is_err());
    }

    #[test]
    fn memory_is_bounded_whoever_knocks() {
        let (start, mut guard) = (start(), Guard::new(IDLE));
        for n in 0..5_000_u32 {
            guard.wrong(start + Duration::from_millis(n.into()), IpAddr::V4(n.into()));
        }
        assert_eq!(guard.tries.len(), MAX_ADDRESSES);
        for n in 0..100 {
            guard.admit(start, HERE, &[n; 64]);
        }
        assert_eq!(guard.sessions.len(), MAX_SESSIONS);
    }

    #[test]
    fn a_session_is_its_cookie_and_its_forms_its_token() {
        let (start, mut guard) = (start(), Guard::new(IDLE));
        let mut random = [1; 64];
        random[63] = 2;
        let Admitted { cookie } = guard.admit(start, HERE, &random);
        let csrf = guard.csrf(start, &cookie, true).unwrap();
        assert_ne!(csrf, cookie);
        assert!(guard.is_own(start, &cookie, &csrf));
        for (cookie, token) in [("", csrf.as_str()), (&cookie, ""), (&cookie, &cookie), ("abc", "abc")] {
            assert!(!guard.is_own(start, cookie, token));
        }
        assert!(!format!("{guard:?}").contains(&cookie), "the cookie is kept nowhere");
        guard.leave(&cookie);
        assert_eq!(guard.csrf(start, &cookie, true), None);
    }

    #[test]
    fn a_session_ends_when_nobody_is_there_and_after_a_day() {
        let (start, mut guard) = (start(), Guard::new(IDLE));
        let Admitted { cookie } = guard.admit(start, HERE, &[3; 64]);
        assert!(guard.csrf(start + IDLE / 2, &cookie, true).is_some());
        // A page that looks by itself keeps nobody there.
        assert!(guard.csrf(start + IDLE, &cookie, false).is_some());
        assert!(guard.csrf(start + IDLE / 2 + IDLE, &cookie, false).is_none());
        let Admitted { cookie } = guard.admit(start, HERE, &[4; 64]);
        let mut at = start;
        while at < start + DAY {
            assert!(guard.csrf(at, &cookie, true).is_some());
            at += IDLE / 2;
        }
        assert!(guard.csrf(at, &cookie, true).is_none());
    }
}
