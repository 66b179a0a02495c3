//! The program at its command line: what a technician sees when something is not right, and the demo.
#![expect(clippy::expect_used, reason = "what a test cannot set up ends the test, with its reason")]

use std::path::Path;
use std::process::Output;

use kiosk::demo::world::{CARD, Timing, World};
use rustix::process::{Pid, Signal, kill_process};
use tests::scene::{PATIENCE, loans_at, rows_of};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// The program, which lies beside or above the test.
fn program() -> Command {
    let here = std::env::current_exe().expect("the test has a path");
    let found = here.ancestors().skip(1).take(2).map(|dir| dir.join("kiosk")).find(|path| path.is_file());
    let mut command = Command::new(found.expect("build the programs first: cargo build --workspace --bins"));
    command.kill_on_drop(true).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

async fn run_headless(config: &Path) -> Output {
    let run = program().args(["run", "--headless", "--config"]).arg(config).output();
    tokio::time::timeout(PATIENCE, run).await.expect("the program ends").expect("the program starts")
}

/// Exit code 2, and words that name the place and the mend.
fn assert_told(output: &Output, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

async fn world() -> World {
    World::start(Timing::Fast).await.expect("the world starts")
}

/// Writes the configuration of a world as a file. Lines in `more` are added to their sections.
fn write_config(world: &World, more: &[(&str, &str)]) -> std::path::PathBuf {
    let config = world.config();
    let mut sections: Vec<(&str, String)> = vec![
        ("kiosk", format!("data_dir = {:?}\n", config.kiosk.data_dir)),
        ("reader", format!("port = {:?}\npoll_ms = 20\n", config.reader.port.to_string())),
        ("central", format!("base_url = {:?}\nin_flight_seconds = 1\n", config.central.base_url)),
        ("visit", "done_seconds = 2\nlinger_seconds = 1\nput_back_seconds = 2\n".to_owned()),
    ];
    for (section, line) in more {
        match sections.iter_mut().find(|(name, _)| name == section) {
            Some((_, text)) => text.push_str(&format!("{line}\n")),
            None => sections.push((section, format!("{line}\n"))),
        }
    }
    let text: String = sections.iter().map(|(name, text)| format!("[{name}]\n{text}\n")).collect();
    let path = world.dir().join("kiosk.toml");
    std::fs::write(&path, text).expect("the configuration is written");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_missing_or_wrong_is_named() {
    let world = world().await;
    assert_told(&run_headless(&world.dir().join("nowhere.toml")).await, &["nowhere.toml"]);
    let typo = write_config(&world, &[("reader", "baudrate = 9600")]);
    assert_told(&run_headless(&typo).await, &["kiosk.toml", "baudrate", "baud"]);
}

/// It is named in the log, and looked for: the program goes on, and serves once it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_port_is_named_and_waited_for() {
    let mut world = world().await;
    world.emulator().say("unplug").await.expect("the plug is pulled");
    let config = write_config(&world, &[]);
    let mut kiosk = spawn(&config);
    let port = world.config().reader.port.to_string();
    let missing = format!("there is no reader port at {port}: plug the reader in, or correct the path");
    let mut log = Log::of(&mut kiosk);
    // The reader's task says the one, the loop the other.
    log.until_all(&[&missing, "page=\"attention\""]).await;
    world.emulator().say("plug").await.expect("the plug is in");
    log.until("the reader answers").await;
    log.until("page=\"welcome\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_central_refuses_is_named() {
    let world = world().await;
    let config = write_config(&world, &[("central", "secret = \"wrong\"")]);
    let output = run_headless(&config).await;
    assert_told(&output, &["central", "secret", &world.config().central.base_url]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("wrong"), "the secret is not repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_and_a_ledger_in_use_are_named() {
    let world = world().await;
    let config = write_config(&world, &[]);
    let mut first = spawn(&config);
    serving(&mut first).await;
    // The ledger is looked at first: two kiosks on one ledger would be worse than two on one port.
    assert_told(&run_headless(&config).await, &["ledger"]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(&config).expect("the configuration is there");
    let here = format!("{:?}", world.config().kiosk.data_dir);
    let other = world.dir().join("other.toml");
    std::fs::write(&other, text.replace(&here, &format!("{:?}", elsewhere.path()))).expect("it is written");
    let mut second = spawn(&other);
    let mut log = Log::of(&mut second);
    log.until("is in use by another program: end that program").await;
    // Once the first one is gone the second one serves.
    first.kill().await.expect("it is ended");
    log.until("the reader answers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_hold_the_ledger_is_named() {
    let world = world().await;
    let text = std::fs::read_to_string(write_config(&world, &[])).expect("the configuration is there");
    let file = world.dir().join("file");
    std::fs::write(&file, "not a folder").expect("it is written");
    let here = format!("{:?}", world.config().kiosk.data_dir);
    let path = world.dir().join("bad.toml");
    std::fs::write(&path, text.replace(&here, &format!("{:?}", file.join("data")))).expect("it is written");
    assert_told(&run_headless(&path).await, &["file/data"]);
}

/// The kiosk as a process, with its log in a pipe.
fn spawn(config: &Path) -> Child {
    program()
        .args(["run", "--headless", "--config"])
        .arg(config)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Waits until its log says that a screen is there, and gives the log so far.
async fn serving(child: &mut Child) -> String {
    let mut log = Log::of(child);
    log.until("page=\"welcome\"").await;
    let Log { mut lines, text } = log;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    text
}

/// The log of a program.
struct Log {
    lines: Lines<BufReader<ChildStderr>>,
    text: String,
}

impl Log {
    fn of(child: &mut Child) -> Self {
        let lines = BufReader::new(child.stderr.take().expect("its log is a pipe")).lines();
        Self { lines, text: String::new() }
    }

    /// Waits for a line that says this.
    async fn until(&mut self, said: &str) {
        self.until_all(&[said]).await;
    }

    /// Waits for lines that say these, in whatever order they come.
    async fn until_all(&mut self, said: &[&str]) {
        let mut missing = said.to_vec();
        let look = async {
            while let Some(line) = self.lines.next_line().await.expect("its log can be read") {
                self.text.push_str(&line);
                self.text.push('\n');
                missing.retain(|said| !line.contains(said));
                if missing.is_empty() {
                    return true;
                }
            }
            false
        };
        let end = tokio::time::timeout(PATIENCE, look).await;
        assert_eq!(end, Ok(true), "{said:?} is not said: {}", self.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_that_is_told_to_stop_ends_with_zero() {
    let world = world().await;
    let config = write_config(&world, &[]);
    let mut kiosk = spawn(&config);
    serving(&mut kiosk).await;
    let pid = kiosk.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).expect("it runs");
    kill_process(pid, Signal::TERM).expect("it is told");
    let status =
        tokio::time::timeout(PATIENCE, kiosk.wait()).await.expect("it ends").expect("it is waited for");
    assert_eq!(status.code(), Some(0));
}

/// The last drill: a voice. What speaks is a program of the system; here one that only takes what it is to say.
#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_dies_is_begun_anew_and_the_kiosk_goes_on() {
    let world = world().await;
    let config = write_config(&world, &[]);
    let voice = world.dir().join("espeak-ng");
    std::fs::write(&voice, "#!/bin/sh\ncat > /dev/null\n").expect("it is written");
    std::fs::set_permissions(&voice, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("it is a program");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut kiosk = program()
        .args(["run", "--headless", "--config"])
        .arg(&config)
        .env("PATH", format!("{}:{path}", world.dir().display()))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    serving(&mut kiosk).await;
    let kioskctl = async |words: &[&str]| {
        let mut command = Command::new(tests::place::beside("kioskctl"));
        let output = command.args(words).arg("--config").arg(&config).output().await.expect("it is run");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let speech = async || {
        let told = kioskctl(&["parts", "--json"]).await;
        let board: supervision::board::Board = serde_json::from_str(&told).expect("a board");
        let is_speech = |known: &supervision::part::Condition| known.part == supervision::part::Part::Speech;
        (board.is_ready(), board.parts.into_iter().find(is_speech).expect("every part is told"))
    };
    assert_eq!(speech().await.1.state, supervision::part::State::Up);
    kioskctl(&["restart", "speech"]).await;
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (is_ready, known) = speech().await;
        assert!(is_ready, "patrons are served without it");
        if known.n_restarts == 1 && known.state.works() {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "{known:?}");
    }
}

/// After a visit, the patron's number and name are in no log, even a talkative one, and in no byte of the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_leaves_no_trace_of_its_patron() {
    let mut world = world().await;
    let config = write_config(&world, &[]);
    let log = world.dir().join("kiosk.log");
    let mut kiosk = program()
        .args(["run", "--headless", "--config"])
        .arg(&config)
        .env("KIOSK_LOG", "debug")
        .stderr(std::fs::File::create(&log).expect("the log is made"))
        .spawn()
        .expect("the program starts");
    let says = |word: &'static str| {
        let log = log.clone();
        move || std::fs::read_to_string(&log).unwrap_or_default().contains(word)
    };
    wait_for(says("page=\"welcome\"")).await;
    world.emulator().say(&format!("put {CARD} LW0000001 LW0000002")).await.expect("they are put");
    for book in ["LW0000001", "LW0000002"] {
        until_shown(&mut world, book, "eas=0").await;
    }
    // Taken before its bits are read back, a book would wait for staff, and its row would keep the number.
    let written = {
        let log = log.clone();
        move || std::fs::read_to_string(&log).unwrap_or_default().matches("the tag was written").count() >= 2
    };
    wait_for(written).await;
    world.emulator().say("take all").await.expect("they are taken");
    wait_for(says("page=\"done\"")).await;
    let pid = kiosk.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).expect("it runs");
    kill_process(pid, Signal::TERM).expect("it is told");
    let status =
        tokio::time::timeout(PATIENCE, kiosk.wait()).await.expect("it ends").expect("it is waited for");
    assert_eq!(status.code(), Some(0));

    let ledger = world.config().kiosk.data_dir.join(kiosk::LEDGER_FILE);
    assert_eq!(rows_of(&ledger).len(), 2, "the visit is in the ledger");
    let files = [log, ledger.clone(), ledger.with_extension("db-wal")];
    for file in files.iter().filter(|file| file.is_file()) {
        let bytes = std::fs::read(file).expect("the file can be read");
        for secret in [CARD, "书小甲"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {}: {:?}", file.display(), rows_of(&ledger));
        }
    }
}

/// The plug is pulled again and again while a stack is lent, each time at another row of the ledger. After the next
/// start, what is on loan at central is what the ledger settled, and a tag that is open belongs to a loan or to a row
/// that waits for staff: nothing is silently half done.
#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_that_is_killed_leaves_nothing_half_done() {
    const STACK: [&str; 3] = ["LW0000001", "LW0000002", "LW0000003"];
    let mut world = world().await;
    let config = write_config(&world, &[]);
    let ledger = world.config().kiosk.data_dir.join(kiosk::LEDGER_FILE);
    for round in 0..9_usize {
        let mut kiosk = spawn(&config);
        serving(&mut kiosk).await;
        let before = rows_of(&ledger).len();
        let stack = STACK.join(" ");
        world.emulator().say(&format!("put {CARD} {stack}")).await.expect("they are put");
        // Nine moments: at the first, second or third row, and after none, one or two of them are settled.
        let (n_rows, n_settled) = (round % 3, round / 3);
        wait_for(|| {
            let rows = rows_of(&ledger);
            let new = rows.get(before..).unwrap_or_default();
            new.len() > n_rows && new.iter().filter(|row| row.state == "settled").count() >= n_settled
        })
        .await;
        kiosk.kill().await.expect("it is killed");
        world.emulator().say("take all").await.expect("the pad is cleared");

        let mut kiosk = spawn(&config);
        serving(&mut kiosk).await;
        wait_for(|| is_all_closed(&ledger)).await;
        let rows = rows_of(&ledger);
        let loans = loans_at(world.config()).await;
        for book in STACK {
            let last = rows.iter().rev().find(|row| row.item == book);
            let is_lent = last.is_some_and(|row| row.state == "settled" && row.act == "checkout");
            assert_eq!(loans.iter().any(|item| item == book), is_lent, "round {round}, {book}: {rows:?}");
            let tag = world.emulator().say(&format!("show {book}")).await.expect("it is shown");
            let is_open = tag.contains("afi=C2") || tag.contains("eas=0");
            let is_known = is_lent || last.is_some_and(|row| row.state == "parked");
            assert!(!is_open || is_known, "round {round}, {book} is open and nobody knows: {rows:?}");
        }
        // All come back for the next round: what is open is returned, what is closed is left alone.
        for book in STACK {
            let tag = world.emulator().say(&format!("show {book}")).await.expect("it is shown");
            if tag.contains("afi=C2") {
                world.emulator().say(&format!("put {book}")).await.expect("it is put");
                until_shown(&mut world, book, "afi=07 eas=1").await;
            } else if tag.contains("eas=0") {
                // Half closed when the plug was pulled: its row told staff, and staff mends it.
                world.emulator().say(&format!("secure {book}")).await.expect("staff secures it");
            }
        }
        wait_for(|| is_all_closed(&ledger)).await;
        kiosk.kill().await.expect("it is killed");
        world.emulator().say("take all").await.expect("the pad is cleared");
    }
}

/// Waits until the tag itself says so.
async fn until_shown(world: &mut World, book: &str, what: &str) {
    let look = async {
        let mut beat = tokio::time::interval(std::time::Duration::from_millis(10));
        while !world.emulator().say(&format!("show {book}")).await.expect("it is shown").contains(what) {
            beat.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("the tag is written");
}

fn is_all_closed(ledger: &Path) -> bool {
    let closed = ["settled", "declined", "reversed", "parked"];
    rows_of(ledger).iter().all(|row| closed.contains(&row.state.as_str()))
}

async fn wait_for(mut fact: impl FnMut() -> bool) {
    let look = async {
        let mut beat = tokio::time::interval(std::time::Duration::from_millis(5));
        while !fact() {
            beat.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("the fact comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_tells_its_story_and_leaves_its_pictures() {
    let out = tempfile::tempdir().expect("a folder");
    let demo = program().args(["demo", "--headless", "--out"]).arg(out.path()).output();
    let output =
        tokio::time::timeout(2 * PATIENCE, demo).await.expect("the demo ends").expect("the demo starts");
    let story = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{story}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!story.contains(CARD), "the story names a card");
    let pictures = std::fs::read_dir(out.path()).expect("the folder is there").count();
    assert!(pictures >= 8, "{pictures} pictures");
    for word in ["4 lent, 0 returned, 1 not", "0 lent, 4 returned, 0 not"] {
        assert!(story.contains(word), "{word:?} is not in the story:\n{story}");
    }
}

/// Two walks of six metres and a hunt: what was planted in the room is told, and no book stays missing that only one pass missed.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_counts_shelves_and_hunts_a_book() {
    let out = tempfile::tempdir().expect("a folder");
    let demo = program()
        .args(["demo", "--headless", "--visit", "stocktake", "--english", "--out"])
        .arg(out.path())
        .output();
    let output =
        tokio::time::timeout(3 * PATIENCE, demo).await.expect("the demo ends").expect("the demo starts");
    let story = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{story}\n{}", String::from_utf8_lossy(&output.stderr));
    let pictures = std::fs::read_dir(out.path()).expect("the folder is there").count();
    assert!(pictures >= 12, "{pictures} pictures");
    for word in [
        "count: Reading, pass 2",
        "hunt: 1 of 1 found",
        "错架 misplaced                LW0000074 → CJ-005",
        "缺失 missing                  LW0000024",
        "防盗失效 security open        LW0000038",
        "96 expected",
    ] {
        assert!(story.contains(word), "{word:?} is not in the story:\n{story}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_does_not_exist_is_answered_with_those_that_do() {
    let output = program().args(["demo", "--visit", "nothing"]).output().await.expect("it starts");
    assert_told(&output, &["nothing", "borrow-and-return", "pulled-off"]);
}
