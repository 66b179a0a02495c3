//! Questions: currentloan, historyloan, queryholding, libinfo.

use circulation::id::Isil;
use circulation::transaction::Reason;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sync_client::wire::Holding;

use super::Answer;
use super::answer::{Failure, filled, found, loaned_book};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::store::ItemRecord;

pub(super) fn current_loan(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    if app.store().patron(of, &patron)?.is_none() {
        return Err(Reason::PatronUnknown.into());
    }
    let loans = app.store().loans(of, &patron)?;
    let mut answer = found();
    answer.envelope.loanlist = Some(loans.into_iter().map(loaned_book).collect());
    Ok(answer)
}

pub(super) fn query_holding(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let items = match params.optional("bookrecno") {
        Some(record) if params.optional("barcode").is_none() => {
            let record = record.parse().map_err(|_| BadParameter::BadValue("bookrecno", "整数"))?;
            app.store().items_of_record(of, record)?
        }
        Some(_) | None => app.store().item(of, &params.item()?)?.into_iter().collect(),
    };
    if items.is_empty() {
        return Err(Reason::ItemUnknown.into());
    }
    let mut answer = found();
    answer.envelope.holding_list = Some(items.into_iter().map(holding).collect());
    Ok(answer)
}

/// Loans of the past from `startdate` to `enddate`, the newest first.
pub(super) fn history(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    if app.store().patron(of, &patron)?.is_none() {
        return Err(Reason::PatronUnknown.into());
    }
    let from = params.day("startdate")?.unwrap_or(Date::constant(1900, 1, 1)).at(0, 0, 0, 0);
    let to = params.day("enddate")?.map_or_else(|| app.now(), |day| day.at(23, 59, 59, 0));
    let (n, past) = app.store().history(of, &patron, (from, to), params.page(20)?)?;
    let list = past.into_iter().map(|loan| {
        let [title, author, isbn, callno] = loan.described;
        let mut fields = Map::new();
        let mut add = |key: &str, text: Option<String>| {
            fields.extend(text.map(|text| (key.to_owned(), Value::from(text))));
        };
        add("barcode", Some(loan.item.as_str().to_owned()));
        for (key, text) in [("title", title), ("author", author), ("isbn", isbn), ("callno", callno)] {
            add(key, text);
        }
        add("loandate", Some(loan.loaned_at));
        add("duedate", Some(loan.due_on));
        add("returndate", loan.returned_at);
        Value::Object(fields)
    });
    Ok(found().with("total", n).with("historylist", list.collect::<Vec<Value>>()))
}

pub(super) fn lib_info(app: &App, of: &Isil, _: &Params) -> Result<Answer, Failure> {
    let branches = app.store().branches(of)?;
    let list =
        branches.into_iter().map(|b| json!({"libcode": b.branch, "name": b.name, "simpleName": b.name}));
    Ok(found().with("liblist", list.collect::<Vec<Value>>()))
}

fn holding(item: ItemRecord) -> Holding {
    Holding {
        barcode: Some(item.item.as_str().to_owned()),
        callno: filled(item.call_number),
        state: Some(item.state),
        curlibname: filled(item.branch_name),
        title: filled(item.title),
        author: filled(item.author),
    }
}
