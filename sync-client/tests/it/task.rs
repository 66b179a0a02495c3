//! The task between a ledger on disk and a small central that lends, returns, and fails when told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use circulation::transaction::{Grant, Reason, Transaction, Verdict};
use sync_client::central::Central as Client;
use sync_client::http::{Openlib, OpenlibConfig};
use sync_client::ledger::Ledger;
use sync_client::link;
use sync_client::row::{Row, State, Step};
use sync_client::task::{Lookup, Options, Request, SyncEvent, run};
use tokio::sync::mpsc;

use crate::http::config;
use crate::server::{Reply, Server, field, refusal};
use crate::world::{FIVE_PAST, NINE, checkin, checkout, clock, id, item, patron};

/// What central has lent, and which paths it answers wrongly.
#[derive(Default)]
struct Central {
    loans: BTreeMap<String, String>,
    faults: BTreeMap<&'static str, Reply>,
    refuses_loans: bool,
}

type Shared = Arc<Mutex<Central>>;

impl Central {
    fn answer(&mut self, path: &str, form: &str) -> Reply {
        let (who, what) = (field(form, "rdid").to_owned(), field(form, "barcode").to_owned());
        let reply = match path {
            "barcode/loanbook" if self.refuses_loans => refusal("R90108", "已达上限"),
            "barcode/loanbook" if self.loans.contains_key(&what) => refusal("R90203", "已借出"),
            "barcode/loanbook" => {
                self.loans.insert(what.clone(), who);
                Reply::Json(format!(
                    r#"{{"success":true,"newloanbook":{{"barcode":"{what}","returndate":"2026-12-22"}}}}"#
                ))
            }
            "barcode/returnbook" if self.loans.remove(&what).is_none() => refusal("R90205", "未借出"),
            "barcode/returnbook" => {
                Reply::Json(format!(r#"{{"success":true,"newreturnbook":{{"barcode":"{what}"}}}}"#))
            }
            "barcode/currentloan" => {
                let mine: Vec<String> = self
                    .loans
                    .iter()
                    .filter(|(_, lent_to)| **lent_to == who)
                    .map(|(what, _)| format!(r#"{{"barcode":"{what}","loandate":"2026-11-22"}}"#))
                    .collect();
                Reply::Json(format!(r#"{{"success":true,"loanlist":[{}]}}"#, mine.join(",")))
            }
            _ => Reply::Json(r#"{"success":true,"holdingList":[]}"#.into()),
        };
        // A fault comes after the act: it was done, and the answer is lost.
        self.faults.get(path).cloned().unwrap_or(reply)
    }
}

struct Kiosk {
    requests: mpsc::Sender<Request>,
    events: mpsc::Receiver<SyncEvent>,
    ledger: Ledger,
    task: tokio::task::JoinHandle<()>,
    server: Server,
    central: Shared,
    _folder: tempfile::TempDir,
}

impl Kiosk {
    /// A kiosk whose ledger was prepared, at a central that was prepared, at five past nine.
    async fn start(central: Central, rows: &[(Transaction, Vec<Step>)]) -> Self {
        Self::start_at(FIVE_PAST, central, rows).await
    }

    async fn start_at(now: &str, central: Central, rows: &[(Transaction, Vec<Step>)]) -> Self {
        let central: Shared = Arc::new(Mutex::new(central));
        let answering = Arc::clone(&central);
        let server = Server::start(move |path, form| answering.lock().unwrap().answer(path, form)).await;
        Self::start_with(now, central, server, rows).await
    }

    async fn start_with(
        now: &str,
        central: Shared,
        server: Server,
        rows: &[(Transaction, Vec<Step>)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.db");
        let earlier = Ledger::open(&path, clock(NINE)).unwrap();
        for (transaction, steps) in rows {
            let _ = earlier.append(transaction).await.unwrap();
            for step in steps {
                let _ = earlier.record(transaction.id, step.clone()).await.unwrap();
            }
        }
        earlier.close().await;
        let ledger = Ledger::open(&path, clock(NINE)).unwrap();
        let client = Openlib::new(OpenlibConfig { clock: clock(now), ..config(&server.base) }).unwrap();
        let (requests, inbox) = mpsc::channel(8);
        let (outbox, events) = mpsc::channel(1);
        let options = Options {
            link: link::Options {
                fast: Duration::from_millis(20),
                slow: Duration::from_millis(100),
                ..link::Options::default()
            },
            retry: Duration::from_millis(50),
            retry_max: Duration::from_millis(100),
            park_after: 3,
            ..Options::default()
        };
        let task = tokio::spawn(run(Client::Openlib(client), ledger.clone(), None, inbox, outbox, options));
        Self { requests, events, ledger, task, server, central, _folder: folder }
    }

    async fn ask(&self, transaction: Transaction) {
        let proof = self.ledger.append(&transaction).await.unwrap();
        self.requests.send(Request::Ask { transaction, proof }).await.unwrap();
    }

    /// The next event but news of the link.
    async fn next(&mut self) -> SyncEvent {
        loop {
            let event = tokio::time::timeout(Duration::from_secs(10), self.events.recv()).await;
            match event.expect("an event in time").unwrap() {
                SyncEvent::Link { .. } => {}
                event => return event,
            }
        }
    }

    /// The row once it has come to rest.
    async fn rest(&self, n: u16) -> Row {
        for _ in 0..500 {
            let row = self.ledger.row(id(n)).await.unwrap().unwrap();
            if row.is_closed() || row.state == State::Parked {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("row {n} does not come to rest: {:?}", self.ledger.row(id(n)).await);
    }

    /// What central was asked about circulation, in order.
    fn acts(&self) -> Vec<String> {
        let acts = self.server.seen();
        let name = |line: &String| line.split_once(' ').map(|(path, _)| path.to_owned());
        acts.iter().filter_map(name).filter(|path| path.ends_with("book") || path.ends_with("loan")).collect()
    }
}

fn lent(what: &str, who: &str) -> Central {
    Central { loans: BTreeMap::from([(what.to_owned(), who.to_owned())]), ..Central::default() }
}

fn doubt() -> Step {
    Step::Doubt { why: "time-out".into() }
}

fn granted() -> Step {
    Step::Granted { grant: Grant::default() }
}

#[tokio::test]
async fn an_ask_is_answered_and_its_row_left_to_the_kiosk() {
    let mut kiosk = Kiosk::start(Central::default(), &[]).await;
    kiosk.ask(checkout(1, "P1", "LW1")).await;
    let event = kiosk.next().await;
    assert!(matches!(event, SyncEvent::Verdict { verdict: Verdict::Granted(_), .. }), "{event:?}");
    kiosk.ask(checkout(2, "P2", "LW1")).await;
    let declined = SyncEvent::Verdict { id: id(2), verdict: Verdict::Declined(Reason::OnLoan) };
    assert_eq!(kiosk.next().await, declined);
    assert_eq!(kiosk.ledger.row(id(1)).await.unwrap().unwrap().state, State::Asked);
    drop(kiosk.requests);
    kiosk.task.await.unwrap();
}

#[tokio::test]
async fn a_loan_whose_answer_was_lost_is_undone_when_handed_over() {
    let central =
        Central { faults: BTreeMap::from([("barcode/loanbook", Reply::Hang)]), ..Central::default() };
    let mut kiosk = Kiosk::start(central, &[]).await;
    kiosk.ask(checkout(1, "P1", "LW1")).await;
    assert_eq!(
        kiosk.next().await,
        SyncEvent::Silent { id: id(1), in_doubt: true, assume: Err(Reason::CentralSilent) }
    );
    assert!(kiosk.central.lock().unwrap().loans.contains_key("LW1"), "lent without an answer");
    let _ = kiosk.ledger.record(id(1), doubt()).await.unwrap();
    kiosk.requests.send(Request::Resolve { id: id(1) }).await.unwrap();
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(1), ok: true });
    assert_eq!(kiosk.rest(1).await.state, State::Reversed);
    assert!(kiosk.central.lock().unwrap().loans.is_empty());
}

#[tokio::test]
async fn everything_left_open_comes_to_rest_at_the_next_start() {
    let assumed = || vec![Step::Assumed { due: None }, Step::Settled];
    let mut central = lent("LW1", "P1");
    for (what, who) in [("LW2", "P1"), ("LW3", "P9"), ("LW5", "P1"), ("LW7", "P1")] {
        central.loans.insert(what.into(), who.into());
    }
    let rows = [
        (checkout(1, "P1", "LW1"), vec![]),
        (checkout(2, "P1", "LW2"), vec![granted()]),
        (checkout(3, "P1", "LW3"), vec![doubt()]),
        (checkout(4, "P1", "LW4"), assumed()),
        (checkout(5, "P1", "LW5"), assumed()),
        (checkin(6, "LW6"), vec![doubt()]),
        (checkin(7, "LW7"), assumed()),
        (checkin(8, "LW8"), vec![granted()]),
    ];
    let kiosk = Kiosk::start(central, &rows).await;
    let mut ends = Vec::new();
    for n in 1..=8 {
        let row = kiosk.rest(n).await;
        ends.push((n, row.state, row.told));
    }
    assert_eq!(
        ends,
        [
            (1, State::Reversed, false),
            (2, State::Parked, false),
            (3, State::Declined, false),
            (4, State::Settled, true),
            (5, State::Settled, true),
            (6, State::Parked, false),
            (7, State::Settled, true),
            (8, State::Parked, false),
        ]
    );
    let loans: Vec<String> = kiosk.central.lock().unwrap().loans.keys().cloned().collect();
    assert_eq!(loans, ["LW3", "LW4", "LW5"], "lent to somebody else, told, told");
}

#[tokio::test]
async fn an_assumed_loan_that_central_refuses_is_parked_and_never_dropped() {
    let central = Central { refuses_loans: true, ..Central::default() };
    let rows = [(checkout(1, "P1", "LW1"), vec![Step::Assumed { due: None }, Step::Settled])];
    let mut kiosk = Kiosk::start(central, &rows).await;
    let event = kiosk.next().await;
    let why = "lent without central, which refuses it (R90108)".to_owned();
    assert_eq!(event, SyncEvent::Parked { id: id(1), why });
    let row = kiosk.rest(1).await;
    assert_eq!(row.patron, Some(patron("P1")), "staff must know whom to call");
}

#[tokio::test]
async fn a_lost_ask_may_still_arrive_and_is_not_called_undone_too_early() {
    let mut kiosk =
        Kiosk::start_at(NINE, Central::default(), &[(checkout(1, "P1", "LW1"), vec![doubt()])]).await;
    while kiosk.server.n_seen("barcode/currentloan") < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(kiosk.ledger.row(id(1)).await.unwrap().unwrap().state, State::Doubt);
    // The lost ask arrives.
    kiosk.central.lock().unwrap().loans.insert("LW1".into(), "P1".into());
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(1), ok: true });
    assert!(kiosk.central.lock().unwrap().loans.is_empty());
}

#[tokio::test]
async fn an_ask_comes_after_what_is_unresolved_about_its_item() {
    let mut kiosk = Kiosk::start(Central::default(), &[]).await;
    let _ = kiosk.ledger.append(&checkout(1, "P1", "LW1")).await.unwrap();
    let _ = kiosk.ledger.record(id(1), doubt()).await.unwrap();
    kiosk.central.lock().unwrap().loans.insert("LW1".into(), "P1".into());
    kiosk.requests.send(Request::Resolve { id: id(1) }).await.unwrap();
    kiosk.ask(checkout(2, "P1", "LW1")).await;
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(1), ok: true });
    assert!(matches!(kiosk.next().await, SyncEvent::Verdict { verdict: Verdict::Granted(_), .. }));
    assert_eq!(kiosk.acts(), ["barcode/currentloan", "barcode/returnbook", "barcode/loanbook"]);
    assert!(kiosk.central.lock().unwrap().loans.contains_key("LW1"), "the second loan stands");
}

#[tokio::test]
async fn an_ask_is_not_sent_while_its_item_cannot_be_resolved_and_the_row_is_parked_in_the_end() {
    let faults = BTreeMap::from([("barcode/currentloan", Reply::Html)]);
    let central = Central { faults, ..Central::default() };
    let mut kiosk = Kiosk::start(central, &[(checkout(1, "P1", "LW1"), vec![doubt()])]).await;
    kiosk.ask(checkout(2, "P1", "LW1")).await;
    let mut events = [kiosk.next().await, kiosk.next().await];
    if matches!(events[0], SyncEvent::Parked { .. }) {
        events.reverse();
    }
    assert_eq!(
        events[0],
        SyncEvent::Silent { id: id(2), in_doubt: false, assume: Err(Reason::CentralSilent) }
    );
    assert!(matches!(&events[1], SyncEvent::Parked { why, .. } if why.contains("3 times")), "{events:?}");
    assert_eq!(kiosk.server.n_seen("barcode/loanbook"), 0);
    assert_eq!(kiosk.rest(1).await.attempts, 3);
}

#[tokio::test]
async fn a_granted_checkout_is_reversed_at_once_or_as_soon_as_central_answers() {
    let mut kiosk = Kiosk::start(lent("LW1", "P1"), &[]).await;
    let _ = kiosk.ledger.append(&checkout(1, "P1", "LW1")).await.unwrap();
    let _ = kiosk.ledger.record(id(1), granted()).await.unwrap();
    kiosk.requests.send(Request::Reverse { id: id(1) }).await.unwrap();
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(1), ok: true });
    assert_eq!(kiosk.acts(), ["barcode/returnbook"], "no need to look");

    let _ = kiosk.ledger.append(&checkout(2, "P1", "LW2")).await.unwrap();
    let _ = kiosk.ledger.record(id(2), granted()).await.unwrap();
    kiosk.central.lock().unwrap().loans.insert("LW2".into(), "P1".into());
    kiosk.central.lock().unwrap().faults.insert("barcode/returnbook", Reply::Hang);
    kiosk.requests.send(Request::Reverse { id: id(2) }).await.unwrap();
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(2), ok: false });
    kiosk.central.lock().unwrap().faults.clear();
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(2), ok: true });
    assert_eq!(kiosk.rest(2).await.state, State::Reversed);
}

/// The loan is undone, and the row stays with the staff: the item's tag may be open.
#[tokio::test]
async fn a_loan_undone_after_an_uncertain_tag_write_waits_for_staff() {
    let mut kiosk = Kiosk::start(lent("LW1", "P1"), &[]).await;
    let _ = kiosk.ledger.append(&checkout(1, "P1", "LW1")).await.unwrap();
    let _ = kiosk.ledger.record(id(1), granted()).await.unwrap();
    let uncertain = Step::Reversing { why: "tag not written, may be open".into(), tag_open: true };
    let _ = kiosk.ledger.record(id(1), uncertain).await.unwrap();
    kiosk.requests.send(Request::Reverse { id: id(1) }).await.unwrap();
    assert!(
        matches!(kiosk.next().await, SyncEvent::Parked { why, .. } if why.contains("may leave without an alarm"))
    );
    assert_eq!(kiosk.next().await, SyncEvent::Reversed { id: id(1), ok: true }, "the patron owes nothing");
    let row = kiosk.ledger.row(id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.tag_open, row.is_closed()), (State::Parked, true, false));
    assert!(kiosk.central.lock().unwrap().loans.is_empty());
}

#[tokio::test]
async fn offline_every_request_is_answered_and_rows_wait() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server { base, seen: Arc::default() };
    let rows = [(checkout(1, "P1", "LW1"), vec![doubt()])];
    let mut kiosk = Kiosk::start_with(FIVE_PAST, Shared::default(), server, &rows).await;
    let first = kiosk.events.recv().await.unwrap();
    assert_eq!(first, SyncEvent::Link { online: false });
    kiosk.ask(checkin(2, "LW2")).await;
    assert_eq!(
        kiosk.next().await,
        SyncEvent::Silent { id: id(2), in_doubt: false, assume: Err(Reason::CentralSilent) }
    );
    kiosk
        .requests
        .send(Request::Lookup(Lookup::Patron { query: 7, id: patron("P1"), pin: None }))
        .await
        .unwrap();
    let silent = SyncEvent::Patron { query: 7, result: Err(Reason::CentralSilent) };
    assert_eq!(kiosk.next().await, silent);
    kiosk.requests.send(Request::Lookup(Lookup::Describe(item("LW1")))).await.unwrap();
    assert!(matches!(kiosk.next().await, SyncEvent::Described { .. }));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let row = kiosk.ledger.row(id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts), (State::Doubt, 0), "an unreachable central counts for nothing");
    drop(kiosk.requests);
    kiosk.task.await.unwrap();
}

#[tokio::test]
async fn an_ask_without_proof_of_its_own_row_is_not_sent() {
    let mut kiosk = Kiosk::start(Central::default(), &[]).await;
    let proof = kiosk.ledger.append(&checkin(1, "LW1")).await.unwrap();
    let transaction = checkin(2, "LW2");
    kiosk.requests.send(Request::Ask { transaction, proof }).await.unwrap();
    assert_eq!(
        kiosk.next().await,
        SyncEvent::Silent { id: id(2), in_doubt: false, assume: Err(Reason::CentralSilent) }
    );
    assert_eq!(kiosk.acts(), Vec::<String>::new());
}
