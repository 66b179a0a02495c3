//! How a printer is, by its own bytes.
//!
//! # Spec
//! ```text
//!   DLE EOT n   0xx1xx10   1: 08 offline   2: 04 cover open, 20 stopped by the end of the paper, 40 error
//!                          3: 08 cutter, 20 for good, 40 goes away by itself   4: 0C near end, 60 end
//!   GS r 1      0xx0eenn   nn near end, ee end
//!   DLE DC4 8   37 25 00
//! ```

use rfid_driver::frame::{Format, Look};

use super::command::CLEARED;

/// How the paper is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaperState {
    /// There is enough.
    #[default]
    Enough,
    /// Some metres are left.
    NearEnd,
    /// There is none.
    Out,
}

/// How the printer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The paper.
    pub paper: PaperState,
    /// The cover is open.
    pub is_cover_open: bool,
    /// The cutter is stuck.
    pub is_cutter_stuck: bool,
    /// Something else is wrong, such as a head that is too hot.
    pub has_error: bool,
    /// It prints nothing now, for one of these reasons or another.
    pub is_offline: bool,
}

impl State {
    /// What the answers to DLE EOT 1 to 4 say, in this order.
    #[must_use]
    pub const fn of(answers: [u8; 4]) -> Self {
        let [printer, offline, error, roll] = answers;
        let paper = if roll & 0x60 != 0 || offline & 0x20 != 0 {
            PaperState::Out
        } else if roll & 0x0C != 0 {
            PaperState::NearEnd
        } else {
            PaperState::Enough
        };
        Self {
            paper,
            is_cover_open: offline & 0x04 != 0,
            is_cutter_stuck: error & 0x08 != 0,
            has_error: error & 0x60 != 0 || offline & 0x40 != 0,
            is_offline: printer & 0x08 != 0,
        }
    }

    /// Whether it can print.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        !matches!(self.paper, PaperState::Out)
            && !self.is_cover_open
            && !self.is_cutter_stuck
            && !self.has_error
            && !self.is_offline
    }
}

/// One answer of the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// To DLE EOT; of which group, only who asked knows.
    Status(u8),
    /// To GS r.
    Paper,
    /// To DLE DC4 fn 8.
    Cleared,
}

impl Answer {
    pub(super) fn of(frame: &[u8]) -> Option<Self> {
        match *frame {
            [byte] if byte & 0x93 == 0x12 => Some(Self::Status(byte)),
            [byte] if is_paper(byte) => Some(Self::Paper),
            _ if frame == CLEARED => Some(Self::Cleared),
            _ => None,
        }
    }
}

/// The answers out of the bytes. XON, XOFF and what the printer tells unasked belong to none.
#[derive(Clone, Copy, Debug)]
pub struct Answers;

impl Format for Answers {
    const MAX: usize = 3;

    fn look(bytes: &[u8]) -> Look {
        let starts_clear = bytes.iter().zip(CLEARED).all(|(byte, expected)| *byte == expected);
        match bytes.first() {
            Some(_) if starts_clear && bytes.len() >= CLEARED.len() => Look::Whole(CLEARED.len()),
            Some(_) if starts_clear => Look::Short,
            Some(byte) if byte & 0x93 == 0x12 || is_paper(*byte) => Look::Whole(1),
            Some(_) | None => Look::Bad,
        }
    }
}

/// Both bits of a sensor are always the same.
fn is_paper(byte: u8) -> bool {
    byte & 0x90 == 0 && matches!(byte & 0x03, 0 | 0x03) && matches!(byte & 0x0C, 0 | 0x0C)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_answers_are_read() {
        // The bytes of the manuals of the Samsung SRP-350, the Epson U375 and the HPRT TP80K.
        let ready = State::default();
        for (answers, expected) in [
            ([0x16, 0x12, 0x12, 0x12], ready),
            ([0x12, 0x12, 0x12, 0x1E], State { paper: PaperState::NearEnd, ..ready }),
            ([0x1A, 0x32, 0x12, 0x7E], State { paper: PaperState::Out, is_offline: true, ..ready }),
            ([0x12, 0x12, 0x12, 0x72], State { paper: PaperState::Out, ..ready }),
            ([0x1A, 0x16, 0x12, 0x12], State { is_cover_open: true, is_offline: true, ..ready }),
            (
                [0x1A, 0x52, 0x1A, 0x12],
                State { is_cutter_stuck: true, has_error: true, is_offline: true, ..ready },
            ),
            ([0x12, 0x12, 0x52, 0x12], State { has_error: true, ..ready }),
        ] {
            assert_eq!(State::of(answers), expected, "{answers:02X?}");
        }
        assert!(ready.is_ready() && State { paper: PaperState::NearEnd, ..ready }.is_ready());
    }

    #[test]
    fn answers_are_told_apart() {
        for byte in 0..=u8::MAX {
            let answer = Answer::of(&[byte]);
            let expected = if byte & 0x93 == 0x12 {
                Some(Answer::Status(byte))
            } else if byte & 0x9F == byte & 0x0F && [0, 3, 0xC, 0xF].contains(&(byte & 0xF)) {
                Some(Answer::Paper)
            } else {
                None
            };
            assert_eq!(answer, expected, "{byte:02X}");
        }
        // XON, XOFF, and the first byte of a state that is told unasked with everything well.
        for noise in [0x11, 0x13, 0x10, 0x14] {
            assert_eq!(Answers::look(&[noise]), Look::Bad, "{noise:02X}");
        }
        assert_eq!(Answers::look(&[0x37]), Look::Short);
        assert_eq!(Answers::look(&[0x37, 0x25, 0x00]), Look::Whole(3));
        assert_eq!(Answers::look(&[0x37, 0x12]), Look::Bad, "a good answer behind a torn one is not lost");
    }
}
