//! Cards that are made.

use super::*;

/// To the page of the kinds of cards.
const TO_TYPES: &str = "open; touch new; touch agree; card adult; nobody";
/// From there to the id.
const TO_ID: &str = "type 13800138000; touch enter; type 293847; touch enter; type 293847; touch enter; id";

#[test]
fn a_new_card_on_credit() {
    check(
        &format!(
            "{TO_TYPES}; touch type0; {TO_ID}; kept; reserved; kept; fed; kept; written; kept; taken; kept; \
             confirmed; kept; touch print; printed yes; touch finish"
        ),
        expect![[r#"
            > open
            card New: menu
            > touch new
            card New: consent 1
            > touch agree
            * look true
            card New: identity Own
            > card adult
            * check
            * look false
            card New: asking
            > nobody
            card New: types for 样* ****002X
              普通证: fee 0.00, Credit, lends 10
              押金证: fee 5.00, Deposit(Amount(10000)), lends 10
            > touch type0
            card New: phone -
            > type 13800138000
            card New: phone *******8000
            > touch enter
            card New: pin -
            > type 293847
            card New: pin ******
            > touch enter
            card New: pin again -
            > type 293847
            card New: pin again ******
            > touch enter
            * new id
            card New: Reserving
            > id
            * row Reserving
            > kept
            * reserve Card kind 普通
            > reserved
            * row Feeding
            card New: Feeding
            > kept
            * feed
            > fed
            * row Writing
            card New: Writing
            > kept
            * write
            > written
            * row Presenting
            > kept
            * present
            card New: take it
            > taken
            * row Confirming
            card New: Writing
            > kept
            * confirm
            card New: done ****42 until 2027-11-30, paid 0.00, receipt Offered { printer: Ready }
            > confirmed
            * row Done
            > kept
            > touch print
            * print New, voucher false
            card New: done ****42 until 2027-11-30, paid 0.00, receipt Printing
            > printed yes
            card New: done ****42 until 2027-11-30, paid 0.00, receipt Printed
            > touch finish
            (nobody)
        "#]],
    );
}

#[test]
fn a_new_card_with_fee_and_deposit() {
    check_last(
        &format!("{TO_TYPES}; touch type1; {TO_ID}; kept"),
        "reserved; kept; code; paid; kept; fed; kept; written; kept; taken; kept",
        expect![[r#"
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
            > code
            card New: pay 105.00, WeChat
            > paid
            * row Feeding
            card New: Feeding
            > kept
            * feed
            > fed
            * row Writing
            card New: Writing
            > kept
            * write
            > written
            * row Presenting
            > kept
            * present
            card New: take it
            > taken
            * row Confirming
            card New: Writing
            > kept
            * confirm
            card New: done ****42 until 2027-11-30, paid 105.00, receipt Offered { printer: Ready }
        "#]],
    );
}

#[test]
fn a_new_card_takes_few_touches() {
    let mut stage = Stage::new();
    stage.run(&format!(
        "{TO_TYPES}; touch type1; {TO_ID}; kept; reserved; kept; code; paid; kept; fed; kept; written; kept; \
         taken; kept; touch print; printed yes; touch finish; confirmed; kept"
    ));
    // One more opens the desk, on the welcome page.
    assert!(stage.n_touches < 12, "{} touches", stage.n_touches);
    assert!(!stage.desk.is_open() && stage.desk.is_quiet());
}

#[test]
fn a_child_and_its_guardian() {
    check(
        "open; touch new; touch agree; touch for-child; card parent; card child; nobody; touch type0; \
         type 13800138000; touch enter; type 293847; touch enter; type 293847; touch enter; id; kept",
        expect![[r#"
            > open
            card New: menu
            > touch new
            card New: consent 1
            > touch agree
            * look true
            card New: identity Own
            > touch for-child
            card New: identity Guardian
            > card parent
            card New: identity Child
            > card child
            * check
            * look false
            card New: asking
            > nobody
            card New: types for 样*张 ****0019
              少儿证: fee 0.00, None, lends 10
            > touch type0
            card New: phone -
            > type 13800138000
            card New: phone *******8000
            > touch enter
            card New: pin -
            > type 293847
            card New: pin ******
            > touch enter
            card New: pin again -
            > type 293847
            card New: pin again ******
            > touch enter
            * new id
            card New: Reserving
            > id
            * row Reserving
            > kept
            * reserve Card kind 少儿, guardian
        "#]],
    );
}

#[test]
fn a_child_without_a_card_of_its_own_is_typed() {
    check_last(
        "open; touch new; touch agree; touch for-child; card parent",
        "touch type-child; type zhang; touch candidate0; touch enter; type 110105201801010019; touch enter; nobody",
        expect![[r#"
            > touch type-child
            * look false
            card New: name ""
            > type zhang
            card New: name "" + zhang
            > touch candidate0
            card New: name "长"
            > touch enter
            card New: number -
            > type 110105201801010019
            card New: number **************0019
            > touch enter
            * check
            card New: asking
            > nobody
            card New: types for 长* ****0019
              少儿证: fee 0.00, None, lends 10
        "#]],
    );
}

#[test]
fn a_card_for_the_phone_when_the_stack_is_empty() {
    check_last(
        &format!(
            "parts empty; {TO_TYPES}; touch type1; type 13800138000; touch enter; type 293847; touch enter"
        ),
        "type 293847; touch enter; touch on-phone; id; kept; reserved; kept; code; paid; kept; touch have-it; \
         kept; confirmed; kept",
        expect![[r#"
            > type 293847
            card New: pin again ******
            > touch enter
            card New: on the phone? Empty
            > touch on-phone
            * new id
            card New: Reserving
            > id
            * row Reserving
            > kept
            * reserve Phone kind 押金
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
            > code
            card New: pay 105.00, WeChat
            > paid
            * row Presenting
            card New: Reserving
            > kept
            card New: for the phone https://lib.example/t/7Q2K
            > touch have-it
            * row Confirming
            card New: Writing
            > kept
            * confirm
            card New: done ****42 until 2027-11-30, paid 105.00, on the phone, receipt Offered { printer: Ready }
            > confirmed
            * row Done
            > kept
        "#]],
    );
}

#[test]
fn the_stack_runs_empty_in_the_middle() {
    check_last(
        &format!("{TO_TYPES}; touch type1; {TO_ID}; kept; reserved; kept; paid; kept"),
        "empty; kept; captured; kept; deleted; kept; refunded; kept; touch on-phone; id; kept; reserved; kept; \
         paid; kept; touch have-it; kept",
        expect![[r#"
            > empty
            * stop pay
            * row Undoing(Debts { card: true, reader: true, money: true })
            card New: Undoing
            > kept
            * capture
            > captured
            * row Undoing(Debts { card: false, reader: true, money: true })
            > kept
            * delete
            > deleted
            * row Undoing(Debts { card: false, reader: false, money: true })
            > kept
            * refund
            > refunded
            * row Undone { voucher: false }
            > kept
            card New: refused, Empty, money Back, way phone
            > touch on-phone
            * new id
            card New: Reserving
            > id
            * row Reserving
            > kept
            * reserve Phone kind 押金
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
            > paid
            * row Presenting
            card New: Reserving
            > kept
            card New: for the phone https://lib.example/t/7Q2K
            > touch have-it
            * row Confirming
            card New: Writing
            > kept
            * confirm
            card New: done ****42 until 2027-11-30, paid 105.00, on the phone, receipt Offered { printer: Ready }
        "#]],
    );
}

#[test]
fn what_was_begun_is_ended_when_the_reader_has_left() {
    let mut stage = Stage::new();
    stage.run(&format!("{TO_TYPES}; touch type1; {TO_ID}; kept; reserved; kept; paid; kept"));
    stage.run("jam; kept; captured; kept; wait 20; touch finish");
    assert!(!stage.desk.is_open() && !stage.desk.is_quiet());
    stage.text.clear();
    stage.run("wait 30; deleted; kept; refunded; kept");
    assert!(stage.desk.is_quiet());
    expect![[r#"
        > ..
        * delete
        > ..
        > deleted
        * row Undoing(Debts { card: false, reader: false, money: true })
        > kept
        * refund
        > refunded
        * row Undone { voucher: false }
        > kept
    "#]]
    .assert_eq(&stage.text);
}

#[test]
fn after_a_cut_what_is_on_the_disk_is_taken_back() {
    let mut stage = Stage::new();
    let fee = Amount::from_fen(500);
    stage.send(Input::Resume { id: id(1), fee, medium: Medium::Card, row: Row::Presenting });
    stage.ids = 1;
    stage.run("kept; captured; kept; deleted; kept; owed; kept");
    assert!(stage.desk.is_quiet());
    expect![[r#"
        * stop pay
        * row Undoing(Debts { card: true, reader: true, money: true })
        > kept
        * capture
        > captured
        * row Undoing(Debts { card: false, reader: true, money: true })
        > kept
        * delete
        > deleted
        * row Undoing(Debts { card: false, reader: false, money: true })
        > kept
        * refund
        > owed
        * row Undone { voucher: true }
        > kept
    "#]]
    .assert_eq(&stage.text);
}
