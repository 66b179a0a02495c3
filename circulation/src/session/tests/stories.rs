//! Visits that go well, one story a test.

use super::*;

#[test]
fn card_and_books_on_the_pad_without_a_touch() {
    check(
        "up; complete; card P1; known P1; book 1; book 2; complete; granted 2; wrote 2 verified; settled 2; declined 3;
         take 1; take 2; take P1; wait 3; wait 8",
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
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
              → LW2: Working
            > wrote 2 verified
            * settle 2
            > settled 2
            Borrow by 李*月: Wait
              → LW1 Title 2: done, due 2026-12-22
              → LW2: Working
            > declined 3
            Borrow by 李*月: SeeLines
              → LW1 Title 2: done, due 2026-12-22
              → LW2: refused, NotForLoan
            > take 1
            > take 2
            > take P1
            > at 3.0 s
            done: 1 lent, 0 returned, 1 not, due 2026-12-22
            > at 11.0 s
            welcome
        "#]],
    );
}

#[test]
fn books_first_then_the_card() {
    check(
        "up; complete; book 1; odd; card P1; known P1; titled 1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > book 1
            identify: card, 1 waiting
            > odd
            identify: card, 2 waiting
            > card P1
            * identify
            identify: card, 2 waiting, busy
            > known P1
            * describe LW1
            * ask 1 checkout LW1
            Borrow by 李*月: Wait
              → LW1: Working
              → ?: refused, TagForeign
            > titled 1
            Borrow by 李*月: Wait
              → LW1 Title 1: Working
              → ?: refused, TagForeign
        "#]],
    );
}

#[test]
fn a_return_needs_no_card() {
    check(
        "up; complete; loan 1; complete; granted 1; wrote 1 verified; settled 1; take 1; wait 20",
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
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: TakeBooks
              ← LW1 Title 1: done
            > take 1
            > at 3.0 s
            done: 0 lent, 1 returned, 0 not
            > at 11.0 s
            welcome
        "#]],
    );
}

#[test]
fn a_book_just_lent_is_not_returned_by_lying_on_the_pad() {
    check(
        "up; complete; card P1; known P1; book 1; complete; granted 2; wrote 2 verified; settled 2; take 1; loan 1;
         touch finish; wait 60; take 1; loan 1",
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
            > wrote 2 verified
            * settle 2
            > settled 2
            Borrow by 李*月: TakeBooks
              → LW1 Title 2: done, due 2026-12-22
            > take 1
            > loan 1
            Borrow by 李*月: Wait
              → LW1 Title 2: done, due 2026-12-22
            > touch finish
            done: 1 lent, 0 returned, 0 not, due 2026-12-22, card left, books left
            > at 45.0 s
            welcome
            > take 1
            > loan 1
            * describe LW1
            * ask 4 checkin LW1
            Return: Wait
              ← LW1: Working
        "#]],
    );
}

#[test]
fn what_lay_on_the_pad_at_the_start_has_to_be_taken_away() {
    check(
        "up; loan 1; complete; loan 2; take 1; take 2; loan 1",
        expect![[r#"
            > up
            attention: Starting
            > loan 1
            > complete
            attention: ClearPad
            > loan 2
            > take 1
            > take 2
            welcome
            > loan 1
            * describe LW1
            * ask 3 checkin LW1
            Return: Wait
              ← LW1: Working
        "#]],
    );
}

#[test]
fn a_number_is_typed_with_its_password() {
    check(
        "up; complete; touch borrow; touch number; key l; key w; key 2; key 0; key 2; key 6; touch enter; key 1; key 2;
         touch erase; key 3; touch enter; unknown; touch en; wait 45",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch borrow
            identify: card
            > touch number
            identify: number 
            > key l
            identify: number L
            > key w
            identify: number LW
            > key 2
            identify: number LW2
            > key 0
            identify: number LW20
            > key 2
            identify: number *W202
            > key 6
            identify: number **2026
            > touch enter
            identify: pin 
            > key 1
            identify: pin *
            > key 2
            identify: pin **
            > touch erase
            identify: pin *
            > key 3
            identify: pin **
            > touch enter
            * identify with pin
            identify: card, busy
            > unknown
            identify: card, problem PatronUnknown
            > touch en
            identify: card, problem PatronUnknown
              (in English)
            > at 30.0 s
            identify: card, problem PatronUnknown, 15 s left
              (in English)
            > at 31.0 s
            identify: card, problem PatronUnknown, 14 s left
              (in English)
            > at 32.0 s
            identify: card, problem PatronUnknown, 13 s left
              (in English)
            > at 33.0 s
            identify: card, problem PatronUnknown, 12 s left
              (in English)
            > at 34.0 s
            identify: card, problem PatronUnknown, 11 s left
              (in English)
            > at 35.0 s
            identify: card, problem PatronUnknown, 10 s left
              (in English)
            > at 36.0 s
            identify: card, problem PatronUnknown, 9 s left
              (in English)
            > at 37.0 s
            identify: card, problem PatronUnknown, 8 s left
              (in English)
            > at 38.0 s
            identify: card, problem PatronUnknown, 7 s left
              (in English)
            > at 39.0 s
            identify: card, problem PatronUnknown, 6 s left
              (in English)
            > at 40.0 s
            identify: card, problem PatronUnknown, 5 s left
              (in English)
            > at 41.0 s
            identify: card, problem PatronUnknown, 4 s left
              (in English)
            > at 42.0 s
            identify: card, problem PatronUnknown, 3 s left
              (in English)
            > at 43.0 s
            identify: card, problem PatronUnknown, 2 s left
              (in English)
            > at 44.0 s
            identify: card, problem PatronUnknown, 1 s left
              (in English)
            > at 45.0 s
            welcome
        "#]],
    );
}

#[test]
fn a_visit_ends_by_itself_after_a_countdown_and_can_be_prolonged() {
    check(
        "up; complete; card P1; known P1; wait 31.5; touch more; wait 44; wait 1",
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
            > at 30.0 s
            Borrow by 李*月: PutBooks, 15 s left
            > at 31.0 s
            Borrow by 李*月: PutBooks, 14 s left
            > touch more
            Borrow by 李*月: PutBooks
            > at 61.5 s
            Borrow by 李*月: PutBooks, 15 s left
            > at 62.5 s
            Borrow by 李*月: PutBooks, 14 s left
            > at 63.5 s
            Borrow by 李*月: PutBooks, 13 s left
            > at 64.5 s
            Borrow by 李*月: PutBooks, 12 s left
            > at 65.5 s
            Borrow by 李*月: PutBooks, 11 s left
            > at 66.5 s
            Borrow by 李*月: PutBooks, 10 s left
            > at 67.5 s
            Borrow by 李*月: PutBooks, 9 s left
            > at 68.5 s
            Borrow by 李*月: PutBooks, 8 s left
            > at 69.5 s
            Borrow by 李*月: PutBooks, 7 s left
            > at 70.5 s
            Borrow by 李*月: PutBooks, 6 s left
            > at 71.5 s
            Borrow by 李*月: PutBooks, 5 s left
            > at 72.5 s
            Borrow by 李*月: PutBooks, 4 s left
            > at 73.5 s
            Borrow by 李*月: PutBooks, 3 s left
            > at 74.5 s
            Borrow by 李*月: PutBooks, 2 s left
            > at 75.5 s
            Borrow by 李*月: PutBooks, 1 s left
            > at 76.5 s
            welcome
        "#]],
    );
}

#[test]
fn a_card_in_the_middle_of_a_return_makes_it_a_loan() {
    check(
        "up; complete; touch return; book 1; complete; notonloan 1; card P1; known P1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch return
            Return: PutBooks
            > book 1
            * describe LW1
            * ask 1 checkin LW1
            Return: Wait
              ← LW1: Working
            > complete
            > notonloan 1
            Return: SeeLines
              ← LW1: refused, NotOnLoan
            > card P1
            * identify
            Return: Wait
              ← LW1: refused, NotOnLoan
            > known P1
            * describe LW1
            * ask 2 checkout LW1
            Borrow by 李*月: Wait
              → LW1: Working
        "#]],
    );
}

#[test]
fn whoever_leaves_without_a_book_leaves_no_page_behind() {
    check(
        "up; complete; card P1; known P1; book 1; complete; declined 2; take 1; wait 4; take P1; wait 3; wait 8",
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
            > declined 2
            Borrow by 李*月: SeeLines
              → LW1: refused, NotForLoan
            > take 1
            > take P1
            > at 7.0 s
            done: 0 lent, 0 returned, 1 not
            > at 15.0 s
            welcome
        "#]],
    );
}

#[test]
fn a_wrong_password_is_typed_again_twice() {
    check(
        "up; complete; touch borrow; touch number; key 1; touch enter; key 1; touch enter; wrong; key 2; touch enter;
         wrong; key 3; touch enter; wrong",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch borrow
            identify: card
            > touch number
            identify: number 
            > key 1
            identify: number 1
            > touch enter
            identify: pin 
            > key 1
            identify: pin *
            > touch enter
            * identify with pin
            identify: card, busy
            > wrong
            identify: pin , problem WrongPin
            > key 2
            identify: pin *, problem WrongPin
            > touch enter
            * identify with pin
            identify: card, busy
            > wrong
            identify: pin , problem WrongPin
            > key 3
            identify: pin *, problem WrongPin
            > touch enter
            * identify with pin
            identify: card, busy
            > wrong
            identify: card, problem WrongPin
        "#]],
    );
}
