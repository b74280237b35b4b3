//! A problem as it is told to a person: data only.
//!
//! Not here: how it looks; that is `ui::render`. Whoever makes a report has already masked secrets in its words.

use serde_json::{Map, Value};
use std::sync::Arc;

/// Something went wrong, or is about to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// How grave it is.
    pub severity: Severity,
    /// What happened: a fragment without a full stop, as in "profile 404 does not exist".
    pub message: String,
    /// Where it happened.
    pub place: Option<Place>,
    /// How it came there, innermost call first.
    pub frames: Vec<Frame>,
    /// What else is known: the outcome, the number of attempts.
    pub notes: Vec<String>,
    /// What to do next, in sentences.
    pub help: Option<String>,
    /// The same as data, for `--format json`: kind, code, outcome and so on.
    pub data: Map<String, Value>,
}

/// How grave a report is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Severity {
    /// It ended the work.
    #[default]
    Error,
    /// It is worth a look.
    Warning,
}

/// A place in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The text the place is in.
    pub source: Arc<Source>,
    /// Counted from 1; 0 when only the file is known.
    pub line: usize,
    /// In characters, counted from 1; 0 when only the line is known.
    pub column: usize,
    /// How many characters to mark; at least 1.
    pub length: usize,
}

/// A script's text and what to call it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user wrote it, or `<eval>`, `<stdin>`, `<repl>`.
    pub name: String,
    /// The text as the engine saw it: same line numbers as the file.
    pub text: String,
}

/// One call on the way to the place of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function that was being called, as in "in `open_all`", or the file that was being imported.
    pub function: String,
    /// Whether it is a file.
    pub is_import: bool,
    /// Where it was called.
    pub place: Option<Place>,
}

impl Report {
    /// An error that is only a message so far.
    pub fn error(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// With what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With one more thing that is known.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// With where it happened.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}
