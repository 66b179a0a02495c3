//! Style 3.6, 8 (a): the kiosk is killed at every moment of every flow, and again at every moment of its recovery.
//!
//! The moments are those at which something passes between the kiosk and the world: central hears a call, central has
//! done it, a tag is about to be written, it was written, and the screen is about to say "done" or has said so. Each
//! flow is run once to learn its moments, then once for each of them with a kill there. After the next start ledger,
//! tag and central agree, or a row is parked that names the item; and what a screen called done stays done.
//!
//! How each one ends is written down in `crash/*.txt`: a kill that ends otherwise than it did is a change to be
//! looked at, for better or worse.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{ExpectFile, expect_file};
use kiosk::demo::world::CARD;
use rfid_driver::tag::Afi;
use tests::agree::Facts;
use tests::line::Weather;
use tests::place::{Place, Program};
use tests::scene::PATIENCE;
use tests::seen::Seen;
use tests::watch::Moment;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a visit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Checkout,
    Checkin,
    /// the tag's AFI cannot be written
    Reversal,
    /// its EAS cannot: it is half open, and closed again
    HalfOpen,
    /// the book is taken off before its tag is written, and not put back
    TakenOff,
    /// central is away, and told later
    AssumedCheckin,
    /// the answer to the loan is lost
    LostCheckout,
    /// the answer to the return is lost
    LostCheckin,
}

/// Where the plug is pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kill {
    /// never: to learn the moments
    Never,
    At(Moment),
    /// on the disk, and not yet on the screen
    BeforeDone,
    /// on the screen
    AtDone,
}

/// A kill, and perhaps another one in the recovery from it.
#[derive(Debug, Clone)]
struct Plan {
    name: String,
    kill: Kill,
    again: Option<Moment>,
}

/// What a run showed.
struct Run {
    moments: Vec<Moment>,
    /// moments of the recovery
    after: Vec<Moment>,
    end: String,
}

const BOOK: &str = "LW0000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_killed_at_every_moment() {
    every_moment(Flow::Checkout, expect_file!["crash/checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkin_is_killed_at_every_moment() {
    every_moment(Flow::Checkin, expect_file!["crash/checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_is_killed_at_every_moment() {
    every_moment(Flow::Reversal, expect_file!["crash/reversal.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_left_half_open_is_killed_at_every_moment() {
    every_moment(Flow::HalfOpen, expect_file!["crash/half_open.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_taken_off_is_killed_at_every_moment() {
    every_moment(Flow::TakenOff, expect_file!["crash/taken_off.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkin_is_killed_at_every_moment() {
    every_moment(Flow::AssumedCheckin, expect_file!["crash/assumed_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_without_an_answer_is_killed_at_every_moment() {
    every_moment(Flow::LostCheckout, expect_file!["crash/lost_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_without_an_answer_is_killed_at_every_moment() {
    every_moment(Flow::LostCheckin, expect_file!["crash/lost_checkin.txt"]).await;
}

async fn every_moment(flow: Flow, expected: ExpectFile) {
    let plan = |name: &str, kill| Plan { name: name.to_owned(), kill, again: None };
    let whole = run(flow, plan("never", Kill::Never)).await;
    let mut plans = Vec::new();
    for moment in &whole.moments {
        plans.push(plan(&word(moment), Kill::At(moment.clone())));
    }
    if flow.says_done() {
        plans.push(plan("before the screen says done", Kill::BeforeDone));
        plans.push(plan("the screen says done", Kill::AtDone));
    }
    let first = in_parallel(flow, plans).await;
    let mut again = Vec::new();
    let mut known: Vec<(Vec<&str>, &str)> = Vec::new();
    for (plan, run) in &first {
        // Recoveries that do the same and end the same are the same.
        let mut names: Vec<&str> = run.after.iter().map(|Moment(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if known.contains(&(names.clone(), &run.end)) {
            continue;
        }
        known.push((names, &run.end));
        // How often it looks while a lost ask may still arrive depends on the time it takes, and a call that the dead
        // kiosk had sent may be counted first.
        for moment in run.after.iter().filter(|Moment(_, n)| *n == 1) {
            let name = format!("{}, then {}", plan.name, word(moment));
            again.push(Plan { name, again: Some(moment.clone()), ..plan.clone() });
        }
    }
    let second = in_parallel(flow, again).await;
    let mut text = format!("{:<60}| {}\n", "never", whole.end);
    for (plan, run) in first.iter().chain(&second) {
        text.push_str(&format!("{:<60}| {}\n", plan.name, run.end));
    }
    expected.assert_eq(&text);
}

fn word(Moment(name, n): &Moment) -> String {
    if *n == 1 { name.clone() } else { format!("{name} ({n})") }
}

async fn in_parallel(flow: Flow, plans: Vec<Plan>) -> Vec<(Plan, Run)> {
    let room = Arc::new(Semaphore::new(4));
    let mut runs = JoinSet::new();
    for (n, plan) in plans.into_iter().enumerate() {
        let room = Arc::clone(&room);
        runs.spawn(async move {
            let _permit = room.acquire_owned().await;
            (n, plan.clone(), run(flow, plan).await)
        });
    }
    let mut done = Vec::new();
    while let Some(run) = runs.join_next().await {
        match run {
            Ok(run) => done.push(run),
            Err(cause) => std::panic::resume_unwind(cause.into_panic()),
        }
    }
    done.sort_by_key(|(n, ..)| *n);
    done.into_iter().map(|(_, plan, run)| (plan, run)).collect()
}

/// One visit with its kills.
async fn run(flow: Flow, plan: Plan) -> Run {
    let mut place = Place::new(1, 1, Duration::from_secs(5)).await;
    flow.prepare(&place).await;
    place.start(if plan.kill == Kill::BeforeDone { Program::HeldAtDone } else { Program::Watched });
    place.until("the welcome page", |seen| seen.page == "welcome").await;
    let stop_at = match &plan.kill {
        Kill::At(moment) => Some(moment.clone()),
        Kill::Never | Kill::BeforeDone | Kill::AtDone => None,
    };
    place.watch.begin(stop_at);
    flow.play(&place);
    flow.until_killed(&mut place, &plan).await;
    let moments = place.watch.moments();
    let was_told_done = place.seen.iter().any(Seen::has_done);
    if let Some(moment) = plan.again {
        place.kill().await;
        place.watch.begin(Some(moment));
        place.line.set(Weather::Fair);
        place.start(Program::Watched);
        stopped(&place).await;
    }
    place.kill().await;
    place.watch.begin(None);
    place.line.set(Weather::Fair);
    place.start(Program::Watched);
    let facts = place.at_rest().await;
    let after = place.watch.moments();
    Run { moments, after, end: end(flow, &plan.name, &facts, was_told_done) }
}

async fn stopped(place: &Place) {
    let stopped = tokio::time::timeout(PATIENCE, place.watch.stopped()).await;
    assert!(stopped.is_ok(), "the moment did not come; {:?}\n{}", place.watch.moments(), place.log());
}

/// How it ended, and whether it ended well.
fn end(flow: Flow, name: &str, facts: &Facts, was_told_done: bool) -> String {
    assert_eq!(facts.disagreements(), Vec::<String>::new(), "{flow:?}, killed at: {name}");
    let is_lent = facts.is_lent(BOOK);
    if was_told_done {
        assert_eq!(is_lent, !flow.is_checkin(), "{flow:?}: \"done\" was taken back, killed at: {name}");
    }
    let rows: Vec<String> = facts.rows.iter().map(|row| format!("{} {}", row.act, row.state)).collect();
    let (lent, tag) = (if is_lent { "lent" } else { "not lent" }, facts.tag());
    let told = if was_told_done { ", told done" } else { "" };
    format!(
        "{}, {lent}, tag {tag}{told}",
        if rows.is_empty() { "no row".to_owned() } else { rows.join(", ") }
    )
}

impl Flow {
    const fn is_checkin(self) -> bool {
        matches!(self, Self::Checkin | Self::AssumedCheckin | Self::LostCheckin)
    }

    const fn says_done(self) -> bool {
        matches!(self, Self::Checkout) || self.is_checkin()
    }

    async fn prepare(self, place: &Place) {
        if self.is_checkin() {
            place.library.at_desk(BOOK, true).await;
            place.pad.change(BOOK, |tag| (tag.afi, tag.eas) = (Afi(0xC2), false));
        }
        place.pad.change(BOOK, |tag| match self {
            Self::Reversal => tag.is_afi_locked = true,
            Self::HalfOpen => tag.faults.fail_eas = 99,
            Self::TakenOff => tag.faults.take_on_afi = true,
            Self::Checkout
            | Self::Checkin
            | Self::AssumedCheckin
            | Self::LostCheckout
            | Self::LostCheckin => {}
        });
    }

    fn play(self, place: &Place) {
        match self {
            Self::AssumedCheckin => place.line.set(Weather::Down),
            Self::LostCheckout | Self::LostCheckin => place.line.set(Weather::LosesReceipts),
            Self::Checkout | Self::Checkin | Self::Reversal | Self::HalfOpen | Self::TakenOff => {}
        }
        if self.is_checkin() {
            place.pad.say(&format!("put {BOOK}"));
        } else {
            place.pad.say(&format!("put {CARD} {BOOK}"));
        }
    }

    /// Until the moment of the kill has come; without one, until all is at rest.
    async fn until_killed(self, place: &mut Place, plan: &Plan) {
        match plan.kill {
            Kill::BeforeDone => {
                return place.until("the moment before done", |seen| seen.page == "held").await;
            }
            Kill::AtDone => return place.until("done", Seen::has_done).await,
            Kill::At(_) | Kill::Never => {}
        }
        let watch = place.watch.clone();
        tokio::select! {
            () = watch.stopped() => return,
            () = place.until("the last screen", |seen| !seen.lines.is_empty() && seen.is_final()) => {}
        }
        place.line.set(Weather::Fair);
        if plan.kill == Kill::Never {
            drop(place.at_rest().await);
        } else {
            stopped(place).await;
        }
    }
}
