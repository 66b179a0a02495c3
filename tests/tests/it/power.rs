//! Another transmit power of a real UHF reader's bytes, for a while: tried, gone back, refused.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::time::Duration;

use config::Protocol;
use supervision::board::Power;
use supervision::control::{Answer, Request};
use supervision::part::{Part, State};
use tests::scene::{PATIENCE, Scene};
use tests::uhf::R2000;

use crate::drills::{ask, board};

/// Waits until an R2000 reader, which takes 20 to 33 dBm, has a power in hundredths of a dBm.
async fn until_power(reader: &mut R2000, wanted: &str) {
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    loop {
        let power = reader.say("power").await;
        if power == wanted {
            return;
        }
        beat.tick().await;
        assert!(tokio::time::Instant::now() < end, "no {wanted}, but {power}");
    }
}

async fn scene(power_dbm: Option<u8>) -> (Scene, R2000, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let reader = R2000::start(dir.path(), "fast").await;
    let mut scene = Scene::closed().await;
    let config = scene.world.config_mut();
    config.reader.port = config::Endpoint::Serial(reader.port().to_owned());
    (config.reader.protocol, config.reader.power_dbm) = (Protocol::R2000, power_dbm);
    config.reader.parity = config::Parity::None;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    (scene, reader, dir)
}

async fn power(scene: &Scene) -> Power {
    board(scene).await.expect("it answers").power
}

async fn refused(scene: &Scene, request: &Request) -> String {
    let answer = ask(scene, request).await.expect("it answers");
    let Answer::Refused { why } = answer else { panic!("{request:?}: {answer:?}") };
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn another_power_is_tried_and_taken_back() {
    let (scene, mut reader, _dir) = scene(Some(30)).await;
    until_power(&mut reader, "3000").await;
    assert_eq!(power(&scene).await, Power { configured: Some(30), trial: None });
    let answer = ask(&scene, &Request::Power { dbm: 24, seconds: 10 }).await;
    let Some(Answer::Power(trial)) = answer else { panic!("{answer:?}") };
    assert_eq!((trial.dbm, reader.say("power").await.as_str()), (24, "2400"));
    assert_eq!(power(&scene).await.trial, Some(trial));
    // One that the reader does not have ends the trial.
    let why = refused(&scene, &Request::Power { dbm: 36, seconds: 10 }).await;
    assert!(why.contains("no 36 dBm"), "{why}");
    until_power(&mut reader, "3000").await;
    assert_eq!(power(&scene).await.trial, None);
    // Back at once; that it goes back by itself is shown in `kiosk::power`, where time is virtual.
    assert!(matches!(ask(&scene, &Request::Power { dbm: 22, seconds: 900 }).await, Some(Answer::Power(_))));
    assert_eq!(ask(&scene, &Request::PowerBack).await, Some(Answer::Done));
    assert_eq!((power(&scene).await.trial, reader.say("power").await.as_str()), (None, "3000"));
    for seconds in [9, 901] {
        let why = refused(&scene, &Request::Power { dbm: 24, seconds }).await;
        assert!(why.contains("10 to 900 seconds"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_power_to_go_back_to_none_is_tried() {
    let (mut with_none, mut reader, _dir) = scene(None).await;
    let before = reader.say("power").await;
    let why = refused(&with_none, &Request::Power { dbm: 24, seconds: 60 }).await;
    assert!(why.contains("reader.power_dbm"), "{why}");
    assert_eq!(reader.say("power").await, before);
    with_none.stop_kiosk().await;
    let hf = Scene::open().await;
    let why = refused(&hf, &Request::Power { dbm: 24, seconds: 60 }).await;
    assert!(why.contains("an HF reader has no power"), "{why}");
}

/// It is not a kiosk that nobody can use: the reader works with the power that it has, and the board says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_configured_power_that_the_reader_does_not_have_is_said() {
    let (scene, mut reader, _dir) = scene(Some(5)).await;
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let board = board(&scene).await.expect("it answers");
        let known = board.parts.iter().find(|known| known.part == Part::Reader).expect("every part is told");
        if known.why.contains("does not take 5 dBm: correct reader.power_dbm") {
            assert_eq!(known.state, State::Up);
            break;
        }
        assert!(tokio::time::Instant::now() < end, "{known:?}");
        tokio::task::yield_now().await;
    }
    assert_eq!(reader.say("power").await, "3000");
}
