//! The machine and the emulated reader, with virtual time.

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::emulator::Emulated;
use crate::emulator::idcard::{Card, IdCardEmulator};
use crate::testing::{config, start};

struct Pair {
    machine: IdReader,
    reader: IdCardEmulator,
    now: Instant,
    events: Vec<Event>,
    chunk: usize,
}

impl Pair {
    fn new() -> Self {
        let (machine, reader) = (IdReader::new(Patience::default()), IdCardEmulator::default());
        let mut pair = Self { machine, reader, now: start(), events: Vec::new(), chunk: usize::MAX };
        pair.tell(Input::Opened);
        pair.tell(Input::Command(Command::Look(true)));
        pair
    }

    fn tell(&mut self, input: Input<'_, Command>) {
        let mut out = Vec::new();
        self.machine.handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(bytes) => self.exchange(&bytes),
            }
        }
    }

    fn exchange(&mut self, bytes: &[u8]) {
        let mut answers = Vec::new();
        self.reader.handle(self.now, bytes, &mut answers);
        for answer in answers {
            for chunk in answer.chunks(self.chunk) {
                self.tell(Input::Bytes(chunk));
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = [self.machine.deadline(), self.reader.deadline()]
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at <= end)
        {
            self.now = self.now.max(next);
            self.exchange(&[]);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    fn cards(&mut self) -> Vec<Result<String, CardFault>> {
        let card = |event| match event {
            Event::Card(card) => Some(card.map(|document| document.number.masked())),
            Event::Up { .. } | Event::Down(_) => None,
        };
        self.events.drain(..).filter_map(card).collect()
    }
}

fn read() -> Vec<Result<String, CardFault>> {
    vec![Ok("**************002X".to_owned())]
}

/// The whole answer, photograph included, is the one that the design's authors computed by another program.
#[test]
fn the_published_example_is_made_to_the_byte() {
    let card = Card::specimen();
    let text = card.text();
    let hex =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(text[..6], [0x37, 0x68, 0x20, 0x5F, 0x20, 0x00]);
    assert_eq!(hex(&text), "54ef28a974664abf1722f9f9113a57c0af802d1aa7bb97c7701112d4d886b29b");
    let mut reader = IdCardEmulator::default();
    reader.put(card);
    let mut answers = Vec::new();
    for request in [Request::FIND, Request::SELECT, Request::READ] {
        reader.handle(start(), &request.encode(), &mut answers);
    }
    assert_eq!(answers[2].len(), 1295);
    assert_eq!(hex(&answers[2]), "733f6456d1fbf4ff787b6a3a12edd6aed116f592beda8282ac263d0345f7b3ec");
}

#[test]
fn a_card_is_read_once_as_long_as_it_lies_there() {
    let mut pair = Pair::new();
    pair.pass(Duration::from_secs(2));
    assert_eq!(pair.events, [Event::Up { module: Some("05010000D2043301".to_owned()) }]);
    pair.reader.put(Card::specimen());
    pair.pass(Duration::from_secs(5));
    assert_eq!(pair.cards(), read());
    pair.reader.take();
    pair.pass(Duration::from_secs(1));
    pair.reader.put(Card::specimen());
    pair.pass(Duration::from_secs(1));
    assert_eq!(pair.cards(), read());
    pair.tell(Input::Command(Command::Look(false)));
    pair.reader.put(Card::specimen());
    pair.pass(Duration::from_secs(5));
    assert_eq!((pair.cards(), pair.machine.deadline()), (vec![], None), "nobody looks");
}

#[test]
fn each_fault_of_a_card_has_its_word() {
    let card = Card::specimen();
    for (status, card, expected) in [
        (Some((9, 0x32)), card.clone(), CardFault::Rejected),
        (Some((9, 0x31)), card.clone(), CardFault::Rejected),
        (Some((9, 0x40)), card.clone(), CardFault::WrongKind),
        (Some((3, 0x41)), card.clone(), CardFault::Moved),
        (None, Card { kind: Some('Y'), ..card.clone() }, CardFault::Text(RecordError::NewForeigner)),
        (None, Card { birth: "20000101".to_owned(), ..card }, CardFault::Text(RecordError::Contradiction)),
    ] {
        let mut pair = Pair::new();
        pair.reader.read_status = status;
        pair.reader.put(card);
        pair.pass(Duration::from_millis(1200));
        assert_eq!(pair.cards().first(), Some(&Err(expected)), "{status:?}");
    }
}

/// A wrong check, an answer cut short, noise and worn preambles cost a try, never the card.
#[test]
fn a_bad_line_costs_time_only() {
    let spoil: [fn(&mut IdCardEmulator); 6] = [
        |reader| reader.n_torn = 1,
        |reader| reader.cut = Some((1, 700)),
        |reader| reader.cut = Some((1, 3)),
        |reader| reader.noise = b"\xAA\xAA\xAA\x96\x69\x05\x08noise".to_vec(),
        |reader| reader.preamble = 2,
        |reader| reader.preamble = 5,
    ];
    for (n, spoil) in spoil.into_iter().enumerate() {
        for chunk in [1, usize::MAX] {
            let mut pair = Pair::new();
            pair.chunk = chunk;
            pair.pass(Duration::from_secs(1));
            spoil(&mut pair.reader);
            pair.reader.put(Card::specimen());
            pair.pass(Duration::from_secs(10));
            assert_eq!(pair.cards(), read(), "{n}");
        }
    }
}

#[test]
fn a_module_that_is_gone_or_broken_is_said_once_and_comes_back() {
    let mut pair = Pair::new();
    pair.pass(Duration::from_secs(1));
    pair.events.clear();
    pair.reader.is_mute = true;
    pair.pass(Duration::from_secs(30));
    assert_eq!(pair.events, [Event::Down(Down::Silent)]);
    pair.reader.is_mute = false;
    pair.reader.put(Card::specimen());
    pair.pass(Duration::from_secs(5));
    assert_eq!(pair.cards(), read());
    pair.reader.module_status = Some(0x66);
    pair.pass(Duration::from_secs(60));
    assert_eq!(pair.events, [Event::Down(Down::NotAuthorised)]);
    pair.reader.module_status = None;
    pair.reader.delay = Duration::from_millis(1100);
    pair.pass(Duration::from_secs(60));
    pair.reader.delay = Duration::ZERO;
    pair.events.clear();
    pair.reader.put(Card::specimen());
    pair.pass(Duration::from_secs(20));
    assert_eq!(pair.cards(), read(), "late answers were let pass");
    pair.tell(Input::Lost(LinkFault::Unplugged));
    assert_eq!(pair.events, [Event::Down(Down::Link(LinkFault::Unplugged))]);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_can_harm_it(noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..12)) {
        let mut pair = Pair::new();
        for noise in noise {
            pair.tell(Input::Bytes(&noise));
            pair.pass(Duration::from_millis(330));
        }
        pair.pass(Duration::from_secs(60));
        pair.events.clear();
        pair.reader.take();
        pair.reader.put(Card::specimen());
        pair.pass(Duration::from_secs(10));
        prop_assert_eq!(pair.cards(), read());
    }
}
