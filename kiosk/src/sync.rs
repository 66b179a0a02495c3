//! The sync task, which can begin anew.

use sync_client::central::Central;
use sync_client::ledger::Ledger;
use sync_client::task::{self, Offline, Options, Request, SyncEvent};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::supervise::Reporter;

/// What the task works with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// the way to central
    pub client: Central,
    /// the rows
    pub ledger: Ledger,
    /// what is lent without central, and kept up to date for it
    pub offline: Option<Offline>,
    /// its times
    pub options: Options,
}

/// The way to the sync task.
#[derive(Debug)]
pub struct Sync {
    tools: Tools,
    reporter: Reporter,
    requests: mpsc::Sender<Request>,
    task: JoinHandle<()>,
}

impl Sync {
    /// Starts the task; its events come out of the receiver, which ends with it.
    #[must_use]
    pub fn start(tools: Tools, reporter: Reporter) -> (Self, mpsc::Receiver<SyncEvent>) {
        let (requests, task, events) = spawn(&tools, &reporter);
        (Self { tools, reporter, requests, task }, events)
    }

    /// Starts another task in place of one that has ended.
    #[must_use]
    pub fn restart(&mut self) -> mpsc::Receiver<SyncEvent> {
        let (requests, task, events) = spawn(&self.tools, &self.reporter);
        (self.requests, self.task) = (requests, task);
        events
    }

    /// Ends the task in the middle of whatever it does, as a fault would.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Sends a request without waiting.
    ///
    /// # Errors
    /// The request, if the task is busy or has ended.
    pub fn request(&self, request: Request) -> Result<(), Request> {
        self.requests.try_send(request).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(request) | mpsc::error::TrySendError::Closed(request) => request,
        })
    }

    /// The way to the task that runs now, for whoever may wait.
    #[must_use]
    pub fn requests(&self) -> mpsc::Sender<Request> {
        self.requests.clone()
    }
}

fn spawn(
    tools: &Tools,
    reporter: &Reporter,
) -> (mpsc::Sender<Request>, JoinHandle<()>, mpsc::Receiver<SyncEvent>) {
    let (events_in, events) = mpsc::channel(CHANNEL);
    let (requests_in, requests) = mpsc::channel(CHANNEL);
    let Tools { client, ledger, offline, options } = tools.clone();
    let running = task::run(client, ledger, offline, requests, events_in, options);
    let task = tokio::spawn(reporter.life().watch("sync", crate::supervise::limit(), running));
    (requests_in, task, events)
}

/// Room of each channel: more than one stack of books makes at a time.
const CHANNEL: usize = 256;
