//! Who did what.

use maud::html;

use super::board::query;
use super::{Inside, Staff};
use crate::clock;
use crate::people::Right;
use crate::store::people::act;
use crate::web::call::Call;
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SeeAudit)?;
    let l = call.language;
    let before = call.query.number("before").unwrap_or(i64::MAX);
    let lines = call.app.store().audited(&staff.of, before, PAGE)?;
    let older = lines.last().filter(|_| lines.len() == PAGE as usize).map(|line| line.seq.to_string());
    let body = html! {
        table class="cards" {
            thead { tr {
                th scope="col" { (l.t("时间", "Time")) }
                th scope="col" { (l.t("账号", "Account")) }
                th scope="col" { (l.t("事项", "Act")) }
                th scope="col" { (l.t("对象", "Object")) }
            } }
            tbody { @for line in &lines { tr {
                td data-label=(l.t("时间", "Time")) { (clock::stamp(line.at)) }
                td data-label=(l.t("账号", "Account")) { (line.actor) }
                td data-label=(l.t("事项", "Act")) { (words(call, &line.act)) }
                td data-label=(l.t("对象", "Object")) { span { (line.object) } }
            } } }
        }
        @if let Some(older) = &older {
            p class="pages" { a href={ "/staff/audit?" (query("before", older)) } { (l.t("更早 →", "Older →")) } }
        }
    };
    Ok(Inside::new(l.t("操作日志", "Log"), body).reply(call, staff, 200))
}

fn words<'a>(call: &Call, word: &'a str) -> &'a str {
    let l = call.language;
    match word {
        act::MAKE_ACCOUNT => l.t("建立账号", "made an account"),
        act::DISABLE_ACCOUNT => l.t("停用账号", "disabled an account"),
        act::ENABLE_ACCOUNT => l.t("启用账号", "enabled an account"),
        act::SET_PASSWORD => l.t("设置密码", "set a password"),
        act::LOG_IN => l.t("登录", "logged in"),
        act::LOG_OUT => l.t("退出", "logged out"),
        act::LOCK_OUT => l.t("多次失败，暂停登录", "locked after failures"),
        act::ADMIT_KIOSK => l.t("建立自助机密钥", "gave a kiosk a secret"),
        act::EXPEL_KIOSK => l.t("收回自助机密钥", "took a kiosk's secret back"),
        act::FORGET_KIOSK => l.t("从看板移除自助机", "removed a kiosk"),
        act::RETRY_PARKED => l.t("重试停留交易", "had a transaction tried again"),
        act::SETTLE_PARKED => l.t("结案停留交易", "had a transaction closed"),
        act::GIVE_BACK => l.t("人工退款", "gave money back by hand"),
        act::SETTLE_EXCEPTION => l.t("核对记录结案", "closed a record"),
        act::SET_MESSAGE => l.t("发布公告", "showed a message"),
        act::GIVE_SETTINGS => l.t("下发自助机设置", "gave kiosks settings"),
        act::END_MESSAGE => l.t("撤下公告", "took a message back"),
        other => other,
    }
}

const PAGE: u32 = 100;
