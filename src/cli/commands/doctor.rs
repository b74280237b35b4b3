//! `ixscript doctor`: is the app there, does it answer, how many profiles has it; and if not, what to do.
//!
//! Not here: fixing anything.

use super::{Result, call, learn};
use crate::api::{self, envelope};
use crate::calls;
use crate::cli::app::App;
use crate::cli::connection;
use crate::cli::exit::Exit;
use serde_json::{Map, json};

/// Looks; with `learn`, also measures how the app behaves.
pub(in crate::cli) fn run(app: &App, learn: bool) -> Result {
    if learn {
        return learn::run(app);
    }
    let connection = connection::open(app, None, None)?;
    let what = if connection.is_simulated() {
        "the embedded simulator, which is not the real app"
    } else {
        "ixBrowser"
    };
    app.printer.out(&format!("Looking for {what} at {}", connection.calls.url()));
    let started = std::time::Instant::now();
    let first_page = Map::from_iter([("page".to_owned(), json!(1)), ("limit".to_owned(), json!(1))]);
    let reply = connection.calls.call_raw("profile-list", first_page);
    match reply {
        Ok(reply) => {
            let took = crate::base::text::duration(started.elapsed());
            app.printer.out(&format!("It answers, in {took}."));
            let page = envelope::page(reply.get("data").cloned());
            match page.ok().and_then(|page| page.total) {
                Some(total) => {
                    app.printer.out(&format!("It has {}.", crate::base::text::count(total, "profile")));
                }
                None => app.printer.out("It does not say how many profiles it has."),
            }
            app.printer.out(&format!(
                "{} functions are ready; `ixscript functions` lists them.",
                api::endpoints().count()
            ));
            Ok(Exit::DONE)
        }
        Err(failure) => {
            let mut report = call::report(&failure, &connection.calls);
            let (help, exit) = advice(failure.kind());
            if let Some(help) = help {
                report = report.help(help);
            }
            app.report(&report);
            Ok(exit)
        }
    }
}

fn advice(kind: calls::Kind) -> (Option<&'static str>, Exit) {
    match kind {
        calls::Kind::Unreachable => (
            Some(
                "Start ixBrowser and log in, then open its settings, turn the Local API on and look at the port there. \
                 If the port is not 53200, give it with --url http://127.0.0.1:PORT. \
                 Without the app, everything can be tried with --sim.",
            ),
            Exit::UNREACHABLE,
        ),
        calls::Kind::Timeout => (
            Some(
                "Something accepts connections there but does not answer in time. Restart ixBrowser, or wait longer with --timeout 2m.",
            ),
            Exit::FAILED,
        ),
        calls::Kind::Protocol | calls::Kind::ConnectionLost => (
            Some(
                "Something else listens at this address. Look at the port in ixBrowser's settings and give it with --url http://127.0.0.1:PORT.",
            ),
            Exit::FAILED,
        ),
        calls::Kind::Interrupted => (None, Exit::INTERRUPTED),
        _ => (None, Exit::FAILED),
    }
}
