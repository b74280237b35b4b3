//! How many histories met each adversity with each kind of script, and which conclusions were reached.

use super::history::Report;
use super::plan::History;
use super::script;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Counted histories.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// By adversity and kind of statement.
    cells: BTreeMap<(String, &'static str), u64>,
    conclusions: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// Counts a history.
    pub(crate) fn add(&mut self, history: &History, report: &Report) {
        let kinds: BTreeSet<&str> =
            script::all(&history.script).into_iter().map(script::Statement::kind).collect();
        for adversity in &report.fired {
            for kind in &kinds {
                *self.cells.entry((adversity.clone(), kind)).or_default() += 1;
            }
        }
        for (conclusion, count) in &report.conclusions {
            *self.conclusions.entry(conclusion).or_default() += count;
        }
    }

    /// Adds what another thread counted.
    pub(crate) fn merge(&mut self, other: Self) {
        for (cell, count) in other.cells {
            *self.cells.entry(cell).or_default() += count;
        }
        for (conclusion, count) in other.conclusions {
            *self.conclusions.entry(conclusion).or_default() += count;
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: BTreeSet<&String> = self.cells.keys().map(|(adversity, _)| adversity).collect();
        let columns: BTreeSet<&str> = self.cells.keys().map(|(_, kind)| *kind).collect();
        for (at, column) in columns.iter().enumerate() {
            writeln!(formatter, "{:>18}{} {column}", "", "      |".repeat(at))?;
        }
        let mut empty = 0;
        for row in rows {
            write!(formatter, "{row:>18}")?;
            for column in &columns {
                let count = self.cells.get(&(row.clone(), *column)).copied().unwrap_or(0);
                empty += usize::from(count == 0);
                write!(formatter, "{count:>7}")?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter, "empty cells: {empty}")?;
        for (conclusion, count) in &self.conclusions {
            writeln!(formatter, "{conclusion}: {count}")?;
        }
        Ok(())
    }
}
