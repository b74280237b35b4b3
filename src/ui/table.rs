//! Tables as lists of commands show them: a header, a rule, columns two spaces apart, no frame.
//!
//! Not here: what becomes a row; that is `value` or a command.

use super::Style;
use crate::base::text;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, TableStyle};

/// Columns narrower than this are no longer read as a table.
const NARROWEST: usize = 8;

/// Spaces between two columns.
pub(super) const GAP: u16 = 2;

/// A table in the making. Cells are shown on one line each, with control characters as escapes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and no rows yet.
    pub fn new<T: AsRef<str>>(headers: impl IntoIterator<Item = T>) -> Self {
        Self { headers: safe(headers), rows: Vec::new() }
    }

    /// With one more row. Missing cells stay empty; those beyond the last column are dropped.
    #[must_use]
    pub fn row<T: AsRef<str>>(mut self, cells: impl IntoIterator<Item = T>) -> Self {
        self.push(cells);
        self
    }

    /// Adds one more row, as [`Self::row`] does.
    pub fn push<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let mut cells = safe(cells);
        cells.resize(self.headers.len(), String::new());
        self.rows.push(cells);
    }

    /// How wide each column is by itself.
    pub(super) fn widths(&self) -> Vec<usize> {
        let widths = self.laid_out(Style::PLAIN).column_max_content_widths();
        widths.into_iter().map(usize::from).collect()
    }

    /// Only these columns, in this order, each with cells of at most `widest` characters.
    pub(super) fn narrowed(&self, columns: &[usize], widest: usize) -> Self {
        let of = |row: &Vec<String>| {
            let cells = columns.iter().filter_map(|at| row.get(*at));
            // The mark of the cut takes one more.
            cells.map(|cell| text::cut(cell, widest - 1).into_owned()).collect()
        };
        Self { headers: of(&self.headers), rows: self.rows.iter().map(of).collect() }
    }

    fn laid_out(&self, style: Style) -> comfy_table::Table {
        let mut table = layout(style);
        table.set_header(self.headers.iter().map(plain_cell));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(plain_cell)));
        table
    }

    /// The table as lines. On a terminal it fits the width: long cells wrap, and when there are too many columns for
    /// that, each row becomes a block of `header: cell` lines.
    pub fn render(&self, style: Style) -> String {
        if self.headers.is_empty() {
            return String::new();
        }
        let table = self.laid_out(style);
        if style.terminal && !is_legible(&table, style.width) {
            return self.render_blocks(style);
        }
        finish(table)
    }

    fn render_blocks(&self, style: Style) -> String {
        let block = |row: &Vec<String>| pairs(self.headers.iter().zip(row), style);
        self.rows.iter().map(block).collect::<Vec<_>>().join("\n")
    }
}

/// `key: value` lines with the values below each other.
pub fn pairs<K: AsRef<str>, V: AsRef<str>>(
    entries: impl IntoIterator<Item = (K, V)>,
    style: Style,
) -> String {
    let mut table = layout(style);
    for (key, value) in entries {
        let key = format!("{}:", text::one_line(key.as_ref()));
        table.add_row([key, text::one_line(value.as_ref()).into_owned()].map(plain_cell));
    }
    if let Some(keys) = table.column_mut(0) {
        keys.set_padding((0, 1)).set_constraint(ColumnConstraint::ContentWidth);
    }
    if table.is_empty() {
        return String::new();
    }
    finish(table)
}

fn safe<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> Vec<String> {
    cells.into_iter().map(|cell| text::one_line(cell.as_ref()).into_owned()).collect()
}

fn plain_cell(text: impl AsRef<str>) -> comfy_table::Cell {
    comfy_table::Cell::new(text.as_ref())
}

fn layout(style: Style) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('-')));
    if style.terminal {
        table.set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// Whether each column can have what it needs, or at least the narrowest width.
fn is_legible(table: &comfy_table::Table, width: usize) -> bool {
    let widths = table.column_max_content_widths();
    let gaps = widths.len().saturating_sub(1) * usize::from(GAP);
    let least: usize = widths.iter().map(|width| usize::from(*width).min(NARROWEST)).sum();
    least + gaps <= width
}

fn finish(mut table: comfy_table::Table) -> String {
    let last = table.column_count().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        if index == last {
            column.set_padding((0, 0));
        } else if column.constraint().is_none() {
            column.set_padding((0, GAP));
        }
    }
    let mut lines = table.trim_fmt();
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn terminal(width: usize) -> Style {
        Style { color: false, width, terminal: true }
    }

    #[test]
    fn columns_line_up_also_with_wide_characters() {
        let table = Table::new(["id", "name", "group"])
            .row(["1", "プロファイル", "a"])
            .row(["20", "plain", "b"])
            .row(["3"]);
        let expected = expect![[r#"
            id  name          group
            -----------------------
            1   プロファイル  a
            20  plain         b
            3
        "#]];
        expected.assert_eq(&table.render(Style::PLAIN));
    }

    #[test]
    fn a_terminal_wraps_long_cells_and_a_file_does_not() {
        let table = Table::new(["id", "note"]).row(["1", "one two three four five six seven"]);
        expect![[r#"
            id  note
            ------------------------
            1   one two three four
                five six seven
        "#]]
        .assert_eq(&table.render(terminal(24)));
        expect![[r#"
            id  note
            -------------------------------------
            1   one two three four five six seven
        "#]]
        .assert_eq(&table.render(Style { width: 24, ..Style::PLAIN }));
    }

    #[test]
    fn too_many_columns_become_blocks() {
        let table = Table::new(["profile_id", "last_opened", "tag_name"])
            .row(["1", "yesterday", "first tag"])
            .row(["2", "never", "x"]);
        expect![[r#"
            profile_id:  1
            last_opened: yesterday
            tag_name:    first tag

            profile_id:  2
            last_opened: never
            tag_name:    x
        "#]]
        .assert_eq(&table.render(terminal(26)));
    }

    #[test]
    fn cells_cannot_drive_a_terminal_nor_break_a_row() {
        let table = Table::new(["a\nb"]).row(["x\x1b[31m\ty"]);
        assert_eq!(table.render(Style::PLAIN), "a\\nb\n--------------\nx\\u{1b}[31m\\ty\n");
    }

    #[test]
    fn nothing_is_nothing_and_no_rows_are_a_header() {
        assert_eq!(Table::default().render(Style::PLAIN), "");
        assert_eq!(Table::new(["id", "name"]).render(Style::PLAIN), "id  name\n--------\n");
        assert_eq!(pairs([("", ""); 0], Style::PLAIN), "");
    }

    #[test]
    fn even_the_narrowest_terminal_gets_it_all() {
        let table = Table::new(["id", "名前"]).row(["1", "プロ"]);
        for width in [0, 1, 2, 5, usize::MAX] {
            let lines = table.render(terminal(width)).replace(char::is_whitespace, "");
            assert!(lines.contains("プロ"), "{width}: {lines}");
        }
    }
}
