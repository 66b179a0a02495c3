//! No query of the circulation path crosses institutions: another library with the same card numbers and barcodes, but
//! with other rows, is planted beside ours; everything is done to ours; the other one is untouched and was never seen.

use super::*;
use crate::ledger::CardEvent;
use circulation::id::TransactionId;
use circulation::transaction::Act;
use jiff::ToSpan as _;
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
    ] {
        app.store().execute(&format!("UPDATE {trap} WHERE institution = '{OTHER}'")).unwrap();
    }
    app.store()
        .execute(&format!("INSERT INTO patron_block SELECT '{OTHER}', patron, 'trap', '', 'x' FROM patron WHERE institution = '{OTHER}'"))
        .unwrap();
}

fn columns(app: &App, table: &str) -> Vec<String> {
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
    say(format!("{:?}", store.end_hold(&of, (&who(4), &what(2))).unwrap()));
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
    let today = desk.now.date();
    let lines = store.snapshot_page(&of, None, today).unwrap();
    say(format!("{:?}", lines.iter().map(|line| format!("{line:?}").len()).collect::<Vec<_>>()));
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
