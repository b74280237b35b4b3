//! Settings: flag before environment before config file before default, decided once.
//!
//! Not here: what was typed (`args`). Everything below the roof sees only [`Config`], which has no open questions.

use super::args::Flags;
use super::config_file::ConfigFile;
use super::env::Env;
use super::permits;
use crate::base::report::{Place, Report};
use crate::base::text;
use crate::calls::Permits;
use crate::client::BaseUrl;
use crate::repl::EditMode;
use crate::script::Limits;
use crate::ui::Format;
use crate::ui::Verbosity;
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One setting: the row from which its flag, variable, key and default are read.
pub(super) struct Setting {
    /// The key in the config file; the variable is `IXSCRIPT_` and the key in capitals.
    pub(super) key: &'static str,
    pub(super) default: &'static str,
    pub(super) about: &'static str,
    flag: fn(&Flags) -> Option<String>,
}

/// In MiB. The stack of a script is four times as large, which a computer must have addresses for.
const MOST_MEMORY: usize = 2048;

/// Every setting.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "url",
        default: "http://127.0.0.1:53200/api/v2/",
        about: "where the Local API is",
        flag: |flags| flags.url.clone(),
    },
    Setting {
        key: "allow_remote",
        default: "false",
        about: "whether the URL may be another computer",
        flag: |flags| flags.allow_remote.then(|| "true".to_owned()),
    },
    Setting {
        key: "timeout",
        default: "30s",
        about: "how long a reply may take",
        flag: |flags| flags.timeout.clone(),
    },
    Setting {
        key: "connect_timeout",
        default: "2s",
        about: "how long a connection may take",
        flag: |flags| flags.connect_timeout.clone(),
    },
    Setting {
        key: "assume_lost_after",
        default: "10m",
        about: "how long a write that no list shows may still arrive",
        flag: |flags| flags.assume_lost_after.clone(),
    },
    Setting {
        key: "retries",
        default: "4",
        about: "how often what was certainly not done is tried again",
        flag: |flags| flags.retries.clone(),
    },
    Setting {
        key: "jobs",
        default: "4",
        about: "the most calls `parallel` makes at once",
        flag: |flags| flags.jobs.clone(),
    },
    Setting {
        key: "rate",
        default: "off",
        about: "the most calls in a time",
        flag: |flags| flags.rate.clone(),
    },
    Setting {
        key: "journal",
        default: "auto",
        about: "where runs and their writes are recorded: a file, auto for the state folder, or off",
        flag: |flags| flags.journal.clone().or_else(|| flags.no_journal.then(|| "off".to_owned())),
    },
    Setting {
        key: "memory",
        default: "128",
        about: "memory a script may use, in MiB",
        flag: |flags| flags.memory.clone(),
    },
    Setting {
        key: "compute",
        default: "60s",
        about: "how long a script may compute between two calls",
        flag: |flags| flags.compute.clone(),
    },
    Setting {
        key: "format",
        default: "text",
        about: "how values are printed",
        flag: |flags| flags.format.clone(),
    },
    Setting {
        key: "color",
        default: "auto",
        about: "whether output is coloured",
        flag: |flags| flags.color.clone(),
    },
    Setting {
        key: "edit_mode",
        default: "emacs",
        about: "how the REPL reads keys: emacs or vi",
        flag: |flags| flags.edit_mode.clone(),
    },
];

/// Where a setting's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Flag,
    Environment,
    File,
    Default,
}

/// A setting with its value, not yet read.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) setting: &'static Setting,
    pub(super) value: String,
    pub(super) origin: Origin,
    /// Where it stands in the config file.
    place: Option<Place>,
}

/// Decided settings.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) url: String,
    pub(super) allow_remote: bool,
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    /// After what time a write that no list shows is taken to be lost.
    pub(super) assume_lost_after: Duration,
    /// Whether a resumed run waits until what is in doubt can be decided.
    pub(super) waits_for_doubts: bool,
    pub(super) retries: u32,
    pub(super) jobs: usize,
    /// Between two calls; zero sets no rate.
    pub(super) interval: Duration,
    pub(super) limits: Limits,
    pub(super) format: Format,
    /// Whether somebody asked for a format: `run` prints its value only then.
    pub(super) format_is_asked_for: bool,
    pub(super) color: Color,
    /// How the REPL reads keys.
    pub(super) edit_mode: EditMode,
    /// The user's editor: `$VISUAL`, else `$EDITOR`.
    pub(super) editor: Option<String>,
    pub(super) verbosity: Verbosity,
    pub(super) allow_destructive: bool,
    /// What else was allowed, and what was denied.
    pub(super) permits: Permits,
    /// After this many writes the run stops.
    pub(super) max_writes: Option<u64>,
    /// The journal's file, if there is to be one.
    pub(super) journal: Option<PathBuf>,
    /// Whether runs are recorded there.
    pub(super) records: bool,
    /// After this long the run stops.
    pub(super) time_limit: Option<Duration>,
    /// After this many writes the run holds.
    pub(super) first: Option<u64>,
    /// Whether the first write is shown and confirmed.
    pub(super) confirm: bool,
    /// Whether questions are answered with yes.
    pub(super) yes: bool,
    /// Whether writes are only planned.
    pub(super) is_dry: bool,
    pub(super) sim: Option<String>,
    /// The file of `--params`.
    pub(super) params: Option<PathBuf>,
    /// The table of `--input`.
    pub(super) input: Option<PathBuf>,
    /// The table of `--output`.
    pub(super) output: Option<PathBuf>,
    /// The config file, whether it exists or not.
    pub(super) file: Option<PathBuf>,
    /// The user's own recipes, if the system has a folder for them.
    pub(super) recipes: Option<PathBuf>,
    /// The folder for what is kept between runs, if the system has one.
    pub(super) state: Option<PathBuf>,
    /// Every setting with its origin, for `ixscript config`.
    pub(super) chosen: Vec<Chosen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Setting {
    pub(super) fn variable(&self) -> String {
        format!("IXSCRIPT_{}", self.key.to_uppercase())
    }
}

impl Chosen {
    /// Where the value comes from, for people: `--url`, `IXSCRIPT_URL`, "config file" or "default".
    pub(super) fn origin(&self) -> String {
        match self.origin {
            Origin::Flag => format!("--{}", self.setting.key.replace('_', "-")),
            Origin::Environment => self.setting.variable(),
            Origin::File => "config file".to_owned(),
            Origin::Default => "default".to_owned(),
        }
    }
}

/// Puts all layers together.
///
/// # Errors
/// What is wrong with a value, and where it comes from.
pub(super) fn decide(flags: &Flags, env: &Env) -> Result<Config, Report> {
    let file = file_path(flags, env);
    let is_asked_for = flags.config.is_some() || env.vars.contains_key("IXSCRIPT_CONFIG");
    let table = match &file {
        Some(path) => ConfigFile::read(&env.folder.join(path), is_asked_for)?,
        None => ConfigFile::default(),
    };
    let chosen: Vec<Chosen> = SETTINGS.iter().map(|setting| choose(setting, flags, env, &table)).collect();
    let find = |key: &str| chosen.iter().find(|chosen| chosen.setting.key == key);
    fn read<'a, T>(
        chosen: Option<&'a Chosen>,
        parse: impl Fn(&'a str) -> Result<T, String>,
    ) -> Result<T, Report> {
        // Every key below is in the table; the test of this file goes through all of them.
        let chosen = chosen.ok_or_else(|| Report::error("a setting is missing from the table"))?;
        parse(&chosen.value).map_err(|problem| {
            let origin = match chosen.origin {
                Origin::File => format!("`{}` in the config file", chosen.setting.key),
                _ => chosen.origin(),
            };
            let report = Report::error(format!("{origin}: {problem}"));
            Report { place: chosen.place.clone(), ..report.note(format!("it is {}", chosen.setting.about)) }
        })
    }
    let memory: usize = read(find("memory"), |value| whole_number(value, 1, MOST_MEMORY))?;
    let limits = Limits { memory: memory << 20, compute: read(find("compute"), positive_duration)? };
    let (permits, allow_destructive) = permits::read(flags)?;
    let state = state_folder(env);
    let journal = find("journal").map(|chosen| chosen.value.trim());
    // A journal that stands in the configuration is for the app.
    let is_rehearsal = flags.journal.is_none() && (flags.sim.is_some() || flags.dry_run);
    Ok(Config {
        records: journal != Some("off") && !is_rehearsal,
        journal: match journal {
            None | Some("off") => None,
            Some("auto") => state.as_ref().map(|state| state.join("journal.db")),
            Some(file) => Some(env.folder.join(file)),
        },
        url: read(find("url"), |value| Ok(value.to_owned()))?,
        allow_remote: read(find("allow_remote"), boolean)?,
        timeout: read(find("timeout"), positive_duration)?,
        connect_timeout: read(find("connect_timeout"), positive_duration)?,
        assume_lost_after: read(find("assume_lost_after"), positive_duration)?,
        waits_for_doubts: false,
        retries: read(find("retries"), |value| whole_number(value, 0, 100))?,
        jobs: read(find("jobs"), |value| whole_number(value, 1, 256))?,
        interval: read(find("rate"), interval)?,
        limits,
        format: read(find("format"), str::parse)?,
        format_is_asked_for: find("format").is_some_and(|chosen| chosen.origin != Origin::Default),
        color: read(find("color"), color)?,
        edit_mode: read(find("edit_mode"), str::parse)?,
        editor: ["VISUAL", "EDITOR"]
            .iter()
            .find_map(|name| env.vars.get(*name).filter(|editor| !editor.trim().is_empty()).cloned()),
        verbosity: match (flags.quiet, flags.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        },
        allow_destructive,
        permits,
        max_writes: flags.max_writes,
        time_limit: flags
            .time_limit
            .as_deref()
            .map(positive_duration)
            .transpose()
            .map_err(|problem| Report::error(format!("--time-limit: {problem}")))?,
        first: flags.first,
        confirm: flags.confirm,
        yes: flags.yes,
        is_dry: flags.dry_run,
        sim: flags.sim.clone(),
        params: flags.params.clone(),
        input: flags.input.clone(),
        output: flags.output.clone(),
        recipes: recipes_folder(file.as_deref(), env),
        file,
        state,
        chosen,
    })
}

impl Config {
    /// A setting's value as it was written, and whether the command line gave it.
    pub(super) fn written(&self, key: &str) -> Option<(&str, bool)> {
        let chosen = self.chosen.iter().find(|chosen| chosen.setting.key == key)?;
        Some((&chosen.value, chosen.origin == Origin::Flag))
    }

    /// The checked base URL.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn base_url(&self) -> Result<BaseUrl, Report> {
        self.parse_url(&self.url)
    }

    /// Any base URL, checked as the configured one is.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn parse_url(&self, url: &str) -> Result<BaseUrl, Report> {
        BaseUrl::parse(url, self.allow_remote).map_err(|error| {
            let report = Report::error(error.to_string());
            match error.help() {
                Some(help) => report.help(help),
                None => report,
            }
        })
    }
}

fn choose(setting: &'static Setting, flags: &Flags, env: &Env, file: &ConfigFile) -> Chosen {
    let chosen = |value: String, origin: Origin| Chosen { setting, value, origin, place: None };
    if let Some(value) = (setting.flag)(flags) {
        return chosen(value, Origin::Flag);
    }
    if let Some(value) = env.vars.get(&setting.variable()).filter(|value| !value.is_empty()) {
        return chosen(value.clone(), Origin::Environment);
    }
    match file.value_of(setting.key) {
        Some(value) => Chosen { place: file.place_of(setting.key), ..chosen(value, Origin::File) },
        None => chosen(setting.default.to_owned(), Origin::Default),
    }
}

fn file_path(flags: &Flags, env: &Env) -> Option<PathBuf> {
    let named = flags.config.clone().or_else(|| env.vars.get("IXSCRIPT_CONFIG").cloned());
    match named.filter(|path| !path.is_empty()) {
        Some(path) => Some(path.into()),
        None => {
            Some(etcetera::choose_base_strategy().ok()?.config_dir().join("ixscript").join("config.toml"))
        }
    }
}

/// Beside the config file, where nothing else is said.
fn recipes_folder(file: Option<&Path>, env: &Env) -> Option<PathBuf> {
    match env.vars.get("IXSCRIPT_RECIPES").filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(env.folder.join(folder)),
        None => Some(env.folder.join(file?).parent()?.join("recipes")),
    }
}

fn state_folder(env: &Env) -> Option<PathBuf> {
    if let Some(folder) = env.vars.get("IXSCRIPT_STATE").filter(|folder| !folder.is_empty()) {
        return Some(env.folder.join(folder));
    }
    let places = etcetera::choose_base_strategy().ok()?;
    // Windows has no folder of that name.
    Some(places.state_dir().unwrap_or_else(|| places.data_dir()).join("ixscript"))
}

/// `5/s`, `100/m`, `1000/h`; `off` is no rate.
pub(super) fn interval(value: &str) -> Result<Duration, String> {
    let trimmed = value.trim();
    if trimmed == "off" {
        return Ok(Duration::ZERO);
    }
    let wrong = || {
        let shown = text::one_line(&text::cut(trimmed, 40)).into_owned();
        format!("`{shown}` is no rate; write it like 5/s, 100/m or 1000/h, or off")
    };
    let (count, unit) = trimmed.split_once('/').ok_or_else(wrong)?;
    let count: f64 = count.trim().parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    // A rate of 0 would never send anything.
    let is_useful = count.is_finite() && count > 0.0;
    let interval = Duration::try_from_secs_f64(seconds / count).map_err(|_| wrong())?;
    if is_useful { Ok(interval) } else { Err(wrong()) }
}

fn positive_duration(value: &str) -> Result<Duration, String> {
    match text::parse_duration(value)? {
        // ureq reads 0 as "at once".
        Duration::ZERO => Err("0 is too short; write it like `500ms`, `30s` or `2m`".to_owned()),
        duration if duration > Duration::from_secs(86_400) => Err("a day is the longest".to_owned()),
        duration => Ok(duration),
    }
}

/// A whole number from `least` to `most`.
pub(super) fn whole_number<T: std::str::FromStr + PartialOrd + Copy + std::fmt::Display>(
    value: &str,
    least: T,
    most: T,
) -> Result<T, String> {
    let wrong = || {
        let shown = text::one_line(&text::cut(value, 40)).into_owned();
        format!("`{shown}` is not a whole number from {least} to {most}")
    };
    let number: T = value.trim().parse().map_err(|_| wrong())?;
    if number < least || number > most { Err(wrong()) } else { Ok(number) }
}

fn boolean(value: &str) -> Result<bool, String> {
    match value.trim() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(format!("`{}` is neither true nor false", text::one_line(&text::cut(other, 40)))),
    }
}

pub(super) fn color(value: &str) -> Result<Color, String> {
    match value.trim() {
        "auto" => Ok(Color::Auto),
        "always" => Ok(Color::Always),
        "never" => Ok(Color::Never),
        other => {
            let suggestion = text::did_you_mean(other, ["auto", "always", "never"]);
            let shown = text::one_line(&text::cut(other, 40)).into_owned();
            Err(format!("`{shown}` is none of auto, always and never{suggestion}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_a_flag_tells_its_default_and_variable() {
        let command = <crate::cli::args::Arguments as clap::CommandFactory>::command();
        for setting in SETTINGS.iter().filter(|setting| setting.key != "allow_remote") {
            let flag = command.get_arguments().find(|argument| argument.get_id() == setting.key);
            let help = flag.and_then(clap::Arg::get_help).unwrap().to_string();
            assert!(help.contains(&format!("[default: {}]", setting.default)), "{help}");
            assert!(help.contains(&format!("[env: {}", setting.variable())), "{help}");
        }
    }

    #[test]
    fn rates_are_read() {
        assert_eq!(interval("off"), Ok(Duration::ZERO));
        assert_eq!(interval("5/s"), Ok(Duration::from_millis(200)));
        assert_eq!(interval(" 120 / m "), Ok(Duration::from_millis(500)));
        for wrong in ["5", "0/s", "-1/s", "5/week", "/s", "nan/s", "1e-300/h", ""] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
