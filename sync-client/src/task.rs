//! The shell between the kiosk's loop, the ledger and the central server.
//!
//! **Who owns a row.** Each open row has one owner, and only the owner records its steps:
//!
//! ```text
//!   kiosk: append ──Request::Ask──▶ task asks, records nothing ──Verdict | Silent──▶ kiosk records, writes the tag,
//!                                                                                    records settled
//!   kiosk ──Request::Reverse | Request::Resolve──▶ the row is the task's, for good
//!   start: every row that was open when the ledger was opened is the task's
//! ```
//! The kiosk hands over: a granted checkout whose tag cannot be written (`Reverse`), a row in doubt that it will not
//! assume, and an assumed row once it is settled, to be told (`Resolve`). Until then the task does not touch it.
//!
//! **Order.** Asks for different items run side by side, those for one item one after another; an ask for an item
//! with unresolved older rows of the task waits for them, and is not sent if they cannot be resolved now.
//!
//! Rows of the task are looked at when the link comes up, when asked ([`Request::Look`]), and again after growing
//! pauses. A row that central answers unusably [`Options::park_after`] times is parked; an unreachable central
//! counts for nothing. Events never block: they wait here while the kiosk is busy. The task ends when the channel of
//! requests closes, after what is in flight.

mod batch;
mod job;
mod lookup;
mod offline;
mod request;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use circulation::id::{ItemId, TransactionId};
use circulation::transaction::{Reason, Transaction};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::central::Central;
use crate::ledger::{Durable, Ledger};
use crate::link::{self, Link, Outcome};
use crate::row::State;
use crate::settle;
use batch::BATCH_FROM;
use job::{Done, Job, Key};
pub use offline::Offline;
pub use request::{Lookup, Request, SyncEvent};
use work::Tools;

/// How the task works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// calls that may be out at once, probes apart
    pub concurrency: usize,
    /// times of the link
    pub link: link::Options,
    /// the first pause before an unresolved row is looked at again; each pause is twice the one before
    pub retry: Duration,
    /// the longest such pause; each is shortened by the jitter of [`Options::link`]
    pub retry_max: Duration,
    /// tries with an unusable answer after which a row is parked
    pub park_after: u32,
    /// how long an ask may be under way inside central after the kiosk has given up waiting
    pub in_flight: Duration,
    /// how often the mirror is brought up to date while central answers
    pub refresh: Duration,
    /// by how much the clocks of kiosk and central may differ; beyond it nothing is lent without central
    pub clock_skew: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 4,
            link: link::Options::default(),
            retry: Duration::from_secs(30),
            retry_max: Duration::from_secs(600),
            park_after: 20,
            in_flight: settle::IN_FLIGHT,
            refresh: Duration::from_secs(300),
            clock_skew: settle::CLOCK_SKEW,
        }
    }
}

/// Runs until `requests` closes; see the module's text.
pub async fn run(
    client: Central,
    ledger: Ledger,
    offline: Option<Offline>,
    mut requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<SyncEvent>,
    options: Options,
) {
    let mut task = Task::new(Tools { client, ledger, offline, options }, options);
    task.adopt().await;
    loop {
        task.start_jobs();
        let deadline = task.deadline();
        // Every branch is safe to cancel: nothing is taken out of a channel that is then lost.
        tokio::select! {
            request = requests.recv() => match request {
                Some(request) => task.take(request).await,
                None => break,
            },
            Some(done) = task.running.join_next() => task.finish(done),
            permit = events.reserve(), if !task.unsaid.is_empty() => match permit {
                Ok(permit) => if let Some(event) = task.unsaid.pop_front() { permit.send(event) },
                Err(_) => task.unsaid.clear(),
            },
            () = tokio::time::sleep_until(deadline.into()) => task.tick(),
        }
    }
    while let Some(done) = task.running.join_next().await {
        task.finish(done);
    }
    for event in task.unsaid.drain(..) {
        // The kiosk is going too; what it does not hear stands in the ledger.
        if events.try_send(event).is_err() {
            break;
        }
    }
}

struct Task {
    tools: Tools,
    options: Options,
    link: Link,
    running: JoinSet<Done>,
    /// jobs of one item wait behind each other; the first one of a busy item is running
    queues: BTreeMap<ItemId, VecDeque<Job>>,
    busy: BTreeSet<ItemId>,
    /// lookups, which wait for no item
    lookups: VecDeque<Job>,
    /// rows of ours that are not resolved, in the order of asking
    owned: BTreeMap<i64, (TransactionId, ItemId)>,
    /// jobs that wait or run, so that none is queued twice
    queued: BTreeSet<Key>,
    unsaid: VecDeque<SyncEvent>,
    next_look: Instant,
    pause: Duration,
    next_refresh: Instant,
    /// batches are under way, and have come to this place
    batch_after: Option<i64>,
    /// items of rows that central has heard of and the ledger does not know it yet, and how many
    recording: BTreeMap<ItemId, usize>,
    n_recording: usize,
}

impl Task {
    fn new(tools: Tools, options: Options) -> Self {
        let now = monotonic();
        Self {
            tools,
            options,
            link: Link::new(now, options.link),
            running: JoinSet::new(),
            queues: BTreeMap::new(),
            busy: BTreeSet::new(),
            lookups: VecDeque::new(),
            owned: BTreeMap::new(),
            queued: BTreeSet::new(),
            unsaid: VecDeque::new(),
            next_look: now + options.retry,
            pause: options.retry,
            next_refresh: now,
            batch_after: None,
            recording: BTreeMap::new(),
            n_recording: 0,
        }
    }

    /// Takes over every row that an earlier run left open; what was appended since is the kiosk's.
    async fn adopt(&mut self) {
        match self.tools.ledger.left_open().await {
            Ok(rows) => {
                for row in rows {
                    if row.state == State::Parked {
                        let why = row.note.unwrap_or_default();
                        self.unsaid.push_back(SyncEvent::Parked { id: row.id, why });
                    } else {
                        self.owned.insert(row.seq, (row.id, row.item));
                    }
                }
            }
            Err(cause) => tracing::error!(%cause, "open rows are not looked at"),
        }
    }

    async fn take(&mut self, request: Request) {
        self.hear(link::Input::Wanted);
        match request {
            Request::Lookup(lookup) => self.lookups.push_back(Job::Lookup(lookup)),
            Request::Ask { transaction, proof } => self.ask(transaction, &proof),
            Request::Reverse { id } => self.take_over(id, true).await,
            Request::Resolve { id } => self.take_over(id, false).await,
            Request::Verified { id } => self.close_outdated(id).await,
            Request::Look => self.look(),
            Request::Refresh => self.refresh(),
        }
    }

    /// Queues an ask behind whatever is unresolved about the item.
    fn ask(&mut self, transaction: Transaction, proof: &Durable) {
        if proof.id() != transaction.id || proof.state() != State::Asked {
            tracing::error!(id = %transaction.id, "an ask without proof of its row is not sent");
            let assume = Err(Reason::CentralSilent);
            self.unsaid.push_back(SyncEvent::Silent { id: transaction.id, in_doubt: false, assume });
            return;
        }
        let item = transaction.act.item().clone();
        let older: Vec<TransactionId> =
            self.owned.values().filter(|(_, about)| *about == item).map(|(id, _)| *id).collect();
        for id in older {
            self.enqueue(item.clone(), Job::Resolve(id));
        }
        self.enqueue(item, Job::Ask(transaction));
    }

    async fn take_over(&mut self, id: TransactionId, reverse: bool) {
        match self.tools.ledger.row(id).await {
            Ok(Some(row)) => {
                self.owned.insert(row.seq, (id, row.item.clone()));
                let job = if reverse { Job::Reverse(id) } else { Job::Resolve(id) };
                self.enqueue(row.item, job);
                self.pause = self.options.retry;
                self.next_look = self.next_look.min(monotonic() + self.pause);
            }
            Ok(None) => tracing::error!(%id, "a row that is not in the ledger cannot be taken over"),
            Err(cause) => {
                tracing::error!(%id, %cause, "a row cannot be taken over; it is looked at after the next start");
                if reverse {
                    self.unsaid.push_back(SyncEvent::Reversed { id, ok: false });
                }
            }
        }
    }

    /// Queues every row of ours, oldest first; many are told in batches where central takes facts.
    fn look(&mut self) {
        if self.tools.client.knows_ids() && self.owned.len() >= BATCH_FROM {
            self.batch_after = Some(i64::MIN);
            return;
        }
        let owned: Vec<(TransactionId, ItemId)> = self.owned.values().cloned().collect();
        for (id, item) in owned {
            self.enqueue(item, Job::Resolve(id));
        }
    }

    fn enqueue(&mut self, item: ItemId, job: Job) {
        if self.queued.insert(job.key()) {
            self.queues.entry(item).or_default().push_back(job);
        }
    }

    /// Starts what may run: lookups first (somebody waits), then the first job of each idle item.
    fn start_jobs(&mut self) {
        self.start_batch();
        while self.running.len() < self.options.concurrency.saturating_add(1) {
            if let Some(job) = self.lookups.pop_front() {
                self.start(None, job);
                continue;
            }
            let Some(item) = self.next_item() else { break };
            let job = self.queues.get_mut(&item).and_then(VecDeque::pop_front);
            if self.queues.get(&item).is_none_or(VecDeque::is_empty) {
                self.queues.remove(&item);
            }
            if let Some(job) = job {
                self.start(Some(item), job);
            }
        }
    }

    /// The item to go on with: one that somebody waits for, otherwise any.
    fn next_item(&self) -> Option<ItemId> {
        let is_idle = |item: &ItemId| !self.busy.contains(item) && !self.recording.contains_key(item);
        let idle = || self.queues.iter().filter(|(item, _)| is_idle(item));
        let is_live = |jobs: &VecDeque<Job>| jobs.iter().any(Job::is_live);
        let next = idle().find(|(_, jobs)| is_live(jobs)).or_else(|| idle().next());
        next.map(|(item, _)| item.clone())
    }

    fn start(&mut self, item: Option<ItemId>, job: Job) {
        let is_offline = self.link.is_offline();
        let is_blocked = match &job {
            // Known to be hopeless, or older rows of the item could not be resolved: certainly not sent.
            Job::Ask(transaction) => {
                is_offline || self.owned.values().any(|(_, about)| about == transaction.act.item())
            }
            Job::Lookup(_) | Job::Resolve(_) | Job::Reverse(_) | Job::Batch(_) | Job::Refresh => is_offline,
            Job::Told(_) | Job::Probe => false,
        };
        if let Some(item) = &item {
            self.busy.insert(item.clone());
        }
        let tools = self.tools.clone();
        self.running.spawn(async move {
            let mut done = if is_blocked {
                work::refuse(&tools, job, is_offline).await
            } else {
                work::perform(&tools, job).await
            };
            done.item = item;
            done
        });
    }

    fn finish(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let mut done = match done {
            Ok(done) => done,
            // Only a panic of ours comes here; its item stays busy, its row open until the next start.
            Err(cause) => return tracing::error!(%cause, "a call has failed inside"),
        };
        if let Some(item) = &done.item {
            self.busy.remove(item);
        }
        self.queued.remove(&done.key);
        if matches!(done.key, Key::Batch) {
            let is_answered = done.fault.is_none();
            self.end_batch(std::mem::take(&mut done.batch), is_answered);
        }
        if matches!(done.key, Key::Told) {
            self.end_told(std::mem::take(&mut done.batch));
        }
        if let (Key::Row(id) | Key::Reverse(id), true) = (done.key, done.released) {
            self.owned.retain(|_, (owned, _)| *owned != id);
        }
        if let Some(fault) = &done.fault {
            tracing::debug!(%fault, "central gave no usable answer");
        }
        if let (Some(offline), Some(Outcome::Answered)) = (&self.tools.offline, &done.outcome) {
            offline.heard();
        }
        self.unsaid.extend(done.events);
        if let Some(outcome) = done.outcome {
            self.hear(done.key.said(outcome));
        }
    }

    fn hear(&mut self, input: link::Input) {
        let mut out = Vec::new();
        self.link.handle(monotonic(), input, &mut out);
        for output in out {
            match output {
                link::Output::Probe => self.start(None, Job::Probe),
                link::Output::Online => {
                    tracing::info!("central answers");
                    self.unsaid.push_back(SyncEvent::Link { online: true });
                    self.pause = self.options.retry;
                    self.next_look = monotonic() + self.pause;
                    self.look();
                    self.refresh();
                }
                link::Output::Offline => {
                    tracing::warn!("central is silent");
                    self.unsaid.push_back(SyncEvent::Link { online: false });
                }
            }
        }
    }

    fn deadline(&self) -> Instant {
        let own = self.next_look.min(self.next_refresh);
        self.link.deadline().map_or(own, |probe| probe.min(own))
    }

    fn tick(&mut self) {
        self.hear(link::Input::Tick);
        let now = monotonic();
        if self.next_look <= now {
            if !self.link.is_offline() {
                self.look();
            }
            self.pause = self.pause.saturating_mul(2).min(self.options.retry_max);
            self.next_look = now + self.options.link.jitter.shorten(self.pause);
        }
        if self.next_refresh <= now {
            self.refresh();
        }
    }
}

/// What a call's end means to the link.
const fn outcome(is_answered: bool) -> Outcome {
    if is_answered { Outcome::Answered } else { Outcome::Failed }
}

fn monotonic() -> Instant {
    // The runtime's clock, which tests can stop.
    tokio::time::Instant::now().into_std()
}
