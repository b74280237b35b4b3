//! `ixscript run`: a recipe from a file or standard input. Also what `eval` shares with it.
//!
//! Not here: the meaning of a script's end in numbers; that is `exit`.

use super::Result;
use crate::base::report::{Report, Severity, Source};
use crate::base::text;
use crate::cli::app::{App, ScriptConsole};
use crate::cli::config;
use crate::cli::connection;
use crate::cli::exit::{self, Exit, Facts};
use crate::script::header::{self, Header};
use crate::script::{Ending, Host, Input, Session, on_big_stack, source};
use serde_json::Map;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the recipe that is the first word; the other words are its own.
pub(in crate::cli) fn run(app: &App, words: &[OsString]) -> Result {
    let (recipe, rest) = words.split_first().ok_or_else(|| Report::error("which recipe?"))?;
    let rest = rest
        .iter()
        .map(|word| word.to_str().map(str::to_owned).ok_or_else(|| not_unicode(word)))
        .collect::<std::result::Result<Vec<String>, Report>>()?;
    let (source, folder) = load(app, Path::new(recipe))?;
    let header = header::parse(&source.text).map_err(|error| error.report(&source))?;
    if rest.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h") {
        app.printer.out_raw(&header::help(&header, &source.name));
        return Ok(Exit::DONE);
    }
    let input = read_params(&header, &rest, &source)?;
    execute(app, &source, folder.as_deref(), &header, input, app.config.format_is_asked_for)
}

fn not_unicode(word: &OsString) -> Report {
    Report::error(format!("`{}` is not Unicode text", text::one_line(&word.to_string_lossy())))
}

fn read_params(header: &Header, words: &[String], source: &Source) -> std::result::Result<Input, Report> {
    let (params, args) = header::read_params(header, words).map_err(|error| {
        Report::error(error.to_string())
            .help(format!("`ixscript run {} --help` shows the parameters.", text::one_line(&source.name)))
    })?;
    Ok(Input { params, args })
}

/// Reads a recipe; `-` is standard input. The folder is what its imports are confined to.
pub(super) fn load(app: &App, path: &Path) -> std::result::Result<(Arc<Source>, Option<PathBuf>), Report> {
    if path == Path::new("-") {
        let bytes = app.read_stdin()?;
        let text = source::clean(bytes).map_err(|error| Report::error(format!("standard input: {error}")))?;
        return Ok((Arc::new(Source { name: "<stdin>".into(), text }), None));
    }
    let name = path.display().to_string();
    let shown = text::one_line(&name).into_owned();
    let full = app.folder.join(path);
    let bytes = std::fs::read(&full).map_err(|error| {
        let report = Report::error(format!("{shown} cannot be read: {}", config::reason(&error)));
        match nearest_recipe(&full) {
            Some(near) if error.kind() == std::io::ErrorKind::NotFound => {
                report.help(format!("Did you mean {}?", path.with_file_name(near).display()))
            }
            _ => report,
        }
    })?;
    let text = source::clean(bytes).map_err(|error| Report::error(format!("{shown}: {error}")))?;
    let folder = full.parent().map(Path::to_path_buf);
    Ok((Arc::new(Source { name, text }), folder))
}

/// The file beside `path` whose name is nearest.
fn nearest_recipe(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let entries = std::fs::read_dir(path.parent()?).ok()?;
    let names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".rhai"))
        .collect();
    let with_ending = format!("{wanted}.rhai");
    let found = names.iter().find(|name| **name == with_ending).map(String::as_str);
    found.or_else(|| text::nearest(wanted, names.iter().map(String::as_str))).map(str::to_owned)
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
    let connection = connection::open(app)?;
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
    let ending = on_big_stack(move || session.run(source));
    app.printer.flush();
    Ok(conclude(app, &host, ending, prints_value))
}

/// A script that is given nothing.
pub(super) fn no_input() -> Input {
    Input { params: Map::new(), args: Vec::new() }
}

/// Says what there is to say about an end, and what exit code it has.
fn conclude(app: &App, host: &Host, ending: Option<Ending>, prints_value: bool) -> Exit {
    let in_doubt = host.calls().in_doubt();
    let mut facts = Facts { in_doubt: in_doubt > 0, failed: host.failures() > 0, ..Facts::default() };
    match ending {
        None => {
            app.report(
                &Report::error("ixscript failed inside")
                    .help("This is a bug in ixscript; please report it with the recipe."),
            );
            facts.failed = true;
        }
        Some(Ending::Finished(value)) => {
            if prints_value {
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
