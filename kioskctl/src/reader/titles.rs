//! Titles of items, from a file that any spreadsheet writes: `item,title` a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// Titles by item id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Titles(BTreeMap<String, String>);

impl Titles {
    pub(super) fn load(path: &Path) -> Result<Self, Failure> {
        let text =
            fs::read_to_string(path).map_err(|error| Failure::Titles { path: path.to_owned(), error })?;
        Ok(Self::parse(&text))
    }

    pub(super) fn of(&self, item: &str) -> Option<&str> {
        self.0.get(item).map(String::as_str)
    }

    /// Lines without a comma tell nothing; a heading is the title of an item that nobody has.
    fn parse(text: &str) -> Self {
        let rows = text.trim_start_matches('\u{FEFF}').lines().filter_map(|line| line.split_once(','));
        Self(rows.map(|(item, title)| (cell(item), cell(title))).collect())
    }
}

/// A cell without its quotes; what a terminal would obey is taken out.
fn cell(text: &str) -> String {
    let text = text.trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = bare.map_or_else(|| text.to_owned(), |bare| bare.replace("\"\"", "\""));
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_item_and_title() {
        let titles = Titles::parse(
            "\u{FEFF}item,title\r\nI1,红楼梦\n\"I2\",\"War, \"\"and\"\" peace\"\nnothing\nI3,\x1b[2J\n",
        );
        assert_eq!(titles.of("I1"), Some("红楼梦"));
        assert_eq!(titles.of("I2"), Some("War, \"and\" peace"));
        assert_eq!(titles.of("I3"), Some(" [2J"));
        assert_eq!(titles.of("nothing"), None);
    }
}
