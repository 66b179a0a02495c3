//! The file and the secret's file, written so that nothing is lost.

use std::path::{Path, PathBuf};

use config::{Config, Draft};

use crate::arguments::SetupArguments;
use crate::configuration::versions::Versions;
use crate::configuration::{FileFailure, create_secret, read, replace};
use crate::failure::Failure;
use crate::say;

/// A file that is there is not written over without being told, and nothing is asked before that is clear.
pub(super) fn may_write(arguments: &SetupArguments) -> Result<(), FileFailure> {
    if arguments.config.exists() && !arguments.overwrite {
        return Err(FileFailure::Exists {
            path: arguments.config.clone(),
            hint: "--overwrite replaces it and keeps a copy (`kioskctl config versions`)",
        });
    }
    Ok(())
}

/// Where a secret that was typed goes.
pub(super) fn secret_file(arguments: &SetupArguments) -> PathBuf {
    let file = std::path::absolute(&arguments.config).unwrap_or_else(|_| arguments.config.clone());
    file.with_file_name("central.secret")
}

/// Writes the secret, if it has no file yet, and then the configuration, if it is one.
pub(super) fn write(arguments: &SetupArguments, draft: Draft, secret: Option<String>) -> Result<(), Failure> {
    let text = draft.text();
    let folder = arguments.config.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(|cause| FileFailure::Write { path: folder.to_owned(), cause })?;
    if let Some(secret) = secret.filter(|_| arguments.secret_file.is_none()) {
        create_secret(&secret_file(arguments), &secret)?;
    }
    Config::parse(&text, &arguments.config.display().to_string())?;
    if arguments.config.exists() {
        let old = read(&arguments.config)?;
        let kept = Versions::beside(&arguments.config).keep(&old, "before setup")?;
        say(&format!("原文件已留存 version {} kept: {}\n", kept.number, kept.path.display()))?;
    }
    replace(&arguments.config, &text)?;
    Ok(())
}
