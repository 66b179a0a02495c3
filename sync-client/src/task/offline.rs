//! What may be taken as done while central is silent: the rules of [`circulation::policy`], asked with what the mirror
//! and the ledger know.
//!
//! **Limits hold for a stack too**: books that are asked for side by side are decided one after another, and one that
//! was allowed counts from then on, though its row says so only a moment later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::item::Description;
use circulation::money::Amount;
use circulation::patron::{Patron, Pin};
use circulation::policy::{
    self, Moment, Moved, Obstacle, PatronFacts, PatronState, Provisional, Rules, Tally,
};
use circulation::transaction::{Act, Reason, Transaction};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::central::Central;
use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError};
use crate::mirror::{Mirror, MirrorError, PinCheck};
use crate::row::{Kind, Row, State};

/// The mirror, the rules, and what was promised. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Offline {
    mirror: Mirror,
    /// nothing: the mirror is kept to look things up in, and nothing is lent by it
    rules: Option<Rules>,
    clock: Clock,
    /// when central was last heard
    heard: Arc<Mutex<Option<Timestamp>>>,
    /// by how much the kiosk's clock is ahead of central's, where that is too much
    wrong_by: Arc<Mutex<Option<SignedDuration>>>,
    /// checkouts that were allowed and whose rows may not say so yet
    promised: Arc<Mutex<BTreeMap<TransactionId, PatronId>>>,
    /// whose turn it is to be decided
    turn: Arc<Semaphore>,
}

/// Why nothing is assumed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Obstacle(#[from] Obstacle),
    #[error("{0}")]
    Mirror(#[from] MirrorError),
    #[error("{0}")]
    Ledger(#[from] LedgerError),
    #[error("the clock is {0:#} ahead of central's: due dates would be wrong")]
    Clock(SignedDuration),
    #[error("the lookup was called off")]
    Stopped,
}

impl Refusal {
    const fn reason(&self) -> Reason {
        match self {
            Self::Obstacle(obstacle) => obstacle.reason(),
            Self::Mirror(_) | Self::Ledger(_) | Self::Clock(_) | Self::Stopped => Reason::CentralSilent,
        }
    }
}

impl Offline {
    /// Rules over a mirror. Whose items are lent stands in the mirror where the rules name nobody.
    #[must_use]
    pub fn new(mirror: Mirror, rules: Rules, clock: Clock) -> Self {
        Self::with(mirror, Some(rules), clock)
    }

    /// A mirror that is kept up to date and by which nothing is lent, nobody let in.
    #[must_use]
    pub fn only_mirror(mirror: Mirror, clock: Clock) -> Self {
        Self::with(mirror, None, clock)
    }

    fn with(mirror: Mirror, rules: Option<Rules>, clock: Clock) -> Self {
        let turn = Arc::new(Semaphore::new(1));
        let (heard, wrong_by, promised) = (Arc::default(), Arc::default(), Arc::default());
        Self { mirror, rules, clock, heard, wrong_by, promised, turn }
    }

    /// The mirror.
    #[must_use]
    pub const fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Central has answered.
    pub(super) fn heard(&self) {
        *held(&self.heard) = Some(self.clock.now());
    }

    /// Central's local time was `central` when the kiosk's was `here`. Clocks that differ by more than `most` lend
    /// nothing without central until they agree again.
    pub(super) fn compare_clocks(&self, here: DateTime, central: DateTime, most: Duration) {
        let ahead = here.duration_since(central);
        let wrong = (ahead.unsigned_abs() > most).then_some(ahead);
        let before = core::mem::replace(&mut *held(&self.wrong_by), wrong);
        match (before, wrong) {
            (_, Some(ahead)) => {
                tracing::warn!(%ahead, "this kiosk's clock or central's is wrong: nothing is lent without central");
            }
            (Some(_), None) => tracing::info!("the clocks of kiosk and central agree again"),
            (None, None) => {}
        }
    }

    /// The due date of a checkout that may be assumed, or what its patron is told.
    pub(super) async fn checkout(
        &self,
        central: &Central,
        ledger: &Ledger,
        transaction: &Transaction,
    ) -> Result<Date, Reason> {
        let (Act::Checkout { patron, item }, Some(rules)) = (&transaction.act, &self.rules) else {
            return Err(Reason::CentralSilent);
        };
        match self.decide(rules, central, ledger, transaction.id, patron, item).await {
            Ok(Provisional { due }) => Ok(due),
            Err(refusal) => {
                tracing::info!(id = %transaction.id, %refusal, "not lent without central");
                Err(refusal.reason())
            }
        }
    }

    async fn decide(
        &self,
        rules: &Rules,
        central: &Central,
        ledger: &Ledger,
        id: TransactionId,
        patron: &PatronId,
        item: &ItemId,
    ) -> Result<Provisional, Refusal> {
        let _turn = self.turn.acquire().await.map_err(|_| Refusal::Stopped)?;
        if let Some(ahead) = *held(&self.wrong_by) {
            return Err(Refusal::Clock(ahead));
        }
        let open = ledger.open_rows().await?;
        let is_asked = |id: &TransactionId| open.iter().any(|row| row.id == *id && row.state == State::Asked);
        held(&self.promised).retain(|id, _| is_asked(id));
        let recent = ledger.recent(RECENT).await?;
        let (facts, fresh) = {
            let (mirror, patron, item) = (self.mirror.clone(), patron.clone(), item.clone());
            blocking(move || Ok((mirror.facts(&patron, &item)?, mirror.freshness()?))).await?
        };
        let now = self.clock.now();
        let at = Moment {
            now,
            today: central.local(now).date(),
            last_row: recent.iter().filter(|row| row.id != id).map(|row| row.changed_at).max(),
            mirrored: fresh.as_ref().map(|fresh| fresh.mirrored),
            silent_since: *held(&self.heard),
        };
        let mut rules = rules.clone();
        if rules.owners.is_empty() {
            rules.owners.extend(fresh.as_ref().map(|fresh| fresh.institution.clone()));
        }
        let known = facts.item.map(|facts| match moved(&recent, item, id, at.mirrored) {
            Some(moved) => facts.after(moved),
            None => facts,
        });
        let tally = tally(&open, &held(&self.promised), patron);
        let provisional =
            policy::checkout(&rules, &facts.calendar, &at, tally, facts.patron.as_ref(), known.as_ref())?;
        held(&self.promised).insert(id, patron.clone());
        Ok(provisional)
    }

    /// Title and shelf mark, as far as the mirror knows the item.
    pub(super) async fn describe(&self, item: &ItemId) -> Description {
        let (mirror, item) = (self.mirror.clone(), item.clone());
        // A title that is not known is a line without a title.
        let found = blocking(move || mirror.item(&item)).await.ok().flatten();
        found.map(|found| found.description).unwrap_or_default()
    }

    /// A patron as far as the mirror knows, if their password is right where one is asked for.
    pub(super) async fn patron(&self, id: &PatronId, pin: Option<Pin>) -> Result<Patron, Reason> {
        if self.rules.is_none() {
            return Err(Reason::CentralSilent);
        }
        let (mirror, id) = (self.mirror.clone(), id.clone());
        let looked = blocking(move || {
            if let Some(pin) = pin {
                match mirror.check_pin(&id, &pin)? {
                    PinCheck::Right => {}
                    PinCheck::Wrong => return Ok(Err(Reason::WrongPin)),
                    PinCheck::NotKept | PinCheck::PatronUnknown => return Ok(Err(Reason::CentralSilent)),
                }
            }
            let facts = mirror.patron(&id)?;
            Ok(facts.ok_or(Reason::CentralSilent).and_then(|facts| known(id, &facts)))
        })
        .await;
        looked.unwrap_or_else(|refusal| {
            tracing::info!(%refusal, "a patron is not looked up without central");
            Err(refusal.reason())
        })
    }
}

/// What the mirror says of a patron; the name is central's alone.
fn known(id: PatronId, facts: &PatronFacts) -> Result<Patron, Reason> {
    let refused = match facts.state {
        PatronState::Valid => None,
        PatronState::Unverified => Some(Reason::PatronUnverified),
        PatronState::Lost => Some(Reason::PatronLost),
        PatronState::Suspended => Some(Reason::PatronSuspended),
        PatronState::Cancelled => Some(Reason::PatronCancelled),
        PatronState::Owes => Some(Obstacle::PatronOwes.reason()),
    };
    match refused {
        Some(reason) => Err(reason),
        None => Ok(Patron {
            id,
            name: String::new(),
            n_loans: Some(facts.n_loans),
            loan_limit: Some(facts.loan_limit),
            debt: Amount::from_fen(0),
            valid_until: Some(facts.ends_on),
        }),
    }
}

/// What was assumed and not told yet, and what was promised and is not recorded yet.
fn tally(open: &[Row], promised: &BTreeMap<TransactionId, PatronId>, patron: &PatronId) -> Tally {
    let assumed = open.iter().filter(|row| row.kind == Kind::Checkout && row.assumed && !row.told);
    let all = assumed.filter_map(|row| row.patron.as_ref()).chain(promised.values());
    all.fold(Tally::default(), |tally, who| Tally {
        patron: tally.patron.saturating_add(u32::from(who == patron)),
        kiosk: tally.kiosk.saturating_add(1),
    })
}

/// What this kiosk did last with an item and the mirror cannot know; `recent` is the newest first.
fn moved(recent: &[Row], item: &ItemId, but: TransactionId, mirrored: Option<Timestamp>) -> Option<Moved> {
    let is_news = |row: &&Row| {
        let is_done = matches!(row.state, State::Settled | State::Granted | State::Assumed);
        row.id != but
            && row.item == *item
            && is_done
            && mirrored.is_none_or(|mirrored| row.changed_at > mirrored)
    };
    recent.iter().find(is_news).map(|row| match row.kind {
        Kind::Checkout => Moved::Lent,
        Kind::Checkin => Moved::TakenBack,
    })
}

fn held<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, MirrorError> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(look).await.map_err(|_| Refusal::Stopped)?.map_err(Refusal::Mirror)
}

/// Rows among which the last move of an item is looked for: more than a kiosk makes between two refreshes.
const RECENT: u32 = 512;
