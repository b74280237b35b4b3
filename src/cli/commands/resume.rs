//! `ixscript resume`: a run that was broken off goes on, and makes nothing twice.
//!
//! Not here: what is done with each call (`journal` decides), and running a recipe, which is `run`.

use super::run::Ready;
use super::runs::state;
use super::{Result, run};
use crate::base::mask::MASK;
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::calls::Recording;
use crate::cli::app::App;
use crate::cli::ask;
use crate::cli::exit::{self, Exit};
use crate::cli::kept;
use crate::cli::recipes;
use crate::cli::recording::{self, Job};
use crate::cli::trust;
use crate::journal::{Journal, JournalError, RunRow};
use crate::script::header::{self, Header};
use std::path::Path;
use std::time::Duration;

/// Goes on with a run, by default the newest that is not finished.
pub(in crate::cli) fn run(app: &App, id: Option<i64>, accepts_new_rows: bool, waits: bool) -> Result {
    if app.config.is_dry || app.config.sim.is_some() {
        return Err(Report::error("a run goes on where it was: with the app, and for real")
            .help("Leave -n and --sim out; `ixscript runs show` tells what was done."));
    }
    let journal = match (recording::open(app)?, id) {
        (Some(journal), _) => journal,
        (None, Some(id)) => return Err(JournalError::NoRun(id).report()),
        (None, None) => return nothing_left(app, None),
    };
    let row = match id {
        Some(id) => journal.run(id).map_err(|error| error.report())?,
        None => match newest(&journal)? {
            Some(row) => row,
            None => return nothing_left(app, Some(&journal)),
        },
    };
    if row.exit == Some(0) {
        app.printer.info(&format!("run {} is finished: nothing is left to do", row.id));
        let failed = usize::try_from(row.writes - row.done - row.in_doubt).unwrap_or(0);
        if failed > 0 {
            app.printer.info(&format!(
                "{} failed, and the script went on; a new run starts over",
                text::count(failed, "write")
            ));
        }
        return Ok(Exit::DONE);
    }
    check_url(app, &row)?;
    let plan = journal.plan(row.id).map_err(|error| error.report())?;
    let job = plan.as_ref().and_then(Job::of_plan);
    let (Some(plan), Some(mut job)) = (plan, job) else {
        return Err(Report::error(format!("run {} cannot be resumed: it was no recipe in a file", row.id))
            .help(format!("`ixscript runs show {}` tells what it did.", row.id)));
    };
    job.recipe = shortened(app, &job.recipe);
    let loaded = recipes::load(app, Path::new(&job.recipe))?;
    let header = header::parse(&loaded.source.text).map_err(|error| error.report(&loaded.source))?;
    let Some(bundle) = loaded.checked(app, &header) else { return Ok(Exit::USAGE) };
    app.printer.info(&format!("run {}: {}", row.id, summary(&row)));
    let changes = recording::changes(&plan, &job, &bundle.hash);
    app.printer.info(&format!("  {}", described(app, &row, &job, &header, !changes.is_empty())));
    let (mut config, said) = kept::apply(&app.config, &plan["limits"])?;
    config.waits_for_doubts = waits;
    said.iter().for_each(|line| app.printer.info(&format!("  {line}")));
    if id.is_none()
        && (row.exit == Some(Exit::STOPPED.0.into()) && kept::has_limit(&plan["limits"]) || is_old(app, &row))
    {
        confirm(app, &row)?;
    }
    let app = &app.with_config(config);
    for change in changes {
        app.report(&Report {
            severity: Severity::Warning,
            ..Report::error(format!("{change} has changed since the run began"))
        });
    }
    let rights = trust::rights(app, &loaded, &header, &bundle)?;
    let resumed = journal.resume(row.id).map_err(|error| error.report())?;
    let recording = Recording::Resumed { resumed: Box::new(resumed), accepts_new_rows };
    let recipe = Ready { source: loaded.source, header, bundle, rights };
    run::start(app, job, &recipe, Some(recording))
}

/// The newest run that a process could take up. One that goes on is in good hands.
fn newest(journal: &Journal) -> std::result::Result<Option<RunRow>, Report> {
    let rows = journal.runs().map_err(|error| error.report())?;
    Ok(rows
        .into_iter()
        .find(|row| row.is_resumable && row.exit != Some(0) && !row.is_going_on && !row.is_superseded))
}

/// Also where nothing can be resumed, something may be in doubt: of standard input, `eval`, `call` or the REPL.
fn nothing_left(app: &App, journal: Option<&Journal>) -> Result {
    let rows = journal.map(Journal::runs).transpose().map_err(|error| error.report())?.unwrap_or_default();
    let doubtful: Vec<&RunRow> = rows.iter().filter(|row| row.in_doubt > 0 && !row.is_going_on).collect();
    if doubtful.is_empty() {
        app.printer.info("no run is unfinished: nothing is left to do");
        return Ok(Exit::DONE);
    }
    let report = Report::error("no run is unfinished, but writes of earlier runs are in doubt");
    let named = |row: &&RunRow| format!("run {}: {} {}, {}", row.id, row.command, row.name, summary(row));
    let report = doubtful.iter().take(MAX_NAMED).map(named).fold(report, Report::note);
    app.report(&report.help("`ixscript runs show RUN` names them. Look in ixBrowser, and settle them with `ixscript runs settle`."));
    Ok(Exit::IN_DOUBT)
}

/// At most this many runs are named.
const MAX_NAMED: usize = 5;

/// What the run is, how old it is, and why it ended.
fn described(app: &App, row: &RunRow, job: &Job, header: &Header, has_changed: bool) -> String {
    let is_public = |name: &str| {
        let mut declared = header.params.iter();
        !has_changed && declared.any(|param| param.name == name && !param.secret)
    };
    // What a recipe that has changed says of its parameters may not be true of what was given then.
    let params = job.params.iter().map(|(name, value)| match is_public(name) {
        true => format!("{name} = {value}"),
        false => format!("{name} = {MASK}"),
    });
    let given = params.chain(job.words.iter().cloned()).collect::<Vec<_>>().join(", ");
    let recipe = job.recipe.to_string_lossy();
    let recipe = if given.is_empty() { recipe.into_owned() } else { format!("{recipe} ({given})") };
    let recipe = text::one_line(&text::cut(&recipe, MAX_DESCRIBED)).into_owned();
    let code = exit::TABLE.iter().find(|(exit, _)| row.exit == Some(exit.0.into()));
    let why = code.map(|(_, meaning)| format!(": {meaning}")).unwrap_or_default();
    format!("{recipe}; {}; {}{why}", text::ago(age(app, row)), state(row))
}

/// Characters of a recipe and its parameters.
const MAX_DESCRIBED: usize = 400;

/// Since the run ended, or began if nobody knows when it ended.
fn age(app: &App, row: &RunRow) -> Duration {
    let since = app.clock.now_ms().saturating_sub(row.ended.unwrap_or(row.began));
    Duration::from_millis(u64::try_from(since).unwrap_or(0))
}

/// Whether it is no longer likely that somebody means this run who names none.
fn is_old(app: &App, row: &RunRow) -> bool {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    age(app, row) > DAY
}

/// Asks whether the newest run is meant.
fn confirm(app: &App, row: &RunRow) -> std::result::Result<(), Report> {
    let id = row.id;
    let help = format!("Name the run: ixscript resume {id}, or pass --yes before the command.");
    if !app.asker.can_ask() {
        return Err(ask::unanswerable(&format!("resume run {id}?")).note("nothing was done").help(help));
    }
    if app.asker.ask(&format!("resume run {id}?"))? {
        return Ok(());
    }
    Err(Report::error(format!("run {id} was not resumed: nobody said yes")).help(help))
}

/// What was done at one app says nothing about another.
fn check_url(app: &App, row: &RunRow) -> std::result::Result<(), Report> {
    let url = app.config.base_url()?.to_string();
    if url == row.url {
        return Ok(());
    }
    let shown = text::one_line(&row.url).into_owned();
    Err(Report::error(format!("run {} was made at {shown}, and this is {url}", row.id))
        .help(format!("Resume it there: ixscript --url {shown} resume {}", row.id)))
}

/// A path below this folder reads better without it.
fn shortened(app: &App, recipe: &std::ffi::OsStr) -> std::ffi::OsString {
    let path = Path::new(recipe);
    path.strip_prefix(&app.folder).unwrap_or(path).as_os_str().to_owned()
}

/// How far a run came.
pub(super) fn summary(row: &RunRow) -> String {
    let number = |count: i64| usize::try_from(count).unwrap_or(0);
    let mut parts = vec![format!("{} done", text::count(number(row.done), "write"))];
    if row.in_doubt > 0 && row.is_going_on {
        parts.push(format!("{} in flight", row.in_doubt));
    } else if row.in_doubt > 0 {
        parts.push(format!("{} in doubt", row.in_doubt));
    }
    parts.join(", ")
}
