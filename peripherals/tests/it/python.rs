//! Python packages that others wrote: installed into a folder of their own below cargo's target, once for all.

#![expect(clippy::print_stdout, reason = "a check that did not happen is said aloud")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that has the packages, in a folder of this name; `None`, said aloud, where they cannot be had and
/// `YUETING_READER_CLIENTS` is not `required`.
pub(crate) fn with(name: &str, packages: &[&str]) -> Option<PathBuf> {
    match install(name, packages) {
        Ok(python) => Some(python),
        Err(why) => {
            let is_required = std::env::var("YUETING_READER_CLIENTS").is_ok_and(|value| value == "required");
            assert!(!is_required, "{why}");
            println!("NOT CHECKED: {packages:?} cannot be had here: {why}");
            None
        }
    }
}

fn install(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // The tests run at once: the first makes the folder, and the others wait.
    let lock = File::create(folder.with_extension("lock")).map_err(|cause| cause.to_string())?;
    lock.lock().map_err(|cause| cause.to_string())?;
    let (python, done) = (folder.join("bin/python"), folder.join("packages"));
    let wanted = packages.join("\n");
    let is_installed = std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted);
    // What it links to may be gone.
    if is_installed && run(Command::new(&python).arg("--version")).is_ok() {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python).args(pip).args(packages))?;
    std::fs::write(&done, wanted).map_err(|cause| cause.to_string())?;
    Ok(python)
}

/// Runs a command; the last line of what went wrong.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("failed").to_owned())
        }
        Err(cause) => Err(format!("{}: {cause}", command.get_program().display())),
    }
}

/// The script of this name.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/independent").join(name)
}
