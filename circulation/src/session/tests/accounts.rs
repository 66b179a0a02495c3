//! Stories about accounts and renewals.

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

/// A hold's turn in the queue is lost with it: one touch asks, the second gives it up.
#[test]
fn a_hold_is_given_up_at_the_second_touch() {
    check(
        "up; complete; touch account; card P1; known P1; account; touch giveup0; touch keep; touch giveup0; \
         touch giveup0; kept 9; touch giveup0; touch giveup0; given-up 9; touch giveup0",
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
            > account
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > touch giveup0
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Unsure
            > touch keep
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > touch giveup0
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Unsure
            > touch giveup0
            * give up LW9
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Asking
            > kept 9
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Refused(CentralSilent)
            > touch giveup0
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Unsure
            > touch giveup0
            * give up LW9
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Asking
            > given-up 9
            account of 李*月: 0 loans, 1 holds, owes 0.00
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }, cancellation Done
            > touch giveup0
        "#]],
    );
}

/// Whoever brings a book of another branch, or one that somebody waits for, reads where it goes.
#[test]
fn what_is_taken_back_says_where_it_goes() {
    check(
        "up; complete; loan 1; granted 1 home; wrote 1 verified; settled 1; loan 2; granted 2 hold; wrote 2 verified; settled 2; \
         loan 3; granted 3 hold-elsewhere; wrote 3 verified; settled 3; loan 4; granted 4 shelf; wrote 4 verified; settled 4",
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
            > granted 1 home
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1: Working
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: Wait
              ← LW1 Title 1: done, goes to Home
            > loan 2
            * describe LW2
            * ask 2 checkin LW2
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2: Working
            > granted 2 hold
            * secure 2 Secured
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: Working
            > wrote 2 verified
            * settle 2
            > settled 2
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
            > loan 3
            * describe LW3
            * ask 3 checkin LW3
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
              ← LW3: Working
            > granted 3 hold-elsewhere
            * secure 3 Secured
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
              ← LW3 Title 3: Working
            > wrote 3 verified
            * settle 3
            > settled 3
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
              ← LW3 Title 3: done, goes to HoldElsewhere
            > loan 4
            * describe LW4
            * ask 4 checkin LW4
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
              ← LW3 Title 3: done, goes to HoldElsewhere
              ← LW4: Working
            > granted 4 shelf
            * secure 4 Secured
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
              ← LW3 Title 3: done, goes to HoldElsewhere
              ← LW4 Title 4: Working
            > wrote 4 verified
            * settle 4
            > settled 4
            Return: Wait
              ← LW1 Title 1: done, goes to Home
              ← LW2 Title 2: done, goes to HoldShelf
              ← LW3 Title 3: done, goes to HoldElsewhere
              ← LW4 Title 4: done
        "#]],
    );
}
