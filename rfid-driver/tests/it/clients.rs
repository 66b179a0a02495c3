//! Clients in Python that others wrote, against our emulated readers as programs: the scripts in `tests/independent`.
//!
//! The packages go into a folder of their own below cargo's target, once for all; where that is impossible (no python3,
//! no package index) a test says so and checks nothing, unless `YUETING_READER_CLIENTS=required`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the scripts import, and what that imports in turn: pyImpinj wants an older libscrc that is not needed.
const PACKAGES: [&str; 8] = [
    "pyImpinj==1.2",
    "libscrc==1.8.1",
    "wabson.chafon-rfid==1.0.0",
    "uhfreader18==0.6.0",
    "pyserial==3.5",
    "pyllrp==3.1.1",
    "bitstring==4.2.3",
    "bitarray==2.9.3",
];

#[test]
fn pyimpinj_works_with_our_r2000() {
    check("r2000.py");
}

#[test]
fn chafon_and_uhfreader18_work_with_our_reader18() {
    check("reader18.py");
}

#[test]
fn pyllrp_works_with_our_llrp() {
    check("llrp.py");
}

/// Runs a script, which ends with 0 if all is as it must be.
#[expect(clippy::print_stdout, reason = "a test that checks nothing says so")]
fn check(script: &str) {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            let is_required = std::env::var("YUETING_READER_CLIENTS").is_ok_and(|value| value == "required");
            assert!(!is_required, "{why}");
            println!("NOT CHECKED: the packages of {script} cannot be had here: {why}");
            return;
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/independent");
    // Some of them wait for an answer for ever. The signal goes to their emulators too.
    let mut run = Command::new("timeout");
    run.args(["--kill-after=5", "60"]).arg(python).arg("-B").arg(folder.join(script));
    let output = run.arg(env!("CARGO_BIN_EXE_rfid-emulator")).stdin(Stdio::null()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {}\n{said}{errors}", output.status);
}

/// A Python that has the packages.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reader-clients");
    // The tests run at once, in threads or in processes: the first makes the folder, and the others wait.
    let lock = File::create(folder.with_extension("lock")).map_err(|cause| cause.to_string())?;
    let has_waited = lock.try_lock().is_err();
    if has_waited {
        lock.lock().map_err(|cause| cause.to_string())?;
    }
    let (python, done) = (folder.join("bin/python"), folder.join("packages"));
    let wanted = PACKAGES.join("\n");
    let is_installed = std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted);
    // What it links to may be gone.
    if is_installed && run(Command::new(&python).arg("--version")).is_ok() {
        return Ok(python);
    }
    if has_waited {
        return Err("another test has just tried to install them".to_owned());
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python).args(pip).args(PACKAGES))?;
    std::fs::write(&done, wanted).map_err(|cause| cause.to_string())?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("failed").to_owned())
        }
        Err(cause) => Err(format!("{}: {cause}", command.get_program().display())),
    }
}
