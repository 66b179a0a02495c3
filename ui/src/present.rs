//! From a [`Screen`] to the values that the pages show: total, without state and without words.

use circulation::screen::{
    Attention, Done, Entry, Goes, Hint, Identify, Language, Line, Opening, Page, Place, Printer, Progress,
    Purpose, Renewal, Screen, SetView, Style, Visit, Way, Wish,
};
use circulation::transaction::Reason;
use jiff::civil::Date;
use slint::SharedString;

use crate::generated as g;

mod account;
mod card;
mod cover;
mod find;
mod pinyin;
pub(crate) mod receipt;
mod seen;
mod staff;
mod stocktake;
mod titles;

pub(crate) use account::AccountView;
pub(crate) use card::{CardView, receipt as card_receipt, touched as card_act};
pub(crate) use find::{FindView, TitleView};
pub(crate) use staff::{StaffView, touched as staff_act};
pub(crate) use stocktake::{StocktakeView, touched as stocktake_act};
use titles::Titles;

/// What the pages show.
pub(crate) struct View {
    pub(crate) language: g::LanguageKind,
    pub(crate) look: LookView,
    pub(crate) place: g::PlaceView,
    pub(crate) opening: g::OpeningView,
    pub(crate) online: bool,
    pub(crate) paperless: bool,
    pub(crate) notice: SharedString,
    pub(crate) page: g::PageKind,
    pub(crate) identify: Option<g::IdentifyPageView>,
    pub(crate) visit: Option<g::VisitPageView>,
    pub(crate) done: Option<g::DonePageView>,
    pub(crate) attention: Option<g::AttentionKind>,
    pub(crate) account: Option<AccountView>,
    pub(crate) find: Option<FindView>,
    pub(crate) title: Option<TitleView>,
    pub(crate) staff: Option<StaffView>,
    pub(crate) stocktake: Option<StocktakeView>,
    pub(crate) card: Option<CardView>,
    pub(crate) lines: Vec<g::BookLine>,
    pub(crate) seconds: i32,
}

/// How the pages are drawn.
pub(crate) struct LookView {
    pub(crate) style: g::StyleKind,
    pub(crate) high_contrast: bool,
    pub(crate) low: bool,
    pub(crate) night: bool,
    pub(crate) voice: bool,
}

/// Turns a screen into what the pages show.
pub(crate) fn view(screen: &Screen) -> View {
    let base = View {
        language: language(screen.language),
        look: look(screen),
        place: place(&screen.place),
        opening: opening(screen.opening),
        online: screen.online,
        paperless: false,
        notice: screen.notice.as_ref().map_or("", |notice| notice.text(screen.language)).into(),
        page: g::PageKind::Welcome,
        identify: None,
        visit: None,
        done: None,
        attention: None,
        account: None,
        find: None,
        title: None,
        staff: None,
        stocktake: None,
        card: None,
        lines: Vec::new(),
        seconds: -1,
    };
    match &screen.page {
        Page::Welcome(page) => View { paperless: is_paperless(page.printer), ..base },
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
            lines: lines(&page.lines, screen),
            ..base
        },
        Page::Done(page) => View {
            page: g::PageKind::Done,
            done: Some(done(page)),
            lines: lines(&page.lines, screen),
            ..base
        },
        Page::Attention(what) => {
            View { page: g::PageKind::Attention, attention: Some(attention(*what)), ..base }
        }
        Page::Account(page) => View {
            page: g::PageKind::Account,
            account: Some(account::view(page, Titles::new(screen))),
            seconds: page.seconds_left.map_or(-1, i32::from),
            ..base
        },
        Page::Find(page) => View {
            page: g::PageKind::Find,
            find: Some(find::view(page, Titles::new(screen))),
            seconds: page.seconds_left.map_or(-1, i32::from),
            ..base
        },
        Page::Title(page) => View {
            page: g::PageKind::Title,
            title: Some(find::title_view(page, &screen.place, Titles::new(screen))),
            seconds: page.seconds_left.map_or(-1, i32::from),
            ..base
        },
        Page::About(page) => {
            View { page: g::PageKind::About, seconds: page.seconds_left.map_or(-1, i32::from), ..base }
        }
        Page::NewCard(page) => {
            View { page: g::PageKind::NewCard, seconds: page.seconds_left.map_or(-1, i32::from), ..base }
        }
        Page::Staff(page) => View { page: g::PageKind::Staff, staff: Some(staff::view(page)), ..base },
        Page::Stocktake(page) => {
            View { page: g::PageKind::Stocktake, stocktake: Some(stocktake::view(page)), ..base }
        }
        Page::Card(page) => {
            let mut card = card::view(page);
            let (find, seconds) = (card.keys.take(), page.seconds_left.map_or(-1, i32::from));
            View { page: g::PageKind::Card, card: Some(card), find, seconds, ..base }
        }
    }
}

/// A machine that never had a printer misses nothing.
const fn is_paperless(printer: Printer) -> bool {
    match printer {
        Printer::Absent | Printer::Ready => false,
        Printer::NoPaper | Printer::Down => true,
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
        wish: match page.wish {
            Wish::Borrow => g::WishKind::Borrow,
            Wish::Account => g::WishKind::Account,
            Wish::Reserve => g::WishKind::Reserve,
        },
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
    // what the patron has already is no failure
    let is_other = |line: &&Line| {
        line.progress.is_final() && !line.is_done() && !matches!(line.progress, Progress::Yours { .. })
    };
    let n_other = page.lines.iter().filter(is_other).count();
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
            Hint::AddPart => g::HintKind::AddPart,
        },
        to_put_back: to_put_back(&page.lines).into(),
        renewable: page.lines.iter().position(can_be_renewed).map_or(-1, int),
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
        Attention::OutOfService => g::AttentionKind::OutOfService,
        Attention::Closed => g::AttentionKind::Closed,
        Attention::StaffNeeded => g::AttentionKind::StaffNeeded,
    }
}

const fn language(language: Language) -> g::LanguageKind {
    match language {
        Language::Chinese => g::LanguageKind::Simplified,
        Language::Traditional => g::LanguageKind::Traditional,
        Language::English => g::LanguageKind::English,
    }
}

const fn look(screen: &Screen) -> LookView {
    LookView {
        style: match screen.look.style {
            Style::Standard => g::StyleKind::Standard,
            Style::Large => g::StyleKind::Large,
            Style::Child => g::StyleKind::Child,
        },
        high_contrast: screen.look.high_contrast,
        low: screen.look.low,
        night: screen.look.night,
        voice: screen.look.voice,
    }
}

fn place(place: &Place) -> g::PlaceView {
    let known = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
    g::PlaceView {
        library: place.library.as_str().into(),
        machine: place.machine.as_str().into(),
        nearest: known(&place.nearest),
        contact: known(&place.contact),
        hours: place.hours.join("\n").into(),
        version: place.version.as_str().into(),
        account: place.offers.account,
        find: place.offers.find,
        reserve: place.offers.reserve,
        card: place.offers.card,
        voice: place.offers.voice,
    }
}

fn opening(opening: Opening) -> g::OpeningView {
    let clock = |time: jiff::civil::Time| format!("{}:{:02}", time.hour(), time.minute()).into();
    let (kind, date, time) = match opening {
        Opening::Always => (g::OpeningKind::Always, None, SharedString::new()),
        Opening::Open { until } => (g::OpeningKind::Open, None, clock(until)),
        Opening::Closed { opens: None } => (g::OpeningKind::Closed, None, SharedString::new()),
        Opening::Closed { opens: Some((date, time)) } => (g::OpeningKind::Closed, Some(date), clock(time)),
    };
    g::OpeningView { kind, day: day(date), time }
}

fn lines(lines: &[Line], screen: &Screen) -> Vec<g::BookLine> {
    lines.iter().map(|line| book_line(line, screen)).collect()
}

fn book_line(line: &Line, screen: &Screen) -> g::BookLine {
    let title = line.title.as_deref().unwrap_or_default().trim();
    let author = line.author.as_deref().unwrap_or_default().trim();
    let told = told(&line.progress);
    g::BookLine {
        item: line.item.as_ref().map(circulation::id::ItemId::as_str).unwrap_or_default().into(),
        title: title.into(),
        pinyin: if screen.look.style == Style::Child { pinyin::over(title) } else { SharedString::new() },
        author: author.into(),
        out: line.way == Way::Out,
        state: told.state,
        due: day(told.due),
        provisional: told.provisional,
        why: told.why,
        renewal: told.renewal,
        goes: goes(line.goes),
        n_parts: line.set.as_ref().map_or(0, |set| int(set.of)),
        missing: line.set.as_ref().map(|set| missing(set, screen.language)).unwrap_or_default(),
        cover: cover::cover(title, author),
    }
}

const fn goes(goes: Option<Goes>) -> g::GoesKind {
    match goes {
        None => g::GoesKind::Nowhere,
        Some(Goes::HoldShelf) => g::GoesKind::HoldShelf,
        Some(Goes::HoldElsewhere) => g::GoesKind::HoldElsewhere,
        Some(Goes::Home) => g::GoesKind::Home,
    }
}

/// What a line tells of its progress.
struct Told {
    state: g::LineState,
    due: Option<Date>,
    provisional: bool,
    why: g::Why,
    renewal: g::RenewalKind,
}

fn told(progress: &Progress) -> Told {
    let only = |state| Told {
        state,
        due: None,
        provisional: false,
        why: no_reason(),
        renewal: g::RenewalKind::Offered,
    };
    match progress {
        Progress::Working => only(g::LineState::Working),
        Progress::Done { due, provisional } => {
            Told { due: *due, provisional: *provisional, ..only(g::LineState::Done) }
        }
        Progress::Refused(reason) => Told { why: why(reason), ..only(g::LineState::Refused) },
        Progress::Incomplete => only(g::LineState::Incomplete),
        Progress::Yours { due, renewal: progress } => {
            let (renewal, why) = renewal(progress);
            Told { due: *due, renewal, why, ..only(g::LineState::Yours) }
        }
        Progress::PutBack => only(g::LineState::PutBack),
        Progress::Undone => only(g::LineState::Undone),
        Progress::Unclear => only(g::LineState::Unclear),
        Progress::Unsecured => only(g::LineState::Unsecured),
    }
}

fn renewal(renewal: &Renewal) -> (g::RenewalKind, g::Why) {
    match renewal {
        Renewal::Offered => (g::RenewalKind::Offered, no_reason()),
        Renewal::Asking => (g::RenewalKind::Asking, no_reason()),
        Renewal::Done => (g::RenewalKind::Done, no_reason()),
        Renewal::Refused(reason) => (g::RenewalKind::Refused, why(reason)),
    }
}

/// The numbers of the missing parts, as a list is written in the language.
fn missing(set: &SetView, language: Language) -> SharedString {
    let comma = match language {
        Language::Chinese | Language::Traditional => "、",
        Language::English => ", ",
    };
    set.missing.iter().map(u16::to_string).collect::<Vec<_>>().join(comma).into()
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
        Reason::PartMissing => kind(Kind::PartMissing),
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

const fn can_be_renewed(line: &Line) -> bool {
    matches!(line.progress, Progress::Yours { renewal: Renewal::Offered, .. })
}

fn int(n: impl TryInto<i32>) -> i32 {
    n.try_into().unwrap_or(i32::MAX)
}
