//! `central report`: the year in figures, to the terminal or as files.

use std::path::{Path, PathBuf};

use central::App;
use central::report::{Figures, Language, document};
use circulation::id::Isil;
use clap::ValueEnum;

/// What is wanted.
#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// the year to count
    #[arg(long, value_parser = clap::value_parser!(i16).range(1900..=2200))]
    year: i16,
    /// text goes to the terminal; the others need --out: html is one page with charts and tables, csv and svg are one
    /// file for each table
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// folder for the files; it is made if there is none, and files of an earlier report in it are replaced
    #[arg(long, value_name = "DIR", required_if_eq_any([("format", "csv"), ("format", "svg"), ("format", "html")]))]
    out: Option<PathBuf>,
    /// which library, where the database has several
    #[arg(long, value_name = "ISIL")]
    institution: Option<String>,
    /// English words instead of Chinese ones
    #[arg(long)]
    english: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Csv,
    Svg,
    Html,
}

impl ReportArgs {
    /// Counts, writes the files, and gives what is to be said.
    pub(crate) fn run(&self, app: &App) -> Result<String, String> {
        let of = chosen(app, self.institution.as_deref())?;
        let figures = app.store().figures(&of, self.year).map_err(|fault| fault.to_string())?;
        let language = if self.english { Language::English } else { Language::Chinese };
        let files = self.files(&figures, language)?;
        let Some(out) = &self.out else {
            return Ok(files.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n"));
        };
        std::fs::create_dir_all(out).map_err(|fault| {
            format!("cannot make the folder {}: {fault}; give another --out", out.display())
        })?;
        for (name, text) in &files {
            write(&out.join(name), text)?;
        }
        Ok(format!("{} files in {}", files.len(), out.display()))
    }

    fn files(&self, figures: &Figures, language: Language) -> Result<Vec<(String, String)>, String> {
        let tables = figures.tables(language);
        let year = self.year;
        let unwritable = |fault: csv::Error| format!("the figures cannot be written as CSV: {fault}");
        let name = |key: &str, ending: &str| format!("{year}-{key}.{ending}");
        Ok(match self.format {
            Format::Html => vec![(name("report", "html"), document(figures, language))],
            Format::Text => {
                let texts: Vec<String> = tables.iter().map(central::report::Table::text).collect();
                let title = central::report::title(figures, language);
                vec![(name("report", "txt"), format!("{title}\n\n{}", texts.join("\n")))]
            }
            Format::Svg => tables.iter().map(|table| (name(table.key, "svg"), table.svg())).collect(),
            Format::Csv => tables
                .iter()
                .map(|table| Ok((name(table.key, "csv"), table.csv().map_err(unwritable)?)))
                .collect::<Result<_, String>>()?,
        })
    }
}

/// The library meant: the one named, or the only one there is.
pub(crate) fn chosen(app: &App, named: Option<&str>) -> Result<Isil, String> {
    let all = app.store().institutions().map_err(|fault| fault.to_string())?;
    let list =
        || all.iter().map(|(of, name)| format!("{} ({name})", of.as_str())).collect::<Vec<_>>().join(", ");
    match (named, all.as_slice()) {
        (None, [(only, _)]) => Ok(only.clone()),
        (None, []) => Err("the database holds no library yet; sow or import one first".to_owned()),
        (None, _) => {
            Err(format!("the database holds several libraries; name one with --institution: {}", list()))
        }
        (Some(named), _) => match all.iter().find(|(of, _)| of.as_str() == named) {
            Some((of, _)) => Ok(of.clone()),
            None => Err(format!("there is no library {named} in the database; it has: {}", list())),
        },
    }
}

/// Writes a file, whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    let cannot = |fault| format!("cannot write {}: {fault}; make room or give another --out", path.display());
    let part = path.with_extension("part");
    std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, path)).map_err(cannot)
}
