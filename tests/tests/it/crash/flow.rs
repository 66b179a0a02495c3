//! The visits that are killed: what lies where, what happens, and when it is over.

use kiosk::demo::world::CARD;
use rfid_driver::tag::Afi;
use tests::line::Weather;
use tests::place::Place;
use tests::seen::Seen;
use tests::watch::Moment;

use super::{Kill, Plan, Way, stopped};

/// What a visit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Checkout,
    Checkin,
    /// the tag's AFI cannot be written
    Reversal,
    /// its EAS cannot: it is half open, and closed again
    HalfOpen,
    /// the book is taken off before its tag is written, and not put back
    TakenOff,
    /// central is away, and told later
    AssumedCheckout,
    /// the same, and the tag's AFI cannot be written
    AssumedReversal,
    /// central is away, and told later
    AssumedCheckin,
    /// the same, and the tag's AFI cannot be written
    AssumedOpen,
    /// the same, and central does not know the book
    RefusedTelling,
    /// central is away, and told of so many that it is told in a batch
    Batch,
    /// the answer to the loan is lost
    LostCheckout,
    /// the answer to the return is lost
    LostCheckin,
}

impl Flow {
    /// The book that it is about; of a stack, the first.
    pub(super) const fn book(self) -> &'static str {
        match self {
            Self::RefusedTelling => "LW9999999",
            Self::Checkout
            | Self::Checkin
            | Self::Reversal
            | Self::HalfOpen
            | Self::TakenOff
            | Self::AssumedCheckout
            | Self::AssumedReversal
            | Self::AssumedCheckin
            | Self::AssumedOpen
            | Self::Batch
            | Self::LostCheckout
            | Self::LostCheckin => "LW0000001",
        }
    }

    pub(super) const fn is_checkin(self) -> bool {
        matches!(
            self,
            Self::Checkin
                | Self::AssumedCheckin
                | Self::AssumedOpen
                | Self::RefusedTelling
                | Self::Batch
                | Self::LostCheckin
        )
    }

    pub(super) const fn says_done(self) -> bool {
        matches!(self, Self::Checkout | Self::AssumedCheckout)
            || self.is_checkin() && !matches!(self, Self::Batch | Self::AssumedOpen)
    }

    /// Whether the plug is pulled at this moment. What one book of a stack goes through, a book alone has shown.
    pub(super) fn is_told_of(self, Moment(name, _): &Moment) -> bool {
        self != Self::Batch || name.starts_with("tell")
    }

    /// Whether the last of these moments is one at which central is told of a tag that was written before.
    pub(super) fn is_settled_at(self, moments: &[Moment]) -> bool {
        let is_written = moments.iter().any(|Moment(name, _)| name == "EAS is done");
        let is_telling = moments.last().is_some_and(|Moment(name, _)| {
            let is_return = name.starts_with("returnbook") || name.starts_with("checkin");
            name.starts_with("tell") || self.is_checkin() && is_return
        });
        is_written && is_telling
    }

    pub(super) async fn prepare(self, place: &mut Place) {
        place.bring(self.book());
        if self == Self::Batch {
            for n in 2..=BATCH {
                place.bring(&format!("LW{n:07}"));
            }
        }
        // Where runs share a server, the one before may have left the book on loan.
        place.library.at_desk(self.book(), false).await;
        if self.is_checkin() {
            if self != Self::RefusedTelling {
                place.library.at_desk(self.book(), true).await;
            }
            for item in &place.items {
                place.pad.change(item, |tag| (tag.afi, tag.eas) = (Afi(0xC2), false));
            }
        }
        place.pad.change(self.book(), |tag| match self {
            Self::Reversal | Self::AssumedReversal | Self::AssumedOpen => tag.is_afi_locked = true,
            Self::HalfOpen => tag.faults.fail_eas = 99,
            Self::TakenOff => tag.faults.take_on_afi = true,
            Self::Checkout
            | Self::Checkin
            | Self::AssumedCheckout
            | Self::AssumedCheckin
            | Self::RefusedTelling
            | Self::Batch
            | Self::LostCheckout
            | Self::LostCheckin => {}
        });
    }

    pub(super) fn play(self, place: &Place, way: Way) {
        match self {
            Self::AssumedCheckout
            | Self::AssumedReversal
            | Self::AssumedCheckin
            | Self::AssumedOpen
            | Self::RefusedTelling
            | Self::Batch => place.line.set(Weather::Down),
            Self::LostCheckout | Self::LostCheckin => {
                place.line.set(Weather::LosesSomeReceipts(way.n_tries()))
            }
            Self::Checkout | Self::Checkin | Self::Reversal | Self::HalfOpen | Self::TakenOff => {}
        }
        let card = if self.is_checkin() { "" } else { CARD };
        place.pad.say(&format!("put {card} {}", place.items.join(" ")));
    }

    /// Until the moment of the kill has come; without one, until all is at rest.
    pub(super) async fn until_killed(self, place: &mut Place, plan: &Plan) {
        match plan.kill {
            Kill::BeforeDone => {
                return place.until("the moment before done", |seen| seen.page == "held").await;
            }
            Kill::AtDone => return place.until("done", Seen::has_done).await,
            Kill::At(_) | Kill::Never => {}
        }
        let watch = place.watch.clone();
        let n = place.items.len();
        tokio::select! {
            () = watch.stopped() => return,
            () = place.until("the last screen", |seen| seen.lines.len() == n && seen.is_final()) => {}
        }
        place.line.set(Weather::Fair);
        if plan.kill == Kill::Never {
            drop(place.at_rest().await);
        } else {
            stopped(place).await;
        }
    }
}

/// Rows that are worth a batch, see `sync_client::task`, and a few more.
const BATCH: usize = 18;
