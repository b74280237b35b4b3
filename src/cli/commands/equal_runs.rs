//! Equal runs: whether one is going on or was broken off when another begins.

use super::resume::summary;
use crate::base::report::{Report, Severity};
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recording;
use crate::journal::{JournalError, RunRow};
use serde_json::Value;

/// Looks whether an equal run (of the same recipe, parameters, table and app) is going on, or was broken off: then it is most
/// likely meant to be resumed, and begun anew only if somebody says so.
///
/// # Errors
/// That nobody said so, or that the journal cannot be used.
pub(super) fn check(app: &App, plan: &Value, begins_anew: bool) -> Result<(), Report> {
    // A journal that cannot be used is told of by the first write: a recipe that only reads does not need it.
    let Ok(Some(journal)) = recording::open(app) else { return Ok(()) };
    let url = app.config.base_url()?.to_string();
    let problem = |error: JournalError| error.report();
    let is_broken_off = |row: &RunRow| {
        let is_over = [Exit::INTERRUPTED, Exit::STOPPED].iter().any(|exit| row.exit == Some(exit.0.into()));
        row.is_going_on || row.exit.is_none() || is_over || row.in_doubt > 0
    };
    let rows = journal.runs().map_err(problem)?.into_iter();
    for row in
        rows.filter(|row| row.is_resumable && !row.is_superseded && row.url == url && is_broken_off(row))
    {
        let Some(earlier) = journal.plan(row.id).map_err(problem)? else { continue };
        let is_equal = |name: &&str| earlier[*name] == plan[*name];
        if !["recipe_hash", "params", "words", "input_hash"].iter().all(is_equal) {
            continue;
        }
        let id = row.id;
        let state = if row.is_going_on { "is going on" } else { "was broken off" };
        let message =
            format!("run {id} of this recipe, with the same parameters, {state}: {}", summary(&row));
        let help = format!("`ixscript resume {id}` goes on with it; `ixscript run --new` begins anew.");
        if !begins_anew {
            let report = Report::error(message).note("nothing was sent").help(help);
            if !app.asker.is_terminal {
                return Err(report);
            }
            app.report(&Report { severity: Severity::Warning, ..report });
            if !app.asker.ask("begin anew all the same?")? {
                return Err(Report::error("the run was not begun: nobody said yes"));
            }
        }
        if !row.is_going_on {
            journal.supersede(id).map_err(problem)?;
        }
    }
    Ok(())
}
