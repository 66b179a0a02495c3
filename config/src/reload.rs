//! Which settings are taken over while the kiosk runs, and which need a restart: a table that is data.
//!
//! Everything that is not named here needs a restart. The daemon's hot reload takes over exactly these, between two
//! visits; `kioskctl config diff` and `apply` say by this table what a change will take.

use crate::{Config, Key, Kiosk, Place, Screen, Sort};

/// What it takes for a changed setting to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Takes {
    /// The kiosk takes it over while it runs, once it is told to (`kioskctl reload`, SIGHUP).
    Reload,
    /// The kiosk has to be started anew.
    Restart,
}

impl Takes {
    /// A word for tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Restart => "restart",
        }
    }
}

impl Key {
    /// What a change of this key takes.
    #[must_use]
    pub fn takes(&self) -> Takes {
        takes(self.section, self.name)
    }
}

impl Config {
    /// This configuration with what [`RELOADED`] names as it is in another: what a kiosk that runs with this one runs
    /// with after it was told of the other.
    #[must_use]
    pub fn taking(&self, fresh: &Self) -> Self {
        let Kiosk { name, language, .. } = fresh.kiosk.clone();
        let Screen { night_from, night_to, voice, .. } = fresh.screen;
        Self {
            kiosk: Kiosk { name, language, ..self.kiosk.clone() },
            place: Place { branch: self.place.branch.clone(), ..fresh.place.clone() },
            shelves: fresh.shelves.clone(),
            visit: fresh.visit.clone(),
            screen: Screen { night_from, night_to, voice, ..self.screen.clone() },
            log: fresh.log.clone(),
            sorts: self.sorts_of(fresh),
            ..self.clone()
        }
    }
}

impl Config {
    /// The rules of another configuration, unless they name a bin that only a restart brings.
    fn sorts_of(&self, fresh: &Self) -> Vec<Sort> {
        let is_here = |rule: &Sort| self.bins.is_empty() || self.bin(&rule.bin).is_some();
        if fresh.sorts.iter().all(is_here) { fresh.sorts.clone() } else { self.sorts.clone() }
    }
}

/// What a change of a key takes; what nobody knows takes a restart.
#[must_use]
pub fn takes(section: &str, name: &str) -> Takes {
    let is_named = RELOADED
        .iter()
        .any(|(reloaded, names)| *reloaded == section && (names.is_empty() || names.contains(&name)));
    if is_named { Takes::Reload } else { Takes::Restart }
}

/// Sections and their keys that are taken over while the kiosk runs; without names, all of the section.
pub const RELOADED: &[(&str, &[&str])] = &[
    ("kiosk", &["name", "language"]),
    ("place", &["library", "nearest", "contact", "hours", "open", "closed_days", "stand"]),
    ("shelf", &[]),
    ("visit", &[]),
    ("sort", &[]),
    ("screen", &["night_from", "night_to", "voice"]),
    ("log", &["level"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Shape, changes, keys};

    #[test]
    fn what_the_table_names_is_taken_over() {
        let text = r#"
            [kiosk]
            name = "two"
            language = "en"
            [place]
            library = "L"
            nearest = "N"
            contact = "C"
            hours = ["H"]
            open = ["mon 08:00-09:00"]
            closed_days = ["2027-01-01"]
            stand = [5, 6]
            [[shelf]]
            label = "I"
            x = 1
            y = 1
            width = 9
            height = 9
            from = "I"
            to = "J"
            [visit]
            idle_seconds = 91
            warn_seconds = 16
            done_seconds = 9
            put_back_seconds = 11
            linger_seconds = 4
            [screen]
            night_from = "20:00"
            night_to = "05:00"
            voice = true
            [[sort]]
            bin = "novels"
            sort_bin = "7"
            locations = ["LW01"]
            owners = ["CN-371202-LW"]
            call_numbers = ["I24"]
            call_from = "I2"
            call_to = "I3"
            held = false
            media = ["book"]
            age_groups = ["adult"]
            [log]
            level = "debug"
        "#;
        let is_named = |key: &Key| key.takes() == Takes::Reload;
        let named: BTreeSet<_> =
            keys().iter().filter(|key| is_named(key)).map(|key| (key.section, key.name)).collect();
        let changed: BTreeSet<_> =
            changes("", text).iter().map(|change| (change.section, change.name)).collect();
        assert_eq!(named, changed, "this text changes all that the table names, and nothing else");
        let fresh = Config::parse(text, "test").unwrap();
        assert_eq!(Config::default().taking(&fresh), fresh);
    }

    #[test]
    fn nothing_else_is_taken_over() {
        let mut n_tried = 0;
        for key in keys().into_iter().filter(|key| key.takes() == Takes::Restart && !key.is_listed) {
            let default = key.default.as_deref().unwrap_or_default();
            let values = match &key.shape {
                Shape::Text { .. } => vec!["\"other\"".to_owned()],
                Shape::Path => vec!["\"/other\"".to_owned()],
                Shape::Flag => vec!["true".to_owned(), "false".to_owned()],
                Shape::Whole { least, most, .. } => vec![least.to_string(), most.to_string()],
                Shape::Words(words) => words.iter().map(|word| format!("\"{word}\"")).collect(),
                Shape::Numbers(numbers) => numbers.iter().map(i64::to_string).collect(),
                Shape::Endpoint => vec!["\"/dev/other\"".to_owned()],
                Shape::Pattern { .. }
                | Shape::Secret { .. }
                | Shape::Url
                | Shape::List { .. }
                | Shape::Table(_) => Vec::new(),
            };
            for value in values.into_iter().filter(|value| value != default) {
                // Some values need others beside them.
                if let Ok(fresh) =
                    Config::parse(&format!("[{}]\n{} = {value}", key.section, key.name), "test")
                {
                    n_tried += 1;
                    assert_eq!(
                        Config::default().taking(&fresh),
                        Config::default(),
                        "[{}] {}",
                        key.section,
                        key.name
                    );
                }
            }
        }
        assert!(n_tried > 60, "{n_tried}");
    }

    #[test]
    fn every_name_of_the_table_is_a_key() {
        let keys = keys();
        for (section, names) in RELOADED {
            assert!(keys.iter().any(|key| key.section == *section), "[{section}]");
            for name in *names {
                assert!(
                    keys.iter().any(|key| key.section == *section && key.name == *name),
                    "[{section}] {name}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_named_takes_a_restart() {
        assert_eq!(takes("visit", "idle_seconds"), Takes::Reload);
        assert_eq!(takes("place", "open"), Takes::Reload);
        assert_eq!(takes("place", "branch"), Takes::Restart);
        assert_eq!(takes("reader", "port"), Takes::Restart);
        assert_eq!(takes("nobody", "knows"), Takes::Restart);
    }
}
