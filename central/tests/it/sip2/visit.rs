//! What the kiosk's own client can do at central.

use std::path::Path;

use circulation::id::TransactionId;
use circulation::money::Amount;
use circulation::patron::Pin;
use circulation::screen::HoldState;
use circulation::transaction::{Reason, Verdict};
use jiff::civil::date;
use sync_client::sip2::ask::{Fees, HoldChange, Past, Payment};
use sync_client::sip2::client::{Roots, Tls};
use sync_client::sip2::dialect::{Dialect, NoBlock};
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::{SUMMARY_CHARGED, SUMMARY_HOLDS, SUMMARY_UNAVAILABLE, Summary};
use sync_client::sip2::message::Body;

use super::{Acs, item, library, patron};

fn pin(text: &str) -> Pin {
    let mut pin = Pin::default();
    text.chars().for_each(|digit| pin.push(digit));
    pin
}

#[tokio::test]
async fn a_loan_is_made_listed_renewed_and_brought_back() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    kiosk.ping().await.unwrap();
    let (who, what) = (patron("LW20260004"), item("LW0000001"));
    let known = kiosk.patron_with(&who, Some(&pin("123456"))).await.unwrap().unwrap();
    assert_eq!((known.n_loans, known.loan_limit), (Some(0), Some(5)));
    assert!(known.valid_until.is_some() && !known.name.is_empty());

    let Verdict::Granted(grant) = kiosk.checkout(&who, &what).await.unwrap() else { panic!() };
    assert_eq!((grant.due, grant.description.title.as_deref()), (Some(date(2026, 12, 23)), Some("红楼梦")));
    assert_eq!(kiosk.checkout(&who, &what).await.unwrap(), Verdict::Declined(Reason::OnLoan));
    let loans = kiosk.look(&who, &what).await.unwrap().unwrap();
    assert_eq!((loans.len(), loans[0].due), (1, Some(date(2026, 12, 23))));
    // Somebody else's loan shows no days.
    assert_eq!(kiosk.loans(&patron("LW20260001")).await.unwrap().unwrap().len(), 2);
    assert_eq!(kiosk.item(&what).await.unwrap().unwrap().due, None);

    acs.world.pass_minutes(24 * 60);
    let Verdict::Granted(grant) = kiosk.renew(&who, &what, None).await.unwrap() else { panic!() };
    assert_eq!(grant.due, Some(date(2026, 12, 24)));
    let renewed = kiosk.renew_all(&who, Some(&pin("123456"))).await.unwrap().unwrap();
    assert_eq!((renewed.n_renewed, renewed.unrenewed), (0, vec![what.clone()]), "once is allowed");

    assert!(matches!(kiosk.checkin(&what).await.unwrap(), Verdict::Granted(_)));
    assert_eq!(kiosk.checkin(&what).await.unwrap(), Verdict::Declined(Reason::NotOnLoan));
    assert_eq!(kiosk.checkin(&item("LW9")).await.unwrap(), Verdict::Declined(Reason::ItemUnknown));
    assert_eq!(kiosk.loans(&who).await.unwrap().unwrap(), []);
    assert_eq!(kiosk.end_session(&who).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn who_may_not_borrow_is_told_why() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    for (who, reason) in [
        ("LW99", Reason::PatronUnknown),
        ("LW20260006", Reason::PatronExpired),
        ("LW20260007", Reason::PatronLost),
    ] {
        assert_eq!(kiosk.patron(&patron(who)).await.unwrap(), Err(reason), "{who}");
    }
    let (who, what) = (patron("LW20260001"), item("LW0000001"));
    assert_eq!(kiosk.confirm(&who, &pin("654321")).await.unwrap(), Err(Reason::WrongPin));
    // With a wrong password nothing is told, and nothing is done.
    let wrong = kiosk.exchange(kiosk.asks().loans(&who, Some(&pin("654321")), 1, 9)).await.unwrap();
    assert_eq!((wrong.fields.said(F_NAME), wrong.fields.said(F_CHARGED_ITEMS)), (None, None));
    let Body::PatronInformationAnswer(body) = &wrong.body else { panic!() };
    assert_eq!(body.n_charged.0, Some(0));
    let held = kiosk.hold(HoldChange::Add, &who, &what, Some(&pin("654321"))).await.unwrap();
    assert_eq!(held, Err(Reason::Other("密码不正确".into())));
    let words = |text: &str| Verdict::Declined(Reason::Other(text.into()));
    let declined = kiosk.checkout(&patron("LW20260011"), &what).await.unwrap();
    assert_eq!(declined, words("欠费 12.50 元，请到服务台缴清"));
    assert_eq!(
        kiosk.checkout(&patron("LW20260013"), &what).await.unwrap(),
        words("已借满 5 册，请先归还再借")
    );
    assert_eq!(
        kiosk.checkout(&who, &item("LW0000010")).await.unwrap(),
        words("此书已被其他读者预约，请交给工作人员")
    );
}

#[tokio::test]
async fn a_held_item_is_sorted_onto_the_hold_shelf() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    let (one, two, what) = (patron("LW20260004"), patron("LW20260001"), item("LW0000002"));
    assert!(matches!(kiosk.checkout(&one, &what).await.unwrap(), Verdict::Granted(_)));
    assert_eq!(kiosk.hold(HoldChange::Add, &two, &what, None).await.unwrap(), Ok(()));
    assert!(kiosk.hold(HoldChange::Add, &two, &what, None).await.unwrap().is_err(), "held already");
    // The kiosk's own place is no branch.
    assert!(kiosk.hold(HoldChange::Change, &two, &what, None).await.unwrap().is_err());
    let answer = kiosk.exchange(kiosk.asks().checkin(&what, None)).await.unwrap();
    let Body::CheckinAnswer(body) = &answer.body else { panic!() };
    assert!(body.ok.0 && body.alert && body.resensitize);
    let said = |code| answer.fields.said(code);
    assert_eq!((said(F_SORT_BIN), said(F_ALERT)), (Some("2"), Some("01")));
    assert_eq!(said(F_SCREEN), Some("预约图书，请放预约架"));
    assert!(said(F_HOME).is_some() && said(F_PATRON_ID).is_none());
    assert!(matches!(kiosk.checkout(&one, &what).await.unwrap(), Verdict::Declined(_)));
    assert_eq!(kiosk.hold(HoldChange::Delete, &two, &what, None).await.unwrap(), Ok(()));
    assert!(kiosk.hold(HoldChange::Delete, &two, &what, None).await.unwrap().is_err());
    // A sorter gets its bin for what was not on loan too.
    let answer = kiosk.exchange(kiosk.asks().checkin(&what, None)).await.unwrap();
    let Body::CheckinAnswer(body) = &answer.body else { panic!() };
    assert_eq!((body.ok.0, body.alert, answer.fields.said(F_SORT_BIN)), (false, false, Some("1")));
}

#[tokio::test]
async fn what_happened_offline_is_applied_once_and_never_refused() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let start = || acs.kiosk(|config| config.dialect.no_block = NoBlock::Always);
    let kiosk = start();
    let (who, what) = (patron("LW20260004"), item("LW0000001"));
    let past = Past { at: date(2026, 11, 23).at(8, 0, 0, 0), due: Some(date(2026, 12, 1)) };
    // The answer was lost, and the device was switched off and on.
    for kiosk in [&kiosk, &start()] {
        let told = kiosk.lend(&who, &what, Some(&past), Fees::NotAsked).await.unwrap();
        let Verdict::Granted(grant) = told else { panic!() };
        assert_eq!(grant.due, Some(date(2026, 12, 1)));
    }
    assert_eq!(acs.world.app.store().exceptions(&library()).unwrap(), []);
    // A card that was lost, and an item that is not lent: it has happened.
    let lost = kiosk.lend(&patron("LW20260007"), &item("LW0000005"), Some(&past), Fees::NotAsked).await;
    assert!(matches!(lost.unwrap(), Verdict::Granted(_)));
    assert_eq!(acs.world.app.store().exceptions(&library()).unwrap().len(), 1);
    let back = Past { at: date(2026, 11, 23).at(9, 0, 0, 0), due: None };
    assert!(matches!(kiosk.checkin_past(&what, &back).await.unwrap(), Verdict::Granted(_)));
    assert!(matches!(kiosk.checkin_past(&what, &back).await.unwrap(), Verdict::Granted(_)));
    assert_eq!(kiosk.loans(&who).await.unwrap().unwrap(), []);
}

#[tokio::test]
async fn a_loan_that_is_called_off_never_was() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    let (who, what) = (patron("LW20260003"), item("LW0000010"));
    let hold = || acs.world.app.store().hold(&library(), (&who, &what)).unwrap();
    assert!(hold().is_some());
    assert!(matches!(kiosk.checkout(&who, &what).await.unwrap(), Verdict::Granted(_)));
    assert!(hold().is_none(), "fulfilled");
    assert!(matches!(kiosk.cancel_checkout(&what).await.unwrap(), Verdict::Granted(_)));
    assert!(hold().is_some(), "and a hold again");
    assert_eq!(kiosk.loans(&who).await.unwrap().unwrap().iter().filter(|loan| loan.item == what).count(), 0);
    // What central does not remember to have lent at this device is a return.
    assert!(matches!(kiosk.cancel_checkout(&item("LW0000011")).await.unwrap(), Verdict::Granted(_)));
}

#[tokio::test]
async fn the_interlib_dialect_is_spoken_in_gbk() {
    let Some(acs) = Acs::start(|settings| settings.dialect = Dialect::interlib()).await else { return };
    let kiosk = acs.kiosk(|config| {
        config.dialect = Dialect::interlib();
        config.station.operator = "kiosk-7".into();
    });
    let (who, what) = (patron("LW20260004"), item("LW0000001"));
    let Verdict::Granted(grant) = kiosk.checkout(&who, &what).await.unwrap() else { panic!() };
    assert_eq!(grant.description.title.as_deref(), Some("红楼梦"));
    let loans = kiosk.look(&who, &what).await.unwrap().unwrap();
    assert_eq!((loans[0].due, loans[0].since.map(|at| at.date())), (grant.due, Some(date(2026, 11, 23))));
    assert!(kiosk.item(&item("LW9")).await.unwrap().is_none());
}

#[tokio::test]
async fn tls_is_spoken() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sync-client/testdata/tls");
    let of = |name: &str| folder.join(name);
    assert!(central::sip2::tls::acceptor(&of("server.key"), &of("server.pem")).is_err());
    assert!(central::sip2::tls::acceptor(&of("none.pem"), &of("server.key")).is_err());
    let acceptor = central::sip2::tls::acceptor(&of("server.pem"), &of("server.key")).unwrap();
    let Some(acs) = Acs::start(|settings| settings.tls = Some(acceptor)).await else { return };
    let ca = std::fs::read(of("ca.pem")).unwrap();
    let kiosk = acs.kiosk(|config| config.tls = Some(Tls { roots: Roots::Pem(ca), name: None }));
    assert!(matches!(
        kiosk.checkout(&patron("LW20260004"), &item("LW0000001")).await.unwrap(),
        Verdict::Granted(_)
    ));
    // A plain client gets no session and is in no doubt.
    let plain = acs.kiosk(|config| config.total_timeout = std::time::Duration::from_secs(2));
    assert!(!plain.checkin(&item("LW0000001")).await.unwrap_err().is_in_doubt());
}

#[tokio::test]
async fn lists_come_in_the_part_that_is_asked_for() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    let who = patron("LW20260013");
    let list = async |first, last, position| {
        let mut message = kiosk.asks().loans(&who, None, first, last);
        if let Body::PatronInformation(body) = &mut message.body {
            body.summary = Summary::at(&[position]);
        }
        let answer = kiosk.exchange(message).await.unwrap();
        let Body::PatronInformationAnswer(body) = &answer.body else { panic!() };
        let lists = [F_CHARGED_ITEMS, F_OVERDUE_ITEMS, F_FINE_ITEMS];
        (body.n_charged.0, lists.map(|code| answer.fields.all(code).count()))
    };
    assert_eq!(list(1, 3, SUMMARY_CHARGED).await, (Some(5), [3, 0, 0]));
    assert_eq!(list(4, 9, SUMMARY_CHARGED).await, (Some(5), [2, 0, 0]));
    assert_eq!(list(9, 1, SUMMARY_CHARGED).await, (Some(5), [0, 0, 0]));
    assert_eq!(list(1, 9, 1).await, (Some(5), [0, 0, 0]), "none is overdue");
    let (who, answers) = (patron("LW20260014"), SUMMARY_CHARGED - 1);
    let mut message = kiosk.asks().loans(&who, None, 1, 9);
    if let Body::PatronInformation(body) = &mut message.body {
        body.summary = Summary::at(&[answers]);
    }
    let answer = kiosk.exchange(message).await.unwrap();
    assert_eq!(answer.fields.all(F_OVERDUE_ITEMS).count(), 1);
}

#[tokio::test]
async fn holds_are_listed_as_ready_or_awaited_and_their_pickup_is_changed() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    let (who, ready, awaited) = (patron("LW20260004"), item("LW0000001"), item("LW0000011"));
    for what in [&ready, &awaited] {
        assert_eq!(kiosk.hold(HoldChange::Add, &who, what, None).await.unwrap(), Ok(()));
    }
    kiosk.exchange(kiosk.asks().checkin(&ready, None)).await.unwrap();
    let list = async |position| {
        let answer = kiosk.exchange(kiosk.asks().holds(&who, position, 9)).await.unwrap();
        let Body::PatronInformationAnswer(body) = &answer.body else { panic!() };
        let of = |code| answer.fields.all(code).map(str::to_owned).collect::<Vec<_>>();
        ((body.n_holds.0, body.n_unavailable.0), of(F_HOLD_ITEMS), of(F_UNAVAILABLE_HOLDS))
    };
    let one = (Some(1), Some(1));
    assert_eq!(list(SUMMARY_HOLDS).await, (one, vec!["LW0000001".to_owned()], vec![]));
    assert_eq!(list(SUMMARY_UNAVAILABLE).await, (one, vec![], vec!["LW0000011".to_owned()]));
    let holds = kiosk.holds(&who, 9).await.unwrap().unwrap();
    let states: Vec<&HoldState> = holds.iter().map(|hold| &hold.state).collect();
    let expected = [&HoldState::Ready { at: None, until: None }, &HoldState::Waiting { before: None }];
    assert_eq!((states.as_slice(), holds[0].description.title.as_deref()), (&expected[..], Some("红楼梦")));
    // Picked up elsewhere from now on: it is on its way there, and no longer ready.
    let mut change = kiosk.asks().hold(HoldChange::Change, &who, &ready, None);
    change.fields.remove(&[F_PICKUP]);
    change.fields.push(F_PICKUP, "LW03");
    let answer = kiosk.exchange(change).await.unwrap();
    assert!(matches!(&answer.body, Body::HoldAnswer(body) if body.ok.0), "{answer:?}");
    assert_eq!(list(SUMMARY_HOLDS).await.0, (Some(0), Some(2)));
    let transit = acs.world.text("SELECT item || ' ' || to_branch || ' ' || cause FROM transit");
    assert_eq!(transit, "LW0000001 LW03 hold");
}

#[tokio::test]
async fn what_a_device_notes_of_an_item_is_kept() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    let what = item("LW0000001");
    assert_eq!(kiosk.item_status_update(&what, "cover torn").await.unwrap(), Ok(()));
    let answer = kiosk.exchange(kiosk.asks().item(&what)).await.unwrap();
    assert_eq!(answer.fields.said(F_PROPERTIES), Some("cover torn"));
    assert!(kiosk.item_status_update(&item("LW9"), "x").await.unwrap().is_err());
}

#[tokio::test]
async fn a_payment_is_booked_once_and_a_charge_is_named() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    acs.world.execute("UPDATE loan_rule SET fine_fen_per_day = 10");
    let kiosk = acs.kiosk(|_| {});
    let who = patron("LW20260014");
    kiosk.exchange(kiosk.asks().checkin(&item("LW0000111"), None)).await.unwrap();
    let mut fines = kiosk.asks().loans(&who, None, 1, 9);
    if let Body::PatronInformation(body) = &mut fines.body {
        body.summary = Summary::at(&[3]);
    }
    let answer = kiosk.exchange(fines.clone()).await.unwrap();
    let listed: Vec<&str> = answer.fields.all(F_FINE_ITEMS).collect();
    assert_eq!(listed.len(), 1);
    let (number, rest) = listed[0].split_once(' ').unwrap();
    assert!(rest.starts_with("1.00 "), "{rest}");
    let pay = |id: u8, fen, fee: Option<&str>| {
        let payment = Payment {
            id: TransactionId::from_bytes([id; 16]),
            amount: Amount::from_fen(fen),
            fee_type: 4,
            payment_type: 2,
        };
        let mut message = kiosk.asks().fee_paid(&who, &payment);
        if let Some(fee) = fee {
            message.fields.push(F_FEE_ID, fee);
        }
        message
    };
    for (message, ok) in [
        (pay(1, 101, None), false),
        (pay(1, 40, Some("999")), false),
        (pay(1, 40, Some(number)), true),
        (pay(1, 40, Some(number)), true),
        (pay(1, 50, Some(number)), false),
        (pay(2, 60, None), true),
        (pay(3, 1, None), false),
    ] {
        let answer = kiosk.exchange(message).await.unwrap();
        assert!(matches!(&answer.body, Body::FeePaidAnswer(body) if body.ok == ok), "{answer:?}");
    }
    let answer = kiosk.exchange(fines).await.unwrap();
    assert_eq!(answer.fields.all(F_FINE_ITEMS).count(), 0);
}

#[tokio::test]
async fn a_device_takes_back_its_own_suspension_and_no_other() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let kiosk = acs.kiosk(|_| {});
    let who = patron("LW20260004");
    let is_good = async |kiosk: &sync_client::sip2::client::Sip2| {
        let answer = kiosk.exchange(kiosk.asks().patron_status(&who, None)).await.unwrap();
        matches!(&answer.body, Body::PatronStatusAnswer(body) if !body.status.is_set(0))
    };
    kiosk.exchange(kiosk.asks().block_patron(&who, true, "kept")).await.unwrap();
    assert!(!is_good(&kiosk).await);
    let other = acs.kiosk(|config| config.station.location = "kiosk-2".into());
    other.exchange(other.asks().patron_enable(&who, Some(&pin("123456")))).await.unwrap();
    assert!(!is_good(&other).await, "another device's suspension");
    kiosk.exchange(kiosk.asks().patron_enable(&who, Some(&pin("000000")))).await.unwrap();
    assert!(!is_good(&kiosk).await, "a wrong password");
    kiosk.exchange(kiosk.asks().patron_enable(&who, Some(&pin("123456")))).await.unwrap();
    assert!(is_good(&kiosk).await);
    let lost = patron("LW20260007");
    kiosk.exchange(kiosk.asks().patron_enable(&lost, Some(&pin("123456")))).await.unwrap();
    assert_eq!(kiosk.patron(&lost).await.unwrap(), Err(Reason::PatronLost));
}
