//! The pages, as text from data: pure. What comes from outside is escaped by the template.

mod pad;
mod parts;
mod queue;
mod slot;

use maud::{DOCTYPE, Markup, html};

use crate::board::Board;
use crate::log::Line;
use crate::part::{Part, State};

use super::Test;

pub(super) use pad::{pad, pad_live, station};
pub(super) use parts::{overview, part};
pub(super) use queue::{queue, row};
pub(super) use slot::{slot, slot_live};

/// What every page of a session knows.
pub(super) struct Frame<'a> {
    /// everything that is known
    pub(super) board: &'a Board,
    /// the session's token for forms
    pub(super) csrf: &'a str,
    /// what was done a moment ago, or why not
    pub(super) said: Option<&'a str>,
}

/// Where one can go: the path, and what is on the link.
const PLACES: [(&str, &str); 7] = [
    ("/", "状态 Parts"),
    (SLOT, "还书口 Slot"),
    ("/pad", "感应区 Pad"),
    ("/station", "写标签 Station"),
    ("/queue", "记录 Queue"),
    ("/log", "日志 Log"),
    ("/tests", "测试 Tests"),
];

/// Only where there is one.
const SLOT: &str = "/slot";

impl Frame<'_> {
    /// A page in its frame.
    pub(super) fn page(&self, here: &str, middle: &Markup) -> Markup {
        let is_ready = self.board.is_ready();
        document(
            &format!("{} · 阅亭", self.board.kiosk),
            &html! {
                header {
                    h1 { (self.board.kiosk) }
                    p class=(if is_ready { "good" } else { "bad" }) {
                        (if is_ready { "可以服务 in service" } else { "不能服务 nobody is served" })
                    }
                    form method="post" action="/logout" { (self.token()) button class="quiet" { "退出 Log out" } }
                }
                nav { @for (path, label) in PLACES.into_iter().filter(|(path, _)| *path != SLOT || self.has_slot()) {
                    a href=(path) aria-current=[(path == here).then_some("page")] { (label) }
                } }
                main {
                    @if let Some(said) = self.said { p class="said" role="status" { (said) } }
                    (middle)
                }
                footer { "阅亭 " (self.board.version) " · " (self.board.summary()) }
            },
        )
    }

    /// Whether this machine is a return slot.
    fn has_slot(&self) -> bool {
        self.board.state(Part::Slot) != State::Absent
    }

    /// The field that shows that a form is ours.
    pub(super) fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}

/// The page that asks for the password.
pub(super) fn login(kiosk: &str, said: Option<&str>) -> Markup {
    document(
        &format!("{kiosk} · 阅亭"),
        &html! {
            main class="narrow" {
                h1 { (kiosk) }
                p { "技术人员控制台 · technician's console" }
                @if let Some(said) = said { p class="said" role="alert" { (said) } }
                form method="post" action="/login" {
                    // For whatever keeps passwords: there is one account, and its name is not sent.
                    input type="text" value="technician" autocomplete="username" hidden;
                    label for="password" { "密码 Password" }
                    input id="password" type="password" name="password" autocomplete="current-password" autofocus required maxlength="200";
                    button { "登录 Log in" }
                }
            }
        },
    )
}

/// The last lines of the log, and what they are filtered by.
pub(super) fn log(frame: &Frame<'_>, level: &str, text: &str, lines: &[Line]) -> Markup {
    frame.page(
        "/log",
        &html! {
            form method="get" action="/log" class="row" {
                label for="level" { "级别 Level" }
                select id="level" name="level" { @for known in LEVELS {
                    option value=(known) selected[*known == level] { (known) }
                } }
                label for="text" { "含有 Contains" }
                input id="text" name="text" value=(text) maxlength="100";
                button { "筛选 Filter" }
            }
            p class="quiet" { "号码已隐去 · numbers are taken out" }
            table class="log" { tbody { @for line in lines.iter().rev() {
                tr class=(line.level.as_str().to_lowercase()) {
                    td class="nowrap" { (second(&line.at)) }
                    td { (line.level.as_str()) }
                    td class="text" { (line.text) }
                }
            } } }
        },
    )
}

/// Levels that can be chosen, the most important first.
pub(super) const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];

/// What can be tried.
pub(super) fn tests(frame: &Frame<'_>) -> Markup {
    let is_free = !frame.board.is_serving;
    frame.page(
        "/tests",
        &html! {
            h2 { "测试 Tests" }
            @if !is_free {
                p class="bad" { "正有读者使用，测试暂停 · somebody uses the machine: wait until they are gone" }
            }
            div class="buttons" { @for test in Test::ALL {
                form method="post" action="/tests" {
                    (frame.token())
                    input type="hidden" name="test" value=(test.word());
                    button disabled[!is_free] { (test.label()) }
                }
            } }
            h2 { "服务 Service" }
            form method="post" action="/service" {
                (frame.token())
                @if frame.board.out_of_service {
                    input type="hidden" name="out" value="no";
                    button { "恢复服务 Back into service" }
                } @else {
                    input type="hidden" name="out" value="yes";
                    button class="danger" { "停止服务 Out of service" }
                }
            }
            h2 { "支持包 Support bundle" }
            p { "版本、状态、告警、设置、日志；密码与个人信息已去除。" br; "Versions, state, alarms, settings, log; without passwords and personal data." }
            p { a class="button" href="/bundle" download { "下载 Download" } }
        },
    )
}

/// A page: its title, and what stands on it. Links to the sheet at `/style.css`.
#[must_use]
pub fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body { (body) }
        }
    }
}

/// A stamp to the second, of UTC.
pub(super) fn second(at: &jiff::Timestamp) -> String {
    let stamp = at.to_string();
    format!("{}Z", stamp.get(..19).unwrap_or(&stamp).replace('T', " "))
}

/// The sheet of all pages.
pub const STYLE: &str = include_str!("page/style.css");
/// What looks again by itself.
pub(super) const SCRIPT: &str = include_str!("page/console.js");
