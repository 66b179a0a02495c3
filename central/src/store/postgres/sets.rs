//! Statements of a batch that are alike, as one statement with a column of values for each of its values.
//!
//! **Rule**: the order of two writes is kept where it matters. Those of one statement stay in their order. Between
//! statements, what ends rows goes before what makes them ([`Rank`]); a write that would thereby come before one of the
//! same row that was given first waits for it, see [`Sets::is_before`]. A statement that has no text for many comes after
//! all that was given before it.

use std::collections::HashSet;

use super::value::Owned;
use crate::store::StoreError;
use crate::store::engine::{Row, Value};
use crate::store::statement::{Many, Rank, Statement};

/// Sets of values, by statement.
#[derive(Default)]
pub(super) struct Sets {
    all: Vec<Set>,
    n_rows: usize,
    /// keys of the rows that are to be made
    made: HashSet<Owned>,
}

struct Set {
    statement: &'static Statement,
    rows: Vec<Vec<Owned>>,
    /// of the questions
    numbers: Vec<usize>,
}

/// Questions as they are put.
pub(super) struct Question {
    pub(super) text: &'static str,
    pub(super) values: Vec<Owned>,
    /// which they are, in their order
    pub(super) numbers: Vec<usize>,
    /// whether the answer's first column tells them apart
    pub(super) is_many: bool,
}

impl Sets {
    /// Whether a write would come before one of the same row that was given first.
    pub(super) fn is_before(&self, many: Many, values: &[Value<'_>]) -> bool {
        let Some(key) = values.get(1).map(Owned::from).filter(|_| many.rank == Rank::Ends) else {
            return false;
        };
        self.made.contains(&key)
    }

    /// Adds a write of a statement that has a text for many.
    pub(super) fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) {
        if statement.many.is_some_and(|many| many.rank == Rank::Makes) {
            self.made.extend(values.get(1).map(Owned::from));
        }
        self.add(statement, values, 0);
    }

    /// How many wait.
    pub(super) const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Adds a question; one that cannot be put together with others stays alone.
    pub(super) fn ask(&mut self, statement: &'static Statement, values: &[Value<'_>], number: usize) {
        self.add(statement, values, number);
    }

    /// What is to be written, in an order that does the same as the one in which it came.
    pub(super) fn take(&mut self) -> Vec<(&'static str, Vec<Owned>)> {
        self.all.sort_by_key(Set::rank);
        self.take_questions().into_iter().map(|question| (question.text, question.values)).collect()
    }

    /// What is to be asked.
    pub(super) fn take_questions(&mut self) -> Vec<Question> {
        core::mem::take(self).all.into_iter().map(Set::question).collect()
    }

    fn add(&mut self, statement: &'static Statement, values: &[Value<'_>], number: usize) {
        let row: Vec<Owned> = values.iter().map(Owned::from).collect();
        self.n_rows += 1;
        let alike = self.all.iter_mut().find(|set| {
            let institution = set.rows.first().and_then(|row| row.first());
            set.statement.name == statement.name
                && statement.many.is_some()
                && institution == row.first()
                && set.rows.len() < MAX_ROWS
        });
        match alike {
            Some(set) => {
                set.rows.push(row);
                set.numbers.push(number);
            }
            None => self.all.push(Set { statement, rows: vec![row], numbers: vec![number] }),
        }
    }
}

impl Set {
    fn rank(&self) -> Option<Rank> {
        self.statement.many.map(|many| many.rank)
    }

    fn question(self) -> Question {
        let Self { statement, mut rows, numbers } = self;
        match (statement.many, rows.len()) {
            (Some(many), 2..) => Question { text: many.text, values: columns(rows), numbers, is_many: true },
            (Some(_) | None, _) => {
                let values = rows.pop().unwrap_or_default();
                Question { text: statement.postgres, values, numbers, is_many: false }
            }
        }
    }
}

/// The institution, then a column for each other value.
fn columns(rows: Vec<Vec<Owned>>) -> Vec<Owned> {
    let n_rows = rows.len();
    let mut columns: Vec<Vec<Owned>> = Vec::new();
    for row in rows {
        for (at, value) in row.into_iter().enumerate() {
            match columns.get_mut(at) {
                Some(column) => column.push(value),
                None => {
                    let mut column = Vec::with_capacity(n_rows);
                    column.push(value);
                    columns.push(column);
                }
            }
        }
    }
    let mut columns = columns.into_iter();
    let institution = columns.next().and_then(|mut same| same.pop());
    institution.into_iter().chain(columns.map(Owned::Column)).collect()
}

/// Gives each question its rows.
pub(super) fn sort(
    rows: Vec<Row>,
    numbers: &[usize],
    is_many: bool,
    answers: &mut [Vec<Row>],
) -> Result<(), StoreError> {
    for mut row in rows {
        let at = if is_many { row.number::<usize>("the number of a set")?.saturating_sub(1) } else { 0 };
        let answer = numbers.get(at).and_then(|number| answers.get_mut(*number));
        answer.ok_or(StoreError::Missing("the question of an answer"))?.push(row);
    }
    Ok(())
}

/// Rows in one statement; an array of them is some 100 kB.
const MAX_ROWS: usize = 1000;
