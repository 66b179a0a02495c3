//! Where items were last seen: written by whatever shows one, and the latest stays. On both engines.

use super::*;
use circulation::id::TransactionId;
use jiff::ToSpan as _;
use sync_client::kiosk_api::transfer::{Act as SheetAct, Deed};
use sync_client::kiosk_api::{Batch, Entry, What};

use circulation::transaction::Act;

/// `when how branch place` of an item.
fn seen(app: &App, what: &str) -> Option<String> {
    let copies = app.store().copies_of(&of(), &[item(what)]).unwrap();
    let seen = copies[0].seen.clone()?;
    let branch = seen.branch.map_or_else(|| "-".to_owned(), |(code, _)| code);
    let at = format!("{:02}:{:02}", seen.at.hour(), seen.at.minute());
    Some(format!("{at} {} {branch} {}", seen.how.word(), seen.place).trim_end().to_owned())
}

/// A central at which the kiosk stands in a branch.
fn standing(test: impl Fn(App)) {
    both(|app| {
        app.store().set_service_point(&of(), "kiosk-1", Some("LW01")).unwrap();
        test(app);
    });
}

/// Half past nine and so many minutes.
fn at(minutes: i64) -> Desk {
    Desk { now: desk().now + minutes.minutes(), ..desk() }
}

fn told(n: u8, minutes: i64, what: What) -> Entry {
    Entry { id: TransactionId::from_bytes([n; 16]), at: at(minutes).now, what }
}

fn tell(app: &App, entries: Vec<Entry>, minutes: i64) {
    let batch = Batch { opuser: "kiosk-1".to_owned(), entries };
    app.store().transact(&of(), &batch, at(minutes).now).unwrap();
}

fn lent(what: &str) -> What {
    let act = Act::Checkout { patron: patron("LW20260004"), item: item(what) };
    What::Tell { act, due: None }
}

fn back(what: &str) -> What {
    What::Tell { act: Act::Checkin { item: item(what) }, due: None }
}

#[test]
fn whatever_shows_an_item_leaves_where_and_when() {
    standing(|app| {
        let (store, of, who) = (app.store(), of(), patron("LW20260004"));
        let one = item("LW0000001");
        let is = |what: &str, wanted: &str| assert_eq!(seen(&app, what).as_deref(), Some(wanted));
        assert_eq!(seen(&app, "LW0000001"), None);
        store.checkout(&of, &who, &one, &at(1)).unwrap().unwrap();
        is("LW0000001", "09:31 loan LW01 kiosk-1");
        // Somebody else wants it and does not get it: it lies there all the same.
        store.checkout(&of, &patron("LW20260019"), &one, &at(2)).unwrap().unwrap_err();
        is("LW0000001", "09:32 pad LW01 kiosk-1");
        store.checkin(&of, &one, &at(3)).unwrap().unwrap();
        is("LW0000001", "09:33 return LW01 kiosk-1");
        store.checkin(&of, &one, &at(4)).unwrap().unwrap_err();
        is("LW0000001", "09:34 return LW01 kiosk-1");
        let nowhere = Desk { opuser: "web".to_owned(), ..at(5) };
        store.checkin(&of, &one, &nowhere).unwrap().unwrap_err();
        is("LW0000001", "09:35 return - web");
        store.count_item(&of, &one, "B", &at(6)).unwrap().unwrap();
        is("LW0000001", "09:36 stocktake LW01");
        // Said in the same moment, the shelf is the better word.
        store.shelve(&of, &one, "CJ-001", &at(6)).unwrap().unwrap();
        is("LW0000001", "09:36 stocktake LW01 CJ-001");
        let some = [item("LW0000002"), item("NONE"), item("LW0000003"), item("LW0000002")];
        assert_eq!(store.count_items(&of, ("B", "LW03"), &some, &at(7)).unwrap(), [item("NONE")]);
        is("LW0000002", "09:37 stocktake LW03");
        is("LW0000003", "09:37 stocktake LW03");
        assert_eq!(
            store.checkin(&of, &item("NONE"), &at(8)).unwrap().err(),
            Some(circulation::transaction::Reason::ItemUnknown)
        );
        assert!(store.shelve(&of, &item("NONE"), "CJ-001", &at(8)).unwrap().is_none());
        assert_eq!(store.lines("SELECT item FROM item_seen WHERE item = 'NONE'"), [""; 0]);
    });
}

#[test]
fn boxes_and_what_arrives_are_seen_and_a_list_is_not() {
    standing(|app| {
        let act = |n: u8, minutes: i64, deed: Deed| {
            let id = TransactionId::from_bytes([n; 16]);
            let act = SheetAct { opuser: "kiosk-1".into(), id, sheet: "T1".into(), deed };
            let told = app.store().transfer(&of(), &act, at(minutes).now).unwrap();
            assert_eq!(told.refused, None);
        };
        act(1, 0, Deed::Make { from: "LW01".into(), to: "LW03".into(), keeps_home: false });
        app.store().fill_sheet(&of(), "T1", &[item("LW0000001")]).unwrap().unwrap();
        assert_eq!(seen(&app, "LW0000001"), None, "nobody has seen it");
        let items = ["LW0000002", "LW0000011", "NONE"].map(str::to_owned).to_vec();
        act(2, 1, Deed::Box { label: "1".into(), declared: 3, items });
        assert_eq!(seen(&app, "LW0000002").as_deref(), Some("09:31 transfer LW01 T1"));
        let on_loan = seen(&app, "LW0000011");
        assert_eq!(
            on_loan.as_deref(),
            Some("09:31 transfer LW01 T1"),
            "it lies in the box, though not on the sheet"
        );
        act(3, 2, Deed::Ship);
        act(4, 3, Deed::Receive { items: vec!["LW0000002".into(), "LW0000003".into()] });
        for there in ["LW0000002", "LW0000003"] {
            assert_eq!(seen(&app, there).as_deref(), Some("09:33 transfer LW03 T1"));
        }
        let id = TransactionId::from_bytes([4; 16]);
        let again = SheetAct {
            opuser: "kiosk-1".into(),
            id,
            sheet: "T1".into(),
            deed: Deed::Receive { items: vec!["LW0000002".into()] },
        };
        app.store().transfer(&of(), &again, at(9).now).unwrap();
        assert_eq!(seen(&app, "LW0000002").as_deref(), Some("09:33 transfer LW03 T1"), "once");
    });
}

#[test]
fn what_is_told_late_never_hides_what_happened_later() {
    standing(|app| {
        let (store, of) = (app.store(), of());
        let is = |what: &str, wanted: &str| assert_eq!(seen(&app, what).as_deref(), Some(wanted));
        // The kiosk was offline: it lent at 9:20 and took back at 9:50, and tells of both at 10:30. Counted at 9:30.
        store.shelve(&of, &item("LW0000001"), "CJ-001", &at(0)).unwrap().unwrap();
        tell(&app, vec![told(1, -10, lent("LW0000001"))], 60);
        is("LW0000001", "09:30 stocktake LW01 CJ-001");
        tell(&app, vec![told(2, 20, back("LW0000001"))], 60);
        is("LW0000001", "09:50 return LW01 kiosk-1");
        // In one batch, the later first, and again in the other order.
        let both = [told(3, 40, back("LW0000002")), told(4, 30, lent("LW0000002"))];
        tell(&app, both.to_vec(), 60);
        is("LW0000002", "10:10 return LW01 kiosk-1");
        tell(&app, both.into_iter().rev().collect(), 61);
        is("LW0000002", "10:10 return LW01 kiosk-1");
        // A list that is told an hour later counts for when it was read, and does not hide a loan since.
        store.checkout(&of, &patron("LW20260004"), &item("LW0000003"), &at(30)).unwrap().unwrap();
        store.count_item(&of, &item("LW0000003"), "B", &at(10)).unwrap().unwrap();
        is("LW0000003", "10:00 loan LW01 kiosk-1");
        // A clock that is ahead does not see into the future.
        tell(&app, vec![told(5, 600, lent("LW0000004"))], 60);
        is("LW0000004", "10:30 loan LW01 kiosk-1");
    });
}

#[test]
fn a_loan_that_is_called_off_was_seen_and_not_lent() {
    standing(|app| {
        let ask = What::Ask(Act::Checkout { patron: patron("LW20260004"), item: item("LW0000001") });
        tell(&app, vec![told(1, 0, ask)], 0);
        assert_eq!(seen(&app, "LW0000001").as_deref(), Some("09:30 loan LW01 kiosk-1"));
        tell(&app, vec![told(1, 0, What::Cancel { item: item("LW0000001") })], 10);
        assert_eq!(seen(&app, "LW0000001").as_deref(), Some("09:30 pad LW01 kiosk-1"));
    });
}

#[test]
fn a_text_means_the_copies_of_its_barcode_or_of_its_words() {
    standing(|app| {
        let store = app.store();
        let found = |text: &str, most: usize| {
            let (copies, more) = store.locate(&of(), text, most).unwrap();
            (copies.iter().map(|copy| copy.item.item.to_string()).collect::<Vec<_>>(), more)
        };
        let (by_title, more) = found("红楼梦", 200);
        assert!(by_title.len() > 1 && !more, "{by_title:?}");
        let last = by_title.last().unwrap();
        let (by_barcode, _) = found(last, 200);
        assert_eq!(
            (by_barcode.len(), &by_barcode[0]),
            (by_title.len(), last),
            "it in front, then the others"
        );
        assert_eq!(found("红楼梦", 1), (by_title[..1].to_vec(), true));
        assert_eq!(found("没有这本书", 9), (Vec::new(), false));
        assert_eq!(store.stands(&of(), "kiosk-1").unwrap().as_deref(), Some("LW01"));
    });
}
