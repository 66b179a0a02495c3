//! What is said of the kiosk: on the command line, on the terminal, or in the browser; and the file that comes of it.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use config::Draft;

use super::find::{FoundPrinter, FoundReader};
use super::question::Questions;
use super::save;
use crate::arguments::SetupArguments;
use crate::failure::Failure;
use crate::reader;

/// What the file is made of, besides what was found at the ports.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Answers {
    /// what readers call the library
    pub(super) library: String,
    /// what this kiosk is called
    pub(super) name: String,
    /// `security.afi_pair`
    pub(super) gates: String,
    /// `central.interface`
    pub(super) interface: String,
    /// of the library's system
    pub(super) address: String,
    /// the kiosk's name there
    pub(super) account: String,
    /// the operator that loans are booked under; of SIP2 there is none
    pub(super) operator: String,
    /// the account's secret, unless a file has it already
    pub(super) secret: Option<String>,
}

impl Answers {
    /// What is given on the command line, and the defaults; nothing was asked yet.
    pub(super) fn given(given: &SetupArguments) -> Result<Self, Failure> {
        let or = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
        if let Some(file) = &given.secret_file {
            // Read here too, so that a fault is told in the words of the option.
            first_line(file)?;
        }
        Ok(Self {
            library: or(&given.library, LIBRARY),
            name: or(&given.name, NAME),
            gates: given.gates.map_or(GATES, |gates| gates.word()).to_owned(),
            interface: given.interface.map_or(INTERFACE, |interface| interface.word()).to_owned(),
            address: or(&given.central, ""),
            account: or(&given.account, ""),
            operator: or(&given.operator, OPERATOR),
            secret: None,
        })
    }

    /// Asks what is not given.
    pub(super) fn asked(given: &SetupArguments, questions: &mut Questions) -> Result<Self, Failure> {
        let mut answers = Self::given(given)?;
        let mut ask = |is_given: bool, answer: &mut String, question: &str, default: Option<&str>| {
            if !is_given {
                *answer = questions.text(question, default)?;
            }
            Ok::<(), Failure>(())
        };
        let Self { library, name, gates, interface, address, account, operator, .. } = &mut answers;
        ask(given.library.is_some(), library, "图书馆名称 the library's name", Some(LIBRARY))?;
        ask(given.name.is_some(), name, "本机名称 this kiosk's name", Some(NAME))?;
        let question = "门禁的 AFI 值 the gates' AFI values: standard (07/C2), 3m (D7/DA), german (07/21)";
        ask(given.gates.is_some(), gates, question, Some(GATES))?;
        let question = "业务系统接口 the library's system: openlib (Interlib), kiosk (central), sip2";
        ask(given.interface.is_some(), interface, question, Some(INTERFACE))?;
        let is_sip2 = interface == SIP2;
        let example = if is_sip2 { "127.0.0.1:6001" } else { "http://127.0.0.1:8700" };
        ask(given.central.is_some(), address, "中心服务器地址 its address", Some(example))?;
        let question = "接口账号 the kiosk's account there (appid, SIP2 user)";
        ask(given.account.is_some(), account, question, None)?;
        if is_sip2 {
            host_and_port(address)?;
        } else {
            let question = "操作员账号 the operator account of loans";
            ask(given.operator.is_some(), operator, question, Some(OPERATOR))?;
        }
        if given.secret_file.is_none() {
            answers.secret =
                Some(questions.secret("接口密钥（输入时不显示） the account's secret, not shown")?);
        }
        Ok(answers)
    }

    /// Whether it is SIP2 that the library's system speaks.
    pub(super) fn is_sip2(&self) -> bool {
        self.interface == SIP2
    }

    /// The file, without the secret: it names the secret's file.
    pub(super) fn draft(
        &self,
        given: &SetupArguments,
        reader: Option<&FoundReader>,
        printer: Option<&FoundPrinter>,
    ) -> Result<Draft, Failure> {
        let mut draft = Draft::default();
        draft.set("place", "library", self.library.clone()).set("kiosk", "name", self.name.clone());
        if let Some(folder) = &given.data_dir {
            draft.set("kiosk", "data_dir", folder.to_string_lossy().into_owned());
        }
        draft.set("security", "afi_pair", self.gates.clone());
        draft.set("central", "interface", self.interface.clone());
        let (section, key) = if self.is_sip2() {
            let (host, port) = host_and_port(&self.address)?;
            draft.set("sip2", "host", host).set("sip2", "port", i64::from(port));
            draft.set("sip2", "user", self.account.clone());
            ("sip2", "password_file")
        } else {
            draft.set("central", "base_url", self.address.clone());
            draft.set("central", "appid", self.account.clone());
            draft.set("central", "opuser", self.operator.clone());
            ("central", "secret_file")
        };
        if let Some(reader) = reader {
            set_reader(reader, &mut draft);
        }
        if let Some(printer) = printer {
            set_printer(printer, &mut draft);
        }
        let file = match &given.secret_file {
            Some(file) => std::path::absolute(file).map_err(Failure::System)?,
            None => save::secret_file(given),
        };
        draft.set(section, key, file.to_string_lossy().into_owned());
        Ok(draft)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secret.
        f.debug_struct("Answers")
            .field("library", &self.library)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn set_reader(reader: &FoundReader, draft: &mut Draft) {
    draft.set("reader", "port", reader.name.clone()).set(
        "reader",
        "protocol",
        reader::word(reader.port.protocol),
    );
    if !reader.port.endpoint.is_tcp() {
        draft.set("reader", "baud", i64::from(reader.port.baud)).set("reader", "parity", reader.parity());
    }
}

/// Only what the kiosk of this version can be told of a printer.
fn set_printer(printer: &FoundPrinter, draft: &mut Draft) {
    let keys = config::keys();
    let is_known = |name: &str| keys.iter().any(|key| key.section == "printer" && key.name == name);
    if is_known("enabled") {
        draft.set("printer", "enabled", true);
    }
    if is_known("port") {
        draft.set("printer", "port", printer.name.clone());
    }
    if is_known("baud") {
        draft.set("printer", "baud", i64::from(printer.baud));
    }
}

fn host_and_port(address: &str) -> Result<(String, u16), Failure> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    parts.ok_or_else(|| Failure::Setup { why: format!("{address:?} is no HOST:PORT, as sip2.example:6001") })
}

fn first_line(file: &std::path::Path) -> Result<(), Failure> {
    let failed = |why: String| Failure::Setup { why: format!("--secret-file {}: {why}", file.display()) };
    let opened = File::open(file).map_err(|cause| failed(cause.to_string()))?;
    let mut line = String::new();
    BufReader::new(opened.take(4_096)).read_line(&mut line).map_err(|cause| failed(cause.to_string()))?;
    if line.trim().is_empty() { Err(failed("its first line is empty".to_owned())) } else { Ok(()) }
}

const LIBRARY: &str = "图书馆";
const NAME: &str = "自助借还机 1";
const GATES: &str = "standard";
const INTERFACE: &str = "openlib";
const SIP2: &str = "sip2";
const OPERATOR: &str = "kiosk1";
