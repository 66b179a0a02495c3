//! `kiosk run`: serves, in a window or without a screen, until told to stop.

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use circulation::patron::Pin;
use circulation::screen::Screen;
use config::Config;
use supervision::part::{Part, State};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, info, warn};

use crate::effect::Show;
use crate::failure::Failure;
use crate::reload::Ask;
use crate::start::{first_screen, start, start_or_wait};
use crate::supervise::Reporter;
use crate::{log, return_slot, settings, staff};

/// What `kiosk run` was asked to do.
#[derive(Debug)]
pub struct RunOptions {
    /// the configuration file
    pub config: PathBuf,
    /// without a screen
    pub headless: bool,
    /// what the machine is
    pub profile: Profile,
}

/// What the machine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// A kiosk with a pad.
    #[default]
    Kiosk,
    /// A 24-hour return slot, without a screen.
    ReturnSlot,
}

/// Serves with the hardware and the server of the configuration.
///
/// # Errors
/// [`Failure`], which knows the exit code.
pub fn run(options: &RunOptions) -> Result<(), Failure> {
    let config = Config::load(&options.config)?;
    log::start(config.log.level.as_str());
    let runtime = runtime()?;
    let signals = runtime.block_on(async { Signals::listen() })?;
    if options.profile == Profile::ReturnSlot {
        return runtime.block_on(async {
            let running = return_slot::start(&config, settings::sync(&config)).await?;
            let reload = running.reload.clone();
            running.until(signals.told_to_stop(reload)).await
        });
    }
    if options.headless {
        runtime.block_on(async {
            let mut last = "";
            let show: Show = Box::new(move |screen| {
                // Only the page, and only when it changes: a log says nothing of who is there.
                if core::mem::replace(&mut last, screen.page.word()) != screen.page.word() {
                    info!(page = last, "screen");
                }
            });
            let running = start(&config, settings::sync(&config), show).await?;
            running.reporter.is(Part::Screen, State::Absent, "");
            let reload = running.reload.clone();
            running.until(signals.told_to_stop(reload)).await
        })
    } else {
        in_window(&runtime, &config, signals, None, |_, _| {})
    }
}

/// The async runtime of the daemon: two threads, as many as there are things that wait.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Failure::System)
}

/// Serves in a window, which owns the calling thread. `beside` is shown below the screen, and `attach` is told of the
/// window once it is there.
pub(crate) fn in_window(
    runtime: &Runtime,
    config: &Config,
    signals: Signals,
    beside: Option<ui::DemoStrip>,
    attach: impl FnOnce(&Handle, &ui::Handle),
) -> Result<(), Failure> {
    let (screens, seen) = watch::channel(first_screen(config));
    let show: Show = Box::new(move |screen| {
        screens.send_replace(screen.clone());
    });
    let running = runtime.block_on(start_or_wait(config, settings::sync(config), show))?;
    let reporter = running.reporter.clone();
    let touches = running.touches.clone();
    let touch = Box::new(move |touch| {
        if touches.try_send(touch).is_err() {
            warn!("a touch was dropped: the daemon is busy or gone");
        }
    });
    let options = ui::Options {
        fullscreen: config.screen.fullscreen,
        size: config.screen.size.map(|size| (size.width, size.height)),
        touch,
        demo: beside,
    };
    let spawner = runtime.handle().clone();
    let (result_in, result) = std::sync::mpsc::sync_channel(1);
    ui::run(&first_screen(config), options, move |window: ui::Handle| {
        attach(&spawner, &window);
        spawner.spawn(feel(window.clone(), reporter));
        spawner.spawn(forward(seen, window.clone()));
        spawner.spawn(async move {
            let reload = running.reload.clone();
            let ended = running.until(signals.told_to_stop(reload)).await;
            // Full only if nobody waits for the result any more.
            if result_in.try_send(ended).is_err() {
                debug!("the window was closed first");
            }
            window.quit();
        });
    })?;
    // The window is closed: by the daemon's end, or by somebody, which ends the daemon with the runtime.
    result.try_recv().unwrap_or(Ok(()))
}

/// Hands each screen to the window; the latest wins.
pub(crate) async fn forward(mut seen: watch::Receiver<Screen>, window: ui::Handle) {
    while seen.changed().await.is_ok() {
        let screen = seen.borrow_and_update().clone();
        window.present(screen);
    }
}

/// Feels the pulse of the window's thread: what it is told is done, or it is not alive.
async fn feel(window: ui::Handle, reporter: Reporter) {
    let (felt_in, mut felt) = watch::channel(tokio::time::Instant::now());
    let pulse = reporter.life().enter("screen", SCREEN_LIMIT);
    reporter.is(Part::Screen, State::Up, "");
    let mut beat = tokio::time::interval(FEEL);
    let mut is_well = true;
    loop {
        let felt_in = felt_in.clone();
        window.feel(move || {
            felt_in.send_replace(tokio::time::Instant::now());
        });
        beat.tick().await;
        if felt.has_changed().unwrap_or(false) {
            felt.mark_unchanged();
            pulse.beat();
        }
        let ago = felt.borrow().elapsed();
        reporter.metrics().last_frame(ago);
        if core::mem::replace(&mut is_well, ago < SLUGGISH) != (ago < SLUGGISH) {
            let (state, why) =
                if is_well { (State::Up, "") } else { (State::Down, "its thread does nothing") };
            reporter.is(Part::Screen, state, why);
        }
    }
}

/// The signals that the daemon is told something with. From the moment they are listened to, none of them ends it.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens. Needs a tokio runtime.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(Failure::System);
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hangup: on(SignalKind::hangup())?,
        })
    }

    /// Waits until a program that has nothing to take over is told to stop.
    pub(crate) async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits until the daemon is told to stop; meanwhile a SIGHUP has the configuration taken over.
    async fn told_to_stop(mut self, reload: mpsc::Sender<Ask>) -> Result<(), Failure> {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => info!("told to stop"),
                _ = self.interrupt.recv() => info!("interrupted"),
                _ = self.hangup.recv() => {
                    // What becomes of it is in the log and on the board; nobody waits for the answer.
                    if reload.try_send(oneshot::channel().0).is_err() {
                        warn!("told to take over the configuration, and busy with that already");
                    }
                    continue;
                }
            }
            return Ok(());
        }
    }
}

/// Reads a password from the standard input and prints its hash, for `staff.pin`.
///
/// # Errors
/// [`Failure::StaffPin`]
pub fn staff_pin() -> Result<(), Failure> {
    // What the keyboard of the corner can type.
    let can_be_typed =
        |typed: &str| (4..=Pin::MAX_LEN).contains(&typed.len()) && typed.bytes().all(|b| b.is_ascii_digit());
    print_hash(can_be_typed, &format!("it has to be of 4 to {} digits", Pin::MAX_LEN))
}

/// Reads a password from the standard input and prints its hash, for `console.password`.
///
/// # Errors
/// [`Failure::StaffPin`]
pub fn console_password() -> Result<(), Failure> {
    let is_long = |typed: &str| typed.chars().count() >= LEAST && typed.len() <= MOST;
    print_hash(is_long, &format!("it has to be of at least {LEAST} characters, and at most {MOST} bytes"))
}

fn print_hash(is_sound: impl Fn(&str) -> bool, else_why: &str) -> Result<(), Failure> {
    let failed = |why: String| Failure::StaffPin { why };
    let mut typed = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_TYPED)
        .read_line(&mut typed)
        .map_err(|cause| failed(cause.to_string()))?;
    let typed = typed.trim_end_matches(['\r', '\n']);
    if !is_sound(typed) {
        return Err(failed(else_why.to_owned()));
    }
    let hash = staff::hash(typed).map_err(|cause| failed(cause.to_string()))?;
    writeln!(std::io::stdout().lock(), "{hash}").map_err(Failure::System)
}

/// Characters of a technician's password: it is guessed at over a network.
const LEAST: usize = 10;
const MOST: usize = 200;
/// How often the window's thread is felt, when it is sluggish, and when it is taken for dead.
const FEEL: Duration = Duration::from_secs(2);
const SLUGGISH: Duration = Duration::from_secs(10);
const SCREEN_LIMIT: Duration = Duration::from_secs(30);
/// More than any password has.
const MAX_TYPED: u64 = 256;
