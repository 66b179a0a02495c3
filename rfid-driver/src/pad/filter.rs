//! Inventories of one AFI: what they save where a family has them, and when they are believed.
//!
//! ```text
//! two or more new tags       which of them are secured, which are not?     instead of a question each
//! two or more AFIs written   which of them bear it now?                    instead of reading each back
//! at rest, in the beginning  does any bear the AFI that none bears?        is the AFI heeded at all?
//! ```
//! A reader that does not heed the AFI would call every write verified. So it is believed only once it has left out tags
//! that were there, several times, and never again when it tells one whose AFI is known to be another. A tag that is not
//! told is no evidence: it is asked by its address. {#pad.filter}

use std::collections::BTreeMap;
use std::time::Instant;

use super::around::Known;
use super::writing::Writing;
use super::{Output, Pad, Step};
use crate::hf::{Ask, HfProtocol, Reply, Sighting, SystemInformation};
use crate::presence;
use crate::tag::{Afi, Uid};

/// Whether the reader heeds the AFI of an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// So many tags were left out as they should be.
    Untried { n_left_out: usize },
    /// It does.
    Heeded,
    /// It does not, or knows no such inventory.
    Ignored,
}

/// An inventory of one AFI under way.
#[derive(Clone, Debug)]
pub(super) struct Filtering {
    afi: Afi,
    purpose: Purpose,
}

#[derive(Clone, Debug)]
enum Purpose {
    Try,
    Learn,
    Check(Vec<Writing>),
}

impl<P: HfProtocol> Pad<P> {
    /// Whether a question of one inventory answers for all tags that bear this AFI, and for no others.
    pub(super) fn is_believed(&self, afi: Afi) -> bool {
        self.trust == Trust::Heeded && is_exact(afi)
    }

    /// At rest: an AFI that no tag bears that lies here, as long as it is not known whether the AFI is heeded.
    pub(super) fn trial(&mut self) -> Option<(Filtering, Ask)> {
        let is_due = self.capabilities.is_afi_asked
            && matches!(self.trust, Trust::Untried { .. })
            && self.config.security.use_afi
            && !self.known.is_empty();
        let policy = self.config.security;
        let is_borne = |afi: Afi| self.known.values().any(|known| known.afi.is_none_or(|borne| borne == afi));
        let afi =
            [policy.secured, policy.unsecured].into_iter().find(|afi| is_exact(*afi) && !is_borne(*afi));
        afi.filter(|_| is_due).map(|afi| Filtering::ask(afi, Purpose::Try))
    }

    /// After a round with several new tags: which AFI to ask for next.
    pub(super) fn learning(&mut self) -> Option<(Filtering, Ask)> {
        while let Some(afi) = self.to_learn.pop() {
            let n_meant = self.known.values().filter(|known| known.is_unlearnt()).count();
            if self.is_believed(afi) && is_worth_it(n_meant, self.n_bearing(afi)) {
                return Some(Filtering::ask(afi, Purpose::Learn));
            }
        }
        None
    }

    /// Writes that wait to be read back: all at once if they are several.
    pub(super) fn check_together(&mut self, now: Instant) {
        let writings = std::mem::take(&mut self.unchecked);
        let Some(afi) = writings.first().map(Writing::wanted) else { return };
        let is_other = |uid: Uid| writings.iter().all(|writing| writing.uid() != uid);
        let is_bearing = |(uid, known): &(&Uid, &Known)| known.afi == Some(afi) && is_other(**uid);
        let n_others = self.known.iter().filter(is_bearing).count();
        if is_worth_it(writings.len(), n_others) {
            let (filtering, ask) = Filtering::ask(afi, Purpose::Check(writings));
            self.ask_at_once(now, Step::Filtering(filtering), ask);
        } else {
            writings.into_iter().rev().for_each(|writing| self.resume_later(writing));
        }
    }

    pub(super) fn filtered(
        &mut self,
        now: Instant,
        filtering: Filtering,
        reply: &Reply,
        out: &mut Vec<Output>,
    ) {
        let Filtering { afi, purpose } = filtering;
        let Reply::Found { tags, .. } = reply else {
            self.trust = Trust::Ignored;
            return self.unfiltered(Filtering { afi, purpose });
        };
        let told: BTreeMap<Uid, Sighting> = tags.iter().map(|tag| (tag.uid, *tag)).collect();
        let being_written =
            |uid: Uid| matches!(&purpose, Purpose::Check(all) if all.iter().any(|w| w.uid() == uid));
        let is_other = |uid: &Uid, known: &Known| {
            !being_written(*uid) && known.afi.is_some_and(|borne| borne != afi) && told.contains_key(uid)
        };
        if self.known.iter().any(|(uid, known)| is_other(uid, known)) {
            self.trust = Trust::Ignored;
            return self.unfiltered(Filtering { afi, purpose });
        }
        for uid in told.keys() {
            self.tell_presence(presence::Input::Heard(*uid));
            self.heard(now, *uid);
        }
        match purpose {
            Purpose::Try => {
                self.left_out();
                self.rest_at_once(now);
            }
            Purpose::Learn => {
                for (uid, known) in self.known.iter_mut().filter(|(_, known)| known.is_unlearnt()) {
                    if let Some(sighting) = told.get(uid) {
                        known.learn(learnt(sighting, afi));
                    }
                }
            }
            Purpose::Check(writings) => {
                let (told, not): (Vec<_>, Vec<_>) =
                    writings.into_iter().partition(|writing| told.contains_key(&writing.uid()));
                told.into_iter().for_each(|writing| self.write(now, writing.verified(), out));
                not.into_iter().rev().for_each(|writing| self.resume_later(writing));
            }
        }
    }

    /// The inventory of one AFI has told nothing: what it was for is asked by address.
    pub(super) fn unfiltered(&mut self, filtering: Filtering) {
        match filtering.purpose {
            Purpose::Try | Purpose::Learn => self.to_learn.clear(),
            Purpose::Check(writings) => {
                writings.into_iter().rev().for_each(|writing| self.resume_later(writing))
            }
        }
    }

    fn n_bearing(&self, afi: Afi) -> usize {
        self.known.values().filter(|known| known.afi == Some(afi)).count()
    }

    fn left_out(&mut self) {
        let unheard = self.presence.unheard().count();
        if let Trust::Untried { n_left_out } = self.trust {
            let n_left_out = n_left_out + self.known.len().saturating_sub(unheard);
            self.trust = if n_left_out >= ENOUGH { Trust::Heeded } else { Trust::Untried { n_left_out } };
        }
    }
}

impl Filtering {
    fn ask(afi: Afi, purpose: Purpose) -> (Self, Ask) {
        (Self { afi, purpose }, Ask::InventoryOf { afi })
    }

    /// The writes that it was to verify.
    pub(super) fn into_writings(self) -> Vec<Writing> {
        match self.purpose {
            Purpose::Check(writings) => writings,
            Purpose::Try | Purpose::Learn => Vec::new(),
        }
    }

    pub(super) fn n_writings(&self) -> usize {
        match &self.purpose {
            Purpose::Check(writings) => writings.len(),
            Purpose::Try | Purpose::Learn => 0,
        }
    }
}

/// As if the tag had told it; what the inventory does not tell is as it usually is.
fn learnt(sighting: &Sighting, afi: Afi) -> SystemInformation {
    SystemInformation {
        uid: sighting.uid,
        dsfid: sighting.dsfid,
        afi,
        block_size: BLOCK_SIZE,
        n_blocks: None,
    }
}

/// Whether one inventory is cheaper than asking each tag that is meant: it hears all others that bear the AFI too, at
/// half of what a question costs. The inventory itself costs as much as one.
fn is_worth_it(n_meant: usize, n_others: usize) -> bool {
    n_meant >= n_others + 2
}

/// Whether an AFI stands for itself alone: one whose low half is zero stands for a family, and 00 for all.
fn is_exact(afi: Afi) -> bool {
    afi.0 & 0x0F != 0
}

/// So many tags must have been left out before that is believed to be no accident.
const ENOUGH: usize = 4;
/// Families that can be asked have blocks of four bytes.
const BLOCK_SIZE: u8 = 4;
