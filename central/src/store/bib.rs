//! The catalogue as openlib and its OPAC see it: records with their copies, and stock that is counted and shelved.

use circulation::id::{Isil, ItemId};
use circulation::search::words::Part;
use jiff::civil::DateTime;
use sync_client::kiosk_api::locate::How;

use super::engine::{Row, Value};
use super::statement::{Statement, shelf as sql, stock};
use super::{Desk, ItemRecord, Store, StoreError, look, seen};
use crate::clock;

/// A bibliographic record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BibRecord {
    /// its number
    pub record: i64,
    /// title proper
    pub title: String,
    /// author
    pub author: String,
    /// ISBN
    pub isbn: String,
    /// shelf mark of a copy
    pub call_number: String,
    /// copies; of the most borrowed: loans
    pub n: u64,
    /// what it says of all copies
    pub details: BibDetails,
}

/// What a record says of all its copies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BibDetails {
    /// Chinese Library Classification
    pub class_number: String,
    /// publisher
    pub publisher: String,
    /// year
    pub published: String,
    /// extent
    pub pages: String,
    /// price as printed
    pub price: String,
    /// subject
    pub subject: String,
    /// openlib `booktype`: 1 book, 2 periodical
    pub book_type: String,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BibQuery<'a> {
    /// `title`, `author`, `isbn`, `classno`, `subject`, `publisher`; anything else: in several of them
    pub field: &'a str,
    /// what stands in it
    pub text: &'a str,
    /// in this branch, or anywhere
    pub branch: Option<&'a str>,
    /// records before this page
    pub skip: u32,
    /// at most so many
    pub max: u32,
}

/// What else is known of an item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemExtras {
    /// what belongs to it (附件); empty: nothing
    pub attachment: String,
    /// what devices noted (SIP2 field CH)
    pub properties: String,
    /// shelf within the branch
    pub shelf: String,
}

/// A count of the stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stocktake {
    /// its name (`countsignflag`)
    pub batch: String,
    /// items seen
    pub n_items: u64,
    /// the first and the last moment
    pub span: (String, String),
}

/// An item that is not as the catalogue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// the item
    pub item: ItemId,
    /// title
    pub title: String,
    /// where it belongs
    pub home: String,
    /// where it was seen, or should be
    pub seen_at: Option<String>,
    /// holding state; on loan if it is on loan
    pub state: String,
}

impl Store {
    /// Records that match, by number, and how many there are: 2,000 at most.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn search_bibs(&self, of: &Isil, query: &BibQuery<'_>) -> Result<(u64, Vec<BibRecord>), StoreError> {
        let part = match query.field {
            "title" => Part::Title,
            "author" => Part::Author,
            "isbn" => Part::Isbn,
            "classno" => Part::Class,
            "subject" => Part::Subject,
            "publisher" => Part::Publisher,
            _ => Part::Any,
        };
        let mut records: Vec<i64> =
            self.titles(of, (part, query.text), query.branch)?.iter().map(|found| found.record).collect();
        records.sort_unstable();
        let n = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let [skip, max] = [query.skip, query.max].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let page: Vec<i64> = records.into_iter().skip(skip).take(max).collect();
        self.look(|db| {
            let questions: Vec<(&'static Statement, Vec<Value<'_>>)> =
                page.iter().map(|record| (&sql::BIB, vec![of.into(), (*record).into()])).collect();
            let found = db.all(&questions)?.into_iter().flatten();
            Ok((n, found.map(bib).collect::<Result<_, StoreError>>()?))
        })
    }

    /// A record.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn bib(&self, of: &Isil, record: i64) -> Result<Option<BibRecord>, StoreError> {
        self.look(|db| db.rows(&sql::BIB, &[of.into(), record.into()])?.pop().map(bib).transpose())
    }

    /// Keeps what a record says of all its copies.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn keep_bib(&self, of: &Isil, record: i64, details: &BibDetails) -> Result<(), StoreError> {
        self.change(|db| {
            let texts = [
                &details.class_number,
                &details.publisher,
                &details.published,
                &details.pages,
                &details.price,
                &details.subject,
                &details.book_type,
            ];
            let mut values: Vec<Value<'_>> = vec![of.into(), record.into()];
            values.extend(texts.into_iter().map(Value::from));
            db.write(&sql::KEEP_BIB, &values)
        })
    }

    /// The records lent most since a moment: in a branch or anywhere, of a class and its parts or of any (empty), of a
    /// type or of any.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn most_borrowed(
        &self,
        of: &Isil,
        since: DateTime,
        (branch, class, book_type): (Option<&str>, &str, Option<&str>),
        max: u32,
    ) -> Result<Vec<BibRecord>, StoreError> {
        let (since, class) = (clock::stamp(since), format!("{}%", escaped(class)));
        self.look(|db| {
            let values =
                [of.into(), (&since).into(), branch.into(), (&class).into(), book_type.into(), max.into()];
            db.rows(&sql::MOST_BORROWED, &values)?.into_iter().map(bib).collect()
        })
    }

    /// What else is known of an item.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn item_extras(&self, of: &Isil, item: &ItemId) -> Result<ItemExtras, StoreError> {
        self.look(|db| {
            let Some(mut row) = db.rows(&sql::ITEM_EXTRAS, &[of.into(), item.into()])?.pop() else {
                return Ok(ItemExtras::default());
            };
            Ok(ItemExtras {
                attachment: row.text("item.attachment")?,
                properties: row.text("item.properties")?,
                shelf: row.text("item.shelf")?,
            })
        })
    }

    /// Keeps what a device notes of an item. Says whether there is one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_properties(&self, of: &Isil, item: &ItemId, text: &str) -> Result<bool, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[])?;
            let is_there = look::item(db, of, item)?.is_some();
            db.write(&sql::SET_PROPERTIES, &[of.into(), item.into(), text.into()])?;
            Ok(is_there)
        })
    }

    /// Puts an item on a shelf (上架), where it is thereby seen. Gives the item.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn shelve(
        &self,
        of: &Isil,
        item: &ItemId,
        shelf: &str,
        desk: &Desk,
    ) -> Result<Option<ItemRecord>, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[])?;
            let Some(record) = look::item(db, of, item)? else { return Ok(None) };
            db.write(&sql::SET_SHELF, &[of.into(), item.into(), shelf.into()])?;
            let branch = seen::stands(db, of, &desk.opuser)?;
            seen::note(db, of, (item, How::Stocktake), (branch.as_deref(), shelf), desk.now)?;
            Ok(Some(record))
        })
    }

    /// Notes that an item was seen in a count (清点). Gives the item.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn count_item(
        &self,
        of: &Isil,
        item: &ItemId,
        batch: &str,
        desk: &Desk,
    ) -> Result<Option<ItemRecord>, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[])?;
            let Some(record) = look::item(db, of, item)? else { return Ok(None) };
            let here = seen::stands(db, of, &desk.opuser)?;
            let at = clock::stamp(desk.now);
            let values = [
                of.into(),
                batch.into(),
                item.into(),
                (&at).into(),
                here.as_deref().into(),
                (&desk.opuser).into(),
            ];
            db.write(&sql::COUNT_ITEM, &values)?;
            seen::note(db, of, (item, How::Stocktake), (here.as_deref(), ""), desk.now)?;
            Ok(Some(record))
        })
    }

    /// Notes that items were seen in a branch, in a count. Gives barcodes that no item has.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn count_items(
        &self,
        of: &Isil,
        (batch, branch): (&str, &str),
        items: &[ItemId],
        desk: &Desk,
    ) -> Result<Vec<ItemId>, StoreError> {
        let at = clock::stamp(desk.now);
        self.change(|db| {
            let questions: Vec<(&'static Statement, Vec<Value<'_>>)> =
                items.iter().map(|item| (&stock::HAS_ITEM, vec![of.into(), item.into()])).collect();
            let found = db.all(&questions)?;
            let mut unknown = Vec::new();
            for (item, rows) in items.iter().zip(found) {
                if rows.is_empty() {
                    unknown.push(item.clone());
                    continue;
                }
                let values = [
                    of.into(),
                    batch.into(),
                    item.into(),
                    (&at).into(),
                    branch.into(),
                    (&desk.opuser).into(),
                ];
                db.write(&sql::COUNT_ITEM, &values)?;
            }
            for item in items.iter().filter(|item| !unknown.contains(item)) {
                seen::note(db, of, (item, How::Stocktake), (Some(branch), ""), desk.now)?;
            }
            Ok(unknown)
        })
    }

    /// The counts, the newest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn stocktakes(&self, of: &Isil) -> Result<Vec<Stocktake>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&sql::STOCKTAKES, &[of.into()])?;
            let stocktake = |mut row: Row| {
                Ok(Stocktake {
                    batch: row.text("stocktake.batch")?,
                    n_items: row.number("stocktake")?,
                    span: (row.text("stocktake.at")?, row.text("stocktake.at")?),
                })
            };
            rows.into_iter().map(stocktake).collect()
        })
    }

    /// Of a count: what was seen and should not stand there (on loan, of another branch, not in stock).
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn stocktake_odd(&self, of: &Isil, batch: &str, max: u32) -> Result<Vec<Odd>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&sql::STOCKTAKE_ODD, &[of.into(), batch.into(), max.into()])?;
            rows.into_iter().map(odd).collect()
        })
    }

    /// Of a count: what should stand in a branch and was not seen.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn stocktake_unseen(
        &self,
        of: &Isil,
        (batch, branch): (&str, &str),
        max: u32,
    ) -> Result<Vec<Odd>, StoreError> {
        self.look(|db| {
            let rows =
                db.rows(&sql::STOCKTAKE_UNSEEN, &[of.into(), batch.into(), branch.into(), max.into()])?;
            rows.into_iter().map(odd).collect()
        })
    }
}

/// A text that matches itself.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| ['!', '%', '_'].contains(&c).then_some('!').into_iter().chain([c])).collect()
}

fn odd(mut row: Row) -> Result<Odd, StoreError> {
    Ok(Odd {
        item: row.item("item.item")?,
        title: row.text("item.title")?,
        home: row.text("item.branch")?,
        seen_at: row.text_or_null("stocktake.branch")?,
        state: row.text("item.state")?,
    })
}

fn bib(mut row: Row) -> Result<BibRecord, StoreError> {
    let (record, title, author) =
        (row.int("item.record")?, row.text("item.title")?, row.text("item.author")?);
    let (isbn, call_number, n) = (row.text("item.isbn")?, row.text("item.call_number")?, row.number("item")?);
    let mut next = || row.text_or_null("bib").map(Option::unwrap_or_default);
    let details = BibDetails {
        class_number: next()?,
        publisher: next()?,
        published: next()?,
        pages: next()?,
        price: next()?,
        subject: next()?,
        book_type: next()?,
    };
    Ok(BibRecord { record, title, author, isbn, call_number, n, details })
}
