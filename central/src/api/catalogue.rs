//! The catalogue: searchbib, and the OPAC, which asks nobody who they are.

use circulation::id::{Isil, MAX_LEN};
use jiff::ToSpan as _;
use serde_json::{Map, Value, json};

use super::Answer;
use super::answer::{Failure, RECORD_UNKNOWN, found};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::store::{BibQuery, BibRecord, Copy};

/// `queryparam` says where `queryvalue` is looked for, `libcode` in which branch.
pub(super) fn search(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let field = params.short("queryparam", MAX_LEN)?.unwrap_or("");
    let text = params.text("queryvalue", MAX_TEXT)?;
    list(app, of, params, (field, text), "pagelist")
}

/// `searchWay` says where `q` is looked for.
pub(super) fn opac_search(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let field = params.short("searchWay", MAX_LEN)?.unwrap_or("");
    let text = params.text("q", MAX_TEXT)?;
    list(app, of, params, (field, text), "bookList")
}

/// A record.
pub(super) fn opac_book(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let record = record(params)?;
    let bib = app.store().bib(of, record)?.ok_or_else(unknown)?;
    Ok(found().with("book", bib_fields(&bib)))
}

/// The copies of a record, with the words for their codes and the days on which those on loan are due.
pub(super) fn opac_holding(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let copies = app.store().copies(of, record(params)?)?;
    if copies.is_empty() {
        return Err(unknown());
    }
    let branches = app.store().branches(of)?;
    let branches: Map<String, Value> =
        branches.into_iter().map(|b| (b.branch, Value::from(b.name))).collect();
    let mut loans = Map::new();
    for copy in &copies {
        // Milliseconds since 1970, at the end of the day in the library's zone, which is China's.
        let due = copy.due_on.and_then(|due| jiff::tz::offset(8).to_timestamp(due.at(23, 59, 59, 0)).ok());
        if let Some(due) = due {
            loans.insert(copy.item.item.as_str().to_owned(), json!({"returnDate": due.as_millisecond()}));
        }
    }
    let list: Vec<Value> = copies.iter().map(copy_fields).collect();
    let states: Map<String, Value> =
        HOLDING_STATES.iter().map(|(code, name)| ((*code).to_owned(), Value::from(*name))).collect();
    Ok(found()
        .with("holdingList", list)
        .with("holdStateMap", states)
        .with("localMap", branches.clone())
        .with("libcodeMap", branches)
        .with("pBCtypeMap", Map::new())
        .with("loanWorkMap", loans))
}

/// The records lent most in the last `limitDays` days, of a class (`classno`), a type (`bookType`) and a branch
/// (`libcode`).
pub(super) fn opac_ranking(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let days = params.number::<u32>("limitDays")?.unwrap_or(30).clamp(1, 3660);
    let since = app.now().saturating_sub(i64::from(days).days());
    let class = params.short("classno", MAX_LEN)?.unwrap_or("");
    let which = (branch(params, of)?, class, params.short("bookType", MAX_LEN)?);
    let (_, rows) = params.page(20)?;
    let most = app.store().most_borrowed(of, since, which, rows.min(100))?;
    let list = most.iter().map(|bib| {
        let mut fields = bib_fields(bib);
        fields.insert("loannum".to_owned(), Value::from(bib.n));
        Value::Object(fields)
    });
    Ok(found().with("rankList", list.collect::<Vec<Value>>()))
}

fn list(
    app: &App,
    of: &Isil,
    params: &Params,
    (field, text): (&str, &str),
    key: &str,
) -> Result<Answer, Failure> {
    let (skip, max) = params.page(10)?;
    let query = BibQuery { field, text, branch: branch(params, of)?, skip, max };
    let (n, bibs) = app.store().search_bibs(of, &query)?;
    let list: Vec<Value> = bibs.iter().map(|bib| Value::Object(bib_fields(bib))).collect();
    Ok(found().with("total", n).with(key, list))
}

/// `libcode`; the institution's own code and 999, the original's "all", mean everywhere.
fn branch<'a>(params: &'a Params, of: &Isil) -> Result<Option<&'a str>, BadParameter> {
    Ok(params.short("libcode", MAX_LEN)?.filter(|code| *code != of.as_str() && *code != "999"))
}

fn record(params: &Params) -> Result<i64, BadParameter> {
    params.number("bookrecno")?.ok_or(BadParameter::Missing("bookrecno"))
}

/// What is known of a record; what is not known is left out.
pub(super) fn bib_fields(bib: &BibRecord) -> Map<String, Value> {
    let details = &bib.details;
    let class = if details.class_number.is_empty() {
        bib.call_number.split('/').next().unwrap_or_default()
    } else {
        &details.class_number
    };
    let texts = [
        ("title", bib.title.as_str()),
        ("author", &bib.author),
        ("isbn", &bib.isbn),
        ("callno", &bib.call_number),
        ("classno", class),
        ("page", &details.pages),
        ("price", &details.price),
        ("publisher", &details.publisher),
        ("pubdate", &details.published),
        ("subject", &details.subject),
        ("booktype", &details.book_type),
    ];
    let mut fields = Map::new();
    fields.insert("bookrecno".to_owned(), Value::from(bib.record.to_string()));
    let filled = texts.into_iter().filter(|(_, text)| !text.is_empty());
    fields.extend(filled.map(|(key, text)| (key.to_owned(), Value::from(text))));
    fields
}

fn copy_fields(copy: &Copy) -> Value {
    let item = &copy.item;
    json!({
        "barcode": item.item.as_str(), "callno": item.call_number, "bookrecno": item.record.to_string(),
        "state": item.state, "curlib": copy.at_branch, "curlocal": copy.at_branch, "orglib": item.branch,
        "curlibname": item.branch_name, "shelfno": copy.shelf, "resnum": copy.n_holds.to_string(),
    })
}

fn unknown() -> Failure {
    Failure::Refused(RECORD_UNKNOWN, "没有这个书目记录".to_owned())
}

/// The original's words for the states of holdings.
pub(super) const HOLDING_STATES: &[(&str, &str)] = &[
    ("1", "编目"),
    ("2", "在馆"),
    ("3", "借出"),
    ("4", "丢失"),
    ("5", "剔除"),
    ("6", "交换"),
    ("7", "赠送"),
    ("8", "装订"),
    ("9", "锁定"),
    ("10", "预借"),
    ("12", "清点"),
    ("13", "闭架"),
    ("14", "修补"),
    ("15", "查找中"),
    ("16", "复本锁定"),
    ("17", "预览"),
];

const MAX_TEXT: usize = 200;
