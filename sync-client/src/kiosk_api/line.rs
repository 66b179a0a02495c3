//! The lines of a snapshot and of changes: what a kiosk's mirror holds. No names, no citizen numbers, not who has what.

use core::fmt;
use std::borrow::Cow;

use circulation::id::{Isil, ItemId, PatronId};
use circulation::policy::{ItemState, PatronState};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::{Cursor, Malformed, PinHash};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// always the first
    Head(Head),
    /// all rules; replaces those before
    Rules(RuleSet),
    /// a patron as it is now
    Patron(PatronEntry),
    /// an item as it is now
    Item(ItemEntry),
    /// there is no such patron any more
    PatronGone(PatronId),
    /// there is no such item any more
    ItemGone(ItemId),
    /// always the last; without it the answer is cut
    End(End),
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// whose data follow
    pub institution: Isil,
    /// central's local time
    pub at: DateTime,
    /// where the changes that are not in here begin
    pub cursor: Cursor,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// where to go on
    pub cursor: Cursor,
    /// whether there are more changes already
    pub more: bool,
}

/// How long what is lent to whom, and when the library is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleSet {
    /// card types
    pub patron_types: Vec<PatronType>,
    /// what is not here is not lent
    pub terms: Vec<Term>,
    /// closing days from today on
    pub closed: Vec<Date>,
    /// names of branches, as many as central has names for
    pub branches: Vec<BranchName>,
}

/// What a branch is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchName {
    /// its code, as items have it
    pub code: String,
    /// its name
    pub name: String,
}

/// A type of card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatronType {
    /// its name
    pub name: String,
    /// loans allowed
    pub loan_limit: u32,
}

/// How long a type of item is lent to a type of patron.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// card type
    pub patron_type: String,
    /// item type
    pub item_type: String,
    /// days
    pub period_days: u16,
}

/// A patron, as much as the rules need.
#[derive(Clone, PartialEq, Eq)]
pub struct PatronEntry {
    /// card number
    pub id: PatronId,
    /// card type
    pub patron_type: String,
    /// what the card is worth
    pub state: PatronState,
    /// first day of the term
    pub starts_on: Date,
    /// last day of the term
    pub ends_on: Date,
    /// loans now
    pub n_loans: u32,
    /// the password's hash for kiosks, if central has one
    pub pin: Option<PinHash>,
}

/// An item, as much as the rules and the screen need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemEntry {
    /// barcode
    pub id: ItemId,
    /// item type
    pub item_type: String,
    /// whose it is
    pub owner: Isil,
    /// code of the branch
    pub branch: String,
    /// whether it can be lent
    pub state: ItemState,
    /// title for the screen
    pub title: String,
    /// shelf mark
    pub call_number: String,
    /// what helps to find it
    pub record: Record,
}

/// What the catalogue says of an item beyond its title; empty where central says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// author, as the title page has it
    pub author: String,
    /// ISBN, as the catalogue has it
    pub isbn: String,
    /// MARC code of the language: `chi`, `eng`
    pub language: String,
    /// shelf or room within the branch
    pub shelf: String,
}

/// Where a snapshot broke off: behind this one.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// the last line was this patron's
    Patron(PatronId),
    /// the last line was this item's
    Item(ItemId),
}

impl fmt::Debug for PatronEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatronEntry").field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patron(_) => f.write_str("Place::Patron(…)"),
            Self::Item(item) => write!(f, "Place::Item({item})"),
        }
    }
}

impl Place {
    /// Reads `patron ID` or `item ID`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("patron", id) => PatronId::parse(id).ok().map(Self::Patron),
            ("item", id) => ItemId::parse(id).ok().map(Self::Item),
            _ => None,
        }
    }

    /// The text for the header.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Patron(id) => format!("patron {}", id.as_str()),
            Self::Item(id) => format!("item {id}"),
        }
    }
}

impl Line {
    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// [`Malformed`]: the part that cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let form: Form<'_> = serde_json::from_slice(bytes).map_err(|_| Malformed::of("line"))?;
        form.try_into()
    }

    /// Appends the line, its end included.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut *out, &Form::from(self))?;
        out.push(b'\n');
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form<'a> {
    #[serde(borrow)]
    Head(HeadForm<'a>),
    Rules(RulesForm),
    #[serde(borrow)]
    Patron(PatronForm<'a>),
    #[serde(borrow)]
    Item(ItemForm<'a>),
    #[serde(borrow)]
    PatronGone(Cow<'a, str>),
    #[serde(borrow)]
    ItemGone(Cow<'a, str>),
    #[serde(borrow)]
    End(EndForm<'a>),
}

#[derive(Serialize, Deserialize)]
struct HeadForm<'a> {
    #[serde(borrow)]
    institution: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    cursor: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct RulesForm {
    patron_types: Vec<PatronType>,
    terms: Vec<Term>,
    closed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    branches: Vec<BranchName>,
}

#[derive(Serialize, Deserialize)]
struct PatronForm<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    patron_type: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(borrow)]
    from: Cow<'a, str>,
    #[serde(borrow)]
    until: Cow<'a, str>,
    loans: u32,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pin: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct ItemForm<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    item_type: Cow<'a, str>,
    #[serde(borrow)]
    owner: Cow<'a, str>,
    #[serde(borrow)]
    branch: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    call: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    author: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    isbn: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    lang: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    shelf: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct EndForm<'a> {
    #[serde(borrow)]
    cursor: Cow<'a, str>,
    more: bool,
}

impl TryFrom<Form<'_>> for Line {
    type Error = Malformed;

    fn try_from(form: Form<'_>) -> Result<Self, Malformed> {
        Ok(match form {
            Form::Head(head) => Self::Head(Head {
                institution: Isil::parse(&head.institution).map_err(|_| Malformed::of("institution"))?,
                at: head.at.parse().map_err(|_| Malformed::of("at"))?,
                cursor: cursor(&head.cursor)?,
            }),
            Form::Rules(rules) => Self::Rules(RuleSet {
                patron_types: rules.patron_types,
                terms: rules.terms,
                closed: rules.closed.iter().map(|text| day("closed", text)).collect::<Result<_, _>>()?,
                branches: rules.branches,
            }),
            Form::Patron(patron) => Self::Patron(patron.try_into()?),
            Form::Item(item) => Self::Item(item.try_into()?),
            Form::PatronGone(id) => Self::PatronGone(patron_id(&id)?),
            Form::ItemGone(id) => Self::ItemGone(item_id(&id)?),
            Form::End(end) => Self::End(End { cursor: cursor(&end.cursor)?, more: end.more }),
        })
    }
}

impl TryFrom<PatronForm<'_>> for PatronEntry {
    type Error = Malformed;

    fn try_from(form: PatronForm<'_>) -> Result<Self, Malformed> {
        let pin = form.pin.map(|text| PinHash::parse(&text).ok_or(Malformed::of("pin"))).transpose()?;
        Ok(Self {
            id: patron_id(&form.id)?,
            patron_type: form.patron_type.into_owned(),
            state: of_word(&PatronState::ALL, patron_word, &form.state)?,
            starts_on: day("from", &form.from)?,
            ends_on: day("until", &form.until)?,
            n_loans: form.loans,
            pin,
        })
    }
}

impl TryFrom<ItemForm<'_>> for ItemEntry {
    type Error = Malformed;

    fn try_from(form: ItemForm<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: item_id(&form.id)?,
            item_type: form.item_type.into_owned(),
            owner: Isil::parse(&form.owner).map_err(|_| Malformed::of("owner"))?,
            branch: form.branch.into_owned(),
            state: of_word(&ItemState::ALL, item_word, &form.state)?,
            title: form.title.into_owned(),
            call_number: form.call.into_owned(),
            record: Record {
                author: form.author.into_owned(),
                isbn: form.isbn.into_owned(),
                language: form.lang.into_owned(),
                shelf: form.shelf.into_owned(),
            },
        })
    }
}

impl<'a> From<&'a Line> for Form<'a> {
    fn from(line: &'a Line) -> Self {
        match line {
            Line::Head(head) => Self::Head(HeadForm {
                institution: head.institution.as_str().into(),
                at: stamp(head.at).into(),
                cursor: head.cursor.as_str().into(),
            }),
            Line::Rules(rules) => Self::Rules(RulesForm {
                patron_types: rules.patron_types.clone(),
                terms: rules.terms.clone(),
                closed: rules.closed.iter().map(ToString::to_string).collect(),
                branches: rules.branches.clone(),
            }),
            Line::Patron(patron) => Self::Patron(PatronForm {
                id: patron.id.as_str().into(),
                patron_type: patron.patron_type.as_str().into(),
                state: patron_word(patron.state).into(),
                from: patron.starts_on.to_string().into(),
                until: patron.ends_on.to_string().into(),
                loans: patron.n_loans,
                pin: patron.pin.as_ref().map(|pin| pin.to_string().into()),
            }),
            Line::Item(item) => Self::Item(ItemForm {
                id: item.id.as_str().into(),
                item_type: item.item_type.as_str().into(),
                owner: item.owner.as_str().into(),
                branch: item.branch.as_str().into(),
                state: item_word(item.state).into(),
                title: item.title.as_str().into(),
                call: item.call_number.as_str().into(),
                author: item.record.author.as_str().into(),
                isbn: item.record.isbn.as_str().into(),
                lang: item.record.language.as_str().into(),
                shelf: item.record.shelf.as_str().into(),
            }),
            Line::PatronGone(id) => Self::PatronGone(id.as_str().into()),
            Line::ItemGone(id) => Self::ItemGone(id.as_str().into()),
            Line::End(end) => Self::End(EndForm { cursor: end.cursor.as_str().into(), more: end.more }),
        }
    }
}

/// A time as openlib writes it.
pub(super) fn stamp(at: DateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second())
}

pub(super) fn patron_id(text: &str) -> Result<PatronId, Malformed> {
    PatronId::parse(text).map_err(|_| Malformed::of("patron"))
}

pub(super) fn item_id(text: &str) -> Result<ItemId, Malformed> {
    ItemId::parse(text).map_err(|_| Malformed::of("item"))
}

pub(super) fn day(field: &'static str, text: &str) -> Result<Date, Malformed> {
    text.parse().map_err(|_| Malformed::of(field))
}

fn cursor(text: &str) -> Result<Cursor, Malformed> {
    Cursor::parse(text).ok_or(Malformed::of("cursor"))
}

fn of_word<T: Copy>(all: &[T], word: fn(T) -> &'static str, text: &str) -> Result<T, Malformed> {
    all.iter().copied().find(|state| word(*state) == text).ok_or(Malformed::of("state"))
}

const fn patron_word(state: PatronState) -> &'static str {
    match state {
        PatronState::Valid => "valid",
        PatronState::Unverified => "unverified",
        PatronState::Lost => "lost",
        PatronState::Suspended => "suspended",
        PatronState::Cancelled => "cancelled",
        PatronState::Owes => "owes",
    }
}

const fn item_word(state: ItemState) -> &'static str {
    match state {
        ItemState::Free => "free",
        ItemState::OnLoan => "on_loan",
        ItemState::Held => "held",
        ItemState::NotForLoan => "not_for_loan",
    }
}
