//! What is plugged in, found by asking: at each port first the printer's real-time status, three bytes that no reader minds
//! and that print nothing, then the readers of all families.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use peripherals::escpos::{
    Command, Cut, Event, Job, Outcome as Printed, Paper, Patience, Printer, Slip, State, Style,
};
use rfid_driver::port::{Endpoint, Identity, Parity, PortConfig};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::reader::{probe, settings_of};
use crate::say;

/// What is there.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) reader: Option<FoundReader>,
    pub(super) printer: Option<FoundPrinter>,
    /// what was found, for people
    pub(super) lines: Vec<String>,
}

/// A reader that answered.
#[derive(Debug)]
pub(super) struct FoundReader {
    /// the port's name that stays
    pub(super) name: String,
    pub(super) port: PortConfig,
}

/// A printer that answered.
#[derive(Debug)]
pub(super) struct FoundPrinter {
    /// the port's name that stays
    pub(super) name: String,
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
        let endpoint =
            Endpoint::from_str(&port).map_err(|error| Failure::Setup { why: format!("{port}: {error}") })?;
        let name = stable_name(&port);
        say(&format!("  {name} ..\n"))?;
        if found.printer.is_none()
            && let Some((baud, state)) = printer(&endpoint).await
        {
            found.lines.push(format!("{name}: 打印机 a printer, {baud} 8N1, {}", condition(&state)));
            if print_test {
                let outcome = print(&endpoint, baud).await;
                found.lines.push(format!("{name}: 测试小票 test receipt: {outcome}"));
            }
            found.printer = Some(FoundPrinter { name, baud });
        } else if found.reader.is_none()
            && let Some((port, identity)) =
                probe::find(&PortConfig { endpoint, ..PortConfig::default() }).await
        {
            let Identity { model, firmware, .. } = identity;
            found.lines.push(format!("{name}: 读写器 a reader, {} {model} {firmware}", settings_of(&port)));
            found.reader = Some(FoundReader { name, port });
        } else {
            found.lines.push(format!("{name}: 没有认识的设备 nothing that is known"));
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

/// The speed at which a printer answers, and how it is.
async fn printer(endpoint: &Endpoint) -> Option<(u32, State)> {
    let bauds: &[u32] = if endpoint.is_tcp() { &[9_600] } else { &[9_600, 19_200, 38_400, 115_200] };
    for &baud in bauds {
        let mut driven = Driven::start(endpoint, baud);
        let told = tokio::time::timeout(PATIENCE, driven.events.recv()).await;
        driven.end().await;
        if let Ok(Some(Event::State(state))) = told {
            return Some((baud, state));
        }
    }
    None
}

/// A printer's driver at work.
struct Driven {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    task: tokio::task::JoinHandle<()>,
}

impl Driven {
    fn start(endpoint: &Endpoint, baud: u32) -> Self {
        let (commands, received) = mpsc::channel(1);
        let (told, events) = mpsc::channel(16);
        let port = peripherals::port::PortConfig::new(endpoint.clone(), baud);
        let patience =
            Patience { answer: ANSWER, quiet: ANSWER / 2, poll: ANSWER / 4, ..Patience::default() };
        let task = tokio::spawn(peripherals::port::run(port, Printer::new(patience), received, told));
        Self { commands, events, task }
    }

    /// What became of the one job, which is sent once the printer has said how it is.
    async fn print(&mut self, job: Job) -> Option<Printed> {
        let mut job = Some(job);
        while let Some(event) = self.events.recv().await {
            match event {
                Event::State(_) => {
                    if let Some(job) = job.take() {
                        self.commands.send(Command::Print { number: 1, job }).await.ok()?;
                    }
                }
                Event::Printed { outcome, .. } => return Some(outcome),
                Event::Down(_) => {}
            }
        }
        None
    }

    /// The port is free again only when the task has ended.
    async fn end(self) {
        drop((self.commands, self.events));
        // One that panicked has let go of its port too.
        self.task.await.unwrap_or_default();
    }
}

async fn print(endpoint: &Endpoint, baud: u32) -> String {
    let mut slip = Slip::new(Paper::Mm80);
    slip.text("阅亭 Yueting", Style::centred().large());
    slip.text("测试小票 test receipt", Style::centred());
    slip.rule();
    slip.text("打印机工作正常。 The printer works.", Style::default());
    slip.feed(3);
    let mut driven = Driven::start(endpoint, baud);
    let job = slip.finish(Cut::Partial);
    let outcome = tokio::time::timeout(PRINTING, driven.print(job)).await.ok().flatten();
    driven.end().await;
    match outcome {
        Some(Printed::Printed) => "打印完成 printed".to_owned(),
        Some(Printed::NotBegun(trouble) | Printed::CutShort(trouble)) => {
            format!("没有打印 not printed: {trouble:?}")
        }
        None => "没有应答 no answer".to_owned(),
    }
}

fn condition(state: &State) -> &'static str {
    if state.is_ready() {
        "就绪 ready"
    } else {
        "未就绪（缺纸、开盖或故障） not ready: paper, cover or an error"
    }
}

/// The ports of this machine.
fn serial_ports() -> Vec<String> {
    let mut names: Vec<String> =
        serialport::available_ports().unwrap_or_default().into_iter().map(|port| port.port_name).collect();
    names.sort();
    names
}

/// The name of a port that stays: by what is plugged in, or, for adapters without a number of their own, by where.
fn stable_name(port: &str) -> String {
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
const ANSWER: Duration = Duration::from_millis(200);
/// More than the rounds after which the driver calls a printer silent.
const PATIENCE: Duration = Duration::from_secs(3);
const PRINTING: Duration = Duration::from_secs(20);
