//! What is typed where nothing can be touched: one word for each touch.

use circulation::id::ShelfMark;
use circulation::screen::{Language, StocktakeTouch as Act, Touch};

/// What somebody says to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Something on the page was touched.
    Touch(Touch),
    /// The reader stands before the shelf with this mark.
    Shelf(ShelfMark),
}

/// The words that there are.
pub(super) const KNOWN: &str = "the words are: begin, pause, resume, shelf MARK, shelves, next, previous, find, found, skip, back, \
     tell, stop-telling, close, language zh|zh-tw|en";

/// A touch by its word.
pub(super) fn parse(line: &str) -> Option<Said> {
    let mut words = line.split_whitespace();
    let touch = match (words.next()?, words.next()) {
        ("begin", None) => Touch::Stocktake(Act::Begin),
        ("pause", None) => Touch::Stocktake(Act::Pause),
        ("resume", None) => Touch::Stocktake(Act::Resume),
        ("shelves", None) => Touch::Stocktake(Act::Shelves),
        ("find", None) => Touch::Stocktake(Act::Find),
        ("found", None) => Touch::Stocktake(Act::Found),
        ("skip", None) => Touch::Stocktake(Act::Skip),
        ("tell", None) => Touch::Stocktake(Act::Tell),
        ("stop-telling", None) => Touch::Stocktake(Act::StopTelling),
        ("close", None) => Touch::Stocktake(Act::Close),
        ("back", None) => Touch::Back,
        ("next", None) => Touch::Turn { next: true },
        ("previous", None) => Touch::Turn { next: false },
        ("language", Some("zh")) => Touch::Language(Language::Chinese),
        ("language", Some("zh-tw")) => Touch::Language(Language::Traditional),
        ("language", Some("en")) => Touch::Language(Language::English),
        ("shelf", Some(mark)) => return ShelfMark::parse(mark).ok().map(Said::Shelf),
        _ => return None,
    };
    words.next().is_none().then_some(Said::Touch(touch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_a_touch_and_nothing_else_is() {
        assert_eq!(parse("begin"), Some(Said::Touch(Touch::Stocktake(Act::Begin))));
        assert_eq!(parse(" shelf CJ-002 "), Some(Said::Shelf(ShelfMark::parse("CJ-002").unwrap())));
        assert_eq!(parse("language en"), Some(Said::Touch(Touch::Language(Language::English))));
        for wrong in
            ["", "start", "begin now", "shelf", "shelf A|B", "language", "language en now", "language fr"]
        {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
