//! Style 3.6, 8 (c), through the daemon: a disk that is full, read-only or damaged. The screen says so, no tag is opened,
//! nothing is thrown away, and it goes on by itself or when told.

#![expect(clippy::expect_used, reason = "what a test cannot set up ends the test, with its reason")]
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kiosk::demo::world::CARD;
use tests::place::{Disk, Place, Program, beside};
use tests::scene::Gate;
use tests::seen::Seen;
use tests::watch::Moment;

const BOOK: &str = "LW0000001";

/// A place whose kiosk has a disk of its own; nothing where the machine does not give one.
async fn with_a_small_disk() -> Option<Place> {
    if !Disk::can_be_had() {
        return None;
    }
    let mut place = Place::new(1, 1, Duration::from_secs(5)).await;
    place.start_on(Program::Watched, Disk::Small);
    place.until("the welcome page", |seen| seen.page == "welcome").await;
    Some(place)
}

fn fill(place: &Place) {
    let filler = place.on_its_disk("filler");
    let size = 4096;
    let mut bytes = Vec::new();
    loop {
        bytes.resize(bytes.len() + size, 0x5A);
        if std::fs::write(&filler, &bytes).is_err() {
            return;
        }
        assert!(bytes.len() < 1 << 20, "the disk is not small");
    }
}

fn empty(place: &Place) {
    std::fs::remove_file(place.on_its_disk("filler")).expect("the filler is removed");
}

fn is_out_of_service(seen: &Seen) -> bool {
    seen.page == "attention"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_service_before_anything_is_lent() {
    let Some(mut place) = with_a_small_disk().await else { return };
    fill(&place);
    place.pad.say(&format!("put {CARD} {BOOK}"));
    place.until_next("the fault", is_out_of_service).await;
    assert_eq!(place.pad.gate(BOOK), Gate::secured());
    assert_eq!(place.line.n_done("loanbook", BOOK), 0, "central was not asked");
    place.pad.say("take all");
    empty(&place);
    place.until_next("the welcome page", |seen| seen.page == "welcome").await;
    place.pad.say(&format!("put {CARD} {BOOK}"));
    place.until_next("done", |seen| !seen.lines.is_empty() && seen.is_all_done()).await;
    let facts = place.at_rest().await;
    assert_eq!(facts.disagreements(), Vec::<String>::new());
    assert!(facts.is_lent(BOOK));
}

/// Central has lent it, and that cannot be written down: the tag stays closed, and the loan is undone.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_behind_a_loan_has_it_undone() {
    let facts = filled_at("loanbook is done").await;
    let Some((place, facts)) = facts else { return };
    assert_eq!(place.pad.gate(BOOK), Gate::secured());
    assert!(!facts.is_lent(BOOK) && !facts.is_parked(BOOK));
}

/// The tag is open, and that cannot be written down: nobody is told "done", and staff looks at the book.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_behind_an_open_tag_calls_the_staff() {
    let facts = filled_at("EAS is done").await;
    let Some((_, facts)) = facts else { return };
    assert!(facts.is_parked(BOOK), "{facts:?}");
}

async fn filled_at(moment: &str) -> Option<(Place, tests::agree::Facts)> {
    let mut place = with_a_small_disk().await?;
    place.watch.begin(Some(Moment(moment.to_owned(), 1)));
    place.pad.say(&format!("put {CARD} {BOOK}"));
    place.watch.stopped().await;
    fill(&place);
    place.watch.go_on();
    place.until_next("the fault", is_out_of_service).await;
    assert!(!place.seen.iter().any(Seen::has_done), "nobody was told that it is done");
    empty(&place);
    place.pad.say("take all");
    place.until_next("the end of the fault", |seen| !is_out_of_service(seen)).await;
    let facts = place.at_rest().await;
    assert_eq!(facts.disagreements(), Vec::<String>::new());
    Some((place, facts))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_disk_is_named_at_the_start() {
    if !Disk::can_be_had() {
        return;
    }
    let mut place = Place::new(1, 1, Duration::from_secs(5)).await;
    place.start_on(Program::Kiosk, Disk::ReadOnly);
    assert_eq!(place.ended().await.code(), Some(2));
    let log = place.log();
    assert!(log.contains("no permission to write the ledger") && log.contains("ledger.db"), "{log}");
    // With a screen, the patrons are told too.
    place.start_on(Program::Watched, Disk::ReadOnly);
    place.until("the fault", is_out_of_service).await;
    place.pad.say(&format!("put {CARD} {BOOK}"));
    place.kill().await;
    assert!(place.seen.iter().all(is_out_of_service), "{:?}", place.seen);
    assert_eq!(place.pad.gate(BOOK), Gate::secured());
}

/// A data folder whose ledger is damaged, and what stands in the file.
fn damage(place: &Place) -> String {
    std::fs::create_dir_all(place.data_dir()).expect("the folder is made");
    let damaged = "this was a ledger once. ".repeat(1000);
    std::fs::write(place.data_dir().join("ledger.db"), &damaged).expect("the ledger is damaged");
    damaged
}

/// Without a screen the program ends, and says what is to be done.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_is_named_at_the_start() {
    let mut place = Place::new(1, 1, Duration::from_secs(5)).await;
    let damaged = damage(&place);
    for _ in 0..2 {
        place.start(Program::Kiosk);
        assert_eq!(place.ended().await.code(), Some(2));
    }
    assert!(place.log().contains("kioskctl queue new-ledger"), "{}", place.log());
    let file = place.data_dir().join("ledger.db");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), damaged, "kept as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_is_shown_and_kept_and_replaced_only_when_told() {
    let mut place = Place::new(1, 1, Duration::from_secs(5)).await;
    let damaged = damage(&place);
    let file = place.data_dir().join("ledger.db");
    place.start(Program::Watched);
    place.until("the fault", is_out_of_service).await;
    place.pad.say(&format!("put {CARD} {BOOK}"));
    // After a power cut, the same again.
    place.kill().await;
    place.start(Program::Watched);
    place.until("the fault", is_out_of_service).await;
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), damaged, "kept as it is");
    assert_eq!(place.line.n_done("loanbook", BOOK), 0, "central was not asked");
    place.pad.say("take all");

    let (code, said) = new_ledger(&place.data_dir());
    assert_eq!(code, Some(0), "{said}");
    let names: Vec<String> = std::fs::read_dir(place.data_dir())
        .expect("the folder is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("ledger.db.damaged-"))
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let kept = std::fs::read_to_string(place.data_dir().join(&names[0])).expect("it is there");
    assert_eq!(kept, damaged, "nothing is deleted");

    // The kiosk that has waited goes on by itself, and lends.
    place.until_next("the welcome page", |seen| seen.page == "welcome").await;
    place.pad.say(&format!("put {CARD} {BOOK}"));
    place.until_next("done", |seen| !seen.lines.is_empty() && seen.is_all_done()).await;
    assert!(place.at_rest().await.is_lent(BOOK));
    let (code, said) = new_ledger(&place.data_dir());
    assert!(code == Some(2) && said.contains("the kiosk runs"), "{said}");
    place.kill().await;
    let (code, said) = new_ledger(&place.data_dir());
    assert!(code == Some(2) && said.contains("sound"), "{said}");
}

fn new_ledger(data_dir: &Path) -> (Option<i32>, String) {
    let output = Command::new(beside("kioskctl"))
        .args(["queue", "new-ledger", "--data-dir"])
        .arg(data_dir)
        .output()
        .expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}
