//! Whoever pushes the cart of the visit `stocktake`: looks at the tablet, and goes where it says.
//!
//! ```text
//!   no pass, or a pause     stands
//!   a pass                  goes along the shelves from the first one; after a pause, on from where it stood
//!   a hunt                  stands before the book that is looked for; one that is on no shelf lies on a table, and is neared
//! ```

use std::time::Duration;

use circulation::id::ItemId;
use circulation::screen::{CountState, Page, Screen, Stocktaking};
use tokio::sync::watch;
use tokio::time::{Interval, interval};
use tracing::warn;

use super::room::OWNER;
use super::world::Emulator;
use crate::failure::Failure;

/// Where the cart should be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// It stays.
    Stays,
    /// It goes along the shelves, in this pass.
    Along(u8),
    /// It goes to a book.
    To(ItemId),
}

/// The cart, and who pushes it.
#[derive(Debug)]
pub(super) struct Cart {
    emulator: Emulator,
    way: Way,
    /// the last pass that was begun
    pass: u8,
    /// what lies on the table, and how strongly it is heard, in dBm
    table: Option<(ItemId, i8)>,
}

impl Cart {
    pub(super) const fn new(emulator: Emulator) -> Self {
        Self { emulator, way: Way::Stays, pass: 0, table: None }
    }

    /// Pushes it as long as there are screens to look at.
    pub(super) async fn follow(mut self, mut screens: watch::Receiver<Screen>) {
        let mut step = interval(STEP);
        loop {
            let done = tokio::select! {
                changed = screens.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let way = way(&screens.borrow_and_update().page);
                    self.go(way, &mut step).await
                }
                _ = step.tick(), if self.table.is_some() => self.near().await,
            };
            if let Err(cause) = done {
                warn!(%cause, "the cart does not go where it should");
            }
        }
    }

    /// Goes there, if it is not on that way already.
    async fn go(&mut self, way: Option<Way>, step: &mut Interval) -> Result<(), Failure> {
        let Some(way) = way.filter(|way| *way != self.way) else { return Ok(()) };
        self.way = way;
        if let Some((item, _)) = self.table.take() {
            self.emulator.say(&format!("take {item}")).await?;
        }
        let (word, sought) = word(&self.way, self.pass);
        let told = self.emulator.say(&word).await;
        match (&self.way, sought) {
            (Way::Along(pass), _) => self.pass = *pass,
            // It is on no shelf.
            (Way::To(_), Some(item)) if told.is_err() => {
                step.reset();
                return self.lay_on_the_table(item).await;
            }
            (Way::Stays | Way::To(_), _) => {}
        }
        told.map(drop)
    }

    async fn lay_on_the_table(&mut self, item: ItemId) -> Result<(), Failure> {
        let define = format!("book {item} owner={OWNER} rssi={FAR_DBM}");
        if self.emulator.say(&define).await.is_err() {
            // It was looked for before.
            self.emulator.say(&format!("rssi {item} {FAR_DBM}")).await?;
        }
        self.emulator.say(&format!("put {item}")).await?;
        self.table = Some((item, FAR_DBM));
        Ok(())
    }

    /// One step nearer to the table.
    async fn near(&mut self) -> Result<(), Failure> {
        let Some((item, dbm)) = &mut self.table else { return Ok(()) };
        *dbm = dbm.saturating_add(STEP_DB).min(NEAR_DBM);
        let word = format!("rssi {item} {dbm}");
        self.emulator.say(&word).await.map(drop)
    }
}

/// Where a page wants the cart; nothing: it does not say.
fn way(page: &Page) -> Option<Way> {
    let Page::Stocktake(page) = page else { return None };
    Some(match page {
        Stocktaking::Count(count) if count.state == CountState::Reading => Way::Along(count.pass),
        Stocktaking::Count(_) => Way::Stays,
        // Somebody chooses a shelf while the cart goes on.
        Stocktaking::Shelves(_) => return None,
        Stocktaking::Hunt(hunt) => hunt.now.as_ref().map_or(Way::Stays, |line| Way::To(line.item.clone())),
    })
}

/// What the emulator is told, after so many passes, and the book that it is about.
fn word(way: &Way, pass: u8) -> (String, Option<ItemId>) {
    match way {
        Way::Stays => ("halt".to_owned(), None),
        Way::Along(now) if *now == pass => ("go on".to_owned(), None),
        Way::Along(_) => ("walk".to_owned(), None),
        Way::To(item) => (format!("stand {item}"), Some(item.clone())),
    }
}

/// Somebody who looks for a book on a table comes so much nearer in a step.
const STEP: Duration = Duration::from_millis(1_500);
const STEP_DB: i8 = 8;
const FAR_DBM: i8 = -76;
const NEAR_DBM: i8 = -34;

#[cfg(test)]
mod tests {
    use circulation::screen::{Count, Ears, Gauge, HuntLine, HuntState, Hunting, Odd, Telling};

    use super::*;

    fn count(state: CountState, pass: u8) -> Stocktaking {
        Stocktaking::Count(Count {
            state,
            pass,
            passes_needed: 2,
            reader: Ears::Up,
            shelf: None,
            room: Gauge::default(),
            library: Gauge::default(),
            odd: Odd::default(),
            finding: None,
            asks_end: false,
            telling: Telling::No,
        })
    }

    fn hunt(item: Option<&str>) -> Stocktaking {
        let line = |item| HuntLine {
            item: ItemId::parse(item).unwrap(),
            call_number: None,
            shelf: None,
            state: HuntState::Sought,
            is_heard: false,
            heard_at: None,
            seen: None,
        };
        Stocktaking::Hunt(Hunting { now: item.map(line), ..Hunting::default() })
    }

    /// A day with the tablet: what the emulator is told at each page; nothing where the cart goes on as before.
    #[test]
    fn the_cart_goes_where_the_tablet_says() {
        let (mut last, mut pass) = (Way::Stays, 0);
        for (page, told) in [
            (count(CountState::Idle, 0), ""),
            (count(CountState::Reading, 1), "walk"),
            (count(CountState::Reading, 1), ""),
            (Stocktaking::Shelves(circulation::screen::Shelves::default()), ""),
            (count(CountState::Paused, 1), "halt"),
            (hunt(Some("LW0000012")), "stand LW0000012"),
            (hunt(Some("LW0000013")), "stand LW0000013"),
            (hunt(None), "halt"),
            (count(CountState::Paused, 1), ""),
            (count(CountState::Reading, 1), "go on"),
            (count(CountState::Idle, 1), "halt"),
            (count(CountState::Reading, 2), "walk"),
        ] {
            let wanted = way(&Page::Stocktake(page.clone())).filter(|way| *way != last);
            let said = wanted.as_ref().map(|way| word(way, pass).0).unwrap_or_default();
            assert_eq!(said, told, "{page}");
            if let Some(way) = wanted {
                if let Way::Along(now) = way {
                    pass = now;
                }
                last = way;
            }
        }
    }
}
