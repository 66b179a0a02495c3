//! Holds from the screen to central and back: put on a title that was found, ready where the kiosk stands once the book
//! is back, kept from others, and given up at the second touch.

use circulation::account::Hold;
use circulation::id::PatronId;
use circulation::screen::{
    Account, AccountState, Cancellation, HoldLine, HoldState, Identify, Page, Reserve, Screen, Title, Touch,
    Wish,
};
use circulation::transaction::{Reason, Verdict};
use kiosk::demo::world::{CARD, finds};
use sync_client::http::Openlib;
use tests::scene::{Scene, item};

use crate::find::{look_for_hlm, open_first};

/// The first book of the demo, 红楼梦.
const BOOK: &str = "LW0000001";
/// Somebody who has it, by their number in central's demo data.
const OTHER: &str = "LW20260002";
/// The branch of the kiosk.
const BRANCH: &str = "莱芜区图书馆";

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_put_made_ready_by_the_return_kept_from_others_and_given_up() {
    let mut scene = Scene::closed().await;
    finds(scene.world.config_mut());
    scene.world.config_mut().find.reserve = true;
    let desk = Openlib::new(kiosk::settings::openlib(scene.world.config())).expect("the address is good");
    let (mine, other) = (patron(CARD), patron(OTHER));
    let lent = desk.checkout(&other, &item(BOOK)).await.expect("central answers");
    assert!(matches!(lent, Verdict::Granted(_)), "{lent:?}");
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    look_for_hlm(&mut scene).await;
    open_first(&mut scene).await;

    scene.touch(Touch::Reserve).await;
    scene.until("the question for a card", asks_for_a_card).await;
    scene.reader(&format!("put {CARD}")).await;
    scene.until("the hold", is_reserved).await;
    let waiting = desk.holds(&mine).await.expect("central answers").expect("it knows the card");
    assert!(
        matches!(waiting.as_slice(), [Hold { state: HoldState::Waiting { before: Some(0) }, .. }]),
        "{waiting:?}"
    );
    scene.reader("take all").await;
    scene.touch(Touch::Cancel).await;
    scene.until_welcome().await;

    // It was lent at a desk that left its bit alone.
    scene.touch(Touch::Return).await;
    scene.reader(&format!("put {BOOK}")).await;
    scene.until_lines(1, 0).await;
    leave(&mut scene).await;
    let refused = desk.checkout(&other, &item(BOOK)).await.expect("central answers");
    assert_eq!(refused, Verdict::Declined(Reason::OnHold));

    scene.touch(Touch::Account).await;
    scene.reader(&format!("put {CARD}")).await;
    let is_ready = |hold: &HoldLine| matches!(&hold.state, HoldState::Ready { at: Some(at), until: Some(_) } if at == BRANCH);
    scene.until("a hold that is ready here", |screen| shows(screen, is_ready)).await;
    scene.touch(Touch::CancelHold(0)).await;
    scene.until("a question back", |screen| is_given_up(screen, &Cancellation::Unsure)).await;
    scene.touch(Touch::KeepHold).await;
    scene.until("the hold kept", |screen| is_given_up(screen, &Cancellation::Offered)).await;
    scene.touch(Touch::CancelHold(0)).await;
    scene.touch(Touch::CancelHold(0)).await;
    scene.until("the hold given up", |screen| is_given_up(screen, &Cancellation::Done)).await;
    assert_eq!(desk.holds(&mine).await.expect("central answers").expect("it knows the card"), []);
    leave(&mut scene).await;
    let lent = desk.checkout(&other, &item(BOOK)).await.expect("central answers");
    assert!(matches!(lent, Verdict::Granted(_)), "whoever comes next may have it: {lent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_ready_is_lent_to_whom_it_waits_for() {
    let mut scene = Scene::open().await;
    let desk = Openlib::new(kiosk::settings::openlib(scene.world.config())).expect("the address is good");
    let (mine, other) = (patron(CARD), patron(OTHER));
    desk.checkout(&other, &item(BOOK)).await.expect("central answers");
    desk.reserve(&mine, &item(BOOK)).await.expect("central answers").expect("it is reserved");
    desk.checkin(&item(BOOK)).await.expect("central answers");

    scene.reader(&format!("put {CARD} {BOOK}")).await;
    scene.until_lines(1, 0).await;
    assert_eq!(scene.loans().await, [BOOK]);
    assert_eq!(desk.holds(&mine).await.expect("central answers").expect("it knows the card"), []);
}

#[expect(clippy::expect_used, reason = "what a test cannot set up ends the test, with its reason")]
fn patron(card: &str) -> PatronId {
    PatronId::parse(card).expect("the card is good")
}

/// Clears the pad, which ends the visit.
async fn leave(scene: &mut Scene) {
    scene.reader("take all").await;
    scene.touch(Touch::Finish).await;
    scene.until_welcome().await;
}

fn asks_for_a_card(screen: &Screen) -> bool {
    matches!(&screen.page, Page::Identify(Identify { wish: Wish::Reserve, .. }))
}

fn is_reserved(screen: &Screen) -> bool {
    matches!(&screen.page, Page::Title(Title { reserve: Reserve::Done, .. }))
}

/// Whether the page of an account shows one hold, and it is so.
fn shows(screen: &Screen, is: impl Fn(&HoldLine) -> bool) -> bool {
    matches!(&screen.page, Page::Account(Account { state: AccountState::Known, holds, .. })
        if matches!(holds.as_slice(), [hold] if is(hold)))
}

fn is_given_up(screen: &Screen, how_far: &Cancellation) -> bool {
    shows(screen, |hold| hold.cancellation == *how_far)
}
