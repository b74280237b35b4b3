//! `ixscript check`: everything that can be found wrong with recipes and what they import, without running them.
//!
//! Not here: finding it.

use super::{Result, sim};
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recipes;
use crate::script::header::{self, Header};
use crate::ui::{self, Format};
use serde_json::{Value, json};
use std::path::Path;

/// Checks each file. For people problems are told on stderr; in a format for programs all is a result on stdout.
pub(in crate::cli) fn run(app: &App, files: &[String]) -> Result {
    let mut exit = Exit::DONE;
    let mut rows = Vec::new();
    for file in files.iter().flat_map(|file| expand(app, file)) {
        let checked = check(app, &file);
        if !checked.is_ok() {
            exit = Exit::USAGE;
        }
        match app.config.format {
            Format::Text => tell(app, &file, &checked),
            _ => rows.push(row(&file, &checked)),
        }
    }
    if app.config.format != Format::Text {
        app.print_value(&Value::Array(rows));
    }
    Ok(exit)
}

/// What was found out about a file.
#[derive(Default)]
struct Checked {
    problems: Vec<Report>,
    /// What its text calls, if it could be read: function and effect.
    calls: Vec<(&'static str, &'static str)>,
    is_declared: bool,
}

impl Checked {
    fn is_ok(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity != Severity::Error)
    }
}

fn check(app: &App, file: &str) -> Checked {
    let loaded = match recipes::load(app, Path::new(file)) {
        Ok(loaded) => loaded,
        Err(report) => return Checked { problems: vec![report], ..Checked::default() },
    };
    let mut problems = Vec::new();
    let header = header::of(&loaded.source).unwrap_or_else(|error| {
        problems.push(error.report(&loaded.source));
        Header::default()
    });
    problems.extend(sim::of_test(&header.sim, &loaded.source, app).err());
    let bundle = loaded.bundle(app, &header);
    problems.extend(bundle.problems.iter().cloned());
    let calls = bundle.calls(&header).into_iter();
    let calls = calls.map(|endpoint| (endpoint.function, endpoint.effect.word())).collect();
    Checked { problems, calls, is_declared: header.needs.is_some() }
}

fn tell(app: &App, file: &str, checked: &Checked) {
    checked.problems.iter().for_each(|problem| app.report(problem));
    if !checked.is_ok() {
        return;
    }
    app.printer.info(&format!("{}: ok", text::one_line(file)));
    if !checked.is_declared && !checked.calls.is_empty() && !crate::script::testing::is_test(file) {
        let calls: Vec<String> =
            checked.calls.iter().map(|(name, effect)| format!("{name} ({effect})")).collect();
        let names: Vec<String> = checked.calls.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        app.printer.info(&format!("  it calls {}; this line at its top holds it to that:", calls.join(", ")));
        app.printer.info(&format!("  //! needs = [{}]", names.join(", ")));
    }
}

fn row(file: &str, checked: &Checked) -> Value {
    let calls = checked.calls.iter().map(|(name, effect)| json!({ "function": name, "effect": effect }));
    json!({
        "file": file,
        "ok": checked.is_ok(),
        "needs": calls.collect::<Vec<_>>(),
        "needs_from": if checked.is_declared { "header" } else { "code" },
        "problems": checked.problems.iter().map(ui::report_json).collect::<Vec<_>>(),
    })
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
