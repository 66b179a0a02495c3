//! The clock: due dates and the order of the ledger depend on it.

use std::process::Command;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

use super::{Finding, Patient};

/// Whether it can be right, is kept right, and survives a pulled plug.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let mut found = Vec::new();
    let now = patient.now;
    if let Some(written) = newest(patient).filter(|written| *written > now) {
        found.push(
            Finding::fault(
                format!("时钟走在最后一条记录之前：现在 {now}，记录 {written}"),
                format!(
                    "the clock is behind the last row: it is {now}, and the ledger was written {written}"
                ),
            )
            .remedy(
                "校准时间：timedatectl set-ntp true，或 timedatectl set-time",
                "set it: timedatectl set-ntp true, or timedatectl set-time",
            ),
        );
    }
    if !is_synchronized(patient) {
        found.push(
            Finding::warning("时钟没有与时间服务器同步", "the clock is not kept by a time server").remedy(
                "timedatectl set-ntp true，并在 /etc/systemd/timesyncd.conf 写上馆内的时间服务器",
                "timedatectl set-ntp true, and name the library's time server in /etc/systemd/timesyncd.conf",
            ),
        );
    }
    if !patient.at("/sys/class/rtc/rtc0").exists() {
        found.push(
            Finding::warning(
                "没有硬件时钟：断电重启又无网络时，时间是错的",
                "there is no hardware clock: after a power cut without a network the time is wrong",
            )
            .remedy(
                "装一块带电池的 RTC，或保证开机时网络可用",
                "fit an RTC with a battery, or see that the network is there at the start",
            ),
        );
    }
    if found.is_empty() {
        found.push(Finding::good(format!("时钟正常：{now}"), format!("the clock is kept: {now}")));
    }
    found
}

/// When the ledger was last written.
fn newest(patient: &Patient) -> Option<Timestamp> {
    let folder = &patient.config.as_ref()?.kiosk.data_dir;
    ["ledger.db", "ledger.db-wal"]
        .iter()
        .filter_map(|name| {
            folder.join(name).metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()
        })
        .max()
        .and_then(|since| Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok())
}

/// systemd-timesyncd leaves a file; other services are known to timedatectl.
fn is_synchronized(patient: &Patient) -> bool {
    if patient.at("/run/systemd/timesync/synchronized").exists() {
        return true;
    }
    let asked =
        || Command::new("timedatectl").args(["show", "-p", "NTPSynchronized", "--value"]).output().ok();
    patient.is_here() && asked().is_some_and(|output| output.stdout.starts_with(b"yes"))
}
