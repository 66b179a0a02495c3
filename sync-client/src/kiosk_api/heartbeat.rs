//! Heart-beats: what a kiosk says of itself, and what it is told in return.
//!
//! ```text
//!   POST /kiosk/v1/heartbeat  {"opuser","at","version","waiting","parked","oldest","parts":[..],"rows":[..],"given"}
//!                          -> {"every","message":{"chinese","english","until"},"card_key","orders":[{"id","do","by"}],
//!                              "given":{"version","texts"}}
//! ```
//! `at`, `oldest` and `until` are the library's local times. A part's name is a word that central shows as it is if it does not
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
    /// version of the settings of central's that it was given last, taken or not; empty: none
    pub given: String,
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
    pub message: Option<Posted>,
    /// the key by which patrons' codes are checked, 32 bytes in hexadecimal digits: [`super::card`]
    pub card_key: Option<String>,
    /// what it is to do with parked transactions
    pub orders: Vec<Order>,
    /// settings to lay over its own, if they are others than those of the version that it named
    pub given: Option<Given>,
}

/// Settings that central gives a kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// names them; the kiosk says which one it has
    pub version: String,
    /// TOML as in the kiosk's own file: those for all kiosks, then those for this one; each lies over the one before
    pub texts: Vec<String>,
}

/// A message for readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// in Chinese
    pub chinese: String,
    /// in English; empty: the Chinese text
    pub english: String,
}

/// A message, and how long it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// the message
    pub notice: Notice,
    /// until then, also when central is not heard of; nothing: until central's next word
    pub until: Option<DateTime>,
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
            given: text(&form.given, MAX_LEN),
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
            given: self.given.clone(),
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
            message: self.message.as_ref().map(|posted| MessageForm {
                chinese: posted.notice.chinese.clone(),
                english: posted.notice.english.clone(),
                until: posted.until.map(stamp),
            }),
            card_key: self.card_key.clone(),
            orders: self.orders.iter().map(order).collect(),
            given: self
                .given
                .as_ref()
                .map(|given| GivenForm { version: given.version.clone(), texts: given.texts.clone() }),
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
        let message = form.message.map(MessageForm::posted).transpose()?;
        Ok(Self {
            every_s: form.every,
            message,
            card_key: form.card_key,
            orders: orders.collect::<Result<_, _>>()?,
            given: form.given.map(GivenForm::given).transpose()?,
        })
    }
}

impl GivenForm {
    fn given(self) -> Result<Given, Malformed> {
        let is_long = |text: &String| text.len() > MAX_GIVEN;
        if self.texts.len() > 2 || self.texts.iter().any(is_long) || self.version.chars().count() > MAX_LEN {
            return Err(Malformed::of("given"));
        }
        Ok(Given { version: self.version, texts: self.texts })
    }
}

impl MessageForm {
    fn posted(self) -> Result<Posted, Malformed> {
        let notice =
            Notice { chinese: text(&self.chinese, MAX_TEXT), english: text(&self.english, MAX_TEXT) };
        let until = self.until.as_deref().map(|until| time("until", until)).transpose()?;
        Ok(Posted { notice, until })
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    given: String,
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
    message: Option<MessageForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    card_key: Option<String>,
    #[serde(default)]
    orders: Vec<OrderForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given: Option<GivenForm>,
}

#[derive(Serialize, Deserialize)]
struct GivenForm {
    version: String,
    texts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct MessageForm {
    chinese: String,
    #[serde(default)]
    english: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
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
/// The longest text of settings, in bytes.
pub const MAX_GIVEN: usize = 16 << 10;
/// The longest text, in characters.
pub const MAX_TEXT: usize = 200;

#[cfg(test)]
mod tests;
