//! Tasks that beat, and what the service manager is told of it. See [`crate::vitals`].
//!
//! A task need not know that it is watched: [`Life::watch`] polls it, and beats each time it gives the thread back. One
//! that computes for ever, or waits for a lock, does not, and the watchdog is fed no more.

use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;

use crate::vitals::Vitals;

/// The pulse of every task of the program. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Life(Arc<Mutex<Vitals>>);

/// One task's way to say that it lives. It is missed no more once this is dropped.
#[derive(Debug)]
pub struct Pulse {
    life: Life,
    task: &'static str,
}

impl Life {
    /// A task that has to beat at least once in `limit`.
    #[must_use]
    pub fn enter(&self, task: &'static str, limit: Duration) -> Pulse {
        self.vitals().enter(now(), task, limit);
        Pulse { life: self.clone(), task }
    }

    /// Runs a task, which beats as long as it can be polled.
    pub async fn watch<F: Future>(self, task: &'static str, limit: Duration, future: F) -> F::Output {
        let pulse = self.enter(task, limit);
        let mut beat = tokio::time::interval(limit / BEATS);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut future = pin!(future);
        loop {
            // Both are always polled, and the other branch waits for nothing: the task is never left standing.
            tokio::select! {
                biased;
                output = &mut future => return output,
                _ = beat.tick() => pulse.beat(),
            }
        }
    }

    /// Whoever is silent for too long, by name.
    #[must_use]
    pub fn silent(&self) -> Vec<&'static str> {
        self.vitals().silent(now())
    }

    /// How often a look found somebody silent.
    #[must_use]
    pub fn n_missed(&self) -> u64 {
        self.vitals().n_missed()
    }

    fn vitals(&self) -> MutexGuard<'_, Vitals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pulse {
    /// The task has done something.
    pub fn beat(&self) {
        self.life.vitals().beat(now(), self.task);
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.life.vitals().leave(self.task);
    }
}

/// How often the service manager wants to hear of us; nothing if it does not watch.
#[must_use]
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// Tells the service manager that patrons can be served, or at least told why not.
///
/// # Errors
/// What the system says; without a service manager nothing is told.
pub fn ready() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Ready])
}

/// Feeds the watchdog, and tells how the kiosk is.
///
/// # Errors
/// As [`ready`].
pub fn feed(status: &str) -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Watchdog, NotifyState::Status(status)])
}

/// Tells how the kiosk is, and leaves the watchdog hungry.
///
/// # Errors
/// As [`ready`].
pub fn starve(status: &str) -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Status(status)])
}

/// Tells that the program ends on purpose.
///
/// # Errors
/// As [`ready`].
pub fn stopping() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Stopping])
}

#[expect(clippy::disallowed_methods, reason = "the shell that gives the vitals their time")]
fn now() -> Instant {
    Instant::now()
}

/// Beats in the time in which one is wanted.
const BEATS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    async fn until(what: &str, is: impl Fn() -> bool) {
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        let limit = tokio::time::timeout(Duration::from_secs(60), async {
            while !is() {
                beat.tick().await;
            }
        });
        assert!(limit.await.is_ok(), "{what} did not come");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn a_task_that_blocks_is_silent_and_one_that_waits_is_not() {
        let life = Life::default();
        let limit = Duration::from_millis(200);
        let (go_on, blocked) = std::sync::mpsc::channel::<()>();
        // Waits for ever, as a reader's task may that has no reader.
        tokio::spawn(life.clone().watch("waits", Duration::from_secs(60), core::future::pending::<()>()));
        tokio::spawn(life.clone().watch("blocks", limit, async move {
            tokio::task::yield_now().await;
            // Stands still, as a task does that computes for ever.
            let _nobody_sends = blocked.recv().is_err();
        }));
        until("silence", || life.silent() == ["blocks"]).await;
        drop(go_on);
        // It has ended, and is missed no more.
        until("life", || life.silent().is_empty()).await;
        assert!(life.n_missed() > 0);
    }
}
