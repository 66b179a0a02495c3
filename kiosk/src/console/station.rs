//! Writes a tag for the console's station: all of it is read first, and read back in the end.

use std::sync::Arc;
use std::time::Duration;

use config::Config;
use rfid_driver::data::local::LocalLayout;
use rfid_driver::data::{self, Banks, Decoded, Draft, Hints, Layout, word_plan};
use rfid_driver::port::{Command, Dump, Plan, ProgramOutcome, ReaderEvent};
use rfid_driver::tag::{Security, SecurityPolicy, TagId};
use supervision::station::{Refused, Wanted, Written};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::command;
use crate::settings;
use crate::supervise::Order;

/// The station.
pub(super) struct Station {
    policy: SecurityPolicy,
    layouts: Arc<[LocalLayout]>,
    orders: mpsc::Sender<Order>,
    programmed: broadcast::Sender<ReaderEvent>,
    n_requests: u64,
}

impl Station {
    pub(super) fn new(
        config: &Config,
        orders: mpsc::Sender<Order>,
        programmed: broadcast::Sender<ReaderEvent>,
    ) -> Self {
        let port = settings::port(config);
        Self { policy: port.security, layouts: port.layouts, orders, programmed, n_requests: STATION }
    }

    /// Writes the one tag on the pad.
    pub(super) async fn program(&mut self, wanted: &Wanted) -> Result<Written, Refused> {
        let tag = self.one().await?;
        let dump = self.dump(tag).await?;
        let before = self.decode(&dump);
        let old = before.item_id().map(str::to_owned).filter(|old| !old.is_empty());
        if let Some(old) = &old
            && *old != wanted.item
            && wanted.overwrite.as_ref() != Some(old)
        {
            return Err(Refused::OtherItem { old: old.clone() });
        }
        let plan = self.plan(wanted, &before, &dump)?;
        let mut events = self.programmed.subscribe();
        let request = self.request();
        let program = Command::Program { request, tag, plan, to: Security::Secured };
        self.send(program).await?;
        let outcome = wait(&mut events, |event| {
            let ReaderEvent::Programmed { request: of, outcome, .. } = event else { return None };
            (of == request).then_some(outcome)
        })
        .await?;
        match outcome {
            ProgramOutcome::Verified => {
                let was_same = old.as_ref() == Some(&wanted.item);
                Ok(Written { tag: tag.to_string(), item: wanted.item.clone(), was_same })
            }
            ProgramOutcome::Gone
            | ProgramOutcome::Stale
            | ProgramOutcome::Unfit
            | ProgramOutcome::NotAlone
            | ProgramOutcome::Refused { .. }
            | ProgramOutcome::Uncertain { .. } => Err(failed(reason(outcome))),
        }
    }

    /// The tag on the pad, as the event loop knows it.
    async fn one(&self) -> Result<TagId, Refused> {
        let (tell, told) = oneshot::channel();
        let asked = self.orders.send(Order::Tags(tell)).await;
        let tags = match asked {
            Ok(()) => told.await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        match tags.as_slice() {
            [] => Err(Refused::NoTag),
            [one] => Ok(*one),
            many => Err(Refused::ManyTags { n: many.len() }),
        }
    }

    /// All that the tag holds; a reading that was cut is begun again.
    async fn dump(&mut self, tag: TagId) -> Result<Dump, Refused> {
        for _ in 0..DUMP_TRIES {
            let mut events = self.programmed.subscribe();
            let request = self.request();
            self.send(Command::Dump { request, tag }).await?;
            let dumped = wait(&mut events, |event| {
                let ReaderEvent::Dumped { request: of, dump, .. } = event else { return None };
                (of == request).then_some(dump)
            });
            if let Some(dump) = dumped.await? {
                return Ok(dump);
            }
        }
        Err(failed("the tag could not be read: lay it into the middle of the pad"))
    }

    fn plan(&self, wanted: &Wanted, before: &Decoded, dump: &Dump) -> Result<Plan, Refused> {
        let banks = banks(dump);
        let usual = if banks.is_some() { Layout::Iso28560Part4 } else { Layout::Iso28560Part2 };
        let layout = before.layout.clone().filter(|_| before.item_id().is_some()).unwrap_or(usual);
        let kept = before.tag().filter(|tag| tag.primary_item_id == wanted.item).map(Draft::from);
        let draft = Draft { primary_item_id: wanted.item.clone(), ..kept.unwrap_or_default() };
        let hints = self.hints(dump);
        let planned = match banks {
            Some(banks) => word_plan(&draft, &layout, Security::Secured, &banks, &hints).map(Plan::Words),
            None => data::plan(&draft, &layout, &dump.memory, &hints)
                .map(|plan| Plan::Blocks { before: dump.memory.clone(), plan }),
        };
        planned.map_err(|cause| failed(cause.to_string()))
    }

    fn decode(&self, dump: &Dump) -> Decoded {
        let hints = self.hints(dump);
        let of_banks = banks(dump).and_then(|banks| banks.decode(&hints));
        of_banks.unwrap_or_else(|| data::decode(&dump.memory, &hints))
    }

    fn hints<'a>(&'a self, dump: &'a Dump) -> Hints<'a> {
        Hints {
            dsfid: dump.dsfid,
            afi: dump.afi,
            block_size: usize::from(dump.block_size.max(1)),
            locked: &dump.locked,
            local: &self.layouts,
            policy: self.policy,
        }
    }

    async fn send(&self, order: Command) -> Result<(), Refused> {
        if command(&self.orders, order).await { Ok(()) } else { Err(failed("the kiosk is ending")) }
    }

    const fn request(&mut self) -> u64 {
        self.n_requests += 1;
        self.n_requests
    }
}

async fn wait<T>(
    events: &mut broadcast::Receiver<ReaderEvent>,
    is: impl Fn(ReaderEvent) -> Option<T>,
) -> Result<T, Refused> {
    let answer = tokio::time::timeout(PATIENCE, async {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let Some(answer) = is(event) {
                        return Some(answer);
                    }
                }
                // What was missed may have been the answer: the limit decides.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    answer.await.ok().flatten().ok_or_else(|| failed("the reader does not answer"))
}

/// The banks of a UHF tag; none for an HF one.
fn banks(dump: &Dump) -> Option<Banks> {
    dump.other_banks.as_ref().map(|others| Banks::new(&dump.memory, &others.user))
}

const fn reason(outcome: ProgramOutcome) -> &'static str {
    match outcome {
        ProgramOutcome::Verified => "",
        ProgramOutcome::Gone => "the tag is gone: lay it back, and write again",
        ProgramOutcome::Stale => "the tag has changed meanwhile: write again",
        ProgramOutcome::Unfit => "the layout does not fit this kind of tag",
        ProgramOutcome::NotAlone => "this reader writes a tag only alone on the pad: take the others away",
        ProgramOutcome::Refused { is_locked: true, .. } => "the tag is locked: take another one",
        ProgramOutcome::Refused { is_locked: false, .. } => "the tag does not take it: take another one",
        ProgramOutcome::Uncertain { .. } => "the tag was not heard any more: lay it back, and write again",
    }
}

fn failed(why: impl Into<String>) -> Refused {
    Refused::Failed { why: why.into() }
}

/// Numbers of requests from here on are the station's; the session's begin at 1.
const STATION: u64 = 1 << 60;
const DUMP_TRIES: u8 = 3;
const PATIENCE: Duration = Duration::from_secs(20);
