//! The supervising task.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use supervision::alarm::{self, Alarms, Kept};
use supervision::board::{Board, Queue};
use supervision::life::{self, Life, Pulse};
use supervision::part::{Moment, Part, State};
use supervision::supervisor::{self, Input, Supervisor};
use sync_client::ledger::{Ledger, LedgerError};
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

use super::{Order, Told, limit};

/// Ends or begins a part that is nobody else's: the answer is why that failed.
pub type Starter = Box<dyn FnMut(Turn) -> Result<(), String> + Send>;

/// What such a part is to do. Between the two lies a pause, so that what the old one held is free for the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Whatever is left of it.
    End,
    /// A new one.
    Begin,
}

/// The parts that this task begins anew itself.
pub type Starters = BTreeMap<Part, Starter>;

/// The task.
pub struct Desk {
    /// what the parts tell
    pub told: mpsc::Receiver<Told>,
    /// where restarts are asked for
    pub orders: mpsc::Sender<Order>,
    /// what is known, for whoever shows it
    pub board: watch::Sender<Board>,
    /// the ledger, which is asked now and then
    pub ledger: Ledger,
    /// its folder
    pub data_dir: PathBuf,
    /// the pulse of every task
    pub life: Life,
    /// how to begin anew what is not the event loop's
    pub starters: Starters,
    /// pauses between restarts
    pub options: supervisor::Options,
}

impl core::fmt::Debug for Desk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Desk").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

/// The task's state.
struct Supervising {
    supervisor: Supervisor,
    alarms: Alarms,
    board: watch::Sender<Board>,
    orders: mpsc::Sender<Order>,
    starters: Starters,
    life: Life,
    kept_at: PathBuf,
    data_dir: PathBuf,
    /// the event loop has said that rows cannot be kept
    ledger_fails: bool,
    ledger_pulse: Pulse,
    out: Vec<supervisor::Output>,
}

impl Desk {
    /// Runs until nobody tells anything any more.
    pub async fn run(self) {
        let Self { mut told, orders, board, ledger, data_dir, life, starters, options } = self;
        let kept_at = data_dir.join(ALARMS_FILE);
        let mut desk = Supervising {
            supervisor: Supervisor::new(moment(), options),
            alarms: Alarms::restored(read(&kept_at).await),
            board,
            orders,
            starters,
            ledger_pulse: life.enter("ledger", limit().max(PING * 2)),
            life,
            kept_at,
            data_dir,
            ledger_fails: false,
            out: Vec::new(),
        };
        let (answers_in, mut answers) = mpsc::channel(1);
        tokio::spawn(ask_ledger(ledger, answers_in));
        let feeding = life::watchdog_period().map_or(BEAT, |period| (period / 3).min(BEAT));
        let mut beat = tokio::time::interval(feeding);
        loop {
            let deadline = desk.deadline();
            // Every branch is safe to cancel.
            tokio::select! {
                heard = told.recv() => match heard {
                    Some(heard) => desk.hear(heard),
                    None => break,
                },
                Some(answer) = answers.recv() => desk.ledger(answer),
                () = until(deadline) => desk.supervise(Input::Tick),
                _ = beat.tick() => desk.beat(),
            }
            desk.publish().await;
        }
        if let Err(cause) = life::stopping() {
            debug!(%cause, "the service manager does not hear");
        }
    }
}

impl Supervising {
    fn deadline(&self) -> Option<Instant> {
        [self.supervisor.deadline(), self.alarms.deadline()].into_iter().flatten().min()
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Part(input) => {
                if let Input::Is { part: Part::Ledger, state, .. } = &input {
                    self.ledger_fails = !state.works();
                }
                if let Input::Ended { part, .. } = &input
                    && let Some(starter) = self.starters.get_mut(part)
                    && let Err(why) = starter(Turn::End)
                {
                    warn!(part = part.word(), why, "what is left of a part does not end");
                }
                self.supervise(input);
            }
            Told::Page { word, is_serving } => self.board.send_modify(|board| {
                word.clone_into(&mut board.page);
                board.is_serving = is_serving;
            }),
            Told::OutOfService(out) => self.board.send_modify(|board| board.out_of_service = out),
            Told::Configured { name, configuration } => {
                self.board.send_modify(|board| (board.kiosk, board.configuration) = (name, configuration));
            }
            Told::InForce => self.board.send_modify(|board| board.configuration.waits = false),
            Told::NotConfigured(why) => {
                self.board.send_modify(|board| board.configuration.refused = Some(why));
            }
            Told::Power(power) => self.board.send_modify(|board| board.power = power),
        }
    }

    fn supervise(&mut self, input: Input) {
        self.supervisor.handle(moment(), input, &mut self.out);
        for output in core::mem::take(&mut self.out) {
            match output {
                supervisor::Output::Restart(part) => self.restart(part),
                supervisor::Output::Changed(part) => {
                    if let Some(now) = self.supervisor.conditions().find(|known| known.part == part) {
                        let (part, state) = (part.word(), now.state.word());
                        info!(part, state, why = now.why, "a part changed");
                    }
                }
            }
        }
    }

    fn restart(&mut self, part: Part) {
        warn!(part = part.word(), "a part is begun anew");
        if let Some(start) = self.starters.get_mut(&part) {
            let said = match start(Turn::Begin) {
                // They say themselves how they are.
                Ok(()) if says_itself(part) => return,
                Ok(()) => Input::Is { part, state: State::Up, why: String::new() },
                Err(why) => Input::Ended { part, why },
            };
            self.supervise(said);
        } else if self.orders.try_send(Order::Restart(part)).is_err() {
            // It stays as it is, and is tried again.
            self.supervise(Input::Ended { part, why: "the event loop took no order".to_owned() });
        }
    }

    fn ledger(&mut self, answer: Result<Option<Queue>, LedgerError>) {
        self.ledger_pulse.beat();
        match answer {
            Ok(queue) => {
                if let Some(queue) = queue {
                    self.board.send_modify(|board| board.queue = Some(queue));
                }
                if !self.ledger_fails {
                    self.supervise(Input::Is { part: Part::Ledger, state: State::Up, why: String::new() });
                }
            }
            Err(cause) => {
                self.board.send_modify(|board| board.queue = None);
                let (part, why) = (Part::Ledger, cause.to_string());
                self.supervise(match cause {
                    // Its thread is gone: only a new start helps.
                    LedgerError::Closed => Input::Ended { part, why },
                    LedgerError::DiskFull
                    | LedgerError::ReadOnly
                    | LedgerError::Damaged { .. }
                    | LedgerError::System { .. }
                    | LedgerError::Illegal { .. }
                    | LedgerError::Unknown
                    | LedgerError::Exists => Input::Is { part, state: State::Down, why },
                });
            }
        }
    }

    /// Looks who lives, and tells the service manager.
    fn beat(&mut self) {
        let silent: Vec<String> = self.life.silent().into_iter().map(str::to_owned).collect();
        let (disk_free, clock_synced) = (free(&self.data_dir), clock_synced());
        self.board.send_modify(|board| {
            (board.disk_free, board.clock_synced) = (disk_free, clock_synced);
            board.silent.clone_from(&silent);
        });
        let status = self.board.borrow().summary();
        let told = if silent.is_empty() {
            life::feed(&status)
        } else {
            error!(tasks = silent.join(", "), "nothing is heard of a task: the watchdog is not fed");
            life::starve(&format!("nothing is heard of {}", silent.join(", ")))
        };
        if let Err(cause) = told {
            debug!(%cause, "the service manager does not hear");
        }
    }

    /// Puts what is known on the board, and keeps the alarms.
    async fn publish(&mut self) {
        let parts = self.supervisor.conditions().cloned().collect();
        self.board.send_modify(|board| board.parts = parts);
        let known = alarm::known(&self.board.borrow());
        let mut out = Vec::new();
        self.alarms.handle(moment(), &known, &mut out);
        let Kept { standing, past } = self.alarms.kept();
        for output in &out {
            match output {
                alarm::Output::Raised(alarm) => {
                    warn!(key = alarm.key, severity = ?alarm.severity, why = alarm.why, "alarm");
                }
                alarm::Output::Cleared(alarm) => info!(key = alarm.key, "the alarm is over"),
            }
        }
        if !out.is_empty() {
            keep(&self.kept_at, Kept { standing: standing.clone(), past: past.clone() }).await;
        }
        self.board.send_modify(|board| (board.alarms, board.past) = (standing, past));
    }
}

/// Asks the ledger now and then, and waits for each answer: a ledger that is stuck is asked no more, and is missed.
async fn ask_ledger(ledger: Ledger, answers: mpsc::Sender<Result<Option<Queue>, LedgerError>>) {
    let mut beat = tokio::time::interval(PING);
    for round in 0_u64.. {
        beat.tick().await;
        // Counting costs more than a sign of life.
        let answer = if round % COUNT_EVERY == 0 {
            ledger.counts().await.map(|counts| {
                Some(Queue {
                    total: counts.total,
                    open: counts.open,
                    to_tell: counts.to_tell,
                    doubt: counts.doubt,
                    parked: counts.parked,
                    oldest: counts.oldest,
                })
            })
        } else {
            ledger.rows(Vec::new()).await.map(|_| None)
        };
        if answers.send(answer).await.is_err() {
            return;
        }
    }
}

/// Whether a part tells itself how it is, once it is begun.
pub(crate) const fn says_itself(part: Part) -> bool {
    matches!(
        part,
        Part::Console | Part::Mqtt | Part::Ups | Part::Room | Part::Identity | Part::Cards | Part::Gate
    )
}

/// The alarms of the run before; a file that cannot be read is none.
async fn read(path: &Path) -> Kept {
    let path = path.to_owned();
    let found = tokio::task::spawn_blocking(move || (std::fs::read(&path), path)).await;
    let Ok((found, path)) = found else { return Kept::default() };
    match found {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|cause| {
            warn!(%cause, file = %path.display(), "the alarms of the run before cannot be read");
            Kept::default()
        }),
        Err(_) => Kept::default(),
    }
}

async fn keep(path: &Path, kept: Kept) {
    let path = path.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        let mut text = serde_json::to_vec_pretty(&kept).map_err(std::io::Error::other)?;
        text.push(b'\n');
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, &text)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|cause| cause.error)
    });
    match written.await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => warn!(%cause, "the alarms are not kept over a restart"),
        Err(cause) => error!(%cause, "the alarms are not kept over a restart"),
    }
}

/// Bytes free where a folder is.
fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether a time server has set the clock, as far as systemd-timesyncd says.
fn clock_synced() -> Option<bool> {
    Path::new("/run/systemd/timesync")
        .is_dir()
        .then(|| Path::new("/run/systemd/timesync/synchronized").exists())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

fn moment() -> Moment {
    Moment { now: tokio::time::Instant::now().into_std(), wall: Timestamp::now() }
}

/// The alarms' file in the data folder.
const ALARMS_FILE: &str = "alarms.json";
/// How often it is looked who lives.
const BEAT: Duration = Duration::from_secs(2);
/// How often the ledger is asked for a sign of life, and every how many times for its counts.
const PING: Duration = Duration::from_secs(3);
const COUNT_EVERY: u64 = 5;
