//! `ixscript repl`: script line by line.
//!
//! Not here: the loop and the editing, which are `repl`.

use super::Result;
use crate::base::report::Report;
use crate::cli::app::{App, ScriptConsole};
use crate::cli::connection;
use crate::cli::exit::{self, Facts};
use crate::cli::recording;
use crate::repl::{self, Screen, Setup};
use crate::script::Host;
use crate::ui::Style;
use serde_json::Value;
use std::sync::Arc;

/// Reads lines until Ctrl-D. Off a terminal, standard input is run as a script.
pub(in crate::cli) fn run(app: &App) -> Result {
    if !app.terminals.stdin {
        return super::run::run(app, &["-".into()]);
    }
    let config = &app.config;
    if config.time_limit.is_some() || config.first.is_some() || config.confirm {
        return Err(Report::error(
            "--time-limit, --first and --confirm are for runs, not for lines that are typed",
        ));
    }
    // Whoever types a line waits for it.
    app.cancel.be_impatient();
    let recording = recording::begin(app, "repl", "repl", None)?;
    let connection = connection::open(app, None, recording)?;
    let console = Arc::new(ScriptConsole::of(app));
    let input = super::run::only_table(app)?;
    let calls = Arc::clone(&connection.calls);
    let host = Host::new(calls, console, app.cancel.clone(), app.clock, app.config.limits, input);
    let target = if connection.is_simulated() { "the simulator".to_owned() } else { connection.calls.url() };
    let setup = Setup {
        host: Arc::clone(&host),
        folder: app.folder.clone(),
        target,
        history: app.config.state.as_ref().map(|state| state.join("history.txt")),
        cancel: app.cancel.clone(),
    };
    repl::run(&setup, app)?;
    let exit = exit::decide(Facts { in_doubt: host.calls().in_doubt() > 0, ..Facts::default() });
    recording::tell_doubts(app, host.calls());
    recording::end(app, host.calls(), exit);
    Ok(exit)
}

impl Screen for App {
    fn value(&self, value: &Value) {
        self.print_value(value);
        self.printer.flush();
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
