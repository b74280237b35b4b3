//! `ixscript help`: the help of a command or a topic, as `--help` shows it.
//!
//! Not here: the pages.

use super::Result;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::help::{self, TOPICS};

/// Shows the page that the words name; without words that of the program.
pub(in crate::cli) fn run(app: &App, words: &[String]) -> Result {
    let page = help::of(words).ok_or_else(|| unknown(words))?;
    let page = if app.printer.out_style().color { page.ansi().to_string() } else { page.to_string() };
    app.printer.out_raw(&format!("{}\n", page.trim_end()));
    Ok(Exit::DONE)
}

fn unknown(words: &[String]) -> Report {
    let shown = text::one_line(&text::cut(&words.join(" "), 60)).into_owned();
    let names = help::commands().chain(TOPICS.iter().map(|(name, _)| *name));
    let last = words.last().map(String::as_str).unwrap_or_default();
    let report = Report::error(format!("there is no help on `{shown}`{}", text::did_you_mean(last, names)));
    let topics: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
    report.help(format!("There is help on every command, and on {}.", text::list_and(&topics)))
}
