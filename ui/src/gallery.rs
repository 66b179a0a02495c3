//! Every page that there is, with invented people and books: for tests, for pictures of the screen in documents, and
//! for whoever draws or translates pages.
//!
//! Nobody here lives, and no loan was ever made; titles and authors are those of well-known books.

mod card;
mod more;
mod sheet;
mod stocktake;
mod visit;

use std::path::Path;
use std::sync::Arc;

use circulation::screen::{
    Attention, Language, Line, Look, Offers, Opening, Page, Place, Printer, Progress, Screen, Shelf, Style,
    Welcome,
};
use jiff::civil::{date, time};

pub use sheet::contact_sheet;
pub use stocktake::shelf;
pub use visit::{identify, line, longest, reasons, refusals, troubles, visit};

use crate::{Offscreen, UiError};

/// One picture of the gallery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// file name without its ending: page, shape, language and look, for instance `done-portrait-zh-large-night`
    pub name: String,
    /// what is shown
    pub screen: Screen,
    /// pixels in a row
    pub width: u32,
    /// rows
    pub height: u32,
}

/// Both shapes of a panel: name, pixels in a row, rows.
pub const SHAPES: [(&str, u32, u32); 2] = [("portrait", 1080, 1920), ("landscape", 1920, 1080)];

/// Every language, by its short name.
pub const LANGUAGES: [(&str, Language); 3] =
    [("zh", Language::Chinese), ("zh-tw", Language::Traditional), ("en", Language::English)];

/// Every page, by a name that is good for a file.
#[must_use]
pub fn pages() -> Vec<(&'static str, Page)> {
    let mut all = vec![
        ("welcome", Page::Welcome(Welcome::default())),
        ("welcome-no-paper", Page::Welcome(Welcome { printer: Printer::NoPaper })),
    ];
    all.extend(visit::pages());
    all.extend(more::pages());
    all.extend(stocktake::pages());
    all.extend(card::pages());
    all.extend(
        [
            ("attention-starting", Attention::Starting),
            ("attention-reader", Attention::ReaderDown),
            ("attention-ledger", Attention::LedgerDown),
            ("attention-pad", Attention::ClearPad),
            ("attention-out-of-service", Attention::OutOfService),
            ("attention-closed", Attention::Closed),
            ("attention-staff", Attention::StaffNeeded),
        ]
        .map(|(name, what)| (name, Page::Attention(what))),
    );
    all
}

/// Every look, by a name that is good for a file; the standard one by day has none. High contrast is the same by day
/// and by night.
#[must_use]
pub fn looks() -> Vec<(String, Look)> {
    let mut all = Vec::new();
    for (name, style) in [("", Style::Standard), ("-large", Style::Large), ("-child", Style::Child)] {
        for low in [false, true] {
            for (colours, high_contrast, night) in
                [("", false, false), ("-night", false, true), ("-contrast", true, false)]
            {
                let reach = if low { "-low" } else { "" };
                let look = Look { style, high_contrast, low, night, voice: false };
                all.push((format!("{name}{reach}{colours}"), look));
            }
        }
    }
    all
}

/// A page as a whole screen of the invented library.
#[must_use]
pub fn screen(language: Language, look: Look, page: Page) -> Screen {
    // one page is shown without central, so that the line about it is in the gallery
    let online = !matches!(&page, Page::Visit(visit) if visit.lines.iter().any(is_provisional));
    let opening = match &page {
        Page::Attention(Attention::Closed) => {
            Opening::Closed { opens: Some((date(2026, 12, 2), time(9, 0, 0, 0))) }
        }
        Page::Welcome(_)
        | Page::Identify(_)
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_)
        | Page::Card(_) => Opening::Open { until: time(20, 30, 0, 0) },
    };
    Screen { language, look, online, place: Arc::new(place()), opening, notice: None, page }
}

/// The invented library.
#[must_use]
pub fn place() -> Place {
    let shelf = |label: &str, x, y, from: &str, to: &str| Shelf {
        label: label.into(),
        x,
        y,
        width: 120,
        height: 420,
        from: from.into(),
        to: to.into(),
    };
    Place {
        library: "青禾市图书馆".into(),
        machine: "一楼大厅 2 号机".into(),
        nearest: Some("二楼电梯旁".into()),
        contact: Some("一楼总服务台".into()),
        hours: vec!["周二至周日 9:00–20:30".into(), "周一闭馆（法定节假日除外）".into()],
        version: "0.0.0".into(),
        offers: Offers { account: true, find: true, reserve: true, card: true, voice: true },
        shelves: vec![
            shelf("A–F", 60, 80, "A", "F"),
            shelf("G–H", 240, 80, "G", "H"),
            shelf("I", 420, 80, "I", "I"),
            shelf("J–K", 600, 80, "J", "K"),
            shelf("N–Z", 780, 80, "N", "Z"),
        ],
        stand: Some((500, 920)),
    }
}

/// Every page in every language and look on both shapes of panel.
pub fn all() -> impl Iterator<Item = Sight> {
    SHAPES.into_iter().flat_map(|(shape, width, height)| {
        LANGUAGES.into_iter().flat_map(move |(code, language)| {
            looks().into_iter().flat_map(move |(suffix, look)| {
                pages().into_iter().map(move |(page_name, page)| Sight {
                    name: format!("{page_name}-{shape}-{code}{suffix}"),
                    screen: screen(language, look, page),
                    width,
                    height,
                })
            })
        })
    })
}

/// What a document shows of it all: every page once, then some of them in other looks and languages and on the other
/// shape of panel.
#[must_use]
pub fn digest() -> Vec<Sight> {
    let plain = all().filter(|sight| sight.name.ends_with("-portrait-zh"));
    let some = all().filter(|sight| {
        OTHERS.iter().any(|end| {
            let page = sight.name.strip_suffix(end);
            page.is_some_and(|page| SHOWN.contains(&page))
        })
    });
    plain.chain(some).collect()
}

/// The other looks of a document, and the pages that it shows in them.
const OTHERS: [&str; 9] = [
    "-portrait-zh-large",
    "-portrait-zh-child",
    "-portrait-zh-contrast",
    "-portrait-zh-low",
    "-portrait-zh-large-low",
    "-portrait-zh-night",
    "-portrait-zh-tw",
    "-portrait-en",
    "-landscape-zh",
];
const SHOWN: [&str; 7] =
    ["welcome", "identify-account", "visit-done", "account", "find-hits", "title", "done"];

/// Draws sights into PNG files of a folder that exists; says how many.
///
/// # Errors
/// As [`Offscreen::new`], [`Offscreen::render`] and [`crate::Picture::write_png`].
pub fn write(sights: impl IntoIterator<Item = Sight>, folder: &Path) -> Result<usize, UiError> {
    let mut panel: Option<(u32, u32, Offscreen)> = None;
    let mut n_written = 0;
    for sight in sights {
        let Sight { name, screen, width, height } = sight;
        let mut canvas = match panel.take() {
            Some((w, h, canvas)) if (w, h) == (width, height) => canvas,
            Some(_) | None => Offscreen::new(width, height)?,
        };
        canvas.render(&screen)?.write_png(&folder.join(format!("{name}.png")))?;
        panel = Some((width, height, canvas));
        n_written += 1;
    }
    Ok(n_written)
}

const fn is_provisional(line: &Line) -> bool {
    matches!(line.progress, Progress::Done { provisional: true, .. })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use circulation::screen::Visit;

    use super::*;

    #[test]
    fn every_sight_has_a_file_name_of_its_own() {
        let names: Vec<String> = all().map(|sight| sight.name).collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert_eq!(names.len(), pages().len() * LANGUAGES.len() * looks().len() * SHAPES.len());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(names.iter().all(|name| name.chars().all(plain)), "{names:?}");
    }

    #[test]
    fn the_digest_shows_every_page_once_and_some_in_each_other_look() {
        let digest = digest();
        assert_eq!(digest.len(), pages().len() + OTHERS.len() * SHOWN.len());
        let names: BTreeSet<&str> = digest.iter().map(|sight| sight.name.as_str()).collect();
        assert_eq!(names.len(), digest.len());
    }

    #[test]
    fn every_page_there_is_is_in_the_gallery() {
        let words: BTreeSet<&str> = pages().iter().map(|(_, page)| page.word()).collect();
        let wanted = [
            "welcome",
            "identify",
            "borrow",
            "return",
            "account",
            "find",
            "title",
            "about",
            "new-card",
            "done",
            "attention",
            "staff",
            "count",
            "shelves",
            "hunt",
            "card",
        ];
        assert_eq!(words, BTreeSet::from(wanted));
        let is_set = |page: &Page| matches!(page, Page::Visit(Visit { lines, .. }) if lines.iter().any(|l| l.set.is_some()));
        assert!(pages().iter().any(|(_, page)| is_set(page)));
    }
}
