//! Whole texts that come from a file or go there: `:load`, `:save` and `:edit`.
//!
//! Not here: what of a session can be saved, which is `recipe`, and the editor.

use super::{Next, Repl, Setup, edit};
use crate::api::{self, Effect};
use crate::base::report::{Report, Source};
use crate::base::text;
use crate::script::header::{self, Header};
use crate::script::{recipe, source};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) fn load(repl: &mut Repl, file: &str) -> Result<Next, Report> {
    let shown = text::one_line(file).into_owned();
    let path = found(path_of(repl.setup, file));
    let bytes = std::fs::read(&path)
        .map_err(|error| Report::error(format!("{shown} cannot be read: {}", text::reason(&error))))?;
    let text = source::clean(bytes).map_err(|error| Report::error(format!("{shown}: {error}")))?;
    // Imports are looked for beside the file, of which the folder in front of its name tells.
    let name = match path.strip_prefix(&repl.setup.folder) {
        Ok(inside) => format!("./{}", text::path(inside)),
        Err(_) => text::path(&path),
    };
    let source = Arc::new(Source { name, text });
    let header = header::parse(&source.text).map_err(|error| error.report(&source))?;
    give_defaults(repl.setup, &header, &shown)?;

    let before = repl.needs.clone();
    hold(repl, &header, &shown)?;
    let next = repl.run(&source);
    if repl.is_refused {
        // Nothing of it is there.
        repl.needs = before;
        repl.setup.connect.hold(repl.needs.as_deref());
    } else if let Some(needs) = repl.needs.as_ref().filter(|_| repl.needs != before) {
        let only = if needs.is_empty() { "nothing".to_owned() } else { format!("only {}", needs.join(", ")) };
        repl.screen.text(&format!("this session may call {only} from now on, as {shown} declares\n"));
    }
    Ok(next)
}

/// Holds the session to what a recipe declares. What the recipe defines can be called in every later line, and nobody could
/// tell then whose call it is: so everything is held to it.
fn hold(repl: &mut Repl, header: &Header, shown: &str) -> Result<(), Report> {
    let Some(needs) = &header.needs else { return Ok(()) };
    let held = repl.needs.iter().flatten().copied();
    if repl.needs.is_some()
        && let Some(further) = needs.iter().find(|need| !held.clone().any(|held| held == **need))
    {
        let message = format!(
            "{shown} needs `{further}`, and a recipe that was loaded before lets this session call less"
        );
        return Err(Report::error(message).help("Load it in a new session."));
    }
    repl.needs = Some(needs.clone());
    repl.setup.connect.hold(Some(needs));
    Ok(())
}

/// Where a file is that was typed. `~` is the user's own folder.
fn path_of(setup: &Setup, file: &str) -> PathBuf {
    match (file.strip_prefix("~/"), &setup.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => setup.folder.join(file),
    }
}

/// The file, or the recipe of that name.
fn found(path: PathBuf) -> PathBuf {
    let recipe = PathBuf::from(format!("{}.rhai", text::path(&path)));
    if !path.exists() && recipe.is_file() { recipe } else { path }
}

/// Nobody gives a recipe its parameters here; those that its header has a value for have it.
fn give_defaults(setup: &Setup, header: &Header, shown: &str) -> Result<(), Report> {
    let missing: Vec<String> = header
        .params
        .iter()
        .filter(|param| param.required && param.default.is_none())
        .map(|param| format!("--{}", param.flag()))
        .collect();
    if !missing.is_empty() {
        return Err(Report::error(format!(
            "{shown} needs {}, which nobody gives it here",
            missing.join(" and ")
        ))
        .help(format!("Run it with them: ixscript run {shown} {} ...", missing.join(" ... "))));
    }
    let defaults: Map<String, Value> =
        header.params.iter().filter_map(|param| Some((param.name.clone(), param.default.clone()?))).collect();
    let secrets = header::secrets(header, &defaults);
    setup.host.give(defaults, &secrets);
    Ok(())
}

pub(super) fn save(repl: &mut Repl, file: &str) -> Result<Next, Report> {
    let shown = text::one_line(file).into_owned();
    let mut path = path_of(repl.setup, file);
    if path.extension().is_none() {
        path.set_extension("rhai");
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let calls = repl.setup.host.calls();
    let recipe = recipe::from_lines(&name, &repl.ran, &repl.setup.host.given(), calls.secrets())?;
    let unwritable = |error: &std::io::Error| {
        let report = Report::error(format!("{shown} cannot be written: {}", text::reason(error)));
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => report.help("Name a file that is not there yet."),
            _ => report,
        }
    };
    let mut target = std::fs::File::create_new(&path).map_err(|error| unwritable(&error))?;
    target.write_all(recipe.text.as_bytes()).map_err(|error| unwritable(&error))?;
    let typed = text::path(path.strip_prefix(&repl.setup.folder).unwrap_or(&path));
    let params: String =
        recipe.params.iter().map(|name| format!(" --{} ...", name.replace('_', "-"))).collect();
    let declared = header::parse(&recipe.text).ok().and_then(|header| header.needs).unwrap_or_default();
    let destroys = declared.iter().filter_map(|name| api::by_function(name));
    let destroys = destroys.into_iter().any(|endpoint| endpoint.effect == Effect::Destructive);
    let allow = if destroys { "--allow destructive " } else { "" };
    let typed = text::one_line(&typed);
    let mut words = format!("saved; ixscript {allow}run {typed}{params} does the same again\n");
    if calls.is_dry() {
        words.push_str("what was only planned here is sent then\n");
    }
    if recipe.left_out > 0 {
        let lines = text::count(recipe.left_out, "line");
        words.push_str(&format!("{lines} could not be kept; the file says which and why\n"));
    }
    repl.screen.text(&words);
    Ok(Next::Read)
}

pub(super) fn edit_last(repl: &mut Repl, _: &str) -> Result<Next, Report> {
    let Some(editor) = repl.setup.editor.as_deref() else {
        return Err(
            Report::error("no editor is known").help("Set $VISUAL or $EDITOR, as in EDITOR=nano ixscript.")
        );
    };
    let Some(folder) = repl.setup.state.as_deref() else {
        return Err(Report::error("there is no folder for the text to be edited in")
            .help("Name one with the variable IXSCRIPT_STATE."));
    };
    super::restore_terminal();
    let edited = edit::edit(editor, folder, &repl.last_input);
    repl.prompt.hold();
    let text = edited?;
    if text.trim().is_empty() {
        repl.screen.text("nothing was saved, so nothing was run\n");
        return Ok(Next::Read);
    }
    // Whoever leaves the editor without saving wants nothing to be run again.
    if text.trim_end() == repl.last_input.trim_end() {
        repl.screen.text("nothing was changed, so nothing was run\n");
        return Ok(Next::Read);
    }
    repl.screen.text(&format!("{}\n", text::printable(text.trim_end())));
    // What is sent now shall be found again.
    repl.prompt.remember(text.trim_end());
    Ok(repl.run_code(text.trim_end()))
}
