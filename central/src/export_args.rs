//! `central export`: everything of a library out again, as CSV and, if asked, its catalogue as MARC records.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use central::App;
use central::exchange::{Charset, Flavour, Item, catalogue};
use central::store::{Phase, StoreError, Table};
use circulation::id::{Isil, ItemId};

use crate::import_args::{Encoding, Format};
use crate::report_args::{chosen, write};

/// What is wanted.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// folder for the files, one for each table; made if there is none, and it must be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// with the hashes of passwords and programs' secrets: then patrons keep their passwords where it is taken in, and
    /// whoever has the files can try to guess them
    #[arg(long)]
    secrets: bool,
    /// items.mrc too: the catalogue with its holdings, as cnmarc or marc21
    #[arg(long, value_enum)]
    marc: Option<Format>,
    /// the character set of items.mrc
    #[arg(long, value_enum, default_value = "utf-8")]
    encoding: Encoding,
    /// which library, where the database has several
    #[arg(long, value_name = "ISIL")]
    institution: Option<String>,
}

impl ExportArgs {
    /// Writes the files; gives what is to be said.
    pub(crate) fn run(&self, app: &App) -> Result<String, String> {
        let of = chosen(app, self.institution.as_deref())?;
        let out = &self.out;
        let cannot = |fault| format!("cannot use the folder {}: {fault}; give another --out", out.display());
        std::fs::create_dir_all(out).map_err(cannot)?;
        if std::fs::read_dir(out).map_err(cannot)?.next().is_some() {
            return Err(format!("the folder {} is not empty; give another --out", out.display()));
        }
        let failed = |fault: StoreError| format!("cannot read the library: {fault}");
        let tables = app.store().tables().map_err(failed)?;
        app.store().meter().begin(Phase::Reading, 0);
        let mut n = 0;
        for table in &tables {
            n += self.table(app, &of, table)?;
        }
        let marc = match self.marc {
            None | Some(Format::Csv) => String::new(),
            Some(Format::Cnmarc) => self.catalogue(app, &of, &tables, Flavour::Cnmarc)?,
            Some(Format::Marc21) => self.catalogue(app, &of, &tables, Flavour::Marc21)?,
        };
        // Last: a folder without it was not written to its end.
        write(&out.join("ISIL"), of.as_str())?;
        Ok(format!("{n} rows of {} tables in {}{marc}", tables.len(), out.display()))
    }

    fn table(&self, app: &App, of: &Isil, table: &Table) -> Result<u64, String> {
        let path = self.out.join(format!("{}.csv", table.name));
        let cannot = |fault: csv::Error| cannot_write(&path, &fault.to_string());
        let mut out = csv::Writer::from_path(&path).map_err(cannot)?;
        out.write_record(table.head()).map_err(cannot)?;
        let secrets: Vec<usize> = if self.secrets { Vec::new() } else { table.secrets().collect() };
        let (meter, mut n) = (app.store().meter(), 0);
        let read = app.store().read_table(of, table, |mut cells| {
            for at in &secrets {
                if let Some(cell) = cells.get_mut(*at) {
                    cell.clear();
                }
            }
            n += 1;
            meter.add(1);
            let written = out.write_record(&cells).map_err(cannot);
            if meter.is_stopped() { Err(cancelled(&self.out)) } else { written }
        });
        read.map_err(|fault| format!("cannot read the library: {fault}"))??;
        out.flush().map_err(|fault| cannot_write(&path, &fault.to_string()))?;
        Ok(n)
    }

    fn catalogue(&self, app: &App, of: &Isil, tables: &[Table], flavour: Flavour) -> Result<String, String> {
        let Some(table) = tables.iter().find(|table| table.name == "item") else {
            return Err("the database has no table of items".to_owned());
        };
        let names: Vec<String> = table.head().into_iter().map(str::to_owned).collect();
        let mut records: BTreeMap<i64, Vec<Item>> = BTreeMap::new();
        let read = app.store().read_table(of, table, |cells| {
            let item = item(&names, &cells)?;
            records.entry(item.record.unwrap_or(0)).or_default().push(item);
            Ok::<(), String>(())
        });
        read.map_err(|fault| format!("cannot read the library: {fault}"))??;
        let charset = match self.encoding.into() {
            Charset::Either | Charset::Utf8 => Charset::Utf8,
            Charset::Gbk => Charset::Gbk,
        };
        let (mut bytes, mut n_left_out) = (Vec::new(), 0);
        for items in records.values() {
            // A periodical may have more issues than a record has room for.
            for some in items.chunks(IN_A_RECORD) {
                match catalogue::write(some, flavour, charset) {
                    Ok(Some(record)) => bytes.extend(record),
                    Ok(None) | Err(_) => n_left_out += some.len(),
                }
            }
        }
        let path = self.out.join("items.mrc");
        std::fs::write(&path, bytes).map_err(|fault| cannot_write(&path, &fault.to_string()))?;
        Ok(match n_left_out {
            0 => format!(", {} records in items.mrc", records.len()),
            n => format!(
                ", {} records in items.mrc, which lacks {n} items with a character that the character set has not, or \
                 too long for the format: they are in item.csv",
                records.len()
            ),
        })
    }
}

/// An item as the table has it.
fn item(names: &[String], cells: &[String]) -> Result<Item, String> {
    let cell = |name: &str| {
        let at = names.iter().position(|of| of == name);
        at.and_then(|at| cells.get(at)).cloned().unwrap_or_default()
    };
    let barcode = cell("item");
    let id = ItemId::parse(&barcode).map_err(|fault| format!("the database holds a bad barcode: {fault}"))?;
    Ok(Item {
        id,
        record: cell("record").parse().ok(),
        title: cell("title"),
        author: cell("author"),
        isbn: cell("isbn"),
        call_number: cell("call_number"),
        item_type: Some(cell("item_type")),
        branch: Some(cell("branch")),
        state: cell("state"),
        language: cell("language"),
        shelf: cell("shelf"),
        material: cell("material"),
        added_on: cell("added_on").parse().ok(),
    })
}

fn cancelled(out: &Path) -> String {
    format!("it was cancelled; the folder {} is not whole and can be deleted", out.display())
}

fn cannot_write(path: &Path, fault: &str) -> String {
    format!("cannot write {}: {fault}; make room or give another --out", path.display())
}

/// Items in one record: it may have 99,999 bytes.
const IN_A_RECORD: usize = 300;
