//! Stories about items in several parts, each with its tag.

use super::*;

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
