//! Tokens: got, used, refused, expired.

use super::world::{World, code, text};
use serde_json::json;
use sync_client::wire::path;

#[tokio::test]
async fn a_token_says_when_it_ends() {
    let Some(world) = World::new().await else { return };
    for answer in [
        world.get(path::TOKEN, &[("appid", "yueting-demo"), ("secret", "yueting-demo-secret")]).await,
        world.post(path::TOKEN, &[("appid", "yueting-demo"), ("secret", "yueting-demo-secret")]).await,
    ] {
        assert_eq!(answer["success"], json!(true));
        assert_eq!(answer["messagelist"][0]["time"], "2026-11-23 11:30:00");
        assert_eq!(answer["messagelist"][0]["token"].as_str().unwrap().len(), 32);
    }
}

#[tokio::test]
async fn a_wrong_secret_gives_no_token() {
    let Some(world) = World::new().await else { return };
    for (appid, secret) in [("yueting-demo", "x"), ("nobody", "yueting-demo-secret")] {
        let answer = world.get(path::TOKEN, &[("appid", appid), ("secret", secret)]).await;
        assert_eq!((code(&answer), &answer["success"]), ("R90402", &json!(false)));
        assert!(answer["messagelist"][0].get("token").is_none());
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_is_done() {
    let Some(world) = World::new().await else { return };
    let token = world.token().await;
    let lend = |token: String| {
        let world = &world;
        async move {
            let params = [
                ("token", token.as_str()),
                ("rdid", "LW20260001"),
                ("barcode", "LW0000001"),
                ("opuser", "k"),
            ];
            world.get(path::LOAN_BOOK, &params).await
        }
    };
    for bad in [String::new(), "0".repeat(32), format!("{token}0")] {
        let answer = lend(bad).await;
        assert_eq!((code(&answer), text(&answer)), ("R90401", "凭证无效，请重新获取"));
    }
    world.pass_minutes(119);
    assert_eq!(
        code(&world.get(path::QUERY_HOLDING, &[("token", &token), ("barcode", "LW0000001")]).await),
        "R90000"
    );
    world.pass_minutes(1);
    let answer = lend(token).await;
    assert_eq!((code(&answer), text(&answer)), ("R90401", "凭证已过期，请重新获取"));
    let fresh = world.token().await;
    assert_eq!(code(&lend(fresh).await), "R90001");
}

/// Twenty wrong secrets of a program from one address: it is not listened to for a quarter of an hour, over openlib and SIP2
/// together. Whether there is such a program cannot be told from it, and other programs are not in it.
#[tokio::test]
async fn many_wrong_secrets_lock_a_program_out_at_its_address() {
    let Some(world) = World::new().await else { return };
    let good = world.token().await;
    let show = async |appid: &str, secret: &str| {
        code(&world.post(path::TOKEN, &[("appid", appid), ("secret", secret)]).await).to_owned()
    };
    for appid in ["yueting-demo", "nobody"] {
        for n in 1..=20 {
            let expected = if n == 20 { "R90404" } else { "R90402" };
            assert_eq!(show(appid, "guess").await, expected, "{appid} {n}");
        }
    }
    let answer =
        world.get(path::TOKEN, &[("appid", "yueting-demo"), ("secret", "yueting-demo-secret")]).await;
    assert_eq!((code(&answer), text(&answer)), ("R90404", "尝试次数过多，请在 09:45 以后再试"));
    assert!(!answer.to_string().contains("\"token\""));
    assert_eq!(show("another", "guess").await, "R90402");
    // Whoever has a token goes on with it.
    let params = [("token", good.as_str()), ("barcode", "LW0000001")];
    assert_eq!(code(&world.get(path::QUERY_HOLDING, &params).await), "R90000");
    let app = world.app.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let settings = central::sip2::Sip2Settings::new(sync_client::sip2::dialect::Dialect::standard());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(central::sip2::serve(listener, app, settings, stopped));
    let log_in = async || {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut line = tokio::net::TcpStream::connect(at).await.unwrap();
        line.write_all(b"9300CNyueting-demo|COyueting-demo-secret|\r").await.unwrap();
        let mut answer = [0; 3];
        line.read_exact(&mut answer).await.unwrap();
        answer
    };
    assert_eq!(&log_in().await, b"940");
    world.pass_minutes(15);
    assert_eq!(&log_in().await, b"941");
    assert_eq!(show("yueting-demo", "yueting-demo-secret").await, "R90000");
    drop(stop);
}
