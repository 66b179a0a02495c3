//! A generic HTTP fuzzer that others wrote, against the document that central publishes: every endpoint with good, odd and
//! malformed input, the same each time. Each answer must be one that the document allows, and never a server's error.
//!
//! The packages go into a folder of their own below cargo's target, once for all; where that is impossible (no python3, no
//! package index) a test says so and checks nothing, unless `YUETING_HTTP_FUZZER=required`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The fuzzer, and what it imports.
pub(crate) const PACKAGES: [&str; 27] = [
    "anyio==4.16.0",
    "certifi==2026.10.19.post1",
    "charset-normalizer==3.5.3",
    "click==8.5.1",
    "graphql-core==3.3.2",
    "harfile==0.6.0",
    "hypothesis==6.170.17",
    "hypothesis-graphql==0.13.5",
    "idna==3.20",
    "iniconfig==2.3.1",
    "jsonschema_rs==0.60.3",
    "markdown-it-py==4.3.0",
    "MarkupSafe==3.0.4",
    "mdurl==0.1.2",
    "packaging==26.4",
    "pluggy==1.7.0",
    "Pygments==2.21.0",
    "pyrate-limiter==4.5.1",
    "pytest==9.2.0",
    "PyYAML==6.0.4",
    "requests==2.34.2",
    "rich==15.0.0",
    "schemathesis==4.32.5",
    "sortedcontainers==2.4.0",
    "typing_extensions==4.16.0",
    "urllib3==2.8.0",
    "Werkzeug==3.1.9",
];

/// Tries every call of the document at `base` with a token; what it said, and whether all was well.
pub(crate) async fn run(base: String, token: String) -> Option<(bool, String)> {
    let done = tokio::task::spawn_blocking(move || {
        let python = match python() {
            Ok(python) => python,
            Err(why) => {
                let is_required = std::env::var("YUETING_HTTP_FUZZER").is_ok_and(|value| value == "required");
                assert!(!is_required, "{why}");
                return None;
            }
        };
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(
            folder.path().join("schemathesis.toml"),
            format!("[parameters]\ntoken = \"{token}\"\n"),
        )
        .unwrap();
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", "300"])
            .arg(python)
            .args(["-B", "-m", "schemathesis.cli", "run"])
            .arg(format!("{base}/openapi.json"))
            .args(["--phases", "coverage,fuzzing", "--max-examples", "8", "--seed", "20231123", "--no-color"])
            .args(["--checks", CHECKS, "--request-timeout", "60", "--suppress-health-check", "all"])
            .args(["--header", &format!("Authorization: Bearer {token}"), "--warnings", "off"])
            .current_dir(folder.path())
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Some((output.status.success(), format!("{said}{}", String::from_utf8_lossy(&output.stderr))))
    });
    done.await.unwrap()
}

/// A Python that has the packages.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("http-fuzzer");
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
    if is_installed && succeeds(Command::new(&python).arg("--version")).is_ok() {
        return Ok(python);
    }
    if has_waited {
        return Err("another test has just tried to install them".to_owned());
    }
    succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    succeeds(Command::new(&python).args(pip).args(PACKAGES))?;
    std::fs::write(&done, wanted).map_err(|cause| cause.to_string())?;
    Ok(python)
}

fn succeeds(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("failed").to_owned())
        }
        Err(cause) => Err(format!("{}: {cause}", command.get_program().display())),
    }
}

/// What is expected of every answer. Refused input is answered 200 with a code by openlib, so that no check asks for 4xx.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance";
