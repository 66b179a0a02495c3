//! What each key is for, in Chinese and English: taken from the example file, so that it is said in one place only.
//!
//! Above each key of `kiosk.example.toml` stand two lines, the Chinese one and the English one; the English one ends
//! with what may stand there. A test holds the file to that.

use crate::Key;

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// In Chinese.
    pub chinese: String,
    /// In English, without what may stand there.
    pub english: String,
}

/// The file that shows every key with its default.
pub const EXAMPLE: &str = include_str!("../kiosk.example.toml");

impl Key {
    /// What this key is for, as the example file says it.
    #[must_use]
    pub fn description(&self) -> Description {
        let heading = match (self.section, self.is_listed) {
            ("", _) => None,
            (section, true) => Some(format!("# [[{section}]]")),
            (section, false) => Some(format!("[{section}]")),
        };
        let mut lines =
            EXAMPLE.lines().skip_while(|line| heading.as_deref().is_some_and(|heading| *line != heading));
        let assignment = format!("{} =", self.name);
        let (mut before, mut above) = ("", "");
        let found = lines.any(|line| {
            let is_here = line.trim_start_matches("# ").starts_with(&assignment);
            if !is_here {
                (before, above) = (above, line);
            }
            is_here
        });
        if !found {
            (before, above) = ("", "");
        }
        let plain = |line: &str| line.trim_start_matches("# ").to_owned();
        let accepts = format!(": {}.", self.accepts);
        Description {
            chinese: plain(before),
            english: plain(above.strip_suffix(accepts.as_str()).unwrap_or(above)),
        }
    }
}
