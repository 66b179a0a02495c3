//! The reader's task, which can begin anew.

use rfid_driver::port::{self, Command, PortConfig, ReaderEvent};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The way to the reader's task.
#[derive(Debug)]
pub struct Reader {
    config: PortConfig,
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

impl Reader {
    /// Starts the task; its events come out of the receiver, which ends with it.
    #[must_use]
    pub fn start(config: PortConfig) -> (Self, mpsc::Receiver<ReaderEvent>) {
        let (events_in, events) = mpsc::channel(CHANNEL);
        let (commands, requests) = mpsc::channel(CHANNEL);
        let task = tokio::spawn(port::run(config.clone(), requests, events_in));
        (Self { config, commands, task }, events)
    }

    /// Ends the task and starts another, once the port is free. What the old one had yet to say is not heard any more.
    #[must_use]
    pub fn restart(&mut self) -> mpsc::Receiver<ReaderEvent> {
        let (events_in, events) = mpsc::channel(CHANNEL);
        let (commands, requests) = mpsc::channel(CHANNEL);
        // The old task ends when nobody can command it any more.
        self.commands = commands;
        let config = self.config.clone();
        let fresh = async move { port::run(config, requests, events_in).await };
        let old = core::mem::replace(&mut self.task, tokio::spawn(core::future::ready(())));
        self.task = tokio::spawn(async move {
            // However it ended: it holds the port no longer.
            drop(old.await);
            fresh.await;
        });
        events
    }

    /// Sends a command without waiting; `false` if the task is busy or has ended.
    #[must_use]
    pub fn takes(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }
}

/// Room of each channel: more than one stack of books makes at a time.
const CHANNEL: usize = 256;
