//! `[ups]`: the supply with a battery behind the machine, as Network UPS Tools tell of it.

use std::time::Duration;

use toml::de::DeValue;

use crate::reading::{Section, plain_text};
use crate::shape::{Accepts, Shape};
use crate::{Endpoint, Fault};

/// `[ups]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ups {
    /// The NUT server, over TCP; none: nothing is known of the mains, unless a contact tells.
    pub address: Option<Endpoint>,
    /// The supply's name there; none: the only one that it has.
    pub name: Option<String>,
    /// From one question to the next.
    pub poll: Duration,
    /// The battery ends when it lasts no longer than this.
    pub least: Duration,
    /// The mains must be back so long before patrons are served again.
    pub resume: Duration,
    /// The program that switches the machine off when the battery ends, and its arguments; empty: it is only said.
    pub power_off: Vec<String>,
}

impl Default for Ups {
    fn default() -> Self {
        Self {
            address: None,
            name: None,
            poll: Duration::from_secs(2),
            least: Duration::from_secs(120),
            resume: Duration::from_secs(60),
            power_off: Vec::new(),
        }
    }
}

impl Ups {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let address = section.optional_endpoint("address");
        if matches!(address, Some(Endpoint::Serial(_))) {
            let text = "a NUT server is reached over TCP; write \"tcp://127.0.0.1:3493\"";
            section.fault("address", Fault::Clash { text });
        }
        let accepts = Accepts::new(NAME, Shape::pattern(NAME_REGEX));
        Self {
            address,
            name: section.ask("name", None, accepts, is_name),
            poll: section.seconds("poll_seconds", default.poll, 1..=15),
            least: section.seconds("least_seconds", default.least, 10..=3_600),
            resume: section.seconds("resume_seconds", default.resume, 1..=3_600),
            power_off: section.texts("power_off", &default.power_off, MAX_WORDS),
        }
    }
}

/// It becomes a word of a question: no space, no quote.
fn is_name(value: &DeValue<'_>) -> Option<String> {
    let text = plain_text(value).filter(|text| (1..=MAX_NAME).contains(&text.len()))?;
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        .then(|| text.to_owned())
}

const NAME: &str = "1 to 64 letters, digits, \"-\", \"_\" and \".\" in quotes";
const NAME_REGEX: &str = "^[A-Za-z0-9_.-]{1,64}$";
const MAX_NAME: usize = 64;
const MAX_WORDS: usize = 8;
