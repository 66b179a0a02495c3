//! Every statement that central gives to a database, in one place.
//!
//! **Rule**: `$1` is the institution, and a statement of [`Scope::Institution`] names it for each table that it reads or
//! writes, so that no row of another institution is ever looked at, and a distributed PostgreSQL sends the whole
//! transaction to one machine. What does not follow the rule says so by its scope; the tests below read the texts.
//!
//! SQLite and PostgreSQL run the same text wherever they can. `$2` and so on are the values in their order.

pub(super) mod circulate;
pub(super) mod desk;
pub(super) mod enter;
pub(super) mod feed;
pub(super) mod fleet;
pub(super) mod given;
pub(super) mod ill;
pub(super) mod kiosk;
pub(super) mod look;
pub(super) mod machine;
pub(super) mod map;
pub(super) mod opac;
pub(super) mod order;
pub(super) mod people;
pub(super) mod report;
pub(super) mod rules;
pub(super) mod seen;
pub(super) mod shelf;
pub(super) mod sow;
pub(super) mod stock;
pub(super) mod tables;
pub(super) mod title;
pub(super) mod transfer;

/// What a database is told to do.
pub(crate) struct Statement {
    /// for logs and tests
    pub(crate) name: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "what the tests hold the text to"))]
    pub(crate) scope: Scope,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    /// for many sets of values at once, where it is worth it
    pub(crate) many: Option<Many>,
}

/// A text for PostgreSQL that takes `$1` once and all other values as arrays, one entry for each set. A question's first
/// column is then the number of the set, from 1.
#[derive(Clone, Copy)]
pub(crate) struct Many {
    pub(crate) text: &'static str,
    pub(crate) rank: Rank,
}

/// In which order sets of different statements are written that were given by turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// takes rows away; `$2` is the row's key
    Ends,
    /// makes rows; `$2` is the row's key
    Makes,
    /// notes something, in a table that no other rank touches
    Notes,
}

/// Whose rows a statement may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// rows of the institution `$1`
    Institution,
    /// finds the institution by what a caller shows; reads nothing else
    Entrance,
    /// the list of institutions, for whoever holds the database and gives commands on the machine; never for a caller
    Operator,
}

impl Statement {
    /// The same text for both.
    pub(super) const fn both(name: &'static str, text: &'static str) -> Self {
        Self { name, scope: Scope::Institution, sqlite: text, postgres: text, many: None }
    }

    /// A text for each.
    pub(super) const fn each(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, scope: Scope::Institution, sqlite, postgres, many: None }
    }

    /// And for many.
    pub(super) const fn many(self, rank: Rank, text: &'static str) -> Self {
        Self { many: Some(Many { text, rank }), ..self }
    }

    /// By what a caller shows.
    pub(super) const fn entrance(name: &'static str, text: &'static str) -> Self {
        Self { name, scope: Scope::Entrance, sqlite: text, postgres: text, many: None }
    }

    /// For whoever holds the database; a text for each engine.
    pub(super) const fn operator_each(
        name: &'static str,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> Self {
        Self { name, scope: Scope::Operator, sqlite, postgres, many: None }
    }

    /// For whoever holds the database.
    pub(super) const fn operator(name: &'static str, text: &'static str) -> Self {
        Self { name, scope: Scope::Operator, sqlite: text, postgres: text, many: None }
    }
}

/// All statements.
pub(super) const ALL: &[&[&Statement]] = &[
    circulate::ALL,
    desk::ALL,
    enter::ALL,
    feed::ALL,
    fleet::ALL,
    given::ALL,
    ill::ALL,
    kiosk::ALL,
    look::ALL,
    map::ALL,
    machine::ALL,
    opac::ALL,
    order::ALL,
    people::ALL,
    report::ALL,
    rules::ALL,
    seen::ALL,
    shelf::ALL,
    sow::ALL,
    stock::ALL,
    tables::ALL,
    title::ALL,
    transfer::ALL,
];

#[cfg(test)]
mod tests;
