//! A text in the user's own editor.
//!
//! Not here: which editor, and what happens with the text afterwards.

use super::history::private;
use crate::base::report::Report;
use crate::base::text;
use crate::script::source;
use std::path::Path;
use std::process::Command;

/// Lets somebody change `text` in a file of their own in `folder`, and returns what they saved.
///
/// # Errors
/// That the editor cannot be started or ended with an error, or that the file is no script.
pub(super) fn edit(editor: &str, folder: &Path, before: &str) -> Result<String, Report> {
    let file = folder.join(format!("edit-{}.rhai", std::process::id()));
    let cannot = |what: &str, error: &std::io::Error| {
        let shown = text::one_line(&text::path(&file)).into_owned();
        Report::error(format!("{shown} cannot be {what}: {}", text::reason(error)))
    };
    std::fs::create_dir_all(folder).map_err(|error| cannot("written", &error))?;
    // What a session typed may hold secrets; the file is its owner's alone, and gone afterwards.
    private(&file, before.as_bytes(), false).map_err(|error| cannot("written", &error))?;
    let saved = open(editor, &file).and_then(|()| {
        let bytes = std::fs::read(&file).map_err(|error| cannot("read", &error))?;
        source::clean(bytes).map_err(|error| Report::error(format!("what was saved is no script: {error}")))
    });
    // A file that stays is overwritten by the next edit.
    let _ = std::fs::remove_file(&file);
    saved
}

/// Waits until the editor is closed. Its command may have options, as in `code --wait`.
fn open(editor: &str, file: &Path) -> Result<(), Report> {
    let shown = text::one_line(editor).into_owned();
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let status = Command::new(program).args(words).arg(file).status().map_err(|error| {
        Report::error(format!("the editor `{shown}` cannot be started: {}", text::reason(&error)))
            .help("$VISUAL or $EDITOR names the editor.")
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Report::error(format!("the editor `{shown}` ended with an error, so nothing was run")))
}
