//! Pages for readers, on the phone: look for a book, my loans, my holds, my card.

use maud::{Markup, html};

use super::call::{Area, Call};
use super::login::{self, Attempt};
use super::page::{self, Around, Page, Said, Way};
use super::reply::{Reply, Trouble};
use super::visitor::Visitor;

mod account;
mod card;
mod search;

const WAYS: &[Way] = &[
    ("/m", ("查书", "Search"), None),
    ("/m/loans", ("借阅", "Loans"), None),
    ("/m/holds", ("预约", "Holds"), None),
    ("/m/card", ("我的证", "My card"), None),
];

pub(super) fn answer(call: &Call) -> Result<Reply, Trouble> {
    let visitor = Visitor::of(call, Area::Reader)?;
    visitor.check_form(call)?;
    match (call.is_post, call.path.as_str()) {
        (false, "/m" | "/m/") => search::search(call, &visitor),
        (false, "/m/title") => search::title(call, &visitor),
        (false, "/m/login") => log_in_page(call, &visitor, None),
        (true, "/m/login") => log_in(call, &visitor),
        (true, "/m/logout") => login::out(call, &visitor, "/m"),
        (true, "/m/reserve") => search::reserve(call, &visitor.reader()?),
        (false, "/m/loans") => account::loans(call, &visitor),
        (true, "/m/renew") => account::renew(call, &visitor.reader()?),
        (false, "/m/holds") => account::holds(call, &visitor),
        (true, "/m/holds/end") => account::end_hold(call, &visitor.reader()?),
        (false, "/m/card") => card::card(call, &visitor),
        _ => Err(Trouble::NoPage),
    }
}

fn log_in_page(call: &Call, visitor: &Visitor, bad: Option<Markup>) -> Result<Reply, Trouble> {
    let l = call.language;
    let status = if bad.is_some() { 403 } else { 200 };
    let title = call.query.number::<i64>("title").or_else(|| call.form.number("title"));
    let body = html! {
        form method="post" action="/m/login" class="login sheet" {
            (page::token(&visitor.ticket.form_token()))
            @if let Some(title) = title { input type="hidden" name="title" value=(title); }
            (login::institution_field(call)?)
            label for="card" { (l.t("读者证号或手机号", "Card number or phone number")) }
            input id="card" name="card" autocomplete="username" autocapitalize="characters" spellcheck="false"
                required maxlength="64" value=(call.form.text("card"));
            label for="password" { (l.t("密码", "Password")) }
            input id="password" name="password" type="password" autocomplete="current-password" required maxlength="128";
            button { (l.t("登录", "Log in")) }
        }
        p class="soft small" { (l.t("15 分钟不用自动退出。在公用手机上用完请点“退出”。",
            "You are logged out after 15 minutes without use. On a shared phone, log out when you are done.")) }
    };
    let said = bad.map(|words| Said { is_good: false, words });
    let inside = Inside { said, ..Inside::new(l.t("读者登录", "Log in"), body) };
    Ok(inside.reply(call, visitor, status))
}

fn log_in(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    let Some(of) = login::institution(call)? else { return Err(Trouble::NoPage) };
    match login::reader(call, &of)? {
        Attempt::In(ticket) => {
            // To where the reader came from: a title's number, or the loans. Never to an address that was sent.
            let to = match call.form.number::<i64>("title") {
                Some(record) => format!("/m/title?record={record}"),
                None => "/m/loans".to_owned(),
            };
            Ok(Reply::see(&to).with_ticket(Area::Reader, Some(&ticket), call.is_https))
        }
        failed @ (Attempt::Wrong | Attempt::Locked(_)) => {
            log_in_page(call, visitor, login::failed(call, Area::Reader, &failed))
        }
    }
}

/// A page with the ways to the others.
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

    fn reply(self, call: &Call, visitor: &Visitor, status: u16) -> Reply {
        let Self { title, said, again_s, body } = self;
        let masked = visitor.reader().ok().map(|reader| reader.patron.masked());
        let around =
            Around { ways: WAYS.to_vec(), name: masked.as_deref(), token: visitor.ticket.form_token() };
        let said = said.or_else(|| done(call));
        let page = Page { area: Area::Reader, title, said, around: Some(around), again_s, body };
        visitor.tell(call, Reply::page(status, page::document(call, &page)))
    }
}

/// As for staff: a word of a fixed list.
fn done(call: &Call) -> Option<Said> {
    let l = call.language;
    let (is_good, words) = match call.query.text("done").as_str() {
        "reserved" => {
            (true, l.t("预约成功。书到后请在保留期内来取。", "Reserved. Please come for it while it waits."))
        }
        "ended" => (true, l.t("预约已取消。", "The hold is given up.")),
        "gone" => (false, l.t("这一条预约已经不在了。", "There is no such hold any more.")),
        _ => return None,
    };
    Some(Said { is_good, words: html! { (words) } })
}
