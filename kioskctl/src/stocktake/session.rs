//! A pass, or the rest of one: from the reader into the machine, and on the disk.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::{Duration, Instant};

use circulation::id::ShelfMark;
use circulation::stocktake::{Input, Sighting, State};
use rfid_driver::port::{self, PortConfig, ReaderEvent};
use rustix::process::{Pid, Signal, kill_process};
use stocktaking::{Folder, Judged, Pass};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::StocktakeFailure;
use super::live::Live;
use super::show::now;
use crate::arguments::{FolderArguments, SessionArguments, StartArguments};
use crate::failure::Failure;
use crate::reader::{self, runtime, session::Session};
use crate::{Outcome, say};

/// Begins a pass; the first one makes the folder.
pub(super) fn start(arguments: &StartArguments) -> Result<Outcome, Failure> {
    let path = &arguments.session.folder.folder;
    if (arguments.plan.is_some() || arguments.branch.is_some()) && Folder::is_there(path) {
        let why = "a stocktake is here already: leave --plan or --branch out for another pass, or name another folder";
        return Err(StocktakeFailure::State { folder: path.clone(), why }.into());
    }
    // A port that is not there leaves no trace: nothing is made or begun before it.
    let fetched = match &arguments.branch {
        Some(branch) => Some(fetched(arguments, branch)?),
        None => None,
    };
    let list = fetched.as_ref().map(|folder| folder.path().join(LIST)).or_else(|| arguments.plan.clone());
    let (folder, mut reading, config) = match &list {
        Some(list) => {
            let config = ready(&arguments.session)?;
            let folder = Folder::make(path, list, judged(arguments))?;
            let reading = Reading::open(&folder, arguments.session.folder.json)?;
            (folder, reading, config)
        }
        None => opened(&arguments.session, State::Idle, GOES_ON)?,
    };
    reading.tell(Input::Begin)?;
    reading.run(&folder, config, arguments.session.duration)
}

/// The list of central's, in a folder that goes with it. The reader must be there, before anybody is asked.
fn fetched(arguments: &StartArguments, branch: &str) -> Result<tempfile::TempDir, Failure> {
    ready(&arguments.session)?;
    let folder = tempfile::TempDir::new().map_err(Failure::System)?;
    super::plan::write(&arguments.expected, branch, &folder.path().join(LIST))?;
    Ok(folder)
}

/// Goes on with a pass.
pub(super) fn resume(arguments: &SessionArguments) -> Result<Outcome, Failure> {
    let (folder, mut reading, config) = opened(arguments, State::Paused, NOT_INTERRUPTED)?;
    reading.tell(Input::Resume)?;
    reading.run(&folder, config, arguments.duration)
}

/// A stocktake that is there, in this state, and a reader for it.
fn opened(
    arguments: &SessionArguments,
    wanted: State,
    else_why: &'static str,
) -> Result<(Folder, Reading, PortConfig), Failure> {
    let path = &arguments.folder.folder;
    let folder = Folder::open(path)?;
    let reading = Reading::open(&folder, arguments.folder.json)?;
    if reading.pass.stocktake().state() != wanted {
        return Err(StocktakeFailure::State { folder: path.clone(), why: else_why }.into());
    }
    Ok((folder, reading, ready(arguments)?))
}

/// The reader, sweeping; its port can be opened.
fn ready(arguments: &SessionArguments) -> Result<PortConfig, Failure> {
    let config = PortConfig { is_sweep: true, ..reader::line(&arguments.line)?.port };
    runtime()?.block_on(port::open_check(&config))?;
    Ok(config)
}

/// Has the session that reads pause, and waits until it has.
pub(super) fn pause(arguments: &FolderArguments) -> Result<Outcome, Failure> {
    let folder = Folder::open(&arguments.folder)?;
    let plan = folder.plan()?;
    let nobody = StocktakeFailure::State {
        folder: arguments.folder.clone(),
        why: "nobody reads: there is nothing to pause",
    };
    if !folder.is_read(now(), &plan) {
        return Err(nobody.into());
    }
    let file = folder.pid();
    let text = fs::read_to_string(&file).map_err(Failure::System)?;
    let pid = text.trim().parse().ok().and_then(Pid::from_raw).ok_or(nobody)?;
    kill_process(pid, Signal::TERM).map_err(|cause| Failure::System(cause.into()))?;
    let has_ended = runtime()?.block_on(async {
        let mut beat = tokio::time::interval(BEAT);
        let gone = async {
            while folder.is_read(now(), &plan) {
                beat.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.is_ok()
    });
    if !has_ended {
        let why = "the session does not end: see its terminal";
        return Err(StocktakeFailure::State { folder: arguments.folder.clone(), why }.into());
    }
    say("paused\n")?;
    Ok(Outcome::Good)
}

fn judged(arguments: &StartArguments) -> Judged {
    Judged {
        near_dbm: arguments.near,
        miss_percent: arguments.miss,
        confidence_percent: arguments.confidence,
        owners: arguments.owner.clone(),
        shelf_prefix: arguments.shelf_prefix.clone(),
        shelf_usage: arguments.shelf_usage.map(|usage| usage.0),
    }
}

/// A pass that goes on, in a terminal.
struct Reading {
    pass: Pass,
    live: Live,
    is_json: bool,
    begun: Instant,
}

/// Why a session is over.
enum End {
    Paused,
    Ended,
    /// the driver has ended
    Reader,
}

impl Reading {
    fn open(folder: &Folder, is_json: bool) -> Result<Self, Failure> {
        let pass = Pass::open(folder, now())?;
        let lost = pass.lost();
        if lost.n_damaged + lost.n_unknown > 0 {
            say(&format!(
                "{} damaged lines of the journal, and {} of shelves that the plan does not know, are left out\n",
                lost.n_damaged, lost.n_unknown
            ))?;
        }
        let live = Live::new(pass.stocktake().plan(), is_json);
        Ok(Self { pass, live, is_json, begun: now() })
    }

    /// Tells the machine, and shows what it tells.
    fn tell(&mut self, input: Input) -> Result<(), Failure> {
        let told = self.pass.tell(now(), input)?;
        for output in told.outputs {
            if let Some(line) = self.live.tell(&output, self.pass.stocktake().plan()) {
                self.show(&line)?;
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Failure> {
        Ok(self.pass.sync()?)
    }

    fn run(
        mut self,
        folder: &Folder,
        config: PortConfig,
        duration: Option<Duration>,
    ) -> Result<Outcome, Failure> {
        Pass::sign(folder)?;
        let done = runtime()?.block_on(async {
            let mut session = Session::start(config);
            let done = self.read(&mut session, duration).await;
            session.end().await;
            done
        });
        // However it ended: what is not told as a pause now is one at the next start.
        let input = if matches!(done, Ok(End::Ended)) { Input::End } else { Input::Pause };
        self.tell(input)?;
        self.sync()?;
        let word = match done? {
            End::Paused => "已暂停 paused",
            End::Ended => "本遍结束 this pass is over",
            End::Reader => "读写器停止，已暂停 the reader has ended: paused",
        };
        self.show(&format!("{word} · {}", self.live.progress(self.pass.stocktake().plan())))?;
        Ok(Outcome::Good)
    }

    async fn read(&mut self, session: &mut Session, duration: Option<Duration>) -> Result<End, Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
        let mut typed = typed();
        let mut is_typing = true;
        let end = duration.map(|duration| tokio::time::Instant::now() + duration);
        let mut looks = tokio::time::interval(LOOK);
        loop {
            let due = self.pass.deadline();
            tokio::select! {
                event = session.events.recv() => match event {
                    Some(event) => self.event(event)?,
                    None => return Ok(End::Reader),
                },
                line = typed.recv(), if is_typing => match line {
                    Some(line) if line.trim() == "end" => return Ok(End::Ended),
                    Some(line) => self.at_shelf(line.trim())?,
                    None => is_typing = false,
                },
                _ = interrupt.recv() => return Ok(End::Paused),
                _ = terminate.recv() => return Ok(End::Paused),
                () = until(end) => return Ok(End::Paused),
                () = until(due.map(Into::into)) => self.sync()?,
                _ = looks.tick() => self.look()?,
            }
        }
    }

    fn event(&mut self, event: ReaderEvent) -> Result<(), Failure> {
        let seen: Vec<Sighting> = stocktaking::heard(&event, self.pass.marks()).collect();
        seen.into_iter().try_for_each(|sighting| self.tell(Input::Seen(sighting)))?;
        match event {
            ReaderEvent::Up(identity) => {
                self.show(&format!("读写器 reader: {} {}", identity.model, identity.firmware))
            }
            ReaderEvent::Down(cause) => self.show(&format!("读写器 reader: {cause}")),
            ReaderEvent::Heard(_)
            | ReaderEvent::Arrived(_)
            | ReaderEvent::Departed { .. }
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Power { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => Ok(()),
        }
    }

    fn at_shelf(&mut self, typed: &str) -> Result<(), Failure> {
        if typed.is_empty() {
            return Ok(());
        }
        let plan = self.pass.stocktake().plan();
        let known = ShelfMark::parse(typed).ok().and_then(|mark| plan.find_shelf(&mark));
        match known {
            Some(shelf) => self.tell(Input::AtShelf(shelf)),
            None => {
                self.show(&format!("{typed}: 计划中没有此架 no such shelf in the plan; `end` ends the pass"))
            }
        }
    }

    fn look(&self) -> Result<(), Failure> {
        let plan = self.pass.stocktake().plan();
        if self.is_json {
            let ms = now().saturating_duration_since(self.begun).as_millis();
            say(&format!("{}\n", self.live.counts(ms)))
        } else if io::stdout().is_terminal() {
            say(&format!("\r\u{1b}[K{}", self.live.progress(plan)))
        } else {
            Ok(())
        }
    }

    /// A line of its own, above the one that shows how far it is.
    fn show(&self, line: &str) -> Result<(), Failure> {
        let clear = if !self.is_json && io::stdout().is_terminal() { "\r\u{1b}[K" } else { "" };
        say(&format!("{clear}{line}\n"))
    }
}

/// The lines that are typed. The thread waits for the next one until the program ends: a read from a terminal is not given up.
fn typed() -> mpsc::Receiver<String> {
    let (lines_in, lines) = mpsc::channel(8);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if lines_in.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

pub(super) async fn until(end: Option<tokio::time::Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// How often it is shown how far it is.
const LIST: &str = "plan.csv";
const LOOK: Duration = Duration::from_millis(500);
/// How long a session may take to end, and how often it is looked whether it has.
const PATIENCE: Duration = Duration::from_secs(10);
const BEAT: Duration = Duration::from_millis(50);
const GOES_ON: &str = "a pass goes on: `resume` goes on with it, `close` or the line `end` ends it";
const NOT_INTERRUPTED: &str = "no pass is interrupted: `start` begins another one";
