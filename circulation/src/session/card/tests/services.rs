//! For whoever has a card.

use super::*;

#[test]
fn a_term_is_renewed() {
    check(
        "open; touch renew; touch agree; card adult; holder valid; touch confirm; served",
        expect![[r#"
        > open
        card New: menu
        > touch renew
        card Renew: consent 1
        > touch agree
        * look true
        card Renew: identity Own
        > card adult
        * check
        * look false
        card Renew: asking
        > holder valid
        card Renew: confirm ****09 until 2026-12-31
        > touch confirm
        * serve renew
        card Renew: asking
        > served
        card Renew: done ****09 until 2027-12-31, paid 0.00, receipt Offered { printer: Ready }
    "#]],
    );
}

#[test]
fn a_lost_card_is_locked_before_another_one_is_made() {
    check_last(
        "open; touch replace; touch agree; card adult; holder valid",
        "touch confirm; served; id; kept; reserved; kept; paid; kept; fed; kept; written; kept; taken; kept",
        expect![[r#"
            > touch confirm
            * serve report loss
            card Replace: asking
            > served
            * new id
            card Replace: Reserving
            > id
            * row Reserving
            > kept
            * reserve Card kind -, replaces
            > reserved
            * row Paying
            > kept
            * pay 5.00
            card Replace: pay 5.00
            > paid
            * row Feeding
            card Replace: Feeding
            > kept
            * feed
            > fed
            * row Writing
            card Replace: Writing
            > kept
            * write
            > written
            * row Presenting
            > kept
            * present
            card Replace: take it
            > taken
            * row Confirming
            card Replace: Writing
            > kept
            * confirm
            card Replace: done ****42 until 2027-11-30, paid 5.00, receipt Offered { printer: Ready }
        "#]],
    );
}

#[test]
fn a_card_that_is_locked_already_is_replaced_at_once() {
    check_last(
        "open; touch replace; touch agree; card adult; holder lost",
        "touch confirm",
        expect![[r#"
        > touch confirm
        * new id
        card Replace: Reserving
    "#]],
    );
}

#[test]
fn whoever_wants_a_new_card_and_has_one_is_offered_what_helps() {
    check_last(
        "open; touch new; touch agree; card adult",
        "holder valid; touch replace; touch confirm",
        expect![[r#"
            > holder valid
            card New: has card ****09, Valid
            > touch replace
            card Replace: confirm ****09 until 2026-12-31
            > touch confirm
            * serve report loss
            card Replace: asking
        "#]],
    );
}

#[test]
fn a_password_is_changed() {
    check_last(
        "open; touch change-pin; touch agree; card adult; holder valid",
        "type 293847; touch enter; type 293848; touch enter; type 293847; touch enter; type 293847; touch enter; served",
        expect![[r#"
            > type 293847
            card Pin: pin ******
            > touch enter
            card Pin: pin again -
            > type 293848
            card Pin: pin again ******
            > touch enter
            card Pin: pin -, Differs
            > type 293847
            card Pin: pin ******
            > touch enter
            card Pin: pin again -
            > type 293847
            card Pin: pin again ******
            > touch enter
            * serve change pin (6 digits)
            card Pin: asking
            > served
            card Pin: done ****09 until 2027-12-31, paid 0.00, receipt Offered { printer: Ready }
        "#]],
    );
}

#[test]
fn weak_passwords_are_not_taken() {
    for (typed, problem) in [("12345", "Short"), ("123456", "Weak"), ("888888", "Weak"), ("987654", "Weak")] {
        let mut stage = Stage::new();
        stage.run("open; touch change-pin; touch agree; card adult; holder valid");
        stage.run(&format!("type {typed}; touch enter"));
        let page = stage.page.unwrap().to_string();
        assert!(page.ends_with(problem), "{typed}: {page}");
    }
}
