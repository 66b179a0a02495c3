//! The ledger: whether it can be opened, and what waits in it.

use jiff::Timestamp;
use sync_client::queue::{Answer, Request, Status};

use super::{Finding, Patient};
use crate::failure::Failure;
use crate::queue::Caller;

/// Whether the ledger is sound. A kiosk that runs has it; of one that does not, it is opened here.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    match status(patient) {
        None => patient.without_config(),
        Some(Ok(status)) if patient.is_serving => vec![Finding::good(
            format!("流水账由运行中的本机持有，共 {} 条", status.total),
            format!("the kiosk that runs has the ledger: {} rows", status.total),
        )],
        Some(Ok(status)) => vec![Finding::good(
            format!("流水账完好，共 {} 条", status.total),
            format!("the ledger is sound: {} rows", status.total),
        )],
        Some(Err(Failure::NoLedger { path })) => vec![
            Finding::warning(
                format!("还没有流水账：{}", path.display()),
                format!("there is no ledger yet: {}", path.display()),
            )
            .remedy("本机启动一次就会建立：systemctl start yueting-kiosk", "the first start makes it: systemctl start yueting-kiosk"),
        ],
        Some(Err(failure)) => vec![
            Finding::fault("流水账打不开", failure.to_string()).remedy(
                "磁盘有空间、账号有权限而仍打不开，多半已损坏：停机后 kioskctl queue new-ledger 把旧文件移开（不删除），再请人核对",
                "if there is room and the account may, it is damaged: stop the kiosk, `kioskctl queue new-ledger` moves the file aside (nothing is deleted), then have its rows looked at",
            ),
        ],
    }
}

/// What waits for central or for staff.
pub(super) fn queue(patient: &Patient) -> Vec<Finding> {
    let Some(Ok(status)) = status(patient) else {
        return vec![Finding::skipped("没有流水账可看", "there is no ledger to look at")];
    };
    let mut found = Vec::new();
    if status.parked > 0 {
        let n = status.parked;
        found.push(
            Finding::warning(format!("{n} 条待工作人员处理"), format!("rows that wait for staff: {n}"))
                .remedy(
                    "kioskctl queue list --parked，逐条处理",
                    "kioskctl queue list --parked, and settle each",
                ),
        );
    }
    let oldest = status.oldest.as_deref().and_then(|oldest| oldest.parse::<Timestamp>().ok());
    let hours = oldest.map_or(0, |oldest| patient.now.duration_since(oldest).as_hours());
    if hours >= OLD_HOURS {
        found.push(
            Finding::warning(
                format!("有 {} 条尚未报给中心，最早的已 {hours} 小时", status.open),
                format!("{} rows are not told to central yet, the oldest for {hours} hours", status.open),
            )
            .remedy(
                "见 central 一项；中心恢复后会自动补报",
                "see `central`; they are told by themselves once it answers",
            ),
        );
    }
    if found.is_empty() {
        found.push(Finding::good(
            format!("未结 {} 条，均属正常", status.open),
            format!("{} rows are open, none for long", status.open),
        ));
    }
    found
}

fn status(patient: &Patient) -> Option<Result<Status, Failure>> {
    let folder = &patient.config.as_ref()?.kiosk.data_dir;
    let asked = Caller::reach(folder).and_then(|mut caller| match caller.ask(&Request::Status)? {
        Answer::Status(status) => Ok(status),
        Answer::Rows { .. } | Answer::Row { .. } | Answer::Refused { .. } => Err(Failure::Unexpected),
    });
    Some(asked)
}

/// A return is told to central within minutes where all is well.
const OLD_HOURS: i64 = 24;
