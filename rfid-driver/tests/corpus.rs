//! Every file of the fuzz corpus, through what the fuzz targets do, with any compiler and without libFuzzer. What a night
//! of fuzzing has found stays found.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/bodies.rs"]
#[expect(unreachable_pub, reason = "there it is a crate")]
mod bodies;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it is listed").path()).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_does_no_harm() {
    for (name, body) in bodies::targets() {
        let seeds = files(&fuzz().join("corpus").join(name));
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for seed in seeds {
            let bytes = fs::read(&seed).expect("a seed can be read");
            // Captured and shown if the body panics.
            eprintln!("{}", seed.display());
            body(&bytes);
        }
        body(&[]);
    }
}

/// The table of the bodies, the programs of the manifest and the folders of the corpus are the same names.
#[test]
fn every_target_is_a_program() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("the manifest can be read");
    let programs: BTreeSet<&str> =
        manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    // Those of central's lists are a test of central's.
    let is_ours = |name: &&str| !name.starts_with("lists_");
    let programs: BTreeSet<&str> = programs.into_iter().filter(is_ours).collect();
    let targets: BTreeSet<&str> = bodies::targets().map(|(name, _)| name).collect();
    assert_eq!(programs, targets);
    let folders = files(&fuzz().join("corpus"));
    let folders = folders.iter().filter_map(|path| path.file_name()?.to_str());
    let folders: BTreeSet<&str> = folders.filter(is_ours).collect();
    assert_eq!(folders, targets);
}

/// Small enough to live in the repository.
#[test]
fn the_corpus_is_small() {
    let folders = files(&fuzz().join("corpus"));
    let n_bytes: u64 = folders
        .iter()
        .flat_map(|folder| files(folder))
        .map(|file| file.metadata().expect("it is there").len())
        .sum();
    assert!(n_bytes <= 200 * 1024, "{n_bytes} bytes: minimise it with cargo fuzz cmin");
}
