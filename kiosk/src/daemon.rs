//! The event loop. It owns the session and its effects; it waits for nothing but the next event.

mod outage;
mod parts;

use std::time::{Duration, Instant};

use circulation::id::TransactionId;
use circulation::screen::{Printer, Touch};
use circulation::session::{Input, Output, PadObject, Session, Settings, Surroundings};
use jiff::civil::DateTime;
use peripherals::escpos::Event as PrinterEvent;
use rfid_driver::port::ReaderEvent;
use supervision::part::{Part, State};
use sync_client::ledger::LedgerError;
use sync_client::task::SyncEvent;
use tokio::sync::{broadcast, mpsc, watch};
use tracing::{debug, error, info, warn};

use self::outage::Outage;
use crate::effect::Effects;
use crate::event::{Ack, Event, Row};
use crate::failure::Failure;
use crate::reload::Fresh;
use crate::supervise::Order;
use crate::surroundings::Calendar;
use crate::translate;

/// Where events come from.
#[derive(Debug)]
pub struct Sources {
    /// from the reader task
    pub reader: mpsc::Receiver<ReaderEvent>,
    /// from the sync task
    pub sync: mpsc::Receiver<SyncEvent>,
    /// from the ledger
    pub acks: mpsc::Receiver<Ack>,
    /// from the catalogue and whatever else looks something up
    pub found: mpsc::Receiver<Input>,
    /// from the printer's task; at its end if there is none
    pub printer: mpsc::Receiver<PrinterEvent>,
    /// from the task of the identity card reader; at its end if no cards are made here
    pub identity: mpsc::Receiver<peripherals::idcard::Event>,
    /// from the screen
    pub touches: mpsc::Receiver<Touch>,
    /// from whoever watches over the parts
    pub orders: mpsc::Receiver<Order>,
}

/// The session and its effects.
#[derive(Debug)]
pub struct Daemon {
    session: Session,
    effects: Effects,
    /// tells the control socket whether central answers
    link: watch::Sender<Option<bool>>,
    /// tells the station what became of its commands
    programmed: broadcast::Sender<ReaderEvent>,
    around: Around,
    outage: Outage,
    /// in force together with what the session was told of
    calendar: Option<Calendar>,
    out: Vec<Output>,
}

/// The calendar and the library's clock.
pub struct Around {
    calendar: Calendar,
    local: Box<dyn Fn() -> DateTime + Send>,
    told: Option<Surroundings>,
    /// the printer, as far as a patron is concerned
    printer: Printer,
    /// when the calendar is looked at again
    look: Instant,
}

impl Around {
    /// Surroundings by a calendar, and a clock that shows the library's local time.
    #[must_use]
    pub fn new(now: Instant, calendar: Calendar, local: Box<dyn Fn() -> DateTime + Send>) -> Self {
        Self { calendar, local, told: None, printer: Printer::Absent, look: now }
    }

    /// Another calendar, which is looked at at once.
    fn follow(&mut self, now: Instant, calendar: Calendar) {
        (self.calendar, self.look) = (calendar, now);
    }

    /// Looks at the calendar; the surroundings if they have changed.
    fn look(&mut self, now: Instant) -> Option<Surroundings> {
        let local = (self.local)();
        let moment = self.calendar.at(local);
        // A clock may be set meanwhile, as it is after a start without a network.
        let left = Duration::try_from(local.duration_until(moment.until)).unwrap_or(LOOK);
        self.look = now + left.clamp(MOMENT, LOOK);
        let surroundings = Surroundings { printer: self.printer, ..moment.surroundings };
        let is_new = self.told.replace(surroundings) != Some(surroundings);
        is_new.then_some(surroundings)
    }
}

impl core::fmt::Debug for Around {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Around").field("told", &self.told).finish_non_exhaustive()
    }
}

impl Daemon {
    /// A daemon that waits for its reader.
    #[must_use]
    pub fn new(
        now: Instant,
        settings: Settings,
        effects: Effects,
        link: watch::Sender<Option<bool>>,
        around: Around,
    ) -> Self {
        let programmed = broadcast::Sender::new(STATION);
        Self {
            session: Session::new(now, settings),
            effects,
            link,
            programmed,
            around,
            outage: Outage::default(),
            calendar: None,
            out: Vec::new(),
        }
    }

    /// Tells what becomes of tags that are written at the station.
    #[must_use]
    pub fn programmed(&self) -> broadcast::Sender<ReaderEvent> {
        self.programmed.clone()
    }

    /// Serves until `stop` is closed, staff ends it, or a part ends.
    ///
    /// # Errors
    /// [`Failure::PartEnded`] if the ledger or the supervisor ended; [`Failure::StaffQuit`].
    pub async fn serve(mut self, sources: Sources, mut stop: mpsc::Receiver<()>) -> Result<(), Failure> {
        let Sources { reader, sync, mut acks, mut found, printer, identity, mut touches, mut orders } =
            sources;
        let (mut reader, mut sync) = (Some(reader), Some(sync));
        // Without a printer its events are at their end, and nothing has failed.
        let mut printer = self.effects.has_printer().then_some(printer);
        let mut identity = self.effects.has_desk().then_some(identity);
        self.handle(Input::Tick);
        loop {
            self.tell_desk();
            reader = self.effects.fresh_reader().or(reader);
            printer = self.effects.fresh_printer().or(printer);
            identity = self.effects.fresh_identity().or(identity);
            sync = self.effects.fresh_sync().or(sync);
            if self.effects.quits() {
                return Err(Failure::StaffQuit);
            }
            if self.outage.may_go(now(), self.session.is_at_rest()) {
                self.effects.helpers().battery_ends(self.link.subscribe());
            }
            let deadline = [self.session.deadline(), self.outage.deadline()].into_iter().flatten().min();
            let look = self.around.look;
            // Each branch is cancel-safe: a receive that loses the race takes nothing out of its channel.
            let event = tokio::select! {
                _ = stop.recv() => return Ok(()),
                event = next(&mut reader) => event.map_or(Event::Ended(Part::Reader), Event::Reader),
                event = next(&mut sync) => event.map_or(Event::Ended(Part::Central), Event::Sync),
                event = next(&mut printer) => event.map_or(Event::Ended(Part::Printer), Event::Printer),
                event = next(&mut identity) => event.map_or(Event::NoIdentity, Event::Identity),
                Some(ack) = acks.recv() => Event::Ack(ack),
                Some(found) = found.recv() => Event::Found(found),
                Some(touch) = touches.recv() => Event::Touch(touch),
                order = orders.recv() => match order {
                    Some(Order::Restart(Part::Ledger)) => return Err(ended("the ledger")),
                    Some(order) => Event::Order(order),
                    None => return Err(ended("the supervisor")),
                },
                () = until(deadline) => Event::Tick,
                () = until(Some(look)) => Event::Surroundings,
            };
            self.take(event);
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Reader(event) => self.reader(event),
            Event::Sync(event) => self.sync(event),
            Event::Ack(ack) => self.ack(ack),
            Event::Found(found) => self.handle(found),
            Event::Touch(touch) => self.handle(Input::Touch(touch)),
            Event::Printer(event) => self.printer(event),
            Event::Identity(event) => self.identity(event),
            Event::NoIdentity => self.no_identity(),
            Event::Surroundings => self.look_around(),
            Event::Tick => self.handle(Input::Tick),
            Event::Ended(part) => self.ended(part),
            Event::Order(order) => self.order(order),
        }
    }

    /// A part is gone. The supervisor says when there is to be another.
    fn ended(&mut self, part: Part) {
        error!(part = part.word(), "a part has ended");
        self.effects.reporter().ended(part, "it ended; the log has the cause");
        match part {
            Part::Reader => self.effects.reader_ended(),
            Part::Central => {
                self.link.send_replace(Some(false));
                self.effects.sync_ended();
            }
            Part::Ledger
            | Part::Screen
            | Part::Speech
            | Part::Catalogue
            | Part::Control
            | Part::Console
            | Part::Mqtt
            | Part::Slot
            | Part::Io
            | Part::Inner
            | Part::Ups
            | Part::Room
            | Part::Identity
            | Part::Cards
            | Part::Gate => {}
            Part::Printer => {
                self.effects.printer_ended();
                self.around.printer = Printer::Down;
                self.look_around();
            }
        }
        self.drain();
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Restart(part) => {
                // That of the ledger has ended the loop.
                let is_done = self.effects.restart(part);
                debug_assert!(is_done, "the ledger is begun anew with the program");
                self.drain();
            }
            Order::End(part) => {
                warn!(part = part.word(), "a part is ended on purpose");
                self.effects.end(part);
            }
            Order::Resolve(id) => self.effects.resolve(id),
            Order::Service(out) => self.handle(Input::Service { out }),
            Order::Power(level) => {
                self.outage.becomes(now(), level);
                self.handle(Input::Mains { holds: level.serves() });
            }
            Order::Configure(Fresh { settings, calendar, .. }, answer) => {
                self.calendar = Some(calendar);
                self.handle(Input::Settings(settings));
                if answer.send(self.calendar.is_none()).is_err() {
                    debug!("nobody waits for the configuration any more");
                }
            }
            Order::Notice(notice) => self.handle(Input::Notice(notice)),
            Order::Tags(answer) => {
                if answer.send(self.effects.tags()).is_err() {
                    debug!("nobody waits for the tags any more");
                }
            }
            Order::Reader(command) => self.effects.command(command),
            Order::Test(test, answer) => {
                let answered = answer.send(self.effects.test(test));
                if answered.is_err() {
                    debug!("nobody waits for a test any more");
                }
                self.drain();
            }
        }
    }

    /// What the effects gave at once.
    fn drain(&mut self) {
        while let Some(input) = self.effects.next_input() {
            self.handle(input);
        }
    }

    fn reader(&mut self, event: ReaderEvent) {
        match event {
            ReaderEvent::Up(identity) => {
                info!(model = identity.model, firmware = identity.firmware, "the reader answers");
                let detail = format!("{} {}", identity.model, identity.firmware);
                let detail = detail.trim().to_owned();
                self.effects.reporter().is(Part::Reader, State::Up, detail.clone());
                self.effects.helpers().health.reader = Some(Ok(detail));
                self.handle(Input::ReaderUp);
            }
            ReaderEvent::Down(cause) => {
                warn!(%cause, "the reader does not answer");
                self.effects.reporter().is(Part::Reader, State::Down, cause.to_string());
                self.effects.helpers().health.reader = Some(Err(cause.to_string()));
                self.handle(Input::ReaderDown);
            }
            ReaderEvent::Complete { n } => {
                debug!(n, "the pad is read");
                self.handle(Input::PadComplete);
            }
            ReaderEvent::Departed { tag: id } => {
                if let Some(tag) = translate::key(id) {
                    self.effects.departed(&tag);
                    self.handle(Input::Departed { tag });
                }
            }
            ReaderEvent::Wrote { request, outcome, .. } => {
                if let Some(id) = self.effects.written(request) {
                    info!(%id, ?outcome, "the tag was written");
                    self.handle(Input::Wrote { id, outcome: translate::written(outcome) });
                }
            }
            ReaderEvent::Trouble(trouble) => {
                warn!(
                    trouble = trouble.name(),
                    n_tags = trouble.tags().len(),
                    "something is wrong on the pad"
                );
            }
            ReaderEvent::TroubleOver(_) => {}
            // No kiosk sweeps.
            ReaderEvent::Heard(_) => {}
            ReaderEvent::Power { request: None, centi_dbm, .. } => {
                let why = format!("does not take {} dBm: correct reader.power_dbm", centi_dbm / 100);
                warn!(why, "the reader keeps its own power");
                self.effects.reporter().is(Part::Reader, State::Up, why);
            }
            ReaderEvent::Power { request: Some(_), .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. } => {
                if self.programmed.send(event).is_err() {
                    debug!("nobody waits for the reader's answer any more");
                }
            }
            ReaderEvent::Arrived(arrival) => {
                let object = translate::object(&arrival);
                let Some(tag) = translate::key(arrival.tag) else { return };
                debug!(%tag, "a tag arrived");
                let is_card = matches!(object, PadObject::Card(_));
                self.effects.arrived(tag.clone(), arrival.tag, is_card);
                self.handle(Input::Arrived { tag, object, fresh: fresh_id() });
            }
        }
    }

    fn look_around(&mut self) {
        if let Some(surroundings) = self.around.look(now()) {
            info!(?surroundings, "what is around changed");
            self.handle(Input::Surroundings(surroundings));
        }
    }

    fn sync(&mut self, event: SyncEvent) {
        match event {
            SyncEvent::Patron { query, result } => {
                self.looked_up(Input::Identified { query, answer: result });
            }
            SyncEvent::Account { query, result } => self.looked_up(Input::Account { query, answer: result }),
            SyncEvent::Renewed { item, result } => self.looked_up(Input::Renewed { item, answer: result }),
            SyncEvent::Reserved { query, result } => {
                self.looked_up(Input::Reserved { query, answer: result });
            }
            SyncEvent::Seen { query, seen } => self.looked_up(Input::Sighted { query, seen }),
            SyncEvent::HoldCancelled { item, result } => {
                self.looked_up(Input::HoldCancelled { item, answer: result });
            }
            SyncEvent::Described { item, description } => self.handle(Input::Described { item, description }),
            // The session hears of a verdict only when the row is on the disk.
            SyncEvent::Verdict { id, verdict } => {
                self.effects.answered(id);
                self.effects.keep(id, Row::Answered(verdict));
            }
            SyncEvent::Silent { id, in_doubt, assume } => {
                warn!(%id, in_doubt, may_assume = assume.is_ok(), "central is silent");
                self.effects.answered(id);
                self.handle(Input::Silent { id, in_doubt, assume });
            }
            SyncEvent::Reversed { id, ok: undone } => {
                info!(%id, undone, "a loan was to be undone");
                if undone {
                    self.effects.released(id);
                }
                self.handle(Input::Reversed { id, undone });
            }
            SyncEvent::Link { online } => {
                info!(online, "the link to central changed");
                self.link.send_replace(Some(online));
                self.card_link(online);
                let (state, why) = if online { (State::Up, "") } else { (State::Down, "central is silent") };
                self.effects.reporter().is(Part::Central, state, why);
                self.effects.helpers().health.online = Some(online);
                self.handle(Input::Link { online });
            }
            SyncEvent::Parked { id, why } => {
                warn!(%id, why, "a transaction waits for staff");
                self.effects.released(id);
            }
        }
    }

    /// A question of the screen has its answer.
    fn looked_up(&mut self, answer: Input) {
        self.effects.looked_up(&answer);
        self.handle(answer);
    }

    fn ack(&mut self, ack: Ack) {
        match ack {
            Ack::Row { id, row, result: Ok(proof) } => {
                if let Some(input) = self.effects.kept(id, row, proof) {
                    self.handle(input);
                }
            }
            Ack::Row { id, row, result: Err(cause) } => {
                error!(%id, %cause, "the ledger could not keep a row");
                self.handle(Input::NotKept { id });
                // A step that is not allowed is a fault of this program, not of the disk.
                if !matches!(cause, LedgerError::Illegal { .. } | LedgerError::Unknown | LedgerError::Exists)
                {
                    self.effects.helpers().health.ledger = Some(cause.to_string());
                    self.effects.reporter().is(Part::Ledger, State::Down, cause.to_string());
                    self.effects.not_kept(id, row);
                    self.handle(Input::Ledger { works: false });
                }
            }
            Ack::WorksAgain => {
                info!("the ledger works again");
                self.effects.helpers().health.ledger = None;
                self.effects.reporter().is(Part::Ledger, State::Up, "");
                self.effects.ledger_works();
                self.handle(Input::Ledger { works: true });
            }
        }
    }

    fn handle(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next {
            self.session.handle(now(), input, &mut self.out);
            for output in self.out.drain(..) {
                if matches!(output, Output::Configured)
                    && let Some(calendar) = self.calendar.take()
                {
                    self.around.follow(now(), calendar);
                }
                self.effects.perform(output);
            }
            next = self.effects.next_input();
        }
    }
}

const fn ended(part: &'static str) -> Failure {
    Failure::PartEnded { part }
}

/// The next event of a part; nothing once it has ended, and never again until there is another.
async fn next<T>(source: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    let Some(events) = source else { return core::future::pending().await };
    let event = events.recv().await;
    if event.is_none() {
        *source = None;
    }
    event
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

/// A new transaction id: UUID version 7, ordered by time (RFC 9562, 5.7).
fn fresh_id() -> TransactionId {
    TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes())
}

#[expect(clippy::disallowed_methods, reason = "the loop is the shell that gives the session its time")]
fn now() -> Instant {
    Instant::now()
}

/// Outcomes of the station's that wait.
const STATION: usize = 16;
/// How often the library's clock is looked at, at least.
const LOOK: Duration = Duration::from_secs(60);
/// A change that is due within this is waited for.
const MOMENT: Duration = Duration::from_millis(20);
