//! Keys by the type of their value: each call asks for one.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::value::{
    HEX_BYTE, MAX_TEXT_CHARS, Number, absolute_path, base_url, hex_byte, in_range, numbers, one_of,
    plain_text, quoted, whole, words,
};
use super::{Choice, Section};
use crate::shape::{Accepts, Shape};
use crate::{Baud, Endpoint, Fault, Secret};

impl Section<'_, '_> {
    /// A short line of text that is not empty.
    pub(crate) fn text(&mut self, key: &'static str, default: &str) -> String {
        self.ask(key, Some(quoted(default)), text(), |value| plain_text(value).map(str::to_owned))
            .unwrap_or_else(|| default.to_owned())
    }

    /// Like `text`, but what is wrong with it is never shown.
    pub(crate) fn secret(&mut self, key: &'static str, default: Secret) -> Secret {
        let accepts = Accepts::new(text().words, Shape::Secret { regex: None });
        let words = accepts.words.clone();
        self.note(key, Some(quoted(default.expose())), accepts, false);
        let Some(found) = self.found(key) else { return default };
        match plain_text(&found.value) {
            Some(secret) => Secret::new(secret),
            None => {
                self.fault(
                    key,
                    Fault::Value { got: "something else (not shown)".to_owned(), accepts: words },
                );
                default
            }
        }
    }

    /// A secret of a certain form, without a default; what is wrong with it is never shown.
    pub(crate) fn optional_secret(
        &mut self,
        key: &'static str,
        accepts: &str,
        regex: &'static str,
        is_sound: impl FnOnce(&str) -> bool,
    ) -> Option<Secret> {
        self.note(key, None, Accepts::new(accepts, Shape::Secret { regex: Some(regex) }), false);
        let text = plain_text(&self.found(key)?.value).filter(|text| is_sound(text)).map(Secret::new);
        if text.is_none() {
            let got = "something else (not shown)".to_owned();
            self.fault(key, Fault::Value { got, accepts: accepts.to_owned() });
        }
        text
    }

    /// An absolute path: a daemon has no folder to be relative to.
    pub(crate) fn path(&mut self, key: &'static str, default: &Path) -> PathBuf {
        let shown = quoted(&default.to_string_lossy());
        self.ask(key, Some(shown), Accepts::new(PATH, Shape::Path), absolute_path)
            .unwrap_or_else(|| default.to_owned())
    }

    pub(crate) fn optional_path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.ask(key, None, Accepts::new(PATH, Shape::Path), absolute_path)
    }

    /// Like `text`, without a default.
    pub(crate) fn optional_text(&mut self, key: &'static str) -> Option<String> {
        self.ask(key, None, text(), |value| plain_text(value).map(str::to_owned))
    }

    /// A serial device or a TCP port.
    pub(crate) fn endpoint(&mut self, key: &'static str, default: &Endpoint) -> Endpoint {
        let shown = quoted(&default.to_string());
        let accepts = Accepts::new(ENDPOINT, Shape::Endpoint);
        self.ask(key, Some(shown), accepts, |value| Endpoint::parse(plain_text(value)?))
            .unwrap_or_else(|| default.clone())
    }

    /// Like `endpoint`, without a default.
    pub(crate) fn optional_endpoint(&mut self, key: &'static str) -> Option<Endpoint> {
        let accepts = Accepts::new(ENDPOINT, Shape::Endpoint);
        self.ask(key, None, accepts, |value| Endpoint::parse(plain_text(value)?))
    }

    /// `http://host[:port][/path]`, without a slash at the end.
    pub(crate) fn base_url(&mut self, key: &'static str, default: &str) -> String {
        let accepts = Accepts::new(
            "an address that begins with http:// or https://, as \"http://192.0.2.10:8700\"",
            Shape::Url,
        );
        self.ask(key, Some(quoted(default)), accepts, |value| base_url(plain_text(value)?))
            .unwrap_or_else(|| default.to_owned())
    }

    pub(crate) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let accepts = Accepts::new("true or false, without quotes", Shape::Flag);
        self.ask(key, Some(default.to_string()), accepts, |value| value.as_bool()).unwrap_or(default)
    }

    pub(crate) fn number<T: Number>(&mut self, key: &'static str, default: T, range: RangeInclusive<T>) -> T {
        let accepts = numbers(&range, "");
        self.ask(key, Some(default.to_string()), accepts, |value| in_range(value, &range)).unwrap_or(default)
    }

    pub(crate) fn optional_number<T: Number>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let accepts = numbers(&range, "");
        self.ask(key, None, accepts, |value| in_range(value, &range))
    }

    pub(crate) fn millis(
        &mut self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<u64>,
    ) -> Duration {
        let accepts = numbers(&range, "milliseconds");
        let shown = default.as_millis().to_string();
        self.ask(key, Some(shown), accepts, |value| in_range(value, &range))
            .map_or(default, Duration::from_millis)
    }

    pub(crate) fn seconds(
        &mut self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<u64>,
    ) -> Duration {
        let accepts = numbers(&range, "seconds");
        let shown = default.as_secs().to_string();
        self.ask(key, Some(shown), accepts, |value| in_range(value, &range))
            .map_or(default, Duration::from_secs)
    }

    pub(crate) fn baud(&mut self, key: &'static str, default: Baud) -> Baud {
        let speeds = Baud::ALL.iter().map(|baud| i64::from(baud.bits_per_second())).collect();
        let accepts = Accepts::new(one_of(Baud::ALL.iter().map(Baud::to_string)), Shape::Numbers(speeds));
        self.ask(key, Some(default.to_string()), accepts, |value| Baud::new(whole(value)?)).unwrap_or(default)
    }

    pub(crate) fn optional_hex_byte(&mut self, key: &'static str) -> Option<u8> {
        let accepts = Accepts::new("two hexadecimal digits in quotes, as \"07\"", Shape::pattern(HEX_BYTE));
        self.ask(key, None, accepts, hex_byte)
    }

    pub(crate) fn choice<T: Choice>(&mut self, key: &'static str) -> T {
        let default = T::default();
        let accepts = words(T::ALL.iter().map(|value| value.word()));
        self.ask(key, Some(quoted(default.word())), accepts, |value| {
            let word = value.as_str()?;
            T::ALL.iter().copied().find(|value| value.word() == word)
        })
        .unwrap_or(default)
    }
}

/// A line of text of the usual length.
pub(crate) fn text() -> Accepts {
    let words = format!("a text of 1 to {MAX_TEXT_CHARS} characters in quotes");
    Accepts::new(words, Shape::Text { most: MAX_TEXT_CHARS })
}

const PATH: &str = "an absolute path in quotes, beginning with /";
const ENDPOINT: &str = "an absolute path in quotes, beginning with /, or \"tcp://HOST:PORT\"";
