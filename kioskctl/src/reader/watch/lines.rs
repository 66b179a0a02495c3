//! Events as lines, for people and for programs.

use std::collections::BTreeMap;
use std::time::Instant;

use rfid_driver::data::TagData;
use rfid_driver::port::{Arrival, ReaderEvent, Seen, Snapshot, Trouble};
use rfid_driver::tag::{SecurityPolicy, TagId};
use serde::Serialize;

use super::super::rates::Rates;
use super::super::titles::Titles;
use crate::failure::Failure;
use crate::tag::report;

/// What was seen so far.
pub(super) struct Lines {
    start: Instant,
    is_json: bool,
    titles: Titles,
    policy: SecurityPolicy,
    rates: Rates,
    /// What each tag on the pad was called when it came.
    names: BTreeMap<TagId, String>,
}

/// One line of JSON; `seconds` since the start.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    Up { seconds: f64, model: String, firmware: String },
    Down { seconds: f64, cause: String },
    Arrived(Box<Arrived>),
    Departed { seconds: f64, uid: String },
    Complete { seconds: f64, n: usize },
    Trouble(Told),
    TroubleOver(Told),
    Seen { seconds: f64, rounds_per_second: Option<f64>, noise_bytes: u64, tags: Vec<SeenTag> },
}

#[derive(Debug, Serialize)]
struct Told {
    seconds: f64,
    name: &'static str,
    items: Vec<String>,
    uids: Vec<String>,
}

/// A tag as it is seen now.
#[derive(Debug, Serialize)]
struct SeenTag {
    uid: String,
    item_id: Option<String>,
    title: Option<String>,
    afi: Option<String>,
    security: Option<&'static str>,
    rssi: Option<i8>,
    antenna: Option<u8>,
    reads_per_second: Option<f64>,
    looks: u64,
    sightings: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Arrived {
    seconds: f64,
    uid: String,
    afi: Option<String>,
    security: Option<&'static str>,
    state: &'static str,
    layout: Option<String>,
    item_id: Option<String>,
    owner: Option<String>,
    set: Option<report::Set>,
    usage: Option<String>,
    problems: Vec<String>,
}

impl Lines {
    pub(super) fn new(start: Instant, is_json: bool, titles: Titles, policy: SecurityPolicy) -> Self {
        Self { start, is_json, titles, policy, rates: Rates::default(), names: BTreeMap::new() }
    }

    pub(super) fn head(&self) -> String {
        if self.is_json {
            return String::new();
        }
        row("seconds", "what", "uid", "afi", "security", "layout", "item id")
    }

    /// The line of an event; nothing for an event that is not shown.
    pub(super) fn tell(&mut self, now: Instant, event: &ReaderEvent) -> Result<String, Failure> {
        let seconds = self.since(now);
        let line = match event {
            ReaderEvent::Up(identity) => {
                Line::Up { seconds, model: identity.model.clone(), firmware: identity.firmware.clone() }
            }
            ReaderEvent::Down(cause) => Line::Down { seconds, cause: cause.to_string() },
            ReaderEvent::Arrived(arrival) => {
                Line::Arrived(Box::new(Arrived::of(arrival, self.since(arrival.at))))
            }
            ReaderEvent::Departed { tag } => Line::Departed { seconds, uid: tag.to_string() },
            ReaderEvent::Complete { n } => Line::Complete { seconds, n: *n },
            ReaderEvent::Trouble(trouble) => Line::Trouble(Told::of(trouble, seconds)),
            ReaderEvent::TroubleOver(trouble) => Line::TroubleOver(Told::of(trouble, seconds)),
            ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Heard(_)
            | ReaderEvent::Power { .. } => return Ok(String::new()),
        };
        if self.is_json { json(&line) } else { Ok(self.readable(event, &line)) }
    }

    /// What is seen now; only programs are told it again and again.
    pub(super) fn look(&mut self, now: Instant, seen: &Snapshot) -> Result<String, Failure> {
        self.rates.take(seen);
        if !self.is_json {
            return Ok(String::new());
        }
        json(&Line::Seen {
            seconds: self.since(now),
            rounds_per_second: self.rates.rounds(),
            noise_bytes: seen.n_garbage,
            tags: seen.seen.iter().map(|seen| self.seen(seen)).collect(),
        })
    }

    fn seen(&self, seen: &Seen) -> SeenTag {
        let title = seen.item.as_deref().and_then(|item| self.titles.of(item));
        SeenTag {
            uid: seen.tag.to_string(),
            item_id: seen.item.clone(),
            title: title.map(str::to_owned),
            afi: seen.afi.map(|afi| afi.to_string()),
            security: seen.afi.and_then(|afi| self.policy.security(afi)).map(report::security),
            rssi: seen.rssi,
            antenna: seen.antenna,
            reads_per_second: self.rates.of(seen.tag),
            looks: seen.looks,
            sightings: seen.sightings,
        }
    }

    fn readable(&mut self, event: &ReaderEvent, line: &Line) -> String {
        let free = |seconds: &f64, what: &str, text: &str| format!("{seconds:>8.3}  {what:<8}  {text}\n");
        match line {
            Line::Up { seconds, model, firmware } => {
                free(seconds, "up", &format!("{model}, firmware {firmware}"))
            }
            Line::Down { seconds, cause } => free(seconds, "down", cause),
            Line::Complete { seconds, n } => free(seconds, "on pad", &n.to_string()),
            Line::Trouble(told) => free(&told.seconds, "trouble", &told.to_string()),
            Line::TroubleOver(told) => free(&told.seconds, "over", &told.to_string()),
            Line::Arrived(arrived) => {
                let name = self.named(arrived);
                if let ReaderEvent::Arrived(arrival) = event {
                    self.names.insert(arrival.tag, name.clone());
                }
                arrived.row(&name)
            }
            Line::Departed { seconds, uid } => {
                let tag = if let ReaderEvent::Departed { tag } = event { Some(tag) } else { None };
                let name = tag.and_then(|tag| self.names.remove(tag)).unwrap_or_default();
                row(&format!("{seconds:.3}"), "departed", uid, "", "", "", &name)
            }
            Line::Seen { .. } => String::new(),
        }
    }

    /// What a person calls the tag, with the title of its item.
    fn named(&self, arrived: &Arrived) -> String {
        let title = arrived.item_id.as_deref().and_then(|item| self.titles.of(item));
        title.map_or_else(|| arrived.name(), |title| format!("{}  {title}", arrived.name()))
    }

    /// Seconds since the start, to the millisecond.
    fn since(&self, at: Instant) -> f64 {
        let elapsed = at.saturating_duration_since(self.start);
        (elapsed.as_secs_f64() * 1_000.0).round() / 1_000.0
    }
}

impl Told {
    fn of(trouble: &Trouble, seconds: f64) -> Self {
        let uids = trouble.tags().iter().map(ToString::to_string).collect();
        Self { seconds, name: trouble.name(), items: items_of(trouble), uids }
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.name, self.items.join(" "), self.uids.join(" "))
    }
}

/// The items that a trouble is about, as far as it is known.
pub(super) fn items_of(trouble: &Trouble) -> Vec<String> {
    match trouble {
        Trouble::OneBookTwoTags { item, .. } | Trouble::TwoBooksOneId { item, .. } => vec![item.clone()],
        Trouble::TooMany { items, .. } => items.clone(),
        Trouble::Moved { item, .. } => item.iter().cloned().collect(),
    }
}

impl Arrived {
    pub(super) fn of(arrival: &Arrival, seconds: f64) -> Self {
        let (tag, fatal) = match &arrival.data {
            TagData::Library(tag) => (Some(tag), &[][..]),
            TagData::Damaged { partial, problems } => (Some(partial), problems.as_slice()),
            TagData::Blank | TagData::Foreign => (None, &[][..]),
        };
        let problems = fatal.iter().chain(tag.into_iter().flat_map(|tag| &tag.problems));
        let is_library = matches!(arrival.data, TagData::Library(_));
        Self {
            seconds,
            uid: arrival.tag.to_string(),
            afi: arrival.afi.map(|afi| afi.to_string()),
            security: arrival.security.map(report::security),
            state: report::state(&arrival.data),
            layout: arrival.layout.as_ref().map(ToString::to_string),
            item_id: tag.filter(|_| is_library).map(|tag| tag.primary_item_id.clone()),
            owner: tag.and_then(|tag| tag.owner.clone()),
            set: tag.and_then(|tag| tag.set).map(report::Set::from),
            usage: tag.and_then(|tag| tag.usage).map(|usage| format!("{:02X}", usage.0)),
            problems: problems.map(ToString::to_string).collect(),
        }
    }

    fn row(&self, name: &str) -> String {
        row(
            &format!("{:.3}", self.seconds),
            "arrived",
            &self.uid,
            self.afi.as_deref().unwrap_or("-"),
            self.security.unwrap_or("-"),
            self.layout.as_deref().unwrap_or("-"),
            name,
        )
    }

    /// What a person calls the tag.
    pub(super) fn name(&self) -> String {
        let id = self.item_id.as_deref();
        let mut name = id.map_or_else(|| format!("({})", self.state), str::to_owned);
        if let Some(set) = self.set.filter(|set| set.of > 1) {
            name.push_str(&format!("  {set}"));
        }
        for problem in &self.problems {
            name.push_str(&format!("; {problem}"));
        }
        name
    }
}

fn row(seconds: &str, what: &str, uid: &str, afi: &str, security: &str, layout: &str, item: &str) -> String {
    let line = format!("{seconds:>8}  {what:<8}  {uid:<16}  {afi:<3}  {security:<9}  {layout:<19}  {item}");
    format!("{}\n", line.trim_end())
}

fn json(line: &Line) -> Result<String, Failure> {
    serde_json::to_string(line).map(|line| line + "\n").map_err(Failure::Json)
}
