//! Library cards for invented people: every step of the way, and every end of it.

use circulation::card_type::Security;
use circulation::id::TransactionId;
use circulation::money::Amount;
use circulation::screen::{
    Card, CardChoice, CardService, CardStep, Cards, HolderState, IdentityProblem, Keys, Layout, Money, Page,
    PayCode, PayWith, PinProblem, Printer, Receipt, Refusal, Ways, Whose, Work,
};
use jiff::civil::date;

pub(super) fn pages() -> Vec<(&'static str, Page)> {
    [ways_in(), typed(), made(), ends()].concat()
}

fn page(service: CardService, step: CardStep) -> Page {
    Page::Card(Card { service, step, seconds_left: None })
}

fn new(step: CardStep) -> Page {
    page(CardService::New, step)
}

/// The same, and about to close.
fn soon(step: CardStep) -> Page {
    Page::Card(Card { service: CardService::New, step, seconds_left: Some(12) })
}

fn ways_in() -> Vec<(&'static str, Page)> {
    let identity = |whose, problem| CardStep::Identity { whose, problem };
    let holder = |state| new(CardStep::HasCard { card: "******0042".into(), state });
    vec![
        ("card-menu", new(CardStep::Menu { cards: Cards::Ready })),
        ("card-menu-empty", soon(CardStep::Menu { cards: Cards::Empty })),
        ("card-consent", new(CardStep::Consent { version: 1 })),
        ("card-consent-countdown", soon(CardStep::Consent { version: 1 })),
        ("card-identity", new(identity(Whose::Own, None))),
        ("card-identity-countdown", soon(identity(Whose::Own, Some(IdentityProblem::Moved)))),
        ("card-identity-guardian", new(identity(Whose::Guardian, None))),
        ("card-identity-child", new(identity(Whose::Child, Some(IdentityProblem::SamePerson)))),
        ("card-identity-forged", page(CardService::Pin, identity(Whose::Own, Some(IdentityProblem::Forged)))),
        ("card-asking", new(CardStep::Asking)),
        ("card-has-card", holder(HolderState::Expired)),
        ("card-has-card-lost", holder(HolderState::Lost)),
        ("card-types", new(types())),
        ("card-types-countdown", soon(types())),
        ("card-confirm", page(CardService::Renew, confirm())),
        ("card-confirm-lost", page(CardService::Replace, confirm())),
    ]
}

fn types() -> CardStep {
    let choice = |name: &str, fee, security, lends| CardChoice {
        name: name.into(),
        fee: Amount::from_fen(fee),
        security,
        lends,
    };
    CardStep::Types {
        name: "样*".into(),
        number: "****002X".into(),
        choices: vec![
            choice("普通借阅证", 0, Security::Credit, Some(10)),
            choice("自习阅览证", 0, Security::None, None),
            choice("一卡通", 500, Security::Deposit(Amount::from_fen(10_000)), Some(20)),
        ],
    }
}

fn confirm() -> CardStep {
    CardStep::Confirm { card: "******0042".into(), valid_until: Some(date(2026, 12, 31)) }
}

fn typed() -> Vec<(&'static str, Page)> {
    let keys = |composition: &str, candidates: &[&str]| Keys {
        layout: Layout::Pinyin,
        composition: composition.into(),
        candidates: candidates.iter().map(|word| (*word).into()).collect(),
        before: false,
        after: !candidates.is_empty(),
    };
    let pin = |len, again, problem| new(CardStep::Pin { len, again, problem });
    let name = |masked: &str, keys| CardStep::Name { masked: masked.into(), keys };
    let telephone = CardStep::Phone { masked: "*******8000".into(), wrong: false };
    vec![
        ("card-name", new(name("", keys("", &[])))),
        (
            "card-name-choosing",
            new(name("*小", keys("ming", &["明", "名", "鸣", "铭", "命", "茗", "冥", "酩"]))),
        ),
        ("card-name-countdown", soon(name("*小明", keys("", &[])))),
        ("card-number", new(CardStep::Number { masked: "**************0019".into(), wrong: true })),
        ("card-phone", new(telephone.clone())),
        ("card-phone-wrong", new(CardStep::Phone { masked: "*3".into(), wrong: true })),
        ("card-phone-countdown", soon(telephone)),
        ("card-pin", pin(4, false, None)),
        ("card-pin-weak", pin(6, false, Some(PinProblem::Weak))),
        ("card-pin-again", pin(12, true, None)),
    ]
}

fn made() -> Vec<(&'static str, Page)> {
    let wechat = PayCode { with: PayWith::WeChat, code: "weixin://wxpay/bizpayurl?pr=p4lpSuKzz".into() };
    let alipay =
        PayCode { with: PayWith::Alipay, code: "https://qr.alipay.com/bax03431ljhokirwl38f00a7".into() };
    let pay = |codes| new(CardStep::Pay { amount: Amount::from_fen(10_500), codes });
    vec![
        ("card-on-phone", new(CardStep::OnPhone { why: Refusal::Empty })),
        ("card-reserving", new(CardStep::Working(Work::Reserving))),
        ("card-feeding", new(CardStep::Working(Work::Feeding))),
        ("card-writing", new(CardStep::Working(Work::Writing))),
        ("card-undoing", new(CardStep::Working(Work::Undoing))),
        ("card-pay", pay(vec![wechat.clone()])),
        ("card-pay-both", pay(vec![wechat, alipay])),
        ("card-pay-waiting", pay(Vec::new())),
        ("card-take", new(CardStep::Take)),
        ("card-for-phone", new(CardStep::ForPhone { code: "https://lib.example/m".into() })),
    ]
}

fn ends() -> Vec<(&'static str, Page)> {
    let number = Some(TransactionId::from_bytes([0x21; 16]));
    let refused = |why, money, ways, receipt| {
        new(CardStep::Refused { why, money, ways, number: number.filter(|_| money != Money::None), receipt })
    };
    let plain = |why| refused(why, Money::None, Ways::default(), Receipt::Nothing);
    let done = |service, on_phone, receipt| {
        let (card, valid_until) = ("******0042".into(), Some(date(2036, 11, 30)));
        let step = CardStep::Done { card, valid_until, paid: Amount::default(), on_phone, number, receipt };
        page(service, step)
    };
    let offered = Receipt::Offered { printer: Printer::Ready };
    let phone = Ways { phone: true, guardian: false };
    let guardian = Ways { phone: false, guardian: true };
    vec![
        ("card-refused-silent", plain(Refusal::CentralSilent)),
        ("card-refused-alone", refused(Refusal::ChildAlone, Money::None, guardian, Receipt::Nothing)),
        ("card-refused-jam", refused(Refusal::Jam, Money::Back, phone, Receipt::Nothing)),
        ("card-refused-voucher", refused(Refusal::NotWritten, Money::Voucher, phone, offered)),
        ("card-refused-words", plain(Refusal::Declined("该证件号已办理过读者证".into()))),
        (
            "card-refused-not-taken",
            refused(Refusal::NotTaken, Money::Returning, Ways::default(), Receipt::Nothing),
        ),
        ("card-done", done(CardService::New, false, offered)),
        ("card-done-phone", done(CardService::New, true, Receipt::Printed)),
        ("card-done-renewed", done(CardService::Renew, false, Receipt::Printing)),
        ("card-done-pin", done(CardService::Pin, false, Receipt::NoPaper)),
    ]
}
