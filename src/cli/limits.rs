//! The limits somebody set for a run: its time, its first writes, a look at the first of them.
//!
//! Not here: what holds a write (`calls`), and how a question is put (`ask`).

use super::app::App;
use super::ask;
use crate::base::cancel::{Cancel, Why};
use crate::base::mask::Secrets;
use crate::base::report::Report;
use crate::base::text;
use crate::calls::{Answer, Gate, Made, Question};
use serde_json::{Map, Value};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// Stops the run when its time is over, unless it is dropped before.
pub(super) struct TimeLimit {
    /// Dropping it ends the wait.
    _running: Option<Sender<()>>,
}

impl TimeLimit {
    /// Begins to count, if there is a limit.
    ///
    /// # Errors
    /// That the system has no thread for it.
    pub(super) fn start(limit: Option<Duration>, cancel: &Cancel) -> Result<Self, Report> {
        let Some(limit) = limit else { return Ok(Self { _running: None }) };
        let (running, ended) = mpsc::channel::<()>();
        let cancel = cancel.clone();
        let wait = move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                cancel.stop(Why::TimeIsOver);
            }
        };
        std::thread::Builder::new()
            .name("time limit".into())
            .spawn(wait)
            .map_err(|error| Report::error(format!("--time-limit: {}", text::reason(&error))))?;
        Ok(Self { _running: Some(running) })
    }
}

/// An interruption in words: where the time was over, it was nobody who interrupted.
pub(super) fn in_words(app: &App, interruption: Report) -> Report {
    match (app.cancel.why(), app.config.time_limit) {
        (Some(Why::TimeIsOver), Some(limit)) => Report {
            message: format!("the time of the run is over: it was given {}", text::duration(limit)),
            ..interruption.help("That was the limit set with --time-limit.")
        },
        _ => interruption,
    }
}

/// What holds the writes of a run, if something shall. Nothing is held that only goes to the simulator.
///
/// # Errors
/// That the first write shall be confirmed where nobody can.
pub(super) fn gate(app: &App, is_simulated: bool, secrets: &Secrets) -> Result<Option<Gate>, Report> {
    let (confirm, first) = (app.config.confirm, app.config.first);
    if is_simulated || app.config.is_dry || !confirm && first.is_none() {
        return Ok(None);
    }
    if confirm && !app.asker.can_ask() {
        return Err(
            ask::unanswerable("--confirm asks before the first write is sent").note("nothing was sent")
        );
    }
    let (asker, secrets) = (app.asker.clone(), secrets.clone());
    Ok(Some(Gate::new(confirm, first, move |question| {
        let shown = |function: &str, arguments: &Map<String, Value>| {
            let arguments = secrets.mask(&Value::Object(arguments.clone()).to_string()).into_owned();
            format!("  {function} {}", text::one_line(&arguments))
        };
        let question = match question {
            Question::Send { function, arguments } => {
                asker.printer.err("the first write of this run:");
                asker.printer.err(&shown(function, arguments));
                "send it?".to_owned()
            }
            Question::GoOn(made) => {
                let failed = made.iter().filter(|made| made.failure.is_some()).count();
                let failed = if failed == 0 { "none".to_owned() } else { failed.to_string() };
                let written = text::count(made.len(), "write");
                asker.printer.info(&format!("{written} made, {failed} of them failed:"));
                for Made { function, arguments, failure } in made.iter().take(MOST_SHOWN) {
                    let ending = failure.as_deref().map_or("done".into(), |failure| secrets.mask(failure));
                    asker.printer.info(&format!("{}: {ending}", shown(function, arguments)));
                }
                if made.len() > MOST_SHOWN {
                    asker.printer.info(&format!("  and {} more", made.len() - MOST_SHOWN));
                }
                "go on?".to_owned()
            }
        };
        match asker.ask(&question) {
            Ok(true) => Answer::Yes,
            _ if asker.cancel.is_cancelled() => Answer::Stopped,
            // Where nobody can answer, the run ends here as well.
            Ok(false) | Err(_) => Answer::No,
        }
    })))
}

/// Of the first writes; more scroll away.
const MOST_SHOWN: usize = 20;
