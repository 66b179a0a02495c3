//! The loop: the machine, and all that it is told and orders.

mod perform;
mod readers;

use std::time::{Duration, Instant};

use rfid_driver::port::{ReaderEvent, Snapshot};
use slot::io::{Input, Output, Power};
use slot::slot::{Rest, Slot};
use slot::wiring::Image;
use supervision::console::slot::Slot as Picture;
use supervision::part::{Part, State};
use sync_client::task::{Request, SyncEvent};
use tokio::sync::{broadcast, mpsc, watch};
use tracing::{debug, error, info, warn};

use super::books::{Answer, Books};
use super::farewell::Farewell;
use super::library::Library;
use super::mains::Mains;
use super::modules::{self, Modules};
use super::tags::Tags;
use crate::failure::Failure;
use crate::reader::Reader;
use crate::staff::OutOfService;
use crate::supervise::{Order, Reporter, Test, Told};

/// The machine and what it works with.
pub(super) struct Shell {
    pub(super) machine: Slot,
    pub(super) modules: Modules,
    pub(super) tunnel: Reader,
    pub(super) inner: Option<Reader>,
    pub(super) books: Books,
    pub(super) library: Library,
    pub(super) tags: Tags,
    pub(super) reporter: Reporter,
    pub(super) programmed: broadcast::Sender<ReaderEvent>,
    pub(super) names: Vec<String>,
    /// what the console draws
    pub(super) picture: watch::Sender<Picture>,
    /// whether staff took it out, kept over a restart
    pub(super) mark: OutOfService,
    pub(super) farewell: Farewell,
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
    /// when central was last asked for something
    asked: Option<Instant>,
}

/// Where events come from.
pub(super) struct Sources {
    pub(super) tunnel: Option<mpsc::Receiver<ReaderEvent>>,
    pub(super) inner: Option<mpsc::Receiver<ReaderEvent>>,
    pub(super) table: watch::Receiver<Snapshot>,
    pub(super) sync: Option<mpsc::Receiver<SyncEvent>>,
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
    /// nothing: the supervisor has ended
    Order(Option<Order>),
    Tick,
}

impl Sources {
    /// The next event. Cancel-safe: a receive that loses the race takes nothing out of its channel.
    async fn next(&mut self, modules: &mut Modules) -> Event {
        tokio::select! {
            // What the contacts say comes before all else: a motion may have to stop.
            biased;
            told = modules.told() => Event::Modules(told),
            event = next(&mut self.tunnel) => Event::Tunnel(event),
            event = next(&mut self.inner) => Event::Inner(event),
            Some(answer) = self.answers.recv() => Event::Answer(answer),
            event = next(&mut self.sync) => Event::Sync(event),
            Ok(()) = self.table.changed() => Event::Table,
            order = self.orders.recv() => Event::Order(order),
        }
    }
}

impl Shell {
    /// Serves until `stop` is closed, or a part ends that cannot be begun anew. The outputs are safe at its end.
    pub(super) async fn serve(
        mut self,
        mut sources: Sources,
        mut stop: mpsc::Receiver<()>,
    ) -> Result<(), Failure> {
        let result = self.run(&mut sources, &mut stop).await;
        self.modules.end().await;
        result
    }

    async fn run(&mut self, sources: &mut Sources, stop: &mut mpsc::Receiver<()>) -> Result<(), Failure> {
        let mut beat = now();
        loop {
            let deadline = [Some(beat), self.machine.deadline()].into_iter().flatten().min();
            let event = tokio::select! {
                biased;
                _ = stop.recv() => return Ok(()),
                event = sources.next(&mut self.modules) => event,
                () = until(deadline) => Event::Tick,
            };
            if now() >= beat {
                beat = now() + self.pace();
            }
            match event {
                Event::Order(None) => return Err(ended("the supervisor")),
                Event::Order(Some(Order::Restart(Part::Ledger))) => return Err(ended("the ledger")),
                Event::Order(Some(Order::Restart(Part::Reader))) => {
                    sources.tunnel = Some(self.restart_tunnel());
                }
                Event::Order(Some(Order::Restart(Part::Inner))) => {
                    sources.inner = self.inner.as_mut().map(Reader::restart);
                }
                Event::Order(Some(Order::Restart(Part::Central))) => {
                    sources.sync = Some(self.books.restart_sync());
                }
                Event::Order(Some(order)) => self.order(order),
                Event::Table => {
                    let inputs = self.tags.look(&sources.table.borrow_and_update());
                    inputs.into_iter().for_each(|input| self.handle(input));
                }
                Event::Modules(None) => {}
                Event::Modules(Some(told)) => self.contacts(told),
                Event::Tunnel(event) => self.tunnel(event),
                Event::Inner(event) => self.inner(event),
                Event::Sync(event) => self.books.sync(event),
                Event::Answer(answer) => {
                    let input = self.books.answer(answer);
                    input.into_iter().for_each(|input| self.handle(input));
                }
                Event::Tick => {
                    self.handle(Input::Tick);
                    self.keep_warm();
                }
            }
        }
    }

    /// The machine is made for an image with each poll; the modules tell only what has changed.
    fn pace(&self) -> Duration {
        if self.machine.rest() == Rest::Busy { POLL } else { REST }
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
        let news = self.around.mains.contact(power);
        self.power(news);
        let was_approached = core::mem::replace(&mut self.around.is_approached, is_approached);
        self.around.is_wanted |= is_approached && !was_approached;
        self.handle(Input::Sensors(sensors));
    }

    /// News of the mains, if they are any.
    fn power(&mut self, news: Option<Input>) {
        let Some(input) = news else { return };
        if matches!(input, Input::Power(Power::Mains)) {
            self.farewell.take_back();
        }
        self.handle(input);
    }

    /// Staff take it out of service, or put it back, and it stays so over a restart.
    fn service(&mut self, is_out: bool) {
        info!(is_out, "staff changes the service");
        if let Err(cause) = self.mark.set(is_out) {
            error!(%cause, is_out, "out of service holds until the next start only");
        }
        self.reporter.tell(Told::OutOfService(is_out));
        self.handle(Input::Service { is_out });
        if !is_out {
            self.handle(Input::Mended);
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
                    Part::Central => self.books.sync.abort(),
                    Part::Io => self.modules.abort(),
                    Part::Control | Part::Console | Part::Mqtt | Part::Ups | Part::Room | Part::Gate => {
                        self.reporter.ended(part, HAND)
                    }
                    Part::Ledger
                    | Part::Screen
                    | Part::Speech
                    | Part::Catalogue
                    | Part::Printer
                    | Part::Identity
                    | Part::Cards
                    | Part::Slot => {}
                }
            }
            Order::Resolve(id) => drop(self.books.sync.request(Request::Resolve { id })),
            Order::Power(level) => {
                let news = self.around.mains.supply(level);
                self.power(news);
            }
            Order::Service(is_out) => self.service(is_out),
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

pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

const HAND: &str = "ended by hand";
pub(super) const ENDED: &str = "it ended; the log has the cause";
/// How often the machine looks at the last image again, while it serves and while it rests.
const POLL: Duration = Duration::from_millis(20);
const REST: Duration = Duration::from_millis(500);
/// A connection that was not used for a second longer is given up.
const COLD: Duration = Duration::from_secs(3);
