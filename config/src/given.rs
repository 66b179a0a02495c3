//! Settings that central gives, laid over the kiosk's own file: only such as change while the kiosk runs ([`crate::RELOADED`]).
//!
//! What a machine is made of (ports, accounts, passwords) is said where it stands, and nowhere else.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

use crate::{Takes, takes};

/// Why what central gives is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GivenError {
    /// it is not TOML
    #[error("line {line}: it is not TOML: {why}")]
    NotToml {
        /// counted from 1
        line: usize,
        /// what is wrong
        why: String,
    },
    /// it names settings that are a machine's own, or that nobody knows
    #[error("central does not give {}: these are set in the kiosk's own file", .names.join(", "))]
    NotGiven {
        /// section and key
        names: Vec<String>,
    },
    /// the kiosk's own file is not TOML
    #[error("the kiosk's own file is not TOML")]
    Own,
}

/// The kiosk's own text with what central gives in its place: a key for a key, and a list (`[[shelf]]`, `[[sort]]`) as a whole.
///
/// # Errors
/// [`GivenError`]; whether the values are right is what reading the text says.
pub fn lay_over(own: &str, given: &str) -> Result<String, GivenError> {
    let parsed = given.parse::<DocumentMut>().map_err(|fault| {
        let at = fault.span().map_or(0, |span| span.start);
        let before = given.get(..at).unwrap_or(given);
        GivenError::NotToml {
            line: before.matches('\n').count() + 1,
            why: fault.message().lines().next().unwrap_or_default().to_owned(),
        }
    })?;
    let names = not_given(&parsed);
    if !names.is_empty() {
        return Err(GivenError::NotGiven { names });
    }
    let mut own = own.parse::<DocumentMut>().map_err(|_| GivenError::Own)?;
    for (section, item) in parsed.iter() {
        match item {
            Item::ArrayOfTables(list) => {
                own.insert(section, Item::ArrayOfTables(list.clone()));
            }
            Item::Table(table) => lay(&mut own, section, table),
            Item::Value(_) | Item::None => {}
        }
    }
    Ok(own.to_string())
}

fn lay(own: &mut DocumentMut, section: &str, table: &Table) {
    if own.get(section).and_then(Item::as_table_like).is_none() {
        own.insert(section, Item::Table(Table::new()));
    }
    let Some(into) = own.get_mut(section).and_then(Item::as_table_like_mut) else { return };
    for (key, value) in table.iter() {
        into.insert(key, value.clone());
    }
}

/// What is named and may not be.
fn not_given(given: &DocumentMut) -> Vec<String> {
    let mut names = Vec::new();
    let mut look = |section: &str, table: &dyn TableLike| {
        let wrong = table.iter().filter(|(key, _)| takes(section, key) != Takes::Reload);
        names.extend(wrong.map(|(key, _)| format!("{section}.{key}")));
    };
    let mut others = Vec::new();
    for (section, item) in given.iter() {
        match item {
            Item::Table(table) => look(section, table),
            Item::ArrayOfTables(list) => tables(list).for_each(|table| look(section, table)),
            Item::Value(_) | Item::None => others.push(section.to_owned()),
        }
    }
    names.extend(others);
    names.sort();
    names.dedup();
    names
}

fn tables(list: &ArrayOfTables) -> impl Iterator<Item = &Table> {
    list.iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    const OWN: &str = "# ours\n[kiosk]\nname = \"one\"\n\n[place]\nlibrary = \"青禾\"\nhours = [\"old\"]\n\n[[shelf]]\nlabel = \"A\"\n\
        x = 1\ny = 1\nwidth = 9\nheight = 9\nfrom = \"A\"\nto = \"B\"\n";

    #[test]
    fn a_key_takes_the_place_of_a_key_and_a_list_that_of_the_list() {
        let given = "[place]\nhours = [\"周一至周五 9-17\"]\n[visit]\nidle_seconds = 45\n[[shelf]]\nlabel = \"Z\"\nx = 2\ny = 2\n\
            width = 9\nheight = 9\nfrom = \"Y\"\nto = \"Z\"\n";
        let text = lay_over(OWN, given).unwrap();
        let config = Config::parse(&text, "test").unwrap();
        assert_eq!(config.place.hours, ["周一至周五 9-17"]);
        assert_eq!(config.place.library.as_deref(), Some("青禾"), "what is not given stays");
        assert_eq!(config.shelves.len(), 1);
        assert_eq!(config.shelves[0].label, "Z");
        assert_eq!(config.visit.idle.as_secs(), 45);
        assert!(text.starts_with("# ours\n"), "{text}");
        assert_eq!(lay_over(OWN, "").unwrap(), OWN);
    }

    #[test]
    fn what_is_a_machines_own_is_not_given() {
        let cases = [
            ("[reader]\nport = \"/dev/x\"\n", "reader.port"),
            ("[central]\nsecret = \"x\"\n[place]\nbranch = \"LW01\"\n", "central.secret, place.branch"),
            ("[security]\nafi_pair = \"3m\"\n", "security.afi_pair"),
            ("[place]\nnonsense = 1\n", "place.nonsense"),
            ("version = 1\n", "version"),
        ];
        for (given, names) in cases {
            let why = lay_over(OWN, given).unwrap_err().to_string();
            assert!(why.contains(names), "{why}");
        }
        let why = lay_over(OWN, "[place]\nhours = [\n").unwrap_err();
        assert!(matches!(why, GivenError::NotToml { line: 2.., .. }), "{why:?}");
    }
}
