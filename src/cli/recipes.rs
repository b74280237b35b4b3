//! Where recipes are: a path, the folder `scripts` here, the user's own folder, or among those that come with the program.
//!
//! Not here: running them.

use super::app::App;
use super::params::quoted;
use crate::base::report::{Report, Source};
use crate::base::text;
use crate::script::bundle::{self, Bundle};
use crate::script::header::Header;
use crate::script::{source, testing};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The recipes that come with the program, by name.
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    ("assign_proxies", include_str!("../../scripts/assign_proxies.rhai")),
    ("audit_duplicates", include_str!("../../scripts/audit_duplicates.rhai")),
    ("clean_up", include_str!("../../scripts/clean_up.rhai")),
    ("clone_into_group", include_str!("../../scripts/clone_into_group.rhai")),
    ("copy", include_str!("../../scripts/copy.rhai")),
    ("copy_many", include_str!("../../scripts/copy_many.rhai")),
    ("copy_table", include_str!("../../scripts/copy_table.rhai")),
    ("create_with_proxies", include_str!("../../scripts/create_with_proxies.rhai")),
    ("export_profiles", include_str!("../../scripts/export_profiles.rhai")),
    ("hand_over", include_str!("../../scripts/hand_over.rhai")),
    ("import_many", include_str!("../../scripts/import_many.rhai")),
    ("import_one", include_str!("../../scripts/import_one.rhai")),
    ("import_table", include_str!("../../scripts/import_table.rhai")),
    ("import_with_proxies", include_str!("../../scripts/import_with_proxies.rhai")),
    ("move_by_tag", include_str!("../../scripts/move_by_tag.rhai")),
    ("open_and_close", include_str!("../../scripts/open_and_close.rhai")),
    ("retry_imports", include_str!("../../scripts/retry_imports.rhai")),
    ("rotate_proxies", include_str!("../../scripts/rotate_proxies.rhai")),
    ("tour", include_str!("../../scripts/tour.rhai")),
];

/// The folder in which recipes are looked for by name.
pub(super) const FOLDER: &str = "scripts";

/// A recipe that was read.
pub(super) struct Loaded {
    /// Its text.
    pub(super) source: Arc<Source>,
    /// The folder its imports are confined to; without one it can import nothing.
    pub(super) folder: Option<PathBuf>,
    /// Whether it comes with the program, or lies in the user's own folder.
    pub(super) is_own: bool,
}

impl Loaded {
    /// With everything it imports, and what is wrong with any of it.
    pub(super) fn bundle(&self, app: &App, header: &Header) -> Bundle {
        bundle::collect(&self.source, self.folder.as_deref(), header, &app.config.permits.allowed)
    }

    /// As [`Self::bundle`], unless something is certain to fail, which is told then.
    pub(super) fn checked(&self, app: &App, header: &Header) -> Option<Bundle> {
        let bundle = self.bundle(app, header);
        if bundle.is_refused() {
            bundle.problems.iter().for_each(|problem| app.report(problem));
            return None;
        }
        Some(bundle)
    }
}

/// Reads a recipe: `-` is standard input; a word that is no file is looked for by name.
pub(super) fn load(app: &App, path: &Path) -> Result<Loaded, Report> {
    if path == Path::new("-") {
        let text = source::clean(app.read_stdin()?)
            .map_err(|error| Report::error(format!("standard input: {error}")))?;
        return Ok(without_imports("<stdin>".to_owned(), text, false));
    }
    if path.as_os_str().is_empty() {
        return Err(
            Report::error("the recipe has no name").help("`ixscript list` shows the recipes there are.")
        );
    }
    let Some(name) = name_of(path).filter(|_| !app.folder.join(path).exists()) else {
        return read(app, path);
    };
    let here = Path::new(FOLDER).join(format!("{name}.rhai"));
    if app.folder.join(&here).is_file() {
        return read(app, &here);
    }
    let own = app.config.recipes.as_ref().map(|folder| folder.join(format!("{name}.rhai")));
    if let Some(own) = own.filter(|own| own.is_file()) {
        return read(app, &own);
    }
    match BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        Some((name, text)) => {
            Ok(without_imports(format!("{name}.rhai (built in)"), (*text).to_owned(), true))
        }
        None => Err(unknown(app, path, name)),
    }
}

fn without_imports(name: String, text: String, is_own: bool) -> Loaded {
    Loaded { source: Arc::new(Source { name, text }), folder: None, is_own }
}

/// The name of a recipe, if it could be one: a single word without an ending.
fn name_of(path: &Path) -> Option<&str> {
    let name = path.to_str()?;
    let is_name = !name.is_empty() && !name.contains(['/', '\\', '.']);
    is_name.then_some(name)
}

fn read(app: &App, path: &Path) -> Result<Loaded, Report> {
    // `./` in front is how the engine tells imports from the recipe.
    let name = text::path(path.strip_prefix(".").unwrap_or(path));
    let shown = text::one_line(&name).into_owned();
    let full = app.folder.join(path);
    if full.is_dir() {
        let (folder, word) =
            if path == Path::new(".") { (".", "this folder") } else { (shown.as_str(), "it") };
        return Err(Report::error(format!("{folder} is a folder, and no recipe"))
            .help(format!("`ixscript list {}` shows the recipes in {word}.", quoted(folder))));
    }
    let bytes = source::read(&full).map_err(|error| {
        let report = Report::error(format!("{shown} cannot be read: {}", text::reason(&error)));
        match meant(app, path) {
            Some(meant) if error.kind() == std::io::ErrorKind::NotFound => {
                report.help(format!("Did you mean {meant}?"))
            }
            _ => report,
        }
    })?;
    let text = source::clean(bytes).map_err(|error| Report::error(format!("{shown}: {error}")))?;
    let is_own = BUILT_IN.iter().any(|(_, built_in)| *built_in == text) || is_in_own_folder(app, &full);
    let folder = full.parent().map(Path::to_path_buf);
    Ok(Loaded { source: Arc::new(Source { name, text }), folder, is_own })
}

/// What was most likely meant by the path of a file that is not there: one beside it, or one that runs by name.
fn meant(app: &App, path: &Path) -> Option<String> {
    if let Some(near) = nearest_file(&app.folder.join(path)) {
        return Some(text::path(&path.with_file_name(near)));
    }
    let file = path.file_name()?.to_str()?;
    let here = Path::new(FOLDER).join(file);
    if app.folder.join(&here).is_file() {
        return Some(text::path(&here));
    }
    let name = file.strip_suffix(".rhai")?;
    let own = app.config.recipes.as_ref().is_some_and(|own| own.join(file).is_file());
    let is_known = own || BUILT_IN.iter().any(|(built_in, _)| *built_in == name);
    is_known.then(|| format!("`{name}`, which runs by this name alone"))
}

/// Links are followed: what lies elsewhere is not the user's own because something here points to it.
fn is_in_own_folder(app: &App, file: &Path) -> bool {
    let own = app.config.recipes.as_ref().and_then(|own| own.canonicalize().ok());
    own.is_some_and(|own| file.canonicalize().is_ok_and(|file| file.starts_with(own)))
}

fn unknown(app: &App, path: &Path, name: &str) -> Report {
    let shown = text::one_line(name).into_owned();
    let mut here = files(&app.folder.join(FOLDER));
    here.extend(app.config.recipes.iter().flat_map(|own| files(own)));
    let here = here.iter().filter_map(|file| file.strip_suffix(".rhai"));
    let suggestion = text::did_you_mean(name, here.chain(BUILT_IN.iter().map(|(name, _)| *name)));
    let report = Report::error(format!("there is no recipe `{shown}`{suggestion}"));
    match nearest_file(&app.folder.join(path)) {
        Some(near) if suggestion.is_empty() => {
            report.help(format!("Did you mean {}?", text::path(&path.with_file_name(near))))
        }
        _ => report.help("`ixscript list` shows the recipes there are; a path works too."),
    }
}

/// The recipes in a folder, by name. Tests are none.
pub(super) fn files(folder: &Path) -> Vec<String> {
    scripts(folder).into_iter().filter(|name| !testing::is_test(name)).collect()
}

/// The tests in a folder, by name.
pub(super) fn tests(folder: &Path) -> Vec<String> {
    scripts(folder).into_iter().filter(|name| testing::is_test(name)).collect()
}

fn scripts(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok().filter(|name| name.ends_with(".rhai"))?;
            // What only has such a name may be a pipe that nobody writes to.
            entry.path().is_file().then_some(name)
        })
        .collect();
    names.sort();
    names
}

/// The file beside `path` whose name is nearest.
fn nearest_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let names = files(path.parent()?);
    let with_ending = format!("{wanted}.rhai");
    let found = names.iter().find(|name| **name == with_ending).map(String::as_str);
    found.or_else(|| text::nearest(wanted, names.iter().map(String::as_str))).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_of_the_project_comes_with_the_program() {
        let names: Vec<String> = BUILT_IN.iter().map(|(name, _)| format!("{name}.rhai")).collect();
        assert_eq!(names, files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER)));
    }
}
