//! `[offline]` and `[sip2]`: what is done without the library's system, and the second way to it.

use std::path::PathBuf;
use std::time::Duration;

use crate::choices::{
    CheckinPolicy, CheckoutPolicy, Sip2Charset, Sip2Checksum, Sip2Dialect, Sip2NoBlock, Sip2Tls,
};
use crate::error::Fault;
use crate::reading::Section;
use crate::sections::first_line;
use crate::units::Secret;

/// `[offline]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offline {
    /// What is done with a returned item.
    pub checkin: CheckinPolicy,
    /// What is done with a loan.
    pub checkout: CheckoutPolicy,
    /// Loans taken as done for one patron until central has been told.
    pub per_patron: u32,
    /// Loans taken as done by this kiosk until central has been told.
    pub per_kiosk: u32,
    /// Hours of silence after which nothing more is lent.
    pub max_silence_hours: u16,
    /// Hours after which the mirror is too old to lend by.
    pub max_mirror_age_hours: u16,
    /// How often the mirror is brought up to date.
    pub refresh: Duration,
}

impl Default for Offline {
    fn default() -> Self {
        Self {
            checkin: CheckinPolicy::default(),
            checkout: CheckoutPolicy::default(),
            per_patron: 3,
            per_kiosk: 200,
            max_silence_hours: 24,
            max_mirror_age_hours: 48,
            refresh: Duration::from_secs(300),
        }
    }
}

impl Offline {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            checkin: section.choice("checkin"),
            checkout: section.choice("checkout"),
            per_patron: section.number("per_patron", default.per_patron, 1..=50),
            per_kiosk: section.number("per_kiosk", default.per_kiosk, 1..=10_000),
            max_silence_hours: section.number("max_silence_hours", default.max_silence_hours, 1..=336),
            max_mirror_age_hours: section.number(
                "max_mirror_age_hours",
                default.max_mirror_age_hours,
                1..=720,
            ),
            refresh: section.seconds("refresh_seconds", default.refresh, 10..=86_400),
        }
    }
}

/// `[sip2]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sip2 {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the server departs from the standard.
    pub dialect: Sip2Dialect,
    /// How characters are written.
    pub charset: Sip2Charset,
    /// What is done about checksums.
    pub checksum: Sip2Checksum,
    /// What is told as a fact.
    pub no_block: Sip2NoBlock,
    /// Whether the line is TLS.
    pub tls: Sip2Tls,
    /// The certificates that vouch for the server (PEM).
    pub tls_file: Option<PathBuf>,
    /// The user of the login; none: no login is sent.
    pub user: Option<String>,
    /// The password of the login: the first line of the file `password_file`.
    pub password: Option<Secret>,
    /// AO: the institution, as the server expects it.
    pub institution: String,
    /// AP and CP: where the kiosk stands.
    pub location: Option<String>,
    /// The operator's account, for dialects that want it.
    pub operator: Option<String>,
    /// How long one answer may take before it is asked for again.
    pub answer_timeout: Duration,
    /// How long the line may be silent before a status is asked.
    pub keep_alive: Duration,
}

impl Default for Sip2 {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 6001,
            dialect: Sip2Dialect::default(),
            charset: Sip2Charset::default(),
            checksum: Sip2Checksum::default(),
            no_block: Sip2NoBlock::default(),
            tls: Sip2Tls::default(),
            tls_file: None,
            user: None,
            password: None,
            institution: "yueting".to_owned(),
            location: None,
            operator: None,
            answer_timeout: Duration::from_secs(3),
            keep_alive: Duration::from_secs(30),
        }
    }
}

impl Sip2 {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            host: section.text("host", &default.host),
            port: section.number("port", default.port, 1..=65_535),
            dialect: section.choice("dialect"),
            charset: section.choice("charset"),
            checksum: section.choice("checksum"),
            no_block: section.choice("no_block"),
            tls: section.choice("tls"),
            tls_file: section.optional_path("tls_file"),
            user: section.optional_text("user"),
            password: password(section),
            institution: section.text("institution", &default.institution),
            location: section.optional_text("location"),
            operator: section.optional_text("operator"),
            answer_timeout: section.millis("answer_timeout_ms", default.answer_timeout, 100..=60_000),
            keep_alive: section.seconds("keep_alive_seconds", default.keep_alive, 5..=3_600),
        }
    }
}

fn password(section: &mut Section<'_, '_>) -> Option<Secret> {
    let path = section.optional_path("password_file")?;
    first_line(&path)
        .map(Secret::new)
        .inspect_err(|why| {
            let fault = Fault::SecretFile { file: path.display().to_string(), why: why.clone() };
            section.fault("password_file", fault);
        })
        .ok()
}
