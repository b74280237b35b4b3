//! The REPL: lines are read, run in one session, and their values shown.
//!
//! Not here: printing; it is handed in, so that values and errors look as everywhere else.

mod complete;
mod history;
mod prompt;

use crate::base::cancel::Cancel;
use crate::base::report::{Report, Source};
use crate::base::text;
use crate::script::reference;
use crate::script::source;
use crate::script::{Ending, Host, Session, on_big_stack};
use crate::ui::Style;
use crate::ui::reference as page;
use prompt::Prompt;
use rustyline::error::ReadlineError;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// What a REPL is made of.
pub struct Setup {
    /// What its lines may touch.
    pub host: Arc<Host>,
    /// Where imports start.
    pub folder: PathBuf,
    /// Where calls go, for the banner.
    pub target: String,
    /// Where lines are kept; nowhere if there is no folder for it.
    pub history: Option<PathBuf>,
    /// Thrown by Ctrl-C while a line runs.
    pub cancel: Cancel,
}

/// Where the REPL's words go.
pub trait Screen {
    /// The value of a line.
    fn value(&self, value: &Value);
    /// A problem.
    fn report(&self, report: &Report);
    /// Text as it is.
    fn text(&self, text: &str);
    /// How text may look.
    fn style(&self) -> Style;
}

/// A command of the REPL itself.
struct Command {
    name: &'static str,
    argument: &'static str,
    about: &'static str,
    run: fn(&mut Repl, &str) -> Next,
}

enum Next {
    Read,
    Quit,
}

/// What commands work on.
struct Repl<'a> {
    setup: &'a Setup,
    screen: &'a dyn Screen,
    session: Session,
}

/// Every command; `:help` prints it.
const COMMANDS: &[Command] = &[
    Command { name: ":help", argument: "[NAME]", about: "this list, or the page of a function", run: help },
    Command { name: ":functions", argument: "", about: "every function", run: functions },
    Command { name: ":vars", argument: "", about: "the variables and their values", run: variables },
    Command { name: ":load", argument: "FILE", about: "runs a file as if it were typed here", run: load },
    Command { name: ":quit", argument: "", about: "ends the REPL, as does Ctrl-D", run: |_, _| Next::Quit },
];

/// Reads and runs lines until Ctrl-D or `:quit`.
///
/// # Errors
/// That the terminal cannot be read.
pub fn run(setup: &Setup, screen: &dyn Screen) -> Result<(), Report> {
    let commands = COMMANDS.iter().map(|command| command.name).collect();
    let mut prompt = Prompt::open(setup.history.as_deref(), commands, screen.style().color)
        .map_err(|error| unreadable(&error))?;
    screen.text(&format!(
        "ixscript {} on {}; :help helps, Ctrl-D ends\n",
        env!("CARGO_PKG_VERSION"),
        setup.target
    ));
    let session = Session::new(Arc::clone(&setup.host), Some(setup.folder.as_path()));
    let mut repl = Repl { setup, screen, session };
    for number in 1_usize.. {
        let line = match prompt.read() {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(unreadable(&error)),
        };
        if line.trim().is_empty() {
            continue;
        }
        setup.cancel.reset();
        if let Some(command) = line.trim().strip_prefix(':') {
            prompt.remember(&line);
            let next = run_command(&mut repl, command);
            prompt.set_variables(repl.session.variables());
            match next {
                Next::Read => continue,
                Next::Quit => break,
            }
        }
        let source = Arc::new(Source { name: format!("<repl {number}>"), text: line });
        let next = repl.run(&source);
        prompt.set_variables(repl.session.variables());
        // Only now is it known which parts of the line are secret.
        prompt.remember(&setup.host.calls().secrets().mask(&source.text));
        if matches!(next, Next::Quit) {
            break;
        }
    }
    // Deeply nested values need as much stack to be taken apart as to be made.
    let session = repl.session;
    on_big_stack(move || drop(session));
    Ok(())
}

fn unreadable(error: &ReadlineError) -> Report {
    Report::error(format!("the terminal cannot be read: {error}"))
        .help("Run a recipe with `ixscript run`, or code with `ixscript eval`.")
}

impl Repl<'_> {
    /// Runs a text and shows how it ended.
    fn run(&mut self, source: &Arc<Source>) -> Next {
        let (session, screen) = (&mut self.session, self.screen);
        match on_big_stack(|| session.run(source)) {
            Some(Ending::Exited(_)) => return Next::Quit,
            Some(Ending::Finished(value)) => screen.value(&value),
            Some(Ending::Refused(reports)) => reports.iter().for_each(|report| screen.report(report)),
            Some(Ending::Failed { report, .. } | Ending::Stopped(report) | Ending::Interrupted(report)) => {
                screen.report(&report);
            }
            None => screen.report(
                &Report::error("ixscript failed inside")
                    .help("This is a bug in ixscript; please report it with the line."),
            ),
        }
        Next::Read
    }
}

fn run_command(repl: &mut Repl, typed: &str) -> Next {
    let (name, argument) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let name = format!(":{name}");
    if let Some(command) = COMMANDS.iter().find(|command| command.name == name) {
        return (command.run)(repl, argument.trim());
    }
    let suggestion = text::did_you_mean(&name, COMMANDS.iter().map(|command| command.name));
    let shown = text::one_line(&name).into_owned();
    repl.screen.report(
        &Report::error(format!("there is no command `{shown}`{suggestion}")).help(":help lists them."),
    );
    Next::Read
}

fn help(repl: &mut Repl, name: &str) -> Next {
    let screen = repl.screen;
    if name.is_empty() {
        for Command { name, argument, about, .. } in COMMANDS {
            screen.text(&format!("  {:<20} {about}\n", format!("{name} {argument}")));
        }
        screen.text(
            "\nAnything else is script, as in copy_profile(1640). Ctrl-C clears a line or stops a call.\n",
        );
        return Next::Read;
    }
    match reference::find(name) {
        Some(entry) => screen.text(&page::page(&entry, screen.style())),
        None => {
            let entries = reference::entries();
            let suggestion = text::did_you_mean(name, entries.iter().map(|entry| entry.name));
            let shown = text::one_line(name).into_owned();
            screen.report(&Report::error(format!("there is no function `{shown}`{suggestion}")));
        }
    }
    Next::Read
}

fn functions(repl: &mut Repl, _: &str) -> Next {
    repl.screen.text(&page::list(&reference::entries()));
    Next::Read
}

fn variables(repl: &mut Repl, _: &str) -> Next {
    for (name, value) in repl.session.values() {
        let shown = text::one_line(&text::cut(&value.to_string(), 100)).into_owned();
        repl.screen.text(&format!("  {name} = {shown}\n"));
    }
    Next::Read
}

fn load(repl: &mut Repl, file: &str) -> Next {
    let shown = text::one_line(file).into_owned();
    if file.is_empty() {
        repl.screen.report(&Report::error("which file?").help(":load FILE runs one."));
        return Next::Read;
    }
    let text = match std::fs::read(repl.setup.folder.join(file)) {
        Ok(bytes) => source::clean(bytes).map_err(|error| format!("{shown}: {error}")),
        Err(error) => Err(format!("{shown} cannot be read: {}", text::reason(&error))),
    };
    match text {
        Ok(text) => repl.run(&Arc::new(Source { name: file.to_owned(), text })),
        Err(problem) => {
            repl.screen.report(&Report::error(problem));
            Next::Read
        }
    }
}
