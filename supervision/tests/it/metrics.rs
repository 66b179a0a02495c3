//! The numbers, as Prometheus' own library reads them.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::rig::{ITEM, Rig, TAG};

/// Reads the text of the standard input, and prints each sample; fails on anything that is no OpenMetrics.
const READ: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
names = set()
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, family.name
    assert family.type != 'unknown', family.name
    for sample in family.samples:
        names.add(sample.name)
        print(sample.name, sorted(sample.labels.items()), sample.value)
";

#[tokio::test]
async fn an_independent_parser_reads_every_number() {
    let rig = Rig::start();
    rig.metrics.transaction("checkout", "done");
    rig.metrics.took("checkout", std::time::Duration::from_millis(700));
    rig.metrics.round_trip(std::time::Duration::from_millis(30));
    let (status, text) = rig.get("/metrics", "").await;
    assert_eq!(status, 200);
    assert!(!text.contains(TAG) && !text.contains(ITEM));
    let Some(python) = python() else { return };
    let mut child = Command::new(python)
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let read = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    for sample in [
        "kiosk_up [] 1",
        "kiosk_transactions_total [('op', 'checkout'), ('result', 'done')] 1",
        "kiosk_device_state [('device', 'reader'), ('state', 'up')] 1",
        "kiosk_build_info [('version', '0.1.0')] 1",
        "kiosk_tx_duration_seconds_count [('op', 'checkout')] 1",
        "kiosk_ils_rtt_seconds_bucket [('le', '0.05')] 1",
        "kiosk_offline_queue_length [] 0",
    ] {
        assert!(read.contains(sample), "{sample} not in\n{read}");
    }
}

/// A Python that has Prometheus' library; nothing where it cannot be had, which is a failure if it is required.
fn python() -> Option<PathBuf> {
    let found = installed(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus"));
    let is_required = std::env::var("YUETING_READER_CLIENTS").is_ok_and(|value| value == "required");
    match found {
        Ok(python) => Some(python),
        Err(why) => {
            assert!(!is_required, "{why}");
            println!("NOT CHECKED: {PACKAGE} cannot be had here: {why}");
            None
        }
    }
}

fn installed(folder: &Path) -> Result<PathBuf, String> {
    let lock = File::create(folder.with_extension("lock")).map_err(|cause| cause.to_string())?;
    lock.lock().map_err(|cause| cause.to_string())?;
    let (python, done) = (folder.join("bin/python"), folder.join("package"));
    if std::fs::read_to_string(&done).is_ok_and(|package| package == PACKAGE) && python.exists() {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", PACKAGE];
    run(Command::new(&python).args(pip))?;
    std::fs::write(&done, PACKAGE).map_err(|cause| cause.to_string())?;
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

const PACKAGE: &str = "prometheus-client==0.22.1";
