//! The library's rules: who is lent what and for how long, limits, closing days. Each line is a form of its own.

use circulation::money::Amount;
use jiff::civil::{Date, DateTime, Weekday};
use maud::{Markup, html};

use super::{Inside, Staff};
use crate::ledger::Weekdays;
use crate::people::Right;
use crate::store::{CardRule, HouseRules, LoanRule, Rules};
use crate::web::call::Call;
use crate::web::page::token;
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SetRules)?;
    let rules = call.app.store().rules(&staff.of, call.now.date())?;
    let l = call.language;
    let body = html! {
        p class="soft" { (l.t("规则从下一次借阅起生效，已借出的应还日期不变。", "Rules hold from the next loan on; loans that run keep their due dates.")) }
        h2 { (l.t("借期", "Loan periods")) }
        (loans(call, staff, &rules))
        h2 { (l.t("读者类型", "Types of cards")) }
        @for card in &rules.cards { (card_form(call, staff, card)) }
        h2 { (l.t("全馆", "For everybody")) }
        (house(call, staff, rules.house))
        h2 { (l.t("闭馆日", "Closing days")) }
        (closed(call, staff, &rules.closed))
    };
    Ok(Inside::new(l.t("规则", "Rules"), body).reply(call, staff, 200))
}

pub(super) fn change(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SetRules)?;
    let who = (staff.account.as_str(), call.now);
    match call.form.text("do").as_str() {
        "loan" => lend(call, staff, who)?,
        "end" => {
            let types = (call.form.text("card"), call.form.text("item"));
            call.app.store().end_loan_rule(&staff.of, (&types.0, &types.1), who)?;
        }
        "card" => limit(call, staff, who)?,
        "house" => set_house(call, staff, who)?,
        what @ ("close" | "open") => {
            let day: Date =
                call.form.text("day").parse().map_err(|_| Trouble::Bad("请填写日期。", "Write a day."))?;
            call.app.store().set_closed(&staff.of, (day, what == "close"), who)?;
        }
        _ => return Err(Trouble::Bad("请从页面上选择。", "Choose what is on the page.")),
    }
    Ok(Reply::see("/staff/rules?done=changed"))
}

/// Who changes a rule, and when.
type Who<'a> = (&'a str, DateTime);

fn lend(call: &Call, staff: &Staff, who: Who<'_>) -> Result<(), Trouble> {
    let rule = LoanRule {
        patron_type: call.form.text("card"),
        item_type: call.form.text("item"),
        period_days: number(call, "days", 1, 3660)?,
        n_renewals: number(call, "renewals", 0, 100)?,
        fine_per_day: yuan(call, "fine")?,
        grace_days: number(call, "grace", 0, 366)?,
    };
    if call.app.store().set_loan_rule(&staff.of, &rule, who)? { Ok(()) } else { Err(NO_TYPE) }
}

fn limit(call: &Call, staff: &Staff, who: Who<'_>) -> Result<(), Trouble> {
    let store = call.app.store();
    let is_unlimited = call.form.text("overdue").is_empty();
    let rule = CardRule {
        patron_type: call.form.text("card"),
        loan_limit: number(call, "loans", 0, 1000)?,
        overdue_limit: if is_unlimited { None } else { Some(number(call, "overdue", 0, 1000)?) },
        hold_limit: number(call, "holds", 0, 1000)?,
    };
    let known = store.rules(&staff.of, call.now.date())?;
    if !known.cards.iter().any(|card| card.patron_type == rule.patron_type) {
        return Err(NO_TYPE);
    }
    store.set_card_rule(&staff.of, &rule, who)?;
    Ok(())
}

fn set_house(call: &Call, staff: &Staff, who: Who<'_>) -> Result<(), Trouble> {
    let is_closed = |n: &u8| !call.form.text(&format!("day{n}")).is_empty();
    let bits = (0..7_u8).filter(is_closed).map(|n| 1 << n).sum();
    let closed_weekdays =
        Weekdays::of_bits(bits).ok_or(Trouble::Bad("不能每天都闭馆。", "Not every day can be closed."))?;
    let rules = HouseRules {
        debt_limit: yuan(call, "debt")?,
        hold_shelf_days: number(call, "shelf", 1, 366)?,
        closed_weekdays,
    };
    call.app.store().set_house_rules(&staff.of, &rules, who)?;
    Ok(())
}

const NO_TYPE: Trouble = Trouble::Bad("请从页面上选择类型。", "Choose types on the page.");

fn number<T: TryFrom<u32>>(call: &Call, name: &str, least: u32, most: u32) -> Result<T, Trouble> {
    let number: Option<u32> = call.form.number(name).filter(|n| (least..=most).contains(n));
    number.and_then(|number| T::try_from(number).ok()).ok_or(Trouble::Bad(
        "请填写页面上所示范围内的整数。",
        "Write a whole number in the range that the page shows.",
    ))
}

fn yuan(call: &Call, name: &str) -> Result<Amount, Trouble> {
    let bad = Trouble::Bad("请填写金额（元），例如 0.10。", "Write an amount in yuan, such as 0.10.");
    Amount::parse_yuan(&call.form.text(name))
        .filter(|amount| (0..=MOST_FEN).contains(&amount.fen()))
        .ok_or(bad)
}

fn loans(call: &Call, staff: &Staff, rules: &Rules) -> Markup {
    let l = call.language;
    let field = |name: &str, words: &'static str, value: String, most: u32| {
        html! {
            div {
                label { (words) " "
                    input name=(name) type="number" min=(u8::from(name == "days")) max=(most) required value=(value); }
            }
        }
    };
    let form = |rule: Option<&LoanRule>, (card, item): (&str, &str)| {
        html! {
            form method="post" action="/staff/rules" class="line sheet" {
                (token(&staff.ticket.form_token()))
                div { b { (card) " · " (item) } @if rule.is_none() { " " span class="soft" { (l.t("不外借", "not lent")) } } }
                input type="hidden" name="card" value=(card);
                input type="hidden" name="item" value=(item);
                (field("days", l.t("天", "Days"), rule.map_or_else(String::new, |rule| rule.period_days.to_string()), 3660))
                (field("renewals", l.t("续借次数", "Renewals"), rule.map_or(0, |rule| rule.n_renewals).to_string(), 100))
                (field("grace", l.t("免罚天数", "Days of grace"), rule.map_or(0, |rule| rule.grace_days).to_string(), 366))
                div { label { (l.t("每天罚款（元）", "Fine a day, yuan")) " "
                    input name="fine" inputmode="decimal" maxlength="8" value=(rule.map_or_else(Amount::default, |rule| rule.fine_per_day)); } }
                button name="do" value="loan" { (l.t("保存", "Save")) }
                @if rule.is_some() { button name="do" value="end" class="danger" { (l.t("不外借", "Do not lend")) } }
            }
        }
    };
    html! {
        @for card in &rules.cards {
            @for item in &rules.item_types {
                (form(
                    rules.loans.iter().find(|rule| rule.patron_type == card.patron_type && rule.item_type == *item),
                    (&card.patron_type, item),
                ))
            }
        }
    }
}

fn card_form(call: &Call, staff: &Staff, card: &CardRule) -> Markup {
    let l = call.language;
    html! {
        form method="post" action="/staff/rules" class="line sheet" {
            (token(&staff.ticket.form_token()))
            div { b { (card.patron_type) } }
            input type="hidden" name="do" value="card";
            input type="hidden" name="card" value=(card.patron_type);
            div { label { (l.t("最多借几册", "Loans at once")) " "
                input name="loans" type="number" min="0" max="1000" required value=(card.loan_limit); } }
            div { label { (l.t("最多预约几册", "Holds at once")) " "
                input name="holds" type="number" min="0" max="1000" required value=(card.hold_limit); } }
            div { label { (l.t("超期几册停借（空为不限）", "Stopped by so many overdue (empty: never)")) " "
                input name="overdue" type="number" min="0" max="1000" value=[card.overdue_limit]; } }
            button { (l.t("保存", "Save")) }
        }
    }
}

fn house(call: &Call, staff: &Staff, house: HouseRules) -> Markup {
    let l = call.language;
    let days = [
        (Weekday::Monday, "周一", "Mon"),
        (Weekday::Tuesday, "周二", "Tue"),
        (Weekday::Wednesday, "周三", "Wed"),
        (Weekday::Thursday, "周四", "Thu"),
        (Weekday::Friday, "周五", "Fri"),
        (Weekday::Saturday, "周六", "Sat"),
        (Weekday::Sunday, "周日", "Sun"),
    ];
    html! {
        form method="post" action="/staff/rules" class="line sheet" {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="do" value="house";
            div { label { (l.t("欠费不超过（元）可借", "Lent up to fees of, yuan")) " "
                input name="debt" inputmode="decimal" maxlength="9" required value=(house.debt_limit); } }
            div { label { (l.t("预约书保留天数", "Days on the hold shelf")) " "
                input name="shelf" type="number" min="1" max="366" required value=(house.hold_shelf_days); } }
            fieldset {
                legend { (l.t("每周闭馆", "Closed each week")) }
                @for (n, (day, chinese, english)) in days.into_iter().enumerate() {
                    label class="inline" {
                        input type="checkbox" name={ "day" (n) } value="1" checked[house.closed_weekdays.has(day)];
                        " " (l.t(chinese, english))
                    }
                }
            }
            button { (l.t("保存", "Save")) }
        }
    }
}

fn closed(call: &Call, staff: &Staff, days: &[Date]) -> Markup {
    let l = call.language;
    html! {
        form method="post" action="/staff/rules" class="line sheet" {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="do" value="close";
            div { label { (l.t("日期", "Day")) " " input id="day" name="day" type="date" required; } }
            button { (l.t("闭馆", "Close")) }
        }
        @if days.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            ul class="sheet plain" id="closed" { @for day in days { li {
                form method="post" action="/staff/rules" class="line" {
                    (token(&staff.ticket.form_token()))
                    input type="hidden" name="do" value="open";
                    input type="hidden" name="day" value=(day);
                    div { (day) }
                    button class="quiet" { (l.t("照常开放", "Open after all")) }
                }
            } } }
        }
    }
}

/// Ten thousand yuan.
const MOST_FEN: i64 = 1_000_000;
