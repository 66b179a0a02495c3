//! A title as words of an index, and a question as what to look up in one: for catalogues that are too many to look through.
//!
//! ```text
//!   红楼梦 曹雪芹   ──words_of──▶ 红楼 楼梦 梦 ·gl ·hl ·lm ·m ¤曹雪 ¤雪芹 ¤芹 ¤·cx ¤·xq ¤·q
//!   hlm            ──ask──────▶ (hlm…) or (·hl and ·lm) or (¤hlm…) or ..
//! ```
//! Chinese is not cut into words: two characters that stand side by side are one word of the index, and so are their
//! initials by any reading. Other scripts have words of their own, and are found by how a word begins. A sign before a word
//! says what it is of: nothing the title, `¤` the author, `§` the subject, `¶` the publisher, `±` the ISBN, `¬` the class;
//! `·` marks initials.
//!
//! **Rules**: a word has letters and digits, and signs that are not ASCII: an index may take it apart at any other. What is
//! asked is bounded as in [`super`]. More may be found than fits (红楼 and 楼梦, apart): [`super::Terms`] tells.

use std::collections::BTreeSet;

use super::pattern::fold;
use super::{MAX_TEXT, MAX_WORDS, class, isbn13};
use crate::keyboard::pinyin::{SYLLABLES, readings, segments};

/// What there is to know of one copy of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Described<'a> {
    /// title
    pub title: &'a str,
    /// author
    pub author: &'a str,
    /// subject
    pub subject: &'a str,
    /// publisher
    pub publisher: &'a str,
    /// ISBN
    pub isbn: &'a str,
    /// call number or class
    pub class: &'a str,
}

/// Where a question is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// everywhere but in the publisher
    Any,
    /// the title
    Title,
    /// the author
    Author,
    /// the subject
    Subject,
    /// the publisher
    Publisher,
    /// how the ISBN begins
    Isbn,
    /// how the class or call number begins
    Class,
}

/// A word to look up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sought {
    /// the word
    pub word: String,
    /// whether any word that begins so will do
    pub is_beginning: bool,
}

/// One way in which a word of a question may stand in a title: all of these.
pub type Way = Vec<Sought>;

/// Adds the words of a copy.
pub fn words_of(described: &Described<'_>, out: &mut BTreeSet<String>) {
    let Described { title, author, subject, publisher, isbn, class } = described;
    for (mark, text) in [(TITLE, title), (AUTHOR, author)] {
        for run in runs(text) {
            pairs(mark, &run, out);
            out.extend(initials(mark, &run));
        }
    }
    for (mark, text) in [(SUBJECT, subject), (PUBLISHER, publisher)] {
        for run in runs(text) {
            pairs(mark, &run, out);
        }
    }
    out.extend(isbn13(isbn).map(|number| format!("{ISBN}{number:013}")));
    let marked = [(ISBN, compact(isbn)), (CLASS, dotted(class))];
    out.extend(
        marked.into_iter().filter(|(_, text)| !text.is_empty()).map(|(mark, text)| mark.to_owned() + &text),
    );
}

/// What to look up: each word of the question in one of its ways. Nothing: the question has no word, and finds nothing.
#[must_use]
pub fn ask(part: Part, text: &str) -> Vec<Vec<Way>> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect();
    if part == Part::Isbn {
        return number(&text).into_iter().collect();
    }
    if part == Part::Class {
        let class = dotted(&text);
        return if class.is_empty() { Vec::new() } else { vec![vec![vec![beginning(CLASS, &class)]]] };
    }
    let words = text.split_whitespace().take(MAX_WORDS).map(|word| ways(part, word));
    let all: Vec<Vec<Way>> = words.filter(|ways| !ways.is_empty()).collect();
    // An ISBN with spaces in it is one number.
    match number(&text).filter(|_| part == Part::Any && all.len() > 1 && looks_like_isbn(&text)) {
        Some(ways) => vec![ways],
        None => all,
    }
}

fn ways(part: Part, word: &str) -> Vec<Way> {
    let marks: &[&str] = match part {
        Part::Any => &[TITLE, AUTHOR, SUBJECT],
        Part::Title => &[TITLE],
        Part::Author => &[AUTHOR],
        Part::Subject => &[SUBJECT],
        Part::Publisher => &[PUBLISHER],
        Part::Isbn | Part::Class => &[],
    };
    let runs = runs(word);
    let mut ways: Vec<Way> = Vec::new();
    for mark in marks {
        let way: Way = runs.iter().flat_map(|run| as_it_stands(mark, run)).collect();
        if !way.is_empty() {
            ways.push(way);
        }
        if let ([Run::Word(letters)], TITLE | AUTHOR) = (runs.as_slice(), *mark) {
            ways.extend(by_pinyin(letters).iter().map(|initials| as_initials(mark, initials)));
        }
    }
    if part == Part::Any {
        ways.extend(number(word).filter(|_| looks_like_isbn(word)).into_iter().flatten());
        ways.extend(class::of_code(word).map(|code| vec![beginning(CLASS, &dotted(&code))]));
    }
    ways
}

/// What stands together in a text: characters that are no words, or a word.
enum Run {
    Characters(Vec<char>),
    Word(String),
}

fn runs(text: &str) -> Vec<Run> {
    let mut folded = Vec::new();
    fold(text, &mut folded);
    let mut all: Vec<Run> = Vec::new();
    for part in String::from_utf16_lossy(&folded).split(' ') {
        let mut is_first = true;
        for c in part.chars() {
            match (all.last_mut(), c >= FIRST_OF_EAST) {
                // 《红楼梦》, 三国: signs between characters are not typed.
                (Some(Run::Characters(run)), true) => run.push(c),
                (Some(Run::Word(run)), false) if !is_first => run.push(c),
                (_, true) => all.push(Run::Characters(vec![c])),
                (_, false) => all.push(Run::Word(c.to_string())),
            }
            is_first = false;
        }
    }
    all
}

/// Each two characters that stand side by side, and the last alone; or the word.
fn pairs(mark: &str, run: &Run, out: &mut BTreeSet<String>) {
    match run {
        Run::Word(word) => {
            out.insert(cut(mark, word));
        }
        Run::Characters(run) => {
            for at in 0..run.len() {
                out.insert(mark.chars().chain(run.iter().skip(at).take(2).copied()).collect());
            }
        }
    }
}

fn initials(mark: &str, run: &Run) -> Vec<String> {
    let Run::Characters(run) = run else { return Vec::new() };
    let read: Vec<BTreeSet<char>> = run.iter().map(|c| firsts(*c)).collect();
    let mut words = Vec::new();
    for (at, first) in read.iter().enumerate() {
        let next = read.get(at + 1).filter(|next| !next.is_empty());
        for one in first {
            match next {
                Some(next) => words.extend(next.iter().map(|two| format!("{mark}{PINYIN}{one}{two}"))),
                None => words.push(format!("{mark}{PINYIN}{one}")),
            }
        }
    }
    words
}

/// With which letters the readings of a character begin.
fn firsts(character: char) -> BTreeSet<char> {
    let unit = u16::try_from(u32::from(character)).unwrap_or_default();
    let syllables = readings(unit).filter_map(|syllable| SYLLABLES.get(usize::from(syllable)));
    syllables.filter_map(|syllable| syllable.chars().next()).collect()
}

fn as_it_stands(mark: &str, run: &Run) -> Way {
    match run {
        Run::Word(word) => vec![Sought { word: cut(mark, word), is_beginning: true }],
        Run::Characters(run) if run.len() == 1 => {
            vec![beginning(mark, &run.iter().collect::<String>())]
        }
        Run::Characters(run) => {
            let pair = |pair: &[char]| Sought {
                word: mark.chars().chain(pair.iter().copied()).collect(),
                is_beginning: false,
            };
            run.windows(2).map(pair).collect()
        }
    }
}

fn as_initials(mark: &str, initials: &[char]) -> Way {
    let pair = |pair: &[char]| Sought {
        word: mark.chars().chain(PINYIN.chars()).chain(pair.iter().copied()).collect(),
        is_beginning: false,
    };
    initials.windows(2).map(pair).collect()
}

/// The initials that letters may stand for: themselves, and those of the syllables that they spell, the longest first.
fn by_pinyin(letters: &str) -> BTreeSet<Vec<char>> {
    let bytes = letters.as_bytes();
    let mut found = BTreeSet::new();
    if !(2..=MAX_LETTERS).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_lowercase) {
        return found;
    }
    found.insert(letters.chars().collect());
    // Ways by the number of their syllables: those of few syllables take more letters at once.
    let mut begun: Vec<(usize, Vec<char>)> = vec![(0, Vec::new())];
    while !begun.is_empty() && found.len() < MAX_WAYS {
        let mut longer = Vec::new();
        for (at, initials) in begun {
            let rest = bytes.get(at..).unwrap_or_default();
            for segment in segments(rest, true) {
                let mut initials = initials.clone();
                initials.extend(rest.first().map(|first| char::from(*first)));
                match rest.len() == segment.len {
                    true if initials.len() > 1 && found.len() < MAX_WAYS => {
                        found.insert(initials);
                    }
                    true => {}
                    false => longer.push((at + segment.len, initials)),
                }
            }
        }
        longer.sort();
        longer.dedup();
        longer.truncate(MAX_BEGUN);
        begun = longer;
    }
    found
}

/// An ISBN or how it begins; one of 10 digits also as its 13.
fn number(text: &str) -> Option<Vec<Way>> {
    let digits = compact(text);
    if digits.is_empty() {
        return None;
    }
    let mut ways = vec![vec![beginning(ISBN, &digits)]];
    if let Some(number) =
        isbn13(text).map(|number| format!("{number:013}")).filter(|number| *number != digits)
    {
        ways.push(vec![beginning(ISBN, &number)]);
    }
    Some(ways)
}

fn looks_like_isbn(text: &str) -> bool {
    let digits = compact(text);
    digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x')
}

/// Letters and digits alone.
fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(MAX_WORD).map(|c| c.to_ascii_lowercase()).collect()
}

/// Letters and digits, all else as one sign for each.
fn dotted(text: &str) -> String {
    let mut lower = text.trim().chars().flat_map(char::to_lowercase).take(MAX_WORD).collect::<String>();
    if lower.chars().all(|c| !c.is_alphanumeric()) {
        lower.clear();
    }
    lower.chars().map(|c| if c.is_alphanumeric() { c } else { '‧' }).collect()
}

fn beginning(mark: &str, text: &str) -> Sought {
    Sought { word: mark.to_owned() + text, is_beginning: true }
}

fn cut(mark: &str, word: &str) -> String {
    mark.chars().chain(word.chars().take(MAX_WORD)).collect()
}

const TITLE: &str = "";
const AUTHOR: &str = "¤";
const SUBJECT: &str = "§";
const PUBLISHER: &str = "¶";
const ISBN: &str = "±";
const CLASS: &str = "¬";
const PINYIN: &str = "·";

/// From here on scripts put no spaces between words: radicals, kana, ideographs, hangul.
const FIRST_OF_EAST: char = '\u{2e80}';
/// Characters of a word that are kept.
const MAX_WORD: usize = 40;
/// Letters that are read as pinyin.
const MAX_LETTERS: usize = 24;
/// Ways to read them.
const MAX_WAYS: usize = 6;
/// Beginnings that are followed at once.
const MAX_BEGUN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn words(described: Described<'_>) -> String {
        let mut words = BTreeSet::new();
        words_of(&described, &mut words);
        words.into_iter().collect::<Vec<_>>().join(" ")
    }

    fn shown(part: Part, text: &str) -> String {
        let word = |sought: &Sought| format!("{}{}", sought.word, if sought.is_beginning { "…" } else { "" });
        let way = |way: &Way| way.iter().map(word).collect::<Vec<_>>().join("&");
        let ways = |ways: &Vec<Way>| ways.iter().map(way).collect::<Vec<_>>().join(" | ");
        ask(part, text).iter().map(ways).collect::<Vec<_>>().join(" ; ")
    }

    #[test]
    fn a_title_is_its_pairs_its_initials_and_its_words() {
        let title = |title| words(Described { title, ..Described::default() });
        assert_eq!(title("红楼梦"), "·gl ·hl ·lm ·m 梦 楼梦 红楼");
        assert_eq!(title("《三国》：上"), "·gs ·s ·sg 三国 上 国上");
        assert_eq!(title("重"), "·c ·z 重");
        assert_eq!(title("C 程序 in 21 days"), "21 c days in ·cx ·x 序 程序");
        assert_eq!(title("％_'\" --"), "");
        let all =
            Described {
                author: "曹雪芹", isbn: "7-02-000220-X", class: "I242.4/47", ..Described::default()
            };
        assert_eq!(words(all), "¤·cx ¤·q ¤·xq ¤曹雪 ¤芹 ¤雪芹 ¬i242‧4‧47 ±702000220x ±9787020002207");
    }

    #[test]
    fn a_question_is_all_of_its_words_in_any_of_their_ways() {
        for (part, text, expected) in [
            (Part::Title, "红楼梦", "红楼&楼梦"),
            (Part::Title, "梦", "梦…"),
            (Part::Author, "曹 雪芹", "¤曹… ; ¤雪芹"),
            (Part::Title, "hlm", "hlm… | ·hl&·lm"),
            (Part::Title, "zhg", "zhg… | ·zg | ·zh&·hg"),
            (Part::Publisher, "人民文学", "¶人民&¶民文&¶文学"),
            (Part::Isbn, "978-7-02", "±978702…"),
            (Part::Isbn, "7-02-000220-X", "±702000220x… | ±9787020002207…"),
            (Part::Class, "I242.4", "¬i242‧4…"),
            (Part::Title, "% _ ' \" ) OR", "or… | ·or"),
            (Part::Title, "％", ""),
            (Part::Class, "--", ""),
            (Part::Any, "红楼", "红楼 | ¤红楼 | §红楼"),
        ] {
            assert_eq!(shown(part, text), expected, "{text}");
        }
        assert!(shown(Part::Title, "honglou").contains("| ·hl |"), "{}", shown(Part::Title, "honglou"));
        assert!(shown(Part::Any, "978 7020 0022 07").starts_with("±9787020002207"));
        assert!(shown(Part::Any, "TP311").ends_with("¬tp311…"));
    }

    /// Whatever is typed: few words, of letters, digits and signs that no index takes apart.
    #[test]
    fn what_is_asked_is_bounded_and_harmless() {
        for text in
            ["xianxianxianxianxianxian", &"ab ".repeat(100), &"龍".repeat(300), "a\0b\u{ad}c\"'\\:*&|!()<>"]
        {
            for part in [Part::Any, Part::Title, Part::Isbn, Part::Class] {
                let all: Vec<Sought> = ask(part, text).into_iter().flatten().flatten().collect();
                assert!(all.len() < 600, "{}", all.len());
                let is_harmless = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii();
                assert!(all.iter().all(|sought| sought.word.chars().all(is_harmless)), "{all:?}");
            }
        }
    }
}
