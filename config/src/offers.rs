//! `[account]`, `[find]` and `[staff]`: what a kiosk offers besides borrowing and returning, and to whom.

use argon2::PasswordHash;

use crate::Secret;
use crate::reading::Section;

/// `[account]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whether patrons see and renew their loans here.
    pub enabled: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Account {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        Self { enabled: section.flag("enabled", Self::default().enabled) }
    }
}

/// `[find]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Find {
    /// Whether patrons look for books here.
    pub enabled: bool,
    /// Whether they can put what they found on hold.
    pub reserve: bool,
}

impl Find {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            enabled: section.flag("enabled", default.enabled),
            reserve: section.flag("reserve", default.reserve),
        }
    }
}

/// `[staff]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The Argon2 hash of the staff's password, as a PHC string; none: there is no staff's corner.
    pub pin: Option<Secret>,
    /// The program that switches the machine off, and its arguments; not empty.
    pub power_off: Vec<String>,
}

impl Default for Staff {
    fn default() -> Self {
        Self { pin: None, power_off: ["systemctl", "poweroff"].map(str::to_owned).to_vec() }
    }
}

impl Staff {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let pin = section.optional_secret("pin", PIN, HASH_REGEX, is_hash);
        let power_off = section.texts("power_off", &default.power_off, MAX_WORDS);
        if power_off.is_empty() {
            let text =
                "no program is named; name one, or leave the key out for [\"systemctl\", \"poweroff\"]";
            section.fault("power_off", crate::Fault::Clash { text });
        }
        Self { pin, power_off }
    }
}

pub(crate) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| {
        hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some() && hash.salt.is_some()
    })
}

const PIN: &str = "what `kiosk staff-pin` prints, a text in quotes that begins with $argon2id$";
/// A PHC string: the algorithm, its version and parameters, salt and hash.
pub(crate) const HASH_REGEX: &str = r"^\s*\$argon2[a-z]*\$[^$]+(?:\$[^$]+)+\s*$";
const MAX_WORDS: usize = 8;
