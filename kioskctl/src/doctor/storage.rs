//! The data folder: there, the kiosk's own, writable, with room; and the mirror in it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use config::{CheckoutPolicy, Interface};
use sync_client::mirror;

use super::{Finding, Patient};

/// Whether the folder is there and takes a file that is synced.
pub(super) fn folder(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let folder = &config.kiosk.data_dir;
    let shown = folder.display();
    let Ok(found) = folder.metadata() else {
        return vec![Finding::fault(format!("数据目录不存在：{shown}"), format!("there is no data folder {shown}")).remedy(
            "安装软件包会建立它；也可手工建立并归 yueting 账号所有（权限 700），或改正 kiosk.data_dir",
            "the package makes it; or make it for the account yueting with mode 700, or correct kiosk.data_dir",
        )];
    };
    if let Err(cause) = write(folder) {
        return vec![
            Finding::fault(
                format!("数据目录不能写入：{shown}（{cause}）"),
                format!("the data folder {shown} takes no file: {cause}"),
            )
            .remedy(
                "磁盘满、只读或损坏：查看 df 与 dmesg；不是 root 时请用 sudo 再试",
                "the disk is full, read-only or damaged: see df and dmesg; without root, try again with sudo",
            ),
        ];
    }
    if let Some((uid, _)) = patient.account()
        && found.uid() != uid
    {
        return vec![
            Finding::fault(
                format!("数据目录不归 yueting 账号所有：{shown}"),
                format!("the data folder {shown} is not the account yueting's"),
            )
            .remedy(format!("chown -R yueting: {shown}"), format!("chown -R yueting: {shown}")),
        ];
    }
    if found.permissions().mode() & 0o077 != 0 {
        return vec![
            Finding::warning(
                format!("数据目录对其他账号开放：{shown}"),
                format!("other accounts may look into the data folder {shown}"),
            )
            .remedy(format!("chmod 700 {shown}"), format!("chmod 700 {shown}")),
        ];
    }
    vec![Finding::good(format!("数据目录可写：{shown}"), format!("the data folder takes files: {shown}"))]
}

/// Writes, syncs and removes a small file.
fn write(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let written = file.write_all(b"doctor").and_then(|()| file.sync_all());
    fs::remove_file(&path)?;
    written
}

/// How much room its disk has.
pub(super) fn space(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let shown = config.kiosk.data_dir.display();
    let Ok(disk) = rustix::fs::statvfs(&config.kiosk.data_dir) else {
        return vec![Finding::skipped("数据目录不存在，未检查", "not looked at: there is no data folder")];
    };
    let free_mb = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    let (chinese, english) =
        (format!("{shown} 剩余 {free_mb} MB"), format!("{free_mb} MB are free at {shown}"));
    let remedy = (
        "清理磁盘：journalctl --vacuum-size=100M；apt-get clean；满了以后本机会停止服务",
        "make room: journalctl --vacuum-size=100M; apt-get clean; when it is full the kiosk serves nobody",
    );
    let least = patient.min_free_mb;
    if free_mb < least / 4 {
        vec![Finding::fault(chinese, english).remedy(remedy.0, remedy.1)]
    } else if free_mb < least || disk.f_files > 0 && disk.f_favail < FEW_FILES {
        vec![Finding::warning(chinese, english).remedy(remedy.0, remedy.1)]
    } else {
        vec![Finding::good(chinese, english)]
    }
}

/// How old the copy of central is that loans without central go by.
pub(super) fn mirror(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let lends = config.offline.checkout == CheckoutPolicy::Assume;
    if config.central.interface != Interface::Kiosk || !lends && !config.find.enabled {
        return vec![Finding::skipped("配置中不用本地副本", "the configuration wants no mirror")];
    }
    let remedy = (
        "确认中心可达且本机在运行；副本可以删除，会自动重取",
        "see that central answers and the kiosk runs; the mirror may be deleted, and is fetched again",
    );
    let most = i64::from(config.offline.max_mirror_age_hours);
    let age = mirror::mirrored_at(&config.kiosk.data_dir.join("mirror.db"))
        .map(|at| at.map(|at| patient.now.duration_since(at).as_hours()));
    vec![match age {
        Err(cause) => {
            Finding::fault("本地副本读不出来", format!("the mirror cannot be read: {cause}")).remedy(remedy.0, remedy.1)
        }
        Ok(None) => Finding::warning("还没有本地副本", "there is no mirror yet").remedy(remedy.0, remedy.1),
        Ok(Some(hours)) if hours >= most => Finding::fault(
            format!("本地副本已 {hours} 小时，超过 {most} 小时，断网时不能借书"),
            format!("the mirror is {hours} hours old, more than the {most} allowed: nothing is lent without central"),
        )
        .remedy(remedy.0, remedy.1),
        Ok(Some(hours)) if hours * 2 >= most => Finding::warning(
            format!("本地副本已 {hours} 小时"),
            format!("the mirror is {hours} hours old, of {most} allowed"),
        )
        .remedy(remedy.0, remedy.1),
        Ok(Some(hours)) => {
            Finding::good(format!("本地副本 {hours} 小时前更新"), format!("the mirror is {hours} hours old"))
        }
    }]
}

/// Names left on the disk.
const FEW_FILES: u64 = 1_000;
