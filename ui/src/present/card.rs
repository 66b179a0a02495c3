//! The pages about a library card.

use circulation::card_type::Security;
use circulation::money::Amount;
use circulation::screen::{
    Card, CardChoice, CardService, CardStep, CardTouch, Cards, HolderState, IdentityProblem, Keys, Money,
    Page, PayWith, PinProblem, Receipt, Refusal, Whose, Work,
};
use slint::SharedString;

use super::find::{self, FindView};
use super::{day, g, int};

/// What the pages about a card show.
#[derive(Default)]
pub(crate) struct CardView {
    pub(crate) page: g::CardPageView,
    pub(crate) choices: Vec<g::CardChoiceRow>,
    /// what the phone scans; empty: nothing
    pub(crate) code: String,
    /// what it scans instead, if it is another's; empty: nothing
    pub(crate) code_too: String,
    /// the keyboard, where a name is written
    pub(crate) keys: Option<FindView>,
}

pub(super) fn view(card: &Card) -> CardView {
    let mut view = CardView::default();
    view.page.service = service(card.service);
    view.page.step = step(&card.step);
    let page = &mut view.page;
    match &card.step {
        CardStep::Menu { cards: Cards::Ready } => page.cards = g::CardsKind::Ready,
        CardStep::Menu { cards: Cards::Empty } => page.cards = g::CardsKind::Empty,
        CardStep::Menu { cards: Cards::Down } => page.cards = g::CardsKind::Down,
        CardStep::Consent { version } => page.version = int(*version),
        CardStep::Identity { whose, problem } => {
            page.whose = match whose {
                Whose::Own => g::WhoseKind::Own,
                Whose::Guardian => g::WhoseKind::Guardian,
                Whose::Child => g::WhoseKind::Child,
            };
            page.fault = problem.map_or(g::IdentityFaultKind::None, fault);
        }
        CardStep::Name { masked, keys } => {
            page.masked = masked.into();
            view.keys = Some(keyboard(keys));
        }
        CardStep::Number { masked, wrong } | CardStep::Phone { masked, wrong } => {
            (page.masked, page.wrong) = (masked.into(), *wrong);
        }
        CardStep::HasCard { card, state } => {
            (page.card, page.holder) = (card.into(), holder(*state));
        }
        CardStep::Types { name, number, choices } => {
            page.masked = format!("{name}  {number}").into();
            page.n_choices = int(choices.len());
            view.choices = choices.iter().map(choice).collect();
        }
        CardStep::Pin { len, again, problem } => {
            (page.len, page.again) = (int(*len), *again);
            page.pin_fault = match problem {
                None => g::PinFaultKind::None,
                Some(PinProblem::Short) => g::PinFaultKind::Short,
                Some(PinProblem::Weak) => g::PinFaultKind::Weak,
                Some(PinProblem::Differs) => g::PinFaultKind::Differs,
            };
        }
        CardStep::OnPhone { why } => (page.why, page.words) = refusal(why),
        CardStep::Confirm { card, valid_until } => {
            (page.card, page.until) = (card.into(), day(*valid_until));
        }
        CardStep::Working(work) => page.work = working(*work),
        CardStep::Pay { amount, codes } => {
            page.amount = yuan(*amount);
            let mut codes = codes.iter();
            if let Some(first) = codes.next() {
                (page.pay, view.code) = (pay(first.with), first.code.clone());
            }
            if let Some(second) = codes.next() {
                (page.pay_too, view.code_too) = (pay(second.with), second.code.clone());
            }
        }
        CardStep::ForPhone { code } => view.code.clone_from(code),
        CardStep::Refused { why, money, ways, number, receipt: _ } => {
            (page.why, page.words) = refusal(why);
            page.money = match money {
                Money::None => g::CardMoneyKind::None,
                Money::Back => g::CardMoneyKind::Back,
                Money::Returning => g::CardMoneyKind::Returning,
                Money::Voucher => g::CardMoneyKind::Voucher,
            };
            (page.way_phone, page.way_guardian) = (ways.phone, ways.guardian);
            page.number = number.map(|number| number.to_string()).unwrap_or_default().into();
        }
        CardStep::Done { card, valid_until, paid, on_phone, number, receipt: _ } => {
            (page.card, page.until, page.on_phone) = (card.into(), day(*valid_until), *on_phone);
            page.amount = yuan(*paid);
            page.number = number.map(|number| number.to_string()).unwrap_or_default().into();
        }
        CardStep::Asking | CardStep::Take => {}
    }
    view
}

const fn pay(with: PayWith) -> g::PayKind {
    match with {
        PayWith::WeChat => g::PayKind::Wechat,
        PayWith::Alipay => g::PayKind::Alipay,
    }
}

/// The receipt of a page about a card.
pub(crate) const fn receipt(page: &Page) -> Receipt {
    match page {
        Page::Card(Card {
            step: CardStep::Done { receipt, .. } | CardStep::Refused { receipt, .. }, ..
        }) => *receipt,
        Page::Card(_)
        | Page::Welcome(_)
        | Page::Identify(_)
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_) => Receipt::Nothing,
    }
}

/// What was touched.
pub(crate) const fn touched(act: g::CardActKind) -> CardTouch {
    match act {
        g::CardActKind::New => CardTouch::Service(CardService::New),
        g::CardActKind::Renew => CardTouch::Service(CardService::Renew),
        g::CardActKind::Replace => CardTouch::Service(CardService::Replace),
        g::CardActKind::Pin => CardTouch::Service(CardService::Pin),
        g::CardActKind::Agree => CardTouch::Agree,
        g::CardActKind::ForChild => CardTouch::ForChild,
        g::CardActKind::Guardian => CardTouch::Guardian,
        g::CardActKind::TypeChild => CardTouch::TypeChild,
        g::CardActKind::OnPhone => CardTouch::OnPhone,
        g::CardActKind::Confirm => CardTouch::Confirm,
        g::CardActKind::HaveIt => CardTouch::HaveIt,
    }
}

fn keyboard(keys: &Keys) -> FindView {
    let view = find::keys(keys);
    FindView { page: view.0, candidates: view.1, ..FindView::default() }
}

const fn service(service: CardService) -> g::CardServiceKind {
    match service {
        CardService::New => g::CardServiceKind::New,
        CardService::Renew => g::CardServiceKind::Renew,
        CardService::Replace => g::CardServiceKind::Replace,
        CardService::Pin => g::CardServiceKind::Pin,
    }
}

const fn step(step: &CardStep) -> g::CardStepKind {
    use g::CardStepKind as Kind;
    match step {
        CardStep::Menu { .. } => Kind::Menu,
        CardStep::Consent { .. } => Kind::Consent,
        CardStep::Identity { .. } => Kind::Identity,
        CardStep::Name { .. } => Kind::Name,
        CardStep::Number { .. } => Kind::Number,
        CardStep::Asking => Kind::Asking,
        CardStep::HasCard { .. } => Kind::HasCard,
        CardStep::Types { .. } => Kind::Types,
        CardStep::Phone { .. } => Kind::Phone,
        CardStep::Pin { .. } => Kind::Pin,
        CardStep::OnPhone { .. } => Kind::OnPhone,
        CardStep::Confirm { .. } => Kind::Confirm,
        CardStep::Working(_) => Kind::Working,
        CardStep::Pay { .. } => Kind::Pay,
        CardStep::Take => Kind::Take,
        CardStep::ForPhone { .. } => Kind::ForPhone,
        CardStep::Refused { .. } => Kind::Refused,
        CardStep::Done { .. } => Kind::Done,
    }
}

const fn fault(problem: IdentityProblem) -> g::IdentityFaultKind {
    use g::IdentityFaultKind as Kind;
    match problem {
        IdentityProblem::Moved => Kind::Moved,
        IdentityProblem::WrongKind => Kind::WrongKind,
        IdentityProblem::Forged => Kind::Forged,
        IdentityProblem::Expired => Kind::Expired,
        IdentityProblem::Unreadable => Kind::Unreadable,
        IdentityProblem::Foreign => Kind::Foreign,
        IdentityProblem::GuardianYoung => Kind::GuardianYoung,
        IdentityProblem::SamePerson => Kind::SamePerson,
        IdentityProblem::NoChild => Kind::NoChild,
    }
}

const fn working(work: Work) -> g::CardWorkKind {
    match work {
        Work::Reserving => g::CardWorkKind::Reserving,
        Work::Feeding => g::CardWorkKind::Feeding,
        Work::Writing => g::CardWorkKind::Writing,
        Work::Undoing => g::CardWorkKind::Undoing,
    }
}

const fn holder(state: HolderState) -> g::HolderKind {
    match state {
        HolderState::Valid => g::HolderKind::Valid,
        HolderState::Expired => g::HolderKind::Expired,
        HolderState::Lost => g::HolderKind::Lost,
        HolderState::Locked => g::HolderKind::Locked,
    }
}

/// Why, and the library system's own words to it.
fn refusal(why: &Refusal) -> (g::CardRefusalKind, SharedString) {
    use g::CardRefusalKind as Kind;
    let kind = match why {
        Refusal::CentralSilent => Kind::CentralSilent,
        Refusal::NoIdReader => Kind::NoIdReader,
        Refusal::ChildAlone => Kind::ChildAlone,
        Refusal::HasCard => Kind::HasCard,
        Refusal::NoCard => Kind::NoCard,
        Refusal::Locked => Kind::Locked,
        Refusal::NoType => Kind::NoType,
        Refusal::PhoneTaken => Kind::PhoneTaken,
        Refusal::NotRenewed => Kind::NotRenewed,
        Refusal::Closed => Kind::Closed,
        Refusal::Jam => Kind::Jam,
        Refusal::Empty => Kind::Empty,
        Refusal::NoDispenser => Kind::NoDispenser,
        Refusal::NotWritten => Kind::NotWritten,
        Refusal::NotTaken => Kind::NotTaken,
        Refusal::NotPaid => Kind::NotPaid,
        Refusal::LedgerDown => Kind::LedgerDown,
        Refusal::Declined(words) => return (Kind::Other, words.into()),
    };
    (kind, SharedString::new())
}

fn choice(choice: &CardChoice) -> g::CardChoiceRow {
    let (deposit, credit) = match choice.security {
        Security::None => (SharedString::new(), false),
        Security::Deposit(amount) => (yuan(amount), false),
        Security::Credit => (SharedString::new(), true),
    };
    let name = choice.name.as_str().into();
    g::CardChoiceRow { name, fee: yuan(choice.fee), deposit, credit, lends: choice.lends.map_or(-1, int) }
}

fn yuan(amount: Amount) -> SharedString {
    if amount.fen() == 0 { SharedString::new() } else { amount.to_string().into() }
}
