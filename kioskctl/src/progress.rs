//! How far something is that takes longer than a second: one line, with the time that is left; and Ctrl-C, which ends it cleanly.
//!
//! The line is on the standard error, and only where that is a terminal: what a program says goes elsewhere. It is drawn over
//! itself and wiped at the end. Whoever works asks [`Progress::interrupted`] beside each step; what is done stays done.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// Some work of so many steps.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    done: u64,
    of: u64,
    begun: Instant,
    shown: Option<Instant>,
    is_terminal: bool,
    interrupt: Signal,
}

impl Progress {
    /// Begins. Needs a tokio runtime; from now on Ctrl-C ends nothing by itself.
    ///
    /// # Errors
    /// [`Failure::System`] without signals.
    pub(crate) fn begin(what: &'static str, of: usize) -> Result<Self, Failure> {
        let interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        Ok(Self {
            what,
            done: 0,
            of: u64::try_from(of).unwrap_or(u64::MAX),
            begun: now(),
            shown: None,
            is_terminal: io::stderr().is_terminal(),
            interrupt,
        })
    }

    /// One step is done.
    pub(crate) fn step(&mut self) {
        self.done = self.done.saturating_add(1);
        let now = now();
        let spent = now.saturating_duration_since(self.begun);
        let is_due = self.shown.is_none_or(|shown| now.saturating_duration_since(shown) >= AGAIN);
        if self.is_terminal && spent >= FIRST && is_due {
            self.shown = Some(now);
            draw(&format!("\r{}\u{1B}[K", line(self.what, self.done, self.of, spent)));
        }
    }

    /// Waits for Ctrl-C.
    pub(crate) async fn interrupted(&mut self) {
        self.interrupt.recv().await;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            draw("\r\u{1B}[K");
        }
    }
}

/// The line: count, share, time left.
fn line(what: &str, done: u64, of: u64, spent: Duration) -> String {
    let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100).min(100);
    let left = time_left(done, of, spent).map(|left| format!(", 还需 {} left", words(left)));
    format!("{what} {done}/{of} ({percent} %){} (Ctrl-C)", left.unwrap_or_default())
}

/// The time that is left if it goes on as it went; nothing before the first step.
fn time_left(done: u64, of: u64, spent: Duration) -> Option<Duration> {
    let left = u128::from(of.saturating_sub(done));
    let ms = spent.as_millis().checked_mul(left)?.checked_div(u128::from(done))?;
    u64::try_from(ms).ok().map(Duration::from_millis)
}

/// A time as one says it: no more exact than anybody wants to know.
fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes @ 0..5, seconds) => format!("{minutes} min {seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Nobody is told if it cannot be drawn: the work goes on.
fn draw(text: &str) {
    let mut out = io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time that is left is reckoned from the time that was spent"
)]
fn now() -> Instant {
    Instant::now()
}

/// What is over before that needs no line.
const FIRST: Duration = Duration::from_secs(1);
/// As often as an eye follows.
const AGAIN: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_steps_left() {
        let s = Duration::from_secs;
        for (done, of, spent, left) in [
            (0, 100, s(5), None),
            (50, 100, s(10), Some(s(10))),
            (1, 4, s(2), Some(s(6))),
            (100, 100, s(7), Some(s(0))),
            (101, 100, s(7), Some(s(0))),
            (1, u64::MAX, s(u64::MAX / 2), None),
        ] {
            assert_eq!(time_left(done, of, spent), left, "{done} of {of}");
        }
    }

    #[test]
    fn the_line_says_count_share_and_time() {
        let s = Duration::from_secs;
        assert_eq!(
            line("说与中心 told", 25, 100, s(30)),
            "说与中心 told 25/100 (25 %), 还需 1 min 30 s left (Ctrl-C)"
        );
        assert_eq!(line("told", 0, 0, s(1)), "told 0/0 (100 %) (Ctrl-C)");
        for (time, told) in
            [(0, "0 s"), (59, "59 s"), (299, "4 min 59 s"), (300, "5 min"), (3_661, "1 h 1 min")]
        {
            assert_eq!(words(s(time)), told);
        }
    }
}
