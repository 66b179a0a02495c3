//! The configuration taken over while the kiosk runs.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use circulation::screen::{Attention, Language, Page, Screen};
use jiff::{ToSpan as _, Zoned};
use supervision::control::{Answer, Reloaded, Request};
use tests::place::{Place, Program, beside};
use tests::scene::{PATIENCE, Scene, lines};

use crate::drills::{ask, board, until_alarm};

/// A kiosk in this process that was started with a file.
async fn with_file(text: &str) -> (Scene, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kiosk.toml");
    std::fs::write(&file, text).expect("the file is written");
    let mut scene = Scene::closed().await;
    scene.world.config_mut().file = Some(file.clone());
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    (scene, file, folder)
}

async fn reload(scene: &Scene, file: &Path, text: &str) -> Answer {
    std::fs::write(file, text).expect("the file is written");
    ask(scene, &Request::Reload).await.expect("it answers")
}

fn taken(names: &[&str], waits: bool) -> Answer {
    let taken = names.iter().map(|name| (*name).to_owned()).collect();
    Answer::Reloaded(Reloaded { taken, restart: Vec::new(), waits })
}

fn is_at(library: &'static str) -> impl Fn(&Screen) -> bool {
    move |screen| matches!(screen.page, Page::Welcome(_)) && screen.place.library == library
}

#[tokio::test(flavor = "multi_thread")]
async fn patrons_see_a_change_between_two_visits_and_never_within_one() {
    let (mut scene, file, _folder) = with_file("").await;
    let one = "[kiosk]\nlanguage = \"en\"\n[place]\nlibrary = \"一馆\"\n[visit]\nlinger_seconds = 1\ndone_seconds = 2\n";
    let keys = ["kiosk.language", "place.library", "visit.done_seconds", "visit.linger_seconds"];
    assert_eq!(reload(&scene, &file, one).await, taken(&keys, false));
    let screen = scene.until("the first library", is_at("一馆")).await;
    assert_eq!(screen.language, Language::English);
    // Somebody is there.
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    let two = one.replace("一馆", "二馆");
    assert_eq!(reload(&scene, &file, &two).await, taken(&["place.library"], true));
    assert!(board(&scene).await.expect("it answers").configuration.waits);
    scene.reader("take all").await;
    scene.until("the second library", is_at("二馆")).await;
    let first = scene.history.iter().find(|screen| screen.place.library == "二馆").expect("it was seen");
    assert!(matches!(first.page, Page::Welcome(_)), "within a visit nothing changes");
    assert!(scene.history.iter().any(|screen| lines(screen).is_some() && screen.place.library == "一馆"));
    while board(&scene).await.expect("it answers").configuration.waits {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_closes_is_closed_at_once() {
    let (mut scene, file, _folder) = with_file("").await;
    let today = Zoned::now().date();
    let days: Vec<String> = [-1, 0, 1].map(|n| format!("\"{}\"", today.saturating_add(n.days()))).into();
    let closed = format!("[place]\nclosed_days = [{}]\n", days.join(", "));
    assert_eq!(reload(&scene, &file, &closed).await, taken(&["place.closed_days"], false));
    let is_closed = |screen: &Screen| screen.page == Page::Attention(Attention::Closed);
    scene.until("the closed page", is_closed).await;
    assert!(matches!(reload(&scene, &file, "").await, Answer::Reloaded(_)));
    scene.until_welcome().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_fault_changes_nothing_and_is_told() {
    let (mut scene, file, _folder) = with_file("[place]\nlibrary = \"一馆\"\n").await;
    let faulty = "[place]\nlibrary = \"二馆\"\n[visit]\nidle_secnods = 30\n";
    let Answer::Refused { why } = reload(&scene, &file, faulty).await else { panic!("it is refused") };
    assert!(why.contains("kiosk.toml:4: [visit] idle_secnods: unknown key"), "{why}");
    until_alarm(&scene, "config.refused").await;
    let known = board(&scene).await.expect("it answers");
    assert_eq!(known.configuration.refused, Some(why));
    assert!(known.is_ready(), "patrons are served as before");
    assert!(!scene.history.iter().any(|screen| screen.place.library == "二馆"));
    // What counts only after a restart is named, and the rest of the file counts.
    let mixed = "[place]\nlibrary = \"三馆\"\n[reader]\npoll_ms = 999\n[account]\nenabled = false\n";
    let Answer::Reloaded(told) = reload(&scene, &file, mixed).await else { panic!("it is taken over") };
    assert_eq!(told.taken, ["place.library"]);
    assert_eq!(told.restart, ["account.enabled", "reader.poll_ms"]);
    let screen = scene.until("the third library", is_at("三馆")).await;
    assert!(screen.place.offers.account, "what needs a restart is not in force");
    until_alarm(&scene, "config.restart").await;
    assert_eq!(board(&scene).await.expect("it answers").configuration.refused, None);
}

/// The kiosk as a process: by its signal, by `kioskctl`, and by a change on trial. It is the same process at the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_is_told_by_signal_by_kioskctl_and_by_a_trial() {
    let mut place = Place::new(1, 11, Duration::from_secs(5)).await;
    place.start(Program::Kiosk);
    let file = place.config();
    let before = std::fs::read_to_string(&file).expect("it can be read");
    let named = |name: &str| before.replace("[kiosk]\n", &format!("[kiosk]\nname = {name:?}\n"));
    until(&place, "it serves", &["parts"], "patrons are served").await;
    let pid = place.pid();

    std::fs::write(&file, named("by a signal")).expect("it is written");
    hang_up(pid);
    until(&place, "the name", &["parts"], "by a signal: patrons are served").await;
    std::fs::write(&file, "[kiosk]\nnmae = \"wrong\"\n").expect("it is written");
    hang_up(pid);
    until(&place, "the alarm", &["alarms"], "config.refused (warning)").await;
    assert!(place.log().contains("the configuration was not taken over"), "{}", place.log());

    // Of the faults of a file its kiosk is told too: the data folder is found all the same.
    std::fs::write(&file, named("wrong") + "[nothing]\n").expect("it is written");
    let refused = kioskctl(&["reload", "--config"], &file);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("[nothing]"), "{refused:?}");
    std::fs::write(&file, named("by kioskctl")).expect("it is written");
    let told = kioskctl(&["reload", "--config"], &file);
    assert!(text(&told).contains("taken over: kiosk.name"), "{told:?}");
    until(&place, "the name", &["parts"], "by kioskctl: patrons are served").await;
    let diff = kioskctl(&["config", "diff", "--config"], &file);
    assert_eq!(diff.status.code(), Some(0), "what runs is what the file says: {diff:?}");

    let new = file.with_file_name("new.toml");
    std::fs::write(&new, named("by a trial")).expect("it is written");
    let trial = [
        "config",
        "apply",
        new.to_str().expect("a path"),
        "--watch",
        "1",
        "--restart-with",
        "exit 9",
        "--config",
    ];
    let applied = kioskctl(&trial, &file);
    assert_eq!(applied.status.code(), Some(0), "{applied:?}");
    until(&place, "the name", &["parts"], "by a trial: patrons are served").await;
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), named("by a trial"));
    assert_eq!(place.pid(), pid, "nothing was begun anew");
    place.kill().await;
}

/// Waits until `kioskctl` says this of the kiosk.
async fn until(place: &Place, what: &str, command: &[&str], said: &str) {
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    loop {
        beat.tick().await;
        let told = kioskctl(&[command, &["--data-dir"]].concat(), &place.data_dir());
        if text(&told).contains(said) {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{what} did not come: {told:?}\n{}", place.log());
    }
}

fn kioskctl(arguments: &[&str], last: &Path) -> Output {
    Command::new(beside("kioskctl")).args(arguments).arg(last).output().expect("it runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn hang_up(pid: u32) {
    let sent = Command::new("kill").args(["-HUP", &pid.to_string()]).status().expect("kill runs");
    assert!(sent.success());
}
