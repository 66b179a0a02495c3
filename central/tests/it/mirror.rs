//! A kiosk's mirror fed by a real central: snapshot, changes, what gets lost on the way, and what the rules make of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::world::World;
use crate::proxy::Proxy;
use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::patron::Pin;
use circulation::policy::{self, ItemState, Moment, PatronState, Rules, Takes, Tally};
use circulation::transaction::Verdict;
use jiff::SignedDuration;
use jiff::civil::date;
use sync_client::http::{AskError, RefreshError, Start};
use sync_client::kiosk_api::{Line, path};
use sync_client::mirror::{Mirror, PinCheck};

fn patron(n: u32) -> PatronId {
    PatronId::parse(&format!("LW2026{n:04}")).unwrap()
}

fn item(n: u32) -> ItemId {
    ItemId::parse(&format!("LW{n:07}")).unwrap()
}

fn id(n: u32) -> TransactionId {
    TransactionId::from_bytes((u128::from(n) << 64).to_be_bytes())
}

fn empty() -> (tempfile::TempDir, Mirror) {
    let folder = tempfile::TempDir::new().unwrap();
    let mirror = Mirror::open(&folder.path().join("mirror.db")).unwrap().0;
    (folder, mirror)
}

fn state(mirror: &Mirror, n: u32) -> ItemState {
    mirror.item(&item(n)).unwrap().unwrap().state
}

#[tokio::test]
async fn a_snapshot_is_the_seeded_library() {
    let Some(world) = World::new().await else { return };
    let (_folder, mirror) = empty();
    let refreshed = world.kiosk().refresh(&mirror).await.unwrap();
    assert_eq!((refreshed.snapshot, refreshed.n_lines), (Some(Start::Fresh), 1 + 40 + 300));
    assert_eq!(refreshed.central_at, date(2026, 11, 23).at(9, 30, 0, 0));
    assert_eq!(mirror.freshness().unwrap().unwrap().mirrored, world.now());
    let of = Isil::parse("CN-371116-0-DEMO").unwrap();
    for n in 1..=40 {
        let (known, facts) = (
            world.app.store().patron(&of, &patron(n)).unwrap().unwrap(),
            mirror.patron(&patron(n)).unwrap().unwrap(),
        );
        assert_eq!((facts.n_loans, facts.loan_limit), (known.n_loans, known.loan_limit));
        assert_eq!((facts.starts_on, facts.ends_on), (known.starts_on, known.ends_on));
    }
    for (n, expected) in [
        (1, PatronState::Valid),
        (3, PatronState::Valid),
        (7, PatronState::Lost),
        (8, PatronState::Suspended),
        (9, PatronState::Cancelled),
        (10, PatronState::Unverified),
        (11, PatronState::Owes),
        (12, PatronState::Valid),
    ] {
        assert_eq!(mirror.patron(&patron(n)).unwrap().unwrap().state, expected, "{n}");
    }
    for (n, expected) in
        [(1, ItemState::Free), (10, ItemState::Held), (11, ItemState::OnLoan), (15, ItemState::NotForLoan)]
    {
        assert_eq!(state(&mirror, n), expected, "{n}");
    }
    let mut pin = Pin::default();
    "123456".chars().for_each(|digit| pin.push(digit));
    assert_eq!(mirror.check_pin(&patron(1), &pin), Ok(PinCheck::Right));
    pin.push('7');
    assert_eq!(mirror.check_pin(&patron(1), &pin), Ok(PinCheck::Wrong));
}

#[tokio::test]
async fn a_snapshot_says_no_more_than_the_rules_need() {
    let Some(world) = World::new().await else { return };
    let request = world.http.get(format!("{}{}", world.base, path::SNAPSHOT));
    let response = request.bearer_auth(world.token().await).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson; charset=utf-8");
    let text = response.text().await.unwrap();
    assert!(!text.contains("小甲") && !text.contains("小乙") && !text.contains("12.5"), "no names, no debts");
    let lines: Vec<Line> = text.lines().map(|line| Line::parse(line.as_bytes()).unwrap()).collect();
    assert!(matches!((&lines[0], &lines[1]), (Line::Head(_), Line::Rules(_))));
    assert!(matches!(lines.last().unwrap(), Line::End(_)));
    let holds_patron = |line: &&str| line.contains("LW2026");
    assert_eq!(text.lines().filter(holds_patron).count(), 40, "an item does not say who has it");
    // The hashes are not those by which central itself checks.
    let of = Isil::parse("CN-371116-0-DEMO").unwrap();
    let own = world.app.store().password_hash(&of, &patron(1)).unwrap().unwrap();
    assert!(text.contains("argon2id$") && !text.contains(&own));
}

#[tokio::test]
async fn changes_follow_loans() {
    let Some(world) = World::new().await else { return };
    let (_folder, mirror) = empty();
    let kiosk = world.kiosk();
    kiosk.refresh(&mirror).await.unwrap();
    world.pass_minutes(5);
    world.lend("LW20260004", "LW0000001").await;
    kiosk.checkout(id(1), &patron(4), &item(2), world.now()).await.unwrap();
    assert_eq!(state(&mirror, 1), ItemState::Free, "not before it is refreshed");
    let refreshed = kiosk.refresh(&mirror).await.unwrap();
    assert_eq!((refreshed.snapshot, refreshed.n_lines), (None, 3), "two items, one patron");
    assert_eq!((state(&mirror, 1), state(&mirror, 2)), (ItemState::OnLoan, ItemState::OnLoan));
    assert_eq!(mirror.patron(&patron(4)).unwrap().unwrap().n_loans, 2);
    assert_eq!(mirror.freshness().unwrap().unwrap().mirrored, world.now());
    kiosk.checkin(id(2), &item(2), world.now()).await.unwrap();
    assert_eq!(kiosk.refresh(&mirror).await.unwrap().n_lines, 2);
    assert_eq!(state(&mirror, 2), ItemState::Free);
    assert_eq!(kiosk.refresh(&mirror).await.unwrap().n_lines, 0);
    // The patron's own hold is fulfilled: nobody holds it any more.
    kiosk.checkout(id(3), &patron(3), &item(10), world.now()).await.unwrap();
    kiosk.checkin(id(4), &item(10), world.now()).await.unwrap();
    kiosk.refresh(&mirror).await.unwrap();
    assert_eq!(state(&mirror, 10), ItemState::Free);
}

#[tokio::test]
async fn the_cursor_of_another_central_leads_to_a_snapshot() {
    let (Some(one), Some(other)) = (World::new().await, World::new().await) else { return };
    let (_folder, mirror) = empty();
    one.lend("LW20260004", "LW0000001").await;
    one.kiosk().refresh(&mirror).await.unwrap();
    assert_eq!(state(&mirror, 1), ItemState::OnLoan);
    let refreshed = other.kiosk().refresh(&mirror).await.unwrap();
    assert_eq!(refreshed.snapshot, Some(Start::Fresh));
    assert_eq!(state(&mirror, 1), ItemState::Free);
}

#[tokio::test]
async fn a_snapshot_that_breaks_off_goes_on() {
    let Some(world) = World::new().await else { return };
    let proxy = Proxy::to(world.address).await;
    let (kiosk, (_folder, mirror)) = (world.kiosk_at(&proxy.base), empty());
    kiosk.openlib().ping().await.unwrap();
    proxy.cut_after(8_000);
    let fault = kiosk.refresh(&mirror).await.unwrap_err();
    assert!(matches!(fault, RefreshError::Cut | RefreshError::Ask(AskError::Silent(_))), "{fault}");
    assert_eq!(mirror.freshness(), Ok(None), "half a snapshot is none");
    assert!(mirror.broken_off().unwrap().is_some());
    // What changes in between, among what was received already, comes with the changes.
    world.lend("LW20260004", "LW0000001").await;
    let refreshed = kiosk.refresh(&mirror).await.unwrap();
    assert_eq!(refreshed.snapshot, Some(Start::Resumed));
    assert!(refreshed.n_lines < 341, "{}", refreshed.n_lines);
    assert_eq!(mirror.patron(&patron(4)).unwrap().unwrap().n_loans, 1);
    assert_eq!(state(&mirror, 1), ItemState::OnLoan);
    for n in 1..=300 {
        assert!(mirror.item(&item(n)).unwrap().is_some(), "{n}");
    }
    // The rest of another central's snapshot is not put behind it.
    let Some(other) = World::new().await else { return };
    let (_folder, mirror) = empty();
    proxy.cut_after(8_000);
    kiosk.refresh(&mirror).await.unwrap_err();
    assert_eq!(other.kiosk().refresh(&mirror).await.unwrap().snapshot, Some(Start::Fresh));
}

#[tokio::test]
async fn without_central_the_mirror_stays_as_it_is() {
    let Some(world) = World::new().await else { return };
    let (_folder, mirror) = empty();
    world.kiosk().refresh(&mirror).await.unwrap();
    let fault = world.kiosk_at("http://127.0.0.1:1").refresh(&mirror).await.unwrap_err();
    assert!(matches!(&fault, RefreshError::Ask(ask) if !ask.is_in_doubt()), "{fault}");
    assert_eq!(state(&mirror, 1), ItemState::Free);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lookups_go_on_while_it_is_refreshed() {
    let Some(world) = World::new().await else { return };
    let (_folder, mirror) = empty();
    let kiosk = world.kiosk();
    kiosk.refresh(&mirror).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let looking = {
        let (mirror, stop) = (mirror.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut n_lookups = 0_u32;
            while !stop.load(Ordering::Acquire) {
                let facts = mirror.facts(&patron(1), &item(1 + n_lookups % 300)).unwrap();
                assert!(facts.patron.is_some() && facts.item.is_some());
                n_lookups += 1;
            }
            n_lookups
        })
    };
    for n in 0..10 {
        kiosk.checkout(id(2 * n), &patron(4), &item(1), world.now()).await.unwrap();
        kiosk.refresh(&mirror).await.unwrap();
        assert_eq!(state(&mirror, 1), ItemState::OnLoan);
        kiosk.checkin(id(2 * n + 1), &item(1), world.now()).await.unwrap();
        kiosk.refresh(&mirror).await.unwrap();
        assert_eq!(state(&mirror, 1), ItemState::Free);
    }
    stop.store(true, Ordering::Release);
    assert!(looking.join().unwrap() > 100);
}

/// Whoever would be lent an item without central is lent it by central, with the same due date.
#[tokio::test]
async fn the_kiosk_is_never_more_generous_than_central() {
    let Some(world) = World::new().await else { return };
    let (_folder, mirror) = empty();
    let kiosk = world.kiosk();
    kiosk.refresh(&mirror).await.unwrap();
    let rules = Rules {
        owners: BTreeSet::from([Isil::parse("CN-371116-0-DEMO").unwrap()]),
        takes: Takes::Ours,
        per_patron: 99,
        per_kiosk: 99,
        max_silence: SignedDuration::from_hours(12),
        max_mirror_age: SignedDuration::from_hours(12),
    };
    let at = Moment {
        now: world.now(),
        today: date(2026, 11, 23),
        last_row: None,
        mirrored: Some(mirror.freshness().unwrap().unwrap().mirrored),
        silent_since: None,
    };
    let (mut n_assumed, mut n) = (0, 0);
    for who in 1..=20 {
        for what in [1, 5, 10, 11, 12, 15, 18, 60] {
            let facts = mirror.facts(&patron(who), &item(what)).unwrap();
            let (patron_facts, item_facts) = (facts.patron.as_ref(), facts.item.as_ref());
            let decision =
                policy::checkout(&rules, &facts.calendar, &at, Tally::default(), patron_facts, item_facts);
            n += 2;
            let verdict = kiosk.checkout(id(n), &patron(who), &item(what), world.now()).await.unwrap();
            match (decision, verdict) {
                (Ok(assumed), Verdict::Granted(grant)) => {
                    assert_eq!(grant.due, Some(assumed.due));
                    n_assumed += 1;
                }
                (Ok(_), Verdict::Declined(reason)) => panic!("{who} {what}: {reason:?}"),
                // What is held for this very patron is the one thing that only central grants.
                (Err(obstacle), Verdict::Granted(_)) => {
                    assert_eq!((who, what, obstacle), (3, 10, policy::Obstacle::OnHold));
                }
                (Err(obstacle), Verdict::Declined(reason)) => {
                    let told = obstacle.reason();
                    let same = core::mem::discriminant(&told) == core::mem::discriminant(&reason);
                    assert!(same, "{who} {what}: {obstacle} but {reason:?}");
                }
            }
            kiosk.cancel(id(n), &item(what), world.now()).await.unwrap();
        }
    }
    assert!(n_assumed > 20, "{n_assumed}");
}
