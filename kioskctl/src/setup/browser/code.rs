//! The code that lets a browser in: shown on the terminal, good once. After it was used there is another.

use std::io;
use std::sync::{Mutex, PoisonError};

use subtle::ConstantTimeEq as _;

/// The code that is good now.
#[derive(Debug)]
pub(super) struct Code(Mutex<String>);

impl Code {
    /// A fresh one.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Mutex::new(fresh()?)))
    }

    /// As it is shown: two groups of four.
    pub(super) fn shown(&self) -> String {
        let code = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, second) = code.split_at_checked(LENGTH / 2).unwrap_or_default();
        format!("{first}-{second}")
    }

    /// Whether it was this one; if so, it is good no more. Case, spaces and the dash don't matter.
    pub(super) fn take(&self, typed: &str) -> bool {
        let typed: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect::<String>()
            .to_ascii_uppercase();
        let mut code = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it: bool = code.as_bytes().ct_eq(typed.as_bytes()).into();
        if !is_it {
            return false;
        }
        // Without another one, this one would be good twice.
        match fresh() {
            Ok(next) => *code = next,
            Err(_) => return false,
        }
        true
    }
}

/// 40 random bits: with a few tries a minute, longer than any set-up lasts.
fn fresh() -> io::Result<String> {
    let mut random = [0_u8; LENGTH];
    getrandom::fill(&mut random).map_err(|cause| io::Error::other(cause.to_string()))?;
    let symbol = |byte: &u8| SYMBOLS.get(usize::from(byte % 32)).copied().map(char::from);
    Ok(random.iter().filter_map(symbol).collect())
}

const LENGTH: usize = 8;
/// Without those that look like another.
const SYMBOLS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_and_however_it_is_typed() {
        let code = Code::new().unwrap();
        let first = code.shown();
        assert!(first.len() == 9 && first.as_bytes()[4] == b'-', "{first}");
        let short = first.get(..8).unwrap();
        for wrong in ["", "-", "AAAA-AAA", short, &format!("{first}A")] {
            assert!(!code.take(wrong), "{wrong}");
        }
        assert_eq!(code.shown(), first, "a wrong one changes nothing");
        assert!(code.take(&format!(" {} ", first.to_lowercase().replace('-', " "))));
        assert!(!code.take(&first), "a second time it is no code");
        assert_ne!(code.shown(), first);
    }
}
