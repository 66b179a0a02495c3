//! The modules with contacts and relays: a task for each, one image of all.

use config::{Config, Wire as Wrapping};
use peripherals::modbus::debounce::Hold;
use peripherals::modbus::pdu::Span;
use peripherals::modbus::wire::{Rtu, Tcp, Wire};
use peripherals::modbus::{Command, Down, Event, Module, Patience, Setup};
use peripherals::port::{self, PortConfig};
use slot::sensors::Motion;
use slot::wiring::{Image, Lamp, Wiring};
use supervision::part::{Part, State};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::settings;
use crate::supervise::{Reporter, limit};

/// All modules.
#[derive(Debug)]
pub(super) struct Modules {
    config: Vec<config::Module>,
    wiring: Wiring,
    lines: Vec<Line>,
    told_in: mpsc::Sender<Told>,
    told: mpsc::Receiver<Told>,
    reporter: Reporter,
}

/// What a module's task tells; `None`: it has ended.
#[derive(Debug)]
pub(super) struct Told {
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

/// What the contacts say now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// all of them are known
    Image(Image),
    /// they are not
    Blind,
    /// nothing that matters is new
    Nothing,
    /// a task has ended
    Ended,
}

impl Modules {
    /// Starts a task for each module.
    pub(super) fn start(config: &Config, reporter: Reporter) -> Self {
        let (told_in, told) = mpsc::channel(CHANNEL);
        let wiring = Wiring::new(config);
        let mut modules =
            Self { config: config.modules.clone(), wiring, lines: Vec::new(), told_in, told, reporter };
        let lines = (0..modules.config.len()).filter_map(|at| modules.line(at, 0)).collect();
        modules.lines = lines;
        modules
    }

    /// Waits for what a module tells. Cancel-safe.
    pub(super) async fn told(&mut self) -> Option<Told> {
        self.told.recv().await
    }

    /// Begins anew every task that has ended.
    pub(super) fn restart(&mut self) {
        for at in 0..self.lines.len() {
            let life = self.lines.get(at).filter(|line| line.task.is_finished()).map(|line| line.life);
            let fresh = life.and_then(|life| self.line(at, life.wrapping_add(1)));
            if let (Some(line), Some(fresh)) = (self.lines.get_mut(at), fresh) {
                *line = fresh;
            }
        }
    }

    /// Ends every task, as a fault would.
    pub(super) fn abort(&self) {
        self.lines.iter().for_each(|line| line.task.abort());
    }

    /// Takes what a module told.
    pub(super) fn hear(&mut self, Told { at, life, event }: Told) -> Seen {
        let n_inputs = self.wiring.modules().get(at).map_or(0, |module| module.n_inputs);
        let name = self.config.get(at).map(|module| module.name.clone()).unwrap_or_default();
        let Some(line) = self.lines.get_mut(at).filter(|line| line.life == life) else {
            return Seen::Nothing;
        };
        match event {
            Some(Event::Inputs(image)) => {
                let was_known = line.image.replace(image).is_some();
                if !was_known {
                    info!(module = name, "a module answers");
                }
                self.see(was_known)
            }
            Some(Event::Outputs(image)) => {
                line.is_so = image;
                // One without contacts says by this that it is there.
                if n_inputs == 0 && line.image.replace(Vec::new()).is_none() {
                    self.see(false)
                } else {
                    Seen::Nothing
                }
            }
            Some(Event::Down(why)) => {
                self.fall(at, &name, &why);
                Seen::Blind
            }
            None => {
                line.image = None;
                self.forget();
                self.reporter
                    .ended(Part::Io, format!("the task of module {name} ended; the log has the cause"));
                Seen::Ended
            }
        }
    }

    fn see(&mut self, were_known: bool) -> Seen {
        let images: Vec<Option<Vec<bool>>> = self.lines.iter().map(|line| line.image.clone()).collect();
        let Some(image) = self.wiring.see(&images) else { return Seen::Nothing };
        if !were_known {
            self.reporter.is(Part::Io, State::Up, "");
        }
        Seen::Image(image)
    }

    fn fall(&mut self, at: usize, name: &str, why: &Down) {
        warn!(module = name, %why, "a module is down");
        self.reporter.is(Part::Io, State::Down, format!("{name}: {why}"));
        if let Some(line) = self.lines.get_mut(at) {
            line.image = None;
        }
        self.forget();
        // It has forgotten what it was ordered, and begins safe.
        if let (Some(line), Some(module)) = (self.lines.get_mut(at), self.wiring.modules().get(at)) {
            line.sent.clone_from(&module.safe);
        }
    }

    /// Every order is taken back.
    fn forget(&mut self) {
        self.wiring.forget();
        self.flush();
    }

    /// Takes an order; [`Modules::flush`] sends it.
    pub(super) fn order(&mut self, motion: Motion) {
        self.wiring.order(motion);
    }

    /// Sets the lamps; [`Modules::flush`] sends it.
    pub(super) fn light(&mut self, lamp: Lamp) {
        self.wiring.light(lamp);
    }

    /// Sends what is to be otherwise than it was ordered last.
    pub(super) fn flush(&mut self) {
        for (at, line) in self.lines.iter_mut().enumerate() {
            let outputs = self.wiring.outputs(at);
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
    pub(super) async fn end(mut self) {
        self.wiring.forget();
        for (at, line) in self.lines.iter_mut().enumerate() {
            line.sent = self.wiring.outputs(at).to_vec();
            // Whatever was ordered last: what is ordered again is read back again.
            line.is_so.clear();
            drop(line.commands.try_send(Command::Set(line.sent.clone())));
        }
        let is_open = |line: &Line| line.image.is_some() && line.is_so != line.sent;
        let wait = async {
            while self.lines.iter().any(is_open) {
                let Some(told) = self.told.recv().await else { return };
                drop(self.hear(told));
            }
        };
        match tokio::time::timeout(LAST, wait).await {
            Ok(()) => info!("every output is safe"),
            Err(_elapsed) => {
                warn!("a module does not say that its outputs are safe: its own watchdog cuts them")
            }
        }
    }

    fn line(&self, at: usize, life: u64) -> Option<Line> {
        let (config, module) = (self.config.get(at)?, self.wiring.modules().get(at)?);
        let span = |n: u16| Span::new(0, n).ok().filter(|_| n > 0);
        let setup = Setup {
            unit: config.unit,
            inputs: span(module.n_inputs),
            outputs: span(module.n_outputs),
            safe: module.safe.clone(),
            holds: module.holds.iter().map(|(on, off)| Hold { on: *on, off: *off }).collect(),
        };
        let patience = Patience { answer: config.answer_timeout, poll: config.poll, ..Patience::default() };
        let port = settings::module_port(config);
        Some(match config.wire {
            Wrapping::Rtu => {
                let wire = Rtu::new(config.baud.bits_per_second());
                self.run(at, life, port, Module::new(now(), wire, setup, patience), module.safe.clone())
            }
            Wrapping::Tcp => self.run(
                at,
                life,
                port,
                Module::new(now(), Tcp::default(), setup, patience),
                module.safe.clone(),
            ),
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
