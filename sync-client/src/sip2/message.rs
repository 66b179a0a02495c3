//! Messages: a two-digit number, a fixed part that has a type of its own for each number, and variable fields.
//!
//! ```text
//!   11 Y N 20261122    090000                   AO|AA1001|AB40017|AC|AY4AZEBF1\r
//!   id ╰──── fixed part: a struct ────╯ ╰── variable fields ──╯ ╰ frame ╯
//! ```
//! **Rule**: what is not understood is kept. An unknown number becomes [`Body::Other`] with its whole text, an unknown
//! field stays where it was.

mod table;

use core::fmt;

use super::field::{FieldCode, Fields};
use super::fixed::Fixed;
pub use table::*;

/// The two digits that a message begins with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 2]);

impl MessageId {
    /// The number written with these two digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match *text.as_bytes() {
            [tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit() => Some(Self([tens, ones])),
            _ => None,
        }
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The message that answers this one.
    #[must_use]
    pub fn answer(self) -> Option<Self> {
        PAIRS.iter().find(|(request, _)| *request == self).map(|(_, answer)| *answer)
    }

    /// Whether this message answers another.
    #[must_use]
    pub fn is_answer(self) -> bool {
        PAIRS.iter().any(|(_, answer)| *answer == self)
    }

    /// Whether asking twice does no more than asking once. A loan is none of them: it would become a renewal, or be
    /// refused as "on loan already".
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        REPEATABLE.contains(&self)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One message without what the frame adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// number and fixed part
    pub body: Body,
    /// variable fields
    pub fields: Fields,
}

impl Message {
    /// A message without variable fields.
    #[must_use]
    pub fn new(body: impl Into<Body>) -> Self {
        Self { body: body.into(), fields: Fields::default() }
    }

    /// The message with one more field.
    #[must_use]
    pub fn with(mut self, code: FieldCode, value: impl Into<String>) -> Self {
        self.fields.push(code, value);
        self
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.body.id()
    }
}

/// A message of an unknown number: everything behind the number, as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Other {
    pub(super) id: MessageId,
    pub(super) text: String,
}

impl Other {
    /// A message of a number that has no type here; nothing if the number has one, or the text cannot be sent.
    #[must_use]
    pub fn new(id: MessageId, text: &str) -> Option<Self> {
        let is_plain = !text.contains(|c: char| c.is_control());
        (is_plain && !is_known(id)).then(|| Self { id, text: text.to_owned() })
    }

    /// Everything behind the number.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Other {
    // Who knows what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Other({}, {} bytes)", self.id, self.text.len())
    }
}

/// A fixed part that is no fixed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fixed part of message {id} is not right from byte {at} on")]
pub struct BadFixed {
    /// the message
    pub id: MessageId,
    /// where, counted behind the number
    pub at: usize,
}

/// Takes a fixed item, or what stands for one that was left out.
fn item<T: Fixed>(id: MessageId, whole: &str, rest: &mut &str) -> Result<T, BadFixed> {
    if let Some(value) = T::take(rest) {
        return Ok(value);
    }
    let absent = if id.is_answer() { T::absent() } else { Some(T::unsaid()) };
    match absent {
        Some(value) if is_field(rest) => Ok(value),
        Some(_) | None => Err(BadFixed { id, at: whole.len().saturating_sub(rest.len()) }),
    }
}

/// Whether this looks like the rest of a message behind its fixed part.
fn is_field(rest: &str) -> bool {
    match *rest.as_bytes() {
        [] | [b'|', ..] => true,
        [first, second, ..] => first.is_ascii_uppercase() && second.is_ascii_alphanumeric(),
        [_] => false,
    }
}

const fn id(digits: [u8; 2]) -> MessageId {
    MessageId(digits)
}

const PAIRS: &[(MessageId, MessageId)] = &[
    (BlockPatron::ID, PatronStatusAnswer::ID),
    (Checkin::ID, CheckinAnswer::ID),
    (Checkout::ID, CheckoutAnswer::ID),
    (Hold::ID, HoldAnswer::ID),
    (ItemInformation::ID, ItemInformationAnswer::ID),
    (ItemStatusUpdate::ID, ItemStatusUpdateAnswer::ID),
    (PatronStatusRequest::ID, PatronStatusAnswer::ID),
    (PatronEnable::ID, PatronEnableAnswer::ID),
    (Renew::ID, RenewAnswer::ID),
    (EndSession::ID, EndSessionAnswer::ID),
    (FeePaid::ID, FeePaidAnswer::ID),
    (PatronInformation::ID, PatronInformationAnswer::ID),
    (RenewAll::ID, RenewAllAnswer::ID),
    (Login::ID, LoginAnswer::ID),
    (ScStatus::ID, AcsStatus::ID),
    (CardUpdate::ID, CardUpdateAnswer::ID),
    (CardState::ID, CardStateAnswer::ID),
    (CardSearch::ID, CardSearchAnswer::ID),
    (CardCheck::ID, CardCheckAnswer::ID),
];

const REPEATABLE: &[MessageId] = &[
    ItemInformation::ID,
    PatronStatusRequest::ID,
    PatronInformation::ID,
    ScStatus::ID,
    EndSession::ID,
    CardSearch::ID,
    CardCheck::ID,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_an_answer_of_another_number() {
        for (request, answer) in PAIRS {
            assert_eq!(request.answer(), Some(*answer));
            assert!(answer.is_answer() && !request.is_answer(), "{request}");
            assert!(is_known(*request) && is_known(*answer));
        }
        assert_eq!(ResendAnswer::ID.answer(), None);
    }

    #[test]
    fn what_lends_takes_back_or_charges_is_never_repeatable() {
        let acts =
            [Checkout::ID, Checkin::ID, Renew::ID, RenewAll::ID, FeePaid::ID, Hold::ID, CardUpdate::ID];
        assert!(acts.iter().all(|act| !act.is_repeatable()));
    }

    #[test]
    fn only_an_unknown_number_is_other() {
        assert!(Other::new(Checkout::ID, "x").is_none());
        let photo = Other::new(MessageId::parse("77").unwrap(), "|AA1001|LE2|DAFF").unwrap();
        assert!(!format!("{photo:?}").contains("1001"));
    }
}
