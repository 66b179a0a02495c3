//! What the texts promise, read from the texts.

use super::*;
use std::collections::BTreeSet;

fn all() -> impl Iterator<Item = &'static Statement> {
    ALL.iter().flat_map(|some| some.iter().copied())
}

/// The words of a text, with its punctuation as words.
fn words(text: &str) -> Vec<String> {
    let spaced: String =
        text.chars().flat_map(|c| if "(),=".contains(c) { vec![' ', c, ' '] } else { vec![c] }).collect();
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// The tables that a text reads or writes, each with the name by which it goes there.
fn tables(text: &str) -> Vec<(String, String)> {
    let words = words(text);
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let is_table = matches!(word.as_str(), "FROM" | "JOIN" | "INTO")
            || (word == "UPDATE" && words.get(at + 1).is_some_and(|next| next != "SET" && next != "OF"));
        // `FROM a AS x, b AS y`, the only list of tables, is in a text of its own below.
        let Some(name) = words.get(at + 1).filter(|name| is_table && !NOT_TABLES.contains(&name.as_str()))
        else {
            continue;
        };
        let alias = words.get(at + 2).filter(|word| *word == "AS").and_then(|_| words.get(at + 3));
        found.push((name.clone(), alias.unwrap_or(name).clone()));
    }
    found
}

/// Where a table could stand and none does: what takes a value apart, and SQLite's index of words, whose rows are numbers
/// until `title` says whose they are.
const NOT_TABLES: &[&str] =
    &["(", "unnest", "LATERAL", "json_each", "jsonb_array_elements_text", "title_words"];

/// Names that a text gives to its own parts.
fn own_names(text: &str) -> BTreeSet<String> {
    let words = words(text);
    words
        .iter()
        .zip(&words[1..])
        .filter(|(_, next)| *next == "AS")
        .map(|(name, _)| name.clone())
        .filter(|name| text.contains(&format!("{name} AS (")))
        .collect()
}

#[test]
fn every_statement_of_an_institution_names_it_for_each_table() {
    for statement in all().filter(|statement| statement.scope == Scope::Institution) {
        let many = statement.many.map(|many| many.text);
        for text in [statement.sqlite, statement.postgres].into_iter().chain(many) {
            let own = own_names(text);
            let words = words(text).join(" ");
            for (table, alias) in tables(text).into_iter().filter(|(table, _)| !own.contains(table)) {
                let inserts = words.contains(&format!("INSERT INTO {table} ( institution"))
                    && (words.contains("VALUES ( $1") || words.contains("SELECT $1"));
                let by_alias = words.contains(&format!("{alias}.institution = $1"));
                let by_name = alias == table && words.contains(" institution = $1");
                assert!(inserts || by_alias || by_name, "{}: {table} AS {alias} in {text}", statement.name);
            }
        }
    }
}

#[test]
fn only_the_entrance_looks_for_an_institution() {
    let entrance: Vec<&str> = all()
        .filter(|statement| statement.scope == Scope::Entrance)
        .map(|statement| statement.name)
        .collect();
    assert_eq!(entrance, ["app", "token"]);
}

#[test]
fn a_name_is_one_statement() {
    let names: BTreeSet<&str> = all().map(|statement| statement.name).collect();
    assert_eq!(names.len(), all().count());
}

/// The reader of texts above finds what it must find.
#[test]
fn a_text_that_forgets_the_institution_is_found() {
    assert_eq!(
        tables("SELECT a FROM loan AS l JOIN item AS i ON i.institution = $1 WHERE l.item = $2"),
        [("loan".to_owned(), "l".to_owned()), ("item".to_owned(), "i".to_owned())]
    );
    assert_eq!(tables("UPDATE loan SET a = 1")[0].0, "loan");
    assert_eq!(tables("SELECT 1 FROM item AS i FOR NO KEY UPDATE OF i").len(), 1);
}
