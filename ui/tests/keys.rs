//! Five keys are enough: a whole visit without touching the glass.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;

use circulation::screen::{Entry, Language, Look, Page, Touch};
use i_slint_backend_testing::AccessibleRole;
use slint::platform::Key;
use ui::gallery;

#[path = "pages/rig.rs"]
#[expect(dead_code, reason = "each test uses what it needs of it")]
mod rig;

use rig::{PORTRAIT, Rig};

#[test]
fn a_borrow_visit_by_keys_only() {
    let rig = Rig::new(PORTRAIT);
    let number = |masked: &str| Page::Identify(gallery::identify(Entry::Number { masked: masked.into() }));
    let pin = |len| Page::Identify(gallery::identify(Entry::Pin { len }));
    let steps: Vec<(Page, &str, Touch)> = vec![
        (Page::Welcome, "Borrow", Touch::Borrow),
        (Page::Identify(gallery::identify(Entry::Card)), "Type the number", Touch::TypeNumber),
        (number(""), "7", Touch::Key('7')),
        (number("7"), "0", Touch::Key('0')),
        (number("70"), "OK", Touch::Enter),
        (pin(0), "1", Touch::Key('1')),
        (pin(1), "Erase", Touch::Erase),
        (pin(0), "9", Touch::Key('9')),
        (pin(1), "OK", Touch::Enter),
        (page_called("visit-countdown"), "More time", Touch::More),
        (page_called("visit-renew"), "Renew", Touch::Renew(0)),
        (page_called("visit-done"), "Finish", Touch::Finish),
        (page_called("done"), "Back to start", Touch::Finish),
    ];
    for (page, label, touch) in steps {
        rig.show(&gallery::screen(Language::English, Look::default(), page));
        go_to(&rig, label);
        rig.key(Key::Return);
        assert_eq!(rig.touched.take(), [touch], "{label}");
    }
}

#[test]
fn back_and_help_have_keys_of_their_own() {
    let rig = Rig::new(PORTRAIT);
    for (page, touch) in [
        (Page::Identify(gallery::identify(Entry::Card)), Touch::Cancel),
        (page_called("done"), Touch::Finish),
        (page_called("account"), Touch::Back),
        (Page::About, Touch::Back),
    ] {
        rig.show(&gallery::screen(Language::Chinese, Look::default(), page));
        rig.key(Key::Escape);
        rig.key(Key::F1);
        assert_eq!(rig.touched.take(), [touch, Touch::About]);
    }
}

#[test]
fn the_keys_come_to_every_control_once_and_back_again() {
    let mut wrong = Vec::new();
    {
        let size = PORTRAIT;
        let rig = Rig::new(size);
        for look in [Look::default(), Look { low: true, ..Look::default() }] {
            for (name, page) in gallery::pages().into_iter().step_by(4) {
                if UNSETTLED.iter().any(|start| name.starts_with(start)) {
                    continue;
                }
                rig.show(&gallery::screen(Language::English, look, page));
                let order = rig.focus_order();
                let reached: BTreeSet<&str> = order.iter().map(String::as_str).collect();
                let seen = rig.seen();
                let missed: Vec<_> = seen
                    .iter()
                    .filter(|seen| seen.role == Some(AccessibleRole::Button) && seen.enabled)
                    .filter(|seen| !reached.contains(seen.label.as_str()))
                    .map(|seen| seen.label.as_str())
                    .collect();
                if !missed.is_empty() {
                    wrong.push(format!("{name} {size:?}: no key comes to {missed:?}, only to {order:?}"));
                }
                if missed.is_empty() && order.len() > 1 {
                    // now at the first again: one back is the last
                    rig.key(Key::UpArrow);
                    assert_eq!(rig.focused().as_ref(), order.last(), "{name}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages whose lists do not follow the keys yet: a row out of sight keeps them. Each name that goes from here is a page
/// more that is walked.
const UNSETTLED: [&str; 4] = ["account", "find", "title", "staff"];

/// Presses "next" until the ring is around the button.
fn go_to(rig: &Rig, label: &str) {
    for _ in 0..60 {
        rig.key(Key::DownArrow);
        if rig.focused().is_some_and(|focused| focused == label) {
            return;
        }
    }
    panic!("no key comes to {label}: {:?}", rig.focus_order());
}

fn page_called(name: &str) -> Page {
    let (_, page) = gallery::pages().into_iter().find(|(n, _)| *n == name).unwrap();
    page
}
