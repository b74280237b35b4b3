//! A recipe's header: what the leading `//!` lines say, as TOML, about the recipe and its parameters.
//!
//! Not here: the values of parameters (`sources`, `words`, `file`), and the recipe's help page (`page`).
//!
//! ```text
//! //! name = "copy-many"
//! //! about = "Copies a profile."
//! //! [params]
//! //! count = 3
//! //! [params.source]
//! //! type = "int"
//! //! required = true
//! ```

mod block;
mod declared;
mod file;
mod near_miss;
mod page;
mod param_error;
mod pattern;
mod read;
mod sources;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use file::ParamFile;
pub use page::{Shown, help, parameters};
pub use param_error::ParamError;
pub use pattern::Pattern;
pub use read::parse;
pub use sources::{Given, Outside, read_params};
pub use words::OwnOption;

use super::testing;
use crate::base::report::{Place, Report, Source};
use crate::base::text;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a recipe says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// A short name.
    pub name: Option<String>,
    /// What it does, in a sentence.
    pub about: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The host functions it may call; all of them if it does not say.
    pub needs: Option<Vec<&'static str>>,
    /// Where it declares each of them.
    pub needs_places: Vec<Placed>,
    /// Its parameters, in the order they are declared.
    pub params: Vec<Param>,
    /// The columns it reads of the input table.
    pub columns: Vec<String>,
    /// Those that it reads where they are there.
    pub optional_columns: Vec<String>,
    /// The column that tells rows apart, if not all do together.
    pub key: Option<String>,
    /// Whether it also works without that table; it then has no rows.
    pub table_is_optional: bool,
    /// What it says of the table it writes.
    pub output: OutputTable,
    /// Command lines that show how it is used.
    pub examples: Vec<String>,
    /// The simulator a test wants.
    pub sim: SimSetup,
}

impl Header {
    /// Whether it says more than what the recipe is.
    pub fn has_effect(&self) -> bool {
        let Self { name, about, version, examples, .. } = self.clone();
        *self != Self { name, about, version, examples, ..Self::default() }
    }

    /// Whether it reads the input table at all.
    pub fn reads_table(&self) -> bool {
        !self.columns.is_empty() || !self.optional_columns.is_empty()
    }

    /// The columns of the input table, for people; nothing if it reads none.
    pub fn input_columns(&self) -> Option<String> {
        let list = |columns: &[String]| {
            let columns: Vec<_> = columns.iter().map(|column| text::one_line(column)).collect();
            columns.join(", ")
        };
        match (self.columns.as_slice(), self.optional_columns.as_slice()) {
            ([], []) => None,
            (columns, []) => Some(list(columns)),
            ([], optional) => Some(format!("any of {}", list(optional))),
            (columns, optional) => Some(format!("{}; it may also have {}", list(columns), list(optional))),
        }
    }
}

/// What a recipe says of the table of `--output`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputTable {
    /// Its columns, in their order; as they come if there are none.
    pub columns: Vec<String>,
    /// Whether the values of secret parameters stand in it as they are.
    pub secrets: bool,
}

/// The simulator a test wants: the `[sim]` table of its header.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimSetup {
    /// What could stand behind `--sim=`.
    pub options: Option<Placed>,
    /// Faults, as `ixscript sim --fault` takes them.
    pub faults: Vec<Placed>,
}

/// A text of a header that others understand, with its place, so that they can say what is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The text.
    pub text: String,
    /// The line of the file, counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters to mark.
    pub length: usize,
}

impl Placed {
    /// `report` with this place in the file.
    pub fn blame(&self, report: Report, source: &Arc<Source>) -> Report {
        let Self { line, column, length, .. } = *self;
        report.at(Place { source: Arc::clone(source), line, column, length: length.max(1) })
    }
}

/// The header of a recipe, or of a test if its name is one of a test.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn of(source: &Source) -> Result<Header, HeaderError> {
    if testing::is_test(&source.name) { read::parse_test(&source.text) } else { parse(&source.text) }
}

/// Refuses a text with a header where none is read. Prose is a comment like any other.
///
/// # Errors
/// That there is a header, or what is wrong with it.
pub fn refuse(source: &Arc<Source>, help: &str) -> Result<(), Report> {
    let header = parse(&source.text).map_err(|error| error.report(source))?;
    if !header.has_effect() {
        return Ok(());
    }
    Err(Report::error(format!("{} has a header, which is not read here", source.name)).help(help))
}

/// A parameter of a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name, as scripts read it.
    pub name: String,
    /// Its type.
    pub kind: ParamKind,
    /// Its value when it is not given.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
    /// The values it may have; none means any.
    pub allowed: Vec<Value>,
    /// The least number.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// What the whole of its text, or of every item, must match.
    pub pattern: Option<Pattern>,
    /// Whether its value is kept out of logs, errors and excerpts.
    pub secret: bool,
    /// What it is for.
    pub about: Option<String>,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ParamKind {
    /// Any text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Float,
    /// True or false.
    Boolean,
    /// Any number of texts.
    List,
}

impl ParamKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Integer, Self::Float, Self::Boolean, Self::List];

    /// The word in headers and help pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "int",
            Self::Float => "float",
            Self::Boolean => "bool",
            Self::List => "list",
        }
    }

    /// As in "must be a whole number".
    fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
        }
    }

    /// `value` as one of this type: a whole number is a number too.
    fn of(self, value: Value) -> Value {
        let number = value.as_f64().filter(|_| self == Self::Float);
        number.and_then(serde_json::Number::from_f64).map_or(value, Value::Number)
    }

    /// Whether it is a type that `value` has.
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Integer => value.is_i64(),
            Self::Float => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
        }
    }
}

impl Param {
    /// The name on the command line, without the dashes in front.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The environment variable that gives it.
    pub fn variable(&self) -> String {
        format!("IXSCRIPT_PARAM_{}", self.name.to_uppercase().replace(['-', '.'], "_"))
    }

    /// Whether a value may be this parameter's, type aside.
    fn allows(&self, value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().all(|item| self.allows(item)),
            _ => self.allowed.is_empty() || self.allowed.contains(value),
        }
    }

    fn is_of_pattern(&self, value: &Value) -> bool {
        let matches = |value: &Value| match (&self.pattern, value) {
            (Some(pattern), Value::String(text)) => pattern.matches(text),
            _ => true,
        };
        match value {
            Value::Array(items) => items.iter().all(matches),
            one => matches(one),
        }
    }

    /// Whether what must be given may be given as nothing at all.
    fn may_be_empty(&self) -> bool {
        let is_matched = self.pattern.as_ref().is_some_and(|pattern| pattern.matches(""));
        !self.required || is_matched || self.allowed.iter().any(|value| value == "")
    }

    fn is_in_range(&self, value: &Value) -> bool {
        value.as_f64().is_none_or(|number| {
            self.min.is_none_or(|least| number >= least) && self.max.is_none_or(|most| number <= most)
        })
    }

    /// As in "from 1 to 5".
    fn range(&self) -> Option<String> {
        match (self.min, self.max) {
            (Some(min), Some(max)) => Some(format!("from {min} to {max}")),
            (Some(min), None) => Some(format!("at least {min}")),
            (None, Some(max)) => Some(format!("at most {max}")),
            (None, None) => None,
        }
    }
}

/// A value as a person writes it on a command line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HeaderError {
    /// What is wrong: a fragment without a full stop.
    pub message: String,
    /// The line of the file, counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters to mark.
    pub length: usize,
    /// What to do about it, in sentences.
    pub help: Option<String>,
}

impl HeaderError {
    /// The error as a report, with its place in the recipe.
    pub fn report(&self, source: &Arc<Source>) -> Report {
        let place = Place {
            source: Arc::clone(source),
            line: self.line,
            column: self.column,
            length: self.length.max(1),
        };
        Report { help: self.help.clone(), ..Report::error(self.message.clone()).at(place) }
    }
}

/// The values of secret parameters, to be masked wherever they would be shown.
pub fn secrets(header: &Header, params: &Map<String, Value>) -> Vec<String> {
    let secret = header.params.iter().filter(|param| param.secret);
    let values = secret.flat_map(|param| params.get(&param.name).into_iter().chain(&param.default));
    let mut found: Vec<String> = values
        .flat_map(|value| match value {
            Value::Array(items) => items.iter().map(plain).collect(),
            other => vec![plain(other)],
        })
        .filter(|text| !text.is_empty())
        .collect();
    found.sort();
    found.dedup();
    found
}
