//! What of a command is recorded, and how it can go on after its end.
//!
//! Not here: the journal itself.

use super::app::App;
use super::exit::Exit;
use super::kept;
use crate::base::report::{Report, Severity};
use crate::calls::{Calls, Recorder, Recording};
use crate::journal::{Journal, NewRun, Outcome};
use crate::script::header::Given;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A recipe with everything it is given: what is needed to run it, and to run it again.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// The recipe as it was typed, or its whole path.
    pub(super) recipe: OsString,
    /// Its parameters, wherever they were given: a run goes on with the same.
    pub(super) params: Map<String, Value>,
    /// Its words that are no parameters.
    pub(super) words: Vec<String>,
    /// The table of `--input`.
    pub(super) input: Option<PathBuf>,
    /// The table of `--output`.
    pub(super) output: Option<PathBuf>,
}

impl Job {
    /// A recipe with the tables of this command line.
    pub(super) fn typed(app: &App, recipe: OsString, given: Given) -> Self {
        Self {
            recipe,
            params: given.params,
            words: given.words,
            input: app.config.input.clone(),
            output: app.config.output.clone(),
        }
    }

    /// What the journal keeps of it. Standard input and pipes cannot be read again, so that such a job has no plan.
    /// `recipe_hash` is that of the recipe with its imports.
    pub(super) fn plan(&self, app: &App, recipe_hash: &str) -> Option<Value> {
        let input = self.input.as_ref().map(|input| app.folder.join(input));
        if self.recipe == "-" || input.as_ref().is_some_and(|input| !input.is_file()) {
            return None;
        }
        let file = app.folder.join(&self.recipe);
        let recipe = if file.is_file() { file } else { self.recipe.clone().into() };
        Some(json!({
            "recipe": recipe.to_str()?,
            "recipe_hash": recipe_hash,
            "params": self.params,
            "words": self.words,
            "input": path_text(app, self.input.as_deref())?,
            "input_hash": input.as_deref().and_then(hash_of_file),
            "output": path_text(app, self.output.as_deref())?,
            "limits": kept::of_config(&app.config),
        }))
    }

    /// The job of a plan; none if it is not of this form.
    pub(super) fn of_plan(plan: &Value) -> Option<Self> {
        let path = |name: &str| plan[name].as_str().map(PathBuf::from);
        let words = plan["words"].as_array()?.iter().map(|word| word.as_str().map(str::to_owned));
        Some(Self {
            recipe: plan["recipe"].as_str()?.into(),
            params: plan["params"].as_object()?.clone(),
            words: words.collect::<Option<_>>()?,
            input: path("input"),
            output: path("output"),
        })
    }
}

/// A whole path as text. One that is no Unicode cannot be kept.
fn path_text(app: &App, path: Option<&Path>) -> Option<Value> {
    match path {
        None => Some(Value::Null),
        Some(path) => app.folder.join(path).to_str().map(Value::from),
    }
}

/// Tells whether a file is still what it was. One that cannot be read is told of by whoever needs it.
fn hash_of_file(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let mut hasher = Sha256::new();
    let mut buffer = [0; 1 << 14];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => break,
            count => hasher.update(buffer.get(..count)?),
        }
    }
    Some(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What has changed since a plan was made, for people.
pub(super) fn changes(plan: &Value, job: &Job, recipe_hash: &str) -> Vec<&'static str> {
    let mut changes = Vec::new();
    if plan["recipe_hash"].as_str() != Some(recipe_hash) {
        changes.push("the recipe");
    }
    if plan["input_hash"].as_str() != job.input.as_deref().and_then(hash_of_file).as_deref() {
        changes.push("the table of --input");
    }
    changes
}

/// The file of the journal.
///
/// # Errors
/// That there is none.
pub(super) fn file(app: &App) -> Result<&Path, Report> {
    app.config.journal.as_deref().ok_or_else(|| {
        Report::error("there is no journal").help("Name one with --journal FILE, or leave --no-journal out.")
    })
}

/// The journal of earlier runs; none if there never was one.
///
/// # Errors
/// That it cannot be used.
pub(super) fn open(app: &App) -> Result<Option<Journal>, Report> {
    Journal::open_existing(file(app)?).map_err(|error| error.report())
}

/// The recording of a command that begins, if it is to be recorded. `plan` is what is needed to run it again; a world of the
/// embedded simulator is gone then.
///
/// # Errors
/// That there is no place for it.
pub(super) fn begin(
    app: &App,
    command: &str,
    name: &str,
    plan: impl FnOnce() -> Option<Value>,
) -> Result<Option<Recording>, Report> {
    if !app.config.records {
        return Ok(None);
    }
    let plan = if app.config.sim.is_some() { None } else { plan() };
    let (command, name) = (command.to_owned(), name.to_owned());
    // Where its calls go is known when the connection is opened.
    let run = NewRun { command, name, url: String::new(), plan, began: app.clock.now_ms() };
    Ok(Some(Recording::in_file(file(app)?.to_owned(), run)))
}

/// Whether there is a journal that cannot be used, so that the first write was refused.
pub(super) fn is_refused(calls: &Calls) -> bool {
    calls.recorder().is_some_and(Recorder::is_refused)
}

/// Says which writes are in doubt, if any.
pub(super) fn tell_doubts(app: &App, calls: &Calls) {
    let in_doubt = calls.in_doubt();
    if in_doubt > 0 {
        app.report_always(&doubt(app, in_doubt, resumable_run(calls)));
    }
}

/// The run that can be resumed, once it has written anything.
pub(super) fn resumable_run(calls: &Calls) -> Option<i64> {
    calls.recorder().filter(|recorder| recorder.is_resumable()).and_then(Recorder::run_id)
}

/// Records the end of a command, and says how it can go on.
pub(super) fn end(app: &App, calls: &Calls, exit: Exit) {
    let recorder = calls.recorder();
    if let Some(Err(error)) = recorder.map(|recorder| recorder.end(exit.0)) {
        app.report(
            &Report::error(format!("the end of the run cannot be recorded: {error}")).help(error.help()),
        );
    }
    if let (Some(run), true) = (resumable_run(calls), exit != Exit::DONE) {
        app.printer.info(&format!("`ixscript resume {run}` goes on with this run and makes nothing twice"));
    }
}

/// At most this many writes in doubt are named.
const MOST_NAMED: usize = 5;

/// What is in doubt at the end, and what to do about it.
fn doubt(app: &App, in_doubt: usize, run: Option<i64>) -> Report {
    let message = match in_doubt {
        1 => "a write is in doubt: it may have been done".to_owned(),
        many => format!("{many} writes are in doubt: they may have been done"),
    };
    let report = Report { severity: Severity::Warning, ..Report::error(message) };
    let Some(run) = run else { return report.help("Look in ixBrowser before you run this again.") };
    // Only to name them: what cannot be read is shown by `runs`.
    let calls = open(app).ok().flatten().and_then(|journal| journal.calls(run).ok()).unwrap_or_default();
    let doubtful = calls.iter().filter(|call| matches!(call.outcome, None | Some(Outcome::Unknown)));
    let named =
        doubtful.take(MOST_NAMED).map(|call| format!("call {}: {} {}", call.id, call.function, call.shown));
    let report = named.fold(report, Report::note);
    report.help(format!(
        "Resuming looks what became of it. If you know: `ixscript runs settle {run} CALL --done ID`, or --not-done."
    ))
}
