//! Rules as data: limits, calendars, fines, cards, holds, transit, as a library would set them.

use super::*;
use crate::ledger::{CardEvent, CardRefused, CardState, HoldRefused, Route};
use circulation::transaction::Reason;
use jiff::civil::date;

const WHO: &str = "LW20260004";

fn at(opuser: &str, day: Date) -> Desk {
    Desk { opuser: opuser.to_owned(), now: day.at(9, 30, 0, 0) }
}

fn due(app: &App, what: &str) -> Result<String, Reason> {
    let lent = app.store().checkout(&of(), &patron(WHO), &item(what), &desk()).unwrap();
    lent.map(|loan| loan.due_on.to_string())
}

fn words(refused: Result<String, Reason>) -> String {
    match refused {
        Err(Reason::Other(words)) => words,
        other => format!("{other:?}"),
    }
}

#[test]
fn closed_weekdays_and_closing_days_move_a_due_date() {
    both(|app| {
        // 2026-12-23 is a Wednesday.
        app.store().execute("UPDATE institution SET closed_weekdays = 4 + 8").unwrap();
        app.store()
            .execute("INSERT INTO closing_day SELECT institution, '2026-12-25' FROM institution")
            .unwrap();
        assert_eq!(due(&app, "LW0000001"), Ok("2026-12-26".to_owned()));
    });
}

#[test]
fn a_type_of_item_has_a_limit_of_its_own() {
    both(|app| {
        app.store().execute("UPDATE loan_rule SET loan_limit = 1 WHERE item_type = '普通图书'").unwrap();
        assert!(due(&app, "LW0000001").is_ok());
        assert_eq!(words(due(&app, "LW0000002")), "此类图书最多借 1 册，请先归还再借");
        let children =
            app.store().lines("SELECT item FROM item WHERE item_type = '少儿图书' ORDER BY item")[0].clone();
        assert!(due(&app, &children).is_ok(), "the limit is of the other type");
    });
}

#[test]
fn overdue_loans_and_blocks_stop_new_ones() {
    both(|app| {
        let late = |what| {
            let lent = app.store().checkout(&of(), &patron("LW20260014"), &item(what), &desk()).unwrap();
            lent.map(|loan| loan.due_on.to_string())
        };
        assert!(late("LW0000001").is_ok(), "without a rule they are no obstacle");
        app.store().execute("UPDATE patron_type SET overdue_limit = 0").unwrap();
        assert_eq!(words(late("LW0000002")), "有 1 册图书超期未还，请先归还再借");
        app.store().execute("UPDATE patron_type SET overdue_limit = 1").unwrap();
        assert!(late("LW0000002").is_ok());
        let block =
            "INSERT INTO patron_block SELECT institution, 'LW20260004', 'damage', '', 'k' FROM institution";
        app.store().execute(block).unwrap();
        assert_eq!(due(&app, "LW0000003"), Err(Reason::PatronSuspended));
        app.store().execute("DELETE FROM patron_block").unwrap();
        assert!(due(&app, "LW0000003").is_ok());
    });
}

#[test]
fn a_renewal_has_days_of_its_own() {
    both(|app| {
        app.store().execute("UPDATE loan_rule SET renewal_days = 25").unwrap();
        let renewed =
            app.store().renew(&of(), &patron("LW20260001"), &item("LW0000018"), &desk()).unwrap().unwrap();
        assert_eq!(renewed.due_on, date(2026, 12, 18));
    });
}

#[test]
fn being_late_costs_what_the_rule_says_or_nothing() {
    both(|app| {
        let debt = |who: &str| app.store().patron(&of(), &patron(who)).unwrap().unwrap().debt.fen();
        let back = |what: &str| app.store().checkin(&of(), &item(what), &desk()).unwrap().unwrap();
        let before = debt("LW20260014");
        back("LW0000111");
        assert_eq!(debt("LW20260014"), before, "ten days late, and no rule");
        assert!(due(&app, "LW0000001").is_ok() && due(&app, "LW0000002").is_ok());
        app.store()
            .execute("UPDATE loan_rule SET fine_fen_per_day = 10, grace_days = 3, fine_limit_fen = 100")
            .unwrap();
        let set = |what: &str, due_on: &str| {
            app.store()
                .execute(&format!("UPDATE loan SET due_on = '{due_on}' WHERE item = '{what}'"))
                .unwrap();
        };
        set("LW0000001", "2026-11-20");
        back("LW0000001");
        assert_eq!(debt(WHO), 0, "three days are free");
        set("LW0000002", "2026-11-19");
        back("LW0000002");
        assert_eq!(debt(WHO), 40);
        assert!(due(&app, "LW0000001").is_ok());
        set("LW0000001", "2026-01-01");
        back("LW0000001");
        assert_eq!(debt(WHO), 140, "never more than the limit for one loan");
        let log = app.store().lines("SELECT patron, item, amount_fen, opuser FROM fee_log ORDER BY seq");
        assert_eq!(log, ["LW20260004 LW0000002 40 kiosk-1", "LW20260004 LW0000001 100 kiosk-1"]);
        assert!(app.store().execute("DELETE FROM fee_log").is_err());
    });
}

#[test]
fn a_card_goes_through_its_states() {
    both(|app| {
        let change = |who, event| app.store().change_card(&of(), &patron(who), event, &desk()).unwrap();
        assert_eq!(change(WHO, CardEvent::Lose), Ok(CardState::Lost));
        assert_eq!(due(&app, "LW0000001"), Err(Reason::PatronLost));
        assert_eq!(change(WHO, CardEvent::Credit), Ok(CardState::Credit));
        assert!(due(&app, "LW0000001").is_ok());
        assert_eq!(change(WHO, CardEvent::Cancel), Err(CardRefused::HasLoans(1)));
        app.store().checkin(&of(), &item("LW0000001"), &desk()).unwrap().unwrap();
        assert_eq!(change(WHO, CardEvent::Cancel), Ok(CardState::Cancelled));
        assert_eq!(change(WHO, CardEvent::Restore), Err(CardRefused::Cancelled));
        assert_eq!(change("LW20260011", CardEvent::Cancel), Err(CardRefused::Owes));
        assert_eq!(change("LW99999999", CardEvent::Lose), Err(CardRefused::Unknown));
        let log = app
            .store()
            .lines("SELECT patron, event, state_before, state_after, opuser FROM card_log ORDER BY seq");
        let expected = ["lose 1 3", "credit 3 10", "cancel 10 5"].map(|step| format!("{WHO} {step} kiosk-1"));
        assert_eq!(log, expected);
    });
}

/// Lent in the main library, brought back in a branch, wanted in a third place.
#[test]
fn an_item_is_lent_here_brought_back_there_and_picked_up_elsewhere() {
    both(|app| {
        let accounts = "INSERT INTO service_point SELECT institution, 'kiosk-2', 'LW02' FROM institution; \
             INSERT INTO service_point SELECT institution, 'kiosk-3', 'LW03' FROM institution";
        app.store().execute(accounts).unwrap();
        let what = item("LW0000001");
        let today = date(2026, 11, 23);
        let transit = || app.store().lines("SELECT from_branch, to_branch, cause FROM transit");
        assert!(due(&app, "LW0000001").is_ok());
        let back = app.store().checkin(&of(), &what, &at("kiosk-2", today)).unwrap().unwrap();
        assert_eq!(back.item.branch_name, "24小时图书馆");
        assert_eq!(transit(), ["LW02 LW01 home"]);

        // Somebody wants it at the third place: it turns round where it is seen next.
        let (reader, other) = (patron("LW20260002"), patron("LW20260019"));
        let hold = |who: &PatronId, pickup| {
            app.store().place_hold(&of(), (who, &what), pickup, &at("staff", today)).unwrap()
        };
        assert_eq!(hold(&reader, Some("LW99")), Err(HoldRefused::NoBranch));
        assert_eq!(hold(&reader, Some("LW03")), Ok(()));
        assert_eq!(hold(&reader, Some("LW03")), Err(HoldRefused::Already));
        let route = app.store().arrive(&of(), &what, &at("kiosk-2", today)).unwrap();
        assert_eq!(route, Some(Route::ToPickup("LW03".to_owned())));
        assert_eq!(transit(), ["LW02 LW03 hold"]);
        let route = app.store().arrive(&of(), &what, &at("kiosk-3", today)).unwrap();
        assert_eq!(route, Some(Route::HoldShelf(reader.clone())));
        assert_eq!(transit(), [""; 0]);
        let held = app.store().hold(&of(), (&reader, &what)).unwrap().unwrap();
        assert_eq!(
            (held.pickup_branch.as_deref(), held.waits_until),
            (Some("LW03"), Some(date(2026, 11, 30)))
        );

        // It waits a week for its reader and for nobody else; then it is anybody's.
        let ask = |who: &PatronId, day| {
            app.store().checkout(&of(), who, &what, &at("kiosk-3", day)).unwrap().map(|loan| loan.due_on)
        };
        assert_eq!(ask(&other, date(2026, 11, 30)), Err(Reason::OnHold));
        assert!(ask(&other, date(2026, 12, 1)).is_ok());
        let back = app.store().checkin(&of(), &what, &at("kiosk-3", date(2026, 12, 2))).unwrap().unwrap();
        assert_eq!(back.item.state, "2");
        assert_eq!(transit(), ["LW03 LW01 home"], "the hold is over, it goes home");
        // Whoever has it in hand on its way may borrow it.
        assert!(ask(&other, date(2026, 12, 2)).is_ok());
        assert_eq!(transit(), [""; 0]);
        assert!(app.store().end_wanted(&of(), (&reader, &what), None, &desk()).unwrap());
        assert!(!app.store().end_wanted(&of(), (&reader, &what), None, &desk()).unwrap());
        assert_eq!(app.store().arrive(&of(), &what, &desk()).unwrap(), None, "it is on loan");
    });
}

#[test]
fn holds_have_their_limits() {
    both(|app| {
        let hold = |who: &str, what: &str| {
            app.store().place_hold(&of(), (&patron(who), &item(what)), None, &desk()).unwrap()
        };
        app.store().execute("UPDATE patron_type SET hold_limit = 2").unwrap();
        assert_eq!(hold(WHO, "LW0000001"), Ok(()));
        assert_eq!(hold(WHO, "LW0000011"), Ok(()), "what is on loan can be held");
        assert_eq!(hold(WHO, "LW0000002"), Err(HoldRefused::HoldLimit(2)));
        assert_eq!(hold("LW20260001", "LW0000018"), Err(HoldRefused::OwnLoan));
        assert_eq!(hold("LW20260001", "LW0000015"), Err(HoldRefused::Reason(Reason::NotForLoan)));
        assert_eq!(hold("LW20260007", "LW0000001"), Err(HoldRefused::Reason(Reason::PatronLost)));
        assert_eq!(hold("LW20260001", "LW9999999"), Err(HoldRefused::Reason(Reason::ItemUnknown)));
        let taken = app.store().checkout(&of(), &patron("LW20260001"), &item("LW0000001"), &desk()).unwrap();
        assert_eq!(taken.err(), Some(Reason::OnHold));
    });
}
