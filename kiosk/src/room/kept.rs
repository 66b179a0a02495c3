//! Cards that central let in, for the hours without it: as hashes with their last day, in a file that says nobody's number.
//!
//! ```text
//!   9f86d081..                    a salt of this machine's own
//!   2c26b46b.. 2026-12-30         SHA-256 of salt and number, and until when
//! ```
//! Whoever steals file and machine can try numbers one after the other: it keeps honest people honest, and is short-lived.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use circulation::id::PatronId;
use jiff::ToSpan as _;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use tracing::warn;

/// The list. Clones are the same one.
#[derive(Clone)]
pub(super) struct Kept(Arc<Inner>);

struct Inner {
    path: PathBuf,
    days: u32,
    list: Mutex<List>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct List {
    salt: String,
    /// until when, by hash
    until: BTreeMap<String, Date>,
}

impl Kept {
    /// The list in a data folder, of cards that are kept for so many days; none is, if that is 0.
    pub(super) fn in_folder(data_dir: &Path, days: u32) -> Self {
        let path = data_dir.join(FILE);
        // What cannot be read is no list: each card is known again after central's next word.
        let list = std::fs::read_to_string(&path).map(|text| List::parse(&text)).unwrap_or_default();
        Self(Arc::new(Inner { path, days, list: Mutex::new(list) }))
    }

    /// Keeps a card that central let in, and forgets one that it did not.
    pub(super) async fn keep(&self, patron: PatronId, may_enter: bool, today: Date) {
        let kept = self.clone();
        let done = tokio::task::spawn_blocking(move || kept.0.keep(&patron, may_enter, today)).await;
        match done {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => warn!(%cause, "a card is not known while central is silent"),
            Err(cause) => warn!(%cause, "a card is not known while central is silent"),
        }
    }

    /// Whether a card may come in without central.
    pub(super) async fn has(&self, patron: PatronId, today: Date) -> bool {
        let kept = self.clone();
        tokio::task::spawn_blocking(move || kept.0.has(&patron, today)).await.unwrap_or(false)
    }
}

impl Inner {
    fn has(&self, patron: &PatronId, today: Date) -> bool {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.until.get(&list.hash(patron)).is_some_and(|until| today <= *until)
    }

    fn keep(&self, patron: &PatronId, may_enter: bool, today: Date) -> std::io::Result<()> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.salt.is_empty() {
            list.salt = uuid::Uuid::now_v7().simple().to_string();
        }
        let before = list.clone();
        let hash = list.hash(patron);
        if may_enter && self.days > 0 {
            list.until.insert(hash, today.saturating_add(i64::from(self.days).days()));
        } else {
            list.until.remove(&hash);
        }
        list.until.retain(|_, until| today <= *until);
        while list.until.len() > MOST {
            list.until.pop_first();
        }
        if *list == before {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(list.text().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|cause| cause.error)
    }
}

impl List {
    fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let salt = lines.next().unwrap_or_default().trim().to_owned();
        let row = |line: &str| {
            let (hash, until) = line.split_once(' ')?;
            Some((hash.to_owned(), until.trim().parse().ok()?))
        };
        Self { salt, until: lines.filter_map(row).take(MOST).collect() }
    }

    fn text(&self) -> String {
        let rows = self.until.iter().map(|(hash, until)| format!("{hash} {until}\n"));
        rows.fold(format!("{}\n", self.salt), |text, row| text + &row)
    }

    fn hash(&self, patron: &PatronId) -> String {
        let digest = Sha256::new().chain_update(&self.salt).chain_update(patron.as_str()).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

const FILE: &str = "room-cards";
/// More than one room has readers.
const MOST: usize = 50_000;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[tokio::test]
    async fn a_card_is_known_until_its_day_over_a_restart_and_its_number_stands_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let card = |text: &str| PatronId::parse(text).unwrap();
        let today = date(2026, 11, 30);
        let kept = Kept::in_folder(folder.path(), 30);
        kept.keep(card("LW20260001"), true, today).await;
        kept.keep(card("LW20260002"), true, today).await;
        kept.keep(card("LW20260002"), false, today).await;
        let again = Kept::in_folder(folder.path(), 30);
        for (number, day, expected) in [
            ("LW20260001", today, true),
            ("LW20260001", date(2026, 12, 30), true),
            ("LW20260001", date(2026, 12, 31), false),
            ("LW20260002", today, false),
            ("LW20260003", today, false),
        ] {
            assert_eq!(again.has(card(number), day).await, expected, "{number} {day}");
        }
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains("2026000") && text.lines().count() == 2, "{text}");
        let other = tempfile::tempdir().unwrap();
        let nobody = Kept::in_folder(other.path(), 0);
        nobody.keep(card("LW20260001"), true, today).await;
        assert!(!nobody.has(card("LW20260001"), today).await);
    }
}
