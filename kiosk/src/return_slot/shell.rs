//! The loop: the machine, and all that it is told and orders.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use circulation::id::{ItemId, TransactionId};
use jiff::Timestamp;
use rfid_driver::port::{ReaderEvent, Snapshot};
use slot::io::{Input, Known, Output};
use slot::journal::{PieceId, Step};
use slot::slot::{Rest, Slot};
use slot::wiring::{Image, Lamp};
use supervision::part::{Part, State};
use sync_client::ledger::LedgerError;
use sync_client::task::{Request, SyncEvent};
use tokio::sync::{broadcast, mpsc, watch};
use tracing::{debug, error, info, warn};

use super::journal::Journal;
use super::library::Library;
use super::mains::Mains;
use super::modules::{self, Modules};
use super::returns::{self, Returns};
use super::tags::Tags;
use super::words;
use crate::failure::Failure;
use crate::reader::Reader;
use crate::supervise::{Order, Reporter, Test, Told};
use crate::sync::Sync;

/// What is answered beside the loop.
#[derive(Debug)]
pub(super) enum Answer {
    /// a step of a piece is on the disk
    Written { piece: PieceId, step: Step },
    /// what is known of an item
    Looked { item: ItemId, known: Known },
    /// a row of the ledger was written, or could not be
    Row { id: TransactionId, result: Result<returns::Written, LedgerError> },
}

/// The machine and what it works with.
pub(super) struct Shell {
    pub(super) machine: Slot,
    pub(super) modules: Modules,
    pub(super) tunnel: Reader,
    pub(super) inner: Option<Reader>,
    pub(super) sync: Sync,
    pub(super) journal: Journal,
    pub(super) library: Library,
    pub(super) returns: Returns,
    pub(super) tags: Tags,
    pub(super) reporter: Reporter,
    pub(super) link: watch::Sender<Option<bool>>,
    pub(super) programmed: broadcast::Sender<ReaderEvent>,
    /// what is known of the items that lie there
    pub(super) looked: BTreeMap<ItemId, Known>,
    pub(super) names: Vec<String>,
    pub(super) around: Around,
    pub(super) out: Vec<Output>,
}

/// What was told last.
#[derive(Debug, Default)]
pub(super) struct Around {
    mains: Mains,
    is_approached: bool,
    /// somebody came and was not served yet: while the slot put things in order, or was out of service
    is_wanted: bool,
    state: &'static str,
    how: Option<(State, String)>,
}

/// Where events come from.
pub(super) struct Sources {
    pub(super) tunnel: mpsc::Receiver<ReaderEvent>,
    pub(super) inner: Option<mpsc::Receiver<ReaderEvent>>,
    pub(super) table: watch::Receiver<Snapshot>,
    pub(super) sync: mpsc::Receiver<SyncEvent>,
    pub(super) answers: mpsc::UnboundedReceiver<Answer>,
    pub(super) orders: mpsc::Receiver<Order>,
}

enum Event {
    Modules(Option<modules::Told>),
    Tunnel(Option<ReaderEvent>),
    Inner(Option<ReaderEvent>),
    Table,
    Sync(Option<SyncEvent>),
    Answer(Answer),
    Order(Order),
    Tick,
}

impl Shell {
    /// Serves until `stop` is closed, or a part ends that cannot be begun anew. The outputs are safe at its end.
    pub(super) async fn serve(
        mut self,
        sources: Sources,
        mut stop: mpsc::Receiver<()>,
    ) -> Result<(), Failure> {
        let Sources { tunnel, inner, mut table, sync, mut answers, mut orders } = sources;
        let (mut tunnel, mut inner, mut sync) = (Some(tunnel), inner, Some(sync));
        let mut beat = now();
        let result = loop {
            let deadline = [Some(beat), self.machine.deadline()].into_iter().flatten().min();
            // Each branch is cancel-safe: a receive that loses the race takes nothing out of its channel.
            let event = tokio::select! {
                // What the contacts say comes before all else: a motion may have to stop.
                biased;
                _ = stop.recv() => break Ok(()),
                told = self.modules.told() => Event::Modules(told),
                event = next(&mut tunnel) => Event::Tunnel(event),
                event = next(&mut inner) => Event::Inner(event),
                Some(answer) = answers.recv() => Event::Answer(answer),
                event = next(&mut sync) => Event::Sync(event),
                Ok(()) = table.changed() => Event::Table,
                order = orders.recv() => match order {
                    Some(Order::Restart(Part::Ledger)) => break Err(ended("the ledger")),
                    Some(order) => Event::Order(order),
                    None => break Err(ended("the supervisor")),
                },
                () = until(deadline) => Event::Tick,
            };
            if now() >= beat {
                beat = now() + self.pace();
            }
            match event {
                Event::Order(Order::Restart(Part::Reader)) => tunnel = Some(self.restart_tunnel()),
                Event::Order(Order::Restart(Part::Inner)) => inner = self.inner.as_mut().map(Reader::restart),
                Event::Order(Order::Restart(Part::Central)) => {
                    sync = Some(self.sync.restart());
                    self.returns.hand_over(&self.sync);
                }
                Event::Table => {
                    let inputs = self.tags.look(&table.borrow_and_update());
                    inputs.into_iter().for_each(|input| self.handle(input));
                }
                event @ (Event::Modules(_)
                | Event::Tunnel(_)
                | Event::Inner(_)
                | Event::Sync(_)
                | Event::Answer(_)
                | Event::Order(_)
                | Event::Tick) => self.take(event),
            }
        };
        self.modules.end().await;
        result
    }

    /// The machine is made for an image with each poll; the modules tell only what has changed.
    fn pace(&self) -> Duration {
        if self.machine.rest() == Rest::Busy { POLL } else { REST }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Modules(Some(told)) => self.contacts(told),
            Event::Modules(None) | Event::Table => {}
            Event::Tunnel(event) => self.tunnel(event),
            Event::Inner(event) => self.inner(event),
            Event::Sync(event) => self.sync(event),
            Event::Answer(answer) => self.answer(answer),
            Event::Order(order) => self.order(order),
            Event::Tick => self.handle(Input::Tick),
        }
    }

    fn contacts(&mut self, told: modules::Told) {
        match self.modules.hear(told) {
            modules::Seen::Image(image) => self.see(image),
            modules::Seen::Blind | modules::Seen::Ended => self.handle(Input::Blind),
            modules::Seen::Nothing => {}
        }
    }

    fn see(&mut self, image: Image) {
        let Image { sensors, power, is_approached } = image;
        self.around.mains.contact(power).into_iter().for_each(|input| self.handle(input));
        let was_approached = core::mem::replace(&mut self.around.is_approached, is_approached);
        self.around.is_wanted |= is_approached && !was_approached;
        self.handle(Input::Sensors(sensors));
    }

    fn tunnel(&mut self, event: Option<ReaderEvent>) {
        let Some(event) = event else {
            error!("the reader over the belt has ended");
            self.tags.forget();
            self.reporter.ended(Part::Reader, ENDED);
            return;
        };
        tell_reader(&self.reporter, Part::Reader, &event);
        match event {
            ReaderEvent::Arrived(arrival) => {
                let input = self.tags.arrived(&arrival);
                input.into_iter().for_each(|input| self.handle(input));
            }
            ReaderEvent::Departed { tag } => self.tags.departed(tag),
            ReaderEvent::Down(_) => self.tags.forget(),
            ReaderEvent::Programmed { .. } | ReaderEvent::Dumped { .. } | ReaderEvent::Power { .. } => {
                if self.programmed.send(event).is_err() {
                    debug!("nobody waits for the reader's answer");
                }
            }
            ReaderEvent::Up(_)
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_)
            | ReaderEvent::Heard(_) => {}
        }
    }

    fn inner(&mut self, event: Option<ReaderEvent>) {
        let input = match event {
            None => {
                error!("the reader behind the flap has ended");
                self.reporter.ended(Part::Inner, ENDED);
                self.tags.forget_inside()
            }
            Some(event) => {
                tell_reader(&self.reporter, Part::Inner, &event);
                match event {
                    ReaderEvent::Arrived(arrival) => self.tags.arrived_inside(&arrival, self.inner.as_ref()),
                    ReaderEvent::Departed { tag } => {
                        self.tags.departed_inside(tag);
                        None
                    }
                    ReaderEvent::Wrote { request, outcome, .. } => self.tags.wrote(request, outcome),
                    ReaderEvent::Down(_) => self.tags.forget_inside(),
                    ReaderEvent::Up(_)
                    | ReaderEvent::Complete { .. }
                    | ReaderEvent::Programmed { .. }
                    | ReaderEvent::Dumped { .. }
                    | ReaderEvent::Power { .. }
                    | ReaderEvent::Trouble(_)
                    | ReaderEvent::TroubleOver(_)
                    | ReaderEvent::Heard(_) => None,
                }
            }
        };
        input.into_iter().for_each(|input| self.handle(input));
    }

    fn sync(&mut self, event: Option<SyncEvent>) {
        match event {
            None => {
                error!("the sync task has ended");
                self.reporter.ended(Part::Central, ENDED);
                self.link.send_replace(Some(false));
                self.returns.sync_ended();
            }
            Some(SyncEvent::Verdict { id, verdict }) => self.returns.answered(id, verdict),
            Some(SyncEvent::Silent { id, in_doubt, .. }) => {
                warn!(%id, in_doubt, "central is silent");
                self.returns.silent(id);
            }
            Some(SyncEvent::Link { online }) => {
                info!(online, "the link to central changed");
                self.link.send_replace(Some(online));
                let (state, why) = if online { (State::Up, "") } else { (State::Down, "central is silent") };
                self.reporter.is(Part::Central, state, why);
            }
            Some(SyncEvent::Parked { id, why }) => {
                warn!(%id, why, "a transaction waits for staff");
                self.returns.released(id);
            }
            // A slot asks for none of these.
            Some(
                SyncEvent::Patron { .. }
                | SyncEvent::Account { .. }
                | SyncEvent::Renewed { .. }
                | SyncEvent::Reserved { .. }
                | SyncEvent::HoldCancelled { .. }
                | SyncEvent::Described { .. }
                | SyncEvent::Seen { .. }
                | SyncEvent::Reversed { .. },
            ) => {}
        }
    }

    fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Written { piece, step } => self.handle(Input::Durable { piece, step }),
            Answer::Looked { item, known } => {
                let word = match known {
                    Known::Item(_) => "an item",
                    Known::NotOurs => "none of ours",
                    Known::Silent => "nothing",
                };
                info!(word, "what the library knows has come");
                if known == Known::Silent {
                    // The link is looked at, so that the next one need not wait for it.
                    drop(self.sync.request(Request::Look));
                }
                self.looked.insert(item.clone(), known.clone());
                self.handle(Input::Looked { item, answer: known });
            }
            Answer::Row { id, result } => {
                let is_silent = *self.link.borrow() == Some(false);
                let input = self.returns.written(id, result, &self.sync, is_silent);
                input.into_iter().for_each(|input| self.handle(input));
            }
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Restart(Part::Io) => self.modules.restart(),
            Order::Restart(part) => debug!(part = part.word(), "there is nothing of it to begin anew"),
            Order::End(part) => {
                warn!(part = part.word(), "a part is ended on purpose");
                match part {
                    Part::Reader => self.tunnel.abort(),
                    Part::Inner => self.inner.iter().for_each(Reader::abort),
                    Part::Central => self.sync.abort(),
                    Part::Io => self.modules.abort(),
                    Part::Control | Part::Console | Part::Mqtt | Part::Ups | Part::Room => {
                        self.reporter.ended(part, HAND)
                    }
                    Part::Ledger
                    | Part::Screen
                    | Part::Speech
                    | Part::Catalogue
                    | Part::Printer
                    | Part::Slot => {}
                }
            }
            Order::Resolve(id) => drop(self.sync.request(Request::Resolve { id })),
            Order::Power(level) => {
                self.around.mains.supply(level).into_iter().for_each(|input| self.handle(input));
            }
            Order::Service(false) => self.handle(Input::Mended),
            Order::Service(true) => warn!("a slot is taken out of service at its door"),
            Order::Configure(fresh, answer) => {
                self.handle(Input::Table(slot::setup::table(&fresh.config)));
                self.reporter.tell(Told::InForce);
                if answer.send(true).is_err() {
                    debug!("nobody waits for the configuration any more");
                }
            }
            Order::Notice(_) => {}
            Order::Test(Test::Reader, answer) => {
                self.tunnel.abort();
                drop(answer.send(Ok(())));
            }
            Order::Test(Test::Speak | Test::Sound | Test::Print | Test::Feed, answer) => {
                drop(answer.send(Err("a return slot has none".to_owned())));
            }
            Order::Tags(answer) => drop(answer.send(self.tags.over_the_belt())),
            Order::Reader(command) => {
                if !self.tunnel.takes(command) {
                    warn!("the reader takes no command of the station's");
                }
            }
        }
    }

    fn restart_tunnel(&mut self) -> mpsc::Receiver<ReaderEvent> {
        self.tags.forget();
        self.tunnel.restart()
    }

    /// Tells the machine, and does what it orders.
    fn handle(&mut self, input: Input) {
        if let Input::Secured { piece, is_closed } = &input {
            self.returns.secured(*piece, *is_closed, &self.sync);
        }
        let mut out = core::mem::take(&mut self.out);
        self.machine.handle(now(), input, &mut out);
        let mut more = Vec::new();
        for output in out.drain(..) {
            more.extend(self.perform(output));
        }
        self.out = out;
        self.tell();
        self.modules.flush();
        more.into_iter().for_each(|input| self.handle(input));
        if self.machine.rest() == Rest::Idle && core::mem::take(&mut self.around.is_wanted) {
            self.handle(Input::Approach);
        }
    }

    /// Performs one output; what it gives at once.
    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Move(motion) => self.modules.order(motion),
            Output::Journal { piece } => {
                let is_going_on = matches!(piece.step, Step::Sorted { .. } | Step::InTransit);
                if is_going_on {
                    // It goes on with its bits as they are.
                    self.returns.secured(piece.id, false, &self.sync);
                }
                if !piece.step.is_open() {
                    piece.item.iter().for_each(|item| drop(self.looked.remove(item)));
                }
                self.journal.write(Timestamp::now(), piece);
            }
            Output::Look(item) => {
                let owner = self.tags.owner(&item);
                self.library.look(item, owner);
            }
            Output::Checkin { piece, item } => {
                let known = self.journal.known(piece)?;
                let facts = self.looked.get(&item).cloned();
                return self.returns.begin(piece, item, known, facts);
            }
            Output::Secure { piece, tags } => return self.tags.close(piece, tags, self.inner.as_ref()),
            Output::Say(sign) => info!(?sign, "the slot says"),
            Output::Alarm(alarm) => warn!(alarm = words::alarm(&alarm, &self.names), "alarm"),
            Output::Calm(alarm) => info!(alarm = words::alarm(&alarm, &self.names), "the alarm is over"),
            Output::MayPowerOff => info!("all is at rest and on the disk: the power may go"),
        }
        None
    }

    /// Tells the supervisor how the slot is, and lights its lamps.
    fn tell(&mut self) {
        let (rest, state) = (self.machine.rest(), self.machine.state_name());
        if core::mem::replace(&mut self.around.state, state) != state {
            info!(state, "the slot");
            // It is open: whoever pressed the button is served.
            self.around.is_wanted &= state != "wait-item";
            self.reporter.tell(Told::Page { word: state, is_serving: rest == Rest::Busy });
        }
        self.modules.light(match rest {
            Rest::Idle => Lamp::Ready,
            Rest::Busy => Lamp::Dark,
            Rest::OutOfService(_) => Lamp::Out,
        });
        let alarms: Vec<String> =
            self.machine.alarms().map(|alarm| words::alarm(alarm, &self.names)).collect();
        let how = match (rest, alarms.is_empty()) {
            (Rest::OutOfService(_), _) => (State::Down, alarms.join("; ")),
            (Rest::Idle | Rest::Busy, false) => (State::Degraded, alarms.join("; ")),
            (Rest::Idle | Rest::Busy, true) => (State::Up, String::new()),
        };
        if self.around.how.as_ref() != Some(&how) {
            self.reporter.is(Part::Slot, how.0, how.1.clone());
            self.around.how = Some(how);
        }
    }
}

/// How a reader is, by what it tells.
fn tell_reader(reporter: &Reporter, part: Part, event: &ReaderEvent) {
    match event {
        ReaderEvent::Up(identity) => {
            let detail = format!("{} {}", identity.model, identity.firmware);
            info!(part = part.word(), detail, "a reader answers");
            reporter.is(part, State::Up, detail.trim());
        }
        ReaderEvent::Down(cause) => {
            warn!(part = part.word(), %cause, "a reader does not answer");
            reporter.is(part, State::Down, cause.to_string());
        }
        ReaderEvent::Arrived(_)
        | ReaderEvent::Departed { .. }
        | ReaderEvent::Complete { .. }
        | ReaderEvent::Wrote { .. }
        | ReaderEvent::Trouble(_)
        | ReaderEvent::TroubleOver(_)
        | ReaderEvent::Heard(_)
        | ReaderEvent::Programmed { .. }
        | ReaderEvent::Dumped { .. }
        | ReaderEvent::Power { .. } => {}
    }
}

/// The next event of a part; nothing at its end, and then never again.
async fn next<T>(source: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    let Some(open) = source else { return core::future::pending().await };
    let event = open.recv().await;
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

const fn ended(part: &'static str) -> Failure {
    Failure::PartEnded { part }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

const HAND: &str = "ended by hand";
const ENDED: &str = "it ended; the log has the cause";
/// How often the machine looks at the last image again, while it serves and while it rests.
const POLL: Duration = Duration::from_millis(20);
const REST: Duration = Duration::from_millis(500);
