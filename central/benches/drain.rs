//! A kiosk tells central what it did while nobody answered: 100,000 facts in batches, over a socket, each on the disk
//! before it is answered. Fails below 5,000 a second, or when one of them is lost or doubled.
//!
//! Prints the rate, the rate of telling the same again, and that of single asks.
#![expect(clippy::expect_used, reason = "a bench that cannot go on ends")]
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::time::{Duration, Instant};

use central::{App, Settings};
use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::Act;
use jiff::Timestamp;
use sync_client::http::{KioskApi, OpenlibConfig};
use sync_client::kiosk_api::{Entry, MAX_BATCH, Outcome};

const N_FACTS: u32 = 100_000;
const N_ASKS: u32 = 500;
const LEAST: f64 = 5000.0;

fn main() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let app = App::open(&folder.path().join("central.db"), Settings::default()).expect("a central");
    app.seed_demo().expect("the demo library");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let rate = runtime.block_on(run(app));
    assert!(rate >= LEAST, "{rate:.0} facts a second, promised are {LEAST:.0}");
}

async fn run(app: App) -> f64 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(central::serve(listener, app));
    let mut config = OpenlibConfig::new(&base, "yueting-demo", "yueting-demo-secret", "kiosk-1");
    config.total_timeout = Duration::from_secs(60);
    let kiosk = KioskApi::new(config).expect("a client");
    let now = Timestamp::now();
    let facts: Vec<Entry> = (0..N_FACTS).map(|n| kiosk.fact(id(n), now, act(n), None)).collect();
    let (first, fresh) = tell(&kiosk, &facts).await;
    let (second, repeated) = tell(&kiosk, &facts).await;
    assert_eq!((fresh, repeated), (0, N_FACTS), "each applied once, each answered again");
    let asks = ask(&kiosk, now).await;
    println!("facts told in batches of {MAX_BATCH}: {first:.0} a second; told again: {second:.0} a second");
    println!("single asks one after another: {asks:.0} a second");
    first
}

/// Facts a second, and how many were known before.
async fn tell(kiosk: &KioskApi, facts: &[Entry]) -> (f64, u32) {
    let mut n_already = 0;
    let started = Instant::now();
    for batch in facts.chunks(MAX_BATCH) {
        for answer in kiosk.tell(batch.to_vec()).await.expect("an answer") {
            assert!(matches!(answer.outcome, Outcome::Recorded { .. }), "{answer:?}");
            n_already += u32::from(answer.already);
        }
    }
    (f64::from(N_FACTS) / started.elapsed().as_secs_f64(), n_already)
}

async fn ask(kiosk: &KioskApi, now: Timestamp) -> f64 {
    let started = Instant::now();
    for n in 0..N_ASKS {
        let id = id(N_FACTS + n);
        match act(n) {
            Act::Checkout { patron, item } => kiosk.checkout(id, &patron, &item, now).await,
            Act::Checkin { item } => kiosk.checkin(id, &item, now).await,
        }
        .expect("an answer");
    }
    f64::from(N_ASKS) / started.elapsed().as_secs_f64()
}

/// 200 items go out and come back, by turns.
fn act(n: u32) -> Act {
    let item = ItemId::parse(&format!("LW{:07}", 80 + n % 200)).expect("a barcode");
    if (n / 200).is_multiple_of(2) {
        let patron = PatronId::parse(&format!("LW2026{:04}", 19 + n % 20)).expect("a number");
        Act::Checkout { patron, item }
    } else {
        Act::Checkin { item }
    }
}

fn id(n: u32) -> TransactionId {
    TransactionId::from_bytes((u128::from(n) << 64).to_be_bytes())
}
