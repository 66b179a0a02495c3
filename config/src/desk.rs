//! `[desk]`: library cards at the machine.

use crate::reading::Section;
use crate::{Baud, Endpoint};

/// `[desk]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Whether cards are made, renewed and replaced here.
    pub enabled: bool,
    /// Where the reader of identity cards is.
    pub port: Endpoint,
    /// The speed of its line; no parity.
    pub baud: Baud,
    /// The address of the library's pages for readers, where a phone becomes the card.
    pub phone_page: String,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            enabled: false,
            port: "/dev/yueting-idcard".into(),
            baud: Baud::FASTEST_USUAL,
            phone_page: "https://library.example/m".to_owned(),
        }
    }
}

impl Desk {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            enabled: section.flag("enabled", default.enabled),
            port: section.endpoint("port", &default.port),
            baud: section.baud("baud", default.baud),
            phone_page: section.base_url("phone_page", &default.phone_page),
        }
    }
}
