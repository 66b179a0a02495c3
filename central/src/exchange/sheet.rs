//! Lists as CSV: the first row names the columns, in Chinese or in English, in any order.
//!
//! Columns that are not in the tables below are not kept, and named. That holds above all for identity numbers, telephone
//! numbers and addresses: a library that lends by card number has no use for them here.

mod map;

use circulation::id::{ItemId, PatronId};
use csv::StringRecord;
use jiff::civil::{Date, date};
use sync_client::wire::code;

use super::catalogue::BARCODE;
use super::charset::{Charset, NoText};
use super::{Item, MAX_TEXT, MAX_TITLE, Patron, Place, Refusal, Secret, Taken, isbn, plain};
use crate::ledger::CardState;

pub use map::shelves;

/// Reads a list of items. `barcode` and `title` must be there.
#[must_use]
pub fn items(bytes: &[u8], charset: Charset) -> Taken<Item> {
    read(bytes, charset, ITEM, &["barcode", "title"], item)
}

/// Reads a list of patrons. `card` and `name` must be there; `today` is the day on which a card without dates begins.
#[must_use]
pub fn patrons(bytes: &[u8], charset: Charset, today: Date) -> Taken<Patron> {
    read(bytes, charset, PATRON, &["card", "name"], move |row| patron(row, today))
}

/// The names of a column: ours first.
type Names = &'static [&'static str];

const ITEM: &[Names] = &[
    &["barcode", "item", "条码", "条码号", "图书条码", "馆藏条码", "登录号"],
    &["record", "bookrecno", "记录号", "书目记录号"],
    &["title", "题名", "书名", "正题名"],
    &["author", "责任者", "著者", "作者"],
    &["isbn", "ISBN", "ISSN"],
    &["call_number", "callno", "索书号"],
    &["item_type", "文献类型", "图书类型", "流通类型"],
    &["branch", "馆代码", "分馆", "所在馆"],
    &["state", "状态", "馆藏状态"],
    &["language", "语种"],
    &["shelf", "架位", "馆藏地点", "馆藏地址"],
    &["material", "统计类型"],
    &["added_on", "入藏日期", "登记日期"],
];

const PATRON: &[Names] = &[
    &["card", "patron", "读者证号", "证号", "借书证号"],
    &["name", "姓名", "读者姓名"],
    &["patron_type", "读者类型", "证类型"],
    &["state", "状态", "证状态"],
    &["starts_on", "启用日期", "生效日期"],
    &["ends_on", "有效期", "截止日期", "失效日期"],
    &["deposit", "押金"],
    &["debt", "欠款", "欠费"],
    &["password", "密码"],
    &["password_hash"],
    &["birth_year", "出生年", "出生年份", "出生日期"],
    &["sex", "性别"],
    &["issued_on", "办证日期"],
];

/// A row while it is read.
struct Line<'a> {
    place: Place,
    names: &'a [Names],
    columns: &'a [Option<usize>],
    cells: &'a StringRecord,
}

fn read<T>(
    bytes: &[u8],
    charset: Charset,
    names: &'static [Names],
    needed: &[&'static str],
    row: impl Fn(&Line<'_>) -> Result<T, Refusal>,
) -> Taken<T> {
    let mut taken = Taken { rows: Vec::new(), refused: Vec::new(), ignored: Vec::new() };
    let text = match charset.decode(bytes) {
        Ok(text) => text,
        Err(NoText { charset, at }) => {
            let before = bytes.get(..at).unwrap_or_default();
            let n_lines = before.iter().filter(|byte| **byte == b'\n').count();
            let place = Place { record: 0, line: Some(wide(n_lines) + 1), byte: wide(at) };
            let advice = "name the character set of the file with --encoding";
            let what = format!("the file is no text in {charset}");
            taken.refused.push(Refusal { place, field: String::new(), what, advice });
            return taken;
        }
    };
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let head = match reader.headers() {
        Ok(head) => head.clone(),
        Err(fault) => {
            taken.refused.push(unreadable(&fault));
            return taken;
        }
    };
    let columns: Vec<Option<usize>> =
        names.iter().map(|names| head.iter().position(|name| names.contains(&name))).collect();
    let is_known = |name: &str| names.iter().any(|names| names.contains(&name));
    taken.ignored = head.iter().filter(|name| !is_known(name)).map(str::to_owned).collect();
    let top = Place { record: 0, line: Some(1), byte: 0 };
    let missing = names.iter().zip(&columns).filter(|(_, at)| at.is_none());
    for (own, others) in missing.filter_map(|(names, _)| names.split_first()) {
        if needed.contains(own) {
            let what = format!("there is no such column; it may also be called {}", others.join(", "));
            let advice = "name it in the first row";
            taken.refused.push(Refusal { place: top, field: (*own).to_owned(), what, advice });
        }
    }
    if !taken.refused.is_empty() {
        return taken;
    }
    for (cells, number) in reader.records().zip(1..) {
        let found = cells.map_err(|fault| unreadable(&fault)).and_then(|cells| {
            let at = cells.position();
            let place = Place {
                record: number,
                line: at.map(csv::Position::line),
                byte: at.map_or(0, csv::Position::byte),
            };
            let line = Line { place, names, columns: &columns, cells: &cells };
            if cells.len() != head.len() {
                let what = format!("it has {} cells, the first row has {}", cells.len(), head.len());
                return Err(line.refuse("", what, "quote cells that have a comma in them"));
            }
            row(&line).map(|row| (place, row))
        });
        match found {
            Ok(row) => taken.rows.push(row),
            Err(refusal) => taken.refused.push(refusal),
        }
    }
    taken
}

fn item(row: &Line<'_>) -> Result<Item, Refusal> {
    let barcode = row.text("barcode", MAX_TEXT)?;
    let id = ItemId::parse(&barcode)
        .map_err(|fault| row.refuse("barcode", format!("{barcode:?} is no barcode: {fault}"), BARCODE))?;
    let title = row.text("title", MAX_TITLE)?;
    if title.is_empty() {
        return Err(row.refuse("title", "there is no title".to_owned(), "add it, or take the row out"));
    }
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let state = match row.text("state", MAX_TEXT)?.as_str() {
        // What is lent is said by loans alone.
        "" | "在馆" | "入藏" | "借出" | code::holding::ON_LOAN => code::holding::IN_LIBRARY.to_owned(),
        state if state.len() <= 4 && state.bytes().all(|byte| byte.is_ascii_digit()) => state.to_owned(),
        state => {
            let what = format!("{state:?} is no state");
            return Err(row.refuse(
                "state",
                what,
                "leave it empty, or give the number that openlib has for it",
            ));
        }
    };
    Ok(Item {
        id,
        record: row.number("record", 1..=9_007_199_254_740_991)?,
        title,
        author: row.text("author", MAX_TEXT)?,
        isbn: isbn(&row.text("isbn", MAX_TEXT)?),
        call_number: row.text("call_number", MAX_TEXT)?,
        item_type: some(row.text("item_type", MAX_TEXT)?),
        branch: some(row.text("branch", MAX_TEXT)?),
        state,
        language: row.text("language", 3)?,
        shelf: row.text("shelf", MAX_TEXT)?,
        material: row.text("material", MAX_TEXT)?,
        added_on: row.day("added_on")?,
    })
}

fn patron(row: &Line<'_>, today: Date) -> Result<Patron, Refusal> {
    let id = PatronId::parse(&row.text("card", MAX_TEXT)?).map_err(|fault| {
        row.refuse(
            "card",
            format!("it is no card number: {fault}"),
            "a card number has letters, digits and ASCII signs",
        )
    })?;
    let name = row.text("name", MAX_TEXT)?;
    if name.is_empty() {
        return Err(row.refuse("name", "there is no name".to_owned(), "add it, or take the row out"));
    }
    let word = row.text("state", MAX_TEXT)?;
    let state = CardState::ALL.iter().find(|state| word == state.code() || word == state.name());
    let state = match (state, word.as_str()) {
        (Some(state), _) => *state,
        (None, "") => CardState::Valid,
        (None, _) => {
            let what = format!("{word:?} is no state of a card");
            return Err(row.refuse("state", what, "write 有效, 验证, 挂失, 暂停, 注销 or 信用有效"));
        }
    };
    let sex = match row.text("sex", MAX_TEXT)?.as_str() {
        "" | "未知" | "0" => "",
        "F" | "f" | "女" | "2" => "F",
        "M" | "m" | "男" | "1" => "M",
        _ => return Err(row.refuse("sex", "it is neither".to_owned(), "write 女, 男, or leave it empty")),
    };
    let (hash, clear) = (row.text("password_hash", MAX_TEXT)?, row.text("password", 128)?);
    let secret = match (hash.is_empty(), clear.is_empty()) {
        (false, _) if crate::password::is_hash(&hash) => Secret::Hash(hash),
        (false, _) => {
            return Err(row.refuse(
                "password_hash",
                "it is no hash of central's".to_owned(),
                "leave the column out",
            ));
        }
        (true, false) => Secret::Clear(clear),
        (true, true) => Secret::None,
    };
    let starts_on = row.day("starts_on")?.unwrap_or(today);
    let ends_on = row.day("ends_on")?.unwrap_or(date(2099, 12, 31));
    if ends_on < starts_on {
        let what = "the card ends before it begins".to_owned();
        return Err(row.refuse("ends_on", what, "mend one of the two days"));
    }
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Patron {
        id,
        name,
        patron_type: some(row.text("patron_type", MAX_TEXT)?),
        state: state.code(),
        starts_on,
        ends_on,
        deposit_fen: row.money("deposit")?,
        debt_fen: row.money("debt")?,
        secret,
        birth_year: row.birth_year()?,
        sex,
        issued_on: row.day("issued_on")?,
    })
}

impl Line<'_> {
    /// A cell; empty where there is no such column.
    fn text(&self, name: &'static str, max: usize) -> Result<String, Refusal> {
        let column = self.names.iter().position(|names| names.first() == Some(&name));
        let at = column.and_then(|column| self.columns.get(column).copied().flatten());
        let cell = at.and_then(|at| self.cells.get(at)).unwrap_or("");
        plain(cell, max).map_err(|what| self.refuse(name, format!("it {what}"), "mend the cell"))
    }

    fn number(
        &self,
        name: &'static str,
        within: core::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        let text = self.text(name, MAX_TEXT)?;
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse().ok().filter(|number| within.contains(number));
        let what = || format!("it is no number from {} to {}", within.start(), within.end());
        number.map(Some).ok_or_else(|| self.refuse(name, what(), "mend the cell, or leave it empty"))
    }

    fn day(&self, name: &'static str) -> Result<Option<Date>, Refusal> {
        let text = self.text(name, MAX_TEXT)?;
        if text.is_empty() {
            return Ok(None);
        }
        day(&text).map(Some).ok_or_else(|| {
            self.refuse(name, "it is no day".to_owned(), "write it as 2023-07-01, 2023/7/1 or 20230701")
        })
    }

    /// Of a whole date of birth only the year is kept.
    fn birth_year(&self) -> Result<Option<i16>, Refusal> {
        let text = self.text("birth_year", MAX_TEXT)?;
        if text.is_empty() {
            return Ok(None);
        }
        let year = if text.len() == 4 { text.parse().ok() } else { day(&text).map(Date::year) };
        let year = year.filter(|year| (1900..=2200).contains(year));
        year.map(Some).ok_or_else(|| {
            self.refuse(
                "birth_year",
                "it is no year from 1900 on".to_owned(),
                "write the year, or leave it empty",
            )
        })
    }

    /// Yuan with at most two places, as fen.
    fn money(&self, name: &'static str) -> Result<i64, Refusal> {
        let text = self.text(name, MAX_TEXT)?;
        if text.is_empty() {
            return Ok(0);
        }
        let (yuan, fen) = text.split_once('.').unwrap_or((&text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let amount = (is_digits(yuan) && is_digits(fen) && fen.len() <= 2 && (1..=9).contains(&yuan.len()))
            .then(|| format!("{yuan}{fen:0<2}").parse().ok())
            .flatten();
        amount.ok_or_else(|| self.refuse(name, "it is no amount in yuan".to_owned(), "write it as 12.50"))
    }

    fn refuse(&self, field: &str, what: String, advice: &'static str) -> Refusal {
        Refusal { place: self.place, field: field.to_owned(), what, advice }
    }
}

fn unreadable(fault: &csv::Error) -> Refusal {
    let at = fault.position();
    let place = Place {
        record: at.map_or(0, csv::Position::record),
        line: Some(at.map_or(1, csv::Position::line)),
        byte: at.map_or(0, csv::Position::byte),
    };
    let what = "the row cannot be read as CSV".to_owned();
    Refusal { place, field: String::new(), what, advice: "save the list as CSV with commas" }
}

/// A day in one of the ways in which lists write it; a time behind it is left away.
pub(super) fn day(text: &str) -> Option<Date> {
    let word = text.split([' ', 'T']).next().unwrap_or("");
    if word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |from: usize, to: usize| word.get(from..to)?.parse::<i16>().ok();
        return Date::new(part(0, 4)?, i8::try_from(part(4, 6)?).ok()?, i8::try_from(part(6, 8)?).ok()?).ok();
    }
    let parts: Vec<i16> = word.split(['-', '/', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year @ 1000..=9999, month, day] = parts[..] else { return None };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
