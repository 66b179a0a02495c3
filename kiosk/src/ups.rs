//! The supply with a battery: asks its NUT server, and tells the loop how it stands with the mains.
//!
//! ```text
//!  upsd ──lines──▶ [peripherals::nut] ──Report──▶ [nut::policy] ──Order::Power──▶ event loop (kiosk or slot)
//!                                         └──▶ board, metrics
//! ```
//! What the loops do is theirs: a kiosk lets its visit end and says that it is out of service; a slot finishes its piece and
//! closes. Both have [`battery_ends`] carried out when the battery ends and nothing is in hand.

use std::time::Duration;

use config::Config;
use peripherals::nut::policy::{Level, Policy, Rules};
use peripherals::nut::{Down, Event, Patience, Report, Supply};
use peripherals::port::{self, PortConfig};
use supervision::part::{Part, State};
use sync_client::ledger::Ledger;
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::supervise::{Order, Reporter, Starter, of_task};
use crate::{settings, staff};

/// What begins the asking, and begins it anew; nothing if there is no server to ask, which is said.
#[must_use]
pub fn starter(
    config: &Config,
    orders: mpsc::Sender<Order>,
    levels: watch::Sender<Level>,
    reporter: &Reporter,
) -> Option<Starter> {
    let Some(port) = settings::ups_port(config) else {
        reporter.is(Part::Ups, State::Absent, "");
        return None;
    };
    let ups = config.ups.clone();
    let reporter = reporter.clone();
    Some(of_task((Part::Ups, "ups"), &reporter.clone(), move || {
        let rules = Rules { least: ups.least, resume: ups.resume, ..Rules::default() };
        let watch = Watch {
            port: port.clone(),
            name: ups.name.clone(),
            poll: ups.poll,
            policy: Policy::new(rules),
            told: None,
            orders: orders.clone(),
            levels: levels.clone(),
            reporter: reporter.clone(),
        };
        Ok(watch.run())
    }))
}

/// The task.
struct Watch {
    port: PortConfig,
    name: Option<String>,
    poll: Duration,
    policy: Policy,
    told: Option<Level>,
    orders: mpsc::Sender<Order>,
    /// for whoever is beside the loop
    levels: watch::Sender<Level>,
    reporter: Reporter,
}

/// A connection to the server, with whom it ends.
struct Line {
    events: mpsc::Receiver<Event>,
    /// it ends when there is nobody to command it
    _commands: mpsc::Sender<std::convert::Infallible>,
}

impl Watch {
    async fn run(mut self) {
        let mut line = self.connect();
        loop {
            let deadline = self.policy.deadline();
            // Both branches are safe to cancel.
            let level = tokio::select! {
                event = line.events.recv() => match event {
                    Some(Event::Told(report)) => self.heard(&report),
                    Some(Event::Down(why)) => {
                        let level = self.policy.down(now());
                        self.reporter.metrics().ups(None);
                        self.reporter.is(Part::Ups, State::Down, why.to_string());
                        warn!(%why, "nothing is known of the supply");
                        // A server that is gone without a word leaves a connection that never ends.
                        if why == Down::Silent {
                            line = self.connect();
                        }
                        level
                    }
                    None => return,
                },
                () = until(deadline) => self.policy.tick(now()),
            };
            if self.tell(level).await.is_err() {
                return;
            }
        }
    }

    fn connect(&self) -> Line {
        let supply = Supply::new(self.name.clone(), Patience { poll: self.poll, ..Patience::default() });
        let (commands, requests) = mpsc::channel(1);
        let (told, events) = mpsc::channel(CHANNEL);
        tokio::spawn(port::run(self.port.clone(), supply, requests, told));
        Line { events, _commands: commands }
    }

    fn heard(&mut self, report: &Report) -> Level {
        let level = self.policy.told(now(), report);
        let Report { status, charge, runtime } = *report;
        self.reporter.metrics().ups(Some((status.on_battery, charge, runtime)));
        let charge = charge.map(|percent| format!(", {percent} % left")).unwrap_or_default();
        let (state, why) = match (level, status.trouble()) {
            (Level::Low, _) => (State::Down, format!("the battery ends{charge}")),
            (Level::Battery, _) => (State::Degraded, format!("the mains are gone: on the battery{charge}")),
            (Level::Mains | Level::Returning, Some(trouble)) => (State::Degraded, trouble.to_owned()),
            (Level::Mains | Level::Returning, None) => (State::Up, String::new()),
        };
        self.reporter.is(Part::Ups, state, why);
        level
    }

    /// Tells the loop, if it is news to it. Before the first word of the server there is none.
    async fn tell(&mut self, level: Level) -> Result<(), mpsc::error::SendError<Order>> {
        let is_first = self.told.is_none() && level == Level::Mains;
        if self.told.replace(level) == Some(level) || is_first {
            return Ok(());
        }
        info!(?level, "the mains");
        self.levels.send_replace(level);
        self.orders.send(Order::Power(level)).await
    }
}

/// The battery ends, and nothing is in hand: what central has yet to hear is told if that goes quickly, the disk has
/// everything, and the machine is switched off. Without a command that is only said.
pub async fn battery_ends(ledger: Ledger, online: watch::Receiver<Option<bool>>, command: Vec<String>) {
    if *online.borrow() == Some(true) && tokio::time::timeout(TELLING, told(&ledger)).await.is_err() {
        warn!("central has not heard everything: the ledger keeps it");
    }
    // The ledger is on the disk with each row; this is for the rest.
    if let Err(cause) = tokio::task::spawn_blocking(rustix::fs::sync).await {
        error!(%cause, "the disk was not written to its end");
    }
    if command.is_empty() {
        return error!(
            "the battery ends, and ups.power_off names no program: the power may go at any moment"
        );
    }
    staff::power_off(command).await;
}

/// Waits until central has heard everything that is not for staff to settle.
async fn told(ledger: &Ledger) {
    let mut beat = tokio::time::interval(Duration::from_millis(200));
    loop {
        beat.tick().await;
        match ledger.counts().await {
            Ok(counts) if counts.open > counts.parked => {}
            Ok(_) => return,
            Err(cause) => return error!(%cause, "the ledger does not say what is open"),
        }
    }
}

async fn until(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

const CHANNEL: usize = 16;
/// So long central may take to hear what is open.
const TELLING: Duration = Duration::from_secs(10);
