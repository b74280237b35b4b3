//! The REPL: lines are read, run in one session, and their values shown.
//!
//! Not here: printing and connecting; both are handed in, so that values and errors look as everywhere else, and no line
//! of this floor knows a simulator from an app.

mod about;
mod colors;
mod commands;
mod complete;
mod edit;
mod files;
mod history;
mod permission;
mod prompt;
mod signature;
#[cfg(unix)]
mod terminal;
#[cfg(not(unix))]
mod terminal {
    //! The console keeps what is typed while a line runs.
    pub(super) fn begin() {}
    pub(super) fn hold() {}
    pub(super) fn release() {}
    pub(super) fn set_draining(_: bool) -> bool {
        false
    }
    pub(super) fn is_arriving() -> bool {
        false
    }
}
mod texts;

pub use permission::{Answer, Permission};
pub use prompt::EditMode;

use crate::api::Endpoint;
use crate::base::cancel::Cancel;
use crate::base::report::{Report, Source};
use crate::base::text;
use crate::script::header;
use crate::script::recipe::{Line, Ran};
use crate::script::reference;
use crate::script::{Ending, Host, Session, Variable, on_script_stack};
use crate::ui::Style;
use commands::COMMANDS;
use prompt::Prompt;
use rustyline::error::ReadlineError;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// What a REPL is made of.
pub struct Setup<'a> {
    /// What its lines may touch.
    pub host: Arc<Host>,
    /// Where imports start, and files.
    pub folder: PathBuf,
    /// The folder for what is kept between sessions, if there is one: the history, and texts being edited.
    pub state: Option<PathBuf>,
    /// Thrown by Ctrl-C while a line runs.
    pub cancel: Cancel,
    /// The user's own folder, which `~` means.
    pub home: Option<PathBuf>,
    /// The user's editor.
    pub editor: Option<String>,
    /// How keys are read.
    pub edit_mode: EditMode,
    /// Goes to other places.
    pub connect: &'a dyn Connect,
    /// Whether the terminal has no line editing.
    pub is_dumb: bool,
    /// Asks before the first write to an app.
    pub permission: Arc<Permission>,
}

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// For the prompt, as in `ix 53200`.
    pub short: String,
    /// The base URL.
    pub url: String,
    /// Whether it is the embedded simulator.
    pub is_simulated: bool,
    /// Whether writes are only planned.
    pub is_dry: bool,
}

/// Goes to other places, with everything the session has.
pub trait Connect {
    /// Where calls go now.
    fn place(&self) -> Place;
    /// From now on calls go to the embedded simulator; to a `fresh` one, or to the one that was there before.
    ///
    /// # Errors
    /// That it does not start.
    fn to_simulator(&self, fresh: bool) -> Result<(), Report>;
    /// From now on calls go to the app at that URL, or to the one of before.
    ///
    /// # Errors
    /// A refused URL.
    fn to_app(&self, url: Option<&str>) -> Result<(), Report>;
    /// From now on a function may be called although it destroys something; without one, every such function.
    ///
    /// # Errors
    /// That it was denied for the whole session.
    fn allow(&self, endpoint: Option<&'static Endpoint>) -> Result<(), Report>;
    /// From now on only these functions may be called, if not all.
    fn hold(&self, needs: Option<&[&'static str]>);
    /// From now on writes are only planned; or sent, after the plan was shown.
    fn set_dry(&self, is_dry: bool);
}

/// Where the REPL's words go.
pub trait Screen {
    /// A line begins to run: how far its bulk work is may be shown.
    fn begin_line(&self);
    /// It has run, and nothing is drawn any more.
    fn end_line(&self);
    /// What came of the items of a line, if it had any, or of its writes where it `is_cut`.
    fn tally(&self, is_cut: bool);
    /// The value of a line; of a large one the beginning.
    fn value(&self, value: &Value);
    /// A problem.
    fn report(&self, report: &Report);
    /// Text as it is.
    fn text(&self, text: &str);
    /// How many lines are to be shown at once.
    fn height(&self) -> usize;
    /// How text may look.
    fn style(&self) -> Style;
}

/// How the names of texts that were typed begin.
const TYPED: &str = "<repl";

/// Characters of a value that is no data.
const MOST_CHARACTERS: usize = 500;

enum Next {
    Read,
    Quit,
    /// A script called `exit`.
    Exit(i64),
}

/// What commands work on.
struct Repl<'a> {
    setup: &'a Setup<'a>,
    screen: &'a dyn Screen,
    session: Session,
    prompt: Prompt,
    /// What ran, for `:save`.
    ran: Vec<Line>,
    /// The last text that was run, as it was typed.
    last_input: String,
    /// How many texts were run.
    count: usize,
    /// Whether the last one ran to its end.
    has_finished: bool,
    /// Whether values are shown.
    shows_value: bool,
    /// Whether the last text was not run, because of what was found wrong with it.
    is_refused: bool,
    /// What the recipes that were loaded let the session call, if they declare it.
    needs: Option<Vec<&'static str>>,
}

/// Reads and runs lines until Ctrl-D or `:quit`, or until one calls `exit`: then it returns that code.
///
/// # Errors
/// That the terminal cannot be read.
pub fn run(setup: &Setup, screen: &dyn Screen) -> Result<Option<i64>, Report> {
    let prompt = Prompt::open(setup, screen.style().color).map_err(|error| unreadable(&error))?;
    let place = setup.connect.place();
    let target =
        if place.is_simulated { "the simulator".to_owned() } else { text::one_line(&place.url).into_owned() };
    let version = env!("CARGO_PKG_VERSION");
    screen.text(&format!("ixscript {version} on {target}; :help helps, Ctrl-D ends\n"));
    let mut repl = Repl {
        setup,
        screen,
        session: Session::new(Arc::clone(&setup.host), Some(setup.folder.as_path())).remembering(),
        prompt,
        ran: Vec::new(),
        last_input: String::new(),
        count: 0,
        has_finished: false,
        shows_value: true,
        is_refused: false,
        needs: None,
    };
    let result = repl.read_lines();
    // Deeply nested values need as much stack to be taken apart as to be made.
    let session = repl.session;
    on_script_stack(setup.host.limits(), move || session.leave());
    result
}

/// What could stand at the end of `before` in a session with these variables.
pub fn complete(before: &str, variables: &[String]) -> Vec<String> {
    let variable = |name: &String| Variable { name: name.clone(), receiver: None, fields: Vec::new() };
    let variables: Vec<Variable> = variables.iter().map(variable).collect();
    let entries = reference::entries();
    let commands: Vec<_> = COMMANDS.iter().map(|command| (command.name, command.takes)).collect();
    let known =
        complete::Known { entries: &entries, variables: &variables, functions: &[], commands: &commands };
    complete::candidates(before, &known).1
}

/// The terminal as it was before the session, for whoever ends the process without ending the session.
pub fn restore_terminal() {
    terminal::release();
}

fn unreadable(error: &ReadlineError) -> Report {
    Report::error(format!("the terminal cannot be read: {error}"))
        .help("Run a recipe with `ixscript run`, or code with `ixscript eval`.")
}

/// A session can be allowed what a run is allowed at its beginning.
fn in_session(mut report: Report) -> Report {
    if report.data.get("kind").is_some_and(|kind| kind == "not_allowed") {
        report.help = report.help.map(|help| {
            help.replace(
                "with --allow destructive before the command",
                "for this session with :allow destructive",
            )
        });
    }
    report
}

/// As [`in_session`], of a session that a loaded recipe holds to what it declares.
fn held(report: Report, needs: &[&'static str]) -> Report {
    if !report.message.contains("header does not declare") {
        return in_session(report);
    }
    let note = match needs {
        [] => "a recipe that was loaded declares that it calls nothing".to_owned(),
        needs => format!("a recipe that was loaded declares that it calls only {}", needs.join(", ")),
    };
    let report = Report { help: None, ..report };
    report.note(note).help("`:allow FUNCTION` allows another function; a new session may call everything.")
}

/// What somebody wants who types this and gets an error.
fn meant(typed: &str) -> Option<&'static str> {
    match typed.trim_end_matches(['(', ')', ';', ' ']) {
        "help" | "?" | "h" => Some(":help shows what there is; :functions lists what can be called."),
        "quit" | "exit" | "q" | "bye" => Some(":quit ends the REPL, as does Ctrl-D."),
        "clear" | "cls" => Some(":clear clears the screen."),
        "history" => Some(":history shows the lines of this and earlier sessions."),
        _ => None,
    }
}

fn masked_line() -> Report {
    Report::error("a secret was masked in this line: type it again")
        .help("The history keeps no secrets; \"***\" stands where one was. Nothing was run. Stars that are meant are \"**\" + \"*\".")
}

fn cut_line() -> Report {
    Report::error("the line is too long for this terminal, which may have cut it: nothing was run")
        .help("Put it into a file and run that with :load.")
}

impl Repl<'_> {
    fn read_lines(&mut self) -> Result<Option<i64>, Report> {
        loop {
            let line = match self.prompt.read(&self.setup.connect.place()) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(unreadable(&error)),
            };
            if line.trim().is_empty() {
                continue;
            }
            if self.prompt.lost_a_secret(&line) {
                self.screen.report(&masked_line());
                self.drop_typed();
                continue;
            }
            if self.prompt.may_be_cut(&line) {
                self.screen.report(&cut_line());
                self.drop_typed();
                continue;
            }
            // Before it runs: whatever happens then, the line is not lost.
            self.prompt.remember(&line);
            self.setup.cancel.reset();
            self.setup.permission.new_line();
            let next = self.run_pieces(&line);
            self.prompt.set_names(self.session.variables(), self.session.functions());
            self.prompt.forget_secrets();
            match next {
                Next::Read => self.drop_typed_if_failed(),
                Next::Quit => return Ok(None),
                Next::Exit(code) => return Ok(Some(code)),
            }
        }
    }

    /// What was typed behind a line that failed was meant for one that had not.
    fn drop_typed_if_failed(&mut self) {
        if !self.has_finished || self.setup.cancel.is_cancelled() {
            self.drop_typed();
        }
    }

    fn drop_typed(&mut self) {
        let lines = self.prompt.drop_typed(self.setup.cancel.is_cancelled());
        if let Some(said) = prompt::not_run(lines) {
            self.screen.text(&said);
        }
    }

    /// Runs what was typed or pasted, which may be several commands and texts, until one of them fails.
    fn run_pieces(&mut self, typed: &str) -> Next {
        let pieces = prompt::pieces(typed);
        for (at, piece) in pieces.iter().enumerate() {
            self.has_finished = true;
            let next = match piece.trim().starts_with(':') {
                true => commands::run(self, piece.trim()),
                false => self.run_code(piece.trim_end_matches('\n')),
            };
            if !matches!(next, Next::Read) {
                return next;
            }
            let left = pieces.len() - at - 1;
            if !self.has_finished && left > 0 {
                self.screen.text("what was pasted behind it was not run\n");
                break;
            }
        }
        Next::Read
    }

    /// Runs what was typed.
    fn run_code(&mut self, code: &str) -> Next {
        self.count += 1;
        code.clone_into(&mut self.last_input);
        let source = Arc::new(Source { name: format!("{TYPED} {}>", self.count), text: code.to_owned() });
        if let Err(report) = header::refuse(&source, "`:load FILE` reads the header of a recipe.") {
            self.has_finished = false;
            self.screen.report(&report);
            return Next::Read;
        }
        self.run(&source)
    }

    /// Runs a text and shows how it ended.
    fn run(&mut self, source: &Arc<Source>) -> Next {
        let (session, screen) = (&mut self.session, self.screen);
        (self.has_finished, self.is_refused) = (false, false);
        let told = |report: Report| match &self.needs {
            // In a file it is the header of that file.
            Some(needs) if source.name.starts_with(TYPED) => held(report, needs),
            _ => in_session(report),
        };
        screen.begin_line();
        let ending = on_script_stack(self.setup.host.limits(), || session.run(source));
        screen.end_line();
        let is_cut = self.setup.cancel.is_cancelled();
        if let Some(ran) = self.how_it_ran(ending.as_ref()) {
            self.ran.push(Line { text: source.text.clone(), ran });
        }
        match ending {
            Some(Ending::Exited(code)) => return Next::Exit(code),
            Some(Ending::Finished(value)) => {
                self.has_finished = true;
                match &self.setup.host.shown(value) {
                    _ if !self.shows_value => {}
                    // What is no data, such as a function, comes as the text a script would write for it.
                    Value::String(written) if !self.session.is_text() => {
                        screen.text(&format!("{}\n", text::printable(&text::cut(written, MOST_CHARACTERS))));
                    }
                    value => screen.value(value),
                }
                // The call in flight was finished, and it was the last one.
                if is_cut {
                    screen.report(&Report::error("interrupted").note("the line had come to its end"));
                }
            }
            Some(Ending::Refused(mut reports)) => {
                self.is_refused = true;
                if let (Some(last), Some(help)) = (reports.last_mut(), meant(source.text.trim())) {
                    last.help = Some(help.to_owned());
                }
                reports.into_iter().for_each(|report| screen.report(&told(report)));
            }
            Some(Ending::Failed { report, .. } | Ending::Stopped(report) | Ending::Interrupted(report)) => {
                screen.report(&told(report));
            }
            None => screen.report(
                &Report::error("ixscript failed inside")
                    .help("This is a bug in ixscript; please report it with the line."),
            ),
        }
        screen.tally(is_cut);
        Next::Read
    }

    /// How far a text came, if it was run at all.
    fn how_it_ran(&self, ending: Option<&Ending>) -> Option<Ran> {
        match ending? {
            Ending::Finished(value) => Some(Ran::Whole { has_value: !value.is_null() }),
            Ending::Failed { .. } | Ending::Stopped(_) | Ending::Interrupted(_) => {
                self.session.failed_at().map(Ran::Until)
            }
            Ending::Exited(_) | Ending::Refused(_) => None,
        }
    }
}
