//! Scripts: the engine, the host functions, and what an end of a script means.
//!
//! Not here: terminals, command lines, HTTP. Everything a script may touch is in [`Host`].

mod builtins;
mod bulk_items;
mod bulk_options;
mod bulk_results;
pub mod bundle;
pub mod check;
mod confined;
pub mod convert;
mod csv_quotes;
mod cycles;
mod endpoints;
mod engine;
mod guards;
pub mod header;
mod imports;
mod incomplete;
pub mod input;
pub mod language;
mod last;
mod lex;
mod limits;
mod outcomes;
pub mod output;
mod parallel;
mod proxy_text;
pub mod recipe;
pub mod reference;
mod report;
mod session;
mod sorting;
pub mod source;
mod sources;
mod statements;
mod table_bytes;
pub mod testing;
mod thrown;
mod traced;
mod typed;
pub mod unread;
mod watch;
mod words;

pub use builtins::{BUILTINS, Builtin};
pub use imports::Imports;
pub use lex::{Span, SpanKind, spans};
pub use limits::Limits;
pub use session::{Ending, Function, Session, Variable, examine, is_incomplete};
pub use typed::{has_mask, secrets_in};

use crate::base::cancel::Cancel;
use crate::base::clock::Clock;
use crate::base::mask::Secrets;
use crate::base::report::Report;
use crate::base::sync::Threads;
use crate::calls::Calls;
use limits::Meter;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Where a script's words go.
pub trait Console: Send + Sync {
    /// A line of output, without its line feed.
    fn print(&self, text: &str);
    /// A line about the work, without its line feed.
    fn log(&self, level: Level, text: &str);
    /// How far the items of `parallel` are. Nobody has to know.
    fn items(&self, _: &Items) {}
    /// The script cannot be ended any more, for this reason: the program has to be, whatever it is doing. `is_writing` says
    /// whether a write is on its way.
    fn give_up(&self, _reason: &Report, _is_writing: bool) {}
}

/// What happens to the items of `parallel`, for whoever shows how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Items<'a> {
    /// So many more are to be worked on.
    Begun(usize),
    /// Work on one begins.
    Started,
    /// One is done.
    Done,
    /// The one of this number failed, for this reason, with secrets masked.
    Failed(usize, &'a str),
    /// The run ended while one was worked on.
    Cut,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Something went wrong.
    Error,
}

/// Everything a script may touch.
pub struct Host {
    /// Another one only where a session goes to another place, between two lines.
    calls: RwLock<Arc<Calls>>,
    console: Arc<dyn Console>,
    cancel: Cancel,
    clock: Clock,
    /// A session that loads a recipe gives it the defaults of its header.
    params: RwLock<Map<String, Value>>,
    args: Vec<String>,
    /// The values of secret parameters, which it may not print either.
    hidden: Secrets,
    table: Option<input::Table>,
    /// The column that tells rows apart.
    key: Option<String>,
    output: Option<output::Output>,
    meter: Meter,
    failures: AtomicUsize,
    failed_items: AtomicUsize,
    /// The most calls `parallel` makes at once.
    jobs: usize,
    /// How many workers there are, in all calls of `parallel` together.
    workers: AtomicUsize,
}

/// What a script is given.
pub struct Input {
    /// The recipe's parameters by name.
    pub params: Map<String, Value>,
    /// The other words after the recipe's name.
    pub args: Vec<String>,
    /// The values of secret parameters.
    pub secrets: Vec<String>,
    /// The table of `--input`.
    pub table: Option<input::Table>,
    /// The column of it that tells its rows apart, if not all do together.
    pub key: Option<String>,
    /// The table of `--output`.
    pub output: Option<output::Output>,
    /// The most calls `parallel` makes at once.
    pub jobs: usize,
}

impl Input {
    /// The same, and nothing is written to a table.
    #[must_use]
    pub fn without_output(&self) -> Self {
        let Self { params, args, secrets, table, key, jobs, .. } = self;
        let (params, args, secrets) = (params.clone(), args.clone(), secrets.clone());
        Self { params, args, secrets, table: table.clone(), key: key.clone(), output: None, jobs: *jobs }
    }
}

impl Host {
    /// A host for one run.
    pub fn new(
        calls: Arc<Calls>,
        console: Arc<dyn Console>,
        cancel: Cancel,
        clock: Clock,
        limits: Limits,
        input: Input,
    ) -> Arc<Self> {
        let meter = Meter::start(limits, cancel.clone());
        let Input { params, args, secrets, table, key, output, jobs } = input;
        let hidden = Secrets::default();
        for secret in &secrets {
            hidden.add(secret);
            calls.secrets().add(secret);
        }
        let (failures, failed_items) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self {
            calls: RwLock::new(calls),
            console,
            cancel,
            clock,
            params: RwLock::new(params),
            args,
            hidden,
            table,
            key,
            output,
            meter,
            failures,
            failed_items,
            jobs,
            workers: AtomicUsize::new(0),
        })
    }

    /// How calls are made.
    pub fn calls(&self) -> Arc<Calls> {
        Arc::clone(&self.calls.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on calls are made like this: a session goes to another place.
    pub fn connect(&self, calls: Arc<Calls>) {
        *self.calls.write().unwrap_or_else(PoisonError::into_inner) = calls;
    }

    /// Gives scripts these parameters too, with the values among them that are not to be shown.
    pub fn give(&self, params: Map<String, Value>, secrets: &[String]) {
        for secret in secrets {
            self.hidden.add(secret);
            self.calls().secrets().add(secret);
        }
        self.params.write().unwrap_or_else(PoisonError::into_inner).extend(params);
    }

    /// The parameters scripts have.
    pub fn given(&self) -> Map<String, Value> {
        self.params.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the table of `--output` of a script that went well or failed.
    ///
    /// # Errors
    /// That its end could not be written.
    pub fn finish_output(&self, has_failed: bool) -> Result<output::Finished, output::OutputError> {
        let finish = |output: &output::Output| output.finish(has_failed, self.calls().is_dry());
        self.output.as_ref().map_or(Ok(output::Finished::Written), finish)
    }

    /// A value of the script as it may be shown: without the values of secret parameters.
    pub fn shown(&self, value: Value) -> Value {
        self.hidden.hide(value)
    }

    /// How often the script called `fail`.
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::Relaxed)
    }

    /// How many items of `parallel` failed.
    pub fn failed_items(&self) -> usize {
        self.failed_items.load(Ordering::Relaxed)
    }

    /// Takes as many of `wanted` workers as there may still be; they are given back when what is returned is dropped.
    fn take_workers(&self, wanted: usize) -> Workers<'_> {
        let mut count = 0;
        let take = |busy: usize| {
            count = wanted.min(self.jobs.saturating_sub(busy));
            Some(busy + count)
        };
        // The closure never says no.
        let _ = self.workers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        Workers { host: self, count }
    }

    /// Logs something, unless an earlier session of the run has.
    fn log(&self, level: Level, text: &str) {
        if !self.calls().is_answered() {
            self.console.log(level, text);
        }
    }

    fn note_failed_item(&self) {
        self.failed_items.fetch_add(1, Ordering::Relaxed);
    }

    fn note_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// What the script may use.
    pub fn limits(&self) -> Limits {
        self.meter.limits()
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Watches the script until the result is dropped.
    fn watch(&self) -> watch::Watch {
        let (console, calls) = (Arc::clone(&self.console), self.calls());
        watch::Watch::start(&self.meter, move |halt| {
            console.give_up(&limits::beyond_reach(&halt), calls.in_flight() > 0);
        })
    }

    fn masked(&self, text: &str) -> String {
        self.calls().secrets().mask(text).into_owned()
    }
}

/// Workers of a `parallel`.
struct Workers<'a> {
    host: &'a Host,
    count: usize,
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        self.host.workers.fetch_sub(self.count, Ordering::SeqCst);
    }
}

/// Stack for scripts. A chain of closures, or values nested in values, takes stack for every level that fits into the
/// memory limit; overflow would abort the process. The memory is reserved, not used.
const STACK: usize = 2 << 30;

/// Runs `work` on a thread whose stack no script can exhaust, and turns a panic into `None`.
pub fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    on_stack(STACK, work)
}

/// As [`on_big_stack`], for a script that may use this much memory.
pub fn on_script_stack<T: Send>(limits: Limits, work: impl FnOnce() -> T + Send) -> Option<T> {
    on_stack(STACK.max(stack_for(limits)), work)
}

fn on_stack<T: Send>(size: usize, work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("script".into()).stack_size(size);
        builder.spawn_scoped(scope, work).ok().and_then(|thread| thread.join().ok())
    })
}

/// To take nested values apart needs up to three bytes of stack for each byte they take.
fn stack_for(limits: Limits) -> usize {
    limits.memory.saturating_mul(4)
}

/// The least stack of one worker of `parallel`, of which there may be many.
const WORKER_STACK: usize = 256 << 20;

/// Starts `work` on a thread of its own within `scope`, and says whether there was room for it.
fn on_worker_stack<'scope, 'env>(
    threads: &Threads,
    scope: &'scope std::thread::Scope<'scope, 'env>,
    limits: Limits,
    work: impl FnOnce() + Send + 'scope,
) -> bool {
    let chain = imports::chain();
    let work = move || {
        imports::inherit(chain);
        work();
    };
    let builder = std::thread::Builder::new().name("worker".into());
    threads.start(scope, builder.stack_size(WORKER_STACK.max(stack_for(limits))), work)
}
