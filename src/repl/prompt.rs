//! Reading lines from a terminal, several where one is not complete.
//!
//! Not here: what happens to them.

use super::commands::{self, COMMANDS, Completes, Takes, script_in};
use super::complete::{self, Known};
use super::history::History;
use super::permission::Answer;
use super::{Place, Setup};
use super::{colors, files, signature};
use crate::base::text;
use crate::script::reference::{self, Entry};
use crate::script::{self, Function, Variable};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{DefaultHistory, FileHistory};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, CompletionType, Config, Context, Editor, Helper, KeyCode, KeyEvent, Modifiers};
use std::borrow::Cow;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

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

/// Milliseconds within which a terminal sends all of an arrow key.
const KEY_SEQUENCE: u16 = 50;

/// A terminal to read from.
pub(super) struct Prompt {
    editor: Editor<Rules, FileHistory>,
    history: History,
}

/// What the editor asks while a line is typed.
struct Rules {
    /// The last text that was not complete.
    begun: Mutex<String>,
    entries: Vec<Entry>,
    variables: Vec<Variable>,
    functions: Vec<Function>,
    commands: Vec<(&'static str, Takes)>,
    folder: PathBuf,
    home: Option<PathBuf>,
    color: bool,
}

impl Rules {
    fn known(&self) -> Known<'_> {
        Known {
            entries: &self.entries,
            variables: &self.variables,
            functions: &self.functions,
            commands: &self.commands,
        }
    }

    /// What stands behind a command that takes a file.
    fn file<'a>(&self, before: &'a str) -> Option<&'a str> {
        let (name, argument) = before.trim_start().split_once(' ')?;
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
                let (folder, typed) = match (typed.strip_prefix("~/"), &self.home) {
                    (Some(rest), Some(home)) => (home, rest),
                    _ => (&self.folder, typed),
                };
                let (start, names) = files::candidates(folder, typed);
                (before.len() - typed.len() + start, names)
            }
            None => complete::candidates(before, &self.known()),
        };
        let pairs = words.into_iter().map(|word| Pair { display: word.clone(), replacement: word });
        Ok((start, pairs.collect()))
    }
}

/// What is shown behind the cursor and never becomes a part of the line.
struct Shown(String);

impl Hint for Shown {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Rules {
    type Hint = Shown;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Shown> {
        // Without colours nobody could tell it from what was typed.
        let is_shown = self.color && at == line.len() && at <= colors::MOST_BYTES;
        is_shown.then(|| signature::hint(line, &self.known())).flatten().map(Shown)
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
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }
}

impl Validator for Rules {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        // A blank line gets out of what was never meant to go on. A line feed that was pasted is none.
        let is_given_up = text.strip_suffix('\n') == Some(begun.as_str());
        let goes_on = !is_given_up && is_incomplete(text);
        begun.clear();
        if goes_on {
            begun.push_str(text);
        }
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

/// Whether a line, which may be a command, is to go on.
fn is_incomplete(typed: &str) -> bool {
    pieces(typed)
        .last()
        .is_some_and(|last| script_in(last).is_some_and(|at| script::is_incomplete(&last[at..])))
}

/// What was pasted, cut where a command begins: commands and script are run one after the other.
pub(super) fn pieces(typed: &str) -> Vec<String> {
    let is_command = |line: &str| line.trim_start().starts_with(':');
    let is_known =
        |line: &str| line.split_whitespace().next().is_some_and(|name| commands::find(name).is_some());
    let mut pieces: Vec<String> = Vec::new();
    for line in typed.split_inclusive('\n') {
        match pieces.last_mut() {
            // Only where something could begin is it worth looking whether something is open.
            Some(last) if !is_command(last) && !is_known(line) || is_open(last) => last.push_str(line),
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces
}

/// Whether a piece goes on in the next line.
fn is_open(piece: &str) -> bool {
    script_in(piece).is_some_and(|at| script::is_incomplete(piece[at..].trim_end()))
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
            // Esc alone is a key of vi; what follows it after this long is another one.
            .keyseq_timeout((setup.edit_mode == EditMode::Vi).then_some(KEY_SEQUENCE))
            .build();
        let mut editor = Editor::with_config(config)?;
        if setup.edit_mode == EditMode::Vi {
            // Esc and Enter, when they come close together, look like Alt-Enter.
            editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), Cmd::AcceptLine);
        }
        editor.set_helper(Some(Rules {
            begun: Mutex::default(),
            entries: reference::entries(),
            variables: Vec::new(),
            functions: Vec::new(),
            commands: COMMANDS.iter().map(|command| (command.name, command.takes)).collect(),
            folder: setup.folder.clone(),
            home: setup.home.clone(),
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

    /// Tells the editor what the session knows.
    pub(super) fn set_names(&mut self, variables: Vec<Variable>, functions: Vec<Function>) {
        if let Some(rules) = self.editor.helper_mut() {
            (rules.variables, rules.functions) = (variables, functions);
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
    fn a_paste_is_cut_where_a_command_begins() {
        let cut = pieces("let a = 1;\na + 1\n:dry on\ncopy_profile(1)\n:time [\n1]\n2");
        assert_eq!(cut, ["let a = 1;\na + 1\n", ":dry on\n", "copy_profile(1)\n", ":time [\n1]\n", "2"]);
        assert_eq!(pieces("`a\n:help\nb`"), ["`a\n:help\nb`"]);
        assert_eq!(pieces(":nothing\n1"), [":nothing\n", "1"]);
        assert!(is_incomplete(":time [") && is_incomplete("1;\n:time [1,\n"));
        assert!(!is_incomplete(":load [") && !is_incomplete("[1]\n"));
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
