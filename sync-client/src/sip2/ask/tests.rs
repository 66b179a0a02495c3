//! Every request of the kiosk, to the byte.

use super::*;
use crate::sip2::dialect::Checksum;
use crate::sip2::frame::{Sequence, encode};
use expect_test::expect;
use jiff::civil::date;

fn station() -> Station {
    Station {
        institution: "LIB".into(),
        terminal_password: String::new(),
        location: "corridor".into(),
        login: Some(Account { user: "kiosk1".into(), password: "secret".into() }),
        operator: "op7".into(),
        language: 19,
    }
}

fn text(message: &Message, dialect: &Dialect) -> String {
    let bytes = encode(message, Sequence::default(), dialect).unwrap();
    String::from_utf8(bytes).unwrap().trim_end().to_owned()
}

fn all(dialect: &Dialect) -> String {
    let station = station();
    let asks = Asks::at(date(2026, 11, 22).at(9, 5, 7, 0), dialect, &station);
    let (patron, item) = (PatronId::parse("P1001").unwrap(), ItemId::parse("40017").unwrap());
    let mut pin = Pin::default();
    "246810".chars().for_each(|c| pin.push(c));
    let past = Past { at: date(2026, 11, 20).at(22, 30, 0, 0), due: Some(date(2026, 12, 20)) };
    let id = TransactionId::from_bytes([7; 16]);
    let payment = Payment { id, amount: Amount::from_fen(150), fee_type: 4, payment_type: 0 };
    let messages = [
        asks.login().unwrap(),
        asks.status(),
        asks.patron(&patron, Some(&pin)),
        asks.patron_status(&patron, None),
        asks.loans(&patron, None, 1, 50),
        asks.item(&item),
        asks.checkout(&patron, &item, None, Fees::NotAsked),
        asks.checkout(&patron, &item, Some(&past), Fees::Accepted),
        asks.checkin(&item, None),
        asks.checkin(&item, Some(&past)),
        asks.cancel_checkout(&item),
        asks.renew(&patron, &item, Some(&pin)),
        asks.renew_all(&patron, None),
        asks.fee_paid(&patron, &payment),
        asks.end_session(&patron),
        asks.item_status_update(&item, "damaged"),
        asks.hold(HoldChange::Delete, &patron, &item, None),
        asks.block_patron(&patron, false, "forgotten"),
        asks.patron_enable(&patron, None),
        asks.card_search("X0000"),
        asks.card_check(&patron),
        asks.card_state(&patron, None, "08"),
        asks.card_update(&patron, &Fields::default()),
    ];
    messages.iter().map(|message| text(message, dialect) + "\n").collect()
}

#[test]
fn every_request_by_the_standard() {
    let dialect = Dialect { checksum: Checksum::Off, ..Dialect::standard() };
    expect![[r#"
        9300CNkiosk1|COsecret|CPcorridor|
        9900402.00
        6301920261122    090507          AOLIB|AAP1001|AC|AD246810|
        2301920261122    090507AOLIB|AAP1001|AC|AD|
        6301920261122    090507  Y       AOLIB|AAP1001|AC|AD|BP1|BQ50|
        1720261122    090507AOLIB|AB40017|AC|
        11NN20261122    090507                  AOLIB|AAP1001|AB40017|AC|
        11NN20261122    090507                  AOLIB|AAP1001|AB40017|AC|BOY|
        09N20261122    090507                  APcorridor|AOLIB|AB40017|AC|BIN|
        09N20261122    09050720261120    223000APcorridor|AOLIB|AB40017|AC|BIN|
        09N20261122    090507                  APcorridor|AOLIB|AB40017|AC|BIY|
        29NN20261122    090507                  AOLIB|AAP1001|AC|AD246810|AB40017|
        6520261122    090507AOLIB|AAP1001|AC|AD|
        3720261122    0905070400CNYBV1.50|AOLIB|AAP1001|BK07070707-0707-0707-0707-070707070707|
        3520261122    090507AOLIB|AAP1001|
        1920261122    090507AOLIB|AB40017|CHdamaged|
        15-20261122    090507AOLIB|AAP1001|AC|AD|BScorridor|BY3|AB40017|
        01N20261122    090507AOLIB|ALforgotten|AAP1001|AC|
        2520261122    090507AOLIB|AAP1001|AC|AD|
        85YN20261122    09050720261122    090507AOLIB|XOX0000|XK13|
        91YN20261122    09050720261122    090507AOLIB|AAP1001|XK0|
        83YN20261122    09050720261122    090507AOLIB|AAP1001|AD|CNop7|XK08|
        81YN20261122    09050720261122    090507AOLIB|AAP1001|CNop7|
    "#]]
    .assert_eq(&all(&dialect));
}

#[test]
fn a_dialect_adds_the_operator_fills_dates_and_leaves_fields_out() {
    let dialect = Dialect {
        checksum: Checksum::Off,
        no_block: NoBlock::Always,
        empty_date: EmptyDate::Now,
        omit: vec![F_START, F_END, F_TERMINAL_PASSWORD],
        ..Dialect::interlib()
    };
    let said = all(&dialect);
    let lines: Vec<&str> =
        said.lines().filter(|line| ["63", "09", "11", "29"].iter().any(|id| line.starts_with(id))).collect();
    expect![[r#"
        6301920261122    090507          AOLIB|AAP1001|AD246810|
        6301920261122    090507  Y       AOLIB|AAP1001|AD|
        11NN20261122    09050720261122    090507AOLIB|AAP1001|AB40017|CNop7|
        11NY20261120    22300020261220    235900AOLIB|AAP1001|AB40017|BOY|CNop7|
        09N20261122    09050720261122    090507APcorridor|AOLIB|AB40017|BIN|CNop7|
        09Y20261122    09050720261120    223000APcorridor|AOLIB|AB40017|BIN|CNop7|
        09N20261122    09050720261122    090507APcorridor|AOLIB|AB40017|BIY|CNop7|
        29NN20261122    09050720261122    090507AOLIB|AAP1001|AD246810|AB40017|CNop7|"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_station_does_not_print_its_secrets() {
    let text = format!("{:?}", station());
    assert!(!text.contains("secret") && !text.contains("op7"), "{text}");
}
