//! Imports: relative to the importing file, confined to the recipe's folder, loaded once.
//!
//! Not here: reading the recipe itself, and where a path may lead, which is `confined`.

use super::check;
use super::confined::{self, Folder, ImportError};
use crate::base::report::Source;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
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

/// Finds modules under one folder.
pub(super) struct Resolver {
    folder: Folder,
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
        Self { folder: Folder::new(root), sources, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, engine: &Engine, file: &Path, path: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let text = confined::read(file, path).map_err(|error| refuse(&error))?;
        let name = self.folder.name(file);
        let source = Arc::new(Source { name: name.clone(), text });
        self.sources.add(Arc::clone(&source));
        let in_module = |error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error, Position::NONE));
        let mut ast = engine.compile(&source.text).map_err(|error| in_module(error.into()))?;
        ast.set_source(name.as_str());
        // Of the recipe itself the check has seen to it. What a recipe can import shall be known before it runs.
        if let Some(position) = check::computed_imports(&ast).first() {
            let message = check::COMPUTED_IMPORT.into();
            return Err(in_module(EvalAltResult::ErrorRuntime(message, *position).into()));
        }
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
        let file = self.folder.find(path, importer).map_err(|error| at(refuse(&error)))?;
        {
            let mut state = self.state();
            if let Some(module) = state.loaded.get(&file) {
                return Ok(module.clone());
            }
            if state.loading.contains(&file) {
                let chain: Vec<String> =
                    state.loading.iter().chain([&file]).map(|file| self.folder.name(file)).collect();
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
