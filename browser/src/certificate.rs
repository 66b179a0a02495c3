//! Certificates for tests, made by openssl: good ones, and such as have expired.
#![expect(clippy::expect_used, reason = "what a test cannot set up ends the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Days of a certificate that is good.
pub const GOOD: (&str, &str) = ("20250101000000Z", "20491231000000Z");
/// Days of one that has expired.
pub const EXPIRED: (&str, &str) = ("20200101000000Z", "20210101000000Z");

/// A certificate of its own for these names (`DNS:kiosk.example,IP:127.0.0.1`) and days: its file, and that of its key.
///
/// # Panics
/// If openssl cannot make it.
#[must_use]
pub fn make(folder: &Path, name: &str, names: &str, (from, until): (&str, &str)) -> (PathBuf, PathBuf) {
    let (cert, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
    run(Command::new("openssl")
        .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
        .arg(&key));
    // Only `openssl ca` knows another day than today.
    std::fs::write(folder.join("index.txt"), "").expect("the index is written");
    std::fs::write(folder.join("serial"), "01\n").expect("the serial number is written");
    let conf = folder.join("ca.cnf");
    std::fs::write(
        &conf,
        format!(
            "[ca]\ndefault_ca=d\n[d]\ndatabase={0}/index.txt\nserial={0}/serial\nnew_certs_dir={0}\ndefault_md=sha256\npolicy=p\nx509_extensions=e\ncopy_extensions=none\n[p]\ncommonName=supplied\n[e]\nsubjectAltName={1}\n[req]\ndistinguished_name=n\n[n]\n",
            folder.display(),
            names
        ),
    )
    .expect("the settings are written");
    let request = folder.join("request.csr");
    run(Command::new("openssl")
        .args(["req", "-new", "-subj", "/CN=kiosk", "-key"])
        .arg(&key)
        .arg("-out")
        .arg(&request));
    run(Command::new("openssl")
        .args(["ca", "-batch", "-selfsign", "-notext", "-startdate", from, "-enddate", until, "-config"])
        .arg(&conf)
        .arg("-keyfile")
        .arg(&key)
        .arg("-in")
        .arg(&request)
        .arg("-out")
        .arg(&cert));
    (cert, key)
}

fn run(command: &mut Command) {
    let made = command.output().expect("openssl: scripts/setup installs it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
