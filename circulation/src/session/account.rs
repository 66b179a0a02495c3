//! A patron looks at the own account, and renews.
//!
//! Invariant: what central said lives only in this value, which is dropped with the page.

use crate::account::{Account, Hold, Loan};
use crate::id::{ItemId, PatronId};
use crate::money::Amount;
use crate::screen::{self, AccountState, Cancellation, HoldLine, HoldState, LoanLine, PatronView, Renewal};
use crate::transaction::Reason;
use jiff::civil::Date;

use super::Output;

#[derive(Debug)]
pub(super) struct Accounting {
    query: u64,
    state: AccountState,
    loans: Vec<LoanLine>,
    holds: Vec<Held>,
    debt: Amount,
}

/// A hold, and the copy by which it is given up.
#[derive(Debug)]
struct Held {
    item: Option<ItemId>,
    line: HoldLine,
}

impl Accounting {
    /// Asks for the account.
    pub(super) fn new(query: u64, patron: &PatronId, out: &mut Vec<Output>) -> Self {
        out.push(Output::Account { query, patron: patron.clone() });
        Self {
            query,
            state: AccountState::Asking,
            loans: Vec::new(),
            holds: Vec::new(),
            debt: Amount::default(),
        }
    }

    pub(super) fn answered(&mut self, query: u64, answer: &Result<Account, Reason>) {
        if query != self.query {
            return;
        }
        match answer {
            Err(reason) => self.state = AccountState::Unknown(reason.clone()),
            Ok(account) => {
                self.state = AccountState::Known;
                self.debt = account.debt;
                self.loans = account.loans.iter().map(loan).collect();
                // Without a date it is not urgent.
                self.loans.sort_by_key(|loan| loan.due.unwrap_or(Date::MAX));
                self.holds = account.holds.iter().map(hold).collect();
                self.holds.sort_by_key(|hold| urgency(&hold.line.state));
            }
        }
    }

    /// Renews one loan, or tries again.
    pub(super) fn renew(&mut self, at: usize, patron: &PatronId, out: &mut Vec<Output>) {
        if let Some(loan) = self.loans.get_mut(at) {
            ask(loan, patron, out);
        }
    }

    /// Renews all that was not renewed yet.
    pub(super) fn renew_all(&mut self, patron: &PatronId, out: &mut Vec<Output>) {
        for loan in self.loans.iter_mut().filter(|loan| loan.renewal == Renewal::Offered) {
            ask(loan, patron, out);
        }
    }

    pub(super) fn renewed(&mut self, item: &ItemId, answer: &Result<Option<Date>, Reason>) {
        for loan in self.loans.iter_mut().filter(|loan| loan.item == *item) {
            match answer {
                Ok(due) => {
                    loan.due = due.or(loan.due);
                    loan.overdue = false;
                    loan.renewal = Renewal::Done;
                }
                Err(reason) => loan.renewal = Renewal::Refused(reason.clone()),
            }
        }
    }

    /// Gives a hold up at the second touch.
    pub(super) fn cancel_hold(&mut self, at: usize, patron: &PatronId, out: &mut Vec<Output>) {
        let meant = self.holds.get(at).is_some_and(|hold| hold.line.cancellation == Cancellation::Unsure);
        self.keep_holds();
        let Some(Held { item: Some(item), line }) = self.holds.get_mut(at) else { return };
        match line.cancellation {
            Cancellation::Offered if meant => {
                line.cancellation = Cancellation::Asking;
                out.push(Output::CancelHold { patron: patron.clone(), item: item.clone() });
            }
            Cancellation::Offered | Cancellation::Refused(_) => line.cancellation = Cancellation::Unsure,
            Cancellation::No | Cancellation::Unsure | Cancellation::Asking | Cancellation::Done => {}
        }
    }

    /// No hold waits for a second touch any more.
    pub(super) fn keep_holds(&mut self) {
        for hold in &mut self.holds {
            if hold.line.cancellation == Cancellation::Unsure {
                hold.line.cancellation = Cancellation::Offered;
            }
        }
    }

    pub(super) fn hold_cancelled(&mut self, item: &ItemId, answer: &Result<(), Reason>) {
        let asked = |hold: &&mut Held| {
            hold.item.as_ref() == Some(item) && hold.line.cancellation == Cancellation::Asking
        };
        for hold in self.holds.iter_mut().filter(asked) {
            hold.line.cancellation = match answer {
                Ok(()) => Cancellation::Done,
                Err(reason) => Cancellation::Refused(reason.clone()),
            };
        }
    }

    /// Central is asked for something.
    pub(super) fn is_busy(&self) -> bool {
        self.state == AccountState::Asking
            || self.loans.iter().any(|loan| loan.renewal == Renewal::Asking)
            || self.holds.iter().any(|hold| hold.line.cancellation == Cancellation::Asking)
    }

    pub(super) fn page(&self, patron: PatronView, seconds_left: Option<u16>) -> screen::Account {
        screen::Account {
            patron,
            state: self.state.clone(),
            loans: self.loans.clone(),
            holds: self.holds.iter().map(|hold| hold.line.clone()).collect(),
            debt: self.debt,
            seconds_left,
        }
    }
}

fn ask(loan: &mut LoanLine, patron: &PatronId, out: &mut Vec<Output>) {
    match loan.renewal {
        Renewal::Offered | Renewal::Refused(_) => {
            loan.renewal = Renewal::Asking;
            out.push(Output::Renew { patron: patron.clone(), item: loan.item.clone() });
        }
        Renewal::Asking | Renewal::Done => {}
    }
}

fn loan(loan: &Loan) -> LoanLine {
    LoanLine {
        item: loan.item.clone(),
        title: loan.description.title.clone(),
        author: loan.description.author.clone(),
        due: loan.due,
        overdue: loan.overdue,
        renewal: Renewal::Offered,
    }
}

fn hold(hold: &Hold) -> Held {
    let cancellation = if hold.item.is_some() { Cancellation::Offered } else { Cancellation::No };
    let line = HoldLine {
        title: hold.description.title.clone(),
        author: hold.description.author.clone(),
        state: hold.state.clone(),
        cancellation,
    };
    Held { item: hold.item.clone(), line }
}

/// What can be picked up goes first.
const fn urgency(state: &HoldState) -> u8 {
    match state {
        HoldState::Ready { .. } => 0,
        HoldState::OnItsWay => 1,
        HoldState::Waiting { .. } => 2,
    }
}
