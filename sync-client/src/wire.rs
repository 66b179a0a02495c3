//! The forms of the Interlib "openlib" interface and their codes, shared by the kiosk's client and by `central`.
//!
//! Rule: lenient on input (every field optional, `success` as boolean or text, numbers as text or number), strict on
//! output. Nobody branches on the Chinese text; the code decides, and the payload before the code.

pub mod code;

use circulation::transaction::Destination;
use serde::{Deserialize, Deserializer, Serialize};

/// The path of every endpoint below the base address.
pub mod path {
    /// `appid`, `secret` -> `messagelist[0].token`, `.time`
    pub const TOKEN: &str = "/openlib/service/barcode/token";
    /// `rdid`, `rdpasswd`, `opuser` -> success
    pub const CONFIRM_READER: &str = "/openlib/service/reader/confirmreader";
    /// `rdid` or `rdcertify` -> [`super::Reader`]
    pub const SEARCH_READER: &str = "/openlib/service/reader/searchreader";
    /// `rdid`, `barcode`, `opuser`, `attachmentloanflag` -> `newloanbook`
    pub const LOAN_BOOK: &str = "/openlib/service/barcode/loanbook";
    /// `barcode`, `opuser` -> `newreturnbook`
    pub const RETURN_BOOK: &str = "/openlib/service/barcode/returnbook";
    /// `rdid`, `barcode`, `opuser` -> a text; some servers say the loan too
    pub const RENEW_BOOK: &str = "/openlib/service/barcode/renewbook";
    /// `rdid`, `barcode`, `opuser` -> success
    pub const REGISTER_RESERVE: &str = "/openlib/service/barcode/registerreserve";
    /// `rdid`, `barcode` -> success
    pub const CANCEL_RESERVE: &str = "/openlib/service/barcode/cancelreserve";
    /// `rdid`, `barcode` -> success
    pub const CANCEL_PRELEND: &str = "/openlib/service/barcode/cancelprelend";
    /// `rdid` -> `reslist`
    pub const SEARCH_RESERVES: &str = "/openlib/service/book/searchreslist";
    /// `rdid` -> `prelendlist`
    pub const SEARCH_PRELENDS: &str = "/openlib/service/book/searchprelendlist";
    /// `rdid` -> `loanlist`
    pub const CURRENT_LOAN: &str = "/openlib/service/barcode/currentloan";
    /// `barcode`, `countsignflag` (the count's number), `opuser` -> the item
    pub const COUNT: &str = "/openlib/service/hold/assetcountreturnmeta";
    /// `barcode`, `selfno` (the shelf), `opuser` -> the item
    pub const SHELVE: &str = "/openlib/service/hold/holdselfnomanage";
    /// `barcode` -> `holdingList`
    pub const QUERY_HOLDING: &str = "/openlib/service/barcode/queryholding";
}

/// The envelope of every answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Envelope {
    /// whether the server says it worked; some servers write `"true"`
    #[serde(deserialize_with = "lenient_bool")]
    pub success: bool,
    /// the first element carries the outcome
    pub messagelist: Vec<Message>,
    /// loanbook
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newloanbook: Option<LoanedBook>,
    /// returnbook
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newreturnbook: Option<LoanedBook>,
    /// currentloan
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loanlist: Option<Vec<LoanedBook>>,
    /// queryholding
    #[serde(rename = "holdingList", skip_serializing_if = "Option::is_none")]
    pub holding_list: Option<Vec<Holding>>,
    /// searchreslist
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reslist: Option<Vec<ReservedBook>>,
    /// searchprelendlist
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prelendlist: Option<Vec<ReservedBook>>,
    /// searchreader: the reader's fields stand flat in the envelope
    #[serde(flatten)]
    pub reader: Reader,
}

/// One element of `messagelist`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// machine-readable outcome, see [`code`]
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// text for people
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// token endpoint only
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// token endpoint only: end of validity, `yyyy-MM-dd HH:mm:ss`, the server's local time
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// addreader only, in the second element: the new card's number
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdid: Option<String>,
}

/// A loan, as loanbook, returnbook and currentloan describe it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoanedBook {
    /// item id
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// title proper
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// author
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// shelf mark
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub callno: Option<String>,
    /// ISBN
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub isbn: Option<String>,
    /// current location
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub curlocalname: Option<String>,
    /// day of the loan, `yyyy-MM-dd`, a time may follow
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub loandate: Option<String>,
    /// due date, `yyyy-MM-dd`, a time may follow
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub returndate: Option<String>,
    /// renewals so far (the misspelling is the interface's)
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rewnewcount: Option<String>,
    /// returnbook: where the item goes; not seen in clients of the original, sent by `central`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
}

/// Where an item goes that came back, as `central` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Next {
    /// `shelf`, `hold_shelf`, `hold_elsewhere`, `home`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// code of the branch, if it goes to another one
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

impl Next {
    /// What it says; nothing if it says nothing that is known.
    #[must_use]
    pub fn destination(self) -> Option<Destination> {
        match (self.kind.as_deref()?, self.branch) {
            ("shelf", _) => Some(Destination::Shelf),
            ("hold_shelf", _) => Some(Destination::HoldShelf),
            ("hold_elsewhere", Some(branch)) => Some(Destination::HoldElsewhere(branch)),
            ("home", Some(branch)) => Some(Destination::Home(branch)),
            _ => None,
        }
    }
}

impl From<&Destination> for Next {
    fn from(destination: &Destination) -> Self {
        let (kind, branch) = match destination {
            Destination::Shelf => ("shelf", None),
            Destination::HoldShelf => ("hold_shelf", None),
            Destination::HoldElsewhere(branch) => ("hold_elsewhere", Some(branch)),
            Destination::Home(branch) => ("home", Some(branch)),
        };
        Self { kind: Some(kind.to_owned()), branch: branch.cloned() }
    }
}

/// A hold, as searchreslist describes it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReservedBook {
    /// item id
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// title proper
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// author
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// shelf mark
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub callno: Option<String>,
    /// `1` while it waits for the reader: not seen in clients of the original, sent by `central`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// the last day on which it waits, `yyyy-MM-dd`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub keepdate: Option<String>,
    /// its place in the queue, from 1
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub queueno: Option<String>,
    /// name of the branch where it is picked up
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub piclocalname: Option<String>,
}

/// One item, as queryholding describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Holding {
    /// item id
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// shelf mark
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub callno: Option<String>,
    /// see [`code::holding`]
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// name of the branch where it is
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub curlibname: Option<String>,
    /// title proper: not seen in clients of the original, sent by `central`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// author: not seen in clients of the original, sent by `central`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// A reader's record, as searchreader writes it. `rdpasswd`, which some servers send, is not even parsed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reader {
    /// card number
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdid: Option<String>,
    /// name
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdname: Option<String>,
    /// reader type
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdtype: Option<String>,
    /// library of the card
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdlib: Option<String>,
    /// state, see [`code::reader`]
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdcfstate: Option<String>,
    /// state in words
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdcfstatename: Option<String>,
    /// first day of the term, `yyyy-MM-dd`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdstartdate: Option<String>,
    /// last day of the term, `yyyy-MM-dd`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rdenddate: Option<String>,
    /// deposit in yuan
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub deposit: Option<String>,
    /// fees owed in yuan
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub debt: Option<String>,
    /// loans now: not seen in clients of the original, sent by `central`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub curloannum: Option<String>,
    /// loans allowed: not seen in clients of the original, sent by `central`
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub maxloannum: Option<String>,
}

// Both hold personal data together with what was borrowed: neither prints itself.
impl core::fmt::Debug for LoanedBook {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LoanedBook").field("barcode", &self.barcode).finish_non_exhaustive()
    }
}

// A token or a card number may stand in one of them.
impl core::fmt::Debug for Message {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Message")
            .field("code", &self.code)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for ReservedBook {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ReservedBook").field("barcode", &self.barcode).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Reader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("rdcfstate", &self.rdcfstate).finish_non_exhaustive()
    }
}

/// `true`, `"true"`, `1` and `"1"` are true; everything else is false.
fn lenient_bool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Bool(value) => value,
        serde_json::Value::String(text) => matches!(text.trim(), "true" | "TRUE" | "True" | "1"),
        serde_json::Value::Number(number) => number.as_i64() == Some(1),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => false,
    })
}

/// A text or a number becomes text; an empty text, `null` and every other form become nothing.
fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::String(_)
        | serde_json::Value::Bool(_)
        | serde_json::Value::Null
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_a_lax_server_is_understood() {
        let text = r#"{"success":"true","messagelist":[{"code":108,"message":""}],
            "newloanbook":{"barcode":"LW1","title":"红楼梦","returndate":"2026-12-22 00:00:00","x":[1]},"extra":null}"#;
        let envelope: Envelope = serde_json::from_str(text).unwrap();
        assert!(envelope.success);
        assert_eq!(envelope.messagelist[0].code.as_deref(), Some("108"));
        assert_eq!(envelope.newloanbook.unwrap().title.as_deref(), Some("红楼梦"));
    }

    #[test]
    fn a_reader_stands_flat_in_the_envelope_and_without_a_password() {
        let text =
            r#"{"success":true,"messagelist":[],"rdid":"LW20260001","rdcfstate":10,"rdpasswd":"5f4dcc3b"}"#;
        let envelope: Envelope = serde_json::from_str(text).unwrap();
        assert_eq!(envelope.reader.rdcfstate.as_deref(), Some("10"));
        assert!(!serde_json::to_string(&envelope).unwrap().contains("5f4dcc3b"));
        assert!(!format!("{envelope:?}").contains("LW20260001"));
    }
}
