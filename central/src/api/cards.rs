//! A card is changed: cardmanage, rdtypechange.
//!
//! | `rdstate` | | what is done |
//! |---|---|---|
//! | 1, 2, 3, 4, 5 | 恢复 验证 挂失 暂停 注销 | the state changes, as the ledger's table allows |
//! | 6 | 退证 | the card ends, the deposit is given back |
//! | 7 | 补办 | a lost or cancelled card is good again, under `newrdid` if there is one |
//! | 8 | 延期 | one more term |
//! | 9 | 换证 | the card gets the number `newrdid` |

use circulation::id::{Isil, MAX_LEN, PatronId};
use circulation::transaction::Reason;

use super::Answer;
use super::answer::{CARD_CHANGED, CARD_REFUSED, Failure, NUMBER_TAKEN, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::ledger::{CardEvent, CardRefused, ChangeRefused};
use crate::store::{Desk, RenumberRefused};

pub(super) fn manage(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.card("currdid")?.ok_or(BadParameter::Missing("currdid"))?;
    let desk = desk(app, params)?;
    let text = match params.text("rdstate", MAX_LEN)? {
        "1" => change(app, of, &patron, CardEvent::Restore, &desk)?,
        "2" => change(app, of, &patron, CardEvent::Verify, &desk)?,
        "3" => change(app, of, &patron, CardEvent::Lose, &desk)?,
        "4" => change(app, of, &patron, CardEvent::Suspend, &desk)?,
        "5" => change(app, of, &patron, CardEvent::Cancel, &desk)?,
        "6" => {
            let serial = super::money::serial(params)?;
            let back = app.store().give_up_card(of, &patron, &serial, &desk)?.map_err(card_refused)?;
            format!("退证成功，应退押金 {back} 元")
        }
        "7" => match params.card("newrdid")? {
            Some(new) => renumber(app, of, (&patron, &new), Some(CardEvent::Replace), &desk)?,
            None => change(app, of, &patron, CardEvent::Replace, &desk)?,
        },
        "8" => {
            let until = app.store().extend_card(of, &patron, &desk)?.map_err(change_refused)?;
            format!("延期成功，有效期至 {until}")
        }
        "9" => {
            let new = params.card("newrdid")?.ok_or(BadParameter::Missing("newrdid"))?;
            renumber(app, of, (&patron, &new), None, &desk)?
        }
        _ => return Err(BadParameter::BadValue("rdstate", "1 至 9").into()),
    };
    Ok(said(true, CARD_CHANGED, &text))
}

/// What a change of the type would do; nothing is changed.
pub(super) fn change_type_before(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    change_of_type(app, of, params, true)?;
    Ok(said(true, CARD_CHANGED, "可以变更，无需费用").with("fee", "0.00"))
}

pub(super) fn change_type(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    change_of_type(app, of, params, false)?;
    Ok(said(true, CARD_CHANGED, "读者类型变更成功"))
}

fn change_of_type(app: &App, of: &Isil, params: &Params, is_preview: bool) -> Result<(), Failure> {
    let (patron, new) = (params.patron()?, params.text("newrdtype", MAX_LEN)?);
    let desk = desk(app, params)?;
    app.store().change_type(of, (&patron, new), is_preview, &desk)?.map_err(change_refused)
}

fn change(app: &App, of: &Isil, patron: &PatronId, event: CardEvent, desk: &Desk) -> Result<String, Failure> {
    let after = app.store().change_card(of, patron, event, desk)?.map_err(card_refused)?;
    Ok(format!("操作成功，证状态：{}", after.name()))
}

fn renumber(
    app: &App,
    of: &Isil,
    cards: (&PatronId, &PatronId),
    event: Option<CardEvent>,
    desk: &Desk,
) -> Result<String, Failure> {
    app.store().renumber_card(of, cards, event, desk)?.map_err(|refused| match refused {
        RenumberRefused::Change(refused) => change_refused(refused),
        RenumberRefused::Card(refused) => card_refused(refused),
    })?;
    Ok("办理成功，请使用新证，原证号不再有效".to_owned())
}

fn card_refused(refused: CardRefused) -> Failure {
    let text = match refused {
        CardRefused::Unknown => return Reason::PatronUnknown.into(),
        CardRefused::Cancelled => return Reason::PatronCancelled.into(),
        CardRefused::Already => "读者证已是该状态".to_owned(),
        CardRefused::NotLost => "只有挂失或注销的读者证才能补办".to_owned(),
        CardRefused::HasLoans(n) => format!("还有 {n} 册图书未还，请先归还"),
        CardRefused::Owes => "还有欠费未缴，请先缴清".to_owned(),
    };
    Failure::Refused(CARD_REFUSED, text)
}

fn change_refused(refused: ChangeRefused) -> Failure {
    let text = match refused {
        ChangeRefused::Unknown => return Reason::PatronUnknown.into(),
        ChangeRefused::Cancelled => return Reason::PatronCancelled.into(),
        ChangeRefused::NoSuchType => {
            return BadParameter::BadValue("newrdtype", "本馆的读者类型").into();
        }
        ChangeRefused::NumberTaken => {
            return Failure::Refused(NUMBER_TAKEN, "该读者证号已被使用，请换一个证号".to_owned());
        }
        ChangeRefused::SameType => "读者证已是该类型".to_owned(),
        ChangeRefused::TooManyLoans { n_loans, limit } => {
            format!("在借 {n_loans} 册，新类型只能借 {limit} 册，请先归还")
        }
        ChangeRefused::BadTerm => "有效期超出日历范围".to_owned(),
    };
    Failure::Refused(CARD_REFUSED, text)
}

fn desk(app: &App, params: &Params) -> Result<Desk, BadParameter> {
    let opuser = params.text("opuser", MAX_LEN)?.to_owned();
    Ok(Desk { opuser, now: app.now() })
}
