//! The last lines of a run: what came of it, and how to go on where it did not come to its end.
//!
//! Not here: counting, which is `ui`, and errors, which have been told before.

use super::app::App;
use super::exit::Facts;
use super::recording;
use crate::calls::Calls;

/// Says them.
pub(super) fn tell(app: &App, facts: Facts, calls: &Calls) {
    let ended_early = facts.interrupted || facts.stopped || facts.unreachable;
    // A reader that has gone away, as in `| head`, wants no explanation.
    if app.printer.is_closed() || app.is_trial() {
        return;
    }
    let Some(summary) = app.progress.summary(ended_early) else { return };
    app.printer.info(&summary);
    if let Some(why) = app.progress.first_failure() {
        app.printer.info(&format!("first failure: {why}"));
    }
    // A run that can be resumed says so when its end is recorded.
    if ended_early && recording::resumable_run(calls).is_none() {
        app.printer.info(HOW_TO_GO_ON);
    }
}

/// What continues after a stop of a run that was not recorded.
const HOW_TO_GO_ON: &str = "What was done stays done; run again, the script begins at its top.";
