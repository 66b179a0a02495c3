//! From a [`Screen`] to the values that the pages show: total, without state and without words.

use circulation::screen::{
    Attention, Done, Entry, Hint, Identify, Language, Line, Page, Progress, Purpose, Screen, Visit, Way,
};
use circulation::transaction::Reason;
use jiff::civil::Date;
use slint::SharedString;

use crate::generated as g;

mod cover;

/// What the pages show.
pub(crate) struct View {
    pub(crate) chinese: bool,
    pub(crate) online: bool,
    pub(crate) page: g::PageKind,
    pub(crate) identify: Option<g::IdentifyPageView>,
    pub(crate) visit: Option<g::VisitPageView>,
    pub(crate) done: Option<g::DonePageView>,
    pub(crate) attention: Option<g::AttentionKind>,
    pub(crate) lines: Vec<g::BookLine>,
    pub(crate) seconds: i32,
}

/// Turns a screen into what the pages show.
pub(crate) fn view(screen: &Screen) -> View {
    let base = View {
        chinese: screen.language == Language::Chinese,
        online: screen.online,
        page: g::PageKind::Welcome,
        identify: None,
        visit: None,
        done: None,
        attention: None,
        lines: Vec::new(),
        seconds: -1,
    };
    match &screen.page {
        Page::Welcome => base,
        Page::Identify(page) => View {
            page: g::PageKind::Identify,
            identify: Some(identify(page)),
            seconds: page.seconds_left.map_or(-1, i32::from),
            ..base
        },
        Page::Visit(page) => View {
            page: g::PageKind::Visit,
            visit: Some(visit(page)),
            seconds: page.seconds_left.map_or(-1, i32::from),
            lines: page.lines.iter().map(line).collect(),
            ..base
        },
        Page::Done(page) => View {
            page: g::PageKind::Done,
            done: Some(done(page)),
            lines: page.lines.iter().map(line).collect(),
            ..base
        },
        Page::Attention(what) => {
            View { page: g::PageKind::Attention, attention: Some(attention(*what)), ..base }
        }
    }
}

fn identify(page: &Identify) -> g::IdentifyPageView {
    let (entry, masked, pin_len) = match &page.entry {
        Entry::Card => (g::EntryKind::Card, SharedString::new(), 0),
        Entry::Number { masked } => (g::EntryKind::Number, masked.into(), 0),
        Entry::Pin { len } => (g::EntryKind::Pin, SharedString::new(), int(*len)),
    };
    g::IdentifyPageView {
        entry,
        masked,
        pin_len,
        n_waiting: int(page.n_waiting),
        busy: page.busy,
        problem: page.problem.as_ref().map_or_else(no_reason, why),
    }
}

fn visit(page: &Visit) -> g::VisitPageView {
    let patron = page.patron.as_ref();
    let n_done = |way| page.lines.iter().filter(|line| line.way == way && line.is_done()).count();
    let n_other = page.lines.iter().filter(|line| line.progress.is_final() && !line.is_done()).count();
    g::VisitPageView {
        is_return: page.purpose == Purpose::Return,
        has_patron: patron.is_some(),
        name: patron.map(|patron| patron.name.as_str()).unwrap_or_default().into(),
        card: patron.map(|patron| patron.card.as_str()).unwrap_or_default().into(),
        n_loans: patron.and_then(|patron| patron.n_loans).map_or(-1, int),
        loan_limit: patron.and_then(|patron| patron.loan_limit).map_or(-1, int),
        hint: match page.hint {
            Hint::PutBooks => g::HintKind::PutBooks,
            Hint::Wait => g::HintKind::Wait,
            Hint::TakeBooks => g::HintKind::TakeBooks,
            Hint::SeeLines => g::HintKind::SeeLines,
            Hint::PutBack => g::HintKind::PutBack,
        },
        to_put_back: to_put_back(&page.lines).into(),
        n_lent: int(n_done(Way::Out)),
        n_returned: int(n_done(Way::In)),
        n_other: int(n_other),
    }
}

fn done(page: &Done) -> g::DonePageView {
    g::DonePageView {
        n_lent: int(page.n_lent()),
        n_returned: int(page.n_returned()),
        n_refused: int(page.n_refused()),
        first_due: day(page.first_due()),
        card_left: page.card_left,
        books_left: page.books_left,
    }
}

const fn attention(what: Attention) -> g::AttentionKind {
    match what {
        Attention::ReaderDown => g::AttentionKind::ReaderDown,
        Attention::Starting => g::AttentionKind::Starting,
        Attention::LedgerDown => g::AttentionKind::LedgerDown,
        Attention::ClearPad => g::AttentionKind::ClearPad,
    }
}

fn line(line: &Line) -> g::BookLine {
    let title = line.title.as_deref().unwrap_or_default().trim();
    let author = line.author.as_deref().unwrap_or_default().trim();
    let (state, due, provisional, why) = match &line.progress {
        Progress::Working => (g::LineState::Working, None, false, no_reason()),
        Progress::Done { due, provisional } => (g::LineState::Done, *due, *provisional, no_reason()),
        Progress::Refused(reason) => (g::LineState::Refused, None, false, why(reason)),
        Progress::PutBack => (g::LineState::PutBack, None, false, no_reason()),
        Progress::Undone => (g::LineState::Undone, None, false, no_reason()),
        Progress::Unclear => (g::LineState::Unclear, None, false, no_reason()),
        Progress::Unsecured => (g::LineState::Unsecured, None, false, no_reason()),
    };
    g::BookLine {
        item: line.item.as_ref().map(circulation::id::ItemId::as_str).unwrap_or_default().into(),
        title: title.into(),
        author: author.into(),
        out: line.way == Way::Out,
        state,
        due: day(due),
        provisional,
        why,
        cover: cover::cover(title, author),
    }
}

fn why(reason: &Reason) -> g::Why {
    use g::ReasonKind as Kind;
    let kind = |kind| g::Why { kind, ..no_reason() };
    match reason {
        Reason::PatronUnknown => kind(Kind::PatronUnknown),
        Reason::WrongPin => kind(Kind::WrongPin),
        Reason::PatronExpired => kind(Kind::PatronExpired),
        Reason::PatronUnverified => kind(Kind::PatronUnverified),
        Reason::PatronLost => kind(Kind::PatronLost),
        Reason::PatronSuspended => kind(Kind::PatronSuspended),
        Reason::PatronCancelled => kind(Kind::PatronCancelled),
        Reason::Fees(owed) => g::Why { amount: owed.to_string().into(), ..kind(Kind::Fees) },
        Reason::LoanLimit(limit) => g::Why { limit: limit.map_or(-1, int), ..kind(Kind::LoanLimit) },
        Reason::NoLoans => kind(Kind::NoLoans),
        Reason::ItemUnknown => kind(Kind::ItemUnknown),
        Reason::NotForLoan => kind(Kind::NotForLoan),
        Reason::OnLoan => kind(Kind::OnLoan),
        Reason::OnHold => kind(Kind::OnHold),
        Reason::NotOnLoan => kind(Kind::NotOnLoan),
        Reason::TagForeign => kind(Kind::TagForeign),
        Reason::TagDamaged => kind(Kind::TagDamaged),
        Reason::CentralSilent => kind(Kind::CentralSilent),
        Reason::Other(words) => g::Why { words: words.into(), ..kind(Kind::Other) },
    }
}

fn no_reason() -> g::Why {
    g::Why { kind: g::ReasonKind::None, amount: SharedString::new(), limit: -1, words: SharedString::new() }
}

fn day(date: Option<Date>) -> g::Day {
    date.map_or_else(g::Day::default, |date| g::Day {
        year: i32::from(date.year()),
        month: i32::from(date.month()),
        day: i32::from(date.day()),
    })
}

/// The title of the first book that is to be put back: its line may be out of sight.
fn to_put_back(lines: &[Line]) -> &str {
    let line = lines.iter().find(|line| line.progress == Progress::PutBack);
    line.and_then(|line| line.title.as_deref()).unwrap_or_default().trim()
}

fn int(n: impl TryInto<i32>) -> i32 {
    n.try_into().unwrap_or(i32::MAX)
}
