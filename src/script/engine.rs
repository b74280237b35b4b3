//! The engine: what scripts can do at all, with every limit set by hand.
//!
//! Not here: host functions, which are registered by `endpoints` and `builtins`.

use super::imports::Resolver;
use super::limits::Halt;
use super::{Host, builtins, endpoints, guards, parallel, proxy_text, sorting, thrown, traced};
use rhai::packages::{Package, StandardPackage};
use rhai::{Engine, Module, OptimizationLevel, Shared};
use std::sync::{Arc, OnceLock};

/// Nested script calls. The engine's own default differs between debug and release builds.
const CALL_LEVELS: usize = 128;
/// Nesting of expressions at top level, and inside functions.
const EXPRESSION_DEPTHS: (usize, usize) = (64, 32);
const MOST_FUNCTIONS: usize = 2_000;
/// Files a recipe may import.
pub(super) const MOST_MODULES: usize = 100;
const MOST_VARIABLES: usize = 10_000;

/// An engine with every host function, for one run.
pub(super) fn build(host: &Arc<Host>, resolver: Resolver) -> Engine {
    let mut engine = bare();
    // What is put into a text before it runs nests it more deeply than it was written.
    engine.set_max_expr_depths(EXPRESSION_DEPTHS.0 * 2, EXPRESSION_DEPTHS.1 * 4);
    let sources = resolver.sources().clone();
    engine.set_module_resolver(resolver);
    traced::install(&mut engine, &sources);
    let meter = host.meter().clone();
    guards::install(&mut engine, &meter);
    sorting::register(&mut engine);
    thrown::register(&mut engine);
    engine.on_progress(move |_| meter.poll().map(Halt::into_token));
    builtins::register(&mut engine, host);
    endpoints::register(&mut engine, host);
    parallel::register(&mut engine, host, &sources);
    proxy_text::register(&mut engine, host);
    engine
}

/// The language alone, with its limits: enough to parse.
pub(super) fn bare() -> Engine {
    // Making it takes longer than all the rest of an engine.
    static STANDARD: OnceLock<Shared<Module>> = OnceLock::new();
    let mut engine = Engine::new_raw();
    engine.register_global_module(STANDARD.get_or_init(|| StandardPackage::new().as_shared_module()).clone());
    // The optimiser removes statements it thinks have no effect, and once panicked on constant maps.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_max_call_levels(CALL_LEVELS);
    engine.set_max_expr_depths(EXPRESSION_DEPTHS.0, EXPRESSION_DEPTHS.1);
    engine.set_max_functions(MOST_FUNCTIONS);
    engine.set_max_modules(MOST_MODULES);
    engine.set_max_variables(MOST_VARIABLES);
    // Computed code cannot be checked before it runs.
    engine.disable_symbol("eval");
    // A resumed run would get another time; `now` gives the same.
    engine.disable_symbol("timestamp");
    engine
}
