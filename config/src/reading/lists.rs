//! Lists of values, and times of the day.

use jiff::civil::Time;
use toml::de::DeValue;

use super::Section;
use super::value::{MAX_TEXT_CHARS, described, plain_text, quoted};
use crate::Fault;
use crate::opening;
use crate::shape::{Accepts, Shape};

impl Section<'_, '_> {
    /// A list of short lines of text.
    pub(crate) fn texts(&mut self, key: &'static str, default: &[String], most: usize) -> Vec<String> {
        let words = format!("a list of at most {most} texts of 1 to {MAX_TEXT_CHARS} characters in quotes");
        let accepts = Accepts::new(words, Shape::list(Shape::Text { most: MAX_TEXT_CHARS }, most));
        let shown: Vec<String> = default.iter().map(|text| quoted(text)).collect();
        let shown = format!("[{}]", shown.join(", "));
        self.elements(key, shown, accepts, most, |value| plain_text(value).map(str::to_owned))
            .unwrap_or_else(|| default.to_vec())
    }

    /// A list of values that `parse` knows, each of the form `of`; empty by default.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        accepts: &str,
        of: Shape,
        most: usize,
        parse: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Vec<T> {
        self.elements(key, "[]".to_owned(), Accepts::new(accepts, Shape::list(of, most)), most, parse)
            .unwrap_or_default()
    }

    /// A time of the day.
    pub(crate) fn time(&mut self, key: &'static str, default: Time) -> Time {
        let shown = quoted(&format!("{:02}:{:02}", default.hour(), default.minute()));
        let words = "a time from 00:00 to 23:59 in quotes, as \"18:30\"";
        let accepts = Accepts::new(words, Shape::pattern("^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"));
        self.ask(key, Some(shown), accepts, |value| opening::time_of_day(value.as_str()?)).unwrap_or(default)
    }

    /// The elements of a list, if it is there; one that `parse` does not know is a problem, and left out.
    fn elements<T>(
        &mut self,
        key: &'static str,
        default: String,
        accepts: Accepts,
        most: usize,
        parse: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let words = accepts.words.clone();
        let read = |value: &DeValue<'_>| parse(value).ok_or_else(|| described(value));
        let elements = self.ask(key, Some(default), accepts, |value| {
            let elements = value.as_array().filter(|elements| elements.len() <= most)?;
            Some(elements.iter().map(|element| read(element.get_ref())).collect::<Vec<_>>())
        })?;
        let strange =
            elements.iter().enumerate().find_map(|(at, element)| Some((at, element.as_ref().err()?)));
        if let Some((at, got)) = strange {
            let got = format!("{got} as number {}", at + 1);
            self.fault(key, Fault::Value { got, accepts: words });
        }
        Some(elements.into_iter().flatten().collect())
    }
}
