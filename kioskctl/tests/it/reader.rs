//! `kioskctl reader` against the emulator as a program, over a real pseudo-terminal.
//!
//! The emulator lies beside the program: `cargo build -p rfid-driver --features serial,emulator --bins`.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Run, command, run};

/// D1 of the published dumps, on a chip of 36 bytes.
const DANISH: &str = "1101013131323233333434000000000000000051\
3E444537303500000000000000000000";

struct Emulator {
    child: Child,
    control: BufReader<UnixStream>,
    dir: TempDir,
    _stdout: BufReader<ChildStdout>,
}

impl Emulator {
    fn start(arguments: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_kioskctl")).with_file_name("rfid-emulator");
        let dir = tempfile::tempdir().unwrap();
        let (link, control) = (dir.path().join("reader"), dir.path().join("control"));
        let mut child = Command::new(program)
            .args(["--link".as_ref(), link.as_os_str(), "--control".as_ref(), control.as_os_str()])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("build first: cargo build -p rfid-driver --features serial,emulator --bins");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        assert!(ready.starts_with("ready "), "{ready}");
        let control = BufReader::new(UnixStream::connect(control).unwrap());
        Self { child, control, dir, _stdout: stdout }
    }

    fn link(&self) -> PathBuf {
        self.dir.path().join("reader")
    }

    fn say(&mut self, line: &str) {
        writeln!(self.control.get_mut(), "{line}").unwrap();
        let mut reply = String::from("|");
        while reply.starts_with('|') {
            reply.clear();
            self.control.read_line(&mut reply).unwrap();
        }
        assert!(reply.starts_with("ok"), "{line}: {reply}");
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_reader_is_asked_who_it_is() {
    let emulator = Emulator::start(&[]);
    let link = emulator.link();
    let path = link.to_str().unwrap();
    let run_found = run(&["reader", "probe", "--port", path]);
    assert_eq!(run_found.code, Some(0), "{}", run_found.err);
    for word in [path, "38400 8E1", "ISC.MR101", "baud = 38400", "parity = \"even\""] {
        assert!(run_found.out.contains(word), "{word:?} is not in: {}", run_found.out);
    }
    let file = emulator.dir.path().join("kiosk.toml");
    std::fs::write(&file, format!("[reader]\nport = {path:?}\nbaud = 9600\n")).unwrap();
    let run_configured = run(&["reader", "probe", "--config", file.to_str().unwrap()]);
    assert_eq!(run_configured.code, Some(0), "{}", run_configured.err);
    assert!(run_configured.out.contains("9600 8E1"), "{}", run_configured.out);
}

#[test]
fn another_family_is_found() {
    let emulator = Emulator::start(&["--protocol", "3m-810"]);
    let link = emulator.link();
    let found = run(&["reader", "probe", "--port", link.to_str().unwrap()]);
    assert_eq!(found.code, Some(0), "{}", found.err);
    assert!(found.out.starts_with("feig-obid 38400 8E1   no answer\n"), "{}", found.out);
    assert!(found.out.contains("3M 810") && found.out.contains("protocol = \"3m-810\""), "{}", found.out);
}

#[test]
fn a_silent_reader_and_a_missing_port_are_told() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("mute on");
    let link = emulator.link();
    let path = link.to_str().unwrap();
    let silent = run(&[
        "reader",
        "probe",
        "--port",
        path,
        "--protocol",
        "feig-obid",
        "--baud",
        "9600",
        "--parity",
        "none",
    ]);
    assert_eq!((silent.code, silent.out.as_str()), (Some(1), ""));
    assert!(silent.err.contains("9600 8N1") && silent.err.contains("silent"), "{}", silent.err);
    let all = run(&["reader", "probe", "--port", path, "--protocol", "feig-obid", "--baud", "9600"]);
    assert_eq!(all.code, Some(1));
    assert_eq!(
        all.out,
        "feig-obid 9600 8E1    no answer\nfeig-obid 9600 8N1    no answer\nfeig-obid 9600 8O1    no answer\n"
    );
    let watched = run(&["reader", "watch", "--port", path, "--for", "2"]);
    assert_eq!(watched.code, Some(1), "{}", watched.out);
    let missing = run(&["reader", "watch", "--port", "/nowhere/reader"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""));
    assert!(
        missing.err.contains("/nowhere/reader") && missing.err.contains("serial port"),
        "{}",
        missing.err
    );
}

#[test]
fn tags_are_shown_as_they_come_and_go() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("book B123456 owner=CN-110108-1-NLC set=1/2");
    emulator.say("put B123456");
    let link = emulator.link();
    let mut child = command(&["reader", "watch", "--json", "--port", link.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = |event: &str| -> Value {
        loop {
            let line = lines.next().expect("the program goes on").unwrap();
            let object: Value = serde_json::from_str(&line).expect("each line is JSON");
            if object["event"] == event {
                return object;
            }
        }
    };
    assert!(until("up")["model"].as_str().unwrap().contains("MR101"));
    let arrived = until("arrived");
    assert_eq!(
        (&arrived["item_id"], &arrived["layout"], &arrived["afi"], &arrived["security"], &arrived["set"]),
        (
            &json!("B123456"),
            &json!("iso28560-2"),
            &json!("07"),
            &json!("secured"),
            &json!({ "part": 1, "of": 2 })
        )
    );
    assert_eq!(until("complete")["n"], 1);
    emulator.say(&format!("raw D uid=E004010012345699 afi=07 data={DANISH}"));
    emulator.say("put D");
    let danish = until("arrived");
    assert_eq!((&danish["item_id"], &danish["layout"]), (&json!("11223344"), &json!("iso28560-3")));
    emulator.say("take all");
    let mut gone = [(); 2].map(|()| until("departed")["uid"].clone().to_string());
    gone.sort();
    let mut uids = [&arrived, &danish].map(|arrived| arrived["uid"].to_string());
    uids.sort();
    assert_eq!(gone, uids);
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
}

#[test]
fn the_table_ends_in_its_time() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("book I1");
    emulator.say("put I1");
    let link = emulator.link();
    let watched =
        command(&["reader", "watch", "--for", "1", "--port", link.to_str().unwrap()]).output().unwrap();
    let watched = Run::of(watched);
    assert_eq!(watched.code, Some(0), "{}", watched.err);
    let line = watched.out.lines().find(|line| line.contains("arrived")).expect("the tag is shown");
    assert!(line.contains("secured") && line.ends_with("I1"), "{line}");
    assert!(watched.out.lines().last().is_some_and(|line| line.ends_with("on pad    1")), "{}", watched.out);
}
