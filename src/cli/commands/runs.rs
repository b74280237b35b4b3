//! `ixscript runs`: what the journal knows, for people and programs, and what people know better.
//!
//! Not here: going on with a run, which is `resume`.

use super::Result;
use super::resume::summary;
use crate::api::{self, Endpoint, Success, envelope};
use crate::base::clock::date_and_time;
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::cli::app::App;
use crate::cli::args::RunsCommand;
use crate::cli::exit::Exit;
use crate::cli::recording;
use crate::journal::{CallRow, Journal, JournalError, Mark, Outcome, RunRow};
use crate::ui::{self, Format};
use serde_json::{Value, json};
use std::time::Duration;

/// Does one of them.
pub(in crate::cli) fn run(app: &App, command: &RunsCommand) -> Result {
    let journal = recording::open(app)?;
    let Some(journal) = journal else {
        return match command {
            RunsCommand::List => show(app, &Value::Array(Vec::new()), "no run was recorded yet"),
            _ => Err(Report::error("no run was recorded yet")),
        };
    };
    let done = match command {
        RunsCommand::List => list(app, &journal),
        RunsCommand::Show { run } => calls(app, &journal, *run),
        RunsCommand::Created { run } => created(app, &journal, *run),
        RunsCommand::Settle { run, call, done, .. } => {
            return settle(app, &journal, *run, *call, done.as_deref());
        }
        RunsCommand::Forget { runs, unfinished } => return forget(app, &journal, runs, *unfinished),
    };
    done.map_err(|error| error.report())?
}

fn list(app: &App, journal: &Journal) -> std::result::Result<Result, JournalError> {
    let rows = journal.runs()?.into_iter().map(|row| {
        json!({
            "run": row.id,
            "began": date(&row),
            "command": row.command,
            "name": row.name,
            "state": state(&row),
            "writes": row.writes,
            "done": row.done,
            "in_doubt": row.in_doubt,
        })
    });
    Ok(show(app, &Value::Array(rows.collect()), "no run was recorded yet"))
}

fn calls(app: &App, journal: &Journal, run: i64) -> std::result::Result<Result, JournalError> {
    let row = journal.run(run)?;
    let calls = journal.calls(run)?.into_iter().map(|call| {
        let arguments: Value = serde_json::from_str(&call.shown).unwrap_or(Value::Null);
        let outcome = outcome(&row, &call);
        json!({ "call": call.id, "function": call.function, "arguments": arguments, "outcome": outcome, "made": call.made })
    });
    let calls = Value::Array(calls.collect());
    if app.config.format != Format::Text {
        let row = json!({
            "run": row.id, "command": row.command, "name": row.name, "url": row.url, "began": date(&row),
            "sessions": row.sessions, "state": state(&row), "calls": calls,
        });
        app.print_value(&row);
        return Ok(Ok(Exit::DONE));
    }
    app.printer.out(&format!("run {}: {} {}", row.id, row.command, text::one_line(&row.name)));
    app.printer.out(&format!("at {}, {}", row.url, date(&row)));
    app.printer.out(&format!("{}; {}", state(&row), summary(&row)));
    Ok(show(app, &calls, "no writes"))
}

fn created(app: &App, journal: &Journal, run: i64) -> std::result::Result<Result, JournalError> {
    journal.run(run)?;
    let made = journal.calls(run)?.into_iter().filter(|call| call.outcome == Some(Outcome::Done));
    let made: Vec<(String, i64)> = made.filter_map(|call| Some((call.action, call.made?))).collect();
    if app.config.format == Format::Text {
        made.iter().for_each(|(_, id)| app.printer.out(&id.to_string()));
        return Ok(Ok(Exit::DONE));
    }
    let rows = made.iter().map(|(action, id)| {
        // The name by which scripts and tables know such an id.
        let name = match api::by_action(action).map(|row| (row.resource, row.success)) {
            Some((_, Success::Field(name, _))) => name,
            Some((api::Resource::Profile, _)) => "profile_id",
            _ => "id",
        };
        json!({ name: id, "action": action })
    });
    app.print_value(&Value::Array(rows.collect()));
    Ok(Ok(Exit::DONE))
}

fn settle(app: &App, journal: &Journal, run: i64, call: i64, done: Option<&str>) -> Result {
    let report = |error: JournalError| error.report();
    let found = journal.calls(run).map_err(report)?.into_iter().find(|row| row.id == call);
    let found = found.ok_or(JournalError::NoCall { run, call }).map_err(report)?;
    // What a person said, or a list did not show, can be put right.
    let is_known = matches!(found.outcome, Some(Outcome::Done | Outcome::NotDone));
    if is_known && !matches!(found.mark, Some(Mark::Lost | Mark::Settled)) {
        return Err(Report::error(format!(
            "call {call} of run {run} is not in doubt: {}",
            word(found.outcome)
        )));
    }
    let (outcome, data, made) = match done {
        None => (Outcome::NotDone, None, None),
        Some(given) => {
            let (data, made) = data_of(api::by_action(&found.action), given)?;
            (Outcome::Done, Some(data), made)
        }
    };
    if let Some(made) = made
        && let Some((other_run, other)) = journal.other_maker(call, made).map_err(report)?
    {
        return Err(Report::error(format!("--done: {made} was made by call {other} of run {other_run}"))
            .note("nothing was done")
            .help("Give the id of what this call made, or --not-done."));
    }
    journal.settle(run, call, outcome, data.as_ref(), made).map_err(report)?;
    let left = app.config.assume_lost_after.saturating_sub(Duration::from_millis(
        u64::try_from(app.clock.now_ms().saturating_sub(found.began)).unwrap_or(0),
    ));
    if outcome == Outcome::NotDone && !left.is_zero() {
        let message = format!("call {call} may still arrive in the next {}", text::duration(left));
        let report = Report { severity: Severity::Warning, ..Report::error(message) };
        app.report_always(
            &report.help("Look again in ixBrowser before you resume the run, which sends it again."),
        );
    }
    app.printer.info(&format!("call {call} of run {run}: {}", word(Some(outcome))));
    Ok(Exit::DONE)
}

/// The reply's `data` that a person stands for, and the id in it.
fn data_of(row: Option<&'static Endpoint>, given: &str) -> std::result::Result<(Value, Option<i64>), Report> {
    let shown = || text::one_line(&text::cut(given, 60)).into_owned();
    let is_number = |row: &Endpoint| api::list_of_made(row).is_some();
    match row.map(|row| (row, row.success)) {
        Some((row, success)) if is_number(row) => {
            let id: i64 = given.trim().parse().map_err(|_| {
                Report::error(format!("--done: `{}` is no id", shown()))
                    .help(format!("Give the id of what `{}` made, as in --done 1942.", row.function))
            })?;
            Ok((envelope::data_of_made(success, id), Some(id)))
        }
        Some((_, Success::Field(name, _))) if !given.is_empty() => Ok((json!({ name: given }), None)),
        Some((_, Success::Nothing)) | None if given.is_empty() => Ok((Value::Null, None)),
        Some((row, _)) => Err(Report::error(format!("--done: `{}` returns something else", row.function))
            .help(format!("`ixscript functions {}` shows what.", row.function))),
        None => {
            Err(Report::error("--done: nobody knows what this action returns").help("Leave the value out."))
        }
    }
}

fn forget(app: &App, journal: &Journal, runs: &[i64], unfinished: bool) -> Result {
    for &run in runs {
        let row = journal.run(run).map_err(|error| error.report())?;
        if row.exit != Some(0) && row.is_resumable && !unfinished {
            return Err(Report::error(format!("run {run} is not finished: {}", summary(&row)))
                .help("If it shall never be resumed, forget it with --unfinished."));
        }
        journal.forget(run).map_err(|error| error.report())?;
        app.printer.info(&format!("run {run} is forgotten"));
    }
    Ok(Exit::DONE)
}

fn date(row: &RunRow) -> String {
    format!("{} UTC", date_and_time(row.began.div_euclid(1000)))
}

pub(super) fn state(row: &RunRow) -> String {
    match (row.exit, row.is_going_on) {
        (_, true) => "going on".to_owned(),
        _ if row.is_superseded => "superseded by a later run".to_owned(),
        (Some(0), _) => "finished".to_owned(),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, _) => "broken off".to_owned(),
    }
}

fn outcome(row: &RunRow, call: &CallRow) -> &'static str {
    match call.outcome {
        None if row.is_going_on => "in flight",
        outcome => word(outcome),
    }
}

fn word(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Done) => "done",
        Some(Outcome::NotDone) => "not done",
        Some(Outcome::Unknown) | None => "in doubt",
    }
}

fn show(app: &App, rows: &Value, nothing: &str) -> Result {
    match (app.config.format, rows.as_array()) {
        (Format::Text, Some(rows)) if rows.is_empty() => app.printer.info(nothing),
        (Format::Text, _) => app.printer.out_raw(&ui::value(rows, Format::Table, app.printer.out_style())),
        _ => app.print_value(rows),
    }
    Ok(Exit::DONE)
}
