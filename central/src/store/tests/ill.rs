//! Loans between two libraries of one database, on both engines.

use super::*;
use crate::ledger::ill::{IllDeed, IllRefused, IllState, Side};
use circulation::id::Isil;
use circulation::transaction::Reason;

const OTHER: &str = "CN-370100-JN";

fn other() -> Isil {
    Isil::parse(OTHER).unwrap()
}

/// Our library and another one with other barcodes, agreed with each other. What stands in ours as LW stands there as JN.
fn two(test: impl Fn(&App)) {
    both(|app| {
        let of = of();
        for table in ["institution", "branch", "patron_type", "item_type", "loan_rule", "item"] {
            let names = institutions::columns(&app, table);
            let names: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| *name != "institution").collect();
            let from: Vec<String> = names
                .iter()
                .map(|name| {
                    if *name == "item" { "replace(item, 'LW', 'JN')".to_owned() } else { (*name).to_owned() }
                })
                .collect();
            let sql = format!(
                "INSERT INTO {table} (institution, {}) SELECT '{OTHER}', {} FROM {table} WHERE institution = '{}'",
                names.join(", "),
                from.join(", "),
                of.as_str()
            );
            app.store().execute(&sql).unwrap();
        }
        assert!(app.store().set_ill_partner(&of, &other(), true).unwrap());
        assert!(app.store().set_ill_partner(&other(), &of, true).unwrap());
        test(&app);
    });
}

fn wanted() -> Title {
    Title {
        title: "红楼梦".to_owned(),
        author: "曹雪芹".to_owned(),
        isbn: String::new(),
        call_number: "I242.4/1".to_owned(),
    }
}

/// Each side's state, `-` where it knows of none.
fn states(app: &App, id: &str) -> (String, String) {
    let state = |of: &Isil| {
        let all = app.store().ills(of, 100).unwrap();
        all.iter()
            .find(|loan| loan.id == id)
            .map_or_else(|| "-".to_owned(), |loan| loan.state.word().to_owned())
    };
    (state(&of()), state(&other()))
}

fn carry(app: &App) -> usize {
    let now = desk().now;
    app.store().carry_ills(&of(), now).unwrap() + app.store().carry_ills(&other(), now).unwrap()
}

fn do_it(
    app: &App,
    of: &Isil,
    id: &str,
    deed: IllDeed,
    barcode: Option<&str>,
) -> Result<IllState, IllRefused> {
    let item = barcode.map(item);
    let with = With { item: item.as_ref(), item_type: "普通图书" };
    app.store().ill_act(of, id, deed, with, &desk()).unwrap().map(|loan| loan.state)
}

fn ask(app: &App, from: &Isil, to: &str) -> Result<String, IllRefused> {
    let who = patron("LW20260004");
    let who = (*from == of()).then_some(&who);
    app.store().ill_ask(from, (to, &wanted()), (who, "LW01"), &desk()).unwrap()
}

#[test]
fn an_item_goes_to_another_library_is_lent_there_and_comes_home() {
    two(|app| {
        let (us, them) = (of(), other());
        let id = ask(app, &us, OTHER).unwrap();
        assert_eq!(states(app, &id), ("asked".to_owned(), "-".to_owned()));
        assert_eq!((carry(app), carry(app)), (1, 0));
        assert_eq!(states(app, &id), ("asked".to_owned(), "asked".to_owned()));
        let theirs = app.store().ills(&them, 10).unwrap().remove(0);
        assert_eq!(
            (theirs.side, theirs.what, theirs.patron),
            (Side::Lends, wanted(), None),
            "no patron crosses"
        );
        // Each side has its own deeds.
        assert_eq!(
            do_it(app, &us, &id, IllDeed::Send, Some("LW0000001")),
            Err(IllRefused::State(IllState::Asked))
        );
        assert_eq!(do_it(app, &them, &id, IllDeed::Cancel, None), Err(IllRefused::State(IllState::Asked)));
        assert!(matches!(do_it(app, &them, &id, IllDeed::Send, Some("JN9999999")), Err(IllRefused::Item(_))));
        assert_eq!(do_it(app, &them, &id, IllDeed::Send, Some("JN0000001")), Ok(IllState::Sent));
        assert_eq!(
            app.store().item(&them, &item("JN0000001")).unwrap().unwrap().state,
            "9",
            "nobody borrows it there"
        );
        carry(app);
        assert_eq!(do_it(app, &us, &id, IllDeed::Receive, Some("LW0000001")), Err(IllRefused::Clash));
        assert_eq!(do_it(app, &us, &id, IllDeed::Receive, None), Ok(IllState::Here));
        carry(app);
        assert_eq!(states(app, &id), ("here".to_owned(), "here".to_owned()));
        // It is an item like any other here.
        let (who, what) = (patron("LW20260004"), item("JN0000001"));
        app.store().checkout(&us, &who, &what, &desk()).unwrap().unwrap();
        assert!(
            matches!(do_it(app, &us, &id, IllDeed::SendBack, None), Err(IllRefused::Item(_))),
            "it is on loan"
        );
        app.store().checkin(&us, &what, &desk()).unwrap().unwrap();
        assert_eq!(do_it(app, &us, &id, IllDeed::SendBack, None), Ok(IllState::Back));
        let refused = app.store().checkout(&us, &who, &what, &desk()).unwrap();
        assert!(matches!(refused, Err(Reason::NotForLoan)), "{refused:?}");
        carry(app);
        assert_eq!(do_it(app, &them, &id, IllDeed::TakeHome, None), Ok(IllState::Closed));
        assert_eq!(app.store().item(&them, &what).unwrap().unwrap().state, "2");
        carry(app);
        assert_eq!(states(app, &id), ("closed".to_owned(), "closed".to_owned()));
        assert!(app.store().ills(&us, 10).unwrap()[0].patron.is_none(), "for whom it was is forgotten");
        // It comes again, under the number that it had here.
        let again = ask(app, &us, OTHER).unwrap();
        carry(app);
        assert_eq!(do_it(app, &them, &again, IllDeed::Send, Some("JN0000001")), Ok(IllState::Sent));
        carry(app);
        assert_eq!(do_it(app, &us, &again, IllDeed::Receive, None), Ok(IllState::Here));
        app.store().checkout(&us, &who, &what, &desk()).unwrap().unwrap();
    });
}

#[test]
fn what_is_told_twice_is_heard_once_and_late_news_change_nothing() {
    two(|app| {
        let (us, them) = (of(), other());
        let id = ask(app, &us, OTHER).unwrap();
        carry(app);
        assert_eq!(do_it(app, &them, &id, IllDeed::Send, Some("JN0000002")), Ok(IllState::Sent));
        // Told, and then cut before the message was forgotten: it is there again.
        let again = format!(
            "INSERT INTO ill_message SELECT institution, id, 1, partner, deed, body FROM ill_message WHERE id = '{id}' AND n = 7"
        );
        app.store().execute(&again).unwrap();
        carry(app);
        let resent = format!(
            "INSERT INTO ill_message (institution, id, n, partner, deed, body) \
             VALUES ('{OTHER}', '{id}', 1, '{}', 'send', '{{\"item\":\"JN0000009\"}}')",
            us.as_str()
        );
        app.store().execute(&resent).unwrap();
        assert_eq!(carry(app), 1);
        let ours = app.store().ills(&us, 10).unwrap().remove(0);
        assert_eq!(
            (ours.state, ours.item),
            (IllState::Sent, Some(item("JN0000002"))),
            "the first word counts"
        );
        // Another library cannot speak for the partner.
        let forged = format!(
            "INSERT INTO ill_message (institution, id, n, partner, deed, body) \
             VALUES ('{}', '{id}', 99, '{}', 'back', '{{}}')",
            us.as_str(),
            us.as_str()
        );
        app.store().execute(&forged).unwrap();
        carry(app);
        assert_eq!(states(app, &id), ("sent".to_owned(), "sent".to_owned()));
    });
}

#[test]
fn who_cancels_what_is_sent_gets_it_all_the_same() {
    two(|app| {
        let (us, them) = (of(), other());
        let id = ask(app, &us, OTHER).unwrap();
        carry(app);
        assert_eq!(do_it(app, &us, &id, IllDeed::Cancel, None), Ok(IllState::Cancelled));
        assert_eq!(do_it(app, &them, &id, IllDeed::Send, Some("JN0000003")), Ok(IllState::Sent));
        carry(app);
        assert_eq!(states(app, &id), ("sent".to_owned(), "sent".to_owned()));
        assert_eq!(do_it(app, &us, &id, IllDeed::Receive, None), Ok(IllState::Here));
        assert_eq!(do_it(app, &us, &id, IllDeed::SendBack, None), Ok(IllState::Back));
    });
}

#[test]
fn only_partners_are_asked_and_only_partners_are_heard() {
    two(|app| {
        let (us, them) = (of(), other());
        assert_eq!(ask(app, &us, "CN-999999-XX"), Err(IllRefused::NoPartner));
        assert!(!app.store().set_ill_partner(&us, &Isil::parse("CN-999999-XX").unwrap(), true).unwrap());
        let nobody = patron("LW99999999");
        let asked = app.store().ill_ask(&us, (OTHER, &wanted()), (Some(&nobody), "LW01"), &desk()).unwrap();
        assert_eq!(asked, Err(IllRefused::Missing("card")));
        let asked = app.store().ill_ask(&us, (OTHER, &wanted()), (None, "XX"), &desk()).unwrap();
        assert_eq!(asked, Err(IllRefused::Missing("branch")));
        assert!(app.store().set_ill_partner(&them, &us, false).unwrap());
        let id = ask(app, &us, OTHER).unwrap();
        carry(app);
        carry(app);
        assert_eq!(states(app, &id), ("refused".to_owned(), "refused".to_owned()));
    });
}
