//! Heart-beats: what a kiosk says of itself, and what it is told in return.
//!
//! ```text
//!   POST /kiosk/v1/heartbeat  {"opuser","at","version","waiting","parked","oldest","parts":[..],"rows":[..]}
//!                          -> {"every","message":{"chinese","english"},"card_key","orders":[{"id","do","by"}]}
//! ```
//! `at` and `oldest` are the library's local times. A part's name is a word that central shows as it is if it does not
//! know it: new kinds of parts need no new central. Rows are parked transactions, the oldest first, without the patron.
//! An order stays until the row is no longer among them, so that one that got lost is given again; a kiosk that has carried
//! it out refuses it harmlessly.

use circulation::id::{ItemId, MAX_LEN, TransactionId};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Malformed;
use super::line::{item_id, stamp};

/// What a kiosk says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// its operator account
    pub opuser: String,
    /// its clock, as the library's local time
    pub at: DateTime,
    /// version of its program
    pub version: String,
    /// transactions that central has yet to hear of
    pub n_waiting: u32,
    /// transactions that wait for staff
    pub n_parked: u32,
    /// when the oldest of the waiting ones was asked
    pub oldest: Option<DateTime>,
    /// its parts, at most [`MAX_PARTS`]
    pub parts: Vec<PartReport>,
    /// the transactions that wait for staff, at most [`MAX_ROWS`], the oldest first
    pub rows: Vec<ParkedReport>,
}

/// How one part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReport {
    /// `reader`, `ledger`, `central`, `mirror`, `printer`, ..: a-z, 0-9, `-` and `_`
    pub part: String,
    /// how it is
    pub state: Condition,
    /// model, version or cause, in the words of the part
    pub detail: String,
}

/// How a part can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// it works
    Works,
    /// it works, but staff should see to it: paper near its end, a box almost full
    Attention,
    /// it does not
    Fails,
    /// this machine has none
    Absent,
}

/// A transaction that waits for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedReport {
    /// the transaction
    pub id: TransactionId,
    /// whether something was lent, and not taken back
    pub is_checkout: bool,
    /// the item
    pub item: ItemId,
    /// its title, empty if it is not known
    pub title: String,
    /// why it waits, in the words of the ledger
    pub note: String,
    /// when it was asked
    pub asked: DateTime,
}

/// What a kiosk is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// seconds until the next heart-beat; a kiosk keeps to 5 to 600
    pub every_s: u32,
    /// what it shows to readers
    pub message: Option<Notice>,
    /// the key by which patrons' codes are checked, 32 bytes in hexadecimal digits: [`super::card`]
    pub card_key: Option<String>,
    /// what it is to do with parked transactions
    pub orders: Vec<Order>,
}

/// A message for readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// in Chinese
    pub chinese: String,
    /// in English; empty: the Chinese text
    #[serde(default)]
    pub english: String,
}

/// What is to be done with a parked transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// the transaction
    pub id: TransactionId,
    /// what is to be done
    pub what: OrderKind,
    /// the account at central that says so
    pub by: String,
}

/// The two things that staff can have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// try it again
    Retry,
    /// close it: staff has seen to it
    Settle,
}

impl Condition {
    /// Its word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Attention => "attention",
            Self::Fails => "fails",
            Self::Absent => "absent",
        }
    }

    /// The condition of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Works, Self::Attention, Self::Fails, Self::Absent].into_iter().find(|one| one.word() == word)
    }
}

impl OrderKind {
    /// Its word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Settle => "settle",
        }
    }
}

impl Heartbeat {
    /// Reads one. Texts are cut at their longest rather than refused: a fault must not keep a kiosk from telling of it.
    ///
    /// # Errors
    /// [`Malformed`]: which row or part, and what of it.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let form: HeartbeatForm = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        let opuser = form.opuser.trim();
        if opuser.is_empty() || opuser.chars().count() > MAX_LEN || opuser.chars().any(char::is_control) {
            return Err(Malformed::of("opuser"));
        }
        if form.parts.len() > MAX_PARTS {
            return Err(Malformed::of("parts"));
        }
        if form.rows.len() > MAX_ROWS {
            return Err(Malformed::of("rows"));
        }
        let at = |at: usize| move |fault: Malformed| Malformed { at: Some(at), ..fault };
        let parts = form.parts.into_iter().enumerate().map(|(n, part)| part.report().map_err(at(n)));
        let rows = form.rows.into_iter().enumerate().map(|(n, row)| row.report().map_err(at(n)));
        Ok(Self {
            opuser: opuser.to_owned(),
            at: time("at", &form.at)?,
            version: text(&form.version, MAX_LEN),
            n_waiting: form.waiting,
            n_parked: form.parked,
            oldest: form.oldest.as_deref().map(|oldest| time("oldest", oldest)).transpose()?,
            parts: parts.collect::<Result<_, _>>()?,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }

    /// The body.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let parts = self.parts.iter().map(|part| PartForm {
            part: part.part.clone(),
            state: part.state,
            detail: text(&part.detail, MAX_TEXT),
        });
        let rows = self.rows.iter().map(|row| RowForm {
            id: row.id.to_string(),
            act: if row.is_checkout { "checkout" } else { "checkin" }.to_owned(),
            item: row.item.to_string(),
            title: text(&row.title, MAX_TEXT),
            note: text(&row.note, MAX_TEXT),
            asked: stamp(row.asked),
        });
        serde_json::to_vec(&HeartbeatForm {
            opuser: self.opuser.clone(),
            at: stamp(self.at),
            version: self.version.clone(),
            waiting: self.n_waiting,
            parked: self.n_parked,
            oldest: self.oldest.map(stamp),
            parts: parts.take(MAX_PARTS).collect(),
            rows: rows.take(MAX_ROWS).collect(),
        })
    }
}

impl Told {
    /// The body.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let order =
            |order: &Order| OrderForm { id: order.id.to_string(), what: order.what, by: order.by.clone() };
        serde_json::to_vec(&ToldForm {
            every: self.every_s,
            message: self.message.clone(),
            card_key: self.card_key.clone(),
            orders: self.orders.iter().map(order).collect(),
        })
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Malformed`]: which order, and what of it.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let form: ToldForm = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        let orders = form.orders.into_iter().enumerate().map(|(at, order)| {
            let id = TransactionId::parse(&order.id).ok_or(Malformed { at: Some(at), field: "id" })?;
            Ok(Order { id, what: order.what, by: text(&order.by, MAX_LEN) })
        });
        let message = form.message.map(|notice| Notice {
            chinese: text(&notice.chinese, MAX_TEXT),
            english: text(&notice.english, MAX_TEXT),
        });
        Ok(Self {
            every_s: form.every,
            message,
            card_key: form.card_key,
            orders: orders.collect::<Result<_, _>>()?,
        })
    }
}

impl PartForm {
    fn report(self) -> Result<PartReport, Malformed> {
        let is_word = (1..=32).contains(&self.part.len())
            && self
                .part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !is_word {
            return Err(Malformed::of("part"));
        }
        Ok(PartReport { part: self.part, state: self.state, detail: text(&self.detail, MAX_TEXT) })
    }
}

impl RowForm {
    fn report(self) -> Result<ParkedReport, Malformed> {
        let is_checkout = match self.act.as_str() {
            "checkout" => true,
            "checkin" => false,
            _ => return Err(Malformed::of("act")),
        };
        Ok(ParkedReport {
            id: TransactionId::parse(&self.id).ok_or(Malformed::of("id"))?,
            is_checkout,
            item: item_id(&self.item)?,
            title: text(&self.title, MAX_TEXT),
            note: text(&self.note, MAX_TEXT),
            asked: time("asked", &self.asked)?,
        })
    }
}

/// A text without control characters, cut at its longest.
fn text(text: &str, max: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect()
}

fn time(field: &'static str, text: &str) -> Result<DateTime, Malformed> {
    text.parse().map_err(|_| Malformed::of(field))
}

#[derive(Serialize, Deserialize)]
struct HeartbeatForm {
    opuser: String,
    at: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    waiting: u32,
    #[serde(default)]
    parked: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
    #[serde(default)]
    parts: Vec<PartForm>,
    #[serde(default)]
    rows: Vec<RowForm>,
}

#[derive(Serialize, Deserialize)]
struct PartForm {
    part: String,
    state: Condition,
    #[serde(default)]
    detail: String,
}

#[derive(Serialize, Deserialize)]
struct RowForm {
    id: String,
    act: String,
    item: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    note: String,
    asked: String,
}

#[derive(Serialize, Deserialize)]
struct ToldForm {
    every: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Notice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    card_key: Option<String>,
    #[serde(default)]
    orders: Vec<OrderForm>,
}

#[derive(Serialize, Deserialize)]
struct OrderForm {
    id: String,
    #[serde(rename = "do")]
    what: OrderKind,
    #[serde(default)]
    by: String,
}

/// The most parts of one kiosk.
pub const MAX_PARTS: usize = 64;
/// The most parked transactions told at once.
pub const MAX_ROWS: usize = 50;
/// The longest text, in characters.
pub const MAX_TEXT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use jiff::civil::datetime;
    use proptest::prelude::*;

    fn beat() -> Heartbeat {
        let at = datetime(2026, 11, 23, 9, 30, 0, 0);
        Heartbeat {
            opuser: "kiosk-1".into(),
            at,
            version: "0.1.0".into(),
            n_waiting: 2,
            n_parked: 1,
            oldest: Some(at),
            parts: vec![PartReport {
                part: "reader".into(),
                state: Condition::Fails,
                detail: "unplugged".into(),
            }],
            rows: vec![ParkedReport {
                id: TransactionId::from_bytes([7; 16]),
                is_checkout: true,
                item: ItemId::parse("LW0000001").unwrap(),
                title: "红楼梦".into(),
                note: "R90299".into(),
                asked: at,
            }],
        }
    }

    #[test]
    fn the_forms_are_frozen() {
        let body = beat().to_body().unwrap();
        expect![[r#"{"opuser":"kiosk-1","at":"2026-11-23 09:30:00","version":"0.1.0","waiting":2,"parked":1,"oldest":"2026-11-23 09:30:00","parts":[{"part":"reader","state":"fails","detail":"unplugged"}],"rows":[{"id":"07070707-0707-0707-0707-070707070707","act":"checkout","item":"LW0000001","title":"红楼梦","note":"R90299","asked":"2026-11-23 09:30:00"}]}"#]]
            .assert_eq(core::str::from_utf8(&body).unwrap());
        assert_eq!(Heartbeat::parse(&body), Ok(beat()));
        let told = Told {
            every_s: 60,
            message: Some(Notice { chinese: "今日 16 点闭馆".into(), english: String::new() }),
            card_key: Some("00ff".into()),
            orders: vec![Order {
                id: TransactionId::from_bytes([7; 16]),
                what: OrderKind::Settle,
                by: "wang".into(),
            }],
        };
        let body = told.to_body().unwrap();
        expect![[r#"{"every":60,"message":{"chinese":"今日 16 点闭馆","english":""},"card_key":"00ff","orders":[{"id":"07070707-0707-0707-0707-070707070707","do":"settle","by":"wang"}]}"#]]
            .assert_eq(core::str::from_utf8(&body).unwrap());
        assert_eq!(Told::parse(&body), Ok(told));
        assert_eq!(
            Told::parse(br#"{"every":60,"later":1}"#).unwrap().every_s,
            60,
            "what is new is passed over"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let fault = |body: &str| Heartbeat::parse(body.as_bytes()).unwrap_err();
        let with = |rest: &str| format!(r#"{{"opuser":"k","at":"2026-11-23 09:30:00"{rest}}}"#);
        let part = |part: &str| with(&format!(r#","parts":[{{"part":"{part}","state":"works"}}]"#));
        assert!(Heartbeat::parse(with("").as_bytes()).is_ok());
        for (body, at, field) in [
            (String::new(), None, "body"),
            (r#"{"opuser":" ","at":""}"#.to_owned(), None, "opuser"),
            (r#"{"opuser":"k","at":"noon"}"#.to_owned(), None, "at"),
            (with(r#","waiting":-1"#), None, "body"),
            (part("Reader"), Some(0), "part"),
            (part(""), Some(0), "part"),
            (
                with(r#","rows":[{"id":"x","act":"checkout","item":"1","asked":"2026-11-23 09:30:00"}]"#),
                Some(0),
                "id",
            ),
            (
                with(
                    r#","rows":[{"id":"07070707-0707-0707-0707-070707070707","act":"steal","item":"1","asked":"2026-11-23 09:30:00"}]"#,
                ),
                Some(0),
                "act",
            ),
        ] {
            assert_eq!(fault(&body), Malformed { at, field }, "{body}");
        }
        let many = vec![r#"{"part":"p","state":"works"}"#; MAX_PARTS + 1].join(",");
        assert_eq!(fault(&with(&format!(r#","parts":[{many}]"#))).field, "parts");
    }

    #[test]
    fn a_long_detail_is_cut_and_has_no_control_characters() {
        let mut long = beat();
        long.parts[0].detail = format!("a\n\0{}", "书".repeat(MAX_TEXT));
        let read = Heartbeat::parse(&long.to_body().unwrap()).unwrap();
        assert_eq!(read.parts[0].detail.chars().count(), MAX_TEXT);
        assert!(read.parts[0].detail.starts_with("a  书"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Heartbeat::parse(&bytes));
            drop(Told::parse(&bytes));
        }
    }
}
