//! `[[sort]]`: which bin of the slot an item goes to; the first table whose every condition holds.

use toml::de::DeValue;

use crate::Fault;
use crate::reading::{Section, text};
use crate::shape::{Accepts, Shape};
use crate::slot::MAX_NAMES;

/// One `[[sort]]`. What is not there is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The bin.
    pub bin: String,
    /// Central's sort bin is this.
    pub sort_bin: Option<String>,
    /// The location, or the branch, is one of these.
    pub locations: Vec<String>,
    /// The owner (ISIL) is one of these.
    pub owners: Vec<String>,
    /// The call number begins with one of these, part by part.
    pub call_numbers: Vec<String>,
    /// The call number stands on a shelf from the first to the second.
    pub call_range: Option<(String, String)>,
    /// It is held for somebody, or is not.
    pub held: Option<bool>,
    /// The kind is one of these.
    pub media: Vec<String>,
    /// The age group is one of these.
    pub age_groups: Vec<String>,
}

impl Sort {
    /// Reads one table; `None` if it is not a whole rule, and then there is a problem (or no table).
    pub(crate) fn read(section: &mut Section<'_, '_>, _: &[Self]) -> Option<Self> {
        let bin = section.required("bin", text(), |value: &DeValue<'_>| {
            let text = value.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        });
        let sort_bin = section.optional_text("sort_bin");
        let locations = section.texts("locations", &[], MAX_NAMES);
        let owners = section.texts("owners", &[], MAX_NAMES);
        let call_numbers = section.texts("call_numbers", &[], MAX_NAMES);
        let from = section.optional_text("call_from");
        let to = section.optional_text("call_to");
        for (here, is_alone) in [("call_from", to.is_none()), ("call_to", from.is_none())] {
            if is_alone && section.has(here) {
                let text = "a range has two ends; give call_from and call_to, or call_numbers";
                section.fault(here, Fault::Clash { text });
            }
        }
        let flag = Accepts::new("true or false, without quotes", Shape::Flag);
        let held = section.ask("held", None, flag, |value| value.as_bool());
        let media = section.texts("media", &[], MAX_NAMES);
        let age_groups = section.texts("age_groups", &[], MAX_NAMES);
        let call_range = from.zip(to);
        Some(Self {
            bin: bin?,
            sort_bin,
            locations,
            owners,
            call_numbers,
            call_range,
            held,
            media,
            age_groups,
        })
    }
}

pub(crate) const MAX_RULES: usize = 256;
