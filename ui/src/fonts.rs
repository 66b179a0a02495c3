//! Is there any font at all? Slint panics without one, so this is asked before.
//!
//! Reads fontconfig's own configuration for its folders and looks for one font file in them. The screen's letters do
//! not come from there: they are inside the program.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::UiError;

/// Checks that fontconfig will find at least one font.
///
/// # Errors
/// [`UiError::NoFont`] if it will not.
pub(crate) fn check() -> Result<(), UiError> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let config = env::var_os("FONTCONFIG_FILE")
        .filter(|file| !file.is_empty())
        .map_or_else(|| PathBuf::from("/etc/fonts/fonts.conf"), PathBuf::from);
    // fontconfig itself falls back to the usual folders when its configuration cannot be read
    let mut folders = fs::read_to_string(&config)
        .map_or_else(|_| vec![PathBuf::from("/usr/share/fonts")], |text| folders(&text, home.as_deref()));
    folders.extend(env::var_os("XDG_DATA_HOME").map(|data| PathBuf::from(data).join("fonts")));
    folders.iter().any(|folder| has_font(folder, MAX_DEPTH)).then_some(()).ok_or(UiError::NoFont)
}

/// The folders that a configuration names in `<dir>` elements.
fn folders(config: &str, home: Option<&Path>) -> Vec<PathBuf> {
    let named = config.split("<dir").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (path, _) = rest.split_once("</dir>")?;
        Some((attributes.contains("xdg"), path.trim()))
    });
    named
        .filter_map(|(is_xdg, path)| match (is_xdg, path.strip_prefix("~/")) {
            (true, _) => Some(home?.join(".local/share").join(path)),
            (false, Some(below)) => Some(home?.join(below)),
            (false, None) => Some(PathBuf::from(path)),
        })
        .collect()
}

fn has_font(folder: &Path, depth: u8) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let is_font = path
            .extension()
            .and_then(OsStr::to_str)
            .is_some_and(|end| ENDINGS.iter().any(|font| end.eq_ignore_ascii_case(font)));
        (is_font && path.is_file()) || (depth > 0 && path.is_dir() && has_font(&path, depth - 1))
    })
}

const ENDINGS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];
const MAX_DEPTH: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_configuration() {
        let text = "<fontconfig><dir>/usr/share/fonts</dir>\n<dir prefix=\"xdg\">fonts</dir><dir>~/.fonts</dir></fontconfig>";
        let home = Path::new("/home/k");
        let want = ["/usr/share/fonts", "/home/k/.local/share/fonts", "/home/k/.fonts"].map(PathBuf::from);
        assert_eq!(folders(text, Some(home)), want);
        assert_eq!(folders(text, None), [PathBuf::from("/usr/share/fonts")]);
        assert_eq!(folders("<dir>never closed", None), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_folder_without_fonts_has_none() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(has_font(&own.join("slint"), MAX_DEPTH));
        assert!(!has_font(&own.join("src"), MAX_DEPTH));
        assert!(!has_font(Path::new("/nowhere"), MAX_DEPTH));
    }
}
