//! Every way in which a line or a server can fail: what is in doubt, what is not, and that nothing is done twice.

use std::time::Duration;

use circulation::transaction::{Reason, Verdict};
use sync_client::sip2::client::{AskError, NotSent, Silence, Sip2, Sip2Config};
use sync_client::sip2::dialect::Dialect;
use sync_client::sip2::dialogue;

use super::library::Library;
use super::server::{Acs, Act};
use super::{client, config, strict};
use crate::world::{item, patron};

/// A server at which the first loan meets this, and everything else goes well.
async fn at_first_loan(act: Act) -> Acs {
    let act = move |id: &str, n| if (id, n) == ("11", 0) { act.clone() } else { Act::Answer };
    Acs::start(strict(), Library::new(), act).await
}

/// The loan is done and its answer lost. It is in doubt, it was sent once, and a look over a new
/// connection says the truth.
#[tokio::test]
async fn a_lost_answer_to_a_loan_is_a_doubt_that_a_look_resolves() {
    for act in [Act::Drop, Act::Half, Act::Mute, Act::Late(Duration::from_millis(600))] {
        let acs = at_first_loan(act.clone()).await;
        let asked = client(&acs);
        let error = asked.checkout(&patron("P1"), &item("40017")).await.unwrap_err();
        assert!(error.is_in_doubt(), "{act:?}: {error}");
        let loans = asked.look(&patron("P1"), &item("40017")).await.unwrap().unwrap();
        assert_eq!(loans.len(), 1, "{act:?}");
        assert_eq!((acs.n_seen("11"), acs.library(|library| library.n_lent)), (1, 1));
        assert_eq!((acs.n_seen("connect"), acs.n_seen("93")), (2, 2), "a late answer meets nobody: {act:?}");
        assert!(matches!(asked.cancel_checkout(&item("40017")).await, Ok(Verdict::Granted(_))));
        assert!(acs.texts("09")[0].contains("|BIY|"));
    }
}

#[tokio::test]
async fn a_loan_that_was_not_done_is_a_doubt_too_until_somebody_looks() {
    for act in [Act::Refuse, Act::Html] {
        let acs = at_first_loan(act).await;
        let asked = client(&acs);
        assert!(asked.checkout(&patron("P1"), &item("40017")).await.unwrap_err().is_in_doubt());
        assert_eq!(asked.look(&patron("P1"), &item("40017")).await, Ok(Ok(vec![])));
        assert_eq!((acs.n_seen("11"), acs.library(|library| library.n_lent)), (1, 0));
    }
}

/// The answer to a return is lost; asked again, "not on loan" says that it is done.
#[tokio::test]
async fn a_return_may_be_asked_again() {
    let script = |id: &str, n| if (id, n) == ("09", 0) { Act::Drop } else { Act::Answer };
    let acs = Acs::start(strict(), Library::new().lend("P1", &["40017"]), script).await;
    let asked = client(&acs);
    assert!(asked.checkin(&item("40017")).await.unwrap_err().is_in_doubt());
    assert_eq!(asked.checkin(&item("40017")).await, Ok(Verdict::Declined(Reason::NotOnLoan)));
}

/// Noise before an answer, an answer in pieces, strays, a wrong checksum: the loan is granted, and made once.
#[tokio::test]
async fn what_is_only_noise_costs_no_doubt() {
    for act in [Act::Garbage, Act::Bytewise, Act::Strays, Act::BadChecksum, Act::Resend] {
        let acs = at_first_loan(act.clone()).await;
        let verdict = client(&acs).checkout(&patron("P1"), &item("40017")).await;
        assert!(matches!(verdict, Ok(Verdict::Granted(_))), "{act:?}: {verdict:?}");
        assert_eq!(acs.library(|library| library.n_lent), 1, "{act:?}");
        assert_eq!(acs.n_seen("connect"), 1, "{act:?}");
    }
}

/// 20: "not understood" again and again is no doubt but a wrong configuration, and says so.
#[tokio::test]
async fn a_server_that_never_understands_is_named() {
    let act = |id: &str, _| if id == "11" { Act::Resend } else { Act::Answer };
    let acs = Acs::start(strict(), Library::new(), act).await;
    let error = client(&acs).checkout(&patron("P1"), &item("40017")).await.unwrap_err();
    assert!(!error.is_in_doubt());
    assert!(error.to_string().contains("check character set and checksum"), "{error}");
    assert_eq!(acs.n_seen("11"), 3);
}

/// What only looks is asked again: over the same line when it is slow, over a new one when it broke.
#[tokio::test]
async fn a_question_survives_what_a_loan_does_not() {
    for act in [Act::Drop, Act::Half, Act::Mute, Act::Refuse] {
        let script = act.clone();
        let acs = Acs::start(strict(), Library::new(), move |id, n| match (id, n) {
            ("17", 1) => script.clone(),
            _ => Act::Answer,
        });
        let acs = acs.await;
        let asked = client(&acs);
        assert!(asked.item(&item("40017")).await.is_ok());
        assert!(asked.item(&item("40018")).await.unwrap().is_some(), "{act:?}");
    }
}

/// The server has closed the line while nobody asked. The next loan is no doubt.
#[tokio::test]
async fn a_line_that_ended_unnoticed_costs_a_reconnection_and_no_doubt() {
    let acs = Acs::start(strict(), Library::new(), |id, n| match (id, n) {
        ("35", _) => Act::Drop,
        _ => Act::Answer,
    });
    let acs = acs.await;
    let asked = client(&acs);
    assert!(asked.end_session(&patron("P1")).await.is_err());
    let verdict = asked.checkout(&patron("P1"), &item("40017")).await;
    assert!(matches!(verdict, Ok(Verdict::Granted(_))), "{verdict:?}");
}

/// The line is dead and says nothing of it (NAT, a pulled plug). A status is asked first, and costs what a doubt
/// would.
#[tokio::test]
async fn a_half_open_line_is_found_out_before_a_loan_goes_over_it() {
    let act = |id: &str, n| if (id, n) == ("99", 1) { Act::Mute } else { Act::Answer };
    let acs = Acs::start(strict(), Library::new(), act).await;
    let cautious = Sip2Config {
        fresh_for: Duration::ZERO,
        retries: 0,
        total_timeout: Duration::from_secs(5),
        ..config(acs.port, strict())
    };
    let asked = Sip2::start(cautious).unwrap();
    assert!(asked.item(&item("40017")).await.is_ok());
    let verdict = asked.checkout(&patron("P1"), &item("40017")).await;
    assert!(matches!(verdict, Ok(Verdict::Granted(_))), "{verdict:?}");
    assert_eq!((acs.n_seen("connect"), acs.n_seen("11")), (2, 1));
}

#[tokio::test]
async fn what_never_reached_the_server_is_certainly_not_done() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let asked = Sip2::start(config(port, strict())).unwrap();
    let error = asked.checkin(&item("40017")).await.unwrap_err();
    assert_eq!(error, AskError::NotSent(NotSent::Refused));

    let lost = Sip2Config { host: "central.invalid".into(), ..config(port, strict()) };
    let error = Sip2::start(lost).unwrap().checkin(&item("40017")).await.unwrap_err();
    assert!(matches!(error, AskError::NotSent(NotSent::Name | NotSent::ConnectTimeout)), "{error}");
    assert!(!error.is_in_doubt());
}

/// Login and status come first: what goes wrong there was not asked.
#[tokio::test]
async fn no_session_is_no_doubt() {
    for id in ["93", "99"] {
        for act in [Act::Drop, Act::Half, Act::Mute, Act::Refuse, Act::Html, Act::Resend] {
            let script = act.clone();
            let act_at = move |seen: &str, _| if seen == id { script.clone() } else { Act::Answer };
            let acs = Acs::start(strict(), Library::new(), act_at).await;
            let error = client(&acs).checkout(&patron("P1"), &item("40017")).await.unwrap_err();
            assert!(matches!(error, AskError::NotSent(NotSent::NoSession { .. })), "{id} {act:?}: {error}");
            assert_eq!(acs.n_seen("11"), 0);
        }
    }
    let library = Library { accepts_login: false, ..Library::new() };
    let acs = Acs::start(strict(), library, |_, _| Act::Answer).await;
    assert_eq!(client(&acs).ping().await, Err(AskError::LoginRefused));
}

/// The line is up, the library system takes no loans: not sent, and sent again as soon as it does.
#[tokio::test]
async fn a_closed_system_is_asked_nothing_and_asked_again() {
    let library = Library { takes_checkouts: false, ..Library::new() };
    let acs = Acs::start(strict(), library, |_, _| Act::Answer).await;
    let asked = client(&acs);
    let error = asked.checkout(&patron("P1"), &item("40017")).await.unwrap_err();
    assert_eq!(error, AskError::NotSent(NotSent::Closed { what: "checkouts" }));
    assert_eq!(acs.n_seen("11"), 0);
    acs.library(|library| library.takes_checkouts = true);
    assert!(matches!(asked.checkout(&patron("P1"), &item("40017")).await, Ok(Verdict::Granted(_))));

    acs.library(|library| library.takes_checkouts = false);
    let dialect = Dialect { obeys_status: false, ..strict() };
    let asked = Sip2::start(config(acs.port, dialect)).unwrap();
    assert!(matches!(asked.checkout(&patron("P1"), &item("40018")).await, Ok(Verdict::Granted(_))));
}

/// A queue behind a silent server: those behind are told in time that they were not sent.
#[tokio::test]
async fn whoever_waits_too_long_was_not_sent() {
    let script = |id: &str, _| if id == "11" { Act::Mute } else { Act::Answer };
    let acs = Acs::start(strict(), Library::new(), script).await;
    let patient = Duration::from_millis(900);
    let slow = Sip2Config { answer_timeout: patient, total_timeout: patient, ..config(acs.port, strict()) };
    let asked = Sip2::start(slow).unwrap();
    let (first, second) = (patron("P1"), patron("P1"));
    let (one, two) = (item("40017"), item("40018"));
    let (one, two) = tokio::join!(asked.checkout(&first, &one), asked.checkout(&second, &two));
    assert_eq!(one, Err(AskError::Silent(Silence::Dialogue(dialogue::Silence::Timeout))));
    assert!(!two.unwrap_err().is_in_doubt());
    assert_eq!(acs.n_seen("11"), 1);
}

#[tokio::test]
async fn no_error_text_holds_anything_private() {
    let acs = at_first_loan(Act::Half).await;
    let asked = client(&acs);
    let error = asked.checkout(&patron("P20260017"), &item("40017")).await.unwrap_err();
    let text = format!("{error} {error:?} {asked:?}");
    for private in ["P20260017", "secret", "kiosk1", "张三"] {
        assert!(!text.contains(private), "{text}");
    }
}
