//! The text of a card: 256 bytes of UTF-16LE in fields of fixed length, filled up with spaces.
//!
//! ```text
//!   bytes   citizen; residence permit (J)      bytes   foreigner 2017 (I)
//!   0-29    name                               0-119   name in Latin letters
//!   30      sex: 1 male, 2 female              120     sex
//!   36-51   birth, YYYYMMDD                    122-151 number, 15 characters
//!   122-157 number                             188     issued    204-219 valid until
//!   188-203 valid from  204-219 valid until    220-235 birth
//!   248     type: space, J                     248     type: I, Y (2023, another layout)
//! ```

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

/// The number of an identity card. It has neither `Display` nor a `Debug` that shows it, and its bytes are overwritten
/// when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber(Zeroizing<String>);

impl IdNumber {
    /// Parses 18 characters whose check digit is right.
    ///
    /// # Spec
    /// GB 11643 (ISO 7064, MOD 11-2).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let (body, check) = digits.split_at_checked(17)?;
        let sum = body.iter().zip(WEIGHTS).try_fold(0, |sum, (digit, weight)| {
            digit.is_ascii_digit().then(|| sum + usize::from(digit - b'0') * weight)
        })?;
        let is_right = check.len() == 1 && check.first() == CHECKS.get(sum % 11);
        is_right.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The number of a foreigner's card of 2017: 15 letters and digits, which have no check that is published.
    fn foreign(text: &str) -> Option<Self> {
        let is_sound = text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_sound.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The number: for the wire and for hashing alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As a screen may show it: the last four characters behind stars.
    #[must_use]
    pub fn masked(&self) -> String {
        let end = self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default();
        format!("{}{end}", "*".repeat(self.0.len().saturating_sub(4)))
    }

    /// The day of birth that it says.
    fn birth(&self) -> Option<Date> {
        self.0.get(6..14).and_then(day)
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(…)")
    }
}

/// Which card it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of a citizen.
    Citizen,
    /// The residence permit of somebody from Hong Kong, Macao or Taiwan.
    Resident,
    /// The permanent residence card of a foreigner, of 2017.
    Foreigner,
}

/// What is kept of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Which card it is.
    pub kind: Kind,
    /// The name as it stands on the card.
    pub name: Zeroizing<String>,
    /// The number.
    pub number: IdNumber,
    /// The day of birth.
    pub birth: Date,
    /// The last day on which the card is valid; none: for life.
    pub valid_until: Option<Date>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Document {
    /// Whether the card is still valid on a day.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_until.is_none_or(|until| day <= until)
    }

    /// Years of age on a day.
    #[must_use]
    pub fn age_on(&self, day: Date) -> i16 {
        let had_birthday = (day.month(), day.day()) >= (self.birth.month(), self.birth.day());
        day.year() - self.birth.year() - i16::from(!had_birthday)
    }

    /// Reads the text of a card.
    ///
    /// # Errors
    /// [`RecordError`]
    pub fn decode(text: &[u8]) -> Result<Self, RecordError> {
        let text: &[u8; TEXT] = text.try_into().map_err(|_| RecordError::Length)?;
        match unit(text, TYPE) {
            b'I' => Self::foreigner(text),
            b'Y' => Err(RecordError::NewForeigner),
            b'J' => Self::citizen(text, Kind::Resident),
            b' ' | 0 => Self::citizen(text, Kind::Citizen),
            _ => Err(RecordError::Kind),
        }
    }

    fn citizen(text: &[u8; TEXT], kind: Kind) -> Result<Self, RecordError> {
        let number = IdNumber::parse(&field(text, 122, 36)?).ok_or(RecordError::Number)?;
        let birth = day(&field(text, 36, 16)?).ok_or(RecordError::Date)?;
        if number.birth() != Some(birth) {
            return Err(RecordError::Contradiction);
        }
        let (name, valid_until) = (field(text, 0, 30)?, until(&field(text, 204, 16)?)?);
        Self { kind, name, number, birth, valid_until }.named()
    }

    fn foreigner(text: &[u8; TEXT]) -> Result<Self, RecordError> {
        let number = IdNumber::foreign(&field(text, 122, 30)?).ok_or(RecordError::Number)?;
        let birth = day(&field(text, 220, 16)?).ok_or(RecordError::Date)?;
        let (name, valid_until) = (field(text, 0, 120)?, until(&field(text, 204, 16)?)?);
        Self { kind: Kind::Foreigner, name, number, birth, valid_until }.named()
    }

    fn named(self) -> Result<Self, RecordError> {
        if self.name.is_empty() { Err(RecordError::Name) } else { Ok(self) }
    }
}

/// Why the text of a card cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It has not 256 bytes.
    #[error("the text has not 256 bytes")]
    Length,
    /// It is not UTF-16.
    #[error("a field is not UTF-16")]
    Letters,
    /// A card of a type that is not known.
    #[error("the card's type is not known")]
    Kind,
    /// The foreigners' card of 2023, whose layout is not published.
    #[error("a foreigner's card of 2023: where its fields are is not published")]
    NewForeigner,
    /// No name.
    #[error("there is no name")]
    Name,
    /// The number is none, or its check digit is wrong.
    #[error("the number is wrong")]
    Number,
    /// A date is none.
    #[error("a date is wrong")]
    Date,
    /// Number and date of birth differ.
    #[error("number and date of birth differ")]
    Contradiction,
}

/// The low byte of a UTF-16 unit that must be a letter of ASCII.
fn unit(text: &[u8; TEXT], at: usize) -> u8 {
    match text.get(at..at + 2) {
        Some([low, 0]) => *low,
        _ => u8::MAX,
    }
}

fn field(text: &[u8; TEXT], at: usize, length: usize) -> Result<Zeroizing<String>, RecordError> {
    let (pairs, _) = text.get(at..at + length).unwrap_or_default().as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).filter(|unit| *unit != 0);
    // Room for the whole is taken at once: growing would leave copies behind.
    let mut letters = Zeroizing::new(String::with_capacity(length * 2));
    for letter in char::decode_utf16(units) {
        letters.push(letter.map_err(|_| RecordError::Letters)?);
    }
    while letters.ends_with(' ') {
        letters.pop();
    }
    Ok(letters)
}

fn day(text: &str) -> Option<Date> {
    let part =
        |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let (year, month, day) =
        (part(0, 4)?.parse().ok()?, part(4, 6)?.parse().ok()?, part(6, 8)?.parse().ok()?);
    (text.len() == 8).then(|| Date::new(year, month, day).ok()).flatten()
}

fn until(text: &str) -> Result<Option<Date>, RecordError> {
    if text == FOR_LIFE { Ok(None) } else { day(text).map(Some).ok_or(RecordError::Date) }
}

/// Bytes of the text.
pub const TEXT: usize = 256;
/// Where the type stands.
pub(crate) const TYPE: usize = 248;
const FOR_LIFE: &str = "长期";
const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::emulator::idcard::Card;

    #[test]
    fn the_number_of_the_standard_is_right_and_no_other_last_digit() {
        let number = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(
            (number.masked().as_str(), format!("{number:?}")),
            ("**************002X", "IdNumber(…)".to_owned())
        );
        for wrong in "0123456789x".chars() {
            assert_eq!(IdNumber::parse(&format!("11010519491231002{wrong}")), None, "{wrong}");
        }
        for wrong in
            ["", "11010519491231002", "11010519491231002XX", "1101051949123100 X", "１1010519491231002X"]
        {
            assert_eq!(IdNumber::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_kind_is_read_and_nothing_more_is_kept_than_needed() {
        let card = Card::specimen();
        let document = Document::decode(&card.text()).unwrap();
        assert_eq!((document.kind, document.name.as_str()), (Kind::Citizen, "样张"));
        assert_eq!((document.birth, document.valid_until), (date(1949, 12, 31), Some(date(2040, 1, 1))));
        assert!(document.is_valid_on(date(2040, 1, 1)) && !document.is_valid_on(date(2040, 1, 2)));
        assert_eq!((document.age_on(date(2026, 12, 30)), document.age_on(date(2026, 12, 31))), (76, 77));
        assert_eq!(format!("{document:?}"), "Document { kind: Citizen, .. }");
        let resident = Card { kind: Some('J'), until: "长期".to_owned(), ..card.clone() };
        let document = Document::decode(&resident.text()).unwrap();
        assert_eq!((document.kind, document.valid_until), (Kind::Resident, None));
        let foreigner = Card {
            kind: Some('I'),
            name: "SPECIMEN, ANNA".to_owned(),
            number: "ABC110049123101".to_owned(),
            ..card
        };
        let document = Document::decode(&foreigner.text()).unwrap();
        assert_eq!((document.kind, document.name.as_str()), (Kind::Foreigner, "SPECIMEN, ANNA"));
    }

    #[test]
    fn what_is_wrong_on_a_card_has_its_word() {
        let card = Card::specimen();
        for (card, expected) in [
            (Card { number: "110105194912310021".to_owned(), ..card.clone() }, RecordError::Number),
            (Card { birth: "19491230".to_owned(), ..card.clone() }, RecordError::Contradiction),
            (Card { birth: "19491331".to_owned(), ..card.clone() }, RecordError::Date),
            (Card { until: "2040".to_owned(), ..card.clone() }, RecordError::Date),
            (Card { name: String::new(), ..card.clone() }, RecordError::Name),
            (Card { kind: Some('Y'), ..card.clone() }, RecordError::NewForeigner),
            (Card { kind: Some('Q'), ..card.clone() }, RecordError::Kind),
        ] {
            assert_eq!(Document::decode(&card.text()), Err(expected));
        }
        let mut text = card.text();
        text[0..2].copy_from_slice(&[0x00, 0xD8]);
        assert_eq!(Document::decode(&text), Err(RecordError::Letters));
        assert_eq!(Document::decode(&text[1..]), Err(RecordError::Length));
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn any_text_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 256)) {
            drop(Document::decode(&text));
        }
    }
}
