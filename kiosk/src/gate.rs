//! The security gates, beside the loop of a kiosk or a slot: listens to their adapter, holds each alarm against the loans made
//! here, and tells staff.
//!
//! ```text
//!  adapter ──lines──▶ [peripherals::gate] ──GateEvent──▶ [this task] ──item──▶ ledger: its last transaction
//!                                                             │ a late bit: the row says so, on the disk, before staff is told
//!                                                             └──▶ board (and with it console, central, broker), metrics
//! ```
//! **Nobody is named**: an alarm is of an item, which the log and its row name, and the alarm does not. No row takes a step here:
//! what becomes of a loan is the session's to say, or the sync task's, or staff's. While nothing is heard of the gates they alarm
//! all the same.

mod finding;
pub(crate) mod lately;
mod notices;

use std::time::Instant;

use circulation::id::ItemId;
use config::Config;
use jiff::Timestamp;
use peripherals::gate::{Direction, Down, Event, GateEvent, Gates, Kind, Tag};
use peripherals::port::{self, PortConfig};
use supervision::part::{Part, State};
use sync_client::ledger::Ledger;
use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};

use self::finding::Finding;
use self::notices::Notices;
use crate::settings;
use crate::supervise::{Reporter, Starter, of_task};

/// What begins the listening, and begins it anew; nothing if there is no adapter, which is said.
pub(crate) fn starter(config: &Config, ledger: Ledger, reporter: &Reporter) -> Option<Starter> {
    let Some(port) = settings::gate_port(config) else {
        reporter.is(Part::Gate, State::Absent, "");
        return None;
    };
    let reporter = reporter.clone();
    Some(of_task((Part::Gate, "gate"), &reporter.clone(), move || {
        let watch = Watch {
            port: port.clone(),
            ledger: ledger.clone(),
            reporter: reporter.clone(),
            notices: Notices::default(),
            down: None,
            told: None,
        };
        Ok(watch.run())
    }))
}

/// The task.
struct Watch {
    port: PortConfig,
    ledger: Ledger,
    reporter: Reporter,
    notices: Notices,
    /// why nothing is heard
    down: Option<String>,
    told: Option<(State, String)>,
}

/// A connection to the adapter, with whom it ends.
struct Line {
    events: mpsc::Receiver<Event>,
    /// it ends when there is nobody to command it
    _commands: mpsc::Sender<std::convert::Infallible>,
}

impl Watch {
    async fn run(mut self) {
        let mut line = self.connect();
        loop {
            let deadline = self.notices.deadline();
            // Both branches are safe to cancel.
            tokio::select! {
                event = line.events.recv() => match event {
                    Some(Event::Down(why)) => {
                        self.falls_silent(&why);
                        // One that is gone without a word leaves a connection that never ends.
                        if why == Down::Silent {
                            line = self.connect();
                        }
                    }
                    Some(Event::Up) => {
                        info!("the gates are heard");
                        self.notices.forget_faults();
                        self.down = None;
                        self.told = None;
                        self.tell();
                    }
                    Some(Event::Gate(event)) => self.happens(event).await,
                    Some(Event::Garbled) => warn!("a gate's adapter says what is not understood"),
                    None => return,
                },
                () = until(deadline) => {
                    self.notices.pass(now());
                    self.tell();
                }
            }
        }
    }

    fn connect(&self) -> Line {
        let (commands, requests) = mpsc::channel(1);
        let (told, events) = mpsc::channel(CHANNEL);
        tokio::spawn(port::run(self.port.clone(), Gates::default(), requests, told));
        Line { events, _commands: commands }
    }

    fn falls_silent(&mut self, why: &Down) {
        let why = why.to_string();
        if self.down.as_ref() != Some(&why) {
            warn!(why, "nothing is heard of the gates");
        }
        self.down = Some(why);
        self.tell();
    }

    async fn happens(&mut self, GateEvent { gate, kind }: GateEvent) {
        match kind {
            Kind::Alarm { direction, tag } => self.alarm(&gate, direction, &tag).await,
            Kind::Passed { direction, n } => self.reporter.metrics().passed(way(direction).0, n),
            Kind::Fault { why } => {
                warn!(gate, why, "a gate is out of order");
                self.notices.fault(&gate, Some(why));
            }
            Kind::Well => {
                info!(gate, "a gate is well again");
                self.notices.fault(&gate, None);
            }
        }
        self.tell();
    }

    async fn alarm(&mut self, gate: &str, direction: Direction, tag: &Tag) {
        let at = Timestamp::now();
        let item = tag.item.as_deref().and_then(|item| ItemId::parse(item).ok());
        let Some(item) = item else {
            let n = lately::doubtful(&self.ledger, at).await;
            // A gate that knows no item can alarm at many.
            if self.notices.alarm(now(), (gate, ""), format!("gate {gate}: {}", lately::text(n))) {
                self.reporter.metrics().gate(n);
                warn!(gate, "a gate alarms, and names no item");
            }
            return;
        };
        let (what, word, marked) = match self.ledger.last_of(item.clone()).await {
            Ok(row) => {
                let finding = Finding::of(row.as_ref(), at);
                (finding.text(), finding.word(), finding.marked())
            }
            Err(cause) => {
                error!(%cause, "what is lent is not known");
                ("the ledger does not say whether it is lent", "unknown", None)
            }
        };
        let seen = format!("{}{}", way(direction).1, bits(tag));
        // No alarm names an item: brokers and central's board are told them too. Row and log do.
        let text = format!("gate {gate}: an item {seen}: {what}");
        if !self.notices.alarm(now(), (gate, item.as_str()), text) {
            return debug!(gate, "it still alarms");
        }
        self.reporter.metrics().gate_at(word);
        warn!(gate, %item, finding = word, "a gate alarms");
        if let Some(id) = marked
            && let Err(cause) = self.ledger.seen(id, format!("gate {gate} alarmed: it {seen}")).await
        {
            error!(%cause, %id, "the row does not say that the gate alarmed");
        }
    }

    /// Tells the supervisor how the gates are.
    fn tell(&mut self) {
        let text = self.notices.text();
        let how = match &self.down {
            Some(why) if text.is_empty() => (State::Down, why.clone()),
            Some(why) => (State::Down, format!("{why}; {text}")),
            None if text.is_empty() => (State::Up, String::new()),
            None => (State::Degraded, text),
        };
        if self.told.as_ref() != Some(&how) {
            self.reporter.is(Part::Gate, how.0, how.1.clone());
            self.told = Some(how);
        }
    }
}

/// A direction's word in a number, and in a sentence of an item.
const fn way(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::In => ("in", "comes in"),
        Direction::Out => ("out", "goes out"),
        Direction::Unknown => ("unknown", "passes"),
    }
}

/// What the gate read of the bits.
fn bits(tag: &Tag) -> String {
    let afi = tag.afi.map(|afi| format!("AFI {afi:02X}"));
    let eas = tag.eas.map(|is_on| format!("EAS {}", if is_on { "on" } else { "off" }));
    let read: Vec<String> = afi.into_iter().chain(eas).collect();
    if read.is_empty() { String::new() } else { format!(" ({})", read.join(", ")) }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

const CHANNEL: usize = 16;
