//! Looking for a book: over the mirror that central filled, by initials, up to the shelf.

use circulation::screen::{Availability, Page, Screen, Touch};
use kiosk::demo::world::finds;
use tests::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_book_is_found_by_the_initials_of_its_title_and_its_shelf_is_shown() {
    let mut scene = Scene::closed().await;
    finds(scene.world.config_mut());
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    let found = look_for_hlm(&mut scene).await;
    let Page::Find(page) = &found.page else { panic!("{found}") };
    assert!(page.hits[0].title.contains("红楼梦"), "{found}");
    assert!(page.hits.iter().all(|hit| hit.n_copies > 0 && hit.author.is_some()), "{found}");

    let title = open_first(&mut scene).await;
    let Page::Title(page) = &title.page else { panic!("{title}") };
    let here = &page.holdings[0];
    assert!(here.here && here.branch == "莱芜区图书馆", "this branch first, by its name: {here:?}");
    assert_eq!(here.availability, Availability::In);
    // Class I, on the shelf of that letter.
    assert_eq!(here.shelf.map(|at| title.place.shelves[at].label.as_str()), Some("I"), "{here:?}");

    scene.touch(Touch::Back).await;
    scene.touch(Touch::Cancel).await;
    scene.until_welcome().await;
    let log = format!("{:?}", scene.history.last());
    assert!(!log.contains("hlm"), "nothing of it is left: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mirror_the_page_says_so() {
    let mut scene = Scene::closed().await;
    // What the configuration would refuse: a kiosk that offers what its way to central cannot fill.
    scene.world.config_mut().find.enabled = true;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    scene.touch(Touch::Find).await;
    scene.touch(Touch::Key('h')).await;
    scene
        .until("that it is not there", |screen| matches!(&screen.page, Page::Find(page) if page.unavailable))
        .await;
}

/// Writes the initials of 红楼梦, and gives the page with the titles. The mirror is fetched while somebody types; whoever
/// was too early types the last letter again.
pub(crate) async fn look_for_hlm(scene: &mut Scene) -> Screen {
    scene.touch(Touch::Find).await;
    for letter in "hlm".chars() {
        scene.touch(Touch::Key(letter)).await;
    }
    loop {
        let answered = |screen: &Screen| {
            matches!(&screen.page, Page::Find(page)
                if page.keys.composition.replace(' ', "") == "hlm" && (page.unavailable || page.n_found.is_some()))
        };
        let screen = scene.until("an answer", answered).await;
        if n_hits(&screen) > 0 {
            return screen;
        }
        scene.touch(Touch::Erase).await;
        scene.until("the letter gone", |screen| !answered(screen)).await;
        scene.touch(Touch::Key('m')).await;
    }
}

/// Opens the first title, and gives its page once it is known where the copies stand.
pub(crate) async fn open_first(scene: &mut Scene) -> Screen {
    scene.touch(Touch::Open(0)).await;
    scene
        .until(
            "where it stands",
            |screen| matches!(&screen.page, Page::Title(title) if !title.holdings.is_empty()),
        )
        .await
}

fn n_hits(screen: &Screen) -> usize {
    match &screen.page {
        Page::Find(page) => page.hits.len(),
        Page::Welcome(_)
        | Page::Identify(_)
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_)
        | Page::Card(_) => 0,
    }
}
