//! `kioskctl doctor`: each check with what makes it fail, against real ports, servers, files and databases.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::Value;
use tempfile::TempDir;

use crate::emulated::Emulator;
use crate::program::{Run, run};

/// A machine: a folder that stands for its system, a configuration and a data folder.
pub(crate) struct Machine {
    pub(crate) folder: TempDir,
}

impl Machine {
    /// With what a kiosk of the package has.
    pub(crate) fn sound() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        machine.configure("");
        fs::create_dir(machine.data()).unwrap();
        fs::set_permissions(machine.data(), fs::Permissions::from_mode(0o700)).unwrap();
        for (path, text) in [
            ("usr/share/fonts/truetype/a.ttf", ""),
            ("sys/class/drm/card0-HDMI-A-1/status", "connected\n"),
            ("sys/class/drm/card0-DP-1/status", "disconnected\n"),
            ("sys/class/rtc/rtc0/name", "rtc\n"),
            ("run/systemd/timesync/synchronized", ""),
            ("proc/asound/card0/id", "PCH\n"),
            ("usr/bin/espeak-ng", ""),
            ("usr/bin/aplay", ""),
        ] {
            machine.put(path, text);
        }
        machine
    }

    pub(crate) fn configure(&self, rest: &str) {
        let text = format!("version = 2\n[kiosk]\ndata_dir = {:?}\n{rest}", self.data());
        fs::write(self.file(), text).unwrap();
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("kiosk.toml")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn doctor(&self, arguments: &[&str]) -> Run {
        let (file, root) = (self.file(), self.root());
        let own = ["doctor", "--config", file.to_str().unwrap(), "--root", root.to_str().unwrap()];
        run(&[&own, arguments].concat())
    }

    /// One check: its exit code and what it says, as JSON.
    pub(crate) fn only(&self, check: &str, more: &[&str]) -> (i32, Vec<Value>) {
        let run = self.doctor(&[&["--json", "--only", check], more].concat());
        let findings: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!findings.is_empty() && run.err.is_empty(), "{}", run.all());
        for finding in &findings {
            assert_eq!(finding["check"], check);
            let chinese = finding["zh"].as_str().unwrap();
            assert!(chinese.chars().any(|c| ('一'..='龥').contains(&c)), "{chinese}");
            let is_bad = ["warning", "fault"].contains(&finding["level"].as_str().unwrap());
            assert_eq!(
                is_bad,
                finding["remedy_zh"].is_string() && finding["remedy_en"].is_string(),
                "{finding}"
            );
        }
        (run.code.unwrap(), findings)
    }

    /// Expects an exit code and a word of the English text.
    #[track_caller]
    pub(crate) fn expect(&self, check: &str, more: &[&str], code: i32, word: &str) {
        let (found, findings) = self.only(check, more);
        let told = findings.iter().any(|finding| finding["en"].as_str().unwrap().contains(word));
        assert!(found == code && told, "{check}: exit {found}, {findings:#?}");
    }
}

#[test]
fn configuration() {
    let machine = Machine::sound();
    machine.expect("config", &[], 1, "the secret is that of the demonstration");
    let secret = machine.folder.path().join("secret");
    fs::write(&secret, "planted\n").unwrap();
    machine
        .configure(&format!("[central]\nbase_url = \"https://central.example\"\nsecret_file = {secret:?}\n"));
    machine.expect("config", &[], 0, "is sound");
    machine.configure("[visit]\nidle_seconds = 5\n");
    machine.expect("config", &[], 2, "[visit] idle_seconds: got the number 5");
    fs::remove_file(machine.file()).unwrap();
    machine.expect("config", &[], 2, "no such file");
    machine.expect("reader", &[], 0, "no usable configuration");
    assert_eq!(machine.doctor(&["--only", "nonsense"]).code, Some(3));
}

#[test]
fn data_folder_and_its_disk() {
    let machine = Machine::sound();
    machine.expect("data", &[], 0, "takes files");
    assert_eq!(fs::read_dir(machine.data()).unwrap().count(), 0, "nothing is left behind");
    machine.expect("space", &["--min-free-mb", "0"], 0, "MB are free");
    machine.expect("space", &["--min-free-mb", "999999999999"], 2, "MB are free");
    fs::set_permissions(machine.data(), fs::Permissions::from_mode(0o755)).unwrap();
    machine.expect("data", &[], 1, "other accounts may look");
    machine.put("etc/passwd", "root:x:0:0::/:/bin/sh\nyueting:x:64242:64242::/var/lib/yueting:/bin/false\n");
    machine.expect("data", &[], 2, "is not the account yueting's");
    fs::remove_dir(machine.data()).unwrap();
    machine.expect("data", &[], 2, "there is no data folder");
    fs::write(machine.data(), "").unwrap();
    machine.expect("data", &[], 2, "takes no file");
}

#[test]
fn ledger_and_queue() {
    let machine = Machine::sound();
    machine.expect("ledger", &[], 1, "there is no ledger yet");
    machine.expect("queue", &[], 0, "no ledger to look at");
    let parked = crate::queue::folder();
    fs::copy(parked.path().join("ledger.db"), machine.data().join("ledger.db")).unwrap();
    machine.expect("ledger", &[], 0, "is sound: 2 rows");
    machine.expect("queue", &[], 1, "rows that wait for staff: 1");
    fs::write(
        machine.data().join("ledger.db"),
        "this is no database at all, and long enough to be seen as none",
    )
    .unwrap();
    machine.expect("ledger", &[], 2, "ledger");
}

#[test]
fn rows_that_central_was_not_told_of_for_a_day() {
    let machine = Machine::sound();
    crate::queue::open_row(&machine.data().join("ledger.db"));
    machine.expect("queue", &["--at", "2026-11-22T02:00:00Z"], 0, "1 rows are open");
    machine.expect("queue", &["--at", "2026-11-23T02:00:00Z"], 1, "the oldest for 25 hours");
}

#[test]
fn clock() {
    let machine = Machine::sound();
    machine.expect("clock", &[], 0, "the clock is kept");
    machine.remove("run/systemd/timesync/synchronized");
    machine.expect("clock", &[], 1, "not kept by a time server");
    machine.remove("sys/class/rtc/rtc0/name");
    fs::remove_dir(machine.root().join("sys/class/rtc/rtc0")).unwrap();
    machine.expect("clock", &[], 1, "no hardware clock");
    fs::write(machine.data().join("ledger.db"), "").unwrap();
    machine.expect("clock", &["--at", "2020-01-01T00:00:00Z"], 2, "behind the last row");
}

#[test]
fn port_and_reader() {
    let machine = Machine::sound();
    machine.configure("[reader]\nport = \"/dev/yueting-nowhere\"\n");
    machine.expect("port", &[], 2, "there is no port");
    machine.expect("reader", &[], 2, "does not answer");
    machine.configure(&format!("[reader]\nport = {:?}\n", machine.file()));
    machine.expect("port", &[], 2, "is no serial port");
    let emulator = Emulator::start(&["--timing", "fast"]);
    let at = |protocol: &str| format!("[reader]\nport = {:?}\n{protocol}", emulator.port());
    machine.configure(&at(""));
    machine.expect("port", &[], 0, "the port is there");
    machine.expect("reader", &[], 0, "the reader answers: ");
    // Nobody there who speaks that.
    machine.configure(&at("protocol = \"m100\"\nbaud = 115200\nparity = \"none\"\n"));
    machine.expect("reader", &[], 2, "does not answer");
    machine.configure(&at(""));
    machine.put("etc/passwd", "yueting:x:64242:64242::/var/lib/yueting:/bin/false\n");
    machine.expect("port", &[], 2, "the account yueting may not use");
    machine.configure("[reader]\nport = \"tcp://192.0.2.7:5084\"\n");
    machine.expect("port", &[], 0, "on the network");
    // A kiosk that runs keeps its reader.
    let _kiosk = crate::standin::StandIn::start(&machine.data(), &machine.file(), |_| true);
    machine.expect("reader", &[], 0, "drives its reader alone");
}

/// Central, as a process of its own.
pub(crate) struct Central {
    child: Child,
    pub(crate) address: String,
}

impl Central {
    pub(crate) fn start(folder: &Path) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_kioskctl")).with_file_name("central");
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--seed-demo", "--db"])
            .arg(folder.join("central.db"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("build first: cargo build -p central --bins");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "central ended");
            if let Some(address) = line.trim().strip_prefix("listening on ") {
                break address.to_owned();
            }
        };
        Self { child, address }
    }
}

impl Drop for Central {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn central_answers_takes_the_account_and_has_the_time() {
    let machine = Machine::sound();
    let central = Central::start(machine.folder.path());
    let address = format!("[central]\nbase_url = {:?}\ntotal_timeout_ms = 60000\n", central.address);
    machine.configure(&address);
    machine.expect("central", &[], 0, "answers and takes the account");
    machine.expect("central", &["--at", "2030-01-01T00:00:00Z"], 2, "s apart");
    machine.configure(&format!("{address}secret = \"planted-wrong\"\n"));
    machine.expect("central", &[], 2, "refuses the kiosk's account");
    machine.configure(&address);
    drop(central);
    machine.expect("central", &[], 2, "does not answer");
    machine.configure("[central]\ninterface = \"sip2\"\n[sip2]\nhost = \"127.0.0.1\"\nport = 1\n");
    machine.expect("central", &[], 2, "does not answer: 127.0.0.1:1");
}

/// A server that shakes hands and hangs up.
fn tls_server() -> u16 {
    let tls = |name: &str| format!("{}/../sync-client/testdata/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let certificate = CertificateDer::from_pem_file(tls("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(tls("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // A client that refuses the certificate hangs up.
            connection.complete_io(&mut stream).ok();
        }
    });
    port
}

/// The server's certificate is good for a hundred years, until November 2126.
#[test]
fn certificates_expired_ending_untrusted_and_for_another() {
    let machine = Machine::sound();
    machine.expect("certificate", &[], 0, "is not TLS");
    let port = tls_server();
    let tls = format!("{}/../sync-client/testdata/tls", env!("CARGO_MANIFEST_DIR"));
    let with = |host: &str, file: &str| {
        machine.configure(&format!(
            "[central]\ninterface = \"sip2\"\n[sip2]\nhost = \"{host}\"\nport = {port}\ntls = \"file\"\ntls_file = \"{tls}/{file}\"\n"
        ));
    };
    with("localhost", "ca.pem");
    machine.expect("certificate", &[], 0, "the certificate is good");
    machine.expect("certificate", &["--at", END_IN_A_WEEK], 1, "ends within two weeks");
    machine.expect("certificate", &["--at", "2200-01-01T00:00:00Z"], 2, "has expired");
    machine.expect("certificate", &["--at", "2001-01-01T00:00:00Z"], 2, "is not valid yet");
    with("localhost", "other.pem");
    machine.expect("certificate", &[], 2, "nobody whom this machine trusts");
    with("127.0.0.2", "ca.pem");
    machine.expect("certificate", &[], 2, "for another name");
    machine.configure(&format!("[central]\nbase_url = \"https://localhost:{port}\"\n"));
    machine.expect("certificate", &[], 2, "nobody whom this machine trusts");
    machine.configure("[central]\nbase_url = \"https://localhost:1\"\n");
    machine.expect("certificate", &[], 2, "no TLS with localhost:1");
}

#[test]
fn mirror() {
    let machine = Machine::sound();
    machine.expect("mirror", &[], 0, "wants no mirror");
    machine.configure(
        "[central]\ninterface = \"kiosk\"\n[offline]\ncheckout = \"assume\"\nmax_mirror_age_hours = 48\n",
    );
    machine.expect("mirror", &[], 1, "there is no mirror yet");
    let path = machine.data().join("mirror.db");
    drop(sync_client::mirror::Mirror::open(&path).unwrap());
    machine.expect("mirror", &[], 1, "there is no mirror yet");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let at: jiff::Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    connection.execute("UPDATE meta SET mirrored_ms = ?1", [at.as_millisecond()]).unwrap();
    drop(connection);
    machine.expect("mirror", &["--at", "2026-11-22T05:00:00Z"], 0, "is 5 hours old");
    machine.expect("mirror", &["--at", "2026-11-23T06:00:00Z"], 1, "is 30 hours old, of 48 allowed");
    machine.expect("mirror", &["--at", "2026-11-24T00:00:00Z"], 2, "nothing is lent without central");
    fs::write(&path, "this is no database at all, and long enough to be seen as none").unwrap();
    machine.expect("mirror", &[], 2, "cannot be read");
}

#[test]
fn fonts_display_and_audio() {
    let machine = Machine::sound();
    machine.expect("fonts", &[], 0, "there is a font");
    machine.remove("usr/share/fonts/truetype/a.ttf");
    machine.expect("fonts", &[], 2, "no font at all");
    machine.expect("display", &[], 0, "card0-HDMI-A-1");
    machine.put("sys/class/drm/card0-HDMI-A-1/status", "disconnected\n");
    machine.expect("display", &[], 2, "no display is plugged in");
    fs::remove_dir_all(machine.root().join("sys/class/drm")).unwrap();
    machine.expect("display", &[], 1, "no display port");
    machine.expect("audio", &[], 0, "wants no sound");
    machine.configure("[screen]\nvoice = true\nsounds = true\n");
    machine.expect("audio", &[], 0, "can be heard");
    machine.remove("usr/bin/espeak-ng");
    machine.expect("audio", &[], 1, "no program can speak");
    machine.remove("usr/bin/aplay");
    machine.expect("audio", &[], 1, "no program plays them");
    fs::remove_dir_all(machine.root().join("proc/asound")).unwrap();
    machine.expect("audio", &[], 1, "no sound card");
}

#[test]
fn service_and_package() {
    let machine = Machine::sound();
    machine.expect("service", &[], 1, "the service is not installed");
    machine.put("usr/lib/systemd/system/yueting-kiosk.service", "[Service]\n");
    machine.expect("service", &[], 0, "systemd does not run here");
    // Where systemd is said to run, systemctl is asked, and knows no such service that runs.
    machine.put("run/systemd/system/x", "");
    machine.expect("service", &[], 2, "the service does not run");
    machine.expect("package", &[], 0, "not installed from the package");
    let status = "Package: yueting\nStatus: install ok installed\nMaintainer: x <x@example.org>\nArchitecture: amd64\nVersion: 0.1.0\nDescription: kiosk\n";
    for (path, text) in [
        ("var/lib/dpkg/status", status),
        ("var/lib/dpkg/available", ""),
        ("var/lib/dpkg/info/format", "1\n"),
        ("var/lib/dpkg/info/yueting.list", "/.\n/usr\n/usr/bin\n/usr/bin/kiosk\n"),
        ("var/lib/dpkg/info/yueting.md5sums", "900150983cd24fb0d6963f7d28e17f72  usr/bin/kiosk\n"),
        ("usr/bin/kiosk", "abc"),
    ] {
        machine.put(path, text);
    }
    machine.expect("package", &[], 0, "as installed");
    machine.put("usr/bin/kiosk", "abd");
    machine.expect("package", &[], 2, "/usr/bin/kiosk");
    machine.remove("usr/bin/kiosk");
    machine.expect("package", &[], 2, "/usr/bin/kiosk");
}

/// The whole, as a person reads it: no secret, both languages, the worst as exit code.
#[test]
fn all_of_it_as_text() {
    let machine = Machine::sound();
    machine.configure(
        "[central]\nsecret = \"planted-secret\"\nbase_url = \"http://127.0.0.1:1\"\n[reader]\nport = \"/dev/yueting-nowhere\"\n",
    );
    let both = machine.doctor(&[]);
    assert_eq!(both.code, Some(2), "{}", both.all());
    assert!(both.out.contains("✗ port        串口不存在：/dev/yueting-nowhere\n"), "{}", both.out);
    assert!(both.out.contains("              there is no port /dev/yueting-nowhere"), "{}", both.out);
    assert!(
        both.out.contains("              → 插好读写器")
            && both.out.contains("              → plug the reader in")
    );
    assert!(!both.all().contains("planted"), "{}", both.out);
    let has_chinese = |text: &str| text.chars().any(|c| ('一'..='龥').contains(&c));
    assert!(!has_chinese(&machine.doctor(&["--lang", "en"]).out));
    assert!(!machine.doctor(&["--lang", "zh"]).out.contains("plug the reader in"));
}

const END_IN_A_WEEK: &str = "2126-10-27T00:00:00Z";
