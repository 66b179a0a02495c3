//! Builds the parts of a slot from the configuration, and starts its loop.

use std::collections::BTreeSet;

use config::Config;
use jiff::Timestamp;
use rfid_driver::port::ReaderEvent;
use slot::io::Input;
use slot::slot::Slot;
use supervision::board::Board;
use supervision::console::slot::Slot as Picture;
use supervision::part::{Part, State};
use supervision::redact::Redactor;
use supervision::supervisor;
use sync_client::central::Central;
use sync_client::ledger::Ledger;
use sync_client::mirror::Mirror;
use sync_client::task;
use tokio::sync::{broadcast, mpsc, watch};
use tracing::info;

use super::books::{Books, Opened};
use super::dates::Dates;
use super::farewell::Farewell;
use super::library::Library;
use super::modules::Modules;
use super::shell::{Around, Shell, Sources};
use super::tags::Tags;
use crate::control::Control;
use crate::failure::Failure;
use crate::heartbeat::Teller;
use crate::power::Power;
use crate::reader::Reader;
use crate::reload::Reload;
use crate::staff::OutOfService;
use crate::start::{Ends, Running, Wires, open, starters, teller, wires};
use crate::supervise::{self, Desk, Order, Reporter, Told};
use crate::sync::Tools;
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

/// What those beside the loop look at.
struct Beside {
    client: Central,
    mirror: Option<Mirror>,
    ledger: Ledger,
    orders: mpsc::Sender<Order>,
    programmed: broadcast::Sender<ReaderEvent>,
    picture: watch::Receiver<Picture>,
    online: watch::Receiver<Option<bool>>,
    reporter: Reporter,
}

impl Parts {
    async fn build(
        config: &Config,
        sync_options: task::Options,
        ledger: Ledger,
        (wires, ends): (Wires, Ends),
    ) -> Result<Self, Failure> {
        let reporter = wires.reporter.clone();
        let setup = slot::setup::setup(config)?;
        let client = library::client(config)?;
        library::check_account(&client, config).await?;
        let mirror = library::mirror(config);
        let offline = library::offline(config, mirror.as_ref());
        let dates = Dates::of(&ledger).await.map_err(|_| Failure::PartEnded { part: "the ledger" })?;
        let tools = Tools { client: client.clone(), ledger: ledger.clone(), offline, options: sync_options };
        let (books, opened) = Books::open(config, tools, &reporter).await?;
        let Opened { open, next, answers, answers_in, sync, online } = opened;
        let (orders_in, orders) = mpsc::channel(CHANNEL);
        let (tunnel, heard) = Reader::start(settings::port(config), reporter.clone());
        let (inner, inside) = settings::inner_port(config)
            .map(|port| Reader::start_as("inner reader", port, reporter.clone()))
            .unzip();
        say_what_there_is(&reporter, inner.is_some());
        let (table, programmed) = (tunnel.seen(), broadcast::Sender::new(CHANNEL));
        let picture = watch::Sender::new(Picture::default());
        let beside = Beside {
            client: client.clone(),
            mirror: mirror.clone(),
            ledger: ledger.clone(),
            orders: orders_in,
            programmed: programmed.clone(),
            picture: picture.subscribe(),
            online: online.clone(),
            reporter: reporter.clone(),
        };
        let (desk, teller) = beside.start(config, &tunnel, wires, ends);
        let mark = OutOfService::in_folder(&config.kiosk.data_dir);
        let mut machine = Slot::new(setup, open, next);
        let is_out = mark.is_set();
        // Nothing is known of the contacts yet, so that nothing comes of it before the first image.
        machine.handle(super::shell::now(), Input::Service { is_out }, &mut Vec::new());
        reporter.tell(Told::OutOfService(is_out));
        let patience = config.slot.central;
        let farewell = Farewell::new(ledger.clone(), online.clone(), config.ups.power_off.clone());
        let shell = Shell {
            machine,
            modules: Modules::start(config, reporter.clone()),
            tunnel,
            inner,
            books,
            library: Library { client, mirror, online, patience, dates, answers: answers_in },
            tags: Tags::default(),
            reporter,
            programmed,
            names: config.bins.iter().map(|bin| bin.name.clone()).collect(),
            picture,
            mark,
            farewell,
            around: Around::default(),
            out: Vec::new(),
        };
        let (tunnel_told, sync_told) = (Some(heard), Some(sync));
        let sources = Sources { tunnel: tunnel_told, inner: inside, table, sync: sync_told, answers, orders };
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

impl Beside {
    /// Starts what is beside the loop: reload, the reader's power, console, control socket, broker; and makes the desk that
    /// watches over all of it, and the teller.
    fn start(
        self,
        config: &Config,
        tunnel: &Reader,
        Wires { reload, .. }: Wires,
        Ends { told, asked }: Ends,
    ) -> (Desk, Option<Teller>) {
        let Self { client, mirror, ledger, orders, programmed, picture, online, reporter } = self;
        let (power, tries) = mpsc::channel(CHANNEL);
        let mut board = Board::new(config.kiosk.name.clone(), Timestamp::now());
        board.configuration.digest = settings::digest(config);
        let board = watch::Sender::new(board);
        let control = Control {
            ledger: ledger.clone(),
            orders: orders.clone(),
            reload,
            power,
            redactor: Redactor::new(console::secrets(config)),
            board: board.subscribe(),
            online,
        };
        let reloading = Reload::new(config.clone(), false, orders.clone(), reporter.clone());
        tokio::spawn(reloading.run(asked));
        let trying = Power::new(config, orders.clone(), programmed.subscribe(), reporter.clone());
        tokio::spawn(trying.run(tries));
        let console = console::Around {
            seen: tunnel.seen(),
            cards: watch::Sender::new(BTreeSet::new()).subscribe(),
            programmed,
            mirror,
            slot: Some(picture),
            control: control.clone(),
            reporter: reporter.clone(),
        };
        let teller = teller(config, &client, control.clone(), &reporter);
        let desk = Desk {
            told,
            orders,
            board,
            ledger,
            data_dir: config.kiosk.data_dir.clone(),
            life: reporter.life(),
            starters: starters(config, control, console, &reporter),
            options: supervisor::Options::default(),
        };
        (desk, teller)
    }
}

/// What a slot never has, and what this one has not.
fn say_what_there_is(reporter: &Reporter, has_inner: bool) {
    for part in [Part::Screen, Part::Speech, Part::Catalogue, Part::Printer, Part::Identity, Part::Cards] {
        reporter.is(part, State::Absent, "");
    }
    if !has_inner {
        reporter.is(Part::Inner, State::Absent, "");
    }
}

/// Room of each channel.
const CHANNEL: usize = 256;
