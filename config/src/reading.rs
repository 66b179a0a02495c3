//! From TOML text to values: one reader that knows line numbers, collects every problem, and remembers which
//! keys were asked for (so that what was never asked for is an unknown key).
//!
//! ```text
//! text ─▶ toml tables with spans ─▶ Section::number("poll_ms", ..) ─▶ value, or default + Problem
//!                                            └────────▶ Key (the list that names, examples and hints come from)
//! ```

use crate::shape::{Accepts, Shape};
use crate::{Fault, Hint, Problem, nearest::nearest};
use std::collections::BTreeMap;
use toml::de::{DeArray, DeTable, DeValue};
use value::{described, in_list, in_section, shortened, whole};

mod lists;
mod typed;
mod value;

pub(crate) use typed::text;
pub(crate) use value::{HEX_BYTE, hex_byte, in_range, numbers, plain_text, quoted, words};

/// One key that a file may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The section, without brackets.
    pub section: &'static str,
    /// Whether there may be several such sections, each under `[[section]]`.
    pub is_listed: bool,
    /// The name.
    pub name: &'static str,
    /// The default as it is written in TOML; `None` where there is none.
    pub default: Option<String>,
    /// What may stand there, in words.
    pub accepts: String,
    /// What may stand there, for programs.
    pub shape: Shape,
    /// Whether it must be there: in each table of a list, where the rest of the table does not say otherwise.
    pub is_required: bool,
    /// The most tables of that name: one, unless it is a list.
    pub most_tables: usize,
}

/// A value that is one of a few words.
pub(crate) trait Choice: Copy + Default + 'static {
    const ALL: &'static [Self];
    fn word(self) -> &'static str;
}

/// A document on its way to becoming a `Config`.
pub(crate) struct Reading<'t> {
    /// By section. Empty where the text is not TOML.
    found: BTreeMap<String, FoundSection<'t>>,
    keys: Vec<Key>,
    sections: Vec<&'static str>,
    /// The most tables of each list.
    lists: BTreeMap<&'static str, usize>,
    /// The number under `version`, before any heading.
    version: Option<Found<'t>>,
    problems: Vec<Problem>,
}

/// What stands under one name: a section is one table, a list has one for each `[[name]]`.
struct FoundSection<'t> {
    line: usize,
    is_list: bool,
    tables: Vec<FoundTable<'t>>,
}

struct FoundTable<'t> {
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
        let mut reading = Self {
            found: BTreeMap::new(),
            keys: Vec::new(),
            sections: Vec::new(),
            lists: BTreeMap::new(),
            version: None,
            problems: Vec::new(),
        };
        match DeTable::parse(text) {
            Ok(document) => reading.take_document(text, document.into_inner()),
            Err(error) => reading.not_toml(text, &error),
        }
        reading
    }

    fn take_document(&mut self, text: &'t str, document: DeTable<'t>) {
        let line = |span: std::ops::Range<usize>| line_at(text.as_bytes(), span.start);
        let table = |at: usize, table: DeTable<'t>| FoundTable {
            line: at,
            entries: table
                .into_iter()
                .map(|(key, value)| {
                    let line = line(key.span());
                    (key.into_inner().into_owned(), Found { line, value: value.into_inner() })
                })
                .collect(),
        };
        for (name, value) in document {
            let at = line(name.span());
            let name = name.into_inner().into_owned();
            let value = value.into_inner();
            if name == VERSION_KEY {
                self.version = Some(Found { line: at, value });
                continue;
            }
            if !value.is_table() {
                self.stray(name.clone(), at, &value);
            }
            let is_list = !value.is_table();
            let is_of_tables = |list: &DeArray<'_>| list.iter().all(|element| element.get_ref().is_table());
            let mut tables = Vec::new();
            if let DeValue::Table(entries) = value {
                tables.push(table(at, entries));
            } else if let DeValue::Array(list) = value
                && is_of_tables(&list)
            {
                for element in list {
                    let at = line(element.span());
                    if let DeValue::Table(entries) = element.into_inner() {
                        tables.push(table(at, entries));
                    }
                }
            }
            self.found.insert(name, FoundSection { line: at, is_list, tables });
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

    /// The version of the file's format. A file without the key is of the first one.
    pub(crate) fn version(&mut self, newest: u32) {
        let accepts = format!("a whole number from 1 to {newest}");
        if let Some(found) = &self.version {
            let is_newer = whole::<u64>(&found.value).is_some_and(|version| version > u64::from(newest));
            let fault = if in_range(&found.value, &(1..=newest)).is_some() {
                None
            } else if is_newer {
                Some(Fault::Clash {
                    text: "this file was written for a newer program; install that, or restore an older version of \
                           the file with `kioskctl config restore`",
                })
            } else {
                Some(Fault::Value { got: described(&found.value), accepts: accepts.clone() })
            };
            let line = found.line;
            self.problems.extend(fault.map(|fault| Problem {
                line,
                key: Some(VERSION_KEY.to_owned()),
                fault,
            }));
        }
        self.keys.push(Key {
            section: "",
            is_listed: false,
            name: VERSION_KEY,
            default: Some(newest.to_string()),
            accepts,
            shape: Shape::Whole { least: 1, most: newest.into(), unit: "" },
            is_required: false,
            most_tables: 1,
        });
    }

    pub(crate) fn section(&mut self, name: &'static str) -> Section<'_, 't> {
        self.sections.push(name);
        // `stray` has told what is wrong with a list; its keys are not looked at.
        if let Some(found) = self.found.get_mut(name).filter(|found| found.is_list) {
            found.tables.clear();
        }
        Section { name, list_at: None, reading: self }
    }

    /// Reads each table of a list with `read`, which is also given what the ones before it became; at most so many.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(&mut Section<'_, 't>, &[T]) -> Option<T>,
    ) -> Vec<T> {
        self.sections.push(name);
        self.lists.insert(name, most);
        let n_tables = self.list_tables(name);
        if let Some(table) = self.found.get(name).and_then(|found| found.tables.get(most)) {
            let fault =
                Fault::Value { got: format!("{n_tables} of them"), accepts: format!("at most {most}") };
            self.problems.push(Problem { line: table.line, key: Some(format!("[[{name}]]")), fault });
        }
        let mut values = Vec::new();
        // Once at least, so that the keys are noted; without a table nothing comes of it.
        for at in 0..n_tables.clamp(1, most) {
            let mut section = Section { name, list_at: Some(at), reading: self };
            let value = read(&mut section, &values);
            values.extend(value);
        }
        values
    }

    /// How many tables a list has. A section or a value under its name is a problem, and none.
    fn list_tables(&mut self, name: &'static str) -> usize {
        let Some(found) = self.found.get_mut(name) else { return 0 };
        let stray = self.problems.iter().position(|p| p.key.as_deref() == Some(name));
        let told = stray.map(|at| self.problems.remove(at).fault);
        if found.is_list && !found.tables.is_empty() {
            return found.tables.len();
        }
        let got = match told {
            Some(Fault::Value { got, .. }) => got,
            Some(_) | None => "one section".to_owned(),
        };
        found.tables.clear();
        let accepts = format!("a heading [[{name}]] with its keys below, once for each");
        let fault = Fault::Value { got, accepts };
        self.problems.push(Problem { line: found.line, key: Some(name.to_owned()), fault });
        0
    }

    /// Notes a contradiction at the first of `keys` that is in the file, unless one of them is faulty anyway.
    pub(crate) fn clash(&mut self, section: &'static str, keys: &[&'static str], text: &'static str) {
        let named = |key: &&'static str| in_section(section, key);
        if self.problems.iter().any(|p| keys.iter().any(|key| p.key.as_deref() == Some(&named(key)))) {
            return;
        }
        let Some((key, line)) = keys.iter().find_map(|key| Some((key, self.found(section, 0, key)?.line)))
        else {
            return;
        };
        self.problems.push(Problem { line, key: Some(named(key)), fault: Fault::Clash { text } });
    }

    /// Notes a contradiction at a key of one table of a list, counted as [`Reading::list`] gave them.
    pub(crate) fn clash_in(&mut self, list: &'static str, at: usize, key: &'static str, text: &'static str) {
        let line = self.found(list, at, key).map(|found| found.line);
        let table = self.found.get(list).and_then(|found| found.tables.get(at)).map(|table| table.line);
        let Some(line) = line.or(table) else { return };
        self.problems.push(Problem { line, key: Some(in_list(list, key)), fault: Fault::Clash { text } });
    }

    /// Whether anything was wrong in these lists: then their tables and what became of them are not the same in number.
    pub(crate) fn is_faulty(&self, lists: &[&str]) -> bool {
        let keys = || self.problems.iter().filter_map(|problem| problem.key.as_deref());
        lists.iter().any(|list| keys().any(|key| key == *list || key.starts_with(&format!("[[{list}]]"))))
    }

    /// Notes a fault at a key that is there.
    pub(crate) fn fault_at(&mut self, section: &'static str, key: &'static str, fault: Fault) {
        let Some(line) = self.found(section, 0, key).map(|found| found.line) else { return };
        self.problems.push(Problem { line, key: Some(in_section(section, key)), fault });
    }

    /// Adds what was in the file and never asked for, and hands out all problems by line.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        for (name, section) in std::mem::take(&mut self.found) {
            if !self.sections.contains(&name.as_str()) {
                self.unknown_section(name, &section);
                continue;
            }
            for (key, found) in section.tables.into_iter().flat_map(|table| table.entries) {
                if !self.keys.iter().any(|known| known.section == name && known.name == key) {
                    let fault = Fault::UnknownKey { hint: self.key_hint(&name, &key) };
                    let key = if section.is_list { in_list(&name, &key) } else { in_section(&name, &key) };
                    self.problems.push(Problem { line: found.line, key: Some(key), fault });
                }
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    pub(crate) fn into_keys(self) -> Vec<Key> {
        self.keys
    }

    fn unknown_section(&mut self, name: String, section: &FoundSection<'_>) {
        let line = section.line;
        let is_list = section.is_list && !section.tables.is_empty();
        let shown = shortened(&name);
        // `stray` took it for a section with the wrong kind of value; the name says more.
        let was_stray = self.problems.iter().position(|p| p.key.as_deref() == Some(name.as_str()));
        if let Some(at) = was_stray {
            self.problems.remove(at);
            if is_list {
                return self.unknown_heading(&name, line, format!("[[{shown}]]"));
            }
            let fault = Fault::UnknownKey { hint: self.key_hint("", &name) };
            self.problems.push(Problem { line, key: Some(shown), fault });
            return;
        }
        self.unknown_heading(&name, line, format!("[{shown}]"));
    }

    fn unknown_heading(&mut self, name: &str, line: usize, shown: String) {
        let hint = nearest(name, self.sections.iter().copied())
            .map_or_else(|| Hint::Known(self.sections.clone()), Hint::Near);
        self.problems.push(Problem { line, key: Some(shown), fault: Fault::UnknownSection { hint } });
    }

    fn key_hint(&self, section: &str, typed: &str) -> Hint {
        // Above the first heading there are sections to name, and the version only where it is near.
        let here: Vec<&'static str> =
            self.keys.iter().filter(|key| key.section == section).map(|key| key.name).collect();
        if let Some(near) = nearest(typed, here.iter().copied()) {
            return Hint::Near(near);
        }
        let elsewhere = nearest(typed, self.keys.iter().map(|key| key.name));
        match elsewhere.and_then(|name| self.keys.iter().find(|key| key.name == name)) {
            Some(key) if key.section.is_empty() => Hint::Top(key.name),
            Some(key) if key.is_listed => Hint::InList { list: key.section, key: key.name },
            Some(key) => Hint::Elsewhere { section: key.section, key: key.name },
            None if section.is_empty() || here.is_empty() => Hint::Known(self.sections.clone()),
            None => Hint::Known(here),
        }
    }

    fn found(&self, section: &str, at: usize, key: &str) -> Option<&Found<'t>> {
        self.found.get(section)?.tables.get(at)?.entries.get(key)
    }
}

/// One section, or one table of a list, being read; each call asks for one key.
pub(crate) struct Section<'r, 't> {
    name: &'static str,
    /// Which table of the list.
    list_at: Option<usize>,
    reading: &'r mut Reading<'t>,
}

impl<'t> Section<'_, 't> {
    /// A value that has no default: the section makes no sense without it.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        accepts: Accepts,
        parse: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.has(key) && self.table().is_some() {
            self.fault(key, Fault::MissingKey { accepts: accepts.words.clone() });
        }
        self.note(key, None, accepts.clone(), true);
        self.ask(key, None, accepts, parse)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.found(key).is_some()
    }

    /// Notes a problem at `key`, or at its section where the key is not there.
    pub(crate) fn fault(&mut self, key: &'static str, fault: Fault) {
        let line = self.found(key).map(|found| found.line);
        let line = line.or_else(|| self.table().map(|table| table.line)).unwrap_or(1);
        let key = match self.list_at {
            Some(_) => in_list(self.name, key),
            None => in_section(self.name, key),
        };
        self.reading.problems.push(Problem { line, key: Some(key), fault });
    }

    /// The value of a key, parsed; `None` if it is not there, or is nothing that `parse` knows, which is a problem.
    pub(crate) fn ask<T>(
        &mut self,
        key: &'static str,
        default: Option<String>,
        accepts: Accepts,
        parse: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let words = accepts.words.clone();
        self.note(key, default, accepts, false);
        let value = &self.found(key)?.value;
        let parsed = parse(value);
        if parsed.is_none() {
            let got = described(value);
            self.fault(key, Fault::Value { got, accepts: words });
        }
        parsed
    }

    fn table(&self) -> Option<&FoundTable<'t>> {
        self.reading.found.get(self.name)?.tables.get(self.list_at.unwrap_or(0))
    }

    fn found(&self, key: &str) -> Option<&Found<'t>> {
        self.reading.found(self.name, self.list_at.unwrap_or(0), key)
    }

    fn note(&mut self, name: &'static str, default: Option<String>, accepts: Accepts, is_required: bool) {
        let section = self.name;
        if self.reading.keys.iter().any(|key| key.section == section && key.name == name) {
            return;
        }
        let Accepts { words: accepts, shape } = accepts;
        let is_listed = self.list_at.is_some();
        let most_tables = self.reading.lists.get(section).copied().unwrap_or(1);
        self.reading.keys.push(Key {
            section,
            is_listed,
            name,
            default,
            accepts,
            shape,
            is_required,
            most_tables,
        });
    }
}

const VERSION_KEY: &str = "version";
/// What a Chinese input method types for `"`, `'`, `=`, `[`, `]`, `,` and `#`.
const FULL_WIDTH: &str = "“”‘’＂＝【】［］，＃＿　";
