//! What a technician sees and does.

use crate::rig::{ITEM, PASSWORD, Rig, TAG, client};

const PAGES: [&str; 8] =
    ["/", "/pad", "/station", "/queue", "/log", "/tests", "/parts/reader", "/queue/1234"];

#[tokio::test]
async fn every_page_is_there_for_a_session_and_escapes_what_comes_from_outside() {
    let rig = Rig::start();
    let cookie = rig.log_in().await;
    for path in PAGES {
        let (status, page) = rig.get(path, &cookie).await;
        assert_eq!(status, 200, "{path}: {page}");
        assert!(page.contains("一号机") && page.starts_with("<!DOCTYPE html>"), "{path}");
        assert!(!page.contains("<script>alert") && !page.contains("<b>红楼梦"), "{path}: {page}");
    }
    let (_, page) = rig.get("/pad", &cookie).await;
    assert!(page.contains(TAG) && page.contains(ITEM), "{page}");
    let (status, fragment) = rig.get("/pad/live", &cookie).await;
    assert!(status == 200 && fragment.contains(TAG) && !fragment.contains("<html"), "{fragment}");
}

#[tokio::test]
async fn nobody_without_the_password_sees_a_tag_or_a_row() {
    let rig = Rig::start();
    for path in
        PAGES.iter().chain(&["/pad/live", "/bundle", "/metrics", "/health/live", "/login", "/style.css"])
    {
        for cookie in ["", "yueting=", "yueting=00", "__Host-yueting=1"] {
            let (_, page) = rig.get(path, cookie).await;
            assert!(!page.contains(TAG) && !page.contains(ITEM), "{path}: {page}");
        }
    }
    for path in PAGES {
        assert_eq!(rig.get(path, "").await.0, 303, "{path}");
    }
    assert_eq!(rig.get("/pad/live", "").await.0, 401);
    assert_eq!(rig.asked(), Vec::<String>::new(), "the kiosk was not even asked");
}

#[tokio::test]
async fn what_is_asked_reaches_the_kiosk_but_nothing_disturbs_a_patron() {
    let rig = Rig::start();
    let cookie = rig.log_in().await;
    let token = rig.token(&cookie).await;
    let csrf = ("csrf", token.as_str());
    for (path, form) in [
        ("/tests", ("test", "speak")),
        ("/service", ("out", "yes")),
        ("/restart", ("part", "reader")),
        ("/queue/retry", ("id", "12345678")),
    ] {
        let (status, page) = rig.post(path, &cookie, &[csrf, form]).await;
        assert!(status == 200 && page.contains("class=\"said\""), "{path} {status}: {page}");
    }
    let asked = rig.asked();
    let expected = ["test speak", "service out=true", "restart reader"];
    assert_eq!(asked[..3], expected);
    assert!(asked[3].starts_with("Retry"), "{asked:?}");
    rig.board.send_modify(|board| board.is_serving = true);
    for (path, form) in [("/tests", ("test", "speak")), ("/restart", ("part", "reader"))] {
        let (_, page) = rig.post(path, &cookie, &[csrf, form]).await;
        assert!(page.contains("somebody uses the machine"), "{page}");
    }
    let (_, page) = rig.post("/station", &cookie, &[csrf, ("item", ITEM)]).await;
    assert!(page.contains("out of service before"), "{page}");
    assert!(
        !rig.asked().iter().skip(4).any(|asked| asked.starts_with("test") || asked.starts_with("restart"))
    );
}

/// Also while somebody is served: they see nothing of it.
#[tokio::test]
async fn the_configuration_is_taken_over_and_it_is_said_what_became_of_it() {
    let rig = Rig::start();
    let cookie = rig.log_in().await;
    let token = rig.token(&cookie).await;
    rig.board.send_modify(|board| board.is_serving = true);
    let (status, page) = rig.post("/reload", &cookie, &[("csrf", &token)]).await;
    assert_eq!((status, rig.asked()), (200, vec!["reload".to_owned()]));
    for said in ["taken over: visit.idle_seconds", "once the visit", "needs a restart: reader.port"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(rig.post("/reload", &cookie, &[("csrf", "guessed")]).await.0, 403);
}

#[tokio::test]
async fn tags_are_written_one_after_another_and_counted() {
    let rig = Rig::start();
    rig.board.send_modify(|board| board.out_of_service = true);
    let cookie = rig.log_in().await;
    let token = rig.token(&cookie).await;
    let csrf = ("csrf", token.as_str());
    let (_, page) = rig.post("/station", &cookie, &[csrf, ("item", ITEM)]).await;
    assert!(
        page.contains("written and read back") && page.contains("Written in this batch: <strong>1</strong>"),
        "{page}"
    );
    // The tag on the pad is on another item: it has to be said that it is to be overwritten.
    let (_, page) = rig.post("/station", &cookie, &[csrf, ("item", "LW2")]).await;
    assert!(
        page.contains("say so if it is to be overwritten") && page.contains("name=\"overwrite\""),
        "{page}"
    );
    let (_, page) = rig.post("/station", &cookie, &[csrf, ("item", "LW2"), ("overwrite", ITEM)]).await;
    assert!(page.contains("<strong>2</strong>"), "{page}");
    assert_eq!(rig.asked(), [format!("program {ITEM}"), "program LW2".to_owned()]);
    let (status, _) = rig.post("/station/new", &cookie, &[csrf]).await;
    assert_eq!(status, 303);
    let (_, page) = rig.get("/station", &cookie).await;
    assert!(page.contains("<strong>0</strong>"), "{page}");
}

#[tokio::test]
async fn health_is_for_machines_and_logging_out_ends_a_session() {
    let rig = Rig::start();
    assert_eq!(rig.get("/health/live", "").await, (200, "patrons are served\n".to_owned()));
    rig.board.send_modify(|board| board.out_of_service = true);
    assert_eq!(rig.get("/health/live", "").await.0, 200);
    assert_eq!(rig.get("/health/ready", "").await.0, 503);
    rig.board.send_modify(|board| board.silent = vec!["event loop".to_owned()]);
    assert_eq!(rig.get("/health/live", "").await.0, 503);
    let cookie = rig.log_in().await;
    let token = rig.token(&cookie).await;
    assert_eq!(rig.post("/logout", &cookie, &[("csrf", &token)]).await.0, 303);
    assert_eq!(rig.get("/", &cookie).await.0, 303);
}

#[tokio::test]
async fn the_bundle_is_a_file_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kiosk.toml");
    std::fs::write(
        &config,
        "[central]\nsecret = \"hunter2-hunter2\"\n[reader]\npoll_ms = 100 # top-secret-word\n",
    )
    .unwrap();
    let rig = Rig::with(None, config);
    let cookie = rig.log_in().await;
    let answer = client().get(rig.url("/bundle")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/gzip");
    let bytes = answer.bytes().await.unwrap();
    let mut text = String::new();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    for entry in tar.entries().unwrap() {
        std::io::Read::read_to_string(&mut entry.unwrap(), &mut text).unwrap();
    }
    assert!(text.contains("poll_ms = 100") && text.contains("kiosk_up 1"), "{text}");
    for secret in ["hunter2", "top-secret-word", PASSWORD, "$argon2"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
