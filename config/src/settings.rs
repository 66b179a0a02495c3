//! A file as a list of settings: what is in force, and what differs between two files. No secret is in it.

use crate::reload::{Takes, takes};
use crate::{Key, keys};
use toml::{Table, Value};

/// One value that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The section; empty above the first heading.
    pub section: &'static str,
    /// Which table of a list, from 0.
    pub table: Option<usize>,
    /// The key.
    pub name: &'static str,
    /// The value as TOML writes it; `None` where nothing is set and there is no default.
    pub value: Option<String>,
    /// Whether the file says it.
    pub is_set: bool,
    /// Whether the value is hidden.
    pub is_secret: bool,
}

/// One setting that is not the same in two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The section; empty above the first heading.
    pub section: &'static str,
    /// Which table of a list, from 0.
    pub table: Option<usize>,
    /// The key.
    pub name: &'static str,
    /// What it was; `None`: nothing.
    pub before: Option<String>,
    /// What it is; `None`: nothing.
    pub after: Option<String>,
    /// What it takes to count.
    pub takes: Takes,
}

/// What is shown instead of a secret.
pub const HIDDEN: &str = "\"***\"";

/// Every setting that is in force with this text, in the order of the example file. Unknown keys are left out: the text
/// is one that [`Config::parse`](crate::Config::parse) takes, or that it has told about. Text that is no TOML has the defaults.
#[must_use]
pub fn settings(text: &str) -> Vec<Setting> {
    listed(text).into_iter().map(|(setting, _)| setting).collect()
}

/// What differs between two texts, in the order of the example file.
#[must_use]
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let (before, after) = (listed(before), listed(after));
    let same = |a: &Setting, b: &Setting| (a.section, a.table, a.name) == (b.section, b.table, b.name);
    let mut changes = Vec::new();
    for (setting, value) in &before {
        let other = after.iter().find(|(other, _)| same(setting, other));
        if other.map(|(_, other)| other) != Some(value) {
            changes.push(change(setting, Some(setting), other.map(|(other, _)| other)));
        }
    }
    for (setting, value) in &after {
        // A key without a default in a table that is new: nothing has changed.
        if value.is_some() && !before.iter().any(|(other, _)| same(setting, other)) {
            changes.push(change(setting, None, Some(setting)));
        }
    }
    changes.retain(|change| change.before.is_some() || change.after.is_some());
    changes
}

fn change(at: &Setting, before: Option<&Setting>, after: Option<&Setting>) -> Change {
    let value = |setting: Option<&Setting>| setting.and_then(|setting| setting.value.clone());
    Change {
        section: at.section,
        table: at.table,
        name: at.name,
        before: value(before),
        after: value(after),
        takes: takes(at.section, at.name),
    }
}

/// The settings, and beside each the value that it is compared by: for a secret, what is hidden.
fn listed(text: &str) -> Vec<(Setting, Option<String>)> {
    let document: Table = text.parse().unwrap_or_default();
    let keys = keys();
    let mut settings = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for key in &keys {
        if !key.is_listed {
            settings.push(setting(key, None, table(&document, key.section).and_then(|t| t.get(key.name))));
        } else if !done.contains(&key.section) {
            done.push(key.section);
            let tables =
                document.get(key.section).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for (at, table) in tables.iter().enumerate() {
                let of_list = keys.iter().filter(|other| other.section == key.section);
                settings.extend(of_list.map(|key| setting(key, Some(at), table.get(key.name))));
            }
        }
    }
    settings
}

fn table<'t>(document: &'t Table, section: &str) -> Option<&'t Table> {
    if section.is_empty() { Some(document) } else { document.get(section)?.as_table() }
}

fn setting(key: &Key, table: Option<usize>, found: Option<&Value>) -> (Setting, Option<String>) {
    let value = found.map(Value::to_string).or_else(|| key.default.clone());
    let is_secret = key.shape.is_secret();
    let shown = if is_secret { value.as_ref().map(|_| HIDDEN.to_owned()) } else { value.clone() };
    let (section, name, is_set) = (key.section, key.name, found.is_some());
    (Setting { section, table, name, value: shown, is_set, is_secret }, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_has_every_default() {
        let all = settings("");
        assert_eq!(all.len(), keys().iter().filter(|key| !key.is_listed).count());
        let poll = all.iter().find(|setting| setting.name == "poll_ms").unwrap();
        assert_eq!((poll.value.as_deref(), poll.is_set), (Some("100"), false));
    }

    #[test]
    fn secrets_are_hidden_and_their_change_is_told() {
        let (a, b) = ("[central]\nsecret = \"planted-one\"\n", "[central]\nsecret = \"planted-two\"\n");
        let told = format!("{:?}{:?}", settings(a), changes(a, b));
        assert!(!told.contains("planted"), "{told}");
        let changes = changes(a, b);
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].before.as_deref(), changes[0].after.as_deref()), (Some(HIDDEN), Some(HIDDEN)));
    }

    #[test]
    fn changes_of_values_and_of_lists() {
        let one = "[[shelf]]\nlabel = \"A\"\nx = 1\ny = 1\nwidth = 9\nheight = 9\nfrom = \"A\"\nto = \"B\"\n";
        let text = format!("[reader]\npoll_ms = 250\n{one}");
        let told: Vec<(String, Option<String>, Option<String>)> = changes("[reader]\npoll_ms = 100\n", &text)
            .into_iter()
            .map(|c| (format!("{}.{}", c.section, c.name), c.before, c.after))
            .collect();
        assert_eq!(told.len(), 8, "{told:?}");
        assert_eq!(told[0], ("reader.poll_ms".into(), Some("100".into()), Some("250".into())));
        assert_eq!(told[1], ("shelf.label".into(), None, Some("\"A\"".into())));
        assert_eq!(changes(&text, &text), []);
        // The default written out is no change.
        assert_eq!(changes("", "[reader]\npoll_ms = 100\n"), []);
    }
}
