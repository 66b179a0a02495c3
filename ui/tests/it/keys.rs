//! Five keys are enough: a whole visit without touching the glass.

use std::collections::BTreeSet;

use circulation::screen::{Entry, Language, Look, Page, Style, Touch, Welcome};
use i_slint_backend_testing::AccessibleRole;
use slint::platform::Key;
use ui::gallery;

use crate::rig::{LANDSCAPE, OUT_OF_SIGHT, PORTRAIT, Rig, Seen};

#[test]
fn a_borrow_visit_by_keys_only() {
    let rig = Rig::new(PORTRAIT);
    let number = |masked: &str| Page::Identify(gallery::identify(Entry::Number { masked: masked.into() }));
    let pin = |len| Page::Identify(gallery::identify(Entry::Pin { len }));
    let steps: Vec<(Page, &str, Touch)> = vec![
        (Page::Welcome(Welcome::default()), "Borrow", Touch::Borrow),
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
        (page_called("done"), "No receipt, back to start", Touch::Finish),
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
        (page_called("about"), Touch::Back),
    ] {
        rig.show(&gallery::screen(Language::Chinese, Look::default(), page));
        rig.key(Key::Escape);
        rig.key(Key::F1);
        assert_eq!(rig.touched.take(), [touch, Touch::About]);
    }
}

#[test]
fn the_keys_come_to_every_control_of_a_portrait_page() {
    walk(PORTRAIT, Look::default());
}

#[test]
fn the_keys_come_to_every_control_of_a_landscape_page() {
    walk(LANDSCAPE, Look::default());
}

#[test]
fn the_keys_come_to_every_control_within_reach_and_in_large_letters() {
    walk(PORTRAIT, Look { low: true, style: Style::Large, ..Look::default() });
}

/// Every control of every page, each in sight when the keys have come to it; one step back from the first is the last.
fn walk(size: (u32, u32), look: Look) {
    let rig = Rig::new(size);
    let mut wrong = Vec::new();
    for (name, page) in gallery::pages() {
        rig.show(&gallery::screen(Language::English, look, page));
        let enabled = |seen: Vec<Seen>| -> BTreeSet<String> {
            let buttons =
                seen.into_iter().filter(|seen| seen.role == Some(AccessibleRole::Button) && seen.enabled);
            buttons.map(|button| button.label).collect()
        };
        let before = enabled(rig.seen());
        let order = rig.focus_order();
        let reached: BTreeSet<&str> = order.iter().map(String::as_str).collect();
        // a list whose rows have controls follows the keys, and switches its own two buttons on and off meanwhile
        let after = enabled(rig.seen());
        let follows = !["about", "new-card", "title"].iter().any(|start| name.starts_with(start));
        let missed: Vec<_> = before
            .intersection(&after)
            .filter(|label| !reached.contains(label.as_str()))
            .filter(|label| !(follows && matches!(label.as_str(), "Page up" | "Page down")))
            .collect();
        if !missed.is_empty() || reached.contains(OUT_OF_SIGHT) {
            wrong.push(format!("{name}: no key comes to {missed:?}, only to {order:?}"));
        } else if order.len() > 1 {
            let here = rig.focused();
            rig.key(Key::DownArrow);
            rig.key(Key::UpArrow);
            if here.is_none() || rig.focused() != here {
                wrong.push(format!("{name}: one on and one back from {here:?} is {:?}", rig.focused()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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
