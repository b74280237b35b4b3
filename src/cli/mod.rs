//! The command line: what was typed becomes a decided configuration, a command runs, an exit code comes out.
//!
//! Not here: what commands do, one file each in `commands`. Nothing below this floor sees a flag or a variable.

mod app;
mod args;
mod ask;
mod closing;
mod commands;
mod config;
mod config_file;
mod connection;
mod env;
pub mod exit;
mod help;
mod kept;
mod limits;
mod params;
mod permits;
mod recipes;
mod recording;
mod switchboard;
mod trial;
mod trust;

pub use env::{Env, Terminals};

use crate::base::report::Report;
use app::App;
use args::{Arguments, Command, Flags};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches};
use exit::Exit;
use std::ffi::OsString;
use std::io::Write;

/// Runs the program and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, mut env: Env) -> u8 {
    let words: Vec<OsString> = std::iter::once("ixscript".into()).chain(args).collect();
    let arguments = match parse(&words) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, &words, &mut env).0,
    };
    let config = match config::decide(&arguments.flags, &env) {
        Ok(config) => config,
        Err(report) => return complain(&report, &words, &mut env).0,
    };
    let typed = params::Typed::new(&words, &env);
    let app = App::new(config, env, typed);
    let exit = match dispatch(&app, arguments.command) {
        Ok(exit) => exit,
        Err(report) => {
            app.report(&report);
            if app.cancel.is_cancelled() { Exit::INTERRUPTED } else { Exit::USAGE }
        }
    };
    app.close(exit).0
}

/// What was typed. Options that may stand anywhere are copied into every subcommand there is, which takes longer than all
/// the rest: so at first only subcommands are there whose names stand among the words. What that description takes, the
/// whole one takes just so; help and mistakes are left to it.
fn parse(words: &[OsString]) -> Result<Arguments, clap::Error> {
    let described = Arguments::command();
    let typed =
        described.get_subcommands().filter(|command| words.iter().any(|word| word == command.get_name()));
    let lean = Flags::augment_args(clap::Command::new("ixscript")).disable_help_subcommand(true);
    let lean = lean.subcommands(typed.cloned());
    match lean.try_get_matches_from(words).and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => Ok(arguments),
        Err(_) => whole(words),
    }
}

fn whole(words: &[OsString]) -> Result<Arguments, clap::Error> {
    help::command().try_get_matches_from(words).and_then(|matches| Arguments::from_arg_matches(&matches))
}

fn dispatch(app: &App, command: Option<Command>) -> commands::Result {
    match command {
        None if app.terminals.stdin => commands::repl::run(app, false),
        None => commands::run::run(app, &["-".into()], false),
        Some(Command::Run { new, words }) => commands::run::run(app, &words, new),
        Some(Command::Resume { run, new_rows, wait }) => commands::resume::run(app, run, new_rows, wait),
        Some(Command::Runs { command }) => commands::runs::run(app, &command),
        Some(Command::Eval { code }) => commands::eval::run(app, &code),
        Some(Command::Call { function, pairs }) => commands::call::run(app, &function, &pairs),
        Some(Command::Check { files }) => commands::check::run(app, &files),
        Some(Command::Show { recipe }) => commands::show::run(app, &recipe),
        Some(Command::Test(args)) => commands::test::run(app, &args),
        Some(Command::List { folders }) => commands::list::run(app, &folders),
        Some(Command::New { name }) => commands::new::run(app, &name),
        Some(Command::Repl { live }) => commands::repl::run(app, live),
        Some(Command::Functions { name }) => commands::functions::run(app, name.as_deref()),
        Some(Command::Definitions { folder }) => commands::definitions::run(app, &folder),
        Some(Command::Explain { code }) => commands::explain::run(app, &code),
        Some(Command::Sim(sim)) => commands::sim::run(app, &sim),
        Some(Command::Doctor { learn }) => commands::doctor::run(app, learn),
        Some(Command::Completions { shell }) => commands::shell::completions(app, shell),
        Some(Command::Man) => commands::shell::man(app),
        Some(Command::Help { words }) => commands::help::run(app, &words),
        Some(Command::Config) => commands::config::run(app),
    }
}

/// Help and version are answers; everything else clap says is about wrong usage.
fn usage(error: &clap::Error, words: &[OsString], env: &mut Env) -> Exit {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !is_answer && wants_data(words, env) {
        let rendered = args::in_plain_words(&error.render().to_string());
        // What is missing stands below the first line.
        let (first, rest) = rendered.split_once("\n\n").unwrap_or((&rendered, ""));
        let first: Vec<&str> = first.trim_start_matches("error: ").split_whitespace().collect();
        let report = Report::error(first.join(" "));
        let tips = rest.lines().map(str::trim).filter(|line| line.starts_with("tip: "));
        let report = tips.fold(report, |report, tip| report.note(tip.trim_start_matches("tip: ")));
        return complain(&report.help("`ixscript --help` shows how it is used."), words, env);
    }
    let is_terminal = if is_answer { env.terminals.stdout } else { env.terminals.stderr };
    let rendered = error.render();
    let text =
        if app::may_color(is_terminal, env) { rendered.ansi().to_string() } else { rendered.to_string() };
    let mut text = if is_answer { text } else { args::in_plain_words(&text) };
    if error.kind() == ErrorKind::InvalidSubcommand {
        text.push_str(&recipe_hint(words));
    }
    if error.kind() == ErrorKind::UnknownArgument && words.iter().any(|word| word == "call") {
        text.push_str("\nWhat a function takes is given to `call` as name=value, without dashes.\n");
    }
    let stream = if is_answer { &mut env.stdout } else { &mut env.stderr };
    // Where even this cannot be written there is nobody left to tell.
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if is_answer { Exit::DONE } else { Exit::USAGE }
}

/// Whether mistakes are wanted as data, though they are made before anything is decided.
fn wants_data(words: &[OsString], env: &Env) -> bool {
    let is_data = |format: &str| matches!(format, "json" | "jsonl");
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let typed = words.windows(2).filter(|pair| pair[0] == "--format").map(|pair| pair[1]);
    let typed = typed.chain(words.iter().filter_map(|word| word.strip_prefix("--format="))).last();
    typed.or(env.vars.get("IXSCRIPT_FORMAT").map(String::as_str)).is_some_and(is_data)
}

/// Tells of a mistake in what was typed or configured.
fn complain(report: &Report, words: &[OsString], env: &mut Env) -> Exit {
    if !wants_data(words, env) {
        return app::complain(report, env);
    }
    let line = format!("{}\n", crate::ui::report_json(report));
    // Where even this cannot be written there is nobody left to tell.
    let _ = env.stderr.write_all(line.as_bytes()).and_then(|()| env.stderr.flush());
    Exit::USAGE
}

/// `ixscript copy.rhai` is what other tools take.
fn recipe_hint(words: &[OsString]) -> String {
    let recipe = words.iter().filter_map(|word| word.to_str()).find(|word| word.ends_with(".rhai"));
    recipe.map(|recipe| format!("\nTo run a recipe: ixscript run {recipe}\n")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lean_description_takes_what_the_whole_one_takes() {
        let lines = [
            "",
            "--sim run x.rhai --profile-id 1 -n",
            "run --sim x.rhai",
            "-j 4 --input run call copy_profile profile_id=1",
            "--input list run list",
            "eval --format json list",
            "runs settle 7 301 --done 5",
            "runs settle 7 301",
            "resume --new-rows 7",
            "sim --port 0 --own-codes",
            "repl --live",
            "list list",
            "help",
            "--help",
            "run --help",
            "rnu x",
            "--jobs",
            "--journal a --no-journal run x",
        ];
        for line in lines {
            let words: Vec<OsString> =
                std::iter::once("ixscript").chain(line.split_whitespace()).map(Into::into).collect();
            let shown = |parsed: Result<Arguments, clap::Error>| match parsed {
                Ok(arguments) => format!("{arguments:?}"),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown(parse(&words)), shown(whole(&words)), "{line}");
        }
    }
}
