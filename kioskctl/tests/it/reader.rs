//! `kioskctl reader probe` and `reader watch` against the emulator as a program, over a real pseudo-terminal.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::emulated::Emulator;
use crate::program::{Run, command, run};

/// D1 of the published dumps, on a chip of 36 bytes.
const DANISH: &str = "1101013131323233333434000000000000000051\
3E444537303500000000000000000000";

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

/// Every family at its maker's line, with nothing given but the port.
#[test]
fn every_family_is_found() {
    for (family, line, model) in [
        ("3m-810", "3m-810 19200 8N1", "3M 810"),
        ("m100", "m100 115200 8N1", "M100"),
        ("r2000", "r2000 115200 8N1", "R2000"),
        ("reader18", "reader18 57600 8N1", "UHFReader18"),
        ("mercury", "mercury 115200 8N1", "ThingMagic"),
    ] {
        let emulator = Emulator::start(&["--protocol", family]);
        let found = run(&["reader", "probe", "--port", &emulator.port()]);
        assert_eq!(found.code, Some(0), "{family}: {}", found.err);
        assert!(found.out.starts_with("feig-obid 38400 8E1   no answer\n"), "{}", found.out);
        for word in [line, model, &format!("protocol = {family:?}"), "parity = \"none\""] {
            assert!(found.out.contains(word), "{word:?} is not in: {}", found.out);
        }
    }
}

/// What is printed to be copied is a configuration with which the reader is found.
#[test]
fn families_are_found_over_tcp() {
    for family in ["llrp", "m100"] {
        let emulator = Emulator::listen(&["--protocol", family]);
        let port = emulator.port();
        let found = run(&["reader", "probe", "--port", &port]);
        assert_eq!(found.code, Some(0), "{family}: {}", found.err);
        let (_, to_copy) = found.out.split_once("in the configuration:\n").unwrap();
        assert!(!to_copy.contains("baud"), "{to_copy}");
        let file = emulator.dir.path().join("kiosk.toml");
        std::fs::write(&file, to_copy).unwrap();
        let again = run(&["reader", "probe", "--config", file.to_str().unwrap()]);
        assert_eq!(again.code, Some(0), "{}", again.err);
    }
}

/// Bytes that are no frames, a port that another program has, and one that goes away when it is spoken to.
#[test]
fn what_to_do_is_told_for_garbage_for_a_busy_port_and_for_a_reset() {
    let mut emulator = Emulator::start(&["--protocol", "m100"]);
    emulator.say("noise every 1 60");
    emulator.say("mute on");
    let port = emulator.port();
    let holder = command(&["reader", "watch", "--port", &port]).stdout(Stdio::piped()).spawn().unwrap();
    let mut holder = Holder(holder);
    BufReader::new(holder.0.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    let probe = |_| run(&["reader", "probe", "--port", &port, "--protocol", "m100", "--baud", "115200"]);
    let busy = (0..40).map(probe).find(|probe| probe.code == Some(2)).expect("the port is held");
    for word in ["in use", "fuser -v", "lsof", &format!("process {} (kioskctl)", holder.0.id())] {
        assert!(busy.err.contains(word), "{word:?} is not in: {}", busy.err);
    }
    drop(holder);
    let babbler = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("tcp://{}", babbler.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in babbler.incoming() {
            babble(stream.unwrap());
        }
    });
    let garbled = run(&["reader", "probe", "--port", &port, "--protocol", "m100"]);
    assert_eq!(garbled.code, Some(1));
    assert!(garbled.err.contains("bytes that are no frames"), "{}", garbled.err);
    let hangs_up = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("tcp://{}", hangs_up.local_addr().unwrap());
    std::thread::spawn(move || hangs_up.incoming().for_each(drop));
    let resets = run(&["reader", "probe", "--port", &port, "--protocol", "m100"]);
    assert_eq!(resets.code, Some(1));
    assert!(resets.err.contains("so the reader resets"), "{}", resets.err);
}

struct Holder(std::process::Child);

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A line at another speed: each request is answered by bytes that mean nothing.
fn babble(mut stream: std::net::TcpStream) {
    use std::io::Write;
    let mut buffer = [0; 64];
    while stream.read(&mut buffer).is_ok_and(|n| n > 0) && stream.write_all(&[0xFE, 0x00, 0x7F]).is_ok() {}
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

/// What lies there is told each second, with titles; and what is wrong with it by name.
#[test]
fn what_is_seen_is_told_each_second() {
    let mut emulator = Emulator::start(&["--protocol", "m100"]);
    emulator.say("book I1 rssi=-40");
    emulator.say("put I1");
    let titles = emulator.dir.path().join("titles.csv");
    std::fs::write(&titles, "item,title\nI1,\"红楼梦, 上\"\n").unwrap();
    let port = emulator.port();
    let line = ["reader", "watch", "--json", "--protocol", "m100", "--port", &port, "--for", "2.6"];
    let watched = run(&[&line[..], &["--titles", titles.to_str().unwrap()]].concat());
    assert_eq!(watched.code, Some(0), "{}", watched.err);
    let lines = watched.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let seen: Vec<Value> = lines.filter(|line| line["event"] == "seen").collect();
    assert_eq!(seen.len(), 2, "{}", watched.out);
    let tag = &seen[1]["tags"][0];
    assert_eq!(
        (&tag["item_id"], &tag["title"], &tag["afi"], &tag["security"], &tag["rssi"]),
        (&json!("I1"), &json!("红楼梦, 上"), &json!("07"), &json!("secured"), &json!(-40))
    );
    assert!(tag["reads_per_second"].as_f64().unwrap() > 1.0, "{tag}");
    let none = run(&[&line[..], &["--titles", "/nowhere.csv"]].concat());
    assert_eq!(none.code, Some(2));
}

#[test]
fn troubles_are_told_by_name() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("book I1");
    let shown = emulator.say("book I2 uid=E004010012345699");
    assert!(shown.contains("E004010012345699"));
    emulator.say(&format!("raw A uid=E004010012345601 afi=07 data={DANISH}"));
    emulator.say(&format!("raw B uid=E004010012345602 afi=07 data={DANISH}"));
    emulator.say("put A B");
    let watched = run(&["reader", "watch", "--port", &emulator.port(), "--for", "2"]);
    assert!(watched.out.contains("trouble   one book with two tags: 11223344 ("), "{}", watched.out);
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
