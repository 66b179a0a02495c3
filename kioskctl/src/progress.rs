//! How far something is that takes longer than a second: one line, with the time that is left; and Ctrl-C, which ends it cleanly.
//!
//! The line is on the standard error, and only where that is a terminal: what a program says goes elsewhere. It is drawn over
//! itself and wiped at the end. Whoever works asks [`Progress::interrupted`] beside each step; what is done stays done.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;
use crate::say;

/// Some work of so many steps.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    interrupt: Signal,
}

impl Progress {
    /// Begins. Needs a tokio runtime; from now on Ctrl-C ends nothing by itself.
    ///
    /// # Errors
    /// [`Failure::System`] without signals.
    pub(crate) fn begin(what: &'static str, of: usize) -> Result<Self, Failure> {
        let interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        let of = u64::try_from(of).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::hidden());
        // A template that cannot be read is a fault of ours, which a test finds.
        let style = ProgressStyle::with_template(LINE).unwrap_or_else(|_| ProgressStyle::default_bar());
        Ok(Self { bar: bar.with_style(style).with_message(what), begun: now(), interrupt })
    }

    /// One step is done.
    pub(crate) fn step(&mut self) {
        self.steps(1);
    }

    /// Some steps are done.
    pub(crate) fn steps(&mut self, n: usize) {
        let is_due = self.bar.is_hidden() && now().saturating_duration_since(self.begun) >= FIRST;
        if is_due {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(u64::try_from(n).unwrap_or(0));
    }

    /// Says something on the standard output, with the line out of its way.
    ///
    /// # Errors
    /// [`Failure::System`] if it cannot be written.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        self.bar.suspend(|| say(text))
    }

    /// Waits for Ctrl-C.
    pub(crate) async fn interrupted(&mut self) {
        self.interrupt.recv().await;
    }
}

/// Something that is only read, in so many steps: Ctrl-C ends the program, and nothing is changed by that.
#[derive(Debug)]
pub(crate) struct Reading {
    bar: ProgressBar,
    begun: Instant,
}

impl Reading {
    pub(crate) fn begin(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(LINE).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: bar.with_style(style).with_message(what), begun: now() }
    }

    /// So much of so much is read.
    pub(crate) fn at(&mut self, done: usize, of: usize) {
        if self.bar.is_hidden() && now().saturating_duration_since(self.begun) >= FIRST {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        self.bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time that is left is reckoned from the time that was spent"
)]
fn now() -> Instant {
    Instant::now()
}

const LINE: &str = "{msg} {human_pos}/{human_len} ({percent} %), 还需 {eta} left (Ctrl-C)";
/// What is over before that needs no line.
const FIRST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_a_template() {
        assert!(ProgressStyle::with_template(LINE).is_ok());
    }
}
