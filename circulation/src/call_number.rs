//! Call numbers (索书号) and the order in which they stand on a shelf.
//!
//! ```text
//!   K835.617=43 / S894 - 2 (14)          R711(711)   TP312C   I247.57
//!   └─ class ─┘   └─ book number ─┘      class: 中图法 (CLC), digit by digit, left to right
//!                                        book number: 种次号 as a number, author number (Cutter) as a decimal
//! ```
//! Parts are separated by `/`, by spaces, or by a dot before a letter (`TR647.W44`); what has fewer parts stands first.
//!
//! - **Class**: digits compare one by one, as decimals; the dots in it only help the eye. Where one class ends, it stands
//!   before all that go on. What goes on with a sign stands before what goes on with a digit, and that before a letter. The
//!   signs: `-` `( )` `" "` `=` `< >` `:` `+`.
//! - **Book number**: a number that stands alone is a serial number (种次号): 6 before 11. Digits right after a letter are an
//!   author number: E36 before E4. A letter behind them tells works of one author apart: A .. Z, then AA. Then come, each
//!   with numbers, the work's own volumes `(2)` `:2` `.2`, its editions `=2`, and the author's next work `-2`.
//!
//! **Rule**: the order is total, and two call numbers are equal only if their texts are. Any text is one.
//!
//! # Spec
//! Signs {#clc.signs} and the comparison from left to right {#clc.class}: 中国图书馆分类法, fifth edition, 使用手册 pp. 82-83,
//! as dp2 quotes it. Cutter numbers {#cutter.decimal}: Yale University Library, "Shelflist order". Serial numbers
//! {#clc.serial}: PLMS, "通过索书号排架和定位图书". No source was found for editions (`=2`) in a book number and for a letter
//! against a digit behind a class (`TP312C`, `TP312.8`): those are a choice of ours.

use core::cmp::Ordering;
use core::fmt;

use crate::search::narrow;

mod key;

/// A call number, ready to be compared.
#[derive(Clone)]
pub struct CallNumber {
    text: Box<str>,
    key: Box<[u8]>,
}

impl CallNumber {
    /// Takes the text as it stands on the spine or in the catalogue; case and width make no difference to its place.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let narrow: Vec<char> = text.chars().map(|c| plain(c).to_ascii_uppercase()).collect();
        Self { text: text.into(), key: key::of(&narrow) }
    }

    /// The text as it was given, without spaces around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether another one begins with this one, part by part: `I24` heads `I247.5/12`, `I247.5/1` does not.
    #[must_use]
    pub fn heads(&self, other: &Self) -> bool {
        other.key.starts_with(&self.key)
    }

    /// Whether it stands on a shelf that reaches from one call number to another; what `to` heads stands there too.
    #[must_use]
    pub fn is_between(&self, from: &Self, to: &Self) -> bool {
        from.key <= self.key && (self.key <= to.key || to.heads(self))
    }
}

impl PartialEq for CallNumber {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for CallNumber {}

impl PartialOrd for CallNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CallNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then_with(|| self.text.cmp(&other.text))
    }
}

impl fmt::Display for CallNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for CallNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// Signs as catalogues in Chinese write them, in the form of the classification.
fn plain(character: char) -> char {
    match narrow(character) {
        '〈' | '《' | '‹' => '<',
        '〉' | '》' | '›' => '>',
        '“' | '”' | '„' => '"',
        '–' | '—' | '−' => '-',
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests;
