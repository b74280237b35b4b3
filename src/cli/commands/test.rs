//! `ixscript test`: finds the tests beside recipes and runs each on a simulator of its own.
//!
//! Not here: one test (`trial`), and what tests can do (`script::testing`).

use super::{Result, sim};
use crate::base::report::{Report, Severity, Source};
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recipes::{self, FOLDER, Loaded};
use crate::cli::trial::results::{FORMS, Form, Results};
use crate::cli::trial::{self, Trial};
use crate::script::{examine, header, on_big_stack, testing};
use crate::sim as simulator;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to test, and how to tell of it.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct TestArgs {
    /// Tests, or folders of tests [default: ./scripts and this folder]
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Only tests with this text in their file or name
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) filter: Option<String>,
    /// How results are shown [default: pretty]
    #[arg(long, value_name = "FORM", value_parser = sim::one_of(FORMS))]
    pub(in crate::cli) report: Option<Form>,
}

/// Runs the tests and tells of each.
pub(in crate::cli) fn run(app: &App, args: &TestArgs) -> Result {
    let wanted = |file: &str, name: &str| {
        args.filter.as_ref().is_none_or(|filter| format!("{file}: {name}").contains(filter.as_str()))
    };
    let mut results = None;
    for file in find(app, &args.files)? {
        let prepared = prepare(app, &file);
        let named = match &prepared {
            Ok(prepared) => prepared.names(),
            Err(_) => vec![None],
        };
        let shown = text::path(file.strip_prefix(".").unwrap_or(&file));
        // What cannot be read may hold the tests that are wanted.
        let is_wanted = |name: &Option<&str>| prepared.is_err() || wanted(&shown, name.unwrap_or_default());
        for function in named.iter().filter(|name| is_wanted(name)) {
            let trial = match &prepared {
                Ok(Prepared { source, folder, setup, .. }) => {
                    trial::run(app, source, folder, *function, setup)
                }
                Err(reports) => Trial::not_begun(&shown, reports.clone()),
            };
            let is_interrupted = trial.is_interrupted;
            let results =
                results.get_or_insert_with(|| Results::new(args.report.unwrap_or_default(), &app.printer));
            results.add(trial);
            if is_interrupted {
                results.end();
                return Ok(Exit::INTERRUPTED);
            }
        }
    }
    let Some(results) = results else {
        let filter = args.filter.as_deref().unwrap_or_default();
        let shown = text::one_line(&text::cut(filter, 60)).into_owned();
        return Err(Report::error(format!("no test has `{shown}` in its name"))
            .help("`ixscript test` without --filter shows the names."));
    };
    results.end();
    Ok(if results.failed() > 0 { Exit::FAILED } else { Exit::DONE })
}

/// The tests that are meant, each once.
fn find(app: &App, given: &[PathBuf]) -> std::result::Result<Vec<PathBuf>, Report> {
    let mut found = Vec::new();
    if given.is_empty() {
        found.extend(in_folder(app, Path::new(FOLDER)));
        found.extend(in_folder(app, Path::new("")));
        if found.is_empty() {
            return Err(Report::error("there are no tests in ./scripts or here").help(
                "A test is a file beside its recipe, named like it: copy.test.rhai. `ixscript test --help` shows one.",
            ));
        }
    }
    for path in given {
        let shown = text::one_line(&text::path(path)).into_owned();
        let full = app.folder.join(path);
        if full.is_dir() {
            let tests = in_folder(app, path);
            if tests.is_empty() {
                return Err(Report::error(format!("there are no tests in {shown}"))
                    .help("A test is a file beside its recipe, named like it: copy.test.rhai."));
            }
            found.extend(tests);
        } else if full.exists() && !testing::is_test(&shown) {
            let report =
                Report::error(format!("{shown} is no test: the names of tests end in {}", testing::ENDING));
            let test = path.with_extension(testing::ENDING.trim_start_matches('.'));
            return Err(match app.folder.join(&test).is_file() {
                true => report.help(format!("Did you mean {}?", text::path(&test))),
                false => report,
            });
        } else if full.exists() {
            found.push(path.clone());
        } else {
            return Err(Report::error(format!("{shown} cannot be read: there is no such file")));
        }
    }
    found.dedup();
    Ok(found)
}

fn in_folder(app: &App, folder: &Path) -> Vec<PathBuf> {
    recipes::tests(&app.folder.join(folder)).into_iter().map(|name| folder.join(name)).collect()
}

/// A file of tests that can be run.
struct Prepared {
    source: Arc<Source>,
    folder: PathBuf,
    setup: simulator::Config,
    functions: Vec<String>,
}

impl Prepared {
    fn names(&self) -> Vec<Option<&str>> {
        match self.functions.as_slice() {
            [] => vec![None],
            functions => functions.iter().map(|name| Some(name.as_str())).collect(),
        }
    }
}

fn prepare(app: &App, file: &Path) -> std::result::Result<Prepared, Vec<Report>> {
    let Loaded { source, folder, .. } = recipes::load(app, file).map_err(|report| vec![report])?;
    let header = header::of(&source).map_err(|error| vec![error.report(&source)])?;
    let setup = sim::of_test(&header.sim, &source, app).map_err(|report| vec![report])?;
    let mut findings = on_big_stack(|| examine(&source, None)).unwrap_or_default();
    findings.retain(|finding| finding.severity == Severity::Error);
    if !findings.is_empty() {
        return Err(findings);
    }
    let functions = on_big_stack(|| testing::functions(&source));
    let functions = functions.unwrap_or_else(|| Err(Report::error("the test cannot be looked through")));
    let functions = functions.map_err(|report| vec![report])?;
    if functions.is_empty() && !on_big_stack(|| testing::asserts(&source)).unwrap_or_default() {
        let report = Report::error("there is no test in this file");
        return Err(vec![
            report.help("Each function named test_... is one; or let the file itself assert something."),
        ]);
    }
    Ok(Prepared { source, folder: folder.unwrap_or_else(|| app.folder.clone()), setup, functions })
}
