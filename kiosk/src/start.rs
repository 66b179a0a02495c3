//! Builds the parts from the configuration and starts the loop; with a screen, also before the ledger can be opened.
//!
//! | the ledger | with a screen ([`start_or_wait`]) | without ([`start`]) |
//! |---|---|---|
//! | opens | serves | serves |
//! | does not: damaged, disk full or read-only, in use | the screen says so; looked at again every [`LOOK`] | ends |
//!
//! A reader's port that is missing holds nothing up: its task looks for it with growing pauses, the screen says that nobody
//! is served, and console, control socket and `kioskctl doctor` work meanwhile.
//!
//! A damaged file is never replaced from here: it stays where it is until `kioskctl queue new-ledger` has moved it.

use std::time::{Duration, Instant};

use circulation::screen::{Attention, Opening, Page, Screen, Touch, Welcome};
use circulation::session::{Input, Settings};
use config::Config;
use jiff::Timestamp;
use peripherals::nut::policy::Level;
use rfid_driver::port;
use supervision::board::Board;
use supervision::life;
use supervision::metrics::Metrics;
use supervision::part::{Part, State};
use supervision::redact::Redactor;
use supervision::supervisor;
use sync_client::beat;
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::jitter::Jitter;
use sync_client::ledger::{Ledger, LedgerOpenError};
use sync_client::task;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{debug, error, info, warn};

use crate::audible::{Audible, Speech};
use crate::control::{self, Control};
use crate::daemon::{Around, Daemon, Sources};
use crate::desk::Desk as CardDesk;
use crate::effect::{Effects, Show, Ways};
use crate::failure::Failure;
use crate::heartbeat::Teller;
use crate::helpers::Helpers;
use crate::power::Power;
use crate::printer::Printer;
use crate::reader::Reader;
use crate::reload::{self, Reload};
use crate::staff::OutOfService;
use crate::supervise::{self, Desk, Order, Reporter, Starters, Told, Turn};
use crate::surroundings::Calendar;
use crate::sync::{Sync, Tools};
use crate::{broker, console};
use crate::{gate, given, library, room, settings, ups};

/// A daemon that serves.
#[derive(Debug)]
pub struct Running {
    /// what the patron touches
    pub touches: mpsc::Sender<Touch>,
    /// whoever watches over the parts
    pub reporter: Reporter,
    /// whoever takes over the configuration's file
    pub reload: mpsc::Sender<reload::Ask>,
    stop: mpsc::Sender<()>,
    task: JoinHandle<Result<(), Failure>>,
}

/// Opens every part, in the order in which a technician would look for faults, and starts the loop. `sync_options` are
/// the times of the link and of what is settled in the background.
///
/// # Errors
/// [`Failure::Ledger`], [`Failure::Central`], [`Failure::Sip2`] or [`Failure::Account`] if the part cannot be used.
pub async fn start(config: &Config, sync_options: task::Options, show: Show) -> Result<Running, Failure> {
    let config = &given::from_the_start(config);
    let ledger = open(config)?;
    let (ways, ends) = wires();
    let parts = Parts::build(config, sync_options, show, ledger, (ways.clone(), ends)).await?;
    Ok(Running::begin(ways, |touches, stopped| parts.serve(touches, stopped)))
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
    let config = &given::from_the_start(config);
    let (ways, ends) = wires();
    let cause = match open(config) {
        Ok(ledger) => {
            let parts = Parts::build(config, sync_options, show, ledger, (ways.clone(), ends)).await?;
            return Ok(Running::begin(ways, |touches, stopped| parts.serve(touches, stopped)));
        }
        Err(cause) => cause,
    };
    let config = config.clone();
    let inner = ways.clone();
    Ok(Running::begin(ways, |mut touches, mut stopped| async move {
        let ledger = tokio::select! {
            _ = stopped.recv() => return Ok(()),
            ledger = once_it_opens(&config, cause, &mut touches, &mut show) => ledger,
        };
        let parts = Parts::build(&config, sync_options, show, ledger, (inner, ends)).await?;
        parts.serve(touches, stopped).await
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
        notice: None,
        page: Page::Welcome(Welcome::default()),
    }
}

/// The ledger's file in the data folder.
pub const LEDGER_FILE: &str = "ledger.db";

impl Running {
    pub(crate) fn begin<F>(
        Wires { reporter, reload }: Wires,
        serve: impl FnOnce(mpsc::Receiver<Touch>, mpsc::Receiver<()>) -> F,
    ) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let (touches_in, touches) = mpsc::channel(CHANNEL);
        let (stop, stopped) = mpsc::channel(1);
        let (serving, ending) = (serve(touches, stopped), reporter.clone());
        let serving = async move {
            let result = serving.await;
            ending.finish().await;
            result
        };
        let task = tokio::spawn(reporter.life().watch("event loop", supervise::limit(), serving));
        if let Err(cause) = life::ready() {
            warn!(%cause, "the service manager does not hear");
        }
        Self { touches: touches_in, reporter, reload, stop, task }
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

pub(crate) fn open(config: &Config) -> Result<Ledger, LedgerOpenError> {
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
            _ = beat.tick() => match open(config).inspect_err(feed) {
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
    identity: mpsc::Receiver<peripherals::idcard::Event>,
    sync: mpsc::Receiver<task::SyncEvent>,
    acks: mpsc::Receiver<crate::event::Ack>,
    found: mpsc::Receiver<Input>,
    orders: mpsc::Receiver<Order>,
    desk: Desk,
    /// where central wants to hear how the kiosk is
    teller: Option<Teller>,
    /// closed at the end, so that what was erased is gone from the file and its log
    ledger: Ledger,
}

impl Parts {
    async fn build(
        config: &Config,
        sync_options: task::Options,
        show: Show,
        ledger: Ledger,
        (Wires { reporter, reload }, Ends { told, asked }): (Wires, Ends),
    ) -> Result<Self, Failure> {
        let port = settings::port(config);
        let client = library::client(config)?;
        library::check_account(&client, config).await?;
        let mirror = library::mirror(config);
        let offline = library::offline(config, mirror.as_ref());

        let (acks_in, acks) = mpsc::channel(CHANNEL);
        let (found_in, found) = mpsc::channel(CHANNEL);

        let (orders_in, orders) = mpsc::channel(CHANNEL);

        let (reader, events) = Reader::start(port, reporter.clone());
        let (printer, prints) = Printer::start(config, reporter.clone());
        let (desk, identity) = CardDesk::start(config, &client, &ledger, found_in.clone(), &reporter);
        let (local, heard) = (client.clone(), client.clone());
        let tools = Tools { client: client.clone(), ledger: ledger.clone(), offline, options: sync_options };
        let (sync_task, sync) = Sync::start(tools, reporter.clone());
        let (seen, cards) = (reader.seen(), watch::Sender::default());
        let (link, online) = watch::channel(None);
        let titles = mirror.clone();
        let mut board = Board::new(config.kiosk.name.clone(), Timestamp::now());
        board.configuration.digest = settings::digest(config);
        let board = watch::Sender::new(board);
        let (power, tries) = mpsc::channel(CHANNEL);
        let control = Control {
            ledger: ledger.clone(),
            orders: orders_in.clone(),
            reload,
            power,
            redactor: Redactor::new(console::secrets(config)),
            board: board.subscribe(),
            online,
        };
        let speech = Speech::find();
        let out_of_service = OutOfService::in_folder(&config.kiosk.data_dir).is_set();
        let settings = Settings { out_of_service, ..settings::session(config, speech.is_there()) };
        reporter.tell(Told::OutOfService(out_of_service));
        let reloading = Reload::new(config.clone(), speech.is_there(), orders_in.clone(), reporter.clone());
        tokio::spawn(reloading.run(asked));
        if printer.is_none() {
            reporter.is(Part::Printer, State::Absent, "");
        }
        for part in [Part::Slot, Part::Io, Part::Inner] {
            reporter.is(part, State::Absent, "");
        }
        let effects = Effects::new(Ways {
            ledger: ledger.clone(),
            acks: acks_in,
            reader,
            printer,
            local: Box::new(move || local.local_now()),
            sync: sync_task,
            show,
            audible: Audible::start(speech, config.screen.sounds, &config.kiosk.data_dir, reporter.clone()),
            helpers: Helpers::new(
                config,
                client.clone(),
                library::address(config),
                mirror,
                ledger.clone(),
                found_in,
                reporter.clone(),
            ),
            reporter: reporter.clone(),
            cards: cards.clone(),
            desk,
        });
        let around = Around::new(now(), Calendar::new(config), Box::new(move || client.local_now()));
        let daemon = Daemon::new(now(), settings, effects, link, around);
        let console = console::Around {
            seen,
            cards: cards.subscribe(),
            programmed: daemon.programmed(),
            mirror: titles,
            slot: None,
            control: control.clone(),
            reporter: reporter.clone(),
        };
        let trying = Power::new(config, orders_in.clone(), daemon.programmed().subscribe(), reporter.clone());
        tokio::spawn(trying.run(tries));
        let starters = starters(config, control.clone(), console, &reporter);
        let teller = teller(config, &heard, control, &reporter);
        let desk = Desk {
            told,
            orders: orders_in,
            board,
            ledger: ledger.clone(),
            data_dir: config.kiosk.data_dir.clone(),
            life: reporter.life(),
            starters,
            options: supervisor::Options::default(),
        };
        info!(name = config.kiosk.name, "the kiosk serves");
        let (reader, printer) = (events, prints);
        Ok(Self { daemon, reader, printer, identity, sync, acks, found, orders, desk, teller, ledger })
    }

    async fn serve(self, touches: mpsc::Receiver<Touch>, stopped: mpsc::Receiver<()>) -> Result<(), Failure> {
        let Self { daemon, reader, printer, identity, sync, acks, found, orders, desk, teller, ledger } =
            self;
        let (life, told_by) = (desk.life.clone(), desk.life.clone());
        let supervising = tokio::spawn(life.watch("supervisor", supervise::limit(), desk.run()));
        let telling = teller.map(|teller| {
            let life = told_by.watch("heart-beat", supervise::limit(), teller.run());
            tokio::spawn(life)
        });
        let result = daemon
            .serve(Sources { reader, sync, acks, found, printer, identity, touches, orders }, stopped)
            .await;
        if let Some(telling) = telling {
            telling.abort();
            drop(telling.await);
        }
        // With it go the control socket and the console.
        supervising.abort();
        drop(supervising.await);
        ledger.close().await;
        result
    }
}

/// The ways to two tasks that are there as long as the daemon is, whatever it waits for.
#[derive(Clone)]
pub(crate) struct Wires {
    pub(crate) reporter: Reporter,
    pub(crate) reload: mpsc::Sender<reload::Ask>,
}

/// Their other ends.
pub(crate) struct Ends {
    pub(crate) told: mpsc::Receiver<Told>,
    pub(crate) asked: mpsc::Receiver<reload::Ask>,
}

pub(crate) fn wires() -> (Wires, Ends) {
    let (reporter, told) = Reporter::new(Metrics::new(env!("CARGO_PKG_VERSION")));
    let (reload, asked) = mpsc::channel(CHANNEL);
    (Wires { reporter, reload }, Ends { told, asked })
}

/// What the supervisor begins itself. Each is begun at once; patrons are served without them too.
pub(crate) fn starters(
    config: &Config,
    control: Control,
    around: console::Around,
    reporter: &Reporter,
) -> Starters {
    let path = config.kiosk.data_dir.join(control::SOCKET_FILE);
    let (told, mut listening) = (reporter.clone(), None);
    let control: supervise::Starter = Box::new(move |turn| {
        // The old one takes its socket's file along.
        drop(listening.take());
        if turn == Turn::End {
            return Ok(());
        }
        listening = Some(control::listen(&path, control.clone(), &told).map_err(|cause| cause.to_string())?);
        Ok(())
    });
    let mut starters = Starters::from([(Part::Control, control)]);
    if let Some(broker) = broker::starter(config, around.control.board.clone(), reporter) {
        starters.insert(Part::Mqtt, broker);
    }
    let (levels, mains) = watch::channel(Level::Mains);
    let (mirror, online) = (around.mirror.clone(), around.control.online.clone());
    let ups = ups::starter(config, around.control.orders.clone(), levels, reporter);
    starters.extend(ups.map(|ups| (Part::Ups, ups)));
    let ledger = around.control.ledger.clone();
    let gate = gate::starter(config, ledger.clone(), reporter);
    starters.extend(gate.map(|gate| (Part::Gate, gate)));
    let room = room::starter(config, room::Around { mirror, online, mains, ledger }, reporter);
    starters.extend(room.map(|room| (Part::Room, room)));
    match console::starter(config, config.file.as_deref(), around) {
        Some(console) => drop(starters.insert(Part::Console, console)),
        None => reporter.is(Part::Console, State::Absent, ""),
    }
    for (part, start) in &mut starters {
        match start(Turn::Begin) {
            // They say themselves how they are.
            Ok(()) if supervise::says_itself(*part) => {}
            Ok(()) => reporter.is(*part, State::Up, ""),
            Err(why) => {
                warn!(part = part.word(), why, "a part does not start");
                reporter.ended(*part, why);
            }
        }
    }
    starters
}

/// Who tells central how the kiosk is, where central has an ear for that.
pub(crate) fn teller(
    config: &Config,
    client: &Central,
    control: Control,
    reporter: &Reporter,
) -> Option<Teller> {
    let Central::Kiosk(api, _) = client else { return None };
    let Control { ledger, orders, board, online, reload, .. } = control;
    let own = config.file.clone().map(|file| (file, config.kiosk.data_dir.clone()));
    let options = beat::Options { jitter: Jitter::of(&config.kiosk.name), ..beat::Options::default() };
    Some(Teller {
        api: api.clone(),
        ledger,
        board,
        online,
        orders,
        data_dir: config.kiosk.data_dir.clone(),
        reporter: reporter.clone(),
        options,
        own,
        reload,
    })
}

/// While the ledger is waited for, the watchdog has only this to go by.
fn feed(cause: &LedgerOpenError) {
    if let Err(unheard) = life::feed(&format!("nobody is served: {cause}")) {
        debug!(cause = %unheard, "the service manager does not hear");
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
