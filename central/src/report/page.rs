//! The report as HTML: each chart with its table below it, so that every figure can be read, copied and read aloud.

use core::fmt::Write as _;

use super::table::{Row, Table};
use super::{Figures, Language};

/// What stands in a page: sections with a heading of the second level. Neither style nor script is in it, and no attribute
/// that a strict content security policy refuses.
#[must_use]
pub fn fragment(figures: &Figures, language: Language) -> String {
    let mut out = String::new();
    for table in figures.tables(language) {
        section(&mut out, &table);
    }
    out
}

/// A whole page, to be kept as a file or printed.
#[must_use]
pub fn document(figures: &Figures, language: Language) -> String {
    let title = title(figures, language);
    let code = language.of(("zh-CN", "en"));
    format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n{1}</main>\n</body>\n</html>\n",
        escape(&title),
        fragment(figures, language)
    )
}

/// The report's title.
#[must_use]
pub fn title(figures: &Figures, language: Language) -> String {
    match language {
        Language::Chinese => format!("{} {} 年度统计报告", figures.institution, figures.year),
        Language::English => format!("{}: the year {}", figures.institution, figures.year),
    }
}

fn section(out: &mut String, table: &Table) {
    let (key, title) = (table.key, escape(&table.title));
    put(
        out,
        format_args!(
            "<section class=\"report\" id=\"{key}\">\n<h2>{title}</h2>\n<figure>{}</figure>\n",
            table.svg()
        ),
    );
    let rows = table.rows.len();
    let is_folded = rows > FOLDED;
    if is_folded {
        let words = match table.language {
            Language::Chinese => format!("全部 {rows} 行"),
            Language::English => format!("all {rows} rows"),
        };
        put(out, format_args!("<details><summary>{words}</summary>\n"));
    }
    put(out, format_args!("<div class=\"scroll\"><table>\n<caption>{title}</caption>\n<thead><tr>"));
    let n_texts = usize::from(table.rows.iter().any(|row| table.head.len() > 1 + row.values.len())) + 1;
    for (at, name) in table.head.iter().enumerate() {
        let class = if at < n_texts { "" } else { " class=\"count\"" };
        put(out, format_args!("<th scope=\"col\"{class}>{}</th>", escape(name)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        line(out, table, row);
    }
    out.push_str("</tbody>\n");
    if let Some(total) = table.total_row() {
        out.push_str("<tfoot>");
        line(out, table, &total);
        out.push_str("</tfoot>\n");
    }
    out.push_str("</table></div>\n");
    if is_folded {
        out.push_str("</details>\n");
    }
    if let Some(note) = &table.note {
        put(out, format_args!("<p class=\"note\">{}</p>\n", escape(note)));
    }
    out.push_str("</section>\n");
}

fn line(out: &mut String, table: &Table, row: &Row) {
    let cells = table.cells(row);
    let n_texts = cells.len() - row.values.len();
    out.push_str("<tr>");
    for (at, cell) in cells.iter().enumerate() {
        let cell = escape(cell);
        match at {
            0 => put(out, format_args!("<th scope=\"row\">{cell}</th>")),
            at if at < n_texts => put(out, format_args!("<td>{cell}</td>")),
            _ => put(out, format_args!("<td class=\"count\">{cell}</td>")),
        }
    }
    out.push_str("</tr>\n");
}

/// A text as it stands in HTML and SVG, in an element or between quotes. What XML has no way to write is left away.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() => {}
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

fn put(out: &mut String, what: core::fmt::Arguments<'_>) {
    out.write_fmt(what).ok();
}

/// Longer tables are folded.
const FOLDED: usize = 25;

const STYLE: &str = "body{margin:0;background:#f5f7fa;color:#1f2933;font:16px/1.6 'Noto Sans SC','Noto Sans CJK SC',\
'Microsoft YaHei',sans-serif}main{max-width:800px;margin:0 auto;padding:24px 16px}h1{font-size:26px}h2{font-size:19px}\
section{background:#fff;border:1px solid #e4e7eb;border-radius:10px;padding:8px 20px 16px;margin:20px 0}\
figure{margin:0}svg{max-width:100%;height:auto}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}\
caption{position:absolute;width:1px;height:1px;overflow:hidden}th,td{padding:6px 10px;text-align:left;\
border-bottom:1px solid #e4e7eb;font-weight:400}thead th,tfoot th,tfoot td{font-weight:700}.count{text-align:right;\
font-variant-numeric:tabular-nums}.note{color:#616e7c;font-size:14px}@media print{body{background:#fff}section{border:0;\
break-inside:avoid}}";
