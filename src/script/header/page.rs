//! A recipe's help page.
//!
//! Not here: the program's own help.

use super::{Header, Param, ParamKind, plain};
use crate::api::{self, Effect, Endpoint};
use crate::base::text;

/// The page for `run FILE --help`. It ends in a line feed.
pub fn help(header: &Header, file: &str) -> String {
    let title = [header.name.as_deref(), header.version.as_deref()];
    let title = title.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let about = [title.as_str(), header.about.as_deref().unwrap_or_default()];
    let about: Vec<_> = about.into_iter().filter(|line| !line.is_empty()).map(text::printable).collect();
    let mut parts = Vec::new();
    if !about.is_empty() {
        parts.push(about.join("\n"));
    }
    parts.push(format!("Usage: ixscript run {}{}", text::one_line(file), usage(header)));
    parts.push(parameters(header));
    if let Some(secret) = header.params.iter().find(|param| param.secret) {
        let (flag, file) = (secret.flag(), "`--params FILE` before the recipe");
        parts.push(format!(
            "What is secret is better not typed here: `--{flag} @FILE` reads it from a file; the environment and\n\
             {file} give it as well. One that is required and left out is asked for."
        ));
    }
    if !header.columns.is_empty() {
        let columns: Vec<_> = header.columns.iter().map(|column| text::one_line(column)).collect();
        let optional = if header.table_is_optional { "; it may be left out" } else { "" };
        parts.push(format!("Input columns: {} (--input FILE before `run`{optional})", columns.join(", ")));
    }
    let needed: Vec<&Endpoint> =
        header.needs.iter().flatten().filter_map(|function| api::by_function(function)).collect();
    if !needed.is_empty() {
        let needs: Vec<String> = needed.iter().map(|endpoint| need(endpoint)).collect();
        parts.push(format!("Calls: {}", needs.join(", ")));
    }
    if needed.iter().any(|endpoint| endpoint.effect == Effect::Destructive) {
        parts.push("Needs `--allow destructive` before the recipe's name.".to_owned());
    }
    if !header.examples.is_empty() {
        let examples = header.examples.iter().map(|example| format!("  {}", text::one_line(example)));
        parts.push(format!("Examples:\n{}", examples.collect::<Vec<_>>().join("\n")));
    }
    parts.join("\n\n") + "\n"
}

/// As in "copy_profile (write)".
fn need(endpoint: &Endpoint) -> String {
    format!("{} ({})", endpoint.function, endpoint.effect.word())
}

fn usage(header: &Header) -> String {
    let required = header.params.iter().filter(|param| param.required);
    let mut usage: String = required.map(|param| format!(" {}", synopsis(param))).collect();
    if header.params.iter().any(|param| !param.required) || header.params.is_empty() {
        usage.push_str(" [PARAMETERS]");
    }
    usage + " [WORDS]..."
}

fn synopsis(param: &Param) -> String {
    let flag = param.flag();
    match param.kind {
        ParamKind::Boolean => format!("--{flag}"),
        ParamKind::List => format!("--{flag} <{}>...", param.kind.word()),
        kind => format!("--{flag} <{}>", kind.word()),
    }
}

/// The parameters with what they take, as in the help; without a line feed at the end.
pub fn parameters(header: &Header) -> String {
    if header.params.is_empty() {
        return "The recipe declares no parameters; it is given any `--name value`.".to_owned();
    }
    let help = ("--help".to_owned(), "Print this page".to_owned());
    let rows: Vec<(String, String)> =
        header.params.iter().map(|param| (synopsis(param), description(param))).chain([help]).collect();
    let width = rows.iter().map(|(synopsis, _)| synopsis.chars().count()).max().unwrap_or(0);
    let lines =
        rows.iter().map(|(synopsis, about)| format!("  {synopsis:width$}  {about}").trim_end().to_owned());
    let lines: Vec<String> = std::iter::once("Parameters:".to_owned()).chain(lines).collect();
    lines.join("\n")
}

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
    parts.push(format!("[env: {}]", param.variable()));
    parts.join(" ")
}
