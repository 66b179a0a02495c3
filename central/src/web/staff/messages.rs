//! Messages for readers, on one kiosk's screen or on all.

use jiff::SignedDuration;
use maud::html;
use sync_client::kiosk_api::heartbeat::{MAX_TEXT, Notice};

use super::{Inside, Staff, time};
use crate::people::Right;
use crate::web::call::Call;
use crate::web::page::token;
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::Announce)?;
    let l = call.language;
    let messages = call.app.store().messages(&staff.of, call.now)?;
    let kiosks = call.app.store().kiosks(&staff.of)?;
    let everywhere = l.t("全部自助机", "All kiosks");
    let body = html! {
        @for message in &messages {
            div class="sheet" {
                p { b { (message.kiosk.as_deref().unwrap_or(everywhere)) } " " span class="soft" { (l.t("显示至 ", "until ")) (time(call, message.until)) } }
                p lang="zh-CN" { (message.notice.chinese) }
                @if !message.notice.english.is_empty() { p lang="en" { (message.notice.english) } }
                form method="post" action="/staff/messages" {
                    (token(&staff.ticket.form_token()))
                    input type="hidden" name="do" value="end";
                    input type="hidden" name="kiosk" value=(message.kiosk.as_deref().unwrap_or(""));
                    button class="quiet" { (l.t("撤下", "Take back")) }
                }
            }
        }
        form method="post" action="/staff/messages" class="sheet" {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="do" value="show";
            label for="kiosk" { (l.t("显示在", "Shown on")) }
            select id="kiosk" name="kiosk" {
                option value="" { (l.t("全部自助机", "all kiosks")) }
                @for kiosk in &kiosks { option value=(kiosk.kiosk) { (kiosk.kiosk) } }
            }
            label for="chinese" { (l.t("中文", "In Chinese")) }
            textarea id="chinese" name="chinese" rows="2" maxlength=(MAX_TEXT) required lang="zh-CN" {}
            label for="english" { (l.t("英文（可不填）", "In English (may be empty)")) }
            textarea id="english" name="english" rows="2" maxlength=(MAX_TEXT) lang="en" {}
            label for="hours" { (l.t("显示多久", "For how long")) }
            select id="hours" name="hours" {
                option value="2" { (l.t("2 小时", "2 hours")) }
                option value="12" { (l.t("12 小时", "12 hours")) }
                option value="24" selected { (l.t("1 天", "a day")) }
                option value="168" { (l.t("7 天", "a week")) }
                option value="720" { (l.t("30 天", "30 days")) }
            }
            p { button { (l.t("发布", "Show")) } }
        }
    };
    Ok(Inside::new(l.t("公告", "Messages"), body).reply(call, staff, 200))
}

pub(super) fn set(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::Announce)?;
    let kiosk = Some(call.form.text("kiosk")).filter(|kiosk| !kiosk.is_empty());
    let (store, who) = (call.app.store(), (staff.account.as_str(), call.now));
    if call.form.text("do") == "end" {
        store.set_message(&staff.of, kiosk.as_deref(), None, who)?;
        return Ok(Reply::see("/staff/messages?done=ended"));
    }
    let cut = |text: String| text.chars().take(MAX_TEXT).collect::<String>();
    let notice = Notice { chinese: cut(call.form.text("chinese")), english: cut(call.form.text("english")) };
    if notice.chinese.is_empty() {
        return Err(Trouble::Bad("请填写中文内容。", "Write the Chinese text."));
    }
    let hours = call.form.number("hours").filter(|hours| (1..=720).contains(hours));
    let hours: i64 = hours.ok_or(Trouble::Bad("请选择显示时间。", "Choose for how long."))?;
    let until = call.now.saturating_add(SignedDuration::from_hours(hours));
    store.set_message(&staff.of, kiosk.as_deref(), Some((&notice, until)), who)?;
    Ok(Reply::see("/staff/messages?done=shown"))
}
