//! The shape of the workspace, checked: which crate may know which, what a licence may touch, how long a file may be.
//!
//! ```text
//! circulation <- sync-client <- central        rfid-driver: none of ours
//! circulation <- ui                            config: none of ours
//! circulation, config <- slot <- kiosk, kioskctl (the sorter's rules)
//! config, slot, peripherals, rfid-driver <- slot-world <- tests (a slot that exists only in the computer)
//! rfid-driver <- peripherals (frames and ports alone)
//! sync-client <- supervision (its console, for the words of the queue)
//! circulation, sync-client, rfid-driver <- stocktaking <- kiosk, kioskctl
//! circulation, rfid-driver, peripherals, sync-client, ui, config, supervision <- kiosk        all <- tests
//! ```
//!
//! A test here that fails is a decision to take, not a line to edit: a new arrow needs a record in
//! `docs/decisions`.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Each crate and the crates of ours it may name, in any kind of dependency.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("circulation", &[]),
    // times, bins, rules and contacts as they are configured: docs/decisions/0013
    ("slot", &["circulation", "config"]),
    // the emulated slot: the mechanics behind emulated modules and readers
    ("slot-world", &["slot", "config", "peripherals", "rfid-driver"]),
    ("rfid-driver", &[]),
    ("peripherals", &["rfid-driver"]),
    ("config", &[]),
    ("supervision", &["sync-client", "browser"]),
    // of tests only
    ("browser", &[]),
    ("sync-client", &["circulation"]),
    ("stocktaking", &["circulation", "sync-client", "rfid-driver"]),
    ("ui", &["circulation", "ui-pages"]),
    // generated
    ("ui-pages", &[]),
    ("central", &["circulation", "sync-client", "config", "browser"]),
    (
        "kiosk",
        &[
            "circulation",
            "rfid-driver",
            "peripherals",
            "sync-client",
            "stocktaking",
            "ui",
            "config",
            "slot",
            "supervision",
        ],
    ),
    (
        "kioskctl",
        &[
            "circulation",
            "rfid-driver",
            "peripherals",
            "sync-client",
            "stocktaking",
            "config",
            "slot",
            "supervision",
            "browser",
        ],
    ),
    (
        "tests",
        &[
            "circulation",
            "rfid-driver",
            "sync-client",
            "central",
            "config",
            "ui",
            "kiosk",
            "peripherals",
            "slot",
            "slot-world",
            "supervision",
            "browser",
        ],
    ),
];

/// The crates that contain slint, and so are under its licence.
const WITH_SLINT: &[&str] = &["ui", "ui-pages", "kiosk", "tests"];

/// Crates that talk to something outside the process.
const IO: &[&str] = &[
    "tokio",
    "tokio-serial",
    "serialport",
    "rustix",
    "rusqlite",
    "reqwest",
    "rustls",
    "axum",
    "getrandom",
    "tracing",
];

const LINES_TO_EXPLAIN: usize = 500;
const LINES_AT_MOST: usize = 800;
/// Files between the two limits, each with the reason why it is one.
const LONG_FILES: &[(&str, &str)] = &[];

#[test]
fn crates_know_only_whom_they_may() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    let mapped: BTreeSet<&str> = MAY_KNOW.iter().map(|&(name, _)| name).collect();
    assert_eq!(ours, mapped, "a crate is missing in MAY_KNOW, or gone from the workspace");

    for &(name, may) in MAY_KNOW {
        for dependency in packages.get(name).into_iter().flat_map(dependencies) {
            let known = text(dependency, "name");
            let is_ours = ours.contains(known) && dependency["path"].is_string();
            assert!(!is_ours || may.contains(&known), "{name} must not depend on {known}");
        }
    }
}

#[test]
fn the_core_is_pure() {
    let packages = packages();
    let normal = |name: &str| -> BTreeSet<String> {
        let dependencies = packages.get(name).into_iter().flat_map(dependencies);
        dependencies
            .filter(|dependency| dependency["kind"].is_null() && dependency["optional"] == false)
            .map(|dependency| text(dependency, "name").to_owned())
            .collect()
    };

    let core = normal("circulation");
    assert!(
        // `zeroize` overwrites what an identity card said: memory alone, no I/O.
        core.iter().all(|name| ["thiserror", "jiff", "zeroize"].contains(&name.as_str())),
        "circulation uses {core:?}"
    );

    for name in ["circulation", "rfid-driver", "peripherals", "sync-client", "config", "supervision"] {
        let io: Vec<String> =
            normal(name).into_iter().filter(|dependency| IO.contains(&dependency.as_str())).collect();
        assert!(io.is_empty(), "without features, {name} must do no I/O, but it uses {io:?}");
    }
    for name in ["rfid-driver", "peripherals", "sync-client", "supervision"] {
        let default = packages.get(name).map(|package| &package["features"]["default"]);
        let is_empty = default.and_then(Value::as_array).is_some_and(Vec::is_empty);
        assert!(is_empty, "{name} must have `default = []`: its I/O is chosen, never a given");
    }
}

/// The other half of the licences: what is MIT OR Apache-2.0 must not contain slint, not even far below.
#[test]
fn slint_is_reached_only_by_the_crates_under_its_licence() {
    let locked = locked_dependencies();
    for name in packages().keys() {
        let reached = reachable(name, &locked);
        let slint: Vec<&&str> =
            reached.iter().filter(|name| **name == "slint" || name.starts_with("i-slint")).collect();
        let may = WITH_SLINT.contains(&name.as_str());
        assert!(may || slint.is_empty(), "{name} is permissive and must not reach {slint:?}");
        assert!(!may || !slint.is_empty(), "{name} does not reach slint, so it could be permissive");
    }
}

#[test]
fn licences_are_stated_and_nothing_is_published() {
    for (name, package) in packages() {
        let expected = if WITH_SLINT.contains(&name.as_str()) { "GPL-3.0-only" } else { "MIT OR Apache-2.0" };
        assert_eq!(package["license"], expected, "{name}");
        assert_eq!(package["publish"], Value::Array(Vec::new()), "{name} must have `publish = false`");
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "LICENSE-GPL-3.0"] {
        assert!(root().join(file).is_file(), "{file} is missing");
    }
}

#[test]
fn manifests_take_versions_and_lints_from_the_workspace() {
    for (name, package) in packages() {
        let manifest = read(Path::new(text(&package, "manifest_path")));
        assert!(manifest.contains("\n[lints]\nworkspace = true\n"), "{name} must have the workspace's lints");

        let mut in_dependencies = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]");
            } else if in_dependencies && is_dependency(line) {
                assert!(
                    line.contains("workspace = true"),
                    "{name}: take the version from the workspace: {line}"
                );
            }
        }
    }
}

#[test]
fn no_source_of_ours_is_unsafe() {
    let mut files = Vec::new();
    collect_sources(&root(), &mut files);
    assert!(files.len() > 50, "the sources are found");
    for path in files {
        let text = read(&path);
        for (at, line) in text.lines().enumerate() {
            // The lint denies it everywhere; what would let it through stands at the start of a line.
            let code = line.trim_start();
            let is_unsafe = ["#[allow(unsafe_code", "#[expect(unsafe_code", "#![allow(unsafe_code"]
                .iter()
                .any(|word| code.starts_with(word));
            assert!(!is_unsafe, "{}:{}: {line}", path.display(), at + 1);
        }
    }
}

#[test]
fn every_dependency_says_why() {
    let manifest = read(&root().join("Cargo.toml"));
    let section = manifest.split("[workspace.dependencies]\n").nth(1).unwrap_or_default();
    let mut is_explained = false;
    let mut n_dependencies = 0;
    for line in section.lines().take_while(|line| !line.starts_with('[')) {
        if line.starts_with('#') {
            is_explained = true;
        } else if line.is_empty() {
            is_explained = false;
        } else if is_dependency(line) && !line.contains("path =") {
            n_dependencies += 1;
            assert!(is_explained, "say in a comment above it why we depend on: {line}");
        }
    }
    assert!(n_dependencies > 10, "the section was not found or not understood");
}

#[test]
fn files_are_short_and_none_is_called_mod() {
    let root = root();
    let mut files = Vec::new();
    collect_sources(&root, &mut files);
    assert!(files.len() > 20, "found only {} sources below {}", files.len(), root.display());

    let mut faults = Vec::new();
    let mut explained: BTreeSet<&str> = LONG_FILES.iter().map(|&(file, _)| file).collect();
    for path in files {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let n_lines = read(&path).lines().count();
        let is_explained = n_lines > LINES_TO_EXPLAIN && explained.remove(name.as_str());
        if path.file_name().is_some_and(|file| file == "mod.rs") {
            faults.push(format!("{name}: write the module as `foo.rs` beside the folder `foo`"));
        }
        if n_lines > LINES_AT_MOST {
            faults.push(format!("{name}: {n_lines} lines, more than {LINES_AT_MOST}; split it"));
        } else if n_lines > LINES_TO_EXPLAIN && !is_explained {
            faults.push(format!(
                "{name}: {n_lines} lines; split it, or put it with its reason into LONG_FILES"
            ));
        }
    }
    faults.extend(
        explained.into_iter().map(|file| format!("{file}: short or gone; remove it from LONG_FILES")),
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Our packages by name, as cargo describes them.
fn packages() -> BTreeMap<String, Value> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("cargo cannot be started: {error}"));
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));

    let metadata: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("cargo metadata: {error}"));
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    packages.into_iter().map(|package| (text(&package, "name").to_owned(), package)).collect()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package.get("dependencies").and_then(Value::as_array).into_iter().flatten()
}

/// What `Cargo.lock` says each package depends on, by name: all features, all platforms, tests included.
fn locked_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let lock = read(&root().join("Cargo.lock"));
    let mut locked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock.split("[[package]]\n").skip(1) {
        let Some(name) = package.lines().find_map(|line| line.strip_prefix("name = ")) else { continue };
        // ` "name",` or ` "name version",`
        let dependencies =
            package.lines().filter_map(|line| line.strip_prefix(" \"")?.split([' ', '"']).next());
        locked.entry(name.trim_matches('"').to_owned()).or_default().extend(dependencies.map(str::to_owned));
    }
    locked
}

fn reachable<'a>(from: &str, locked: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for dependency in locked.get(name).into_iter().flatten() {
            if reached.insert(dependency.as_str()) {
                open.push(dependency);
            }
        }
    }
    reached
}

/// `.rs` and `.slint` files, but none that was built or is hidden.
fn collect_sources(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_source = path.extension().is_some_and(|extension| extension == "rs" || extension == "slint");
        if path.is_dir() {
            let is_built = path.join("CACHEDIR.TAG").exists();
            if !is_hidden && !is_built {
                collect_sources(&path, files);
            }
        } else if is_source {
            files.push(path);
        }
    }
}

/// `name.workspace = true`, `name = { .. }` or `name = ".."`.
fn is_dependency(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_alphanumeric()) && line.contains('=')
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder).to_owned()
}
