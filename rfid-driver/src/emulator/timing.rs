//! How long things take: ISO 15693 on air at the high data rate, bytes on the line. {#iso15693.timing}
//!
//! `T(q, r, p) = 75.5 + 302.08 q + 37.8 + 320.9 + p + 151 + 302.08 r + 151 + 309.2` microseconds for a request of q and
//! an answer of r bytes with their CRC, and p of programming.

use std::time::Duration;

/// Whether the reader takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Answers at once.
    Fast,
    /// Takes the time of line, air and programming.
    Real {
        /// One byte on the line.
        byte: Duration,
        /// The pause that the reader needs after its answer.
        pause: Duration,
        /// Programming time of a tag.
        programming: Duration,
    },
}

/// What happens on air.
#[derive(Clone, Copy, Debug)]
pub(super) enum Air {
    Nothing,
    FieldReset,
    Inventory {
        n_tags: usize,
    },
    Exchange {
        request: u32,
        answer: u32,
    },
    /// One exchange after another.
    Exchanges {
        n: u32,
        request: u32,
        answer: u32,
    },
    Write {
        request: u32,
    },
    /// A UHF inventory of so many tags.
    Gen2Inventory {
        n_tags: usize,
    },
    /// A search of a UHF reader that goes on for its time, whatever it hears.
    Gen2Search {
        ms: u16,
    },
    /// One more tag of an inventory.
    Gen2Tag,
    /// One more access to a UHF tag (singulation, request handle, read).
    Gen2Access,
    /// So many words written to a UHF tag.
    Gen2Write {
        n_words: usize,
    },
}

impl Timing {
    /// A line of so many baud with 8 data bits, even parity and one stop bit, and what tags typically need.
    pub fn real(baud: u32) -> Self {
        Self::Real {
            byte: Duration::from_secs(11) / baud.max(1),
            pause: Duration::from_millis(5),
            programming: Duration::from_millis(5),
        }
    }

    /// A line of so many baud with 8 data bits, no parity and one stop bit, a reader that needs no pause, and what tags
    /// typically need.
    pub fn real_8n1(baud: u32) -> Self {
        Self::Real {
            byte: Duration::from_secs(10) / baud.max(1),
            pause: Duration::ZERO,
            programming: Duration::from_millis(5),
        }
    }

    /// From the arrival of a request's bytes to the last byte of the answer.
    pub(super) fn duration(self, n_request: usize, air: Air, n_answer: usize) -> Duration {
        match self {
            Self::Fast => Duration::ZERO,
            Self::Real { byte, programming, .. } => {
                byte * u32::try_from(n_request + n_answer).unwrap_or(u32::MAX) + air.duration(programming)
            }
        }
    }

    /// The pause after an answer.
    pub(super) fn pause(self) -> Duration {
        match self {
            Self::Fast => Duration::ZERO,
            Self::Real { pause, .. } => pause,
        }
    }
}

impl Air {
    fn duration(self, programming: Duration) -> Duration {
        match self {
            Self::Nothing => Duration::ZERO,
            Self::FieldReset => Duration::from_millis(15),
            Self::Inventory { n_tags } => inventory(n_tags),
            Self::Exchange { request, answer } => exchange(request, answer),
            Self::Exchanges { n, request, answer } => exchange(request, answer) * n,
            Self::Write { request } => exchange(request, 3) + programming,
            Self::Gen2Inventory { n_tags } => GEN2_ROUND + GEN2_TAG * count(n_tags),
            Self::Gen2Search { ms } => Duration::from_millis(u64::from(ms)),
            Self::Gen2Tag => GEN2_TAG,
            Self::Gen2Access => GEN2_ACCESS,
            Self::Gen2Write { n_words } => GEN2_ACCESS + (GEN2_ACCESS + GEN2_WORD) * count(n_words),
        }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn exchange(request: u32, answer: u32) -> Duration {
    const BYTE_NS: u64 = 302_080;
    const REST_NS: u64 = 75_500 + 37_800 + 320_900 + 151_000 + 151_000 + 309_200;
    Duration::from_nanos(REST_NS + BYTE_NS * u64::from(request + answer))
}

/// Mean of a simulated 16-slot anticollision with recursion, between the sampled numbers of tags.
fn inventory(n_tags: usize) -> Duration {
    let n = n_tags as u64;
    let pairs = INVENTORY_US.iter().zip(INVENTORY_US.iter().skip(1));
    let within = pairs.into_iter().find(|(_, (high, _))| n <= *high);
    let micros = match within {
        Some(((low, from), (high, to))) => from + (to - from) * (n - low) / (high - low),
        None => n * 9_500,
    };
    Duration::from_micros(micros)
}

/// A Gen2 inventory's empty slots at its end.
const GEN2_ROUND: Duration = Duration::from_millis(5);
/// One singulated tag at Miller 4, 250 kHz, with the slots that were lost before it: 219 a second.
const GEN2_TAG: Duration = Duration::from_micros(4_566);
/// Singulation by a mask, and one command.
const GEN2_ACCESS: Duration = Duration::from_millis(5);
/// A tag answers a write within this; it is the bound of the standard.
const GEN2_WORD: Duration = Duration::from_millis(20);
/// Number of tags, microseconds.
const INVENTORY_US: [(u64, u64); 8] = [
    (0, 8_160),
    (1, 13_900),
    (2, 18_900),
    (3, 24_800),
    (5, 38_900),
    (10, 81_800),
    (20, 184_000),
    (30, 285_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// covers: iso15693.timing
    #[test]
    fn air_times_are_those_of_the_standard() {
        let tenths = |duration: Duration| (duration.as_micros() + 5) / 10;
        assert_eq!(tenths(exchange(12, 17)), 981);
        assert_eq!(tenths(exchange(14, 35)), 1585);
        assert_eq!(tenths(Air::Write { request: 13 }.duration(Duration::from_millis(5))), 1088);
        assert_eq!(inventory(4), Duration::from_micros(31_850));
    }
}
