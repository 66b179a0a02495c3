//! One card that is being issued, with the time that each of its acts may take. It outlives the visit: what was begun is
//! ended when the reader has left.

use std::time::{Duration, Instant};

use crate::id::TransactionId;
use crate::issue::{Answer, Input, Issuing, Medium, Output as Step, Row};
use crate::money::Amount;

use super::io::{Act, Application, Output, Reserved, Rules};

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: TransactionId,
    pub(super) fee: Amount,
    pub(super) medium: Medium,
    /// what central has reserved, while somebody stands there
    pub(super) reserved: Option<Reserved>,
    /// money may have been paid
    pub(super) was_to_pay: bool,
    /// what was begun is being taken back, since then
    pub(super) undoing: Option<Instant>,
    /// the row at which it failed
    pub(super) failed_at: Option<Row>,
    /// a row could not be kept: what is on the disk decides, at the next start
    pub(super) is_lost: bool,
    issuing: Issuing,
    wait: Wait,
    until: Option<Instant>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Nothing,
    Disk,
    /// the answer to an act; what it is taken for when the time is over
    Act(Input),
}

impl Job {
    pub(super) fn begin(
        now: Instant,
        id: TransactionId,
        fee: Amount,
        medium: Medium,
        rules: &Rules,
        out: &mut Vec<Output>,
    ) -> Self {
        let mut steps = Vec::new();
        let issuing = Issuing::begin(id, fee, medium, &mut steps);
        let mut job = Self::new(id, fee, medium, issuing);
        job.perform(now, &steps, None, rules, out);
        job
    }

    pub(super) fn resume(
        now: Instant,
        id: TransactionId,
        fee: Amount,
        medium: Medium,
        row: Row,
        rules: &Rules,
        out: &mut Vec<Output>,
    ) -> Self {
        let mut steps = Vec::new();
        let issuing = Issuing::resume(id, fee, medium, row, &mut steps);
        let mut job = Self::new(id, fee, medium, issuing);
        job.perform(now, &steps, None, rules, out);
        job
    }

    const fn new(id: TransactionId, fee: Amount, medium: Medium, issuing: Issuing) -> Self {
        Self {
            id,
            fee,
            medium,
            reserved: None,
            was_to_pay: false,
            undoing: None,
            failed_at: None,
            is_lost: false,
            issuing,
            wait: Wait::Nothing,
            until: None,
        }
    }

    pub(super) const fn row(&self) -> Row {
        self.issuing.row()
    }

    /// The row is on the disk.
    pub(super) const fn is_kept(&self) -> bool {
        self.issuing.is_kept()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_lost || self.issuing.is_over()
    }

    /// A card may be outside of the stack.
    pub(super) const fn has_card(&self) -> bool {
        match self.row() {
            Row::Feeding | Row::Writing | Row::Presenting => matches!(self.medium, Medium::Card),
            Row::Undoing(debts) => debts.card,
            Row::Reserving | Row::Paying | Row::Confirming | Row::Done | Row::Undone { .. } => false,
        }
    }

    pub(super) fn handle(
        &mut self,
        now: Instant,
        input: Input,
        application: Option<&Application>,
        rules: &Rules,
        out: &mut Vec<Output>,
    ) {
        let (row, was_kept) = (self.row(), self.is_kept());
        let mut steps = Vec::new();
        self.issuing.handle(input, &mut steps);
        if matches!(self.row(), Row::Undoing(_)) && self.failed_at.is_none() {
            self.failed_at = Some(row);
        }
        if !steps.is_empty() || (row, was_kept) != (self.row(), self.is_kept()) {
            (self.wait, self.until) = (Wait::Nothing, None);
        }
        self.perform(now, &steps, application, rules, out);
    }

    /// The row could not be kept. Nothing more is done here: an act without its row could be lost.
    pub(super) const fn lose(&mut self) {
        self.is_lost = true;
        self.until = None;
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        if self.is_lost { None } else { self.until }
    }

    /// Ends a wait whose time is over.
    pub(super) fn expire(
        &mut self,
        now: Instant,
        application: Option<&Application>,
        rules: &Rules,
        out: &mut Vec<Output>,
    ) {
        if self.deadline().is_none_or(|until| until > now) {
            return;
        }
        match core::mem::replace(&mut self.wait, Wait::Nothing) {
            Wait::Nothing => self.until = None,
            Wait::Disk => self.lose(),
            Wait::Act(input) => self.handle(now, input, application, rules, out),
        }
    }

    fn perform(
        &mut self,
        now: Instant,
        steps: &[Step],
        application: Option<&Application>,
        rules: &Rules,
        out: &mut Vec<Output>,
    ) {
        let id = self.id;
        for step in steps {
            let (output, wait, time) = match *step {
                Step::Keep(row) => {
                    self.keeps(now, row, out);
                    let (fee, medium) = (self.fee, self.medium);
                    (Some(Output::Keep { id, row, fee, medium }), Wait::Disk, rules.answer)
                }
                Step::Reserve(_) => {
                    let ask = |of: &Application| Output::Reserve { id, application: Box::new(of.clone()) };
                    (application.map(ask), Wait::Act(Input::Reserved(Answer::Silent)), rules.answer)
                }
                Step::Pay(_, amount) => {
                    self.was_to_pay = true;
                    (Some(Output::Pay { id, amount }), Wait::Act(Input::Paid(Answer::Silent)), rules.pay)
                }
                Step::Write => {
                    let write = |it: &Reserved| Output::Write { id, card: it.card.clone() };
                    let silent = Wait::Act(Input::Written(Answer::Silent));
                    (self.reserved.as_ref().map(write), silent, rules.motion)
                }
                Step::Present => {
                    // The code for the phone is shown by the screen.
                    let is_card = self.medium == Medium::Card;
                    let act = is_card.then_some(Output::Act { id, act: Act::Present });
                    (act, Wait::Act(Input::NotTaken), if is_card { rules.take } else { rules.pay })
                }
                Step::Wait => (None, Wait::Act(Input::Again), rules.again),
                Step::Feed | Step::Capture | Step::Confirm(_) | Step::Delete(_) | Step::Refund(_) => {
                    simple(id, *step, rules)
                }
            };
            out.extend(output);
            (self.wait, self.until) = (wait, Some(now + time));
        }
    }

    /// The way back begins: nobody is to pay any more.
    fn keeps(&mut self, now: Instant, row: Row, out: &mut Vec<Output>) {
        match row {
            Row::Undoing(debts) if self.undoing.is_none() => {
                self.undoing = Some(now);
                if debts.money {
                    out.push(Output::StopPay { id: self.id });
                }
            }
            Row::Reserving
            | Row::Paying
            | Row::Feeding
            | Row::Writing
            | Row::Presenting
            | Row::Confirming
            | Row::Done
            | Row::Undoing(_)
            | Row::Undone { .. } => {}
        }
    }
}

/// Acts that need no more than the id. A motion without an answer is asked for again: the dispenser looks where the card
/// is before it moves it.
const fn simple(id: TransactionId, step: Step, rules: &Rules) -> (Option<Output>, Wait, Duration) {
    let (act, silent, time) = match step {
        Step::Feed => (Act::Feed, Input::Fed(Answer::Silent), rules.motion),
        Step::Capture => (Act::Capture, Input::Again, rules.motion),
        Step::Confirm(_) => (Act::Confirm, Input::Confirmed(Answer::Silent), rules.answer),
        Step::Delete(_) => (Act::Delete, Input::Deleted(Answer::Silent), rules.answer),
        Step::Refund(_) => (Act::Refund, Input::Refunded(Answer::Silent), rules.answer),
        Step::Keep(_) | Step::Reserve(_) | Step::Pay(..) | Step::Write | Step::Present | Step::Wait => {
            return (None, Wait::Nothing, rules.again);
        }
    };
    (Some(Output::Act { id, act }), Wait::Act(silent), time)
}
