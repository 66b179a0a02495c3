//! The client against every way a server can fail.

use std::time::Duration;

use circulation::patron::Pin;
use circulation::transaction::{Reason, Verdict};
use sync_client::http::{AskError, HoldingState, Method, NotSent, Openlib, OpenlibConfig, Silence};

use crate::server::{Reply, Server, field, refusal, token};
use crate::world::{NINE, clock, item, patron};

pub(crate) fn config(base: &str) -> OpenlibConfig {
    OpenlibConfig {
        connect_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_millis(600),
        clock: clock(NINE),
        ..OpenlibConfig::new(base, "app", "s3cret", "OP1")
    }
}

fn client(server: &Server) -> Openlib {
    Openlib::new(config(&server.base)).unwrap()
}

/// Lends LW1 to P1 at a server that answers so.
async fn lend(reply: Reply) -> Result<Verdict, AskError> {
    let server = Server::start(move |_, _| reply.clone()).await;
    client(&server).checkout(&patron("P1"), &item("LW1")).await
}

#[tokio::test]
async fn a_loan_is_granted_by_its_payload() {
    let server = Server::start(|path, form| {
        assert_eq!(path, "barcode/loanbook");
        assert_eq!((field(form, "rdid"), field(form, "barcode")), ("P1", "LW1"));
        assert_eq!((field(form, "opuser"), field(form, "token")), ("OP1", "T1"));
        Reply::Json(r#"{"success":"true","newloanbook":{"barcode":"LW1","title":"红楼梦","returndate":"2026-12-22"}}"#.into())
    })
    .await;
    let verdict = client(&server).checkout(&patron("P1"), &item("LW1")).await.unwrap();
    let Verdict::Granted(grant) = verdict else { panic!("{verdict:?}") };
    assert_eq!(grant.description.title.as_deref(), Some("红楼梦"));
    assert_eq!(grant.due.unwrap().to_string(), "2026-12-22");
}

#[tokio::test]
async fn a_yes_with_a_text_only_is_a_refusal() {
    let reply =
        Reply::Json(r#"{"success":true,"messagelist":[{"code":"R00777","message":"不能外借"}]}"#.into());
    assert_eq!(lend(reply).await, Ok(Verdict::Declined(Reason::Other("不能外借".into()))));
}

#[tokio::test]
async fn whatever_was_sent_and_not_answered_is_in_doubt() {
    let other = r#"{"success":true,"newloanbook":{"barcode":"LW2","returndate":"2026-12-22"}}"#;
    for (reply, text) in [
        (Reply::Html, "no usable answer: the answer is not openlib's (line 1, column 1)"),
        (Reply::Status(502), "no usable answer: HTTP status 502"),
        (Reply::Status(302), "no usable answer: HTTP status 302"),
        (Reply::Mute, "no usable answer: no answer in time"),
        (Reply::Slow(Duration::from_secs(2), other.into()), "no usable answer: no answer in time"),
        (Reply::Json(other.into()), "no usable answer: the answer is about another item than asked"),
        (Reply::Json("{}".into()), "no usable answer: the answer says neither yes nor no (code none)"),
        (refusal("R90500", "oops"), "no usable answer: the server failed inside (code R90500)"),
        (Reply::Endless, "no usable answer: the answer is longer than 1048576 bytes"),
    ] {
        let error = lend(reply).await.unwrap_err();
        assert!(error.is_in_doubt(), "{error}");
        assert_eq!(error.to_string(), text);
    }
    for reply in [Reply::Cut, Reply::Hang] {
        let error = lend(reply).await.unwrap_err();
        assert!(matches!(error, AskError::Silent(Silence::Broken { .. })), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_certainly_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Openlib::new(config(&base)).unwrap();
    let error = client.checkin(&item("LW1")).await.unwrap_err();
    assert_eq!(error, AskError::NotSent(NotSent::Refused));
    assert!(!error.is_in_doubt());
}

#[tokio::test]
async fn an_unknown_name_is_certainly_not_sent() {
    let client = Openlib::new(config("http://central.invalid")).unwrap();
    let error = client.ping().await.unwrap_err();
    assert!(matches!(error, AskError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_gives_no_token_was_asked_nothing() {
    for reply in [Reply::Status(502), Reply::Html, Reply::Mute, Reply::Hang, Reply::Json("{}".into())] {
        let server = Server::start_raw(move |_, _| reply.clone()).await;
        let error = client(&server).checkin(&item("LW1")).await.unwrap_err();
        assert!(matches!(error, AskError::NotSent(NotSent::NoToken { .. })), "{error:?}");
        assert_eq!(server.n_seen("barcode/returnbook"), 0);
    }
    let server = Server::start_raw(|_, _| refusal("R1", "appid无效")).await;
    assert_eq!(client(&server).ping().await, Err(AskError::TokenRefused));
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_only_once() {
    let server = Server::start(|_, form| match field(form, "token") {
        "T1" => refusal("R00001", "访问凭证已过期"),
        _ => Reply::Json(r#"{"success":true,"newreturnbook":{"barcode":"LW1"}}"#.into()),
    })
    .await;
    let asked = client(&server);
    assert!(matches!(asked.checkin(&item("LW1")).await, Ok(Verdict::Granted(_))));
    assert!(matches!(asked.checkin(&item("LW1")).await, Ok(Verdict::Granted(_))));
    assert_eq!(server.n_seen("barcode/token"), 2, "the new token is kept");
    assert_eq!(server.n_seen("barcode/returnbook"), 3);

    let server = Server::start(|_, _| refusal("R90401", "")).await;
    let error = client(&server).checkin(&item("LW1")).await.unwrap_err();
    assert_eq!(error, AskError::TokenRefused);
    assert!(!error.is_in_doubt());
    assert_eq!(server.n_seen("barcode/returnbook"), 2);
}

/// In a district the server cannot know where the kiosk stands.
#[tokio::test]
async fn what_is_reserved_is_picked_up_where_the_kiosk_stands() {
    for (branch, told) in [(Some("LW02"), "LW02"), (None, "")] {
        let server = Server::start(move |path, form| match path {
            "barcode/registerreserve" if field(form, "piclocal") == told => {
                Reply::Json(r#"{"success":true,"messagelist":[]}"#.into())
            }
            _ => refusal("R00099", "elsewhere"),
        })
        .await;
        let config = OpenlibConfig { branch: branch.map(str::to_owned), ..config(&server.base) };
        let answer = Openlib::new(config).unwrap().reserve(&patron("P1"), &item("LW1")).await.unwrap();
        assert_eq!(answer, Ok(()), "{told}");
    }
}

#[tokio::test]
async fn those_who_wait_share_one_token() {
    let server = Server::start_raw(|path, _| match path {
        "barcode/token" => Reply::Slow(Duration::from_millis(80), token("T")),
        _ => Reply::Json(r#"{"success":true,"holdingList":[]}"#.into()),
    })
    .await;
    let asked = client(&server);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let asked = asked.clone();
            tokio::spawn(async move { asked.ping().await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok(()));
    }
    assert_eq!(server.n_seen("barcode/token"), 1);
    assert_eq!(server.n_seen("barcode/queryholding"), 8);
}

#[tokio::test]
async fn patrons_pins_loans_and_holdings_are_read() {
    let server = Server::start(|path, form| match path {
        "reader/confirmreader" if field(form, "rdpasswd") == "123456" => {
            Reply::Json(r#"{"success":true,"messagelist":[]}"#.into())
        }
        "reader/confirmreader" => refusal("R90101", "密码错误"),
        "reader/searchreader" => Reply::Json(
            r#"{"success":true,"rdid":"P1","rdname":"张三","rdcfstate":"1","rdenddate":"2026-11-22","rdpasswd":"x"}"#.into(),
        ),
        "barcode/currentloan" => Reply::Json(
            r#"{"success":true,"loanlist":[{"barcode":"LW1","title":"红楼梦","returndate":"2026-12-01"},{"title":"?"}]}"#.into(),
        ),
        _ if field(form, "barcode") == "LW1" => {
            Reply::Json(r#"{"success":true,"holdingList":[{"barcode":"LW1","state":3,"callno":"I242"}]}"#.into())
        }
        _ => refusal("R90201", "无此馆藏"),
    })
    .await;
    let asked = client(&server);
    let pin = |text: &str| {
        let mut pin = Pin::default();
        text.chars().for_each(|c| pin.push(c));
        pin
    };
    assert_eq!(asked.confirm(&patron("P1"), &pin("123456")).await, Ok(Ok(())));
    assert_eq!(asked.confirm(&patron("P1"), &pin("000000")).await, Ok(Err(Reason::WrongPin)));
    assert_eq!(asked.patron(&patron("P1")).await.unwrap().unwrap().name, "张三");
    assert!(asked.patron(&patron("P2")).await.unwrap_err().is_in_doubt(), "never somebody else's record");
    let loans = asked.loans(&patron("P1")).await.unwrap().unwrap();
    assert_eq!(loans.len(), 1, "a loan without an item is no loan");
    let holding = asked.holding(&item("LW1")).await.unwrap().unwrap();
    assert_eq!(holding.state, HoldingState::OnLoan);
    assert_eq!(asked.holding(&item("LW9")).await, Ok(None));
    assert_eq!(asked.ping().await, Ok(()), "a refusal is an answer");
}

#[tokio::test]
async fn get_carries_the_same_fields_and_no_error_text_any_of_them() {
    let server = Server::start(|_, form| {
        assert!(form.starts_with("GET "), "{form}");
        Reply::Hang
    })
    .await;
    let asked = Openlib::new(OpenlibConfig { method: Method::Get, ..config(&server.base) }).unwrap();
    let error = asked.checkout(&patron("P20260017"), &item("LW1")).await.unwrap_err();
    let text = format!("{error} {error:?} {asked:?}");
    for private in ["P20260017", "s3cret", "T1", "rdid"] {
        assert!(!text.contains(private), "{text}");
    }
}
