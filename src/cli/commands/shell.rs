//! `ixscript completions` and `ixscript man`: what shells and `man` want to know of the command line.
//!
//! Not here: the command line, from which both are derived.

use super::Result;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::args::Arguments;
use crate::cli::exit::Exit;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the completion script of a shell.
pub(in crate::cli) fn completions(app: &App, shell: Shell) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "ixscript", &mut script);
    print(app, &script)
}

/// Prints the manual page in roff.
pub(in crate::cli) fn man(app: &App) -> Result {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(|error| {
        Report::error(format!("the manual page cannot be made: {}", text::reason(&error)))
    })?;
    print(app, &page)
}

fn print(app: &App, text: &[u8]) -> Result {
    app.printer.out_raw(&String::from_utf8_lossy(text));
    Ok(Exit::DONE)
}
