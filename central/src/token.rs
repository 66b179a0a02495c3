//! The tokens handed out to programs: 128 random bits, in memory only, each for one institution and two hours.
//!
//! A restart forgets them all; a client asks for a new one when told so. At most [`MAX_LIVE`] are alive: the one that
//! ends first makes room.

use circulation::id::Isil;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Unit};
use subtle::ConstantTimeEq as _;

use crate::password::hex;

/// The most tokens alive at once.
pub const MAX_LIVE: usize = 1024;

/// The tokens alive.
#[derive(Default)]
pub struct Tokens(Vec<Token>);

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// never given out, or forgotten
    Unknown,
    /// its time is over
    Expired,
}

struct Token {
    text: String,
    institution: Isil,
    ends_at: DateTime,
}

impl Tokens {
    /// Makes a token; gives it and the second at which it ends.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn issue(
        &mut self,
        institution: Isil,
        now: DateTime,
        life: SignedDuration,
    ) -> Result<(String, DateTime), getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        let text = hex(&bytes);
        let ends_at = now.saturating_add(life).round(Unit::Second).unwrap_or(now);
        self.make_room(now);
        self.0.push(Token { text: text.clone(), institution, ends_at });
        Ok((text, ends_at))
    }

    /// The institution that a token speaks for.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn check(&self, text: &str, now: DateTime) -> Result<Isil, Refused> {
        // Every token is compared, so that the time taken does not tell how near a guess came.
        let mut found = None;
        for token in &self.0 {
            if bool::from(token.text.as_bytes().ct_eq(text.as_bytes())) {
                found = Some(token);
            }
        }
        let token = found.ok_or(Refused::Unknown)?;
        if now < token.ends_at { Ok(token.institution.clone()) } else { Err(Refused::Expired) }
    }

    /// Forgets tokens that ended an hour ago (until then they are told apart from those never given out), and the one
    /// that ends first if there are still too many.
    fn make_room(&mut self, now: DateTime) {
        let kept_since = now.saturating_sub(SignedDuration::from_hours(1));
        self.0.retain(|token| token.ends_at > kept_since);
        if self.0.len() >= MAX_LIVE
            && let Some((first, _)) = self.0.iter().enumerate().min_by_key(|(_, token)| token.ends_at)
        {
            self.0.swap_remove(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    const NOW: DateTime = datetime(2026, 11, 23, 9, 0, 0, 0);
    const LIFE: SignedDuration = SignedDuration::from_hours(2);

    fn isil() -> Isil {
        Isil::parse("CN-1").unwrap()
    }

    #[test]
    fn a_token_lives_two_hours() {
        let mut tokens = Tokens::default();
        let (token, ends_at) = tokens.issue(isil(), NOW, LIFE).unwrap();
        assert_eq!(token.len(), 32);
        assert_eq!(ends_at, datetime(2026, 11, 23, 11, 0, 0, 0));
        assert_eq!(tokens.check(&token, datetime(2026, 11, 23, 10, 59, 59, 0)), Ok(isil()));
        assert_eq!(tokens.check(&token, ends_at), Err(Refused::Expired));
        assert_eq!(tokens.check("", NOW), Err(Refused::Unknown));
        assert_eq!(tokens.check(&token.repeat(2), NOW), Err(Refused::Unknown));
    }

    #[test]
    fn their_number_is_bounded() {
        let mut tokens = Tokens::default();
        let (first, _) = tokens.issue(isil(), NOW, LIFE).unwrap();
        for _ in 0..MAX_LIVE {
            tokens.issue(isil(), NOW, LIFE * 2).unwrap();
        }
        assert_eq!(tokens.0.len(), MAX_LIVE);
        assert_eq!(tokens.check(&first, NOW), Err(Refused::Unknown));
        tokens.issue(isil(), datetime(2026, 11, 24, 9, 0, 0, 0), LIFE).unwrap();
        assert_eq!(tokens.0.len(), 1);
    }
}
