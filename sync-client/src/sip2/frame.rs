//! Frames: where a message begins and ends in the bytes, its sequence number and its checksum.
//!
//! ```text
//!   9900401.00 AY1 AZFCA5 \r
//!   message    │   │      └ CR; CR LF and LF are taken too, empty frames skipped
//!              │   └ two's complement of the 16-bit sum of all bytes before it, "AZ" included
//!              └ sequence number 0..9; the answer carries the request's. 96 and 97 have none
//! ```
//! **Rule**: any bytes are read without a panic and within [`MAX_FRAME_LEN`] bytes of memory. The frame is decoded with
//! the character set *before* it is split at `|`; the checksum is over the bytes.

use super::charset::{Charset, Unencodable};
use super::dialect::Dialect;
use super::field::{F_CHECKSUM, F_SEQUENCE, FieldCode, Fields};
use super::message::{BadFixed, Body, Message, MessageId, ResendAnswer, ResendRequest};

/// The longest frame taken. A 64 with a long list has several kilobytes.
pub const MAX_FRAME_LEN: usize = 64 * 1024;

/// A sequence number, 0 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sequence(u8);

impl Sequence {
    /// The number that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(if self.0 >= 9 { 0 } else { self.0 + 1 })
    }

    /// The number behind a digit.
    #[must_use]
    pub fn parse(digit: char) -> Option<Self> {
        digit.to_digit(10).and_then(|n| u8::try_from(n).ok()).map(Self)
    }

    const fn digit(self) -> u8 {
        b'0' + self.0
    }
}

/// What a frame's checksum says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// There is none.
    Absent,
    /// It is right.
    Good,
    /// It is wrong.
    Bad {
        /// what it should be
        expected: u16,
        /// what it is
        got: u16,
    },
}

/// A frame that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// the message
    pub message: Message,
    /// AY
    pub sequence: Option<Sequence>,
    /// AZ
    pub check: Check,
    /// whether some bytes had no meaning: another character set, or a value that holds a `|`
    pub is_damaged: bool,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// it does not begin with two digits
    #[error("it does not begin with a message number")]
    NoNumber,
    /// the fixed part is not right
    #[error("{0}")]
    Fixed(#[from] BadFixed),
}

/// Why a message cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// the peer's character set lacks a character
    #[error("field {field}: {cause}")]
    Character {
        /// the field
        field: FieldCode,
        /// the character
        cause: Unencodable,
    },
    /// an identifier holds a delimiter or a control character
    #[error("field {field} holds a character that ends a field or a frame")]
    Delimiter {
        /// the field
        field: FieldCode,
    },
    /// an identifier is too long
    #[error("field {field} has {len} bytes, at most {limit} are allowed")]
    TooLong {
        /// the field
        field: FieldCode,
        /// its bytes
        len: usize,
        /// bytes allowed
        limit: usize,
    },
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Clone, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// bytes of a frame that became too long; the rest of it is skipped
    n_skipped: usize,
}

/// What a [`Splitter`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The bytes of one frame, without its end.
    Frame(Vec<u8>),
    /// A frame that was longer than any frame is.
    TooLong {
        /// its bytes
        n: usize,
    },
}

impl Splitter {
    /// Takes bytes and appends the frames that are complete.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Piece>) {
        for part in bytes.split_inclusive(|b| matches!(b, b'\r' | b'\n')) {
            let (body, is_end) = match part.split_last() {
                Some((b'\r' | b'\n', body)) => (body, true),
                Some(_) | None => (part, false),
            };
            self.append(body);
            if is_end {
                self.end(out);
            }
        }
    }

    /// Forgets what has not ended.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn append(&mut self, body: &[u8]) {
        let len = self.buffer.len().saturating_add(body.len());
        if self.n_skipped > 0 || len > MAX_FRAME_LEN {
            self.n_skipped = self.n_skipped.saturating_add(len);
            self.buffer = Vec::new();
        } else {
            self.buffer.extend_from_slice(body);
        }
    }

    fn end(&mut self, out: &mut Vec<Piece>) {
        let n = std::mem::take(&mut self.n_skipped);
        let frame = std::mem::take(&mut self.buffer);
        if n > 0 {
            out.push(Piece::TooLong { n });
        } else if !frame.is_empty() {
            out.push(Piece::Frame(frame));
        }
    }
}

/// Reads one frame, without its end.
///
/// # Errors
/// [`FrameError`] if it is none.
pub fn decode(bytes: &[u8], charset: Charset) -> Result<Frame, FrameError> {
    let (text, is_whole) = charset.decode(bytes);
    // Some peers begin with blanks or a NUL.
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\0');
    let (digits, mut rest) = text.split_at_checked(2).ok_or(FrameError::NoNumber)?;
    let id = MessageId::parse(digits).ok_or(FrameError::NoNumber)?;
    let body = Body::take(id, &mut rest)?;
    let mut frame = Frame {
        message: Message { body, fields: Fields::default() },
        sequence: None,
        check: check(bytes),
        is_damaged: !is_whole,
    };
    for piece in rest.split('|').filter(|piece| !piece.is_empty()) {
        take_piece(piece, &mut frame);
    }
    Ok(frame)
}

/// One piece between two `|`: a field, or the trailer, behind which some peers go on with fields.
fn take_piece(piece: &str, frame: &mut Frame) {
    let split = piece.split_at_checked(2).and_then(|(code, value)| Some((FieldCode::parse(code)?, value)));
    match split {
        Some((F_SEQUENCE, value)) => {
            frame.sequence = value.chars().next().and_then(Sequence::parse).or(frame.sequence);
        }
        Some((F_CHECKSUM, _)) => {}
        Some((code, value)) => frame.message.fields.push(code, value),
        None => frame.is_damaged = true,
    }
}

/// Looks at a frame's checksum: the last AZ with four digits that ends the frame or a field.
#[must_use]
pub fn check(bytes: &[u8]) -> Check {
    let end = bytes.len().saturating_sub(TRAILER_LEN);
    for at in (0..=end).rev() {
        let Some([b'A', b'Z', digits @ ..]) = bytes.get(at..at.saturating_add(TRAILER_LEN)) else { continue };
        let next = bytes.get(at.saturating_add(TRAILER_LEN));
        let got = core::str::from_utf8(digits).ok().and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if let (Some(got), None | Some(b'|' | b' ')) = (got, next) {
            let before = bytes.get(..at.saturating_add(2)).unwrap_or_default();
            let expected = checksum(before);
            return if expected == got { Check::Good } else { Check::Bad { expected, got } };
        }
    }
    Check::Absent
}

/// The two's complement of the 16-bit sum of the bytes.
///
/// ```
/// assert_eq!(sync_client::sip2::frame::checksum(b"9900401.00AY1AZ"), 0xFCA5);
/// ```
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg()
}

/// Writes one frame with its end; with a trailer if the dialect sends it.
///
/// # Errors
/// [`EncodeError`] if an identifier cannot be written as it is. Texts for people are cut and cleaned instead.
pub fn encode(message: &Message, sequence: Sequence, dialect: &Dialect) -> Result<Vec<u8>, EncodeError> {
    let mut head = String::new();
    message.body.put(&mut head);
    let mut out = Vec::new();
    dialect.charset.encode_lossy(&head, MAX_FRAME_LEN, &mut out);
    // The trailer is the frame's own: a field of its name would be a second one.
    let is_trailer = |code: FieldCode| matches!(code, F_SEQUENCE | F_CHECKSUM);
    for (code, value) in message.fields.iter().filter(|(code, _)| !is_trailer(*code)) {
        out.extend_from_slice(code.as_str().as_bytes());
        put_value(code, value, dialect, &mut out)?;
        out.push(b'|');
    }
    // A message of unknown layout has its trailer in its text, as it came.
    if dialect.checksum.is_sent() && !matches!(message.body, Body::Other(_)) {
        if !matches!(message.id(), ResendRequest::ID | ResendAnswer::ID) {
            out.extend_from_slice(&[b'A', b'Y', sequence.digit()]);
        }
        out.extend_from_slice(b"AZ");
        let sum = checksum(&out);
        out.extend_from_slice(format!("{sum:04X}").as_bytes());
    }
    out.extend_from_slice(dialect.terminator.as_bytes());
    Ok(out)
}

fn put_value(field: FieldCode, value: &str, dialect: &Dialect, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let is_delimiter = |c: char| c == '|' || c.is_control();
    let limit = dialect.max_value;
    if !field.is_identifier() {
        if value.contains(is_delimiter) {
            dialect.charset.encode_lossy(&value.replace(is_delimiter, " "), limit, out);
        } else {
            dialect.charset.encode_lossy(value, limit, out);
        }
        return Ok(());
    }
    if value.contains(is_delimiter) {
        return Err(EncodeError::Delimiter { field });
    }
    let start = out.len();
    dialect.charset.encode(value, out).map_err(|cause| EncodeError::Character { field, cause })?;
    let len = out.len().saturating_sub(start);
    if len > limit { Err(EncodeError::TooLong { field, len, limit }) } else { Ok(()) }
}

/// `AZ` and four digits.
const TRAILER_LEN: usize = 6;

#[cfg(test)]
mod tests;
