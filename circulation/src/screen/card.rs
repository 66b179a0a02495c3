//! The pages of a library card: a new one, a longer term, a lost one, a new password.

use core::fmt;

use jiff::civil::Date;

use super::{Keys, Receipt};
use crate::card_type::Security;
use crate::id::TransactionId;
use crate::money::Amount;

/// A page about a library card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// what the reader came for
    pub service: CardService,
    /// how far it is
    pub step: CardStep,
    /// seconds until the page closes by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// What somebody comes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardService {
    /// a card for who has none
    New,
    /// a longer term
    Renew,
    /// the card is lost: it is locked, and another one made
    Replace,
    /// another password
    Pin,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardStep {
    /// What would you like?
    Menu {
        /// whether cards come out, or why not
        cards: Cards,
    },
    /// What is read, what is kept, and for how long.
    Consent {
        /// which version of the text
        version: u32,
    },
    /// Put the identity card on the reader.
    Identity {
        /// whose
        whose: Whose,
        /// why the last card was not taken
        problem: Option<IdentityProblem>,
    },
    /// The child's name is typed.
    Name {
        /// as a screen may show it
        masked: String,
        /// the keyboard below it
        keys: Keys,
    },
    /// The number of the child's identity card is typed, from its card or the family's book.
    Number {
        /// as a screen may show it
        masked: String,
        /// it has a mistake
        wrong: bool,
    },
    /// Central is being asked.
    Asking,
    /// There is a card already.
    HasCard {
        /// masked
        card: String,
        /// whether it is in force
        state: HolderState,
    },
    /// Which card?
    Types {
        /// name as a screen may show it
        name: String,
        /// number of the identity card, masked
        number: String,
        /// what can be had
        choices: Vec<CardChoice>,
    },
    /// The telephone number is typed.
    Phone {
        /// as a screen may show it
        masked: String,
        /// it has a mistake
        wrong: bool,
    },
    /// The password is typed.
    Pin {
        /// characters typed
        len: usize,
        /// for the second time
        again: bool,
        /// why the last one was not taken
        problem: Option<PinProblem>,
    },
    /// No card comes out now: on the phone?
    OnPhone {
        /// why none comes out
        why: Refusal,
    },
    /// Is that what you want?
    Confirm {
        /// the card, masked
        card: String,
        /// its last day, if central said it
        valid_until: Option<Date>,
    },
    /// The machine works; nothing is to be done.
    Working(Work),
    /// Pay.
    Pay {
        /// how much
        amount: Amount,
        /// what the phone scans, once it is known: one code for each that takes the money
        codes: Vec<PayCode>,
    },
    /// The card is held out: take it.
    Take,
    /// The code that makes the phone a card.
    ForPhone {
        /// what the phone scans: a ticket for one time, not the number of the card
        code: String,
    },
    /// It is not done.
    Refused {
        /// why not
        why: Refusal,
        /// what became of the money
        money: Money,
        /// what can be done about it here
        ways: Ways,
        /// by which staff finds what was begun
        number: Option<TransactionId>,
        /// the voucher
        receipt: Receipt,
    },
    /// It is done.
    Done {
        /// the card, masked
        card: String,
        /// its last day, if central said it
        valid_until: Option<Date>,
        /// what was paid
        paid: Amount,
        /// the card is on the phone
        on_phone: bool,
        /// by which staff finds it again
        number: Option<TransactionId>,
        /// the receipt
        receipt: Receipt,
    },
}

/// Who takes money through a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayWith {
    /// WeChat Pay.
    WeChat,
    /// Alipay.
    Alipay,
}

/// A code by which something is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayCode {
    /// whose
    pub with: PayWith,
    /// what the phone scans
    pub code: String,
}

/// Whose identity card is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// that of who gets the card
    Own,
    /// that of a child's guardian
    Guardian,
    /// that of the child
    Child,
}

/// Why an identity card was not taken. Another one may be put there, or the same one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityProblem {
    /// taken away too early
    Moved,
    /// no identity card
    WrongKind,
    /// forged or damaged
    Forged,
    /// its term is over
    Expired,
    /// it cannot be read
    Unreadable,
    /// a foreigner's card that this machine cannot read: staff can
    Foreign,
    /// the guardian is a child too
    GuardianYoung,
    /// the guardian's own card again, for the child
    SamePerson,
    /// the child is not one any more: it gets a card of its own
    NoChild,
}

/// Whether cards come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Cards {
    /// They do.
    #[default]
    Ready,
    /// There are none in the machine.
    Empty,
    /// The machine has no such part, or it does not work.
    Down,
}

/// Whether a card that somebody has is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolderState {
    /// It is.
    Valid,
    /// Its term is over.
    Expired,
    /// It is reported lost.
    Lost,
    /// Staff has locked it.
    Locked,
}

/// One kind of card that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardChoice {
    /// its name, in the library's words
    pub name: String,
    /// what making it costs
    pub fee: Amount,
    /// what the library is secured with
    pub security: Security,
    /// items that it lends; none: it only opens the reading room
    pub lends: Option<u32>,
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PinProblem {
    /// it has fewer than six digits
    Short,
    /// it is the first that anybody would try
    Weak,
    /// the second is not the first
    Differs,
}

/// What the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// a number is reserved
    Reserving,
    /// a card is brought
    Feeding,
    /// it is written
    Writing,
    /// what was begun is taken back
    Undoing,
}

/// Why it is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Central does not answer: no card is made without it.
    CentralSilent,
    /// The identity reader does not answer.
    NoIdReader,
    /// A child alone: its guardian has to come with it.
    ChildAlone,
    /// Somebody with this identity card has a card already.
    HasCard,
    /// Nobody with this identity card has one.
    NoCard,
    /// Staff has locked the card.
    Locked,
    /// No card of this library is for somebody of this age.
    NoType,
    /// The telephone number is somebody else's.
    PhoneTaken,
    /// The term cannot be longer yet.
    NotRenewed,
    /// The library cannot make cards here: staff does.
    Closed,
    /// A card is stuck in the machine.
    Jam,
    /// There is no card left.
    Empty,
    /// The part that brings cards does not work.
    NoDispenser,
    /// The card could not be written.
    NotWritten,
    /// The card was not taken.
    NotTaken,
    /// Nothing was paid.
    NotPaid,
    /// The machine cannot write down what it does.
    LedgerDown,
    /// Central refuses; its own words.
    Declined(String),
}

/// What became of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Money {
    /// There was none.
    None,
    /// It is given back.
    Back,
    /// It is being given back, which goes on when the reader has left.
    Returning,
    /// Staff gives it back: the receipt says so.
    Voucher,
}

/// What can be done about a refusal, here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Ways {
    /// the card can be had on the phone
    pub phone: bool,
    /// the guardian can put its identity card on the reader
    pub guardian: bool,
}

/// What is touched on these pages, besides keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardTouch {
    /// What is wanted.
    Service(CardService),
    /// "I agree."
    Agree,
    /// The card is for a child.
    ForChild,
    /// The guardian is here.
    Guardian,
    /// The child has no identity card with it: type.
    TypeChild,
    /// Take the card on the phone.
    OnPhone,
    /// Yes, do it.
    Confirm,
    /// The phone has the code.
    HaveIt,
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "card {:?}: {}", self.service, self.step)?;
        self.seconds_left.map_or(Ok(()), |left| write!(f, ", {left} s left"))
    }
}

impl fmt::Display for CardStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Menu { cards: Cards::Ready } => f.write_str("menu"),
            Self::Menu { cards } => write!(f, "menu, cards {cards:?}"),
            Self::Consent { version } => write!(f, "consent {version}"),
            Self::Identity { whose, problem } => {
                write!(f, "identity {whose:?}")?;
                problem.map_or(Ok(()), |problem| write!(f, ", {problem:?}"))
            }
            Self::Name { masked, keys } => {
                write!(f, "name {masked:?}")?;
                if keys.composition.is_empty() { Ok(()) } else { write!(f, " + {}", keys.composition) }
            }
            Self::Number { masked, wrong } => write!(f, "number {}{}", typed(masked), mistake(*wrong)),
            Self::Asking => f.write_str("asking"),
            Self::HasCard { card, state } => write!(f, "has card {card}, {state:?}"),
            Self::Types { name, number, choices } => {
                write!(f, "types for {name} {number}")?;
                choices.iter().try_for_each(|choice| write!(f, "\n  {choice}"))
            }
            Self::Phone { masked, wrong } => write!(f, "phone {}{}", typed(masked), mistake(*wrong)),
            Self::Pin { len, again, problem } => {
                let again = if *again { " again" } else { "" };
                write!(f, "pin{again} {}", typed(&"*".repeat(*len)))?;
                problem.map_or(Ok(()), |problem| write!(f, ", {problem:?}"))
            }
            Self::OnPhone { why } => write!(f, "on the phone? {why:?}"),
            Self::Confirm { card, valid_until } => write!(f, "confirm {card}{}", until(*valid_until)),
            Self::Working(work) => write!(f, "{work:?}"),
            Self::Pay { amount, codes } => {
                write!(f, "pay {amount}")?;
                codes.iter().try_for_each(|code| write!(f, ", {:?}", code.with))
            }
            Self::Take => f.write_str("take it"),
            Self::ForPhone { code } => write!(f, "for the phone {code}"),
            Self::Refused { why, money, ways, number: _, receipt } => {
                write!(f, "refused, {why:?}")?;
                if *money != Money::None {
                    write!(f, ", money {money:?}")?;
                }
                for (is, word) in [(ways.phone, "phone"), (ways.guardian, "guardian")] {
                    if is {
                        write!(f, ", way {word}")?;
                    }
                }
                if *receipt == Receipt::Nothing { Ok(()) } else { write!(f, ", receipt {receipt:?}") }
            }
            Self::Done { card, valid_until, paid, on_phone, number: _, receipt } => {
                write!(f, "done {card}{}, paid {paid}", until(*valid_until))?;
                if *on_phone {
                    f.write_str(", on the phone")?;
                }
                write!(f, ", receipt {receipt:?}")
            }
        }
    }
}

impl fmt::Display for CardChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: fee {}, {:?}", self.name, self.fee, self.security)?;
        match self.lends {
            Some(n) => write!(f, ", lends {n}"),
            None => f.write_str(", lends nothing"),
        }
    }
}

/// What is typed; something is to be read where nothing is.
const fn typed(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

const fn mistake(wrong: bool) -> &'static str {
    if wrong { ", wrong" } else { "" }
}

fn until(day: Option<Date>) -> String {
    day.map_or_else(String::new, |day| format!(" until {day}"))
}
