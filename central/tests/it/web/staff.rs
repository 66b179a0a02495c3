//! What staff does on its pages, and what comes of it.

use super::super::world::World;
use super::{Browser, PASSWORD};
use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::Act;
use sync_client::kiosk_api::heartbeat::{Condition, Heartbeat, OrderKind, ParkedReport, PartReport, Told};
use sync_client::kiosk_api::path;

impl World {
    /// A heart-beat of a kiosk whose reader is unplugged and that has one parked row.
    pub(crate) async fn beat(&self, kiosk: &str, detail: &str) -> Told {
        let now = self.app.now();
        let part =
            |part: &str, state, detail: &str| PartReport { part: part.into(), state, detail: detail.into() };
        let beat = Heartbeat {
            opuser: kiosk.into(),
            at: now,
            version: "0.1.0".into(),
            n_waiting: 4,
            n_parked: 1,
            oldest: Some(now),
            parts: vec![
                part("reader", Condition::Fails, detail),
                part("printer", Condition::Attention, "纸将尽"),
                part("ledger", Condition::Works, "128"),
                part("mirror", Condition::Absent, ""),
            ],
            given: String::new(),
            rows: vec![ParkedReport {
                id: TransactionId::from_bytes([7; 16]),
                is_checkout: true,
                item: ItemId::parse("LW0000001").unwrap(),
                title: "红楼梦".into(),
                note: detail.into(),
                asked: now,
            }],
        };
        let request =
            self.http.post(format!("{}{}", self.base, path::HEARTBEAT)).body(beat.to_body().unwrap());
        let response = request.bearer_auth(self.token().await).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Told::parse(&response.bytes().await.unwrap()).unwrap()
    }

    /// A fact that staff must look at: a loan of nobody's card.
    pub(crate) async fn except(&self) {
        let kiosk = self.kiosk();
        let act = Act::Checkout {
            patron: PatronId::parse("LW99999999").unwrap(),
            item: ItemId::parse("LW0000002").unwrap(),
        };
        let fact = kiosk.fact(TransactionId::from_bytes([9; 16]), self.now(), act, None);
        kiosk.tell(vec![fact]).await.unwrap();
    }
}

#[tokio::test]
async fn a_kiosk_is_on_the_board_and_its_parked_row_is_settled_from_there() {
    let Some(world) = World::new().await else { return };
    world.hire();
    assert_eq!(world.beat("kiosk-1", "unplugged").await.orders, []);
    let mut browser = Browser::new(&world);
    browser.log_in("librarian").await;
    let board = browser.get("/staff/board").await.body;
    for words in
        ["kiosk-1", "RFID 读写器：故障（unplugged）", "打印机：请留意（纸将尽）", "1 笔待处理", "09:30"]
    {
        assert!(board.contains(words), "{words}: {board}");
    }
    let todo = browser.get("/staff/todo").await.body;
    assert!(todo.contains("红楼梦") && todo.contains("unplugged"), "{todo}");
    let id = TransactionId::from_bytes([7; 16]).to_string();
    let fields = [("kiosk", "kiosk-1"), ("id", id.as_str()), ("do", "settle")];
    assert_eq!(browser.post("/staff/todo/parked", &fields).await.location(), "/staff/todo?done=told");
    assert!(browser.get("/staff/todo").await.body.contains("等自助机结案 · librarian"));
    let orders = world.beat("kiosk-1", "unplugged").await.orders;
    assert_eq!((orders[0].what, orders[0].by.as_str()), (OrderKind::Settle, "librarian"));
    let nothing = [("kiosk", "kiosk-2"), ("id", id.as_str()), ("do", "retry")];
    assert_eq!(browser.post("/staff/todo/parked", &nothing).await.location(), "/staff/todo?done=gone");
    world.pass_minutes(6);
    assert!(browser.get("/staff/board").await.body.contains("失去联系，自 09:30"));
    assert!(browser.get("/staff/kiosk?name=kiosk-1").await.body.contains("离线数据"));
    assert_eq!(browser.get("/staff/kiosk?name=none").await.status, 404);
}

#[tokio::test]
async fn an_exception_is_shown_and_settled() {
    let Some(world) = World::new().await else { return };
    world.hire();
    world.except().await;
    let mut browser = Browser::new(&world);
    browser.log_in("librarian").await;
    let todo = browser.get("/staff/todo").await.body;
    assert!(todo.contains("LW0000002") && todo.contains("读者证号不存在"), "{todo}");
    assert!(!todo.contains("LW99999999"), "the card is nobody's business");
    let (_, rest) = todo.split_once(r#"name="seq" value=""#).unwrap();
    let seq = rest.split('"').next().unwrap().to_owned();
    for done in ["settled", "gone"] {
        let got = browser.post("/staff/todo/exception", &[("seq", &seq)]).await;
        assert_eq!(got.location(), format!("/staff/todo?done={done}"));
    }
    assert!(!browser.get("/staff/todo").await.body.contains("LW0000002"));
}

#[tokio::test]
async fn a_message_reaches_the_kiosk() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("librarian").await;
    let fields = [
        ("do", "show"),
        ("kiosk", ""),
        ("chinese", "今日 16 点闭馆"),
        ("english", "Closing at 4 pm"),
        ("hours", "2"),
    ];
    browser.post("/staff/messages", &fields).await;
    let message = world.beat("kiosk-1", "").await.message.unwrap();
    assert_eq!(
        (message.notice.chinese.as_str(), message.notice.english.as_str()),
        ("今日 16 点闭馆", "Closing at 4 pm")
    );
    world.pass_minutes(120);
    assert_eq!(world.beat("kiosk-1", "").await.message, None);
    browser.log_in("librarian").await;
    for bad in [("chinese", ""), ("hours", "1000000")] {
        let mut fields = fields.to_vec();
        fields.retain(|(name, _)| *name != bad.0);
        fields.push(bad);
        assert_eq!(browser.post("/staff/messages", &fields).await.status, 400);
    }
}

#[tokio::test]
async fn a_kiosk_with_its_own_secret_speaks_for_itself_until_it_is_taken_back() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("technician").await;
    let shown = browser.post("/staff/kiosks", &[("do", "admit"), ("kiosk", "kiosk-7")]).await.body;
    let secret = shown.split("secret = &quot;").nth(1).unwrap().split("&quot;").next().unwrap().to_owned();
    let appid = format!("{}/kiosk-7", central::seed::INSTITUTION);
    assert!(!browser.get("/staff/kiosks").await.body.contains(&secret), "shown once");
    let token = || async {
        let answer =
            world.get(sync_client::wire::path::TOKEN, &[("appid", &appid), ("secret", &secret)]).await;
        answer["messagelist"][0]["token"].as_str().map(str::to_owned)
    };
    let beat = |kiosk: &'static str, token: String| {
        let body = format!(r#"{{"opuser":"{kiosk}","at":"2026-11-23 09:30:00"}}"#);
        let request = world.http.post(format!("{}{}", world.base, path::HEARTBEAT)).body(body);
        async move { request.bearer_auth(token).send().await.unwrap().status().as_u16() }
    };
    let held = token().await.unwrap();
    assert_eq!(beat("kiosk-7", held.clone()).await, 200);
    assert_eq!(beat("kiosk-1", held.clone()).await, 403, "for no other");
    let openlib =
        [("token", held.as_str()), ("rdid", "LW20260004"), ("barcode", "LW0000001"), ("opuser", "kiosk-1")];
    let answer = world.get(sync_client::wire::path::LOAN_BOOK, &openlib).await;
    assert_eq!(super::super::world::code(&answer), "R90400");
    browser.post("/staff/kiosks", &[("do", "expel"), ("kiosk", "kiosk-7")]).await;
    assert_eq!(token().await, None);
    world.pass_minutes(1);
    assert_eq!(beat("kiosk-7", held).await, 401);
    assert_eq!(browser.post("/staff/kiosks", &[("do", "admit"), ("kiosk", "Kiosk 7")]).await.status, 400);
}

#[tokio::test]
async fn an_administrator_makes_and_disables_accounts() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("administrator").await;
    let make =
        |name, password| [("do", "make"), ("account", name), ("role", "librarian"), ("password", password)];
    assert_eq!(
        browser.post("/staff/accounts", &make("wang", PASSWORD)).await.location(),
        "/staff/accounts?done=made"
    );
    assert_eq!(
        browser.post("/staff/accounts", &make("wang", PASSWORD)).await.location(),
        "/staff/accounts?done=taken"
    );
    for (name, password) in [("Wang", PASSWORD), ("li", "short"), ("li", "1111111111")] {
        assert_eq!(browser.post("/staff/accounts", &make(name, password)).await.status, 400);
    }
    let mut wang = Browser::new(&world);
    wang.log_in("wang").await;
    assert_eq!(
        wang.post("/staff/password", &[("old", "wrong"), ("password", "another one")]).await.status,
        403
    );
    let changed = wang.post("/staff/password", &[("old", PASSWORD), ("password", "another one")]).await;
    assert_eq!(changed.location(), "/staff/board?done=changed");
    assert_eq!(wang.get("/staff/board").await.status, 200);
    browser.post("/staff/accounts", &[("do", "disable"), ("account", "wang")]).await;
    assert_eq!(wang.get("/staff/board").await.status, 303);
    let last = browser.post("/staff/accounts", &[("do", "disable"), ("account", "administrator")]).await;
    assert_eq!(last.location(), "/staff/accounts?done=last");
    let log = browser.get("/staff/audit").await.body;
    for words in ["建立账号", "wang librarian", "停用账号", "登录"] {
        assert!(log.contains(words), "{words}");
    }
    assert!(!log.contains(PASSWORD) && !log.contains("argon2"));
}

#[tokio::test]
async fn the_year_is_shown_and_taken_along() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("librarian").await;
    let page = browser.get("/staff/report?year=2026").await;
    assert!(
        page.status == 200 && page.body.contains("年度统计报告") && page.body.contains("<svg"),
        "{}",
        page.body
    );
    let csv = browser.get("/staff/report.csv?year=2026&table=loans-by-month").await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").contains("2026-loans-by-month.csv"));
    for bad in ["year=1", "year=x", "year=99999999"] {
        assert_eq!(browser.get(&format!("/staff/report?{bad}")).await.status, 400, "{bad}");
    }
    assert_eq!(browser.get("/staff/report.csv?year=2026&table=../x").await.status, 404);
}

/// Each form of the page of rules, and what it refuses; nothing is changed by what is refused.
#[tokio::test]
async fn rules_are_set_by_their_forms_and_nothing_wrong_is_taken() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("administrator").await;
    let loan = |days: &'static str, item: &'static str| {
        let types = [("do", "loan"), ("card", "普通借阅证"), ("item", item)];
        [&types[..], &[("days", days), ("renewals", "2"), ("fine", "0.10"), ("grace", "1")]].concat()
    };
    let card = [("do", "card"), ("card", "普通借阅证"), ("loans", "23"), ("holds", "4"), ("overdue", "")];
    let house = |days: &[(&'static str, &'static str)]| {
        [&[("do", "house"), ("debt", "12.50"), ("shelf", "6")][..], days].concat()
    };
    let week = [
        ("day0", "1"),
        ("day1", "1"),
        ("day2", "1"),
        ("day3", "1"),
        ("day4", "1"),
        ("day5", "1"),
        ("day6", "1"),
    ];
    let close = [("do", "close"), ("day", "2030-10-01")];
    for fields in [loan("37", "普通图书"), card.to_vec(), house(&week[..1]), close.to_vec()] {
        assert_eq!(
            browser.post("/staff/rules", &fields).await.location(),
            "/staff/rules?done=changed",
            "{fields:?}"
        );
    }
    let rules = browser.get("/staff/rules").await.body;
    for value in ["value=\"37\"", "value=\"23\"", "value=\"12.50\"", "2030-10-01"] {
        assert!(rules.contains(value), "{value}: {rules}");
    }
    let refused = [
        loan("0", "普通图书"),
        loan("many", "普通图书"),
        loan("9", "no such type"),
        [("do", "card"), ("card", "no such type"), ("loans", "1"), ("holds", "1"), ("overdue", "")].to_vec(),
        house(&week),
        [("do", "close"), ("day", "2030-13-01")].to_vec(),
        [("do", "everything")].to_vec(),
    ];
    for fields in refused {
        let answer = browser.post("/staff/rules", &fields).await;
        assert_eq!(answer.status, 400, "{fields:?}: {}", answer.body);
    }
    assert_eq!(browser.get("/staff/rules").await.body, rules);
}
