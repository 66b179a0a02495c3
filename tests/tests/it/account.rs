//! The reader's own loans: seen, renewed, and not lent twice; and a set, which is lent and taken back as one.

use circulation::id::PatronId;
use circulation::screen::{
    AccountState, Page, PartKind, PartState, Progress, Renewal, Screen, Staff, StaffAct, Touch,
};
use kiosk::demo::world::CARD;
use rfid_driver::data::iso28560_3::BlockOrder;
use rfid_driver::data::{Draft, Hints, Layout, SetInfo, plan};
use sync_client::http::Openlib;
use tests::scene::{Gate, Scene, item, lines};

/// The loans on the page, once central has said them.
fn loans(screen: &Screen) -> Option<&[circulation::screen::LoanLine]> {
    match &screen.page {
        Page::Account(account) if account.state == AccountState::Known => Some(&account.loans),
        Page::Account(_)
        | Page::Welcome(_)
        | Page::Identify(_)
        | Page::Visit(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_)
        | Page::Card(_) => None,
    }
}

#[expect(clippy::expect_used, reason = "what a test cannot set up ends the test, with its reason")]
fn desk(scene: &Scene) -> Openlib {
    Openlib::new(kiosk::settings::openlib(scene.world.config())).expect("the address is good")
}

#[tokio::test(flavor = "multi_thread")]
async fn own_loans_are_shown_when_asked_for_and_renewed_by_one_touch() {
    let mut scene = Scene::open().await;
    scene.touch(Touch::Account).await;
    scene.reader(&format!("put {CARD}")).await;
    let before = scene.until("two loans", |screen| loans(screen).is_some_and(|loans| loans.len() == 2)).await;
    let first = loans(&before).expect("they are shown")[0].clone();
    assert_eq!(first.renewal, Renewal::Offered);
    assert!(first.title.is_some() && first.due.is_some(), "{first:?}");

    scene.touch(Touch::Renew(0)).await;
    let renewed = |screen: &Screen| {
        loans(screen).is_some_and(|loans| {
            loans
                .iter()
                .any(|loan| loan.item == first.item && loan.renewal == Renewal::Done && loan.due > first.due)
        })
    };
    scene.until("the renewal", renewed).await;
    let patron = PatronId::parse(CARD).expect("the card is good");
    let at_central = desk(&scene).loans(&patron).await.expect("central answers").expect("it knows the card");
    let loan = at_central.iter().find(|loan| loan.item == first.item).expect("it is still lent");
    assert!(loan.due > first.due, "central renewed it too: {loan:?}");

    // Once is what this library allows.
    scene.touch(Touch::Renew(0)).await;
    scene.touch(Touch::RenewAll).await;
    scene.reader("take all").await;
    scene.touch(Touch::Finish).await;
    scene.until_welcome().await;
    for screen in &scene.history {
        assert!(!format!("{screen:?}").contains(CARD), "a whole number on a screen: {screen}");
    }
    assert!(scene.rows().is_empty(), "a renewal needs no row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_is_lent_to_its_reader_already_can_be_renewed_instead() {
    let mut scene = Scene::open().await;
    let patron = PatronId::parse(CARD).expect("the card is good");
    let lent = desk(&scene).checkout(&patron, &item("LW0000001")).await.expect("central answers");
    assert!(matches!(lent, circulation::transaction::Verdict::Granted(_)), "{lent:?}");

    scene.reader(&format!("put {CARD} LW0000001")).await;
    let is = |screen: &Screen, wanted: fn(&Renewal) -> bool| {
        lines(screen).is_some_and(|lines| {
            lines
                .iter()
                .any(|line| matches!(&line.progress, Progress::Yours { renewal, .. } if wanted(renewal)))
        })
    };
    scene.until("an offer", |screen| is(screen, |renewal| *renewal == Renewal::Offered)).await;
    scene.touch(Touch::Renew(0)).await;
    scene.until("the renewal", |screen| is(screen, |renewal| *renewal == Renewal::Done)).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::secured(), "nothing was lent, so nothing is opened");
    assert_eq!(scene.loans().await, ["LW0000001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_lent_and_taken_back_with_the_tags_of_both_parts() {
    let mut scene = Scene::open().await;
    let layout = Layout::Iso28560Part3(BlockOrder::Straight);
    for part in 1..=2 {
        let set = Some(SetInfo { part, of: 2 });
        let draft = Draft { primary_item_id: "LW0000006".to_owned(), set, ..Draft::default() };
        let plan = plan(&draft, &layout, &[0; 112], &Hints::none()).expect("the layout holds it");
        let data: String = plan.memory.iter().map(|byte| format!("{byte:02X}")).collect();
        let dsfid = plan.dsfid.map_or(0, |dsfid| dsfid.0);
        let word =
            format!("raw part{part} uid=E00401000000100{part} afi=07 eas=1 dsfid={dsfid:02X} data={data}");
        scene.reader(&word).await;
    }
    scene.reader(&format!("put {CARD} part1")).await;
    let waits = |screen: &Screen| {
        lines(screen).is_some_and(|lines| {
            let missing = |line: &circulation::screen::Line| line.set.as_ref().map(|set| set.missing.clone());
            lines.iter().any(|line| line.progress == Progress::Incomplete && missing(line) == Some(vec![2]))
        })
    };
    scene.until("a call for the other part", waits).await;
    scene.reader("put part2").await;
    assert_eq!(scene.until_lines(1, 0).await.len(), 1, "a set is one line");
    for part in ["part1", "part2"] {
        assert_eq!(scene.gate(part).await, Gate::unsecured(), "{part}");
    }
    scene.reader("take all").await;
    scene.until_welcome().await;

    scene.reader("put part1 part2").await;
    assert_eq!(scene.until_lines(1, 0).await.len(), 1);
    for part in ["part1", "part2"] {
        assert_eq!(scene.gate(part).await, Gate::secured(), "{part}");
    }
    let rows = scene.until_rows(&["settled"]).await;
    assert_eq!(rows.len(), 2, "one loan and one return: {rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_takes_the_machine_out_of_service_and_it_stays_out() {
    let mut scene = Scene::closed().await;
    let hash = kiosk::staff::hash("271828").expect("it is hashed");
    scene.world.config_mut().staff.pin = Some(config::Secret::new(hash));
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    let pin = |wanted: fn(bool) -> bool| move |screen: &Screen| matches!(&screen.page, Page::Staff(Staff::Pin { len: 0, wrong, locked: None }) if wanted(*wrong));
    for corner in 0..4 {
        scene.touch(Touch::Corner(corner)).await;
    }
    scene.until("the question for the password", pin(|wrong| !wrong)).await;
    type_pin(&mut scene, "271829").await;
    scene.until("a wrong password", pin(|wrong| wrong)).await;
    type_pin(&mut scene, "271828").await;

    let state = |screen: &Screen, kind: PartKind| match &screen.page {
        Page::Staff(Staff::Panel(panel)) => {
            panel.parts.iter().find(|part| part.kind == kind).map(|part| part.state)
        }
        Page::Staff(Staff::Pin { .. } | Staff::Picture { .. })
        | Page::Welcome(_)
        | Page::Identify(_)
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Stocktake(_)
        | Page::Card(_) => None,
    };
    let panel = scene.until("the panel", |screen| state(screen, PartKind::Reader).is_some()).await;
    for (kind, expected) in [
        (PartKind::Reader, PartState::Works),
        (PartKind::Ledger, PartState::Works),
        (PartKind::Central, PartState::Works),
        (PartKind::Mirror, PartState::Absent),
        (PartKind::Printer, PartState::Absent),
    ] {
        assert_eq!(state(&panel, kind), Some(expected), "{kind:?}");
    }
    // The reader begins anew, and answers again.
    scene.touch(Touch::Staff(StaffAct::Restart(PartKind::Reader))).await;
    scene.touch(Touch::Staff(StaffAct::OutOfService(true))).await;
    scene.touch(Touch::Finish).await;
    let is_out =
        |screen: &Screen| screen.page == Page::Attention(circulation::screen::Attention::OutOfService);
    scene.until("out of service", is_out).await;
    scene.stop_kiosk().await;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.history.clear();
    scene.until("out of service after a restart", is_out).await;

    for corner in 0..4 {
        scene.touch(Touch::Corner(corner)).await;
    }
    type_pin(&mut scene, "271828").await;
    scene.until("the panel", |screen| state(screen, PartKind::Reader) == Some(PartState::Works)).await;
    scene.touch(Touch::Staff(StaffAct::OutOfService(false))).await;
    scene.touch(Touch::Finish).await;
    scene.until_welcome().await;
    scene.reader(&format!("put {CARD} LW0000001")).await;
    scene.until_lines(1, 0).await;
}

async fn type_pin(scene: &mut Scene, pin: &str) {
    for key in pin.chars() {
        scene.touch(Touch::Key(key)).await;
    }
    scene.touch(Touch::Enter).await;
}
