//! `central kiosk settings`: what all kiosks, or one, are given to change in their settings, as the page 自助机 does it.

use std::path::PathBuf;

use central::App;
use circulation::id::Isil;

/// What is given, and to whom.
#[derive(clap::Args)]
pub(crate) struct GivenArgs {
    /// a file of settings as in a kiosk's own, with such as change while it runs: [place], [[shelf]], [visit], [screen], [[sort]];
    /// without it what is given now is shown
    file: Option<PathBuf>,
    /// the kiosk [default: all of them]
    #[arg(long, value_name = "NAME")]
    kiosk: Option<String>,
    /// take back what is given instead
    #[arg(long, conflicts_with = "file")]
    end: bool,
}

impl GivenArgs {
    /// Does it; gives what to print.
    pub(crate) fn run(&self, app: &App, of: &Isil, actor: &str) -> Result<String, String> {
        let kiosk = self.kiosk.as_deref();
        let text = match &self.file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|fault| format!("cannot read {}: {fault}; give another file", path.display()))?,
            None if self.end => String::new(),
            None => return app.store().given(of, kiosk).map_err(|fault| fault.to_string()),
        };
        let who = (actor, app.now());
        match app.store().give(of, kiosk, &text, who).map_err(|fault| fault.to_string())? {
            true => Ok(format!(
                "given to {} within a minute; a kiosk that does not take it says why on the board",
                kiosk.unwrap_or("all kiosks")
            )),
            false => Err("the settings are longer than 16 KB, or have control characters in them".to_owned()),
        }
    }
}
