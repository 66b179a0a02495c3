//! What should stand on the shelves of a branch, for whoever is about to count them.
//!
//! ```text
//!   POST /kiosk/v1/shelves  {"opuser","branch","shelf","after"}  -> {"items":[{"item","call_number","shelf","state"}],"next"}
//! ```
//! A page of items by barcode, those behind `after`; `next` is where the next page begins, nothing after the last. `shelf`: only
//! shelves whose marks begin so. What is lost, withdrawn or given away is not expected anywhere, and left out.

use circulation::id::{ItemId, MAX_LEN};
use serde::{Deserialize, Serialize};

use super::Malformed;

/// Which shelves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// the operator account
    pub opuser: String,
    /// code of the branch where the items stand
    pub branch: String,
    /// how the marks of the shelves begin; nothing: all, also items of which no shelf is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelf: Option<String>,
    /// behind this barcode; nothing: from the first
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// at most [`PAGE`]
    pub items: Vec<Expected>,
    /// where the next page begins
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An item that should stand there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// barcode
    pub item: String,
    /// shelf mark of the catalogue
    pub call_number: String,
    /// mark of its shelf; empty: not known
    pub shelf: String,
    /// whether it is to be expected
    pub state: State,
}

/// Whether an item is to be expected on its shelf; the words are those of a stocktake's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// yes
    Free,
    /// no: somebody has it, or it is on its way
    OnLoan,
    /// somebody waits for it
    Held,
    /// yes, and it is not lent
    NotForLoan,
}

impl State {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::OnLoan => "on-loan",
            Self::Held => "held",
            Self::NotForLoan => "not-for-loan",
        }
    }
}

impl Question {
    /// Reads one.
    ///
    /// # Errors
    /// [`Malformed`]: which part cannot be read.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let question: Self = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        let is_word =
            |text: &str| (1..=MAX_LEN).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        let check = |is_good: bool, field| if is_good { Ok(()) } else { Err(Malformed::of(field)) };
        check(is_word(&question.opuser), "opuser")?;
        check(is_word(&question.branch), "branch")?;
        check(question.shelf.as_deref().is_none_or(is_word), "shelf")?;
        check(question.after.as_deref().is_none_or(|after| ItemId::parse(after).is_ok()), "after")?;
        Ok(question)
    }
}

/// The most items of one page.
pub const PAGE: u32 = 5000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_what_cannot_be_read_is_named() {
        let question = Question {
            opuser: "cart-1".to_owned(),
            branch: "LW01".to_owned(),
            shelf: Some("CJ-0".to_owned()),
            after: Some("LW0000001".to_owned()),
        };
        assert_eq!(Question::parse(&serde_json::to_vec(&question).unwrap()), Ok(question));
        for (body, field) in [
            (r#"{"opuser":"c"}"#, "body"),
            (r#"{"opuser":"","branch":"B"}"#, "opuser"),
            (r#"{"opuser":"c","branch":"B\u0000"}"#, "branch"),
            (r#"{"opuser":"c","branch":"B","shelf":""}"#, "shelf"),
            (r#"{"opuser":"c","branch":"B","after":" "}"#, "after"),
        ] {
            assert_eq!(Question::parse(body.as_bytes()).map_err(|fault| fault.field), Err(field), "{body}");
        }
    }
}
