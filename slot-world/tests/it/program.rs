//! `slot-emulator` as a program.

use std::process::{Command, Stdio};

use crate::python;

const PACKAGES: [&str; 2] = ["pymodbus==3.6.9", "pyserial==3.5"];

#[test]
fn pymodbus_as_master_carries_a_book_through_the_slot() {
    let Some(python) = python::with("modbus", &PACKAGES) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (io, reader) = (folder.path().join("io"), folder.path().join("reader"));
    let tables = slot_world::usual::tables(&["held", "staff"]);
    let text = format!(
        "[reader]\nport = {reader:?}\n[slot]\nenabled = true\n[[module]]\nname = \"io\"\nport = {io:?}\n{tables}"
    );
    let config = folder.path().join("kiosk.toml");
    std::fs::write(&config, text).unwrap();
    let mut run = Command::new("timeout");
    run.args(["--kill-after=5", "120"]).arg(python).arg("-B").arg(python::script("slot_master.py"));
    let run = run.arg(env!("CARGO_BIN_EXE_slot-emulator")).arg(&config).arg(&io);
    let output = run.stdin(Stdio::null()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}{errors}", output.status);
    assert_eq!(said.lines().filter(|line| line.starts_with("ok  ")).count(), 9, "{said}");
}

#[test]
fn what_is_missing_in_the_configuration_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kiosk.toml");
    std::fs::write(&config, "").unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_slot-emulator"));
    let output = run.arg("--config").arg(&config).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("set enabled = true in [slot]"), "{said}");
    let mut run = Command::new(env!("CARGO_BIN_EXE_slot-emulator"));
    let output = run.args(["--tables", "A", "B"]).output().unwrap();
    let tables = String::from_utf8(output.stdout).unwrap();
    let text = format!("[slot]\nenabled = true\n[[module]]\nname = \"io\"\n{tables}");
    assert_eq!(config::Config::parse(&text, "kiosk.toml").unwrap().bins.len(), 2);
}
