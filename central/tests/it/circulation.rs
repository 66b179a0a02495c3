//! The good days: who is it, what has been lent, loan, return, renewal.

use super::world::{World, code, text};
use serde_json::json;
use sync_client::wire::path;

#[tokio::test]
async fn a_patron_is_confirmed_and_described() {
    let Some(world) = World::new().await else { return };
    let right = [("rdid", "LW20260001"), ("rdpasswd", "123456"), ("opuser", "kiosk-1")];
    assert_eq!(world.ask(path::CONFIRM_READER, &right).await["success"], json!(true));
    let answer = world.ask(path::SEARCH_READER, &[("rdid", "LW20260001")]).await;
    assert_eq!(
        answer,
        json!({
            "success": true, "messagelist": [{"code": "R90000", "message": "成功"}],
            "rdid": "LW20260001", "rdname": "书小甲", "rdtype": "普通借阅证", "rdlib": "CN-371116-0-DEMO",
            "rdcfstate": "1", "rdcfstatename": "有效", "rdstartdate": "2025-10-19", "rdenddate": "2027-10-19",
            "deposit": "0.00", "debt": "0.00", "curloannum": "2", "maxloannum": "10", "prepay": "0.00",
            "iscluster": "0", "globalid": "CN-371116-0-DEMO"
        })
    );
}

#[tokio::test]
async fn a_loan_and_its_return() {
    let Some(world) = World::new().await else { return };
    let answer = world.lend("LW20260001", "LW0000001").await;
    assert_eq!(
        answer,
        json!({
            "success": true,
            "messagelist": [{"code": "R90001", "message": "借书成功，请于 2026-12-23 前归还"}],
            "newloanbook": {
                "barcode": "LW0000001", "title": "红楼梦", "author": "曹雪芹著", "callno": "I242.4/1",
                "isbn": "9799900000012", "curlocalname": "莱芜区图书馆", "loandate": "2026-11-23 09:30:00",
                "returndate": "2026-12-23 23:59:59", "rewnewcount": "0"
            }
        })
    );
    let holding = world.ask(path::QUERY_HOLDING, &[("barcode", "LW0000001")]).await;
    assert_eq!(holding["holdingList"][0]["state"], "3");
    let loans = world.ask(path::CURRENT_LOAN, &[("rdid", "LW20260001")]).await;
    let due: Vec<&str> = loans["loanlist"]
        .as_array()
        .unwrap()
        .iter()
        .map(|loan| loan["returndate"].as_str().unwrap())
        .collect();
    assert_eq!(due, ["2026-12-03 23:59:59", "2026-12-11 23:59:59", "2026-12-23 23:59:59"]);

    let token = world.token().await;
    let back = [("token", token.as_str()), ("barcode", "LW0000001"), ("opuser", "kiosk-1")];
    let answer = world.post(path::RETURN_BOOK, &back).await;
    assert_eq!((code(&answer), text(&answer)), ("R90002", "还书成功"));
    assert_eq!(answer["newreturnbook"]["title"], "红楼梦");
    assert_eq!(code(&world.post(path::RETURN_BOOK, &back).await), "R90205");
}

#[tokio::test]
async fn an_overdue_return_says_so() {
    let Some(world) = World::new().await else { return };
    let answer = world.ask(path::RETURN_BOOK, &[("barcode", "LW0000111"), ("opuser", "kiosk-1")]).await;
    assert_eq!((code(&answer), text(&answer)), ("R90002", "还书成功，已超期 10 天"));
}

#[tokio::test]
async fn a_renewal_and_one_too_many() {
    let Some(world) = World::new().await else { return };
    let params = [("rdid", "LW20260001"), ("barcode", "LW0000018"), ("opuser", "kiosk-1")];
    let answer = world.ask(central::api::RENEW_BOOK, &params).await;
    assert_eq!(
        (code(&answer), &answer["newloanbook"]["returndate"]),
        ("R00108", &json!("2026-12-23 23:59:59"))
    );
    let answer = world.ask(central::api::RENEW_BOOK, &params).await;
    assert_eq!((code(&answer), text(&answer)), ("R90299", "此书已续借 1 次，不能再续，请按期归还"));
}

#[tokio::test]
async fn copies_and_branches_are_listed() {
    let Some(world) = World::new().await else { return };
    let copies = world.ask(path::QUERY_HOLDING, &[("bookrecno", "1")]).await;
    assert_eq!(copies["holdingList"].as_array().unwrap().len(), 3);
    let branches = world.ask(central::api::LIB_INFO, &[("type", "1")]).await;
    assert_eq!(branches["liblist"].as_array().unwrap().len(), 8);
    assert_eq!(
        branches["liblist"][1],
        json!({"libcode": "LW02", "name": "24小时图书馆", "simpleName": "24小时图书馆"})
    );
}

#[tokio::test]
async fn asking_for_attachments_lends_nothing() {
    let Some(world) = World::new().await else { return };
    let params = |flag| {
        [("rdid", "LW20260001"), ("barcode", "LW0000001"), ("opuser", "k"), ("attachmentloanflag", flag)]
    };
    let answer = world.ask(path::LOAN_BOOK, &params("2")).await;
    assert!(answer.get("newloanbook").is_none());
    assert_eq!(code(&world.ask(path::LOAN_BOOK, &params("1")).await), "R90001");
}

#[tokio::test]
async fn of_many_kiosks_one_gets_the_item() {
    let Some(world) = World::new().await else { return };
    let answers = tokio::join!(
        world.lend("LW20260001", "LW0000002"),
        world.lend("LW20260002", "LW0000002"),
        world.lend("LW20260003", "LW0000002"),
        world.lend("LW20260004", "LW0000002"),
    );
    let codes = [&answers.0, &answers.1, &answers.2, &answers.3].map(code);
    assert_eq!(codes.iter().filter(|code| **code == "R90001").count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == "R90203").count(), 3, "{codes:?}");
}
