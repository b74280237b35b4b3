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
use crate::script::header::{self, Header};
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
    refuse_header(&source)?;
    let input = run::only_table(app)?;
    let connection = connection::open(app, None, recording::begin(app, "eval", &source.name, || None)?)?;
    run::execute(app, &connection, &source, Some(app.folder.as_path()).into(), input, Prints::Always)
}

/// What code says of itself would have no effect here, and is not passed over.
fn refuse_header(source: &Arc<Source>) -> std::result::Result<(), Report> {
    let header = header::parse(&source.text).map_err(|error| error.report(source))?;
    // Prose is a comment.
    if header == (Header { about: header.about.clone(), ..Header::default() }) {
        return Ok(());
    }
    Err(Report::error(format!("{} has a header, which `eval` does not read", source.name))
        .help("Run it as a recipe: `ixscript run FILE`, or `ixscript run -` for standard input."))
}
