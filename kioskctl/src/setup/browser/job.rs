//! What takes longer than an answer may: it runs beside the pages, which show how far it is.

use rfid_driver::port::{self, OpenError, PortConfig};
use tokio::time::Instant;

use super::Shared;
use super::work::{Known, Tested, UnderWay, What};
use crate::setup::find::{self, Asked, FoundPrinter};
use crate::setup::trial;
use crate::{printer, reader};

/// Looks which ports are there, and asks at each.
pub(super) fn search(shared: &Shared) {
    if !shared.work().begin(What::Search { port: String::new() }) {
        return;
    }
    let names = {
        let mut names = shared.ports();
        let mut work = shared.work();
        // Those that were named in the browser.
        names.extend(work.ports.iter().map(|port| port.name.clone()));
        work.look_at(names);
        work.ports.iter().map(|port| port.name.clone()).collect::<Vec<_>>()
    };
    let shared = shared.clone();
    tokio::spawn(async move {
        for name in names {
            if shared.work().is_stopped {
                break;
            }
            ask(&shared, &name).await;
        }
        shared.work().under_way = None;
    });
}

/// Asks at one port.
pub(super) fn search_one(shared: &Shared, name: &str) {
    let name = find::stable_name(name);
    if !shared.work().begin(What::Search { port: name.clone() }) {
        return;
    }
    shared.work().add(&name);
    let shared = shared.clone();
    tokio::spawn(async move {
        ask(&shared, &name).await;
        shared.work().under_way = None;
    });
}

async fn ask(shared: &Shared, name: &str) {
    let what = What::Search { port: name.to_owned() };
    shared.work().under_way = Some(UnderWay { what, line: String::new(), since: Instant::now() });
    let nothing = |why: String| {
        if let Some(port) = shared.work().port_mut(name) {
            port.known = Known::Nothing(why);
        }
    };
    let endpoint = match find::endpoint(name) {
        Ok(endpoint) => endpoint,
        Err(error) => return nothing(error.to_string()),
    };
    // A port that nobody can open is no port where nobody answers.
    let config = PortConfig { endpoint: endpoint.clone(), ..PortConfig::default() };
    match port::open_check(&config).await {
        // What another setting, or another family, may do away with.
        Ok(()) | Err(OpenError::Settings { .. } | OpenError::NotLlrp { .. }) => {}
        Err(error) => return nothing(error.to_string()),
    }
    let beside = shared.clone();
    let mut told = move |line: &str| {
        let mut work = beside.work();
        if let Some(under_way) = &mut work.under_way {
            line.clone_into(&mut under_way.line);
        }
        !work.is_stopped
    };
    let who = find::at(name, endpoint, Asked { printer: true, reader: true }, &mut told).await;
    let mut work = shared.work();
    if work.is_stopped {
        drop(work);
        return nothing("没有问完 not asked to the end".to_owned());
    }
    work.found(name, who);
}

/// Tries what was found at a port: the printer prints, the reader says what lies on it.
pub(super) fn test(shared: &Shared, name: &str) {
    if !shared.work().begin(What::Test { port: name.to_owned() }) {
        return;
    }
    let device = match shared.work().port(name).map(|port| &port.known) {
        Some(Known::Printer(printer, _)) => Device::Printer(printer.clone()),
        Some(Known::Reader(reader, _)) => Device::Reader(reader.port.clone()),
        Some(Known::NotAsked | Known::Nothing(_)) | None => Device::None,
    };
    let (shared, name) = (shared.clone(), name.to_owned());
    tokio::spawn(async move {
        let tested = match device {
            Device::Printer(printer) => Some(print(&printer).await),
            Device::Reader(port) => Some(read(&port).await),
            Device::None => None,
        };
        let mut work = shared.work();
        if let Some(port) = work.port_mut(&name) {
            port.tested = tested;
        }
        work.under_way = None;
    });
}

/// What is tried.
enum Device {
    Printer(FoundPrinter),
    Reader(PortConfig),
    None,
}

async fn print(printer: &FoundPrinter) -> Tested {
    match printer::print(&printer.endpoint, printer.baud).await {
        Ok(()) => Tested {
            is_good: true,
            text: "打印完成，请看小票 printed: look at the receipt".to_owned(),
        },
        Err(why) => Tested { is_good: false, text: why },
    }
}

async fn read(port: &PortConfig) -> Tested {
    match reader::trial::run(port).await {
        Ok(trial) => {
            let (model, n, ms) = (trial.model, trial.n_tags, trial.took.as_millis());
            let text = format!("{model} 应答，感应区有 {n} 个标签 answers; tags on the pad: {n}; {ms} ms");
            Tested { is_good: true, text }
        }
        Err(failure) => Tested { is_good: false, text: failure.to_string() },
    }
}

/// Asks the library's system with what was answered.
pub(super) fn library(shared: &Shared) {
    if !shared.work().begin(What::Library) {
        return;
    }
    let (draft, secret) = (shared.draft(), shared.work().answers.secret.clone());
    let shared = shared.clone();
    tokio::spawn(async move {
        let trial = match draft {
            Ok(draft) => trial::run(&draft, secret.as_deref()).await,
            Err(failure) => Err(failure),
        };
        let mut work = shared.work();
        work.trial = Some(trial.unwrap_or_else(|failure| trial::Trial::Silent(failure.to_string())));
        work.under_way = None;
    });
}
