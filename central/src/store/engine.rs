//! What a database has to do for central. Everything else is said once, for all of them: the statements in
//! [`super::statement`], their order in the files beside this one.
//!
//! ```text
//!   circulate, kiosk, feed, ..   what is read, decided, written         knows no database
//!        │ Access                lock, rows, write                      one transaction
//!   sqlite::File | postgres::Server                                     knows no library
//! ```
//! **Rule**: a change is one transaction. It is run again from its start when the database says that another one came
//! between, so that it keeps nothing outside itself.

use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};

use super::StoreError;
use super::statement::Statement;

/// A database.
pub(crate) trait Engine: Send + Sync {
    /// Runs one change: all of it or nothing. What was answered is on the disk.
    fn change(&self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// Runs questions that change nothing.
    fn look(&self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// Learns how its tables are filled, after many rows have come at once: what it guesses before that costs seconds. What
    /// it learns by itself comes minutes later.
    fn settle(&self) -> Result<(), StoreError>;

    /// Puts a statement of a test's past every rule of ours.
    #[cfg(test)]
    fn execute(&self, sql: &str) -> Result<(), StoreError>;
}

/// What is done with a database.
pub(crate) type Work<'a> = dyn FnMut(&mut dyn Access) -> Result<(), StoreError> + 'a;

/// One transaction.
pub(crate) trait Access {
    /// Waits until nobody else changes these items, these patrons, or the patrons who have these items; then keeps
    /// everybody else away until the end. To be called before anything that is decided upon is read.
    fn lock(&mut self, of: &Isil, items: &[&ItemId], patrons: &[&PatronId]) -> Result<(), StoreError>;

    /// The rows that a statement gives.
    fn rows(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError>;

    /// The rows that each of some statements gives, in their order; none of them depends on another's.
    fn all(
        &mut self,
        questions: &[(&'static Statement, Vec<Value<'_>>)],
    ) -> Result<Vec<Vec<Row>>, StoreError>;

    /// Runs a statement for what it does. It may be done together with what follows, in its order.
    fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<(), StoreError>;
}

/// What goes into a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// What comes out of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row, read from its first column to its last.
pub(crate) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    /// All that is left of it.
    pub(crate) fn cells(self) -> Vec<Cell> {
        self.0.collect()
    }

    /// For tests: the columns with a space between them.
    #[cfg(test)]
    pub(crate) fn shown(self) -> String {
        let cells = self.0.map(|cell| match cell {
            Cell::Null => "-".to_owned(),
            Cell::Int(int) => int.to_string(),
            Cell::Text(text) => text,
            Cell::Bytes(bytes) => crate::password::hex(&bytes),
        });
        cells.collect::<Vec<_>>().join(" ")
    }

    fn next(&mut self) -> Cell {
        self.0.next().unwrap_or(Cell::Null)
    }

    /// Passes over columns.
    pub(crate) fn skip(&mut self, n: usize) {
        for _ in 0..n {
            self.next();
        }
    }

    pub(crate) fn text(&mut self, column: &'static str) -> Result<String, StoreError> {
        self.text_or_null(column)?.ok_or(StoreError::Corrupt { column, expected: "a text" })
    }

    pub(crate) fn text_or_null(&mut self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Int(_) | Cell::Bytes(_) => Err(StoreError::Corrupt { column, expected: "a text" }),
        }
    }

    pub(crate) fn bytes_or_null(&mut self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => Ok(Some(bytes)),
            Cell::Int(_) | Cell::Text(_) => Err(StoreError::Corrupt { column, expected: "bytes" }),
        }
    }

    pub(crate) fn int(&mut self, column: &'static str) -> Result<i64, StoreError> {
        self.int_or_null(column)?.ok_or(StoreError::Corrupt { column, expected: "a number" })
    }

    pub(crate) fn int_or_null(&mut self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Int(int) => Ok(Some(int)),
            Cell::Text(_) | Cell::Bytes(_) => Err(StoreError::Corrupt { column, expected: "a number" }),
        }
    }

    /// A number that fits its type.
    pub(crate) fn number<T: TryFrom<i64>>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let corrupt = StoreError::Corrupt { column, expected: "a number that fits" };
        T::try_from(self.int(column)?).map_err(|_| corrupt)
    }

    pub(crate) fn number_or_null<T: TryFrom<i64>>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let corrupt = StoreError::Corrupt { column, expected: "a number that fits" };
        self.int_or_null(column)?.map(|int| T::try_from(int).map_err(|_| corrupt)).transpose()
    }

    /// 0 is no, everything else is yes.
    pub(crate) fn flag(&mut self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn fen(&mut self, column: &'static str) -> Result<Amount, StoreError> {
        Ok(Amount::from_fen(self.int(column)?))
    }

    pub(crate) fn day(&mut self, column: &'static str) -> Result<Date, StoreError> {
        day(column, &self.text(column)?)
    }

    pub(crate) fn day_or_null(&mut self, column: &'static str) -> Result<Option<Date>, StoreError> {
        self.text_or_null(column)?.map(|text| day(column, &text)).transpose()
    }

    pub(crate) fn time(&mut self, column: &'static str) -> Result<DateTime, StoreError> {
        time(column, &self.text(column)?)
    }

    pub(crate) fn time_or_null(&mut self, column: &'static str) -> Result<Option<DateTime>, StoreError> {
        self.text_or_null(column)?.map(|text| time(column, &text)).transpose()
    }

    pub(crate) fn bytes(&mut self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        match self.next() {
            Cell::Bytes(bytes) => Ok(bytes),
            Cell::Null | Cell::Int(_) | Cell::Text(_) => {
                Err(StoreError::Corrupt { column, expected: "bytes" })
            }
        }
    }

    pub(crate) fn item(&mut self, column: &'static str) -> Result<ItemId, StoreError> {
        let corrupt = StoreError::Corrupt { column, expected: "a barcode" };
        ItemId::parse(&self.text(column)?).map_err(|_| corrupt)
    }

    pub(crate) fn patron(&mut self, column: &'static str) -> Result<PatronId, StoreError> {
        self.patron_or_null(column)?.ok_or(StoreError::Corrupt { column, expected: "a card number" })
    }

    pub(crate) fn patron_or_null(&mut self, column: &'static str) -> Result<Option<PatronId>, StoreError> {
        let corrupt = |_| StoreError::Corrupt { column, expected: "a card number" };
        self.text_or_null(column)?.map(|text| PatronId::parse(&text).map_err(corrupt)).transpose()
    }

    pub(crate) fn institution(&mut self, column: &'static str) -> Result<Isil, StoreError> {
        let corrupt = StoreError::Corrupt { column, expected: "an ISIL" };
        Isil::parse(&self.text(column)?).map_err(|_| corrupt)
    }
}

/// A day as it is stored. A text that cannot be read is an error, never a guess.
pub(crate) fn day(column: &'static str, text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { column, expected: "a day" })
}

/// A time as it is stored.
pub(crate) fn time(column: &'static str, text: &str) -> Result<DateTime, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { column, expected: "a time" })
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<&'a Isil> for Value<'a> {
    fn from(institution: &'a Isil) -> Self {
        Self::Text(institution.as_str())
    }
}

impl<'a> From<&'a ItemId> for Value<'a> {
    fn from(item: &'a ItemId) -> Self {
        Self::Text(item.as_str())
    }
}

impl<'a> From<&'a PatronId> for Value<'a> {
    fn from(patron: &'a PatronId) -> Self {
        Self::Text(patron.as_str())
    }
}

impl<'a> From<&'a TransactionId> for Value<'a> {
    fn from(id: &'a TransactionId) -> Self {
        Self::Bytes(id.as_bytes())
    }
}

impl From<i64> for Value<'_> {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<u32> for Value<'_> {
    fn from(int: u32) -> Self {
        Self::Int(int.into())
    }
}

impl From<Amount> for Value<'_> {
    fn from(amount: Amount) -> Self {
        Self::Int(amount.fen())
    }
}
