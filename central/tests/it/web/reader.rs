//! What readers do on their phones.

use super::super::world::World;
use super::Browser;
use central::card;
use circulation::id::{Isil, PatronId};
use sync_client::kiosk_api::card::{CardCode, CardKey};
use sync_client::kiosk_api::issue::{CardDeed, Wish};

#[tokio::test]
async fn a_book_is_found_and_reserved_and_given_up() {
    let Some(world) = World::new().await else { return };
    let mut browser = Browser::new(&world);
    let found = browser.get("/m?q=%E7%BA%A2%E6%A5%BC").await.body;
    assert!(found.contains("红楼梦") && found.contains("可借"), "{found}");
    assert!(browser.get("/m?q=zzzz").await.body.contains("没有找到"));
    let record = found.split("/m/title?record=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.get(&format!("/m/title?record={record}")).await.body;
    assert!(page.contains("登录后预约") && page.contains("在馆"), "{page}");
    assert_eq!(
        browser.post("/m/reserve", &[("record", &record)]).await.status,
        403,
        "nobody was given this form"
    );
    browser.get(&format!("/m/login?title={record}")).await;
    let in_ =
        browser.post("/m/login", &[("card", "LW20260004"), ("password", "123456"), ("title", &record)]).await;
    assert_eq!(in_.location(), format!("/m/title?record={record}"));
    assert!(browser.get(in_.location()).await.body.contains("在哪里取书"));
    let fields = [("record", record.as_str()), ("branch", "LW02")];
    assert_eq!(browser.post("/m/reserve", &fields).await.location(), "/m/holds?done=reserved");
    let holds = browser.get("/m/holds").await.body;
    assert!(holds.contains("红楼梦") && holds.contains("24小时图书馆"), "{holds}");
    let bad = browser.post("/m/reserve", &[("record", &record), ("branch", "nowhere")]).await;
    assert!(bad.status == 409 && bad.body.contains("请选择取书的分馆"), "{}", bad.body);
    browser.get("/m/holds").await;
    let item = holds.split(r#"name="item" value=""#).nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(browser.post("/m/holds/end", &[("item", item)]).await.location(), "/m/holds?done=ended");
    assert_eq!(browser.post("/m/holds/end", &[("item", item)]).await.location(), "/m/holds?done=gone");
    assert!(browser.get("/m/holds").await.body.contains("没有预约"));
}

#[tokio::test]
async fn a_loan_is_renewed_or_the_reason_is_told() {
    let Some(world) = World::new().await else { return };
    world.lend("LW20260004", "LW0000001").await;
    world.pass_minutes(60 * 24);
    let mut browser = Browser::new(&world);
    browser.log_in_reader("LW20260004").await;
    let renew = [("item", "LW0000001")];
    let first = browser.post("/m/renew", &renew).await.body;
    assert!(first.contains("续借成功：红楼梦，应还 2026-12-24"), "{first}");
    let second = browser.post("/m/renew", &renew).await.body;
    assert!(second.contains("不能再续"), "{second}");
    assert!(browser.post("/m/renew", &[("item", "LW0000011")]).await.body.contains("此书不在您的借阅中"));
    assert_eq!(browser.post("/m/renew", &[("item", "")]).await.status, 400);
}

#[tokio::test]
async fn a_card_is_a_code_that_a_kiosk_takes_and_nobody_else_s() {
    let Some(world) = World::new().await else { return };
    let mut browser = Browser::new(&world);
    assert_eq!(browser.get("/m/card").await.location(), "/m/login");
    browser.log_in_reader("LW20260004").await;
    let page = browser.get("/m/card").await.body;
    assert!(page.contains("<svg") && page.contains("****04") && page.contains(r#"http-equiv="refresh""#));
    // The code of the page is read from its pixels in the browser's test; here what a kiosk makes of it.
    let of = Isil::parse(central::seed::INSTITUTION).unwrap();
    let patron = PatronId::parse("LW20260004").unwrap();
    let code = card::code(world.app.store(), &of, &patron, world.now()).unwrap();
    let told = world.beat("kiosk-1", "").await;
    let key = CardKey::parse(&told.card_key.unwrap()).unwrap();
    assert_eq!(CardCode::parse(&code).unwrap().check(&key, world.now()), Ok(patron));
}

/// Whoever got a card from a machine knows its number only as stars: the telephone number opens it.
#[tokio::test]
async fn a_card_of_a_machine_is_opened_with_its_telephone_number() {
    let Some(world) = World::new().await else { return };
    let id = circulation::id::TransactionId::from_bytes([7; 16]).to_string();
    let wish = Wish {
        certificate: "11010519491231002X".into(),
        name: "样小甲".into(),
        born: Some("1949-12-31".into()),
        kind: "普通借阅证".into(),
        phone: "13800138000".into(),
        pin: "293847".into(),
        ..Wish::default()
    };
    let kiosk = world.kiosk();
    let card = kiosk.card(CardDeed::Reserve { id: id.clone(), wish: Box::new(wish) }).await.unwrap().card;
    kiosk.card(CardDeed::Confirm { id }).await.unwrap();
    let mut browser = Browser::new(&world);
    browser.get("/m/login").await;
    let wrong = browser.post("/m/login", &[("card", "13800138000"), ("password", "123456")]).await;
    assert_eq!(wrong.status, 403);
    let other = browser.post("/m/login", &[("card", "13800138001"), ("password", "293847")]).await;
    assert_eq!(other.status, 403, "that number is nobody's");
    let in_ = browser.post("/m/login", &[("card", "13800138000"), ("password", "293847")]).await;
    assert_eq!((in_.status, in_.location()), (303, "/m/loans"), "{}", in_.body);
    let masked = PatronId::parse(&card.unwrap()).unwrap().masked();
    assert!(browser.get("/m/card").await.body.contains(&masked));
}
