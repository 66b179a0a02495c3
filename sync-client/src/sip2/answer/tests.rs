//! Answers as servers write them, and what they mean.

use super::*;
use crate::sip2::charset::Charset;
use crate::sip2::frame::decode;
use crate::sip2::message::CheckoutAnswer;
use circulation::money::Amount;
use jiff::civil::date;

fn read(text: &str) -> Message {
    decode(text.as_bytes(), Charset::Utf8).unwrap().message
}

fn item() -> ItemId {
    ItemId::parse("40017").unwrap()
}

fn patron() -> PatronId {
    PatronId::parse("P1001").unwrap()
}

const D: &str = "20261122    090000";

fn standard() -> Dialect {
    Dialect::standard()
}

fn checkout(text: &str) -> Result<Verdict, Fault> {
    of_checkout(&read(&text.replace("{D}", D)), &item(), &standard())
}

#[test]
fn a_loan_is_granted_by_its_flag_and_by_nothing_else() {
    let Ok(Verdict::Granted(grant)) =
        checkout("121NUY{D}AOLIB|AAP1001|AB40017|AJ红楼梦|AH20261222    235900|")
    else {
        panic!()
    };
    assert_eq!(grant.description.title.as_deref(), Some("红楼梦"));
    assert_eq!(grant.due, Some(date(2026, 12, 22)));
    let refused = checkout("120NUN{D}AOLIB|AAP1001|AB40017|AJ|AH|AF借书成功|");
    assert_eq!(refused, Ok(Verdict::Declined(Reason::Other("借书成功".into()))), "the words decide nothing");
    let refused = checkout("120NUN{D}AB40017|AFline 1|AFline &amp; 2|");
    assert_eq!(refused, Ok(Verdict::Declined(Reason::Other("line 1 line & 2".into()))));
}

#[test]
fn what_decides_nothing_is_a_fault() {
    assert_eq!(checkout("121NUY{D}AB40018|AJx|"), Err(Fault::Mismatch { what: "item" }));
    assert_eq!(checkout("121NUY{D}AB40017|AJx|CIY|"), Err(Fault::Inhibited));
    assert_eq!(
        checkout("101YUN{D}AB40017|"),
        Err(Fault::Unexpected { got: MessageId::parse("10").unwrap() })
    );
    let other = read(&format!("82{D}AO|AA|AF|"));
    assert_eq!(of_done(&other), Err(Fault::Missing { field: F_DONE }));
    assert!(of_done(&read("941")).is_err() && of_login(&read("96")).is_err());
}

#[test]
fn a_refusal_gets_its_meaning_from_the_item() {
    let words = || Reason::Other("no".into());
    let fact = |place| ItemFact { place, description: Description::default(), due: None, since: None };
    for (place, out, back) in [
        (Place::InLibrary, words(), Reason::NotOnLoan),
        (Place::OnLoan, Reason::OnLoan, words()),
        (Place::OnHold, Reason::OnHold, Reason::NotOnLoan),
        (Place::NotOnLoan, words(), Reason::NotOnLoan),
        (Place::Unknown, words(), words()),
    ] {
        assert_eq!(why_not_out(words(), Some(&fact(place))), out, "{place:?}");
        assert_eq!(why_not_back(words(), Some(&fact(place))), back, "{place:?}");
    }
    assert_eq!(why_not_out(words(), None), Reason::ItemUnknown);
    assert_eq!(why_not_back(words(), None), Reason::ItemUnknown);
    let silent = || Reason::Other(String::new());
    assert_eq!(why_not_out(silent(), Some(&fact(Place::InLibrary))), Reason::NotForLoan);
    assert_eq!(why_not_back(silent(), Some(&fact(Place::OnLoan))), Reason::Other(NO_WORDS.into()));
}

fn patron_of(status: &str, fields: &str, has_pin: bool) -> Result<Result<Patron, Reason>, Fault> {
    let text = format!("64{status:14}019{D}000000010003000000000000AOLIB|AAP1001|AE张三|{fields}");
    of_patron(&read(&text), &patron(), has_pin, date(2026, 11, 22), &standard())
}

#[test]
fn a_patron_is_kept_out_only_by_what_makes_the_card_no_good() {
    let found = patron_of("", "BLY|CQY|BV12.50|CB0005|PA20261122    235900|", true).unwrap().unwrap();
    assert_eq!((found.n_loans, found.loan_limit), (Some(3), Some(5)));
    assert_eq!((found.debt, found.name.as_str()), (Amount::from_fen(1250), "张三"));
    assert_eq!(found.valid_until, Some(date(2026, 11, 22)));
    // Charge, renewal, recall and hold denied; too many charged: the patron may still return.
    assert!(patron_of("YYYY Y", "BLY|", false).unwrap().is_ok());
    for (status, fields, has_pin, reason) in [
        ("    Y", "BLY|CQY|", true, Reason::PatronLost),
        ("", "BLN|AFunknown|", false, Reason::PatronUnknown),
        ("", "BLY|CQN|", true, Reason::WrongPin),
        ("", "BLY|PA20261121    235900|", false, Reason::PatronExpired),
    ] {
        assert_eq!(patron_of(status, fields, has_pin), Ok(Err(reason)), "{status} {fields}");
    }
    assert_eq!(patron_of("", "BLY|", true), Err(Fault::Missing { field: F_VALID_PASSWORD }));
    let text = format!("64{:14}019{D}0000AOLIB|AAP1001|AE|", "");
    let nameless = of_patron(&read(&text), &patron(), false, date(2026, 11, 22), &standard());
    assert_eq!(nameless, Ok(Err(Reason::PatronUnknown)));
    let text = format!("64{:14}019{D}0000AOLIB|AAP1002|BLY|", "");
    let other = of_patron(&read(&text), &patron(), false, date(2026, 11, 22), &standard());
    assert_eq!(other, Err(Fault::Mismatch { what: "patron" }));
}

#[test]
fn a_peer_without_cq_is_believed_only_if_the_library_says_so() {
    let text = format!("64{:14}019{D}0000AAP1001|BLY|", "");
    let dialect = Dialect { trusts_silent_password: true, ..standard() };
    assert!(of_patron(&read(&text), &patron(), true, date(2026, 11, 22), &dialect).unwrap().is_ok());
}

fn page(fields: &str, dialect: &Dialect) -> Page {
    let text = format!("64{:14}019{D}000000000002000000000000AAP1001|BLY|{fields}", "");
    of_loans(&read(&text), &patron(), dialect).unwrap().unwrap()
}

#[test]
fn loans_are_listed_as_the_dialect_lists_them() {
    let numbers = |page: &Page| page.items.iter().map(|item| item.as_str().to_owned()).collect::<Vec<_>>();
    let listed = page("AU40017|AU40018|ASheld|", &standard());
    assert_eq!((numbers(&listed), listed.n_loans), (vec!["40017".to_owned(), "40018".to_owned()], Some(2)));
    let listed = page("AS40017, 40018,|AU40018|", &Dialect::interlib());
    assert_eq!(numbers(&listed), ["40017", "40018"], "one comma list, and the same once more");
    let listed = page("AU红楼梦|AU40018|", &standard());
    assert_eq!((listed.items.len(), listed.n_unreadable), (1, 1), "a title is no number");
}

fn place_of(status: &str, fields: &str, dialect: &Dialect) -> Option<Place> {
    let text = format!("18{status}0001{D}AB40017|{fields}");
    of_item(&read(&text), &item(), dialect).unwrap().map(|fact| fact.place)
}

#[test]
fn a_status_means_what_the_dialect_says() {
    for (status, place) in [
        ("03", Place::InLibrary),
        ("04", Place::OnLoan),
        ("07", Place::OnLoan),
        ("08", Place::OnHold),
        ("10", Place::NotOnLoan),
        ("12", Place::Unknown),
        ("  ", Place::Unknown),
    ] {
        assert_eq!(place_of(status, "AJ红楼梦|", &standard()), Some(place), "{status}");
    }
    assert_eq!(place_of("01", "AJ红楼梦|", &Dialect::interlib()), Some(Place::InLibrary));
    assert_eq!(place_of("07", "AJ红楼梦|", &Dialect::interlib()), Some(Place::OnLoan));
    assert_eq!(place_of("01", "AJ|AFnot found|", &standard()), None);
}

#[test]
fn an_item_on_loan_becomes_the_same_loan_as_over_openlib() {
    let text = format!("18070001{D}AB40017|AJ红楼梦|AW曹雪芹|KCI242|AH2026-12-22|CJ2026-11-22 09:00:00|");
    let fact = of_item(&read(&text), &item(), &Dialect::interlib()).unwrap();
    let loan = loan(item(), fact.clone());
    assert_eq!((loan.title.as_deref(), loan.author.as_deref()), (Some("红楼梦"), Some("曹雪芹")));
    assert_eq!((loan.due, loan.since), (Some(date(2026, 12, 22)), Some(date(2026, 11, 22).at(9, 0, 0, 0))));
    let holding = fact.unwrap().holding();
    assert_eq!(holding.state, HoldingState::OnLoan);
    assert_eq!(holding.description.call_number.as_deref(), Some("I242"));
}

#[test]
fn a_status_names_what_it_refuses() {
    let status = of_status(&read(&format!("98YYNYNN030003{D}2.00AOLIB|BXYNYYYYYYYYYYYYYY|"))).unwrap();
    assert!(status.is_online && status.takes_checkins && !status.takes_checkouts && !status.takes_offline);
    assert_eq!(status.unsupported, [crate::sip2::message::Checkout::ID]);
    assert!(of_status(&read("941")).is_err());
}

#[test]
fn the_rest_says_yes_or_no() {
    for (text, is_done) in [
        ("38Y{D}AO|AA|", true),
        ("38N{D}AO|AA|AFno|", false),
        ("36Y{D}AO|AA|", true),
        ("201{D}AB40017|", true),
        ("160N{D}AO|AA|", false),
        ("84AO|AA|OK1|", true),
        ("82{D}OK0|AFno|", false),
    ] {
        assert_eq!(of_done(&read(&text.replace("{D}", D))).unwrap().is_ok(), is_done, "{text}");
    }
    let renewed = of_renew_all(&read(&format!("6610001 002{D}AOLIB|BM40017|BN40018|")), &standard());
    assert!(renewed.is_ok());
    let renew = format!("301YNY{D}AB40017|AJt|AH22/12/2026|");
    assert!(matches!(of_renew(&read(&renew), &item(), &standard()), Ok(Verdict::Granted(_))));
    assert!(CheckoutAnswer::ID.is_answer());
}
