//! The board: every kiosk with state, queue, last contact and alarms; and one kiosk with its parts.

use maud::{Markup, html};
use sync_client::kiosk_api::heartbeat::Condition;

use super::{Inside, Staff, time};
use crate::board::{Alarm, Grade, alarms, grade};
use crate::people::Right;
use crate::store::fleet::Kiosk;
use crate::web::call::Call;
use crate::web::reply::{Reply, Trouble};

pub(super) fn board(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SeeBoard)?;
    let l = call.language;
    let mut kiosks: Vec<(Kiosk, Vec<Alarm>)> = call
        .app
        .store()
        .kiosks(&staff.of)?
        .into_iter()
        .map(|kiosk| (alarms(&kiosk, call.now), kiosk))
        .map(|(alarms, kiosk)| (kiosk, alarms))
        .collect();
    kiosks.sort_by_key(|(_, alarms)| core::cmp::Reverse(grade(alarms)));
    let n_of = |wanted: Grade| kiosks.iter().filter(|(_, alarms)| grade(alarms) == wanted).count();
    let body = html! {
        div class="tiles" {
            (tile(kiosks.len(), l.t("台自助机", "kiosks"), ""))
            (tile(n_of(Grade::Well), l.t("正常", "well"), ""))
            (tile(n_of(Grade::Attention), l.t("请留意", "to see to"), "warn"))
            (tile(n_of(Grade::Bad), l.t("故障", "out of order"), "bad"))
        }
        @if kiosks.is_empty() {
            p class="sheet" {
                (l.t("还没有自助机。技术员在“自助机”页建立密钥，自助机第一次联系后就出现在这里。",
                    "No kiosk yet. A technician makes a secret on the page “Kiosks”; the kiosk appears with its first heart-beat."))
            }
        } @else {
            table class="cards" {
                thead { tr {
                    th scope="col" { (l.t("自助机", "Kiosk")) }
                    th scope="col" { (l.t("状态", "State")) }
                    th scope="col" { (l.t("提醒", "Alarms")) }
                    th scope="col" class="n" { (l.t("待上传", "Queue")) }
                    th scope="col" { (l.t("最近联系", "Last contact")) }
                } }
                tbody { @for (kiosk, alarms) in &kiosks { (row(call, kiosk, alarms)) } }
            }
        }
        p class="soft small" { (l.t("每 30 秒自动刷新。更新于 ", "Refreshed every 30 seconds. Of ")) (time(call, call.now)) }
    };
    let title = l.t("自助机看板", "Kiosks");
    Ok(Inside { again_s: Some(30), ..Inside::new(title, body) }.reply(call, staff, 200))
}

pub(super) fn kiosk(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SeeBoard)?;
    let l = call.language;
    let name = call.query.text("name");
    let kiosks = call.app.store().kiosks(&staff.of)?;
    let kiosk = kiosks.into_iter().find(|kiosk| kiosk.kiosk == name).ok_or(Trouble::NoPage)?;
    let alarms = alarms(&kiosk, call.now);
    let body = html! {
        div class="sheet" {
            p { (mark(call, grade(&alarms))) " " (kiosk.branch.as_deref().unwrap_or("")) }
            (alarm_list(call, &alarms))
            p class="soft" {
                (l.t("程序版本 ", "Program ")) (kiosk.version)
                (l.t("，待上传 ", ", waiting: ")) (kiosk.n_waiting)
                (l.t("，待处理 ", ", for staff: ")) (kiosk.n_parked)
                @if let Some(seen) = kiosk.seen_at { (l.t("，最近联系 ", ", last contact ")) (time(call, seen)) }
            }
        }
        h2 { (l.t("部件", "Parts")) }
        table class="cards" {
            thead { tr {
                th scope="col" { (l.t("部件", "Part")) }
                th scope="col" { (l.t("状态", "State")) }
                th scope="col" { (l.t("说明", "Detail")) }
                th scope="col" { (l.t("自", "Since")) }
            } }
            tbody {
                @for part in &kiosk.parts {
                    tr {
                        td class="head" { (part_name(call, &part.part)) }
                        td data-label=(l.t("状态", "State")) { (condition(call, part.state)) }
                        td data-label=(l.t("说明", "Detail")) { (part.detail) }
                        td data-label=(l.t("自", "Since")) { (time(call, part.since)) }
                    }
                }
            }
        }
    };
    Ok(Inside { again_s: Some(30), ..Inside::new(&kiosk.kiosk, body) }.reply(call, staff, 200))
}

fn row(call: &Call, kiosk: &Kiosk, alarms: &[Alarm]) -> Markup {
    let l = call.language;
    html! {
        tr {
            td class="head" {
                a href={ "/staff/kiosk?" (query("name", &kiosk.kiosk)) } { (kiosk.kiosk) }
                @if let Some(branch) = &kiosk.branch { div class="soft small" { (branch) } }
            }
            td data-label=(l.t("状态", "State")) { (mark(call, grade(alarms))) }
            td data-label=(l.t("提醒", "Alarms")) { (alarm_list(call, alarms)) }
            td class="n" data-label=(l.t("待上传", "Queue")) { (kiosk.n_waiting) }
            td data-label=(l.t("最近联系", "Last contact")) {
                @match kiosk.seen_at {
                    Some(seen) => (time(call, seen)),
                    None => (l.t("从未", "never")),
                }
            }
        }
    }
}

fn tile(n: usize, words: &str, class: &str) -> Markup {
    let class = if n == 0 || class.is_empty() { "tile".to_owned() } else { format!("tile {class}") };
    html! { div class=(class) { b { (n) } (words) } }
}

fn mark(call: &Call, grade: Grade) -> Markup {
    let l = call.language;
    match grade {
        Grade::Well => html! { span class="mark good" { (l.t("正常", "well")) } },
        Grade::Attention => html! { span class="mark warn" { (l.t("请留意", "see to it")) } },
        Grade::Bad => html! { span class="mark bad" { (l.t("故障", "out of order")) } },
    }
}

fn condition(call: &Call, condition: Condition) -> Markup {
    let l = call.language;
    match condition {
        Condition::Works => html! { span class="mark good" { (l.t("正常", "works")) } },
        Condition::Attention => html! { span class="mark warn" { (l.t("请留意", "see to it")) } },
        Condition::Fails => html! { span class="mark bad" { (l.t("故障", "fails")) } },
        Condition::Absent => html! { span class="mark none" { (l.t("未安装", "not fitted")) } },
    }
}

fn alarm_list(call: &Call, alarms: &[Alarm]) -> Markup {
    html! {
        @if !alarms.is_empty() {
            ul class="plain" { @for alarm in alarms { li { (alarm_words(call, alarm)) } } }
        }
    }
}

fn alarm_words(call: &Call, alarm: &Alarm) -> Markup {
    let l = call.language;
    match alarm {
        Alarm::NeverSeen => html! { (l.t("从未联系过", "never heard of")) },
        Alarm::Silent(since) => html! { (l.t("失去联系，自 ", "silent since ")) (time(call, *since)) },
        Alarm::Part(part) => html! {
            (part_name(call, &part.part)) (l.t("：", ": "))
            @if part.state == Condition::Fails { (l.t("故障", "fails")) } @else { (l.t("请留意", "see to it")) }
            @if !part.detail.is_empty() { (l.t("（", " (")) (part.detail) (l.t("）", ")")) }
            (l.t("，自 ", ", since ")) (time(call, part.since))
        },
        Alarm::Parked(n) => html! { a href="/staff/todo" { (n) (l.t(" 笔待处理", " for staff")) } },
        Alarm::Queue(n, oldest) => html! {
            (n) (l.t(" 笔待上传", " waiting for central"))
            @if let Some(oldest) = oldest { (l.t("，最早 ", ", the oldest of ")) (time(call, *oldest)) }
        },
        Alarm::Clock(seconds) => html! {
            @if *seconds > 0 { (l.t("时钟快 ", "clock ahead by ")) } @else { (l.t("时钟慢 ", "clock behind by ")) }
            (seconds.abs()) (l.t(" 秒", " s"))
        },
    }
}

/// A part's name; a word that is new to us is shown as it is.
fn part_name<'a>(call: &Call, part: &'a str) -> &'a str {
    let l = call.language;
    match part {
        "reader" => l.t("RFID 读写器", "RFID reader"),
        "ledger" => l.t("流水账", "ledger"),
        "central" => l.t("网络", "link"),
        "mirror" => l.t("离线数据", "mirror"),
        "printer" => l.t("打印机", "printer"),
        "scanner" => l.t("扫码器", "scanner"),
        "display" | "screen" => l.t("屏幕", "screen"),
        "settings" => l.t("中心下发的设置", "settings from central"),
        "speech" => l.t("语音", "speech"),
        "catalogue" => l.t("查书", "catalogue"),
        "control" => l.t("控制口", "control socket"),
        "console" => l.t("控制台", "console"),
        "service" => l.t("服务状态", "service"),
        "card_dispenser" => l.t("发卡机", "card dispenser"),
        "id_reader" => l.t("身份证阅读器", "ID reader"),
        "gate" => l.t("门禁", "gate"),
        "bin" => l.t("还书箱", "bin"),
        other => other,
    }
}

/// A pair of a query, encoded.
pub(super) fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}
