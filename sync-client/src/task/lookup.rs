//! Questions of somebody at the screen: to central, or without it to the mirror as far as it knows.

use circulation::transaction::Reason;

use super::job::Done;
use super::work::Tools;
use super::{Lookup, SyncEvent};
use crate::central::Called;

/// Answers a question. `asks`: central may answer; it is known to be silent otherwise.
pub(super) async fn answer(tools: &Tools, lookup: Lookup, asks: bool, done: &mut Done) {
    let (client, offline) = (&tools.client, tools.offline.as_ref());
    let event = match lookup {
        Lookup::Patron { query, id, pin } => {
            let result = match (heard(asks, client.patron(&id, pin.as_ref()), done).await, offline) {
                (Some(result), _) => result,
                (None, Some(offline)) => offline.patron(&id, pin).await,
                (None, None) => Err(Reason::CentralSilent),
            };
            SyncEvent::Patron { query, result }
        }
        Lookup::Describe(item) => {
            let description = match (heard(asks, client.holding(&item), done).await, offline) {
                (Some(found), _) => found.map(|fact| fact.description).unwrap_or_default(),
                (None, Some(offline)) => offline.describe(&item).await,
                (None, None) => circulation::item::Description::default(),
            };
            SyncEvent::Described { item, description }
        }
        Lookup::Account { query, patron } => {
            let result = heard(asks, client.account(&patron), done).await;
            SyncEvent::Account { query, result: result.unwrap_or(Err(Reason::CentralSilent)) }
        }
        Lookup::Renew { patron, item } => {
            let result = heard(asks, client.renew(&patron, &item), done).await;
            SyncEvent::Renewed { item, result: result.unwrap_or(Err(Reason::CentralSilent)) }
        }
        Lookup::Reserve { query, patron, item } => {
            let result = heard(asks, client.reserve(&patron, &item), done).await;
            SyncEvent::Reserved { query, result: result.unwrap_or(Err(Reason::CentralSilent)) }
        }
        Lookup::Seen { query, items } => {
            let asks = asks && client.keeps_sightings();
            let seen = heard(asks, client.sightings(items), done).await.unwrap_or_default();
            SyncEvent::Seen { query, seen }
        }
        Lookup::CancelHold { patron, item } => {
            let result = heard(asks, client.cancel_hold(&patron, &item), done).await;
            SyncEvent::HoldCancelled { item, result: result.unwrap_or(Err(Reason::CentralSilent)) }
        }
    };
    done.events.push(event);
}

/// What central says; nothing if it is not asked, or does not answer.
async fn heard<T>(asks: bool, call: impl Future<Output = Called<T>>, done: &mut Done) -> Option<T> {
    if asks { done.heard(call.await).ok() } else { None }
}
