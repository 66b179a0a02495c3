//! Modules with contacts and relays, whoever's they are: a task for each, and their images.
//!
//! An order is a whole image of a module's outputs; a module that was down has forgotten what it was ordered, and begins safe.

use peripherals::modbus::debounce::Hold;
use peripherals::modbus::pdu::Span;
use peripherals::modbus::wire::{Rtu, Tcp, Wire};
use peripherals::modbus::{Command, Event, Module, Patience, Setup};
use peripherals::port::{self, PortConfig};
use slot::wiring::Module as Wired;
use supervision::part::{Part, State};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::settings;
use crate::supervise::{Reporter, limit};

/// All modules of a slot, or of a room.
#[derive(Debug)]
pub(crate) struct Lines {
    part: Part,
    config: Vec<config::Module>,
    /// how each is wired
    wired: Vec<Wired>,
    lines: Vec<Line>,
    told_in: mpsc::Sender<Told>,
    told: mpsc::Receiver<Told>,
    reporter: Reporter,
}

/// What a module's task tells; `None`: it has ended.
#[derive(Debug)]
pub(crate) struct Told {
    at: usize,
    /// of which life of the task
    life: u64,
    event: Option<Event>,
}

#[derive(Debug)]
struct Line {
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
    life: u64,
    image: Option<Vec<bool>>,
    /// what was ordered last
    sent: Vec<bool>,
    /// what was read back last
    is_so: Vec<bool>,
}

/// What has become of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// one is new; whether it was known before
    Image {
        /// it was
        was_known: bool,
    },
    /// a module is down: every order is to be forgotten
    Blind,
    /// nothing is new
    Nothing,
    /// a task has ended: every order is to be forgotten
    Ended,
}

impl Lines {
    /// Starts a task for each module; `part` is what is told of them.
    pub(crate) fn start(
        part: Part,
        config: Vec<config::Module>,
        wired: Vec<Wired>,
        reporter: Reporter,
    ) -> Self {
        let (told_in, told) = mpsc::channel(CHANNEL);
        let mut all = Self { part, config, wired, lines: Vec::new(), told_in, told, reporter };
        all.lines = (0..all.config.len()).filter_map(|at| all.line(at, 0)).collect();
        all
    }

    /// Waits for what a module tells. Cancel-safe.
    pub(crate) async fn told(&mut self) -> Option<Told> {
        self.told.recv().await
    }

    /// Begins anew every task that has ended.
    pub(crate) fn restart(&mut self) {
        for at in 0..self.lines.len() {
            let life = self.lines.get(at).filter(|line| line.task.is_finished()).map(|line| line.life);
            let fresh = life.and_then(|life| self.line(at, life.wrapping_add(1)));
            if let (Some(line), Some(fresh)) = (self.lines.get_mut(at), fresh) {
                *line = fresh;
            }
        }
    }

    /// Ends every task, as a fault would.
    pub(crate) fn abort(&self) {
        self.lines.iter().for_each(|line| line.task.abort());
    }

    /// The images of all modules' inputs, as far as they are known.
    pub(crate) fn images(&self) -> Vec<Option<Vec<bool>>> {
        self.lines.iter().map(|line| line.image.clone()).collect()
    }

    /// Takes what a module told.
    pub(crate) fn hear(&mut self, Told { at, life, event }: Told) -> Heard {
        let n_inputs = self.wired.get(at).map_or(0, |module| module.n_inputs);
        let name = self.config.get(at).map(|module| module.name.clone()).unwrap_or_default();
        let Some(line) = self.lines.get_mut(at).filter(|line| line.life == life) else {
            return Heard::Nothing;
        };
        match event {
            Some(Event::Inputs(image)) => {
                let was_known = line.image.replace(image).is_some();
                if !was_known {
                    info!(module = name, "a module answers");
                }
                Heard::Image { was_known }
            }
            Some(Event::Outputs(image)) => {
                line.is_so = image;
                // One without contacts says by this that it is there.
                if n_inputs == 0 && line.image.replace(Vec::new()).is_none() {
                    Heard::Image { was_known: false }
                } else {
                    Heard::Nothing
                }
            }
            Some(Event::Down(why)) => {
                warn!(module = name, %why, "a module is down");
                line.image = None;
                // It has forgotten what it was ordered, and begins safe.
                if let Some(module) = self.wired.get(at) {
                    line.sent.clone_from(&module.safe);
                }
                self.reporter.is(self.part, State::Down, format!("{name}: {why}"));
                Heard::Blind
            }
            None => {
                line.image = None;
                let why = format!("the task of module {name} ended; the log has the cause");
                self.reporter.ended(self.part, why);
                Heard::Ended
            }
        }
    }

    /// Sends what is to be otherwise than it was ordered last; `outputs` are those of a module.
    pub(crate) fn flush<'a>(&mut self, outputs: impl Fn(usize) -> &'a [bool]) {
        for (at, line) in self.lines.iter_mut().enumerate() {
            let outputs = outputs(at);
            if line.sent == outputs {
                continue;
            }
            match line.commands.try_send(Command::Set(outputs.to_vec())) {
                Ok(()) => line.sent = outputs.to_vec(),
                // Full only if the task does nothing: it is down soon, or has ended, and its watchdog cuts the relays.
                Err(cause) => warn!(%cause, "a module takes no order"),
            }
        }
    }

    /// Has every output written as it is safe, and waits until it is read back so.
    pub(crate) async fn end(mut self) {
        for (line, module) in self.lines.iter_mut().zip(&self.wired) {
            line.sent.clone_from(&module.safe);
            // Whatever was ordered last: what is ordered again is read back again.
            line.is_so.clear();
            drop(line.commands.try_send(Command::Set(line.sent.clone())));
        }
        let is_open = |line: &Line| line.image.is_some() && line.is_so != line.sent;
        let wait = async {
            while self.lines.iter().any(is_open) {
                let Some(told) = self.told.recv().await else { return };
                self.hear(told);
            }
        };
        match tokio::time::timeout(LAST, wait).await {
            Ok(()) => info!(part = self.part.word(), "every output is safe"),
            Err(_elapsed) => {
                warn!("a module does not say that its outputs are safe: its own watchdog cuts them")
            }
        }
    }

    fn line(&self, at: usize, life: u64) -> Option<Line> {
        let (config, module) = (self.config.get(at)?, self.wired.get(at)?);
        let span = |n: u16| Span::new(0, n).ok().filter(|_| n > 0);
        let setup = Setup {
            unit: config.unit,
            inputs: span(module.n_inputs),
            outputs: span(module.n_outputs),
            safe: module.safe.clone(),
            holds: module.holds.iter().map(|(on, off)| Hold { on: *on, off: *off }).collect(),
        };
        let patience = Patience { answer: config.answer_timeout, poll: config.poll, ..Patience::default() };
        let (port, safe) = (settings::module_port(config), module.safe.clone());
        Some(match config.wire {
            config::Wire::Rtu => {
                let wire = Rtu::new(config.baud.bits_per_second());
                self.run(at, life, port, Module::new(now(), wire, setup, patience), safe)
            }
            config::Wire::Tcp => {
                let module = Module::new(now(), Tcp::default(), setup, patience);
                self.run(at, life, port, module, safe)
            }
        })
    }

    fn run<W>(&self, at: usize, life: u64, port: PortConfig, module: Module<W>, safe: Vec<bool>) -> Line
    where
        W: Wire + Send + 'static,
        W::Answers: Send,
    {
        let (commands, requests) = mpsc::channel(CHANNEL);
        let (events_in, mut events) = mpsc::channel(CHANNEL);
        let told = self.told_in.clone();
        let pulse = self.reporter.life();
        let running = port::run(port, module, requests, events_in);
        let task = tokio::spawn(async move { pulse.watch("io module", limit(), running).await });
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if told.send(Told { at, life, event: Some(event) }).await.is_err() {
                    return;
                }
            }
            // The loop may have ended first.
            drop(told.send(Told { at, life, event: None }).await);
        });
        Line { commands, task, life, image: None, sent: safe, is_so: Vec::new() }
    }
}

fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

/// Room of each channel: more than a slot orders while a module answers.
const CHANNEL: usize = 64;
/// So long a module has to say that its outputs are safe.
const LAST: std::time::Duration = std::time::Duration::from_secs(1);
