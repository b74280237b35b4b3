//! `ixscript sim`: the simulator on its own, and what `--sim` starts beside a command.
//!
//! Not here: the simulator.

use super::Result;
use crate::base::report::{Report, Source};
use crate::base::text;
use crate::cli::app::App;
use crate::cli::args;
use crate::cli::exit::Exit;
use crate::script::header::SimSetup;
use crate::sim::{self, CopyGroup, FullGroup, NameFilter, NameForm, Reopen, SecondCode, Simulator};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// What the simulator is told. `--sim=OPTIONS` takes the same, without the dashes.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct SimArgs {
    /// The port on 127.0.0.1; 0 picks a free one [default: 53200]
    #[arg(long, value_name = "PORT")]
    pub(in crate::cli) port: Option<u16>,
    /// How long every reply takes, as in 20ms [default: 0ms]
    #[arg(long, value_name = "DURATION")]
    pub(in crate::cli) latency: Option<String>,
    /// Make calls fail in one of the ways below; may be given more than once
    #[arg(long = "fault", value_name = "FAULT")]
    pub(in crate::cli) faults: Vec<String>,
    /// What random choices are derived from [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) seed: Option<u64>,
    /// Made-up profiles besides the documented ones [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) profiles: Option<u32>,
    /// Also have the profiles, groups, tags and proxies that the other pages' examples name
    #[arg(long)]
    pub(in crate::cli) examples: bool,
    /// The account's login password [default: 123456]
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) password: Option<String>,
    /// Not documented: the largest page of a list [default: 100]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) page_limit: Option<u32>,
    /// Not documented: a transfer code can be imported again
    #[arg(long)]
    pub(in crate::cli) reusable_codes: bool,
    /// Not documented: an account can import the codes it made itself
    #[arg(long)]
    pub(in crate::cli) own_codes: bool,
    /// Not documented: two profiles cannot have the same name
    #[arg(long)]
    pub(in crate::cli) unique_names: bool,
    /// Not documented: how names are filtered [default: contains]
    #[arg(long, value_name = "HOW", value_parser = one_of(NAME_FILTERS))]
    pub(in crate::cli) name_filter: Option<NameFilter>,
    /// Not documented: the group of a copy that is given none [default: default]
    #[arg(long, value_name = "WHICH", value_parser = one_of(COPY_GROUPS))]
    pub(in crate::cli) copy_group: Option<CopyGroup>,
    /// Not documented: what a second transfer code does to the first of a profile [default: replaces]
    #[arg(long, value_name = "WHAT", value_parser = one_of(SECOND_CODES))]
    pub(in crate::cli) second_code: Option<SecondCode>,
    /// Not documented: what opening an open profile again does [default: refused]
    #[arg(long, value_name = "WHAT", value_parser = one_of(REOPENS))]
    pub(in crate::cli) reopen: Option<Reopen>,
    /// Profiles created a day before code 1017 [default: no limit]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) quota_create: Option<u32>,
    /// Copies a day before code 1019 [default: no limit]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) quota_copy: Option<u32>,
    /// Openings of profiles a day before code 1018 [default: no limit]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) quota_open: Option<u32>,
    /// Calls a second before code 1010 [default: no limit]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) pace: Option<u32>,
    /// Not documented: what deleting a group with profiles does [default: empties]
    #[arg(long, value_name = "WHAT", value_parser = one_of(FULL_GROUPS))]
    pub(in crate::cli) full_group: Option<FullGroup>,
    /// Not documented: how names of profiles and groups are altered; alone it cuts them to 20 characters [default: as-given]
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "cut", value_parser = one_of(NAME_FORMS))]
    pub(in crate::cli) alter_names: Option<NameForm>,
    /// Not documented: the most rows a list gives on all its pages together; its total stays true [default: all]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) short_list: Option<u32>,
    /// Not documented: the id of a deleted profile or group is given again
    #[arg(long)]
    pub(in crate::cli) ids_again: bool,
    /// The share of calls, 0 to 1, before which a colleague creates, renames, moves or deletes a profile [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(in crate::cli) others: Option<f64>,
}

const DEFAULT_PORT: u16 = 53200;

pub(super) const NAME_FILTERS: &[(&str, NameFilter)] =
    &[("contains", NameFilter::Contains), ("exact", NameFilter::Exact), ("prefix", NameFilter::Prefix)];
pub(super) const COPY_GROUPS: &[(&str, CopyGroup)] =
    &[("default", CopyGroup::Default), ("source", CopyGroup::Source)];
const SECOND_CODES: &[(&str, SecondCode)] =
    &[("replaces", SecondCode::Replaces), ("joins", SecondCode::Joins), ("repeats", SecondCode::Repeats)];

pub(super) const FULL_GROUPS: &[(&str, FullGroup)] =
    &[("empties", FullGroup::Empties), ("stays", FullGroup::Stays)];

pub(super) const NAME_FORMS: &[(&str, NameForm)] = &[
    ("as-given", NameForm::AsGiven),
    ("cut", NameForm::Cut),
    ("trim", NameForm::Trim),
    ("lower", NameForm::Lower),
    ("compose", NameForm::Compose),
    ("escape", NameForm::Escape),
    ("slash", NameForm::Slash),
];

const REOPENS: &[(&str, Reopen)] =
    &[("refused", Reopen::Refused), ("fails", Reopen::Fails), ("repeats", Reopen::Repeats)];

/// A choice between these words.
pub(in crate::cli) fn one_of<T: Copy + Send + Sync + 'static>(
    choices: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let names = choices.iter().map(|(name, _)| *name);
    PossibleValuesParser::new(names).try_map(|given| {
        choices.iter().find(|(name, _)| *name == given).map(|(_, choice)| *choice).ok_or("is none of these")
    })
}

/// A share from 0 to 1.
fn share(given: &str) -> std::result::Result<f64, String> {
    let share = given.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 to 1, such as 0.1".to_owned())
}

/// The fault grammar with every kind, for `--help`.
pub(in crate::cli) fn faults_help() -> String {
    let mut help = "Faults: KIND[=DURATION][@ACTION][:every=N|nth=N|first=N|rate=R]\n".to_owned();
    for kind in sim::KINDS {
        // Writing to a string cannot fail.
        let _ = writeln!(help, "  {:<16} {}", kind.name, kind.about);
    }
    help.push_str(
        "\nACTION is an action or a function; left out, the fault is for every call. every=3 means every third call, nth=3 \
         only the third, first=3 the first three, rate=0.1 one in ten by chance, the same for the same --seed.\n\n\
         Examples:\n  ixscript sim --fault 1010:every=5\n  ixscript sim --fault drop-after@copy_profile:nth=2 --latency 20ms",
    );
    help
}

/// Runs it until Ctrl-C.
pub(in crate::cli) fn run(app: &App, args: &SimArgs) -> Result {
    let log = {
        let printer = Arc::clone(&app.printer);
        let log: sim::Log = Arc::new(move |served| printer.info(&served.to_string()));
        log
    };
    let mut settings = decide(args, app)?;
    settings.port = args.port.unwrap_or(DEFAULT_PORT);
    settings.log = Some(log);
    let simulator = start(settings)?;
    app.printer.out(simulator.url());
    app.printer.flush();
    app.printer.info("This is a simulator, not ixBrowser. Ctrl-C ends it.");
    // Until interrupted, however long that takes.
    app.cancel.begin();
    while app.cancel.sleep(Duration::from_secs(3600)).is_ok() {}
    simulator.stop();
    Ok(Exit::DONE)
}
/// Starts the simulator for one command, on a free port.
pub(in crate::cli) fn embedded(options: &str, app: &App) -> std::result::Result<Simulator, Report> {
    start(decide(&words(options, "--sim")?, app)?)
}

/// How to start the simulator that a test's header wants.
pub(in crate::cli) fn of_test(
    setup: &SimSetup,
    source: &Arc<Source>,
    app: &App,
) -> std::result::Result<sim::Config, Report> {
    let options = setup.options.as_ref();
    let config =
        words(options.map_or("", |options| &options.text), "options").and_then(|args| decide(&args, app));
    let mut config = config.map_err(|report| match options {
        Some(options) => options.blame(report, source),
        None => report,
    })?;
    for fault in &setup.faults {
        config.faults.push(read_fault(&fault.text, "faults").map_err(|report| fault.blame(report, source))?);
    }
    Ok(config)
}

/// Options joined by commas.
fn words(options: &str, given_as: &str) -> std::result::Result<SimArgs, Report> {
    let words =
        options.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| format!("--{word}"));
    let args = Embedded::try_parse_from(std::iter::once("--sim".to_owned()).chain(words)).map_err(|error| {
        let first = error.to_string();
        let first = first.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let named = |kind| match error.get(kind) {
            Some(ContextValue::String(name)) => Some(name.trim_start_matches('-').to_owned()),
            _ => None,
        };
        let unknown = named(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument);
        let first = match unknown {
            Some(option) => {
                let near = named(ContextKind::SuggestedArg);
                let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
                format!("`{option}` is no option of the simulator{near}")
            }
            None => args::in_plain_words(first),
        };
        Report::error(format!("{given_as}: {}", text::one_line(&first)))
            .help("Options are joined by commas, as in own-codes,profiles=50; `ixscript sim --help` lists them.")
    })?;
    if args.sim.port.is_some() {
        return Err(Report::error(format!("{given_as}: the embedded simulator picks its port itself"))
            .help("Start `ixscript sim --port PORT` on its own, and use it with --url."));
    }
    Ok(args.sim)
}

fn read_fault(fault: &str, given_as: &str) -> std::result::Result<sim::Fault, Report> {
    fault.parse().map_err(|problem: sim::FaultError| {
        Report::error(format!("{given_as}: {problem}")).help("`ixscript sim --help` lists the kinds.")
    })
}

#[derive(Debug, Parser)]
#[command(name = "--sim", disable_help_flag = true)]
struct Embedded {
    #[command(flatten)]
    sim: SimArgs,
}

fn decide(args: &SimArgs, app: &App) -> std::result::Result<sim::Config, Report> {
    let wrong = |option: &str, problem: String| Report::error(format!("--{option}: {problem}"));
    let latency = args.latency.as_deref().map(text::parse_duration).transpose();
    let faults = args
        .faults
        .iter()
        .map(|fault| read_fault(fault, "--fault"))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let defaults = sim::Options::default();
    let seed = args.seed.unwrap_or(defaults.seed);
    let options = sim::Options {
        examples: args.examples,
        reusable_codes: args.reusable_codes,
        own_codes: args.own_codes,
        unique_names: args.unique_names,
        page_limit: args.page_limit.map_or(defaults.page_limit, |limit| limit as usize),
        profiles: args.profiles.map_or(defaults.profiles, |profiles| profiles as usize),
        password: args.password.clone().unwrap_or(defaults.password),
        name_filter: args.name_filter.unwrap_or_default(),
        copy_group: args.copy_group.unwrap_or_default(),
        second_code: args.second_code.unwrap_or_default(),
        full_group: args.full_group.unwrap_or_default(),
        reopen: args.reopen.unwrap_or_default(),
        quota_create: args.quota_create,
        quota_copy: args.quota_copy,
        quota_open: args.quota_open,
        pace: args.pace,
        name_form: args.alter_names.unwrap_or_default(),
        short_list: args.short_list.map(|rows| rows as usize),
        ids_again: args.ids_again,
        others: args.others.unwrap_or(defaults.others),
        seed,
    };
    Ok(sim::Config {
        port: 0,
        latency: latency.map_err(|problem| wrong("latency", problem))?.unwrap_or_default(),
        faults,
        seed,
        options,
        clock: app.clock,
        ..sim::Config::default()
    })
}

pub(in crate::cli) fn start(config: sim::Config) -> std::result::Result<Simulator, Report> {
    Simulator::start(config).map_err(|error| Report::error(error.to_string()))
}
