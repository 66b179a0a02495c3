//! `kioskctl doctor`: the receipt printer, and the console's own certificate.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use browser::certificate;

use crate::doctor::Machine;
use crate::setup::Printer;

fn say(printer: &Printer, line: &str) {
    let mut control = BufReader::new(UnixStream::connect(printer.folder.path().join("control")).unwrap());
    writeln!(control.get_mut(), "{line}").unwrap();
    let mut reply = String::new();
    control.read_line(&mut reply).unwrap();
    assert!(reply.starts_with("ok"), "{line}: {reply}");
}

#[test]
fn the_printer_says_how_it_is_and_nothing_is_printed() {
    let machine = Machine::sound();
    machine.expect("printer", &[], 0, "there is no printer in the configuration");
    let printer = Printer::start();
    let port = |port: &str| format!("[printer]\nenabled = true\nport = {port:?}\n");
    machine.configure(&port(&printer.port()));
    machine.expect("printer", &[], 0, "the printer is ready");
    for (order, word, back) in [
        ("cover open", "the cover is open", "cover closed"),
        ("paper out", "there is no paper", "paper roll"),
        ("near-end on", "the paper is nearly used up", "near-end off"),
        ("mute on", "does not answer at", "mute off"),
    ] {
        say(&printer, order);
        machine.expect("printer", &[], 1, word);
        say(&printer, back);
    }
    machine.expect("printer", &[], 0, "the printer is ready");
    assert!(!printer.folder.path().join("receipt-01.txt").exists());
    machine.configure(&port("/dev/planted-printer"));
    machine.expect("printer", &[], 1, "does not answer at /dev/planted-printer");
}

/// Certificate and key, for a name, good for so many days from now.
fn made(folder: &Path, name: &str, days: i64) -> (PathBuf, PathBuf) {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let until = until.strftime("%Y%m%d%H%M%SZ").to_string();
    let (cert, key) = certificate::make(folder, "console", name, (certificate::GOOD.0, &until));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    (cert, key)
}

#[test]
fn the_consoles_certificate_its_key_its_days_and_its_name() {
    let machine = Machine::sound();
    machine.expect("console", &[], 0, "without TLS");
    machine.put("etc/hostname", "kiosk-east\n");
    let folder = machine.folder.path();
    let configure = |listen: &str, (cert, key): &(PathBuf, PathBuf)| {
        machine
            .configure(&format!("[console]\nlisten = {listen:?}\ntls_cert = {cert:?}\ntls_key = {key:?}\n"));
    };
    let pair = made(folder, "DNS:kiosk-east", 100);
    configure("0.0.0.0:8443", &pair);
    machine.expect("console", &[], 0, "is good for ");
    machine.expect("console", &["--at", "2001-01-01T00:00:00Z"], 2, "is not valid yet");
    machine.expect("console", &["--at", "2200-01-01T00:00:00Z"], 2, "has expired");
    fs::set_permissions(&pair.1, fs::Permissions::from_mode(0o644)).unwrap();
    machine.expect("console", &[], 1, "everybody can read");
    let short = made(folder, "DNS:other.example", 5);
    machine.expect("console", &[], 1, "certificate ends in ");
    machine.expect("console", &[], 1, "is for none of kiosk-east");
    configure("127.0.0.1:8443", &short);
    let (_, findings) = machine.only("console", &[]);
    assert_eq!(findings.len(), 1, "this machine itself needs no name: {findings:#?}");
    // The key of another certificate.
    let key = fs::read(&short.1).unwrap();
    let pair = made(folder, "IP:192.0.2.7", 100);
    configure("192.0.2.7:8443", &pair);
    machine.expect("console", &[], 0, "is good for ");
    fs::write(&pair.1, key).unwrap();
    machine.expect("console", &[], 2, "cannot use its certificate");
    fs::write(&pair.0, "no certificate\n").unwrap();
    machine.expect("console", &[], 2, "cannot use its certificate");
    fs::remove_file(&pair.0).unwrap();
    machine.expect("console", &[], 2, "console.crt");
}
