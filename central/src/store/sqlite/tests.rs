use super::*;
use crate::app::{App, Settings};
use crate::seed;
use crate::store::Desk;
use circulation::id::{Isil, ItemId, PatronId};
use circulation::transaction::Reason;
use jiff::SignedDuration;
use jiff::civil::{date, datetime};
use std::sync::{Arc, Barrier};
use tempfile::TempDir;

/// A sown central in a folder of its own.
fn sown() -> (TempDir, App) {
    let folder = TempDir::new().unwrap();
    let app = App::open(&folder.path().join("central.db"), settings()).unwrap();
    app.seed_demo().unwrap();
    (folder, app)
}

fn settings() -> Settings {
    let now = datetime(2026, 11, 23, 9, 30, 0, 0);
    Settings { clock: Arc::new(move || now), token_life: SignedDuration::from_hours(2) }
}

fn of() -> Isil {
    Isil::parse(seed::INSTITUTION).unwrap()
}

fn desk() -> Desk {
    Desk { opuser: "kiosk-1".into(), now: datetime(2026, 11, 23, 9, 30, 0, 0) }
}

fn patron(id: &str) -> PatronId {
    PatronId::parse(id).unwrap()
}

fn item(id: &str) -> ItemId {
    ItemId::parse(id).unwrap()
}

fn log_lines(app: &App) -> Vec<String> {
    let reader = app.store().reader();
    let mut query = reader
        .prepare("SELECT seq, at, act, item, patron, due_on, opuser FROM circulation_log ORDER BY seq")
        .unwrap();
    let line = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
        let seq: i64 = row.get(0)?;
        let rest: Vec<String> = (1..7).map(|i| row.get(i)).collect::<rusqlite::Result<_>>()?;
        Ok(format!("{seq} {}", rest.join(" ")))
    };
    query.query_map((), line).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_loan_and_its_return_are_applied_and_logged() {
    let (_folder, app) = sown();
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
            "1 2026-11-23 09:30:00 checkout LW0000001 LW20260001 2026-12-23 kiosk-1",
            "2 2026-11-23 09:30:00 checkin LW0000001 LW20260001 2026-12-23 kiosk-1",
        ]
    );
}

#[test]
fn of_two_who_want_the_same_item_one_gets_it() {
    let (_folder, app) = sown();
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
}

#[test]
fn a_hold_is_kept_and_fulfilled() {
    let (_folder, app) = sown();
    let held = item("LW0000010");
    let ask = |who: &str| app.store().checkout(&of(), &patron(who), &held, &desk()).unwrap();
    assert_eq!(ask("LW20260002").unwrap_err(), Reason::OnHold);
    assert!(ask("LW20260003").is_ok());
    app.store().checkin(&of(), &held, &desk()).unwrap().unwrap();
    assert!(ask("LW20260002").is_ok(), "the hold was fulfilled");
}

#[test]
fn renewals_count() {
    let (_folder, app) = sown();
    let (who, what) = (patron("LW20260001"), item("LW0000018"));
    let renewed = app.store().renew(&of(), &who, &what, &desk()).unwrap().unwrap();
    assert_eq!((renewed.due_on, renewed.n_renewals), (date(2026, 12, 23), 1));
    assert!(matches!(app.store().renew(&of(), &who, &what, &desk()).unwrap(), Err(Reason::Other(_))));
}

#[test]
fn another_institution_sees_nothing() {
    let (_folder, app) = sown();
    let other = Isil::parse("CN-2").unwrap();
    assert!(app.store().patron(&other, &patron("LW20260001")).unwrap().is_none());
    assert!(app.store().item(&other, &item("LW0000001")).unwrap().is_none());
    assert_eq!(
        app.store().checkin(&other, &item("LW0000011"), &desk()).unwrap().unwrap_err(),
        Reason::ItemUnknown
    );
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let (folder, app) = sown();
    app.store().checkout(&of(), &patron("LW20260001"), &item("LW0000001"), &desk()).unwrap().unwrap();
    drop(app);
    let app = App::open(&folder.path().join("central.db"), settings()).unwrap();
    assert_eq!(app.store().loans(&of(), &patron("LW20260001")).unwrap().len(), 3);
    assert_eq!(app.seed_demo().unwrap(), crate::store::Sown::Before);
    assert_eq!(app.store().loans(&of(), &patron("LW20260001")).unwrap().len(), 3);
}

#[test]
fn a_change_that_fails_leaves_nothing() {
    let (_folder, app) = sown();
    let failed = app.store().change(|tx| {
        tx.execute("DELETE FROM loan", ())?;
        Err::<(), _>(StoreError::Corrupt { column: "x", expected: "y" })
    });
    assert!(failed.is_err());
    assert_eq!(app.store().loans(&of(), &patron("LW20260001")).unwrap().len(), 2);
}

#[test]
fn the_log_is_append_only_and_an_item_is_lent_once() {
    let (_folder, app) = sown();
    app.store().checkout(&of(), &patron("LW20260001"), &item("LW0000001"), &desk()).unwrap().unwrap();
    for sql in [
        "UPDATE circulation_log SET opuser = 'x'",
        "DELETE FROM circulation_log",
        "INSERT INTO loan SELECT institution, item, 'LW20260002', loaned_at, due_on, 0, opuser FROM loan",
        "UPDATE item SET state = '3'",
        "INSERT INTO loan VALUES ('CN-371116-0-DEMO', 'LW0000002', 'NOBODY', 'x', 'x', 0, 'x')",
    ] {
        assert!(app.store().change(|tx| Ok(tx.execute(sql, ())?)).is_err(), "{sql}");
    }
}

#[test]
fn no_password_is_stored_in_clear() {
    let (folder, app) = sown();
    let count = "SELECT count(*) FROM patron WHERE password_hash LIKE 'argon2id$%'";
    let n: i64 = app.store().reader().query_row(count, (), |row| row.get(0)).unwrap();
    assert_eq!(n, 40);
    drop(app);
    let bytes = std::fs::read(folder.path().join("central.db")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("argon2id$") && holds("红楼梦"));
    assert!(!holds(seed::SECRET));
}

#[test]
fn a_second_central_is_kept_away() {
    let (folder, _app) = sown();
    let fault = Store::open(&folder.path().join("central.db")).err().unwrap();
    assert!(matches!(fault, OpenError::InUse { .. }), "{fault}");
}

#[test]
fn a_file_that_is_not_ours_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database at all, but long enough to be looked at\n".repeat(20)).unwrap();
    let before = std::fs::read(&text).unwrap();
    assert!(matches!(Store::open(&text).err().unwrap(), OpenError::Foreign { .. }));
    assert_eq!(std::fs::read(&text).unwrap(), before);

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(Store::open(&other).err().unwrap(), OpenError::Foreign { .. }));

    let newer = folder.path().join("newer.db");
    drop(Store::open(&newer).unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(&newer).err().unwrap(), OpenError::Newer { found: 99, known: 2, .. }));
}

#[test]
fn a_path_that_leads_nowhere_says_so() {
    let folder = TempDir::new().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none").join("central.db")] {
        let fault = Store::open(&path).err().unwrap();
        assert!(matches!(fault, OpenError::Path { .. }), "{fault}");
        assert!(fault.to_string().contains("give the path"), "{fault}");
    }
}
