//! The room of the 24-hour library, beside the loop of a kiosk or a slot: its door, and who comes in. What it decides is
//! [`slot::room`]'s; here are modules, scanner, reader, central, mirror and the clock.
//!
//! ```text
//!  scanner, reader ──card──▶ [this task] ──▶ entry: central's word, the mirror's, or that of the list kept here
//!  modules ──images──▶ slot::room::Room ──door, lamps──▶ modules
//!                           └──▶ board, metrics: how many, never who
//! ```
//! **Nobody is named**: no log, no number and no file here says who came. A list of hashes says which cards central let in.

mod entry;
mod kept;
pub(crate) mod key;

use std::time::{Duration, Instant};

use circulation::session::PadObject;
use config::{Config, Site};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use peripherals::nut::policy::Level;
use peripherals::port;
use peripherals::scan::{Command, Event as ScanEvent, Scan, Scanner, Setup};
use rfid_driver::port::ReaderEvent;
use slot::room::Rules;
use slot::room::door::Room;
use slot::room::io::{Alarm, Input, Output, Sign, Word};
use slot::room::wiring::Wiring;
use supervision::part::{Part, State};
use sync_client::ledger::Ledger;
use sync_client::mirror::Mirror;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, info, warn};

use self::entry::{Card, Entry};
use crate::gate::lately as gate;
use crate::modules::{Heard, Lines};
use crate::reader::Reader;
use crate::supervise::{Reporter, Starter, Turn, limit};
use crate::surroundings::Calendar;
use crate::{library, settings, translate};

/// What the room takes from around it.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    pub(crate) mirror: Option<Mirror>,
    /// whether central answers, as far as is known
    pub(crate) online: watch::Receiver<Option<bool>>,
    /// how it stands with the mains
    pub(crate) mains: watch::Receiver<Level>,
    /// the loans of the last minutes
    pub(crate) ledger: Ledger,
}

/// What begins the room, and begins it anew; nothing if there is none, which is said.
pub(crate) fn starter(config: &Config, around: Around, reporter: &Reporter) -> Option<Starter> {
    if !config.room.enabled {
        reporter.is(Part::Room, State::Absent, "");
        return None;
    }
    let (config, reporter) = (config.clone(), reporter.clone());
    // Dropped, it ends the task, which writes what is safe first.
    let mut running: Option<(oneshot::Sender<()>, std::sync::Arc<std::sync::atomic::AtomicBool>)> = None;
    Some(Box::new(move |turn| {
        if let Some((stop, is_meant)) = running.take() {
            is_meant.store(true, std::sync::atomic::Ordering::Relaxed);
            drop(stop);
        }
        if turn == Turn::End {
            return Ok(());
        }
        let host = Host::build(&config, around.clone(), &reporter).map_err(|cause| cause.to_string())?;
        let (farewell, is_meant) = reporter.farewell(Part::Room);
        let (stop, stopped) = oneshot::channel();
        let serving = reporter.life().watch("room", limit(), host.serve(stopped));
        reporter.outlive(tokio::spawn(async move {
            serving.await;
            drop(farewell);
        }));
        running = Some((stop, is_meant));
        Ok(())
    }))
}

/// The machine, and all that it is told by.
struct Host {
    machine: Room,
    wiring: Wiring,
    lines: Lines,
    scanner: Option<(mpsc::Receiver<ScanEvent>, mpsc::Sender<Command>)>,
    reader: Option<(mpsc::Receiver<ReaderEvent>, Reader)>,
    entry: Entry,
    words_in: mpsc::Sender<Answer>,
    words: mpsc::Receiver<Answer>,
    mains: watch::Receiver<Level>,
    ledger: Ledger,
    /// loans that were in doubt when the gate alarmed last
    doubtful: (mpsc::Sender<usize>, mpsc::Receiver<usize>),
    n_doubtful: usize,
    clock: Clock,
    reporter: Reporter,
    /// the card that is held up
    card: Option<Card>,
    /// why cards cannot be read, by scanner and reader
    deaf: [Option<String>; 2],
    told: Option<(State, String)>,
    out: Vec<Output>,
}

/// The word on a question of this number.
type Answer = (u64, Word);

/// Hours, and the hour at which nobody is inside.
struct Clock {
    calendar: Calendar,
    reset_at: Time,
    last: Option<DateTime>,
}

enum Event {
    Modules(Option<crate::modules::Told>),
    Scanned(Option<ScanEvent>),
    Reader(Option<ReaderEvent>),
    Word(u64, Word),
    Mains,
    Doubtful(usize),
    Look,
    Tick,
}

impl Host {
    fn build(config: &Config, around: Around, reporter: &Reporter) -> Result<Self, crate::Failure> {
        let own = config.of_site(Site::Room);
        let wiring = Wiring::new(&own);
        let lines = Lines::start(Part::Room, own.modules, wiring.modules().to_vec(), reporter.clone());
        let client = library::client(config)?;
        let Around { mirror, online, mains, ledger } = around;
        let scanner = settings::scanner_port(config).map(|port| {
            let (commands, requests) = mpsc::channel(1);
            let (told, events) = mpsc::channel(CHANNEL);
            tokio::spawn(port::run(port, Scanner::new(Setup::default()), requests, told));
            (events, commands)
        });
        let reader = settings::door_port(config).map(|port| {
            let (reader, events) = Reader::start_as("door reader", port, reporter.clone());
            (events, reader)
        });
        let (words_in, words) = mpsc::channel(CHANNEL);
        let mut hours = config.clone();
        hours.place.open = config.room.open.clone();
        Ok(Self {
            machine: Room::new(Rules::of(config)),
            wiring,
            lines,
            scanner,
            reader,
            entry: Entry::new(config, client, mirror, online),
            words_in,
            words,
            mains,
            ledger,
            doubtful: mpsc::channel(CHANNEL),
            n_doubtful: 0,
            clock: Clock { calendar: Calendar::new(&hours), reset_at: config.room.reset_at, last: None },
            reporter: reporter.clone(),
            card: None,
            deaf: [None, None],
            told: None,
            out: Vec::new(),
        })
    }

    /// Serves until it is told to stop; the outputs are safe at its end.
    async fn serve(mut self, mut stopped: oneshot::Receiver<()>) {
        self.look();
        let mut look = now() + LOOK;
        loop {
            let deadline = self.machine.deadline();
            // Each branch is cancel-safe.
            let event = tokio::select! {
                biased;
                _ = &mut stopped => break,
                told = self.lines.told() => Event::Modules(told),
                event = scanned(&mut self.scanner) => Event::Scanned(event),
                event = heard(&mut self.reader) => Event::Reader(event),
                Some((query, word)) = self.words.recv() => Event::Word(query, word),
                Some(n) = self.doubtful.1.recv() => Event::Doubtful(n),
                Ok(()) = self.mains.changed() => Event::Mains,
                () = until(Some(look)) => Event::Look,
                () = until(deadline) => Event::Tick,
            };
            match event {
                Event::Modules(told) => self.contacts(told),
                Event::Scanned(event) => self.scanned(event),
                Event::Reader(event) => self.reader(event),
                Event::Word(query, word) => self.word(query, word),
                Event::Mains => {
                    let holds = self.mains.borrow_and_update().serves();
                    self.handle(Input::Mains { holds });
                }
                Event::Doubtful(n) => {
                    self.reporter.metrics().gate(n);
                    self.n_doubtful = n;
                    self.tell();
                }
                Event::Look => {
                    look = now() + LOOK;
                    self.look();
                }
                Event::Tick => self.handle(Input::Tick),
            }
        }
        self.lines.end().await;
    }

    fn contacts(&mut self, told: Option<crate::modules::Told>) {
        let Some(told) = told else { return };
        match self.lines.hear(told) {
            Heard::Image { .. } => {
                if let Some(contacts) = self.wiring.see(&self.lines.images()) {
                    self.handle(Input::Contacts(contacts));
                }
            }
            Heard::Nothing => {}
            Heard::Blind => self.blind(),
            Heard::Ended => {
                self.lines.restart();
                self.blind();
            }
        }
    }

    fn blind(&mut self) {
        self.wiring.forget();
        self.told = None;
        self.handle(Input::Blind);
    }

    fn scanned(&mut self, event: Option<ScanEvent>) {
        match event {
            None => {
                self.scanner = None;
                self.is_deaf(0, Some("the scanner's task ended; the log has the cause".to_owned()));
            }
            Some(ScanEvent::Up) => self.is_deaf(0, None),
            Some(ScanEvent::Down(why)) => self.is_deaf(0, Some(format!("scanner: {why}"))),
            Some(ScanEvent::Refused) => warn!("the scanner at the door refuses a command"),
            Some(ScanEvent::Scanned(Scan::Code(code))) => self.shown(Card::Code(code)),
            Some(ScanEvent::Scanned(Scan::Payment | Scan::Unusable)) => self.shown(Card::None),
        }
    }

    fn reader(&mut self, event: Option<ReaderEvent>) {
        match event {
            None => {
                let ended = self.reader.take();
                self.reader = ended.map(|(_, mut reader)| (reader.restart(), reader));
                self.is_deaf(1, Some("the reader's task ended, and begins anew".to_owned()));
            }
            Some(ReaderEvent::Up(_)) => self.is_deaf(1, None),
            Some(ReaderEvent::Down(why)) => self.is_deaf(1, Some(format!("reader: {why}"))),
            Some(ReaderEvent::Arrived(arrival)) => match translate::object(&arrival) {
                PadObject::Card(patron) => self.shown(Card::Tag(patron)),
                // A book that somebody carries past is no wish to come in.
                PadObject::Item(_) => {}
                PadObject::Foreign | PadObject::Damaged => self.shown(Card::None),
            },
            Some(
                ReaderEvent::Departed { .. }
                | ReaderEvent::Complete { .. }
                | ReaderEvent::Wrote { .. }
                | ReaderEvent::Trouble(_)
                | ReaderEvent::TroubleOver(_)
                | ReaderEvent::Heard(_)
                | ReaderEvent::Programmed { .. }
                | ReaderEvent::Dumped { .. }
                | ReaderEvent::Power { .. },
            ) => {}
        }
    }

    fn is_deaf(&mut self, which: usize, why: Option<String>) {
        if let Some(why) = &why {
            warn!(why, "cards are not read at the door");
        }
        if let Some(deaf) = self.deaf.get_mut(which) {
            *deaf = why;
        }
        self.tell();
    }

    fn shown(&mut self, card: Card) {
        self.card = Some(card);
        self.handle(Input::Shown);
        // What was not asked about is not kept.
        self.card = None;
    }

    fn word(&mut self, query: u64, word: Word) {
        let result = match word {
            Word::Enter => "entered",
            Word::Refused(refusal) => refusal.word(),
            Word::Silent => "silent",
        };
        info!(result, "somebody at the door");
        self.reporter.metrics().entry(result);
        self.handle(Input::Word { query, word });
    }

    /// Looks at the library's clock.
    fn look(&mut self) {
        let local = self.entry.local_now();
        let is_open = !self.clock.calendar.at(local).surroundings.is_closed();
        let reset = local.date().to_datetime(self.clock.reset_at);
        let is_due = self.clock.last.replace(local).is_some_and(|last| last < reset && reset <= local);
        if is_due {
            self.handle(Input::Reset);
        }
        self.handle(Input::Hours { is_open });
    }

    /// Tells the machine, and does what it orders.
    fn handle(&mut self, input: Input) {
        let mut out = core::mem::take(&mut self.out);
        self.machine.handle(now(), input, &mut out);
        for output in out.drain(..) {
            self.perform(output);
        }
        self.out = out;
        let wiring = &self.wiring;
        self.lines.flush(|at| wiring.outputs(at));
        self.tell();
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Door { is_unlocked } => {
                info!(is_unlocked, "the door");
                self.wiring.unlock(is_unlocked);
            }
            Output::Ask { query } => {
                let Some(card) = self.card.take() else { return };
                let (entry, words) = (self.entry.clone(), self.words_in.clone());
                tokio::spawn(async move {
                    let word = entry.word(card).await;
                    if words.send((query, word)).await.is_err() {
                        debug!("the room has ended: nobody waits for the word");
                    }
                });
            }
            Output::Say(sign) => {
                if let Sign::Refused(refusal) = sign {
                    info!(why = refusal.word(), "nobody is let in");
                }
                self.wiring.say(sign);
            }
            Output::Gate => {
                let (ledger, told) = (self.ledger.clone(), self.doubtful.0.clone());
                tokio::spawn(async move {
                    let n = gate::doubtful(&ledger, Timestamp::now()).await;
                    if told.send(n).await.is_err() {
                        debug!("the room has ended: nobody waits for the loans");
                    }
                });
            }
            Output::Inside(n) => self.reporter.metrics().inside(n),
            Output::Alarm(alarm) => warn!(alarm = alarm.text(), "alarm"),
            Output::Calm(alarm) => info!(alarm = alarm.text(), "the alarm is over"),
        }
    }

    /// Tells the supervisor how the room is. While its contacts are not known, the modules have said why.
    fn tell(&mut self) {
        if !self.machine.is_known() {
            return;
        }
        let alarms = self.machine.alarms().map(|alarm| match alarm {
            Alarm::Gate => gate::text(self.n_doubtful),
            Alarm::Fire
            | Alarm::Forced
            | Alarm::HeldOpen
            | Alarm::Tailgated
            | Alarm::ExitStuck
            | Alarm::Blind => alarm.text().to_owned(),
        });
        let troubles: Vec<String> = alarms.chain(self.deaf.iter().flatten().cloned()).collect();
        let how = if troubles.is_empty() {
            (State::Up, format!("{} inside", self.machine.inside()))
        } else {
            (State::Degraded, troubles.join("; "))
        };
        if self.told.as_ref() != Some(&how) {
            self.reporter.is(Part::Room, how.0, how.1.clone());
            self.told = Some(how);
        }
    }
}

async fn scanned(
    scanner: &mut Option<(mpsc::Receiver<ScanEvent>, mpsc::Sender<Command>)>,
) -> Option<ScanEvent> {
    match scanner {
        Some((events, _)) => events.recv().await,
        None => core::future::pending().await,
    }
}

async fn heard(reader: &mut Option<(mpsc::Receiver<ReaderEvent>, Reader)>) -> Option<ReaderEvent> {
    match reader {
        Some((events, _)) => events.recv().await,
        None => core::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

const CHANNEL: usize = 16;
/// How often the library's clock is looked at.
const LOOK: Duration = Duration::from_secs(20);
