//! Holds: registerreserve and cancelreserve (预约, what is on loan or on the shelf), registerprelend and cancelprelend
//! (预借, fetched from the shelf), and the lists of both.

use circulation::id::{Isil, MAX_LEN};
use circulation::transaction::Reason;
use serde_json::{Value, json};

use super::Answer;
use super::answer::{Failure, HELD, HOLD_ENDED, HOLD_REFUSED, NO_HOLD, found, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::ledger::HoldRefused;
use crate::store::{Desk, HoldKind, HoldRecord, Wanted};

/// `piclocal` is the branch where it is picked up, `canceldate` the last day on which it is wanted.
pub(super) fn reserve(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    place(app, of, params, (HoldKind::Reserve, "piclocal"))
}

/// `locationcode` is the branch where it is picked up.
pub(super) fn prelend(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    place(app, of, params, (HoldKind::Prelend, "locationcode"))
}

pub(super) fn cancel_reserve(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    cancel(app, of, params, HoldKind::Reserve)
}

pub(super) fn cancel_prelend(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    cancel(app, of, params, HoldKind::Prelend)
}

pub(super) fn search_reserves(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    list(app, of, params, (HoldKind::Reserve, "reslist"))
}

pub(super) fn search_prelends(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    list(app, of, params, (HoldKind::Prelend, "prelendlist"))
}

fn place(
    app: &App,
    of: &Isil,
    params: &Params,
    (kind, place): (HoldKind, &'static str),
) -> Result<Answer, Failure> {
    let (patron, item, desk) = (params.patron()?, params.item()?, desk(app, params)?);
    let wanted = Wanted { kind, pickup: params.short(place, MAX_LEN)?, until: params.day("canceldate")? };
    app.store()
        .place_wanted(of, (&patron, &item), &wanted, &desk)?
        .map_err(|refused| refusal(&refused, place))?;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "held");
    let text = match kind {
        HoldKind::Reserve => "预约成功，到馆后会通知您",
        HoldKind::Prelend => "预借成功，备好后会通知您",
    };
    Ok(said(true, HELD, text))
}

fn cancel(app: &App, of: &Isil, params: &Params, kind: HoldKind) -> Result<Answer, Failure> {
    let (patron, item, desk) = (params.patron()?, params.item()?, desk(app, params)?);
    if app.store().end_wanted(of, (&patron, &item), Some(kind), &desk)? {
        Ok(said(true, HOLD_ENDED, "已取消"))
    } else {
        Err(Failure::Refused(NO_HOLD, "没有预约或预借此书".to_owned()))
    }
}

fn list(
    app: &App,
    of: &Isil,
    params: &Params,
    (kind, key): (HoldKind, &'static str),
) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    if app.store().patron(of, &patron)?.is_none() {
        return Err(Reason::PatronUnknown.into());
    }
    let holds = app.store().holds(of, &patron, Some(kind), app.now().date())?;
    Ok(found().with(key, holds.iter().map(hold).collect::<Vec<Value>>()))
}

/// `state` is 1 while it waits for the reader, 2 while it is on its way there, 0 before.
fn hold(hold: &HoldRecord) -> Value {
    let item = &hold.item;
    let state = match () {
        () if hold.ready_until.is_some() => "1",
        () if hold.is_on_its_way => "2",
        () => "0",
    };
    let mut value = json!({
        "barcode": item.item.as_str(), "title": item.title, "author": item.author, "isbn": item.isbn,
        "callno": item.call_number, "bookrecno": item.record.to_string(), "curlibname": item.branch_name,
        "regdate": hold.placed_at, "state": state,
        "queueno": (u64::from(hold.n_before) + 1).to_string(),
    });
    if let Value::Object(fields) = &mut value {
        let mut add = |key: &str, text: Option<String>| {
            fields.extend(text.map(|text| (key.to_owned(), Value::from(text))));
        };
        add("piclocal", hold.pickup.as_ref().map(|(code, _)| code.clone()));
        add("piclocalname", hold.pickup.as_ref().map(|(_, name)| name.clone()));
        add("keepdate", hold.ready_until.map(|day| day.to_string()));
        add("canceldate", hold.wanted_until.clone());
    }
    value
}

fn refusal(refused: &HoldRefused, place: &'static str) -> Failure {
    let text = match refused {
        HoldRefused::Reason(reason) => return reason.clone().into(),
        HoldRefused::NoBranch => return BadParameter::BadValue(place, "本馆的馆代码").into(),
        HoldRefused::DayOver => return BadParameter::BadValue("canceldate", "今天或以后的日期").into(),
        HoldRefused::NotOnShelf => return Reason::OnLoan.into(),
        HoldRefused::OwnLoan => "此书已在您手中，无需预约".to_owned(),
        HoldRefused::Already => "您已预约或预借此书".to_owned(),
        HoldRefused::HoldLimit(limit) => format!("最多预约 {limit} 册，请先取消其他预约"),
    };
    Failure::Refused(HOLD_REFUSED, text)
}

fn desk(app: &App, params: &Params) -> Result<Desk, BadParameter> {
    // The original's phones leave the account out: then it is the reader who acts.
    let opuser = params.short("opuser", MAX_LEN)?.unwrap_or("reader").to_owned();
    Ok(Desk { opuser, now: app.now() })
}
