//! `ixscript call`: one endpoint from the command line, its parameters as `key=value`, nothing to quote.
//!
//! Not here: the meaning of values; the endpoint's row decides it.

use super::{Result, run};
use crate::api::{self, Endpoint, Kind, Param};
use crate::base::cancel::Why;
use crate::base::report::Report;
use crate::base::text;
use crate::calls::{self, EVEN_IF_IN_DOUBT, Failure};
use crate::cli::app::App;
use crate::cli::connection;
use crate::cli::exit::{self, Exit, Facts};
use crate::cli::limits::{self, TimeLimit};
use crate::cli::recording;
use crate::script::BUILTINS;
use crate::ui::Format;
use serde_json::{Map, Value};

/// Calls `function` with these pairs and prints what it returns.
pub(in crate::cli) fn run(app: &App, function: &str, pairs: &[String]) -> Result {
    let endpoint = api::by_function(function).ok_or_else(|| unknown(function))?;
    let arguments = arguments(endpoint, pairs)?;
    let recording = recording::begin(app, "call", function, || None)?;
    let connection = connection::open(app, None, recording)?;
    let _time_limit = TimeLimit::start(app.config.time_limit, &app.cancel)?;
    let exit = call(app, endpoint, arguments, &connection.calls);
    let exit = if recording::is_refused(&connection.calls) { Exit::USAGE } else { exit };
    recording::end(app, &connection.calls, exit);
    Ok(exit)
}

fn call(app: &App, endpoint: &'static Endpoint, arguments: Map<String, Value>, calls: &calls::Calls) -> Exit {
    match calls.call(endpoint, arguments) {
        Ok(_) if calls.is_dry() && app.config.format != Format::Text => {
            run::show_plan(app, &calls.planned());
            Exit::DONE
        }
        Ok(value) => {
            app.print_value(&value);
            if calls.is_dry() {
                run::show_plan(app, &calls.planned());
            }
            // The call was still finished, and its result is not lost.
            if app.cancel.why() == Some(Why::Asked) { Exit::INTERRUPTED } else { Exit::DONE }
        }
        Err(failure) => {
            let report = report(&failure, calls);
            let is_interrupted = failure.kind() == calls::Kind::Interrupted;
            app.report(&if is_interrupted { limits::in_words(app, report) } else { report });
            exit_of(&failure, app.cancel.why())
        }
    }
}

fn unknown(function: &str) -> Report {
    let shown = text::one_line(&text::cut(function, 60)).into_owned();
    if BUILTINS.iter().any(|builtin| builtin.name == function) {
        return Report::error(format!("`{shown}` is a function of scripts, not of the API"))
            .help(format!("Call it from a script: ixscript eval '{shown}(...)'"));
    }
    let names = api::endpoints().map(|endpoint| endpoint.function);
    Report::error(format!("there is no function `{shown}`{}", text::did_you_mean(function, names)))
        .help("`ixscript functions` lists them.")
}

pub(super) fn exit_of(failure: &Failure, why: Option<Why>) -> Exit {
    if failure.kind() == calls::Kind::InvalidArgument {
        return Exit::USAGE;
    }
    let is_interrupted = failure.kind() == calls::Kind::Interrupted;
    let time_is_over = is_interrupted && why == Some(Why::TimeIsOver);
    exit::decide(Facts {
        interrupted: is_interrupted && !time_is_over,
        in_doubt: failure.leaves_doubt(),
        stopped: time_is_over || failure.stops_the_run() && failure.kind() != calls::Kind::Unreachable,
        unreachable: failure.kind() == calls::Kind::Unreachable,
        failed: true,
        ..Facts::default()
    })
}

/// The same report a script's failure gets, without a place in a script.
pub(super) fn report(failure: &Failure, calls: &calls::Calls) -> Report {
    let mask = |text: &str| calls.secrets().mask(text).into_owned();
    let mut report = Report::error(mask(&failure.to_string()));
    report.notes.extend(failure.notes());
    report.help = failure.hint();
    report.data = failure.data();
    report
}

/// `a=1 b.c=2` as `{"a": "1", "b": {"c": "2"}}`.
fn arguments(
    endpoint: &'static Endpoint,
    pairs: &[String],
) -> std::result::Result<Map<String, Value>, Report> {
    let mut arguments = Map::new();
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=') else {
            let shown = text::one_line(&text::cut(pair, 60)).into_owned();
            let first =
                endpoint.positional.first().or_else(|| endpoint.params.first().map(|param| &param.name));
            let key = first.copied().unwrap_or("key");
            if endpoint.param(pair).is_some() {
                return Err(Report::error(format!("`{shown}` has no value"))
                    .help(format!("Write its value after it: {shown}=VALUE.")));
            }
            return Err(Report::error(format!("`{shown}` is no KEY=VALUE")).help(format!(
                "Write it like {key}={shown}; `ixscript functions {}` shows the keys.",
                endpoint.function
            )));
        };
        insert(&mut arguments, endpoint.params, key, key, value)?;
    }
    Ok(arguments)
}

fn insert(
    into: &mut Map<String, Value>,
    params: &'static [Param],
    key: &str,
    whole_key: &str,
    value: &str,
) -> std::result::Result<(), Report> {
    let (name, rest) = key.split_once('.').map_or((key, None), |(name, rest)| (name, Some(rest)));
    let param = params.iter().find(|param| param.name == name);
    let twice = || Report::error(format!("`{}` is given twice", text::one_line(&text::cut(whole_key, 60))));
    if let Some(rest) = rest {
        let members = param.map_or(&[][..], Param::members);
        return match into.entry(name).or_insert_with(|| Map::new().into()) {
            Value::Object(inner) => insert(inner, members, rest, whole_key, value),
            _ => Err(twice()),
        };
    }
    let value = read(name, param, value)?;
    match into.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(twice()),
    }
}

/// Values are text, from which the row makes what it needs; an object may be written as JSON.
fn read(name: &str, param: Option<&Param>, value: &str) -> std::result::Result<Value, Report> {
    let is_object = param.is_some_and(|param| matches!(param.kind, Kind::Object(_)));
    if is_object {
        return serde_json::from_str::<Map<String, Value>>(value).map(Value::Object).map_err(|error| {
            Report::error(format!(
                "`{name}` is not a JSON object (line {}, column {})",
                error.line(),
                error.column()
            ))
            .help(format!("Give its fields one by one, as in {name}.KEY=VALUE."))
        });
    }
    // The one option that is no parameter of the API.
    if name == EVEN_IF_IN_DOUBT && param.is_none() && (value == "true" || value == "false") {
        return Ok((value == "true").into());
    }
    Ok(value.into())
}
