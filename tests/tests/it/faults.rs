//! What goes wrong at the machine: plugs, noise, books that leave too early. Nothing is ever silently half done.

use circulation::screen::{Attention, Page, Progress};
use tests::scene::{Gate, Scene, lines};

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_is_unplugged_and_plugged_in_again() {
    let mut scene = Scene::open().await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    scene.reader("unplug").await;
    scene.until("the fault", |screen| screen.page == Page::Attention(Attention::ReaderDown)).await;
    scene.reader("plug").await;
    scene.reader("put LW0000002").await;
    scene.until_lines(2, 0).await;
    assert_eq!(scene.gate("LW0000002").await, Gate::unsecured());
    assert_eq!(scene.loans().await, ["LW0000001", "LW0000002"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_the_line_costs_time_but_no_book() {
    let mut scene = Scene::open().await;
    scene.reader("noise every 3 40").await;
    scene.reader("put LW20260001 LW0000001 LW0000002 LW0000003").await;
    scene.until_lines(3, 0).await;
    for book in ["LW0000001", "LW0000002", "LW0000003"] {
        assert_eq!(scene.gate(book).await, Gate::unsecured(), "{book}");
    }
    assert_eq!(scene.loans().await, ["LW0000001", "LW0000002", "LW0000003"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_answer_only_now_and_then_are_lent_once_each() {
    let mut scene = Scene::open().await;
    scene.reader("miss 30").await;
    scene.reader("put LW20260001 LW0000001 LW0000002 LW0000003 LW0000004").await;
    scene
        .until("all four lent", |screen| {
            lines(screen).is_some_and(|lines| {
                lines.iter().filter(|line| matches!(line.progress, Progress::Done { .. })).count() == 4
            })
        })
        .await;
    assert_eq!(scene.loans().await, ["LW0000001", "LW0000002", "LW0000003", "LW0000004"]);
    let rows = scene.rows();
    assert_eq!(rows.len(), 4, "one transaction for each book: {rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_pulled_off_before_its_bit_was_written_is_not_lent() {
    let mut scene = Scene::open().await;
    scene.reader("on afi LW0000001 take").await;
    scene.reader("put LW20260001 LW0000001").await;
    scene
        .until("a call to put it back", |screen| {
            lines(screen).is_some_and(|lines| lines.iter().any(|line| line.progress == Progress::PutBack))
        })
        .await;
    let lines = scene.until_lines(0, 1).await;
    assert_eq!(lines[0].progress, Progress::Undone);
    assert_eq!(scene.loans().await, Vec::<String>::new(), "the loan is undone at central");
    assert_eq!(scene.gate("LW0000001").await, Gate::secured());
    // The bit was sent and not confirmed: staff is to look at the book.
    assert_eq!(scene.until_rows(&["parked"]).await.len(), 1);
}

/// What staff was to look at is settled by the next one who borrows it: the tag is written and read back then.
#[tokio::test(flavor = "multi_thread")]
async fn staff_need_not_look_at_a_book_that_was_lent_since() {
    let mut scene = Scene::open().await;
    scene.reader("on afi LW0000001 take").await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(0, 1).await;
    scene.until_rows(&["parked"]).await;
    scene.reader("take all").await;
    scene.until_welcome().await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    let path = scene.ledger_path();
    let rows = scene
        .until_fact("the parked row is closed", || {
            let rows = tests::scene::rows_of(&path);
            core::future::ready((rows.len() == 2 && rows[0].told).then_some(rows))
        })
        .await;
    assert_eq!(rows.iter().map(|row| row.state.as_str()).collect::<Vec<_>>(), ["parked", "settled"]);
    assert!(!rows[0].has_patron, "a closed row forgets its patron");
    assert_eq!(scene.loans().await, ["LW0000001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_pulled_off_between_its_two_bits_is_lent_when_it_is_put_back() {
    let mut scene = Scene::closed().await;
    // However slow this machine is, the book comes back in time.
    scene.world.config_mut().visit.put_back = tests::scene::PATIENCE;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    scene.reader("on eas LW0000001 take").await;
    scene.reader("put LW20260001 LW0000001").await;
    scene
        .until("a call to put it back", |screen| {
            lines(screen).is_some_and(|lines| lines.iter().any(|line| line.progress == Progress::PutBack))
        })
        .await;
    scene.reader("put LW0000001").await;
    scene.until_lines(1, 0).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::unsecured());
    assert_eq!(scene.loans().await, ["LW0000001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_refuses_its_bit_undoes_the_loan() {
    let mut scene = Scene::open().await;
    scene.reader("lock LW0000001 afi").await;
    scene.reader("put LW20260001 LW0000001").await;
    let lines = scene.until_lines(0, 1).await;
    assert_eq!(lines[0].progress, Progress::Undone);
    assert_eq!(scene.loans().await, Vec::<String>::new());
    assert_eq!(scene.gate("LW0000001").await, Gate::secured(), "both bits are as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_there_at_the_start_has_to_be_taken_away_first() {
    let mut scene = Scene::closed().await;
    scene.reader("book LW0000009 on-loan").await;
    scene.reader("put LW0000009").await;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene
        .until("a call to clear the pad", |screen| screen.page == Page::Attention(Attention::ClearPad))
        .await;
    scene.reader("take all").await;
    scene.until_welcome().await;
    assert_eq!(scene.rows(), []);
}
