use super::*;
use crate::kiosk_api::{
    Head, ItemEntry, Line, PatronEntry, PatronType, PinHash, Place, Record, RuleSet, Term,
};
use circulation::id::{ItemId, PatronId};
use circulation::patron::Pin;
use circulation::policy::{ItemState, PatronState};
use jiff::civil::{date, datetime};
use std::io::{Seek, SeekFrom, Write};
use tempfile::TempDir;

fn isil() -> Isil {
    Isil::parse("CN-1").unwrap()
}

fn patron_id(n: u32) -> PatronId {
    PatronId::parse(&format!("LW{n:08}")).unwrap()
}

fn item_id(n: u32) -> ItemId {
    ItemId::parse(&format!("LW{n:07}")).unwrap()
}

fn head(cursor: &str) -> Head {
    Head {
        institution: isil(),
        at: datetime(2026, 11, 23, 9, 30, 0, 0),
        cursor: Cursor::parse(cursor).unwrap(),
    }
}

fn now() -> Timestamp {
    "2026-11-23T01:30:00Z".parse().unwrap()
}

fn rules(period_days: u16) -> Line {
    Line::Rules(RuleSet {
        patron_types: vec![PatronType { name: "普通借阅证".into(), loan_limit: 10 }],
        terms: vec![Term {
            patron_type: "普通借阅证".into(), item_type: "普通图书".into(), period_days
        }],
        closed: vec![date(2027, 1, 1)],
        branches: Vec::new(),
    })
}

fn patron(n: u32, n_loans: u32) -> Line {
    Line::Patron(PatronEntry {
        id: patron_id(n),
        patron_type: if n % 10 == 9 { "自习阅览证" } else { "普通借阅证" }.into(),
        state: PatronState::ALL[n as usize % 6],
        starts_on: date(2025, 2, 28),
        ends_on: date(2027, 12, 31),
        n_loans,
        pin: None,
    })
}

fn item(n: u32, state: ItemState) -> Line {
    Line::Item(ItemEntry {
        id: item_id(n),
        item_type: "普通图书".into(),
        owner: isil(),
        branch: "LW01".into(),
        state,
        title: format!("红楼梦 {n}"),
        call_number: format!("I242.4/{n}"),
        record: Record::default(),
    })
}

fn library(n: u32) -> Vec<Line> {
    let patrons = (0..n).map(|n| patron(n, 2));
    let items = (0..n).map(|n| item(n, ItemState::Free));
    core::iter::once(rules(30)).chain(patrons).chain(items).collect()
}

fn empty() -> (TempDir, Mirror) {
    let folder = TempDir::new().unwrap();
    let (mirror, found) = Mirror::open(&folder.path().join("a/mirror.db")).unwrap();
    assert_eq!(found, Found::Nothing);
    (folder, mirror)
}

fn load(mirror: &Mirror, cursor: &str, lines: &[Line]) {
    let head = head(cursor);
    let mut loader = mirror.start_snapshot(&head).unwrap();
    loader.put(lines).unwrap();
    loader.finish(&head, &head.cursor, now()).unwrap();
}

fn n_loans(mirror: &Mirror, n: u32) -> Option<u32> {
    mirror.patron(&patron_id(n)).unwrap().map(|patron| patron.n_loans)
}

#[test]
fn an_empty_mirror_knows_nothing() {
    let (_folder, mirror) = empty();
    assert_eq!(mirror.freshness(), Ok(None));
    assert_eq!(mirror.patron(&patron_id(1)), Ok(None));
    assert_eq!(mirror.item(&item_id(1)), Ok(None));
    let facts = mirror.facts(&patron_id(1), &item_id(1)).unwrap();
    assert_eq!((facts.patron, facts.item), (None, None));
    assert_eq!(mirror.start_changes().unwrap_err(), MirrorError::OutOfOrder);
    assert_eq!(mirror.check_pin(&patron_id(1), &Pin::default()), Ok(PinCheck::PatronUnknown));
}

#[test]
fn a_snapshot_is_what_central_sent() {
    let (_folder, mirror) = empty();
    load(&mirror, "e-1", &library(50));
    let fresh = mirror.freshness().unwrap().unwrap();
    assert_eq!((fresh.cursor.as_str(), fresh.institution, fresh.mirrored), ("e-1", isil(), now()));
    for n in 0..50 {
        let found = mirror.patron(&patron_id(n)).unwrap().unwrap();
        assert_eq!(found.state, PatronState::ALL[n as usize % 6]);
        assert_eq!((found.starts_on, found.ends_on), (date(2025, 2, 28), date(2027, 12, 31)));
        assert_eq!(
            found.loan_limit,
            if n % 10 == 9 { 0 } else { 10 },
            "a type without a limit lends nothing"
        );
    }
    let found = mirror.item(&item_id(7)).unwrap().unwrap();
    assert_eq!((found.branch.as_str(), found.state), ("LW01", ItemState::Free));
    assert_eq!(found.description.title.as_deref(), Some("红楼梦 7"));
    let facts = mirror.facts(&patron_id(0), &item_id(7)).unwrap();
    assert_eq!(facts.item.unwrap().period_days, Some(30));
    assert_eq!(facts.calendar, Calendar::new([date(2027, 1, 1)]));
    let facts = mirror.facts(&patron_id(9), &item_id(7)).unwrap();
    assert_eq!(facts.item.unwrap().period_days, None, "not lent to that type");
}

#[test]
fn the_switch_is_all_at_once() {
    let (_folder, mirror) = empty();
    load(&mirror, "e-1", &library(20));
    let new = head("e-2");
    let mut loader = mirror.start_snapshot(&new).unwrap();
    loader.put(&[rules(14), patron(1, 7), patron(99, 1)]).unwrap();
    assert_eq!((n_loans(&mirror, 1), n_loans(&mirror, 99)), (Some(2), None), "nothing of it is seen");
    assert_eq!(mirror.start_changes().unwrap_err(), MirrorError::Busy);
    loader.finish(&new, &new.cursor, now()).unwrap();
    assert_eq!((n_loans(&mirror, 1), n_loans(&mirror, 99), n_loans(&mirror, 2)), (Some(7), Some(1), None));
    assert_eq!(mirror.broken_off(), Ok(None));
}

#[test]
fn changes_are_applied_to_what_is_looked_at() {
    let (_folder, mirror) = empty();
    load(&mirror, "e-1", &library(20));
    let head = head("e-1");
    let mut loader = mirror.start_changes().unwrap();
    let lines = [
        rules(14),
        patron(1, 3),
        item(1, ItemState::OnLoan),
        item(88, ItemState::Held),
        Line::PatronGone(patron_id(2)),
        Line::ItemGone(item_id(2)),
    ];
    loader.put(&lines).unwrap();
    loader.finish(&head, &Cursor::parse("e-9").unwrap(), now()).unwrap();
    assert_eq!((n_loans(&mirror, 1), n_loans(&mirror, 2), n_loans(&mirror, 3)), (Some(3), None, Some(2)));
    let state = |n| mirror.item(&item_id(n)).unwrap().map(|item| item.state);
    assert_eq!((state(1), state(88), state(2)), (Some(ItemState::OnLoan), Some(ItemState::Held), None));
    let facts = mirror.facts(&patron_id(1), &item_id(3)).unwrap();
    assert_eq!(facts.item.unwrap().period_days, Some(14));
    assert_eq!(mirror.freshness().unwrap().unwrap().cursor.as_str(), "e-9");
}

#[test]
fn a_broken_snapshot_goes_on_after_a_restart() {
    let (folder, mirror) = empty();
    load(&mirror, "e-1", &library(5));
    let lines = library(3000);
    let mut loader = mirror.start_snapshot(&head("e-2")).unwrap();
    loader.put(&lines[..3500]).unwrap();
    drop((loader, mirror));

    let (mirror, found) = Mirror::open(&folder.path().join("a/mirror.db")).unwrap();
    assert_eq!((found, n_loans(&mirror, 1)), (Found::Good, Some(2)));
    let progress = mirror.broken_off().unwrap().unwrap();
    assert_eq!((progress.cursor.as_str(), progress.place), ("e-2", Place::Item(item_id(498))));
    let mut loader = mirror.resume_snapshot().unwrap();
    loader.put(&lines[3500..]).unwrap();
    loader.finish(&head("e-7"), &progress.cursor, now()).unwrap();
    assert_eq!(mirror.freshness().unwrap().unwrap().cursor.as_str(), "e-2", "the first cursor stays");
    for n in [0, 499, 2999] {
        assert!(mirror.item(&item_id(n)).unwrap().is_some() && n_loans(&mirror, n).is_some(), "{n}");
    }
}

#[test]
fn lines_out_of_order_change_nothing() {
    let (_folder, mirror) = empty();
    let head = head("e-1");
    let mut loader = mirror.start_snapshot(&head).unwrap();
    let lines = [patron(1, 1), Line::Head(head.clone())];
    assert_eq!(loader.put(&lines), Err(MirrorError::OutOfOrder));
    loader.finish(&head, &head.cursor, now()).unwrap();
    assert_eq!(n_loans(&mirror, 1), None);
}

#[test]
fn what_is_no_mirror_is_told_and_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mirror.db");
    std::fs::write(&path, b"not a database, but somebody's letter to the library").unwrap();
    let (_, found) = Mirror::open(&path).unwrap();
    assert!(matches!(found, Found::Replaced { .. }), "{found:?}");

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    let (mirror, found) = Mirror::open(&other).unwrap();
    assert_eq!(found, Found::Replaced { why: "not a mirror of version 2".into() });
    load(&mirror, "e-1", &library(5));
    assert_eq!(n_loans(&mirror, 1), Some(2));
    assert!(
        matches!(Mirror::open(folder.path()), Err(MirrorError::System { .. })),
        "a folder is not deleted"
    );
}

/// Overwrites all pages but the first with noise, under the feet of the running program.
fn damage(path: &Path) {
    let len = std::fs::metadata(path).unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(len).unwrap() - 4096]).unwrap();
}

#[test]
fn damage_is_noticed_told_and_mended() {
    let (_folder, mirror) = empty();
    load(&mirror, "e-1", &library(20_000));
    mirror.write(|db| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))).unwrap_or(());
    let path = mirror.path().to_owned();
    assert_eq!(mirror.mend(), Ok(None));
    drop(mirror);
    let (mirror, _) = Mirror::open(&path).unwrap();
    damage(&path);
    let fault = (0..20_000).find_map(|n| mirror.patron(&patron_id(n)).err()).unwrap();
    assert!(matches!(fault, MirrorError::Damaged { .. }), "{fault:?}");
    assert!(mirror.mend().unwrap().is_some());
    assert_eq!(mirror.freshness(), Ok(None), "empty, to be fetched again");
    load(&mirror, "e-3", &library(5));
    assert_eq!(n_loans(&mirror, 1), Some(2));

    damage(&path);
    drop(mirror);
    damage(&path);
    let (_, found) = Mirror::open(&path).unwrap();
    assert!(matches!(found, Found::Replaced { .. }), "{found:?}");
}

#[test]
fn a_deleted_file_comes_back() {
    let (_folder, mirror) = empty();
    load(&mirror, "e-1", &library(5));
    let path = mirror.path().to_owned();
    drop(mirror);
    file::delete(&path).unwrap();
    let (mirror, found) = Mirror::open(&path).unwrap();
    assert_eq!((found, mirror.freshness()), (Found::Nothing, Ok(None)));
}

#[test]
fn a_password_is_checked_against_centrals_hash() {
    // 123456, as central hashes it at the cost of its demo.
    let mut hash = PinHash { kib: 8, passes: 1, salt: [3; 16], hash: [0; 32] };
    let params = argon2::Params::new(8, 1, 1, Some(32)).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(b"123456", &hash.salt, &mut hash.hash)
        .unwrap();
    let (_folder, mirror) = empty();
    let Line::Patron(entry) = patron(1, 0) else { panic!() };
    load(&mirror, "e-1", &[Line::Patron(PatronEntry { pin: Some(hash), ..entry }), patron(2, 0)]);
    let check = |n, digits: &str| {
        let mut pin = Pin::default();
        digits.chars().for_each(|digit| pin.push(digit));
        mirror.check_pin(&patron_id(n), &pin).unwrap()
    };
    assert_eq!(check(1, "123456"), PinCheck::Right);
    assert_eq!(check(1, "123457"), PinCheck::Wrong);
    assert_eq!(check(1, ""), PinCheck::Wrong);
    assert_eq!(check(2, "123456"), PinCheck::NotKept);
    assert_eq!(check(3, "123456"), PinCheck::PatronUnknown);
}

#[test]
fn lookups_go_on_while_a_snapshot_is_loaded() {
    let (_folder, mirror) = empty();
    load(&mirror, "e-1", &library(2000));
    let stop = Arc::new(AtomicBool::new(false));
    let looking = {
        let (mirror, stop) = (mirror.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut n_lookups = 0_u32;
            while !stop.load(Ordering::Acquire) {
                // Both generations know this pair; neither is ever seen in part.
                let facts = mirror.facts(&patron_id(n_lookups % 2000), &item_id(1999)).unwrap();
                assert!(facts.patron.is_some() && facts.item.is_some());
                n_lookups += 1;
            }
            n_lookups
        })
    };
    for n in 2..6 {
        load(&mirror, &format!("e-{n}"), &library(2000));
    }
    stop.store(true, Ordering::Release);
    assert!(looking.join().unwrap() > 100);
}
