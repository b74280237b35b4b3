//! Imports: relative to the importing file, confined to the recipe's folder, loaded once.
//!
//! Not here: reading the recipe itself, and where a path may lead, which is `confined`.

use super::bundle::{Bundle, Sealed};
use super::check;
use super::confined::{self, Folder, ImportError};
use super::sources::Sources;
use crate::base::report::Source;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Where a script's imports come from.
#[derive(Clone, Copy)]
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

/// Finds modules and loads each once, however many threads import it. All clones share what was loaded.
#[derive(Clone)]
pub(super) struct Resolver {
    files: Arc<Files>,
    sources: Sources,
    /// The recipe itself as a module. It is loading for as long as it runs: to import it would run it again.
    own: Option<String>,
    state: Arc<Mutex<State>>,
    /// Told whenever a module was loaded, or failed to be.
    moved: Arc<Condvar>,
}

#[derive(Default)]
struct State {
    loaded: BTreeMap<String, Shared<Module>>,
    /// The modules that are being loaded, each by one thread.
    loading: BTreeSet<String>,
    /// Of each thread that waits for another one: the modules it is loading meanwhile, and the one it waits for.
    waiting: Vec<(Vec<String>, String)>,
}

impl State {
    /// Whether the loading of `name` cannot end before that of one in `chain` does.
    fn needs(&self, name: &str, chain: &[String]) -> bool {
        self.waiting.iter().any(|(loading, wanted)| {
            loading.iter().any(|module| module == name)
                && (chain.contains(wanted) || self.needs(wanted, chain))
        })
    }
}

thread_local! {
    /// The modules that this thread, or one that waits for its end, is loading, outermost first.
    static CHAIN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What this thread is loading, for the workers it is about to wait for.
pub(super) fn chain() -> Vec<String> {
    CHAIN.with_borrow(Clone::clone)
}

/// This thread works for one that is loading these.
pub(super) fn inherit(chain: Vec<String>) {
    CHAIN.set(chain);
}

/// A module while it is being loaded, whatever ends that.
struct UnderWay<'a> {
    resolver: &'a Resolver,
    name: &'a str,
}

impl<'a> UnderWay<'a> {
    fn begin(resolver: &'a Resolver, name: &'a str) -> Self {
        CHAIN.with_borrow_mut(|chain| chain.push(name.to_owned()));
        Self { resolver, name }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        CHAIN.with_borrow_mut(|chain| drop(chain.pop()));
        self.resolver.state().loading.remove(self.name);
        self.resolver.moved.notify_all();
    }
}

impl Resolver {
    pub(super) fn new(imports: &Imports, sources: Sources) -> Self {
        let files = match imports {
            Imports::Folder(root) => Files::OnDisk(Folder::new(*root)),
            Imports::Bundle(bundle) => Files::Sealed(bundle.sealed()),
        };
        let own = match &files {
            Files::Sealed(sealed) => sealed.own.clone(),
            Files::OnDisk(_) => None,
        };
        Self { files: Arc::new(files), sources, own, state: Arc::default(), moved: Arc::default() }
    }

    /// The module that `path` means in `importer`, if it was loaded before.
    pub(super) fn loaded(&self, path: &str, importer: &str) -> Option<Shared<Module>> {
        let name = self.files.find(path, Some(importer)).ok()?;
        self.state().loaded.get(&name).cloned()
    }

    /// The module, if it is loaded. If it is not, nobody else is loading it now, and the caller has to.
    fn claim(&self, name: &str, path: &str) -> Result<Option<Shared<Module>>, ImportError> {
        let chain: Vec<String> = self.own.iter().cloned().chain(chain()).collect();
        let mut state = self.state();
        loop {
            if let Some(module) = state.loaded.get(name) {
                return Ok(Some(module.clone()));
            }
            if let Some(start) = chain.iter().position(|module| module == name) {
                let circle: Vec<&str> = chain[start..].iter().map(String::as_str).chain([name]).collect();
                return Err(ImportError::Cycle(path.to_owned(), circle.join(" -> ")));
            }
            if !state.loading.contains(name) {
                state.loading.insert(name.to_owned());
                return Ok(None);
            }
            // To wait for what waits for this thread would never end.
            if state.needs(name, &chain) {
                // How it leads back is another thread's to know.
                let loading = chain.iter().skip(usize::from(self.own.is_some())).map(String::as_str);
                let first = loading.clone().next();
                let circle: Vec<&str> = loading.chain([name, "..."]).chain(first).collect();
                return Err(ImportError::Cycle(path.to_owned(), circle.join(" -> ")));
            }
            let wait = (chain.clone(), name.to_owned());
            state.waiting.push(wait.clone());
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
            let at = state.waiting.iter().position(|other| *other == wait);
            at.map(|at| state.waiting.swap_remove(at));
        }
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, engine: &Engine, name: &str, path: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let text = self.files.read(name, path).map_err(|error| refuse(&error))?;
        let recipe = match &*self.files {
            Files::Sealed(sealed) => sealed.recipe.as_deref(),
            Files::OnDisk(_) => None,
        };
        let source = Arc::new(Source { name: confined::shown(recipe, name), text });
        let in_module =
            |error| Box::new(EvalAltResult::ErrorInModule(name.to_owned(), error, Position::NONE));
        let parsed = self.sources.compile(name, &source, true, |text| engine.compile(text));
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
        if let Some(module) = self.claim(&name, path).map_err(|error| at(refuse(&error)))? {
            return Ok(module);
        }
        let _under_way = UnderWay::begin(self, &name);
        let module = self.load(engine, &name, path).map_err(at)?;
        self.state().loaded.insert(name.clone(), module.clone());
        Ok(module)
    }
}
