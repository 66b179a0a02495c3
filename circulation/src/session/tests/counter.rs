//! The desk for cards within the session.

use super::*;
use crate::screen::Cards;

fn parts(online: bool, identity: bool) -> Input {
    let today = date(2026, 11, 30);
    let parts = card::Parts { online, identity, cards: Cards::Ready, printer: Printer::Ready, today };
    Input::Desk(card::Input::Parts(parts))
}

/// A kiosk with a desk, if `has_desk`, whose parts are so.
fn stage(has_desk: bool, online: bool, identity: bool) -> Stage {
    let desk = has_desk.then(card::Rules::default);
    let mut stage = Stage::new(Settings { desk, ..settings() });
    for input in [Input::ReaderUp, Input::PadComplete, parts(online, identity)] {
        stage.send(input);
    }
    stage.text.clear();
    stage
}

fn check(mut stage: Stage, script: &str, expected: Expect) {
    for step in script.split(';').map(str::trim) {
        stage.step(step);
    }
    expected.assert_eq(&stage.text);
}

#[test]
fn the_desk_is_opened_where_cards_are_made_and_closes_by_itself() {
    check(
        stage(true, true, true),
        "touch newcard; touch new; touch en; touch agree; book 1; touch cancel; touch newcard; wait 60",
        expect![[r#"
            > touch newcard
            card New: menu
            > touch new
            card New: consent 1
            > touch en
            card New: consent 1
              (in English)
            > touch agree
            * desk look true
            card New: identity Own
              (in English)
            > book 1
            > touch cancel
            * desk look false
            welcome
            > touch newcard
            card New: menu
            > at 45.0 s
            card New: menu, 15 s left
            > at 46.0 s
            card New: menu, 14 s left
            > at 47.0 s
            card New: menu, 13 s left
            > at 48.0 s
            card New: menu, 12 s left
            > at 49.0 s
            card New: menu, 11 s left
            > at 50.0 s
            card New: menu, 10 s left
            > at 51.0 s
            card New: menu, 9 s left
            > at 52.0 s
            card New: menu, 8 s left
            > at 53.0 s
            card New: menu, 7 s left
            > at 54.0 s
            card New: menu, 6 s left
            > at 55.0 s
            card New: menu, 5 s left
            > at 56.0 s
            card New: menu, 4 s left
            > at 57.0 s
            card New: menu, 3 s left
            > at 58.0 s
            card New: menu, 2 s left
            > at 59.0 s
            card New: menu, 1 s left
            > at 60.0 s
            welcome
        "#]],
    );
}

#[test]
fn without_a_desk_or_its_reader_there_is_the_leaflet() {
    for (has_desk, identity) in [(false, true), (true, false)] {
        let expected = expect![[r#"
            > touch newcard
            new card
        "#]];
        check(stage(has_desk, true, identity), "touch newcard", expected);
    }
}

#[test]
fn offline_no_card_is_made_and_the_screen_says_so() {
    check(
        stage(true, false, true),
        "touch newcard; touch new",
        expect![[r#"
            > touch newcard
            card New: menu
            > touch new
            card New: refused, CentralSilent
        "#]],
    );
}

#[test]
fn what_was_cut_goes_on_while_somebody_else_is_served() {
    let mut stage = stage(true, true, true);
    let row = crate::issue::Row::Confirming;
    let (id, fee, medium) = (id("7"), Amount::default(), crate::issue::Medium::Card);
    stage.send(Input::Desk(card::Input::Resume { id, fee, medium, row }));
    stage.step("touch borrow");
    stage.step("wait 31");
    // Central is told again while somebody else is asked for a card.
    let told = stage.text.matches("act: Confirm").count();
    assert!(told >= 1 && stage.text.contains("identify: card"), "{}", stage.text);
}
