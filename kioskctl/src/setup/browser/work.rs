//! What is known so far, what is under way, and what was answered. Pure but for its lock; [`super::job`] changes it.

use peripherals::escpos::State;
use rfid_driver::port::Identity;
use tokio::time::Instant;

use crate::setup::answers::Answers;
use crate::setup::find::{self, FoundPrinter, FoundReader, Who};
use crate::setup::trial::Trial;

/// Everything.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) ports: Vec<Port>,
    /// One thing at a time: two would take each other's ports.
    pub(super) under_way: Option<UnderWay>,
    pub(super) answers: Answers,
    /// what became of the library's system with these answers
    pub(super) trial: Option<Trial>,
    /// the port whose reader is the kiosk's
    pub(super) reader: Option<String>,
    /// the port whose printer is
    pub(super) printer: Option<String>,
    /// whether the search is to end
    pub(super) is_stopped: bool,
    /// the file is there: nothing more is done
    pub(super) is_written: bool,
}

/// A port.
#[derive(Debug)]
pub(super) struct Port {
    /// the name that stays
    pub(super) name: String,
    pub(super) known: Known,
    pub(super) tested: Option<Tested>,
}

/// What is known of a port.
#[derive(Debug)]
pub(super) enum Known {
    NotAsked,
    Printer(FoundPrinter, State),
    Reader(FoundReader, Identity),
    /// and what is to be seen of it
    Nothing(String),
}

/// How a test ended, in words for the technician.
#[derive(Debug, Clone)]
pub(super) struct Tested {
    pub(super) is_good: bool,
    pub(super) text: String,
}

/// What is being done.
#[derive(Debug, Clone)]
pub(super) struct UnderWay {
    pub(super) what: What,
    /// the last word of it
    pub(super) line: String,
    pub(super) since: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// asks at a port
    Search {
        /// its name
        port: String,
    },
    /// tries what is at a port
    Test {
        /// its name
        port: String,
    },
    /// asks the library's system
    Library,
}

impl Work {
    pub(super) fn new(ports: Vec<String>, answers: Answers) -> Self {
        let mut work = Self {
            ports: Vec::new(),
            under_way: None,
            answers,
            trial: None,
            reader: None,
            printer: None,
            is_stopped: false,
            is_written: false,
        };
        work.look_at(ports);
        work
    }

    /// Takes the ports that are there; what is known of one that is still there is forgotten.
    pub(super) fn look_at(&mut self, ports: Vec<String>) {
        self.ports.clear();
        (self.reader, self.printer) = (None, None);
        for port in ports {
            self.add(&port);
        }
    }

    /// One more port, unless it is there already.
    pub(super) fn add(&mut self, port: &str) {
        let name = find::stable_name(port);
        if !self.ports.iter().any(|port| port.name == name) {
            self.ports.push(Port { name, known: Known::NotAsked, tested: None });
        }
    }

    pub(super) fn port(&self, name: &str) -> Option<&Port> {
        self.ports.iter().find(|port| port.name == name)
    }

    pub(super) fn port_mut(&mut self, name: &str) -> Option<&mut Port> {
        self.ports.iter_mut().find(|port| port.name == name)
    }

    /// Who answered at a port; the first of its kind is the kiosk's until the technician says otherwise.
    pub(super) fn found(&mut self, name: &str, who: Who) {
        let known = match who {
            Who::Printer(printer, state) => {
                self.printer.get_or_insert_with(|| name.to_owned());
                Known::Printer(printer, state)
            }
            Who::Reader(reader, identity) => {
                self.reader.get_or_insert_with(|| name.to_owned());
                Known::Reader(reader, identity)
            }
            Who::Nobody => Known::Nothing("没有认识的设备 nothing that is known".to_owned()),
        };
        if let Some(port) = self.port_mut(name) {
            port.known = known;
        }
    }

    /// The kiosk's reader is the one at this port, or its printer.
    pub(super) fn choose(&mut self, name: &str) {
        match self.port(name).map(|port| &port.known) {
            Some(Known::Reader(..)) => self.reader = Some(name.to_owned()),
            Some(Known::Printer(..)) => self.printer = Some(name.to_owned()),
            Some(Known::NotAsked | Known::Nothing(_)) | None => {}
        }
    }

    /// The kiosk's reader.
    pub(super) fn chosen_reader(&self) -> Option<&FoundReader> {
        match &self.port(self.reader.as_deref()?)?.known {
            Known::Reader(reader, _) => Some(reader),
            Known::Printer(..) | Known::NotAsked | Known::Nothing(_) => None,
        }
    }

    /// The kiosk's printer.
    pub(super) fn chosen_printer(&self) -> Option<&FoundPrinter> {
        match &self.port(self.printer.as_deref()?)?.known {
            Known::Printer(printer, _) => Some(printer),
            Known::Reader(..) | Known::NotAsked | Known::Nothing(_) => None,
        }
    }

    /// Whether something may begin now; if so, it is under way.
    pub(super) fn begin(&mut self, what: What) -> bool {
        let may = self.under_way.is_none() && !self.is_written;
        if may {
            self.is_stopped = false;
            self.under_way = Some(UnderWay { what, line: String::new(), since: Instant::now() });
        }
        may
    }
}
