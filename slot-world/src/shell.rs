//! Ports, time, and lines from outside: everything of the world that is not pure.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use config::{Config, Endpoint, Protocol, Site};
use rfid_driver::emulator::script::Reply;
use rfid_driver::emulator::shell::pty::{self, Pty};
use rfid_driver::emulator::shell::tcp::{self, Happening, Tcp};
use slot::mechanics::STEP;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::world::{Reader, World};

/// Why the world cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is of no slot.
    #[error("the configuration has no slot: set enabled = true in [slot], and describe its modules and bins")]
    NoSlot,
    /// The readers speak something else.
    #[error("the emulated readers speak feig-obid; write protocol = \"feig-obid\" in [reader]")]
    Reader,
    /// A port cannot be had.
    #[error("{at} cannot be had: {cause}; name another port in the configuration")]
    Port {
        /// the port
        at: String,
        /// the system's words
        cause: io::Error,
    },
}

/// A world whose time passes. Clones are the same one; it ends with the last.
#[derive(Clone, Debug)]
pub struct Running(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    links: Vec<PathBuf>,
    /// dropped with the world: its tasks end
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    passed: Notify,
}

#[derive(Clone, Copy, Debug)]
enum Port {
    Module(usize),
    Reader(Reader),
}

enum Plug {
    Pty(Pty),
    Tcp(Tcp),
}

impl Running {
    /// Begins: makes the ports that the configuration names, links to terminals for paths, and lets time pass.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start(config: &Config, seed: u64) -> Result<Self, StartError> {
        if !config.slot.enabled || config.modules.is_empty() {
            return Err(StartError::NoSlot);
        }
        if config.reader.protocol != Protocol::FeigObid {
            return Err(StartError::Reader);
        }
        // A room has ports of its own: `crate::room`.
        let config = &config.of_site(Site::Slot);
        let mut world = World::new(config, seed);
        world.pass(now());
        let shared = Arc::new(Shared { world: Mutex::new(world), passed: Notify::new() });
        let (mut tasks, mut links) = (JoinSet::new(), Vec::new());
        let modules = config.modules.iter().enumerate().map(|(at, module)| (Port::Module(at), &module.port));
        let tunnel = (Port::Reader(Reader::Tunnel), &config.reader.port);
        let inner = config.slot.inner_port.as_ref().map(|port| (Port::Reader(Reader::Inner), port));
        for (port, endpoint) in modules.chain([tunnel]).chain(inner) {
            let plug = plug(endpoint, &mut links)?;
            tasks.spawn(serve(Arc::clone(&shared), port, plug));
        }
        tasks.spawn(pass(Arc::clone(&shared)));
        Ok(Self(Arc::new(Inner { shared, links, _tasks: tasks })))
    }

    /// The world, now. Whoever holds it holds up its time.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.shared.world()
    }

    /// Carries out a line.
    #[must_use]
    pub fn say(&self, line: &str) -> Reply {
        self.world().say(now(), line)
    }

    /// Goes on after everything stood still.
    pub fn go_on(&self) {
        self.world().go_on(now());
    }

    /// Waits until something holds.
    pub async fn until(&self, holds: impl Fn(&World) -> bool) {
        loop {
            let passed = self.0.shared.passed.notified();
            tokio::pin!(passed);
            passed.as_mut().enable();
            if holds(&self.world()) {
                return;
            }
            passed.await;
        }
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for link in &self.links {
            // A link that somebody else has removed is as good as removed.
            drop(std::fs::remove_file(link));
        }
    }
}

fn plug(endpoint: &Endpoint, links: &mut Vec<PathBuf>) -> Result<Plug, StartError> {
    let failed = |cause| StartError::Port { at: endpoint.to_string(), cause };
    Ok(match endpoint {
        Endpoint::Serial(path) => {
            let terminal = Pty::open().map_err(failed)?;
            pty::point(path, &terminal.path).map_err(failed)?;
            links.push(path.clone());
            Plug::Pty(terminal)
        }
        Endpoint::Tcp { host, port } => Plug::Tcp(Tcp::open(&format!("{host}:{port}")).map_err(failed)?),
    })
}

/// Lets time pass.
async fn pass(shared: Arc<Shared>) {
    let mut beat = tokio::time::interval(STEP);
    loop {
        beat.tick().await;
        shared.world().pass(now());
        shared.passed.notify_waiters();
    }
}

/// Serves one port.
async fn serve(shared: Arc<Shared>, port: Port, mut plug: Plug) {
    let mut buffer = [0; 1024];
    loop {
        let deadline = port.deadline(&shared.world());
        let n = tokio::select! {
            happening = next(&mut plug, &mut buffer) => match happening {
                Happening::Bytes(n) => n,
                Happening::Second(second) => {
                    tcp::turn_away(second, &[]).await;
                    continue;
                }
                Happening::Connected => continue,
                Happening::Hung => {
                    port.unplug(&mut shared.world());
                    continue;
                }
            },
            () = until(deadline) => 0,
        };
        let mut out = Vec::new();
        port.hear(&mut shared.world(), buffer.get(..n).unwrap_or_default(), &mut out);
        shared.passed.notify_waiters();
        for answer in out {
            match &plug {
                Plug::Pty(terminal) => terminal.write(&answer).await,
                Plug::Tcp(port) => port.write(&answer),
            }
        }
    }
}

impl Port {
    fn deadline(self, world: &World) -> Option<Instant> {
        match self {
            Self::Module(at) => world.module_deadline(at),
            Self::Reader(which) => world.reader_deadline(which),
        }
    }

    fn hear(self, world: &mut World, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        match self {
            Self::Module(at) => world.module(now(), at, bytes, out),
            Self::Reader(which) => world.reader(now(), which, bytes, out),
        }
    }

    fn unplug(self, world: &mut World) {
        match self {
            Self::Module(at) => world.unplug_module(at),
            Self::Reader(which) => world.emulator(which).unplug(),
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
