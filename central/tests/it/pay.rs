//! Money for cards that machines make: orders at both providers, followed until nothing is open, wherever the way is cut.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::web::Browser;
use super::world::World;
use crate::bank::{Bank, How};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use central::cashier::{Cashier, Times, settle};
use circulation::id::TransactionId;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::json;
use sync_client::kiosk_api::issue::{CardDeed, CardTold, Refusal, Wish};
use sync_client::kiosk_api::pay::{MoneyWord, PayVia};

const OF: &str = "CN-371116-0-DEMO";

struct Till {
    world: World,
    bank: Bank,
    /// seconds that the cashier's clock is ahead
    ahead: Arc<Mutex<i64>>,
    _folder: tempfile::TempDir,
}

fn id(n: u8) -> String {
    TransactionId::from_bytes([n; 16]).to_string()
}

fn number(n: u8) -> String {
    id(n).replace('-', "")
}

/// A card that costs a deposit of 100 yuan.
fn wish() -> Wish {
    Wish {
        certificate: "11010519491231002X".into(),
        name: "样小甲".into(),
        born: Some("1949-12-31".into()),
        kind: "一卡通读者".into(),
        pin: "293847".into(),
        consent: 1,
        ..Wish::default()
    }
}

impl Till {
    async fn open() -> Option<Self> {
        // A busy machine is no hanging provider.
        Self::open_with(Duration::from_secs(30)).await
    }

    async fn open_with(answer: Duration) -> Option<Self> {
        let world = World::new().await?;
        let (bank, folder, ahead) = (Bank::start().await, tempfile::TempDir::new().unwrap(), Arc::default());
        let clock: Arc<Mutex<i64>> = Arc::clone(&ahead);
        let now = move || Timestamp::now() + SignedDuration::from_secs(*clock.lock().unwrap());
        let times = Times { now: Arc::new(now), call: 2 * answer, answer, ..Times::default() };
        world.app.set_cashier(Cashier::of_file(&bank.file(folder.path(), OF, &world.base), times).unwrap());
        Some(Self { world, bank, ahead, _folder: folder })
    }

    async fn card(&self, deed: CardDeed) -> CardTold {
        self.world.kiosk().card(deed).await.unwrap()
    }

    async fn reserve(&self, n: u8) -> String {
        let told = self.card(CardDeed::Reserve { id: id(n), wish: Box::new(wish()) }).await;
        told.card.unwrap()
    }

    async fn pay(&self, n: u8) -> CardTold {
        self.card(CardDeed::Pay { id: id(n), amount_fen: 10_000 }).await
    }

    async fn paid(&self, n: u8) -> Option<MoneyWord> {
        self.card(CardDeed::Paid { id: id(n) }).await.money
    }

    async fn refund(&self, n: u8) -> (Option<MoneyWord>, Option<Refusal>) {
        let told = self.card(CardDeed::Refund { id: id(n) }).await;
        (told.money, told.refused)
    }

    async fn until_kept(&self, expected: &str) {
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        let there = async {
            while self.kept() != expected {
                beat.tick().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(60), there).await;
        assert!(in_time.is_ok(), "{} instead of {expected}", self.kept());
    }

    fn kept(&self) -> String {
        self.world.text("SELECT string_agg(via || ' ' || state, ', ' ORDER BY via DESC) FROM pay_order")
    }
}

fn both(state: &str) -> [String; 2] {
    [format!("wechat 10000 {state}"), format!("alipay 10000 {state}")]
}

const SETTLED: (Option<MoneyWord>, Option<Refusal>) = (Some(MoneyWord::Settled), None);
const RETURNING: (Option<MoneyWord>, Option<Refusal>) = (Some(MoneyWord::Returning), None);

#[tokio::test]
async fn a_card_is_paid_with_either_and_once() {
    let Some(till) = Till::open().await else { return };
    let standing = till.card(CardDeed::Check { certificate: wish().certificate }).await.standing.unwrap();
    assert_eq!(standing.pay_via, PayVia::ALL);
    let card = till.reserve(1).await;
    let told = till.pay(1).await;
    let codes: Vec<(PayVia, &str)> = told.codes.iter().map(|code| (code.via, code.code.as_str())).collect();
    let wechat = format!("weixin://wxpay/bizpayurl?pr={}", number(1));
    let alipay = format!("https://qr.alipay.com/{}", number(1));
    assert_eq!(codes, [(PayVia::Wechat, wechat.as_str()), (PayVia::Alipay, alipay.as_str())]);
    assert_eq!(till.pay(1).await, told, "the same orders");
    assert_eq!(till.bank.orders(), both("made"));
    assert_eq!(till.paid(1).await, Some(MoneyWord::Open));
    assert!(till.bank.pay(false, &number(1)));
    assert_eq!(till.paid(1).await, Some(MoneyWord::Paid));
    till.until_kept("wechat closed, alipay paid").await;
    assert!(!till.bank.pay(true, &number(1)), "the other code is worth nothing any more");
    assert_eq!(till.card(CardDeed::Confirm { id: id(1) }).await.refused, None);
    assert!(till.card(CardDeed::Confirm { id: id(1) }).await.already);
    let booked = "SELECT serial || ' ' || purpose || ' ' || payment_type || ' ' || CAST(amount_fen AS TEXT) FROM payment";
    assert_eq!(till.world.text(booked), format!("{} deposit alipay 10000", id(1)));
    let deposit = format!("SELECT CAST(deposit_fen AS TEXT) FROM patron WHERE patron = '{card}'");
    assert_eq!(till.world.text(&deposit), "10000");
}

#[tokio::test]
async fn only_a_reserved_card_is_paid_and_at_its_price() {
    let Some(till) = Till::open().await else { return };
    assert_eq!(till.pay(1).await.refused, Some(Refusal::Gone), "never reserved");
    till.reserve(1).await;
    let cheap = CardDeed::Pay { id: id(1), amount_fen: 9_999 };
    assert_eq!(till.card(cheap).await.refused, Some(Refusal::OtherPrice));
    till.card(CardDeed::Delete { id: id(1) }).await;
    assert_eq!(till.pay(1).await.refused, Some(Refusal::Gone), "it comes too late");
    assert_eq!(till.refund(1).await, SETTLED, "there is nothing to give back");
    assert_eq!(till.bank.calls(), [""; 0]);
}

#[tokio::test]
async fn what_was_paid_goes_back_whatever_is_lost() {
    for (how, first, kept) in [
        (How::Well, SETTLED, "wechat refunded, alipay closed"),
        (How::Silent, RETURNING, "wechat refunding, alipay closed"),
        (How::Lost, RETURNING, "wechat refunding, alipay closed"),
        (
            How::Keeps,
            (Some(MoneyWord::Returning), Some(Refusal::ProviderRefuses)),
            "wechat refunding, alipay closed",
        ),
    ] {
        let Some(till) = Till::open().await else { return };
        till.reserve(1).await;
        till.pay(1).await;
        assert!(till.bank.pay(true, &number(1)));
        assert_eq!(till.paid(1).await, Some(MoneyWord::Paid));
        till.until_kept("wechat paid, alipay closed").await;
        till.card(CardDeed::Delete { id: id(1) }).await;
        till.bank.behave(how);
        assert_eq!(till.refund(1).await, first, "{how:?}");
        assert_eq!(till.kept(), kept, "{how:?}");
        till.bank.behave(How::Well);
        // The machine may be gone by then: it goes back by itself, once.
        settle(&till.world.app).await.unwrap();
        assert_eq!(till.kept(), "wechat refunded, alipay closed", "{how:?}");
        assert_eq!(till.bank.orders(), ["wechat 10000 refunded", "alipay 10000 closed"], "{how:?}");
        assert_eq!(till.refund(1).await, SETTLED, "{how:?}");
    }
}

#[tokio::test]
async fn money_that_comes_late_goes_back() {
    let Some(till) = Till::open().await else { return };
    till.reserve(1).await;
    till.pay(1).await;
    till.card(CardDeed::Delete { id: id(1) }).await;
    till.bank.behave(How::Silent);
    assert_eq!(till.refund(1).await, SETTLED, "nothing was paid as far as is known, and it is promised");
    assert_eq!(till.kept(), "wechat closing, alipay closing");
    assert!(till.bank.pay(true, &number(1)) && till.bank.pay(false, &number(1)), "on two phones even");
    till.bank.behave(How::Well);
    settle(&till.world.app).await.unwrap();
    assert_eq!(till.bank.orders(), both("refunded"));
    assert_eq!(till.kept(), "wechat refunded, alipay refunded");
}

#[tokio::test]
async fn an_order_whose_making_was_not_answered_is_made_once() {
    for how in [How::Silent, How::Lost] {
        let Some(till) = Till::open().await else { return };
        till.reserve(1).await;
        till.bank.behave(how);
        let told = till.pay(1).await;
        assert_eq!((told.codes.len(), told.money), (0, Some(MoneyWord::Open)), "{how:?}");
        assert_eq!(till.kept(), "wechat asked, alipay asked", "on the disk before it was asked for");
        till.bank.behave(How::Well);
        assert_eq!(till.pay(1).await.codes.len(), 2);
        assert_eq!(till.bank.orders(), both("made"), "{how:?}");
    }
}

/// The kiosk would hang up long before: each answer comes without the provider that hangs.
#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_from_the_other() {
    let Some(till) = Till::open_with(Duration::from_millis(500)).await else { return };
    till.reserve(1).await;
    till.bank.behave(How::WechatHangs);
    // A busy machine may need more than one look.
    while till.pay(1).await.codes.is_empty() {}
    assert!(till.kept().contains("alipay open"), "{}", till.kept());
    assert!(till.bank.pay(false, &number(1)));
    while till.paid(1).await == Some(MoneyWord::Open) {}
    assert!(till.kept().contains("alipay paid"), "{}", till.kept());
    assert_eq!(till.card(CardDeed::Confirm { id: id(1) }).await.refused, None);
}

#[tokio::test]
async fn what_a_machine_leaves_behind_is_ended() {
    let Some(till) = Till::open().await else { return };
    till.reserve(1).await;
    till.pay(1).await;
    settle(&till.world.app).await.unwrap();
    assert_eq!(till.kept(), "wechat open, alipay open", "there is time yet");
    *till.ahead.lock().unwrap() = 8 * 60;
    // WeChat's answers are of another minute for that clock, and believed by nobody: the bank's clock has to go with it.
    settle(&till.world.app).await.unwrap();
    assert_eq!(till.kept(), "wechat closing, alipay closed");
    *till.ahead.lock().unwrap() = 0;
    settle(&till.world.app).await.unwrap();
    assert_eq!(till.kept(), "wechat closed, alipay closed");
    assert_eq!(till.bank.orders(), both("closed"));
}

/// Paid, and the machine dies before the card comes out: its deletion is told when it is back, the refund perhaps never.
#[tokio::test]
async fn money_for_a_card_that_was_deleted_goes_back_by_itself() {
    let Some(till) = Till::open().await else { return };
    till.reserve(1).await;
    till.pay(1).await;
    assert!(till.bank.pay(false, &number(1)));
    assert_eq!(till.paid(1).await, Some(MoneyWord::Paid));
    till.card(CardDeed::Delete { id: id(1) }).await;
    *till.ahead.lock().unwrap() = 8 * 60;
    settle(&till.world.app).await.unwrap();
    assert_eq!(till.kept(), "wechat closed, alipay refunded");
}

#[tokio::test]
async fn a_notification_counts_if_it_is_signed_and_right() {
    let Some(till) = Till::open().await else { return };
    till.reserve(1).await;
    till.pay(1).await;
    let to = |via: &str| format!("{}/pay/v1/{via}/{OF}", till.world.base);
    let told = |fen: i64| {
        let trade = json!({ "out_trade_no": number(1), "trade_state": "SUCCESS", "transaction_id": "42", "amount": { "total": fen } });
        let mut bytes = trade.to_string().into_bytes();
        let key = UnboundKey::new(&AES_256_GCM, b"an-invented-key-of-32-characters").unwrap();
        let nonce = Nonce::assume_unique_for_key(*b"0123456789ab");
        LessSafeKey::new(key).seal_in_place_append_tag(nonce, Aad::from(b"transaction"), &mut bytes).unwrap();
        let resource = json!({ "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(bytes), "nonce": "0123456789ab", "associated_data": "transaction" });
        json!({ "id": "EV-1", "event_type": "TRANSACTION.SUCCESS", "resource": resource }).to_string()
    };
    let send = async |url: String, body: String, headers: Vec<(&str, String)>| {
        let request =
            headers.into_iter().fold(till.world.http.post(url), |it, (name, value)| it.header(name, value));
        request.body(body).send().await.unwrap().status()
    };
    let good = told(10_000);
    let forged = till.bank.signed(&told(10_001));
    assert_eq!(send(to("wechat"), good.clone(), forged).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(to("wechat"), good.clone(), vec![]).await, StatusCode::BAD_REQUEST, "unsigned");
    assert_eq!(
        send(to("alipay"), "sign=AAAA&trade_status=TRADE_SUCCESS".into(), vec![]).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(send(to("cash"), good.clone(), vec![]).await, StatusCode::NOT_FOUND);
    let cheap = told(1);
    let signed = till.bank.signed(&cheap);
    assert_eq!(
        send(to("wechat"), cheap, signed).await,
        StatusCode::NO_CONTENT,
        "signed, but not this order's amount"
    );
    assert_eq!(till.kept(), "wechat open, alipay open");
    let signed = till.bank.signed(&good);
    assert_eq!(send(to("wechat"), good, signed).await, StatusCode::NO_CONTENT);
    // The other order is closed beside it.
    till.until_kept("wechat paid, alipay closed").await;
    assert_eq!(till.paid(1).await, Some(MoneyWord::Paid));
}

#[tokio::test]
async fn a_fee_that_was_not_paid_is_owed_and_one_that_was_is_booked() {
    for is_paid in [true, false] {
        let Some(till) = Till::open().await else { return };
        till.world.execute("UPDATE machine_rule SET fee_fen = 500, deposit_fen = 9500");
        let card = till.reserve(1).await;
        till.pay(1).await;
        if is_paid {
            assert!(till.bank.pay(true, &number(1)));
            assert_eq!(till.paid(1).await, Some(MoneyWord::Paid));
        }
        assert_eq!(
            till.card(CardDeed::Confirm { id: id(1) }).await.refused,
            None,
            "it is in somebody's hand"
        );
        let row = format!(
            "SELECT CAST(debt_fen AS TEXT) || ' ' || CAST(deposit_fen AS TEXT) FROM patron WHERE patron = '{card}'"
        );
        assert_eq!(till.world.text(&row), if is_paid { "0 9500" } else { "500 0" });
        let log = format!(
            "SELECT string_agg(kind || ' ' || CAST(amount_fen AS TEXT), ', ' ORDER BY seq) FROM fee_log WHERE patron = '{card}'"
        );
        assert_eq!(till.world.text(&log), if is_paid { "card 500, payment -500" } else { "card 500" });
    }
}

/// What a provider keeps, staff gives back by hand and says so: it is not given back twice.
#[tokio::test]
async fn staff_sees_what_is_owed_and_gives_it_back_once() {
    let Some(till) = Till::open().await else { return };
    till.reserve(1).await;
    till.pay(1).await;
    assert!(till.bank.pay(true, &number(1)));
    assert_eq!(till.paid(1).await, Some(MoneyWord::Paid));
    till.world.hire();
    let mut browser = Browser::new(&till.world);
    browser.log_in("librarian").await;
    till.until_kept("wechat paid, alipay closed").await;
    let todo = browser.get("/staff/todo").await.body;
    assert!(todo.contains(&id(1)) && todo.contains("读者证尚未取走"), "{todo}");
    till.bank.behave(How::Keeps);
    till.card(CardDeed::Delete { id: id(1) }).await;
    till.refund(1).await;
    let todo = browser.get("/staff/todo").await.body;
    assert!(todo.contains("100.00") && todo.contains("应退款"), "{todo}");
    let number = id(1);
    let fields = [("id", number.as_str()), ("via", "wechat")];
    assert_eq!(browser.post("/staff/todo/money", &fields).await.location(), "/staff/todo?done=settled");
    assert_eq!(browser.post("/staff/todo/money", &fields).await.location(), "/staff/todo?done=gone");
    till.bank.behave(How::Well);
    settle(&till.world.app).await.unwrap();
    assert_eq!(till.bank.orders(), ["wechat 10000 paid", "alipay 10000 closed"], "it was given by hand");
    assert_eq!(till.refund(1).await, SETTLED);
    let logged = "SELECT actor || ' ' || object FROM audit_log WHERE act = 'money.give_back'";
    assert_eq!(till.world.text(logged), format!("librarian {number} wechat"));
}

#[tokio::test]
async fn where_nobody_takes_money_none_is_asked_for() {
    let Some(world) = World::new().await else { return };
    for deed in [
        CardDeed::Pay { id: id(1), amount_fen: 1 },
        CardDeed::Paid { id: id(1) },
        CardDeed::Refund { id: id(1) },
    ] {
        assert_eq!(world.kiosk().card(deed).await.unwrap().refused, Some(Refusal::NoPayment));
    }
}
