//! What lies on the pad, and the station at which tags are written.

use maud::{Markup, html};

use super::{Frame, second};
use crate::board::Power;
use crate::console::Pad;
use crate::control::TRIAL_SECONDS;
use crate::station::{Batch, Refused, Wanted, Written};

pub(in crate::console) fn pad(frame: &Frame<'_>, pad: &Pad) -> Markup {
    frame.page(
        "/pad",
        &html! {
            h2 { "感应区 Pad" }
            div data-live="/pad/live" { (pad_live(pad)) }
            noscript { p { a href="/pad" { "刷新 Look again" } } }
            (power(frame))
            script src="/console.js" {}
        },
    )
}

/// The transmit power: what is configured, and another one for a while.
fn power(frame: &Frame<'_>) -> Markup {
    let Power { configured, trial } = frame.board.power;
    let Some(configured) = configured else { return html! {} };
    html! {
        h2 { "天线功率 Antenna power" }
        p { "设定 configured: " strong { (configured) " dBm" } }
        @if let Some(trial) = trial {
            p class="doubt" role="status" { "试用 on trial: " strong { (trial.dbm) " dBm" } " · 至 until " (second(&trial.until))
                br; "到时自动恢复 it goes back by itself" }
            form method="post" action="/power" {
                (frame.token())
                input type="hidden" name="back" value="yes";
                button { "立即恢复 Go back now" }
            }
        }
        form method="post" action="/power" class="row" {
            (frame.token())
            label for="dbm" { "dBm" }
            input id="dbm" name="dbm" type="number" min="0" max="36" required value=(trial.map_or(configured, |trial| trial.dbm));
            label for="seconds" { "秒 Seconds" }
            input id="seconds" name="seconds" type="number" min=(TRIAL_SECONDS.start()) max=(TRIAL_SECONDS.end()) required value="60";
            button disabled[frame.board.is_serving] { "试用 Try" }
        }
        p class="quiet" { "要长期使用：写入 reader.power_dbm 并重启 · to keep it: reader.power_dbm in the configuration, and a restart" }
    }
}

/// The part that is looked at again and again.
pub(in crate::console) fn pad_live(pad: &Pad) -> Markup {
    html! {
        p { (pad.tags.len()) " 个标签 tags · " (format!("{:.1}", pad.rounds)) " 轮/秒 rounds a second · 噪声 noise "
            (pad.n_garbage) " B" }
        table {
            thead { tr {
                th { "图书 Item" } th { "AFI" } th { "dBm" } th { "天线 Ant." } th { "次/秒 Reads" } th { "漏 Missed" }
            } }
            tbody { @for tag in &pad.tags {
                tr {
                    td { strong { (tag.item.as_deref().unwrap_or("—")) } " " (tag.title.as_deref().unwrap_or_default())
                        br; code { (tag.id) } }
                    td { (tag.afi.as_deref().unwrap_or("—")) }
                    td { @match tag.rssi { Some(rssi) => { (rssi) } None => { "—" } } }
                    td { @match tag.antenna { Some(antenna) => { (antenna) } None => { "—" } } }
                    td { (format!("{:.1}", tag.reads)) }
                    td { (format!("{:.0}", tag.missed)) " %" }
                }
            } }
        }
    }
}

/// The station. `ended` is how the last writing ended, and what was wanted.
pub(in crate::console) fn station(
    frame: &Frame<'_>,
    batch: &Batch,
    wanted: &Wanted,
    ended: Option<&Result<Written, Refused>>,
) -> Markup {
    let overwrite = match ended {
        Some(Err(Refused::OtherItem { old })) => Some(old.as_str()),
        Some(Ok(_) | Err(_)) | None => None,
    };
    let is_twice = matches!(ended, Some(Err(Refused::Twice { .. })));
    // What was written is done with: the next barcode comes into an empty field.
    let item = if matches!(ended, Some(Ok(_))) { "" } else { wanted.item.as_str() };
    frame.page(
        "/station",
        &html! {
            h2 { "写标签 Tag station" }
            @if !frame.board.out_of_service {
                p class="doubt" { "先停止服务，再写标签 · take the machine out of service first: " a href="/tests" { "服务 Service" } }
            }
            @match ended {
                Some(Ok(written)) => { p class="said good" role="status" {
                    "已写成并核对 written and read back: " strong { (written.item) } " → " code { (written.tag) }
                    @if written.was_same { "（原已如此 it said so before）" }
                } }
                Some(Err(refused)) => { p class="said bad" role="alert" { (refused) } }
                None => {}
            }
            form method="post" action="/station" {
                (frame.token())
                label for="item" { "扫描条码，放上一个标签 Scan the barcode, lay one tag on the pad" }
                input id="item" name="item" value=(item) autofocus required maxlength="32" autocomplete="off" autocapitalize="off" spellcheck="false";
                @if let Some(old) = overwrite {
                    label { input type="checkbox" name="overwrite" value=(old); " 改写属于 " (old) " 的标签 overwrite it" }
                }
                @if is_twice {
                    label { input type="checkbox" name="again" value="yes"; " 确为第二个标签 a second tag is meant" }
                }
                button { "写入 Write" }
            }
            p { "本批已写 Written in this batch: " strong { (batch.n_written()) } }
            @for (item, n) in batch.doubled() { p class="doubt" { (item) ": " (n) " 个标签 tags" } }
            form method="post" action="/station/new" { (frame.token()) button class="quiet" { "新一批 New batch" } }
        },
    )
}
