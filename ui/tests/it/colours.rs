//! Every colour that is read stands out from its ground, in every look; night changes nothing but colours.

use circulation::screen::{Language, Look, Page, Welcome};
use slint::{Color, ComponentHandle};
use ui::gallery;
use ui::generated::Theme;

use crate::rig::{PORTRAIT, Rig};

/// What is read, and every ground it is read on.
type Pair = (&'static str, fn(&Theme<'_>) -> Color, &'static [fn(&Theme<'_>) -> Color]);

const PAIRS: &[Pair] = &[
    (
        "ink",
        |t| t.get_ink(),
        &[
            |t| t.get_paper(),
            |t| t.get_surface(),
            |t| t.get_sunken(),
            |t| t.get_amber_tint(),
            |t| t.get_vermilion_tint(),
            |t| t.get_pine_tint(),
            |t| t.get_leaf_tint(),
        ],
    ),
    ("muted", |t| t.get_muted(), &[|t| t.get_paper(), |t| t.get_surface(), |t| t.get_sunken()]),
    (
        "on-dark",
        |t| t.get_on_dark(),
        &[
            |t| t.get_pine(),
            |t| t.get_pine_deep(),
            |t| t.get_indigo(),
            |t| t.get_indigo_deep(),
            |t| t.get_vermilion(),
            |t| t.get_amber(),
            |t| t.get_leaf(),
            |t| t.get_muted(),
        ],
    ),
    (
        "pine",
        |t| t.get_pine(),
        &[|t| t.get_pine_tint(), |t| t.get_paper(), |t| t.get_surface(), |t| t.get_sunken()],
    ),
    ("indigo", |t| t.get_indigo(), &[|t| t.get_indigo_tint(), |t| t.get_surface()]),
    ("vermilion", |t| t.get_vermilion(), &[|t| t.get_vermilion_tint(), |t| t.get_surface()]),
    ("amber", |t| t.get_amber(), &[|t| t.get_amber_tint(), |t| t.get_surface()]),
    ("leaf", |t| t.get_leaf(), &[|t| t.get_leaf_tint(), |t| t.get_surface()]),
    (
        "on-tile",
        |t| t.get_on_tile(),
        &[|t| t.get_borrow(), |t| t.get_borrow_deep(), |t| t.get_return(), |t| t.get_return_deep()],
    ),
];

#[test]
fn text_can_be_read_on_its_ground_in_every_look() {
    let rig = Rig::new(PORTRAIT);
    let theme = rig.stage.window().global::<Theme<'_>>();
    for (name, look) in gallery::looks() {
        rig.show(&gallery::screen(Language::Chinese, look, Page::Welcome(Welcome::default())));
        let least = if look.high_contrast { 7.0 } else { 4.5 };
        for (text, colour, grounds) in PAIRS {
            for (i, ground) in grounds.iter().enumerate() {
                let ratio = ratio(colour(&theme), ground(&theme));
                assert!(ratio >= least, "{text} on its ground {i} in {name:?}: {ratio:.2}");
            }
        }
        // a ring is no text: 3:1 is what it needs
        for ground in [theme.get_paper(), theme.get_surface(), theme.get_sunken()] {
            assert!(ratio(theme.get_focus(), ground) >= 3.0, "the ring in {name:?}");
        }
    }
}

#[test]
fn night_changes_colours_and_no_length() {
    let rig = Rig::new(PORTRAIT);
    for (_, look) in gallery::looks().into_iter().filter(|(_, look)| !look.night && !look.high_contrast) {
        for (name, page) in gallery::pages().into_iter().step_by(7) {
            rig.show(&gallery::screen(Language::English, look, page.clone()));
            let by_day = rig.seen();
            rig.show(&gallery::screen(Language::English, Look { night: true, ..look }, page));
            assert_eq!(rig.seen(), by_day, "{name}");
        }
    }
}

fn ratio(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance: WCAG 2.1, "relative luminance".
fn luminance(colour: Color) -> f64 {
    let part = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.0722f64
        .mul_add(part(colour.blue()), 0.2126f64.mul_add(part(colour.red()), 0.7152 * part(colour.green())))
}
