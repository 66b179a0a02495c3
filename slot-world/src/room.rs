//! A room that exists only in the computer: a door with people behind Modbus modules, and a scanner at it.
//!
//! It is wired by the file of the kiosk that is to drive it. As in a real room, exit button and fire alarm open the door by wire,
//! and the modules' watchdogs cut the relays when they are asked no more.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use config::{Config, Contact, Endpoint, Signal, Site, Wire};
use peripherals::emulator::Emulated as _;
use peripherals::emulator::modbus::ModbusEmulator;
use rfid_driver::emulator::shell::pty::{self, Pty};
use rfid_driver::emulator::shell::tcp::{self, Happening, Tcp};
use slot::room::model::{Doorway, STEP};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The room, and its time.
pub struct RunningRoom {
    shared: Arc<Shared>,
    scanner: Option<Arc<Pty>>,
    links: Vec<PathBuf>,
    /// dropped with the room: its tasks end
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    room: Mutex<RoomWorld>,
    passed: Notify,
}

/// Door, people and modules.
#[derive(Debug)]
pub struct RoomWorld {
    /// the door and who goes through it
    pub door: Doorway,
    /// the modules, in the order of the configuration
    pub modules: Vec<ModbusEmulator>,
    /// each contact and relay, and its module
    wires: Vec<(usize, Contact)>,
    /// how often the relay was switched on
    pub n_unlocked: u32,
}

enum Plug {
    Pty(Pty),
    Tcp(Tcp),
}

impl RoomWorld {
    /// A room in which nobody is, with its door shut.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let own = config.of_site(Site::Room);
        let wires: Vec<(usize, Contact)> =
            own.contacts.iter().filter_map(|contact| Some((own.module(contact)?, contact.clone()))).collect();
        let size = |module: usize, is_output: bool| {
            let own =
                wires.iter().filter(|(at, contact)| *at == module && contact.signal.is_output() == is_output);
            let most = own.map(|(_, contact)| usize::from(contact.address) + 1).max();
            // As they are sold.
            most.unwrap_or_default().next_multiple_of(8)
        };
        let modules = own.modules.iter().enumerate().map(|(at, module)| {
            let new = if module.wire == Wire::Tcp { ModbusEmulator::tcp } else { ModbusEmulator::rtu };
            let mut emulator = new(module.unit, size(at, false), size(at, true));
            emulator.watchdog = Some(WATCHDOG);
            emulator
        });
        let modules = modules.collect();
        let mut room = Self { door: Doorway::default(), modules, wires, n_unlocked: 0 };
        room.show();
        room
    }

    /// One step of the door, with the relay as it is.
    pub fn pass(&mut self, now: Instant) {
        for module in &mut self.modules {
            // Its watchdog sees the time; what it would answer was sent before.
            module.handle(now, &[], &mut Vec::new());
        }
        let is_unlocked = self.is_lit(Signal::UnlockDoor);
        if is_unlocked && !self.door.is_unlocked {
            self.n_unlocked += 1;
        }
        self.door.is_unlocked = is_unlocked;
        self.door.step();
        self.show();
    }

    /// Whether a relay does what it is there for.
    #[must_use]
    pub fn is_lit(&self, signal: Signal) -> bool {
        self.wires.iter().any(|(module, contact)| {
            let coils = self.modules.get(*module).map(|module| &module.coils);
            let coil = coils.and_then(|coils| coils.get(usize::from(contact.address)));
            contact.signal == signal && coil.is_some_and(|coil| *coil != contact.inverted)
        })
    }

    fn show(&mut self) {
        for (module, contact) in &self.wires {
            if contact.signal.is_output() {
                continue;
            }
            let is_on = is_on(contact.signal, &self.door);
            let inputs = self.modules.get_mut(*module).map(|module| &mut module.inputs);
            if let Some(input) = inputs.and_then(|inputs| inputs.get_mut(usize::from(contact.address))) {
                *input = is_on != contact.inverted;
            }
        }
    }
}

/// Written apart from the wiring of the machine on purpose: a mistake there would be made here too.
fn is_on(signal: Signal, door: &Doorway) -> bool {
    let contacts = &door.contacts;
    if signal == Signal::DoorOpen {
        contacts.door_is_open
    } else if signal == Signal::ExitButton {
        contacts.exit
    } else if signal == Signal::FireAlarm {
        contacts.fire
    } else if signal == Signal::PassageOuter {
        contacts.outer
    } else if signal == Signal::PassageInner {
        contacts.inner
    } else if signal == Signal::GateAlarm {
        contacts.gate
    } else {
        false
    }
}

impl RunningRoom {
    /// Makes the ports that the configuration names, and lets time pass.
    ///
    /// # Errors
    /// What the system says of a port that cannot be had.
    pub fn start(config: &Config) -> io::Result<Self> {
        let shared = Arc::new(Shared { room: Mutex::new(RoomWorld::new(config)), passed: Notify::new() });
        let (mut tasks, mut links) = (JoinSet::new(), Vec::new());
        for (at, module) in config.of_site(Site::Room).modules.iter().enumerate() {
            let plug = match &module.port {
                Endpoint::Serial(path) => Plug::Pty(terminal(path, &mut links)?),
                Endpoint::Tcp { host, port } => Plug::Tcp(Tcp::open(&format!("{host}:{port}"))?),
            };
            tasks.spawn(serve(Arc::clone(&shared), at, plug));
        }
        let scanner = match &config.room.scanner_port {
            Some(Endpoint::Serial(path)) => Some(Arc::new(terminal(path, &mut links)?)),
            Some(Endpoint::Tcp { .. }) | None => None,
        };
        tasks.spawn(pass(Arc::clone(&shared)));
        Ok(Self { shared, scanner, links, _tasks: tasks })
    }

    /// The room, now.
    pub fn room(&self) -> MutexGuard<'_, RoomWorld> {
        self.shared.room()
    }

    /// Holds a code before the scanner.
    pub async fn scan(&self, code: &str) {
        if let Some(scanner) = &self.scanner {
            scanner.write(format!("{code}\r\n").as_bytes()).await;
        }
    }

    /// Waits until something holds.
    pub async fn until(&self, holds: impl Fn(&RoomWorld) -> bool) {
        loop {
            let passed = self.shared.passed.notified();
            tokio::pin!(passed);
            passed.as_mut().enable();
            if holds(&self.room()) {
                return;
            }
            passed.await;
        }
    }
}

impl std::fmt::Debug for RunningRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningRoom").field("room", &self.shared.room).finish_non_exhaustive()
    }
}

impl Drop for RunningRoom {
    fn drop(&mut self) {
        for link in &self.links {
            // A link that somebody else has removed is as good as removed.
            drop(std::fs::remove_file(link));
        }
    }
}

impl Shared {
    fn room(&self) -> MutexGuard<'_, RoomWorld> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn terminal(path: &std::path::Path, links: &mut Vec<PathBuf>) -> io::Result<Pty> {
    let terminal = Pty::open()?;
    pty::point(path, &terminal.path)?;
    links.push(path.to_owned());
    Ok(terminal)
}

/// Lets time pass.
async fn pass(shared: Arc<Shared>) {
    let mut beat = tokio::time::interval(STEP);
    loop {
        beat.tick().await;
        shared.room().pass(now());
        shared.passed.notify_waiters();
    }
}

/// Serves one module.
async fn serve(shared: Arc<Shared>, at: usize, mut plug: Plug) {
    let mut buffer = [0; 1024];
    loop {
        let deadline = shared.room().modules.get(at).and_then(|module| module.deadline());
        let n = tokio::select! {
            happening = next(&mut plug, &mut buffer) => match happening {
                Happening::Bytes(n) => n,
                Happening::Second(second) => {
                    tcp::turn_away(second, &[]).await;
                    continue;
                }
                Happening::Connected | Happening::Hung => continue,
            },
            () = until(deadline) => 0,
        };
        let mut out = Vec::new();
        if let Some(module) = shared.room().modules.get_mut(at) {
            module.handle(now(), buffer.get(..n).unwrap_or_default(), &mut out);
        }
        for answer in out {
            match &plug {
                Plug::Pty(terminal) => terminal.write(&answer).await,
                Plug::Tcp(port) => port.write(&answer),
            }
        }
    }
}

async fn next(plug: &mut Plug, buffer: &mut [u8]) -> Happening {
    match plug {
        Plug::Pty(terminal) => Happening::Bytes(terminal.read(buffer).await),
        Plug::Tcp(port) => port.next(buffer).await,
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

/// A module that is asked nothing for so long cuts its relays.
const WATCHDOG: Duration = Duration::from_secs(1);
