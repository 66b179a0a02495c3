//! `kiosk run`: builds the parts from the configuration, and serves until told to stop.

use std::path::PathBuf;
use std::time::Instant;

use circulation::screen::{Language, Page, Screen, Touch};
use config::Config;
use rfid_driver::port;
use sync_client::clock::Clock;
use sync_client::ledger::Ledger;
use sync_client::task;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};

use crate::control::{self, Control, Listening};
use crate::daemon::{Daemon, Sources};
use crate::effect::{Effects, Show};
use crate::failure::Failure;
use crate::{library, log, settings};

/// What `kiosk run` was asked to do.
#[derive(Debug)]
pub struct RunOptions {
    /// the configuration file
    pub config: PathBuf,
    /// without a screen
    pub headless: bool,
}

/// A daemon that serves.
#[derive(Debug)]
pub struct Running {
    /// what the patron touches
    pub touches: mpsc::Sender<Touch>,
    stop: mpsc::Sender<()>,
    /// None if the system gave no socket: patrons are served all the same
    _control: Option<Listening>,
    task: JoinHandle<Result<(), Failure>>,
    /// closed at the end, so that what was erased is gone from the file and its log
    ledger: Ledger,
}

/// Serves with the hardware and the server of the configuration.
///
/// # Errors
/// [`Failure`], which knows the exit code.
pub fn run(options: &RunOptions) -> Result<(), Failure> {
    let config = Config::load(&options.config)?;
    log::start(config.log.level.as_str());
    let runtime = runtime()?;
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
            told_to_stop().await?;
            running.stop().await
        })
    } else {
        in_window(&runtime, &config, None, |_, _| {})
    }
}

/// The async runtime of the daemon: two threads, as many as there are things that wait.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Failure::System)
}

/// Opens every part, in the order in which a technician would look for faults, and starts the loop. `sync_options` are
/// the times of the link and of what is settled in the background.
///
/// # Errors
/// [`Failure::Ledger`], [`Failure::Reader`], [`Failure::Central`], [`Failure::Sip2`] or [`Failure::Account`] if the part cannot be used.
pub async fn start(config: &Config, sync_options: task::Options, show: Show) -> Result<Running, Failure> {
    let port = settings::port(config);
    let client = library::client(config)?;
    let ledger = Ledger::open(&config.kiosk.data_dir.join(LEDGER_FILE), Clock::system())?;
    port::open_check(&port).await?;
    library::check_account(&client, config).await?;
    let offline = library::offline(config);

    let (reader_events, reader) = mpsc::channel(CHANNEL);
    let (reader_commands, commands) = mpsc::channel(CHANNEL);
    let (sync_events, sync) = mpsc::channel(CHANNEL);
    let (sync_requests, requests) = mpsc::channel(CHANNEL);
    let (acks_in, acks) = mpsc::channel(CHANNEL);
    let (touches_in, touches) = mpsc::channel(CHANNEL);
    let (stop, stopped) = mpsc::channel(1);

    tokio::spawn(port::run(port, commands, reader_events));
    tokio::spawn(task::run(client, ledger.clone(), offline, requests, sync_events, sync_options));
    let (link, online) = watch::channel(None);
    let control = Control { ledger: ledger.clone(), sync: sync_requests.clone(), online };
    let listening = control::listen(&config.kiosk.data_dir.join(control::SOCKET_FILE), control);
    let control = listening.inspect_err(|cause| warn!(%cause, "there is no control socket")).ok();
    let effects = Effects::new(ledger.clone(), acks_in, reader_commands, sync_requests, show);
    let daemon = Daemon::new(now(), settings::session(config), effects, link);
    let task = tokio::spawn(daemon.serve(Sources { reader, sync, acks, touches }, stopped));
    info!(name = config.kiosk.name, "the kiosk serves");
    Ok(Running { touches: touches_in, stop, _control: control, task, ledger })
}

impl Running {
    /// Stops the daemon and waits for its end.
    ///
    /// # Errors
    /// What ended the daemon, if it was not this.
    pub async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        let result = ended(self.task.await);
        self.ledger.close().await;
        result
    }

    /// Waits until the daemon ends by itself or the system tells it to stop.
    async fn until_stopped(mut self) -> Result<(), Failure> {
        tokio::select! {
            result = &mut self.task => {
                self.ledger.close().await;
                ended(result)
            }
            told = told_to_stop() => {
                told?;
                self.stop().await
            }
        }
    }
}

fn ended(result: Result<Result<(), Failure>, tokio::task::JoinError>) -> Result<(), Failure> {
    result.unwrap_or(Err(Failure::PartEnded { part: "the event loop" }))
}

/// Serves in a window, which owns the calling thread. `beside` is shown below the screen, and `attach` is told of the
/// window once it is there.
pub(crate) fn in_window(
    runtime: &Runtime,
    config: &Config,
    beside: Option<ui::DemoStrip>,
    attach: impl FnOnce(&Handle, &ui::Handle),
) -> Result<(), Failure> {
    let (screens, seen) = watch::channel(first_screen(config));
    let show: Show = Box::new(move |screen| {
        screens.send_replace(screen.clone());
    });
    let running = runtime.block_on(start(config, settings::sync(config), show))?;
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
        spawner.spawn(forward(seen, window.clone()));
        spawner.spawn(async move {
            let ended = running.until_stopped().await;
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
async fn forward(mut seen: watch::Receiver<Screen>, window: ui::Handle) {
    while seen.changed().await.is_ok() {
        let screen = seen.borrow_and_update().clone();
        window.present(screen);
    }
}

fn first_screen(config: &Config) -> Screen {
    let language = match config.kiosk.language {
        config::Language::Chinese => Language::Chinese,
        config::Language::English => Language::English,
    };
    Screen { language, online: true, page: Page::Welcome }
}

async fn told_to_stop() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
    tokio::select! {
        _ = terminate.recv() => info!("told to stop"),
        _ = interrupt.recv() => info!("interrupted"),
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the start of the loop's clock")]
fn now() -> Instant {
    Instant::now()
}

/// The ledger's file in the data folder.
pub const LEDGER_FILE: &str = "ledger.db";
/// Room of each channel: more than one stack of books makes at a time.
const CHANNEL: usize = 256;
