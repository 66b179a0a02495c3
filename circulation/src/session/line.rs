//! One item of a visit, from the pad to its end.
//!
//! Invariant: a line ends in exactly one [`Progress`] that is final, and gets there from every stage by an answer of
//! the outside world or by a deadline.

use std::time::Instant;

use jiff::civil::Date;

use crate::id::{ItemId, PatronId, TagKey, TransactionId};
use crate::item::{Description, Security};
use crate::screen::{Line, Progress, Way};
use crate::transaction::{Act, Grant, Reason, Transaction, Verdict};

use super::pad::Thing;
use super::{Offline, Output, PadObject, Settings, Written};

#[derive(Debug)]
pub(super) struct ItemLine {
    pub(super) tag: TagKey,
    item: Option<ItemId>,
    id: TransactionId,
    way: Way,
    /// state of the tag when it was read
    found: Security,
    on_pad: bool,
    writes: u8,
    /// an opening was tried and could not be read back
    may_be_open: bool,
    description: Description,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Central is asked.
    Asking,
    /// Central is silent; that it is done all the same is being put on the disk, with the due date of a checkout.
    Assuming(Option<Date>),
    /// The tag is being written.
    Securing(Granted),
    /// The tag left before it was written.
    AwaitBack {
        granted: Granted,
        until: Instant,
    },
    /// The tag is right; the row is being closed.
    Settling(Granted),
    /// The opening failed; the tag is being closed again.
    Restoring,
    /// Central is undoing the loan.
    Reversing,
    /// Nothing is on loan, but the bit was open: it is being closed.
    Repairing,
    Final(Progress),
}

#[derive(Debug, Clone, Default)]
struct Granted {
    grant: Grant,
    provisional: bool,
}

/// How often a tag is written before the kiosk gives up.
const MAX_WRITES: u8 = 3;

impl ItemLine {
    /// Begins with what lies on the pad. `patron` lends, nobody returns.
    pub(super) fn begin(
        thing: &Thing,
        id: TransactionId,
        patron: Option<&PatronId>,
        out: &mut Vec<Output>,
    ) -> Self {
        let mut line = Self {
            tag: thing.tag.clone(),
            item: None,
            id,
            way: if patron.is_some() { Way::Out } else { Way::In },
            found: Security::Secured,
            on_pad: true,
            writes: 0,
            may_be_open: false,
            description: Description::default(),
            stage: Stage::Asking,
        };
        match &thing.object {
            PadObject::Item(tag) => {
                line.item = Some(tag.item.clone());
                line.found = tag.security;
                line.ask(tag.item.clone(), patron, out);
            }
            PadObject::Damaged => line.stage = Stage::Final(Progress::Refused(Reason::TagDamaged)),
            PadObject::Foreign | PadObject::Card(_) => {
                line.stage = Stage::Final(Progress::Refused(Reason::TagForeign));
            }
        }
        line
    }

    /// A second tag with the id of an item that is being handled: refused, nothing is asked.
    pub(super) fn doubled(thing: &Thing, way: Way) -> Self {
        let item = match &thing.object {
            PadObject::Item(tag) => Some(tag.item.clone()),
            PadObject::Card(_) | PadObject::Foreign | PadObject::Damaged => None,
        };
        Self {
            tag: thing.tag.clone(),
            item,
            id: thing.fresh,
            way,
            found: Security::Secured,
            on_pad: true,
            writes: 0,
            may_be_open: false,
            description: Description::default(),
            stage: Stage::Final(Progress::Refused(Reason::TagDamaged)),
        }
    }

    fn ask(&mut self, item: ItemId, patron: Option<&PatronId>, out: &mut Vec<Output>) {
        // With a patron, the bit says which way the item goes: open means that it comes back.
        let act = match (patron, self.found) {
            (Some(patron), Security::Secured) => Act::Checkout { patron: patron.clone(), item: item.clone() },
            (Some(_), Security::Unsecured) | (None, _) => Act::Checkin { item: item.clone() },
        };
        self.way = match act {
            Act::Checkout { .. } => Way::Out,
            Act::Checkin { .. } => Way::In,
        };
        out.push(Output::Describe(item));
        out.push(Output::Ask(Transaction { id: self.id, act }));
    }

    pub(super) const fn id(&self) -> TransactionId {
        self.id
    }

    pub(super) const fn item(&self) -> Option<&ItemId> {
        self.item.as_ref()
    }

    pub(super) const fn way(&self) -> Way {
        self.way
    }

    pub(super) fn described(&mut self, description: &Description) {
        let known = &mut self.description;
        known.title = known.title.take().or_else(|| description.title.clone());
        known.author = known.author.take().or_else(|| description.author.clone());
        known.call_number = known.call_number.take().or_else(|| description.call_number.clone());
    }

    pub(super) fn answered(
        &mut self,
        now: Instant,
        verdict: Verdict,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        if !matches!(self.stage, Stage::Asking) {
            return;
        }
        match verdict {
            Verdict::Granted(grant) => {
                self.described(&grant.description);
                self.secure(now, Granted { grant, provisional: false }, settings, out);
            }
            Verdict::Declined(Reason::NotOnLoan)
                if self.way == Way::In && self.found == Security::Unsecured && self.on_pad =>
            {
                self.stage = Stage::Repairing;
                out.push(self.write(Security::Secured));
            }
            Verdict::Declined(reason) => self.end(Progress::Refused(reason)),
        }
    }

    pub(super) fn silent(
        &mut self,
        in_doubt: bool,
        assume: Result<Date, Reason>,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        if !matches!(self.stage, Stage::Asking) {
            return;
        }
        let decision = match (self.way, settings.offline_checkin) {
            (Way::Out, _) => assume.map(Some),
            (Way::In, Offline::Assume) => Ok(None),
            (Way::In, Offline::Refuse) => Err(Reason::CentralSilent),
        };
        match (decision, in_doubt) {
            (Ok(due), _) => {
                self.stage = Stage::Assuming(due);
                out.push(Output::Assume { id: self.id, due });
            }
            (Err(_), true) => {
                out.push(Output::Resolve(self.id));
                self.end(Progress::Unclear);
            }
            (Err(reason), false) => {
                out.push(Output::Withdraw(self.id));
                self.end(Progress::Refused(reason));
            }
        }
    }

    pub(super) fn assumed(&mut self, now: Instant, settings: &Settings, out: &mut Vec<Output>) {
        if let Stage::Assuming(due) = self.stage {
            let grant = Grant { due, ..Grant::default() };
            self.secure(now, Granted { grant, provisional: true }, settings, out);
        }
    }

    /// Writes the tag if it lies on the pad, else waits for it.
    fn secure(&mut self, now: Instant, granted: Granted, settings: &Settings, out: &mut Vec<Output>) {
        if self.on_pad {
            self.stage = Stage::Securing(granted);
            out.push(self.write(self.target()));
        } else {
            self.stage = Stage::AwaitBack { granted, until: now + settings.put_back };
        }
    }

    fn write(&mut self, to: Security) -> Output {
        self.writes = self.writes.saturating_add(1);
        Output::Secure { id: self.id, tag: self.tag.clone(), to }
    }

    const fn target(&self) -> Security {
        match self.way {
            Way::Out => Security::Unsecured,
            Way::In => Security::Secured,
        }
    }

    pub(super) fn wrote(
        &mut self,
        now: Instant,
        outcome: Written,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        match core::mem::replace(&mut self.stage, Stage::Asking) {
            Stage::Securing(granted) => self.secured(now, granted, outcome, settings, out),
            Stage::Restoring => {
                self.may_be_open &= !matches!(outcome, Written::Verified);
                self.reverse(out);
            }
            Stage::Repairing => match outcome {
                Written::Verified => self.end(Progress::Done { due: None, provisional: false }),
                Written::Gone => self.end(Progress::Refused(Reason::NotOnLoan)),
                Written::Uncertain | Written::Refused => self.end(Progress::Unsecured),
            },
            other @ (Stage::Asking
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
        self.may_be_open |= self.way == Way::Out && outcome == Written::Uncertain;
        match outcome {
            Written::Verified => {
                self.stage = Stage::Settling(granted);
                out.push(Output::Settle(self.id));
            }
            Written::Gone => {
                self.on_pad = false;
                self.stage = Stage::AwaitBack { granted, until: now + settings.put_back };
            }
            Written::Uncertain if !self.on_pad => {
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
            Way::Out => {
                self.stage = Stage::Restoring;
                out.push(self.write(Security::Secured));
            }
            Way::In => self.park(out),
        }
    }

    fn reverse(&mut self, out: &mut Vec<Output>) {
        self.stage = Stage::Reversing;
        out.push(Output::Reverse { id: self.id, tag_uncertain: self.may_be_open });
    }

    fn park(&mut self, out: &mut Vec<Output>) {
        out.push(Output::Park(self.id));
        self.end(Progress::Unsecured);
    }

    pub(super) fn settled(&mut self) {
        if let Stage::Settling(granted) = &self.stage {
            let due = granted.grant.due.filter(|_| self.way == Way::Out);
            let provisional = granted.provisional;
            self.end(Progress::Done { due, provisional });
        }
    }

    pub(super) fn reversed(&mut self, undone: bool) {
        if matches!(self.stage, Stage::Reversing) {
            self.end(if undone { Progress::Undone } else { Progress::Unclear });
        }
    }

    /// The ledger could not keep a row: whatever was begun stops here, and the start of the kiosk resolves it.
    pub(super) fn not_kept(&mut self) {
        if !matches!(self.stage, Stage::Final(_)) {
            self.end(Progress::Unclear);
        }
    }

    pub(super) fn came_back(&mut self, now: Instant, settings: &Settings, out: &mut Vec<Output>) {
        self.on_pad = true;
        if let Stage::AwaitBack { granted, .. } = &self.stage {
            let granted = granted.clone();
            self.writes = 0;
            self.secure(now, granted, settings, out);
        }
    }

    pub(super) const fn left(&mut self) {
        self.on_pad = false;
    }

    /// Whether putting the book down again begins a new transaction: not while one runs, and not for what was lent
    /// in this visit.
    pub(super) const fn may_begin_again(&self) -> bool {
        match &self.stage {
            Stage::Final(Progress::Done { .. }) => matches!(self.way, Way::In),
            Stage::Final(_) => true,
            Stage::Asking
            | Stage::Assuming(_)
            | Stage::Securing(_)
            | Stage::AwaitBack { .. }
            | Stage::Settling(_)
            | Stage::Restoring
            | Stage::Reversing
            | Stage::Repairing => false,
        }
    }

    pub(super) const fn is_final(&self) -> bool {
        matches!(self.stage, Stage::Final(_))
    }

    pub(super) const fn waits_for_book(&self) -> bool {
        matches!(self.stage, Stage::AwaitBack { .. })
    }

    pub(super) const fn until(&self) -> Option<Instant> {
        match self.stage {
            Stage::AwaitBack { until, .. } => Some(until),
            Stage::Asking
            | Stage::Assuming(_)
            | Stage::Securing(_)
            | Stage::Settling(_)
            | Stage::Restoring
            | Stage::Reversing
            | Stage::Repairing
            | Stage::Final(_) => None,
        }
    }

    /// The time to put the book back is over.
    pub(super) fn stop_waiting(&mut self, out: &mut Vec<Output>) {
        if self.waits_for_book() {
            match self.way {
                Way::Out => self.reverse(out),
                Way::In => self.park(out),
            }
        }
    }

    fn end(&mut self, progress: Progress) {
        self.stage = Stage::Final(progress);
    }

    pub(super) fn line(&self) -> Line {
        let progress = match &self.stage {
            Stage::Asking
            | Stage::Assuming(_)
            | Stage::Securing(_)
            | Stage::Settling(_)
            | Stage::Restoring
            | Stage::Reversing
            | Stage::Repairing => Progress::Working,
            Stage::AwaitBack { .. } => Progress::PutBack,
            Stage::Final(progress) => progress.clone(),
        };
        Line {
            item: self.item.clone(),
            title: self.description.title.clone(),
            author: self.description.author.clone(),
            way: self.way,
            set: None,
            progress,
        }
    }
}
