//! A recipe's parameters: the command line's words, the environment, the file of `--params`, and a question for what is
//! secret.
//!
//! Not here: what the values mean, which is the header's.

use super::app::App;
use super::args::Arguments;
use super::env::Env;
use crate::base::cancel::Why;
use crate::base::mask::MASK;
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::script::header::{self, Given, Header, Outside, OwnOption, Param, ParamError, ParamFile};
use clap::CommandFactory;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// A file of parameters, or with a secret, is no larger.
const LARGEST: u64 = 1 << 20;

/// Environment variables that give parameters begin so.
const PREFIX: &str = "IXSCRIPT_PARAM_";

/// What was typed, and the variables that give parameters: what [`read`] needs of the surroundings.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// Every word of the command line, the program's name first.
    pub(super) words: Vec<String>,
    pub(super) variables: BTreeMap<String, String>,
}

impl Typed {
    pub(super) fn new(words: &[std::ffi::OsString], env: &Env) -> Self {
        let variables = env.vars.iter().filter(|(name, _)| name.starts_with(PREFIX));
        Self {
            words: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            variables: variables.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }
}

/// The parameters of a recipe and the words that are left, if it takes any. `words` follow the recipe, which was typed as
/// `recipe`.
///
/// # Errors
/// The first thing that is wrong with them.
pub(super) fn read(
    app: &App,
    header: &Header,
    words: &[String],
    recipe: &str,
    takes_words: bool,
) -> Result<Given, Report> {
    let file = read_file(app)?;
    let surroundings = Surroundings { app, options: OnceCell::new(), trouble: RefCell::default() };
    let given = header::read_params(header, words, &file, &surroundings, takes_words);
    if let Some(trouble) = surroundings.trouble.into_inner() {
        return Err(trouble);
    }
    given.map_err(|error| match &error {
        ParamError::Own(places) => misplaced(app, header, words, places),
        _ => {
            let shows = || format!("`ixscript run {} --help` shows the parameters.", text::one_line(recipe));
            let report = Report::error(error.to_string()).help(error.help().unwrap_or_else(shows));
            error.note().into_iter().fold(report, Report::note)
        }
    })
}

/// Warns of secrets that stand on the command line.
pub(super) fn warn(app: &App, given: &Given) {
    if let Some(first) = given.exposed.first() {
        let exposed: Vec<String> = given.exposed.iter().map(|flag| format!("--{flag}")).collect();
        let message = format!(
            "{} on the command line can be seen by others who use this computer",
            text::list_and(&exposed)
        );
        let help = format!("Put it into a file and give --{first} @FILE, or see `--help` after the recipe.");
        app.report(&Report { severity: Severity::Warning, ..Report::error(message).help(help) });
    }
}

/// The file of `--params`; an empty one if none is given.
pub(super) fn read_file(app: &App) -> Result<ParamFile, Report> {
    let Some(path) = &app.config.params else { return Ok(ParamFile::default()) };
    let shown = text::path(path);
    let text = text_of(&app.folder.join(path), &shown)
        .map_err(|reason| Report::error(format!("--params: {reason}")))?;
    ParamFile::parse(&shown, &text).map_err(|reason| Report::error(format!("--params: {reason}")))
}

/// The text of a small file, or why there is none.
fn text_of(path: &Path, shown: &str) -> Result<String, String> {
    let shown = text::one_line(shown);
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{shown} cannot be read: {}", text::reason(&error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{shown} is larger than {} MiB", LARGEST >> 20));
    }
    text::decode(bytes).map_err(|error| format!("{shown}: {error}"))
}

/// The file that a test means by `path`: one in its folder, links followed. Of what lies elsewhere nothing is told, not even
/// whether it is there.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let shown = text::one_line(path);
    let outside = || format!("{shown} is not in the test's folder, and a test reads no other files");
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(path).components().all(is_inside) {
        return Err(outside());
    }
    let unreadable = |error: std::io::Error| format!("{shown} cannot be read: {}", text::reason(&error));
    let root = folder.canonicalize().map_err(unreadable)?;
    let file = root.join(path);
    // Where a link leads is not told either.
    let found = match file.canonicalize() {
        Ok(found) => found,
        Err(_) if file.symlink_metadata().is_ok() => return Err(outside()),
        Err(error) => return Err(unreadable(error)),
    };
    // A pipe that nobody writes to would be waited for.
    if found.starts_with(&root) && found.is_file() { Ok(found) } else { Err(outside()) }
}

struct Surroundings<'a> {
    app: &'a App,
    /// Made when a word could be one of them: the whole command line is described for it.
    options: OnceCell<Vec<OwnOption>>,
    /// Why the terminal gave no answer.
    trouble: RefCell<Option<Report>>,
}

impl Outside for Surroundings<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.app.typed.variables.get(name).cloned()
    }

    fn read_file(&self, path: &str) -> Result<String, String> {
        match self.app.is_trial() {
            true => text_of(&inside(&self.app.folder, path)?, path),
            false => text_of(&self.app.folder.join(path), path),
        }
    }

    fn ask(&self, param: &Param) -> Option<String> {
        let terminals = self.app.terminals;
        if !(terminals.stdin && terminals.stderr) || self.trouble.borrow().is_some() {
            return None;
        }
        let about =
            param.about.as_deref().map(|about| format!(" ({})", text::one_line(&text::cut(about, 200))));
        self.app.printer.flush();
        // Who interrupts the question wants the echo back.
        self.app.cancel.begin();
        let answer = rpassword::prompt_password(format!("--{}{}: ", param.flag(), about.unwrap_or_default()));
        answer
            .map_err(|error| {
                let message = match error.kind() {
                    std::io::ErrorKind::Interrupted => {
                        // The signal that comes with it may arrive later.
                        self.app.cancel.stop(Why::Asked);
                        "interrupted".to_owned()
                    }
                    _ => format!("--{} cannot be asked for: {}", param.flag(), text::reason(&error)),
                };
                *self.trouble.borrow_mut() = Some(Report::error(message));
            })
            .ok()
    }

    fn options(&self) -> &[OwnOption] {
        self.options.get_or_init(own_options)
    }
}

/// Every option that may stand before a recipe, from the definition of the command line.
fn own_options() -> Vec<OwnOption> {
    let command = Arguments::command();
    let run = command.find_subcommand("run").cloned().unwrap_or_default();
    let options =
        command.get_arguments().chain(run.get_arguments()).filter(|argument| !argument.is_positional());
    let own = options.map(|option| OwnOption {
        long: option.get_long().map(str::to_owned),
        short: option.get_short(),
        takes_value: option.get_action().takes_values() && !option.is_require_equals_set(),
    });
    own.collect()
}

/// Options of the program stand after the recipe: the same command with them in front.
fn misplaced(app: &App, header: &Header, words: &[String], places: &[std::ops::Range<usize>]) -> Report {
    let is_own = |at: usize| places.iter().any(|place| place.contains(&at));
    let own: Vec<&str> =
        places.iter().filter_map(|place| words.get(place.start)).map(String::as_str).collect();
    let own: Vec<&str> = own.iter().map(|word| word.split('=').next().unwrap_or_default()).collect();
    let typed = &app.typed.words;
    let before = typed.get(1..typed.len().saturating_sub(words.len())).unwrap_or_default();
    let shown = masked(header, words, is_own);
    // What stands in front already is not said twice.
    let is_there = |place: &std::ops::Range<usize>| {
        let name = words.get(place.start).and_then(|word| word.split('=').next()).unwrap_or_default();
        before.iter().any(|word| word.split('=').next() == Some(name))
    };
    let new: Vec<_> = places.iter().filter(|place| !is_there(place)).collect();
    let is_new = |at: usize| new.iter().any(|place| place.contains(&at));
    let moved = shown.iter().enumerate().filter(|(at, _)| is_new(*at)).map(|(_, word)| word);
    let left = shown.iter().enumerate().filter(|(at, _)| !is_own(*at)).map(|(_, word)| word);
    let command: Vec<String> = moved.chain(before).chain(left).map(|word| quoted(word)).collect();
    let (is, stand) = match own.len() {
        1 => ("is an option of ixscript, and no parameter of the recipe", "It stands"),
        _ => ("are options of ixscript, and no parameters of the recipe", "They stand"),
    };
    let already = if new.is_empty() { " already" } else { "" };
    let own = text::list_and(&own);
    Report::error(format!("{} {is}", text::one_line(&own)))
        .help(format!("{stand} before the recipe{already}: ixscript {}", text::one_line(&command.join(" "))))
}

/// The words, with the values of secret parameters masked. An unknown option may be a secret one, mistyped.
fn masked(header: &Header, words: &[String], is_own: impl Fn(usize) -> bool) -> Vec<String> {
    let has_secrets = header.params.iter().any(|param| param.secret);
    let is_secret = |word: &str| {
        let name = word.strip_prefix("--").map(|name| name.replace('_', "-"));
        let Some(name) = name.filter(|name| !name.is_empty()) else { return false };
        let is_param = |param: &&Param| {
            param.flag() == name || name.strip_prefix("no-").is_some_and(|name| param.flag() == name)
        };
        header.params.iter().find(is_param).map_or(has_secrets, |param| param.secret)
    };
    let mut follows_secret = false;
    let masked = words.iter().enumerate().map(|(at, word)| {
        let (name, value) =
            word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let is_secret = !is_own(at) && is_secret(name);
        let is_value =
            std::mem::replace(&mut follows_secret, is_secret && value.is_none()) && !word.starts_with("--");
        match value {
            Some(_) if is_secret => format!("{name}={MASK}"),
            _ if is_value && !is_own(at) => MASK.to_owned(),
            _ => word.clone(),
        }
    });
    masked.collect()
}

/// A word as shells want it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_=./\\:,@%+*".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("\"{word}\"") }
}
