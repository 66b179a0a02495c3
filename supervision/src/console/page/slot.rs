//! The return slot, drawn: what its contacts say, what it is told to move, where the pieces lie.
//!
//! ```text
//!   street │shutter│ eye      eye │flap│ eye   ▼bin ▼bin ..      one axis, in the units of the drawing
//!          WALL    INLET ......... FLAP  SORTER ............ END
//! ```

use maud::{Markup, html};

use super::Frame;
use crate::console::slot::{Bin, Contacts, Drive, Lamp, Piece, Place, Slot};

pub(in crate::console) fn slot(frame: &Frame<'_>, slot: &Slot) -> Markup {
    frame.page(
        "/slot",
        &html! {
            h2 { "还书口 Slot" }
            div data-live="/slot/live" { (slot_live(slot)) }
            noscript { p { a href="/slot" { "刷新 Look again" } } }
            p { a href="/tests" { "停止或恢复服务 Out of service, or back" } }
            script src="/console.js" {}
        },
    )
}

/// The part that is looked at again and again.
pub(in crate::console) fn slot_live(slot: &Slot) -> Markup {
    html! {
        p { strong class=(if slot.why.is_some() { "bad" } else { "good" }) { (state(&slot.state)) " " (slot.state) }
            @if let Some(why) = &slot.why { " · " (why) } }
        (drawing(slot))
        table class="bins" {
            thead { tr { th { "箱 Bin" } th { "件 Items" } th { "状态" } } }
            tbody { @for bin in &slot.bins { tr {
                td { (bin.name) } td { (bin.n) } td class=(bin_class(bin)) { (bin_words(bin)) }
            } } }
        }
        p class="quiet" { "件数自本程序启动或换车起计 · counted since the program began, or another cart was put there" }
        p { (pieces(&slot.pieces)) }
    }
}

fn drawing(slot: &Slot) -> Markup {
    let contacts = slot.contacts.clone().unwrap_or_default();
    let is_known = slot.contacts.is_some();
    html! {
        svg class=(if is_known { "slot" } else { "slot unknown" }) viewBox="0 0 640 250" role="img" aria-label=(label(slot)) {
            text x="8" y="98" { "街 street" }
            line class="wall" x1="92" y1="10" x2="92" y2="62" {}
            line class="wall" x1="92" y1="142" x2="92" y2="200" {}
            (mouth(slot, &contacts))
            (belts(slot))
            (eye(EYES.0, contacts.eyes[0])) (eye(EYES.1, contacts.eyes[1])) (eye(EYES.2, contacts.eyes[2]))
            line class="flap" x1=(FLAP) y1="80" x2=(FLAP + 12) y2="138" {}
            @for piece in &slot.pieces { (thing(piece)) }
            @for (at, bin) in slot.bins.iter().enumerate() { (cart(at, bin, slot)) }
            circle class=(if slot.lamp == Lamp::Ready { "lamp ready" } else { "lamp" }) cx="66" cy="30" r="9" {}
            circle class=(if slot.lamp == Lamp::Out { "lamp out" } else { "lamp" }) cx="66" cy="56" r="9" {}
            @if contacts.is_door_open { text class="alarm" x="112" y="220" { "维修门开 service door open" } }
            @if is_known && !contacts.has_mains { text class="alarm" x="112" y="242" { "无市电 no mains" } }
            @if !is_known { text class="alarm" x="112" y="30" { "触点未知 contacts not known" } }
        }
    }
}

/// Shutter and curtain.
fn mouth(slot: &Slot, contacts: &Contacts) -> Markup {
    let (height, words) = match (contacts.is_open, contacts.is_closed, slot.shutter) {
        (true, ..) => (8, "开 open"),
        (false, true, _) => (80, "关 closed"),
        (false, false, Drive::Forward) => (44, "开启中 ▲"),
        (false, false, Drive::Back) => (44, "关闭中 ▼"),
        (false, false, Drive::Stands) => (44, "停在中间 between"),
    };
    let curtain = if contacts.is_curtain_clear { "curtain" } else { "curtain broken" };
    html! {
        rect class="shutter" x="88" y="62" width="8" height=(height) {}
        line class=(curtain) x1="102" y1="62" x2="102" y2="142" {}
        // What is not known is not said: the drawing has one sentence instead.
        @if slot.contacts.is_some() {
            text x="102" y="24" { (words) }
            text class=(if contacts.is_curtain_clear { "" } else { "alarm" }) x="102" y="48" {
                (if contacts.is_curtain_clear { "光幕通 clear" } else { "光幕挡 broken" })
            }
        }
    }
}

fn belts(slot: &Slot) -> Markup {
    let inlet = match slot.inlet {
        Drive::Stands => "—",
        Drive::Forward => "▶▶",
        Drive::Back => "◀◀",
    };
    let class = |runs: bool| if runs { "belt runs" } else { "belt" };
    html! {
        line class=(class(slot.inlet != Drive::Stands)) x1=(INLET) y1="142" x2=(FLAP - 6) y2="142" {}
        text x="170" y="166" { (inlet) }
        line class=(class(slot.sorter_runs)) x1=(FLAP + 18) y1="142" x2=(END) y2="142" {}
        text x=(FLAP + 34) y="98" { (if slot.sorter_runs { "▶▶" } else { "—" }) }
    }
}

fn eye(x: u32, is_covered: bool) -> Markup {
    html! { circle class=(if is_covered { "eye covered" } else { "eye" }) cx=(x) cy="74" r="7" {} }
}

fn thing(piece: &Piece) -> Markup {
    let x = match piece.place {
        Place::Inlet => INLET + 12,
        Place::Flap => FLAP - 60,
        Place::Sorter => FLAP + 24,
    };
    html! {
        rect class="piece" x=(x) y="112" width="116" height="28" rx="4" {}
        text class="in-piece" x=(x + 58) y="132" text-anchor="middle" { (piece.item.as_deref().unwrap_or("?")) }
    }
}

fn cart(at: usize, bin: &Bin, slot: &Slot) -> Markup {
    let n = u32::try_from(slot.bins.len()).unwrap_or(1).max(1);
    let width = (END - BINS) / n;
    let x = BINS + width * u32::try_from(at).unwrap_or_default();
    // So many characters of the name as there is room for; the table below has the rest.
    let name: String = bin.name.chars().take(usize::try_from(width / 17).unwrap_or(1).max(1)).collect();
    html! {
        @if slot.divert == Some(at) { text class="divert" x=(x + width / 2) y="166" text-anchor="middle" { "▼" } }
        rect class=(format!("bin {}", bin_class(bin))) x=(x + 3) y="172" width=(width - 6) height="70" rx="4" {}
        text x=(x + width / 2) y="196" text-anchor="middle" { (name) }
        text class="count" x=(x + width / 2) y="230" text-anchor="middle" { @if bin.is_away { "✕" } @else { (bin.n) } }
    }
}

const fn bin_class(bin: &Bin) -> &'static str {
    if bin.is_away || bin.is_full { "bad" } else { "good" }
}

const fn bin_words(bin: &Bin) -> &'static str {
    match (bin.is_away, bin.is_full) {
        (true, _) => "不在 away",
        (false, true) => "已满 full",
        (false, false) => "可用 room left",
    }
}

fn pieces(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| {
        let place = match piece.place {
            Place::Inlet => "进口带 inlet belt",
            Place::Flap => "翻板 flap",
            Place::Sorter => "分拣带 sorting belt",
        };
        format!("{} #{} {place}", piece.item.as_deref().unwrap_or("?"), piece.number)
    };
    if pieces.is_empty() {
        "机内无件 nothing is in hand".to_owned()
    } else {
        pieces.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// What is seen, for whoever does not see it.
fn label(slot: &Slot) -> String {
    format!("{} {}; {}", state(&slot.state), slot.state, pieces(&slot.pieces))
}

/// The words of a state.
fn state(word: &str) -> &'static str {
    match word {
        "blank" | "recover" => "整理中",
        "idle" => "空闲",
        "wait-item" => "等待投入",
        "intake" => "进件",
        "hold" => "查询中",
        "commit" => "收入",
        "checkin" => "还书",
        "sort" => "分拣",
        "reject" => "退回",
        "keep" => "留存",
        "closing" => "关闭中",
        "out-of-service" => "暂停服务",
        _ => "状态",
    }
}

/// Where things are along the axis.
const INLET: u32 = 110;
const FLAP: u32 = 268;
const BINS: u32 = 350;
const END: u32 = 630;
const EYES: (u32, u32, u32) = (122, 244, 306);
