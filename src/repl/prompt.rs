//! Reading lines from a terminal, several where one is not complete.
//!
//! Not here: what happens to them.

use super::commands::{COMMANDS, Completes, Takes};
use super::complete::{self, Known};
use super::history::History;
use super::permission::Answer;
use super::{Place, Setup};
use super::{colors, files};
use crate::base::text;
use crate::script;
use crate::script::reference::{self, Entry};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::{DefaultHistory, FileHistory};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::path::PathBuf;
use std::str::FromStr;

/// How keys are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EditMode {
    /// As in emacs and most shells.
    #[default]
    Emacs,
    /// As in vi.
    Vi,
}

impl FromStr for EditMode {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        match typed.trim() {
            "emacs" => Ok(Self::Emacs),
            "vi" => Ok(Self::Vi),
            other => {
                let suggestion = text::did_you_mean(other, ["emacs", "vi"]);
                let shown = text::one_line(&text::cut(other, 40)).into_owned();
                Err(format!("`{shown}` is neither emacs nor vi{suggestion}"))
            }
        }
    }
}

/// A terminal to read from.
pub(super) struct Prompt {
    editor: Editor<Rules, FileHistory>,
    history: History,
}

/// What the editor asks while a line is typed.
struct Rules {
    entries: Vec<Entry>,
    variables: Vec<String>,
    commands: Vec<(&'static str, Takes)>,
    folder: PathBuf,
    color: bool,
}

impl Rules {
    fn known(&self) -> Known<'_> {
        Known { entries: &self.entries, variables: &self.variables, commands: &self.commands }
    }

    /// What stands behind a command that takes a file.
    fn file<'a>(&self, before: &'a str) -> Option<&'a str> {
        let (name, argument) = before.split_once(' ')?;
        let takes = self.commands.iter().find(|(known, _)| *known == name).map(|(_, takes)| takes)?;
        matches!(takes.completes(), Completes::Files).then_some(argument)
    }
}

impl Helper for Rules {}

impl Completer for Rules {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..at];
        let (start, words) = match self.file(before) {
            Some(typed) => {
                let (start, names) = files::candidates(&self.folder, typed);
                (before.len() - typed.len() + start, names)
            }
            None => complete::candidates(before, &self.known()),
        };
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
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if self.color { Cow::Owned(colors::painted(line, at)) } else { Cow::Borrowed(line) }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color
    }

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
    pub(super) fn open(setup: &Setup, color: bool) -> Result<Self, ReadlineError> {
        let config = Config::builder()
            .max_history_size(10_000)?
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .bracketed_paste(true)
            .edit_mode(match setup.edit_mode {
                EditMode::Emacs => rustyline::EditMode::Emacs,
                EditMode::Vi => rustyline::EditMode::Vi,
            })
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Rules {
            entries: reference::entries(),
            variables: Vec::new(),
            commands: COMMANDS.iter().map(|command| (command.name, command.takes)).collect(),
            folder: setup.folder.clone(),
            color,
        }));
        let file = setup.state.as_ref().map(|state| state.join("history.txt"));
        let (history, lines) = History::open(file, setup.host.calls().secrets().clone());
        for line in lines {
            editor.add_history_entry(line)?;
        }
        Ok(Self { editor, history })
    }

    /// Reads a line; the prompt says where it will go.
    pub(super) fn read(&mut self, place: &Place) -> Result<String, ReadlineError> {
        self.editor.readline(&label(place))
    }

    /// Tells the editor which variables there are.
    pub(super) fn set_variables(&mut self, variables: Vec<String>) {
        if let Some(rules) = self.editor.helper_mut() {
            rules.variables = variables;
        }
    }

    /// Keeps a line, unless it begins with a space: here as it was typed, in the file without secrets.
    pub(super) fn remember(&mut self, line: &str) {
        if line.starts_with(' ') {
            return;
        }
        // A line that is not remembered is no reason to stop.
        if self.editor.add_history_entry(line).unwrap_or(false) {
            self.history.add(line);
        }
    }

    /// Takes secrets that became known out of the file.
    pub(super) fn forget_secrets(&mut self) {
        self.history.forget_secrets();
    }

    /// Whether a line may be one of an earlier session in which a mask stands for a secret.
    pub(super) fn lost_a_secret(&self, line: &str) -> bool {
        self.history.lost_a_secret(line)
    }

    /// The last lines with `wanted` in them, without secrets, oldest first; and how many more there are before those.
    pub(super) fn history(&self, wanted: &str, most: usize) -> (usize, Vec<String>) {
        let found: Vec<&String> = self.editor.history().iter().filter(|line| line.contains(wanted)).collect();
        let left = found.len().saturating_sub(most);
        (left, found[left..].iter().map(|line| self.history.masked(line)).collect())
    }

    /// Clears the screen, where that can be done.
    pub(super) fn clear(&mut self) {
        let _ = self.editor.clear_screen();
    }
}

/// As in `ix 53200> `, `sim> ` and `sim dry> `.
fn label(place: &Place) -> String {
    let dry = if place.is_dry { " dry" } else { "" };
    format!("{}{dry}> ", text::one_line(&place.short))
}

/// Asks on the terminal, from whichever thread: no line is being read meanwhile. What cannot be asked is not allowed.
pub(super) fn ask(question: &str) -> Answer {
    let Ok(mut editor) = Editor::<(), DefaultHistory>::new() else { return Answer::No };
    match editor.readline(&*text::one_line(question)) {
        Ok(typed) if matches!(typed.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
        Err(ReadlineError::Interrupted) => Answer::Interrupt,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_says_where_it_is_and_whether_it_is_dry() {
        let place = |short: &str, is_dry| Place {
            short: short.to_owned(),
            url: String::new(),
            is_simulated: false,
            is_dry,
        };
        assert_eq!(label(&place("ix 53200", false)), "ix 53200> ");
        assert_eq!(label(&place("sim", true)), "sim dry> ");
    }

    #[test]
    fn modes_are_read_by_name() {
        assert_eq!("vi".parse(), Ok(EditMode::Vi));
        assert_eq!(
            "emac".parse::<EditMode>().unwrap_err(),
            "`emac` is neither emacs nor vi, did you mean `emacs`?"
        );
    }
}
