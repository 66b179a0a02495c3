//! Stories about looks, receipts, closed doors and the staff's corner.

use super::*;

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
            > touch finish
            done: 0 lent, 1 returned, 0 not
            > touch print
            * print 1 lines for no card
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
fn a_borrower_s_receipt_names_the_masked_card_and_paper_that_is_out_is_said() {
    check(
        "up; complete; surroundings printer; card P1; complete; known P1; book 1; complete; \
         granted 2; wrote 2 verified; settled 2; take 1; touch finish; touch print; printed no-paper; touch code",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > surroundings printer
            welcome
            > card P1
            * identify
            identify: card, busy
            > complete
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
            > touch finish
            done: 1 lent, 0 returned, 0 not, due 2026-12-22, card left
            > touch print
            * print 1 lines for ****P1
            done: 1 lent, 0 returned, 0 not, due 2026-12-22, card left, receipt Printing
            > printed no-paper
            done: 1 lent, 0 returned, 0 not, due 2026-12-22, card left, receipt NoPaper
            > touch code
            done: 1 lent, 0 returned, 0 not, due 2026-12-22, card left, receipt Code
        "#]],
    );
}

#[test]
fn a_scanned_card_needs_its_password() {
    check(
        "up; complete; scan P1; key 1; touch enter; known P1; touch finish; surroundings closed; scan P1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > scan P1
            identify: pin 
            > key 1
            identify: pin *
            > touch enter
            * identify with pin
            identify: card, busy
            > known P1
            Borrow by 李*月: PutBooks
            > touch finish
            welcome
            > surroundings closed
            attention: Closed
            > scan P1
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

/// What one needs for a card is read; it closes by itself, with a countdown, and a card on the pad ends it.
#[test]
fn the_way_to_a_card_is_read_and_closes_by_itself() {
    check(
        "up; complete; touch newcard; wait 31; touch more; touch about; touch back; touch newcard; card P1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch newcard
            new card
            > at 30.0 s
            new card, 15 s left
            > at 31.0 s
            new card, 14 s left
            > touch more
            new card
            > touch about
            > touch back
            welcome
            > touch newcard
            new card
            > card P1
            * identify
            identify: card, busy
        "#]],
    );
}

#[test]
fn a_printer_without_paper_is_told_and_does_not_print() {
    check(
        "up; complete; surroundings nopaper; loan 1; granted 1; wrote 1 verified; settled 1; touch finish; touch print; \
         touch code",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > surroundings nopaper
            welcome
              (no paper for receipts)
            > loan 1
            * describe LW1
            * ask 1 checkin LW1
            Return: Wait
              ← LW1: Working
            > granted 1
            * secure 1 Secured
            Return: Wait
              ← LW1 Title 1: Working
            > wrote 1 verified
            * settle 1
            > settled 1
            Return: Wait
              ← LW1 Title 1: done
            > touch finish
            done: 0 lent, 1 returned, 0 not, books left
            > touch print
            > touch code
            done: 0 lent, 1 returned, 0 not, books left, receipt Code
        "#]],
    );
}

/// Nothing is spoken, and nothing offers it, where nothing can speak.
#[test]
fn a_machine_that_cannot_speak_stays_silent() {
    let mut settings = settings();
    settings.place = Arc::new(Place::default());
    let mut stage = Stage::new(settings);
    for step in ["up", "complete", "touch large", "touch voice"] {
        stage.step(step);
        assert!(!stage.session.screen(stage.now).look.voice, "{step}");
    }
}

#[test]
fn settings_change_between_two_visits() {
    // At once where nobody stands; and the new times count: 20 seconds.
    check(
        "up; complete; english; touch about; wait 21",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > english
        * configured
        welcome
          (in English)
        > touch about
        about
          (in English)
        > at 19.0 s
        about, 1 s left
          (in English)
        > at 20.0 s
        welcome
          (in English)
    "#]],
    );
    // A visit goes on as it began, its last page too.
    check(
        "up; complete; loan 1; english; complete; granted 1; wrote 1 verified; settled 1; take 1; touch finish; wait 9",
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
            > english
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
            > at 8.0 s
            * configured
            welcome
              (in English)
        "#]],
    );
    // Whoever has chosen a language has begun.
    check(
        "up; complete; touch en; english; wait 44; wait 2",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > touch en
        welcome
          (in English)
        > english
        > at 45.0 s
        * configured
    "#]],
    );
    // Out of service stays.
    let out = Settings { out_of_service: true, ..settings() };
    expect![[r#"
        > up
        attention: OutOfService
        > complete
        > english
        * configured
        attention: OutOfService
          (in English)
    "#]]
    .assert_eq(&run(out, "up; complete; english"));
}
