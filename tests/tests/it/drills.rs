//! The fault drills: each part fails, is begun anew, and the kiosk goes on with what is left. And the watchdog.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use circulation::screen::{Attention, Identify, Page, Progress, Screen};
use circulation::transaction::Reason;
use jiff::Timestamp;
use supervision::board::Board;
use supervision::control::{Answer, Request};
use supervision::part::{Condition, Part, State};
use tests::place::{Place, beside};
use tests::scene::{Gate, PATIENCE, Scene, lines};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

pub(crate) async fn ask(scene: &Scene, request: &Request) -> Option<Answer> {
    let path = scene.world.config().kiosk.data_dir.join("control.sock");
    let mut stream = UnixStream::connect(path).await.ok()?;
    let mut text = serde_json::to_vec(request).expect("a request is JSON");
    text.push(b'\n');
    stream.write_all(&text).await.ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.ok()?;
    serde_json::from_str(&line).ok()
}

pub(crate) async fn board(scene: &Scene) -> Option<Board> {
    let answer = ask(scene, &Request::Board).await?;
    let Answer::Board { board } = answer else { panic!("{answer:?}") };
    Some(*board)
}

/// Waits until a part is as is wanted.
pub(crate) async fn until_part(
    scene: &mut Scene,
    part: Part,
    what: &str,
    is: impl Fn(&Condition) -> bool,
) -> Condition {
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    let mut last = None;
    loop {
        beat.tick().await;
        if let Some(board) = board(scene).await {
            let known = board.parts.into_iter().find(|known| known.part == part).expect("every part is told");
            if is(&known) {
                return known;
            }
            last = Some(known);
        }
        assert!(tokio::time::Instant::now() < end, "{part:?}: {what} did not come: {last:?}");
    }
}

async fn end(scene: &Scene, part: Part) {
    assert_eq!(ask(scene, &Request::Restart { part }).await, Some(Answer::Done));
}

const fn identifying(screen: &Screen) -> Option<&Identify> {
    if let Page::Identify(page) = &screen.page { Some(page) } else { None }
}

fn is_anew(known: &Condition) -> bool {
    known.state == State::Up && known.n_restarts == 1
}

async fn borrow(scene: &mut Scene) {
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::unsecured());
    scene.reader("take all").await;
    scene.until_welcome().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readers_task_that_dies_is_begun_anew_and_lends_as_before() {
    let mut scene = Scene::open().await;
    until_part(&mut scene, Part::Reader, "a reader", |known| known.state == State::Up).await;
    end(&scene, Part::Reader).await;
    let known = until_part(&mut scene, Part::Reader, "another", is_anew).await;
    let states: Vec<State> = known.history.iter().map(|change| change.state).collect();
    assert!(states.ends_with(&[State::Up, State::Restarting]), "{known:?}");
    borrow(&mut scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_reader_the_screen_says_so_and_it_is_a_state_with_a_reason() {
    let mut scene = Scene::open().await;
    scene.reader("unplug").await;
    scene.until("out of order", |screen| screen.page == Page::Attention(Attention::ReaderDown)).await;
    let known = until_part(&mut scene, Part::Reader, "down", |known| known.state == State::Down).await;
    assert!(!known.why.is_empty());
    assert_eq!(known.n_restarts, 0, "it mends itself");
    assert!(!board(&scene).await.expect("it answers").is_ready());
    scene.reader("plug").await;
    scene.until_welcome().await;
    until_part(&mut scene, Part::Reader, "up", |known| known.state == State::Up).await;
    borrow(&mut scene).await;
}

/// Everything else is there meanwhile: `kioskctl` and the console say what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_missing_at_the_start_is_waited_for() {
    let mut scene = Scene::closed().await;
    scene.reader("unplug").await;
    scene.world.config_mut().console.listen = "127.0.0.1:0".parse().ok();
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until("out of order", |screen| screen.page == Page::Attention(Attention::ReaderDown)).await;
    let known = until_part(&mut scene, Part::Reader, "down", |known| known.state == State::Down).await;
    let port = scene.world.config().reader.port.to_string();
    assert_eq!(
        known.why,
        format!("there is no reader port at {port}: plug the reader in, or correct the path")
    );
    until_part(&mut scene, Part::Console, "a console", |known| known.state == State::Up).await;
    // Returns cannot be taken, and staff's corner and the queue work.
    assert!(!board(&scene).await.expect("it answers").is_ready());
    scene.reader("plug").await;
    scene.until_welcome().await;
    borrow(&mut scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ask_whose_task_died_is_in_doubt_and_then_undone() {
    let mut scene = Scene::open().await;
    // The patron is known, and the book comes while central stands still.
    scene.reader("put LW20260001").await;
    scene.until("the visit", |screen| lines(screen).is_some()).await;
    let pid = scene.world.central_pid().expect("central runs");
    signal(pid, "-STOP");
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_rows(&["asked"]).await;
    end(&scene, Part::Central).await;
    let not_done = |progress: &Progress| progress.is_final();
    scene
        .until("a line that is not done", |screen| {
            lines(screen)
                .is_some_and(|lines| lines.iter().any(|line| not_done(&line.progress) && !line.is_done()))
        })
        .await;
    signal(pid, "-CONT");
    let rows = scene.until_rows(&["reversed", "declined"]).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(scene.loans().await, Vec::<String>::new());
    assert_eq!(scene.gate("LW0000001").await, Gate::secured());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_whose_task_died_is_answered_and_can_be_asked_again() {
    let mut scene = Scene::open().await;
    let pid = scene.world.central_pid().expect("central runs");
    signal(pid, "-STOP");
    scene.reader("put LW20260001").await;
    scene.until("the question", |screen| identifying(screen).is_some_and(|page| page.busy)).await;
    end(&scene, Part::Central).await;
    let silent = |page: &Identify| !page.busy && page.problem == Some(Reason::CentralSilent);
    scene.until("an answer", |screen| identifying(screen).is_some_and(silent)).await;
    signal(pid, "-CONT");
    until_part(&mut scene, Part::Central, "another", is_anew).await;
    // Another card, for the same one laid there again within one round of the reader has never been away.
    scene.reader("take all").await;
    scene.reader("card LW20260022").await;
    scene.reader("put LW20260022 LW0000001").await;
    scene.until_lines(1, 0).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::unsecured());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_dies_is_begun_anew() {
    let mut scene = Scene::closed().await;
    kiosk::demo::world::finds(scene.world.config_mut());
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    until_part(&mut scene, Part::Catalogue, "a catalogue", |known| known.state == State::Up).await;
    end(&scene, Part::Catalogue).await;
    until_part(&mut scene, Part::Catalogue, "another", is_anew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_says_how_it_is_and_its_task_is_begun_anew() {
    let mut scene = Scene::closed().await;
    let out = tempfile::tempdir().expect("a folder");
    scene.world.add_printer(out.path()).await.expect("the printer starts");
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    until_part(&mut scene, Part::Printer, "a printer", |known| known.state == State::Up).await;
    scene.world.printer().expect("there is one").say("paper out").await.expect("it understands");
    let known = until_part(&mut scene, Part::Printer, "no paper", |known| known.state == State::Down).await;
    assert_eq!(known.why, "no paper");
    scene.world.printer().expect("there is one").say("paper roll").await.expect("it understands");
    until_part(&mut scene, Part::Printer, "paper", |known| known.state == State::Up).await;
    end(&scene, Part::Printer).await;
    until_part(&mut scene, Part::Printer, "another", is_anew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn central_that_is_silent_is_a_state_and_the_kiosk_takes_returns_all_the_same() {
    let mut scene = Scene::open().await;
    scene.world.kill_central().await.expect("it is ended");
    until_part(&mut scene, Part::Central, "silence", |known| known.state == State::Down).await;
    assert!(board(&scene).await.expect("it answers").is_ready(), "returns are taken");
    scene.reader("book LW0000006 on-loan").await;
    scene.reader("put LW0000006").await;
    scene.until_lines(1, 0).await;
    scene.reader("take all").await;
    scene.until_welcome().await;
    scene.world.restart_central().await.expect("it is back");
    until_part(&mut scene, Part::Central, "an answer", |known| known.state == State::Up).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_takes_a_kiosk_out_of_service_from_afar_and_it_stays_out_over_a_restart() {
    let mut scene = Scene::open().await;
    assert_eq!(ask(&scene, &Request::Service { out: true }).await, Some(Answer::Done));
    let out = |screen: &Screen| screen.page == Page::Attention(Attention::OutOfService);
    scene.until("out of service", out).await;
    let known = board(&scene).await.expect("it answers");
    assert!(known.out_of_service && !known.is_ready());
    scene.stop_kiosk().await;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until("out of service", out).await;
    assert_eq!(ask(&scene, &Request::Service { out: false }).await, Some(Answer::Done));
    scene.until_welcome().await;
    // What nobody may end is refused, and said.
    for part in [Part::Ledger, Part::Screen] {
        let answer = ask(&scene, &Request::Restart { part }).await;
        assert!(matches!(answer, Some(Answer::Refused { .. })), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_stands_while_its_trouble_does_and_over_a_restart() {
    let mut scene = Scene::open().await;
    assert_eq!(ask(&scene, &Request::Service { out: true }).await, Some(Answer::Done));
    let raised = until_alarm(&scene, "service.out").await;
    let data_dir = scene.world.config().kiosk.data_dir.clone();
    let kioskctl = |arguments: &[&str]| {
        let mut command = Command::new(beside("kioskctl"));
        command.args(arguments).arg("--data-dir").arg(&data_dir);
        command.output().expect("it runs")
    };
    let told = kioskctl(&["alarms"]);
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(text.starts_with("service.out (info) since ") && text.contains("put it back"), "{text}");
    assert_eq!(told.status.code(), Some(1));
    let parts = kioskctl(&["parts"]);
    let text = String::from_utf8_lossy(&parts.stdout).into_owned();
    assert!(text.contains("nobody is served") && parts.status.code() == Some(1), "{text}");
    scene.stop_kiosk().await;
    scene.start_kiosk().await.expect("the kiosk starts");
    assert_eq!(until_alarm(&scene, "service.out").await, raised);
    assert_eq!(kioskctl(&["service", "back"]).status.code(), Some(0));
    let kept = data_dir.join("alarms.json");
    scene
        .until_fact("an alarm that is over", || {
            let text = std::fs::read_to_string(&kept).unwrap_or_default();
            core::future::ready(text.contains("\"until\"").then_some(()))
        })
        .await;
}

pub(crate) async fn until_alarm(scene: &Scene, key: &str) -> Timestamp {
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    loop {
        beat.tick().await;
        let known = board(scene).await;
        let found = known.as_ref().and_then(|board| board.alarms.iter().find(|alarm| alarm.key == key));
        if let Some(alarm) = found {
            return alarm.since;
        }
        assert!(tokio::time::Instant::now() < end, "no alarm {key}: {known:?}");
    }
}

/// The daemon is told to stand still in the middle of its loop: the service manager is told no more that it lives.
#[tokio::test(flavor = "multi_thread")]
async fn the_watchdog_is_fed_while_every_task_beats_and_no_longer() {
    let mut place = Place::new(1, 7, Duration::from_secs(5)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut daemon = Command::new(beside("watched-kiosk"))
        .arg("hold")
        .arg(place.config())
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "4000000")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let hear = || {
        let mut bytes = [0; 4096];
        let n = manager.recv(&mut bytes).expect("the service manager hears");
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    };
    let mut said = String::new();
    while !(said.contains("READY=1") && said.contains("WATCHDOG=1") && said.contains("patrons are served")) {
        said += &hear();
    }
    place.pad.say("put LW20260001 LW0000001");
    // Longer than the service manager would wait. That the loop stands still may be told, or nothing at all: the
    // thread that stands still may be the one on which the supervisor was to run next.
    manager.set_read_timeout(Some(Duration::from_secs(6))).expect("a limit");
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut bytes = [0; 4096];
    while let Ok(n) = manager.recv(&mut bytes) {
        let last = String::from_utf8_lossy(&bytes[..n]);
        if last.contains("nothing is heard of") {
            assert!(last.contains("event loop") && !last.contains("WATCHDOG=1"), "{last}");
            break;
        }
        assert!(tokio::time::Instant::now() < end, "it is fed for ever: {last}");
    }
    for _ in 0..3 {
        let n = manager.recv(&mut bytes).unwrap_or(0);
        let last = String::from_utf8_lossy(&bytes[..n]);
        assert!(!last.contains("WATCHDOG=1"), "it is fed again: {last}");
        if n == 0 {
            break;
        }
    }
    assert!(daemon.try_wait().expect("it is looked after").is_none(), "it stands still, and has not ended");
    daemon.kill().expect("it is ended");
    daemon.wait().expect("it is waited for");
    place.kill().await;
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(name).arg(pid.to_string()).status().expect("kill runs");
    assert!(sent.success());
}
