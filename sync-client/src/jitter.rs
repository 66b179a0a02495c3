//! Pauses that differ from kiosk to kiosk, so that a hundred of them do not ask a central that has just come back all
//! at once.

use std::time::Duration;

/// A row of pauses. The same seed gives the same row: a test knows what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(u64);

impl Jitter {
    /// Pauses as they are.
    pub const NONE: Self = Self(0);

    /// Pauses of one kiosk, by its name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        // FNV-1a: enough to tell names apart.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash.max(1))
    }

    /// Between half of the pause and the whole of it.
    pub fn shorten(&mut self, pause: Duration) -> Duration {
        if self.0 == 0 {
            return pause;
        }
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let part = u32::try_from(self.0 >> 48).unwrap_or_default();
        let half = pause / 2;
        half + half.mul_f64(f64::from(part) / 65_536.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_lie_between_half_and_whole_and_differ_from_kiosk_to_kiosk() {
        let pause = Duration::from_secs(30);
        let row = |name: &str| {
            let mut jitter = Jitter::of(name);
            (0..100).map(|_| jitter.shorten(pause)).collect::<Vec<_>>()
        };
        let (one, other) = (row("kiosk-1"), row("kiosk-2"));
        assert!(one.iter().chain(&other).all(|at| (pause / 2..=pause).contains(at)), "{one:?} {other:?}");
        assert_eq!(one, row("kiosk-1"));
        assert!(one.iter().zip(&other).all(|(one, other)| one != other));
        let spread = one.iter().max().unwrap().abs_diff(*one.iter().min().unwrap());
        assert!(spread > pause / 3, "a hundred pauses lie within {spread:?}");
        let mut none = Jitter::NONE;
        assert_eq!(none.shorten(pause), pause);
    }

    #[test]
    fn a_hundred_kiosks_come_back_one_after_another() {
        let at = |n: u32| Jitter::of(&format!("kiosk-{n}")).shorten(Duration::from_secs(30));
        let mut comes: Vec<Duration> = (0..100).map(at).collect();
        comes.sort_unstable();
        // In any second no more than a fifth of them.
        let crowd = comes.iter().map(|from| {
            comes.iter().filter(|at| (*from..*from + Duration::from_secs(1)).contains(*at)).count()
        });
        assert!(crowd.max().unwrap() <= 20, "{comes:?}");
    }
}
