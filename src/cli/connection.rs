//! From settings to something calls can be made with: the app, or the embedded simulator.
//!
//! Not here: what is called.

use super::app::App;
use super::commands::sim;
use crate::base::mask::Secrets;
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::calls::{Calls, Event, Policy};
use crate::client::{self, BaseUrl, Client};
use crate::sim::Simulator;
use crate::ui::{Printer, Verbosity};
use serde_json::Value;
use std::sync::Arc;

/// A way to make calls. The simulator, if it is one, ends with it.
pub(super) struct Connection {
    pub(super) calls: Arc<Calls>,
    simulator: Option<Simulator>,
}

impl Connection {
    /// Whether calls go to the embedded simulator.
    pub(super) fn is_simulated(&self) -> bool {
        self.simulator.is_some()
    }
}

/// Opens it, without sending anything yet. `needs` are the only functions that may be called, if not all.
///
/// # Errors
/// A refused URL, or a simulator that does not start.
pub(super) fn open(app: &App, needs: Option<Vec<&'static str>>) -> Result<Connection, Report> {
    let secrets = Secrets::default();
    match &app.config.sim {
        Some(options) => to_simulator(app, options, secrets, |calls| calls.only(needs)),
        None => Ok(to_app(app, app.config.base_url()?, secrets, |calls| calls.only(needs))),
    }
}

/// Opens an embedded simulator. The calls are made with what `adapt` adds to them.
///
/// # Errors
/// A wrong option, or that it does not start.
pub(super) fn to_simulator(
    app: &App,
    options: &str,
    secrets: Secrets,
    adapt: impl FnOnce(Calls) -> Calls,
) -> Result<Connection, Report> {
    let simulator = sim::embedded(options, app)?;
    let url = BaseUrl::parse(simulator.url(), false).map_err(|error| Report::error(error.to_string()))?;
    Ok(Connection { simulator: Some(simulator), ..to_app(app, url, secrets, adapt) })
}

/// Opens the app at `url`. The calls are made with what `adapt` adds to them.
pub(super) fn to_app(
    app: &App,
    url: BaseUrl,
    secrets: Secrets,
    adapt: impl FnOnce(Calls) -> Calls,
) -> Connection {
    let config = &app.config;
    if !url.is_local() {
        app.report(&Report {
            severity: Severity::Warning,
            ..Report::error(format!("{url} is not this computer: passwords and codes travel in clear text"))
        });
    }
    let settings = client::Settings {
        url,
        connect_timeout: config.connect_timeout,
        timeout: config.timeout,
        connections: config.jobs,
    };
    let policy = Policy {
        retries: config.retries,
        allow_destructive: config.allow_destructive,
        max_writes: config.max_writes,
        interval: config.interval,
        is_dry: config.is_dry,
    };
    let calls = Calls::new(Client::new(settings, &app.cancel), policy, app.cancel.clone(), secrets.clone());
    let printer = Arc::clone(&app.printer);
    let calls = adapt(calls.observed(move |event| tell(event, &printer, &secrets)));
    Connection { calls: Arc::new(calls), simulator: None }
}

/// `-v` shows every attempt; a retry is worth a line without it, since it explains a pause.
fn tell(event: &Event, printer: &Printer, secrets: &Secrets) {
    match event {
        Event::Sending { function, arguments, attempt } => {
            if printer.verbosity() == Verbosity::Verbose {
                let arguments = secrets.mask(&Value::Object(arguments()).to_string()).into_owned();
                let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                printer.verbose(&format!("> {function} {arguments}{again}"));
            }
        }
        Event::Done { function } => printer.verbose(&format!("< {function}: done")),
        Event::Retrying { failure, wait } => {
            let message = secrets.mask(&failure.to_string()).into_owned();
            let line = format!("{message}; trying again in {}", text::duration(*wait));
            // No connection is tried for less than a second, which is no pause to explain.
            if failure.kind() == crate::calls::Kind::Unreachable {
                printer.verbose(&line);
            } else {
                printer.info(&line);
            }
        }
    }
}
