//! The RFID reader: its port, and who answers there.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use config::Endpoint;
use rfid_driver::port::{self, DownCause};
use supervision::part::{Condition, Part, State};

use super::{Finding, Patient};
use crate::reader::probe::ask;
use crate::reader::{ports, runtime, settings_of};
use crate::settings;

/// Whether the port is there, and the kiosk's account may use it.
pub(super) fn port(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let Endpoint::Serial(path) = &config.reader.port else {
        return vec![Finding::skipped(
            "读写器在网络上，没有串口",
            "the reader is on the network: there is no serial port",
        )];
    };
    let shown = path.display();
    let Ok(found) = path.metadata() else {
        return vec![Finding::fault(format!("串口不存在：{shown}"), format!("there is no port {shown}{}", ports::Listed)).remedy(
            "插好读写器；固定名称由 udev 规则给出（/usr/lib/udev/rules.d/60-yueting.rules），或用 kioskctl setup 重新寻找",
            "plug the reader in; the fixed name comes from a udev rule (/usr/lib/udev/rules.d/60-yueting.rules), or find it again with `kioskctl setup`",
        )];
    };
    if !found.file_type().is_char_device() {
        return vec![
            Finding::fault(format!("不是串口：{shown}"), format!("{shown} is no serial port"))
                .remedy("改正 reader.port", "correct reader.port"),
        ];
    }
    if let Some((uid, groups)) = patient.account() {
        let (mode, may) = (found.mode(), 0o6);
        let is_permitted = mode & may == may
            || mode >> 3 & may == may && groups.contains(&found.gid())
            || mode >> 6 & may == may && found.uid() == uid;
        if !is_permitted {
            return vec![
                Finding::fault(
                    format!("yueting 账号不能使用 {shown}"),
                    format!("the account yueting may not use {shown}"),
                )
                .remedy(
                    "usermod -aG dialout yueting，然后重启本机服务",
                    "usermod -aG dialout yueting, then restart the kiosk",
                ),
            ];
        }
    }
    vec![Finding::good(format!("串口可用：{shown}"), format!("the port is there: {shown}"))]
}

/// The reader as the kiosk that drives it has it.
fn as_told(patient: &Patient) -> Finding {
    match patient.told(Part::Reader) {
        Some(Condition { state: State::Up, why, .. }) => Finding::good(
            format!("读写器应答（本机正在使用）：{why}"),
            format!("the reader answers the kiosk that runs: {why}"),
        ),
        Some(Condition { state: State::Down | State::Degraded | State::Restarting, why, .. }) => {
            Finding::fault(
                "读写器没有应答本机",
                format!("the reader does not answer the kiosk that runs: {why}"),
            )
            .remedy(REMEDY.0, REMEDY.1)
        }
        Some(Condition { state: State::Starting | State::Absent, .. }) | None => Finding::skipped(
            "本机正在运行，读写器归它使用；停机后再检查，或看屏幕与日志",
            "the kiosk runs and drives its reader alone: stop it to ask the reader, or see its screen and log",
        ),
    }
}

/// Who answers. A kiosk that runs drives its reader alone: then the kiosk is asked.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    if patient.is_serving {
        return vec![as_told(patient)];
    }
    let port = settings::port(config);
    let line = settings_of(&port);
    let endpoint = port.endpoint.to_string();
    let asked = runtime().map(|runtime| {
        runtime.block_on(async {
            match port::open_check(&port).await {
                Ok(()) => ask(port).await,
                Err(error) => (Err(DownCause::Open(error)), 0),
            }
        })
    });
    vec![match asked {
        Ok((Ok(identity), _)) => Finding::good(
            format!("读写器应答：{} {}（{line}）", identity.model, identity.firmware),
            format!("the reader answers: {} {} ({line})", identity.model, identity.firmware),
        ),
        Ok((Err(cause), n_garbage)) => {
            let noise =
                if n_garbage > 0 { format!("; {n_garbage} bytes that are no frames") } else { String::new() };
            Finding::fault(
                format!("读写器没有应答：{endpoint}（{line}）"),
                format!("the reader does not answer at {endpoint} ({line}): {cause}{noise}"),
            )
            .remedy(REMEDY.0, REMEDY.1)
        }
        Err(failure) => Finding::fault("无法询问读写器", failure.to_string()).remedy(REMEDY.0, REMEDY.1),
    }]
}

const REMEDY: (&str, &str) = (
    "查电源、线缆与串口；kioskctl reader probe --port 能找出协议与速率",
    "see its power, cable and port; `kioskctl reader probe --port` finds protocol and speed",
);
