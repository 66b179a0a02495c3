//! `kioskctl setup`: a bare box with an emulated reader, an emulated printer and a real central.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::doctor::Central;
use crate::emulated::Emulator;
use crate::program::{self, Run, run};

/// A printer on a pseudo-terminal.
pub(crate) struct Printer {
    child: Child,
    pub(crate) folder: TempDir,
}

impl Printer {
    pub(crate) fn start() -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_kioskctl")).with_file_name("cabinet-emulator");
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(program)
            .args(["--link".as_ref(), folder.path().join("printer").as_os_str()])
            .args(["--control".as_ref(), folder.path().join("control").as_os_str()])
            .args(["printer".as_ref(), "--out".as_ref(), folder.path().as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("build first: cargo build -p peripherals --features serial,emulator --bins");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready"), "{line}");
        Self { child, folder }
    }

    pub(crate) fn port(&self) -> String {
        self.folder.path().join("printer").display().to_string()
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

struct Box {
    folder: TempDir,
}

impl Box {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("etc/kiosk.toml")
    }

    fn arguments<'a>(&'a self, file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["setup", "--config", file], more].concat()
    }

    fn setup(&self, more: &[&str]) -> Run {
        let file = self.file();
        run(&self.arguments(file.to_str().unwrap(), more))
    }

    /// With lines on the standard input.
    fn answered(&self, more: &[&str], lines: &str) -> Run {
        let file = self.file();
        let arguments = self.arguments(file.to_str().unwrap(), more);
        let mut child = program::command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may have ended before it read all.
        child.stdin.take().unwrap().write_all(lines.as_bytes()).ok();
        Run::of(child.wait_with_output().unwrap())
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn check(&self) -> Run {
        run(&["config", "check", self.file().to_str().unwrap()])
    }
}

#[test]
fn everything_is_found_tried_and_written_without_a_question() {
    let this = Box::new();
    let central = Central::start(this.folder.path());
    // The second reader of the maker's list, so that a wrong family is tried before.
    let reader = Emulator::start(&["--timing", "fast", "--protocol", "3m-810"]);
    let printer = Printer::start();
    let secret = this.folder.path().join("the.secret");
    fs::write(&secret, "yueting-demo-secret\n").unwrap();
    let (printer_port, reader_port) = (printer.port(), reader.port());
    let given = [
        "--yes",
        "--port",
        &printer_port,
        "--port",
        &reader_port,
        "--library",
        "青禾市图书馆",
        "--central",
        &central.address,
        "--account",
        "yueting-demo",
        "--secret-file",
        secret.to_str().unwrap(),
        "--gates",
        "3m",
        "--print-test",
    ];
    let done = this.setup(&given);
    assert_eq!(done.code, Some(0), "{}", done.all());
    for told in [
        "打印机 a printer, ",
        "a reader, 3m-810 19200 8N1",
        "test receipt: 打印完成 printed",
        "answers and takes the account",
    ] {
        assert!(done.out.contains(told), "{told}: {}", done.out);
    }
    let receipt = fs::read_to_string(printer.folder.path().join("receipt-01.txt")).unwrap();
    assert!(receipt.contains("打印机工作正常"), "{receipt}");
    let text = this.text();
    for line in [
        "version = 2",
        "library = \"青禾市图书馆\"",
        &format!("port = {reader_port:?}"),
        "protocol = \"3m-810\"",
        "baud = 19200",
        "parity = \"none\"",
        "afi_pair = \"3m\"",
        &format!("secret_file = {secret:?}"),
        "# 读写器的通信协议",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("demo-secret") && !done.all().contains("demo-secret"));
    assert_eq!(this.check().code, Some(0), "{}", this.check().all());
    // What is there is left alone unless the technician says so, and then a copy stays.
    let again = this.setup(&given);
    assert_eq!((again.code, this.text()), (Some(2), text.clone()));
    assert!(again.err.contains("--overwrite"), "{}", again.err);
    let over = this.setup(&[&given[..], &["--overwrite", "--name", "东门 2"]].concat());
    assert_eq!(over.code, Some(0), "{}", over.all());
    assert!(this.text().contains("name = \"东门 2\""));
    let kept = run(&["config", "versions", "--json", "--config", this.file().to_str().unwrap()]).json();
    assert_eq!(fs::read_to_string(kept["file"].as_str().unwrap()).unwrap(), text);
}

#[test]
fn what_is_not_given_is_asked_and_the_secret_gets_a_file_of_its_own() {
    let this = Box::new();
    let central = Central::start(this.folder.path());
    let reader = Emulator::start(&["--timing", "fast"]);
    let port = reader.port();
    let lines =
        format!("青禾市图书馆\n\n\nkiosk\n{}\nyueting-demo\n\nyueting-demo-secret\n", central.address);
    let done = this.answered(&["--port", &port], &lines);
    assert_eq!(done.code, Some(0), "{}", done.all());
    assert!(
        this.text().contains("interface = \"kiosk\"") && this.text().contains("opuser = \"kiosk1\""),
        "{}",
        this.text()
    );
    let secret = this.file().with_file_name("central.secret");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "yueting-demo-secret\n");
    assert_eq!(secret.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!this.text().contains("demo-secret") && !done.all().contains("demo-secret"), "{}", done.all());
    assert_eq!(this.check().code, Some(0), "{}", this.check().all());
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let this = Box::new();
    let central = Central::start(this.folder.path());
    let reader = Emulator::start(&["--timing", "fast"]);
    let port = reader.port();
    let own = ["--port", port.as_str()];
    let wrong = format!("\n\n\n\n{}\nyueting-demo\n\nplanted-wrong\n", central.address);
    let refused = this.answered(&own, &wrong);
    assert_eq!(refused.code, Some(2), "{}", refused.all());
    assert!(refused.err.contains("central refuses the account"), "{}", refused.err);
    assert!(!refused.all().contains("planted"), "{}", refused.all());
    let ended = this.answered(&own, "\n\n");
    assert!(ended.code == Some(2) && ended.err.contains("the input ended"), "{}", ended.all());
    let bad = this.answered(&own, "\n\n5\n\nhttp://127.0.0.1:1\nx\n\nx\n");
    assert!(bad.code == Some(2) && bad.err.contains("afi_pair"), "{}", bad.all());
    let unsaid = this.setup(&[&own[..], &["--yes"]].concat());
    assert!(unsaid.code == Some(2) && unsaid.err.contains("not given"), "{}", unsaid.all());
    assert!(!this.file().exists());
}

/// A central that is not there yet is no reason not to go on; exit code 1 says that something is missing.
#[test]
fn a_box_without_reader_and_central_gets_a_file_all_the_same() {
    let this = Box::new();
    let nobody = this.folder.path().join("nothing");
    let lines = "\n\n\nsip2\n127.0.0.1:1\nkiosk1\nplanted-password\ny\n";
    let done = this.answered(&["--port", nobody.to_str().unwrap()], lines);
    assert_eq!(done.code, Some(1), "{}", done.all());
    assert!(
        done.out.contains("no reader was found") && done.out.contains("central does not answer"),
        "{}",
        done.out
    );
    assert!(this.text().contains("password_file") && !this.text().contains("planted"), "{}", this.text());
    assert_eq!(this.check().code, Some(0), "{}", this.check().all());
}
