//! The support bundle: what a developer far away has to know of a kiosk, in one file, without passwords and personal data.
//!
//! | file | what |
//! |---|---|
//! | `board.json` | parts with their history, alarms, queue in numbers, disk |
//! | `kiosk.toml` | the configuration's file, each secret replaced by stars |
//! | `log.txt` | the last lines |
//! | `metrics.txt` | the numbers |
//! | `machine.txt` | versions |

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::redact::Redactor;

/// What goes into a bundle, before anything is taken out of it.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// everything that is known, as JSON
    pub board: String,
    /// the configuration's file
    pub config: String,
    /// the log
    pub log: String,
    /// the numbers
    pub metrics: String,
    /// versions
    pub machine: String,
}

/// The bundle, as a compressed tar. Everything goes through the redactor; whole lines of the configuration that set a
/// secret go too, whatever they say.
///
/// # Errors
/// What the packer says.
pub fn pack(parts: &Parts, redactor: &Redactor, at: u64) -> io::Result<Vec<u8>> {
    let config: String = parts.config.lines().map(|line| without_secret(line) + "\n").collect();
    let files = [
        ("board.json", &parts.board),
        ("kiosk.toml", &config),
        ("log.txt", &parts.log),
        ("metrics.txt", &parts.metrics),
        ("machine.txt", &parts.machine),
    ];
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, text) in files {
        let text = redactor.redact(text);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(at);
        tar.append_data(&mut header, format!("yueting-support/{name}"), text.as_bytes())?;
    }
    tar.into_inner()?.finish()
}

/// A line of TOML; one that sets something secret without what it sets.
fn without_secret(line: &str) -> String {
    let Some((key, _)) = line.split_once('=') else { return line.to_owned() };
    let name = key.trim_start_matches(['#', ' ']).trim();
    let is_secret = SECRETS.iter().any(|secret| name == *secret || name.ends_with(&format!(".{secret}")));
    if is_secret { format!("{key}= \"***\"") } else { line.to_owned() }
}

/// Keys whose values are nobody's business. Files that hold secrets are only named in the configuration.
const SECRETS: [&str; 6] = ["secret", "password", "pin", "token", "appid", "user"];

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_planted_is_not_found_and_what_is_needed_is() {
        let secret = "correct-horse-battery";
        let planted = [
            secret,
            "LW20260001",
            "13800138000",
            "11010519491231002X",
            "$argon2id$v=19$m=1",
            "kiosk-account-9",
        ];
        let all = planted.join(" ");
        let config = format!(
            "[central]\nsecret = \"{secret}\"\n  secret=\"{secret}\"\nuser = \"kiosk-account-9\"\n# pin = \"$argon2id$v=19$m=1\"\n\
             staff.pin = '$argon2id$v=19$m=1'\n[place]\ncontact = \"13800138000\"\n[reader]\npoll_ms = 100\n"
        );
        let without_words = all.replace("kiosk-account-9", "").replace("$argon2id$v=19$m=1", "");
        let parts = Parts {
            board: without_words.clone(),
            config,
            log: format!("the reader answers model=M100 {without_words}"),
            metrics: "kiosk_up 1\n".to_owned(),
            machine: "version 0.1.0".to_owned(),
        };
        let bytes = pack(&parts, &Redactor::new([secret.to_owned()]), 1_800_000_000).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let mut found = String::new();
        let mut names = Vec::new();
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            names.push(entry.path().unwrap().display().to_string());
            entry.read_to_string(&mut found).unwrap();
        }
        assert_eq!(names.len(), 5);
        for planted in planted {
            assert!(!found.contains(planted), "{planted} in\n{found}");
        }
        for needed in [
            "the reader answers model=M100",
            "poll_ms = 100",
            "kiosk_up 1",
            "version 0.1.0",
            "secret = \"***\"",
        ] {
            assert!(found.contains(needed), "{needed} not in\n{found}");
        }
    }
}
