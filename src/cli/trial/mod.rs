//! One test of a recipe: its own simulator, its own session, and what came of it.
//!
//! Not here: finding tests (`commands::test`), and how results look (`results`).

mod bench;
pub(super) mod results;

use super::app::{App, ScriptConsole};
use super::config::{Color, Config};
use super::connection;
use super::env::{Env, Terminals};
use super::params::Typed;
use crate::base::cancel::Cancel;
use crate::base::clock::Clock;
use crate::base::report::{Report, Source};
use crate::calls::Permits;
use crate::script::{Ending, Host, Input, Session, on_script_stack, testing};
use crate::sim::{self, Simulator};
use crate::ui::{Format, Verbosity};
use bench::Bench;
use serde_json::Map;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A test that was run.
pub(super) struct Trial {
    /// The test's file.
    pub(super) file: String,
    /// The test's function; nothing for a file that is one test.
    pub(super) function: Option<String>,
    /// Why it failed; nothing if it passed.
    pub(super) problems: Vec<Report>,
    /// What it printed and logged.
    pub(super) output: String,
    /// How long it took.
    pub(super) took: Duration,
    /// Whether Ctrl-C ended it.
    pub(super) is_interrupted: bool,
}

impl Trial {
    /// A test that could not even begin.
    pub(super) fn not_begun(file: &str, problems: Vec<Report>) -> Self {
        let (output, took) = (String::new(), Duration::ZERO);
        Self { file: file.to_owned(), function: None, problems, output, took, is_interrupted: false }
    }

    pub(super) fn has_passed(&self) -> bool {
        self.problems.is_empty() && !self.is_interrupted
    }

    /// The function's name, or that of the whole.
    pub(super) fn name(&self) -> &str {
        self.function.as_deref().unwrap_or("the whole file")
    }
}

/// Runs one test of the file.
pub(super) fn run(
    app: &App,
    source: &Arc<Source>,
    folder: &Path,
    function: Option<&str>,
    setup: &sim::Config,
) -> Trial {
    let started = Instant::now();
    let (problems, output, is_interrupted) = match attempt(app, source, folder, function, setup) {
        Ok(Attempt { problems, output, is_interrupted }) => (problems, output, is_interrupted),
        Err(report) => (vec![report], String::new(), false),
    };
    Trial {
        file: source.name.clone(),
        function: function.map(str::to_owned),
        problems,
        output,
        took: started.elapsed(),
        is_interrupted,
    }
}

struct Attempt {
    problems: Vec<Report>,
    output: String,
    is_interrupted: bool,
}

fn attempt(
    app: &App,
    source: &Arc<Source>,
    folder: &Path,
    function: Option<&str>,
    setup: &sim::Config,
) -> Result<Attempt, Report> {
    let simulator = Simulator::start(setup.clone()).map_err(|error| Report::error(error.to_string()))?;
    let place = Place {
        simulator: Arc::new(simulator),
        // Nothing of what the simulator has is worth keeping.
        config: Config { allow_destructive: true, ..quiet(&app.config) },
        folder: folder.to_path_buf(),
        cancel: app.cancel.clone(),
        clock: app.clock,
        give_up: app.give_up,
    };
    let written = Written::default();
    let inner = place.app(place.config.clone(), &written, &written);
    let connection = connection::open(&inner, None, None)?;
    let console = Arc::new(ScriptConsole::of(&inner));
    let (params, args, secrets) = (Map::new(), Vec::new(), Vec::new());
    let input =
        Input { params, args, secrets, table: None, key: None, output: None, jobs: place.config.jobs };
    let calls = Arc::clone(&connection.calls);
    let host = Host::new(calls, console, inner.cancel.clone(), inner.clock, inner.config.limits, input);
    let bench: Arc<dyn testing::Bench> = Arc::new(Bench::new(place));
    let ending = on_script_stack(host.limits(), || {
        let mut session = Session::for_test(Arc::clone(&host), Some(folder), &bench);
        match function {
            Some(function) => session.run_and_call(source, function),
            None => session.run(source),
        }
    });
    inner.printer.flush();
    let is_interrupted = matches!(ending, Some(Ending::Interrupted(_)));
    let mut problems = problems(ending);
    if problems.is_empty() && host.failures() > 0 {
        problems.push(Report::error("the test called `fail`").note("what it said is in its output"));
    }
    Ok(Attempt { problems, output: written.text(), is_interrupted })
}

/// Why an end is a failure.
fn problems(ending: Option<Ending>) -> Vec<Report> {
    match ending {
        None => vec![
            Report::error("ixscript failed inside")
                .help("This is a bug in ixscript; please report it with the test."),
        ],
        Some(Ending::Finished(_)) => Vec::new(),
        Some(Ending::Exited(code)) => {
            vec![Report::error(format!("the test called `exit({code})` before its end")).help(
                "What stands behind it was not tested; a recipe's own exit code is that of `run_recipe`.",
            )]
        }
        Some(Ending::Refused(reports)) => reports,
        Some(Ending::Failed { report, .. } | Ending::Stopped(report) | Ending::Interrupted(report)) => {
            vec![report]
        }
    }
}

/// Settings for what is captured: nothing of this run's own input and output.
fn quiet(config: &Config) -> Config {
    Config {
        sim: Some(String::new()),
        params: None,
        permits: Permits::default(),
        input: None,
        output: None,
        format: Format::Text,
        format_is_asked_for: false,
        color: Color::Never,
        verbosity: Verbosity::Normal,
        is_dry: false,
        records: false,
        time_limit: None,
        first: None,
        confirm: false,
        yes: true,
        allow_destructive: false,
        max_writes: None,
        interval: Duration::ZERO,
        ..config.clone()
    }
}

/// Where a test and the recipes it runs take place.
struct Place {
    simulator: Arc<Simulator>,
    config: Config,
    folder: PathBuf,
    cancel: Cancel,
    clock: Clock,
    give_up: fn(&str, u8),
}

impl Place {
    /// The program anew, on the test's simulator, with its words kept.
    fn app(&self, config: Config, stdout: &Written, stderr: &Written) -> App {
        let env = Env {
            vars: BTreeMap::new(),
            folder: self.folder.clone(),
            stdin: Box::new(io::empty()),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            terminals: Terminals::default(),
            width: 100,
            cancel: self.cancel.clone(),
            clock: self.clock,
            give_up: self.give_up,
        };
        App::new(config, env, Typed::default()).on(Arc::clone(&self.simulator))
    }
}

/// What was written to a stream.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
