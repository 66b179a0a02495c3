//! Many at once, on each engine: everybody is answered once, and rightly.

use std::sync::Barrier;

use super::*;
use crate::store::tests::{both, desk, item, of, patron};
use circulation::transaction::Reason;

/// Of many who want one item one gets it; of many who each want one of their own all get it.
#[test]
fn everybody_is_answered_once_and_rightly() {
    both(|app| {
        let barrier = Barrier::new(24);
        let lend = |who: &str, what: &str| {
            barrier.wait();
            app.store().checkout(&of(), &patron(who), &item(what), &desk()).unwrap()
        };
        let (same, own) = std::thread::scope(|scope| {
            let lend = &lend;
            let same: Vec<_> =
                (0..12).map(|_| scope.spawn(move || lend("LW20260001", "LW0000001"))).collect();
            let items = (20..60).map(|n| format!("LW{n:07}")).filter(|id| {
                app.store()
                    .item(&of(), &item(id))
                    .unwrap()
                    .is_some_and(|item| item.state == "2" && item.item_type == "普通图书")
            });
            let own: Vec<_> = items.take(12).map(|id| scope.spawn(move || lend("LW20260002", &id))).collect();
            assert_eq!(own.len(), 12);
            let join = |threads: Vec<std::thread::ScopedJoinHandle<'_, _>>| {
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            };
            (join(same), join(own))
        });
        let granted = same.iter().filter(|verdict| verdict.is_ok()).count();
        assert_eq!(granted, 1);
        assert!(same.iter().all(|verdict| matches!(verdict, Ok(_) | Err(Reason::OnLoan))));
        assert!(own.iter().all(Result::is_ok), "{:?}", own.iter().filter_map(|v| v.as_ref().err()).next());
        assert_eq!(app.store().loans(&of(), &patron("LW20260002")).unwrap().len(), 14);
        assert_eq!(app.store().loans(&of(), &patron("LW20260001")).unwrap().len(), 3);
    });
}

/// The limit of a card holds, however many kiosks its reader stands at.
#[test]
fn a_limit_holds_for_those_who_come_at_once() {
    both(|app| {
        let barrier = Barrier::new(30);
        let verdicts = std::thread::scope(|scope| {
            let (app, barrier) = (&app, &barrier);
            let lend = move |id: String| {
                barrier.wait();
                app.store().checkout(&of(), &patron("LW20260001"), &item(&id), &desk()).unwrap()
            };
            let threads: Vec<_> =
                (100..130).map(|n| scope.spawn(move || lend(format!("LW{n:07}")))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let n_loans = app.store().loans(&of(), &patron("LW20260001")).unwrap().len();
        let granted = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
        assert_eq!((n_loans, granted), (10, 8), "two before, ten allowed");
    });
}

/// One that fails or panics takes nobody with it, and the gate stays open.
#[test]
fn who_fails_fails_alone() {
    both(|app| {
        let barrier = Barrier::new(9);
        let job = |n: usize| {
            let about = About {
                of: of(),
                item: item(&format!("LW000010{n}")),
                patron: Some(patron(&format!("LW202600{}", 20 + n))),
                desk: desk(),
            };
            barrier.wait();
            app.store().circulated(about, move |_, _, facts| match n {
                3 => Err(StoreError::Missing("what it needs")),
                5 => panic!("a mistake"),
                _ => Ok(facts.item.is_some()),
            })
        };
        let job = &job;
        let ends = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..9).map(|n| scope.spawn(move || job(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        for (n, end) in ends.iter().enumerate() {
            assert_eq!(end.is_err(), n == 3 || n == 5, "{n}: {end:?}");
            assert!(n == 3 || n == 5 || matches!(end, Ok(true)), "{n}");
        }
        let after = app.store().checkout(&of(), &patron("LW20260001"), &item("LW0000001"), &desk()).unwrap();
        assert!(after.is_ok());
    });
}

/// Nobody overtakes another on the same item, and a group holds an item and a patron once.
#[test]
fn a_group_is_about_different_things_and_keeps_the_order() {
    let job = |what: &str, who: Option<&str>| Job {
        about: About { of: of(), item: item(what), patron: who.map(patron), desk: desk() },
        decide: Box::new(|_, _, _| Ok(())),
        slot: Arc::default(),
    };
    let mut gathering = Gathering {
        waiting: vec![
            job("A", Some("P")),
            job("B", Some("P")),
            job("B", Some("Q")),
            job("C", None),
            job("A", None),
            job("D", Some("R")),
        ],
        n_leading: 1,
    };
    let mine = Arc::new(Slot::default());
    let names = |jobs: &[Job]| jobs.iter().map(|job| job.about.item.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&gathering.take(&mine)), ["A", "C", "D"]);
    // It was handed the lead: nobody else takes it, and nobody overtakes it.
    assert!(gathering.waiting[0].slot.promote());
    assert_eq!(names(&gathering.take(&mine)), ["A"]);
    let its = Arc::clone(&gathering.waiting[0].slot);
    assert_eq!(names(&gathering.take(&its)), ["B"], "P's, not Q's");
    assert_eq!(names(&gathering.take(&mine)), ["B"]);
    assert!(gathering.take(&mine).is_empty());
}
