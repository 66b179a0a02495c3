//! The year in figures, with each table to take along as CSV.

use maud::{PreEscaped, html};

use super::{Inside, Staff};
use crate::people::Right;
use crate::report::{self, Language};
use crate::web::call::Call;
use crate::web::reply::{Reply, Trouble};
use crate::web::words;

pub(super) fn show(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SeeReports)?;
    let l = call.language;
    let year = year(call)?;
    let figures = call.app.store().figures(&staff.of, year)?;
    let tables = figures.tables(language(call));
    let body = html! {
        form method="get" action="/staff/report" class="line sheet" {
            div {
                label for="year" { (l.t("年份", "Year")) }
                input id="year" name="year" type="number" min="1990" max="2100" value=(year);
            }
            button { (l.t("查看", "Show")) }
        }
        // Made by this program from counts and names, and escaped there.
        (PreEscaped(report::fragment(&figures, language(call))))
        h2 { (l.t("下载（CSV）", "To take along (CSV)")) }
        ul class="sheet plain" {
            @for table in &tables {
                li { a href={ "/staff/report.csv?year=" (year) "&table=" (table.key) } { (table.title) } }
            }
        }
    };
    let title = report::title(&figures, language(call));
    Ok(Inside::new(&title, body).reply(call, staff, 200))
}

pub(super) fn csv(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SeeReports)?;
    let year = year(call)?;
    let key = call.query.text("table");
    let tables = call.app.store().figures(&staff.of, year)?.tables(language(call));
    let table = tables.iter().find(|table| table.key == key).ok_or(Trouble::NoPage)?;
    let text = table.csv().map_err(|fault| {
        tracing::error!(%fault, "the figures cannot be written as CSV");
        Trouble::NoPage
    })?;
    let mut reply = Reply::made("text/csv; charset=utf-8", text.into_bytes());
    let name = format!("attachment; filename=\"{year}-{}.csv\"", table.key);
    reply.add(axum::http::header::CONTENT_DISPOSITION, name);
    Ok(reply)
}

fn year(call: &Call) -> Result<i16, Trouble> {
    if call.query.text("year").is_empty() {
        return Ok(call.now.year());
    }
    let year = call.query.number("year").filter(|year| (1990..=2100).contains(year));
    year.ok_or(Trouble::Bad("年份在 1990 到 2100 之间。", "A year is between 1990 and 2100."))
}

const fn language(call: &Call) -> Language {
    match call.language {
        words::Language::Chinese => Language::Chinese,
        words::Language::English => Language::English,
    }
}
