//! Stories about accounts, renewals and sets, and about looks and receipts.

use super::*;

#[test]
fn loans_are_shown_only_when_the_patron_asks_and_are_renewed() {
    check(
        "up; complete; touch account; card P1; known P1; account 7 8; touch renew0; renewed 7; touch renewall; \
         notrenewed 8; touch back; touch finish",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch account
            identify: card, for Account
            > card P1
            * identify
            identify: card, for Account, busy
            > known P1
            * account
            account of 李*月: asking
            > account 7 8
            account of 李*月: 2 loans, 1 holds, owes 0.00
              LW7 Title 7, due 2026-12-01
              LW8 Title 8, due 2026-12-01
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > touch renew0
            * renew LW7
            account of 李*月: 2 loans, 1 holds, owes 0.00
              LW7 Title 7, due 2026-12-01, renewal Asking
              LW8 Title 8, due 2026-12-01
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > renewed 7
            account of 李*月: 2 loans, 1 holds, owes 0.00
              LW7 Title 7, due 2027-01-20, renewal Done
              LW8 Title 8, due 2026-12-01
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > touch renewall
            * renew LW8
            account of 李*月: 2 loans, 1 holds, owes 0.00
              LW7 Title 7, due 2027-01-20, renewal Done
              LW8 Title 8, due 2026-12-01, renewal Asking
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > notrenewed 8
            account of 李*月: 2 loans, 1 holds, owes 0.00
              LW7 Title 7, due 2027-01-20, renewal Done
              LW8 Title 8, due 2026-12-01, renewal Refused(OnHold)
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > touch back
            Borrow by 李*月: PutBooks
            > touch finish
            welcome
        "#]],
    );
}

#[test]
fn an_account_that_central_does_not_give_says_so() {
    check(
        "up; complete; card P1; known P1; touch account; noaccount; touch back; touch account",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > card P1
        * identify
        identify: card, busy
        > known P1
        Borrow by 李*月: PutBooks
        > touch account
        * account
        account of 李*月: asking
        > noaccount
        account of 李*月: unknown, CentralSilent
        > touch back
        Borrow by 李*月: PutBooks
        > touch account
        * account
        account of 李*月: asking
    "#]],
    );
}

#[test]
fn a_book_put_down_closes_the_account() {
    check(
        "up; complete; card P1; known P1; touch account; account 7; book 1; complete",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > card P1
        * identify
        identify: card, busy
        > known P1
        Borrow by 李*月: PutBooks
        > touch account
        * account
        account of 李*月: asking
        > account 7
        account of 李*月: 1 loans, 1 holds, owes 0.00
          LW7 Title 7, due 2026-12-01
          hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
        > book 1
        * describe LW1
        * ask 2 checkout LW1
        Borrow by 李*月: Wait
          → LW1: Working
        > complete
    "#]],
    );
}

#[test]
fn a_book_that_the_patron_has_already_can_be_renewed() {
    check(
        "up; complete; card P1; known P1; book 1; complete; onloan 2; account 1; touch renew0; renewed 1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > known P1
            Borrow by 李*月: PutBooks
            > book 1
            * describe LW1
            * ask 2 checkout LW1
            Borrow by 李*月: Wait
              → LW1: Working
            > complete
            > onloan 2
            * account
            Borrow by 李*月: SeeLines
              → LW1: refused, OnLoan
            > account 1
            Borrow by 李*月: SeeLines
              → LW1 Title 1: yours, due 2026-12-01, renewal Offered
            > touch renew0
            * renew LW1
            Borrow by 李*月: SeeLines
              → LW1 Title 1: yours, due 2026-12-01, renewal Asking
            > renewed 1
            Borrow by 李*月: SeeLines
              → LW1 Title 1: yours, due 2027-01-20, renewal Done
        "#]],
    );
}

#[test]
fn a_book_that_somebody_else_has_stays_refused() {
    check(
        "up; complete; card P1; known P1; book 1; complete; onloan 2; account 9",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > card P1
        * identify
        identify: card, busy
        > known P1
        Borrow by 李*月: PutBooks
        > book 1
        * describe LW1
        * ask 2 checkout LW1
        Borrow by 李*月: Wait
          → LW1: Working
        > complete
        > onloan 2
        * account
        Borrow by 李*月: SeeLines
          → LW1: refused, OnLoan
        > account 9
    "#]],
    );
}

#[test]
fn a_set_is_lent_when_all_its_parts_are_there() {
    check(
        "up; complete; card P1; known P1; part 1 1 2; complete; part 1 2 2; complete; granted 2; wrote 2 verified; \
         wrote 2 verified; settled 2",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > known P1
            Borrow by 李*月: PutBooks
            > part 1 1 2
            * describe LW1
            Borrow by 李*月: Wait
              → LW1 [2 parts, missing [2]]: Incomplete
            > complete
            Borrow by 李*月: AddPart
              → LW1 [2 parts, missing [2]]: Incomplete
            > part 1 2 2
            * ask 2 checkout LW1
            Borrow by 李*月: Wait
              → LW1 [2 parts]: Working
            > complete
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2 [2 parts]: Working
            > wrote 2 verified
            * secure 2 Unsecured
            > wrote 2 verified
            * settle 2
            > settled 2
            Borrow by 李*月: TakeBooks
              → LW1 Title 2 [2 parts]: done, due 2026-12-22
        "#]],
    );
}

#[test]
fn a_set_without_one_part_is_refused_by_its_number() {
    check(
        "up; complete; card P1; known P1; part 1 1 3; part 1 3 3; complete; wait 11; part 1 2 3",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > card P1
        * identify
        identify: card, busy
        > known P1
        Borrow by 李*月: PutBooks
        > part 1 1 3
        * describe LW1
        Borrow by 李*月: Wait
          → LW1 [3 parts, missing [2, 3]]: Incomplete
        > part 1 3 3
        Borrow by 李*月: Wait
          → LW1 [3 parts, missing [2]]: Incomplete
        > complete
        Borrow by 李*月: AddPart
          → LW1 [3 parts, missing [2]]: Incomplete
        > at 10.0 s
        Borrow by 李*月: SeeLines
          → LW1 [3 parts, missing [2]]: refused, PartMissing
        > part 1 2 3
        * ask 2 checkout LW1
        Borrow by 李*月: Wait
          → LW1 [3 parts]: Working
    "#]],
    );
}

#[test]
fn a_part_taken_away_while_the_set_is_opened_undoes_all_of_it() {
    check(
        "up; complete; card P1; known P1; part 1 1 2; part 1 2 2; complete; granted 2; take 1.2; wrote 2 verified; \
         wait 11; wrote 2 verified; undone 2",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > known P1
            Borrow by 李*月: PutBooks
            > part 1 1 2
            * describe LW1
            Borrow by 李*月: Wait
              → LW1 [2 parts, missing [2]]: Incomplete
            > part 1 2 2
            * ask 2 checkout LW1
            Borrow by 李*月: Wait
              → LW1 [2 parts]: Working
            > complete
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2 [2 parts]: Working
            > take 1.2
            > wrote 2 verified
            Borrow by 李*月: PutBack
              → LW1 Title 2 [2 parts]: PutBack
            > at 10.0 s
            * secure 2 Secured
            Borrow by 李*月: Wait
              → LW1 Title 2 [2 parts]: Working
            > wrote 2 verified
            * reverse 2
            > undone 2
            Borrow by 李*月: SeeLines
              → LW1 Title 2 [2 parts]: Undone
        "#]],
    );
}

#[test]
fn a_part_that_refuses_its_bit_closes_the_other_one_again() {
    check(
        "up; complete; card P1; known P1; part 1 1 2; part 1 2 2; complete; granted 2; wrote 2 verified; \
         wrote 2 refused; wrote 2 refused; wrote 2 refused; wrote 2 uncertain; wrote 2 verified; undone 2",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > known P1
            Borrow by 李*月: PutBooks
            > part 1 1 2
            * describe LW1
            Borrow by 李*月: Wait
              → LW1 [2 parts, missing [2]]: Incomplete
            > part 1 2 2
            * ask 2 checkout LW1
            Borrow by 李*月: Wait
              → LW1 [2 parts]: Working
            > complete
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2 [2 parts]: Working
            > wrote 2 verified
            * secure 2 Unsecured
            > wrote 2 refused
            * secure 2 Unsecured
            > wrote 2 refused
            * secure 2 Unsecured
            > wrote 2 refused
            * secure 2 Secured
            > wrote 2 uncertain
            * secure 2 Secured
            > wrote 2 verified
            * reverse 2, tag uncertain
            > undone 2
            Borrow by 李*月: SeeLines
              → LW1 Title 2 [2 parts]: Undone
        "#]],
    );
}

#[test]
fn a_set_comes_back_with_all_its_parts() {
    check(
        "up; complete; openpart 1 1 2; openpart 1 2 2; complete; granted 1; wrote 1 verified; wrote 1 verified; \
         settled 1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > openpart 1 1 2
            * describe LW1
            Return: Wait
              ← LW1 [2 parts, missing [2]]: Incomplete
            > openpart 1 2 2
            * ask 1 checkin LW1
            Return: Wait
              ← LW1 [2 parts]: Working
            > complete
            > granted 1
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1 [2 parts]: Working
            > wrote 1 verified
            * secure 1 Secured
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: TakeBooks
              ← LW1 Title 1 [2 parts]: done
        "#]],
    );
}

#[test]
fn a_look_lasts_for_one_visit_and_large_letters_have_more_time() {
    check(
        "up; complete; touch large; touch contrast; wait 89; wait 2",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > touch large
        welcome
          (Large, voice)
        > touch contrast
        welcome
          (Large, high contrast, voice)
        > at 90.0 s
        welcome
    "#]],
    );
}

#[test]
fn a_receipt_is_a_code_or_paper() {
    check(
        "up; complete; surroundings printer; loan 1; complete; granted 1; wrote 1 verified; settled 1; take 1; \
         touch finish; touch print; printed no; touch code; wait 46",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > surroundings printer
            > loan 1
            * describe LW1
            * ask 1 checkin LW1
            Return: Wait
              ← LW1: Working
            > complete
            > granted 1
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1: Working
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: TakeBooks
              ← LW1 Title 1: done
            > take 1
            > touch finish
            done: 0 lent, 1 returned, 0 not
            > touch print
            * print 1 lines
            done: 0 lent, 1 returned, 0 not, receipt Printing
            > printed no
            done: 0 lent, 1 returned, 0 not, receipt NotPrinted
            > touch code
            done: 0 lent, 1 returned, 0 not, receipt Code
            > at 45.0 s
            welcome
        "#]],
    );
}

#[test]
fn a_closed_library_serves_nobody_and_ends_no_visit() {
    check(
        "up; complete; loan 1; complete; surroundings closed; granted 1; wrote 1 verified; settled 1; take 1; \
         touch finish; wait 9; book 2; surroundings open",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > loan 1
            * describe LW1
            * ask 1 checkin LW1
            Return: Wait
              ← LW1: Working
            > complete
            > surroundings closed
            Return: Wait
              ← LW1: Working
            > granted 1
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1: Working
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: TakeBooks
              ← LW1 Title 1: done
            > take 1
            > touch finish
            done: 0 lent, 1 returned, 0 not
            > at 8.0 s
            attention: Closed
            > book 2
            > surroundings open
            welcome
        "#]],
    );
}

#[test]
fn staff_comes_in_by_four_corners_and_a_password() {
    check(
        "up; complete; touch corner0; touch corner1; touch corner3; touch corner0; touch corner1; touch corner2; \
         touch corner3; key 1; touch enter; staffpin wrong; key 2; touch enter; staffpin right; inspected; touch out; \
         touch quit; touch back; touch quit; touch quit; touch picture; touch back; touch cancel; book 1; touch borrow",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch corner0
            > touch corner1
            > touch corner3
            > touch corner0
            > touch corner1
            > touch corner2
            > touch corner3
            staff: pin 
            > key 1
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin wrong
            staff: pin , wrong
            > key 2
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin right
            * inspect
            staff: 0 waiting, 0 parked
            > inspected
            staff: 3 waiting, 1 parked
            > touch out
            * staff OutOfService(true)
            staff: 3 waiting, 1 parked, out of service
            > touch quit
            staff: 3 waiting, 1 parked, out of service, confirm Quit
            > touch back
            staff: 3 waiting, 1 parked, out of service
            > touch quit
            staff: 3 waiting, 1 parked, out of service, confirm Quit
            > touch quit
            * staff Quit
            staff: 3 waiting, 1 parked, out of service
            > touch picture
            staff: test picture 0
            > touch back
            * inspect
            staff: 3 waiting, 1 parked, out of service
            > touch cancel
            attention: OutOfService
            > book 1
            > touch borrow
        "#]],
    );
}

#[test]
fn five_wrong_passwords_lock_the_corner() {
    check(
        "up; complete; touch corner0; touch corner1; touch corner2; touch corner3; key 1; touch enter; \
         staffpin wrong; key 1; touch enter; staffpin wrong; key 1; touch enter; staffpin wrong; key 1; touch enter; \
         staffpin wrong; key 1; touch enter; staffpin wrong; key 1; touch enter",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch corner0
            > touch corner1
            > touch corner2
            > touch corner3
            staff: pin 
            > key 1
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin wrong
            staff: pin , wrong
            > key 1
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin wrong
            staff: pin , wrong
            > key 1
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin wrong
            staff: pin , wrong
            > key 1
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin wrong
            staff: pin , wrong
            > key 1
            staff: pin *
            > touch enter
            * check the staff's password
            > staffpin wrong
            staff: pin , wrong, locked for 300 s
            > key 1
            > touch enter
        "#]],
    );
}

#[test]
fn a_book_that_staff_has_to_see_is_not_left_to_the_next_reader() {
    check(
        "up; complete; loan 1; complete; granted 1; wrote 1 refused; wrote 1 refused; wrote 1 refused; touch finish; \
         wait 46; card P2; take P2; take 1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > loan 1
            * describe LW1
            * ask 1 checkin LW1
            Return: Wait
              ← LW1: Working
            > complete
            > granted 1
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1: Working
            > wrote 1 refused
            * secure 1 Secured
            > wrote 1 refused
            * secure 1 Secured
            > wrote 1 refused
            * park 1
            Return: SeeLines
              ← LW1 Title 1: Unsecured
            > touch finish
            done: 0 lent, 1 returned, 0 not, books left
            > at 45.0 s
            attention: StaffNeeded
            > card P2
            > take P2
            > take 1
            welcome
        "#]],
    );
}
