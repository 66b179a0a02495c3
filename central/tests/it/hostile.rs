//! Input that is meant to do harm, or comes from a broken program: a clear answer with a code of the closed list, and the
//! library is as it was.

use super::world::{World, code};
use jiff::civil::date;
use serde_json::{Value, json};
use sync_client::kiosk_api::path as kiosk;
use sync_client::wire::path;

const INJECTED: [&str; 8] = [
    "'; DROP TABLE loan; --",
    "x' OR '1'='1",
    "\") UNION SELECT password_hash FROM patron --",
    "$1",
    "%",
    "_",
    "\\",
    "LW20260001'; UPDATE patron SET debt_fen = 0; --",
];

/// Everything that a change could have touched, as the year's report and the list of loans show it.
fn state(world: &World) -> String {
    let of = circulation::id::Isil::parse("CN-371116-0-DEMO").unwrap();
    let store = world.app.store();
    let loans = (1..=40).map(|n| {
        let patron = circulation::id::PatronId::parse(&format!("LW2026{n:04}")).unwrap();
        let record = store.patron(&of, &patron).unwrap().unwrap();
        let items = store.loans(&of, &patron).unwrap();
        let items: Vec<_> = items.into_iter().map(|loan| (loan.item.item, loan.due_on)).collect();
        format!("{} {} {:?} {items:?}", record.state, record.debt, record.patron_type)
    });
    let loans: Vec<String> = loans.collect();
    format!("{:?} {} {loans:?}", store.figures(&of, 2026).unwrap(), store.exceptions(&of).unwrap().len())
}

#[tokio::test]
async fn sql_in_a_parameter_is_text() {
    let Some(world) = World::new().await else { return };
    let (token, before) = (world.token().await, state(&world));
    for text in INJECTED {
        for (call, name) in [
            (path::SEARCH_READER, "rdid"),
            (path::CONFIRM_READER, "rdid"),
            (path::CONFIRM_READER, "rdpasswd"),
            (path::LOAN_BOOK, "rdid"),
            (path::LOAN_BOOK, "barcode"),
            (path::RETURN_BOOK, "barcode"),
            (path::RENEW_BOOK, "barcode"),
            (path::CURRENT_LOAN, "rdid"),
            (path::QUERY_HOLDING, "barcode"),
            (path::QUERY_HOLDING, "bookrecno"),
            (path::TOKEN, "appid"),
            (path::TOKEN, "secret"),
        ] {
            let mut form = vec![
                ("token", token.as_str()),
                ("rdid", "LW20260001"),
                ("barcode", "LW9999999"),
                ("opuser", "k"),
            ];
            form.extend([("rdpasswd", "wrong"), ("appid", "yueting-demo"), ("secret", "wrong")]);
            form.retain(|(of, _)| *of != name && !(name == "bookrecno" && *of == "barcode"));
            form.push((name, text));
            let answer = world.post(call, &form).await;
            assert_eq!(answer["success"], false, "{call} {name} {text}");
            let code = code(&answer);
            assert!(code.len() == 6 && code != "R90500", "{call} {name} {text}: {code}");
        }
        let answer = world.get(central::api::LIB_INFO, &[("token", text)]).await;
        assert_eq!(answer["success"], false);
    }
    assert_eq!(state(&world), before);
    // As an account's name it is a name, and stands in the log as it was given.
    let form = [
        ("token", token.as_str()),
        ("rdid", "LW20260004"),
        ("barcode", "LW0000001"),
        ("opuser", INJECTED[0]),
    ];
    assert_eq!(code(&world.post(path::LOAN_BOOK, &form).await), "R90001");
}

#[tokio::test]
async fn wrong_types_and_odd_numbers_do_nothing() {
    let Some(world) = World::new().await else { return };
    let (token, before) = (world.token().await, state(&world));
    let good = json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "mode": "ask", "kind": "checkout", "patron": "LW20260004",
        "item": "LW0000001", "at": "2026-11-23 09:30:00"
    });
    let with = |name: &str, value: Value| {
        let mut entry = good.clone();
        entry[name] = value;
        entry
    };
    for value in [json!(null), json!(7), json!(1e300), json!([]), json!({}), json!(true), json!("")] {
        for name in ["id", "mode", "kind", "patron", "item", "at"] {
            let body = json!({ "opuser": "k", "transactions": [with(name, value.clone())] });
            let (status, problem) = told(&world, &token, &body).await;
            assert_eq!((status, &problem["code"]), (400, &json!("malformed")), "{name} {value}");
        }
        for (name, body) in [
            ("opuser", json!({ "opuser": value, "transactions": [good] })),
            ("transactions", json!({ "opuser": "k", "transactions": value })),
        ] {
            let (status, problem) = told(&world, &token, &body).await;
            let is_empty_list = name == "transactions" && value == json!([]);
            assert_eq!(status, if is_empty_list { 200 } else { 400 }, "{name} {value}: {problem}");
        }
    }
    for text in ["2026-02-30 09:30:00", "9999999-01-01 00:00:00", "-9999-01-01 00:00:00", "now"] {
        let body = json!({ "opuser": "k", "transactions": [with("at", json!(text))] });
        assert_eq!(told(&world, &token, &body).await.0, 400, "{text}");
    }
    assert_eq!(state(&world), before);
}

/// A kiosk whose clock runs years ahead, or behind: its facts are kept, at a time that can have been.
#[tokio::test]
async fn clocks_from_the_future_and_the_past_are_facts_of_today() {
    let Some(world) = World::new().await else { return };
    let token = world.token().await;
    let fact = |n: u32, item: &str, at: &str| {
        json!({
            "id": format!("01890a5d-ac96-774b-bcce-b3020{n:07}"), "mode": "tell", "kind": "checkout",
            "patron": "LW20260004", "item": item, "at": at
        })
    };
    let body = json!({ "opuser": "k", "transactions": [
        fact(1, "LW0000001", "9999-12-31 23:59:59"),
        fact(2, "LW0000002", "2030-01-01 00:00:00"),
        fact(3, "LW0000003", "1970-01-01 00:00:00"),
    ]});
    let (status, answers) = told(&world, &token, &body).await;
    assert_eq!(status, 200);
    let codes: Vec<&Value> =
        answers["answers"].as_array().unwrap().iter().map(|answer| &answer["code"]).collect();
    assert_eq!(codes[..2], [&json!("clock_ahead"), &json!("clock_ahead")], "{answers}");
    let of = circulation::id::Isil::parse("CN-371116-0-DEMO").unwrap();
    let patron = circulation::id::PatronId::parse("LW20260004").unwrap();
    for loan in world.app.store().loans(&of, &patron).unwrap() {
        assert!(loan.loaned_at.date() <= date(2026, 11, 23), "{loan:?}");
    }
}

async fn told(world: &World, token: &str, body: &Value) -> (u16, Value) {
    let request = world.http.post(format!("{}{}", world.base, kiosk::TRANSACTIONS)).body(body.to_string());
    let response = request.bearer_auth(token).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
