//! Questions to the technician, on the terminal or through a pipe.

use std::io::{self, BufRead as _, IsTerminal as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::failure::Failure;
use crate::say;

/// Who asks.
pub(crate) struct Questions {
    is_silent: bool,
}

impl Questions {
    /// With `is_silent`, every answer is the default.
    pub(crate) fn new(is_silent: bool) -> Self {
        Self { is_silent }
    }

    /// A line; the default if it is empty. Without a default, it is asked until there is one.
    pub(super) fn text(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        loop {
            if self.is_silent {
                let missing =
                    || Failure::Setup { why: format!("{question}: not given; name it, or leave --yes out") };
                return default.map(str::to_owned).ok_or_else(missing);
            }
            let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
            say(&format!("{question}{shown}: "))?;
            let line = line()?;
            match (line.trim(), default) {
                ("", Some(default)) => return Ok(default.to_owned()),
                ("", None) => {}
                (answer, _) => return Ok(answer.to_owned()),
            }
        }
    }

    /// Yes or no.
    pub(super) fn is_yes(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        let answer = self.text(question, Some(if default { "y" } else { "n" }))?;
        Ok(["y", "yes", "是"].contains(&answer.to_lowercase().as_str()))
    }

    /// A line that is not shown while it is typed.
    pub(crate) fn secret(&mut self, question: &str) -> Result<String, Failure> {
        let stdin = io::stdin();
        let before = if stdin.is_terminal() && !self.is_silent { tcgetattr(&stdin).ok() } else { None };
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&stdin, OptionalActions::Flush, &hidden)
                .map_err(|cause| Failure::System(cause.into()))?;
        }
        let answer = self.text(question, None);
        if let Some(before) = &before {
            tcsetattr(&stdin, OptionalActions::Now, before).map_err(|cause| Failure::System(cause.into()))?;
            say("\n")?;
        }
        answer
    }
}

fn line() -> Result<String, Failure> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => {
            Err(Failure::Setup { why: "the input ended before all was said; nothing was written".to_owned() })
        }
        Ok(_) => Ok(line),
        Err(cause) => Err(Failure::System(cause)),
    }
}
