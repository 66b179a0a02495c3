//! What lies on the pad, once all of it is known; and the one tag of it that is meant.

use std::time::{Duration, Instant};

use rfid_driver::data::TagData;
use rfid_driver::port::{Arrival, DownCause, Endpoint, PortConfig, ReaderEvent};

use super::clues::Clues;
use super::refusal::Refusal;
use super::session::Session;
use super::settings_of;
use crate::failure::Failure;
use crate::tag::report;

/// The tags of a complete stack, and when it was what.
pub(super) struct Stack {
    pub(super) up: Instant,
    pub(super) model: String,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) complete: Instant,
}

/// Whose reader it is, for what is told when it does not answer.
pub(crate) struct Place {
    endpoint: Endpoint,
    line: String,
}

impl Place {
    pub(crate) fn of(config: &PortConfig) -> Self {
        Self { endpoint: config.endpoint.clone(), line: settings_of(config) }
    }

    pub(crate) fn no_reader(&self, cause: DownCause, n_garbage: u64) -> Failure {
        let mut clues = Box::<Clues>::default();
        clues.take(&self.line, &cause, n_garbage);
        Failure::NoReader { endpoint: self.endpoint.clone(), line: self.line.clone(), cause, clues }
    }
}

impl Stack {
    /// Waits until the reader is up and says that none is hidden.
    ///
    /// # Errors
    /// [`Failure::NoReader`] if it does not answer, [`Refusal::Unsettled`] if it never says so.
    pub(super) async fn wait(session: &mut Session, place: &Place) -> Result<Self, Failure> {
        let mut up = None;
        let mut model = String::new();
        let mut arrivals: Vec<Arrival> = Vec::new();
        let end = tokio::time::Instant::now() + LIMIT;
        while let Ok(event) = tokio::time::timeout_at(end, session.events.recv()).await {
            match event.ok_or(Refusal::Lost)? {
                ReaderEvent::Up(identity) => (up, model) = (Some(now()), identity.model),
                ReaderEvent::Down(cause) => return Err(place.no_reader(cause, session.seen().n_garbage)),
                ReaderEvent::Arrived(arrival) => arrivals.push(arrival),
                ReaderEvent::Departed { tag } => arrivals.retain(|arrival| arrival.tag != tag),
                ReaderEvent::Complete { .. } => {
                    return Ok(Self { up: up.unwrap_or_else(now), model, arrivals, complete: now() });
                }
                ReaderEvent::Wrote { .. }
                | ReaderEvent::Programmed { .. }
                | ReaderEvent::Dumped { .. }
                | ReaderEvent::Heard(_)
                | ReaderEvent::Power { .. }
                | ReaderEvent::Trouble(_)
                | ReaderEvent::TroubleOver(_) => {}
            }
        }
        match up {
            Some(_) => Err(Refusal::Unsettled { n: arrivals.len(), seconds: LIMIT.as_secs() }.into()),
            None => Err(place.no_reader(DownCause::Silent, session.seen().n_garbage)),
        }
    }

    /// The tag that is named, or the only one.
    pub(super) fn one(&self, name: Option<&str>) -> Result<&Arrival, Refusal> {
        let tags = || self.arrivals.iter().map(described).collect();
        let Some(name) = name else {
            return match self.arrivals.as_slice() {
                [] => Err(Refusal::NoTag),
                [one] => Ok(one),
                _ => Err(Refusal::Several { tags: tags() }),
            };
        };
        let is_meant = |arrival: &&Arrival| arrival.tag.to_string().eq_ignore_ascii_case(name.trim());
        self.arrivals
            .iter()
            .find(is_meant)
            .ok_or_else(|| Refusal::NotThere { tag: name.to_owned(), tags: tags() })
    }
}

fn described(arrival: &Arrival) -> String {
    match &arrival.data {
        TagData::Library(tag) => format!("{} ({})", arrival.tag, tag.primary_item_id),
        data @ (TagData::Blank | TagData::Foreign | TagData::Damaged { .. }) => {
            format!("{} ({})", arrival.tag, report::state(data))
        }
    }
}

pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A stack of twenty at the slowest line is read within that.
const LIMIT: Duration = Duration::from_secs(20);
