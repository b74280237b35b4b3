//! What became of the items of bulk work: how many were done, and for each its row in the table of `--output`.
//!
//! Rows stand in the order of the items, each on disk as soon as those before it are. A worker that is too far ahead
//! of the slowest waits, so that what is kept back stays small.
//!
//! A secret of an item is masked in its row. The row then begins with its number, which says which one it was.
//!
//! Not here: doing the work, and how a table is written.

use super::output::{Output, OutputError};
use super::session::finished;
use super::{Host, Level};
use crate::api::{self, Endpoint, Param};
use crate::base::mask::MASK;
use crate::base::text;
use rhai::Dynamic;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many items at most are worked on, or finished and kept back, behind one that is not finished.
const WINDOW: usize = 256;

const ROW: &str = "row";
const OUTCOME: &str = "outcome";
const VALUE: &str = "value";
const ERROR: &str = "error";

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Failed,
    /// A write of it may have been done.
    InDoubt,
    NotStarted,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::InDoubt, Self::NotStarted];

    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::NotStarted => "not_started",
        }
    }
}

/// An item that nothing more will happen to.
pub(super) struct Settled<'a> {
    pub(super) outcome: Outcome,
    /// What was returned for it.
    pub(super) value: Option<&'a Dynamic>,
    /// Why it failed.
    pub(super) error: Option<&'a str>,
}

/// Keeps account of the items of one bulk call.
pub(super) struct Outcomes<'a> {
    sheet: Option<Sheet<'a>>,
    state: Mutex<State>,
    /// Signalled when rows were written, or no other item will be begun.
    moved: Condvar,
}

#[derive(Default)]
struct State {
    counts: [usize; Outcome::ALL.len()],
    /// Finished behind one that is not, by the item's index.
    kept: BTreeMap<usize, (Outcome, Map<String, Value>)>,
    /// The first item whose row is not written.
    next: usize,
    is_over: bool,
}

/// How items become rows.
struct Sheet<'a> {
    host: &'a Host,
    output: &'a Output,
    /// Of the items, and the number in front of them.
    columns: Vec<String>,
    is_numbered: bool,
    secret: BTreeSet<&'static str>,
    /// The column of an item that is no map.
    item: &'static str,
    /// The column of what is returned.
    result: &'static str,
}

impl<'a> Outcomes<'a> {
    /// For items with these columns, which may become rows of the host's output table. `form` is the endpoint that is
    /// called for each, if it is no function.
    ///
    /// The columns are fixed here: once an item was worked on, no row of it is refused.
    ///
    /// # Errors
    /// Returns an error if the table cannot have these columns.
    pub(super) fn begin(
        host: &'a Host,
        form: Option<&'static Endpoint>,
        columns: Vec<String>,
        writes_rows: bool,
    ) -> Result<Self, OutputError> {
        let output = host.output.as_ref().filter(|_| writes_rows);
        let sheet = output.map(|output| Sheet::new(host, output, form, columns));
        if let Some(sheet) = &sheet {
            let number = sheet.is_numbered.then_some(ROW);
            let own: Vec<&str> = number.into_iter().chain([OUTCOME, sheet.result, ERROR]).collect();
            sheet.output.begin(&sheet.columns, &own)?;
        }
        Ok(Self { sheet, state: Mutex::default(), moved: Condvar::new() })
    }

    /// Whether items become rows.
    pub(super) fn has_rows(&self) -> bool {
        self.sheet.is_some()
    }

    /// What the row of an item will hold of it, if there will be one.
    pub(super) fn noted(&self, item: &Dynamic) -> Option<Map<String, Value>> {
        self.sheet.as_ref().map(|sheet| sheet.noted(item))
    }

    /// Waits until the slowest item is near enough to this one.
    pub(super) fn wait_for_room(&self, index: usize) {
        let mut state = self.lock();
        while self.sheet.is_some() && index >= state.next + WINDOW && !state.is_over {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets no worker wait any longer.
    pub(super) fn end_waits(&self) {
        self.lock().is_over = true;
        self.moved.notify_all();
    }

    /// Counts an item, and writes its row once those before it are written.
    ///
    /// # Errors
    /// Why a row was not written.
    pub(super) fn settle(
        &self,
        index: usize,
        noted: Option<Map<String, Value>>,
        settled: &Settled,
    ) -> Result<(), String> {
        let row = match (&self.sheet, noted) {
            (Some(sheet), Some(noted)) => Some(sheet.row(index, noted, settled)),
            _ => None,
        };
        let mut state = self.lock();
        state.counts[settled.outcome as usize] += 1;
        if let Some(row) = row {
            state.kept.insert(index, (settled.outcome, row));
            self.write(state)?;
        }
        Ok(())
    }

    /// Writes what is left, and counts the rest of `count` items as not started.
    ///
    /// # Errors
    /// Why a row was not written.
    pub(super) fn finish(&self, count: usize) -> Result<(), String> {
        let mut state = self.lock();
        let counted = state.counts.iter().sum();
        state.counts[Outcome::NotStarted as usize] += count.saturating_sub(counted);
        self.write(state)
    }

    /// How many items there were of each outcome.
    pub(super) fn summary(&self) -> rhai::Map {
        let counts = self.lock().counts;
        let counts = Outcome::ALL.iter().map(|outcome| {
            let count = rhai::INT::try_from(counts[*outcome as usize]).unwrap_or(rhai::INT::MAX);
            (outcome.word().into(), count.into())
        });
        counts.collect()
    }

    fn write(&self, mut state: MutexGuard<State>) -> Result<(), String> {
        let Some(sheet) = &self.sheet else { return Ok(()) };
        loop {
            let next = state.next;
            let Some((outcome, row)) = state.kept.remove(&next) else { break };
            let lost = |error: OutputError| {
                format!("the row of item {} ({}) was not written: {error}", next + 1, outcome.word())
            };
            sheet.output.append(row, sheet.host.calls().is_dry()).map_err(lost)?;
            state.next += 1;
        }
        self.moved.notify_all();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Sheet<'a> {
    fn new(
        host: &'a Host,
        output: &'a Output,
        form: Option<&'static Endpoint>,
        mut columns: Vec<String>,
    ) -> Self {
        // Not `profile_id`: the row of a copy has the number of the profile that was copied, too.
        let result = form.map_or(VALUE, |_| "new_profile_id");
        let mut secret = BTreeSet::new();
        let mut hiding = BTreeSet::new();
        for endpoint in api::endpoints() {
            note_secrets(endpoint.params, &mut secret, &mut hiding);
        }
        columns.retain(|column| !is_ours(column, result));
        let has_secrets =
            |column: &String| secret.contains(column.as_str()) || hiding.contains(column.as_str());
        let is_numbered = columns.iter().any(has_secrets);
        if is_numbered && !columns.iter().any(|column| column == ROW) {
            columns.insert(0, ROW.to_owned());
        }
        let item = item_column(form);
        Self { host, output, columns, is_numbered, secret, item, result }
    }

    fn noted(&self, item: &Dynamic) -> Map<String, Value> {
        match finished(item) {
            Value::Object(fields) => {
                let mut noted = self.without_secrets(fields);
                noted.retain(|column, _| !is_ours(column, self.result));
                noted
            }
            item => self.without_secrets(Map::from_iter([(self.item.to_owned(), item)])),
        }
    }

    /// What is named like a secret is masked whatever it is: an item that was not begun has told no call of its secrets.
    fn without_secrets(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let shown = fields.into_iter().map(|(name, value)| match value {
            Value::Null => (name, Value::Null),
            Value::String(text) if text.is_empty() => (name, text.into()),
            _ if self.secret.contains(name.as_str()) => (name, MASK.into()),
            Value::Object(fields) => (name, self.without_secrets(fields).into()),
            value => (name, value),
        });
        shown.collect()
    }

    fn row(&self, index: usize, mut noted: Map<String, Value>, settled: &Settled) -> Map<String, Value> {
        let mut row = Map::new();
        if self.is_numbered {
            row.insert(ROW.to_owned(), (index + 1).into());
        }
        // A script's maps have forgotten the order of the table's columns.
        for column in &self.columns {
            if let Some(value) = noted.remove(column) {
                row.insert(column.clone(), self.masked(value));
            }
        }
        row.insert(OUTCOME.to_owned(), settled.outcome.word().into());
        let value = settled.value.map(finished).unwrap_or_default();
        let value = self.without_declared(index, value, &mut row);
        row.insert(self.result.to_owned(), value);
        let error = settled.error.map_or(Value::Null, |error| self.host.masked(error).into());
        row.insert(ERROR.to_owned(), error);
        row
    }

    /// Moves the fields of a returned map that have columns of their own in the header into the row, and returns the rest.
    fn without_declared(&self, index: usize, value: Value, row: &mut Map<String, Value>) -> Value {
        let Value::Object(fields) = value else { return value };
        let declared = self.output.declared();
        let is_own = |name: &str| name == ROW || is_ours(name, self.result);
        let (with_column, rest): (Map<_, _>, Map<_, _>) =
            fields.into_iter().partition(|(name, _)| declared.contains(name) && !is_own(name));
        row.extend(with_column);

        let Some(first) = rest.keys().next() else { return Value::Null };
        let is_expected = declared.is_empty() || declared.iter().any(|column| column == self.result);
        if !is_expected && self.output.is_first_without_column() {
            let name = text::one_line(&text::cut(first, 60)).into_owned();
            let message = format!(
                "`{name}`, returned for item {}, is not a column that the header declares; fields without a column are \
                 kept as JSON in `{}`",
                index + 1,
                self.result
            );
            self.host.log(Level::Warning, &self.host.masked(&message));
        }
        rest.into()
    }

    fn masked(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.host.masked(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.masked(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, field)| (name, self.masked(field))).collect()
            }
            other => other,
        }
    }
}

/// The column of an item that is no map: the parameter it stands for.
pub(super) fn item_column(form: Option<&'static Endpoint>) -> &'static str {
    form.and_then(|endpoint| endpoint.positional.first()).copied().unwrap_or("item")
}

/// An item may come from an earlier output table; what became of it then is no part of it.
fn is_ours(column: &str, result: &str) -> bool {
    [OUTCOME, result, ERROR].contains(&column)
}

/// The names of secret parameters, and of objects that have some.
fn note_secrets(
    params: &'static [Param],
    secret: &mut BTreeSet<&'static str>,
    hiding: &mut BTreeSet<&'static str>,
) -> bool {
    let mut found = false;
    for param in params {
        if param.secret {
            secret.insert(param.name);
        }
        if note_secrets(param.members(), secret, hiding) {
            hiding.insert(param.name);
        }
        found |= param.secret;
    }
    found
}
