//! Settings that central gives kiosks: a text for all, and one for each that lies over it. What may be in them, and whether
//! it is right, the kiosk says: its line on the board is yellow while it does not take them.

use circulation::id::Isil;
use jiff::civil::DateTime;
use sync_client::kiosk_api::heartbeat::{Given, MAX_GIVEN};

use super::engine::Access;
use super::people::{act, audit};
use super::statement::given as sql;
use super::{Store, StoreError};

impl Store {
    /// The settings for all kiosks, or for one.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn given(&self, of: &Isil, kiosk: Option<&str>) -> Result<String, StoreError> {
        let rows = self.look(|db| read(db, of, kiosk.unwrap_or("")))?;
        let found = rows.into_iter().find(|(name, ..)| name == kiosk.unwrap_or(""));
        Ok(found.map(|(.., text)| text).unwrap_or_default())
    }

    /// Gives settings to all kiosks, or to one; nothing takes them back. Each takes them with its next heart-beat. Says whether
    /// the text is short enough, and has no control characters.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn give(
        &self,
        of: &Isil,
        kiosk: Option<&str>,
        text: &str,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        let text = text.replace("\r\n", "\n");
        let is_bad = |c: char| c.is_control() && c != '\n' && c != '\t';
        if text.len() > MAX_GIVEN || text.chars().any(is_bad) {
            return Ok(false);
        }
        self.change(|db| {
            db.write(&sql::GIVE, &[of.into(), kiosk.unwrap_or("").into(), (&text).into()])?;
            audit(db, of, (actor, act::GIVE_SETTINGS, kiosk.unwrap_or("*")), now)
        })?;
        Ok(true)
    }
}

/// What a kiosk is given that names the version which it has; nothing if that is the last.
pub(super) fn news(
    db: &mut dyn Access,
    of: &Isil,
    (kiosk, has): (&str, &str),
) -> Result<Option<Given>, StoreError> {
    let rows = read(db, of, kiosk)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let revision = |wanted: &str| rows.iter().find(|(name, ..)| name == wanted).map_or(0, |(_, n, _)| *n);
    let version = format!("{}.{}", revision(""), revision(kiosk));
    let texts = rows.into_iter().map(|(.., text)| text).filter(|text| !text.is_empty());
    Ok((version != has).then(|| Given { version, texts: texts.collect() }))
}

type Rows = Vec<(String, i64, String)>;

fn read(db: &mut dyn Access, of: &Isil, kiosk: &str) -> Result<Rows, StoreError> {
    let rows = db.rows(&sql::GIVEN, &[of.into(), kiosk.into()])?.into_iter();
    rows.map(|mut row| {
        Ok((
            row.text("kiosk_given.kiosk")?,
            row.int("kiosk_given.revision")?,
            row.text("kiosk_given.settings")?,
        ))
    })
    .collect()
}
