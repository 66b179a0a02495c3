//! The moments of a visit that can be seen from outside the kiosk, and the way to stop the world at one of them.
//!
//! What comes from the kiosk passes here before it has its effect, and again before its answer goes back. Each passing
//! is a moment with a name; when the moment that a test waits for has come, whoever brought it stands still, so that
//! the kiosk can be killed exactly there. Every row that the ledger says is on the disk lies between two such moments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The moments so far. Clones are the same watch.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    moments: Vec<Moment>,
    stop_at: Option<Moment>,
    is_stopped: bool,
    /// how often the watch began anew: who stands still goes away then
    age: u64,
}

/// A moment: its name, and which one of that name it is, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment(pub String, pub usize);

impl Watch {
    /// Forgets all moments, and stops at the given one, or at none.
    pub fn begin(&self, stop_at: Option<Moment>) {
        let mut state = self.state();
        *state = State { stop_at, age: state.age + 1, ..State::default() };
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// A moment has come. True at once, unless the world stands still: then false, when the watch begins anew and
    /// whoever asked is a thing of the past.
    pub async fn pass(&self, moment: &str) -> bool {
        let age = match self.note(moment) {
            Ok(()) => return true,
            Err(age) => age,
        };
        self.0.changed.notify_waiters();
        self.until(|state| state.age != age || !state.is_stopped).await;
        self.state().age == age
    }

    /// Lets the world go on where it stands still.
    pub fn go_on(&self) {
        let mut state = self.state();
        (state.stop_at, state.is_stopped) = (None, false);
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// Notes a moment. The age of the watch if it stands still, now or already.
    fn note(&self, moment: &str) -> Result<(), u64> {
        let mut state = self.state();
        if !state.is_stopped {
            let n = state.moments.iter().filter(|Moment(name, _)| name == moment).count() + 1;
            let moment = Moment(moment.to_owned(), n);
            state.is_stopped = state.stop_at.as_ref() == Some(&moment);
            state.moments.push(moment);
        }
        if state.is_stopped { Err(state.age) } else { Ok(()) }
    }

    /// Whether nothing may happen any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Waits until the world stands still.
    pub async fn stopped(&self) {
        self.until(|state| state.is_stopped).await;
    }

    /// The moments so far.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        self.state().moments.clone()
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if holds(&self.state()) {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
