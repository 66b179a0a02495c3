//! Lines of a gate's adapter: words with single spaces between them.

use super::{Direction, GateEvent, Kind, Tag};

/// The longest line that is taken, in bytes.
pub const MAX: usize = 256;

/// What an adapter says in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `yueting-gate 1`
    Greeting {
        /// of the protocol
        version: u32,
    },
    /// `alive`
    Alive,
    /// Something at a gate.
    Gate(GateEvent),
}

impl Line {
    /// What a line says; nothing, if it is not understood.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim_end_matches('\r').split(' ');
        let first = words.next()?;
        let kind = match first {
            "yueting-gate" => {
                let version = words.next()?.parse().ok()?;
                return words.next().is_none().then_some(Self::Greeting { version });
            }
            "alive" => return words.next().is_none().then_some(Self::Alive),
            "alarm" | "pass" | "fault" | "well" => first,
            _ => return None,
        };
        let gate = name(words.next()?)?;
        let kind = match kind {
            "alarm" => Kind::Alarm {
                direction: direction(words.next()?)?,
                tag: words.try_fold(Tag::default(), told)?,
            },
            "pass" => {
                let direction = direction(words.next()?).filter(|way| *way != Direction::Unknown)?;
                let n = words.next()?.parse().ok().filter(|n| (1..=MOST).contains(n))?;
                words.next().is_none().then_some(Kind::Passed { direction, n })?
            }
            "fault" => Kind::Fault { why: plain(&words.collect::<Vec<_>>().join(" "))? },
            _ => words.next().is_none().then_some(Kind::Well)?,
        };
        Some(Self::Gate(GateEvent { gate, kind }))
    }
}

/// One word of what is known of a tag. A key that is not known is passed over: a later adapter may say more.
fn told(tag: Tag, word: &str) -> Option<Tag> {
    let (key, value) = word.split_once('=')?;
    Some(match key {
        "item" => Tag { item: Some(plain(value)?), ..tag },
        "uid" => Tag { uid: Some(digits(value)?), ..tag },
        "afi" => Tag { afi: Some(u8::from_str_radix(&digits(value)?, 16).ok()?), ..tag },
        "eas" => match value {
            "on" => Tag { eas: Some(true), ..tag },
            "off" => Tag { eas: Some(false), ..tag },
            _ => return None,
        },
        _ => tag,
    })
}

fn direction(word: &str) -> Option<Direction> {
    match word {
        "in" => Some(Direction::In),
        "out" => Some(Direction::Out),
        "?" => Some(Direction::Unknown),
        _ => None,
    }
}

fn name(word: &str) -> Option<String> {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=MAX_NAME).contains(&word.len()) && word.bytes().all(is_one)).then(|| word.to_owned())
}

/// It is read by people: no control characters, nothing empty.
fn plain(text: &str) -> Option<String> {
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn digits(word: &str) -> Option<String> {
    let is_one = (2..=MAX_DIGITS).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| word.to_ascii_uppercase())
}

/// Lines out of a stream that comes in any pieces.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
    /// the line is too long: it is dropped to its end
    is_spoilt: bool,
}

impl Lines {
    /// Takes bytes; tells each whole line, as nothing if it is not understood.
    pub fn push(&mut self, bytes: &[u8], mut tell: impl FnMut(Option<Line>)) {
        for &byte in bytes {
            if byte == b'\n' {
                let held = core::mem::take(&mut self.held);
                let text = str::from_utf8(&held).ok().filter(|_| !self.is_spoilt);
                self.is_spoilt = false;
                tell(text.and_then(Line::parse));
            } else if self.held.len() < MAX {
                self.held.push(byte);
            } else {
                self.is_spoilt = true;
            }
        }
    }
}

const MAX_NAME: usize = 32;
/// An EPC of 256 bits.
const MAX_DIGITS: usize = 64;
/// More do not go through between two lines.
const MOST: u32 = 10_000;
