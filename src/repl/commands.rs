//! The REPL's own commands: the table from which help, completion and the check of arguments come, and what each does.
//!
//! Not here: running lines of script.

use super::{Next, Repl, about, texts};
use crate::api::{self, Effect};
use crate::base::report::Report;
use crate::base::text;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A command of the REPL itself.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What others call it.
    aliases: &'static [&'static str],
    pub(super) takes: Takes,
    pub(super) about: &'static str,
    run: fn(&mut Repl, &str) -> Result<Next, Report>,
}

/// What stands behind a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    Nothing,
    /// May be left out.
    Maybe(&'static str),
    /// May not.
    Must(&'static str),
    /// One of these words; none asks how it is.
    Choice(&'static [&'static str]),
}

/// What can be offered behind a command.
pub(super) enum Completes {
    Nothing,
    Words(&'static [&'static str]),
    Names,
    Script,
    Files,
    Destructive,
}

/// All functions that destroy something.
pub(super) const DESTRUCTIVE: &str = "destructive";

const ON_OFF: &[&str] = &["on", "off"];

/// Every command; `:help` prints it.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: ":help",
        aliases: &[":h", ":?"],
        takes: Takes::Maybe("NAME"),
        about: "this list, or the page of a function",
        run: about::help,
    },
    Command {
        name: ":functions",
        aliases: &[":funcs"],
        takes: Takes::Maybe("TEXT"),
        about: "every function, or those in which the text occurs",
        run: about::functions,
    },
    Command {
        name: ":vars",
        aliases: &[":variables"],
        takes: Takes::Nothing,
        about: "the variables and their values",
        run: about::variables,
    },
    Command {
        name: ":type",
        aliases: &[],
        takes: Takes::Must("EXPR"),
        about: "runs it and tells the type of its value; of a function, how to call it",
        run: about::type_of,
    },
    Command {
        name: ":time",
        aliases: &[],
        takes: Takes::Must("EXPR"),
        about: "runs it and tells how long that took",
        run: time,
    },
    Command {
        name: ":dry",
        aliases: &[],
        takes: Takes::Choice(ON_OFF),
        about: "on: writes are only planned; off: shows the plan and sends again",
        run: dry,
    },
    Command {
        name: ":sim",
        aliases: &[],
        takes: Takes::Choice(&["on", "off", "reset"]),
        about: "goes to a simulator and back; reset starts a fresh one",
        run: simulator,
    },
    Command {
        name: ":url",
        aliases: &[],
        takes: Takes::Maybe("URL"),
        about: "where calls go, or goes there",
        run: url,
    },
    Command {
        name: ":allow",
        aliases: &[],
        takes: Takes::Must("WHAT"),
        about: "lets this session call a function that destroys something; destructive: all of them",
        run: allow,
    },
    Command {
        name: ":live",
        aliases: &[],
        takes: Takes::Nothing,
        about: "lets this session send writes without asking",
        run: live,
    },
    Command {
        name: ":last",
        aliases: &[],
        takes: Takes::Nothing,
        about: "the last request and its reply",
        run: last,
    },
    Command {
        name: ":load",
        aliases: &[],
        takes: Takes::Must("FILE"),
        about: "runs a file as if it were typed here",
        run: texts::load,
    },
    Command {
        name: ":save",
        aliases: &[],
        takes: Takes::Must("FILE"),
        about: "writes what ran here as a recipe; secrets become its parameters",
        run: texts::save,
    },
    Command {
        name: ":edit",
        aliases: &[],
        takes: Takes::Nothing,
        about: "opens the last input in $VISUAL or $EDITOR and runs what is saved",
        run: texts::edit_last,
    },
    Command {
        name: ":history",
        aliases: &[],
        takes: Takes::Maybe("TEXT"),
        about: "the lines of this and earlier sessions, or those with the text",
        run: history,
    },
    Command {
        name: ":clear",
        aliases: &[],
        takes: Takes::Nothing,
        about: "clears the screen; variables and functions stay",
        run: |repl, _| {
            repl.prompt.clear();
            Ok(Next::Read)
        },
    },
    Command {
        name: ":quit",
        aliases: &[":q", ":exit"],
        takes: Takes::Nothing,
        about: "ends the REPL, as does Ctrl-D",
        run: |_, _| Ok(Next::Quit),
    },
];

/// Lines of `:history` and of a reply that are shown.
const MOST_LINES: usize = 50;

impl Takes {
    /// As the help shows it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Maybe(what) => format!("[{what}]"),
            Self::Must(what) => what.to_owned(),
            Self::Choice(words) => format!("[{}]", words.join("|")),
        }
    }

    /// What the name of the argument says of its completion.
    pub(super) fn completes(self) -> Completes {
        match self {
            Self::Choice(words) => Completes::Words(words),
            Self::Maybe("NAME") => Completes::Names,
            Self::Must("EXPR") => Completes::Script,
            Self::Must("FILE") => Completes::Files,
            Self::Must("WHAT") => Completes::Destructive,
            _ => Completes::Nothing,
        }
    }

    fn check(self, name: &str, argument: &str) -> Result<(), Report> {
        let shown = || text::one_line(&text::cut(argument, 60)).into_owned();
        match self {
            Self::Nothing if !argument.is_empty() => {
                Err(Report::error(format!("`{name}` stands alone, without `{}`", shown())))
            }
            Self::Must(what) if argument.is_empty() => {
                Err(Report::error(format!("`{name}` needs to know the {}", noun(what)))
                    .help(format!("Type it as {name} {what}.")))
            }
            Self::Choice(words) if !argument.is_empty() && !words.contains(&argument) => {
                let suggestion = meant(argument, words);
                Err(Report::error(format!("`{name}` cannot be `{}`{suggestion}", shown()))
                    .help(format!("It takes {}, or nothing to see how it is.", text::list_or(words))))
            }
            _ => Ok(()),
        }
    }
}

/// What begins so is nearer than what differs by a letter.
fn meant(typed: &str, words: &[&str]) -> String {
    match words.iter().find(|word| typed.len() > 1 && word.starts_with(typed)) {
        Some(word) => format!(", did you mean `{word}`?"),
        None => text::did_you_mean(typed, words.iter().copied()),
    }
}

fn noun(what: &str) -> &str {
    match what {
        "FILE" => "file",
        "EXPR" => "expression",
        "WHAT" => "function, or `destructive` for all of them",
        other => other,
    }
}

/// Runs the command in `typed`, which begins with a colon.
pub(super) fn run(repl: &mut Repl, typed: &str) -> Next {
    let (name, argument) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let argument = argument.trim();
    let done = match find(name) {
        Some(command) => command.takes.check(name, argument).and_then(|()| (command.run)(repl, argument)),
        None => {
            let suggestion = meant(name, &COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>());
            let shown = text::one_line(&text::cut(name, 60)).into_owned();
            Err(Report::error(format!("there is no command `{shown}`{suggestion}")).help(":help lists them."))
        }
    };
    done.unwrap_or_else(|report| {
        repl.screen.report(&report);
        repl.has_finished = false;
        Next::Read
    })
}

/// The command that is called so.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name || command.aliases.contains(&name))
}

/// Where the script begins in what was typed; nothing in a command that takes none.
pub(super) fn script_in(typed: &str) -> Option<usize> {
    let start = typed.len() - typed.trim_start().len();
    if !typed[start..].starts_with(':') {
        return Some(0);
    }
    let end = start + typed[start..].find(char::is_whitespace)?;
    let command = find(&typed[start..end])?;
    matches!(command.takes.completes(), Completes::Script).then_some(end)
}

fn time(repl: &mut Repl, code: &str) -> Result<Next, Report> {
    let began = Instant::now();
    let next = repl.run_code(code);
    let took = began.elapsed();
    let shown = match took {
        took if took < Duration::from_millis(10) => format!("{:.1} ms", took.as_secs_f64() * 1000.0),
        took => text::duration(took),
    };
    repl.screen.text(&format!("took {shown}\n"));
    Ok(next)
}

fn dry(repl: &mut Repl, wanted: &str) -> Result<Next, Report> {
    let connect = repl.setup.connect;
    let is_dry = connect.place().is_dry;
    let words = match (wanted, is_dry) {
        ("on", true) => "writes are only planned already",
        ("off", false) => "writes are sent already",
        ("", true) => "writes are only planned",
        ("", false) => "writes are sent",
        ("on", _) => {
            connect.set_dry(true);
            "from now on writes are only planned, and answered with made-up ids; reads are real"
        }
        _ => {
            connect.set_dry(false);
            "from now on writes are sent"
        }
    };
    repl.screen.text(&format!("{words}\n"));
    Ok(Next::Read)
}

fn simulator(repl: &mut Repl, wanted: &str) -> Result<Next, Report> {
    let connect = repl.setup.connect;
    match (wanted, connect.place().is_simulated) {
        ("off", true) => connect.to_app(None)?,
        ("on", false) | ("reset", _) => connect.to_simulator(wanted == "reset")?,
        _ => {}
    }
    tell_place(repl);
    Ok(Next::Read)
}

fn url(repl: &mut Repl, url: &str) -> Result<Next, Report> {
    if !url.is_empty() {
        repl.setup.connect.to_app(Some(url))?;
    }
    tell_place(repl);
    Ok(Next::Read)
}

fn tell_place(repl: &Repl) {
    let place = repl.setup.connect.place();
    let kind = if place.is_simulated { "the simulator" } else { "the app" };
    let shown = text::one_line(&place.url).into_owned();
    repl.screen.text(&format!("calls go to {kind} at {shown}\n"));
}

fn allow(repl: &mut Repl, wanted: &str) -> Result<Next, Report> {
    let destructive = || api::endpoints().filter(|endpoint| endpoint.effect == Effect::Destructive);
    if wanted == DESTRUCTIVE {
        repl.setup.connect.allow(None)?;
        repl.screen.text("calls of this session may destroy something\n");
        return Ok(Next::Read);
    }
    // A session that is held to what a recipe declares can be allowed more.
    let can_be_allowed =
        |endpoint: &&api::Endpoint| endpoint.effect == Effect::Destructive || repl.needs.is_some();
    match api::by_function(wanted).filter(can_be_allowed) {
        Some(endpoint) => {
            repl.setup.connect.allow(Some(endpoint))?;
            repl.screen.text(&format!("this session may call {wanted}\n"));
            Ok(Next::Read)
        }
        None => {
            let names = destructive().map(|endpoint| endpoint.function).chain([DESTRUCTIVE]);
            let suggestion = text::did_you_mean(wanted, names);
            let shown = text::one_line(&text::cut(wanted, 60)).into_owned();
            Err(Report::error(format!("`{shown}` is no function that destroys something{suggestion}"))
                .help("`:allow destructive` allows them all; every other function is allowed as it is."))
        }
    }
}

fn live(repl: &mut Repl, _: &str) -> Result<Next, Report> {
    repl.setup.permission.grant();
    repl.screen.text("writes of this session are sent without a question\n");
    Ok(Next::Read)
}

fn last(repl: &mut Repl, _: &str) -> Result<Next, Report> {
    let calls = repl.setup.host.calls();
    let Some(exchange) = calls.last_exchange() else {
        repl.screen.text("nothing was sent yet\n");
        return Ok(Next::Read);
    };
    let masked = |text: &str| calls.secrets().mask(text).into_owned();
    let took = text::duration(exchange.took);
    let mut shown = format!(
        "POST {}\n{}\n",
        text::one_line(&exchange.url),
        text::printable(&masked(&Value::Object(exchange.arguments).to_string()))
    );
    match exchange.reply {
        Ok((status, body)) => {
            let laid_out = serde_json::from_str::<Value>(&body).map_or(body, |body| format!("{body:#}"));
            let laid_out = masked(&laid_out);
            let left = laid_out.lines().count().saturating_sub(MOST_LINES);
            let lines: Vec<String> = laid_out
                .lines()
                .take(MOST_LINES)
                .map(|line| text::printable(&text::cut(line, 300)).into_owned())
                .collect();
            shown.push_str(&format!("HTTP {status} after {took}\n{}\n", lines.join("\n")));
            if left > 0 {
                shown.push_str(&format!("... {}\n", text::count(left, "more line")));
            }
        }
        Err(problem) => shown.push_str(&format!("{} after {took}\n", text::printable(&masked(&problem)))),
    }
    repl.screen.text(&shown);
    Ok(Next::Read)
}

fn history(repl: &mut Repl, wanted: &str) -> Result<Next, Report> {
    let (left, found) = repl.prompt.history(wanted, MOST_LINES);
    if left > 0 {
        repl.screen.text(&format!("... {} before these\n", text::count(left, "more line")));
    }
    let shown = found.iter().map(|line| format!("  {}\n", text::printable(&line.replace('\n', "\n  "))));
    repl.screen.text(&shown.collect::<String>());
    if found.is_empty() {
        repl.screen.text("no such line\n");
    }
    Ok(Next::Read)
}
