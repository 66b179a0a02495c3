//! `central kiosk message`: what readers are told on the screen of one kiosk or of all, as the page 公告 does it.

use central::App;
use central::store::StoreError;
use circulation::id::Isil;
use jiff::SignedDuration;
use sync_client::kiosk_api::heartbeat::{MAX_TEXT, Notice};

/// What is shown, where, and for how long.
#[derive(clap::Args)]
pub(crate) struct MessageArgs {
    /// what readers are told, in Chinese; 200 characters at most
    #[arg(required_unless_present = "end")]
    chinese: Option<String>,
    /// the same in English; without it the Chinese text is shown to everybody
    #[arg(long, value_name = "TEXT")]
    english: Option<String>,
    /// the kiosk [default: all of them]
    #[arg(long, value_name = "NAME")]
    kiosk: Option<String>,
    /// for how many hours
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=720))]
    hours: u16,
    /// take the message back instead
    #[arg(long, conflicts_with_all = ["chinese", "english", "hours"])]
    end: bool,
}

impl MessageArgs {
    /// Does it; gives what to print.
    pub(crate) fn run(&self, app: &App, of: &Isil, actor: &str) -> Result<String, String> {
        let kiosk = self.kiosk.as_deref();
        if let Some(name) = kiosk {
            let known = app.store().kiosks(of).map_err(failed)?;
            if !known.iter().any(|known| known.kiosk == name) {
                return Err(format!("there is no kiosk {name}; `central kiosk list` names them"));
            }
        }
        let place = kiosk.unwrap_or("all kiosks");
        let Some(chinese) = self.chinese.as_deref().filter(|_| !self.end) else {
            app.store().set_message(of, kiosk, None, (actor, app.now())).map_err(failed)?;
            return Ok(format!("nothing is shown on {place} any more; screens follow within a minute"));
        };
        let notice = Notice {
            chinese: checked("the message", chinese)?,
            english: self.english.as_deref().map_or(Ok(String::new()), |text| checked("--english", text))?,
        };
        let until = app.now().saturating_add(SignedDuration::from_hours(self.hours.into()));
        app.store().set_message(of, kiosk, Some((&notice, until)), (actor, app.now())).map_err(failed)?;
        Ok(format!("shown on {place} within a minute, until {}", central::clock::stamp(until)))
    }
}

/// A text as it is kept.
fn checked(what: &str, text: &str) -> Result<String, String> {
    let text: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match text.chars().count() {
        0 => Err(format!("{what} is empty; write what readers are to read, or take it back with --end")),
        n if n > MAX_TEXT => Err(format!("{what} has {n} characters; {MAX_TEXT} find room on a screen")),
        _ => Ok(text),
    }
}

fn failed(fault: StoreError) -> String {
    fault.to_string()
}
