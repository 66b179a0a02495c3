//! Library cards at a machine: what is known of who stands there, a card reserved, confirmed or deleted, and services.
//!
//! ```text
//!   POST /kiosk/v1/card  {"opuser","do",..}  -> {"already","refused","standing":{..},"card","until","ticket"}
//! ```
//! | `do` | with | what it is | answer |
//! |---|---|---|---|
//! | `check` | `certificate` | the card of this person, and the kinds that machines make | `standing` |
//! | `reserve` | `id`, `certificate`, `name`, `born`, `kind`, `phone`, `pin`, `guardian`, `consent`, `on_phone` | a number; nobody borrows with it yet | `card`, `until`, `ticket` |
//! | `reserve` | `id`, `certificate`, `replaces`, `consent`, `on_phone` | a number for the card that replaces a lost one | the same |
//! | `confirm` | `id` | the card was taken: it is in force from now on, and a lost one is not any more | `card` |
//! | `delete` | `id` | it was not taken: nothing of it is left; a `reserve` of this id that comes later is refused | |
//! | `renew`, `lose` | `certificate`, `card` | a longer term; locked, for it is lost | `until` |
//! | `pin` | `certificate`, `card`, `pin` | another password | |
//! | `pay`, `paid`, `refund` | `id` | the money for a reserved card: [`super::pay`] | `codes`, `money` |
//!
//! The id is made at the kiosk; central keeps it in the transaction that does what is asked, so that a repeat is answered
//! from there (`already`) and changes nothing. `refused` is a word of [`Refusal`]; nothing was done then. The numbers of
//! identity cards and telephones are hashed before anything is written (`central::certificate`), and none is answered. A central
//! that is too old for this call answers 404 `no_such_call`, which is silence.

use core::fmt;

use circulation::id::{MAX_LEN, PatronId, TransactionId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Malformed;
use super::pay::{MoneyWord, PayCode, PayVia};

/// What a machine asks about cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardCall {
    /// the operator account
    pub opuser: String,
    /// what is to be done
    pub deed: CardDeed,
}

/// What is to be done. `Debug` says no more than the word: it holds numbers and passwords.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CardDeed {
    /// Who is this?
    Check {
        /// number of the identity card
        certificate: String,
    },
    /// A number, please.
    Reserve {
        /// made at the kiosk, a UUID
        id: String,
        /// for whom
        #[serde(flatten)]
        wish: Box<Wish>,
    },
    /// The card was taken.
    Confirm {
        /// as it was reserved
        id: String,
    },
    /// It was not taken.
    Delete {
        /// as it was reserved
        id: String,
    },
    /// It is to be paid.
    Pay {
        /// as it was reserved
        id: String,
        /// what the patron was told that it costs, in fen
        amount_fen: i64,
    },
    /// Was it paid?
    Paid {
        /// as it was reserved
        id: String,
    },
    /// Nobody is to pay any more; what was paid goes back.
    Refund {
        /// as it was reserved
        id: String,
    },
    /// A longer term.
    Renew {
        /// number of the identity card of its owner
        certificate: String,
        /// the card
        card: String,
    },
    /// The card is lost.
    Lose {
        /// number of the identity card of its owner
        certificate: String,
        /// the card
        card: String,
    },
    /// Another password.
    Pin {
        /// number of the identity card of its owner
        certificate: String,
        /// the card
        card: String,
        /// the password
        pin: String,
    },
}

/// For whom a number is reserved.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wish {
    /// number of the identity card
    pub certificate: String,
    /// name; only for a new card, as the following
    #[serde(default)]
    pub name: String,
    /// day of birth
    #[serde(default)]
    pub born: Option<String>,
    /// the kind of card
    #[serde(default)]
    pub kind: String,
    /// telephone number
    #[serde(default)]
    pub phone: String,
    /// password
    #[serde(default)]
    pub pin: String,
    /// number of the identity card of a child's guardian
    #[serde(default)]
    pub guardian: Option<String>,
    /// the lost card that it replaces
    #[serde(default)]
    pub replaces: Option<String>,
    /// version of the text that was agreed to
    #[serde(default)]
    pub consent: u32,
    /// the card is a code on the phone
    #[serde(default)]
    pub on_phone: bool,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CardTold {
    /// the id was known: this is what was answered then
    #[serde(default)]
    pub already: bool,
    /// why nothing was done
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// what is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<StandingReport>,
    /// number of the card
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// its last day
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// what makes a phone the card
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// by which it is paid
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<PayCode>,
    /// how far the money is
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<MoneyWord>,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// this person has a card already
    HasCard,
    /// this person has none, or not this one
    NoCard,
    /// the telephone number is somebody else's log-in
    PhoneTaken,
    /// staff has locked the card
    Locked,
    /// machines make no such card, or not for this age
    NoSuchKind,
    /// only a card that is reported lost is replaced
    NotLost,
    /// the term cannot be longer
    NotRenewed,
    /// the id was deleted, or never reserved
    Gone,
    /// this central keeps no numbers of identity cards: it has no key
    NoKey,
    /// nobody takes money for this library
    NoPayment,
    /// it costs something else than the patron was told
    OtherPrice,
    /// no provider takes the order now, or none gives the money back
    ProviderRefuses,
}

/// What is known of a person.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StandingReport {
    /// the card that there is
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderReport>,
    /// the kinds of cards that machines make
    pub kinds: Vec<KindReport>,
    /// what a card costs that replaces a lost one, in fen
    pub replacement_fen: i64,
    /// who takes money for this library; nobody: what costs something is had at the desk
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pay_via: Vec<PayVia>,
}

/// A card that there is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderReport {
    /// its number
    pub card: String,
    /// `valid`, `expired`, `lost`, `locked`
    pub state: HolderWord,
    /// its last day
    pub until: String,
}

/// Whether a card is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderWord {
    /// It is.
    Valid,
    /// Its term is over.
    Expired,
    /// It is reported lost.
    Lost,
    /// Staff has locked it.
    Locked,
}

/// A kind of card that machines make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindReport {
    /// its name, which is its code
    pub kind: String,
    /// the youngest age, in years
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_from: Option<u8>,
    /// the oldest age
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_to: Option<u8>,
    /// what making it costs, in fen
    pub fee_fen: i64,
    /// the deposit, in fen
    pub deposit_fen: i64,
    /// by the reader's credit instead of a deposit
    pub by_credit: bool,
    /// loans at once; 0: it only opens the reading room
    pub loans: u32,
}

impl CardCall {
    /// Reads one.
    ///
    /// # Errors
    /// [`Malformed`]: which part cannot be read.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let form: CallForm = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        right(is_text(&form.opuser, 1, MAX_LEN), "opuser")?;
        form.deed.check()?;
        Ok(Self { opuser: form.opuser, deed: form.deed })
    }

    /// The body.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&CallForm { opuser: self.opuser.clone(), deed: self.deed.clone() })
    }
}

impl CardDeed {
    /// The word of `do`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Check { .. } => "check",
            Self::Reserve { .. } => "reserve",
            Self::Confirm { .. } => "confirm",
            Self::Delete { .. } => "delete",
            Self::Pay { .. } => "pay",
            Self::Paid { .. } => "paid",
            Self::Refund { .. } => "refund",
            Self::Renew { .. } => "renew",
            Self::Lose { .. } => "lose",
            Self::Pin { .. } => "pin",
        }
    }

    fn check(&self) -> Result<(), Malformed> {
        match self {
            Self::Check { certificate } => right(is_number(certificate), "certificate"),
            Self::Reserve { id, wish } => {
                right(TransactionId::parse(id).is_some(), "id")?;
                wish.check()
            }
            Self::Confirm { id } | Self::Delete { id } | Self::Paid { id } | Self::Refund { id } => {
                right(TransactionId::parse(id).is_some(), "id")
            }
            Self::Pay { id, amount_fen } => {
                right(TransactionId::parse(id).is_some(), "id")?;
                right((1..=MAX_FEN).contains(amount_fen), "amount_fen")
            }
            Self::Renew { certificate, card } | Self::Lose { certificate, card } => {
                right(is_number(certificate), "certificate")?;
                right(PatronId::parse(card).is_ok(), "card")
            }
            Self::Pin { certificate, card, pin } => {
                right(is_number(certificate), "certificate")?;
                right(PatronId::parse(card).is_ok(), "card")?;
                right(is_pin(pin), "pin")
            }
        }
    }
}

impl Wish {
    fn check(&self) -> Result<(), Malformed> {
        right(is_number(&self.certificate), "certificate")?;
        right(self.guardian.as_deref().is_none_or(is_number), "guardian")?;
        if let Some(card) = &self.replaces {
            return right(PatronId::parse(card).is_ok(), "replaces");
        }
        right(is_text(&self.name, 1, MAX_NAME), "name")?;
        right(is_text(&self.kind, 1, MAX_LEN), "kind")?;
        right(self.born.as_deref().is_some_and(|day| day.parse::<Date>().is_ok()), "born")?;
        right(is_text(&self.phone, 0, MAX_NUMBER), "phone")?;
        right(is_pin(&self.pin), "pin")
    }
}

impl fmt::Debug for CardDeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardDeed({})", self.word())
    }
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wish(…)")
    }
}

impl fmt::Debug for CardTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardTold")
            .field("already", &self.already)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StandingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandingReport").field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

impl fmt::Debug for HolderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HolderReport").field("state", &self.state).finish_non_exhaustive()
    }
}

fn right(is: bool, field: &'static str) -> Result<(), Malformed> {
    is.then_some(()).ok_or_else(|| Malformed::of(field))
}

/// What can be the number of an identity card, here or abroad.
fn is_number(text: &str) -> bool {
    is_text(text, 6, MAX_NUMBER) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_pin(text: &str) -> bool {
    is_text(text, MIN_PIN, MAX_LEN) && text.chars().all(|c| c.is_ascii_graphic())
}

fn is_text(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[derive(Serialize, Deserialize)]
struct CallForm {
    opuser: String,
    #[serde(flatten)]
    deed: CardDeed,
}

/// The longest name, in characters: that of openlib's addreader.
const MAX_NAME: usize = 60;
/// The longest number of an identity card or telephone.
const MAX_NUMBER: usize = 32;
/// What no card costs, in fen: 100,000 yuan.
const MAX_FEN: i64 = 10_000_000;
/// The shortest password: that of openlib's addreader.
const MIN_PIN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            certificate: "11010519491231002X".into(),
            name: "样张".into(),
            born: Some("1949-12-31".into()),
            kind: "普通借阅证".into(),
            phone: "13800138000".into(),
            pin: "293847".into(),
            consent: 1,
            ..Wish::default()
        }
    }

    fn call(deed: CardDeed) -> CardCall {
        CardCall { opuser: "kiosk-1".into(), deed }
    }

    fn id() -> String {
        TransactionId::from_bytes([7; 16]).to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (certificate, card) = ("11010519491231002X".to_owned(), "LW20260001".to_owned());
        let deeds = [
            CardDeed::Check { certificate: certificate.clone() },
            CardDeed::Reserve { id: id(), wish: Box::new(wish()) },
            CardDeed::Confirm { id: id() },
            CardDeed::Delete { id: id() },
            CardDeed::Pay { id: id(), amount_fen: 1_000 },
            CardDeed::Paid { id: id() },
            CardDeed::Refund { id: id() },
            CardDeed::Renew { certificate: certificate.clone(), card: card.clone() },
            CardDeed::Lose { certificate: certificate.clone(), card: card.clone() },
            CardDeed::Pin { certificate, card, pin: "293847".into() },
        ];
        for deed in deeds {
            let asked = call(deed);
            let body = asked.to_body().unwrap();
            assert!(String::from_utf8_lossy(&body).contains(&format!("\"do\":\"{}\"", asked.deed.word())));
            assert_eq!(CardCall::parse(&body), Ok(asked.clone()));
            let shown = format!("{asked:?}");
            for secret in ["110105", "样张", "1380013", "293847", "LW2026"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let reserve = |wish| CardDeed::Reserve { id: id(), wish: Box::new(wish) };
        let rows = [
            (CardDeed::Check { certificate: "110105 19491231".into() }, "certificate"),
            (CardDeed::Confirm { id: "7".into() }, "id"),
            (CardDeed::Refund { id: "7".into() }, "id"),
            (CardDeed::Pay { id: id(), amount_fen: 0 }, "amount_fen"),
            (CardDeed::Pay { id: id(), amount_fen: i64::MAX }, "amount_fen"),
            (CardDeed::Lose { certificate: "110105194".into(), card: "卡".into() }, "card"),
            (reserve(Wish { name: String::new(), ..wish() }), "name"),
            (reserve(Wish { born: Some("31.12.1949".into()), ..wish() }), "born"),
            (reserve(Wish { kind: "\u{7}".into(), ..wish() }), "kind"),
            (reserve(Wish { pin: "12345".into(), ..wish() }), "pin"),
            (reserve(Wish { replaces: Some(String::new()), ..wish() }), "replaces"),
            (reserve(Wish { guardian: Some("-".into()), ..wish() }), "guardian"),
        ];
        for (deed, field) in rows {
            let body = call(deed).to_body().unwrap();
            assert_eq!(CardCall::parse(&body).map_err(|fault| fault.field), Err(field));
        }
        assert_eq!(CardCall::parse(b"{").map_err(|fault| fault.field), Err("body"));
    }
}
