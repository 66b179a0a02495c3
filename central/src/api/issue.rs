//! A card is issued: addreader.
//!
//! Of a person is kept: name, type of the card, term, year of birth, sex, and keyed hashes of identity card and log-in.
//! Address, nation, telephone, e-mail and photograph are taken, as the original takes them, and forgotten.

use circulation::id::{Isil, MAX_LEN, PatronId};
use circulation::money::Amount;
use sync_client::wire::{Message, code};

use super::Answer;
use super::answer::{CARD_REFUSED, Failure, NUMBER_TAKEN, said};
use super::params::{BadParameter, Params};
use super::readers::{certificate_taken, hash};
use crate::app::App;
use crate::certificate::{Born, Kind, born};
use crate::ledger::{CardState, IssueRefused};
use crate::password::{self, Cost};
use crate::store::{Desk, NewCard};

/// `R00095`; the number stands in `messagelist[1].rdid`.
pub(super) fn add(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let desk = Desk { opuser: params.text("operator", MAX_LEN)?.to_owned(), now: app.now() };
    let card = card(app, of, params)?;
    let number = app.store().issue_card(of, &card, &desk)?.map_err(refusal)?;
    tracing::debug!(opuser = desk.opuser, "a card was issued");
    let mut answer = said(true, code::READER_ADDED, "办证成功");
    answer.envelope.messagelist.push(Message {
        code: Some(code::READER_ADDED.to_owned()),
        rdid: Some(number.as_str().to_owned()),
        ..Message::default()
    });
    Ok(answer)
}

fn card(app: &App, of: &Isil, params: &Params) -> Result<NewCard, Failure> {
    let password = params.secret("rdpasswd", MAX_SECRET)?;
    if password.chars().count() < MIN_SECRET {
        return Err(BadParameter::BadValue("rdpasswd", "至少 6 个字符").into());
    }
    let certificate = params.short("rdcertify", MAX_NUMBER)?;
    let known = certificate.and_then(born);
    let library = params.short("rdlib", MAX_LEN)?.filter(|library| *library != of.as_str());
    Ok(NewCard {
        number: params.card("rdid")?,
        name: params.text("rdname", MAX_NAME)?.to_owned(),
        patron_type: params.text("rdtype", MAX_LEN)?.to_owned(),
        state: state(params)?,
        term: (params.day("rdstartdate")?, params.day("rdenddate")?),
        branch: library.map(str::to_owned),
        sex: sex(params, known)?,
        birth_year: birth_year(params, known)?,
        certificate: certificate.map(|number| hash(app, of, Kind::Certificate, number)).transpose()?,
        login: params
            .short("rdloginid", MAX_NUMBER)?
            .map(|login| hash(app, of, Kind::Login, login))
            .transpose()?,
        attached: params.card("cardid")?.map(|card: PatronId| card.as_str().to_owned()),
        deposit: deposit(params)?,
        hashes: hashes(password)?,
    })
}

/// One for us, and another one for kiosks: whoever steals a kiosk has none of ours.
pub(super) fn hashes(password: &str) -> Result<(String, String), Failure> {
    let hash = || {
        password::hash(password, Cost::Standard).map_err(|fault| {
            tracing::error!(%fault, "a password cannot be hashed");
            Failure::Fault
        })
    };
    Ok((hash()?, hash()?))
}

/// The original's default is a suspended card, which staff then verifies.
fn state(params: &Params) -> Result<&'static str, BadParameter> {
    let Some(text) = params.optional("rdcfstate") else { return Ok(CardState::Suspended.code()) };
    let state = CardState::ALL.into_iter().find(|state| state.code() == text);
    state.map(CardState::code).ok_or(BadParameter::BadValue("rdcfstate", "1、2、3、4、5 或 10"))
}

fn sex(params: &Params, known: Option<Born>) -> Result<&'static str, BadParameter> {
    match params.optional("rdsex") {
        Some("1" | "男") => Ok("M"),
        Some("0" | "女") => Ok("F"),
        Some(_) => Err(BadParameter::BadValue("rdsex", "1（男）或 0（女）")),
        None => Ok(known.map_or("", |known| known.sex)),
    }
}

fn birth_year(params: &Params, known: Option<Born>) -> Result<Option<i64>, BadParameter> {
    let said = params.day("rdborndate")?.map(|day| i64::from(day.year()));
    if said.is_some_and(|year| !(1900..=2150).contains(&year)) {
        return Err(BadParameter::BadValue("rdborndate", "1900 年以后的日期"));
    }
    Ok(said.or_else(|| known.map(|known| known.year)))
}

/// What is paid, how, and under which number; without a number one is made.
fn deposit(params: &Params) -> Result<Option<(Amount, String, String)>, Failure> {
    let Some(amount) = params.money("deposit")?.filter(|amount| amount.fen() != 0) else { return Ok(None) };
    if amount.fen() < 0 {
        return Err(BadParameter::BadValue("deposit", "不小于 0 的金额").into());
    }
    let how = super::money::how(params, "paytype")?;
    Ok(Some((amount, how, super::money::serial(params)?)))
}

fn refusal(refused: IssueRefused) -> Failure {
    let refused_as = |code, text: &str| Failure::Refused(code, text.to_owned());
    match refused {
        IssueRefused::NoSuchType => BadParameter::BadValue("rdtype", "本馆的读者类型").into(),
        IssueRefused::NoSuchBranch => BadParameter::BadValue("rdlib", "本馆的馆代码").into(),
        IssueRefused::BadTerm => BadParameter::BadValue("rdenddate", "不早于启用日期的日期").into(),
        IssueRefused::NumberTaken => refused_as(NUMBER_TAKEN, "该读者证号已被使用，请换一个证号"),
        IssueRefused::CertificateTaken => certificate_taken(),
        IssueRefused::LoginTaken => refused_as(NUMBER_TAKEN, "该登录号（手机号）已被其他读者使用"),
        IssueRefused::AttachedTaken => refused_as(NUMBER_TAKEN, "该附属卡已绑定其他读者证"),
        IssueRefused::SerialUsed => refused_as(CARD_REFUSED, "该支付流水号已使用过，请查询后再办理"),
    }
}

const MIN_SECRET: usize = 6;
const MAX_SECRET: usize = 128;
const MAX_NUMBER: usize = 100;
const MAX_NAME: usize = 60;
