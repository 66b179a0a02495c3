//! Every page in every language and look on both shapes of panel: nothing is cut, overlaps or lies outside, and what is
//! touched is large enough and within reach.
//!
//! Night is left out: it changes colours only, and no colour takes part in any length (`colours.rs`).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;

use circulation::screen::{Entry, Language, Look, Page, Staff, Style};
use i_slint_backend_testing::AccessibleRole;
use slint::ComponentHandle;
use ui::gallery;

#[path = "pages/rig.rs"]
#[expect(dead_code, reason = "each test uses what it needs of it")]
mod rig;

use rig::{Area, LANDSCAPE, PORTRAIT, Rig, Seen};

#[test]
fn portrait_in_simplified_chinese() {
    sweep(PORTRAIT, Language::Chinese);
}

#[test]
fn portrait_in_traditional_chinese() {
    sweep(PORTRAIT, Language::Traditional);
}

#[test]
fn portrait_in_english() {
    sweep(PORTRAIT, Language::English);
}

#[test]
fn landscape_in_simplified_chinese() {
    sweep(LANDSCAPE, Language::Chinese);
}

#[test]
fn landscape_in_traditional_chinese() {
    sweep(LANDSCAPE, Language::Traditional);
}

#[test]
fn landscape_in_english() {
    sweep(LANDSCAPE, Language::English);
}

fn sweep(size: (u32, u32), language: Language) {
    let rig = Rig::new(size);
    let mut wrong = Vec::new();
    let mut n_pages = 0;
    for (look_name, look) in gallery::looks().into_iter().filter(|(_, look)| !look.night) {
        for (name, page) in gallery::pages() {
            let room = Room { size, look, for_staff: matches!(page, Page::Staff(_)) };
            let has_letters = has_letters(&page);
            rig.show(&gallery::screen(language, look, page));
            let mut judge = |what: &str| {
                n_pages += 1;
                for fault in room.faults(&rig.seen()) {
                    wrong.push(format!("{name}{look_name}{what}: {fault}"));
                }
            };
            judge("");
            // the keypad's letters, and the second half of an alphabet in two halves
            for (what, key) in [(" letters", LETTERS), (" second half", &["N–Z"][..])] {
                if has_letters && let Some(label) = key.iter().find(|label| rig.buttons(label).len() == 1) {
                    rig.click(label);
                    judge(what);
                }
            }
        }
    }
    assert!(n_pages >= 12 * 70, "{n_pages}");
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

/// The sweep is worth nothing if it cannot find anything.
#[test]
fn each_kind_of_fault_is_found() {
    let look = Look { style: Style::Large, low: true, ..Look::default() };
    let room = Room { size: PORTRAIT, look, for_staff: false };
    let area = |x, y, right, bottom| Area { x, y, right, bottom };
    let seen = |role, id: &str, area| Seen {
        label: "x".into(),
        role: Some(role),
        id: id.into(),
        checked: false,
        enabled: true,
        area,
        clipped: false,
    };
    let faults = room.faults(&[
        seen(AccessibleRole::Text, "cut", area(0.0, 0.0, 100.0, 50.0)),
        seen(AccessibleRole::Text, "whole", area(50.0, 20.0, 1100.0, 60.0)),
        seen(AccessibleRole::Button, "", area(0.0, 900.0, 110.0, 1000.0)),
        seen(AccessibleRole::Button, "", area(50.0, 950.0, 300.0, 1100.0)),
    ]);
    for kind in ["cut", "outside", "small", "out of reach", "texts overlap", "buttons overlap"] {
        assert!(faults.iter().any(|fault| fault.starts_with(kind)), "{kind}: {faults:?}");
    }
}

/// The same on real pages: one that is drawn too large for its panel, and one whose text is longer than any room.
#[test]
fn a_page_that_does_not_fit_is_found() {
    let rig = Rig::new(PORTRAIT);
    let look = Look::default();
    let room = Room { size: PORTRAIT, look, for_staff: false };
    let theme = rig.stage.window().global::<ui::generated::Theme<'_>>();
    let fits = theme.get_scale();
    let mut kinds = BTreeSet::new();
    for (name, page) in gallery::pages().into_iter().filter(|(name, _)| !name.starts_with("staff-picture")) {
        let screen = gallery::screen(Language::English, look, page);
        rig.show(&screen);
        assert_eq!(room.faults(&rig.seen()), [] as [String; 0], "{name}");
        theme.set_scale(1.7 * fits);
        rig.show(&screen);
        let faults = room.faults(&rig.seen());
        assert!(!faults.is_empty(), "{name}, 1.7 times too large");
        kinds.extend(faults.iter().filter_map(|fault| fault.split(':').next().map(str::to_owned)));
        theme.set_scale(fits);
    }
    for kind in ["cut", "outside", "texts overlap"] {
        assert!(kinds.contains(kind), "{kind} was never found: {kinds:?}");
    }
    let mut screen = gallery::screen(
        Language::English,
        look,
        Page::Attention(circulation::screen::Attention::OutOfService),
    );
    let place =
        circulation::screen::Place { nearest: Some("beside the lift ".repeat(150)), ..gallery::place() };
    screen.place = std::sync::Arc::new(place);
    rig.show(&screen);
    assert!(!room.faults(&rig.seen()).is_empty(), "a text longer than the panel");
}

/// Pages whose keypad has letters behind a key.
const fn has_letters(page: &Page) -> bool {
    match page {
        Page::Find(_) => true,
        Page::Staff(page) => matches!(page, Staff::Pin { .. }),
        Page::Identify(page) => !matches!(page.entry, Entry::Card),
        Page::Welcome
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_) => false,
    }
}

const LETTERS: &[&str] = &["Letters", "字母"];

struct Room {
    size: (u32, u32),
    look: Look,
    /// whoever gives the password can reach all of it
    for_staff: bool,
}

impl Room {
    fn faults(&self, seen: &[Seen]) -> Vec<String> {
        let texts: Vec<&Seen> =
            seen.iter().filter(|seen| !seen.id.is_empty() && !seen.label.is_empty()).collect();
        let buttons: Vec<&Seen> =
            seen.iter().filter(|seen| seen.role == Some(AccessibleRole::Button)).collect();
        let mut faults = Vec::new();
        faults.extend(
            texts
                .iter()
                .filter(|text| text.id == "cut" && !text.clipped)
                .map(|text| format!("cut: {:?} {:?}", text.label, text.area)),
        );
        faults.extend(texts.iter().chain(&buttons).filter_map(|seen| self.outside(seen)));
        faults.extend(buttons.iter().filter_map(|button| self.too_small(button)));
        faults.extend(buttons.iter().filter_map(|button| self.out_of_reach(button)));
        faults.extend(overlaps("texts", &texts));
        faults.extend(overlaps("buttons", &buttons));
        faults
    }

    fn outside(&self, seen: &Seen) -> Option<String> {
        let (width, height) = (f32_of(self.size.0), f32_of(self.size.1));
        let area = seen.area;
        let inside =
            area.x >= -0.5 && area.right <= width + 0.5 && area.y >= -0.5 && area.bottom <= height + 0.5;
        (!inside).then(|| format!("outside: {:?} {area:?}", seen.label))
    }

    fn too_small(&self, button: &Seen) -> Option<String> {
        let least = if self.look.style == Style::Large { 120.0 } else { 80.0 };
        let side = button.area.width().min(button.area.height());
        (side < least - 0.01 && !button.clipped)
            .then(|| format!("small: {:?} {:?}", button.label, button.area))
    }

    fn out_of_reach(&self, button: &Seen) -> Option<String> {
        let is_low = self.look.low && self.size.1 > self.size.0 && !self.for_staff;
        (is_low && button.area.y < f32_of(self.size.1) * 2.0 / 3.0 - 1.0)
            .then(|| format!("out of reach: {:?} {:?}", button.label, button.area))
    }
}

fn overlaps(what: &str, all: &[&Seen]) -> Vec<String> {
    let mut faults = Vec::new();
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            if let Some(both) = a.area.overlap(&b.area) {
                faults.push(format!("{what} overlap: {:?} and {:?} in {both:?}", a.label, b.label));
            }
        }
    }
    faults
}

fn f32_of(pixels: u32) -> f32 {
    f32::from(u16::try_from(pixels).unwrap())
}
