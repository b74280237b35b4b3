//! The places a session can call: apps and the embedded simulator, each kept with what is known of its writes.
//!
//! Not here: opening one of them (`connection`), and the words a session types for it (`repl`).

use super::app::App;
use super::commands::run;
use super::connection::{self, Connection};
use super::recording;
use crate::api::Endpoint;
use crate::base::mask::Secrets;
use crate::base::report::Report;
use crate::calls::{Calls, Denied};
use crate::repl::{Connect, Permission, Place};
use crate::script::Host;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All places of one session.
pub(super) struct Switchboard<'a> {
    app: &'a App,
    permission: Arc<Permission>,
    host: Arc<Host>,
    state: Mutex<State>,
}

struct State {
    /// Every place so far, the current one last. Those left are kept: a write that is in doubt there stays in doubt.
    places: Vec<Connection>,
    current: Arc<Calls>,
    /// What the session was allowed besides, for places it has not been at.
    allowed: Vec<Option<&'static str>>,
    /// The only functions that the session may call, if not all.
    needs: Option<Vec<&'static str>>,
}

impl<'a> Switchboard<'a> {
    /// Opens the place the flags say, and makes a host that calls it.
    ///
    /// # Errors
    /// As [`connection::open`].
    pub(super) fn open(
        app: &'a App,
        permission: Arc<Permission>,
        make_host: impl FnOnce(Arc<Calls>) -> Result<Arc<Host>, Report>,
    ) -> Result<Self, Report> {
        let secrets = Secrets::default();
        let first = match &app.config.sim {
            Some(options) => open_simulator(app, options, secrets)?,
            None => open_app(app, &app.config.url, secrets, &permission)?,
        };
        let current = Arc::clone(&first.calls);
        let host = make_host(Arc::clone(&current))?;
        Ok(Self {
            app,
            permission,
            host,
            state: Mutex::new(State { places: vec![first], current, allowed: Vec::new(), needs: None }),
        })
    }

    /// What would have been sent, if anything was only planned until now.
    pub(super) fn show_plan(&self) {
        let state = self.lock();
        if state.current.is_dry() {
            let planned: Vec<_> = state.places.iter().flat_map(|place| place.calls.planned()).collect();
            run::show_plan(self.app, &planned);
        }
    }

    /// What lines call.
    pub(super) fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// How many writes are in doubt, wherever they were made.
    pub(super) fn in_doubt(&self) -> usize {
        self.lock().places.iter().map(|place| place.calls.in_doubt()).sum()
    }

    /// What was called, wherever it is.
    pub(super) fn calls(&self) -> Vec<Arc<Calls>> {
        self.lock().places.iter().map(|place| Arc::clone(&place.calls)).collect()
    }

    /// Goes to the place that fits, or to a new one.
    fn go(
        &self,
        fits: impl Fn(&Connection) -> bool,
        open: impl FnOnce(Secrets) -> Result<Connection, Report>,
    ) -> Result<(), Report> {
        let mut state = self.lock();
        let place = match state.places.iter().position(fits) {
            Some(at) => state.places.remove(at),
            None => {
                let place = open(state.current.secrets().clone())?;
                state.allowed.iter().for_each(|function| place.calls.allow_destroying(*function));
                place.calls.hold(state.needs.clone());
                place
            }
        };
        let calls = Arc::clone(&place.calls);
        state.places.push(place);
        if calls.is_dry() != state.current.is_dry() {
            calls.set_dry(state.current.is_dry());
        }
        self.host.connect(Arc::clone(&calls));
        state.current = calls;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connect for Switchboard<'_> {
    fn place(&self) -> Place {
        let state = self.lock();
        let url = state.current.url();
        let here = state.places.iter().find(|place| Arc::ptr_eq(&place.calls, &state.current));
        let is_simulated = here.is_some_and(Connection::is_simulated);
        let short = if is_simulated { "sim".to_owned() } else { format!("ix {}", short(&url)) };
        Place { short, url, is_simulated, is_dry: state.current.is_dry() }
    }

    fn to_simulator(&self, fresh: bool) -> Result<(), Report> {
        let options = self.app.config.sim.clone().unwrap_or_default();
        let before: Vec<Connection> = if fresh {
            self.lock().places.extract_if(.., |place| place.is_simulated()).collect()
        } else {
            Vec::new()
        };
        // The old one ends only when calls go to the new one.
        let gone = self.go(Connection::is_simulated, |secrets| open_simulator(self.app, &options, secrets));
        drop(before);
        gone
    }

    fn to_app(&self, url: Option<&str>) -> Result<(), Report> {
        let left =
            self.lock().places.iter().rfind(|place| !place.is_simulated()).map(|place| place.calls.url());
        let wanted = url.map(str::to_owned).or(left).unwrap_or_else(|| self.app.config.url.clone());
        let wanted = self.app.config.parse_url(&wanted)?.to_string();
        let fits = |place: &Connection| !place.is_simulated() && place.calls.url() == wanted;
        self.go(fits, |secrets| open_app(self.app, &wanted, secrets, &self.permission))
    }

    fn allow(&self, endpoint: Option<&'static Endpoint>) -> Result<(), Report> {
        let permits = &self.app.config.permits;
        let is_denied = endpoint.map_or_else(
            || permits.denied.iter().any(|denied| matches!(denied, Denied::Writes | Denied::Destructive)),
            |endpoint| permits.denies(endpoint),
        );
        if is_denied {
            return Err(Report::error("that was denied when the session began, by --deny")
                .help("Begin a session without it."));
        }
        let function = endpoint.map(|endpoint| endpoint.function);
        let mut state = self.lock();
        state.allowed.push(function);
        state.places.iter().for_each(|place| place.calls.allow_destroying(function));
        Ok(())
    }

    fn hold(&self, needs: Option<&[&'static str]>) {
        let mut state = self.lock();
        state.needs = needs.map(<[_]>::to_vec);
        state.places.iter().for_each(|place| place.calls.hold(state.needs.clone()));
    }

    fn set_dry(&self, is_dry: bool) {
        if !is_dry {
            self.show_plan();
        }
        let state = self.lock();
        state.places.iter().for_each(|place| place.calls.set_dry(is_dry));
    }
}

fn open_simulator(app: &App, options: &str, secrets: Secrets) -> Result<Connection, Report> {
    let permits = app.config.permits.clone();
    connection::to_simulator(app, options, secrets, |calls| calls.permitting(permits).keeping_last())
}

fn open_app(
    app: &App,
    url: &str,
    secrets: Secrets,
    permission: &Arc<Permission>,
) -> Result<Connection, Report> {
    let permission = Arc::clone(permission);
    let url = app.config.parse_url(url)?;
    let place = url.to_string();
    let recording = recording::begin(app, "repl", "repl", || None)?;
    Ok(connection::to_app(app, url, secrets, |calls| {
        let calls = connection::recorded(app, calls, recording);
        calls
            .permitting(app.config.permits.clone())
            .keeping_last()
            .with_leave(move |_| permission.allows(&place))
    }))
}

/// The port where it is this computer; else the host too.
fn short(url: &str) -> &str {
    let authority = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some(("127.0.0.1" | "localhost" | "[::1]", port)) => port,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_names_the_port_or_the_other_computer() {
        assert_eq!(short("http://127.0.0.1:53200/api/v2/"), "53200");
        assert_eq!(short("http://[::1]:53200/api/v2/"), "53200");
        assert_eq!(short("http://192.168.0.7:53200/api/v2/"), "192.168.0.7:53200");
        assert_eq!(short("http://localhost/api/v2/"), "localhost");
    }
}
