//! `ixscript new`: a recipe to begin with.
//!
//! Not here: the recipes that come with the program.

use super::Result;
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::params::quoted;
use crate::script::testing;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Writes `name`, with the ending `.rhai`; a file that is there already is left alone.
pub(in crate::cli) fn run(app: &App, name: &Path) -> Result {
    let path = if name.extension().is_some_and(|ending| ending == "rhai") {
        name.to_path_buf()
    } else {
        let mut name = name.as_os_str().to_owned();
        name.push(".rhai");
        name.into()
    };
    let shown = text::one_line(&text::path(&path)).into_owned();
    if testing::is_test(&shown) {
        let recipe = shown.trim_end_matches(testing::ENDING);
        return Err(Report::error(format!("{shown} would be a test, and no recipe")).help(format!(
            "`ixscript new {}` writes a recipe; its test is a file of this name beside it.",
            quoted(recipe)
        )));
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    // The name stands in a TOML text.
    let stem: String =
        stem.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | ' ')).collect();
    let command = quoted(&shown);
    let starter = include_str!("starter.rhai").replace("NAME.rhai", &command).replace("NAME", &stem);
    let file = app.folder.join(&path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written =
        folder.and_then(|()| options.open(&file)).and_then(|mut file| file.write_all(starter.as_bytes()));
    written.map_err(|error| Report::error(format!("{shown} cannot be made: {}", text::reason(&error))))?;
    app.printer.info(&format!("wrote {shown}; try it: ixscript --sim run {command} --profile-id 1640"));
    Ok(Exit::DONE)
}
