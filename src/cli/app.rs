//! What every command is given: decided settings, and where words go.
//!
//! Not here: connections, which most commands do not need.

use super::config::{Color, Config};
use super::env::{Env, Terminals};
use super::exit::Exit;
use super::params::Typed;
use crate::base::cancel::Cancel;
use crate::base::clock::Clock;
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::script::{Console, Level};
use crate::ui;
use crate::ui::Format;
use crate::ui::Style;
use crate::ui::{Printer, Verbosity};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The surroundings of a command.
pub(super) struct App {
    pub(super) config: Config,
    pub(super) printer: Arc<Printer>,
    pub(super) terminals: Terminals,
    pub(super) folder: PathBuf,
    pub(super) cancel: Cancel,
    pub(super) clock: Clock,
    pub(super) typed: Typed,
    stdin: Mutex<Option<Box<dyn Read + Send>>>,
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
        let (out_style, err_style) = (style(env.terminals.stdout), style(env.terminals.stderr));
        let printer = Printer::new(env.stdout, env.stderr, config.verbosity, out_style, err_style);
        Self {
            config,
            printer: Arc::new(printer),
            terminals: env.terminals,
            folder: env.folder,
            cancel: env.cancel,
            clock: env.clock,
            typed,
            stdin: Mutex::new(Some(env.stdin)),
        }
    }

    /// Tells of a problem on stderr: for people, or as one line of JSON where JSON was asked for.
    pub(super) fn report(&self, report: &Report) {
        if report.severity == Severity::Warning && self.config.verbosity == Verbosity::Quiet {
            return;
        }
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
        let stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut stdin) = stdin else {
            return Err(Report::error("standard input can be read only once"));
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        let interrupted = sender.clone();
        self.cancel.on_cancel(move || {
            // Nobody listens any more when the reading has ended.
            let _ = interrupted.send(None);
        });
        let read = move || {
            let mut bytes = Vec::new();
            let result = stdin.read_to_end(&mut bytes).map(|_| bytes);
            let _ = sender.send(Some(result));
        };
        // The thread is left behind when interrupted: a blocked read of a terminal cannot be ended.
        std::thread::Builder::new().name("stdin".into()).spawn(read).map_err(|error| {
            Report::error(format!("standard input cannot be read: {}", text::reason(&error)))
        })?;
        match receiver.recv() {
            Ok(Some(Ok(bytes))) => Ok(bytes),
            Ok(Some(Err(error))) => {
                Err(Report::error(format!("standard input cannot be read: {}", text::reason(&error))))
            }
            Ok(None) | Err(_) => Err(Report::error("interrupted while reading standard input")),
        }
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

/// A script's words go to the printer; when nobody reads them any more, the script ends.
pub(super) struct ScriptConsole {
    pub(super) printer: Arc<Printer>,
    pub(super) cancel: Cancel,
}

impl Console for ScriptConsole {
    fn print(&self, text: &str) {
        self.printer.out(text);
        if self.printer.is_closed() {
            self.cancel.cancel();
        }
    }

    fn log(&self, level: Level, text: &str) {
        match level {
            Level::Info => self.printer.info(text),
            Level::Warning => self.printer.warn(text),
            Level::Error => self.printer.error(text),
        }
    }
}
