//! What is said on the command line, found at the ports, or asked.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use config::Draft;

use super::find::Found;
use super::question::Questions;
use super::{save, told};
use crate::arguments::SetupArguments;
use crate::failure::Failure;
use crate::{reader, say};

/// Fills the draft; the secret comes beside it, unless a file has it already.
pub(super) fn take(
    given: &SetupArguments,
    found: &Found,
    questions: &mut Questions,
    draft: &mut Draft,
) -> Result<Option<String>, Failure> {
    say(&told(found))?;
    let mut ask = |given: &Option<String>, question: &str, default: Option<&str>| match given {
        Some(given) => Ok(given.clone()),
        None => questions.text(question, default),
    };
    let library = ask(&given.library, "图书馆名称 the library's name", Some("图书馆"))?;
    let name = ask(&given.name, "本机名称 this kiosk's name", Some("自助借还机 1"))?;
    draft.set("place", "library", library).set("kiosk", "name", name);
    if let Some(folder) = &given.data_dir {
        draft.set("kiosk", "data_dir", folder.to_string_lossy().into_owned());
    }
    let gates = given.gates.map(|gates| gates.word().to_owned());
    let gates = ask(
        &gates,
        "门禁的 AFI 值 the gates' AFI values: standard (07/C2), 3m (D7/DA), german (07/21)",
        Some("standard"),
    )?;
    draft.set("security", "afi_pair", gates);
    let interface = given.interface.map(|interface| interface.word().to_owned());
    let interface = ask(
        &interface,
        "业务系统接口 the library's system: openlib (Interlib), kiosk (central), sip2",
        Some("openlib"),
    )?;
    draft.set("central", "interface", interface.clone());
    let is_sip2 = interface == "sip2";
    let example = if is_sip2 { "127.0.0.1:6001" } else { "http://127.0.0.1:8700" };
    let address = ask(&given.central, "中心服务器地址 its address", Some(example))?;
    let account = ask(&given.account, "接口账号 the kiosk's account there (appid, SIP2 user)", None)?;
    if is_sip2 {
        let (host, port) = host_and_port(&address)?;
        draft.set("sip2", "host", host).set("sip2", "port", i64::from(port)).set("sip2", "user", account);
    } else {
        draft.set("central", "base_url", address).set("central", "appid", account);
        let operator = ask(&given.operator, "操作员账号 the operator account of loans", Some("kiosk1"))?;
        draft.set("central", "opuser", operator);
    }
    set_reader(found, draft);
    set_printer(found, draft);
    let (section, key) = if is_sip2 { ("sip2", "password_file") } else { ("central", "secret_file") };
    if let Some(file) = &given.secret_file {
        // Read here too, so that a fault is told in the words of the option.
        first_line(file)?;
        let absolute = std::path::absolute(file).map_err(Failure::System)?;
        draft.set(section, key, absolute.to_string_lossy().into_owned());
        return Ok(None);
    }
    let secret = questions.secret("接口密钥（输入时不显示） the account's secret, not shown")?;
    draft.set(section, key, save::secret_file(given).to_string_lossy().into_owned());
    Ok(Some(secret))
}

fn set_reader(found: &Found, draft: &mut Draft) {
    let Some(reader) = &found.reader else { return };
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
fn set_printer(found: &Found, draft: &mut Draft) {
    let Some(printer) = &found.printer else { return };
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
