//! A recipe's help page.
//!
//! Not here: the program's own help.

use super::{Header, Param, ParamKind, plain};
use crate::api::{self, Effect, Endpoint};
use crate::base::text;
use crate::script::bundle;

/// What the recipe's code shows, where it can be read.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Whether it may read words that are no parameters.
    pub reads_words: bool,
    /// What it calls.
    pub calls: Vec<&'static Endpoint>,
    /// Whether it may call more than that.
    pub calls_anything: bool,
}

/// The page for `run FILE --help`, in lines of at most `width` characters. It ends in a line feed.
pub fn help(header: &Header, file: &str, shown: Option<&Shown>, width: usize) -> String {
    let title = [header.name.as_deref(), header.version.as_deref()];
    let title = title.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut about: Vec<String> = Vec::new();
    if !title.is_empty() {
        about.push(text::printable(&title).into_owned());
    }
    for line in header.about.as_deref().unwrap_or_default().lines() {
        about.extend(text::wrap(&text::printable(line), width));
    }
    let mut parts = Vec::new();
    if !about.is_empty() {
        parts.push(about.join("\n"));
    }
    let reads_words = shown.is_some_and(|shown| shown.reads_words);
    parts.push(format!("Usage: ixscript run {}{}", text::one_line(file), usage(header, reads_words)));
    parts.push(parameters(header, width));
    let mut say = |text: &str| parts.push(text::wrap(text, width).join("\n"));
    if let Some(first) = header.params.first() {
        let variable = first.variable();
        say(&format!(
            "Each may also come from the environment (as {variable}) or from a file (--params FILE before `run`)."
        ));
    }
    if let Some(secret) = header.params.iter().find(|param| param.secret) {
        say(&format!(
            "What is secret is better not typed here: `--{} @FILE` reads it from a file. One that is required and left \
             out is asked for.",
            secret.flag()
        ));
    }
    if let Some(columns) = header.input_columns() {
        let optional = if header.table_is_optional { "; it may be left out" } else { "" };
        say(&format!("Input columns: {columns} (--input FILE before `run`{optional})"));
    }
    if !header.output.columns.is_empty() {
        let columns: Vec<_> = header.output.columns.iter().map(|column| text::one_line(column)).collect();
        let columns = columns.join(", ");
        let secrets = if header.output.secrets { "; secrets stand in it" } else { "" };
        say(&format!("Output columns: {columns} (--output FILE before `run`{secrets})"));
    } else if header.output.secrets {
        say("The table of --output holds secrets.");
    }
    let calls = calls(header, shown);
    if !calls.is_empty() {
        say(&format!("Calls: {}", calls.join(", ")));
    }
    let needs = header.needs.iter().flatten().filter_map(|function| api::by_function(function));
    if needs.into_iter().any(|endpoint| endpoint.effect == Effect::Destructive) {
        say("Needs `--allow destructive` before the recipe's name.");
    }
    if !header.examples.is_empty() {
        let examples = header.examples.iter().map(|example| format!("  {}", text::one_line(example)));
        parts.push(format!("Examples:\n{}", examples.collect::<Vec<_>>().join("\n")));
    }
    parts.join("\n\n") + "\n"
}

/// What it may call: as its header declares, else as its code shows.
fn calls(header: &Header, shown: Option<&Shown>) -> Vec<String> {
    let declared =
        |needs: &Vec<&'static str>| needs.iter().filter_map(|name| api::by_function(name)).collect();
    let found = || shown.map(|shown| shown.calls.clone()).unwrap_or_default();
    let endpoints: Vec<&Endpoint> = header.needs.as_ref().map_or_else(found, declared);
    let mut calls: Vec<String> = endpoints.into_iter().map(need).collect();
    if header.needs.is_none() && shown.is_some_and(|shown| shown.calls_anything) {
        calls.push(bundle::ANYTHING.to_owned());
    }
    calls
}

/// As in "copy_profile (write)".
fn need(endpoint: &Endpoint) -> String {
    format!("{} ({})", endpoint.function, endpoint.effect.word())
}

fn usage(header: &Header, reads_words: bool) -> String {
    let required = header.params.iter().filter(|param| param.required);
    let mut usage: String = required.map(|param| format!(" {}", synopsis(param))).collect();
    if header.params.iter().any(|param| !param.required) || header.params.is_empty() {
        usage.push_str(" [PARAMETERS]");
    }
    usage + if reads_words { " [WORDS]..." } else { "" }
}

fn synopsis(param: &Param) -> String {
    let flag = param.flag();
    match param.kind {
        ParamKind::Boolean if param.default == Some(true.into()) => format!("--{flag}, --no-{flag}"),
        ParamKind::Boolean => format!("--{flag}"),
        ParamKind::List => format!("--{flag} <{}>...", param.kind.word()),
        kind => format!("--{flag} <{}>", kind.word()),
    }
}

/// The parameters with what they take, as in the help; without a line feed at the end.
pub fn parameters(header: &Header, width: usize) -> String {
    if header.params.is_empty() {
        return "The recipe declares no parameters; it is given any `--name value`.".to_owned();
    }
    let help = ("--help".to_owned(), "Print this page".to_owned());
    let rows: Vec<(String, String)> =
        header.params.iter().map(|param| (synopsis(param), description(param))).chain([help]).collect();
    let column = rows.iter().map(|(synopsis, _)| synopsis.chars().count()).max().unwrap_or(0);
    let mut lines = vec!["Parameters:".to_owned()];
    for (synopsis, about) in rows {
        // Where little room is left beside them, what they take stands below.
        let room = width.saturating_sub(column + 4);
        let is_beside = room >= LEAST_ROOM;
        let indent = if is_beside { column + 4 } else { 8 };
        let about = text::wrap(&about, if is_beside { room } else { width.saturating_sub(indent) });
        let mut about = about.iter().map(String::as_str);
        match is_beside {
            true => lines.push(format!("  {synopsis:column$}  {}", about.next().unwrap_or_default())),
            false => lines.push(format!("  {synopsis}")),
        }
        lines.extend(about.map(|line| format!("{:indent$}{line}", "")));
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// A description in a narrower column than this is hard to read.
const LEAST_ROOM: usize = 24;

fn description(param: &Param) -> String {
    let mut parts: Vec<String> = param.about.iter().map(|about| text::one_line(about).into_owned()).collect();
    if param.required {
        parts.push("[required]".to_owned());
    }
    match &param.default {
        Some(_) if param.secret => parts.push("[default: hidden]".to_owned()),
        Some(default) => parts.push(format!("[default: {}]", text::one_line(&plain(default)))),
        None => {}
    }
    if !param.allowed.is_empty() && param.secret {
        parts.push("[possible values: hidden]".to_owned());
    } else if !param.allowed.is_empty() {
        let allowed: Vec<String> =
            param.allowed.iter().map(|value| text::one_line(&plain(value)).into_owned()).collect();
        parts.push(format!("[possible values: {}]", allowed.join(", ")));
    }
    parts.extend(param.range().map(|range| format!("[{range}]")));
    parts.extend(
        param.pattern.as_ref().map(|pattern| format!("[pattern: {}]", text::one_line(pattern.text()))),
    );
    if param.secret {
        parts.push("[secret]".to_owned());
    }
    parts.join(" ")
}
