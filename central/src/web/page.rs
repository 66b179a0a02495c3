//! What is around every page: head, ways to other pages, language, the way out; and pages of trouble.

use maud::{DOCTYPE, Markup, html};

use super::call::{Area, Call};
use super::reply::{Reply, Trouble};
use super::words::Language;
use crate::people::Right;

/// A way to another page: address, words, and the right that it takes.
pub(super) type Way = (&'static str, (&'static str, &'static str), Option<Right>);

/// What a page is made of.
pub(super) struct Page<'a> {
    pub(super) area: Area,
    /// title, also the first heading
    pub(super) title: &'a str,
    /// said at the top: what was done, or why not
    pub(super) said: Option<Said>,
    /// ways to other pages, and the account that is there
    pub(super) around: Option<Around<'a>>,
    /// seconds after which the browser asks again
    pub(super) again_s: Option<u32>,
    pub(super) body: Markup,
}

/// Something said at the top of a page.
pub(super) struct Said {
    pub(super) is_good: bool,
    pub(super) words: Markup,
}

/// Where somebody who is logged in can go.
pub(super) struct Around<'a> {
    pub(super) ways: Vec<Way>,
    pub(super) name: Option<&'a str>,
    pub(super) token: String,
}

/// The whole document.
pub(super) fn document(call: &Call, page: &Page<'_>) -> Markup {
    let l = call.language;
    let (class, out, library) = match page.area {
        Area::Staff => ("staff", "/staff/logout", l.t("阅亭 · 馆员", "Yueting · staff")),
        Area::Reader => ("reader", "/m/logout", l.t("阅亭", "Yueting")),
    };
    html! {
        (DOCTYPE)
        html lang=(l.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                @if let Some(seconds) = page.again_s { meta http-equiv="refresh" content=(seconds); }
                title { (page.title) " · " (library) }
                link rel="stylesheet" href="/static/central.css";
                link rel="icon" href="/static/icon.svg" type="image/svg+xml";
            }
            body class=(class) {
                a class="skip" href="#main" { (l.t("跳到正文", "Skip to the content")) }
                header {
                    a class="brand" href=(home(page.area)) { (library) }
                    @if let Some(around) = &page.around {
                        nav aria-label=(l.t("主导航", "Main")) {
                            @for (path, words, _) in &around.ways {
                                a href=(path) aria-current=[(call.path == *path).then_some("page")] {
                                    (l.t(words.0, words.1))
                                }
                            }
                        }
                    }
                    div class="who" {
                        (language(call))
                        @if let Some(around) = &page.around && let Some(name) = around.name {
                            @if page.area == Area::Staff {
                                a href="/staff/password" { (name) }
                            } @else {
                                span { (name) }
                            }
                            form method="post" action=(out) {
                                input type="hidden" name="token" value=(around.token);
                                button class="quiet" { (l.t("退出", "Log out")) }
                            }
                        }
                    }
                }
                main id="main" tabindex="-1" {
                    h1 { (page.title) }
                    @if let Some(said) = &page.said {
                        div role="status" class=(if said.is_good { "said good" } else { "said bad" }) { (said.words) }
                    }
                    (page.body)
                }
            }
        }
    }
}

fn language(call: &Call) -> Markup {
    let (to, words, tag) = match call.language {
        Language::Chinese => ("en", "English", "en"),
        Language::English => ("zh", "中文", "zh-CN"),
    };
    html! { a lang=(tag) href={ "/language?to=" (to) "&back=" (call.path) } { (words) } }
}

const fn home(area: Area) -> &'static str {
    match area {
        Area::Staff => "/staff",
        Area::Reader => "/m",
    }
}

/// A hidden field with the token that every form carries.
pub(super) fn token(token: &str) -> Markup {
    html! { input type="hidden" name="token" value=(token); }
}

/// A page for what went wrong: what, and what to do.
pub(super) fn trouble(call: &Call, trouble: &Trouble) -> Reply {
    let l = call.language;
    let area = if call.path.starts_with("/staff") { Area::Staff } else { Area::Reader };
    let (status, title, words) = match trouble {
        Trouble::NoPage => {
            (404, l.t("没有这个页面", "No such page"), l.t("请从首页进入。", "Start from the first page."))
        }
        Trouble::Forged => (
            403,
            l.t("页面已过期", "This page is too old"),
            l.t(
                "没有办理任何事项。请返回、刷新页面后再试一次。",
                "Nothing was done. Go back, reload the page, and try again.",
            ),
        ),
        Trouble::LoggedOut(area) => {
            return Reply::see(match area {
                Area::Staff => "/staff/login",
                Area::Reader => "/m/login",
            });
        }
        Trouble::Denied => (
            403,
            l.t("没有权限", "Not allowed"),
            l.t(
                "此账号不能办理这一事项，请联系管理员。",
                "This account may not do this; ask an administrator.",
            ),
        ),
        Trouble::Bad(chinese, english) => {
            (400, l.t("无法办理", "This cannot be done"), l.t(chinese, english))
        }
        Trouble::Store(_) | Trouble::Random => (
            500,
            l.t("系统故障", "A fault"),
            l.t("本次操作未生效，请稍后再试。", "Nothing was done; try again in a while."),
        ),
    };
    let body = html! {
        p { (words) }
        p { a class="button" href=(home(area)) { (l.t("回到首页", "First page")) } }
    };
    let page = Page { area, title, said: None, around: None, again_s: None, body };
    Reply::page(status, document(call, &page))
}

/// Files of the program's own.
pub(super) fn file(path: &str) -> Result<Reply, Trouble> {
    match path {
        "/static/central.css" => Ok(Reply::file("text/css; charset=utf-8", include_str!("page.css"))),
        "/static/icon.svg" => Ok(Reply::file("image/svg+xml", include_str!("icon.svg"))),
        _ => Err(Trouble::NoPage),
    }
}
