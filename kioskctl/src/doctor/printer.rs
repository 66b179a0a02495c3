//! The receipt printer: its port, and how it says that it is. Readers are served without it, so nothing here is a fault.

use peripherals::escpos::{PaperState, State as Told};
use rfid_driver::port::{self, PortConfig};
use supervision::part::{Condition, Part, State};

use super::{Finding, Patient};
use crate::reader::runtime;
use crate::{printer, settings};

/// Asks it; three bytes that print nothing. A kiosk that runs has it alone: then the kiosk is asked.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    if !config.printer.enabled {
        return vec![Finding::skipped("没有配打印机", "there is no printer in the configuration")];
    }
    if patient.is_serving {
        return vec![as_told(patient)];
    }
    let (endpoint, baud) = (settings::endpoint(&config.printer.port), config.printer.baud.bits_per_second());
    let shown = endpoint.to_string();
    let asked = runtime().map(|runtime| {
        runtime.block_on(async {
            let port = PortConfig { endpoint: endpoint.clone(), baud, ..PortConfig::default() };
            port::open_check(&port).await.map_err(|error| error.to_string())?;
            printer::state(&endpoint, baud).await.ok_or_else(|| format!("no answer at {baud} 8N1"))
        })
    });
    match asked {
        Ok(Ok(told)) => findings(&shown, told),
        Ok(Err(why)) => vec![silent(&shown, &why)],
        Err(failure) => vec![silent(&shown, &failure.to_string())],
    }
}

/// The printer as the kiosk that drives it has it.
fn as_told(patient: &Patient) -> Finding {
    match patient.told(Part::Printer) {
        Some(Condition { state: State::Up, why, .. }) => Finding::good(
            format!("打印机应答（本机正在使用） {why}"),
            format!("the printer answers the kiosk that runs {why}"),
        ),
        Some(Condition { state: State::Down | State::Degraded | State::Restarting, why, .. }) => {
            Finding::warning(
                "打印机不能打印",
                format!("the printer cannot print for the kiosk that runs: {why}"),
            )
            .remedy(PAPER.0, PAPER.1)
        }
        Some(Condition { state: State::Starting | State::Absent, .. }) | None => Finding::skipped(
            "本机正在运行，打印机归它使用；停机后再检查",
            "the kiosk runs and drives its printer alone: stop it to ask the printer",
        ),
    }
}

fn silent(shown: &str, why: &str) -> Finding {
    Finding::warning(format!("打印机没有应答：{shown}"), format!("the printer does not answer at {shown}: {why}")).remedy(
        "查电源、线缆与 printer.port、printer.baud；打印机的状态应答须打开（DLE EOT）",
        "see its power and cable, printer.port and printer.baud; its interface must answer for its status (DLE EOT)",
    )
}

/// Everything that it says is wrong.
fn findings(shown: &str, told: Told) -> Vec<Finding> {
    let paper = match told.paper {
        PaperState::Enough => None,
        PaperState::NearEnd => Some(("打印纸将尽", "the paper is nearly used up", PAPER)),
        PaperState::Out => Some(("缺纸", "there is no paper", PAPER)),
    };
    let when = |is: bool, words| is.then_some(words);
    let wrong = [
        paper,
        when(told.is_cover_open, ("盖子没有合上", "the cover is open", COVER)),
        when(told.is_cutter_stuck, ("切刀卡住", "the cutter is stuck", CUTTER)),
        when(told.has_error, ("打印机报错", "the printer says that it has an error", FAULT)),
    ];
    let findings: Vec<Finding> = wrong
        .into_iter()
        .flatten()
        .map(|(chinese, english, (to_do, to_do_english))| {
            Finding::warning(format!("{chinese}：{shown}"), format!("{english}: {shown}"))
                .remedy(to_do, to_do_english)
        })
        .collect();
    match (findings.is_empty(), told.is_offline) {
        (false, _) => findings,
        (true, true) => vec![
            Finding::warning(
                format!("打印机不打印：{shown}"),
                format!("the printer prints nothing now: {shown}"),
            )
            .remedy(FAULT.0, FAULT.1),
        ],
        (true, false) => {
            vec![Finding::good(format!("打印机就绪：{shown}"), format!("the printer is ready: {shown}"))]
        }
    }
}

const PAPER: (&str, &str) = ("装纸，合盖", "fill in paper, close the cover");
const COVER: (&str, &str) = ("合上盖子", "close the cover");
const CUTTER: (&str, &str) =
    ("关电源，打开盖子，清理切刀", "switch it off, open the cover, and clear the cutter");
const FAULT: (&str, &str) =
    ("关电源再开；过热须等几分钟", "switch it off and on again; one that is too hot takes some minutes");
