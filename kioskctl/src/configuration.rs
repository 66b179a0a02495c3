//! `kioskctl config`: the kiosk's file checked, shown, compared, carried over, kept, put in force and taken back.
//!
//! No command shows a secret. Whatever replaces the file keeps a copy of the old one first, and replaces it by a rename, so
//! that a pulled plug leaves the old file or the new one.

mod apply;
mod file;
mod migrate;
mod reload;
mod show;
mod trial;
pub(crate) mod versions;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use config::{Change, Config, ConfigError, Fault};
use serde_json::json;

use crate::arguments::{
    BackupArguments, CheckArguments, ConfigCommand, DiffArguments, FileArguments, SchemaArguments,
};
use crate::failure::Failure;
use crate::{Outcome, say};
pub(crate) use apply::serves;
pub(crate) use file::{FileFailure, create_secret, read, replace};
pub(crate) use reload::run as reload;
use versions::Versions;

/// Carries out one command.
///
/// # Errors
/// [`Failure::Config`] if the file cannot be used, [`Failure::File`] if one cannot be read or written.
pub(crate) fn run(command: &ConfigCommand) -> Result<Outcome, Failure> {
    match command {
        ConfigCommand::Check(check) => self::check(check),
        ConfigCommand::Show(arguments) => show::run(arguments),
        ConfigCommand::Schema(SchemaArguments { table: true }) => say(&show::table()).map(|()| Outcome::Good),
        ConfigCommand::Schema(SchemaArguments { table: false }) => {
            let text = serde_json::to_string_pretty(&config::schema()).map_err(Failure::Json)?;
            say(&format!("{text}\n")).map(|()| Outcome::Good)
        }
        ConfigCommand::Diff(diff) => self::diff(diff),
        ConfigCommand::Migrate(arguments) => migrate::run(arguments),
        ConfigCommand::Backup(backup) => self::backup(backup),
        ConfigCommand::Versions(of) => list(of),
        ConfigCommand::Apply(arguments) => apply::run(&arguments.new, &arguments.of, &arguments.trial),
        ConfigCommand::Restore(restore) => {
            let from = Versions::beside(&restore.of.file).find(&restore.version)?;
            apply::run(&from, &restore.of, &restore.trial)
        }
        ConfigCommand::Recover(of) => apply::recover(of),
    }
}

/// What is not wrong, and worth a word: in Chinese and in English, each with what to do.
pub(crate) fn remarks(text: &str, file: &Path) -> Vec<(&'static str, &'static str)> {
    let settings = config::settings(text);
    let is_set = |section, name| {
        settings
            .iter()
            .any(|setting| (setting.section, setting.name, setting.is_set) == (section, name, true))
    };
    let has = |name: &str, begins: &str| {
        settings
            .iter()
            .any(|s| s.name == name && s.value.as_deref().is_some_and(|value| value.starts_with(begins)))
    };
    let is_open_to_all = file.metadata().is_ok_and(|found| found.permissions().mode() & 0o004 != 0);
    let is_sip2 = has("interface", "\"sip2\"");
    let is_demo = !is_set("central", "secret") && !is_set("central", "secret_file") && !is_sip2;
    let is_http = has("base_url", "\"http://") && !is_sip2;
    let is_old = config::migrate(text).is_ok_and(|migrated| !migrated.changes.is_empty());
    let secret_is_here = is_set("central", "secret");
    let all = [
        (secret_is_here && is_open_to_all, OPEN_SECRET),
        (secret_is_here && !is_open_to_all, SECRET),
        (is_demo, DEMO),
        (is_http, HTTP),
        (is_old, OLD),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, remark)| remark).collect()
}

fn check(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    let result = Config::load(&arguments.file);
    let file = arguments.file.display();
    if arguments.json {
        let problems = match &result {
            Ok(_) => Vec::new(),
            Err(ConfigError::Problems { problems, .. }) => problems
                .iter()
                .map(|p| json!({ "line": p.line, "key": p.key, "problem": p.fault.to_string() }))
                .collect(),
            Err(other) => vec![json!({ "problem": other.to_string() })],
        };
        let remarks = read(&arguments.file).map(|text| remarks(&text, &arguments.file)).unwrap_or_default();
        let is_sound = result.is_ok();
        say(&format!(
            "{}\n",
            json!({ "file": file.to_string(), "sound": is_sound, "problems": problems, "remarks": remarks })
        ))?;
        return if is_sound { Ok(Outcome::Good) } else { Ok(Outcome::Mend) };
    }
    result?;
    let text = read(&arguments.file)?;
    let mut told = format!("{file}: 可用 sound\n");
    for (chinese, english) in remarks(&text, &arguments.file) {
        told.push_str(&format!("{file}: 提示：{chinese}\n{file}: remark: {english}\n"));
    }
    say(&told).map(|()| Outcome::Good)
}

/// The text of a file that is sound but for secrets that this account may not read: enough to show and to compare it.
fn sound(file: &Path) -> Result<String, Failure> {
    let text = read(file)?;
    match Config::parse(&text, &file.display().to_string()) {
        Err(ConfigError::Problems { file, problems }) => {
            let grave: Vec<_> =
                problems.into_iter().filter(|p| !matches!(p.fault, Fault::SecretFile { .. })).collect();
            if grave.is_empty() {
                Ok(text)
            } else {
                Err(ConfigError::Problems { file, problems: grave }.into())
            }
        }
        Err(other) => Err(other.into()),
        Ok(_) => Ok(text),
    }
}

fn diff(arguments: &DiffArguments) -> Result<Outcome, Failure> {
    let (before, after) = match arguments.files.as_slice() {
        [before, after] => (sound(before)?, sound(after)?),
        _ => {
            let file = sound(&arguments.of.file)?;
            let running = Versions::beside(&arguments.of.file).running_file();
            if !running.exists() {
                return Err(Failure::NotRunning { path: running });
            }
            (read(&running)?, file)
        }
    };
    let changes = config::changes(&before, &after);
    let text = if arguments.of.json { show::changes_json(&changes) } else { show::changes(&changes) };
    say(&text)?;
    Ok(if changes.is_empty() { Outcome::Good } else { Outcome::Bad })
}

fn backup(arguments: &BackupArguments) -> Result<Outcome, Failure> {
    let text = read(&arguments.of.file)?;
    if let Some(to) = &arguments.to {
        file::create(to, &text)?;
        let hint = if text.contains("secret_file") || text.contains("password_file") {
            "; the secret files that it names are not in it: copy them by a way of their own"
        } else {
            ""
        };
        return say(&format!("{} written{hint}\n", to.display())).map(|()| Outcome::Good);
    }
    let kept = Versions::beside(&arguments.of.file).keep(&text, &arguments.note)?;
    say(&format!("version {} kept: {}\n", kept.number, kept.path.display())).map(|()| Outcome::Good)
}

fn list(of: &FileArguments) -> Result<Outcome, Failure> {
    let kept = Versions::beside(&of.file).list()?;
    let mut told = String::new();
    for version in kept.iter().rev() {
        told.push_str(&if of.json {
            format!("{}\n", json!({ "version": version.number, "saved": version.saved, "note": version.note, "file": version.path }))
        } else {
            format!("{:>4}  {}  {}\n", version.number, version.saved, version.note)
        });
    }
    if kept.is_empty() && !of.json {
        told.push_str("no version was kept yet: `kioskctl config backup` keeps one\n");
    }
    say(&told).map(|()| Outcome::Good)
}

/// Whether all that differs is taken over while the kiosk runs.
fn is_reload(changes: &[Change]) -> bool {
    changes.iter().all(|change| change.takes == config::Takes::Reload)
}

const OPEN_SECRET: (&str, &str) = (
    "文件里写有 central.secret，而任何账号都能读它：chmod 640，或改用 central.secret_file",
    "the file holds central.secret and anybody may read it: chmod 640, or use central.secret_file",
);
const SECRET: (&str, &str) = (
    "central.secret 写在文件里：改用 central.secret_file，文件的副本里就没有密钥",
    "central.secret stands in the file: central.secret_file keeps it out of copies of the file",
);
const DEMO: (&str, &str) = (
    "没有设置 central.secret_file，用的是演示密钥：接待读者之前请设置",
    "central.secret_file is not set, so the secret is that of the demonstration: set it before readers come",
);
const HTTP: (&str, &str) = (
    "central.base_url 不是 https：证号与令牌在网络上是明文",
    "central.base_url is not https: cards and the token cross the network in the clear",
);
const OLD: (&str, &str) = (
    "文件是旧版格式，仍能读取：kioskctl config migrate --write 可以转换",
    "the file is of an older version, which is still read: `kioskctl config migrate --write` carries it over",
);
