//! The reader's task of a session.

use rfid_driver::port::{self, Command, PortConfig, ReaderEvent};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

/// A running driver. [`Line::end`] waits until its port is free again.
#[derive(Debug)]
pub(super) struct Line {
    commands: mpsc::Sender<Command>,
    pub(super) events: mpsc::Receiver<ReaderEvent>,
    task: JoinHandle<()>,
}

impl Line {
    pub(super) fn start(config: PortConfig) -> Self {
        let (commands, requests) = mpsc::channel(COMMANDS);
        let (told, events) = mpsc::channel(EVENTS);
        Self { commands, events, task: tokio::spawn(port::run(config, requests, told)) }
    }

    /// Commands the reader. One that is busy is asked again by whoever waits for its answer.
    pub(super) fn tell(&self, command: Command) {
        if self.commands.try_send(command).is_err() {
            warn!("the reader is busy or gone: a command was dropped");
        }
    }

    pub(super) async fn end(self) {
        drop((self.commands, self.events));
        if self.task.await.is_err() {
            warn!("the reader's task did not end well");
        }
    }
}

const COMMANDS: usize = 4;
/// Five sweeps a second: some seconds of them.
const EVENTS: usize = 64;
