use super::*;
use crate::seed;
use crate::store::tests::both;
use jiff::civil::datetime;

const NOW: DateTime = datetime(2026, 11, 23, 9, 0, 0, 0);
const LIFE: SignedDuration = SignedDuration::from_hours(2);

fn isil() -> Isil {
    Isil::parse(seed::INSTITUTION).unwrap()
}

fn program() -> Caller {
    Caller { institution: isil(), kiosk: None }
}

#[test]
fn a_token_lives_two_hours() {
    both(|app| {
        let (tokens, store) = (Tokens::default(), app.store());
        let check = |token: &str, now| tokens.check(store, token, now).unwrap();
        let (token, ends_at) = tokens.issue(store, (&isil(), seed::APPID), NOW, LIFE).unwrap();
        assert_eq!(token.len(), 32);
        assert_eq!(ends_at, datetime(2026, 11, 23, 11, 0, 0, 0));
        assert_eq!(check(&token, datetime(2026, 11, 23, 10, 59, 59, 0)), Ok(program()));
        assert_eq!(check(&token, ends_at), Err(Refused::Expired));
        assert_eq!(check("", NOW), Err(Refused::Unknown));
        assert_eq!(check(&token.repeat(2), NOW), Err(Refused::Unknown));
    });
}

#[test]
fn every_copy_knows_a_token_and_only_its_hash_is_kept() {
    both(|app| {
        let (token, _) = Tokens::default().issue(app.store(), (&isil(), seed::APPID), NOW, LIFE).unwrap();
        assert_eq!(Tokens::default().check(app.store(), &token, NOW).unwrap(), Ok(program()));
        assert_eq!(app.store().token(token.as_bytes()).unwrap(), None);
    });
}

#[test]
fn a_token_that_was_taken_back_is_good_for_seconds_only() {
    both(|app| {
        let tokens = Tokens::default();
        let check = |token: &str, now| tokens.check(app.store(), token, now).unwrap();
        let (token, _) = tokens.issue(app.store(), (&isil(), seed::APPID), NOW, LIFE).unwrap();
        assert_eq!(check(&token, NOW), Ok(program()));
        app.store().execute("DELETE FROM token").unwrap();
        assert_eq!(check(&token, NOW.saturating_add(SignedDuration::from_secs(4))), Ok(program()));
        assert_eq!(check(&token, NOW.saturating_add(REMEMBERED)), Err(Refused::Unknown));
        assert_eq!(check(&token, NOW.saturating_sub(REMEMBERED)), Err(Refused::Unknown));
    });
}

#[test]
fn their_number_is_bounded() {
    both(|app| {
        let (tokens, store) = (Tokens::default(), app.store());
        let (first, _) = tokens.issue(store, (&isil(), seed::APPID), NOW, LIFE).unwrap();
        for n in 0..3_u8 {
            store
                .keep_token((&isil(), seed::APPID), &[n; 32], (NOW, NOW.saturating_add(LIFE * 2)), 3)
                .unwrap();
        }
        assert_eq!(tokens.check(store, &first, NOW).unwrap(), Err(Refused::Unknown));
        assert!(store.token(&[2; 32]).unwrap().is_some());
        let later = datetime(2026, 11, 24, 9, 0, 0, 0);
        store.keep_token((&isil(), seed::APPID), &[9; 32], (later, later), 3).unwrap();
        assert_eq!(store.token(&[2; 32]).unwrap(), None, "it ended long ago");
    });
}

#[test]
fn a_kiosks_token_speaks_for_it_alone_and_goes_with_its_secret() {
    both(|app| {
        let (tokens, store) = (Tokens::default(), app.store());
        let check = |token: &str| Tokens::default().check(store, token, NOW).unwrap();
        store.admit_kiosk(&isil(), "kiosk-9", "hash", ("wang", NOW)).unwrap();
        let appid = crate::store::fleet::appid(&isil(), "kiosk-9");
        assert_eq!(store.app(&appid).unwrap(), Some((isil(), "hash".to_owned())));
        let (token, _) = tokens.issue(store, (&isil(), &appid), NOW, LIFE).unwrap();
        assert_eq!(check(&token), Ok(Caller { institution: isil(), kiosk: Some("kiosk-9".to_owned()) }));
        let (other, _) = tokens.issue(store, (&isil(), seed::APPID), NOW, LIFE).unwrap();
        assert!(store.expel_kiosk(&isil(), "kiosk-9", ("wang", NOW)).unwrap());
        assert_eq!(check(&token), Err(Refused::Unknown));
        assert_eq!(check(&other), Ok(program()), "nobody else is touched");
        assert_eq!(store.app(&appid).unwrap(), None);
        assert!(!store.expel_kiosk(&isil(), "kiosk-9", ("wang", NOW)).unwrap());
        // A new secret ends what was given out on the old one.
        store.admit_kiosk(&isil(), "kiosk-9", "one", ("wang", NOW)).unwrap();
        let (token, _) = tokens.issue(store, (&isil(), &appid), NOW, LIFE).unwrap();
        store.admit_kiosk(&isil(), "kiosk-9", "two", ("wang", NOW)).unwrap();
        assert_eq!(check(&token), Err(Refused::Unknown));
        let acts: Vec<_> = store.audited(&isil(), i64::MAX, 9).unwrap().into_iter().map(|l| l.act).collect();
        assert_eq!(acts, ["kiosk.admit", "kiosk.admit", "kiosk.expel", "kiosk.admit"]);
    });
}
