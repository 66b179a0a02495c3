use std::time::Instant;

use proptest::prelude::*;

use super::line::{Line, Lines, MAX};
use super::*;
use crate::device::{Input, LinkFault, Output};
use crate::testing;

/// The adapter's machine, and the time.
struct Talk {
    gates: Gates,
    now: Instant,
}

impl Talk {
    fn open() -> Self {
        let mut talk = Self { gates: Gates::default(), now: testing::start() };
        assert_eq!(talk.tell(Input::Opened), []);
        talk
    }

    fn known() -> Self {
        let mut talk = Self::open();
        assert_eq!(talk.say("yueting-gate 1\r\n"), [Event::Up]);
        talk
    }

    fn tell(&mut self, input: Input<'_, std::convert::Infallible>) -> Vec<Event> {
        let mut out = Vec::new();
        self.gates.handle(self.now, input, &mut out);
        let told = |output| match output {
            Output::Event(event) => event,
            Output::Send(bytes) => panic!("sent {:?}", String::from_utf8(bytes)),
        };
        out.into_iter().map(told).collect()
    }

    fn say(&mut self, text: &str) -> Vec<Event> {
        self.tell(Input::Bytes(text.as_bytes()))
    }

    fn wait(&mut self) -> Vec<Event> {
        self.now = self.gates.deadline().unwrap();
        self.tell(Input::Tick)
    }
}

fn alarm(gate: &str, direction: Direction, tag: Tag) -> Event {
    Event::Gate(GateEvent { gate: gate.to_owned(), kind: Kind::Alarm { direction, tag } })
}

#[test]
fn what_happens_at_a_gate_is_told_as_it_was_said() {
    let mut talk = Talk::known();
    let tag = Tag {
        item: Some("LW0000001".to_owned()),
        uid: Some("E00401000000002A".to_owned()),
        afi: Some(7),
        eas: Some(true),
    };
    let said = "alarm main out item=LW0000001 uid=e00401000000002a afi=07 eas=on colour=red\n";
    assert_eq!(talk.say(said), [alarm("main", Direction::Out, tag)]);
    assert_eq!(talk.say("alarm side ?\n"), [alarm("side", Direction::Unknown, Tag::default())]);
    let kind = |kind| Event::Gate(GateEvent { gate: "main".to_owned(), kind });
    let two = "pass main in 2\nfault main antenna 2\nwell main\n";
    let passed = Kind::Passed { direction: Direction::In, n: 2 };
    let fault = Kind::Fault { why: "antenna 2".to_owned() };
    assert_eq!(talk.say(two), [kind(passed), kind(fault), kind(Kind::Well)]);
}

#[test]
fn a_line_that_is_not_understood_is_told_once_and_the_next_one_is_heard() {
    let mut talk = Talk::known();
    for line in [
        "alarm\n",
        "alarm main\n",
        "alarm main up\n",
        "alarm ma\u{7}in out\n",
        "alarm main out item=\n",
        "alarm main out item\n",
        "alarm main out afi=107\n",
        "alarm main out uid=E00G\n",
        "alarm main out eas=perhaps\n",
        "alarm  main out\n",
        "pass main ? 1\n",
        "pass main in 0\n",
        "pass main in 10001\n",
        "pass main in 1 2\n",
        "fault main\n",
        "alive and well\n",
        "yueting-gate 1\n",
        "\n",
    ] {
        assert_eq!(talk.say(line), [Event::Garbled], "{line:?}");
        assert_eq!(talk.say(line), [], "{line:?}");
        assert_eq!(talk.say("alive\n"), [], "{line:?}");
    }
    assert_eq!(talk.tell(Input::Bytes(b"alarm main out item=\xff\n")), [Event::Garbled]);
    assert_eq!(talk.say("alarm main out\n"), [alarm("main", Direction::Out, Tag::default())]);
}

#[test]
fn a_line_without_an_end_is_dropped_and_nothing_grows() {
    let mut talk = Talk::known();
    for _ in 0..1_000 {
        assert_eq!(talk.say(&"x".repeat(1_000)), []);
    }
    assert_eq!(talk.say("alarm main out\n"), [Event::Garbled], "it is the end of the long one");
    assert_eq!(talk.say("alarm main out\n"), [alarm("main", Direction::Out, Tag::default())]);
    let just = format!("fault main {}\n", "x".repeat(MAX - "fault main ".len()));
    assert_eq!(talk.say(&just).len(), 1, "as long as a line may be");
}

#[test]
fn another_program_at_the_address_is_told_apart_and_believed_nothing() {
    for first in ["HTTP/1.1 400 Bad Request\r\n", "yueting-gate 2\n", "alarm main out\n", "\n"] {
        let mut talk = Talk::open();
        assert_eq!(talk.say(first), [Event::Down(Down::Foreign)], "{first:?}");
        assert_eq!(talk.say("yueting-gate 1\nalarm main out\n"), [], "{first:?}");
        assert_eq!(talk.gates.deadline(), None, "it may stay silent");
        let fault = LinkFault::Unplugged;
        assert_eq!(talk.tell(Input::Lost(fault.clone())), [Event::Down(Down::Link(fault))]);
        assert_eq!(talk.tell(Input::Opened), []);
        assert_eq!(talk.say("yueting-gate 1\n"), [Event::Up], "the right one was started");
    }
}

#[test]
fn an_adapter_that_is_silent_is_down_and_half_a_line_is_forgotten_with_its_connection() {
    let mut talk = Talk::open();
    assert_eq!(talk.wait(), [Event::Down(Down::Silent)], "it says not even who it is");
    let mut talk = Talk::known();
    talk.now += SILENCE - Duration::from_secs(1);
    assert_eq!(talk.tell(Input::Tick), []);
    assert_eq!(talk.say("alive\n"), []);
    talk.now += Duration::from_secs(2);
    assert_eq!(talk.tell(Input::Tick), [], "it was heard since");
    assert_eq!(talk.wait(), [Event::Down(Down::Silent)]);
    assert_eq!(talk.say("alarm main ou"), []);
    assert_eq!(talk.tell(Input::Lost(LinkFault::Unplugged)).len(), 1);
    assert_eq!(talk.tell(Input::Opened), []);
    assert_eq!(talk.say("yueting-gate 1\n"), [Event::Up]);
}

proptest! {
    #![proptest_config(testing::config())]

    #[test]
    fn lines_are_the_same_in_any_pieces_and_never_held_beyond_their_length(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), any::<u8>()], 0..2_000),
        size in 1_usize..300,
    ) {
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        Lines::default().push(&bytes, |line| whole.push(line));
        let mut lines = Lines::default();
        for piece in bytes.chunks(size) {
            lines.push(piece, |line| pieces.push(line));
        }
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn any_text_is_read_to_its_end(text in ".{0,300}") {
        if let Some(Line::Gate(event)) = Line::parse(&text) {
            prop_assert!(!event.gate.is_empty() && event.gate.len() <= 32);
        }
    }
}
