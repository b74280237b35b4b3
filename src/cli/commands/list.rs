//! `ixscript list`: the recipes that can be run by name, and those of other folders, with what they do.
//!
//! Not here: finding one to run it, which is `recipes`.

use super::Result;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recipes::{self, BUILT_IN, FOLDER};
use crate::script::header;
use crate::script::source;
use crate::ui::{Format, value};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Lists the recipes of the folders, of `scripts` here, the user's own, and those that come with the program.
pub(in crate::cli) fn run(app: &App, folders: &[PathBuf]) -> Result {
    let mut rows: Vec<Value> = Vec::new();
    for path in folders.iter().map(PathBuf::as_path).chain([Path::new(FOLDER)]) {
        let whole = app.folder.join(path);
        let files = match recipes::files(&whole) {
            _ if whole.is_file() => vec![path.to_path_buf()],
            _ if path != Path::new(FOLDER) && !whole.is_dir() => return Err(no_folder(path)),
            names => names.iter().map(|name| path.join(name)).collect(),
        };
        for file in files {
            let about = about_file(&app.folder.join(&file));
            rows.push(json!({ "recipe": text::path(&file), "about": about }));
        }
    }
    // What runs by name is listed by name, unless another one goes first.
    let is_in = |folder: &Path, name: &str| folder.join(format!("{name}.rhai")).is_file();
    let is_here = |name: &str| is_in(&app.folder.join(FOLDER), name);
    let own = app.config.recipes.as_deref();
    for file in own.map(recipes::files).unwrap_or_default() {
        let name = file.trim_end_matches(".rhai");
        if let (Some(own), false) = (own, is_here(name)) {
            rows.push(json!({ "recipe": name, "about": about_file(&own.join(&file)) }));
        }
    }
    let is_taken = |name: &str| is_here(name) || own.is_some_and(|own| is_in(own, name));
    let built_in = BUILT_IN.iter().filter(|(name, _)| !is_taken(name));
    rows.extend(built_in.map(|(name, text)| json!({ "recipe": name, "about": about(text) })));
    let format = if app.config.format == Format::Text { Format::Table } else { app.config.format };
    app.printer.out_raw(&value(&Value::Array(rows), format, app.printer.out_style()));
    Ok(Exit::DONE)
}

fn no_folder(path: &Path) -> Report {
    let shown = text::one_line(&text::path(path)).into_owned();
    Report::error(format!("there is no folder {shown}")).help(
        "`ixscript list` without a folder shows what runs by name; `ixscript show NAME` shows one recipe.",
    )
}

fn about_file(path: &Path) -> String {
    let text = source::read(path).ok().and_then(|bytes| source::clean(bytes).ok());
    text.map_or("cannot be read".to_owned(), |text| about(&text))
}

fn about(text: &str) -> String {
    match header::parse(text) {
        Ok(header) => header.about.unwrap_or_default(),
        Err(error) => format!("its header is wrong: {error}"),
    }
}
