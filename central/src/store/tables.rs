//! Everything of an institution, table by table, as the database's own schema has it: out, and into an empty place.
//!
//! What is written and read follows the schema, so that a table that is added is not forgotten. The lists of changes, and
//! what only makes sense where it was made (tokens, seeds), stay behind.

use circulation::id::Isil;

use super::district::forget_changes;
use super::engine::{Cell, Row, Value};
use super::statement::{Many, Rank, Scope, Statement, tables};
use super::{Store, StoreError};

/// A table, with the statements that read and write it.
#[derive(Clone)]
pub struct Table {
    /// its name
    pub name: String,
    columns: Vec<Column>,
    first: &'static Statement,
    next: &'static Statement,
    insert: &'static Statement,
    align: Option<&'static Statement>,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    is_nullable: bool,
    /// its place in the primary key, from 1
    key: i64,
    /// whether the database numbers it
    is_numbered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
    Bytes,
}

/// A cell of a file that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {what}")]
pub struct BadCell {
    /// the column
    pub column: String,
    /// what is wrong
    pub what: &'static str,
}

/// A row as it is stored, without the institution.
pub struct Stored(Vec<Cell>);

impl Store {
    /// The tables that hold data of an institution, each behind those that it refers to.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn tables(&self) -> Result<Vec<Table>, StoreError> {
        let (columns, mut references) = self.look(|db| {
            let columns = db.rows(&tables::COLUMNS, &[])?.into_iter().map(column);
            let pair = |mut row: Row| Ok((row.text("table")?, row.text("references")?));
            let references = db.rows(&tables::REFERENCES, &[])?.into_iter().map(pair);
            Ok((
                columns.collect::<Result<Vec<_>, StoreError>>()?,
                references.collect::<Result<Vec<_>, StoreError>>()?,
            ))
        })?;
        references.retain(|(table, to)| table != to);
        let mut all: Vec<(String, Vec<Column>)> = Vec::new();
        for (table, column) in columns {
            match all.last_mut().filter(|(name, _)| *name == table) {
                Some((_, columns)) => columns.push(column),
                None => all.push((table, vec![column])),
            }
        }
        all.retain(|(name, columns)| {
            !LEFT_BEHIND.contains(&name.as_str()) && columns.iter().any(|column| column.name == "institution")
        });
        let mut sorted: Vec<Table> = Vec::new();
        while !all.is_empty() {
            let is_free = |(name, _): &(String, Vec<Column>)| {
                let mut to = references.iter().filter(|(table, _)| table == name).map(|(_, to)| to);
                to.all(|to| {
                    sorted.iter().any(|table| table.name == *to) || LEFT_BEHIND.contains(&to.as_str())
                })
            };
            let at = all.iter().position(is_free).ok_or(StoreError::Missing("an order of the tables"))?;
            let (name, columns) = all.remove(at);
            sorted.push(Table::new(name, columns));
        }
        Ok(sorted)
    }

    /// Gives each row of a table in the order of its key, in pages; columns as [`Table::head`].
    ///
    /// # Errors
    /// [`StoreError`]; and whatever `each` gives ends it.
    pub fn read_table<E>(
        &self,
        of: &Isil,
        table: &Table,
        mut each: impl FnMut(Vec<String>) -> Result<(), E>,
    ) -> Result<Result<(), E>, StoreError> {
        let mut behind: Option<Vec<Cell>> = None;
        loop {
            let page = self.look(|db| {
                let limit = Value::Int(PAGE);
                let rows = match &behind {
                    None => db.rows(table.first, &[of.into(), limit])?,
                    Some(key) => {
                        let mut values = vec![of.into(), limit];
                        values.extend(key.iter().map(value));
                        db.rows(table.next, &values)?
                    }
                };
                Ok(rows.into_iter().map(Row::cells).collect::<Vec<Vec<Cell>>>())
            })?;
            let Some(last) = page.last() else { return Ok(Ok(())) };
            behind = Some(table.key_of(last));
            for cells in page {
                if let Err(fault) = each(cells.iter().map(shown).collect()) {
                    return Ok(Err(fault));
                }
            }
            if behind.as_ref().is_some_and(Vec::is_empty) {
                return Ok(Ok(()));
            }
        }
    }

    /// Puts whole tables into a library that is not there yet: all of them or nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn restore(&self, of: &Isil, all: &[(Table, Vec<Stored>)]) -> Result<(), StoreError> {
        self.change(|db| {
            for (table, rows) in all {
                for Stored(cells) in rows {
                    let mut values = vec![of.into()];
                    values.extend(cells.iter().map(value));
                    db.write(table.insert, &values)?;
                }
                if let Some(align) = table.align.filter(|_| !rows.is_empty()) {
                    db.rows(align, &[of.into()])?;
                }
            }
            forget_changes(db, of)
        })
    }
}

impl Table {
    fn new(name: String, columns: Vec<Column>) -> Self {
        let own: Vec<Column> = columns.into_iter().filter(|column| column.name != "institution").collect();
        let list = own.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let mut key: Vec<&Column> = own.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        let keys = key.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let order = if keys.is_empty() { String::new() } else { format!("ORDER BY {keys} ") };
        let columns = if list.is_empty() { "institution".to_owned() } else { list.clone() };
        let first = format!("SELECT {columns} FROM {name} WHERE institution = $1 {order}LIMIT $2");
        let numbers =
            |from: usize, n: usize| (from..from + n).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let behind = if keys.is_empty() {
            String::new()
        } else {
            format!("AND ({keys}) > ({}) ", numbers(3, key.len()))
        };
        let next = format!("SELECT {columns} FROM {name} WHERE institution = $1 {behind}{order}LIMIT $2");
        let into = format!("INSERT INTO {name} (institution, {list})");
        let insert = format!("{into} VALUES ($1, {})", numbers(2, own.len()));
        let numbered = own.iter().find(|column| column.is_numbered);
        let overriding = if numbered.is_some() { " OVERRIDING SYSTEM VALUE" } else { "" };
        let insert_there = format!("{into}{overriding} VALUES ($1, {})", numbers(2, own.len()));
        let arrays =
            own.iter().zip(2..).map(|(column, n)| format!("CAST(${n} AS {}[])", column.kind.postgres()));
        let arrays = arrays.collect::<Vec<_>>().join(", ");
        let many = format!("{into}{overriding} SELECT $1, q.* FROM unnest({arrays}) AS q");
        let align = numbered.map(|Column { name: column, .. }| {
            let sequence = format!("pg_get_serial_sequence('{name}', '{column}')");
            let there = format!(
                "SELECT setval({sequence}, greatest(max({column}), nextval({sequence}))) FROM {name} \
                 WHERE institution = $1"
            );
            statement(format!("align {name}"), "SELECT 1 WHERE $1 IS NULL".to_owned(), there, None)
        });
        Self {
            first: statement(format!("first of {name}"), first.clone(), first, None),
            next: statement(format!("next of {name}"), next.clone(), next, None),
            insert: statement(format!("insert {name}"), insert, insert_there, Some(many)),
            align,
            name,
            columns: own,
        }
    }

    /// The names of the columns in a file.
    #[must_use]
    pub fn head(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Which columns would let whoever has the file act as a patron or a program.
    pub fn secrets(&self) -> impl Iterator<Item = usize> {
        let is_secret = |column: &Column| SECRET.iter().any(|word| column.name.contains(word));
        self.columns.iter().enumerate().filter(move |(_, column)| is_secret(column)).map(|(at, _)| at)
    }

    /// A row of a file, in which the columns stand as `head` says; a column that is not there is empty.
    ///
    /// # Errors
    /// [`BadCell`]
    pub fn row(&self, head: &csv::StringRecord, cells: &csv::StringRecord) -> Result<Stored, BadCell> {
        let cell = |column: &Column| {
            let at = head.iter().position(|name| name == column.name);
            let text = at.and_then(|at| cells.get(at)).unwrap_or("");
            column.cell(text).map_err(|what| BadCell { column: column.name.clone(), what })
        };
        Ok(Stored(self.columns.iter().map(cell).collect::<Result<_, _>>()?))
    }

    fn key_of(&self, cells: &[Cell]) -> Vec<Cell> {
        let mut key: Vec<(i64, Cell)> = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(column, _)| column.key > 0)
            .map(|(column, cell)| (column.key, cell.clone()))
            .collect();
        key.sort_by_key(|(at, _)| *at);
        key.into_iter().map(|(_, cell)| cell).collect()
    }
}

impl Column {
    fn cell(&self, text: &str) -> Result<Cell, &'static str> {
        match self.kind {
            _ if text.is_empty() && self.is_nullable => Ok(Cell::Null),
            _ if text.contains('\0') => Err("it has a NUL in it"),
            Kind::Text => Ok(Cell::Text(text.to_owned())),
            Kind::Int => text.parse().map(Cell::Int).map_err(|_| "it is no number"),
            Kind::Bytes => crate::password::unhex(text).map(Cell::Bytes).ok_or("it is no hexadecimal number"),
        }
    }
}

impl Kind {
    const fn postgres(self) -> &'static str {
        match self {
            Self::Int => "BIGINT",
            Self::Text => "TEXT",
            Self::Bytes => "BYTEA",
        }
    }
}

fn column(mut row: Row) -> Result<(String, Column), StoreError> {
    let table = row.text("table")?;
    let name = row.text("column")?;
    let kind = match row.text("type")?.to_uppercase().as_str() {
        "INTEGER" | "BIGINT" => Kind::Int,
        "TEXT" => Kind::Text,
        "BLOB" | "BYTEA" => Kind::Bytes,
        _ => return Err(StoreError::Corrupt { column: "type", expected: "a type that central stores" }),
    };
    let is_nullable = !row.flag("is not null")?;
    let key = row.int("key")?;
    let is_numbered = row.flag("is numbered")?;
    Ok((table, Column { name, kind, is_nullable, key, is_numbered }))
}

/// As long as the program runs: there are as many as the schema has tables.
fn statement(name: String, sqlite: String, postgres: String, many: Option<String>) -> &'static Statement {
    let kept = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    Box::leak(Box::new(Statement {
        name: kept(name),
        scope: Scope::Institution,
        sqlite: kept(sqlite),
        postgres: kept(postgres),
        many: many.map(|text| Many { text: kept(text), rank: Rank::Makes }),
    }))
}

fn value(cell: &Cell) -> Value<'_> {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(int) => Value::Int(*int),
        Cell::Text(text) => Value::Text(text),
        Cell::Bytes(bytes) => Value::Bytes(bytes),
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Int(int) => int.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => crate::password::hex(bytes),
    }
}

/// Lists of changes, which another database has its own of; and what is good only where it was given out.
const LEFT_BEHIND: [&str; 6] = ["change", "change_counter", "change_pending", "token", "seed", "session"];

/// Words in the names of columns that hold a secret or its hash.
const SECRET: [&str; 3] = ["hash", "secret", "token"];

const PAGE: i64 = 5000;
