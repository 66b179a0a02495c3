//! Look for a book, see where it stands, reserve it.

use circulation::id::{Isil, ItemId};
use circulation::transaction::Reason;
use maud::{Markup, html};
use sync_client::kiosk_api::locate::Age;
use sync_client::wire::code::holding;

use super::Inside;
use super::account::reason;
use crate::ledger::HoldRefused;
use crate::store::opac::FoundTitle;
use crate::store::{Copy, Desk, Sighting};
use crate::web::call::Call;
use crate::web::login;
use crate::web::map;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};
use crate::web::visitor::{Reader, Visitor};

pub(super) fn search(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    let l = call.language;
    let word = call.query.text("q");
    let page = call.query.number::<u32>("page").unwrap_or(0).min(MAX_PAGE);
    let of = library(call, visitor)?;
    let found = if word.is_empty() {
        Vec::new()
    } else {
        call.app.store().find_titles(&of, &word, PER_PAGE + 1, page * PER_PAGE)?
    };
    let has_more = found.len() > PER_PAGE as usize && page < MAX_PAGE;
    let link = |page: u32| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &word).append_pair("page", &page.to_string());
        format!("/m?{}", query.finish())
    };
    let body = html! {
        form method="get" action="/m" class="search" role="search" {
            input type="search" name="q" value=(word) aria-label=(l.t("题名、作者或 ISBN", "Title, author or ISBN"))
                placeholder=(l.t("题名、作者或 ISBN", "Title, author or ISBN")) maxlength="100" enterkeyhint="search";
            button { (l.t("查找", "Search")) }
        }
        @if !word.is_empty() && found.is_empty() {
            p class="sheet" { (l.t("没有找到。换一个词，或只写题名的一部分。", "Nothing found. Try another word, or part of the title.")) }
        }
        ul class="books" {
            @for title in found.iter().take(PER_PAGE as usize) { (found_title(call, title)) }
        }
        @if page > 0 || has_more {
            p class="pages" {
                @if page > 0 { a class="button quiet" href=(link(page - 1)) rel="prev" { (l.t("上一页", "Back")) } } @else { span {} }
                @if has_more { a class="button quiet" href=(link(page + 1)) rel="next" { (l.t("下一页", "More")) } }
            }
        }
    };
    Ok(Inside::new(l.t("查书", "Look for a book"), body).reply(call, visitor, 200))
}

fn found_title(call: &Call, title: &FoundTitle) -> Markup {
    let l = call.language;
    html! {
        li {
            h2 { a href={ "/m/title?record=" (title.record) } { (title.title) } }
            div class="soft" { (title.author) @if !title.author.is_empty() { " · " } (title.call_number) }
            div class="foot" {
                @if title.n_free > 0 {
                    span class="mark good" { (l.t("可借 ", "on the shelf: ")) (title.n_free) " / " (title.n_copies) }
                } @else {
                    span class="mark warn" { (l.t("已借出，可预约", "all out; reserve it")) }
                }
            }
        }
    }
}

pub(super) fn title(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    title_page(call, visitor, None)
}

fn title_page(call: &Call, visitor: &Visitor, refused: Option<String>) -> Result<Reply, Trouble> {
    let l = call.language;
    let record: i64 =
        call.query.number("record").or_else(|| call.form.number("record")).ok_or(Trouble::NoPage)?;
    let of = library(call, visitor)?;
    let copies = call.app.store().copies(&of, record)?;
    let first = &copies.first().ok_or(Trouble::NoPage)?.item;
    let branches = call.app.store().branches(&of)?;
    let maps = map::of_copies(call, &of, &copies)?;
    let body = html! {
        p class="soft" { (first.author) @if !first.isbn.is_empty() { " · ISBN " (first.isbn) } }
        @if visitor.session().is_some() {
            form method="post" action="/m/reserve" class="sheet" {
                (token(&visitor.ticket.form_token()))
                input type="hidden" name="record" value=(record);
                label for="branch" { (l.t("在哪里取书", "Pick it up at")) }
                select id="branch" name="branch" {
                    @for branch in &branches {
                        option value=(branch.branch) selected[branch.branch == first.branch] { (branch.name) }
                    }
                }
                p { button { (l.t("预约", "Reserve")) } }
            }
        } @else {
            p { a class="button" href={ "/m/login?title=" (record) } { (l.t("登录后预约", "Log in to reserve")) } }
        }
        h2 { (l.t("馆藏", "Copies")) " " span class="n" { (copies.len()) } }
        ul class="books" { @for one in &copies { (copy(call, one)) } }
        (maps)
    };
    let status = if refused.is_some() { 409 } else { 200 };
    let said = refused.map(|words| Said { is_good: false, words: html! { (words) } });
    Ok(Inside { said, ..Inside::new(&first.title, body) }.reply(call, visitor, status))
}

fn copy(call: &Call, copy: &Copy) -> Markup {
    let l = call.language;
    let is_in = copy.item.state == holding::IN_LIBRARY;
    html! {
        li {
            b { (copy.item.call_number) }
            @if !copy.shelf.is_empty() { " · " (l.t("架位", "shelf")) " " (copy.shelf) }
            // Where one was when it was lent helps nobody.
            @if let Some(seen) = copy.seen.as_ref().filter(|_| copy.due_on.is_none()) { (last_seen(call, seen)) }
            div class="foot" {
                span { (copy.item.branch_name) }
                span class=(if is_in { "mark good" } else { "mark warn" }) { (l.state(&copy.item.state)) }
            }
        }
    }
}

/// Which kiosk or desk it was is for staff.
fn last_seen(call: &Call, seen: &Sighting) -> Markup {
    let l = call.language;
    let place = match (seen.shelf(), &seen.branch) {
        (Some(shelf), _) => format!("{} {shelf}", l.t("架位", "shelf")),
        (None, Some((_, name))) => name.clone(),
        (None, None) => String::new(),
    };
    html! {
        div class="soft small seen" {
            (l.t("最后见于", "last seen")) " " (l.ago(Age::between(seen.at, call.now)))
            @if !place.is_empty() { (l.t("：", ": ")) (place) }
        }
    }
}

/// Holds a copy of a title: one on the shelf at the branch where it is picked up, else one on the shelf, else the next.
pub(super) fn reserve(call: &Call, reader: &Reader) -> Result<Reply, Trouble> {
    let record: i64 = call.form.number("record").ok_or(Trouble::NoPage)?;
    let branch = call.form.text("branch");
    let store = call.app.store();
    let mut items = store.items_of_record(&reader.of, record)?;
    items.sort_by_key(|item| (item.state != holding::IN_LIBRARY, item.branch != branch));
    let desk = Desk { opuser: OPUSER.to_owned(), now: call.now };
    let mut why = HoldRefused::Reason(Reason::ItemUnknown);
    for item in items {
        match store.place_hold(&reader.of, (&reader.patron, &item.item), Some(&branch), &desk)? {
            Ok(()) => return Ok(Reply::see("/m/holds?done=reserved")),
            // What is true of one copy need not be of the next; what is true of the reader is.
            Err(refused @ HoldRefused::Reason(Reason::NotForLoan)) => why = refused,
            Err(refused) => {
                why = refused;
                break;
            }
        }
    }
    let visitor = Visitor::of(call, crate::web::call::Area::Reader)?;
    title_page(call, &visitor, Some(refusal(call, &why)))
}

fn refusal(call: &Call, why: &HoldRefused) -> String {
    let l = call.language;
    let words = match why {
        HoldRefused::Reason(why) => return reason(call, why),
        HoldRefused::OwnLoan => l.t("这本书就在您手中。", "You have this book."),
        HoldRefused::HoldLimit(_) => l.t(
            "预约数已满，请先取消一个。",
            "You have as many holds as your card allows; give one up first.",
        ),
        HoldRefused::NotOnShelf => l.t("这本书已借出，请改为预约。", "It is on loan; reserve it instead."),
        HoldRefused::DayOver => l.t("截止日期已过。", "That day is over."),
        HoldRefused::NoBranch => l.t("请选择取书的分馆。", "Choose where to pick it up."),
        HoldRefused::Already => l.t("您已经预约了这本书。", "You have reserved this book already."),
    };
    words.to_owned()
}

/// The library whose books are shown: the reader's, or the one that the address names.
fn library(call: &Call, visitor: &Visitor) -> Result<Isil, Trouble> {
    match visitor.session() {
        Some((of, _)) => Ok(of.clone()),
        None => login::institution(call)?.ok_or(Trouble::NoPage),
    }
}

/// The account on which readers at their phones act.
pub(super) const OPUSER: &str = "web";

const PER_PAGE: u32 = 20;
const MAX_PAGE: u32 = 50;

/// A barcode of a form.
pub(super) fn item(call: &Call) -> Result<ItemId, Trouble> {
    let bad = Trouble::Bad("请从列表中选择。", "Choose one of the list.");
    ItemId::parse(&call.form.text("item")).map_err(|_| bad)
}
