//! `ixscript completions` and `ixscript man`: what shells and `man` want to know of the command line.
//!
//! Not here: the command line, from which both are derived.

use super::Result;
use crate::api;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::args::Arguments;
use crate::cli::config::SETTINGS;
use crate::cli::exit::{self, Exit};
use crate::cli::help::{self, TOPICS};
use crate::script::reference;
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use roff::{Roff, bold, roman};

/// Prints the completion script of a shell.
pub(in crate::cli) fn completions(app: &App, shell: Shell) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_values(), "ixscript", &mut script);
    print(app, &script)
}

/// The values of settings that are one of a few words.
const WORDS: &[(&str, &[&str])] = &[
    ("format", &["text", "json", "jsonl", "table", "csv", "markdown"]),
    ("color", &["auto", "always", "never"]),
    ("edit_mode", &["emacs", "vi"]),
];

/// The command line with the values that can be told. It is not parsed with these: a wrong value is told in our words.
fn with_values() -> Command {
    let functions: Vec<&str> = reference::entries().iter().map(|entry| entry.name).collect();
    let endpoints: Vec<&str> = api::endpoints().map(|endpoint| endpoint.function).collect();
    let topics: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).chain(help::commands()).collect();
    let command = Arguments::command();
    let command = WORDS.iter().fold(command, |command, (key, words)| one_of(command, key, words));
    command
        .mut_subcommand("call", |call| one_of(call, "function", &endpoints))
        .mut_subcommand("functions", |command| one_of(command, "name", &functions))
        .mut_subcommand("help", |help| one_of(help, "words", &topics))
        .mut_subcommand("run", |run| run.mut_args(|arg| arg.value_hint(ValueHint::FilePath)))
        .mut_subcommand("check", |check| check.mut_args(|arg| arg.value_hint(ValueHint::FilePath)))
        .mut_subcommand("show", |show| show.mut_args(|arg| arg.value_hint(ValueHint::FilePath)))
}

fn one_of(command: Command, key: &str, words: &[&'static str]) -> Command {
    command.mut_args(|arg| match arg.get_id() == key {
        true => arg.value_parser(PossibleValuesParser::new(words.iter().copied())),
        false => arg,
    })
}

/// Prints the manual page in roff.
pub(in crate::cli) fn man(app: &App) -> Result {
    let page = manual().map_err(|error| {
        Report::error(format!("the manual page cannot be made: {}", text::reason(&error)))
    })?;
    print(app, &page)
}

fn manual() -> std::io::Result<Vec<u8>> {
    let command = Arguments::command();
    let mut page = Vec::new();
    let whole = Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    let mut synopsis = section("SYNOPSIS");
    synopsis.text([roman(usage(command.clone()))]);
    synopsis.to_writer(&mut page)?;
    section("COMMANDS").to_writer(&mut page)?;
    for command in command.get_subcommands() {
        of_command(command, "ixscript", &mut page)?;
    }
    whole.render_options_section(&mut page)?;
    let mut rest = section("EXIT STATUS");
    for (exit, meaning) in exit::TABLE {
        rest.control("TP", []).text([bold(exit.0.to_string())]).text([roman(*meaning)]);
    }
    rest.control("SH", ["ENVIRONMENT"]);
    for setting in SETTINGS {
        rest.control("TP", []).text([bold(setting.variable())]).text([roman(setting.about)]);
    }
    for (name, about) in [
        ("IXSCRIPT_PARAM_NAME", "the parameter NAME of a recipe"),
        ("IXSCRIPT_CONFIG", "the config file"),
        ("IXSCRIPT_RECIPES", "the folder of your own recipes"),
        ("IXSCRIPT_STATE", "the folder for what is kept between runs"),
        ("NO_COLOR", "no colour, if it is set to anything"),
    ] {
        rest.control("TP", []).text([bold(name)]).text([roman(about)]);
    }
    rest.control("SH", ["FILES"]).text([roman("`ixscript config` shows where they are.")]);
    for (name, about) in [
        ("config.toml", "settings: a line for each, as in timeout = \"1m\""),
        ("recipes", "your own recipes, which run by name and are not asked about"),
        ("journal.db, journal.db.key", "runs and their writes, and the key that seals what is secret there"),
        ("trusted", "the hashes of other recipes that may write"),
        ("history.txt", "what was typed in the REPL"),
    ] {
        rest.control("TP", []).text([bold(name)]).text([roman(about)]);
    }
    rest.to_writer(&mut page)?;
    Ok(page)
}

fn usage(mut command: Command) -> String {
    command.render_usage().to_string().trim_start_matches("Usage:").trim().to_owned()
}

fn section(name: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [name]);
    roff
}

/// A command and its own commands, each below a heading of its own instead of a page.
fn of_command(command: &Command, before: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    let name = format!("{before} {}", command.get_name());
    let mut heading = Roff::new();
    heading.control("SS", [name.as_str()]);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let command = command.clone().bin_name(&name).disable_help_flag(true);
    heading.text([roman(format!("{about}."))]).control("PP", []).text([bold(usage(command.clone()))]);
    heading.to_writer(page)?;
    let man = Man::new(command.clone());
    let mut body = Vec::new();
    man.render_options_section(&mut body)?;
    man.render_extra_section(&mut body)?;
    for line in String::from_utf8_lossy(&body).lines() {
        let line = if line.starts_with(".SH") { ".PP" } else { line };
        page.extend_from_slice(line.as_bytes());
        page.push(b'\n');
    }
    command.get_subcommands().try_for_each(|inner| of_command(inner, &name, page))
}

fn print(app: &App, text: &[u8]) -> Result {
    app.printer.out_raw(&String::from_utf8_lossy(text));
    Ok(Exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_completed_is_taken() {
        for (key, words) in WORDS {
            assert!(SETTINGS.iter().any(|setting| setting.key == *key), "{key}");
            for word in *words {
                let taken = match *key {
                    "format" => word.parse::<crate::ui::Format>().is_ok(),
                    "edit_mode" => word.parse::<crate::repl::EditMode>().is_ok(),
                    _ => crate::cli::config::color(word).is_ok(),
                };
                assert!(taken, "{key} {word}");
            }
        }
        assert_eq!(WORDS[0].1, crate::ui::Format::ALL.map(crate::ui::Format::name));
    }
}
