//! The REPL's own commands: the table from which help, completion and the check of arguments come, and what each does.
//!
//! Not here: running lines of script.

use super::{Next, Repl, texts};
use crate::base::report::Report;
use crate::base::text;
use crate::script::reference;
use crate::ui;
use crate::ui::reference as page;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A command of the REPL itself.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    about: &'static str,
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
}

const ON_OFF: &[&str] = &["on", "off"];

/// Every command; `:help` prints it.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: ":help",
        takes: Takes::Maybe("NAME"),
        about: "this list, or the page of a function",
        run: help,
    },
    Command {
        name: ":functions",
        takes: Takes::Maybe("TEXT"),
        about: "every function, or those in which the text occurs",
        run: functions,
    },
    Command { name: ":vars", takes: Takes::Nothing, about: "the variables and their values", run: variables },
    Command {
        name: ":type",
        takes: Takes::Must("EXPR"),
        about: "runs it and tells the type of its value; of a function, how to call it",
        run: type_of,
    },
    Command {
        name: ":time",
        takes: Takes::Must("EXPR"),
        about: "runs it and tells how long that took",
        run: time,
    },
    Command {
        name: ":dry",
        takes: Takes::Choice(ON_OFF),
        about: "on: writes are only planned; off: shows the plan and sends again",
        run: dry,
    },
    Command {
        name: ":sim",
        takes: Takes::Choice(&["on", "off", "reset"]),
        about: "goes to a simulator and back; reset starts a fresh one",
        run: simulator,
    },
    Command { name: ":url", takes: Takes::Maybe("URL"), about: "where calls go, or goes there", run: url },
    Command {
        name: ":live",
        takes: Takes::Nothing,
        about: "lets this session send writes without asking",
        run: live,
    },
    Command { name: ":last", takes: Takes::Nothing, about: "the last request and its reply", run: last },
    Command {
        name: ":load",
        takes: Takes::Must("FILE"),
        about: "runs a file as if it were typed here",
        run: texts::load,
    },
    Command {
        name: ":save",
        takes: Takes::Must("FILE"),
        about: "writes what ran here as a recipe; secrets become its parameters",
        run: texts::save,
    },
    Command {
        name: ":edit",
        takes: Takes::Nothing,
        about: "opens the last input in $VISUAL or $EDITOR and runs what is saved",
        run: texts::edit_last,
    },
    Command {
        name: ":history",
        takes: Takes::Maybe("TEXT"),
        about: "the lines of this and earlier sessions, or those with the text",
        run: history,
    },
    Command {
        name: ":clear",
        takes: Takes::Nothing,
        about: "clears the screen; variables and functions stay",
        run: |repl, _| {
            repl.prompt.clear();
            Ok(Next::Read)
        },
    },
    Command {
        name: ":quit",
        takes: Takes::Nothing,
        about: "ends the REPL, as does Ctrl-D",
        run: |_, _| Ok(Next::Quit),
    },
];

/// Lines of `:history` and of a reply that are shown.
const MOST_LINES: usize = 50;

impl Takes {
    /// As the help shows it.
    fn shown(self) -> String {
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
                let suggestion = text::did_you_mean(argument, words.iter().copied());
                Err(Report::error(format!("`{name}` cannot be `{}`{suggestion}", shown()))
                    .help(format!("It takes {}, or nothing to see how it is.", text::list_or(words))))
            }
            _ => Ok(()),
        }
    }
}

fn noun(what: &str) -> &str {
    match what {
        "FILE" => "file",
        "EXPR" => "expression",
        other => other,
    }
}

/// Runs the command in `typed`, which begins with a colon.
pub(super) fn run(repl: &mut Repl, typed: &str) -> Next {
    let (name, argument) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let argument = argument.trim();
    let done = match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => command.takes.check(name, argument).and_then(|()| (command.run)(repl, argument)),
        None => {
            let suggestion = text::did_you_mean(name, COMMANDS.iter().map(|command| command.name));
            let shown = text::one_line(&text::cut(name, 60)).into_owned();
            Err(Report::error(format!("there is no command `{shown}`{suggestion}")).help(":help lists them."))
        }
    };
    done.unwrap_or_else(|report| {
        repl.screen.report(&report);
        Next::Read
    })
}

fn help(repl: &mut Repl, name: &str) -> Result<Next, Report> {
    let screen = repl.screen;
    if name.is_empty() {
        COMMANDS.iter().for_each(|command| screen.text(&line_of(command)));
        screen.text(
            "\nAnything else is script, as in copy_profile(1640). `_` is the last value, `_error` the last error.\n\
             Ctrl-C clears a line or stops a call.\n",
        );
        return Ok(Next::Read);
    }
    if let Some(command) =
        COMMANDS.iter().find(|command| command.name.trim_start_matches(':') == name.trim_start_matches(':'))
    {
        screen.text(&line_of(command));
        return Ok(Next::Read);
    }
    let Some(entry) = reference::find(name) else {
        let entries = reference::entries();
        let known = entries.iter().map(|entry| entry.name).chain(COMMANDS.iter().map(|command| command.name));
        let suggestion = text::did_you_mean(name, known);
        let shown = text::one_line(&text::cut(name, 60)).into_owned();
        return Err(Report::error(format!("there is no function `{shown}`{suggestion}"))
            .help(":functions lists them."));
    };
    screen.text(&page::page(&entry, screen.style()));
    Ok(Next::Read)
}

fn line_of(command: &Command) -> String {
    format!("  {:<23} {}\n", format!("{} {}", command.name, command.takes.shown()), command.about)
}

fn functions(repl: &mut Repl, wanted: &str) -> Result<Next, Report> {
    let mut entries = reference::entries();
    let lower = wanted.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&lower);
    entries.retain(|entry| has(entry.name) || has(entry.about) || has(entry.group));
    if entries.is_empty() {
        let shown = text::one_line(&text::cut(wanted, 60)).into_owned();
        return Err(Report::error(format!("no function has `{shown}` in its name or description"))
            .help(":functions alone lists them all."));
    }
    repl.screen.text(&page::list(&entries));
    Ok(Next::Read)
}

fn variables(repl: &mut Repl, _: &str) -> Result<Next, Report> {
    let values = repl.session.values();
    if values.is_empty() {
        repl.screen.text("no variables yet; let x = 1 makes one\n");
    }
    for (name, value) in values {
        // Written out only as far as it is shown.
        let (beginning, _) = ui::first(&value, 20);
        let shown = text::one_line(&text::cut(&beginning.to_string(), 100)).into_owned();
        repl.screen.text(&format!("  {name} = {shown}\n"));
    }
    Ok(Next::Read)
}

fn type_of(repl: &mut Repl, code: &str) -> Result<Next, Report> {
    if let Some(entry) = reference::find(code) {
        let returns = entry.returns.map(|returns| format!(" -> {returns}")).unwrap_or_default();
        for signature in &entry.signatures {
            repl.screen.text(&format!("{signature}{returns}\n"));
        }
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
