//! Visits in which something goes wrong, one story a test.

use super::*;

#[test]
fn a_return_while_central_is_silent_is_taken_and_told_later() {
    check(
        "up; complete; loan 1; link off; complete; doubt 1; assumed 1; wrote 1 verified; settled 1",
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
            > link off
            Return: Wait
              ← LW1: Working
              (central is silent)
            > complete
            > doubt 1
            * assume 1
            > assumed 1
            * secure 1 Secured
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: TakeBooks
              ← LW1: done (to be told)
              (central is silent)
        "#]],
    );
}

#[test]
fn a_loan_while_central_is_silent_is_refused_or_looked_at() {
    check(
        "up; complete; card P1; known P1; book 1; book 2; complete; silent 2; doubt 3",
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
            > book 2
            * describe LW2
            * ask 3 checkout LW2
            Borrow by 李*月: Wait
              → LW1: Working
              → LW2: Working
            > complete
            > silent 2
            * withdraw 2
            Borrow by 李*月: Wait
              → LW1: refused, CentralSilent
              → LW2: Working
            > doubt 3
            * resolve 3
            Borrow by 李*月: SeeLines
              → LW1: refused, CentralSilent
              → LW2: Unclear
        "#]],
    );
}

#[test]
fn a_book_pulled_off_before_its_bit_was_written_is_awaited_then_undone() {
    check(
        "up; complete; card P1; known P1; book 1; complete; granted 2; take 1; wrote 2 gone; wait 10; undone 2",
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
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > take 1
            > wrote 2 gone
            Borrow by 李*月: PutBack
              → LW1 Title 2: PutBack
            > at 10.0 s
            * reverse 2
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > undone 2
            Borrow by 李*月: SeeLines
              → LW1 Title 2: Undone
        "#]],
    );
}

#[test]
fn a_book_put_back_in_time_is_lent() {
    check(
        "up; complete; card P1; known P1; book 1; complete; granted 2; wrote 2 gone; take 1; wait 2; book 1; wrote 2 verified;
         settled 2",
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
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > wrote 2 gone
            Borrow by 李*月: PutBack
              → LW1 Title 2: PutBack
            > take 1
            > book 1
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > wrote 2 verified
            * settle 2
            > settled 2
            Borrow by 李*月: Wait
              → LW1 Title 2: done, due 2026-12-22
        "#]],
    );
}

#[test]
fn a_tag_that_cannot_be_opened_is_closed_again_and_the_loan_undone() {
    check(
        "up; complete; card P1; known P1; book 1; complete; granted 2; wrote 2 refused; wrote 2 uncertain; wrote 2 refused;
         wrote 2 verified; undone 2",
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
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > wrote 2 refused
            * secure 2 Unsecured
            > wrote 2 uncertain
            * secure 2 Unsecured
            > wrote 2 refused
            * secure 2 Secured
            > wrote 2 verified
            * reverse 2
            > undone 2
            Borrow by 李*月: SeeLines
              → LW1 Title 2: Undone
        "#]],
    );
}

#[test]
fn an_unsecured_book_that_is_not_on_loan_is_secured() {
    check(
        "up; complete; loan 1; complete; notonloan 1; wrote 1 verified",
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
            > notonloan 1
            * secure 1 Secured
            > wrote 1 verified
            Return: TakeBooks
              ← LW1: done
        "#]],
    );
}

#[test]
fn a_returned_book_whose_tag_cannot_be_closed_goes_to_staff() {
    check(
        "up; complete; loan 1; complete; granted 1; wrote 1 gone; take 1; wait 10",
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
            > wrote 1 gone
            Return: PutBack
              ← LW1 Title 1: PutBack
            > take 1
            > at 10.0 s
            * park 1
            done: 0 lent, 1 returned, 0 not
        "#]],
    );
}

#[test]
fn the_reader_may_be_away_for_a_moment() {
    check(
        "up; complete; down; wait 0.5; up; down; wait 2; up",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > down
            > up
            > down
            > at 1.5 s
            attention: ReaderDown
            > up
            welcome
        "#]],
    );
}

#[test]
fn without_a_ledger_nobody_is_served() {
    check(
        "up; complete; card P1; known P1; book 1; complete; lost 2; ledger off; touch finish; touch finish; book 3; touch return; take 3; ledger on; loan 3",
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
            > lost 2
            Borrow by 李*月: SeeLines
              → LW1: Unclear
            > ledger off
            > touch finish
            done: 0 lent, 0 returned, 1 not, card left, books left
            > touch finish
            attention: LedgerDown
            > book 3
            > touch return
            > take 3
            > ledger on
            attention: StaffNeeded
            > loan 3
        "#]],
    );
}

#[test]
fn two_tags_with_one_item_id_are_not_lent_twice() {
    check(
        "up; complete; card P1; known P1; book 1; twin 1; complete; granted 2; wrote 2 verified; settled 2",
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
            > twin 1
            Borrow by 李*月: Wait
              → LW1: Working
              → LW1: refused, TagDamaged
            > complete
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
              → LW1: refused, TagDamaged
            > wrote 2 verified
            * settle 2
            > settled 2
            Borrow by 李*月: SeeLines
              → LW1 Title 2: done, due 2026-12-22
              → LW1: refused, TagDamaged
        "#]],
    );
}

#[test]
fn a_finish_in_the_middle_waits_for_what_runs() {
    check(
        "up; complete; card P1; known P1; book 1; touch finish; complete; granted 2; wrote 2 gone; undone 2; wait 45",
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
            > touch finish
            > complete
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > wrote 2 gone
            * reverse 2
            > undone 2
            done: 0 lent, 0 returned, 1 not, card left, books left
            > at 45.0 s
            welcome
        "#]],
    );
}

#[test]
fn an_answer_to_a_question_nobody_asks_any_more_changes_nothing() {
    check(
        "up; complete; card P1; touch cancel; known P1; complete; granted 9; wrote 9 verified; settled 9",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > touch cancel
            welcome
            > known P1
            > complete
            > granted 9
            > wrote 9 verified
            > settled 9
        "#]],
    );
}

/// What is in hand is finished and shown to its end; what is put there then has to be put there again.
#[test]
fn on_the_battery_a_visit_is_finished_and_nobody_begins_another() {
    check(
        "up; complete; loan 1; mains off; loan 2; complete; granted 1; wrote 1 verified; settled 1; take 1; take 2; \
         loan 3; touch return; wait 9; card P1; scan P1; take 3; take P1; mains on; loan 3",
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
            > mains off
            > loan 2
            > complete
            > granted 1
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1: Working
            > wrote 1 verified
            * settle 1
            > settled 1
            done: 0 lent, 1 returned, 0 not, books left
            > take 1
            > take 2
            done: 0 lent, 1 returned, 0 not
            > loan 3
            done: 0 lent, 1 returned, 0 not, books left
            > touch return
            > at 8.0 s
            attention: OutOfService
            > card P1
            > scan P1
            > take 3
            > take P1
            > mains on
            welcome
            > loan 3
            * describe LW3
            * ask 5 checkin LW3
            Return: Wait
              ← LW3: Working
        "#]],
    );
}

/// Nothing was done: the patron is forgotten at once.
#[test]
fn on_the_battery_whoever_was_only_known_is_forgotten() {
    check(
        "up; complete; card P1; mains off; known P1; mains on",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > mains off
            attention: OutOfService
            > known P1
            > mains on
            welcome
        "#]],
    );
}
