//! The forms, to the letter, and what cannot be read.

use super::*;
use expect_test::expect;
use jiff::civil::datetime;
use proptest::prelude::*;

fn beat() -> Heartbeat {
    let at = datetime(2026, 11, 23, 9, 30, 0, 0);
    Heartbeat {
        opuser: "kiosk-1".into(),
        at,
        version: "0.1.0".into(),
        n_waiting: 2,
        n_parked: 1,
        oldest: Some(at),
        parts: vec![PartReport {
            part: "reader".into(),
            state: Condition::Fails,
            detail: "unplugged".into(),
        }],
        given: String::new(),
        rows: vec![ParkedReport {
            id: TransactionId::from_bytes([7; 16]),
            is_checkout: true,
            item: ItemId::parse("LW0000001").unwrap(),
            title: "红楼梦".into(),
            note: "R90299".into(),
            asked: at,
        }],
    }
}

#[test]
fn the_forms_are_frozen() {
    let body = beat().to_body().unwrap();
    expect![[r#"{"opuser":"kiosk-1","at":"2026-11-23 09:30:00","version":"0.1.0","waiting":2,"parked":1,"oldest":"2026-11-23 09:30:00","parts":[{"part":"reader","state":"fails","detail":"unplugged"}],"rows":[{"id":"07070707-0707-0707-0707-070707070707","act":"checkout","item":"LW0000001","title":"红楼梦","note":"R90299","asked":"2026-11-23 09:30:00"}]}"#]]
        .assert_eq(core::str::from_utf8(&body).unwrap());
    assert_eq!(Heartbeat::parse(&body), Ok(beat()));
    let told = Told {
        every_s: 60,
        message: Some(Posted {
            notice: Notice { chinese: "今日 16 点闭馆".into(), english: String::new() },
            until: Some(datetime(2026, 11, 23, 16, 0, 0, 0)),
        }),
        card_key: Some("00ff".into()),
        given: None,
        orders: vec![Order {
            id: TransactionId::from_bytes([7; 16]),
            what: OrderKind::Settle,
            by: "wang".into(),
        }],
    };
    let body = told.to_body().unwrap();
    expect![[r#"{"every":60,"message":{"chinese":"今日 16 点闭馆","english":"","until":"2026-11-23 16:00:00"},"card_key":"00ff","orders":[{"id":"07070707-0707-0707-0707-070707070707","do":"settle","by":"wang"}]}"#]]
        .assert_eq(core::str::from_utf8(&body).unwrap());
    assert_eq!(Told::parse(&body), Ok(told));
    assert_eq!(Told::parse(br#"{"every":60,"later":1}"#).unwrap().every_s, 60, "what is new is passed over");
    // A central that is older than the end of a message.
    let told = Told::parse(br#"{"every":60,"message":{"chinese":"\u4eca\u65e5"}}"#).unwrap();
    let notice = Notice { chinese: "今日".into(), english: String::new() };
    assert_eq!(told.message, Some(Posted { notice, until: None }));
    assert_eq!(
        Told::parse(br#"{"every":60,"message":{"chinese":"","until":"noon"}}"#),
        Err(Malformed { at: None, field: "until" })
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let fault = |body: &str| Heartbeat::parse(body.as_bytes()).unwrap_err();
    let with = |rest: &str| format!(r#"{{"opuser":"k","at":"2026-11-23 09:30:00"{rest}}}"#);
    let part = |part: &str| with(&format!(r#","parts":[{{"part":"{part}","state":"works"}}]"#));
    assert!(Heartbeat::parse(with("").as_bytes()).is_ok());
    for (body, at, field) in [
        (String::new(), None, "body"),
        (r#"{"opuser":" ","at":""}"#.to_owned(), None, "opuser"),
        (r#"{"opuser":"k","at":"noon"}"#.to_owned(), None, "at"),
        (with(r#","waiting":-1"#), None, "body"),
        (part("Reader"), Some(0), "part"),
        (part(""), Some(0), "part"),
        (
            with(r#","rows":[{"id":"x","act":"checkout","item":"1","asked":"2026-11-23 09:30:00"}]"#),
            Some(0),
            "id",
        ),
        (
            with(
                r#","rows":[{"id":"07070707-0707-0707-0707-070707070707","act":"steal","item":"1","asked":"2026-11-23 09:30:00"}]"#,
            ),
            Some(0),
            "act",
        ),
    ] {
        assert_eq!(fault(&body), Malformed { at, field }, "{body}");
    }
    let many = vec![r#"{"part":"p","state":"works"}"#; MAX_PARTS + 1].join(",");
    assert_eq!(fault(&with(&format!(r#","parts":[{many}]"#))).field, "parts");
}

#[test]
fn a_long_detail_is_cut_and_has_no_control_characters() {
    let mut long = beat();
    long.parts[0].detail = format!("a\n\0{}", "书".repeat(MAX_TEXT));
    let read = Heartbeat::parse(&long.to_body().unwrap()).unwrap();
    assert_eq!(read.parts[0].detail.chars().count(), MAX_TEXT);
    assert!(read.parts[0].detail.starts_with("a  书"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Heartbeat::parse(&bytes));
        drop(Told::parse(&bytes));
    }
}

#[test]
fn settings_go_there_and_what_is_too_much_of_them_is_refused() {
    let beat = Heartbeat { given: "3.1".to_owned(), ..beat() };
    assert_eq!(Heartbeat::parse(&beat.to_body().unwrap()).unwrap().given, "3.1");
    let of = |texts: Vec<String>| {
        let given = Some(Given { version: "3.1".to_owned(), texts });
        let told = Told { every_s: 60, message: None, card_key: None, orders: vec![], given };
        Told::parse(&told.to_body().unwrap()).map(|read| read == told)
    };
    assert_eq!(of(vec!["[place]\nlibrary = \"a\"\n".to_owned(), String::new()]), Ok(true));
    for texts in [vec![String::new(); 3], vec!["x".repeat(MAX_GIVEN + 1)]] {
        assert_eq!(of(texts), Err(Malformed::of("given")));
    }
}
