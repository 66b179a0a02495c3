//! A batch does what its entries do one by one: what is read ahead of them and written together changes nothing.

use super::*;
use circulation::id::TransactionId;
use circulation::transaction::{Act, Reason};
use jiff::ToSpan as _;
use std::cell::RefCell;
use sync_client::kiosk_api::{Batch, Entry, What};

/// Rules that make each order of things another: few loans of a type, fines, none with anything overdue.
const RULES: &[&str] = &[
    "UPDATE loan_rule SET loan_limit = 3, fine_fen_per_day = 7, period_days = 2",
    "UPDATE patron_type SET overdue_limit = 1, loan_limit = 4",
    // What is taken back at another branch has a way to go.
    "INSERT INTO service_point (institution, opuser, branch) SELECT institution, 'k', branch FROM branch \
         WHERE branch = 'LW03'",
];

/// Numbers that look as if there were no rule to them.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Few patrons and items in every order, with cancellations, repeated ids and facts of other days.
fn entries(n: u64, seed: u64) -> Vec<Entry> {
    let mut numbers = Numbers(seed);
    let mut before: Vec<Entry> = Vec::new();
    for number in 0..n {
        let item = item(&format!("LW{:07}", 80 + numbers.below(25)));
        let act = match numbers.below(5) {
            0 | 1 => Act::Checkin { item },
            _ => Act::Checkout { patron: patron(&format!("LW2026{:04}", 19 + numbers.below(6))), item },
        };
        let (id, at) = (TransactionId::from_bytes(u128::from(number).to_be_bytes()), desk().now);
        let hours = i64::try_from(numbers.below(200)).unwrap();
        let again = usize::try_from(numbers.below(n)).unwrap();
        let old = before.get(again).filter(|_| numbers.below(6) == 0).cloned();
        let entry = match (numbers.below(8), old) {
            (0..4, Some(old)) => old,
            (4.., Some(Entry { id, at, what: What::Ask(act) | What::Tell { act, .. } })) => {
                Entry { id, at, what: What::Cancel { item: act.item().clone() } }
            }
            (0..3, None) => Entry { id, at, what: What::Ask(act) },
            _ => Entry { id, at: at.saturating_sub(hours.hours()), what: What::Tell { act, due: None } },
        };
        before.push(entry);
    }
    before
}

/// What was answered, as kiosks read it, and what is there afterwards.
fn outcome(app: &App, entries: &[Entry], n_together: usize) -> (Vec<(bool, String)>, Vec<Vec<String>>) {
    for rule in RULES {
        app.store().execute(rule).unwrap();
    }
    let told = entries.chunks(n_together).flat_map(|some| {
        let batch = Batch { opuser: "k".to_owned(), entries: some.to_vec() };
        app.store().transact(&of(), &batch, desk().now).unwrap()
    });
    let answers = told.map(|answered| (answered.already, answered.outcome.to_text().unwrap())).collect();
    let state = [
        "SELECT item, patron, loaned_at, due_on FROM loan ORDER BY item",
        "SELECT patron, debt_fen FROM patron WHERE debt_fen > 0 ORDER BY patron",
        "SELECT at, act, item, patron, due_on FROM circulation_log ORDER BY seq",
        "SELECT code, act, item FROM staff_exception ORDER BY seq",
        "SELECT outcome FROM kiosk_transaction ORDER BY id",
        "SELECT item, at, how, branch, place FROM item_seen ORDER BY item",
        "SELECT item, from_branch, to_branch, sent_at, cause FROM transit ORDER BY item",
        "SELECT item, at_branch FROM item WHERE at_branch IS NOT NULL ORDER BY item",
    ];
    (answers, state.map(|question| app.store().lines(question)).to_vec())
}

#[test]
fn a_batch_does_what_its_entries_do_one_by_one() {
    for seed in 1..=2 {
        let entries = entries(200, seed);
        let found = RefCell::new(Vec::new());
        for n_together in [1, 60] {
            both(|app| found.borrow_mut().push(outcome(&app, &entries, n_together)));
        }
        let found = found.into_inner();
        assert!(found[0].1.iter().all(|lines| lines.len() > 3), "{:?}", found[0].1);
        for other in &found[1..] {
            for (at, (one, many)) in found[0].0.iter().zip(&other.0).enumerate() {
                assert_eq!(one, many, "{at} of {seed}: {:?}", entries[at]);
            }
            assert_eq!(found[0].1, other.1, "{seed}");
        }
    }
}

/// Two kiosks: one lent without central and has not told yet, the other takes the book back, with central or without.
#[test]
fn a_return_that_is_heard_before_its_loan_is_not_forgotten() {
    both(|app| {
        let (store, of) = (app.store(), of());
        let at = |minutes: i64| desk().now + minutes.minutes();
        let tell = |n: u8, minutes: i64, act: Act| {
            let id = TransactionId::from_bytes([n; 16]);
            let entry = Entry { id, at: at(minutes), what: What::Tell { act, due: None } };
            let batch = Batch { opuser: "k".to_owned(), entries: vec![entry] };
            store.transact(&of, &batch, at(100)).unwrap().pop().unwrap().outcome.to_text().unwrap()
        };
        let lent = |what: &str| Act::Checkout { patron: patron("LW20260004"), item: item(what) };
        let back = |what: &str| Act::Checkin { item: item(what) };
        let is_lent = |what: &str| store.item(&of, &item(what)).unwrap().unwrap().state == "3";

        // Told: the return of 10:00 comes first, the loan of 9:50 after it; then a loan of 10:10.
        tell(1, 30, back("LW0000001"));
        let late = tell(2, 20, lent("LW0000001"));
        assert!(late.contains("superseded"), "{late}");
        assert!(!is_lent("LW0000001"), "it is on the shelf");
        tell(3, 40, lent("LW0000001"));
        assert!(is_lent("LW0000001"), "it was lent later");

        // Asked: central says that nobody has it, and remembers that it is here.
        let desk = Desk { now: at(30), ..desk() };
        assert_eq!(store.checkin(&of, &item("LW0000002"), &desk).unwrap().err(), Some(Reason::NotOnLoan));
        let late = tell(4, 20, lent("LW0000002"));
        assert!(late.contains("superseded") && !is_lent("LW0000002"), "{late}");
        // An older return changes nothing of that.
        tell(5, 10, back("LW0000002"));
        let late = tell(6, 20, lent("LW0000002"));
        assert!(late.contains("superseded"), "{late}");
        let odd = store.exceptions(&of).unwrap();
        let odd = odd.iter().filter(|odd| odd.code == "superseded").count();
        assert_eq!(odd, 3, "staff sees each");
    });
}
