//! Payment through a phone: what a provider is asked, and what its answers are worth.
//!
//! ```text
//!   Order ─▶ Provider::create ─▶ Call ══ HTTP ══▶ provider          a code for the patron's phone comes back
//!            Provider::query, close, refund        │
//!            Provider::notified ◀── notification ──┘  what was paid, signed by the provider
//! ```
//! Everything here is pure: calls are values, answers are bytes, time and randomness come in. A merchant's keys live here,
//! at central, and never on a kiosk. [`Free`] is the provider of libraries that take nothing, which is the default.
//!
//! **Rule**: an answer counts only if its signature is right, and an order is paid only if number and amount of the trade
//! are its own ([`Trade::settles`]).
//!
//! It implements the documented signatures; it was not tried against the live services.

mod alipay;
mod keys;
mod wechat;

use std::fmt;

use circulation::money::Amount;

pub use alipay::Alipay;
pub use keys::{KeyError, MerchantKey, ProviderKey};
pub use wechat::WeChat;

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body.
    Post,
}

/// A call to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Where to.
    pub url: String,
    /// Name and value.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent; empty with [`Method::Get`].
    pub body: String,
}

/// What came back of a call, or came by itself.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Name and value, names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The bytes as they came.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    fn header(&self, name: &'static str) -> Result<&'a str, PaymentError> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value).ok_or(PaymentError::Shape { what: name })
    }
}

/// The moment of a call, and a random text that is used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Now.
    pub at: jiff::Timestamp,
    /// 16 to 32 letters and digits.
    pub nonce: String,
}

/// The number of an order: the same call with the same number is the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderNumber(String);

impl OrderNumber {
    /// Parses 6 to 32 characters of `[0-9A-Za-z_-]`, which both providers take.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_sound = (6..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        is_sound.then(|| Self(text.to_owned()))
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub number: OrderNumber,
    /// How much; more than nothing.
    pub amount: Amount,
    /// What for, as the patron reads it on the phone; nothing of the patron.
    pub subject: String,
    /// It cannot be paid any more from then on.
    pub expires: jiff::Timestamp,
}

/// How far the payment of an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// Nobody has paid yet, or is about to.
    Open,
    /// Paid.
    Paid,
    /// Nobody can pay it any more.
    Closed,
    /// Paid, and given back.
    Refunded,
}

/// What a provider says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The order that it speaks of.
    pub order: String,
    /// How much, where it says so.
    pub amount: Option<Amount>,
    /// How far it is.
    pub state: TradeState,
    /// The provider's own number.
    pub transaction: Option<String>,
}

impl Trade {
    /// Whether an order is paid by this: it is of this number, and of this amount.
    #[must_use]
    pub fn settles(&self, order: &Order) -> bool {
        self.state == TradeState::Paid && self.order == order.number.0 && self.amount == Some(order.amount)
    }
}

/// Why a payment does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// The signature is not the provider's: the answer counts for nothing.
    #[error("the signature of the answer is wrong")]
    Signature,
    /// It is signed with a key that is not known here.
    #[error("the answer is signed with the key {id}, which is not the configured one: was it changed?")]
    UnknownKey {
        /// Its id.
        id: String,
    },
    /// It is too old or of the future: perhaps played back.
    #[error("the answer is {seconds} s away from this clock: check the clock")]
    Stale {
        /// How far.
        seconds: i64,
    },
    /// The provider says no.
    #[error("the provider refuses: {code} {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The answer has not the form that is documented.
    #[error("the answer is not as documented: {what}")]
    Shape {
        /// What is missing or wrong.
        what: &'static str,
    },
    /// The order can't be paid: its amount is nothing or less.
    #[error("there is nothing to be paid")]
    NoAmount,
    /// This library takes no money.
    #[error("no payment is taken here")]
    Free,
}

impl PaymentError {
    /// Whether the provider knows no such order: with Alipay none is there before the patron's phone has scanned its code.
    #[must_use]
    pub fn is_unknown_order(&self) -> bool {
        let unknown = ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "ACQ.TRADE_NOT_EXIST"];
        matches!(self, Self::Refused { code, .. } if unknown.contains(&code.as_str()))
    }
}

/// Somebody who takes money for the library.
pub trait Provider {
    /// Makes an order known; [`Provider::created`] reads the answer.
    ///
    /// # Errors
    /// [`PaymentError::NoAmount`], [`PaymentError::Free`]
    fn create(&self, order: &Order, moment: &Moment) -> Result<Call, PaymentError>;

    /// What the code for the patron's phone says.
    ///
    /// # Errors
    /// [`PaymentError`]: nothing was created that could be paid.
    fn created(&self, answer: Answer<'_>, now: jiff::Timestamp) -> Result<String, PaymentError>;

    /// Asks how far an order is; [`Provider::queried`] reads the answer.
    ///
    /// # Errors
    /// [`PaymentError::Free`]
    fn query(&self, order: &OrderNumber, moment: &Moment) -> Result<Call, PaymentError>;

    /// How far the order is.
    ///
    /// # Errors
    /// [`PaymentError`]: it is not known how far.
    fn queried(&self, answer: Answer<'_>, now: jiff::Timestamp) -> Result<Trade, PaymentError>;

    /// Closes an order, so that nobody pays it any more; [`Provider::closed`] reads the answer.
    ///
    /// # Errors
    /// [`PaymentError::Free`]
    fn close(&self, order: &OrderNumber, moment: &Moment) -> Result<Call, PaymentError>;

    /// Nobody can pay the order any more.
    ///
    /// # Errors
    /// [`PaymentError`]: that is not known, or it was paid.
    fn closed(&self, answer: Answer<'_>, now: jiff::Timestamp) -> Result<(), PaymentError>;

    /// Gives all of an order back; [`Provider::refunded`] reads the answer.
    ///
    /// # Errors
    /// [`PaymentError::Free`]
    fn refund(&self, order: &Order, moment: &Moment) -> Result<Call, PaymentError>;

    /// The provider gives the money back; it may take days until it is there.
    ///
    /// # Errors
    /// [`PaymentError`]: that is not known, or it does not.
    fn refunded(&self, answer: Answer<'_>, now: jiff::Timestamp) -> Result<(), PaymentError>;

    /// What a notification says that came by itself.
    ///
    /// # Errors
    /// [`PaymentError`]: it counts for nothing.
    fn notified(&self, answer: Answer<'_>, now: jiff::Timestamp) -> Result<Trade, PaymentError>;
}

/// The provider of libraries that take nothing: who borrows does so on credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Free;

impl Provider for Free {
    fn create(&self, _: &Order, _: &Moment) -> Result<Call, PaymentError> {
        Err(PaymentError::Free)
    }

    fn created(&self, _: Answer<'_>, _: jiff::Timestamp) -> Result<String, PaymentError> {
        Err(PaymentError::Free)
    }

    fn query(&self, _: &OrderNumber, _: &Moment) -> Result<Call, PaymentError> {
        Err(PaymentError::Free)
    }

    fn queried(&self, _: Answer<'_>, _: jiff::Timestamp) -> Result<Trade, PaymentError> {
        Err(PaymentError::Free)
    }

    fn close(&self, _: &OrderNumber, _: &Moment) -> Result<Call, PaymentError> {
        Err(PaymentError::Free)
    }

    fn closed(&self, _: Answer<'_>, _: jiff::Timestamp) -> Result<(), PaymentError> {
        Err(PaymentError::Free)
    }

    fn refund(&self, _: &Order, _: &Moment) -> Result<Call, PaymentError> {
        Err(PaymentError::Free)
    }

    fn refunded(&self, _: Answer<'_>, _: jiff::Timestamp) -> Result<(), PaymentError> {
        Err(PaymentError::Free)
    }

    fn notified(&self, _: Answer<'_>, _: jiff::Timestamp) -> Result<Trade, PaymentError> {
        Err(PaymentError::Free)
    }
}

fn has_amount(order: &Order) -> Result<(), PaymentError> {
    if order.amount.fen() > 0 { Ok(()) } else { Err(PaymentError::NoAmount) }
}

#[cfg(test)]
mod tests;
