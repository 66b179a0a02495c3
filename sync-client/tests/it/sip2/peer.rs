//! The client against pysip2, a SIP2 server that nobody here has written.

use std::path::Path;

use circulation::id::TransactionId;
use circulation::money::Amount;
use circulation::transaction::{Reason, Verdict};
use jiff::civil::date;
use sync_client::sip2::ask::{HoldChange, Payment};
use sync_client::sip2::charset::Charset;
use sync_client::sip2::client::{AskError, NotSent, Sip2, Sip2Config};
use sync_client::sip2::dialect::{Checksum, Dialect, EmptyDate};

use super::pysip2::Pysip2;
use super::{config, pin, strict};
use crate::world::{item, patron};

fn start(encoding: &str) -> Option<Pysip2> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sip2/peer.py");
    Pysip2::start(&script, &[encoding])
}

/// What this server wants: real dates, frames that end in CR alone, a checksum always.
fn dialect(charset: Charset) -> Dialect {
    Dialect { charset, empty_date: EmptyDate::Now, ..strict() }
}

fn client(peer: &Pysip2, dialect: Dialect) -> Sip2 {
    Sip2::start(config(peer.port, dialect)).unwrap()
}

/// One test for all, so that one process installs it.
#[tokio::test]
async fn an_independent_server() {
    for (encoding, charset) in [("utf-8", Charset::Utf8), ("gb18030", Charset::Gb18030)] {
        let Some(peer) = start(encoding) else { return };
        a_visit(&peer, charset).await;
        a_hundred_books_over_one_line(&peer, charset).await;
        a_wrong_configuration_is_no_doubt_and_says_what_is_wrong(&peer, charset).await;
    }
}

async fn a_visit(peer: &Pysip2, charset: Charset) {
    let asked = client(peer, dialect(charset));
    let who = patron("P1");
    assert_eq!(asked.ping().await, Ok(()));
    let unsupported = asked.status().unwrap().unsupported;
    assert_eq!(unsupported.iter().map(ToString::to_string).collect::<Vec<_>>(), ["23", "01", "25"]);
    assert_eq!(asked.confirm(&who, &pin("000000")).await, Ok(Err(Reason::WrongPin)));
    assert_eq!(asked.confirm(&who, &pin("246810")).await, Ok(Ok(())));
    assert_eq!(asked.patron(&who).await.unwrap().unwrap().name, "张三");
    assert_eq!(asked.patron(&patron("X1")).await, Ok(Err(Reason::PatronUnknown)));

    let Ok(Verdict::Granted(grant)) = asked.checkout(&who, &item("40017")).await else { panic!() };
    // Its title's bytes look like delimiters in GB 18030; a server that knows characters splits behind them.
    assert_eq!(grant.due, Some(date(2026, 12, 22)));
    assert_eq!(grant.description.title.as_deref(), Some("東周列國志"), "{charset:?}");
    assert_eq!(asked.checkout(&who, &item("40017")).await, Ok(Verdict::Declined(Reason::OnLoan)));
    assert_eq!(asked.checkout(&who, &item("99999")).await, Ok(Verdict::Declined(Reason::ItemUnknown)));
    let loans = asked.look(&who, &item("40017")).await.unwrap().unwrap();
    assert_eq!((loans.len(), loans[0].due), (1, Some(date(2026, 12, 22))));
    let Ok(Verdict::Granted(grant)) = asked.renew(&who, &item("40017"), None).await else { panic!() };
    assert_eq!(grant.due, Some(date(2026, 12, 31)));
    assert_eq!(asked.renew_all(&who, None).await.unwrap().unwrap().renewed, [item("40017")]);

    assert!(matches!(asked.cancel_checkout(&item("40017")).await, Ok(Verdict::Granted(_))));
    assert_eq!(asked.checkin(&item("40017")).await, Ok(Verdict::Declined(Reason::NotOnLoan)));
    assert_eq!(asked.look(&who, &item("40017")).await, Ok(Ok(vec![])));

    let id = TransactionId::from_bytes([3; 16]);
    let payment = Payment { id, amount: Amount::from_fen(150), fee_type: 4, payment_type: 0 };
    for _ in 0..2 {
        assert_eq!(asked.fee_paid(&who, &payment).await, Ok(Ok(())), "told twice");
    }
    assert_eq!(asked.hold(HoldChange::Add, &who, &item("40018"), None).await, Ok(Ok(())));
    assert_eq!(asked.item_status_update(&item("40018"), "wet").await, Ok(Ok(())));
    assert_eq!(asked.end_session(&who).await, Ok(Ok(())));
}

/// More messages than there are sequence numbers, over one line: this server answers a number that it has just seen
/// from memory.
async fn a_hundred_books_over_one_line(peer: &Pysip2, charset: Charset) {
    let asked = client(peer, dialect(charset));
    for _ in 0..100 {
        assert!(matches!(asked.checkout(&patron("P1"), &item("40018")).await, Ok(Verdict::Granted(_))));
        assert!(matches!(asked.checkin(&item("40018")).await, Ok(Verdict::Granted(_))));
    }
}

async fn a_wrong_configuration_is_no_doubt_and_says_what_is_wrong(peer: &Pysip2, charset: Charset) {
    let error = async |dialect: Dialect, password: &str| {
        let mut config: Sip2Config = config(peer.port, dialect);
        config.station.login.as_mut().unwrap().password = password.to_owned();
        Sip2::start(config).unwrap().checkin(&item("40017")).await.unwrap_err()
    };
    assert_eq!(error(dialect(charset), "wrong").await, AskError::LoginRefused);
    let no_checksum = Dialect { checksum: Checksum::Off, ..dialect(charset) };
    let found = error(no_checksum, "secret").await;
    assert!(matches!(found, AskError::NotSent(NotSent::NoSession { .. })), "{found}");
    assert!(found.to_string().contains("character set and checksum"), "{found}");
}
