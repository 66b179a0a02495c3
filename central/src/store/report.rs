//! What the year's report counts, as the database has it.

use circulation::id::Isil;
use jiff::civil::{Date, date};
use sync_client::wire::code;

use super::engine::{Access, Row};
use super::statement::{Statement, report};
use super::{Store, StoreError};
use crate::report::{Accession, Borrowed, Figures, Sex};

impl Store {
    /// The institutions in this database: code and name. For commands given on the machine, and for
    /// the choice on a log-in page.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn institutions(&self) -> Result<Vec<(Isil, String)>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&report::INSTITUTIONS, &[])?;
            let each = |mut row: Row| Ok((row.institution("institution")?, row.text("institution.name")?));
            rows.into_iter().map(each).collect()
        })
    }

    /// The figures of a year, all of one moment.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn figures(&self, of: &Isil, year: i16) -> Result<Figures, StoreError> {
        let first = date(year, 1, 1);
        let after = date(year, 12, 31).tomorrow().unwrap_or(Date::MAX);
        let (first, after) = (first.to_string(), after.to_string());
        self.look(|db| {
            let span = Span { of, first: &first, after: &after };
            let name = db.rows(&report::NAME, &[of.into()])?.into_iter().next();
            Ok(Figures {
                institution: name
                    .map(|mut row| row.text("institution.name"))
                    .transpose()?
                    .unwrap_or_default(),
                year,
                cards_by_month: span.by_month(db, &report::CARDS_BY_MONTH)?,
                accessions: span.accessions(db)?,
                active: span.active(db)?,
                cards: span.cards(db)?,
                loans_by_sex: span.loans_by_sex(db)?,
                loans_by_month: span.by_month(db, &report::LOANS_BY_MONTH)?,
                loans_by_branch: span.named(db, &report::LOANS_BY_BRANCH)?,
                loans_by_class: span.named(db, &report::LOANS_BY_CLASS)?,
                most_borrowed: span.most_borrowed(db)?,
            })
        })
    }
}

/// From a day to the day after the last, at an institution.
struct Span<'a> {
    of: &'a Isil,
    first: &'a str,
    after: &'a str,
}

impl Span<'_> {
    fn rows(&self, db: &mut dyn Access, statement: &'static Statement) -> Result<Vec<Row>, StoreError> {
        db.rows(statement, &[self.of.into(), self.first.into(), self.after.into()])
    }

    fn by_month(&self, db: &mut dyn Access, statement: &'static Statement) -> Result<[u64; 12], StoreError> {
        let corrupt = StoreError::Corrupt { column: "month", expected: "a month" };
        let mut all = [0; 12];
        for mut row in self.rows(db, statement)? {
            let month = row.text("month")?.parse::<usize>().ok().and_then(|month| month.checked_sub(1));
            let Some(slot) = month.and_then(|month| all.get_mut(month)) else { return Err(corrupt) };
            *slot = row.number("count")?;
        }
        Ok(all)
    }

    fn named(
        &self,
        db: &mut dyn Access,
        statement: &'static Statement,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let each = |mut row: Row| Ok((row.text("name")?, row.number("count")?));
        self.rows(db, statement)?.into_iter().map(each).collect()
    }

    fn accessions(&self, db: &mut dyn Access) -> Result<Vec<Accession>, StoreError> {
        let each = |mut row: Row| {
            Ok(Accession {
                group: row.text("material.material_group")?,
                material: row.text("material.material")?,
                n_titles: row.number("titles")?,
                n_volumes: row.number("volumes")?,
            })
        };
        self.rows(db, &report::ACCESSIONS)?.into_iter().map(each).collect()
    }

    fn active(&self, db: &mut dyn Access) -> Result<Vec<(Option<i16>, Sex, u64)>, StoreError> {
        let each = |mut row: Row| {
            Ok((row.number_or_null("patron.birth_year")?, sex(&mut row)?, row.number("count")?))
        };
        self.rows(db, &report::ACTIVE_PATRONS)?.into_iter().map(each).collect()
    }

    fn cards(&self, db: &mut dyn Access) -> Result<Vec<(String, Sex, u64)>, StoreError> {
        let values = [self.of.into(), self.after.into(), code::reader::CANCELLED.into()];
        let each =
            |mut row: Row| Ok((row.text("patron_type.patron_type")?, sex(&mut row)?, row.number("count")?));
        db.rows(&report::CARDS_BY_TYPE, &values)?.into_iter().map(each).collect()
    }

    fn loans_by_sex(&self, db: &mut dyn Access) -> Result<Vec<(Sex, u64)>, StoreError> {
        let each = |mut row: Row| Ok((sex(&mut row)?, row.number("count")?));
        self.rows(db, &report::LOANS_BY_SEX)?.into_iter().map(each).collect()
    }

    fn most_borrowed(&self, db: &mut dyn Access) -> Result<Vec<Borrowed>, StoreError> {
        let values = [self.of.into(), self.first.into(), self.after.into(), MOST.into()];
        let each = |mut row: Row| {
            Ok(Borrowed {
                title: row.text("item.title")?,
                author: row.text("item.author")?,
                n_loans: row.number("count")?,
            })
        };
        db.rows(&report::MOST_BORROWED, &values)?.into_iter().map(each).collect()
    }
}

fn sex(row: &mut Row) -> Result<Sex, StoreError> {
    Ok(match row.text("patron.sex")?.as_str() {
        "F" => Sex::Female,
        "M" => Sex::Male,
        _ => Sex::NotTold,
    })
}

/// Titles in the list of the most borrowed.
const MOST: u32 = 20;
