//! What central gives this kiosk to change in its settings: kept beside the ledger, so that it holds over a restart without
//! central, and laid over the configuration's file wherever that is read ([`config::lay_over`]).
//!
//! **Rule**: what does not fit is not kept. The kiosk goes on with what it has, and central is told why.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError};
use serde::{Deserialize, Serialize};
use sync_client::kiosk_api::heartbeat::Given;
use tracing::{info, warn};

/// In the data folder.
const GIVEN_FILE: &str = "given.json";

#[derive(Serialize, Deserialize)]
struct Kept {
    version: String,
    texts: Vec<String>,
}

/// What is kept; nothing if central gave nothing yet, or the file cannot be read, which is said.
pub(crate) fn kept(data_dir: &Path) -> Option<Given> {
    let path = data_dir.join(GIVEN_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return None,
        Err(cause) => {
            warn!(%cause, path = %path.display(), "the settings that central gave cannot be read");
            return None;
        }
    };
    match serde_json::from_str(&text) {
        Ok(Kept { version, texts }) => Some(Given { version, texts }),
        Err(cause) => {
            warn!(%cause, path = %path.display(), "the settings that central gave are damaged: it gives them again");
            None
        }
    }
}

/// The file of the configuration with what central gives laid over it, and its text.
///
/// # Errors
/// What is wrong, in words for whoever set it at central.
pub(crate) fn over(file: &Path, text: &str, given: &Given) -> Result<(Config, String), String> {
    let mut text = text.to_owned();
    for given in &given.texts {
        text = config::lay_over(&text, given).map_err(|why| why.to_string())?;
    }
    let sound = Config::parse(&text, "settings given by central").map_err(|why| why.to_string())?;
    Ok((Config { file: Some(file.to_owned()), ..sound }, text))
}

/// Reads the file of the configuration, with what is kept laid over it; what does not fit (any more) is left out and said.
///
/// # Errors
/// [`ConfigError`] of the file itself.
pub(crate) fn load(file: PathBuf, data_dir: &Path) -> Result<(Config, String), ConfigError> {
    let (own, text) = Config::load_with_text(&file)?;
    let Some(given) = kept(data_dir) else { return Ok((own, text)) };
    match over(&file, &text, &given) {
        Ok(both) => Ok(both),
        Err(why) => {
            warn!(why, version = given.version, "the settings that central gave do not fit and are left out");
            Ok((own, text))
        }
    }
}

/// What a kiosk that was configured so runs with: what central gave counts from the start. Where it gave nothing the
/// configuration stays as it is, also where it says something else than its file.
pub(crate) fn from_the_start(config: &Config) -> Config {
    let is_given = kept(&config.kiosk.data_dir).is_some_and(|given| !given.texts.is_empty());
    let Some(file) = config.file.clone().filter(|_| is_given) else { return config.clone() };
    match load(file, &config.kiosk.data_dir) {
        Ok((fresh, _)) => config.taking(&fresh),
        // It was read a moment ago; whatever is wrong with it since is said when it is asked for.
        Err(_) => config.clone(),
    }
}

/// Keeps what central gives, if it fits. From then on it is what [`load`] gives.
///
/// # Errors
/// Why it is not kept, in words for whoever set it at central.
pub(crate) fn keep(file: &Path, data_dir: &Path, given: &Given) -> Result<(), String> {
    let (_, text) = Config::load_with_text(file).map_err(|why| why.to_string())?;
    over(file, &text, given)?;
    write(data_dir, given).map_err(|cause| format!("the settings cannot be kept: {cause}"))?;
    info!(version = given.version, "central's settings are kept");
    Ok(())
}

/// Whole or not at all, also when the plug is pulled.
fn write(data_dir: &Path, given: &Given) -> std::io::Result<()> {
    let kept = Kept { version: given.version.clone(), texts: given.texts.clone() };
    let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
    file.write_all(&serde_json::to_vec_pretty(&kept)?)?;
    file.as_file().sync_all()?;
    file.persist(data_dir.join(GIVEN_FILE)).map_err(|fault| fault.error)?;
    std::fs::File::open(data_dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(texts: &[&str]) -> Given {
        Given { version: "1.0".to_owned(), texts: texts.iter().map(|text| (*text).to_owned()).collect() }
    }

    #[test]
    fn what_fits_is_kept_and_what_does_not_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kiosk.toml");
        let text = format!(
            "[kiosk]\ndata_dir = {:?}\n[place]\nlibrary = \"青禾\"\n",
            folder.path().to_str().unwrap()
        );
        std::fs::write(&file, text).unwrap();
        let library = || load(file.clone(), folder.path()).unwrap().0.place.library;
        assert_eq!(library().as_deref(), Some("青禾"));
        // The kiosk's own text lies over that for all.
        let both =
            given(&["[place]\nlibrary = \"总馆\"\nhours = [\"a\"]\n", "[place]\nlibrary = \"河东\"\n"]);
        keep(&file, folder.path(), &both).unwrap();
        let config = load(file.clone(), folder.path()).unwrap().0;
        assert_eq!((config.place.library.as_deref(), config.place.hours.len()), (Some("河东"), 1));
        assert_eq!(kept(folder.path()), Some(both));
        for (text, says) in [
            ("[reader]\nport = \"/dev/x\"\n", "reader.port"),
            ("[visit]\nidle_seconds = 1\n", "idle_seconds"),
            ("[place\n", "TOML"),
        ] {
            let why = keep(&file, folder.path(), &given(&[text])).unwrap_err();
            assert!(why.contains(says), "{why}");
            assert_eq!(library().as_deref(), Some("河东"));
        }
        // A damaged file is as none: central gives it again.
        std::fs::write(folder.path().join(GIVEN_FILE), "{").unwrap();
        assert_eq!((kept(folder.path()), library().as_deref()), (None, Some("青禾")));
        keep(&file, folder.path(), &given(&[])).unwrap();
        assert_eq!(library().as_deref(), Some("青禾"));
    }
}
