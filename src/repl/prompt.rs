//! Reading lines from a terminal, several where one is not complete.
//!
//! Not here: what happens to them.

use super::history;
use crate::script;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Completer, Config, Editor, Helper, Highlighter, Hinter};
use std::path::{Path, PathBuf};

/// A terminal to read from.
pub(super) struct Prompt {
    editor: Editor<Rules, FileHistory>,
    history: Option<PathBuf>,
}

#[derive(Completer, Helper, Highlighter, Hinter)]
struct Rules;

impl Validator for Rules {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        // A blank line gets out of what was never meant to go on.
        let is_given_up = text.ends_with("\n");
        let goes_on = !text.starts_with(':') && !is_given_up && script::is_incomplete(text);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Prompt {
    pub(super) fn open(history: Option<&Path>) -> Result<Self, ReadlineError> {
        let config = Config::builder().max_history_size(10_000)?.auto_add_history(false).build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Rules));
        for line in history.map(history::load).unwrap_or_default() {
            editor.add_history_entry(line)?;
        }
        Ok(Self { editor, history: history.map(Path::to_path_buf) })
    }

    pub(super) fn read(&mut self) -> Result<String, ReadlineError> {
        self.editor.readline("ix> ")
    }

    /// Keeps a line, unless it begins with a space.
    pub(super) fn remember(&mut self, line: &str) {
        if line.starts_with(' ') {
            return;
        }
        // A line that is not remembered is no reason to stop.
        let is_new = self.editor.add_history_entry(line).unwrap_or(false);
        if let Some(file) = self.history.as_deref().filter(|_| is_new) {
            let _ = history::append(file, line);
        }
    }
}
