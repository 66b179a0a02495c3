//! What is refused, each with a page of its own.

use super::*;

#[test]
fn identity_cards_that_are_not_taken() {
    check_last(
        TO_IDENTITY,
        "bad kind; bad forged; bad unreadable; bad foreign; bad moved; card expired; card adult",
        expect![[r#"
            > bad kind
            card New: identity Own, WrongKind
            > bad forged
            card New: identity Own, Forged
            > bad unreadable
            card New: identity Own, Unreadable
            > bad foreign
            card New: identity Own, Foreign
            > bad moved
            card New: identity Own, Moved
            > card expired
            card New: identity Own, Expired
            > card adult
            * check
            * look false
            card New: asking
        "#]],
    );
}

#[test]
fn a_child_alone_waits_for_its_guardian() {
    check_last(
        TO_IDENTITY,
        "card child; touch guardian; card child; card parent; nobody",
        expect![[r#"
        > card child
        * look false
        card New: refused, ChildAlone, way guardian
        > touch guardian
        * look true
        card New: identity Guardian
        > card child
        card New: identity Guardian, GuardianYoung
        > card parent
        * check
        * look false
        card New: asking
        > nobody
        card New: types for 样*张 ****0019
          少儿证: fee 0.00, None, lends 10
    "#]],
    );
}

#[test]
fn a_guardian_is_not_the_child() {
    check_last(
        TO_IDENTITY,
        "touch for-child; card parent; card parent; card adult; touch type-child; touch back",
        expect![[r#"
            > touch for-child
            card New: identity Guardian
            > card parent
            card New: identity Child
            > card parent
            card New: identity Child, SamePerson
            > card adult
            card New: identity Child, NoChild
            > touch type-child
            * look false
            card New: name ""
            > touch back
            * look true
            card New: identity Child
        "#]],
    );
}

#[test]
fn without_central_no_card_is_made() {
    check(
        "parts offline; open; touch new",
        expect![[r#"
        > parts offline
        > open
        card New: menu
        > touch new
        card New: refused, CentralSilent
    "#]],
    );
    check_last(
        TO_IDENTITY,
        "card adult; uncheckable",
        expect![[r#"
        > card adult
        * check
        * look false
        card New: asking
        > uncheckable
        card New: refused, CentralSilent
    "#]],
    );
    check_last(
        TO_IDENTITY,
        "card adult; wait 10",
        expect![[r#"
        > card adult
        * check
        * look false
        card New: asking
        > ..
        card New: refused, CentralSilent
    "#]],
    );
    check_last(
        TO_IDENTITY,
        "parts offline; card adult",
        expect![[r#"
        > parts offline
        > card adult
        * look false
        card New: refused, CentralSilent
    "#]],
    );
    check_last(
        TO_JOB,
        "unreserved; kept; wait 10; wait 20",
        expect![[r#"
        > unreserved
        * row Undoing(Debts { card: false, reader: true, money: false })
        card New: Undoing
        > kept
        * delete
        > ..
        > ..
        card New: refused, CentralSilent
        > ..
        * delete
    "#]],
    );
}

#[test]
fn without_the_identity_reader_nothing_begins() {
    check(
        "parts no-reader; open; touch replace",
        expect![[r#"
        > parts no-reader
        > open
        card New: menu
        > touch replace
        card New: refused, NoIdReader
    "#]],
    );
}

#[test]
fn a_certificate_that_has_a_card_meanwhile() {
    check_last(
        TO_JOB,
        "duplicate; kept",
        expect![[r#"
        > duplicate
        * row Undone { voucher: false }
        card New: Undoing
        > kept
        card New: refused, HasCard
    "#]],
    );
}

#[test]
fn a_visit_that_is_left_alone_ends() {
    check_last(
        TO_IDENTITY,
        "wait 60",
        expect![[r#"
        > ..
        card New: identity Own, 15 s left
        > ..
        card New: identity Own, 14 s left
        > ..
        card New: identity Own, 13 s left
        > ..
        card New: identity Own, 12 s left
        > ..
        card New: identity Own, 11 s left
        > ..
        card New: identity Own, 10 s left
        > ..
        card New: identity Own, 9 s left
        > ..
        card New: identity Own, 8 s left
        > ..
        card New: identity Own, 7 s left
        > ..
        card New: identity Own, 6 s left
        > ..
        card New: identity Own, 5 s left
        > ..
        card New: identity Own, 4 s left
        > ..
        card New: identity Own, 3 s left
        > ..
        card New: identity Own, 2 s left
        > ..
        card New: identity Own, 1 s left
        > ..
        * look false
        (nobody)
    "#]],
    );
}

#[test]
fn nobody_of_this_age() {
    let mut stage = Stage::new();
    stage.run("open; touch new; touch agree; card adult");
    let query = stage.desk.query;
    stage.send(Input::Checked { query, answer: Ok(Standing::default()) });
    assert_eq!(stage.page.unwrap().to_string(), "card New: refused, NoType");
    check_last(
        "open; touch renew; touch agree; card adult",
        "nobody",
        expect![[r#"
        > nobody
        card Renew: refused, NoCard
    "#]],
    );
    check_last(
        "open; touch renew; touch agree; card adult",
        "holder locked",
        expect![[r#"
        > holder locked
        card Renew: refused, Locked
    "#]],
    );
    check_last(
        "open; touch renew; touch agree; card adult; holder valid",
        "touch confirm; unserved 有逾期",
        expect![[r#"
            > touch confirm
            * serve renew
            card Renew: asking
            > unserved 有逾期
            card Renew: refused, Declined("有逾期")
        "#]],
    );
}
