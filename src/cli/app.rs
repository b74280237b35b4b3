//! What every command is given: decided settings, and where words go.
//!
//! Not here: connections, which most commands do not need.

use super::ask::{self, Asker};
use super::config::{Color, Config};
use super::env::{Env, Terminals};
use super::exit::Exit;
use super::params::Typed;
use crate::base::cancel::{Cancel, Why};
use crate::base::clock::Clock;
use crate::base::report::{Report, Severity};
use crate::script::{Console, Items, Level};
use crate::sim::Simulator;
use crate::ui;
use crate::ui::Format;
use crate::ui::Style;
use crate::ui::{Printer, Progress, Verbosity};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// The surroundings of a command.
pub(super) struct App {
    pub(super) config: Config,
    pub(super) printer: Arc<Printer>,
    pub(super) progress: Arc<Progress>,
    pub(super) terminals: Terminals,
    pub(super) folder: PathBuf,
    /// The user's own folder.
    pub(super) home: Option<PathBuf>,
    pub(super) cancel: Cancel,
    pub(super) clock: Clock,
    pub(super) give_up: fn(&str, u8),
    /// Whether the terminal knows no cursor.
    pub(super) is_dumb: bool,
    pub(super) typed: Typed,
    pub(super) asker: Asker,
    /// A simulator that is there already, for every connection.
    pub(super) simulator: Option<Arc<Simulator>>,
}

/// These have no line editing.
fn is_without_cursor(term: &str) -> bool {
    ["dumb", "cons25", "emacs"].iter().any(|known| term.eq_ignore_ascii_case(known))
}

impl App {
    pub(super) fn new(config: Config, env: Env, typed: Typed) -> Self {
        let style = |terminal: bool| Style {
            color: match config.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => may_color(terminal, &env),
            },
            width: env.width,
            terminal,
        };
        let home = ["HOME", "USERPROFILE"]
            .iter()
            .find_map(|name| env.vars.get(*name).filter(|home| !home.is_empty()));
        let home = home.map(PathBuf::from);
        let (out_style, err_style) = (style(env.terminals.stdout), style(env.terminals.stderr));
        let printer = Printer::new(env.stdout, env.stderr, config.verbosity, out_style, err_style);
        let printer = Arc::new(printer);
        let asker = Asker {
            printer: Arc::clone(&printer),
            cancel: env.cancel.clone(),
            stdin: Arc::new(Mutex::new(Some(env.stdin))),
            is_terminal: env.terminals.stdin && env.terminals.stderr,
            is_yes: config.yes || config.sim.is_some() || config.is_dry,
        };
        let is_dumb = env.vars.get("TERM").is_some_and(|term| is_without_cursor(term));
        Self {
            config,
            is_dumb,
            progress: Arc::new(Progress::new(Arc::clone(&printer))),
            printer,
            asker,
            terminals: env.terminals,
            home,
            folder: env.folder,
            cancel: env.cancel,
            clock: env.clock,
            give_up: env.give_up,
            typed,
            simulator: None,
        }
    }

    /// The same with other settings.
    pub(super) fn with_config(&self, config: Config) -> Self {
        Self {
            config,
            printer: Arc::clone(&self.printer),
            progress: Arc::clone(&self.progress),
            terminals: self.terminals,
            folder: self.folder.clone(),
            home: self.home.clone(),
            cancel: self.cancel.clone(),
            clock: self.clock,
            give_up: self.give_up,
            is_dumb: self.is_dumb,
            typed: self.typed.clone(),
            asker: self.asker.clone(),
            simulator: self.simulator.clone(),
        }
    }

    /// Every connection goes to this simulator.
    pub(super) fn on(mut self, simulator: Arc<Simulator>) -> Self {
        self.simulator = Some(simulator);
        self
    }

    /// Whether this is a recipe within a test, where only what the recipe says matters.
    pub(super) fn is_trial(&self) -> bool {
        self.simulator.is_some()
    }

    /// Tells of a problem on stderr: for people, or as one line of JSON where JSON was asked for.
    pub(super) fn report(&self, report: &Report) {
        if report.severity == Severity::Warning && self.config.verbosity == Verbosity::Quiet {
            return;
        }
        self.report_always(report);
    }

    /// Shows a report also with `-q`.
    pub(super) fn report_always(&self, report: &Report) {
        match self.config.format {
            Format::Json | Format::Jsonl => self.printer.err(&ui::report_json(report).to_string()),
            _ => self.printer.report(report),
        }
    }

    /// Prints a result on stdout in the format that was asked for.
    pub(super) fn print_value(&self, value: &Value) {
        self.printer.value(value, self.config.format);
    }

    /// Everything on standard input. Ctrl-C ends the wait.
    ///
    /// # Errors
    /// That it cannot be read, or was interrupted.
    pub(super) fn read_stdin(&self) -> Result<Vec<u8>, Report> {
        let stdin = self.asker.stdin.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut stdin) = stdin else {
            return Err(Report::error("standard input can be read only once"));
        };
        let receiver = self.asker.in_background(move || {
            let mut bytes = Vec::new();
            stdin.read_to_end(&mut bytes).map(|_| bytes)
        })?;
        ask::wait(&receiver)
    }

    /// Writes what is left, and says whether output was lost.
    pub(super) fn close(self, exit: Exit) -> Exit {
        self.printer.flush();
        if let Some(problem) = self.printer.failure() {
            self.printer.err(&format!("error: output cannot be written: {problem}"));
            self.printer.flush();
            return if exit == Exit::DONE { Exit::FAILED } else { exit };
        }
        exit
    }
}

/// A problem from before there is an [`App`].
pub(super) fn complain(report: &Report, env: &mut Env) -> Exit {
    let style = Style {
        color: may_color(env.terminals.stderr, env),
        width: env.width,
        terminal: env.terminals.stderr,
    };
    // Where even this cannot be written there is nobody left to tell.
    let _ = env.stderr.write_all(ui::report(report, style).as_bytes()).and_then(|()| env.stderr.flush());
    Exit::USAGE
}

/// Colour on a terminal that can, unless `NO_COLOR` says otherwise (<https://no-color.org>).
pub(super) fn may_color(is_terminal: bool, env: &Env) -> bool {
    let is_set = |name: &str| env.vars.get(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env.vars.get("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_set("NO_COLOR") && !is_dumb
}

/// How long the program waits for its output when it has to end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A script's words go to the printer; when nobody reads them any more, the script ends.
pub(super) struct ScriptConsole {
    pub(super) printer: Arc<Printer>,
    pub(super) cancel: Cancel,
    pub(super) progress: Arc<Progress>,
    pub(super) give_up: fn(&str, u8),
}

impl ScriptConsole {
    pub(super) fn of(app: &App) -> Self {
        let (printer, progress) = (Arc::clone(&app.printer), Arc::clone(&app.progress));
        Self { printer, cancel: app.cancel.clone(), progress, give_up: app.give_up }
    }
}

impl Console for ScriptConsole {
    fn print(&self, text: &str) {
        self.printer.out(text);
        if self.printer.is_closed() {
            self.cancel.stop(Why::Unread);
        }
    }

    fn log(&self, level: Level, text: &str) {
        match level {
            Level::Info => self.printer.info(text),
            Level::Warning => self.printer.warn(text),
            Level::Error => self.printer.error(text),
        }
    }

    fn items(&self, items: &Items) {
        self.progress.items(items);
    }

    fn give_up(&self, reason: &Report, is_writing: bool) {
        let mut reason = reason.clone();
        if is_writing {
            reason = reason.note("a write was on its way: it may have been done").help(
                "`ixscript resume` looks what became of it, if the run was recorded; else look in ixBrowser.",
            );
        }
        let exit = if is_writing { Exit::IN_DOUBT } else { Exit::FAILED };
        // What was printed shall not be lost, but the script may hold the printer.
        let (printer, (flushed, is_flushed)) = (Arc::clone(&self.printer), mpsc::channel());
        let flush = move || {
            printer.flush();
            // Nobody waits any more when it took too long.
            let _ = flushed.send(());
        };
        if std::thread::Builder::new().name("last words".into()).spawn(flush).is_ok() {
            let _ = is_flushed.recv_timeout(LAST_WORDS);
        }
        (self.give_up)(&ui::report(&reason, Style::PLAIN), exit.0);
    }
}
