//! One item of a visit, from the pad to its end.
//!
//! Invariant: a line ends in exactly one [`Progress`] that is final, and gets there from every stage by an answer of
//! the outside world or by a deadline.

use std::time::Instant;

use jiff::civil::Date;

use crate::account::Loan;
use crate::id::{ItemId, PatronId, TagKey, TransactionId};
use crate::item::{Description, Security};
use crate::screen::{Goes, Line, Progress, Renewal, Way};
use crate::transaction::{Act, Grant, Reason, Transaction, Verdict};

use super::pad::Thing;
use super::parts::Parts;
use super::{Offline, Output, PadObject, Settings};

mod write;

#[derive(Debug)]
pub(super) struct ItemLine {
    parts: Parts,
    item: Option<ItemId>,
    id: TransactionId,
    way: Way,
    /// the tag that is being written
    writing: Option<TagKey>,
    writes: u8,
    description: Description,
    /// where central sends what was taken back
    goes: Option<Goes>,
    /// it was looked for among the patron's loans
    loans_known: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Parts of the set are missing; nothing was asked yet.
    Collecting {
        until: Instant,
    },
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
        now: Instant,
        thing: &Thing,
        id: TransactionId,
        patron: Option<&PatronId>,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) -> Self {
        let mut line = Self {
            parts: Parts::new(thing),
            item: None,
            id,
            way: if patron.is_some() { Way::Out } else { Way::In },
            writing: None,
            writes: 0,
            description: Description::default(),
            goes: None,
            loans_known: false,
            stage: Stage::Asking,
        };
        match &thing.object {
            PadObject::Item(tag) => {
                line.item = Some(tag.item.clone());
                out.push(Output::Describe(tag.item.clone()));
                line.collect(now, patron, settings, out);
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
            parts: Parts::new(thing),
            item,
            id: thing.fresh,
            way,
            writing: None,
            writes: 0,
            description: Description::default(),
            goes: None,
            loans_known: false,
            stage: Stage::Final(Progress::Refused(Reason::TagDamaged)),
        }
    }

    /// Asks once all parts of the item are there.
    fn collect(
        &mut self,
        now: Instant,
        patron: Option<&PatronId>,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        if self.parts.is_complete() {
            if let Some(item) = self.item.clone() {
                self.ask(item, patron, out);
            }
        } else {
            self.stage = Stage::Collecting { until: now + settings.put_back };
        }
    }

    /// Another tag of this item: `false` if it is no part that this line waits for.
    pub(super) fn joined(
        &mut self,
        now: Instant,
        thing: &Thing,
        patron: Option<&PatronId>,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) -> bool {
        let waits = match &self.stage {
            Stage::Collecting { .. } | Stage::Final(Progress::Refused(Reason::PartMissing)) => true,
            Stage::Asking
            | Stage::Assuming(_)
            | Stage::Securing(_)
            | Stage::AwaitBack { .. }
            | Stage::Settling(_)
            | Stage::Restoring
            | Stage::Reversing
            | Stage::Repairing
            | Stage::Final(_) => false,
        };
        let joins = waits && self.parts.join(thing);
        if joins {
            self.collect(now, patron, settings, out);
        }
        joins
    }

    fn ask(&mut self, item: ItemId, patron: Option<&PatronId>, out: &mut Vec<Output>) {
        self.stage = Stage::Asking;
        // With a patron, the bit says which way the item goes: open means that it comes back.
        let act = match (patron, self.parts.found()) {
            (Some(patron), Security::Secured) => Act::Checkout { patron: patron.clone(), item },
            (Some(_), Security::Unsecured) | (None, _) => Act::Checkin { item },
        };
        self.way = match act {
            Act::Checkout { .. } => Way::Out,
            Act::Checkin { .. } => Way::In,
        };
        out.push(Output::Ask(Transaction { id: self.id, act }));
    }

    pub(super) fn tags(&self) -> Vec<TagKey> {
        self.parts.tags()
    }

    pub(super) fn has(&self, tag: &TagKey) -> bool {
        self.parts.has(tag)
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
                self.goes = grant.destination.as_ref().and_then(Goes::of);
                self.parts.write_all();
                self.secure(now, Granted { grant, provisional: false }, settings, out);
            }
            Verdict::Declined(Reason::NotOnLoan)
                if self.way == Way::In
                    && self.parts.found() == Security::Unsecured
                    && self.parts.are_on_pad() =>
            {
                self.stage = Stage::Repairing;
                self.parts.write_all();
                self.write(Security::Secured, out);
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
            self.parts.write_all();
            self.secure(now, Granted { grant, provisional: true }, settings, out);
        }
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

    pub(super) fn came_back(
        &mut self,
        now: Instant,
        tag: &TagKey,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        self.parts.set_on_pad(tag, true);
        if let Stage::AwaitBack { granted, .. } = &self.stage {
            let granted = granted.clone();
            self.writes = 0;
            self.secure(now, granted, settings, out);
        }
    }

    pub(super) fn left(&mut self, tag: &TagKey) {
        if matches!(self.stage, Stage::Collecting { .. }) {
            self.parts.forget(tag);
            if self.parts.is_empty() {
                self.end(Progress::Refused(Reason::PartMissing));
            }
        } else {
            self.parts.set_on_pad(tag, false);
        }
    }

    /// Whether putting the book down again begins a new transaction: not while one runs, and not for what was lent
    /// in this visit.
    pub(super) const fn may_begin_again(&self) -> bool {
        match &self.stage {
            Stage::Final(Progress::Done { .. }) => matches!(self.way, Way::In),
            Stage::Final(_) => true,
            Stage::Collecting { .. }
            | Stage::Asking
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

    pub(super) const fn waits_for_part(&self) -> bool {
        matches!(self.stage, Stage::Collecting { .. })
    }

    pub(super) const fn waits_for_book(&self) -> bool {
        matches!(self.stage, Stage::AwaitBack { .. })
    }

    pub(super) const fn until(&self) -> Option<Instant> {
        match self.stage {
            Stage::AwaitBack { until, .. } | Stage::Collecting { until, .. } => Some(until),
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

    /// The time to put the book back, or its missing part, is over.
    pub(super) fn stop_waiting(&mut self, out: &mut Vec<Output>) {
        if self.waits_for_part() {
            self.end(Progress::Refused(Reason::PartMissing));
        } else if self.waits_for_book() {
            match self.way {
                Way::Out => self.restore(out),
                Way::In => self.park(out),
            }
        }
    }

    fn end(&mut self, progress: Progress) {
        self.stage = Stage::Final(progress);
    }

    /// It was refused because it is on loan, and it is not known to whom.
    pub(super) const fn wants_loans(&self) -> bool {
        !self.loans_known && matches!(self.stage, Stage::Final(Progress::Refused(Reason::OnLoan)))
    }

    /// The patron's loans are known: this item is among them, or not.
    pub(super) fn knows_loan(&mut self, loan: Option<&Loan>) {
        let asked = self.wants_loans();
        self.loans_known |= asked;
        if let Some(loan) = loan.filter(|_| asked) {
            self.described(&loan.description);
            self.end(Progress::Yours { due: loan.due, renewal: Renewal::Offered });
        }
    }

    pub(super) fn renew(&mut self, patron: &PatronId, out: &mut Vec<Output>) {
        if let (
            Stage::Final(Progress::Yours {
                renewal: renewal @ (Renewal::Offered | Renewal::Refused(_)), ..
            }),
            Some(item),
        ) = (&mut self.stage, &self.item)
        {
            *renewal = Renewal::Asking;
            out.push(Output::Renew { patron: patron.clone(), item: item.clone() });
        }
    }

    pub(super) fn renewed(&mut self, answer: &Result<Option<Date>, Reason>) {
        if let Stage::Final(Progress::Yours { due, renewal }) = &mut self.stage {
            match answer {
                Ok(until) => {
                    *due = until.or(*due);
                    *renewal = Renewal::Done;
                }
                Err(reason) => *renewal = Renewal::Refused(reason.clone()),
            }
        }
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
            Stage::Collecting { .. } => Progress::Incomplete,
            Stage::Final(progress) => progress.clone(),
        };
        Line {
            item: self.item.clone(),
            title: self.description.title.clone(),
            author: self.description.author.clone(),
            way: self.way,
            set: self.parts.view(),
            goes: self.goes.filter(|_| matches!(progress, Progress::Done { .. })),
            progress,
        }
    }
}
