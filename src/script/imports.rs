//! Imports: relative to the importing file, confined to the recipe's folder, loaded once.
//!
//! Not here: reading the recipe itself.

use super::source;
use crate::base::report::Source;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every text of a run by the name the engine knows it under, so that errors can show it.
#[derive(Clone, Default)]
pub(super) struct Sources(Arc<Mutex<BTreeMap<String, Arc<Source>>>>);

impl Sources {
    /// Remembers a text.
    pub(super) fn add(&self, source: Arc<Source>) {
        self.lock().insert(source.name.clone(), source);
    }

    /// The text of that name.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Source>> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Source>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an import is refused: the words an error shows.
#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error("`{0}` is an absolute path; imports are relative to the file they stand in")]
    Absolute(String),
    #[error("`{0}` leads out of the recipe's folder, which imports may not")]
    Outside(String),
    #[error("there is no `{0}`")]
    NotFound(String),
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(String, String),
    #[error("`{0}` imports itself: {1}")]
    Cycle(String, String),
    #[error("imports need a recipe that is a file")]
    NoFolder,
}

/// Finds modules under one folder.
pub(super) struct Resolver {
    /// The recipe's folder, with links resolved; nothing outside is read.
    root: Option<PathBuf>,
    sources: Sources,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    loaded: BTreeMap<PathBuf, Shared<Module>>,
    /// The chain of imports under way, outermost first.
    loading: Vec<PathBuf>,
}

impl Resolver {
    pub(super) fn new(root: Option<&Path>, sources: Sources) -> Self {
        let root = root.and_then(|root| root.canonicalize().ok());
        Self { root, sources, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, path: &str, importer: Option<&str>) -> Result<PathBuf, ImportError> {
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
        let file = file.canonicalize().map_err(|_| ImportError::NotFound(path.to_owned()))?;
        if file.starts_with(root) { Ok(file) } else { Err(ImportError::Outside(path.to_owned())) }
    }

    /// The name of a module: its path from the recipe's folder, marked with `./`.
    fn name(&self, file: &Path) -> String {
        let inside = self.root.as_deref().and_then(|root| file.strip_prefix(root).ok()).unwrap_or(file);
        format!("./{}", inside.display().to_string().replace('\\', "/"))
    }

    fn load(&self, engine: &Engine, file: &Path, path: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let unreadable = |error: String| refuse(&ImportError::Unreadable(path.to_owned(), error));
        let bytes = std::fs::read(file).map_err(|error| unreadable(error.kind().to_string()))?;
        let text = source::clean(bytes).map_err(|error| unreadable(error.to_string()))?;
        let name = self.name(file);
        let source = Arc::new(Source { name: name.clone(), text });
        self.sources.add(Arc::clone(&source));
        let in_module = |error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error, Position::NONE));
        let mut ast = engine.compile(&source.text).map_err(|error| in_module(error.into()))?;
        ast.set_source(name.as_str());
        let module = Module::eval_ast_as_new(Scope::new(), &ast, engine).map_err(in_module)?;
        Ok(module.into())
    }
}

fn refuse(error: &ImportError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(error.to_string().into(), Position::NONE))
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        importer: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let at = |mut error: Box<EvalAltResult>| {
            if error.position().is_none() && !matches!(*error, EvalAltResult::ErrorInModule(..)) {
                error.set_position(position);
            }
            if let EvalAltResult::ErrorInModule(_, _, place) = &mut *error {
                *place = position;
            }
            error
        };
        let file = self.find(path, importer).map_err(|error| at(refuse(&error)))?;
        {
            let mut state = self.state();
            if let Some(module) = state.loaded.get(&file) {
                return Ok(module.clone());
            }
            if state.loading.contains(&file) {
                let chain: Vec<String> =
                    state.loading.iter().chain([&file]).map(|file| self.name(file)).collect();
                return Err(at(refuse(&ImportError::Cycle(path.to_owned(), chain.join(" -> ")))));
            }
            state.loading.push(file.clone());
        }
        let module = self.load(engine, &file, path);
        let mut state = self.state();
        state.loading.pop();
        let module = module.map_err(at)?;
        state.loaded.insert(file, module.clone());
        Ok(module)
    }
}
