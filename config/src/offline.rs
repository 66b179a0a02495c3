//! `[offline]`: what is done without the library's system.

use std::time::Duration;

use crate::choices::{CheckinPolicy, CheckoutPolicy};
use crate::reading::Section;

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
