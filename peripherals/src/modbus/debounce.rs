//! Contacts that bounce: a change counts when it has lasted.

use std::time::{Duration, Instant};

/// How long a contact must be so to count as so. None: at once, as it must be of whatever stops a motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// until it counts as on
    pub on: Duration,
    /// until it counts as off
    pub off: Duration,
}

/// The contacts of a module.
#[derive(Clone, Debug, Default)]
pub struct Debouncer {
    contacts: Vec<Contact>,
}

#[derive(Clone, Copy, Debug)]
struct Contact {
    is_on: bool,
    /// since when it has been otherwise
    otherwise: Option<Instant>,
}

impl Debouncer {
    /// Nothing is known: the next image is taken as it is.
    pub fn forget(&mut self) {
        self.contacts.clear();
    }

    /// Takes an image of `now`; the contacts as they count. What has no hold counts at once.
    pub fn see(&mut self, now: Instant, bits: &[bool], holds: &[Hold]) -> Vec<bool> {
        if self.contacts.len() != bits.len() {
            self.contacts = bits.iter().map(|is_on| Contact { is_on: *is_on, otherwise: None }).collect();
        }
        let holds = holds.iter().copied().chain(std::iter::repeat(Hold::default()));
        for ((contact, is_on), hold) in self.contacts.iter_mut().zip(bits).zip(holds) {
            contact.see(now, *is_on, hold);
        }
        self.contacts.iter().map(|contact| contact.is_on).collect()
    }
}

impl Contact {
    fn see(&mut self, now: Instant, is_on: bool, hold: Hold) {
        if is_on == self.is_on {
            self.otherwise = None;
            return;
        }
        let since = *self.otherwise.get_or_insert(now);
        if now >= since + if is_on { hold.on } else { hold.off } {
            *self = Self { is_on, otherwise: None };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::start;

    #[test]
    fn a_change_counts_when_it_has_lasted_and_one_without_a_hold_at_once() {
        let (mut contacts, t0) = (Debouncer::default(), start());
        let ms = Duration::from_millis;
        let holds = [Hold { on: ms(30), off: ms(60) }];
        let rows = [
            (0, [false, false], [false, false]),
            (20, [true, true], [false, true]),
            (40, [false, false], [false, false]),
            (60, [true, true], [false, true]),
            (89, [true, true], [false, true]),
            (90, [true, true], [true, true]),
            (100, [false, true], [true, true]),
            (150, [false, true], [true, true]),
            (160, [false, true], [false, true]),
        ];
        for (at, raw, expected) in rows {
            assert_eq!(contacts.see(t0 + ms(at), &raw, &holds), expected, "{at} ms");
        }
        contacts.forget();
        assert_eq!(contacts.see(t0 + ms(170), &[true, false], &holds), [true, false]);
    }
}
