//! The same sweep at pysip2, a server that nobody here has written: every kill must end as it ends at central.

#[expect(clippy::unwrap_used, reason = "helpers of tests: their failure is the test's failure")]
#[path = "../../../../sync-client/tests/it/sip2/pysip2.rs"]
mod pysip2;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use kiosk::demo::world::CARD;
use pysip2::Pysip2;
use tests::library::{Account, Library};

use super::{Flow, Way, sweep};

/// `expected` is how the flow ends at central; the kills in the recovery are left out.
pub(super) async fn every_moment(flow: Flow, expected: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sync-client/tests/it/sip2/peer.py");
    let Some(server) = Pysip2::start(&script, &["utf-8", CARD, flow.book()]) else { return };
    let ends = sweep(Way::Peer((Ipv4Addr::LOCALHOST, server.port).into()), flow).await;
    let expected: Vec<&str> = expected.lines().filter(|line| !line.contains(", then ")).collect();
    assert_eq!(ends.lines().collect::<Vec<_>>(), expected);
}

/// The server as staff and kiosk know it.
pub(super) fn library(address: SocketAddr) -> Library {
    let account = Account {
        user: "kiosk1".to_owned(),
        password: "secret".to_owned(),
        institution: "LIB".to_owned(),
        wants_dates: true,
    };
    Library::elsewhere(address, account)
}
