//! Whole texts that come from a file or go there: `:load`, `:save` and `:edit`.
//!
//! Not here: what of a session can be saved, which is `recipe`, and the editor.

use super::{Next, Repl, edit};
use crate::base::report::{Report, Source};
use crate::base::text;
use crate::script::recipe;
use crate::script::source;
use std::io::Write;
use std::sync::Arc;

pub(super) fn load(repl: &mut Repl, file: &str) -> Result<Next, Report> {
    let shown = text::one_line(file).into_owned();
    let bytes = std::fs::read(repl.setup.folder.join(file))
        .map_err(|error| Report::error(format!("{shown} cannot be read: {}", text::reason(&error))))?;
    let text = source::clean(bytes).map_err(|error| Report::error(format!("{shown}: {error}")))?;
    Ok(repl.run(&Arc::new(Source { name: file.to_owned(), text })))
}

pub(super) fn save(repl: &mut Repl, file: &str) -> Result<Next, Report> {
    let shown = text::one_line(file).into_owned();
    let mut path = repl.setup.folder.join(file);
    if path.extension().is_none() {
        path.set_extension("rhai");
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let calls = repl.setup.host.calls();
    let recipe = recipe::from_lines(&name, &repl.ran, calls.secrets())?;
    let unwritable = |error: &std::io::Error| {
        let report = Report::error(format!("{shown} cannot be written: {}", text::reason(error)));
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => report.help("Name a file that is not there yet."),
            _ => report,
        }
    };
    let mut target = std::fs::File::create_new(&path).map_err(|error| unwritable(&error))?;
    target.write_all(recipe.text.as_bytes()).map_err(|error| unwritable(&error))?;
    let typed = path.strip_prefix(&repl.setup.folder).unwrap_or(&path).display().to_string();
    let params: String =
        recipe.params.iter().map(|name| format!(" --{} ...", name.replace('_', "-"))).collect();
    let mut words = format!("saved; ixscript run {}{params} does the same again\n", text::one_line(&typed));
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
    let text = edit::edit(editor, folder, &repl.last_input)?;
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
    Ok(repl.run_code(text.trim_end()))
}
