//! The last lines of a run: what came of it, and how to go on where it did not come to its end.
//!
//! Not here: counting, which is `ui`, and errors, which have been told before.

use super::app::App;
use super::exit::Facts;

/// Says them.
pub(super) fn tell(app: &App, facts: Facts) {
    let ended_early = facts.interrupted || facts.stopped || facts.unreachable;
    // A reader that has gone away, as in `| head`, wants no explanation.
    if app.printer.is_closed() {
        return;
    }
    let Some(summary) = app.progress.summary(ended_early) else { return };
    app.printer.info(&summary);
    if ended_early {
        app.printer.info(HOW_TO_GO_ON);
    }
}

/// The one place that says what continues after a stop.
const HOW_TO_GO_ON: &str = "What was done stays done; run again, the script begins at its top.";
