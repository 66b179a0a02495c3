//! How every part is, and was; and the alarms.

use maud::{Markup, html};

use super::{Frame, second};
use crate::alarm::{Alarm, Severity};
use crate::part::{Condition, Part, State};

pub(in crate::console) fn overview(frame: &Frame<'_>) -> Markup {
    let board = frame.board;
    frame.page(
        "/",
        &html! {
            @if !board.alarms.is_empty() {
                h2 { "告警 Alarms" }
                ul class="alarms" { @for known in &board.alarms { (alarm(known)) } }
            }
            h2 { "各部分 Parts" }
            table {
                thead { tr { th { "部分" } th { "状态" } th { "自" } th { "重启" } th class="wide" { "说明" } } }
                tbody { @for known in board.parts.iter().filter(|known| known.state != State::Absent) {
                    tr {
                        td { a href={ "/parts/" (known.part.word()) } { (known.part.chinese()) " " (known.part.word()) } }
                        td class=(colour(known.state)) { (known.state.chinese()) " " (known.state.word()) }
                        td class="nowrap" { (second(&known.since)) }
                        td { (known.n_restarts) }
                        td class="wide" { (known.why) }
                    }
                } }
            }
            h2 { "本机 Machine" }
            dl {
                dt { "画面 Page" } dd { (board.page) @if board.is_serving { " · 正有读者使用 in use" } }
                dt { "记录 Rows" } dd { @match &board.queue {
                    Some(queue) => { (queue.open) " 未了结 open · " (queue.parked) " 待处理 wait for staff" }
                    None => { "—" }
                } }
                dt { "磁盘 Disk" } dd { @match board.disk_free { Some(free) => { (free >> 20) " MB" } None => { "—" } } }
                dt { "时钟 Clock" } dd { @match board.clock_synced {
                    Some(true) => { "已校时 set by a time server" }
                    Some(false) => { "未校时 not set by a time server" }
                    None => { "—" }
                } }
                dt { "启动 Started" } dd { (second(&board.started)) }
                dt { "设置 Settings" } dd { code { (board.configuration.digest) } " · " (second(&board.configuration.since))
                    @if board.configuration.waits { " · 待当前读者离开后生效 in force once the visit has ended" } }
            }
            form method="post" action="/reload" {
                (frame.token())
                button { "重新读取设置 Take over the settings' file" }
            }
            @if !board.past.is_empty() {
                details {
                    summary { "已解除的告警 Alarms that are over" }
                    ul class="alarms" { @for known in board.past.iter().rev().take(20) { (alarm(known)) } }
                }
            }
        },
    )
}

/// One part with its history.
pub(in crate::console) fn part(frame: &Frame<'_>, known: &Condition) -> Markup {
    let can_restart = !matches!(known.part, Part::Ledger | Part::Screen) && known.state != State::Absent;
    frame.page(
        "/",
        &html! {
            h2 { (known.part.chinese()) " " (known.part.word()) }
            p { span class=(colour(known.state)) { (known.state.chinese()) " " (known.state.word()) }
                " · " (second(&known.since)) " · " (known.why) }
            @if can_restart {
                form method="post" action="/restart" {
                    (frame.token())
                    input type="hidden" name="part" value=(known.part.word());
                    button disabled[frame.board.is_serving] { "重启此部分 Begin anew" }
                }
            }
            h3 { "历史 History" }
            table { tbody { @for change in known.history.iter().rev() {
                tr {
                    td class="nowrap" { (second(&change.at)) }
                    td class=(colour(change.state)) { (change.state.chinese()) " " (change.state.word()) }
                    td class="wide" { (change.why) }
                }
            } } }
        },
    )
}

fn alarm(known: &Alarm) -> Markup {
    let (chinese, english) = known.what_to_do();
    let class = match known.severity {
        Severity::Critical => "bad",
        Severity::Warning => "doubt",
        Severity::Info => "quiet",
    };
    html! { li {
        strong class=(class) { (known.title()) } " " code { (known.key) } " · " (second(&known.since))
        @if let Some(until) = &known.until { " – " (second(until)) }
        @if !known.why.is_empty() { br; (known.why) }
        br; (chinese) br; span lang="en" { (english) }
    } }
}

const fn colour(state: State) -> &'static str {
    match state {
        State::Up => "good",
        State::Degraded | State::Starting | State::Restarting => "doubt",
        State::Down => "bad",
        State::Absent => "quiet",
    }
}
