//! The library's system, beside a session: it is told what was counted, and asked where items were last seen. The session
//! waits for neither.

use std::time::Instant;

use circulation::id::ItemId;
use circulation::screen::{Gauge, Telling as Shown};
use circulation::sighting::LastSeen;
use stocktaking::{Step, TellError, Telling};
use sync_client::central::Central;
use sync_client::kiosk_api::transfer::MAX_ITEMS;
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use super::now;
use crate::failure::Failure;

/// What a session wants of it.
#[derive(Debug)]
pub(super) enum Wish {
    /// Tell it everything.
    Tell(Box<Telling>),
    /// Stop telling.
    Stop,
    /// Say where these were last seen.
    Look(Vec<ItemId>),
}

/// What a session hears.
#[derive(Debug)]
pub(super) enum News {
    /// How the telling goes.
    Telling(Shown),
    /// Where items were last seen.
    Seen(Vec<(ItemId, LastSeen)>),
    /// What was told cannot be noted.
    Failed(Failure),
}

/// The way to it.
#[derive(Debug)]
pub(super) struct Library {
    client: Option<Central>,
    told: mpsc::Sender<News>,
    pub(super) news: mpsc::Receiver<News>,
    stop: watch::Sender<bool>,
    /// empty as soon as nobody tells any more
    teller: Option<mpsc::Receiver<()>>,
}

impl Library {
    pub(super) fn new(client: Option<Central>) -> Self {
        let (told, news) = mpsc::channel(NEWS);
        Self { client, told, news, stop: watch::Sender::new(false), teller: None }
    }

    pub(super) fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Tell(telling) => {
                self.stop.send_replace(true);
                self.stop = watch::Sender::new(false);
                let (over_in, over) = mpsc::channel(1);
                self.teller = Some(over);
                let (told, stop) = (self.told.clone(), self.stop.subscribe());
                tokio::spawn(async move {
                    tell(*telling, &told, stop).await;
                    drop(over_in);
                });
            }
            Wish::Stop => drop(self.stop.send_replace(true)),
            Wish::Look(items) => {
                let Some(client) = self.client.clone().filter(Central::keeps_sightings) else { return };
                tokio::spawn(look(client, items, self.told.clone()));
            }
        }
    }

    /// Stops telling, and waits until what was told is on the disk.
    pub(super) async fn end(mut self) {
        self.stop.send_replace(true);
        self.news.close();
        if let Some(mut over) = self.teller {
            // Nothing is ever sent: it is closed at the end of the task.
            over.recv().await;
        }
    }
}

/// Tells item by item; of the many, the screen hears a few times a second.
async fn tell(mut telling: Telling, told: &mpsc::Sender<News>, mut stop: watch::Receiver<bool>) {
    let (begun, n_before) = (now(), telling.n_told());
    let mut refused: u32 = 0;
    loop {
        let step = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => None,
            step = telling.step() => Some(step),
        };
        let news = match step {
            Some(Ok(Step::Told)) => News::Telling(going(&telling, begun, n_before)),
            Some(Ok(Step::Refused(item, reason))) => {
                warn!(%item, ?reason, "the library's system does not take it");
                refused = refused.saturating_add(1);
                News::Telling(going(&telling, begun, n_before))
            }
            Some(Ok(Step::All)) => News::Telling(Shown::Done { told: gauge(&telling).of, refused }),
            Some(Err(TellError::Silent(why))) => {
                warn!(why, "the library's system does not answer");
                stopped(&mut telling, true)
            }
            Some(Err(why @ (TellError::NoWords | TellError::Folder(_)))) => News::Failed(why.into()),
            None => stopped(&mut telling, false),
        };
        if matches!(news, News::Telling(Shown::Going { .. })) {
            // A full channel has newer news than this soon.
            drop(told.try_send(news));
            continue;
        }
        info!(told = telling.n_told(), of = telling.n_items(), "the library's system was told");
        // Closed: the session is over.
        drop(told.send(news).await);
        return;
    }
}

fn stopped(telling: &mut Telling, is_silent: bool) -> News {
    match telling.rest() {
        Ok(()) => News::Telling(Shown::Stopped { gauge: gauge(telling), is_silent }),
        Err(why) => News::Failed(why.into()),
    }
}

fn gauge(telling: &Telling) -> Gauge {
    let n = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Gauge::new(n(telling.n_told()), n(telling.n_items()))
}

/// How far it is, and how long it takes if it goes on as it went.
fn going(telling: &Telling, begun: Instant, n_before: usize) -> Shown {
    let spent = now().saturating_duration_since(begun).as_millis();
    let done = telling.n_told().saturating_sub(n_before);
    let left = telling.n_items().saturating_sub(telling.n_told());
    let as_u128 = |n: usize| u128::try_from(n).unwrap_or(u128::MAX);
    let ms = spent.saturating_mul(as_u128(left)).checked_div(as_u128(done));
    let seconds_left = ms.filter(|_| spent > SURE_MS).and_then(|ms| u32::try_from(ms / 1_000).ok());
    Shown::Going { gauge: gauge(telling), seconds_left }
}

/// A hunt goes on without an answer.
async fn look(client: Central, items: Vec<ItemId>, told: mpsc::Sender<News>) {
    for some in items.chunks(MAX_ITEMS) {
        match client.sightings(some.to_vec()).await {
            Ok(seen) => {
                if told.send(News::Seen(seen)).await.is_err() {
                    return;
                }
            }
            Err(why) => {
                info!(%why, "where items were last seen is not known");
                return;
            }
        }
    }
}

/// Some screens of them.
const NEWS: usize = 16;
/// The time left is not guessed before this.
const SURE_MS: u128 = 1_000;
