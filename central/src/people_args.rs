//! The commands for accounts and kiosks. They work on the database itself, so that a first administrator can be made; with
//! an SQLite file that means: while central does not run. While it runs, the pages do the same.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use central::App;
use central::password::{self, Cost};
use central::people::{self, Role};
use central::store::fleet::appid;
use circulation::id::Isil;
use clap::{Subcommand, ValueEnum};

use crate::Database;
use crate::given_args::GivenArgs;
use crate::message_args::MessageArgs;

/// Where, and of which library.
#[derive(clap::Args)]
pub(crate) struct Place {
    #[command(flatten)]
    database: Database,
    /// the institution's ISIL; may be left out where there is one
    #[arg(long, value_name = "ISIL")]
    institution: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// sees to readers, items and kiosks' transactions
    Librarian,
    /// sees to kiosks
    Technician,
    /// may do all of that, and makes accounts
    Administrator,
}

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account. Its password is read from a file, or one line of standard input.
    Add {
        /// a-z, 0-9, dot, hyphen, underscore; begins with a letter
        name: String,
        /// what it may do
        #[arg(long, value_enum)]
        role: RoleName,
        /// the file with the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Set an account's password, which ends its sessions.
    Password {
        /// the account
        name: String,
        /// the file with the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Disable an account, which ends its sessions.
    Disable {
        /// the account
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let an account that was disabled be used again.
    Enable {
        /// the account
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// List the accounts.
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
pub(crate) enum KioskCommand {
    /// Give a kiosk a secret of its own, and print it; one that it had is worth nothing afterwards.
    Add {
        /// the kiosk's operator account: a-z, 0-9, dot, hyphen, underscore; begins with a letter
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Take a kiosk's secret and its tokens back.
    Revoke {
        /// the kiosk
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Give settings to one kiosk or to all, show what is given, or take it back.
    Settings {
        #[command(flatten)]
        given: GivenArgs,
        #[command(flatten)]
        place: Place,
    },
    /// Show readers a message on one kiosk's screen or on all, for some hours; or take it back.
    Message {
        #[command(flatten)]
        message: MessageArgs,
        #[command(flatten)]
        place: Place,
    },
    /// List the kiosks.
    List {
        #[command(flatten)]
        place: Place,
    },
}

impl Place {
    /// The database, and the library in it.
    pub(crate) fn open(&self) -> Result<(App, Isil), String> {
        let app = self.database.open()?;
        let all = app.store().institutions().map_err(|fault| fault.to_string())?;
        let listed = || all.iter().map(|(isil, _)| isil.as_str()).collect::<Vec<_>>().join(", ");
        let found = match (&self.institution, all.as_slice()) {
            (Some(named), all) => all.iter().find(|(isil, _)| isil.as_str() == named),
            (None, [only]) => Some(only),
            (None, []) => {
                return Err("the database has no institution yet; sow or import one first".to_owned());
            }
            (None, _) => return Err(format!("give --institution, one of {}", listed())),
        };
        let (isil, _) = found.ok_or_else(|| format!("no such institution; there are: {}", listed()))?;
        Ok((app.clone(), isil.clone()))
    }
}

impl AccountCommand {
    /// Does it; gives what to print.
    pub(crate) fn run(&self) -> Result<String, String> {
        match self {
            Self::Add { name, role, password_file, place } => add(name, *role, password_file.as_ref(), place),
            Self::Password { name, password_file, place } => {
                let (app, of) = place.open()?;
                let hash = hash(name, password_file.as_ref())?;
                let done = app.store().set_password(&of, (name, &hash), &[], (ACTOR, app.now()));
                match done.map_err(|fault| fault.to_string())? {
                    true => Ok(format!("the password of {name} is set; its sessions are ended")),
                    false => Err(format!("there is no account {name}")),
                }
            }
            Self::Disable { name, place } => set_disabled(name, place, true),
            Self::Enable { name, place } => set_disabled(name, place, false),
            Self::List { place } => {
                let (app, of) = place.open()?;
                let accounts = app.store().accounts(&of).map_err(|fault| fault.to_string())?;
                let line = |account: &central::store::people::Account| {
                    let state = if account.disabled_at.is_some() { "disabled" } else { "in use" };
                    format!("{:32} {:13} {state}", account.account, account.role.word())
                };
                Ok(accounts.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

impl KioskCommand {
    /// Does it; gives what to print.
    pub(crate) fn run(&self) -> Result<String, String> {
        match self {
            Self::Add { name, place } => {
                let name = people::name(name).map_err(|fault| fault.to_string())?;
                let (app, of) = place.open()?;
                let secret =
                    app.admit_kiosk(&of, name, (ACTOR, app.now())).map_err(|fault| fault.to_string())?;
                Ok(format!(
                    "# the secret of {name}, shown once; in [central] of its configuration:\n\
                     appid = \"{}\"\nsecret = \"{secret}\"\nopuser = \"{name}\"",
                    appid(&of, name)
                ))
            }
            Self::Revoke { name, place } => {
                let (app, of) = place.open()?;
                let done = app.store().expel_kiosk(&of, name, (ACTOR, app.now()));
                match done.map_err(|fault| fault.to_string())? {
                    true => Ok(format!("the secret of {name} is taken back")),
                    false => Err(format!("{name} has no secret of its own")),
                }
            }
            Self::Settings { given, place } => {
                let (app, of) = place.open()?;
                given.run(&app, &of, ACTOR)
            }
            Self::Message { message, place } => {
                let (app, of) = place.open()?;
                message.run(&app, &of, ACTOR)
            }
            Self::List { place } => {
                let (app, of) = place.open()?;
                let kiosks = app.store().kiosks(&of).map_err(|fault| fault.to_string())?;
                let line = |kiosk: &central::store::fleet::Kiosk| {
                    let secret = if kiosk.is_admitted { "own secret" } else { "-" };
                    let seen = kiosk.seen_at.map_or_else(|| "never".to_owned(), central::clock::stamp);
                    format!("{:32} {secret:11} last contact {seen}", kiosk.kiosk)
                };
                Ok(kiosks.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

fn add(name: &str, role: RoleName, file: Option<&PathBuf>, place: &Place) -> Result<String, String> {
    let name = people::name(name).map_err(|fault| fault.to_string())?;
    let (app, of) = place.open()?;
    let role = match role {
        RoleName::Librarian => Role::Librarian,
        RoleName::Technician => Role::Technician,
        RoleName::Administrator => Role::Administrator,
    };
    let hash = hash(name, file)?;
    match app.store().make_account(&of, (name, role, &hash), (ACTOR, app.now())) {
        Ok(true) => Ok(format!("{role} {name} may log in at /staff")),
        Ok(false) => Err(format!("the name {name} was taken before; choose another, or set its password")),
        Err(fault) => Err(fault.to_string()),
    }
}

fn set_disabled(name: &str, place: &Place, is_disabled: bool) -> Result<String, String> {
    let (app, of) = place.open()?;
    let done = app.store().set_disabled(&of, name, is_disabled, (ACTOR, app.now()));
    done.map_err(|fault| fault.to_string())?.map_err(|refused| format!("{name}: {refused}"))?;
    Ok(format!(
        "{name} {}",
        if is_disabled { "is disabled; its sessions are ended" } else { "may log in again" }
    ))
}

fn hash(name: &str, file: Option<&PathBuf>) -> Result<String, String> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|fault| format!("cannot read the password in {}: {fault}", path.display()))?,
        None => {
            let input = std::io::stdin();
            if input.is_terminal() {
                return Err("give --password-file, or the password on standard input; typed here everybody \
                            behind you would read it"
                    .to_owned());
            }
            let mut line = String::new();
            input
                .lock()
                .read_line(&mut line)
                .map_err(|fault| format!("cannot read the password: {fault}"))?;
            line
        }
    };
    let text =
        people::new_password(name, text.trim_end_matches(['\r', '\n'])).map_err(|fault| fault.to_string())?;
    password::hash(text, Cost::Standard).map_err(|fault| fault.to_string())
}

/// Who it was, in the audit log.
pub(crate) const ACTOR: &str = "-";
