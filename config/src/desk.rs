//! `[desk]`: library cards at the machine.

use crate::choices::DispenserKind;
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
    /// Where the dispenser of cards is; without it a card is a code on the phone.
    pub dispenser_port: Option<Endpoint>,
    /// What it speaks.
    pub dispenser: DispenserKind,
    /// The speed of its line; no parity.
    pub dispenser_baud: Baud,
    /// The reader at its writing place, of the make and speed of `[reader]`.
    pub writer_port: Option<Endpoint>,
    /// The ISIL that is written on a card.
    pub owner: Option<String>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            enabled: false,
            port: "/dev/yueting-idcard".into(),
            baud: Baud::FASTEST_USUAL,
            phone_page: "https://library.example/m".to_owned(),
            dispenser_port: None,
            dispenser: DispenserKind::default(),
            dispenser_baud: Baud::new(9_600).unwrap_or_default(),
            writer_port: None,
            owner: None,
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
            dispenser_port: section.optional_endpoint("dispenser_port"),
            dispenser: section.choice("dispenser"),
            dispenser_baud: section.baud("dispenser_baud", default.dispenser_baud),
            writer_port: section.optional_endpoint("writer_port"),
            owner: section.optional_text("owner"),
        }
    }
}
