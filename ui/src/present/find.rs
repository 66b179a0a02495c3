//! What was looked for and found: the list, and one title with the places of its copies.

use circulation::screen::{
    Availability, Filter, Find, Hit, Holding, Keys, Layout, Place, Reserve, Script, Shelf, Title,
};
use slint::SharedString;

use super::seen;
use super::titles::Titles;
use super::{day, g, int, no_reason, why};

/// What the page shows on which a book is looked for.
#[derive(Default)]
pub(crate) struct FindView {
    pub(crate) page: g::FindPageView,
    pub(crate) hits: Vec<g::HitRow>,
    pub(crate) candidates: Vec<SharedString>,
}

/// What the page of one title shows.
#[derive(Default)]
pub(crate) struct TitleView {
    pub(crate) page: g::TitlePageView,
    pub(crate) holdings: Vec<g::HoldingRow>,
    pub(crate) shelves: Vec<g::ShelfBox>,
}

pub(super) fn view(find: &Find, titles: Titles) -> FindView {
    let Find { text, keys, hits, n_found, first, more, filter, unavailable, seconds_left: _ } = find;
    let Filter { only_here, script } = *filter;
    let (keyboard, candidates) = self::keys(keys);
    FindView {
        page: g::FindPageView {
            text: text.as_str().into(),
            n_found: n_found.map_or(-1, int),
            n_hits: int(hits.len()),
            first: int(*first),
            more: *more,
            only_here,
            script: match script {
                None => g::ScriptKind::All,
                Some(Script::Han) => g::ScriptKind::Han,
                Some(Script::Other) => g::ScriptKind::Other,
            },
            unavailable: *unavailable,
            ..keyboard
        },
        hits: hits.iter().map(|hit| hit_row(hit, titles)).collect(),
        candidates,
    }
}

/// The keyboard alone, and what may be chosen.
pub(super) fn keys(keys: &Keys) -> (g::FindPageView, Vec<SharedString>) {
    let Keys { layout, composition, candidates, before, after } = keys;
    let page = g::FindPageView {
        layout: match layout {
            Layout::Pinyin => g::LayoutKind::Pinyin,
            Layout::Letters => g::LayoutKind::Letters,
            Layout::Digits => g::LayoutKind::Digits,
        },
        composition: composition.as_str().into(),
        n_candidates: int(candidates.len()),
        before: *before,
        after: *after,
        ..g::FindPageView::default()
    };
    (page, candidates.iter().map(SharedString::from).collect())
}

fn hit_row(hit: &Hit, titles: Titles) -> g::HitRow {
    let title = titles.of(Some(&hit.title), hit.author.as_deref());
    g::HitRow {
        title: title.title,
        pinyin: title.pinyin,
        author: title.author,
        n_copies: int(hit.n_copies),
        n_free: int(hit.n_free),
        cover: title.cover,
    }
}

pub(super) fn title_view(title: &Title, place: &Place, titles: Titles) -> TitleView {
    let named = titles.of(Some(&title.title), title.author.as_deref());
    let (reserve, cause) = match &title.reserve {
        Reserve::No => (g::ReserveKind::No, no_reason()),
        Reserve::Offered => (g::ReserveKind::Offered, no_reason()),
        Reserve::Asking => (g::ReserveKind::Asking, no_reason()),
        Reserve::Done => (g::ReserveKind::Done, no_reason()),
        Reserve::Refused(reason) => (g::ReserveKind::Refused, why(reason)),
    };
    // the map is of this room: only copies of this library can be on it
    let wanted = title.holdings.iter().filter(|holding| holding.here).find_map(|holding| holding.shelf);
    let (stand_x, stand_y) = place.stand.unwrap_or_default();
    TitleView {
        page: g::TitlePageView {
            title: named.title,
            pinyin: named.pinyin,
            author: named.author,
            isbn: title.isbn.as_deref().unwrap_or_default().into(),
            cover: named.cover,
            reserve,
            why: cause,
            n_holdings: int(title.holdings.len()),
            n_copies: int(title.holdings.iter().map(|holding| u64::from(holding.n_copies)).sum::<u64>()),
            has_map: wanted.is_some_and(|wanted| wanted < place.shelves.len()),
            shelf: label(place, wanted),
            has_stand: place.stand.is_some(),
            stand_x: part(stand_x),
            stand_y: part(stand_y),
        },
        holdings: title.holdings.iter().map(|holding| holding_row(holding, place)).collect(),
        shelves: (0..).zip(&place.shelves).map(|(at, shelf)| shelf_box(shelf, wanted == Some(at))).collect(),
    }
}

fn holding_row(holding: &Holding, place: &Place) -> g::HoldingRow {
    let known = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
    let (availability, due) = match holding.availability {
        Availability::In => (g::AvailabilityKind::Available, None),
        Availability::Lent { due } => (g::AvailabilityKind::Lent, due),
        Availability::HereOnly => (g::AvailabilityKind::HereOnly, None),
        Availability::Unknown => (g::AvailabilityKind::Unknown, None),
    };
    g::HoldingRow {
        branch: holding.branch.as_str().into(),
        here: holding.here,
        call_number: known(&holding.call_number),
        location: known(&holding.location),
        n_copies: int(holding.n_copies),
        availability,
        due: day(due),
        shelf: label(place, holding.shelf.filter(|_| holding.here)),
        seen: seen::view(holding.seen.as_ref()),
    }
}

fn shelf_box(shelf: &Shelf, wanted: bool) -> g::ShelfBox {
    g::ShelfBox {
        label: shelf.label.as_str().into(),
        x: part(shelf.x),
        y: part(shelf.y),
        width: part(shelf.width),
        height: part(shelf.height),
        wanted,
    }
}

fn label(place: &Place, shelf: Option<usize>) -> SharedString {
    let shelf = shelf.and_then(|at| place.shelves.get(at));
    shelf.map(|shelf| shelf.label.as_str()).unwrap_or_default().into()
}

/// Tenths of a percent as a part of one.
fn part(tenths: u16) -> f32 {
    f32::from(tenths.min(1000)) / 1000.0
}
