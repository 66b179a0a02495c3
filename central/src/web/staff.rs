//! Pages for staff. Each looks first whether the account may see it.

use maud::{Markup, html};

use super::call::{Area, Call};
use super::login::{self, Attempt};
use super::page::{self, Around, Page, Said, Way};
use super::reply::{Reply, Trouble};
use super::visitor::{Staff, Visitor};
use crate::people::{Right, Role};

mod accounts;
mod audit;
mod barcodes;
mod board;
mod given;
mod ill;
mod items;
mod kiosks;
mod locate;
mod messages;
mod money;
mod report;
mod rules;
mod sheets;
mod stocktake;
mod todo;

/// All pages that can be gone to, with the right that each takes.
const WAYS: &[Way] = &[
    ("/staff/board", ("看板", "Board"), Some(Right::SeeBoard)),
    ("/staff/todo", ("待处理", "To do"), Some(Right::SettleParked)),
    ("/staff/items", ("图书", "Items"), Some(Right::SettleItems)),
    ("/staff/sheets", ("调拨", "Transfers"), Some(Right::SettleItems)),
    ("/staff/stocktakes", ("清点", "Stocktakes"), Some(Right::SettleItems)),
    ("/staff/ill", ("馆际", "Interlibrary"), Some(Right::SettleItems)),
    ("/staff/report", ("报表", "Report"), Some(Right::SeeReports)),
    ("/staff/messages", ("公告", "Messages"), Some(Right::Announce)),
    ("/staff/rules", ("规则", "Rules"), Some(Right::SetRules)),
    ("/staff/kiosks", ("自助机", "Kiosks"), Some(Right::ManageKiosks)),
    ("/staff/accounts", ("账号", "Accounts"), Some(Right::ManageAccounts)),
    ("/staff/audit", ("日志", "Log"), Some(Right::SeeAudit)),
];

pub(super) fn answer(call: &Call) -> Result<Reply, Trouble> {
    let visitor = Visitor::of(call, Area::Staff)?;
    visitor.check_form(call)?;
    match (call.is_post, call.path.as_str()) {
        (false, "/staff" | "/staff/") => {
            Ok(Reply::see(if visitor.session().is_some() { "/staff/board" } else { "/staff/login" }))
        }
        (false, "/staff/login") => log_in_page(call, &visitor, None),
        (true, "/staff/login") => log_in(call, &visitor),
        (true, "/staff/logout") => login::out(call, &visitor, "/staff/login"),
        _ => inside(call, &visitor.staff()?),
    }
}

fn inside(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    match (call.is_post, call.path.as_str()) {
        (false, "/staff/board") => board::board(call, staff),
        (false, "/staff/kiosk") => board::kiosk(call, staff),
        (false, "/staff/todo") => todo::list(call, staff),
        (true, "/staff/todo/exception") => todo::settle_exception(call, staff),
        (true, "/staff/todo/parked") => todo::command(call, staff),
        (true, "/staff/todo/money") => money::given(call, staff),
        (false, "/staff/items") => items::list(call, staff),
        (false, "/staff/locate") => locate::show(call, staff),
        (false, "/staff/sheets") => sheets::list(call, staff),
        (true, "/staff/sheets") => sheets::make(call, staff),
        (false, "/staff/sheet") => sheets::show(call, staff),
        (false, "/staff/sheet/print") => sheets::print(call, staff),
        (true, "/staff/sheet") => sheets::act(call, staff),
        (false, "/staff/stocktakes") => stocktake::list(call, staff),
        (false, "/staff/stocktake") => stocktake::show(call, staff),
        (true, "/staff/stocktake") => stocktake::count(call, staff),
        (false, "/staff/ill") => ill::list(call, staff),
        (true, "/staff/ill") => ill::act(call, staff),
        (false, "/staff/report") => report::show(call, staff),
        (false, "/staff/report.csv") => report::csv(call, staff),
        (false, "/staff/messages") => messages::list(call, staff),
        (true, "/staff/messages") => messages::set(call, staff),
        (false, "/staff/rules") => rules::list(call, staff),
        (true, "/staff/rules") => rules::change(call, staff),
        (false, "/staff/kiosks") => kiosks::list(call, staff, None),
        (true, "/staff/kiosks") => kiosks::change(call, staff),
        (false, "/staff/settings") => given::show(call, staff),
        (true, "/staff/settings") => given::give(call, staff),
        (false, "/staff/accounts") => accounts::list(call, staff),
        (true, "/staff/accounts") => accounts::change(call, staff),
        (false, "/staff/password") => accounts::own_password(call, staff, None),
        (true, "/staff/password") => accounts::set_own_password(call, staff),
        (false, "/staff/audit") => audit::list(call, staff),
        _ => Err(Trouble::NoPage),
    }
}

fn log_in_page(call: &Call, visitor: &Visitor, bad: Option<Markup>) -> Result<Reply, Trouble> {
    let l = call.language;
    let status = if bad.is_some() { 403 } else { 200 };
    let body = html! {
        form method="post" action="/staff/login" class="login sheet" {
            (page::token(&visitor.ticket.form_token()))
            (login::institution_field(call)?)
            label for="account" { (l.t("账号", "Account")) }
            input id="account" name="account" autocomplete="username" autocapitalize="none" spellcheck="false"
                required maxlength="32" value=(call.form.text("account"));
            label for="password" { (l.t("密码", "Password")) }
            input id="password" name="password" type="password" autocomplete="current-password" required maxlength="128";
            button { (l.t("登录", "Log in")) }
        }
    };
    let title = l.t("馆员登录", "Staff log-in");
    let said = bad.map(|words| Said { is_good: false, words });
    let page = Page { area: Area::Staff, title, said, around: None, again_s: None, body };
    Ok(visitor.tell(call, Reply::page(status, page::document(call, &page))))
}

fn log_in(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    let Some(of) = login::institution(call)? else { return Err(Trouble::NoPage) };
    match login::staff(call, &of)? {
        Attempt::In(ticket) => {
            Ok(Reply::see("/staff/board").with_ticket(Area::Staff, Some(&ticket), call.is_https))
        }
        failed @ (Attempt::Wrong | Attempt::Locked(_)) => {
            log_in_page(call, visitor, login::failed(call, Area::Staff, &failed))
        }
    }
}

/// A page inside.
struct Inside<'a> {
    title: &'a str,
    said: Option<Said>,
    again_s: Option<u32>,
    body: Markup,
}

impl<'a> Inside<'a> {
    const fn new(title: &'a str, body: Markup) -> Self {
        Self { title, said: None, again_s: None, body }
    }

    fn reply(self, call: &Call, staff: &Staff, status: u16) -> Reply {
        let Self { title, said, again_s, body } = self;
        let may = |way: &&Way| way.2.is_none_or(|right| staff.role.may(right));
        let around = Around {
            ways: WAYS.iter().filter(may).copied().collect(),
            name: Some(&staff.account),
            token: staff.ticket.form_token(),
        };
        let said = said.or_else(|| done(call));
        let page = Page { area: Area::Staff, title, said, around: Some(around), again_s, body };
        Reply::page(status, page::document(call, &page))
    }
}

/// What was done before a way led here: a word of a fixed list, so that nobody can put words on our pages.
fn done(call: &Call) -> Option<Said> {
    let l = call.language;
    let (is_good, words) = match call.query.text("done").as_str() {
        "settled" => (true, l.t("已处理。", "Settled.")),
        "told" => {
            (true, l.t("已通知自助机，下一次联系时办理。", "The kiosk does it at its next heart-beat."))
        }
        "gone" => (
            false,
            l.t(
                "这一条已经不在了，可能刚被别人处理。",
                "It is not there any more; somebody else may have seen to it.",
            ),
        ),
        "shown" => (true, l.t("公告已发布，一分钟内显示。", "The message is shown within a minute.")),
        "ended" => (true, l.t("公告已撤下。", "The message is taken back.")),
        "expelled" => (
            true,
            l.t("密钥已收回，几秒内失效。", "The secret is taken back, and worth nothing in a few seconds."),
        ),
        "forgotten" => (true, l.t("已从看板移除。", "It is gone from the board.")),
        "made" => (true, l.t("账号已建立。", "The account is made.")),
        "changed" => (true, l.t("已更改。", "Changed.")),
        "taken" => (false, l.t("这个名称已用过，请换一个。", "That name was taken before; choose another.")),
        "last" => (
            false,
            l.t(
                "这是最后一个管理员账号，不能停用。",
                "This is the last administrator; it cannot be disabled.",
            ),
        ),
        _ => return None,
    };
    Some(Said { is_good, words: html! { (words) } })
}

fn role(call: &Call, role: Role) -> &'static str {
    let l = call.language;
    match role {
        Role::Reader => l.t("读者", "reader"),
        Role::Kiosk => l.t("自助机", "kiosk"),
        Role::Librarian => l.t("馆员", "librarian"),
        Role::Technician => l.t("技术员", "technician"),
        Role::Administrator => l.t("管理员", "administrator"),
    }
}

/// A time as staff reads it: today's without the day.
fn time(call: &Call, at: jiff::civil::DateTime) -> String {
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    if at.date() == call.now.date() { clock } else { format!("{} {clock}", at.date()) }
}
