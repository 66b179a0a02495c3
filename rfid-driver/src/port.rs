//! The shell: the only I/O of the driver. Opens the port, pumps the machine, opens it again.
//!
//! A serial port is opened by its path each time, so that a symbolic link may be re-pointed when a reader comes back
//! under another name. A TCP port is the reader's own or that of a serial server that passes bytes as they are. A read
//! of zero bytes means that the reader was unplugged, or that the other side has hung up. Whatever speaks over a serial
//! port may speak over TCP; LLRP speaks over TCP alone, and there one byte that belongs to no message spoils the rest:
//! the connection is made anew.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_serial::SerialStream;

use crate::data::local::LocalLayout;
use crate::dialogue::Patience;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::{Pad, PadConfig};
use crate::tag::SecurityPolicy;
use crate::uhf::llrp::{self, Llrp};
use crate::uhf::m100::M100;
use crate::uhf::mercury::Mercury;
use crate::uhf::r2000::R2000;
use crate::uhf::reader18::Reader18;
use crate::uhf_pad::UhfPad;

mod endpoint;
mod machine;
mod serial;
mod shell;
mod tcp;

pub use crate::hf::Identity;
pub use crate::pad::{
    Arrival, Command, DownCause, Dump, Heard, OpenError, OtherBanks, Place, Plan, PowerOutcome,
    ProgramOutcome, ReaderEvent, Seen, Trouble, WriteOutcome,
};
pub use endpoint::{Endpoint, EndpointError};
use machine::Machine;
pub use serial::open as open_serial;
use shell::{End, Line, Shell};
pub use tcp::connect as connect_tcp;

/// What a reader speaks: its family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// [`crate::hf::obid`].
    #[default]
    FeigObid,
    /// [`crate::hf::m810`].
    ThreeM810,
    /// [`crate::uhf::m100`].
    M100,
    /// [`crate::uhf::r2000`].
    R2000,
    /// [`crate::uhf::reader18`].
    Reader18,
    /// [`crate::uhf::mercury`].
    Mercury,
    /// [`crate::uhf::llrp`].
    Llrp,
}

/// The parity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// 8N1.
    None,
    /// 8E1: the default of FEIG readers.
    Even,
    /// 8O1.
    Odd,
}

/// Where the reader is and how it is driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortConfig {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What the reader speaks. The line below is not taken from it: see [`Protocol::line`].
    pub protocol: Protocol,
    /// Its speed in baud.
    pub baud: u32,
    /// Its parity.
    pub parity: Parity,
    /// The reader's bus address; 255 = whichever answers. 3M readers have none.
    pub bus_address: u8,
    /// The pause between rounds while nothing changes.
    pub poll: Duration,
    /// How long an answer may take beyond what its command takes by nature.
    pub answer_timeout: Duration,
    /// A silence within a frame that ends it.
    pub gap: Duration,
    /// The pause that the reader needs before a request (PSST).
    pub pause: Duration,
    /// How often an unanswered request is repeated.
    pub retries: u8,
    /// How many rounds must miss a tag before it is doubted.
    pub depart_rounds: u8,
    /// How security is marked on tags.
    pub security: SecurityPolicy,
    /// The library's own tag layouts, the most frequent first.
    pub layouts: Arc<[LocalLayout]>,
    /// The transmit power in hundredths of a dBm, of UHF readers; `None`: as the reader has it.
    pub power: Option<u16>,
    /// Whether the reader is carried along shelves: see [`PadConfig::is_sweep`].
    pub is_sweep: bool,
    /// The wait before a lost port is opened again; doubled each time up to ten times as much.
    pub reopen: Duration,
    /// How long a connection over TCP may take, looking up the name included.
    pub connect_timeout: Duration,
}

impl Protocol {
    /// All families, the most usual first.
    pub const ALL: [Self; 7] =
        [Self::FeigObid, Self::ThreeM810, Self::M100, Self::R2000, Self::Reader18, Self::Mercury, Self::Llrp];

    /// The family's name in configurations and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::FeigObid => "feig-obid",
            Self::ThreeM810 => "3m-810",
            Self::M100 => "m100",
            Self::R2000 => "r2000",
            Self::Reader18 => "reader18",
            Self::Mercury => "mercury",
            Self::Llrp => "llrp",
        }
    }

    /// The family of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// Speed and parity of the line as the maker delivers the reader: a hint for whoever writes the configuration.
    pub fn line(self) -> (u32, Parity) {
        match self {
            Self::FeigObid => (38_400, Parity::Even),
            Self::ThreeM810 => (19_200, Parity::None),
            Self::Reader18 => (57_600, Parity::None),
            Self::M100 | Self::R2000 | Self::Mercury | Self::Llrp => (115_200, Parity::None),
        }
    }
}

/// What is seen at one moment: for a live table and for measurements. Nothing is decided by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was taken; `None` before the first one.
    pub at: Option<Instant>,
    /// The tags on the pad.
    pub seen: Vec<Seen>,
    /// How many rounds were carried out so far.
    pub n_rounds: u64,
    /// How many bytes belonged to no frame so far.
    pub n_garbage: u64,
}

impl Default for PortConfig {
    /// A FEIG reader as its maker delivers it, on the first USB adapter.
    fn default() -> Self {
        let PadConfig { patience, poll, depart_rounds, security, layouts, power, is_sweep } =
            PadConfig::default();
        let (baud, parity) = Protocol::FeigObid.line();
        Self {
            endpoint: Endpoint::Serial(PathBuf::from("/dev/ttyUSB0")),
            protocol: Protocol::FeigObid,
            baud,
            parity,
            bus_address: 255,
            poll,
            answer_timeout: patience.answer_timeout,
            gap: patience.gap,
            pause: patience.pause,
            retries: patience.retries,
            depart_rounds,
            security,
            layouts,
            power,
            is_sweep,
            reopen: Duration::from_millis(200),
            connect_timeout: Duration::from_secs(3),
        }
    }
}

/// Opens the port and closes it again: for a check of the configuration before anything runs.
///
/// # Errors
/// [`OpenError`]: what is wrong, where, and what to do.
pub async fn open_check(config: &PortConfig) -> Result<(), OpenError> {
    match open(config).await? {
        Stream::Serial(_) => {}
        Stream::Tcp(stream) => tcp::part(stream, farewell(config.protocol)).await,
    }
    Ok(())
}

/// Drives the reader until `commands` or `events` is closed. A reader that is lost is looked for until it is back.
///
/// Each [`Command::SetSecurity`] is answered by exactly one [`ReaderEvent::Wrote`]. `events` may be read slowly: while
/// they wait, the machine goes on, up to a bound.
pub async fn run(config: PortConfig, commands: mpsc::Receiver<Command>, events: mpsc::Sender<ReaderEvent>) {
    run_with(config, Channels { commands, events, onlooker: None }).await;
}

/// As [`run`]; what is seen is shown to `onlooker` too, at most every 200 ms.
pub async fn run_watched(
    config: PortConfig,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<ReaderEvent>,
    onlooker: watch::Sender<Snapshot>,
) {
    run_with(config, Channels { commands, events, onlooker: Some(onlooker) }).await;
}

struct Channels {
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<ReaderEvent>,
    onlooker: Option<watch::Sender<Snapshot>>,
}

async fn run_with(config: PortConfig, channels: Channels) {
    match config.protocol {
        Protocol::FeigObid => {
            drive(Pad::new(Obid::new(config.bus_address), config.pad()), config, channels).await
        }
        Protocol::ThreeM810 => drive(Pad::new(M810::new(), config.pad()), config, channels).await,
        Protocol::M100 => drive(UhfPad::new(M100::new(), config.pad()), config, channels).await,
        Protocol::R2000 => drive(UhfPad::new(R2000::new(), config.pad()), config, channels).await,
        Protocol::Reader18 => drive(UhfPad::new(Reader18::new(), config.pad()), config, channels).await,
        Protocol::Mercury => drive(UhfPad::new(Mercury::new(), config.pad()), config, channels).await,
        Protocol::Llrp => drive(UhfPad::new(Llrp::new(), config.pad()), config, channels).await,
    }
}

async fn drive<M: Machine>(machine: M, config: PortConfig, channels: Channels) {
    let mut shell = Shell::new(machine, channels.commands, channels.events, channels.onlooker);
    let mut wait = config.reopen;
    loop {
        let Some(opened) = shell.wait(open(&config)).await else { return };
        let end = match opened {
            Ok(Stream::Serial(mut stream)) => shell.pump(&mut stream, Line::Serial).await,
            Ok(Stream::Tcp(mut stream)) => {
                let line = if config.protocol == Protocol::Llrp { Line::Llrp } else { Line::Tcp };
                let end = shell.pump(&mut stream, line).await;
                tcp::part(stream, farewell(config.protocol)).await;
                end
            }
            Err(error) => End::Lost(error.into()),
        };
        wait = if shell.take_was_up() { config.reopen } else { wait };
        match end {
            End::Closed => return,
            End::Reopen => {}
            End::Lost(cause) => shell.lose(cause),
        }
        if shell.wait(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        wait = (wait * 2).min(config.reopen * 10);
    }
}

enum Stream {
    Serial(SerialStream),
    Tcp(TcpStream),
}

async fn open(config: &PortConfig) -> Result<Stream, OpenError> {
    match (&config.endpoint, config.protocol) {
        (Endpoint::Serial(path), Protocol::Llrp) => Err(OpenError::NeedsTcp { path: path.clone() }),
        (Endpoint::Serial(path), _) => serial::open(path, config.baud, config.parity).map(Stream::Serial),
        (Endpoint::Tcp { host, port }, protocol) => {
            let mut stream = tcp::connect(host, *port, config.connect_timeout).await?;
            if protocol == Protocol::Llrp {
                tcp::greeted(&mut stream, host, *port).await?;
            }
            Ok(Stream::Tcp(stream))
        }
    }
}

/// What a family says when it hangs up.
fn farewell(protocol: Protocol) -> &'static [u8] {
    if protocol == Protocol::Llrp { llrp::FAREWELL } else { &[] }
}

impl PortConfig {
    fn pad(&self) -> PadConfig {
        let Self { answer_timeout, pause, retries, .. } = *self;
        PadConfig {
            patience: Patience { answer_timeout, gap: self.frame_gap(), pause, retries },
            poll: self.poll,
            depart_rounds: self.depart_rounds,
            security: self.security,
            layouts: Arc::clone(&self.layouts),
            power: self.power,
            is_sweep: self.is_sweep,
        }
    }

    /// On a network, silence within a frame means little: packets are gathered, lost and sent again.
    fn frame_gap(&self) -> Duration {
        match (self.protocol, self.endpoint.is_tcp()) {
            (Protocol::Llrp, _) => self.gap.max(LLRP_GAP),
            (_, true) => self.gap.max(TCP_GAP),
            (_, false) => self.gap,
        }
    }
}

/// A lost packet is sent again within this.
const TCP_GAP: Duration = Duration::from_millis(250);
/// A message that is not whole by then never will be; there is nothing behind it that could be saved by haste.
const LLRP_GAP: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(protocol: Protocol, endpoint: &str) -> OpenError {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let config = PortConfig {
            endpoint: endpoint.parse().unwrap(),
            protocol,
            connect_timeout: Duration::from_millis(500),
            ..PortConfig::default()
        };
        runtime.block_on(open_check(&config)).unwrap_err()
    }

    #[test]
    fn what_is_no_port_is_told_with_path_and_advice() {
        let check = |path: &str| refused(Protocol::FeigObid, path);
        let missing = check("/nonexistent/reader");
        assert_eq!(missing, OpenError::Missing { path: "/nonexistent/reader".into() });
        assert_eq!(
            missing.to_string(),
            "there is no reader port at /nonexistent/reader: plug the reader in, or correct the path"
        );
        for path in ["/", "/dev/null"] {
            assert_eq!(check(path), OpenError::NotATty { path: path.into() });
        }
    }
    #[test]
    fn what_does_not_connect_is_told_with_host_and_advice() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let host = || "127.0.0.1".to_owned();
        let closed = refused(Protocol::FeigObid, &format!("tcp://127.0.0.1:{port}"));
        assert_eq!(closed, OpenError::ConnectionRefused { host: host(), port });
        let nowhere = refused(Protocol::FeigObid, "tcp://reader.invalid:10001");
        assert_eq!(nowhere, OpenError::HostUnknown { host: "reader.invalid".to_owned() });
        let path = PathBuf::from("/dev/ttyUSB0");
        assert_eq!(refused(Protocol::Llrp, "/dev/ttyUSB0"), OpenError::NeedsTcp { path });
    }

    /// What greets in another way, or hangs up at once, is told apart from an LLRP reader.
    #[test]
    fn only_an_llrp_reader_is_taken_for_one() {
        use std::io::Write;
        let answer_with = |greeting: &'static [u8]| {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let server =
                std::thread::spawn(move || listener.accept().unwrap().0.write_all(greeting).unwrap());
            let error = refused(Protocol::Llrp, &format!("tcp://127.0.0.1:{port}"));
            server.join().unwrap();
            (error, "127.0.0.1".to_owned(), port)
        };
        let (error, host, port) = answer_with(b"SSH-2.0-dropbear\r\n");
        assert_eq!(error, OpenError::NotLlrp { host, port });
        let (error, host, port) = answer_with(b"");
        assert_eq!(error, OpenError::Taken { host, port });
        let taken = b"\x04\x3F\0\0\0\x20\0\0\0\0\0\xF6\0\x16\0\x80\0\x0C\0\x05\x88\x80\x11\x9F\x8E\xAD\x01\0\0\x06\0\x02";
        let (error, host, port) = answer_with(taken);
        assert_eq!(error, OpenError::Taken { host, port });
    }
}
