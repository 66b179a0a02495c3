//! Two eyes in a passage, as steps inwards and outwards.
//!
//! ```text
//!   clear ─▶ outer ─▶ both ─▶ inner ─▶ clear      four steps: one came in; the other way round, one went out
//! ```
//! Whoever turns back takes back the steps. An image in which both eyes change at once is no step: what was begun is forgotten,
//! and nobody is counted. Two who walk closer than the eyes are apart are one: two eyes cannot tell.

/// Who passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// one inwards
    In,
    /// one outwards
    Out,
}

/// The steps of whoever is between the eyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// of the last image
    at: u8,
    /// inwards since the passage was clear
    steps: i8,
}

impl Passage {
    /// Nobody is between the eyes.
    pub const NOBODY: Self = Self { at: 0, steps: 0 };

    /// Takes an image of both eyes.
    pub fn see(&mut self, outer: bool, inner: bool) -> Option<Passed> {
        let at = match (outer, inner) {
            (false, false) => 0,
            (true, false) => 1,
            (true, true) => 2,
            (false, true) => 3,
        };
        let turn = (at + 4 - self.at) % 4;
        self.at = at;
        match turn {
            1 => self.steps = self.steps.saturating_add(1),
            3 => self.steps = self.steps.saturating_sub(1),
            2 => self.steps = 0,
            _ => {}
        }
        if at != 0 {
            return None;
        }
        match std::mem::take(&mut self.steps) {
            4 => Some(Passed::In),
            -4 => Some(Passed::Out),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(images: &[(bool, bool)]) -> Vec<Passed> {
        let mut passage = Passage::default();
        images.iter().filter_map(|(outer, inner)| passage.see(*outer, *inner)).collect()
    }

    const CLEAR: (bool, bool) = (false, false);
    const OUTER: (bool, bool) = (true, false);
    const BOTH: (bool, bool) = (true, true);
    const INNER: (bool, bool) = (false, true);

    #[test]
    fn the_order_of_the_eyes_is_the_direction_and_turning_back_counts_nobody() {
        assert_eq!(passed(&[OUTER, BOTH, INNER, CLEAR]), [Passed::In]);
        assert_eq!(passed(&[INNER, BOTH, OUTER, CLEAR]), [Passed::Out]);
        assert_eq!(passed(&[OUTER, BOTH, OUTER, CLEAR]), []);
        assert_eq!(passed(&[OUTER, BOTH, INNER, BOTH, OUTER, CLEAR]), []);
        assert_eq!(passed(&[OUTER, BOTH, INNER, BOTH, INNER, CLEAR]), [Passed::In], "a bag swings");
        assert_eq!(passed(&[OUTER, OUTER, BOTH, BOTH, INNER, CLEAR, CLEAR]), [Passed::In]);
        assert_eq!(passed(&[OUTER, CLEAR, INNER, CLEAR]), []);
        assert_eq!(passed(&[BOTH, INNER, CLEAR, OUTER, BOTH, INNER, CLEAR]), [Passed::In]);
        assert_eq!(passed(&[OUTER, INNER, CLEAR]), [], "a step is missing");
    }
}
