//! The command line as help shows it: on one screen, with the commands in groups and the options most people need.
//!
//! Not here: what the command line takes (`args`), which is the same with and without this.

use super::args::{Arguments, Flags};
use super::exit;
use clap::builder::Styles;
use clap::{Args, Command, CommandFactory};

/// What can be asked for besides commands: its name, and what it is about.
pub(super) const TOPICS: &[(&str, &str)] =
    &[("options", "every option that any command takes"), ("exit-codes", "what the exit codes mean")];

/// Every command, in the order of a first week.
const GROUPS: &[(&str, &[&str])] = &[
    ("Recipes", &["run", "resume", "runs", "list", "show", "check", "test", "new"]),
    ("Line by line", &["repl", "eval", "call"]),
    ("Reference", &["functions", "explain", "definitions"]),
    ("Around it", &["sim", "doctor", "config", "completions", "man", "help"]),
];

/// The options of every command that stand on its first page.
const COMMON: &[&str] =
    &["sim", "dry_run", "input", "output", "params", "jobs", "allow", "yes", "format", "quiet", "verbose"];

const EXAMPLES: &str =
    "  ixscript --sim run tour                                  see it at work, on the embedded simulator
  ixscript -n run copy_many --profile-id 1640 --count 5    rehearse a recipe: no write is sent
  ixscript call copy_profile profile_id=1640 name=shop-2   one call, no script
  ixscript functions copy_profile                          what a function takes and returns";

/// The names of all commands.
pub(super) fn commands() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|(_, names)| names.iter().copied())
}

/// The whole command line. Options that every command takes are shown once, with the program itself.
pub(super) fn command() -> Command {
    let mut command = Arguments::command();
    // Options that may stand anywhere are copied into every command by this.
    command.build();
    let page = first_page(&command);
    command
        .mut_args(|option| {
            let is_hidden = option.is_global_set() && !COMMON.contains(&option.get_id().as_str());
            // Where else it can be set is told with all options.
            let help = option.get_help().map(ToString::to_string).unwrap_or_default();
            let help = help.split(" [").next().unwrap_or_default().to_owned();
            option.help(help).help_heading(None::<&str>).hide(is_hidden)
        })
        .mut_subcommands(of_command)
        .help_template(page)
}

/// Commands of commands too.
fn of_command(command: Command) -> Command {
    let template = "{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}{after-help}\n\n\
                    Options that every command takes: ixscript help options";
    let command = command.mut_args(|option| {
        let is_hidden = option.is_global_set();
        option.hide(is_hidden)
    });
    command.mut_subcommands(of_command).help_template(template)
}

fn first_page(command: &Command) -> String {
    let heading = |words: &str| heading(command.get_styles(), words);
    let mut page = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (group, names) in GROUPS {
        page += &format!("\n{}\n", heading(group));
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let literal = command.get_styles().get_literal();
            page += &format!("  {literal}{name:<12}{literal:#} {about}\n");
        }
    }
    page += &format!("\n{}\n{{options}}\n\n{}\n{EXAMPLES}\n\n", heading("Options"), heading("Examples"));
    page + "Without a command the REPL starts. Options stand before the command, or before the recipe.\n\
            More: ixscript help COMMAND, ixscript help options, ixscript help exit-codes"
}

fn heading(styles: &Styles, words: &str) -> String {
    let style = styles.get_header();
    format!("{style}{words}:{style:#}")
}

/// The help of a topic or a command; none if there is no such thing.
pub(super) fn of(words: &[String]) -> Option<clap::builder::StyledStr> {
    let mut command = command();
    match words {
        [] => return Some(command.render_help()),
        [topic] if topic == "options" => {
            let options = Flags::augment_args(Command::new("ixscript").disable_help_flag(true));
            return Some(options.max_term_width(100).help_template("{all-args}").render_help());
        }
        [topic] if topic == "exit-codes" => {
            let codes = exit::TABLE.iter().map(|(exit, meaning)| format!("{:>5}  {meaning}\n", exit.0));
            return Some(codes.collect::<String>().into());
        }
        _ => {}
    }
    let mut found = &mut command;
    for word in words {
        found = found.find_subcommand_mut(word)?;
    }
    Some(found.render_help())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let mut grouped: Vec<&str> = commands().collect();
        let command = command();
        let mut all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }

    /// Of the terminals people have; the few that are longer say much of their own.
    #[test]
    fn every_help_is_one_screen() {
        fn pages(command: &mut Command, found: &mut Vec<(String, usize)>) {
            found.push((command.get_name().to_owned(), command.render_help().to_string().lines().count()));
            command.get_subcommands_mut().for_each(|command| pages(command, found));
        }
        let mut found = Vec::new();
        pages(&mut command(), &mut found);
        found.retain(|(name, lines)| *lines > if name == "sim" { 75 } else { 56 });
        assert_eq!(found, []);
    }

    #[test]
    fn common_options_are_options() {
        let flags = Flags::augment_args(Command::new("ixscript"));
        for name in COMMON {
            assert!(flags.get_arguments().any(|option| option.get_id() == name), "{name}");
        }
    }
}
