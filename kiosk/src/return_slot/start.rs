//! Builds the parts of a slot from the configuration, and starts its loop.

use std::collections::{BTreeMap, BTreeSet};

use config::Config;
use jiff::Timestamp;
use rfid_driver::port::ReaderEvent;
use slot::slot::Slot;
use supervision::board::Board;
use supervision::part::{Part, State};
use supervision::redact::Redactor;
use supervision::supervisor;
use sync_client::ledger::Ledger;
use sync_client::task;
use tokio::sync::{broadcast, mpsc, watch};
use tracing::info;

use super::journal::Journal;
use super::library::Library;
use super::modules::Modules;
use super::returns::Returns;
use super::shell::{Around, Shell, Sources};
use super::tags::Tags;
use crate::control::Control;
use crate::failure::Failure;
use crate::heartbeat::Teller;
use crate::power::Power;
use crate::reader::Reader;
use crate::reload::Reload;
use crate::start::{Ends, Running, Wires, open, starters, teller, wires};
use crate::supervise::{self, Desk};
use crate::sync::{Sync, Tools};
use crate::tally::Tally;
use crate::{console, library, settings};

/// Opens every part and starts the loop. `sync_options` are the times of the link and of what is settled in the background.
///
/// # Errors
/// [`Failure::NoSlot`], [`Failure::Slot`], [`Failure::Ledger`], [`Failure::Central`], [`Failure::Sip2`] or
/// [`Failure::Account`] if the part cannot be used.
pub async fn start(config: &Config, sync_options: task::Options) -> Result<Running, Failure> {
    if !config.slot.enabled {
        return Err(Failure::NoSlot);
    }
    let ledger = open(config)?;
    let (ways, ends) = wires();
    let parts = Parts::build(config, sync_options, ledger, (ways.clone(), ends)).await?;
    Ok(Running::begin(ways, |_, stopped| parts.serve(stopped)))
}

/// Everything that serves, ready to begin.
struct Parts {
    shell: Shell,
    sources: Sources,
    desk: Desk,
    teller: Option<Teller>,
    ledger: Ledger,
}

impl Parts {
    async fn build(
        config: &Config,
        sync_options: task::Options,
        ledger: Ledger,
        (Wires { reporter, reload }, Ends { told, asked }): (Wires, Ends),
    ) -> Result<Self, Failure> {
        let setup = slot::setup::setup(config)?;
        let client = library::client(config)?;
        library::check_account(&client, config).await?;
        let mirror = library::mirror(config);
        let offline = library::offline(config, mirror.as_ref());
        let pieces = ledger.pieces().await.map_err(|_| Failure::PartEnded { part: "the ledger" })?;
        let (answers_in, answers) = mpsc::unbounded_channel();
        let (orders_in, orders) = mpsc::channel(CHANNEL);
        let (journal, open, next) =
            Journal::start(config, pieces, ledger.clone(), answers_in.clone(), &reporter);
        info!(n_open = open.len(), "pieces of the run before");

        let (tunnel, heard) = Reader::start(settings::port(config), reporter.clone());
        let (inner, inside) = settings::inner_port(config)
            .map(|port| Reader::start_as("inner reader", port, reporter.clone()))
            .unzip();
        let table = tunnel.seen();
        let tools = Tools { client: client.clone(), ledger: ledger.clone(), offline, options: sync_options };
        let (sync, told_by_sync) = Sync::start(tools, reporter.clone());
        let (link, online) = watch::channel(None);
        let (power, tries) = mpsc::channel(CHANNEL);
        let programmed = broadcast::Sender::new(CHANNEL);
        let mut board = Board::new(config.kiosk.name.clone(), Timestamp::now());
        board.configuration.digest = settings::digest(config);
        let board = watch::Sender::new(board);
        let control = Control {
            ledger: ledger.clone(),
            orders: orders_in.clone(),
            reload,
            power,
            redactor: Redactor::new(console::secrets(config)),
            board: board.subscribe(),
            online: online.clone(),
        };
        let reloading = Reload::new(config.clone(), false, orders_in.clone(), reporter.clone());
        tokio::spawn(reloading.run(asked));
        for part in [Part::Screen, Part::Speech, Part::Catalogue, Part::Printer] {
            reporter.is(part, State::Absent, "");
        }
        if inner.is_none() {
            reporter.is(Part::Inner, State::Absent, "");
        }
        let trying = Power::new(config, orders_in.clone(), programmed.subscribe(), reporter.clone());
        tokio::spawn(trying.run(tries));
        let console = console::Around {
            seen: tunnel.seen(),
            cards: watch::Sender::new(BTreeSet::new()).subscribe(),
            programmed: programmed.clone(),
            mirror: mirror.clone(),
            control: control.clone(),
            reporter: reporter.clone(),
        };
        let teller = teller(config, &client, control.clone(), &reporter);
        let desk = Desk {
            told,
            orders: orders_in,
            board,
            ledger: ledger.clone(),
            data_dir: config.kiosk.data_dir.clone(),
            life: reporter.life(),
            starters: starters(config, control, console, &reporter),
            options: supervisor::Options::default(),
        };
        let patience = config.slot.central;
        let library = Library { client, mirror, online, patience, answers: answers_in.clone() };
        let shell = Shell {
            machine: Slot::new(setup, open, next),
            modules: Modules::start(config, reporter.clone()),
            tunnel,
            inner,
            sync,
            journal,
            library,
            returns: Returns::new(ledger.clone(), answers_in, Tally::new(reporter.metrics().clone())),
            tags: Tags::default(),
            reporter,
            link,
            programmed,
            looked: BTreeMap::new(),
            names: config.bins.iter().map(|bin| bin.name.clone()).collect(),
            around: Around::default(),
            out: Vec::new(),
        };
        let inner: Option<mpsc::Receiver<ReaderEvent>> = inside;
        let sources = Sources { tunnel: heard, inner, table, sync: told_by_sync, answers, orders };
        info!(name = config.kiosk.name, "the return slot serves");
        Ok(Self { shell, sources, desk, teller, ledger })
    }

    async fn serve(self, stopped: mpsc::Receiver<()>) -> Result<(), Failure> {
        let Self { shell, sources, desk, teller, ledger } = self;
        let (life, told_by) = (desk.life.clone(), desk.life.clone());
        let supervising = tokio::spawn(life.watch("supervisor", supervise::limit(), desk.run()));
        let telling = teller.map(|teller| {
            let life = told_by.watch("heart-beat", supervise::limit(), teller.run());
            tokio::spawn(life)
        });
        let result = shell.serve(sources, stopped).await;
        if let Some(telling) = telling {
            telling.abort();
            drop(telling.await);
        }
        // With it go the control socket and the console.
        supervising.abort();
        drop(supervising.await);
        ledger.close().await;
        result
    }
}

/// Room of each channel.
const CHANNEL: usize = 256;
