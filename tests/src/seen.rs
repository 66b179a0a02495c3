//! What a screen says of each item, as one line of text: so that it outlives the process that showed it.
//!
//! ```text
//! borrow LW0000001:out:done LW0000002:out:working
//! ```

use circulation::screen::{Line, Page, Progress, Screen, Way};

/// A screen in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// the page's word
    pub page: String,
    /// what it says of each item
    pub lines: Vec<Told>,
}

/// What a patron was told of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// the item
    pub item: String,
    /// whether it is lent
    pub is_out: bool,
    /// the word for its progress
    pub word: String,
}

impl Seen {
    /// A screen in brief.
    #[must_use]
    pub fn of(screen: &Screen) -> Self {
        let lines = match &screen.page {
            Page::Visit(visit) => visit.lines.as_slice(),
            Page::Done(done) => done.lines.as_slice(),
            Page::Welcome(_)
            | Page::Identify(_)
            | Page::Account(_)
            | Page::Find(_)
            | Page::Title(_)
            | Page::About(_)
            | Page::NewCard(_)
            | Page::Attention(_)
            | Page::Staff(_)
            | Page::Stocktake(_)
            | Page::Card(_) => &[],
        };
        Self { page: screen.page.word().to_owned(), lines: lines.iter().filter_map(Told::of).collect() }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.page.clone();
        for told in &self.lines {
            let way = if told.is_out { "out" } else { "in" };
            text.push_str(&format!(" {}:{way}:{}", told.item, told.word));
        }
        text
    }

    /// The screen behind a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let page = words.next()?.to_owned();
        let lines = words.map(Told::parse).collect::<Option<_>>()?;
        Some(Self { page, lines })
    }

    /// Whether it says "done" of anything.
    #[must_use]
    pub fn has_done(&self) -> bool {
        self.lines.iter().any(|told| told.word == DONE)
    }

    /// Whether it says "done" of everything.
    #[must_use]
    pub fn is_all_done(&self) -> bool {
        self.lines.iter().all(|told| told.word == DONE)
    }

    /// Whether it says of every item what will stay.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.lines.iter().all(|told| ![WORKING, PUT_BACK, INCOMPLETE].contains(&told.word.as_str()))
    }
}

impl Told {
    fn of(line: &Line) -> Option<Self> {
        let item = line.item.as_ref()?.as_str().to_owned();
        let word = match line.progress {
            Progress::Working => WORKING,
            Progress::Done { .. } => DONE,
            Progress::Refused(_) => "refused",
            Progress::Incomplete => INCOMPLETE,
            Progress::Yours { .. } => "yours",
            Progress::PutBack => PUT_BACK,
            Progress::Undone => "undone",
            Progress::Unclear => "unclear",
            Progress::Unsecured => "unsecured",
        };
        Some(Self { item, is_out: line.way == Way::Out, word: word.to_owned() })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (item, way, word) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { item: item.to_owned(), is_out: way == "out", word: word.to_owned() })
    }
}

/// The word of what will not be taken back.
pub const DONE: &str = "done";
const WORKING: &str = "working";
const PUT_BACK: &str = "put-back";
const INCOMPLETE: &str = "incomplete";
