//! `docs/in-doubt.md` names only tests that exist, and a test for each of its rows.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_failure_has_a_test_and_every_test_exists() {
    let text = read(&root().join("docs/in-doubt.md")).expect("the document is there");
    let mut n_rows = 0;
    let mut faults = Vec::new();
    for line in text.lines().filter(|line| is_row(line)) {
        let named: Vec<(&str, &str)> = line.split('`').skip(1).step_by(2).filter_map(test).collect();
        n_rows += 1;
        if named.is_empty() {
            faults.push(format!("no test in: {line}"));
        }
        for (file, name) in named {
            match read(&path_of(file)) {
                Some(source) if has_test(&source, name) => {}
                Some(_) => faults.push(format!("{file} has no test {name}")),
                None => faults.push(format!("there is no file of tests {file}")),
            }
        }
    }
    assert!(n_rows > 30, "{n_rows} rows: is this the table?");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A row of a table, but neither its head nor the line below.
fn is_row(line: &str) -> bool {
    line.starts_with("| ") && !line.starts_with("| failure |")
}

/// `FILE: NAME`.
fn test(quoted: &str) -> Option<(&str, &str)> {
    quoted.split_once(": ").filter(|(file, _)| file.contains('/'))
}

/// `CRATE/NAME` is an integration test of the crate, `CRATE/src/NAME` a file of its sources.
fn path_of(file: &str) -> PathBuf {
    let (package, rest) = file.split_once('/').unwrap_or((file, ""));
    let folder =
        if rest.starts_with("src/") { root().join(package) } else { root().join(package).join("tests/it") };
    folder.join(rest).with_extension("rs")
}

/// A function of that name right below an attribute: a test, of whatever runtime.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.windows(2).any(|two| match two {
        [attribute, function] => {
            attribute.starts_with("#[")
                && function.strip_prefix("async ").unwrap_or(function).starts_with(&format!("fn {name}("))
        }
        _ => false,
    })
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder).to_owned()
}
