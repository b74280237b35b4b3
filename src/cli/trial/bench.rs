//! Runs the recipe that a test asks for, as the command line would.
//!
//! Not here: the test itself.

use super::{Place, Written};
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::commands::run::{self, Prints};
use crate::cli::config::Config;
use crate::cli::connection;
use crate::cli::exit::Exit;
use crate::cli::params;
use crate::cli::recipes;
use crate::script::Input;
use crate::script::header;
use crate::script::input::Table;
use crate::script::output::{Kept, Output};
use crate::script::testing::{self, Order, Outcome};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Where recipes are run for one test.
pub(super) struct Bench(Place);

impl Bench {
    pub(super) fn new(place: Place) -> Self {
        Self(place)
    }
}

impl testing::Bench for Bench {
    fn run(&self, order: &Order) -> Result<Outcome, String> {
        let place = &self.0;
        let file = find(&place.folder, &order.recipe)?;
        let config = Config {
            is_dry: order.is_dry,
            allow_destructive: order.allow_destructive,
            max_writes: order.max_writes,
            jobs: order.jobs,
            ..place.config.clone()
        };
        let (stdout, stderr) = (Written::default(), Written::default());
        let app = place.app(config, &stdout, &stderr);
        let (output, kept) = Output::kept();
        let ended = execute(&app, &file, order, output);
        let exit = ended.unwrap_or_else(|report| {
            app.report(&report);
            Exit::USAGE
        });
        let exit = app.close(exit);
        let rows = rows(&kept);
        Ok(Outcome { exit: exit.0, stdout: stdout.text(), stderr: stderr.text(), rows })
    }
}

/// The recipe's path from the test's folder.
fn find(folder: &Path, recipe: &str) -> Result<PathBuf, String> {
    let file = testing::beside(folder, recipe).map_err(|problem| {
        let names = recipes::files(folder);
        let names = names.iter().filter_map(|name| name.strip_suffix(".rhai"));
        let wanted = recipe.trim_end_matches(".rhai");
        format!("{problem}{}", text::did_you_mean(wanted, names))
    })?;
    let root = folder.canonicalize().unwrap_or_default();
    Ok(file.strip_prefix(root).map(Path::to_path_buf).unwrap_or(file))
}

fn execute(app: &App, file: &Path, order: &Order, output: Output) -> Result<Exit, Report> {
    let loaded = recipes::load(app, file)?;
    let header = header::parse(&loaded.source.text).map_err(|error| error.report(&loaded.source))?;
    let Some(bundle) = loaded.checked(app, &header) else { return Ok(Exit::USAGE) };
    let given = params::read(app, &header, &order.words, &order.recipe, bundle.reads_words)?;
    let table = match &order.rows {
        None => run::read_table(app, app.config.input.as_deref(), &header)?,
        Some(rows) => {
            let rows = Value::Array(rows.clone()).to_string().into_bytes();
            let table = Table::of_json(rows, &header.columns);
            Some(table.map_err(|error| Report::error(format!("input: {error}")).note("nothing was done"))?)
        }
    };
    if let Some(table) = &table {
        run::check_columns(app, table, &header, &bundle)?;
    }
    let secrets = header::secrets(&header, &given.params);
    let output = Some(output.of(&header.output, &secrets));
    let input = Input {
        params: given.params,
        args: given.words,
        secrets,
        table,
        key: None,
        output,
        jobs: app.config.jobs,
    };
    let connection = connection::open(app, header.needs.clone(), None)?;
    run::execute(app, &connection, &loaded.source, (&bundle).into(), input, Prints::Never)
}

fn rows(kept: &Kept) -> Vec<Value> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().map(Value::Object).collect()
}
