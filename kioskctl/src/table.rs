//! Texts in columns, as a terminal shows them: a Chinese character takes two.

use unicode_width::UnicodeWidthStr as _;

/// Lines `name  value`, the values one below the other.
pub(crate) fn pairs(rows: &[(&str, String)]) -> String {
    let widest = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        line(&mut text, &format!("{}  {value}", cell(name, widest)));
        text
    })
}

/// Rows of columns under their headings; the last column may be of any length.
pub(crate) fn rows<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|at| {
        all().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0)
    });
    all().fold(String::new(), |mut text, row| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(text, width)| cell(text, width)).collect();
        line(&mut text, &cells.join("  "));
        text
    })
}

/// A text with so many blanks behind it that it is so wide.
pub(crate) fn cell(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_straight_in_either_script() {
        let text = pairs(&[("在架 present", "1".to_owned()), ("missing", "22".to_owned())]);
        assert_eq!(text, "在架 present  1\nmissing       22\n");
        let told =
            rows(["架", "n"], &[["CJ-001".to_owned(), "5".to_owned()], ["红".to_owned(), "6".to_owned()]]);
        assert_eq!(told, "架      n\nCJ-001  5\n红      6\n");
    }
}
