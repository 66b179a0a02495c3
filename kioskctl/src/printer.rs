//! A receipt printer, asked through the driver that the kiosk uses: how it is, and a test receipt. The set-up and the
//! doctor do this; the question is three bytes that print nothing.

use std::time::Duration;

use peripherals::escpos::{
    Command, Cut, Event, Job, Outcome as Printed, Paper, Patience, Printer, Slip, State, Style,
};
use rfid_driver::port::Endpoint;
use tokio::sync::mpsc;

/// How the printer at a port is; nothing if none answers at that speed (bits a second; over TCP it is set elsewhere).
pub(crate) async fn state(endpoint: &Endpoint, baud: u32) -> Option<State> {
    let mut driven = Driven::start(endpoint, baud);
    let told = tokio::time::timeout(PATIENCE, driven.events.recv()).await;
    driven.end().await;
    match told {
        Ok(Some(Event::State(state))) => Some(state),
        Ok(Some(Event::Printed { .. } | Event::Down(_)) | None) | Err(_) => None,
    }
}

/// What became of the test receipt.
pub(crate) async fn print(endpoint: &Endpoint, baud: u32) -> Result<(), String> {
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
        Some(Printed::Printed) => Ok(()),
        Some(Printed::NotBegun(trouble) | Printed::CutShort(trouble)) => {
            Err(format!("没有打印 not printed: {trouble:?}"))
        }
        None => Err("没有应答 no answer".to_owned()),
    }
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

const ANSWER: Duration = Duration::from_millis(200);
/// More than the rounds after which the driver calls a printer silent.
const PATIENCE: Duration = Duration::from_secs(3);
const PRINTING: Duration = Duration::from_secs(20);
