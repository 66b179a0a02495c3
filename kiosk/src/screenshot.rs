//! `kiosk screenshot`: the pages of the screen as pictures, from the gallery of invented people and books.

use std::path::Path;

use circulation::screen::{Language, Look, Page};
use ui::gallery::{self, LANGUAGES, SHAPES, Sight};

use crate::demo::line;
use crate::failure::Failure;

/// Which pictures are wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// the page's name in the gallery; every page if there is none
    pub page: Option<String>,
    /// the language's short name
    pub language: String,
    /// the look's name; the standard one is `standard`
    pub look: String,
    /// portrait or landscape
    pub shape: String,
}

/// Draws every page in every language and look, on both shapes of panel.
///
/// # Errors
/// [`Failure::Output`] or [`Failure::Screen`].
pub fn all(out: &Path) -> Result<(), Failure> {
    write(gallery::all(), out)
}

/// Draws some pages, or names all of them if the page's name is `list`.
///
/// # Errors
/// As [`all`], and [`Failure::NoSight`], which names what there is.
pub fn some(out: &Path, wanted: &Wanted) -> Result<(), Failure> {
    if wanted.page.as_deref() == Some("list") {
        gallery::pages().into_iter().for_each(|(name, _)| line(name));
        return Ok(());
    }
    write(sights(wanted)?, out)
}

/// Draws every page small on one sheet, and some of them in other looks.
///
/// # Errors
/// [`Failure::Screen`].
pub fn sheet(file: &Path) -> Result<(), Failure> {
    let sheet = gallery::contact_sheet(gallery::digest(), COLUMNS, CELL)?;
    sheet.write_png(file)?;
    line(&format!("{}x{} pixels in {}", sheet.width, sheet.height, file.display()));
    Ok(())
}

fn write(sights: impl IntoIterator<Item = Sight>, out: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(out).map_err(|source| Failure::Output { path: out.to_path_buf(), source })?;
    let n = gallery::write(sights, out)?;
    line(&format!("{n} pictures in {}", out.display()));
    Ok(())
}

fn sights(wanted: &Wanted) -> Result<Vec<Sight>, Failure> {
    let pages: Vec<(&str, Page)> = match &wanted.page {
        Some(name) => {
            let mut named = gallery::pages();
            named.retain(|(page, _)| page == name);
            if named.is_empty() {
                return Err(absent(
                    "page",
                    name,
                    gallery::pages().into_iter().map(|(page, _)| page.to_owned()),
                ));
            }
            named
        }
        None => gallery::pages(),
    };
    let (code, language) = language(&wanted.language)?;
    let (suffix, look) = look(&wanted.look)?;
    let shape = SHAPES.into_iter().find(|(name, ..)| *name == wanted.shape);
    let names = || SHAPES.into_iter().map(|(name, ..)| name.to_owned());
    let (shape, width, height) = shape.ok_or_else(|| absent("shape", &wanted.shape, names()))?;
    Ok(pages
        .into_iter()
        .map(|(page_name, page)| Sight {
            name: format!("{page_name}-{shape}-{code}{suffix}"),
            screen: gallery::screen(language, look, page),
            width,
            height,
        })
        .collect())
}

fn language(name: &str) -> Result<(&'static str, Language), Failure> {
    let found = LANGUAGES.into_iter().find(|(code, _)| *code == name);
    found.ok_or_else(|| absent("language", name, LANGUAGES.into_iter().map(|(code, _)| code.to_owned())))
}

fn look(name: &str) -> Result<(String, Look), Failure> {
    let called = |suffix: &str| match suffix.trim_start_matches('-') {
        "" => STANDARD.to_owned(),
        named => named.to_owned(),
    };
    let found = gallery::looks().into_iter().find(|(suffix, _)| called(suffix) == name);
    found.ok_or_else(|| absent("look", name, gallery::looks().into_iter().map(|(suffix, _)| called(&suffix))))
}

fn absent(kind: &'static str, name: &str, known: impl Iterator<Item = String>) -> Failure {
    Failure::NoSight { kind, name: name.to_owned(), known: known.collect::<Vec<_>>().join(", ") }
}

const STANDARD: &str = "standard";
/// Of the sheet: pictures in a row, and pixels of a picture's longer side.
const COLUMNS: u32 = 12;
const CELL: u32 = 250;

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(page: Option<&str>, language: &str, look: &str, shape: &str) -> Wanted {
        let owned = str::to_owned;
        Wanted { page: page.map(owned), language: owned(language), look: owned(look), shape: owned(shape) }
    }

    #[test]
    fn what_is_wanted_is_part_of_the_gallery() {
        let all: Vec<Sight> = gallery::all().collect();
        let one = sights(&wanted(Some("about"), "zh-tw", "large-low-night", "landscape")).unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].name, "about-landscape-zh-tw-large-low-night");
        assert!(all.contains(&one[0]));
        let pages = sights(&wanted(None, "en", "standard", "portrait")).unwrap();
        assert_eq!(pages.len(), gallery::pages().len());
        assert!(pages.iter().all(|sight| all.contains(sight)));
    }

    #[test]
    fn what_there_is_not_is_told_with_what_there_is() {
        for (wanted, told) in [
            (
                wanted(Some("abuot"), "zh", "standard", "portrait"),
                "there is no page named abuot; there are: welcome, ",
            ),
            (
                wanted(None, "fr", "standard", "portrait"),
                "there is no language named fr; there are: zh, zh-tw, en",
            ),
            (
                wanted(None, "zh", "huge", "portrait"),
                "there is no look named huge; there are: standard, night, ",
            ),
            (
                wanted(None, "zh", "standard", "round"),
                "there is no shape named round; there are: portrait, landscape",
            ),
        ] {
            let failure = sights(&wanted).unwrap_err();
            assert!(failure.to_string().starts_with(told), "{failure}");
            assert_eq!(failure.exit_code(), 2);
        }
    }
}
