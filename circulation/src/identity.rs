//! Who asks for a card: what an identity card says, or what is typed of a child that has none with it.
//!
//! **Invariant**: what is kept here is overwritten in memory when it is dropped, and `Debug` never shows it. A screen gets
//! it masked.

use core::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::id::mask_number;
use crate::patron::mask_name;

/// A text about a person: a name, the number of an identity card, a telephone number.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The longest text, in bytes; what is longer is cut off.
    pub const MAX_LEN: usize = 128;

    /// Takes a text over.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut secret = Self::default();
        text.chars().for_each(|character| secret.push(character));
        secret
    }

    /// Appends a character, if there is room.
    pub fn push(&mut self, character: char) {
        // Room for the whole was taken at once: growing would leave copies behind.
        if self.0.len() + character.len_utf8() <= Self::MAX_LEN {
            self.0.push(character);
        }
    }

    /// Takes the last character back.
    pub fn erase(&mut self) {
        self.0.pop();
    }

    /// The text: for the wire and for hashing alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its length in characters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(Self::MAX_LEN)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A person, as an identity card says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// name
    pub name: Secret,
    /// number of the identity card
    pub number: Secret,
    /// day of birth
    pub birth: Date,
    /// last day on which the identity card is valid; none: for life, or nobody has seen the card
    pub valid_until: Option<Date>,
}

impl Identity {
    /// A person whose name and number were typed; none if there is no name, or the number has a mistake.
    #[must_use]
    pub fn typed(name: &Secret, number: &Secret) -> Option<Self> {
        let birth = birth_of(number.expose())?;
        let has_name = !name.expose().trim().is_empty();
        has_name.then(|| Self { name: name.clone(), number: number.clone(), birth, valid_until: None })
    }

    /// Years of age on a day; 0 for who is not born yet.
    #[must_use]
    pub fn age_on(&self, day: Date) -> u8 {
        let had_birthday = (day.month(), day.day()) >= (self.birth.month(), self.birth.day());
        let years = day.year() - self.birth.year() - i16::from(!had_birthday);
        u8::try_from(years.clamp(0, i16::from(u8::MAX))).unwrap_or(u8::MAX)
    }

    /// Whether the identity card is valid on a day.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_until.is_none_or(|until| day <= until)
    }

    /// Name and number as a screen may show them.
    #[must_use]
    pub fn masked(&self) -> (String, String) {
        (mask_name(self.name.expose()), mask_number(self.number.expose(), 4))
    }
}

/// Why an identity card could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityFault {
    /// It was taken away too early, or does not answer.
    Moved,
    /// It is no identity card: a bank card, a reader's card.
    WrongKind,
    /// Reader and card do not trust each other: forged or damaged.
    Forged,
    /// Its text cannot be used.
    Unreadable,
    /// A foreigner's card whose fields this machine does not know.
    Foreign,
}

/// The day of birth in the number of a citizen, if the number is right.
///
/// # Spec
/// GB 11643 (ISO 7064, MOD 11-2).
#[must_use]
pub fn birth_of(number: &str) -> Option<Date> {
    let (body, check) = number.as_bytes().split_at_checked(17)?;
    let sum = body.iter().zip(WEIGHTS).try_fold(0, |sum, (digit, weight)| {
        digit.is_ascii_digit().then(|| sum + usize::from(digit - b'0') * weight)
    })?;
    let is_right = check.len() == 1 && check.first() == CHECKS.get(sum % 11);
    let part = |from: usize, to: usize| number.get(from..to)?.parse().ok();
    let (month, day) = (i8::try_from(part(10, 12)?).ok()?, i8::try_from(part(12, 14)?).ok()?);
    Date::new(part(6, 10)?, month, day).ok().filter(|_| is_right)
}

const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_number_says_the_day_of_birth() {
        // GB 11643 gives this number as its example.
        assert_eq!(birth_of("11010519491231002X"), Some(date(1949, 12, 31)));
        for wrong in
            ["", "110105194912310021", "11010519491231002x", "1101051949123100２X", "11010519491331002X"]
        {
            assert_eq!(birth_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_age_counts_birthdays() {
        let name = Secret::new("样张");
        let person = Identity::typed(&name, &Secret::new("11010519491231002X")).unwrap();
        assert_eq!(person.age_on(date(2026, 12, 30)), 76);
        assert_eq!(person.age_on(date(2026, 12, 31)), 77);
        assert_eq!(person.age_on(date(1940, 1, 1)), 0);
        assert_eq!(Identity::typed(&Secret::new(" "), &Secret::new("11010519491231002X")), None);
    }

    #[test]
    fn what_is_secret_does_not_print_itself() {
        let person = Identity::typed(&Secret::new("样张"), &Secret::new("11010519491231002X")).unwrap();
        let printed = format!("{person:?}");
        assert!(!printed.contains("样张") && !printed.contains("110105"), "{printed}");
        assert_eq!(person.masked(), ("样*".to_owned(), "****002X".to_owned()));
        assert_eq!(Secret::new(&"长".repeat(100)).len(), Secret::MAX_LEN / 3);
    }
}
