//! Reading lines from a terminal, several where one is not complete.
//!
//! Not here: what happens to them.

use super::commands::{self, COMMANDS, Completes, Takes, script_in};
use super::complete::{self, Known};
use super::history::History;
use super::permission::Answer;
use super::{Place, Setup};
use super::{colors, files, signature, terminal};
use crate::base::text;
use crate::script::reference::{self, Entry};
use crate::script::{self, Function, Variable};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, CompletionType, Config, Context, Editor, Helper, KeyCode, KeyEvent, Modifiers};
use rustyline::{ConditionalEventHandler, Event, EventContext, EventHandler, RepeatCount};
use std::borrow::Cow;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// A longer line is not drawn again with every character.
const MAX_REDRAWN_BYTES: usize = 1000;

/// A terminal to read from.
pub(super) struct Prompt {
    editor: Arc<Mutex<Editor<Rules, FileHistory>>>,
    history: History,
    is_interrupted: Arc<AtomicBool>,
    is_dumb: bool,
    /// What was typed of a line when lines behind a failed one were taken away.
    rest: String,
    is_end: bool,
}

/// What was typed ahead and taken away.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    pub(super) lines: usize,
    /// The beginning of a line.
    rest: String,
    /// Whether Ctrl-D was among it.
    is_end: bool,
}

/// Ctrl-C as a line of its own: with an error the editor would forget what it has read behind it.
struct Interrupt(Arc<AtomicBool>);

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.store(true, Ordering::SeqCst);
        Some(Cmd::AcceptLine)
    }
}

/// What the editor asks while a line is typed.
struct Rules {
    /// The last text that was not complete.
    begun: Mutex<String>,
    /// Whether the terminal has no line editing.
    is_dumb: bool,
    /// Whether the line is the answer to a question.
    is_asking: AtomicBool,
    /// The line as it is now.
    current: Mutex<String>,
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

impl Rules {
    /// Whether the terminal may have cut a line: one without line editing holds only so many bytes and drops the rest.
    fn may_be_cut(&self, typed: &str) -> bool {
        const MAX_BYTES: usize = if cfg!(target_os = "macos") { 1023 } else { 4095 };
        cfg!(unix) && self.is_dumb && typed.lines().any(|line| line.len() >= MAX_BYTES)
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
        line.clone_into(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
        // Without colours nobody could tell it from what was typed.
        let is_shown = self.color
            && !self.is_asking.load(Ordering::SeqCst)
            && at == line.len()
            && at <= colors::MOST_BYTES;
        is_shown.then(|| signature::hint(line, &self.known())).flatten().map(Shown)
    }
}

impl Highlighter for Rules {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if self.color { Cow::Owned(colors::painted(line, at)) } else { Cow::Borrowed(line) }
    }

    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        // A long line gets its colours when it is drawn anyway: drawing it with every character takes too long.
        self.color && line.len() <= MAX_REDRAWN_BYTES
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }
}

impl Validator for Rules {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        if self.is_asking.load(Ordering::SeqCst) || self.may_be_cut(text) {
            return Ok(ValidationResult::Valid(None));
        }
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
        terminal::begin();
        let mut editor = Editor::with_config(config)?;
        let is_interrupted = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt(Arc::clone(&is_interrupted));
        let interrupt = EventHandler::Conditional(Box::new(interrupt));
        editor.bind_sequence(KeyEvent(KeyCode::Char('C'), Modifiers::CTRL), interrupt);
        if setup.edit_mode == EditMode::Vi {
            // Esc and Enter, when they come close together, look like Alt-Enter.
            editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), Cmd::AcceptLine);
        }
        editor.set_helper(Some(Rules {
            begun: Mutex::default(),
            is_dumb: setup.is_dumb,
            is_asking: AtomicBool::new(false),
            current: Mutex::default(),
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
        let editor = Arc::new(Mutex::new(editor));
        let (shared, is_dumb) = (Arc::clone(&editor), setup.is_dumb);
        let interrupted = Arc::clone(&is_interrupted);
        setup.permission.answered_by(move |question| ask(&shared, &interrupted, is_dumb, question));
        let prompt = Self { editor, history, is_interrupted, is_dumb, rest: String::new(), is_end: false };
        prompt.hold();
        Ok(prompt)
    }

    /// Reads a line; the prompt says where it will go.
    pub(super) fn read(&mut self, place: &Place) -> Result<String, ReadlineError> {
        if self.is_end {
            return Err(ReadlineError::Eof);
        }
        let rest = std::mem::take(&mut self.rest);
        let read = lock(&self.editor).readline_with_initial(&label(place), (&rest, ""));
        self.hold();
        match read {
            Ok(_) if self.is_interrupted.swap(false, Ordering::SeqCst) => Err(ReadlineError::Interrupted),
            read => read,
        }
    }

    /// What is typed from now on stays whole until it is read.
    pub(super) fn hold(&self) {
        if !self.is_dumb {
            terminal::hold();
        }
    }

    /// Takes away what was typed behind the line that failed, and returns how many lines that was. A line that was begun
    /// stays, unless the failed one was interrupted: then the system has forgotten parts of it.
    pub(super) fn drop_typed(&mut self, is_interrupted: bool) -> usize {
        let Dropped { lines, rest, is_end } = drain(&self.editor, self.is_dumb);
        self.is_end = is_end;
        self.is_interrupted.store(false, Ordering::SeqCst);
        if !is_interrupted {
            self.rest = rest;
        }
        lines
    }

    /// Whether the terminal may have cut a line.
    pub(super) fn may_be_cut(&self, typed: &str) -> bool {
        lock(&self.editor).helper().is_some_and(|rules| rules.may_be_cut(typed))
    }

    /// Tells the editor what the session knows.
    pub(super) fn set_names(&mut self, variables: Vec<Variable>, functions: Vec<Function>) {
        if let Some(rules) = lock(&self.editor).helper_mut() {
            (rules.variables, rules.functions) = (variables, functions);
        }
    }

    /// Keeps a line, unless it begins with a space: here as it was typed, in the file without secrets.
    pub(super) fn remember(&mut self, line: &str) {
        if line.starts_with(' ') {
            return;
        }
        // A line that is not remembered is no reason to stop.
        if lock(&self.editor).add_history_entry(line).unwrap_or(false) {
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
        let editor = lock(&self.editor);
        let found: Vec<&String> = editor.history().iter().filter(|line| line.contains(wanted)).collect();
        let left = found.len().saturating_sub(most);
        (left, found[left..].iter().map(|line| self.history.masked(line)).collect())
    }

    /// Clears the screen, where that can be done.
    pub(super) fn clear(&mut self) {
        let _ = lock(&self.editor).clear_screen();
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        terminal::release();
    }
}

/// Reads and forgets what was typed so far: whole lines, and the beginning of one.
fn drain(editor: &Mutex<Editor<Rules, FileHistory>>, is_dumb: bool) -> Dropped {
    let mut dropped = Dropped::default();
    if !terminal::set_draining(true) {
        return dropped;
    }
    let mut editor = lock(editor);
    loop {
        match editor.readline_with_initial("", (&dropped.rest, "")) {
            Ok(line) => {
                dropped.lines += usize::from(!line.trim().is_empty());
                dropped.rest.clear();
            }
            Err(ReadlineError::Eof) => {
                dropped.is_end = true;
                break;
            }
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                let current = editor.helper().map(|rules| std::mem::take(&mut *lock(&rules.current)));
                dropped.rest = current.unwrap_or_default();
                // The editor has gone to a new line.
                if !is_dumb {
                    let _ = std::io::stdout().write_all(b"\x1b[A\r");
                }
                let is_empty = dropped.lines == 0 && dropped.rest.is_empty();
                if is_empty || !terminal::is_arriving() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    terminal::set_draining(false);
    let _ = std::io::stdout().flush();
    dropped
}

/// Says that so many lines were not run.
pub(super) fn not_run(lines: usize) -> Option<String> {
    (lines > 0).then(|| format!("{} typed behind it: not run\n", text::count(lines, "line")))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As in `ix 53200> `, `sim> ` and `sim dry> `.
fn label(place: &Place) -> String {
    let dry = if place.is_dry { " dry" } else { "" };
    format!("{}{dry}> ", text::one_line(&place.short))
}

/// Asks on the terminal, from whichever thread: no line is being read meanwhile. What was typed before the question is not
/// taken for an answer.
fn ask(
    editor: &Mutex<Editor<Rules, FileHistory>>,
    is_interrupted: &AtomicBool,
    is_dumb: bool,
    question: &str,
) -> Answer {
    if let Some(said) = not_run(drain(editor, is_dumb).lines) {
        let _ = std::io::stdout().write_all(said.as_bytes());
    }
    is_interrupted.store(false, Ordering::SeqCst);
    let mut editor = lock(editor);
    let set_asking = |editor: &Editor<Rules, FileHistory>, is_asking| {
        if let Some(rules) = editor.helper() {
            rules.is_asking.store(is_asking, Ordering::SeqCst);
        }
    };
    set_asking(&editor, true);
    let read = editor.readline(&*text::one_line(question));
    set_asking(&editor, false);
    match read {
        Err(ReadlineError::Interrupted) => Answer::Interrupt,
        Ok(_) if is_interrupted.swap(false, Ordering::SeqCst) => Answer::Interrupt,
        Ok(typed) if matches!(typed.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
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
