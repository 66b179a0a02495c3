//! How far a long command is: one line with the time that is left; and Ctrl-C, which ends it cleanly.
//!
//! The line is on the standard error, only where that is a terminal, and only for what takes longer than a second. What is
//! stopped has changed nothing; a second Ctrl-C ends the program at once, and the database undoes what was not committed.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use central::App;
use central::store::{Meter, Phase, Reading};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Runs a command that is watched.
///
/// # Errors
/// What the command says, or why nobody can watch.
pub(crate) fn watched<T>(app: &App, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let cannot = |fault: std::io::Error| format!("cannot watch for Ctrl-C: {fault}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let interrupt = {
        let _inside = runtime.enter();
        signal(SignalKind::interrupt()).map_err(cannot)?
    };
    app.store().meter().watch();
    let (over_in, over) = oneshot::channel::<()>();
    // The line is gone before the command's own words come.
    let (gone_in, gone) = mpsc::channel::<()>();
    let watched = app.clone();
    std::thread::Builder::new()
        .name("progress".to_owned())
        .spawn(move || {
            runtime.block_on(watch(watched.store().meter(), interrupt, over));
            drop(gone_in);
        })
        .map_err(cannot)?;
    let done = work();
    drop(over_in);
    // Nothing is ever sent: it is closed.
    gone.recv().ok();
    done
}

async fn watch(meter: &Meter, mut interrupt: Signal, mut over: oneshot::Receiver<()>) {
    let mut tick = tokio::time::interval(AGAIN);
    let mut line = Line::default();
    loop {
        tokio::select! {
            _ = &mut over => return line.clear(),
            _ = tick.tick() => {}
            _ = interrupt.recv() => {
                if meter.is_stopped() {
                    line.clear();
                    std::process::exit(INTERRUPTED.into());
                }
                meter.stop();
            }
        }
        line.draw(meter.reading(), meter.is_stopped());
    }
}

/// The line of one phase after the other.
#[derive(Default)]
struct Line {
    phase: Phase,
    begun: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Line {
    fn draw(&mut self, reading: Reading, is_stopped: bool) {
        let Reading { phase, done, of } = reading;
        if phase != self.phase {
            self.clear();
            self.phase = phase;
            self.begun = Some(now());
        }
        let spent = self.begun.map_or(Duration::ZERO, |begun| now().saturating_duration_since(begun));
        if phase == Phase::Other || (spent < FIRST && !is_stopped) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr());
            let template = if of == 0 { COUNT } else { SHARE };
            // A template that cannot be read is a fault of ours, which a test finds.
            bar.with_style(
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
            .with_elapsed(spent)
        });
        bar.set_message(if is_stopped { "停止中 stopping:" } else { words(phase) });
        bar.set_position(if of == 0 { done } else { done.min(of) });
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

const fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Other => "",
        Phase::Passwords => "密码 passwords",
        Phase::Writing => "写入 writing",
        Phase::Reading => "读出 reading",
        Phase::Indexing => "编目索引 indexing titles",
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time that is left is reckoned from the time that was spent"
)]
fn now() -> Instant {
    Instant::now()
}

/// Ended by Ctrl-C, as a shell says it.
pub(crate) const INTERRUPTED: u8 = 130;

const SHARE: &str = "{msg} {human_pos}/{human_len} ({percent} %), 还需 {eta} left (Ctrl-C)";
const COUNT: &str = "{msg} {human_pos} (Ctrl-C)";
/// What is over before that needs no line.
const FIRST: Duration = Duration::from_secs(1);
/// As often as an eye follows.
const AGAIN: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_are_templates() {
        for template in [SHARE, COUNT] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
