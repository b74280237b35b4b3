//! Reading lines from a terminal, several where one is not complete.
//!
//! Not here: what happens to them.

use super::complete::{self, Known};
use super::history;
use crate::script;
use crate::script::reference::{self, Entry};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A terminal to read from.
pub(super) struct Prompt {
    editor: Editor<Rules, FileHistory>,
    history: Option<PathBuf>,
}

/// What the editor asks while a line is typed.
struct Rules {
    entries: Vec<Entry>,
    variables: Vec<String>,
    commands: Vec<&'static str>,
    color: bool,
}

impl Rules {
    fn known(&self) -> Known<'_> {
        Known { entries: &self.entries, variables: &self.variables, commands: &self.commands }
    }
}

impl Helper for Rules {}

impl Completer for Rules {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, words) = complete::candidates(&line[..at], &self.known());
        let pairs = words.into_iter().map(|word| Pair { display: word.clone(), replacement: word });
        Ok((start, pairs.collect()))
    }
}

impl Hinter for Rules {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        (at == line.len()).then(|| complete::signature(line, &self.known())).flatten()
    }
}

impl Highlighter for Rules {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        // Dimmed, so that nobody takes it for what was typed.
        if self.color { Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }
}

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
    pub(super) fn open(
        history: Option<&Path>,
        commands: Vec<&'static str>,
        color: bool,
    ) -> Result<Self, ReadlineError> {
        let config = Config::builder()
            .max_history_size(10_000)?
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Rules {
            entries: reference::entries(),
            variables: Vec::new(),
            commands,
            color,
        }));
        for line in history.map(history::load).unwrap_or_default() {
            editor.add_history_entry(line)?;
        }
        Ok(Self { editor, history: history.map(Path::to_path_buf) })
    }

    pub(super) fn read(&mut self) -> Result<String, ReadlineError> {
        self.editor.readline("ix> ")
    }

    /// Tells the editor which variables there are.
    pub(super) fn set_variables(&mut self, variables: Vec<String>) {
        if let Some(rules) = self.editor.helper_mut() {
            rules.variables = variables;
        }
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
