//! Version 1: files without `version`, of the time when gates were described by two numbers alone.
//!
//! FROZEN: these words and pairs are those of version 1 and never change, whatever becomes of the ones in use.

use toml_edit::{DocumentMut, value};

/// `[security]` as version 1 had it.
struct Security {
    afi_pair: Option<String>,
    secured_afi: Option<String>,
    unsecured_afi: Option<String>,
}

/// Two values that are one of the pairs get the pair's name, which is what people compare with their gates' papers.
pub(super) fn to_v2(document: &mut DocumentMut) -> Vec<String> {
    let Some(table) = document.get_mut("security").and_then(|item| item.as_table_mut()) else {
        return Vec::new();
    };
    let text = |name: &str| table.get(name).and_then(|item| item.as_str()).map(str::to_uppercase);
    let old = Security {
        afi_pair: text("afi_pair"),
        secured_afi: text("secured_afi"),
        unsecured_afi: text("unsecured_afi"),
    };
    let is_by_numbers = old.afi_pair.is_none() && (old.secured_afi.is_some() || old.unsecured_afi.is_some());
    let secured = old.secured_afi.as_deref().unwrap_or(SECURED);
    let unsecured = old.unsecured_afi.as_deref().unwrap_or(UNSECURED);
    let pair = PAIRS.iter().find(|pair| (pair.1, pair.2) == (secured, unsecured));
    let Some((name, ..)) = pair.filter(|_| is_by_numbers) else { return Vec::new() };
    // In the place and with the comments of the first of the two.
    let first = ["secured_afi", "unsecured_afi"].into_iter().find(|name| table.contains_key(name));
    let comments = first.and_then(|first| table.key(first)).map(|key| key.leaf_decor().clone());
    table.remove("secured_afi");
    table.remove("unsecured_afi");
    table.insert("afi_pair", value(*name));
    if let (Some(comments), Some(mut key)) = (comments, table.key_mut("afi_pair")) {
        *key.leaf_decor_mut() = comments;
    }
    vec![format!(
        "[security] secured_afi {secured} and unsecured_afi {unsecured} are now afi_pair = \"{name}\""
    )]
}

/// The pairs of version 1.
const PAIRS: [(&str, &str, &str); 3] = [("standard", "07", "C2"), ("3m", "D7", "DA"), ("german", "07", "21")];
/// The defaults of version 1.
const SECURED: &str = "07";
const UNSECURED: &str = "C2";
