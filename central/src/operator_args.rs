//! The command `operator`: an account for openlib's log-in of staff, and where it stands.

use std::path::PathBuf;

use central::App;
use central::password::Cost;
use circulation::id::Isil;

/// An operator account for openlib (login/opLOGIN).
#[derive(clap::Args)]
pub(crate) struct OperatorArgs {
    /// the account, as programs send it in `opuser` and `loginid`
    #[arg(long, value_name = "NAME")]
    account: String,
    /// the name shown
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// the file with the password: its first line
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// the branch where the account stands; without one it works for whatever branch an item belongs to
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
    /// the institution, where the database has several
    #[arg(long, value_name = "ISIL")]
    institution: Option<String>,
}

impl OperatorArgs {
    /// Makes the account, or gives it another name, password and place.
    pub(crate) fn run(&self, app: &App) -> Result<String, String> {
        let text = std::fs::read_to_string(&self.password_file).map_err(|fault| {
            format!("cannot read the password in {}: {fault}", self.password_file.display())
        })?;
        let password = text.lines().next().unwrap_or("");
        if password.chars().count() < MIN_PASSWORD {
            return Err(format!(
                "the password in {} is shorter than {MIN_PASSWORD} characters; choose a longer one",
                self.password_file.display()
            ));
        }
        let of = self.institution(app)?;
        let failed = |fault: central::store::StoreError| fault.to_string();
        if let Some(branch) = &self.branch {
            let branches = app.store().branches(&of).map_err(failed)?;
            if !branches.iter().any(|known| known.branch == *branch) {
                let known: Vec<String> = branches.into_iter().map(|known| known.branch).collect();
                return Err(format!("there is no branch {branch}; give one of {}", known.join(", ")));
            }
        }
        app.set_operator(&of, &self.account, (&self.name, password), Cost::Standard)
            .map_err(|fault| fault.to_string())?;
        app.store().set_service_point(&of, &self.account, self.branch.as_deref()).map_err(failed)?;
        Ok(format!("the account {} of {} can log in", self.account, of.as_str()))
    }

    fn institution(&self, app: &App) -> Result<Isil, String> {
        let all = app.store().institutions().map_err(|fault| fault.to_string())?;
        let found = match (&self.institution, all.as_slice()) {
            (None, [(only, _)]) => Some(only),
            (None, _) => None,
            (Some(named), all) => all.iter().map(|(of, _)| of).find(|of| of.as_str() == named),
        };
        let known: Vec<&str> = all.iter().map(|(of, _)| of.as_str()).collect();
        found.cloned().ok_or_else(|| format!("give --institution, one of: {}", known.join(", ")))
    }
}

const MIN_PASSWORD: usize = 6;
