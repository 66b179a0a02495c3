//! The configuration taken over while the kiosk runs: what [`config::RELOADED`] names, between two visits.
//!
//! ```text
//!  SIGHUP, control socket, console ──Ask──▶ [this task] reads and checks the file
//!                                              │ a fault: nothing changes, and it is said
//!                                              └─Order::Configure──▶ event loop ──▶ session, calendar
//! ```
//! Whoever asks is answered once the loop has it. A patron who stands there sees nothing of it: the session keeps it until
//! they are gone.

use std::path::PathBuf;

use circulation::session::Settings;
use config::{Config, ConfigError, Takes};
use jiff::Timestamp;
use supervision::board::Configuration;
use supervision::control::Reloaded;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, info, warn};

use crate::supervise::{Order, Reporter, Told};
use crate::surroundings::Calendar;
use crate::{given, log, settings};

/// Asks for the file to be taken over; the answer is what became of it, or what is wrong with the file.
pub type Ask = oneshot::Sender<Result<Reloaded, String>>;

/// What the event loop is told.
#[derive(Debug)]
pub struct Fresh {
    /// for the session, which takes it between two visits
    pub settings: Box<Settings>,
    /// for the loop, at the same moment
    pub calendar: Calendar,
    /// all of it, for what has no session
    pub config: Box<Config>,
}

/// The task.
#[derive(Debug)]
pub struct Reload {
    /// what the kiosk runs with
    running: Config,
    /// the files that it was started with and that it took over last, with their texts
    first: Option<Read>,
    last: Option<Read>,
    /// the machine can speak
    speaks: bool,
    orders: mpsc::Sender<Order>,
    reporter: Reporter,
}

/// A file that was sound.
#[derive(Debug, Clone)]
struct Read {
    config: Config,
    text: String,
}

impl Reload {
    /// A task for a kiosk that runs with `running`.
    #[must_use]
    pub const fn new(running: Config, speaks: bool, orders: mpsc::Sender<Order>, reporter: Reporter) -> Self {
        Self { running, first: None, last: None, speaks, orders, reporter }
    }

    /// Runs until nobody can ask any more.
    pub async fn run(mut self, mut asked: mpsc::Receiver<Ask>) {
        if let Some(path) = self.running.file.clone() {
            // The daemon was started with it a moment ago; whatever is wrong since is said when it is asked for.
            self.first = read(path, self.running.kiosk.data_dir.clone())
                .await
                .inspect_err(|why| debug!(why, "the file has changed"))
                .ok();
            self.last = self.first.clone();
        }
        while let Some(answer) = asked.recv().await {
            let done = self.reload().await;
            match &done {
                Ok(told) => info!(
                    taken = told.taken.join(", "),
                    restart = told.restart.join(", "),
                    waits = told.waits,
                    "the configuration was taken over"
                ),
                Err(why) => {
                    error!(
                        why,
                        "the configuration was not taken over: the kiosk goes on with the one it has"
                    );
                    self.reporter.tell(Told::NotConfigured(why.clone()));
                }
            }
            if answer.send(done).is_err() {
                debug!("nobody waits for the configuration any more");
            }
        }
    }

    async fn reload(&mut self) -> Result<Reloaded, String> {
        let path = self.running.file.clone().ok_or("the kiosk was started without a file")?;
        let fresh = read(path, self.running.kiosk.data_dir.clone()).await?;
        let running = self.running.taking(&fresh.config);
        let told = Fresh {
            settings: Box::new(settings::session(&running, self.speaks)),
            calendar: Calendar::new(&running),
            config: Box::new(running.clone()),
        };
        let (tell, is_in_force) = oneshot::channel();
        self.orders.send(Order::Configure(told, tell)).await.map_err(|_| ENDING)?;
        let waits = !is_in_force.await.map_err(|_| ENDING)?;
        if running.log.level != self.running.log.level && !log::set_level(running.log.level.as_str()) {
            warn!("the log keeps its level: the environment sets it");
        }
        let taken = changed(self.last.as_ref(), &fresh, Takes::Reload);
        let mut restart = changed(self.first.as_ref(), &fresh, Takes::Restart);
        // A file that a setting names may say something else, though the setting is the same.
        let is_all =
            self.first.as_ref().is_none_or(|first| first.config.taking(&fresh.config) == fresh.config);
        if restart.is_empty() && !is_all {
            restart.push(SECRET.to_owned());
        }
        self.reporter.tell(Told::Configured {
            name: running.kiosk.name.clone(),
            configuration: Configuration {
                digest: settings::digest(&running),
                since: Timestamp::now(),
                waits,
                restart: restart.clone(),
                refused: None,
            },
        });
        (self.running, self.last) = (running, Some(fresh));
        Ok(Reloaded { taken, restart, waits })
    }
}

/// Has the file taken over.
///
/// # Errors
/// What is wrong with it, for whoever asked.
pub async fn ask(reload: &mpsc::Sender<Ask>) -> Result<Reloaded, String> {
    let (answer, told) = oneshot::channel();
    reload.send(answer).await.map_err(|_| ENDING)?;
    told.await.map_err(|_| ENDING)?
}

/// Reads and checks the file, and what central gives over it, beside the loop.
async fn read(path: PathBuf, data_dir: PathBuf) -> Result<Read, String> {
    let read = tokio::task::spawn_blocking(move || given::load(path, &data_dir)).await;
    let sound: Result<_, ConfigError> = read.map_err(|_| ENDING)?;
    sound.map(|(config, text)| Read { config, text }).map_err(|cause| cause.to_string())
}

/// The settings that differ and take this, each once.
fn changed(before: Option<&Read>, after: &Read, takes: Takes) -> Vec<String> {
    let before = before.map(|read| read.text.as_str()).unwrap_or_default();
    let changes = config::changes(before, &after.text).into_iter().filter(|change| change.takes == takes);
    let mut names: Vec<String> =
        changes.map(|change| format!("{}.{}", change.section, change.name)).collect();
    // The tables of a list have the same keys.
    names.sort();
    names.dedup();
    names
}

const ENDING: &str = "the kiosk is ending";
const SECRET: &str = "the content of a secret's file";
