//! Where imports may lead: into the recipe's folder and nowhere else, after links are resolved.
//!
//! Not here: what becomes of a file that was found.

use super::{header, source};
use crate::base::text;
use std::path::{Component, Path, PathBuf};

/// Why an import is refused: the words an error shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ImportError {
    #[error("`{0}` is an absolute path; imports are relative to the file they stand in")]
    Absolute(String),
    #[error("`{0}` leads out of the recipe's folder, which imports may not")]
    Outside(String),
    #[error("there is no file `{0}` to import{1}")]
    NotFound(String, String),
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(String, String),
    #[error("`{0}` imports itself: {1}")]
    Cycle(String, String),
    #[error("`{0}` is one import too many; a recipe may have {1}")]
    TooMany(String, usize),
    #[error(
        "`{0}` has a header with keys that have no effect in an imported file, such as `needs` or `params`; move them to the recipe that imports it"
    )]
    HasHeader(String),
    #[error("line {1} of `{0}`: {2}")]
    WrongHeader(String, usize, String),
    #[error("imports need a recipe that is a file")]
    NoFolder,
}

/// The folder of a recipe, with links resolved; nothing outside is read.
pub(super) struct Folder {
    root: Option<PathBuf>,
}

impl Folder {
    /// Confines imports to `root`; without one there are none.
    pub(super) fn new(root: Option<&Path>) -> Self {
        Self { root: root.and_then(|root| root.canonicalize().ok()) }
    }

    /// The file that `path` means in a module of that name, or in the recipe itself.
    pub(super) fn find(&self, path: &str, importer: Option<&str>) -> Result<PathBuf, ImportError> {
        let root = self.root.as_deref().ok_or(ImportError::NoFolder)?;
        let wanted = Path::new(path);
        let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir | Component::ParentDir);
        if path.contains('\\') || path.contains('\0') || !wanted.components().all(is_plain) {
            return Err(ImportError::Absolute(path.to_owned()));
        }
        // What lies outside is not even looked for.
        let is_outside = |file: &Path| {
            let mut depth = 0_i64;
            let inside = file.strip_prefix(root).unwrap_or(file).components();
            inside.into_iter().any(|part| {
                depth += match part {
                    Component::Normal(_) => 1,
                    Component::ParentDir => -1,
                    _ => 0,
                };
                depth < 0
            })
        };
        let folder = importer.and_then(|name| Path::new(name).strip_prefix("./").ok()?.parent());
        let mut file = root.join(folder.unwrap_or(Path::new(""))).join(wanted);
        if is_outside(&file) {
            return Err(ImportError::Outside(path.to_owned()));
        }
        if file.extension().is_none_or(|extension| extension != "rhai") {
            // Appended, not replaced: `lib.v2` means `lib.v2.rhai`.
            let mut name = file.into_os_string();
            name.push(".rhai");
            file = name.into();
        }
        let found = file.canonicalize().map_err(|_| not_found(root, &file, path))?;
        if !found.starts_with(root) {
            return Err(ImportError::Outside(path.to_owned()));
        }
        // A pipe that nobody writes to would be waited for.
        if found.is_file() { Ok(found) } else { Err(not_found(root, &file, path)) }
    }

    /// The name that the recipe itself has as a module: it is the file `name` of this folder.
    pub(super) fn own_name(&self, name: &str) -> Option<String> {
        let root = self.root.as_deref()?;
        let file = root.join(Path::new(name).file_name()?).canonicalize().ok()?;
        file.starts_with(root).then(|| self.name(&file))
    }

    /// The file of a module that was found.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, ImportError> {
        let root = self.root.as_deref().ok_or(ImportError::NoFolder)?;
        // Part by part, for systems that separate them otherwise.
        Ok(name.split('/').filter(|part| *part != ".").fold(root.to_owned(), |file, part| file.join(part)))
    }

    /// The name of a module: its path from the recipe's folder, marked with `./`.
    pub(super) fn name(&self, file: &Path) -> String {
        let inside = self.root.as_deref().and_then(|root| file.strip_prefix(root).ok()).unwrap_or(file);
        format!("./{}", text::path(inside))
    }
}

/// With the file beside it that was most likely meant.
fn not_found(root: &Path, file: &Path, path: &str) -> ImportError {
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    // What a link outside leads to is not looked at.
    let folder = folder.filter(|folder| folder.starts_with(root));
    let beside = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten();
    let names: Vec<String> = beside.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let recipes = names.iter().filter_map(|name| name.strip_suffix(".rhai"));
    let wanted = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let ending = if path.ends_with(".rhai") { "" } else { ".rhai" };
    ImportError::NotFound(format!("{path}{ending}"), text::did_you_mean(wanted, recipes))
}

/// What people are shown for a module of that name: where it is, told as the recipe `recipe` was. Without a recipe in a file
/// it is the name.
pub(super) fn shown(recipe: Option<&str>, name: &str) -> String {
    let folder = recipe.and_then(|recipe| Path::new(recipe).parent());
    let (Some(folder), Some(inside)) = (folder, name.strip_prefix("./")) else { return name.to_owned() };
    text::path(&folder.join(inside))
}

/// The text of a file that was found for `path`.
pub(super) fn read(file: &Path, path: &str) -> Result<String, ImportError> {
    let unreadable = |error: String| ImportError::Unreadable(path.to_owned(), error);
    let bytes = source::read(file).map_err(|error| unreadable(text::reason(&error)))?;
    let text = source::clean(bytes).map_err(|error| unreadable(error.to_string()))?;
    match header::parse(&text) {
        Ok(header) if header.has_effect() => Err(ImportError::HasHeader(path.to_owned())),
        Ok(_) => Ok(text),
        Err(error) => Err(ImportError::WrongHeader(path.to_owned(), error.line, error.message)),
    }
}
