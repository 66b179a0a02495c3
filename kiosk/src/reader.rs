//! The reader's task, which can begin anew.

use rfid_driver::port::{self, Command, PortConfig, ReaderEvent, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::supervise::{self, Reporter};

/// The way to the reader's task.
#[derive(Debug)]
pub struct Reader {
    name: &'static str,
    config: PortConfig,
    reporter: Reporter,
    onlooker: watch::Sender<Snapshot>,
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

impl Reader {
    /// Starts the task; its events come out of the receiver, which ends with it.
    #[must_use]
    pub fn start(config: PortConfig, reporter: Reporter) -> (Self, mpsc::Receiver<ReaderEvent>) {
        Self::start_as(NAME, config, reporter)
    }

    /// The same for another reader, under a name of its own.
    #[must_use]
    pub fn start_as(
        name: &'static str,
        config: PortConfig,
        reporter: Reporter,
    ) -> (Self, mpsc::Receiver<ReaderEvent>) {
        let onlooker = watch::Sender::default();
        let (commands, events, running) = prepare(&config, &onlooker);
        let task = tokio::spawn(reporter.life().watch(name, supervise::limit(), running));
        (Self { name, config, reporter, onlooker, commands, task }, events)
    }

    /// Ends the task and starts another, once the port is free. What the old one had yet to say is not heard any more.
    #[must_use]
    pub fn restart(&mut self) -> mpsc::Receiver<ReaderEvent> {
        // The old task ends when nobody can command it any more.
        let (commands, events, running) = prepare(&self.config, &self.onlooker);
        self.commands = commands;
        let old = core::mem::replace(&mut self.task, tokio::spawn(core::future::ready(())));
        let (name, life) = (self.name, self.reporter.life());
        self.task = tokio::spawn(async move {
            // However it ended: it holds the port no longer.
            drop(old.await);
            life.watch(name, supervise::limit(), running).await;
        });
        events
    }

    /// Ends the task in the middle of whatever it does, as a fault would.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Sends a command without waiting; `false` if the task is busy or has ended.
    #[must_use]
    pub fn takes(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// What lies on the pad, for whoever looks on.
    #[must_use]
    pub fn seen(&self) -> watch::Receiver<Snapshot> {
        self.onlooker.subscribe()
    }
}

fn prepare(
    config: &PortConfig,
    onlooker: &watch::Sender<Snapshot>,
) -> (mpsc::Sender<Command>, mpsc::Receiver<ReaderEvent>, impl Future<Output = ()> + Send + use<>) {
    let (events_in, events) = mpsc::channel(CHANNEL);
    let (commands, requests) = mpsc::channel(CHANNEL);
    (commands, events, port::run_watched(config.clone(), requests, events_in, onlooker.clone()))
}

const NAME: &str = "reader";
/// Room of each channel: more than one stack of books makes at a time.
const CHANNEL: usize = 256;
