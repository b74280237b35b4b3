//! `ixscript repl`: script line by line.
//!
//! Not here: the loop and the editing, which are `repl`.

use super::Result;
use crate::base::report::Report;
use crate::cli::app::{App, ScriptConsole};
use crate::cli::exit::{self, Facts};
use crate::cli::recording;
use crate::cli::switchboard::Switchboard;
use crate::repl::{self, Permission, Screen, Setup};
use crate::script::Host;
use crate::ui::{self, Format, Style};
use serde_json::Value;
use std::sync::Arc;

/// Reads lines until Ctrl-D. Off a terminal, standard input is run as a script. A session that `is_live` sends writes
/// without asking.
pub(in crate::cli) fn run(app: &App, is_live: bool) -> Result {
    if !app.terminals.stdin {
        return super::run::piped(app, is_live);
    }
    if !app.terminals.stdout {
        return Err(Report::error(
            "the REPL needs a terminal to show its lines on, and standard output is none",
        )
        .help("`ixscript eval CODE` and `ixscript run FILE` write to files and programs."));
    }
    let config = &app.config;
    if config.time_limit.is_some() || config.first.is_some() || config.confirm {
        return Err(Report::error(
            "--time-limit, --first and --confirm are for runs, not for lines that are typed",
        ));
    }
    app.cancel.be_lasting();
    let console = Arc::new(ScriptConsole::of(app));
    let permission = Permission::new(is_live, app.cancel.clone(), Arc::clone(&app.printer));
    let board = Switchboard::open(app, Arc::clone(&permission), |calls| {
        let input = super::run::only_table(app)?;
        Ok(Host::new(calls, console, app.cancel.clone(), app.clock, app.config.limits, input))
    })?;
    let setup = Setup {
        host: Arc::clone(board.host()),
        folder: app.folder.clone(),
        state: app.config.state.clone(),
        cancel: app.cancel.clone(),
        home: app.home.clone(),
        editor: app.config.editor.clone(),
        edit_mode: app.config.edit_mode,
        connect: &board,
        is_dumb: app.is_dumb,
        permission,
    };
    let code = repl::run(&setup, app)?;
    board.show_plan();
    let failed = board
        .host()
        .finish_output(false)
        .map_err(|error| app.report(&Report::error(error.to_string())))
        .is_err();
    let code = code.and_then(|code| u8::try_from(code).ok());
    let facts = Facts { in_doubt: board.in_doubt() > 0, exit: code, failed, ..Facts::default() };
    let exit = exit::decide(facts);
    for calls in board.calls() {
        recording::tell_doubts(app, &calls);
        recording::end(app, &calls, exit);
    }
    Ok(exit)
}

/// Lines where the terminal does not say.
const DEFAULT_HEIGHT: usize = 60;

/// Lines that what was typed, what was left out and the next prompt take.
const AROUND: usize = 4;

/// Fewer lines show nothing, and terminals scroll.
const LEAST_HEIGHT: usize = 8;

impl Screen for App {
    fn begin_line(&self) {
        self.progress.restart();
    }

    fn end_line(&self) {
        self.progress.end();
    }

    fn tally(&self, is_cut: bool) {
        self.progress.summary(is_cut).iter().for_each(|summary| self.printer.info(summary));
    }

    fn value(&self, value: &Value) {
        match self.config.format {
            Format::Text | Format::Table => {
                let (beginning, left) = ui::screenful(value, self.printer.out_style(), self.height());
                self.printer.out_raw(&beginning);
                if !left.is_empty() {
                    let left = left.join(" and ");
                    let whole = if left.ends_with(" columns") || left.ends_with(" column") {
                        "`_` is all of it, `_[0]` the first"
                    } else {
                        "`_` is the whole value"
                    };
                    self.printer.out_raw(&format!("... {left}; {whole}\n"));
                }
            }
            _ => self.print_value(value),
        }
        self.printer.flush();
    }

    fn height(&self) -> usize {
        let (_, lines) = terminal_size::terminal_size().map_or((0, 0), |(width, height)| (width.0, height.0));
        match lines {
            0 => DEFAULT_HEIGHT,
            lines => usize::from(lines).saturating_sub(AROUND).max(LEAST_HEIGHT),
        }
    }

    fn report(&self, report: &Report) {
        App::report(self, report);
    }

    fn text(&self, text: &str) {
        self.printer.out_raw(text);
        self.printer.flush();
    }

    fn style(&self) -> Style {
        self.printer.out_style()
    }
}
