//! `kiosk stocktake`: the count on a tablet, killed on the way, with an emulated R2000 as the reader. Without a display one
//! types what would be touched, and reads what is shown.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use circulation::id::ItemId;
use kiosk::settings;
use sync_client::http::Openlib;
use tests::place::beside;
use tests::scene::{PATIENCE, Scene};
use tests::uhf::R2000;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A tablet that counts.
struct Tablet {
    child: Child,
    typed: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Tablet {
    fn start(dir: &Path, port: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(beside("kiosk"))
            .arg("stocktake")
            .arg(dir.join("count"))
            .arg("--port")
            .arg(port)
            .args(["--mute", "--headless"])
            .arg(dir.join("pictures"))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it has an output")).lines();
        let typed = child.stdin.take().expect("it has an input");
        Self { child, typed, lines }
    }

    async fn touch(&mut self, word: &str) {
        self.typed.write_all(format!("{word}\n").as_bytes()).await.expect("it hears");
    }

    /// Waits until the screen says it; gives what it said on the way.
    async fn until(&mut self, text: &str) -> Vec<String> {
        let mut told = Vec::new();
        let wait = async {
            while let Some(line) = self.lines.next_line().await.expect("it is read") {
                told.push(line);
                if told.last().is_some_and(|line| line.contains(text)) {
                    return true;
                }
            }
            false
        };
        let came = tokio::time::timeout(PATIENCE, wait).await.unwrap_or(false);
        assert!(came, "{text} did not come, but {told:#?}");
        told
    }
}

/// Five books on each of two shelves by the catalogue.
async fn room(dir: &Path, reader: &mut R2000) -> PathBuf {
    let mut plan = "barcode,call_number,shelf,state\n".to_owned();
    for shelf in ["CJ-001", "CJ-002"] {
        reader.say(&format!("book {shelf} antenna=1")).await;
        for n in 1..=5 {
            let item = format!("{}{n}", if shelf == "CJ-001" { "LW000000" } else { "LW000001" });
            reader.say(&format!("book {item} owner=CN-371202-LW antenna=1")).await;
            plan.push_str(&format!("{item},I247.5/{n},{shelf},\n"));
        }
    }
    let list = dir.join("plan.csv");
    std::fs::write(&list, plan).expect("the plan is written");
    list
}

#[tokio::test(flavor = "multi_thread")]
async fn spines_fill_as_they_are_heard_and_a_tablet_that_is_killed_goes_on_where_it_was() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut reader = R2000::start(dir.path(), "real").await;
    let plan = room(dir.path(), &mut reader).await;
    let new = ["--owner", "CN-371202-LW", "--plan", plan.to_str().expect("a path")];
    let mut tablet = Tablet::start(dir.path(), reader.port(), &new);
    tablet.until("count: Idle, pass 0").await;
    tablet.touch("begin").await;
    reader.say("put CJ-001").await;
    tablet.until("CJ-001 0/5 .....").await;
    reader.say("put LW0000001 LW0000002 LW0000004 LW0000005").await;
    tablet.until("CJ-001 4/5 PP.PP").await;
    // What is older than a second is on the disk; the picture below is of what was heard before.
    reader.say("take all").await;
    reader.say("put CJ-002").await;
    tablet.until("CJ-002 0/5 .....").await;
    reader.say("put LW0000011").await;
    tablet.until("CJ-002 1/5 P....").await;
    tablet.child.kill().await.expect("it is killed");

    // It reads on at once, without a touch, and knows what it knew a second before.
    let mut tablet = Tablet::start(dir.path(), reader.port(), &[]);
    let told = tablet.until("reader Up").await.join("\n");
    assert!(told.contains("count: Reading, pass 1"), "{told}");
    // What is heard within a second and a half of the shelf before may belong to that one: the cart stands for two.
    tokio::time::sleep(Duration::from_secs(2)).await;
    reader.say("put LW0000003").await;
    let told = tablet.until("Misplaced LW0000003 at CJ-002, of CJ-001").await.join("\n");
    assert!(!told.contains("Idle"), "{told}");
    // One read alone moves no book: it lies there for two more moments of half a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    // A touch too many asks; the second ends the pass.
    tablet.touch("close").await;
    tablet.until("(end the pass?)").await;
    tablet.touch("close").await;
    let told = tablet.until("count: Idle, pass 1").await.join("\n");
    assert!(!told.contains("items 0/"), "{told}");
    tablet.touch("shelf CJ-001").await;
    // All five are accounted for: one stands elsewhere.
    tablet.until("CJ-001 5/5 PP_PP").await;
    tablet.touch("dance").await;
    tablet.until("the words are").await;
    tablet.touch("close").await;
    let ended = tokio::time::timeout(PATIENCE, tablet.child.wait()).await.expect("it ends");
    assert!(ended.expect("it is waited for").success());
    assert!(std::fs::read_dir(dir.path().join("pictures")).expect("pictures").count() > 2);

    // It is the folder of `kioskctl stocktake`.
    let mut report = Command::new(beside("kioskctl"));
    report.args(["stocktake", "report", "--json"]).arg(dir.path().join("count"));
    let report = report.output().await.expect("it is run");
    let report = String::from_utf8(report.stdout).expect("a text");
    assert!(report.contains("misplaced") && report.contains("LW0000003"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_on_a_tablet_says_what_is_wrong_before_anything_is_begun() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut reader = R2000::start(dir.path(), "real").await;
    let plan = room(dir.path(), &mut reader).await;
    let plan = plan.to_str().expect("a path");
    let other = dir.path().join("other.csv");
    std::fs::write(&other, "barcode\nLW0000001\n").expect("a list");
    let (count, port) = (dir.path().join("count"), reader.port().to_str().expect("a path").to_owned());
    let mut tablet = Tablet::start(dir.path(), reader.port(), &["--plan", plan]);
    tablet.until("count: Idle").await;
    tablet.touch("close").await;
    tablet.child.wait().await.expect("it ends");
    let nowhere = dir.path().join("nowhere");
    for (words, says) in [
        (vec!["--port", nowhere.to_str().expect("a path")], "there is no reader port"),
        (vec!["--port", "nowhere"], "write an absolute path"),
        (vec!["--port", &port, "--plan", other.to_str().expect("a path")], "of another list"),
        (vec!["--port", &port, "--language", "fr"], "there is no language named fr"),
    ] {
        let mut command = Command::new(beside("kiosk"));
        command.arg("stocktake").arg(&count).args(&words).arg("--headless").arg(dir.path().join("p"));
        let output = command.stdin(Stdio::null()).output().await.expect("it is run");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(says), "{words:?}: {said}");
    }
}

/// A way to central, as a kiosk's configuration has it.
fn library(dir: &Path, name: &str, base_url: &str) -> String {
    let file = dir.join(name);
    let text = format!("[central]\ninterface = \"kiosk\"\nbase_url = {base_url:?}\n");
    std::fs::write(&file, text).expect("it is written");
    file.to_str().expect("a path").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_tells_central_what_it_counted_and_asks_where_the_rest_was_seen() {
    let dir = tempfile::tempdir().expect("a folder");
    let scene = Scene::closed().await;
    let base_url = scene.world.config().central.base_url.clone();
    let openlib = Openlib::new(settings::openlib(scene.world.config())).expect("a client");
    let missed = ItemId::parse("LW0000005").expect("a barcode");
    let counted = openlib.count(&missed, "2025", None).await.expect("central answers");
    assert_eq!(counted, Ok(()), "central knows it");

    let mut reader = R2000::start(dir.path(), "real").await;
    let plan = room(dir.path(), &mut reader).await;
    // A central that takes the call and never answers.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent =
        library(dir.path(), "mute.toml", &format!("http://{}", mute.local_addr().expect("an address")));
    let new = ["--plan", plan.to_str().expect("a path"), "--library", &silent];
    let mut tablet = Tablet::start(dir.path(), reader.port(), &new);
    tablet.until("count: Idle, pass 0").await;
    // Nothing was counted yet: there is nothing to tell.
    tablet.touch("tell").await;
    tablet.touch("begin").await;
    reader.say("put CJ-001").await;
    tablet.until("CJ-001 0/5 .....").await;
    reader.say("put LW0000001 LW0000002 LW0000003 LW0000004").await;
    tablet.until("CJ-001 4/5 PPPP.").await;
    tablet.touch("close").await;
    tablet.until("(end the pass?)").await;
    tablet.touch("close").await;
    tablet.until("4 items can be told").await;
    tablet.touch("tell").await;
    tablet.until("telling 0/4").await;
    tablet.touch("stop-telling").await;
    tablet.until("stopped at 0/4").await;
    tablet.touch("close").await;
    tablet.child.wait().await.expect("it ends");

    // The next day, with central.
    let there = library(dir.path(), "kiosk.toml", &base_url);
    let mut tablet = Tablet::start(dir.path(), reader.port(), &["--library", &there]);
    tablet.until("4 items can be told").await;
    tablet.touch("tell").await;
    tablet.until("told 4, refused 0").await;
    let located = kioskctl(&["locate", "LW0000001", "--config", &there]).await;
    assert!(located.contains("架位 shelf CJ-001"), "{located}");
    // What was not heard is looked for where central saw it last.
    tablet.touch("shelf CJ-001").await;
    tablet.touch("find").await;
    tablet.until("LW0000005 at CJ-001").await;
    tablet.until("last seen just now: stocktake").await;
    tablet.touch("back").await;
    tablet.until("told 4, refused 0").await;
    // Another pass: what it adds is to be told, too.
    tablet.touch("begin").await;
    tablet.until("count: Reading, pass 2").await;
    tablet.touch("close").await;
    tablet.until("(end the pass?)").await;
    tablet.touch("close").await;
    tablet.until("4 items can be told").await;
    tablet.touch("close").await;
    assert!(tablet.child.wait().await.expect("it ends").success());
}

async fn kioskctl(words: &[&str]) -> String {
    let output = Command::new(beside("kioskctl")).args(words).output().await.expect("it is run");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
