//! The desk's questions on their way to central's own interface, and the answers on their way back.
//!
//! **Rule**: what is asked may be asked again: each card has the id that the kiosk gave it ([`crate::kiosk_api::issue`]). So
//! every answer that does not come is told as silence, and the order of acts ([`circulation::issue`]) says what follows.

use circulation::card_type::{CardType, Security};
use circulation::id::{PatronId, TransactionId};
use circulation::issue::{Answer, Input as Issue, Medium};
use circulation::money::Amount;
use circulation::screen::{HolderState, PayCode, PayWith, Refusal};
use circulation::session::card::{Act, Application, Holder, Input, Output, Reserved, Service, Standing};
use jiff::civil::Date;

use crate::kiosk_api::issue::{
    CardDeed, CardTold, HolderReport, HolderWord, KindReport, Refusal as Word, StandingReport, Wish,
};
use crate::kiosk_api::pay::{self, MoneyWord, PayVia};

/// A question on its way, by which its answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// who this is
    Check(u64),
    /// something for who has a card
    Serve(u64),
    /// a number
    Reserve(TransactionId),
    /// the card was taken
    Confirm(TransactionId),
    /// it was not
    Delete(TransactionId),
    /// the money goes back
    Refund(TransactionId),
}

/// What central is to be asked for an output of the desk; nothing if it is not for central.
#[must_use]
pub fn question(output: &Output) -> Option<(Question, CardDeed)> {
    match output {
        Output::Check { query, number } => {
            Some((Question::Check(*query), CardDeed::Check { certificate: number.expose().to_owned() }))
        }
        Output::Serve { query, number, what } => {
            let certificate = number.expose().to_owned();
            let deed = match what {
                Service::Renew(card) => CardDeed::Renew { certificate, card: card.as_str().to_owned() },
                Service::ReportLoss(card) => CardDeed::Lose { certificate, card: card.as_str().to_owned() },
                Service::ChangePin(card, pin) => CardDeed::Pin {
                    certificate,
                    card: card.as_str().to_owned(),
                    pin: pin.as_str().to_owned(),
                },
            };
            Some((Question::Serve(*query), deed))
        }
        Output::Reserve { id, application } => {
            let wish = Box::new(wish(application));
            Some((Question::Reserve(*id), CardDeed::Reserve { id: id.to_string(), wish }))
        }
        Output::Act { id, act: Act::Confirm } => {
            Some((Question::Confirm(*id), CardDeed::Confirm { id: id.to_string() }))
        }
        Output::Act { id, act: Act::Delete } => {
            Some((Question::Delete(*id), CardDeed::Delete { id: id.to_string() }))
        }
        Output::Act { id, act: Act::Refund } => {
            Some((Question::Refund(*id), CardDeed::Refund { id: id.to_string() }))
        }
        Output::Act { act: Act::Feed | Act::Present | Act::Capture, .. }
        | Output::Look(_)
        | Output::NewId
        | Output::Keep { .. }
        | Output::Pay { .. }
        | Output::StopPay { .. }
        | Output::Write { .. }
        | Output::Print(_) => None,
    }
}

/// What the desk is told; `told` is nothing if no answer came. `ticket` is what makes a phone the card, if central has no
/// ticket of its own: the address of its page for readers.
#[must_use]
pub fn heard(question: Question, told: Option<CardTold>, ticket: Option<&str>) -> Input {
    let done = told.ok_or(Refusal::CentralSilent).and_then(|told| match told.refused {
        Some(word) => Err(refusal(word)),
        None => Ok(told),
    });
    match question {
        Question::Check(query) => Input::Checked { query, answer: done.and_then(standing) },
        Question::Serve(query) => {
            Input::Served { query, answer: done.map(|told| day(told.until.as_deref())) }
        }
        Question::Reserve(id) => {
            Input::Reserved { id, answer: done.and_then(|told| reserved(&told, ticket)) }
        }
        Question::Confirm(id) => {
            Input::Acted { id, what: Issue::Confirmed(answer(done.err().as_ref())), why: None }
        }
        Question::Delete(id) => {
            Input::Acted { id, what: Issue::Deleted(answer(done.err().as_ref())), why: None }
        }
        Question::Refund(id) => Input::Acted { id, what: Issue::Refunded(given_back(done)), why: None },
    }
}

const fn answer(refused: Option<&Refusal>) -> Answer {
    match refused {
        None => Answer::Done,
        Some(Refusal::CentralSilent) => Answer::Silent,
        Some(_) => Answer::Refused,
    }
}

/// Money that is on its way is not back yet. Where nobody takes money, none was taken.
fn given_back(done: Result<CardTold, Refusal>) -> Answer {
    match done {
        Ok(CardTold { money: Some(MoneyWord::Settled), .. }) | Err(Refusal::Closed) => Answer::Done,
        Ok(_) | Err(Refusal::CentralSilent) => Answer::Silent,
        Err(_) => Answer::Refused,
    }
}

/// The codes by which a card is paid, or why there are none.
///
/// # Errors
/// The word for who stands there.
pub fn codes(told: CardTold) -> Result<Vec<PayCode>, Refusal> {
    if let Some(word) = told.refused {
        return Err(refusal(word));
    }
    let code = |code: pay::PayCode| PayCode {
        with: match code.via {
            PayVia::Wechat => PayWith::WeChat,
            PayVia::Alipay => PayWith::Alipay,
        },
        code: code.code,
    };
    Ok(told.codes.into_iter().map(code).collect())
}

fn wish(application: &Application) -> Wish {
    let on_phone = application.medium == Medium::Phone;
    let certificate = application.identity.number.expose().to_owned();
    let guardian = application.guardian.as_ref().map(|it| it.number.expose().to_owned());
    if let Some(lost) = &application.replaces {
        let replaces = Some(lost.as_str().to_owned());
        let consent = application.consent;
        return Wish { certificate, guardian, replaces, consent, on_phone, ..Wish::default() };
    }
    Wish {
        certificate,
        name: application.identity.name.expose().to_owned(),
        born: Some(application.identity.birth.to_string()),
        kind: application.kind.clone().unwrap_or_default(),
        phone: application.phone.expose().to_owned(),
        pin: application.pin.as_str().to_owned(),
        guardian,
        replaces: None,
        consent: application.consent,
        on_phone,
    }
}

/// An answer without what was asked for is none.
fn standing(told: CardTold) -> Result<Standing, Refusal> {
    let report = told.standing.ok_or(Refusal::CentralSilent)?;
    let StandingReport { holder, kinds, replacement_fen, pay_via } = report;
    let holder = match holder {
        Some(report) => Some(known(&report).ok_or(Refusal::CentralSilent)?),
        None => None,
    };
    let takes_money = !pay_via.is_empty();
    // What cannot be paid here is had at the desk.
    let types = kinds.into_iter().map(kind).filter(|kind| takes_money || kind.due().fen() == 0).collect();
    Ok(Standing { holder, types, replacement: Amount::from_fen(replacement_fen) })
}

fn known(report: &HolderReport) -> Option<Holder> {
    let state = match report.state {
        HolderWord::Valid => HolderState::Valid,
        HolderWord::Expired => HolderState::Expired,
        HolderWord::Lost => HolderState::Lost,
        HolderWord::Locked => HolderState::Locked,
    };
    let card = PatronId::parse(&report.card).ok()?;
    Some(Holder { card, state, valid_until: day(Some(&report.until)) })
}

fn kind(kind: KindReport) -> CardType {
    let deposit = Amount::from_fen(kind.deposit_fen);
    CardType {
        code: kind.kind.clone(),
        name: kind.kind,
        youngest: kind.age_from,
        oldest: kind.age_to,
        fee: Amount::from_fen(kind.fee_fen),
        security: match (kind.by_credit, kind.deposit_fen) {
            (true, _) => Security::Credit,
            (false, 0) => Security::None,
            (false, _) => Security::Deposit(deposit),
        },
        lends: (kind.loans > 0).then_some(kind.loans),
    }
}

fn reserved(told: &CardTold, ticket: Option<&str>) -> Result<Reserved, Refusal> {
    let card = told.card.as_deref().and_then(|card| PatronId::parse(card).ok());
    Ok(Reserved {
        card: card.ok_or(Refusal::CentralSilent)?,
        valid_until: day(told.until.as_deref()),
        ticket: told.ticket.clone().or_else(|| ticket.map(str::to_owned)),
    })
}

fn day(text: Option<&str>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

const fn refusal(word: Word) -> Refusal {
    match word {
        Word::HasCard => Refusal::HasCard,
        Word::NoCard => Refusal::NoCard,
        Word::Locked | Word::NotLost => Refusal::Locked,
        Word::NoSuchKind => Refusal::NoType,
        Word::PhoneTaken => Refusal::PhoneTaken,
        Word::NotRenewed => Refusal::NotRenewed,
        // It was given up: nothing of it is there.
        Word::Gone => Refusal::NotTaken,
        Word::NoKey | Word::NoPayment => Refusal::Closed,
        Word::OtherPrice | Word::ProviderRefuses => Refusal::NotPaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> TransactionId {
        TransactionId::from_bytes([7; 16])
    }

    #[test]
    fn silence_is_silence_and_a_word_is_a_refusal() {
        let refused = |word| CardTold { refused: Some(word), ..CardTold::default() };
        let of = |told| {
            let heard = heard(Question::Delete(id()), told, None);
            let Input::Acted { what: Issue::Deleted(answer), .. } = heard else { panic!("{heard:?}") };
            answer
        };
        assert_eq!(of(None), Answer::Silent);
        assert_eq!(of(Some(refused(Word::Gone))), Answer::Refused);
        assert_eq!(of(Some(CardTold::default())), Answer::Done);
        let of = |told| {
            let heard = heard(Question::Reserve(id()), told, Some("https://lib.example/m"));
            let Input::Reserved { answer, .. } = heard else { panic!("{heard:?}") };
            answer
        };
        assert_eq!(of(Some(refused(Word::HasCard))), Err(Refusal::HasCard));
        // An answer without a number is none.
        assert_eq!(of(Some(CardTold::default())), Err(Refusal::CentralSilent));
        let told = CardTold { card: Some("LW20260042".into()), ..CardTold::default() };
        let reserved = of(Some(told)).unwrap();
        assert_eq!(reserved.ticket.as_deref(), Some("https://lib.example/m"));
    }

    #[test]
    fn money_is_back_when_central_says_so() {
        let of = |told| {
            let heard = heard(Question::Refund(id()), told, None);
            let Input::Acted { what: Issue::Refunded(answer), .. } = heard else { panic!("{heard:?}") };
            answer
        };
        let told = |money| CardTold { money: Some(money), ..CardTold::default() };
        assert_eq!(of(None), Answer::Silent);
        assert_eq!(of(Some(CardTold::default())), Answer::Silent, "an answer without a word about the money");
        assert_eq!(of(Some(told(MoneyWord::Settled))), Answer::Done);
        for not_yet in [MoneyWord::Returning, MoneyWord::Paid, MoneyWord::Open] {
            assert_eq!(of(Some(told(not_yet))), Answer::Silent);
        }
        let refused = |word| CardTold { refused: Some(word), ..CardTold::default() };
        assert_eq!(of(Some(refused(Word::ProviderRefuses))), Answer::Refused, "a voucher");
        assert_eq!(of(Some(refused(Word::NoPayment))), Answer::Done, "none was taken");
    }

    #[test]
    fn what_costs_something_is_offered_where_it_can_be_paid() {
        let kind = |kind: &str, fee_fen, deposit_fen| KindReport {
            kind: kind.into(),
            age_from: None,
            age_to: None,
            fee_fen,
            deposit_fen,
            by_credit: false,
            loans: 5,
        };
        let offered = |pay_via| {
            let kinds = vec![kind("free", 0, 0), kind("fee", 100, 0), kind("deposit", 0, 1)];
            let report = StandingReport { kinds, pay_via, ..StandingReport::default() };
            let told = CardTold { standing: Some(report), ..CardTold::default() };
            let Input::Checked { answer: Ok(standing), .. } = heard(Question::Check(1), Some(told), None)
            else {
                panic!("there is an answer")
            };
            standing.types.into_iter().map(|kind| kind.code).collect::<Vec<_>>()
        };
        assert_eq!(offered(vec![]), ["free"]);
        assert_eq!(offered(vec![PayVia::Alipay]), ["free", "fee", "deposit"]);
    }

    #[test]
    fn what_is_for_the_machine_is_not_for_central() {
        for act in [Act::Feed, Act::Present, Act::Capture] {
            assert_eq!(question(&Output::Act { id: id(), act }), None);
        }
        let asked = question(&Output::Act { id: id(), act: Act::Confirm });
        let deed = CardDeed::Confirm { id: id().to_string() };
        assert_eq!(asked, Some((Question::Confirm(id()), deed)));
    }
}
