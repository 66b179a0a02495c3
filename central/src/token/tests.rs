use super::*;
use crate::seed;
use crate::store::tests::both;
use jiff::civil::datetime;

const NOW: DateTime = datetime(2026, 11, 23, 9, 0, 0, 0);
const LIFE: SignedDuration = SignedDuration::from_hours(2);

fn isil() -> Isil {
    Isil::parse(seed::INSTITUTION).unwrap()
}

#[test]
fn a_token_lives_two_hours() {
    both(|app| {
        let (tokens, store) = (Tokens::default(), app.store());
        let check = |token: &str, now| tokens.check(store, token, now).unwrap();
        let (token, ends_at) = tokens.issue(store, &isil(), NOW, LIFE).unwrap();
        assert_eq!(token.len(), 32);
        assert_eq!(ends_at, datetime(2026, 11, 23, 11, 0, 0, 0));
        assert_eq!(check(&token, datetime(2026, 11, 23, 10, 59, 59, 0)), Ok(isil()));
        assert_eq!(check(&token, ends_at), Err(Refused::Expired));
        assert_eq!(check("", NOW), Err(Refused::Unknown));
        assert_eq!(check(&token.repeat(2), NOW), Err(Refused::Unknown));
    });
}

#[test]
fn every_copy_knows_a_token_and_only_its_hash_is_kept() {
    both(|app| {
        let (token, _) = Tokens::default().issue(app.store(), &isil(), NOW, LIFE).unwrap();
        assert_eq!(Tokens::default().check(app.store(), &token, NOW).unwrap(), Ok(isil()));
        assert_eq!(app.store().token(token.as_bytes()).unwrap(), None);
    });
}

#[test]
fn a_token_that_was_taken_back_is_good_for_seconds_only() {
    both(|app| {
        let tokens = Tokens::default();
        let check = |token: &str, now| tokens.check(app.store(), token, now).unwrap();
        let (token, _) = tokens.issue(app.store(), &isil(), NOW, LIFE).unwrap();
        assert_eq!(check(&token, NOW), Ok(isil()));
        app.store().execute("DELETE FROM token").unwrap();
        assert_eq!(check(&token, NOW.saturating_add(SignedDuration::from_secs(4))), Ok(isil()));
        assert_eq!(check(&token, NOW.saturating_add(REMEMBERED)), Err(Refused::Unknown));
        assert_eq!(check(&token, NOW.saturating_sub(REMEMBERED)), Err(Refused::Unknown));
    });
}

#[test]
fn their_number_is_bounded() {
    both(|app| {
        let (tokens, store) = (Tokens::default(), app.store());
        let (first, _) = tokens.issue(store, &isil(), NOW, LIFE).unwrap();
        for n in 0..3_u8 {
            store.keep_token(&isil(), &[n; 32], (NOW, NOW.saturating_add(LIFE * 2)), 3).unwrap();
        }
        assert_eq!(tokens.check(store, &first, NOW).unwrap(), Err(Refused::Unknown));
        assert!(store.token(&[2; 32]).unwrap().is_some());
        let later = datetime(2026, 11, 24, 9, 0, 0, 0);
        store.keep_token(&isil(), &[9; 32], (later, later), 3).unwrap();
        assert_eq!(store.token(&[2; 32]).unwrap(), None, "it ended long ago");
    });
}
