//! What goes well: stacks are lent and taken back, and ledger, tags and central agree.

use circulation::screen::{Language, Page, Touch};
use rfid_driver::data::iso28560_3::BlockOrder;
use rfid_driver::data::{Draft, Hints, Layout, SetInfo, plan};
use tests::scene::{Gate, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_is_lent_and_taken_back_without_a_touch() {
    let mut scene = Scene::open().await;
    scene.reader("put LW20260001").await;
    scene.reader("put LW0000001 LW0000002 LW0000003 LW0000004 LW0000005").await;
    let lines = scene.until_lines(4, 1).await;
    assert!(lines.iter().all(|line| line.title.is_some()), "every book has its title: {lines:?}");
    for book in ["LW0000001", "LW0000002", "LW0000003", "LW0000004"] {
        assert_eq!(scene.gate(book).await, Gate::unsecured(), "{book}");
    }
    assert_eq!(scene.gate("LW0000005").await, Gate::secured(), "the refused book stays guarded");
    assert_eq!(scene.loans().await, ["LW0000001", "LW0000002", "LW0000003", "LW0000004"]);
    scene.reader("take all").await;
    scene.until("the last page", |screen| matches!(screen.page, Page::Done(_))).await;
    scene.until_welcome().await;

    scene.reader("put LW0000001 LW0000002 LW0000003 LW0000004").await;
    scene.until_lines(4, 0).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::secured());
    assert_eq!(scene.loans().await, Vec::<String>::new());
    let rows = scene.until_rows(&["settled", "declined"]).await;
    assert_eq!(rows.iter().filter(|row| row.state == "settled").count(), 8);
    assert!(rows.iter().all(|row| !row.has_patron), "a closed row keeps no number: {rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn books_may_lie_there_before_the_card() {
    let mut scene = Scene::open().await;
    scene.reader("put LW0000001 LW0000002").await;
    scene
        .until(
            "the question for a card",
            |screen| matches!(&screen.page, Page::Identify(page) if page.n_waiting == 2),
        )
        .await;
    scene.reader("put LW20260001").await;
    scene.until_lines(2, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_just_lent_stays_lent_while_it_lies_there() {
    let mut scene = Scene::open().await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;
    scene.touch(Touch::Finish).await;
    scene
        .until(
            "a reminder of book and card",
            |screen| matches!(&screen.page, Page::Done(done) if done.books_left && done.card_left),
        )
        .await;
    scene.touch(Touch::Finish).await;
    scene.until_welcome().await;
    // Somebody else's book is taken back while the first still lies there.
    scene.reader("book LW0000009 on-loan").await;
    scene.reader("put LW0000009").await;
    scene.until_lines(1, 0).await;
    assert_eq!(scene.loans().await, ["LW0000001"]);
    assert_eq!(scene.gate("LW0000001").await, Gate::unsecured());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_and_a_password_do_as_well_as_a_card() {
    let mut scene = Scene::open().await;
    scene.touch(Touch::Borrow).await;
    scene.touch(Touch::TypeNumber).await;
    for key in "LW20260001".chars() {
        scene.touch(Touch::Key(key)).await;
    }
    scene.touch(Touch::Enter).await;
    for key in "000000".chars() {
        scene.touch(Touch::Key(key)).await;
    }
    scene.touch(Touch::Enter).await;
    scene
        .until(
            "a wrong password",
            |screen| matches!(&screen.page, Page::Identify(page) if page.problem.is_some()),
        )
        .await;
    for key in "123456".chars() {
        scene.touch(Touch::Key(key)).await;
    }
    scene.touch(Touch::Enter).await;
    scene.touch(Touch::Language(Language::English)).await;
    scene
        .until("a patron", |screen| matches!(&screen.page, Page::Visit(visit) if visit.patron.is_some()))
        .await;
    for screen in &scene.history {
        let text = format!("{screen:?}");
        assert!(
            !text.contains("LW20260001") && !text.contains("123456"),
            "a whole number on a screen: {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_may_not_borrow_is_told_why() {
    let mut scene = Scene::open().await;
    scene.reader("card LW20269999").await;
    scene.reader("put LW20269999").await;
    scene
        .until("a refusal", |screen| {
            matches!(&screen.page, Page::Identify(page)
                if page.problem == Some(circulation::transaction::Reason::PatronUnknown))
        })
        .await;
}

/// Books from three decades of vendors in one stack, each with the tag that it got then.
#[tokio::test(flavor = "multi_thread")]
async fn tags_of_other_layouts_are_lent_like_any_other() {
    let mut scene = Scene::open().await;
    let layouts = [
        ("LW0000001", Layout::Iso28560Part2),
        ("LW0000002", Layout::Iso28560Part3(BlockOrder::Straight)),
        ("LW0000003", Layout::Iso28560Part3(BlockOrder::Reversed)),
        ("LW0000004", Layout::Rfid501),
    ];
    for (n, (item, layout)) in layouts.iter().enumerate() {
        let draft = Draft {
            primary_item_id: (*item).to_owned(),
            set: Some(SetInfo { part: 1, of: 1 }),
            ..Draft::default()
        };
        let plan = plan(&draft, layout, &[0; 112], &Hints::none()).expect("the layout holds it");
        let data: String = plan.memory.iter().map(|byte| format!("{byte:02X}")).collect();
        let dsfid = plan.dsfid.map_or(0, |dsfid| dsfid.0);
        scene
            .reader(&format!("raw old{n} uid=E00401000000000{n} afi=07 eas=1 dsfid={dsfid:02X} data={data}"))
            .await;
    }
    scene.reader("put LW20260001 old0 old1 old2 old3").await;
    scene.until_lines(4, 0).await;
    assert_eq!(scene.loans().await, ["LW0000001", "LW0000002", "LW0000003", "LW0000004"]);
    for (n, (_, layout)) in layouts.iter().enumerate() {
        assert_eq!(scene.gate(&format!("old{n}")).await, Gate::unsecured(), "{layout}");
    }
}
