//! Settings that central gives kiosks.

use super::Statement;

/// `$2` kiosk: those for all kiosks, then its own.
pub(in crate::store) const GIVEN: Statement = Statement::both(
    "given",
    "SELECT g.kiosk, g.revision, g.settings FROM kiosk_given AS g \
     WHERE g.institution = $1 AND g.kiosk IN ('', $2) ORDER BY g.kiosk",
);

/// `$2` kiosk or '' for all, `$3` settings.
pub(in crate::store) const GIVE: Statement = Statement::both(
    "give",
    "INSERT INTO kiosk_given (institution, kiosk, revision, settings) VALUES ($1, $2, 1, $3) \
     ON CONFLICT (institution, kiosk) DO UPDATE SET revision = kiosk_given.revision + 1, settings = excluded.settings",
);

pub(super) const ALL: &[&Statement] = &[&GIVEN, &GIVE];
