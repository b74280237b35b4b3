//! `ixscript run`: a recipe from a file or standard input. Also what `eval` shares with it.
//!
//! Not here: the meaning of a script's end in numbers; that is `exit`.

use super::Result;
use crate::base::report::{Report, Severity, Source};
use crate::base::text;
use crate::calls::Planned;
use crate::cli::app::{App, ScriptConsole};
use crate::cli::connection;
use crate::cli::exit::{self, Exit, Facts};
use crate::cli::params;
use crate::cli::recipes;
use crate::script::header::{self, Header};
use crate::script::input::{Table, TableFormat};
use crate::script::output::Output;
use crate::script::{Ending, Host, Input, Session, on_big_stack};
use crate::ui::Format;
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

/// Runs the recipe that is the first word; the other words are its own.
pub(in crate::cli) fn run(app: &App, words: &[OsString]) -> Result {
    let (recipe, rest) = words.split_first().ok_or_else(|| Report::error("which recipe?"))?;
    let rest = rest
        .iter()
        .map(|word| word.to_str().map(str::to_owned).ok_or_else(|| not_unicode(word)))
        .collect::<std::result::Result<Vec<String>, Report>>()?;
    let (source, folder) = recipes::load(app, Path::new(recipe))?;
    let typed = recipe.to_string_lossy();
    let header = header::parse(&source.text).map_err(|error| error.report(&source))?;
    if rest.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h") {
        app.printer.out_raw(&header::help(&header, &typed));
        return Ok(Exit::DONE);
    }
    let given = params::read(app, &header, &rest, &typed)?;
    let table = read_table(app, &header.columns)?;
    let input = Input {
        params: given.params,
        args: given.words,
        table,
        output: make_output(app)?,
        jobs: app.config.jobs,
    };
    execute(app, &source, folder.as_deref(), &header, input, app.config.format_is_asked_for)
}

fn not_unicode(word: &OsString) -> Report {
    Report::error(format!("`{}` is not Unicode text", text::one_line(&word.to_string_lossy())))
}

/// Runs a script and tells how it ended.
pub(super) fn execute(
    app: &App,
    source: &Arc<Source>,
    folder: Option<&Path>,
    header: &Header,
    input: Input,
    prints_value: bool,
) -> Result {
    let connection = connection::open(app, header.needs.clone())?;
    for secret in header::secrets(header, &input.params) {
        connection.calls.secrets().add(&secret);
    }
    let console = Arc::new(ScriptConsole { printer: Arc::clone(&app.printer), cancel: app.cancel.clone() });
    let limits = app.config.limits;
    let calls = Arc::clone(&connection.calls);
    let host = Host::new(calls, console, app.cancel.clone(), app.clock, limits, input);
    // Made here and not on the script's thread, whose memory the system hands out in small pieces.
    let mut session = Session::new(Arc::clone(&host), folder);
    // It ends there too: to take deeply nested values apart needs as much stack as to make them.
    let ending = on_big_stack(move || {
        let ending = session.run(source);
        session.leave();
        ending
    });
    app.printer.flush();
    Ok(conclude(app, &host, ending, prints_value))
}

/// What a script gets that has no words of its own.
pub(super) fn only_table(app: &App) -> std::result::Result<Input, Report> {
    let table = read_table(app, &[])?;
    let output = make_output(app)?;
    Ok(Input { params: Map::new(), args: Vec::new(), table, output, jobs: app.config.jobs })
}

/// Makes the table of `--output`.
fn make_output(app: &App) -> std::result::Result<Option<Output>, Report> {
    let Some(path) = &app.config.output else { return Ok(None) };
    let format = table_format("--output", path)?;
    Output::create(&app.folder.join(path), format).map(Some).map_err(|error| {
        let shown = text::one_line(&path.display().to_string()).into_owned();
        Report::error(format!("--output: {shown} cannot be made: {}", text::reason(&error)))
            .help("Name a file that is not there yet, in a folder that is.")
    })
}

fn table_format(option: &str, path: &Path) -> std::result::Result<TableFormat, Report> {
    TableFormat::of(path).ok_or_else(|| {
        let shown = text::one_line(&path.display().to_string()).into_owned();
        Report::error(format!("{option}: {shown} is no kind of table"))
            .help("Its name must end in .csv, .json or .jsonl.")
    })
}

/// Reads the table of `--input`, in which these columns must be.
fn read_table(app: &App, columns: &[String]) -> std::result::Result<Option<Table>, Report> {
    let Some(path) = &app.config.input else {
        return match columns {
            [] => Ok(None),
            columns => Err(Report::error("this recipe needs a table").help(format!(
                "Give one with the columns {} before the recipe: --input FILE.",
                text::list_or(columns).replace(" or ", " and ")
            ))),
        };
    };
    let shown = text::one_line(&path.display().to_string()).into_owned();
    let format = table_format("--input", path)?;
    let bytes = std::fs::read(app.folder.join(path)).map_err(|error| {
        Report::error(format!("--input: {shown} cannot be read: {}", text::reason(&error)))
    })?;
    let table = Table::read(bytes, format, columns);
    table
        .map(Some)
        .map_err(|error| Report::error(format!("--input: {shown}: {error}")).note("nothing was done"))
}

/// Says what there is to say about an end, and what exit code it has.
fn conclude(app: &App, host: &Host, ending: Option<Ending>, prints_value: bool) -> Exit {
    let in_doubt = host.calls().in_doubt();
    let mut facts = Facts {
        in_doubt: in_doubt > 0,
        failed: host.failures() > 0,
        items_failed: host.failed_items() > 0,
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
            if prints_value && !(host.calls().is_dry() && app.config.format != Format::Text) {
                app.print_value(&value);
            }
        }
        Some(Ending::Exited(code)) => facts.exit = u8::try_from(code).ok(),
        Some(Ending::Refused(reports)) => {
            reports.iter().for_each(|report| app.report(report));
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
        }
        Some(Ending::Interrupted(report)) => {
            // A reader that has gone away, as in `| head`, wants no explanation.
            if !app.printer.is_closed() {
                app.report(&report);
            }
            facts.interrupted = true;
        }
    }
    // A script that was refused has returned above, and leaves no table.
    if let Err(error) = host.finish_output() {
        app.report(&Report::error(error.to_string()));
        facts.failed = true;
    }
    if host.calls().is_dry() {
        show_plan(app, &host.calls().planned());
    }
    if in_doubt > 0 {
        let message = match in_doubt {
            1 => "a write is in doubt: it may have been done".to_owned(),
            many => format!("{many} writes are in doubt: they may have been done"),
        };
        app.report(&Report {
            severity: Severity::Warning,
            ..Report::error(message).help("Look in ixBrowser before you run this again.")
        });
    }
    exit::decide(facts)
}

/// What a real run would have sent: for people on stderr, in a format for programs on stdout.
pub(super) fn show_plan(app: &App, planned: &[Planned]) {
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
