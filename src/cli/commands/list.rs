//! `ixscript list`: the recipes that can be run by name, and those of other folders, with what they do.
//!
//! Not here: finding one to run it, which is `recipes`.

use super::Result;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recipes::{self, BUILT_IN, FOLDER};
use crate::script::header;
use crate::script::source;
use crate::ui::{Format, value};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Lists the recipes of the folders, of `scripts` here, and those that come with the program.
pub(in crate::cli) fn run(app: &App, folders: &[PathBuf]) -> Result {
    let folders = folders.iter().map(PathBuf::as_path).chain([Path::new(FOLDER)]);
    let mut rows: Vec<Value> = Vec::new();
    for folder in folders {
        for file in recipes::files(&app.folder.join(folder)) {
            let path = folder.join(&file);
            let bytes = std::fs::read(app.folder.join(&path)).ok();
            let text = bytes.and_then(|bytes| source::clean(bytes).ok());
            let about = text.map_or("cannot be read".to_owned(), |text| about(&text));
            rows.push(json!({ "recipe": path.display().to_string(), "about": about }));
        }
    }
    let is_here = |name: &str| app.folder.join(FOLDER).join(format!("{name}.rhai")).is_file();
    let built_in = BUILT_IN.iter().filter(|(name, _)| !is_here(name));
    rows.extend(built_in.map(|(name, text)| json!({ "recipe": name, "about": about(text) })));
    let format = if app.config.format == Format::Text { Format::Table } else { app.config.format };
    app.printer.out_raw(&value(&Value::Array(rows), format, app.printer.out_style()));
    Ok(Exit::DONE)
}

fn about(text: &str) -> String {
    match header::parse(text) {
        Ok(header) => header.about.unwrap_or_default(),
        Err(error) => format!("its header is wrong: {error}"),
    }
}
