//! The receipt printer: from the touch on the screen to paper, and what the screen says when there is none.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use circulation::screen::{Page, Printer, Receipt, Screen, Touch};
use tests::scene::Scene;

fn receipt(screen: &Screen, wanted: Receipt) -> bool {
    matches!(&screen.page, Page::Done(done) if done.receipt == wanted)
}

async fn scene_with_printer() -> (Scene, tempfile::TempDir) {
    let mut scene = Scene::closed().await;
    let out = tempfile::tempdir().expect("a folder");
    scene.world.add_printer(out.path()).await.expect("the printer starts");
    // The test, not the clock, ends the last page.
    scene.world.config_mut().visit.done = std::time::Duration::from_secs(40);
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    (scene, out)
}

async fn lend(scene: &mut Scene, books: &str, n: usize) {
    scene.reader(&format!("put LW20260001 {books}")).await;
    scene.until_lines(n, 0).await;
    scene.reader("take all").await;
}

async fn printer(scene: &mut Scene, word: &str) {
    scene.world.printer().expect("there is one").say(word).await.expect("it understands");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_books_and_the_masked_card_alone() {
    let (mut scene, out) = scene_with_printer().await;
    lend(&mut scene, "LW0000001 LW0000002", 2).await;
    scene
        .until("a printer is offered", |screen| receipt(screen, Receipt::Offered { printer: Printer::Ready }))
        .await;
    scene.touch(Touch::Print).await;
    scene.until("the receipt is printed", |screen| receipt(screen, Receipt::Printed)).await;
    let text = std::fs::read_to_string(out.path().join("receipt-01.txt")).expect("it is on paper");
    for said in ["借阅凭条", "****01", "借出 2 册", "应还 20", "[code: "] {
        assert!(text.contains(said), "{said} is missing:\n{text}");
    }
    assert!(!text.contains("LW20260001"), "the card is masked:\n{text}");
    assert!(out.path().join("receipt-01.png").is_file());
    scene.stop_kiosk().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paper_that_runs_out_is_said_and_the_loan_stands() {
    let (mut scene, out) = scene_with_printer().await;
    lend(&mut scene, "LW0000001", 1).await;
    scene
        .until("a printer is offered", |screen| receipt(screen, Receipt::Offered { printer: Printer::Ready }))
        .await;
    printer(&mut scene, "paper 5").await;
    scene.touch(Touch::Print).await;
    scene.until("no paper is said", |screen| receipt(screen, Receipt::NoPaper)).await;
    scene.touch(Touch::Code).await;
    scene.until("the code is shown", |screen| receipt(screen, Receipt::Code)).await;
    assert_eq!(scene.loans().await, ["LW0000001"]);
    scene.touch(Touch::Finish).await;
    scene.until_welcome().await;

    // Without paper printing is not even offered.
    scene.reader("put LW0000001").await;
    scene.until_lines(1, 0).await;
    scene.reader("take all").await;
    scene
        .until("only the code is offered", |screen| {
            receipt(screen, Receipt::Offered { printer: Printer::NoPaper })
        })
        .await;
    scene.touch(Touch::Finish).await;
    scene.until_welcome().await;
    assert!(!out.path().join("receipt-01.txt").exists(), "nothing was cut off");
    scene.stop_kiosk().await;
}
