//! `ixscript check`: everything that can be found wrong with recipes without running them.
//!
//! Not here: finding it.

use super::{Result, sim};
use crate::base::report::{Report, Severity};
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recipes;
use crate::script::{examine, header, on_big_stack};
use std::path::Path;

/// Checks each file and names those that are fine.
pub(in crate::cli) fn run(app: &App, files: &[String]) -> Result {
    let mut exit = Exit::DONE;
    for file in files.iter().flat_map(|file| expand(app, file)) {
        let problems = match recipes::load(app, Path::new(&file)) {
            Err(report) => vec![report],
            Ok((source, _)) => {
                let header = header::of(&source);
                let needs = header.as_ref().ok().and_then(|header| header.needs.as_deref());
                let in_header = header.as_ref().err().map(|error| error.report(&source));
                // Only an engine that panics leaves nothing.
                let in_script = on_big_stack(|| examine(&source, needs))
                    .unwrap_or_else(|| vec![Report::error(format!("{file} cannot be checked"))]);
                let sim =
                    header.as_ref().ok().and_then(|header| sim::of_test(&header.sim, &source, app).err());
                in_header.into_iter().chain(sim).chain(in_script).collect()
            }
        };
        problems.iter().for_each(|problem| app.report(problem));
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            exit = Exit::USAGE;
        } else {
            app.printer.info(&format!("{file}: ok"));
        }
    }
    Ok(exit)
}

/// A folder stands for the recipes and tests in it, by name; everything else for itself.
fn expand(app: &App, file: &str) -> Vec<String> {
    let folder = file.trim_end_matches(['/', '\\']);
    let inside = app.folder.join(file);
    let mut recipes = recipes::files(&inside);
    recipes.extend(recipes::tests(&inside));
    recipes.sort();
    if recipes.is_empty() {
        return vec![file.to_owned()];
    }
    recipes.into_iter().map(|recipe| format!("{folder}/{recipe}")).collect()
}
