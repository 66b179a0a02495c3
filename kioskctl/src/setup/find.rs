//! What is plugged in, found by asking: at each port first the printer's real-time status, three bytes that no reader minds
//! and that print nothing, then the readers of all families.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use peripherals::escpos::State;
use rfid_driver::port::{Endpoint, Identity, Parity, PortConfig};

use crate::failure::Failure;
use crate::reader::{probe, settings_of};
use crate::{printer, say};

/// What is there.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) reader: Option<FoundReader>,
    pub(super) printer: Option<FoundPrinter>,
    /// what was found, for people
    pub(super) lines: Vec<String>,
}

/// Who is at a port.
#[derive(Debug)]
pub(super) enum Who {
    Printer(FoundPrinter, State),
    Reader(FoundReader, Identity),
    Nobody,
}

/// Whom to ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) printer: bool,
    pub(super) reader: bool,
}

/// A reader that answered.
#[derive(Debug, Clone)]
pub(super) struct FoundReader {
    /// the port's name that stays
    pub(super) name: String,
    pub(super) port: PortConfig,
}

/// A printer that answered.
#[derive(Debug, Clone)]
pub(super) struct FoundPrinter {
    /// the port's name that stays
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
    pub(super) baud: u32,
}

impl FoundReader {
    /// The word of the configuration.
    pub(super) fn parity(&self) -> &'static str {
        match self.port.parity {
            Parity::None => "none",
            Parity::Even => "even",
            Parity::Odd => "odd",
        }
    }
}

/// Asks at each port; `given` ones only, if there are some.
pub(super) async fn all(given: &[String], print_test: bool) -> Result<Found, Failure> {
    let mut found = Found::default();
    let ports = if given.is_empty() { serial_ports() } else { given.to_vec() };
    if ports.is_empty() {
        found.lines.push("没有串口；读写器插好了吗？ no serial port: is the reader plugged in?".to_owned());
    }
    for port in ports {
        let endpoint = endpoint(&port)?;
        let name = stable_name(&port);
        say(&format!("  {name} ..\n"))?;
        let asked = Asked { printer: found.printer.is_none(), reader: found.reader.is_none() };
        match at(&name, endpoint, asked, &mut |_| true).await {
            Who::Printer(printer, state) => {
                let baud = printer.baud;
                found.lines.push(format!("{name}: 打印机 a printer, {baud} 8N1, {}", condition(&state)));
                if print_test {
                    let outcome = printer::print(&printer.endpoint, baud).await;
                    let told = outcome.map_or_else(|why| why, |()| "打印完成 printed".to_owned());
                    found.lines.push(format!("{name}: 测试小票 test receipt: {told}"));
                }
                found.printer = Some(printer);
            }
            Who::Reader(reader, identity) => {
                let Identity { model, firmware, .. } = identity;
                let line = settings_of(&reader.port);
                found.lines.push(format!("{name}: 读写器 a reader, {line} {model} {firmware}"));
                found.reader = Some(reader);
            }
            Who::Nobody => found.lines.push(format!("{name}: 没有认识的设备 nothing that is known")),
        }
    }
    if found.reader.is_none() {
        found.lines.push(
            "没有找到读写器：查电源与线缆；配置中先写默认值 no reader was found: see its power and cable; the file gets the default"
                .to_owned(),
        );
    }
    Ok(found)
}

/// Asks at one port. `told` hears what is tried next, and says whether to go on.
pub(super) async fn at(
    name: &str,
    endpoint: Endpoint,
    asked: Asked,
    told: &mut (dyn FnMut(&str) -> bool + Send),
) -> Who {
    if asked.printer {
        let bauds: &[u32] = if endpoint.is_tcp() { &[9_600] } else { &[9_600, 19_200, 38_400, 115_200] };
        for &baud in bauds {
            if !told(&format!("打印机 printer {baud} 8N1")) {
                return Who::Nobody;
            }
            if let Some(state) = printer::state(&endpoint, baud).await {
                return Who::Printer(FoundPrinter { name: name.to_owned(), endpoint, baud }, state);
            }
        }
    }
    if asked.reader {
        let port = PortConfig { endpoint, ..PortConfig::default() };
        let mut trying = |port: &PortConfig, n, of| told(&format!("{} ({n}/{of})", settings_of(port)));
        if let Some((port, identity)) = probe::find(&port, &mut trying).await {
            return Who::Reader(FoundReader { name: name.to_owned(), port }, identity);
        }
    }
    Who::Nobody
}

/// A port by its name.
pub(super) fn endpoint(port: &str) -> Result<Endpoint, Failure> {
    Endpoint::from_str(port).map_err(|error| Failure::Setup { why: format!("{port}: {error}") })
}

pub(super) fn condition(state: &State) -> &'static str {
    if state.is_ready() {
        "就绪 ready"
    } else {
        "未就绪（缺纸、开盖或故障） not ready: paper, cover or an error"
    }
}

/// The ports of this machine.
pub(super) fn serial_ports() -> Vec<String> {
    let mut names: Vec<String> =
        serialport::available_ports().unwrap_or_default().into_iter().map(|port| port.port_name).collect();
    names.sort();
    names
}

/// The name of a port that stays: by what is plugged in, or, for adapters without a number of their own, by where.
pub(super) fn stable_name(port: &str) -> String {
    let Ok(device) = fs::canonicalize(port) else { return port.to_owned() };
    // Whoever names a link has chosen it.
    let is_device = Path::new(port) == device;
    let by_id =
        link_to(&device, "/dev/serial/by-id").filter(|link| !link.to_string_lossy().contains(WITHOUT_NUMBER));
    let link = by_id.or_else(|| link_to(&device, "/dev/serial/by-path"));
    match link.filter(|_| is_device) {
        Some(link) => link.to_string_lossy().into_owned(),
        None => port.to_owned(),
    }
}

fn link_to(device: &Path, folder: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).find(|link| fs::canonicalize(link).is_ok_and(|target| target == device))
}

/// The CH340 has no serial number: two of them have one name.
const WITHOUT_NUMBER: &str = "usb-1a86_USB_Serial-";
