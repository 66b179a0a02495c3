//! What a tag says, as one JSON object and as a table.

use std::fmt;

use rfid_driver::data::{Decoded, Element, SetInfo, Sureness, TagData, Usage, Value};
use rfid_driver::tag::{Afi, Security};
use serde::Serialize;

use crate::hex::Digits;
use crate::{table, usage};

/// The JSON object of a tag. A field that the tag does not tell is null.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `library`, `blank`, `foreign` or `damaged`.
    state: &'static str,
    layout: Option<String>,
    sureness: &'static str,
    /// Only of a tag that can be relied on.
    item_id: Option<String>,
    owner: Option<String>,
    set: Option<Set>,
    usage: Option<String>,
    security: Option<&'static str>,
    elements: Vec<ElementReport>,
    problems: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<String>,
    /// The identifier of a damaged tag: for a person, not for a program.
    #[serde(skip)]
    doubtful_id: Option<String>,
}

/// A place in a set.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Set {
    part: u16,
    pub(crate) of: u16,
}

#[derive(Debug, Serialize)]
struct ElementReport {
    oid: u8,
    name: &'static str,
    value: String,
    locked: bool,
    /// What a value of bytes means; `None` for text.
    #[serde(skip)]
    meaning: Option<String>,
}

impl Report {
    pub(crate) fn of(decoded: &Decoded, tid: Option<&[u8]>) -> Self {
        let tag = decoded.tag();
        let mut problems: Vec<String> = decoded.problems().map(ToString::to_string).collect();
        match (&decoded.data, &decoded.layout) {
            (TagData::Blank, _) => problems.push("the tag is blank: nothing is written on it".into()),
            (TagData::Foreign, Some(layout)) => {
                problems.push(format!("the tag is not in the layout {layout}"))
            }
            (TagData::Foreign, None) => {
                problems.push("the tag is foreign: it is in no layout that is known".into())
            }
            (TagData::Library(_) | TagData::Damaged { .. }, _) => {}
        }
        let partial = tag.map(|tag| tag.primary_item_id.clone()).filter(|id| !id.is_empty());
        Self {
            state: state(&decoded.data),
            layout: decoded.layout.as_ref().map(ToString::to_string),
            sureness: sureness(decoded.sureness),
            item_id: decoded.item_id().map(str::to_owned),
            owner: tag.and_then(|tag| tag.owner.clone()),
            set: tag.and_then(|tag| tag.set).map(Set::from),
            usage: tag.and_then(|tag| tag.usage).map(|usage| Digits(&[usage.0]).to_string()),
            security: decoded.security.map(security),
            elements: tag.map(|tag| tag.elements.iter().map(ElementReport::of).collect()).unwrap_or_default(),
            problems,
            tid: tid.map(|tid| Digits(tid).to_string()),
            doubtful_id: partial.filter(|_| decoded.item_id().is_none()),
        }
    }

    pub(crate) fn has_item_id(&self) -> bool {
        self.item_id.is_some()
    }

    /// The table; `has_locks` if lock bits were given, so that they mean something, `afi` if that was given.
    pub(crate) fn table(&self, has_locks: bool, afi: Option<Afi>) -> String {
        let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let item_id = match (&self.item_id, &self.doubtful_id) {
            (Some(id), _) => id.clone(),
            (None, Some(id)) => format!("-  (reads {id:?}, but the tag is damaged)"),
            (None, None) => "-".to_owned(),
        };
        let usage = self.usage.as_deref().map(|code| {
            let usage = u8::from_str_radix(code, 16).map(Usage).map(usage::meaning);
            format!("{code}  {}", usage.unwrap_or_default())
        });
        let layout = match &self.layout {
            Some(layout) => format!("{layout}  ({})", self.sureness),
            None => "-".to_owned(),
        };
        let security = match (self.security, afi) {
            (Some(security), _) => security.to_owned(),
            (None, Some(afi)) => format!("-  (the AFI {afi} is neither of the two that are configured)"),
            (None, None) => "-".to_owned(),
        };
        let mut pairs = vec![("tag", self.state.to_owned())];
        if matches!(self.state, LIBRARY | DAMAGED) {
            pairs.extend([
                ("layout", layout),
                ("item id", item_id),
                ("owner", or_dash(self.owner.as_deref())),
                ("set", self.set.map_or_else(|| "-".to_owned(), |set| set.to_string())),
                ("usage", or_dash(usage.as_deref())),
                ("security", security),
            ]);
        }
        if let Some(tid) = &self.tid {
            pairs.push(("tid", tid.clone()));
        }
        let mut text = table::pairs(&pairs);
        if !self.elements.is_empty() {
            text.push('\n');
            text.push_str(&self.elements_table(has_locks));
        }
        if !self.problems.is_empty() {
            text.push_str("\nproblems\n");
            for problem in &self.problems {
                text.push_str(&format!("  {problem}\n"));
            }
        }
        text
    }

    fn elements_table(&self, has_locks: bool) -> String {
        let value = |element: &ElementReport| match &element.meaning {
            Some(meaning) => format!("{}  {meaning}", element.value).trim_end().to_owned(),
            None => element.value.clone(),
        };
        let cells = |element: &ElementReport| {
            let locked = if element.locked { "yes" } else { "no" };
            (format!("{:>3}", element.oid), element.name.to_owned(), locked.to_owned(), value(element))
        };
        let cells = self.elements.iter().map(cells);
        if has_locks {
            let rows: Vec<_> = cells.map(|(oid, name, locked, value)| [oid, name, locked, value]).collect();
            table::rows(["oid", "element", "locked", "value"], &rows)
        } else {
            let rows: Vec<_> = cells.map(|(oid, name, _, value)| [oid, name, value]).collect();
            table::rows(["oid", "element", "value"], &rows)
        }
    }
}

impl ElementReport {
    fn of(element: &Element) -> Self {
        let (value, meaning) = match &element.value {
            Value::Text(text) => (text.clone(), None),
            Value::Bytes(bytes) => (Digits(bytes).to_string(), Some(meaning(element.oid, bytes))),
        };
        Self { oid: element.oid, name: element.name(), value, locked: element.locked, meaning }
    }
}

impl From<SetInfo> for Set {
    fn from(set: SetInfo) -> Self {
        Self { part: set.part, of: set.of }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => write!(f, "{} parts, this one's number is not told", self.of),
            part => write!(f, "part {part} of {}", self.of),
        }
    }
}

/// What the bytes of an element mean.
fn meaning(oid: u8, bytes: &[u8]) -> String {
    match (oid, bytes) {
        (CONTENT, map) => {
            let bits = map.iter().flat_map(|byte| (0..8).map(move |bit| byte & 0x80 >> bit != 0));
            let named: Vec<String> = bits
                .zip(CONTENT + 1..)
                .filter(|(is_set, _)| *is_set)
                .map(|(_, oid)| oid.to_string())
                .collect();
            format!("(elements {})", named.join(", "))
        }
        (USAGE, [usage]) => format!("({})", usage::meaning(Usage(*usage))),
        _ => "(bytes)".to_owned(),
    }
}

pub(crate) fn state(data: &TagData) -> &'static str {
    match data {
        TagData::Library(_) => LIBRARY,
        TagData::Blank => "blank",
        TagData::Foreign => "foreign",
        TagData::Damaged { .. } => DAMAGED,
    }
}

pub(crate) fn security(security: Security) -> &'static str {
    match security {
        Security::Secured => "secured",
        Security::Unsecured => "unsecured",
    }
}

fn sureness(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::Guess => "guess",
        Sureness::Likely => "likely",
        Sureness::Certain => "certain",
    }
}

const LIBRARY: &str = "library";
const DAMAGED: &str = "damaged";
const CONTENT: u8 = 2;
const USAGE: u8 = 5;
