//! A scanner that types: the events of a Linux input device, as codes.
//!
//! ```text
//!   struct input_event, 24 bytes on 64 bits:  seconds 8 · microseconds 8 · type 2 · code 2 · value 4
//!   type 1 (EV_KEY): code is the key by its place on a US keyboard; value 1 pressed, 2 held, 0 released
//! ```
//! The device's file is read as it is. So that its keys reach nobody else, the system must leave it to this program:
//! udev's `LIBINPUT_IGNORE_DEVICE` for the screen, and no console on the machine (docs/operations.md).

use std::time::Instant;

use super::{Event, MAX, Scan, Setup, read, tell};
use crate::device::{Input, Machine, Output};

/// The machine: no command, for a keyboard is not told anything.
#[derive(Clone)]
pub struct Keyboard {
    setup: Setup,
    /// bytes of an event that is not whole
    rest: Vec<u8>,
    typed: String,
    is_shifted: bool,
    is_caps: bool,
    /// it typed more than any card says
    is_too_long: bool,
    last_key: Option<Instant>,
    last: Option<(Scan, Instant)>,
}

/// Nothing can be said to a keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {}

impl Keyboard {
    /// A keyboard that has typed nothing.
    #[must_use]
    pub const fn new(setup: Setup) -> Self {
        Self {
            setup,
            rest: Vec::new(),
            typed: String::new(),
            is_shifted: false,
            is_caps: false,
            is_too_long: false,
            last_key: None,
            last: None,
        }
    }

    fn bytes(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Output<Event>>) {
        self.silence(now, out);
        self.rest.extend(bytes);
        let events = std::mem::take(&mut self.rest);
        let (whole, rest) = events.as_chunks::<EVENT>();
        for event in whole {
            self.event(now, event, out);
        }
        self.rest = rest.to_vec();
    }

    fn event(&mut self, now: Instant, event: &[u8; EVENT], out: &mut Vec<Output<Event>>) {
        let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event;
        let (kind, code) = (u16::from_ne_bytes([t0, t1]), u16::from_ne_bytes([c0, c1]));
        let value = i32::from_ne_bytes([v0, v1, v2, v3]);
        if kind != EV_KEY {
            return;
        }
        match (code, value) {
            (LEFT_SHIFT | RIGHT_SHIFT, value) => self.is_shifted = value != RELEASED,
            (CAPS_LOCK, PRESSED) => self.is_caps = !self.is_caps,
            (ENTER | TAB | PAD_ENTER, PRESSED) => self.ended(now, out),
            (code, PRESSED) => self.key(now, code),
            (_, _) => {}
        }
    }

    fn key(&mut self, now: Instant, code: u16) {
        self.last_key = Some(now);
        let Some((plain, shifted)) = letter(code) else { return };
        let is_upper = self.is_shifted ^ (self.is_caps && plain.is_ascii_alphabetic());
        if self.typed.len() < MAX {
            self.typed.push(if is_upper { shifted } else { plain });
        } else {
            self.is_too_long = true;
        }
    }

    fn ended(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        self.last_key = None;
        let typed = std::mem::take(&mut self.typed);
        let is_too_long = std::mem::take(&mut self.is_too_long);
        let scan = if is_too_long { Some(Scan::Unusable) } else { read(typed.as_bytes()) };
        if let Some(scan) = scan {
            tell(&mut self.last, self.setup.repeat, now, scan, out);
        }
    }

    fn silence(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        if self.last_key.is_none_or(|last| now < last + self.setup.gap) {
            return;
        }
        if self.setup.has_terminator {
            (self.last_key, self.is_too_long) = (None, false);
            self.typed.clear();
        } else {
            self.ended(now, out);
        }
    }
}

impl Machine for Keyboard {
    type Command = Nothing;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Nothing>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => {
                *self = Self::new(self.setup);
                out.push(Output::Event(Event::Up));
            }
            Input::Lost(fault) => out.push(Output::Event(Event::Down(fault))),
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Command(nothing) => match nothing {},
            Input::Tick => self.silence(now, out),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.last_key.map(|last| last + self.setup.gap)
    }
}

/// What was typed may be a patron's card.
impl std::fmt::Debug for Keyboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyboard").field("setup", &self.setup).finish_non_exhaustive()
    }
}

/// What the key of a code types on a US keyboard, alone and with shift.
///
/// # Spec
/// linux/input-event-codes.h
fn letter(code: u16) -> Option<(char, char)> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let at = usize::from(code.checked_sub(*first)?);
        Some((plain.chars().nth(at)?, shifted.chars().nth(at)?))
    })
}

/// The events by which a scanner types a text and Enter; `None` if a letter is on no key.
#[must_use]
pub fn typing(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for letter in text.chars() {
        let (code, is_shifted) = place(letter)?;
        let keys: &[(u16, i32)] = if is_shifted {
            &[(LEFT_SHIFT, PRESSED), (code, PRESSED), (code, RELEASED), (LEFT_SHIFT, RELEASED)]
        } else {
            &[(code, PRESSED), (code, RELEASED)]
        };
        keys.iter().for_each(|(code, value)| push(&mut bytes, *code, *value));
    }
    push(&mut bytes, ENTER, PRESSED);
    push(&mut bytes, ENTER, RELEASED);
    Some(bytes)
}

fn place(letter: char) -> Option<(u16, bool)> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let at =
            |row: &str| row.chars().position(|other| other == letter).and_then(|n| u16::try_from(n).ok());
        at(plain).map(|n| (first + n, false)).or_else(|| at(shifted).map(|n| (first + n, true)))
    })
}

fn push(bytes: &mut Vec<u8>, code: u16, value: i32) {
    for (kind, code, value) in [(EV_KEY, code, value), (EV_SYN, 0, 0)] {
        bytes.extend([0; 16]);
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(code.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
    }
}

/// Bytes of an event.
const EVENT: usize = 24;
const EV_SYN: u16 = 0;
const EV_KEY: u16 = 1;
const PRESSED: i32 = 1;
const RELEASED: i32 = 0;
const TAB: u16 = 15;
const ENTER: u16 = 28;
const LEFT_SHIFT: u16 = 42;
const RIGHT_SHIFT: u16 = 54;
const CAPS_LOCK: u16 = 58;
const PAD_ENTER: u16 = 96;
/// Runs of keys: the code of the first, what they type alone, and with shift.
const ROWS: [(u16, &str, &str); 9] = [
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
    (117, "=", "="),
];
