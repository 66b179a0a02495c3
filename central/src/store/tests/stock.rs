//! Transfer sheets, periodicals, holds that nobody came for: on both engines.

use super::*;
use crate::ledger::{Every, Route, SheetRefused, SheetState};
use circulation::id::TransactionId;
use circulation::transaction::Reason;
use jiff::ToSpan as _;
use jiff::civil::date;
use sync_client::kiosk_api::transfer::{Act, Deed, NotTaken, Refusal, SheetReport};

const SHEET: NewSheet<'static> = NewSheet { sheet: "T1", from: "LW01", to: "LW03", keeps_home: false };

fn on(opuser: &str, days: i64) -> Desk {
    Desk { opuser: opuser.to_owned(), now: desk().now.saturating_add(days.days()) }
}

/// Items of a branch that are free.
fn free(app: &App, branch: &str) -> Vec<ItemId> {
    let sql = format!(
        "SELECT i.item FROM item AS i WHERE i.branch = '{branch}' AND i.state = '2' \
         AND i.item NOT IN (SELECT item FROM loan) AND i.item NOT IN (SELECT item FROM hold) ORDER BY i.item"
    );
    app.store().lines(Box::leak(sql.into_boxed_str())).iter().map(|text| item(text)).collect()
}

#[test]
fn a_sheet_is_written_shipped_received_with_differences_and_closed() {
    both(|app| {
        let (store, of) = (app.store(), of());
        assert_eq!(store.make_sheet(&of, SHEET, &desk()).unwrap(), Ok(()));
        assert_eq!(store.make_sheet(&of, SHEET, &desk()).unwrap(), Err(SheetRefused::Exists));
        for (from, to) in [("LW01", "LW01"), ("LW01", "LW99"), ("LW99", "LW01")] {
            let bad = NewSheet { sheet: "T9", from, to, keeps_home: false };
            assert_eq!(store.make_sheet(&of, bad, &desk()).unwrap(), Err(SheetRefused::BadBranches));
        }
        assert_eq!(store.ship_sheet(&of, "T1", &desk()).unwrap(), Err(SheetRefused::Empty));
        let some: Vec<ItemId> = free(&app, "LW01").into_iter().take(5).collect();
        let away = free(&app, "LW02")[0].clone();
        // On loan, held, in repair, elsewhere, unknown: each says why.
        let mut wanted = some.clone();
        wanted.extend(["LW0000011", "LW0000010", "LW0000015", "NONE"].map(item));
        wanted.push(away.clone());
        let mut refused = store.fill_sheet(&of, "T1", &wanted).unwrap().unwrap();
        refused.sort();
        let mut expected = vec![
            ("LW0000010".to_owned(), NotListed::OnHold),
            ("LW0000011".to_owned(), NotListed::OnLoan),
            ("LW0000015".to_owned(), NotListed::NotInStock),
            ("NONE".to_owned(), NotListed::Unknown),
            (away.as_str().to_owned(), NotListed::Elsewhere),
        ];
        expected.sort();
        assert_eq!(refused, expected);
        assert_eq!(store.take_off_sheet(&of, "T1", &some[4..]).unwrap(), Ok(()));
        // One is lent before the sheet sets out: it stays behind.
        store.checkout(&of, &patron("LW20260001"), &some[3], &desk()).unwrap().unwrap();
        let shipped = store.ship_sheet(&of, "T1", &desk()).unwrap().unwrap();
        assert_eq!((shipped.state, shipped.n_items), (SheetState::Shipped, 3));
        assert_eq!(
            store.fill_sheet(&of, "T1", &some).unwrap(),
            Err(SheetRefused::State(SheetState::Shipped))
        );
        let transit = || store.lines("SELECT item, to_branch, cause FROM transit ORDER BY item");
        assert_eq!(transit().len(), 3);
        // Two arrive in two parts, one of them twice; something else came along.
        let unknown =
            store.receive_sheet(&of, "T1", &[some[0].clone(), away.clone(), item("NONE")], &desk()).unwrap();
        assert_eq!(unknown, Ok(vec!["NONE".to_owned()]));
        store.receive_sheet(&of, "T1", &some[..2], &desk()).unwrap().unwrap();
        assert_eq!(store.undo_sheet(&of, "T1", &desk()).unwrap(), Err(SheetRefused::HasArrived));
        let closed = store.close_sheet(&of, "T1", &desk()).unwrap().unwrap();
        assert_eq!(
            (closed.state, closed.n_items, closed.n_arrived, closed.n_extra),
            (SheetState::Received, 3, 2, 1)
        );
        let missing = store.sheet_items(&of, ("T1", Some("missing")), ("", 10)).unwrap();
        assert_eq!(missing.iter().map(|row| &row.item).collect::<Vec<_>>(), [&some[2]]);
        // Where things stand now, and where they belong.
        let at = |what: &ItemId| {
            let known = store.item(&of, what).unwrap().unwrap();
            (known.branch, known.branch_name)
        };
        assert_eq!(at(&some[0]), ("LW03".to_owned(), "龙玺台分馆".to_owned()));
        assert_eq!(at(&away), ("LW02".to_owned(), "龙玺台分馆".to_owned()));
        assert_eq!(at(&some[2]).0, "LW01");
        // What was missing turns up.
        store.receive_sheet(&of, "T1", &some[2..3], &desk()).unwrap().unwrap();
        assert_eq!(at(&some[2]).0, "LW03");
        assert_eq!(transit(), [""; 0]);
        assert_eq!(store.sheet(&of, "T1").unwrap().unwrap().n_arrived, 3);
        assert_eq!(store.sheets(&of, 9).unwrap().len(), 1);
        assert_eq!(store.close_sheet(&of, "T2", &desk()).unwrap(), Err(SheetRefused::Unknown));
    });
}

#[test]
fn a_sheet_that_was_a_mistake_is_undone_and_a_loan_meanwhile_counts() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let some: Vec<ItemId> = free(&app, "LW01").into_iter().take(3).collect();
        let lent = NewSheet { sheet: "T2", keeps_home: true, ..SHEET };
        store.make_sheet(&of, lent, &desk()).unwrap().unwrap();
        store.fill_sheet(&of, "T2", &some).unwrap().unwrap();
        store.ship_sheet(&of, "T2", &desk()).unwrap().unwrap();
        let undone = store.undo_sheet(&of, "T2", &desk()).unwrap().unwrap();
        assert_eq!(undone.state, SheetState::Undone);
        assert_eq!(store.lines("SELECT item FROM transit"), [""; 0]);
        assert_eq!(
            store.receive_sheet(&of, "T2", &some, &desk()).unwrap(),
            Err(SheetRefused::State(SheetState::Undone))
        );
        // Again, with the home kept; one is borrowed by whoever has it in hand on its way.
        store.make_sheet(&of, NewSheet { sheet: "T3", ..lent }, &desk()).unwrap().unwrap();
        store.fill_sheet(&of, "T3", &some).unwrap().unwrap();
        store.ship_sheet(&of, "T3", &desk()).unwrap().unwrap();
        store.checkout(&of, &patron("LW20260001"), &some[0], &desk()).unwrap().unwrap();
        store.receive_sheet(&of, "T3", &some, &desk()).unwrap().unwrap();
        let stands =
            store.lines("SELECT branch, at_branch FROM item WHERE at_branch IS NOT NULL ORDER BY item");
        assert_eq!(stands, ["LW01 LW03", "LW01 LW03"], "the one that was lent stands nowhere else");
        let rows = store.sheet_items(&of, ("T3", None), ("", 10)).unwrap();
        assert_eq!(rows.iter().filter(|row| row.is_lent).count(), 1);
    });
}

/// Thirty thousand items on one sheet: every step is a handful of statements. Fewer here, so that the suite stays quick;
/// the bench `sheet` does them all.
#[test]
fn a_long_sheet_is_as_many_statements_as_a_short_one() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let numbers = if store.is_shared() {
            "FROM generate_series(1, 3000) AS g (n)"
        } else {
            "FROM (WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 3000) SELECT n FROM g)"
        };
        let item_of = "'S' || CAST(100000 + n AS TEXT)";
        store
            .execute(&format!(
                "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
                 SELECT '{}', {item_of}, 99, 't', '', '', '', '普通图书', 'LW01', '2' {numbers}",
                of.as_str()
            ))
            .unwrap();
        let many: Vec<ItemId> = (1..=3000).map(|n| item(&format!("S{}", 100_000 + n))).collect();
        store.make_sheet(&of, SHEET, &desk()).unwrap().unwrap();
        assert_eq!(store.fill_sheet(&of, "T1", &many).unwrap(), Ok(vec![]));
        assert_eq!(store.ship_sheet(&of, "T1", &desk()).unwrap().unwrap().n_items, 3000);
        assert_eq!(store.receive_sheet(&of, "T1", &many[1..], &desk()).unwrap(), Ok(vec![]));
        let closed = store.close_sheet(&of, "T1", &desk()).unwrap().unwrap();
        assert_eq!((closed.n_arrived, closed.n_items), (2999, 3000));
    });
}

#[test]
fn a_hold_that_nobody_came_for_goes_to_the_next_and_both_are_told() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let what = item("LW0000001");
        for who in ["LW20260004", "LW20260019"] {
            store.place_hold(&of, (&patron(who), &what), None, &desk()).unwrap().unwrap();
        }
        store.arrive(&of, &what, &desk()).unwrap();
        let waits = |days: i64| store.hold_shelf(&of, None, on("x", days).now.date()).unwrap();
        assert_eq!((waits(0)[0].patron.as_str(), waits(0)[0].until), ("LW20260004", date(2026, 11, 30)));
        // Seen again: nobody gets more days, and nobody is told twice.
        store.arrive(&of, &what, &on("x", 3)).unwrap();
        assert_eq!(waits(3)[0].until, date(2026, 11, 30));
        assert_eq!(store.tidy_holds(&of, 10, &on("tidy", 7)).unwrap(), Tidied::default());
        let tidied = store.tidy_holds(&of, 10, &on("tidy", 8)).unwrap();
        assert_eq!(tidied.waited, [(what.clone(), Route::HoldShelf(patron("LW20260019")))]);
        assert_eq!((waits(8)[0].patron.as_str(), waits(8)[0].until), ("LW20260019", date(2026, 12, 8)));
        assert_eq!(store.tidy_holds(&of, 10, &on("tidy", 8)).unwrap(), Tidied::default());
        // The second gives it up: it goes back to the open shelf.
        assert!(store.end_wanted(&of, (&patron("LW20260019"), &what), None, &on("x", 9)).unwrap());
        assert_eq!(waits(9), []);
        let taken = store.checkout(&of, &patron("LW20260020"), &what, &on("k", 9)).unwrap();
        assert!(taken.is_ok());
        let told: Vec<String> = store
            .notices(&of, 0, 10)
            .unwrap()
            .iter()
            .map(|notice| format!("{} {}", notice.patron.as_str(), notice.kind))
            .collect();
        let expected = ["LW20260004 hold_ready", "LW20260004 hold_expired", "LW20260019 hold_ready"];
        assert_eq!(told, expected);
        let last = store.notices(&of, 0, 10).unwrap()[2].clone();
        assert_eq!(store.notices(&of, last.seq, 10).unwrap(), []);
    });
}

#[test]
fn tidying_up_serves_every_institution() {
    both(|app| {
        let what = item("LW0000001");
        let who = patron("LW20260004");
        app.store().place_hold(&of(), (&who, &what), None, &desk()).unwrap().unwrap();
        app.store().arrive(&of(), &what, &desk()).unwrap();
        assert_eq!(crate::tidy::once(&app).unwrap(), 0);
        app.store().execute("UPDATE hold SET expires_on = '2026-11-22' WHERE item = 'LW0000001'").unwrap();
        assert_eq!(crate::tidy::once(&app).unwrap(), 1);
        assert_eq!(crate::tidy::once(&app).unwrap(), 0);
    });
}

#[test]
fn issues_are_expected_claimed_received_and_grow_old() {
    both(|app| {
        let (store, of) = (app.store(), of());
        store.execute("INSERT INTO item_type SELECT institution, '现刊' FROM institution").unwrap();
        let monthly = NewSubscription {
            record: 9001,
            branch: "LW01",
            title: "读书",
            every: Every::Month,
            term: (date(2026, 9, 1), date(2026, 12, 31)),
            current_type: "现刊",
            back_type: "期刊",
        };
        assert_eq!(store.subscribe(&of, monthly).unwrap(), Ok(4));
        assert_eq!(store.subscribe(&of, monthly).unwrap(), Err(IssueProblem::Exists));
        for bad in [
            NewSubscription { branch: "LW99", ..monthly },
            NewSubscription { record: 9002, back_type: "天书", ..monthly },
        ] {
            assert_eq!(store.subscribe(&of, bad).unwrap(), Err(IssueProblem::BadPlace));
        }
        let none = NewSubscription { record: 9002, term: (date(2026, 9, 1), date(2026, 8, 1)), ..monthly };
        assert_eq!(store.subscribe(&of, none).unwrap(), Err(IssueProblem::NoIssues));
        let late = |max| store.late_issues(&of, desk().now.date(), max).unwrap();
        assert_eq!(late(9).iter().map(|issue| issue.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(store.claim_issue(&of, (9001, "LW01", 1), &desk()).unwrap(), Ok(()));
        assert_eq!(
            store.claim_issue(&of, (9001, "LW01", 9), &desk()).unwrap(),
            Err(IssueProblem::NotExpected)
        );
        let come = |number, barcode: &str| {
            store.receive_issue(&of, (9001, "LW01", number), &item(barcode), &desk()).unwrap()
        };
        assert_eq!(come(2, "P2"), Ok(()));
        assert_eq!(come(2, "P2b"), Err(IssueProblem::NotExpected));
        assert!(store.item(&of, &item("P2b")).unwrap().is_none(), "nothing half applied");
        assert_eq!(come(3, "P2"), Err(IssueProblem::BarcodeTaken));
        assert_eq!(
            store.receive_issue(&of, (1, "LW01", 1), &item("P9"), &desk()).unwrap(),
            Err(IssueProblem::Unknown)
        );
        // The newest is read here; the ones before it are lent, for ten days.
        let ask = |barcode: &str| {
            store
                .checkout(&of, &patron("LW20260001"), &item(barcode), &desk())
                .unwrap()
                .map(|loan| loan.due_on)
        };
        assert_eq!(ask("P2"), Err(Reason::NotForLoan));
        assert_eq!(come(3, "P3"), Ok(()));
        assert_eq!(ask("P3"), Err(Reason::NotForLoan));
        assert_eq!(ask("P2"), Ok(date(2026, 12, 3)));
        // One that comes late is a back issue at once.
        assert_eq!(come(1, "P1"), Ok(()));
        assert_eq!(ask("P1"), Ok(date(2026, 12, 3)));
        assert_eq!(late(9), []);
        let all = store.issues(&of, 9001, "LW01").unwrap();
        assert_eq!(all.iter().filter(|issue| issue.item.is_some()).count(), 3);
        assert!(all[0].claimed_at.is_some() && all[0].received_at.is_some());
    });
}

/// A sheet of thirty thousand barcodes is looked up barcode by barcode, also where PostgreSQL knows nothing of its tables
/// yet: left to itself it compares each barcode with each item.
#[test]
fn a_long_sheet_is_looked_up_key_by_key() {
    let Some(address) = postgres::database() else { return };
    let app = sown(&address);
    let store = app.store();
    store.execute("ALTER TABLE item SET (autovacuum_enabled = off)").unwrap();
    store
        .execute(&format!(
            "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
             SELECT '{}', 'S' || CAST(n AS TEXT), 99, '书', '', '', 'I2', '普通图书', 'LW01', '2' \
             FROM generate_series(10001, 30000) AS g (n)",
            seed::INSTITUTION
        ))
        .unwrap();
    let all = statement::ALL.iter().copied().flatten();
    let of_lists = all.filter(|known| known.postgres.contains("jsonb_array"));
    let mut n_read = 0;
    for (n, known) in of_lists.enumerate() {
        store.execute(&format!("PREPARE p{n} AS {}", known.postgres)).unwrap();
        let n_values = (1..20).take_while(|value| known.postgres.contains(&format!("${value}"))).count();
        let others = ", NULL".repeat(n_values - 1);
        let ask = format!("EXPLAIN EXECUTE p{n} ('{}'{others})", seed::INSTITUTION);
        let plan = store.lines(Box::leak(ask.into_boxed_str()));
        let is_each = |line: &&String| {
            line.contains("Join Filter") && line.contains("item =")
                || line.contains("= item")
                || line.contains("Filter") && line.contains("ANY ($")
        };
        assert_eq!(plan.iter().find(is_each), None, "{}: {plan:#?}", known.name);
        n_read += 1;
    }
    assert_eq!(n_read, 4);
}

/// After many rows have come at once the database knows how its tables are filled, without waiting for anybody.
#[test]
fn what_has_grown_at_once_is_counted() {
    each(|address| {
        let app = sown(address);
        let store = app.store();
        if address.starts_with("postgres:") {
            store.execute("ALTER TABLE item SET (autovacuum_enabled = off)").unwrap();
        }
        for n in 0..1000 {
            store.execute(&format!(
                "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
                 VALUES ('{}', 'S{n}', {}, '书', '', '', 'I2', '普通图书', 'LW01', '2')",
                seed::INSTITUTION, 50_000 + n
            )).unwrap();
        }
        assert!(store.index_titles(&of()).unwrap() >= 1000);
        if address.starts_with("postgres:") {
            let counted = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE relname = 'item'";
            assert_eq!(store.lines(counted), store.lines("SELECT count(*) FROM item"));
            store.execute("DELETE FROM item WHERE item LIKE 'S%'").unwrap();
            store.settle().unwrap();
            assert_eq!(store.lines(counted), store.lines("SELECT count(*) FROM item"));
        }
    });
}

/// A program's act on a sheet; the id is of the number.
fn act(n: u8, deed: Deed) -> Act {
    let id = TransactionId::from_bytes([n; 16]);
    Act { opuser: "cart-1".to_owned(), id, sheet: "T7".to_owned(), deed }
}

#[test]
fn what_a_program_does_with_a_sheet_is_done_once_however_often_it_is_told() {
    both(|app| {
        let (store, of, now) = (app.store(), of(), desk().now);
        let tell = |act: &Act| store.transfer(&of, act, now).unwrap();
        let some: Vec<ItemId> = free(&app, "LW01").into_iter().take(3).collect();
        let texts = |items: &[ItemId]| items.iter().map(ItemId::to_string).collect::<Vec<_>>();
        let packed = |label: &str, items: Vec<String>| {
            let declared = u32::try_from(items.len()).unwrap();
            Deed::Box { label: label.to_owned(), declared, items }
        };
        assert_eq!(tell(&act(1, Deed::Look)).refused, Some(Refusal::Unknown));
        assert_eq!(tell(&act(1, Deed::Ship)).refused, Some(Refusal::Unknown));
        let new = Deed::Make { from: "LW01".to_owned(), to: "LW03".to_owned(), keeps_home: false };
        // What was refused has used no id.
        let made = tell(&act(1, new.clone()));
        assert_eq!((made.already, made.refused), (false, None));
        let again = tell(&act(1, new.clone()));
        assert_eq!((again.already, again.refused, &again.sheet), (true, None, &made.sheet));
        assert_eq!(tell(&act(2, new)).refused, Some(Refusal::Exists));
        let short = Deed::Box { label: "1".to_owned(), declared: 4, items: texts(&some) };
        assert_eq!(tell(&act(3, short)).refused, Some(Refusal::Count));
        let mut items = texts(&some[..2]);
        items.push("LW0000011".to_owned());
        let first = tell(&act(3, packed("1", items.clone())));
        let not = vec![NotTaken { item: "LW0000011".to_owned(), why: "on_loan".to_owned() }];
        assert_eq!((first.refused, &first.not), (None, &not));
        let sheet = first.sheet.unwrap();
        assert_eq!((sheet.items, sheet.boxes[0].declared, sheet.boxes[0].put), (2, 3, 2));
        let again = tell(&act(3, packed("1", items)));
        assert_eq!((again.already, again.not, again.sheet.unwrap().items), (true, not, 2));
        assert_eq!(tell(&act(3, Deed::Ship)).refused, Some(Refusal::IdReused));
        // Packed once more by mistake, and one book more.
        let labels = |sheet: &SheetReport| -> Vec<(String, u32)> {
            sheet.boxes.iter().map(|one| (one.label.clone(), one.put)).collect()
        };
        let sheet = tell(&act(4, packed("2", texts(&some)))).sheet.unwrap();
        assert_eq!(
            (sheet.n_boxes, labels(&sheet)),
            (2, vec![("2".to_owned(), 1)]),
            "a box gives itself alone"
        );
        let whole = tell(&act(9, Deed::Look)).sheet.unwrap();
        assert_eq!((whole.n_boxes, labels(&whole)), (2, vec![("1".to_owned(), 2), ("2".to_owned(), 1)]));
        let ship = act(5, Deed::Ship);
        assert_eq!(tell(&ship).sheet.unwrap().state, "shipped");
        assert!(tell(&ship).already, "a repeat is no second shipping");
        let away = free(&app, "LW02")[0].to_string();
        let arrived = vec![some[0].to_string(), away.clone(), "NONE".to_owned()];
        let told = tell(&act(6, Deed::Receive { items: arrived }));
        assert_eq!(told.not, [NotTaken { item: "NONE".to_owned(), why: "unknown".to_owned() }]);
        assert_eq!(tell(&act(7, Deed::Undo)).refused, Some(Refusal::HasArrived));
        let closed = tell(&act(8, Deed::Close)).sheet.unwrap();
        assert_eq!(
            (closed.items, closed.arrived, closed.extra, closed.state.as_str()),
            (3, 1, 1, "received")
        );
        let odd: Vec<(&str, &str)> =
            closed.odd.iter().map(|odd| (odd.item.as_str(), odd.why.as_str())).collect();
        assert_eq!(
            odd,
            [(some[1].as_str(), "missing"), (some[2].as_str(), "missing"), (away.as_str(), "extra")]
        );
    });
}

/// What stands in a sheet's row is what one counts on it, after whatever was done with it.
#[test]
fn a_sheet_knows_its_counts_whatever_is_done_with_it() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let counted = || {
            let counts = store.lines(
                "SELECT t.n_items, t.n_arrived, t.n_extra, sum(CASE WHEN i.state <> 'extra' THEN 1 ELSE 0 END), \
                     sum(CASE WHEN i.state = 'received' THEN 1 ELSE 0 END), sum(CASE WHEN i.state = 'extra' THEN 1 ELSE 0 END) \
                 FROM transfer AS t JOIN transfer_item AS i ON i.sheet = t.sheet GROUP BY t.sheet, t.n_items, t.n_arrived, t.n_extra",
            );
            let numbers: Vec<&str> = counts[0].split(' ').collect();
            assert_eq!(numbers[..3], numbers[3..]);
            numbers[..3].join(" ")
        };
        let some: Vec<ItemId> = free(&app, "LW01").into_iter().take(6).collect();
        store.make_sheet(&of, SHEET, &desk()).unwrap().unwrap();
        store.fill_sheet(&of, "T1", &some[..5]).unwrap().unwrap();
        assert_eq!(counted(), "5 0 0");
        store.fill_sheet(&of, "T1", &some).unwrap().unwrap();
        assert_eq!(counted(), "6 0 0");
        let off = [some[5].clone(), item("NONE")];
        store.take_off_sheet(&of, "T1", &off).unwrap().unwrap();
        assert_eq!(counted(), "5 0 0");
        // One is lent before it sets out, and comes off it.
        store.checkout(&of, &patron("LW20260001"), &some[0], &desk()).unwrap().unwrap();
        store.ship_sheet(&of, "T1", &desk()).unwrap().unwrap();
        assert_eq!(counted(), "4 0 0");
        let away = free(&app, "LW02")[0].clone();
        for _ in 0..2 {
            let arrived = [some[1].clone(), away.clone(), item("NONE")];
            store.receive_sheet(&of, "T1", &arrived, &desk()).unwrap().unwrap();
            assert_eq!(counted(), "4 1 1");
        }
        // Only what came with this box is moved: what came with the one before may be elsewhere by now.
        store.execute(&format!("UPDATE item SET at_branch = NULL WHERE item = '{}'", away.as_str())).unwrap();
        store.receive_sheet(&of, "T1", &some[2..3], &desk()).unwrap().unwrap();
        assert_eq!(store.item(&of, &away).unwrap().unwrap().branch_name, branch_name(&app, "LW02"));
        assert_eq!(counted(), "4 2 1");
        store.close_sheet(&of, "T1", &desk()).unwrap().unwrap();
        assert_eq!(counted(), "4 2 1");
        store.receive_sheet(&of, "T1", &some[3..4], &desk()).unwrap().unwrap();
        assert_eq!(counted(), "4 3 1");
        let (n_odd, odd) = store.sheet_odd(&of, "T1", (0, 9)).unwrap();
        let mut states: Vec<&str> = odd.iter().map(|row| row.state.as_str()).collect();
        states.sort_unstable();
        assert_eq!((n_odd, states), (2, vec!["extra", "missing"]));
        let all = store.sheet_page(&of, "T1", (0, 9)).unwrap();
        let turned: Vec<_> = (0..5).flat_map(|at| store.sheet_page(&of, "T1", (at, 1)).unwrap()).collect();
        assert_eq!((all.len(), &turned), (5, &all));
        assert!(all.is_sorted_by_key(|row| (row.call_number.clone(), row.item.clone())));
    });
}

fn branch_name(app: &App, code: &str) -> String {
    let branches = app.store().branches(&of()).unwrap();
    branches.into_iter().find(|branch| branch.branch == code).unwrap().name
}
