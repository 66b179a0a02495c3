//! The order of acts as a table, and a world in which everything fails and the plug is pulled at any moment.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const FEE: Amount = Amount::from_fen(500);

fn id() -> TransactionId {
    TransactionId::from_bytes([7; 16])
}

fn word(output: &Output) -> String {
    match output {
        Output::Keep(Row::Undoing(Debts { card, reader, money })) => {
            let owed = [(*card, "card"), (*reader, "reader"), (*money, "money")];
            let owed: Vec<_> = owed.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            format!("row Undoing({})", owed.join(" "))
        }
        Output::Keep(row) => format!("row {row:?}"),
        Output::Reserve(_) => "reserve".to_owned(),
        Output::Pay(_, fee) => format!("pay {fee}"),
        Output::Confirm(_) => "confirm".to_owned(),
        Output::Delete(_) => "delete".to_owned(),
        Output::Refund(_) => "refund".to_owned(),
        Output::Feed | Output::Write | Output::Present | Output::Capture | Output::Wait => {
            format!("{output:?}").to_lowercase()
        }
    }
}

#[track_caller]
fn check(fee: Amount, inputs: &[Input], expected: Expect) {
    check_on(Medium::Card, fee, inputs, expected);
}

#[track_caller]
fn check_on(medium: Medium, fee: Amount, inputs: &[Input], expected: Expect) {
    let mut out = Vec::new();
    let mut issuing = Issuing::begin(id(), fee, medium, &mut out);
    for input in inputs {
        // Each row comes onto the disk at once.
        while !issuing.is_kept {
            issuing.handle(Input::Kept, &mut out);
        }
        issuing.handle(*input, &mut out);
    }
    issuing.handle(Input::Kept, &mut out);
    expected.assert_eq(&out.iter().map(word).collect::<Vec<_>>().join(", "));
}

use Answer::{Done, Refused, Silent};

#[test]
fn the_order_of_acts() {
    let good = [
        Input::Reserved(Done),
        Input::Paid(Done),
        Input::Fed(Done),
        Input::Written(Done),
        Input::Taken,
        Input::Confirmed(Done),
    ];
    check(
        FEE,
        &good,
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Feeding, feed, row Writing, write, row Presenting, present, row Confirming, confirm, row Done"
        ],
    );
    let free: Vec<Input> = good.into_iter().filter(|input| !matches!(input, Input::Paid(_))).collect();
    check(
        Amount::from_fen(0),
        &free,
        expect![
            "row Reserving, reserve, row Feeding, feed, row Writing, write, row Presenting, present, row Confirming, confirm, row Done"
        ],
    );
}

#[test]
fn the_way_back_of_each_step() {
    let good = [Input::Reserved(Done), Input::Paid(Done), Input::Fed(Done), Input::Written(Done)];
    let back = [Input::Captured(Capture::Safe), Input::Deleted(Done), Input::Refunded(Done)];
    let fails = |n: usize, how: Input, back: &[Input]| [&good[..n], &[how], back].concat();
    check(
        FEE,
        &fails(0, Input::Reserved(Refused), &[]),
        expect!["row Reserving, reserve, row Undone { voucher: false }"],
    );
    check(
        FEE,
        &fails(0, Input::Reserved(Silent), &back[1..2]),
        expect!["row Reserving, reserve, row Undoing(reader), delete, row Undone { voucher: false }"],
    );
    check(
        FEE,
        &fails(1, Input::Paid(Refused), &back[1..]),
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Undoing(reader money), delete, row Undoing(money), refund, row Undone { voucher: false }"
        ],
    );
    check(
        FEE,
        &fails(2, Input::Fed(Refused), &back),
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Feeding, feed, row Undoing(card reader money), capture, row Undoing(reader money), delete, row Undoing(money), refund, row Undone { voucher: false }"
        ],
    );
    check(
        FEE,
        &fails(3, Input::Written(Silent), &back),
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Feeding, feed, row Writing, write, row Undoing(card reader money), capture, row Undoing(reader money), delete, row Undoing(money), refund, row Undone { voucher: false }"
        ],
    );
    check(
        FEE,
        &fails(4, Input::NotTaken, &back),
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Feeding, feed, row Writing, write, row Presenting, present, row Undoing(card reader money), capture, row Undoing(reader money), delete, row Undoing(money), refund, row Undone { voucher: false }"
        ],
    );
    // A hand was quicker than the capture: the loan of the card stands.
    let taken =
        [Input::Captured(Capture::Taken), Input::Confirmed(Silent), Input::Again, Input::Confirmed(Done)];
    check(
        FEE,
        &fails(4, Input::NotTaken, &taken),
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Feeding, feed, row Writing, write, row Presenting, present, row Undoing(card reader money), capture, row Confirming, confirm, wait, confirm, row Done"
        ],
    );
    // The money cannot be given back by the machine: a voucher.
    let owed = [Input::Captured(Capture::Stuck), Input::Deleted(Done), Input::Refunded(Refused)];
    check(
        FEE,
        &fails(4, Input::NotTaken, &owed),
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Feeding, feed, row Writing, write, row Presenting, present, row Undoing(card reader money), capture, row Undoing(reader money), delete, row Undoing(money), refund, row Undone { voucher: true }"
        ],
    );
}

#[test]
fn a_card_for_the_phone_moves_nothing() {
    let good = [Input::Reserved(Done), Input::Paid(Done), Input::Taken, Input::Confirmed(Done)];
    check_on(
        Medium::Phone,
        FEE,
        &good,
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Presenting, present, row Confirming, confirm, row Done"
        ],
    );
    check_on(
        Medium::Phone,
        FEE,
        &[
            Input::Reserved(Done),
            Input::Paid(Done),
            Input::NotTaken,
            Input::Deleted(Done),
            Input::Refunded(Done),
        ],
        expect![
            "row Reserving, reserve, row Paying, pay 5.00, row Presenting, present, row Undoing(reader money), delete, row Undoing(money), refund, row Undone { voucher: false }"
        ],
    );
}

#[test]
fn nothing_is_done_before_its_row_is_kept() {
    let mut out = Vec::new();
    let mut issuing = Issuing::begin(id(), FEE, Medium::Card, &mut out);
    for input in [Input::Reserved(Done), Input::Taken, Input::Again, Input::Confirmed(Done)] {
        issuing.handle(input, &mut out);
    }
    assert_eq!(out, [Output::Keep(Row::Reserving)]);
    assert_eq!(issuing.row(), Row::Reserving);
}

/// The world outside: what central has, what was paid, where the card is.
#[derive(Debug, Default)]
struct World {
    disk: Option<Row>,
    has_reader: bool,
    is_confirmed: bool,
    paid: i64,
    voucher: i64,
    card: Card,
    is_written: bool,
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum Card {
    #[default]
    Stack,
    Reading,
    Gate,
    Hand,
    Bin,
}

impl World {
    /// Performs an act and says what comes of it; `luck` decides how it goes: done, refused, done without an answer, not
    /// done without an answer.
    fn perform(&mut self, output: Output, luck: u8) -> Option<Input> {
        let answer = match luck % 8 {
            0 => Refused,
            1 | 2 => Silent,
            _ => Done,
        };
        let is_done = answer == Done || luck % 8 == 1;
        match output {
            Output::Keep(row) => {
                self.disk = Some(row);
                if row == (Row::Undone { voucher: true }) {
                    (self.voucher, self.paid) = (self.paid, 0);
                }
                Some(Input::Kept)
            }
            Output::Reserve(_) => {
                self.has_reader |= is_done;
                Some(Input::Reserved(answer))
            }
            Output::Pay(_, fee) => {
                if is_done {
                    self.paid = fee.fen();
                }
                Some(Input::Paid(answer))
            }
            Output::Feed => {
                if is_done {
                    self.card = Card::Reading;
                }
                Some(Input::Fed(answer))
            }
            Output::Write => {
                self.is_written |= is_done;
                Some(Input::Written(answer))
            }
            Output::Present => {
                self.card = Card::Gate;
                if answer == Done {
                    self.card = Card::Hand;
                    return Some(Input::Taken);
                }
                Some(Input::NotTaken)
            }
            Output::Capture => Some(Input::Captured(match self.card {
                Card::Hand => Capture::Taken,
                // The patron takes it in this very moment.
                Card::Gate if luck % 8 == 7 => {
                    self.card = Card::Hand;
                    Capture::Taken
                }
                Card::Stack => Capture::Safe,
                Card::Reading | Card::Gate | Card::Bin => {
                    self.card = Card::Bin;
                    Capture::Safe
                }
            })),
            Output::Delete(_) => {
                if is_done {
                    self.has_reader = false;
                }
                // Refused: there is none. The world tells no lies.
                Some(Input::Deleted(if answer == Refused && self.has_reader { Silent } else { answer }))
            }
            Output::Refund(_) => {
                if is_done {
                    self.paid = 0;
                }
                Some(Input::Refunded(answer))
            }
            Output::Confirm(_) => {
                self.is_confirmed |= is_done;
                Some(Input::Confirmed(answer))
            }
            Output::Wait => Some(Input::Again),
        }
    }
}

/// Plays one card with this luck; the plug is pulled before the acts whose numbers are in `cuts`.
fn play(fee: Amount, medium: Medium, luck: &[u8], cuts: &[usize]) -> World {
    let mut world = World::default();
    let mut out = Vec::new();
    let mut issuing = Issuing::begin(id(), fee, medium, &mut out);
    let mut n = 0;
    while !out.is_empty() {
        let output = out.remove(0);
        if cuts.contains(&n) {
            // All that was to be done is forgotten; the disk is not.
            out.clear();
            match world.disk {
                Some(row) => issuing = Issuing::resume(id(), fee, medium, row, &mut out),
                None => return world,
            }
        } else {
            // Luck that is used up is good luck, so that each story ends.
            let input = world.perform(output, luck.get(n).copied().unwrap_or(5));
            if let Some(input) = input {
                issuing.handle(input, &mut out);
            }
        }
        n += 1;
        assert!(n < 10_000, "it comes to no end");
    }
    assert!(issuing.is_over() || world.disk.is_none(), "{issuing:?} {world:?}");
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, rng_seed: proptest::test_runner::RngSeed::Fixed(8), ..ProptestConfig::default() })]

    /// At the end the patron has a card that is written, paid and known at central, or nothing of it is left.
    #[test]
    fn neither_money_nor_cards_are_lost(
        fee in prop_oneof![Just(0_i64), Just(500)],
        luck in proptest::collection::vec(any::<u8>(), 0..40),
        cuts in proptest::collection::vec(0_usize..40, 0..4),
    ) {
        let world = play(Amount::from_fen(fee), Medium::Card, &luck, &cuts);
        if world.card == Card::Hand {
            prop_assert!(world.is_written && world.has_reader && world.is_confirmed, "{world:?}");
            prop_assert_eq!((world.paid, world.voucher), (fee, 0), "{:?}", world);
        } else {
            prop_assert!(!world.has_reader && !world.is_confirmed, "{world:?}");
            prop_assert_eq!(world.paid, 0, "{:?}", world);
            prop_assert!(matches!(world.card, Card::Stack | Card::Bin), "{world:?}");
        }
    }

    /// A card for the phone is paid and known at central, or nothing of it is left; the stack stands still.
    #[test]
    fn a_phone_is_served_whole_or_not_at_all(
        fee in prop_oneof![Just(0_i64), Just(500)],
        luck in proptest::collection::vec(any::<u8>(), 0..40),
        cuts in proptest::collection::vec(0_usize..40, 0..4),
    ) {
        let world = play(Amount::from_fen(fee), Medium::Phone, &luck, &cuts);
        prop_assert_eq!(world.has_reader, world.is_confirmed, "{:?}", world);
        prop_assert_eq!(world.paid, if world.is_confirmed { fee } else { 0 }, "{:?}", world);
        prop_assert!(matches!(world.card, Card::Stack | Card::Gate | Card::Hand), "{world:?}");
    }
}
