//! `ixscript functions`: the reference of what scripts can call.
//!
//! Not here: the facts (`script::reference`) and their look (`ui::reference`).

use super::Result;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::script::reference::{self, Entry};
use crate::ui::Format;
use crate::ui::reference as page;
use serde_json::{Value, json};

/// Lists all functions, or shows one in full.
pub(in crate::cli) fn run(app: &App, name: Option<&str>) -> Result {
    let entries = reference::entries_with_tests();
    match (name, app.config.format) {
        (None, Format::Text) => app.printer.out_raw(&page::list(&entries)),
        (None, Format::Markdown) => app.printer.out_raw(&page::markdown(&entries)),
        (None, Format::Table | Format::Csv) => {
            let rows = entries.iter().map(|entry| {
                json!({ "function": entry.name, "effect": entry.effect, "returns": entry.returns, "about": entry.about })
            });
            app.print_value(&Value::Array(rows.collect()));
        }
        (None, _) => app.print_value(&Value::Array(entries.iter().map(as_json).collect())),
        (Some(name), format) => {
            let entry =
                entries.iter().find(|entry| entry.name == name).ok_or_else(|| unknown(name, &entries))?;
            match format {
                Format::Text => app.printer.out_raw(&page::page(entry, app.printer.out_style())),
                Format::Markdown => app.printer.out_raw(&page::markdown(std::slice::from_ref(entry))),
                _ => app.print_value(&as_json(entry)),
            }
        }
    }
    Ok(Exit::DONE)
}

/// Entries are plain data; there is nothing in them that JSON could not hold.
fn as_json(entry: &Entry) -> Value {
    serde_json::to_value(entry).unwrap_or_default()
}

fn unknown(name: &str, entries: &[Entry]) -> Report {
    let shown = text::one_line(&text::cut(name, 60)).into_owned();
    let suggestion = text::did_you_mean(name, entries.iter().map(|entry| entry.name));
    Report::error(format!("there is no function `{shown}`{suggestion}"))
        .help("`ixscript functions` lists them.")
}
