//! Looking for books in the mirror, on a thread of its own: the loop never waits for it.
//!
//! **Latest wins**: a question that has not begun when the next one of its kind comes is dropped; its answer would
//! change nothing on the screen. What was looked for is kept nowhere else, and logged nowhere. The titles are in
//! memory only while somebody looks for one, and a little longer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use circulation::search::{Holding, Query, Results, TitleKey};
use circulation::session::Input;
use supervision::part::Part;
use sync_client::mirror::{Finder, Mirror, MirrorError};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::supervise::Reporter;

/// The way to the thread.
#[derive(Debug)]
pub struct Catalogue {
    desk: Arc<Desk>,
    /// set before an end that is meant
    is_meant: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Desk {
    orders: Mutex<Orders>,
    bell: Condvar,
}

/// What the thread is to do next.
#[derive(Debug, Default)]
struct Orders {
    search: Option<(u64, Query)>,
    holdings: Option<(u64, TitleKey)>,
    /// somebody is about to look for something
    is_awaited: bool,
    is_closed: bool,
    /// titles in memory
    n_titles: Option<usize>,
}

enum Order {
    Search(u64, Query),
    Holdings(u64, TitleKey),
    Prepare,
    /// Nothing came for long.
    Rest,
    Close,
}

impl Catalogue {
    /// Starts the thread; its answers come back as inputs.
    ///
    /// # Errors
    /// What the system says if there is no thread to be had.
    pub fn start(mirror: Mirror, answers: mpsc::Sender<Input>, reporter: &Reporter) -> std::io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let clerk = Clerk { desk: Arc::clone(&desk), mirror, finder: None, answers };
        let (farewell, is_meant) = reporter.farewell(Part::Catalogue);
        std::thread::Builder::new().name("catalogue".to_owned()).spawn(move || {
            clerk.serve();
            drop(farewell);
        })?;
        Ok(Self { desk, is_meant })
    }

    /// Whether the thread is there.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        // The thread has the other one.
        Arc::strong_count(&self.desk) > 1
    }

    /// Ends the thread as a fault would.
    pub fn fail(&self) {
        self.order(|orders| orders.is_closed = true);
    }

    /// Looks for titles; the answer is [`Input::Found`].
    pub fn search(&self, query: u64, what: Query) {
        self.order(|orders| orders.search = Some((query, what)));
    }

    /// Looks where a title stands; the answer is [`Input::Stands`].
    pub fn holdings(&self, query: u64, title: TitleKey) {
        self.order(|orders| orders.holdings = Some((query, title)));
    }

    /// Somebody is about to look for something: the titles are fetched into memory.
    pub fn prepare(&self) {
        self.order(|orders| orders.is_awaited = true);
    }

    /// How many titles are in memory; none while nobody looks for any.
    #[must_use]
    pub fn n_titles(&self) -> Option<usize> {
        self.desk.orders().n_titles
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.desk.orders());
        self.desk.bell.notify_one();
    }
}

impl Drop for Catalogue {
    fn drop(&mut self) {
        if !self.desk.orders().is_closed {
            self.is_meant.store(true, Ordering::Relaxed);
        }
        self.order(|orders| orders.is_closed = true);
    }
}

impl Desk {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next order.
    fn next(&self) -> Order {
        let mut orders = self.orders();
        loop {
            if orders.is_closed {
                return Order::Close;
            }
            if let Some((query, what)) = orders.search.take() {
                return Order::Search(query, what);
            }
            if let Some((query, title)) = orders.holdings.take() {
                return Order::Holdings(query, title);
            }
            if core::mem::take(&mut orders.is_awaited) {
                return Order::Prepare;
            }
            let (held, waited) = self.bell.wait_timeout(orders, REST).unwrap_or_else(PoisonError::into_inner);
            orders = held;
            if waited.timed_out() && orders.n_titles.is_some() {
                return Order::Rest;
            }
        }
    }
}

/// Who serves the desk.
struct Clerk {
    desk: Arc<Desk>,
    mirror: Mirror,
    finder: Option<Finder>,
    answers: mpsc::Sender<Input>,
}

impl Clerk {
    fn serve(mut self) {
        loop {
            let answer = match self.desk.next() {
                Order::Search(query, what) => {
                    Some(Input::Found { query, results: self.with(|finder| search(finder, &what)).flatten() })
                }
                Order::Holdings(query, title) => {
                    let holdings: Option<Vec<Holding>> = self.with(|finder| finder.holdings(title));
                    Some(Input::Stands { query, holdings: holdings.unwrap_or_default() })
                }
                Order::Prepare => {
                    // Why there is none was said already.
                    self.with(|_| Ok(()));
                    None
                }
                Order::Rest => {
                    self.keep(None);
                    None
                }
                Order::Close => return,
            };
            // The loop has ended, and everything with it.
            if answer.is_some_and(|answer| self.answers.blocking_send(answer).is_err()) {
                return;
            }
        }
    }

    /// Asks the finder; nothing if there is none, or the mirror fails.
    fn with<T>(&mut self, ask: impl FnOnce(&mut Finder) -> Result<T, MirrorError>) -> Option<T> {
        let finder = match self.finder.take() {
            Some(finder) => Ok(finder),
            None => self.mirror.finder(),
        };
        let answered = finder.and_then(|mut finder| Ok((ask(&mut finder)?, finder)));
        match answered {
            Ok((answer, finder)) => {
                self.keep(Some(finder));
                Some(answer)
            }
            Err(cause) => {
                warn!(%cause, "the catalogue cannot be looked through");
                self.keep(None);
                None
            }
        }
    }

    fn keep(&mut self, finder: Option<Finder>) {
        let n_titles = finder.as_ref().map(|finder| finder.size().n_titles);
        if core::mem::replace(&mut self.desk.orders().n_titles, n_titles) != n_titles {
            debug!(?n_titles, "titles in memory");
        }
        self.finder = finder;
    }
}

/// Nothing if the mirror is still empty.
fn search(finder: &mut Finder, what: &Query) -> Result<Option<Results>, MirrorError> {
    let results = finder.search(what)?;
    Ok((finder.size().n_titles > 0).then_some(results))
}

/// Longer than somebody thinks between two words.
const REST: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use supervision::metrics::Metrics;

    use super::*;

    #[test]
    fn of_two_questions_that_wait_the_later_one_is_asked() {
        let desk = Arc::new(Desk::default());
        let catalogue = Catalogue { desk: Arc::clone(&desk), is_meant: Arc::default() };
        catalogue.search(1, Query::default());
        catalogue.search(2, Query::default());
        catalogue.holdings(3, TitleKey(7));
        assert!(matches!(desk.next(), Order::Search(2, _)));
        assert!(matches!(desk.next(), Order::Holdings(3, TitleKey(7))));
        drop(catalogue);
        assert!(matches!(desk.next(), Order::Close));
    }

    #[test]
    fn an_empty_mirror_is_no_catalogue() {
        let folder = tempfile::tempdir().unwrap();
        let (mirror, _) = Mirror::open(&folder.path().join("mirror.db")).unwrap();
        let (answers_in, mut answers) = mpsc::channel(4);
        let (reporter, _told) = Reporter::new(Metrics::new(""));
        let catalogue = Catalogue::start(mirror, answers_in, &reporter).unwrap();
        catalogue.search(9, Query { text: "hlm".to_owned(), n: 6, ..Query::default() });
        let answer = answers.blocking_recv().unwrap();
        assert!(matches!(answer, Input::Found { query: 9, results: None }), "{answer:?}");
        catalogue.holdings(10, TitleKey(1));
        let answer = answers.blocking_recv().unwrap();
        assert!(matches!(answer, Input::Stands { query: 10, .. }), "{answer:?}");
    }
}
