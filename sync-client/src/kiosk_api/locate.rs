//! Where copies stand and were last seen, for programs at the shelves.
//!
//! ```text
//!   POST /kiosk/v1/locate  {"opuser","text"}         -> {"now","here","copies":[..],"more"}   the copies that it means
//!                          {"opuser","items":[..]}   -> the same                              these items
//! ```
//! `text` is a barcode (then all copies of that title come, it in front) or words of a title, an author, a subject, an ISBN, pinyin.
//! Items that central does not know are left out. `here` is the branch where the account stands. Nothing is changed.

use circulation::id::{ItemId, MAX_LEN};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Malformed;
use super::transfer::barcodes;

pub use circulation::sighting::{Age, How, LastSeen};

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
    #[serde(serialize_with = "word_of", deserialize_with = "of_word")]
    pub how: How,
    /// name of the branch, if it is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// within it: see [`How`]; empty: not known
    pub place: String,
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

    /// Where each copy was last seen, as a screen says it; copies of which that is not known are left out.
    #[must_use]
    pub fn last_seen(&self) -> Vec<(ItemId, LastSeen)> {
        let seen = |copy: &CopyReport| {
            let seen = copy.seen.as_ref()?;
            let last = LastSeen {
                how: seen.how,
                age: self.age(seen)?,
                branch: seen.branch.clone(),
                place: seen.place.clone(),
            };
            Some((ItemId::parse(&copy.item).ok()?, last))
        };
        self.copies.iter().filter_map(seen).collect()
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

fn word_of<S: Serializer>(how: &How, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(how.word())
}

fn of_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<How, D::Error> {
    let word = String::deserialize(deserializer)?;
    How::of_word(&word).ok_or_else(|| D::Error::custom("unknown word for what showed an item"))
}

/// The longest text that is looked for, in characters.
pub const MAX_TEXT: usize = 100;

/// The most copies that a text gives.
pub const MAX_COPIES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

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
