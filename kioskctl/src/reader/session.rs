//! A reader in use: the driver's task, what it tells, and what can be looked at.

use std::time::Instant;

use rfid_driver::port::{self, Command, PortConfig, ReaderEvent, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::pad::Pad;

/// A running driver. Dropping it is no end: [`Session::end`] waits until the port is free again.
pub(crate) struct Session {
    commands: mpsc::Sender<Command>,
    pub(crate) events: mpsc::Receiver<ReaderEvent>,
    seen: watch::Receiver<Snapshot>,
    task: JoinHandle<()>,
    next_request: u64,
    pad: Pad,
}

impl Session {
    pub(crate) fn start(config: PortConfig) -> Self {
        let (commands, command_receiver) = mpsc::channel(4);
        let (event_sender, events) = mpsc::channel(64);
        let (onlooker, seen) = watch::channel(Snapshot::default());
        let task = tokio::spawn(port::run_watched(config, command_receiver, event_sender, onlooker));
        Self { commands, events, seen, task, next_request: 0, pad: Pad::default() }
    }

    /// Gives a command its number and sends it; `None` if the driver has ended.
    pub(crate) async fn tell(&mut self, command: impl FnOnce(u64) -> Command) -> Option<u64> {
        let request = self.next_request;
        self.next_request += 1;
        self.commands.send(command(request)).await.ok()?;
        Some(request)
    }

    /// The first event that is an answer; `None` if the driver has ended.
    pub(crate) async fn answer<T>(&mut self, is_answer: impl Fn(ReaderEvent) -> Option<T>) -> Option<T> {
        loop {
            if let Some(answer) = is_answer(self.next().await?) {
                return Some(answer);
            }
        }
    }

    /// The next event, which the pad follows; `None` if the driver has ended. Given up in the middle, it loses nothing.
    pub(crate) async fn next(&mut self) -> Option<ReaderEvent> {
        let event = self.events.recv().await?;
        self.pad.take(&event);
        Some(event)
    }

    /// What lies on the pad, by the events that [`Self::next`] and [`Self::answer`] have taken.
    pub(crate) fn pad(&self) -> &Pad {
        &self.pad
    }

    /// What was seen last.
    pub(crate) fn seen(&self) -> Snapshot {
        self.seen.borrow().clone()
    }

    /// What is seen at a moment after this one; `None` if the driver has ended.
    pub(crate) async fn seen_after(&mut self, moment: Instant) -> Option<Snapshot> {
        let seen = self.seen.wait_for(|seen| seen.at.is_some_and(|at| at > moment)).await.ok()?;
        Some(seen.clone())
    }

    /// Ends the driver: whether it ended well, and what was seen at the very last.
    pub(crate) async fn end(self) -> (bool, Snapshot) {
        drop((self.commands, self.events));
        let is_well = self.task.await.is_ok();
        let last = self.seen.borrow().clone();
        (is_well, last)
    }
}
