//! `ixscript run`: a recipe from a file or standard input. Also what `eval` shares with it.
//!
//! Not here: the meaning of a script's end in numbers; that is `exit`.

use super::{Result, call, equal_runs, rehearsal};
use crate::base::cancel::Why;
use crate::base::report::{Report, Severity, Source};
use crate::base::text;
use crate::calls::{Calls, Planned, Recorder, Recording, Settled};
use crate::cli::app::{App, ScriptConsole};
use crate::cli::closing;
use crate::cli::connection::{self, Connection, Rights};
use crate::cli::exit::{self, Exit, Facts};
use crate::cli::limits::{self, TimeLimit};
use crate::cli::params;
use crate::cli::recipes::{self, Loaded};
use crate::cli::recording::{self, Job};

use crate::cli::trust;
use crate::journal::NewRun;
use crate::script::bundle::Bundle;
use crate::script::header::{self, Header};
use crate::script::input::{Table, TableError, TableFormat};
use crate::script::output::{self, Finished, Output};
use crate::script::unread::Unread;
use crate::script::{Ending, Host, Imports, Input, Session, on_script_stack, testing};
use crate::ui::Format;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Runs the recipe that is the first word; the other words are its own.
pub(in crate::cli) fn run(app: &App, words: &[OsString], begins_anew: bool) -> Result {
    let (recipe, rest) = words.split_first().ok_or_else(|| Report::error("which recipe?"))?;
    let rest = rest
        .iter()
        .map(|word| word.to_str().map(str::to_owned).ok_or_else(|| not_unicode(word)))
        .collect::<std::result::Result<Vec<String>, Report>>()?;
    let loaded = recipes::load(app, Path::new(recipe))?;
    run_loaded(app, recipe, loaded, &rest, begins_anew)
}

/// Runs standard input, as the REPL does where nobody types. One that `is_live` may write.
pub(super) fn piped(app: &App, is_live: bool) -> Result {
    let stdin = OsString::from("-");
    let loaded = recipes::load(app, Path::new(&stdin))?;
    run_loaded(app, &stdin, Loaded { is_own: is_live, ..loaded }, &[], false)
}

fn run_loaded(app: &App, recipe: &OsString, loaded: Loaded, rest: &[String], begins_anew: bool) -> Result {
    let typed = recipe.to_string_lossy();
    if testing::is_test(&loaded.source.name) {
        let shown = text::one_line(&typed).into_owned();
        return Err(
            Report::error(format!("{shown} is a test")).help(format!("Run it with `ixscript test {shown}`."))
        );
    }
    let header = header::parse(&loaded.source.text).map_err(|error| error.report(&loaded.source))?;
    if rest.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h") {
        let shown = loaded.bundle(app, &header).shown();
        app.printer.out_raw(&header::help(&header, &typed, shown.as_ref(), app.printer.out_style().width));
        return Ok(Exit::DONE);
    }
    let Some(bundle) = loaded.checked(app, &header) else { return Ok(Exit::USAGE) };
    let given = params::read(app, &header, rest, &typed, bundle.reads_words)?;
    params::warn(app, &given);
    let rights = trust::rights(app, &loaded, &header, &bundle)?;
    let job = Job::typed(app, recipe.clone(), given);
    let recording = recording::begin(app, "run", &typed, || job.plan(app, &bundle.hash))?;
    if let Some(Recording::New { run: NewRun { plan: Some(plan), .. }, .. }) = &recording {
        equal_runs::check(app, plan, begins_anew)?;
    }
    start(app, job, &Ready { source: loaded.source, header, bundle, rights }, recording)
}

/// A recipe that was looked through, and may be run.
pub(super) struct Ready {
    pub(super) source: Arc<Source>,
    pub(super) header: Header,
    pub(super) bundle: Bundle,
    pub(super) rights: Rights,
}

/// Runs a job from the top.
pub(super) fn start(app: &App, job: Job, recipe: &Ready, recording: Option<Recording>) -> Result {
    let Ready { source, header, bundle, rights } = recipe;
    let table = read_table(app, job.input.as_deref(), header)?;
    if let Some(table) = &table {
        check_columns(app, table, header, bundle)?;
    }
    let own_tables = match &recording {
        Some(Recording::Resumed { resumed, .. }) => Some(resumed.tables.clone()),
        _ => None,
    };
    let secrets = header::secrets(header, &job.params);
    let output = make_output(app, job.output.as_deref(), own_tables.as_deref())?;
    let output = output.map(|output| output.of(&header.output, &secrets));
    let (params, args, key, jobs) = (job.params, job.words, header.key.clone(), app.config.jobs);
    let connection = connection::open(app, rights.clone(), recording)?;
    let calls = Arc::clone(&connection.calls);
    let output = output.map(|output| output.telling(Box::new(move |born| calls.note_table(born))));
    let input = Input { params, args, secrets, table, key, output, jobs };
    let prints = if app.config.format_is_asked_for { Prints::Something } else { Prints::Never };
    execute(app, &connection, source, bundle.into(), input, prints)
}

fn not_unicode(word: &OsString) -> Report {
    Report::error(format!("`{}` is not Unicode text", text::one_line(&word.to_string_lossy())))
}

/// When the value of a script is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Prints {
    /// It is what the command is for.
    Always,
    /// Unless it is nothing, as that of most recipes is.
    Something,
    /// Not at all.
    Never,
}

impl Prints {
    fn prints(self, value: &Value) -> bool {
        self == Self::Always || (self == Self::Something && !value.is_null())
    }
}

/// Runs a script and tells how it ended.
pub(in crate::cli) fn execute(
    app: &App,
    connection: &Connection,
    source: &Arc<Source>,
    imports: Imports,
    input: Input,
    prints: Prints,
) -> Result {
    let is_resumed = connection.calls.recorder().is_some_and(Recorder::is_resumed);
    let stopped = is_resumed
        .then(|| rehearsal::rehearse(app, &connection.calls, source, imports, input.without_output()))
        .flatten();
    if let Some(exit) = stopped.or_else(|| settle(app, &connection.calls)) {
        recording::tell_doubts(app, &connection.calls);
        let exit = if connection.calls.in_doubt() > 0 { Exit::IN_DOUBT } else { exit };
        recording::end(app, &connection.calls, exit);
        return Ok(exit);
    }
    let console = Arc::new(ScriptConsole::of(app));
    let _time_limit = TimeLimit::start(app.config.time_limit, &app.cancel)?;
    let limits = app.config.limits;
    let calls = Arc::clone(&connection.calls);
    let host = Host::new(calls, console, app.cancel.clone(), app.clock, limits, input);
    // Made here and not on the script's thread, whose memory the system hands out in small pieces.
    let mut session = Session::new(Arc::clone(&host), imports);
    if !app.is_trial() {
        app.progress.show();
    }
    // It ends there too: to take deeply nested values apart needs as much stack as to make them.
    let ending = on_script_stack(limits, move || {
        let ending = session.run(source);
        session.leave();
        ending
    });
    app.progress.end();
    app.printer.flush();
    settle_at_the_end(app, &host.calls());
    let lost = host.calls().caught_and_lost();
    if !lost.is_empty() {
        let message = "writes that were in doubt were not done, and the script went on without them";
        let report = Report { severity: Severity::Warning, ..Report::error(message) };
        let report = lost.iter().take(MAX_NAMED).cloned().fold(report, Report::note);
        app.report(&report.help("A new run starts over."));
    }
    let exit = conclude(app, &host, ending, prints);
    recording::tell_doubts(app, &host.calls());
    recording::end(app, &host.calls(), exit);
    Ok(exit)
}

/// Looks what came of the writes in doubt of an earlier session, before anything is sent. An exit code when that fails.
fn settle(app: &App, calls: &Calls) -> Option<Exit> {
    loop {
        let settled = match calls.settle_doubts() {
            Ok(settled) => settled,
            Err(failure) => {
                app.report(&call::report(&failure, calls));
                return Some(call::exit_of(&failure, app.cancel.why()));
            }
        };
        tell_settled(app, &settled);
        let at = settled.decidable_at?;
        let wait = Duration::from_millis(u64::try_from(at - app.clock.now_ms()).unwrap_or(0));
        let count = text::count(settled.waiting, "write");
        if !app.config.waits_for_doubts {
            app.printer.info(&format!(
                "{count} in doubt can be decided in {}; `ixscript resume --wait` waits for it",
                text::duration(wait)
            ));
            return None;
        }
        app.printer.info(&format!("waiting {} to decide about {count} in doubt", text::duration(wait)));
        if app.cancel.sleep(wait).is_err() {
            app.report(&Report::error("interrupted"));
            return Some(Exit::INTERRUPTED);
        }
    }
}

/// Looks again at the end of a session, when more can be decided than at its beginning.
fn settle_at_the_end(app: &App, calls: &Calls) {
    if !calls.recorder().is_some_and(Recorder::wants_look) || app.cancel.is_cancelled() {
        return;
    }
    match calls.settle_doubts() {
        Ok(settled) => tell_settled(app, &settled),
        Err(failure) => {
            app.report(&Report { severity: Severity::Warning, ..call::report(&failure, calls) });
        }
    }
}

fn tell_settled(app: &App, settled: &Settled) {
    let Settled { done, not_done, late_arrivals, .. } = settled;
    if done + not_done > 0 {
        let count = text::count(done + not_done, "write");
        let parts = [(*done, "done"), (*not_done, "not done")].into_iter().filter(|(count, _)| *count > 0);
        let parts = parts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ");
        app.printer.info(&format!("{count} in doubt settled: {parts}"));
    }
    if !late_arrivals.is_empty() {
        let message =
            "something may exist twice: a write that was taken to be lost arrived after it was sent again";
        let report = Report { severity: Severity::Warning, ..Report::error(message) };
        let report = late_arrivals.iter().take(MAX_NAMED).cloned().fold(report, Report::note);
        app.report_always(&report.help("Look in ixBrowser, and delete the one that is too many."));
    }
}

/// At most this many writes are named.
const MAX_NAMED: usize = 10;

/// What a script gets that has no words of its own.
pub(super) fn only_table(app: &App) -> std::result::Result<Input, Report> {
    let table = read_table(app, app.config.input.as_deref(), &Header::default())?;
    let output = make_output(app, app.config.output.as_deref(), None)?;
    let params = params::read_file(app)?.values();
    let (args, secrets) = (Vec::new(), Vec::new());
    Ok(Input { params, args, secrets, table, key: None, output, jobs: app.config.jobs })
}

/// Makes the table of `--output`. A run that goes on makes it anew, with everything the run has done, in place of the one that
/// it made before: `own` tells when those were born.
fn make_output(
    app: &App,
    path: Option<&Path>,
    own: Option<&[i64]>,
) -> std::result::Result<Option<Output>, Report> {
    let Some(path) = path else { return Ok(None) };
    let format = table_format("--output", path)?;
    let whole = app.folder.join(path);
    if let (Some(own), Ok(there)) = (own, whole.metadata())
        && !own.contains(&output::birth(&there))
    {
        let shown = text::one_line(&text::path(path)).into_owned();
        return Err(Report::error(format!("--output: {shown} was not written by this run"))
            .note("nothing was done")
            .help("Move it away and resume: the table is made anew, with everything the run has done."));
    }
    let output = if own.is_some() { Output::replace(&whole, format) } else { Output::create(&whole, format) };
    output.map(Some).map_err(|error| {
        let shown = text::one_line(&text::path(path)).into_owned();
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
            _ => text::reason(&error),
        };
        Report::error(format!("--output: {shown} cannot be made: {reason}"))
            .help("Name a file that is not there yet, in a folder that is.")
    })
}

fn table_format(option: &str, path: &Path) -> std::result::Result<TableFormat, Report> {
    TableFormat::of(path).ok_or_else(|| {
        let shown = text::one_line(&text::path(path)).into_owned();
        Report::error(format!("{option}: {shown} is no kind of table"))
            .help("Its name must end in .csv, .json or .jsonl.")
    })
}

/// Reads the table of `--input`, in which the columns of the header must be.
pub(in crate::cli) fn read_table(
    app: &App,
    path: Option<&Path>,
    header: &Header,
) -> std::result::Result<Option<Table>, Report> {
    let Some(path) = path else {
        return match header.input_columns() {
            None => Ok(None),
            _ if header.table_is_optional => Ok(Some(Table::default())),
            Some(columns) => Err(Report::error("this recipe needs a table")
                .help(format!("Give one before the recipe, --input FILE. Its columns: {columns}."))),
        };
    };
    let shown = text::one_line(&text::path(path)).into_owned();
    let format = table_format("--input", path)?;
    let problem = |error| match error {
        TableError::Io(reason) => Report::error(format!("--input: {shown} cannot be read: {reason}")),
        error => Report::error(format!("--input: {shown}: {error}")).note("nothing was done"),
    };
    let table = Table::open(&app.folder.join(path), format, &header.columns).map_err(problem)?;
    let Some(key) = &header.key else { return Ok(Some(table)) };
    let mut seen = HashMap::new();
    for (row, number) in table.rows().zip(1..) {
        let value = row.map_err(problem)?.get(key).map(ToString::to_string).unwrap_or_default();
        if let Some(first) = seen.insert(value.clone(), number) {
            let value = text::one_line(&text::cut(&value, 60)).into_owned();
            let message =
                format!("--input: {shown}: rows {first} and {number} have the same `{key}`, {value}");
            return Err(Report::error(message)
                .note("nothing was done")
                .help("It is the key that tells the rows apart when the run is resumed."));
        }
    }
    Ok(Some(table))
}

/// Looks for columns that the recipe does not read: a proxy that is lost lets a profile go online without it.
///
/// # Errors
/// Returns an error for columns that were most likely meant to be read.
pub(in crate::cli) fn check_columns(
    app: &App,
    table: &Table,
    header: &Header,
    bundle: &Bundle,
) -> std::result::Result<(), Report> {
    let Unread { wrong, others } = Unread::of(header, bundle, table);
    let is_wrong = !wrong.is_empty();
    let columns: Vec<String> = if is_wrong { wrong } else { others };
    if columns.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> =
        columns.iter().map(|column| text::one_line(&text::cut(column, 60)).into_owned()).collect();
    let noun = if columns.len() == 1 { "column" } else { "columns" };
    let read = header.input_columns().unwrap_or_default();
    let report =
        Report::error(format!("--input: this recipe does not read the {noun} {}", text::list_and(&shown)));
    let report = report.note(format!("it reads {read}"));
    if is_wrong {
        let help = format!(
            "Rename or remove the {noun}; what the recipe does read belongs to `optional` in its header."
        );
        return Err(report.note("nothing was done").help(help));
    }
    app.report(&Report { severity: Severity::Warning, ..report });
    Ok(())
}

/// Says what there is to say about an end, and what exit code it has.
fn conclude(app: &App, host: &Host, ending: Option<Ending>, prints: Prints) -> Exit {
    let in_doubt = host.calls().in_doubt();
    let mut facts = Facts {
        in_doubt: in_doubt > 0,
        failed: host.failures() > 0,
        items_failed: host.failed_items() > 0 || !host.calls().caught_and_lost().is_empty(),
        ..Facts::default()
    };
    match ending {
        None => {
            app.report(
                &Report::error("ixscript failed inside")
                    .help("This is a bug in ixscript; please report it with the recipe."),
            );
            facts.failed = true;
        }
        Some(Ending::Finished(value)) => {
            // A plan in a format for programs takes the place of the value.
            if prints.prints(&value) && !(host.calls().is_dry() && app.config.format != Format::Text) {
                app.print_value(&host.shown(value));
            }
            // The last call was still finished; its result is not lost.
            if app.cancel.why() == Some(Why::Asked) {
                app.report(&Report::error("interrupted"));
                facts.interrupted = true;
            }
        }
        Some(Ending::Exited(code)) => facts.exit = u8::try_from(code).ok(),
        Some(Ending::Refused(reports)) => {
            reports.iter().for_each(|report| app.report(report));
            facts.failed = true;
            finish_output(app, host, &mut facts);
            return Exit::USAGE;
        }
        Some(Ending::Failed { report, is_unreachable }) => {
            app.report(&report);
            facts.unreachable = is_unreachable;
            facts.failed = true;
        }
        Some(Ending::Stopped(report)) => {
            app.report(&report);
            facts.stopped = true;
            if recording::is_refused(&host.calls()) {
                finish_output(app, host, &mut facts);
                return Exit::USAGE;
            }
        }
        Some(Ending::Interrupted(report)) => {
            // A reader that has gone away, as in `| head`, wants no explanation.
            if !app.printer.is_closed() {
                app.report(&limits::in_words(app, report));
            }
            let time_is_over = app.cancel.why() == Some(Why::TimeIsOver);
            (facts.stopped, facts.interrupted) = (time_is_over, !time_is_over);
        }
    }
    finish_output(app, host, &mut facts);
    if host.calls().is_dry() {
        show_plan(app, &host.calls().planned());
    }
    closing::tell(app, facts, &host.calls());
    exit::decide(facts)
}

/// Ends the table of `--output`, and says where it is not what was to be expected.
fn finish_output(app: &App, host: &Host, facts: &mut Facts) {
    let has_failed =
        facts.failed || facts.stopped || facts.interrupted || facts.exit.is_some_and(|code| code != 0);
    match host.finish_output(has_failed) {
        Ok(Finished::Written) => {}
        Ok(Finished::KeptEarlier { earlier, written }) => app.printer.info(&format!(
            "--output: the table of before stays, with {}: this session came to {}",
            text::count(earlier, "row"),
            text::count(written, "row")
        )),
        Err(error) => {
            app.report(&Report::error(error.to_string()));
            facts.failed = true;
        }
    }
    if host.calls().is_dry() && app.config.output.is_some() {
        app.printer.info("--output: a dry run writes no table");
    }
}

/// What a real run would have sent: for people on stderr, in a format for programs on stdout.
pub(in crate::cli) fn show_plan(app: &App, planned: &[Planned]) {
    if app.config.format != Format::Text {
        let rows = planned.iter().map(|write| {
            let Planned { function, action, arguments, result } = write;
            json!({ "function": function, "action": action, "arguments": arguments, "result": result })
        });
        app.print_value(&Value::Array(rows.collect()));
        return;
    }
    app.printer.info(&format!("{} planned, none was sent", text::count(planned.len(), "write")));
    for Planned { function, action, arguments, result } in planned {
        let function = if function == "call_api" { action } else { function };
        app.printer.info(&format!("  {function} {} -> {result}", Value::Object(arguments.clone())));
    }
}
