//! Where an item was last seen, for whoever goes there.

use circulation::sighting::{Age, How, LastSeen};

use super::{g, int};

pub(super) fn view(seen: Option<&LastSeen>) -> g::SeenView {
    let Some(LastSeen { how, age, branch, place }) = seen else { return g::SeenView::default() };
    let (age, number) = match *age {
        Age::Minutes(n) => (g::AgeKind::Minutes, n),
        Age::Hours(n) => (g::AgeKind::Hours, n),
        Age::Days(n) => (g::AgeKind::Days, n),
        Age::Months(n) => (g::AgeKind::Months, n),
    };
    g::SeenView {
        kind: match how {
            How::Stocktake => g::SeenKind::Counted,
            How::Return => g::SeenKind::BroughtBack,
            How::Loan => g::SeenKind::Lent,
            How::Pad => g::SeenKind::Shown,
            How::Transfer => g::SeenKind::Sent,
        },
        age,
        number: int(number),
        branch: branch.as_deref().unwrap_or_default().into(),
        place: place.as_str().into(),
    }
}
