//! Questions: searchreader, currentloan, queryholding, libinfo.

use circulation::id::Isil;
use circulation::transaction::Reason;
use serde::Serialize;
use sync_client::wire::{Holding, Reader, code};

use super::Answer;
use super::answer::{Failure, filled, loaned_book, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::ledger::CardState;
use crate::store::{ItemRecord, PatronRecord};

/// A branch, as libinfo writes it.
#[derive(Serialize)]
pub(super) struct Library {
    libcode: String,
    name: String,
}

pub(super) fn search_reader(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let record = app.store().patron(of, &params.patron()?)?.ok_or(Reason::PatronUnknown)?;
    let mut answer = said(true, code::OK, "成功");
    answer.envelope.reader = reader(of, record);
    Ok(answer)
}

pub(super) fn current_loan(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    if app.store().patron(of, &patron)?.is_none() {
        return Err(Reason::PatronUnknown.into());
    }
    let loans = app.store().loans(of, &patron)?;
    let mut answer = said(true, code::OK, "成功");
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
    let mut answer = said(true, code::OK, "成功");
    answer.envelope.holding_list = Some(items.into_iter().map(holding).collect());
    Ok(answer)
}

pub(super) fn lib_info(app: &App, of: &Isil) -> Result<Answer, Failure> {
    let branches = app.store().branches(of)?;
    let libraries = branches.into_iter().map(|b| Library { libcode: b.branch, name: b.name }).collect();
    Ok(Answer { liblist: Some(libraries), ..said(true, code::OK, "成功") })
}

fn reader(of: &Isil, record: PatronRecord) -> Reader {
    Reader {
        rdid: Some(record.patron.as_str().to_owned()),
        rdname: filled(record.name),
        rdtype: filled(record.patron_type),
        rdlib: Some(of.as_str().to_owned()),
        rdcfstatename: Some(CardState::of_code(&record.state).name().to_owned()),
        rdcfstate: Some(record.state),
        rdstartdate: Some(record.starts_on.to_string()),
        rdenddate: Some(record.ends_on.to_string()),
        deposit: Some(record.deposit.to_string()),
        debt: Some(record.debt.to_string()),
        curloannum: Some(record.n_loans.to_string()),
        maxloannum: Some(record.loan_limit.to_string()),
    }
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
