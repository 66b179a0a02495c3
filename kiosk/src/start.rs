//! Builds the parts from the configuration and starts the loop; with a screen, also before the ledger can be opened.
//!
//! | the ledger | with a screen ([`start_or_wait`]) | without ([`start`]) |
//! |---|---|---|
//! | opens | serves | serves |
//! | does not: damaged, disk full or read-only, in use | the screen says so; looked at again every [`LOOK`] | ends |
//!
//! A damaged file is never replaced from here: it stays where it is until `kioskctl queue new-ledger` has moved it.

use std::time::{Duration, Instant};

use circulation::screen::{Attention, Opening, Page, Screen, Touch};
use circulation::session::Input;
use config::Config;
use rfid_driver::port;
use sync_client::clock::Clock;
use sync_client::ledger::{Ledger, LedgerOpenError};
use sync_client::task;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::audible::{Audible, Speech};
use crate::control::{self, Control, Listening};
use crate::daemon::{Around, Daemon, Sources};
use crate::effect::{Effects, Show, Ways};
use crate::failure::Failure;
use crate::helpers::Helpers;
use crate::printer::Printer;
use crate::reader::Reader;
use crate::staff::OutOfService;
use crate::surroundings::Calendar;
use crate::{library, settings};

/// A daemon that serves.
#[derive(Debug)]
pub struct Running {
    /// what the patron touches
    pub touches: mpsc::Sender<Touch>,
    stop: mpsc::Sender<()>,
    task: JoinHandle<Result<(), Failure>>,
}

/// Opens every part, in the order in which a technician would look for faults, and starts the loop. `sync_options` are
/// the times of the link and of what is settled in the background.
///
/// # Errors
/// [`Failure::Ledger`], [`Failure::Reader`], [`Failure::Central`], [`Failure::Sip2`] or [`Failure::Account`] if the part cannot be used.
pub async fn start(config: &Config, sync_options: task::Options, show: Show) -> Result<Running, Failure> {
    let ledger = open(config)?;
    let parts = Parts::build(config, sync_options, show, ledger).await?;
    Ok(Running::begin(|touches, stopped| parts.serve(touches, stopped)))
}

/// As [`start`], but while the ledger cannot be opened the screen says that the kiosk is out of service, and the
/// kiosk begins by itself once it can.
///
/// # Errors
/// As [`start`], without [`Failure::Ledger`]. What is found only after the ledger is opened comes from
/// [`Running::stop`].
pub async fn start_or_wait(
    config: &Config,
    sync_options: task::Options,
    mut show: Show,
) -> Result<Running, Failure> {
    let cause = match open(config) {
        Ok(ledger) => {
            let parts = Parts::build(config, sync_options, show, ledger).await?;
            return Ok(Running::begin(|touches, stopped| parts.serve(touches, stopped)));
        }
        Err(cause) => cause,
    };
    let config = config.clone();
    Ok(Running::begin(|mut touches, mut stopped| async move {
        let ledger = tokio::select! {
            _ = stopped.recv() => return Ok(()),
            ledger = once_it_opens(&config, cause, &mut touches, &mut show) => ledger,
        };
        Parts::build(&config, sync_options, show, ledger).await?.serve(touches, stopped).await
    }))
}

/// The screen before anything is known.
pub(crate) fn first_screen(config: &Config) -> Screen {
    Screen {
        language: settings::language(config.kiosk.language),
        look: settings::look(config),
        online: true,
        place: settings::place(config).into(),
        opening: Opening::Always,
        page: Page::Welcome,
    }
}

/// The ledger's file in the data folder.
pub const LEDGER_FILE: &str = "ledger.db";

impl Running {
    fn begin<F>(serve: impl FnOnce(mpsc::Receiver<Touch>, mpsc::Receiver<()>) -> F) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let (touches_in, touches) = mpsc::channel(CHANNEL);
        let (stop, stopped) = mpsc::channel(1);
        Self { touches: touches_in, stop, task: tokio::spawn(serve(touches, stopped)) }
    }

    /// Stops the daemon and waits for its end.
    ///
    /// # Errors
    /// What ended the daemon, if it was not this.
    pub async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        ended(self.task.await)
    }

    /// Waits until the daemon ends by itself, or stops it once `told` comes.
    pub(crate) async fn until(
        mut self,
        told: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        tokio::select! {
            result = &mut self.task => ended(result),
            told = told => {
                told?;
                self.stop().await
            }
        }
    }
}

fn ended(result: Result<Result<(), Failure>, tokio::task::JoinError>) -> Result<(), Failure> {
    result.unwrap_or(Err(Failure::PartEnded { part: "the event loop" }))
}

fn open(config: &Config) -> Result<Ledger, LedgerOpenError> {
    Ledger::open(&config.kiosk.data_dir.join(LEDGER_FILE), Clock::system())
}

/// Says on the screen that the kiosk is out of service until the ledger can be opened.
async fn once_it_opens(
    config: &Config,
    cause: LedgerOpenError,
    touches: &mut mpsc::Receiver<Touch>,
    show: &mut Show,
) -> Ledger {
    let mut screen = Screen { page: Page::Attention(Attention::LedgerDown), ..first_screen(config) };
    let mut said = cause.to_string();
    error!(cause = said, "nobody is served");
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    loop {
        show(&screen);
        tokio::select! {
            Some(touch) = touches.recv() => if let Touch::Language(language) = touch {
                screen.language = language;
            },
            _ = beat.tick() => match open(config) {
                Ok(ledger) => {
                    info!("the ledger can be opened");
                    return ledger;
                }
                Err(cause) => {
                    let cause = cause.to_string();
                    if cause != said {
                        error!(cause, "nobody is served");
                        said = cause;
                    }
                }
            },
        }
    }
}

/// Everything that serves, ready to begin.
struct Parts {
    daemon: Daemon,
    reader: mpsc::Receiver<port::ReaderEvent>,
    printer: mpsc::Receiver<peripherals::escpos::Event>,
    sync: mpsc::Receiver<task::SyncEvent>,
    acks: mpsc::Receiver<crate::event::Ack>,
    found: mpsc::Receiver<Input>,
    /// None if the system gave no socket: patrons are served all the same
    control: Option<Listening>,
    /// closed at the end, so that what was erased is gone from the file and its log
    ledger: Ledger,
}

impl Parts {
    async fn build(
        config: &Config,
        sync_options: task::Options,
        show: Show,
        ledger: Ledger,
    ) -> Result<Self, Failure> {
        let port = settings::port(config);
        let client = library::client(config)?;
        port::open_check(&port).await?;
        library::check_account(&client, config).await?;
        let mirror = library::mirror(config);
        let offline = library::offline(config, mirror.as_ref());

        let (sync_events, sync) = mpsc::channel(CHANNEL);
        let (sync_requests, requests) = mpsc::channel(CHANNEL);
        let (acks_in, acks) = mpsc::channel(CHANNEL);
        let (found_in, found) = mpsc::channel(CHANNEL);

        let (reader, events) = Reader::start(port);
        let (printer, prints) = Printer::start(config);
        let local = client.clone();
        tokio::spawn(task::run(client.clone(), ledger.clone(), offline, requests, sync_events, sync_options));
        let (link, online) = watch::channel(None);
        let control = Control { ledger: ledger.clone(), sync: sync_requests.clone(), online };
        let listening = control::listen(&config.kiosk.data_dir.join(control::SOCKET_FILE), control);
        let control = listening.inspect_err(|cause| warn!(%cause, "there is no control socket")).ok();
        let speech = Speech::find();
        let told = settings::session(config, &speech, &OutOfService::in_folder(&config.kiosk.data_dir));
        let effects = Effects::new(Ways {
            ledger: ledger.clone(),
            acks: acks_in,
            reader,
            printer,
            local: Box::new(move || local.local_now()),
            sync: sync_requests,
            show,
            audible: Audible::start(speech, config.screen.sounds, &config.kiosk.data_dir),
            helpers: Helpers::new(config, client.clone(), library::address(config), mirror, found_in),
        });
        let around = Around::new(now(), Calendar::new(config), Box::new(move || client.local_now()));
        let daemon = Daemon::new(now(), told, effects, link, around);
        info!(name = config.kiosk.name, "the kiosk serves");
        Ok(Self { daemon, reader: events, printer: prints, sync, acks, found, control, ledger })
    }

    async fn serve(self, touches: mpsc::Receiver<Touch>, stopped: mpsc::Receiver<()>) -> Result<(), Failure> {
        let Self { daemon, reader, printer, sync, acks, found, control, ledger } = self;
        let result = daemon.serve(Sources { reader, sync, acks, found, printer, touches }, stopped).await;
        ledger.close().await;
        drop(control);
        result
    }
}

#[expect(clippy::disallowed_methods, reason = "the start of the loop's clock")]
fn now() -> Instant {
    Instant::now()
}

/// How often a ledger that cannot be opened is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Room of each channel: more than one stack of books makes at a time.
const CHANNEL: usize = 256;
