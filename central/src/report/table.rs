//! A table of counts: as CSV for a spreadsheet, as text for a terminal.

use super::Language;

/// A table of counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// its name in files and addresses
    pub key: &'static str,
    /// its title
    pub title: String,
    /// what the columns are
    pub head: Vec<String>,
    /// how it was counted, where that is not plain
    pub note: Option<String>,
    /// its rows
    pub rows: Vec<Row>,
    /// the sums of the columns
    pub total: Option<Vec<u64>>,
    /// whether a chart shows only the greatest rows
    pub is_long: bool,
    /// how it is drawn
    pub chart: Chart,
    /// in which language it is
    pub language: Language,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// what was counted
    pub label: String,
    /// the second column where that is a text
    pub note: Option<String>,
    /// the counts
    pub values: Vec<u64>,
}

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chart {
    /// upright columns of the first count
    Columns,
    /// bars of the first count
    Bars,
    /// bars of the last count
    LastBars,
    /// bars in parts; the last count is the sum of the others
    Stacked,
}

impl Row {
    pub(super) fn of(label: impl Into<String>, values: Vec<u64>) -> Self {
        Self { label: label.into(), note: None, values }
    }
}

impl Table {
    /// Adds the sums.
    pub(super) fn with_total(mut self) -> Self {
        let n = self.rows.iter().map(|row| row.values.len()).max().unwrap_or(0);
        let sum = |at: usize| self.rows.iter().filter_map(|row| row.values.get(at)).sum();
        self.total = Some((0..n).map(sum).collect()).filter(|_: &Vec<u64>| n > 0);
        self
    }

    /// Leaves the line of those who told nothing away when there are none.
    pub(super) fn without_untold(mut self, label: &str) -> Self {
        self.rows.retain(|row| row.label != label || row.values.iter().any(|n| *n > 0));
        self
    }

    /// The sum of a column.
    #[must_use]
    pub fn sum(&self, column: usize) -> u64 {
        self.rows.iter().filter_map(|row| row.values.get(column)).sum()
    }

    /// As CSV with a mark in front that tells Excel that it is UTF-8. A text that a spreadsheet would take for a formula
    /// gets an apostrophe in front.
    ///
    /// # Errors
    /// [`csv::Error`]: none is known that writing into memory can give
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(&self.head)?;
        for row in &self.rows {
            out.write_record(self.cells(row).iter().map(|cell| as_text(cell)))?;
        }
        if let Some(total) = self.total_row() {
            out.write_record(self.cells(&total))?;
        }
        let bytes = out.into_inner().map_err(|fault| csv::Error::from(fault.into_error()))?;
        Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
    }

    /// As text with aligned columns.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![self.head.clone()];
        lines.extend(self.rows.iter().map(|row| self.cells(row)));
        lines.extend(self.total_row().map(|row| self.cells(&row)));
        let n_columns = self.head.len();
        let widest = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| width(cell)).max();
        let widths: Vec<usize> = (0..n_columns).map(|at| widest(at).unwrap_or(0)).collect();
        let n_texts = n_columns - self.n_counts();
        let mut text = format!("{}\n", self.title);
        for line in lines {
            let mut shown = String::new();
            for (at, (cell, room)) in line.iter().zip(&widths).enumerate() {
                let gap = " ".repeat(room.saturating_sub(width(cell)));
                let (before, after) = if at < n_texts { ("", gap.as_str()) } else { (gap.as_str(), "") };
                shown.push_str(&format!("  {before}{cell}{after}"));
            }
            text.push_str(shown.trim_end());
            text.push('\n');
        }
        text
    }

    /// How many columns are counts.
    fn n_counts(&self) -> usize {
        self.rows.iter().map(|row| row.values.len()).max().unwrap_or_else(|| self.head.len().min(2) - 1)
    }

    /// The cells of a row, as many as the head has.
    pub(super) fn cells(&self, row: &Row) -> Vec<String> {
        let mut cells = vec![row.label.clone()];
        if self.head.len() > 1 + row.values.len() {
            cells.push(row.note.clone().unwrap_or_default());
        }
        cells.extend(row.values.iter().map(u64::to_string));
        cells
    }

    pub(super) fn total_row(&self) -> Option<Row> {
        let label = self.language.of(("合计", "all"));
        self.total.as_ref().map(|values| Row::of(label, values.clone()))
    }
}

fn as_text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Columns of a terminal: a character of Chinese takes two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() || c == '–' { 1 } else { 2 }).sum()
}
