//! `kioskctl reader list`: what lies there, once; a box of books for a transfer sheet, counted against what is declared.

use std::collections::BTreeMap;

use rfid_driver::data::{TagData, Usage};
use rfid_driver::port::{self, Arrival};
use serde_json::json;

use super::session::Session;
use super::stack::{Place, Stack};
use super::{line, runtime};
use crate::arguments::{LineArguments, ListTagsArguments};
use crate::failure::Failure;
use crate::{Outcome, say};

/// What a stack comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// items, and how many tags carry each
    pub(crate) items: BTreeMap<String, usize>,
    /// tags that are no item's, by what they are
    others: BTreeMap<&'static str, usize>,
}

/// Reads the whole stack, prints a barcode a line, and says what is odd about it.
///
/// # Errors
/// [`Failure`] if the reader does not answer or the pad does not settle.
pub(crate) fn run(arguments: &ListTagsArguments) -> Result<Outcome, Failure> {
    let contents = read(&arguments.line)?;
    let odd = contents.odd(arguments.expect);
    if arguments.json {
        let items: Vec<&String> = contents.items.keys().collect();
        say(&format!("{}\n", json!({ "items": items, "expected": arguments.expect, "odd": odd })))?;
    } else {
        let lines: String = contents.items.keys().map(|item| format!("{item}\n")).collect();
        say(&lines)?;
        tell(&odd);
    }
    Ok(if odd.is_empty() { Outcome::Good } else { Outcome::Bad })
}

/// Reads the whole stack once.
///
/// # Errors
/// [`Failure`] if the reader does not answer or the pad does not settle.
pub(crate) fn read(arguments: &LineArguments) -> Result<Contents, Failure> {
    let config = line(arguments)?.port;
    let place = Place::of(&config);
    let stack = runtime()?.block_on(async {
        port::open_check(&config).await?;
        let mut session = Session::start(config);
        let stack = Stack::wait(&mut session, &place).await;
        session.end().await;
        stack
    })?;
    Ok(Contents::of(&stack.arrivals))
}

impl Contents {
    fn of(arrivals: &[Arrival]) -> Self {
        let mut contents = Self::default();
        for arrival in arrivals {
            let other = match &arrival.data {
                TagData::Library(tag) if tag.usage.is_some_and(Usage::is_patron_card) => {
                    "读者证 patrons' cards"
                }
                TagData::Library(tag) => {
                    // Further parts of a set carry the same number, as they should.
                    let n = usize::from(tag.set.is_none_or(|set| set.part <= 1));
                    *contents.items.entry(tag.primary_item_id.clone()).or_default() += n;
                    continue;
                }
                TagData::Damaged { .. } => "读不出 unreadable tags",
                TagData::Blank => "空白 blank tags",
                TagData::Foreign => "外来 foreign tags",
            };
            *contents.others.entry(other).or_default() += 1;
        }
        contents
    }

    /// What is not as it should be, a line each.
    pub(crate) fn odd(&self, expected: Option<usize>) -> Vec<String> {
        let n = self.items.len();
        let count = expected.filter(|expected| *expected != n);
        let count = count.map(|expected| format!("数目不符 declared {expected}, read {n}"));
        let doubled = self.items.iter().filter(|(_, n)| **n > 1);
        let doubled = doubled.map(|(item, n)| format!("{item}: {n} 个标签同号 tags with one number"));
        let others = self.others.iter().map(|(what, n)| format!("{n} {what}"));
        count.into_iter().chain(doubled).chain(others).collect()
    }
}

/// Beside the list, which goes into a file or onto a page.
#[expect(clippy::print_stderr, reason = "what is odd about a list is not in it")]
fn tell(odd: &[String]) {
    for line in odd {
        eprintln!("kioskctl: {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(items: &[(&str, usize)], others: &[(&'static str, usize)]) -> Contents {
        Contents {
            items: items.iter().map(|(item, n)| ((*item).to_owned(), *n)).collect(),
            others: others.iter().copied().collect(),
        }
    }

    #[test]
    fn a_box_is_as_declared_or_it_is_said_what_is_not() {
        let box_ = contents(&[("LW1", 1), ("LW2", 1)], &[]);
        assert!(box_.odd(None).is_empty() && box_.odd(Some(2)).is_empty());
        assert_eq!(box_.odd(Some(3)), ["数目不符 declared 3, read 2"]);
        let odd = contents(&[("LW1", 2)], &[("空白 blank tags", 1)]);
        assert_eq!(odd.odd(Some(1)), ["LW1: 2 个标签同号 tags with one number", "1 空白 blank tags"]);
    }
}
