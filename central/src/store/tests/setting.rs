//! Rules that are set, and what they do from then on: on both engines.

use super::*;
use crate::ledger::Weekdays;
use circulation::money::Amount;
use jiff::civil::date;

const WHO: (&str, DateTime) = ("wang", datetime(2026, 11, 23, 9, 30, 0, 0));

#[test]
fn a_rule_holds_from_the_next_loan_on() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let rule = |days| LoanRule {
            patron_type: "普通借阅证".into(),
            item_type: "普通图书".into(),
            period_days: days,
            n_renewals: 2,
            fine_per_day: Amount::from_fen(10),
            grace_days: 3,
        };
        let due = |item: &str| {
            let desk = desk();
            let (who, item) = (patron("LW20260001"), super::item(item));
            store.checkout(&of, &who, &item, &desk).unwrap().map(|loan| loan.due_on)
        };
        assert_eq!(due("LW0000001"), Ok(date(2026, 12, 23)));
        assert!(store.set_loan_rule(&of, &rule(7), WHO).unwrap());
        assert_eq!(due("LW0000002"), Ok(date(2026, 11, 30)));
        let read = store.rules(&of, WHO.1.date()).unwrap();
        assert!(read.loans.contains(&rule(7)), "{read:?}");
        // What stands already keeps its day.
        let loans = store.loans(&of, &patron("LW20260001")).unwrap();
        assert!(loans.iter().any(|loan| loan.due_on == date(2026, 12, 23)));
        for (card, item) in [("月票", "普通图书"), ("普通借阅证", "唱片")] {
            let none = LoanRule { patron_type: card.into(), item_type: item.into(), ..rule(7) };
            assert!(!store.set_loan_rule(&of, &none, WHO).unwrap());
        }
        assert!(store.end_loan_rule(&of, ("普通借阅证", "普通图书"), WHO).unwrap());
        assert!(!store.end_loan_rule(&of, ("普通借阅证", "普通图书"), WHO).unwrap());
        assert!(due("LW0000003").is_err(), "it is not lent to this card any more");
        let acts: Vec<String> =
            store.audited(&of, i64::MAX, 9).unwrap().into_iter().map(|line| line.act).collect();
        assert_eq!(acts, ["rule.end", "rule.set"]);
    });
}

#[test]
fn limits_and_closing_days_are_set() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let rule = CardRule {
            patron_type: "普通借阅证".into(),
            loan_limit: 2,
            overdue_limit: Some(1),
            hold_limit: 1,
        };
        // It has two loans.
        store.set_card_rule(&of, &rule, WHO).unwrap();
        let desk = desk();
        assert!(store.checkout(&of, &patron("LW20260001"), &item("LW0000001"), &desk).unwrap().is_err());
        let new =
            CardRule { patron_type: "教师证".into(), loan_limit: 9, overdue_limit: None, hold_limit: 5 };
        store.set_card_rule(&of, &new, WHO).unwrap();
        // Its last day would be 23 December, a Wednesday.
        store.set_closed(&of, (date(2026, 12, 23), true), WHO).unwrap();
        store.set_closed(&of, (date(2026, 12, 23), true), WHO).unwrap();
        let house = HouseRules {
            debt_limit: Amount::from_fen(0),
            hold_shelf_days: 3,
            closed_weekdays: Weekdays::of_bits(8).unwrap(),
        };
        let before = store.lines("SELECT floor FROM change_counter WHERE institution = 'CN-371116-0-DEMO'");
        store.set_house_rules(&of, &house, WHO).unwrap();
        let read = store.rules(&of, WHO.1.date()).unwrap();
        assert!(read.cards.contains(&rule) && read.cards.contains(&new), "{read:?}");
        assert_eq!((read.house, read.closed), (house, vec![date(2026, 12, 23)]));
        // Neither on the day itself nor on the Thursday behind it.
        let lent = store.checkout(&of, &patron("LW20260002"), &item("LW0000002"), &desk).unwrap();
        assert_ne!(lent.unwrap().due_on.weekday(), jiff::civil::Weekday::Thursday);
        assert!(store.checkout(&of, &patron("LW20260012"), &item("LW0000003"), &desk).unwrap().is_err());
        store.set_closed(&of, (date(2026, 12, 23), false), WHO).unwrap();
        assert_eq!(store.rules(&of, WHO.1.date()).unwrap().closed, []);
        // The same once more is no reason for kiosks to take everything anew; another limit of fees was.
        let after = || store.lines("SELECT floor FROM change_counter WHERE institution = 'CN-371116-0-DEMO'");
        if !store.is_shared() {
            let once = after();
            assert_ne!(once, before);
            store.set_house_rules(&of, &house, WHO).unwrap();
            assert_eq!(after(), once);
        }
    });
}
