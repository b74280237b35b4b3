//! `ixscript eval`: a line of script from the command line; its value is printed.
//!
//! Not here: running it, which it shares with `run`.

use super::run::Prints;
use super::{Result, run};
use crate::base::report::{Report, Source};
use crate::cli::app::App;
use crate::cli::connection;
use crate::cli::recipes;
use crate::cli::recording;
use crate::script::header;
use crate::script::source;
use std::path::Path;
use std::sync::Arc;

/// Runs the code; `-` is standard input. Imports start from the working folder.
pub(in crate::cli) fn run(app: &App, code: &str) -> Result {
    let source = match code {
        "-" => recipes::load(app, Path::new("-"))?.source,
        code => {
            let text =
                source::clean(code.as_bytes().to_vec()).map_err(|error| Report::error(error.to_string()))?;
            Arc::new(Source { name: "<eval>".into(), text })
        }
    };
    header::refuse(
        &source,
        "Run it as a recipe: `ixscript run FILE`, or `ixscript run -` for standard input.",
    )?;
    let input = run::only_table(app)?;
    let connection = connection::open(app, None, recording::begin(app, "eval", &source.name, || None)?)?;
    run::execute(app, &connection, &source, Some(app.folder.as_path()).into(), input, Prints::Always)
}
