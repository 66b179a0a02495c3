//! Loans between libraries (馆际互借): asked of a partner, sent, received, sent back, taken home.

use circulation::id::{Isil, ItemId, PatronId};
use maud::{Markup, html};

use super::{Inside, Staff, time};
use crate::ledger::ill::{IllDeed, IllRefused, IllState, Side};
use crate::people::Right;
use crate::store::opac::FoundTitle;
use crate::store::{Branch, Desk, Ill, Title, With};
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};

/// What is going on, and a search in a partner's catalogue.
pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    page(call, staff, None)
}

fn page(call: &Call, staff: &Staff, said: Option<Said>) -> Result<Reply, Trouble> {
    let l = call.language;
    let store = call.app.store();
    let partners = store.ill_partners(&staff.of)?;
    let branches = store.branches(&staff.of)?;
    let types: Vec<String> = store.rules(&staff.of, call.now.date())?.item_types;
    let loans = store.ills(&staff.of, MOST)?;
    let (asked, words) = (call.query.text("with"), call.query.text("q"));
    let found = match partners.iter().any(|(code, _)| *code == asked) && !words.is_empty() {
        // The one question that is asked of another library's catalogue.
        true => store.find_titles(&partner(&asked)?, &words, MOST_TITLES, 0)?,
        false => Vec::new(),
    };
    let body = html! {
        @if partners.is_empty() {
            p class="sheet" { (l.t("还没有约定馆际互借的图书馆。由管理员在服务器上运行：", "No partner yet. The administrator runs, on the server:"))
                " " code { "central rules partner ISIL" } }
        } @else {
            form method="get" action="/staff/ill" class="line sheet" {
                div {
                    label for="with" { (l.t("向哪个馆借", "Borrow from")) }
                    select id="with" name="with" { @for (code, name) in &partners {
                        option value=(code) selected[*code == asked] { (name) }
                    } }
                }
                div {
                    label for="q" { (l.t("题名、作者或 ISBN", "Title, author or ISBN")) }
                    input id="q" type="search" name="q" value=(words) required maxlength="100";
                }
                button { (l.t("查找", "Search")) }
            }
        }
        @if !words.is_empty() && found.is_empty() { p class="sheet" { (l.t("没有找到。", "Nothing found.")) } }
        ul class="books" { @for title in &found { (title_found(call, staff, &asked, &branches, title)) } }
        h2 { (l.t("往来", "Loans")) " " span class="n" { (loans.len()) } }
        @if loans.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            (table(call, staff, &types, &loans))
        }
    };
    let status = if said.as_ref().is_some_and(|said| !said.is_good) { 409 } else { 200 };
    Ok(Inside { said, ..Inside::new(l.t("馆际互借", "Interlibrary loans"), body) }.reply(call, staff, status))
}

fn title_found(call: &Call, staff: &Staff, partner: &str, branches: &[Branch], title: &FoundTitle) -> Markup {
    let l = call.language;
    html! {
        li {
            h2 { (title.title) }
            div class="soft" { (title.author) @if !title.author.is_empty() { " · " } (title.call_number) " · "
                (l.t("在架", "on the shelf")) " " (title.n_free) " / " (title.n_copies) }
            form method="post" action="/staff/ill" class="line" {
                (token(&staff.ticket.form_token()))
                input type="hidden" name="do" value="ask";
                input type="hidden" name="with" value=(partner);
                input type="hidden" name="record" value=(title.record);
                div {
                    label for={ "patron" (title.record) } { (l.t("读者证号（可空）", "Card number (may be empty)")) }
                    input id={ "patron" (title.record) } name="patron" maxlength="64";
                }
                div {
                    label for={ "branch" (title.record) } { (l.t("取书处", "Picked up at")) }
                    select id={ "branch" (title.record) } name="branch" {
                        @for branch in branches { option value=(branch.branch) { (branch.name) } }
                    }
                }
                button { (l.t("申请", "Ask for it")) }
            }
        }
    }
}

fn table(call: &Call, staff: &Staff, types: &[String], loans: &[Ill]) -> Markup {
    let l = call.language;
    html! {
        table class="cards" id="ills" {
            thead { tr {
                th scope="col" { (l.t("图书", "Item")) }
                th scope="col" { (l.t("对方", "With")) }
                th scope="col" { (l.t("状态", "State")) }
                th scope="col" { (l.t("下一步", "Next")) }
            } }
            tbody { @for loan in loans { tr {
                td class="head" { (loan.what.title)
                    div class="soft small" { (loan.what.author) " " (loan.what.call_number)
                        @if let Some(item) = loan.local_item.as_ref().or(loan.item.as_ref()) { " · " (item) }
                        @if let Some(patron) = &loan.patron { " · " (l.t("读者", "for")) " " (patron.masked()) } } }
                td data-label=(l.t("对方", "With")) { span {
                    (match loan.side { Side::Borrows => l.t("借入自", "from"), Side::Lends => l.t("借出给", "to") }) " "
                    (loan.partner_name.as_deref().unwrap_or(&loan.partner)) } }
                td data-label=(l.t("状态", "State")) { span { (state(call, loan)) div class="soft small" { (time(call, loan.changed_at)) } } }
                td class="act" { (acts(call, staff, types, loan)) }
            } } }
        }
    }
}

fn state(call: &Call, loan: &Ill) -> Markup {
    let l = call.language;
    let (class, words) = match (loan.state, loan.side) {
        (IllState::Asked, Side::Borrows) => ("none", l.t("已申请", "asked for")),
        (IllState::Asked, Side::Lends) => ("warn", l.t("待回复", "to be answered")),
        (IllState::Refused, _) => ("none", l.t("未同意", "refused")),
        (IllState::Cancelled, _) => ("none", l.t("已取消", "cancelled")),
        (IllState::Sent, Side::Borrows) => ("warn", l.t("在途，将到本馆", "on its way here")),
        (IllState::Sent, Side::Lends) => ("warn", l.t("在途，往对方", "on its way there")),
        (IllState::Here, Side::Borrows) => ("good", l.t("在本馆", "here")),
        (IllState::Here, Side::Lends) => ("good", l.t("在对方馆", "there")),
        (IllState::Back, Side::Borrows) => ("warn", l.t("已寄还", "sent back")),
        (IllState::Back, Side::Lends) => ("warn", l.t("寄还途中", "on its way home")),
        (IllState::Closed, _) => ("none", l.t("已结束", "over")),
    };
    html! { span class={ "mark " (class) } { (words) } }
}

/// What this side can do now.
fn acts(call: &Call, staff: &Staff, types: &[String], loan: &Ill) -> Markup {
    let l = call.language;
    let can = |deed: IllDeed| crate::ledger::ill::own(loan.side, loan.state, deed).is_some();
    let begin = html! { (token(&staff.ticket.form_token())) input type="hidden" name="id" value=(loan.id); };
    let button = |deed: IllDeed, words: &str| {
        html! {
            form method="post" action="/staff/ill" { (begin) button name="do" value=(deed.word()) class="quiet" { (words) } }
        }
    };
    html! {
        @if can(IllDeed::Send) {
            form method="post" action="/staff/ill" class="line" { (begin)
                input name="item" required maxlength="64" placeholder=(l.t("条码", "Barcode")) aria-label=(l.t("条码", "Barcode"));
                button name="do" value=(IllDeed::Send.word()) { (l.t("寄出", "Send it")) }
            }
        }
        @if can(IllDeed::Receive) {
            form method="post" action="/staff/ill" class="line" { (begin)
                input name="item" maxlength="64" placeholder=(loan.item.as_ref().map_or("", ItemId::as_str))
                    aria-label=(l.t("本馆条码（与原条码相同可空）", "Barcode here (empty: its own)"));
                select name="type" aria-label=(l.t("图书类型", "Type of item")) { @for name in types { option { (name) } } }
                button name="do" value=(IllDeed::Receive.word()) { (l.t("收到", "It is here")) }
            }
        }
        @if can(IllDeed::SendBack) { (button(IllDeed::SendBack, l.t("寄还", "Send it back"))) }
        @if can(IllDeed::TakeHome) { (button(IllDeed::TakeHome, l.t("已回馆", "It is home"))) }
        @if can(IllDeed::Refuse) { (button(IllDeed::Refuse, l.t("不同意", "Refuse"))) }
        @if can(IllDeed::Cancel) { (button(IllDeed::Cancel, l.t("取消", "Cancel"))) }
    }
}

/// Does something; the partner hears of it at once.
pub(super) fn act(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let desk = Desk { opuser: staff.account.clone(), now: call.now };
    let done = match IllDeed::of_word(&call.form.text("do")) {
        Some(IllDeed::Ask) => ask(call, staff, &desk)?.map(|_| None),
        Some(deed) => {
            let item = barcode(call)?;
            let (id, kind) = (call.form.text("id"), call.form.text("type"));
            let with = With { item: item.as_ref(), item_type: &kind };
            let done = call.app.store().ill_act(&staff.of, &id, deed, with, &desk)?;
            done.map(|loan| (deed == IllDeed::Receive).then_some(loan))
        }
        None => return Err(Trouble::Bad("请从页面上选择。", "Choose what is on the page.")),
    };
    let said = match done {
        Err(why) => Said { is_good: false, words: refused(call, &why) },
        Ok(received) => {
            call.app.store().carry_ills(&staff.of, call.now)?;
            let kept = received.map(|loan| keep(call, staff, &loan, &desk)).transpose()?.flatten();
            Said {
                is_good: true,
                words: html! { (kept.unwrap_or_else(|| call.language.t("已办理。", "Done."))) },
            }
        }
    };
    page(call, staff, Some(said))
}

fn ask(call: &Call, staff: &Staff, desk: &Desk) -> Result<Result<String, IllRefused>, Trouble> {
    let (with, card) = (call.form.text("with"), call.form.text("patron"));
    let record: i64 = call.form.number("record").ok_or(Trouble::NoPage)?;
    // Nobody looks into the catalogue of a library that has not agreed.
    if !call.app.store().ill_partners(&staff.of)?.iter().any(|(code, _)| *code == with) {
        return Ok(Err(IllRefused::NoPartner));
    }
    let copies = call.app.store().copies(&partner(&with)?, record)?;
    let Some(first) = copies.first() else { return Ok(Err(IllRefused::Missing("title"))) };
    let what = Title {
        title: first.item.title.clone(),
        author: first.item.author.clone(),
        isbn: first.item.isbn.clone(),
        call_number: first.item.call_number.clone(),
    };
    let card = card.trim();
    let patron = match card {
        "" => None,
        card => Some(
            PatronId::parse(card)
                .map_err(|_| Trouble::Bad("读者证号有误，请核对。", "That is no card number; check it."))?,
        ),
    };
    let whom = (patron.as_ref(), call.form.text("branch"));
    Ok(call.app.store().ill_ask(&staff.of, (&with, &what), (whom.0, &whom.1), desk)?)
}

/// What has arrived for a patron waits for them; their rules may not allow it, which staff is told.
fn keep(call: &Call, staff: &Staff, loan: &Ill, desk: &Desk) -> Result<Option<&'static str>, Trouble> {
    let l = call.language;
    let (Some(patron), Some(item)) = (&loan.patron, &loan.local_item) else { return Ok(None) };
    let store = call.app.store();
    let held = store.place_hold(&staff.of, (patron, item), Some(&loan.branch), desk)?;
    Ok(Some(match held {
        Ok(()) => {
            store.arrive(&staff.of, item, desk)?;
            l.t("已收到，并为读者预留。", "It is here, and kept for its reader.")
        }
        Err(_) => l.t(
            "已收到；读者的证件规则不允许预约，请人工通知读者。",
            "It is here; the rules of the reader's card allow no hold: tell the reader yourself.",
        ),
    }))
}

fn refused(call: &Call, why: &IllRefused) -> Markup {
    let l = call.language;
    let words = match why {
        IllRefused::Unknown => l.t("没有这一条。", "There is no such loan."),
        IllRefused::NoPartner => l.t("与该馆没有约定馆际互借。", "That library is no partner."),
        IllRefused::Missing("card") => l.t("没有这个读者证号。", "There is no such card."),
        IllRefused::Missing("item") => l.t("请写上条码。", "Write the barcode."),
        IllRefused::Missing(_) => l.t("请从页面上选择。", "Choose what is on the page."),
        IllRefused::State(_) => l.t(
            "这一条已到下一步，可能刚被别人或对方办理。",
            "It is further already; somebody else, or the other library, may have seen to it.",
        ),
        IllRefused::Item(_) => l.t(
            "这一册现在不能移动：已借出、有人预约、在途、不在架，或没有这个条码。",
            "That item cannot be moved now: on loan, waited for, on its way, not in the library, or unknown.",
        ),
        IllRefused::Clash => l.t(
            "本馆已有相同的条码：请贴一个临时条码，并写在条码栏。",
            "An item of this library has the same barcode: put another one on it, and write that.",
        ),
    };
    html! { (words) }
}

/// A barcode of the form; nothing if the field is empty or not there.
fn barcode(call: &Call) -> Result<Option<ItemId>, Trouble> {
    match call.form.text("item").trim() {
        "" => Ok(None),
        text => {
            let bad = Trouble::Bad("条码有误，请核对。", "That is no barcode; check it.");
            ItemId::parse(text).map(Some).map_err(|_| bad)
        }
    }
}

fn partner(code: &str) -> Result<Isil, Trouble> {
    Isil::parse(code).map_err(|_| Trouble::NoPage)
}

const MOST: u32 = 200;
const MOST_TITLES: u32 = 20;
