//! `kiosk stocktake`: a stocktake on a touch screen, everything offline.
//!
//! ```text
//!   reader task ──ReaderEvent──▶┐                              ┌──Command──▶ reader task
//!   screen, or typed words ────▶├─▶ [desk] ▶ Pass, Board, Hunt ├──Screen───▶ window, or pictures; sounds
//!   clock ──────────────────────▶┘      (journal: on the disk) └
//! ```
//! It is no part of the daemon: a tablet on a cart has no central, no ledger and no patron. What it shares with the daemon is
//! the screen. However it ends, the pass is in the journal: killed, it goes on where it was at the next start.

mod chase;
mod desk;
mod library;
mod line;
mod words;

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use circulation::screen::{Attention, Language, Look, Opening, Page, Place, Screen};
use config::Config;
use rfid_driver::port::{self, Endpoint, PortConfig, Protocol};
use stocktaking::{Folder, Judged, TellError};
use sync_client::central::Central;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{mpsc, watch};
use tracing::{debug, warn};

use crate::audible::Chimes;
use crate::demo::Story;
use crate::failure::Failure;
use crate::log;
use crate::run::{Signals, forward, runtime};
use desk::Desk;
use library::Library;
use line::Line;

pub(crate) use words::Said;

/// What `kiosk stocktake` was asked to do.
#[derive(Debug, Clone)]
pub struct StocktakeOptions {
    /// the stocktake
    pub folder: PathBuf,
    /// what is expected, for a folder that is not there yet
    pub plan: Option<PathBuf>,
    /// whose items are ours, for a folder that is not there yet
    pub owners: Vec<String>,
    /// where the reader is
    pub port: Endpoint,
    /// the configuration that says where the library's system is; nothing: it is neither told nor asked
    pub library: Option<PathBuf>,
    /// what it speaks
    pub protocol: Protocol,
    /// the speed of its line; nothing: as its maker delivers it
    pub baud: Option<u32>,
    /// in this language at first: zh, zh-tw or en
    pub language: String,
    /// no sounds
    pub is_mute: bool,
    /// how it is shown
    pub shown: Shown,
}

/// How it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Over the whole display.
    Fullscreen,
    /// In a window.
    Window,
    /// As pictures in this folder; what would be touched is typed.
    Pictures(PathBuf),
}

/// Counts until the pass is closed, the window is closed, or the program is told to stop.
///
/// # Errors
/// [`Failure::Stocktake`] about the folder, [`Failure::Reader`] about its port, [`Failure::Screen`] about the screen.
pub fn run(options: &StocktakeOptions) -> Result<(), Failure> {
    log::start("warn");
    let language = language(&options.language)?;
    let config = port_config(options);
    let runtime = runtime()?;
    // A port that is not there leaves no trace: nothing is made or begun before it.
    runtime.block_on(port::open_check(&config))?;
    let folder = folder(options)?;
    let signals = runtime.block_on(async { Signals::listen() })?;
    let client = match &options.library {
        Some(file) => Some(runtime.block_on(async { central(file) })?),
        None => None,
    };
    let told = Told { client, ..Told::of(folder, config, language, options.is_mute) };
    match &options.shown {
        Shown::Pictures(out) => runtime.block_on(in_pictures(told, out, signals)),
        Shown::Fullscreen => in_window(&runtime, told, true, signals, |_, _| {}),
        Shown::Window => in_window(&runtime, told, false, signals, |_, _| {}),
    }
}

/// What a session is begun with.
pub(crate) struct Told {
    folder: Folder,
    /// the library's system
    client: Option<Central>,
    config: PortConfig,
    first: Screen,
    is_mute: bool,
}

impl Told {
    pub(crate) fn of(folder: Folder, config: PortConfig, language: Language, is_mute: bool) -> Self {
        let first = first_screen(&folder, language);
        Self { folder, client: None, config, first, is_mute }
    }

    /// What is shown until the folder is read.
    pub(crate) const fn first(&self) -> &Screen {
        &self.first
    }
}

/// The ways into a session.
pub(crate) struct Ways {
    pub(crate) said: mpsc::Receiver<Said>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) signals: Signals,
    /// the time between two screens
    pub(crate) frame: Duration,
}

/// The library's system, as a kiosk's configuration has it.
fn central(file: &Path) -> Result<Central, Failure> {
    match crate::library::client(&Config::load(file)?)? {
        Central::Sip2(_) => Err(TellError::NoWords.into()),
        client @ (Central::Openlib(_) | Central::Kiosk(..)) => Ok(client),
    }
}

fn folder(options: &StocktakeOptions) -> Result<Folder, Failure> {
    let path = &options.folder;
    match &options.plan {
        Some(list) if Folder::is_there(path) => {
            let folder = Folder::open(path)?;
            if folder.is_of(list)? { Ok(folder) } else { Err(Failure::OtherPlan { path: path.clone() }) }
        }
        Some(list) => {
            let judged = Judged { owners: options.owners.clone(), ..Judged::default() };
            Ok(Folder::make(path, list, judged)?)
        }
        None => Ok(Folder::open(path)?),
    }
}

fn port_config(options: &StocktakeOptions) -> PortConfig {
    let (baud, parity) = options.protocol.line();
    PortConfig {
        endpoint: options.port.clone(),
        protocol: options.protocol,
        baud: options.baud.unwrap_or(baud),
        parity,
        is_sweep: true,
        ..PortConfig::default()
    }
}

fn language(name: &str) -> Result<Language, Failure> {
    let known = ui::gallery::LANGUAGES;
    known.into_iter().find(|(code, _)| *code == name).map(|(_, language)| language).ok_or_else(|| {
        let known = known.into_iter().map(|(code, _)| code).collect::<Vec<_>>().join(", ");
        Failure::NoSight { kind: "language", name: name.to_owned(), known }
    })
}

/// What is shown while the plan and the journal are read.
fn first_screen(folder: &Folder, language: Language) -> Screen {
    let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned());
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let place = Place { library: name.unwrap_or_default(), version, ..Place::default() };
    Screen {
        language,
        look: Look::default(),
        online: true,
        place: place.into(),
        opening: Opening::Always,
        notice: None,
        page: Page::Attention(Attention::Starting),
    }
}

/// Counts in a window, which owns the calling thread. `attach` is given the screens before the first one.
pub(crate) fn in_window(
    runtime: &Runtime,
    told: Told,
    fullscreen: bool,
    signals: Signals,
    attach: impl FnOnce(&Handle, watch::Receiver<Screen>),
) -> Result<(), Failure> {
    let first = told.first.clone();
    let (screens, seen) = watch::channel(first.clone());
    let (say, said) = mpsc::channel(TOUCHES);
    let (stop, stopped) = watch::channel(false);
    let touch = Box::new(move |touch| {
        if say.try_send(Said::Touch(touch)).is_err() {
            warn!("a touch was dropped: the session is busy or gone");
        }
    });
    let size = (!fullscreen).then_some(TABLET);
    let options = ui::Options { fullscreen, size, touch, demo: None };
    let ways = Ways { said, stop: stopped, signals, frame: FRAME };
    let spawner = runtime.handle().clone();
    attach(&spawner, seen.clone());
    let (result_in, result) = std::sync::mpsc::sync_channel(1);
    ui::run(&first, options, move |window: ui::Handle| {
        spawner.spawn(forward(seen, window.clone()));
        spawner.spawn(async move {
            let ended =
                serve(told, ways, move |screen: &Screen| drop(screens.send_replace(screen.clone()))).await;
            // Full only if nobody waits for the result any more.
            if result_in.try_send(ended).is_err() {
                debug!("nobody waits for the session");
            }
            window.quit();
        });
    })?;
    // The window is closed: by the session's end, or by somebody, which pauses the pass.
    stop.send_replace(true);
    result.recv_timeout(PATIENCE).unwrap_or(Err(Failure::PartEnded { part: "the stocktake" }))
}

async fn in_pictures(told: Told, out: &Path, signals: Signals) -> Result<(), Failure> {
    let mut story = Story::begin(now(), out, TABLET)?;
    let (say, said) = mpsc::channel(TOUCHES);
    std::thread::spawn(move || type_in(&say));
    // Nobody closes it: it is told to stop by a signal.
    let (_open, stop) = watch::channel(false);
    let ways = Ways { said, stop, signals, frame: PICTURE };
    let ended = serve(told, ways, |screen: &Screen| story.screen(now(), screen)).await;
    let drawn = story.end(now());
    ended.and(drawn)
}

/// The typed words, until nobody types or nobody hears. A read from a terminal is not given up: the thread ends with the program.
fn type_in(say: &mpsc::Sender<Said>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match words::parse(&line) {
            Some(said) => {
                if say.blocking_send(said).is_err() {
                    return;
                }
            }
            None => crate::demo::line(&format!("{line}: {}", words::KNOWN)),
        }
    }
}

/// One session: from the reader and whoever touches the screen into the desk, and out again.
pub(crate) async fn serve(
    told: Told,
    mut ways: Ways,
    mut show: impl FnMut(&Screen) + Send,
) -> Result<(), Failure> {
    let Told { folder, client, config, first, is_mute } = told;
    show(&first);
    let sounds = folder.path().to_owned();
    let powers = stocktaking::powers(config.protocol);
    // Some seconds for a large library: the screen says so meanwhile.
    let opened = tokio::task::spawn_blocking(move || Desk::open(folder, powers, first)).await;
    let mut desk = opened.map_err(|_| Failure::PartEnded { part: "the stocktake" })??;
    desk.belongs_to(client.clone());
    let mut library = Library::new(client);
    let mut chimes = if is_mute { Chimes::default() } else { Chimes::start(&sounds) };
    let mut line = Line::start(config);
    let mut shown = |screen: &Screen| {
        chimes.saw(screen);
        show(screen);
    };
    let done = listen(&mut desk, (&mut line, &mut library), &mut ways, &mut shown).await;
    // However it ended: a pass that reads is paused, and on the disk.
    let rested = desk.rest();
    if rested.is_ok() {
        shown(&desk.screen());
    }
    library.end().await;
    line.end().await;
    done.and(rested)
}

async fn listen(
    desk: &mut Desk,
    (line, library): (&mut Line, &mut Library),
    ways: &mut Ways,
    show: &mut (impl FnMut(&Screen) + Send),
) -> Result<(), Failure> {
    let mut last = None;
    let mut next_frame = now();
    let mut is_typing = true;
    while !desk.is_over() {
        let due = [desk.deadline(), desk.is_changed().then_some(next_frame)].into_iter().flatten().min();
        tokio::select! {
            event = line.events.recv() => match event {
                Some(event) => desk.hear(&event)?,
                None => return Err(Failure::PartEnded { part: "the reader" }),
            },
            said = ways.said.recv(), if is_typing => match said {
                Some(Said::Touch(touch)) => desk.touch(touch)?,
                Some(Said::Shelf(mark)) => desk.stand_before(&mark)?,
                // Nobody types any more: it reads on.
                None => is_typing = false,
            },
            Some(news) = library.news.recv() => desk.learn(news)?,
            () = until(due) => {}
            changed = ways.stop.changed() => if changed.is_err() || *ways.stop.borrow() { return Ok(()) },
            () = ways.signals.stop() => return Ok(()),
        }
        desk.go_on(now())?;
        for command in desk.commands() {
            line.tell(command);
        }
        for wish in desk.wishes() {
            library.grant(wish);
        }
        if desk.is_changed() && now() >= next_frame {
            next_frame = now() + ways.frame;
            let screen = desk.screen();
            if last.as_ref() != Some(&screen) {
                show(&screen);
                last = Some(screen);
            }
        }
    }
    Ok(())
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the shell that gives the machines their time")]
fn now() -> Instant {
    Instant::now()
}

/// What stands below the options.
pub const EXAMPLES: &str = "Examples:
  kiosk stocktake east-wing --plan east-wing.csv --port /dev/ttyUSB0
  kiosk stocktake east-wing --port /dev/ttyUSB0 --library /etc/yueting/kiosk.toml
  kiosk stocktake east-wing --port tcp://192.168.1.50:5084 --protocol llrp --language en

Without a display one types: begin, pause, resume, shelf MARK, shelves, next, previous, find, found, skip, back, tell,
stop-telling, close, language zh|zh-tw|en.";

/// The panel of a tablet that lies on its side.
pub(crate) const TABLET: (u32, u32) = (1920, 1080);
/// Twenty screens a second follow the hand; a picture takes longer than that to be written.
pub(crate) const FRAME: Duration = Duration::from_millis(50);
const PICTURE: Duration = Duration::from_millis(400);
/// Touches that wait: more than ten fingers make.
pub(crate) const TOUCHES: usize = 16;
/// How long a closed window may take to put the pass on the disk.
const PATIENCE: Duration = Duration::from_secs(10);
