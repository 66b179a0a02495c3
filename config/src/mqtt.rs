//! `[mqtt]`: the broker that is told how the kiosk is, by thin-edge.io's topics. Only a program that was built with MQTT
//! goes by it.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use crate::choices::MqttTls;
use crate::reading::{Reading, Section, plain_text};
use crate::shape::{Accepts, Shape};
use crate::sip2::password;
use crate::units::Secret;

/// `[mqtt]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mqtt {
    /// The broker, by name or address; none: nobody is told.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
    /// Whether the line is TLS, and who vouches for the broker.
    pub tls: MqttTls,
    /// The certificates that vouch for it (PEM).
    pub tls_file: Option<PathBuf>,
    /// The account there; none: no account is named.
    pub user: Option<String>,
    /// Its password: the first line of the file `password_file`.
    pub password: Option<Secret>,
    /// The device in the topics: `main` for the machine on which thin-edge.io runs, else a child device's id.
    pub device: String,
    /// How often measurements are told.
    pub interval: Duration,
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            host: None,
            port: 1_883,
            tls: MqttTls::default(),
            tls_file: None,
            user: None,
            password: None,
            device: "main".to_owned(),
            interval: Duration::from_secs(60),
        }
    }
}

impl Mqtt {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let device = Accepts::new(DEVICE, Shape::pattern(DEVICE_REGEX));
        let shown = Some(format!("\"{}\"", default.device));
        Self {
            host: section.optional_text("host"),
            port: section.number("port", default.port, 1..=65_535),
            tls: section.choice("tls"),
            tls_file: section.optional_path("tls_file"),
            user: section.optional_text("user"),
            password: password(section),
            device: section.ask("device", shown, device, is_device).unwrap_or(default.device),
            interval: section.seconds("interval_seconds", default.interval, 10..=3_600),
        }
    }

    pub(crate) fn contradictions(&self, reading: &mut Reading<'_>) {
        if self.tls == MqttTls::File && self.tls_file.is_none() {
            reading.clash(
                "mqtt",
                &["tls"],
                "`tls_file` is missing; name the certificates that vouch for the broker",
            );
        }
        if self.password.is_some() && self.user.is_none() {
            reading.clash("mqtt", &["password_file"], "`user` is missing; name whose password it is");
        }
    }
}

/// One segment of a topic.
fn is_device(value: &DeValue<'_>) -> Option<String> {
    let text = plain_text(value).filter(|text| text.len() <= MAX_DEVICE)?;
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
        .then(|| text.to_owned())
}

const DEVICE: &str = "1 to 64 letters, digits, \"-\", \"_\", \".\" and \":\" in quotes";
const DEVICE_REGEX: &str = "^[A-Za-z0-9_.:-]{1,64}$";
const MAX_DEVICE: usize = 64;
