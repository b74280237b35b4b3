//! Imports: relative to the importing file, confined to the recipe's folder, loaded once.
//!
//! Not here: reading the recipe itself, and where a path may lead, which is `confined`.

use super::bundle::{Bundle, Sealed};
use super::check;
use super::confined::{self, Folder, ImportError};
use super::sources::Sources;
use crate::base::report::Source;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Finds modules and loads each once.
pub(super) struct Resolver {
    files: Files,
    sources: Sources,
    state: Mutex<State>,
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
        Self { files, sources, state: Mutex::default() }
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, engine: &Engine, name: &str, path: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let text = self.files.read(name, path).map_err(|error| refuse(&error))?;
        let source = Arc::new(Source { name: name.to_owned(), text });
        let in_module =
            |error| Box::new(EvalAltResult::ErrorInModule(name.to_owned(), error, Position::NONE));
        let parsed = self.sources.compile(&source, true, |text| engine.compile(text));
        let (written, mut ast) = parsed.map_err(|error| in_module(error.into()))?;
        ast.set_source(name);
        // Of the recipe itself the check has seen to it. What a recipe can import shall be known before it runs.
        if let Some(position) = check::computed_imports(&written).first() {
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
