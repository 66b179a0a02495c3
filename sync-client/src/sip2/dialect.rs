//! Dialects as data: in what a library system departs from the standard, one value each.
//!
//! **Rule**: no code asks who the peer is; every difference between two library systems is a field of [`Dialect`].

use circulation::id::ItemId;

use super::charset::Charset;
use super::field::{self, FieldCode};

/// How a peer writes SIP2. [`Dialect::standard`] is the standard itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// how characters are written
    pub charset: Charset,
    /// what ends a frame that is sent; every one is accepted
    pub terminator: Terminator,
    /// whether sequence number and checksum are sent and believed
    pub checksum: Checksum,
    /// whether an answer must carry the request's sequence number, if it carries one
    pub match_sequence: bool,
    /// what may be told as a fact
    pub no_block: NoBlock,
    /// what stands for a date that does not apply
    pub empty_date: EmptyDate,
    /// optional fields that this peer must not be sent
    pub omit: Vec<FieldCode>,
    /// the field of 09, 11 and 29 that carries the operator's account, if the peer wants it
    pub operator: Option<FieldCode>,
    /// the fields of a 64 that list a patron's loans
    pub loans: Vec<FieldCode>,
    /// what separates several items in one such field
    pub loan_separator: Option<char>,
    /// the field of a 64 with the end of the card's term
    pub card_end: Option<FieldCode>,
    /// the field of a 64 with the number of loans allowed
    pub loan_limit: FieldCode,
    /// the field of an 18 with the day of the loan
    pub loan_date: Option<FieldCode>,
    /// the field of an 18 with the shelf mark
    pub call_number: FieldCode,
    /// how a due date like 03/04/2027 is read
    pub day_order: DayOrder,
    /// what the circulation status of an 18 means
    pub circulation: Circulation,
    /// whether a 64 without CQ still means that the password was right
    pub trusts_silent_password: bool,
    /// whether checkouts and checkins wait while the peer's status refuses them
    pub obeys_status: bool,
    /// whether cards are issued and changed too (81 to 86, 91): a server answers these only where they are spoken
    pub has_cards: bool,
    /// longest value in bytes; the standard says 255
    pub max_value: usize,
}

/// What ends a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Terminator {
    /// carriage return: the standard
    #[default]
    Cr,
    /// carriage return and line feed
    CrLf,
    /// line feed
    Lf,
}

impl Terminator {
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Cr => b"\r",
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
        }
    }
}

/// What is done about AY and AZ. Some peers compute them wrongly, or copy them from an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksum {
    /// neither sent nor looked at
    Off,
    /// sent, never looked at
    SendOnly,
    /// sent and looked at; an answer without or with a wrong one is told, and taken
    #[default]
    Lenient,
    /// sent and demanded; an answer without or with a wrong one is asked for again
    Strict,
}

impl Checksum {
    /// Whether frames carry AY and AZ.
    #[must_use]
    pub const fn is_sent(self) -> bool {
        match self {
            Self::Off => false,
            Self::SendOnly | Self::Lenient | Self::Strict => true,
        }
    }
}

/// Which offline transactions are sent with `no block = Y`. Most servers ignore it, some obey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoBlock {
    /// none: they are sent as ordinary ones and may be refused
    #[default]
    Never,
    /// checkins
    CheckinOnly,
    /// checkouts and checkins
    Always,
}

/// What stands for a date that does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyDate {
    /// 18 blanks
    #[default]
    Blank,
    /// the moment of the request: some servers drop the line at blanks
    Now,
}

/// How a date with slashes is read that could be two days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayOrder {
    /// 03/04/2027 is in April
    #[default]
    DayFirst,
    /// 03/04/2027 is in March
    MonthFirst,
}

/// What each circulation status means; one that is in no list means "elsewhere".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circulation {
    /// in the library, to be lent
    pub in_library: Vec<u16>,
    /// on loan
    pub on_loan: Vec<u16>,
    /// on the hold shelf, or reserved
    pub on_hold: Vec<u16>,
    /// not on loan, and not to be lent now: in transit, being processed
    pub not_on_loan: Vec<u16>,
}

impl Circulation {
    /// 3M SIP2 2.00, circulation status. 11 to 13 (claimed, lost, missing) say nothing of the loan: in no list.
    #[must_use]
    pub fn standard() -> Self {
        Self { in_library: vec![3, 9], on_loan: vec![4, 5, 7], on_hold: vec![8], not_on_loan: vec![2, 6, 10] }
    }
}

impl Dialect {
    /// The standard, in UTF-8.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            charset: Charset::Utf8,
            terminator: Terminator::Cr,
            checksum: Checksum::Lenient,
            match_sequence: true,
            no_block: NoBlock::Never,
            empty_date: EmptyDate::Blank,
            omit: Vec::new(),
            operator: None,
            loans: vec![field::F_CHARGED_ITEMS],
            loan_separator: None,
            card_end: Some(field::F_CARD_END),
            loan_limit: field::F_LOAN_LIMIT,
            loan_date: None,
            call_number: field::F_CALL_NUMBER,
            day_order: DayOrder::DayFirst,
            circulation: Circulation::standard(),
            trusts_silent_password: false,
            obeys_status: true,
            has_cards: false,
            max_value: 255,
        }
    }

    /// The Interlib ACS, as its public clients speak it: GBK, checksums that nobody computes, the operator in CN, its own table of
    /// states, and messages for cards.
    #[must_use]
    pub fn interlib() -> Self {
        Self {
            charset: Charset::Gbk,
            checksum: Checksum::SendOnly,
            match_sequence: false,
            operator: Some(field::F_LOGIN),
            loans: vec![field::F_HOLD_ITEMS, field::F_CHARGED_ITEMS],
            loan_separator: Some(','),
            card_end: Some(field::F_XD),
            loan_date: Some(field::F_RECALL_DATE),
            has_cards: true,
            call_number: field::F_KC,
            circulation: Circulation {
                in_library: vec![1],
                on_loan: vec![7, 9, 11, 12, 17],
                on_hold: vec![8, 10],
                not_on_loan: vec![0, 2, 4, 15, 16],
            },
            ..Self::standard()
        }
    }

    /// The items that one value of a list names; nothing for a part that is no item number, a title for example.
    pub(super) fn items<'a>(&self, value: &'a str) -> impl Iterator<Item = Option<ItemId>> + use<'a> {
        let separator = self.loan_separator;
        let parts = value.split(move |c| Some(c) == separator).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(|part| ItemId::parse(part).ok())
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::standard()
    }
}
