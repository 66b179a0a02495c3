//! Our bytes beside those of two generators that others wrote, in Python: the script in `tests/independent`.
//!
//! The packages go into a folder of their own below cargo's target, once for all; where that is impossible (no python3,
//! no package index) the test says so and checks nothing, unless `YUETING_READER_CLIENTS=required`.

use std::path::{Path, PathBuf};
use std::process::Command;

use peripherals::escpos::{Cut, Job, Paper, Slip, Style};

use crate::python::run;

/// The generators; both call themselves `escpos`, so that each has a folder of its own.
const GENERATORS: [&str; 2] = ["python-escpos==3.1", "pyescpos==0.4"];
/// What they import.
const PACKAGES: [&str; 11] = [
    "qrcode==7.4.2",
    "pypng==0.20220715.0",
    "Pillow==10.4.0",
    "six==1.16.0",
    "appdirs==1.4.4",
    "python-barcode==0.15.1",
    "importlib_resources==6.4.5",
    "PyYAML==6.0.2",
    "argcomplete==3.5.1",
    "typing_extensions==4.12.2",
    "future==1.0.0",
];

#[test]
fn our_receipt_is_byte_for_byte_that_of_others() {
    let folder = match packages() {
        Ok(folder) => folder,
        Err(why) => {
            let is_required = std::env::var("YUETING_READER_CLIENTS").is_ok_and(|value| value == "required");
            assert!(!is_required, "{why}");
            println!("NOT CHECKED: the packages cannot be had here: {why}");
            return;
        }
    };
    let theirs = made_by(&folder, "python-escpos");
    assert_eq!([hex(receipt(true).bytes())], *theirs, "python-escpos");

    // It has no model command, and another order within a code.
    let theirs = made_by(&folder, "pyescpos");
    let (whole, parts) = theirs.split_first().unwrap();
    assert_eq!(hex(receipt(false).bytes()), *whole, "pyescpos");
    assert_eq!(parts.len(), 4);
    for part in parts {
        assert!(hex(receipt(true).bytes()).contains(part.as_str()), "pyescpos: {part}");
    }
}

fn receipt(with_code: bool) -> Job {
    let mut slip = Slip::new(Paper::Mm80);
    slip.text("青禾市图书馆", Style::centred().large().bold());
    slip.text("图书借阅凭条", Style::centred());
    slip.text("三體 Ulysses", Style::default().bold());
    if with_code {
        slip.code("https://example.org/r/0192-7f3a", 6);
        slip.feed(3);
    }
    slip.finish(Cut::Partial)
}

/// The pieces that a generator makes, in hexadecimal.
fn made_by(folder: &Path, generator: &str) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/independent/receipt.py");
    let mut python = Command::new(folder.join("bin/python"));
    python.env("PYTHONPATH", folder.join(generator)).arg("-B").arg(&script).arg(generator);
    let output = python.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{generator}: {errors}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

/// A virtual environment that has the packages, each generator in a folder of its own.
fn packages() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("escpos-generators");
    let (python, done) = (folder.join("bin/python"), folder.join("packages"));
    let wanted = [GENERATORS.as_slice(), PACKAGES.as_slice()].concat().join("\n");
    let is_installed = std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted);
    // What it links to may be gone.
    if is_installed && run(Command::new(&python).arg("--version")).is_ok() {
        return Ok(folder);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python).args(pip).args(PACKAGES))?;
    for generator in GENERATORS {
        let name = generator.split('=').next().unwrap_or(generator);
        run(Command::new(&python).args(pip).arg("--target").arg(folder.join(name)).arg(generator))?;
    }
    std::fs::write(&done, wanted).map_err(|cause| cause.to_string())?;
    Ok(folder)
}
