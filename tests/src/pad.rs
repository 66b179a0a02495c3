//! A reader with its pad, in the test's process and on a real socket: the product's emulated reader behind a TCP port,
//! with each write to a tag a moment of the [`Watch`] before and after it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rfid_driver::emulator::{EmulatedTag, Emulator, EmulatorConfig, Input, script};
use rfid_driver::hf::obid::{Command, Frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::scene::Gate;
use crate::watch::Watch;

/// The reader. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Pad(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    emulator: Mutex<Emulator>,
    watch: Watch,
    address: SocketAddr,
    /// the cable is pulled and put back at once
    pulled: Notify,
}

impl Pad {
    /// A reader without tags, on a port of its own.
    pub async fn start(watch: Watch, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let emulator = Mutex::new(Emulator::new(EmulatorConfig { seed, ..EmulatorConfig::default() }));
        let pad = Self(Arc::new(Inner { emulator, watch, address, pulled: Notify::new() }));
        tokio::spawn(pad.clone().serve(listener));
        pad
    }

    /// Where the kiosk finds it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("tcp://{}", self.0.address)
    }

    /// One line of the emulator's own language, such as `put LW0000001`.
    ///
    /// # Panics
    /// If the emulator does not understand it.
    pub fn say(&self, line: &str) {
        let reply = script::run(&mut self.emulator(), line);
        assert!(reply.end.is_ok(), "{line}: {:?}", reply.end);
    }

    /// What the gate would see of a tag.
    ///
    /// # Panics
    /// If there is no such tag.
    #[must_use]
    pub fn gate(&self, item: &str) -> Gate {
        let emulator = self.emulator();
        let tag = emulator.tag(item).expect("the tag is there");
        Gate { afi: format!("{:02X}", tag.afi.0), eas: tag.eas }
    }

    /// Ends whatever a test has done to a tag.
    pub fn heal(&self, item: &str) {
        self.change(item, |tag| {
            tag.faults = rfid_driver::emulator::Faults::default();
            tag.is_afi_locked = false;
        });
    }

    /// Changes a tag.
    ///
    /// # Panics
    /// If there is no such tag.
    pub fn change(&self, item: &str, act: impl FnOnce(&mut EmulatedTag)) {
        act(self.emulator().tag_mut(item).expect("the tag is there"));
    }

    /// Pulls the cable, and puts it back.
    pub fn pull(&self) {
        self.0.pulled.notify_waiters();
    }

    /// Waits until the kiosk has looked at the pad often enough to know what lies there now.
    pub async fn looked_at(&self) {
        let n = || self.emulator().counters().inventories;
        let enough = n() + ROUNDS;
        while n() < enough {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            // At worst answers come a little later.
            drop(stream.set_nodelay(true));
            self.emulator().unplug();
            self.talk(stream).await;
        }
    }

    async fn talk(&self, mut stream: TcpStream) {
        let mut buffer = [0; 4096];
        loop {
            let deadline = self.emulator().deadline();
            let n = tokio::select! {
                () = self.0.pulled.notified() => return,
                read = stream.read(&mut buffer) => match read {
                    Ok(n @ 1..) => n,
                    Ok(0) | Err(_) => return,
                },
                () = until(deadline) => 0,
            };
            let Some(answers) = self.take(buffer.get(..n).unwrap_or_default()).await else { return };
            if stream.write_all(&answers).await.is_err() {
                return;
            }
        }
    }

    /// Hands bytes to the reader, with a moment before and after what writes.
    async fn take(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let writes = Frame::parse(bytes).and_then(|frame| written(&frame));
        if let Some(what) = writes
            && !self.0.watch.pass(&format!("{what} comes")).await
        {
            return None;
        }
        // While the world stands still the reader says nothing; the kiosk asks again.
        if self.0.watch.is_stopped() {
            return Some(Vec::new());
        }
        let mut out = Vec::new();
        let input = if bytes.is_empty() { Input::Tick } else { Input::Bytes(bytes) };
        self.emulator().handle(now(), input, &mut out);
        if let Some(what) = writes
            && !self.0.watch.pass(&format!("{what} is done")).await
        {
            return None;
        }
        Some(out.concat())
    }

    fn emulator(&self) -> MutexGuard<'_, Emulator> {
        self.0.emulator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a frame writes to a tag.
fn written(frame: &Frame<'_>) -> Option<&'static str> {
    match Command::parse(frame).ok()? {
        Command::WriteAfi { .. } => Some("AFI"),
        Command::WriteEas { .. } => Some("EAS"),
        Command::BaudDetection
        | Command::SoftwareVersion
        | Command::RfReset
        | Command::RfOnOff { .. }
        | Command::Inventory { .. }
        | Command::StayQuiet { .. }
        | Command::Select { .. }
        | Command::ResetToReady { .. }
        | Command::SystemInformation { .. }
        | Command::ReadBlocks { .. }
        | Command::WriteBlocks { .. }
        | Command::WriteDsfid { .. }
        | Command::EasAlarm => None,
    }
}

/// More than a tag must be missed to be gone.
const ROUNDS: u64 = 8;

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the reader's shell gives it its time")]
fn now() -> Instant {
    Instant::now()
}
