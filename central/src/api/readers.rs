//! Readers found: searchreader, searchreaderlist. What is told is what the desk needs; numbers of identity cards and
//! telephones are not kept and cannot be told, and no password leaves in any form.

use circulation::id::{Isil, MAX_LEN};
use circulation::transaction::Reason;
use serde_json::{Map, Value};
use sync_client::wire::{Reader, code};

use super::Answer;
use super::answer::{CERTIFICATE_TAKEN, Failure, NO_KEY, filled, found, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::certificate::{CertificateHash, Kind};
use crate::ledger::CardState;
use crate::store::{By, ReaderRecord};

/// By `rdid` (also of a card that stands for it), or by `rdcertify`.
pub(super) fn search(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let found_readers = match (params.optional("rdid"), params.optional("rdcertify")) {
        (None, Some(_)) => {
            let number = params.text("rdcertify", MAX_NUMBER)?;
            app.store().readers(of, By::Certificate(&hash(app, of, Kind::Certificate, number)?))?
        }
        (Some(_) | None, _) => app.store().readers(of, By::Number(params.patron()?.as_str()))?,
    };
    let record = found_readers.into_iter().next().ok_or(Reason::PatronUnknown)?;
    let mut answer = found();
    answer.payload = more(of, &record);
    answer.envelope.reader = reader(of, record);
    Ok(answer)
}

/// `selecttype` says what `queryvalue` is: rdid, rdcertify, rdloginid, rdname, cardid.
pub(super) fn search_list(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let value = params.text("queryvalue", MAX_NUMBER)?;
    let records = match params.text("selecttype", MAX_LEN)? {
        "rdid" | "cardid" => app.store().readers(of, By::Number(value))?,
        "rdcertify" => app.store().readers(of, By::Certificate(&hash(app, of, Kind::Certificate, value)?))?,
        "rdloginid" => app.store().readers(of, By::Login(&hash(app, of, Kind::Login, value)?))?,
        "rdname" => app.store().readers(of, By::Name(value))?,
        _ => {
            let allowed = "rdid、rdcertify、rdloginid、rdname 或 cardid";
            return Err(BadParameter::BadValue("selecttype", allowed).into());
        }
    };
    if records.is_empty() {
        return Ok(
            said(false, code::READER_NOT_FOUND, "没有符合条件的读者").with("pagedata", Vec::<Value>::new())
        );
    }
    let page = records.into_iter().map(|record| {
        let mut all = more(of, &record);
        if let Ok(Value::Object(fields)) = serde_json::to_value(reader(of, record)) {
            all.extend(fields);
        }
        Value::Object(all)
    });
    Ok(found().with("pagedata", page.collect::<Vec<Value>>()))
}

/// The keyed hash of a number.
pub(super) fn hash(app: &App, of: &Isil, kind: Kind, number: &str) -> Result<CertificateHash, Failure> {
    let key = app.certificate_key().ok_or_else(|| {
        Failure::Refused(NO_KEY, "本系统未配置证件号密钥，不能按证件号办理，请联系管理员".to_owned())
    })?;
    Ok(key.hash(of, kind, number))
}

/// What a caller reads who asks for a card that is there already.
pub(super) fn certificate_taken() -> Failure {
    Failure::Refused(CERTIFICATE_TAKEN, "该证件号已办理过读者证，请使用原证，或到服务台补办".to_owned())
}

/// openlib `rdsex`.
pub(super) fn sex_code(sex: &str) -> Option<&'static str> {
    match sex {
        "M" => Some("1"),
        "F" => Some("0"),
        _ => None,
    }
}

/// The fields for which the envelope has no place.
fn more(of: &Isil, record: &ReaderRecord) -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |key: &str, value: &str| {
        all.insert(key.to_owned(), Value::from(value));
    };
    if let Some(sex) = sex_code(&record.sex) {
        add("rdsex", sex);
    }
    if let Some(name) = &record.branch_name {
        add("rdlibname", name);
    }
    add("prepay", &record.prepaid.to_string());
    add("iscluster", "0");
    add("globalid", of.as_str());
    all
}

fn reader(of: &Isil, record: ReaderRecord) -> Reader {
    let patron = record.patron;
    Reader {
        rdid: Some(patron.patron.as_str().to_owned()),
        rdname: filled(patron.name),
        rdtype: filled(patron.patron_type),
        rdlib: Some(record.branch.unwrap_or_else(|| of.as_str().to_owned())),
        rdcfstatename: Some(CardState::of_code(&patron.state).name().to_owned()),
        rdcfstate: Some(patron.state),
        rdstartdate: Some(patron.starts_on.to_string()),
        rdenddate: Some(patron.ends_on.to_string()),
        deposit: Some(patron.deposit.to_string()),
        debt: Some(patron.debt.to_string()),
        curloannum: Some(patron.n_loans.to_string()),
        maxloannum: Some(patron.loan_limit.to_string()),
    }
}

const MAX_NUMBER: usize = 100;
