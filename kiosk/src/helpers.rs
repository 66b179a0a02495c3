//! What the loop has looked up elsewhere, so that it never waits: the catalogue, the staff's password, the parts.
//!
//! What is found out comes back as an input of the session. What can be answered at once is given back at once.

use circulation::patron::Pin;
use circulation::search::{Query, TitleKey};
use circulation::session::Input;
use config::{Config, Secret};
use supervision::part::{Part, State};
use sync_client::central::Central;
use sync_client::ledger::Ledger;
use sync_client::mirror::Mirror;
use tokio::sync::{mpsc, watch};
use tracing::{error, warn};

use crate::catalogue::Catalogue;
use crate::staff::{self, Health, OutOfService};
use crate::supervise::Reporter;
use crate::ups;

/// The helpers of one daemon.
#[derive(Debug)]
pub struct Helpers {
    /// how the parts are, as far as the loop has heard
    pub health: Health,
    found: mpsc::Sender<Input>,
    catalogue: Option<Catalogue>,
    /// the mirror, if books are looked for in it
    searched: Option<Mirror>,
    reporter: Reporter,
    mirror: Option<Mirror>,
    central: Central,
    address: String,
    pin: Option<Secret>,
    mark: OutOfService,
    power_off: Vec<String>,
    ledger: Ledger,
    /// what switches the machine off when the battery ends
    when_low: Vec<String>,
}

impl Helpers {
    /// Helpers for this configuration; what they find out goes to `found`. Needs a tokio runtime.
    #[must_use]
    pub fn new(
        config: &Config,
        central: Central,
        address: String,
        mirror: Option<Mirror>,
        ledger: Ledger,
        found: mpsc::Sender<Input>,
        reporter: Reporter,
    ) -> Self {
        let searched = mirror.clone().filter(|_| config.find.enabled);
        let mut helpers = Self {
            health: Health::default(),
            found,
            catalogue: None,
            searched,
            reporter,
            mirror,
            central,
            address,
            pin: config.staff.pin.clone(),
            mark: OutOfService::in_folder(&config.kiosk.data_dir),
            power_off: config.staff.power_off.clone(),
            ledger,
            when_low: config.ups.power_off.clone(),
        };
        helpers.restart_catalogue();
        helpers
    }

    /// Begins the catalogue, if there is one.
    pub(crate) fn restart_catalogue(&mut self) {
        let Some(mirror) = self.searched.clone() else {
            return self.reporter.is(Part::Catalogue, State::Absent, "");
        };
        match Catalogue::start(mirror, self.found.clone(), &self.reporter) {
            Ok(catalogue) => {
                self.catalogue = Some(catalogue);
                self.reporter.is(Part::Catalogue, State::Up, "");
            }
            Err(cause) => {
                warn!(%cause, "nobody can look for books");
                self.reporter.ended(Part::Catalogue, cause.to_string());
            }
        }
    }

    /// Ends the catalogue as a fault would.
    pub(crate) fn end_catalogue(&mut self) {
        if let Some(catalogue) = self.catalogue.take() {
            catalogue.fail();
        }
    }

    /// The catalogue, if its thread is there.
    fn live(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref().filter(|catalogue| catalogue.is_alive())
    }

    /// Looks for titles.
    pub(crate) fn search(&self, query: u64, what: Query) -> Option<Input> {
        match self.live() {
            Some(catalogue) => {
                catalogue.search(query, what);
                None
            }
            None => Some(Input::Found { query, results: None }),
        }
    }

    /// Looks where a title stands.
    pub(crate) fn holdings(&self, query: u64, title: TitleKey) -> Option<Input> {
        match self.live() {
            Some(catalogue) => {
                catalogue.holdings(query, title);
                None
            }
            None => Some(Input::Stands { query, holdings: Vec::new() }),
        }
    }

    /// Somebody is about to look for something.
    pub(crate) fn prepare(&self) {
        if let Some(catalogue) = &self.catalogue {
            catalogue.prepare();
        }
    }

    /// Checks the staff's password on a thread of its own.
    pub(crate) fn check_pin(&self, query: u64, pin: Pin) -> Option<Input> {
        let Some(hash) = self.pin.clone() else { return Some(Input::StaffPin { query, right: false }) };
        let found = self.found.clone();
        tokio::task::spawn_blocking(move || {
            let right = staff::is_right(&hash, &pin);
            if !right {
                warn!("a wrong password in the staff's corner");
            }
            // Closed only after the end of the loop.
            drop(found.blocking_send(Input::StaffPin { query, right }));
        });
        None
    }

    /// Looks at every part.
    pub(crate) fn inspect(&self, ledger: &Ledger) {
        let (found, central) = (self.found.clone(), self.central.clone());
        let n_titles = self.catalogue.as_ref().and_then(Catalogue::n_titles);
        let mirror = self.mirror.clone().map(|mirror| (mirror, n_titles));
        let (health, ledger, address) = (self.health.clone(), ledger.clone(), self.address.clone());
        tokio::spawn(async move {
            let seen = staff::inspect(health, ledger, address, mirror, |at| central.local(at)).await;
            // As above.
            drop(found.send(Input::Inspected(seen)).await);
        });
    }

    /// Keeps over a restart whether the machine is out of service.
    pub(crate) fn mark(&self, is_out: bool) {
        if let Err(cause) = self.mark.set(is_out) {
            error!(%cause, is_out, "out of service holds until the next start only");
        }
    }

    /// Switches the machine off.
    pub(crate) fn power_off(&self) {
        tokio::spawn(staff::power_off(self.power_off.clone()));
    }

    /// The battery ends, and nothing is in hand.
    pub(crate) fn battery_ends(&self, online: watch::Receiver<Option<bool>>) {
        tokio::spawn(ups::battery_ends(self.ledger.clone(), online, self.when_low.clone()));
    }
}
