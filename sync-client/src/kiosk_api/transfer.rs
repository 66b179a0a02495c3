//! Transfer sheets for programs at the shelves: written, filled a box at a time, shipped, received, closed, undone.
//!
//! ```text
//!   POST /kiosk/v1/transfer  {"opuser","id","sheet","do",..}  -> {"already","refused","sheet":{..},"not":[{"item","why"}]}
//! ```
//! | `do` | with | what it is |
//! |---|---|---|
//! | `make` | `from`, `to`, `keeps_home` | a sheet from one branch to another |
//! | `box` | `label`, `declared`, `items` | a box of items is put on it; refused whole if its count is not the declared one |
//! | `ship` | | it sets out |
//! | `receive` | `items` | these have arrived |
//! | `close` | | nothing more is expected: the rest is missing |
//! | `undo` | | it was a mistake |
//! | `look` | | nothing is done; `id` is not kept |
//!
//! The id is made where the thing was done, before it is told; central keeps it with its answer in the transaction that
//! applies it, so that a repeat is answered from there (`already`) and changes nothing. `refused` is a word of
//! [`Refusal`]; nothing was done then, and the id is free. `not` are items that are not on the sheet, and why.

use circulation::id::{ItemId, MAX_LEN, TransactionId};
use serde::{Deserialize, Serialize};

use super::Malformed;

/// Something that is done with a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// the operator account
    pub opuser: String,
    /// made where it was done
    pub id: TransactionId,
    /// the sheet's number: 1 to 32 letters, digits, `-` and `_`
    pub sheet: String,
    /// what is done
    pub deed: Deed,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Deed {
    /// a new sheet
    Make {
        /// from this branch
        from: String,
        /// to that one
        to: String,
        /// the items still belong to the first
        #[serde(default)]
        keeps_home: bool,
    },
    /// a box is put on it
    Box {
        /// what is written on the box
        label: String,
        /// how many whoever packed it has counted
        declared: u32,
        /// what was read in it, each once, at most [`MAX_ITEMS`]
        items: Vec<String>,
    },
    /// it sets out
    Ship,
    /// items have arrived
    Receive {
        /// these, each once, at most [`MAX_ITEMS`]
        items: Vec<String>,
    },
    /// nothing more is expected
    Close,
    /// it was a mistake
    Undo,
    /// nothing is done
    Look,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// the id was known: this is what was answered then
    pub already: bool,
    /// why nothing was done
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// the sheet afterwards; nothing, if there is none
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<SheetReport>,
    /// items that are not on it, a thousand at most
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<NotTaken>,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// there is no such sheet
    Unknown,
    /// there is one with this number
    Exists,
    /// a sheet goes from one branch to another
    BadBranches,
    /// it has no items
    Empty,
    /// that is not done with a sheet in this state
    State,
    /// something of it has arrived
    HasArrived,
    /// the box's count is not the declared one
    Count,
    /// the id was used for something else
    IdReused,
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetReport {
    /// from this branch
    pub from: String,
    /// to that one
    pub to: String,
    /// `draft`, `shipped`, `received`, `undone`
    pub state: String,
    /// items on it
    pub items: u64,
    /// of those, have arrived
    pub arrived: u64,
    /// arrived without being on it
    pub extra: u64,
    /// boxes packed
    #[serde(default)]
    pub n_boxes: u64,
    /// after `look` and `close`: boxes on it, in the order in which they were packed, the last [`MAX_BOXES`]; after `box`: it
    #[serde(default)]
    pub boxes: Vec<BoxReport>,
    /// after `look` and `close`: of what is missing or came without being on it, the first hundred of either
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<NotTaken>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxReport {
    /// what is written on it
    pub label: String,
    /// how many items were counted and read in it
    pub declared: u32,
    /// how many of them are on the sheet because of it
    pub put: u32,
    /// when
    pub at: String,
}

/// An item, and a word about it: `unknown`, `elsewhere`, `on_loan`, `on_its_way`, `on_hold`, `not_in_stock`, `missing`, `extra`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTaken {
    /// its barcode
    pub item: String,
    /// the word
    pub why: String,
}

impl Act {
    /// Reads one.
    ///
    /// # Errors
    /// [`Malformed`]: which part cannot be read.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let form: ActForm = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        is_word(&form.opuser, MAX_LEN).then_some(()).ok_or(Malformed::of("opuser"))?;
        is_sheet(&form.sheet).then_some(()).ok_or(Malformed::of("sheet"))?;
        let id = TransactionId::parse(&form.id).ok_or(Malformed::of("id"))?;
        form.deed.check()?;
        Ok(Self { opuser: form.opuser, id, sheet: form.sheet, deed: form.deed })
    }

    /// The body.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ActForm {
            opuser: self.opuser.clone(),
            id: self.id.to_string(),
            sheet: self.sheet.clone(),
            deed: self.deed.clone(),
        })
    }
}

impl Deed {
    /// The word of `do`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Make { .. } => "make",
            Self::Box { .. } => "box",
            Self::Ship => "ship",
            Self::Receive { .. } => "receive",
            Self::Close => "close",
            Self::Undo => "undo",
            Self::Look => "look",
        }
    }

    fn check(&self) -> Result<(), Malformed> {
        match self {
            Self::Make { from, to, .. } => {
                is_word(from, MAX_LEN).then_some(()).ok_or(Malformed::of("from"))?;
                is_word(to, MAX_LEN).then_some(()).ok_or(Malformed::of("to"))
            }
            Self::Box { label, items, .. } => {
                is_word(label, MAX_LEN).then_some(()).ok_or(Malformed::of("label"))?;
                barcodes(items).map(drop)
            }
            Self::Receive { items } => barcodes(items).map(drop),
            Self::Ship | Self::Close | Self::Undo | Self::Look => Ok(()),
        }
    }
}

/// The items of a list.
///
/// # Errors
/// [`Malformed`] if one is no barcode or is there twice, or there are more than [`MAX_ITEMS`].
pub fn barcodes(items: &[String]) -> Result<Vec<ItemId>, Malformed> {
    if items.len() > MAX_ITEMS {
        return Err(Malformed::of("items"));
    }
    let mut known = std::collections::BTreeSet::new();
    let one = |(at, text): (usize, &String)| {
        let bad = Malformed { at: Some(at), field: "items" };
        let item = ItemId::parse(text).map_err(|_| bad)?;
        if known.insert(item.as_str().to_owned()) { Ok(item) } else { Err(bad) }
    };
    items.iter().enumerate().map(one).collect()
}

/// Whether a text can be the number of a sheet.
#[must_use]
pub fn is_sheet(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_word(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[derive(Serialize, Deserialize)]
struct ActForm {
    opuser: String,
    id: String,
    sheet: String,
    #[serde(flatten)]
    deed: Deed,
}

/// The most items in one box or one reading.
pub const MAX_ITEMS: usize = 1000;

/// The most boxes that a report lists.
pub const MAX_BOXES: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let id = TransactionId::from_bytes([7; 16]);
        let items = vec!["LW0000001".to_owned(), "LW0000002".to_owned()];
        for deed in [
            Deed::Make { from: "LW01".to_owned(), to: "LW03".to_owned(), keeps_home: true },
            Deed::Box { label: "B-1".to_owned(), declared: 2, items: items.clone() },
            Deed::Receive { items },
            Deed::Ship,
            Deed::Close,
            Deed::Undo,
            Deed::Look,
        ] {
            let act = Act { opuser: "cart-1".to_owned(), id, sheet: "DB-1".to_owned(), deed };
            let body = act.to_body().unwrap();
            assert!(String::from_utf8_lossy(&body).contains(&format!("\"do\":\"{}\"", act.deed.word())));
            assert_eq!(Act::parse(&body), Ok(act));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let body = |sheet: &str, rest: &str| {
            format!(r#"{{"opuser":"c","id":"07070707070707070707070707070707","sheet":"{sheet}",{rest}}}"#)
        };
        for (body, field) in [
            ("{".to_owned(), "body"),
            (body("DB 1", r#""do":"ship""#), "sheet"),
            (body("DB-1", r#""do":"burn""#), "body"),
            (body("DB-1", r#""do":"box","label":"","declared":1,"items":["A"]"#), "label"),
            (body("DB-1", r#""do":"box","label":"1","declared":2,"items":["A","A"]"#), "items"),
            (body("DB-1", r#""do":"receive","items":["A\u0007"]"#), "items"),
            (body("DB-1", r#""do":"make","from":"","to":"B""#), "from"),
            (body("DB-1", r#""do":"ship""#).replace("0707", "x"), "id"),
        ] {
            assert_eq!(Act::parse(body.as_bytes()).map_err(|fault| fault.field), Err(field), "{body}");
        }
    }
}
