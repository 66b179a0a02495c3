//! What a patron sees and can touch, as plain data: the view model.
//!
//! Invariant: a [`Screen`] holds no whole name, no whole card number and no password, so that whatever draws,
//! photographs or logs it cannot leak them.

//! One file for each group of pages: `visit`, `account`, `find`, `card`, `staff`, `stocktake`; `place` is what is around them all, and
//! `transcript` how a screen is written down.

mod account;
mod card;
mod cue;
mod find;
mod place;
mod staff;
mod stocktake;
mod transcript;
mod visit;

use std::sync::Arc;

pub use account::{Account, AccountState, Cancellation, HoldLine, HoldState, LoanLine, Renewal};
pub use card::{
    Card, CardChoice, CardService, CardStep, CardTouch, Cards, HolderState, IdentityProblem, Money, PayCode,
    PayWith, PinProblem, Refusal, Ways, Whose, Work,
};
pub use cue::{Cue, cue};
pub use find::{Availability, Filter, Find, Hit, Holding, Keys, Layout, Reserve, Script, Title};
pub use place::{Attention, Leaflet, Notice, Offers, Opening, Place, Printer, Shelf, Welcome};
pub use staff::{Panel, Part, PartKind, PartState, Staff, StaffAct};
pub use stocktake::{
    Count, CountState, Ears, Gauge, HuntLine, HuntState, Hunting, Odd, Row, Seen, ShelfLine, Shelves, Spine,
    SpineState, StocktakeTouch, Stocktaking, Telling,
};
pub use visit::{
    Done, Entry, Goes, Hint, Identify, Line, PatronView, Progress, Purpose, Receipt, SetView, Visit, Way,
    Wish,
};

/// The languages of the screen. The choice lasts for one visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Language {
    /// 简体中文
    #[default]
    Chinese,
    /// 繁體中文
    Traditional,
    /// English
    English,
}

/// Size, colours and reach: each is one touch, and lasts for one visit. They go together: somebody in a wheelchair may
/// want large letters too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Look {
    /// for whom the pages are made
    pub style: Style,
    /// black and yellow, thick lines
    pub high_contrast: bool,
    /// all that is touched lies in the lower third
    pub low: bool,
    /// dark colours; by the hour, not by touch
    pub night: bool,
    /// prompts are spoken
    pub voice: bool,
}

/// For whom the pages are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Style {
    /// everybody
    #[default]
    Standard,
    /// large text, one thing a page, longer times
    Large,
    /// covers and colour, pinyin over the titles
    Child,
}

/// One whole screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// language of this visit
    pub language: Language,
    /// size, colours and reach of this visit
    pub look: Look,
    /// whether central answers; shown as one quiet line
    pub online: bool,
    /// where this machine stands and what it offers; the same for every screen of its life
    pub place: Arc<Place>,
    /// whether the library is open
    pub opening: Opening,
    /// what the library tells its readers; only where nobody is busy, on the welcome page
    pub notice: Option<Arc<Notice>>,
    /// what is in the middle
    pub page: Page,
}

/// The pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Nobody is here.
    Welcome(Welcome),
    /// Who are you?
    Identify(Identify),
    /// Items are being lent or taken back.
    Visit(Visit),
    /// What the patron has on loan, on hold and to pay.
    Account(Account),
    /// A book is looked for.
    Find(Find),
    /// One title that was found: where it stands.
    Title(Title),
    /// What this machine can do, and whom to ask.
    About(Leaflet),
    /// What one needs for a library card, and where it is made.
    NewCard(Leaflet),
    /// The visit is over; a last look at what was done.
    Done(Done),
    /// Somebody has to do something before the kiosk can go on.
    Attention(Attention),
    /// The staff's corner.
    Staff(Staff),
    /// Shelves are counted, or single items looked for.
    Stocktake(Stocktaking),
    /// A library card is made, renewed, replaced.
    Card(Card),
}

/// What a patron touches. Positions are those of the page shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Show this language.
    Language(Language),
    /// Show this style.
    Style(Style),
    /// High contrast, or not.
    HighContrast(bool),
    /// All within reach from a wheelchair, or not.
    Low(bool),
    /// Speak, or not.
    Voice(bool),
    /// "Borrow" on the welcome page.
    Borrow,
    /// "Return" on the welcome page.
    Return,
    /// "My loans", on the welcome page and in a visit.
    Account,
    /// "Find a book".
    Find,
    /// "About this machine".
    About,
    /// "Get a card".
    NewCard,
    /// Back to the page before.
    Back,
    /// Type the card number instead of using the card.
    TypeNumber,
    /// One key of a keypad or keyboard.
    Key(char),
    /// Take the last key back.
    Erase,
    /// End of the number, password or word.
    Enter,
    /// Another layout of the keyboard.
    Layout(Layout),
    /// A candidate of the pinyin keyboard.
    Candidate(usize),
    /// The next or the previous candidates.
    Candidates {
        /// next, not previous
        next: bool,
    },
    /// A title in the list of what was found.
    Open(usize),
    /// The next or the previous page of a list.
    Turn {
        /// next, not previous
        next: bool,
    },
    /// Only what stands in this branch, or all.
    OnlyHere(bool),
    /// Only titles in this script, or all.
    Only(Option<Script>),
    /// Put a hold on the title shown.
    Reserve,
    /// Renew one loan: a row of the account, or a line of the visit.
    Renew(usize),
    /// Renew all that can be renewed.
    RenewAll,
    /// Give one hold up; a second time, since its turn in the queue is lost.
    CancelHold(usize),
    /// Keep the hold after all.
    KeepHold,
    /// Show the receipt as a code for the phone.
    Code,
    /// Print the receipt.
    Print,
    /// More time.
    More,
    /// The visit is over.
    Finish,
    /// Back to the welcome page.
    Cancel,
    /// A corner of the screen, clockwise from the upper left: 0 to 3. All four in order open the staff's corner.
    Corner(u8),
    /// An act of the staff.
    Staff(StaffAct),
    /// Something on a page of a stocktake.
    Stocktake(StocktakeTouch),
    /// Something on a page about a card.
    Card(CardTouch),
}

impl Page {
    /// One word for the page: for logs and file names. It says nothing of who is there.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Welcome(_) => "welcome",
            Self::Identify(_) => "identify",
            Self::Visit(Visit { purpose: Purpose::Borrow, .. }) => "borrow",
            Self::Visit(Visit { purpose: Purpose::Return, .. }) => "return",
            Self::Account(_) => "account",
            Self::Find(_) => "find",
            Self::Title(_) => "title",
            Self::About(_) => "about",
            Self::NewCard(_) => "new-card",
            Self::Done(_) => "done",
            Self::Attention(_) => "attention",
            Self::Staff(_) => "staff",
            Self::Stocktake(page) => page.word(),
            Self::Card(_) => "card",
        }
    }
}
