use circulation::issue::Input as Issue;
use peripherals::dispenser::Command as Move;
use rfid_driver::data::{Hints, TagData, decode};
use rfid_driver::port::{Arrival, Command, DownCause, Place as TagPlace, Plan};
use rfid_driver::tag::{Afi, Dsfid, SecurityPolicy, Uid};

use super::*;

struct Bench {
    stack: Stack,
    out: Vec<Output>,
}

fn id(n: u8) -> TransactionId {
    TransactionId::from_bytes([n; 16])
}

fn number() -> PatronId {
    PatronId::parse("R2026000007").unwrap()
}

fn tag() -> TagId {
    TagId::Uid(Uid([0xE0, 0x04, 1, 0, 0, 0, 0, 1]))
}

fn arrival(data: TagData) -> ReaderEvent {
    let at = tokio::time::Instant::now().into_std();
    ReaderEvent::Arrived(Arrival { tag: tag(), security: None, afi: Some(Afi(0)), layout: None, data, at })
}

fn blank() -> Dump {
    Dump {
        memory: vec![0; 112],
        block_size: 4,
        locked: vec![false; 28],
        dsfid: Some(Dsfid(0)),
        afi: Some(Afi(0)),
        other_banks: None,
    }
}

const AT_REST: State =
    State { stock: Stock::Enough, place: Place::Nowhere, is_bin_full: false, is_moving: false, fault: None };

impl Bench {
    /// Both parts answer.
    fn new() -> Self {
        let owner = Some("CN-371202-LW".to_owned());
        let writing = Writing { policy: SecurityPolicy::default(), layouts: [].into(), owner };
        let mut bench = Self { stack: Stack::new(writing), out: Vec::new() };
        bench.state(AT_REST);
        bench.stack.is_writer_up = true;
        bench.state(AT_REST);
        assert_eq!(bench.said(), [Output::Changed(Cards::Ready)]);
        bench
    }

    fn said(&mut self) -> Vec<Output> {
        core::mem::take(&mut self.out)
    }

    fn order(&mut self, order: Order) -> Vec<Output> {
        self.stack.order(order, &mut self.out);
        self.said()
    }

    fn state(&mut self, state: State) {
        self.stack.dispenser(dispenser::Event::State(state), &mut self.out);
    }

    fn at(&mut self, place: Place) {
        self.state(State { place, ..AT_REST });
    }

    /// Orders a motion, and ends it.
    fn moves(&mut self, act: Act, place: Place, outcome: Result<(), Fault>) -> Vec<Output> {
        let asked = self.order(Order::Act(id(1), act));
        let [Output::Dispenser(Move::Move { number, .. })] = asked[..] else { panic!("{asked:?}") };
        self.at(place);
        self.stack.dispenser(dispenser::Event::Moved { number, outcome }, &mut self.out);
        self.said()
    }

    fn writer(&mut self, event: ReaderEvent) -> Vec<Output> {
        self.stack.writer(event, &mut self.out);
        self.said()
    }
}

fn answered(what: Issue, why: Option<Refusal>) -> Output {
    Output::Answer { id: id(1), what, why }
}

#[test]
fn a_card_is_fed_written_held_out_and_taken() {
    let mut bench = Bench::new();
    let done = bench.moves(Act::Feed, Place::Reading, Ok(()));
    assert_eq!(done, [answered(Issue::Fed(Answer::Done), None)]);
    assert_eq!(bench.order(Order::Write(id(1), number())), [], "its card is not heard yet");
    let asked = bench.writer(arrival(TagData::Blank));
    let [Output::Writer(Command::Dump { request, .. })] = asked[..] else { panic!("{asked:?}") };
    let asked = bench.writer(ReaderEvent::Dumped { request, tag: tag(), dump: Some(blank()) });
    let [Output::Writer(Command::Program { request, plan: Plan::Blocks { plan, .. }, .. })] = &asked[..]
    else {
        panic!("{asked:?}")
    };
    let says = decode(&plan.memory, &Hints { dsfid: plan.dsfid, ..Hints::none() });
    let TagData::Library(says) = says.data else { panic!("{says:?}") };
    assert_eq!(says.primary_item_id, number().as_str());
    assert_eq!(says.owner.as_deref(), Some("CN-371202-LW"));
    assert!(says.usage.is_some_and(|usage| usage.is_patron_card()));
    let (request, outcome) = (*request, ProgramOutcome::Verified);
    let done = bench.writer(ReaderEvent::Programmed { request, tag: tag(), outcome });
    assert_eq!(done, [answered(Issue::Written(Answer::Done), None)]);
    assert_eq!(bench.moves(Act::Present, Place::Gate, Ok(())), [], "it lies at the gate");
    bench.at(Place::Nowhere);
    assert_eq!(bench.said(), [answered(Issue::Taken, None)]);
}

#[test]
fn a_hand_may_be_quicker_than_the_word_that_it_lies_there() {
    let mut bench = Bench::new();
    let said = bench.moves(Act::Present, Place::Nowhere, Ok(()));
    assert_eq!(said, [answered(Issue::Taken, None)]);
}

#[test]
fn each_fault_of_a_motion_has_its_word() {
    for (fault, how, why) in [
        (Fault::Empty, Answer::Refused, Refusal::Empty),
        (Fault::Jam, Answer::Refused, Refusal::Jam),
        (Fault::Silent, Answer::Silent, Refusal::NoDispenser),
        (Fault::Code(*b"42"), Answer::Refused, Refusal::NoDispenser),
    ] {
        let mut bench = Bench::new();
        let said = bench.moves(Act::Feed, Place::Nowhere, Err(fault));
        assert_eq!(said, [answered(Issue::Fed(how), Some(why))]);
    }
    let said = Bench::new().moves(Act::Present, Place::Between, Err(Fault::Jam));
    assert_eq!(said, [answered(Issue::NotTaken, Some(Refusal::Jam))]);
}

#[test]
fn where_a_card_went_that_was_to_be_captured_is_told_by_what_was_done_before() {
    let captured = |how| [answered(Issue::Captured(how), None)];
    let mut bench = Bench::new();
    assert_eq!(bench.moves(Act::Capture, Place::Nowhere, Ok(())), captured(Capture::Safe));
    // It never left the stack.
    assert_eq!(bench.moves(Act::Capture, Place::Nowhere, Err(Fault::Missed)), captured(Capture::Safe));
    // It was held out, and is gone: before the cut, or since.
    bench.moves(Act::Present, Place::Gate, Ok(()));
    let asked = bench.order(Order::Act(id(1), Act::Capture));
    let [Output::Dispenser(Move::Move { number, .. })] = asked[..] else { panic!("{asked:?}") };
    let outcome = Err(Fault::Missed);
    bench.stack.dispenser(dispenser::Event::Moved { number, outcome }, &mut bench.out);
    assert_eq!(bench.said(), captured(Capture::Taken));
    bench.order(Order::WasHeldOut(id(1)));
    assert_eq!(bench.moves(Act::Capture, Place::Nowhere, Err(Fault::Missed)), captured(Capture::Taken));
    // The order was carried out, and its answer lost: asked again, it is not a hand that was quicker.
    bench.moves(Act::Present, Place::Gate, Ok(()));
    assert_eq!(bench.moves(Act::Capture, Place::Gate, Err(Fault::Silent)), [], "asked again later");
    assert_eq!(bench.moves(Act::Capture, Place::Nowhere, Err(Fault::Missed)), captured(Capture::Safe));
    for fault in [Fault::Jam, Fault::BinFull] {
        bench.moves(Act::Present, Place::Gate, Ok(()));
        assert_eq!(bench.moves(Act::Capture, Place::Gate, Err(fault)), captured(Capture::Stuck));
    }
}

#[test]
fn a_card_that_is_not_blank_or_does_not_take_it_is_not_written() {
    let not_written = [answered(Issue::Written(Answer::Refused), Some(Refusal::NotWritten))];
    let mut bench = Bench::new();
    bench.order(Order::Write(id(1), number()));
    assert_eq!(bench.writer(arrival(TagData::Foreign)), not_written);
    assert_eq!(bench.order(Order::Write(id(1), number())), not_written, "it lies there still");
    bench.order(Order::Act(id(1), Act::Capture));
    bench.said();
    bench.writer(ReaderEvent::Departed { tag: tag() });
    bench.order(Order::Write(id(1), number()));
    bench.writer(arrival(TagData::Blank));
    assert_eq!(bench.writer(ReaderEvent::Dumped { request: 1, tag: tag(), dump: None }), not_written);
    bench.order(Order::Write(id(1), number()));
    bench.said();
    bench.writer(ReaderEvent::Dumped { request: 2, tag: tag(), dump: Some(blank()) });
    let outcome = ProgramOutcome::Uncertain { at: TagPlace::Block(2) };
    assert_eq!(bench.writer(ReaderEvent::Programmed { request: 3, tag: tag(), outcome }), not_written);
}

#[test]
fn cards_come_out_while_both_parts_answer_and_there_are_some() {
    let mut bench = Bench::new();
    bench.state(State { stock: Stock::Empty, ..AT_REST });
    assert_eq!(bench.said(), [Output::Changed(Cards::Empty)]);
    bench.state(AT_REST);
    bench.said();
    assert_eq!(bench.writer(ReaderEvent::Down(DownCause::Silent)), [Output::Changed(Cards::Down)]);
    bench.stack.is_writer_up = true;
    bench.state(State { is_bin_full: true, ..AT_REST });
    assert_eq!(bench.said(), [], "a failed card would have no place");
    bench.state(AT_REST);
    assert_eq!(bench.said(), [Output::Changed(Cards::Ready)]);
    bench.stack.dispenser(dispenser::Event::Down(dispenser::Down::Silent), &mut bench.out);
    assert_eq!(bench.said(), [Output::Changed(Cards::Down)]);
}
