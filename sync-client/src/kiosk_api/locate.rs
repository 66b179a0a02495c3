//! Where copies stand and were last seen, for programs at the shelves.
//!
//! ```text
//!   POST /kiosk/v1/locate  {"opuser","text"}         -> {"now","here","copies":[..],"more"}   the copies that it means
//!                          {"opuser","items":[..]}   -> the same                              these items
//! ```
//! `text` is a barcode (then all copies of that title come, it in front) or words of a title, an author, a subject, an ISBN, pinyin.
//! Items that central does not know are left out. `here` is the branch where the account stands. Nothing is changed.

use circulation::id::{ItemId, MAX_LEN};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Malformed;
use super::transfer::barcodes;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// the operator account
    pub opuser: String,
    /// what
    pub sought: Sought,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// a barcode or words, 1 to [`MAX_TEXT`] characters
    Text(String),
    /// these, each once, at most a thousand
    Items(Vec<ItemId>),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located {
    /// central's clock, in the library's local time: ages count from here
    pub now: String,
    /// code of the branch where the account stands
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<String>,
    /// at most [`MAX_COPIES`] for a text
    pub copies: Vec<CopyReport>,
    /// there are more
    pub more: bool,
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyReport {
    /// barcode
    pub item: String,
    /// title
    pub title: String,
    /// shelf mark
    pub call_number: String,
    /// code of the branch where it stands
    pub branch: String,
    /// its name
    pub branch_name: String,
    /// shelf within the branch; empty: not known
    pub shelf: String,
    /// state as openlib numbers them: [`crate::wire::code::holding`]
    pub state: String,
    /// last day of its loan
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// code of the branch where it is being sent
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
    /// patrons who wait for it
    pub holds: u32,
    /// when it was last seen
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenReport>,
}

/// A sighting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenReport {
    /// when it happened, in the library's local time
    pub at: String,
    /// what showed it
    pub how: How,
    /// name of the branch, if it is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// within it: see [`How`]; empty: not known
    pub place: String,
}

/// What showed an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// it was counted or put on a shelf: the place is a shelf mark
    Stocktake,
    /// it was brought back: the place is the account of the kiosk or desk, as for the next two
    Return,
    /// it was lent
    Loan,
    /// it was shown, and neither lent nor taken back
    Pad,
    /// it was read in a box, or arrived: the place is the number of the sheet
    Transfer,
}

/// How old something is, in the unit in which one says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// 0 to 59
    Minutes(u32),
    /// 1 to 23
    Hours(u32),
    /// 1 to 59
    Days(u32),
    /// of 30 days, from 2 on
    Months(u32),
}

impl How {
    /// Its word on the wire and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stocktake => "stocktake",
            Self::Return => "return",
            Self::Loan => "loan",
            Self::Pad => "pad",
            Self::Transfer => "transfer",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Stocktake, Self::Return, Self::Loan, Self::Pad, Self::Transfer];
        all.into_iter().find(|how| how.word() == word)
    }
}

impl Age {
    /// From then to now; what is yet to come is new.
    #[must_use]
    pub fn between(then: DateTime, now: DateTime) -> Self {
        let minutes = u32::try_from(now.duration_since(then).as_mins().max(0)).unwrap_or(u32::MAX);
        let (hours, days) = (minutes / 60, minutes / (60 * 24));
        match (hours, days) {
            (0, _) => Self::Minutes(minutes),
            (_, 0) => Self::Hours(hours),
            (_, 1..60) => Self::Days(days),
            _ => Self::Months(days / 30),
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn chinese(self) -> String {
        match self {
            Self::Minutes(0) => "刚才".to_owned(),
            Self::Minutes(n) => format!("{n} 分钟前"),
            Self::Hours(n) => format!("{n} 小时前"),
            Self::Days(n) => format!("{n} 天前"),
            Self::Months(n) => format!("{n} 个月前"),
        }
    }

    /// In English.
    #[must_use]
    pub fn english(self) -> String {
        let ago = |n: u32, unit: &str| format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" });
        match self {
            Self::Minutes(0) => "just now".to_owned(),
            Self::Minutes(n) => ago(n, "minute"),
            Self::Hours(n) => ago(n, "hour"),
            Self::Days(n) => ago(n, "day"),
            Self::Months(n) => ago(n, "month"),
        }
    }
}

impl CopyReport {
    /// Whether whoever comes to its shelf may take it along.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.state == crate::wire::code::holding::IN_LIBRARY && self.sent_to.is_none() && self.holds == 0
    }
}

impl Located {
    /// The copy to go to: one that is free, here before elsewhere; of those the one that was seen last.
    #[must_use]
    pub fn next_free(&self) -> Option<&CopyReport> {
        let is_here = |copy: &CopyReport| self.here.as_deref() == Some(copy.branch.as_str());
        let seen = |copy: &CopyReport| copy.seen.as_ref().map(|seen| seen.at.clone()).unwrap_or_default();
        self.copies.iter().filter(|copy| copy.is_free()).max_by_key(|copy| (is_here(copy), seen(copy)))
    }

    /// How old a sighting is; nothing if one of the two times cannot be read.
    #[must_use]
    pub fn age(&self, seen: &SeenReport) -> Option<Age> {
        Some(Age::between(seen.at.parse().ok()?, self.now.parse().ok()?))
    }
}

impl Question {
    /// Reads one.
    ///
    /// # Errors
    /// [`Malformed`]: which part cannot be read.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let form: Form = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        let is_text = |text: &str, most: usize| {
            (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        if !is_text(&form.opuser, MAX_LEN) {
            return Err(Malformed::of("opuser"));
        }
        let sought = match (form.text, form.items) {
            (Some(text), None) if is_text(text.trim(), MAX_TEXT) => Sought::Text(text.trim().to_owned()),
            (None, Some(items)) => Sought::Items(barcodes(&items)?),
            (Some(_), None) | (None, None) => return Err(Malformed::of("text")),
            (Some(_), Some(_)) => return Err(Malformed::of("items")),
        };
        Ok(Self { opuser: form.opuser, sought })
    }

    /// The body.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (text, items) = match &self.sought {
            Sought::Text(text) => (Some(text.clone()), None),
            Sought::Items(items) => (None, Some(items.iter().map(ItemId::to_string).collect())),
        };
        serde_json::to_vec(&Form { opuser: self.opuser.clone(), text, items })
    }
}

#[derive(Serialize, Deserialize)]
struct Form {
    opuser: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<Vec<String>>,
}

/// The longest text that is looked for, in characters.
pub const MAX_TEXT: usize = 100;

/// The most copies that a text gives.
pub const MAX_COPIES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use jiff::civil::datetime;

    #[test]
    fn what_is_written_is_read_again_and_what_cannot_be_read_is_named() {
        let items = vec![ItemId::parse("LW0000001").unwrap(), ItemId::parse("LW0000002").unwrap()];
        for sought in [Sought::Text("红楼梦".to_owned()), Sought::Items(items)] {
            let question = Question { opuser: "cart-1".to_owned(), sought };
            assert_eq!(Question::parse(&question.to_body().unwrap()), Ok(question));
        }
        for (body, field) in [
            ("{", "body"),
            (r#"{"opuser":"","text":"a"}"#, "opuser"),
            (r#"{"opuser":"c"}"#, "text"),
            (r#"{"opuser":"c","text":"  "}"#, "text"),
            (r#"{"opuser":"c","text":"a\u0000"}"#, "text"),
            (r#"{"opuser":"c","items":["A","A"]}"#, "items"),
            (r#"{"opuser":"c","text":"a","items":["A"]}"#, "items"),
        ] {
            assert_eq!(Question::parse(body.as_bytes()).map_err(|fault| fault.field), Err(field), "{body}");
        }
    }

    #[test]
    fn an_age_is_told_as_one_says_it() {
        let now = datetime(2026, 11, 23, 9, 30, 0, 0);
        for (minutes, chinese, english) in [
            (-5, "刚才", "just now"),
            (0, "刚才", "just now"),
            (1, "1 分钟前", "1 minute ago"),
            (59, "59 分钟前", "59 minutes ago"),
            (60, "1 小时前", "1 hour ago"),
            (24 * 60, "1 天前", "1 day ago"),
            (59 * 24 * 60, "59 天前", "59 days ago"),
            (90 * 24 * 60, "3 个月前", "3 months ago"),
        ] {
            let age = Age::between(now - minutes.minutes(), now);
            assert_eq!((age.chinese().as_str(), age.english().as_str()), (chinese, english));
        }
    }

    #[test]
    fn the_next_free_copy_is_one_that_can_be_taken_here_before_elsewhere() {
        let copy = |item: &str, branch: &str, state: &str| CopyReport {
            item: item.to_owned(),
            title: String::new(),
            call_number: String::new(),
            branch: branch.to_owned(),
            branch_name: String::new(),
            shelf: String::new(),
            state: state.to_owned(),
            due: None,
            sent_to: None,
            holds: 0,
            seen: None,
        };
        let held = CopyReport { holds: 1, ..copy("3", "A", "2") };
        let sent = CopyReport { sent_to: Some("B".to_owned()), ..copy("4", "A", "2") };
        let mut copies = vec![copy("1", "B", "2"), copy("2", "A", "3"), held, sent];
        let located = |copies: &[CopyReport]| {
            let here = Some("A".to_owned());
            let found = Located { now: String::new(), here, copies: copies.to_vec(), more: false };
            found.next_free().map(|copy| copy.item.clone())
        };
        assert_eq!(located(&copies).as_deref(), Some("1"));
        copies.push(copy("5", "A", "2"));
        assert_eq!(located(&copies).as_deref(), Some("5"));
        assert_eq!(located(&copies[1..4]), None);
    }
}
