//! What there is to know: `:help`, `:functions`, `:vars` and `:type`.
//!
//! Not here: the pages of host functions, which look the same everywhere.

use super::commands::{self, COMMANDS, Command};
use super::{Next, Repl};
use crate::base::report::Report;
use crate::base::text;
use crate::script::{Function, language, reference};
use crate::ui;
use crate::ui::reference as page;
use serde_json::Value;

pub(super) fn help(repl: &mut Repl, name: &str) -> Result<Next, Report> {
    let screen = repl.screen;
    if name.is_empty() {
        COMMANDS.iter().for_each(|command| screen.text(&line_of(command)));
        screen.text(
            "\nAnything else is script, as in copy_profile(1640). `_` is the last value, `_error` the last error.\n\
             Ctrl-C clears a line or stops a call; a line with a space in front is not kept in the history.\n",
        );
        return Ok(Next::Read);
    }
    // As it may be pasted: copy_profile(1640).
    let name = name.split('(').next().unwrap_or(name).trim();
    // `exit` alone is a function, and `:exit` another word for `:quit`.
    let named = |command: &&Command| command.name.trim_start_matches(':') == name;
    if let Some(command) = commands::find(name).or_else(|| COMMANDS.iter().find(named)) {
        screen.text(&line_of(command));
        return Ok(Next::Read);
    }
    if let Some(entry) = reference::find(name) {
        screen.text(&page::page(&entry, screen.style()));
        return Ok(Next::Read);
    }
    let own = repl.session.functions();
    if let Some(function) = own.iter().rfind(|function| function.name == name) {
        screen.text(&format!("{}\nIt was defined in this session.\n", function.signature));
        return Ok(Next::Read);
    }
    if let Some(about) = language::about(name) {
        screen.text(&about);
        return Ok(Next::Read);
    }
    let entries = reference::entries();
    let known = entries.iter().map(|entry| entry.name).chain(COMMANDS.iter().map(|command| command.name));
    let own = own.iter().map(|function| function.name.as_str());
    let suggestion = text::did_you_mean(name, known.chain(own).chain(language::words()));
    let shown = text::one_line(&text::cut(name, 60)).into_owned();
    Err(Report::error(format!("there is no function `{shown}`{suggestion}")).help(":functions lists them."))
}

fn line_of(command: &Command) -> String {
    format!("  {:<23} {}\n", format!("{} {}", command.name, command.takes.shown()), command.about)
}

pub(super) fn functions(repl: &mut Repl, wanted: &str) -> Result<Next, Report> {
    let mut entries = reference::entries();
    let mut own = repl.session.functions();
    let lower = wanted.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&lower);
    entries.retain(|entry| has(entry.name) || has(entry.about) || has(entry.group));
    own.retain(|function| has(&function.name));
    if entries.is_empty() && own.is_empty() {
        let shown = text::one_line(&text::cut(wanted, 60)).into_owned();
        return Err(Report::error(format!("no function has `{shown}` in its name or description"))
            .help(":functions alone lists them all."));
    }
    if !own.is_empty() {
        let lines: String = own.iter().map(|function| format!("  {}\n", function.signature)).collect();
        repl.screen.text(&format!("This session\n{lines}\n"));
    }
    if !entries.is_empty() {
        repl.screen.text(&page::list(&entries));
    }
    Ok(Next::Read)
}

pub(super) fn variables(repl: &mut Repl, _: &str) -> Result<Next, Report> {
    let values = repl.session.values();
    if values.is_empty() {
        repl.screen.text("no variables yet; let x = 1 makes one\n");
    }
    let left = values.len().saturating_sub(repl.screen.height());
    if left > 0 {
        repl.screen.text(&format!("... {} before these\n", text::count(left, "more variable")));
    }
    let calls = repl.setup.host.calls();
    let secrets = calls.secrets();
    for (name, value) in values.into_iter().skip(left) {
        // Written out only as far as it is shown: so many items take more than the line has.
        let (beginning, left) = ui::first(&value, 60);
        let written = secrets.mask(&beginning.to_string()).into_owned();
        let shown = text::cut(&written, 100);
        let is_whole = left.is_none() && shown == written;
        let left = size(&value).filter(|_| !is_whole).map(|size| format!(" ({size})")).unwrap_or_default();
        let shown = text::one_line(&shown).into_owned();
        repl.screen.text(&format!("  {name} = {shown}{left}\n"));
    }
    Ok(Next::Read)
}

/// How much there is of a value that is more than one.
fn size(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => Some(text::count(items.len(), "item")),
        Value::Object(fields) => Some(text::count(fields.len(), "field")),
        Value::String(long) => Some(text::count(long.chars().count(), "character")),
        _ => None,
    }
}

pub(super) fn type_of(repl: &mut Repl, code: &str) -> Result<Next, Report> {
    if let Some(entry) = reference::find(code) {
        let returns = entry.returns.map(|returns| format!(" -> {returns}")).unwrap_or_default();
        for signature in &entry.signatures {
            repl.screen.text(&format!("{signature}{returns}\n"));
        }
        return Ok(Next::Read);
    }
    let is_own = |function: &Function| function.name == code;
    if let Some(function) = repl.session.functions().into_iter().rfind(is_own) {
        repl.screen.text(&format!("{}\n", function.signature));
        return Ok(Next::Read);
    }
    repl.shows_value = false;
    let next = repl.run_code(code);
    repl.shows_value = true;
    if repl.has_finished {
        repl.screen.text(&format!("{}\n", repl.session.last_type()));
    }
    Ok(next)
}
