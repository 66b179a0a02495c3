//! The list of what is expected, as CSV: the first row names the columns, in any order, in Chinese or English.

use std::path::Path;

use circulation::id::{ItemId, ShelfMark};
use circulation::policy::ItemState;
use circulation::stocktake::{Expected, Plan};
use csv::{ReaderBuilder, StringRecord};

use crate::StocktakeError;

/// Reads a list.
///
/// # Errors
/// [`StocktakeError::File`] if it cannot be read; [`StocktakeError::Plan`] with the first line that is wrong.
pub(crate) fn read(path: &Path) -> Result<Plan, StocktakeError> {
    let unreadable = |why: String| StocktakeError::File { path: path.to_owned(), why };
    let bytes = std::fs::read(path).map_err(|cause| unreadable(cause.to_string()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| unreadable("it is not UTF-8: save it as CSV in UTF-8".to_owned()))?;
    let expected =
        parse(&text).map_err(|(line, why)| StocktakeError::Plan { path: path.to_owned(), line, why })?;
    if expected.is_empty() {
        return Err(unreadable("it lists no item: there is nothing to count".to_owned()));
    }
    // Shelves in the order in which they come.
    let shelves: Vec<ShelfMark> = expected.iter().filter_map(|item| item.shelf.clone()).collect();
    Ok(Plan::new(shelves, expected))
}

/// The items of a list, or the line that is wrong and why.
fn parse(text: &str) -> Result<Vec<Expected>, (u64, String)> {
    let mut reader =
        ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let bad = |fault: csv::Error| {
        let line = fault.position().map_or(1, csv::Position::line);
        (line, fault.to_string())
    };
    let columns = Columns::of(reader.headers().map_err(bad)?).map_err(|why| (1, why))?;
    let mut items = Vec::new();
    for row in reader.records() {
        let row = row.map_err(bad)?;
        let line = row.position().map_or(0, csv::Position::line);
        items.push(columns.item(&row).map_err(|why| (line, why))?);
    }
    Ok(items)
}

/// Where each column stands.
struct Columns {
    item: usize,
    call_number: Option<usize>,
    shelf: Option<usize>,
    state: Option<usize>,
}

impl Columns {
    fn of(head: &StringRecord) -> Result<Self, String> {
        let at = |names: &[&str]| {
            head.iter().position(|cell| names.contains(&cell.trim().to_lowercase().as_str()))
        };
        let item = at(ITEM).ok_or("there is no column barcode (条码)")?;
        Ok(Self { item, call_number: at(CALL_NUMBER), shelf: at(SHELF), state: at(STATE) })
    }

    fn item(&self, row: &StringRecord) -> Result<Expected, String> {
        let cell =
            |at: Option<usize>| at.and_then(|at| row.get(at)).map(str::trim).filter(|cell| !cell.is_empty());
        let barcode = cell(Some(self.item)).ok_or("there is no barcode")?;
        let item = ItemId::parse(barcode).map_err(|fault| format!("{barcode:?} is no barcode: {fault}"))?;
        let shelf = cell(self.shelf)
            .map(|mark| ShelfMark::parse(mark).map_err(|fault| format!("{mark:?} is no shelf mark: {fault}")))
            .transpose()?;
        let state = cell(self.state).map_or(Ok(ItemState::Free), state)?;
        Ok(Expected { item, call_number: cell(self.call_number).map(str::to_owned), shelf, state })
    }
}

fn state(word: &str) -> Result<ItemState, String> {
    match word.to_lowercase().as_str() {
        "free" | "available" | "在馆" => Ok(ItemState::Free),
        "on-loan" | "loaned" | "借出" => Ok(ItemState::OnLoan),
        "held" | "预约" => Ok(ItemState::Held),
        "not-for-loan" | "不外借" => Ok(ItemState::NotForLoan),
        _ => {
            Err(format!("{word:?} is no state: write free, on-loan, held or not-for-loan, or leave it empty"))
        }
    }
}

const ITEM: &[&str] = &["barcode", "item", "条码", "条码号", "图书条码", "馆藏条码", "登录号"];
const CALL_NUMBER: &[&str] = &["call_number", "callno", "索书号"];
const SHELF: &[&str] = &["shelf", "shelfno", "架位", "层架标", "架位号"];
const STATE: &[&str] = &["state", "状态"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_either_language_and_any_order() {
        let text = "\u{FEFF}架位,条码,索书号,状态,题名\nCJ-001,LW1,I242.4/12,,红楼梦\nCJ-002,LW2,,借出,西游记\n,LW3,,,\n";
        let items = parse(text).unwrap();
        let told: Vec<_> = items
            .iter()
            .map(|item| (item.item.as_str(), item.shelf.as_ref().map(ShelfMark::as_str), item.state))
            .collect();
        assert_eq!(
            told,
            [
                ("LW1", Some("CJ-001"), ItemState::Free),
                ("LW2", Some("CJ-002"), ItemState::OnLoan),
                ("LW3", None, ItemState::Free)
            ]
        );
        assert_eq!(items[0].call_number.as_deref(), Some("I242.4/12"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, why) in [
            ("title,shelf\n", 1, "no column barcode"),
            ("barcode\nLW1\n条码\n", 3, "is no barcode"),
            ("barcode,shelf\nLW1,A|B\n", 2, "is no shelf mark"),
            ("barcode,state\nLW1,gone\n", 2, "write free, on-loan"),
            ("barcode,state\n,free\n", 2, "no barcode"),
        ] {
            let (at, told) = parse(text).unwrap_err();
            assert!(at == line && told.contains(why), "{text:?}: line {at}: {told}");
        }
    }
}
