//! Frames out of a stream of bytes, shared by all serial protocols.
//!
//! Damage is an item, not an error: a byte that begins no frame is [`Item::Garbage`]. When a candidate fails its check,
//! or the gap that ends a frame passes before it is whole, exactly ONE byte is given up and the rest is looked at again:
//! a good frame behind or within garbage is never lost. Invariant: 0 <= bytes held < [`Format::MAX`].

use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// How a protocol tells its frames.
pub trait Format {
    /// The longest frame in bytes, both ends included.
    const MAX: usize;

    /// Looks at the bytes from the start of a candidate; they are not empty.
    fn look(bytes: &[u8]) -> Look;

    /// How many bytes at the front surely begin no frame, whatever follows: a quicker way through noise than to look at
    /// each. [`Format::look`] would call each of them [`Look::Bad`]; 0 is always right.
    fn skip(_bytes: &[u8]) -> usize {
        0
    }
}

/// What the bytes of a candidate are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A whole frame of that many bytes, its check passed.
    Whole(usize),
    /// Perhaps the beginning of a frame.
    Short,
    /// No frame begins here.
    Bad,
}

/// A part of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// The bytes of a frame whose check passed.
    Frame(&'a [u8]),
    /// Bytes that belong to no frame.
    Garbage {
        /// How many.
        n: usize,
    },
}

/// What a stream was split into, in its order. One buffer holds all frames: it is emptied and used again, so that a
/// frame costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// The frames, one behind the other.
    frames: Vec<u8>,
    parts: Vec<Part>,
}

/// An [`Item`] without its bytes.
#[derive(Clone, Copy, Debug)]
enum Part {
    Frame { n: usize },
    Garbage { n: usize },
}

/// Splits a stream into frames and garbage.
#[derive(Clone, Debug)]
pub struct Resync<F> {
    held: Vec<u8>,
    last_byte: Option<Instant>,
    gap: Duration,
    format: PhantomData<F>,
}

impl<F: Format> Resync<F> {
    /// A splitter for a line on which a silence longer than `gap` ends a frame.
    pub fn new(gap: Duration) -> Self {
        Self { held: Vec::new(), last_byte: None, gap, format: PhantomData }
    }

    /// Takes bytes that came at `now`.
    pub fn push(&mut self, now: Instant, bytes: &[u8], out: &mut Items) {
        self.tick(now, out);
        // In slices, so that a flood is split while it comes and never held as a whole.
        for slice in bytes.chunks(F::MAX.max(SLICE)) {
            self.held.extend_from_slice(slice);
            self.split(false, out);
        }
        self.last_byte = (!self.held.is_empty()).then_some(now);
    }

    /// Gives up a candidate that the gap has ended.
    pub fn tick(&mut self, now: Instant, out: &mut Items) {
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.split(true, out);
            self.last_byte = None;
        }
    }

    /// When the candidate that is held is given up.
    pub fn deadline(&self) -> Option<Instant> {
        self.last_byte.map(|last| last + self.gap)
    }

    /// Forgets what is held, as after the line was closed.
    pub fn clear(&mut self) {
        self.held.clear();
        self.last_byte = None;
    }

    fn split(&mut self, ended: bool, out: &mut Items) {
        let (mut at, mut garbage) = (0, 0);
        while let Some(rest) = self.held.get(at..).filter(|rest| !rest.is_empty()) {
            match F::look(rest) {
                Look::Whole(n) => {
                    out.add_garbage(std::mem::take(&mut garbage));
                    out.add_frame(rest.get(..n).unwrap_or(rest));
                    at += n.max(1);
                }
                Look::Short if !ended && rest.len() < F::MAX => break,
                Look::Short | Look::Bad => {
                    let n = 1 + F::skip(rest.get(1..).unwrap_or_default());
                    garbage += n;
                    at += n;
                }
            }
        }
        out.add_garbage(garbage);
        self.held.drain(..at.min(self.held.len()));
    }
}

impl Items {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// In the order of the stream.
    pub fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        let mut rest = self.frames.as_slice();
        self.parts.iter().map(move |part| match *part {
            Part::Garbage { n } => Item::Garbage { n },
            Part::Frame { n } => {
                let (frame, behind) = rest.split_at_checked(n).unwrap_or_default();
                rest = behind;
                Item::Frame(frame)
            }
        })
    }

    /// Forgets them, and keeps the room.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.parts.clear();
    }

    fn add_frame(&mut self, bytes: &[u8]) {
        self.frames.extend_from_slice(bytes);
        self.parts.push(Part::Frame { n: bytes.len() });
    }

    fn add_garbage(&mut self, n: usize) {
        if n > 0 {
            self.parts.push(Part::Garbage { n });
        }
    }
}

/// For [`Format::skip`] of a protocol whose frames begin with one byte: how far that byte is.
pub(crate) fn until(start: u8, bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == start).unwrap_or(bytes.len())
}

/// So many bytes are split at once, though the frames be short.
const SLICE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// A digit n, then n times 'x'.
    #[derive(Debug)]
    struct Toy;

    impl Format for Toy {
        const MAX: usize = 10;

        fn look(bytes: &[u8]) -> Look {
            let Some(n) = char::from(bytes[0]).to_digit(10).map(|n| n as usize) else { return Look::Bad };
            let body = &bytes[1..bytes.len().min(n + 1)];
            match body.iter().all(|byte| *byte == b'x') {
                true if body.len() == n => Look::Whole(n + 1),
                true => Look::Short,
                false => Look::Bad,
            }
        }
    }

    fn show(items: &Items) -> String {
        let show = |item: Item<'_>| match item {
            Item::Frame(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Item::Garbage { n } => format!("-{n}"),
        };
        items.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_byte_is_given_up_at_a_time() {
        let mut resync = Resync::<Toy>::new(GAP);
        let (t0, mut out) = (start(), Items::new());
        resync.push(t0, b"??93xxx1x", &mut out);
        assert_eq!(show(&out), "-3 3xxx 1x", "the 9 cannot be followed by a 3");
    }

    #[test]
    fn the_gap_frees_a_frame_from_behind_a_ghost() {
        let mut resync = Resync::<Toy>::new(GAP);
        let (t0, mut out) = (start(), Items::new());
        resync.push(t0, b"9xxx", &mut out);
        assert_eq!((show(&out).as_str(), resync.deadline()), ("", Some(t0 + GAP)));
        resync.tick(t0 + GAP, &mut out);
        resync.push(t0 + GAP, b"2xx", &mut out);
        assert_eq!(show(&out), "-4 2xx");
        assert_eq!(resync.deadline(), None);
    }

    fn start() -> Instant {
        crate::testing::start()
    }

    const GAP: Duration = Duration::from_millis(12);
}
