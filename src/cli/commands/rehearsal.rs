//! Before a run goes on: its script is gone through without the app, and what the app shows now is compared with what it
//! showed before. Nothing is sent until both are known.
//!
//! Not here: what is answered, and what counts as changed (`calls`).

use super::call;
use crate::cli::app::App;

use crate::base::report::{Report, Severity, Source};
use crate::base::text;
use crate::calls::{Calls, Rehearsal};
use crate::cli::exit::Exit;
use crate::cli::{ask, limits};
use crate::script::{Console, Ending, Host, Imports, Input, Level, Session, on_script_stack};
use std::sync::Arc;

/// Goes through a resumed run's script, and asks whether to go on where the app has changed. An exit code if the run does not
/// go on.
pub(super) fn rehearse(
    app: &App,
    calls: &Arc<Calls>,
    source: &Arc<Source>,
    imports: Imports,
    input: Input,
) -> Option<Exit> {
    let (limits, cancel) = (app.config.limits, app.cancel.clone());
    let host = Host::new(Arc::clone(calls), Arc::new(Quiet), cancel, app.clock, limits, input);
    let mut session = Session::new(host, imports);
    let run = || {
        on_script_stack(limits, move || {
            let ending = session.run(source);
            session.leave();
            ending
        })
    };
    let (ending, found) = calls.rehearse(run);
    match ending {
        Some(Ending::Stopped(report)) => {
            app.report(&report);
            return Some(Exit::STOPPED);
        }
        Some(Ending::Interrupted(report)) => {
            app.report(&limits::in_words(app, report));
            return Some(Exit::INTERRUPTED);
        }
        // Whatever else ends it ends it again when the run goes on, and is told then.
        _ => tell(app, calls, &found),
    }
    let changes = match calls.changes() {
        Ok(changes) => changes,
        Err(failure) => {
            app.report(&call::report(&failure, calls));
            return Some(call::exit_of(&failure, app.cancel.why()));
        }
    };
    if let Some(why) = changes.other_app {
        let report = Report::error("this does not seem to be the app and account of the earlier session");
        app.report(&report.note(why).note("nothing was sent").help(
            "Log in to the account with which the run began; if what is missing was deleted on purpose, start a new run.",
        ));
        return Some(Exit::STOPPED);
    }
    if changes.lists.is_empty() {
        return None;
    }
    let mut report =
        Report::error("lists that the script has read are not what they were; it goes on with what it read");
    report.severity = Severity::Warning;
    app.report(&changes.lists.into_iter().fold(report, Report::note));
    let question = "resume all the same?";
    let refused = match app.asker.can_ask() {
        true => match app.asker.ask(question) {
            Ok(true) => return None,
            Ok(false) => Report::error("the run was not resumed: nobody said yes"),
            Err(report) => report,
        },
        false => ask::unanswerable(question),
    };
    app.report(&refused.note("nothing was sent").help("If it is to go on, pass --yes before the command."));
    Some(Exit::STOPPED)
}

/// Says what stays as it is.
fn tell(app: &App, calls: &Calls, found: &Rehearsal) {
    if !found.vanished.is_empty() {
        let message = format!(
            "{} that the earlier session worked on {} gone; what was created stays",
            text::count(found.vanished.len(), "item"),
            if found.vanished.len() == 1 { "is" } else { "are" },
        );
        let report = Report { severity: Severity::Warning, ..Report::error(message) };
        app.report(&found.vanished.iter().take(MAX_NAMED).cloned().fold(report, Report::note));
    }
    let kept = found.kept_failures + calls.caught_failures();
    if kept > 0 {
        let (stay, them) = if kept == 1 { ("stays as it is", "it") } else { ("stay as they are", "them") };
        app.printer.info(&format!(
            "{} of the earlier session {stay}: the script went on behind {them}. Only items of the last `parallel` are tried \
             again; a new run starts over.",
            text::count(kept, "failure"),
        ));
    }
}

/// At most this many creates are named.
const MAX_NAMED: usize = 10;

/// What a rehearsal prints was printed before.
struct Quiet;

impl Console for Quiet {
    fn print(&self, _: &str) {}
    fn log(&self, _: Level, _: &str) {}
}
