//! The tags of a line are written, one after another, and closed again if that fails.

use std::time::Instant;

use crate::id::TagKey;
use crate::item::Security;
use crate::screen::{Progress, Way};
use crate::transaction::Reason;

use super::super::parts::Parts;
use super::super::{Output, Settings, Written};
use super::{Granted, ItemLine, MAX_WRITES, Stage};

impl ItemLine {
    /// Writes the next tag if it lies on the pad, else waits for it. All are right: closes the row.
    pub(super) fn secure(
        &mut self,
        now: Instant,
        granted: Granted,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        match self.parts.next() {
            None => {
                self.stage = Stage::Settling(granted);
                out.push(Output::Settle(self.id));
            }
            Some((_, false)) => self.stage = Stage::AwaitBack { granted, until: now + settings.put_back },
            Some((_, true)) => {
                self.stage = Stage::Securing(granted);
                self.write(self.target(), out);
            }
        }
    }

    /// Writes the next tag. Gives `false` if all are right.
    pub(super) fn write(&mut self, to: Security, out: &mut Vec<Output>) -> bool {
        let Some(tag) = self.parts.next().map(|(tag, _)| tag.clone()) else { return false };
        self.writes = self.writes.saturating_add(1);
        self.parts.trying(&tag);
        self.writing = Some(tag.clone());
        out.push(Output::Secure { id: self.id, tag, to });
        true
    }

    /// The tag that was written needs no more writing.
    fn is_right(&mut self) {
        self.mark(Parts::is_right);
        self.writes = 0;
    }

    /// Notes something of the tag that was written.
    fn mark(&mut self, note: impl FnOnce(&mut Parts, &TagKey)) {
        if let Some(tag) = self.writing.clone() {
            note(&mut self.parts, &tag);
        }
    }

    const fn target(&self) -> Security {
        match self.way {
            Way::Out => Security::Unsecured,
            Way::In => Security::Secured,
        }
    }

    pub(in crate::session) fn wrote(
        &mut self,
        now: Instant,
        outcome: Written,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        match core::mem::replace(&mut self.stage, Stage::Asking) {
            Stage::Securing(granted) => self.secured(now, granted, outcome, settings, out),
            Stage::Restoring => self.restored(outcome, out),
            Stage::Repairing => match outcome {
                Written::Verified => {
                    self.is_right();
                    self.stage = Stage::Repairing;
                    if !self.write(Security::Secured, out) {
                        self.end(Progress::Done { due: None, provisional: false });
                    }
                }
                Written::Gone => self.end(Progress::Refused(Reason::NotOnLoan)),
                Written::Uncertain | Written::Refused => self.end(Progress::Unsecured),
            },
            other @ (Stage::Collecting { .. }
            | Stage::Asking
            | Stage::Assuming(_)
            | Stage::AwaitBack { .. }
            | Stage::Settling(_)
            | Stage::Reversing
            | Stage::Final(_)) => self.stage = other,
        }
    }

    fn secured(
        &mut self,
        now: Instant,
        granted: Granted,
        outcome: Written,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        let is_there = self.writing.as_ref().is_some_and(|tag| self.parts.is_on_pad(tag));
        if self.way == Way::Out && matches!(outcome, Written::Verified | Written::Uncertain) {
            self.mark(|parts, tag| parts.set_open(tag, true));
        }
        match outcome {
            Written::Verified => {
                self.is_right();
                self.secure(now, granted, settings, out);
            }
            Written::Gone => {
                self.mark(|parts, tag| parts.set_on_pad(tag, false));
                self.stage = Stage::AwaitBack { granted, until: now + settings.put_back };
            }
            Written::Uncertain if !is_there => {
                self.stage = Stage::AwaitBack { granted, until: now + settings.put_back };
            }
            Written::Uncertain | Written::Refused if self.writes < MAX_WRITES => {
                self.secure(now, granted, settings, out);
            }
            Written::Uncertain | Written::Refused => self.give_up(out),
        }
    }

    /// The tag is here and cannot be written.
    fn give_up(&mut self, out: &mut Vec<Output>) {
        match self.way {
            Way::Out => self.restore(out),
            Way::In => self.park(out),
        }
    }

    /// Closes again what lies on the pad and may be open, then undoes the loan.
    pub(super) fn restore(&mut self, out: &mut Vec<Output>) {
        self.stage = Stage::Restoring;
        self.parts.write_back();
        if !self.write(Security::Secured, out) {
            self.reverse(out);
        }
    }

    /// A tag was to be closed again: one try for each, what cannot be closed is for staff.
    fn restored(&mut self, outcome: Written, out: &mut Vec<Output>) {
        if outcome == Written::Verified {
            self.mark(|parts, tag| parts.set_open(tag, false));
        }
        self.is_right();
        self.stage = Stage::Restoring;
        if !self.write(Security::Secured, out) {
            self.reverse(out);
        }
    }

    fn reverse(&mut self, out: &mut Vec<Output>) {
        self.stage = Stage::Reversing;
        out.push(Output::Reverse { id: self.id, tag_uncertain: self.parts.may_be_open() });
    }

    pub(super) fn park(&mut self, out: &mut Vec<Output>) {
        out.push(Output::Park(self.id));
        self.end(Progress::Unsecured);
    }
}
