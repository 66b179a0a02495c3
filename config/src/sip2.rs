//! `[sip2]`: the second way to the library's system, and in what its server departs from the standard.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use crate::choices::{
    Sip2Charset, Sip2Checksum, Sip2DayOrder, Sip2Dialect, Sip2EmptyDates, Sip2NoBlock, Sip2Terminator,
    Sip2Tls,
};
use crate::error::Fault;
use crate::reading::Section;
use crate::sections::first_line;
use crate::shape::Shape;
use crate::units::Secret;

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
    /// What ends a message.
    pub terminator: Sip2Terminator,
    /// What stands for a date that does not apply.
    pub empty_dates: Sip2EmptyDates,
    /// How a due date with slashes is read.
    pub day_order: Sip2DayOrder,
    /// Optional fields that the server must not be sent.
    pub omit: Vec<String>,
    /// The fields of an answer that list a patron's loans; none: those of the dialect.
    pub loan_fields: Vec<String>,
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
            terminator: Sip2Terminator::default(),
            empty_dates: Sip2EmptyDates::default(),
            day_order: Sip2DayOrder::default(),
            omit: Vec::new(),
            loan_fields: Vec::new(),
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
            terminator: section.choice("terminator"),
            empty_dates: section.choice("empty_dates"),
            day_order: section.choice("day_order"),
            omit: section.list("omit", FIELDS, Shape::pattern(FIELD), MAX_FIELDS, field),
            loan_fields: section.list("loan_fields", FIELDS, Shape::pattern(FIELD), MAX_FIELDS, field),
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

/// The code of a variable field, as "AB".
fn field(value: &DeValue<'_>) -> Option<String> {
    let code = value.as_str().filter(|code| code.len() == 2)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_code.then(|| code.to_owned())
}

/// The first line of the file that `password_file` names.
pub(crate) fn password(section: &mut Section<'_, '_>) -> Option<Secret> {
    let path = section.optional_path("password_file")?;
    first_line(&path)
        .map(Secret::new)
        .inspect_err(|why| {
            let fault = Fault::SecretFile { file: path.display().to_string(), why: why.clone() };
            section.fault("password_file", fault);
        })
        .ok()
}

const FIELDS: &str = "a list of at most 16 codes of two capital letters or digits in quotes";
const FIELD: &str = "^[A-Z0-9]{2}$";
const MAX_FIELDS: usize = 16;
