//! The telling, against a real broker: mosquitto, with its own client listening.
//!
//! Where mosquitto is not installed these tests do not run, and say so; with `YUETING_MQTT=required` that is a failure.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use browser::certificate;
use jiff::Timestamp;
use serde_json::Value;
use supervision::alarm::{Alarm, Severity};
use supervision::board::Board;
use supervision::life::Life;
use supervision::metrics::Metrics;
use supervision::mqtt::{Publisher, Setup, Trust};
use supervision::part::{Part, State};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A broker, which can be ended and begun again at its port.
struct Broker {
    folder: TempDir,
    port: u16,
    extra: String,
    child: Option<Child>,
}

impl Broker {
    /// Nothing where mosquitto is not installed.
    async fn start(extra: impl FnOnce(&Path) -> String) -> Option<Self> {
        if Command::new("mosquitto").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            let is_required = std::env::var_os("YUETING_MQTT").is_some_and(|word| word == "required");
            assert!(!is_required, "YUETING_MQTT=required, and mosquitto is not installed");
            std::io::stderr()
                .write_all(b"\n*** MOSQUITTO IS NOT INSTALLED: ITS TESTS WERE NOT RUN ***\n\n")
                .unwrap();
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let extra = extra(folder.path());
        let mut broker = Self { folder, port, extra, child: None };
        broker.begin().await;
        Some(broker)
    }

    async fn begin(&mut self) {
        let conf = self.folder.path().join("mosquitto.conf");
        // As root it would become another account, which may not read the folder.
        let text = format!("user root\nlistener {} 127.0.0.1\n{}", self.port, self.extra);
        fs::write(&conf, text).unwrap();
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let child = Command::new("mosquitto").arg("-c").arg(&conf).stdout(Stdio::null()).stderr(log).spawn();
        self.child = Some(child.unwrap());
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mosquitto does not listen: {}", self.log());
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn setup(&self) -> Setup {
        Setup {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            trust: None,
            account: None,
            device: "main".to_owned(),
            interval: Duration::from_secs(3_600),
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.end();
    }
}

fn anonymous(_: &Path) -> String {
    "allow_anonymous true\n".to_owned()
}

/// Whoever listens: lines `retained topic payload`.
struct Listener {
    child: Child,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn of(broker: &Broker) -> Self {
        let mut child = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &broker.port.to_string(), "-t", "te/#", "-F", "%r %t %p"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&heard);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| to.lock().unwrap().push(line))
        });
        Self { child, heard }
    }

    fn all(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits for a line with these words.
    async fn until(&self, words: &[&str]) -> String {
        self.wait(&format!("{words:?}"), |line| words.iter().all(|word| line.contains(word))).await
    }

    /// Waits for this line.
    async fn until_line(&self, whole: &str) {
        self.wait(whole, |line| line == whole).await;
    }

    async fn wait(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        for _ in 0..600 {
            if let Some(line) = self.all().into_iter().rev().find(|line| is_it(line)) {
                return line;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} is not heard: {:#?}", self.all());
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The telling, under way.
struct Telling {
    board: watch::Sender<Board>,
    metrics: Metrics,
    task: JoinHandle<()>,
    states: Arc<Mutex<Vec<(State, String)>>>,
}

impl Telling {
    fn start(setup: Setup) -> Self {
        let mut known = Board::new("东门 1".to_owned(), Timestamp::UNIX_EPOCH);
        for part in &mut known.parts {
            part.state = if part.part == Part::Printer { State::Absent } else { State::Up };
        }
        let board = watch::Sender::new(known);
        let metrics = Metrics::new("0.1.0");
        let publisher = Publisher::new(setup, board.subscribe(), metrics.clone(), Life::default()).unwrap();
        let states = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&states);
        let task = tokio::spawn(publisher.run(move |state, why| to.lock().unwrap().push((state, why))));
        Self { board, metrics, task, states }
    }

    fn break_the_reader(&self) {
        self.board.send_modify(|board| {
            board.parts[0].state = State::Down;
            board.alarms.push(Alarm {
                key: "part.reader".to_owned(),
                severity: Severity::Critical,
                why: "the reader was unplugged".to_owned(),
                since: Timestamp::UNIX_EPOCH,
                until: None,
            });
        });
    }

    fn mend_the_reader(&self) {
        self.board.send_modify(|board| {
            board.parts[0].state = State::Up;
            board.alarms.clear();
        });
    }

    /// Waits until the way to the broker is said to be so, for the nth time.
    async fn until(&self, state: State, nth: usize, broker: &Broker) -> String {
        for _ in 0..600 {
            let states = self.states.lock().unwrap().clone();
            if let Some((_, why)) = states.iter().filter(|(is, _)| *is == state).nth(nth) {
                return why.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not {state:?}: {:?}\n{}", self.states.lock().unwrap(), broker.log());
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const READER: &str = "te/device/main/service/yueting-reader/status/health";
const KIOSK: &str = "te/device/main/service/yueting/status/health";
const ALARM: &str = "te/device/main///a/part.reader";

#[tokio::test]
async fn services_alarms_and_numbers_are_told_and_the_will_when_the_program_is_gone() {
    let Some(broker) = Broker::start(anonymous).await else { return };
    let telling = Telling::start(broker.setup());
    telling.until(State::Up, 0, &broker).await;
    let listener = Listener::of(&broker);
    listener.until(&[READER, "\"up\""]).await;
    listener.until(&["te/device/main/service/yueting-reader ", "\"@type\":\"service\""]).await;
    telling.break_the_reader();
    let alarm = listener.until(&[ALARM, "critical"]).await;
    let told: Value = serde_json::from_str(alarm.splitn(3, ' ').nth(2).unwrap()).unwrap();
    assert_eq!((&told["severity"], &told["time"]), (&"critical".into(), &"1970-01-01T00:00:00Z".into()));
    assert!(told["text"].as_str().unwrap().contains("the reader was unplugged"), "{told}");
    listener.until(&[READER, "\"down\""]).await;
    // Whoever comes later hears what holds, from the broker.
    let later = Listener::of(&broker);
    assert!(later.until(&[ALARM]).await.starts_with("1 "));
    telling.mend_the_reader();
    listener.until(&[READER, "\"up\""]).await;
    listener.until_line(&format!("0 {ALARM} ")).await;
    let last = Listener::of(&broker);
    last.until(&[KIOSK, "\"up\""]).await;
    assert!(
        !last.all().iter().any(|line| line.contains("///a/") || line.contains("printer")),
        "{:#?}",
        last.all()
    );
    // The program is gone without a word.
    telling.task.abort();
    listener.until(&[KIOSK, "\"down\""]).await;
}

#[tokio::test]
async fn measurements_are_the_numbers_of_the_metrics_and_name_nobody() {
    let Some(broker) = Broker::start(anonymous).await else { return };
    let listener = Listener::of(&broker);
    // The first measurement goes once the connection is there.
    let mut setup = broker.setup();
    (setup.device, setup.interval) = ("kiosk-1".to_owned(), Duration::from_millis(200));
    let telling = Telling::start(setup);
    telling.metrics.transaction("checkout", "done");
    let told = listener.until(&["te/device/kiosk-1///m/kiosk", "checkout_done"]).await;
    assert!(told.starts_with("0 "), "{told}");
    let told: Value = serde_json::from_str(told.splitn(3, ' ').nth(2).unwrap()).unwrap();
    assert_eq!(
        (told["transactions"]["checkout_done"].as_f64(), told["ready"].as_f64()),
        (Some(1.0), Some(1.0))
    );
    // All of it is numbers, but for the time.
    for (name, value) in told.as_object().unwrap() {
        let is_number =
            value.is_number() || value.as_object().is_some_and(|of| of.values().all(Value::is_number));
        assert!(is_number || name == "time", "{name}: {value}");
    }
}

#[tokio::test]
async fn a_broker_that_is_away_is_tried_again_and_then_told_everything() {
    let Some(mut broker) = Broker::start(anonymous).await else { return };
    broker.end();
    let telling = Telling::start(broker.setup());
    let why = telling.until(State::Down, 0, &broker).await;
    assert!(why.contains("cannot be reached"), "{why}");
    telling.break_the_reader();
    for nth in 0..2 {
        broker.begin().await;
        telling.until(State::Up, nth, &broker).await;
        let listener = Listener::of(&broker);
        listener.until(&[ALARM, "critical"]).await;
        listener.until(&[READER, "\"down\""]).await;
        drop(listener);
        // It keeps nothing on its disk: all of it is told anew.
        broker.end();
    }
}

#[tokio::test]
async fn over_tls_with_an_account_and_only_to_whom_the_file_vouches_for() {
    let mut files = (PathBuf::new(), PathBuf::new());
    let started = Broker::start(|folder| {
        let (cert, key) = certificate::make(folder, "broker", "IP:127.0.0.1", certificate::GOOD);
        let passwords = folder.join("passwords");
        let made = Command::new("mosquitto_passwd")
            .args(["-b", "-c"])
            .arg(&passwords)
            .args(["kiosk1", "planted-word"])
            .status();
        assert!(made.unwrap().success());
        files = (cert.clone(), passwords.clone());
        format!(
            "certfile {}\nkeyfile {}\nallow_anonymous false\npassword_file {}\n",
            cert.display(),
            key.display(),
            passwords.display()
        )
    })
    .await;
    let Some(broker) = started else { return };
    let account = |word: &str| Some(("kiosk1".to_owned(), Some(word.to_owned())));
    let trust = Some(Trust::File(files.0.clone()));
    let wrong =
        Telling::start(Setup { trust: trust.clone(), account: account("wrong-word"), ..broker.setup() });
    let why = wrong.until(State::Down, 0, &broker).await;
    assert!(why.contains("mqtt.user") && !why.contains("wrong-word"), "{why}");
    // Nobody has vouched for this broker.
    let stranger = Telling::start(Setup {
        trust: Some(Trust::System),
        account: account("planted-word"),
        ..broker.setup()
    });
    let why = stranger.until(State::Down, 0, &broker).await;
    assert!(why.contains("cannot be reached") && !why.contains("planted"), "{why}");
    let plain = Telling::start(Setup { account: account("planted-word"), ..broker.setup() });
    plain.until(State::Down, 0, &broker).await;
    let right = Telling::start(Setup { trust, account: account("planted-word"), ..broker.setup() });
    let at = right.until(State::Up, 0, &broker).await;
    assert_eq!(at, format!("at 127.0.0.1:{}", broker.port));
}
