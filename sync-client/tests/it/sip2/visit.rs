//! What a kiosk does in a day, over a line that works.

use std::sync::Arc;
use std::time::Duration;

use circulation::id::TransactionId;
use circulation::money::Amount;
use circulation::transaction::{Reason, Verdict};
use jiff::civil::date;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sync_client::answer::HoldingState;
use sync_client::settle::{self, Evidence};
use sync_client::sip2::ask::{Fees, HoldChange, Past, Payment};
use sync_client::sip2::charset::Charset;
use sync_client::sip2::client::{AskError, ConfigProblem, NotSent, Roots, Sip2, Sip2Config, Tls};
use sync_client::sip2::dialect::{Checksum, Dialect, EmptyDate, NoBlock, Terminator};
use tokio_rustls::TlsAcceptor;

use super::library::{Library, TITLE};
use super::server::{Acs, Act};
use super::{client, config, pin, strict};
use crate::world::{item, patron};

#[tokio::test]
async fn a_visit_over_one_connection() {
    let acs = Acs::start(strict(), Library::new(), |_, _| Act::Answer).await;
    let asked = client(&acs);
    let who = patron("P1");
    assert_eq!(asked.confirm(&who, &pin("000000")).await, Ok(Err(Reason::WrongPin)));
    let found = asked.patron_with(&who, Some(&pin("246810"))).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.n_loans), ("张三", Some(0)));
    assert_eq!(asked.patron(&patron("X1")).await, Ok(Err(Reason::PatronUnknown)));
    assert_eq!(asked.holding(&item("40017")).await.unwrap().unwrap().state, HoldingState::InLibrary);
    assert_eq!(asked.holding(&item("99999")).await, Ok(None));

    let Ok(Verdict::Granted(grant)) = asked.checkout(&who, &item("40017")).await else { panic!() };
    assert_eq!((grant.description.title.as_deref(), grant.due), (Some(TITLE), Some(date(2026, 12, 22))));
    let again = asked.checkout(&who, &item("40017")).await;
    assert_eq!(again, Ok(Verdict::Declined(Reason::OnLoan)), "words become what the ledger knows");
    assert_eq!(asked.checkout(&who, &item("99999")).await, Ok(Verdict::Declined(Reason::ItemUnknown)));
    assert!(matches!(asked.renew(&who, &item("40017"), None).await, Ok(Verdict::Granted(_))));
    assert_eq!(asked.renew_all(&who, None).await.unwrap().unwrap().n_renewed, 1);
    let loans = asked.loans(&who).await.unwrap().unwrap();
    assert_eq!(loans.iter().map(|loan| loan.item.as_str()).collect::<Vec<_>>(), ["40017"]);
    assert!(matches!(asked.checkin(&item("40017")).await, Ok(Verdict::Granted(_))));
    assert_eq!(asked.checkin(&item("40017")).await, Ok(Verdict::Declined(Reason::NotOnLoan)));

    let id = TransactionId::from_bytes([3; 16]);
    let payment = Payment { id, amount: Amount::from_fen(150), fee_type: 4, payment_type: 0 };
    assert_eq!(asked.fee_paid(&who, &payment).await, Ok(Ok(())));
    assert_eq!(asked.hold(HoldChange::Add, &who, &item("40018"), None).await, Ok(Ok(())));
    assert_eq!(asked.item_status_update(&item("40018"), "wet").await, Ok(Ok(())));
    assert_eq!(asked.end_session(&who).await, Ok(Ok(())));
    assert_eq!(asked.ping().await, Ok(()));
    assert!(asked.status().unwrap().takes_offline);
    assert_eq!(acs.seen()[..4], ["connect", "93", "99", "63"]);
    assert_eq!((acs.n_seen("connect"), acs.n_seen("93")), (1, 1));
}

#[tokio::test]
async fn gbk_and_an_unchecked_dialect_with_its_extension() {
    let dialect = Dialect {
        terminator: Terminator::CrLf,
        // The server of this test answers by the standard's table.
        circulation: Dialect::standard().circulation,
        ..Dialect::interlib()
    };
    for charset in [Charset::Gbk, Charset::Gb18030] {
        let acs =
            Acs::start(Dialect { charset, ..dialect.clone() }, Library::new(), |_, _| Act::Bytewise).await;
        let asked = client(&acs);
        let Ok(Verdict::Granted(grant)) = asked.checkout(&patron("P1"), &item("40017")).await else {
            panic!()
        };
        assert_eq!(grant.description.title.as_deref(), Some(TITLE), "its bytes look like a delimiter");
        assert!(acs.texts("11")[0].contains("|CNop7|"), "the operator's account");
        let free = asked.exchange(asked.asks().card_check(&patron("P9"))).await.unwrap();
        assert_eq!(free.id().as_str(), "92");
    }
}

#[tokio::test]
async fn what_happened_offline_is_told_as_the_dialect_allows() {
    let past = Past { at: date(2026, 11, 20).at(22, 30, 0, 0), due: Some(date(2026, 12, 20)) };
    for (no_block, out, back) in [
        (NoBlock::Never, "11NN", "09N"),
        (NoBlock::CheckinOnly, "11NN", "09Y"),
        (NoBlock::Always, "11NY", "09Y"),
    ] {
        let dialect = Dialect { no_block, empty_date: EmptyDate::Now, ..strict() };
        let acs = Acs::start(dialect, Library::new(), |_, _| Act::Answer).await;
        let asked = client(&acs);
        let verdict = asked.lend(&patron("P1"), &item("40017"), Some(&past), Fees::NotAsked).await;
        assert!(matches!(verdict, Ok(Verdict::Granted(_))));
        assert!(matches!(asked.checkin_past(&item("40017"), &past).await, Ok(Verdict::Granted(_))));
        assert!(acs.texts("11")[0].starts_with(out) && acs.texts("09")[0].starts_with(back), "{no_block:?}");
        assert!(acs.texts("09")[0].contains("20261120    223000"), "the day of the return is always said");
        assert_eq!(acs.texts("11")[0].contains("20261120    223000"), no_block == NoBlock::Always);
    }
}

#[tokio::test]
async fn a_look_says_what_the_resolution_of_a_row_needs() {
    let asked_at = date(2026, 11, 22).at(9, 0, 0, 0);
    let later = date(2026, 11, 22).at(9, 5, 0, 0);
    let see = |loans: &[_], what| {
        settle::evidence(loans, &item(what), asked_at, asked_at, later, settle::IN_FLIGHT)
    };
    let library = || Library::new().lend("P1", &["40017", "40018", "40019"]);

    let acs = Acs::start(strict(), library(), |_, _| Act::Answer).await;
    let asked = client(&acs);
    let loans = asked.look(&patron("P1"), &item("40018")).await.unwrap().unwrap();
    assert_eq!(see(&loans, "40018"), Evidence::OnLoanToPatron);
    let loan = loans.iter().find(|loan| loan.item == item("40018")).unwrap();
    assert_eq!((loan.title.as_deref(), loan.due), (Some(TITLE), Some(date(2026, 12, 22))));
    let loans = asked.look(&patron("P1"), &item("40020")).await.unwrap().unwrap();
    assert_eq!(see(&loans, "40020"), Evidence::NotOnLoanToPatron);
    assert_eq!(asked.look(&patron("X1"), &item("40020")).await, Ok(Err(Reason::PatronUnknown)));

    // A list in pages is put together.
    let acs = Acs::start(strict(), Library { list: 2, ..library() }, |_, _| Act::Answer).await;
    assert_eq!(client(&acs).loans(&patron("P1")).await.unwrap().unwrap().len(), 3);
    assert_eq!(acs.n_seen("63"), 2);

    // A list of titles decides nothing about a book that is out, and need not about one that is in.
    let acs = Acs::start(strict(), Library { lists_titles: true, ..library() }, |_, _| Act::Answer).await;
    let asked = client(&acs);
    assert!(asked.loans(&patron("P1")).await.unwrap_err().is_in_doubt());
    assert!(asked.look(&patron("P1"), &item("40017")).await.unwrap_err().is_in_doubt());
    let loans = asked.look(&patron("P1"), &item("40020")).await.unwrap().unwrap();
    assert_eq!(see(&loans, "40020"), Evidence::NotOnLoanToPatron);
}

#[tokio::test]
async fn those_who_ask_at_once_are_served_in_their_order_over_one_line() {
    let acs = Acs::start(strict(), Library::new(), |_, _| Act::Late(Duration::from_millis(5))).await;
    let asked = client(&acs);
    let items: Vec<String> = (10..40).map(|n| n.to_string()).collect();
    let calls = items.iter().map(|number| {
        let (asked, item) = (asked.clone(), item(number));
        async move { asked.item(&item).await }
    });
    let mut set = tokio::task::JoinSet::new();
    for call in calls {
        set.spawn(call);
        // So that the order of asking is known.
        tokio::task::yield_now().await;
    }
    for answer in set.join_all().await {
        assert_eq!(answer, Ok(None));
    }
    assert_eq!(acs.n_seen("connect"), 1);
    let seen: Vec<String> = acs
        .texts("17")
        .iter()
        .map(|text| text.split("AB").nth(1).unwrap().chars().take(2).collect())
        .collect();
    assert_eq!(seen, items);
}

#[tokio::test]
async fn a_silent_line_is_kept_alive() {
    let acs = Acs::start(strict(), Library::new(), |_, _| Act::Answer).await;
    let short = Sip2Config { keep_alive: Duration::from_millis(40), ..config(acs.port, strict()) };
    let asked = Sip2::start(short).unwrap();
    asked.ping().await.unwrap();
    let before = acs.n_seen("99");
    while acs.n_seen("99") < before + 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(acs.n_seen("connect"), 1);
}

fn acceptor() -> TlsAcceptor {
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../../../testdata/tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../testdata/tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn tls_is_spoken_with_whom_somebody_vouches_for_and_with_nobody_else() {
    let acs = Acs::start_with(strict(), Library::new(), Some(acceptor()), |_, _| Act::Answer).await;
    let over = |pem: &[u8], name: Option<&str>| {
        let tls = Some(Tls { roots: Roots::Pem(pem.to_vec()), name: name.map(str::to_owned) });
        Sip2::start(Sip2Config { tls, ..config(acs.port, strict()) })
    };
    let ca = include_bytes!("../../../testdata/tls/ca.pem");
    assert!(matches!(
        over(ca, None).unwrap().checkout(&patron("P1"), &item("40017")).await,
        Ok(Verdict::Granted(_))
    ));
    assert_eq!(over(ca, Some("localhost")).unwrap().ping().await, Ok(()));
    for (pem, name) in
        [(&ca[..], Some("elsewhere.example")), (&include_bytes!("../../../testdata/tls/other.pem")[..], None)]
    {
        let error = over(pem, name).unwrap().checkin(&item("40017")).await.unwrap_err();
        assert!(matches!(error, AskError::NotSent(NotSent::Tls { .. })), "{error}");
    }
    assert!(matches!(over(b"no certificate", None), Err(ConfigProblem::Tls { .. })));
    assert!(matches!(over(ca, Some("a b")), Err(ConfigProblem::Name { .. })));
    // A plain client at a TLS port, and a TLS client at a plain one: no session, no doubt.
    let plain = Sip2::start(config(acs.port, strict())).unwrap();
    assert!(!plain.checkin(&item("40017")).await.unwrap_err().is_in_doubt());
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() {
    let of = |change: fn(&mut Sip2Config)| {
        let mut config = config(1, Dialect { checksum: Checksum::Off, ..strict() });
        change(&mut config);
        Sip2::start(config).map(drop)
    };
    assert_eq!(of(|config| config.host.clear()), Err(ConfigProblem::Empty { name: "host" }));
    let no_user = |config: &mut Sip2Config| config.station.login.as_mut().unwrap().user.clear();
    assert_eq!(of(no_user), Err(ConfigProblem::Empty { name: "login user" }));
}
