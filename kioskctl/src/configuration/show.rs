//! Settings and their changes in lines, tables and JSON. No secret is in any of them.

use config::{Change, Key, Setting, Shape, Takes, keys};
use serde_json::{Value, json};

use crate::arguments::ShowConfigArguments;
use crate::failure::Failure;
use crate::{Outcome, say, table};

/// `kioskctl config show`
pub(super) fn run(arguments: &ShowConfigArguments) -> Result<Outcome, Failure> {
    let text = super::sound(&arguments.file)?;
    let mut settings = config::settings(&text);
    settings.retain(|setting| setting.value.is_some() && (setting.is_set || !arguments.set));
    let told = if arguments.json { format!("{}\n", as_json(&settings)) } else { as_toml(&settings) };
    say(&told).map(|()| Outcome::Good)
}

/// As a file that could be written, but for the secrets; what is a default says so.
fn as_toml(settings: &[Setting]) -> String {
    let mut text = String::new();
    let mut at = ("", None);
    for setting in settings {
        let here = (setting.section, setting.table);
        if here != at {
            at = here;
            let heading = match setting.table {
                Some(_) => format!("\n[[{}]]\n", setting.section),
                None => format!("\n[{}]\n", setting.section),
            };
            text.push_str(&heading);
        }
        let value = setting.value.as_deref().unwrap_or_default();
        let note = if setting.is_set { "" } else { "  # default" };
        text.push_str(&format!("{} = {value}{note}\n", setting.name));
    }
    text.trim_start().to_owned()
}

fn as_json(settings: &[Setting]) -> Value {
    let one =
        |s: &Setting| json!({ "key": path(s.section, s.table, s.name), "value": s.value, "set": s.is_set });
    json!(settings.iter().map(one).collect::<Vec<_>>())
}

/// What changes, a line each, and in the end what it takes.
pub(super) fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "nothing differs\n".to_owned();
    }
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(nothing)".to_owned());
    let rows: Vec<[String; 4]> = changes
        .iter()
        .map(|c| {
            let key = path(c.section, c.table, c.name);
            [key, c.takes.as_str().to_owned(), value(&c.before), value(&c.after)]
        })
        .collect();
    let mut text = table::rows(["key", "takes", "before", "after"], &rows);
    let n_restart = changes.iter().filter(|change| change.takes == Takes::Restart).count();
    text.push_str(&match n_restart {
        0 => "all of this is taken over while the kiosk runs 无需重启\n".to_owned(),
        n => format!("{n} of {} need a restart of the kiosk 需要重启\n", changes.len()),
    });
    text
}

pub(super) fn changes_json(changes: &[Change]) -> String {
    let one = |c: &Change| {
        let key = path(c.section, c.table, c.name);
        json!({ "key": key, "before": c.before, "after": c.after, "takes": c.takes.as_str() })
    };
    format!("{}\n", json!(changes.iter().map(one).collect::<Vec<_>>()))
}

fn path(section: &str, table: Option<usize>, name: &str) -> String {
    match (section, table) {
        ("", _) => name.to_owned(),
        (section, Some(at)) => format!("{section}[{}].{name}", at + 1),
        (section, None) => format!("{section}.{name}"),
    }
}

/// Every key for people: default, unit, range, what a change takes, what it is for.
pub(super) fn table() -> String {
    let mut text = String::new();
    for key in keys() {
        let heading = if key.section.is_empty() { String::new() } else { format!("{}.", key.section) };
        let default = match &key.default {
            Some(_) if key.shape.is_secret() => "(hidden)".to_owned(),
            Some(default) => default.clone(),
            None => "(none)".to_owned(),
        };
        let told = key.description();
        text.push_str(&format!(
            "{heading}{}\n  {}\n  {}\n  range: {}{}\n  default: {default}; a change takes a {}\n",
            key.name,
            told.chinese,
            told.english,
            key.accepts,
            unit(&key),
            key.takes().as_str()
        ));
    }
    text
}

fn unit(key: &Key) -> String {
    match (&key.shape, key.unit()) {
        (Shape::Whole { unit: "", .. } | Shape::Numbers(_), Some(unit)) => format!(" ({unit})"),
        _ => String::new(),
    }
}
