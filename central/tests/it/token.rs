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
