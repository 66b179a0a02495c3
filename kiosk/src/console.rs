//! The console in the browser: what it shows is taken from here, and what it asks is done here. The pages are
//! [`supervision::console`]'s.

mod pad;
mod station;

use std::path::Path;

use config::{Config, Secret};
use rfid_driver::port::{Command, ReaderEvent, Snapshot};
use rfid_driver::tag::TagId;
use std::collections::BTreeSet;
use supervision::console::slot::Slot;
use supervision::console::{Console, Order, Pad, Setup, Test, Ways};
use supervision::part::{Part, State};
use sync_client::mirror::Mirror;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::control::Control;
use crate::supervise::{self, Reporter, Starter, Turn};

/// What the console needs of the kiosk.
#[derive(Debug)]
pub struct Around {
    /// what lies on the pad
    pub seen: watch::Receiver<Snapshot>,
    /// which of it are patrons' cards
    pub cards: watch::Receiver<BTreeSet<TagId>>,
    /// what becomes of tags that are written
    pub programmed: broadcast::Sender<ReaderEvent>,
    /// titles, if there is a mirror
    pub mirror: Option<Mirror>,
    /// the return slot, where there is one
    pub slot: Option<watch::Receiver<Slot>>,
    /// what the control socket serves from
    pub control: Control,
    /// whoever watches over the parts
    pub reporter: Reporter,
}

/// What begins the console, and begins it anew; nothing if there is to be none. The file is that of the configuration.
#[must_use]
pub fn starter(config: &Config, file: Option<&Path>, around: Around) -> Option<Starter> {
    let setup = setup(config)?;
    let (pad_in, pad) = watch::channel(Pad::default());
    let reporter = around.reporter.clone();
    let look = pad::Look::new(around.seen.clone(), around.cards.clone(), around.mirror.clone());
    tokio::spawn(look.run(pad_in, reporter.metrics().clone()));
    let (orders_in, orders) = mpsc::channel(CHANNEL);
    let station = station::Station::new(config, around.control.orders.clone(), around.programmed.clone());
    let ways = Ways {
        board: around.control.board.clone(),
        pad,
        slot: around.slot.clone(),
        log: crate::log::logs().recent().clone(),
        life: reporter.life(),
        metrics: reporter.metrics().clone(),
        orders: orders_in,
        redactor: around.control.redactor.clone(),
        config: file.map(Path::to_owned).unwrap_or_default(),
    };
    let clerk = Clerk { control: around.control, station };
    tokio::spawn(clerk.serve(orders));
    let mut running: Option<(Console, std::sync::Arc<std::sync::atomic::AtomicBool>)> = None;
    Some(Box::new(move |turn| {
        if let Some((old, is_meant)) = running.take() {
            is_meant.store(true, std::sync::atomic::Ordering::Relaxed);
            drop(old);
        }
        if turn == Turn::End {
            return Ok(());
        }
        let (farewell, is_meant) = reporter.farewell(Part::Console);
        let started = Console::start(&setup, ways.clone(), farewell);
        let console = started.map_err(|cause| {
            // A farewell that went with the failure is not to be heard besides.
            is_meant.store(true, std::sync::atomic::Ordering::Relaxed);
            cause.to_string()
        })?;
        reporter.is(Part::Console, State::Up, format!("at {}", console.address()));
        running = Some((console, is_meant));
        Ok(())
    }))
}

fn setup(config: &Config) -> Option<Setup> {
    let console = &config.console;
    Some(Setup {
        listen: console.listen?,
        password: console.password.as_ref().map(|hash| hash.expose().to_owned()),
        tls: console.tls_cert.clone().zip(console.tls_key.clone()),
        idle: console.idle,
    })
}

/// Everything in the configuration that is nobody's business.
pub(crate) fn secrets(config: &Config) -> Vec<String> {
    let own = [
        Some(&config.central.secret),
        config.sip2.password.as_ref(),
        config.staff.pin.as_ref(),
        config.console.password.as_ref(),
        config.mqtt.password.as_ref(),
    ];
    own.into_iter().flatten().map(Secret::expose).map(str::to_owned).collect()
}

/// Does what the console asks, one thing after another.
struct Clerk {
    control: Control,
    station: station::Station,
}

impl Clerk {
    async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(order) = orders.recv().await {
            // Whoever asked may have gone: then nobody hears, and that is all.
            match order {
                Order::Queue(request, answer) => drop(answer.send(self.control.about_rows(&request).await)),
                Order::Control(request, answer) => drop(answer.send(self.control.about_parts(request).await)),
                Order::Test(test, answer) => drop(answer.send(self.test(test).await)),
                Order::Program(wanted, answer) => drop(answer.send(self.station.program(&wanted).await)),
            }
        }
    }

    async fn test(&self, test: Test) -> Result<(), String> {
        let (tell, told) = oneshot::channel();
        let test = match test {
            Test::Speak => supervise::Test::Speak,
            Test::Sound => supervise::Test::Sound,
            Test::Reader => supervise::Test::Reader,
            Test::Print => supervise::Test::Print,
            Test::Feed => supervise::Test::Feed,
        };
        let order = supervise::Order::Test(test, tell);
        self.control.orders.send(order).await.map_err(|_| GONE.to_owned())?;
        told.await.unwrap_or_else(|_| Err(GONE.to_owned()))
    }
}

/// A command to the reader, by way of the event loop, which has it.
async fn command(orders: &mpsc::Sender<supervise::Order>, command: Command) -> bool {
    orders.send(supervise::Order::Reader(command)).await.is_ok()
}

const GONE: &str = "the kiosk is ending";
const CHANNEL: usize = 16;
