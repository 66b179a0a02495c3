//! `central import`: lists of other systems, or a whole library as `central export` wrote it.

use std::path::{Path, PathBuf};

use central::App;
use central::exchange::{self, Charset, Flavour, Patron, Place, Refusal, Secret, Taken, refusals_csv};
use central::password::{self, Cost};
use central::store::{Import, Imported, Phase, Stored, Table};
use circulation::id::Isil;
use clap::ValueEnum;

use crate::report_args::{chosen, write};

/// What is to be taken in, and how.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// a list of items: CSV, or MARC records with their holdings
    #[arg(long, value_name = "FILE", group = "source")]
    items: Option<PathBuf>,
    /// a list of patrons, as CSV
    #[arg(long, value_name = "FILE", group = "source")]
    patrons: Option<PathBuf>,
    /// a list of shelves, as CSV: where each stands on the map of its branch; the maps of the branches named there are drawn anew
    #[arg(long, value_name = "FILE", group = "source")]
    shelves: Option<PathBuf>,
    /// a folder as `central export` writes it; the library named there must not be in the database yet
    #[arg(long, value_name = "DIR", group = "source")]
    from: Option<PathBuf>,
    /// what the list of items is
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// the character set of the list
    #[arg(long, value_enum, default_value = "auto")]
    encoding: Encoding,
    /// type of items that do not say it
    #[arg(long, value_name = "TYPE")]
    item_type: Option<String>,
    /// branch of items that do not say it
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
    /// type of cards that do not say it
    #[arg(long, value_name = "TYPE")]
    patron_type: Option<String>,
    /// make branches and item types that are not there
    #[arg(long)]
    make_missing: bool,
    /// take in what can be taken when something is refused; without this nothing is taken in then
    #[arg(long)]
    skip_refused: bool,
    /// where to write what was refused [default: the list's name with .refused.csv]
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// which library, where the database has several
    #[arg(long, value_name = "ISIL")]
    institution: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// commas, the first row names the columns
    Csv,
    /// ISO 2709 records of CNMARC
    Cnmarc,
    /// ISO 2709 records of MARC 21
    Marc21,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// UTF-8 where it is that, GBK where not
    Auto,
    #[value(name = "utf-8")]
    Utf8,
    /// GBK, or GB 18030
    Gbk,
}

impl From<Encoding> for Charset {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Auto => Self::Either,
            Encoding::Utf8 => Self::Utf8,
            Encoding::Gbk => Self::Gbk,
        }
    }
}

impl ImportArgs {
    /// Reads, checks, takes in; gives what is to be said.
    pub(crate) fn run(&self, app: &App) -> Result<String, String> {
        match (&self.items, &self.patrons, &self.shelves, &self.from) {
            (Some(path), ..) => self.take_items(app, path),
            (_, Some(path), ..) => self.take_patrons(app, path),
            (_, _, Some(path), _) => self.take_shelves(app, path),
            (.., Some(folder)) => restore(app, folder),
            (None, None, None, None) => {
                Err("name a list with --items, --patrons or --shelves, or a folder with --from".to_owned())
            }
        }
    }

    fn take_items(&self, app: &App, path: &Path) -> Result<String, String> {
        let of = chosen(app, self.institution.as_deref())?;
        let bytes = read(path)?;
        let charset = self.encoding.into();
        let taken = match self.format {
            Format::Csv => exchange::sheet::items(&bytes, charset),
            Format::Cnmarc => exchange::catalogue::read(&bytes, Flavour::Cnmarc, charset),
            Format::Marc21 => exchange::catalogue::read(&bytes, Flavour::Marc21, charset),
        };
        self.finish(app, &of, path, &taken, |import| Import { items: &taken.rows, ..import })
    }

    fn take_patrons(&self, app: &App, path: &Path) -> Result<String, String> {
        let of = chosen(app, self.institution.as_deref())?;
        if self.format != Format::Csv {
            return Err("patrons come as CSV: leave --format out".to_owned());
        }
        let taken = exchange::sheet::patrons(&read(path)?, self.encoding.into(), app.now().date());
        let hashes = if taken.refused.is_empty() || self.skip_refused {
            hashes(app, &taken.rows)?
        } else {
            taken.rows.iter().map(|_| NO_PASSWORD.to_owned()).collect()
        };
        self.finish(app, &of, path, &taken, |import| Import {
            patrons: &taken.rows,
            hashes: &hashes,
            ..import
        })
    }

    /// Part of a map leads nobody: it is all or nothing, whatever else is asked for.
    fn take_shelves(&self, app: &App, path: &Path) -> Result<String, String> {
        let of = chosen(app, self.institution.as_deref())?;
        let taken = exchange::sheet::shelves(&read(path)?, self.encoding.into());
        let mut refused = taken.refused;
        if refused.is_empty() {
            let failed = |fault| format!("cannot take in {}: {fault}; nothing was changed", path.display());
            match app.store().draw_maps(&of, &taken.rows).map_err(failed)? {
                Ok(n) => return Ok(format!("{n} shelves drawn")),
                Err(unknown) => refused = unknown,
            }
        }
        let report = self.report(path, &refused)?.unwrap_or_default();
        let first = refused.first().map(Refusal::to_string).unwrap_or_default();
        Err(format!("nothing was drawn: {} refused, see {report}; the first: {first}", refused.len()))
    }

    fn finish<'a, T>(
        &'a self,
        app: &App,
        of: &Isil,
        path: &Path,
        taken: &Taken<T>,
        with: impl Fn(Import<'a>) -> Import<'a>,
    ) -> Result<String, String> {
        let may_apply = taken.refused.is_empty() || self.skip_refused;
        let imported = if may_apply {
            let import = with(Import {
                items: &[],
                patrons: &[],
                hashes: &[],
                item_type: self.item_type.as_deref(),
                branch: self.branch.as_deref(),
                patron_type: self.patron_type.as_deref(),
                makes_missing: self.make_missing,
                skips_refused: self.skip_refused,
            });
            app.store().meter().begin(Phase::Writing, taken.rows.len());
            let done = app.store().import(of, &import);
            done.map_err(|fault| format!("cannot take in {}: {fault}; nothing was changed", path.display()))?
        } else {
            Imported { n_items: 0, n_patrons: 0, refused: Vec::new(), is_applied: false }
        };
        if imported.n_items + imported.n_patrons > 0 {
            settle(app, of)?;
        }
        let mut refused = taken.refused.clone();
        refused.extend(imported.refused.iter().cloned());
        refused.sort_by_key(|refusal| refusal.place);
        let ignored = match taken.ignored.as_slice() {
            [] => String::new(),
            columns => format!("; columns not kept: {}", columns.join(", ")),
        };
        let report = self.report(path, &refused)?;
        let n = imported.n_items + imported.n_patrons;
        match (imported.is_applied, report) {
            (true, None) => Ok(format!("{n} taken in{ignored}")),
            (true, Some(report)) => {
                Ok(format!("{n} taken in, {} refused, see {report}{ignored}", refused.len()))
            }
            (false, report) => {
                let first = refused.first().map(Refusal::to_string).unwrap_or_default();
                let report = report.unwrap_or_default();
                Err(format!(
                    "nothing was taken in: {} refused, see {report}; the first: {first}{ignored}",
                    refused.len()
                ))
            }
        }
    }

    /// Writes what was refused; gives where.
    fn report(&self, path: &Path, refused: &[Refusal]) -> Result<Option<String>, String> {
        if refused.is_empty() {
            return Ok(None);
        }
        let report = self.refused.clone().unwrap_or_else(|| path.with_extension("refused.csv"));
        let text =
            refusals_csv(refused).map_err(|fault| format!("the refusals cannot be written: {fault}"))?;
        write(&report, &text)?;
        Ok(Some(report.display().to_string()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|fault| format!("cannot read {}: {fault}; give another file", path.display()))
}

/// The stored form of every password: hashing takes its time, so that all processors do it.
fn hashes(app: &App, rows: &[(Place, Patron)]) -> Result<Vec<String>, String> {
    let meter = app.store().meter();
    meter.begin(Phase::Passwords, rows.len());
    let n_threads = std::thread::available_parallelism().map_or(1, core::num::NonZero::get);
    let share = rows.len().div_ceil(n_threads).max(1);
    let some = |rows: &[(Place, Patron)]| -> Result<Vec<String>, String> {
        let each = rows.iter().map(|(_, patron)| {
            if meter.is_stopped() {
                return Err("it was cancelled; nothing was changed".to_owned());
            }
            meter.add(1);
            match &patron.secret {
                Secret::None => Ok(NO_PASSWORD.to_owned()),
                Secret::Hash(hash) => Ok(hash.clone()),
                Secret::Clear(password) => {
                    password::hash(password, Cost::Standard).map_err(|fault| fault.to_string())
                }
            }
        });
        each.collect()
    };
    let shares = std::thread::scope(|scope| {
        let threads: Vec<_> = rows.chunks(share).map(|rows| scope.spawn(move || some(rows))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread failed".to_owned())))
            .collect()
    });
    let shares: Vec<Result<Vec<String>, String>> = shares;
    Ok(shares.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

/// A whole library, table by table.
fn restore(app: &App, folder: &Path) -> Result<String, String> {
    let failed = |fault: central::store::StoreError| {
        format!("cannot take in {}: {fault}; nothing was changed", folder.display())
    };
    let named = folder.join("ISIL");
    let text = std::fs::read_to_string(&named).map_err(|fault| {
        format!("cannot read {}: {fault}; give a folder of central export", named.display())
    })?;
    let of =
        Isil::parse(text.trim()).map_err(|fault| format!("{} names no library: {fault}", named.display()))?;
    if app.store().institutions().map_err(failed)?.iter().any(|(there, _)| *there == of) {
        let of = of.as_str();
        return Err(format!(
            "the library {of} is in the database already; give an empty one with --database"
        ));
    }
    let mut all = Vec::new();
    let mut n = 0;
    for table in app.store().tables().map_err(failed)? {
        let path = folder.join(format!("{}.csv", table.name));
        // A table of a newer or older central may be missing.
        if path.exists() {
            let rows = rows(&table, &path)?;
            n += rows.len();
            all.push((table, rows));
        }
    }
    app.store().meter().begin(Phase::Writing, n);
    app.store().restore(&of, &all).map_err(failed)?;
    settle(app, &of)?;
    Ok(format!("{} taken in: {n} rows of {} tables", of.as_str(), all.len()))
}

/// What was taken in is found at once, and quickly; should this fail, the daemon and the database do it.
fn settle(app: &App, of: &Isil) -> Result<(), String> {
    let failed = |fault| {
        format!(
            "everything was taken in, but the catalogue's index is not whole: {fault}; it is made whole by `central serve`"
        )
    };
    app.store().index_titles(of).and_then(|_| app.store().settle()).map_err(failed)
}

fn rows(table: &Table, path: &Path) -> Result<Vec<Stored>, String> {
    let bad =
        |line: u64, fault: String| format!("{}, line {line}: {fault}; nothing was changed", path.display());
    let mut reader = csv::Reader::from_path(path).map_err(|fault| bad(1, fault.to_string()))?;
    let head = reader.headers().map_err(|fault| bad(1, fault.to_string()))?.clone();
    let mut rows = Vec::new();
    for cells in reader.records() {
        let cells =
            cells.map_err(|fault| bad(fault.position().map_or(0, csv::Position::line), fault.to_string()))?;
        let line = cells.position().map_or(0, csv::Position::line);
        rows.push(table.row(&head, &cells).map_err(|fault| bad(line, fault.to_string()))?);
    }
    Ok(rows)
}

/// What is stored where there is no password: no password is behind it.
const NO_PASSWORD: &str = "none";
