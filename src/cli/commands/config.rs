//! `ixscript config`: every setting, its value, and where the value comes from.
//!
//! Not here: deciding them.

use super::Result;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::ui::Format;
use serde_json::{Value, json};

/// Shows them.
pub(in crate::cli) fn run(app: &App) -> Result {
    let file = app.config.file.as_ref().map(|file| app.folder.join(file));
    let rows = app.config.chosen.iter().map(|chosen| {
        json!({
            "setting": chosen.setting.key,
            "value": chosen.value,
            "from": chosen.origin(),
            "about": chosen.setting.about,
        })
    });
    let rows: Vec<Value> = rows.collect();
    if app.config.format != Format::Text {
        app.print_value(&Value::Array(rows));
        return Ok(Exit::DONE);
    }
    match &file {
        Some(file) => {
            let missing = if file.exists() { "" } else { " (not there)" };
            app.printer.out(&format!("Config file: {}{missing}", text::path(file)));
        }
        None => app.printer.out("Config file: this system has no folder for one; use --config"),
    }
    if let Some(recipes) = &app.config.recipes {
        app.printer.out(&format!("Own recipes: {}", text::path(recipes)));
    }
    app.printer.out("");
    app.printer.out_raw(&crate::ui::value(&Value::Array(rows), Format::Table, app.printer.out_style()));
    Ok(Exit::DONE)
}
