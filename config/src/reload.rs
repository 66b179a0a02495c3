//! Which settings are taken over while the kiosk runs, and which need a restart: a table that is data.
//!
//! Everything that is not named here needs a restart. The daemon's hot reload takes over exactly these, between two
//! visits; `kioskctl config diff` and `apply` say by this table what a change will take.

use crate::Key;

/// What it takes for a changed setting to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Takes {
    /// The kiosk takes it over while it runs, after `systemctl reload` (SIGHUP).
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
    ("screen", &["night_from", "night_to", "voice"]),
    ("log", &["level"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_a_key() {
        let keys = crate::keys();
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
