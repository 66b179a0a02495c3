//! Barcode and QR scanners, on a serial line or as a keyboard.
//!
//! ```text
//!   serial:    LW20260001 0D 0A        text and a terminator, or text and then silence
//!   keyboard:  input_event structs     keys of a US keyboard, ended by Enter or Tab      [`keys`]
//! ```
//! What is scanned comes from the public: it is text of a bounded length, never a command. Codes by which one pays are
//! told apart, since readers hold up the wrong one, and are not handed on.
//!
//! # Spec
//! Newland's serial command set (`~ <SOH> 0000 # .. ; <ETX>`, answered with `<STX> <SOH> 0000 # .. ACK ; <ETX>`) and
//! Honeywell's trigger commands (`SYN T CR`, `SYN U CR`), from their manuals.

use std::fmt;
use std::time::{Duration, Instant};

use crate::device::{Input, LinkFault, Machine, Output};

pub mod keys;

/// What a code says. It may be a patron's card: `Debug` never prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// What was held before the scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A code.
    Code(Code),
    /// A code by which one pays, of WeChat or Alipay: its content is dropped.
    Payment,
    /// More than any card says, or no text.
    Unusable,
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The port is open.
    Up,
    /// It is not there.
    Down(LinkFault),
    /// Something was scanned.
    Scanned(Scan),
    /// The scanner refuses a command.
    Refused,
}

/// What the machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Switch the light on, or off.
    Trigger(bool),
}

/// How the scanner is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// It scans by itself.
    #[default]
    None,
    /// Newland.
    Newland,
    /// Honeywell and Metrologic.
    Honeywell,
}

impl Trigger {
    /// The bytes that switch the light on or off.
    #[must_use]
    pub const fn bytes(self, on: bool) -> &'static [u8] {
        match (self, on) {
            (Self::None, _) => b"",
            (Self::Newland, true) => b"~\x010000#SCNTRG1;\x03",
            (Self::Newland, false) => b"~\x010000#SCNTRG0;\x03",
            (Self::Honeywell, true) => b"\x16T\r",
            (Self::Honeywell, false) => b"\x16U\r",
        }
    }
}

/// How the scanner is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Whether a code ends with CR, LF or a tab; otherwise it ends with silence.
    pub has_terminator: bool,
    /// The silence that ends a code, or shows that the terminator will not come.
    pub gap: Duration,
    /// The same code is not told twice within this time: a scanner that goes on reads it again and again.
    pub repeat: Duration,
    /// How it is switched on.
    pub trigger: Trigger,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            has_terminator: true,
            gap: Duration::from_millis(100),
            repeat: Duration::from_secs(2),
            trigger: Trigger::None,
        }
    }
}

/// The machine of a scanner on a serial line.
#[derive(Clone)]
pub struct Scanner {
    setup: Setup,
    held: Vec<u8>,
    last_byte: Option<Instant>,
    /// the last code and when it was seen last
    last: Option<(Scan, Instant)>,
}

impl Scanner {
    /// A scanner whose port is not open yet.
    #[must_use]
    pub const fn new(setup: Setup) -> Self {
        Self { setup, held: Vec::new(), last_byte: None, last: None }
    }

    fn bytes(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Output<Event>>) {
        self.silence(now, out);
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' | b'\t' if !self.is_in_answer() => self.ended(now, out),
                _ if self.held.len() < MAX + 1 => self.held.push(byte),
                // Too long already: the rest of it is let pass.
                _ => {}
            }
            if self.held.starts_with(ANSWER) && self.held.ends_with(ANSWER_END) {
                self.answered(out);
            }
        }
        self.last_byte = (!self.held.is_empty()).then_some(now);
    }

    /// An answer to a command of Newland's may hold any byte.
    fn is_in_answer(&self) -> bool {
        self.held.starts_with(ANSWER)
    }

    fn answered(&mut self, out: &mut Vec<Output<Event>>) {
        let is_accepted = self.held.iter().rev().nth(ANSWER_END.len()) == Some(&ACK);
        self.held.clear();
        if !is_accepted {
            out.push(Output::Event(Event::Refused));
        }
    }

    /// A silence ends what is held.
    fn silence(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        if self.last_byte.is_none_or(|last| now < last + self.setup.gap) {
            return;
        }
        self.last_byte = None;
        if self.setup.has_terminator || self.is_in_answer() {
            // Noise, or a code that was cut short.
            self.held.clear();
        } else {
            self.ended(now, out);
        }
    }

    fn ended(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        let held = std::mem::take(&mut self.held);
        if let Some(scan) = read(&held) {
            tell(&mut self.last, self.setup.repeat, now, scan, out);
        }
    }
}

impl Machine for Scanner {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => {
                self.held.clear();
                out.push(Output::Event(Event::Up));
            }
            Input::Lost(fault) => {
                self.held.clear();
                self.last_byte = None;
                out.push(Output::Event(Event::Down(fault)));
            }
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Command(Command::Trigger(on)) => {
                let bytes = self.setup.trigger.bytes(on);
                if !bytes.is_empty() {
                    out.push(Output::Send(bytes.to_vec()));
                }
            }
            Input::Tick => self.silence(now, out),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.last_byte.map(|last| last + self.setup.gap)
    }
}

/// What is held may be a patron's card.
impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanner").field("setup", &self.setup).finish_non_exhaustive()
    }
}

/// What the bytes of a code are; nothing, if there are none.
fn read(bytes: &[u8]) -> Option<Scan> {
    if bytes.len() > MAX {
        return Some(Scan::Unusable);
    }
    let Ok(text) = str::from_utf8(bytes) else { return Some(Scan::Unusable) };
    let text = text.trim();
    if text.is_empty() {
        None
    } else if text.chars().any(char::is_control) {
        Some(Scan::Unusable)
    } else if is_payment(text) {
        Some(Scan::Payment)
    } else {
        Some(Scan::Code(Code(text.to_owned())))
    }
}

/// A code by which one pays: WeChat's have 18 digits and begin with 10 to 15, Alipay's 16 to 24 and 25 to 30.
fn is_payment(text: &str) -> bool {
    let begins = text.get(..2).and_then(|two| two.parse::<u8>().ok()).unwrap_or_default();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        && (text.len() == 18 && (10..=15).contains(&begins)
            || (16..=24).contains(&text.len()) && (25..=30).contains(&begins))
}

/// Tells what was scanned, but the same only once as long as it is held there.
fn tell(
    last: &mut Option<(Scan, Instant)>,
    repeat: Duration,
    now: Instant,
    scan: Scan,
    out: &mut Vec<Output<Event>>,
) {
    let is_again = last.as_ref().is_some_and(|(before, at)| *before == scan && now < *at + repeat);
    *last = Some((scan.clone(), now));
    if !is_again {
        out.push(Output::Event(Event::Scanned(scan)));
    }
}

/// The longest code that is taken, in bytes.
const MAX: usize = 512;
/// How an answer of a Newland scanner begins and ends.
const ANSWER: &[u8] = b"\x02\x010000";
const ANSWER_END: &[u8] = b";\x03";
const ACK: u8 = 0x06;

#[cfg(test)]
mod tests;
