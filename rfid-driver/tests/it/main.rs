//! The serial shell against the emulator as a program, over a real pseudo-terminal.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use rfid_driver::data::TagData;
use rfid_driver::port::{
    self, Command, DownCause, Endpoint, OpenError, PortConfig, Protocol, ReaderEvent, WriteOutcome,
};
use rfid_driver::tag::{Security, TagId, Uid};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

mod clients;
mod independent;
mod tcp;

/// The emulator as a program, with its control socket.
struct Emulator {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    control: BufReader<UnixStream>,
    dir: TempDir,
    endpoint: Endpoint,
}

impl Emulator {
    fn start(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("reader");
        let emulator = Self::launch(&["--link", link.to_str().unwrap()], arguments, dir);
        assert_eq!(emulator.endpoint, Endpoint::Serial(link));
        emulator
    }

    /// Behind a TCP port.
    fn listen(arguments: &[&str]) -> Self {
        Self::launch(&["--listen", "127.0.0.1:0"], arguments, tempfile::tempdir().unwrap())
    }

    fn launch(port: &[&str], arguments: &[&str], dir: TempDir) -> Self {
        let mut child = Process::new(env!("CARGO_BIN_EXE_rfid-emulator"))
            .args(port)
            .arg("--control")
            .arg(dir.path().join("control"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        let endpoint = ready.trim_end().strip_prefix("ready ").unwrap().parse().unwrap();
        let control = BufReader::new(UnixStream::connect(dir.path().join("control")).unwrap());
        Self { child, stdout, control, dir, endpoint }
    }

    fn link(&self) -> PathBuf {
        self.dir.path().join("reader")
    }

    fn config(&self) -> PortConfig {
        PortConfig {
            endpoint: self.endpoint.clone(),
            reopen: Duration::from_millis(20),
            ..PortConfig::default()
        }
    }

    /// The last line of the reply to a line.
    fn say(&mut self, line: &str) -> String {
        writeln!(self.control.get_mut(), "{line}").unwrap();
        loop {
            let mut reply = String::new();
            self.control.read_line(&mut reply).unwrap();
            if !reply.starts_with('|') {
                return reply.trim_end().to_owned();
            }
        }
    }

    fn uid(&mut self, name: &str) -> Uid {
        let shown = self.say(&format!("show {name}"));
        shown.split("uid=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

struct Driver {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<ReaderEvent>,
    task: JoinHandle<()>,
}

impl Driver {
    fn start(config: PortConfig) -> Self {
        let (commands, command_receiver) = mpsc::channel(4);
        let (event_sender, events) = mpsc::channel(4);
        Self { commands, events, task: tokio::spawn(port::run(config, command_receiver, event_sender)) }
    }

    async fn next(&mut self) -> ReaderEvent {
        tokio::time::timeout(Duration::from_secs(10), self.events.recv())
            .await
            .expect("no event")
            .expect("ended")
    }

    async fn up(&mut self) {
        while !matches!(self.next().await, ReaderEvent::Up(_)) {}
        assert_eq!(self.next().await, ReaderEvent::Complete { n: 0 });
    }

    async fn set(&self, request: u64, tag: TagId, to: Security) {
        self.commands.send(Command::SetSecurity { request, tag, to }).await.unwrap();
    }
}

#[tokio::test]
async fn a_stack_is_read_written_and_taken() {
    let emulator = Emulator::start(&["--max-per-inventory", "2"]);
    let config = emulator.config();
    stack(emulator, config).await;
}

#[tokio::test]
async fn a_stack_is_read_written_and_taken_by_a_3m_reader() {
    let mut emulator = Emulator::start(&["--protocol", "3m-810", "--timing", "real"]);
    emulator.say("double 50");
    emulator.say("noise every 5 3");
    let (baud, parity) = Protocol::ThreeM810.line();
    let config = PortConfig { protocol: Protocol::ThreeM810, baud, parity, ..emulator.config() };
    stack(emulator, config).await;
}

/// A reader that speaks something else is silent.
#[tokio::test]
async fn the_wrong_protocol_is_told() {
    let emulator = Emulator::start(&["--protocol", "3m-810"]);
    let quick = Duration::from_millis(20);
    let mut driver = Driver::start(PortConfig { answer_timeout: quick, ..emulator.config() });
    assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Silent));
    let emulator = Emulator::start(&["--model", "cpr02"]);
    let config = PortConfig { protocol: Protocol::ThreeM810, answer_timeout: quick, ..emulator.config() };
    assert_eq!(Driver::start(config).next().await, ReaderEvent::Down(DownCause::Silent));
}

async fn stack(mut emulator: Emulator, config: PortConfig) {
    let mut driver = Driver::start(config);
    driver.up().await;
    for name in ["I1", "I2", "I3"] {
        emulator.say(&format!("book {name} owner=CN-110108-1-NLC set=1/1"));
    }
    assert_eq!(emulator.say("put I1 I2 I3"), "ok 3 on pad");
    let mut arrived = Vec::new();
    loop {
        match driver.next().await {
            ReaderEvent::Arrived(arrival) => {
                let TagData::Library(tag) = arrival.data else { panic!("{:?}", arrival.data) };
                assert_eq!(arrival.security, Some(Security::Secured));
                arrived.push((tag.primary_item_id, arrival.tag));
            }
            ReaderEvent::Complete { n } => {
                assert_eq!(n, arrived.len());
                if n == 3 {
                    break;
                }
            }
            event @ (ReaderEvent::Up(_)
            | ReaderEvent::Down(_)
            | ReaderEvent::Departed { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Heard(_)
            | ReaderEvent::Power { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_)) => {
                panic!("{event:?}")
            }
        }
    }
    for (request, (_, uid)) in arrived.iter().enumerate() {
        driver.set(request as u64, *uid, Security::Unsecured).await;
    }
    for (request, (name, uid)) in arrived.iter().enumerate() {
        let wrote =
            ReaderEvent::Wrote { request: request as u64, tag: *uid, outcome: WriteOutcome::Verified };
        assert_eq!(driver.next().await, wrote);
        assert!(emulator.say(&format!("show {name}")).contains("afi=C2 eas=0"));
    }
    emulator.say("take all");
    for _ in 0..3 {
        assert!(matches!(driver.next().await, ReaderEvent::Departed { .. }));
    }
    assert_eq!(driver.next().await, ReaderEvent::Complete { n: 0 });
    drop(driver.commands);
    driver.task.await.unwrap();
}

#[tokio::test]
async fn a_reader_is_unplugged_and_comes_back() {
    let mut emulator = Emulator::start(&[]);
    let mut driver = Driver::start(emulator.config());
    driver.up().await;
    emulator.say("book I1");
    emulator.say("put I1");
    assert!(matches!(driver.next().await, ReaderEvent::Arrived(_)));
    assert_eq!(driver.next().await, ReaderEvent::Complete { n: 1 });
    let uid = TagId::from(emulator.uid("I1"));
    for round in 0..3 {
        assert_eq!(emulator.say("unplug"), "ok");
        assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Unplugged));
        let missing = OpenError::Missing { path: emulator.link() };
        assert_eq!(port::open_check(&emulator.config()).await, Err(missing.clone()));
        assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Open(missing)));
        driver.set(round, uid, Security::Unsecured).await;
        assert_eq!(
            driver.next().await,
            ReaderEvent::Wrote { request: round, tag: uid, outcome: WriteOutcome::Gone }
        );
        assert!(emulator.say("plug").starts_with("ok /dev/pts/"));
        assert!(matches!(driver.next().await, ReaderEvent::Up(_)));
        assert_eq!(driver.next().await, ReaderEvent::Complete { n: 1 }, "the item has not moved");
    }
}

#[tokio::test]
async fn a_port_in_use_is_told_and_taken_when_it_is_free() {
    let emulator = Emulator::start(&[]);
    let mut first = Driver::start(emulator.config());
    first.up().await;
    let busy = OpenError::Busy { path: emulator.link() };
    assert_eq!(port::open_check(&emulator.config()).await, Err(busy.clone()));
    let mut second = Driver::start(emulator.config());
    assert_eq!(second.next().await, ReaderEvent::Down(DownCause::Open(busy)));
    drop(first.events);
    first.task.await.unwrap();
    second.up().await;
}

#[tokio::test]
async fn a_silent_reader_is_told() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("mute on");
    let quick = Duration::from_millis(5);
    let mut driver = Driver::start(PortConfig { answer_timeout: quick, ..emulator.config() });
    assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Silent));
    emulator.say("mute off");
    driver.up().await;
}

#[test]
fn the_program_ends_cleanly_and_refuses_a_bad_file_of_tags() {
    let mut emulator = Emulator::start(&["--timing", "real"]);
    assert_eq!(emulator.say("quit"), "ok");
    assert!(emulator.child.wait().unwrap().success());
    assert!(!emulator.link().is_symlink(), "the link is removed");
    let mut rest = String::new();
    emulator.stdout.read_line(&mut rest).unwrap();
    assert_eq!(rest, "");

    let tags = emulator.dir.path().join("tags");
    std::fs::write(&tags, "# two items\nbook I1\nbok I2\n").unwrap();
    let failed = Process::new(env!("CARGO_BIN_EXE_rfid-emulator")).arg("--tags").arg(&tags).output().unwrap();
    assert!(!failed.status.success());
    let text = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(text, format!("rfid-emulator: {}:3: \"bok\" is not a command; try: help\n", tags.display()));
}
