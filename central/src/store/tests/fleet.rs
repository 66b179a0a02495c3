//! Heart-beats, orders, messages, exceptions.

use super::*;
use circulation::id::TransactionId;
use jiff::civil::DateTime;
use sync_client::kiosk_api::heartbeat::{
    Condition, Heartbeat, Notice, Order, OrderKind, ParkedReport, PartReport,
};

const NOW: DateTime = datetime(2026, 11, 23, 9, 30, 0, 0);
const WHO: (&str, DateTime) = ("wang", NOW);
const ID: TransactionId = TransactionId::from_bytes([7; 16]);

fn later(minutes: i64) -> DateTime {
    NOW.saturating_add(SignedDuration::from_mins(minutes))
}

fn beat(kiosk: &str, parts: &[(&str, Condition)]) -> Heartbeat {
    let part = |(part, state): &(&str, Condition)| PartReport {
        part: (*part).into(),
        state: *state,
        detail: "detail".into(),
    };
    Heartbeat {
        opuser: kiosk.into(),
        at: NOW,
        version: "0.1.0".into(),
        n_waiting: 3,
        n_parked: 1,
        oldest: Some(NOW),
        parts: parts.iter().map(part).collect(),
        given: String::new(),
        rows: vec![ParkedReport {
            id: ID,
            is_checkout: true,
            item: item("LW0000001"),
            title: "红楼梦".into(),
            note: "no usable answer".into(),
            asked: NOW,
        }],
    }
}

#[test]
fn a_heart_beat_stands_on_the_board_and_since_when_a_part_fails() {
    both(|app| {
        let store = app.store();
        let works = [("printer", Condition::Works), ("reader", Condition::Works)];
        store.beat(&of(), &beat("kiosk-1", &works), NOW).unwrap();
        let fails = [("reader", Condition::Fails), ("scanner", Condition::Absent)];
        store.beat(&of(), &beat("kiosk-1", &fails), later(1)).unwrap();
        store.beat(&of(), &beat("kiosk-1", &fails), later(2)).unwrap();
        let kiosks = store.kiosks(&of()).unwrap();
        let [kiosk] = kiosks.as_slice() else { panic!("{kiosks:?}") };
        assert_eq!(
            (kiosk.kiosk.as_str(), kiosk.seen_at, kiosk.is_admitted),
            ("kiosk-1", Some(later(2)), false)
        );
        assert_eq!((kiosk.n_waiting, kiosk.n_parked, kiosk.oldest_at), (3, 1, Some(NOW)));
        assert_eq!(kiosk.ahead_s, -120);
        let parts: Vec<_> =
            kiosk.parts.iter().map(|part| (part.part.as_str(), part.state, part.since)).collect();
        assert_eq!(parts, [("reader", Condition::Fails, later(1)), ("scanner", Condition::Absent, later(1))]);
        store.admit_kiosk(&of(), "kiosk-1", "hash", WHO).unwrap();
        store.admit_kiosk(&of(), "kiosk-0", "hash", WHO).unwrap();
        let kiosks = store.kiosks(&of()).unwrap();
        assert_eq!(
            kiosks.iter().map(|k| (k.is_admitted, k.seen_at.is_some())).collect::<Vec<_>>(),
            [(true, false), (true, true)]
        );
        store.forget_kiosk(&of(), "kiosk-1", WHO).unwrap();
        assert_eq!(store.kiosks(&of()).unwrap().len(), 1);
        assert_eq!(store.parked(&of()).unwrap(), []);
    });
}

#[test]
fn an_order_is_told_until_the_row_is_gone() {
    both(|app| {
        let store = app.store();
        let (mine, other) = (beat("kiosk-1", &[]), beat("kiosk-2", &[]));
        assert_eq!(store.beat(&of(), &mine, NOW).unwrap().orders, []);
        store.beat(&of(), &other, NOW).unwrap();
        assert!(store.command(&of(), ("kiosk-1", ID, OrderKind::Settle), WHO).unwrap());
        let unknown = TransactionId::from_bytes([8; 16]);
        assert!(!store.command(&of(), ("kiosk-1", unknown, OrderKind::Settle), WHO).unwrap());
        let order = Order { id: ID, what: OrderKind::Settle, by: "wang".into() };
        for n in 1..3 {
            assert_eq!(
                store.beat(&of(), &mine, later(n)).unwrap().orders,
                core::slice::from_ref(&order),
                "until it is done"
            );
            assert_eq!(store.beat(&of(), &other, later(n)).unwrap().orders, []);
        }
        let parked = store.parked(&of()).unwrap();
        assert_eq!(parked.len(), 2);
        assert_eq!(parked[0].command, Some((OrderKind::Settle, "wang".into())));
        let done = Heartbeat { rows: vec![], n_parked: 0, ..mine };
        assert_eq!(store.beat(&of(), &done, later(3)).unwrap().orders, []);
        assert_eq!(store.parked(&of()).unwrap().len(), 1);
        let acts: Vec<_> = store.audited(&of(), i64::MAX, 9).unwrap().into_iter().map(|l| l.act).collect();
        assert_eq!(acts, ["parked.settle"]);
    });
}

#[test]
fn a_kiosk_shows_its_own_message_or_that_for_all() {
    both(|app| {
        let store = app.store();
        let notice = |text: &str| Notice { chinese: text.into(), english: String::new() };
        let shown = |kiosk: &str, now| {
            let told = store.beat(&of(), &beat(kiosk, &[]), now).unwrap();
            told.message.map(|posted| posted.notice.chinese)
        };
        assert_eq!(shown("kiosk-1", NOW), None);
        store.set_message(&of(), None, Some((&notice("all"), later(60))), WHO).unwrap();
        store.set_message(&of(), Some("kiosk-2"), Some((&notice("own"), later(30))), WHO).unwrap();
        assert_eq!(shown("kiosk-1", NOW).as_deref(), Some("all"));
        let told = store.beat(&of(), &beat("kiosk-1", &[]), NOW).unwrap();
        assert_eq!(told.message.unwrap().until, Some(later(60)), "the kiosk ends it by itself");
        assert_eq!(shown("kiosk-2", NOW).as_deref(), Some("own"));
        assert_eq!(shown("kiosk-2", later(30)).as_deref(), Some("all"));
        store.set_message(&of(), None, None, WHO).unwrap();
        assert_eq!(shown("kiosk-1", later(31)), None);
    });
}

#[test]
fn an_exception_is_settled_once_by_somebody() {
    both(|app| {
        let store = app.store();
        store
            .execute(
                "INSERT INTO staff_exception (institution, transaction_id, code, act, item, opuser, happened_at) \
                 VALUES ('CN-371116-0-DEMO', '\\x07', 'superseded', 'checkin', 'LW0000001', 'kiosk-1', \
                 '2026-11-23 09:30:00')",
            )
            .or_else(|_| {
                store.execute(
                    "INSERT INTO staff_exception (institution, seq, transaction_id, code, act, item, opuser, \
                     happened_at) VALUES ('CN-371116-0-DEMO', 1, x'07', 'superseded', 'checkin', 'LW0000001', \
                     'kiosk-1', '2026-11-23 09:30:00')",
                )
            })
            .unwrap();
        let open = store.exceptions(&of()).unwrap();
        assert_eq!(open.len(), 1);
        assert!(store.settle_exception(&of(), open[0].seq, WHO).unwrap());
        assert!(!store.settle_exception(&of(), open[0].seq, WHO).unwrap(), "another was first");
        assert_eq!(store.exceptions(&of()).unwrap(), []);
        let log = store.audited(&of(), i64::MAX, 9).unwrap();
        assert_eq!(log.len(), 1);
        assert!(log[0].object.ends_with("LW0000001") && log[0].actor == "wang");
    });
}

#[test]
fn settings_are_given_once_and_again_only_when_they_change() {
    both(|app| {
        let (store, of, who) = (app.store(), of(), ("wang", desk().now));
        let beat = |has: &str| {
            let report = beat("kiosk-1", &[]);
            let beat = Heartbeat { given: has.to_owned(), ..report };
            store.beat(&of, &beat, desk().now).unwrap().given.map(|given| (given.version, given.texts))
        };
        assert_eq!(beat(""), None, "nobody gave anything");
        assert!(store.give(&of, None, "a = 1\r\n", who).unwrap());
        let all = ("1.0".to_owned(), vec!["a = 1\n".to_owned()]);
        assert_eq!(beat(""), Some(all));
        assert_eq!(beat("1.0"), None);
        assert!(store.give(&of, Some("kiosk-1"), "b = 1\n", who).unwrap());
        assert!(store.give(&of, Some("kiosk-2"), "c = 1\n", who).unwrap());
        let both = ("1.1".to_owned(), vec!["a = 1\n".to_owned(), "b = 1\n".to_owned()]);
        assert_eq!(beat("1.0"), Some(both));
        // Taken back is a change like any other; and a version that was is none again.
        assert!(store.give(&of, Some("kiosk-1"), "", who).unwrap());
        assert_eq!(beat("1.1"), Some(("1.2".to_owned(), vec!["a = 1\n".to_owned()])));
        assert!(store.give(&of, None, "", who).unwrap());
        assert_eq!(beat("1.2"), Some(("2.2".to_owned(), vec![])));
        assert!(!store.give(&of, None, &"x".repeat(16 * 1024 + 1), who).unwrap());
        assert!(!store.give(&of, None, "a = \"\u{7}\"", who).unwrap());
        assert_eq!(store.given(&of, Some("kiosk-2")).unwrap(), "c = 1\n");
    });
}
