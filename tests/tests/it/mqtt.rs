//! A kiosk and a real broker (mosquitto): what happens to the kiosk is heard there.
//!
//! Where mosquitto is not installed this test does not run, and says so; with `YUETING_MQTT=required` that is a failure.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use supervision::part::{Part, State};
use tests::scene::{PATIENCE, Scene};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::drills::board;

/// The broker, and somebody who listens to all of it.
struct Broker {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _programs: [Child; 2],
    _folder: tempfile::TempDir,
}

impl Broker {
    /// Nothing where mosquitto is not installed.
    async fn start() -> Option<Self> {
        if Command::new("mosquitto")
            .arg("-h")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await
            .is_err()
        {
            let is_required = std::env::var_os("YUETING_MQTT").is_some_and(|word| word == "required");
            assert!(!is_required, "YUETING_MQTT=required, and mosquitto is not installed");
            let told = std::io::stderr()
                .write_all(b"\n*** MOSQUITTO IS NOT INSTALLED: ITS TEST WAS NOT RUN ***\n\n");
            told.expect("somebody reads it");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let conf = folder.path().join("mosquitto.conf");
        // As root it would become another account, which may not read the folder.
        let text = format!("user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n");
        std::fs::write(&conf, text).expect("it is written");
        let start = |program: &str, arguments: &[&str]| {
            Command::new(program)
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("it starts")
        };
        let broker = start("mosquitto", &["-c", conf.to_str().expect("a path")]);
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            beat.tick().await;
            assert!(tokio::time::Instant::now() < end, "mosquitto does not listen");
        }
        let text = port.to_string();
        let mut ear = start("mosquitto_sub", &["-h", "127.0.0.1", "-p", &text, "-t", "te/#", "-F", "%t %p"]);
        let lines = BufReader::new(ear.stdout.take().expect("it has an output")).lines();
        Some(Self { port, lines, _programs: [broker, ear], _folder: folder })
    }

    /// Waits for a message of this topic that contains a word.
    async fn until(&mut self, topic: &str, word: &str) {
        let mut heard = Vec::new();
        let wait = async {
            while let Some(line) = self.lines.next_line().await.expect("it is read") {
                let rest = line.strip_prefix(topic).and_then(|rest| rest.strip_prefix(' '));
                if rest.is_some_and(
                    |payload| if word.is_empty() { payload.is_empty() } else { payload.contains(word) },
                ) {
                    return true;
                }
                heard.push(line);
            }
            false
        };
        let is_heard = tokio::time::timeout(PATIENCE, wait).await.unwrap_or(false);
        assert!(is_heard, "{topic} {word:?} was not told: {heard:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_hears_how_a_kiosk_is_and_that_it_is_gone() {
    let Some(mut broker) = Broker::start().await else { return };
    let mut scene = Scene::closed().await;
    let mqtt = &mut scene.world.config_mut().mqtt;
    (mqtt.host, mqtt.port, mqtt.device) = (Some("127.0.0.1".to_owned()), broker.port, "kiosk-1".to_owned());
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    let (reader, kiosk) = (service("yueting-reader"), service("yueting"));
    broker.until(&reader, "\"up\"").await;
    scene.reader("unplug").await;
    // Alarms stand a while before they are raised: those are heard in `supervision`.
    broker.until(&reader, "\"down\"").await;
    scene.reader("plug").await;
    broker.until(&reader, "\"up\"").await;
    let parts = board(&scene).await.expect("it answers").parts;
    let known = parts.into_iter().find(|known| known.part == Part::Mqtt).expect("every part is told");
    assert_eq!(known.state, State::Up, "{known:?}");
    scene.stop_kiosk().await;
    broker.until(&kiosk, "\"down\"").await;
}

fn service(name: &str) -> String {
    format!("te/device/kiosk-1/service/{name}/status/health")
}
