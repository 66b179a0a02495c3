//! pysip2, a server library of SIP2 that nobody here has written (PyPI, MIT; strict about framing, dates and checksums),
//! as a process of its own. It is installed below cargo's target, once; where that is impossible (no python3, no package
//! index) it says so and there is none, unless `YUETING_SIP2_PEER=required`. `YUETING_SIP2_PYTHON` names a Python that has
//! it already.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const PACKAGE: &str = "pysip2==0.1.0";

/// The running server; ends when this is dropped.
pub(crate) struct Pysip2 {
    child: Child,
    pub(crate) port: u16,
}

impl Pysip2 {
    /// Starts a script that serves, and prints its port first; nothing if the package cannot be had here.
    #[expect(clippy::print_stdout, reason = "a test that checks nothing says so")]
    pub(crate) fn start(script: &Path, arguments: &[&str]) -> Option<Self> {
        static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let python = match PYTHON.get_or_init(python) {
            Ok(python) => python,
            Err(why) => {
                let is_required = std::env::var("YUETING_SIP2_PEER").is_ok_and(|value| value == "required");
                assert!(!is_required, "{why}");
                println!("NOT CHECKED: there is no {PACKAGE} here: {why}");
                return None;
            }
        };
        let mut child = Command::new(python)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { child, port: line.trim().parse().unwrap() })
    }
}

impl Drop for Pysip2 {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A Python that can import the package: the one named, or one of our own.
fn python() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("YUETING_SIP2_PYTHON") {
        return Ok(named.into());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pysip2");
    let python = folder.join("bin/python");
    if !has_package(&python) {
        // Several runs may come here at once: each makes a folder, the first to be ready moves it into place.
        let own = folder.with_extension(std::process::id().to_string());
        run(Command::new("python3").args(["-m", "venv"]).arg(&own))?;
        run(Command::new(own.join("bin/python")).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
        if std::fs::rename(&own, &folder).is_err() {
            drop(std::fs::remove_dir_all(&own));
        }
    }
    if has_package(&python) { Ok(python) } else { Err("it was installed and cannot be imported".to_owned()) }
}

fn has_package(python: &Path) -> bool {
    let probe = Command::new(python).args(["-c", "import pysip2"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
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
