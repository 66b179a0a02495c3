//! The key by which codes on phones are checked, as central told it last: a file, so that a room that begins without central
//! checks them too. It is public: with it no code can be made.

use std::io::Write as _;
use std::path::Path;

use sync_client::kiosk_api::card::CardKey;
use tracing::warn;

/// Keeps the key, if it is one.
pub(crate) async fn keep(data_dir: &Path, digits: &str) {
    if CardKey::parse(digits).is_none() {
        return warn!("central tells a key that is none");
    }
    let (folder, digits) = (data_dir.to_owned(), digits.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(digits.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(folder.join(FILE)).map_err(|cause| cause.error)
    });
    match written.await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => warn!(%cause, "the key of codes on phones is not kept"),
        Err(cause) => warn!(%cause, "the key of codes on phones is not kept"),
    }
}

/// The key, if central has told one.
pub(crate) async fn read(data_dir: &Path) -> Option<CardKey> {
    let path = data_dir.join(FILE);
    let text = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await.ok()?.ok()?;
    CardKey::parse(text.trim())
}

const FILE: &str = "card-key";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_kept_and_what_is_none_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).await, None);
        keep(folder.path(), "00ff").await;
        assert_eq!(read(folder.path()).await, None);
        let digits = "5A".repeat(32);
        keep(folder.path(), &digits).await;
        assert_eq!(read(folder.path()).await, Some(CardKey::new([0x5A; 32])));
    }
}
