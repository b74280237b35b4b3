//! `ixscript show`: what a recipe says of itself, what it calls, every file it can import, and one hash of it all.
//!
//! Not here: finding the files (`script::bundle`), and checking the recipe.

use super::Result;
use crate::api::Effect;
use crate::base::mask::MASK;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::recipes;
use crate::script::bundle::{self, Bundle};
use crate::script::header::{self, Header, Param, Pattern};
use crate::ui::{self, Format};
use serde_json::{Value, json};
use std::path::Path;

/// Shows one recipe. What does not parse is shown as far as it can be.
pub(in crate::cli) fn run(app: &App, recipe: &Path) -> Result {
    let loaded = recipes::load(app, recipe)?;
    let header = header::of(&loaded.source).map_err(|error| error.report(&loaded.source))?;
    let bundle = loaded.bundle(app, &header);
    match app.config.format {
        Format::Text => {
            app.printer.out_raw(&page(app, &header, &bundle));
            bundle.problems.iter().for_each(|problem| app.report(problem));
        }
        _ => app.print_value(&data(&header, &bundle)),
    }
    Ok(Exit::DONE)
}

/// Where it is known from what a recipe may call.
fn origin(header: &Header) -> &'static str {
    if header.needs.is_some() { "header" } else { "code" }
}

fn page(app: &App, header: &Header, bundle: &Bundle) -> String {
    let named = bundle.calls(header).into_iter();
    let mut calls: Vec<String> =
        named.map(|endpoint| format!("{} ({})", endpoint.function, endpoint.effect.word())).collect();
    if bundle.calls_anything(header) {
        calls.push(bundle::ANYTHING.to_owned());
    }
    if header.needs.is_none() && bundle.hidden > 0 {
        calls.push("what the problems below hide".to_owned());
    }
    let calls = match (calls.as_slice(), origin(header)) {
        ([], "header") => "nothing, as its header declares".to_owned(),
        ([], _) => "nothing".to_owned(),
        (calls, "header") => format!("{}, as its header declares", calls.join(", ")),
        (calls, _) => format!("{}, as its code shows; its header declares nothing", calls.join(", ")),
    };
    let (own, imports) =
        bundle.files.split_first().map_or(("", &[][..]), |(own, rest)| (own.path.as_str(), rest));
    let none = || "none".to_owned();
    let imports: Vec<&str> = imports.iter().map(|file| file.path.as_str()).collect();
    let mut pairs = vec![("Recipe", own.to_owned())];
    pairs.extend(header.name.clone().map(|name| ("Name", name)));
    pairs.extend(header.about.clone().map(|about| ("About", about)));
    pairs.extend(header.version.clone().map(|version| ("Version", version)));
    pairs.push(("Calls", calls));
    if !header.columns.is_empty() {
        let optional = if header.table_is_optional { ", or no table" } else { "" };
        pairs.push(("Input", format!("columns {}{optional}", header.columns.join(", "))));
    }
    pairs.push(("Imports", if imports.is_empty() { none() } else { imports.join(", ") }));
    pairs.push(("SHA-256", bundle.hash.clone()));
    if !bundle.problems.is_empty() {
        let count = text::count(bundle.problems.len(), "problem");
        let hidden = if bundle.hidden > 0 { "; what stands behind them is not known here" } else { "" };
        pairs.push(("State", format!("{count} below{hidden}")));
    }
    let style = app.printer.out_style();
    format!("{}\n{}\n", ui::pairs(pairs, style), header::parameters(header, style.width))
}

fn data(header: &Header, bundle: &Bundle) -> Value {
    let needs = bundle.calls(header).into_iter();
    let needs =
        needs.map(|endpoint| json!({ "function": endpoint.function, "effect": endpoint.effect.word() }));
    let needs: Vec<Value> = needs.collect();
    let is_destructive = |need: &Value| need["effect"] == Effect::Destructive.word();
    json!({
        "recipe": bundle.files.first().map(|own| &own.path),
        "name": header.name,
        "about": header.about,
        "version": header.version,
        "params": header.params.iter().map(param).collect::<Vec<_>>(),
        "input": { "columns": header.columns, "required": !header.columns.is_empty() && !header.table_is_optional },
        "needs_destructive": needs.iter().any(is_destructive),
        "needs": needs,
        "needs_from": origin(header),
        "calls_any_action": bundle.calls_anything(header),
        "examples": header.examples,
        "imports": bundle.files.iter().skip(1).map(|file| &file.path).collect::<Vec<_>>(),
        "sha256": bundle.hash,
        "problems": bundle.problems.iter().map(ui::report_json).collect::<Vec<_>>(),
    })
}

fn param(param: &Param) -> Value {
    let shown = |value: &Value| if param.secret { MASK.into() } else { value.clone() };
    json!({
        "name": param.name,
        "type": param.kind.word(),
        "required": param.required,
        "default": param.default.as_ref().map(shown),
        "allowed": param.allowed.iter().map(shown).collect::<Vec<_>>(),
        "min": param.min,
        "max": param.max,
        "pattern": param.pattern.as_ref().map(Pattern::text),
        "secret": param.secret,
        "about": param.about,
    })
}
