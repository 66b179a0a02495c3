//! A hunt as it is seen: one page of its list, and how near the nearest is.

use super::{Hunt, MAX_BAR, Quarry, State, WantedNo};
use crate::screen::{Ears, Gauge, HuntLine, HuntState, Hunting};

impl Hunt {
    /// The page of a hunt: so many lines from a position on. The `beat` is that of whoever keeps the time.
    #[must_use]
    pub fn page(&self, first: usize, most: usize, reader: Ears, beat: u32) -> Hunting {
        let n = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let n_found = self.quarry.iter().filter(|quarry| quarry.state == State::Found).count();
        let heard = self.ear.as_ref().filter(|ear| ear.bar.length() > 0);
        let now = self.now().and_then(|wanted| self.quarry.get(usize::try_from(wanted.0).ok()?));
        Hunting {
            rows: self.quarry.iter().skip(first).take(most).map(line).collect(),
            first,
            found: Gauge::new(n(n_found), n(self.quarry.len())),
            now: now.map(line),
            is_heard: heard.is_some(),
            strength: heard.map_or(0, |ear| ear.bar.length().saturating_mul(100 / MAX_BAR)),
            beat,
            reader,
        }
    }

    /// The item that has the ear, or else the next one to go to.
    #[must_use]
    pub fn now(&self) -> Option<WantedNo> {
        self.ear.as_ref().map(|ear| ear.wanted).or_else(|| self.next())
    }
}

fn line(quarry: &Quarry) -> HuntLine {
    let wanted = &quarry.wanted;
    HuntLine {
        item: wanted.item.clone(),
        call_number: wanted.call_number.as_ref().map(|call_number| call_number.as_str().to_owned()),
        shelf: wanted.shelf.clone(),
        state: match quarry.state {
            State::Sought => HuntState::Sought,
            State::Found => HuntState::Found,
            State::GivenUp => HuntState::GivenUp,
        },
        is_heard: quarry.last.is_some(),
        seen: None,
        heard_at: quarry.last.as_ref().and_then(|last| last.shelf.clone()),
    }
}
