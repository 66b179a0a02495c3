//! Manual pages and shell completion, for the package: made of the command line and of the configuration's keys, so that they
//! say what the program does. Not shown in the help.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use config::{Key, keys};

use crate::Outcome;
use crate::arguments::{Arguments, GenerateArguments};
use crate::failure::Failure;

/// Writes `man1/kioskctl*.1`, `man5/kiosk.toml.5`, and the completion of three shells.
pub(crate) fn run(arguments: &GenerateArguments) -> Result<Outcome, Failure> {
    write(&arguments.out).map_err(Failure::Generate)?;
    Ok(Outcome::Good)
}

fn write(out: &Path) -> std::io::Result<()> {
    let (man1, man5, shells) = (out.join("man1"), out.join("man5"), out.join("completion"));
    for folder in [&man1, &man5, &shells] {
        fs::create_dir_all(folder)?;
    }
    clap_mangen::generate_to(Arguments::command(), &man1)?;
    fs::write(man5.join("kiosk.toml.5"), configuration())?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Arguments::command(), "kioskctl", &shells)?;
    }
    Ok(())
}

/// kiosk.toml(5): every key with both descriptions, range, default, and what a change takes.
fn configuration() -> String {
    let mut page = String::from(
        ".TH kiosk.toml 5\n.SH NAME\nkiosk.toml \\- configuration of the Yueting library kiosk\n.SH SYNOPSIS\n/etc/yueting/kiosk.toml\n\
         .SH DESCRIPTION\nOne TOML file in UTF\\-8. What is not there has its default. Check it with\n.BR \"kioskctl config check\" ,\n\
         put it in force with\n.BR \"kioskctl config apply\" .\n",
    );
    let mut heading = "";
    for key in keys() {
        if key.section != heading {
            heading = key.section;
            let shown = if key.is_listed { format!("[[{heading}]]") } else { format!("[{heading}]") };
            page.push_str(&format!(".SH {}\n", escaped(&shown)));
        }
        page.push_str(&entry(&key));
    }
    page.push_str(".SH SEE ALSO\n.BR kioskctl (1),\n.BR kiosk (1)\n");
    page
}

fn entry(key: &Key) -> String {
    let told = key.description();
    let default = match &key.default {
        Some(_) if key.shape.is_secret() => "that of the demonstration".to_owned(),
        Some(default) => default.clone(),
        None => "none".to_owned(),
    };
    let unit = key
        .unit()
        .filter(|unit| !key.accepts.contains(unit))
        .map(|unit| format!(" ({unit})"))
        .unwrap_or_default();
    format!(
        ".TP\n.B {}\n{}\n.br\n{}\n.br\nRange: {}{unit}. Default: {}. A change takes a {}.\n",
        escaped(key.name),
        escaped(&told.chinese),
        escaped(&told.english),
        escaped(&key.accepts),
        escaped(&default),
        key.takes().as_str()
    )
}

/// What roff would take for its own.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
