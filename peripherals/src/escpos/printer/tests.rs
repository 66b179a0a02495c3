//! The machine and the emulated printer, on a line with virtual time.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::emulator::Emulated;
use crate::emulator::printer::PrinterEmulator;
use crate::escpos::slip::{Cut, Paper, Slip, Style};
use crate::testing::{config, start};

/// Both ends and the time.
struct Pair {
    machine: Printer,
    printer: PrinterEmulator,
    now: Instant,
    events: Vec<Event>,
    /// bytes that the host gets at once
    chunk: usize,
}

impl Pair {
    fn new() -> Self {
        let (machine, printer) = (Printer::new(Patience::default()), PrinterEmulator::default());
        let mut pair = Self { machine, printer, now: start(), events: Vec::new(), chunk: usize::MAX };
        pair.tell(Input::Opened);
        pair
    }

    fn tell(&mut self, input: Input<'_, Command>) {
        let mut out = Vec::new();
        self.machine.handle(self.now, input, &mut out);
        self.perform(out);
    }

    fn perform(&mut self, out: Vec<Output<Event>>) {
        for output in out {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(bytes) => self.exchange(&bytes),
            }
        }
    }

    /// Bytes to the printer, and what it answers.
    fn exchange(&mut self, bytes: &[u8]) {
        let mut answers = Vec::new();
        self.printer.handle(self.now, bytes, &mut answers);
        for answer in answers {
            for chunk in answer.chunks(self.chunk) {
                self.tell(Input::Bytes(chunk));
            }
        }
    }

    /// Lets time pass until both are at rest for that long.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = [self.machine.deadline(), self.printer.deadline()]
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

    fn print(&mut self, number: u64) {
        self.tell(Input::Command(Command::Print { number, job: receipt() }));
    }

    fn check(&mut self, expected: Expect) {
        let lines: Vec<String> = self.events.drain(..).map(|event| format!("{event:?}")).collect();
        expected.assert_eq(&lines.join("\n"));
    }
}

fn receipt() -> Job {
    let mut slip = Slip::new(Paper::Mm80);
    slip.text("青禾市图书馆", Style::centred().large().bold());
    slip.row("三体", "应还 2026-12-29");
    slip.code("0192-receipt", 6);
    slip.finish(Cut::Partial)
}

#[test]
fn a_receipt_is_printed_when_it_is_on_paper() {
    let mut pair = Pair::new();
    pair.printer.line_time = Duration::from_millis(100);
    pair.pass(Duration::from_secs(1));
    pair.check(expect![[
        r#"State(State { paper: Enough, is_cover_open: false, is_cutter_stuck: false, has_error: false, is_offline: false })"#
    ]]);
    pair.print(7);
    pair.pass(Duration::from_millis(300));
    pair.check(expect![""]);
    assert!(pair.printer.holds_data());
    pair.pass(Duration::from_secs(3));
    pair.check(expect!["Printed { number: 7, outcome: Printed }"]);
    let receipts = pair.printer.take_receipts();
    let expected = "青禾市图书馆\n三体                             应还 2026-12-29\n[code: 0192-receipt]\n";
    assert_eq!(receipts.iter().map(|receipt| receipt.text()).collect::<Vec<_>>(), [expected]);
    assert_eq!((pair.printer.n_unknown(), pair.machine.n_garbage()), (0, 0));
}

#[test]
fn paper_that_ends_in_the_middle_ends_the_job_for_good() {
    let mut pair = Pair::new();
    pair.printer.lines_left = Some(3);
    pair.pass(Duration::from_secs(1));
    pair.events.clear();
    pair.print(1);
    pair.pass(Duration::from_secs(1));
    pair.check(expect![[r#"
        State(State { paper: Out, is_cover_open: false, is_cutter_stuck: false, has_error: false, is_offline: true })
        Printed { number: 1, outcome: CutShort(PaperOut) }"#]]);
    assert!(!pair.printer.holds_data(), "the rest of it was dropped");
    pair.print(2);
    pair.pass(Duration::from_secs(1));
    pair.check(expect!["Printed { number: 2, outcome: NotBegun(PaperOut) }"]);
    pair.printer.lines_left = None;
    pair.printer.is_near_end = false;
    pair.pass(Duration::from_secs(3));
    pair.check(expect![[
        r#"State(State { paper: Enough, is_cover_open: false, is_cutter_stuck: false, has_error: false, is_offline: false })"#
    ]]);
    pair.print(3);
    pair.pass(Duration::from_secs(1));
    pair.check(expect!["Printed { number: 3, outcome: Printed }"]);
    let text = pair.printer.take_receipts().pop().unwrap().text();
    assert_eq!(text.matches("三体").count(), 2, "once before the paper ended, once whole: {text}");
    assert_eq!(text.matches("[code").count(), 1);
}

#[test]
fn each_fault_of_the_printer_has_its_word() {
    for (command, expected) in [
        ("cover open", Outcome::NotBegun(Trouble::CoverOpen)),
        ("paper out", Outcome::NotBegun(Trouble::PaperOut)),
        ("mute on", Outcome::NotBegun(Trouble::NoPrinter)),
        ("cutter stuck", Outcome::CutShort(Trouble::Cutter)),
        ("paper 2", Outcome::CutShort(Trouble::PaperOut)),
    ] {
        let mut pair = Pair::new();
        pair.pass(Duration::from_secs(1));
        let words: Vec<&str> = command.split(' ').collect();
        let now = pair.now;
        pair.printer.command(now, &words, &mut Vec::new()).unwrap().unwrap();
        pair.print(1);
        pair.pass(Duration::from_secs(20));
        let told: Vec<_> =
            pair.events.iter().filter(|event| matches!(event, Event::Printed { .. })).collect();
        assert_eq!(told, [&Event::Printed { number: 1, outcome: expected }], "{command}");
    }
}

#[test]
fn a_cutter_that_was_freed_works_again() {
    let mut pair = Pair::new();
    pair.printer.jams_at_cut = true;
    pair.print(1);
    pair.pass(Duration::from_secs(3));
    pair.printer.jams_at_cut = false;
    pair.pass(Duration::from_secs(10));
    pair.events.clear();
    pair.print(2);
    pair.pass(Duration::from_secs(3));
    pair.check(expect!["Printed { number: 2, outcome: Printed }"]);
}

#[test]
fn late_answers_are_not_taken_for_the_next() {
    let mut pair = Pair::new();
    pair.pass(Duration::from_secs(1));
    pair.events.clear();
    pair.printer.answer_delay = Duration::from_millis(600);
    pair.printer.is_near_end = true;
    pair.pass(Duration::from_secs(4));
    pair.check(expect!["Down(Silent)"]);
    pair.printer.answer_delay = Duration::ZERO;
    pair.pass(Duration::from_secs(4));
    pair.check(expect![[
        r#"State(State { paper: NearEnd, is_cover_open: false, is_cutter_stuck: false, has_error: false, is_offline: false })"#
    ]]);
}

#[test]
fn a_port_that_is_lost_ends_the_job() {
    let mut pair = Pair::new();
    pair.printer.line_time = Duration::from_millis(500);
    pair.pass(Duration::from_secs(1));
    pair.events.clear();
    pair.print(1);
    pair.pass(Duration::from_millis(400));
    pair.print(2);
    pair.tell(Input::Lost(LinkFault::Unplugged));
    pair.print(3);
    pair.check(expect![[r#"
        Printed { number: 1, outcome: CutShort(NoPrinter) }
        Printed { number: 2, outcome: NotBegun(NoPrinter) }
        Down(Link(Unplugged))
        Printed { number: 3, outcome: NotBegun(NoPrinter) }"#]]);
    assert_eq!(pair.machine.deadline(), None);
}

proptest! {
    #![proptest_config(config())]

    /// Whatever comes, and in whatever pieces: no panic, an answer to each job, and no wait without an end.
    #[test]
    fn every_job_is_answered_once_whatever_comes(
        noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..20),
        chunk in 1_usize..4,
    ) {
        let mut pair = Pair::new();
        pair.chunk = chunk;
        for (number, noise) in noise.iter().enumerate() {
            if number % 3 == 0 {
                pair.print(number as u64);
            }
            pair.tell(Input::Bytes(noise));
            pair.pass(Duration::from_millis(170));
        }
        pair.pass(Duration::from_secs(60));
        let mut told: Vec<u64> = pair.events.iter().filter_map(|event| match event {
            Event::Printed { number, .. } => Some(*number),
            Event::State(_) | Event::Down(_) => None,
        }).collect();
        told.sort_unstable();
        let expected: Vec<u64> = (0..noise.len() as u64).filter(|number| number % 3 == 0).collect();
        prop_assert_eq!(told, expected);
        pair.events.clear();
        pair.print(1000);
        pair.pass(Duration::from_secs(3));
        prop_assert_eq!(&pair.events, &[Event::Printed { number: 1000, outcome: Outcome::Printed }]);
    }

    /// No text of the world outside is a command to the printer.
    #[test]
    fn no_text_is_a_command(text in "\\PC{0,80}", raw in proptest::collection::vec(any::<char>(), 0..40)) {
        let raw: String = raw.into_iter().collect();
        for text in [text, raw] {
            let mut slip = Slip::new(Paper::Mm58);
            slip.text(&text, Style::default());
            slip.row(&text, &text);
            let job = slip.finish(Cut::Full);
            let mut rest = job.bytes();
            let mut ops = Vec::new();
            while !rest.is_empty() {
                let (n, op) = crate::emulator::parse::operation(rest).expect("no torn command");
                if !matches!(op, crate::emulator::parse::Op::Text(_) | crate::emulator::parse::Op::LineFeed) {
                    ops.push(op);
                }
                rest = &rest[n..];
            }
            prop_assert_eq!(ops.len(), 3, "init, Chinese, cut: {:?}", ops);
        }
    }
}
