//! Style 3.6, 8 (a): the kiosk is killed at every moment of every flow, and again at every moment of its recovery.
//!
//! The moments are those at which something passes between the kiosk and the world: central hears a call, central has
//! done it, a tag is about to be written, it was written, and the screen is about to say "done" or has said so. Each
//! flow is run once to learn its moments, then once for each of them with a kill there. After the next start ledger,
//! tag and central agree, or a row is parked that names the item; and what a screen called done stays done.
//!
//! Each flow that a way to central has is run by it: openlib and SIP2, which know no ids, and central's own interface.
//!
//! How each one ends is written down in `crash/*.txt`: a kill that ends otherwise than it did is a change to be
//! looked at, for better or worse.

mod flow;
mod peer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use config::Interface;
use expect_test::{ExpectFile, expect_file};
use flow::Flow;
use tests::agree::Facts;
use tests::line::Weather;
use tests::place::{Place, Program};
use tests::scene::PATIENCE;
use tests::seen::Seen;
use tests::watch::Moment;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How the kiosk reaches the library's system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Openlib,
    Sip2,
    Kiosk,
    /// SIP2, and a server of others, which all runs share
    Peer(SocketAddr),
}

impl Way {
    async fn place(self) -> Place {
        let timeout = Duration::from_secs(5);
        match self {
            Self::Openlib => Place::with(Interface::Openlib, 0, 1, timeout).await,
            Self::Sip2 => Place::with(Interface::Sip2, 0, 1, timeout).await,
            Self::Kiosk => Place::with(Interface::Kiosk, 0, 1, timeout).await,
            Self::Peer(address) => Place::elsewhere(peer::library(address), 1, timeout).await,
        }
    }

    /// A tag that refuses its bit is tried again and again, by whatever way central is reached. Openlib's flows are killed
    /// at each of the tries; SIP2's at the first two and the last.
    fn is_new(self, Moment(name, n): &Moment, whole: &Run) -> bool {
        let last = whole.moments.iter().filter(|Moment(other, _)| other == name).count();
        !matches!(self, Self::Sip2 | Self::Peer(_)) || *n <= 2 || *n == last
    }

    /// How often a loan is asked for before it is in doubt: a question with an id may be repeated.
    const fn n_tries(self) -> u8 {
        match self {
            Self::Kiosk => 2,
            Self::Openlib | Self::Sip2 | Self::Peer(_) => 1,
        }
    }

    /// Runs side by side.
    const fn n_places(self) -> usize {
        match self {
            Self::Openlib | Self::Sip2 | Self::Kiosk => 4,
            Self::Peer(_) => 1,
        }
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::Checkout, expect_file!["crash/checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkin_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::Checkin, expect_file!["crash/checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::Reversal, expect_file!["crash/reversal.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_left_half_open_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::HalfOpen, expect_file!["crash/half_open.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_taken_off_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::TakenOff, expect_file!["crash/taken_off.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkin_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::AssumedCheckin, expect_file!["crash/assumed_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_without_an_answer_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::LostCheckout, expect_file!["crash/lost_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_without_an_answer_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::LostCheckin, expect_file!["crash/lost_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_central_refuses_to_hear_of_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::RefusedTelling, expect_file!["crash/refused_telling.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkin_with_an_open_tag_is_killed_at_every_moment() {
    every_moment(Way::Openlib, Flow::AssumedOpen, expect_file!["crash/assumed_open.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_by_id_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::Checkout, expect_file!["crash/kiosk_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkin_by_id_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::Checkin, expect_file!["crash/kiosk_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_taken_off_by_id_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::TakenOff, expect_file!["crash/kiosk_taken_off.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkout_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::AssumedCheckout, expect_file!["crash/kiosk_assumed_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkout_that_is_undone_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::AssumedReversal, expect_file!["crash/kiosk_assumed_reversal.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkin_by_id_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::AssumedCheckin, expect_file!["crash/kiosk_assumed_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_by_id_without_an_answer_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::LostCheckout, expect_file!["crash/kiosk_lost_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_told_is_killed_at_every_moment() {
    every_moment(Way::Kiosk, Flow::Batch, expect_file!["crash/kiosk_batch.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_over_sip2_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::Checkout, expect_file!["crash/sip2_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkin_over_sip2_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::Checkin, expect_file!["crash/sip2_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_over_sip2_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::Reversal, expect_file!["crash/sip2_reversal.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_left_half_open_over_sip2_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::HalfOpen, expect_file!["crash/sip2_half_open.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_taken_off_over_sip2_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::TakenOff, expect_file!["crash/sip2_taken_off.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkin_over_sip2_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::AssumedCheckin, expect_file!["crash/sip2_assumed_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_over_sip2_without_an_answer_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::LostCheckout, expect_file!["crash/sip2_lost_checkout.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_over_sip2_without_an_answer_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::LostCheckin, expect_file!["crash/sip2_lost_checkin.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_sip2_refuses_to_hear_of_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::RefusedTelling, expect_file!["crash/sip2_refused_telling.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_checkin_over_sip2_with_an_open_tag_is_killed_at_every_moment() {
    every_moment(Way::Sip2, Flow::AssumedOpen, expect_file!["crash/sip2_assumed_open.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_at_an_independent_server_is_killed_at_every_moment() {
    peer::every_moment(Flow::Checkout, include_str!("crash/sip2_checkout.txt")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_without_an_answer_of_an_independent_server_is_killed_at_every_moment() {
    peer::every_moment(Flow::LostCheckout, include_str!("crash/sip2_lost_checkout.txt")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkin_at_an_independent_server_is_killed_at_every_moment() {
    peer::every_moment(Flow::Checkin, include_str!("crash/sip2_checkin.txt")).await;
}

async fn every_moment(way: Way, flow: Flow, expected: ExpectFile) {
    expected.assert_eq(&sweep(way, flow).await);
}

/// Every kill of a flow, and how it ended, a line each.
async fn sweep(way: Way, flow: Flow) -> String {
    let plan = |name: &str, kill| Plan { name: name.to_owned(), kill, again: None };
    let whole = run(way, flow, plan("never", Kill::Never)).await;
    let mut plans = Vec::new();
    for moment in whole.moments.iter().filter(|moment| flow.is_told_of(moment) && way.is_new(moment, &whole))
    {
        plans.push(plan(&word(moment), Kill::At(moment.clone())));
    }
    if flow.says_done() {
        plans.push(plan("before the screen says done", Kill::BeforeDone));
        plans.push(plan("the screen says done", Kill::AtDone));
    }
    let first = in_parallel(way, flow, plans).await;
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
    if matches!(way, Way::Peer(_)) {
        // The recovery is the kiosk's own, and was shown with central.
        again.clear();
    }
    let second = in_parallel(way, flow, again).await;
    let mut text = format!("{:<60}| {}\n", "never", whole.end);
    for (plan, run) in first.iter().chain(&second) {
        text.push_str(&format!("{:<60}| {}\n", plan.name, run.end));
    }
    text
}

fn word(Moment(name, n): &Moment) -> String {
    if *n == 1 { name.clone() } else { format!("{name} ({n})") }
}

async fn in_parallel(way: Way, flow: Flow, plans: Vec<Plan>) -> Vec<(Plan, Run)> {
    let room = Arc::new(Semaphore::new(way.n_places()));
    let mut runs = JoinSet::new();
    for (n, plan) in plans.into_iter().enumerate() {
        let room = Arc::clone(&room);
        runs.spawn(async move {
            let _permit = room.acquire_owned().await;
            (n, plan.clone(), run(way, flow, plan).await)
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
async fn run(way: Way, flow: Flow, plan: Plan) -> Run {
    let mut place = way.place().await;
    flow.prepare(&mut place).await;
    place.start(if plan.kill == Kill::BeforeDone { Program::HeldAtDone } else { Program::Watched });
    place.until("the welcome page", |seen| seen.page == "welcome").await;
    if way == Way::Kiosk {
        place.until_mirrored().await;
    }
    let stop_at = match &plan.kill {
        Kill::At(moment) => Some(moment.clone()),
        Kill::Never | Kill::BeforeDone | Kill::AtDone => None,
    };
    place.watch.begin(stop_at);
    flow.play(&place, way);
    flow.until_killed(&mut place, &plan).await;
    let moments = place.watch.moments();
    if plan.kill != Kill::BeforeDone && flow.is_settled_at(&moments) {
        // Central is told of what is on the disk already: the screen says so too, though the world stands still: unless
        // it is the screen that stands still, before it says so.
        place.until("done", Seen::has_done).await;
    }
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
    let is_lent = facts.is_lent(flow.book());
    if was_told_done {
        assert_eq!(is_lent, !flow.is_checkin(), "{flow:?}: \"done\" was taken back, killed at: {name}");
    }
    let mut rows: Vec<(String, usize)> = Vec::new();
    for row in &facts.rows {
        let row = format!("{} {}", row.act, row.state);
        match rows.last_mut().filter(|(last, _)| *last == row) {
            Some((_, n)) => *n += 1,
            None => rows.push((row, 1)),
        }
    }
    let rows = rows.into_iter().map(|(row, n)| if n == 1 { row } else { format!("{n} x {row}") });
    let rows = rows.collect::<Vec<_>>().join(", ");
    let (lent, tag) = (if is_lent { "lent" } else { "not lent" }, facts.tag());
    let told = if was_told_done { ", told done" } else { "" };
    format!("{}, {lent}, tag {tag}{told}", if rows.is_empty() { "no row" } else { &rows })
}
