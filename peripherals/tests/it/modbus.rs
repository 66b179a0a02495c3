//! Our driver of input and output modules against a slave that others wrote, a master that others wrote against our
//! emulated module, and both of ours together: on terminals and over TCP.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use peripherals::modbus::pdu::Span;
use peripherals::modbus::wire::{Rtu, Tcp, Wire};
use peripherals::modbus::{Command as Order, Event, Module, Patience, Setup};
use peripherals::port::{self, PortConfig};
use rfid_driver::port::Endpoint;
use tokio::sync::mpsc;

use crate::program::Program;
use crate::python;

/// Nothing that is waited for takes this long; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);
const PACKAGES: [&str; 2] = ["pymodbus==3.6.9", "pyserial==3.5"];

#[test]
fn pymodbus_as_master_works_with_our_module() {
    let Some(python) = python::with("modbus", &PACKAGES) else { return };
    let mut run = Command::new("timeout");
    run.args(["--kill-after=5", "120"]).arg(python).arg("-B").arg(python::script("modbus_master.py"));
    let output = run.arg(env!("CARGO_BIN_EXE_cabinet-emulator")).stdin(Stdio::null()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}{errors}", output.status);
    assert_eq!(said.lines().filter(|line| line.starts_with("ok  ")).count(), 30, "{said}");
}

#[tokio::test]
async fn our_driver_works_with_pymodbus_as_slave_on_a_serial_line() {
    let Some(mut slave) = Slave::start("rtu") else { return };
    let endpoint = PathBuf::from(&slave.at).into();
    works_with(&mut slave, Host::start(endpoint, Rtu::new(19_200))).await;
}

#[tokio::test]
async fn our_driver_works_with_pymodbus_as_slave_over_tcp() {
    let Some(mut slave) = Slave::start("tcp") else { return };
    let endpoint = Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: slave.at.parse().unwrap() };
    works_with(&mut slave, Host::start(endpoint, Tcp::default())).await;
}

async fn works_with(slave: &mut Slave, mut host: Host) {
    host.until(|event| *event == Event::Inputs(vec![false; 16])).await;
    slave.say("input 3 1");
    slave.say("input 15 1");
    let lit: Vec<bool> = (0..16).map(|at| at == 3 || at == 15).collect();
    host.until(|event| *event == Event::Inputs(lit.clone())).await;
    host.order(&[0, 6]).await;
    assert_eq!(slave.say("coils"), "10000010");
    slave.say("break");
    host.until(|event| matches!(event, Event::Down(_))).await;
    host.until(|event| *event == Event::Inputs(lit.clone())).await;
    assert_eq!(slave.say("coils"), "00000000", "nothing begins to move by itself");
}

#[tokio::test]
async fn a_module_that_is_unplugged_or_falls_silent_is_down_and_comes_back_safe() {
    let mut program = Program::start(&["io-module", "--coils", "8"]);
    let mut host = Host::start(program.link().into(), Rtu::new(19_200));
    host.until(|event| matches!(event, Event::Inputs(_))).await;
    host.order(&[2]).await;
    for (ends, begins) in [("mute on", "mute off"), ("unplug", "plug")] {
        program.say(ends);
        host.until(|event| matches!(event, Event::Down(_))).await;
        program.say(begins);
        host.until(|event| matches!(event, Event::Inputs(_))).await;
        assert_eq!(program.say("show")[1], "coils  00000000");
        host.order(&[2]).await;
        assert_eq!(program.say("show")[1], "coils  00100000");
    }
}

struct Host {
    orders: mpsc::Sender<Order>,
    events: mpsc::Receiver<Event>,
}

impl Host {
    /// A module with 16 contacts and 8 relays.
    fn start<W>(endpoint: Endpoint, wire: W) -> Self
    where
        W: Wire + Send + 'static,
        W::Answers: Send,
    {
        let setup = Setup {
            unit: 1,
            inputs: Some(Span::new(0, 16).unwrap()),
            outputs: Some(Span::new(0, 8).unwrap()),
            safe: Vec::new(),
            holds: Vec::new(),
        };
        let now = tokio::time::Instant::now().into_std();
        // A busy machine is slow, which is no fault of the module.
        let patience = Patience { answer: Duration::from_secs(2), ..Patience::default() };
        let (orders, requests) = mpsc::channel(8);
        let (events_in, events) = mpsc::channel(8);
        let config = PortConfig::new(endpoint, 19_200);
        tokio::spawn(port::run(config, Module::new(now, wire, setup, patience), requests, events_in));
        Self { orders, events }
    }

    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) {
        let found = async { while !wanted(&self.events.recv().await.expect("the driver goes on")) {} };
        tokio::time::timeout(PATIENCE, found).await.expect("it comes");
    }

    /// Switches these relays on and all others off, and waits until they are so.
    async fn order(&mut self, which: &[usize]) {
        let image: Vec<bool> = (0..8).map(|at| which.contains(&at)).collect();
        self.orders.send(Order::Set(image.clone())).await.unwrap();
        self.until(|event| *event == Event::Outputs(image.clone())).await;
    }
}

/// A slave that others wrote.
struct Slave {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    at: String,
}

impl Slave {
    fn start(kind: &str) -> Option<Self> {
        let python = python::with("modbus", &PACKAGES)?;
        let mut command = Command::new(python);
        command.arg("-B").arg(python::script("modbus_slave.py")).arg(kind);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        let mut slave = Self { child, to, from, at: String::new() };
        slave.at = slave.line().strip_prefix("ready ").unwrap().to_owned();
        Some(slave)
    }

    fn say(&mut self, text: &str) -> String {
        writeln!(self.to, "{text}").unwrap();
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).unwrap() > 0, "the slave has ended");
        line.trim_end().to_owned()
    }
}

impl Drop for Slave {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
