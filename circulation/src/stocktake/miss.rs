//! When an item that nobody hears is missing.
//!
//! A pass misses a tag that is there with probability `q`, each pass for itself. After `n` passes over its shelf a present
//! item is still unheard with probability
//! ```text
//!   P(unheard | present) = q^n        so it is called missing once   q^n <= 1 - c        n = ceil( ln(1-c) / ln q )
//! ```
//! where `c` is the confidence. At c = 0.99:
//!
//! | q    | 0.01 | 0.05 | 0.10 | 0.20 | 0.30 |
//! |------|------|------|------|------|------|
//! | n    | 1    | 2    | 2    | 3    | 4    |
//!
//! That is for one item. Among `m` present items the chance that at least one is called missing is at most `m * q^n`
//! (Boole): [`Rule::passes_for_all`].
//!
//! Passes are seldom independent: a tag in a bad place is missed again and again. So the stated `q` is believed only until the
//! passes show a worse one: of the items that another pass heard, the share that this one missed.
//!
//! # Spec
//! Jacobsen, Nielsen, Popovski, Larsen, "Reliable identification of RFID tags using multiple independent reader sessions",
//! 2009 (arXiv 0904.2441): passes until the probability of a missed tag is small enough, `q` from what two sessions heard.

/// The rule: how sure one wants to be, and what a pass is said to miss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    miss_rate: f64,
    confidence: f64,
}

/// What passes have shown: of the items known to be there, how many a pass missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// heard by another pass
    pub known: u64,
    /// of these, not heard by this one
    pub missed: u64,
}

impl Rule {
    /// A rule; `None` unless `0 <= miss_rate <= 0.9` and `0.5 <= confidence < 1`.
    #[must_use]
    pub fn new(miss_rate: f64, confidence: f64) -> Option<Self> {
        let is_rule = (0.0..=0.9).contains(&miss_rate) && (0.5..1.0).contains(&confidence);
        is_rule.then_some(Self { miss_rate, confidence })
    }

    /// The miss rate that counts: the stated one, or a worse one that the passes have shown on enough items.
    #[must_use]
    pub fn miss_rate(&self, shown: Shown) -> f64 {
        if shown.known < ENOUGH {
            return self.miss_rate;
        }
        self.miss_rate.max(ratio(shown.missed, shown.known)).min(0.99)
    }

    /// How many passes over its shelf must not hear an item until it is missing.
    #[must_use]
    pub fn passes(&self, shown: Shown) -> u8 {
        self.passes_for_all(1, shown)
    }

    /// The same, for `n` items of which not one may be called missing while it is there.
    #[must_use]
    pub fn passes_for_all(&self, n: u32, shown: Shown) -> u8 {
        let (rate, limit) = (self.miss_rate(shown), 1.0 - self.confidence);
        let mut unheard = f64::from(n.max(1));
        for passes in 1..u8::MAX {
            unheard *= rate;
            // Powers of decimal fractions are not exact: 0.1 * 0.1 is a little more than 0.01.
            if unheard <= limit + 1e-12 {
                return passes;
            }
        }
        u8::MAX
    }

    /// How sure it is after `passes` that an unheard item is not there.
    #[must_use]
    pub fn sureness(&self, passes: u8, shown: Shown) -> Sure {
        Sure::of(1.0 - self.miss_rate(shown).powi(i32::from(passes)))
    }
}

impl Default for Rule {
    /// One tag in ten missed, one item in a hundred wrongly called missing: two passes.
    fn default() -> Self {
        Self { miss_rate: 0.1, confidence: 0.99 }
    }
}

/// How sure something is.
///
/// # Units
/// Per mille, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sure(u16);

impl Sure {
    /// Beyond doubt: the number itself was read.
    pub const WHOLLY: Self = Self(1000);

    /// The per mille.
    #[must_use]
    pub const fn per_mille(self) -> u16 {
        self.0
    }

    pub(super) const fn per_mille_of(per_mille: u16) -> Self {
        Self(per_mille)
    }

    pub(super) fn share(part: u64, whole: u64) -> Self {
        let per_mille = u128::from(part).saturating_mul(1000).checked_div(u128::from(whole)).unwrap_or(0);
        Self(u16::try_from(per_mille).unwrap_or(1000).min(1000))
    }

    /// Half as sure.
    pub(super) const fn half(self) -> Self {
        Self(self.0 / 2)
    }

    fn of(probability: f64) -> Self {
        let per_mille = (0..=1000_u16).rev().find(|part| f64::from(*part) <= probability * 1000.0 + 1e-9);
        Self(per_mille.unwrap_or(0))
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    let number = |of: u64| f64::from(u32::try_from(of).unwrap_or(u32::MAX));
    number(part) / number(whole.max(1))
}

/// Items that must be known before a shown rate is believed: with fewer, one bad shelf would decide for all.
const ENOUGH: u64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_rule_is_computed() {
        for (rate, passes) in [(0.0, 1), (0.01, 1), (0.05, 2), (0.1, 2), (0.2, 3), (0.3, 4)] {
            let rule = Rule::new(rate, 0.99).unwrap();
            assert_eq!(rule.passes(Shown::default()), passes, "{rate}");
            // One pass fewer would not be enough.
            assert!(passes == 1 || rate.powi(i32::from(passes) - 1) > 0.01 + 1e-12);
        }
        // 1000 items, none of them wrongly: 1000 * 0.3^n <= 0.01
        assert_eq!(Rule::new(0.3, 0.99).unwrap().passes_for_all(1000, Shown::default()), 10);
    }

    #[test]
    fn a_worse_rate_that_passes_show_counts() {
        let rule = Rule::new(0.05, 0.99).unwrap();
        let shown = |known, missed| Shown { known, missed };
        assert_eq!(rule.passes(shown(100, 30)), 4);
        assert_eq!(rule.passes(shown(100, 1)), 2, "a better one does not");
        assert_eq!(rule.passes(shown(49, 30)), 2, "nor one seen on few");
        assert_eq!(rule.passes(shown(100, 100)), u8::MAX, "readers that hear nothing find nothing missing");
    }

    #[test]
    fn sureness_is_what_the_passes_leave() {
        let rule = Rule::new(0.3, 0.99).unwrap();
        let after = |passes| rule.sureness(passes, Shown::default()).per_mille();
        assert_eq!([after(0), after(1), after(2), after(4)], [0, 700, 910, 991]);
    }

    #[test]
    fn what_is_no_rule_is_none() {
        for (rate, confidence) in
            [(-0.1, 0.99), (0.95, 0.99), (0.1, 1.0), (0.1, 0.2), (f64::NAN, 0.9), (0.1, f64::NAN)]
        {
            assert_eq!(Rule::new(rate, confidence), None);
        }
    }
}
