//! What goes wrong (`docs/in-doubt.md`) and what readers complain of (`docs/screen.md`): their tables name only tests that
//! exist, and a test or a bench for each row.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_failure_has_a_test_and_every_test_exists() {
    check("docs/in-doubt.md", "| failure |", 30);
}

#[test]
fn every_complaint_has_a_test_and_every_test_exists() {
    check("docs/screen.md", "| complaint |", 16);
}

/// Looks at the tables of a document whose head begins so; there are at least so many rows.
fn check(document: &str, head: &str, at_least: usize) {
    let text = read(&root().join(document)).unwrap_or_default();
    let mut n_rows = 0;
    let mut faults = Vec::new();
    for line in rows(&text, head) {
        let quoted = || line.split('`').skip(1).step_by(2);
        let named: Vec<(&str, &str)> = quoted().filter_map(test).collect();
        n_rows += 1;
        if named.is_empty() && !quoted().any(is_bench) {
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
    assert!(n_rows >= at_least, "{n_rows} rows in {document}: is this the table?");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The rows of the tables with this head, without it and the line below.
fn rows<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    let mut rows = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.starts_with(head) {
            is_inside = true;
        } else if !line.starts_with('|') {
            is_inside = false;
        } else if is_inside && line.starts_with("| ") {
            rows.push(line);
        }
    }
    rows
}

/// `CRATE --bench NAME`, of a file that is there.
fn is_bench(quoted: &str) -> bool {
    quoted.split_once(" --bench ").is_some_and(|(package, name)| {
        root().join(package).join("benches").join(name).with_extension("rs").is_file()
    })
}

/// `FILE: NAME`.
fn test(quoted: &str) -> Option<(&str, &str)> {
    quoted.split_once(": ").filter(|(file, _)| file.contains('/'))
}

/// `CRATE/NAME` is an integration test of the crate, `CRATE/src/NAME` a file of its sources.
fn path_of(file: &str) -> PathBuf {
    let (package, rest) = file.split_once('/').unwrap_or((file, ""));
    let package = root().join(package);
    let tests = package.join("tests");
    let folder = match () {
        () if rest.starts_with("src/") => package,
        () if tests.join("it").is_dir() => tests.join("it"),
        () => tests,
    };
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
