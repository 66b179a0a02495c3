//! `kioskctl reader watch`: tags as they come and go.

use std::collections::BTreeMap;
use std::time::Instant;

use rfid_driver::data::TagData;
use rfid_driver::port::{self, Arrival, DownCause, ReaderEvent};
use rfid_driver::tag::TagId;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{line, runtime, settings_of};
use crate::arguments::WatchArguments;
use crate::failure::Failure;
use crate::tag::report;
use crate::{Outcome, say};

/// Watches until told to stop.
///
/// # Errors
/// [`Failure::Port`] if the port cannot be used, [`Failure::NoReader`] if no reader ever answered.
pub(crate) fn run(arguments: &WatchArguments) -> Result<Outcome, Failure> {
    let config = line(&arguments.line)?.port;
    let (endpoint, settings) = (config.endpoint.clone(), settings_of(&config));
    runtime()?.block_on(async {
        port::open_check(&config).await?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
        let (commands, command_receiver) = mpsc::channel(1);
        let (event_sender, mut events) = mpsc::channel(64);
        let mut watch = Watch::new(now(), arguments.json);
        let end = arguments.duration.map(|duration| tokio::time::Instant::now() + duration);
        let task = tokio::spawn(port::run(config, command_receiver, event_sender));
        if !arguments.json {
            say(&watch.head())?;
        }
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => say(&watch.tell(now(), &event)?)?,
                    None => break,
                },
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                () = sleep_until(end) => break,
            }
        }
        drop((commands, events));
        if task.await.is_err() {
            return Err(Failure::NoReader { endpoint, line: settings, cause: DownCause::Silent });
        }
        match watch.down.filter(|_| !watch.was_up) {
            Some(cause) => Err(Failure::NoReader { endpoint, line: settings, cause }),
            None => Ok(Outcome::Good),
        }
    })
}

/// What was seen so far.
struct Watch {
    start: Instant,
    is_json: bool,
    was_up: bool,
    down: Option<DownCause>,
    /// What each tag on the pad was called when it came.
    names: BTreeMap<TagId, String>,
}

/// One line of JSON; `seconds` since the start.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Up { seconds: f64, model: String, firmware: String },
    Down { seconds: f64, cause: String },
    Arrived(Box<Arrived>),
    Departed { seconds: f64, uid: String },
    Complete { seconds: f64, n: usize },
}

#[derive(Debug, Serialize)]
struct Arrived {
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

impl Watch {
    fn new(start: Instant, is_json: bool) -> Self {
        Self { start, is_json, was_up: false, down: None, names: BTreeMap::new() }
    }

    fn head(&self) -> String {
        row("seconds", "what", "uid", "afi", "security", "layout", "item id")
    }

    /// The line of an event; nothing for an event that is not shown.
    fn tell(&mut self, now: Instant, event: &ReaderEvent) -> Result<String, Failure> {
        let at = self.since(now);
        let line = match event {
            ReaderEvent::Up(identity) => {
                (self.was_up, self.down) = (true, None);
                Line::Up { seconds: at, model: identity.model.clone(), firmware: identity.firmware.clone() }
            }
            ReaderEvent::Down(cause) => {
                self.down = Some(cause.clone());
                Line::Down { seconds: at, cause: cause.to_string() }
            }
            ReaderEvent::Arrived(arrival) => {
                Line::Arrived(Box::new(Arrived::of(arrival, self.since(arrival.at))))
            }
            ReaderEvent::Departed { tag } => Line::Departed { seconds: at, uid: tag.to_string() },
            ReaderEvent::Complete { n } => Line::Complete { seconds: at, n: *n },
            ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => return Ok(String::new()),
        };
        if self.is_json {
            return serde_json::to_string(&line).map(|line| line + "\n").map_err(Failure::Json);
        }
        Ok(self.readable(event, &line))
    }

    fn readable(&mut self, event: &ReaderEvent, line: &Line) -> String {
        let free = |seconds: &f64, what: &str, text: &str| format!("{seconds:>8.3}  {what:<8}  {text}\n");
        match line {
            Line::Up { seconds, model, firmware } => {
                free(seconds, "up", &format!("{model}, firmware {firmware}"))
            }
            Line::Down { seconds, cause } => free(seconds, "down", cause),
            Line::Complete { seconds, n } => free(seconds, "on pad", &n.to_string()),
            Line::Arrived(arrived) => {
                let name = arrived.name();
                let text = row(
                    &format!("{:.3}", arrived.seconds),
                    "arrived",
                    &arrived.uid,
                    arrived.afi.as_deref().unwrap_or("-"),
                    arrived.security.unwrap_or("-"),
                    arrived.layout.as_deref().unwrap_or("-"),
                    &name,
                );
                if let ReaderEvent::Arrived(arrival) = event {
                    self.names.insert(arrival.tag, name);
                }
                text
            }
            Line::Departed { seconds, uid } => {
                let name = match event {
                    ReaderEvent::Departed { tag } => self.names.remove(tag).unwrap_or_default(),
                    ReaderEvent::Up(_)
                    | ReaderEvent::Down(_)
                    | ReaderEvent::Arrived(_)
                    | ReaderEvent::Complete { .. }
                    | ReaderEvent::Wrote { .. }
                    | ReaderEvent::Programmed { .. }
                    | ReaderEvent::Dumped { .. }
                    | ReaderEvent::Trouble(_)
                    | ReaderEvent::TroubleOver(_) => String::new(),
                };
                row(&format!("{seconds:.3}"), "departed", uid, "", "", "", &name)
            }
        }
    }

    /// Seconds since the start, to the millisecond.
    fn since(&self, at: Instant) -> f64 {
        let elapsed = at.saturating_duration_since(self.start);
        (elapsed.as_secs_f64() * 1_000.0).round() / 1_000.0
    }
}

impl Arrived {
    fn of(arrival: &Arrival, seconds: f64) -> Self {
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

    /// What a person calls the tag.
    fn name(&self) -> String {
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

async fn sleep_until(end: Option<tokio::time::Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
