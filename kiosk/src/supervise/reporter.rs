//! How a part tells how it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use supervision::board::{Configuration, Power};
use supervision::life::Life;
use supervision::metrics::Metrics;
use supervision::part::{Part, State};
use supervision::supervisor::Input;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

/// What the supervising task is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A part says how it is, or has ended.
    Part(Input),
    /// Another page is shown.
    Page {
        /// its word
        word: &'static str,
        /// somebody uses the machine
        is_serving: bool,
    },
    /// The machine is out of service, or back.
    OutOfService(bool),
    /// The configuration was taken over.
    Configured {
        /// the kiosk's name
        name: String,
        /// what is known of it
        configuration: Configuration,
    },
    /// It is in force for patrons too.
    InForce,
    /// The file was not taken over, and why.
    NotConfigured(String),
    /// The transmit power of the reader.
    Power(Power),
}

/// The way to the supervising task, for every part. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Reporter {
    tell: mpsc::Sender<Told>,
    life: Life,
    metrics: Metrics,
    /// what has to end well before the program does
    last: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// Tells that a part has ended when it is dropped, however that came: put it into the task or thread of the part.
#[derive(Debug)]
pub struct Farewell {
    reporter: Reporter,
    part: Part,
    /// the end is wanted, and nobody is to hear of it
    is_meant: Arc<AtomicBool>,
}

impl Reporter {
    /// A reporter, and where what it tells comes out.
    #[must_use]
    pub fn new(metrics: Metrics) -> (Self, mpsc::Receiver<Told>) {
        let (tell, told) = mpsc::channel(CHANNEL);
        (Self { tell, life: Life::default(), metrics, last: Arc::default() }, told)
    }

    /// A part is like this.
    pub fn is(&self, part: Part, state: State, why: impl Into<String>) {
        self.tell(Told::Part(Input::Is { part, state, why: why.into() }));
    }

    /// A part has ended.
    pub fn ended(&self, part: Part, why: impl Into<String>) {
        self.tell(Told::Part(Input::Ended { part, why: why.into() }));
    }

    /// What tells that a part has ended, and a switch with which that is kept quiet.
    #[must_use]
    pub fn farewell(&self, part: Part) -> (Farewell, Arc<AtomicBool>) {
        let is_meant = Arc::new(AtomicBool::new(false));
        (Farewell { reporter: self.clone(), part, is_meant: Arc::clone(&is_meant) }, is_meant)
    }

    /// Anything else.
    pub fn tell(&self, told: Told) {
        // The loop must not wait. Only what changes is told, so that the channel is full only if nobody listens any more.
        if let Err(cause) = self.tell.try_send(told) {
            warn!(%cause, "the supervisor does not hear");
        }
    }

    /// A task that ends by itself once nobody needs it, and has to be at its end before the program is.
    pub fn outlive(&self, task: JoinHandle<()>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|task| !task.is_finished());
        last.push(task);
    }

    /// Waits for the end of such tasks, for a while.
    pub async fn finish(&self) {
        let last = std::mem::take(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner));
        for task in last {
            if tokio::time::timeout(ENDING, task).await.is_err() {
                warn!("a task does not end");
            }
        }
    }

    /// The pulse of every task.
    #[must_use]
    pub fn life(&self) -> Life {
        self.life.clone()
    }

    /// What is counted.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        if self.is_meant.load(Ordering::Relaxed) || self.reporter.tell.is_closed() {
            return;
        }
        let why = if std::thread::panicking() { "it panicked; the log has the cause" } else { "it ended" };
        self.reporter.ended(self.part, why);
    }
}

/// So long a task may take for its end.
const ENDING: std::time::Duration = std::time::Duration::from_secs(2);
/// More than all parts can say at once.
const CHANNEL: usize = 256;
