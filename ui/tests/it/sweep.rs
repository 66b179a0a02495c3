//! Every page in every language and look on both shapes of panel: nothing is cut, overlaps or lies outside, and what is
//! touched is large enough and within reach.
//!
//! Night is left out: it changes colours only, and no colour takes part in any length (`colours.rs`).

use std::collections::BTreeSet;

use circulation::screen::{CardStep, Entry, Language, Look, Notice, Page, Staff, Style, Welcome};
use i_slint_backend_testing::AccessibleRole;
use slint::ComponentHandle;
use ui::gallery;

use crate::rig::{Area, LANDSCAPE, PORTRAIT, Rig, Seen};

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
            let room = Room { size, look, for_staff: matches!(page, Page::Staff(_) | Page::Stocktake(_)) };
            let has_more = has_more(&page);
            rig.show(&gallery::screen(language, look, page));
            let mut judge = |what: &str| {
                n_pages += 1;
                for fault in room.faults(&rig.seen()) {
                    wrong.push(format!("{name}{look_name}{what}: {fault}"));
                }
            };
            judge("");
            for (what, key) in BEHIND {
                if has_more && let Some(label) = key.iter().find(|label| rig.buttons(label).len() == 1) {
                    rig.click(label);
                    judge(what);
                }
            }
        }
    }
    assert!(n_pages >= 12 * 70, "{n_pages}");
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

/// What the library tells its readers stands whole on the welcome page in every shape, language and look, however long it
/// is, and goes again.
#[test]
fn a_notice_has_its_line() {
    let mut wrong = Vec::new();
    for size in [PORTRAIT, LANDSCAPE] {
        let rig = Rig::new(size);
        for (look_name, look) in gallery::looks().into_iter().filter(|(_, look)| !look.night) {
            let room = Room { size, look, for_staff: false };
            for (_, language) in gallery::LANGUAGES {
                for n in [1, 28] {
                    let (chinese, english) =
                        ("今日因设备检修".repeat(n), "Closed at 4 ".repeat(n * 16 / 28 + 1));
                    let notice = Notice { chinese, english };
                    let expected = notice.text(language).to_owned();
                    let is_shown = || rig.labels().iter().any(|label| label.contains(&expected));
                    let mut screen = gallery::screen(language, look, Page::Welcome(Welcome::default()));
                    rig.show(&screen);
                    assert!(!is_shown(), "{look_name}");
                    screen.notice = Some(notice.into());
                    rig.show(&screen);
                    assert!(is_shown(), "{look_name} {expected}");
                    let faults = room.faults(&rig.seen());
                    wrong.extend(
                        faults.iter().map(|fault| format!("{size:?}{look_name} {language:?} {n}: {fault}")),
                    );
                }
            }
        }
    }
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

/// Pages that have more behind a key, see [`BEHIND`].
const fn has_more(page: &Page) -> bool {
    match page {
        Page::Find(_) | Page::Account(_) => true,
        Page::Staff(page) => matches!(page, Staff::Pin { .. }),
        Page::Identify(page) => !matches!(page.entry, Entry::Card),
        Page::Card(page) => matches!(
            page.step,
            CardStep::Name { .. } | CardStep::Number { .. } | CardStep::Phone { .. } | CardStep::Pin { .. }
        ),
        Page::Welcome(_)
        | Page::Visit(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Stocktake(_) => false,
    }
}

/// What is behind a key, and the key's label in each language: letters of the keypad, the second half of an alphabet in
/// two halves, the filters, and what can be done with the last row of an account.
const BEHIND: [(&str, &[&str]); 4] = [
    (" letters", &["Letters", "字母"]),
    (" second half", &["N–Z"]),
    (" filters", &["Choose which titles", "筛选", "篩選"]),
    (" last row", &["The row before", "上一条", "上一條"]),
];

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
