//! Every file of the fuzz corpus of central's lists, through what the fuzz targets do, with any compiler and without libFuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../../fuzz/lists.rs"]
#[expect(unreachable_pub, reason = "there it is a crate")]
mod lists;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_does_no_harm() {
    for (name, body) in lists::targets() {
        let seeds = files(&fuzz().join("corpus").join(name));
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for seed in seeds {
            // Captured and shown if the body panics.
            eprintln!("{}", seed.display());
            let bytes = fs::read(&seed).unwrap();
            body(&bytes);
            // Cut anywhere, and with one byte changed: what a bad stick or a wrong conversion makes of it.
            for at in 0..bytes.len() {
                body(&bytes[..at]);
                let mut changed = bytes.clone();
                changed[at] ^= 0x1F;
                body(&changed);
            }
        }
        body(&[]);
    }
}

/// The table of the bodies, the programs of the manifest and the folders of the corpus are the same names.
#[test]
fn every_target_is_a_program() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let is_ours = |name: &&str| name.starts_with("lists_");
    let programs = manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split('"').next());
    let programs: BTreeSet<&str> = programs.filter(is_ours).collect();
    let targets: BTreeSet<&str> = lists::targets().map(|(name, _)| name).collect();
    assert_eq!(programs, targets);
    let folders = files(&fuzz().join("corpus"));
    let folders = folders.iter().filter_map(|path| path.file_name()?.to_str());
    assert_eq!(folders.filter(is_ours).collect::<BTreeSet<_>>(), targets);
}
