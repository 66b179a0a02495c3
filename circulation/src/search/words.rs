//! A title as words of an index, and a question as what to look up in one: for catalogues that are too many to look through.
//!
//! ```text
//!   红楼 曹雪   ──words_of──▶ 红楼 红 楼 ·gl ·hl ·gong·lou ·hong·lou ¤曹雪 ¤曹 ¤雪 ¤·cx ¤·cao·xue
//!   hlmz       ──ask──────▶ (hlmz…) or (·hlm and ·lmz) or (¤hlmz…) or ..
//!   honglou    ──ask──────▶ (honglou…) or (·hong·lou…) or ..
//! ```
//! Chinese is not cut into words: a character is a word of the index, two that stand side by side are one, and so are their
//! syllables, and the initials of two and of three by any reading: of two alone, thousands of titles have each. Other scripts have words of their own, and are found by how a word
//! begins. A sign before a word says what it is of: nothing the title, `¤` the author, `§` the subject, `¶` the publisher,
//! `±` the ISBN, `¬` the class; `·` marks syllables and initials.
//!
//! **Rules**: a word has letters and digits, and signs that are not ASCII: an index may take it apart at any other. What is
//! asked is bounded as in [`super`]. More may be found than fits (红楼 and 楼梦, apart): [`super::Terms`] tells.

use std::collections::BTreeSet;

use super::pattern::fold;
use super::{MAX_TEXT, MAX_WORDS, class, isbn13};
use crate::keyboard::pinyin::{Kind, SYLLABLES, readings, segments};

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
            sounds(mark, &run, out);
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
            ways.extend(by_pinyin(letters).iter().map(|heard| as_sounds(mark, heard)));
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

/// Each character, and each two that stand side by side; or the word.
fn pairs(mark: &str, run: &Run, out: &mut BTreeSet<String>) {
    match run {
        Run::Word(word) => {
            out.insert(cut(mark, word));
        }
        Run::Characters(run) => {
            for characters in run.windows(1).chain(run.windows(2)) {
                out.insert(mark.chars().chain(characters.iter().copied()).collect());
            }
        }
    }
}

/// Of each two characters that stand side by side the syllables, and the initials, by any of their readings; of each three
/// the initials.
fn sounds(mark: &str, run: &Run, out: &mut BTreeSet<String>) {
    let Run::Characters(run) = run else { return };
    let read: Vec<Vec<&str>> = run.iter().map(|c| syllables(*c).collect()).collect();
    for pair in read.windows(2) {
        let [one, two] = pair else { continue };
        for (one, two) in one.iter().flat_map(|one| two.iter().map(move |two| (*one, *two))) {
            out.insert(format!("{mark}{PINYIN}{one}{PINYIN}{two}"));
            out.insert(format!("{mark}{PINYIN}{}{}", initial(one), initial(two)));
        }
    }
    let begun: Vec<BTreeSet<&str>> =
        read.iter().map(|syllables| syllables.iter().map(|syllable| initial(syllable)).collect()).collect();
    for three in begun.windows(3) {
        let [one, two, three] = three else { continue };
        for (one, two) in one.iter().flat_map(|one| two.iter().map(move |two| (one, two))) {
            out.extend(three.iter().map(|three| format!("{mark}{PINYIN}{one}{two}{three}")));
        }
    }
}

/// How a character may be read.
fn syllables(character: char) -> impl Iterator<Item = &'static str> {
    let unit = u16::try_from(u32::from(character)).unwrap_or_default();
    readings(unit).filter_map(|syllable| SYLLABLES.get(usize::from(syllable)).copied())
}

fn initial(syllable: &str) -> &str {
    syllable.get(..1).unwrap_or_default()
}

fn as_it_stands(mark: &str, run: &Run) -> Way {
    match run {
        Run::Word(word) => vec![Sought { word: cut(mark, word), is_beginning: true }],
        Run::Characters(run) => {
            let word = |characters: &[char]| Sought {
                word: mark.chars().chain(characters.iter().copied()).collect(),
                is_beginning: false,
            };
            run.windows(run.len().min(2)).map(word).collect()
        }
    }
}

/// What letters say of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Heard<'a> {
    /// its syllable
    Whole(&'static str),
    /// how its syllable begins
    Begun(&'a str),
}

impl<'a> Heard<'a> {
    fn letters(self) -> &'a str {
        match self {
            Self::Whole(letters) => letters,
            Self::Begun(letters) => letters,
        }
    }
}

/// Two syllables are looked up as such if the first is whole. Of one that has only begun the initials are looked up, with
/// those of its neighbours as far as there are three, so that more is found than fits.
fn as_sounds(mark: &str, heard: &[Heard<'_>]) -> Way {
    let mut way = Way::new();
    for (at, pair) in heard.windows(2).enumerate() {
        let [one, two] = pair else { continue };
        let sought = match one {
            Heard::Whole(one) => Sought {
                word: format!("{mark}{PINYIN}{one}{PINYIN}{}", two.letters()),
                is_beginning: matches!(two, Heard::Begun(_)),
            },
            Heard::Begun(_) => {
                // The last two are looked up with the one before them.
                let from = at.min(heard.len().saturating_sub(3));
                let begun = heard.iter().skip(from).take(3).map(|heard| initial(heard.letters()));
                Sought { word: format!("{mark}{PINYIN}{}", begun.collect::<String>()), is_beginning: false }
            }
        };
        if way.last() != Some(&sought) {
            way.push(sought);
        }
    }
    way
}

/// What letters may stand for: each for an initial, and the syllables that they spell, the longest first.
fn by_pinyin(letters: &str) -> BTreeSet<Vec<Heard<'_>>> {
    let mut found = BTreeSet::new();
    if !(2..=MAX_LETTERS).contains(&letters.len()) || !letters.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return found;
    }
    // No syllable begins with any of these.
    if !letters.contains(['i', 'u', 'v']) {
        found.insert((0..letters.len()).filter_map(|at| letters.get(at..=at)).map(Heard::Begun).collect());
    }
    // Ways by the number of their syllables: those of few syllables take more letters at once.
    let mut begun: Vec<(usize, Vec<Heard<'_>>)> = vec![(0, Vec::new())];
    while !begun.is_empty() && found.len() < MAX_WAYS {
        let mut longer = Vec::new();
        for (at, heard) in begun {
            let rest = letters.get(at..).unwrap_or_default();
            for (len, next) in cuts(rest) {
                let mut heard = heard.clone();
                heard.push(next);
                match rest.len() == len {
                    true if heard.len() > 1 && found.len() < MAX_WAYS => {
                        found.insert(heard);
                    }
                    true => {}
                    false => longer.push((at + len, heard)),
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

/// What the first letters may stand for, by how many they are: for a whole syllable only where no other begins with it.
fn cuts(rest: &str) -> Vec<(usize, Heard<'_>)> {
    let mut all: Vec<(usize, Heard<'_>)> = Vec::new();
    for segment in segments(rest.as_bytes(), true) {
        let heard = match segment.kind {
            Kind::Whole => SYLLABLES.get(usize::from(segment.syllables.start)).copied().map(Heard::Whole),
            Kind::Unended | Kind::Initial => rest.get(..segment.len).map(Heard::Begun),
        };
        let Some(heard) = heard else { continue };
        match all.last_mut().filter(|(len, _)| *len == segment.len) {
            Some(same) => same.1 = heard,
            None => all.push((segment.len, heard)),
        }
    }
    all
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
    fn a_title_is_its_pairs_its_sounds_and_its_words() {
        let title = |title| words(Described { title, ..Described::default() });
        assert_eq!(title("红楼梦"), "·gl ·glm ·gong·lou ·hl ·hlm ·hong·lou ·lm ·lou·meng 梦 楼 楼梦 红 红楼");
        assert_eq!(title("《三国》：上"), "·gs ·guo·shang ·san·guo ·sg ·sgs 三 三国 上 国 国上");
        assert_eq!(title("重"), "重");
        assert_eq!(title("C 程序 in 21 days"), "21 c days in ·cheng·xu ·cx 序 程 程序");
        assert_eq!(title("％_'\" --"), "");
        let all =
            Described {
                author: "曹雪芹", isbn: "7-02-000220-X", class: "I242.4/47", ..Described::default()
            };
        assert_eq!(
            words(all),
            "¤·cao·xue ¤·cx ¤·cxq ¤·xq ¤·xue·qin ¤曹 ¤曹雪 ¤芹 ¤雪 ¤雪芹 ¬i242‧4‧47 ±702000220x ±9787020002207"
        );
    }

    #[test]
    fn a_question_is_all_of_its_words_in_any_of_their_ways() {
        for (part, text, expected) in [
            (Part::Title, "红楼梦", "红楼&楼梦"),
            (Part::Title, "梦", "梦"),
            (Part::Author, "曹 雪芹", "¤曹 ; ¤雪芹"),
            (Part::Title, "hlm", "hlm… | ·hlm"),
            (Part::Title, "hlmz", "hlmz… | ·hlm&·lmz"),
            (Part::Title, "zhg", "zhg… | ·zhg | ·zg"),
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
        for (text, expected) in [
            ("honglou", "·hong·lou"),
            ("honglo", "·hong·lo…"),
            ("hongl", "·hong·l…"),
            ("hlou", "·hl"),
            ("nver", "·nv·er"),
            ("nueer", "·nve·er"),
        ] {
            let ways = shown(Part::Title, text);
            assert!(ways.split(" | ").any(|way| way == expected), "{text}: {ways}");
        }
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
