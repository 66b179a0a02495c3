//! The kiosk's task while central is silent, and the morning after: real central, real ledger, real mirror.

use std::collections::BTreeSet;
use std::time::Duration;

use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::patron::Pin;
use circulation::policy::{Rules, Takes};
use circulation::transaction::{Act, Reason, Transaction};
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::ledger::Ledger;
use sync_client::link;
use sync_client::mirror::Mirror;
use sync_client::row::{State, Step};
use sync_client::task::{self, Lookup, Offline, Options, Request, SyncEvent};
use tokio::sync::mpsc;

use super::world::World;
use crate::proxy::Proxy;

struct Kiosk {
    world: World,
    proxy: Proxy,
    requests: mpsc::Sender<Request>,
    events: mpsc::Receiver<SyncEvent>,
    ledger: Ledger,
    mirror: Mirror,
    _folder: tempfile::TempDir,
}

impl Kiosk {
    /// A kiosk whose mirror is up to date.
    async fn start(per_patron: u32) -> Option<Self> {
        let world = World::new().await?;
        let proxy = Proxy::to(world.address).await;
        let folder = tempfile::TempDir::new().unwrap();
        let client = world.kiosk_at(&proxy.base);
        let now = world.clock();
        let clock = Clock::new(move || jiff::tz::offset(8).to_timestamp(*now.lock().unwrap()).unwrap());
        let ledger = Ledger::open(&folder.path().join("ledger.db"), clock.clone()).unwrap();
        let mirror = Mirror::open(&folder.path().join("mirror.db")).unwrap().0;
        client.refresh(&mirror).await.unwrap();
        let rules = Rules {
            owners: BTreeSet::new(),
            takes: Takes::Anything,
            per_patron,
            per_kiosk: 100,
            max_silence: SignedDuration::from_hours(24),
            max_mirror_age: SignedDuration::from_hours(48),
        };
        let offline = Offline::new(mirror.clone(), rules, clock.clone());
        let (requests, inbox) = mpsc::channel(2048);
        let (outbox, events) = mpsc::channel(2048);
        let options = Options {
            link: link::Options { fast: MS * 50, slow: MS * 50, ..link::Options::default() },
            retry: MS * 100,
            ..Options::default()
        };
        let central = Central::Kiosk(client, clock);
        tokio::spawn(task::run(central, ledger.clone(), Some(offline), inbox, outbox, options));
        Some(Self { world, proxy, requests, events, ledger, mirror, _folder: folder })
    }

    async fn next(&mut self) -> SyncEvent {
        tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.unwrap().unwrap()
    }

    /// Cuts the way to central, and waits until the task knows: what it tells before that is in doubt, and counts as a
    /// try.
    async fn go_silent(&mut self) {
        self.proxy.set_down(true);
        while !matches!(self.next().await, SyncEvent::Link { online: false }) {}
    }

    async fn ask(&self, n: u32, act: Act) {
        let transaction = Transaction { id: id(n), act };
        let proof = self.ledger.append(&transaction).await.unwrap();
        self.requests.send(Request::Ask { transaction, proof }).await.unwrap();
    }

    /// What the task says of an ask that is not answered.
    async fn silent(&mut self, n: u32) -> Result<Date, Reason> {
        loop {
            if let SyncEvent::Silent { id: of, assume, .. } = self.next().await
                && of == id(n)
            {
                return assume;
            }
        }
    }

    /// What the kiosk does with a checkout or checkin that it takes as done.
    async fn assume(&self, n: u32, due: Option<Date>) {
        drop(self.ledger.record(id(n), Step::Assumed { due }).await.unwrap());
        drop(self.ledger.record(id(n), Step::Settled).await.unwrap());
        self.requests.send(Request::Resolve { id: id(n) }).await.unwrap();
    }

    /// Waits until nothing is open.
    async fn at_rest(&mut self) {
        let end = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.ledger.counts().await.unwrap().open > 0 {
            assert!(tokio::time::Instant::now() < end, "{:?}", self.ledger.open_rows().await);
            // The ledger says nothing by itself; it is asked again soon.
            tokio::time::sleep(MS * 5).await;
        }
    }

    fn on_loan_to(&self, n: u32) -> Option<String> {
        let lent = |who: &PatronId| {
            let loans = self.world.app.store().loans(&library(), who).unwrap();
            loans.iter().any(|loan| loan.item.item == item(n))
        };
        (1..=40).map(patron).find(lent).map(|who| who.as_str().to_owned())
    }
}

fn library() -> Isil {
    Isil::parse("CN-371116-0-DEMO").unwrap()
}

fn patron(n: u32) -> PatronId {
    PatronId::parse(&format!("LW2026{n:04}")).unwrap()
}

fn item(n: u32) -> ItemId {
    ItemId::parse(&format!("LW{n:07}")).unwrap()
}

fn id(n: u32) -> TransactionId {
    TransactionId::from_bytes((u128::from(n) << 64).to_be_bytes())
}

fn lend(who: u32, what: u32) -> Act {
    Act::Checkout { patron: patron(who), item: item(what) }
}

fn pin(text: &str) -> Pin {
    let mut pin = Pin::default();
    text.chars().for_each(|digit| pin.push(digit));
    pin
}

#[tokio::test]
async fn a_night_without_central_is_told_in_the_morning() {
    let Some(mut kiosk) = Kiosk::start(3).await else { return };
    kiosk.proxy.set_down(true);
    let asked = Request::Lookup(Lookup::Patron { query: 1, id: patron(4), pin: Some(pin("123456")) });
    kiosk.requests.send(asked).await.unwrap();
    let known = loop {
        if let SyncEvent::Patron { result, .. } = kiosk.next().await {
            break result.unwrap();
        }
    };
    assert_eq!((known.id, known.name.as_str()), (patron(4), ""), "the name is central's alone");
    let asked = Request::Lookup(Lookup::Patron { query: 2, id: patron(4), pin: Some(pin("000000")) });
    kiosk.requests.send(asked).await.unwrap();
    let refused = loop {
        if let SyncEvent::Patron { query: 2, result } = kiosk.next().await {
            break result.unwrap_err();
        }
    };
    assert_eq!(refused, Reason::WrongPin);

    kiosk.ask(1, lend(4, 1)).await;
    let due = kiosk.silent(1).await.unwrap();
    assert_eq!(due, date(2026, 12, 23));
    kiosk.assume(1, Some(due)).await;
    kiosk.ask(2, lend(4, 10)).await;
    assert_eq!(kiosk.silent(2).await, Err(Reason::OnHold), "held for somebody else");
    kiosk.ask(3, Act::Checkin { item: item(11) }).await;
    drop(kiosk.silent(3).await);
    kiosk.assume(3, None).await;
    drop(kiosk.ledger.record(id(2), Step::Declined { why: "R90209".into() }).await.unwrap());

    kiosk.world.pass_minutes(9 * 60);
    kiosk.proxy.set_down(false);
    kiosk.at_rest().await;
    assert_eq!(kiosk.on_loan_to(1).as_deref(), Some("LW20260004"));
    assert_eq!(kiosk.on_loan_to(11), None, "the return was told");
    let row = kiosk.ledger.row(id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.told, row.patron), (State::Settled, true, None));
}

/// Books of one stack are asked for side by side: the limit holds all the same.
#[tokio::test]
async fn a_stack_does_not_exceed_the_limit() {
    let Some(mut kiosk) = Kiosk::start(2).await else { return };
    kiosk.proxy.set_down(true);
    for n in 1..=5 {
        kiosk.ask(n, lend(4, n)).await;
    }
    let mut allowed = Vec::new();
    for _ in 1..=5 {
        loop {
            if let SyncEvent::Silent { id, assume, .. } = kiosk.next().await {
                if let Ok(due) = assume {
                    allowed.push((id, due));
                }
                break;
            }
        }
    }
    assert_eq!(allowed.len(), 2, "{allowed:?}");
}

/// An answer that was lost is no reason to doubt where ids are known: what central did and what it is told are one loan.
#[tokio::test]
async fn a_loan_whose_answer_was_lost_is_told_again_and_stays_one() {
    let Some(mut kiosk) = Kiosk::start(3).await else { return };
    kiosk.proxy.set_down(true);
    let transaction = Transaction { id: id(9), act: lend(4, 2) };
    let proof = kiosk.ledger.append(&transaction).await.unwrap();
    // Done at central, as an ask that came through before the line was cut.
    let direct = kiosk.world.kiosk();
    direct.checkout(id(9), &patron(4), &item(2), kiosk.world.now()).await.unwrap();
    kiosk.requests.send(Request::Ask { transaction, proof }).await.unwrap();
    let due = kiosk.silent(9).await.unwrap();
    kiosk.assume(9, Some(due)).await;
    kiosk.proxy.set_down(false);
    kiosk.at_rest().await;
    assert_eq!(kiosk.on_loan_to(2).as_deref(), Some("LW20260004"));
    assert_eq!(
        kiosk.world.app.store().exceptions(&library()).unwrap().len(),
        0,
        "nothing for staff to look at"
    );
}

#[tokio::test]
async fn a_thousand_returns_are_told_in_batches_in_order() {
    let Some(mut kiosk) = Kiosk::start(3).await else { return };
    kiosk.go_silent().await;
    for n in 1..=1000_u32 {
        // Three hundred items, most of them several times: order per item matters.
        let transaction = Transaction { id: id(n), act: Act::Checkin { item: item(1 + n % 300) } };
        drop(kiosk.ledger.append(&transaction).await.unwrap());
        kiosk.assume(n, None).await;
    }
    kiosk.proxy.set_down(false);
    kiosk.at_rest().await;
    for n in [1, 500, 1000] {
        let row = kiosk.ledger.row(id(n)).await.unwrap().unwrap();
        assert!(row.told && row.attempts == 0, "{row:?}");
    }
    assert!((11..=14).all(|n| kiosk.on_loan_to(n).is_none()), "all are back");
}

#[tokio::test]
async fn a_clock_that_ran_backwards_lends_nothing() {
    let Some(mut kiosk) = Kiosk::start(3).await else { return };
    kiosk.proxy.set_down(true);
    kiosk.world.pass_minutes(-60);
    kiosk.ask(1, lend(4, 1)).await;
    assert_eq!(kiosk.silent(1).await, Err(Reason::CentralSilent));
    assert!(kiosk.mirror.freshness().unwrap().is_some());
}

const MS: Duration = Duration::from_millis(1);
