//! What goes wrong on the way of a card, and what is done about it.

use super::*;

#[test]
fn a_card_is_stuck() {
    check_last(
        TO_JOB,
        "reserved; kept; paid; kept; jam; kept; captured; kept; deleted; kept; refunded; kept",
        expect![[r#"
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
            > paid
            * row Feeding
            card New: Feeding
            > kept
            * feed
            > jam
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
            card New: refused, Jam, money Back, way phone
        "#]],
    );
}

#[test]
fn a_card_is_not_taken() {
    check_last(
        TO_JOB,
        "reserved; kept; paid; kept; fed; kept; written; kept; wait 30; kept; captured; kept; deleted; kept; owed; kept; \
         touch print; printed no-paper",
        expect![[r#"
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
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
            > ..
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
            > owed
            * row Undone { voucher: true }
            > kept
            card New: refused, NotTaken, money Voucher, receipt Offered { printer: Ready }
            > touch print
            * print New, voucher true
            card New: refused, NotTaken, money Voucher, receipt Printing
            > printed no-paper
            card New: refused, NotTaken, money Voucher, receipt NoPaper
        "#]],
    );
}

#[test]
fn a_hand_is_quicker_than_the_bin() {
    check_last(
        TO_JOB,
        "reserved; kept; paid; kept; fed; kept; written; kept; wait 30; kept; hand; kept",
        expect![[r#"
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
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
            > ..
            * stop pay
            * row Undoing(Debts { card: true, reader: true, money: true })
            card New: Undoing
            > kept
            * capture
            > hand
            * row Confirming
            card New: Writing
            > kept
            * confirm
            card New: done ****42 until 2027-11-30, paid 105.00, receipt Offered { printer: Ready }
        "#]],
    );
}

#[test]
fn nobody_pays() {
    check_last(
        TO_JOB,
        "reserved; kept; touch cancel; kept; deleted; kept; refunded; kept",
        expect![[r#"
        > reserved
        * row Paying
        > kept
        * pay 105.00
        card New: pay 105.00
        > touch cancel
        * stop pay
        * row Undoing(Debts { card: false, reader: true, money: true })
        card New: Undoing
        > kept
        * delete
        > deleted
        * row Undoing(Debts { card: false, reader: false, money: true })
        > kept
        * refund
        > refunded
        * row Undone { voucher: false }
        > kept
        card New: refused, NotPaid, money Back
    "#]],
    );
    check_last(
        TO_JOB,
        "reserved; kept; wait 120",
        expect![[r#"
        > reserved
        * row Paying
        > kept
        * pay 105.00
        card New: pay 105.00
        > ..
        * stop pay
        * row Undoing(Debts { card: false, reader: true, money: true })
        card New: Undoing
    "#]],
    );
}

#[test]
fn a_card_cannot_be_written() {
    check_last(
        TO_JOB,
        "reserved; kept; paid; kept; fed; kept; unwritten; kept; captured",
        expect![[r#"
        > reserved
        * row Paying
        > kept
        * pay 105.00
        card New: pay 105.00
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
        > unwritten
        * stop pay
        * row Undoing(Debts { card: true, reader: true, money: true })
        card New: Undoing
        > kept
        * capture
        > captured
        * row Undoing(Debts { card: false, reader: true, money: true })
    "#]],
    );
}

#[test]
fn the_disk_is_full() {
    check_last(
        TO_JOB,
        "reserved; notkept",
        expect![[r#"
        > reserved
        * row Paying
        > notkept
        card New: refused, LedgerDown
    "#]],
    );
}

#[test]
fn the_receipt_has_no_paper() {
    check_last(
        TO_JOB,
        "reserved; kept; paid; kept; fed; kept; written; kept; taken; kept; touch print; printed no-paper; \
         touch print",
        expect![[r#"
            > reserved
            * row Paying
            > kept
            * pay 105.00
            card New: pay 105.00
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
            > touch print
            * print New, voucher false
            card New: done ****42 until 2027-11-30, paid 105.00, receipt Printing
            > printed no-paper
            card New: done ****42 until 2027-11-30, paid 105.00, receipt NoPaper
            > touch print
        "#]],
    );
}
