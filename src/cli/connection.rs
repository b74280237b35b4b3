//! From settings to something calls can be made with: the app, or the embedded simulator.
//!
//! Not here: what is called.

use super::app::App;
use super::commands::sim;
use super::limits;
use crate::base::cancel::Level;
use crate::base::mask::Secrets;
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::calls::{Calls, Event, Grant, Permits, Policy, Recorder, Recording};
use crate::client::{self, BaseUrl, Client};
use crate::sim::Simulator;
use crate::ui::{Printer, Progress, Verbosity};
use serde_json::Value;
use std::sync::Arc;

/// A way to make calls. The simulator, if it is one, ends with it.
pub(super) struct Connection {
    pub(super) calls: Arc<Calls>,
    simulator: Option<Arc<Simulator>>,
}

impl Connection {
    /// Opens the same place again, for calls with what `adapt` adds to them.
    ///
    /// # Errors
    /// Returns an error if the URL is refused.
    pub(super) fn again(&self, app: &App, adapt: impl FnOnce(Calls) -> Calls) -> Result<Self, Report> {
        match &self.simulator {
            Some(simulator) => on(app, Arc::clone(simulator), Secrets::default(), adapt),
            None => Ok(to_app(app, app.config.base_url()?, Secrets::default(), adapt)),
        }
    }

    /// Whether calls go to the embedded simulator.
    pub(super) fn is_simulated(&self) -> bool {
        self.simulator.is_some()
    }
}

/// What a recipe may call by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    /// The only functions that may be called, if not all.
    pub(super) needs: Option<Vec<&'static str>>,
    /// What somebody has granted it.
    pub(super) grant: Grant,
}

impl From<Option<Vec<&'static str>>> for Rights {
    fn from(needs: Option<Vec<&'static str>>) -> Self {
        Self { needs, grant: Grant::All }
    }
}

/// Opens it, without sending anything yet. `rights` are what may be called; writes are
/// recorded if there is a `recording`.
///
/// # Errors
/// A refused URL, or a simulator that does not start.
pub(super) fn open(
    app: &App,
    rights: impl Into<Rights>,
    recording: Option<Recording>,
) -> Result<Connection, Report> {
    let secrets = Secrets::default();
    let is_simulated = app.simulator.is_some() || app.config.sim.is_some();
    let gate = limits::gate(app, is_simulated, &secrets)?;
    let Rights { needs, grant } = rights.into();
    let permits = Permits { grant, ..app.config.permits.clone() };
    let adapt = |calls: Calls| recorded(app, calls, recording).only(needs).permitting(permits).held(gate);
    match (&app.simulator, &app.config.sim) {
        (Some(simulator), _) => on(app, Arc::clone(simulator), secrets, adapt),
        (None, Some(options)) => to_simulator(app, options, secrets, adapt),
        (None, None) => Ok(to_app(app, app.config.base_url()?, secrets, adapt)),
    }
}

/// Calls whose writes are recorded, if there is a recording.
pub(super) fn recorded(app: &App, calls: Calls, recording: Option<Recording>) -> Calls {
    let Some(mut recording) = recording else { return calls };
    if let Recording::New { run, .. } = &mut recording {
        // What was done here says nothing about any other place.
        run.url = calls.url();
    }
    calls.recorded(Recorder::new(recording, app.clock, app.config.assume_lost_after))
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
    on(app, Arc::new(sim::embedded(options, app)?), secrets, adapt)
}

fn on(
    app: &App,
    simulator: Arc<Simulator>,
    secrets: Secrets,
    adapt: impl FnOnce(Calls) -> Calls,
) -> Result<Connection, Report> {
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
    app.cancel.begin();
    if !url.is_local() {
        app.report(&Report {
            severity: Severity::Warning,
            ..Report::error(format!("{url} is not this computer: passwords and codes travel in clear text"))
        });
    }
    let settings = client::Settings { url, connect_timeout: config.connect_timeout, timeout: config.timeout };
    let policy = Policy {
        retries: config.retries,
        allow_destructive: config.allow_destructive,
        max_writes: config.max_writes,
        interval: config.interval,
        is_dry: config.is_dry,
    };
    let calls = Calls::new(Client::new(settings, &app.cancel), policy, app.cancel.clone(), secrets.clone());
    let (printer, progress) = (Arc::clone(&app.printer), Arc::clone(&app.progress));
    let calls = Arc::new(adapt(calls.observed(move |event| tell(event, &printer, &progress, &secrets))));
    announce_waits(app, &calls);
    Connection { calls, simulator: None }
}

/// A stopped run that waits for the replies of its writes says so.
fn announce_waits(app: &App, calls: &Arc<Calls>) {
    let (calls, printer) = (Arc::downgrade(calls), Arc::clone(&app.printer));
    app.cancel.on_cancel(move |level| {
        let in_flight = calls.upgrade().map_or(0, |calls| calls.in_flight());
        if level != Level::Stopping || in_flight == 0 {
            return;
        }
        let printer = Arc::clone(&printer);
        let line = format!(
            "finishing {} in flight; press Ctrl-C again to stop at once",
            text::count(in_flight, "call")
        );
        // Written elsewhere: where nobody reads what is written, the next Ctrl-C shall not have to wait for it. Without a
        // thread for it the line is missing, and nothing else.
        drop(std::thread::Builder::new().name("notice".into()).spawn(move || printer.err(&line)));
    });
}

/// `-v` shows every attempt; a retry is worth a line without it, since it explains a pause.
fn tell(event: &Event, printer: &Printer, progress: &Progress, secrets: &Secrets) {
    match event {
        Event::Sending { function, arguments, attempt } => {
            if printer.verbosity() == Verbosity::Verbose {
                let arguments = secrets.mask(&Value::Object(arguments()).to_string()).into_owned();
                let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                printer.verbose(&format!("> {function} {arguments}{again}"));
            }
        }
        Event::Answered { function } => printer.verbose(&format!("< {function}: done before")),
        Event::WriteEnded { failure } => {
            if failure.is_none() {
                progress.write_done();
            }
        }
        Event::Called { .. } | Event::Returned { .. } => {}
        Event::Done { function } => printer.verbose(&format!("< {function}: done")),
        Event::Away { failure, patience } => {
            let message = secrets.mask(&failure.to_string()).into_owned();
            printer.info(&format!("{message}; trying again for up to {}", text::duration(*patience)));
        }
        Event::Retrying { failure, wait } => {
            let message = secrets.mask(&failure.to_string()).into_owned();
            let line = format!("{message}; trying again in {}", text::duration(*wait));
            // No connection is tried every moment, and a long pause is explained by `Away`.
            if failure.kind() == crate::calls::Kind::Unreachable {
                printer.verbose(&line);
            } else {
                printer.info(&line);
            }
        }
    }
}
