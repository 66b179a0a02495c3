//! What a patron sees and can touch, as plain data: the view model.
//!
//! Invariant: a [`Screen`] holds no whole name, no whole card number and no password, so that whatever draws,
//! photographs or logs it cannot leak them.

use core::fmt;

use jiff::civil::Date;

use crate::id::ItemId;
use crate::transaction::Reason;

/// The languages of the screen. The choice lasts for one visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Language {
    /// 简体中文
    #[default]
    Chinese,
    /// English
    English,
}

/// One whole screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// language of this visit
    pub language: Language,
    /// whether central answers; shown as one quiet line
    pub online: bool,
    /// what is in the middle
    pub page: Page,
}

/// The pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Nobody is here.
    Welcome,
    /// Who are you?
    Identify(Identify),
    /// Items are being lent or taken back.
    Visit(Visit),
    /// The visit is over; a last look at what was done.
    Done(Done),
    /// Somebody has to do something before the kiosk can go on.
    Attention(Attention),
}

/// The page that asks for a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identify {
    /// what is asked for
    pub entry: Entry,
    /// items that lie on the pad already and wait for a card
    pub n_waiting: usize,
    /// central is being asked
    pub busy: bool,
    /// why the last try failed
    pub problem: Option<Reason>,
    /// seconds until the page closes by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// What the patron has to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Put the card on the pad, or choose to type its number.
    Card,
    /// Typing the card number: all but the last four characters are stars.
    Number {
        /// the number as shown
        masked: String,
    },
    /// Typing the password.
    Pin {
        /// characters typed
        len: usize,
    },
}

/// Which way the items go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A patron is known: secured items are lent, unsecured ones are taken back.
    Borrow,
    /// No patron: everything is taken back.
    Return,
}

/// The page of a running visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// which page it is
    pub purpose: Purpose,
    /// who is here, masked
    pub patron: Option<PatronView>,
    /// one line for each item, in order of arrival
    pub lines: Vec<Line>,
    /// what the patron should do now
    pub hint: Hint,
    /// seconds until the visit ends by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// A patron as a screen may show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatronView {
    /// masked name
    pub name: String,
    /// masked card number
    pub card: String,
    /// loans now, if known
    pub n_loans: Option<u32>,
    /// loans allowed, if known
    pub loan_limit: Option<u32>,
}

/// One item on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// the item's barcode; a tag that could not be read has none
    pub item: Option<ItemId>,
    /// title, as soon as it is known
    pub title: Option<String>,
    /// author, as soon as it is known
    pub author: Option<String>,
    /// whether the item goes out or comes in
    pub way: Way,
    /// how far it is
    pub progress: Progress,
}

/// Whether an item goes out or comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// checkout
    Out,
    /// checkin
    In,
}

/// How far a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Central is being asked, or the tag is being written. The book must stay on the pad.
    Working,
    /// Done: in the ledger, at central (or to be told to it), and verified on the tag.
    Done {
        /// due date of a checkout
        due: Option<Date>,
        /// central has not confirmed it yet; it will be told
        provisional: bool,
    },
    /// Refused; nothing was changed.
    Refused(Reason),
    /// The book was taken away too early: put it back.
    PutBack,
    /// The loan was undone because the tag could not be written: this book is not lent.
    Undone,
    /// It is not known what central did; staff will look. The book stays here.
    Unclear,
    /// Taken back at central, but the tag could not be secured: give the book to staff.
    Unsecured,
}

/// What the patron should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Put books on the pad.
    PutBooks,
    /// Leave the books where they are.
    Wait,
    /// All is done: take the books, add more, or finish.
    TakeBooks,
    /// Nothing more will happen, and not every book was done: look at the list.
    SeeLines,
    /// A book was taken away too early.
    PutBack,
}

/// The last page of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// all lines of the visit
    pub lines: Vec<Line>,
    /// the card still lies on the pad
    pub card_left: bool,
    /// books still lie on the pad
    pub books_left: bool,
}

/// Why the kiosk cannot go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// The kiosk has just started and has not read its pad yet.
    Starting,
    /// The RFID reader does not answer.
    ReaderDown,
    /// The ledger cannot be written: disk full, read-only or damaged.
    LedgerDown,
    /// Books lie on the pad from before the start: take them away.
    ClearPad,
}

/// What a patron touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Show this language.
    Language(Language),
    /// "Borrow" on the welcome page.
    Borrow,
    /// "Return" on the welcome page.
    Return,
    /// Type the card number instead of using the card.
    TypeNumber,
    /// One key of the keypad.
    Key(char),
    /// Take the last key back.
    Erase,
    /// End of the number or password.
    Enter,
    /// More time.
    More,
    /// The visit is over.
    Finish,
    /// Back to the welcome page.
    Cancel,
}

impl Page {
    /// One word for the page: for logs and file names. It says nothing of who is there.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Identify(_) => "identify",
            Self::Visit(Visit { purpose: Purpose::Borrow, .. }) => "borrow",
            Self::Visit(Visit { purpose: Purpose::Return, .. }) => "return",
            Self::Done(_) => "done",
            Self::Attention(_) => "attention",
        }
    }
}

impl Done {
    /// Items lent in this visit.
    #[must_use]
    pub fn n_lent(&self) -> usize {
        n_done(&self.lines, Way::Out)
    }

    /// Items taken back in this visit.
    #[must_use]
    pub fn n_returned(&self) -> usize {
        n_done(&self.lines, Way::In)
    }

    /// Items that were neither lent nor taken back.
    #[must_use]
    pub fn n_refused(&self) -> usize {
        self.lines.len().saturating_sub(self.n_lent()).saturating_sub(self.n_returned())
    }

    /// The earliest due date of what was lent.
    #[must_use]
    pub fn first_due(&self) -> Option<Date> {
        self.lines.iter().filter_map(|line| line.progress.due()).min()
    }
}

impl Line {
    /// Whether central has it, or will be told: the item is lent, or is off the patron's account. A book whose tag
    /// could not be secured is returned all the same.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match self.progress {
            Progress::Done { .. } => true,
            Progress::Unsecured => matches!(self.way, Way::In),
            Progress::Working
            | Progress::Refused(_)
            | Progress::PutBack
            | Progress::Undone
            | Progress::Unclear => false,
        }
    }
}

impl Progress {
    /// Whether nothing more will happen to the line unless the patron does something.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Working | Self::PutBack)
    }

    const fn due(&self) -> Option<Date> {
        match self {
            Self::Done { due, .. } => *due,
            Self::Working
            | Self::Refused(_)
            | Self::PutBack
            | Self::Undone
            | Self::Unclear
            | Self::Unsecured => None,
        }
    }
}

fn n_done(lines: &[Line], way: Way) -> usize {
    lines.iter().filter(|line| line.way == way && line.is_done()).count()
}

/// The transcript form: what tests compare and the demo prints. English, one line for the page, one for each item.
impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.page {
            Page::Welcome => f.write_str("welcome")?,
            Page::Identify(page) => write!(f, "{page}")?,
            Page::Visit(visit) => write!(f, "{visit}")?,
            Page::Done(done) => write!(f, "{done}")?,
            Page::Attention(what) => write!(f, "attention: {what:?}")?,
        }
        if !self.online {
            f.write_str("\n  (central is silent)")?;
        }
        if self.language != Language::Chinese {
            write!(f, "\n  (in {:?})", self.language)?;
        }
        Ok(())
    }
}

impl fmt::Display for Identify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Entry::Card => f.write_str("identify: card")?,
            Entry::Number { masked } => write!(f, "identify: number {masked}")?,
            Entry::Pin { len } => write!(f, "identify: pin {}", "*".repeat(*len))?,
        }
        if self.n_waiting > 0 {
            write!(f, ", {} waiting", self.n_waiting)?;
        }
        if self.busy {
            f.write_str(", busy")?;
        }
        if let Some(problem) = &self.problem {
            write!(f, ", problem {problem:?}")?;
        }
        seconds(f, self.seconds_left)
    }
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.purpose)?;
        if let Some(patron) = &self.patron {
            write!(f, " by {}", patron.name)?;
        }
        write!(f, ": {:?}", self.hint)?;
        seconds(f, self.seconds_left)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "done: {} lent, {} returned, {} not", self.n_lent(), self.n_returned(), self.n_refused())?;
        if let Some(due) = self.first_due() {
            write!(f, ", due {due}")?;
        }
        if self.card_left {
            f.write_str(", card left")?;
        }
        if self.books_left {
            f.write_str(", books left")?;
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.way {
            Way::Out => "→",
            Way::In => "←",
        };
        let item = self.item.as_ref().map_or("?", ItemId::as_str);
        write!(f, "{arrow} {item}")?;
        if let Some(title) = &self.title {
            write!(f, " {title}")?;
        }
        match &self.progress {
            Progress::Done { due, provisional } => {
                f.write_str(": done")?;
                if let Some(due) = due {
                    write!(f, ", due {due}")?;
                }
                if *provisional {
                    f.write_str(" (to be told)")?;
                }
                Ok(())
            }
            Progress::Refused(reason) => write!(f, ": refused, {reason:?}"),
            other @ (Progress::Working
            | Progress::PutBack
            | Progress::Undone
            | Progress::Unclear
            | Progress::Unsecured) => write!(f, ": {other:?}"),
        }
    }
}

fn seconds(f: &mut fmt::Formatter<'_>, left: Option<u16>) -> fmt::Result {
    left.map_or(Ok(()), |left| write!(f, ", {left} s left"))
}
