//! A central that loses, doubles, delays and reorders, by seed: when everything has settled, its loans and the rows of
//! the ledger say the same, nothing is doubled and nothing is lost.
//!
//! The kiosk's part is played here as the daemon plays it, tag writes that fail and restarts included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use circulation::transaction::{Transaction, Verdict};
use sync_client::central::Central as Client;
use sync_client::clock::Clock;
use sync_client::http::{Openlib, OpenlibConfig};
use sync_client::ledger::Ledger;
use sync_client::link;
use sync_client::row::{Kind, Row, State, Step};
use sync_client::task::{Options, Request, SyncEvent, run};
use tokio::sync::mpsc;

use crate::http::config;
use crate::server::{Reply, Server, field, refusal};
use crate::world::{checkin, checkout};

/// Seeded: the same storm again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

struct Central {
    loans: BTreeMap<String, String>,
    /// how often each item was lent
    n_lent: BTreeMap<String, usize>,
    random: Random,
    is_calm: bool,
}

type Shared = Arc<Mutex<Central>>;

impl Central {
    fn act(&mut self, path: &str, form: &str) -> Option<String> {
        let (who, what) = (field(form, "rdid").to_owned(), field(form, "barcode").to_owned());
        match path {
            "barcode/loanbook" if self.loans.contains_key(&what) => None,
            "barcode/loanbook" => {
                *self.n_lent.entry(what.clone()).or_default() += 1;
                self.loans.insert(what.clone(), who);
                Some(format!(r#"{{"success":true,"newloanbook":{{"barcode":"{what}"}}}}"#))
            }
            "barcode/returnbook" => self
                .loans
                .remove(&what)
                .map(|_| format!(r#"{{"success":true,"newreturnbook":{{"barcode":"{what}"}}}}"#)),
            "barcode/currentloan" => {
                let today =
                    Clock::system().now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date();
                let mine: Vec<String> = self
                    .loans
                    .iter()
                    .filter(|(_, lent_to)| **lent_to == who)
                    .map(|(what, _)| format!(r#"{{"barcode":"{what}","loandate":"{today}"}}"#))
                    .collect();
                Some(format!(r#"{{"success":true,"loanlist":[{}]}}"#, mine.join(",")))
            }
            _ => Some(r#"{"success":true,"holdingList":[]}"#.into()),
        }
    }

    fn done(&mut self, path: &str, form: &str) -> Reply {
        let code = if path == "barcode/loanbook" { "R90203" } else { "R90205" };
        self.act(path, form).map_or_else(|| refusal(code, "不可"), Reply::Json)
    }
}

/// One call in the storm.
fn answer(central: &Shared, path: &str, form: &str) -> Reply {
    let mut inside = central.lock().unwrap();
    let luck = if inside.is_calm { 99 } else { inside.random.below(100) };
    match luck {
        // Lost before it came.
        0..8 => Reply::Hang,
        // Done, and the answer lost, cut, or something else altogether.
        8..22 => {
            let _ = inside.done(path, form);
            match luck % 4 {
                0 => Reply::Hang,
                1 => Reply::Cut,
                2 => Reply::Html,
                _ => Reply::Status(502),
            }
        }
        // Done after the kiosk has given up. Loans only: a return that arrives after the item was lent anew is beyond
        // what a kiosk can guard against where calls have no ids.
        22..28 if path == "barcode/loanbook" => {
            let (later, path, form) = (Arc::clone(central), path.to_owned(), form.to_owned());
            tokio::spawn(async move {
                tokio::time::sleep(TIMEOUT + TIMEOUT / 2).await;
                let _ = later.lock().unwrap().done(&path, &form);
            });
            Reply::Mute
        }
        // Answers to calls that run side by side overtake each other.
        28..45 => {
            let wait = Duration::from_millis(inside.random.below(60));
            match inside.done(path, form) {
                Reply::Json(text) => Reply::Slow(wait, text),
                other => other,
            }
        }
        45..60 => match inside.done(path, form) {
            Reply::Json(text) => Reply::Twice(text),
            other => other,
        },
        _ => inside.done(path, form),
    }
}

/// The kiosk's side: one row for each item at a time.
struct Kiosk {
    ledger: Ledger,
    requests: mpsc::Sender<Request>,
    events: mpsc::Receiver<SyncEvent>,
    task: tokio::task::JoinHandle<()>,
    random: Random,
}

/// The items whose tags are open: what lies on the pad with an open tag comes back, any other is to be lent.
type Tags = BTreeSet<String>;

impl Kiosk {
    fn start(folder: &tempfile::TempDir, base: &str, seed: u64) -> Self {
        let ledger = Ledger::open(&folder.path().join("l.db"), Clock::system()).unwrap();
        let client =
            Openlib::new(OpenlibConfig { clock: Clock::system(), total_timeout: TIMEOUT, ..config(base) })
                .unwrap();
        let (requests, inbox) = mpsc::channel(64);
        let (outbox, events) = mpsc::channel(64);
        let link = link::Options {
            fast: Duration::from_millis(10),
            slow: Duration::from_millis(50),
            ..link::Options::default()
        };
        let options = Options {
            link,
            retry: Duration::from_millis(30),
            retry_max: Duration::from_millis(100),
            park_after: 1000,
            in_flight: TIMEOUT * 4,
            ..Options::default()
        };
        let task = tokio::spawn(run(Client::Openlib(client), ledger.clone(), None, inbox, outbox, options));
        Self { ledger, requests, events, task, random: Random(seed | 1) }
    }

    /// Asks, and does with the answer what the daemon does; false if it stops half way, as at a power cut.
    async fn transact(&mut self, transaction: Transaction, tags: &mut Tags) -> bool {
        let id = transaction.id;
        let is_checkin = matches!(transaction.act, circulation::transaction::Act::Checkin { .. });
        let on_pad = transaction.act.item().as_str().to_owned();
        let proof = self.ledger.append(&transaction).await.unwrap();
        if self.random.below(20) == 0 {
            return false;
        }
        self.requests.send(Request::Ask { transaction, proof }).await.unwrap();
        let verdict = loop {
            match self.next().await {
                SyncEvent::Verdict { id: of, verdict } if of == id => break Ok(verdict),
                SyncEvent::Silent { id: of, in_doubt, .. } if of == id => break Err(in_doubt),
                _ => {}
            }
        };
        let is_cut = self.random.below(10) == 0;
        let (steps, request) = match verdict {
            Ok(Verdict::Granted(grant)) => {
                let granted = Step::Granted { grant };
                match self.random.below(10) {
                    0 if !is_checkin => (vec![granted], Some(Request::Reverse { id })),
                    _ if is_cut => (vec![granted], None),
                    _ => (vec![granted, Step::Settled], None),
                }
            }
            Ok(Verdict::Declined(reason)) => (vec![Step::declined(&reason)], None),
            Err(_) if is_checkin => {
                (vec![Step::Assumed { due: None }, Step::Settled], Some(Request::Resolve { id }))
            }
            Err(true) => (vec![Step::Doubt { why: "no answer".into() }], Some(Request::Resolve { id })),
            Err(false) => (vec![Step::Declined { why: "not sent".into() }], None),
        };
        for step in steps {
            if step == Step::Settled {
                let item = on_pad.clone();
                let _ = if is_checkin { tags.remove(&item) } else { tags.insert(item) };
            }
            let _ = self.ledger.record(id, step).await.unwrap();
        }
        if let Some(request) = request {
            self.requests.send(request).await.unwrap();
        }
        !is_cut
    }

    async fn next(&mut self) -> SyncEvent {
        let event = tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await;
        event.expect("an event in time").unwrap()
    }

    async fn stop(self) {
        drop((self.requests, self.events));
        self.task.await.unwrap();
        self.ledger.close().await;
    }

    /// Every row once none waits for the task any more.
    async fn rest(&mut self) -> Vec<Row> {
        for _ in 0..2000 {
            while self.events.try_recv().is_ok() {}
            let rows = self.ledger.after(0, 500).await.unwrap();
            if rows.iter().all(|row| row.is_closed() || row.state == State::Parked) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no rest: {:?}", self.ledger.open_rows().await);
    }
}

async fn storm(seed: u64) {
    let central = Shared::new(Mutex::new(Central {
        loans: BTreeMap::new(),
        n_lent: BTreeMap::new(),
        random: Random(seed | 1),
        is_calm: false,
    }));
    let answering = Arc::clone(&central);
    let server = Server::start(move |path, form| answer(&answering, path, form)).await;
    let folder = tempfile::tempdir().unwrap();
    let mut kiosk = Kiosk::start(&folder, &server.base, seed);
    let mut random = Random(seed.wrapping_mul(77) | 1);
    let mut tags = Tags::new();
    for n in 0..60_u16 {
        let what = format!("LW{}", random.below(5));
        let transaction = if tags.contains(&what) { checkin(n, &what) } else { checkout(n, "P1", &what) };
        if !kiosk.transact(transaction, &mut tags).await {
            kiosk.stop().await;
            kiosk = Kiosk::start(&folder, &server.base, seed + u64::from(n));
        }
    }
    central.lock().unwrap().is_calm = true;
    // What was left half way is the next start's.
    kiosk.stop().await;
    kiosk = Kiosk::start(&folder, &server.base, seed);
    let rows = kiosk.rest().await;
    judge(seed, &rows, &central.lock().unwrap());
    kiosk.stop().await;
}

fn judge(seed: u64, rows: &[Row], central: &Central) {
    for n in 0..5 {
        let what = format!("LW{n}");
        let of: Vec<&Row> = rows.iter().filter(|row| row.item.as_str() == what).collect();
        let story: Vec<String> =
            of.iter().map(|row| format!("{:?} {}", row.kind, row.state.as_str())).collect();
        let lent = central.n_lent.get(&what).copied().unwrap_or_default();
        let asked = of.iter().filter(|row| row.kind == Kind::Checkout).count();
        assert!(lent <= asked, "seed {seed}: {what} lent {lent} times: {story:?}");
        let is_parked = of.iter().any(|row| row.state == State::Parked);
        let last = of.iter().rfind(|row| row.state == State::Settled);
        let should = last.is_some_and(|row| row.kind == Kind::Checkout);
        assert!(
            is_parked || central.loans.contains_key(&what) == should,
            "seed {seed}: {what} is lent: {}, and the ledger says {story:?}",
            !should
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loans_and_rows_agree_after_every_storm() {
    let mut storms = tokio::task::JoinSet::new();
    for seed in 1..=24 {
        storms.spawn(storm(seed * 7919));
    }
    while let Some(done) = storms.join_next().await {
        if let Err(cause) = done {
            std::panic::resume_unwind(cause.into_panic());
        }
    }
}

const TIMEOUT: Duration = Duration::from_millis(150);
