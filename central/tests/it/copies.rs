//! Several copies of central on one PostgreSQL: they share tokens, transaction ids and cursors, and lend an item once.

use central::store::{Address, Desk};
use central::{App, Settings};
use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Reason};
use jiff::SignedDuration;
use jiff::civil::{DateTime, date, datetime};
use std::collections::BTreeSet;
use std::sync::Arc;
use sync_client::kiosk_api::{Batch, Entry, Line, Outcome, What};

use crate::on_sqlite::world::{client, code, read};
use sync_client::wire::path;

const NOW: DateTime = datetime(2026, 11, 23, 9, 30, 0, 0);

fn of() -> Isil {
    Isil::parse("CN-371116-0-DEMO").unwrap()
}

fn patron(n: usize) -> PatronId {
    PatronId::parse(&format!("LW2026{n:04}")).unwrap()
}

fn item(n: usize) -> ItemId {
    ItemId::parse(&format!("LW{n:07}")).unwrap()
}

fn copy(address: &str) -> App {
    let settings = Settings { clock: Arc::new(|| NOW), token_life: SignedDuration::from_hours(2) };
    App::open_at(&Address::parse(address, None).unwrap(), settings).unwrap()
}

/// Copies of central, made and sown at the same moment.
fn copies<const N: usize>() -> Option<[App; N]> {
    let address = crate::postgres::database()?;
    let apps = std::thread::scope(|scope| {
        let start = || {
            let app = copy(&address);
            app.seed_demo().unwrap();
            app
        };
        [0; N].map(|_| scope.spawn(start)).map(|thread| thread.join().unwrap())
    });
    Some(apps)
}

fn desk(opuser: &str) -> Desk {
    Desk { opuser: opuser.to_owned(), now: NOW }
}

#[test]
fn of_many_who_want_one_item_at_different_copies_one_gets_it() {
    let Some(apps) = copies::<3>() else { return };
    for what in [1, 2, 3, 4, 6, 7, 8, 9] {
        let results: Vec<_> = std::thread::scope(|scope| {
            let ask = |n: usize| {
                let app = &apps[n % 3];
                scope.spawn(move || {
                    app.store().checkout(&of(), &patron(19 + n), &item(what), &desk("k")).unwrap()
                })
            };
            let threads: Vec<_> = (0..6).filter(|n| *n != 2).map(ask).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let granted = results.iter().filter(|result| result.is_ok()).count();
        let refused: BTreeSet<String> = results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .map(|reason| format!("{reason:?}"))
            .collect();
        assert!(granted <= 1, "{what}");
        assert!(
            refused
                .iter()
                .all(|reason| reason == "OnLoan" || reason == "NoLoans" || reason.starts_with("LoanLimit")),
            "{refused:?}"
        );
    }
}

/// Eight threads lend to one patron, whose card allows five: no two of them count the same loans.
#[test]
fn a_limit_holds_whoever_counts() {
    let Some(apps) = copies::<2>() else { return };
    let free: Vec<usize> = vec![1, 2, 3, 4, 6, 7, 8, 9];
    let granted: usize = std::thread::scope(|scope| {
        let lend = |(n, what): (usize, &usize)| {
            let (app, what) = (&apps[n % 2], *what);
            scope.spawn(move || app.store().checkout(&of(), &patron(4), &item(what), &desk("k")).unwrap())
        };
        let threads: Vec<_> = free.iter().enumerate().map(lend).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap().is_ok())).sum()
    });
    assert_eq!(granted, 5);
    assert_eq!(apps[0].store().loans(&of(), &patron(4)).unwrap().len(), 5);
}

/// The same batch is told to both copies at once, in two orders of items: each transaction is applied once.
#[test]
fn a_transaction_told_to_two_copies_is_applied_once() {
    let Some(apps) = copies::<2>() else { return };
    for round in 0..10_usize {
        let entry = |n: usize| Entry {
            id: TransactionId::from_bytes(((round * 100 + n) as u128).to_be_bytes()),
            at: NOW,
            what: What::Tell {
                act: match round % 2 {
                    0 => Act::Checkout { patron: patron(19 + n % 10), item: item(80 + n) },
                    _ => Act::Checkin { item: item(80 + n) },
                },
                due: None,
            },
        };
        let there: Vec<Entry> = (0..20).map(entry).chain([Entry { what: unknown(), ..entry(50) }]).collect();
        let back: Vec<Entry> = there.iter().rev().cloned().collect();
        let tell = |app: &App, entries: Vec<Entry>| {
            app.store().transact(&of(), &Batch { opuser: "k".to_owned(), entries }, NOW).unwrap()
        };
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| tell(&apps[0], there));
            let two = scope.spawn(|| tell(&apps[1], back));
            (one.join().unwrap(), two.join().unwrap())
        });
        for answer in &one {
            let same = two.iter().find(|other| other.id == answer.id).unwrap();
            assert_ne!(answer.already, same.already, "one of them applied it");
            assert_eq!(answer.outcome, same.outcome);
        }
        let all = apps[0].store().exceptions(&of()).unwrap();
        let n_unknown = all.iter().filter(|exception| exception.item == item(9_999_999)).count();
        assert_eq!(n_unknown, round + 1, "once each round");
    }
}

fn unknown() -> What {
    What::Tell { act: Act::Checkin { item: item(9_999_999) }, due: None }
}

/// One id, two items, two copies: it stands for one of them.
#[test]
fn an_id_stands_for_one_thing_whoever_hears_it_first() {
    let Some(apps) = copies::<2>() else { return };
    for round in 0..10_usize {
        let tell = |app: &App, what: usize| {
            let act = Act::Checkout { patron: patron(19), item: item(what) };
            let id = TransactionId::from_bytes((round as u128 + 1).to_be_bytes());
            let entry = Entry { id, at: NOW, what: What::Tell { act, due: None } };
            let batch = Batch { opuser: "k".to_owned(), entries: vec![entry] };
            app.store().transact(&of(), &batch, NOW).unwrap().remove(0).outcome
        };
        let outcomes = std::thread::scope(|scope| {
            let one = scope.spawn(|| tell(&apps[0], 100 + 2 * round));
            let two = scope.spawn(|| tell(&apps[1], 101 + 2 * round));
            [one.join().unwrap(), two.join().unwrap()]
        });
        let n_reused = outcomes.iter().filter(|outcome| **outcome == Outcome::IdReused).count();
        assert_eq!(n_reused, 1, "{outcomes:?}");
    }
}

/// While others write without a pause, a kiosk follows the changes; in the end it knows every item as it is.
#[test]
fn a_kiosk_that_follows_the_changes_misses_none() {
    let Some(apps) = copies::<2>() else { return };
    let first = apps[0].store().cursor(&of()).unwrap();
    let today = date(2026, 11, 23);
    let told = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4_usize)
            .map(|n| {
                let app = &apps[n % 2];
                scope.spawn(move || {
                    for round in 0..40 {
                        let what = item(80 + 30 * n + round % 30);
                        let lent =
                            app.store().checkout(&of(), &patron(20 + 4 * n), &what, &desk("k")).unwrap();
                        if lent.is_ok() && round % 3 > 0 {
                            app.store().checkin(&of(), &what, &desk("k")).unwrap().unwrap();
                        }
                    }
                })
            })
            .collect();
        let mut told = std::collections::BTreeMap::new();
        let mut cursor = first;
        let mut is_last = false;
        loop {
            let is_over = writers.iter().all(std::thread::ScopedJoinHandle::is_finished);
            let changes = apps[1].store().changes(&of(), &cursor, today, 7).unwrap().unwrap();
            cursor = changes.cursor;
            for line in changes.lines {
                if let Line::Item(entry) = line {
                    told.insert(entry.id.clone(), entry.state);
                }
            }
            if is_last && !changes.more {
                break told;
            }
            is_last = is_over;
        }
    });
    assert!(told.len() > 30, "{}", told.len());
    let mut place = None;
    loop {
        let page = apps[0].store().snapshot_page(&of(), place.as_ref(), today).unwrap();
        let id_of = |line: &Line| if let Line::Item(entry) = line { Some(entry.id.clone()) } else { None };
        let Some(last) = page.iter().rev().find_map(id_of) else { break };
        for line in page {
            if let Line::Item(entry) = line
                && let Some(state) = told.get(&entry.id)
            {
                assert_eq!(*state, entry.state, "{}", entry.id);
            }
        }
        place = Some(sync_client::kiosk_api::Place::Item(last));
    }
}

#[tokio::test]
async fn a_token_of_one_copy_is_good_at_another() {
    let Some([one, two]) = copies::<2>() else { return };
    let serve = async |app: App| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(central::serve(listener, app));
        base
    };
    let (one, two) = (serve(one).await, serve(two).await);
    let secret = [("appid", "yueting-demo"), ("secret", "yueting-demo-secret")];
    let answer = read(client().get(format!("{one}{}", path::TOKEN)).query(&secret)).await;
    let token = answer["messagelist"][0]["token"].as_str().unwrap().to_owned();
    let lend = [("token", token.as_str()), ("rdid", "LW20260001"), ("barcode", "LW0000001"), ("opuser", "k")];
    let answer = read(client().get(format!("{two}{}", path::LOAN_BOOK)).query(&lend)).await;
    assert_eq!(code(&answer), "R90001");
}

/// The server goes away in the middle and comes back: connections are made anew, nothing is half done.
#[test]
fn connections_that_were_cut_are_made_anew() {
    let Some(address) = crate::postgres::database() else { return };
    let app = copy(&address);
    app.seed_demo().unwrap();
    for what in [1, 2, 3] {
        crate::postgres::execute(
            &address,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let lent = app.store().checkout(&of(), &patron(4), &item(what), &desk("k"));
        // At worst the cut is seen by the first who asks; it says that nothing was done, and nothing was.
        if lent.is_err() {
            let lent = app.store().checkout(&of(), &patron(4), &item(what), &desk("k")).unwrap();
            assert!(lent.is_ok(), "{:?}", lent.err() == Some(Reason::OnLoan));
        }
    }
    assert_eq!(app.store().loans(&of(), &patron(4)).unwrap().len(), 3);
}
