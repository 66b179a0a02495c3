//! Accounts, sessions, lock-outs, the audit log.

use super::*;
use crate::people::Role;
use crate::people::guard::LOCK;
use crate::people::session::{Ticket, Who};
use crate::store::people::AccountRefused;
use jiff::civil::DateTime;

const NOW: DateTime = datetime(2026, 11, 23, 9, 30, 0, 0);
const WHO: (&str, DateTime) = ("root", NOW);

fn acts(app: &App) -> Vec<String> {
    let lines = app.store().audited(&of(), i64::MAX, 100).unwrap();
    lines.iter().rev().map(|line| format!("{} {} {}", line.actor, line.act, line.object)).collect()
}

fn staff(account: &str) -> Who {
    Who::Account { account: account.into(), role: Role::Librarian }
}

#[test]
fn an_account_is_made_once_and_keeps_its_name() {
    both(|app| {
        let store = app.store();
        assert!(store.make_account(&of(), ("wang", Role::Librarian, "h1"), WHO).unwrap());
        assert!(!store.make_account(&of(), ("wang", Role::Administrator, "h2"), WHO).unwrap());
        let (account, hash) = store.account(&of(), "wang").unwrap().unwrap();
        assert_eq!((account.role, account.made_at, hash.as_str()), (Role::Librarian, NOW, "h1"));
        assert_eq!(store.account(&of(), "Wang").unwrap(), None);
        assert_eq!(store.accounts(&of()).unwrap(), [account]);
        assert_eq!(acts(&app), ["root account.make wang librarian"]);
        let refused = store.set_disabled(&of(), "nobody", true, WHO).unwrap();
        assert_eq!(refused, Err(AccountRefused::Unknown));
        assert!(!store.set_password(&of(), ("nobody", "h"), &[], WHO).unwrap());
    });
}

#[test]
fn names_with_sql_in_them_are_names() {
    both(|app| {
        let evil = "x'; DROP TABLE account; --";
        assert!(app.store().make_account(&of(), (evil, Role::Librarian, "h"), WHO).unwrap());
        assert_eq!(app.store().account(&of(), evil).unwrap().unwrap().0.account, evil);
        assert_eq!(app.store().find_titles(&of(), "'; DROP TABLE item; --", 9, 0).unwrap(), []);
        assert_eq!(app.store().find_titles(&of(), "%", 9, 0).unwrap(), [], "no pattern of the caller's");
        assert_eq!(app.store().find_titles(&of(), "_", 9, 0).unwrap(), []);
    });
}

#[test]
fn the_last_administrator_stays() {
    both(|app| {
        let store = app.store();
        for name in ["one", "two"] {
            store.make_account(&of(), (name, Role::Administrator, "h"), WHO).unwrap();
        }
        assert_eq!(store.set_disabled(&of(), "one", true, WHO).unwrap(), Ok(()));
        let last = store.set_disabled(&of(), "two", true, WHO).unwrap();
        assert_eq!(last, Err(AccountRefused::LastAdministrator));
        assert_eq!(store.set_disabled(&of(), "one", false, WHO).unwrap(), Ok(()));
        assert_eq!(store.set_disabled(&of(), "two", true, WHO).unwrap(), Ok(()));
    });
}

#[test]
fn a_session_goes_with_its_account_and_with_its_password() {
    both(|app| {
        let store = app.store();
        store.make_account(&of(), ("wang", Role::Librarian, "h"), WHO).unwrap();
        let open = || {
            let ticket = Ticket::fresh(Some(of())).unwrap();
            store.open_session(&of(), &ticket.hash(), &staff("wang"), NOW).unwrap();
            ticket
        };
        let is_open = |ticket: &Ticket| store.session(&of(), &ticket.hash()).unwrap().is_some();
        let (one, two) = (open(), open());
        assert!(is_open(&one) && is_open(&two));
        store.set_password(&of(), ("wang", "h2"), &two.hash(), WHO).unwrap();
        assert_eq!((is_open(&one), is_open(&two)), (false, true), "that in which it was changed stays");
        store.execute("UPDATE account SET disabled_at = '2026-11-23 09:30:00'").unwrap();
        assert!(!is_open(&two), "whoever disabled it");
        store.execute("UPDATE account SET disabled_at = NULL").unwrap();
        assert!(is_open(&two));
        store.set_disabled(&of(), "wang", true, WHO).unwrap().unwrap();
        store.set_disabled(&of(), "wang", false, WHO).unwrap().unwrap();
        assert!(!is_open(&two), "enabling revives no session");
        let three = open();
        store.end_session(&of(), &three.hash(), &staff("wang"), NOW).unwrap();
        assert!(!is_open(&three));
    });
}

#[test]
fn sessions_that_ended_are_forgotten() {
    both(|app| {
        let store = app.store();
        let who = Who::Patron(patron("LW20260004"));
        for n in 0..3_i64 {
            let now = NOW.saturating_add(LOCK * 4 * i32::try_from(n).unwrap());
            store.open_session(&of(), &[u8::try_from(n).unwrap(); 32], &who, now).unwrap();
        }
        assert_eq!(store.lines("SELECT count(*) FROM session"), ["1"]);
        let session = store.session(&of(), &[2; 32]).unwrap().unwrap();
        assert_eq!(session.who, who);
        assert!(session.is_alive(session.seen_at));
        assert_eq!(acts(&app), [""; 0], "what a patron does is in no log of staff's");
    });
}

#[test]
fn five_tries_and_no_more_however_many_at_once() {
    both(|app| {
        let store = app.store();
        let subjects = ("person", Some("address"));
        let tries: Vec<bool> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..12)
                .map(|_| scope.spawn(|| store.try_log_in(&of(), subjects, NOW).unwrap().is_none()))
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(tries.iter().filter(|is_in| **is_in).count(), 5);
        let until = store.log_in_failed(&of(), subjects, Some("wang"), NOW).unwrap();
        assert_eq!(until, Some(NOW.saturating_add(LOCK)));
        assert_eq!(acts(&app), ["- session.lock wang"]);
        assert_eq!(
            store.try_log_in(&of(), ("other", Some("address")), NOW).unwrap(),
            None,
            "nobody else is locked out"
        );
        assert_eq!(store.try_log_in(&of(), subjects, NOW.saturating_add(LOCK)).unwrap(), None);
    });
}

#[test]
fn who_is_in_has_no_failures_and_an_address_keeps_them() {
    both(|app| {
        let store = app.store();
        for n in 0..20 {
            assert_eq!(store.try_log_in(&of(), ("person", Some("address")), NOW).unwrap(), None, "{n}");
            store.forget_failures(&of(), "person").unwrap();
        }
        for n in 0..50 {
            let person = format!("guess {n}");
            assert_eq!(store.try_log_in(&of(), (&person, Some("address")), NOW).unwrap(), None, "{n}");
            store.log_in_failed(&of(), (&person, Some("address")), None, NOW).unwrap();
        }
        let locked = store.try_log_in(&of(), ("person", Some("address")), NOW).unwrap();
        assert_eq!(locked, Some(NOW.saturating_add(LOCK)));
        assert_eq!(store.try_log_in(&of(), ("person", Some("elsewhere")), NOW).unwrap(), None);
        // Long after, all of it is forgotten.
        let later = NOW.saturating_add(LOCK * 4);
        store.try_log_in(&of(), ("person", Some("address")), later).unwrap();
        assert_eq!(store.lines("SELECT subject FROM login_guard ORDER BY subject"), ["person"]);
    });
}

#[test]
fn the_audit_log_only_grows() {
    both(|app| {
        app.store().make_account(&of(), ("wang", Role::Librarian, "h"), WHO).unwrap();
        assert!(app.store().execute("UPDATE audit_log SET actor = 'x'").is_err());
        assert!(app.store().execute("DELETE FROM audit_log").is_err());
        assert_eq!(acts(&app).len(), 1);
    });
}
