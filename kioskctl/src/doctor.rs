//! `kioskctl doctor`: looks at everything a kiosk needs, and says of each fault what to do, in Chinese and English.
//!
//! Exit codes, for monitoring: 0 all is well; 1 a warning, readers are served; 2 a fault; 3 the command line is wrong. Nothing
//! is changed: what is written to see whether a disk takes it is removed at once, and a kiosk that runs keeps its reader.

mod central;
mod clock;
mod configuration;
mod console;
mod finding;
mod ledger;
mod machine;
mod packaged;
mod printer;
mod reader;
mod storage;
mod tls;

use std::path::{Path, PathBuf};

use config::Config;
use jiff::Timestamp;
use supervision::control::{Answer, Request};
use supervision::part::{Condition, Part};
use sync_client::clock::Clock;

use crate::arguments::DoctorArguments;
use crate::configuration::serves;
use crate::failure::Failure;
use crate::kiosk::Kiosk;
use crate::{Outcome, say};
use finding::{Finding, Level, report};

/// What the checks look at.
struct Patient {
    /// the configuration's file
    file: PathBuf,
    /// what it says, if it can be used
    config: Option<Config>,
    /// before every path of the system: `/`, or a folder that stands for it
    root: PathBuf,
    /// whether the kiosk runs and answers
    is_serving: bool,
    now: Timestamp,
    min_free_mb: u64,
}

/// One check: its name, and what it finds.
type Check = (&'static str, fn(&Patient) -> Vec<Finding>);

/// In the order in which a technician would look: what the later ones need comes first.
const CHECKS: &[Check] = &[
    ("config", configuration::check),
    ("data", storage::folder),
    ("space", storage::space),
    ("ledger", ledger::check),
    ("queue", ledger::queue),
    ("clock", clock::check),
    ("port", reader::port),
    ("reader", reader::check),
    ("printer", printer::check),
    ("central", central::check),
    ("certificate", tls::check),
    ("console", console::check),
    ("mirror", storage::mirror),
    ("fonts", machine::fonts),
    ("display", machine::display),
    ("audio", machine::audio),
    ("service", packaged::service),
    ("package", packaged::files),
];

/// Examines, prints, and tells the worst by its outcome.
///
/// # Errors
/// [`Failure::NoCheck`] if `--only` names none.
pub(crate) fn run(arguments: &DoctorArguments) -> Result<Outcome, Failure> {
    let names: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = arguments.only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Failure::NoCheck { name: unknown.clone(), known: names.join(", ") });
    }
    let config = Config::load(&arguments.config).ok();
    let is_serving = config.as_ref().is_some_and(|config| serves(&config.kiosk.data_dir));
    let patient = Patient {
        file: arguments.config.clone(),
        config,
        root: arguments.root.clone(),
        is_serving,
        now: arguments.at.unwrap_or_else(|| Clock::system().now()),
        min_free_mb: arguments.min_free_mb,
    };
    let mut findings = Vec::new();
    for (name, check) in CHECKS {
        if arguments.only.is_empty() || arguments.only.iter().any(|only| only == name) {
            findings.extend(check(&patient).into_iter().map(|finding| Finding { check: name, ..finding }));
        }
    }
    let worst = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Good);
    say(&report(&findings, arguments.json, arguments.language))?;
    Ok(match worst {
        Level::Skipped | Level::Good => Outcome::Good,
        Level::Warning => Outcome::Bad,
        Level::Fault => Outcome::Mend,
    })
}

impl Patient {
    /// A path of the system.
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Whether the system itself is looked at, and not a folder that stands for it: then its programs may be asked.
    fn is_here(&self) -> bool {
        self.root == Path::new("/")
    }

    /// How a part of the kiosk that runs is, as the kiosk says itself.
    fn told(&self, part: Part) -> Option<Condition> {
        let folder = &self.config.as_ref().filter(|_| self.is_serving)?.kiosk.data_dir;
        let Ok(Answer::Board { board }) = Kiosk::Here(folder.clone()).ask(&Request::Board) else {
            return None;
        };
        board.parts.into_iter().find(|known| known.part == part)
    }

    /// What the later checks say where there is no configuration: the first one has told.
    fn without_config(&self) -> Vec<Finding> {
        vec![Finding::skipped("没有可用的配置，未检查", "not looked at: there is no usable configuration")]
    }

    /// The number of the kiosk's account and those of its groups, if there is such an account.
    fn account(&self) -> Option<(u32, Vec<u32>)> {
        let users = std::fs::read_to_string(self.at("/etc/passwd")).ok()?;
        let user: Vec<&str> = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|user| user.first() == Some(&ACCOUNT))?;
        let (uid, own) = (user.get(2)?.parse().ok()?, user.get(3)?.parse().ok()?);
        let all = std::fs::read_to_string(self.at("/etc/group")).unwrap_or_default();
        let others = all.lines().filter_map(|line| {
            let group: Vec<&str> = line.split(':').collect();
            let has_it = group.get(3)?.split(',').any(|member| member == ACCOUNT);
            group.get(2)?.parse().ok().filter(|_| has_it)
        });
        Some((uid, std::iter::once(own).chain(others).collect()))
    }
}

/// The account that the package makes for the kiosk.
const ACCOUNT: &str = "yueting";
