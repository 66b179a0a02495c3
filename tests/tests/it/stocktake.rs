//! `kioskctl stocktake`: a cart with a UHF reader goes along shelves; an emulated R2000 is the reader, byte for byte.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tests::place::beside;
use tests::scene::{PATIENCE, Scene};
use tests::uhf::R2000;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

mod boxes;

/// A room of three shelves: five books on each by the catalogue, and what was made of that.
struct Room {
    dir: tempfile::TempDir,
    reader: R2000,
}

/// A session of `kioskctl` that reads.
struct Session {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    typed: ChildStdin,
}

const SHELVES: [&str; 3] = ["CJ-001", "CJ-002", "CJ-003"];

impl Room {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let reader = R2000::start(dir.path(), "real").await;
        let mut room = Self { dir, reader };
        let mut plan = "barcode,call_number,shelf,state\n".to_owned();
        for (at, shelf) in SHELVES.iter().enumerate() {
            room.say(&format!("book {shelf} antenna=1")).await;
            for item in books(at) {
                let state = if item == "LW0000005" { "on-loan" } else { "" };
                plan.push_str(&format!("{item},I247.5/{},{shelf},{state}\n", item.trim_start_matches("LW")));
                room.say(&format!("book {item} owner=CN-371202-LW antenna=1")).await;
            }
        }
        std::fs::write(room.file("plan.csv"), plan).expect("the plan is written");
        room
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A word to the room.
    async fn say(&mut self, line: &str) {
        self.reader.say(line).await;
    }

    /// Waits until the emulated cart is somewhere.
    async fn until(&mut self, place: &str) {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        loop {
            let told = self.reader.say("room").await;
            if told == place {
                return;
            }
            assert!(tokio::time::Instant::now() < end, "not {place}, but {told}");
            beat.tick().await;
        }
    }

    /// The cart stands before a shelf until everything there is heard, and for three seconds: nobody goes over a shelf in less
    /// than two, and what is heard in the last moments may belong to the next.
    async fn walk(&mut self, session: &mut Session, shelf: &str, here: &[&str], n_heard: u64) {
        self.say("take all").await;
        self.say(&format!("put {shelf}")).await;
        session.until(|event| event["event"] == "shelf" && event["shelf"] == shelf).await;
        self.say(&format!("put {}", here.join(" "))).await;
        let is_heard = |event: &Value| event["event"] == "progress" && event["heard"] == n_heard;
        let heard = session.until(is_heard).await;
        let since = heard.get("ms").and_then(Value::as_u64).expect("a time");
        session.until(|event| event["ms"].as_u64().is_some_and(|ms| ms > since + 3_000)).await;
    }

    fn session(&self, words: &[&str], more: &[&str]) -> Session {
        let mut child = Command::new(beside("kioskctl"))
            .arg("stocktake")
            .args(words)
            .arg(self.file("count"))
            .args(["--json", "--protocol", "r2000", "--port"])
            .arg(self.reader.port())
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it has an output")).lines();
        let typed = child.stdin.take().expect("it has an input");
        Session { child, lines, typed }
    }

    async fn run(&self, words: &[&str], more: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(beside("kioskctl"));
        command.arg("stocktake").args(words).arg(self.file("count")).args(more);
        let output = command.output().await.expect("it is run");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code(), text)
    }

    async fn report(&self) -> Value {
        let (_, text) = self.run(&["report"], &["--json"]).await;
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    async fn status(&self) -> Value {
        let (code, text) = self.run(&["status"], &["--json"]).await;
        assert_eq!(code, Some(0), "{text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }
}

impl Session {
    async fn until(&mut self, is: impl Fn(&Value) -> bool) -> Value {
        let mut last = String::new();
        let wait = async {
            while let Some(line) = self.lines.next_line().await.expect("it is read") {
                if let Ok(event) = serde_json::from_str::<Value>(&line)
                    && is(&event)
                {
                    return Some(event);
                }
                last = line;
            }
            None
        };
        let told = tokio::time::timeout(PATIENCE, wait).await.ok().flatten();
        told.unwrap_or_else(|| panic!("it did not come; last: {last}"))
    }

    async fn end(mut self, typed: &str) {
        self.typed.write_all(typed.as_bytes()).await.expect("it hears");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends");
        assert!(ended.expect("it is waited for").success());
    }
}

/// The books of a shelf by the catalogue.
fn books(shelf: usize) -> Vec<String> {
    (1..=5).map(|n| format!("LW{:07}", shelf * 5 + n)).collect()
}

fn findings(report: &Value) -> Vec<String> {
    let shelves = report["shelves"].as_array().expect("shelves").iter();
    let mut all = Vec::new();
    for shelf in shelves {
        for finding in shelf["findings"].as_array().expect("findings") {
            let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
            let place = shelf["shelf"].as_str().unwrap_or("-");
            all.push(format!("{place} {} {} {}", text("what"), text("item"), text("more")).trim().to_owned());
        }
    }
    all
}

/// The third book of the second shelf is gone, one of the first stands on the third, one that is on loan is there.
async fn pass(room: &mut Room, session: &mut Session) {
    room.walk(session, "CJ-001", &["LW0000001", "LW0000002", "LW0000003", "LW0000005"], 4).await;
    room.walk(session, "CJ-002", &["LW0000006", "LW0000007", "LW0000009", "LW0000010"], 8).await;
    let third = ["LW0000011", "LW0000012", "LW0000013", "LW0000014", "LW0000015", "LW0000004"];
    room.walk(session, "CJ-003", &third, 14).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_finds_what_is_missing_and_what_stands_on_the_wrong_shelf_and_central_hears_of_it() {
    let mut room = Room::new().await;
    let plan = room.file("plan.csv");
    // At one miss in a hundred one pass is enough; how many are wanted otherwise is shown in `circulation::stocktake`.
    let owner = ["--owner", "CN-371202-LW", "--miss", "1", "--plan", plan.to_str().expect("a path")];
    let mut session = room.session(&["start"], &owner);
    pass(&mut room, &mut session).await;
    let status = room.status().await;
    assert_eq!((status["reading"].as_bool(), status["passes"].as_u64()), (Some(true), Some(1)), "{status}");
    let (code, text) = room.run(&["start"], &[]).await;
    assert!(code == Some(2) && text.contains("in use by another program"), "{text}");
    session.end("end\n").await;
    let report = room.report().await;
    assert_eq!(
        findings(&report),
        ["CJ-001 on-loan LW0000005", "CJ-002 missing LW0000008", "CJ-003 misplaced LW0000004 → CJ-001"]
    );
    let total = &report["total"];
    let count = |name: &str| total[name].as_u64().unwrap_or_default();
    assert_eq!(
        (count("expected"), count("present"), count("elsewhere"), count("missing")),
        (15, 13, 1, 1),
        "{total}"
    );
    let csv = room.file("findings.csv");
    let (code, _) = room.run(&["report"], &["--csv", csv.to_str().expect("a path")]).await;
    assert_eq!(code, Some(1), "something is not as it should be");
    let csv = std::fs::read_to_string(csv).expect("it is written");
    assert!(csv.contains("CJ-003,misplaced,LW0000004,→ CJ-001,100"), "{csv}");

    // Central hears which item stands where.
    let scene = Scene::closed().await;
    let config = room.file("kiosk.toml");
    let text = format!("[central]\nbase_url = {:?}\n", scene.world.config().central.base_url);
    std::fs::write(&config, text).expect("it is written");
    let config = ["--config", config.to_str().expect("a path"), "--batch", "2026-11"];
    let before = shelf_at_central(&scene, "LW0000008");
    let (code, text) = room.run(&["close"], &config).await;
    assert!(code == Some(0) && text.contains("14 items told"), "{text}");
    assert_eq!(shelf_at_central(&scene, "LW0000004"), "CJ-003");
    assert_eq!(shelf_at_central(&scene, "LW0000001"), "CJ-001");
    assert_eq!(shelf_at_central(&scene, "LW0000008"), before, "nobody has seen it");
    // Whoever asks central where it is hears of the shelf; the reader of the first page too.
    let located = kioskctl(&["locate", "LW0000004", "--config", config[1]]).await;
    assert!(located.0 == Some(0) && located.1.contains("架位 shelf CJ-003"), "{located:?}");
    assert!(located.1.contains("just now") || located.1.contains("minute"), "{located:?}");
    let located = kioskctl(&["locate", "红楼", "--json", "--config", config[1]]).await;
    let told: Value = serde_json::from_str(&located.1).unwrap_or_else(|_| panic!("{located:?}"));
    assert_eq!(told["located"]["copies"][0]["seen"]["place"], "CJ-001", "{told}");
    assert_eq!(told["next_free"], "LW0000001", "{told}");
    let located = kioskctl(&["locate", "没有这本书", "--config", config[1]]).await;
    assert!(located.0 == Some(1) && located.1.contains("nothing found"), "{located:?}");
    // A hunt says where central last knew it to be.
    room.say("take all").await;
    let mut hunt = room.session(&["find"], &["LW0000004", "--for", "1", "--library", config[1]]);
    hunt.until(|event| {
        event["event"] == "last-seen" && event["seen"].as_str().is_some_and(|seen| seen.contains("CJ-003"))
    })
    .await;
    hunt.until(|event| event["event"] == "not-found" && event["last_seen"].is_string()).await;
    drop(hunt);
    // Told again, nothing is told twice.
    let (code, text) = room.run(&["close"], &config).await;
    assert!(code == Some(0) && text.contains("14 items told"), "{text}");
}

async fn kioskctl(words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(beside("kioskctl")).args(words).output().await.expect("it is run");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// As central's file has it, while central has it open.
fn shelf_at_central(scene: &Scene, item: &str) -> String {
    let file = rusqlite::Connection::open(scene.world.dir().join("central.db")).expect("it opens");
    file.query_row("SELECT shelf FROM item WHERE item = ?1", [item], |row| row.get(0)).expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_killed_or_paused_goes_on_where_it_was() {
    let mut room = Room::new().await;
    let plan = room.file("plan.csv");
    let plan = ["--owner", "CN-371202-LW", "--plan", plan.to_str().expect("a path")];
    let mut session = room.session(&["start"], &plan);
    room.walk(&mut session, "CJ-001", &["LW0000001", "LW0000002", "LW0000003"], 3).await;
    // The plug is pulled.
    session.child.kill().await.expect("it is killed");
    let status = room.status().await;
    assert_eq!((status["reading"].as_bool(), status["present"].as_u64()), (Some(false), Some(3)), "{status}");
    let (code, text) = room.run(&["pause"], &[]).await;
    assert!(code == Some(2) && text.contains("nobody reads"), "{text}");

    let mut session = room.session(&["resume"], &[]);
    room.say("take all").await;
    session.until(|event| event["event"] == "progress").await;
    // A shelf without a mark is named by whoever stands there.
    session.typed.write_all(b"CJ-009\nCJ-002\n").await.expect("it hears");
    session.until(|event| event["shelf"] == "CJ-002").await;
    room.say("put LW0000006 LW0000007").await;
    session.until(|event| event["event"] == "progress" && event["heard"] == 2).await;
    let (code, text) = room.run(&["pause"], &[]).await;
    assert!(code == Some(0) && text.contains("paused"), "{text}");
    assert!(session.child.wait().await.expect("it has ended").success());
    let status = room.status().await;
    assert_eq!((status["passes"].as_u64(), status["present"].as_u64()), (Some(1), Some(5)), "{status}");
    let (code, text) = room.run(&["start"], &[]).await;
    assert!(code == Some(2) && text.contains("a pass goes on"), "{text}");
    // A library's system that takes the call and never answers: Ctrl-C ends it with a word, and nothing counts as told.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let config = room.file("mute.toml");
    let address = mute.local_addr().expect("an address");
    std::fs::write(&config, format!("[central]\nbase_url = \"http://{address}\"\n")).expect("it is written");
    let mut close = Command::new(beside("kioskctl"));
    close.args(["stocktake", "close"]).arg(room.file("count")).arg("--config").arg(&config);
    let close = close.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("it starts");
    let call =
        tokio::task::spawn_blocking(move || mute.accept()).await.expect("it is waited for").expect("a call");
    let pid = close.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
    rustix::process::kill_process(pid.expect("it runs"), rustix::process::Signal::INT)
        .expect("it is interrupted");
    let ended =
        tokio::time::timeout(PATIENCE, close.wait_with_output()).await.expect("it ends").expect("its output");
    drop(call);
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.code() == Some(130) && text.contains("interrupted: 0 of 5 items told"), "{text}");
    let (code, text) = room.run(&["close"], &["--keep"]).await;
    assert!(code == Some(0) && text.contains("nobody was told"), "{text}");
    let (code, text) = room.run(&["resume"], &[]).await;
    assert!(code == Some(2) && text.contains("no pass is interrupted"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_hunted_by_signal_and_less_and_less_power() {
    let mut room = Room::new().await;
    let plan = room.file("plan.csv");
    let plan = ["--plan", plan.to_str().expect("a path"), "--for", "0"];
    assert!(room.session(&["start"], &plan).child.wait().await.expect("it ends").success());
    let mut hunt = room.session(&["find"], &["LW0000007", "LW0000012"]);
    let begun = hunt.until(|event| event["event"] == "begin").await;
    assert_eq!((&begun["sought"], &begun["shelf"]), (&Value::from(2), &Value::from("CJ-002")));
    // From afar: the bar is short, and the power stays.
    room.say("rssi LW0000007 -76").await;
    room.say("put CJ-002 LW0000007").await;
    hunt.until(|event| event["item"] == "LW0000007" && event["bar"] == 1).await;
    // Nearer, and at hand: found is what answers at the least power.
    room.say("rssi LW0000007 -60").await;
    hunt.until(|event| event["item"] == "LW0000007" && event["bar"] == 3).await;
    room.say("rssi LW0000007 -35").await;
    let found = hunt.until(|event| event["event"] == "found").await;
    assert_eq!(
        (&found["item"], &found["shelf"], &found["next"]),
        (&Value::from("LW0000007"), &Value::from("CJ-002"), &Value::from("CJ-003"))
    );
    room.say("rssi LW0000012 -35").await;
    room.say("put LW0000012").await;
    hunt.until(|event| event["event"] == "found" && event["item"] == "LW0000012").await;
    assert_eq!(hunt.child.wait().await.expect("it ends").code(), Some(0));
    // One that is not there is told as such.
    let mut hunt = room.session(&["find"], &["LW0000008", "--for", "1"]);
    hunt.until(|event| event["event"] == "not-found" && event["heard_at"].is_null()).await;
    assert_eq!(hunt.child.wait().await.expect("it ends").code(), Some(1));
}

/// The room that `rfid-emulator` gives to begin with, pushed through as fast as the count allows; what has to be found stands
/// in its comments.
#[tokio::test(flavor = "multi_thread")]
async fn a_cart_through_an_emulated_room_tells_what_the_room_implies() {
    let dir = tempfile::tempdir().expect("a folder");
    let emulator = async |arguments: &[&str]| {
        let output = Command::new(beside("rfid-emulator")).args(arguments).output().await.expect("it is run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is text")
    };
    // Two and a half seconds for a shelf. No tag is missed wholly: one walk is enough.
    let example = emulator(&["--room-example"]).await;
    let room = example
        .replace("speed_mm_s = 250", "speed_mm_s = 400")
        .replace("miss_percent = 1", "miss_percent = 0");
    let (file, plan) = (dir.path().join("room.toml"), dir.path().join("plan.csv"));
    std::fs::write(&file, room).expect("it is written");
    let printed = emulator(&["--room", file.to_str().expect("a path"), "--room-plan"]).await;
    std::fs::write(&plan, printed).expect("it is written");
    let reader = R2000::in_room(dir.path(), &file).await;
    let mut room = Room { dir, reader };
    let plan = ["--owner", "CN-371202-LW", "--miss", "1", "--plan", plan.to_str().expect("a path")];
    let mut session = room.session(&["start"], &plan);
    session.until(|event| event["event"] == "shelf" && event["shelf"] == "CJ-006").await;
    room.until("at the end walk=1").await;
    session.end("end\n").await;
    let report = room.report().await;
    let told = findings(&report);
    // The order of spines is a matter of centimetres, and may come out either way at this speed.
    let told: Vec<&str> = told
        .iter()
        .map(|told| told.split(" content-").next().unwrap_or_default())
        .filter(|told| !told.contains(" order "))
        .collect();
    assert_eq!(
        told,
        [
            "CJ-001 on-loan LW0000011",
            "CJ-002 misplaced LW0000074 → CJ-005",
            "CJ-002 missing LW0000024",
            "CJ-003 unsecured LW0000038",
            "CJ-003 foreign",
            "CJ-004 misplaced LW0000005 → CJ-001",
            "CJ-005 foreign",
            "CJ-006 missing LW0000083",
            "CJ-006 unreadable",
        ]
    );
    assert_eq!(report["total"]["expected"], 96, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_command_or_the_list_is_named_and_nothing_is_made() {
    let room = Room::new().await;
    let bad = room.file("bad.csv");
    std::fs::write(&bad, "barcode,state\nLW1,gone\n").expect("it is written");
    let bad = bad.to_str().expect("a path");
    let good = room.file("plan.csv");
    let good = good.to_str().expect("a path");
    let port = room.reader.port().to_str().expect("a path");
    for (words, more, says) in [
        (&["start"][..], &["--port", port, "--plan", bad][..], "bad.csv, line 2: \"gone\" is no state"),
        (&["start"], &["--port", port, "--plan", "/nonexistent.csv"], "/nonexistent.csv: "),
        (&["start"], &[], "there is no stocktake here"),
        (&["start"], &["--plan", good, "--port", "/dev/nobody"], "there is no reader port at /dev/nobody"),
        (&["status"], &[], "there is no stocktake here"),
        (&["report"], &["--shelf", "CJ-1"], "there is no stocktake here"),
    ] {
        let (code, text) = room.run(words, more).await;
        assert!(code == Some(2) && text.contains(says), "{words:?} {more:?}: {text}");
        assert!(!Path::new(&room.file("count")).exists(), "{words:?}");
    }
}

/// The list need not be made by hand: central has it.
#[tokio::test(flavor = "multi_thread")]
async fn what_should_stand_there_is_fetched_from_central() {
    let room = Room::new().await;
    let scene = Scene::closed().await;
    let config = room.file("kiosk.toml");
    let text = format!("[central]\nbase_url = {:?}\n", scene.world.config().central.base_url);
    std::fs::write(&config, text).expect("it is written");
    let config = config.to_str().expect("a path");
    let file = room.file("fetched.csv");
    let file = file.to_str().expect("a path");
    let words = ["stocktake", "plan", file, "--branch", "LW01", "--library", config];
    let (code, told) = kioskctl(&words).await;
    assert!(code == Some(0) && told.contains("items"), "{told}");
    let list = std::fs::read_to_string(file).expect("it is written");
    assert!(list.starts_with("barcode,call_number,shelf,state\n") && list.contains("LW0000001,"), "{list}");
    let (code, told) = kioskctl(&words).await;
    assert!(code == Some(2) && told.contains("is there already"), "{told}");
    let (code, told) =
        kioskctl(&["stocktake", "plan", "x.csv", "--branch", "LW99", "--library", config]).await;
    assert!(code == Some(2) && told.contains("is \"LW99\" the code of a branch"), "{told}");
    // Begun with it at once: as many are expected as the list has.
    let mut session = room.session(&["start"], &["--branch", "LW01", "--library", config, "--for", "0"]);
    assert!(session.child.wait().await.expect("it ends").success());
    let n = u64::try_from(list.lines().count() - 1).expect("some");
    assert_eq!(room.report().await["total"]["expected"], n);
}
