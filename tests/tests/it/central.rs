//! What goes wrong at the other end: central dies, freezes, comes back. The kiosk looks before it acts.

use std::time::Duration;

use circulation::screen::Progress;
use circulation::transaction::Reason;
use config::Interface;
use kiosk::demo::world::CARD;
use rustix::process::{Pid, Signal, kill_process};
use tests::line::Weather;
use tests::place::{Place, Program};
use tests::scene::{Gate, Scene};
use tests::seen::Seen;

#[tokio::test(flavor = "multi_thread")]
async fn central_dies_in_the_middle_of_a_stack() {
    let mut scene = Scene::open().await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    scene.world.kill_central().await.expect("central dies");
    scene.reader("put LW0000002").await;
    let lines = scene.until_lines(1, 1).await;
    assert_eq!(lines[1].progress, Progress::Refused(Reason::CentralSilent));
    assert_eq!(scene.gate("LW0000002").await, Gate::secured(), "what is not lent stays guarded");
    scene.world.restart_central().await.expect("central comes back");
    scene.until("the link", |screen| screen.online).await;
    assert_eq!(scene.loans().await, ["LW0000001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_taken_while_central_is_away_and_told_when_it_is_back() {
    let mut scene = Scene::open().await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    scene.reader("take all").await;
    scene.until_welcome().await;
    scene.world.kill_central().await.expect("central dies");
    scene.reader("put LW0000001").await;
    let lines = scene.until_lines(1, 0).await;
    assert_eq!(lines[0].progress, Progress::Done { due: None, provisional: true });
    assert_eq!(scene.gate("LW0000001").await, Gate::secured());
    scene.world.restart_central().await.expect("central comes back");
    let config = scene.world.config().clone();
    scene
        .until_fact("central hears of the return", || async {
            tests::scene::loans_at(&config).await.is_empty().then_some(())
        })
        .await;
}

/// The answer to the loan does not come, and nobody knows whether it was made: the patron is told that it is not lent,
/// and when central answers again, whatever it did is undone.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_came_is_looked_up_and_undone() {
    let mut scene = Scene::open().await;
    scene.reader("put LW20260001").await;
    scene.until("a patron", |screen| tests::scene::lines(screen).is_some()).await;
    let central =
        scene.world.central_pid().and_then(|pid| Pid::from_raw(pid.cast_signed())).expect("central runs");
    kill_process(central, Signal::STOP).expect("central freezes");
    scene.reader("put LW0000001").await;
    let lines = scene.until_lines(0, 1).await;
    assert_eq!(lines[0].progress, Progress::Unclear);
    assert_eq!(scene.gate("LW0000001").await, Gate::secured());
    kill_process(central, Signal::CONT).expect("central thaws");
    let rows = scene.until_rows(&["declined", "reversed"]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(scene.loans().await, Vec::<String>::new());
}

/// Whoever of the two is wrong: a due date would be. With central everything goes on.
#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_lend_nothing_without_central() {
    const BOOK: &str = "LW0000001";
    let refused_without_central = |ahead: i64| async move {
        let mut place = Place::with(Interface::Kiosk, 1, 1, Duration::from_secs(5)).await;
        place.library.set_clock_ahead(ahead).await;
        place.start(Program::Watched);
        place.until("the welcome page", |seen| seen.page == "welcome").await;
        place.until_mirrored().await;
        place.line.set(Weather::Down);
        place.pad.say(&format!("put {CARD} {BOOK}"));
        place.until("an end", |seen| !seen.lines.is_empty() && seen.is_final()).await;
        let is_refused = !place.seen.iter().any(Seen::has_done);
        assert_eq!(place.pad.gate(BOOK) == Gate::secured(), is_refused);
        assert_eq!(place.log().contains("clock or central's is wrong"), is_refused, "{}", place.log());
        is_refused
    };
    assert!(refused_without_central(60).await);
    assert!(refused_without_central(-60).await);
    assert!(!refused_without_central(5).await);
}
