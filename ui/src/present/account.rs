//! The account: loans, holds, debt.

use circulation::id::ItemId;
use circulation::money::Amount;
use circulation::screen::{Account, AccountState, Cancellation, HoldLine, HoldState, LoanLine, Renewal};
use slint::SharedString;

use super::titles::Titles;
use super::{day, g, int, no_reason, renewal, why};

/// What the page of an account shows.
#[derive(Default)]
pub(crate) struct AccountView {
    pub(crate) page: g::AccountPageView,
    pub(crate) loans: Vec<g::LoanRow>,
    pub(crate) holds: Vec<g::HoldRow>,
}

pub(super) fn view(account: &Account, titles: Titles) -> AccountView {
    let Account { patron, state, loans, holds, debt, seconds_left: _ } = account;
    let (known, cause) = match state {
        AccountState::Asking => (g::KnownKind::Asking, no_reason()),
        AccountState::Unknown(reason) => (g::KnownKind::Unknown, why(reason)),
        AccountState::Known => (g::KnownKind::Known, no_reason()),
    };
    AccountView {
        page: g::AccountPageView {
            name: patron.name.as_str().into(),
            card: patron.card.as_str().into(),
            state: known,
            why: cause,
            n_loans: int(loans.len()),
            limit: patron.loan_limit.map_or(-1, int),
            n_overdue: int(loans.iter().filter(|loan| loan.overdue).count()),
            n_offered: int(loans.iter().filter(|loan| loan.renewal == Renewal::Offered).count()),
            n_holds: int(holds.len()),
            n_ready: int(holds.iter().filter(|hold| matches!(hold.state, HoldState::Ready { .. })).count()),
            debt: if *debt > Amount::default() { debt.to_string().into() } else { SharedString::new() },
        },
        loans: loans.iter().map(|loan| loan_row(loan, titles)).collect(),
        holds: holds.iter().map(|hold| hold_row(hold, titles)).collect(),
    }
}

fn loan_row(loan: &LoanLine, titles: Titles) -> g::LoanRow {
    let title = titles.of(loan.title.as_deref(), loan.author.as_deref());
    let (renewal, why) = renewal(&loan.renewal);
    g::LoanRow {
        item: ItemId::as_str(&loan.item).into(),
        title: title.title,
        pinyin: title.pinyin,
        author: title.author,
        due: day(loan.due),
        overdue: loan.overdue,
        renewal,
        why,
        cover: title.cover,
    }
}

fn hold_row(hold: &HoldLine, titles: Titles) -> g::HoldRow {
    let title = titles.of(hold.title.as_deref(), hold.author.as_deref());
    let (kind, before, at, until) = match &hold.state {
        HoldState::Waiting { before } => (g::HoldKind::Waiting, before.map_or(-1, int), None, None),
        HoldState::OnItsWay => (g::HoldKind::OnItsWay, -1, None, None),
        HoldState::Ready { at, until } => (g::HoldKind::Ready, -1, at.as_deref(), *until),
    };
    let (cancel, cause) = match &hold.cancellation {
        Cancellation::No => (g::CancelKind::No, no_reason()),
        Cancellation::Offered => (g::CancelKind::Offered, no_reason()),
        Cancellation::Unsure => (g::CancelKind::Unsure, no_reason()),
        Cancellation::Asking => (g::CancelKind::Asking, no_reason()),
        Cancellation::Done => (g::CancelKind::Done, no_reason()),
        Cancellation::Refused(reason) => (g::CancelKind::Refused, why(reason)),
    };
    g::HoldRow {
        title: title.title,
        pinyin: title.pinyin,
        author: title.author,
        kind,
        before,
        at: at.unwrap_or_default().into(),
        until: day(until),
        cancel,
        why: cause,
        cover: title.cover,
    }
}
