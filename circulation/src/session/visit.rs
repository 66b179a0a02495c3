//! A running visit: who it is, and a line for each item.
//!
//! Invariant: at most one line that is not final has a given item id.

use std::time::{Duration, Instant};

use crate::account::Account;
use crate::id::{ItemId, TagKey, TransactionId};
use crate::item::Description;
use crate::patron::{Patron, mask_name};
use crate::screen::{self, Hint, Line, Page, PatronView, Progress, Purpose, Visit, Way};
use crate::transaction::Reason;
use jiff::civil::Date;

use super::account::Accounting;
use super::find::Finding;
use super::line::ItemLine;
use super::pad::{Pad, Thing};
use super::{Input, Output, PadObject, Settings};

#[derive(Debug)]
pub(super) struct Visiting {
    patron: Option<Patron>,
    lines: Vec<ItemLine>,
    last_sign: Instant,
    /// the patron said that this is all
    finishing: bool,
    /// the question about a card that came in the middle
    query: Option<u64>,
    /// the patron looks at the own account
    account: Option<Accounting>,
    /// the patron looks for a book
    finding: Option<Box<Finding>>,
    /// the question for what the patron has on loan
    loans: Option<u64>,
}

impl Visiting {
    pub(super) const fn new(now: Instant, patron: Option<Patron>) -> Self {
        Self {
            patron,
            lines: Vec::new(),
            last_sign: now,
            finishing: false,
            query: None,
            account: None,
            finding: None,
            loans: None,
        }
    }

    /// Takes up what lies on the pad already.
    pub(super) fn begin(&mut self, now: Instant, pad: &Pad, settings: &Settings, out: &mut Vec<Output>) {
        let tags: Vec<TagKey> = pad.new_books().map(|thing| thing.tag.clone()).collect();
        for tag in tags {
            self.arrived(now, &tag, pad, settings, out);
        }
    }

    /// A patron became known in the middle of a return: what was refused for want of a card is asked again.
    pub(super) fn welcome(
        &mut self,
        now: Instant,
        patron: Patron,
        pad: &Pad,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        self.patron = Some(patron);
        self.query = None;
        self.last_sign = now;
        self.finishing = false;
        let refused: Vec<TagKey> = self
            .lines
            .iter()
            .filter(|line| matches!(line.line().progress, Progress::Refused(_)))
            .flat_map(ItemLine::tags)
            .collect();
        for tag in refused {
            self.arrived(now, &tag, pad, settings, out);
        }
    }

    pub(super) fn arrived(
        &mut self,
        now: Instant,
        tag: &TagKey,
        pad: &Pad,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        self.last_sign = now;
        let Some(thing) = pad.thing(tag) else { return };
        if let Some(line) = self.lines.iter_mut().find(|line| line.has(tag) && !line.may_begin_again()) {
            line.came_back(now, tag, settings, out);
            return;
        }
        self.finishing = false;
        // Whoever puts a book down wants to see what becomes of it.
        self.account = None;
        self.finding = None;
        let patron = self.patron.as_ref().map(|patron| &patron.id);
        let item = item_of(thing);
        let of_item = |line: &&mut ItemLine| item.is_some() && line.item() == item;
        if self.lines.iter_mut().filter(of_item).any(|line| line.joined(now, thing, patron, settings, out)) {
            return;
        }
        let line = match self.running(thing) {
            Some(way) => ItemLine::doubled(thing, way),
            None => {
                let id = self.unused(thing.fresh);
                ItemLine::begin(now, thing, id, patron, settings, out)
            }
        };
        // A second try takes the place of the first; a return followed by a loan keeps both.
        let replaced = self.lines.iter().position(|old| old.has(tag) && !old.line().is_done());
        match replaced.and_then(|at| self.lines.get_mut(at)) {
            Some(slot) => *slot = line,
            None => self.lines.push(line),
        }
    }

    /// An arrival brings one id; a second transaction of the same arrival takes the next one.
    fn unused(&self, fresh: TransactionId) -> TransactionId {
        let mut id = fresh;
        while self.lines.iter().any(|line| line.id() == id) {
            id = id.successor();
        }
        id
    }

    /// The way of a line that handles the same item under another tag.
    fn running(&self, thing: &Thing) -> Option<Way> {
        let item = item_of(thing)?;
        self.lines
            .iter()
            .find(|line| !line.has(&thing.tag) && !line.may_begin_again() && line.item() == Some(item))
            .map(ItemLine::way)
    }

    pub(super) fn departed(&mut self, now: Instant, tag: &TagKey) {
        self.last_sign = now;
        for line in self.lines.iter_mut().filter(|line| line.has(tag)) {
            line.left(tag);
        }
    }

    pub(super) fn described(&mut self, item: &ItemId, description: &Description) {
        for line in self.lines.iter_mut().filter(|line| line.item() == Some(item)) {
            line.described(description);
        }
    }

    pub(super) fn progressed(
        &mut self,
        now: Instant,
        input: Input,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        let (Input::Answered { id, .. }
        | Input::Silent { id, .. }
        | Input::Assumed { id }
        | Input::Wrote { id, .. }
        | Input::Settled { id }
        | Input::Reversed { id, .. }
        | Input::NotKept { id }) = &input
        else {
            return;
        };
        let Some(line) = self.lines.iter_mut().find(|line| line.id() == *id) else { return };
        self.last_sign = now;
        // Each input that carries an id has its own act; the rest was sorted out above.
        if let Input::Answered { verdict, .. } = input {
            line.answered(now, verdict, settings, out);
        } else if let Input::Silent { in_doubt, assume, .. } = input {
            line.silent(in_doubt, assume, settings, out);
        } else if let Input::Assumed { .. } = input {
            line.assumed(now, settings, out);
        } else if let Input::Wrote { outcome, .. } = input {
            line.wrote(now, outcome, settings, out);
        } else if let Input::Settled { .. } = input {
            line.settled();
        } else if let Input::Reversed { undone, .. } = input {
            line.reversed(undone);
        } else if let Input::NotKept { .. } = input {
            line.not_kept();
        }
    }

    /// Shows the account; `false` if nobody is known whose it could be.
    pub(super) fn open_account(&mut self, query: u64, out: &mut Vec<Output>) -> bool {
        if let Some(patron) = &self.patron {
            self.account = Some(Accounting::new(query, &patron.id, out));
        }
        self.patron.is_some()
    }

    pub(super) fn open_find(&mut self, now: Instant) {
        self.account = None;
        self.finding = Some(Box::new(Finding::new(now)));
    }

    pub(super) fn close_find(&mut self) -> Option<Finding> {
        self.finding.take().map(|finding| *finding)
    }

    pub(super) fn finding(&mut self) -> Option<&mut Finding> {
        self.finding.as_deref_mut()
    }

    /// Puts a hold on the title shown; `false` if nobody is known for whom.
    pub(super) fn reserve(&mut self, now: Instant, query: u64, out: &mut Vec<Output>) -> bool {
        if let (Some(finding), Some(patron)) = (&mut self.finding, &self.patron) {
            finding.reserve(now, query, &patron.id, out);
        }
        self.patron.is_some()
    }

    pub(super) fn close_account(&mut self) {
        self.account = None;
    }

    /// A book was refused because it is on loan: it may be this patron's.
    pub(super) fn wants_loans(&self) -> bool {
        self.patron.is_some() && self.loans.is_none() && self.lines.iter().any(ItemLine::wants_loans)
    }

    pub(super) fn ask_loans(&mut self, query: u64, out: &mut Vec<Output>) {
        if let Some(patron) = &self.patron {
            self.loans = Some(query);
            out.push(Output::Account { query, patron: patron.id.clone() });
        }
    }

    pub(super) fn knows_loans(&mut self, query: u64, answer: &Result<Account, Reason>) {
        if let Some(account) = &mut self.account {
            account.answered(query, answer);
        }
        let is_asked = self.loans == Some(query);
        if is_asked {
            self.loans = None;
        }
        let loans = answer.as_ref().map(|account| account.loans.as_slice()).unwrap_or_default();
        for line in self.lines.iter_mut().filter(|_| is_asked || answer.is_ok()) {
            let loan = loans.iter().find(|loan| Some(&loan.item) == line.item());
            line.knows_loan(loan);
        }
    }

    pub(super) fn renewed(&mut self, item: &ItemId, answer: &Result<Option<Date>, Reason>) {
        if let Some(account) = &mut self.account {
            account.renewed(item, answer);
        }
        for line in self.lines.iter_mut().filter(|line| line.item() == Some(item)) {
            line.renewed(answer);
        }
    }

    pub(super) fn renew(&mut self, at: usize, out: &mut Vec<Output>) {
        let Some(patron) = &self.patron else { return };
        match (&mut self.account, self.lines.get_mut(at)) {
            (Some(account), _) => account.renew(at, &patron.id, out),
            (None, Some(line)) => line.renew(&patron.id, out),
            (None, None) => {}
        }
    }

    pub(super) fn renew_all(&mut self, out: &mut Vec<Output>) {
        if let (Some(account), Some(patron)) = (&mut self.account, &self.patron) {
            account.renew_all(&patron.id, out);
        }
    }

    pub(super) fn cancel_hold(&mut self, at: usize, out: &mut Vec<Output>) {
        if let (Some(account), Some(patron)) = (&mut self.account, &self.patron) {
            account.cancel_hold(at, &patron.id, out);
        }
    }

    pub(super) fn keep_holds(&mut self) {
        if let Some(account) = &mut self.account {
            account.keep_holds();
        }
    }

    pub(super) fn hold_cancelled(&mut self, item: &ItemId, answer: &Result<(), Reason>) {
        if let Some(account) = &mut self.account {
            account.hold_cancelled(item, answer);
        }
    }

    /// The search, if the patron looks for a book.
    pub(super) fn find_page(&self, now: Instant, settings: &Settings) -> Option<Page> {
        let finding = self.finding.as_ref()?;
        Some(match finding.title(now, settings) {
            Some(title) => Page::Title(title),
            None => Page::Find(finding.page(now, settings)),
        })
    }

    /// The account, if the patron looks at it.
    pub(super) fn account_page(&self, now: Instant, settings: &Settings) -> Option<screen::Account> {
        let (account, patron) = (self.account.as_ref()?, self.patron.as_ref()?);
        let seconds = countdown(now, self.last_sign, settings).filter(|_| !account.is_busy());
        Some(account.page(self.patron_view(patron, &self.lines()), seconds))
    }

    pub(super) const fn touched_at(&mut self, now: Instant) {
        self.last_sign = now;
    }

    pub(super) const fn finish(&mut self, now: Instant) {
        self.last_sign = now;
        self.finishing = true;
    }

    /// Ends once nothing is in work; no sign of life.
    pub(super) const fn close(&mut self) {
        self.finishing = true;
    }

    /// A tag of a line that is not at its end: taken away too early, and put back.
    pub(super) fn waits_for(&self, tag: &TagKey) -> bool {
        self.lines.iter().any(|line| line.has(tag) && !line.may_begin_again())
    }

    pub(super) const fn asking(&mut self, query: u64) {
        self.query = Some(query);
    }

    pub(super) fn is_asking(&self, query: u64) -> bool {
        self.query == Some(query)
    }

    pub(super) const fn wants_patron(&self) -> bool {
        self.patron.is_none()
    }

    /// No line is in work.
    pub(super) fn is_quiet(&self) -> bool {
        self.lines.iter().all(ItemLine::is_final)
    }

    pub(super) fn expire(&mut self, now: Instant, settings: &Settings, pad: &Pad, out: &mut Vec<Output>) {
        let over = self.is_idle(now, settings) || self.finishing || self.is_taken(now, settings, pad);
        for line in &mut self.lines {
            if over || line.until().is_some_and(|until| until <= now) {
                line.stop_waiting(out);
            }
        }
    }

    /// Ends once nothing is in work and the patron said so, went away, or took everything.
    pub(super) fn is_over(&self, now: Instant, settings: &Settings, pad: &Pad) -> bool {
        self.is_quiet()
            && (self.finishing || self.is_idle(now, settings) || self.is_taken(now, settings, pad))
    }

    fn is_idle(&self, now: Instant, settings: &Settings) -> bool {
        self.last_sign + settings.idle <= now
    }

    fn is_taken(&self, now: Instant, settings: &Settings, pad: &Pad) -> bool {
        self.may_linger(pad) && self.last_sign + settings.linger <= now
    }

    /// All books are taken, and so is the card, or something was done.
    fn may_linger(&self, pad: &Pad) -> bool {
        let any_done = self.lines.iter().any(|line| line.line().is_done());
        let left = !self.lines.is_empty() && !pad.has_card();
        let reads = self.account.is_some() || self.finding.is_some();
        !reads && self.is_quiet() && !pad.has_books() && (any_done || left)
    }

    pub(super) fn next_tick(&self, now: Instant, settings: &Settings, pad: &Pad) -> Option<Instant> {
        let waiting = self.lines.iter().filter_map(ItemLine::until).min();
        let linger = self.may_linger(pad).then(|| self.last_sign + settings.linger);
        // Past its end a visit waits only for what is in work, which ends by an input.
        let countdown = next_countdown(now, self.last_sign, settings);
        [waiting, linger, countdown].into_iter().flatten().min()
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        self.lines.iter().map(ItemLine::line).collect()
    }

    /// The masked card.
    pub(super) fn card(&self) -> Option<String> {
        self.patron.as_ref().map(|patron| patron.id.masked())
    }

    /// The first transaction that was done.
    pub(super) fn number(&self) -> Option<TransactionId> {
        self.lines.iter().find(|line| line.line().is_done()).map(ItemLine::id)
    }

    pub(super) fn page(&self, now: Instant, settings: &Settings, pad: &Pad) -> Visit {
        let lines = self.lines();
        Visit {
            purpose: if self.patron.is_some() { Purpose::Borrow } else { Purpose::Return },
            patron: self.patron.as_ref().map(|patron| self.patron_view(patron, &lines)),
            hint: self.hint(&lines, pad),
            seconds_left: countdown(now, self.last_sign, settings).filter(|_| self.is_quiet()),
            lines,
        }
    }

    fn patron_view(&self, patron: &Patron, lines: &[Line]) -> PatronView {
        let n_lent = lines.iter().filter(|line| line.way == Way::Out && line.is_done()).count();
        let n_lent = u32::try_from(n_lent).unwrap_or(u32::MAX);
        PatronView {
            // Without central nobody here knows it.
            name: if patron.name.is_empty() { String::new() } else { mask_name(&patron.name) },
            card: patron.id.masked(),
            n_loans: patron.n_loans.map(|before| before.saturating_add(n_lent)),
            loan_limit: patron.loan_limit,
        }
    }

    /// "Take your books" is said only when the whole stack is read and done, not between two of its books.
    fn hint(&self, lines: &[Line], pad: &Pad) -> Hint {
        if self.lines.iter().any(ItemLine::waits_for_book) {
            Hint::PutBack
        } else if !pad.is_reading() && self.lines.iter().any(ItemLine::waits_for_part) {
            Hint::AddPart
        } else if !self.is_quiet() || pad.is_reading() {
            Hint::Wait
        } else if lines.is_empty() {
            Hint::PutBooks
        } else if lines.iter().all(|line| line.is_done() && !line.progress.needs_staff()) {
            Hint::TakeBooks
        } else {
            Hint::SeeLines
        }
    }
}

fn item_of(thing: &Thing) -> Option<&ItemId> {
    match &thing.object {
        PadObject::Item(tag) => Some(&tag.item),
        PadObject::Card(_) | PadObject::Foreign | PadObject::Damaged => None,
    }
}

/// Seconds until `last_sign + idle`, once they are no more than the warning time.
pub(super) fn countdown(now: Instant, last_sign: Instant, settings: &Settings) -> Option<u16> {
    let left = (last_sign + settings.idle).saturating_duration_since(now);
    if left > settings.warn {
        return None;
    }
    // Shown rounded up: at 0 the page is gone.
    let seconds = left.as_millis().div_ceil(1000);
    u16::try_from(seconds).ok()
}

/// When the countdown changes next: at its start, then at each whole second before the end; never once it is over.
pub(super) fn next_countdown(now: Instant, last_sign: Instant, settings: &Settings) -> Option<Instant> {
    let left = (last_sign + settings.idle).saturating_duration_since(now);
    if left.is_zero() {
        None
    } else if left > settings.warn {
        Some(now + (left - settings.warn))
    } else {
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
        Some(now + if part.is_zero() { Duration::from_secs(1) } else { part })
    }
}
