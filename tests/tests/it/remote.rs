//! `kioskctl` at another machine: the console of a kiosk over TLS, with the technician's password.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use browser::certificate;
use supervision::part::Part;
use tests::place::beside;
use tests::scene::Scene;

use crate::drills::board;

const PASSWORD: &str = "correct horse 71";

/// A kiosk with a console, and what a technician elsewhere has: its address, the certificate, the password.
struct Afar {
    scene: Scene,
    url: String,
    certificate: PathBuf,
    folder: tempfile::TempDir,
}

impl Afar {
    async fn start(days: (&str, &str)) -> Self {
        kiosk::log::start("info");
        let folder = tempfile::tempdir().expect("a folder");
        let (cert, key) = certificate::make(folder.path(), "kiosk", "IP:127.0.0.1", days);
        let mut scene = Scene::closed().await;
        let listen = free_address();
        let console = &mut scene.world.config_mut().console;
        console.listen = Some(listen);
        console.password = Some(config::Secret::new(kiosk::staff::hash(PASSWORD).expect("it is hashed")));
        (console.tls_cert, console.tls_key) = (Some(cert.clone()), Some(key));
        scene.start_kiosk().await.expect("the kiosk starts");
        scene.until_welcome().await;
        Self { scene, url: format!("https://{listen}"), certificate: cert, folder }
    }

    fn password_file(&self, password: &str) -> PathBuf {
        let path = self.folder.path().join("password");
        std::fs::write(&path, format!("{password}\n")).expect("it is written");
        path
    }

    async fn kioskctl(&self, words: &[&str]) -> (Option<i32>, String) {
        self.with(words, PASSWORD, Some(&self.certificate)).await
    }

    async fn with(&self, words: &[&str], password: &str, ca: Option<&Path>) -> (Option<i32>, String) {
        let mut command = Command::new(beside("kioskctl"));
        command
            .args(words)
            .args(["--console", &self.url, "--password-file"])
            .arg(self.password_file(password));
        if let Some(ca) = ca {
            command.arg("--ca").arg(ca);
        }
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it is run");
        let Output { status, stdout, stderr } = output.expect("it starts");
        (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }
}

/// A port that was free a moment ago: the console's own is told on the board only, which is what is to be reached.
fn free_address() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technician_elsewhere_asks_and_orders_what_one_at_the_kiosk_does() {
    let mut afar = Afar::start(certificate::GOOD).await;
    afar.scene.reader("put LW20260001 LW0000001").await;
    afar.scene.until_lines(1, 0).await;
    afar.scene.reader("take all").await;
    afar.scene.until_welcome().await;
    for (words, code, shows) in [
        (&["parts"][..], 0, "patrons are served"),
        (&["parts", "--json"], 0, "\"kiosk\":"),
        (&["alarms"], 0, "no alarms"),
        (&["queue", "status"], 0, "central            answers"),
        (&["queue", "list", "--all"], 0, "LW0000001"),
        (&["queue", "export"], 0, "\"item\":\"LW0000001\""),
        (&["log", "--contains", "reader answers"], 0, "FEIG"),
        (&["reader", "power"], 0, "the reader's own"),
        (&["reader", "power", "20"], 2, "an HF reader has no power"),
        (&["service", "out"], 0, ""),
        (&["parts"], 1, "nobody is served"),
        (&["service", "back"], 0, ""),
        // A kiosk without a file has none to take over, and says so.
        (&["reload"], 2, "without a file"),
        // The numbers of patrons stay on the machine.
        (&["queue", "export", "--patrons"], 2, "at the machine itself"),
        (&["queue", "new-ledger"], 2, "on the kiosk itself"),
        // The console comes back after the answer that it ends.
        (&["restart", "console"], 0, ""),
    ] {
        let (is, text) = afar.kioskctl(words).await;
        assert_eq!(is, Some(code), "{words:?}: {text}");
        assert!(text.contains(shows), "{words:?}: {text}");
        assert!(!text.contains("LW20260001"), "{words:?} names a patron: {text}");
        if words == ["service", "back"] {
            afar.scene.until_welcome().await;
        }
    }
    until_anew(&afar.scene, Part::Console).await;
    let (code, text) = afar.kioskctl(&["parts"]).await;
    assert_eq!(code, Some(0), "{text}");
}

async fn until_anew(scene: &Scene, part: Part) {
    let end = tokio::time::Instant::now() + tests::scene::PATIENCE;
    loop {
        // While the control socket itself is begun anew, nobody answers.
        let parts = board(scene).await.map(|board| board.parts).unwrap_or_default();
        let known = parts.into_iter().find(|known| known.part == part);
        if known.as_ref().is_some_and(|known| known.n_restarts == 1 && known.state.works()) {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{part:?}: {known:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_trusted_is_told_why_on_both_sides() {
    let afar = Afar::start(certificate::GOOD).await;
    let parts = ["parts"];
    let (code, text) = afar.with(&parts, "guess", Some(&afar.certificate)).await;
    assert!(code == Some(2) && text.contains("wrong password"), "{text}");
    // Nobody vouches for it on this machine.
    let (code, text) = afar.with(&parts, PASSWORD, None).await;
    assert!(code == Some(2) && text.contains("not trusted: name the one to trust with --ca"), "{text}");
    let missing = afar.folder.path().join("none.pem");
    let (code, text) = afar.with(&parts, PASSWORD, Some(&missing)).await;
    assert!(code == Some(2) && text.contains("--ca: ") && text.contains("none.pem"), "{text}");
    let plain =
        Command::new(beside("kioskctl")).args(["parts", "--console", "http://192.0.2.1:8443"]).output();
    let plain = String::from_utf8_lossy(&plain.expect("it starts").stderr).into_owned();
    assert!(plain.contains("the password would go over the network"), "{plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_refused_before_the_password_is_sent() {
    let afar = Afar::start(certificate::EXPIRED).await;
    let (code, text) = afar.kioskctl(&["parts"]).await;
    assert!(code == Some(2) && text.contains("its certificate has expired"), "{text}");
    let board = board(&afar.scene).await.expect("it answers");
    assert!(board.alarms.iter().all(|alarm| !alarm.key.contains("console")), "{:?}", board.alarms);
}

/// Both were said to be done, and nothing was.
#[tokio::test(flavor = "multi_thread")]
async fn the_control_socket_and_the_console_are_begun_anew_when_asked_to() {
    let afar = Afar::start(certificate::GOOD).await;
    for part in [Part::Console, Part::Control] {
        let (code, text) = afar.kioskctl(&["restart", part.word()]).await;
        assert_eq!(code, Some(0), "{text}");
        until_anew(&afar.scene, part).await;
    }
    let (code, text) = afar.kioskctl(&["parts"]).await;
    assert_eq!(code, Some(0), "{text}");
}
