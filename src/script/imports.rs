//! Imports: relative to the importing file, confined to the recipe's folder, loaded once.
//!
//! Not here: reading the recipe itself, and where a path may lead, which is `confined`.

use super::bundle::{Bundle, Sealed};
use super::check;
use super::confined::{self, Folder, ImportError};
use crate::base::report::Source;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::collections::BTreeMap;
use std::path::Path;
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

/// Where a script's imports come from.
pub enum Imports<'a> {
    /// From files below a folder, as they are when they are imported; without a folder there are none.
    Folder(Option<&'a Path>),
    /// From a recipe that was looked through before.
    Bundle(&'a Bundle),
}

impl<'a> From<Option<&'a Path>> for Imports<'a> {
    fn from(folder: Option<&'a Path>) -> Self {
        Self::Folder(folder)
    }
}

impl<'a> From<&'a Bundle> for Imports<'a> {
    fn from(bundle: &'a Bundle) -> Self {
        Self::Bundle(bundle)
    }
}

/// As [`Imports`], ready to be read.
enum Files {
    OnDisk(Folder),
    Sealed(Sealed),
}

impl Files {
    /// The name of the module that `path` means in the module `importer`.
    fn find(&self, path: &str, importer: Option<&str>) -> Result<String, ImportError> {
        match self {
            Self::OnDisk(folder) => folder.find(path, importer).map(|file| folder.name(&file)),
            Self::Sealed(sealed) => sealed.find(path, importer),
        }
    }

    /// The text of a module that was found for `path`.
    fn read(&self, name: &str, path: &str) -> Result<String, ImportError> {
        match self {
            Self::OnDisk(folder) => confined::read(&folder.file(name)?, path),
            Self::Sealed(sealed) => sealed.read(name),
        }
    }
}

/// Finds modules and loads each once. All clones share what was loaded.
#[derive(Clone)]
pub(super) struct Resolver {
    files: Arc<Files>,
    sources: Sources,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    loaded: BTreeMap<String, Shared<Module>>,
    /// The chain of imports under way, outermost first.
    loading: Vec<String>,
}

impl Resolver {
    pub(super) fn new(imports: &Imports, sources: Sources) -> Self {
        let files = match imports {
            Imports::Folder(root) => Files::OnDisk(Folder::new(*root)),
            Imports::Bundle(bundle) => Files::Sealed(bundle.sealed()),
        };
        // The recipe is loading for as long as it runs: to import it would run it again.
        let own = match &files {
            Files::Sealed(sealed) => sealed.own.clone(),
            Files::OnDisk(_) => None,
        };
        let state = State { loading: own.into_iter().collect(), ..State::default() };
        Self { files: Arc::new(files), sources, state: Arc::new(Mutex::new(state)) }
    }

    /// The module that `path` means in `importer`, if it was loaded before.
    pub(super) fn loaded(&self, path: &str, importer: &str) -> Option<Shared<Module>> {
        let name = self.files.find(path, Some(importer)).ok()?;
        self.state().loaded.get(&name).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, engine: &Engine, name: &str, path: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let text = self.files.read(name, path).map_err(|error| refuse(&error))?;
        let source = Arc::new(Source { name: name.to_owned(), text });
        self.sources.add(Arc::clone(&source));
        let in_module =
            |error| Box::new(EvalAltResult::ErrorInModule(name.to_owned(), error, Position::NONE));
        let mut ast = engine.compile(&source.text).map_err(|error| in_module(error.into()))?;
        ast.set_source(name);
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
        let name = self.files.find(path, importer).map_err(|error| at(refuse(&error)))?;
        {
            let mut state = self.state();
            if let Some(module) = state.loaded.get(&name) {
                return Ok(module.clone());
            }
            if state.loading.contains(&name) {
                let chain: Vec<&str> = state.loading.iter().chain([&name]).map(String::as_str).collect();
                return Err(at(refuse(&ImportError::Cycle(path.to_owned(), chain.join(" -> ")))));
            }
            state.loading.push(name.clone());
        }
        let module = self.load(engine, &name, path);
        let mut state = self.state();
        state.loading.pop();
        let module = module.map_err(at)?;
        state.loaded.insert(name, module.clone());
        Ok(module)
    }
}
