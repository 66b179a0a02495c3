//! Money in minor units. The kiosk never computes with fractions.

use core::fmt;

/// An amount of renminbi in fen (1 yuan = 100 fen).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Amount(i64);

impl Amount {
    /// An amount from fen.
    #[must_use]
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    #[must_use]
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Parses yuan with at most two decimals, as openlib writes them (`12`, `12.5`, `-0.30`).
    #[must_use]
    pub fn parse_yuan(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (yuan, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if yuan.is_empty() || !all_digits(yuan) || !all_digits(fraction) || fraction.len() > 2 {
            return None;
        }
        let yuan: i64 = yuan.parse().ok()?;
        let fen: i64 = format!("{fraction:0<2}").parse().ok()?;
        let fen = yuan.checked_mul(100)?.checked_add(fen)?;
        Some(Self(if negative { -fen } else { fen }))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_parse_and_print() {
        for (text, fen) in [("12", 1200), ("12.5", 1250), ("0.05", 5), ("-0.30", -30)] {
            assert_eq!(Amount::parse_yuan(text), Some(Amount::from_fen(fen)), "{text}");
        }
        assert_eq!(Amount::from_fen(-30).to_string(), "-0.30");
        assert_eq!(Amount::from_fen(1205).to_string(), "12.05");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "1.234", "1,5", "一", "99999999999999999999"] {
            assert_eq!(Amount::parse_yuan(text), None, "{text}");
        }
    }
}
