//! Patrons: the little the kiosk needs to know of them for the length of one visit.

use core::fmt;

use crate::id::PatronId;
use crate::money::Amount;
use jiff::civil::Date;

/// A patron who may use the kiosk. Whoever may not is a [`crate::transaction::Reason`] instead.
#[derive(Clone, PartialEq, Eq)]
pub struct Patron {
    /// card number
    pub id: PatronId,
    /// name as central knows it; leaves this crate only masked
    pub name: String,
    /// loans at the start of the visit, if central said it
    pub n_loans: Option<u32>,
    /// how many loans the patron's type allows, if central said it
    pub loan_limit: Option<u32>,
    /// fees owed
    pub debt: Amount,
    /// last day of the card's term
    pub valid_until: Option<Date>,
}

impl fmt::Debug for Patron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patron").field("n_loans", &self.n_loans).finish_non_exhaustive()
    }
}

/// A password typed at the kiosk. `Debug` never prints it, and its bytes are overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Pin(Vec<u8>);

impl Pin {
    /// The longest password taken, in characters.
    pub const MAX_LEN: usize = 32;

    /// Appends one character; characters beyond [`Pin::MAX_LEN`] are dropped.
    pub fn push(&mut self, digit: char) {
        if self.0.len() < Self::MAX_LEN && digit.is_ascii_graphic() {
            // Room for the whole is taken at once: growing would leave copies behind.
            self.0.reserve_exact(Self::MAX_LEN.saturating_sub(self.0.len()));
            self.0.extend(u8::try_from(digit));
        }
    }

    /// Takes the last character back.
    pub fn erase(&mut self) {
        if let Some(last) = self.0.last_mut() {
            *last = 0;
        }
        self.0.pop();
    }

    /// How many characters were typed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The password: for the wire only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        for byte in &mut self.0 {
            *byte = 0;
        }
        // Keeps the writes above from being optimized away.
        core::hint::black_box(&self.0);
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// A name as a screen may show it: the first and, from three characters on, the last character; stars between.
///
/// ```
/// use circulation::patron::mask_name;
/// assert_eq!(mask_name("张三"), "张*");
/// assert_eq!(mask_name("欧阳小明"), "欧**明");
/// ```
#[must_use]
pub fn mask_name(name: &str) -> String {
    let letters: Vec<char> = name.trim().chars().collect();
    match letters.as_slice() {
        [] => "*".to_owned(),
        [first] | [first, _] => format!("{first}*"),
        [first, middle @ .., last] => {
            let stars = "*".repeat(middle.len().min(4));
            format!("{first}{stars}{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_whatever_their_length() {
        for (name, masked) in
            [("", "*"), ("张", "张*"), ("张三", "张*"), ("张小三", "张*三"), ("Ada Lovelace", "A****e")]
        {
            assert_eq!(mask_name(name), masked, "{name}");
        }
    }

    #[test]
    fn a_pin_is_bounded_and_silent() {
        let mut pin = Pin::default();
        for _ in 0..100 {
            pin.push('7');
        }
        pin.push('七');
        assert_eq!(pin.len(), Pin::MAX_LEN);
        pin.erase();
        assert_eq!(pin.len(), Pin::MAX_LEN - 1);
        assert_eq!(format!("{pin:?}"), "Pin(…)");
    }
}
