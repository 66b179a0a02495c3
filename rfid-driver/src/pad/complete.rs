//! When a stack is called complete. {#complete.rule}
//!
//! A round misses tags that are there, so that one round without news proves nothing. Told after k rounds in a row in
//! which no tag came or went, when every tag is read and was heard when it was last looked for:
//! ```text
//! p = (misses + 1) / (looks + 2)      over the tags known to be there: Laplace's estimate of the miss rate of this stack
//! k = the smallest with p^k <= 1/1000, but at most 12
//! ```
//! Looks are rounds and calls by address, also those of the reading; the look that discovers a tag is none, for it
//! tells nothing of tags that are missed. A tag that has left counts until the next Complete, so that a pad that was
//! emptied is known to be empty. So ten tags, each read in two calls and never missed, need two rounds; a single one
//! needs four; at 10 % missed reads it is three or four, at 30 % six.
//!
//! What it promises: a tag that is missed like the others stays hidden in at most one stack of a thousand. What it
//! cannot see: a tag that is far worse than all that were seen; and above 56 % missed reads the cap holds, not the bound.

use crate::presence::Tally;

/// The machine: counts the rounds without news.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Completeness {
    clean: u32,
}

impl Completeness {
    /// A round has ended, or something has become known between rounds.
    pub(crate) fn round(&mut self, is_news: bool) {
        self.clean = if is_news { 0 } else { self.clean.saturating_add(1) };
    }

    /// Whether no tag is hidden, as far as can be told.
    pub(crate) fn is_reached(self, tally: Tally) -> bool {
        self.clean >= rounds(tally)
    }
}

/// How many rounds in a row without news are needed.
pub(super) fn rounds(tally: Tally) -> u32 {
    tally.enough(HIDDEN).clamp(1, MOST)
}

/// The chance that is taken of a tag that stays hidden.
const HIDDEN: f64 = 1e-3;
/// However bad the field is.
const MOST: u32 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    /// covers: complete.rule
    #[test]
    fn evidence_makes_it_short_and_misses_make_it_long() {
        let rounds = |looks, misses| rounds(Tally { looks, misses });
        assert_eq!(rounds(40, 0), 2, "ten tags, read and twice seen");
        assert_eq!(rounds(6, 0), 4, "one tag, read and four times seen");
        assert_eq!(rounds(1000, 0), 1);
        assert_eq!((rounds(60, 6), rounds(60, 18)), (4, 6));
        assert_eq!((rounds(0, 0), rounds(60, 59)), (10, 12));
    }

    #[test]
    fn news_begin_anew() {
        let mut complete = Completeness::default();
        let sure = Tally { looks: 40, misses: 0 };
        complete.round(false);
        assert!(!complete.is_reached(sure));
        complete.round(false);
        assert!(complete.is_reached(sure));
        complete.round(true);
        assert!(!complete.is_reached(sure));
    }
}
