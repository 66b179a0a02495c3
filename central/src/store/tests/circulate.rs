//! Loans, returns, renewals: applied, logged, one at a time.

use super::*;
use circulation::transaction::Reason;
use jiff::civil::date;
use std::sync::Barrier;

fn log_lines(app: &App) -> Vec<String> {
    app.store().lines("SELECT at, act, item, patron, due_on, opuser FROM circulation_log ORDER BY seq")
}

#[test]
fn a_loan_and_its_return_are_applied_and_logged() {
    both(|app| {
        let (who, what) = (patron("LW20260001"), item("LW0000001"));
        let loan = app.store().checkout(&of(), &who, &what, &desk()).unwrap().unwrap();
        assert_eq!((loan.due_on, loan.item.state.as_str()), (date(2026, 12, 23), "3"));
        assert_eq!(app.store().patron(&of(), &who).unwrap().unwrap().n_loans, 3);
        let ended = app.store().checkin(&of(), &what, &desk()).unwrap().unwrap();
        assert_eq!(ended.item.state, "2");
        assert_eq!(app.store().checkin(&of(), &what, &desk()).unwrap().unwrap_err(), Reason::NotOnLoan);
        assert_eq!(
            log_lines(&app),
            [
                "2026-11-23 09:30:00 checkout LW0000001 LW20260001 2026-12-23 kiosk-1",
                "2026-11-23 09:30:00 checkin LW0000001 LW20260001 2026-12-23 kiosk-1",
            ]
        );
    });
}

#[test]
fn of_two_who_want_the_same_item_one_gets_it() {
    both(|app| {
        for n in [1, 2, 3, 4, 6, 7, 8, 9, 12, 13] {
            let what = item(&format!("LW{n:07}"));
            let barrier = Barrier::new(2);
            let ask = |who: &str| {
                barrier.wait();
                app.store().checkout(&of(), &patron(who), &what, &desk()).unwrap()
            };
            let (one, two) = std::thread::scope(|scope| {
                let one = scope.spawn(|| ask("LW20260002"));
                let two = scope.spawn(|| ask("LW20260003"));
                (one.join().unwrap(), two.join().unwrap())
            });
            assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1, "{what}");
            assert_eq!(one.err().or_else(|| two.err()), Some(Reason::OnLoan));
        }
        assert_eq!(log_lines(&app).len(), 10);
    });
}

#[test]
fn a_hold_is_kept_and_fulfilled() {
    both(|app| {
        let held = item("LW0000010");
        let ask = |who: &str| app.store().checkout(&of(), &patron(who), &held, &desk()).unwrap();
        assert_eq!(ask("LW20260002").unwrap_err(), Reason::OnHold);
        assert!(ask("LW20260003").is_ok());
        app.store().checkin(&of(), &held, &desk()).unwrap().unwrap();
        assert!(ask("LW20260002").is_ok(), "the hold was fulfilled");
    });
}

#[test]
fn renewals_count() {
    both(|app| {
        let (who, what) = (patron("LW20260001"), item("LW0000018"));
        let renewed = app.store().renew(&of(), &who, &what, &desk()).unwrap().unwrap();
        assert_eq!((renewed.due_on, renewed.n_renewals), (date(2026, 12, 23), 1));
        assert!(matches!(app.store().renew(&of(), &who, &what, &desk()).unwrap(), Err(Reason::Other(_))));
    });
}

#[test]
fn the_log_is_append_only_and_an_item_is_lent_once() {
    both(|app| {
        app.store().checkout(&of(), &patron("LW20260001"), &item("LW0000001"), &desk()).unwrap().unwrap();
        for sql in [
            "UPDATE circulation_log SET opuser = 'x'",
            "DELETE FROM circulation_log",
            "INSERT INTO loan SELECT institution, item, 'LW20260002', loaned_at, due_on, 0, opuser FROM loan",
            "UPDATE item SET state = '3'",
            "INSERT INTO loan VALUES ('CN-371116-0-DEMO', 'LW0000002', 'NOBODY', 'x', 'x', 0, 'x')",
        ] {
            assert!(app.store().execute(sql).is_err(), "{sql}");
        }
    });
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    each(|address| {
        let app = sown(address);
        app.store().checkout(&of(), &patron("LW20260001"), &item("LW0000001"), &desk()).unwrap().unwrap();
        drop(app);
        let app = open(address);
        assert_eq!(app.store().loans(&of(), &patron("LW20260001")).unwrap().len(), 3);
        assert_eq!(app.seed_demo().unwrap(), Sown::Before);
        assert_eq!(app.store().loans(&of(), &patron("LW20260001")).unwrap().len(), 3);
    });
}

#[test]
fn a_change_that_fails_leaves_nothing() {
    both(|app| {
        let failed = app.store().change(|db| {
            db.write(&statement::circulate::END_LOAN, &[(&of()).into(), "LW0000011".into()])?;
            Err::<(), _>(StoreError::Corrupt { column: "x", expected: "y" })
        });
        assert!(failed.is_err());
        assert_eq!(app.store().item(&of(), &item("LW0000011")).unwrap().unwrap().state, "3");
    });
}
