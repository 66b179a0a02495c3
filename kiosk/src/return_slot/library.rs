//! What the library knows of an item that somebody puts in: central's word, or the mirror's while central is silent.

use std::time::Duration;

use circulation::id::ItemId;
use circulation::policy::ItemState;
use circulation::transaction::{Destination, Grant};
use jiff::Timestamp;
use slot::io::Known;
use slot::sort::Facts;
use sync_client::answer::{HoldingFact, HoldingState};
use sync_client::central::Central;
use sync_client::mirror::{Item, Mirror};
use tokio::sync::{mpsc, watch};
use tracing::{debug, warn};

use super::books::Answer;
use super::dates::Dates;

/// Who is asked.
#[derive(Debug, Clone)]
pub(super) struct Library {
    pub(super) client: Central,
    pub(super) mirror: Option<Mirror>,
    /// whether central answers, as far as is known
    pub(super) online: watch::Receiver<Option<bool>>,
    pub(super) patience: Duration,
    pub(super) dates: Dates,
    pub(super) answers: mpsc::UnboundedSender<Answer>,
}

impl Library {
    /// Asks beside the loop. `owner` is the tag's word.
    pub(super) fn look(&mut self, item: ItemId, owner: Option<String>) {
        let are_right = self.dates.are_right(Timestamp::now());
        let library = self.clone();
        tokio::spawn(async move {
            let known = library.known(&item, owner, are_right).await;
            // The loop has ended: nobody waits for the answer.
            drop(library.answers.send(Answer::Looked { item, known }));
        });
    }

    /// Asks something small, so that a connection is open when somebody's item is asked for: to open one takes as long as
    /// the question, and one that nobody uses is given up after a few seconds.
    pub(super) fn warm(&self) {
        if *self.online.borrow() == Some(false) {
            return;
        }
        let (client, patience) = (self.client.clone(), self.patience);
        tokio::spawn(async move {
            match tokio::time::timeout(patience, client.ping()).await {
                Ok(Ok(())) => {}
                // Whoever asks next finds out, and says so.
                Ok(Err(cause)) => debug!(%cause, "central does not answer beforehand"),
                Err(_elapsed) => debug!("central does not answer beforehand in time"),
            }
        });
    }

    async fn known(&self, item: &ItemId, owner: Option<String>, can_be_dated: bool) -> Known {
        let is_silent = *self.online.borrow() == Some(false);
        let mirrored = self.mirrored(item.clone()).await;
        if !is_silent {
            match tokio::time::timeout(self.patience, self.client.holding(item)).await {
                Ok(Ok(Some(fact))) => return Known::Item(facts(Some(&fact), mirrored, owner)),
                Ok(Ok(None)) => return Known::NotOurs,
                Ok(Err(cause)) => warn!(%cause, "central does not say what an item is"),
                Err(_elapsed) => warn!("central does not say in time what an item is"),
            }
        }
        if !can_be_dated {
            warn!("central is silent, and the clock is wrong: nothing is taken");
            return Known::Undated;
        }
        match mirrored {
            Some(mirrored) => Known::Item(facts(None, Some(mirrored), owner)),
            None => Known::Silent,
        }
    }

    async fn mirrored(&self, item: ItemId) -> Option<Item> {
        let mirror = self.mirror.clone()?;
        let found = tokio::task::spawn_blocking(move || mirror.item(&item)).await.ok()?;
        found.inspect_err(|cause| warn!(%cause, "the mirror is not read")).ok().flatten()
    }
}

/// What is known, as the sorter's rules ask for it. The mirror may be a day old: it does not say who has what on loan.
fn facts(fact: Option<&HoldingFact>, mirrored: Option<Item>, owner: Option<String>) -> Facts {
    let is_held = mirrored.as_ref().is_some_and(|item| item.state == ItemState::Held);
    let call_number = fact.and_then(|fact| fact.description.call_number.clone());
    let (location, theirs, shelf_mark) = match mirrored {
        Some(item) => (Some(item.branch), Some(item.owner.as_str().to_owned()), item.description.call_number),
        None => (None, None, None),
    };
    Facts {
        is_on_loan: fact.and_then(|fact| match fact.state {
            HoldingState::OnLoan => Some(true),
            HoldingState::InLibrary => Some(false),
            HoldingState::Elsewhere => None,
        }),
        is_held,
        location,
        owner: owner.or(theirs),
        call_number: call_number.or(shelf_mark),
        ..Facts::default()
    }
}

/// What central says with a return, beside what was known before.
pub(super) fn returned(known: Facts, grant: &Grant) -> Facts {
    let location = match &grant.destination {
        Some(Destination::Home(branch) | Destination::HoldElsewhere(branch)) => Some(branch.clone()),
        Some(Destination::Shelf | Destination::HoldShelf) | None => known.location.clone(),
    };
    let is_held = grant.destination.as_ref().map_or(known.is_held, Destination::is_held);
    let call_number = grant.description.call_number.clone().or(known.call_number);
    Facts { is_on_loan: Some(true), is_held, location, call_number, ..known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_central_says_with_a_return_counts_more_than_what_was_known() {
        let known = Facts { location: Some("A".to_owned()), is_on_loan: None, ..Facts::default() };
        let told = |destination| returned(known.clone(), &Grant { destination, ..Grant::default() });
        assert_eq!(told(None), Facts { is_on_loan: Some(true), ..known.clone() });
        let held = told(Some(Destination::HoldElsewhere("B".to_owned())));
        assert_eq!((held.is_held, held.location.as_deref()), (true, Some("B")));
        assert_eq!(told(Some(Destination::Shelf)).location.as_deref(), Some("A"));
    }
}
