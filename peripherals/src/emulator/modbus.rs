//! A module with contacts and relays that speaks Modbus, on a serial line or over TCP.
//!
//! It answers what the specification says, byte for byte: what is not for it, or damaged, has no answer; what it cannot
//! do is refused. Its watchdog cuts the relays when it is asked nothing for a while.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rfid_driver::frame::{Item, Items, Resync};

use super::Emulated;
use crate::modbus::pdu::{Exception, Request, Span, refusal};
use crate::modbus::wire::{Mbap, RtuRequests, mbap, mbap_pdu, rtu, rtu_pdu};

/// The module.
#[derive(Clone, Debug)]
pub struct ModbusEmulator {
    frames: Frames,
    /// Its number.
    pub unit: u8,
    /// Its contacts, from address 0 on.
    pub inputs: Vec<bool>,
    /// Its relays, from address 0 on.
    pub coils: Vec<bool>,
    /// After so much time without a request its relays are cut.
    pub watchdog: Option<Duration>,
    last: Option<Instant>,
    /// It answers nothing.
    pub is_mute: bool,
    /// Answers wait so long.
    pub delay: Duration,
    /// So many answers have a byte wrong.
    pub n_torn: u32,
    /// What comes before the next answer.
    pub noise: Vec<u8>,
    /// It refuses everything.
    pub refuses: Option<Exception>,
    /// A relay that does not move.
    pub stuck: Option<usize>,
    answers: VecDeque<(Instant, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum Frames {
    Rtu(Resync<RtuRequests>),
    Tcp(Resync<Mbap>),
}

impl ModbusEmulator {
    /// A module on a serial line, with all contacts open.
    #[must_use]
    pub fn rtu(unit: u8, n_inputs: usize, n_coils: usize) -> Self {
        Self::new(Frames::Rtu(Resync::new(GAP)), unit, n_inputs, n_coils)
    }

    /// A module on the network, with all contacts open.
    #[must_use]
    pub fn tcp(unit: u8, n_inputs: usize, n_coils: usize) -> Self {
        Self::new(Frames::Tcp(Resync::new(Duration::from_secs(1))), unit, n_inputs, n_coils)
    }

    fn new(frames: Frames, unit: u8, n_inputs: usize, n_coils: usize) -> Self {
        Self {
            frames,
            unit,
            inputs: vec![false; n_inputs],
            coils: vec![false; n_coils],
            watchdog: None,
            last: None,
            is_mute: false,
            delay: Duration::ZERO,
            n_torn: 0,
            noise: Vec::new(),
            refuses: None,
            stuck: None,
            answers: VecDeque::new(),
        }
    }

    /// Answers one frame; nothing, if it is not for this unit.
    fn frame(&mut self, now: Instant, frame: &[u8]) {
        let is_tcp = matches!(self.frames, Frames::Tcp(_));
        let parts = if is_tcp {
            mbap_pdu(frame).map(|(transaction, unit, pdu)| (Some(transaction), unit, pdu))
        } else {
            rtu_pdu(frame).map(|(unit, pdu)| (None, unit, pdu))
        };
        let Some((transaction, unit, pdu)) = parts.filter(|(_, unit, _)| *unit == self.unit) else { return };
        self.last = Some(now);
        let answer = match self.refuses {
            Some(exception) => Err(exception),
            None => Request::decode(pdu).and_then(|request| self.carry_out(&request)),
        };
        let function = pdu.first().copied().unwrap_or_default();
        let answer = answer.unwrap_or_else(|exception| refusal(function, exception).to_vec());
        let frame = match transaction {
            Some(transaction) => mbap(transaction, unit, &answer),
            None => rtu(unit, &answer),
        };
        if !self.is_mute {
            let bytes = self.spoilt(frame);
            self.answers.push_back((now + self.delay, bytes));
        }
    }

    fn carry_out(&mut self, request: &Request) -> Result<Vec<u8>, Exception> {
        let bits = match request {
            Request::ReadCoils(span) => slice(&self.coils, *span)?.to_vec(),
            Request::ReadInputs(span) => slice(&self.inputs, *span)?.to_vec(),
            Request::WriteCoil { at, is_on } => {
                self.write(usize::from(*at), &[*is_on])?;
                Vec::new()
            }
            Request::WriteCoils { span, bits } => {
                self.write(usize::from(span.first()), bits)?;
                Vec::new()
            }
        };
        Ok(request.answer(&bits))
    }

    fn write(&mut self, first: usize, bits: &[bool]) -> Result<(), Exception> {
        let coils = self.coils.get_mut(first..first + bits.len()).ok_or(Exception::ADDRESS)?;
        for ((at, coil), is_on) in (first..).zip(coils).zip(bits) {
            if self.stuck != Some(at) {
                *coil = *is_on;
            }
        }
        Ok(())
    }

    fn spoilt(&mut self, mut answer: Vec<u8>) -> Vec<u8> {
        if self.n_torn > 0 {
            self.n_torn -= 1;
            if let Some(last) = answer.last_mut() {
                *last ^= 1;
            }
        }
        [std::mem::take(&mut self.noise), answer].concat()
    }

    /// Cuts the relays when nobody has asked for too long.
    fn watch(&mut self, now: Instant) {
        if self.watchdog_at().is_some_and(|at| at <= now) {
            self.last = None;
            self.coils.fill(false);
        }
    }

    fn watchdog_at(&self) -> Option<Instant> {
        Some(self.last? + self.watchdog?)
    }

    fn set_input(&mut self, words: &[&str]) -> Result<String, String> {
        let [at, how] = words else { return Err("input wants a number and on or off".to_owned()) };
        let is_on = match *how {
            "on" => true,
            "off" => false,
            _ => return Err(format!("{how:?} is neither on nor off")),
        };
        let n = self.inputs.len();
        let contact = at.parse::<usize>().ok().and_then(|at| self.inputs.get_mut(at));
        *contact.ok_or_else(|| format!("there is no input {at}: they are 0 to {}", n.saturating_sub(1)))? =
            is_on;
        Ok(String::new())
    }
}

impl Emulated for ModbusEmulator {
    fn handle(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        self.watch(now);
        let mut items = Items::new();
        match &mut self.frames {
            Frames::Rtu(frames) if bytes.is_empty() => frames.tick(now, &mut items),
            Frames::Rtu(frames) => frames.push(now, bytes, &mut items),
            Frames::Tcp(frames) if bytes.is_empty() => frames.tick(now, &mut items),
            Frames::Tcp(frames) => frames.push(now, bytes, &mut items),
        }
        for item in items.iter() {
            if let Item::Frame(frame) = item {
                self.frame(now, frame);
            }
        }
        while self.answers.front().is_some_and(|(at, _)| *at <= now) {
            out.extend(self.answers.pop_front().map(|(_, bytes)| bytes));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let frames = match &self.frames {
            Frames::Rtu(frames) => frames.deadline(),
            Frames::Tcp(frames) => frames.deadline(),
        };
        let answer = self.answers.front().map(|(at, _)| *at);
        [frames, answer, self.watchdog_at()].into_iter().flatten().min()
    }

    fn command(
        &mut self,
        _now: Instant,
        words: &[&str],
        lines: &mut Vec<String>,
    ) -> Option<Result<String, String>> {
        match *words {
            ["show"] => {
                lines.push(format!("inputs {}", shown(&self.inputs)));
                lines.push(format!("coils  {}", shown(&self.coils)));
            }
            ["input", ref rest @ ..] => return Some(self.set_input(rest)),
            ["mute", "on"] => self.is_mute = true,
            ["mute", "off"] => self.is_mute = false,
            ["torn", n] => match n.parse() {
                Ok(n) => self.n_torn = n,
                Err(_) => return Some(Err(format!("{n:?} is no number"))),
            },
            ["delay", ms] => match ms.parse() {
                Ok(ms) => self.delay = Duration::from_millis(ms),
                Err(_) => return Some(Err(format!("{ms:?} is no number of milliseconds"))),
            },
            ["restart"] => self.coils.fill(false),
            _ => return None,
        }
        Some(Ok(String::new()))
    }

    fn help(&self) -> &'static [&'static str] {
        &[
            "show                                 inputs and coils, from 0 on",
            "input N on|off                       a contact closes, opens",
            "mute on|off                          give no answers",
            "torn N                               the next N answers have a byte wrong",
            "delay MS                             answers wait so long",
            "restart                              its power is gone for a moment: the relays fall off",
        ]
    }

    fn unplug(&mut self) {
        self.answers.clear();
        match &mut self.frames {
            Frames::Rtu(frames) => frames.clear(),
            Frames::Tcp(frames) => frames.clear(),
        }
    }
}

fn slice(contacts: &[bool], span: Span) -> Result<&[bool], Exception> {
    let first = usize::from(span.first());
    contacts.get(first..first + span.len()).ok_or(Exception::ADDRESS)
}

fn shown(contacts: &[bool]) -> String {
    contacts.iter().map(|is_on| if *is_on { '1' } else { '0' }).collect()
}

const GAP: Duration = Duration::from_millis(50);
