//! From TOML text to values: one reader that knows line numbers, collects every problem, and remembers which
//! keys were asked for (so that what was never asked for is an unknown key).
//!
//! ```text
//! text ─▶ toml tables with spans ─▶ Section::number("poll_ms", ..) ─▶ value, or default + Problem
//!                                            └────────▶ Key (the list that names, examples and hints come from)
//! ```

use crate::{Baud, Fault, Hint, Problem, Secret, nearest::nearest};
use std::{
    collections::BTreeMap,
    fmt,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};
use toml::de::{DeTable, DeValue};

/// One key that a file may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The section, without brackets.
    pub section: &'static str,
    /// The name.
    pub name: &'static str,
    /// The default as it is written in TOML; `None` where there is none.
    pub default: Option<String>,
    /// What may stand there, in words.
    pub accepts: String,
}

/// A value that is one of a few words.
pub(crate) trait Choice: Copy + Default + 'static {
    const ALL: &'static [Self];
    fn word(self) -> &'static str;
}

/// A document on its way to becoming a `Config`.
pub(crate) struct Reading<'t> {
    /// By section, then by key. Empty where the text is not TOML.
    found: BTreeMap<String, FoundSection<'t>>,
    keys: Vec<Key>,
    sections: Vec<&'static str>,
    problems: Vec<Problem>,
}

struct FoundSection<'t> {
    line: usize,
    entries: BTreeMap<String, Found<'t>>,
}

struct Found<'t> {
    line: usize,
    value: DeValue<'t>,
}

/// Counts the line, from 1, of the byte at `offset`.
pub(crate) fn line_at(bytes: &[u8], offset: usize) -> usize {
    1 + bytes.iter().take(offset).filter(|&&byte| byte == b'\n').count()
}

impl<'t> Reading<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut reading =
            Self { found: BTreeMap::new(), keys: Vec::new(), sections: Vec::new(), problems: Vec::new() };
        match DeTable::parse(text) {
            Ok(document) => reading.take_document(text, document.into_inner()),
            Err(error) => reading.not_toml(text, &error),
        }
        reading
    }

    fn take_document(&mut self, text: &'t str, document: DeTable<'t>) {
        let line = |span: std::ops::Range<usize>| line_at(text.as_bytes(), span.start);
        for (name, value) in document {
            let at = line(name.span());
            let name = name.into_inner().into_owned();
            let value = value.into_inner();
            let mut entries = BTreeMap::new();
            if let DeValue::Table(table) = value {
                for (key, value) in table {
                    let line = line(key.span());
                    entries.insert(key.into_inner().into_owned(), Found { line, value: value.into_inner() });
                }
            } else {
                self.stray(name.clone(), at, &value);
            }
            self.found.insert(name, FoundSection { line: at, entries });
        }
    }

    /// A key, or a list of tables, where a section should be; judged in `finish`, when all names are known.
    fn stray(&mut self, name: String, line: usize, value: &DeValue<'_>) {
        let got = described(value);
        let accepts = format!("a section heading [{name}] with its keys below");
        self.problems.push(Problem { line, key: Some(name), fault: Fault::Value { got, accepts } });
    }

    fn not_toml(&mut self, text: &str, error: &toml::de::Error) {
        let line = line_at(text.as_bytes(), error.span().map_or(0, |span| span.start));
        let content = text.lines().nth(line - 1).unwrap_or_default();
        let code = content.split('#').next().unwrap_or_default();
        let full_width = code.chars().find(|&c| FULL_WIDTH.contains(c));
        let value_is_missing = code.split_once('=').is_some_and(|(_, value)| value.trim().is_empty());
        let message = if value_is_missing {
            "the value after `=` is missing".to_owned()
        } else {
            error.message().trim_end_matches(", expected nothing").to_owned()
        };
        self.problems.push(Problem { line, key: None, fault: Fault::Syntax { message, full_width } });
    }

    pub(crate) fn section(&mut self, name: &'static str) -> Section<'_, 't> {
        self.sections.push(name);
        Section { name, reading: self }
    }

    /// Notes a contradiction at the first of `keys` that is in the file, unless one of them is faulty anyway.
    pub(crate) fn clash(&mut self, section: &'static str, keys: &[&'static str], text: &'static str) {
        let named = |key: &&'static str| in_section(section, key);
        if self.problems.iter().any(|p| keys.iter().any(|key| p.key.as_deref() == Some(&named(key)))) {
            return;
        }
        let Some((key, line)) = keys.iter().find_map(|key| Some((key, self.found(section, key)?.line)))
        else {
            return;
        };
        self.problems.push(Problem { line, key: Some(named(key)), fault: Fault::Clash { text } });
    }

    /// Adds what was in the file and never asked for, and hands out all problems by line.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        for (name, section) in std::mem::take(&mut self.found) {
            if !self.sections.contains(&name.as_str()) {
                self.unknown_section(name, section.line);
                continue;
            }
            for (key, found) in section.entries {
                if !self.keys.iter().any(|known| known.section == name && known.name == key) {
                    let fault = Fault::UnknownKey { hint: self.key_hint(&name, &key) };
                    self.problems.push(Problem {
                        line: found.line,
                        key: Some(in_section(&name, &key)),
                        fault,
                    });
                }
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    pub(crate) fn into_keys(self) -> Vec<Key> {
        self.keys
    }

    fn unknown_section(&mut self, name: String, line: usize) {
        let shown = shortened(&name);
        // `stray` took it for a section with the wrong kind of value; the name says more.
        let was_stray = self.problems.iter().position(|p| p.key.as_deref() == Some(name.as_str()));
        if let Some(at) = was_stray {
            self.problems.remove(at);
            let fault = Fault::UnknownKey { hint: self.key_hint("", &name) };
            self.problems.push(Problem { line, key: Some(shown), fault });
            return;
        }
        let hint = nearest(&name, self.sections.iter().copied())
            .map_or_else(|| Hint::Known(self.sections.clone()), Hint::Near);
        self.problems.push(Problem {
            line,
            key: Some(format!("[{shown}]")),
            fault: Fault::UnknownSection { hint },
        });
    }

    fn key_hint(&self, section: &str, typed: &str) -> Hint {
        let here: Vec<&'static str> =
            self.keys.iter().filter(|key| key.section == section).map(|key| key.name).collect();
        if let Some(near) = nearest(typed, here.iter().copied()) {
            return Hint::Near(near);
        }
        let elsewhere = nearest(typed, self.keys.iter().map(|key| key.name));
        match elsewhere.and_then(|name| self.keys.iter().find(|key| key.name == name)) {
            Some(key) => Hint::Elsewhere { section: key.section, key: key.name },
            None if here.is_empty() => Hint::Known(self.sections.clone()),
            None => Hint::Known(here),
        }
    }

    fn found(&self, section: &str, key: &str) -> Option<&Found<'t>> {
        self.found.get(section)?.entries.get(key)
    }
}

/// One section being read; each call asks for one key.
pub(crate) struct Section<'r, 't> {
    name: &'static str,
    reading: &'r mut Reading<'t>,
}

impl Section<'_, '_> {
    /// A short line of text that is not empty.
    pub(crate) fn text(&mut self, key: &'static str, default: &str) -> String {
        let accepts = format!("a text of 1 to {MAX_TEXT_CHARS} characters in quotes");
        self.ask(key, Some(quoted(default)), accepts, |value| plain_text(value).map(str::to_owned))
            .unwrap_or_else(|| default.to_owned())
    }

    /// Like `text`, but what is wrong with it is never shown.
    pub(crate) fn secret(&mut self, key: &'static str, default: Secret) -> Secret {
        let accepts = format!("a text of 1 to {MAX_TEXT_CHARS} characters in quotes");
        self.note(key, Some(quoted(default.expose())), accepts.clone());
        let Some(found) = self.reading.found(self.name, key) else { return default };
        match plain_text(&found.value) {
            Some(secret) => Secret::new(secret),
            None => {
                self.fault(key, Fault::Value { got: "something else (not shown)".to_owned(), accepts });
                default
            }
        }
    }

    /// An absolute path: a daemon has no folder to be relative to.
    pub(crate) fn path(&mut self, key: &'static str, default: &Path) -> PathBuf {
        let shown = quoted(&default.to_string_lossy());
        self.ask(key, Some(shown), PATH.to_owned(), absolute_path).unwrap_or_else(|| default.to_owned())
    }

    pub(crate) fn optional_path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.ask(key, None, PATH.to_owned(), absolute_path)
    }

    /// `http://host[:port][/path]`, without a slash at the end.
    pub(crate) fn base_url(&mut self, key: &'static str, default: &str) -> String {
        let accepts =
            "an address that begins with http:// or https://, as \"http://192.0.2.10:8700\"".to_owned();
        self.ask(key, Some(quoted(default)), accepts, |value| base_url(plain_text(value)?))
            .unwrap_or_else(|| default.to_owned())
    }

    pub(crate) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let accepts = "true or false, without quotes".to_owned();
        self.ask(key, Some(default.to_string()), accepts, |value| value.as_bool()).unwrap_or(default)
    }

    pub(crate) fn number<T: Number>(&mut self, key: &'static str, default: T, range: RangeInclusive<T>) -> T {
        let accepts = numbers(&range, "");
        self.ask(key, Some(default.to_string()), accepts, |value| in_range(value, &range)).unwrap_or(default)
    }

    pub(crate) fn optional_number<T: Number>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let accepts = numbers(&range, "");
        self.ask(key, None, accepts, |value| in_range(value, &range))
    }

    pub(crate) fn millis(
        &mut self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<u64>,
    ) -> Duration {
        let accepts = numbers(&range, " (milliseconds)");
        let shown = default.as_millis().to_string();
        self.ask(key, Some(shown), accepts, |value| in_range(value, &range))
            .map_or(default, Duration::from_millis)
    }

    pub(crate) fn seconds(
        &mut self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<u64>,
    ) -> Duration {
        let accepts = numbers(&range, " (seconds)");
        let shown = default.as_secs().to_string();
        self.ask(key, Some(shown), accepts, |value| in_range(value, &range))
            .map_or(default, Duration::from_secs)
    }

    pub(crate) fn baud(&mut self, key: &'static str, default: Baud) -> Baud {
        let accepts = one_of(Baud::ALL.iter().map(Baud::to_string));
        self.ask(key, Some(default.to_string()), accepts, |value| Baud::new(whole(value)?)).unwrap_or(default)
    }

    pub(crate) fn hex_byte(&mut self, key: &'static str, default: u8) -> u8 {
        let accepts = "two hexadecimal digits in quotes, as \"07\"".to_owned();
        self.ask(key, Some(format!("\"{default:02X}\"")), accepts, |value| {
            let digits = value.as_str()?;
            let is_pair = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_pair.then(|| u8::from_str_radix(digits, 16).ok())?
        })
        .unwrap_or(default)
    }

    pub(crate) fn choice<T: Choice>(&mut self, key: &'static str) -> T {
        let default = T::default();
        let accepts = one_of(T::ALL.iter().map(|value| quoted(value.word())));
        let later = LATER.iter().find(|later| later.section == self.name && later.key == key);
        if let Some(later) = later
            && self.reading.found(self.name, key).and_then(|found| found.value.as_str()) == Some(later.word)
        {
            self.note(key, Some(quoted(default.word())), accepts.clone());
            self.fault(key, Fault::NotOffered { got: quoted(later.word), why: later.why, accepts });
            return default;
        }
        self.ask(key, Some(quoted(default.word())), accepts, |value| {
            let word = value.as_str()?;
            T::ALL.iter().copied().find(|value| value.word() == word)
        })
        .unwrap_or(default)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.reading.found(self.name, key).is_some()
    }

    /// Notes a problem at `key`, or at its section where the key is not there.
    pub(crate) fn fault(&mut self, key: &'static str, fault: Fault) {
        let line = self.reading.found(self.name, key).map(|found| found.line);
        let line =
            line.or_else(|| self.reading.found.get(self.name).map(|section| section.line)).unwrap_or(1);
        self.reading.problems.push(Problem { line, key: Some(in_section(self.name, key)), fault });
    }

    fn ask<T>(
        &mut self,
        key: &'static str,
        default: Option<String>,
        accepts: String,
        parse: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        self.note(key, default, accepts.clone());
        let value = &self.reading.found(self.name, key)?.value;
        let parsed = parse(value);
        if parsed.is_none() {
            let got = described(value);
            self.fault(key, Fault::Value { got, accepts });
        }
        parsed
    }

    fn note(&mut self, name: &'static str, default: Option<String>, accepts: String) {
        self.reading.keys.push(Key { section: self.name, name, default, accepts });
    }
}

/// The whole numbers that keys are made of.
pub(crate) trait Number: Copy + PartialOrd + fmt::Display + TryFrom<i64> {}
impl Number for u8 {}
impl Number for u32 {}
impl Number for u64 {}

fn whole<T: Number>(value: &DeValue<'_>) -> Option<T> {
    let DeValue::Integer(integer) = value else { return None };
    T::try_from(i64::from_str_radix(integer.as_str(), integer.radix()).ok()?).ok()
}

fn in_range<T: Number>(value: &DeValue<'_>, range: &RangeInclusive<T>) -> Option<T> {
    whole(value).filter(|number| range.contains(number))
}

fn plain_text<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    let text = value.as_str()?.trim();
    let is_plain =
        !text.is_empty() && text.chars().count() <= MAX_TEXT_CHARS && !text.chars().any(char::is_control);
    is_plain.then_some(text)
}

fn absolute_path(value: &DeValue<'_>) -> Option<PathBuf> {
    plain_text(value).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn base_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    let authority = rest.split('/').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port_is_sound = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    let only_url_characters = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&b));
    let is_sound = !host.is_empty() && port_is_sound && only_url_characters;
    is_sound.then(|| text.trim_end_matches('/').to_owned())
}

fn numbers<T: Number>(range: &RangeInclusive<T>, unit: &str) -> String {
    format!("a whole number from {} to {}{unit}", range.start(), range.end())
}

fn one_of(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    match words.pop() {
        Some(last) if !words.is_empty() => format!("{} or {last}", words.join(", ")),
        Some(last) => last,
        None => String::new(),
    }
}

fn in_section(section: &str, key: &str) -> String {
    format!("[{section}] {}", shortened(key))
}

/// A value as a message shows it: short, on one line, with its type.
fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {:?}", shortened(text)),
        DeValue::Integer(integer) => format!("the number {}", shortened(&integer.to_string())),
        DeValue::Float(float) => format!("the number {}", shortened(&float.to_string())),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

fn shortened(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    let mut short: String = text.chars().take(MAX_SHOWN_CHARS).map(plain).collect();
    if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
        short.push('…');
    }
    short
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A word that will mean something, but not in this version.
struct Later {
    section: &'static str,
    key: &'static str,
    word: &'static str,
    why: &'static str,
}

const LATER: &[Later] = &[Later {
    section: "offline",
    key: "checkout",
    word: "assume",
    why: "lending without an answer from central needs a copy of the library's patrons and rules at the kiosk",
}];
const PATH: &str = "an absolute path in quotes, beginning with /";
const MAX_TEXT_CHARS: usize = 200;
const MAX_SHOWN_CHARS: usize = 60;
/// What a Chinese input method types for `"`, `'`, `=`, `[`, `]`, `,` and `#`.
const FULL_WIDTH: &str = "“”‘’＂＝【】［］，＃＿　";
