//! Charts as SVG, without a style sheet or script: they look the same in a page, in a file and on paper.
//!
//! Every count stands beside its bar, so that nobody has to guess from a scale; title and description are read aloud by
//! screen readers. Colours differ in brightness too: they can be told apart in grey.

use core::fmt::Write as _;

use super::page::escape;
use super::table::{Chart, Row, Table};

impl Table {
    /// The table as a chart.
    #[must_use]
    pub fn svg(&self) -> String {
        let rows = self.shown();
        let (body, height) = match self.chart {
            Chart::Columns => columns(&rows),
            Chart::Bars | Chart::LastBars | Chart::Stacked => self.bars(&rows),
        };
        let key = self.key;
        let mut svg = String::new();
        put(
            &mut svg,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
                 height=\"{height}\" role=\"img\" aria-labelledby=\"{key}-title {key}-desc\" \
                 font-family=\"'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif\">\
                 <title id=\"{key}-title\">{}</title><desc id=\"{key}-desc\">{}</desc>\
                 <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\"/>",
                escape(&self.title),
                escape(&self.description(&rows)),
            ),
        );
        put(&mut svg, format_args!("{}", text(24, 38, &self.title, "start", 18, INK, true)));
        if let Some(total) = self.total.as_ref().and_then(|total| total.last()) {
            let words = format!("{} {}", self.language.of(("合计", "all")), grouped(*total));
            put(&mut svg, format_args!("{}", text(WIDTH - 24, 38, &words, "end", 14, FAINT, false)));
        }
        svg.push_str(&body);
        svg.push_str("</svg>\n");
        svg
    }

    /// The rows that are drawn: of a long table the greatest, and one for all others.
    fn shown(&self) -> Vec<Row> {
        if !self.is_long || self.rows.len() <= N_SHOWN {
            return self.rows.clone();
        }
        let mut rows: Vec<Row> = self.rows.iter().take(N_SHOWN - 1).cloned().collect();
        let others: u64 = self.rows.iter().skip(N_SHOWN - 1).filter_map(|row| row.values.first()).sum();
        let n = self.rows.len() - (N_SHOWN - 1);
        let label = match self.language {
            super::Language::Chinese => format!("其余 {n} 处"),
            super::Language::English => format!("{n} others"),
        };
        rows.push(Row::of(label, vec![others]));
        rows
    }

    fn description(&self, rows: &[Row]) -> String {
        let each = rows.iter().map(|row| {
            let counts: Vec<String> = row.values.iter().map(|n| grouped(*n)).collect();
            format!("{} {}", row.label, counts.join(" / "))
        });
        each.collect::<Vec<_>>().join("; ")
    }

    fn bars(&self, rows: &[Row]) -> (String, u64) {
        let parts = |row: &Row| -> Vec<u64> {
            match self.chart {
                Chart::Stacked => {
                    row.values.split_last().map(|(_, parts)| parts.to_vec()).unwrap_or_default()
                }
                Chart::LastBars => row.values.last().copied().into_iter().collect(),
                Chart::Bars | Chart::Columns => row.values.first().copied().into_iter().collect(),
            }
        };
        let most = rows.iter().map(|row| parts(row).iter().sum::<u64>()).max().unwrap_or(0).max(1);
        let label_room = rows.iter().map(|row| width(&row.label)).max().unwrap_or(0).clamp(40, 230);
        let (left, right) = (24 + label_room + 14, 96);
        let room = WIDTH - left - right;
        let is_stacked = self.chart == Chart::Stacked;
        let top = if is_stacked { 96 } else { 64 };
        let mut out = String::new();
        if is_stacked {
            self.legend(&mut out, rows);
        }
        for (row, y) in rows.iter().zip((top..).step_by(ROW)) {
            let middle = y + 19;
            let label = cut(&row.label, label_room);
            put(&mut out, format_args!("{}", text(left - 12, middle, &label, "end", SIZE, INK, false)));
            let mut x = left;
            let all = parts(row);
            for (part, colour) in all.iter().zip(COLOURS) {
                let long = u64::max(part * room / most, u64::from(*part > 0));
                put(&mut out, format_args!("{}", bar(x, y + 4, long, 20, colour.0)));
                let words = grouped(*part);
                if is_stacked && width(&words) + 12 < long {
                    put(
                        &mut out,
                        format_args!("{}", text(x + long / 2, middle, &words, "middle", 12, colour.1, false)),
                    );
                }
                x += long;
            }
            let sum = grouped(all.iter().sum());
            put(&mut out, format_args!("{}", text(x + 8, middle, &sum, "start", SIZE, INK, false)));
        }
        let n_rows = u64::try_from(rows.len()).unwrap_or(0);
        (out, top + n_rows * u64::try_from(ROW).unwrap_or(0) + 20)
    }

    fn legend(&self, out: &mut String, rows: &[Row]) {
        let mut x = 24;
        let names = self.head.iter().skip(1).zip(COLOURS).enumerate();
        for (at, (name, colour)) in names {
            let is_empty = rows.iter().all(|row| row.values.get(at) == Some(&0));
            if is_empty || at + 2 >= self.head.len() {
                continue;
            }
            put(out, format_args!("{}", bar(x, 60, 14, 14, colour.0)));
            put(out, format_args!("{}", text(x + 20, 72, name, "start", SIZE, INK, false)));
            x += 20 + width(name) + 24;
        }
    }
}

fn columns(rows: &[Row]) -> (String, u64) {
    let (left, right, top, bottom, height) = (64, 24, 84, 44, 380);
    let most = rows.iter().filter_map(|row| row.values.first()).copied().max().unwrap_or(0).max(1);
    let step = step(most);
    let high = most.div_ceil(step) * step;
    let (room, tall) = (WIDTH - left - right, height - top - bottom);
    let mut out = String::new();
    for tick in (0..=high / step).map(|n| n * step) {
        let y = top + tall - tick * tall / high;
        let colour = if tick == 0 { FAINT } else { LINE };
        put(
            &mut out,
            format_args!(
                "<line x1=\"{left}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"1\"/>{}",
                WIDTH - right,
                text(left - 10, y + 4, &grouped(tick), "end", 12, FAINT, false)
            ),
        );
    }
    let n = u64::try_from(rows.len()).unwrap_or(1).max(1);
    for (row, at) in rows.iter().zip(0_u64..) {
        let value = row.values.first().copied().unwrap_or(0);
        let middle = left + room * (2 * at + 1) / (2 * n);
        let wide = (room / n * 3 / 5).min(40);
        let long = u64::max(value * tall / high, u64::from(value > 0));
        let y = top + tall - long;
        put(&mut out, format_args!("{}", bar(middle - wide / 2, y, wide, long, COLOURS[0].0)));
        put(&mut out, format_args!("{}", text(middle, y - 7, &grouped(value), "middle", 12, INK, false)));
        put(
            &mut out,
            format_args!("{}", text(middle, height - bottom + 22, &row.label, "middle", SIZE, INK, false)),
        );
    }
    (out, height)
}

/// A round distance of lines, so that there are at most six.
fn step(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if most.div_ceil(step) <= 6 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn bar(x: u64, y: u64, width: u64, height: u64, colour: &str) -> String {
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>")
}

fn text(x: u64, y: u64, words: &str, anchor: &str, size: u64, colour: &str, is_bold: bool) -> String {
    let weight = if is_bold { " font-weight=\"700\"" } else { "" };
    format!(
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{size}\"{weight} fill=\"{colour}\">{}</text>",
        escape(words)
    )
}

/// Writing into a text cannot fail.
fn put(out: &mut String, what: core::fmt::Arguments<'_>) {
    out.write_fmt(what).ok();
}

/// 144,309.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// How much room a text takes, in a font nobody knows: letters about half of a Chinese character.
fn width(words: &str) -> u64 {
    words.chars().map(letter).sum()
}

fn letter(c: char) -> u64 {
    if c.is_ascii() { 8 } else { SIZE }
}

/// As much of a text as there is room for.
fn cut(words: &str, room: u64) -> String {
    if width(words) <= room {
        return words.to_owned();
    }
    let mut used = SIZE;
    let fits = |c: &char| {
        used += letter(*c);
        used <= room
    };
    let mut shown: String = words.chars().take_while(fits).collect();
    shown.push('…');
    shown
}

const WIDTH: u64 = 760;
const SIZE: u64 = 14;
const ROW: usize = 30;
/// Rows of a long table that are drawn.
const N_SHOWN: usize = 15;

const INK: &str = "#1f2933";
const FAINT: &str = "#616e7c";
const LINE: &str = "#e4e7eb";

/// Colours of the parts, and of the words on them: each pair has a contrast above 4.5, and so has each colour beside white
/// above 3.
const COLOURS: [(&str, &str); 3] = [("#1f5f8b", "#ffffff"), ("#d9822b", "#1f2933"), ("#8a94a0", "#1f2933")];
