//! Single loans and returns of many kiosks, made together: whoever comes while others are at work waits a moment, and is
//! then one of a group that costs one commit, on PostgreSQL also one reading of the facts.
//!
//! ```text
//!   caller A   leads: [A]            lock, facts, decide, COMMIT ─ answers A ─ hands over to B
//!   caller B        waits ───────────────────────────────────────▶ leads: [B, C, D]  lock, facts, decide ×3, COMMIT
//!   caller C             waits ──────────────────────────────────────────────────────────────────────▶ answered
//! ```
//! **Rules**: each job is decided by itself, and of one item or one patron there is one job in a group at most, so that
//! what was read for it still holds when it is decided. A group is one change: if it fails, and nothing can have been done,
//! each of its jobs is made alone and fails or succeeds alone. Nobody waits for company: a caller who is alone goes at once.
//! Nobody is answered before the commit.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use circulation::id::{Isil, ItemId, PatronId};

use super::engine::{Access, Engine};
use super::facts::Facts;
use super::statement::{Statement, circulate};
use super::{Desk, StoreError};

/// What a job is about.
pub(super) struct About {
    pub(super) of: Isil,
    pub(super) item: ItemId,
    /// nothing: whoever has the item
    pub(super) patron: Option<PatronId>,
    pub(super) desk: Desk,
}

/// Decides and writes, given the facts. It may be run again.
type Decide = dyn FnMut(&mut dyn Access, &About, &Facts) -> Result<(), StoreError> + Send;

struct Job {
    about: About,
    decide: Box<Decide>,
    slot: Arc<Slot>,
}

/// Where a caller waits.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Waiting,
    /// It is this caller's turn to lead.
    Leads,
    Done(Result<(), StoreError>),
}

/// Where callers meet.
pub(super) struct Gate {
    gathering: Mutex<Gathering>,
    /// groups at work at once
    max_leading: usize,
}

#[derive(Default)]
struct Gathering {
    waiting: Vec<Job>,
    n_leading: usize,
}

impl Gate {
    pub(super) fn new(max_leading: usize) -> Self {
        Self { gathering: Mutex::default(), max_leading }
    }

    /// Makes one job, alone or with those of others; what it decided is on the disk.
    pub(super) fn run<T: Send + 'static>(
        &self,
        engine: &dyn Engine,
        about: About,
        decide: impl Fn(&mut dyn Access, &About, &Facts) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let decided = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&decided);
        let decide = Box::new(move |db: &mut dyn Access, about: &About, facts: &Facts| {
            let verdict = decide(db, about, facts)?;
            *held(&answer) = Some(verdict);
            Ok(())
        });
        self.enter(engine, about, decide)?;
        held(&decided).take().ok_or(StoreError::Missing("an answer"))
    }

    fn enter(&self, engine: &dyn Engine, about: About, decide: Box<Decide>) -> Result<(), StoreError> {
        let slot = Arc::new(Slot::default());
        let mut leads = {
            let mut gathering = held(&self.gathering);
            gathering.waiting.push(Job { about, decide, slot: Arc::clone(&slot) });
            let leads = gathering.n_leading < self.max_leading;
            gathering.n_leading += usize::from(leads);
            leads
        };
        loop {
            if leads {
                let group = held(&self.gathering).take(&slot);
                make(engine, group);
                held(&self.gathering).hand_over();
            }
            match slot.wait() {
                Some(result) => return result,
                None => leads = true,
            }
        }
    }
}

impl Gathering {
    /// The first that waits, and as many others of its institution as are about other items and patrons. What another
    /// leader will take itself stays.
    fn take(&mut self, mine: &Arc<Slot>) -> Vec<Job> {
        let mut of: Option<Isil> = None;
        let (mut items, mut patrons) = (BTreeSet::new(), BTreeSet::new());
        let (mut group, mut left) = (Vec::new(), Vec::new());
        for job in self.waiting.drain(..) {
            let About { item, patron, .. } = &job.about;
            let is_first =
                !items.contains(item) && patron.as_ref().is_none_or(|patron| !patrons.contains(patron));
            let is_ours = Arc::ptr_eq(&job.slot, mine) || job.slot.is_waiting();
            let is_of = of.as_ref().is_none_or(|of| job.about.of == *of);
            // What waits behind another job on its item or patron must not overtake it.
            items.insert(item.clone());
            patrons.extend(patron.clone());
            if is_first && is_ours && is_of && group.len() < MAX_GROUP {
                of.get_or_insert_with(|| job.about.of.clone());
                group.push(job);
            } else {
                left.push(job);
            }
        }
        self.waiting = left;
        group
    }

    /// The next who waits leads; if nobody does, there is one leader less.
    fn hand_over(&mut self) {
        if !self.waiting.iter().any(|job| job.slot.promote()) {
            self.n_leading -= 1;
        }
    }
}

impl Slot {
    /// The result, or nothing: it is this caller's turn to lead.
    fn wait(&self) -> Option<Result<(), StoreError>> {
        let state = held(&self.state);
        let waiting = |state: &mut State| matches!(state, State::Waiting);
        let mut state = self.changed.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner);
        match core::mem::take(&mut *state) {
            State::Done(result) => Some(result),
            State::Leads | State::Waiting => None,
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(*held(&self.state), State::Waiting)
    }

    /// Lets this caller lead, unless it does already.
    fn promote(&self) -> bool {
        let mut state = held(&self.state);
        let is_waiting = matches!(*state, State::Waiting);
        if is_waiting {
            *state = State::Leads;
            self.changed.notify_one();
        }
        is_waiting
    }

    fn end(&self, result: Result<(), StoreError>) {
        *held(&self.state) = State::Done(result);
        self.changed.notify_one();
    }
}

/// Makes a group, and answers each of it.
fn make(engine: &dyn Engine, mut group: Vec<Job>) {
    if group.len() > 1 {
        let together = catch_unwind(AssertUnwindSafe(|| {
            engine.change(&mut |db| {
                let facts = read(db, &group)?;
                group.iter_mut().zip(facts).try_for_each(|(job, facts)| (job.decide)(db, &job.about, &facts))
            })
        }));
        match together {
            Ok(Ok(())) => return group.iter().for_each(|job| job.slot.end(Ok(()))),
            // The commit may have been done: made again, it would be refused as done already.
            Ok(Err(StoreError::Postgres { code: None, text })) => {
                let fault = || StoreError::Postgres { code: None, text: text.clone() };
                return group.iter().for_each(|job| job.slot.end(Err(fault())));
            }
            Ok(Err(StoreError::Busy)) => {
                return group.iter().for_each(|job| job.slot.end(Err(StoreError::Busy)));
            }
            // One of them failed, or panicked, and nothing was done: whoever it was fails alone.
            Ok(Err(fault)) => tracing::debug!(%fault, n = group.len(), "a group is made one by one"),
            Err(_) => tracing::error!(n = group.len(), "a change panicked; its group is made one by one"),
        }
    }
    for mut job in group {
        let alone = catch_unwind(AssertUnwindSafe(|| {
            engine.change(&mut |db| {
                let facts =
                    read(db, core::slice::from_ref(&job))?.pop().ok_or(StoreError::Missing("facts"))?;
                (job.decide)(db, &job.about, &facts)
            })
        }));
        job.slot.end(alone.unwrap_or(Err(StoreError::Missing("the end of a change, which panicked"))));
    }
}

/// Locks what the jobs are about, and reads the facts of each.
fn read(db: &mut dyn Access, group: &[Job]) -> Result<Vec<Facts>, StoreError> {
    let Some(of) = group.first().map(|job| &job.about.of) else { return Ok(Vec::new()) };
    let items: Vec<&ItemId> = group.iter().map(|job| &job.about.item).collect();
    let patrons: Vec<&PatronId> = group.iter().filter_map(|job| job.about.patron.as_ref()).collect();
    db.lock(of, &items, &patrons)?;
    let days: Vec<String> = group.iter().map(|job| job.about.desk.now.date().to_string()).collect();
    let questions = group.iter().zip(&days).map(|(job, today)| {
        let About { of, item, patron, desk } = &job.about;
        let values = Facts::values(of, item, patron.as_ref(), (desk, today));
        let statement: &'static Statement = &circulate::FACTS;
        (statement, values.to_vec())
    });
    let questions: Vec<_> = questions.collect();
    db.all(&questions)?.into_iter().map(Facts::of_rows).collect()
}

/// A thread that panicked left no half state: what is kept here is set whole.
fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Jobs in one group: the first waits for the last.
const MAX_GROUP: usize = 256;

#[cfg(test)]
mod tests;
