use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::data::{SetInfo, Usage};
use crate::tag::Uid;

fn tag(n: u8) -> TagId {
    Uid([0xE0, 4, 1, 0, 0, 0, 0, n]).into()
}

fn item(id: &str, set: Option<(u16, u16)>) -> TagData {
    let set = set.map(|(part, of)| SetInfo { part, of });
    TagData::Library(LibraryTag { primary_item_id: id.into(), set, ..LibraryTag::default() })
}

/// `1=A` tag 1 arrives and claims A, `1=A:1/2` a part, `1=?` unreadable, `-1` departs, `.` Complete, `r1` and `w1` cut
/// work, `!` a crowded round of tag 1, `o` another round.
fn run(troubles: &mut Troubles, story: &str) -> String {
    let mut out = Vec::new();
    for word in story.split_whitespace() {
        let number = |text: &str| tag(text.parse().unwrap());
        match (word, word.split_once('=')) {
            (_, Some((n, "?"))) => {
                troubles.handle(Input::Arrived(number(n), &TagData::unreadable()), &mut out)
            }
            (_, Some((n, claim))) => {
                let (id, set) =
                    claim.split_once(':').map_or((claim, None), |(id, set)| (id, set.split_once('/')));
                let set = set.map(|(part, of)| (part.parse().unwrap(), of.parse().unwrap()));
                troubles.handle(Input::Arrived(number(n), &item(id, set)), &mut out);
            }
            (".", _) => troubles.handle(Input::Complete, &mut out),
            ("!", _) => troubles.handle(Input::Round { found: &[tag(1)], is_crowded: true }, &mut out),
            ("o", _) => troubles.handle(Input::Round { found: &[tag(1)], is_crowded: false }, &mut out),
            (word, _) => match word.split_at(1) {
                ("-", n) => troubles.handle(Input::Departed(number(n)), &mut out),
                ("r", n) => troubles.handle(Input::Cut(number(n), Work::Reading), &mut out),
                ("w", n) => troubles.handle(Input::Cut(number(n), Work::Writing), &mut out),
                _ => panic!("{word}"),
            },
        }
    }
    let numbers = |trouble: &Trouble| {
        trouble.tags().iter().map(|tag| tag.to_string().split_off(15)).collect::<Vec<_>>().join("+")
    };
    let show = |trouble: &Trouble| match trouble {
        Trouble::OneBookTwoTags { item, .. } => format!("one book {item} {}", numbers(trouble)),
        Trouble::TwoBooksOneId { item, .. } => format!("two books {item} {}", numbers(trouble)),
        Trouble::TooMany { items, .. } => format!("too many {} {items:?}", numbers(trouble)),
        Trouble::Moved { item, during, .. } => format!("moved {} {item:?} {during:?}", numbers(trouble)),
    };
    let lines: Vec<String> = out
        .iter()
        .map(|change| match change {
            Change::Begun(trouble) => show(trouble),
            Change::Over(trouble) => format!("over: {}", show(trouble)),
        })
        .collect();
    lines.join("\n") + "\n"
}

fn check(story: &str, expected: expect_test::Expect) {
    expected.assert_eq(&run(&mut Troubles::new(), story));
}

/// covers: trouble.same
#[test]
fn tags_that_come_and_go_together_are_one_book() {
    check(
        "1=A 2=A . . -1 -2 . 2=A 1=A .",
        expect![[r#"
            one book A 1+2
            over: one book A 1+2
            one book A 1+2
        "#]],
    );
}

/// covers: trouble.same
#[test]
fn tags_that_were_seen_apart_are_two_books() {
    check(
        "1=A . 2=A . -1 -2 .",
        expect![[r#"
            two books A 1+2
            over: two books A 1+2
        "#]],
    );
    // Laid on together, and told apart when one is lifted; so they are still when they come again.
    check(
        "1=A 2=A . -1 . -2 . 1=A 2=A",
        expect![[r#"
            one book A 1+2
            over: one book A 1+2
            two books A 1+2
            over: two books A 1+2
            two books A 1+2
        "#]],
    );
    // Never on the pad at once before.
    check(
        "1=A . -1 . 2=A . -2 . 1=A 2=A",
        expect![[r#"
        two books A 1+2
    "#]],
    );
}

/// covers: trouble.same
#[test]
fn other_claims_are_no_trouble() {
    assert_eq!(run(&mut Troubles::new(), "1=A:1/2 2=A:2/2 3=B 4=? 5=? . -1 . 1=A:1/2 ."), "\n");
    check(
        "1=A:1/1 2=A .",
        expect![[r#"
        one book A 1+2
    "#]],
    );
    let card = |id: &str| {
        let usage = Some(Usage::PATRON_CARD);
        TagData::Library(LibraryTag { primary_item_id: id.into(), usage, ..LibraryTag::default() })
    };
    let (mut troubles, mut out) = (Troubles::new(), Vec::new());
    for n in [1, 2] {
        troubles.handle(Input::Arrived(tag(n), &card("P1")), &mut out);
        troubles.handle(Input::Complete, &mut out);
    }
    assert_eq!(out, []);
}

/// covers: trouble.same
#[test]
fn a_tag_that_is_written_anew_ends_the_trouble() {
    check(
        "1=A . 2=A . -2 2=B . -1 -2 . 1=A 2=B .",
        expect![[r#"
            two books A 1+2
            over: two books A 1+2
        "#]],
    );
}

#[test]
fn a_third_tag_is_told() {
    check(
        "1=A 2=A . 3=A . -3 . -1 -2",
        expect![[r#"
            one book A 1+2
            over: one book A 1+2
            two books A 1+2+3
            over: two books A 1+2+3
        "#]],
    );
}

/// covers: trouble.moved
#[test]
fn a_tag_that_moves_is_told_once_until_it_is_read_or_gone() {
    check(
        "r1 r1 1=? . 1=A",
        expect![[r#"
        moved 1 None Reading
        over: moved 1 None Reading
    "#]],
    );
    check(
        "r1 -1",
        expect![[r#"
        moved 1 None Reading
        over: moved 1 None Reading
    "#]],
    );
    check(
        "1=A . w1 -1 1=A w1 -1 .",
        expect![[r#"
            moved 1 Some("A") Writing
            over: moved 1 Some("A") Writing
            moved 1 Some("A") Writing
            over: moved 1 Some("A") Writing
        "#]],
    );
}

/// covers: trouble.crowd
#[test]
fn a_crowd_is_told_when_it_stays() {
    check(
        "1=A ! ! o ! ! ! ! o",
        expect![[r#"
        too many 1 ["A"]
        over: too many 1 ["A"]
    "#]],
    );
}

proptest! {
    #![proptest_config(crate::testing::config())]

    /// Whatever happens, each trouble is told once while it lasts, and the memory of the machine is bounded.
    #[test]
    fn troubles_begin_and_end_in_turn(
        steps in proptest::collection::vec((0_u8..7, 1_u8..6, 0_u8..3), 0..80)
    ) {
        let mut troubles = Troubles::new();
        let mut now = BTreeSet::new();
        let mut there = BTreeSet::new();
        for (what, n, claim) in steps {
            let mut out = Vec::new();
            match what {
                0 | 1 if there.insert(n) => {
                    troubles.handle(Input::Arrived(tag(n), &item(["A", "B", "C"][usize::from(claim)], None)), &mut out);
                }
                2 if there.remove(&n) => troubles.handle(Input::Departed(tag(n)), &mut out),
                3 => troubles.handle(Input::Complete, &mut out),
                4 => troubles.handle(Input::Cut(tag(n), Work::Writing), &mut out),
                5 => troubles.handle(Input::Round { found: &[tag(n)], is_crowded: claim > 0 }, &mut out),
                _ => {}
            }
            for change in out {
                match change {
                    Change::Begun(trouble) => prop_assert!(now.insert(trouble), "told twice"),
                    Change::Over(trouble) => prop_assert!(now.remove(&trouble), "ended twice"),
                }
            }
            prop_assert_eq!(troubles.now().cloned().collect::<BTreeSet<_>>(), now.clone());
        }
    }
}
