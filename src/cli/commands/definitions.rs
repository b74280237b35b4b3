//! `ixscript definitions`: a `.d.rhai` file from which editors learn the functions.
//!
//! Not here: the facts, which are `script::reference`, and their look, which is `ui::reference`.

use super::Result;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::script::reference;
use crate::ui::reference as page;
use std::path::Path;

const FILE: &str = "ixscript.d.rhai";

/// Writes it into `folder`.
pub(in crate::cli) fn run(app: &App, folder: &Path) -> Result {
    let folder = app.folder.join(folder);
    let file = folder.join(FILE);
    let text = page::definitions(&reference::entries_with_tests());
    std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, text)).map_err(|error| {
        Report::error(format!("{} cannot be written: {}", text::path(&file), text::reason(&error)))
    })?;
    app.printer.info(&format!("wrote {}", text::path(&file)));
    Ok(Exit::DONE)
}
