//! A UHF dialogue and an emulated reader on one table, in virtual time: what every family is tested with.

use std::time::{Duration, Instant};

use super::{Ask, Reply, UhfProtocol};
use crate::dialogue::{self, Dialogue, Patience};
use crate::emulator::{self, Emulator, EmulatorConfig, Model, script};

pub(crate) struct Rig<P: UhfProtocol> {
    pub(crate) dialogue: Dialogue<P>,
    pub(crate) emulator: Emulator,
    pub(crate) now: Instant,
    /// Answers come in pieces of so many bytes.
    pub(crate) piece: usize,
    /// Every frame in both directions, `>` to the reader.
    pub(crate) transcript: Vec<String>,
}

impl<P: UhfProtocol> Rig<P> {
    pub(crate) fn new(protocol: P, model: Model) -> Self {
        Self {
            dialogue: Dialogue::new(protocol, Patience::default()),
            emulator: Emulator::new(EmulatorConfig { model, ..EmulatorConfig::default() }),
            now: crate::testing::start(),
            piece: 4096,
            transcript: Vec::new(),
        }
    }

    /// Carries out a line of the emulator's protocol, which must be right.
    pub(crate) fn line(&mut self, line: &str) -> String {
        script::run(&mut self.emulator, line).end.unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Asks, and goes on until the reply; `None` if the reader is silent.
    pub(crate) fn ask(&mut self, ask: Ask) -> Option<Reply> {
        let mut said = Vec::new();
        let input = dialogue::Input::Ask { ask, after: Duration::ZERO };
        self.dialogue.handle(self.now, input, &mut said);
        for _ in 0..10_000 {
            for output in std::mem::take(&mut said) {
                match output {
                    dialogue::Output::Send(bytes) => {
                        self.transcript.push(format!("> {}", hex(&bytes)));
                        self.exchange(emulator::Input::Bytes(&bytes), &mut said);
                    }
                    dialogue::Output::Reply(reply) => return Some(reply),
                    dialogue::Output::Silent => return None,
                    dialogue::Output::Garbage { .. } | dialogue::Output::Stray => {}
                }
            }
            if said.is_empty() {
                let due = self.dialogue.deadline().into_iter().chain(self.emulator.deadline()).min();
                self.now = self.now.max(due.expect("an ask waits for nothing"));
                self.exchange(emulator::Input::Tick, &mut said);
                self.dialogue.handle(self.now, dialogue::Input::Tick, &mut said);
            }
        }
        panic!("no reply: {:#?}", self.transcript)
    }

    fn exchange(&mut self, input: emulator::Input<'_>, said: &mut Vec<dialogue::Output<Reply>>) {
        let mut answers = Vec::new();
        self.emulator.handle(self.now, input, &mut answers);
        for answer in answers {
            self.transcript.push(format!("< {}", hex(&answer)));
            for piece in answer.chunks(self.piece) {
                self.dialogue.handle(self.now, dialogue::Input::Bytes(piece), said);
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
