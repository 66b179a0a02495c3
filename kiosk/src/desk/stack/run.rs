//! The task of a stack: two parts, one machine, answers into the loop's channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use circulation::screen::Cards;
use circulation::session::{Input, card};
use config::{Config, DispenserKind};
use peripherals::dispenser::sf::{Cd720, K720};
use peripherals::dispenser::{self, Dialect, Dispenser, Patience, f2::F2};
use peripherals::port;
use rfid_driver::port::ReaderEvent;
use supervision::part::{Part, State};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::error;

use super::{Order, Output, Stack};
use crate::desk::writing::Writing;
use crate::reader::Reader;
use crate::settings;
use crate::supervise::{self, Reporter};

/// The way to a stack.
#[derive(Debug)]
pub(in crate::desk) struct Way {
    pub(in crate::desk) orders: mpsc::Sender<Order>,
    pub(in crate::desk) cards: watch::Receiver<Cards>,
    pub(in crate::desk) task: JoinHandle<()>,
}

/// Starts dispenser, writer and the task between them, if the configuration names both.
pub(in crate::desk) fn start(
    config: &Config,
    found: mpsc::Sender<Input>,
    reporter: &Reporter,
) -> Option<Way> {
    let (line, writer) = (settings::dispenser_port(config)?, settings::card_writer_port(config)?);
    let writing = Writing {
        policy: writer.security,
        layouts: writer.layouts.clone(),
        owner: config.desk.owner.clone(),
    };
    let (commands, requests) = mpsc::channel(CHANNEL);
    let (told, events) = mpsc::channel(CHANNEL);
    let running = dispense(config.desk.dispenser, line, requests, told);
    tokio::spawn(reporter.life().watch("card dispenser", supervise::limit(), running));
    let (writer, heard) = Reader::start_as("card writer", writer, reporter.clone());
    let (orders, wanted) = mpsc::channel(CHANNEL);
    let (changed, cards) = watch::channel(Cards::Down);
    let (farewell, is_meant) = reporter.farewell(Part::Cards);
    let task = Task {
        is_meant,
        stack: Stack::new(writing),
        dispenser: commands,
        writer,
        found,
        changed,
        out: Vec::new(),
        reporter: reporter.clone(),
    };
    let running = reporter.life().watch("cards", supervise::limit(), task.run(wanted, events, heard));
    let task = tokio::spawn(async move {
        let _farewell = farewell;
        running.await;
    });
    Some(Way { orders, cards, task })
}

/// Drives a dispenser of any family.
async fn dispense(
    kind: DispenserKind,
    line: port::PortConfig,
    commands: mpsc::Receiver<dispenser::Command>,
    events: mpsc::Sender<dispenser::Event>,
) {
    fn machine<D: Dialect>(dialect: D) -> Dispenser<D> {
        Dispenser::new(dialect, Patience::default())
    }
    match kind {
        DispenserKind::Crt591 => port::run(line, machine(F2::default()), commands, events).await,
        DispenserKind::K720 => port::run(line, machine(K720::<true>::default()), commands, events).await,
        DispenserKind::K720NoLength => {
            port::run(line, machine(K720::<false>::default()), commands, events).await;
        }
        DispenserKind::Cd720 => port::run(line, machine(Cd720), commands, events).await,
    }
}

struct Task {
    stack: Stack,
    dispenser: mpsc::Sender<dispenser::Command>,
    writer: Reader,
    found: mpsc::Sender<Input>,
    changed: watch::Sender<Cards>,
    out: Vec<Output>,
    reporter: Reporter,
    /// its end is wanted
    is_meant: Arc<AtomicBool>,
}

impl Task {
    /// Serves until the desk is gone.
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut events: mpsc::Receiver<dispenser::Event>,
        mut heard: mpsc::Receiver<ReaderEvent>,
    ) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.stack.order(order, &mut self.out),
                    None => return self.is_meant.store(true, Ordering::Relaxed),
                },
                event = events.recv() => match event {
                    Some(event) => self.stack.dispenser(event, &mut self.out),
                    None => return error!("the task of the card dispenser has ended: no card comes out"),
                },
                event = heard.recv() => match event {
                    Some(event) => self.stack.writer(event, &mut self.out),
                    None => {
                        error!("the task of the card writer has ended, and begins anew");
                        heard = self.writer.restart();
                        self.stack.writer_ended(&mut self.out);
                    }
                },
            }
            self.carry().await;
        }
    }

    async fn carry(&mut self) {
        for output in core::mem::take(&mut self.out) {
            match output {
                // Closed only after the end of that task, which is told above. What is not answered is asked again.
                Output::Dispenser(command) => drop(self.dispenser.send(command).await),
                Output::Writer(command) => {
                    if !self.writer.takes(command) {
                        error!("the card writer takes no command");
                    }
                }
                // Closed only after the end of the loop.
                Output::Answer { id, what, why } => {
                    drop(self.found.send(Input::Desk(card::Input::Acted { id, what, why })).await);
                }
                Output::Changed(cards) => {
                    let (state, why) = match cards {
                        Cards::Ready => (State::Up, ""),
                        Cards::Empty => (State::Degraded, "the stack is empty"),
                        Cards::Down => (State::Down, "no card comes out; the log has the cause"),
                    };
                    self.reporter.is(Part::Cards, state, why);
                    self.changed.send_replace(cards);
                    // The loop looks at its parts whenever something happens.
                    drop(self.found.send(Input::Tick).await);
                }
            }
        }
    }
}

const CHANNEL: usize = 64;
