//! Answers of a server, and what they mean.

use super::*;
use circulation::transaction::Destination;
use jiff::civil::date;

fn envelope(text: &str) -> Envelope {
    serde_json::from_str(text).unwrap()
}

fn item() -> ItemId {
    ItemId::parse("LW1").unwrap()
}

fn checkout(text: &str) -> String {
    format!("{:?}", of_checkout(&envelope(text), &item()))
}

#[test]
fn the_payload_decides_before_the_code() {
    for text in [
        r#"{"success":true,"newloanbook":{"barcode":"LW1","returndate":"2026-12-22"}}"#,
        r#"{"success":"false","messagelist":[{"code":"R1","message":"?"}],"newloanbook":{"barcode":"lw1","returndate":"2026-12-22 00:00:00"}}"#,
        r#"{"success":true,"newloanbook":{"returndate":"2026-12-22"}}"#,
    ] {
        let Ok(Verdict::Granted(grant)) = of_checkout(&envelope(text), &item()) else {
            panic!("{text}");
        };
        assert_eq!(grant.due, Some(date(2026, 12, 22)));
    }
}

#[test]
fn a_yes_with_a_text_and_no_payload_is_a_refusal() {
    let text = r#"{"success":true,"messagelist":[{"code":"R00777","message":"该书不能馆际外借"}]}"#;
    assert_eq!(checkout(text), "Ok(Declined(Other(\"该书不能馆际外借\")))");
    let text = r#"{"success":"true","messagelist":[{"code":"R90203"}],"newloanbook":{}}"#;
    assert_eq!(checkout(text), "Ok(Declined(OnLoan))");
}

#[test]
fn a_renewal_is_a_code_or_a_loan_and_success_alone_is_neither() {
    let renewal = |text: &str| of_renewal(&envelope(text), &item()).map_err(|fault| fault.to_string());
    let dated = r#"{"success":true,"newloanbook":{"barcode":"LW1","returndate":"2027-01-20"}}"#;
    assert_eq!(renewal(dated), Ok(Ok(Some(date(2027, 1, 20)))));
    let bare = r#"{"success":true,"messagelist":[{"code":"R00108","message":"续借成功"}]}"#;
    assert_eq!(renewal(bare), Ok(Ok(None)));
    let words = r#"{"success":true,"messagelist":[{"code":"R00777","message":"已续借过"}]}"#;
    assert_eq!(renewal(words), Ok(Err(Reason::Other("已续借过".to_owned()))));
    let other = r#"{"success":true,"newloanbook":{"barcode":"LW2"}}"#;
    assert!(renewal(other).is_err(), "a renewal of another book was believed");
    assert!(renewal("{}").is_err(), "an empty answer was believed");
}

#[test]
fn what_decides_nothing_is_a_fault() {
    for (text, fault) in [
        (r#"{"success":true,"newloanbook":{"barcode":"LW2"}}"#, "Err(Mismatch { what: \"item\" })"),
        (r#"{}"#, "Err(Empty { code: \"none\" })"),
        (r#"{"success":true}"#, "Err(Empty { code: \"none\" })"),
        (
            r#"{"success":true,"messagelist":[{"code":"R90001","message":"借书成功"}]}"#,
            "Err(Missing { code: \"R90001\", what: \"newloanbook\" })",
        ),
        (
            r#"{"success":false,"messagelist":[{"code":"R90500","message":"内部错误"}]}"#,
            "Err(Inside { code: \"R90500\" })",
        ),
    ] {
        assert_eq!(checkout(text), fault, "{text}");
    }
}

#[test]
fn a_patron_is_valid_by_state_and_term() {
    let id = PatronId::parse("P1").unwrap();
    let today = date(2026, 11, 22);
    let of = |fields: &str| {
        let text = format!(r#"{{"success":true,"rdid":"P1","rdname":"张三",{fields}}}"#);
        of_patron(&envelope(&text), &id, today).unwrap()
    };
    let patron =
        of(r#""rdcfstate":1,"rdenddate":"2026-11-22","debt":"1.50","curloannum":2,"maxloannum":"5""#)
            .unwrap();
    assert_eq!((patron.n_loans, patron.loan_limit), (Some(2), Some(5)));
    assert_eq!(patron.debt, Amount::from_fen(150));
    assert!(of(r#""rdcfstate":"10""#).is_ok());
    for (fields, reason) in [
        (r#""rdcfstate":1,"rdenddate":"2026-11-21 23:59:59""#, Reason::PatronExpired),
        (r#""rdcfstate":2"#, Reason::PatronUnverified),
        (r#""rdlib":"x""#, Reason::PatronUnverified),
        (r#""rdcfstate":3"#, Reason::PatronLost),
        (r#""rdcfstate":4"#, Reason::PatronSuspended),
        (r#""rdcfstate":"5""#, Reason::PatronCancelled),
        (r#""rdcfstate":7,"rdcfstatename":"冻结""#, Reason::Other("冻结".into())),
    ] {
        assert_eq!(of(fields), Err(reason), "{fields}");
    }
}

#[test]
fn another_patron_is_never_taken_for_the_one_asked() {
    let id = PatronId::parse("P1").unwrap();
    let text = r#"{"success":true,"rdid":"P2","rdcfstate":1}"#;
    assert_eq!(of_patron(&envelope(text), &id, date(2026, 1, 1)), Err(Fault::Mismatch { what: "patron" }));
    let text = r#"{"success":false,"messagelist":[{"code":"R00130","message":"无此读者"}]}"#;
    assert_eq!(of_patron(&envelope(text), &id, date(2026, 1, 1)), Ok(Err(Reason::PatronUnknown)));
}

#[test]
fn only_an_explicit_list_says_that_there_is_no_loan() {
    assert_eq!(of_loans(&envelope(r#"{"success":true,"loanlist":[]}"#)), Ok(Ok(vec![])));
    assert!(of_loans(&envelope(r#"{"success":true}"#)).is_err());
    let loans = of_loans(&envelope(r#"{"loanlist":[{"barcode":"LW1","loandate":"2026-11-22 09:30:00"}]}"#));
    assert_eq!(loans.unwrap().unwrap()[0].since, Some(date(2026, 11, 22).at(9, 30, 0, 0)));
}

#[test]
fn a_list_of_holds_says_how_far_each_is() {
    let text = r#"{"success":true,"reslist":[
        {"barcode":"LW1","title":"红楼梦","state":1,"piclocalname":"总馆","keepdate":"2026-12-01"},
        {"barcode":"LW2","state":"2"},{"barcode":"LW3","queueno":"3"},{"title":"只有题名"}]}"#;
    let holds = of_holds(&envelope(text)).unwrap().unwrap();
    let states: Vec<HoldState> = holds.iter().map(|hold| hold.state.clone()).collect();
    let ready = HoldState::Ready { at: Some("总馆".into()), until: Some(date(2026, 12, 1)) };
    let waiting = |before| HoldState::Waiting { before };
    assert_eq!(states, [ready, HoldState::OnItsWay, waiting(Some(2)), waiting(None)]);
    assert_eq!(holds.iter().filter(|hold| hold.item.is_none()).count(), 1);
    assert_eq!(of_holds(&envelope(r#"{"success":true}"#)), Ok(Ok(vec![])));
    let refused = r#"{"success":false,"messagelist":[{"code":"R00130","message":"无此读者"}]}"#;
    assert_eq!(of_holds(&envelope(refused)), Ok(Err(Reason::PatronUnknown)));
    assert!(of_holds(&envelope("{}")).is_err());
}

#[test]
fn a_return_says_where_the_book_goes() {
    let back = |next: &str| {
        let text = format!(r#"{{"success":true,"newreturnbook":{{"barcode":"LW1"{next}}}}}"#);
        let Verdict::Granted(grant) = of_checkin(&envelope(&text), &item()).unwrap() else { panic!() };
        grant.destination
    };
    assert_eq!(back(""), None);
    assert_eq!(back(r#","next":{"kind":"hold_shelf"}"#), Some(Destination::HoldShelf));
    assert_eq!(back(r#","next":{"kind":"home","branch":"B"}"#), Some(Destination::Home("B".into())));
    assert_eq!(back(r#","next":{"kind":"home"}"#), None);
    assert_eq!(back(r#","next":{"kind":"moon"}"#), None);
}

#[test]
fn a_day_may_have_a_time_behind_it() {
    for text in ["2026-12-22", " 2026-12-22 00:00:00", "2026-12-22T08:00", "2026-12-22 25:00:00"] {
        assert_eq!(day(text), Some(date(2026, 12, 22)), "{text}");
    }
    assert_eq!(day("22.12.2026"), None);
}
