//! The published document, and every call of it with input that a program made up.

use super::world::{World, code};
use crate::http_fuzzer;
use serde_json::Value;

#[tokio::test]
async fn the_document_is_published() {
    let Some(world) = World::new().await else { return };
    let response = world.http.get(format!("{}/openapi.json", world.base)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    let document: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(document, central::openapi::document());
    let post = world.http.post(format!("{}/openapi.json", world.base)).send().await.unwrap();
    assert_eq!(post.status(), 404);
}

/// Every path of the document leads to an endpoint.
#[tokio::test]
async fn every_path_of_the_document_is_answered() {
    let Some(world) = World::new().await else { return };
    let document = central::openapi::document();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{record}", "1");
        for method in operations.as_object().unwrap().keys() {
            let method = method.to_uppercase().parse().unwrap();
            let response = world.http.request(method, format!("{}{path}", world.base)).send().await.unwrap();
            let status = response.status().as_u16();
            let expected: &[u16] = if path.starts_with("/kiosk/") { &[401] } else { &[200] };
            assert!(expected.contains(&status), "{path}: {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fuzzer_finds_no_answer_that_the_document_does_not_allow() {
    let Some(world) = World::new().await else { return };
    let token = world.token().await;
    let Some((is_good, said)) = http_fuzzer::run(world.base.clone(), token).await else { return };
    assert!(is_good, "{said}");
    // It lent nothing, broke nothing, and the next patron is served.
    assert_eq!(code(&world.lend("LW20260001", "LW0000001").await), "R90001");
}
