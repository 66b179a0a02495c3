//! The list of a batch: what is to be written, in the order of the shelves or however it was made.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rfid_driver::data::SetInfo;

use super::batch::Key;
use crate::arguments::SetArgument;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: Key,
    /// for the eye
    pub(super) title: Option<String>,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListFailure {
    /// It cannot be read.
    #[error("--list {}: {why}", .path.display())]
    File {
        /// the file
        path: PathBuf,
        /// why
        why: String,
    },
    /// The report cannot be written.
    #[error("--csv {}: {why}", .path.display())]
    Report {
        /// the file
        path: PathBuf,
        /// why
        why: String,
    },
    /// A row is wrong.
    #[error("--list {}, line {line}: {why}", .path.display())]
    Row {
        /// the file
        path: PathBuf,
        /// which line
        line: u64,
        /// why
        why: String,
    },
}

/// Reads a list: CSV with a column `barcode`, and if wanted `set` (1/2) and `title`.
///
/// # Errors
/// [`ListFailure`]: the first thing that is wrong.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, ListFailure> {
    let failed = |why: String| ListFailure::File { path: path.to_owned(), why };
    let mut text = String::new();
    let mut file = std::fs::File::open(path).map_err(|cause| failed(cause.to_string()))?;
    file.read_to_string(&mut text).map_err(|cause| failed(format!("{cause}; is it UTF-8?")))?;
    parse(&text).map_err(|(line, why)| match line {
        0 => failed(why),
        line => ListFailure::Row { path: path.to_owned(), line, why },
    })
}

/// The rows, or the line (0: all of it) and what is wrong.
fn parse(text: &str) -> Result<Vec<Row>, (u64, String)> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|cause| (1, cause.to_string()))?.clone();
    let column = |known: &[&str]| names.iter().position(|name| known.contains(&name));
    let (set, title) = (column(&["set"]), column(&["title", "题名"]));
    let barcode = column(&["barcode", "条码"]);
    let barcode = barcode.ok_or_else(|| (0, "its first line names no column barcode".to_owned()))?;
    let mut lines: BTreeMap<Key, u64> = BTreeMap::new();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|cause| (cause.position().map_or(0, csv::Position::line), cause.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
        let item = item(cell(Some(barcode)).unwrap_or_default()).map_err(|why| (line, why))?;
        let set = cell(set).map(str::parse::<SetArgument>).transpose();
        let set = set.map_err(|why| (line, format!("set: {why}")))?;
        let key = Key { item, set: set.map(|SetArgument(SetInfo { part, of })| (part, of)) };
        if let Some(first) = lines.insert(key.clone(), line) {
            return Err((line, format!("{key} stands in line {first} already: one tag for each")));
        }
        rows.push(Row { key, title: cell(title).map(str::to_owned) });
    }
    if rows.is_empty() { Err((0, "there is no row in it".to_owned())) } else { Ok(rows) }
}

/// A barcode as a scanner or a list has it.
///
/// # Errors
/// Why it is none.
pub(super) fn item(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_barcode =
        (1..=MAX_BARCODE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_barcode {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is no barcode: 1 to {MAX_BARCODE} letters, digits and signs without a space"))
    }
}

/// More than any layout holds.
const MAX_BARCODE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_mistakes_are_named() {
        let rows = parse("\u{FEFF}title,barcode,set\n呐喊,LW1,\n,LW2,1/2\n,LW2,2/2\n").unwrap();
        let shown: Vec<String> = rows.iter().map(|row| row.key.to_string()).collect();
        assert_eq!(
            (shown, rows[0].title.as_deref()),
            (vec!["LW1".into(), "LW2 (1/2)".into(), "LW2 (2/2)".into()], Some("呐喊"))
        );
        for (text, line, why) in [
            ("", 0, "names no column barcode"),
            ("barcode\n", 0, "no row"),
            ("item\nLW1\n", 0, "names no column barcode"),
            ("barcode\nLW1\nLW2\nLW1\n", 4, "LW1 stands in line 2 already"),
            ("barcode\nLW 1\n", 2, "\"LW 1\" is no barcode"),
            ("barcode,set\nLW1,3/2\n", 2, "set: write the part"),
        ] {
            let (at, told) = parse(text).unwrap_err();
            assert!(at == line && told.contains(why), "{text:?}: line {at}, {told}");
        }
    }
}
