//! No query of the circulation path crosses institutions: another library with the same card numbers and barcodes, but
//! with other rows, is planted beside ours; everything is done to ours; the other one is untouched and was never seen.

use super::*;
use crate::ledger::CardEvent;
use circulation::id::TransactionId;
use circulation::transaction::Act;
use jiff::ToSpan as _;
use sync_client::kiosk_api::shelves::Question;
use sync_client::kiosk_api::{Batch, Entry, What};

/// Tables, in an order in which they can be filled.
const TABLES: &[&str] = &[
    "institution",
    "branch",
    "patron_type",
    "item_type",
    "loan_rule",
    "closing_day",
    "patron",
    "item",
    "loan",
    "hold",
    "service_point",
    "bib",
    "attached_card",
];

const OTHER: &str = "CN-999999-TRAP";

/// Our library again under another code. Every card, every item and every rule is there; whoever took one of its rows for
/// ours would meet lost cards, missing items, forbidden loans and other days.
fn plant(app: &App) {
    for table in TABLES {
        let columns = columns(app, table);
        let others: Vec<&str> =
            columns.iter().map(String::as_str).filter(|name| *name != "institution").collect();
        let names = others.join(", ");
        let sql = format!(
            "INSERT INTO {table} (institution, {names}) SELECT '{OTHER}', {names} FROM {table} \
             WHERE institution = '{}'",
            seed::INSTITUTION
        );
        app.store().execute(&sql).unwrap();
    }
    for trap in [
        "patron SET state = '3', debt_fen = 999999, name = 'trap'",
        "item SET state = '5', title = 'trap'",
        "patron_type SET loan_limit = 0, overdue_limit = 0, hold_limit = 0",
        "loan_rule SET period_days = 1, loan_limit = 0, fine_fen_per_day = 7777",
        "institution SET debt_limit_fen = 0, closed_weekdays = 63, name = 'trap'",
        "branch SET name = 'trap'",
        "service_point SET branch = 'LW08'",
        "bib SET publisher = 'trap'",
    ] {
        app.store().execute(&format!("UPDATE {trap} WHERE institution = '{OTHER}'")).unwrap();
    }
    app.store()
        .execute(&format!("INSERT INTO patron_block SELECT '{OTHER}', patron, 'trap', '', 'x' FROM patron WHERE institution = '{OTHER}'"))
        .unwrap();
}

pub(super) fn columns(app: &App, table: &str) -> Vec<String> {
    let sql = if app.store().is_shared() {
        format!(
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_name = '{table}' AND table_schema = 'public' ORDER BY ordinal_position"
        )
    } else {
        format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")
    };
    app.store().lines(Box::leak(sql.into_boxed_str()))
}

/// Everything of an institution but the salted hashes, as text.
fn picture(app: &App, of: &str) -> Vec<String> {
    let logs = [
        "patron_block",
        "circulation_log",
        "kiosk_transaction",
        "staff_exception",
        "fee_log",
        "card_log",
        "transit",
        "token",
        "seed",
        "payment",
        "notice",
        "numbering",
        "transfer",
        "transfer_item",
        "stocktake",
        "subscription",
        "issue",
        "machine_rule",
        "machine_card",
        "pay_order",
    ];
    let mut all = Vec::new();
    for table in TABLES.iter().chain(&logs) {
        let mut columns = columns(app, table);
        columns.retain(|name| !name.ends_with("_hash"));
        let columns = columns.join(", ");
        let sql = format!("SELECT {columns} FROM {table} WHERE institution = '{of}' ORDER BY 1, 2");
        all.extend(
            app.store()
                .lines(Box::leak(sql.into_boxed_str()))
                .into_iter()
                .map(|line| format!("{table}: {line}")),
        );
    }
    all
}

/// Everything that circulation can do. Gives what was answered.
fn circulate(app: &App) -> Vec<String> {
    let (store, of, desk) = (app.store(), of(), desk());
    let who = |n: u32| patron(&format!("LW2026{n:04}"));
    let what = |n: u32| item(&format!("LW{n:07}"));
    let mut said = Vec::new();
    let mut say = |answer: String| said.push(answer);
    let later = |days: i64| Desk { now: desk.now + days.days(), ..desk.clone() };
    say(format!("{:?}", store.checkout(&of, &who(4), &what(1), &desk).unwrap()));
    say(format!("{:?}", store.renew(&of, &who(4), &what(1), &later(20)).unwrap().map(|loan| loan.due_on)));
    say(format!("{:?}", store.checkin(&of, &what(1), &later(90)).unwrap().map(|loan| loan.item)));
    say(format!("{:?}", store.place_hold(&of, (&who(4), &what(2)), Some("LW03"), &desk).unwrap()));
    say(format!("{:?}", store.arrive(&of, &what(2), &desk).unwrap()));
    say(format!("{:?}", store.hold(&of, (&who(4), &what(2))).unwrap()));
    say(format!("{:?}", store.end_wanted(&of, (&who(4), &what(2)), None, &desk).unwrap()));
    say(format!("{:?}", store.change_card(&of, &who(20), CardEvent::Suspend, &desk).unwrap()));
    let id = |n: u32| TransactionId::from_bytes((u128::from(n) << 64).to_be_bytes());
    let entry = |n: u32, what: What| Entry { id: id(n), at: desk.now, what };
    let out = |n, i| Act::Checkout { patron: who(n), item: what(i) };
    let back = |i| Act::Checkin { item: what(i) };
    let tell = |act| What::Tell { act, due: None };
    let batch = |entries| Batch { opuser: "kiosk-1".to_owned(), entries };
    let all = vec![
        entry(1, What::Ask(out(19, 3))),
        entry(2, tell(out(19, 4))),
        entry(3, What::Ask(out(2, 4))),
        entry(4, tell(out(2, 4))),
        entry(5, What::Cancel { item: what(4) }),
        entry(4, What::Cancel { item: what(4) }),
        entry(6, tell(back(3))),
        entry(7, What::Ask(back(11))),
        entry(8, tell(out(9999, 5))),
        entry(9, What::Ask(out(3, 10))),
        entry(9, What::Cancel { item: what(10) }),
    ];
    for _ in 0..2 {
        say(format!("{:?}", store.transact(&of, &batch(all.clone()), desk.now).unwrap()));
    }
    say(format!("{:?}", store.exceptions(&of).unwrap()));
    say(format!(
        "{:?}",
        store.patron(&of, &who(1)).unwrap().map(|known| (known.name, known.n_loans, known.debt))
    ));
    say(format!("{:?}", store.loans(&of, &who(1)).unwrap().len()));
    say(format!("{:?}", store.items_of_record(&of, 1).unwrap()));
    say(format!("{:?}", store.branches(&of).unwrap()));
    said.extend(at_the_desk(app));
    let mut say = |answer: String| said.push(answer);
    let today = desk.now.date();
    let lines = store.snapshot_page(&of, None, today).unwrap();
    say(format!("{:?}", lines.iter().map(|line| format!("{line:?}").len()).collect::<Vec<_>>()));
    said
}

/// Everything that the desk can do: cards, money, holds, the catalogue, stock.
fn at_the_desk(app: &App) -> Vec<String> {
    let (store, of, desk) = (app.store(), of(), desk());
    let what = |n: u32| item(&format!("LW{n:07}"));
    let mut said = Vec::new();
    let mut say = |answer: String| said.push(answer);
    let card = NewCard {
        name: "书小新".into(),
        hashes: ("x".into(), "y".into()),
        patron_type: "普通借阅证".into(),
        state: "1",
        certificate: Some([1; 32]),
        attached: Some("C1".into()),
        deposit: Some((Amount::from_fen(100), "1".into(), "D1".into())),
        ..NewCard::default()
    };
    let new = store.issue_card(&of, &card, &desk).unwrap();
    say(new.as_ref().map(PatronId::as_str).unwrap_or_default().to_owned());
    let new = new.unwrap();
    for by in [By::Number("C1"), By::Certificate(&[1; 32]), By::Name("书小新"), By::Number("LW20260001")] {
        say(format!("{:?}", store.readers(&of, by).unwrap().len()));
    }
    say(format!("{:?}", store.extend_card(&of, &new, &desk).unwrap()));
    say(format!("{:?}", store.change_type(&of, (&new, "少儿证"), false, &desk).unwrap()));
    say(format!("{:?}", store.renumber_card(&of, (&new, &patron("N2")), None, &desk).unwrap()));
    say(format!("{:?}", store.give_up_card(&of, &patron("N2"), "D2", &desk).unwrap()));
    let pay = |amount, serial: &str, purpose| {
        let amount = Some(Amount::from_fen(amount));
        let payment = Payment { amount, how: "1".into(), serial: serial.into(), purpose };
        format!("{:?}", store.pay(&of, &patron("LW20260011"), &payment, &desk).unwrap())
    };
    say(pay(50, "P1", Purpose::Debt));
    say(pay(50, "P2", Purpose::Prepay));
    say(pay(50, "P3", Purpose::Fee(1)));
    say(format!("{:?}", store.charges(&of, &patron("LW20260001")).unwrap()));
    let who = patron("LW20260022");
    let wanted = Wanted { kind: HoldKind::Prelend, pickup: Some("LW02"), until: None };
    say(format!("{:?}", store.place_wanted(&of, (&who, &what(6)), &wanted, &desk).unwrap()));
    say(format!("{:?}", store.move_pickup(&of, (&who, &what(6)), "LW01", &desk).unwrap()));
    say(format!("{:?}", store.holds(&of, &who, None, desk.now.date()).unwrap()));
    say(format!("{:?}", store.hold_shelf(&of, None, desk.now.date()).unwrap().len()));
    let later = Desk { now: desk.now + 30.days(), ..desk.clone() };
    say(format!("{:?}", store.tidy_holds(&of, 100, &later).unwrap()));
    say(format!("{:?}", store.notices(&of, 0, 100).unwrap().len()));
    let span = (desk.now - 99.days(), desk.now + 99.days());
    say(format!("{:?}", store.history(&of, &patron("LW20260004"), span, (0, 9)).unwrap().0));
    let query = BibQuery { field: "title", text: "红楼", branch: None, skip: 0, max: 9 };
    say(format!("{:?}", store.search_bibs(&of, &query).unwrap()));
    say(format!("{:?}", store.bib(&of, 1).unwrap()));
    say(format!("{:?}", store.copies(&of, 1).unwrap()));
    say(format!("{:?}", store.most_borrowed(&of, span.0, (None, "", None), 9).unwrap()));
    say(format!("{:?}", store.shelve(&of, &what(7), "A-1", &desk).unwrap()));
    say(format!("{:?}", store.set_properties(&of, &what(7), "x").unwrap()));
    say(format!("{:?}", store.item_extras(&of, &what(7)).unwrap()));
    say(format!("{:?}", store.count_item(&of, &what(7), "B", &desk).unwrap()));
    say(format!("{:?}", store.stocktakes(&of).unwrap()));
    say(format!("{:?}", store.stocktake_odd(&of, "B", 9).unwrap()));
    say(format!("{:?}", store.stocktake_unseen(&of, ("B", "LW01"), 9).unwrap()));
    let sheet = NewSheet { sheet: "T1", from: "LW01", to: "LW03", keeps_home: true };
    say(format!("{:?}", store.make_sheet(&of, sheet, &desk).unwrap()));
    say(format!("{:?}", store.fill_sheet(&of, "T1", &[what(7), what(8), what(11)]).unwrap()));
    say(format!("{:?}", store.ship_sheet(&of, "T1", &desk).unwrap()));
    say(format!("{:?}", store.receive_sheet(&of, "T1", &[what(7), what(9)], &desk).unwrap()));
    say(format!("{:?}", store.close_sheet(&of, "T1", &desk).unwrap()));
    say(format!("{:?}", store.sheet_items(&of, ("T1", None), ("", 9)).unwrap()));
    say(format!("{:?}", store.locate(&of, "LW0000007", 9).unwrap()));
    let shelves = Question { opuser: "k".into(), branch: "LW01".into(), shelf: None, after: None };
    say(format!("{:?}", store.shelves(&of, &shelves).unwrap().items.len()));
    let monthly = NewSubscription {
        record: 9001,
        branch: "LW01",
        title: "读书",
        every: crate::ledger::Every::Month,
        term: (desk.now.date(), desk.now.date() + 90.days()),
        current_type: "期刊",
        back_type: "普通图书",
    };
    say(format!("{:?}", store.subscribe(&of, monthly).unwrap()));
    say(format!("{:?}", store.receive_issue(&of, (9001, "LW01", 1), &item("P1"), &desk).unwrap()));
    say(format!("{:?}", store.receive_issue(&of, (9001, "LW01", 2), &item("P2"), &desk).unwrap()));
    say(format!("{:?}", store.claim_issue(&of, (9001, "LW01", 3), &desk).unwrap()));
    say(format!("{:?}", store.late_issues(&of, later.now.date() + 90.days(), 9).unwrap()));
    said
}

#[test]
fn what_is_done_to_one_institution_neither_sees_nor_changes_another() {
    let before_and_after = |is_trapped: bool, address: &str| {
        let app = sown(address);
        if is_trapped {
            plant(&app);
        }
        let other = picture(&app, OTHER);
        assert_eq!(!other.is_empty(), is_trapped);
        let cursor =
            Isil::parse(OTHER).ok().filter(|_| is_trapped).map(|of| app.store().cursor(&of).unwrap());
        let said = circulate(&app);
        assert_eq!(picture(&app, OTHER), other, "the other institution has changed");
        let after = Isil::parse(OTHER).ok().filter(|_| is_trapped).map(|of| app.store().cursor(&of).unwrap());
        assert_eq!(after, cursor, "the other institution's kiosks are told something");
        (said, picture(&app, seed::INSTITUTION))
    };
    let both_ways = |plain: &str, trapped: &str| {
        let (alone, beside) = (before_and_after(false, plain), before_and_after(true, trapped));
        assert_eq!(alone.0, beside.0);
        assert!(alone.0.iter().all(|answer| !answer.contains("trap")) && alone.1.len() > 400);
        assert_eq!(alone.1, beside.1);
    };
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    both_ways(&file("plain.db"), &file("trapped.db"));
    if let (Some(plain), Some(trapped)) = (postgres::database(), postgres::database()) {
        both_ways(&plain, &trapped);
    }
}

/// Barcodes and card numbers of another institution are nobody's here.
#[test]
fn another_institution_sees_nothing() {
    both(|app| {
        let other = Isil::parse("CN-2").unwrap();
        assert!(app.store().patron(&other, &patron("LW20260001")).unwrap().is_none());
        assert!(app.store().item(&other, &item("LW0000001")).unwrap().is_none());
        assert_eq!(
            app.store().checkin(&other, &item("LW0000011"), &desk()).unwrap().unwrap_err(),
            circulation::transaction::Reason::ItemUnknown
        );
    });
}

/// What a distributed database spreads by stands first in every key. SQLite's index of words is no table of ours: its rows
/// have numbers, and `title` says whose they are.
#[test]
fn every_key_begins_with_the_institution() {
    let folder = tempfile::TempDir::new().unwrap();
    let app = open(folder.path().join("central.db").to_str().unwrap());
    let first = app.store().lines(
        "SELECT m.name, (SELECT k.name FROM pragma_table_info(m.name) AS k WHERE k.pk = 1) \
         FROM sqlite_schema AS m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' \
             AND m.name NOT LIKE 'title_words%' ORDER BY m.name",
    );
    assert!(first.len() > 30, "{first:?}");
    for line in first {
        assert!(line.ends_with(" institution"), "{line}");
    }
}
