//! Stock: assetcountreturnmeta (清点), holdselfnomanage (上架), barcodeCollection.

use circulation::id::{Isil, MAX_LEN};
use circulation::transaction::Reason;
use serde_json::{Value, json};

use super::Answer;
use super::answer::{Failure, found};
use super::catalogue::{HOLDING_STATES, bib_fields};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::store::{Desk, ItemRecord};

/// One item was seen in the count `countsignflag`: what it is comes back, so that whoever counts can compare.
pub(super) fn count(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (item, desk) = (params.item()?, desk(app, params)?);
    let batch = params.text("countsignflag", MAX_LEN)?;
    let record = app.store().count_item(of, &item, batch, &desk)?.ok_or(Reason::ItemUnknown)?;
    Ok(found().with("datalist", vec![capitals(&record)]))
}

/// An item stands on the shelf `selfno` from now on.
pub(super) fn shelve(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (item, desk) = (params.item()?, desk(app, params)?);
    let shelf = params.text("selfno", MAX_LEN)?;
    let record = app.store().shelve(of, &item, shelf, &desk)?.ok_or(Reason::ItemUnknown)?;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "shelved");
    Ok(found().with("datalist", vec![capitals(&record)]))
}

/// An item and its record.
pub(super) fn collection(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let item = params.item()?;
    let record = app.store().item(of, &item)?.ok_or(Reason::ItemUnknown)?;
    let extras = app.store().item_extras(of, &item)?;
    let mut fields = app.store().bib(of, record.record)?.map(|bib| bib_fields(&bib)).unwrap_or_default();
    let state = HOLDING_STATES.iter().find(|(code, _)| *code == record.state).map_or("", |(_, name)| name);
    let texts = [
        ("barcode", item.as_str()),
        ("title", &record.title),
        ("callno", &record.call_number),
        ("state", &record.state),
        ("statename", state),
        ("orglib", &record.branch),
        ("curlibname", &record.branch_name),
        ("cirtype", &record.item_type),
        ("attachment", &extras.attachment),
        ("shelfno", &extras.shelf),
    ];
    fields.extend(
        texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| (key.to_owned(), Value::from(text))),
    );
    Ok(found().with("collection", fields))
}

/// As the original's handhelds read it.
fn capitals(record: &ItemRecord) -> Value {
    json!({
        "BARCODE": record.item.as_str(), "TITLE": record.title, "AUTHOR": record.author, "CALLNO": record.call_number,
        "STATE": record.state, "CURLIBNAME": record.branch_name, "BOOKRECNO": record.record.to_string(),
    })
}

/// On whose account, and when it was seen: a list that is told afterwards may say so, which the original does not know.
fn desk(app: &App, params: &Params) -> Result<Desk, BadParameter> {
    let opuser = params.text("opuser", MAX_LEN)?.to_owned();
    let seen = params.time(SEEN_AT)?.unwrap_or_else(|| app.now());
    Ok(Desk { opuser, now: seen.min(app.now()) })
}

/// When it was seen, in the library's local time: nothing means now, and so does what is yet to come.
const SEEN_AT: &str = "seentime";
