//! A file put in force: checked, the old one kept, replaced at once, the kiosk watched, and the old one back if it does
//! not serve. Ctrl-C, a closed terminal and a pulled plug go back too: while the trial lasts, a note beside the versions
//! says what to, and `recover`, which the kiosk's service calls before each start, obeys it once nobody holds the lock.

use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use config::Config;
use sync_client::queue::{Answer, Request};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::trial::{Seen, Times, Trial, Verdict};
use super::versions::Versions;
use super::{file, is_reload, reload, show};
use crate::arguments::{FileArguments, TrialArguments};
use crate::failure::Failure;
use crate::kiosk::{self, Kiosk, SOCKET_FILE};
use crate::{Outcome, say};

/// Puts `new` in force.
pub(super) fn run(new: &Path, of: &FileArguments, trial: &TrialArguments) -> Result<Outcome, Failure> {
    let text = file::read(new)?;
    // Checked as the file that it will be; a fault names the one that is there to be mended.
    let config = Config::parse(&text, &new.display().to_string())?;
    let versions = Versions::beside(&of.file);
    let lock = versions.lock()?;
    let old = if of.file.exists() { Some(file::read(&of.file)?) } else { None };
    let changes = config::changes(old.as_deref().unwrap_or_default(), &text);
    if old.as_deref() == Some(text.as_str()) {
        return say("nothing changes: the file is in force already\n").map(|()| Outcome::Good);
    }
    say(&show::changes(&changes))?;
    let Some(old) = old else {
        file::replace(&of.file, &text)?;
        return say(&format!("{} written; there was none to go back to\n", of.file.display()))
            .map(|()| Outcome::Good);
    };
    let kept = versions.keep(&old, &format!("before {}", new.display()))?;
    say(&format!("version {} kept: {}\n", kept.number, kept.path.display()))?;
    if trial.no_restart {
        file::replace(&of.file, &text)?;
        return say(&format!("{} written; the kiosk takes it at its next start\n", of.file.display()))
            .map(|()| Outcome::Good);
    }
    versions.set_pending(&kept.path)?;
    let way = if is_reload(&changes) { Way::Reload } else { Way::Restart };
    let tried = Tried { of, trial, folder: config.kiosk.data_dir, way };
    let (verdict, taken) = tried.put(&text)?;
    let outcome = match verdict {
        Verdict::Keep | Verdict::Watch => {
            versions.clear_pending()?;
            if taken == Taken::Whole {
                versions.set_running(&text)?;
            }
            versions.keep(&text, &format!("in force after {} s of watching", trial.watch.as_secs()))?;
            say("the kiosk serves: the change stays 修改已生效\n")?;
            Outcome::Good
        }
        Verdict::GoBack { why } => {
            say(&format!("{why}: going back 正在恢复原配置\n"))?;
            tried.back(&old, &kept.path)?;
            versions.clear_pending()?;
            Outcome::Bad
        }
    };
    drop(lock);
    Ok(outcome)
}

/// Goes back if a trial was cut off and nobody watches any more; and notes what the kiosk is about to be started with.
pub(super) fn recover(of: &FileArguments) -> Result<Outcome, Failure> {
    let versions = Versions::beside(&of.file);
    go_back(of, &versions)?;
    // The kiosk itself says what is wrong with a file that cannot be read.
    if let Ok(text) = file::read(&of.file) {
        versions.set_running(&text)?;
    }
    Ok(Outcome::Good)
}

fn go_back(of: &FileArguments, versions: &Versions) -> Result<(), Failure> {
    let Some(back_to) = versions.pending()? else { return Ok(()) };
    let lock = match versions.lock() {
        Ok(lock) => lock,
        // The trial lasts; it is what starts the kiosk.
        Err(file::FileFailure::Busy) => return Ok(()),
        Err(other) => return Err(other.into()),
    };
    let old = file::read(&back_to)?;
    file::replace(&of.file, &old)?;
    versions.clear_pending()?;
    drop(lock);
    say(&format!(
        "a change of {} was cut off before it was known to serve; {} is in force again\n",
        of.file.display(),
        back_to.display()
    ))
}

/// A change on trial.
struct Tried<'a> {
    of: &'a FileArguments,
    trial: &'a TrialArguments,
    /// The kiosk's data folder with the new file.
    folder: PathBuf,
    way: Way,
}

/// How the kiosk takes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Reload,
    Restart,
}

/// How much of the file the kiosk has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Whole,
    /// Something counts only after a restart: it was changed earlier, and the kiosk was not told.
    Part,
}

impl Tried<'_> {
    /// Replaces the file, has the kiosk take it, and watches.
    fn put(&self, text: &str) -> Result<(Verdict, Taken), Failure> {
        let runtime = crate::reader::runtime()?;
        runtime.block_on(async {
            // From here on nothing but a pulled plug ends the program without the old file.
            let mut told = Stop::listen()?;
            file::replace(&self.of.file, text)?;
            let taken = match self.take(self.way)? {
                Ok(taken) => taken,
                Err(why) => return Ok((Verdict::GoBack { why }, Taken::Part)),
            };
            say(&format!("watching for {} s\n", self.trial.watch.as_secs()))?;
            let TrialArguments { watch, start, silence, .. } = *self.trial;
            let mut trial = Trial::new(now(), Times { watch, start, silence });
            let mut beat =
                tokio::time::interval((watch.min(silence) / 10).clamp(SHORTEST_BEAT, LONGEST_BEAT));
            loop {
                tokio::select! {
                    why = told.recv() => return Ok((Verdict::GoBack { why: why.to_owned() }, taken)),
                    _ = beat.tick() => {}
                }
                let seen = if serves(&self.folder) { Seen::Serves } else { Seen::Silent };
                match trial.handle(now(), seen) {
                    Verdict::Watch => {}
                    verdict @ (Verdict::Keep | Verdict::GoBack { .. }) => return Ok((verdict, taken)),
                }
            }
        })
    }

    /// Has the kiosk take the file that is there; the inner error is why it does not.
    fn take(&self, way: Way) -> Result<Result<Taken, String>, Failure> {
        let restart = || {
            say(&format!("{}\n", self.trial.restart_with))?;
            Ok(carry_out(&self.trial.restart_with).map(|()| Taken::Whole))
        };
        match (way, &self.trial.reload_with) {
            (Way::Restart, _) => restart(),
            (Way::Reload, Some(command)) => {
                say(&format!("{command}\n"))?;
                Ok(carry_out(command).map(|()| Taken::Whole))
            }
            (Way::Reload, None) => match reload::ask(&Kiosk::Here(self.folder.clone())) {
                Ok(told) => {
                    say(&format!("{told}\n"))?;
                    Ok(Ok(if told.restart.is_empty() { Taken::Whole } else { Taken::Part }))
                }
                // It does not run: it takes the file when it starts.
                Err(Failure::NoKiosk { .. }) => restart(),
                Err(other) => Ok(Err(other.to_string())),
            },
        }
    }

    /// The old file, and the kiosk with it.
    fn back(&self, old: &str, kept: &Path) -> Result<(), Failure> {
        file::replace(&self.of.file, old)?;
        let folder =
            Config::load(&self.of.file).map_or_else(|_| self.folder.clone(), |config| config.kiosk.data_dir);
        // A kiosk that serves is not begun anew for what it can take back while it runs.
        let taken = match self.way {
            Way::Reload if serves(&self.folder) => match self.take(Way::Reload)? {
                Ok(taken) => Ok(taken),
                Err(_) => self.take(Way::Restart)?,
            },
            Way::Reload | Way::Restart => self.take(Way::Restart)?,
        };
        let told = match taken {
            Err(why) => format!("{why}; start the kiosk by hand"),
            Ok(_) if self.comes_back(&folder)? => "the kiosk serves again".to_owned(),
            Ok(_) => "the kiosk does not serve with it either: `kioskctl doctor` says why".to_owned(),
        };
        say(&format!("{} is in force again; {told}\n", kept.display()))
    }

    fn comes_back(&self, folder: &Path) -> Result<bool, Failure> {
        crate::reader::runtime()?.block_on(async {
            let limit = now() + self.trial.start;
            let mut beat = tokio::time::interval(SHORTEST_BEAT);
            while now() < limit {
                beat.tick().await;
                if serves(folder) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// Ctrl-C, the end of a session, and being told to stop.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(Failure::System);
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hangup: on(SignalKind::hangup())?,
        })
    }

    async fn recv(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupted",
            _ = self.terminate.recv() => "told to stop",
            _ = self.hangup.recv() => "the terminal was closed",
        }
    }
}

/// Whether the kiosk of a data folder answers that it has its ledger.
pub(crate) fn serves(folder: &Path) -> bool {
    let asked = || -> std::io::Result<Answer> {
        let stream = UnixStream::connect(folder.join(SOCKET_FILE))?;
        stream.set_read_timeout(Some(ANSWER))?;
        kiosk::exchange(&mut BufReader::new(stream), &Request::Status)
    };
    matches!(asked(), Ok(Answer::Status(_)))
}

/// Runs a command of the shell.
fn carry_out(command: &str) -> Result<(), String> {
    match Command::new("sh").args(["-c", command]).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{command}` failed ({status})")),
        Err(cause) => Err(format!("`{command}` cannot be run: {cause}")),
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock of the trial's shell")]
fn now() -> Instant {
    Instant::now()
}

const SHORTEST_BEAT: Duration = Duration::from_millis(50);
const LONGEST_BEAT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);
